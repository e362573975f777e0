/* SPDX-License-Identifier: MIT */
/*
 * stream.c - the control application: join components, start, watch, stop.
 *
 * Place in the data flow: STREAM -> component -> socket.  Contracts:
 * include/dsi/stream.h; messages: wire.h.
 *
 * Each member is a connection to its component.  Requests are answered in
 * order; the monitor's thread receives the answers and the events and wakes
 * whoever waits on the stream's private word.
 *
 * Ordering edges:
 *   M1  word store-release (fetch_add) -> word load-acquire
 *       carries the reply and the events stored before it
 */
#include <string.h>

#include "dsi/component_private.h"
#include "dsi/need.h"
#include "dsi/state.h"
#include "dsi/stream_private.h"
#include "dsi/text.h"
#include "dsi/traffic.h"
#include "dsi/wire.h"

#define MEMBERS (DSI_MAX_CONSUMERS + 1u)
#define GOOD_BYE_NS UINT64_C(2000000000)
#define NAME_BYTES (DSI_NAME_BYTES + 4u) /* with "sys:" */

struct member {
	struct dsi_port_source source;
	struct dsi_stream *stream;
	int32_t conn;	  /* -1: the place is free */
	uint32_t watched; /* source is in the loop */
	uint32_t ended;	  /* the component hung up; under the lock */
	uint32_t socket;  /* the component's number for our socket */
	uint32_t serial;  /* of the reply below */
	_Atomic uint32_t events;
	struct dsi_wire_reply reply;
	uint32_t policy;	/* what its socket has */
	struct dsi_usage usage; /* likewise */
	char name[NAME_BYTES];
};

struct dsi_stream {
	struct dsi_state state;
	struct dsi_stream_desc desc;
	struct dsi_port_loop *monitor;
	_Atomic uint32_t word;
	uint32_t serial;
	struct member members[MEMBERS];
	char error[384];
};

/* ---- errors -------------------------------------------------------------- */

static int fail(struct dsi_stream *stream, const struct member *member, int err,
		const char *sentence)
{
	struct dsi_text text = dsi__text(stream->error, sizeof(stream->error));

	if (member) {
		dsi__text_add(&text, member == stream->members ? "producer '"
							       : "consumer '");
		dsi__text_foreign(&text, member->name, NAME_BYTES);
		dsi__text_add(&text, "': ");
	}
	dsi__text_foreign(&text, sentence, DSI_WIRE_TEXT_BYTES);
	return err;
}

const char *dsi_stream_error(const struct dsi_stream *stream)
{
	return stream ? stream->error : "";
}

/* ---- what the monitor hears ---------------------------------------------- */

static void changed(struct dsi_stream *stream)
{
	/* M1: release pairs with dsi__stream_word(). */
	atomic_fetch_add_explicit(&stream->word, 1, memory_order_release);
	dsi_port_wake(&stream->word, 0);
}

struct dsi_port_word dsi__stream_word(struct dsi_stream *stream)
{
	/* M1: acquire pairs with changed(). */
	uint32_t now =
		atomic_load_explicit(&stream->word, memory_order_acquire);

	return (struct dsi_port_word){&stream->word, now, 0};
}

static void add_events(struct member *member, uint32_t events)
{
	/* relaxed: M1 of changed() carries them. */
	atomic_fetch_or_explicit(&member->events, events, memory_order_relaxed);
}

static void member_ready(struct dsi_port_source *source, uint32_t why)
{
	struct member *member =
		(struct member *)(void *)((char *)source -
					  offsetof(struct member, source));
	struct dsi_port_loop *loop = member->stream->monitor;
	struct dsi_wire_in in;
	int type = dsi__wire_recv(member->conn, &in);
	uint32_t ended;

	(void)why;
	if (type == -DSI_EAGAIN)
		return;
	dsi__wire_drop(&in);
	dsi_port_lock();
	if (type == DSI_WIRE_REPLY) {
		member->reply = in.msg.reply;
		member->serial = in.msg.reply.serial;
	} else if (type == DSI_WIRE_REFUSE) {
		member->reply.err = in.msg.refuse.err;
		memcpy(member->reply.text, in.msg.refuse.text,
		       sizeof(member->reply.text));
		member->ended = 1;
	} else if (type != DSI_WIRE_EVENT) {
		member->reply.err = 0;
		member->ended = 1;
	}
	ended = member->ended;
	dsi_port_unlock();
	if (type == DSI_WIRE_EVENT)
		add_events(member, in.msg.event.events);
	if (ended)
		add_events(member, DSI_EVENT_PEER_GONE);
	changed(member->stream);
	if (ended) /* last, because the member may be gone afterwards */
		dsi_port_loop_remove(loop, source);
}

