/* SPDX-License-Identifier: MIT */
/*
 * evil_producer_test.c - a producer that offers what cannot be, and writes
 * into its areas whatever it likes.
 *
 * The consumer gets a documented error, at connect or at get, and never
 * crashes or hangs.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "dsi/ring.h"
#include "tests/hostile/evil_peer.h"
#include "tests/hostile/outcomes.h"
#include "tests/hostile/victim_stream.h"
#include "tests/hostile/word_sweep.h"
#include "tests/unit/must.h"

#define NAME "evil"
#define PACKETS 8u
#define SLOTS 8u
#define BYTES 64u
#define COPY_BYTES 64u /* no more than a slot: two elements can be too much */
#define GET_NS UINT64_C(30000000)

/* ---- what the evil producer does ----------------------------------------- */

struct evil_producer {
	struct dsi_port_listener *listener;
	struct dsi_port_region control;
	struct dsi_port_region data;
	struct dsi_port_region signal;
	struct dsi_wire_offer offer;
	int32_t handles[DSI_PORT_MSG_HANDLES];
	uint32_t n_handles;
	/* Instead of an offer. */
	const void *raw;
	uint32_t raw_bytes;
	uint32_t silent; /* 1: no offer, 2: no READY */
	int deaf; /* offers, then refuses with this, and takes no answer */
	int32_t conn;
	pthread_t thread;
	uint32_t joined; /* the thread, that is */
};

static uint64_t whole(uint64_t bytes)
{
	uint64_t page = dsi_port_page_bytes();

	return (bytes + page - 1u) & ~(page - 1u);
}

static void write_header(struct evil_producer *evil)
{
	const struct dsi_shm_header header = {
		.magic = DSI_SHM_MAGIC,
		.abi_major = DSI_SHM_ABI_MAJOR,
		.abi_minor = DSI_SHM_ABI_MINOR,
		.header_bytes = sizeof(header),
		.endian = DSI_SHM_ENDIAN,
		.cacheline_bytes = DSI_CACHELINE,
		.ring_slots = SLOTS,
		.max_sg = 2,
		.ring_offset = DSI_SHM_PAGE_HEAD,
		.data_bytes = evil->offer.desc.data_bytes,
	};

	memcpy(evil->control.addr, &header, sizeof(header));
}

/* Everything as it should be. */
static void evil_begin(struct evil_producer *evil, uint32_t policy)
{
	struct dsi_stream_desc desc = {
		.size = sizeof(desc),
		.packets = PACKETS,
		.ring_slots = SLOTS,
		.max_sg = 2,
		.packet_bytes = BYTES,
	};
	uint32_t own = policy == DSI_POLICY_DROP_NEW ? SLOTS : 0;
	int32_t bells[2];

	memset(evil, 0, sizeof(*evil));
	dsi__desc_resolve(&desc);
	desc.data_bytes = whole(desc.data_bytes);
	evil->offer.desc = desc;
	evil->offer.own_slots = own;
	MUST_BE(dsi_port_region_create(&evil->control,
				       dsi__control_bytes(SLOTS, 2),
				       DSI_PORT_READ),
		0);
	MUST_BE(dsi_port_region_create(&evil->data, desc.data_bytes,
				       DSI_PORT_READ),
		0);
	MUST_BE(dsi_port_region_create(&evil->signal, dsi__signal_bytes(own, 2),
				       DSI_PORT_READ),
		0);
	MUST_BE(dsi_port_bell_pair(bells), 0);
	dsi_port_handle_close(bells[0]);
	evil->handles[DSI_OFFER_CONTROL] = dup(evil->control.handle);
	evil->handles[DSI_OFFER_DATA] = dup(evil->data.handle);
	evil->handles[DSI_OFFER_SIGNAL] = dup(evil->signal.handle);
	evil->handles[DSI_OFFER_BELL] = bells[1];
	evil->n_handles = DSI_OFFER_HANDLES;
	evil->conn = -1;
	write_header(evil);
	MUST_BE(dsi_port_listen(NAME, DSI_PORT_STREAM, NULL, &evil->listener),
		0);
}

static void accept_one(struct evil_producer *evil)
{
	uint64_t deadline = dsi_now() + PATIENCE_NS;
	struct dsi_peer peer;

	while (dsi_port_accept(evil->listener, &evil->conn, &peer)) {
		MUST(dsi_now() < deadline);
		moment();
	}
}

/* The producer's side of one handshake. */
static void *evil_serve(void *arg)
{
	struct evil_producer *evil = arg;
	union dsi_wire msg = {.offer = evil->offer};
	struct dsi_wire_in in;

	accept_one(evil);
	MUST_BE(evil_hear(evil->conn, &in), DSI_WIRE_HELLO);
	if (evil->silent == 1)
		return NULL;
	if (evil->deaf)
		MUST_BE(shutdown(evil->conn, SHUT_RD), 0);
	if (evil->raw)
		(void)dsi_port_send(evil->conn, evil->raw, evil->raw_bytes,
				    evil->handles, evil->n_handles);
	else
		(void)dsi__wire_send(evil->conn, &msg, DSI_WIRE_OFFER,
				     sizeof(msg.offer), evil->handles,
				     evil->n_handles);
	if (evil->deaf) {
		dsi__wire_refuse(evil->conn, evil->deaf, "changed my mind");
		return NULL;
	}
	if (evil_hear(evil->conn, &in) != DSI_WIRE_ACCEPT || evil->silent == 2)
		return NULL;
	(void)dsi__wire_send(evil->conn, &msg, DSI_WIRE_READY, sizeof(msg.head),
			     NULL, 0);
	return NULL;
}

static void evil_await(struct evil_producer *evil)
{
	if (!evil->joined)
		MUST_BE(pthread_join(evil->thread, NULL), 0);
	evil->joined = 1;
}

static void evil_end(struct evil_producer *evil)
{
	evil_await(evil);
	dsi_port_listener_close(evil->listener);
	dsi_port_handle_close(evil->conn);
	for (uint32_t i = 0; i < evil->n_handles; i++)
		dsi_port_handle_close(evil->handles[i]);
	dsi_port_region_fini(&evil->control);
	dsi_port_region_fini(&evil->data);
	dsi_port_region_fini(&evil->signal);
}

