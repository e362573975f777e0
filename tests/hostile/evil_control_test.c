/* SPDX-License-Identifier: MIT */
/*
 * evil_control_test.c - a control application that asks a component for what
 * cannot be, and a component that answers what cannot be.
 *
 * Both are answered with a documented code; the component goes on to serve
 * others, and the control application's stream is FAILED with a sentence.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tests/hostile/evil_peer.h"
#include "tests/hostile/outcomes.h"
#include "tests/hostile/victim_stream.h"
#include "tests/hostile/word_sweep.h"
#include "tests/unit/must.h"

#define VICTIM "victim.component"
#define EVIL "evil.component"
#define TOO_LONG (DSI_TICKS_MAX + 1u)
#define MOST 64u

struct word_case {
	const char *name;
	size_t offset;
	uint32_t bytes;
	uint64_t value;
};

#define WORD(type, field, value)                                    \
	{                                                           \
#field " " #value, offsetof(struct type, field),    \
			sizeof(((struct type *)NULL)->field), value \
	}

static void put(void *base, const struct word_case *word)
{
	uint32_t narrow = (uint32_t)word->value;

	if (word->bytes == 4)
		memcpy((char *)base + word->offset, &narrow, sizeof(narrow));
	else
		memcpy((char *)base + word->offset, &word->value,
		       sizeof(word->value));
}

/* ---- the honest component ------------------------------------------------ */

static int open_socket(void *user, const struct dsi_open_request *request,
		       struct dsi_socket **out_sock)
{
	struct dsi_stream_desc desc = request->desc;

	(void)user;
	if (request->role == DSI_ROLE_CONSUMER)
		return dsi_consumer_create(&request->consumer, out_sock);
	/* An application says itself how much memory others may have of it. */
	if (desc.packets > MOST || desc.ring_slots > MOST ||
	    desc.max_sg > MOST || desc.align_bytes > MOST || desc.data_bytes)
		return -DSI_ENOMEM;
	desc.packets = desc.packets ? desc.packets : 4;
	desc.packet_bytes = 64;
	return dsi_producer_create(&desc, NULL, out_sock);
}

static void close_socket(void *user, struct dsi_socket *sock)
{
	(void)user;
	dsi_socket_destroy(sock);
}

static struct dsi_component *make_component(void)
{
	static const struct dsi_component_ops ops = {
		.size = sizeof(ops),
		.open = open_socket,
		.close = close_socket,
	};
	struct dsi_component *component;

	MUST_BE(dsi_component_create(VICTIM, NULL, &ops, NULL,
				     DSI_COMPONENT_THREAD, &component),
		0);
	return component;
}

static struct dsi_endpoint endpoint(const char *name)
{
	return (struct dsi_endpoint){
		.size = sizeof(struct dsi_endpoint),
		.component = name,
		.consumer = {.size = sizeof(struct dsi_consumer_options)},
	};
}

/* ---- requests ------------------------------------------------------------ */

static int32_t dial(void)
{
	uint64_t deadline = dsi_now() + PATIENCE_NS;
	int32_t conn;
	int err;

	/* Its queue at the door is short. */
	while ((err = dsi_port_connect(VICTIM, DSI_PORT_COMPONENT, &conn)) ==
	       -DSI_EAGAIN) {
		MUST(dsi_now() < deadline);
		moment();
	}
	MUST_BE(err, 0);
	return conn;
}

/* The component's answer to it, on a connection that stays. */
static struct dsi_wire_reply ask_on(int32_t conn, union dsi_wire *msg,
				    const int32_t *handles, uint32_t n)
{
	struct dsi_wire_in in;
	int type;

	MUST_BE(dsi__wire_send(conn, msg, DSI_WIRE_REQUEST,
			       sizeof(msg->request), handles, n),
		0);
	while ((type = evil_hear(conn, &in)) == DSI_WIRE_EVENT)
		;
	MUST_BE(type, DSI_WIRE_REPLY);
	MUST(in.msg.reply.serial == msg->request.serial);
	return in.msg.reply;
}

/* On one of its own. */
static int ask(union dsi_wire *msg)
{
	int32_t conn = dial();
	int err = ask_on(conn, msg, NULL, 0).err;

	dsi_port_handle_close(conn);
	return err;
}