static int has_ended(const struct member *member)
{
	uint32_t ended;

	dsi_port_lock();
	ended = member->ended;
	dsi_port_unlock();
	return (int)ended;
}

static void unwatch(struct member *member)
{
	if (member->watched)
		dsi_port_loop_remove(member->stream->monitor, &member->source);
	member->watched = 0;
}

/* ---- one request and its answer ------------------------------------------ */

/* Has the answer come?  0, -DSI_EAGAIN, or -DSI_EPIPE. */
static int look_reply(struct member *member, uint32_t serial,
		      struct dsi_wire_reply *out)
{
	int err = -DSI_EAGAIN;

	dsi_port_lock();
	if (member->serial == serial) {
		*out = member->reply;
		err = 0;
	} else if (member->ended) {
		*out = member->reply;
		err = -DSI_EPIPE;
	}
	dsi_port_unlock();
	return err;
}

static int await_reply(struct member *member, uint32_t serial,
		       uint64_t deadline_ns, struct dsi_wire_reply *out)
{
	for (;;) {
		struct dsi_port_word word = dsi__stream_word(member->stream);
		int err = look_reply(member, serial, out);

		if (err != -DSI_EAGAIN)
			return err;
		err = dsi_port_wait(&word, 1, deadline_ns);
		/* Members that say something all the time end each wait. */
		if (!err && dsi_port_now() >= deadline_ns)
			err = -DSI_ETIMEDOUT;
		if (err)
			return look_reply(member, serial, out) ? err : 0;
	}
}

/* Ask, wait, and turn what went wrong into a sentence. */
static int call(struct member *member, union dsi_wire *msg, int32_t handle,
		uint64_t deadline_ns, struct dsi_wire_reply *out)
{
	struct dsi_stream *stream = member->stream;
	int err;

	out->text[0] = '\0';
	out->err = 0;
	msg->request.serial = ++stream->serial;
	msg->request.socket = member->socket;
	err = dsi__wire_send(member->conn, msg, DSI_WIRE_REQUEST,
			     sizeof(msg->request), &handle, handle >= 0);
	if (err == 0 || err == -DSI_EPIPE)
		err = await_reply(member, msg->request.serial, deadline_ns,
				  out);
	out->text[DSI_WIRE_TEXT_BYTES - 1u] = '\0';
	if (err == -DSI_ETIMEDOUT)
		return fail(stream, member, err, "does not answer");
	if (err == -DSI_EPIPE && !out->err)
		return fail(stream, member, err, "the component is gone");
	if (err && !out->err)
		return fail(stream, member, err, dsi_strerror(err));
	if (!out->err)
		return 0;
	err = dsi__wire_error(out->err);
	return fail(stream, member, err,
		    err == out->err ? out->text : "its answer makes no sense");
}

static int request(struct member *member, enum dsi_request what, int32_t handle,
		   uint64_t deadline_ns)
{
	union dsi_wire msg = {.request = {.request = (uint32_t)what}};
	struct dsi_wire_reply reply;

	return call(member, &msg, handle, deadline_ns, &reply);
}

/* ---- members ------------------------------------------------------------- */

static int dial(struct dsi_stream *stream, struct member *member,
		const struct dsi_endpoint *endpoint, uint64_t deadline_ns)
{
	int err = -DSI_ENOENT;

	if (endpoint->local)
		return dsi__component_dial(endpoint->local, &member->conn);
	while (err == -DSI_ENOENT || err == -DSI_EAGAIN) {
		err = dsi_port_connect(endpoint->component, DSI_PORT_COMPONENT,
				       &member->conn);
		/* Others may change names all the time. */
		if ((err == -DSI_ENOENT || err == -DSI_EAGAIN) &&
		    (dsi_port_names_wait(deadline_ns) ||
		     dsi_port_now() >= deadline_ns))
			break;
	}
	if (err)
		member->conn = -1;
	if (err == -DSI_ENOENT || err == -DSI_EAGAIN)
		return fail(stream, member, -DSI_ETIMEDOUT,
			    "no component of this name appeared");
	return err ? fail(stream, member, err, dsi_strerror(err)) : 0;
}

