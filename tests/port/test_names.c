/* SPDX-License-Identifier: MIT */
/*
 * test_names.c - names: offer, connect, list, take over from the dead.
 */
#include <string.h>

#include <dsi/port.h>

#include "conf.h"

#define STREAM DSI_PORT_STREAM
#define COMPONENT DSI_PORT_COMPONENT

static int connect_gives(const char *name, uint32_t kind, int expected)
{
	int32_t conn;

	conf_equal(dsi_port_connect(name, kind, &conn), expected);
	if (expected == 0)
		dsi_port_handle_close(conn);
	return 0;
}

static int name_unknown(void)
{
	conf_try(connect_gives("conf.nobody", STREAM, -DSI_ENOENT));
	conf_try(connect_gives("conf.nobody", COMPONENT, -DSI_ENOENT));
	return 0;
}

static int name_offered_and_withdrawn(void)
{
	struct dsi_port_listener *listener;
	struct dsi_peer peer, self;
	int32_t near, far;

	for (uint32_t i = 0; i < 3; i++) {
		conf_equal(
			dsi_port_listen("conf.name", STREAM, NULL, &listener),
			0);
		conf_equal(dsi_port_accept(listener, &far, &peer), -DSI_EAGAIN);
		conf_equal(dsi_port_connect("conf.name", STREAM, &near), 0);
		conf_equal(dsi_port_accept(listener, &far, &peer), 0);
		dsi_port_self(&self);
		conf_equal(peer.pid, self.pid);
		conf_equal(peer.uid, self.uid);
		conf_try(conf_send(near, 5, -1));
		dsi_port_listener_close(listener);
		conf_try(connect_gives("conf.name", STREAM, -DSI_ENOENT));
		/* Connections outlive the name. */
		conf_try(conf_send(far, 6, -1));
		dsi_port_handle_close(near);
		conf_try(conf_hung_up(far));
		dsi_port_handle_close(far);
	}
	return 0;
}

static int name_kinds_are_apart(void)
{
	struct dsi_port_listener *stream, *component;

	conf_equal(dsi_port_listen("conf.kind", STREAM, NULL, &stream), 0);
	conf_try(connect_gives("conf.kind", COMPONENT, -DSI_ENOENT));
	conf_equal(dsi_port_listen("conf.kind", COMPONENT, NULL, &component),
		   0);
	dsi_port_listener_close(stream);
	conf_try(connect_gives("conf.kind", STREAM, -DSI_ENOENT));
	conf_try(connect_gives("conf.kind", COMPONENT, 0));
	dsi_port_listener_close(component);
	return 0;
}

static int name_longest(void)
{
	struct dsi_port_listener *listener;
	char name[DSI_NAME_BYTES];

	memset(name, 'n', sizeof(name));
	name[DSI_NAME_BYTES - 1] = '\0';
	conf_equal(dsi_port_listen(name, STREAM, NULL, &listener), 0);
	conf_try(connect_gives(name, STREAM, 0));
	name[DSI_NAME_BYTES - 2] = '\0';
	conf_try(connect_gives(name, STREAM, -DSI_ENOENT));
	dsi_port_listener_close(listener);
	return 0;
}

static int name_with_access_rule(void)
{
	struct dsi_access access = {.size = sizeof(access), .mode = 0666};
	struct dsi_port_listener *listener;

	conf_equal(dsi_port_listen("conf.rule", STREAM, &access, &listener), 0);
	conf_try(connect_gives("conf.rule", STREAM, 0));
	dsi_port_listener_close(listener);
	return 0;
}

static int listen_in_vain(uint64_t arg)
{
	struct dsi_port_listener *listener;

	(void)arg;
	conf_equal(dsi_port_listen("conf.taken", STREAM, NULL, &listener),
		   -DSI_EEXIST);
	return 0;
}

static int name_has_one_owner(void)
{
	struct dsi_port_listener *first, *second;

	conf_equal(dsi_port_listen("conf.taken", STREAM, NULL, &first), 0);
	conf_equal(dsi_port_listen("conf.taken", STREAM, NULL, &second),
		   -DSI_EEXIST);
	conf_try(connect_gives("conf.taken", STREAM, 0));
	conf_equal(conf_join(conf_spawn_process(listen_in_vain, 0)), 0);
	conf_try(connect_gives("conf.taken", STREAM, 0));
	dsi_port_listener_close(first);
	return 0;
}

