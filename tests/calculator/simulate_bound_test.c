// SPDX-License-Identifier: MIT
/*
 * simulate_bound_test.c - the calculated ring is reached and enough.
 *
 * For descriptions drawn with a fixed seed, over all paces and tie rules: the
 * worst schedules, replayed against a model of the ring that knows nothing of
 * the formulas, use exactly the slots that were calculated, and with one slot
 * less the producer finds none.  Legal traces at random never need more.
 */
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include <dsi/types.h>

#include "simulate/simulate.h"

#define ROUNDS 300 /* descriptions of each kind */

static uint64_t state;
static unsigned int checked;

/* splitmix64: the same everywhere */
static uint64_t up_to(uint64_t most)
{
	uint64_t z = state += UINT64_C(0x9e3779b97f4a7c15);

	z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
	return (z ^ (z >> 31)) % (most + 1);
}

struct question {
	struct dsi_sizing_writer writer;
	struct dsi_sizing_reader reader;
	struct dsi_sizing_need need;
};

static char why[SIMULATE_WHY_BYTES];

static void draw_stream(struct question *q)
{
	struct dsi_sizing_writer *w = &q->writer;
	uint64_t period = 1 + up_to(19);

	memset(q, 0, sizeof(*q));
	w->size = sizeof(*w);
	w->ties = (uint32_t)up_to(1);
	w->stream.size = sizeof(w->stream);
	w->stream.period = period;
	w->stream.jitter = up_to(3) ? up_to(3 * period) : 0;
	w->stream.distance = up_to(3) ? up_to(period) : 0;
	if (up_to(7) == 0)
		w->stream.distance = period;
	w->hold = up_to(1) ? up_to(2 * period) : 0;
	q->reader.size = sizeof(q->reader);
	q->reader.jitter = up_to(2 * period);
	q->reader.hold = up_to(1) ? up_to(2 * period) : period;
}

static void say(const struct question *q, const char *what,
		const struct simulate_result *r)
{
	fail_msg("%s: T %d tau %d D %d Hp %d n %d kp %d a %d ties %d; pace %d "
		 "tau_c %d Hc %d W %d C %d R %d start %d given %d k %d kc %d "
		 "b %d early %d late %d coalesce %d: need %d start %d + %d/%d; "
		 "%s: slots %d occupied %d backlog %d (need %d) lost %d "
		 "blocked %d underruns %d",
		 what, (int)q->writer.stream.period,
		 (int)q->writer.stream.jitter, (int)q->writer.stream.distance,
		 (int)q->writer.hold, (int)q->writer.packets,
		 (int)q->writer.batch, (int)q->writer.units,
		 (int)q->writer.ties, (int)q->reader.pace,
		 (int)q->reader.jitter, (int)q->reader.hold,
		 (int)q->reader.wake, (int)q->reader.service,
		 (int)q->reader.response, (int)q->reader.start,
		 (int)q->reader.flags, (int)q->reader.prefill,
		 (int)q->reader.batch, (int)q->reader.units,
		 (int)q->reader.early, (int)q->reader.late,
		 (int)q->reader.coalesce, (int)q->need.slots,
		 (int)q->need.start.whole, (int)q->need.start.num,
		 (int)q->need.start.den, r->schedule, (int)r->slots,
		 (int)r->occupied, (int)r->backlog, (int)q->need.backlog,
		 (int)r->lost, (int)r->blocked, (int)r->underruns);
}

static uint32_t run(const struct question *q, uint64_t slots, uint64_t seed,
		    struct simulate_result out[SIMULATE_MOST_SCHEDULES])
{
	struct simulate_options options = {
		.slots = slots, .random = seed != 0, .seed = seed};
	uint32_t n = 0;

	if (seed)
		options.packets = 300;
	if (simulate_reader(&q->writer, &q->reader, &q->need,
			    exact_make(1, 1000), &options, out, &n, why))
		fail_msg("%s", why);
	return n;
}

