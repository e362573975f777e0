/* SPDX-License-Identifier: MIT */
/* pipeline_part.c - a program that serves one component. */
#include <stdio.h>
#include <string.h>

#include "pipeline_part.h"
#include "sound_block.h"

void part_fail(struct part *part, const char *what, const char *why)
{
	part->failed = 1;
	fprintf(stderr, "%s: %s: %s\n", part->title, what, why);
}

int64_t part_number(const char *text)
{
	int64_t n = 0;
	int digits = 0;

	for (; *text >= '0' && *text <= '9' && digits < 10; digits++)
		n = n * 10 + (*text++ - '0');
	return digits == 0 || digits == 10 || *text ? -1 : n;
}

int part_get(struct part *part, struct dsi_socket *sock,
	     struct dsi_packet **out_pkt)
{
	int err = dsi_packet_get(sock, DSI_FOREVER, out_pkt);

	/* Asked to stop: no failure of ours. */
	if (err != 0 && err != -DSI_ECANCELED)
		part_fail(part, "no packet", dsi_strerror(err));
	return err;
}

/* --- the callbacks, all on the thread that serves the component --- */

static int open_producer(struct part *part,
			 const struct dsi_open_request *request)
{
	struct dsi_stream_desc desc = request->desc;
	struct dsi_producer_options opts = {.size = sizeof(opts)};
	int err = part->describe(part, &desc);

	/* The first packet shall not find an empty room. */
	opts.wait_consumers = 1;
	return err ? err : dsi_producer_create(&desc, &opts, &part->out);
}

static int open_consumer(struct part *part,
			 const struct dsi_open_request *request)
{
	int err = part->prepare ? part->prepare(part) : 0;

	return err ? err : dsi_consumer_create(&request->consumer, &part->in);
}

static int on_open(void *user, const struct dsi_open_request *request,
		   struct dsi_socket **out_sock)
{
	struct part *part = user;
	int producer = request->role == DSI_ROLE_PRODUCER;
	struct dsi_socket **sock = producer ? &part->out : &part->in;
	int err;

	if (producer ? !part->describe : !part->prepare)
		return -DSI_ENOTSUP;
	if (*sock)
		return -DSI_EBUSY;
	if (request->argument[0])
		memcpy(part->argument, request->argument,
		       sizeof(part->argument));
	err = producer ? open_producer(part, request)
		       : open_consumer(part, request);
	*out_sock = *sock;
	return err;
}

static void *work(void *arg)
{
	struct part *part = arg;

	part->run(part);
	if (part->failed)
		(void)dsi_socket_raise(part->out ? part->out : part->in,
				       PART_FAILED);
	return NULL;
}

static int on_start(void *user, struct dsi_socket *sock)
{
	struct part *part = user;

	(void)sock;
	if (++part->started < part->sockets)
		return 0;
	part->thread_runs =
		pthread_create(&part->thread, NULL, work, part) == 0;
	return part->thread_runs ? 0 : -DSI_ENOMEM;
}

/* The library has stopped this socket; the work thread may wait for the other
 * one. */
static int on_stop(void *user, struct dsi_socket *sock)
{
	struct part *part = user;

	(void)sock;
	if (!part->thread_runs)
		return 0;
	if (part->in)
		(void)dsi_packet_get_abort(part->in);
	if (part->out)
		(void)dsi_packet_get_abort(part->out);
	pthread_join(part->thread, NULL);
	part->thread_runs = 0;
	part->started = 0;
	return 0;
}

static void on_close(void *user, struct dsi_socket *sock)
{
	struct part *part = user;

	on_stop(user, sock);
	if (part->in == sock)
		part->in = NULL;
	else
		part->out = NULL;
	dsi_socket_destroy(sock);
	if (!part->in && !part->out)
		dsi_component_shutdown(part->component);
}

int part_main(struct part *part)
{
	const struct dsi_component_ops ops = {
		.size = sizeof(ops),
		.open = on_open,
		.start = on_start,
		.stop = on_stop,
		.close = on_close,
	};
	int err = dsi_component_create(part->name, NULL, &ops, part, 0,
				       &part->component);

	while (err == 0 || err == -DSI_ETIMEDOUT)
		err = dsi_component_serve(part->component, DSI_FOREVER);
	dsi_component_destroy(part->component);
	if (err != -DSI_ECANCELED)
		part_fail(part, part->name, dsi_strerror(err));
	return part->failed;
}
