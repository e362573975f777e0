/* SPDX-License-Identifier: MIT */
/*
 * port.h - all that the core knows of a system.
 *
 * Place in the data flow: stream -> socket -> producer|consumer ->
 * ring + notify -> PORT.  Everything below this line is chosen at link time:
 * kernel-glue/linux, kernel-glue/microkernel, or tests/fake_port.  The core
 * calls nothing else but mem*().
 *
 * A *handle* is a small non-negative number that names a kernel object: a
 * file descriptor on Linux, a capability index on the microkernel.  -1 is no
 * handle.  Handles can be sent over a connection.
 *
 * Return values are 0 or negative DSI codes, as in the public headers.
 * "Freedom" says what a port may do that a caller must be ready for.
 */
#ifndef DSI_PORT_H
#define DSI_PORT_H

#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

#include <dsi/errno.h>
#include <dsi/socket.h>
#include <dsi/trace.h>
#include <dsi/types.h>

/* ---- memory, time, and what should never happen -------------------------- */

/* Zeroed memory, aligned to 64 bytes, or NULL.  Context: control plane. */
void *dsi_port_alloc(size_t bytes);
void dsi_port_free(void *memory);

/* The time base: ns, monotonic, equal in all address spaces.  RT-safe. */
uint64_t dsi_port_now(void);

/* Tell the CPU that we poll.  Freedom: may do nothing.  RT-safe. */
void dsi_port_relax(void);

/* 1 + the number of the CPU that the caller is on, as all address spaces count
 * them; 0: nobody knows.  It may be another one at once.  RT-safe. */
uint32_t dsi_port_cpu(void);

/* Our own logic is broken: report and end the process. */
_Noreturn void dsi_port_assert_failed(const char *what, const char *file,
				      int line);

/* One lock per process for the control plane.  Never held while calling the
 * application, waiting for a peer, or on the data path.  Not recursive. */
void dsi_port_lock(void);
void dsi_port_unlock(void);

/* Hand to attach() each trace provider that the system knows of: linked,
 * preloaded, or asked for by the user; once in a process, the first time.  What
 * is refused or cannot be found is said to the user, and is no error.
 * Freedom: there may be none at all.  Context: control plane. */
void dsi_port_trace(int (*attach)(const struct dsi_trace_provider *provider,
				  char *why, uint32_t why_bytes));

/* Close a handle of our own.  -1 is permitted. */
void dsi_port_handle_close(int32_t handle);
/* Close a handle that a peer sent and that was found to be nothing we know:
 * on some systems closing it can block for as long as the peer likes, and
 * must not do so here.  -1 is permitted. */
void dsi_port_handle_drop(int32_t handle);

/* ---- regions: shared memory with one writer ------------------------------ */

#define DSI_PORT_READ 1u
#define DSI_PORT_WRITE 2u    /* read and write */
#define DSI_PORT_UNSEALED 4u /* attach: accept what its owner could shrink */

struct dsi_port_region {
	void *addr;
	uint64_t bytes;
	int32_t handle; /* to send to peers; owned by the region */
	/* Where devices see its first byte, if the system vouches for that: of
	 * the memory of a device, contiguous.  0: nobody here knows. */
	uint64_t physical;
};

/* Make a region of at least @bytes, rounded up to pages, zeroed, mapped to
 * write here.  Peers will be able to map it READ, or WRITE if @share says so.
 * Its size is fixed for ever. */
int dsi_port_region_create(struct dsi_port_region *region, uint64_t bytes,
			   uint32_t share);

/* Make a region of what the application brought.  @handle stays the
 * caller's.  @bytes: least size, 0 = all of it.  -DSI_ENOSPC: too small. */
int dsi_port_region_import(struct dsi_port_region *region, int32_t handle,
			   uint64_t bytes, uint32_t share);

/* Map a peer's region of exactly @bytes (a multiple of the page size).
 * @access: DSI_PORT_READ or _WRITE, and _UNSEALED.  Takes @handle over, also
 * on failure; the region's own handle is -1.  @handle may be -1, for the peer
 * sent none: -DSI_EPROTO.
 * -DSI_EPROTO: not a region, other size, not sealed as needed.
 * -DSI_EACCES: the peer does not permit this access.
 * After success nothing the peer does can make an access here fault (unless
 * _UNSEALED was given). */
int dsi_port_region_attach(struct dsi_port_region *region, int32_t handle,
			   uint64_t bytes, uint32_t access);

