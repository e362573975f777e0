/* SPDX-License-Identifier: MIT */
/*
 * exchange_ready.c - who is told of what.  A signal only says that it is worth
 * looking: a client that gets one asks which handles are ready, or compares its
 * words.
 */
#include "exchange_state.h"

bool object_readable(const struct object *o)
{
	switch (o->kind) {
	case MK_EXCHANGE_BELL:
		return o->end.rung || !o->end.peer;
	case MK_EXCHANGE_CONN:
		return o->end.queued || !o->end.peer;
	case MK_EXCHANGE_LISTENER:
		return o->listener.first;
	default:
		return false;
	}
}

void object_ready(const struct object *o)
{
	for (const struct watch *w = o->watches; w; w = w->next)
		event_signal(w->client, w->event, w->bits);
}

/* ---- handles ------------------------------------------------------------- */

static struct watch *watch_find(const struct client *c, const struct object *o,
				uint64_t handle, uint64_t event)
{
	for (struct watch *w = o->watches; w; w = w->next)
		if (w->client == c && w->handle == handle && w->event == event)
			return w;
	return NULL;
}

int watch_add(struct client *c, uint64_t handle, uint64_t event, uint64_t bits)
{
	struct object *o = handle_find(c, handle, 0);
	struct watch *w;

	if (!o || o->kind == MK_EXCHANGE_REGION || !event_valid(c, event))
		return -DSI_EINVAL;
	w = watch_find(c, o, handle, event);
	if (!w) {
		w = c->free_watches;
		if (!w)
			return -DSI_EMFILE;
		c->free_watches = w->next;
		*w = (struct watch){.next = o->watches,
				    .client = c,
				    .handle = (uint32_t)handle,
				    .event = (uint32_t)event};
		o->watches = w;
	}
	w->bits |= bits;
	w->uses++;
	if (object_readable(o))
		event_signal(c, (uint32_t)event, bits);
	return 0;
}

void watch_remove(struct client *c, struct object *o, uint64_t handle,
		  uint64_t event)
{
	struct watch **link = &o->watches;

	while (*link) {
		struct watch *w = *link;

		if (w->client != c || w->handle != handle ||
		    (event != MK_EXCHANGE_EVENTS && w->event != event)) {
			link = &w->next;
			continue;
		}
		*link = w->next;
		w->next = c->free_watches;
		c->free_watches = w;
	}
}

void watch_end(struct client *c, struct object *o, uint64_t handle,
	       uint64_t event)
{
	struct watch *w = watch_find(c, o, handle, event);

	if (w && --w->uses == 0)
		watch_remove(c, o, handle, event);
}

uint64_t watch_ready(const struct client *c, const void *handles,
		     uint64_t bytes)
{
	uint64_t ready = 0;

	for (uint64_t i = 0; i < 64 && i < bytes / 4; i++) {
		struct object *o;
		uint32_t handle;

		__builtin_memcpy(&handle, (const uint8_t *)handles + i * 4, 4);
		o = handle_find(c, handle, 0);
		if (o && object_readable(o))
			ready |= 1ul << i;
	}
	return ready;
}

/* ---- words --------------------------------------------------------------- */

static struct waiter *waiter_free(struct client *c)
{
	for (unsigned i = 0; i < MK_EXCHANGE_WORDS; i++)
		if (!c->waiter[i].client)
			return &c->waiter[i];
	return NULL;
}

static void take_back_one(const struct client *c, uint64_t event)
{
	(void)mk_unmap(MK_CAP_TASK, mk_cap_page(c->event[event], MK_ALL_RIGHTS),
		       MK_UNMAP_OTHERS);
}

/* What was given out of its event, and of its gate. */
static void take_back(const struct waiter *w)
{
	take_back_one(w->client, w->event);
	if (w->message != NO_GATE)
		take_back_one(w->client, w->message);
}

static void waiter_end(struct region *r, struct waiter *gone)
{
	struct waiter **link = &r->waiters;

	/* Who keeps its capability must not take it for the one of somebody who
	 * comes after it. */
	take_back(gone);
	while (*link != gone)
		link = &(*link)->next;
	*link = gone->next;
	gone->client = NULL;
}

/* The client's oldest for this word; the list has the youngest first. */
static struct waiter *oldest_of(const struct client *c, const struct region *r,
				uint64_t offset, unsigned *out_count)
{
	struct waiter *found = NULL;

	*out_count = 0;
	for (struct waiter *w = r->waiters; w; w = w->next) {
		if (w->client != c || w->offset != offset)
			continue;
		found = w;
		++*out_count;
	}
	return found;
}

/* Who keeps the capabilities of this word's waiters does not know of the new
 * one: those capabilities die, and it asks again. */
static void forget_word(const struct region *r, uint64_t offset)
{
	for (const struct waiter *w = r->waiters; w; w = w->next)
		if (w->offset == offset)
			take_back(w);
}

static int word_of(struct client *c, uint64_t mapping, uint64_t offset,
		   struct region **out)
{
	struct mapping *m = mapping_find(c, mapping, MK_EXCHANGE_REGION);

	if (!m || offset % 4 ||
	    offset >= m->region->region.pages * MK_PAGE_BYTES)
		return -DSI_EINVAL;
	*out = &m->region->region;
	return 0;
}

