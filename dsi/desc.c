/* SPDX-License-Identifier: MIT */
/* desc.c - descriptions: valid, complete, matching; see desc.h. */
#include "dsi/desc.h"

#include <string.h>

#include <dsi/errno.h>

#include "dsi/port.h"
#include "dsi/shm_layout.h"
#include "dsi/traffic.h"

#define MAX_ALIGN_BYTES (UINT32_C(1) << 21)
#define MAX_DATA_BYTES (UINT64_C(1) << 46)

int dsi__options_copy(void *to, const void *from, uint32_t bytes)
{
	const unsigned char *raw = from;
	uint32_t size;

	memset(to, 0, bytes);
	if (!from) {
		memcpy(to, &bytes, sizeof(bytes));
		return 0;
	}
	memcpy(&size, from, sizeof(size));
	if (size < sizeof(size) || size > 4096u)
		return -DSI_EINVAL;
	for (uint32_t i = bytes; i < size; i++)
		if (raw[i])
			return -DSI_EINVAL;
	memcpy(to, from, size < bytes ? size : bytes);
	memcpy(to, &bytes, sizeof(bytes));
	return 0;
}

static int is_pow2(uint32_t n)
{
	return n && !(n & (n - 1u));
}

uint64_t dsi__desc_stride(const struct dsi_stream_desc *desc)
{
	uint64_t align = desc->align_bytes;

	return (desc->packet_bytes + align - 1u) & ~(align - 1u);
}

/* A slot that is as large as its alignment is mapped in one step. */
static uint32_t lending_align(uint32_t packet_bytes)
{
	uint32_t align = (uint32_t)dsi_port_page_bytes();

	while (align < packet_bytes && align < MAX_ALIGN_BYTES)
		align <<= 1;
	return align;
}

void dsi__desc_resolve(struct dsi_stream_desc *desc)
{
	desc->size = sizeof(*desc);
	if (!desc->ring_slots)
		desc->ring_slots = dsi__pow2(desc->packets);
	if (!desc->max_sg)
		desc->max_sg = 1;
	if (!desc->align_bytes)
		desc->align_bytes = desc->flags & DSI_STREAM_MAP
					    ? lending_align(desc->packet_bytes)
					    : 64;
	if (!desc->data_bytes)
		desc->data_bytes = desc->packets * dsi__desc_stride(desc);
}

/* One field out of its range: say so.  Return -DSI_EINVAL. */
static int bad(struct dsi_text *why, const char *field, uint64_t value,
	       const char *range)
{
	dsi__text_field(why, field, value, range);
	return -DSI_EINVAL;
}

/* DSI_STREAM_MAP: packets are lent as whole pages of their own. */
static int check_lending(const struct dsi_stream_desc *desc,
			 struct dsi_text *why)
{
	if (!(desc->flags & DSI_STREAM_MAP))
		return 0;
	if (desc->flags & (DSI_STREAM_WRITABLE | DSI_STREAM_PHYS))
		return bad(why, "flags", desc->flags,
			   "has MAP with WRITABLE or PHYS, which do not go "
			   "together");
	if (!desc->packet_bytes)
		return bad(why, "packet_bytes", 0,
			   "but a stream with MAP lends its data slots");
	if (desc->max_sg > 1)
		return bad(why, "max_sg", desc->max_sg,
			   "is more than 1, the slot, which is all that a "
			   "stream with MAP lends");
	if (desc->align_bytes && desc->align_bytes < dsi_port_page_bytes())
		return bad(why, "align_bytes", desc->align_bytes,
			   "is less than a page, and a stream with MAP lends "
			   "whole pages");
	return 0;
}

/* DSI_STREAM_PHYS: where data lies is the application's business. */
static int check_physical(const struct dsi_stream_desc *desc,
			  struct dsi_text *why)
{
	if ((desc->flags & DSI_STREAM_PHYS) && desc->packet_bytes)
		return bad(why, "packet_bytes", desc->packet_bytes,
			   "but packets of a stream with PHYS have no slots: "
			   "say data_bytes");
	return 0;
}

/* Everything but the sizes, which need the defaults resolved. */
static int check_fields(const struct dsi_stream_desc *desc,
			struct dsi_text *why)
{
	const uint32_t flags = DSI_STREAM_WRITABLE | DSI_STREAM_NO_STAMP |
			       DSI_STREAM_PHYS | DSI_STREAM_MAP;

