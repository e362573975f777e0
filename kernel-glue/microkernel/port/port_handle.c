/* SPDX-License-Identifier: MIT */
/*
 * port_handle.c - handles, which are numbers of the exchange; and which of them
 * are readable.
 */
#include "port_state.h"

static uint64_t number(int32_t handle)
{
	return (uint64_t)(uint32_t)handle;
}

void dsi_port_handle_close(int32_t handle)
{
	if (handle >= 0)
		(void)mk_exchange_close(MK_PORT_EXCHANGE, number(handle));
}

/* The exchange waits for nobody, whatever the handle is. */
void dsi_port_handle_drop(int32_t handle)
{
	dsi_port_handle_close(handle);
}

int mk_port_kind(int32_t handle)
{
	uint64_t kind;
	int error = mk_exchange_kind(MK_PORT_EXCHANGE, number(handle), &kind);

	return error ? mk_port_error(error) : (int)kind;
}

int mk_port_handles(void)
{
	uint64_t handles;
	int error = mk_exchange_handle_count(MK_PORT_EXCHANGE, &handles);

	return error ? mk_port_error(error) : (int)handles;
}

/* ---- readiness ----------------------------------------------------------- */

int mk_port_watch(int32_t handle, int32_t event, uint64_t bits)
{
	return mk_port_error(mk_exchange_watch(MK_PORT_EXCHANGE, number(handle),
					       number(event), bits));
}

void mk_port_unwatch(int32_t handle, int32_t event)
{
	(void)mk_exchange_unwatch(MK_PORT_EXCHANGE, number(handle),
				  number(event));
}

uint64_t mk_port_ready(const int32_t *handles, uint32_t n)
{
	uint64_t ready = 0;

	if (n > MK_PORT_READY_MAX)
		n = MK_PORT_READY_MAX;
	if (mk_exchange_ready(MK_PORT_EXCHANGE, handles, n * sizeof(*handles),
			      &ready))
		return 0;
	return ready;
}