static struct waiter *waiter_find(const struct client *c,
				  const struct region *r, uint64_t offset,
				  uint64_t event)
{
	for (struct waiter *w = r->waiters; w; w = w->next)
		if (w->client == c && w->offset == offset && w->event == event)
			return w;
	return NULL;
}

/* Who knows how it wanted to be woken before must ask again. */
static void waiter_way(struct waiter *w, uint64_t message)
{
	if (w->message != message)
		take_back(w);
	w->message = message;
}

int word_wait(struct client *c, uint64_t mapping, uint64_t offset,
	      uint64_t event, uint64_t bits)
{
	struct region *r = NULL;
	struct waiter *w;
	unsigned count;

	if (word_of(c, mapping, offset, &r) || !event_passable(c, event))
		return -DSI_EINVAL;
	w = waiter_find(c, r, offset, event);
	if (w) {
		w->bits = bits;
		waiter_way(w, NO_GATE);
		return 0;
	}
	w = oldest_of(c, r, offset, &count);
	if (count == MK_EXCHANGE_WORD_WAITERS)
		waiter_end(r, w);
	w = waiter_free(c);
	if (!w)
		return -DSI_EMFILE;
	forget_word(r, offset);
	*w = (struct waiter){.next = r->waiters,
			     .client = c,
			     .offset = offset,
			     .bits = bits,
			     .number = ++r->waits,
			     .message = NO_GATE,
			     .event = (uint32_t)event,
			     .mapping = mapping};
	r->waiters = w;
	return 0;
}

int word_message(struct client *c, uint64_t mapping, uint64_t offset,
		 uint64_t event, uint64_t gate)
{
	struct region *r = NULL;
	struct waiter *w;

	if (word_of(c, mapping, offset, &r) || !event_passable(c, gate))
		return -DSI_EINVAL;
	w = waiter_find(c, r, offset, event);
	if (!w)
		return -DSI_EINVAL;
	waiter_way(w, gate);
	return 0;
}

/* Ends those of the client's waiters that fit; an argument of all ones fits
 * any. */
static void waiters_end(struct client *c, uint64_t mapping, uint64_t offset,
			uint64_t event)
{
	for (unsigned i = 0; i < MK_EXCHANGE_WORDS; i++) {
		struct waiter *w = &c->waiter[i];

		if (!w->client || (~mapping && w->mapping != mapping) ||
		    (~offset && w->offset != offset) ||
		    (~event && w->event != event && w->message != event))
			continue;
		waiter_end(&mapping_find(c, w->mapping, MK_EXCHANGE_REGION)
				    ->region->region,
			   w);
	}
}

int word_forget(struct client *c, uint64_t mapping, uint64_t offset,
		uint64_t event)
{
	struct region *r;

	if (word_of(c, mapping, offset, &r))
		return -DSI_EINVAL;
	waiters_end(c, mapping, offset, event);
	return 0;
}

void waiters_of_event(struct client *c, uint64_t event)
{
	waiters_end(c, ~0ul, ~0ul, event);
}

void waiters_of_mapping(struct client *c, uint64_t mapping)
{
	waiters_end(c, mapping, ~0ul, ~0ul);
}

int word_wake(struct client *c, uint64_t mapping, uint64_t offset,
	      uint64_t *out_waiters)
{
	struct region *r = NULL;
	int error = word_of(c, mapping, offset, &r);

	if (error)
		return error;
	*out_waiters = 0;
	for (const struct waiter *w = r->waiters; w; w = w->next) {
		if (w->offset != offset)
			continue;
		event_signal(w->client, w->event, w->bits);
		++*out_waiters;
	}
	return 0;
}

/* What @c wakes it by: a gate that came back to its own task would arrive as a
 * label, so there it is the event. */
static uint64_t way_to(const struct client *c, const struct waiter *w)
{
	return w->client == c || w->message == NO_GATE ||
			       !event_passable(w->client, w->message)
		       ? w->event
		       : w->message;
}

int word_waiter(struct client *c, uint64_t mapping, uint64_t offset,
		uint64_t below, uint64_t *out_bits, uint64_t *out_waiter,
		uint64_t *out_event_page)
{
	struct region *r = NULL;
	int error = word_of(c, mapping, offset, &r);
	uint64_t way;

	if (error)
		return error;
	for (const struct waiter *w = r->waiters; w; w = w->next) {
		if (w->offset != offset || (below && w->number >= below) ||
		    !event_passable(w->client, w->event))
			continue;
		way = way_to(c, w);
		*out_bits = way == w->event ? w->bits : 0;
		*out_waiter = w->number;
		*out_event_page =
			mk_cap_page(w->client->event[way], MK_CAP_SEND);
		return 0;
	}
	return -DSI_ENOENT;
}

int word_sync(struct client *c, uint64_t mapping, uint64_t *out_there,
	      uint64_t *out_gate_page)
{
	const struct mapping *m = mapping_find(c, mapping, MK_EXCHANGE_REGION);
	const struct client *maker;

	if (!m)
		return -DSI_EINVAL;
	maker = client_numbered(m->region->region.maker);
	if (!maker || maker == c || maker->sync == NO_GATE)
		return -DSI_ENOENT;
	for (uint64_t i = 0; i < MK_EXCHANGE_MAPPINGS; i++) {
		if (maker->mapping[i].region != m->region)
			continue;
		*out_there = maker->mapping[i].number;
		*out_gate_page =
			mk_cap_page(maker->event[maker->sync], MK_CAP_SEND);
		return 0;
	}
	return -DSI_ENOENT;
}