/* What else the victim asks for: DSI_CONSUMER_*. */
static uint32_t victim_flags;

/* The victim connects; its answer. */
static int victim_connect(struct evil_producer *evil, uint32_t policy,
			  struct dsi_socket **out_sock)
{
	const struct dsi_consumer_options options = {
		.size = sizeof(options),
		.flags = victim_flags,
		.policy = policy,
		.max_packet_bytes =
			victim_flags & DSI_CONSUMER_COPY ? COPY_BYTES : 0,
	};
	int err;

	MUST_BE(pthread_create(&evil->thread, NULL, evil_serve, evil), 0);
	MUST_BE(dsi_consumer_create(&options, out_sock), 0);
	err = dsi_socket_connect(*out_sock, NAME, dsi_now() + PATIENCE_NS);
	if (err) {
		MUST(dsi_socket_state(*out_sock) == (int)DSI_STATE_CREATED);
		MUST(dsi_socket_error(*out_sock)[0] != '\0');
		for (const char *c = dsi_socket_error(*out_sock); *c; c++)
			MUST(*c >= ' ' && *c <= '~');
	}
	return err;
}

/* ---- offers -------------------------------------------------------------- */

/* Connecting to @evil must be answered so. */
static void expect_connect(struct evil_producer *evil, int want)
{
	struct dsi_socket *sock;
	int err = victim_connect(evil, DSI_POLICY_BLOCK, &sock);

	outcome(err == want, "connect: %s: %s", dsi_strerror(err),
		dsi_socket_error(sock));
	dsi_socket_destroy(sock);
	evil_end(evil);
}

struct word_case {
	const char *name;
	size_t offset;
	uint32_t bytes;
	uint64_t value;
};

static void put(void *base, const struct word_case *word)
{
	uint32_t narrow = (uint32_t)word->value;

	if (word->bytes == 4)
		memcpy((char *)base + word->offset, &narrow, sizeof(narrow));
	else
		memcpy((char *)base + word->offset, &word->value,
		       sizeof(word->value));
}

#define WORD(type, field, value)                                    \
	{                                                           \
#field " " #value, offsetof(struct type, field),    \
			sizeof(((struct type *)NULL)->field), value \
	}

static void heads(void)
{
	static const struct word_case cases[] = {
		WORD(dsi_shm_header, magic, 0),
		WORD(dsi_shm_header, magic, UINT32_MAX),
		WORD(dsi_shm_header, abi_major, 0),
		WORD(dsi_shm_header, abi_major, 2),
		WORD(dsi_shm_header, header_bytes, 0),
		WORD(dsi_shm_header, header_bytes, 128),
		WORD(dsi_shm_header, endian, 0x04030201),
		WORD(dsi_shm_header, cacheline_bytes, 0),
		WORD(dsi_shm_header, cacheline_bytes, 128),
		WORD(dsi_shm_header, ring_slots, 0),
		WORD(dsi_shm_header, ring_slots, 16),
		WORD(dsi_shm_header, ring_slots, UINT32_MAX),
		WORD(dsi_shm_header, max_sg, 1),
		WORD(dsi_shm_header, max_sg, UINT32_MAX),
		WORD(dsi_shm_header, ring_offset, 0),
		WORD(dsi_shm_header, ring_offset, 257),
		WORD(dsi_shm_header, ring_offset, UINT64_MAX),
		WORD(dsi_shm_header, data_bytes, 0),
		WORD(dsi_shm_header, data_bytes, UINT64_MAX),
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct evil_producer evil;

		evil_begin(&evil, DSI_POLICY_BLOCK);
		outcome_case("head: %s", cases[i].name);
		put(evil.control.addr, &cases[i]);
		expect_connect(&evil, -DSI_EPROTO);
	}
}

static void geometry(void)
{
	static const struct word_case cases[] = {
		WORD(dsi_wire_offer, own_slots, 8),
		WORD(dsi_wire_offer, own_slots, UINT32_MAX),
		WORD(dsi_wire_offer, desc.size, 0),
		WORD(dsi_wire_offer, desc.size, UINT32_MAX),
		WORD(dsi_wire_offer, desc.flags, UINT32_MAX),
		WORD(dsi_wire_offer, desc.packets, 0),
		WORD(dsi_wire_offer, desc.packets, 65536),
		WORD(dsi_wire_offer, desc.packets, UINT32_MAX),
		WORD(dsi_wire_offer, desc.ring_slots, 0),
		WORD(dsi_wire_offer, desc.ring_slots, 3),
		WORD(dsi_wire_offer, desc.ring_slots, 1024),
		WORD(dsi_wire_offer, desc.ring_slots, 131072),
		WORD(dsi_wire_offer, desc.ring_slots, UINT32_MAX),
		WORD(dsi_wire_offer, desc.max_sg, 0),
		WORD(dsi_wire_offer, desc.max_sg, 64),
		WORD(dsi_wire_offer, desc.max_sg, 65),
		WORD(dsi_wire_offer, desc.max_sg, UINT32_MAX),
		WORD(dsi_wire_offer, desc.align_bytes, 0),
		WORD(dsi_wire_offer, desc.align_bytes, 3),
		WORD(dsi_wire_offer, desc.align_bytes, UINT32_MAX),
		WORD(dsi_wire_offer, desc.packet_bytes, 4096),
		WORD(dsi_wire_offer, desc.packet_bytes, UINT32_MAX),
		WORD(dsi_wire_offer, desc.reserved, 1),
		WORD(dsi_wire_offer, desc.data_bytes, 0),
		WORD(dsi_wire_offer, desc.data_bytes, 4095),
		WORD(dsi_wire_offer, desc.data_bytes, 8192),
		WORD(dsi_wire_offer, desc.data_bytes, UINT64_C(1) << 40),
		WORD(dsi_wire_offer, desc.data_bytes, UINT64_MAX),
		WORD(dsi_wire_offer, desc.data_bytes, UINT64_MAX - 4095),
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct evil_producer evil;

		evil_begin(&evil, DSI_POLICY_BLOCK);
		outcome_case("offer: %s", cases[i].name);
		put(&evil.offer, &cases[i]);
		expect_connect(&evil, -DSI_EPROTO);
	}
}

