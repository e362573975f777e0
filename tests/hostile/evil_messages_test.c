/* SPDX-License-Identifier: MIT */
/*
 * evil_messages_test.c - who knocks at a producer's door and then says
 * something wrong, says it in the wrong order, brings the wrong things, or
 * says nothing.
 *
 * The answer is a refusal with a documented code, or a hang-up; the stream
 * does not notice.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

#include "tests/hostile/evil_peer.h"
#include "tests/hostile/outcomes.h"
#include "tests/hostile/victim_stream.h"
#include "tests/hostile/word_sweep.h"
#include "tests/unit/must.h"

/* ---- the answer ---------------------------------------------------------- */

/* Hear out the producer until it hangs up; the code of its refusal, or
 * -DSI_EPIPE if it just hung up. */
static int verdict(int32_t conn)
{
	struct dsi_wire_in in;
	int err = -DSI_EPIPE;
	int type;

	while ((type = evil_hear(conn, &in)) > 0)
		if (type == DSI_WIRE_REFUSE)
			err = in.msg.refuse.err;
	return type == -DSI_EPIPE ? err : type;
}

static void expect(int32_t conn, int want)
{
	int err = verdict(conn);

	dsi_port_handle_close(conn);
	victim_await_received(5);
	outcome(err == want, "%s",
		err == -DSI_EPIPE ? "hung up" : dsi_strerror(err));
}

static void say_raw(int32_t conn, const void *raw, uint32_t bytes,
		    const int32_t *handles, uint32_t n)
{
	MUST_BE(dsi_port_send(conn, raw, bytes, handles, n), 0);
}

/* ---- heads --------------------------------------------------------------- */

struct head_case {
	const char *name;
	struct dsi_wire_head head;
	uint32_t bytes; /* sent */
	int want;
};

#define HELLO_BYTES ((uint32_t)sizeof(struct dsi_wire_hello))
#define HEAD(magic, endian, major, type, bytes)                      \
	{                                                            \
		magic, endian, major, DSI_SHM_ABI_MINOR, type, bytes \
	}

static void heads(void)
{
	static const struct head_case cases[] = {
		{"other magic",
		 HEAD(0, DSI_SHM_ENDIAN, 1, DSI_WIRE_HELLO, HELLO_BYTES),
		 HELLO_BYTES, -DSI_EPROTO},
		{"other byte order",
		 HEAD(DSI_SHM_MAGIC, 0x04030201, 1, DSI_WIRE_HELLO,
		      HELLO_BYTES),
		 HELLO_BYTES, -DSI_EPROTONOSUPPORT},
		{"all in the other byte order",
		 HEAD(0x44534931, 0x04030201, 0x01000000, 0x01000000,
		      0x01000000),
		 HELLO_BYTES, -DSI_EPROTONOSUPPORT},
		{"next major version",
		 HEAD(DSI_SHM_MAGIC, DSI_SHM_ENDIAN, 2, DSI_WIRE_HELLO,
		      HELLO_BYTES),
		 HELLO_BYTES, -DSI_EPROTONOSUPPORT},
		{"major version 0",
		 HEAD(DSI_SHM_MAGIC, DSI_SHM_ENDIAN, 0, DSI_WIRE_HELLO,
		      HELLO_BYTES),
		 HELLO_BYTES, -DSI_EPROTONOSUPPORT},
		{"unknown type",
		 HEAD(DSI_SHM_MAGIC, DSI_SHM_ENDIAN, 1, 99, HELLO_BYTES),
		 HELLO_BYTES, -DSI_EPROTO},
		{"half a message",
		 HEAD(DSI_SHM_MAGIC, DSI_SHM_ENDIAN, 1, DSI_WIRE_HELLO,
		      HELLO_BYTES),
		 HELLO_BYTES / 2, -DSI_EPROTO},
		{"half a head",
		 HEAD(DSI_SHM_MAGIC, DSI_SHM_ENDIAN, 1, DSI_WIRE_HELLO,
		      HELLO_BYTES),
		 12, -DSI_EPROTO},
		{"one byte",
		 HEAD(DSI_SHM_MAGIC, DSI_SHM_ENDIAN, 1, DSI_WIRE_HELLO,
		      HELLO_BYTES),
		 1, -DSI_EPROTO},
		{"longer than it says",
		 HEAD(DSI_SHM_MAGIC, DSI_SHM_ENDIAN, 1, DSI_WIRE_HELLO,
		      HELLO_BYTES),
		 HELLO_BYTES + 8, -DSI_EPROTO},
		{"as long as can be",
		 HEAD(DSI_SHM_MAGIC, DSI_SHM_ENDIAN, 1, DSI_WIRE_HELLO,
		      DSI_PORT_MSG_BYTES),
		 DSI_PORT_MSG_BYTES, -DSI_EPROTO},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		unsigned char raw[DSI_PORT_MSG_BYTES] = {0};
		int32_t conn = evil_dial(VICTIM_NAME);

		outcome_case("head: %s", cases[i].name);
		memcpy(raw, &cases[i].head, sizeof(cases[i].head));
		say_raw(conn, raw, cases[i].bytes, NULL, 0);
		expect(conn, cases[i].want);
	}
}