static bool is_time(struct exact seconds, struct dsi_ticks ticks)
{
	struct exact t = exact_add(exact_int(ticks.whole),
				   exact_make(ticks.num, ticks.den));

	return exact_cmp(exact_mul(seconds, exact_int(1000)), t) == 0;
}

/* A start that is too small is seen to be.  A packet that comes after its get
 * lives longer than the formula says: then there is nothing to compare. */
static bool starves(const struct question *q)
{
	struct simulate_result r[SIMULATE_MOST_SCHEDULES];
	uint32_t n = run(q, 0, 0, r);
	uint64_t underruns = 0;
	uint32_t i;

	for (i = 0; i < n; i++)
		underruns += r[i].underruns;
	if (q->need.underrun != (underruns != 0))
		say(q, "underrun", &r[n - 1]);
	return r[0].underruns != 0;
}

/* What the schedules did together. */
static void check_bound(const struct question *q)
{
	struct simulate_result r[SIMULATE_MOST_SCHEDULES];
	uint32_t n = run(q, 0, 0, r);
	struct simulate_result most = r[0];
	uint32_t i;

	for (i = 0; i < n; i++) {
		if (r[i].underruns == 0 && (r[i].lost || r[i].blocked))
			say(q, "too few", &r[i]);
		if (r[i].underruns == 0 && r[i].backlog > q->need.backlog)
			say(q, "backlog", &r[i]);
		if (r[i].occupied > most.occupied)
			most = r[i];
	}
	if (most.occupied > q->need.slots)
		say(q, "more than needed", &most);
	if ((q->need.exact & DSI_EXACT_SLOTS) && most.occupied < q->need.slots)
		say(q, "bound not reached", &most);
	checked++;
}

static void check_latency(const struct question *q)
{
	struct simulate_result r[SIMULATE_MOST_SCHEDULES];
	uint32_t n = run(q, 0, 0, r);
	struct exact get_min = r[0].get_min;
	struct exact get_max = r[0].get_max;
	struct exact back = r[0].release_max;
	uint64_t backlog = 0;
	uint32_t i;

	for (i = 0; i < n; i++) {
		if (!r[i].got)
			return;
		get_min = exact_min(get_min, r[i].get_min);
		get_max = exact_max(get_max, r[i].get_max);
		back = exact_max(back, r[i].release_max);
		if (r[i].backlog > backlog)
			backlog = r[i].backlog;
	}
	if (!(q->need.exact & DSI_EXACT_LATENCY))
		return;
	if (!is_time(get_max, q->need.get_max))
		say(q, "latency to get", &r[0]);
	if (!is_time(back, q->need.release_max))
		say(q, "latency to release", &r[0]);
	if (q->reader.pace <= DSI_PACE_STALL &&
	    !is_time(get_min, q->need.get_min))
		say(q, "shortest latency", &r[0]);
	if ((q->need.exact & DSI_EXACT_BACKLOG) && backlog != q->need.backlog)
		say(q, "backlog not reached", &r[0]);
}

/* One slot less is too few, whatever the policy. */
static void check_one_less(struct question *q)
{
	struct simulate_result r[SIMULATE_MOST_SCHEDULES];
	uint32_t policy;

	if (q->need.slots < 2 || !(q->need.exact & DSI_EXACT_SLOTS))
		return;
	for (policy = 0; policy <= DSI_POLICY_RECLAIM; policy++) {
		uint64_t hurt = 0;
		uint32_t n;
		uint32_t i;

		q->reader.policy = policy;
		n = run(q, q->need.slots - 1, 0, r);
		for (i = 0; i < n; i++)
			hurt += r[i].lost + r[i].blocked;
		if (hurt == 0)
			say(q, "one less is enough", &r[0]);
	}
	q->reader.policy = DSI_POLICY_BLOCK;
}

