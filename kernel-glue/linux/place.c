/* SPDX-License-Identifier: MIT */
/*
 * place.c - the directories that names live in, and their files.
 *
 * Place in the data flow: below listener.c and lookup.c.  Control plane.
 *
 * There is no daemon that keeps names: a name is a socket in a directory,
 * and the file system is the name server.  A user's own names are in
 *
 *   $DSI_RUNTIME_DIR           if set (tests, containers), else
 *   $XDG_RUNTIME_DIR/dsi       if set, else
 *   /run/dsi                   if we may write there, else
 *   /tmp/dsi-UID               if it is really ours
 *
 * and those of the system, "sys:NAME", always in /run/dsi.  Who looks a name
 * up tries the own place first, then the system's.
 *
 * What a directory cannot do by itself is to remove the names of the dead.
 * Whoever wants a name does it: a socket that refuses connections has no
 * owner.  But a new one refuses as well, between bind() and listen(); so
 * both happen under a lock on the directory, and so does every removal.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "linux.h"

#define PLACE_SYSTEM "/run/dsi"
#define PLACE_COMPONENT "@component" /* '@' cannot be in a name */
#define PLACE_PREFIX "sys:"

void dsi__place_system(struct dsi__place *place)
{
	memset(place, 0, sizeof(*place));
	(void)snprintf(place->path, sizeof(place->path), PLACE_SYSTEM);
	place->system = 1;
}

static int place_from_env(struct dsi__place *place, const char *variable,
			  const char *below)
{
	/* secure: not in a set-uid program, whose caller chose the value. */
	const char *value = secure_getenv(variable);
	int n;

	memset(place, 0, sizeof(*place));
	if (!value || !*value)
		return 0;
	n = snprintf(place->path, sizeof(place->path), "%s%s", value, below);
	if (n < 0 || (size_t)n >= sizeof(place->path))
		return 0;
	place->system = strcmp(place->path, PLACE_SYSTEM) == 0;
	return 1;
}

uint32_t dsi__places(struct dsi__place places[DSI__PLACES])
{
	/* Who names a directory means that one and no other. */
	if (place_from_env(&places[0], "DSI_RUNTIME_DIR", ""))
		return 1;
	if (place_from_env(&places[0], "XDG_RUNTIME_DIR", "/dsi")) {
		if (places[0].system)
			return 1;
		dsi__place_system(&places[1]);
		return 2;
	}
	dsi__place_system(&places[0]);
	memset(&places[1], 0, sizeof(places[1]));
	(void)snprintf(places[1].path, sizeof(places[1].path), "/tmp/dsi-%u",
		       (unsigned int)geteuid());
	places[1].doubtful = 1;
	return 2;
}

static void place_make(const struct dsi__place *place)
{
	if (!place->system) {
		(void)mkdir(place->path, 0700);
		return;
	}
	/* Everybody may put names there, and remove only their own: that is
	 * what the sticky bit does.  Only root can promise it. */
	if (geteuid() == 0 && mkdir(place->path, 0755) == 0)
		(void)chmod(place->path, 01777);
}

int dsi__place_open(const struct dsi__place *place, int make)
{
	int flags = O_RDONLY | O_DIRECTORY | O_CLOEXEC;
	struct stat st;
	int fd;

	if (place->doubtful)
		flags |= O_NOFOLLOW;
	if (make)
		place_make(place);
	do
		fd = open(place->path, flags);
	while (fd < 0 && errno == EINTR); /* of a network, or in user space */
	if (fd < 0)
		return errno == ENOTDIR || errno == ELOOP
			       ? -DSI_EACCES
			       : dsi__error_from(errno);
	/* Anybody could have made it, in /tmp. */
	if (place->doubtful && (fstat(fd, &st) < 0 || st.st_uid != geteuid() ||
				(st.st_mode & 077) != 0)) {
		(void)close(fd);
		return -DSI_EACCES;
	}
	return fd;
}

int dsi__place_writable(int dir)
{
	return faccessat(dir, ".", W_OK | X_OK, AT_EACCESS) == 0;
}

/* In a directory that all may read, any user can hold this lock, for ever.
 * That must not stop us for ever. */
