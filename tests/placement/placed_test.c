/* SPDX-License-Identifier: MIT */
/*
 * placed_test.c - a stream that is placed, as far as this machine and this
 * process may.
 *
 * usage: placed_test bound|unbound|nowhere
 *
 *   bound    the kernel has the policy for every region, also for the one who
 *            only reads it
 *   unbound  it must not be set here: the stream works, and one line said why
 *   nowhere  a node that is not there: likewise
 */
#define _GNU_SOURCE
#include <errno.h>
#include <numaif.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <dsi/dsi.h>

#include "dsi/socket_private.h"

#define PACKETS 64u
#define BYTES 65536u
#define NODE_NOWHERE 1000u

#define CHECK(what)                                                         \
	do {                                                                \
		if (!(what)) {                                              \
			fprintf(stderr, "placed_test.c:%d: %s\n", __LINE__, \
				#what);                                     \
			failed = 1;                                         \
		}                                                           \
	} while (0)

static int failed;

/* The policy of what is mapped there, -1 = cannot be asked. */
static int policy_of(const void *addr)
{
	int mode = -1;

	if (get_mempolicy(&mode, NULL, 0, (void *)(uintptr_t)addr,
			  MPOL_F_ADDR) < 0)
		return -1;
	return mode;
}

static struct dsi_socket *producer(uint32_t node)
{
	struct dsi_stream_desc desc = {.size = sizeof(desc),
				       .packets = PACKETS,
				       .packet_bytes = BYTES};
	struct dsi_producer_options options = {.size = sizeof(options),
					       .placement = DSI_PLACEMENT_NODE,
					       .placement_of = node};
	struct dsi_socket *sock = NULL;

	CHECK(dsi_producer_create(&desc, &options, &sock) == 0);
	return sock;
}

static struct dsi_socket *consumer(uint32_t node, const char *name)
{
	struct dsi_consumer_options options = {.size = sizeof(options),
					       .placement = DSI_PLACEMENT_NODE,
					       .placement_of = node};
	struct dsi_socket *sock = NULL;

	CHECK(dsi_consumer_create(&options, &sock) == 0);
	CHECK(sock && dsi_socket_connect(sock, name, 0) == 0);
	return sock;
}

/* Packets go through, with what was written into them. */
static void flow(struct dsi_socket *out, struct dsi_socket *in)
{
	CHECK(dsi_socket_start(out) == 0 && dsi_socket_start(in) == 0);
	for (uint32_t i = 0; i < 3 * PACKETS && !failed; i++) {
		uint64_t deadline = dsi_now() + UINT64_C(30000000000);
		struct dsi_packet *packet;
		uint32_t bytes;
		void *data;

		CHECK(dsi_packet_get(out, deadline, &packet) == 0);
		CHECK(dsi_packet_data(packet, 0, &data, &bytes) == 0);
		memset(data, (int)i, BYTES);
		CHECK(dsi_packet_set_size(packet, BYTES) == 0);
		CHECK(dsi_packet_commit(out, packet) == 0);
		CHECK(dsi_packet_get(in, deadline, &packet) == 0);
		CHECK(dsi_packet_data(packet, 0, &data, &bytes) == 0);
		CHECK(bytes == BYTES);
		CHECK(((unsigned char *)data)[BYTES - 1] == (i & 255));
		CHECK(dsi_packet_commit(in, packet) == 0);
	}
}

static void check_policies(const struct dsi_socket *out,
			   const struct dsi_socket *in, int wanted)
{
	/* The producer's regions as it sees them, and as the consumer does,
	 * which has mapped them to read. */
	CHECK(policy_of(out->control.addr) == wanted);
	CHECK(policy_of(out->data.addr) == wanted);
	CHECK(policy_of(in->control.addr) == wanted);
	CHECK(policy_of(in->data.addr) == wanted);
	CHECK(policy_of(in->signal.addr) == wanted);
	CHECK(policy_of(in->page.addr) == wanted);
}

/* Everything that was written to stderr meanwhile. */
static size_t lines_in(FILE *errors, char *text, size_t bytes)
{
	size_t n, lines = 0;

	rewind(errors);
	n = fread(text, 1, bytes - 1, errors);
	text[n] = '\0';
	for (const char *at = text; (at = strstr(at, "dsi: placement: ")); at++)
		lines++;
	return lines;
}

int main(int argc, char **argv)
{
	int bound = argc == 2 && strcmp(argv[1], "bound") == 0;
	int nowhere = argc == 2 && strcmp(argv[1], "nowhere") == 0;
	uint32_t node = nowhere ? NODE_NOWHERE : 0;
	FILE *errors = tmpfile();
	int stderr_was = dup(STDERR_FILENO);
	struct dsi_socket *out, *in;
	char name[64], text[4096];
	size_t lines;

	if (!errors || stderr_was < 0 || argc != 2)
		return 2;
	if (bound && policy_of(NULL) < 0 && errno == ENOSYS) {
		printf("skipped: this kernel has no memory policies\n");
		return 77;
	}
	snprintf(name, sizeof(name), "placed-%d", (int)getpid());
	dup2(fileno(errors), STDERR_FILENO);
	out = producer(node);
	if (out)
		CHECK(dsi_socket_listen(out, name, NULL) == 0);
	in = consumer(node, name);
	if (!failed)
		flow(out, in);
	if (!failed && bound)
		check_policies(out, in, MPOL_PREFERRED);
	dsi_socket_destroy(in);
	dsi_socket_destroy(out);
	/* A second stream has nothing new to say. */
	out = producer(node);
	dsi_socket_destroy(out);
	fflush(stderr);
	dup2(stderr_was, STDERR_FILENO);
	lines = lines_in(errors, text, sizeof(text));
	CHECK(lines == (bound ? 0 : 1));
	if (!bound && !nowhere)
		CHECK(strstr(text, "sandbox"));
	if (nowhere)
		CHECK(strstr(text, "node:1000: the node that was asked for"));
	if (failed)
		fputs(text, stderr);
	return failed;
}
