/* SPDX-License-Identifier: MIT */
/*
 * exchange_main.c - the exchange: shared memory, connections, bells, names and
 * the death of tasks, for the port of the library.  See exchange_state.h and
 * docs/microkernel/port.md.
 */
#include <mklib/monitor.h>
#include <mklib/print.h>

#include "exchange_state.h"

/* Every call but hello: who calls, or there is no such client. */
#define CLIENT(label)                        \
	struct client *c = client_of(label); \
	(void)self;                          \
	if (!c)                              \
	return -DSI_EPERM

static const struct access_verb verbs[] = {
	[LISTEN] = {.name = "listen", .object = true},
	[CONNECT] = {.name = "connect", .object = true},
	[DEVICE] = {.name = "device"},
};

struct access_rules rules;

static int hello(void *self, uint64_t label, uint64_t thread_slot,
		 uint64_t *out_client, uint64_t *out_program)
{
	int error = client_hello(label, thread_slot);
	const struct client *c = client_of(label);

	(void)self;
	if (error)
		return error;
	*out_client = c->number;
	*out_program = c->program;
	return 0;
}

static int mail_memory(void *self, uint64_t label, uint64_t *out_memory_page)
{
	CLIENT(label);
	*out_memory_page =
		mk_flexpage(MK_MEMORY, (uint64_t)pages_address(c->mailboxes),
			    MK_EXCHANGE_MAILBOX_ORDER, MK_R | MK_W);
	return 0;
}

static int add_event(void *self, uint64_t label, uint64_t event_slot,
		     uint64_t *out_event)
{
	CLIENT(label);
	(void)event_slot;
	return event_add(c, out_event);
}

static int remove_event(void *self, uint64_t label, uint64_t event)
{
	CLIENT(label);
	return event_remove(c, event);
}

/* ---- handles ------------------------------------------------------------- */

static int close(void *self, uint64_t label, uint64_t handle)
{
	CLIENT(label);
	return handle_close(c, handle);
}

static int kind_of(void *self, uint64_t label, uint64_t handle,
		   uint64_t *out_kind)
{
	const struct object *o;
	CLIENT(label);

	o = handle_find(c, handle, 0);
	if (!o)
		return -DSI_EINVAL;
	*out_kind = o->kind;
	return 0;
}

static int handles(void *self, uint64_t label, uint64_t *out_handles)
{
	CLIENT(label);
	*out_handles = handle_count(c);
	return 0;
}

static int make_pair(struct client *c, uint32_t kind, uint64_t *out_first,
		     uint64_t *out_second)
{
	struct object *ends[2];
	int error = pair_new(c, kind, ends);

	if (error)
		return error;
	error = handle_new(c, ends[0], out_first);
	if (error) {
		object_put(ends[1]);
		return error;
	}
	error = handle_new(c, ends[1], out_second);
	if (error)
		(void)handle_close(c, *out_first);
	return error;
}

static int bell_pair(void *self, uint64_t label, uint64_t *out_first,
		     uint64_t *out_second)
{
	CLIENT(label);
	return make_pair(c, MK_EXCHANGE_BELL, out_first, out_second);
}

static int pair(void *self, uint64_t label, uint64_t *out_first,
		uint64_t *out_second)
{
	CLIENT(label);
	return make_pair(c, MK_EXCHANGE_CONN, out_first, out_second);
}

static int ring(void *self, uint64_t label, uint64_t bell)
{
	struct object *o;
	CLIENT(label);

	o = handle_find(c, bell, MK_EXCHANGE_BELL);
	if (!o)
		return -DSI_EINVAL;
	o = o->end.peer;
	/* One that is rung already has been reported. */
	if (o && !o->end.rung) {
		o->end.rung = true;
		object_ready(o);
	}
	return 0;
}

static int silence(void *self, uint64_t label, uint64_t bell)
{
	struct object *o;
	CLIENT(label);

	o = handle_find(c, bell, MK_EXCHANGE_BELL);
	if (!o)
		return -DSI_EINVAL;
	o->end.rung = false;
	return 0;
}

/* ---- regions ------------------------------------------------------------- */

