/* SPDX-License-Identifier: MIT */
/*
 * program.c - the boot archive and ELF, read with suspicion: a file that lies
 * about its sizes is refused.
 */
#include <mk/flexpage.h>
#include <mklib/program.h>

#define AR_START 8u
#define AR_HEADER 60u
#define AR_NAME 16u
#define AR_SIZE 48u
#define ELF_LOAD 1u

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
static bool same_name(const uint8_t *header, const char *name)
{
	unsigned i = 0;

	for (; name[i] && i < AR_NAME - 1; i++)
		if (header[i] != (uint8_t)name[i])
			return false;
	return !name[i] && header[i] == '/';
}

bool mk_file_find(const uint8_t *archive, uint64_t bytes, const char *name,
		  struct mk_file *out)
{
	uint64_t at = AR_START;

	while (at + AR_HEADER <= bytes) {
		const uint8_t *header = archive + at;
		uint64_t size = number(header + AR_SIZE, 10);

		at += AR_HEADER;
		if (size > bytes - at)
			return false;
		if (same_name(header, name)) {
			out->start = archive + at;
			out->bytes = size;
			return true;
		}
		at += size + (size & 1);
	}
	return false;
}

static bool read_segment(const struct mk_file *file, uint64_t end,
			 const struct elf_program *p, struct mk_segment *out)
{
	const uint64_t page = MK_PAGE_BYTES - 1;

	if (p->va & page || p->va >= end || p->memory_bytes > end - p->va ||
	    p->offset > file->bytes ||
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

bool mk_program_read(const struct mk_file *file, uint64_t end,
		     struct mk_program *out)
{
	struct elf_header h;
	struct elf_program p;

	if (file->bytes < sizeof(h))
		return false;
	__builtin_memcpy(&h, file->start, sizeof(h));
	if (h.ident[0] != 0x7f || h.ident[1] != 'E' || h.ident[4] != 2 ||
	    h.program_bytes != sizeof(p) || h.program_headers > file->bytes ||
	    h.program_count * sizeof(p) > file->bytes - h.program_headers)
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
		    !read_segment(file, end, &p,
				  &out->segment[out->segments++]))
			return false;
	}
	return out->segments > 0;
}

bool mk_option(const char *command, const char *name, char *out, size_t bytes)
{
	for (const char *p = command; *p; p++) {
		size_t i = 0, n = 0;

		if (p != command && p[-1] != ' ')
			continue;
		while (name[i] && p[i] == name[i])
			i++;
		if (name[i] || p[i] != '=')
			continue;
		for (p += i + 1; *p && *p != ' ' && n + 1 < bytes; p++)
			out[n++] = *p;
		out[n] = 0;
		return true;
	}
	return false;
}
