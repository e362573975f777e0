/* SPDX-License-Identifier: MIT */
/*
 * bench_channel.h - something that carries messages from one producer to its
 * consumers, so that the same measurement can be made of it.
 *
 * libdsi is one channel, each limit of the machine is one, and so is whatever
 * it shall be compared with.  Life of a channel in one measurement:
 *
 *   open            in the process that starts the sides, before it forks
 *   join            in each side: number 0 produces, 1, 2, ... consume
 *   take, send      the producer: places for payloads, then hand them on
 *   receive, release  a consumer: payloads, then give them back
 *   leave           in each side, when all of them are done
 *   close           where it was opened
 *
 * A side sees only its own memory and what open() made shared: the sides are
 * processes, or threads of one.  The numbers of errors are those of errno.h.
 */
#ifndef DSI_BENCH_CHANNEL_H
#define DSI_BENCH_CHANNEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define BENCH_CONSUMERS 16u
#define BENCH_SIDES (BENCH_CONSUMERS + 1u)
#define BENCH_BATCH 64u
#define BENCH_RING 4096u
#define BENCH_PAYLOAD (4u << 20)
#define BENCH_STREAMS 1000u

struct bench_stage;
struct bench_trial;
struct bench_outcome;

/* How a side waits. */
enum bench_wait {
	BENCH_POLL,  /* look again and again, never enter the kernel */
	BENCH_SLEEP, /* sleep at once */
	BENCH_SPIN,  /* poll for a while, then sleep */
	BENCH_WAITS
};

/* What a channel can.  BENCH_CAN_WAIT(BENCH_POLL) and so on are the first. */
#define BENCH_CAN_WAIT(wait) (1u << (wait))
#define BENCH_CAN_PROCESSES 0x10u
#define BENCH_CAN_THREADS 0x20u
#define BENCH_CAN_BATCH 0x40u	  /* several messages with one call */
#define BENCH_CAN_ZERO_COPY 0x80u /* payloads are written where they are read */
/* One message at a time, there and back: the answer says that there is room. */
#define BENCH_CAN_ANSWER_ONLY 0x100u
#define BENCH_CAN_SELECT 0x200u	     /* one process waits for many streams */
#define BENCH_CAN_SELECT_ONLY 0x400u /* and it is there for nothing else */
#define BENCH_CAN_JOIN 0x800u	     /* consumers join and leave at any time */
/* A program that measures by itself: run_alone() is all there is. */
#define BENCH_CAN_ALONE 0x1000u

/**
 * struct bench_setup - what a channel is opened for.
 * @payload:   bytes of each message
 * @ring:      messages that may be under way
 * @batch:     most messages taken or received at once
 * @consumers: each of them gets every message; those that are there from the
 *             beginning
 * @wait:      how both sides wait
 * @spin_ns:   BENCH_SPIN: how long before they sleep
 * @threads:   the sides are threads
 * @name:      a word that no other channel open now has
 */
struct bench_setup {
	uint32_t payload;
	uint32_t ring;
	uint32_t batch;
	uint32_t consumers;
	enum bench_wait wait;
	uint32_t spin_ns;
	bool threads;
	const char *name;
};

/**
 * struct bench_channel - how to use a channel.
 * @name:  one word
 * @text:  what it is, for people who have never heard of it
 * @can:   BENCH_CAN_*
 * @limit: it is no peer but what the machine can do
 * @asked: is measured only if it is asked for
 * @beside: what carries the same by reference, if this one copies it or carries
 *         it inside of the descriptor: where is the one faster, where the other?
 * @payload_max, @ring_max, @consumers_max: the largest setup
 *
 * @open:    0 or a negative code; *@out_link is for join() and close()
 * @join:    0 or a negative code; *@out_side is for the calls below.  May wait
 *           for the others to join.  Its message in @why if it can say more.
 * @take:    places for up to @n payloads; @places[i] holds @payload bytes
 * @send:    hand on the first @n places that were taken; all @n at once
 * @receive: up to @n payloads
 * @release: the first @n payloads that were received are not used any more
 * @gather:  many sides of consumers, each of a link of its own, to wait for all of
 *           them; BENCH_CAN_SELECT
 * @any:     wait until one of them has a message, and receive it; which one
 * @scatter: the end of gather(); the sides stay
 * @run_alone: BENCH_CAN_ALONE: fills the outcome's samples
 * @calls:   calls of the kernel that take() to release() made so far; NULL if
 *           nobody knows
 *
 * take() and receive() return how many, or a negative code; when polling, 0 if
 * there is nothing now; otherwise they wait.
 */
struct bench_channel {
	const char *name;
	const char *text;
	uint32_t can;
	bool limit;
	bool asked;
	const struct bench_channel *beside;
	uint32_t payload_max;
	uint32_t ring_max;
	uint32_t consumers_max;

	int (*open)(const struct bench_setup *setup, void **out_link);
	int (*join)(void *link, uint32_t number, void **out_side, char *why,
		    size_t why_bytes);
	int32_t (*take)(void *side, void **places, uint32_t n);
	int (*send)(void *side, uint32_t n);
	int32_t (*receive)(void *side, const void **payloads, uint32_t n);
	int (*release)(void *side, uint32_t n);
	int (*gather)(void **sides, uint32_t n, void **out_set);
	int (*any)(void *set, const void **payload, uint32_t *out_which);
	void (*scatter)(void *set);
	int (*run_alone)(struct bench_stage *stage,
			 const struct bench_trial *trial,
			 struct bench_outcome *out);
	uint64_t (*calls)(void *side);
	void (*leave)(void *side);
	void (*close)(void *link);
};

extern const struct bench_channel bench_dsi;
extern const struct bench_channel bench_dsi_stamped;
extern const struct bench_channel bench_line;
extern const struct bench_channel bench_futex;
extern const struct bench_channel bench_slots;
extern const struct bench_channel bench_guarded;
extern const struct bench_channel bench_eventfd;
extern const struct bench_channel bench_cyclictest;
extern const struct bench_channel bench_dsi_epoll;
extern const struct bench_channel bench_inline;
extern const struct bench_channel bench_copied;
extern const struct bench_channel bench_inline_copied;
extern const struct bench_channel bench_dsi_copied;
extern const struct bench_channel bench_dsi_word;

/* All that this program has: chosen when it is linked. */
extern const struct bench_channel *const bench_channels[];
extern const size_t bench_channels_count;

const struct bench_channel *bench_channel_find(const char *name);

#endif /* DSI_BENCH_CHANNEL_H */
