/* SPDX-License-Identifier: MIT */
/*
 * lookup.c - find names: connect to one, list them, wait for them.
 *
 * Place in the data flow: the consumer's side of rendezvous; place.c says
 * where names are, listener.c is the other side.  Control plane.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>

#include "linux.h"

/* "sys:", a name, NUL. */
#define NAMES_BYTES (DSI_NAME_BYTES + 4)

/* The longest sleep for names.  A name that appears between the caller's
 * look and our watch is not reported, and a directory that is not there
 * cannot be watched; so nobody may rely on the report alone. */
#define NAMES_SLEEP_NS (100 * DSI__NS_PER_MS)

/* A name that was meant for the user's own place was found in one where
 * everybody may put names: it counts only if it is root's or the user's. */
static int lookup_is_ours(int conn)
{
	struct dsi_peer peer;

	return dsi_port_peer(conn, &peer) == 0 &&
	       (peer.uid == 0 || peer.uid == geteuid());
}

int dsi_port_connect(const char *name, uint32_t kind, int32_t *out_conn)
{
	struct dsi__place places[DSI__PLACES];
	char file[DSI__FILE_BYTES];
	uint32_t system;
	uint32_t n = 1;
	int result = dsi__place_file(name, kind, file, &system);

	if (result < 0)
		return result;
	if (system)
		dsi__place_system(&places[0]);
	else
		n = dsi__places(places);
	result = -DSI_ENOENT;
	for (uint32_t i = 0; i < n && result == -DSI_ENOENT; i++) {
		int dir = dsi__place_open(&places[i], 0);

		if (dir < 0) {
			result = dir;
			continue;
		}
		result = dsi__place_connect(&places[i], dir, file);
		(void)close(dir);
		if (result >= 0 && i > 0 && places[i].system &&
		    !lookup_is_ours(result)) {
			(void)close(result);
			result = -DSI_ENOENT;
		}
	}
	if (result < 0)
		return result;
	*out_conn = result;
	return 0;
}

/* ---- listing ------------------------------------------------------------ */

struct names_walk {
	uint32_t kind;
	uint32_t prefix; /* 1: say "sys:NAME" */
	uint32_t look;	 /* 1: leave their owners alone */
	void (*visit)(void *, const char *name);
	void *user;
	int32_t visited;
};

/* The name of a file, if it is one of that kind.  Everybody may put files
 * into the system's place, so what is no name must not get through. */
static int names_parse(const char *file, uint32_t kind,
		       char name[DSI_NAME_BYTES])
{
	static const char good[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				   "abcdefghijklmnopqrstuvwxyz"
				   "0123456789._-";
	const char *suffix = kind == DSI_PORT_COMPONENT ? "@component" : "";
	size_t n = strspn(file, good);

	if (n == 0 || n >= DSI_NAME_BYTES || *file == '.' ||
	    strcmp(file + n, suffix) != 0)
		return 0;
	memcpy(name, file, n);
	name[n] = '\0';
	return 1;
}

/* A dead name: remove it, unless somebody is busy with names just now. */
static void names_reap(const struct dsi__place *place, int dir,
		       const char *file)
{
	if (dsi__place_lock(dir, 0) < 0)
		return;
	/* It looks again: the owner may have been between bind and listen. */
	(void)dsi__place_clear(place, dir, file);
	dsi__place_unlock(dir);
}

static void names_visit(const struct dsi__place *place, int dir,
			const char *file, struct names_walk *walk)
{
	char name[DSI_NAME_BYTES];
	char shown[NAMES_BYTES];
	struct stat st;
	int fd;

	if (!names_parse(file, walk->kind, name) ||
	    fstatat(dir, file, &st, AT_SYMLINK_NOFOLLOW) < 0 ||
	    !S_ISSOCK(st.st_mode))
		return;
	/* The owner sees a peer that connects and hangs up; that is fine. */
	fd = walk->look ? -1 : dsi__place_connect(place, dir, file);
	if (fd == -DSI_ENOENT) {
		names_reap(place, dir, file);
		return;
	}
	if (fd >= 0)
		(void)close(fd);
	(void)snprintf(shown, sizeof(shown), "%s%s", walk->prefix ? "sys:" : "",
		       name);
	walk->visited++;
	walk->visit(walk->user, shown);
}

static int names_walk(const struct dsi__place *place, struct names_walk *walk)
{
	int fd = dsi__place_open(place, 0);
	struct dirent *entry;
	DIR *dir;

	if (fd < 0)
		return fd;
	dir = fdopendir(fd);
	if (!dir) {
		(void)close(fd);
		return -DSI_ENOMEM;
	}
	while ((entry = readdir(dir)) != NULL)
		names_visit(place, dirfd(dir), entry->d_name, walk);
	(void)closedir(dir);
	return 0;
}

/* In all places. */
static int32_t names_walk_all(struct names_walk *walk)
{
	struct dsi__place places[DSI__PLACES];
	uint32_t n = dsi__places(places);
	int result;

	for (uint32_t i = 0; i < n; i++) {
		/* In the own place the name may mean another stream. */
		walk->prefix = i > 0 && places[i].system;
		result = names_walk(&places[i], walk);
		/* A place that is not there or not for us has no names. */
		if (result == -DSI_EMFILE || result == -DSI_ENOMEM)
			return result;
	}
	return walk->visited;
}

int32_t dsi_port_names(uint32_t kind, void (*visit)(void *, const char *name),
		       void *user)
{
	struct names_walk walk = {.kind = kind, .visit = visit, .user = user};

	return names_walk_all(&walk);
}

int32_t dsi_port_names_look(uint32_t kind,
			    void (*visit)(void *, const char *name), void *user)
{
	struct names_walk walk = {
		.kind = kind, .look = 1, .visit = visit, .user = user};

	return names_walk_all(&walk);
}

/* ---- waiting ------------------------------------------------------------ */

static void names_watch(int watch)
{
	struct dsi__place places[DSI__PLACES];
	uint32_t n = dsi__places(places);

	for (uint32_t i = 0; i < n; i++) {
		/* IN_MOVED_TO: a listener that is ready takes its name. */
		uint32_t what = IN_CREATE | IN_DELETE | IN_MOVED_TO |
				IN_MOVED_FROM | IN_ONLYDIR;
		/* Make the one that a producer would make, to see it. */
		int dir = dsi__place_open(&places[i], i == 0);

		if (dir < 0)
			continue;
		(void)close(dir);
		(void)inotify_add_watch(watch, places[i].path, what);
	}
}

int dsi_port_names_wait(uint64_t deadline_ns)
{
	uint64_t until = dsi_port_now() + NAMES_SLEEP_NS;
	int watch = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
	struct pollfd fd = {.fd = watch, .events = POLLIN};
	int ready;

	if (until > deadline_ns)
		until = deadline_ns;
	/* Without a watch (they are counted per user) we just sleep: poll
	 * skips descriptor -1. */
	if (watch >= 0)
		names_watch(watch);
	ready = dsi__poll_until(&fd, 1, until);
	if (watch >= 0)
		(void)close(watch);
	if (ready == 0 && until == deadline_ns)
		return -DSI_ETIMEDOUT;
	return 0;
}