static int offer_and_die(uint64_t arg)
{
	struct dsi_port_listener *listener;

	(void)arg;
	conf_equal(dsi_port_listen("conf.dead", STREAM, NULL, &listener), 0);
	conf_step(0);
	conf_die();
}

struct names {
	uint32_t n, a, b, dead;
};

static void count_name(void *user, const char *name)
{
	struct names *names = user;

	names->n++;
	names->a += !strcmp(name, "conf.a");
	names->b += !strcmp(name, "conf.b");
	names->dead += !strcmp(name, "conf.dead");
}

static int name_of_the_dead(void)
{
	struct names names = {0, 0, 0, 0};
	struct dsi_port_listener *listener;

	for (uint32_t i = 0; i < 2; i++) {
		int peer = conf_spawn_process(offer_and_die, 0);

		conf_equal(conf_join(peer), CONF_KILLED);
		conf_equal(atomic_load(&conf_shared->steps[0]), i + 1);
		conf_try(connect_gives("conf.dead", STREAM, -DSI_ENOENT));
		if (i == 0) {
			conf_equal(dsi_port_names(STREAM, count_name, &names),
				   0);
			conf_equal(names.dead, 0);
		}
	}
	/* Second time: taken over, not listed before. */
	conf_equal(dsi_port_listen("conf.dead", STREAM, NULL, &listener), 0);
	conf_try(connect_gives("conf.dead", STREAM, 0));
	dsi_port_listener_close(listener);
	return 0;
}

static int names_are_listed(void)
{
	struct dsi_port_listener *a, *b, *component;
	struct names names = {0, 0, 0, 0};

	conf_equal(dsi_port_names(STREAM, count_name, &names), 0);
	conf_equal(dsi_port_listen("conf.a", STREAM, NULL, &a), 0);
	conf_equal(dsi_port_listen("conf.b", STREAM, NULL, &b), 0);
	conf_equal(dsi_port_listen("conf.c", COMPONENT, NULL, &component), 0);
	conf_equal(dsi_port_names(STREAM, count_name, &names), 2);
	conf_equal(names.n, 2);
	conf_equal(names.a, 1);
	conf_equal(names.b, 1);
	conf_equal(dsi_port_names(COMPONENT, count_name, &names), 1);
	dsi_port_listener_close(a);
	memset(&names, 0, sizeof(names));
	conf_equal(dsi_port_names(STREAM, count_name, &names), 1);
	conf_equal(names.b, 1);
	dsi_port_listener_close(b);
	dsi_port_listener_close(component);
	return 0;
}

/* Listing must not disturb the owner for good: at most a connection that
 * hangs up at once. */
static int names_listing_leaves_owner_alone(void)
{
	struct names names = {0, 0, 0, 0};
	struct dsi_port_listener *listener;
	struct dsi_peer peer;
	int32_t near, far;
	uint64_t value;

	conf_equal(dsi_port_listen("conf.a", STREAM, NULL, &listener), 0);
	conf_equal(dsi_port_names(STREAM, count_name, &names), 1);
	while (dsi_port_accept(listener, &far, &peer) == 0) {
		conf_try(conf_hung_up(far));
		dsi_port_handle_close(far);
	}
	conf_equal(dsi_port_connect("conf.a", STREAM, &near), 0);
	conf_try(conf_accept(listener, &far));
	conf_try(conf_send(near, 77, -1));
	conf_try(conf_recv(far, &value, NULL));
	conf_equal(value, 77);
	dsi_port_handle_close(near);
	dsi_port_handle_close(far);
	dsi_port_listener_close(listener);
	return 0;
}

static int names_wait_deadline(void)
{
	uint64_t soon = conf_soon();
	int err;

	do {
		err = dsi_port_names_wait(soon);
	} while (err == 0);
	conf_equal(err, -DSI_ETIMEDOUT);
	conf_check(dsi_port_now() >= soon);
	return 0;
}

