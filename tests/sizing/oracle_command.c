/* SPDX-License-Identifier: MIT */
/*
 * oracle_command.c - `dsi size --batch` against the oracles.
 *
 * usage: oracle_command DSI [--long] [--seed N]
 *
 * Writes the questions as JSON lines to a file, lets the command answer them,
 * draws them once more and compares.  One tick is 1 ns.  Some lines
 * ask for bytes as well, some what follows from too few slots.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <dsi/types.h>

#include "compare.h"
#include "json_line.h"

#define SHOWN 10
#define LINE 4096

/* What a line asks for beside the need of the reader. */
struct besides {
	bool bytes;
	struct dsi_sizing_area area;
	uint64_t slots; /* that there are; 0: not said */
	uint32_t policy;
};

struct tally {
	uint64_t compared, areas, losses, outside, wrong;
};

static void draw_besides(uint64_t *seed, struct besides *b)
{
	struct dsi_sizing_area *a = &b->area;

	*a = (struct dsi_sizing_area){.size = sizeof(*a)};
	b->bytes = draw(seed, 3) == 0;
	b->slots = draw(seed, 1) ? 1 + draw(seed, 2) : 0;
	b->policy = (uint32_t)draw(seed, 2);
	a->layout = (uint32_t)draw(seed, 2);
	a->max_bytes = 1 + draw(seed, 4);
	a->min_bytes = 1 + draw(seed, a->max_bytes - 1);
	a->align_bytes = 1 + draw(seed, 3);
	if (a->layout == DSI_AREA_MIRROR)
		a->page_bytes = 1 + draw(seed, 7);
}

static void put_besides(FILE *out, const struct besides *b)
{
	static const char *const layouts[] = {"slots", "ring", "mirror"};
	static const char *const policies[] = {"block", "drop-new", "reclaim"};
	const struct dsi_sizing_area *a = &b->area;

	if (b->slots)
		fprintf(out, ",\"slots\":%llu,\"policy\":\"%s\"",
			(unsigned long long)b->slots, policies[b->policy]);
	if (!b->bytes)
		return;
	fprintf(out,
		",\"packet\":%llu,\"packet-min\":%llu,\"align\":%llu,"
		"\"layout\":\"%s\"",
		(unsigned long long)a->max_bytes,
		(unsigned long long)a->min_bytes,
		(unsigned long long)a->align_bytes, layouts[a->layout]);
	if (a->page_bytes)
		fprintf(out, ",\"page\":%llu",
			(unsigned long long)a->page_bytes);
}

static bool area_wrong(const struct besides *b, uint64_t slots,
		       const char *line)
{
	struct dsi_sizing_area a = b->area;
	uint64_t bytes = json_count(line, "area");
	uint64_t step = a.page_bytes ? a.page_bytes : a.align_bytes;
	uint64_t align = a.align_bytes;

	a.slots = slots;
	if (a.layout == DSI_AREA_SLOTS)
		return bytes !=
		       (a.max_bytes + align - 1) / align * align * slots;
	return !oracle_area_holds(&a, bytes) ||
	       (bytes > step &&
		oracle_area_holds(&a, (bytes - step) / align * align) > 0);
}

/* Only for a packet at a time between two endless grids. */
static bool loss_known(const struct question *q, const struct oracle_need *o)
{
	return q->reader.pace == DSI_PACE_GRID && !q->writer.packets &&
	       q->writer.batch <= 1 && q->reader.batch <= 1 &&
	       q->writer.units <= 1 && q->reader.units <= 1 && !o->underrun;
}

static bool loss_wrong(const struct question *q, const struct besides *b,
		       const struct oracle_need *o, const char *line)
{
	const char *loss = strstr(line, "\"loss\":{");
	bool exact = loss && json_true(loss, "exact");
	uint64_t of = loss ? json_count(loss, "of") : 0;
	uint64_t lost = 0;
	int64_t wait = 0;

	if (o->slots <= b->slots)
		return loss != NULL;
	if (!loss)
		return true;
	if (b->policy == DSI_POLICY_RECLAIM)
		return json_count(loss, "lost") != of || !of;
	if (b->policy == DSI_POLICY_BLOCK)
		return json_count(loss, "lost") ||
		       (exact &&
			oracle_wait(&q->writer, &q->reader, b->slots, &wait) &&
			json_count(loss, "wait_ns") != (uint64_t)wait);
	if (!oracle_lost(&q->writer, &q->reader, b->slots, of, &lost))
		return false;
	return exact ? json_count(loss, "lost") != lost
		     : json_count(loss, "lost") < lost;
}

