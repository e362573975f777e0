/* SPDX-License-Identifier: MIT */
/* frame_socket.h - how both ends wait for their socket without its lock. */
#ifndef DSI_FRAME_SOCKET_H
#define DSI_FRAME_SOCKET_H

#include <dsi/socket.h>

/* With the lock: events make the descriptor readable until somebody takes
 * them. */
void frame_socket_take_events(struct dsi_socket *sock);

/* Without it: until it is worth while to look again, because a packet may be
 * there, @wake is readable (-1: there is none), or some time has passed.  0, or
 * -DSI_ETIMEDOUT without a wait if the deadline has passed. */
int frame_socket_wait(int fd, int wake, uint64_t deadline_ns);

#endif /* DSI_FRAME_SOCKET_H */
