/* SPDX-License-Identifier: MIT */
/*
 * conf.h - the conformance suite: one set of tests for every port.
 *
 * A test is a function that runs in a process of its own and returns 0, or 1
 * after it said why.  Its peers are processes and threads which it starts
 * with the harness below; each port has one runner_<port>.c that provides
 * the harness.
 *
 * Processes need not share an address space and need not inherit anything:
 * a process peer gets a number as argument, and reaches others by name or
 * through `conf_shared`.  Start process peers before sockets are made: where
 * a process is a copy of its parent, it would copy those too.
 *
 * No test judges speed.  A deadline that is expected to pass is short, one
 * that is not is a minute away.
 */
#ifndef CONF_H
#define CONF_H

#include <stdatomic.h>
#include <stdint.h>

#include <dsi/socket.h>

/* ---- tests -------------------------------------------------------------- */

struct conf_test {
	const char *name;
	int (*run)(void);
};

/* Each ends with a test without name. */
extern const struct conf_test conf_region_tests[];
extern const struct conf_test conf_wait_tests[];
extern const struct conf_test conf_bell_tests[];
extern const struct conf_test conf_conn_tests[];
extern const struct conf_test conf_names_tests[];
extern const struct conf_test conf_loop_tests[];
extern const struct conf_test conf_stream_tests[];
extern const struct conf_test conf_policy_tests[];
extern const struct conf_test conf_packet_tests[];
extern const struct conf_test conf_transfer_tests[];
extern const struct conf_test conf_physical_tests[];
extern const struct conf_test conf_refuse_tests[];
extern const struct conf_test conf_death_tests[];
extern const struct conf_test conf_select_tests[];
extern const struct conf_test conf_control_tests[];
extern const struct conf_test conf_sized_tests[];
extern const struct conf_test conf_stats_tests[];
extern const struct conf_test conf_watch_tests[];

struct conf_suite {
	const char *name;
	const struct conf_test *tests;
};

extern const struct conf_suite conf_suites[]; /* ends with one without name */

/* ---- what all processes of a test share --------------------------------- */

#define CONF_STEPS 32u
#define CONF_VALUES 32u

/* Zeroed when a test begins. */
struct conf_shared {
	_Atomic uint32_t steps[CONF_STEPS];
	_Atomic uint64_t values[CONF_VALUES];
	_Atomic uint32_t failed;
	char reason[480]; /* written by who made `failed` 1 */
};

extern struct conf_shared *conf_shared;

