/* SPDX-License-Identifier: MIT */
/*
 * curve_private.h - what the files of the curve algebra share.
 *
 * A list is a curve of which only the pieces are used: they need not begin at
 * 0, and where there is none the function is +infinity.
 */
#ifndef DSI_CURVE_PRIVATE_H
#define DSI_CURVE_PRIVATE_H

#include "curve/curve.h"

enum curve_status curve_say(struct curve_work *w, enum curve_status status,
			    const char *text, ...)
	__attribute__((format(printf, 3, 4)));
enum curve_status curve_no_memory(struct curve_work *w);

/* Value of a piece's line at @x. */
struct exact curve_line(const struct curve_piece *p, struct exact x);

/* Appends, unless @p only continues the last piece.  False: no memory. */
bool curve_push(struct curve *list, const struct curve_piece *p);
/* The pieces of @f on [0, @end), a period repeated as often as needed. */
enum curve_status curve_unroll(struct curve_work *w, const struct curve *f,
			       struct exact end, struct curve *out);
/* The list on [0, @end). */
bool curve_clip(const struct curve *list, struct exact end, struct curve *out);
/* Puts a piece at @x if there is none. */
bool curve_split(struct curve *list, struct exact x);

/* The lesser of two lists, everywhere. */
bool curve_lower(const struct curve *a, const struct curve *b,
		 struct curve *out);
/* -f; of pieces only */
void curve_negate(struct curve *f);

/* A list on [0, from + period) becomes a curve: @list is used up. */
enum curve_status curve_close(struct curve_work *w, struct curve *list,
			      struct exact from, struct exact period,
			      struct exact increment, struct curve *out);
/* Is it a line from @from on? */
bool curve_straight(const struct curve *f);
/* A common period of both; of a straight end any will do. */
enum curve_status curve_common_period(struct curve_work *w,
				      const struct curve *f,
				      const struct curve *g, struct exact *out);
/* Least and largest f(t) - rate t over [from, from + period). */
void curve_offsets(const struct curve *f, struct exact *low,
		   struct exact *high);

/* The lower envelope of all pairs of elements of two lists, below @end. */
enum curve_status curve_pairs(struct curve_work *w, const struct curve *f,
			      const struct curve *g, struct exact end,
			      struct curve *out);

#endif /* DSI_CURVE_PRIVATE_H */
