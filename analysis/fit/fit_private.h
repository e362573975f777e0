/* SPDX-License-Identifier: MIT */
/*
 * fit_private.h - what the files of the fit share.
 */
#ifndef DSI_FIT_PRIVATE_H
#define DSI_FIT_PRIVATE_H

#include "fit/fit.h"

/* q t - p i for T = p/q: lateness of a point in ticks, times q. */
static inline dsi_wide fit_late(const struct fit_point *at, struct exact period,
				bool *over)
{
	return wide_sub(wide_mul(at->time, period.den, over),
			wide_mul(at->number, period.num, over), over);
}

enum fit_status fit_say(enum fit_status status, char why[FIT_WHY_BYTES],
			const char *text, ...)
	__attribute__((format(printf, 3, 4)));

/* All that does not depend on how the period was found. */
enum fit_status fit_facts(const struct fit_points *p, struct fit *fit,
			  char why[FIT_WHY_BYTES]);
/* The period with the least jitter; 0 if the times do not advance. */
enum fit_status fit_hull_period(const struct fit_points *p,
				struct exact *out_period,
				char why[FIT_WHY_BYTES]);

/**
 * struct fit_reader - a recording that is being read.
 * @line: of the input, from 1
 */
struct fit_reader {
	const struct fit_source *source;
	struct fit_points *points;
	enum fit_status status;
	char *why;
	uint64_t line;
	bool unit_known;
	bool any;
	int suffix;
	int64_t last_seq; /* as written */
};

/* One time stamp and its number as written; @seq may be NULL. */
bool fit_reader_take(struct fit_reader *r, const char *time, size_t time_bytes,
		     const char *seq, size_t seq_bytes);
bool fit_reader_fail(struct fit_reader *r, enum fit_status status,
		     const char *text, ...)
	__attribute__((format(printf, 3, 4)));
/* The column's name may end in a unit. */
void fit_reader_name_unit(struct fit_reader *r, const char *name);

bool fit_read_csv(struct fit_reader *r, int fd);
bool fit_read_json_lines(struct fit_reader *r, int fd);
bool fit_row_too_long(struct fit_reader *r);
/* Calls @take with each line, without its end. */
bool fit_read_lines(struct fit_reader *r, int fd,
		    bool (*take)(struct fit_reader *r, char *line,
				 size_t bytes));

#endif /* DSI_FIT_PRIVATE_H */