static int create(void *self, uint64_t label, uint64_t bytes, uint64_t flags,
		  uint64_t *out_handle, uint64_t *out_bytes_made)
{
	struct object *o;
	int error;
	CLIENT(label);

	error = region_create(c, bytes, flags, &o);
	if (error)
		return error;
	*out_bytes_made = o->region.pages * MK_PAGE_BYTES;
	return handle_new(c, o, out_handle);
}

static int import(void *self, uint64_t label, uint64_t handle,
		  uint64_t bytes_least, uint64_t flags, uint64_t *out_imported,
		  uint64_t *out_bytes)
{
	struct object *o;
	int error;
	CLIENT(label);

	o = handle_find(c, handle, MK_EXCHANGE_REGION);
	if (!o)
		return -DSI_EINVAL;
	error = region_import(c, o, bytes_least, flags);
	if (error)
		return error;
	*out_bytes = o->region.pages * MK_PAGE_BYTES;
	o->refs++;
	return handle_new(c, o, out_imported);
}

static int open(void *self, uint64_t label, uint64_t handle, uint64_t bytes,
		uint64_t access, uint64_t *out_mapping,
		uint64_t *out_bytes_made)
{
	struct object *o;
	CLIENT(label);

	o = handle_find(c, handle, 0);
	if (!o)
		return -DSI_EINVAL;
	if (o->kind != MK_EXCHANGE_REGION)
		return -DSI_EPROTO;
	*out_bytes_made = o->region.pages * MK_PAGE_BYTES;
	return region_open(c, o, bytes, access, out_mapping);
}

static int map(void *self, uint64_t label, uint64_t mapping, uint64_t page,
	       uint64_t order, uint64_t *out_memory_page)
{
	CLIENT(label);
	return region_map(c, mapping, page, order, out_memory_page);
}

static int unmap(void *self, uint64_t label, uint64_t mapping)
{
	CLIENT(label);
	return region_close(c, mapping);
}

static int withdraw_region(void *self, uint64_t label, uint64_t handle)
{
	struct object *o;
	CLIENT(label);

	o = handle_find(c, handle, MK_EXCHANGE_REGION);
	return o ? region_withdraw(c, o) : -DSI_EINVAL;
}

/* ---- loans --------------------------------------------------------------- */

static int create_loan(void *self, uint64_t label, uint64_t data,
		       uint64_t table, uint64_t offset, uint64_t unit,
		       uint64_t units, uint64_t *out_handle)
{
	const struct loan wanted = {
		.offset = offset, .unit = unit, .units = units};
	struct object *o;
	int error;
	CLIENT(label);

	error = loan_create(c, handle_find(c, data, MK_EXCHANGE_REGION),
			    handle_find(c, table, MK_EXCHANGE_REGION), &wanted,
			    &o);
	return error ? error : handle_new(c, o, out_handle);
}

static int open_loan(void *self, uint64_t label, uint64_t handle,
		     uint64_t pages, uint64_t unit, uint64_t *out_mapping)
{
	CLIENT(label);
	return loan_open(c, handle_find(c, handle, 0), pages, unit,
			 out_mapping);
}

static int map_loan(void *self, uint64_t label, uint64_t mapping, uint64_t page,
		    uint64_t order, uint64_t *out_memory_page)
{
	CLIENT(label);
	return loan_map(c, mapping, page, order, out_memory_page);
}

static int recall_loan(void *self, uint64_t label, uint64_t mapping,
		       uint64_t page, uint64_t pages)
{
	CLIENT(label);
	return loan_recall(c, mapping, page, pages);
}

/* ---- memory of a device -------------------------------------------------- */

static int memory_of_device(void *self, uint64_t label, uint64_t *out_handle)
{
	struct object *o;
	int error;
	CLIENT(label);

	error = device_memory(c, &o);
	return error ? error : handle_new(c, o, out_handle);
}

static int physical(void *self, uint64_t label, uint64_t handle,
		    uint64_t *out_first)
{
	const struct object *o;
	CLIENT(label);

	o = handle_find(c, handle, MK_EXCHANGE_REGION);
	if (!o)
		return -DSI_EINVAL;
	*out_first = o->region.physical;
	return 0;
}

/* ---- messages ------------------------------------------------------------ */

