/* SPDX-License-Identifier: MIT */
/*
 * parts_test.c - components and control applications at their limits: callbacks that
 * answer what cannot be, requests that make no sense, too many of everything,
 * who is not admitted, and arguments that are wrong.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <dsi/dsi.h>
#include <dsi/regions.h>
#include <dsi/watch.h>

#include "dsi/access.h"
#include "dsi/need.h"
#include "dsi/socket_private.h"
#include "dsi/wire.h"
#include "tests/corners/mishap.h"
#include "tests/unit/must.h"

#define PART "part"
#define PATIENCE_NS UINT64_C(60000000000)
#define MANY 130u /* sources: more than one wait of the port has words for */

static uint64_t later(void)
{
	return dsi_now() + PATIENCE_NS;
}

/* ---- the component -------------------------------------------------------- */

static struct {
	_Atomic int other_role, no_socket, start_err, refuse;
	_Atomic uint32_t closed;
} how;

static int open_part(void *user, const struct dsi_open_request *request,
		     struct dsi_socket **out_sock)
{
	const struct dsi_stream_desc desc = {
		.size = sizeof(desc), .packets = 32, .packet_bytes = 64};
	uint32_t role = request->role;

	(void)user;
	if (how.no_socket)
		return 0;
	if (how.other_role)
		role = role == DSI_ROLE_PRODUCER ? DSI_ROLE_CONSUMER
						 : DSI_ROLE_PRODUCER;
	return role == DSI_ROLE_CONSUMER
		       ? dsi_consumer_create(NULL, out_sock)
		       : dsi_producer_create(&desc, NULL, out_sock);
}

static int start_part(void *user, struct dsi_socket *sock)
{
	(void)user;
	(void)sock;
	return how.start_err;
}

static void close_part(void *user, struct dsi_socket *sock)
{
	(void)user;
	how.closed++;
	dsi_socket_destroy(sock);
}

static int admits(void *user, const struct dsi_peer *peer)
{
	(void)user;
	(void)peer;
	return !how.refuse;
}

static struct dsi_component *make(const char *name)
{
	static const struct dsi_component_ops ops = {
		.size = sizeof(ops),
		.open = open_part,
		.start = start_part,
		.close = close_part,
	};
	const struct dsi_access access = {.size = sizeof(access),
					  .permit = admits};
	struct dsi_component *component;

	MUST_BE(dsi_component_create(name, &access, &ops, NULL,
				     DSI_COMPONENT_THREAD, &component),
		0);
	return component;
}

/* ---- requests, word by word ---------------------------------------------- */

static int32_t dial(void)
{
	int32_t conn;

	MUST_BE(dsi_port_connect(PART, DSI_PORT_COMPONENT, &conn), 0);
	return conn;
}

/* The answer's code; *@socket: in and out. */
static int ask(int32_t conn, uint32_t what, uint32_t role, uint32_t *socket)
{
	static uint32_t serial;
	union dsi_wire msg = {.request = {.serial = ++serial,
					  .request = what,
					  .role = role,
					  .socket = *socket}};
	struct dsi_wire_in in;

	MUST_BE(dsi__wire_send(conn, &msg, DSI_WIRE_REQUEST,
			       sizeof(msg.request), NULL, 0),
		0);
	MUST_BE(dsi__wire_wait(conn, &in, later()), DSI_WIRE_REPLY);
	MUST_BE(in.msg.reply.serial, serial);
	*socket = in.msg.reply.socket;
	dsi__wire_drop(&in);
	return in.msg.reply.err;
}

