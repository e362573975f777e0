/* SPDX-License-Identifier: MIT */
/* message_call.c - the part of mklib/message_stream.h that enters the kernel:
 * how stubs call, and how a server waits and answers. */
#include <mk/bootinfo.h>
#include <mklib/message_stream.h>
#include <mklib/object_stubs.h>

#define STATUS_LOWEST (-4095)

/* What came although the answer is of no use must not stay: the next call
 * would find its slot occupied.  Only what came: the caller may have had
 * something there before. */
static void drop_received(const struct mk_reader *r, const uint64_t *slots,
			  unsigned count)
{
	const uint64_t *item = r->word + r->words;

	for (unsigned i = 0; i < r->items; i++, item += MK_ITEM_WORDS)
		for (unsigned s = 0; s < count; s++)
			if (item[0] == MK_ITEM_MAPPED &&
			    mk_flexpage_kind(item[1]) == MK_CAPS &&
			    mk_flexpage_first(item[1]) == slots[s])
				(void)mk_drop_cap(MK_CAP_TASK, slots[s]);
}

static int read_status(struct mk_reader *r, const struct mk_message *m,
		       int64_t proto)
{
	int64_t status = (int64_t)mk_get_word(r);

	if (r->error || mk_tag_proto(m->tag) != proto || status > 0 ||
	    status < STATUS_LOWEST)
		return -MK_EPROTO;
	return (int)status;
}

int mk_stream_call(uint64_t server, uint64_t timeouts, int64_t proto,
		   struct mk_writer *w, const uint64_t *slots, unsigned count,
		   struct mk_reader *r)
{
	struct mk_message m = {0};
	struct mk_utcb *u = mk_utcb();
	int error = mk_writer_end(w, proto, &m, u->mr);

	if (error)
		return error;
	mk_windows_set(u, slots, count);
	if (!mk_call(server, timeouts, &m))
		error = mk_stream_error(mk_error());
	u->windows = 0;
	if (error)
		return error;
	mk_reader_init(r, &m, u->mr);
	error = read_status(r, &m, proto);
	if (error)
		drop_received(r, slots, count);
	return error;
}

int mk_stream_end(struct mk_reader *r, const uint64_t *slots, unsigned count)
{
	int error = mk_reader_end(r);

	if (error)
		drop_received(r, slots, count);
	return error;
}

bool mk_serve_next(struct mk_message *m, bool answer, const uint64_t *slots,
		   unsigned count)
{
	/* A capability that is still in the window is not wanted.  The
	 * call has three words, so the answer's in the UTCB stay. */
	for (unsigned i = 0; i < count; i++)
		(void)mk_drop_cap(MK_CAP_TASK, slots[i]);
	mk_windows_set(mk_utcb(), slots, count);
	return answer ? mk_reply_wait(MK_FOREVER, m) : mk_wait(MK_FOREVER, m);
}
