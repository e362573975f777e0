/* SPDX-License-Identifier: MIT */
/*
 * trace_test.c - what a trace provider is told of declarations, and which
 * tables of providers are accepted.
 */
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <dsi/dsi.h>
#include <dsi/trace.h>

#define HOUR 3600u

static int wanted = 1;
static const int never;
static uint64_t violations;

static void put_violation(uint64_t stream, uint64_t seq, uint32_t kind,
			  uint64_t declared_ns, uint64_t actual_ns)
{
	(void)stream;
	(void)seq;
	assert_int_equal(kind, DSI_TRACE_PERIOD);
	assert_true(actual_ns > declared_ns);
	violations++;
}

/* For events that nobody wants. */
static void not_called(void)
{
	fail();
}

/* A table that wants violations and nothing else. */
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
	bad = *good;
	bad.wanted[18] = NULL;
	assert_int_equal(dsi_trace_attach(&bad, NULL, 0), -DSI_EINVAL);
	bad = *good;
	bad.need = NULL;
	assert_int_equal(dsi_trace_attach(&bad, NULL, 0), -DSI_EINVAL);

	assert_int_equal(dsi_trace_attach(good, why, sizeof(why)), 0);
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
static struct dsi_socket *make_producer(void)
{
	const struct dsi_stream_desc desc = {
		.size = sizeof(desc),
		.packets = 4,
		.packet_bytes = 64,
		.traffic = {.tick_hz = 1, .period = HOUR, .jitter = HOUR / 2},
	};
	struct dsi_socket *sock;

	assert_int_equal(dsi_producer_create(&desc, NULL, &sock), 0);
	assert_int_equal(dsi_socket_listen(sock, "traced", NULL), 0);
	assert_int_equal(dsi_socket_start(sock), 0);
	return sock;
}

static void put(struct dsi_socket *sock)
{
	struct dsi_packet *pkt;

	assert_int_equal(dsi_packet_get(sock, 0, &pkt), 0);
	assert_int_equal(dsi_packet_commit(sock, pkt), 0);
}

static void start_again(void **state)
{
	struct dsi_socket *sock = make_producer();

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

int main(void)
{
	const struct CMUnitTest tests[] = {
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
