// SPDX-License-Identifier: MIT
/*
 * fd_io.c - input and output of a command: a file, a pipe, a terminal.
 *
 * A pipe is polled before each read and write, together with the descriptor
 * of interrupt.h: so a signal ends the wait whenever it comes.  A regular
 * file is not polled: it never blocks.
 */
#define _GNU_SOURCE 1
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fd_io.h"
#include "interrupt.h"
#include "message.h"
#include "progress.h"

static int fail(struct io_channel *channel)
{
	channel->error = errno;
	return IO_FAILED;
}

static int fail_open(const struct io_channel *channel, int error)
{
	if (error == EISDIR)
		message_error(channel->name,
			      "is a directory; give a file, or - for the "
			      "standard stream");
	else
		message_error(channel->name, "cannot open: %s",
			      strerror(error));
	return IO_FAILED;
}

static int open_channel(struct io_channel *channel, const char *file, int flags,
			int standard_fd)
{
	struct stat status;

	channel->fd = standard_fd;
	if (file && strcmp(file, "-") != 0) {
		channel->name = file;
		channel->fd = open(file, flags | O_CLOEXEC, 0666);
	}
	if (channel->fd < 0 || fstat(channel->fd, &status) < 0)
		return fail_open(channel, errno);
	if (S_ISDIR(status.st_mode))
		return fail_open(channel, EISDIR);
	channel->regular = S_ISREG(status.st_mode);
	return IO_OK;
}

int io_open_input(struct io_channel *in, const char *file,
		  struct progress *progress)
{
	*in = (struct io_channel){.name = "standard input",
				  .progress = progress};
	return open_channel(in, file, O_RDONLY, STDIN_FILENO);
}

int io_open_output(struct io_channel *out, const char *file,
		   struct progress *progress)
{
	*out = (struct io_channel){.name = "standard output",
				   .progress = progress};
	return open_channel(out, file, O_WRONLY | O_CREAT, STDOUT_FILENO);
}

int io_truncate(struct io_channel *out)
{
	if (!out->regular || out->fd == STDOUT_FILENO)
		return IO_OK;
	return ftruncate(out->fd, 0) < 0 ? fail(out) : IO_OK;
}

/* Wait for @events.  Errors of the descriptor count as ready: the read or
 * write that follows reports them. */
static int wait_ready(struct io_channel *channel, short events)
{
	struct pollfd fds[2] = {
		{.fd = channel->fd, .events = events},
		{.fd = interrupt_fd(), .events = POLLIN},
	};

	for (;;) {
		int ready;

		if (interrupt_signal())
			return IO_STOPPED;
		progress_tick(channel->progress);
		ready = poll(fds, 2, progress_poll_ms(channel->progress));
		if (ready < 0 && errno != EINTR)
			return fail(channel);
		if (ready > 0 && fds[0].revents)
			return IO_OK;
	}
}

static size_t take_unread(struct io_channel *in, void *to, size_t bytes)
{
	size_t n = bytes < in->unread_bytes ? bytes : in->unread_bytes;

	memcpy(to, in->unread, n);
	in->unread_bytes -= n;
	memmove(in->unread, in->unread + n, in->unread_bytes);
	return n;
}

int io_read_some(struct io_channel *in, void *to, size_t bytes, size_t *out_got)
{
	*out_got = 0;
	if (in->unread_bytes) {
		*out_got = take_unread(in, to, bytes);
		return IO_OK;
	}
	if (in->ended)
		return IO_END;
	for (;;) {
		ssize_t got;
		int result = IO_OK;

		if (!in->regular)
			result = wait_ready(in, POLLIN);
		else if (interrupt_signal())
			result = IO_STOPPED;
		if (result != IO_OK)
			return result;
		got = read(in->fd, to, bytes);
		if (got > 0) {
			*out_got = (size_t)got;
			return IO_OK;
		}
		if (got == 0) {
			in->ended = true;
			return IO_END;
		}
		if (errno != EINTR && errno != EAGAIN)
			return fail(in);
	}
}

int io_read_full(struct io_channel *in, void *to, size_t bytes, size_t *out_got)
{
	*out_got = 0;
	while (*out_got < bytes) {
		size_t got;
		int result = io_read_some(in, (uint8_t *)to + *out_got,
					  bytes - *out_got, &got);

		if (result != IO_OK)
			return result;
		*out_got += got;
	}
	return IO_OK;
}

bool io_readable(const struct io_channel *in)
{
	struct pollfd fd = {.fd = in->fd, .events = POLLIN};

	return in->regular || in->unread_bytes || poll(&fd, 1, 0) > 0;
}

void io_unread(struct io_channel *in, const void *from, size_t bytes)
{
	memmove(in->unread + bytes, in->unread, in->unread_bytes);
	memcpy(in->unread, from, bytes);
	in->unread_bytes += bytes;
}

/* Skip what was written; returns how many elements are used up. */
static int advance(struct iovec *iov, int n, size_t written)
{
	int i;

	for (i = 0; i < n && written >= iov[i].iov_len; i++)
		written -= iov[i].iov_len;
	if (i < n) {
		iov[i].iov_base = (uint8_t *)iov[i].iov_base + written;
		iov[i].iov_len -= written;
	}
	return i;
}

int io_write_all(struct io_channel *out, struct iovec *iov, int n)
{
	int first = advance(iov, n, 0);

	while (first < n) {
		ssize_t written;
		int result = IO_OK;

		if (!out->regular)
			result = wait_ready(out, POLLOUT);
		else if (interrupt_signal())
			result = IO_STOPPED;
		if (result != IO_OK)
			return result;
		written = writev(out->fd, iov + first, n - first);
		if (written >= 0)
			first += advance(iov + first, n - first,
					 (size_t)written);
		else if (errno != EINTR && errno != EAGAIN)
			return fail(out);
	}
	return IO_OK;
}

int io_close(struct io_channel *channel)
{
	int fd = channel->fd;

	channel->fd = -1;
	if (fd >= 0 && close(fd) < 0 && errno != EINTR)
		return fail(channel);
	return IO_OK;
}
