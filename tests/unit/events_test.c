/* SPDX-License-Identifier: MIT */
/*
 * events_test.c - what a trace provider is told of packets: all events of a stream
 * with one producer and consumers of each policy, counted; and that nothing is told
 * of what nobody wants.  Each kind of packet passes with all events wanted, with
 * none, and with each one alone.
 */
#include <cmocka.h>

#include <stdatomic.h>

#include <dsi/dsi.h>
#include <dsi/trace.h>

#include "tests/unit/must.h"

#define PACKETS 4u
#define HOUR_NS (UINT64_C(3600) * 1000000000u)
#define DAYS_NS (UINT64_C(48) * HOUR_NS)

/* The library has threads of its own, which tell as well. */
static _Atomic int wanted[DSI_TRACE_EVENTS];
static _Atomic uint64_t told[DSI_TRACE_EVENTS];
static _Atomic int32_t wait_result; /* of the last wait */
static _Atomic uint64_t drops[5];
static _Atomic uint64_t violations[3];

static void note(uint32_t event)
{
	atomic_fetch_add(&told[event], 1);
}

#define AT(event, number) AT_##event = number,
enum { DSI_TRACE_MAP(AT) AT_N };

static void on_open(const struct dsi_trace_open *end)
{
	(void)end;
	note(AT_stream_open);
}

static void on_close(uint64_t stream, uint64_t endpoint, uint32_t reason)
{
	(void)stream, (void)endpoint, (void)reason;
	note(AT_stream_close);
}

static void on_attach(uint64_t stream, uint64_t endpoint, uint32_t reader,
		      uint32_t mode, uint64_t seq)
{
	(void)stream, (void)endpoint, (void)reader, (void)mode, (void)seq;
	note(AT_reader_attach);
}

static void on_detach(uint64_t stream, uint64_t endpoint, uint32_t reader,
		      uint32_t mode, uint64_t seq)
{
	(void)stream, (void)endpoint, (void)reader, (void)mode, (void)seq;
	note(AT_reader_detach);
}

static void on_state(uint64_t stream, uint64_t endpoint, uint32_t from,
		     uint32_t to)
{
	(void)stream, (void)endpoint;
	assert_true(from != to);
	note(AT_state);
}

static void on_peer_dead(uint64_t stream, uint64_t endpoint, uint32_t peer_pid,
			 uint32_t held)
{
	(void)stream, (void)endpoint, (void)peer_pid, (void)held;
	note(AT_peer_dead);
}

static void on_format(uint64_t stream, uint32_t generation, uint32_t bytes,
		      uint64_t hash)
{
	(void)stream, (void)generation, (void)hash;
	assert_int_equal(bytes, 3);
	note(AT_format);
}

static void on_link(uint64_t in_stream, uint64_t in_seq, uint64_t out_stream,
		    uint64_t out_seq)
{
	(void)in_stream, (void)in_seq, (void)out_stream, (void)out_seq;
	note(AT_link);
}

static void on_violation(uint64_t stream, uint64_t seq, uint32_t kind,
			 uint64_t declared_ns, uint64_t actual_ns)
{
	(void)stream, (void)seq;
	assert_true(actual_ns > declared_ns);
	atomic_fetch_add(&violations[kind], 1);
	note(AT_violation);
}

static void on_need(uint64_t stream, uint64_t endpoint, uint32_t reader,
		    uint64_t packets, uint64_t get_max_ns,
		    uint64_t release_max_ns)
{
	(void)stream, (void)endpoint, (void)reader, (void)get_max_ns;
	(void)release_max_ns;
	assert_true(packets > 0);
	note(AT_need);
}

static void on_reserve(uint64_t stream, uint64_t seq, uint64_t offset,
		       uint32_t bytes, uint32_t left)
{
	(void)stream, (void)seq, (void)offset;
	assert_int_equal(bytes, 64);
	assert_true(left < PACKETS);
	note(AT_reserve);
}

