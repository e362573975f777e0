/* SPDX-License-Identifier: MIT */
/*
 * trace_test.c - what a trace provider is told of declarations, and which
 * tables of providers are accepted.
 */
#include <cmocka.h>

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <dsi/dsi.h>
#include <dsi/trace.h>

#include "tests/unit/must.h"

#define HOUR 3600u

static int wanted = 1;
static const int never;
static uint64_t violations;
static _Atomic int opens_wanted;
static _Atomic uint64_t opens;

static void put_violation(uint64_t stream, uint64_t seq, uint32_t kind,
			  uint64_t declared_ns, uint64_t actual_ns)
{
	(void)stream;
	(void)seq;
	assert_int_equal(kind, DSI_TRACE_PERIOD);
	assert_true(actual_ns > declared_ns);
	violations++;
}

static void put_open(const struct dsi_trace_open *end)
{
	if (!end->stream || !end->endpoint || end->period_ns == 0)
		abort(); /* it is told before all is known of it */
	atomic_fetch_add(&opens, 1);
}

/* For events that nobody wants. */
static void not_called(void)
{
	fail();
}

/* A table that wants violations, sometimes what is open, and nothing else. */
static const struct dsi_trace_provider *table(void)
{
	static struct dsi_trace_provider provider = {
		.size = sizeof(provider),
		.version = DSI_TRACE_VERSION,
		.name = "test",
	};

#define FILL(event, number)               \
	provider.wanted[number] = &never; \
	provider.event = (__typeof__(provider.event))(void (*)(void))not_called;
	DSI_TRACE_MAP(FILL)
	provider.wanted[8] = &wanted;
	provider.violation = put_violation;
	provider.wanted[0] = (const int *)(uintptr_t)&opens_wanted;
	provider.stream_open = put_open;
	return &provider;
}

static void attach_once(void **state)
{
	const struct dsi_trace_provider *good = table();
	struct dsi_trace_provider bad = *good;
	char why[128];

	(void)state;
	assert_int_equal(dsi_trace_attach(NULL, why, sizeof(why)), -DSI_EINVAL);
	bad.name = NULL;
	assert_int_equal(dsi_trace_attach(&bad, why, sizeof(why)), -DSI_EINVAL);
	assert_non_null(strstr(why, "not complete"));
	bad = *good;
	bad.version++;
	assert_int_equal(dsi_trace_attach(&bad, NULL, 0), -DSI_EINVAL);
	bad = *good;
	bad.size--;
	assert_int_equal(dsi_trace_attach(&bad, NULL, 0), -DSI_EINVAL);
#define WITHOUT(event, number)                                          \
	bad = *good;                                                    \
	bad.event = NULL;                                               \
	assert_int_equal(dsi_trace_attach(&bad, NULL, 0), -DSI_EINVAL); \
	bad = *good;                                                    \
	bad.wanted[number] = NULL;                                      \
	assert_int_equal(dsi_trace_attach(&bad, NULL, 0), -DSI_EINVAL);
	DSI_TRACE_MAP(WITHOUT)
#undef WITHOUT

	/* threads() has attached it. */
	assert_int_equal(dsi_trace_attach(good, why, sizeof(why)), -DSI_EEXIST);
	bad = *good;
	bad.name = "other";
	assert_int_equal(dsi_trace_attach(&bad, why, sizeof(why)), -DSI_EBUSY);
	assert_non_null(strstr(why, "test"));
	assert_non_null(strstr(why, "other"));
	assert_int_equal(dsi_trace_attach(&bad, why, 1), -DSI_EBUSY);
	assert_string_equal(why, "");
}

/* A packet each hour, so however slow the machine, they come too early. */
static struct dsi_socket *make_producer(const char *name)
{
	const struct dsi_stream_desc desc = {
		.size = sizeof(desc),
		.packets = 4,
		.packet_bytes = 64,
		.traffic = {.tick_hz = 1, .period = HOUR, .jitter = HOUR / 2},
	};
	struct dsi_socket *sock;

	MUST_BE(dsi_producer_create(&desc, NULL, &sock), 0);
	MUST_BE(dsi_socket_listen(sock, name, NULL), 0);
	MUST_BE(dsi_socket_start(sock), 0);
	return sock;
}

static void put(struct dsi_socket *sock)
{
	struct dsi_packet *pkt;

	MUST_BE(dsi_packet_get(sock, 0, &pkt), 0);
	MUST_BE(dsi_packet_commit(sock, pkt), 0);
}

static void start_again(void **state)
{
	struct dsi_socket *sock = make_producer("traced");

	(void)state;
	violations = 0;
	put(sock);
	assert_int_equal(violations, 0);
	put(sock);
	put(sock);
	assert_int_equal(violations, 2);
	/* Nothing says when packets come after a pause. */
	assert_int_equal(dsi_socket_stop(sock), 0);
	assert_int_equal(dsi_socket_start(sock), 0);
	put(sock);
	assert_int_equal(violations, 2);
	put(sock);
	assert_int_equal(violations, 3);
	/* What is running already has not paused. */
	assert_int_equal(dsi_socket_start(sock), 0);
	put(sock);
	assert_int_equal(violations, 4);
	dsi_socket_destroy(sock);
}

/* ---- sockets come and go while a trace begins and ends ------------------- */

#define THREADS 2u
#define ROUNDS 100u

static pthread_barrier_t all_there;
static _Atomic uint32_t working;

static void *open_and_close(void *arg)
{
	(void)pthread_barrier_wait(&all_there);
	for (uint32_t i = 0; i < ROUNDS; i++) {
		struct dsi_socket *sock = make_producer(arg);

		put(sock);
		dsi_socket_destroy(sock);
	}
	atomic_fetch_sub(&working, 1);
	return NULL;
}

/* First of all tests: then the threads look for a provider at once. */
static void threads(void **state)
{
	static char names[THREADS][8] = {"one", "two"};
	pthread_t threads[THREADS];

	(void)state;
	assert_int_equal(dsi_trace_attach(table(), NULL, 0), 0);
	assert_int_equal(pthread_barrier_init(&all_there, NULL, THREADS), 0);
	atomic_store(&working, THREADS);
	for (uint32_t i = 0; i < THREADS; i++)
		assert_int_equal(pthread_create(&threads[i], NULL,
						open_and_close, names[i]),
				 0);
	while (atomic_load(&working)) {
		atomic_store(&opens_wanted, 1);
		assert_in_range(dsi_trace_describe(), 0, THREADS);
		atomic_store(&opens_wanted, 0);
	}
	for (uint32_t i = 0; i < THREADS; i++)
		assert_int_equal(pthread_join(threads[i], NULL), 0);
	assert_int_equal(pthread_barrier_destroy(&all_there), 0);
	assert_int_equal(dsi_trace_describe(), 0);
	assert_true(opens > 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(threads),
		cmocka_unit_test(attach_once),
		cmocka_unit_test(start_again),
	};
	char folder[] = "/tmp/dsi-trace-XXXXXX";
	int failed;

	if (!mkdtemp(folder) || setenv("DSI_RUNTIME_DIR", folder, 1))
		return 1;
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	return rmdir(folder) || failed;
}
