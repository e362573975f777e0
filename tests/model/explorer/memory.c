/* SPDX-License-Identifier: MIT */
/*
 * memory.c - which values may a load return, and is an access a race?
 *
 * Each shared word has a history of messages, one for each store.  A view
 * says for each word which message is the oldest that may still be read.  A
 * release store puts the storing thread's view into its message; an acquire
 * load joins the message's view to the loading thread's.  That is all there
 * is to "happens before".
 *
 * Plain memory has no history: two accesses by different threads, one of them
 * a write, must be ordered by happens-before, or it is a data race.  Views
 * carry a vector clock for this.
 *
 * A word that only one thread has ever touched is none of the others'
 * business and costs nothing.  When a second thread touches it, the search
 * starts again with that knowledge (mc__run.relearn).
 */
#include <string.h>

#include "inside.h"

enum { ATOMIC = 1, PLAIN = 2 };
enum { ORDER_ACQUIRE = 2, ORDER_RELEASE = 3, ORDER_SEQ_CST = 5 };
enum { SILENT_MAX = 100000 };

struct mc_class mc__class[MC_GRAINS];
_Alignas(64) uint8_t mc__arena[MC_ARENA];
size_t mc__arena_used;
struct mc_world mc__world;

uint32_t mc__written[MC_ARENA / 8];
uint32_t mc__n_written;

static uint32_t grain_of_loc[MC_LOCS];

/* C numbers consume 1; it is treated as acquire. */
static int acquires(int order)
{
	return order == 1 || order == ORDER_ACQUIRE || order > ORDER_RELEASE;
}

static int releases(int order)
{
	return order >= ORDER_RELEASE;
}

/* ---- what is where ----------------------------------------------------------- */

void *mc_alloc(size_t bytes)
{
	void *at = mc__arena + mc__arena_used;

	if (mc__run.me >= 0)
		mc__cannot("a thread allocates memory");
	mc__arena_used += (bytes + 63u) & ~(size_t)63u;
	if (mc__arena_used > MC_ARENA) {
		mc__cannot("the arena is too small");
		mc__arena_used = 0;
		return mc__arena;
	}
	memset(at, 0, bytes);
	return at;
}

static int in_arena(const volatile void *address)
{
	return (uintptr_t)address - (uintptr_t)mc__arena < MC_ARENA;
}

static uint32_t grain_of(const volatile void *address)
{
	return (uint32_t)(((uintptr_t)address - (uintptr_t)mc__arena) /
			  MC_GRAIN);
}

static uint64_t peek(const volatile void *address, uint32_t size)
{
	return size == 4 ? *(const volatile uint32_t *)address
			 : *(const volatile uint64_t *)address;
}

static void poke(volatile void *address, uint32_t size, uint64_t value)
{
	if (size == 4)
		*(volatile uint32_t *)address = (uint32_t)value;
	else
		*(volatile uint64_t *)address = value;
}

static int is_shared(const struct mc_class *class)
{
	uint8_t all = class->readers | class->writers | class->unmapped;

	return (all & (all - 1)) && (class->writers | class->unmapped);
}

/* Note who touches what.  More about a shared word means: again, from the
 * beginning. */
static void learn(uint32_t grain, uint8_t readers, uint8_t writers,
		  uint8_t unmapped, uint8_t kind)
{
	struct mc_class *class = &mc__class[grain];
	struct mc_class before = *class;

	class->readers |= readers;
	class->writers |= writers;
	class->unmapped |= unmapped;
	class->atomic |= kind;
	if (writers && !(mc__class[grain & ~1u].listed)) {
		mc__class[grain & ~1u].listed = 1;
		mc__written[mc__n_written++] = grain / 2;
	}
	if (class->readers == before.readers &&
	    class->writers == before.writers &&
	    class->unmapped == before.unmapped &&
	    class->atomic == before.atomic)
		return;
	if (is_shared(class) && mc__run.me >= 0) {
		mc__run.relearn = 1;
		mc__leave();
	}
}