static void on_commit(uint64_t stream, uint64_t seq, uint32_t bytes,
		      uint32_t occupancy, uint64_t pts)
{
	(void)stream, (void)seq, (void)bytes, (void)pts;
	assert_true(occupancy <= PACKETS);
	note(AT_commit);
}

static void on_get(uint64_t stream, uint64_t seq, uint32_t reader,
		   uint64_t commit_ns, uint32_t backlog)
{
	(void)stream, (void)seq, (void)reader, (void)commit_ns;
	assert_true(backlog < PACKETS);
	note(AT_get);
}

static void on_release(uint64_t stream, uint64_t seq, uint32_t reader)
{
	(void)stream, (void)seq, (void)reader;
	note(AT_release);
}

static void on_reclaim(uint64_t stream, uint64_t seq, uint32_t left)
{
	(void)stream, (void)seq;
	assert_true(left <= PACKETS);
	note(AT_reclaim);
}

static void on_wait_begin(uint64_t stream, uint64_t endpoint, uint32_t side,
			  uint64_t seq, uint32_t method)
{
	(void)stream, (void)endpoint, (void)side, (void)seq, (void)method;
	note(AT_wait_begin);
}

static void on_wait_end(uint64_t stream, uint64_t endpoint, uint32_t side,
			uint64_t seq, int32_t result, uint32_t spins)
{
	(void)stream, (void)endpoint, (void)side, (void)seq, (void)spins;
	wait_result = result;
	note(AT_wait_end);
}

static void on_wake(uint64_t stream, uint64_t endpoint, uint32_t waiters)
{
	(void)stream, (void)endpoint, (void)waiters;
	note(AT_wake);
}

static void on_drop(uint64_t stream, uint64_t seq, uint32_t count,
		    uint32_t reason, uint32_t reader)
{
	(void)stream, (void)seq, (void)reader;
	atomic_fetch_add(&drops[reason], count);
	note(AT_drop);
}

static const struct dsi_trace_provider *provider(void)
{
	static struct dsi_trace_provider table = {
		.size = sizeof(table),
		.version = DSI_TRACE_VERSION,
		.name = "events",
		.stream_open = on_open,
		.stream_close = on_close,
		.reader_attach = on_attach,
		.reader_detach = on_detach,
		.state = on_state,
		.peer_dead = on_peer_dead,
		.format = on_format,
		.link = on_link,
		.violation = on_violation,
		.need = on_need,
		.reserve = on_reserve,
		.commit = on_commit,
		.get = on_get,
		.release = on_release,
		.reclaim = on_reclaim,
		.wait_begin = on_wait_begin,
		.wait_end = on_wait_end,
		.wake = on_wake,
		.drop = on_drop,
	};

	for (uint32_t i = 0; i < DSI_TRACE_EVENTS; i++)
		table.wanted[i] = (const int *)(uintptr_t)&wanted[i];
	return &table;
}

/* All, none, or one. */
static void want(int all, uint32_t one)
{
	for (uint32_t i = 0; i < DSI_TRACE_EVENTS; i++) {
		atomic_store(&wanted[i], all || i == one);
		atomic_store(&told[i], 0);
	}
	for (uint32_t i = 0; i < sizeof(drops) / sizeof(drops[0]); i++)
		atomic_store(&drops[i], 0);
	for (uint32_t i = 0; i < 3; i++)
		atomic_store(&violations[i], 0);
}

/* ---- a stream ------------------------------------------------------------------ */

struct ends {
	struct dsi_socket *from;
	struct dsi_socket *to;
};

/* A stream that declares how it works if @declared: a packet each day, held for
 * one nanosecond at most, which nobody can do. */
static struct ends open_stream(const char *name, uint32_t policy, int declared)
{
	struct dsi_stream_desc desc = {
		.size = sizeof(desc),
		.packets = PACKETS,
		.packet_bytes = 64,
		.format = "abc",
		.max_sg = 2,
	};
	struct dsi_consumer_options wish = {.size = sizeof(wish),
					    .policy = policy};
	struct ends ends;

