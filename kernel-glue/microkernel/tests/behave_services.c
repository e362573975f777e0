/* SPDX-License-Identifier: MIT */
/*
 * behave_services.c - the name server and the reference monitor, seen by this
 * program, by a helper, and by a rogue to whom next to nothing is allowed.
 * Their rules are in services_names.policy and services_monitor.policy.
 */
#include <mklib/helper_calls.h>
#include <mklib/monitor.h>
#include <mklib/names.h>
#include <mklib/program.h>

#include "tap.h"

#define NAMES MK_CAP_NAMES, MK_FOREVER
#define MONITOR MK_CAP_MONITOR, MK_FOREVER
#define HELPER helper, MK_FOREVER
#define ROGUE rogue, MK_FOREVER
#define PATIENCE_US 60000000u

static uint64_t helper, rogue;

static uint64_t gate_page(uint64_t gate)
{
	return mk_cap_page(gate, MK_CAP_SEND | MK_CAP_PASS);
}

static uint64_t new_gate(uint64_t thread)
{
	uint64_t gate = slot_new();

	CHECK_EQUAL(mk_create_gate(MK_CAP_FACTORY, gate, 5, thread), 0);
	return gate;
}

static bool same(const char *a, const char *b)
{
	for (; *a && *a == *b; a++)
		b++;
	return *a == *b;
}

static unsigned number_of(const char *name)
{
	char is[MK_NAME_BYTES];

	for (unsigned i = 1; mk_program_name(i, is); i++)
		if (same(is, name))
			return i;
	return 0;
}

/* Waits for the programs, and so for their names. */
static void meet(void)
{
	if (helper)
		return;
	helper = slot_new();
	rogue = slot_new();
	CHECK_EQUAL(mk_names_wait(MK_CAP_NAMES, "/test/helper", PATIENCE_US,
				  slot_new(), helper),
		    0);
	CHECK_EQUAL(mk_names_wait(MK_CAP_NAMES, "/test/rogue", PATIENCE_US,
				  slot_new(), rogue),
		    0);
}

/* ---- 77: names ------------------------------------------------------- */

static void find_and_use(void)
{
	uint64_t slot = slot_new(), seen = 0, same = 0;

	CHECK_EQUAL(mk_helper_add(HELPER, "/helper/a"), 0);
	CHECK_EQUAL(mk_names_query(NAMES, "/helper/a", slot), 0);
	CHECK_EQUAL(mk_cap_rights(OWN_TASK, slot), MK_CAP_SEND | MK_CAP_PASS);
	CHECK_EQUAL(mk_helper_who(slot, MK_FOREVER, 99, &seen, &same), 0);
	CHECK_EQUAL(seen, 0x77);
	CHECK_EQUAL(same, 99);
	CHECK_EQUAL(mk_names_query(NAMES, "/helper/a", slot), -MK_ENXIO);
	CHECK_EQUAL(mk_names_query(NAMES, "/helper/b", slot_new()), -MK_ENOENT);
	CHECK_EQUAL(mk_names_query(NAMES, "/helper", slot_new()), -MK_ENOENT);
	/* Removed, and with it what was given out. */
	CHECK_EQUAL(mk_helper_remove(HELPER, "/helper/a"), 0);
	CHECK_EQUAL(mk_cap_rights(OWN_TASK, slot), 0);
	CHECK_EQUAL(mk_names_query(NAMES, "/helper/a", slot), -MK_ENOENT);
	CHECK_EQUAL(mk_helper_remove(HELPER, "/helper/a"), -MK_ENOENT);
}

static void names_that_are_none(void)
{
	static const char *const wrong[] = {
		"",   "/",    "a/b",  "/a/",   "//a", "/a//b", "/../a",
		"..", "/a/.", "/a b", "/\x80", "*",   "/*",    "a\n",
	};
	uint64_t gate = new_gate(MK_CAP_THREAD);

	for (unsigned i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		CHECK_EQUAL(mk_names_add(NAMES, wrong[i], gate_page(gate)),
			    -MK_EINVAL);
		CHECK_EQUAL(mk_names_query(NAMES, wrong[i], slot_new()),
			    -MK_EINVAL);
	}
	/* What is no gate, or may not be passed on. */
	CHECK_EQUAL(mk_names_add(NAMES, "flat",
				 mk_cap_page(MK_CAP_THREAD, MK_ALL_RIGHTS)),
		    -MK_EINVAL);
	CHECK_EQUAL(mk_names_add(NAMES, "flat", mk_cap_page(gate, MK_CAP_SEND)),
		    -MK_EINVAL);
	CHECK_EQUAL(mk_names_add(NAMES, "flat", gate_page(slot_new())),
		    -MK_ENXIO);
	/* A gate of our own comes back as a label. */
	CHECK_EQUAL(mk_names_add(NAMES, "flat", gate_page(gate)), 0);
	CHECK_EQUAL(mk_names_query(NAMES, "flat", slot_new()), -MK_ELOOP);
	CHECK_EQUAL(mk_names_remove(NAMES, "flat"), 0);
}

