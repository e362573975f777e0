/* SPDX-License-Identifier: MIT */
/*
 * search.c - which orders are tried, and which need not be.
 *
 * Depth first.  At each state one thread is chosen, and one of the ways in
 * which its next operation can go; memory, stacks and model are saved before
 * a choice and put back for the next.  What is left out:
 *
 *   states seen before  (a 128-bit hash of all that matters for what can
 *                       still happen; two different states share one with a
 *                       probability below 2^-70 for a billion of them)
 *   early stores        a store to a word with one writer goes at once: who
 *                       would have loaded before it may still load the older
 *                       value, so nothing is lost
 *   sleep sets          two operations that do not concern each other are
 *                       tried in one order only (Godefroid, "Partial-Order
 *                       Methods", 1996, ch. 5; with seen states as there)
 *
 * A bound on preemptions may be set (Musuvathi and Qadeer, "Iterative context
 * bounding", PLDI 2007); sleep sets are off then, they do not go together.
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "inside.h"

enum {
	MAX_DEPTH = 20000,
	DIE = 63 /* the alternative "is killed" */
};

/* A move: thread in the upper two bits, alternative below. */
#define MOVE(thread, pick) ((uint8_t)((thread) << 6 | (pick)))

struct node {
	size_t saved;		 /* in the store of saved states */
	uint32_t depth;		 /* of the path before it */
	uint32_t first, n, next; /* moves */
	uint8_t asleep;
};

struct seen {
	uint64_t high, low; /* the last 4 bits of low: asleep; 0,0 = free */
};

struct mc_run mc__run = {.me = -1};

static struct {
	uint8_t *saved;
	size_t saved_used, saved_size;
	struct node *nodes;
	uint32_t n_nodes;
	uint8_t *moves;
	uint32_t n_moves;
	uint8_t path[MAX_DEPTH];
	uint32_t depth;
	struct seen *table;
	size_t table_size, table_used;
	uint8_t arena[MC_ARENA]; /* as set up */
	uint8_t asleep;		 /* in the state that is reached */
	struct mc_result *result;
} s;

/* ---- verdicts ------------------------------------------------------------------ */

__attribute__((format(printf, 2, 0))) static void verdict(int *which,
							  const char *format,
							  va_list args)
{
	if (!mc__run.failed && !mc__run.broken && !mc__run.relearn) {
		*which = 1;
		vsnprintf(mc__run.why, sizeof(mc__run.why), format, args);
	}
}

void mc__fail(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	verdict(&mc__run.failed, format, args);
	va_end(args);
	mc__trace("FAILS: %s", mc__run.why);
	if (mc__run.me >= 0)
		mc__leave();
}

void mc__cannot(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	verdict(&mc__run.broken, format, args);
	va_end(args);
	mc__trace("the explorer cannot go on: %s", mc__run.why);
	if (mc__run.me >= 0)
		mc__leave();
}

void mc_check(int holds, const char *what)
{
	if (!holds)
		mc__fail("%s", what);
}

/* ---- saving and restoring --------------------------------------------------------- */

static void *room(size_t bytes)
{
	size_t at = s.saved_used;

	while (at + bytes > s.saved_size) {
		s.saved_size = s.saved_size ? 2 * s.saved_size : 1 << 22;
		s.saved = realloc(s.saved, s.saved_size);
		if (!s.saved)
			abort();
	}
	s.saved_used = at + bytes;
	return s.saved + at;
}

static uint64_t *arena_word(uint32_t index)
{
	return (uint64_t *)(void *)mc__arena + index;
}

static size_t world_bytes(void)
{
	return offsetof(struct mc_world, messages) +
	       mc__world.n_messages * sizeof(mc__world.messages[0]);
}

static size_t save(void)
{
	size_t at = s.saved_used;
	size_t bytes = world_bytes();

	memcpy(room(sizeof(bytes)), &bytes, sizeof(bytes));
	memcpy(room(bytes), &mc__world, bytes);
	memcpy(room(sizeof(uint64_t)), &(uint64_t){mc__n_written},
	       sizeof(uint64_t));
	for (uint32_t i = 0; i < mc__n_written; i++)
		memcpy(room(8), arena_word(mc__written[i]), 8);
	for (uint32_t i = 0; i < mc__run.n_threads; i++) {
		uint8_t *from;
		size_t used = mc__stack_used(i, &from);

		memcpy(room(used), from, used);
	}
	return at;
}

