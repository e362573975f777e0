/* SPDX-License-Identifier: MIT */
/*
 * evil_watch_test.c - statistics pages that are none, figures that cannot be,
 * producers that tell a watcher nonsense, and watchers that do not listen.
 *
 * The stream does not notice; an honest watcher gets a documented error, or
 * shows what it was told within bounds.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <pthread.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <dsi/watch.h>

#include "dsi/stats_page.h"
#include "tests/hostile/evil_peer.h"
#include "tests/hostile/outcomes.h"
#include "tests/hostile/victim_stream.h"
#include "tests/hostile/word_sweep.h"
#include "tests/unit/must.h"

#define NAME "evil"

static uint64_t page_bytes(void)
{
	uint64_t page = dsi_port_page_bytes();

	return (sizeof(struct dsi_shm_stats) + page - 1u) & ~(page - 1u);
}

/* ---- a consumer whose page is forged ------------------------------------- */

/* A memfd; with @seals, one that is sealed as the library does it. */
static int32_t memory(uint64_t bytes, int seals)
{
	int fd = memfd_create("evil", MFD_CLOEXEC | MFD_ALLOW_SEALING);

	MUST(fd >= 0);
	MUST_BE(ftruncate(fd, (off_t)bytes), 0);
	if (seals)
		MUST_BE(fcntl(fd, F_ADD_SEALS,
			      F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL),
			0);
	return fd;
}

/* Everything in the page has all bits set, but its head. */
static int32_t mad_page(uint32_t role, int good_head)
{
	int32_t fd = memory(page_bytes(), 1);
	struct dsi_shm_stats *page =
		mmap(NULL, (size_t)page_bytes(), PROT_READ | PROT_WRITE,
		     MAP_SHARED, fd, 0);

	MUST(page != MAP_FAILED);
	memset(page, 0xff, sizeof(*page));
	if (good_head)
		dsi__stats_init(page, role);
	MUST_BE(munmap(page, (size_t)page_bytes()), 0);
	return fd;
}

static int32_t pipe_end(void)
{
	int ends[2];

	MUST_BE(pipe2(ends, O_CLOEXEC), 0);
	close(ends[1]);
	return ends[0];
}

/* Nobody may read it through this descriptor. */
static int32_t write_only(void)
{
	int32_t fd = mad_page(DSI_ROLE_PRODUCER, 1);
	char path[64];
	int32_t again;

	(void)snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	again = open(path, O_WRONLY | O_CLOEXEC);
	MUST(again >= 0);
	close(fd);
	return again;
}

/* Does an honest watcher see the evil one, and is what it sees possible? */
static int looks_sane(const struct dsi_watch *watch, uint32_t readable)
{
	static struct dsi_histogram latency;
	int seen = 0;

	latency.size = sizeof(latency);
	for (int32_t i = 1; i < dsi_watch_count(watch); i++) {
		struct dsi_watch_info info = {.size = sizeof(info)};
		int err;

		MUST_BE(dsi_watch_read(watch, (uint32_t)i, &info), 0);
		if (info.policy != DSI_POLICY_RECLAIM)
			continue; /* the honest consumer */
		err = dsi_watch_latency(watch, (uint32_t)i, &latency);
		(void)dsi_histogram_percentile(&latency, 990000);
		seen += info.readable == readable &&
			info.backlog <= VICTIM_SLOTS &&
			info.who.pid == (uint32_t)getpid() &&
			err == (readable ? 0 : -DSI_ENOENT);
	}
	return seen == 1;
}

/* Takes @stats over. */
static void forged(const char *what, int32_t stats, uint32_t readable)
{
	struct evil_consumer evil;
	struct dsi_watch *watch;
	int sane;

	outcome_case("consumer's page: %s", what);
	evil_join_watched(&evil, VICTIM_NAME, DSI_POLICY_RECLAIM, 0, stats);
	if (stats >= 0)
		close(stats);
	MUST_BE(dsi_watch_open(VICTIM_NAME, dsi_now() + PATIENCE_NS, &watch),
		0);
	sane = looks_sane(watch, readable);
	victim_await_received(5);
	sane &= looks_sane(watch, readable);
	dsi_watch_close(watch);
	/* Its end must be noticed, whatever handles it gave away. */
	evil_hang_up(&evil);
	victim_await_consumers(1);
	outcome(sane, "%s", readable ? "shown as it is" : "shown without");
}

