/* SPDX-License-Identifier: MIT */
/*
 * machine.c - read what the loader left: memory, boot archive, command line.
 *
 * Loaders are trusted, but their tables are read through the direct map, so
 * addresses above its end are left out.
 */
#include <kbootinfo.h>
#include <paging.h>

#define PVH_MAGIC 0x336ec578u
#define MULTIBOOT2_MAGIC 0x36d76289u
#define MEMORY_USABLE 1u

struct pvh_info {
	uint32_t magic, version, flags, module_count;
	uint64_t modules, command, rsdp, memory_map;
	uint32_t memory_entries, reserved;
};

struct pvh_module {
	uint64_t address, bytes, command, reserved;
};

struct memory_entry {
	uint64_t address, bytes;
	uint32_t kind, reserved;
};

extern char kernel_end[];

uint64_t machine_kernel_end(void)
{
	return (uint64_t)kernel_end - IMAGE_BASE;
}

static void add_memory(struct machine *m, const struct memory_entry *e)
{
	uint64_t end = e->address + e->bytes;

	if (e->kind != MEMORY_USABLE || e->address >= MEMORY_END ||
	    m->ranges == MACHINE_RANGES)
		return;
	if (end > MEMORY_END)
		end = MEMORY_END;
	m->range[m->ranges++] = (struct range){e->address, end};
}

static void copy_command(struct machine *m, const char *from)
{
	for (unsigned i = 0; i < MK_BOOT_COMMAND - 1 && from[i]; i++)
		m->command[i] = from[i];
}

static void read_pvh(struct machine *m, const struct pvh_info *p)
{
	const struct memory_entry *e = direct(p->memory_map);

	for (uint32_t i = 0; i < p->memory_entries; i++)
		add_memory(m, &e[i]);
	if (p->module_count) {
		const struct pvh_module *module = direct(p->modules);

		m->archive = module->address;
		m->archive_bytes = module->bytes;
	}
	if (p->command)
		copy_command(m, direct(p->command));
	m->rsdp = p->rsdp;
}

/* Multiboot2: a list of tags, each of a kind and a size, 8-byte aligned. */
static uint32_t word_at(const uint8_t *p, unsigned offset)
{
	uint32_t word;

	memcpy(&word, p + offset, sizeof(word));
	return word;
}

static void read_tag_memory(struct machine *m, const uint8_t *tag)
{
	uint32_t size = word_at(tag, 4), step = word_at(tag, 8);

	for (uint32_t at = 16; step >= 24 && at + step <= size; at += step) {
		struct memory_entry e;

		memcpy(&e, tag + at, sizeof(e));
		add_memory(m, &e);
	}
}

static void read_tag(struct machine *m, const uint8_t *tag)
{
	switch (word_at(tag, 0)) {
	case 1:
		copy_command(m, (const char *)tag + 8);
		break;
	case 3:
		m->archive = word_at(tag, 8);
		m->archive_bytes = word_at(tag, 12) - word_at(tag, 8);
		break;
	case 6:
		read_tag_memory(m, tag);
		break;
	case 14:
	case 15:
		/* A copy of the RSDP itself. */
		m->rsdp = physical(tag + 8);
		break;
	default:
		break;
	}
}

void machine_read(struct machine *m, uint64_t info, uint32_t magic)
{
	const struct pvh_info *pvh = direct(info);
	const uint8_t *tags = direct(info);

	if (pvh->magic == PVH_MAGIC) {
		read_pvh(m, pvh);
		return;
	}
	if (magic != MULTIBOOT2_MAGIC)
		panic("booted by an unknown loader", magic);
	for (uint32_t at = 8; at + 8 <= word_at(tags, 0);) {
		read_tag(m, tags + at);
		at += (word_at(tags, at + 4) + 7) & ~7u;
	}
}

bool machine_is_memory(const struct machine *m, uint64_t first, uint64_t bytes)
{
	for (uint32_t i = 0; i < m->ranges; i++)
		if (m->range[i].first <= first &&
		    first + bytes <= m->range[i].end)
			return true;
	return false;
}

void machine_reserve(struct machine *m, uint64_t first, uint64_t end)
{
	uint32_t ranges = m->ranges;

	for (uint32_t i = 0; i < ranges; i++) {
		struct range *r = &m->range[i];

		if (end <= r->first || first >= r->end)
			continue;
		if (first > r->first && end < r->end &&
		    m->ranges < MACHINE_RANGES)
			m->range[m->ranges++] = (struct range){end, r->end};
		if (first > r->first)
			r->end = first;
		else
			r->first = end < r->end ? end : r->end;
	}
}

/* @name matches at the start of a word only. */
static const char *option_at(const char *command, const char *name)
{
	for (const char *p = command; *p; p++) {
		unsigned i = 0;

		while (name[i] && p[i] == name[i])
			i++;
		if (!name[i] && (p == command || p[-1] == ' '))
			return p + i;
	}
	return NULL;
}

uint64_t machine_option(const struct machine *m, const char *name,
			uint64_t otherwise)
{
	const char *p = option_at(m->command, name);
	uint64_t number = 0;

	if (!p)
		return otherwise;
	if (*p < '0' || *p > '9')
		return (uint64_t)*p;
	for (; *p >= '0' && *p <= '9' && number < 1024; p++)
		number = number * 10 + (uint64_t)(*p - '0');
	return number;
}
