/* SPDX-License-Identifier: MIT */
/*
 * socket.c - the endpoint: create, listen or connect, start, stop, close.
 *
 * Place in the data flow: stream|component -> SOCKET -> handshake -> data
 * plane.  Contracts: include/dsi/socket.h; threads: socket_private.h.
 */
#include <string.h>

#include "dsi/access.h"
#include "dsi/need.h"
#include "dsi/socket_private.h"
#include "dsi/traffic.h"
#include "dsi/wire.h"

/* A live producer answers in no time; who does not is stopped or hostile. */
#define ANSWER_NS UINT64_C(5000000000)

static struct dsi_socket *socket_of_notice(struct dsi_port_source *source)
{
	return (struct dsi_socket *)(void *)((char *)source -
					     offsetof(struct dsi_socket,
						      notice));
}

/* ---- errors -------------------------------------------------------------- */

struct dsi_text dsi__socket_say(struct dsi_socket *sock)
{
	return dsi__text(sock->error, sizeof(sock->error));
}

int dsi__socket_fail(struct dsi_socket *sock, int err, const char *sentence)
{
	struct dsi_text text = dsi__socket_say(sock);

	dsi__text_add(&text, sentence);
	return err;
}

/* "connect: not possible: already connected" */
static int wrong_state(struct dsi_socket *sock, int err, const char *what)
{
	struct dsi_text text = dsi__socket_say(sock);

	dsi__text_add(&text, what);
	dsi__text_add(&text, ": not possible in state '");
	dsi__text_add(&text, dsi_state_name(dsi__state_now(&sock->state)));
	dsi__text_add(&text, "'");
	return err;
}

const char *dsi_socket_error(const struct dsi_socket *sock)
{
	return sock ? sock->error : "";
}

/* ---- what the data plane and the monitor have to say --------------------- */

/* On the monitor's thread: tear down what ended, act on failure. */
static void notice_ready(struct dsi_port_source *source, uint32_t why)
{
	struct dsi_socket *sock = socket_of_notice(source);
	struct dsi_link *link;

	(void)why;
	if (sock->plane.role == DSI_ROLE_PRODUCER) {
		dsi__producer_reap(sock);
		return;
	}
	if (dsi__plane_flags(&sock->plane) & DSI_PLANE_FAILED)
		(void)dsi__socket_do(sock, DSI_DO_FAIL);
	link = sock->links;
	if (!link)
		return;
	/* A failed socket hangs up: the producer gets its packets back. */
	dsi__link_unwatch(link);
	dsi__link_hang_up(link, 0);
}

/* On the work thread. */
static void take_notice(struct dsi_data_plane *plane, int work)
{
	struct dsi_socket *sock = (struct dsi_socket *)(void *)plane;

	if (work && sock->monitor)
		dsi_port_loop_kick(sock->monitor, &sock->notice);
	if (sock->observer_loop)
		dsi_port_loop_kick(sock->observer_loop, sock->observer);
}

static void bell_kicked(struct dsi_port_source *source, uint32_t why)
{
	(void)source;
	(void)why;
}

/* ---- create -------------------------------------------------------------- */

static int create(uint32_t role, uint32_t placement, uint32_t placement_of,
		  struct dsi_socket **out_sock)
{
	struct dsi_socket *sock;
	int err;

	if (placement > DSI_PLACEMENT_LIKE || placement_of > INT32_MAX)
		return -DSI_EINVAL;
	sock = dsi_port_alloc(sizeof(*sock));
	if (!sock)
		return -DSI_ENOMEM;
	sock->plane.role = role;
	sock->plane.notice = take_notice;
	sock->plane.bell_kick.ready = bell_kicked;
	sock->plane.bell_kick.handle = -1;
	sock->plane.bell_kick.deadline_ns = DSI_FOREVER;
	sock->notice.ready = notice_ready;
	sock->notice.handle = -1;
	sock->notice.deadline_ns = DSI_FOREVER;
	sock->control.handle = -1;
	sock->data.handle = -1;
	sock->signal.handle = -1;
	sock->page.handle = -1;
	dsi_port_placement_init(&sock->placement, placement, placement_of);
	dsi_port_placement_begin(&sock->placement);
	err = dsi_port_region_create(&sock->stats, sizeof(struct dsi_shm_stats),
				     DSI_PORT_READ);
	dsi_port_placement_end();
	if (err) {
		dsi_port_free(sock);
		return err;
	}
	sock->plane.stats = sock->stats.addr;
	dsi__stats_init(sock->plane.stats, role);
	dsi__trace_create(sock);
	*out_sock = sock;
	return 0;
}

