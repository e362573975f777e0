/* SPDX-License-Identifier: MIT */
/*
 * layout_test.c - the layout of shared memory against its document.
 *
 * Prints the tables that docs/design/20-shm-layout.md holds; with --print
 * that is all.
 */
#include <string.h>

#include "dsi/shm_layout.h"
#include "dsi/stats_page.h"
#include "tests/unit/doc_block.h"

struct field {
	const char *name;
	size_t offset;
	size_t bytes;
	const char *writer;
	const char *meaning;
};

#define FIELD(type, name, writer, meaning)                                   \
	{                                                                    \
#name, offsetof(struct type, name),                          \
			sizeof(((struct type *)NULL)->name), writer, meaning \
	}

static const struct field header[] = {
	FIELD(dsi_shm_header, magic, "producer, once", "`DSI1`"),
	FIELD(dsi_shm_header, abi_major, "producer, once",
	      "other major: cannot talk"),
	FIELD(dsi_shm_header, abi_minor, "producer, once", "other minor: can"),
	FIELD(dsi_shm_header, header_bytes, "producer, once",
	      "size of this head"),
	FIELD(dsi_shm_header, endian, "producer, once", "0x01020304"),
	FIELD(dsi_shm_header, cacheline_bytes, "producer, once", "64"),
	FIELD(dsi_shm_header, ring_slots, "producer, once",
	      "descriptors, power of two"),
	FIELD(dsi_shm_header, max_sg, "producer, once",
	      "elements of one packet"),
	FIELD(dsi_shm_header, ring_offset, "producer, once",
	      "bytes from the head to the first descriptor"),
	FIELD(dsi_shm_header, data_bytes, "producer, once",
	      "size of the data area"),
	FIELD(dsi_shm_header, stream_id, "producer, once",
	      "the stream's number in traces; 0 = none"),
	FIELD(dsi_shm_header, reserved, "producer, once", "for growth; zero"),
};

static const struct field desc[] = {
	FIELD(dsi_shm_desc, commit, "producer",
	      "position + 1; bit 63: gone, or being written"),
	FIELD(dsi_shm_desc, time_ns, "producer", "time stamp"),
	FIELD(dsi_shm_desc, offset, "producer",
	      "element 0: bytes into the data area"),
	FIELD(dsi_shm_desc, place, "producer",
	      "element 0: size (0..31), flags (32..47), token (48..63)"),
};

static const struct field signal_page[] = {
	FIELD(dsi_shm_signal, signal, "producer",
	      "packets committed for this consumer, low 32 bits; it sleeps "
	      "here"),
	FIELD(dsi_shm_signal, reserved0, "nobody", "zero"),
	FIELD(dsi_shm_signal, start, "producer, once",
	      "1 + first position; 0: not admitted yet"),
	FIELD(dsi_shm_signal, dropped, "producer",
	      "packets not delivered (DROP_NEW)"),
	FIELD(dsi_shm_signal, sleep, "producer",
	      "sleep index towards this consumer"),
	FIELD(dsi_shm_signal, cpu, "producer",
	      "1 + its CPU at the last wake or spin; 0: not said"),
	FIELD(dsi_shm_signal, reserved1, "nobody", "zero"),
};

static const struct field consumer_page[] = {
	FIELD(dsi_shm_consumer, taken, "consumer",
	      "position up to which it needs no descriptor"),
	FIELD(dsi_shm_consumer, returned, "consumer",
	      "tokens put into the return ring"),
	FIELD(dsi_shm_consumer, signal, "consumer",
	      "changes with the above; the producer sleeps here"),
	FIELD(dsi_shm_consumer, reserved0, "nobody", "zero"),
	FIELD(dsi_shm_consumer, sleep, "consumer", "its sleep index"),
	FIELD(dsi_shm_consumer, cpu, "consumer",
	      "1 + its CPU at the last wake or spin; 0: not said"),
	FIELD(dsi_shm_consumer, reserved1, "nobody", "zero"),
};

