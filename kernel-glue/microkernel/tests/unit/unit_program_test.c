/* SPDX-License-Identifier: MIT */
/* unit_program_test.c - archives, ELF files and command lines that lie. */
#include "unit_common.h"

#include <string.h>

#include <mklib/program.h>

#define START 0x20000ul
#define END 0x40000000ul
#define FILE_BYTES 400u
#define STEPS 200000u

/* Fields of an ELF file that are changed here. */
#define E_CLASS 4u
#define E_TYPE 16u
#define E_MACHINE 18u
#define E_PROGRAMS 32u
#define E_PROGRAM_BYTES 54u
#define E_PROGRAM_COUNT 56u
#define PROGRAM 64u
#define P_OFFSET (PROGRAM + 8)
#define P_VA (PROGRAM + 16)
#define P_FILE_BYTES (PROGRAM + 32)
#define P_MEMORY_BYTES (PROGRAM + 40)

/* Of exactly the right size, so that a byte beyond is noticed. */
static uint8_t *image;

static void put(unsigned at, uint64_t value, unsigned bytes)
{
	memcpy(image + at, &value, bytes);
}

/* One segment: a page at 0x400000, half of it in the file. */
static void make_program(void)
{
	memset(image, 0, FILE_BYTES);
	memcpy(image, "\177ELF\2\1\1", 7);
	put(E_TYPE, 2, 2);
	put(E_MACHINE, 62, 2);
	put(24, 0x400010, 8);
	put(E_PROGRAMS, PROGRAM, 8);
	put(E_PROGRAM_BYTES, 56, 2);
	put(E_PROGRAM_COUNT, 1, 2);
	put(PROGRAM, 1, 4);
	put(PROGRAM + 4, 5, 4);
	put(P_OFFSET, 200, 8);
	put(P_VA, 0x400000, 8);
	put(P_FILE_BYTES, 200, 8);
	put(P_MEMORY_BYTES, 5000, 8);
}

static bool read_image(struct mk_program *out)
{
	struct mk_file file = {.start = image, .bytes = FILE_BYTES};

	return mk_program_read(&file, START, END, out);
}

static void good_program(void)
{
	struct mk_program p;

	make_program();
	EXPECT(read_image(&p));
	EXPECT(p.entry == 0x400010 && p.segments == 1);
	EXPECT(p.segment[0].va == 0x400000 && p.segment[0].bytes == 8192);
	EXPECT(p.segment[0].contents == image + 200);
	EXPECT(p.segment[0].file_bytes == 200 && p.segment[0].rights == 5);
}

static void bad_programs(void)
{
	static const struct {
		unsigned at, bytes;
		uint64_t value;
	} lies[] = {
		{0, 1, 0},
		{E_CLASS, 1, 1},
		{E_TYPE, 2, 3},
		{E_MACHINE, 2, 183},
		{E_PROGRAM_BYTES, 2, 32},
		{E_PROGRAM_COUNT, 2, 0},
		{E_PROGRAM_COUNT, 2, 7},
		{E_PROGRAMS, 8, FILE_BYTES},
		{E_PROGRAMS, 8, ~0ul},
		{E_PROGRAMS, 8, ~0ul - 55},
		{P_VA, 8, 0x400001},
		{P_VA, 8, START - 4096},
		{P_VA, 8, END - 4096},
		{P_VA, 8, END},
		{P_VA, 8, ~0xffful},
		{P_OFFSET, 8, 201},
		{P_OFFSET, 8, ~0ul - 100},
		{P_FILE_BYTES, 8, 201},
		{P_FILE_BYTES, 8, ~0ul},
		{P_MEMORY_BYTES, 8, 199},
		{P_MEMORY_BYTES, 8, ~0ul},
		{P_MEMORY_BYTES, 8, END},
		{P_MEMORY_BYTES, 8, 0},
	};
	struct mk_program p;

	for (unsigned i = 0; i < sizeof(lies) / sizeof(lies[0]); i++) {
		make_program();
		put(lies[i].at, lies[i].value, lies[i].bytes);
		EXPECT(!read_image(&p));
	}
}

