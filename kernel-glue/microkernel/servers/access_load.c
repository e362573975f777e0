/* SPDX-License-Identifier: MIT */
/* access_load.c - see access_load.h. */
#include "access_load.h"

#include <mk/bootinfo.h>
#include <mklib/print.h>
#include <mklib/program.h>
#include <mklib/start.h>

static unsigned number_of(const char *program)
{
	char name[MK_NAME_BYTES];

	for (unsigned i = 1; i <= MK_PROGRAMS; i++)
		if (mk_program_name(i, name) && access_same(name, program))
			return i;
	return ACCESS_NOBODY;
}

unsigned access_client(uint64_t label)
{
	return label <= MK_PROGRAMS ? (unsigned)label : 0;
}

void access_load(struct access_rules *rules, const char *server,
		 const char *file, const struct access_verb *verbs,
		 unsigned verb_count, unsigned limit)
{
	struct access_text text = {
		.verbs = verbs,
		.verb_count = verb_count,
		.limit = limit,
		.number_of = number_of,
	};
	struct mk_file found;

	if (!mk_file_find((const uint8_t *)MK_ARCHIVE,
			  mk_boot_info()->archive_bytes, file, &found)) {
		mk_print("%s: no %s in the boot archive: nothing is allowed\n",
			 server, file);
		return;
	}
	text.start = (const char *)found.start;
	text.bytes = found.bytes;
	if (access_read(rules, &text))
		mk_print("%s: %u rules of %s\n", server, rules->count, file);
	else
		mk_print("%s: %s, line %u: %s: nothing is allowed\n", server,
			 file, rules->line, rules->why);
}