/* Is @handle, which a peer sent, a region of exactly @bytes that a third one
 * could attach to read?  Nothing is mapped, the handle stays the caller's.
 * 0: it can be kept, passed on, and closed, and none of that blocks or keeps
 * anything alive but memory.  -DSI_EPROTO: it is something else. */
int dsi_port_region_check(int32_t handle, uint64_t bytes);

/* Unmap and close.  A zeroed struct with handle -1 or 0 bytes is fine. */
void dsi_port_region_fini(struct dsi_port_region *region);

/* Are there regions whose physical address is known?  0, or -DSI_ENOTSUP: then
 * it is 0 in all. */
int dsi_port_physical_possible(void);

/* The unit of region sizes, a power of two. */
uint64_t dsi_port_page_bytes(void);

/* ---- loans: memory that a peer sees only for a time ---------------------- */

/* Can pages be taken back from a process whatever it does?  0, or -DSI_ENOTSUP:
 * then all of the following answer that, too. */
int dsi_port_loan_possible(void);

/* A handle to send to one peer, through which it can borrow units of @unit_bytes
 * (whole pages) of our region @data.  The word of 32 bits at @offset + 4 * i in
 * our region @table says how many pages of unit i are lent, of @units; who
 * borrows cannot write there.  The handle is the caller's; @table stays as long
 * as the peer can use it. */
int dsi_port_loan_create(const struct dsi_port_region *data,
			 uint64_t unit_bytes, uint32_t units,
			 const struct dsi_port_region *table, uint64_t offset,
			 int32_t *out_handle);
/* Take pages of @data back from all who borrowed them.  Set the words in all
 * tables to 0 before: then nobody has them afterwards, or gets them.
 * Context: RT-safe but for one call of the system. */
int dsi_port_loan_recall(const struct dsi_port_region *data, uint64_t offset,
			 uint64_t bytes);

/* The other side: an address range of exactly @bytes in which nothing is
 * mapped.  Takes @handle over, as dsi_port_region_attach(), and ends with
 * dsi_port_region_fini().  @out_loan is for the two that follow. */
int dsi_port_loan_attach(struct dsi_port_region *region, int32_t handle,
			 uint64_t bytes, uint64_t unit_bytes,
			 uint64_t *out_loan);
/* Map the pages of [offset, offset + bytes), inside the region and inside one
 * unit, to read.  They stay until they are given back or recalled: then an
 * access faults.  -DSI_EACCES: they are not lent.  -DSI_ENOMEM: no room.
 * Context: RT-safe but for calls of the system, as is giving them back. */
int dsi_port_loan_take(const struct dsi_port_region *region, uint64_t loan,
		       uint64_t offset, uint64_t bytes);
void dsi_port_loan_give(const struct dsi_port_region *region, uint64_t offset,
			uint64_t bytes);

/* ---- placement: of which memory regions are made -------------------------- */

/* One end of a stream.  The core reads nothing but @policy. */
struct dsi_port_placement {
	uint32_t policy; /* DSI_PLACEMENT_*, as the application or its user
			  * asked */
	uint32_t of;	 /* node or process */
	int32_t node;	 /* where what this end makes shall lie; -1: anywhere */
	uint32_t plans;	 /* made for the data area so far */
};

/* Find out where the calling thread's end is at home.
 * Freedom, also of the next three: a port may do nothing.  What was asked for and
 * cannot be done is said to the user, once, and is no error.  Context: control
 * plane. */
void dsi_port_placement_init(struct dsi_port_placement *placement,
			     uint32_t policy, uint32_t of);
/* Between begin and end, regions that this thread creates are made of memory
 * of the end's node.  They do not nest. */
void dsi_port_placement_begin(const struct dsi_port_placement *placement);
void dsi_port_placement_end(void);
/* Policy AUTO: put the producer's data area where it serves consumers that are
 * the processes @pids, at least one, before the newest of them maps it; 0 = not
 * known. */
void dsi_port_placement_data(struct dsi_port_placement *placement,
			     const struct dsi_port_region *data,
			     const uint32_t *pids, uint32_t n_pids);

/* ---- wait and wake on words ---------------------------------------------- */

struct dsi_port_word {
	const _Atomic uint32_t *word;
	uint32_t expected;
	uint32_t shared; /* 1: lies in a region, written by a peer */
};

/* Sleep while all @n words have their expected values, until deadline_ns.
 * Return: 0 or -DSI_ETIMEDOUT.
 * Freedom: may return 0 early for any reason; must not lose a wake that
 * happens after a word changed.  Comparing and falling asleep is one step,
 * ordered after all earlier accesses of the caller (a full barrier).
 * Context: RT-safe. */
