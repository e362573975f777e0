/* SPDX-License-Identifier: MIT */
/*
 * evil_regions_test.c - producers that tell nonsense of where their regions
 * lie, and users whom it is none of their business.
 *
 * Who asks gets a documented error, in bounded time and with a bounded number
 * of regions.  Likewise who lists the names, and gets nonsense of one.
 *
 * `evil_regions_test hole NAME` tells once of a data area that is one hole, and
 * ends with its standard input; tests/cli/topology_hole.sh looks at it.
 */
#define _GNU_SOURCE
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <dsi/regions.h>

#include "dsi/state.h"
#include "tests/hostile/evil_peer.h"
#include "tests/hostile/outcomes.h"
#include "tests/hostile/victim_stream.h"
#include "tests/unit/must.h"

#define NAME "evil"
#define MOST 1000 /* regions that one may be told of at most */

struct liar {
	union dsi_wire msg;
	uint32_t type; /* 0: says nothing */
	uint32_t times;
	uint32_t purpose; /* of the question; 0: DSI_HELLO_REGIONS */
};

static struct dsi_port_listener *door;

static void *lie(void *arg)
{
	struct liar *liar = arg;
	uint32_t bytes =
		liar->type == DSI_WIRE_REGIONS	? sizeof(liar->msg.regions)
		: liar->type == DSI_WIRE_REFUSE ? sizeof(liar->msg.refuse)
		: liar->type == DSI_WIRE_INFO	? sizeof(liar->msg.info)
						: sizeof(liar->msg.offer);
	struct dsi_wire_in in;
	struct dsi_peer peer;
	int32_t conn;

	for (;;) {
		while (dsi_port_accept(door, &conn, &peer))
			moment();
		if (evil_hear(conn, &in) == DSI_WIRE_HELLO)
			break;
		/* The list first looks whether somebody is there. */
		MUST_BE(liar->purpose, DSI_HELLO_ASK);
		dsi_port_handle_close(conn);
	}
	MUST_BE(in.msg.hello.purpose,
		liar->purpose ? liar->purpose : DSI_HELLO_REGIONS);
	for (uint32_t i = 0; liar->type && i < liar->times; i++)
		(void)dsi__wire_send(conn, &liar->msg, liar->type, bytes, NULL,
				     0);
	/* Until who asked has had enough. */
	while (evil_hear(conn, &in) > 0)
		;
	dsi_port_handle_close(conn);
	return NULL;
}

static void count(void *user, const struct dsi_region_info *info)
{
	int *seen = user;

	MUST(info->kind <= DSI_REGION_PAGE);
	MUST(info->bytes > 0 && info->bytes <= UINT64_MAX - info->address);
	MUST(memchr(info->label, 0, sizeof(info->label)));
	MUST(!strchr(info->label, 0x1b));
	(*seen)++;
}

static void hear(const char *what, struct liar *liar, int want)
{
	uint64_t limit_ns = want == -DSI_ETIMEDOUT ? UINT64_C(200000000)
						   : UINT64_C(60000000000);
	pthread_t thread;
	int seen = 0;
	int err;

	outcome_case("%s", what);
	MUST_BE(pthread_create(&thread, NULL, lie, liar), 0);
	err = dsi_regions(NAME, dsi_now() + limit_ns, count, &seen);
	MUST_BE(pthread_join(thread, NULL), 0);
	MUST(seen <= MOST);
	outcome(err == want, "%s",
		err < 0 ? dsi_strerror(err) : "told of regions");
}

/* A good answer, with one region, to be spoilt. */
static struct liar good_liar(void)
{
	struct liar liar = {.type = DSI_WIRE_REGIONS, .times = 1};
	struct dsi_wire_regions *msg = &liar.msg.regions;

	msg->n = 1;
	msg->regions[0].kind = DSI_REGION_SIGNAL;
	msg->regions[0].address = dsi_port_page_bytes();
	msg->regions[0].bytes = dsi_port_page_bytes();
	memset(msg->regions[0].label, 0x1b, sizeof(msg->regions[0].label));
	return liar;
}