static void odd_requests(void)
{
	int32_t conn = dial(), other = dial();
	uint32_t socket = 0, ours;

	/* The application's callback answers with what was not asked for. */
	how.other_role = 1;
	MUST_BE(ask(conn, DSI_REQUEST_OPEN, DSI_ROLE_PRODUCER, &socket),
		-DSI_EINVAL);
	MUST_BE(how.closed, 1);
	how.other_role = 0;
	how.no_socket = 1;
	MUST_BE(ask(conn, DSI_REQUEST_OPEN, DSI_ROLE_PRODUCER, &socket),
		-DSI_EINVAL);
	how.no_socket = 0;
	MUST_BE(ask(conn, DSI_REQUEST_OPEN, DSI_ROLE_CONSUMER, &socket), 0);
	ours = socket;
	/* It is somebody else's. */
	MUST_BE(ask(other, DSI_REQUEST_STOP, 0, &socket), -DSI_ENOENT);
	socket = ours;
	MUST_BE(ask(conn, 77, 0, &socket), -DSI_EPROTO);
	/* Without the connection; and without having been connected. */
	MUST_BE(ask(conn, DSI_REQUEST_CONNECT, 0, &socket), -DSI_EPROTO);
	MUST_BE(ask(conn, DSI_REQUEST_START, 0, &socket), -DSI_ENOTCONN);
	MUST_BE(ask(conn, DSI_REQUEST_CLOSE, 0, &socket), 0);
	MUST_BE(how.closed, 2);
	dsi_port_handle_close(conn);
	dsi_port_handle_close(other);
}

/* A name of a format that does not end. */
static void no_end(void)
{
	union dsi_wire msg = {.request = {.request = DSI_REQUEST_OPEN,
					  .role = DSI_ROLE_PRODUCER}};
	int32_t conn = dial();
	struct dsi_wire_in in;

	memset(msg.request.desc.format, 'x', sizeof(msg.request.desc.format));
	MUST_BE(dsi__wire_send(conn, &msg, DSI_WIRE_REQUEST,
			       sizeof(msg.request), NULL, 0),
		0);
	MUST_BE(dsi__wire_wait(conn, &in, later()), DSI_WIRE_REPLY);
	MUST_BE(in.msg.reply.err, -DSI_EPROTO);
	dsi__wire_drop(&in);
	dsi_port_handle_close(conn);
}

/* Who speaks another version is told so. */
static void other_version(void)
{
	struct dsi_wire_head head = {
		.magic = DSI_SHM_MAGIC,
		.endian = DSI_SHM_ENDIAN,
		.abi_major = DSI_SHM_ABI_MAJOR + 1u,
		.type = DSI_WIRE_REQUEST,
		.bytes = sizeof(head),
	};
	int32_t conn = dial();
	struct dsi_wire_in in;

	MUST_BE(dsi_port_send(conn, &head, sizeof(head), NULL, 0), 0);
	MUST_BE(dsi__wire_wait(conn, &in, later()), DSI_WIRE_REFUSE);
	MUST_BE(in.msg.refuse.err, -DSI_EPROTONOSUPPORT);
	dsi__wire_drop(&in);
	MUST_BE(dsi__wire_wait(conn, &in, later()), -DSI_EPIPE);
	dsi_port_handle_close(conn);
}

static void too_many_sockets(void)
{
	int32_t conn = dial();
	uint32_t socket, n = 0;
	int err;

	how.closed = 0;
	do {
		socket = 0;
		err = ask(conn, DSI_REQUEST_OPEN, DSI_ROLE_CONSUMER, &socket);
		n += !err;
	} while (!err);
	MUST_BE(err, -DSI_EMFILE);
	MUST(n >= 64);
	dsi_port_handle_close(conn);
	while (how.closed < n)
		(void)nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
}

/* ---- control applications -------------------------------------------------- */

static struct dsi_endpoint at(struct dsi_component *local)
{
	return (struct dsi_endpoint){
		.size = sizeof(struct dsi_endpoint),
		.component = local ? NULL : PART,
		.local = local,
		.consumer = {.size = sizeof(struct dsi_consumer_options)},
	};
}

static int create(const struct dsi_stream_desc *desc,
		  const struct dsi_endpoint *from,
		  const struct dsi_endpoint *to, uint32_t n,
		  struct dsi_stream **out_stream)
{
	*out_stream = NULL;
	return dsi_stream_create(desc, from, to, n, later(), out_stream);
}

static void fails(const struct dsi_stream_desc *desc,
		  const struct dsi_endpoint *from,
		  const struct dsi_endpoint *to, int want)
{
	struct dsi_stream *stream;

	MUST_BE(create(desc, from, to, 1, &stream), want);
	if (stream) {
		MUST(dsi_stream_error(stream)[0]);
		/* There is nothing to be stopped. */
		MUST_BE(dsi_stream_stop(stream, later()), -DSI_EPROTO);
	}
	dsi_stream_destroy(stream);
}

