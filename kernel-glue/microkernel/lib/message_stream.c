/* SPDX-License-Identifier: MIT */
/* message_stream.c - see mklib/message_stream.h; pure, so that it is tested on
 * any system.  What enters the kernel is in message_call.c. */
#include <mklib/message_stream.h>

static void stick(int *error, int value)
{
	if (!*error)
		*error = value;
}

/* ---- writing --------------------------------------------------------- */

void mk_writer_init(struct mk_writer *w, uint64_t first)
{
	w->error = 0;
	w->items = 0;
	w->words = 1;
	w->word[0] = first;
}

static unsigned room(const struct mk_writer *w)
{
	return MK_WORDS_MAX - w->words - w->items * MK_ITEM_WORDS;
}

void mk_put_word(struct mk_writer *w, uint64_t word)
{
	if (!room(w))
		stick(&w->error, -MK_EMSGSIZE);
	if (!w->error)
		w->word[w->words++] = word;
}

void mk_put_bytes(struct mk_writer *w, const void *from, size_t bytes,
		  size_t bound)
{
	const uint8_t *byte = from;

	if (bytes > bound || bytes > sizeof(w->word) ||
	    room(w) < 1 + (bytes + 7) / 8)
		stick(&w->error, -MK_EMSGSIZE);
	mk_put_word(w, bytes);
	for (size_t i = 0; !w->error && i < bytes; i++) {
		if (i % 8 == 0)
			w->word[w->words++] = 0;
		w->word[w->words - 1] |= (uint64_t)byte[i] << i % 8 * 8;
	}
}

void mk_put_string(struct mk_writer *w, const char *text, size_t bound)
{
	size_t bytes = 0;

	/* Never look beyond the bound: there may be no zero. */
	while (bytes < bound && text[bytes])
		bytes++;
	mk_put_bytes(w, text, bytes + 1, bound);
}

void mk_put_cap(struct mk_writer *w, uint64_t page)
{
	if (mk_flexpage_kind(page) != MK_CAPS || mk_flexpage_order(page))
		stick(&w->error, -MK_EINVAL);
	if (w->items == MK_STREAM_ITEMS || room(w) < MK_ITEM_WORDS)
		stick(&w->error, -MK_EMSGSIZE);
	if (!w->error)
		w->item[w->items++] = page;
}

static void set_word(struct mk_message *m, uint64_t *mr, unsigned i,
		     uint64_t word)
{
	if (i < MK_WORDS_IN_REGISTERS)
		m->word[i] = word;
	else
		mr[i] = word;
}

int mk_writer_end(const struct mk_writer *w, int64_t proto,
		  struct mk_message *m, uint64_t *mr)
{
	unsigned at;

	if (w->error)
		return w->error;
	for (at = 0; at < w->words; at++)
		set_word(m, mr, at, w->word[at]);
	for (unsigned i = 0; i < w->items; i++) {
		set_word(m, mr, at++, 0);
		set_word(m, mr, at++, w->item[i]);
	}
	m->tag = mk_tag(proto, w->words, w->items, 0);
	return 0;
}

/* ---- reading --------------------------------------------------------- */

void mk_reader_init(struct mk_reader *r, const struct mk_message *m,
		    const uint64_t *mr)
{
	unsigned words = mk_tag_words(m->tag), items = mk_tag_items(m->tag);
	unsigned all = words + items * MK_ITEM_WORDS;

	r->error = all > MK_WORDS_MAX ? -MK_EPROTO : 0;
	r->words = r->error ? 0 : words;
	r->items = r->error ? 0 : items;
	r->at = 0;
	r->at_item = 0;
	r->dropped = mk_tag_flags(m->tag) & MK_TAG_DROPPED;
	for (unsigned i = 0; !r->error && i < all; i++)
		r->word[i] = i < MK_WORDS_IN_REGISTERS ? m->word[i] : mr[i];
}

uint64_t mk_get_word(struct mk_reader *r)
{
	if (r->at == r->words)
		stick(&r->error, -MK_EPROTO);
	return r->error ? 0 : r->word[r->at++];
}

/* What follows the last byte in its word has to be zero: two messages that
 * mean the same are the same. */