#define SPOILT(what, field, value, want)           \
	do {                                       \
		struct liar liar_ = good_liar();   \
                                                   \
		liar_.msg.regions.field = (value); \
		hear(what, &liar_, (want));        \
	} while (0)

static void producers(void)
{
	struct liar liar = good_liar();

	MUST_BE(dsi_port_listen(NAME, DSI_PORT_STREAM, NULL, &door), 0);
	hear("one good region", &liar, 1);
	liar.type = 0;
	hear("says nothing", &liar, -DSI_ETIMEDOUT);
	liar = (struct liar){.type = DSI_WIRE_OFFER, .times = 1};
	hear("offers a place", &liar, -DSI_EPROTONOSUPPORT);
	liar.type = DSI_WIRE_REFUSE;
	hear("refuses without a reason", &liar, -DSI_EPROTO);
	liar.msg.refuse.err = -DSI_EUSERS;
	hear("refuses with a reason", &liar, -DSI_EUSERS);
	liar.msg.refuse.err = INT32_MIN;
	hear("refuses with the least number", &liar, -DSI_EPROTO);

	SPOILT("a kind that there is not", regions[0].kind, 4, -DSI_EPROTO);
	SPOILT("a policy that there is not", regions[0].policy, 3, -DSI_EPROTO);
	SPOILT("no bytes", regions[0].bytes, 0, -DSI_EPROTO);
	SPOILT("half a page", regions[0].bytes, 100, -DSI_EPROTO);
	SPOILT("in the middle of a page", regions[0].address, 7, -DSI_EPROTO);
	SPOILT("beyond the end", regions[0].address,
	       ~(dsi_port_page_bytes() - 1u), -DSI_EPROTO);
	SPOILT("nine regions in eight places", n, DSI_REGIONS_MAX + 1u,
	       -DSI_EPROTO);
	SPOILT("regions without end", n, UINT32_MAX, -DSI_EPROTO);
	SPOILT("always more to come", more, 1, -DSI_ETIMEDOUT);
	liar = good_liar();
	liar.msg.regions.more = 1;
	liar.times = 60;
	hear("more and more comes", &liar, -DSI_EPROTO);
	dsi_port_listener_close(door);
}

/* ---- names --------------------------------------------------------------- */

struct visited {
	uint32_t n;
	struct dsi_name_info evil;
};

static void visit(void *user, const char *name,
		  const struct dsi_name_info *info)
{
	struct visited *visited = user;

	visited->n++;
	if (strcmp(name, NAME) == 0)
		visited->evil = *info;
	else
		MUST(info->answered);
}

/* The list has it and the victim; of it, it says this. */
static void list(const char *what, struct liar *liar, int want)
{
	struct visited visited = {0};
	pthread_t thread;

	outcome_case("list: %s", what);
	liar->purpose = DSI_HELLO_ASK;
	MUST_BE(pthread_create(&thread, NULL, lie, liar), 0);
	MUST_BE(dsi_names(visit, &visited, dsi_now() + PATIENCE_NS), 2);
	MUST_BE(pthread_join(thread, NULL), 0);
	MUST(visited.n == 2 && visited.evil.answered == !want);
	MUST(visited.evil.owner.pid == (uint32_t)getpid());
	outcome(visited.evil.error == want, "%s",
		dsi_strerror(visited.evil.error));
}

static struct liar good_info(void)
{
	struct liar liar = {.type = DSI_WIRE_INFO, .times = 1};

	liar.msg.info.desc =
		(struct dsi_stream_desc){.size = sizeof(struct dsi_stream_desc),
					 .packets = 2,
					 .packet_bytes = 64};
	dsi__desc_resolve(&liar.msg.info.desc);
	return liar;
}