static void hang_up(struct member *member)
{
	unwatch(member);
	dsi_port_handle_close(member->conn);
	member->conn = -1;
}

static void name_member(struct dsi_stream *stream, struct member *member,
			const struct dsi_endpoint *endpoint)
{
	*member = (struct member){.stream = stream, .conn = -1};
	(void)dsi__string_copy(
		member->name, endpoint->local ? "(local)" : endpoint->component,
		NAME_BYTES);
}

/* What the application wishes for a consumer, in the form that travels. */
static int read_wish(struct dsi_wish *wish, const struct dsi_endpoint *endpoint)
{
	const struct dsi_consumer_options *given = &endpoint->consumer;
	struct dsi_consumer_options options;
	int err = dsi__options_copy(&options, given->size ? given : NULL,
				    sizeof(options));

	if (!err)
		dsi__wish_from_options(wish, &options);
	return err;
}

static int write_open(struct member *member, struct dsi_wire_request *request,
		      const struct dsi_endpoint *endpoint,
		      const struct dsi_stream_desc *desc)
{
	char sentence[DSI_WIRE_TEXT_BYTES] = "";
	struct dsi_text why = dsi__text(sentence, sizeof(sentence));

	if (read_wish(&request->wish, endpoint) ||
	    dsi__string_copy(request->argument, endpoint->argument,
			     DSI_ARGUMENT_BYTES))
		return fail(member->stream, member, -DSI_EINVAL,
			    "options or argument not valid");
	request->role = desc ? DSI_ROLE_PRODUCER : DSI_ROLE_CONSUMER;
	if (desc)
		request->desc = *desc;
	return dsi__wish_check(&request->wish, &why) ||
			       dsi__traffic_check(&request->desc.traffic, &why)
		       ? fail(member->stream, member, -DSI_EINVAL, sentence)
		       : 0;
}

/* What the component says its socket has; it may be hostile. */
static int take_reply(struct member *member, const struct dsi_wire_reply *reply,
		      const struct dsi_stream_desc *wished)
{
	struct dsi_stream *stream = member->stream;
	struct dsi_text none = dsi__text(NULL, 0);

	member->socket = reply->socket;
	if (!wished) {
		member->policy = reply->policy;
		member->usage = reply->usage;
		return reply->policy > DSI_POLICY_RECLAIM ||
				       dsi__usage_check(&reply->usage, &none)
			       ? fail(stream, member, -DSI_EPROTO,
				      "its options make no sense")
			       : 0;
	}
	if (!dsi__desc_complete(&reply->desc))
		return fail(stream, member, -DSI_EPROTO,
			    "its description makes no sense");
	stream->desc = reply->desc;
	return 0;
}

static int open_member(struct dsi_stream *stream, struct member *member,
		       const struct dsi_endpoint *endpoint,
		       const struct dsi_stream_desc *desc, uint64_t deadline_ns)
{
	union dsi_wire msg = {.request = {.request = DSI_REQUEST_OPEN}};
	struct dsi_wire_reply reply;
	int err;

	name_member(stream, member, endpoint);
	err = write_open(member, &msg.request, endpoint, desc);
	if (!err)
		err = dial(stream, member, endpoint, deadline_ns);
	if (err)
		return err;
	member->source.ready = member_ready;
	member->source.handle = member->conn;
	member->source.deadline_ns = DSI_FOREVER;
	err = dsi_port_loop_add(stream->monitor, &member->source);
	member->watched = !err;
	if (!err)
		err = call(member, &msg, -1, deadline_ns, &reply);
	if (!err)
		err = take_reply(member, &reply, desc);
	if (err)
		hang_up(member);
	return err;
}

