/* SPDX-License-Identifier: MIT */
/*
 * outside.c - a program outside of libdsi's tree: both ends of a stream in one
 * process, and one packet through it.
 *
 * Compile with one of
 *   cc outside.c $(pkg-config --cflags --libs dsi)
 *   find_package(dsi) and dsi::dsi
 */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <dsi/dsi.h>

#define SECOND UINT64_C(1000000000)
static const char text[] = "hello from outside";

static int fail(const char *what, int err, struct dsi_socket *sock)
{
	fprintf(stderr, "%s: %s. %s\n", what, dsi_strerror(err),
		sock ? dsi_socket_error(sock) : "");
	return 1;
}

static int send_text(struct dsi_socket *out, uint64_t deadline_ns)
{
	struct dsi_packet *pkt;
	uint32_t size;
	void *data;
	int err = dsi_packet_get(out, deadline_ns, &pkt);

	if (err || (err = dsi_packet_data(pkt, 0, &data, &size)) != 0)
		return err;
	memcpy(data, text, sizeof(text));
	err = dsi_packet_set_size(pkt, sizeof(text));
	return err ? err : dsi_packet_commit(out, pkt);
}

static int receive_text(struct dsi_socket *in, uint64_t deadline_ns)
{
	struct dsi_packet *pkt;
	uint32_t size;
	void *data;
	int same;
	int err = dsi_packet_get(in, deadline_ns, &pkt);

	if (err || (err = dsi_packet_data(pkt, 0, &data, &size)) != 0)
		return err;
	same = size == sizeof(text) && memcmp(data, text, size) == 0;
	err = dsi_packet_commit(in, pkt);
	return same ? err : -DSI_EIO;
}

int main(void)
{
	struct dsi_stream_desc desc = {
		.size = sizeof(desc), .packets = 8, .packet_bytes = 64};
	/* No packet before the consumer is there to see it. */
	struct dsi_producer_options options = {.size = sizeof(options),
					       .wait_consumers = 1};
	struct dsi_socket *out = NULL;
	struct dsi_socket *in = NULL;
	uint64_t deadline_ns = dsi_now() + 10 * SECOND;
	char name[64];
	int err;

	snprintf(name, sizeof(name), "outside-%ld", (long)getpid());
	if ((err = dsi_producer_create(&desc, &options, &out)) != 0 ||
	    (err = dsi_socket_listen(out, name, NULL)) != 0 ||
	    (err = dsi_socket_start(out)) != 0)
		return fail("producer", err, out);
	if ((err = dsi_consumer_create(NULL, &in)) != 0 ||
	    (err = dsi_socket_connect(in, name, deadline_ns)) != 0 ||
	    (err = dsi_socket_start(in)) != 0)
		return fail("consumer", err, in);
	if ((err = send_text(out, deadline_ns)) != 0)
		return fail("send", err, out);
	if ((err = receive_text(in, deadline_ns)) != 0)
		return fail("receive", err, in);

	dsi_socket_destroy(in);
	dsi_socket_destroy(out);
	printf("dsi %s: %s\n", dsi_version(), text);
	return 0;
}