static void names(void)
{
	static const struct {
		const char *what;
		int32_t said;
		int want;
	} refusals[] = {
		{"refuses with a reason", -DSI_EACCES, -DSI_EACCES},
		{"refuses with success", 0, -DSI_EPROTO},
		{"refuses with a number above 0", 13, -DSI_EPROTO},
		{"refuses with no code of ours", -4095, -DSI_EPROTO},
		{"refuses with the least number", INT32_MIN, -DSI_EPROTO},
	};
	struct liar liar = good_info();

	MUST_BE(dsi_port_listen(NAME, DSI_PORT_STREAM, NULL, &door), 0);
	list("a good answer", &liar, 0);
	liar.msg.info.state = DSI_N_STATES;
	list("a state that there is not", &liar, -DSI_EPROTO);
	liar = good_info();
	liar.msg.info.desc.packets = UINT32_MAX;
	list("a stream that cannot be", &liar, -DSI_EPROTO);
	liar = (struct liar){.type = DSI_WIRE_OFFER, .times = 1};
	list("offers a place", &liar, -DSI_EPROTO);
	for (size_t i = 0; i < sizeof(refusals) / sizeof(refusals[0]); i++) {
		liar = (struct liar){.type = DSI_WIRE_REFUSE, .times = 1};
		liar.msg.refuse.err = refusals[i].said;
		list(refusals[i].what, &liar, refusals[i].want);
	}
	dsi_port_listener_close(door);
}

/* ---- strangers ----------------------------------------------------------- */

static void ignore(void *user, const struct dsi_region_info *info)
{
	(void)user;
	(void)info;
}

/* Another user whom the access rule admits may connect, and not know this. */
static void stranger(void)
{
	const struct dsi_access all = {.size = sizeof(all), .mode = 0666};
	struct dsi_stream_desc desc = {
		.size = sizeof(desc), .packets = 2, .packet_bytes = 64};
	struct dsi_socket *sock;
	int status = -1;
	pid_t pid;

	if (geteuid() != 0)
		return; /* only root can be somebody else */
	outcome_case("another user");
	MUST_BE(chmod(getenv("DSI_RUNTIME_DIR"), 0755), 0);
	MUST_BE(dsi_producer_create(&desc, NULL, &sock), 0);
	MUST_BE(dsi_socket_listen(sock, NAME, &all), 0);
	pid = fork();
	MUST(pid >= 0);
	if (pid == 0) {
		MUST_BE(setresuid(65534, 65534, 65534), 0);
		_exit(-dsi_regions(NAME, 0, ignore, NULL));
	}
	MUST_BE(waitpid(pid, &status, 0), pid);
	outcome(WIFEXITED(status) && WEXITSTATUS(status) == DSI_EPERM,
		"status %#x", (unsigned int)status);
	dsi_socket_destroy(sock);
}

/* A program to be looked at: its data area is a hole of so many bytes, of which
 * no machine has the memory. */
static int serve_hole(const char *name, uint64_t bytes)
{
	struct liar liar = good_liar();
	int fd = memfd_create("hole", MFD_CLOEXEC);
	void *hole;

	MUST(fd >= 0 && ftruncate(fd, (off_t)bytes) == 0);
	hole = mmap(NULL, bytes, PROT_READ, MAP_SHARED | MAP_NORESERVE, fd, 0);
	MUST(hole != MAP_FAILED);
	liar.msg.regions.regions[0].kind = DSI_REGION_DATA;
	liar.msg.regions.regions[0].address = (uintptr_t)hole;
	liar.msg.regions.regions[0].bytes = bytes;
	memset(liar.msg.regions.regions[0].label, 0, DSI_LABEL_BYTES);
	MUST_BE(dsi_port_listen(name, DSI_PORT_STREAM, NULL, &door), 0);
	(void)lie(&liar);
	/* It has to be there when it is looked at. */
	while (read(STDIN_FILENO, &liar, 1) > 0)
		;
	dsi_port_listener_close(door);
	return 0;
}

int main(int argc, char **argv)
{
	if (argc == 3 && strcmp(argv[1], "hole") == 0)
		return serve_hole(argv[2], UINT64_C(1) << 46);
	victim_begin();
	producers();
	names();
	stranger();
	victim_end();
	return outcome_print() ? 1 : 0;
}
