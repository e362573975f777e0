/* SPDX-License-Identifier: MIT */
/*
 * root_device.c - memory of devices, for the one program whose line of boot.conf
 * names it: device=VENDOR:NUMBER.BAR, a base address register of a PCI device
 * on the first bus.
 *
 * Firmware has placed the devices.  We only look, through the ports of the
 * configuration space, and give what lies in pages of its own.
 */
#include "root_task.h"

#define ADDRESS_PORT 0xcf8u
#define DATA_PORT 0xcfcu
#define DEVICES 256u /* with the functions of each */

#define REG_ID 0u
#define REG_COMMAND 4u
#define REG_BAR 16u
#define COMMAND_MEMORY 2u

#define BAR_IO 1u
#define BAR_64 4u
#define BAR_FLAGS 15u

static void out32(uint16_t port, uint32_t value)
{
	__asm__ volatile("outl %0,%1" : : "a"(value), "Nd"(port));
}

static uint32_t in32(uint16_t port)
{
	uint32_t value;

	__asm__ volatile("inl %1,%0" : "=a"(value) : "Nd"(port));
	return value;
}

static uint32_t config_read(unsigned device, unsigned reg)
{
	out32(ADDRESS_PORT, 1u << 31 | device << 8 | reg);
	return in32(DATA_PORT);
}

static void config_write(unsigned device, unsigned reg, uint32_t value)
{
	out32(ADDRESS_PORT, 1u << 31 | device << 8 | reg);
	out32(DATA_PORT, value);
}

/* A register that is written with ones keeps those of its address; meanwhile
 * the device must not answer anywhere. */
static uint64_t bar_size(unsigned device, unsigned reg)
{
	uint32_t command = config_read(device, REG_COMMAND);
	uint32_t bar = config_read(device, reg), mask;

	config_write(device, REG_COMMAND, command & ~COMMAND_MEMORY);
	config_write(device, reg, ~0u);
	mask = config_read(device, reg) & ~BAR_FLAGS;
	config_write(device, reg, bar);
	config_write(device, REG_COMMAND, command | COMMAND_MEMORY);
	return mask ? (uint64_t)~mask + 1 : 0;
}

static bool find(const struct device *d, unsigned *out_device)
{
	uint32_t id = (uint32_t)d->number << 16 | d->vendor;

	for (unsigned i = 0; i < DEVICES; i++)
		if (config_read(i, REG_ID) == id) {
			*out_device = i;
			return true;
		}
	return false;
}

/* Why it cannot be given; NULL: it can. */
static const char *look(const struct device *d, struct mk_boot_device *out)
{
	unsigned device, reg = REG_BAR + 4 * d->bar;
	uint32_t bar;

	if (!find(d, &device))
		return "there is no such device on the first PCI bus";
	bar = config_read(device, reg);
	out->bytes = bar & BAR_IO ? 0 : bar_size(device, reg);
	if (!out->bytes)
		return "the device has no memory there";
	out->first = bar & ~BAR_FLAGS;
	if (out->bytes < MK_PAGE_BYTES)
		return "it is less than a page";
	if ((bar & BAR_64 && d->bar < 5 && config_read(device, reg + 4)) ||
	    out->first < MK_DEVICES_FIRST || out->first >= MK_DEVICES_END ||
	    out->bytes > MK_DEVICES_END - out->first)
		return "firmware has put it where the kernel does not look";
	return NULL;
}

struct mk_boot_device device_find(const struct program *p,
				  const struct device *d)
{
	struct mk_boot_device found;
	const char *why = look(d, &found);

	if (why)
		fail("%s: device=%lx:%lx.%u: %s\n", p->name,
		     (unsigned long)d->vendor, (unsigned long)d->number, d->bar,
		     why);
	return found;
}
