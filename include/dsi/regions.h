/* SPDX-License-Identifier: MIT */
/*
 * regions.h - where the shared memory of a stream lies.
 *
 * A stream is a control area, a data area, and for each consumer a signal page
 * and a consumer page.  Which NUMA nodes their pages are on can be seen, and
 * changed, from outside, by who knows the addresses in the producer's address
 * space.  A producer tells them to its own user and to root, and to no others:
 * who may only connect has no business in its address space.
 *
 * They are the producer's own word.  Who does something with them asks the
 * system first what lies there.
 */
#ifndef DSI_REGIONS_H
#define DSI_REGIONS_H

#include <dsi/socket.h>
#include <dsi/types.h>

#define DSI_REGION_CONTROL 0u /* written by the producer, read by all */
#define DSI_REGION_DATA 1u    /* the packets */
#define DSI_REGION_SIGNAL 2u  /* written by the producer for one consumer */
#define DSI_REGION_PAGE 3u    /* written by one consumer */

/**
 * struct dsi_region_info - one region of a stream.
 * @size:     sizeof(struct dsi_region_info)
 * @kind:     DSI_REGION_*
 * @place:    signal and consumer page: which consumer's, a number that no other
 *            one has; else 0
 * @policy:   signal and consumer page: DSI_POLICY_* of that consumer
 * @producer: the producer's process
 * @consumer: signal and consumer page: the process of that consumer, as its
 *            producer says; else all zero
 * @placement: DSI_PLACEMENT_* that its end asked for, or its user did for it;
 *             NONE for a data area that the application brought
 * @placement_of: the node or process that this names
 * @label:    what that consumer calls itself, made printable
 * @address:  in the address space of the producer
 * @bytes:    whole pages
 */
struct dsi_region_info {
	uint32_t size;
	uint32_t kind;
	uint32_t place;
	uint32_t policy;
	struct dsi_peer producer;
	struct dsi_peer consumer;
	uint32_t placement;
	uint32_t placement_of;
	char label[DSI_LABEL_BYTES];
	uint64_t address;
	uint64_t bytes;
};

/**
 * dsi_regions - ask a producer for the regions of its stream.
 * @name:        as for dsi_socket_listen()
 * @deadline_ns: how long to wait for its answer; 0 = 5 s
 * @visit:       called for each region: control and data area first
 * @user:        first argument of @visit
 *
 * Nothing is mapped, and the stream goes on.
 *
 * Return: number of regions visited, or
 *   -DSI_ENOENT     no such stream
 *   -DSI_EACCES     its access rule does not admit us
 *   -DSI_EPERM      we are neither its user nor root
 *   -DSI_ETIMEDOUT  its producer does not answer
 *   -DSI_EAGAIN     it is too busy with handshakes
 *   -DSI_EPIPE      it went away meanwhile
 *   -DSI_EPROTO     its answer makes no sense
 *   -DSI_EPROTONOSUPPORT  it does not tell: another version
 *   -DSI_EINVAL, -DSI_ENAMETOOLONG, -DSI_ENOMEM, -DSI_EMFILE
 * Context: any thread; blocks.
 * Since:   0.1
 */
DSI_API int32_t dsi_regions(const char *name, uint64_t deadline_ns,
			    void (*visit)(void *user,
					  const struct dsi_region_info *info),
			    void *user);

#endif /* DSI_REGIONS_H */
