/* SPDX-License-Identifier: MIT */
/* monitor_audit.c - see monitor_audit.h. */
#include "monitor_audit.h"

#include <stddef.h>

#define SECOND_NS 1000000000ul

void audit_service(struct audit_record *r, const char *name)
{
	unsigned i = 0;

	for (; i < AUDIT_SERVICE_BYTES - 1 && name[i]; i++)
		r->service[i] = name[i] > ' ' && name[i] <= '~' ? name[i] : '?';
	r->service[i] = 0;
}

static bool same_service(const struct audit_record *a,
			 const struct audit_record *b)
{
	for (unsigned i = 0; i < AUDIT_SERVICE_BYTES; i++) {
		if (a->service[i] != b->service[i])
			return false;
		if (!a->service[i])
			break;
	}
	return true;
}

/* Not for what was allowed: each session is a thing of its own. */
static bool same_refusal(const struct audit_record *a,
			 const struct audit_record *b)
{
	return a->number && a->result && a->what == b->what &&
	       a->result == b->result && same_service(a, b);
}

/* May one more line go out?  Lines come back with time. */
static bool take_line(struct audit_program *p, uint64_t now_ns)
{
	uint64_t back = (now_ns - p->lines_ns) / SECOND_NS;

	p->lines_ns += back * SECOND_NS;
	p->lines -= back < p->lines ? (unsigned)back : p->lines;
	if (p->lines == AUDIT_LINES)
		return false;
	p->lines++;
	return true;
}

const struct audit_record *audit_add(struct audit *a,
				     const struct audit_record *r)
{
	struct audit_program *p = &a->program[r->who - 1];
	struct audit_record *to = &p->record[p->newest];
	uint64_t count = 1;

	if (same_refusal(to, r)) {
		count = to->count + 1;
	} else {
		p->newest = (p->newest + 1) % AUDIT_EACH;
		to = &p->record[p->newest];
	}
	*to = *r;
	to->number = ++a->last;
	to->count = count;
	/* The 1st, 2nd, 4th, 8th ... of the same. */
	if ((count & (count - 1)) || !take_line(p, r->time_ns))
		return NULL;
	return to;
}

const struct audit_record *audit_next(const struct audit *a, uint64_t after)
{
	const struct audit_record *best = NULL;

	for (unsigned i = 0; i < MK_PROGRAMS; i++)
		for (unsigned k = 0; k < AUDIT_EACH; k++) {
			const struct audit_record *r = &a->program[i].record[k];

			if (r->number > after &&
			    (!best || r->number < best->number))
				best = r;
		}
	return best;
}
