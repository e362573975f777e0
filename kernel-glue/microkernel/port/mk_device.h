/* SPDX-License-Identifier: MIT */
/*
 * mk_device.h - the memory of a device as data area, for applications.
 *
 * The exchange has it (device= in boot.conf) and gives it to programs that may
 * (`device PROGRAM` in exchange.policy), one at a time.
 */
#ifndef MK_DEVICE_MEMORY_H
#define MK_DEVICE_MEMORY_H

#include <stdint.h>

/* A handle of the region, for DSI_PRODUCER_DATA_FD; with the stream,
 * dsi_socket_physical() tells where devices see it.  It holds what it held: nobody
 * clears it.  -DSI_EACCES: no rule allows it.  -DSI_ENOENT: the exchange has none.
 * -DSI_EBUSY: another program has it. */
int32_t mk_device_memory(void);
/* The handle's end; streams keep the region. */
void mk_device_close(int32_t handle);

#endif /* MK_DEVICE_MEMORY_H */