	if (declared) {
		desc.traffic = (struct dsi_traffic){.tick_hz = 1000000000,
						    .period = DAYS_NS,
						    .jitter = 1,
						    .hold = 1};
		wish.usage = (struct dsi_usage){
			.tick_hz = 1000000000, .period = DAYS_NS, .hold = 1};
	}
	if (policy == DSI_POLICY_DROP_NEW)
		wish.queue_packets = 1;
	MUST_BE(dsi_producer_create(&desc, NULL, &ends.from), 0);
	MUST_BE(dsi_socket_listen(ends.from, name, NULL), 0);
	MUST_BE(dsi_socket_start(ends.from), 0);
	MUST_BE(dsi_consumer_create(&wish, &ends.to), 0);
	MUST_BE(dsi_socket_connect(ends.to, name, DSI_FOREVER), 0);
	MUST_BE(dsi_socket_start(ends.to), 0);
	return ends;
}

static void close_stream(const struct ends *ends)
{
	dsi_socket_destroy(ends->to);
	dsi_socket_destroy(ends->from);
}

static struct dsi_packet *take(struct dsi_socket *sock)
{
	struct dsi_packet *pkt = NULL;

	MUST_BE(dsi_packet_get(sock, DSI_FOREVER, &pkt), 0);
	return pkt;
}

/* One packet from end to end, with a number or a time of its own if asked. */
static void pass(const struct ends *ends, uint64_t number, uint64_t time_ns)
{
	struct dsi_packet *pkt = take(ends->from);

	if (number)
		MUST_BE(dsi_packet_set_number(pkt, number), 0);
	if (time_ns)
		MUST_BE(dsi_packet_set_time(pkt, time_ns), 0);
	MUST_BE(dsi_packet_commit(ends->from, pkt), 0);
	MUST_BE(dsi_packet_commit(ends->to, take(ends->to)), 0);
}

static void pass_many(const struct ends *ends)
{
	struct dsi_packet *pkts[2];

	MUST_BE(dsi_packet_get_many(ends->from, DSI_FOREVER, pkts, 2), 2);
	MUST_BE(dsi_packet_commit_many(ends->from, pkts, 2), 0);
	MUST_BE(dsi_packet_get_many(ends->to, DSI_FOREVER, pkts, 2), 2);
	MUST_BE(dsi_packet_commit_many(ends->to, pkts, 2), 0);
}

/* ---- the tests ------------------------------------------------------------------ */

static void all_of_block(void **state)
{
	struct dsi_packet *pkt;
	struct ends ends;

	(void)state;
	want(1, 0);
	ends = open_stream("events.block", DSI_POLICY_BLOCK, 0);
	for (uint32_t i = 0; i < 2 * PACKETS; i++)
		pass(&ends, 0, 0);
	pass_many(&ends);
	pass(&ends, 77, 0);
	pass(&ends, 0, 5);
	assert_int_equal(told[AT_commit], 2 * PACKETS + 4);
	assert_int_equal(told[AT_reserve], 2 * PACKETS + 4);
	assert_int_equal(told[AT_get], 2 * PACKETS + 4);
	assert_int_equal(told[AT_release], 2 * PACKETS + 4);
	assert_true(told[AT_reclaim] >= PACKETS);
	MUST_BE(dsi_packet_get(ends.to, dsi_now(), &pkt), -DSI_ETIMEDOUT);
	assert_int_equal(told[AT_wait_begin], 1);
	assert_int_equal(told[AT_wait_end], 1);
	assert_int_equal(wait_result, -DSI_ETIMEDOUT);
	assert_int_equal(told[AT_violation], 0);
	assert_int_equal(told[AT_need], 0);
	close_stream(&ends);
	assert_int_equal(told[AT_stream_open], 2);
	assert_int_equal(told[AT_stream_close], 2);
	assert_int_equal(told[AT_reader_attach], 1);
	assert_int_equal(told[AT_reader_detach], 1);
	assert_true(told[AT_format] > 0);
	assert_true(told[AT_state] > 4);
}

