/* SPDX-License-Identifier: MIT */
/*
 * fd_io.h - input and output of a command: a file, a pipe, a terminal.
 *
 * Copes with short reads and writes, EINTR, and descriptors that somebody
 * set non-blocking; ends early when a signal came (interrupt.h); keeps the
 * progress line going while it waits.
 */
#ifndef DSI_CLI_FD_IO_H
#define DSI_CLI_FD_IO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/uio.h>

struct progress;

#define IO_OK 0
#define IO_END 1     /* end of input */
#define IO_STOPPED 2 /* a signal came */
#define IO_FAILED 3  /* see @error */

#define IO_UNREAD_BYTES 16u

/**
 * struct io_channel - one open input or output.
 * @fd:           descriptor
 * @name:         for messages: the file's name, or "standard input"
 * @regular:      a file on a disk: never blocks, can be truncated
 * @ended:        the end of input was seen (a terminal would go on)
 * @error:        errno of the last failure
 * @unread:       bytes that were looked at and put back (input)
 * @unread_bytes: how many
 * @progress:     kept going while waiting
 */
struct io_channel {
	int fd;
	const char *name;
	bool regular;
	bool ended;
	int error;
	uint8_t unread[IO_UNREAD_BYTES];
	size_t unread_bytes;
	struct progress *progress;
};

/**
 * io_open_input - open a file for reading.
 * @in:       to fill
 * @file:     path; NULL or "-" = standard input
 * @progress: initialised
 *
 * Return: IO_OK, or IO_FAILED after saying why on stderr.
 */
int io_open_input(struct io_channel *in, const char *file,
		  struct progress *progress);

/* The same for writing.  An existing file keeps its content until
 * io_truncate(). */
int io_open_output(struct io_channel *out, const char *file,
		   struct progress *progress);

/* Empty the output if it is a file that was opened by name. */
int io_truncate(struct io_channel *out);

/**
 * io_read_some - read what is there, at least one byte; waits for that.
 * @in:      input
 * @to:      where to
 * @bytes:   at most, at least 1
 * @out_got: how many
 *
 * Return: IO_*.
 */
int io_read_some(struct io_channel *in, void *to, size_t bytes,
		 size_t *out_got);

/* Read until @bytes are there or the input ends: then IO_END, and *out_got
 * says how many came. */
int io_read_full(struct io_channel *in, void *to, size_t bytes,
		 size_t *out_got);

/* Would io_read_some() return at once? */
bool io_readable(const struct io_channel *in);

/* Put bytes back, to be read again first.  @bytes <= IO_UNREAD_BYTES. */
void io_unread(struct io_channel *in, const void *from, size_t bytes);

/**
 * io_write_all - write all elements; the array is used up.
 * @out: output
 * @iov: elements
 * @n:   how many
 *
 * Return: IO_OK, IO_STOPPED or IO_FAILED.
 */
int io_write_all(struct io_channel *out, struct iovec *iov, int n);

/* Close, and learn of errors that come late.  Return: IO_OK or IO_FAILED. */
int io_close(struct io_channel *channel);

#endif /* DSI_CLI_FD_IO_H */
