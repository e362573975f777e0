/* SPDX-License-Identifier: MIT */
/* payload.h - the data of a packet as a list for writev(). */
#ifndef DSI_CLI_PAYLOAD_H
#define DSI_CLI_PAYLOAD_H

#include <stddef.h>
#include <stdint.h>
#include <sys/uio.h>

#include <dsi/types.h>

struct dsi_packet;

/**
 * struct payload - where the bytes of a packet are.
 * @iov:          one element for the application, then the packet's
 * @n:            elements of the packet
 * @bytes:        their sum
 * @copy:         private memory for payload_copy()
 * @copy_bytes:   its size
 */
struct payload {
	struct iovec iov[1 + DSI_MAX_SG];
	uint32_t n;
	uint64_t bytes;
	uint8_t *copy;
	uint64_t copy_bytes;
};

/* Look where the packet's data is.  Return: 0 or a negative code. */
int payload_locate(struct payload *payload, const struct dsi_packet *pkt);

/**
 * payload_copy - copy the data to private memory, and use that.
 * @payload: located
 *
 * Return: 0, -DSI_ENOMEM.
 */
int payload_copy(struct payload *payload);

void payload_fini(struct payload *payload);

#endif /* DSI_CLI_PAYLOAD_H */
