/* SPDX-License-Identifier: MIT */
/* packet_wait.h - wait for a packet, a signal, or a time. */
#ifndef DSI_CLI_PACKET_WAIT_H
#define DSI_CLI_PACKET_WAIT_H

#include <stdint.h>

struct dsi_packet;
struct dsi_socket;
struct progress;

/**
 * packet_wait_get - dsi_packet_get() that keeps the progress line going.
 * @sock:     running socket
 * @progress: initialised
 * @out_pkt:  on 0: the packet
 *
 * Return: 0, -DSI_ECANCELED after a signal, or what get() answers.
 */
int packet_wait_get(struct dsi_socket *sock, struct progress *progress,
		    struct dsi_packet **out_pkt);

/**
 * packet_wait_drain - dsi_socket_drain() likewise.
 * @sock:      producer socket
 * @limit_ns:  absolute; DSI_FOREVER = no limit
 * @signal_ns: time that is left after a signal
 * @progress:  initialised
 *
 * Return: 0, -DSI_ETIMEDOUT, or what drain answers.
 */
int packet_wait_drain(struct dsi_socket *sock, uint64_t limit_ns,
		      uint64_t signal_ns, struct progress *progress);

#endif /* DSI_CLI_PACKET_WAIT_H */