/* ---- declared traffic ---------------------------------------------------- */

#define PERIOD UINT64_C(40)

/* A stream as the victim expects it, in ms: 95 ms of life, 3 packets. */
static void declare(struct evil_producer *evil)
{
	evil->offer.desc.traffic = (struct dsi_traffic){
		.tick_hz = 1000, .period = PERIOD, .jitter = 15, .hold = 40};
}

/* The victim declares its usage and must find out by itself. */
static uint32_t to_hold;

static void expect_disbelief(struct evil_producer *evil, uint32_t policy,
			     int want)
{
	struct dsi_consumer_options options = {
		.size = sizeof(options),
		.policy = policy,
		.hold_packets = to_hold,
		.usage = {.tick_hz = 1000, .period = PERIOD, .hold = 40},
	};
	struct dsi_sizing_need need = {.size = sizeof(need)};
	struct dsi_socket *sock;
	uint64_t hz;
	int err;

	MUST_BE(pthread_create(&evil->thread, NULL, evil_serve, evil), 0);
	MUST_BE(dsi_consumer_create(&options, &sock), 0);
	err = dsi_socket_connect(sock, NAME, dsi_now() + PATIENCE_NS);
	MUST(!err == !dsi_socket_error(sock)[0]);
	if (!err)
		MUST_BE(dsi_socket_need(sock, &need, &hz), 0);
	else
		MUST_BE(dsi_socket_need(sock, &need, &hz), -DSI_ENOTCONN);
	outcome(err == want, "connect: %s: %s", dsi_strerror(err),
		dsi_socket_error(sock));
	dsi_socket_destroy(sock);
	evil_end(evil);
}

static void traffic(void)
{
	static const struct word_case cases[] = {
		WORD(dsi_wire_offer, desc.traffic.tick_hz, 0),
		WORD(dsi_wire_offer, desc.traffic.tick_hz, DSI_TICKS_MAX + 1),
		WORD(dsi_wire_offer, desc.traffic.tick_hz, UINT64_MAX),
		WORD(dsi_wire_offer, desc.traffic.period, 0),
		WORD(dsi_wire_offer, desc.traffic.period, DSI_TICKS_MAX + 1),
		WORD(dsi_wire_offer, desc.traffic.period, UINT64_MAX),
		WORD(dsi_wire_offer, desc.traffic.jitter, DSI_TICKS_MAX + 1),
		WORD(dsi_wire_offer, desc.traffic.jitter, UINT64_MAX),
		WORD(dsi_wire_offer, desc.traffic.distance, PERIOD + 1),
		WORD(dsi_wire_offer, desc.traffic.distance, UINT64_MAX),
		WORD(dsi_wire_offer, desc.traffic.hold, DSI_TICKS_MAX + 1),
		WORD(dsi_wire_offer, desc.traffic.hold, UINT64_MAX),
		WORD(dsi_wire_offer, desc.traffic.drift_ppb, DSI_PPB),
		WORD(dsi_wire_offer, desc.traffic.drift_ppb, UINT32_MAX),
		WORD(dsi_wire_offer, desc.traffic.batch, PACKETS + 1),
		WORD(dsi_wire_offer, desc.traffic.batch, UINT32_MAX),
		WORD(dsi_wire_offer, desc.traffic.ties, 2),
		WORD(dsi_wire_offer, desc.traffic.ties, UINT32_MAX),
		WORD(dsi_wire_offer, desc.traffic.reserved, 1),
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct evil_producer evil;

		evil_begin(&evil, DSI_POLICY_BLOCK);
		declare(&evil);
		outcome_case("offer: %s", cases[i].name);
		put(&evil.offer, &cases[i]);
		expect_connect(&evil, -DSI_EPROTO);
	}
}

/* Valid, but not what the victim needs; an honest producer would refuse. */
static void promises(void)
{
	static const struct {
		struct word_case word;
		int want;
	} cases[] = {
		{WORD(dsi_wire_offer, desc.traffic.ties, 0), 0},
		{WORD(dsi_wire_offer, desc.traffic.period, PERIOD - 1),
		 -DSI_ENOMATCH},
		{WORD(dsi_wire_offer, desc.traffic.tick_hz, 999),
		 -DSI_ENOMATCH},
		{WORD(dsi_wire_offer, desc.traffic.tick_hz, DSI_TICKS_MAX),
		 -DSI_ENOMATCH},
		{WORD(dsi_wire_offer, desc.traffic.jitter, 238), 0},
		{WORD(dsi_wire_offer, desc.traffic.jitter, 239), -DSI_ENOMATCH},
		{WORD(dsi_wire_offer, desc.traffic.jitter, DSI_TICKS_MAX),
		 -DSI_EOVERFLOW},
		{WORD(dsi_wire_offer, desc.traffic.hold, DSI_TICKS_MAX),
		 -DSI_ENOMATCH},
		{WORD(dsi_wire_offer, desc.traffic.drift_ppb, 1), -DSI_EDOM},
		{WORD(dsi_wire_offer, desc.traffic.span, UINT64_MAX), 0},
	};
	struct evil_producer evil;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		evil_begin(&evil, DSI_POLICY_BLOCK);
		declare(&evil);
		outcome_case("promise: %s", cases[i].word.name);
		put(&evil.offer, &cases[i].word);
		expect_disbelief(&evil, DSI_POLICY_BLOCK, cases[i].want);
	}
	evil_begin(&evil, DSI_POLICY_BLOCK);
	outcome_case("promise: nothing declared");
	expect_disbelief(&evil, DSI_POLICY_BLOCK, -DSI_ENOMATCH);
	evil_begin(&evil, DSI_POLICY_DROP_NEW);
	declare(&evil);
	evil.offer.own_slots = 2; /* takes 1, and the end */
	outcome_case("promise: a queue that is too short");
	expect_disbelief(&evil, DSI_POLICY_DROP_NEW, -DSI_ENOMATCH);
	evil_begin(&evil, DSI_POLICY_DROP_NEW);
	declare(&evil);
	outcome_case("promise: a queue that is long enough");
	expect_disbelief(&evil, DSI_POLICY_DROP_NEW, 0);
	evil_begin(&evil, DSI_POLICY_DROP_NEW);
	evil.offer.own_slots = 3;
	outcome_case("promise: a queue with an odd number of slots");
	expect_disbelief(&evil, DSI_POLICY_DROP_NEW, -DSI_EPROTO);
	evil_begin(&evil, DSI_POLICY_BLOCK);
	declare(&evil);
	to_hold = DSI_MAX_PACKETS;
	outcome_case("promise: fewer packets than are to be held");
	expect_disbelief(&evil, DSI_POLICY_BLOCK, -DSI_ENOMATCH);
	to_hold = 0;
}