/* At the door the component says why. */
static void not_admitted(struct dsi_component *local)
{
	const struct dsi_endpoint from = at(NULL), to = at(local);

	struct dsi_stream_desc desc = {.size = sizeof(desc)};
	struct dsi_sizing_need need = {.size = sizeof(need)};
	struct dsi_stream *stream;
	uint64_t tick_hz;

	how.refuse = 1;
	fails(NULL, &from, &to, -DSI_EACCES);
	/* Nobody has described it. */
	MUST_BE(create(NULL, &from, &to, 1, &stream), -DSI_EACCES);
	MUST_BE(dsi_stream_desc(stream, &desc), -DSI_ENOTCONN);
	MUST_BE(dsi_stream_need(stream, 0, &need, &tick_hz), -DSI_ENOTCONN);
	dsi_stream_destroy(stream);
	how.refuse = 0;
}

static void wrong_endpoints(struct dsi_component *local)
{
	struct dsi_endpoint from = at(local), to = at(local);
	struct dsi_stream_desc sized = {
		.size = sizeof(sized),
		.packet_bytes = 64,
		.traffic = {.tick_hz = 1000, .period = 40},
	};
	struct dsi_stream *stream;
	char argument[DSI_ARGUMENT_BYTES + 1];

	memset(argument, 'x', sizeof(argument));
	argument[DSI_ARGUMENT_BYTES] = '\0';
	from.size--;
	MUST_BE(create(NULL, &from, &to, 1, &stream), -DSI_EINVAL);
	from = at(local);
	from.reserved = 1;
	MUST_BE(create(NULL, &from, &to, 1, &stream), -DSI_EINVAL);
	from = at(local);
	to.component = PART;
	MUST_BE(create(NULL, &from, &to, 1, &stream), -DSI_EINVAL);
	to = at(NULL);
	to.component = "no name";
	MUST_BE(create(NULL, &from, &to, 1, &stream), -DSI_EINVAL);
	to = at(local);
	MUST_BE(create(NULL, &from, &to, 0, &stream), -DSI_EINVAL);
	MUST_BE(create(NULL, &from, &to, DSI_MAX_CONSUMERS + 1u, &stream),
		-DSI_EINVAL);
	sized.size = UINT32_MAX;
	MUST_BE(create(&sized, &from, &to, 1, &stream), -DSI_EINVAL);
	sized.size = sizeof(sized);
	/* Options of an unknown size; an argument that is too long; a placement
	 * that is none; a usage that cannot be. */
	to.consumer.size = UINT32_MAX;
	fails(NULL, &from, &to, -DSI_EINVAL);
	fails(&sized, &from, &to, -DSI_EINVAL);
	to = at(local);
	to.argument = argument;
	fails(NULL, &from, &to, -DSI_EINVAL);
	to = at(local);
	to.consumer.policy = DSI_POLICY_RECLAIM + 1u;
	fails(&sized, &from, &to, -DSI_EINVAL);
	to = at(local);
	/* Not declared, so nothing can be computed; too few descriptors. */
	fails(&sized, &from, &to, -DSI_EINVAL);
	to.consumer.usage =
		(struct dsi_usage){.tick_hz = 1000, .period = 40, .hold = 400};
	sized.ring_slots = 2;
	fails(&sized, &from, &to, -DSI_EINVAL);
	/* Nobody who blocks: the producer needs more than there can be itself. */
	sized.ring_slots = 0;
	to.consumer.usage = (struct dsi_usage){0};
	to.consumer.policy = DSI_POLICY_RECLAIM;
	sized.traffic.hold = UINT64_C(1) << 60;
	fails(&sized, &from, &to, -DSI_ERANGE);
}