static void restore(size_t at)
{
	const uint8_t *from = s.saved + at;
	uint64_t n_written;
	size_t bytes;

	memcpy(&bytes, from, sizeof(bytes));
	from += sizeof(bytes);
	memcpy(&mc__world, from, bytes);
	from += bytes;
	memcpy(&n_written, from, sizeof(n_written));
	from += sizeof(n_written);
	for (uint32_t i = 0; i < n_written; i++, from += 8)
		memcpy(arena_word(mc__written[i]), from, 8);
	/* What was first written later had its first value then. */
	for (uint32_t i = (uint32_t)n_written; i < mc__n_written; i++)
		memcpy(arena_word(mc__written[i]),
		       s.arena + (size_t)mc__written[i] * 8, 8);
	for (uint32_t i = 0; i < mc__run.n_threads; i++) {
		uint8_t *to;
		size_t used = mc__stack_used(i, &to);

		memcpy(to, from, used);
		from += used;
	}
}

/* ---- the hash of a state ------------------------------------------------------------- */

struct hash {
	uint64_t high, low;
};

static void mix(struct hash *h, uint64_t value)
{
	h->low = (h->low ^ value) * UINT64_C(0x9e3779b97f4a7c15);
	h->low ^= h->low >> 29;
	h->high = (h->high + value) * UINT64_C(0xd6e8feb86659fd93);
	h->high = (h->high << 31 | h->high >> 33) ^ h->low;
}

static void mix_bytes(struct hash *h, const void *from, size_t bytes)
{
	const uint8_t *at = from;
	uint64_t value;

	for (; bytes >= 8; bytes -= 8, at += 8) {
		memcpy(&value, at, 8);
		mix(h, value);
	}
	if (bytes) {
		value = 0;
		memcpy(&value, at, bytes);
		mix(h, value);
	}
}

/* Views and clocks only count upwards; what matters is how they compare.  A
 * message that everybody has passed cannot be read any more; a clock matters
 * only against the accesses that not everybody knows of. */
static uint8_t floors[MC_LOCS];
static uint16_t ranks[MC_THREADS][MC_CLOCKS];
static uint16_t known[MC_THREADS]; /* clocks up to here: by everybody */

static int counts(uint32_t thread)
{
	return mc__world.actors[thread].status == MC_LIVE ||
	       mc__world.actors[thread].status == MC_KILLED;
}

static void find_floors(void)
{
	for (uint32_t loc = 0; loc < mc__run.n_locs; loc++) {
		floors[loc] = 255;
		for (uint32_t i = 0; i < mc__run.n_threads; i++)
			if (counts(i) &&
			    mc__world.actors[i].now.seen[loc] < floors[loc])
				floors[loc] = mc__world.actors[i].now.seen[loc];
	}
	for (uint32_t i = 0; i < mc__run.n_threads; i++) {
		known[i] = MC_CLOCKS - 1;
		for (uint32_t k = 0; k < mc__run.n_threads; k++)
			if (k != i && counts(k) &&
			    mc__world.actors[k].now.clock[i] < known[i])
				known[i] = mc__world.actors[k].now.clock[i];
	}
}

static void mark(uint32_t thread, uint16_t clock)
{
	if (clock > known[thread])
		ranks[thread][clock] = 1;
}