/* ---- regions ------------------------------------------------------------- */

static int32_t memfd_of(uint64_t bytes, int seals)
{
	int fd = memfd_create("evil", MFD_CLOEXEC | MFD_ALLOW_SEALING);

	MUST(fd >= 0);
	MUST_BE(ftruncate(fd, (off_t)bytes), 0);
	if (seals)
		MUST_BE(fcntl(fd, F_ADD_SEALS, seals), 0);
	return fd;
}

static void other_region(uint32_t which, const char *name, int32_t handle)
{
	static const char *const names[] = {"control", "data", "signal"};
	struct evil_producer evil;

	MUST(handle >= 0);
	evil_begin(&evil, DSI_POLICY_BLOCK);
	outcome_case("region: %s is %s", names[which], name);
	dsi_port_handle_close(evil.handles[which]);
	evil.handles[which] = handle;
	expect_connect(&evil, -DSI_EPROTO);
}

static int32_t half_of_pipe(void)
{
	int ends[2];

	MUST_BE(pipe2(ends, O_CLOEXEC), 0);
	(void)close(ends[1]);
	return ends[0];
}

/* Sealed as it should be, but who gets it may not read: opened with @mode. */
static int32_t not_to_be_read(uint64_t bytes, int seals, int mode)
{
	int32_t fd = memfd_of(bytes, seals);
	char path[64];
	int again;

	(void)snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	again = open(path, mode | O_CLOEXEC);
	dsi_port_handle_close(fd);
	return again;
}

static void regions(void)
{
	uint64_t page = dsi_port_page_bytes();
	int all =
		F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL | F_SEAL_FUTURE_WRITE;

	for (uint32_t i = 0; i < 3; i++) {
		other_region(i, "not sealed", memfd_of(page, 0));
		other_region(i, "sealed against growing only",
			     memfd_of(page, F_SEAL_GROW));
		other_region(i, "empty", memfd_of(0, all));
		other_region(i, "twice as large", memfd_of(2 * page, all));
		other_region(i, "a pipe", half_of_pipe());
		other_region(i, "/dev/zero",
			     open("/dev/zero", O_RDWR | O_CLOEXEC));
		other_region(i, "a directory",
			     open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
		other_region(i, "a program",
			     open("/proc/self/exe", O_RDONLY | O_CLOEXEC));
		other_region(i, "only to be written",
			     not_to_be_read(page, F_SEAL_SHRINK, O_WRONLY));
		other_region(i, "neither to be read nor to be written",
			     not_to_be_read(page, F_SEAL_SHRINK, O_ACCMODE));
	}
}

static void number_of_handles(void)
{
	struct evil_producer evil;

	for (uint32_t n = 0; n < 3; n++) {
		evil_begin(&evil, DSI_POLICY_BLOCK);
		outcome_case("handles: only %u", n);
		for (uint32_t i = n; i < DSI_OFFER_HANDLES; i++)
			dsi_port_handle_close(evil.handles[i]);
		evil.n_handles = n;
		expect_connect(&evil, -DSI_EPROTO);
	}
	evil_begin(&evil, DSI_POLICY_BLOCK);
	outcome_case("handles: no bell");
	dsi_port_handle_close(evil.handles[DSI_OFFER_BELL]);
	evil.n_handles = DSI_OFFER_BELL;
	/* It can do without, until somebody asks for a descriptor. */
	expect_connect(&evil, 0);
	evil_begin(&evil, DSI_POLICY_BLOCK);
	outcome_case("handles: four too many");
	for (uint32_t i = DSI_OFFER_HANDLES; i < DSI_PORT_MSG_HANDLES; i++)
		evil.handles[i] = dup(evil.handles[0]);
	evil.n_handles = DSI_PORT_MSG_HANDLES;
	expect_connect(&evil, 0);
}

/* ---- answers ------------------------------------------------------------- */

static void answer(const char *name, const void *raw, uint32_t bytes, int want)
{
	struct evil_producer evil;

	evil_begin(&evil, DSI_POLICY_BLOCK);
	outcome_case("answer: %s", name);
	evil.raw = raw;
	evil.raw_bytes = bytes;
	expect_connect(&evil, want);
}

static void answers(void)
{
	union dsi_wire msg = {.refuse = {.err = 0}};
	unsigned char garbage[DSI_PORT_MSG_BYTES];

	memset(garbage, 0xa5, sizeof(garbage));
	answer("garbage", garbage, sizeof(garbage), -DSI_EPROTO);
	answer("one byte", garbage, 1, -DSI_EPROTO);
	msg.head = evil_head(DSI_WIRE_READY, sizeof(msg.head));
	answer("READY instead of OFFER", &msg, sizeof(msg.head), -DSI_EPROTO);
	msg.head = evil_head(DSI_WIRE_BYE, sizeof(msg.head));
	/* It closes, and might come again: that is waited for. */
	answer("BYE instead of OFFER", &msg, sizeof(msg.head), -DSI_ETIMEDOUT);
	msg.head = evil_head(DSI_WIRE_INFO, sizeof(msg.info));
	answer("INFO instead of OFFER", &msg, sizeof(msg.info), -DSI_EPROTO);
	msg.head = evil_head(DSI_WIRE_OFFER, sizeof(msg.offer));
	answer("half an OFFER", &msg, sizeof(msg.offer) / 2, -DSI_EPROTO);
	msg.head.abi_major = 2;
	answer("OFFER of another version", &msg, sizeof(msg.offer),
	       -DSI_EPROTONOSUPPORT);
	msg.head.abi_major = DSI_SHM_ABI_MAJOR;
	msg.head.endian = 0x04030201;
	answer("OFFER in another byte order", &msg, sizeof(msg.offer),
	       -DSI_EPROTONOSUPPORT);
}

static void refusals(void)
{
	static const struct {
		const char *name;
		int32_t err;
		int want;
	} cases[] = {
		{"with a sensible code", -DSI_EUSERS, -DSI_EUSERS},
		{"with a code of our own", -DSI_ENOMATCH, -DSI_ENOMATCH},
		{"with success", 0, -DSI_EPROTO},
		{"with a positive code", 5, -DSI_EPROTO},
		{"with a code that there is not", -3, -DSI_EPROTO},
		{"with the least number", INT32_MIN, -DSI_EPROTO},
		{"with the largest number", INT32_MAX, -DSI_EPROTO},
	};
	union dsi_wire msg;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char name[64];

		memset(&msg, 0, sizeof(msg));
		memset(msg.refuse.text, 0x1b, sizeof(msg.refuse.text));
		msg.refuse.err = cases[i].err;
		msg.head = evil_head(DSI_WIRE_REFUSE, sizeof(msg.refuse));
		(void)snprintf(name, sizeof(name), "endless REFUSE %s",
			       cases[i].name);
		answer(name, &msg, sizeof(msg.refuse), cases[i].want);
	}
}

