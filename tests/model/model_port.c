/* SPDX-License-Identifier: MIT */
/*
 * model_port.c - the port under the explorer: as little as the data plane
 * needs, each function exactly what port.h promises.
 */
#include <stdlib.h>

#include "dsi/port.h"
#include "dsi/stream_private.h"
#include "explorer/explorer.h"
#include "rig.h"

void *dsi_port_alloc(size_t bytes)
{
	return mc_alloc(bytes);
}

void dsi_port_free(void *memory)
{
	(void)memory;
}

/* Time stands still; what a deadline may do is the explorer's choice. */
uint64_t dsi_port_now(void)
{
	return 1;
}

void dsi_port_relax(void)
{
	mc_poll();
}

/* Spinning is what mc_poll() makes of it. */
uint32_t dsi_port_cpu(void)
{
	return 0;
}

_Noreturn void dsi_port_assert_failed(const char *what, const char *file,
				      int line)
{
	(void)file;
	(void)line;
	mc_check(0, what);
	abort();
}

int dsi_port_wait(const struct dsi_port_word *words, uint32_t n,
		  uint64_t deadline_ns)
{
	struct mc_word copy[DSI_MAX_CONSUMERS + 1];

	for (uint32_t i = 0; i < n; i++)
		copy[i] = (struct mc_word){words[i].word, words[i].expected};
	return mc_wait(copy, n, deadline_ns != DSI_FOREVER) ? -DSI_ETIMEDOUT
							    : 0;
}

uint32_t dsi_port_wait_max(void)
{
	return 128; /* so that select() needs no memory */
}

void dsi_port_wake(const _Atomic uint32_t *word, uint32_t shared)
{
	(void)shared;
	if (!rig_setting_up)
		mc_wake(word);
}

int dsi_port_wake_wait(const _Atomic uint32_t *wake,
		       const struct dsi_port_word *words, uint32_t n,
		       uint64_t deadline_ns)
{
	dsi_port_wake(wake, 1);
	return dsi_port_wait(words, n, deadline_ns);
}

/* No stream of the model lends. */
int dsi_port_loan_take(const struct dsi_port_region *region, uint64_t loan,
		       uint64_t offset, uint64_t bytes)
{
	(void)region;
	(void)loan;
	(void)offset;
	(void)bytes;
	return -DSI_ENOTSUP;
}

void dsi_port_loan_give(const struct dsi_port_region *region, uint64_t offset,
			uint64_t bytes)
{
	(void)region;
	(void)offset;
	(void)bytes;
}

int dsi_port_loan_recall(const struct dsi_port_region *data, uint64_t offset,
			 uint64_t bytes)
{
	(void)data;
	(void)offset;
	(void)bytes;
	return -DSI_ENOTSUP;
}

uint64_t dsi_port_page_bytes(void)
{
	return 4096;
}

/* The bell and the loop of an end are the same thing here: its number. */
void dsi_port_bell_ring(int32_t end)
{
	mc_bell_ring((uint32_t)end);
}

void dsi_port_loop_kick(struct dsi_port_loop *loop,
			struct dsi_port_source *source)
{
	(void)source;
	mc_bell_ring(rig_bell_of(loop));
}

int dsi_port_loop_dispatch(struct dsi_port_loop *loop, uint64_t deadline_ns)
{
	(void)deadline_ns;
	mc_bell_silence(rig_bell_of(loop));
	return 0;
}

/* ---- what select.c would need for more than words --------------------------- */

int dsi_port_loop_wait_any(struct dsi_port_loop *const *loops, uint32_t n,
			   uint64_t deadline_ns)
{
	(void)loops;
	(void)n;
	(void)deadline_ns;
	mc_check(0, "select uses loops");
	return -DSI_ETIMEDOUT;
}

int dsi_socket_fd(struct dsi_socket *sock)
{
	(void)sock;
	return -DSI_ENOTSUP;
}

struct dsi_port_word dsi__stream_word(struct dsi_stream *stream)
{
	(void)stream;
	return (struct dsi_port_word){0};
}

uint32_t dsi__stream_events(struct dsi_stream *stream, uint32_t mask,
			    uint32_t *out_member)
{
	(void)stream;
	(void)mask;
	*out_member = 0;
	return 0;
}