static void write_header(struct dsi_socket *sock)
{
	struct dsi_trace_open *open = &sock->plane.trace.open;
	struct dsi_shm_header header = {
		.magic = DSI_SHM_MAGIC,
		.abi_major = DSI_SHM_ABI_MAJOR,
		.abi_minor = DSI_SHM_ABI_MINOR,
		.header_bytes = sizeof(header),
		.endian = DSI_SHM_ENDIAN,
		.cacheline_bytes = DSI_CACHELINE,
		.ring_slots = sock->desc.ring_slots,
		.max_sg = sock->desc.max_sg,
		.ring_offset = DSI_SHM_PAGE_HEAD,
		.data_bytes = sock->desc.data_bytes,
		.stream_id = dsi__trace_new_stream(open->endpoint),
	};

	open->stream = header.stream_id;
	memcpy(sock->control.addr, &header, sizeof(header));
}

static int make_regions(struct dsi_socket *sock)
{
	const struct dsi_producer_options *options = &sock->producer_options;
	struct dsi_stream_desc *desc = &sock->desc;
	uint32_t share = desc->flags & DSI_STREAM_WRITABLE ? DSI_PORT_WRITE
							   : DSI_PORT_READ;
	int err;

	if (options->flags & DSI_PRODUCER_DATA_FD)
		err = dsi_port_region_import(&sock->data, options->data_fd,
					     desc->data_bytes, share);
	else
		err = dsi_port_region_create(&sock->data, desc->data_bytes,
					     share);
	if (err)
		return err;
	if ((desc->flags & DSI_STREAM_PHYS) && !sock->data.physical)
		return -DSI_ENOTSUP;
	desc->data_bytes = sock->data.bytes;
	err = dsi_port_region_create(
		&sock->control,
		dsi__control_bytes(desc->ring_slots, desc->max_sg),
		DSI_PORT_READ);
	if (!err)
		write_header(sock);
	return err;
}

static int set_up_plane(struct dsi_socket *sock)
{
	struct dsi_data_plane *plane = &sock->plane;
	const struct dsi_stream_desc *desc = &sock->desc;
	struct dsi_producer *producer = &plane->as.producer;
	int err;

	plane->stream_flags = desc->flags;
	plane->packets = desc->packets;
	plane->packet_bytes = desc->packet_bytes;
	plane->slot_stride = dsi__desc_stride(desc);
	plane->lifetime_ns = desc->lifetime_ns;
	plane->data = sock->data.addr;
	plane->data_bytes = desc->data_bytes;
	plane->physical = sock->data.physical;
	plane->spin_ns = sock->producer_options.spin_ns;
	dsi__ring_attach(&producer->ring,
			 (char *)sock->control.addr + DSI_SHM_PAGE_HEAD,
			 desc->ring_slots, desc->max_sg);
	producer->limit = DSI_POSITION_MAX;
	producer->cool = dsi__producer_cool(plane->slot_stride, desc->packets);
	producer->half = dsi__producer_half(plane->slot_stride, desc->packets);
	producer->wait_consumers = sock->producer_options.wait_consumers;
	err = dsi__packet_table_init(&plane->table, plane, desc->packets,
				     desc->max_sg);
	if (!err && (desc->flags & DSI_STREAM_MAP))
		dsi__transfer_begin_lending(plane, &sock->data);
	return err;
}