/* It is gone when it is answered, but has said why. */
static void refuses_after_the_offer(void)
{
	struct evil_producer evil;

	evil_begin(&evil, DSI_POLICY_BLOCK);
	outcome_case("answer: OFFER, then REFUSE, and the end");
	evil.deaf = -DSI_EUSERS;
	expect_connect(&evil, -DSI_EUSERS);
}

static void silence(void)
{
	struct evil_producer evil;

	evil_begin(&evil, DSI_POLICY_BLOCK);
	outcome_case("answer: none to HELLO");
	evil.silent = 1;
	expect_connect(&evil, -DSI_ETIMEDOUT);
	evil_begin(&evil, DSI_POLICY_BLOCK);
	outcome_case("answer: none to ACCEPT");
	evil.silent = 2;
	expect_connect(&evil, -DSI_ETIMEDOUT);
}

/* ---- the ring ------------------------------------------------------------ */

struct ring_case {
	const char *name;
	uint64_t start;
	uint64_t commit;
	uint64_t time_ns;
	uint64_t offset;
	uint64_t place;
	uint64_t ext[5];
	uint32_t signal;
	int want;	  /* of get */
	int want_reclaim; /* likewise, policy RECLAIM */
};

#define PLACE(size, flags, token) \
	((uint64_t)(size) | (uint64_t)(flags) << 32 | (uint64_t)(token) << 48)
#define EXT DSI_DESC_EXT
#define NOT_YET -DSI_ETIMEDOUT
#define BAD -DSI_EPROTO

static const struct ring_case ring_cases[] = {
	{"as it should be", 1, 1, 0, 0, PLACE(64, 0, 0), {0}, 1, 0, 0},
	{"not admitted", 0, 1, 0, 0, 0, {0}, 1, NOT_YET, NOT_YET},
	{"start max", UINT64_MAX, 1, 0, 0, 0, {0}, 1, BAD, BAD},
	{"start beyond positions",
	 DSI_POSITION_MAX + 1,
	 1,
	 0,
	 0,
	 0,
	 {0},
	 1,
	 BAD,
	 BAD},
	{"largest start",
	 DSI_POSITION_MAX,
	 0,
	 0,
	 0,
	 0,
	 {0},
	 1,
	 NOT_YET,
	 NOT_YET},
	{"nothing committed", 1, 0, 0, 0, 0, {0}, 0, NOT_YET, NOT_YET},
	{"signal without commit",
	 1,
	 0,
	 0,
	 0,
	 0,
	 {0},
	 UINT32_MAX,
	 NOT_YET,
	 NOT_YET},
	{"being written",
	 1,
	 DSI_COMMIT_BUSY,
	 0,
	 0,
	 0,
	 {0},
	 1,
	 NOT_YET,
	 NOT_YET},
	{"gone", 1, DSI_COMMIT_BUSY | 1, 0, 0, 0, {0}, 1, BAD, NOT_YET},
	{"of the next round", 1, SLOTS + 1, 0, 0, 0, {0}, 1, BAD, NOT_YET},
	{"commit max", 1, UINT64_MAX, 0, 0, 0, {0}, 1, BAD, NOT_YET},
	{"commit 2^62", 1, UINT64_C(1) << 62, 0, 0, 0, {0}, 7, BAD, NOT_YET},
	{"token one too large",
	 1,
	 1,
	 0,
	 0,
	 PLACE(0, 0, PACKETS),
	 {0},
	 1,
	 BAD,
	 BAD},
	{"token max", 1, 1, 0, 0, PLACE(0, 0, 65535), {0}, 1, BAD, BAD},
	{"flag 0x10", 1, 1, 0, 0, PLACE(0, 0x10, 0), {0}, 1, BAD, BAD},
	{"flag 0x1000", 1, 1, 0, 0, PLACE(0, 0x1000, 0), {0}, 1, BAD, BAD},
	{"all flags", 1, 1, 0, 0, PLACE(0, 0xffff, 0), {0}, 1, BAD, BAD},
	{"physical, but not declared",
	 1,
	 1,
	 0,
	 0,
	 PLACE(0, DSI_PACKET_PHYS, 0),
	 {0},
	 1,
	 BAD,
	 BAD},
	{"offset at the end, empty",
	 1,
	 1,
	 0,
	 4096,
	 PLACE(0, 0, 0),
	 {0},
	 1,
	 0,
	 0},
	{"offset at the end", 1, 1, 0, 4096, PLACE(1, 0, 0), {0}, 1, BAD, BAD},
	{"offset beyond the end",
	 1,
	 1,
	 0,
	 4097,
	 PLACE(1, 0, 0),
	 {0},
	 1,
	 BAD,
	 BAD},
	{"size one too large", 1, 1, 0, 0, PLACE(4097, 0, 0), {0}, 1, BAD, BAD},
	{"size max", 1, 1, 0, 1, PLACE(UINT32_MAX, 0, 0), {0}, 1, BAD, BAD},
	{"offset max", 1, 1, 0, UINT64_MAX, PLACE(1, 0, 0), {0}, 1, BAD, BAD},
	{"offset and size wrap",
	 1,
	 1,
	 0,
	 UINT64_MAX - 10,
	 PLACE(64, 0, 0),
	 {0},
	 1,
	 BAD,
	 BAD},
	{"two elements",
	 1,
	 1,
	 0,
	 0,
	 PLACE(1, EXT, 0),
	 {9, UINT64_MAX, 2, 4095, 1},
	 1,
	 0,
	 0},
	{"no element",
	 1,
	 1,
	 0,
	 9999999,
	 PLACE(1, EXT, 0),
	 {9, UINT64_MAX, 0, 0, 0},
	 1,
	 0,
	 0},
	{"three elements of two",
	 1,
	 1,
	 0,
	 0,
	 PLACE(1, EXT, 0),
	 {9, 0, 3, 0, 1},
	 1,
	 BAD,
	 BAD},
	{"elements max",
	 1,
	 1,
	 0,
	 0,
	 PLACE(1, EXT, 0),
	 {9, 0, UINT64_MAX, 0, 1},
	 1,
	 BAD,
	 BAD},
	{"elements 2^32",
	 1,
	 1,
	 0,
	 0,
	 PLACE(1, EXT, 0),
	 {9, 0, UINT64_C(1) << 32, 0, 1},
	 1,
	 BAD,
	 BAD},
	{"second offset outside",
	 1,
	 1,
	 0,
	 0,
	 PLACE(1, EXT, 0),
	 {9, UINT64_MAX, 2, 4096, 1},
	 1,
	 BAD,
	 BAD},
	{"second size 2^32",
	 1,
	 1,
	 0,
	 0,
	 PLACE(1, EXT, 0),
	 {9, UINT64_MAX, 2, 0, UINT64_C(1) << 32},
	 1,
	 BAD,
	 BAD},
	{"second wraps",
	 1,
	 1,
	 0,
	 0,
	 PLACE(1, EXT, 0),
	 {9, UINT64_MAX, 2, UINT64_MAX, 2},
	 1,
	 BAD,
	 BAD},
	{"expired for ever",
	 1,
	 1,
	 0,
	 0,
	 PLACE(1, EXT, 0),
	 {9, 0, 1, 0, 0},
	 1,
	 NOT_YET,
	 NOT_YET},
	{"stamped in the future",
	 1,
	 1,
	 UINT64_MAX,
	 0,
	 PLACE(1, DSI_DESC_STAMPED, 0),
	 {0},
	 1,
	 0,
	 0},
	{"number max",
	 1,
	 1,
	 0,
	 0,
	 PLACE(1, EXT, 0),
	 {UINT64_MAX, UINT64_MAX, 1, 0, 0},
	 1,
	 0,
	 0},
};

