// SPDX-License-Identifier: MIT
/*
 * trace_maker.c - writes a trace of the events of dsi with known times.
 *
 *   trace_maker FOLDER [NAME=VALUE...]
 *
 * The files are those that LTTng writes (CTF 1.8, one file for each end of
 * each stream), without LTTng: what the report must say follows from the
 * arguments, in every run.  Packet i of a stream is committed at i periods,
 * up to the jitter later; its times come from a generator with a fixed seed.
 */
#include <assert.h>
#include <errno.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define MAX_READERS 4
#define MAX_SLOTS 64
#define BLOCK_BYTES 65536u
#define HEAD_BYTES (4u + 4u + 6u * 8u)
#define ORIGIN_NS UINT64_C(1000000000)
#define SLOT_BYTES 4096u

/* The arguments, with what they are if not given. */
static struct {
	const char *name;
	uint64_t value;
} options[] = {
#define OPTION(name, value)  \
	{                    \
#name, value \
	}
	OPTION(packets, 1000),
	OPTION(streams, 1),
	OPTION(readers, 1),
	OPTION(slots, 8),
	OPTION(period_ns, 1000000),
	OPTION(jitter_ns, 100000),	   /* declared */
	OPTION(spread_ns, 100000),	   /* what it is */
	OPTION(fill_ns, 50000),		   /* longest, and declared */
	OPTION(latency_ns, 20000),	   /* longest but for one in 1000 */
	OPTION(hold_ns, 200000),	   /* longest, and declared */
	OPTION(broken_packet, UINT64_MAX), /* is late ... */
	OPTION(broken_ns, 0),		   /* ... by so much more */
	OPTION(slow_packet, UINT64_MAX),   /* is held ... */
	OPTION(slow_ns, 0),		   /* ... so much longer */
	OPTION(drop_packet, UINT64_MAX),   /* reader 0 does not get ... */
	OPTION(drop_count, 0),		   /* ... so many */
	OPTION(silent, 0),		   /* 1: and no event says it */
	OPTION(lose_packet, UINT64_MAX),   /* of this the get is lost */
	OPTION(lose_count, 0),		   /* and so many events in all */
	OPTION(late, 0),		   /* 1: no descriptors */
	OPTION(link, 0),		   /* 1: stream n is made of n - 1 */
	OPTION(need, 2),       /* packets a reader needs; 0: not known */
	OPTION(rounded_ps, 0), /* the true period is so much shorter */
	OPTION(step, 1),       /* between the numbers that packets are given */
	OPTION(flush, 0),      /* the last ones were not seen to come back */
	OPTION(waits, 1),      /* 0: nobody sleeps */
#undef OPTION
};

static uint64_t get(const char *name)
{
	size_t i = 0;

	while (strcmp(options[i].name, name) != 0)
		i++;
	return options[i].value;
}

static void set(const char *text)
{
	const char *equal = strchr(text, '=');
	size_t i;

	for (i = 0; equal && i < sizeof(options) / sizeof(options[0]); i++) {
		size_t bytes = strlen(options[i].name);

		if (bytes == (size_t)(equal - text) &&
		    strncmp(options[i].name, text, bytes) == 0) {
			options[i].value = strtoull(equal + 1, NULL, 0);
			return;
		}
	}
	fprintf(stderr, "trace_maker: what is '%s'?\n", text);
	exit(2);
}

static void fail(const char *what)
{
	fprintf(stderr, "trace_maker: %s: %s\n", what, strerror(errno));
	exit(1);
}

/* ---- the format ---------------------------------------------------------- */

/* Fields of an event: a digit is the number of bytes, s a text. */
static const struct kind {
	const char *name;
	const char *fields;
	const char *bytes;
} kinds[] = {
	{"stream_open",
	 "stream endpoint name role packets_max data_bytes policy period_ns "
	 "jitter_ns hold_ns",
	 "88s4484888"},
	{"reader_attach", "stream endpoint reader mode seq", "88448"},
	{"reader_detach", "stream endpoint reader mode seq", "88448"},
	{"need", "stream endpoint reader packets get_max_ns release_max_ns",
	 "884888"},
	{"reserve", "stream seq offset bytes free", "88844"},
	{"commit", "stream seq bytes occupancy pts", "88448"},
	{"get", "stream seq reader commit_ns backlog", "88484"},
	{"release", "stream seq reader", "884"},
	{"reclaim", "stream seq free", "884"},
	{"wait_begin", "stream endpoint side seq method", "88282"},
	{"wait_end", "stream endpoint side seq result spins", "882824"},
	{"wake", "stream endpoint waiters", "884"},
	{"drop", "stream seq count reason reader", "88444"},
	{"link", "in_stream in_seq out_stream out_seq", "8888"},
	{"violation", "stream seq kind declared_ns actual_ns", "88488"},
};

