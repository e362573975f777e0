// SPDX-License-Identifier: MIT
/*
 * payload.c - the data of a packet as a list for writev().
 */
#include <stdlib.h>
#include <string.h>

#include <dsi/errno.h>
#include <dsi/packet.h>

#include "payload.h"

int payload_locate(struct payload *payload, const struct dsi_packet *pkt)
{
	int32_t count = dsi_packet_count(pkt);
	int32_t i;

	payload->n = 0;
	payload->bytes = 0;
	if (count < 0)
		return count;
	for (i = 0; i < count && i < (int32_t)DSI_MAX_SG; i++) {
		struct iovec *iov = &payload->iov[1 + i];
		uint32_t size;
		int err = dsi_packet_data(pkt, (uint32_t)i, &iov->iov_base,
					  &size);

		if (err)
			return err;
		iov->iov_len = size;
		payload->bytes += size;
		payload->n++;
	}
	return 0;
}

int payload_copy(struct payload *payload)
{
	uint64_t at = 0;
	uint32_t i;

	if (payload->bytes > payload->copy_bytes) {
		free(payload->copy);
		payload->copy_bytes = 0;
		payload->copy = malloc(payload->bytes);
		if (!payload->copy)
			return -DSI_ENOMEM;
		payload->copy_bytes = payload->bytes;
	}
	for (i = 0; i < payload->n; i++) {
		const struct iovec *iov = &payload->iov[1 + i];

		memcpy(payload->copy + at, iov->iov_base, iov->iov_len);
		at += iov->iov_len;
	}
	payload->n = payload->bytes ? 1 : 0;
	payload->iov[1].iov_base = payload->copy;
	payload->iov[1].iov_len = payload->bytes;
	return 0;
}

void payload_fini(struct payload *payload)
{
	free(payload->copy);
	payload->copy = NULL;
	payload->copy_bytes = 0;
}