static void consumers(void)
{
	forged("none", -1, 0);
	forged("its own end of the connection", EVIL_OWN_END, 0);
	forged("a pipe", pipe_end(), 0);
	forged("a device", open("/dev/zero", O_RDWR | O_CLOEXEC), 0);
	forged("a folder", open("/", O_RDONLY | O_CLOEXEC), 0);
	forged("not sealed", memory(page_bytes(), 0), 0);
	forged("too small", memory(dsi_port_page_bytes(), 1), 0);
	forged("too large", memory(16 * page_bytes(), 1), 0);
	forged("zeros", memory(page_bytes(), 1), 0);
	forged("ones", mad_page(DSI_ROLE_CONSUMER, 0), 0);
	forged("a producer's", mad_page(DSI_ROLE_PRODUCER, 1), 0);
	forged("mad figures", mad_page(DSI_ROLE_CONSUMER, 1), 1);
}

/* Each word of a page that was good when it was taken, with each value. */
static void page_sweep(void)
{
	uint32_t words = sizeof(struct dsi_shm_stats) / 4u;
	int32_t fd = memory(page_bytes(), 1);
	struct evil_consumer evil;
	struct dsi_watch *watch;
	uint64_t random = 14;
	uint32_t insane = 0;
	uint32_t *page;

	outcome_case("consumer's page: %u words, %u values", words,
		     SWEEP_VALUES);
	page = mmap(NULL, (size_t)page_bytes(), PROT_READ | PROT_WRITE,
		    MAP_SHARED, fd, 0);
	MUST(page != MAP_FAILED);
	dsi__stats_init((struct dsi_shm_stats *)(void *)page,
			DSI_ROLE_CONSUMER);
	evil_join_watched(&evil, VICTIM_NAME, DSI_POLICY_RECLAIM, 0, fd);
	close(fd);
	MUST_BE(dsi_watch_open(VICTIM_NAME, dsi_now() + PATIENCE_NS, &watch),
		0);
	for (uint32_t word = 0; word < words; word++)
		for (uint32_t i = 0; i < SWEEP_VALUES; i++) {
			uint32_t good = page[word];

			sweep_spoil(page, word, i, VICTIM_SLOTS, &random);
			insane += !looks_sane(watch, 1);
			page[word] = good;
		}
	dsi_watch_close(watch);
	evil_hang_up(&evil);
	victim_await_consumers(1);
	MUST_BE(munmap(page, (size_t)page_bytes()), 0);
	outcome(!insane, "%u shown as they cannot be", insane);
}

/* ---- watchers that do not listen ----------------------------------------- */

#define CROWD 100u
#define PLACES 16u /* a stream can be watched by so many */
#define COMINGS 150u

static int32_t dial_to_watch(void)
{
	union dsi_wire msg = {.hello = {.purpose = DSI_HELLO_WATCH}};
	int32_t conn;

	/* Its queue at the door is short. */
	while (dsi_port_connect(VICTIM_NAME, DSI_PORT_STREAM, &conn) ==
	       -DSI_EAGAIN)
		moment();
	(void)dsi__wire_send(conn, &msg, DSI_WIRE_HELLO, sizeof(msg.hello),
			     NULL, 0);
	return conn;
}

static void crowd(void)
{
	static int32_t conns[CROWD];
	uint32_t taken = 0, refused = 0;
	struct dsi_wire_in in;
	struct dsi_watch *watch;

	outcome_case("%u watchers, and none reads on", CROWD);
	for (uint32_t i = 0; i < CROWD; i++) {
		int type;

		conns[i] = dial_to_watch();
		type = evil_hear(conns[i], &in);
		taken += type == DSI_WIRE_WATCH;
		refused += type == DSI_WIRE_REFUSE &&
			   in.msg.refuse.err == -DSI_EUSERS;
	}
	for (uint32_t i = 0; i < COMINGS; i++) {
		struct evil_consumer evil;

		evil_join(&evil, VICTIM_NAME, DSI_POLICY_RECLAIM, 0);
		evil_hang_up(&evil);
		victim_await_consumers(1);
	}
	victim_await_received(20);
	for (uint32_t i = 0; i < CROWD; i++)
		dsi_port_handle_close(conns[i]);
	while (dsi_watch_open(VICTIM_NAME, dsi_now() + PATIENCE_NS, &watch))
		moment();
	dsi_watch_close(watch);
	outcome(taken == PLACES && refused == CROWD - PLACES,
		"%u let in, %u refused", taken, refused);
}

