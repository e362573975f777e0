/* SPDX-License-Identifier: MIT */
/*
 * unit_stream_test.c - typed messages and the dispatchers that are made from
 * descriptions: what does not fit never reaches the server's code.
 */
#include <mklib/monitor_calls.h>
#include <mklib/names_calls.h>

#include <string.h>

#include "unit_common.h"

#define WINDOW 40ul
#define GOOD_GATE 77ul

/* A message as the kernel delivers it: on the heap and no longer than it is, so
 * that a look beyond it is seen. */
struct wire {
	struct mk_message m;
	uint64_t *mr;
};

static struct wire wire_of(const struct mk_writer *w, int64_t proto)
{
	struct wire out = {.mr = calloc(MK_WORDS_MAX, 8)};

	EXPECT(out.mr && !mk_writer_end(w, proto, &out.m, out.mr));
	return out;
}

/* What the kernel makes of an item that it could map into a slot. */
static uint64_t *item_of(struct wire *x, unsigned number)
{
	unsigned at = mk_tag_words(x->m.tag) + number * MK_ITEM_WORDS;

	return at < MK_WORDS_IN_REGISTERS ? &x->m.word[at] : &x->mr[at];
}

static void set_item(struct wire *x, uint64_t what, uint64_t page)
{
	*item_of(x, 0) = what;
	/* The second word may be the first in the UTCB. */
	if (mk_tag_words(x->m.tag) + 1 < MK_WORDS_IN_REGISTERS)
		x->m.word[mk_tag_words(x->m.tag) + 1] = page;
	else
		x->mr[mk_tag_words(x->m.tag) + 1] = page;
}

/* ---- streams --------------------------------------------------------- */

static void there_and_back(void)
{
	static const uint8_t bytes[9] = {1, 2, 3, 4, 5, 6, 7, 8, 9};
	struct mk_writer w;
	struct mk_reader r;
	struct wire x;
	const uint8_t *got;
	size_t count;
	char text[8];

	mk_writer_init(&w, 5);
	mk_put_word(&w, ~0ul);
	mk_put_string(&w, "", 1);
	mk_put_string(&w, "1234567", 8);
	mk_put_bytes(&w, bytes, sizeof(bytes), 9);
	mk_put_cap(&w, mk_cap_page(3, MK_CAP_SEND));
	x = wire_of(&w, 1);
	set_item(&x, MK_ITEM_MAPPED, mk_cap_page(WINDOW, MK_CAP_SEND));
	mk_reader_init(&r, &x.m, x.mr);
	EXPECT(mk_get_word(&r) == 5 && mk_get_word(&r) == ~0ul);
	EXPECT(!strcmp(mk_get_string(&r, 1), ""));
	mk_copy_string(&r, text, sizeof(text));
	EXPECT(!strcmp(text, "1234567"));
	got = mk_get_bytes(&r, 9, &count);
	EXPECT(count == 9 && !memcmp(got, bytes, 9));
	EXPECT(r.error == 0);
	mk_get_cap(&r, WINDOW);
	EXPECT(mk_reader_end(&r) == 0);
	free(x.mr);
}

static void full(void)
{
	static const uint8_t much[512];
	struct mk_writer w;

	mk_writer_init(&w, 0);
	for (unsigned i = 1; i < MK_WORDS_MAX - 2; i++)
		mk_put_word(&w, i);
	mk_put_cap(&w, mk_cap_page(1, 1));
	EXPECT(!w.error && w.words == MK_WORDS_MAX - 2);
	mk_put_word(&w, 0);
	EXPECT(w.error == -MK_EMSGSIZE && w.words == MK_WORDS_MAX - 2);
	mk_writer_init(&w, 0);
	mk_put_bytes(&w, much, 61 * 8 + 1, 512);
	EXPECT(w.error == -MK_EMSGSIZE && w.words == 1);
	mk_writer_init(&w, 0);
	mk_put_bytes(&w, much, 61 * 8, 512);
	EXPECT(!w.error && w.words == MK_WORDS_MAX);
	mk_put_cap(&w, mk_cap_page(1, 1));
	EXPECT(w.error == -MK_EMSGSIZE);
	mk_writer_init(&w, 0);
	for (unsigned i = 0; i < MK_STREAM_ITEMS; i++)
		mk_put_cap(&w, mk_cap_page(i + 1, 1));
	EXPECT(!w.error);
	mk_put_cap(&w, mk_cap_page(1, 1));
	EXPECT(w.error == -MK_EMSGSIZE && w.items == MK_STREAM_ITEMS);
}