static int offer_late(uint64_t round)
{
	struct dsi_port_listener *listener;
	int32_t conn;

	conf_try(conf_await(0, (uint32_t)round + 1));
	if (round % 2)
		conf_sleep_until(conf_soon());
	conf_equal(dsi_port_listen("conf.late", STREAM, NULL, &listener), 0);
	conf_try(conf_accept(listener, &conn));
	conf_try(conf_hung_up(conn));
	dsi_port_handle_close(conn);
	dsi_port_listener_close(listener);
	return 0;
}

static int names_wait_sees_new_name(void)
{
	for (uint32_t round = 0; round < 10; round++) {
		int peer = conf_spawn_process(offer_late, round);
		int32_t conn;
		int err;

		conf_step(0);
		while ((err = dsi_port_connect("conf.late", STREAM, &conn)) ==
		       -DSI_ENOENT)
			conf_equal(dsi_port_names_wait(conf_later()), 0);
		conf_equal(err, 0);
		dsi_port_handle_close(conn);
		conf_equal(conf_join(peer), 0);
	}
	return 0;
}

#define CONNECTIONS 200

static int connect_never_blocks(void)
{
	struct dsi_port_listener *listener;
	int32_t conns[CONNECTIONS];
	uint32_t n = 0;
	int err = 0;

	conf_equal(dsi_port_listen("conf.queue", STREAM, NULL, &listener), 0);
	while (n < CONNECTIONS && !err) {
		err = dsi_port_connect("conf.queue", STREAM, &conns[n]);
		n += !err;
	}
	conf_check(n > 0);
	if (err) {
		int32_t taken;

		conf_equal(err, -DSI_EAGAIN);
		conf_try(conf_accept(listener, &taken));
		dsi_port_handle_close(taken);
		conf_try(connect_gives("conf.queue", STREAM, 0));
	}
	/* Those that nobody took hang up with the listener. */
	dsi_port_listener_close(listener);
	for (uint32_t i = 0; i < n; i++) {
		conf_try(conf_hung_up(conns[i]));
		dsi_port_handle_close(conns[i]);
	}
	return 0;
}

struct guests {
	struct dsi_port_source source;
	struct dsi_port_listener *listener;
	uint32_t taken;
};

static void on_guest(struct dsi_port_source *source, uint32_t why)
{
	struct guests *guests = (struct guests *)(void *)source;
	struct dsi_peer peer;
	int32_t conn;

	(void)why;
	while (dsi_port_accept(guests->listener, &conn, &peer) == 0) {
		guests->taken++;
		dsi_port_handle_close(conn);
	}
}

static int listener_in_a_loop(void)
{
	struct guests guests = {.source = {.ready = on_guest}};
	struct dsi_port_loop *loop;

	conf_equal(dsi_port_listen("conf.loop", STREAM, NULL, &guests.listener),
		   0);
	conf_equal(dsi_port_loop_create(0, &loop), 0);
	guests.source.handle = dsi_port_listener_handle(guests.listener);
	conf_equal(dsi_port_loop_add(loop, &guests.source), 0);
	conf_equal(dsi_port_loop_dispatch(loop, 0), -DSI_ETIMEDOUT);
	conf_try(connect_gives("conf.loop", STREAM, 0));
	conf_try(connect_gives("conf.loop", STREAM, 0));
	while (guests.taken < 2)
		conf_equal(dsi_port_loop_dispatch(loop, conf_later()), 0);
	conf_equal(dsi_port_loop_dispatch(loop, 0), -DSI_ETIMEDOUT);
	dsi_port_loop_remove(loop, &guests.source);
	dsi_port_loop_destroy(loop);
	dsi_port_listener_close(guests.listener);
	return 0;
}

const struct conf_test conf_names_tests[] = {
	{"name_unknown", name_unknown},
	{"name_offered_and_withdrawn", name_offered_and_withdrawn},
	{"name_kinds_are_apart", name_kinds_are_apart},
	{"name_longest", name_longest},
	{"name_with_access_rule", name_with_access_rule},
	{"name_has_one_owner", name_has_one_owner},
	{"name_of_the_dead", name_of_the_dead},
	{"names_are_listed", names_are_listed},
	{"names_listing_leaves_owner_alone", names_listing_leaves_owner_alone},
	{"names_wait_deadline", names_wait_deadline},
	{"names_wait_sees_new_name", names_wait_sees_new_name},
	{"connect_never_blocks", connect_never_blocks},
	{"listener_in_a_loop", listener_in_a_loop},
	{NULL, NULL},
};
