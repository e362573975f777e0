/* SPDX-License-Identifier: MIT */
/*
 * wire_test.c - messages of the control plane: round trips, and garbage of
 * every kind over a real connection.
 */
#include <cmocka.h>

#include <string.h>

#include "dsi/wire.h"

static const struct {
	uint32_t type;
	uint32_t bytes;
} messages[] = {
	{DSI_WIRE_HELLO, sizeof(struct dsi_wire_hello)},
	{DSI_WIRE_OFFER, sizeof(struct dsi_wire_offer)},
	{DSI_WIRE_ACCEPT, sizeof(struct dsi_wire_head)},
	{DSI_WIRE_READY, sizeof(struct dsi_wire_head)},
	{DSI_WIRE_REFUSE, sizeof(struct dsi_wire_refuse)},
	{DSI_WIRE_INFO, sizeof(struct dsi_wire_info)},
	{DSI_WIRE_BYE, sizeof(struct dsi_wire_head)},
	{DSI_WIRE_REQUEST, sizeof(struct dsi_wire_request)},
	{DSI_WIRE_REPLY, sizeof(struct dsi_wire_reply)},
	{DSI_WIRE_EVENT, sizeof(struct dsi_wire_event)},
};
#define N_MESSAGES (sizeof(messages) / sizeof(messages[0]))

static int connect_pair(void **user)
{
	static int32_t ends[2];

	*user = ends;
	return dsi_port_conn_pair(ends);
}

static int close_pair(void **user)
{
	int32_t *ends = *user;

	dsi_port_handle_close(ends[0]);
	dsi_port_handle_close(ends[1]);
	return 0;
}

static struct dsi_wire_head good_head(size_t i)
{
	return (struct dsi_wire_head){
		.magic = DSI_SHM_MAGIC,
		.endian = DSI_SHM_ENDIAN,
		.abi_major = DSI_SHM_ABI_MAJOR,
		.abi_minor = DSI_SHM_ABI_MINOR,
		.type = messages[i].type,
		.bytes = messages[i].bytes,
	};
}

/* Send raw bytes, answer what the receiver makes of them. */
static int say(const int32_t *ends, const void *raw, uint32_t bytes)
{
	struct dsi_wire_in in;
	int type;

	assert_int_equal(dsi_port_send(ends[0], raw, bytes, NULL, 0), 0);
	type = dsi__wire_recv(ends[1], &in);
	dsi__wire_drop(&in);
	return type;
}

static void round_trips(void **user)
{
	const int32_t *ends = *user;

	for (size_t i = 0; i < N_MESSAGES; i++) {
		union dsi_wire msg;
		struct dsi_wire_in in;

		memset(&msg, (int)i + 1, sizeof(msg));
		assert_int_equal(dsi__wire_send(ends[0], &msg, messages[i].type,
						messages[i].bytes, NULL, 0),
				 0);
		assert_int_equal(dsi__wire_recv(ends[1], &in),
				 messages[i].type);
		assert_memory_equal(&in.msg, &msg, messages[i].bytes);
		assert_int_equal(in.n_handles, 0);
		assert_int_equal(dsi__wire_take(&in, 0), -1);
	}
	assert_int_equal(say(ends, "x", 1), -DSI_EPROTO);
}

static void nothing_there(void **user)
{
	const int32_t *ends = *user;
	struct dsi_wire_in in;

	assert_int_equal(dsi__wire_recv(ends[1], &in), -DSI_EAGAIN);
	assert_int_equal(dsi__wire_wait(ends[1], &in, 1), -DSI_ETIMEDOUT);
}

static void peer_gone(void **user)
{
	int32_t *ends = *user;
	struct dsi_wire_in in;
	union dsi_wire msg = {0};

	assert_int_equal(dsi__wire_send(ends[0], &msg, DSI_WIRE_BYE,
					sizeof(msg.head), NULL, 0),
			 0);
	dsi_port_handle_close(ends[0]);
	ends[0] = -1;
	assert_int_equal(dsi__wire_recv(ends[1], &in), DSI_WIRE_BYE);
	assert_int_equal(dsi__wire_recv(ends[1], &in), -DSI_EPIPE);
	assert_int_equal(dsi__wire_wait(ends[1], &in, DSI_FOREVER), -DSI_EPIPE);
	assert_int_equal(dsi__wire_send(ends[1], &msg, DSI_WIRE_BYE,
					sizeof(msg.head), NULL, 0),
			 -DSI_EPIPE);
}