static int send(void *self, uint64_t label, uint64_t conn, uint64_t mailbox,
		uint64_t bytes, const void *handles, size_t handles_bytes)
{
	CLIENT(label);
	return conn_send(c, handle_find(c, conn, MK_EXCHANGE_CONN), mailbox,
			 bytes, handles, handles_bytes);
}

static int recv(void *self, uint64_t label, uint64_t conn, uint64_t mailbox,
		uint64_t capacity, uint64_t *out_bytes, uint8_t out_handles[32],
		size_t *out_handles_bytes)
{
	CLIENT(label);
	return conn_recv(c, handle_find(c, conn, MK_EXCHANGE_CONN), mailbox,
			 capacity, out_bytes, out_handles, out_handles_bytes);
}

static int peer(void *self, uint64_t label, uint64_t conn, uint64_t *out_client,
		uint64_t *out_program)
{
	const struct object *o;
	CLIENT(label);

	o = handle_find(c, conn, MK_EXCHANGE_CONN);
	if (!o)
		return -DSI_EINVAL;
	*out_client = o->end.client;
	*out_program = o->end.program;
	return 0;
}

/* ---- names --------------------------------------------------------------- */

static int listen(void *self, uint64_t label, const char *name, uint64_t kind,
		  uint64_t *out_listener)
{
	struct object *o;
	int error;
	CLIENT(label);

	error = name_listen(c, name, kind, &o);
	return error ? error : handle_new(c, o, out_listener);
}

static int withdraw(void *self, uint64_t label, uint64_t listener)
{
	struct object *o;
	CLIENT(label);

	o = handle_find(c, listener, MK_EXCHANGE_LISTENER);
	if (!o)
		return -DSI_EINVAL;
	listener_withdraw(o);
	return 0;
}

static int accept(void *self, uint64_t label, uint64_t listener,
		  uint64_t *out_conn, uint64_t *out_client,
		  uint64_t *out_program)
{
	struct object *o, *conn;
	int error;
	CLIENT(label);

	o = handle_find(c, listener, MK_EXCHANGE_LISTENER);
	if (!o)
		return -DSI_EINVAL;
	error = listener_accept(o, &conn);
	if (error)
		return error;
	*out_client = conn->end.client;
	*out_program = conn->end.program;
	return handle_new(c, conn, out_conn);
}

static int connect(void *self, uint64_t label, const char *name, uint64_t kind,
		   uint64_t *out_conn)
{
	struct object *o;
	int error;
	CLIENT(label);

	error = name_connect(c, name, kind, &o);
	return error ? error : handle_new(c, o, out_conn);
}

static int list(void *self, uint64_t label, uint64_t kind, uint64_t index,
		char out_name[MK_EXCHANGE_NAME_BYTES])
{
	CLIENT(label);
	return name_list(c, kind, index, out_name);
}

static int watch_names(void *self, uint64_t label, uint64_t seen,
		       uint64_t event, uint64_t bits, uint64_t *out_generation)
{
	CLIENT(label);
	return names_watch(c, seen, event, bits, out_generation);
}

/* ---- readiness, words ---------------------------------------------------- */

static int watch(void *self, uint64_t label, uint64_t handle, uint64_t event,
		 uint64_t bits)
{
	CLIENT(label);
	return watch_add(c, handle, event, bits);
}

static int unwatch(void *self, uint64_t label, uint64_t handle, uint64_t event)
{
	struct object *o;
	CLIENT(label);

	o = handle_find(c, handle, 0);
	if (!o || event >= MK_EXCHANGE_EVENTS)
		return -DSI_EINVAL;
	watch_end(c, o, handle, event);
	return 0;
}

static int ready(void *self, uint64_t label, const void *handles,
		 size_t handles_bytes, uint64_t *out_ready)
{
	CLIENT(label);
	*out_ready = watch_ready(c, handles, handles_bytes);
	return 0;
}

static int wait_word(void *self, uint64_t label, uint64_t mapping,
		     uint64_t offset, uint64_t event, uint64_t bits)
{
	CLIENT(label);
	return word_wait(c, mapping, offset, event, bits);
}