static void begin_loc(uint32_t grain)
{
	struct mc_class *class = &mc__class[grain];
	struct mc_message *message =
		&mc__world.messages[mc__world.n_messages++];

	if (mc__run.n_locs == MC_LOCS) {
		mc__cannot("too many shared words");
		return;
	}
	class->record = (uint16_t)mc__run.n_locs;
	grain_of_loc[mc__run.n_locs] = grain;
	*message = (struct mc_message){
		.value = peek(mc__arena + grain * MC_GRAIN, class->bytes),
		.older = MC_NONE};
	mc__world.locs[mc__run.n_locs++].newest =
		(uint16_t)(mc__world.n_messages - 1u);
}

/* The first state: each shared word has one message, its initial value. */
void mc__memory_begin(void)
{
	memset(&mc__world, 0, sizeof(mc__world));
	mc__run.n_locs = 0;
	mc__run.n_plains = 0;
	for (uint32_t i = 0; i < mc__arena_used / MC_GRAIN; i++) {
		struct mc_class *class = &mc__class[i];

		class->record = MC_NONE;
		if (!is_shared(class) || !class->atomic)
			continue;
		if (class->atomic == (ATOMIC | PLAIN))
			mc__cannot("%s is shared and used as atomic and plain",
				   mc__address_name(mc__arena + i * MC_GRAIN));
		else if (class->atomic == ATOMIC)
			begin_loc(i);
		else if (mc__run.n_plains == MC_PLAINS)
			mc__cannot("too much shared plain memory");
		else
			class->record = (uint16_t)mc__run.n_plains++;
	}
}

uint32_t mc__loc_of(const volatile void *address)
{
	return mc__class[grain_of(address)].record;
}

const char *mc__loc_name(uint32_t loc)
{
	return mc__address_name(mc__arena + grain_of_loc[loc] * MC_GRAIN);
}

int mc__can_be_unmapped(uint32_t loc)
{
	return mc__class[grain_of_loc[loc]].unmapped != 0;
}

int mc__writers_finished(uint32_t loc, uint32_t thread)
{
	uint8_t writers = mc__class[grain_of_loc[loc]].writers;

	for (uint32_t i = 0; i < mc__run.n_threads; i++)
		if (i != thread && (writers >> i & 1) &&
		    mc__world.actors[i].status == MC_LIVE)
			return 0;
	return 1;
}

/* ---- views ---------------------------------------------------------------------- */

void mc__join(struct mc_view *to, const struct mc_view *from)
{
	for (uint32_t i = 0; i < mc__run.n_locs; i++)
		if (to->seen[i] < from->seen[i])
			to->seen[i] = from->seen[i];
	for (uint32_t i = 0; i < MC_THREADS; i++)
		if (to->clock[i] < from->clock[i])
			to->clock[i] = from->clock[i];
}

static struct mc_message *newest(uint32_t loc)
{
	return &mc__world.messages[mc__world.locs[loc].newest];
}

const struct mc_message *mc__nth_newest(uint32_t loc, uint32_t n)
{
	const struct mc_message *message = newest(loc);

	while (n--)
		message = &mc__world.messages[message->older];
	return message;
}

static uint32_t visible(const struct mc_actor *actor, uint32_t loc)
{
	return 1u + newest(loc)->number - actor->now.seen[loc];
}

/* What was given away so far must not cover what comes next. */
static void tick(struct mc_actor *actor)
{
	if (++actor->now.clock[actor - mc__world.actors] >= MC_CLOCKS)
		mc__cannot("too many releases");
}

/* ---- unmapped memory -------------------------------------------------------------- */

static void check_mapped(uint32_t grain)
{
	for (uint32_t i = 0; i < mc__world.n_unmaps; i++) {
		const struct mc_unmapped *gone = &mc__world.unmaps[i];

		if (grain >= gone->first && grain <= gone->last &&
		    gone->thread == (uint32_t)mc__run.me)
			mc__fail(
				"%s is used after it was unmapped",
				mc__address_name(mc__arena + grain * MC_GRAIN));
	}
}

