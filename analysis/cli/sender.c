// SPDX-License-Identifier: MIT
/*
 * sender.c - a producer that is fed from a descriptor.
 *
 * Place in the data flow: input -> framing -> SENDER -> packets of a stream.
 *
 * Order of the end: all committed packets come back, then an empty packet
 * with the end-of-stream flag goes out, and comes back.  (First the packets,
 * so that a consumer which drops has room for the flag.)  An input that
 * fails, or a signal, ends the stream without the flag: then the receivers
 * know that something is missing.
 */
#define _GNU_SOURCE 1
#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <dsi/dsi.h>

#include "cli.h"
#include "fd_io.h"
#include "framing.h"
#include "interrupt.h"
#include "message.h"
#include "packet_wait.h"
#include "progress.h"
#include "sender.h"

#define AREA_BYTES (UINT64_C(64) * 1024 * 1024)
#define PACKETS_MOST 32u
#define PACKETS_LEAST 4u
#define NS_PER_S UINT64_C(1000000000)
#define SIGNAL_DRAIN_NS (2 * NS_PER_S)

struct sender {
	const struct sender_options *options;
	struct io_channel in;
	struct framing framing;
	struct progress progress;
	struct dsi_socket *sock;
	uint64_t start_ns; /* of the first paced packet */
	uint64_t sent;
};

static int open_input(struct sender *s);
static int create_stream(struct sender *s);
static int send_all(struct sender *s);
static int send_one(struct sender *s, bool *out_end);
static int end_stream(struct sender *s);
static int leave(struct sender *s, int exit_code);

int sender_run(const struct sender_options *options)
{
	struct sender s = {.options = options};
	int exit_code;

	progress_init(&s.progress, options->progress);
	exit_code = open_input(&s);
	if (exit_code == CLI_OK)
		exit_code = create_stream(&s);
	if (exit_code == CLI_OK)
		exit_code = send_all(&s);
	return leave(&s, exit_code);
}

static int open_input(struct sender *s)
{
	const struct sender_options *o = s->options;

	if (io_open_input(&s->in, o->file, &s->progress) != IO_OK)
		return CLI_FAILURE;
	s->framing.kind = o->framing_kind;
	s->framing.slot_bytes = o->slot_bytes;
	if (framing_begin(&s->framing, &s->in) != IO_OK) {
		message_error(s->in.name, "%s", s->framing.why);
		return CLI_FAILURE;
	}
	if (s->framing.lossy)
		message_note(s->in.name,
			     "the YUV4MPEG2 header does not fit into a format "
			     "text; its X tags are left out");
	return CLI_OK;
}

/* As many as fit into 64 MiB, between 4 and 32. */
static uint32_t choose_packets(uint32_t slot_bytes)
{
	uint64_t fit = AREA_BYTES / slot_bytes;

	if (fit > PACKETS_MOST)
		return PACKETS_MOST;
	return fit < PACKETS_LEAST ? PACKETS_LEAST : (uint32_t)fit;
}

static void describe(const struct sender *s, struct dsi_stream_desc *desc)
{
	const struct sender_options *o = s->options;
	const char *format = o->format ? o->format : s->framing.format;

	*desc = (struct dsi_stream_desc){.size = sizeof(*desc)};
	desc->packet_bytes = s->framing.slot_bytes;
	desc->packets =
		o->packets ? o->packets : choose_packets(desc->packet_bytes);
	desc->lifetime_ns = o->lifetime_ns;
	desc->traffic.tick_hz = o->rate.numerator;
	desc->traffic.period = o->rate.numerator ? o->rate.denominator : 0;
	snprintf(desc->format, sizeof(desc->format), "%s", format);
}

static int create_socket(struct sender *s)
{
	struct dsi_producer_options producer = {.size = sizeof(producer)};
	struct dsi_stream_desc desc;
	char why[256] = "";
	int err;

	describe(s, &desc);
	producer.wait_consumers = s->options->wait_consumers;
	producer.placement = s->options->placement;
	producer.placement_of = s->options->placement_of;
	err = dsi_stream_desc_check(&desc, why, sizeof(why));
	if (!err)
		err = dsi_producer_create(&desc, &producer, &s->sock);
	if (err == -DSI_ENOMEM || err == -DSI_ENOSPC)
		snprintf(why, sizeof(why),
			 "no memory for %" PRIu32 " packets of %" PRIu32
			 " bytes; use --packets for fewer",
			 desc.packets, desc.packet_bytes);
	return err ? message_dsi(s->options->name, err, why) : CLI_OK;
}

static int listen_by_name(struct sender *s)
{
	const struct sender_options *o = s->options;
	struct dsi_access access = {.size = sizeof(access)};
	int err;

	access.mode = o->access_mode;
	if (o->group_given) {
		access.owner_given = 1;
		access.uid = geteuid();
		access.gid = o->gid;
	}
	err = dsi_socket_listen(s->sock, o->name, &access);
	if (!err)
		err = dsi_socket_start(s->sock);
	return err ? message_dsi(o->name, err, dsi_socket_error(s->sock))
		   : CLI_OK;
}

static int create_stream(struct sender *s)
{
	int exit_code = create_socket(s);

	if (exit_code != CLI_OK)
		return exit_code;
	if (interrupt_install() < 0) {
		message_error("signals", "cannot catch them: %s",
			      strerror(errno));
		return CLI_FAILURE;
	}
	interrupt_watch(s->sock);
	exit_code = listen_by_name(s);
	if (exit_code == CLI_OK)
		progress_attach(&s->progress, s->sock, true);
	return exit_code;
}

