/* SPDX-License-Identifier: MIT */
/*
 * listener.c - offer a name, and take the connections that come for it.
 *
 * Place in the data flow: the producer's side of rendezvous; place.c says
 * where names are, lookup.c is the other side.  Control plane.
 *
 * The access rule becomes owner and mode of the socket's file, because
 * connect() needs the right to write there: who is not admitted does not
 * even reach us.  The order is bind under a hidden name, owner, mode, listen,
 * rename: who finds the name can connect, by the right rule.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "linux.h"

#define LISTENER_BACKLOG 64
#define LISTENER_PATIENCE_NS (2000 * DSI__NS_PER_MS)

struct dsi_port_listener {
	int32_t handle;
	int dir;   /* of the file, to remove it even if it was moved */
	int spare; /* see listener_shed() */
	pid_t pid; /* a child has a copy of us, but not the name */
	dev_t dev;
	ino_t ino;
	struct dsi__place place;
	char file[DSI__FILE_BYTES];
	char hidden[32]; /* what the file is called until it is ready */
};

/* What connect() shall enforce.  A class has read and write, or nothing. */
static mode_t listener_mode(const struct dsi_access *access)
{
	mode_t mode = 0;

	if (!access)
		return 0600;
	if (access->permit) /* the core asks it, for every peer */
		return 0666;
	for (mode_t class = 06; class <= 0600; class <<= 3)
		if ((access->mode & class) == class)
			mode |= class;
	return access->mode ? mode : 0600;
}

/* Give the bound file its owner and mode, and remember which one it is.
 * Everything through one descriptor, so that it is the same file. */
static int listener_admit(struct dsi_port_listener *listener,
			  const struct dsi_access *access)
{
	int given = access && access->owner_given;
	uid_t uid = given ? access->uid : geteuid();
	gid_t gid = given ? access->gid : getegid();
	mode_t mode = listener_mode(access);
	char self[32];
	struct stat st;
	int result = 0;
	int fd;

	do
		fd = openat(listener->dir, listener->hidden,
			    O_PATH | O_NOFOLLOW | O_CLOEXEC);
	while (fd < 0 && errno == EINTR);
	if (fd < 0)
		return dsi__error_from(errno);
	/* chmod() through /proc: an O_PATH descriptor has no fchmod(). */
	(void)snprintf(self, sizeof(self), "/proc/self/fd/%d", fd);
	if (fstat(fd, &st) < 0 || !S_ISSOCK(st.st_mode))
		result = -DSI_EACCES;
	else if ((st.st_uid != uid || st.st_gid != gid) &&
		 fchownat(fd, "", uid, gid, AT_EMPTY_PATH) < 0)
		result = -DSI_EACCES;
	else if ((st.st_mode & 0777) != mode && chmod(self, mode) < 0)
		result = -DSI_EACCES;
	listener->dev = st.st_dev;
	listener->ino = st.st_ino;
	(void)close(fd);
	return result;
}

static int listener_bind(struct dsi_port_listener *listener)
{
	struct sockaddr_un address;
	socklen_t size = dsi__place_address(&listener->place, listener->dir,
					    listener->hidden, &address);

	if (bind(listener->handle, (const struct sockaddr *)&address, size) ==
	    0)
		return 0;
	if (errno == EADDRINUSE)
		return -DSI_EEXIST;
	return errno == EPERM ? -DSI_EACCES : dsi__error_from(errno);
}

/* Bind under a name that nobody looks for.  The lock makes us the only one
 * who does, so what is there was left behind; if it is another user's, in a
 * directory where we may not remove it, ours gets a number. */
static int listener_bind_hidden(struct dsi_port_listener *listener)
{
	int result;

	(void)snprintf(listener->hidden, sizeof(listener->hidden), ".new");
	(void)unlinkat(listener->dir, listener->hidden, 0);
	result = listener_bind(listener);
	if (result == -DSI_EEXIST) {
		(void)snprintf(listener->hidden, sizeof(listener->hidden),
			       ".new-%ld", (long)getpid());
		(void)unlinkat(listener->dir, listener->hidden, 0);
		result = listener_bind(listener);
	}
	return result;
}

/* Ready to accept: now the name may be seen.  Never over another file. */
static int listener_publish(const struct dsi_port_listener *listener)
{
	if (renameat2(listener->dir, listener->hidden, listener->dir,
		      listener->file, RENAME_NOREPLACE) == 0)
		return 0;
	return errno == EEXIST ? -DSI_EEXIST : dsi__error_from(errno);
}

/* Under the lock of the directory. */
static int listener_claim(struct dsi_port_listener *listener,
			  const struct dsi_access *access)
{
	int result = dsi__place_clear(&listener->place, listener->dir,
				      listener->file);

	if (result == 0)
		result = listener_bind_hidden(listener);
	if (result < 0)
		return result;
	result = listener_admit(listener, access);
	if (result == 0 && listen(listener->handle, LISTENER_BACKLOG) < 0)
		result = dsi__error_from(errno);
	if (result == 0)
		result = listener_publish(listener);
	if (result < 0)
		(void)unlinkat(listener->dir, listener->hidden, 0);
	return result;
}