int dsi_port_wait(const struct dsi_port_word *words, uint32_t n,
		  uint64_t deadline_ns);

/* The most words one wait can take, at least 32. */
uint32_t dsi_port_wait_max(void);

/* Wake who waits on a word: one waiter of a shared one (there is one, unless a
 * hostile peer parks more), all waiters of a private one (the work thread and
 * one that selects).  Never blocks; errors are swallowed.  Context: RT-safe. */
void dsi_port_wake(const _Atomic uint32_t *word, uint32_t shared);

/* Wake who waits on a shared word, as dsi_port_wake(@wake, 1), and then
 * dsi_port_wait(): for who has changed @wake and has nothing more to do until
 * the peer answers.  The wake is sent in any case, also if the words have
 * changed.
 * Return and Freedom: as dsi_port_wait().
 * Freedom: may be one step for the system, so that a peer on the same CPU runs
 * at once.  Context: RT-safe. */
int dsi_port_wake_wait(const _Atomic uint32_t *wake,
		       const struct dsi_port_word *words, uint32_t n,
		       uint64_t deadline_ns);

/* ---- bells: a wake-up that an event loop can see ------------------------- */

/* Two connected ends.  Ringing one makes the other readable.  Who listens
 * makes the pair and hands out the end to ring: then a peer cannot make any
 * of these calls block. */
int dsi_port_bell_pair(int32_t out_ends[2]);
/* Is a handle that a peer sent the end of a bell?  0, or -DSI_EPROTO: what
 * else it may be could make ringing block. */
int dsi_port_bell_check(int32_t end);
void dsi_port_bell_ring(int32_t end);	 /* RT-safe */
void dsi_port_bell_silence(int32_t end); /* RT-safe */

/* ---- connections: messages with handles ---------------------------------- */

#define DSI_PORT_MSG_BYTES 1024u
#define DSI_PORT_MSG_HANDLES 8u

/* What a name stands for. */
#define DSI_PORT_STREAM 0u
#define DSI_PORT_COMPONENT 1u

struct dsi_port_listener;

/* Offer @name (checked by the caller).  A name whose owner is dead is taken
 * over.  @access gives the system's own admission rule, where it has one.
 * -DSI_EEXIST: it has a live owner.  -DSI_EACCES: the place of names is not
 * ours to write.  -DSI_EBUSY: somebody keeps that place locked. */
int dsi_port_listen(const char *name, uint32_t kind,
		    const struct dsi_access *access,
		    struct dsi_port_listener **out_listener);
/* Withdraw the name. */
void dsi_port_listener_close(struct dsi_port_listener *listener);
/* For dsi_port_loop_add(). */
int32_t dsi_port_listener_handle(const struct dsi_port_listener *listener);
/* Take a waiting connection, -DSI_EAGAIN if there is none, -DSI_EMFILE if one
 * had to be turned away because our table is full.  Never blocks. */
int dsi_port_accept(struct dsi_port_listener *listener, int32_t *out_conn,
		    struct dsi_peer *out_peer);

/* Who is at the other end, as the system vouches for it. */
int dsi_port_peer(int32_t conn, struct dsi_peer *out_peer);
/* Is the peer a member of the group?  1 or 0. */
int dsi_port_peer_in_group(int32_t conn, uint32_t gid);
/* Our own identity. */
void dsi_port_self(struct dsi_peer *out_self);

/* Connect to a name.  Never waits for the owner: -DSI_ENOENT no such name or
 * its owner is dead, -DSI_EACCES, -DSI_EAGAIN its queue is full. */
int dsi_port_connect(const char *name, uint32_t kind, int32_t *out_conn);
/* Sleep until the set of names may have changed.  Freedom: may return early.
 * -DSI_ETIMEDOUT at the deadline. */
int dsi_port_names_wait(uint64_t deadline_ns);
/* Visit all names of a kind; removes those whose owner is dead.  Names of the
 * system's place may be given as "sys:NAME".  Return the number visited or a
 * negative code. */
int32_t dsi_port_names(uint32_t kind, void (*visit)(void *, const char *name),
		       void *user);

/* Likewise, but only look: no owner is asked whether it lives, none notices,
 * and nothing is removed. */
int32_t dsi_port_names_look(uint32_t kind,
			    void (*visit)(void *, const char *name),
			    void *user);