static uint16_t last_use(const struct mc_class *class, uint32_t thread)
{
	const struct mc_plain *plain = &mc__world.plains[class->record];
	uint16_t clock;

	if (class->atomic == ATOMIC)
		return mc__world.locs[class->record].used[thread];
	clock = plain->read[thread];
	if (plain->writer == thread + 1u && plain->written > clock)
		clock = plain->written;
	return clock;
}

void mc_unmap(const volatile void *memory, size_t bytes, uint32_t thread)
{
	uint32_t first = grain_of(memory);
	uint32_t last = grain_of((const volatile char *)memory + bytes - 1);
	const struct mc_actor *actor = mc__me();

	mc__trace("unmaps %s for %s", mc__address_name(memory),
		  mc__thread_names[thread]);
	for (uint32_t i = first; i <= last; i++) {
		const struct mc_class *class = &mc__class[i];

		learn(i, 0, 0, (uint8_t)(1u << mc__run.me), 0);
		if (class->record != MC_NONE &&
		    last_use(class, thread) > actor->now.clock[thread])
			mc__fail("%s may still be in use when it is unmapped",
				 mc__address_name(mc__arena + i * MC_GRAIN));
	}
	if (mc__world.n_unmaps == MC_UNMAPS)
		mc__cannot("too many unmaps");
	else
		mc__world.unmaps[mc__world.n_unmaps++] =
			(struct mc_unmapped){first, last, thread};
}

/* ---- plain accesses ------------------------------------------------------------------ */

static void race(uint32_t grain, const char *what, uint32_t other)
{
	mc__fail("data race: %s of %s and access by %s", what,
		 mc__address_name(mc__arena + grain * MC_GRAIN),
		 mc__thread_names[other]);
}

static void touch_grain(uint32_t grain, int write)
{
	uint8_t bit = (uint8_t)(1u << mc__run.me);
	uint32_t me = (uint32_t)mc__run.me;
	struct mc_actor *actor = mc__me();
	struct mc_plain *plain;

	learn(grain, write ? 0 : bit, write ? bit : 0, 0, PLAIN);
	check_mapped(grain);
	if (mc__class[grain].record == MC_NONE)
		return;
	plain = &mc__world.plains[mc__class[grain].record];
	if (plain->writer && plain->writer != me + 1u &&
	    actor->now.clock[plain->writer - 1] < plain->written)
		race(grain, write ? "write" : "read", plain->writer - 1u);
	if (!write) {
		plain->read[me] = actor->now.clock[me];
		return;
	}
	for (uint32_t i = 0; i < mc__run.n_threads; i++)
		if (i != me && actor->now.clock[i] < plain->read[i])
			race(grain, "write", i);
	plain->writer = (uint8_t)(me + 1u);
	plain->written = actor->now.clock[me];
}

void mc__touch_plain(const volatile void *address, size_t bytes, int write)
{
	if (mc__run.me < 0 || bytes == 0 || mc__on_own_stack(address))
		return;
	if (!in_arena(address)) {
		if (write)
			mc__cannot("a thread writes outside of the arena");
		return;
	}
	for (uint32_t i = grain_of(address);
	     i <= grain_of((const volatile char *)address + bytes - 1); i++)
		touch_grain(i, write);
}

/* ---- atomic accesses ------------------------------------------------------------------- */

/* Its record, or MC_NONE if no other thread is concerned. */
static uint32_t touch_atomic(const volatile void *address, uint32_t size,
			     int reads, int writes)
{
	uint8_t bit = (uint8_t)(1u << mc__run.me);
	uint32_t grain = grain_of(address);

	if (!in_arena(address)) {
		mc__cannot("an atomic word outside of the arena");
		return MC_NONE;
	}
	mc__class[grain].bytes = (uint8_t)size;
	learn(grain, reads ? bit : 0, writes ? bit : 0, 0, ATOMIC);
	check_mapped(grain);
	return mc__class[grain].record;
}