static void write_slot(struct evil_producer *evil,
		       const struct ring_case *words, uint32_t own)
{
	struct dsi_shm_signal *signal = evil->signal.addr;
	char *base = own ? evil->signal.addr : evil->control.addr;
	struct dsi_ring ring;
	struct dsi_shm_desc *slot;

	dsi__ring_attach(&ring, base + DSI_SHM_PAGE_HEAD, SLOTS, 2);
	slot = dsi__ring_desc(&ring, 0);
	for (uint32_t i = 0; i < 5; i++)
		dsi__ring_put_ext(&ring, 0, i, words->ext[i]);
	atomic_store(&slot->time_ns, words->time_ns);
	atomic_store(&slot->offset, words->offset);
	atomic_store(&slot->place, words->place);
	atomic_store(&slot->commit, words->commit);
	atomic_store(&signal->start, words->start);
	atomic_store(&signal->signal, words->signal);
}

/* Touch every byte that the library says is there. */
static void use(struct dsi_packet *pkt)
{
	int32_t n = dsi_packet_count(pkt);
	unsigned int sum = 0;

	for (uint32_t i = 0; i < (uint32_t)n; i++) {
		const unsigned char *bytes;
		uint32_t size;
		void *data;

		if (dsi_packet_data(pkt, i, &data, &size))
			continue;
		bytes = data;
		for (uint32_t k = 0; k < size; k++)
			sum += bytes[k];
	}
	__asm__ volatile("" ::"r"(sum) : "memory");
}

/* After -DSI_EPROTO the socket has failed, and has hung up. */
static int failed_well(struct evil_producer *evil, struct dsi_socket *sock)
{
	struct dsi_wire_in in;
	struct dsi_packet *pkt;

	if (evil_hear(evil->conn, &in) != -DSI_EPIPE)
		return 0;
	return dsi_socket_state(sock) == (int)DSI_STATE_FAILED &&
	       dsi_packet_get(sock, 0, &pkt) == -DSI_EPROTO &&
	       dsi_socket_event_count(sock, DSI_EVENT_ERROR) == 1;
}

static void one_ring_case(const struct ring_case *words, uint32_t policy)
{
	static const char *const names[] = {"block", "drop", "reclaim"};
	int want = policy == DSI_POLICY_RECLAIM ? words->want_reclaim
						: words->want;
	struct evil_producer evil;
	struct dsi_socket *sock;
	struct dsi_packet *pkt;
	int well = 1;
	int err;

	evil_begin(&evil, policy);
	outcome_case("ring: %s%s: %s", names[policy],
		     victim_flags & DSI_CONSUMER_COPY ? ", copy" : "",
		     words->name);
	write_slot(&evil, words, policy == DSI_POLICY_DROP_NEW);
	MUST_BE(victim_connect(&evil, policy, &sock), 0);
	MUST_BE(dsi_socket_start(sock), 0);
	err = dsi_packet_get(sock, dsi_now() + GET_NS, &pkt);
	evil_await(&evil);
	if (err == 0) {
		use(pkt);
		well = dsi_packet_commit(sock, pkt) == 0;
	} else if (err == -DSI_EPROTO) {
		well = failed_well(&evil, sock);
	}
	outcome(err == want && well, "get: %s", dsi_strerror(err));
	dsi_socket_destroy(sock);
	evil_end(&evil);
}

