/* SPDX-License-Identifier: MIT */
/*
 * ipc_transfer.c - copy a message from one thread to another.
 *
 * Words come from the sender's registers and UTCB, or, if the kernel speaks
 * for it, from its fault; they go to the receiver's, or, if the receiver had a
 * fault, the message is the answer to it.  Each word is read once.
 */
#include <kgate.h>
#include <kipc.h>
#include <kmap.h>

static const uint64_t *register_of(const struct thread *t, unsigned i)
{
	switch (i) {
	case 0:
		return &t->regs.r8;
	case 1:
		return &t->regs.r9;
	case 2:
		return &t->regs.r10;
	default:
		return &t->regs.r12;
	}
}

uint64_t ipc_word(const struct thread *t, unsigned i)
{
	if (t->fault == FAULT_PAGE)
		return t->fault_word[i];
	if (t->fault == FAULT_EXCEPTION)
		return ((const uint64_t *)&t->regs)[i];
	if (i < MK_WORDS_IN_REGISTERS)
		return *register_of(t, i);
	return t->utcb ? __atomic_load_n(&t->utcb->mr[i], __ATOMIC_RELAXED) : 0;
}

void ipc_set_word(struct thread *t, unsigned i, uint64_t word)
{
	if (i < MK_WORDS_IN_REGISTERS)
		*(uint64_t *)(uintptr_t)register_of(t, i) = word;
	else if (t->utcb)
		__atomic_store_n(&t->utcb->mr[i], word, __ATOMIC_RELAXED);
}

/* The next window of the receiver for an item of this kind; *at moves on. */
static uint64_t window_for(const struct thread *r, unsigned kind, unsigned *at)
{
	uint64_t count;

	if (r->fault == FAULT_PAGE)
		return kind == MK_CAPS
			       ? 0
			       : mk_flexpage(kind, 0,
					     kind == MK_IO ? 16
							   : MK_SPACE_ORDER,
					     MK_ALL_RIGHTS);
	if (!r->utcb)
		return 0;
	count = __atomic_load_n(&r->utcb->windows, __ATOMIC_RELAXED);
	while (*at < count && *at < MK_WINDOWS) {
		uint64_t window = __atomic_load_n(&r->utcb->window[*at],
						  __ATOMIC_RELAXED);

		(*at)++;
		if (mk_flexpage_kind(window) == kind)
			return window;
	}
	return 0;
}

/* A gate that comes home is not made a second capability: its owner wants to
 * know which of its objects is meant, and that is what the label says. */
static bool unwrap(const struct thread *s, const struct thread *r,
		   uint64_t page, uint64_t *out_label)
{
	struct node *cap;
	struct gate *g;

	if (mk_flexpage_kind(page) != MK_CAPS || mk_flexpage_order(page) != 0)
		return false;
	cap = cap_find(s->task, mk_flexpage_first(page));
	if (!cap || node_object(cap)->kind != OBJECT_GATE ||
	    !(cap->rights & MK_CAP_PASS))
		return false;
	g = gate_of(node_object(cap));
	if (!g->thread || g->thread->task != r->task)
		return false;
	*out_label = g->label;
	return true;
}

/* One item; the two words that the receiver finds.  False: dropped. */
static bool transfer_item(struct thread *s, struct thread *r, uint64_t *word,
			  unsigned *window_at)
{
	uint64_t to = word[0], page = word[1], window;
	bool grant = to & MK_ITEM_GRANT;

	word[0] = MK_ITEM_NOTHING;
	word[1] = 0;
	if (r->fault == FAULT_NONE && unwrap(s, r, page, &word[1])) {
		word[0] = MK_ITEM_LABEL;
		return true;
	}
	window = window_for(r, mk_flexpage_kind(page), window_at);
	if (!window ||
	    map_flexpage(s->task, page, r->task, window, to, grant, &word[1]))
		return false;
	word[0] = MK_ITEM_MAPPED;
	return true;
}

static unsigned transfer_items(struct thread *s, struct thread *r)
{
	unsigned words = mk_tag_words(s->tag), items = mk_tag_items(s->tag);
	unsigned window_at = 0, flags = 0;

	for (unsigned i = 0; i < items; i++) {
		unsigned at = words + i * MK_ITEM_WORDS;
		uint64_t word[2] = {ipc_word(s, at), ipc_word(s, at + 1)};

		if (!transfer_item(s, r, word, &window_at))
			flags = MK_TAG_DROPPED;
		if (r->fault == FAULT_NONE) {
			ipc_set_word(r, at, word[0]);
			ipc_set_word(r, at + 1, word[1]);
		}
	}
	return flags;
}

/* The answer to an exception: all registers, or nothing. */
static void answer_exception(struct thread *s, struct thread *r)
{
	uint64_t words[sizeof(struct regs) / 8];

	if (mk_tag_words(s->tag) < sizeof(words) / 8)
		return;
	for (unsigned i = 0; i < sizeof(words) / 8; i++)
		words[i] = ipc_word(s, i);
	thread_load_registers(r, words);
}

uint64_t ipc_transfer(struct thread *s, struct thread *r)
{
	unsigned words = mk_tag_words(s->tag), flags = 0;

	if (unlikely(r->fault == FAULT_EXCEPTION))
		answer_exception(s, r);
	else if (likely(r->fault == FAULT_NONE))
		for (unsigned i = 0; i < words; i++)
			ipc_set_word(r, i, ipc_word(s, i));
	if (unlikely(mk_tag_items(s->tag)))
		flags = transfer_items(s, r);
	return mk_tag(mk_tag_proto(s->tag), words, mk_tag_items(s->tag), flags);
}