/* Two connected ends, for a control application to hand out. */
int dsi_port_conn_pair(int32_t out_ends[2]);
/* Is a handle that was handed out to us a connection?  0, or -DSI_EPROTO: what
 * else it may be could make sending or closing block. */
int dsi_port_conn_check(int32_t conn);

/* Send one message, whole or not at all; never blocks.  The handles stay the
 * caller's.  -DSI_EAGAIN: queue full; -DSI_EPIPE: peer is gone. */
int dsi_port_send(int32_t conn, const void *msg, uint32_t bytes,
		  const int32_t *handles, uint32_t n_handles);

/* Receive one message; never blocks.  Received handles are the caller's.
 * Return its length > 0, -DSI_EAGAIN, -DSI_EPIPE after the last message of a
 * peer that closed or died, -DSI_EPROTO if it was longer than @capacity or
 * had more handles than DSI_PORT_MSG_HANDLES, -DSI_EMFILE if our table has no
 * room for its handles (all are closed then).
 * @out_handles has room for DSI_PORT_MSG_HANDLES. */
int32_t dsi_port_recv(int32_t conn, void *buffer, uint32_t capacity,
		      int32_t *out_handles, uint32_t *out_n_handles);

/* Sleep until recv would not say -DSI_EAGAIN.  0 or -DSI_ETIMEDOUT. */
int dsi_port_conn_wait(int32_t conn, uint64_t deadline_ns);

/* ---- loops: one thread that watches many handles ------------------------- */

struct dsi_port_loop;

#define DSI_PORT_WHY_READY 1u /* readable, or the peer hung up */
#define DSI_PORT_WHY_TIMER 2u /* the source's deadline passed */
#define DSI_PORT_WHY_KICK 4u  /* dsi_port_loop_kick() */

/* Embedded in what wants to be told.  The core sets ready and handle before
 * add; the rest is the port's. */
struct dsi_port_source {
	void (*ready)(struct dsi_port_source *source, uint32_t why);
	int32_t handle; /* -1: only kicks and timers */
	uint64_t deadline_ns;
	struct dsi_port_source *next, *prev;
	_Atomic uint32_t kicked;
	uint32_t state;
};

#define DSI_PORT_LOOP_THREAD 1u /* runs by itself, on a thread of its own */

int dsi_port_loop_create(uint32_t flags, struct dsi_port_loop **out_loop);
/* All sources must have been removed.  Not from ready(). */
void dsi_port_loop_destroy(struct dsi_port_loop *loop);

/* The process-wide loop with a thread: started with the first get, ended
 * with the last put. */
int dsi_port_monitor_get(struct dsi_port_loop **out_loop);
void dsi_port_monitor_put(struct dsi_port_loop *loop);

/* Level-triggered: ready() is called as long as the handle is readable.  The
 * handle must be a connection, a listener or a bell, else -DSI_EPROTO. */
int dsi_port_loop_add(struct dsi_port_loop *loop,
		      struct dsi_port_source *source);
/* Afterwards ready() is not running and will not be called again; waits for
 * a running one, unless called from a ready() of the same loop.  A source
 * that is not in the loop is permitted: nothing happens. */
void dsi_port_loop_remove(struct dsi_port_loop *loop,
			  struct dsi_port_source *source);
/* Call ready() with WHY_TIMER once when the deadline passes; DSI_FOREVER
 * disarms. */
void dsi_port_loop_timer(struct dsi_port_loop *loop,
			 struct dsi_port_source *source, uint64_t deadline_ns);
/* Call ready() with WHY_KICK soon, on the loop's thread.  RT-safe, any
 * thread; several kicks may become one. */
void dsi_port_loop_kick(struct dsi_port_loop *loop,
			struct dsi_port_source *source);
/* A loop without thread: call what is ready, waiting until the deadline for
 * the first.  One thread at a time, not from a ready().  0 if something was
 * called, -DSI_ETIMEDOUT, or what the system says. */
int dsi_port_loop_dispatch(struct dsi_port_loop *loop, uint64_t deadline_ns);
/* A handle that is readable when dispatch has something to do, for foreign
 * event loops; -DSI_ENOTSUP where there is no such thing. */
int32_t dsi_port_loop_handle(struct dsi_port_loop *loop);
/* Sleep until one of the loops has something to do.  0 or -DSI_ETIMEDOUT. */
int dsi_port_loop_wait_any(struct dsi_port_loop *const *loops, uint32_t n,
			   uint64_t deadline_ns);

#endif /* DSI_PORT_H */