static void odd_calls(struct dsi_stream *stream, struct dsi_component *local)
{
	struct dsi_socket_stats stats = {.size = 2};
	struct dsi_stream_desc desc = {.size = 3};
	struct dsi_sizing_need need = {.size = sizeof(need)};
	struct dsi_endpoint to = at(local);
	uint64_t tick_hz;
	uint32_t index;

	MUST_BE(dsi_stream_stats(stream, 0, later(), &stats), -DSI_EINVAL);
	stats.size = sizeof(stats) + 4;
	MUST_BE(dsi_stream_stats(stream, 0, later(), &stats), -DSI_EINVAL);
	stats.size = sizeof(stats);
	MUST_BE(dsi_stream_stats(stream, 0, later(), &stats), 0);
	MUST_BE(dsi_stream_desc(stream, &desc), -DSI_EINVAL);
	desc.size = sizeof(desc) + 4;
	MUST_BE(dsi_stream_desc(stream, &desc), -DSI_EINVAL);
	desc.size = sizeof(desc);
	MUST_BE(dsi_stream_desc(stream, &desc), 0);
	MUST_BE(desc.packets, 32);
	MUST_BE(dsi_stream_need(stream, DSI_MAX_CONSUMERS - 1u, &need,
				&tick_hz),
		-DSI_EDOM);
	to.reserved = 1;
	MUST_BE(dsi_stream_add(stream, &to, later(), &index), -DSI_EINVAL);
	to = at(local);
	MUST_BE(dsi_stream_add(stream, &to, later(), &index), -DSI_EUSERS);
}

/* As many consumers as there may be; then start, where the application says no,
 * and again. */
static void full_stream(struct dsi_component *local)
{
	struct dsi_endpoint ends[DSI_MAX_CONSUMERS], from = at(local);
	struct dsi_stream *stream;

	for (uint32_t i = 0; i < DSI_MAX_CONSUMERS; i++)
		ends[i] = at(local);
	MUST_BE(create(NULL, &from, ends, DSI_MAX_CONSUMERS, &stream), 0);
	odd_calls(stream, local);
	how.start_err = -DSI_EIO;
	MUST_BE(dsi_stream_start(stream, later()), -DSI_EIO);
	how.start_err = 0;
	MUST_BE(dsi_stream_start(stream, later()), 0);
	MUST_BE(dsi_stream_stop(stream, later()), 0);
	dsi_stream_destroy(stream);
}

/* ---- select over many ------------------------------------------------------ */

/* What cannot be waited for is said before time is up. */
static void nothing(struct dsi_event_source *sources, uint32_t n, int want)
{
	MUST_BE(dsi_select(sources, n,
			   want == -DSI_ETIMEDOUT ? dsi_now() + 20000000u
						  : later()),
		want);
}

/* More sources than one wait takes: memory for bells may not be there, and a
 * stream has no descriptor to wait for instead. */
static void many_sources(struct dsi_component *local)
{
	static struct dsi_event_source sources[MANY];
	struct dsi_endpoint from = at(local), to = at(local);
	const struct dsi_stream_desc desc = {
		.size = sizeof(desc), .packets = 4, .packet_bytes = 64};
	struct dsi_stream *stream;
	struct dsi_socket *sock;

	MUST_BE(create(NULL, &from, &to, 1, &stream), 0);
	MUST_BE(dsi_producer_create(&desc, NULL, &sock), 0);
	MUST_BE(dsi_socket_listen(sock, "many", NULL), 0);
	for (uint32_t i = 0; i < MANY; i++) {
		sources[i] = (struct dsi_event_source){.socket = sock,
						       .mask = DSI_EVENT_ERROR};
	}
	mishap_no_memory(1);
	/* One wait takes these: no memory is asked for. */
	nothing(sources, MANY - 2u, -DSI_ETIMEDOUT);
	nothing(sources, MANY, -DSI_ENOMEM);
	/* The bells of the socket are not to be had. */
	mishap_no_memory(2);
	nothing(sources, MANY, -DSI_ENOMEM);
	mishap_no_memory(0);
	nothing(sources, MANY, -DSI_ETIMEDOUT);
	sources[7] = (struct dsi_event_source){.stream = stream,
					       .mask = DSI_EVENT_ERROR};
	nothing(sources, MANY, -DSI_EMFILE);
	dsi_socket_destroy(sock);
	dsi_stream_destroy(stream);
}

/* ---- by themselves ---------------------------------------------------------- */

