/* SPDX-License-Identifier: MIT */
/*
 * test_refuse.c - what must not be joined is refused, with a reason.
 */
#include <string.h>

#include <dsi/errno.h>
#include <dsi/event.h>
#include <dsi/packet.h>
#include <dsi/port.h>

#include "conf.h"

#define NAME "conf.refuse"

/* The stream that consumers here do not fit. */
static struct dsi_stream_desc our_desc(void)
{
	struct dsi_stream_desc desc = conf_desc(8);

	desc.max_sg = 4;
	strcpy(desc.format, "audio/raw");
	return desc;
}

/* Connect with these options; it must fail so, naming @word. */
static int refused(const struct dsi_consumer_options *opts, int expected,
		   const char *word)
{
	struct dsi_socket *sock;

	conf_equal(dsi_consumer_create(opts, &sock), 0);
	conf_equal(dsi_socket_connect(sock, NAME, conf_later()), expected);
	if (!strstr(dsi_socket_error(sock), word)) {
		conf_fail(__FILE__, __LINE__, "\"%s\" does not name \"%s\"",
			  dsi_socket_error(sock), word);
		return 1;
	}
	conf_equal(dsi_socket_state(sock), DSI_STATE_CREATED);
	dsi_socket_destroy(sock);
	return 0;
}

static int refuse_mismatch(void)
{
	struct dsi_stream_desc desc = our_desc();
	struct dsi_consumer_options opts;
	struct dsi_socket *producer, *consumer;

	conf_try(conf_produce(NAME, &desc, 1, &producer));
	opts = conf_policy(DSI_POLICY_BLOCK);
	strcpy(opts.format, "audio/mp3");
	conf_try(refused(&opts, -DSI_ENOMATCH, "format"));
	conf_try(refused(&opts, -DSI_ENOMATCH, "audio/mp3"));
	conf_try(refused(&opts, -DSI_ENOMATCH, "audio/raw"));
	opts = conf_policy(DSI_POLICY_BLOCK);
	opts.align_bytes = 4096;
	conf_try(refused(&opts, -DSI_ENOMATCH, "align_bytes"));
	opts = conf_policy(DSI_POLICY_BLOCK);
	opts.min_packet_bytes = CONF_BYTES + 1;
	conf_try(refused(&opts, -DSI_ENOMATCH, "packet_bytes"));
	opts = conf_policy(DSI_POLICY_BLOCK);
	opts.max_packet_bytes = CONF_BYTES - 1;
	conf_try(refused(&opts, -DSI_ENOMATCH, "packet_bytes"));
	opts = conf_policy(DSI_POLICY_BLOCK);
	opts.max_sg = 3;
	conf_try(refused(&opts, -DSI_ENOMATCH, "max_sg"));
	opts = conf_policy(DSI_POLICY_BLOCK);
	opts.hold_packets = 9;
	conf_try(refused(&opts, -DSI_ENOMATCH, "packets"));
	opts = conf_policy(DSI_POLICY_BLOCK);
	opts.flags = DSI_CONSUMER_WRITABLE;
	conf_try(refused(&opts, -DSI_ENOMATCH, "writ"));
	/* It did no harm, and who fits may come. */
	opts = conf_policy(DSI_POLICY_BLOCK);
	strcpy(opts.format, "audio/raw");
	opts.align_bytes = 64;
	opts.min_packet_bytes = opts.max_packet_bytes = CONF_BYTES;
	opts.max_sg = 4;
	opts.hold_packets = 8;
	conf_try(conf_consume(NAME, &opts, &consumer));
	conf_try(conf_put(producer, 1, 0));
	conf_equal(conf_stats(producer).consumers, 1);
	dsi_socket_destroy(consumer);
	dsi_socket_destroy(producer);
	return 0;
}

static int refuse_unknown_name(void)
{
	struct dsi_socket *sock, *producer;
	struct dsi_stream_desc desc = conf_desc(2);
	uint64_t soon;

	conf_equal(dsi_consumer_create(NULL, &sock), 0);
	conf_equal(dsi_socket_connect(sock, "conf.nobody", 0), -DSI_ENOENT);
	conf_check(dsi_socket_error(sock)[0]);
	soon = conf_soon();
	conf_equal(dsi_socket_connect(sock, "conf.nobody", soon),
		   -DSI_ETIMEDOUT);
	conf_check(dsi_now() >= soon);
	/* It can be tried again. */
	conf_try(conf_produce(NAME, &desc, 1, &producer));
	conf_equal(dsi_socket_connect(sock, NAME, 0), 0);
	conf_equal(dsi_socket_error(sock)[0], 0);
	conf_equal(dsi_socket_connect(sock, NAME, 0), -DSI_EISCONN);
	conf_equal(dsi_socket_start(sock), 0);
	conf_try(conf_put(producer, 1, 0));
	conf_try(conf_take(sock, 1, 0));
	dsi_socket_destroy(sock);
	dsi_socket_destroy(producer);
	return 0;
}