/* Beyond what a message may be; the port's own send would not do that. */
static void huge_message(void)
{
	static unsigned char raw[16 * DSI_PORT_MSG_BYTES];
	int32_t conn = evil_dial(VICTIM_NAME);
	struct dsi_wire_head head = evil_head(DSI_WIRE_HELLO, sizeof(raw));

	outcome_case("head: sixteen times as long as can be");
	memcpy(raw, &head, sizeof(head));
	MUST(write(conn, raw, sizeof(raw)) == (ssize_t)sizeof(raw));
	expect(conn, -DSI_EPROTO);
}

/* ---- wishes -------------------------------------------------------------- */

struct wish_case {
	const char *name;
	struct dsi_wish wish;
	int want;
};

static void wishes(void)
{
	static const struct wish_case cases[] = {
		{"unknown flags", {.flags = UINT32_MAX}, -DSI_EINVAL},
		{"unknown policy", {.policy = 3}, -DSI_EINVAL},
		{"policy max", {.policy = UINT32_MAX}, -DSI_EINVAL},
		{"queue max",
		 {.policy = 1, .queue_packets = UINT32_MAX},
		 -DSI_EINVAL},
		{"queue of all",
		 {.policy = 1, .queue_packets = 16},
		 -DSI_ENOSPC},
		{"queue of all but one",
		 {.policy = 1, .queue_packets = 15},
		 -DSI_ENOSPC},
		{"hold max", {.hold_packets = UINT32_MAX}, -DSI_EINVAL},
		{"hold one too many", {.hold_packets = 17}, -DSI_ENOMATCH},
		{"alignment 3", {.align_bytes = 3}, -DSI_EINVAL},
		{"alignment huge",
		 {.align_bytes = UINT32_C(1) << 31},
		 -DSI_ENOMATCH},
		{"packets larger",
		 {.min_packet_bytes = UINT32_MAX},
		 -DSI_ENOMATCH},
		{"packets smaller", {.max_packet_bytes = 1}, -DSI_ENOMATCH},
		{"fewer elements", {.max_sg = 1}, -DSI_ENOMATCH},
		{"writable", {.flags = DSI_CONSUMER_WRITABLE}, -DSI_ENOMATCH},
		{"another format", {.format = "\x1b[2J"}, -DSI_ENOMATCH},
	};
	union dsi_wire msg;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		int32_t conn = evil_dial(VICTIM_NAME);

		outcome_case("wish: %s", cases[i].name);
		memset(&msg, 0, sizeof(msg));
		msg.hello.purpose = DSI_HELLO_ATTACH;
		msg.hello.wish = cases[i].wish;
		MUST_BE(dsi__wire_send(conn, &msg, DSI_WIRE_HELLO,
				       sizeof(msg.hello), NULL, 0),
			0);
		expect(conn, cases[i].want);
	}
	for (uint32_t field = 0; field < 2; field++) {
		int32_t conn = evil_dial(VICTIM_NAME);

		outcome_case("wish: %s without an end",
			     field ? "label" : "format");
		memset(&msg, 0, sizeof(msg));
		msg.hello.purpose = DSI_HELLO_ATTACH;
		memset(field ? msg.hello.wish.label : msg.hello.wish.format,
		       'x', field ? DSI_LABEL_BYTES : DSI_FORMAT_BYTES);
		MUST_BE(dsi__wire_send(conn, &msg, DSI_WIRE_HELLO,
				       sizeof(msg.hello), NULL, 0),
			0);
		expect(conn, -DSI_EINVAL);
	}
}