static void wrong_components(void)
{
	struct dsi_component_ops ops = {
		.size = sizeof(ops), .open = open_part, .close = close_part};
	const struct dsi_access odd[] = {
		{.size = sizeof(odd[0]), .owner_given = 2},
		{.size = sizeof(odd[0]), .reserved = 1},
		{.size = sizeof(odd[0]), .mode = 0777},
		{.size = UINT32_MAX},
	};
	struct dsi_component *component;

	MUST_BE(dsi_component_create(NULL, NULL, &ops, NULL, 2, &component),
		-DSI_EINVAL);
	for (uint32_t i = 0; i < 4; i++)
		MUST_BE(dsi_component_create(NULL, &odd[i], &ops, NULL, 0,
					     &component),
			-DSI_EINVAL);
	ops.reserved = 1;
	MUST_BE(dsi_component_create(NULL, NULL, &ops, NULL, 0, &component),
		-DSI_EINVAL);
	ops.size = UINT32_MAX;
	MUST_BE(dsi_component_create(NULL, NULL, &ops, NULL, 0, &component),
		-DSI_EINVAL);
}

/* A rule for somebody else, and for a group that the peer is not in, or is. */
static void rules(void)
{
	const struct dsi_access owner = {
		.size = sizeof(owner), .owner_given = 1, .uid = 77, .gid = 78};
	struct dsi_access rule;
	struct dsi_peer self, peer = {.uid = 77, .gid = 79};
	int32_t ends[2];

	dsi_port_self(&self);
	MUST_BE(dsi_port_conn_pair(ends), 0);
	MUST_BE(dsi__access_copy(&rule, &owner), 0);
	MUST_BE(rule.uid, 77);
	MUST_BE(rule.mode, 0600);
	MUST_BE(dsi__access_admits(&rule, ends[0], &peer), 1);
	peer.uid = 76;
	MUST_BE(dsi__access_admits(&rule, ends[0], &peer), 0);
	rule.mode = 0060;
	rule.gid = self.gid;
	MUST_BE(dsi__access_admits(&rule, ends[0], &peer), 1);
	rule.gid = self.gid + 4711;
	MUST_BE(dsi__access_admits(&rule, ends[0], &peer), 0);
	peer.uid = 77;
	MUST_BE(dsi__access_admits(&rule, ends[0], &peer), 0);
	dsi_port_handle_close(ends[0]);
	dsi_port_handle_close(ends[1]);
}

static struct dsi_socket *offered[2];
static uint32_t seen;

/* When the first one is seen, the other goes away. */
static void see(void *user, const char *name, const struct dsi_name_info *info)
{
	int other = strcmp(name, "many") == 0;

	(void)user;
	MUST(info->answered);
	seen++;
	dsi_socket_destroy(offered[other]);
	offered[other] = NULL;
}

/* A listing asks streams only, and passes over components. */
static void list_streams(void)
{
	const struct dsi_stream_desc desc = {
		.size = sizeof(desc), .packets = 4, .packet_bytes = 64};
	static const char *const names[2] = {"many", "more"};

	for (int i = 0; i < 2; i++) {
		MUST_BE(dsi_producer_create(&desc, NULL, &offered[i]), 0);
		MUST_BE(dsi_socket_listen(offered[i], names[i], NULL), 0);
	}
	MUST_BE(dsi_names(see, NULL, DSI_FOREVER), 1);
	MUST_BE(seen, 1);
	for (int i = 0; i < 2; i++)
		dsi_socket_destroy(offered[i]);
}

/* ---- a list of names that is not ours ----------------------------------- */

static const char *const *listed;

int32_t __real_dsi_port_names_look(uint32_t kind,
				   void (*visit)(void *, const char *),
				   void *user);
int32_t __wrap_dsi_port_names_look(uint32_t kind,
				   void (*visit)(void *, const char *),
				   void *user);
int32_t __wrap_dsi_port_names_look(uint32_t kind,
				   void (*visit)(void *, const char *),
				   void *user)
{
	int32_t n = 0;

	if (!listed)
		return __real_dsi_port_names_look(kind, visit, user);
	for (; listed[n]; n++)
		visit(user, listed[n]);
	return n;
}

static void see_a_name(void *user, const char *name)
{
	uint32_t *n = user;

	MUST(strcmp(name, *n ? "sys:b" : "a") == 0);
	++*n;
}

/* Of a system whose list has more than names: what is none is not shown. */
static void odd_names(void)
{
	static const char *const list[] = {"a/../b", "a",   "",	     ".a",
					   "sys:",   "b c", "sys:b", NULL};
	uint32_t n = 0;

	listed = list;
	MUST_BE(dsi_watch_names(see_a_name, &n), 2);
	listed = NULL;
	MUST_BE(n, 2);
}

