/* SPDX-License-Identifier: MIT */
/* fault_scenes.c - see fault_scenes.h. */
#define _GNU_SOURCE
#include "tests/faults/fault_scenes.h"

#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include <dsi/dsi.h>
#include <dsi/placement.h>
#include <dsi/regions.h>
#include <dsi/watch.h>

#include "tests/faults/fault_calls.h"
#include "tests/unit/must.h"

/* ---- is the code one of those that the header names? --------------------- */

#define ANY_CODE (-9999)
#define CODES_MAX 32u

static const struct {
	const char *function;
	int codes[CODES_MAX];
} documented[] = {
#include "documented.inc"
};

static char wrong[160];

const char *said_wrong(void)
{
	return wrong[0] ? wrong : NULL;
}

static int is_documented(const char *function, int err)
{
	size_t i = 0;

	while (i < sizeof(documented) / sizeof(documented[0]) &&
	       strcmp(documented[i].function, function) != 0)
		i++;
	if (i == sizeof(documented) / sizeof(documented[0]))
		return 0;
	for (uint32_t k = 0; k < CODES_MAX; k++)
		if (documented[i].codes[k] == err ||
		    (documented[i].codes[k] == ANY_CODE &&
		     strcmp(dsi_strerror(err), "unknown error") != 0))
			return 1;
	return 0;
}

int said(const char *function, int err)
{
	if (err < 0 && !is_documented(function, err) && !wrong[0])
		(void)snprintf(wrong, sizeof(wrong),
			       "%s() returned %d (%s), not documented",
			       function, err, dsi_strerror(err));
	return err;
}

#define SAID(function, arguments) said(#function, function arguments)

static void nap(void)
{
	const struct timespec span = {.tv_nsec = 200000};

	(void)nanosleep(&span, NULL);
}

/* ---- a producer by itself ------------------------------------------------ */

static struct dsi_stream_desc small(void)
{
	return (struct dsi_stream_desc){
		.size = sizeof(struct dsi_stream_desc),
		.packets = 8,
		.packet_bytes = 512,
		.max_sg = 2,
	};
}

static int offer(const struct dsi_producer_options *options,
		 struct dsi_socket **out_sock)
{
	const struct dsi_stream_desc desc = small();
	int err = SAID(dsi_producer_create, (&desc, options, out_sock));

	if (err)
		return err;
	err = SAID(dsi_socket_listen, (*out_sock, SUBJECT, NULL));
	if (!err)
		err = SAID(dsi_socket_start, (*out_sock));
	if (err)
		dsi_socket_destroy(*out_sock);
	return err;
}

static int listen_attempt(uint64_t patience_ns)
{
	struct dsi_socket *sock;
	int err = offer(NULL, &sock);

	(void)patience_ns;
	if (!err)
		dsi_socket_destroy(sock);
	return err;
}

/* One for each attempt: what was imported is sealed. */
static int brought[2];
static uint32_t used;

static void bring(void)
{
	for (int i = 0; i < 2; i++) {
		brought[i] = memfd_create("brought",
					  MFD_CLOEXEC | MFD_ALLOW_SEALING);
		MUST(brought[i] >= 0);
		MUST_BE(ftruncate(brought[i], 65536), 0);
	}
}

static int import_attempt(uint64_t patience_ns)
{
	const struct dsi_producer_options options = {
		.size = sizeof(options),
		.flags = DSI_PRODUCER_DATA_FD,
		.data_fd = brought[used++],
	};
	struct dsi_socket *sock;
	int err = offer(&options, &sock);

	(void)patience_ns;
	if (!err)
		dsi_socket_destroy(sock);
	return err;
}

/* ---- a producer with consumers, watchers, and who asks ------------------- */

static int serve(struct dsi_socket *sock, uint64_t deadline_ns)
{
	struct dsi_packet *pkt;
	int err = 0;

	for (uint32_t i = 0; !err && i < 12; i++) {
		err = SAID(dsi_packet_get, (sock, deadline_ns, &pkt));
		if (!err)
			err = SAID(dsi_packet_commit, (sock, pkt));
	}
	return err ? err : SAID(dsi_socket_drain, (sock, deadline_ns));
}

static int stream_attempt(uint64_t patience_ns)
{
	const struct dsi_producer_options options = {
		.size = sizeof(options),
		.wait_consumers = 1,
	};
	struct dsi_socket *sock;
	int err = offer(&options, &sock);

	if (err)
		return err;
	err = serve(sock, dsi_now() + patience_ns);
	if (!err)
		err = SAID(dsi_socket_stop, (sock));
	dsi_socket_destroy(sock);
	return err;
}

/* ---- a consumer ---------------------------------------------------------- */