/* Every length that is not the right one, with a head that is right but for
 * that, or claims the length that was sent. */
static void wrong_lengths(void **user)
{
	const int32_t *ends = *user;
	unsigned char raw[DSI_PORT_MSG_BYTES];

	for (size_t i = 0; i < N_MESSAGES; i++) {
		struct dsi_wire_head head = good_head(i);

		for (uint32_t n = 1; n <= sizeof(raw); n++) {
			uint32_t type = head.type;
			int want = n == messages[i].bytes ? (int)type
							  : -DSI_EPROTO;

			memset(raw, 0, sizeof(raw));
			head.bytes = messages[i].bytes;
			memcpy(raw, &head, sizeof(head));
			assert_int_equal(say(ends, raw, n), want);
			head.bytes = n;
			memcpy(raw, &head, sizeof(head));
			assert_int_equal(say(ends, raw, n), want);
		}
	}
}

static void wrong_heads(void **user)
{
	const int32_t *ends = *user;
	static const struct {
		size_t word; /* of the head */
		uint32_t value;
		int answer;
	} bad[] = {
		{0, 0, -DSI_EPROTO},
		{0, UINT32_MAX, -DSI_EPROTO},
		{0, DSI_SHM_MAGIC + 1, -DSI_EPROTO},
		{0, 0x44534931, -DSI_EPROTONOSUPPORT}, /* the other order */
		{1, 0x04030201, -DSI_EPROTONOSUPPORT},
		{1, 0, -DSI_EPROTONOSUPPORT},
		{2, 0, -DSI_EPROTONOSUPPORT},
		{2, DSI_SHM_ABI_MAJOR + 1, -DSI_EPROTONOSUPPORT},
		{2, UINT32_MAX, -DSI_EPROTONOSUPPORT},
		{4, 0, -DSI_EPROTO},
		{4, DSI_WIRE_EVENT + 1, -DSI_EPROTO},
		{4, UINT32_MAX, -DSI_EPROTO},
		{4, 0x80000000u, -DSI_EPROTO},
		{5, 0, -DSI_EPROTO},
		{5, UINT32_MAX, -DSI_EPROTO},
	};

	for (size_t i = 0; i < N_MESSAGES; i++) {
		for (size_t k = 0; k < sizeof(bad) / sizeof(bad[0]); k++) {
			unsigned char raw[DSI_PORT_MSG_BYTES] = {0};
			struct dsi_wire_head head = good_head(i);

			memcpy(raw, &head, sizeof(head));
			memcpy(raw + 4 * bad[k].word, &bad[k].value, 4);
			assert_int_equal(say(ends, raw, messages[i].bytes),
					 bad[k].answer);
		}
	}
}

/* A newer minor version still talks. */
static void other_minor(void **user)
{
	const int32_t *ends = *user;
	struct dsi_wire_head head = good_head(2);

	head.abi_minor = 77;
	assert_int_equal(say(ends, &head, sizeof(head)), DSI_WIRE_ACCEPT);
}

static void random_bytes(void **user)
{
	const int32_t *ends = *user;
	uint64_t random = 88172645463325252u;

	for (uint32_t i = 0; i < 20000; i++) {
		unsigned char raw[DSI_PORT_MSG_BYTES];
		uint32_t bytes;
		int type;

		for (size_t k = 0; k < sizeof(raw); k++) {
			random ^= random << 13;
			random ^= random >> 7;
			random ^= random << 17;
			raw[k] = (unsigned char)(random >> 24);
		}
		bytes = (uint32_t)(random >> 32) % sizeof(raw) + 1u;
		if (i % 2 && bytes >= sizeof(struct dsi_wire_head)) {
			struct dsi_wire_head head = good_head(i % N_MESSAGES);

			memcpy(raw, &head, sizeof(head));
			raw[i % sizeof(head)] ^= 0x55;
		}
		type = say(ends, raw, bytes);
		assert_true(type == -DSI_EPROTO ||
			    type == -DSI_EPROTONOSUPPORT ||
			    (type > 0 && type <= (int)DSI_WIRE_EVENT));
	}
}

