/* SPDX-License-Identifier: MIT */
/*
 * hello.c - the smallest whole picture: a control application joins a
 * producer and a consumer, and ten greetings pass without a copy.
 *
 *   main() = control application
 *     "producer" component: thread writes text into packets
 *     "consumer" component: thread prints it where it lies
 *
 * Both components live in this process here.  In two other processes the
 * code of the components would be the same; main() would find them by name.
 */
#include <pthread.h>
#include <stdio.h>
#include <string.h>

#include <dsi/dsi.h>

#define GREETINGS 10u
#define TEXT_BYTES 64u
#define SECOND_NS 1000000000ull

/* One component with one socket and its work thread. */
struct part {
	struct dsi_socket *sock;
	pthread_t thread;
	int runs;
	void *(*work)(void *part);
	unsigned int done; /* greetings handed on */
};

/* Producer: get a free packet, fill it in place, commit it. */
static void *produce(void *arg)
{
	struct part *part = arg;
	struct dsi_packet *pkt;
	uint32_t room;
	void *text;
	int len;

	while (part->done < GREETINGS &&
	       dsi_packet_get(part->sock, DSI_FOREVER, &pkt) == 0) {
		if (dsi_packet_data(pkt, 0, &text, &room) != 0)
			break;
		len = snprintf(text, room, "hello, this is packet %u",
			       part->done++);
		if (dsi_packet_set_size(pkt, (uint32_t)len + 1) != 0)
			break;
		if (part->done == GREETINGS)
			dsi_packet_set_flags(pkt, DSI_PACKET_EOS);
		dsi_packet_commit(part->sock, pkt);
	}
	return NULL;
}

/* Consumer: get the oldest packet, use it in place, give it back. */
static void *consume(void *arg)
{
	struct part *part = arg;
	struct dsi_packet *pkt;
	uint32_t size, flags = 0;
	void *text;

	while (!(flags & DSI_PACKET_EOS) &&
	       dsi_packet_get(part->sock, DSI_FOREVER, &pkt) == 0) {
		flags = dsi_packet_flags(pkt);
		if (dsi_packet_data(pkt, 0, &text, &size) == 0) {
			printf("%.*s\n", (int)size, (const char *)text);
			part->done++;
		}
		dsi_packet_commit(part->sock, pkt);
	}
	return NULL;
}

/* --- what the library asks of a component --- */

static int on_open(void *user, const struct dsi_open_request *request,
		   struct dsi_socket **out_sock)
{
	struct part *part = user;
	struct dsi_stream_desc desc = request->desc;
	struct dsi_producer_options opts = {.size = sizeof(opts)};
	int err;

	desc.size = sizeof(desc);
	desc.packets = 4;
	desc.packet_bytes = TEXT_BYTES;
	/* The first packet shall not find an empty room. */
	opts.wait_consumers = 1;
	if (request->role == DSI_ROLE_PRODUCER)
		err = dsi_producer_create(&desc, &opts, &part->sock);
	else
		err = dsi_consumer_create(&request->consumer, &part->sock);
	*out_sock = part->sock;
	return err;
}

static int on_start(void *user, struct dsi_socket *sock)
{
	struct part *part = user;

	(void)sock;
	part->runs = pthread_create(&part->thread, NULL, part->work, part) == 0;
	return part->runs ? 0 : -DSI_ENOMEM;
}

static int on_stop(void *user, struct dsi_socket *sock)
{
	struct part *part = user;

	(void)sock;
	if (part->runs)
		pthread_join(part->thread, NULL);
	part->runs = 0;
	return 0;
}

static void on_close(void *user, struct dsi_socket *sock)
{
	on_stop(user, sock);
	dsi_socket_destroy(sock);
}

static int make_component(struct part *part, struct dsi_component **out)
{
	const struct dsi_component_ops ops = {
		.size = sizeof(ops),
		.open = on_open,
		.start = on_start,
		.stop = on_stop,
		.close = on_close,
	};

	return dsi_component_create(NULL, NULL, &ops, part,
				    DSI_COMPONENT_THREAD, out);
}

/* --- the control application --- */

/* Join, start, and wait until the consumer has reached the end. */
static int run_stream(struct dsi_component *from, struct dsi_component *to,
		      struct dsi_stream **stream)
{
	struct dsi_endpoint producer = {.size = sizeof(producer)};
	struct dsi_endpoint consumer = {.size = sizeof(consumer)};
	struct dsi_event_source event = {.mask = DSI_EVENT_EOS};
	uint64_t deadline_ns = dsi_now() + 10 * SECOND_NS;
	int32_t err;

	producer.local = from;
	consumer.local = to;
	consumer.consumer.size = sizeof(consumer.consumer);
	err = dsi_stream_create(NULL, &producer, &consumer, 1, deadline_ns,
				stream);
	if (err == 0)
		err = dsi_stream_start(*stream, deadline_ns);
	event.stream = *stream;
	while (err >= 0 && !(event.events != 0 && event.member == 1))
		err = dsi_select(&event, 1, deadline_ns);
	return err < 0 ? err : 0;
}

int main(void)
{
	struct part producer = {.work = produce};
	struct part consumer = {.work = consume};
	struct dsi_component *from = NULL, *to = NULL;
	struct dsi_stream *stream = NULL;
	int err = make_component(&producer, &from);

	if (err == 0)
		err = make_component(&consumer, &to);
	if (err == 0)
		err = run_stream(from, to, &stream);
	if (err != 0)
		fprintf(stderr, "dsi-demo-hello: %s\n", dsi_strerror(err));
	dsi_stream_destroy(stream);
	dsi_component_destroy(from);
	dsi_component_destroy(to);
	printf("%u sent, %u received\n", producer.done, consumer.done);
	return err == 0 && consumer.done == GREETINGS ? 0 : 1;
}
