/* SPDX-License-Identifier: MIT */
/*
 * root_pager.c - what programs send us: faults, exceptions, their end.
 *
 * Pages are given when they are first touched.  We map them ourselves and
 * answer with nothing, so that we know whether the page is there: a program
 * that has used up its quota would else have the same fault for ever.
 */
#include "root_task.h"

#define FAULT_WRITE 2u
#define FAULT_FETCH 16u
#define EXCEPTION_VECTOR 15u
#define EXCEPTION_ERROR 16u
#define EXCEPTION_IP 17u
#define EXCEPTION_SP 20u

static struct region *region_at(struct program *p, uint64_t va)
{
	for (unsigned i = 0; i < p->regions; i++)
		if (va >= p->region[i].va &&
		    va - p->region[i].va < p->region[i].bytes)
			return &p->region[i];
	return NULL;
}

/* Why the page cannot be given; NULL: it was. */
static const char *give_page(struct program *p, uint64_t va, uint64_t error)
{
	struct region *r = region_at(p, va);
	unsigned need = error & FAULT_FETCH   ? MK_X
			: error & FAULT_WRITE ? MK_W
					      : MK_R;
	uint64_t page;

	if (!r)
		return "it has no memory there";
	if (!(r->rights & need))
		return need == MK_X   ? "that is not to be executed"
		       : need == MK_W ? "that is read only"
				      : "that is not to be read";
	if (!r->ours && !memory_reserve(r))
		return "the machine has no memory left";
	page = va & ~((1ul << r->order) - 1);
	if (mk_map(slot_of(p, SLOT_TASK), page,
		   mk_flexpage(MK_MEMORY, memory_give(r, va), r->order,
			       r->rights)))
		return "its quota is used up";
	return NULL;
}

static bool page_fault(struct program *p, struct mk_message *m)
{
	uint64_t va = m->word[0], ip = m->word[1], error = m->word[2];
	const char *why = give_page(p, va, error);

	if (!why) {
		m->tag = mk_tag(0, 0, 0, 0);
		return true;
	}
	mk_print("root: %s: page fault at %lx, ip %lx, error %lx: %s\n",
		 p->name, va, ip, error, why);
	program_stop(p, MK_STATUS_STOPPED);
	return false;
}

static void exception(struct program *p)
{
	const uint64_t *word = mk_utcb()->mr;

	mk_print("root: %s: exception %lu, error %lx, ip %lx, sp %lx\n",
		 p->name, word[EXCEPTION_VECTOR], word[EXCEPTION_ERROR],
		 word[EXCEPTION_IP], word[EXCEPTION_SP]);
	program_stop(p, MK_STATUS_STOPPED);
}

bool pager_serve(struct program *p, struct mk_message *m)
{
	int64_t proto = mk_tag_proto(m->tag);

	if (proto == MK_PROTO_FAULT)
		return page_fault(p, m);
	if (proto == MK_PROTO_EXCEPTION) {
		exception(p);
		return false;
	}
	if (proto == MK_ROOT_END && mk_tag_words(m->tag) == 1) {
		if ((uint8_t)m->word[0] != MK_STATUS_GOOD)
			mk_print("root: %s: ended with status %lu\n", p->name,
				 m->word[0]);
		program_stop(p, (uint8_t)m->word[0]);
		return false;
	}
	/* Something else: that is not for us, and does no harm. */
	m->tag = mk_tag(0, 0, 0, 0);
	return true;
}

void program_stop(struct program *p, uint8_t status)
{
	if (p->number == program_count)
		mk_exit(MK_CAP_LOG, status);
	if (mk_delete(MK_CAP_TASK, slot_of(p, SLOT_FACTORY)))
		fail("%s: cannot be stopped\n", p->name);
}
