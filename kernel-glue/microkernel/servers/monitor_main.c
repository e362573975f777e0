/* SPDX-License-Identifier: MIT */
/*
 * monitor_main.c - the reference monitor: who may talk to whom.
 *
 * A service gives us its thread with the right CONTROL alone: enough to bind
 * gates to it (and to set its priority), not enough to touch anything else of
 * it.  For each allowed connection we make a gate with a label of our own to
 * that thread and hand it out without CONTROL.  So we never wait for a service,
 * and neither it nor the client can change what the label says.
 *
 * We keep the first capability to each gate.  Dropping it takes the gate from
 * all who got it, by the derivation tree.
 */
#include <mklib/clock.h>
#include <mklib/monitor.h>
#include <mklib/object_stubs.h>
#include <mklib/print.h>
#include <mklib/program.h>

#include "access_load.h"
#include "monitor_audit.h"
#include "slot_pool.h"

#define OFFERS_EACH 4u
#define SESSIONS_EACH 16u
#define OFFERS (MK_PROGRAMS * OFFERS_EACH)
#define SESSIONS (MK_PROGRAMS * SESSIONS_EACH)
#define SERVICE_BYTES AUDIT_SERVICE_BYTES

#define SLOT_TRIAL 16ul
#define SLOT_OFFERS 17ul
#define SLOT_SESSIONS 1024ul

enum verb { OFFER, CONNECT, REVOKE, AUDIT };
static const struct access_verb verbs[] = {
	[OFFER] = {.name = "offer", .object = true},
	[CONNECT] = {.name = "connect", .object = true, .options = true},
	[REVOKE] = {.name = "revoke", .object = true},
	[AUDIT] = {.name = "audit"},
};

/* Free if the name is empty.  Whose it is, its place says. */
struct offer {
	char service[ACCESS_NAME_BYTES];
	uint64_t thread;
};

struct session {
	uint64_t number; /* 0: free */
	struct offer *offer;
	unsigned rights; /* of the client to its gate */
};

static struct access_rules rules;
static struct audit audit;
static struct offer offers[OFFERS];
static struct session sessions[SESSIONS];
static struct slot_pool slots;
static uint64_t serial;

/* ---- audit ----------------------------------------------------------- */

static const char *const what_text[] = {
	[MK_AUDIT_OFFER] = "offer",   [MK_AUDIT_WITHDRAW] = "withdraw",
	[MK_AUDIT_OPEN] = "open",     [MK_AUDIT_CLOSE] = "close",
	[MK_AUDIT_REVOKE] = "revoke", [MK_AUDIT_READ] = "audit",
};

static void print_record(const struct audit_record *r)
{
	char who[MK_NAME_BYTES] = "?";

	(void)mk_program_name(r->who, who);
	if (r->result)
		mk_print("monitor: %s %s %s: refused, error %d, %lu times\n",
			 who, what_text[r->what], r->service, -r->result,
			 r->count);
	else
		mk_print("monitor: %s %s %s: session %lx\n", who,
			 what_text[r->what], r->service, r->session);
}

/* Everything ends here: the result is written down and returned. */
static int note(uint64_t label, uint32_t what, const char *service,
		uint64_t session, int result)
{
	struct audit_record r = {
		.time_ns = mk_clock_ns(),
		.session = session,
		.who = access_client(label),
		.what = what,
		.result = result,
	};
	const struct audit_record *line;

	audit_service(&r, service);
	line = r.who ? audit_add(&audit, &r) : NULL;
	if (line)
		print_record(line);
	return result;
}

/* ---- offers and sessions --------------------------------------------- */

static unsigned offer_owner(const struct offer *o)
{
	return (unsigned)(o - offers) / OFFERS_EACH + 1;
}

static uint64_t session_slot(const struct session *s)
{
	return SLOT_SESSIONS + (uint64_t)(s - sessions);
}

static void session_end(struct session *s)
{
	(void)mk_drop_cap(MK_CAP_TASK, session_slot(s));
	s->number = 0;
}