/* ---- every word of the offer --------------------------------------------- */

#define OFFER_WORDS \
	((sizeof(struct dsi_wire_offer) - sizeof(struct dsi_wire_head)) / 4u)

/* The consumer refuses, or joins and gets the packet, or finds that out. */
static int after_offer(struct evil_producer *evil)
{
	struct dsi_socket *sock;
	struct dsi_packet *pkt;
	int err;

	write_slot(evil, &ring_cases[0], 0);
	err = victim_connect(evil, DSI_POLICY_BLOCK, &sock);
	if (!err)
		MUST_BE(dsi_socket_start(sock), 0);
	if (!err)
		err = dsi_packet_get(sock, 0, &pkt);
	evil_await(evil);
	if (!err)
		use(pkt);
	dsi_socket_destroy(sock);
	evil_end(evil);
	return err;
}

static void offer_sweep(void)
{
	static const int allowed[] = {-DSI_EPROTO, -DSI_ENOMATCH, -DSI_EAGAIN,
				      0};
	uint64_t random = 11;

	for (uint32_t word = 0; word < OFFER_WORDS; word++) {
		uint32_t good = 0;
		int bad = 0;

		outcome_case("offer: word %u, %u values", word, SWEEP_VALUES);
		for (uint32_t i = 0; i < SWEEP_VALUES; i++) {
			struct evil_producer evil;
			int err;

			evil_begin(&evil, DSI_POLICY_BLOCK);
			sweep_spoil(&evil.offer.own_slots, word, i, SLOTS,
				    &random);
			err = after_offer(&evil);
			good += err == 0;
			if (!sweep_answer(err, allowed))
				bad = err;
		}
		outcome(!bad, "%u got a packet, %s", good,
			bad ? dsi_strerror(bad) : "others refused");
	}
}

/* ---- memory that changes later ------------------------------------------- */

/* What its owner tries with a region that cannot shrink, but is not sealed
 * against anything else, once it is mapped. */
static int change_later(int32_t fd, uint64_t bytes)
{
	return ftruncate(fd, 0) == -1 && ftruncate(fd, 1) == -1 &&
	       ftruncate(fd, (off_t)bytes - 1) == -1 &&
	       fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 0,
			 (off_t)bytes) == 0 &&
	       ftruncate(fd, 16 * (off_t)bytes) == 0;
}

static void changes_later(uint32_t which, uint32_t flags, int want)
{
	static const char *const names[] = {"control", "data", "signal"};
	struct evil_producer evil;
	const struct dsi_port_region *regions[] = {&evil.control, &evil.data,
						   &evil.signal};
	struct dsi_socket *sock;
	struct dsi_packet *pkt;
	uint64_t bytes;
	int32_t fd;
	int done, err;

	evil_begin(&evil, DSI_POLICY_BLOCK);
	outcome_case("later: %s%s is cut, holed, and grows", names[which],
		     flags ? ", copied," : "");
	write_slot(&evil, &ring_cases[0], 0);
	bytes = regions[which]->bytes;
	fd = memfd_of(bytes, F_SEAL_SHRINK);
	MUST(pwrite(fd, regions[which]->addr, (size_t)bytes, 0) ==
	     (ssize_t)bytes);
	dsi_port_handle_close(evil.handles[which]);
	evil.handles[which] = dup(fd);
	victim_flags = flags;
	MUST_BE(victim_connect(&evil, DSI_POLICY_BLOCK, &sock), 0);
	victim_flags = 0;
	evil_await(&evil);
	MUST_BE(dsi_socket_start(sock), 0);
	done = change_later(fd, bytes);
	err = dsi_packet_get(sock, dsi_now() + GET_NS, &pkt);
	if (!err)
		use(pkt);
	outcome(done && err == want, "%s: get: %s",
		done ? "cannot be cut" : "not as said", dsi_strerror(err));
	dsi_port_handle_close(fd);
	dsi_socket_destroy(sock);
	evil_end(&evil);
}

/* ---- all words, all the time --------------------------------------------- */

static _Atomic uint32_t scribble;

struct scribbler {
	struct evil_producer *evil;
	uint64_t random;
};

/* Near what is expected, or anything. */
static uint64_t some_value(uint64_t *random, uint64_t near)
{
	uint64_t value = must_random(random);

	switch (value >> 61) {
	case 0:
		return value;
	case 1:
		return value & 0xffff;
	case 2:
		return DSI_COMMIT_BUSY | near;
	default:
		return near + (value >> 8 & 3u);
	}
}

static void scribble_once(struct scribbler *scribbler, uint64_t position)
{
	struct dsi_shm_signal *signal = scribbler->evil->signal.addr;
	char *bases[] = {scribbler->evil->control.addr,
			 scribbler->evil->signal.addr};
	uint64_t *random = &scribbler->random;

	for (uint32_t b = 0; b < 1u + (scribbler->evil->offer.own_slots != 0);
	     b++) {
		struct dsi_ring ring;
		struct dsi_shm_desc *slot;

		dsi__ring_attach(&ring, bases[b] + DSI_SHM_PAGE_HEAD, SLOTS, 2);
		slot = dsi__ring_desc(&ring, position);
		atomic_store(&slot->offset, some_value(random, 0));
		atomic_store(&slot->place,
			     must_random(random) % 4u
				     ? PLACE(64, EXT, position % PACKETS)
				     : must_random(random));
		for (uint32_t i = 0; i < 5; i++)
			dsi__ring_put_ext(&ring, position, i,
					  some_value(random, i));
		atomic_store(&slot->commit, some_value(random, position + 1u));
	}
	atomic_store(&signal->signal, (uint32_t)some_value(random, position));
	atomic_store(&signal->dropped, must_random(random));
	atomic_store(&signal->sleep, must_random(random));
	atomic_store(&signal->cpu, (uint32_t)must_random(random));
}

static void *scribble_all(void *arg)
{
	struct scribbler *scribbler = arg;
	uint64_t position = 0;

	while (atomic_load(&scribble)) {
		scribble_once(scribbler, position);
		position += must_random(&scribbler->random) % 2u;
	}
	return NULL;
}