/* ---- declared usage ------------------------------------------------------ */

/* What becomes of a consumer that declares this: 0 if it gets an offer. */
static int declare(const struct dsi_usage *usage, uint32_t policy)
{
	union dsi_wire msg;
	struct dsi_wire_in in;
	int32_t conn = evil_dial(VICTIM_NAME);
	int err = -DSI_EPIPE;
	int type;

	memset(&msg, 0, sizeof(msg));
	msg.hello.purpose = DSI_HELLO_ATTACH;
	msg.hello.wish.policy = policy;
	msg.hello.wish.usage = *usage;
	MUST_BE(dsi__wire_send(conn, &msg, DSI_WIRE_HELLO, sizeof(msg.hello),
			       NULL, 0),
		0);
	type = evil_hear(conn, &in);
	if (type == DSI_WIRE_OFFER)
		err = 0;
	else if (type == DSI_WIRE_REFUSE)
		err = in.msg.refuse.err;
	if (type == DSI_WIRE_REFUSE) { /* a sentence that ends */
		size_t length =
			strnlen(in.msg.refuse.text, sizeof(in.msg.refuse.text));

		MUST(length > 8 && length < sizeof(in.msg.refuse.text));
	}
	dsi_port_handle_close(conn);
	return err;
}

struct usage_case {
	const char *name;
	struct dsi_usage usage;
	int want;
};

static void usages(void)
{
	const uint64_t more = DSI_TICKS_MAX + 1;
	const struct usage_case cases[] = {
		{"fits", {.tick_hz = 1000, .hold = 40}, 0},
		{"other fields without a tick", {.hold = 40}, -DSI_EINVAL},
		{"no tick, but a flag", {.flags = 1}, -DSI_EINVAL},
		{"tick too fast", {.tick_hz = more}, -DSI_EINVAL},
		{"tick max", {.tick_hz = UINT64_MAX}, -DSI_EINVAL},
		{"tick as fast as can be",
		 {.tick_hz = DSI_TICKS_MAX},
		 -DSI_EOVERFLOW},
		{"tick without common multiple",
		 {.tick_hz = DSI_TICKS_MAX - 1},
		 -DSI_EOVERFLOW},
		{"a slow tick, and a time that overflows",
		 {.tick_hz = 1, .hold = DSI_TICKS_MAX},
		 -DSI_EOVERFLOW},
		{"hold as long as can be",
		 {.tick_hz = 1000, .hold = DSI_TICKS_MAX},
		 -DSI_ENOMATCH},
		{"hold too long", {.tick_hz = 1000, .hold = more}, -DSI_EINVAL},
		{"hold max",
		 {.tick_hz = 1000, .hold = UINT64_MAX},
		 -DSI_EINVAL},
		{"one packet too many",
		 {.tick_hz = 1000, .hold = 8 * 40 - 56},
		 -DSI_ENOMATCH},
		{"as many as there are",
		 {.tick_hz = 1000, .hold = 8 * 40 - 57},
		 0},
		{"period one more",
		 {.tick_hz = 1000, .period = VICTIM_PERIOD + 1},
		 -DSI_ENOMATCH},
		{"period in another tick", {.tick_hz = 25, .period = 1}, 0},
		{"period max",
		 {.tick_hz = 1000, .period = UINT64_MAX},
		 -DSI_EINVAL},
		{"unknown pace", {.tick_hz = 1000, .pace = 5}, -DSI_EINVAL},
		{"unknown flags", {.tick_hz = 1000, .flags = 2}, -DSI_EINVAL},
		{"reserved", {.tick_hz = 1000, .reserved = 1}, -DSI_EINVAL},
		{"starts at once",
		 {.tick_hz = 1000, .flags = DSI_READER_START_GIVEN},
		 -DSI_ENOMATCH},
		{"more at once than there are",
		 {.tick_hz = 1000, .batch = VICTIM_PACKETS + 1},
		 -DSI_ENOMATCH},
		{"batch max",
		 {.tick_hz = 1000, .batch = UINT32_MAX},
		 -DSI_EINVAL},
		{"drift of all",
		 {.tick_hz = 1000, .drift_ppb = DSI_PPB},
		 -DSI_EINVAL},
		{"drift of nearly all",
		 {.tick_hz = 1000, .drift_ppb = DSI_PPB - 1},
		 -DSI_ENOTSUP},
		{"prefill of more than exist",
		 {.tick_hz = 1000,
		  .pace = DSI_PACE_ANCHORED,
		  .prefill = VICTIM_PACKETS + 1},
		 -DSI_ENOMATCH},
		{"slower than they come",
		 {.tick_hz = 1000, .pace = DSI_PACE_SERVICE, .service = 41},
		 -DSI_EDOM},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		int err;

		outcome_case("usage: %s", cases[i].name);
		err = declare(&cases[i].usage, DSI_POLICY_BLOCK);
		victim_await_received(5);
		outcome(err == cases[i].want, "%s",
			err ? dsi_strerror(err) : "offered");
	}
}

