/* SPDX-License-Identifier: MIT */
/*
 * acpi.c - which CPUs and which interrupt controller there are: one table of
 * the firmware, the MADT.  Everything in it is checked against the memory that
 * the kernel has mapped; a machine without it has one CPU.
 */
#include <karch.h>
#include <paging.h>

struct acpi_header {
	uint32_t signature;
	uint32_t bytes;
	uint8_t rest[28];
};

#define SIGNATURE_RSDT 0x54445352u /* "RSDT" */
#define SIGNATURE_MADT 0x43495041u /* "APIC" */
#define MADT_ENTRIES 44u
#define MADT_CPU 0
#define MADT_IOAPIC 1

static const struct acpi_header *table_at(uint64_t address)
{
	const struct acpi_header *h;

	if (!address || address >= MEMORY_END - sizeof(*h))
		return NULL;
	h = direct(address);
	if (h->bytes < sizeof(*h) || h->bytes > 65536 ||
	    h->bytes > MEMORY_END - address)
		return NULL;
	return h;
}

static uint32_t read32(const uint8_t *p)
{
	uint32_t value;

	memcpy(&value, p, sizeof(value));
	return value;
}

/* The RSDP lies in the BIOS area if the loader did not name it. */
static uint64_t find_rsdp(void)
{
	for (uint64_t at = 0xe0000; at < 0x100000; at += 16) {
		const uint8_t *p = direct(at);

		if (read32(p) == 0x20445352u && read32(p + 4) == 0x20525450u)
			return at; /* "RSD PTR " */
	}
	return 0;
}

static void madt_entry(const uint8_t *p)
{
	if (p[0] == MADT_CPU && p[1] >= 8 && (read32(p + 4) & 1) &&
	    p[3] != cpus[0].apic_id && cpu_count < CPUS_MAX)
		cpus[cpu_count++].apic_id = p[3];
	else if (p[0] == MADT_IOAPIC && p[1] >= 12 &&
		 read32(p + 4) >= 0xc0000000u)
		ioapic_base = read32(p + 4);
}

static void read_madt(const struct acpi_header *madt)
{
	const uint8_t *p = (const uint8_t *)madt;
	uint32_t at = MADT_ENTRIES;

	while (at + 2 <= madt->bytes && p[at + 1] >= 2 &&
	       p[at + 1] <= madt->bytes - at) {
		madt_entry(p + at);
		at += p[at + 1];
	}
}

void acpi_find_cpus(uint64_t rsdp)
{
	const struct acpi_header *rsdt, *table;
	uint32_t at;

	/* The one that reads this is the first, wherever it stands there. */
	cpus[0].apic_id = apic_own_id();
	cpu_count = 1;
	if (!rsdp || rsdp > MEMORY_END - 36)
		rsdp = find_rsdp();
	rsdt = rsdp ? table_at(read32((uint8_t *)direct(rsdp) + 16)) : NULL;
	if (rsdt && rsdt->signature == SIGNATURE_RSDT) {
		for (at = sizeof(*rsdt); at + 4 <= rsdt->bytes; at += 4) {
			table = table_at(read32((const uint8_t *)rsdt + at));
			if (table && table->signature == SIGNATURE_MADT)
				read_madt(table);
		}
	}
}
