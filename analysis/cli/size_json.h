/* SPDX-License-Identifier: MIT */
/* size_json.h - the parts of the JSON answer of `dsi size`. */
#ifndef DSI_SIZE_JSON_H
#define DSI_SIZE_JSON_H

#include "size_command.h"
#include "size_writer.h"

/* The members of one answer, within an object that is open. */
void size_write_answer(struct size_writer *w, const struct size_question *q,
		       const struct size_answer *a,
		       const struct size_show *show);
/* "input" and "assumptions" */
void size_write_input(struct size_writer *w, const struct size_question *q);
void size_write_assumptions(struct size_writer *w,
			    const struct size_question *q);
/* "witness" */
void size_write_witness(struct size_writer *w, const struct size_question *q,
			uint32_t reader, const struct dsi_sizing_need *need,
			bool brief);
/* {"error": ...} as a line; @id: JSON text or NULL; @line 0: none */
void size_write_error(struct size_writer *w, const char *id, uint64_t line,
		      const struct size_failure *f);

/* Times in ns. */
void size_write_time(struct size_writer *w, const char *key,
		     const struct size_question *q, struct dsi_ticks t);
void size_write_ticks(struct size_writer *w, const char *key,
		      const struct size_question *q, uint64_t ticks);
void size_write_seconds(struct size_writer *w, const char *key,
			struct exact seconds);

#endif /* DSI_SIZE_JSON_H */