static void offer_end(struct offer *o)
{
	for (struct session *s = sessions; s < sessions + SESSIONS; s++)
		if (s->number && s->offer == o)
			session_end(s);
	slot_drop(&slots, o->thread);
	o->service[0] = 0;
}

/* The capability to a thread goes with the thread. */
static bool offer_alive(const struct offer *o)
{
	return mk_cap_rights(MK_CAP_TASK, o->thread) != 0;
}

static struct offer *offer_find(const char *service)
{
	for (struct offer *o = offers; o < offers + OFFERS; o++) {
		if (!o->service[0] || !access_same(o->service, service))
			continue;
		if (offer_alive(o))
			return o;
		offer_end(o);
	}
	return NULL;
}

static struct offer *offer_new(unsigned who)
{
	struct offer *first = &offers[(who - 1) * OFFERS_EACH];

	for (struct offer *o = first; o < first + OFFERS_EACH; o++) {
		if (!o->service[0])
			return o;
		if (offer_alive(o))
			continue;
		offer_end(o);
		return o;
	}
	return NULL;
}

static struct session *session_find(uint64_t number)
{
	for (struct session *s = sessions; number && s < sessions + SESSIONS;
	     s++)
		if (s->number == number)
			return s;
	return NULL;
}

/* A free place of @who, and how many sessions it has with @o. */
static struct session *session_new(unsigned who, const struct offer *o,
				   unsigned *out_count)
{
	struct session *first = &sessions[(who - 1) * SESSIONS_EACH];
	struct session *found = NULL;

	*out_count = 0;
	for (struct session *s = first; s < first + SESSIONS_EACH; s++) {
		/* A service that died without anybody noticing. */
		if (s->number && !offer_alive(s->offer))
			offer_end(s->offer);
		*out_count += s->number && s->offer == o;
		if (!s->number && !found)
			found = s;
	}
	return found;
}

/* ---- what services ask for ------------------------------------------- */

static const struct access_rule *allowed(uint64_t label, enum verb verb,
					 const char *service)
{
	unsigned who = access_client(label);

	return who ? access_find(&rules, verb, who, service) : NULL;
}

/* Is it a thread that gates can be bound to? */
static int check_thread(uint64_t slot)
{
	int error = mk_create_gate(MK_CAP_FACTORY, SLOT_TRIAL, 0, slot);

	if (!error)
		(void)mk_drop_cap(MK_CAP_TASK, SLOT_TRIAL);
	return error == -MK_ENOENT ? -MK_EINVAL : error;
}

static int make_offer(uint64_t label, const char *service, uint64_t slot)
{
	unsigned who = access_client(label);
	struct offer *o;
	int error;

	if (!access_name_valid(service))
		return -MK_EINVAL;
	if (!allowed(label, OFFER, service))
		return -MK_EPERM;
	error = check_thread(slot);
	if (error)
		return error;
	o = offer_find(service);
	if (o && offer_owner(o) != who)
		return -MK_EEXIST;
	if (!o)
		o = offer_new(who);
	if (!o)
		return -MK_ENOMEM;
	/* Commit. */
	if (o->service[0])
		offer_end(o);
	o->thread = slot_keep(&slots);
	access_copy(o->service, service);
	return 0;
}

static int monitor_offer(void *self, uint64_t label, const char *service,
			 uint64_t slot)
{
	(void)self;
	return note(label, MK_AUDIT_OFFER, service, 0,
		    make_offer(label, service, slot));
}

static int withdraw(uint64_t label, const char *service)
{
	struct offer *o = offer_find(service);

	if (!o || offer_owner(o) != access_client(label))
		return allowed(label, OFFER, service) ? -MK_ENOENT : -MK_EPERM;
	offer_end(o);
	return 0;
}

static int monitor_withdraw(void *self, uint64_t label, const char *service)
{
	(void)self;
	return note(label, MK_AUDIT_WITHDRAW, service, 0,
		    withdraw(label, service));
}

/* ---- what clients ask for -------------------------------------------- */

static int make_session(uint64_t label, const char *service,
			struct session **out)
{
	unsigned who = access_client(label), count;
	const struct access_rule *rule = allowed(label, CONNECT, service);
	struct session *s;
	struct offer *o;
	int error;