static int refuse_bad_names(void)
{
	static const char *const names[] = {"",	   ".hidden",  "a/b", "a b",
					    "a\n", "\xc3\xa4", "../x"};
	struct dsi_stream_desc desc = conf_desc(2);
	struct dsi_socket *producer, *consumer;
	char name[DSI_NAME_BYTES + 1];

	conf_equal(dsi_producer_create(&desc, NULL, &producer), 0);
	conf_equal(dsi_consumer_create(NULL, &consumer), 0);
	for (uint32_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		conf_equal(dsi_socket_listen(producer, names[i], NULL),
			   -DSI_EINVAL);
		conf_equal(dsi_socket_connect(consumer, names[i], 0),
			   -DSI_EINVAL);
	}
	conf_equal(dsi_socket_listen(producer, NULL, NULL), -DSI_EINVAL);
	memset(name, 'x', sizeof(name));
	name[DSI_NAME_BYTES] = '\0';
	conf_equal(dsi_socket_listen(producer, name, NULL), -DSI_ENAMETOOLONG);
	conf_equal(dsi_socket_connect(consumer, name, 0), -DSI_ENAMETOOLONG);
	/* The longest one. */
	name[DSI_NAME_BYTES - 1] = '\0';
	conf_equal(dsi_socket_listen(producer, name, NULL), 0);
	conf_equal(dsi_socket_connect(consumer, name, 0), 0);
	conf_equal(dsi_socket_listen(producer, NAME, NULL), -DSI_EISCONN);
	dsi_socket_destroy(consumer);
	dsi_socket_destroy(producer);
	return 0;
}

static int refuse_name_in_use(void)
{
	struct dsi_stream_desc desc = conf_desc(2);
	struct dsi_socket *first, *second;

	conf_try(conf_produce(NAME, &desc, 0, &first));
	conf_equal(dsi_producer_create(&desc, NULL, &second), 0);
	conf_equal(dsi_socket_listen(second, NAME, NULL), -DSI_EEXIST);
	conf_check(strstr(dsi_socket_error(second), NAME));
	conf_equal(dsi_socket_state(second), DSI_STATE_CREATED);
	dsi_socket_destroy(first);
	conf_equal(dsi_socket_listen(second, NAME, NULL), 0);
	dsi_socket_destroy(second);
	return 0;
}

static int refuse_wrong_role(void)
{
	struct dsi_stream_desc desc = conf_desc(2);
	struct dsi_socket *producer, *consumer;

	conf_equal(dsi_producer_create(&desc, NULL, &producer), 0);
	conf_equal(dsi_consumer_create(NULL, &consumer), 0);
	conf_equal(dsi_socket_connect(producer, NAME, 0), -DSI_EINVAL);
	conf_equal(dsi_socket_listen(consumer, NAME, NULL), -DSI_EINVAL);
	conf_equal(dsi_socket_connect(NULL, NAME, 0), -DSI_EINVAL);
	conf_equal(dsi_socket_listen(NULL, NAME, NULL), -DSI_EINVAL);
	conf_equal(dsi_socket_start(NULL), -DSI_EINVAL);
	conf_equal(dsi_socket_stop(NULL), -DSI_EINVAL);
	conf_equal(dsi_socket_close(NULL), -DSI_EINVAL);
	conf_equal(dsi_socket_state(NULL), -DSI_EINVAL);
	dsi_socket_destroy(consumer);
	dsi_socket_destroy(producer);
	return 0;
}

static int connect_to_refuser(uint64_t arg)
{
	struct dsi_peer self;

	(void)arg;
	dsi_port_self(&self);
	atomic_store(&conf_shared->values[0], self.pid);
	return refused(NULL, -DSI_EACCES, "access");
}

static int ask_permit(void *user, const struct dsi_peer *peer)
{
	_Atomic uint32_t *asked = user;

	atomic_fetch_add(asked, 1);
	return peer->pid != atomic_load(&conf_shared->values[0]);
}