static void replace(void)
{
	uint64_t first = new_gate(MK_CAP_THREAD);
	uint64_t second = new_gate(MK_CAP_THREAD);

	CHECK_EQUAL(mk_names_add(NAMES, "/main/shared", gate_page(first)), 0);
	CHECK_EQUAL(mk_helper_query(HELPER, "/main/shared"), 0);
	/* One's own, even while others have it; not another's. */
	CHECK_EQUAL(mk_names_add(NAMES, "/main/shared", gate_page(second)), 0);
	CHECK_EQUAL(mk_helper_query(HELPER, "/main/shared"), 0);
	CHECK_EQUAL(mk_helper_add(HELPER, "/main/shared"), -MK_EEXIST);
	CHECK_EQUAL(mk_helper_remove(HELPER, "/main/shared"), -MK_EPERM);
	/* A refused replacement leaves things as they were. */
	CHECK_EQUAL(mk_names_add(NAMES, "/main/shared",
				 mk_cap_page(second, MK_CAP_SEND)),
		    -MK_EINVAL);
	CHECK_EQUAL(mk_helper_query(HELPER, "/main/shared"), 0);
	/* The first gate is not registered any longer. */
	CHECK_EQUAL(mk_delete(OWN_TASK, first), 0);
	CHECK_EQUAL(mk_helper_query(HELPER, "/main/shared"), 0);
	CHECK_EQUAL(mk_delete(OWN_TASK, second), 0);
	CHECK_EQUAL(mk_helper_query(HELPER, "/main/shared"), -MK_ENOENT);
	/* The name of one that is dead is free. */
	CHECK_EQUAL(mk_helper_add(HELPER, "/main/shared"), 0);
	CHECK_EQUAL(mk_names_add(NAMES, "/main/shared",
				 gate_page(new_gate(MK_CAP_THREAD))),
		    -MK_EEXIST);
	CHECK_EQUAL(mk_helper_remove(HELPER, "/main/shared"), 0);
}

/* The gate lives on, but nobody is behind it. */
static void orphan(void)
{
	struct job j;

	job_make(&j, OWN_TASK);
	CHECK_EQUAL(mk_names_add(NAMES, "/main/job", gate_page(j.gate)), 0);
	CHECK_EQUAL(mk_names_add(NAMES, "/main/job", gate_page(j.gate)), 0);
	CHECK_EQUAL(mk_delete(OWN_TASK, j.thread), 0);
	CHECK_EQUAL(mk_names_query(NAMES, "/main/job", slot_new()), -MK_ENOENT);
	CHECK_EQUAL(mk_names_add(NAMES, "/main/job", gate_page(j.gate)),
		    -MK_EINVAL);
	job_drop(&j);
}

static void not_authorised(void)
{
	CHECK_EQUAL(mk_helper_add(ROGUE, "/main/x"), -MK_EPERM);
	CHECK_EQUAL(mk_helper_add(ROGUE, "/test/helper"), -MK_EPERM);
	CHECK_EQUAL(mk_helper_add(ROGUE, "/test/helper/x"), -MK_EPERM);
	CHECK_EQUAL(mk_helper_add(ROGUE, "flat"), -MK_EPERM);
	CHECK_EQUAL(mk_helper_remove(ROGUE, "/test/helper"), -MK_EPERM);
	CHECK_EQUAL(mk_helper_query(ROGUE, "/main/shared"), -MK_EPERM);
	CHECK_EQUAL(mk_helper_watch(ROGUE, "/main/shared"), -MK_EPERM);
	CHECK_EQUAL(mk_helper_query(ROGUE, "/test/helper"), 0);
	CHECK_EQUAL(mk_names_query(NAMES, "/test/helper", slot_new()), 0);
}

static uint64_t waited_event, waited_slot;

static void wait_body(struct job *j)
{
	j->error = (uint64_t)(int64_t)mk_names_wait(MK_CAP_NAMES,
						    "/helper/late", MK_NEVER,
						    waited_event, waited_slot);
}

