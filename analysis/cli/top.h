/* SPDX-License-Identifier: MIT */
/*
 * top.h - the streams that `dsi top` watches, and the forms to show them.
 *
 *   top_watch.c (who is there, figures, rates) -> top_table.c -> top_screen.c
 *                                              -> top_json.c
 */
#ifndef DSI_CLI_TOP_H
#define DSI_CLI_TOP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <dsi/watch.h>

#define TOP_SOCKETS 32u	  /* a producer and all places of consumers */
#define TOP_STREAMS 4096u /* as many names as dsi_names() looks at */
#define TOP_LINE_BYTES 512u
#define TOP_COLUMNS 80 /* the table is made for so many */

/* One socket at one refresh. */
struct top_socket {
	struct dsi_watch_info info;
	uint64_t read_ns;
	uint64_t packets_per_s; /* since the refresh before */
	uint64_t bytes_per_s;
	uint64_t p50_ns; /* of all packets so far */
	uint64_t p99_ns;
	uint64_t stamped; /* packets whose latency is known */
};

struct top_stream {
	char name[DSI_NAME_BYTES + 8]; /* as it is opened */
	struct dsi_watch *watch;       /* NULL: see @error */
	struct dsi_stream_desc desc;
	struct top_socket sockets[TOP_SOCKETS]; /* 0: the producer */
	uint32_t n_sockets;
	int error;	/* 0: not tried yet */
	uint32_t pause; /* refreshes until it is tried again */
	bool named;	/* the name is there */
};

/* Sorted by name. */
struct top {
	const char *only; /* NULL: all names */
	struct top_stream **streams;
	size_t n;
	size_t room;
	size_t turn; /* place of whoever is to be opened next */
};

/* Look who is there, and read all figures.  0, or a negative DSI code. */
int top_refresh(struct top *top);
void top_close(struct top *top);
/* Is there anything to show of it? */
bool top_is_shown(const struct top_stream *stream);

/* The table in lines of at most @columns: the titles, and the rows. */
struct top_lines {
	char title[TOP_LINE_BYTES];
	char (*lines)[TOP_LINE_BYTES];
	size_t n;
	size_t room;
};
/* Return: 0, or -1 if there is no memory. */
int top_table(const struct top *top, int columns, struct top_lines *lines);
void top_lines_free(struct top_lines *lines);

/* Print a JSON array; @pretty: in many lines.  0, or -1: no memory. */
int top_print_json(const struct top *top, bool pretty);

/* The live view, until a key or a signal ends it.  Return: exit code, or -1 if
 * there is no usable terminal; then nothing was shown. */
int top_screen(struct top *top, uint64_t interval_ns);

/* Sleep until a deadline of dsi_now(), a signal, or, if @key, input.  Return 1
 * if the command is to end. */
int top_pause(uint64_t until_ns, bool key);

#endif /* DSI_CLI_TOP_H */