static union dsi_wire request(uint32_t role)
{
	return (union dsi_wire){
		.request = {.serial = 7,
			    .request = DSI_REQUEST_OPEN,
			    .role = role,
			    .desc.traffic = {.tick_hz = 1000, .period = 40},
			    .wish.usage = {.tick_hz = 1000}}};
}

static void requests(void)
{
	static const struct word_case cases[] = {
		WORD(dsi_wire_request, role, 0),
		WORD(dsi_wire_request, role, 3),
		WORD(dsi_wire_request, request, 0),
		WORD(dsi_wire_request, request, UINT32_MAX),
		WORD(dsi_wire_request, desc.traffic.tick_hz, 0),
		WORD(dsi_wire_request, desc.traffic.tick_hz, TOO_LONG),
		WORD(dsi_wire_request, desc.traffic.tick_hz, UINT64_MAX),
		WORD(dsi_wire_request, desc.traffic.period, 0),
		WORD(dsi_wire_request, desc.traffic.period, UINT64_MAX),
		WORD(dsi_wire_request, desc.traffic.jitter, TOO_LONG),
		WORD(dsi_wire_request, desc.traffic.distance, 41),
		WORD(dsi_wire_request, desc.traffic.hold, UINT64_MAX),
		WORD(dsi_wire_request, desc.traffic.drift_ppb, DSI_PPB),
		WORD(dsi_wire_request, desc.traffic.batch, UINT32_MAX),
		WORD(dsi_wire_request, desc.traffic.ties, 2),
		WORD(dsi_wire_request, desc.traffic.reserved, 1),
		WORD(dsi_wire_request, wish.usage.tick_hz, TOO_LONG),
		WORD(dsi_wire_request, wish.usage.period, UINT64_MAX),
		WORD(dsi_wire_request, wish.usage.jitter, TOO_LONG),
		WORD(dsi_wire_request, wish.usage.hold, UINT64_MAX),
		WORD(dsi_wire_request, wish.usage.wake, TOO_LONG),
		WORD(dsi_wire_request, wish.usage.service, TOO_LONG),
		WORD(dsi_wire_request, wish.usage.response, TOO_LONG),
		WORD(dsi_wire_request, wish.usage.start, UINT64_MAX),
		WORD(dsi_wire_request, wish.usage.pace, 5),
		WORD(dsi_wire_request, wish.placement, 4),
		WORD(dsi_wire_request, wish.placement_of, UINT32_MAX),
		WORD(dsi_wire_request, wish.usage.flags, 2),
		WORD(dsi_wire_request, wish.usage.prefill, 65536),
		WORD(dsi_wire_request, wish.usage.batch, 65536),
		WORD(dsi_wire_request, wish.usage.drift_ppb, UINT32_MAX),
		WORD(dsi_wire_request, wish.usage.reserved, 1),
		WORD(dsi_wire_request, wish.policy, 3),
	};
	union dsi_wire msg;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		int closing = cases[i].offset ==
			      offsetof(struct dsi_wire_request, request);
		int want = closing ? -DSI_ENOENT : -DSI_EPROTO;
		int err;

		outcome_case("request: %s", cases[i].name);
		msg = request(i % 2 ? DSI_ROLE_PRODUCER : DSI_ROLE_CONSUMER);
		put(&msg, &cases[i]);
		err = ask(&msg);
		outcome(err == want, "%s", dsi_strerror(err));
	}
	for (uint32_t role = 1; role <= 2; role++) {
		outcome_case("request: as it should be, role %u", role);
		msg = request(role);
		outcome(ask(&msg) == 0, "opened");
	}
}

/* Every word of a request, for both roles. */
static void request_sweep(void)
{
	static const int allowed[] = {-DSI_EPROTO,
				      -DSI_ENOENT,
				      -DSI_EINVAL,
				      -DSI_EOVERFLOW,
				      -DSI_ENOMEM,
				      -DSI_ENOTSUP,
				      0};
	uint32_t words = (sizeof(struct dsi_wire_request) -
			  sizeof(struct dsi_wire_head)) /
			 4u;
	uint64_t random = 13;

	for (uint32_t word = 0; word < words; word++) {
		uint32_t good = 0;
		int bad = 0;

		outcome_case("request: word %u, %u values", word, SWEEP_VALUES);
		for (uint32_t i = 0; i < SWEEP_VALUES; i++) {
			union dsi_wire msg = request(1u + i % 2u);
			int err;

			sweep_spoil(&msg.request.serial, word, i, 1, &random);
			err = ask(&msg);
			good += err == 0;
			if (!sweep_answer(err, allowed))
				bad = err;
		}
		outcome(!bad, "%u opened, %s", good,
			bad ? dsi_strerror(bad) : "others refused");
	}
}