static void talker(void)
{
	union dsi_wire msg = {.hello = {.purpose = DSI_HELLO_WATCH}};
	int32_t conn = dial_to_watch();
	struct dsi_wire_in in;
	int type, err = 0;

	outcome_case("a watcher that talks");
	MUST_BE(evil_hear(conn, &in), DSI_WIRE_WATCH);
	MUST_BE(dsi__wire_send(conn, &msg, DSI_WIRE_HELLO, sizeof(msg.hello),
			       NULL, 0),
		0);
	while ((type = evil_hear(conn, &in)) > 0)
		if (type == DSI_WIRE_REFUSE)
			err = in.msg.refuse.err;
	dsi_port_handle_close(conn);
	victim_await_received(5);
	outcome(err == -DSI_EPROTO && type == -DSI_EPIPE, "%s",
		dsi_strerror(err));
}

/* ---- a producer that tells nonsense -------------------------------------- */

struct liar {
	const char *what;
	uint32_t first;	 /* type of the first answer; 0: none */
	uint32_t second; /* likewise */
	int want;	 /* of open; if 0, of the update that follows */
	int32_t page;	 /* handle, or -1 */
	union dsi_wire msg;
	union dsi_wire then;
	uint32_t times; /* of the second one */
};

static struct dsi_port_listener *door;

static void say(int32_t conn, union dsi_wire *msg, uint32_t type,
		const int32_t *handles, uint32_t n)
{
	static const uint32_t bytes[] = {
		[DSI_WIRE_OFFER] = sizeof(msg->offer),
		[DSI_WIRE_REFUSE] = sizeof(msg->refuse),
		[DSI_WIRE_INFO] = sizeof(msg->info),
		[DSI_WIRE_WATCH] = sizeof(msg->watch),
		[DSI_WIRE_PEERS] = sizeof(msg->peers),
		[DSI_WIRE_PARTED] = sizeof(msg->parted),
	};

	(void)dsi__wire_send(conn, msg, type, bytes[type], handles, n);
}

static void *lie(void *arg)
{
	struct liar *liar = arg;
	struct dsi_wire_in in;
	struct dsi_peer peer;
	int32_t conn;

	while (dsi_port_accept(door, &conn, &peer))
		moment();
	MUST_BE(evil_hear(conn, &in), DSI_WIRE_HELLO);
	if (liar->first)
		say(conn, &liar->msg, liar->first, &liar->page,
		    liar->page >= 0);
	for (uint32_t i = 0; liar->second && i < liar->times; i++)
		say(conn, &liar->then, liar->second, NULL, 0);
	/* Until the watcher has had enough. */
	while (evil_hear(conn, &in) > 0)
		;
	dsi_port_handle_close(conn);
	return NULL;
}

/* Takes the liar's page over. */
static void hear(struct liar *liar)
{
	uint64_t limit_ns = UINT64_C(200000000);
	struct dsi_watch *watch;
	pthread_t thread;
	int err;

	outcome_case("producer: %s", liar->what);
	if (liar->times == 0)
		liar->times = 1;
	if (liar->want != -DSI_ETIMEDOUT)
		limit_ns = PATIENCE_NS;
	MUST_BE(pthread_create(&thread, NULL, lie, liar), 0);
	err = dsi_watch_open(NAME, dsi_now() + limit_ns, &watch);
	if (!err) {
		struct dsi_watch_info info = {.size = sizeof(info)};

		for (int32_t i = 0; i < dsi_watch_count(watch); i++)
			MUST_BE(dsi_watch_read(watch, (uint32_t)i, &info), 0);
		err = dsi_watch_update(watch);
		dsi_watch_close(watch);
	}
	MUST_BE(pthread_join(thread, NULL), 0);
	if (liar->page >= 0)
		close(liar->page);
	outcome(err == liar->want, "%s", dsi_strerror(err));
}

static struct dsi_wire_watch good_watch(void)
{
	struct dsi_stream_desc desc = {.size = sizeof(desc),
				       .packets = 8,
				       .packet_bytes = 64,
				       .ring_slots = 8,
				       .max_sg = 1,
				       .align_bytes = 64,
				       .data_bytes = dsi_port_page_bytes()};

	return (struct dsi_wire_watch){.desc = desc};
}

/* A first answer that is wrong. */
static void first_answer(const char *what, uint32_t type, int32_t page,
			 uint32_t packets, int want)
{
	struct liar liar = {
		.what = what, .first = type, .page = page, .want = want};

	if (type == DSI_WIRE_WATCH) {
		liar.msg.watch = good_watch();
		liar.msg.watch.desc.packets = packets;
	}
	hear(&liar);
}

/* A good first answer, and then this. */
static void then(const char *what, uint32_t type,
		 const struct dsi_wire_peers *p, uint32_t times, int want)
{
	struct liar liar = {.what = what,
			    .first = DSI_WIRE_WATCH,
			    .second = type,
			    .page = mad_page(DSI_ROLE_PRODUCER, 1),
			    .times = times,
			    .want = want};

	liar.msg.watch = good_watch();
	if (p)
		liar.then.peers = *p;
	hear(&liar);
}