/* Join one consumer: a fresh connection, one end for each. */
static int join(struct dsi_stream *stream, struct member *consumer,
		uint64_t deadline_ns)
{
	int32_t ends[2];
	int err = dsi_port_conn_pair(ends);

	if (err)
		return fail(stream, consumer, err, dsi_strerror(err));
	err = request(&stream->members[0], DSI_REQUEST_CONNECT, ends[0],
		      deadline_ns);
	dsi_port_handle_close(ends[0]);
	if (!err)
		err = request(consumer, DSI_REQUEST_CONNECT, ends[1],
			      deadline_ns);
	dsi_port_handle_close(ends[1]);
	return err;
}

/* Ask the component to close our socket, but do not insist. */
static void close_member(struct member *member, uint64_t deadline_ns)
{
	if (member->conn < 0)
		return;
	if (!has_ended(member))
		(void)request(member, DSI_REQUEST_CLOSE, -1, deadline_ns);
	hang_up(member);
}

/* ---- create -------------------------------------------------------------- */

static int check_endpoint(const struct dsi_endpoint *endpoint)
{
	if (endpoint->size != sizeof(*endpoint) || endpoint->reserved ||
	    !endpoint->component == !endpoint->local)
		return -DSI_EINVAL;
	return endpoint->component ? dsi__name_check(endpoint->component) : 0;
}

static int check_all(const struct dsi_endpoint *producer,
		     const struct dsi_endpoint *consumers, uint32_t n)
{
	if (!producer || !consumers || n == 0 || n > DSI_MAX_CONSUMERS ||
	    check_endpoint(producer))
		return -DSI_EINVAL;
	for (uint32_t i = 0; i < n; i++)
		if (check_endpoint(&consumers[i]))
			return -DSI_EINVAL;
	return 0;
}

static int set_up(struct dsi_stream *stream)
{
	int err;

	for (uint32_t i = 0; i < MEMBERS; i++) {
		stream->members[i].conn = -1;
		stream->members[i].stream = stream;
	}
	err = dsi_port_monitor_get(&stream->monitor);
	if (err) {
		stream->monitor = NULL;
		return fail(stream, NULL, err, dsi_strerror(err));
	}
	return 0;
}

/* ---- a stream that sizes itself ------------------------------------------ */

/* As many packets as all consumers need, by what is declared. */
static int size_stream(struct dsi_stream *stream, struct dsi_stream_desc *desc,
		       const struct dsi_endpoint *consumers, uint32_t n)
{
	char sentence[DSI_WIRE_TEXT_BYTES] = "";
	struct dsi_text why = dsi__text(sentence, sizeof(sentence));
	struct dsi_need_sum sum = {0};
	struct dsi_wish wish;
	int err = dsi__desc_sizable(desc, &why);

	if (err)
		return fail(stream, NULL, err, sentence);
	for (uint32_t i = 0; i < n; i++) {
		struct member *member = &stream->members[i + 1u];

		name_member(stream, member, &consumers[i]);
		if (read_wish(&wish, &consumers[i]))
			err = -DSI_EINVAL;
		if (!err)
			err = dsi__wish_check(&wish, &why);
		if (!err)
			err = dsi__need_add(&sum, &desc->traffic, &wish, &why);
		if (err)
			return fail(stream, member, err, sentence);
	}
	err = dsi__need_total(&sum, desc, &desc->packets, &why);
	return err ? fail(stream, NULL, err, sentence) : 0;
}

/* Did the producer make what it was asked for? */
static int check_size(struct dsi_stream *stream, uint32_t asked)
{
	char sentence[DSI_WIRE_TEXT_BYTES];
	struct dsi_text why = dsi__text(sentence, sizeof(sentence));

	if (stream->desc.packets >= asked)
		return 0;
	dsi__text_field(&why, "packets", asked,
			"are needed and were asked for, it made ");
	dsi__text_number(&why, stream->desc.packets);
	return fail(stream, &stream->members[0], -DSI_ENOMATCH, sentence);
}