static void wait_for_names(void)
{
	uint64_t slot = slot_new(), event = slot_new(), seen, same;
	uint64_t start = now_ns();
	struct job j;

	CHECK_EQUAL(mk_names_wait(MK_CAP_NAMES, "/helper/never", 20000, event,
				  slot),
		    -MK_ETIMEDOUT);
	CHECK(now_ns() - start >= 20000000);
	CHECK_EQUAL(
		mk_names_wait(MK_CAP_NAMES, "/helper/never", 0, event, slot),
		-MK_ETIMEDOUT);
	CHECK_EQUAL(mk_cap_rights(OWN_TASK, event), 0);
	/* Waits that are over do not count. */
	for (unsigned i = 0; i < 20; i++)
		CHECK_EQUAL(mk_names_wait(MK_CAP_NAMES, "/helper/never", 0,
					  event, slot),
			    -MK_ETIMEDOUT);
	/* Between the question and the wait the name can come: then there is
	 * nothing to wait for. */
	CHECK_EQUAL(mk_create_event(MK_CAP_FACTORY, event, MK_EVENT_BITS), 0);
	CHECK_EQUAL(mk_names_watch(NAMES, "/test/helper",
				   mk_cap_page(event, MK_CAP_SEND)),
		    -MK_EEXIST);
	/* Who waits all the same has lost the wake-up. */
	CHECK_EQUAL(mk_event_wait(event, 1000), 0);
	CHECK_EQUAL(mk_delete(OWN_TASK, event), 0);
	waited_event = event;
	waited_slot = slot;
	job_make(&j, OWN_TASK);
	job_run(&j, wait_body);
	CHECK(job_reaches(&j, MK_STATE_WAITING_EVENT));
	/* The server serves others meanwhile. */
	CHECK_EQUAL(mk_names_query(NAMES, "/helper/late", slot_new()),
		    -MK_ENOENT);
	CHECK_EQUAL(mk_helper_add(HELPER, "/helper/other"), 0);
	CHECK_EQUAL(mk_thread_state(j.thread), MK_STATE_WAITING_EVENT);
	CHECK_EQUAL(mk_helper_add(HELPER, "/helper/late"), 0);
	CHECK(job_wait(&j));
	CHECK_EQUAL(j.error, 0);
	CHECK_EQUAL(mk_helper_who(slot, MK_FOREVER, 1, &seen, &same), 0);
	CHECK_EQUAL(mk_helper_remove(HELPER, "/helper/late"), 0);
	CHECK_EQUAL(mk_helper_remove(HELPER, "/helper/other"), 0);
	job_drop(&j);
}

static void listing(void)
{
	static const char *const names[] = {"/helper/x", "/helper/y/z"};
	char name[64];
	unsigned found = 0;

	for (unsigned i = 0; i < 2; i++)
		CHECK_EQUAL(mk_helper_add(HELPER, names[i]), 0);
	for (unsigned i = 0; i < 2; i++) {
		CHECK_EQUAL(mk_names_list(NAMES, "/helper/", i, name), 0);
		found += __builtin_memcmp(name, "/helper/", 8) == 0;
	}
	CHECK_EQUAL(found, 2);
	CHECK_EQUAL(mk_names_list(NAMES, "/helper/", 2, name), -MK_ENOENT);
	CHECK_EQUAL(mk_names_list(NAMES, "/helper/y/", 0, name), 0);
	CHECK_EQUAL(__builtin_memcmp(name, names[1], 12), 0);
	CHECK_EQUAL(mk_names_list(NAMES, "", ~0ul, name), -MK_ENOENT);
	for (unsigned i = 0; i < 2; i++)
		CHECK_EQUAL(mk_helper_remove(HELPER, names[i]), 0);
}

static void b77(void)
{
	meet();
	find_and_use();
	names_that_are_none();
	replace();
	orphan();
	not_authorised();
	wait_for_names();
	listing();
}

/* ---- 78: monitor ----------------------------------------------------- */

/* Is there such a record after *after?  *after moves on to it. */
static bool audited(uint64_t *after, const char *program, uint64_t what,
		    const char *service, uint64_t result, uint64_t session)
{
	uint64_t number = *after, ns, who, is, error, of, count;
	char name[32];

	while (!mk_monitor_audit(MONITOR, number, &number, &ns, &who, &is,
				 &error, &of, &count, name)) {
		if (who != number_of(program) || is != what ||
		    error != result || of != session || !count || !ns ||
		    !same(name, service))
			continue;
		*after = number;
		return true;
	}
	return false;
}

static uint64_t last_record(void)
{
	uint64_t number = 0, n;
	char name[32];

	while (!mk_monitor_audit(MONITOR, number, &number, &n, &n, &n, &n, &n,
				 &n, name))
		;
	return number;
}