static void sticky(void)
{
	static const char no_end[4] = {'a', 'b', 'c', 'd'};
	struct mk_message m = {0};
	struct mk_writer w;
	struct mk_reader r;

	mk_writer_init(&w, 0);
	mk_put_string(&w, no_end, 4);
	EXPECT(w.error == -MK_EMSGSIZE);
	mk_put_word(&w, 1);
	mk_put_cap(&w, 0);
	EXPECT(w.error == -MK_EMSGSIZE && w.words == 1);
	EXPECT(mk_writer_end(&w, 1, &m, NULL) == -MK_EMSGSIZE && !m.tag);
	mk_writer_init(&w, 0);
	mk_put_cap(&w, mk_flexpage(MK_MEMORY, 4096, 12, MK_R));
	EXPECT(w.error == -MK_EINVAL);
	m = (struct mk_message){.tag = mk_tag(1, 1, 0, 0), .word = {9}};
	mk_reader_init(&r, &m, NULL);
	EXPECT(mk_get_word(&r) == 9 && mk_get_word(&r) == 0);
	EXPECT(mk_get_string(&r, 8)[0] == 0 && mk_reader_end(&r) == -MK_EPROTO);
}

/* A length that is within the bound, but not within the message. */
static void beyond(void)
{
	struct mk_message m = {.tag = mk_tag(1, 2, 0, 0), .word = {9, 1, 2}};
	uint64_t mr[MK_WORDS_MAX] = {0};
	struct mk_reader *r = malloc(sizeof(*r));
	size_t bytes;

	EXPECT(r);
	mk_reader_init(r, &m, mr);
	(void)mk_get_bytes(r, 480, &bytes);
	EXPECT(!bytes && r->error == -MK_EPROTO && r->at <= r->words);
	/* The same at the end of all registers. */
	memset(mr, 0xff, sizeof(mr));
	mr[61] = 480;
	m.tag = mk_tag(1, MK_WORDS_MAX, 0, 0);
	mk_reader_init(r, &m, mr);
	for (unsigned i = 0; i < 61; i++)
		(void)mk_get_word(r);
	EXPECT(!r->error);
	(void)mk_get_string(r, 480);
	EXPECT(r->error == -MK_EPROTO && r->at <= r->words);
	free(r);
}

/* ---- the dispatcher -------------------------------------------------- */

static unsigned entered;

static int add(void *self, uint64_t label, const char *name, uint64_t slot)
{
	(void)self;
	entered++;
	EXPECT(label == 7 && slot == WINDOW);
	EXPECT(strnlen(name, 64) < 64);
	return 0;
}

static int name_only(void *self, uint64_t label, const char *name)
{
	(void)self, (void)label;
	entered++;
	EXPECT(strnlen(name, 64) < 64);
	return -MK_EBUSY;
}

static int query(void *self, uint64_t label, const char *name,
		 uint64_t *out_gate)
{
	(void)name_only(self, label, name);
	*out_gate = mk_cap_page(GOOD_GATE, MK_CAP_SEND);
	return 0;
}

static int list(void *self, uint64_t label, const char *prefix, uint64_t index,
		char out_name[64])
{
	(void)name_only(self, label, prefix);
	(void)index;
	/* A server that forgets the zero. */
	for (unsigned i = 0; i < 64; i++)
		out_name[i] = 'x';
	return 0;
}

static const struct mk_names_ops ops = {
	.add = add,
	.remove = name_only,
	.query = query,
	.watch = add,
	.list = list,
};

/* The status of the answer, or 1 if there is none. */
static int64_t dispatch(struct wire *x)
{
	const uint64_t slots[] = {WINDOW};

	x->m.label = 7;
	if (!mk_names_dispatch(&ops, NULL, &x->m, x->mr, slots))
		return 1;
	EXPECT(mk_tag_proto(x->m.tag) == MK_NAMES_PROTO);
	EXPECT((int64_t)x->m.word[0] > -4096 && (int64_t)x->m.word[0] <= 0);
	return (int64_t)x->m.word[0];
}

static struct wire request(unsigned opcode, const char *name, unsigned caps)
{
	struct mk_writer w;
	struct wire x;

	mk_writer_init(&w, opcode);
	mk_put_string(&w, name, 400);
	for (unsigned i = 0; i < caps; i++)
		mk_put_cap(&w, mk_cap_page(9, MK_CAP_SEND));
	x = wire_of(&w, MK_NAMES_PROTO);
	if (caps)
		set_item(&x, MK_ITEM_MAPPED, mk_cap_page(WINDOW, MK_CAP_SEND));
	return x;
}

static void expect_status(struct wire x, int64_t status, unsigned enters)
{
	entered = 0;
	EXPECT(dispatch(&x) == status);
	EXPECT(entered == enters);
	free(x.mr);
}

static void accepted(void)
{
	struct wire x = request(MK_NAMES_QUERY, "/a/b", 0);

	EXPECT(dispatch(&x) == 0);
	EXPECT(mk_tag_items(x.m.tag) == 1 && x.m.word[1] == 0);
	EXPECT(x.m.word[2] == mk_cap_page(GOOD_GATE, MK_CAP_SEND));
	free(x.mr);
	expect_status(request(MK_NAMES_ADD, "/a/b", 1), 0, 1);
	expect_status(request(MK_NAMES_REMOVE, "", 0), -MK_EBUSY, 1);
}

