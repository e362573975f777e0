/* SPDX-License-Identifier: MIT */
/*
 * loss.c - what follows from too few slots, by policy.
 *
 * Let N be the need and M < N the slots.  Packets that live together lie
 * within N numbers in a row, so when packet j finds no slot, M of the
 * packets j-N+1..j-1 were accepted: at most N - M of any N in a row are lost.
 * Two grids with an early writer and a late reader do exactly that for ever.
 *
 * A producer that waits instead does so until the packet M before is back,
 * and is late by that.  It catches up if both holds together fit in M periods;
 * if not, every packet makes the next one later and there is no bound.
 */
#include <dsi/errno.h>
#include <dsi/types.h>

#include "dsi/desc.h"
#include "dsi/sizing/sizing_private.h"

/* M T; the caller's slots are fewer than 2^64 and T at most 2^62 */
static dsi_wide covered(const struct dsi_sizing_writer *writer, uint64_t slots)
{
	return (dsi_wide)slots * (dsi_wide)writer->stream.period;
}

/* Longest wait of a producer on the reader's grid: X - M T. */
static struct dsi_ticks wait_for(const struct dsi_sizing_writer *writer,
				 const struct dsi_sizing_need *need,
				 uint64_t slots)
{
	dsi_wide left = need->lifetime.whole - covered(writer, slots);

	return (struct dsi_ticks){(int64_t)wide_max(left, 0), 0, 1};
}

static bool catches_up(const struct dsi_sizing_writer *writer,
		       const struct dsi_sizing_reader *reader, uint64_t slots)
{
	return (dsi_wide)writer->hold + (dsi_wide)reader->hold <=
	       covered(writer, slots);
}

static bool simple_grid(const struct dsi_sizing_writer *w,
			const struct dsi_sizing_reader *r)
{
	bool same_units = !r->units || r->units == (w->units ? w->units : 1);

	return r->pace == DSI_PACE_GRID && w->batch <= 1 && r->batch <= 1 &&
	       same_units && !r->early && !r->late && !w->stream.drift_ppb &&
	       !r->drift_ppb;
}

int dsi_size_loss(const struct dsi_sizing_writer *writer,
		  const struct dsi_sizing_reader *reader, uint64_t slots,
		  struct dsi_sizing_loss *out_loss, char *why,
		  uint32_t why_bytes)
{
	struct sizing s = {.scale = 1, .why = dsi__text(why, why_bytes)};
	struct dsi_sizing_need need = {.size = sizeof(need)};
	struct dsi_sizing_loss loss = {
		.size = sizeof(loss), .exact = 1, .wait = {0, 0, 1}};
	struct dsi_sizing_writer w;
	struct dsi_sizing_reader r;
	int err;

	if (!slots || !out_loss || out_loss->size != sizeof(loss))
		return sizing_refuse(&s, -DSI_EINVAL,
				     "slots: at least one is needed, and a "
				     "struct dsi_sizing_loss of known size");
	err = dsi_size_reader(writer, reader, &need, why, why_bytes);
	/* The caller's structs may be older and shorter. */
	if (!err)
		err = dsi__options_copy(&w, writer, sizeof(w));
	if (!err)
		err = dsi__options_copy(&r, reader, sizeof(r));
	if (err)
		return err;
	if (slots < need.slots) {
		bool simple = simple_grid(&w, &r);

		loss.exact = simple && !w.packets;
		switch (r.policy) {
		case DSI_POLICY_BLOCK:
			loss.exact &= catches_up(&w, &r, slots);
			if (loss.exact)
				loss.wait = wait_for(&w, &need, slots);
			break;
		case DSI_POLICY_DROP_NEW:
			loss.lost = need.slots - slots;
			loss.of = need.slots;
			break;
		default:
			loss.lost = loss.of = 1;
			break;
		}
	}
	*out_loss = loss;
	return 0;
}