static void refused(void)
{
	uint64_t at = last_record(), session = 0;

	CHECK_EQUAL(mk_helper_open(ROGUE, "echo", &session), -MK_EPERM);
	CHECK(audited(&at, "rogue", MK_AUDIT_OPEN, "echo", MK_EPERM, 0));
	CHECK_EQUAL(mk_helper_open(ROGUE, "none", &session), -MK_EPERM);
	CHECK(audited(&at, "rogue", MK_AUDIT_OPEN, "none", MK_EPERM, 0));
	/* A name that would be a line of its own on the log. */
	CHECK_EQUAL(mk_helper_open(ROGUE, "x\nmonitor: rogue open x", &session),
		    -MK_EPERM);
	CHECK(audited(&at, "rogue", MK_AUDIT_OPEN, "x?monitor:?rogue?open?x",
		      MK_EPERM, 0));
	CHECK_EQUAL(mk_helper_offer(ROGUE, "echo"), -MK_EPERM);
	CHECK(audited(&at, "rogue", MK_AUDIT_OFFER, "echo", MK_EPERM, 0));
	CHECK_EQUAL(mk_helper_audit(ROGUE, 0), -MK_EPERM);
	CHECK(audited(&at, "rogue", MK_AUDIT_READ, "", MK_EPERM, 0));
	/* Allowed, but nobody offers it. */
	CHECK_EQUAL(mk_monitor_open(MONITOR, "echo", &session, slot_new()),
		    -MK_ENOENT);
	CHECK(audited(&at, "services", MK_AUDIT_OPEN, "echo", MK_ENOENT, 0));
}

static void bad_offers(void)
{
	CHECK_EQUAL(
		mk_monitor_offer(MONITOR, "main",
				 mk_cap_page(MK_CAP_FACTORY, MK_ALL_RIGHTS)),
		-MK_EINVAL);
	/* A thread without the right to bind to it. */
	CHECK_EQUAL(mk_monitor_offer(MONITOR, "main",
				     mk_cap_page(MK_CAP_THREAD, MK_CAP_SEND)),
		    -MK_EINVAL);
	CHECK_EQUAL(
		mk_monitor_offer(MONITOR, "/",
				 mk_cap_page(MK_CAP_THREAD, MK_CAP_CONTROL)),
		-MK_EINVAL);
	CHECK_EQUAL(mk_monitor_withdraw(MONITOR, "main"), -MK_ENOENT);
	CHECK_EQUAL(mk_helper_withdraw(ROGUE, "echo"), -MK_EPERM);
}

/* @slot has a gate that says that we are we, and we cannot change that. */
static void check_session(uint64_t slot, uint64_t session)
{
	uint64_t label, state, seen = 0, same = 0;

	CHECK_EQUAL(mk_session_program(session), number_of("services"));
	CHECK_EQUAL(mk_gate_info(slot, &label, &state), 0);
	CHECK_EQUAL(label, session);
	CHECK_EQUAL(state, 1);
	CHECK_EQUAL(mk_cap_rights(OWN_TASK, slot), MK_CAP_SEND);
	CHECK_EQUAL(mk_gate_bind(slot, MK_CAP_THREAD, 1), -MK_EPERM);
	CHECK_EQUAL(mk_delete(OWN_TASK, slot), -MK_EPERM);
	CHECK_EQUAL(mk_helper_who(slot, MK_FOREVER, 3, &seen, &same), 0);
	CHECK_EQUAL(seen, session);
	/* Without PASS it is of use to nobody else. */
	CHECK_EQUAL(mk_names_add(NAMES, "flat", gate_page(slot)), -MK_ENXIO);
}

static void dead(uint64_t slot)
{
	uint64_t seen, same;

	CHECK_EQUAL(mk_cap_rights(OWN_TASK, slot), 0);
	CHECK_EQUAL(mk_helper_who(slot, MK_FOREVER, 3, &seen, &same),
		    -MK_EPIPE);
}

