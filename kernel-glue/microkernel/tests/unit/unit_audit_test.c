/* SPDX-License-Identifier: MIT */
/* unit_audit_test.c - the record of the reference monitor: nobody pushes out
 * another's records, or fills the log. */
#include <monitor_audit.h>

#include <string.h>

#include "unit_common.h"

#define SECOND 1000000000ul

static struct audit audit;
static uint64_t now = 5 * SECOND;

static bool add(unsigned who, unsigned what, int result, const char *service)
{
	struct audit_record r = {
		.time_ns = now, .who = who, .what = what, .result = result};

	strcpy(r.service, service);
	return audit_add(&audit, &r);
}

static unsigned count_of(unsigned who)
{
	const struct audit_record *r;
	uint64_t after = 0;
	unsigned count = 0;

	while ((r = audit_next(&audit, after))) {
		EXPECT(r->number > after && r->count > 0);
		after = r->number;
		count += r->who == who;
	}
	EXPECT(after == audit.last);
	return count;
}

static void rings(void)
{
	char service[32];

	EXPECT(!audit_next(&audit, 0));
	EXPECT(add(1, 3, 0, "a"));
	EXPECT(audit_next(&audit, 0)->number == 1);
	EXPECT(!audit_next(&audit, 1));
	for (unsigned i = 0; i < 1000; i++) {
		sprintf(service, "%u", i);
		(void)add(2, 3, -1, service);
	}
	EXPECT(count_of(1) == 1 && count_of(2) == AUDIT_EACH);
	EXPECT(!strcmp(audit_next(&audit, audit.last - 1)->service, "999"));
	EXPECT(add(MK_PROGRAMS, 3, 0, "a"));
	EXPECT(count_of(MK_PROGRAMS) == 1);
}

static void counts(void)
{
	unsigned lines = 0;

	for (unsigned i = 0; i < 1000; i++)
		lines += add(3, 3, -1, "x");
	EXPECT(count_of(3) == 1 && lines == 10);
	EXPECT(audit_next(&audit, audit.last - 1)->count == 1000);
	/* Another thing ends the count; what was allowed is never counted. */
	EXPECT(add(3, 3, -2, "x") && add(3, 3, -1, "y") && add(3, 4, -1, "y"));
	EXPECT(add(3, 3, 0, "x") && add(3, 3, 0, "x"));
	EXPECT(count_of(3) == 6);
}

static void lines_come_back(void)
{
	unsigned lines = 0;

	for (unsigned i = 0; i < 1000; i++)
		lines += add(4, 3, 0, "x");
	EXPECT(lines == AUDIT_LINES);
	now += SECOND - 1;
	EXPECT(!add(4, 3, 0, "x"));
	now += 1;
	EXPECT(add(4, 3, 0, "x") && !add(4, 3, 0, "x"));
	now += 1000 * SECOND;
	for (lines = 0; add(4, 3, 0, "x"); lines++)
		;
	EXPECT(lines == AUDIT_LINES);
}

static void printable(void)
{
	struct audit_record r;

	memset(&r, 'x', sizeof(r));
	audit_service(&r, "a b\n\x1b[2J\x7f\x80~!");
	EXPECT(!strcmp(r.service, "a?b??[2J??~!"));
	audit_service(&r, "0123456789012345678901234567890123456789");
	EXPECT(strlen(r.service) == AUDIT_SERVICE_BYTES - 1);
	audit_service(&r, "");
	EXPECT(!r.service[0]);
}

int main(void)
{
	printable();
	rings();
	counts();
	lines_come_back();
	return 0;
}