/* Our own copies of what the application gives, checked. */
static int copy_options(struct dsi_socket *sock,
			const struct dsi_stream_desc *desc,
			const struct dsi_producer_options *opts)
{
	struct dsi_producer_options *options = &sock->producer_options;
	int err = dsi__options_copy(options, opts, sizeof(*options));

	if (!err && ((options->flags & ~DSI_PRODUCER_DATA_FD) ||
		     options->wait_consumers > DSI_MAX_CONSUMERS ||
		     options->n_readers > DSI_MAX_CONSUMERS))
		err = -DSI_EINVAL;
	if (!err)
		err = dsi__options_copy(&sock->desc, desc, sizeof(sock->desc));
	if (!err && !sock->desc.packets) {
		err = dsi_stream_desc_size(&sock->desc, options->readers,
					   options->n_readers, NULL, 0);
		if (!err)
			err = dsi_stream_desc_check(&sock->desc, NULL, 0);
	}
	options->readers = NULL; /* the application's, and used */
	options->n_readers = 0;
	return err;
}

int dsi_producer_create(const struct dsi_stream_desc *desc,
			const struct dsi_producer_options *opts,
			struct dsi_socket **out_sock)
{
	struct dsi_producer_options options;
	struct dsi_socket *sock;
	int err;

	if (!out_sock || dsi__options_copy(&options, opts, sizeof(options)))
		return -DSI_EINVAL;
	err = dsi_stream_desc_check(desc, NULL, 0);
	if (err)
		return err;
	err = create(DSI_ROLE_PRODUCER, options.placement, options.placement_of,
		     &sock);
	if (err)
		return err;
	err = copy_options(sock, desc, &options);
	if (!err) {
		dsi__desc_resolve(&sock->desc);
		dsi_port_placement_begin(&sock->placement);
		err = make_regions(sock);
		dsi_port_placement_end();
	}
	if (!err)
		err = set_up_plane(sock);
	if (err) {
		dsi_socket_destroy(sock);
		return err;
	}
	*out_sock = sock;
	return 0;
}

int dsi_consumer_create(const struct dsi_consumer_options *opts,
			struct dsi_socket **out_sock)
{
	struct dsi_text none = dsi__text(NULL, 0);
	struct dsi_consumer_options options;
	struct dsi_socket *sock;
	struct dsi_wish wish;
	int err;

	if (!out_sock || dsi__options_copy(&options, opts, sizeof(options)))
		return -DSI_EINVAL;
	dsi__wish_from_options(&wish, &options);
	if (dsi__wish_check(&wish, &none))
		return -DSI_EINVAL;
	err = create(DSI_ROLE_CONSUMER, options.placement, options.placement_of,
		     &sock);
	if (err)
		return err;
	sock->consumer_options = options;
	/* What the port made of it is what the producer is told. */
	sock->consumer_options.placement = sock->placement.policy;
	sock->consumer_options.placement_of = sock->placement.of;
	sock->plane.spin_ns = options.spin_ns;
	*out_sock = sock;
	return 0;
}

/* ---- connect ------------------------------------------------------------- */

static int get_monitor(struct dsi_socket *sock)
{
	int err;

	if (sock->monitor)
		return 0;
	err = dsi_port_monitor_get(&sock->monitor);
	if (err) {
		sock->monitor = NULL;
		return dsi__socket_fail(sock, err,
					"could not start the monitor thread");
	}
	err = dsi_port_loop_add(sock->monitor, &sock->notice);
	if (err) {
		dsi_port_monitor_put(sock->monitor);
		sock->monitor = NULL;
	}
	return err;
}

/* For who watches.  Another thread may change the state meanwhile: the last
 * one stands. */
static void show_state(struct dsi_socket *sock)
{
	uint32_t now;

	do {
		now = dsi__state_now(&sock->state);
		/* relaxed: for statistics. */
		atomic_store_explicit(&sock->plane.stats->state, now,
				      memory_order_relaxed);
	} while (now != dsi__state_now(&sock->state));
}

