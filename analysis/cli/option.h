/* SPDX-License-Identifier: MIT */
/*
 * option.h - values of options, checked.
 *
 * A wrong value ends the program with exit code 2 and a message that names
 * the option, the value and what would be accepted (argp_error()).
 */
#ifndef DSI_CLI_OPTION_H
#define DSI_CLI_OPTION_H

#include <argp.h>
#include <stdbool.h>
#include <stdint.h>

void option_size(struct argp_state *state, const char *option, const char *arg,
		 uint32_t *out);
void option_count(struct argp_state *state, const char *option, const char *arg,
		  uint64_t least, uint64_t most, uint64_t *out);
void option_count32(struct argp_state *state, const char *option,
		    const char *arg, uint32_t least, uint32_t most,
		    uint32_t *out);

/* With @forever the word is accepted, and gives DSI_FOREVER. */
void option_duration(struct argp_state *state, const char *option,
		     const char *arg, bool forever, uint64_t *out_ns);

/* A text of at most @bytes with its NUL; not copied. */
void option_text(struct argp_state *state, const char *option, const char *arg,
		 uint32_t bytes, const char **out);

/* auto, none, node:N or like:PID, as DSI_PLACEMENT_* and a number. */
void option_placement(struct argp_state *state, const char *arg,
		      uint32_t *out_placement, uint32_t *out_of);

/* The arguments NAME and, if @out_file is not NULL, FILE. */
void option_name_file(struct argp_state *state, const char *arg,
		      const char **out_name, const char **out_file);

#endif /* DSI_CLI_OPTION_H */
