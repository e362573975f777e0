// SPDX-License-Identifier: MIT
/*
 * framing.c - how an input is cut into packets.
 *
 * Only the first ten bytes (to recognise YUV4MPEG2), the Y4M header and the
 * FRAME lines pass through private memory; the payload goes from the
 * descriptor into the slot.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "fd_io.h"
#include "framing.h"
#include "y4m.h"

#define FRAME_WORD "FRAME"
#define FRAME_WORD_BYTES 5u

static int fail(struct framing *framing, const char *why)
{
	snprintf(framing->why, sizeof(framing->why), "%s", why);
	return IO_FAILED;
}

static int fail_read(struct framing *framing, const struct io_channel *in)
{
	snprintf(framing->why, sizeof(framing->why), "cannot read: %s",
		 strerror(in->error));
	return IO_FAILED;
}

/* Read up to a newline, which is not kept.  IO_END if the input ends before;
 * IO_FAILED without a reason if the line is too long. */
static int read_line(struct framing *framing, struct io_channel *in, char *line,
		     size_t size)
{
	size_t used = 0;

	for (;;) {
		size_t got;
		int result = io_read_some(in, line + used, 1, &got);

		if (result == IO_FAILED)
			return fail_read(framing, in);
		if (result != IO_OK)
			return result;
		if (line[used] == '\n')
			break;
		if (++used == size)
			return fail(framing, "has a line that is too long for "
					     "YUV4MPEG2");
	}
	line[used] = '\0';
	if (strlen(line) != used)
		return fail(framing, "has a zero byte in a line of YUV4MPEG2");
	return IO_OK;
}

static int begin_y4m(struct framing *framing, struct io_channel *in)
{
	char line[Y4M_LINE_BYTES - Y4M_MAGIC_BYTES - 1];
	char why[Y4M_WHY_BYTES];
	struct y4m y4m;
	int result = read_line(framing, in, line, sizeof(line));

	if (result == IO_END)
		return fail(framing, "ends within the YUV4MPEG2 header");
	if (result != IO_OK)
		return result;
	if (!y4m_parse(line, &y4m, why))
		return fail(framing, why);
	if (y4m_frame_bytes(&y4m) > UINT32_MAX)
		return fail(framing, "has frames of more than 4 GiB");
	framing->kind = FRAMING_Y4M;
	framing->slot_bytes = (uint32_t)y4m_frame_bytes(&y4m);
	framing->lossy = !y4m_to_format(&y4m, framing->format);
	return IO_OK;
}

/* Does the input begin with the magic?  Waits for no more bytes than needed
 * to tell; if not, puts them back. */
static int look_for_magic(struct framing *framing, struct io_channel *in,
			  bool *out_found)
{
	char begin[Y4M_MAGIC_BYTES];
	size_t used = 0;

	do {
		size_t got;
		int result = io_read_some(in, begin + used,
					  sizeof(begin) - used, &got);

		if (result == IO_FAILED)
			return fail_read(framing, in);
		if (result == IO_END)
			break;
		if (result != IO_OK)
			return result;
		used += got;
	} while (used < sizeof(begin) && memcmp(begin, Y4M_MAGIC, used) == 0);

	*out_found = used == sizeof(begin) &&
		     memcmp(begin, Y4M_MAGIC, sizeof(begin)) == 0;
	if (!*out_found)
		io_unread(in, begin, used);
	return IO_OK;
}

int framing_begin(struct framing *framing, struct io_channel *in)
{
	bool found = false;
	int result;

	if (framing->kind == FRAMING_CHUNK || framing->kind == FRAMING_FRAME)
		return IO_OK;
	result = look_for_magic(framing, in, &found);
	if (result != IO_OK)
		return result;
	if (found)
		return begin_y4m(framing, in);
	if (framing->kind == FRAMING_Y4M)
		return fail(framing, "is no YUV4MPEG2 stream: it does not "
				     "begin with \"YUV4MPEG2 \"");
	framing->kind = FRAMING_CHUNK;
	return IO_OK;
}

/* What is there goes out at once; more is added only if it need not be
 * waited for. */
static int fill_chunk(struct framing *framing, struct io_channel *in,
		      uint8_t *slot, uint32_t *out_bytes)
{
	size_t used = 0;

	do {
		size_t got;
		int result = io_read_some(in, slot + used,
					  framing->slot_bytes - used, &got);

		if (result == IO_FAILED)
			return fail_read(framing, in);
		if (result != IO_OK && !used)
			return result;
		if (result != IO_OK)
			break; /* send what we have; it will be met again */
		used += got;
	} while (used < framing->slot_bytes && io_readable(in));
	*out_bytes = (uint32_t)used;
	return IO_OK;
}

static int fill_frame(struct framing *framing, struct io_channel *in,
		      uint8_t *slot, uint32_t *out_bytes)
{
	size_t got;
	int result = io_read_full(in, slot, framing->slot_bytes, &got);

	if (result == IO_FAILED)
		return fail_read(framing, in);
	if (result == IO_END && (got || framing->kind == FRAMING_Y4M)) {
		snprintf(framing->why, sizeof(framing->why),
			 "ends within frame %" PRIu64 ": it has %zu of %" PRIu32
			 " bytes and was not sent",
			 framing->packets, got, framing->slot_bytes);
		return IO_FAILED;
	}
	*out_bytes = framing->slot_bytes;
	return result;
}

/* The line before each frame: FRAME, then perhaps parameters, which concern
 * interlacing and comments and are left out. */
static int skip_frame_line(struct framing *framing, struct io_channel *in)
{
	char line[Y4M_LINE_BYTES];
	size_t got;
	int result = io_read_full(in, line, FRAME_WORD_BYTES + 1, &got);

	if (result == IO_FAILED)
		return fail_read(framing, in);
	if (result == IO_END && got)
		return fail(framing, "ends within a FRAME line");
	if (result != IO_OK)
		return result;
	if (memcmp(line, FRAME_WORD, FRAME_WORD_BYTES) != 0 ||
	    (line[FRAME_WORD_BYTES] != '\n' && line[FRAME_WORD_BYTES] != ' ')) {
		snprintf(framing->why, sizeof(framing->why),
			 "has no FRAME line where frame %" PRIu64
			 " should begin",
			 framing->packets);
		return IO_FAILED;
	}
	if (line[FRAME_WORD_BYTES] == '\n')
		return IO_OK;
	result = read_line(framing, in, line, sizeof(line));
	return result == IO_END ? fail(framing, "ends within a FRAME line")
				: result;
}

int framing_fill(struct framing *framing, struct io_channel *in, void *slot,
		 uint32_t *out_bytes)
{
	int result = IO_OK;

	if (framing->kind == FRAMING_Y4M)
		result = skip_frame_line(framing, in);
	if (result != IO_OK)
		return result;
	if (framing->kind == FRAMING_CHUNK)
		result = fill_chunk(framing, in, slot, out_bytes);
	else
		result = fill_frame(framing, in, slot, out_bytes);
	if (result == IO_OK)
		framing->packets++;
	return result;
}