static void find_ranks(void)
{
	for (uint32_t i = 0; i < mc__run.n_threads; i++)
		memset(ranks[i], 0,
		       sizeof(ranks[i][0]) *
			       (mc__world.actors[i].now.clock[i] + 1u));
	for (uint32_t k = 0; k < mc__run.n_plains; k++) {
		const struct mc_plain *plain = &mc__world.plains[k];

		if (plain->writer)
			mark(plain->writer - 1u, plain->written);
		for (uint32_t i = 0; i < mc__run.n_threads; i++)
			mark(i, plain->read[i]);
	}
	for (uint32_t loc = 0; loc < mc__run.n_locs; loc++)
		for (uint32_t i = 0; i < mc__run.n_threads; i++)
			if (mc__can_be_unmapped(loc))
				mark(i, mc__world.locs[loc].used[i]);
	for (uint32_t i = 0; i < mc__run.n_threads; i++)
		for (uint32_t c = 1; c <= mc__world.actors[i].now.clock[i]; c++)
			ranks[i][c] = (uint16_t)(ranks[i][c] + ranks[i][c - 1]);
}

/* A record of an access, 0 if everybody knows of it. */
static uint64_t record(uint32_t thread, uint16_t clock)
{
	return clock > known[thread] ? ranks[thread][clock] : 0u;
}

static void mix_view(struct hash *h, const struct mc_view *view,
		     const struct mc_view *also)
{
	uint64_t value = 0;

	for (uint32_t loc = 0; loc < mc__run.n_locs; loc++) {
		uint8_t seen = view->seen[loc];

		if (also && seen < also->seen[loc])
			seen = also->seen[loc];
		if (seen < floors[loc])
			seen = floors[loc];
		value = value << 8 | (uint8_t)(seen - floors[loc]);
		if (loc % 8 == 7)
			mix(h, value);
	}
	mix(h, value);
	value = 0;
	for (uint32_t i = 0; i < mc__run.n_threads; i++) {
		uint16_t clock = view->clock[i];

		if (also && clock < also->clock[i])
			clock = also->clock[i];
		value = value << 16 | ranks[i][clock];
	}
	mix(h, value);
}

static void mix_actor(struct hash *h, uint32_t index)
{
	const struct mc_actor *actor = &mc__world.actors[index];
	uint8_t *stack;
	size_t used = mc__stack_used(index, &stack);

	mix(h, actor->status);
	if (!counts(index))
		return;
	mix_view(h, &actor->now, NULL);
	if (actor->status == MC_KILLED)
		return;
	mix_view(h, &actor->later, &actor->now);
	mix_view(h, &actor->early, NULL);
	mix(h, (uint64_t)actor->op.kind << 48 | (uint64_t)actor->op.loc << 16 |
		       (uint64_t)actor->op.order << 8 | actor->op.local);
	mix(h, actor->polled);
	mix(h, (uint64_t)actor->woken << 32 | actor->sleep_n);
	mix_bytes(h, stack, used);
}

static void mix_loc(struct hash *h, uint32_t loc)
{
	uint32_t at = mc__world.locs[loc].newest;
	uint8_t waked = mc__world.locs[loc].waked;

	mix(h, waked > floors[loc] ? (uint64_t)waked - floors[loc] : 0u);
	for (;;) {
		const struct mc_message *message = &mc__world.messages[at];

		mix(h, message->value);
		mix_view(h, &message->view, NULL);
		if (message->number <= floors[loc])
			break;
		at = message->older;
	}
	if (!mc__can_be_unmapped(loc))
		return;
	for (uint32_t i = 0; i < mc__run.n_threads; i++)
		mix(h, record(i, mc__world.locs[loc].used[i]));
}

static struct hash hash_state(void)
{
	struct hash h = {1, 2};

	find_floors();
	find_ranks();
	for (uint32_t i = 0; i < mc__n_written; i++)
		mix(&h, *arena_word(mc__written[i]));
	for (uint32_t i = 0; i < mc__run.n_threads; i++)
		mix_actor(&h, i);
	for (uint32_t loc = 0; loc < mc__run.n_locs; loc++)
		mix_loc(&h, loc);
	for (uint32_t k = 0; k < mc__run.n_plains; k++) {
		const struct mc_plain *plain = &mc__world.plains[k];
		uint64_t value = 0;

		if (plain->writer && plain->written > known[plain->writer - 1])
			value = (uint64_t)plain->writer << 12 |
				record(plain->writer - 1u, plain->written);
		for (uint32_t i = 0; i < mc__run.n_threads; i++)
			value = value << 12 | record(i, plain->read[i]);
		mix(&h, value);
	}
	mix_view(&h, &mc__world.order, NULL);
	mix(&h, (uint64_t)mc__world.kills << 48 |
			(uint64_t)mc__world.spurious << 32 |
			(uint64_t)mc__world.timeouts << 16 |
			mc__world.n_unmaps);
	mix_bytes(&h, mc__world.bells, sizeof(mc__world.bells));
	if (mc__run.options->bounded)
		mix(&h, (uint64_t)mc__world.preemptions << 8 | mc__world.last);
	return h;
}