/* Each field with each of these, for each pace and policy: whatever is
 * answered is a documented code. */
static int documented(int err)
{
	switch (err) {
	case 0:
	case -DSI_EINVAL:
	case -DSI_ENOMATCH:
	case -DSI_EDOM:
	case -DSI_ERANGE:
	case -DSI_ENOTSUP:
	case -DSI_EOVERFLOW:
	case -DSI_ENOSPC:
		return 1;
	default:
		return 0;
	}
}

static void usage_sweep(void)
{
	static const uint64_t values[] = {0,
					  1,
					  39,
					  VICTIM_PACKETS,
					  DSI_MAX_PACKETS,
					  DSI_MAX_PACKETS + 1,
					  UINT32_MAX,
					  DSI_TICKS_MAX - 1,
					  DSI_TICKS_MAX,
					  DSI_TICKS_MAX + 1,
					  UINT64_MAX};
	uint32_t words = sizeof(struct dsi_usage) / 4u;

	for (uint32_t pace = 0; pace <= DSI_PACE_RESPONSE; pace++) {
		uint32_t offered = 0;
		uint32_t asked = 0;
		int bad = 0;

		outcome_case("usage: each word of it, pace %u", pace);
		for (uint32_t i = 0; i < 11u * words; i++) {
			struct dsi_usage usage = {.tick_hz = 1000,
						  .service = 1,
						  .drift_ppb = i & 1u,
						  .pace = pace};
			uint32_t at = i / 11u * 4u;
			uint64_t value = values[i % 11u];
			uint32_t bytes = at % 8u || at >= 64u ? 4u : 8u;
			int err;

			memcpy((char *)&usage + at, &value, bytes);
			err = declare(&usage, i % 3u);
			bad = bad || documented(err) ? bad : err;
			offered += err == 0;
			asked++;
		}
		victim_await_received(5);
		outcome(!bad && offered && offered < asked,
			"%u of %u offered, %s", offered, asked,
			bad ? dsi_strerror(bad) : "others refused");
	}
}

/* ---- every word of the wish ---------------------------------------------- */

#define HELLO_WORDS \
	((sizeof(struct dsi_wire_hello) - sizeof(struct dsi_wire_head)) / 4u)

/* What it says to that: 0 for anything but a refusal. */
static int answer_to(union dsi_wire *msg)
{
	int32_t conn = evil_dial(VICTIM_NAME);
	struct dsi_wire_in in;
	int type;

	MUST_BE(dsi__wire_send(conn, msg, DSI_WIRE_HELLO, sizeof(msg->hello),
			       NULL, 0),
		0);
	type = evil_hear(conn, &in);
	dsi_port_handle_close(conn);
	MUST(type > 0);
	return type == DSI_WIRE_REFUSE ? in.msg.refuse.err : 0;
}

