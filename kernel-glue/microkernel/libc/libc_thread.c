/* SPDX-License-Identifier: MIT */
/* libc_thread.c - pthread_create() over the threads of the port: each on the
 * next CPU. */
#include <pthread.h>

#include <mklib/start.h>

#include <port_thread.h>

struct mk_pthread {
	struct mk_port_thread *thread;
	void *(*fn)(void *arg);
	void *arg, *result;
};

static _Atomic uint32_t next_cpu;

static void run(void *arg)
{
	struct mk_pthread *thread = arg;

	thread->result = thread->fn(thread->arg);
}

int pthread_create(pthread_t *out_thread, const pthread_attr_t *attributes,
		   void *(*fn)(void *arg), void *arg)
{
	struct mk_pthread *thread;
	/* relaxed: only spreads them */
	uint32_t cpu =
		atomic_fetch_add_explicit(&next_cpu, 1, memory_order_relaxed) +
		1;
	int error;

	if (attributes)
		return DSI_EINVAL;
	thread = dsi_port_alloc(sizeof(*thread));
	if (!thread)
		return DSI_ENOMEM;
	thread->fn = fn;
	thread->arg = arg;
	error = mk_port_thread_start(run, thread, cpu % mk_boot_info()->cpus,
				     &thread->thread);
	if (error) {
		dsi_port_free(thread);
		return -error;
	}
	*out_thread = thread;
	return 0;
}

int pthread_join(pthread_t thread, void **out_result)
{
	mk_port_thread_join(thread->thread);
	if (out_result)
		*out_result = thread->result;
	dsi_port_free(thread);
	return 0;
}