int dsi__place_lock(int dir, uint64_t patience_ns)
{
	uint64_t deadline_ns = dsi_port_now() + patience_ns;
	struct timespec nap = dsi__clock_timespec(DSI__NS_PER_MS);

	while (flock(dir, LOCK_EX | LOCK_NB) < 0) {
		if (errno != EWOULDBLOCK && errno != EINTR)
			return dsi__error_from(errno);
		if (dsi_port_now() >= deadline_ns)
			return -DSI_EBUSY;
		(void)clock_nanosleep(CLOCK_MONOTONIC, 0, &nap, NULL);
	}
	return 0;
}

/* Not just by closing: a child forked meanwhile would keep it locked. */
void dsi__place_unlock(int dir)
{
	(void)flock(dir, LOCK_UN);
}

int dsi__place_file(const char *name, uint32_t kind, char file[DSI__FILE_BYTES],
		    uint32_t *out_system)
{
	size_t prefix = strlen(PLACE_PREFIX);
	int n;

	*out_system = strncmp(name, PLACE_PREFIX, prefix) == 0;
	if (*out_system)
		name += prefix;
	/* The caller checked it; a path out of the directory would be too bad
	 * to rely on that. */
	if (!*name || *name == '.' || strchr(name, '/'))
		return -DSI_EINVAL;
	if (kind != DSI_PORT_STREAM && kind != DSI_PORT_COMPONENT)
		return -DSI_EINVAL;
	n = snprintf(file, DSI__FILE_BYTES, "%s%s", name,
		     kind == DSI_PORT_COMPONENT ? PLACE_COMPONENT : "");
	if (n < 0 || (size_t)n >= DSI__FILE_BYTES)
		return -DSI_ENAMETOOLONG;
	return 0;
}

socklen_t dsi__place_address(const struct dsi__place *place, int dir,
			     const char *file, struct sockaddr_un *address)
{
	size_t size = sizeof(address->sun_path);
	int n;

	memset(address, 0, sizeof(*address));
	address->sun_family = AF_UNIX;
	/* The plain path, because tools like ss show it; the way through
	 * /proc where that has no room. */
	n = snprintf(address->sun_path, size, "%s/%s", place->path, file);
	if (n < 0 || (size_t)n >= size)
		n = snprintf(address->sun_path, size, "/proc/self/fd/%d/%s",
			     dir, file);
	DSI__ASSERT(n > 0 && (size_t)n < size);
	return (socklen_t)(offsetof(struct sockaddr_un, sun_path) + (size_t)n +
			   1);
}

int dsi__place_connect(const struct dsi__place *place, int dir,
		       const char *file)
{
	struct sockaddr_un address;
	socklen_t size = dsi__place_address(place, dir, file, &address);
	int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK | SOCK_CLOEXEC,
			0);
	int err;

	if (fd < 0)
		return dsi__error_from(errno);
	while (connect(fd, (const struct sockaddr *)&address, size) < 0) {
		err = errno;
		if (err == EINTR)
			continue;
		(void)close(fd);
		/* Refused: the socket is there, but nobody has it open. */
		if (err == ECONNREFUSED || err == ENOTDIR || err == ELOOP)
			return -DSI_ENOENT;
		return err == EPERM ? -DSI_EACCES : dsi__error_from(err);
	}
	return fd;
}

/* Is there somebody?  A rule like 0060 can lock out the owner itself, whose
 * question would then have no answer; if the file is ours, change that for
 * the moment. */
static int place_probe(const struct dsi__place *place, int dir,
		       const char *file, const struct stat *st)
{
	int fd = dsi__place_connect(place, dir, file);

	if (fd == -DSI_EACCES && st->st_uid == geteuid() &&
	    fchmodat(dir, file, (st->st_mode & 0777) | 0200, 0) == 0) {
		fd = dsi__place_connect(place, dir, file);
		if (fchmodat(dir, file, st->st_mode & 0777, 0) < 0)
			(void)0; /* it is stale, and goes next */
	}
	if (fd >= 0)
		(void)close(fd);
	return fd >= 0 ? 0 : fd;
}

int dsi__place_clear(const struct dsi__place *place, int dir, const char *file)
{
	struct stat st;

	if (fstatat(dir, file, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return errno == ENOENT ? 0 : dsi__error_from(errno);
	/* Connecting to what is no socket is refused, too. */
	if (!S_ISSOCK(st.st_mode) ||
	    place_probe(place, dir, file, &st) != -DSI_ENOENT)
		return -DSI_EEXIST;
	if (unlinkat(dir, file, 0) < 0 && errno != ENOENT)
		return errno == EPERM ? -DSI_EACCES : dsi__error_from(errno);
	return 0;
}