/* ---- what it hands over as a connection ---------------------------------- */

/* A socket of the component, for whom @conn is. */
static uint32_t open_one(int32_t conn, uint32_t role)
{
	union dsi_wire msg = request(role);
	struct dsi_wire_reply reply = ask_on(conn, &msg, NULL, 0);

	MUST_BE(reply.err, 0);
	return reply.socket;
}

static int hand_over(int32_t conn, uint32_t socket, const int32_t *handles,
		     uint32_t n)
{
	union dsi_wire msg = {.request = {.serial = 9,
					  .request = DSI_REQUEST_CONNECT,
					  .socket = socket}};

	return ask_on(conn, &msg, handles, n).err;
}

static int32_t half_of(int pair(int32_t *))
{
	int32_t ends[2];

	MUST_BE(pair(ends), 0);
	dsi_port_handle_close(ends[1]);
	return ends[0];
}

static int make_pipe(int32_t *ends)
{
	return pipe2(ends, O_CLOEXEC);
}

static int32_t network_socket(void)
{
	return socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
}

/* None of these is a connection.  Takes @handle over. */
static void odd_connection(const char *name, uint32_t role, int32_t handle,
			   int want)
{
	int32_t conn = dial();
	uint32_t socket = open_one(conn, role);
	int err;

	outcome_case("hands %s to a %s", name,
		     role == DSI_ROLE_PRODUCER ? "producer" : "consumer");
	err = hand_over(conn, socket, &handle, handle >= 0);
	dsi_port_handle_close(handle);
	dsi_port_handle_close(conn);
	outcome(err == want, "%s", dsi_strerror(err));
}

static void connections(void)
{
	static const uint32_t roles[] = {DSI_ROLE_PRODUCER, DSI_ROLE_CONSUMER};

	for (size_t i = 0; i < 2; i++) {
		uint32_t role = roles[i];

		odd_connection("nothing", role, -1, -DSI_EPROTO);
		odd_connection("a pipe", role, half_of(make_pipe), -DSI_EPROTO);
		odd_connection("/dev/zero", role,
			       open("/dev/zero", O_RDWR | O_CLOEXEC),
			       -DSI_EPROTO);
		odd_connection("a folder", role,
			       open("/", O_RDONLY | O_CLOEXEC), -DSI_EPROTO);
		odd_connection("memory", role,
			       memfd_create("evil", MFD_CLOEXEC), -DSI_EPROTO);
		odd_connection("a socket of the network", role,
			       network_socket(), -DSI_EPROTO);
		odd_connection("a bell", role, half_of(dsi_port_bell_pair),
			       -DSI_EPROTO);
	}
	odd_connection("one without an end", DSI_ROLE_CONSUMER,
		       half_of(dsi_port_conn_pair), -DSI_EPIPE);
}

/* ---- many at once -------------------------------------------------------- */

#define HANDSHAKES 500u
#define MOST_HANDSHAKES 32u /* that SECURITY.md promises, of one socket */

/* Connections without end, on which nobody says a word. */
static void handshakes(void)
{
	static int32_t kept[HANDSHAKES];
	uint32_t taken = 0, refused = 0;
	int32_t conn = dial();
	uint32_t socket = open_one(conn, DSI_ROLE_PRODUCER);

	outcome_case("hands over %u connections at once", HANDSHAKES);
	for (uint32_t i = 0; i < HANDSHAKES; i++) {
		int32_t ends[2];
		int err;

		MUST_BE(dsi_port_conn_pair(ends), 0);
		err = hand_over(conn, socket, &ends[0], 1);
		dsi_port_handle_close(ends[0]);
		kept[i] = ends[1];
		taken += err == 0;
		refused += err == -DSI_EAGAIN;
	}
	for (uint32_t i = 0; i < HANDSHAKES; i++) {
		struct dsi_wire_in in;

		/* Whoever was taken is refused in the end, too. */
		while (evil_hear(kept[i], &in) > 0)
			;
		dsi_port_handle_close(kept[i]);
	}
	dsi_port_handle_close(conn);
	/* On a slow machine the first ones time out meanwhile, and leave their
	 * places to others; not so many. */
	outcome(taken + refused == HANDSHAKES && taken >= MOST_HANDSHAKES &&
			refused > 0,
		"the first %u taken, then refused", MOST_HANDSHAKES);
}

