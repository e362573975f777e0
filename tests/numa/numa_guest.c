// SPDX-License-Identifier: MIT
/*
 * numa_guest.c - the tests that run inside an emulated machine with several
 * memory nodes, in the form of TAP.  Which cases there are depends on the
 * machine: the same program runs in all.
 *
 *   numa_guest dsi [CASE]
 *
 * CASE "suite" is the long ones, which are left out if no case is named.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <dsi/types.h>

#include "numa_guest.h"
#include "tests/unit/must.h"

#define MUTANT "/lib/libnuma_mutant.so"
#define CGROUP "/sys/fs/cgroup/one"
#define NOBODY 65534u

static struct guest_machine machine;
static const char *only; /* NULL: all cases */
static char current[64];
static bool failed;
static bool quiet;	      /* the case is expected to fail */
static const char *stage;     /* of a case */
static const char *failed_at; /* the first stage that went wrong */
static unsigned int cases;

/* ---- what is said -------------------------------------------------------- */

static void say(const char *text, va_list args)
	__attribute__((format(printf, 1, 0)));

static void say(const char *text, va_list args)
{
	printf("# %s: ", current);
	vprintf(text, args);
	putchar('\n');
}

void guest_wrong(const char *text, ...)
{
	va_list args;

	if (!failed)
		failed_at = stage;
	failed = true;
	va_start(args, text);
	say(text, args);
	va_end(args);
}

void guest_say(const char *text, ...)
{
	va_list args;

	if (quiet)
		return;
	va_start(args, text);
	say(text, args);
	va_end(args);
}

static bool begin(const char *name)
{
	if (only && strcmp(only, name) != 0)
		return false;
	snprintf(current, sizeof(current), "%s", name);
	failed = false;
	failed_at = stage = "";
	return true;
}

static void end(void)
{
	printf("%sok %u - %s\n", failed ? "not " : "", ++cases, current);
}

/* ---- streams ------------------------------------------------------------- */

/* Each page at its writer's, the data area at its reader's. */
static struct guest_where where_of(int producer, int consumer)
{
	return (struct guest_where){.control = producer,
				    .data = consumer,
				    .signal = producer,
				    .page = consumer};
}

static const struct guest_where anywhere = {-1, -1, -1, -1};

static bool start(const struct guest_start *from, const struct guest_start *to,
		  struct guest_end *producer, struct guest_end *consumer)
{
	*consumer = (struct guest_end){.pid = 0};
	if (guest_produce(from, producer) && guest_consume(to, consumer))
		return true;
	kill(producer->pid, SIGKILL);
	if (consumer->pid > 0)
		kill(consumer->pid, SIGKILL);
	return false;
}

/* Both ends said once, or never, that something could not be placed. */
static void complained(unsigned int producer, unsigned int consumer,
		       const char *text)
{
	if (guest_complaints("producer", text) != producer ||
	    guest_complaints("consumer", text) != consumer)
		guest_wrong("an end complained more or less often");
}

static void flows(const struct guest_end *consumer)
{
	if (!guest_flows(consumer))
		guest_wrong("no packets come any more");
}

static void fix(uint32_t uid, int want, const char *text)
{
	int code = guest_topology("--fix --check " GUEST_STREAM, uid);

	if (code != want || (text && !strstr(guest_errors, text)))
		guest_wrong("dsi topology --fix: exit %d, not %d: %s", code,
			    want, guest_errors);
}

/* ---- cases --------------------------------------------------------------- */

/* Placed where the plan says; then both ends run on other nodes, which is
 * seen, and mended, while packets flow.  The libraries are preloaded into the
 * ends, and into `dsi topology --fix`. */
static void pair(int from, int to, const char *in_ends, const char *in_fix)
{
	int n = (int)machine.nodes;
	struct guest_start producer = {.node = from, .preload = in_ends};
	struct guest_start consumer = {.node = to, .preload = in_ends};
	struct guest_where where = where_of(from, to);
	struct guest_end a, b;

	stage = "begin";
	if (!start(&producer, &consumer, &a, &b))
		return;
	guest_see(a.pid, &where, false);
	stage = "other CPUs";
	from = (from + 1) % n;
	to = (to + 1) % n;
	where = where_of(from, to);
	guest_pin(a.pid, from);
	guest_pin(b.pid, to);
	if (!in_ends)
		guest_see(a.pid, &where, true);
	flows(&b);
	stage = "fix";
	if (in_fix)
		setenv("LD_PRELOAD", in_fix, 1);
	fix(0, 0, NULL);
	unsetenv("LD_PRELOAD");
	guest_see(a.pid, &where, false);
	stage = "end";
	flows(&b);
	guest_finish(&a, &b);
	complained(0, 0, "");
}