	if (!rule)
		return -MK_EPERM;
	o = offer_find(service);
	if (!o)
		return -MK_ENOENT;
	/* It would come home as a label. */
	if (offer_owner(o) == who)
		return -MK_ELOOP;
	s = session_new(who, o, &count);
	if (!s)
		return -MK_ENOMEM;
	if (count >= rule->limit)
		return -MK_EBUSY;
	s->number = (uint64_t)who << 48 | ++serial;
	s->offer = o;
	s->rights = MK_CAP_SEND | (rule->pass ? MK_CAP_PASS : 0);
	error = mk_create_gate(MK_CAP_FACTORY, session_slot(s), s->number,
			       o->thread);
	if (error)
		s->number = 0;
	*out = s;
	/* The thread has died just now. */
	return error;
}

static int monitor_open(void *self, uint64_t label, const char *service,
			uint64_t *out_session, uint64_t *out_gate_page)
{
	struct session *s = NULL;
	int error = make_session(label, service, &s);

	(void)self;
	if (!error) {
		*out_session = s->number;
		*out_gate_page = mk_cap_page(session_slot(s), s->rights);
	}
	return note(label, MK_AUDIT_OPEN, service, *out_session, error);
}

static int monitor_close(void *self, uint64_t label, uint64_t number)
{
	struct session *s = session_find(number);
	char service[ACCESS_NAME_BYTES] = "";
	int error = -MK_ENOENT;

	(void)self;
	if (s && mk_session_program(number) == access_client(label)) {
		access_copy(service, s->offer->service);
		session_end(s);
		error = 0;
	}
	return note(label, MK_AUDIT_CLOSE, service, number, error);
}

/* ---- what the authorised ask for ------------------------------------- */

static bool may_revoke(uint64_t label, const struct session *s)
{
	return offer_owner(s->offer) == access_client(label) ||
	       allowed(label, REVOKE, s->offer->service);
}

/* Who may not does not learn which numbers there are. */
static int monitor_revoke(void *self, uint64_t label, uint64_t number)
{
	struct session *s = session_find(number);
	char service[ACCESS_NAME_BYTES] = "";
	int error = -MK_EPERM;

	(void)self;
	if (s && may_revoke(label, s)) {
		access_copy(service, s->offer->service);
		session_end(s);
		error = 0;
	}
	return note(label, MK_AUDIT_REVOKE, service, number, error);
}

static int monitor_audit(void *self, uint64_t label, uint64_t after,
			 uint64_t *out_number, uint64_t *out_time_ns,
			 uint64_t *out_who, uint64_t *out_what,
			 uint64_t *out_result, uint64_t *out_session,
			 uint64_t *out_count, char out_service[SERVICE_BYTES])
{
	const struct audit_record *r = audit_next(&audit, after);

	(void)self;
	if (!allowed(label, AUDIT, ""))
		return note(label, MK_AUDIT_READ, "", 0, -MK_EPERM);
	if (!r)
		return -MK_ENOENT;
	*out_number = r->number;
	*out_time_ns = r->time_ns;
	*out_who = r->who;
	*out_what = r->what;
	*out_result = (uint64_t)-r->result;
	*out_session = r->session;
	*out_count = r->count;
	__builtin_memcpy(out_service, r->service, SERVICE_BYTES);
	return 0;
}

void mk_main(void)
{
	static uint64_t memory[OFFERS];
	static const struct mk_monitor_ops ops = {
		.offer = monitor_offer,
		.withdraw = monitor_withdraw,
		.open = monitor_open,
		.close = monitor_close,
		.revoke = monitor_revoke,
		.audit = monitor_audit,
	};

	access_load(&rules, "monitor", "monitor.policy", verbs,
		    sizeof(verbs) / sizeof(verbs[0]), SESSIONS_EACH);
	slot_pool_init(&slots, SLOT_OFFERS, memory, OFFERS);
	mk_monitor_serve(&ops, NULL, &slots.window);
}
