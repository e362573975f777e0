/* SPDX-License-Identifier: MIT */
/*
 * simulate_command.h - what the files of `dsi simulate` share.
 *
 *   texts -> size_question -> size_ask() for the ring -> simulate_reader()
 *         -> simulate_report.c, simulate_plot.c
 */
#ifndef DSI_SIMULATE_COMMAND_H
#define DSI_SIMULATE_COMMAND_H

#include "simulate/simulate.h"
#include "size_command.h"

/* What happened to one reader. */
struct simulate_outcome {
	struct simulate_result results[SIMULATE_MOST_SCHEDULES];
	uint32_t n_results;
	uint64_t slots;	   /* there were for it */
	uint64_t occupied; /* in the schedule that used most */
	uint32_t worst;	   /* number of that schedule */
	bool failed;	   /* something was lost, late or held up */
};

struct simulate_run {
	struct size_question q;
	struct size_answer a;
	struct simulate_outcome outcomes[DESCRIBE_MAX_READERS];
	bool random;
	uint64_t seed;
	uint64_t runs;
	uint64_t slots; /* of the ring */
	bool failed;
};

/* With as many slots as are needed: did the schedules use them all? */
bool simulate_reached(const struct simulate_run *run, uint32_t reader);

/* simulate_report.c */
void simulate_print(const struct simulate_run *run);
bool simulate_print_json(const struct simulate_run *run);
/* simulate_plot.c: false with the reason printed */
bool simulate_plot(const struct simulate_run *run, const char *path);

#endif /* DSI_SIMULATE_COMMAND_H */