static int open_all(struct dsi_stream *stream, struct dsi_stream_desc *desc,
		    const struct dsi_endpoint *producer,
		    const struct dsi_endpoint *consumers, uint32_t n,
		    uint64_t deadline_ns)
{
	int sized = !desc->packets && dsi__traffic_given(&desc->traffic);
	int err = sized ? size_stream(stream, desc, consumers, n) : 0;

	if (!err)
		err = open_member(stream, &stream->members[0], producer, desc,
				  deadline_ns);
	if (!err && sized)
		err = check_size(stream, desc->packets);
	for (uint32_t i = 0; !err && i < n; i++) {
		err = open_member(stream, &stream->members[i + 1u],
				  &consumers[i], NULL, deadline_ns);
		if (!err)
			err = join(stream, &stream->members[i + 1u],
				   deadline_ns);
	}
	return err;
}

int dsi_stream_create(const struct dsi_stream_desc *desc,
		      const struct dsi_endpoint *producer,
		      const struct dsi_endpoint *consumers,
		      uint32_t n_consumers, uint64_t deadline_ns,
		      struct dsi_stream **out_stream)
{
	struct dsi_stream_desc wish;
	struct dsi_stream *stream;
	int err;

	if (!out_stream)
		return -DSI_EINVAL;
	*out_stream = NULL;
	if (check_all(producer, consumers, n_consumers) ||
	    dsi__options_copy(&wish, desc, sizeof(wish)))
		return -DSI_EINVAL;
	stream = dsi_port_alloc(sizeof(*stream));
	if (!stream)
		return -DSI_ENOMEM;
	err = set_up(stream);
	if (!err)
		err = open_all(stream, &wish, producer, consumers, n_consumers,
			       deadline_ns);
	(void)dsi__state_do(&stream->state, err ? DSI_DO_FAIL : DSI_DO_CONNECT);
	*out_stream = stream;
	return err;
}

/* ---- while it lives ------------------------------------------------------ */

static int wrong_state(struct dsi_stream *stream, int err)
{
	struct dsi_text text = dsi__text(stream->error, sizeof(stream->error));

	dsi__text_add(&text, "not possible in state '");
	dsi__text_add(&text, dsi_state_name(dsi__state_now(&stream->state)));
	dsi__text_add(&text, "'");
	return err;
}

int dsi_stream_add(struct dsi_stream *stream,
		   const struct dsi_endpoint *consumer, uint64_t deadline_ns,
		   uint32_t *out_index)
{
	struct member *member = NULL;
	int err;

	if (!stream || !consumer || !out_index || check_endpoint(consumer))
		return -DSI_EINVAL;
	err = dsi__state_ask(&stream->state, DSI_DO_START);
	if (err)
		return wrong_state(stream, err);
	for (uint32_t i = MEMBERS - 1u; i > 0; i--)
		if (stream->members[i].conn < 0)
			member = &stream->members[i];
	if (!member)
		return fail(stream, NULL, -DSI_EUSERS,
			    dsi_strerror(-DSI_EUSERS));
	err = open_member(stream, member, consumer, NULL, deadline_ns);
	if (err)
		return err;
	err = join(stream, member, deadline_ns);
	if (!err && dsi__state_now(&stream->state) == DSI_STATE_RUNNING)
		err = request(member, DSI_REQUEST_START, -1, deadline_ns);
	if (err)
		close_member(member, dsi_port_now() + GOOD_BYE_NS);
	else
		*out_index = (uint32_t)(member - stream->members) - 1u;
	return err;
}

int dsi_stream_remove(struct dsi_stream *stream, uint32_t index,
		      uint64_t deadline_ns)
{
	struct member *member;

	if (!stream || index >= DSI_MAX_CONSUMERS)
		return -DSI_EINVAL;
	member = &stream->members[index + 1u];
	if (member->conn < 0)
		return -DSI_ENOENT;
	close_member(member, deadline_ns);
	return 0;
}

/* The same request to all consumers; the first error counts. */
static int ask_consumers(struct dsi_stream *stream, enum dsi_request what,
			 uint64_t deadline_ns)
{
	int first = 0;

	for (uint32_t i = 1; i < MEMBERS; i++) {
		struct member *member = &stream->members[i];
		int err;

		if (member->conn < 0 || has_ended(member))
			continue;
		err = request(member, what, -1, deadline_ns);
		if (!first)
			first = err;
	}
	return first;
}