/* Too few slots: what the calculator says of it is what happens. */
static void check_loss(struct question *q)
{
	struct dsi_sizing_loss loss = {.size = sizeof(loss)};
	struct simulate_result r[SIMULATE_MOST_SCHEDULES];
	uint64_t slots = 1 + up_to(q->need.slots - 1);
	struct simulate_options options = {.slots = slots};
	uint32_t n;

	if (slots == q->need.slots)
		return;
	options.packets = 50 * q->need.slots;
	for (q->reader.policy = 0; q->reader.policy <= DSI_POLICY_DROP_NEW;
	     q->reader.policy++) {
		if (dsi_size_loss(&q->writer, &q->reader, slots, &loss, why,
				  sizeof(why)) ||
		    simulate_reader(&q->writer, &q->reader, &q->need,
				    exact_make(1, 1000), &options, r, &n, why))
			fail_msg("%s", why);
		if (r[0].lost > 50 * loss.lost)
			say(q, "lost more than calculated", &r[0]);
		if (loss.exact && r[0].lost < 49 * loss.lost)
			say(q, "lost less than calculated", &r[0]);
		/* A producer that is held up so long that the reader has to
		 * wait for it falls behind more and more. */
		if (loss.exact && q->reader.policy == DSI_POLICY_BLOCK &&
		    r[0].underruns == 0 && !is_time(r[0].wait, loss.wait))
			say(q, "wait for a slot", &r[0]);
	}
	q->reader.policy = DSI_POLICY_BLOCK;
}

static void check_random(const struct question *q)
{
	struct simulate_result r[SIMULATE_MOST_SCHEDULES];
	uint64_t seed;

	for (seed = 1; seed <= 5; seed++) {
		run(q, 0, seed, r);
		/* A packet that comes too late lives longer. */
		if (q->need.underrun)
			continue;
		if (r[0].lost || r[0].blocked || r[0].underruns)
			say(q, "random", &r[0]);
	}
}

static bool ask(struct question *q)
{
	q->need.size = sizeof(q->need);
	return dsi_size_reader(&q->writer, &q->reader, &q->need, why,
			       sizeof(why)) == 0;
}

static void check(struct question *q)
{
	if (!ask(q))
		fail_msg("%s", why);
	if (starves(q))
		return;
	check_bound(q);
	check_latency(q);
	check_one_less(q);
	check_random(q);
}

/* A start that the reader chose itself, sometimes too early. */
static void draw_start(struct question *q)
{
	if (up_to(2))
		return;
	q->reader.flags = DSI_READER_START_GIVEN;
	q->reader.start = up_to(4 * q->writer.stream.period);
}

static void grids(void **unused)
{
	struct question q;
	int i;

	(void)unused;
	for (i = 0, state = 1; i < ROUNDS; i++) {
		draw_stream(&q);
		draw_start(&q);
		check(&q);
		if (!q.need.underrun)
			check_loss(&q);
	}
}

static void short_streams(void **unused)
{
	struct question q;
	int i;

	(void)unused;
	for (i = 0, state = 2; i < ROUNDS; i++) {
		draw_stream(&q);
		q.reader.pace = (uint32_t)up_to(DSI_PACE_RESPONSE);
		q.reader.wake = up_to(9);
		q.reader.service = 1 + up_to(q.writer.stream.period - 1);
		q.reader.response = up_to(3 * q.writer.stream.period);
		q.writer.packets = 1 + up_to(12);
		check(&q);
	}
}

static void batches(void **unused)
{
	struct question q;
	int i;

	(void)unused;
	for (i = 0, state = 3; i < ROUNDS; i++) {
		draw_stream(&q);
		q.writer.batch = 1 + (uint32_t)up_to(5);
		q.reader.batch = 1 + (uint32_t)up_to(5);
		draw_start(&q);
		check(&q);
	}
}