static void report(const struct question *q, const char *line,
		   const struct difference *d, struct tally *t)
{
	char text[QUESTION_TEXT];

	if (t->wrong++ < SHOWN)
		printf("  FAIL %s\n    %s: answer %lld, least %lld\n    %s",
		       question_text(q, text), d->what, d->num, d->oracle,
		       line);
}

static void check(const struct family *f, const struct question *q,
		  const struct besides *b, const char *line, struct tally *t)
{
	struct dsi_sizing_need need;
	struct oracle_need o;
	struct difference d = {"no answer", 0, 0};

	if (!f->oracle(&q->writer, &q->reader, &o)) {
		t->outside++;
		return;
	}
	t->compared++;
	if (!json_need(line, &need) || need_differs(f, q, &need, &o, &d)) {
		report(q, line, &d, t);
		return;
	}
	d = (struct difference){"loss", (long long)b->slots, -1};
	if (b->slots && loss_known(q, &o)) {
		t->losses++;
		if (loss_wrong(q, b, &o, line))
			report(q, line, &d, t);
	}
	if (!b->bytes || need.slots > 4)
		return;
	t->areas++;
	d = (struct difference){"area", (long long)json_count(line, "area"),
				-1};
	if (area_wrong(b, need.slots, line))
		report(q, line, &d, t);
}

/* The questions that are about one reader and not too slow. */
static bool suits(const struct family *f)
{
	return f->oracle == oracle_need &&
	       strcmp(f->name, "service, coalesced");
}

static void write_all(FILE *out, uint64_t seed, uint64_t times)
{
	struct question q;
	struct besides b;

	for (uint32_t i = 0; i < n_families; i++)
		for (uint64_t k = 0;
		     suits(&families[i]) && k < families[i].count * times;
		     k++) {
			families[i].draw(&seed, &q);
			draw_besides(&seed, &b);
			json_question(out, &q);
			put_besides(out, &b);
			fputs("}\n", out);
		}
}

static uint64_t compare_all(FILE *in, uint64_t seed, uint64_t times,
			    uint64_t *compared)
{
	struct question q;
	struct besides b;
	uint64_t wrong = 0;
	char line[LINE];

	for (uint32_t i = 0; i < n_families; i++) {
		struct tally t = {0};

		if (!suits(&families[i]))
			continue;
		for (uint64_t k = 0; k < families[i].count * times; k++) {
			families[i].draw(&seed, &q);
			draw_besides(&seed, &b);
			if (!fgets(line, sizeof(line), in))
				return wrong + 1;
			check(&families[i], &q, &b, line, &t);
		}
		printf("%-22s %8llu compared %7llu with bytes %6llu with loss "
		       "%6llu outside %6llu wrong\n",
		       families[i].name, (unsigned long long)t.compared,
		       (unsigned long long)t.areas,
		       (unsigned long long)t.losses,
		       (unsigned long long)t.outside,
		       (unsigned long long)t.wrong);
		*compared += t.compared;
		wrong += t.wrong;
	}
	return wrong;
}

static uint64_t run(const char *dsi, uint64_t seed, uint64_t times,
		    uint64_t *compared)
{
	char name[] = "/tmp/sizing-XXXXXX";
	char command[4096];
	int fd = mkstemp(name);
	FILE *file = fd < 0 ? NULL : fdopen(fd, "w");
	uint64_t wrong = 1;

	if (!file)
		return 1;
	write_all(file, seed, times);
	fclose(file);
	snprintf(command, sizeof(command), "'%s' size --batch %s", dsi, name);
	fflush(stdout);
	file = popen(command, "r");
	if (file) {
		wrong = compare_all(file, seed, times, compared);
		/* 2: lines without an answer, each of which was looked at */
		pclose(file);
	}
	unlink(name);
	return wrong;
}

int main(int argc, char **argv)
{
	uint64_t times = 1;
	uint64_t seed = 1;
	uint64_t compared = 0;
	uint64_t wrong = 0;

	if (argc < 2)
		return 2;
	for (int i = 2; i < argc; i++) {
		if (!strcmp(argv[i], "--long"))
			times = 10;
		else if (!strcmp(argv[i], "--seed") && i + 1 < argc)
			seed = strtoull(argv[++i], NULL, 10);
	}
	wrong = run(argv[1], seed, times, &compared);
	printf("%llu compared, %llu wrong\n", (unsigned long long)compared,
	       (unsigned long long)wrong);
	return wrong || compared < 100000;
}