static void all_pairs(void)
{
	for (uint32_t from = 0; from < machine.nodes; from++)
		for (uint32_t to = 0; to < machine.nodes; to++) {
			char name[32];

			snprintf(name, sizeof(name), "pair-%u-%u", from, to);
			if (!begin(name))
				continue;
			pair((int)from, (int)to, NULL, NULL);
			end();
		}
}

/* A pair must go wrong, and this must be the first stage that does. */
static void mutant(const char *name, const char *in_ends, const char *in_fix,
		   const char *at)
{
	if (!begin(name))
		return;
	quiet = true;
	pair(0, 1, in_ends, in_fix);
	quiet = false;
	failed = !failed || strcmp(failed_at, at) != 0;
	end();
}

/* If nobody binds pages, or nobody moves them, the pairs have to fail. */
static void mutants(void)
{
	mutant("mutant-bind", MUTANT, NULL, "begin");
	mutant("mutant-move", NULL, MUTANT, "fix");
}

static void same_machine(void)
{
	if (!begin("machine"))
		return;
	guest_machine_compare(&machine);
	guest_layout_compare(getenv("numa_layout"));
	end();
}

/* What libnuma and hwloc say, and the calls of libdsi-placement for memory. */
static void memory(void)
{
	if (!begin("memory"))
		return;
	fflush(stdout);
	if (system("placement.memory >/tmp/memory.out 2>&1 ||"
		   "{ sed 's/^/# memory: /' /tmp/memory.out; exit 1; }") != 0)
		guest_wrong("placement.memory failed");
	end();
}

/* Who has no right to do more than look, and who may not even look. */
static void rights(void)
{
	struct guest_start from = {.node = 0, .uid = NOBODY};
	struct guest_start to = {.node = 1, .uid = NOBODY};
	struct guest_where where = where_of(1, 0);
	struct guest_end a, b;

	if (!begin("rights"))
		return;
	if (start(&from, &to, &a, &b)) {
		guest_pin(a.pid, 1);
		guest_pin(b.pid, 0);
		guest_see(a.pid, &where, true);
		fix(NOBODY, 4, "CAP_SYS_NICE");
		fix(NOBODY - 1u, 4, NULL);
		guest_see(a.pid, &where, true);
		flows(&b);
		fix(0, 0, NULL);
		guest_see(a.pid, &where, false);
		guest_finish(&a, &b);
	}
	end();
}

/* A kernel that refuses costs the placement, and nothing else. */
static void forbidden(void)
{
	struct guest_start from = {.node = 0, .no_mbind = true};
	struct guest_start to = {.node = 1, .no_mbind = true};
	struct guest_where where = where_of(0, 1);
	struct guest_end a, b;

	if (!begin("forbidden"))
		return;
	if (start(&from, &to, &a, &b)) {
		flows(&b);
		fix(0, 0, NULL);
		guest_see(a.pid, &where, false);
		flows(&b);
		guest_finish(&a, &b);
		complained(1, 1, "sandbox");
	}
	end();
}

static void write_cgroup(const char *file, const char *text)
{
	char path[128];
	FILE *to;

	snprintf(path, sizeof(path), "%s/%s", CGROUP, file);
	to = fopen(path, "w");
	if (!to || fputs(text, to) < 0 || fclose(to) != 0)
		guest_wrong("cannot write %s", path);
}

static bool make_cgroup(void)
{
	FILE *to = fopen("/sys/fs/cgroup/cgroup.subtree_control", "w");

	if (!to || fputs("+cpuset", to) < 0 || fclose(to) != 0)
		guest_wrong("no cpuset controller");
	else if (mkdir(CGROUP, 0755) != 0 && errno != EEXIST)
		guest_wrong("cannot make " CGROUP);
	write_cgroup("cpuset.mems", "0");
	return !failed;
}

