/* SPDX-License-Identifier: MIT */
/* pthread.h - the part of the threads' library that there is here. */
#ifndef MK_LIBC_PTHREAD_H
#define MK_LIBC_PTHREAD_H

typedef struct mk_pthread *pthread_t;
typedef void pthread_attr_t;

/* @attributes is NULL. */
int pthread_create(pthread_t *out_thread, const pthread_attr_t *attributes,
		   void *(*fn)(void *arg), void *arg);
int pthread_join(pthread_t thread, void **out_result);

#endif
