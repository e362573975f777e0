/* SPDX-License-Identifier: MIT */
/*
 * watch.h - look at a stream from outside, without disturbing it.
 *
 * Every socket counts into a page of its own that it alone can write.  Who
 * watches a named stream maps the pages of its producer and its consumers
 * read-only, and from then on reads them without anybody's help: no process of
 * the stream is asked, woken or made to wait.  It takes no consumer's place.
 * Watching takes the permission that connecting takes.
 *
 * The figures are each process's own word: believe them as far as you believe
 * the process.  Who the consumers are, and which pages are theirs, is the word of
 * the producer.  A set of figures is no instant.
 *
 * Which calls may run at the same time on one watch:
 *                       [1] [2] [3] [4]     X = caller must serialise
 * [1] watch_open         -   -   -   -      - = may run concurrently
 * [2] watch_update       -   X   X   X
 * [3] watch_read, ...    -   X   -   X
 * [4] watch_close        -   X   X   X
 */
#ifndef DSI_WATCH_H
#define DSI_WATCH_H

#include <dsi/histogram.h>
#include <dsi/socket.h>
#include <dsi/types.h>

struct dsi_watch;

/**
 * struct dsi_watch_info - what is known of one socket of a stream.
 * @size:     sizeof(struct dsi_watch_info)
 * @role:     DSI_ROLE_*
 * @id:       tells sockets of one watch apart; not used again
 * @who:      its process: a producer's as the kernel vouches for it; a
 *            consumer's as its producer says
 * @policy:   consumer: DSI_POLICY_*
 * @queue_packets: consumer with DROP_NEW: its queue
 * @readable: 1 if its page could be mapped; else @stats is zero
 * @label:    consumer: what it calls itself, made printable
 * @reserved: 0
 * @backlog:  packets that wait for it now; producer: for the one that is
 *            farthest behind
 * @undelivered: consumer with DROP_NEW: packets it did not get, by the
 *            producer's count
 * @stats:    its counters; @stats.consumers is the number of consumers
 */
struct dsi_watch_info {
	uint32_t size;
	uint32_t role;
	uint64_t id;
	struct dsi_peer who;
	uint32_t policy;
	uint32_t queue_packets;
	uint32_t readable;
	char label[DSI_LABEL_BYTES];
	uint64_t reserved;
	uint64_t backlog;
	uint64_t undelivered;
	struct dsi_socket_stats stats;
};

/**
 * dsi_watch_names - the names that there are, without asking who owns them.
 * @visit: called for each
 * @user:  first argument of @visit
 *
 * Unlike dsi_names() no producer notices.  A name may be that of a producer
 * that was killed, or that may not be opened.
 *
 * Return: number of names visited, or a negative code.
 * Context: any thread.
 * Since:   0.1
 */
DSI_API int32_t dsi_watch_names(void (*visit)(void *user, const char *name),
				void *user);

/**
 * dsi_watch_open - begin to watch the stream of a name.
 * @name:        as for dsi_socket_listen()
 * @deadline_ns: how long to wait for its producer's answer; 0 = 5 s
 * @out_watch:   what was opened
 *
 * Return: 0, or
 *   -DSI_ENOENT     no such stream
 *   -DSI_EACCES     its access rule does not admit us
 *   -DSI_EUSERS     16 watch it already
 *   -DSI_ETIMEDOUT  its producer does not answer
 *   -DSI_EAGAIN     it is too busy with handshakes
 *   -DSI_EPIPE      it went away meanwhile
 *   -DSI_EPROTO     its answer makes no sense
 *   -DSI_EPROTONOSUPPORT  it cannot be watched: another version
 *   -DSI_EINVAL, -DSI_ENAMETOOLONG, -DSI_ENOMEM, -DSI_EMFILE
 * Context: any thread; blocks.
 * Since:   0.1
 */
DSI_API DSI_MUST_CHECK int dsi_watch_open(const char *name,
					  uint64_t deadline_ns,
					  struct dsi_watch **out_watch);

/**
 * dsi_watch_update - take notice of consumers that came and went.
 * @watch: what was opened
 *
 * Call it before each round of reading: a producer hangs up on a watcher that
 * lets too much news wait.
 *
 * Return: 0, -DSI_EINVAL, or what ends the watch, which can still be read:
 *   -DSI_EPIPE   the stream has ended, or hung up on us
 *   -DSI_EPROTO  what its producer says makes no sense
 *   -DSI_ENOMEM, -DSI_EMFILE  no room for the news that came
 * Context: any thread; does not block.
 * Since:   0.1
 */
DSI_API DSI_MUST_CHECK int dsi_watch_update(struct dsi_watch *watch);

/**
 * dsi_watch_desc - the description of the stream.
 * @watch:    what was opened
 * @out_desc: filled.  Set @out_desc->size before.
 *
 * Return: 0, -DSI_EINVAL.
 * Context: any thread.
 * Since:   0.1
 */
DSI_API DSI_MUST_CHECK int dsi_watch_desc(const struct dsi_watch *watch,
					  struct dsi_stream_desc *out_desc);

/**
 * dsi_watch_count - the sockets of the stream, by the last update.
 * @watch: what was opened
 *
 * Return: 1 for the producer, and 1 for each consumer; -DSI_EINVAL.
 * Context: any thread; RT-safe.
 * Since:   0.1
 */
DSI_API int32_t dsi_watch_count(const struct dsi_watch *watch);

/**
 * dsi_watch_read - the figures of one socket, now.
 * @watch:    what was opened
 * @index:    0 for the producer, 1 and up for its consumers
 * @out_info: filled.  Set @out_info->size before.
 *
 * Return: 0, -DSI_ENOENT (no such index), -DSI_EINVAL.
 * Context: any thread; RT-safe.
 * Since:   0.1
 */
DSI_API DSI_MUST_CHECK int dsi_watch_read(const struct dsi_watch *watch,
					  uint32_t index,
					  struct dsi_watch_info *out_info);

/**
 * dsi_watch_latency - how long packets took to a consumer, from commit to get.
 * @watch:         what was opened
 * @index:         as for dsi_watch_read(); a producer has counted none
 * @out_histogram: in nanoseconds; see dsi_socket_latency().  Set
 *                 @out_histogram->size before.
 *
 * Return: 0, -DSI_ENOENT (no such index, or its page could not be mapped),
 *         -DSI_EINVAL.
 * Context: any thread; RT-safe.
 * Since:   0.1
 */
DSI_API DSI_MUST_CHECK int dsi_watch_latency(
	const struct dsi_watch *watch, uint32_t index,
	struct dsi_histogram *out_histogram);

/**
 * dsi_watch_close - watch no more.
 * @watch: what was opened, or NULL
 *
 * Context: any thread.
 * Since:   0.1
 */
DSI_API void dsi_watch_close(struct dsi_watch *watch);

#endif /* DSI_WATCH_H */