static void hello_sweep(void)
{
	static const int allowed[] = {
		-DSI_EINVAL, -DSI_ENOMATCH, -DSI_ENOSPC,    -DSI_EDOM,
		-DSI_ERANGE, -DSI_ENOTSUP,  -DSI_EOVERFLOW, 0};
	uint64_t random = 12;

	for (uint32_t word = 0; word < HELLO_WORDS; word++) {
		uint32_t good = 0;
		int bad = 0;

		outcome_case("hello: word %u, %u values", word, SWEEP_VALUES);
		for (uint32_t i = 0; i < SWEEP_VALUES; i++) {
			union dsi_wire msg = {
				.hello = {.purpose = DSI_HELLO_ATTACH,
					  .wish = {.policy = i % 3u}}};
			int err;

			sweep_spoil(&msg.hello.purpose, word, i, VICTIM_PACKETS,
				    &random);
			err = answer_to(&msg);
			good += err == 0;
			if (!sweep_answer(err, allowed))
				bad = err;
		}
		victim_await_received(1);
		outcome(!bad, "%u answered, %s", good,
			bad ? dsi_strerror(bad) : "others refused");
	}
}

/* ---- order --------------------------------------------------------------- */

static void say_head(int32_t conn, uint32_t type, const int32_t *handles,
		     uint32_t n)
{
	struct dsi_wire_head head = evil_head(type, sizeof(head));

	say_raw(conn, &head, sizeof(head), handles, n);
}

static int32_t dial_and_get_offer(void)
{
	int32_t conn = evil_dial(VICTIM_NAME);
	struct dsi_wire_in in;

	evil_hello(conn, DSI_POLICY_RECLAIM, 0);
	MUST_BE(evil_hear(conn, &in), DSI_WIRE_OFFER);
	return conn;
}

static void wrong_order(void)
{
	struct evil_consumer evil;
	uint64_t gone;
	int32_t conn;

	outcome_case("order: ACCEPT before HELLO");
	conn = evil_dial(VICTIM_NAME);
	say_head(conn, DSI_WIRE_ACCEPT, NULL, 0);
	expect(conn, -DSI_EPROTO);
	outcome_case("order: READY, which is the producer's to say");
	conn = evil_dial(VICTIM_NAME);
	say_head(conn, DSI_WIRE_READY, NULL, 0);
	expect(conn, -DSI_EPROTO);
	outcome_case("order: HELLO twice");
	conn = dial_and_get_offer();
	evil_hello(conn, DSI_POLICY_RECLAIM, 0);
	expect(conn, -DSI_EPROTO);
	outcome_case("order: BYE instead of HELLO");
	conn = evil_dial(VICTIM_NAME);
	say_head(conn, DSI_WIRE_BYE, NULL, 0);
	expect(conn, -DSI_EPIPE);
	outcome_case("order: BYE instead of ACCEPT");
	conn = dial_and_get_offer();
	say_head(conn, DSI_WIRE_BYE, NULL, 0);
	expect(conn, -DSI_EPIPE);
	outcome_case("order: HELLO again after joining");
	evil_join(&evil, VICTIM_NAME, DSI_POLICY_RECLAIM, 0);
	evil_hello(evil.conn, DSI_POLICY_RECLAIM, 0);
	conn = evil.conn;
	evil.conn = -1;
	expect(conn, -DSI_EPROTO);
	evil_hang_up(&evil);
	victim_await_consumers(1);
	outcome_case("order: hangs up after joining");
	gone = dsi_socket_event_count(victim_producer(), DSI_EVENT_PEER_GONE);
	evil_join(&evil, VICTIM_NAME, DSI_POLICY_BLOCK, 0);
	evil_hang_up(&evil);
	victim_await_consumers(1);
	victim_await_received(20);
	outcome(victim_await_event(DSI_EVENT_PEER_GONE, gone + 1u),
		"an event, and the others go on");
}

/* ---- pages --------------------------------------------------------------- */

#define SEALS (F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL | F_SEAL_FUTURE_WRITE)

/* A memfd as good as the port's, but for size and seals. */
static int32_t make_page(uint64_t bytes, int seals)
{
	int fd = memfd_create("evil", MFD_CLOEXEC | MFD_ALLOW_SEALING);

	MUST(fd >= 0);
	MUST_BE(ftruncate(fd, (off_t)bytes), 0);
	if (seals)
		MUST_BE(fcntl(fd, F_ADD_SEALS, seals), 0);
	return fd;
}

static void accept_with(const char *name, const int32_t *handles, uint32_t n,
			int want)
{
	int32_t conn = dial_and_get_offer();

	outcome_case("page: %s", name);
	say_head(conn, DSI_WIRE_ACCEPT, handles, n);
	for (uint32_t i = 0; i < n; i++)
		dsi_port_handle_close(handles[i]);
	expect(conn, want);
}

