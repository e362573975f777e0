/* SPDX-License-Identifier: MIT */
/* fault_calls.c - see fault_calls.h. */
#define _GNU_SOURCE
#include "tests/faults/fault_calls.h"

#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/futex.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/vfs.h>
#include <time.h>
#include <unistd.h>

#include "tests/unit/must.h"

struct fault_state *faults;

/* ---- the table ----------------------------------------------------------- */

enum {
#define FAULT(result, name, parameters, arguments, bad, ...) FAULT_##name,
#define EXTRA(name, ...) FAULT_##name,
#include "tests/faults/fault_table.h"
#undef FAULT
#undef EXTRA
	FAULT_FUNCTIONS
};

static const struct {
	const char *name;
	int errors[FAULT_ERRORS_MAX + 1u];
} functions[] = {
#define FAULT(result, name, parameters, arguments, bad, ...) \
	{#name, {__VA_ARGS__}},
#define EXTRA(name, ...) {#name, {__VA_ARGS__}},
#include "tests/faults/fault_table.h"
#undef FAULT
#undef EXTRA
};

const char *fault_function(uint32_t function)
{
	return functions[function].name;
}

uint32_t fault_functions(void)
{
	return FAULT_FUNCTIONS;
}

const int *fault_errors(uint32_t function)
{
	return functions[function].errors;
}

const char *fault_error_name(int error)
{
	if (error == FAULT_SHORT)
		return "short";
	return error == FAULT_TABLE ? "table full" : strerrorname_np(error);
}

/* ---- does it fail? ------------------------------------------------------- */

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static _Atomic int armed;

void fault_arm(void)
{
	for (uint32_t i = 0; i < faults->n_places; i++)
		faults->places[i].passed = 0;
	faults->injected = 0;
	atomic_store(&armed, 1);
}

void fault_disarm(void)
{
	atomic_store(&armed, 0);
}

static uint32_t place_of(uint32_t function, uintptr_t address)
{
	uint32_t elsewhere = gettid() != getpid();
	uint32_t i = 0;

	for (; i < faults->n_places; i++)
		if (faults->places[i].address == address &&
		    faults->places[i].function == function &&
		    faults->places[i].elsewhere == elsewhere)
			return i;
	MUST(i < FAULT_PLACES_MAX);
	faults->places[i] = (struct fault_place){.function = function,
						 .elsewhere = elsewhere,
						 .address = address};
	faults->n_places++;
	return i;
}

static int look(uint32_t function, uintptr_t address)
{
	struct fault_place *place;
	uint32_t i = place_of(function, address);

	place = &faults->places[i];
	place->passed++;
	if (place->most < place->passed)
		place->most = place->passed;
	if (faults->place == i && faults->nth == place->passed) {
		faults->injected++;
		return faults->error;
	}
	if (faults->injected && faults->lasting &&
	    faults->places[faults->place].function == function) {
		faults->injected++;
		return faults->error;
	}
	return 0;
}

/* The error that this call shall have; 0 = none. */
static int due(uint32_t function, void *address)
{
	int error;

	if (!atomic_load(&armed))
		return 0;
	(void)pthread_mutex_lock(&lock);
	error = look(function, (uintptr_t)address);
	(void)pthread_mutex_unlock(&lock);
	if (error)
		errno = error;
	return error;
}

#define DUE(name) due(FAULT_##name, __builtin_return_address(0))

#define FAULT(result, name, parameters, arguments, bad, ...) \
	result __real_##name parameters;                     \
	result __wrap_##name parameters;                     \
	result __wrap_##name parameters                      \
	{                                                    \
		if (DUE(name))                               \
			return bad;                          \
		return __real_##name arguments;              \
	}
#define EXTRA(name, ...)
#include "tests/faults/fault_table.h"
#undef FAULT
#undef EXTRA

/* ---- memory: is it freed? ------------------------------------------------ */

#define LIVE_MAX 8192u

static struct {
	void *memory;
	uintptr_t place;
} live[LIVE_MAX];

static void *note(void *memory, void *address)
{
	uint32_t i = 0;

	if (!memory || !atomic_load(&armed))
		return memory;
	(void)pthread_mutex_lock(&lock);
	while (i < LIVE_MAX && live[i].memory)
		i++;
	MUST(i < LIVE_MAX);
	live[i].memory = memory;
	live[i].place = (uintptr_t)address;
	(void)pthread_mutex_unlock(&lock);
	return memory;
}

static void forget(const void *memory)
{
	if (!memory)
		return;
	(void)pthread_mutex_lock(&lock);
	for (uint32_t i = 0; i < LIVE_MAX; i++)
		if (live[i].memory == memory)
			live[i].memory = NULL;
	(void)pthread_mutex_unlock(&lock);
}

uint32_t fault_live(uintptr_t *out_place)
{
	uint32_t n = 0;

	*out_place = 0;
	for (uint32_t i = 0; i < LIVE_MAX; i++) {
		if (!live[i].memory)
			continue;
		*out_place = live[i].place;
		n++;
	}
	return n;
}

void *__real_aligned_alloc(size_t a, size_t b);
void *__wrap_aligned_alloc(size_t a, size_t b);
void *__wrap_aligned_alloc(size_t a, size_t b)
{
	return DUE(aligned_alloc) ? NULL
				  : note(__real_aligned_alloc(a, b),
					 __builtin_return_address(0));
}

void *__real_malloc(size_t a);
void *__wrap_malloc(size_t a);
void *__wrap_malloc(size_t a)
{
	return DUE(malloc)
		       ? NULL
		       : note(__real_malloc(a), __builtin_return_address(0));
}

void *__real_calloc(size_t a, size_t b);
void *__wrap_calloc(size_t a, size_t b);
void *__wrap_calloc(size_t a, size_t b)
{
	return DUE(calloc)
		       ? NULL
		       : note(__real_calloc(a, b), __builtin_return_address(0));
}

void *__real_realloc(void *a, size_t b);
void *__wrap_realloc(void *a, size_t b);
void *__wrap_realloc(void *a, size_t b)
{
	void *memory;

	if (DUE(realloc))
		return NULL;
	forget(a);
	memory = __real_realloc(a, b);
	return note(memory ? memory : a, __builtin_return_address(0));
}

void __real_free(void *a);
void __wrap_free(void *a);
void __wrap_free(void *a)
{
	forget(a);
	__real_free(a);
}

/* ---- those with arguments of their own ----------------------------------- */

int __real_open64(const char *path, int flags, ...);
int __wrap_open64(const char *path, int flags, ...);
int __wrap_open64(const char *path, int flags, ...)
{
	return DUE(open64) ? -1 : __real_open64(path, flags, 0600);
}

int __real___open64_2(const char *path, int flags);
int __wrap___open64_2(const char *path, int flags);
int __wrap___open64_2(const char *path, int flags)
{
	return DUE(__open64_2) ? -1 : __real___open64_2(path, flags);
}

int __real_openat64(int dir, const char *path, int flags, ...);
int __wrap_openat64(int dir, const char *path, int flags, ...);
int __wrap_openat64(int dir, const char *path, int flags, ...)
{
	return DUE(openat64) ? -1 : __real_openat64(dir, path, flags, 0600);
}

int __real_fcntl64(int fd, int command, ...);
int __wrap_fcntl64(int fd, int command, ...);
__attribute__((no_sanitize_address)) int __wrap_fcntl64(int fd, int command,
							...)
{
	va_list list;
	long argument;

	va_start(list, command);
	argument = va_arg(list, long);
	va_end(list);
	return DUE(fcntl64) ? -1 : __real_fcntl64(fd, command, argument);
}

/* Linux has freed the number when it says so. */
int __real_close(int fd);
int __wrap_close(int fd);
int __wrap_close(int fd)
{
	int error = DUE(close);
	int result = __real_close(fd);

	if (!error)
		return result;
	errno = error;
	return -1;
}

ssize_t __real_sendmsg(int fd, const struct msghdr *message, int flags);
ssize_t __wrap_sendmsg(int fd, const struct msghdr *message, int flags);
ssize_t __wrap_sendmsg(int fd, const struct msghdr *message, int flags)
{
	struct iovec part = message->msg_iov[0];
	struct msghdr half = *message;
	int error = DUE(sendmsg);

	if (!error)
		return __real_sendmsg(fd, message, flags);
	if (error == EPIPE || error == ECONNRESET)
		(void)shutdown(fd, SHUT_RDWR);
	errno = error;
	if (error != FAULT_SHORT)
		return -1;
	part.iov_len = (part.iov_len + 1u) / 2u;
	half.msg_iov = &part;
	return __real_sendmsg(fd, &half, flags);
}

/* As if our table had no room: what came with it is closed. */
static void lose_handles(struct msghdr *message)
{
	struct cmsghdr *cmsg = CMSG_FIRSTHDR(message);
	int lost = 0;

	for (; cmsg; cmsg = CMSG_NXTHDR(message, cmsg)) {
		size_t bytes = cmsg->cmsg_len - CMSG_LEN(0);
		int fd;

		for (size_t at = 0; at + sizeof(fd) <= bytes;
		     at += sizeof(fd)) {
			memcpy(&fd, CMSG_DATA(cmsg) + at, sizeof(fd));
			(void)__real_close(fd);
			lost = 1;
		}
	}
	message->msg_controllen = 0;
	if (lost)
		message->msg_flags |= MSG_CTRUNC;
}

ssize_t __real_recvmsg(int fd, struct msghdr *message, int flags);
ssize_t __wrap_recvmsg(int fd, struct msghdr *message, int flags);
ssize_t __wrap_recvmsg(int fd, struct msghdr *message, int flags)
{
	struct iovec part = message->msg_iov[0];
	int error = DUE(recvmsg);
	ssize_t bytes;

	if (!error)
		return __real_recvmsg(fd, message, flags);
	if (error == ECONNRESET)
		(void)shutdown(fd, SHUT_RDWR);
	errno = error;
	if (error != FAULT_SHORT && error != FAULT_TABLE)
		return -1;
	if (error == FAULT_SHORT)
		message->msg_iov[0].iov_len = 8;
	bytes = __real_recvmsg(fd, message, flags);
	message->msg_iov[0] = part;
	if (bytes >= 0 && error == FAULT_TABLE)
		lose_handles(message);
	return bytes;
}

ssize_t __real_read(int fd, void *buffer, size_t bytes);
ssize_t __wrap_read(int fd, void *buffer, size_t bytes);
ssize_t __wrap_read(int fd, void *buffer, size_t bytes)
{
	int error = DUE(read);

	if (error && error != FAULT_SHORT)
		return -1;
	/* Counters of eight bytes are read whole or not at all. */
	return __real_read(fd, buffer,
			   error && bytes > sizeof(uint64_t) ? bytes / 64u
							     : bytes);
}

ssize_t __real_write(int fd, const void *buffer, size_t bytes);
ssize_t __wrap_write(int fd, const void *buffer, size_t bytes);
ssize_t __wrap_write(int fd, const void *buffer, size_t bytes)
{
	return DUE(write) ? -1 : __real_write(fd, buffer, bytes);
}

/* Six arguments, whether they were given or not: what the kernel does not ask
 * for it does not read. */
long __real_syscall(long number, ...);
long __wrap_syscall(long number, ...);
__attribute__((no_sanitize_address)) long __wrap_syscall(long number, ...)
{
	long argument[6];
	va_list list;

	va_start(list, number);
	for (int i = 0; i < 6; i++)
		argument[i] = va_arg(list, long);
	va_end(list);
	if (!(number == SYS_futex &&
	      (argument[1] & FUTEX_CMD_MASK) == FUTEX_WAKE) &&
	    DUE(syscall))
		return -1;
	return __real_syscall(number, argument[0], argument[1], argument[2],
			      argument[3], argument[4], argument[5]);
}

/* libdsi-placement is part of the program, so that its calls are wrapped. */
void *__real_dlopen(const char *file, int flags);
void *__wrap_dlopen(const char *file, int flags);
void *__wrap_dlopen(const char *file, int flags)
{
	if (DUE(dlopen))
		return NULL;
	return __real_dlopen(strstr(file, "libdsi-placement") ? NULL : file,
			     flags);
}