int dsi__socket_do(struct dsi_socket *sock, enum dsi_operation operation)
{
	uint32_t from = dsi__state_now(&sock->state);
	int err;

	err = dsi__state_do(&sock->state, operation);
	if (err)
		return err;
	show_state(sock);
	if (operation == DSI_DO_CONNECT)
		dsi__trace_open(sock);
	dsi__trace_state(sock, from);
	switch (operation) {
	case DSI_DO_CONNECT:
		dsi__plane_tell(&sock->plane, DSI_PLANE_CONNECTED, 0);
		break;
	case DSI_DO_START:
		dsi__plane_tell(&sock->plane, DSI_PLANE_RUNNING,
				DSI_PLANE_STOPPED);
		break;
	case DSI_DO_STOP:
		dsi__plane_tell(&sock->plane, DSI_PLANE_STOPPED,
				DSI_PLANE_RUNNING);
		break;
	case DSI_DO_CLOSE:
		dsi__plane_tell(&sock->plane, DSI_PLANE_CLOSED,
				DSI_PLANE_RUNNING | DSI_PLANE_CONNECTED);
		break;
	case DSI_DO_FAIL:
		dsi__plane_tell(&sock->plane, DSI_PLANE_FAILED, 0);
		break;
	case DSI_N_OPERATIONS:
		break;
	}
	dsi__plane_raise(&sock->plane, DSI_EVENT_STATE, 1);
	if (operation == DSI_DO_CONNECT &&
	    sock->plane.role == DSI_ROLE_CONSUMER)
		dsi__plane_raise(&sock->plane, DSI_EVENT_PEER_JOINED, 1);
	return 0;
}

/* Everything that can be wrong before anything changes. */
static int may_connect(struct dsi_socket *sock, uint32_t role, const char *name,
		       const char *what)
{
	int err;

	if (!sock || sock->plane.role != role)
		return -DSI_EINVAL;
	sock->error[0] = '\0';
	err = dsi__state_ask(&sock->state, DSI_DO_CONNECT);
	if (err)
		return wrong_state(sock, err, what);
	err = dsi__name_check(name);
	if (err)
		return dsi__socket_fail(sock, err,
					"name: must be 1 to 63 characters of "
					"A-Z a-z 0-9 . _ -, not beginning with "
					"a dot, optionally after 'sys:'");
	return get_monitor(sock);
}

int dsi_socket_listen(struct dsi_socket *sock, const char *name,
		      const struct dsi_access *access)
{
	int err = may_connect(sock, DSI_ROLE_PRODUCER, name, "listen");

	if (err)
		return err;
	if (dsi__access_copy(&sock->access, access))
		return dsi__socket_fail(sock, -DSI_EINVAL,
					"access: mode may have the bits 0666, "
					"owner_given 0 or 1");
	err = dsi_port_listen(name, DSI_PORT_STREAM, &sock->access,
			      &sock->listener);
	if (err) {
		struct dsi_text text = dsi__socket_say(sock);

		sock->listener = NULL;
		dsi__text_add(&text, "cannot offer the name '");
		dsi__text_add(&text, name);
		dsi__text_add(&text, "': ");
		dsi__text_add(&text, dsi_strerror(err));
		return err;
	}
	dsi__trace_name(sock, name);
	sock->door.ready = dsi__producer_door;
	sock->door.handle = dsi_port_listener_handle(sock->listener);
	sock->door.deadline_ns = DSI_FOREVER;
	err = dsi_port_loop_add(sock->monitor, &sock->door);
	if (err) {
		dsi_port_listener_close(sock->listener);
		sock->listener = NULL;
		return err;
	}
	return dsi__socket_do(sock, DSI_DO_CONNECT);
}

/* Find the name, waiting for it until the deadline. */
static int knock(const char *name, uint64_t deadline_ns, int32_t *out_conn)
{
	for (;;) {
		int err = dsi_port_connect(name, DSI_PORT_STREAM, out_conn);

		if (err != -DSI_ENOENT && err != -DSI_EAGAIN)
			return err;
		if (deadline_ns == 0)
			return err;
		err = dsi_port_names_wait(deadline_ns);
		/* Others may change names all the time. */
		if (!err && dsi_port_now() >= deadline_ns)
			err = -DSI_ETIMEDOUT;
		if (err)
			return err;
	}
}

static int name_error(struct dsi_socket *sock, int err, const char *name)
{
	struct dsi_text text = dsi__socket_say(sock);

	dsi__text_add(&text, "stream '");
	dsi__text_add(&text, name);
	dsi__text_add(&text,
		      err == -DSI_ETIMEDOUT ? "' did not appear"
		      : err == -DSI_ENOENT  ? "' does not exist"
		      : err == -DSI_EACCES
			      ? "': its access rule does not admit this user"
			      : "': ");
	if (err != -DSI_ETIMEDOUT && err != -DSI_ENOENT && err != -DSI_EACCES)
		dsi__text_add(&text, dsi_strerror(err));
	return err;
}