/* The kernel looks at it for us. */
void mc__touch_word(const volatile void *word)
{
	uint32_t loc = touch_atomic(word, 4, 1, 0);

	if (loc != MC_NONE)
		mc__world.locs[loc].used[mc__run.me] =
			mc__me()->now.clock[mc__run.me];
}

/* Wait for our turn, unless nobody can tell the difference. */
static void point(struct mc_op op, int local)
{
	const struct mc_scenario *scenario = mc__run.scenario;

	if (++mc__run.silent > SILENT_MAX)
		mc__cannot("a thread runs for ever without a shared access");
	if (local && mc__run.options->plain_search)
		local = 0;
	mc__run.pick = 0;
	op.local = (uint8_t)local;
	if (!local ||
	    (mc__world.kills && scenario->victim == (uint32_t)mc__run.me))
		mc__announce(&op);
}

/* Are we the only one who ever writes it? */
static int is_ours(uint32_t loc)
{
	return !(mc__class[grain_of_loc[loc]].writers & ~(1u << mc__run.me));
}

static void used(uint32_t loc)
{
	mc__world.locs[loc].used[mc__run.me] = mc__me()->now.clock[mc__run.me];
}

uint64_t mc__read_choice(uint32_t loc, uint32_t pick, int order)
{
	struct mc_actor *actor = mc__me();
	const struct mc_message *message = mc__nth_newest(loc, pick);

	actor->now.seen[loc] = message->number;
	mc__join(acquires(order) ? &actor->now : &actor->later, &message->view);
	actor->polled |= UINT64_C(1) << loc;
	used(loc);
	return message->value;
}

uint32_t mc__load_choices(const struct mc_actor *actor, const struct mc_op *op)
{
	return visible(actor, op->loc);
}

uint64_t mc__load(const volatile void *address, uint32_t size, int order)
{
	uint64_t value;
	uint32_t loc;

	if (mc__run.me < 0)
		return peek(address, size);
	loc = touch_atomic(address, size, 1, 0);
	if (loc == MC_NONE)
		return peek(address, size);
	point((struct mc_op){.kind = OP_LOAD,
			     .order = (uint8_t)order,
			     .loc = (uint16_t)loc},
	      is_ours(loc));
	value = mc__read_choice(loc, (uint32_t)mc__run.pick, order);
	mc__trace("load %s %s -> %#llx%s", mc__order_name(order),
		  mc__loc_name(loc), (unsigned long long)value,
		  mc__run.pick ? "   (an older value)" : "");
	return value;
}

static void append(uint32_t loc, volatile void *address, uint32_t size,
		   uint64_t value, int order, const struct mc_view *also)
{
	struct mc_actor *actor = mc__me();
	struct mc_message *message = &mc__world.messages[mc__world.n_messages];
	uint32_t number = newest(loc)->number + 1u;

	if (mc__world.n_messages + 1u >= MC_MESSAGES || number > 250) {
		mc__cannot("too many stores");
		return;
	}
	actor->now.seen[loc] = (uint8_t)number;
	used(loc);
	message->value = value;
	message->number = (uint8_t)number;
	message->older = mc__world.locs[loc].newest;
	message->view = releases(order) ? actor->now : actor->early;
	message->view.seen[loc] = (uint8_t)number;
	if (also)
		mc__join(&message->view, also);
	mc__world.locs[loc].newest = (uint16_t)mc__world.n_messages++;
	mc__run.stored |= UINT64_C(1) << loc;
	poke(address, size, value);
	if (releases(order))
		tick(actor);
}

