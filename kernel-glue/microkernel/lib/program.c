/* SPDX-License-Identifier: MIT */
/*
 * program.c - the boot archive and ELF, read with suspicion: a file that lies
 * about its sizes is refused.  And the command line.
 */
#include <mk/flexpage.h>
#include <mklib/program.h>
#include <mklib/start.h>

#define AR_START 8u
#define AR_HEADER 60u
#define AR_NAME 16u
#define AR_SIZE 48u
#define ELF_LOAD 1u
#define ELF_FIXED 2u
#define ELF_X86_64 62u

struct elf_header {
	uint8_t ident[16];
	uint16_t type, machine;
	uint32_t version;
	uint64_t entry, program_headers, section_headers;
	uint32_t flags;
	uint16_t header_bytes, program_bytes, program_count;
	uint16_t rest[3];
};

struct elf_program {
	uint32_t type, flags;
	uint64_t offset, va, pa, file_bytes, memory_bytes, align;
};

static uint64_t number(const uint8_t *text, unsigned digits)
{
	uint64_t n = 0;

	for (unsigned i = 0; i < digits && text[i] >= '0' && text[i] <= '9';
	     i++)
		n = n * 10 + (uint64_t)(text[i] - '0');
	return n;
}

/* In the archive a name ends with a slash. */
static void read_name(const uint8_t *header, char *out)
{
	unsigned i = 0;

	for (; i < AR_NAME - 1 && header[i] != '/'; i++)
		out[i] = (char)header[i];
	out[i] = 0;
}

bool mk_file_next(const uint8_t *archive, uint64_t bytes, uint64_t *at,
		  struct mk_file *out)
{
	uint64_t header = *at ? *at : AR_START, size;

	if (header > bytes || bytes - header < AR_HEADER)
		return false;
	size = number(archive + header + AR_SIZE, 10);
	if (size > bytes - header - AR_HEADER)
		return false;
	read_name(archive + header, out->name);
	out->start = archive + header + AR_HEADER;
	out->bytes = size;
	*at = header + AR_HEADER + size + (size & 1);
	return true;
}

static bool same(const char *a, const char *b)
{
	for (; *a && *a == *b; a++)
		b++;
	return *a == *b;
}

bool mk_file_find(const uint8_t *archive, uint64_t bytes, const char *name,
		  struct mk_file *out)
{
	uint64_t at = 0;

	while (mk_file_next(archive, bytes, &at, out))
		if (same(out->name, name))
			return true;
	return false;
}

static bool read_segment(const struct mk_file *file, uint64_t start,
			 uint64_t end, const struct elf_program *p,
			 struct mk_segment *out)
{
	const uint64_t page = MK_PAGE_BYTES - 1;

	if (p->va & page || p->va < start || p->va >= end ||
	    p->memory_bytes > end - p->va || p->offset > file->bytes ||
	    p->file_bytes > file->bytes - p->offset ||
	    p->file_bytes > p->memory_bytes)
		return false;
	out->va = p->va;
	out->bytes = (p->memory_bytes + page) & ~page;
	out->contents = file->start + p->offset;
	out->file_bytes = p->file_bytes;
	/* ELF and the kernel count the same rights from the same end. */
	out->rights = p->flags & (MK_R | MK_W | MK_X);
	return true;
}

/* A 64-bit little-endian file that is linked to fixed addresses. */
static bool good_header(const struct elf_header *h, uint64_t bytes)
{
	return h->ident[0] == 0x7f && h->ident[1] == 'E' &&
	       h->ident[2] == 'L' && h->ident[3] == 'F' && h->ident[4] == 2 &&
	       h->ident[5] == 1 && h->type == ELF_FIXED &&
	       h->machine == ELF_X86_64 &&
	       h->program_bytes == sizeof(struct elf_program) &&
	       h->program_headers <= bytes &&
	       h->program_count * sizeof(struct elf_program) <=
		       bytes - h->program_headers;
}

bool mk_program_read(const struct mk_file *file, uint64_t start, uint64_t end,
		     struct mk_program *out)
{
	struct elf_header h;
	struct elf_program p;

	if (file->bytes < sizeof(h))
		return false;
	__builtin_memcpy(&h, file->start, sizeof(h));
	if (!good_header(&h, file->bytes))
		return false;
	out->entry = h.entry;
	out->segments = 0;
	for (unsigned i = 0; i < h.program_count; i++) {
		__builtin_memcpy(
			&p, file->start + h.program_headers + i * sizeof(p),
			sizeof(p));
		if (p.type != ELF_LOAD || p.memory_bytes == 0)
			continue;
		if (out->segments == MK_SEGMENTS ||
		    !read_segment(file, start, end, &p,
				  &out->segment[out->segments++]))
			return false;
	}
	return out->segments > 0;
}

/* The text after `name=`, up to a space; NULL: not there. */
static const char *option_at(const char *command, const char *name)
{
	for (const char *p = command; *p; p++) {
		size_t i = 0;

		if (p != command && p[-1] != ' ')
			continue;
		while (name[i] && p[i] == name[i])
			i++;
		if (!name[i] && p[i] == '=')
			return p + i + 1;
	}
	return NULL;
}

bool mk_option(const char *command, const char *name, char *out, size_t bytes)
{
	const char *p = option_at(command, name);
	size_t n = 0;

	if (!p)
		return false;
	for (; *p && *p != ' ' && n + 1 < bytes; p++)
		out[n++] = *p;
	out[n] = 0;
	return true;
}

unsigned mk_program_count(const char *command)
{
	const char *p = option_at(command, "run");
	unsigned count = 1;

	if (!p || !*p || *p == ' ')
		return 0;
	for (; *p && *p != ' '; p++)
		count += *p == ',';
	return count;
}

bool mk_program_in(const char *command, uint64_t number, char *out)
{
	const char *p = option_at(command, "run");
	unsigned n = 0;

	for (; p && number > 1 && *p && *p != ' '; p++)
		number -= *p == ',';
	if (!p || number != 1)
		return false;
	for (; *p && *p != ' ' && *p != ','; p++) {
		if (n == MK_NAME_BYTES - 1)
			return false;
		out[n++] = *p;
	}
	out[n] = 0;
	return n > 0;
}

bool mk_program_name(uint64_t number, char *out)
{
	return mk_program_in(mk_boot_info()->command, number, out);
}