static void odd_sockets(void)
{
	const struct dsi_stream_desc desc = {
		.size = sizeof(desc), .packets = 4, .packet_bytes = 64};
	struct dsi_producer_options options = {.size = sizeof(options)};
	struct dsi_consumer_options wish = {.size = sizeof(wish),
					    .flags = DSI_CONSUMER_COPY,
					    .max_packet_bytes = 64};
	struct dsi_socket *sock, *to;

	options.placement = DSI_PLACEMENT_LIKE + 1u;
	MUST_BE(dsi_producer_create(&desc, &options, &sock), -DSI_EINVAL);
	options = (struct dsi_producer_options){.size = sizeof(options),
						.placement_of = UINT32_MAX};
	MUST_BE(dsi_producer_create(&desc, &options, &sock), -DSI_EINVAL);
	options = (struct dsi_producer_options){.size = sizeof(options),
						.flags = 1u << 31};
	MUST_BE(dsi_producer_create(&desc, &options, &sock), -DSI_EINVAL);
	options = (struct dsi_producer_options){.size = sizeof(options),
						.wait_consumers =
							DSI_MAX_CONSUMERS + 1u};
	MUST_BE(dsi_producer_create(&desc, &options, &sock), -DSI_EINVAL);
	MUST_BE(dsi_producer_create(&desc, NULL, NULL), -DSI_EINVAL);
	/* No memory for copies; then there is. */
	MUST_BE(dsi_producer_create(&desc, NULL, &sock), 0);
	MUST_BE(dsi_socket_listen(sock, "many", NULL), 0);
	for (uint32_t nth = 1; nth <= 40; nth++) {
		int err;

		MUST_BE(dsi_consumer_create(&wish, &to), 0);
		mishap_no_memory(nth);
		err = dsi_socket_connect(to, "many", later());
		MUST(err == 0 || err == -DSI_ENOMEM || err == -DSI_EPIPE ||
		     err == -DSI_EAGAIN);
		mishap_no_memory(0);
		dsi_socket_destroy(to);
	}
	dsi_socket_destroy(sock);
}

/* The event loop of a socket: armed, and then it drains. */
static void armed_and_drained(void)
{
	const struct dsi_stream_desc desc = {
		.size = sizeof(desc), .packets = 1, .packet_bytes = 64};
	struct dsi_socket *from, *to;
	struct dsi_packet *pkt;
	int32_t ends[2];

	MUST_BE(dsi_producer_create(&desc, NULL, &from), 0);
	MUST_BE(dsi_socket_listen(from, "many", NULL), 0);
	MUST_BE(dsi_socket_start(from), 0);
	MUST_BE(dsi_consumer_create(NULL, &to), 0);
	MUST_BE(dsi_socket_connect(to, "many", later()), 0);
	MUST_BE(dsi_socket_start(to), 0);
	MUST(dsi_socket_fd(from) >= 0);
	MUST_BE(dsi_packet_get(from, 0, &pkt), 0);
	MUST_BE(dsi_packet_commit(from, pkt), 0);
	MUST_BE(dsi_packet_get(from, 0, &pkt), -DSI_EAGAIN);
	MUST_BE(dsi_socket_drain(from, dsi_now() + 1), -DSI_ETIMEDOUT);
	/* As a get before it: stopped while it waits. */
	MUST_BE(dsi_packet_get(from, 0, &pkt), -DSI_EAGAIN);
	MUST_BE(dsi_packet_get_abort(from), 0);
	MUST_BE(dsi_socket_drain(from, later()), -DSI_ECANCELED);
	MUST_BE(dsi_packet_get(to, later(), &pkt), 0);
	MUST_BE(dsi_packet_commit(to, pkt), 0);
	MUST_BE(dsi_socket_drain(from, later()), 0);
	/* It is connected: no other connection is taken. */
	MUST_BE(dsi_port_conn_pair(ends), 0);
	MUST_BE(dsi__socket_adopt_conn(to, ends[0]), -DSI_EISCONN);
	dsi_port_handle_close(ends[1]);
	dsi_socket_destroy(to);
	dsi_socket_destroy(from);
}

/* A queue that nobody gave a length gets what is left; and of consumers that left,
 * the producer takes notice when it next looks. */