static void pages(void)
{
	uint64_t page = dsi_port_page_bytes();
	int32_t fds[DSI_PORT_MSG_HANDLES];

	accept_with("no handle at all", NULL, 0, -DSI_EPROTO);
	fds[0] = make_page(page, 0);
	accept_with("not sealed", fds, 1, -DSI_EPROTO);
	fds[0] = make_page(page, F_SEAL_GROW | F_SEAL_FUTURE_WRITE);
	accept_with("can still shrink", fds, 1, -DSI_EPROTO);
	fds[0] = make_page(2 * page, SEALS);
	accept_with("too large", fds, 1, -DSI_EPROTO);
	fds[0] = make_page(0, SEALS);
	accept_with("empty", fds, 1, -DSI_EPROTO);
	MUST_BE(pipe2(fds, O_CLOEXEC), 0);
	accept_with("a pipe", fds, 2, -DSI_EPROTO);
	MUST_BE(dsi_port_conn_pair(fds), 0);
	accept_with("a connection", fds, 2, -DSI_EPROTO);
	fds[0] = open("/dev/null", O_RDWR | O_CLOEXEC);
	accept_with("/dev/null", fds, 1, -DSI_EPROTO);
	fds[0] = open("/dev/zero", O_RDWR | O_CLOEXEC);
	accept_with("/dev/zero", fds, 1, -DSI_EPROTO);
	fds[0] = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
	accept_with("a program", fds, 1, -DSI_EPROTO);
	fds[0] = open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	accept_with("a directory", fds, 1, -DSI_EPROTO);
	fds[0] = evil_dial(VICTIM_NAME);
	accept_with("a connection to the producer itself", fds, 1, -DSI_EPROTO);
}

/* The page is right, the bell is none: refused.  All others are closed. */
static void surplus_handles(void)
{
	struct dsi_wire_in in;
	int32_t fds[DSI_PORT_MSG_HANDLES];
	int32_t ends[2];
	int32_t conn = dial_and_get_offer();

	outcome_case("page: a file as bell, and six other handles");
	MUST_BE(dsi_port_conn_pair(ends), 0);
	fds[DSI_ACCEPT_PAGE] = make_page(dsi_port_page_bytes(), SEALS);
	fds[DSI_ACCEPT_BELL] = fds[DSI_ACCEPT_PAGE];
	for (uint32_t i = DSI_ACCEPT_HANDLES; i < DSI_PORT_MSG_HANDLES; i++)
		fds[i] = ends[1];
	say_head(conn, DSI_WIRE_ACCEPT, fds, DSI_PORT_MSG_HANDLES);
	MUST_BE(evil_hear(conn, &in), DSI_WIRE_REFUSE);
	dsi_port_handle_close(ends[1]);
	MUST_BE(evil_hear(ends[0], &in), -DSI_EPIPE);
	dsi_port_handle_close(ends[0]);
	dsi_port_handle_close(fds[0]);
	dsi_port_handle_close(conn);
	victim_await_consumers(1);
	outcome(1, "joined; the others are closed");
}

/* A page that cannot shrink, but is not sealed against anything else, changes
 * once the producer has mapped it. */
static void page_changes_later(void)
{
	struct evil_consumer evil;
	uint64_t bytes;
	int32_t fd;
	int done;

	outcome_case("page: is cut, holed, and grows after joining");
	evil_meet(&evil, VICTIM_NAME, DSI_POLICY_RECLAIM, 0);
	bytes = evil.page.bytes;
	dsi_port_handle_close(evil.page.handle);
	evil.page.handle = make_page(bytes, F_SEAL_SHRINK);
	fd = dup(evil.page.handle);
	evil_accept(&evil, -1);
	victim_await_consumers(2);
	done = ftruncate(fd, 0) == -1 &&
	       ftruncate(fd, (off_t)bytes - 1) == -1 &&
	       fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 0,
			 (off_t)bytes) == 0 &&
	       ftruncate(fd, 16 * (off_t)bytes) == 0;
	victim_await_received(20);
	dsi_port_handle_close(fd);
	evil_hang_up(&evil);
	victim_await_consumers(1);
	outcome(done, "%s", done ? "cannot be cut" : "not as said");
}