/* ---- states seen before ---------------------------------------------------------------- */

static struct seen *find_seen(struct hash h)
{
	size_t at = h.high & (s.table_size - 1u);

	while (s.table[at].high | s.table[at].low) {
		if (s.table[at].high == h.high &&
		    (s.table[at].low ^ h.low) >> 4 == 0)
			break;
		at = (at + 1u) & (s.table_size - 1u);
	}
	return &s.table[at];
}

static void grow_table(void)
{
	struct seen *old = s.table;
	size_t n = s.table_size;

	s.table_size = n ? 2 * n : 1u << 16;
	s.table = calloc(s.table_size, sizeof(*s.table));
	if (!s.table)
		abort();
	for (size_t i = 0; i < n; i++)
		if (old[i].high | old[i].low)
			*find_seen((struct hash){old[i].high, old[i].low}) =
				old[i];
	free(old);
}

/* Which of @threads must be tried from here?  Those that were asleep at every
 * visit so far and are awake now, or all, if this is the first visit. */
static uint8_t to_try(uint8_t threads, uint8_t asleep)
{
	struct seen *seen;
	struct hash h;
	uint8_t before;

	if (mc__run.options->no_memory)
		return (uint8_t)(threads & ~asleep);
	if (2 * s.table_used >= s.table_size)
		grow_table();
	h = hash_state();
	seen = find_seen(h);
	if (!(seen->high | seen->low)) {
		s.table_used++;
		s.result->states++;
		*seen = (struct seen){h.high, (h.low & ~UINT64_C(15)) | asleep};
		return (uint8_t)(threads & ~asleep);
	}
	before = seen->low & 15u;
	seen->low = (seen->low & ~UINT64_C(15)) | (before & asleep);
	return (uint8_t)(threads & before & ~asleep);
}

/* ---- moves -------------------------------------------------------------------------------- */

static int can_die(uint32_t thread)
{
	return mc__world.kills && thread == mc__run.scenario->victim;
}

/* Does the thread's next operation concern nobody else, now and later? */
static int is_local(uint32_t thread)
{
	const struct mc_actor *actor = &mc__world.actors[thread];

	if (mc__run.options->plain_search)
		return 0;
	if (actor->op.kind == OP_START || actor->op.local ||
	    (actor->op.kind == OP_ASLEEP && actor->woken))
		return 1;
	return actor->op.kind == OP_LOAD &&
	       mc__writers_finished(actor->op.loc, thread);
}

/* Has what happened since made a difference for a sleeping thread? */
static int concerns(uint32_t thread)
{
	const struct mc_op *op = &mc__world.actors[thread].op;

	switch ((enum mc_kind)op->kind) {
	case OP_LOAD:
	case OP_STORE:
	case OP_RMW:
		return (int)(mc__run.stored >> op->loc & 1);
	case OP_FENCE:
		return mc__run.ordered;
	case OP_WAIT:
	case OP_WAKE:
		return mc__run.ordered || mc__run.stored != 0;
	case OP_START:
	case OP_ASLEEP:
	case OP_RING:
	case OP_BELL:
	case OP_POLL:
	case OP_DEATH:
		return 1;
	}
	return 1;
}

static void add_moves(uint32_t thread)
{
	uint32_t n = mc__choices(thread);

	if (n > DIE - 1) {
		mc__cannot("too many ways to go on");
		n = DIE - 1;
	}
	for (uint32_t pick = 0; pick < n; pick++)
		s.moves[s.n_moves++] = MOVE(thread, pick);
	if (can_die(thread))
		s.moves[s.n_moves++] = MOVE(thread, DIE);
}

