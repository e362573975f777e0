/* SPDX-License-Identifier: MIT */
/*
 * cli.h - what the sub-commands of `dsi` have in common.
 *
 * The command is a user of the library like any other: public headers and
 * libc only.  Way of the data:
 *
 *   send: fd_io (read) -> framing -> slot of a packet -> commit
 *   recv: get -> elements of a packet -> fd_io (write)
 */
#ifndef DSI_CLI_H
#define DSI_CLI_H

#include <argp.h>

/* Exit codes, documented in dsi(7).  A signal gives 128 + its number. */
#define CLI_OK 0
#define CLI_FAILURE 1	   /* input, output, or the peer ended too early */
#define CLI_USAGE 2	   /* wrong option, argument or name */
#define CLI_NO_STREAM 3	   /* no such stream, or not in time */
#define CLI_DENIED 4	   /* the access rule does not admit us */
#define CLI_INCOMPATIBLE 5 /* format, size or version do not match */
#define CLI_LOST 6	   /* data was lost, and --strict was given */
#define CLI_SIGNAL 128

/**
 * struct cli_command - one sub-command.
 * @name:    as typed
 * @summary: one line for `dsi --help`
 * @run:     argv[0] is "dsi NAME"; returns the exit code
 */
struct cli_command {
	const char *name;
	const char *summary;
	int (*run)(int argc, char **argv);
};

extern const struct cli_command cli_send;
extern const struct cli_command cli_recv;
extern const struct cli_command cli_list;
extern const struct cli_command cli_top;
extern const struct cli_command cli_bench;
extern const struct cli_command cli_curve;
extern const struct cli_command cli_fit;
extern const struct cli_command cli_latency;
extern const struct cli_command cli_pipeline;
extern const struct cli_command cli_pipewire;
extern const struct cli_command cli_simulate;
extern const struct cli_command cli_size;
extern const struct cli_command cli_topology;
extern const struct cli_command cli_trace;

#endif /* DSI_CLI_H */
