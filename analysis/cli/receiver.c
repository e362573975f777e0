// SPDX-License-Identifier: MIT
/*
 * receiver.c - a consumer that writes to a descriptor.
 *
 * Place in the data flow: packets of a stream -> RECEIVER -> output.
 *
 * The bytes are written from the data area itself.  Only with policy
 * reclaim, where the producer may overwrite a packet at any time, they are
 * copied first and the copy is written if the packet was intact after that:
 * what was written to a pipe cannot be taken back.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include <dsi/dsi.h>

#include "cli.h"
#include "fd_io.h"
#include "interrupt.h"
#include "message.h"
#include "packet_wait.h"
#include "payload.h"
#include "progress.h"
#include "receiver.h"
#include "y4m.h"

#define NS_PER_S UINT64_C(1000000000)

struct receiver {
	const struct receiver_options *options;
	struct io_channel out;
	struct progress progress;
	struct dsi_socket *sock;
	struct payload payload;
	uint64_t frame_bytes; /* of Y4M */
	uint64_t packets;     /* with data */
	uint64_t torn;	      /* overwritten while they were copied */
	uint64_t gaps;
	bool ended; /* end of stream was seen, or the count reached */
};

static int open_output(struct receiver *r);
static int connect_stream(struct receiver *r);
static int begin_output(struct receiver *r);
static int receive_all(struct receiver *r);
static int receive_one(struct receiver *r);
static int leave(struct receiver *r, int exit_code);

int receiver_run(const struct receiver_options *options)
{
	struct receiver r = {.options = options};
	int exit_code;

	progress_init(&r.progress, options->progress);
	exit_code = open_output(&r);
	if (exit_code == CLI_OK)
		exit_code = connect_stream(&r);
	if (exit_code == CLI_OK)
		exit_code = begin_output(&r);
	if (exit_code == CLI_OK)
		exit_code = receive_all(&r);
	return leave(&r, exit_code);
}

static int open_output(struct receiver *r)
{
	if (io_open_output(&r->out, r->options->file, &r->progress) != IO_OK)
		return CLI_FAILURE;
	return CLI_OK;
}

/* Up to here a signal ends the process as usual: there is nothing to leave
 * in order. */
static int connect_stream(struct receiver *r)
{
	const struct receiver_options *o = r->options;
	uint64_t deadline = o->timeout_ns;
	int err = dsi_consumer_create(&o->consumer, &r->sock);

	if (err)
		return message_dsi(o->name, err, NULL);
	if (deadline != 0 && deadline != DSI_FOREVER)
		deadline += dsi_now();
	progress_say(&r->progress, "waiting for this stream", o->name);
	err = dsi_socket_connect(r->sock, o->name, deadline);
	if (err)
		return message_dsi(o->name, err, dsi_socket_error(r->sock));
	if (interrupt_install() < 0) {
		message_error("signals", "cannot catch them: %s",
			      strerror(errno));
		return CLI_FAILURE;
	}
	interrupt_watch(r->sock);
	err = dsi_socket_start(r->sock);
	if (err)
		return message_dsi(o->name, err, dsi_socket_error(r->sock));
	progress_attach(&r->progress, r->sock, false);
	return CLI_OK;
}

/* EPIPE is the reader's wish to have no more: no message, as a program says
 * nothing that dies of SIGPIPE. */
static int output_result(struct receiver *r, int result)
{
	if (result == IO_STOPPED)
		return CLI_SIGNAL + interrupt_signal();
	if (result == IO_FAILED) {
		if (r->out.error != EPIPE)
			message_error(r->out.name, "cannot write: %s",
				      strerror(r->out.error));
		return CLI_FAILURE;
	}
	return CLI_OK;
}

static int write_header(struct receiver *r)
{
	struct dsi_stream_desc desc = {.size = sizeof(desc)};
	char why[Y4M_WHY_BYTES], line[Y4M_LINE_BYTES];
	struct iovec iov = {.iov_base = line};
	struct y4m y4m;
	int err = dsi_socket_desc(r->sock, &desc);

	if (err)
		return message_dsi(r->options->name, err, NULL);
	desc.format[DSI_FORMAT_BYTES - 1] = '\0';
	if (!y4m_from_format(desc.format, &y4m, why) ||
	    !y4m_header(&y4m, line)) {
		message_error(r->options->name,
			      "cannot be written as Y4M: its format '%s' %s",
			      desc.format, why);
		return CLI_INCOMPATIBLE;
	}
	r->frame_bytes = y4m_frame_bytes(&y4m);
	iov.iov_len = strlen(line);
	return output_result(r, io_write_all(&r->out, &iov, 1));
}

static int begin_output(struct receiver *r)
{
	int exit_code = output_result(r, io_truncate(&r->out));

	if (exit_code == CLI_OK && r->options->y4m)
		exit_code = write_header(r);
	return exit_code;
}

static int receive_all(struct receiver *r)
{
	int exit_code;

	do {
		exit_code = receive_one(r);
	} while (exit_code == CLI_OK && !r->ended);
	return exit_code;
}

static void print_info(const struct dsi_packet *pkt, uint64_t bytes)
{
	uint32_t flags = dsi_packet_flags(pkt);
	uint64_t time_ns = dsi_packet_time(pkt);

	fprintf(stderr,
		"packet %" PRIu64 " time %" PRIu64 ".%09" PRIu64
		" size %" PRIu64 "%s%s%s\n",
		dsi_packet_number(pkt), time_ns / NS_PER_S, time_ns % NS_PER_S,
		bytes, flags & DSI_PACKET_GAP ? " gap" : "",
		flags & DSI_PACKET_EOS ? " eos" : "",
		flags & DSI_PACKET_DROPPED_BEFORE ? " dropped-before" : "");
}

