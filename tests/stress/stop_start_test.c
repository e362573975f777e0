/* SPDX-License-Identifier: MIT */
/*
 * stop_start_test.c - a socket is stopped, started and aborted while its
 * work thread gets packets.
 *
 * Between two states there is no third: get() gives a packet or says
 * -DSI_ECANCELED.
 */
#define _GNU_SOURCE
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

#include <dsi/dsi.h>

#include "tests/unit/must.h"

#define NAME "stop"
#define ROUNDS 100000u
#define SOCKETS 50u

static _Atomic uint32_t entered;
static _Atomic uint32_t leave;

static void *get_and_discard(void *arg)
{
	struct dsi_socket *sock = arg;

	while (!atomic_load(&leave)) {
		struct dsi_packet *pkt;
		int err = dsi_packet_get(sock, 0, &pkt);

		atomic_store(&entered, 1);
		if (err == 0)
			MUST_BE(dsi_packet_discard(sock, pkt), 0);
		else
			MUST_BE(err, -DSI_ECANCELED);
	}
	return NULL;
}

int main(void)
{
	const struct dsi_stream_desc desc = {
		.size = sizeof(desc),
		.packets = 4,
		.packet_bytes = 64,
	};
	char folder[] = "/tmp/dsi-stop-XXXXXX";

	MUST(mkdtemp(folder));
	MUST_BE(setenv("DSI_RUNTIME_DIR", folder, 1), 0);
	for (uint32_t i = 0; i < SOCKETS; i++) {
		struct dsi_socket *sock;
		pthread_t thread;

		atomic_store(&entered, 0);
		atomic_store(&leave, 0);
		MUST_BE(dsi_producer_create(&desc, NULL, &sock), 0);
		MUST_BE(dsi_socket_listen(sock, NAME, NULL), 0);
		MUST_BE(dsi_socket_start(sock), 0);
		MUST_BE(pthread_create(&thread, NULL, get_and_discard, sock),
			0);
		while (!atomic_load(&entered))
			(void)sched_yield();
		for (uint32_t k = 0; k < ROUNDS / SOCKETS; k++) {
			MUST_BE(dsi_socket_stop(sock), 0);
			if (k % 16u == 0)
				(void)sched_yield();
			MUST_BE(dsi_socket_start(sock), 0);
			if (k % 8u == 0)
				MUST_BE(dsi_packet_get_abort(sock), 0);
		}
		atomic_store(&leave, 1);
		MUST_BE(pthread_join(thread, NULL), 0);
		dsi_socket_destroy(sock);
	}
	MUST_BE(rmdir(folder), 0);
	printf("%u times stopped and started\n", ROUNDS / SOCKETS * SOCKETS);
	return 0;
}
