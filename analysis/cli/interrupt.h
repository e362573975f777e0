/* SPDX-License-Identifier: MIT */
/*
 * interrupt.h - SIGINT and SIGTERM end a command in order.
 *
 * The first one is remembered and ends whatever the command waits for; the
 * second one kills the process, as without a handler.
 */
#ifndef DSI_CLI_INTERRUPT_H
#define DSI_CLI_INTERRUPT_H

struct dsi_socket;

/**
 * interrupt_install - catch the signals from now on.
 *
 * Call it on the thread that does the work.
 *
 * Return: 0 or -1 with errno.
 */
int interrupt_install(void);

/* The socket whose blocked get a signal shall end; NULL = none. */
void interrupt_watch(struct dsi_socket *sock);

/* The signal that came, or 0. */
int interrupt_signal(void);

/* A descriptor that is readable after a signal came, for poll(); -1 before
 * interrupt_install(). */
int interrupt_fd(void);

#endif /* DSI_CLI_INTERRUPT_H */
