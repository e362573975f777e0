/* SPDX-License-Identifier: MIT */
/*
 * fault_table.h - the calls that can fail for want of something, and how: the
 * errors of their manual pages that are not a mistake of the caller.
 *
 * FAULT(result, name, (parameters), (arguments), value on failure, errors...)
 * EXTRA(name, errors...)  fault_calls.c has the wrapper.
 *
 * Left out is what the kernel does not do: a ring of a bell, a kick or a wake
 * does not fail for want of something; it says EAGAIN when the other end has
 * been told already.
 *
 * Names are those that the linker sees: with 64-bit offsets, and with the checks
 * of _FORTIFY_SOURCE.
 */
FAULT(int, socket, (int a, int b, int c), (a, b, c), -1, EMFILE, ENFILE,
      ENOBUFS, ENOMEM)
FAULT(int, socketpair, (int a, int b, int c, int *d), (a, b, c, d), -1, EMFILE,
      ENFILE, ENOMEM)
FAULT(int, accept4, (int a, struct sockaddr *b, socklen_t *c, int d),
      (a, b, c, d), -1, EMFILE, ENFILE, ENOMEM, ENOBUFS, ECONNABORTED, EINTR)
FAULT(int, bind, (int a, const struct sockaddr *b, socklen_t c), (a, b, c), -1,
      ENOSPC, EDQUOT, ENOMEM, EROFS, EACCES)
FAULT(int, listen, (int a, int b), (a, b), -1, ENOMEM)
FAULT(int, connect, (int a, const struct sockaddr *b, socklen_t c), (a, b, c),
      -1, EAGAIN, ENOMEM, ECONNREFUSED, EINTR)
FAULT(int, getsockopt, (int a, int b, int c, void *d, socklen_t *e),
      (a, b, c, d, e), -1, ENOBUFS)
FAULT(int, setsockopt, (int a, int b, int c, const void *d, socklen_t e),
      (a, b, c, d, e), -1, ENOMEM)
FAULT(ssize_t, send, (int a, const void *b, size_t c, int d), (a, b, c, d), -1,
      ECONNRESET, EPIPE)
FAULT(ssize_t, recv, (int a, void *b, size_t c, int d), (a, b, c, d), -1,
      EAGAIN, ENOMEM, ECONNRESET, EINTR)
FAULT(int, chmod, (const char *a, mode_t b), (a, b), -1, ENOMEM, EROFS)
FAULT(int, fchmod, (int a, mode_t b), (a, b), -1, EROFS)
FAULT(int, fchmodat, (int a, const char *b, mode_t c, int d), (a, b, c, d), -1,
      ENOMEM)
FAULT(int, fchownat, (int a, const char *b, uid_t c, gid_t d, int e),
      (a, b, c, d, e), -1, EDQUOT, EPERM)
FAULT(int, mkdir, (const char *a, mode_t b), (a, b), -1, ENOSPC, EDQUOT, ENOMEM)
FAULT(int, renameat2,
      (int a, const char *b, int c, const char *d, unsigned int e),
      (a, b, c, d, e), -1, ENOSPC, EDQUOT, ENOMEM)
FAULT(int, unlinkat, (int a, const char *b, int c), (a, b, c), -1, ENOMEM, EIO)
FAULT(int, flock, (int a, int b), (a, b), -1, EINTR, ENOLCK, EWOULDBLOCK)
FAULT(int, faccessat, (int a, const char *b, int c, int d), (a, b, c, d), -1,
      ENOMEM)
FAULT(int, fstat64, (int a, struct stat *b), (a, b), -1, ENOMEM)
FAULT(int, fstatat64, (int a, const char *b, struct stat *c, int d),
      (a, b, c, d), -1, ENOMEM)
FAULT(int, fstatfs64, (int a, struct statfs *b), (a, b), -1, ENOMEM)
FAULT(ssize_t, readlink, (const char *a, char *b, size_t c), (a, b, c), -1,
      ENOMEM)
FAULT(off_t, lseek64, (int a, off_t b, int c), (a, b, c), -1, EINVAL)
FAULT(int, memfd_create, (const char *a, unsigned int b), (a, b), -1, EMFILE,
      ENFILE, ENOMEM)
FAULT(int, ftruncate64, (int a, off_t b), (a, b), -1, ENOSPC, EDQUOT, EFBIG,
      EINTR)
FAULT(int, fallocate64, (int a, int b, off_t c, off_t d), (a, b, c, d), -1,
      ENOSPC, EDQUOT)