static void allowed(void)
{
	uint64_t slot[4], session[4], at = last_record();

	CHECK_EQUAL(mk_helper_offer(HELPER, "echo"), 0);
	CHECK(audited(&at, "helper", MK_AUDIT_OFFER, "echo", 0, 0));
	for (unsigned i = 0; i < 4; i++) {
		slot[i] = slot_new();
		CHECK_EQUAL(
			mk_monitor_open(MONITOR, "echo", &session[i], slot[i]),
			i < 3 ? 0 : -MK_EBUSY);
		if (i < 3)
			CHECK(audited(&at, "services", MK_AUDIT_OPEN, "echo", 0,
				      session[i]));
	}
	check_session(slot[0], session[0]);
	check_session(slot[1], session[1]);
	CHECK(session[0] != session[1]);
	/* Closed by us, revoked by us, revoked by the service. */
	CHECK_EQUAL(mk_helper_close(ROGUE, session[0]), -MK_ENOENT);
	CHECK_EQUAL(mk_helper_revoke(ROGUE, session[0]), -MK_EPERM);
	check_session(slot[0], session[0]);
	CHECK_EQUAL(mk_monitor_close(MONITOR, session[0]), 0);
	dead(slot[0]);
	CHECK_EQUAL(mk_monitor_revoke(MONITOR, session[1]), 0);
	dead(slot[1]);
	CHECK(audited(&at, "services", MK_AUDIT_REVOKE, "echo", 0, session[1]));
	CHECK_EQUAL(mk_helper_revoke(HELPER, session[2]), 0);
	dead(slot[2]);
	CHECK_EQUAL(mk_monitor_close(MONITOR, session[2]), -MK_ENOENT);
	/* The limit is of connections that are there. */
	CHECK_EQUAL(mk_monitor_open(MONITOR, "echo", &session[0], slot[0]), 0);
	check_session(slot[0], session[0]);
	/* Withdrawn, all are dead. */
	CHECK_EQUAL(mk_helper_withdraw(HELPER, "echo"), 0);
	dead(slot[0]);
	CHECK_EQUAL(mk_monitor_open(MONITOR, "echo", &session[0], slot[0]),
		    -MK_ENOENT);
}

static void serve_body(struct job *j)
{
	struct mk_message m = {0};

	if (!mk_wait(MK_FOREVER, &m))
		return;
	j->mr[0] = m.label;
	m.tag = mk_tag(100, 3, 0, 0);
	m.word[0] = 0;
	m.word[1] = 1234;
	(void)mk_reply(&m);
}

/* The other way round: we are the service, and see who calls. */
static void as_service(void)
{
	uint64_t session = 0, answer = 0, at;
	struct job j;

	job_make(&j, OWN_TASK);
	CHECK_EQUAL(mk_monitor_offer(MONITOR, "main",
				     mk_cap_page(j.thread, MK_CAP_CONTROL)),
		    0);
	CHECK_EQUAL(mk_monitor_open(MONITOR, "main", &session, slot_new()),
		    -MK_EPERM);
	CHECK_EQUAL(mk_helper_open(HELPER, "main", &session), 0);
	CHECK_EQUAL(mk_session_program(session), number_of("helper"));
	job_run(&j, serve_body);
	CHECK_EQUAL(mk_helper_use(HELPER, 1, &answer), 0);
	CHECK_EQUAL(answer, 1234);
	CHECK(job_wait(&j));
	CHECK_EQUAL(j.mr[0], session);
	/* The thread dies, and the service with it. */
	job_drop(&j);
	CHECK_EQUAL(mk_helper_use(HELPER, 1, &answer), -MK_EPIPE);
	CHECK_EQUAL(mk_helper_open(HELPER, "main", &session), -MK_ENOENT);
	/* A service that opens itself would get nothing but a label. */
	CHECK_EQUAL(mk_helper_offer(HELPER, "echo"), 0);
	at = last_record();
	CHECK_EQUAL(mk_helper_open(HELPER, "echo", &session), -MK_ELOOP);
	CHECK(audited(&at, "helper", MK_AUDIT_OPEN, "echo", MK_ELOOP, 0));
	/* A service is offered by one at a time. */
	CHECK_EQUAL(
		mk_monitor_offer(MONITOR, "echo",
				 mk_cap_page(MK_CAP_THREAD, MK_CAP_CONTROL)),
		-MK_EEXIST);
	CHECK_EQUAL(mk_helper_withdraw(HELPER, "echo"), 0);
}

/* What a service gives away: its thread can be bound to, and no more. */
static void given_away(void)
{
	uint64_t bare = slot_new();
	struct job j;

	job_make(&j, OWN_TASK);
	CHECK_EQUAL(mk_map_cap(OWN_TASK, bare, j.thread, MK_CAP_CONTROL), 0);
	CHECK_EQUAL(mk_create_gate(MK_CAP_FACTORY, slot_new(), 1, bare), 0);
	CHECK_EQUAL(mk_thread_suspend(bare), -MK_EPERM);
	CHECK_EQUAL(mk_thread_state(bare), -MK_EPERM);
	CHECK_EQUAL(mk_thread_registers(bare, 0, 0, MK_REGISTERS_START, 0),
		    -MK_EPERM);
	CHECK_EQUAL(mk_delete(OWN_TASK, bare), -MK_EPERM);
	job_drop(&j);
}