#define CROWD 1000u
#define MOST_CONTROLS 64u

/* Of a thousand that say nothing the first 64 keep their places until they go;
 * the rest is hung up on. */
static void crowd(void)
{
	static int32_t conns[CROWD];
	uint64_t deadline = dsi_now() + PATIENCE_NS;
	uint32_t hung_up = 0;

	outcome_case("%u at once, and none says a word", CROWD);
	for (uint32_t i = 0; i < CROWD; i++)
		conns[i] = dial();
	while (hung_up < CROWD - MOST_CONTROLS && dsi_now() < deadline) {
		hung_up = 0;
		for (uint32_t i = 0; i < CROWD; i++) {
			struct dsi_wire_in in;

			hung_up += dsi__wire_recv(conns[i], &in) == -DSI_EPIPE;
		}
		moment();
	}
	for (uint32_t i = 0; i < CROWD; i++)
		dsi_port_handle_close(conns[i]);
	outcome(hung_up == CROWD - MOST_CONTROLS, "%u keep a place",
		CROWD - hung_up);
}

/* Questions without end, whose answers nobody reads. */
static void flood(void)
{
	union dsi_wire msg = {
		.request = {.serial = 1, .request = DSI_REQUEST_STATS}};
	int32_t conn = dial();
	uint64_t asked = 0;
	int err;

	outcome_case("asks without end, and reads no answer");
	do
		err = dsi__wire_send(conn, &msg, DSI_WIRE_REQUEST,
				     sizeof(msg.request), NULL, 0);
	while ((err == 0 || err == -DSI_EAGAIN) && ++asked < 1000000000u);
	dsi_port_handle_close(conn);
	outcome(err == -DSI_EPIPE, "%s", dsi_strerror(err));
}

/* ---- answers ------------------------------------------------------------- */

struct evil_component {
	struct dsi_port_listener *listener;
	union dsi_wire reply;
	pthread_t thread;
};

static union dsi_wire good_reply(void)
{
	struct dsi_stream_desc desc = {
		.size = sizeof(desc),
		.packets = 4,
		.packet_bytes = 64,
		.traffic = {.tick_hz = 1000, .period = 40},
	};

	dsi__desc_resolve(&desc);
	return (union dsi_wire){.reply = {.socket = 1,
					  .desc = desc,
					  .usage = {.tick_hz = 1000}}};
}

/* Answer the first request so, then nothing more. */
static void *answer(void *arg)
{
	struct evil_component *evil = arg;
	uint64_t deadline = dsi_now() + PATIENCE_NS;
	struct dsi_wire_in in;
	struct dsi_peer peer;
	int32_t conn;

	while (dsi_port_accept(evil->listener, &conn, &peer)) {
		MUST(dsi_now() < deadline);
		moment();
	}
	MUST_BE(evil_hear(conn, &in), DSI_WIRE_REQUEST);
	evil->reply.reply.serial = in.msg.request.serial;
	(void)dsi__wire_send(conn, &evil->reply, DSI_WIRE_REPLY,
			     sizeof(evil->reply.reply), NULL, 0);
	while (evil_hear(conn, &in) > 0)
		;
	dsi_port_handle_close(conn);
	return NULL;
}