static void producers(void)
{
	struct dsi_wire_peers peers = {.n = 1};

	MUST_BE(dsi_port_listen(NAME, DSI_PORT_STREAM, NULL, &door), 0);
	first_answer("says nothing", 0, -1, 0, -DSI_ETIMEDOUT);
	first_answer("offers a place", DSI_WIRE_OFFER, -1, 0,
		     -DSI_EPROTONOSUPPORT);
	first_answer("answers another question", DSI_WIRE_INFO, -1, 0,
		     -DSI_EPROTO);
	first_answer("begins with the second message", DSI_WIRE_PEERS, -1, 0,
		     -DSI_EPROTO);
	first_answer("refuses without a reason", DSI_WIRE_REFUSE, -1, 0,
		     -DSI_EPROTO);
	first_answer("has no page", DSI_WIRE_WATCH, -1, 8, -DSI_EPROTO);
	first_answer("has no packets", DSI_WIRE_WATCH,
		     mad_page(DSI_ROLE_PRODUCER, 1), 0, -DSI_EPROTO);
	first_answer("page is a pipe", DSI_WIRE_WATCH, pipe_end(), 8,
		     -DSI_EPROTO);
	first_answer("page is not to be read", DSI_WIRE_WATCH, write_only(), 8,
		     -DSI_EPROTO);
	first_answer("page is not sealed", DSI_WIRE_WATCH,
		     memory(page_bytes(), 0), 8, -DSI_EPROTO);
	first_answer("page is too small", DSI_WIRE_WATCH,
		     memory(dsi_port_page_bytes(), 1), 8, -DSI_EPROTO);
	first_answer("page is zeros", DSI_WIRE_WATCH, memory(page_bytes(), 1),
		     8, -DSI_EPROTO);
	first_answer("page is a consumer's", DSI_WIRE_WATCH,
		     mad_page(DSI_ROLE_CONSUMER, 1), 8, -DSI_EPROTO);
	first_answer("stops in the middle", DSI_WIRE_WATCH,
		     mad_page(DSI_ROLE_PRODUCER, 1), 8, -DSI_ETIMEDOUT);

	then("mad figures", DSI_WIRE_PEERS, &peers, 1, 0);
	peers.peers[0].page = 8;
	then("a page that did not come", DSI_WIRE_PEERS, &peers, 1, 0);
	peers.peers[0].page = UINT32_MAX;
	then("a page from nowhere", DSI_WIRE_PEERS, &peers, 1, 0);
	peers.peers[0].page = 0;
	memset(peers.peers[0].label, 0x1b, sizeof(peers.peers[0].label));
	then("the same place, 500 times", DSI_WIRE_PEERS, &peers, 500, 0);
	peers.peers[0].place = DSI_STATS_PEERS;
	then("a place too many", DSI_WIRE_PEERS, &peers, 1, -DSI_EPROTO);
	peers.peers[0].place = UINT32_MAX;
	then("a place far away", DSI_WIRE_PEERS, &peers, 1, -DSI_EPROTO);
	peers.peers[0].place = 0;
	peers.peers[0].policy = 3;
	then("a policy that there is not", DSI_WIRE_PEERS, &peers, 1,
	     -DSI_EPROTO);
	peers.peers[0].policy = 0;
	peers.peers[0].queue_packets = UINT32_MAX;
	then("a queue without end", DSI_WIRE_PEERS, &peers, 1, -DSI_EPROTO);
	peers.peers[0].queue_packets = 0;
	peers.n = DSI_PEERS_MAX + 1u;
	then("nine peers in eight places", DSI_WIRE_PEERS, &peers, 1,
	     -DSI_EPROTO);
	peers.n = UINT32_MAX;
	then("peers without end", DSI_WIRE_PEERS, &peers, 1, -DSI_EPROTO);
	peers.n = 0;
	then("nobody", DSI_WIRE_PEERS, &peers, 1, 0);
	peers.more = 1;
	then("always more to come", DSI_WIRE_PEERS, &peers, 1, -DSI_ETIMEDOUT);
	then("more and more comes", DSI_WIRE_PEERS, &peers, 60, -DSI_EPROTO);
	dsi_port_listener_close(door);
}

int main(void)
{
	victim_begin();
	consumers();
	page_sweep();
	talker();
	crowd();
	producers();
	victim_end();
	return outcome_print() ? 1 : 0;
}