void mc__store(volatile void *address, uint32_t size, uint64_t value, int order)
{
	uint32_t loc;

	if (mc__run.me < 0) {
		poke(address, size, value);
		return;
	}
	loc = touch_atomic(address, size, 0, 1);
	if (loc == MC_NONE) {
		poke(address, size, value);
		return;
	}
	point((struct mc_op){.kind = OP_STORE,
			     .order = (uint8_t)order,
			     .loc = (uint16_t)loc},
	      is_ours(loc));
	if (mc__me()->now.seen[loc] != newest(loc)->number)
		mc__cannot("stores to %s that nothing orders",
			   mc__loc_name(loc));
	append(loc, address, size, value, order, NULL);
	mc__trace("store %s %s := %#llx", mc__order_name(order),
		  mc__loc_name(loc), (unsigned long long)value);
}

/* A compare-exchange that fails is a load, and may read an older value. */
uint32_t mc__rmw_choices(const struct mc_actor *actor, const struct mc_op *op)
{
	uint32_t n = visible(actor, op->loc);
	uint32_t choices = 1;

	if (!op->is_cas)
		return 1;
	for (uint32_t i = 1; i < n; i++)
		choices += mc__nth_newest(op->loc, i)->value != op->expected;
	return choices;
}

static uint32_t rmw_age(uint32_t loc, uint32_t pick, uint64_t expected)
{
	uint32_t age = 0;

	while (pick)
		pick -= mc__nth_newest(loc, ++age)->value != expected;
	return age;
}

static uint64_t rmw_private(volatile void *address, uint32_t size,
			    uint64_t (*change)(uint64_t, uint64_t),
			    uint64_t operand, const uint64_t *expected)
{
	uint64_t old = peek(address, size);

	if (!expected || old == *expected)
		poke(address, size, change(old, operand));
	return old;
}

uint64_t mc__rmw(volatile void *address, uint32_t size,
		 uint64_t (*change)(uint64_t, uint64_t), uint64_t operand,
		 int order, int fail_order, const uint64_t *expected)
{
	struct mc_view also;
	uint64_t old;
	uint32_t loc;
	uint32_t age = 0;

	if (mc__run.me < 0)
		return rmw_private(address, size, change, operand, expected);
	loc = touch_atomic(address, size, 1, 1);
	if (loc == MC_NONE)
		return rmw_private(address, size, change, operand, expected);
	point((struct mc_op){.kind = OP_RMW,
			     .order = (uint8_t)order,
			     .is_cas = expected != NULL,
			     .expected = expected ? *expected : 0,
			     .loc = (uint16_t)loc},
	      is_ours(loc));
	if (expected)
		age = rmw_age(loc, (uint32_t)mc__run.pick, *expected);
	if (expected && mc__nth_newest(loc, age)->value != *expected) {
		old = mc__read_choice(loc, age, fail_order);
		mc__trace("compare-exchange %s finds %#llx: no",
			  mc__loc_name(loc), (unsigned long long)old);
		return old;
	}
	also = newest(loc)->view;
	old = mc__read_choice(loc, 0, order);
	append(loc, address, size, change(old, operand), order, &also);
	mc__trace("update %s %s: %#llx -> %#llx", mc__order_name(order),
		  mc__loc_name(loc), (unsigned long long)old,
		  (unsigned long long)peek(address, size));
	return old;
}

/* ---- fences ------------------------------------------------------------------------------ */

/* All seq_cst fences have one order; each knows what those before it knew. */
void mc__fence_now(struct mc_actor *actor)
{
	mc__join(&actor->now, &actor->later);
	mc__join(&actor->now, &mc__world.order);
	mc__world.order = actor->now;
	actor->early = actor->now;
	tick(actor);
	mc__run.ordered = 1;
}

void mc__fence(int order)
{
	struct mc_actor *actor;

	if (mc__run.me < 0)
		return;
	actor = mc__me();
	if (order == ORDER_SEQ_CST) {
		point((struct mc_op){.kind = OP_FENCE, .loc = MC_NONE}, 0);
		mc__fence_now(actor);
	} else {
		if (acquires(order))
			mc__join(&actor->now, &actor->later);
		if (releases(order)) {
			actor->early = actor->now;
			tick(actor);
		}
	}
	mc__trace("fence %s", mc__order_name(order));
}