int dsi_stream_start(struct dsi_stream *stream, uint64_t deadline_ns)
{
	int err;

	if (!stream)
		return -DSI_EINVAL;
	err = dsi__state_ask(&stream->state, DSI_DO_START);
	if (err)
		return wrong_state(stream, err);
	err = ask_consumers(stream, DSI_REQUEST_START, deadline_ns);
	if (!err)
		err = request(&stream->members[0], DSI_REQUEST_START, -1,
			      deadline_ns);
	return err ? err : dsi__state_do(&stream->state, DSI_DO_START);
}

int dsi_stream_stop(struct dsi_stream *stream, uint64_t deadline_ns)
{
	int first = 0;
	int err;

	if (!stream)
		return -DSI_EINVAL;
	err = dsi__state_do(&stream->state, DSI_DO_STOP);
	if (err)
		return wrong_state(stream, err);
	if (stream->members[0].conn >= 0 && !has_ended(&stream->members[0]))
		first = request(&stream->members[0], DSI_REQUEST_STOP, -1,
				deadline_ns);
	err = ask_consumers(stream, DSI_REQUEST_STOP, deadline_ns);
	return first ? first : err;
}

int dsi_stream_stats(struct dsi_stream *stream, uint32_t member,
		     uint64_t deadline_ns, struct dsi_socket_stats *out_stats)
{
	union dsi_wire msg = {.request = {.request = DSI_REQUEST_STATS}};
	struct dsi_wire_reply reply;
	uint32_t size;
	int err;

	if (!stream || member >= MEMBERS || !out_stats ||
	    out_stats->size < sizeof(size) ||
	    out_stats->size > sizeof(*out_stats) ||
	    stream->members[member].conn < 0)
		return -DSI_EINVAL;
	err = call(&stream->members[member], &msg, -1, deadline_ns, &reply);
	if (err)
		return err;
	size = out_stats->size;
	memcpy(out_stats, &reply.stats, size);
	out_stats->size = size;
	return 0;
}

int dsi_stream_desc(const struct dsi_stream *stream,
		    struct dsi_stream_desc *out_desc)
{
	uint32_t size;

	if (!stream || !out_desc || out_desc->size < sizeof(size) ||
	    out_desc->size > sizeof(*out_desc))
		return -DSI_EINVAL;
	if (!stream->desc.packets)
		return -DSI_ENOTCONN;
	size = out_desc->size;
	memcpy(out_desc, &stream->desc, size);
	out_desc->size = size;
	return 0;
}

int dsi_stream_need(const struct dsi_stream *stream, uint32_t index,
		    struct dsi_sizing_need *out_need, uint64_t *out_tick_hz)
{
	const struct member *member;

	if (!stream || index >= DSI_MAX_CONSUMERS)
		return -DSI_EINVAL;
	if (!stream->desc.packets)
		return -DSI_ENOTCONN;
	member = &stream->members[index + 1u];
	if (member->conn < 0)
		return -DSI_ENOENT;
	return dsi__need_tell(&stream->desc.traffic, &member->usage,
			      member->policy, out_need, out_tick_hz);
}

int dsi_stream_state(const struct dsi_stream *stream)
{
	return stream ? (int)dsi__state_now(&stream->state) : -DSI_EINVAL;
}

uint32_t dsi__stream_events(struct dsi_stream *stream, uint32_t mask,
			    uint32_t *out_member)
{
	for (uint32_t i = 0; i < MEMBERS; i++) {
		/* relaxed: M1 of dsi__stream_word() came before. */
		uint32_t events =
			atomic_fetch_and_explicit(&stream->members[i].events,
						  ~mask, memory_order_relaxed);

		if (events & mask) {
			*out_member = i;
			return events & mask;
		}
	}
	return 0;
}

/* ---- destroy ------------------------------------------------------------- */

void dsi_stream_destroy(struct dsi_stream *stream)
{
	if (!stream)
		return;
	if (dsi__state_now(&stream->state) == DSI_STATE_RUNNING)
		(void)dsi_stream_stop(stream, dsi_port_now() + GOOD_BYE_NS);
	if (stream->monitor) {
		for (uint32_t i = 0; i < MEMBERS; i++)
			close_member(&stream->members[i],
				     dsi_port_now() + GOOD_BYE_NS);
		dsi_port_monitor_put(stream->monitor);
	}
	dsi_port_free(stream);
}