static void places(void)
{
	const struct dsi_stream_desc desc = {
		.size = sizeof(desc), .packets = 8, .packet_bytes = 64};
	struct dsi_consumer_options queue = {.size = sizeof(queue),
					     .policy = DSI_POLICY_DROP_NEW,
					     .queue_packets = 4};
	struct dsi_socket *from, *to, *second;
	struct dsi_packet *pkt;
	uint32_t n = 0;
	int err;

	MUST_BE(dsi_producer_create(&desc, NULL, &from), 0);
	MUST_BE(dsi_socket_listen(from, "many", NULL), 0);
	MUST_BE(dsi_socket_start(from), 0);
	MUST_BE(dsi_consumer_create(&queue, &to), 0);
	MUST_BE(dsi_socket_connect(to, "many", later()), 0);
	queue.queue_packets = 0;
	MUST_BE(dsi_consumer_create(&queue, &second), 0);
	MUST_BE(dsi_socket_connect(second, "many", later()), 0);
	/* Admitted, they have to be let go of. */
	MUST_BE(dsi_packet_get(from, 0, &pkt), 0);
	dsi_socket_destroy(second);
	dsi_socket_destroy(to);
	do {
		MUST_BE(dsi_consumer_create(NULL, &to), 0);
		err = dsi_socket_connect(to, "many", later());
		if (!err) {
			MUST_BE(dsi_packet_get(from, 0, &pkt), 0);
			MUST_BE(dsi_packet_discard(from, pkt), 0);
		}
		dsi_socket_destroy(to);
	} while (!err && ++n < 3);
	MUST_BE(n, 3);
	dsi_socket_destroy(from);
}

/* Until the monitor has heard of those that left, they count. */
static int join_late(struct dsi_socket *sock)
{
	int err;

	while ((err = dsi_socket_connect(sock, "many", later())) ==
		       -DSI_EUSERS &&
	       !strstr(dsi_socket_error(sock), "taking notice"))
		(void)nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
	return err;
}

/* More that leave than there are places, before the producer takes notice. */
static void no_place(void)
{
	const struct dsi_stream_desc desc = {
		.size = sizeof(desc), .packets = 8, .packet_bytes = 64};
	struct dsi_socket *from, *to[DSI_MAX_CONSUMERS];
	struct dsi_packet *pkt;
	int err = 0;

	MUST_BE(dsi_producer_create(&desc, NULL, &from), 0);
	MUST_BE(dsi_socket_listen(from, "many", NULL), 0);
	MUST_BE(dsi_socket_start(from), 0);
	for (uint32_t i = 0; i < DSI_MAX_CONSUMERS; i++) {
		MUST_BE(dsi_consumer_create(NULL, &to[i]), 0);
		MUST_BE(dsi_socket_connect(to[i], "many", later()), 0);
	}
	MUST_BE(dsi_packet_get(from, 0, &pkt), 0);
	for (uint32_t i = 0; i < DSI_MAX_CONSUMERS; i++)
		dsi_socket_destroy(to[i]);
	for (uint32_t i = 0; i < DSI_MAX_CONSUMERS; i++) {
		MUST_BE(dsi_consumer_create(NULL, &to[i]), 0);
		err = join_late(to[i]);
		MUST_BE(err, i + 1u < DSI_MAX_CONSUMERS ? 0 : -DSI_EUSERS);
	}
	MUST(strstr(dsi_socket_error(to[DSI_MAX_CONSUMERS - 1u]),
		    "taking notice"));
	/* It looks, and there is room again. */
	MUST_BE(dsi_packet_discard(from, pkt), 0);
	MUST_BE(dsi_packet_get(from, 0, &pkt), 0);
	while ((err = dsi_socket_connect(to[DSI_MAX_CONSUMERS - 1u], "many",
					 later())) == -DSI_EUSERS)
		(void)nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
	MUST_BE(err, 0);
	for (uint32_t i = 0; i < DSI_MAX_CONSUMERS; i++)
		dsi_socket_destroy(to[i]);
	dsi_socket_destroy(from);
}

/* ---- a door that closes at once --------------------------------------------- */

static struct dsi_port_listener *door;