static const struct kind *kind_of(const char *name, uint16_t *id)
{
	for (*id = 0; strcmp(kinds[*id].name, name) != 0; ++*id)
		assert(*id + 1u < sizeof(kinds) / sizeof(kinds[0]));
	return &kinds[*id];
}

static void describe_kind(FILE *file, size_t id)
{
	char fields[160];
	char *word;
	size_t i = 0;

	fprintf(file,
		"event { name = \"dsi:%s\"; id = %zu; stream_id = 0; "
		"fields := struct {\n",
		kinds[id].name, id);
	snprintf(fields, sizeof(fields), "%s", kinds[id].fields);
	for (word = strtok(fields, " "); word; word = strtok(NULL, " "), i++) {
		if (kinds[id].bytes[i] == 's')
			fprintf(file, "\tstring _%s;\n", word);
		else
			fprintf(file,
				"\tinteger { size = %d; align = 8; "
				"signed = false; } _%s;\n",
				8 * (kinds[id].bytes[i] - '0'), word);
	}
	fprintf(file, "}; };\n");
}

static void describe(const char *folder)
{
	char path[1024];
	FILE *file;
	size_t i;

	snprintf(path, sizeof(path), "%s/metadata", folder);
	file = fopen(path, "w");
	if (!file)
		fail(path);
	fputs("/* CTF 1.8 */\n"
	      "typealias integer { size = 16; align = 8; signed = false; } "
	      ":= uint16_t;\n"
	      "typealias integer { size = 32; align = 8; signed = false; } "
	      ":= uint32_t;\n"
	      "typealias integer { size = 64; align = 8; signed = false; } "
	      ":= uint64_t;\n"
	      "trace { major = 1; minor = 8; byte_order = le;\n"
	      "\tpacket.header := struct { uint32_t magic; uint32_t stream_id; "
	      "}; };\n"
	      "clock { name = \"monotonic\"; freq = 1000000000; offset = 5; "
	      "};\n"
	      "typealias integer { size = 64; align = 8; signed = false; "
	      "map = clock.monotonic.value; } := time_t;\n"
	      "stream { id = 0;\n"
	      "\tevent.header := struct { uint16_t id; time_t timestamp; };\n"
	      "\tpacket.context := struct { time_t timestamp_begin; "
	      "time_t timestamp_end; uint64_t content_size; "
	      "uint64_t packet_size; uint64_t packet_seq_num; "
	      "uint64_t events_discarded; }; };\n",
	      file);
	for (i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		describe_kind(file, i);
	if (fclose(file))
		fail(path);
}

/* One file of the trace: what one thread wrote. */
struct out {
	FILE *file;
	unsigned char block[BLOCK_BYTES];
	size_t used;
	uint64_t first_ns, last_ns;
	uint64_t blocks;
	uint64_t lost;
};

static void put(struct out *o, uint64_t value, unsigned int bytes)
{
	memcpy(o->block + o->used, &value, bytes); /* little endian */
	o->used += bytes;
}

static void flush(struct out *o)
{
	size_t used = o->used;

	if (used == 0)
		return;
	o->used = 0;
	put(o, 0xc1fc1fc1, 4);
	put(o, 0, 4);
	put(o, o->first_ns, 8);
	put(o, o->last_ns, 8);
	put(o, used * 8, 8);
	put(o, used * 8, 8);
	put(o, o->blocks++, 8);
	put(o, o->lost, 8);
	if (fwrite(o->block, 1, used, o->file) != used)
		fail("write");
	o->used = 0;
}

static void emit(struct out *o, uint64_t at_ns, const char *name,
		 const uint64_t *values)
{
	uint16_t id;
	const struct kind *kind = kind_of(name, &id);
	size_t i;
	size_t v = 0;

	assert(at_ns >= o->last_ns);
	if (o->used + 256 > BLOCK_BYTES)
		flush(o);
	if (o->used == 0) {
		o->used = HEAD_BYTES;
		o->first_ns = at_ns;
	}
	o->last_ns = at_ns;
	put(o, id, 2);
	put(o, at_ns, 8);
	for (i = 0; kind->bytes[i]; i++) {
		if (kind->bytes[i] == 's') {
			int n = sprintf((char *)o->block + o->used, "cam%d",
					(int)values[v++]);

			o->used += (size_t)n + 1;
		} else {
			put(o, values[v++],
			    (unsigned int)(kind->bytes[i] - '0'));
		}
	}
}

#define EMIT(out, at_ns, name, ...) \
	emit(out, at_ns, name, (const uint64_t[]){__VA_ARGS__})

/* ---- the streams --------------------------------------------------------- */

struct sim {
	unsigned int nr;
	uint64_t id;
	uint64_t endpoint;
	uint64_t reader_endpoint[MAX_READERS];
	struct out producer;
	struct out readers[MAX_READERS];
	uint64_t free_ns[MAX_READERS]; /* its last release */
	uint64_t slot_seq[MAX_SLOTS], slot_ns[MAX_SLOTS];
	bool slot_used[MAX_SLOTS];
	uint64_t random;
};

/* 0..@most, the same in every run (Knuth's MMIX). */
static uint64_t rnd(struct sim *s, uint64_t most)
{
	s->random = s->random * UINT64_C(6364136223846793005) +
		    UINT64_C(1442695040888963407);
	return (s->random >> 33) % (most + 1);
}

static void open_out(struct out *o, const char *folder, unsigned int nr,
		     const char *what, unsigned int at)
{
	char path[1024];

	snprintf(path, sizeof(path), "%s/%s_%u_%u", folder, what, nr, at);
	o->file = fopen(path, "wb");
	if (!o->file)
		fail(path);
}

static void open_reader(struct sim *s, unsigned int r)
{
	struct out *o = &s->readers[r];
	bool drops = r == 0 && get("drop_count");

	s->reader_endpoint[r] = (UINT64_C(2000) + s->nr * 10 + r) << 32 | 1;
	if (get("late"))
		return;
	EMIT(o, ORIGIN_NS, "stream_open", s->id, s->reader_endpoint[r], s->nr,
	     2, get("slots"), SLOT_BYTES * get("slots"), drops ? 1 : 0,
	     get("period_ns"), 0, get("hold_ns"));
	EMIT(o, ORIGIN_NS, "reader_attach", s->id, s->reader_endpoint[r], r,
	     drops ? 1 : 0, 0);
	if (get("need"))
		EMIT(o, ORIGIN_NS, "need", s->id, s->reader_endpoint[r], r,
		     get("need"), get("hold_ns") + 10 * get("latency_ns"),
		     get("hold_ns") + 10 * get("latency_ns"));
}

static void open_sim(struct sim *s, const char *folder, unsigned int nr)
{
	unsigned int r;

	s->nr = nr;
	s->id = 0x1000 + nr;
	s->random = nr + 1;
	s->endpoint = (UINT64_C(1000) + nr) << 32 | 1;
	open_out(&s->producer, folder, nr, "producer", 0);
	if (!get("late"))
		EMIT(&s->producer, ORIGIN_NS, "stream_open", s->id, s->endpoint,
		     nr, 1, get("slots"), SLOT_BYTES * get("slots"), 0,
		     get("period_ns"), get("jitter_ns"), get("fill_ns"));
	for (r = 0; r < get("readers"); r++) {
		open_out(&s->readers[r], folder, nr, "reader", r);
		open_reader(s, r);
	}
}

static uint64_t free_slots(const struct sim *s)
{
	uint64_t n = 0;
	uint64_t i;

	for (i = 0; i < get("slots"); i++)
		n += !s->slot_used[i];
	return n;
}

/* What was given back by all is seen when the next packet is taken. */
static uint64_t take_slot(struct sim *s, uint64_t seq, uint64_t *at_ns)
{
	uint64_t slots = get("slots");
	uint64_t least = UINT64_MAX;
	uint64_t i;

	for (i = 0; i < slots; i++) {
		if (!s->slot_used[i] || s->slot_ns[i] < least)
			least = s->slot_used[i] ? s->slot_ns[i] : 0;
	}
	if (*at_ns < least)
		*at_ns = least;
	for (i = 0; i < slots; i++) {
		if (!s->slot_used[i] || s->slot_ns[i] > *at_ns)
			continue;
		s->slot_used[i] = false;
		EMIT(&s->producer, *at_ns, "reclaim", s->id,
		     s->slot_seq[i] * get("step"), free_slots(s));
	}
	for (i = 0; i < slots && s->slot_used[i]; i++)
		;
	assert(i < slots);
	s->slot_used[i] = true;
	s->slot_seq[i] = seq;
	s->slot_ns[i] = 0;
	return i;
}

static bool is_dropped(uint64_t seq, unsigned int r)
{
	return r == 0 && seq >= get("drop_packet") &&
	       seq < get("drop_packet") + get("drop_count");
}

/* Return: when it gave the packet back. */
static uint64_t read_packet(struct sim *s, unsigned int r, uint64_t seq,
			    uint64_t commit_ns)
{
	struct out *o = &s->readers[r];
	uint64_t get_ns = commit_ns + 1000 + rnd(s, get("latency_ns"));
	uint64_t hold = rnd(s, get("hold_ns") - 1) + 1;
	uint64_t before = s->free_ns[r];
	uint64_t wait_ns;

	if (rnd(s, 999) == 0)
		get_ns += 5 * get("latency_ns");
	if (seq == get("slow_packet"))
		hold = get("hold_ns") + get("slow_ns");
	if (get_ns < before)
		get_ns = before;
	wait_ns = commit_ns - commit_ns / 2 + before / 2;
	if (get("waits") && before < commit_ns && wait_ns > o->last_ns) {
		EMIT(o, wait_ns, "wait_begin", s->id, s->reader_endpoint[r], 2,
		     seq, 0);
		EMIT(o, get_ns - 200, "wait_end", s->id, s->reader_endpoint[r],
		     2, seq, 1, 3);
	}
	if (r == 0 && seq == get("lose_packet"))
		o->lost += get("lose_count");
	else
		EMIT(o, get_ns, "get", s->id, seq * get("step"), r, commit_ns,
		     0);
	EMIT(o, get_ns + hold, "release", s->id, seq * get("step"), r);
	s->free_ns[r] = get_ns + hold;
	return get_ns + hold;
}

static void send_packet(struct sim *s, uint64_t seq, struct sim *from,
			uint64_t *commit_ns)
{
	uint64_t due = ORIGIN_NS + 1000000 + seq * get("period_ns");
	uint64_t at;
	uint64_t fill = rnd(s, get("fill_ns") - 1) + 1;
	uint64_t reserve_ns;
	uint64_t slot;
	unsigned int r;

	due -= seq * get("rounded_ps") / 1000;
	at = due + rnd(s, get("spread_ns"));
	if (seq == get("broken_packet"))
		at += get("broken_ns");
	if (from) /* after its input was committed */
		at = *commit_ns + 300000;
	reserve_ns = at - fill;
	if (reserve_ns < s->producer.last_ns)
		reserve_ns = s->producer.last_ns;
	slot = take_slot(s, seq, &reserve_ns);
	if (at < reserve_ns)
		at = reserve_ns;
	EMIT(&s->producer, reserve_ns, "reserve", s->id, seq, slot * SLOT_BYTES,
	     SLOT_BYTES, free_slots(s));
	if (from)
		EMIT(&s->producer, at, "link", from->id, seq * get("step"),
		     s->id, seq * get("step"));
	EMIT(&s->producer, at, "commit", s->id, seq * get("step"),
	     1000 + seq % 1000, get("slots") - free_slots(s), at);
	if (get("waits"))
		EMIT(&s->producer, at + 50, "wake", s->id, s->endpoint, 1);
	if (is_dropped(seq, 0) && !get("silent"))
		EMIT(&s->producer, at + 60, "drop", s->id, seq * get("step"), 1,
		     2, 0);
	s->slot_ns[slot] = at + 60;
	for (r = 0; r < get("readers"); r++) {
		uint64_t back =
			is_dropped(seq, r) ? at : read_packet(s, r, seq, at);

		if (back > s->slot_ns[slot])
			s->slot_ns[slot] = back;
	}
	*commit_ns = at;
}

/* The readers leave; the producer tells what it had not seen come back. */
static void leave(struct sim *s)
{
	uint64_t end_ns = s->producer.last_ns;
	uint64_t i;
	unsigned int r;

	for (r = 0; get("flush") && r < get("readers"); r++) {
		EMIT(&s->readers[r], s->readers[r].last_ns, "reader_detach",
		     s->id, s->reader_endpoint[r], r, 0, get("packets"));
		if (s->readers[r].last_ns > end_ns)
			end_ns = s->readers[r].last_ns;
	}
	for (i = get("packets") - get("flush"); i < get("packets"); i++)
		EMIT(&s->producer, end_ns + 1000, "drop", s->id, i, 1, 3, 0);
}

static void close_out(struct out *o)
{
	flush(o);
	if (fclose(o->file))
		fail("close");
}

int main(int argc, char **argv)
{
	static struct sim sims[8];
	unsigned int n;
	unsigned int r;
	uint64_t seq;
	int i;

	if (argc < 2)
		return 2;
	for (i = 2; i < argc; i++)
		set(argv[i]);
	n = (unsigned int)get("streams");
	assert(n <= 8 && get("readers") <= MAX_READERS &&
	       get("slots") <= MAX_SLOTS);
	if (mkdir(argv[1], 0777) && errno != EEXIST)
		fail(argv[1]);
	describe(argv[1]);
	for (r = 0; r < n; r++)
		open_sim(&sims[r], argv[1], r);
	for (seq = 0; seq < get("packets"); seq++) {
		uint64_t commit_ns = 0;

		for (r = 0; r < n; r++)
			send_packet(&sims[r], seq,
				    get("link") && r ? &sims[r - 1] : NULL,
				    &commit_ns);
	}
	for (r = 0; r < n; r++) {
		leave(&sims[r]);
		close_out(&sims[r].producer);
		for (i = 0; i < (int)get("readers"); i++)
			close_out(&sims[r].readers[i]);
	}
	return 0;
}