	if (desc->flags & ~flags)
		return bad(why, "flags", desc->flags,
			   "has bits that are not DSI_STREAM_*");
	if ((desc->packets == 0 && !dsi__traffic_given(&desc->traffic)) ||
	    desc->packets > DSI_MAX_PACKETS)
		return bad(why, "packets", desc->packets, "is not in 1..65535");
	if (desc->ring_slots && (!is_pow2(desc->ring_slots) ||
				 desc->ring_slots > DSI_MAX_RING_SLOTS))
		return bad(why, "ring_slots", desc->ring_slots,
			   "is not a power of two in 1..65536");
	if (desc->max_sg > DSI_MAX_SG)
		return bad(why, "max_sg", desc->max_sg, "is not in 1..64");
	if (desc->align_bytes && (!is_pow2(desc->align_bytes) ||
				  desc->align_bytes > MAX_ALIGN_BYTES))
		return bad(why, "align_bytes", desc->align_bytes,
			   "is not a power of two up to 2097152");
	if (desc->reserved)
		return bad(why, "reserved", desc->reserved, "is not 0");
	if (dsi__string_length(desc->format, DSI_FORMAT_BYTES) ==
	    DSI_FORMAT_BYTES) {
		dsi__text_add(why, "format: is not terminated within 128 "
				   "bytes");
		return -DSI_EINVAL;
	}
	if (desc->packets && desc->traffic.batch > desc->packets)
		return bad(why, "traffic.batch", desc->traffic.batch,
			   "is more than the stream's packets");
	return dsi__traffic_check(&desc->traffic, why);
}

static int check_sizes(const struct dsi_stream_desc *desc, struct dsi_text *why)
{
	uint64_t slots = desc->packets * dsi__desc_stride(desc);

	if (desc->data_bytes == 0)
		return bad(why, "data_bytes", 0,
			   "and packet_bytes 0: there would be no data area; "
			   "give one of them");
	if (desc->data_bytes > MAX_DATA_BYTES)
		return bad(why, "data_bytes", desc->data_bytes,
			   "is more than 2^46");
	if (slots > desc->data_bytes)
		return bad(why, "data_bytes", desc->data_bytes,
			   "is less than packets times packet_bytes, aligned");
	return 0;
}

/* What not every system has. */
static int check_system(const struct dsi_stream_desc *desc,
			struct dsi_text *why)
{
	const char *what = NULL;

	if ((desc->flags & DSI_STREAM_MAP) && dsi_port_loan_possible())
		what = "flags: MAP needs a system that can take pages back "
		       "from a process: the microkernel can, this one cannot";
	else if ((desc->flags & DSI_STREAM_PHYS) &&
		 dsi_port_physical_possible())
		what = "flags: PHYS needs a system that says where memory lies "
		       "for devices: the microkernel can, this one cannot";
	if (!what)
		return 0;
	dsi__text_add(why, what);
	return -DSI_ENOTSUP;
}

int dsi_stream_desc_check(const struct dsi_stream_desc *desc, char *why,
			  uint32_t why_bytes)
{
	struct dsi_text text = dsi__text(why, why_bytes);
	struct dsi_stream_desc copy;
	int err;

	if (!desc || dsi__options_copy(&copy, desc, sizeof(copy))) {
		dsi__text_add(&text, "size: is not the size of a known "
				     "struct dsi_stream_desc");
		return -DSI_EINVAL;
	}
	err = check_fields(&copy, &text);
	if (!err)
		err = check_lending(&copy, &text);
	if (!err)
		err = check_physical(&copy, &text);
	if (err)
		return err;
	if (!copy.packets)
		copy.packets = 1; /* it will be sized; at least so many */
	dsi__desc_resolve(&copy);
	err = check_sizes(&copy, &text);
	return err ? err : check_system(&copy, &text);
}

int dsi__desc_sizable(const struct dsi_stream_desc *desc, struct dsi_text *why)
{
	struct dsi_stream_desc copy;

	if (!desc || desc->size < offsetof(struct dsi_stream_desc, format) ||
	    dsi__options_copy(&copy, desc, sizeof(copy))) {
		dsi__text_add(why, "size: is not the size of a known "
				   "struct dsi_stream_desc");
		return -DSI_EINVAL;
	}
	if (dsi__traffic_given(&copy.traffic))
		return dsi__traffic_check(&copy.traffic, why);
	dsi__text_add(why, "traffic: is not declared, so that nothing follows "
			   "from it");
	return -DSI_EINVAL;
}

