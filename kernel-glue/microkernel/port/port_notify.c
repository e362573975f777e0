/* SPDX-License-Identifier: MIT */
/*
 * port_notify.c - the notification back-end of this task, chosen by name where
 * the program begins.  See port_notify.h.  Control plane.
 */
#include <mklib/program.h>
#include <mklib/start.h>

#include "port_notify.h"

#define OPTION "notify"

static const struct mk_port_notify *const all[] = {
	&mk_port_notify_event,
	&mk_port_notify_flagged,
	&mk_port_notify_sync_thread,
};

const struct mk_port_notify *mk_port_notify = &mk_port_notify_event;

const char *mk_port_notify_name(uint32_t index)
{
	return index < sizeof(all) / sizeof(all[0]) ? all[index]->name : NULL;
}

static bool same(const char *a, const char *b)
{
	for (; *a && *a == *b; a++)
		b++;
	return *a == *b;
}

int mk_port_notify_use(const char *name)
{
	for (uint32_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		if (!same(all[i]->name, name))
			continue;
		mk_port_notify = all[i];
		return all[i]->begin ? all[i]->begin() : 0;
	}
	return -DSI_EINVAL;
}

/* "notify.PROGRAM" */
static void own_option(char *out, uint32_t bytes)
{
	char program[MK_NAME_BYTES];
	uint32_t n = 0;

	(void)mk_program_name(mk_boot_info()->program, program);
	for (const char *p = OPTION "."; *p; p++)
		out[n++] = *p;
	for (const char *p = program; *p && n + 1 < bytes; p++)
		out[n++] = *p;
	out[n] = 0;
}

void mk_port_notify_asked(char *out, uint32_t bytes)
{
	const char *command = mk_boot_info()->command;
	char own[sizeof(OPTION) + 1 + MK_NAME_BYTES];
	const char *name = mk_port_notify->name;

	own_option(own, sizeof(own));
	if (mk_option(command, own, out, bytes) ||
	    mk_option(command, OPTION, out, bytes))
		return;
	while (*name && bytes-- > 1)
		*out++ = *name++;
	*out = 0;
}
