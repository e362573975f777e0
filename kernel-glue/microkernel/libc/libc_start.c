/* SPDX-License-Identifier: MIT */
/*
 * libc_start.c - from mk_main() to main(): the port begins, with a session at
 * the exchange, and the words of `args=a,b,c` on the boot command line are the
 * arguments.
 */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <mklib/program.h>
#include <mklib/start.h>

#include <port_thread.h>

#define ARGUMENTS_MAX 16
#define STATUS_BAD 1u

int main(int argc, char **argv);

static char name[MK_NAME_BYTES];
static char words[MK_BOOT_COMMAND];
static char *arguments[ARGUMENTS_MAX + 1];

_Noreturn void _exit(int status)
{
	mk_end(status ? STATUS_BAD : MK_STATUS_GOOD);
}

_Noreturn void exit(int status)
{
	(void)fflush(stdout);
	(void)fflush(stderr);
	_exit(status);
}

_Noreturn void abort(void)
{
	fprintf(stderr, "%s: abort()\n", name);
	exit(1);
}

void *malloc(size_t bytes)
{
	return dsi_port_alloc(bytes);
}

void *calloc(size_t count, size_t bytes)
{
	if (bytes && count > SIZE_MAX / bytes)
		return NULL;
	return dsi_port_alloc(count * bytes);
}

void free(void *memory)
{
	dsi_port_free(memory);
}

static int read_arguments(void)
{
	int n = 0;

	(void)mk_program_name(mk_boot_info()->program, name);
	arguments[n++] = name;
	if (!mk_option(mk_boot_info()->command, "args", words, sizeof(words)))
		return n;
	arguments[n++] = words;
	for (char *p = words; *p && n < ARGUMENTS_MAX; p++)
		if (*p == ',') {
			*p = 0;
			arguments[n++] = p + 1;
		}
	return n;
}

static int begin(void)
{
	uint64_t session;
	int error = mk_port_threads_begin();

	if (!error)
		error = mk_port_session_open(MK_PORT_SLOT_EXCHANGE, &session);
	if (!error)
		error = mk_port_begin(MK_PORT_SLOT_EXCHANGE, MK_CAP_THREAD);
	return error;
}

/* How threads are woken. */
static void choose_notify(void)
{
	char asked[24];
	int error;

	mk_port_notify_asked(asked, sizeof(asked));
	error = mk_port_notify_use(asked);
	if (!error)
		return;
	if (error == -DSI_EINVAL) {
		fprintf(stderr,
			"%s: notify=%s: there is no such back-end; there"
			" are",
			name, asked);
		for (uint32_t i = 0; mk_port_notify_name(i); i++)
			fprintf(stderr, " %s", mk_port_notify_name(i));
		fprintf(stderr, "\n");
	} else {
		fprintf(stderr, "%s: notify=%s does not begin: error %d\n",
			name, asked, -error);
	}
	exit(1);
}

void mk_main(void)
{
	int count = read_arguments();
	int error = begin();

	if (error) {
		fprintf(stderr,
			"%s: no session with the exchange: error %d; "
			"monitor.policy needs: connect %s dsi.exchange\n",
			name, -error, name);
		exit(1);
	}
	choose_notify();
	exit(main(count, arguments));
}