static void portions(void **unused)
{
	struct question q;
	int i;

	(void)unused;
	for (i = 0, state = 4; i < ROUNDS; i++) {
		draw_stream(&q);
		q.writer.units = 1 + (uint32_t)up_to(8);
		q.reader.units = 1 + (uint32_t)up_to(8);
		q.writer.stream.period = q.writer.units * (1 + up_to(3));
		q.writer.stream.distance = 0;
		if (up_to(3) == 0)
			q.reader.batch = 1 + (uint32_t)up_to(2);
		draw_start(&q);
		check(&q);
	}
}

static void drifts(void **unused)
{
	struct question q;
	int i;

	(void)unused;
	for (i = 0, state = 5; i < ROUNDS; i++) {
		draw_stream(&q);
		q.reader.pace = (uint32_t)up_to(DSI_PACE_ANCHORED);
		q.writer.stream.drift_ppb = (uint32_t)up_to(DSI_PPB / 8);
		q.reader.drift_ppb = (uint32_t)up_to(DSI_PPB / 8);
		if (q.reader.pace == DSI_PACE_ANCHORED)
			q.writer.stream.distance = 0;
		q.writer.packets = 1 + up_to(60);
		check(&q);
	}
}

static void reordered(void **unused)
{
	struct question q;
	int i;

	(void)unused;
	for (i = 0, state = 6; i < ROUNDS; i++) {
		draw_stream(&q);
		q.reader.early = (uint32_t)up_to(3);
		q.reader.late = (uint32_t)up_to(3);
		check(&q);
	}
}

static void anchored(void **unused)
{
	struct question q;
	int i;

	(void)unused;
	for (i = 0, state = 7; i < ROUNDS; i++) {
		draw_stream(&q);
		q.reader.pace = DSI_PACE_ANCHORED;
		q.reader.wake = up_to(2) ? up_to(q.writer.stream.period) : 0;
		if (up_to(1))
			q.reader.prefill = 1 + (uint32_t)up_to(4);
		draw_start(&q);
		check(&q);
	}
}

static void stalling(void **unused)
{
	struct question q;
	int i;

	(void)unused;
	for (i = 0, state = 8; i < ROUNDS; i++) {
		draw_stream(&q);
		q.reader.pace = DSI_PACE_STALL;
		q.reader.wake = up_to(2 * q.writer.stream.period);
		draw_start(&q);
		check(&q);
	}
}

static void serving(void **unused)
{
	struct question q;
	int i;

	(void)unused;
	for (i = 0, state = 9; i < ROUNDS; i++) {
		draw_stream(&q);
		q.reader.pace = DSI_PACE_SERVICE;
		q.reader.wake = up_to(1) ? up_to(q.writer.stream.period) : 0;
		q.reader.service = up_to(q.writer.stream.period);
		if (up_to(3) == 0) {
			q.reader.coalesce = 1 + (uint32_t)up_to(4);
			q.reader.service =
				1 + up_to(q.writer.stream.period - 1);
		}
		if (up_to(7) == 0)
			q.reader.coalesce_wait = 1 + up_to(30);
		check(&q);
	}
}

static void responding(void **unused)
{
	struct question q;
	int i;

	(void)unused;
	for (i = 0, state = 10; i < ROUNDS; i++) {
		draw_stream(&q);
		q.reader.pace = DSI_PACE_RESPONSE;
		q.reader.response = up_to(4 * q.writer.stream.period);
		check(&q);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(grids),    cmocka_unit_test(short_streams),
		cmocka_unit_test(batches),  cmocka_unit_test(portions),
		cmocka_unit_test(drifts),   cmocka_unit_test(reordered),
		cmocka_unit_test(anchored), cmocka_unit_test(stalling),
		cmocka_unit_test(serving),  cmocka_unit_test(responding),
	};

	int failed = cmocka_run_group_tests(tests, NULL, NULL);

	printf("%u descriptions reach the calculated ring\n", checked);
	return failed || checked < 100;
}