/* Nobody can keep what these declare. */
static void declared(void **state)
{
	struct ends ends;

	(void)state;
	if (!WIDE_NUMBERS) {
		print_message("declared: skipped, this processor has no "
			      "128-bit integers to size a stream with\n");
		skip();
	}
	want(1, 0);
	ends = open_stream("events.declared", DSI_POLICY_BLOCK, 1);
	assert_int_equal(told[AT_need], 1);
	for (uint32_t i = 0; i < 3; i++)
		pass(&ends, 0, 0);
	pass_many(&ends);
	assert_true(violations[DSI_TRACE_PERIOD] > 0);
	assert_true(violations[DSI_TRACE_HOLD] > 0);
	/* Only these, then only others. */
	want(0, AT_violation);
	pass(&ends, 0, 0);
	assert_true(told[AT_violation] > 0);
	want(0, AT_commit);
	pass(&ends, 0, 0);
	assert_int_equal(told[AT_commit], 1);
	want(1, 0);
	close_stream(&ends);
}

static void dropped(void **state)
{
	struct dsi_packet *pkt;
	struct ends ends;

	(void)state;
	want(1, 0);
	ends = open_stream("events.drop", DSI_POLICY_DROP_NEW, 0);
	for (uint32_t i = 0; i < PACKETS; i++)
		MUST_BE(dsi_packet_commit(ends.from, take(ends.from)), 0);
	assert_int_equal(drops[DSI_TRACE_NO_SPACE], PACKETS - 1);
	MUST_BE(dsi_packet_get(ends.to, 0, &pkt), 0);
	MUST_BE(dsi_packet_commit(ends.to, pkt), 0);
	close_stream(&ends);
}

static void overrun(void **state)
{
	struct dsi_packet *pkt;
	struct ends ends;

	(void)state;
	want(1, 0);
	ends = open_stream("events.reclaim", DSI_POLICY_RECLAIM, 0);
	for (uint32_t i = 0; i < 4 * PACKETS; i++)
		MUST_BE(dsi_packet_commit(ends.from, take(ends.from)), 0);
	MUST_BE(dsi_packet_get(ends.to, 0, &pkt), 0);
	assert_true(drops[DSI_TRACE_OVERRUN] >= 3 * PACKETS);
	MUST_BE(dsi_packet_commit(ends.to, pkt), 0);
	close_stream(&ends);
}

/* What a consumer takes along is free, and told of. */
static void taken_along(void **state)
{
	struct dsi_packet *pkt;
	struct ends ends;

	(void)state;
	want(1, 0);
	ends = open_stream("events.along", DSI_POLICY_BLOCK, 0);
	for (uint32_t i = 0; i < 2; i++)
		MUST_BE(dsi_packet_commit(ends.from, take(ends.from)), 0);
	assert_int_equal(told[AT_reclaim], 0);
	dsi_socket_destroy(ends.to);
	/* Until the producer has heard of it, the two are not free. */
	for (uint32_t i = 0; i < PACKETS; i++)
		MUST_BE(dsi_packet_get(ends.from, DSI_FOREVER, &pkt), 0);
	assert_int_equal(told[AT_reclaim], 2);
	dsi_socket_destroy(ends.from);
}

/* Expired before it was taken. */
static void late(void **state)
{
	struct dsi_packet *pkt;
	struct ends ends;

	(void)state;
	want(1, 0);
	ends = open_stream("events.late", DSI_POLICY_BLOCK, 0);
	pkt = take(ends.from);
	MUST_BE(dsi_packet_set_expiry(pkt, 1), 0);
	MUST_BE(dsi_packet_commit(ends.from, pkt), 0);
	pass(&ends, 0, 0);
	assert_int_equal(drops[DSI_TRACE_LATE], 1);
	close_stream(&ends);
}