static void run_move(uint8_t move)
{
	uint32_t thread = move >> 6;

	if (s.depth == MAX_DEPTH) {
		mc__cannot("the run is too long");
		return;
	}
	s.path[s.depth++] = move;
	s.result->steps++;
	mc__run.pick = move & 63;
	mc__run.stored = 0;
	mc__run.ordered = 0;
	if (mc__run.options->bounded && mc__world.last != thread &&
	    mc__choices(mc__world.last) && !is_local(thread))
		mc__world.preemptions++;
	if (!is_local(thread))
		mc__world.last = thread;
	if (mc__run.pick == DIE) {
		mc__run.me = (int)thread;
		mc__trace("IS KILLED");
		mc__run.me = -1;
		mc__world.kills--;
		mc__world.actors[thread].status = MC_KILLED;
		return;
	}
	mc__thread_step(thread);
}

/* After the move of @thread: who stays asleep? */
static void filter_asleep(void)
{
	for (uint32_t i = 0; i < mc__run.n_threads; i++)
		if ((s.asleep >> i & 1) && concerns(i))
			s.asleep &= (uint8_t) ~(1u << i);
	if (mc__run.options->plain_search || mc__run.options->bounded)
		s.asleep = 0;
}

static void deadlock(void)
{
	char who[100] = "";
	size_t used = 0;

	for (uint32_t i = 0; i < mc__run.n_threads; i++)
		if (mc__world.actors[i].status == MC_LIVE)
			used += (size_t)snprintf(who + used, sizeof(who) - used,
						 " %s", mc__thread_names[i]);
	mc__fail("nothing can go on; waiting for ever:%s", who);
}

/* The threads that can go on, or one whose next operation is local.  0: this
 * execution has ended. */
static uint8_t candidates(void)
{
	uint8_t able = 0;
	int live = 0;

	for (uint32_t i = 0; i < mc__run.n_threads; i++) {
		if (mc__world.actors[i].status == MC_LIVE)
			live = 1;
		if (!mc__choices(i))
			continue;
		able |= (uint8_t)(1u << i);
		if (is_local(i))
			return (uint8_t)(1u << i);
	}
	if (!able && live)
		deadlock();
	if (!able && !live && mc__run.scenario->end)
		mc__run.scenario->end();
	if (able && mc__run.options->bounded &&
	    mc__world.preemptions >= mc__run.options->preemptions &&
	    (able >> mc__world.last & 1))
		return (uint8_t)(1u << mc__world.last);
	return able;
}

/* A state was reached: note what is to be tried from it.  Return 1 if there
 * is something. */
static int arrive(void)
{
	struct node *node = &s.nodes[s.n_nodes];
	uint8_t threads = candidates();
	int alone = threads && !(threads & (threads - 1));

	if (!threads || mc__run.failed || mc__run.broken)
		return 0;
	/* A state with one way on needs no memory. */
	if (alone && mc__run.options->plain_search == 0 &&
	    is_local((uint32_t)__builtin_ctz(threads)))
		s.asleep = (uint8_t)(s.asleep & ~threads);
	else
		threads = to_try(threads, s.asleep);
	if (!threads)
		return 0;
	*node = (struct node){.depth = s.depth,
			      .first = s.n_moves,
			      .saved = s.saved_used,
			      .asleep = s.asleep};
	for (uint32_t i = 0; i < mc__run.n_threads; i++)
		if (threads >> i & 1)
			add_moves(i);
	node->n = s.n_moves - node->first;
	if (node->n > 1)
		node->saved = save();
	s.n_nodes++;
	return 1;
}

/* Take the next move of the last state that has one.  0: all were tried. */
static int go_on(void)
{
	while (s.n_nodes) {
		struct node *node = &s.nodes[s.n_nodes - 1];
		const uint8_t *moves = s.moves + node->first;
		uint32_t i = node->next++;

		if (i >= node->n) {
			s.n_moves = node->first;
			s.saved_used = node->saved;
			s.n_nodes--;
			continue;
		}
		if (i > 0)
			restore(node->saved);
		/* A thread that was tried in all ways sleeps from now on. */
		if (i > 0 && moves[i] >> 6 != moves[i - 1] >> 6)
			node->asleep |= (uint8_t)(1u << (moves[i - 1] >> 6));
		s.depth = node->depth;
		s.asleep = (uint8_t)(node->asleep & ~(1u << (moves[i] >> 6)));
		run_move(moves[i]);
		filter_asleep();
		return 1;
	}
	return 0;
}