static uint64_t answer_by(uint64_t deadline_ns)
{
	uint64_t answer_ns = dsi_port_now() + ANSWER_NS;

	return deadline_ns && deadline_ns < answer_ns ? deadline_ns : answer_ns;
}

int dsi_socket_connect(struct dsi_socket *sock, const char *name,
		       uint64_t deadline_ns)
{
	int err = may_connect(sock, DSI_ROLE_CONSUMER, name, "connect");
	int32_t conn;

	while (!err) {
		err = knock(name, deadline_ns, &conn);
		if (err)
			return name_error(sock, err, name);
		dsi__trace_name(sock, name);
		err = dsi__consumer_attach(sock, conn, answer_by(deadline_ns));
		if (!err)
			return dsi__socket_do(sock, DSI_DO_CONNECT);
		/* It went away while we talked, and its successor may come; or
		 * it is too busy now. */
		if ((err == -DSI_EPIPE || err == -DSI_EAGAIN) &&
		    dsi_port_now() < deadline_ns) {
			err = dsi_port_names_wait(deadline_ns);
			continue;
		}
	}
	return err;
}

int dsi__socket_adopt_conn(struct dsi_socket *sock, int32_t conn)
{
	int producer = sock->plane.role == DSI_ROLE_PRODUCER;
	int err = dsi__state_ask(&sock->state, DSI_DO_CONNECT);

	sock->error[0] = '\0';
	if (producer && err == -DSI_EISCONN)
		err = 0; /* one more consumer */
	if (err)
		err = wrong_state(sock, err, "connect");
	else
		err = get_monitor(sock);
	if (err) {
		dsi_port_handle_close(conn);
		return err;
	}
	err = producer ? dsi__producer_adopt_conn(sock, conn)
		       : dsi__consumer_attach(sock, conn,
					      dsi_port_now() + ANSWER_NS);
	if (!err && dsi__state_now(&sock->state) == DSI_STATE_CREATED)
		err = dsi__socket_do(sock, DSI_DO_CONNECT);
	return err;
}

/* ---- start, stop, drain -------------------------------------------------- */

static int change(struct dsi_socket *sock, enum dsi_operation operation,
		  const char *what)
{
	int err;

	if (!sock)
		return -DSI_EINVAL;
	err = dsi__socket_do(sock, operation);
	return err ? wrong_state(sock, err, what) : 0;
}

int dsi_socket_start(struct dsi_socket *sock)
{
	dsi_trace_begin_thread();
	return change(sock, DSI_DO_START, "start");
}

int dsi_socket_stop(struct dsi_socket *sock)
{
	return change(sock, DSI_DO_STOP, "stop");
}

static int look_drained(struct dsi_data_plane *plane, void *arg)
{
	int err = dsi__plane_check(plane, 1);

	(void)arg;
	return err ? err : dsi__producer_drained(plane);
}

int dsi_socket_drain(struct dsi_socket *sock, uint64_t deadline_ns)
{
	struct dsi_data_plane *plane;
	int err;

	if (!sock || sock->plane.role != DSI_ROLE_PRODUCER)
		return -DSI_EINVAL;
	plane = &sock->plane;
	err = dsi__plane_check(plane, 0);
	if (!err)
		err = dsi__producer_drained(plane);
	if (err != -DSI_EAGAIN || deadline_ns == 0)
		return err;
	if (plane->armed)
		dsi__plane_disarm(plane);
	err = dsi__plane_wait(plane, deadline_ns, look_drained, NULL);
	dsi__plane_rearm(plane);
	return err;
}

/* ---- close --------------------------------------------------------------- */

/* Nothing of the socket is called by the monitor afterwards. */
static void leave_monitor(struct dsi_socket *sock)
{
	if (!sock->monitor)
		return;
	dsi_port_loop_remove(sock->monitor, &sock->notice);
	if (sock->listener) {
		dsi_port_loop_remove(sock->monitor, &sock->door);
		dsi_port_listener_close(sock->listener);
		sock->listener = NULL;
	}
}