static int check_frame(struct receiver *r, const struct dsi_packet *pkt)
{
	if (!r->options->y4m || r->payload.bytes == r->frame_bytes)
		return CLI_OK;
	message_error(r->options->name,
		      "packet %" PRIu64 " has %" PRIu64
		      " bytes, but a frame of the stream's format has %" PRIu64,
		      dsi_packet_number(pkt), r->payload.bytes, r->frame_bytes);
	return CLI_INCOMPATIBLE;
}

static int write_payload(struct receiver *r)
{
	static char frame_line[] = "FRAME\n";
	struct payload *payload = &r->payload;
	int skip = r->options->y4m ? 0 : 1;

	payload->iov[0].iov_base = frame_line;
	payload->iov[0].iov_len = sizeof(frame_line) - 1;
	return output_result(r, io_write_all(&r->out, payload->iov + skip,
					     (int)payload->n + 1 - skip));
}

/* Policy reclaim: *out_intact says if there is a copy that can be used. */
static int take_copy(struct receiver *r, const struct dsi_packet *pkt,
		     bool *out_intact)
{
	int err = payload_copy(&r->payload);
	int valid;

	if (err)
		return message_dsi(r->options->name, err, NULL);
	valid = dsi_packet_valid(pkt);
	if (valid < 0)
		return message_dsi(r->options->name, valid, NULL);
	*out_intact = valid != 0;
	r->torn += valid == 0;
	return CLI_OK;
}

static int deliver(struct receiver *r, const struct dsi_packet *pkt)
{
	bool intact = true;
	int exit_code = CLI_OK;

	if (r->options->consumer.policy == DSI_POLICY_RECLAIM)
		exit_code = take_copy(r, pkt, &intact);
	if (exit_code != CLI_OK || !intact)
		return exit_code;
	exit_code = check_frame(r, pkt);
	if (exit_code == CLI_OK)
		exit_code = write_payload(r);
	if (exit_code == CLI_OK)
		r->packets++;
	return exit_code;
}

static int use_packet(struct receiver *r, struct dsi_packet *pkt)
{
	uint32_t flags = dsi_packet_flags(pkt);
	int exit_code = CLI_OK;
	int err = 0;

	r->payload.n = 0;
	r->payload.bytes = 0;
	if (flags & DSI_PACKET_GAP)
		r->gaps++;
	else
		err = payload_locate(&r->payload, pkt);
	if (err)
		return message_dsi(r->options->name, err, NULL);
	if (r->options->info)
		print_info(pkt, r->payload.bytes);
	if (!(flags & (DSI_PACKET_GAP | DSI_PACKET_EOS)) || r->payload.bytes)
		exit_code = deliver(r, pkt);
	if (flags & DSI_PACKET_EOS ||
	    (r->options->count && r->packets == r->options->count))
		r->ended = true;
	return exit_code;
}

static int get_failed(const struct receiver *r, int err)
{
	const char *name = r->options->name;

	if (err == -DSI_ECANCELED && interrupt_signal())
		return CLI_SIGNAL + interrupt_signal();
	if (err == -DSI_EPIPE) {
		message_error(
			NULL,
			"producer of '%s' ended without end of stream after "
			"%" PRIu64 " packets",
			name, r->packets);
		return CLI_FAILURE;
	}
	return message_dsi(name, err, dsi_socket_error(r->sock));
}

static int receive_one(struct receiver *r)
{
	struct dsi_packet *pkt;
	int exit_code;
	int err = packet_wait_get(r->sock, &r->progress, &pkt);

	if (err)
		return get_failed(r, err);
	exit_code = use_packet(r, pkt);
	err = dsi_packet_commit(r->sock, pkt);
	if (err && exit_code == CLI_OK)
		exit_code = message_dsi(r->options->name, err,
					dsi_socket_error(r->sock));
	return exit_code;
}

/* Return: is anything missing in the output? */
static bool report_losses(const struct receiver *r)
{
	struct dsi_socket_stats stats = {.size = sizeof(stats)};
	const char *name = r->options->name;
	uint64_t reclaimed;

	if (dsi_socket_stats(r->sock, &stats))
		return false;
	reclaimed = stats.reclaimed > r->torn ? stats.reclaimed : r->torn;
	if (r->gaps)
		message_note(name, "%" PRIu64 " gaps in the stream", r->gaps);
	if (!stats.dropped && !reclaimed && !stats.expired)
		return false;
	if (r->options->strict)
		message_set_quiet(false);
	message_note(name,
		     "lost %" PRIu64 " packets: %" PRIu64 " dropped, %" PRIu64
		     " reclaimed, %" PRIu64 " expired",
		     stats.dropped + reclaimed + stats.expired, stats.dropped,
		     reclaimed, stats.expired);
	return true;
}

static int leave(struct receiver *r, int exit_code)
{
	bool connected = r->progress.sock != NULL;

	progress_finish(&r->progress);
	interrupt_watch(NULL);
	if (io_close(&r->out) != IO_OK && exit_code == CLI_OK)
		exit_code = output_result(r, IO_FAILED);
	if (connected && report_losses(r) && r->options->strict &&
	    exit_code == CLI_OK)
		exit_code = CLI_LOST;
	dsi_socket_destroy(r->sock);
	payload_fini(&r->payload);
	return exit_code;
}
