/* SPDX-License-Identifier: MIT */
/*
 * policies.c - one fast producer, three consumers, three overload policies.
 *
 *                      /--> "block"    fast, BLOCK:    gets every packet
 *   producer, 10 us ---+--> "drop"     slow, DROP_NEW: misses the new ones
 *                      \--> "reclaim"  slow, RECLAIM:  misses the old ones
 *
 * Only the fast one can hold the producer back.  Each packet counts for each
 * consumer exactly once: received, dropped, reclaimed before it was taken, or
 * spoilt, which is reclaimed while it was in use.
 *
 * What RECLAIM asks of a consumer: use the data, then ask whether it was
 * still valid, and only then believe the result (a sequence lock's reader).
 */
#include <inttypes.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <dsi/dsi.h>

#define PACKETS 20000u
#define WORDS 64u
#define CONSUMERS 3u
#define SECOND_NS 1000000000ull

struct consumer {
	const char *name;
	uint32_t policy;
	uint32_t work_us; /* how long it works on a packet */
	const char *stream;
	pthread_t thread;
	struct dsi_socket *sock;
	uint64_t received; /* intact */
	uint64_t spoilt;   /* overwritten while in use */
	uint64_t wrong;	   /* said to be intact, but was not */
	int ended;	   /* saw the end of the stream */
	struct dsi_socket_stats stats;
};

static void sleep_us(uint32_t us)
{
	const struct timespec time = {.tv_nsec = 1000l * us};

	if (us != 0)
		nanosleep(&time, NULL);
}

/* All words of a packet hold its number.  Under RECLAIM the producer may be
 * writing them right now, hence atomic loads. */
static int words_agree(const struct dsi_packet *pkt)
{
	_Atomic uint64_t *words;
	uint32_t size, i;
	void *data;

	if (dsi_packet_data(pkt, 0, &data, &size) != 0 ||
	    size < WORDS * sizeof(uint64_t))
		return 0;
	words = data;
	for (i = 0; i < WORDS; i++) {
		if (atomic_load_explicit(&words[i], memory_order_relaxed) !=
		    dsi_packet_number(pkt))
			return 0;
	}
	return 1;
}

static void use_packet(struct consumer *c, const struct dsi_packet *pkt)
{
	int agree;

	sleep_us(c->work_us);
	agree = words_agree(pkt);
	if (dsi_packet_valid(pkt) != 1)
		c->spoilt++;
	else if (agree)
		c->received++;
	else
		c->wrong++;
	c->ended = (dsi_packet_flags(pkt) & DSI_PACKET_EOS) != 0;
}

static void *consumer_thread(void *arg)
{
	struct consumer *c = arg;
	struct dsi_packet *pkt;

	while (!c->ended &&
	       dsi_packet_get(c->sock, dsi_now() + 5 * SECOND_NS, &pkt) == 0) {
		use_packet(c, pkt);
		dsi_packet_commit(c->sock, pkt);
	}
	c->stats.size = sizeof(c->stats);
	if (dsi_socket_stats(c->sock, &c->stats) != 0)
		c->ended = 0;
	/* Leave in time: nobody shall wait for one who reads no more. */
	dsi_socket_close(c->sock);
	return NULL;
}

static int consumer_begin(struct consumer *c)
{
	struct dsi_consumer_options opts = {.size = sizeof(opts)};
	int err;

	opts.policy = c->policy;
	snprintf(opts.label, sizeof(opts.label), "%s", c->name);
	err = dsi_consumer_create(&opts, &c->sock);
	if (err == 0)
		err = dsi_socket_connect(c->sock, c->stream,
					 dsi_now() + 5 * SECOND_NS);
	if (err == 0)
		err = dsi_socket_start(c->sock);
	if (err == 0 &&
	    pthread_create(&c->thread, NULL, consumer_thread, c) != 0)
		err = -DSI_ENOMEM;
	return err;
}

static int producer_begin(const char *name, struct dsi_socket **sock)
{
	struct dsi_stream_desc desc = {.size = sizeof(desc)};
	int err;

	desc.packets = 64;
	desc.packet_bytes = WORDS * sizeof(uint64_t);
	err = dsi_producer_create(&desc, NULL, sock);
	if (err == 0)
		err = dsi_socket_listen(*sock, name, NULL);
	if (err == 0)
		err = dsi_socket_start(*sock);
	return err;
}

static int send_one(struct dsi_socket *sock, uint64_t number)
{
	_Atomic uint64_t *words;
	struct dsi_packet *pkt;
	uint32_t room, i;
	void *data;
	int err;

	err = dsi_packet_get(sock, dsi_now() + 5 * SECOND_NS, &pkt);
	if (err == 0)
		err = dsi_packet_data(pkt, 0, &data, &room);
	if (err != 0)
		return err;
	words = data;
	for (i = 0; i < WORDS; i++)
		atomic_store_explicit(&words[i], number, memory_order_relaxed);
	if (number == PACKETS - 1)
		dsi_packet_set_flags(pkt, DSI_PACKET_EOS);
	return dsi_packet_commit(sock, pkt);
}

static int print_consumer(const struct consumer *c, uint64_t committed)
{
	uint64_t sum =
		c->received + c->spoilt + c->stats.dropped + c->stats.reclaimed;
	int good = c->ended && c->wrong == 0 && sum == committed;

	if (c->policy == DSI_POLICY_BLOCK)
		good = good && c->received == committed;
	printf("%-10s%7u us%12" PRIu64 "%10" PRIu64 "%9" PRIu64 "%11" PRIu64
	       "%8" PRIu64 "  %s\n",
	       c->name, c->work_us, committed, c->received, c->stats.dropped,
	       c->stats.reclaimed, c->spoilt,
	       good ? "adds up" : "DOES NOT ADD UP");
	return good;
}

static int demo(struct dsi_socket **sock, struct consumer *consumers,
		const char *name)
{
	uint64_t i;
	int err = producer_begin(name, sock);

	for (i = 0; err == 0 && i < CONSUMERS; i++) {
		consumers[i].stream = name;
		err = consumer_begin(&consumers[i]);
	}
	for (i = 0; err == 0 && i < PACKETS; i++) {
		err = send_one(*sock, i);
		sleep_us(10);
	}
	for (i = 0; i < CONSUMERS; i++) {
		if (consumers[i].thread)
			pthread_join(consumers[i].thread, NULL);
	}
	return err;
}

int main(void)
{
	static struct consumer consumers[CONSUMERS] = {
		{.name = "block", .policy = DSI_POLICY_BLOCK},
		{.name = "drop",
		 .policy = DSI_POLICY_DROP_NEW,
		 .work_us = 1000},
		{.name = "reclaim",
		 .policy = DSI_POLICY_RECLAIM,
		 .work_us = 1000},
	};
	struct dsi_socket *sock = NULL;
	char name[DSI_NAME_BYTES];
	int good = 1, err;
	uint32_t i;

	snprintf(name, sizeof(name), "policies-%ld", (long)getpid());
	err = demo(&sock, consumers, name);
	if (err != 0)
		fprintf(stderr, "dsi-demo-policies: %s\n", dsi_strerror(err));
	printf("%-10s%10s%12s%10s%9s%11s%8s\n", "consumer", "works",
	       "committed", "received", "dropped", "reclaimed", "spoilt");
	for (i = 0; i < CONSUMERS; i++) {
		good &= print_consumer(&consumers[i], PACKETS);
		dsi_socket_destroy(consumers[i].sock);
	}
	dsi_socket_destroy(sock);
	return err == 0 && good ? 0 : 1;
}