/* Nobody is announced to any more: their words are about to go. */
static void forget_peers(struct dsi_data_plane *plane)
{
	plane->armed = 0;
	if (plane->role == DSI_ROLE_PRODUCER)
		dsi__producer_forget(plane);
	else
		plane->as.consumer.waiter = (struct dsi_waiter){0};
}

/* What the application still holds is void. */
static void void_packets(struct dsi_data_plane *plane)
{
	for (uint32_t i = 0; i < plane->table.count; i++) {
		plane->table.packets[i].owners = 0;
		plane->table.packets[i].keeps = 0;
	}
	dsi__plane_hold(plane, -(int32_t)plane->held);
}

static void close_bells(struct dsi_socket *sock)
{
	/* P1: acquire pairs with dsi_socket_fd(). */
	struct dsi_port_loop *bells =
		atomic_load_explicit(&sock->plane.bells, memory_order_acquire);

	if (!bells)
		return;
	/* P1: release, before the loop is gone. */
	atomic_store_explicit(&sock->plane.bells, NULL, memory_order_release);
	dsi_port_loop_remove(bells, &sock->plane.bell_kick);
	dsi_port_loop_destroy(bells);
}

int dsi_socket_close(struct dsi_socket *sock)
{
	uint32_t reason = DSI_TRACE_CLOSED;

	if (!sock)
		return -DSI_EINVAL;
	if (dsi__state_now(&sock->state) == DSI_STATE_CLOSED)
		return 0;
	if (dsi__state_now(&sock->state) == DSI_STATE_FAILED)
		reason = DSI_TRACE_FAILED;
	(void)dsi__socket_do(sock, DSI_DO_CLOSE);
	leave_monitor(sock);
	dsi__trace_close(sock, reason);
	forget_peers(&sock->plane);
	if (sock->plane.role == DSI_ROLE_PRODUCER)
		dsi__producer_close_links(sock);
	else
		dsi__consumer_close_link(sock);
	close_bells(sock);
	if (sock->monitor)
		dsi_port_monitor_put(sock->monitor);
	sock->monitor = NULL;
	void_packets(&sock->plane);
	dsi_port_region_fini(&sock->control);
	dsi_port_region_fini(&sock->data);
	return 0;
}

void dsi_socket_destroy(struct dsi_socket *sock)
{
	if (!sock)
		return;
	(void)dsi_socket_close(sock);
	dsi__packet_table_fini(&sock->plane.table);
	if (sock->plane.role == DSI_ROLE_CONSUMER) {
		dsi_port_free(sock->plane.as.consumer.early);
		dsi__transfer_fini(&sock->plane.as.consumer.transfer);
	}
	dsi_port_region_fini(&sock->stats);
	dsi_port_free(sock);
}

/* ---- asking -------------------------------------------------------------- */

int dsi_socket_state(const struct dsi_socket *sock)
{
	return sock ? (int)dsi__state_now(&sock->state) : -DSI_EINVAL;
}

static int is_connected(const struct dsi_socket *sock)
{
	return sock->plane.role == DSI_ROLE_PRODUCER ||
	       dsi__state_now(&sock->state) != DSI_STATE_CREATED;
}

int dsi_socket_desc(const struct dsi_socket *sock,
		    struct dsi_stream_desc *out_desc)
{
	uint32_t size;

	if (!sock || !out_desc || out_desc->size < sizeof(size) ||
	    out_desc->size > sizeof(*out_desc))
		return -DSI_EINVAL;
	if (!is_connected(sock))
		return -DSI_ENOTCONN;
	size = out_desc->size;
	memcpy(out_desc, &sock->desc, size);
	out_desc->size = size;
	return 0;
}

int dsi_socket_need(const struct dsi_socket *sock,
		    struct dsi_sizing_need *out_need, uint64_t *out_tick_hz)
{
	if (!sock || sock->plane.role != DSI_ROLE_CONSUMER)
		return -DSI_EINVAL;
	if (!is_connected(sock))
		return -DSI_ENOTCONN;
	return dsi__need_tell(
		&sock->desc.traffic, &sock->consumer_options.usage,
		sock->consumer_options.policy, out_need, out_tick_hz);
}

