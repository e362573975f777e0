/* SPDX-License-Identifier: MIT */
/*
 * message_stream.h - typed values into a message and out of it.
 *
 * A writer collects words and capabilities; a reader has its own copy of what
 * came, so nothing is read twice and nothing in it changes.  The first error
 * sticks: what follows does nothing, and the end returns it.  Most users do not
 * see this but stubs that tools/make-stubs.py made with it.
 *
 * A request begins with the word opcode, an answer with the word 0 or a
 * negative MK_E number.  A string is a word with its bytes, the zero counted,
 * and then the bytes, eight in a word, zeros at the end.
 */
#ifndef MKLIB_MESSAGE_STREAM_H
#define MKLIB_MESSAGE_STREAM_H

#include <mklib/ipc_stubs.h>

/* Errors of services, beside those of the kernel in mk/call.h. */
/* A capability did not arrive: its slot is occupied, the receiver's quota is
 * used up, or it died on the way. */
#define MK_ENXIO 6
#define MK_EPIPE 32	 /* no such server, or it is gone */
#define MK_ELOOP 40	 /* the capability is a gate of our own task */
#define MK_EPROTO 71	 /* the message does not fit the interface */
#define MK_EMSGSIZE 90	 /* the value is longer than the interface says */
#define MK_ETIMEDOUT 110 /* not in time */
#define MK_ECANCELED 125 /* the wait was cancelled */

#define MK_STREAM_ITEMS 8u

struct mk_writer {
	int error;
	unsigned words, items;
	uint64_t word[MK_WORDS_MAX];
	uint64_t item[MK_STREAM_ITEMS];
};

/* Writing.  @bound is in bytes, that of a string with its zero. */
void mk_writer_init(struct mk_writer *w, uint64_t first);
void mk_put_word(struct mk_writer *w, uint64_t word);
void mk_put_string(struct mk_writer *w, const char *text, size_t bound);
void mk_put_bytes(struct mk_writer *w, const void *from, size_t bytes,
		  size_t bound);
/* @page is one capability: mk_cap_page(slot, rights). */
void mk_put_cap(struct mk_writer *w, uint64_t page);
/* Into the message @m and its registers from the fifth on, @mr. */
int mk_writer_end(const struct mk_writer *w, int64_t proto,
		  struct mk_message *m, uint64_t *mr);

struct mk_reader {
	int error;
	unsigned at, words; /* plain words: the next one, and how many */
	unsigned at_item, items;
	bool dropped;
	uint64_t word[MK_WORDS_MAX];
};

/* Reading.  What a function returns lies in the reader. */
void mk_reader_init(struct mk_reader *r, const struct mk_message *m,
		    const uint64_t *mr);
uint64_t mk_get_word(struct mk_reader *r);
/* "" if there is none that ends within @bound. */
const char *mk_get_string(struct mk_reader *r, size_t bound);
const void *mk_get_bytes(struct mk_reader *r, size_t bound, size_t *out_bytes);
void mk_copy_string(struct mk_reader *r, char *to, size_t bound);
size_t mk_copy_bytes(struct mk_reader *r, void *to, size_t bound);
/* The next item must be one capability that arrived in @slot. */
void mk_get_cap(struct mk_reader *r, uint64_t slot);
/* 0 if all fitted and nothing is left. */
int mk_reader_end(struct mk_reader *r);

/* Capabilities of the next message land in these slots, in this order. */
void mk_windows_set(struct mk_utcb *u, const uint64_t *slots, unsigned count);

/* An error of mk_ipc() as a number of services. */
int mk_stream_error(uint64_t ipc_error);

/* A client's side: send @w, read the status.  If there is an error, nothing
 * that came stays in the slots. */
int mk_stream_call(uint64_t server, uint64_t timeouts, int64_t proto,
		   struct mk_writer *w, const uint64_t *slots, unsigned count,
		   struct mk_reader *r);
int mk_stream_end(struct mk_reader *r, const uint64_t *slots, unsigned count);

/* A server's side.  Begin: false for what no client sent by a call of its own
 * (faults, events): it gets no answer. */
bool mk_stream_begin(struct mk_reader *r, const struct mk_message *m,
		     const uint64_t *mr);
void mk_stream_answer(struct mk_writer *w, int error, int64_t proto,
		      struct mk_message *m, uint64_t *mr);
/* Answer if @answer, drop what is still in the slots, wait for the next. */
bool mk_serve_next(struct mk_message *m, bool answer, const uint64_t *slots,
		   unsigned count);

#endif
