/* SPDX-License-Identifier: MIT */
/*
 * exchange_state.h - what the files of the exchange know of each other.
 *
 *   exchange_main.c    calls from clients; the loop that serves them
 *   exchange_client.c  who they are, their events and handles; their end
 *   exchange_object.c  what handles stand for, and who pays for it
 *   exchange_memory.c  pages; regions
 *   exchange_device.c  the memory of a device as a region
 *   exchange_loan.c    pages of regions for a time
 *   exchange_conn.c    connections, bells, messages
 *   exchange_names.c   listeners and their names
 *   exchange_ready.c   readiness, and who waits for a word
 *   exchange_life.c    threads that learn of the end of clients
 *
 * One thread does all but the last.  It never waits for a client: an answer
 * goes to one who waits for it, a signal does not block.  The kernel and the
 * reference monitor are all that it waits for.
 *
 * What clients have is bounded for each of them, so that nobody can use up what
 * others need; what they left behind when they died is charged to those for
 * whom it stays.
 */
#ifndef MK_EXCHANGE_STATE_H
#define MK_EXCHANGE_STATE_H

#include <stdbool.h>
#include <stdint.h>

#include <dsi/errno.h>
#include <mklib/exchange.h>
#include <mklib/object_stubs.h>
#include <mklib/start.h>

#include "access_load.h"

#define CLIENTS MK_EXCHANGE_CLIENTS
/* Of one client's making, and as many that it inherited. */
#define OBJECTS_EACH 512u
#define QUEUE 16u	 /* messages that wait in one direction */
#define PAGE_MESSAGES 3u /* in one page */
#define QUEUE_PAGES ((QUEUE + PAGE_MESSAGES - 1) / PAGE_MESSAGES)
#define BACKLOG 16u /* connections that wait to be accepted */

#define SLOT_TRIAL 16ul
#define SLOT_DEATHS 18ul
#define SLOT_WATCHERS 32ul /* two for each client: exchange_life.c */
#define SLOT_KEPT 256ul

#define NO_GATE UINT64_MAX /* no gate */

struct client;

/* Signal @bits to an event of the client when the object becomes readable. */
struct watch {
	struct watch *next; /* of the object, or of the free ones */
	struct client *client;
	uint64_t bits;
	uint64_t uses;
	uint32_t handle, event;
};

/* A thread of the client waits for a word of the region. */
struct waiter {
	struct waiter *next; /* of the region */
	struct client *client;
	uint64_t mapping, offset, bits;
	uint64_t number;  /* in the region; the youngest has the highest */
	uint64_t message; /* the number of a gate, or NO_GATE */
	uint32_t event;
};

struct region {
	uint64_t first, pages;	/* in the pool, or at MK_DEVICE */
	uint64_t physical;	/* of a device; 0: in the pool */
	struct waiter *waiters; /* the youngest first */
	uint64_t waits;		/* that there ever were */
	uint64_t maker;		/* the client's number */
	bool share_write, unsealed, unsealable, withdrawn;
	bool lent; /* it has a second place, from which pages are lent */
};

/* See loan_create(). */
struct loan {
	struct object *data, *table; /* NULL: ended */
	uint64_t pages;		     /* of the data */
	uint64_t offset, unit, units;
};

/* One end of a connection or of a bell.  What waits here is a ring of QUEUE
 * places in pages that the end's payer pays for: who made the connection, not
 * who sends, so that whoever does not read takes nothing from those who send to
 * others. */
struct end {
	struct object *peer;	    /* NULL: closed */
	uint32_t page[QUEUE_PAGES]; /* its number and 1; 0: not there */
	uint32_t pages;
	uint32_t first, queued;
	bool rung;
	uint64_t client, program; /* who is at the other end */
};

struct listener {
	char name[MK_EXCHANGE_NAME_BYTES]; /* "": withdrawn */
	uint64_t kind;
	struct client *owner;
	struct object *first, **last; /* that nobody has accepted yet */
	uint32_t count;
};

struct object {
	uint32_t kind; /* MK_EXCHANGE_REGION...; 0: free */
	uint32_t refs; /* handles, mappings, messages, a listener's queue */
	struct client *payer;
	bool inherited;
	bool seen;	     /* while the unreachable are looked for */
	struct object *next; /* then, or of the free ones, or those that end */
	struct object *behind; /* in a listener's queue */
	struct watch *watches;
	union {
		struct region region;
		struct end end;
		struct listener listener;
		struct loan loan;
	};
};