/* A consumer leaves with packets. */
static void flushed(void **state)
{
	struct ends ends;

	(void)state;
	want(1, 0);
	ends = open_stream("events.flush", DSI_POLICY_BLOCK, 0);
	MUST_BE(dsi_packet_commit(ends.from, take(ends.from)), 0);
	(void)take(ends.to);
	dsi_socket_destroy(ends.to);
	/* When the producer looks, or at the latest when it closes. */
	while (!drops[DSI_TRACE_FLUSH]) {
		struct dsi_packet *pkts[PACKETS];
		int32_t n = dsi_packet_get_many(ends.from, 0, pkts, PACKETS);

		for (int32_t i = 0; i < n; i++)
			MUST_BE(dsi_packet_discard(ends.from, pkts[i]), 0);
	}
	assert_int_equal(drops[DSI_TRACE_FLUSH], 1);
	dsi_socket_destroy(ends.from);
}

/* What comes out was made from what came in. */
static void linked(void **state)
{
	struct ends in, out;
	struct dsi_packet *from, *to;

	(void)state;
	want(1, 0);
	in = open_stream("events.in", DSI_POLICY_BLOCK, 0);
	out = open_stream("events.out", DSI_POLICY_BLOCK, 0);
	MUST_BE(dsi_packet_commit(in.from, take(in.from)), 0);
	from = take(in.to);
	to = take(out.from);
	MUST_BE(dsi_packet_link(NULL, from), -DSI_EINVAL);
	MUST_BE(dsi_packet_link(to, NULL), -DSI_EINVAL);
	MUST_BE(dsi_packet_link(from, to), -DSI_EINVAL);
	MUST_BE(dsi_packet_link(to, to), -DSI_EINVAL);
	MUST_BE(dsi_packet_link(to, from), 0);
	MUST_BE(dsi_packet_commit(in.to, from), 0);
	MUST_BE(dsi_packet_commit(out.from, to), 0);
	assert_int_equal(told[AT_link], 1);
	MUST_BE(dsi_packet_commit(out.to, take(out.to)), 0);
	/* Nobody wants to know. */
	want(0, AT_N);
	MUST_BE(dsi_packet_commit(in.from, take(in.from)), 0);
	from = take(in.to);
	to = take(out.from);
	MUST_BE(dsi_packet_link(to, from), 0);
	MUST_BE(dsi_packet_commit(out.from, to), 0);
	MUST_BE(dsi_packet_commit(in.to, from), 0);
	close_stream(&out);
	close_stream(&in);
}

/* One kind alone: it is told as often as with all, and nothing else is. */
static void one_alone(void **state)
{
	static const uint32_t each[] = {AT_reserve, AT_commit, AT_get,
					AT_release, AT_reclaim};
	struct ends ends;

	(void)state;
	want(0, AT_N);
	ends = open_stream("events.one", DSI_POLICY_BLOCK, 0);
	pass(&ends, 0, 0);
	pass_many(&ends);
	for (uint32_t i = 0; i < sizeof(each) / sizeof(each[0]); i++) {
		want(0, each[i]);
		for (uint32_t n = 0; n < 2 * PACKETS; n++)
			pass(&ends, 0, 0);
		pass_many(&ends);
		for (uint32_t event = 0; event < AT_N; event++)
			if (event != each[i])
				assert_int_equal(told[event], 0);
		assert_true(told[each[i]] > PACKETS);
		/* Of those before it is seen late that they are free. */
		assert_true(told[each[i]] <= 2 * PACKETS + 2 + PACKETS);
	}
	want(0, AT_N);
	pass(&ends, 0, 0);
	close_stream(&ends);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(all_of_block), cmocka_unit_test(declared),
		cmocka_unit_test(dropped),	cmocka_unit_test(overrun),
		cmocka_unit_test(taken_along),	cmocka_unit_test(late),
		cmocka_unit_test(flushed),	cmocka_unit_test(linked),
		cmocka_unit_test(one_alone),
	};

	MUST_BE(dsi_trace_attach(provider(), NULL, 0), 0);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