static int message_word(void *self, uint64_t label, uint64_t mapping,
			uint64_t offset, uint64_t event, uint64_t gate)
{
	CLIENT(label);
	return word_message(c, mapping, offset, event, gate);
}

static int forget_word(void *self, uint64_t label, uint64_t mapping,
		       uint64_t offset, uint64_t event)
{
	CLIENT(label);
	return word_forget(c, mapping, offset, event);
}

static int wake_word(void *self, uint64_t label, uint64_t mapping,
		     uint64_t offset, uint64_t *out_waiters)
{
	CLIENT(label);
	return word_wake(c, mapping, offset, out_waiters);
}

static int waiter(void *self, uint64_t label, uint64_t mapping, uint64_t offset,
		  uint64_t below, uint64_t *out_bits, uint64_t *out_waiter,
		  uint64_t *out_event_page)
{
	CLIENT(label);
	return word_waiter(c, mapping, offset, below, out_bits, out_waiter,
			   out_event_page);
}

static int add_sync(void *self, uint64_t label, uint64_t gate)
{
	CLIENT(label);
	if (!event_passable(c, gate))
		return -DSI_EINVAL;
	c->sync = gate;
	return 0;
}

static int sync_of(void *self, uint64_t label, uint64_t mapping,
		   uint64_t *out_there, uint64_t *out_gate_page)
{
	CLIENT(label);
	return word_sync(c, mapping, out_there, out_gate_page);
}

static const struct mk_exchange_ops ops = {
	.hello = hello,
	.mail_memory = mail_memory,
	.event_add = add_event,
	.event_remove = remove_event,
	.close = close,
	.kind = kind_of,
	.handle_count = handles,
	.region_create = create,
	.region_import = import,
	.region_open = open,
	.region_map = map,
	.region_close = unmap,
	.region_withdraw = withdraw_region,
	.bell_pair = bell_pair,
	.ring = ring,
	.silence = silence,
	.pair = pair,
	.send = send,
	.recv = recv,
	.peer = peer,
	.listen = listen,
	.withdraw = withdraw,
	.accept = accept,
	.connect = connect,
	.list = list,
	.names_watch = watch_names,
	.watch = watch,
	.unwatch = unwatch,
	.ready = ready,
	.word_wait = wait_word,
	.word_message = message_word,
	.word_forget = forget_word,
	.word_wake = wake_word,
	.word_waiter = waiter,
	.sync_add = add_sync,
	.word_sync = sync_of,
	.loan_create = create_loan,
	.loan_open = open_loan,
	.loan_map = map_loan,
	.loan_recall = recall_loan,
	.device_memory = memory_of_device,
	.region_physical = physical,
};

/* ---- serving ------------------------------------------------------------- */

static void end_of(uint64_t ended)
{
	for (unsigned i = 0; i < CLIENTS; i++)
		if (ended >> i & 1)
			client_watched(i);
}

static _Noreturn void serve(void)
{
	struct mk_message m = {0};
	bool answer = false;
	uint64_t ended;

	for (;;) {
		answer = mk_serve_next(&m, answer, client_window(), 1);
		if (answer && life_event(&m, &ended)) {
			end_of(ended);
			answer = false;
		} else if (answer) {
			answer = mk_exchange_dispatch(
				&ops, NULL, &m, mk_utcb()->mr, client_window());
		}
	}
}

void mk_main(void)
{
	int error;

	clients_begin();
	memory_begin();
	objects_begin();
	life_begin();
	access_load(&rules, "exchange", "exchange.policy", verbs,
		    sizeof(verbs) / sizeof(verbs[0]), 1);
	if (!pages_each())
		mk_print("exchange: no memory for regions: give it memory=N in "
			 "boot.conf\n");
	error = mk_monitor_offer(MK_CAP_MONITOR, MK_FOREVER,
				 MK_EXCHANGE_SERVICE,
				 mk_cap_page(MK_CAP_THREAD, MK_CAP_CONTROL));
	if (error) {
		mk_print("exchange: the reference monitor does not take the "
			 "offer of '%s': error %d (monitor.policy)\n",
			 MK_EXCHANGE_SERVICE, error);
		mk_end(MK_STATUS_NO_START);
	}
	serve();
}
