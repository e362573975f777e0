/* SPDX-License-Identifier: MIT */
/*
 * state_test.c - every operation in every state, and the document that shows
 * it.
 */
#include <cmocka.h>

#include <dsi/socket.h>

#include "dsi/state.h"
#include "tests/unit/doc_block.h"
#include "tests/unit/state_print.h"

struct expected {
	uint32_t from;
	enum dsi_operation operation;
	uint32_t to;
	int err;
};

/* Written down once more, by hand: the table of the library is a contract
 * and shall not change by accident. */
static const struct expected table[] = {
	{DSI_STATE_CREATED, DSI_DO_CONNECT, DSI_STATE_CONNECTED, 0},
	{DSI_STATE_CREATED, DSI_DO_START, DSI_STATE_CREATED, -107},
	{DSI_STATE_CREATED, DSI_DO_STOP, DSI_STATE_CREATED, -107},
	{DSI_STATE_CREATED, DSI_DO_CLOSE, DSI_STATE_CLOSED, 0},
	{DSI_STATE_CREATED, DSI_DO_FAIL, DSI_STATE_FAILED, 0},
	{DSI_STATE_CONNECTED, DSI_DO_CONNECT, DSI_STATE_CONNECTED, -106},
	{DSI_STATE_CONNECTED, DSI_DO_START, DSI_STATE_RUNNING, 0},
	{DSI_STATE_CONNECTED, DSI_DO_STOP, DSI_STATE_STOPPING, 0},
	{DSI_STATE_CONNECTED, DSI_DO_CLOSE, DSI_STATE_CLOSED, 0},
	{DSI_STATE_CONNECTED, DSI_DO_FAIL, DSI_STATE_FAILED, 0},
	{DSI_STATE_RUNNING, DSI_DO_CONNECT, DSI_STATE_RUNNING, -106},
	{DSI_STATE_RUNNING, DSI_DO_START, DSI_STATE_RUNNING, 0},
	{DSI_STATE_RUNNING, DSI_DO_STOP, DSI_STATE_STOPPING, 0},
	{DSI_STATE_RUNNING, DSI_DO_CLOSE, DSI_STATE_CLOSED, 0},
	{DSI_STATE_RUNNING, DSI_DO_FAIL, DSI_STATE_FAILED, 0},
	{DSI_STATE_STOPPING, DSI_DO_CONNECT, DSI_STATE_STOPPING, -106},
	{DSI_STATE_STOPPING, DSI_DO_START, DSI_STATE_RUNNING, 0},
	{DSI_STATE_STOPPING, DSI_DO_STOP, DSI_STATE_STOPPING, 0},
	{DSI_STATE_STOPPING, DSI_DO_CLOSE, DSI_STATE_CLOSED, 0},
	{DSI_STATE_STOPPING, DSI_DO_FAIL, DSI_STATE_FAILED, 0},
	{DSI_STATE_CLOSED, DSI_DO_CONNECT, DSI_STATE_CLOSED, -32},
	{DSI_STATE_CLOSED, DSI_DO_START, DSI_STATE_CLOSED, -32},
	{DSI_STATE_CLOSED, DSI_DO_STOP, DSI_STATE_CLOSED, -32},
	{DSI_STATE_CLOSED, DSI_DO_CLOSE, DSI_STATE_CLOSED, 0},
	{DSI_STATE_CLOSED, DSI_DO_FAIL, DSI_STATE_CLOSED, 0},
	{DSI_STATE_FAILED, DSI_DO_CONNECT, DSI_STATE_FAILED, -71},
	{DSI_STATE_FAILED, DSI_DO_START, DSI_STATE_FAILED, -71},
	{DSI_STATE_FAILED, DSI_DO_STOP, DSI_STATE_FAILED, -71},
	{DSI_STATE_FAILED, DSI_DO_CLOSE, DSI_STATE_CLOSED, 0},
	{DSI_STATE_FAILED, DSI_DO_FAIL, DSI_STATE_FAILED, 0},
};
#define N_ROWS (sizeof(table) / sizeof(table[0]))

static void table_is_complete(void **user)
{
	(void)user;
	assert_int_equal(N_ROWS, DSI_N_STATES * DSI_N_OPERATIONS);
	for (size_t i = 0; i < N_ROWS; i++)
		assert_int_equal(i, table[i].from * DSI_N_OPERATIONS +
					    table[i].operation);
}

static void every_operation_in_every_state(void **user)
{
	(void)user;
	for (size_t i = 0; i < N_ROWS; i++) {
		struct dsi_state state;

		atomic_init(&state.now, table[i].from);
		/* Asking changes nothing. */
		assert_int_equal(dsi__state_ask(&state, table[i].operation),
				 table[i].err);
		assert_int_equal(dsi__state_now(&state), table[i].from);
		assert_int_equal(dsi__state_do(&state, table[i].operation),
				 table[i].err);
		assert_int_equal(dsi__state_now(&state), table[i].to);
		if (table[i].err)
			assert_int_equal(table[i].to, table[i].from);
	}
}

/* Operations of the public interface, on a socket without a peer. */
static void socket_answers_as_the_table(void **user)
{
	struct dsi_socket *sock;

	(void)user;
	assert_int_equal(dsi_consumer_create(NULL, &sock), 0);
	assert_int_equal(dsi_socket_state(sock), (int)DSI_STATE_CREATED);
	assert_int_equal(dsi_socket_start(sock), -DSI_ENOTCONN);
	assert_string_equal(dsi_socket_error(sock),
			    "start: not possible in state 'created'");
	assert_int_equal(dsi_socket_stop(sock), -DSI_ENOTCONN);
	assert_int_equal(dsi_socket_close(sock), 0);
	assert_int_equal(dsi_socket_close(sock), 0);
	assert_int_equal(dsi_socket_state(sock), (int)DSI_STATE_CLOSED);
	assert_int_equal(dsi_socket_start(sock), -DSI_EPIPE);
	assert_int_equal(dsi_socket_stop(sock), -DSI_EPIPE);
	assert_int_equal(dsi_socket_connect(sock, "x", 0), -DSI_EPIPE);
	assert_string_equal(dsi_socket_error(sock),
			    "connect: not possible in state 'closed'");
	dsi_socket_destroy(sock);
}

static void nobody_is_refused(void **user)
{
	(void)user;
	assert_int_equal(dsi_socket_start(NULL), -DSI_EINVAL);
	assert_int_equal(dsi_socket_stop(NULL), -DSI_EINVAL);
	assert_int_equal(dsi_socket_close(NULL), -DSI_EINVAL);
	assert_int_equal(dsi_socket_state(NULL), -DSI_EINVAL);
	assert_string_equal(dsi_socket_error(NULL), "");
	dsi_socket_destroy(NULL);
}

static void states_have_names(void **user)
{
	(void)user;
#define NAME(name, word) \
	assert_string_equal(dsi_state_name(DSI_STATE_##name), word);
	DSI_STATES(NAME)
#undef NAME
	assert_string_equal(dsi_state_name(DSI_N_STATES), "?");
	assert_string_equal(dsi_state_name(UINT32_MAX), "?");
}

static void document_shows_the_table(void **user)
{
	(void)user;
	assert_int_equal(doc_block_compare(DOC_STATES, "states", state_print),
			 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(table_is_complete),
		cmocka_unit_test(every_operation_in_every_state),
		cmocka_unit_test(socket_answers_as_the_table),
		cmocka_unit_test(nobody_is_refused),
		cmocka_unit_test(states_have_names),
		cmocka_unit_test(document_shows_the_table),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
