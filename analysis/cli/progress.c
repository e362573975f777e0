// SPDX-License-Identifier: MIT
/*
 * progress.c - a line about a running stream, five times a second.
 *
 * All numbers come from dsi_socket_stats(); the data path pays one look at
 * the clock per packet, and nothing when progress is off.
 */
#include <inttypes.h>
#include <stdio.h>
#include <unistd.h>

#include <dsi/socket.h>

#include "message.h"
#include "progress.h"

#define LINE_BYTES 256
#define INTERVAL_NS UINT64_C(200000000)

enum {
	KEY_PROGRESS = 0x10000, /* above the keys of any command */
	KEY_NO_PROGRESS,
	KEY_QUIET = 'q',
};

static const struct argp_option options[] = {
	{NULL, 0, NULL, 0, "Messages:", 4},
	{"progress", KEY_PROGRESS, NULL, 0,
	 "show progress even if stderr is no terminal", 4},
	{"no-progress", KEY_NO_PROGRESS, NULL, 0, "show no progress", 4},
	{"quiet", KEY_QUIET, NULL, 0, "only errors", 4},
	{NULL, 0, NULL, 0, NULL, 0},
};

static error_t parse(int key, char *arg, struct argp_state *state)
{
	int *wish = state->input;

	(void)arg;
	switch (key) {
	case KEY_PROGRESS:
		*wish = PROGRESS_ON;
		return 0;
	case KEY_NO_PROGRESS:
		*wish = PROGRESS_OFF;
		return 0;
	case KEY_QUIET:
		*wish = PROGRESS_OFF;
		message_set_quiet(true);
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

const struct argp progress_argp = {.options = options, .parser = parse};

void progress_init(struct progress *p, int wish)
{
	*p = (struct progress){0};
	p->on = wish == PROGRESS_ON ||
		(wish == PROGRESS_AUTO && isatty(STDERR_FILENO));
}

void progress_attach(struct progress *p, struct dsi_socket *sock, bool producer)
{
	p->sock = sock;
	p->producer = producer;
	p->start_ns = dsi_now();
}

void progress_say(const struct progress *p, const char *text, const char *name)
{
	char line[LINE_BYTES];

	if (!p->on)
		return;
	snprintf(line, sizeof(line), "%s: %s", name, text);
	message_status(line);
}

static int print_bytes(char *out, size_t size, double bytes)
{
	static const char *const units[] = {"B", "kB", "MB", "GB", "TB"};
	size_t i = 0;

	while (bytes >= 1000.0 && i + 1 < sizeof(units) / sizeof(units[0])) {
		bytes /= 1000.0;
		i++;
	}
	return snprintf(out, size, "%.*f %s", i ? 1 : 0, bytes, units[i]);
}

static void print_line(const struct progress *p,
		       const struct dsi_socket_stats *stats, double bytes_per_s)
{
	char total[32], rate[32], line[LINE_BYTES];

	print_bytes(total, sizeof(total), (double)stats->bytes);
	print_bytes(rate, sizeof(rate), bytes_per_s);
	if (p->producer)
		snprintf(line, sizeof(line),
			 "%" PRIu64 " packets, %s, %s/s, backlog max %" PRIu64
			 ", %" PRIu32 " consumers, %" PRIu64 " dropped",
			 stats->committed, total, rate, stats->backlog_max,
			 stats->consumers, stats->dropped);
	else
		snprintf(line, sizeof(line),
			 "%" PRIu64 " packets, %s, %s/s, held %" PRIu32
			 ", backlog max %" PRIu64 ", %" PRIu64 " lost",
			 stats->committed, total, rate, stats->held,
			 stats->backlog_max,
			 stats->dropped + stats->reclaimed + stats->expired);
	message_status(line);
}

static void show(struct progress *p, uint64_t now, uint64_t since_ns,
		 uint64_t since_bytes)
{
	struct dsi_socket_stats stats = {.size = sizeof(stats)};
	double seconds = (double)(now - since_ns) / 1e9;
	double rate = 0.0;

	if (dsi_socket_stats(p->sock, &stats))
		return;
	if (seconds > 0.0 && stats.bytes >= since_bytes)
		rate = (double)(stats.bytes - since_bytes) / seconds;
	print_line(p, &stats, rate);
	p->shown_ns = now;
	p->shown_bytes = stats.bytes;
}

void progress_tick(struct progress *p)
{
	uint64_t now;

	if (!p->on || !p->sock)
		return;
	now = dsi_now();
	if (p->shown_ns && now - p->shown_ns < INTERVAL_NS)
		return;
	show(p, now, p->shown_ns ? p->shown_ns : p->start_ns, p->shown_bytes);
}

/* The last line has the mean rate of the whole run. */
void progress_finish(struct progress *p)
{
	if (!p->on || !p->sock)
		return;
	show(p, dsi_now(), p->start_ns, 0);
	message_status_end();
	p->on = false;
}

uint64_t progress_deadline(const struct progress *p, uint64_t limit_ns)
{
	uint64_t next;

	if (!p->on || limit_ns == 0)
		return limit_ns;
	next = (p->shown_ns ? p->shown_ns : p->start_ns) + INTERVAL_NS;
	return next < limit_ns ? next : limit_ns;
}

int progress_poll_ms(const struct progress *p)
{
	return p->on ? (int)(INTERVAL_NS / 1000000) : -1;
}
