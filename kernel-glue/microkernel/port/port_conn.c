/* SPDX-License-Identifier: MIT */
/*
 * port_conn.c - connections and bells: calls to the exchange, which never waits
 * for a peer.  Messages go through mailboxes that we share with it.
 */
#include "port_state.h"

/* ---- mailboxes ----------------------------------------------------------- */

static _Atomic uint32_t taken; /* a bit for each */

/* More threads than mailboxes: a thread has one for the length of one call. */
uint32_t mk_port_mailbox_take(void)
{
	for (;;) {
		/* relaxed: the exchange below decides. */
		uint32_t seen =
			atomic_load_explicit(&taken, memory_order_relaxed);
		uint32_t bit = ~seen & (seen + 1);

		if (bit == 0 || bit >> MK_EXCHANGE_MAILBOXES) {
			mk_sleep_us(1);
			continue;
		}
		if (atomic_compare_exchange_weak_explicit(
			    &taken, &seen, seen | bit, memory_order_acquire,
			    memory_order_relaxed))
			return (uint32_t)__builtin_ctz(bit);
	}
}

void mk_port_mailbox_give(uint32_t mailbox)
{
	atomic_fetch_and_explicit(&taken, ~(1u << mailbox),
				  memory_order_release);
}

void *mk_port_mailbox(uint32_t mailbox)
{
	return (void *)(uintptr_t)(MK_PORT_MAILBOXES +
				   mailbox * MK_EXCHANGE_MAILBOX_BYTES);
}

/* ---- messages ------------------------------------------------------------ */

static uint64_t number(int32_t handle)
{
	return (uint64_t)(uint32_t)handle;
}

static int two(int error, const uint64_t *ends, int32_t out_ends[2])
{
	if (error)
		return mk_port_error(error);
	out_ends[0] = (int32_t)ends[0];
	out_ends[1] = (int32_t)ends[1];
	return 0;
}

int dsi_port_conn_pair(int32_t out_ends[2])
{
	uint64_t ends[2];
	int error = mk_exchange_pair(MK_PORT_EXCHANGE, &ends[0], &ends[1]);

	return two(error, ends, out_ends);
}

int dsi_port_send(int32_t conn, const void *msg, uint32_t bytes,
		  const int32_t *handles, uint32_t n_handles)
{
	uint32_t mailbox;
	int error;

	if (bytes > DSI_PORT_MSG_BYTES || n_handles > DSI_PORT_MSG_HANDLES)
		return -DSI_EMSGSIZE;
	mailbox = mk_port_mailbox_take();
	__builtin_memcpy(mk_port_mailbox(mailbox), msg, bytes);
	error = mk_exchange_send(MK_PORT_EXCHANGE, number(conn), mailbox, bytes,
				 handles, n_handles * sizeof(*handles));
	mk_port_mailbox_give(mailbox);
	return mk_port_error(error);
}

int32_t dsi_port_recv(int32_t conn, void *buffer, uint32_t capacity,
		      int32_t *out_handles, uint32_t *out_n_handles)
{
	uint8_t handles[DSI_PORT_MSG_HANDLES * sizeof(*out_handles)];
	uint32_t mailbox = mk_port_mailbox_take();
	size_t handles_bytes = 0;
	uint64_t bytes = 0;
	int error;

	*out_n_handles = 0;
	error = mk_exchange_recv(MK_PORT_EXCHANGE, number(conn), mailbox,
				 capacity, &bytes, handles, &handles_bytes);
	if (!error) {
		__builtin_memcpy(buffer, mk_port_mailbox(mailbox), bytes);
		__builtin_memcpy(out_handles, handles, handles_bytes);
		*out_n_handles =
			(uint32_t)(handles_bytes / sizeof(*out_handles));
	}
	mk_port_mailbox_give(mailbox);
	return error ? mk_port_error(error) : (int32_t)bytes;
}

/* What is no handle is not waited for. */
int dsi_port_conn_wait(int32_t conn, uint64_t deadline_ns)
{
	int32_t event = mk_port_self_event();
	int error = event < 0 ? event
			      : mk_port_watch(conn, event, MK_PORT_BIT_READY);

	if (error)
		return 0;
	while (!error && !mk_port_ready(&conn, 1))
		error = mk_port_sleep(deadline_ns);
	mk_port_unwatch(conn, event);
	return error;
}

int dsi_port_peer(int32_t conn, struct dsi_peer *out_peer)
{
	uint64_t client, program;
	int error = mk_exchange_peer(MK_PORT_EXCHANGE, number(conn), &client,
				     &program);

	if (!error)
		mk_port_who(out_peer, client, program);
	return mk_port_error(error);
}

int dsi_port_peer_in_group(int32_t conn, uint32_t gid)
{
	struct dsi_peer peer;

	return dsi_port_peer(conn, &peer) == 0 && peer.gid == gid;
}

int dsi_port_conn_check(int32_t conn)
{
	return mk_port_kind(conn) == MK_EXCHANGE_CONN ? 0 : -DSI_EPROTO;
}

/* ---- bells --------------------------------------------------------------- */

int dsi_port_bell_pair(int32_t out_ends[2])
{
	uint64_t ends[2];
	int error = mk_exchange_bell_pair(MK_PORT_EXCHANGE, &ends[0], &ends[1]);

	return two(error, ends, out_ends);
}

int dsi_port_bell_check(int32_t end)
{
	return mk_port_kind(end) == MK_EXCHANGE_BELL ? 0 : -DSI_EPROTO;
}

void dsi_port_bell_ring(int32_t end)
{
	(void)mk_exchange_ring(MK_PORT_EXCHANGE, number(end));
}

void dsi_port_bell_silence(int32_t end)
{
	(void)mk_exchange_silence(MK_PORT_EXCHANGE, number(end));
}
