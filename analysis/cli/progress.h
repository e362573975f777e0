/* SPDX-License-Identifier: MIT */
/* progress.h - a line about a running stream, five times a second. */
#ifndef DSI_CLI_PROGRESS_H
#define DSI_CLI_PROGRESS_H

#include <argp.h>
#include <stdbool.h>
#include <stdint.h>

struct dsi_socket;

/* What the user wished; AUTO: on if stderr is a terminal. */
#define PROGRESS_AUTO 0
#define PROGRESS_ON 1
#define PROGRESS_OFF 2

/*
 * The options --progress, --no-progress and --quiet, to be a child of a command's
 * own; its input is the int that holds the wish.
 */
extern const struct argp progress_argp;

struct progress {
	struct dsi_socket *sock;
	bool on;
	bool producer;
	uint64_t start_ns;
	uint64_t shown_ns;    /* last line, 0 = none yet */
	uint64_t shown_bytes; /* bytes at that time */
};

/**
 * progress_init - decide whether to show progress.
 * @p:    to fill
 * @wish: PROGRESS_*
 */
void progress_init(struct progress *p, int wish);

/* @sock: socket to report on from now on */
void progress_attach(struct progress *p, struct dsi_socket *sock,
		     bool producer);

/* Say what is waited for before there is a socket to report on. */
void progress_say(const struct progress *p, const char *text, const char *name);

/* Show a line if 200 ms passed since the last one. */
void progress_tick(struct progress *p);

/* Show the final line and end it. */
void progress_finish(struct progress *p);

/* The earlier of @limit_ns and the time of the next line. */
uint64_t progress_deadline(const struct progress *p, uint64_t limit_ns);

/* The same as a timeout for poll(): ms, -1 = no limit. */
int progress_poll_ms(const struct progress *p);

#endif /* DSI_CLI_PROGRESS_H */