static int refuse_by_access_rule(void)
{
	int peer = conf_spawn_process(connect_to_refuser, 0);
	struct dsi_stream_desc desc = conf_desc(2);
	struct dsi_socket *producer, *consumer;
	struct dsi_access access;
	_Atomic uint32_t asked = 0;

	memset(&access, 0, sizeof(access));
	access.size = sizeof(access);
	access.permit = ask_permit;
	access.user = &asked;
	conf_equal(dsi_producer_create(&desc, NULL, &producer), 0);
	conf_equal(dsi_socket_listen(producer, NAME, &access), 0);
	conf_equal(conf_join(peer), 0);
	conf_equal(atomic_load(&asked), 1);
	/* We are somebody else. */
	conf_equal(dsi_consumer_create(NULL, &consumer), 0);
	conf_equal(dsi_socket_connect(consumer, NAME, 0), 0);
	conf_equal(atomic_load(&asked), 2);
	dsi_socket_destroy(consumer);
	dsi_socket_destroy(producer);
	return 0;
}

static int refuse_bad_access_rule(void)
{
	struct dsi_access access = {.size = sizeof(access), .mode = 0777};
	struct dsi_stream_desc desc = conf_desc(2);
	struct dsi_socket *producer;

	conf_equal(dsi_producer_create(&desc, NULL, &producer), 0);
	conf_equal(dsi_socket_listen(producer, NAME, &access), -DSI_EINVAL);
	access.mode = 0660;
	access.reserved = 1;
	conf_equal(dsi_socket_listen(producer, NAME, &access), -DSI_EINVAL);
	access.reserved = 0;
	conf_equal(dsi_socket_listen(producer, NAME, &access), 0);
	dsi_socket_destroy(producer);
	return 0;
}

static int refuse_too_many_consumers(void)
{
	struct dsi_socket *producer, *consumers[DSI_MAX_CONSUMERS], *last;
	struct dsi_stream_desc desc = conf_desc(2);
	uint64_t deadline = conf_later();
	int err;

	conf_try(conf_produce(NAME, &desc, DSI_MAX_CONSUMERS, &producer));
	for (uint32_t i = 0; i < DSI_MAX_CONSUMERS; i++)
		conf_try(conf_consume(NAME, NULL, &consumers[i]));
	conf_try(conf_put(producer, 1, 0));
	conf_equal(conf_stats(producer).consumers, DSI_MAX_CONSUMERS);
	conf_try(refused(NULL, -DSI_EUSERS, "consumers"));
	for (uint32_t i = 0; i < DSI_MAX_CONSUMERS; i++)
		conf_try(conf_take(consumers[i], 1, 0));
	/* One leaves, there is a place. */
	dsi_socket_destroy(consumers[5]);
	conf_equal(dsi_consumer_create(NULL, &last), 0);
	do {
		conf_check(dsi_now() < deadline);
		conf_equal(conf_try_get(producer, conf_later()), 0);
		err = dsi_socket_connect(last, NAME, 0);
	} while (err == -DSI_EUSERS);
	conf_equal(err, 0);
	conf_equal(dsi_socket_start(last), 0);
	/* The producer takes notice when it asks for a packet. */
	while (dsi_socket_event_count(producer, DSI_EVENT_PEER_JOINED) <=
	       DSI_MAX_CONSUMERS) {
		conf_check(dsi_now() < deadline);
		conf_equal(conf_try_get(producer, conf_later()), 0);
	}
	conf_try(conf_put(producer, 2, 0));
	conf_try(conf_take(last, 2, 0));
	conf_try(conf_take(consumers[0], 2, 0));
	dsi_socket_destroy(last);
	for (uint32_t i = 0; i < DSI_MAX_CONSUMERS; i++)
		if (i != 5)
			dsi_socket_destroy(consumers[i]);
	dsi_socket_destroy(producer);
	return 0;
}

/* ---- descriptions and options ------------------------------------------- */

static int bad_desc(const struct dsi_stream_desc *desc, const char *word)
{
	struct dsi_socket *sock;
	char why[200] = "";

	conf_equal(dsi_stream_desc_check(desc, why, sizeof(why)), -DSI_EINVAL);
	if (!strstr(why, word)) {
		conf_fail(__FILE__, __LINE__, "\"%s\" does not name \"%s\"",
			  why, word);
		return 1;
	}
	conf_equal(dsi_stream_desc_check(desc, NULL, 0), -DSI_EINVAL);
	conf_equal(dsi_stream_desc_check(desc, why, 3), -DSI_EINVAL);
	conf_check(strlen(why) < 3);
	conf_equal(dsi_producer_create(desc, NULL, &sock), -DSI_EINVAL);
	return 0;
}