/* Memory of one node only, CPUs of all: the stream works, all of it on that
 * node, and nothing is moved to where it may not be. */
static void cpuset(void)
{
	const struct guest_start both = {.node = 1, .cgroup = CGROUP};
	struct guest_end a, b;

	if (!begin("cpuset"))
		return;
	if (make_cgroup() && start(&both, &both, &a, &b)) {
		struct guest_where node_1 = where_of(1, 1);

		flows(&b);
		guest_see(a.pid, &node_1, true);
		fix(0, 4, "cpuset");
		guest_see(a.pid, &node_1, true);
		flows(&b);
		guest_finish(&a, &b);
		complained(0, 0, "");
	}
	end();
}

/* A node that the cpuset has not is said once, and is no reason to fail. */
static void cpuset_asked(void)
{
	const struct guest_start from = {.node = 1,
					 .placement = DSI_PLACEMENT_NODE,
					 .placement_of = 1,
					 .cgroup = CGROUP};
	const struct guest_start to = {.node = 1, .cgroup = CGROUP};
	struct guest_end a, b;

	if (!begin("cpuset-asked"))
		return;
	if (make_cgroup() && start(&from, &to, &a, &b)) {
		flows(&b);
		guest_see(a.pid, &anywhere, true);
		guest_finish(&a, &b);
		complained(1, 0, "node:1");
	}
	end();
}

/* All tests of the port. */
static void suites(void)
{
	struct guest_start start = {.node = -1, .placement_of = 1};

	only = NULL;
	start.no_mbind = true;
	(void)begin("suite-forbidden");
	guest_suite(&start);
	end();
	start.no_mbind = false;
	start.cgroup = CGROUP;
	(void)begin("suite-cpuset");
	if (make_cgroup())
		guest_suite(&start);
	end();
}

/* The node without CPUs is used if it is asked for. */
static void asked(void)
{
	int node = (int)machine.nodes - 1;
	struct guest_start from = {.node = 0,
				   .placement = DSI_PLACEMENT_NODE,
				   .placement_of = (uint32_t)node};
	const struct guest_start to = {.node = 1};
	struct guest_where where = {node, node, node, 1};
	struct guest_end a, b;

	if (!begin("asked"))
		return;
	if (start(&from, &to, &a, &b)) {
		guest_see(a.pid, &where, false);
		guest_pin(b.pid, 0);
		where.page = 0;
		fix(0, 0, NULL);
		guest_see(a.pid, &where, false);
		flows(&b);
		guest_finish(&a, &b);
	}
	end();
}

/* No placement is wanted, or nothing speaks for a node: nothing is planned,
 * and nothing is moved. */
static void unbound(void)
{
	const struct guest_start from = {.node = 0,
					 .placement = DSI_PLACEMENT_NONE};
	const struct guest_start to = {.node = 1,
				       .placement = DSI_PLACEMENT_NONE};
	struct guest_end a, b;

	if (!begin("unbound"))
		return;
	if (start(&from, &to, &a, &b)) {
		guest_see(a.pid, &anywhere, false);
		fix(0, 0, NULL);
		flows(&b);
		guest_finish(&a, &b);
	}
	end();
}

static bool every_node_has_cpus(void)
{
	for (uint32_t n = 0; n < machine.nodes; n++)
		if (!machine.cpu_mask[n])
			return false;
	return true;
}

static void all_cases(void)
{
	same_machine();
	memory();
	if (every_node_has_cpus())
		all_pairs();
	if (machine.nodes == 2) {
		mutants();
		rights();
		unbound();
	} else if (!every_node_has_cpus()) {
		asked();
		forbidden();
		cpuset();
		cpuset_asked();
	}
}

int main(int argc, char **argv)
{
	int code = argc > 1 ? guest_ends_main(argc, argv) : -1;

	if (code >= 0)
		return code;
	only = argc > 2 ? argv[2] : NULL;
	setvbuf(stdout, NULL, _IOLBF, 0);
	signal(SIGPIPE, SIG_IGN);
	(void)umask(0);
	(void)chmod(getenv("DSI_RUNTIME_DIR"), 01777);
	printf("TAP version 13\n");
	guest_machine_read(&machine);
	if (only && strcmp(only, "suite") == 0)
		suites();
	else
		all_cases();
	printf("1..%u\n# end\n", cases);
	return 0;
}
