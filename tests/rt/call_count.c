/* SPDX-License-Identifier: MIT */
/* call_count.c - functions that are counted on their way; see call_count.h. */
#define _GNU_SOURCE
#include "tests/rt/call_count.h"

#include <poll.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

static _Thread_local uint64_t count;
static _Thread_local const char *first;
static _Thread_local int counting;

void calls_begin(void)
{
	count = 0;
	first = "none";
	counting = 1;
}

uint64_t calls_end(const char **out_first)
{
	counting = 0;
	*out_first = first;
	return count;
}

static void note(const char *name)
{
	if (!counting)
		return;
	if (!count++)
		first = name;
}

/* COUNTED(result, name, (parameters), (arguments)) */
#define COUNTED(result, name, parameters, arguments) \
	result __real_##name parameters;             \
	result __wrap_##name parameters;             \
	result __wrap_##name parameters              \
	{                                            \
		note(#name);                         \
		return __real_##name arguments;      \
	}

COUNTED(void *, malloc, (size_t n), (n))
COUNTED(void *, calloc, (size_t n, size_t m), (n, m))
COUNTED(void *, realloc, (void *p, size_t n), (p, n))
COUNTED(void *, aligned_alloc, (size_t a, size_t n), (a, n))
COUNTED(int, posix_memalign, (void **p, size_t a, size_t n), (p, a, n))
COUNTED(int, pthread_mutex_lock, (pthread_mutex_t * m), (m))
COUNTED(int, pthread_mutex_trylock, (pthread_mutex_t * m), (m))
COUNTED(int, pthread_cond_wait, (pthread_cond_t * c, pthread_mutex_t *m),
	(c, m))
COUNTED(int, pthread_cond_signal, (pthread_cond_t * c), (c))
COUNTED(int, pthread_cond_broadcast, (pthread_cond_t * c), (c))
COUNTED(ssize_t, read, (int fd, void *p, size_t n), (fd, p, n))
COUNTED(ssize_t, write, (int fd, const void *p, size_t n), (fd, p, n))
COUNTED(ssize_t, recv, (int fd, void *p, size_t n, int flags),
	(fd, p, n, flags))
COUNTED(ssize_t, send, (int fd, const void *p, size_t n, int flags),
	(fd, p, n, flags))
COUNTED(ssize_t, recvmsg, (int fd, struct msghdr *m, int flags), (fd, m, flags))
COUNTED(ssize_t, sendmsg, (int fd, const struct msghdr *m, int flags),
	(fd, m, flags))
COUNTED(int, close, (int fd), (fd))
COUNTED(int, poll, (struct pollfd * p, nfds_t n, int ms), (p, n, ms))
COUNTED(int, ppoll,
	(struct pollfd * p, nfds_t n, const struct timespec *t,
	 const sigset_t *s),
	(p, n, t, s))
COUNTED(int, epoll_wait, (int fd, struct epoll_event *e, int n, int ms),
	(fd, e, n, ms))
COUNTED(int, nanosleep, (const struct timespec *t, struct timespec *left),
	(t, left))
COUNTED(int, clock_nanosleep,
	(clockid_t c, int flags, const struct timespec *t,
	 struct timespec *left),
	(c, flags, t, left))
COUNTED(void *, mmap,
	(void *p, size_t n, int prot, int flags, int fd, off_t at),
	(p, n, prot, flags, fd, at))
COUNTED(int, munmap, (void *p, size_t n), (p, n))

void __real_free(void *p);
void __wrap_free(void *p);
void __wrap_free(void *p)
{
	note("free");
	__real_free(p);
}

/* Six arguments, whether they were given or not: what the kernel does not
 * ask for it does not read. */
long __real_syscall(long number, ...);
long __wrap_syscall(long number, ...);
long __wrap_syscall(long number, ...)
{
	long argument[6];
	va_list list;

	note("syscall");
	va_start(list, number);
	for (int i = 0; i < 6; i++)
		argument[i] = va_arg(list, long);
	va_end(list);
	return __real_syscall(number, argument[0], argument[1], argument[2],
			      argument[3], argument[4], argument[5]);
}