static int refuse_bad_descriptions(void)
{
	struct dsi_stream_desc desc = conf_desc(8);

	conf_equal(dsi_stream_desc_check(&desc, NULL, 0), 0);
	desc.size = 3;
	conf_try(bad_desc(&desc, "size"));
	desc = conf_desc(0);
	conf_try(bad_desc(&desc, "packets"));
	desc = conf_desc(DSI_MAX_PACKETS + 1);
	conf_try(bad_desc(&desc, "packets"));
	desc = conf_desc(8);
	desc.flags = 0x80;
	conf_try(bad_desc(&desc, "flags"));
	desc = conf_desc(8);
	desc.ring_slots = 12;
	conf_try(bad_desc(&desc, "ring_slots"));
	desc.ring_slots = 2 * DSI_MAX_RING_SLOTS;
	conf_try(bad_desc(&desc, "ring_slots"));
	desc = conf_desc(8);
	desc.max_sg = DSI_MAX_SG + 1;
	conf_try(bad_desc(&desc, "max_sg"));
	desc = conf_desc(8);
	desc.align_bytes = 48;
	conf_try(bad_desc(&desc, "align_bytes"));
	desc.align_bytes = 1u << 22;
	conf_try(bad_desc(&desc, "align_bytes"));
	desc = conf_desc(8);
	desc.data_bytes = 8 * CONF_BYTES - 1;
	conf_try(bad_desc(&desc, "data_bytes"));
	desc = conf_desc(8);
	desc.reserved = 1;
	conf_try(bad_desc(&desc, "reserved"));
	desc = conf_desc(8);
	memset(desc.format, 'x', sizeof(desc.format));
	conf_try(bad_desc(&desc, "format"));
	conf_equal(dsi_stream_desc_check(NULL, NULL, 0), -DSI_EINVAL);
	return 0;
}

static int refuse_bad_options(void)
{
	struct {
		struct dsi_consumer_options opts;
		uint64_t tail;
	} later = {.tail = 0};
	struct dsi_producer_options popts = {.size = sizeof(popts)};
	struct dsi_consumer_options opts;
	struct dsi_stream_desc desc = conf_desc(2);
	struct dsi_socket *sock;

	opts = conf_policy(3);
	conf_equal(dsi_consumer_create(&opts, &sock), -DSI_EINVAL);
	opts = conf_policy(0);
	opts.flags = 0x8000;
	conf_equal(dsi_consumer_create(&opts, &sock), -DSI_EINVAL);
	opts = conf_policy(0);
	opts.size = 0;
	conf_equal(dsi_consumer_create(&opts, &sock), -DSI_EINVAL);
	conf_equal(dsi_consumer_create(NULL, NULL), -DSI_EINVAL);
	popts.flags = 0x8000;
	conf_equal(dsi_producer_create(&desc, &popts, &sock), -DSI_EINVAL);
	popts.flags = 0;
	popts.n_readers = DSI_MAX_CONSUMERS + 1;
	conf_equal(dsi_producer_create(&desc, &popts, &sock), -DSI_EINVAL);
	conf_equal(dsi_producer_create(&desc, NULL, NULL), -DSI_EINVAL);
	/* A longer struct of a later version is fine if its tail is zero. */
	later.opts.size = sizeof(later);
	conf_equal(dsi_consumer_create(&later.opts, &sock), 0);
	dsi_socket_destroy(sock);
	later.tail = 1;
	conf_equal(dsi_consumer_create(&later.opts, &sock), -DSI_EINVAL);
	return 0;
}

const struct conf_test conf_refuse_tests[] = {
	{"refuse_mismatch", refuse_mismatch},
	{"refuse_unknown_name", refuse_unknown_name},
	{"refuse_bad_names", refuse_bad_names},
	{"refuse_name_in_use", refuse_name_in_use},
	{"refuse_wrong_role", refuse_wrong_role},
	{"refuse_by_access_rule", refuse_by_access_rule},
	{"refuse_bad_access_rule", refuse_bad_access_rule},
	{"refuse_too_many_consumers", refuse_too_many_consumers},
	{"refuse_bad_descriptions", refuse_bad_descriptions},
	{"refuse_bad_options", refuse_bad_options},
	{NULL, NULL},
};