static void refused(void)
{
	struct wire x;
	char text[65];

	memset(text, 'n', 64);
	text[64] = 0;
	expect_status(request(MK_NAMES_REMOVE, text, 0), -MK_EPROTO, 0);
	text[63] = 0;
	expect_status(request(MK_NAMES_REMOVE, text, 0), -MK_EBUSY, 1);
	expect_status(request(0, "a", 0), -MK_ENOSYS, 0);
	expect_status(request(MK_NAMES_LIST + 1, "a", 0), -MK_ENOSYS, 0);
	expect_status(request(MK_NAMES_ADD, "a", 0), -MK_EPROTO, 0);
	expect_status(request(MK_NAMES_ADD, "a", 2), -MK_EPROTO, 0);
	expect_status(request(MK_NAMES_QUERY, "a", 1), -MK_EPROTO, 0);
	/* A server's mistake is not sent either. */
	x = request(MK_NAMES_LIST, "a", 0);
	x.m.tag = mk_tag(MK_NAMES_PROTO, 4, 0, 0);
	expect_status(x, -MK_EMSGSIZE, 1);
}

/* One thing is wrong with an otherwise good message. */
static void refused_tags_and_items(void)
{
	static const struct {
		uint64_t what, page;
		int status;
	} items[] = {
		{MK_ITEM_NOTHING, 0, -MK_ENXIO},
		{MK_ITEM_LABEL, 0x1234, -MK_ELOOP},
		{MK_ITEM_MAPPED, WINDOW << 12 | MK_MEMORY << 4, -MK_EPROTO},
		{MK_ITEM_MAPPED, (WINDOW + 1) << 12 | MK_CAPS << 4, -MK_EPROTO},
		{MK_ITEM_MAPPED, WINDOW << 12 | 1 << 6 | MK_CAPS << 4,
		 -MK_EPROTO},
		{~0ul, ~0ul, -MK_EPROTO},
	};
	struct wire x;

	for (unsigned i = 0; i < sizeof(items) / sizeof(items[0]); i++) {
		x = request(MK_NAMES_ADD, "a", 1);
		set_item(&x, items[i].what, items[i].page);
		expect_status(x, items[i].status, 0);
	}
	x = request(MK_NAMES_ADD, "a", 1);
	x.m.tag |= mk_tag(0, 0, 0, MK_TAG_DROPPED);
	expect_status(x, -MK_EPROTO, 0);
	x = request(MK_NAMES_REMOVE, "a", 0);
	x.m.tag = mk_tag(MK_NAMES_PROTO + 1, 3, 0, 0);
	expect_status(x, -MK_ENOSYS, 0);
	x = request(MK_NAMES_REMOVE, "a", 0);
	x.m.tag = mk_tag(MK_PROTO_FAULT, 3, 0, 0);
	expect_status(x, 1, 0);
	x = request(MK_NAMES_REMOVE, "a", 0);
	x.m.tag = mk_tag(0, 1, 0, MK_TAG_EVENT);
	expect_status(x, 1, 0);
	for (unsigned words = 0; words < 64; words++) {
		x = request(MK_NAMES_REMOVE, "a", 0);
		x.m.tag = mk_tag(MK_NAMES_PROTO, words, 0, 0);
		expect_status(x,
			      words == 0   ? -MK_ENOSYS
			      : words == 3 ? -MK_EBUSY
					   : -MK_EPROTO,
			      words == 3);
	}
}

/* Strings: lengths that lie, zeros inside, no zero, something after it. */
static void refused_strings(void)
{
	static const struct {
		uint64_t bytes, text;
	} wrong[] = {
		{0, 0},	     {9, 'a'},	     {64, 'a'},
		{65, 'a'},   {~0ul, 'a'},    {1ul << 63, 'a'},
		{1, 'a'},    {3, 'a'},	     {2, 'a' | 'b' << 16},
		{2, 0x6161}, {8, ~0ul >> 1}, {1, 0x100},
	};

	for (unsigned i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		struct wire x = request(MK_NAMES_REMOVE, "a", 0);

		x.m.word[1] = wrong[i].bytes;
		x.m.word[2] = wrong[i].text;
		expect_status(x, -MK_EPROTO, 0);
	}
}

/* Anything at all: the answer is well formed, and what reaches the server is
 * what its code may rely on. */
static void random_messages(void)
{
	unsigned reached = 0;

	for (unsigned i = 0; i < 300000; i++) {
		struct wire x = request(below(8), "ab", below(3));

		for (unsigned n = below(4); n; n--) {
			unsigned at = below(12);
			uint64_t bit = 1ul << below(64);

			if (at < MK_WORDS_IN_REGISTERS)
				x.m.word[at] ^= bit;
			else
				x.mr[at] ^= bit;
		}
		if (below(4) == 0)
			x.m.tag ^= 1ul << below(20);
		entered = 0;
		(void)dispatch(&x);
		reached += entered;
		free(x.mr);
	}
	EXPECT(reached > 10000);
}

int main(void)
{
	there_and_back();
	full();
	sticky();
	beyond();
	accepted();
	refused();
	refused_tags_and_items();
	refused_strings();
	random_messages();
	return 0;
}