struct message {
	uint32_t bytes, count;
	struct object *handle[MK_EXCHANGE_MSG_HANDLES];
	uint8_t text[MK_EXCHANGE_MSG_BYTES];
};

_Static_assert(PAGE_MESSAGES * sizeof(struct message) <= MK_PAGE_BYTES,
	       "messages in a page");

struct mapping {
	struct object *region; /* or a loan; NULL: free */
	uint64_t
		number; /* place + a multiple of all places; never used again */
	bool write;
};

enum life { FREE, LIVE, ENDED }; /* ended: its watcher has not said so yet */

struct client {
	enum life life;
	uint64_t session, number, program;
	uint64_t thread;		    /* slot */
	uint64_t mailboxes;		    /* first page */
	uint64_t event[MK_EXCHANGE_EVENTS]; /* slot; 0: free */
	uint64_t names_bits[MK_EXCHANGE_EVENTS];
	uint64_t sync; /* the gate's number, or NO_GATE */
	struct object *handle[MK_EXCHANGE_HANDLES];
	struct mapping mapping[MK_EXCHANGE_MAPPINGS];
	struct watch watch[MK_EXCHANGE_WATCHES];
	struct watch *free_watches;
	struct waiter waiter[MK_EXCHANGE_WORDS]; /* free: no client */
	uint32_t made, inherited;		 /* objects */
	uint64_t pages_made, pages_mapped;
	uint64_t mappings; /* that it ever had */
};

extern struct client clients[CLIENTS];
extern struct access_rules rules;
enum verb { LISTEN, CONNECT, DEVICE };

/* ---- exchange_client.c --------------------------------------------------- */

/* Before memory_begin(). */
void clients_begin(void);
/* By its number; NULL: it has ended. */
struct client *client_numbered(uint64_t number);
/* How many there can be. */
unsigned clients_most(void);
/* Whose session it is; NULL: of nobody who said hello. */
struct client *client_of(uint64_t session);
int client_hello(uint64_t session, uint64_t thread_slot);
/* Everything that it has goes; the place is free when its watcher says so. */
void client_end(struct client *c);
/* Its task may have died just now. */
bool client_alive(struct client *c);
/* Its watcher has come back: the place is free. */
void client_watched(unsigned place);
/* The window for capabilities that come with a call. */
const uint64_t *client_window(void);

int event_add(struct client *c, uint64_t *out_event);
int event_remove(struct client *c, uint64_t event);
bool event_valid(const struct client *c, uint64_t event);
/* Can it be passed on?  No if there is no such event any longer. */
bool event_passable(const struct client *c, uint64_t event);
void event_signal(const struct client *c, uint32_t event, uint64_t bits);

/* A number for @o, whose reference it takes over, also on failure. */
int handle_new(struct client *c, struct object *o, uint64_t *out_handle);
/* @kind 0: of any.  NULL: no such. */
struct object *handle_find(const struct client *c, uint64_t handle,
			   uint32_t kind);
uint64_t handle_count(const struct client *c);
int handle_close(struct client *c, uint64_t handle);

/* ---- exchange_object.c --------------------------------------------------- */

void objects_begin(void);
/* With one reference, charged to @c; NULL: it has too many. */
struct object *object_new(struct client *c, uint32_t kind);
void object_put(struct object *o);
/* The client has ended and closed all: what nobody can reach any more goes, what
 * others still have becomes theirs. */
void objects_inherit(struct client *dead);
/* Free what is reached only from itself.  Everything that is in use must have
 * its handle. */
void objects_collect(void);
/* Has the client room for so many more?  Collects if not. */
bool objects_room(struct client *c, uint32_t count);

/* ---- exchange_memory.c --------------------------------------------------- */

void memory_begin(void);
/* Zeroed; false: there is no more. */
bool pages_take(uint64_t count, uint64_t *out_first);
/* Also from all who got them. */
void pages_give(uint64_t first, uint64_t count);
uint8_t *pages_address(uint64_t first);
uint64_t pages_each(void); /* a client may have, and may map */
/* May the client have so many more?  The latter collects if not. */
bool pages_left(const struct client *c, uint64_t count);
bool pages_room(const struct client *c, uint64_t count);

int region_create(struct client *c, uint64_t bytes, uint64_t flags,
		  struct object **out);
void region_end(struct object *o);
/* How many of its pages somebody pays for. */
uint64_t region_cost(const struct region *r);
/* Nobody pays for its memory. */
void region_abandon(struct object *o);
int region_import(struct client *c, struct object *o, uint64_t bytes,
		  uint64_t flags);