static void b78(void)
{
	meet();
	given_away();
	refused();
	bad_offers();
	allowed();
	as_service();
}

/* ---- hostile clients ------------------------------------------------- */

static void still_there(void)
{
	uint64_t slot = slot_new(), session;

	CHECK_EQUAL(mk_names_query(NAMES, "/test/helper", slot), 0);
	CHECK_EQUAL(mk_drop_cap(OWN_TASK, slot), 0);
	CHECK_EQUAL(mk_monitor_open(MONITOR, "main", &session, slot),
		    -MK_EPERM);
}

static uint64_t seed = 88172645463325252ul;

/* Marsaglia, "Xorshift RNGs", Journal of Statistical Software 8 (2003). */
static uint64_t random64(void)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return seed;
}

/* Something that cannot hurt us if the server takes it: junk, or a gate. */
static uint64_t random_item(uint64_t gate)
{
	switch (random64() % 4) {
	case 0:
		return mk_cap_page(gate, (unsigned)random64() & 15);
	case 1:
		return mk_flexpage(MK_CAPS, 20000 + random64() % 1000,
				   (unsigned)random64() % 70, MK_ALL_RIGHTS);
	case 2:
		return mk_flexpage(MK_IO, random64() % 65536,
				   (unsigned)random64() % 16, 0);
	default:
		return mk_flexpage(MK_MEMORY, random64() % (1ul << 46),
				   (unsigned)random64() % 48, MK_R) &
		       ~(1ul << 22);
	}
}

/* Random words in a message of a random form.  The answer is always one of the
 * interface, and short. */
static void raw(uint64_t server, uint64_t gate)
{
	unsigned words = (unsigned)(random64() % 12), items = 0;
	struct mk_utcb *u = mk_utcb();
	struct mk_message m = {0};
	uint64_t word[64] = {0};

	for (unsigned i = 0; i < words; i++)
		word[i] = random64() >> (random64() & 63);
	if (random64() % 2)
		word[0] = random64() % 8;
	if (random64() % 4 == 0)
		items = (unsigned)(random64() % 5);
	for (unsigned i = 0; i < items; i++) {
		word[words + 2 * i] = random64() & ~0xffful;
		word[words + 2 * i + 1] = random_item(gate);
	}
	for (unsigned i = 0; i < 64; i++)
		*(i < 4 ? &m.word[i] : &u->mr[i < 63 ? i : 62]) = word[i];
	m.tag = mk_tag((int64_t)(random64() % 4), words, items, 0);
	u->windows = 0;
	CHECK(mk_call(server, MK_FOREVER, &m));
	CHECK((int64_t)m.word[0] <= 0 && (int64_t)m.word[0] > -4096);
}

static void fault_body(struct job *j)
{
	*(volatile uint64_t *)0x7000000000 = 1;
	(void)j;
}

/* Faults and exceptions that name a server as handler. */
static void fault(uint64_t server)
{
	struct job j;

	job_make_with(&j, OWN_TASK, MAIN_PRIORITY, partner_cpu, server);
	job_run(&j, fault_body);
	CHECK(job_reaches(&j, MK_STATE_CALLING));
	still_there();
	CHECK(job_reaches(&j, MK_STATE_STOPPED));
	job_drop(&j);
}

/* A server that answers as we say. */
struct answer {
	int64_t proto, status;
	unsigned words, items;
};

static const struct answer *script;
static unsigned script_steps;
static uint64_t script_event;

static void set_word(struct mk_message *m, unsigned i, uint64_t word)
{
	if (i < MK_WORDS_IN_REGISTERS)
		m->word[i] = word;
	else
		mk_utcb()->mr[i] = word;
}

static void script_body(struct job *j)
{
	struct mk_message m = {0};
	bool good = mk_wait(MK_FOREVER, &m);

	for (unsigned i = 0; i < script_steps && good; i++) {
		const struct answer *a = &script[i];
		unsigned at = a->words;

		set_word(&m, 0, (uint64_t)a->status);
		for (unsigned k = 0; k < a->items; k++) {
			set_word(&m, at++, 0);
			set_word(&m, at++,
				 mk_cap_page(script_event, MK_CAP_SEND));
		}
		m.tag = mk_tag(a->proto, a->words, a->items, 0);
		good = i + 1 < script_steps ? mk_reply_wait(MK_FOREVER, &m)
					    : mk_reply(&m);
	}
	j->ok = good;
}