/* One victim, as long as it lives, at most so many gets. */
static int live_with_it(struct dsi_socket *sock, uint32_t gets)
{
	int err = 0;

	for (uint32_t i = 0; i < gets && err != -DSI_EPROTO; i++) {
		struct dsi_packet *pkt;

		err = i % 2 ? dsi_packet_get(sock, dsi_now() + 100000u, &pkt)
			    : dsi_packet_get_nr(sock, i, 0, &pkt);
		if (err == 0) {
			use(pkt);
			(void)!dsi_packet_valid(pkt);
			(void)!dsi_packet_commit(sock, pkt);
		}
		MUST(err == 0 || err == -DSI_EAGAIN || err == -DSI_ETIMEDOUT ||
		     err == -DSI_EPROTO || err == -DSI_ESTALE ||
		     err == -DSI_ENOBUFS);
	}
	return err;
}

static void scribbled(uint32_t policy, uint32_t rounds)
{
	static const char *const names[] = {"block", "drop", "reclaim"};
	uint32_t broken = 0;

	outcome_case("ring: %s: all words random, %u streams", names[policy],
		     rounds);
	for (uint32_t i = 0; i < rounds; i++) {
		struct evil_producer evil;
		struct scribbler scribbler = {&evil, i + 1u};
		const struct ring_case good = ring_cases[0];
		struct dsi_socket *sock;
		pthread_t thread;

		evil_begin(&evil, policy);
		write_slot(&evil, &good, policy == DSI_POLICY_DROP_NEW);
		MUST_BE(victim_connect(&evil, policy, &sock), 0);
		MUST_BE(dsi_socket_start(sock), 0);
		/* Before it begins: it may come to it after we are done. */
		atomic_store(&scribble, 1);
		MUST_BE(pthread_create(&thread, NULL, scribble_all, &scribbler),
			0);
		broken += live_with_it(sock, 200) == -DSI_EPROTO;
		atomic_store(&scribble, 0);
		MUST_BE(pthread_join(thread, NULL), 0);
		dsi_socket_destroy(sock);
		evil_end(&evil);
	}
	outcome(1, "%u found out, all survived", broken);
}

/* ---- no rest ----------------------------------------------------------- */

/* Changes the word that the victim sleeps on, as often as it can; not for ever, so
 * that a victim that waits for its end is found out. */
static void *never_rest(void *arg)
{
	struct evil_producer *evil = arg;
	struct dsi_shm_signal *signal = evil->signal.addr;
	uint64_t end = dsi_now() + PATIENCE_NS / 4u;

	while (atomic_load(&scribble) && dsi_now() < end)
		for (uint32_t i = 0; i < 1000; i++)
			atomic_fetch_add(&signal->signal, 1u);
	return atomic_load(&scribble) ? evil : NULL;
}

static int get_in_time(struct dsi_socket *sock, uint64_t deadline_ns)
{
	struct dsi_packet *pkt;

	return dsi_packet_get(sock, deadline_ns, &pkt);
}

static int get_some_in_time(struct dsi_socket *sock, uint64_t deadline_ns)
{
	struct dsi_packet *pkts[4];

	return dsi_packet_get_many(sock, deadline_ns, pkts, 4);
}

static int select_in_time(struct dsi_socket *sock, uint64_t deadline_ns)
{
	struct dsi_event_source source = {.socket = sock,
					  .mask = DSI_EVENT_DATA};

	return dsi_select(&source, 1, deadline_ns);
}

static void restless(const char *name, int (*in_time)(struct dsi_socket *sock,
						      uint64_t deadline_ns))
{
	struct evil_producer evil;
	struct dsi_socket *sock;
	pthread_t thread;
	void *late;
	int err;

	evil_begin(&evil, DSI_POLICY_BLOCK);
	outcome_case("signal: never at rest: %s", name);
	MUST_BE(victim_connect(&evil, DSI_POLICY_BLOCK, &sock), 0);
	evil_await(&evil);
	MUST_BE(dsi_socket_start(sock), 0);
	atomic_store(&scribble, 1);
	MUST_BE(pthread_create(&thread, NULL, never_rest, &evil), 0);
	err = in_time(sock, dsi_now() + GET_NS);
	atomic_store(&scribble, 0);
	MUST_BE(pthread_join(thread, &late), 0);
	outcome(!late && err == -DSI_ETIMEDOUT, "%s%s", dsi_strerror(err),
		late ? ", when the peer had rest" : "");
	dsi_socket_destroy(sock);
	evil_end(&evil);
}

int main(void)
{
	char folder[] = "/tmp/dsi-hostile-XXXXXX";

	MUST(mkdtemp(folder));
	MUST_BE(setenv("DSI_RUNTIME_DIR", folder, 1), 0);
	heads();
	geometry();
	traffic();
	promises();
	regions();
	number_of_handles();
	answers();
	refusals();
	refuses_after_the_offer();
	offer_sweep();
	for (uint32_t which = 0; which < 3; which++) {
		/* Without its descriptors, or its start, it has nothing. */
		int want = which == DSI_OFFER_DATA ? 0 : -DSI_ETIMEDOUT;

		changes_later(which, 0, want);
		changes_later(which, DSI_CONSUMER_COPY, want);
	}
	for (uint32_t policy = 0; policy < 3; policy++)
		for (size_t i = 0;
		     i < sizeof(ring_cases) / sizeof(ring_cases[0]); i++)
			one_ring_case(&ring_cases[i], policy);
	for (uint32_t policy = 0; policy < 3; policy++)
		scribbled(policy, 40);
	victim_flags = DSI_CONSUMER_COPY;
	for (uint32_t policy = 0; policy < 3; policy++)
		for (size_t i = 0;
		     i < sizeof(ring_cases) / sizeof(ring_cases[0]); i++)
			one_ring_case(&ring_cases[i], policy);
	for (uint32_t policy = 0; policy < 3; policy++)
		scribbled(policy, 40);
	victim_flags = 0;
	restless("get", get_in_time);
	restless("get many", get_some_in_time);
	restless("select", select_in_time);
	silence();
	MUST_BE(rmdir(folder), 0);
	return outcome_print() ? 1 : 0;
}