/* The directory where we may put a name. */
static int listener_dir(struct dsi_port_listener *listener, uint32_t system)
{
	struct dsi__place places[DSI__PLACES];
	uint32_t n = 1;
	int dir = -DSI_EACCES;

	if (system)
		dsi__place_system(&places[0]);
	else
		n = dsi__places(places);
	for (uint32_t i = 0; i < n; i++) {
		/* The user's own place is what was asked for; falling back
		 * to the system's would publish a private name. */
		if (i > 0 && places[i].system)
			break;
		dir = dsi__place_open(&places[i], 1);
		if (dir >= 0 && dsi__place_writable(dir)) {
			listener->place = places[i];
			listener->dir = dir;
			return 0;
		}
		if (dir >= 0) {
			(void)close(dir);
			dir = -DSI_EACCES;
		}
	}
	return dir == -DSI_ENOENT ? -DSI_EACCES : dir;
}

static int listener_open(struct dsi_port_listener *listener,
			 const struct dsi_access *access, uint32_t system)
{
	int result = listener_dir(listener, system);

	if (result < 0)
		return result;
	do
		listener->spare = open("/", O_PATH | O_CLOEXEC);
	while (listener->spare < 0 && errno == EINTR);
	if (listener->spare < 0)
		return dsi__error_from(errno);
	listener->handle = socket(
		AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (listener->handle < 0)
		return dsi__error_from(errno);
	/* The mode of a socket is that of the file which bind() makes of it,
	 * less the umask: the file is never wider than it will be. */
	(void)fchmod(listener->handle, listener_mode(access));

	result = dsi__place_lock(listener->dir, LISTENER_PATIENCE_NS);
	if (result < 0)
		return result;
	result = listener_claim(listener, access);
	dsi__place_unlock(listener->dir);
	return result;
}

static void listener_free(struct dsi_port_listener *listener)
{
	dsi_port_handle_close(listener->handle);
	dsi_port_handle_close(listener->spare);
	dsi_port_handle_close(listener->dir);
	dsi_port_free(listener);
}

int dsi_port_listen(const char *name, uint32_t kind,
		    const struct dsi_access *access,
		    struct dsi_port_listener **out_listener)
{
	struct dsi_port_listener *listener;
	uint32_t system;
	int result;

	listener = dsi_port_alloc(sizeof(*listener));
	if (!listener)
		return -DSI_ENOMEM;
	listener->handle = -1;
	listener->dir = -1;
	listener->spare = -1;
	listener->pid = getpid();
	result = dsi__place_file(name, kind, listener->file, &system);
	if (result == 0)
		result = listener_open(listener, access, system);
	if (result < 0) {
		listener_free(listener);
		return result;
	}
	*out_listener = listener;
	return 0;
}

/* Remove the file if it is still ours.  If the lock is not to be had, it
 * stays, refuses connections, and goes with whoever meets it next. */
static void listener_withdraw(const struct dsi_port_listener *listener)
{
	struct stat st;

	if (listener->pid != getpid())
		return;
	if (dsi__place_lock(listener->dir, LISTENER_PATIENCE_NS) < 0)
		return;
	if (fstatat(listener->dir, listener->file, &st, AT_SYMLINK_NOFOLLOW) ==
		    0 &&
	    st.st_dev == listener->dev && st.st_ino == listener->ino)
		(void)unlinkat(listener->dir, listener->file, 0);
	dsi__place_unlock(listener->dir);
}

void dsi_port_listener_close(struct dsi_port_listener *listener)
{
	if (!listener)
		return;
	listener_withdraw(listener);
	listener_free(listener);
}

int32_t dsi_port_listener_handle(const struct dsi_port_listener *listener)
{
	return listener->handle;
}

/* The connection stays at the head of the queue and keeps the listener readable:
 * it is looked at again, but not all the time. */
static int listener_broken(int result)
{
	struct timespec nap = dsi__clock_timespec(DSI__NS_PER_MS);

	if (result != -DSI_EAGAIN)
		(void)clock_nanosleep(CLOCK_MONOTONIC, 0, &nap, NULL);
	return result;
}

/* No descriptor left for the connection at the head of the queue.  It would
 * stay there and keep the listener readable: the loop would spin.  So one
 * descriptor is held in reserve, to accept it and to close it.
 * -DSI_EMFILE: a peer was sent away (or even that failed); -DSI_EAGAIN: there
 * was none, accept() wants a number before it looks. */
static int listener_shed(struct dsi_port_listener *listener)
{
	int result = -DSI_EMFILE;
	int fd;

	dsi_port_handle_close(listener->spare);
	fd = accept4(listener->handle, NULL, NULL,
		     SOCK_NONBLOCK | SOCK_CLOEXEC);
	if (fd < 0)
		result = listener_broken(dsi__error_from(errno));
	dsi_port_handle_close(fd);
	listener->spare = open("/", O_PATH | O_CLOEXEC);
	return result;
}

int dsi_port_accept(struct dsi_port_listener *listener, int32_t *out_conn,
		    struct dsi_peer *out_peer)
{
	int result;
	int fd;

	do
		fd = accept4(listener->handle, NULL, NULL,
			     SOCK_NONBLOCK | SOCK_CLOEXEC);
	while (fd < 0 && (errno == EINTR || errno == ECONNABORTED));
	if (fd < 0) {
		result = dsi__error_from(errno);
		return result == -DSI_EMFILE ? listener_shed(listener)
					     : listener_broken(result);
	}
	result = dsi_port_peer(fd, out_peer);
	if (result < 0) {
		dsi_port_handle_close(fd);
		return result;
	}
	*out_conn = fd;
	return 0;
}
