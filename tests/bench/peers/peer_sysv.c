/* SPDX-License-Identifier: MIT */
/*
 * peer_sysv.c - System V: shared memory with a place for each message, and two
 * semaphores that count the free ones and the full ones.
 */
#define _GNU_SOURCE 1
#include <errno.h>
#include <stdlib.h>
#include <sys/ipc.h>
#include <sys/sem.h>
#include <sys/shm.h>

#include "peers.h"

enum { FREE, FULL, SEMAPHORES };

struct sysv_link {
	struct bench_setup setup;
	char *payloads;
	size_t stride;
	int semaphores;
};

struct sysv_side {
	const struct sysv_link *link;
	uint64_t calls;
	uint64_t at;   /* messages so far: taken or released */
	uint64_t seen; /* received */
	int flags;
	unsigned short from;
	unsigned short to;
};

static int change(struct sysv_side *side, unsigned short which, int by,
		  int flags)
{
	struct sembuf step = {which, (short)by, (short)flags};

	side->calls++;
	return semop(side->link->semaphores, &step, 1) ? -errno : 0;
}

/* ---- open and close ------------------------------------------------------- */

static int make_semaphores(uint32_t ring)
{
	union {
		int val;
		unsigned short *array;
	} values = {.array = (unsigned short[]){(unsigned short)ring, 0}};
	int id = semget(IPC_PRIVATE, SEMAPHORES, IPC_CREAT | 0600);

	if (id >= 0 && semctl(id, 0, SETALL, values)) {
		semctl(id, 0, IPC_RMID);
		return -1;
	}
	return id;
}

/* Marked as removed at once, so that nothing is left whoever dies. */
static char *make_memory(size_t bytes)
{
	int id = shmget(IPC_PRIVATE, bytes, IPC_CREAT | 0600);
	char *at;

	if (id < 0)
		return NULL;
	at = shmat(id, NULL, 0);
	shmctl(id, IPC_RMID, NULL);
	return at == (void *)-1 ? NULL : at;
}

static int sysv_open(const struct bench_setup *setup, void **out_link)
{
	struct sysv_link *link = calloc(1, sizeof(*link));
	size_t bytes;

	if (!link)
		return -ENOMEM;
	link->setup = *setup;
	link->stride = ((size_t)setup->payload + 64u) & ~(size_t)63u;
	bytes = link->stride * setup->ring;
	link->semaphores = make_semaphores(setup->ring);
	link->payloads = link->semaphores < 0 ? NULL : make_memory(bytes);
	if (!link->payloads) {
		int err = -errno;

		if (link->semaphores >= 0)
			semctl(link->semaphores, 0, IPC_RMID);
		free(link);
		return err;
	}
	for (size_t i = 0; i < bytes; i += 4096)
		link->payloads[i] = 0;
	*out_link = link;
	return 0;
}

static void sysv_close(void *raw)
{
	struct sysv_link *link = raw;

	semctl(link->semaphores, 0, IPC_RMID);
	shmdt(link->payloads);
	free(link);
}

static int sysv_join(void *raw, uint32_t number, void **out_side, char *why,
		     size_t why_bytes)
{
	const struct sysv_link *link = raw;
	struct sysv_side *side = calloc(1, sizeof(*side));

	(void)why;
	(void)why_bytes;
	if (!side)
		return -ENOMEM;
	side->link = link;
	side->from = number == 0 ? FREE : FULL;
	side->to = number == 0 ? FULL : FREE;
	side->flags = link->setup.wait == BENCH_POLL ? IPC_NOWAIT : 0;
	*out_side = side;
	return 0;
}

static void sysv_leave(void *side)
{
	free(side);
}

static uint64_t sysv_calls(void *raw)
{
	const struct sysv_side *side = raw;

	return side->calls;
}

/* ---- messages ------------------------------------------------------------- */

/* Up to @n of the semaphore we take from: the first is waited for, of the others
 * as many as there are.  How many, or a negative code. */
static int32_t take_up_to(struct sysv_side *side, uint32_t n)
{
	int err;
	int more;

	do
		err = change(side, side->from, -1, side->flags);
	while (err == -EINTR);
	if (err)
		return err == -EAGAIN ? 0 : err;
	if (n == 1)
		return 1;
	side->calls++;
	more = semctl(side->link->semaphores, side->from, GETVAL);
	if (more < 0)
		return -errno;
	if ((uint32_t)more > n - 1u)
		more = (int)n - 1;
	/* Nobody else takes from it. */
	err = more ? change(side, side->from, -more, IPC_NOWAIT) : 0;
	return err ? err : more + 1;
}

static char *place(const struct sysv_side *side, uint64_t at)
{
	const struct sysv_link *link = side->link;

	return link->payloads + (at & (link->setup.ring - 1u)) * link->stride;
}

static int32_t sysv_take(void *raw, void **places, uint32_t n)
{
	struct sysv_side *side = raw;
	int32_t got = take_up_to(side, n);

	for (int32_t i = 0; i < got; i++)
		places[i] = place(side, side->at + (uint32_t)i);
	return got;
}

static int sysv_send(void *raw, uint32_t n)
{
	struct sysv_side *side = raw;

	side->at += n;
	return change(side, side->to, (int)n, 0);
}

static int32_t sysv_receive(void *raw, const void **payloads, uint32_t n)
{
	struct sysv_side *side = raw;
	int32_t got = take_up_to(side, n);

	for (int32_t i = 0; i < got; i++)
		payloads[i] = place(side, side->seen++);
	return got;
}

static int sysv_release(void *raw, uint32_t n)
{
	return sysv_send(raw, n);
}

const struct bench_channel peer_sysv = {
	.name = "sysv",
	.text = "System V shared memory with two semaphores",
	.can = BENCH_CAN_WAIT(BENCH_POLL) | BENCH_CAN_WAIT(BENCH_SLEEP) |
	       BENCH_CAN_PROCESSES | BENCH_CAN_THREADS | BENCH_CAN_BATCH |
	       BENCH_CAN_ZERO_COPY,
	.payload_max = BENCH_PAYLOAD,
	.ring_max = BENCH_RING,
	.consumers_max = 1,
	.open = sysv_open,
	.join = sysv_join,
	.take = sysv_take,
	.send = sysv_send,
	.receive = sysv_receive,
	.release = sysv_release,
	.calls = sysv_calls,
	.leave = sysv_leave,
	.close = sysv_close,
};