static const struct field stats_page[] = {
	FIELD(dsi_shm_stats, magic, "owner, once", "`DSIS`"),
	FIELD(dsi_shm_stats, abi_major, "owner, once",
	      "other major: cannot be read"),
	FIELD(dsi_shm_stats, abi_minor, "owner, once", "other minor: can"),
	FIELD(dsi_shm_stats, endian, "owner, once", "0x01020304"),
	FIELD(dsi_shm_stats, page_bytes, "owner, once", "size of this page"),
	FIELD(dsi_shm_stats, role, "owner, once", "1 producer, 2 consumer"),
	FIELD(dsi_shm_stats, bucket_bits, "owner, once",
	      "2^this buckets for each power of two"),
	FIELD(dsi_shm_stats, buckets, "owner, once", "of the histogram"),
	FIELD(dsi_shm_stats, reserved0, "nobody", "for growth; zero"),
	FIELD(dsi_shm_stats, committed, "owner",
	      "packets: producer committed, consumer got"),
	FIELD(dsi_shm_stats, bytes, "owner", "payload of those"),
	FIELD(dsi_shm_stats, released, "owner",
	      "packets: came back, given back"),
	FIELD(dsi_shm_stats, latency_sum_ns, "owner",
	      "consumer: commit to get, sum"),
	FIELD(dsi_shm_stats, latency_max_ns, "owner",
	      "consumer: commit to get, worst"),
	FIELD(dsi_shm_stats, backlog_max, "owner",
	      "producer: most that waited in the ring"),
	FIELD(dsi_shm_stats, held_max, "owner", "most packets held at once"),
	FIELD(dsi_shm_stats, held, "owner", "packets held now"),
	FIELD(dsi_shm_stats, state, "owner", "`DSI_STATE_*`"),
	FIELD(dsi_shm_stats, waits, "owner", "times it went to sleep"),
	FIELD(dsi_shm_stats, wakes, "owner", "times it woke a peer"),
	FIELD(dsi_shm_stats, dropped, "owner", "packets not delivered, missed"),
	FIELD(dsi_shm_stats, expired, "owner", "consumer: skipped"),
	FIELD(dsi_shm_stats, reclaimed, "owner",
	      "consumer: overwritten before use"),
	FIELD(dsi_shm_stats, unclaimed, "owner",
	      "producer: committed with no consumer"),
	FIELD(dsi_shm_stats, hold_max_ns, "owner",
	      "consumer: get to commit, worst, if measured"),
	FIELD(dsi_shm_stats, reserved1, "nobody", "for growth; zero"),
	FIELD(dsi_shm_stats, peers, "owner",
	      "producer: for each of 31 places two words of 64 bits: 1 + "
	      "position at admission (0: nobody), packets dropped for it"),
	FIELD(dsi_shm_stats, reserved2, "nobody", "for growth; zero"),
	FIELD(dsi_shm_stats, latency, "owner",
	      "consumer: how many packets in each bucket"),
};

static void print_fields(FILE *out, const char *title,
			 const struct field *fields, size_t n, size_t total)
{
	fprintf(out, "### %s\n\n", title);
	fprintf(out, "| offset | bytes | field | written by | meaning |\n");
	fprintf(out, "|---:|---:|---|---|---|\n");
	for (size_t i = 0; i < n; i++)
		fprintf(out, "| %zu | %zu | `%s` | %s | %s |\n",
			fields[i].offset, fields[i].bytes, fields[i].name,
			fields[i].writer, fields[i].meaning);
	fprintf(out, "\n%zu bytes in all.\n\n", total);
}

#define PRINT(out, title, type, fields)                                        \
	print_fields(out, title, fields, sizeof(fields) / sizeof((fields)[0]), \
		     sizeof(struct type))

static void print_rows(FILE *out)
{
	static const uint32_t elements[] = {1, 2, 3, 4, 8, 64};

	fprintf(out, "### Extension row\n\n");
	fprintf(out, "| word | content |\n|---:|---|\n");
	fprintf(out, "| %u | packet number |\n", DSI_EXT_NUMBER);
	fprintf(out, "| %u | expiry |\n", DSI_EXT_EXPIRES);
	fprintf(out, "| %u | element count |\n", DSI_EXT_COUNT);
	fprintf(out, "| %u, %u, ... | offset and size of element 1, 2, ... |\n",
		DSI_EXT_SG, DSI_EXT_SG + 1u);
	fprintf(out, "\n| `max_sg` | words of a row |\n|---:|---:|\n");
	for (size_t i = 0; i < sizeof(elements) / sizeof(elements[0]); i++)
		fprintf(out, "| %u | %u |\n", elements[i],
			DSI_EXT_WORDS(elements[i]));
	fprintf(out, "\n");
}

static void print_sizes(FILE *out)
{
	fprintf(out, "### Sizes, before rounding to pages\n\n");
	fprintf(out, "| region | content | 1 slot | 64 slots |\n");
	fprintf(out, "|---|---|---:|---:|\n");
	fprintf(out,
		"| control area | head of %u, descriptors, rows (`max_sg` 1) "
		"| %ju | %ju |\n",
		DSI_SHM_PAGE_HEAD, (uintmax_t)dsi__control_bytes(1, 1),
		(uintmax_t)dsi__control_bytes(64, 1));
	fprintf(out,
		"| signal page | head of %u, DROP_NEW: its own ring | %ju | "
		"%ju |\n",
		DSI_SHM_PAGE_HEAD, (uintmax_t)dsi__signal_bytes(1, 1),
		(uintmax_t)dsi__signal_bytes(64, 1));
	fprintf(out,
		"| consumer page | head of %u, return ring of 32-bit tokens | "
		"%ju | %ju |\n",
		DSI_SHM_PAGE_HEAD, (uintmax_t)dsi__page_bytes(1),
		(uintmax_t)dsi__page_bytes(64));
}

static void print_layout(FILE *out)
{
	PRINT(out, "Head of the control area", dsi_shm_header, header);
	PRINT(out, "Descriptor", dsi_shm_desc, desc);
	print_rows(out);
	PRINT(out, "Signal page", dsi_shm_signal, signal_page);
	PRINT(out, "Consumer page", dsi_shm_consumer, consumer_page);
	PRINT(out, "Statistics page", dsi_shm_stats, stats_page);
	print_sizes(out);
}

int main(int argc, char **argv)
{
	if (argc > 1 && strcmp(argv[1], "--print") == 0) {
		print_layout(stdout);
		return 0;
	}
	return doc_block_compare(DOC_LAYOUT, "layout", print_layout) ? 1 : 0;
}
