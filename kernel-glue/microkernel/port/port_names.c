/* SPDX-License-Identifier: MIT */
/*
 * port_names.c - listeners and names.  The exchange has them; exchange.policy
 * says who may listen and connect.  The rule that an application gives with its
 * name (struct dsi_access) is checked by the core against dsi_port_peer().
 */
#include "port_state.h"

/* The longest sleep for names: another thread of this task may have seen a
 * change that we have not. */
#define NAMES_SLEEP_NS 100000000ul

struct dsi_port_listener {
	int32_t handle;
};

static _Atomic uint64_t names_seen;

int dsi_port_listen(const char *name, uint32_t kind,
		    const struct dsi_access *access,
		    struct dsi_port_listener **out_listener)
{
	struct dsi_port_listener *listener = dsi_port_alloc(sizeof(*listener));
	uint64_t handle;
	int error;

	(void)access;
	if (!listener)
		return -DSI_ENOMEM;
	error = mk_exchange_listen(MK_PORT_EXCHANGE, name, kind, &handle);
	if (error) {
		dsi_port_free(listener);
		return mk_port_error(error);
	}
	listener->handle = (int32_t)handle;
	*out_listener = listener;
	return 0;
}

void dsi_port_listener_close(struct dsi_port_listener *listener)
{
	if (!listener)
		return;
	dsi_port_handle_close(listener->handle);
	dsi_port_free(listener);
}

int32_t dsi_port_listener_handle(const struct dsi_port_listener *listener)
{
	return listener->handle;
}

int dsi_port_accept(struct dsi_port_listener *listener, int32_t *out_conn,
		    struct dsi_peer *out_peer)
{
	uint64_t conn, client, program;
	int error = mk_exchange_accept(MK_PORT_EXCHANGE,
				       (uint64_t)(uint32_t)listener->handle,
				       &conn, &client, &program);

	if (error)
		return mk_port_error(error);
	mk_port_who(out_peer, client, program);
	*out_conn = (int32_t)conn;
	return 0;
}

/* "sys:" is a place of names of systems that have more than one. */
int dsi_port_connect(const char *name, uint32_t kind, int32_t *out_conn)
{
	uint64_t conn;
	int error = mk_exchange_connect(MK_PORT_EXCHANGE, name, kind, &conn);

	if (error == -DSI_EINVAL)
		return -DSI_ENOENT;
	if (error)
		return mk_port_error(error);
	*out_conn = (int32_t)conn;
	return 0;
}

int dsi_port_names_wait(uint64_t deadline_ns)
{
	uint64_t soon = dsi_port_now() + NAMES_SLEEP_NS, generation;
	/* relaxed: a number that stands for itself. */
	uint64_t seen = atomic_load_explicit(&names_seen, memory_order_relaxed);
	int32_t event = mk_port_self_event();
	uint64_t until = deadline_ns < soon ? deadline_ns : soon;

	if (event >= 0 &&
	    !mk_exchange_names_watch(MK_PORT_EXCHANGE, seen, (uint64_t)event,
				     MK_PORT_BIT_NAMES, &generation)) {
		/* relaxed: see above. */
		atomic_store_explicit(&names_seen, generation,
				      memory_order_relaxed);
		if (generation != seen)
			return 0;
	}
	if (mk_port_sleep(until) == 0)
		return 0;
	return until == deadline_ns ? -DSI_ETIMEDOUT : 0;
}

int32_t dsi_port_names(uint32_t kind, void (*visit)(void *, const char *name),
		       void *user)
{
	char name[MK_EXCHANGE_NAME_BYTES];
	int32_t count = 0;
	int error = 0;

	for (;;) {
		error = mk_exchange_list(MK_PORT_EXCHANGE, kind,
					 (uint64_t)count, name);
		if (error)
			break;
		visit(user, name);
		count++;
	}
	return error == -DSI_ENOENT ? count : mk_port_error(error);
}

/* Names of the dead go by themselves: no list asks an owner. */
int32_t dsi_port_names_look(uint32_t kind,
			    void (*visit)(void *, const char *name), void *user)
{
	return dsi_port_names(kind, visit, user);
}