int dsi__desc_complete(const struct dsi_stream_desc *desc)
{
	struct dsi_text none = dsi__text(NULL, 0);

	return desc->size == sizeof(*desc) && desc->packets &&
	       desc->ring_slots && desc->max_sg && desc->align_bytes &&
	       !check_fields(desc, &none) && !check_lending(desc, &none) &&
	       !check_physical(desc, &none) && !check_sizes(desc, &none);
}

void dsi__wish_from_options(struct dsi_wish *wish,
			    const struct dsi_consumer_options *options)
{
	*wish = (struct dsi_wish){
		.flags = options->flags,
		.policy = options->policy,
		.queue_packets = options->queue_packets,
		.hold_packets = options->hold_packets,
		.align_bytes = options->align_bytes,
		.min_packet_bytes = options->min_packet_bytes,
		.max_packet_bytes = options->max_packet_bytes,
		.max_sg = options->max_sg,
		.usage = options->usage,
		.placement = options->placement,
		.placement_of = options->placement_of,
	};
	memcpy(wish->format, options->format, sizeof(wish->format));
	memcpy(wish->label, options->label, sizeof(wish->label));
}

void dsi__wish_to_options(struct dsi_consumer_options *options,
			  const struct dsi_wish *wish)
{
	*options = (struct dsi_consumer_options){
		.size = sizeof(*options),
		.flags = wish->flags,
		.policy = wish->policy,
		.queue_packets = wish->queue_packets,
		.hold_packets = wish->hold_packets,
		.align_bytes = wish->align_bytes,
		.min_packet_bytes = wish->min_packet_bytes,
		.max_packet_bytes = wish->max_packet_bytes,
		.max_sg = wish->max_sg,
		.usage = wish->usage,
		.placement = wish->placement,
		.placement_of = wish->placement_of,
	};
	memcpy(options->format, wish->format, sizeof(wish->format));
	memcpy(options->label, wish->label, sizeof(wish->label));
}

int dsi__wish_check(const struct dsi_wish *wish, struct dsi_text *why)
{
	const uint32_t flags =
		DSI_CONSUMER_WRITABLE | DSI_CONSUMER_KEEP_EXPIRED |
		DSI_CONSUMER_ACCEPT_UNSEALED | DSI_CONSUMER_TIME_HOLD |
		DSI_CONSUMER_COPY | DSI_CONSUMER_MAP;

	if ((wish->flags & ~flags) || wish->policy > DSI_POLICY_RECLAIM ||
	    wish->queue_packets > DSI_MAX_PACKETS ||
	    wish->hold_packets > DSI_MAX_PACKETS ||
	    (wish->align_bytes && !is_pow2(wish->align_bytes)) ||
	    wish->placement > DSI_PLACEMENT_LIKE ||
	    wish->placement_of > INT32_MAX ||
	    dsi__string_length(wish->format, DSI_FORMAT_BYTES) ==
		    DSI_FORMAT_BYTES ||
	    dsi__string_length(wish->label, DSI_LABEL_BYTES) ==
		    DSI_LABEL_BYTES) {
		dsi__text_add(why, "the consumer's options are not valid");
		return -DSI_EINVAL;
	}
	if ((wish->flags & DSI_CONSUMER_COPY) &&
	    (!wish->max_packet_bytes ||
	     (wish->flags & DSI_CONSUMER_WRITABLE))) {
		dsi__text_add(why, "copy: needs max_packet_bytes, the room for "
				   "one packet, and is not for writing");
		return -DSI_EINVAL;
	}
	return dsi__usage_check(&wish->usage, why);
}

/* "name: the stream has A, this consumer needs B" */
static int mismatch(struct dsi_text *why, const char *name, uint64_t has,
		    const char *needs, uint64_t limit)
{
	dsi__text_add(why, name);
	dsi__text_add(why, ": the stream has ");
	dsi__text_number(why, has);
	dsi__text_add(why, ", the consumer needs ");
	dsi__text_add(why, needs);
	dsi__text_add(why, " ");
	dsi__text_number(why, limit);
	return -DSI_ENOMATCH;
}

