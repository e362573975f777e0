/* SPDX-License-Identifier: MIT */
/*
 * fuzz_world.h - a victim and a hostile peer in the fake port's world.
 *
 * Each input is a world of its own, with the seed that it says.  What the
 * world reports (something left behind, a handle used after close, a deadlock, a
 * failed assertion) is a failure.  The peer is killed when the victim has ended,
 * and need not tidy up.
 */
#ifndef DSI_FUZZ_WORLD_H
#define DSI_FUZZ_WORLD_H

#include "dsi/socket_private.h"
#include "dsi/wire.h"
#include "fake.h"
#include "fuzz_load.h"

#define FUZZ_NAME "fuzz"
#define FUZZ_STEP_NS UINT64_C(20000)

static inline uint64_t fuzz_soon(uint64_t steps)
{
	return fake_now() + steps * FUZZ_STEP_NS;
}

/* Run both until the victim has ended. */
void fuzz_world(struct fuzz_input *in, void (*victim)(void *),
		void (*peer)(void *));

/* Some 32-bit words of @what become something else, in most inputs none. */
void fuzz_scribble(struct fuzz_input *in, void *what, size_t bytes);

/* Everything the application is given of a packet.  @data, @bytes: where it must
 * lie. */
void fuzz_look(struct dsi_packet *pkt, const void *data, uint64_t bytes);

#endif /* DSI_FUZZ_WORLD_H */