static int join(const struct dsi_consumer_options *options,
		uint64_t deadline_ns, struct dsi_socket **out_sock)
{
	int err = SAID(dsi_consumer_create, (options, out_sock));

	if (err)
		return err;
	err = SAID(dsi_socket_connect, (*out_sock, PEER, deadline_ns));
	if (!err)
		err = SAID(dsi_socket_start, (*out_sock));
	if (!err)
		return 0;
	dsi_socket_destroy(*out_sock);
	*out_sock = NULL;
	return err;
}

static int take(struct dsi_socket *sock, uint64_t deadline_ns)
{
	struct dsi_packet *pkt;
	int err = 0;

	for (uint32_t i = 0; !err && i < 3; i++) {
		err = SAID(dsi_packet_get, (sock, deadline_ns, &pkt));
		if (!err)
			err = SAID(dsi_packet_commit, (sock, pkt));
	}
	return err;
}

static int consume(const struct dsi_consumer_options *options,
		   uint64_t patience_ns)
{
	uint64_t deadline = dsi_now() + patience_ns;
	struct dsi_socket *sock;
	int err = join(options, deadline, &sock);

	if (err)
		return err;
	err = take(sock, deadline);
	dsi_socket_destroy(sock);
	return err;
}

static int connect_attempt(uint64_t patience_ns)
{
	return consume(NULL, patience_ns);
}

/* With a ring of its own, and buffers for copies. */
static int copy_attempt(uint64_t patience_ns)
{
	const struct dsi_consumer_options options = {
		.size = sizeof(options),
		.flags = DSI_CONSUMER_COPY,
		.policy = DSI_POLICY_DROP_NEW,
		.hold_packets = 2,
		.max_packet_bytes = 4096,
		.queue_packets = 4,
	};

	return consume(&options, patience_ns);
}

/* ---- select -------------------------------------------------------------- */

/* More than one wait of the port has words for, so that bells are used. */
#define MANY 130u

static int look(struct dsi_event_source *sources, uint32_t n, uint64_t deadline)
{
	int n_ready = said("dsi_select", (int)dsi_select(sources, n, deadline));

	return n_ready < 0 ? n_ready : 0;
}

static int select_attempt(uint64_t patience_ns)
{
	uint64_t deadline = dsi_now() + patience_ns;
	struct dsi_event_source sources[MANY] = {{0}};
	struct dsi_socket *socks[2] = {NULL, NULL};
	int err = 0;

	for (uint32_t i = 0; !err && i < 2; i++)
		err = join(NULL, deadline, &socks[i]);
	for (uint32_t i = 0; i < MANY; i++) {
		sources[i].socket = socks[i % 2u];
		sources[i].mask = DSI_EVENT_ERROR;
	}
	/* By words, by more words than the stack has, by bells. */
	for (uint32_t n = 2; !err && n <= MANY; n += (MANY - 2u) / 2u) {
		err = look(sources, n, dsi_now() + 1000000u);
		if (err == -DSI_ETIMEDOUT)
			err = 0;
	}
	sources[0].mask = DSI_EVENT_DATA;
	if (!err)
		err = look(sources, 1, deadline);
	if (!err) {
		err = said("dsi_socket_fd", dsi_socket_fd(socks[0]));
		err = err < 0 ? err : 0;
	}
	for (uint32_t i = 0; i < 2; i++)
		dsi_socket_destroy(socks[i]);
	return err;
}

/* ---- who only looks ------------------------------------------------------ */

static void see_name(void *user, const char *name,
		     const struct dsi_name_info *info)
{
	(void)user;
	(void)name;
	(void)info;
}

static void see_plain(void *user, const char *name)
{
	(void)user;
	(void)name;
}

static void see_region(void *user, const struct dsi_region_info *info)
{
	(void)user;
	(void)info;
}

static int watch_it(uint64_t deadline_ns)
{
	struct dsi_watch_info info = {.size = sizeof(info)};
	struct dsi_watch *watch;
	int err = SAID(dsi_watch_open, (PEER, deadline_ns, &watch));

	if (err)
		return err;
	err = SAID(dsi_watch_update, (watch));
	if (!err)
		err = SAID(dsi_watch_read, (watch, 0, &info));
	dsi_watch_close(watch);
	return err;
}

static int look_attempt(uint64_t patience_ns)
{
	uint64_t deadline = dsi_now() + patience_ns;
	int err = watch_it(deadline);
	int n;

	if (err)
		return err;
	n = SAID(dsi_watch_names, (see_plain, NULL));
	if (n >= 0)
		n = SAID(dsi_names, (see_name, NULL, deadline));
	if (n >= 0)
		n = SAID(dsi_regions, (PEER, deadline, see_region, NULL));
	return n < 0 ? n : 0;
}