static void expect_create(const union dsi_wire *reply, uint32_t role)
{
	const struct dsi_endpoint ends[2] = {
		endpoint(role == DSI_ROLE_PRODUCER ? EVIL : VICTIM),
		endpoint(role == DSI_ROLE_PRODUCER ? VICTIM : EVIL)};
	struct evil_component evil = {.reply = *reply};
	struct dsi_stream *stream;
	int err;

	MUST_BE(dsi_port_listen(EVIL, DSI_PORT_COMPONENT, NULL, &evil.listener),
		0);
	MUST_BE(pthread_create(&evil.thread, NULL, answer, &evil), 0);
	err = dsi_stream_create(NULL, &ends[0], &ends[1], 1,
				dsi_now() + PATIENCE_NS, &stream);
	MUST_BE(dsi_stream_state(stream), DSI_STATE_FAILED);
	outcome(err == -DSI_EPROTO && dsi_stream_error(stream)[0], "%s: %s",
		dsi_strerror(err), dsi_stream_error(stream));
	dsi_stream_destroy(stream);
	MUST_BE(pthread_join(evil.thread, NULL), 0);
	dsi_port_listener_close(evil.listener);
}

static void answers(void)
{
	static const struct word_case producer[] = {
		WORD(dsi_wire_reply, err, 1),
		WORD(dsi_wire_reply, err, (uint64_t)INT32_MIN),
		WORD(dsi_wire_reply, err, (uint64_t)(-DSI_ENOMATCH - 1)),
		WORD(dsi_wire_reply, desc.packets, 0),
		WORD(dsi_wire_reply, desc.traffic.tick_hz, 0),
		WORD(dsi_wire_reply, desc.traffic.tick_hz, TOO_LONG),
		WORD(dsi_wire_reply, desc.traffic.period, UINT64_MAX),
		WORD(dsi_wire_reply, desc.traffic.jitter, UINT64_MAX),
		WORD(dsi_wire_reply, desc.traffic.batch, 5),
		WORD(dsi_wire_reply, desc.traffic.ties, 2),
	};
	static const struct word_case consumer[] = {
		WORD(dsi_wire_reply, err, 1),
		WORD(dsi_wire_reply, policy, 3),
		WORD(dsi_wire_reply, policy, UINT32_MAX),
		WORD(dsi_wire_reply, usage.tick_hz, TOO_LONG),
		WORD(dsi_wire_reply, usage.hold, UINT64_MAX),
		WORD(dsi_wire_reply, usage.pace, 5),
		WORD(dsi_wire_reply, usage.drift_ppb, DSI_PPB),
		WORD(dsi_wire_reply, usage.reserved, 1),
	};
	union dsi_wire reply;

	for (size_t i = 0; i < sizeof(producer) / sizeof(producer[0]); i++) {
		outcome_case("producer answers: %s", producer[i].name);
		reply = good_reply();
		put(&reply, &producer[i]);
		expect_create(&reply, DSI_ROLE_PRODUCER);
	}
	for (size_t i = 0; i < sizeof(consumer) / sizeof(consumer[0]); i++) {
		outcome_case("consumer answers: %s", consumer[i].name);
		reply = good_reply();
		put(&reply, &consumer[i]);
		expect_create(&reply, DSI_ROLE_CONSUMER);
	}
}

static void honest_stream(void)
{
	const struct dsi_endpoint ends[2] = {endpoint(VICTIM),
					     endpoint(VICTIM)};
	struct dsi_stream *stream;
	int err;

	outcome_case("afterwards: an honest control application");
	err = dsi_stream_create(NULL, &ends[0], &ends[1], 1,
				dsi_now() + PATIENCE_NS, &stream);
	outcome(err == 0, "%s", dsi_strerror(err));
	dsi_stream_destroy(stream);
}

int main(void)
{
	char folder[] = "/tmp/dsi-hostile-XXXXXX";
	struct rlimit files = {4096, 4096};
	struct dsi_component *component;

	if (getrlimit(RLIMIT_NOFILE, &files) == 0 && files.rlim_max >= 2048) {
		files.rlim_cur = files.rlim_max > 4096 ? 4096 : files.rlim_max;
		(void)setrlimit(RLIMIT_NOFILE, &files);
	}
	MUST(mkdtemp(folder));
	MUST_BE(setenv("DSI_RUNTIME_DIR", folder, 1), 0);
	component = make_component();
	requests();
	request_sweep();
	connections();
	handshakes();
	flood();
	crowd();
	answers();
	honest_stream();
	dsi_component_destroy(component);
	MUST_BE(rmdir(folder), 0);
	return outcome_print() ? 1 : 0;
}
