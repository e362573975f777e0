/* SPDX-License-Identifier: MIT */
/*
 * services_helper.c - the programs `helper` and `rogue` of the tests of the
 * services: the same code, but other rules hold for them.
 */
#include <mklib/helper_calls.h>
#include <mklib/monitor.h>
#include <mklib/names.h>
#include <mklib/object_stubs.h>
#include <mklib/program.h>
#include <mklib/start.h>

#define SLOT_WINDOW 16ul
#define SLOT_OWN 17ul
#define SLOT_FOUND 18ul
#define SLOT_OPENED 19ul
#define SLOT_EVENTS 32ul
#define OWN_LABEL 0x77ul

static uint64_t events = SLOT_EVENTS;

static int add(void *self, uint64_t label, const char *name)
{
	(void)self, (void)label;
	return mk_names_add(MK_CAP_NAMES, MK_FOREVER, name,
			    mk_cap_page(SLOT_OWN, MK_CAP_SEND | MK_CAP_PASS));
}

static int remove(void *self, uint64_t label, const char *name)
{
	(void)self, (void)label;
	return mk_names_remove(MK_CAP_NAMES, MK_FOREVER, name);
}

static int query(void *self, uint64_t label, const char *name)
{
	(void)self, (void)label;
	(void)mk_drop_cap(MK_CAP_TASK, SLOT_FOUND);
	return mk_names_query(MK_CAP_NAMES, MK_FOREVER, name, SLOT_FOUND);
}

/* One more each time, and never let go: that is the hostile part. */
static int watch(void *self, uint64_t label, const char *name)
{
	int error = mk_create_event(MK_CAP_FACTORY, events, MK_EVENT_BITS);

	(void)self, (void)label;
	return error ? error
		     : mk_names_watch(MK_CAP_NAMES, MK_FOREVER, name,
				      mk_cap_page(events++, MK_CAP_SEND));
}

static int offer(void *self, uint64_t label, const char *service)
{
	(void)self, (void)label;
	return mk_monitor_offer(MK_CAP_MONITOR, MK_FOREVER, service,
				mk_cap_page(MK_CAP_THREAD, MK_CAP_CONTROL));
}

static int withdraw(void *self, uint64_t label, const char *service)
{
	(void)self, (void)label;
	return mk_monitor_withdraw(MK_CAP_MONITOR, MK_FOREVER, service);
}

static int open(void *self, uint64_t label, const char *service,
		uint64_t *out_session)
{
	(void)self, (void)label;
	(void)mk_drop_cap(MK_CAP_TASK, SLOT_OPENED);
	return mk_monitor_open(MK_CAP_MONITOR, MK_FOREVER, service, out_session,
			       SLOT_OPENED);
}

static int close(void *self, uint64_t label, uint64_t session)
{
	(void)self, (void)label;
	return mk_monitor_close(MK_CAP_MONITOR, MK_FOREVER, session);
}

static int revoke(void *self, uint64_t label, uint64_t session)
{
	(void)self, (void)label;
	return mk_monitor_revoke(MK_CAP_MONITOR, MK_FOREVER, session);
}

static int audit(void *self, uint64_t label, uint64_t after)
{
	uint64_t n;
	char service[32];

	(void)self, (void)label;
	return mk_monitor_audit(MK_CAP_MONITOR, MK_FOREVER, after, &n, &n, &n,
				&n, &n, &n, &n, service);
}

static int use(void *self, uint64_t label, uint64_t word, uint64_t *out_answer)
{
	uint64_t same;

	(void)self, (void)label;
	return mk_helper_who(SLOT_OPENED, MK_FOREVER, word, out_answer, &same);
}

static int who(void *self, uint64_t label, uint64_t word, uint64_t *out_seen,
	       uint64_t *out_same)
{
	(void)self;
	*out_seen = label;
	*out_same = word;
	return 0;
}

/* A message that fits nothing: was it answered with an error? */
static bool malformed(uint64_t server, uint64_t i)
{
	struct mk_message m = {
		.tag = mk_tag((int64_t)(i % 4), (unsigned)(i % 64), 0, 0),
		.word = {i % 9, ~0ul, i, i},
	};

	return mk_call(server, MK_FOREVER, &m) && (int64_t)m.word[0] < 0;
}

static int flood(void *self, uint64_t label, uint64_t count,
		 uint64_t *out_refused)
{
	(void)self, (void)label;
	for (uint64_t i = 0; i < count; i++)
		*out_refused +=
			malformed(i & 1 ? MK_CAP_NAMES : MK_CAP_MONITOR, i);
	return 0;
}

static int end(void *self, uint64_t label)
{
	(void)self, (void)label;
	mk_end(MK_STATUS_GOOD);
}

static void move_apart(void)
{
	char place[2];

	if (mk_option(mk_boot_info()->command, "partner", place,
		      sizeof(place)) &&
	    mk_boot_info()->cpus > 1)
		(void)mk_sched_run(MK_CAP_SCHED, MK_CAP_THREAD, 100, 1, 0);
}

void mk_main(void)
{
	static const uint64_t windows[] = {SLOT_WINDOW};
	static const struct mk_helper_ops ops = {
		.add = add,
		.remove = remove,
		.query = query,
		.watch = watch,
		.offer = offer,
		.withdraw = withdraw,
		.open = open,
		.close = close,
		.revoke = revoke,
		.audit = audit,
		.use = use,
		.who = who,
		.flood = flood,
		.end = end,
	};
	char name[6 + MK_NAME_BYTES] = "/test/";

	if (!mk_program_name(mk_boot_info()->program, name + 6) ||
	    mk_create_gate(MK_CAP_FACTORY, SLOT_OWN, OWN_LABEL,
			   MK_CAP_THREAD) ||
	    add(NULL, 0, name))
		mk_end(MK_STATUS_NO_START);
	move_apart();
	mk_helper_serve(&ops, NULL, windows);
}
