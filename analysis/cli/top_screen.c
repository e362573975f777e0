// SPDX-License-Identifier: MIT
/*
 * top_screen.c - the live view of `dsi top`, with ncurses.
 */
#include <curses.h>
#include <stdio.h>
#include <string.h>

#include <dsi/errno.h>

#include "cli.h"
#include "interrupt.h"
#include "message.h"
#include "top.h"

#define HEAD_LINES 2

struct view {
	struct top_lines lines;
	size_t first; /* line of the table that is shown first */
	uint64_t interval_ns;
};

static size_t page_lines(void)
{
	return LINES > HEAD_LINES ? (size_t)(LINES - HEAD_LINES) : 0;
}

static size_t last_first(const struct view *view)
{
	size_t page = page_lines();

	return view->lines.n > page ? view->lines.n - page : 0;
}

static void put_line(int at, const char *text, attr_t how)
{
	move(at, 0);
	clrtoeol();
	attron(how);
	addnstr(text, COLS);
	attroff(how);
}

static void draw(struct view *view, const struct top *top)
{
	char head[TOP_LINE_BYTES];
	size_t shown = 0;
	size_t i;

	for (i = 0; i < top->n; i++)
		shown += top_is_shown(top->streams[i]);
	if (view->first > last_first(view))
		view->first = last_first(view);
	snprintf(head, sizeof(head),
		 "dsi top: %zu streams, every %.3g s; q quits, arrows scroll%s",
		 shown, (double)view->interval_ns / 1e9,
		 view->lines.n > page_lines() ? " (more)" : "");
	erase();
	put_line(0, head, A_NORMAL);
	put_line(1, view->lines.title, A_REVERSE);
	for (i = 0; i < page_lines() && view->first + i < view->lines.n; i++)
		put_line((int)i + HEAD_LINES,
			 view->lines.lines[view->first + i], A_NORMAL);
	refresh();
}

static void scroll_by(struct view *view, int64_t lines)
{
	int64_t first = (int64_t)view->first + lines;

	view->first = first > 0 ? (size_t)first : 0;
	if (view->first > last_first(view))
		view->first = last_first(view);
}

/* All keys that are there.  True if the command is to end. */
static bool take_keys(struct view *view)
{
	int64_t page = (int64_t)page_lines();
	int key;

	while ((key = getch()) != ERR) {
		switch (key) {
		case 'q':
		case 'Q':
			return true;
		case KEY_UP:
			scroll_by(view, -1);
			break;
		case KEY_DOWN:
			scroll_by(view, 1);
			break;
		case KEY_PPAGE:
			scroll_by(view, -page);
			break;
		case KEY_NPAGE:
		case ' ':
			scroll_by(view, page);
			break;
		case KEY_HOME:
			view->first = 0;
			break;
		case KEY_END:
			view->first = last_first(view);
			break;
		default:
			break; /* also KEY_RESIZE: it is drawn anew */
		}
	}
	return false;
}

static int watch(struct view *view, struct top *top)
{
	uint64_t next_ns = dsi_now();
	int err = 0;

	for (;;) {
		if (dsi_now() >= next_ns) {
			err = top_refresh(top);
			if (err)
				return err;
			next_ns = dsi_now() + view->interval_ns;
		}
		/* Also after a key: it may have been a new size. */
		if (top_table(top, COLS, &view->lines))
			return -DSI_ENOMEM;
		draw(view, top);
		if (top_pause(next_ns, true) || take_keys(view))
			return 0;
	}
}

int top_screen(struct top *top, uint64_t interval_ns)
{
	struct view view = {.interval_ns = interval_ns};
	SCREEN *screen = newterm(NULL, stdout, stdin);
	int err;

	if (!screen)
		return -1;
	cbreak();
	noecho();
	nodelay(stdscr, TRUE);
	keypad(stdscr, TRUE);
	set_escdelay(25);
	curs_set(0);
	err = watch(&view, top);
	endwin();
	delscreen(screen);
	top_lines_free(&view.lines);
	if (err)
		return message_dsi("names", err, NULL);
	return interrupt_signal() ? CLI_SIGNAL + interrupt_signal() : CLI_OK;
}