static int match_format(const struct dsi_stream_desc *desc,
			const struct dsi_wish *wish, struct dsi_text *why)
{
	if (!wish->format[0] ||
	    dsi__string_equal(desc->format, wish->format, DSI_FORMAT_BYTES))
		return 0;
	dsi__text_add(why, "format: the stream has '");
	dsi__text_foreign(why, desc->format, DSI_FORMAT_BYTES);
	dsi__text_add(why, "', the consumer needs '");
	dsi__text_foreign(why, wish->format, DSI_FORMAT_BYTES);
	dsi__text_add(why, "'");
	return -DSI_ENOMATCH;
}

/* A stream that lends its packets. */
static int match_lending(const struct dsi_stream_desc *desc,
			 const struct dsi_wish *wish, struct dsi_text *why)
{
	const char *what = NULL;

	if (!(desc->flags & DSI_STREAM_MAP))
		return 0;
	if (!(wish->flags & DSI_CONSUMER_MAP))
		what = "map: the stream lends its packets and could take them "
		       "back, which the consumer does not accept "
		       "(DSI_CONSUMER_MAP)";
	else if (wish->policy == DSI_POLICY_RECLAIM)
		what = "policy: the stream lends its packets (MAP), and "
		       "RECLAIM would take them while they are read";
	else if (wish->flags & DSI_CONSUMER_COPY)
		what = "copy: the stream lends its packets (MAP), there is "
		       "nothing to copy from";
	if (!what)
		return 0;
	dsi__text_add(why, what);
	return -DSI_ENOMATCH;
}

int dsi__desc_match(const struct dsi_stream_desc *desc,
		    const struct dsi_wish *wish, struct dsi_text *why)
{
	int err = match_format(desc, wish, why);

	if (!err)
		err = match_lending(desc, wish, why);
	if (err)
		return err;
	if (wish->align_bytes > desc->align_bytes)
		return mismatch(why, "align_bytes", desc->align_bytes,
				"at least", wish->align_bytes);
	if (wish->min_packet_bytes > desc->packet_bytes)
		return mismatch(why, "packet_bytes", desc->packet_bytes,
				"at least", wish->min_packet_bytes);
	if (wish->max_packet_bytes &&
	    wish->max_packet_bytes < desc->packet_bytes)
		return mismatch(why, "packet_bytes", desc->packet_bytes,
				"at most", wish->max_packet_bytes);
	if (wish->max_sg && wish->max_sg < desc->max_sg)
		return mismatch(why, "max_sg", desc->max_sg, "at most",
				wish->max_sg);
	/* Copies are the consumer's own. */
	if (wish->hold_packets > desc->packets &&
	    !(wish->flags & DSI_CONSUMER_COPY))
		return mismatch(why, "packets", desc->packets,
				"to hold at least", wish->hold_packets);
	/* Also keeps a stranger from asking for a long calculation. */
	if (wish->usage.batch > desc->packets)
		return mismatch(why, "packets", desc->packets, "to get at once",
				wish->usage.batch);
	if ((wish->flags & DSI_CONSUMER_WRITABLE) &&
	    !(desc->flags & DSI_STREAM_WRITABLE)) {
		dsi__text_add(why, "writable: the consumer needs to write the "
				   "data area, the stream is read-only");
		return -DSI_ENOMATCH;
	}
	if ((wish->flags & DSI_CONSUMER_COPY) &&
	    (desc->flags & DSI_STREAM_PHYS)) {
		dsi__text_add(why,
			      "copy: the stream may carry physical "
			      "addresses, whose data nobody here can copy");
		return -DSI_ENOMATCH;
	}
	return 0;
}

int dsi__name_check(const char *name)
{
	uint32_t n;

	if (!name)
		return -DSI_EINVAL;
	if (name[0] == 's' && name[1] == 'y' && name[2] == 's' &&
	    name[3] == ':')
		name += 4;
	n = dsi__string_length(name, DSI_NAME_BYTES);
	if (n == DSI_NAME_BYTES)
		return -DSI_ENAMETOOLONG;
	if (n == 0 || name[0] == '.')
		return -DSI_EINVAL;
	for (uint32_t i = 0; i < n; i++) {
		char c = name[i];

		if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
		      (c >= '0' && c <= '9') || c == '.' || c == '_' ||
		      c == '-'))
			return -DSI_EINVAL;
	}
	return 0;
}