int region_open(struct client *c, struct object *o, uint64_t bytes,
		uint64_t access, uint64_t *out_mapping);
int region_map(struct client *c, uint64_t mapping, uint64_t page,
	       uint64_t order, uint64_t *out_page);
int region_close(struct client *c, uint64_t mapping);
int region_withdraw(const struct client *c, struct object *o);
/* Of this kind. */
struct mapping *mapping_find(struct client *c, uint64_t mapping, uint32_t kind);
/* A number for the region, or a loan of so many pages. */
int mapping_new(struct client *c, struct object *o, uint64_t pages, bool write,
		uint64_t *out_mapping);

/* ---- exchange_device.c --------------------------------------------------- */

/* Its first page, as those of the pool are counted. */
uint64_t device_first(void);
int device_memory(struct client *c, struct object **out);
/* Nobody has the region any more. */
void device_end(void);

/* ---- exchange_loan.c ----------------------------------------------------- */

int loan_create(struct client *c, struct object *data, struct object *table,
		const struct loan *wanted, struct object **out);
void loan_end(struct object *o);
int loan_open(struct client *c, struct object *o, uint64_t pages, uint64_t unit,
	      uint64_t *out_mapping);
int loan_map(struct client *c, uint64_t mapping, uint64_t page, uint64_t order,
	     uint64_t *out_page);
int loan_recall(struct client *c, uint64_t mapping, uint64_t page,
		uint64_t pages);

/* ---- exchange_conn.c ----------------------------------------------------- */

int pair_new(struct client *c, uint32_t kind, struct object *out[2]);
void end_close(struct object *o);
int conn_send(struct client *c, struct object *o, uint64_t mailbox,
	      uint64_t bytes, const void *handles, uint64_t handles_bytes);
int conn_recv(struct client *c, struct object *o, uint64_t mailbox,
	      uint64_t capacity, uint64_t *out_bytes, uint8_t *out_handles,
	      uint64_t *out_handles_bytes);
/* The i-th that waits here. */
struct message *message_at(const struct end *e, uint32_t i);

/* ---- exchange_names.c ---------------------------------------------------- */

int name_listen(struct client *c, const char *name, uint64_t kind,
		struct object **out);
void listener_withdraw(struct object *o);
int name_connect(struct client *c, const char *name, uint64_t kind,
		 struct object **out);
int listener_accept(struct object *o, struct object **out);
int name_list(struct client *c, uint64_t kind, uint64_t index, char *out);
int names_watch(struct client *c, uint64_t seen, uint64_t event, uint64_t bits,
		uint64_t *out_generation);

/* ---- exchange_ready.c ---------------------------------------------------- */

bool object_readable(const struct object *o);
/* It has become so: tell who watches. */
void object_ready(const struct object *o);
int watch_add(struct client *c, uint64_t handle, uint64_t event, uint64_t bits);
/* One use less. */
void watch_end(struct client *c, struct object *o, uint64_t handle,
	       uint64_t event);
/* All of them; MK_EXCHANGE_EVENTS: of any event. */
void watch_remove(struct client *c, struct object *o, uint64_t handle,
		  uint64_t event);
uint64_t watch_ready(const struct client *c, const void *handles,
		     uint64_t bytes);
int word_wait(struct client *c, uint64_t mapping, uint64_t offset,
	      uint64_t event, uint64_t bits);
int word_message(struct client *c, uint64_t mapping, uint64_t offset,
		 uint64_t event, uint64_t gate);
int word_forget(struct client *c, uint64_t mapping, uint64_t offset,
		uint64_t event);
int word_wake(struct client *c, uint64_t mapping, uint64_t offset,
	      uint64_t *out_waiters);
int word_waiter(struct client *c, uint64_t mapping, uint64_t offset,
		uint64_t below, uint64_t *out_bits, uint64_t *out_waiter,
		uint64_t *out_event_page);
/* The gate of the maker's synchronisation thread. */
int word_sync(struct client *c, uint64_t mapping, uint64_t *out_there,
	      uint64_t *out_gate_page);
/* What belongs to an event or to a mapping that goes. */
void waiters_of_event(struct client *c, uint64_t event);
void waiters_of_mapping(struct client *c, uint64_t mapping);

/* ---- exchange_life.c ----------------------------------------------------- */

void life_begin(void);
/* Watch the thread in this slot for the client with this place. */
void life_watch(unsigned place, uint64_t thread);
/* The clients whose watchers have come back, as bits. */
bool life_event(const struct mk_message *m, uint64_t *out_ended);

#endif
