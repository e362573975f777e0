/* SPDX-License-Identifier: MIT */
/*
 * names_main.c - the name server: names of gates, and who waits for one.
 *
 * It never waits for a client: an answer goes to one who waits for it, a wait
 * for a name is a signal to an event, and the rest are calls to the kernel.
 * Each client has its own part of the tables, so nobody can use up another's.
 *
 * A capability that a client gave is below the client's in the derivation
 * tree, and what we give out is below ours: if a name goes, so does all that
 * was given out under it, and if a client dies, its names are dead.
 */
#include <mklib/names.h>
#include <mklib/object_stubs.h>
#include <mklib/start.h>

#include "access_load.h"
#include "slot_pool.h"

#define NAMES_EACH 16u
#define WATCHES_EACH 8u
#define NAMES (MK_PROGRAMS * NAMES_EACH)
#define WATCHES (MK_PROGRAMS * WATCHES_EACH)

#define KEPT (NAMES + WATCHES)

enum verb { ADD, FIND };
static const struct access_verb verbs[] = {
	[ADD] = {.name = "add", .object = true},
	[FIND] = {.name = "find", .object = true},
};

/* Free if the name is empty.  Whose it is, its place says. */
struct entry {
	char name[ACCESS_NAME_BYTES];
	uint64_t gate;
};

struct watch {
	char name[ACCESS_NAME_BYTES];
	uint64_t event;
};

static struct access_rules rules;
static struct entry entries[NAMES];
static struct watch watches[WATCHES];
static struct slot_pool slots;

/* ---- entries --------------------------------------------------------- */

static unsigned owner_of(const struct entry *e)
{
	return (unsigned)(e - entries) / NAMES_EACH + 1;
}

static void entry_free(struct entry *e)
{
	slot_drop(&slots, e->gate);
	e->name[0] = 0;
}

/* Nobody tells us of a death: we look when it matters. */
static bool gate_alive(uint64_t slot)
{
	uint64_t label, state;

	return !mk_gate_info(slot, &label, &state) && state != 2;
}

static struct entry *entry_find(const char *name)
{
	for (struct entry *e = entries; e < entries + NAMES; e++) {
		if (!access_same(e->name, name))
			continue;
		if (gate_alive(e->gate))
			return e;
		entry_free(e);
		return NULL;
	}
	return NULL;
}

static struct entry *entry_new(unsigned who)
{
	struct entry *first = &entries[(who - 1) * NAMES_EACH];

	for (struct entry *e = first; e < first + NAMES_EACH; e++)
		if (!e->name[0])
			return e;
	for (struct entry *e = first; e < first + NAMES_EACH; e++) {
		if (gate_alive(e->gate))
			continue;
		entry_free(e);
		return e;
	}
	return NULL;
}

/* ---- watches --------------------------------------------------------- */

static void watch_free(struct watch *w)
{
	slot_drop(&slots, w->event);
	w->name[0] = 0;
}

static void tell_watchers(const char *name)
{
	for (struct watch *w = watches; w < watches + WATCHES; w++) {
		if (!access_same(w->name, name))
			continue;
		(void)mk_signal(w->event, 1);
		watch_free(w);
	}
}

static struct watch *watch_new(unsigned who)
{
	struct watch *first = &watches[(who - 1) * WATCHES_EACH];

	for (struct watch *w = first; w < first + WATCHES_EACH; w++) {
		if (!w->name[0])
			return w;
		if (mk_cap_rights(MK_CAP_TASK, w->event))
			continue;
		watch_free(w);
		return w;
	}
	return NULL;
}

/* ---- calls ----------------------------------------------------------- */

static int check(uint64_t label, enum verb verb, const char *name)
{
	unsigned who = access_client(label);

	if (!access_name_valid(name))
		return -MK_EINVAL;
	return who && access_find(&rules, verb, who, name) ? 0 : -MK_EPERM;
}

static int check_gate(uint64_t slot)
{
	const unsigned need = MK_CAP_SEND | MK_CAP_PASS;

	if ((mk_cap_rights(MK_CAP_TASK, slot) & need) != need ||
	    !gate_alive(slot))
		return -MK_EINVAL;
	return 0;
}

static int names_add(void *self, uint64_t label, const char *name,
		     uint64_t slot)
{
	unsigned who = access_client(label);
	struct entry *e;
	int error = check(label, ADD, name);

	(void)self;
	if (!error)
		error = check_gate(slot);
	if (error)
		return error;
	e = entry_find(name);
	if (e && owner_of(e) != who)
		return -MK_EEXIST;
	if (!e)
		e = entry_new(who);
	if (!e)
		return -MK_ENOMEM;
	/* Commit. */
	if (e->name[0])
		entry_free(e);
	e->gate = slot_keep(&slots);
	access_copy(e->name, name);
	tell_watchers(name);
	return 0;
}

/* The entry of that name, if the client may do this with it. */
static int find_allowed(uint64_t label, enum verb verb, const char *name,
			struct entry **out)
{
	int error = check(label, verb, name);

	if (error)
		return error;
	*out = entry_find(name);
	return *out ? 0 : -MK_ENOENT;
}

static int names_remove(void *self, uint64_t label, const char *name)
{
	struct entry *e;
	int error = find_allowed(label, ADD, name, &e);

	(void)self;
	if (error)
		return error;
	if (owner_of(e) != access_client(label))
		return -MK_EPERM;
	entry_free(e);
	return 0;
}

static int names_query(void *self, uint64_t label, const char *name,
		       uint64_t *out_gate_page)
{
	struct entry *e;
	int error = find_allowed(label, FIND, name, &e);

	(void)self;
	if (error)
		return error;
	*out_gate_page = mk_cap_page(e->gate, MK_CAP_SEND | MK_CAP_PASS);
	return 0;
}

static int names_watch(void *self, uint64_t label, const char *name,
		       uint64_t slot)
{
	int error = check(label, FIND, name);
	struct watch *w;

	(void)self, (void)slot;
	if (error)
		return error;
	if (entry_find(name))
		return -MK_EEXIST;
	w = watch_new(access_client(label));
	if (!w)
		return -MK_EBUSY;
	w->event = slot_keep(&slots);
	access_copy(w->name, name);
	return 0;
}

/* The next entry from @e on that @who may see. */
static struct entry *next_listed(struct entry *e, unsigned who,
				 const char *prefix)
{
	for (; e < entries + NAMES; e++)
		if (e->name[0] && access_begins(e->name, prefix) &&
		    access_find(&rules, FIND, who, e->name))
			return e;
	return NULL;
}

static int names_list(void *self, uint64_t label, const char *prefix,
		      uint64_t index, char out_name[ACCESS_NAME_BYTES])
{
	unsigned who = access_client(label);
	struct entry *e = who ? next_listed(entries, who, prefix) : NULL;

	(void)self;
	for (; e && index; index--)
		e = next_listed(e + 1, who, prefix);
	while (e && !gate_alive(e->gate)) {
		entry_free(e);
		e = next_listed(e + 1, who, prefix);
	}
	if (!e)
		return -MK_ENOENT;
	access_copy(out_name, e->name);
	return 0;
}

void mk_main(void)
{
	static uint64_t memory[KEPT];
	static const struct mk_names_ops ops = {
		.add = names_add,
		.remove = names_remove,
		.query = names_query,
		.watch = names_watch,
		.list = names_list,
	};

	access_load(&rules, "names", "names.policy", verbs,
		    sizeof(verbs) / sizeof(verbs[0]), 1);
	slot_pool_init(&slots, MK_CAP_FIRST_FREE, memory, KEPT);
	mk_names_serve(&ops, NULL, &slots.window);
}