static void play(struct job *j, const struct answer *answers, unsigned count)
{
	script = answers;
	script_steps = count;
	job_make(j, OWN_TASK);
	job_run(j, script_body);
}

/* A client believes its server no more than fits the description, and nothing
 * stays of an answer that does not. */
static void lying_servers(void)
{
	static const struct answer answers[] = {
		{1, 0, 1, 0}, {1, 0, 2, 1},	   {1, 0, 1, 2},
		{2, 0, 1, 1}, {0, 0, 1, 1},	   {1, 0, 0, 1},
		{1, 1, 1, 1}, {1, -4096, 1, 1},	   {1, 0, 3, 0},
		{1, 0, 0, 0}, {1, 1l << 32, 1, 1},
	};
	static const struct answer refusal[] = {{1, -MK_EBUSY, 1, 1}};
	static const struct answer good[] = {{1, 0, 1, 1}};
	uint64_t slot = slot_new();
	struct job j;

	script_event = slot_new();
	CHECK_EQUAL(mk_create_event(MK_CAP_FACTORY, script_event, 0), 0);
	for (unsigned i = 0; i < sizeof(answers) / sizeof(answers[0]); i++) {
		play(&j, &answers[i], 1);
		CHECK_EQUAL(mk_names_query(j.gate, MK_FOREVER, "a", slot),
			    -MK_EPROTO);
		CHECK_EQUAL(mk_cap_rights(OWN_TASK, slot), 0);
		job_drop(&j);
	}
	play(&j, refusal, 1);
	CHECK_EQUAL(mk_names_query(j.gate, MK_FOREVER, "a", slot), -MK_EBUSY);
	CHECK_EQUAL(mk_cap_rights(OWN_TASK, slot), 0);
	job_drop(&j);
	play(&j, good, 1);
	CHECK_EQUAL(mk_names_query(j.gate, MK_FOREVER, "a", slot), 0);
	CHECK_EQUAL(mk_cap_rights(OWN_TASK, slot), MK_CAP_SEND);
	job_drop(&j);
}

/* The name comes, and is gone again before we ask, twice. */
static void name_that_flickers(void)
{
	static const struct answer answers[] = {
		{1, -MK_ENOENT, 1, 0}, {1, -MK_EEXIST, 1, 0},
		{1, -MK_ENOENT, 1, 0}, {1, -MK_EEXIST, 1, 0},
		{1, -MK_ENOENT, 1, 0}, {1, -MK_EEXIST, 1, 0},
		{1, 0, 1, 1},
	};
	uint64_t slot = slot_new();
	struct job j;

	play(&j, answers, sizeof(answers) / sizeof(answers[0]));
	CHECK_EQUAL(mk_names_wait(j.gate, "a", PATIENCE_US, slot_new(), slot),
		    0);
	CHECK_EQUAL(mk_cap_rights(OWN_TASK, slot), MK_CAP_SEND);
	CHECK(job_wait(&j) && j.ok);
	job_drop(&j);
}

static void malformed(void)
{
	static const uint64_t servers[] = {MK_CAP_NAMES, MK_CAP_MONITOR};
	struct mk_message m = {0};
	uint64_t gate, refused = 0;

	meet();
	gate = new_gate(MK_CAP_THREAD);
	for (unsigned i = 0; i < 3000; i++)
		raw(servers[i % 2], gate);
	still_there();
	for (unsigned i = 0; i < 2; i++) {
		/* Nobody waits for the answer; or not long enough. */
		m.tag = mk_tag(1 + i, 1, 0, 0);
		CHECK(mk_send(servers[i], MK_FOREVER, &m));
		m.tag = mk_tag(1 + i, 1, 0, 0);
		(void)mk_call(servers[i], mk_timeouts(MK_NEVER, 0), &m);
		still_there();
		fault(servers[i]);
	}
	CHECK_EQUAL(mk_helper_flood(ROGUE, 1000, &refused), 0);
	CHECK_EQUAL(refused, 1000);
	lying_servers();
	name_that_flickers();
}

static uint32_t flooding;

static void flood_body(struct job *j)
{
	while (__atomic_load_n(&flooding, __ATOMIC_RELAXED)) {
		raw(MK_CAP_NAMES, 20000);
		raw(MK_CAP_MONITOR, 20000);
	}
	(void)j;
}