/* ---- time and number ----------------------------------------------------- */

static void silence(void)
{
	int32_t silent = evil_dial(VICTIM_NAME);
	int32_t half = dial_and_get_offer();

	outcome_case("time: connects and says nothing");
	expect(silent, -DSI_ETIMEDOUT);
	outcome_case("time: never accepts");
	expect(half, -DSI_ETIMEDOUT);
}

static void flood(void)
{
	struct evil_consumer evil;
	struct dsi_wire_head head = evil_head(DSI_WIRE_OFFER, sizeof(head));
	uint32_t sent = 0;
	int err;

	outcome_case("number: messages without end after joining");
	evil_join(&evil, VICTIM_NAME, DSI_POLICY_RECLAIM, 0);
	do
		err = dsi_port_send(evil.conn, &head, sizeof(head), NULL, 0);
	while ((err == 0 || err == -DSI_EAGAIN) && ++sent < 10000000u);
	evil_hang_up(&evil);
	victim_await_consumers(1);
	victim_await_received(20);
	outcome(err == -DSI_EPIPE, "%s", dsi_strerror(err));
}

#define CROWD 1000u

/* More than the door lets in at once.  Some are refused, some time out, none
 * does harm, and an honest one gets in afterwards. */
static void crowd(void)
{
	static int32_t conns[CROWD];
	uint32_t refused = 0;
	uint32_t hung_up = 0;

	outcome_case("number: %u connections at once that say nothing", CROWD);
	for (uint32_t i = 0; i < CROWD; i++)
		conns[i] = evil_dial(VICTIM_NAME);
	for (uint32_t i = 0; i < CROWD; i++) {
		int err = verdict(conns[i]);

		refused += err == -DSI_EAGAIN;
		hung_up += err == -DSI_ETIMEDOUT;
		dsi_port_handle_close(conns[i]);
	}
	victim_await_received(20);
	outcome(refused + hung_up == CROWD, "%u turned away, %u timed out",
		refused, hung_up);
}

static void honest_guest(void)
{
	struct dsi_socket *sock;
	struct dsi_packet *pkt;

	outcome_case("afterwards: an honest one");
	MUST_BE(dsi_consumer_create(NULL, &sock), 0);
	MUST_BE(dsi_socket_connect(sock, VICTIM_NAME, dsi_now() + PATIENCE_NS),
		0);
	MUST_BE(dsi_socket_start(sock), 0);
	MUST_BE(dsi_packet_get(sock, dsi_now() + PATIENCE_NS, &pkt), 0);
	dsi_socket_destroy(sock);
	victim_await_consumers(1);
	outcome(1, "is served");
}

/* All places taken: 15 beside the honest one, and then one more. */
static void too_many(void)
{
	static struct evil_consumer evils[DSI_MAX_CONSUMERS];
	int32_t conn;

	for (uint32_t i = 0; i < DSI_MAX_CONSUMERS - 1u; i++)
		evil_join(&evils[i], VICTIM_NAME, DSI_POLICY_RECLAIM, 0);
	outcome_case("number: consumer 17");
	conn = evil_dial(VICTIM_NAME);
	evil_hello(conn, DSI_POLICY_RECLAIM, 0);
	expect(conn, -DSI_EUSERS);
	for (uint32_t i = 0; i < DSI_MAX_CONSUMERS - 1u; i++)
		evil_hang_up(&evils[i]);
	victim_await_consumers(1);
}

int main(void)
{
	struct rlimit files = {4096, 4096};

	if (getrlimit(RLIMIT_NOFILE, &files) == 0 && files.rlim_max >= 2048) {
		files.rlim_cur = files.rlim_max > 4096 ? 4096 : files.rlim_max;
		(void)setrlimit(RLIMIT_NOFILE, &files);
	}
	victim_begin();
	heads();
	huge_message();
	wishes();
	usages();
	usage_sweep();
	hello_sweep();
	wrong_order();
	pages();
	page_changes_later();
	surplus_handles();
	silence();
	flood();
	too_many();
	crowd();
	honest_guest();
	victim_end();
	return outcome_print() ? 1 : 0;
}