void conf_fail(const char *file, int line, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* Let the calling function, a test, a peer or a helper, fail. */
#define conf_check(condition)                                            \
	do {                                                             \
		if (!(condition)) {                                      \
			conf_fail(__FILE__, __LINE__, "%s", #condition); \
			return 1;                                        \
		}                                                        \
	} while (0)

#define conf_equal(actual, expected)                                          \
	do {                                                                  \
		int64_t conf_got_ = (int64_t)(actual);                        \
		int64_t conf_want_ = (int64_t)(expected);                     \
		if (conf_got_ != conf_want_) {                                \
			conf_fail(__FILE__, __LINE__, "%s is %lld, not %lld", \
				  #actual, (long long)conf_got_,              \
				  (long long)conf_want_);                     \
			return 1;                                             \
		}                                                             \
	} while (0)

/* For helpers that have reported themselves. */
#define conf_try(call)            \
	do {                      \
		if (call)         \
			return 1; \
	} while (0)

/* ---- the harness: provided by runner_<port>.c --------------------------- */

#define CONF_KILLED 1000 /* result of a peer that was killed */

/* Return: the peer's number. */
int conf_spawn_process(int (*fn)(uint64_t arg), uint64_t arg);
int conf_spawn_thread(int (*fn)(void *arg), void *arg);
/* The result of the peer's function, or CONF_KILLED. */
int conf_join(int peer);
/* Kill a process, as suddenly as the system can; join it afterwards. */
void conf_kill(int peer);
/* Kill it somewhere on its way: @point 1, 2, ... means early, later, ... */
void conf_kill_at(int peer, uint32_t point);
/* Kill the calling process. */
_Noreturn void conf_die(void);

void conf_sleep_until(uint64_t deadline_ns);
/* Count a step, and wait until it was counted so often.  0, or 1 after a
 * minute. */
void conf_step(uint32_t step);
int conf_await(uint32_t step, uint32_t count);

/* Does a store to this address fault?  And a load, from memory of a region or
 * of where one could be? */
int conf_store_faults(void *addr);
int conf_load_faults(const void *addr);
/* Is it an open handle of this process? */
int conf_handle_open(int32_t handle);
/* Does it become readable, as a foreign event loop sees it?  Only for ports
 * whose handles can be watched by others. */
int conf_readable(int32_t handle, uint64_t deadline_ns);
/* Memory as an application may bring it.  @sealable: 0 if its owner could
 * always shrink it.  The handle, or a negative code. */
int32_t conf_memory(uint64_t bytes, uint32_t sealable);
/* Likewise the memory of a device, 8 KiB or more, whose physical address the port
 * tells; -DSI_ENOTSUP where there is no such thing. */
int32_t conf_device(void);

/* Run one test.  0, or 1 with conf_shared->failed set. */
int conf_run(const struct conf_test *test);
/* What a report of a failure adds, e.g. how to repeat the run; or "". */
const char *conf_hint(void);
void conf_option(const char *name, const char *value);

/* ---- helpers: conf_help.c ----------------------------------------------- */

uint64_t conf_soon(void);  /* a deadline that will pass: 5 ms */
uint64_t conf_later(void); /* one that must not pass: a minute */
uint64_t conf_in_ms(uint32_t ms);

#define CONF_ROUNDS 300u /* of what is repeated to catch a race */

struct dsi_port_listener;

/* A connection between two processes: one offers, the other connects. */
int conf_offer(const char *name, struct dsi_port_listener **out_listener);
int conf_accept(struct dsi_port_listener *listener, int32_t *out_conn);
int conf_connect(const char *name, int32_t *out_conn);
/* One number and up to one handle (-1: none). */
int conf_send(int32_t conn, uint64_t value, int32_t handle);
int conf_recv(int32_t conn, uint64_t *out_value, int32_t *out_handle);
/* Expect that the peer hung up, after messages that do not matter. */
int conf_hung_up(int32_t conn);
/* A second handle for the same object. */
int conf_duplicate(int32_t handle, int32_t *out_handle);

/* ---- helpers for streams: conf_help.c ----------------------------------- */

#define CONF_WORDS 8u /* of 8 bytes: the payload of a packet */
#define CONF_BYTES (CONF_WORDS * 8u)

/* A stream of so many packets with slots of CONF_BYTES. */
struct dsi_stream_desc conf_desc(uint32_t packets);
/* A producer that listens and runs; its first get() waits for @consumers. */
int conf_produce(const char *name, const struct dsi_stream_desc *desc,
		 uint32_t consumers, struct dsi_socket **out_sock);
/* A consumer that is connected, waiting for the name, and runs.  @opts may
 * be NULL. */
int conf_consume(const char *name, const struct dsi_consumer_options *opts,
		 struct dsi_socket **out_sock);
struct dsi_consumer_options conf_policy(uint32_t policy);

/* Fill a packet all over with a value, and see whether it is still so. */
int conf_fill(struct dsi_packet *pkt, uint64_t value);
int conf_filled(const struct dsi_packet *pkt, uint64_t value);
/* One packet there: get, fill, commit.  One packet back: get, look, commit,
 * with any value if @value is DSI_FOREVER. */
int conf_put(struct dsi_socket *sock, uint64_t value, uint32_t flags);
int conf_take(struct dsi_socket *sock, uint64_t value, uint32_t flags);
/* The peer has left, and there is nothing more. */
int conf_ended(struct dsi_socket *sock);
/* Get with a deadline: what does it answer?  A packet is put back. */
int conf_try_get(struct dsi_socket *sock, uint64_t deadline_ns);
struct dsi_socket_stats conf_stats(const struct dsi_socket *sock);

#endif /* CONF_H */