/* Everybody has a share of its own, and it ends. */
static void floods(void)
{
	uint64_t gate, at, session;
	struct job j[4];
	char name[] = "/main/00";
	unsigned made = 0;

	meet();
	gate = new_gate(MK_CAP_THREAD);
	flooding = 1;
	for (unsigned i = 0; i < 4; i++) {
		job_make(&j[i], OWN_TASK);
		job_run(&j[i], flood_body);
	}
	for (unsigned i = 0; i < 50; i++)
		still_there();
	__atomic_store_n(&flooding, 0, __ATOMIC_RELAXED);
	for (unsigned i = 0; i < 4; i++) {
		CHECK(job_wait(&j[i]));
		job_drop(&j[i]);
	}
	for (unsigned i = 0; i < 40; i++) {
		name[6] = (char)('0' + i / 10);
		name[7] = (char)('0' + i % 10);
		made += !mk_names_add(NAMES, name, gate_page(gate));
	}
	CHECK_EQUAL(made, 16);
	CHECK_EQUAL(mk_names_add(NAMES, "/main/full", gate_page(gate)),
		    -MK_ENOMEM);
	CHECK_EQUAL(mk_helper_add(HELPER, "/helper/mine"), 0);
	CHECK_EQUAL(mk_helper_remove(HELPER, "/helper/mine"), 0);
	/* The gate dies, and sixteen places are free. */
	CHECK_EQUAL(mk_delete(OWN_TASK, gate), 0);
	gate = new_gate(MK_CAP_THREAD);
	CHECK_EQUAL(mk_names_add(NAMES, "/main/full", gate_page(gate)), 0);
	CHECK_EQUAL(mk_names_remove(NAMES, "/main/full"), 0);
	/* A hundred refusals are one record with a count, and push out nothing
	 * of others'. */
	at = last_record();
	CHECK_EQUAL(mk_monitor_close(MONITOR, 1), -MK_ENOENT);
	for (unsigned i = 0; i < 100; i++)
		CHECK_EQUAL(mk_helper_open(ROGUE, "echo", &session), -MK_EPERM);
	CHECK(audited(&at, "services", MK_AUDIT_CLOSE, "", MK_ENOENT, 1));
	CHECK(audited(&at, "rogue", MK_AUDIT_OPEN, "echo", MK_EPERM, 0));
	CHECK(!audited(&at, "rogue", MK_AUDIT_OPEN, "echo", MK_EPERM, 0));
}

/* The rogue dies while it waits for names, has one, and offers a service. */
static void deaths(void)
{
	uint64_t slot = slot_new(), session, seen, same;
	uint64_t gate;

	meet();
	gate = new_gate(MK_CAP_THREAD);
	for (unsigned i = 0; i < 8; i++)
		CHECK_EQUAL(mk_helper_watch(ROGUE, "/main/late"), 0);
	CHECK_EQUAL(mk_helper_watch(ROGUE, "/main/late"), -MK_EBUSY);
	CHECK_EQUAL(mk_helper_add(ROGUE, "/rogue/a"), 0);
	CHECK_EQUAL(mk_helper_offer(ROGUE, "short"), 0);
	CHECK_EQUAL(mk_monitor_open(MONITOR, "short", &session, slot), 0);
	CHECK_EQUAL(mk_helper_who(slot, MK_FOREVER, 0, &seen, &same), 0);
	CHECK_EQUAL(seen, session);
	CHECK_EQUAL(mk_helper_end(ROGUE), -MK_EPIPE);
	/* Its names are dead, its service as well, nobody waits for it. */
	CHECK_EQUAL(mk_names_query(NAMES, "/rogue/a", slot_new()), -MK_ENOENT);
	CHECK_EQUAL(mk_names_query(NAMES, "/test/rogue", slot_new()),
		    -MK_ENOENT);
	CHECK_EQUAL(mk_helper_who(slot, MK_FOREVER, 0, &seen, &same),
		    -MK_EPIPE);
	CHECK_EQUAL(mk_names_add(NAMES, "/main/late", gate_page(gate)), 0);
	CHECK_EQUAL(mk_helper_query(HELPER, "/main/late"), 0);
	CHECK_EQUAL(mk_names_remove(NAMES, "/main/late"), 0);
	CHECK_EQUAL(mk_monitor_open(MONITOR, "short", &session, slot_new()),
		    -MK_ENOENT);
	still_there();
}

void mk_main(void)
{
	static const struct behaviour list[] = {
		{"77", "names: add, find, wait, replace, refuse", b77},
		{"78", "monitor: refuse, record, label, revoke", b78},
		{"s1", "what does not fit an interface is refused", malformed},
		{"s2", "floods and full tables hurt nobody else", floods},
		{"s3", "with a program go its names and services", deaths},
	};

	tap_run(list, sizeof(list) / sizeof(list[0]));
}
