/* SPDX-License-Identifier: MIT */
/*
 * pipeline_reader.h - what the parts of the file reader share.
 *
 *   pipeline_file.c     the file and its lists
 *   pipeline_cpus.c     processors, clocks
 *   pipeline_tick.c     periods, the tick
 *   pipeline_value.c    one value
 *   pipeline_keys.c     values of nodes
 *   pipeline_inputs.c   names -> edges
 *
 * Times are kept as fractions of a second until all are known.
 */
#ifndef DSI_PIPELINE_READER_H
#define DSI_PIPELINE_READER_H

#include <libconfig.h>

#include "pipeline/pipeline_file.h"
#include "pipeline/pipeline_private.h"

/* A time on its way into a node. */
struct pending_time {
	struct exact value;
	size_t offset;
	uint32_t node;
};

struct pipeline_reader {
	struct pipeline *p;
	struct pending_time *pending;
	size_t n_pending, room_pending;
	uint32_t *by_name;	     /* nodes, sorted */
	struct exact period;	     /* of all sources; den 0: they differ */
	struct dsi_sizing_area area; /* default */
};

/* All return false with p->why set. */
bool reader_fail(struct pipeline_reader *r, const config_setting_t *at,
		 const char *format, ...) __attribute__((format(printf, 3, 4)));
bool reader_time(struct pipeline_reader *r, const config_setting_t *s,
		 struct exact *out);
bool reader_bytes(struct pipeline_reader *r, const config_setting_t *s,
		  uint64_t *out);
bool reader_count(struct pipeline_reader *r, const config_setting_t *s,
		  uint32_t least, uint32_t *out);
const char *reader_text(struct pipeline_reader *r, const config_setting_t *s);
/* Which of @n words is the text of @s? */
bool reader_word(struct pipeline_reader *r, const config_setting_t *s,
		 const char *const *words, uint32_t n, uint32_t *out);
/* "; did you mean 'x'?" or "" */
const char *reader_nearest(const char *word, const char *const *words,
			   uint32_t n);

/* All keys of one node. */
bool reader_node(struct pipeline_reader *r, const config_setting_t *group,
		 uint32_t index);
/* Edges to one node. */
bool reader_inputs(struct pipeline_reader *r, const config_setting_t *group,
		   uint32_t index);
bool reader_cpus(struct pipeline_reader *r, const config_setting_t *list);
bool reader_cpu_of(struct pipeline_reader *r, const config_setting_t *group,
		   struct pipeline_node *node);
/* Times pending from @first on are of a node that may have only a share. */
bool reader_share(struct pipeline_reader *r, const config_setting_t *group,
		  size_t first);
/* The time after which clocks are set again becomes what they drift in it. */
bool reader_drift(struct pipeline_reader *r, const config_setting_t *group,
		  size_t first);
/* What "1T" means: in a source, and in what follows. */
void reader_own_period(struct pipeline_reader *r,
		       const config_setting_t *group);
void reader_common_period(struct pipeline_reader *r);
/* Pending times become whole ticks. */
bool reader_choose_tick(struct pipeline_reader *r, struct exact cap);
bool reader_sort_names(struct pipeline_reader *r);
bool reader_pend(struct pipeline_reader *r, uint32_t node, size_t offset,
		 struct exact value);
/* Are all whole numbers in @text ones that libconfig reads as they are? */
bool pipeline_numbers_fit(const char *path, const char *text,
			  char why[PIPELINE_WHY_BYTES]);

#endif /* DSI_PIPELINE_READER_H */
