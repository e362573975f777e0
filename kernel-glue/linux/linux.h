/* SPDX-License-Identifier: MIT */
/*
 * linux.h - what the files of the Linux port share among themselves.
 *
 * Place in the data flow: below dsi/port.h.  Nobody outside this folder may
 * include it.  Reading order of the port, along the data flow:
 *
 *   region.c            memory that two processes see
 *   wait.c bell.c       how one tells the other: word, or descriptor
 *   place.c listener.c lookup.c   how they find each other
 *   conn.c peer.c       what they say first, and who says it
 *   loop.c monitor.c    one thread that hears when a peer dies
 *   numa.c              of which memory regions are made
 *   trace_provider.c module.c   who records; parts that are loaded
 *   alloc.c clock.c lock.c poll.c error.c   small things
 *
 * Every descriptor here is close-on-exec, and no descriptor is trusted to be
 * non-blocking: O_NONBLOCK belongs to the open file description, which a
 * peer shares and can change at any time.  Each call says "do not wait" for
 * itself (MSG_DONTWAIT).
 */
#ifndef DSI_LINUX_H
#define DSI_LINUX_H

#include <dirent.h>
#include <limits.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>

#include "dsi/port.h"

#define DSI__NS_PER_S UINT64_C(1000000000)
#define DSI__NS_PER_MS UINT64_C(1000000)

/* Our own logic only; never about what a peer or the system did. */
#define DSI__ASSERT(what) \
	((what) ? (void)0 : dsi_port_assert_failed(#what, __FILE__, __LINE__))

/* error.c: the negative DSI code for a value of errno. */
int dsi__error_from(int err);

/* clock.c: a point of DSI time as the system wants it. */
struct timespec dsi__clock_timespec(uint64_t ns);

/* poll.c: sleep until a descriptor is ready.  1: it may be; 0: the deadline has
 * passed.  Restarts after signals. */
int dsi__poll_until(struct pollfd *fds, uint32_t n, uint64_t deadline_ns);

/* module.c: a shared object that belongs to this library, by its file name; NULL:
 * dlerror() says why. */
void *dsi__module_load(const char *file);

/* numa.c: a region's pages do not exist yet; say where they shall be made. */
void dsi__numa_bind(void *addr, uint64_t bytes);

/* ---- place.c: the directories that names live in ------------------------ */

#define DSI__PLACES 2u
#define DSI__FILE_BYTES 96u /* a name and the suffix of its kind */

struct dsi__place {
	char path[PATH_MAX];
	uint32_t system;   /* 1: /run/dsi, shared by all users */
	uint32_t doubtful; /* 1: below /tmp, believe it only if it is ours */
};

/* The places in the order of search; returns how many. */
uint32_t dsi__places(struct dsi__place places[DSI__PLACES]);
/* Only the one that "sys:" names. */
void dsi__place_system(struct dsi__place *place);
/* A descriptor of the directory, or a negative code.  @make: create it. */
int dsi__place_open(const struct dsi__place *place, int make);
/* May we make files in it?  1 or 0. */
int dsi__place_writable(int dir);
/* Keep others from taking or clearing names.  @patience_ns bounds the wait:
 * -DSI_EBUSY. */
int dsi__place_lock(int dir, uint64_t patience_ns);
void dsi__place_unlock(int dir);
/* The file of a name.  *out_system: it began with "sys:". */
int dsi__place_file(const char *name, uint32_t kind, char file[DSI__FILE_BYTES],
		    uint32_t *out_system);
/* The address of a file for bind() and connect(); its length. */
socklen_t dsi__place_address(const struct dsi__place *place, int dir,
			     const char *file, struct sockaddr_un *address);
/* Connect without waiting: a descriptor or a negative code. */
int dsi__place_connect(const struct dsi__place *place, int dir,
		       const char *file);
/* Under the lock: remove a name that has no owner.  0, or -DSI_EEXIST if it
 * lives or is no name at all, -DSI_EACCES. */
int dsi__place_clear(const struct dsi__place *place, int dir, const char *file);

#endif /* DSI_LINUX_H */
