/* SPDX-License-Identifier: MIT */
/*
 * state.h - the life of a stream and of each socket: one table.
 *
 * The table is the contract, in the sense of the channel contracts of
 * Singularity (Faehndrich et al., "Language support for fast and reliable
 * message-based communication in Singularity OS", EuroSys 2006): which
 * operation is possible in which state, where it leads, and which error it
 * answers where it is not possible.  The code asks the table; the picture and
 * the error table in docs/design/40-states.md are printed from it
 * (tests/unit/state_test.c compares them).
 */
#ifndef DSI_STATE_H
#define DSI_STATE_H

#include <stdatomic.h>
#include <stdint.h>

#include <dsi/errno.h>
#include <dsi/types.h>

/* X(name, word) in the order of the public DSI_STATE_* numbers. */
#define DSI_STATES(X)             \
	X(CREATED, "created")     \
	X(CONNECTED, "connected") \
	X(RUNNING, "running")     \
	X(STOPPING, "stopping")   \
	X(CLOSED, "closed")       \
	X(FAILED, "failed")

/* X(name, word): what can be asked of a socket or stream; FAIL is what a
 * broken peer does to it. */
#define DSI_OPERATIONS(X)     \
	X(CONNECT, "connect") \
	X(START, "start")     \
	X(STOP, "stop")       \
	X(CLOSE, "close")     \
	X(FAIL, "fail")

/* X(state, operation, next state, error): with an error the state stays. */
#define DSI_TRANSITIONS(X)                            \
	X(CREATED, CONNECT, CONNECTED, 0)             \
	X(CREATED, START, CREATED, DSI_ENOTCONN)      \
	X(CREATED, STOP, CREATED, DSI_ENOTCONN)       \
	X(CREATED, CLOSE, CLOSED, 0)                  \
	X(CREATED, FAIL, FAILED, 0)                   \
	X(CONNECTED, CONNECT, CONNECTED, DSI_EISCONN) \
	X(CONNECTED, START, RUNNING, 0)               \
	X(CONNECTED, STOP, STOPPING, 0)               \
	X(CONNECTED, CLOSE, CLOSED, 0)                \
	X(CONNECTED, FAIL, FAILED, 0)                 \
	X(RUNNING, CONNECT, RUNNING, DSI_EISCONN)     \
	X(RUNNING, START, RUNNING, 0)                 \
	X(RUNNING, STOP, STOPPING, 0)                 \
	X(RUNNING, CLOSE, CLOSED, 0)                  \
	X(RUNNING, FAIL, FAILED, 0)                   \
	X(STOPPING, CONNECT, STOPPING, DSI_EISCONN)   \
	X(STOPPING, START, RUNNING, 0)                \
	X(STOPPING, STOP, STOPPING, 0)                \
	X(STOPPING, CLOSE, CLOSED, 0)                 \
	X(STOPPING, FAIL, FAILED, 0)                  \
	X(CLOSED, CONNECT, CLOSED, DSI_EPIPE)         \
	X(CLOSED, START, CLOSED, DSI_EPIPE)           \
	X(CLOSED, STOP, CLOSED, DSI_EPIPE)            \
	X(CLOSED, CLOSE, CLOSED, 0)                   \
	X(CLOSED, FAIL, CLOSED, 0)                    \
	X(FAILED, CONNECT, FAILED, DSI_EPROTO)        \
	X(FAILED, START, FAILED, DSI_EPROTO)          \
	X(FAILED, STOP, FAILED, DSI_EPROTO)           \
	X(FAILED, CLOSE, CLOSED, 0)                   \
	X(FAILED, FAIL, FAILED, 0)

#define DSI_OPERATION_ENUM(name, word) DSI_DO_##name,
enum dsi_operation { DSI_OPERATIONS(DSI_OPERATION_ENUM) DSI_N_OPERATIONS };
#undef DSI_OPERATION_ENUM
#define DSI_N_STATES 6u

/* A state: changed and read by any thread. */
struct dsi_state {
	_Atomic uint32_t now;
};

/* What would the operation answer?  0 or a negative code. */
int dsi__state_ask(const struct dsi_state *state, enum dsi_operation operation);
/* Do it, if the table permits.  0 or a negative code. */
int dsi__state_do(struct dsi_state *state, enum dsi_operation operation);
uint32_t dsi__state_now(const struct dsi_state *state);

#endif /* DSI_STATE_H */