static bool padded(const uint8_t *byte, size_t bytes)
{
	for (size_t i = bytes; i % 8; i++)
		if (byte[i])
			return false;
	return true;
}

const void *mk_get_bytes(struct mk_reader *r, size_t bound, size_t *out_bytes)
{
	uint64_t bytes = mk_get_word(r);
	const uint8_t *start = (const uint8_t *)(r->word + r->at);

	*out_bytes = 0;
	if (!r->error && (bytes > bound || bytes > (r->words - r->at) * 8ul ||
			  !padded(start, bytes)))
		r->error = -MK_EPROTO;
	if (r->error)
		return "";
	r->at += (unsigned)(bytes + 7) / 8;
	*out_bytes = bytes;
	return start;
}

const char *mk_get_string(struct mk_reader *r, size_t bound)
{
	size_t bytes, used = 0;
	const char *text = mk_get_bytes(r, bound, &bytes);

	while (used < bytes && text[used])
		used++;
	/* One zero, and it is the last byte. */
	if (used + 1 != bytes)
		stick(&r->error, -MK_EPROTO);
	return r->error ? "" : text;
}

size_t mk_copy_bytes(struct mk_reader *r, void *to, size_t bound)
{
	size_t bytes;
	const void *from = mk_get_bytes(r, bound, &bytes);

	__builtin_memcpy(to, from, bytes);
	return bytes;
}

void mk_copy_string(struct mk_reader *r, char *to, size_t bound)
{
	const char *from = mk_get_string(r, bound);
	size_t i = 0;

	do
		to[i] = from[i];
	while (from[i++]);
}

void mk_get_cap(struct mk_reader *r, uint64_t slot)
{
	const uint64_t *item;

	if (r->at_item == r->items)
		stick(&r->error, -MK_EPROTO);
	if (r->error)
		return;
	item = r->word + r->words + r->at_item++ * MK_ITEM_WORDS;
	if (item[0] == MK_ITEM_LABEL)
		r->error = -MK_ELOOP;
	else if (item[0] == MK_ITEM_NOTHING)
		r->error = -MK_ENXIO;
	else if (item[0] != MK_ITEM_MAPPED ||
		 mk_flexpage_kind(item[1]) != MK_CAPS ||
		 mk_flexpage_order(item[1]) ||
		 mk_flexpage_first(item[1]) != slot)
		r->error = -MK_EPROTO;
}

int mk_reader_end(struct mk_reader *r)
{
	if (r->at != r->words || r->at_item != r->items || r->dropped)
		stick(&r->error, -MK_EPROTO);
	return r->error;
}

/* ---- both sides of a call -------------------------------------------- */

void mk_windows_set(struct mk_utcb *u, const uint64_t *slots, unsigned count)
{
	if (count > MK_WINDOWS)
		count = MK_WINDOWS;
	for (unsigned i = 0; i < count; i++)
		u->window[i] = mk_cap_page(slots[i], MK_ALL_RIGHTS);
	u->windows = count;
}

int mk_stream_error(uint64_t ipc_error)
{
	switch (ipc_error & ~1ul) {
	case MK_IPC_TIMEOUT:
		return -MK_ETIMEDOUT;
	case MK_IPC_CANCELLED:
		return -MK_ECANCELED;
	case MK_IPC_DENIED:
		return -MK_EPERM;
	case MK_IPC_NO_PARTNER:
	case MK_IPC_ABORTED:
		return -MK_EPIPE;
	default:
		return -MK_EPROTO;
	}
}

bool mk_stream_begin(struct mk_reader *r, const struct mk_message *m,
		     const uint64_t *mr)
{
	if ((mk_tag_flags(m->tag) & MK_TAG_EVENT) || mk_tag_proto(m->tag) < 0)
		return false;
	mk_reader_init(r, m, mr);
	return true;
}

void mk_stream_answer(struct mk_writer *w, int error, int64_t proto,
		      struct mk_message *m, uint64_t *mr)
{
	if (!error)
		error = w->error;
	if (error)
		mk_writer_init(w, (uint64_t)(int64_t)error);
	(void)mk_writer_end(w, proto, m, mr);
}