/* ---- the whole ------------------------------------------------------------------------------ */

static double now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

static void begin(void)
{
	memcpy(mc__arena, s.arena, mc__arena_used);
	mc__run.relearn = 0;
	mc__run.me = -1;
	mc__memory_begin();
	mc__threads_start();
	mc__world.kills = mc__run.scenario->kill;
	mc__world.spurious = mc__run.scenario->spurious;
	mc__world.timeouts = mc__run.scenario->timeouts;
	s.n_nodes = s.n_moves = s.depth = 0;
	s.saved_used = 0;
	s.asleep = 0;
	if (s.table)
		memset(s.table, 0, s.table_size * sizeof(*s.table));
	s.table_used = 0;
	s.result->states = 0;
	s.result->executions = 0;
}

static void search(double give_up)
{
	begin();
	for (;;) {
		if (mc__run.relearn)
			begin();
		if (!arrive())
			s.result->executions++;
		if (mc__run.failed || mc__run.broken)
			return;
		if ((s.result->steps & 4095) == 0 && now() > give_up) {
			s.result->verdict = MC_UNFINISHED;
			return;
		}
		if (!go_on())
			return;
	}
}

/* Run one schedule, with words. */
static void replay(const uint8_t *path, uint32_t n)
{
	begin();
	mc__run.tracing = 1;
	for (uint32_t i = 0; i < n && !mc__run.relearn; i++)
		run_move(path[i]);
	if (!mc__run.failed && !mc__run.broken)
		(void)candidates();
	mc__run.tracing = 0;
}

static void show_failure(void)
{
	static uint8_t path[MAX_DEPTH];
	uint32_t n = s.depth;

	memcpy(path, s.path, n);
	if (mc__run.options->save &&
	    mc__schedule_save(mc__run.options->save, path, n) == 0)
		printf("schedule in %s\n", mc__run.options->save);
	if (mc__run.options->quiet)
		return;
	mc__run.failed = 0;
	mc__run.broken = 0;
	replay(path, n);
	mc__run.failed = 1;
}

static void replay_file(void)
{
	static uint8_t path[MAX_DEPTH];
	uint32_t n;

	if (mc__schedule_load(mc__run.options->replay, path, MAX_DEPTH, &n))
		mc__cannot("no schedule in %s", mc__run.options->replay);
	else
		replay(path, n);
	if (mc__run.relearn)
		mc__cannot("%s belongs to another program",
			   mc__run.options->replay);
}

void mc_explore(const struct mc_scenario *scenario,
		const struct mc_options *options, struct mc_result *out)
{
	double start = now();

	memset(out, 0, sizeof(*out));
	mc__run = (struct mc_run){.me = -1};
	memset(mc__class, 0, sizeof(mc__class));
	mc__n_written = 0;
	mc__run.scenario = scenario;
	mc__run.options = options;
	mc__arena_used = 0;
	mc__names_clear();
	mc__threads_clear();
	s.result = out;
	if (!s.nodes) {
		s.nodes = calloc(MAX_DEPTH, sizeof(*s.nodes));
		s.moves = calloc(MAX_DEPTH, 64);
		if (!s.nodes || !s.moves)
			abort();
	}
	scenario->set_up();
	memcpy(s.arena, mc__arena, mc__arena_used);
	if (options->replay) {
		replay_file();
	} else {
		search(start + (options->seconds > 0 ? options->seconds : 600));
		if (mc__run.failed)
			show_failure();
	}
	if (mc__run.broken)
		out->verdict = MC_BROKEN;
	else if (mc__run.failed)
		out->verdict = MC_FAILS;
	memcpy(out->why, mc__run.why, sizeof(out->why));
	out->seconds = now() - start;
}