/* ---- components and control applications --------------------------------- */

static int component_attempt(uint64_t patience_ns)
{
	uint64_t deadline = dsi_now() + patience_ns;
	uint32_t before = component_starts();
	int err;
	struct dsi_component *component = make_component(SUBJECT_PART, &err);

	if (!component)
		return err;
	while (component_starts() == before && dsi_now() < deadline)
		nap();
	if (component_starts() == before)
		err = -DSI_ETIMEDOUT;
	dsi_component_destroy(component);
	return err;
}

static int steer(struct dsi_stream *stream, uint64_t deadline_ns)
{
	struct dsi_socket_stats stats = {.size = sizeof(stats)};
	struct dsi_event_source source = {.stream = stream,
					  .mask = DSI_EVENT_ERROR};
	int err = SAID(dsi_stream_start, (stream, deadline_ns));

	if (err)
		return err;
	err = look(&source, 1, dsi_now() + 1000000u);
	if (err && err != -DSI_ETIMEDOUT)
		return err;
	err = SAID(dsi_stream_stats, (stream, 0, deadline_ns, &stats));
	return err ? err : SAID(dsi_stream_stop, (stream, deadline_ns));
}

static int control(const struct dsi_endpoint *from,
		   const struct dsi_endpoint *to, uint64_t patience_ns)
{
	uint64_t deadline = dsi_now() + patience_ns;
	struct dsi_stream *stream;
	int err =
		SAID(dsi_stream_create, (NULL, from, to, 1, deadline, &stream));

	if (!err)
		err = steer(stream, deadline);
	dsi_stream_destroy(stream);
	return err;
}

static int control_attempt(uint64_t patience_ns)
{
	const struct dsi_endpoint from = {.size = sizeof(from),
					  .component = PEER_SOURCE};
	const struct dsi_endpoint to = {.size = sizeof(to),
					.component = PEER_SINK};

	return control(&from, &to, patience_ns);
}

/* All three in one process. */
static int local_attempt(uint64_t patience_ns)
{
	struct dsi_endpoint from = {.size = sizeof(from)};
	struct dsi_endpoint to = {.size = sizeof(to)};
	int err;

	from.local = make_component(NULL, &err);
	if (!from.local)
		return err;
	to.local = make_component(NULL, &err);
	if (to.local)
		err = control(&from, &to, patience_ns);
	dsi_component_destroy(to.local);
	dsi_component_destroy(from.local);
	return err;
}

/* ---- placement ----------------------------------------------------------- */

#ifdef FAULT_PLACEMENT
static int area_of(uint32_t pages)
{
	const struct dsi_nodes first = {{1}};
	char why[200];
	int32_t fd;
	void *memory;
	int err = SAID(dsi_memory_area, (65536, pages, &first, DSI_BIND_PREFER,
					 &fd, why, sizeof(why)));

	if (err)
		return err;
	memory = mmap(NULL, 65536, PROT_READ, MAP_SHARED, fd, 0);
	(void)close(fd);
	if (memory == MAP_FAILED)
		return -DSI_ENOMEM;
	err = SAID(dsi_memory_lock, (memory, 65536, why, sizeof(why)));
	(void)munmap(memory, 65536);
	return err;
}

static int place_attempt(uint64_t patience_ns)
{
	const struct dsi_producer_options options = {
		.size = sizeof(options),
		.placement = DSI_PLACEMENT_NODE,
	};
	struct dsi_socket *sock;
	int err = offer(&options, &sock);

	(void)patience_ns;
	if (err)
		return err;
	dsi_socket_destroy(sock);
	return area_of(DSI_PAGES_NORMAL);
}
#endif

const struct fault_scene fault_scenes[] = {
	{"create, listen, close", NULL, listen_attempt, NULL, 0},
	{"the caller's data area", bring, import_attempt, NULL, 0},
#ifdef FAULT_PLACEMENT
	{"placement, lock", NULL, place_attempt, NULL, 0},
#endif
	{"stream: producer", NULL, stream_attempt, peer_consumer, 0},
	{"stream: consumer", NULL, connect_attempt, peer_producer, 1},
	{"stream: copies", NULL, copy_attempt, peer_producer, 1},
	{"select", NULL, select_attempt, peer_producer, 1},
	{"watch, names, regions", NULL, look_attempt, peer_producer, 1},
	{"component", NULL, component_attempt, peer_control, 0},
	{"control application", NULL, control_attempt, peer_components, 2},
	{"all in one process", NULL, local_attempt, NULL, 0},
};
const uint32_t fault_n_scenes = sizeof(fault_scenes) / sizeof(fault_scenes[0]);