/* Handles that come with garbage are closed: the other end of the bell sees
 * that nobody holds it any more. */
static void handles_of_garbage_are_closed(void **user)
{
	const int32_t *ends = *user;
	struct dsi_wire_in in;
	int32_t pair[2];

	assert_int_equal(dsi_port_conn_pair(pair), 0);
	assert_int_equal(dsi_port_send(ends[0], "garbage", 7, &pair[1], 1), 0);
	dsi_port_handle_close(pair[1]);
	assert_int_equal(dsi__wire_recv(ends[1], &in), -DSI_EPROTO);
	assert_int_equal(in.n_handles, 0);
	assert_int_equal(dsi__wire_recv(pair[0], &in), -DSI_EPIPE);
	dsi_port_handle_close(pair[0]);
}

static void handles_are_taken_and_dropped(void **user)
{
	const int32_t *ends = *user;
	union dsi_wire msg = {0};
	struct dsi_wire_in in;
	int32_t pair[2];
	int32_t three[3];
	int32_t taken;

	assert_int_equal(dsi_port_conn_pair(pair), 0);
	three[0] = three[1] = three[2] = pair[1];
	assert_int_equal(dsi__wire_send(ends[0], &msg, DSI_WIRE_ACCEPT,
					sizeof(msg.head), three, 3),
			 0);
	dsi_port_handle_close(pair[1]);
	assert_int_equal(dsi__wire_recv(ends[1], &in), DSI_WIRE_ACCEPT);
	assert_int_equal(in.n_handles, 3);
	taken = dsi__wire_take(&in, 1);
	assert_true(taken >= 0);
	assert_int_equal(dsi__wire_take(&in, 1), -1);
	assert_int_equal(dsi__wire_take(&in, 3), -1);
	assert_int_equal(dsi__wire_take(&in, UINT32_MAX), -1);
	dsi__wire_drop(&in);
	assert_int_equal(in.n_handles, 0);
	/* One is still open: ours. */
	assert_int_equal(dsi__wire_recv(pair[0], &in), -DSI_EAGAIN);
	dsi_port_handle_close(taken);
	assert_int_equal(dsi__wire_recv(pair[0], &in), -DSI_EPIPE);
	dsi_port_handle_close(pair[0]);
}

static void refusal_is_cut_to_size(void **user)
{
	const int32_t *ends = *user;
	struct dsi_wire_in in;
	char text[2 * DSI_WIRE_TEXT_BYTES];

	memset(text, 't', sizeof(text));
	text[sizeof(text) - 1] = '\0';
	dsi__wire_refuse(ends[0], -DSI_EACCES, text);
	assert_int_equal(dsi__wire_recv(ends[1], &in), DSI_WIRE_REFUSE);
	assert_int_equal(in.msg.refuse.err, -DSI_EACCES);
	assert_int_equal(strlen(in.msg.refuse.text), DSI_WIRE_TEXT_BYTES - 1);
}

/* What a peer says went wrong: our codes, and nothing else. */
static void foreign_codes(void **user)
{
#define CODE(name, number, text) -DSI_##name,
	static const int32_t codes[] = {DSI_ERRNO_MAP(CODE)};
#undef CODE
	size_t n = sizeof(codes) / sizeof(codes[0]);
	size_t known = 0;

	(void)user;
	for (int32_t said = -5000; said <= 5000; said++) {
		size_t i = 0;

		while (i < n && codes[i] != said)
			i++;
		known += i < n;
		assert_int_equal(dsi__wire_error(said),
				 i < n ? said : -DSI_EPROTO);
	}
	assert_int_equal(known, n);
	assert_int_equal(dsi__wire_error(INT32_MIN), -DSI_EPROTO);
	assert_int_equal(dsi__wire_error(INT32_MAX), -DSI_EPROTO);
}

#define TEST(name) \
	cmocka_unit_test_setup_teardown(name, connect_pair, close_pair)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(round_trips),
		TEST(nothing_there),
		TEST(peer_gone),
		TEST(wrong_lengths),
		TEST(wrong_heads),
		TEST(other_minor),
		TEST(random_bytes),
		TEST(handles_of_garbage_are_closed),
		TEST(handles_are_taken_and_dropped),
		TEST(refusal_is_cut_to_size),
		TEST(foreign_codes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