/* Whatever is accepted lies where it may, all of it. */
static void random_programs(void)
{
	struct mk_program p;

	for (unsigned step = 0; step < STEPS; step++) {
		make_program();
		for (unsigned n = 1 + below(3); n; n--)
			put(below(P_MEMORY_BYTES + 1), random64(),
			    1 + below(8));
		if (!read_image(&p))
			continue;
		EXPECT(p.segments > 0 && p.segments <= MK_SEGMENTS);
		for (unsigned i = 0; i < p.segments; i++) {
			const struct mk_segment *s = &p.segment[i];

			EXPECT(s->va >= START && s->va < END);
			EXPECT(s->bytes <= END - s->va);
			EXPECT(s->file_bytes <= s->bytes);
			EXPECT(s->contents >= image &&
			       s->contents + s->file_bytes <=
				       image + FILE_BYTES);
		}
	}
}

/* ---- archive --------------------------------------------------------- */

static size_t add_file(char *archive, size_t at, const char *name,
		       const char *text)
{
	unsigned bytes = (unsigned)strlen(text);
	char header[100];

	(void)snprintf(header, sizeof(header), "%-16s%-12d%-6d%-6d%-8d%-10u`\n",
		       name, 0, 0, 0, 0, bytes);
	memcpy(archive + at, header, 60);
	memcpy(archive + at + 60, text, bytes);
	return at + 60 + bytes + bytes % 2;
}

static void archives(void)
{
	char all[512] = "!<arch>\n";
	size_t end = 8, cut;
	struct mk_file file;
	uint64_t at = 0;

	end = add_file(all, end, "root/", "abc");
	end = add_file(all, end, "fifteen-letters/", "");
	end = add_file(all, end, "last/", "12345678");
	for (cut = 0; cut <= end; cut++) {
		uint8_t *part = malloc(cut + 1);

		memcpy(part, all, cut);
		EXPECT(mk_file_find(part, cut, "last", &file) == (cut == end));
		free(part);
	}
	EXPECT(mk_file_next((uint8_t *)all, end, &at, &file));
	EXPECT(!strcmp(file.name, "root") && file.bytes == 3);
	EXPECT(mk_file_next((uint8_t *)all, end, &at, &file));
	EXPECT(!strcmp(file.name, "fifteen-letters") && file.bytes == 0);
	EXPECT(mk_file_next((uint8_t *)all, end, &at, &file));
	EXPECT(!memcmp(file.start, "12345678", 8));
	EXPECT(!mk_file_next((uint8_t *)all, end, &at, &file));
	EXPECT(!mk_file_find((uint8_t *)all, end, "las", &file));
	EXPECT(!mk_file_find((uint8_t *)all, end, "lastly", &file));
}

/* ---- command line ---------------------------------------------------- */

static void command_lines(void)
{
	char name[MK_NAME_BYTES], small[3];

	EXPECT(mk_program_count("") == 0);
	EXPECT(mk_program_count("xrun=a run= b") == 0);
	EXPECT(mk_program_count("x=1 run=a,b,,c y=2") == 4);
	EXPECT(mk_program_in("x=1 run=a,bb,,c y=2", 1, name));
	EXPECT(!strcmp(name, "a"));
	EXPECT(mk_program_in("x=1 run=a,bb,,c y=2", 2, name));
	EXPECT(!strcmp(name, "bb"));
	EXPECT(!mk_program_in("x=1 run=a,bb,,c y=2", 3, name));
	EXPECT(mk_program_in("x=1 run=a,bb,,c y=2", 4, name));
	EXPECT(!strcmp(name, "c"));
	EXPECT(!mk_program_in("x=1 run=a,bb,,c y=2,z", 5, name));
	EXPECT(!mk_program_in("run=a", 0, name));
	EXPECT(!mk_program_in("run=a", ~0ul, name));
	EXPECT(!mk_program_in("ran=a", 1, name));
	EXPECT(mk_program_in("run=fifteen-letters", 1, name));
	EXPECT(!mk_program_in("run=sixteen--letters", 1, name));
	EXPECT(mk_option("a=b run=long", "run", small, sizeof(small)));
	EXPECT(!strcmp(small, "lo"));
	EXPECT(!mk_option("a=b run", "run", small, sizeof(small)));
}

int main(void)
{
	image = malloc(FILE_BYTES);
	good_program();
	bad_programs();
	random_programs();
	archives();
	command_lines();
	free(image);
	return 0;
}
