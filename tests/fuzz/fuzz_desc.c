// SPDX-License-Identifier: MIT
/*
 * fuzz_desc.c - descriptions of streams and wishes of consumers as they come
 * over the wire, and the range checks of a descriptor.
 *
 * The input is a struct dsi_stream_desc, a struct dsi_wish, and numbers.
 */
#include <dsi/errno.h>

#include "dsi/desc.h"
#include "dsi/need.h"
#include "dsi/shm_check.h"
#include "dsi/shm_layout.h"
#include "fuzz.h"

/* Again, by adding in more bits. */
static void check_range(struct fuzz_input *in)
{
	uint64_t n[3];

	(void)fuzz_take(in, n, sizeof(n));
#if defined(__SIZEOF_INT128__)
	__extension__ typedef unsigned __int128 wide;

	FUZZ_MUST(dsi__range_inside(n[0], n[1], n[2]) ==
		  ((wide)n[0] + n[1] <= n[2]));
#endif
}

/* What is promised of a stream that may be attached to. */
static void check_complete(const struct dsi_stream_desc *desc)
{
	uint64_t stride = dsi__desc_stride(desc);

	FUZZ_MUST(desc->packets >= 1 && desc->packets <= DSI_MAX_PACKETS);
	FUZZ_MUST(desc->max_sg >= 1 && desc->max_sg <= DSI_MAX_SG);
	FUZZ_MUST(desc->ring_slots <= DSI_MAX_RING_SLOTS &&
		  !(desc->ring_slots & (desc->ring_slots - 1)));
	FUZZ_MUST(stride >= desc->packet_bytes);
	FUZZ_MUST(desc->packets * stride <= desc->data_bytes);
	FUZZ_MUST(memchr(desc->format, '\0', sizeof(desc->format)));
	FUZZ_MUST(dsi__control_bytes(desc->ring_slots, desc->max_sg) <
		  UINT64_C(1) << 30);
}

static void check_match(const struct dsi_stream_desc *desc,
			const struct dsi_wish *wish)
{
	char why[256] = "";
	struct dsi_text text = dsi__text(why, sizeof(why));

	if (dsi__wish_check(wish, &text)) {
		FUZZ_MUST(why[0]);
		return;
	}
	if (dsi__desc_match(desc, wish, &text))
		FUZZ_MUST(why[0]);
	FUZZ_MUST(memchr(why, '\0', sizeof(why)));
	for (const char *c = why; *c; c++)
		FUZZ_MUST(*c >= ' ' && *c <= '~');
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes)
{
	struct fuzz_input in = {data, bytes};
	struct dsi_stream_desc desc;
	struct dsi_wish wish;
	char why[256] = "";
	int err;

	(void)fuzz_take(&in, &desc, sizeof(desc));
	(void)fuzz_take(&in, &wish, sizeof(wish));
	check_range(&in);
	/* The caller's own size says how much of it there is. */
	if (desc.size > sizeof(desc))
		desc.size = sizeof(desc);
	err = dsi_stream_desc_check(&desc, why, sizeof(why));
	FUZZ_MUST(err == 0 || err == -DSI_EINVAL || err == -DSI_ENOTSUP);
	FUZZ_MUST(!err || why[0]);
	if (!dsi__desc_complete(&desc))
		return 0;
	check_complete(&desc);
	check_match(&desc, &wish);
	return 0;
}