int dsi_socket_area(const struct dsi_socket *sock, void **out_addr,
		    uint64_t *out_bytes)
{
	if (!sock || !out_addr || !out_bytes)
		return -DSI_EINVAL;
	if (!is_connected(sock) ||
	    dsi__state_now(&sock->state) == DSI_STATE_CLOSED)
		return -DSI_ENOTCONN;
	*out_addr = sock->plane.data;
	*out_bytes = sock->data.bytes;
	if (sock->plane.role == DSI_ROLE_CONSUMER &&
	    sock->plane.as.consumer.transfer.buffer)
		*out_bytes = sock->plane.as.consumer.transfer.bytes;
	return 0;
}

int dsi_socket_physical(const struct dsi_socket *sock, uint64_t *out_first,
			uint64_t *out_bytes)
{
	if (!sock || !out_first || !out_bytes)
		return -DSI_EINVAL;
	if (!is_connected(sock) ||
	    dsi__state_now(&sock->state) == DSI_STATE_CLOSED)
		return -DSI_ENOTCONN;
	if (!sock->plane.physical)
		return -DSI_ENOTSUP;
	*out_first = sock->plane.physical;
	*out_bytes = sock->plane.data_bytes;
	return 0;
}

int dsi_socket_stats(const struct dsi_socket *sock,
		     struct dsi_socket_stats *out_stats)
{
	const struct dsi_data_plane *plane;
	struct dsi_socket_stats stats;

	if (!sock || !out_stats || out_stats->size < sizeof(uint32_t) ||
	    out_stats->size > sizeof(stats))
		return -DSI_EINVAL;
	plane = &sock->plane;
	stats = (struct dsi_socket_stats){.size = out_stats->size};
	dsi__stats_read(plane->stats, &stats);
	stats.state = dsi__state_now(&sock->state);
	if (plane->role == DSI_ROLE_PRODUCER)
		/* relaxed: for statistics. */
		stats.consumers = atomic_load_explicit(
			&plane->as.producer.present, memory_order_relaxed);
	memcpy(out_stats, &stats, stats.size);
	return 0;
}

int dsi_socket_latency(const struct dsi_socket *sock,
		       struct dsi_histogram *out_histogram)
{
	if (!sock || sock->plane.role != DSI_ROLE_CONSUMER || !out_histogram ||
	    out_histogram->size != sizeof(*out_histogram))
		return -DSI_EINVAL;
	dsi__stats_latency(sock->plane.stats, out_histogram);
	return 0;
}

int dsi_socket_fd(struct dsi_socket *sock)
{
	struct dsi_port_loop *bells;
	struct dsi_link *link;
	int err;

	if (!sock)
		return -DSI_EINVAL;
	if (dsi__state_now(&sock->state) == DSI_STATE_CREATED ||
	    dsi__state_now(&sock->state) == DSI_STATE_CLOSED)
		return -DSI_ENOTCONN;
	/* P1: acquire pairs with the store below. */
	bells = atomic_load_explicit(&sock->plane.bells, memory_order_acquire);
	if (bells)
		return dsi_port_loop_handle(bells);
	err = dsi_port_loop_create(0, &bells);
	if (err)
		return err;
	err = dsi_port_loop_handle(bells);
	if (err >= 0 && dsi_port_loop_add(bells, &sock->plane.bell_kick))
		err = -DSI_ENOMEM;
	if (err < 0) {
		dsi_port_loop_destroy(bells);
		return err;
	}
	/* P1: release pairs with dsi__plane_wake() and dsi__link_add_bell().
	 * A link that joins now sees it, or is in the list that follows. */
	atomic_store_explicit(&sock->plane.bells, bells, memory_order_release);
	/* P3: seq_cst pairs with dsi__plane_raise(): from now on every event
	 * rings. */
	atomic_fetch_add_explicit(&sock->plane.watchers, 1,
				  memory_order_seq_cst);
	dsi_port_lock();
	for (link = sock->links; link; link = link->next)
		(void)dsi__link_add_bell(link);
	dsi_port_unlock();
	/* Readable at once: the first get() announces. */
	dsi_port_loop_kick(bells, &sock->plane.bell_kick);
	return err;
}

void dsi__socket_observe(struct dsi_socket *sock, struct dsi_port_loop *loop,
			 struct dsi_port_source *source)
{
	sock->observer_loop = loop;
	sock->observer = source;
	sock->plane.observed = 1;
}