int __real_dsi_port_connect(const char *name, uint32_t kind, int32_t *out);
int __wrap_dsi_port_connect(const char *name, uint32_t kind, int32_t *out);
int __wrap_dsi_port_connect(const char *name, uint32_t kind, int32_t *out)
{
	int err = __real_dsi_port_connect(name, kind, out);
	struct dsi_peer peer;
	int32_t conn;

	if (err || !door)
		return err;
	MUST_BE(dsi_port_accept(door, &conn, &peer), 0);
	dsi__wire_refuse(conn, -DSI_EACCES, "not you");
	dsi_port_handle_close(conn);
	return 0;
}

/* Names that others change all the time. */
static uint32_t changes;

int __real_dsi_port_names_wait(uint64_t deadline_ns);
int __wrap_dsi_port_names_wait(uint64_t deadline_ns);
int __wrap_dsi_port_names_wait(uint64_t deadline_ns)
{
	if (!changes)
		return __real_dsi_port_names_wait(deadline_ns);
	MUST(--changes);
	return 0;
}

/* The end of the time is seen all the same. */
static void names_change(void)
{
	const struct dsi_endpoint nobody = {.size = sizeof(nobody),
					    .component = "nobody"};
	struct dsi_stream *stream;
	struct dsi_socket *sock;

	MUST_BE(dsi_consumer_create(NULL, &sock), 0);
	changes = 10;
	MUST_BE(dsi_socket_connect(sock, "nobody", 1), -DSI_ETIMEDOUT);
	changes = 10;
	stream = NULL;
	MUST_BE(dsi_stream_create(NULL, &nobody, &nobody, 1, 1, &stream),
		-DSI_ETIMEDOUT);
	changes = 0;
	dsi_stream_destroy(stream);
	dsi_socket_destroy(sock);
}

static void see_no_region(void *user, const struct dsi_region_info *info)
{
	(void)user;
	(void)info;
	MUST(0);
}

/* It refuses before the question was sent: the reason is read all the same. */
static void closed_door(void)
{
	MUST_BE(dsi_port_listen("shut", DSI_PORT_STREAM, NULL, &door), 0);
	MUST_BE(dsi_regions("shut", later(), see_no_region, NULL), -DSI_EACCES);
	dsi_port_listener_close(door);
	door = NULL;
}

/* Clocks that drift and a reader without a grid: nothing is known of its need. */
static void no_need(void)
{
	const struct dsi_traffic traffic = {
		.tick_hz = 1000, .period = 40, .drift_ppb = 5};
	const struct dsi_usage usage = {
		.tick_hz = 1000, .pace = DSI_PACE_SERVICE, .service = 1};
	struct dsi_sizing_need need = {.size = sizeof(need)};
	uint64_t tick_hz;

	MUST_BE(dsi__need_tell(&traffic, &usage, DSI_POLICY_BLOCK, &need,
			       &tick_hz),
		-DSI_ENOTSUP);
}

static void histograms(void)
{
	struct dsi_histogram low = {.size = sizeof(low)};
	struct dsi_histogram high = {.size = sizeof(high)};

	low.counts[3] = low.count = 1;
	low.largest = 3;
	high.counts[9] = high.count = 1;
	high.largest = 9;
	MUST_BE(dsi_histogram_merge(&low, &high), 0);
	MUST_BE(low.largest, 9);
	MUST_BE(low.count, 2);
	/* Of one who counted wrong: not more than it saw. */
	low.count = 5;
	MUST_BE(dsi_histogram_percentile(&low, 999999), 9);
}

int main(void)
{
	char folder[] = "/tmp/dsi-parts-XXXXXX";
	struct dsi_component *component, *local;

	MUST(mkdtemp(folder));
	MUST_BE(setenv("DSI_RUNTIME_DIR", folder, 1), 0);
	component = make(PART);
	local = make(NULL);
	odd_requests();
	no_end();
	other_version();
	too_many_sockets();
	not_admitted(local);
	wrong_endpoints(local);
	full_stream(local);
	many_sources(local);
	wrong_components();
	rules();
	list_streams();
	odd_names();
	odd_sockets();
	armed_and_drained();
	places();
	no_place();
	closed_door();
	names_change();
	no_need();
	histograms();
	dsi_component_destroy(local);
	dsi_component_destroy(component);
	MUST_BE(rmdir(folder), 0);
	return 0;
}