FAULT(void *, mmap64, (void *a, size_t b, int c, int d, int e, off_t f),
      (a, b, c, d, e, f), MAP_FAILED, ENOMEM, EAGAIN, EPERM, ENFILE)
FAULT(int, madvise, (void *a, size_t b, int c), (a, b, c), -1, ENOMEM, EFAULT,
      EINVAL, EAGAIN)
FAULT(int, mlock, (const void *a, size_t b), (a, b), -1, EPERM, ENOMEM, EAGAIN)
FAULT(long, mbind,
      (void *a, unsigned long b, int c, const unsigned long *d, unsigned long e,
       unsigned int f),
      (a, b, c, d, e, f), -1, ENOMEM, EPERM, EIO)
FAULT(int, sched_getaffinity, (pid_t a, size_t b, cpu_set_t *c), (a, b, c), -1,
      EPERM)
FAULT(int, eventfd, (unsigned int a, int b), (a, b), -1, EMFILE, ENFILE, ENOMEM)
FAULT(int, epoll_create1, (int a), (a), -1, EMFILE, ENFILE, ENOMEM)
FAULT(int, timerfd_create, (int a, int b), (a, b), -1, EMFILE, ENFILE, ENOMEM)
FAULT(int, epoll_ctl, (int a, int b, int c, struct epoll_event *d),
      (a, b, c, d), -1, ENOSPC, ENOMEM)
FAULT(int, epoll_wait, (int a, struct epoll_event *b, int c, int d),
      (a, b, c, d), -1, EINTR)
FAULT(int, ppoll,
      (struct pollfd * a, nfds_t b, const struct timespec *c,
       const sigset_t *d),
      (a, b, c, d), -1, EINTR, ENOMEM)
FAULT(int, inotify_init1, (int a), (a), -1, EMFILE, ENFILE, ENOMEM)
FAULT(int, inotify_add_watch, (int a, const char *b, uint32_t c), (a, b, c), -1,
      ENOSPC, ENOMEM)
FAULT(DIR *, fdopendir, (int a), (a), NULL, ENOMEM)
FAULT(FILE *, fopen64, (const char *a, const char *b), (a, b), NULL, EMFILE,
      ENOMEM)
FAULT(ssize_t, __getdelim, (char **a, size_t *b, int c, FILE *d), (a, b, c, d),
      -1, ENOMEM)
FAULT(ssize_t, getline, (char **a, size_t *b, FILE *c), (a, b, c), -1, ENOMEM)
FAULT(size_t, fread, (void *a, size_t b, size_t c, FILE *d), (a, b, c, d), 0,
      EIO)
FAULT(struct dirent *, readdir64, (DIR * a), (a), NULL, ENOENT)
FAULT(int, sched_getcpu, (void), (), -1, ENOSYS)
/* These return the error. */
FAULT(int, pthread_attr_init, (pthread_attr_t * a), (a), errno, ENOMEM)
FAULT(int, pthread_create,
      (pthread_t * a, const pthread_attr_t *b, void *(*c)(void *), void *d),
      (a, b, c, d), errno, EAGAIN, ENOMEM)
FAULT(int, clock_nanosleep,
      (clockid_t a, int b, const struct timespec *c, struct timespec *d),
      (a, b, c, d), errno, EINTR)
EXTRA(aligned_alloc, ENOMEM)
EXTRA(malloc, ENOMEM)
EXTRA(calloc, ENOMEM)
EXTRA(realloc, ENOMEM)
EXTRA(open64, EMFILE, ENFILE, ENOMEM, EINTR)
EXTRA(__open64_2, EMFILE, ENFILE, ENOMEM, EINTR)
EXTRA(openat64, EMFILE, ENFILE, ENOMEM, EINTR)
EXTRA(fcntl64, EMFILE, EPERM, ENOMEM)
EXTRA(close, EINTR)
EXTRA(sendmsg, EAGAIN, ENOMEM, ENOBUFS, ETOOMANYREFS, ECONNRESET, EPIPE, EINTR,
      FAULT_SHORT)
EXTRA(recvmsg, EAGAIN, ENOMEM, ECONNRESET, EINTR, FAULT_SHORT, FAULT_TABLE)
EXTRA(read, EINTR, EIO, FAULT_SHORT)
EXTRA(write, EINTR)
EXTRA(syscall, EINTR, ENOMEM, ENOSYS, EPERM)
EXTRA(dlopen, ENOENT)
