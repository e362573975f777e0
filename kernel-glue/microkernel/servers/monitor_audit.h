/* SPDX-License-Identifier: MIT */
/*
 * monitor_audit.h - the record of what was asked of the reference monitor and
 * what became of it.
 *
 * Each program has a ring of its own, so that it can push out only its own old
 * records; the same thing again and again is one record with a count.  Numbers
 * grow over all rings: who reads in their order sees every new record once.
 * Pure.
 */
#ifndef MK_MONITOR_AUDIT_H
#define MK_MONITOR_AUDIT_H

#include <stdbool.h>
#include <stdint.h>

#include <mk/bootinfo.h>

#define AUDIT_EACH 32u
#define AUDIT_SERVICE_BYTES 32u
/* Lines that a program may cause on the log at once; one more each second. */
#define AUDIT_LINES 64u

struct audit_record {
	uint64_t number; /* from 1; 0: empty */
	uint64_t time_ns;
	uint64_t session; /* of the last, if it is a count */
	uint64_t count;
	uint32_t who, what;
	int32_t result;
	char service[AUDIT_SERVICE_BYTES];
};

struct audit {
	uint64_t last;
	struct audit_program {
		unsigned newest;
		unsigned lines; /* not to be printed now: the used ones */
		uint64_t lines_ns;
		struct audit_record record[AUDIT_EACH];
	} program[MK_PROGRAMS];
};

/* What a client calls a service, as it can be printed: no character of it can
 * end the line or look like a word of ours. */
void audit_service(struct audit_record *r, const char *name);
/* @r without number and count; program r->who, from 1.  What should be printed,
 * or NULL: no more lines of this program now. */
const struct audit_record *audit_add(struct audit *a,
				     const struct audit_record *r);
/* The oldest with a number above @after; NULL: none. */
const struct audit_record *audit_next(const struct audit *a, uint64_t after);

#endif
