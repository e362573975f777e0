/* SPDX-License-Identifier: MIT */
/*
 * worker.c - a process that serves one component and moves its packets.
 */
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "worker.h"

void worker_fail(struct worker *worker, const char *what, const char *why)
{
	struct worker_report *report = &worker->report;

	if (report->why[0] != '\0')
		return;
	snprintf(report->why, sizeof(report->why), "%s%s%s", what ? what : "",
		 what ? ": " : "", why);
}

void worker_lost(struct worker *worker, const char *what, int err)
{
	if (!atomic_load(&worker->quit) && err != -DSI_ECANCELED)
		worker_fail(worker, what, dsi_strerror(err));
}

void worker_observe(struct worker *worker, const struct dsi_packet *pkt)
{
	uint64_t now_ns = dsi_now();
	uint64_t sent_ns = dsi_packet_time(pkt);

	if (dsi_packet_flags(pkt) & DSI_PACKET_DROPPED_BEFORE)
		worker->report.skipped++;
	if (!(dsi_packet_flags(pkt) & DSI_PACKET_EOS))
		hop_latency_add(&worker->latency,
				now_ns > sent_ns ? now_ns - sent_ns : 0);
}

/* One write of less than PIPE_BUF bytes arrives whole. */
static void send_report(struct worker *worker)
{
	static const uint32_t percent[3] = {50, 90, 99};
	struct worker_report *report = &worker->report;
	uint32_t i;

	for (i = 0; i < 3; i++)
		report->latency_ns[i] =
			hop_latency_percentile(&worker->latency, percent[i]);
	report->latency_ns[3] = worker->latency.max_ns;
	if (write(worker->report_fd, report, sizeof(*report)) !=
	    (ssize_t)sizeof(*report))
		perror("report");
	close(worker->report_fd);
}

static void *work_thread(void *arg)
{
	struct worker *worker = arg;

	worker->role->run(worker);
	send_report(worker);
	return NULL;
}

/* --- the component's callbacks, all on the thread that serves it --- */

static int on_open(void *user, const struct dsi_open_request *request,
		   struct dsi_socket **out_sock)
{
	struct worker *worker = user;
	uint32_t slot;
	int err = worker->role->open(worker, request, out_sock, &slot);

	if (err == 0)
		worker->sock[slot] = *out_sock;
	return err;
}

static int on_start(void *user, struct dsi_socket *sock)
{
	struct worker *worker = user;

	(void)sock;
	worker->started++;
	if (worker->started < worker->role->n_sockets)
		return 0;
	if (pthread_create(&worker->thread, NULL, work_thread, worker) != 0)
		return -DSI_ENOMEM;
	worker->thread_runs = 1;
	return 0;
}

/* Whichever socket is stopped first ends the work thread, which may be
 * waiting in another one. */
static int on_stop(void *user, struct dsi_socket *sock)
{
	struct worker *worker = user;
	uint32_t i;

	(void)sock;
	if (!worker->thread_runs)
		return 0;
	atomic_store(&worker->quit, 1);
	for (i = 0; i < WORKER_SOCKETS; i++) {
		if (worker->sock[i])
			(void)dsi_socket_stop(worker->sock[i]);
	}
	pthread_join(worker->thread, NULL);
	worker->thread_runs = 0;
	return 0;
}

static void on_close(void *user, struct dsi_socket *sock)
{
	struct worker *worker = user;
	uint32_t i, left = 0;

	on_stop(user, sock);
	for (i = 0; i < WORKER_SOCKETS; i++) {
		if (worker->sock[i] == sock)
			worker->sock[i] = NULL;
		else if (worker->sock[i])
			left++;
	}
	dsi_socket_destroy(sock);
	if (left == 0)
		dsi_component_shutdown(worker->component);
}

/* Asked to leave, or the control application died: leave in order, so that
 * no name stays behind. */
static struct dsi_component *served;

static void on_terminate(int sig)
{
	(void)sig;
	dsi_component_shutdown(served);
}

int worker_main(struct worker *worker, const char *name)
{
	const struct dsi_component_ops ops = {
		.size = sizeof(ops),
		.open = on_open,
		.start = on_start,
		.stop = on_stop,
		.close = on_close,
	};
	int err;

	/* Ctrl-C goes to all processes of a terminal.  The control
	 * application takes it and ends the others in order; it may also die
	 * before it has read the report. */
	signal(SIGINT, SIG_IGN);
	signal(SIGPIPE, SIG_IGN);
	err = dsi_component_create(name, NULL, &ops, worker, 0,
				   &worker->component);
	served = worker->component;
	signal(SIGTERM, on_terminate);
	while (err == 0 || err == -DSI_ETIMEDOUT)
		err = dsi_component_serve(worker->component, DSI_FOREVER);
	dsi_component_destroy(worker->component);
	if (err != -DSI_ECANCELED) {
		fprintf(stderr, "%s: %s\n", name, dsi_strerror(err));
		return 1;
	}
	return worker->report.why[0] == '\0' ? 0 : 1;
}