static int send_all(struct sender *s)
{
	bool end = false;
	int exit_code;

	do {
		exit_code = send_one(s, &end);
	} while (exit_code == CLI_OK && !end);

	if (exit_code == CLI_OK)
		return end_stream(s);
	/* Cut off: deliver what was committed, without the flag. */
	if (dsi_socket_state(s->sock) == (int)DSI_STATE_RUNNING &&
	    packet_wait_drain(s->sock,
			      s->options->drain_ns == DSI_FOREVER
				      ? DSI_FOREVER
				      : dsi_now() + s->options->drain_ns,
			      SIGNAL_DRAIN_NS, &s->progress))
		message_note(s->options->name,
			     "not all packets were taken by the consumers");
	return exit_code;
}

/* Wait until packet @s->sent is due.  An absolute schedule: what is late
 * goes out at once, and the mean rate stays. */
static void pace(struct sender *s)
{
	const struct units_rate *rate = &s->options->rate;
	struct pollfd fd = {.fd = interrupt_fd(), .events = POLLIN};
	uint64_t units, due;

	if (!rate->numerator)
		return;
	if (!s->start_ns)
		s->start_ns = dsi_now();
	/* Parts of at most 10^9: no product exceeds 64 bits. */
	units = s->sent * rate->denominator;
	due = s->start_ns + units / rate->numerator * NS_PER_S +
	      units % rate->numerator * NS_PER_S / rate->numerator;
	while (!interrupt_signal()) {
		uint64_t now = dsi_now();
		uint64_t until = progress_deadline(&s->progress, due);
		struct timespec left = {0};

		if (now >= due)
			return;
		if (until > now) {
			left.tv_sec = (time_t)((until - now) / NS_PER_S);
			left.tv_nsec = (long)((until - now) % NS_PER_S);
		}
		ppoll(&fd, 1, &left, NULL);
		progress_tick(&s->progress);
	}
}

static int commit(struct sender *s, struct dsi_packet *pkt, uint32_t bytes,
		  uint32_t flags)
{
	int err = dsi_packet_set_size(pkt, bytes);

	if (!err && flags)
		err = dsi_packet_set_flags(pkt, flags);
	if (!err)
		err = dsi_packet_commit(s->sock, pkt);
	if (err)
		return message_dsi(s->options->name, err, NULL);
	return CLI_OK;
}

static int get_slot(struct sender *s, struct dsi_packet **out_pkt, void **slot)
{
	uint32_t capacity;
	int err = packet_wait_get(s->sock, &s->progress, out_pkt);

	if (err == -DSI_ECANCELED && interrupt_signal())
		return CLI_SIGNAL + interrupt_signal();
	if (!err)
		err = dsi_packet_data(*out_pkt, 0, slot, &capacity);
	if (err)
		return message_dsi(s->options->name, err,
				   dsi_socket_error(s->sock));
	return CLI_OK;
}

static int send_one(struct sender *s, bool *out_end)
{
	struct dsi_packet *pkt;
	uint32_t bytes = 0;
	void *slot;
	int exit_code = get_slot(s, &pkt, &slot);
	int result;

	if (exit_code != CLI_OK)
		return exit_code;
	result = framing_fill(&s->framing, &s->in, slot, &bytes);
	if (result == IO_OK)
		pace(s);
	if (interrupt_signal())
		result = IO_STOPPED;
	if (result == IO_OK) {
		s->sent++;
		return commit(s, pkt, bytes, 0);
	}
	dsi_packet_discard(s->sock, pkt);
	*out_end = result == IO_END;
	if (result == IO_STOPPED)
		return CLI_SIGNAL + interrupt_signal();
	if (result == IO_FAILED) {
		message_error(s->in.name, "%s", s->framing.why);
		return CLI_FAILURE;
	}
	return CLI_OK;
}

static int drain(struct sender *s)
{
	uint64_t limit = DSI_FOREVER;
	int err;

	if (s->options->drain_ns != DSI_FOREVER)
		limit = dsi_now() + s->options->drain_ns;
	err = packet_wait_drain(s->sock, limit, SIGNAL_DRAIN_NS, &s->progress);
	if (interrupt_signal())
		return CLI_SIGNAL + interrupt_signal();
	if (err == -DSI_ETIMEDOUT) {
		message_error(s->options->name,
			      "not all packets were taken by the consumers "
			      "within --drain-timeout");
		return CLI_FAILURE;
	}
	return err ? message_dsi(s->options->name, err,
				 dsi_socket_error(s->sock))
		   : CLI_OK;
}

static int end_stream(struct sender *s)
{
	struct dsi_packet *pkt;
	void *slot;
	int late = drain(s);
	int exit_code;

	if (late > CLI_SIGNAL)
		return late;
	exit_code = get_slot(s, &pkt, &slot);
	if (exit_code == CLI_OK)
		exit_code = commit(s, pkt, 0, DSI_PACKET_EOS);
	if (exit_code != CLI_OK || late != CLI_OK)
		return exit_code != CLI_OK ? exit_code : late;
	return drain(s);
}

static void report(struct sender *s)
{
	struct dsi_socket_stats stats = {.size = sizeof(stats)};

	if (dsi_socket_stats(s->sock, &stats))
		return;
	if (stats.dropped)
		message_note(s->options->name,
			     "%" PRIu64 " deliveries were dropped for "
			     "consumers that were too slow",
			     stats.dropped);
	if (stats.unclaimed)
		message_note(s->options->name,
			     "%" PRIu64 " packets had no consumer",
			     stats.unclaimed);
}

static int leave(struct sender *s, int exit_code)
{
	progress_finish(&s->progress);
	interrupt_watch(NULL);
	if (s->progress.sock)
		report(s);
	dsi_socket_destroy(s->sock);
	return exit_code;
}
