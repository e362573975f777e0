/* SPDX-License-Identifier: MIT */
/*
 * apart_test.c - who spins, and for whom: only for one that was last seen on
 * another CPU; and what each end says of itself.
 *
 * The looks of a wait are counted: those while nothing is announced are of who
 * spins.  The first look under an announcement finds something, so no wait ends by
 * its time.
 */
#define _GNU_SOURCE
#include <cmocka.h>
#include <sched.h>

#include <string.h>

#include <dsi/packet.h>

#include "hand_pair.h"

#define ELSEWHERE UINT32_MAX /* a CPU that is not there */
#define POLLS 32u	     /* between two looks at the clock */
#define TWO 2u

struct world {
	struct hand_stream stream;
	struct hand_consumer consumers[TWO];
	struct dsi_data_plane *plane; /* who waits */
	const _Atomic uint64_t *sleep;
	/* What happens. */
	uint32_t end_at;   /* this look of who spins finds something */
	uint32_t there_at; /* before that one the peer says @there */
	uint32_t there;
	int move_to; /* before the second one, this CPU; -1: no */
	/* What was seen. */
	uint32_t spun, owed;
	int lost; /* nobody knows on which CPU we are */
};

static struct world world;
static int home, other; /* CPUs; -1: there is no other */

uint32_t __real_dsi_port_cpu(void);
uint32_t __wrap_dsi_port_cpu(void);
uint32_t __wrap_dsi_port_cpu(void)
{
	return world.lost ? 0 : __real_dsi_port_cpu();
}

static void go_to(int cpu)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET((size_t)cpu, &set);
	assert_int_equal(sched_setaffinity(0, sizeof(set), &set), 0);
	assert_int_equal(sched_getcpu(), cpu);
}

static uint32_t here(void)
{
	return (uint32_t)sched_getcpu() + 1u;
}

static struct dsi_socket *from(void)
{
	return hand_socket(&world.stream.plane);
}

static struct dsi_socket *to(uint32_t i)
{
	return hand_socket(&world.consumers[i].plane);
}

static void pass(struct dsi_socket *sock)
{
	struct dsi_packet *pkt;

	assert_int_equal(dsi_packet_get(sock, 0, &pkt), 0);
	assert_int_equal(dsi_packet_commit(sock, pkt), 0);
}

/* One packet in all, so that a look at the space sees what came back. */
static void set_up_two(uint32_t role, uint32_t policy, uint32_t second)
{
	const struct dsi_stream_desc desc = {
		.size = sizeof(desc),
		.flags = DSI_STREAM_NO_STAMP,
		.packets = 1,
		.packet_bytes = 64,
	};

	memset(&world, 0, sizeof(world));
	world.move_to = -1;
	world.end_at = 1;
	hand_stream_init(&world.stream, &desc, 0);
	for (uint32_t i = 0; i < TWO; i++)
		hand_join(&world.stream, &world.consumers[i],
			  i == 0 ? policy : second, 1);
	assert_int_equal(dsi__producer_look(&world.stream.plane), 0);
	world.plane = role == DSI_ROLE_PRODUCER ? &world.stream.plane
						: &world.consumers[0].plane;
	world.sleep = role == DSI_ROLE_PRODUCER
			      ? &world.consumers[0].signal->sleep
			      : &world.consumers[0].page->sleep;
	world.plane->spin_ns = UINT32_MAX;
}

static void set_up(uint32_t role, uint32_t policy)
{
	set_up_two(role, policy, policy);
}

static void tear_down(void)
{
	for (uint32_t i = 0; i < TWO; i++)
		hand_leave(&world.stream, &world.consumers[i]);
	(void)dsi__producer_look(&world.stream.plane);
	for (uint32_t i = 0; i < TWO; i++)
		hand_consumer_fini(&world.consumers[i]);
	hand_stream_fini(&world.stream);
}

/* The first of those that the producer, or the only one that a consumer waits
 * for. */
static _Atomic uint32_t *peers_cpu(void)
{
	return world.plane->role == DSI_ROLE_PRODUCER
		       ? &world.consumers[0].page->cpu
		       : &world.consumers[0].signal->cpu;
}

static int look(struct dsi_data_plane *plane, void *arg)
{
	(void)arg;
	world.owed = plane->owed != NULL;
	if (atomic_load(world.sleep) & DSI_SLEEP_ASLEEP)
		return 0;
	if (++world.spun == world.end_at)
		return 0;
	if (world.spun == world.there_at)
		atomic_store(peers_cpu(), world.there);
	if (world.spun == 2 && world.move_to >= 0)
		go_to(world.move_to);
	return -DSI_EAGAIN;
}

/* How often it looked before it said that it sleeps. */
static uint32_t spins(void)
{
	world.spun = 0;
	assert_int_equal(dsi__plane_wait(world.plane, DSI_FOREVER, look, NULL),
			 0);
	return world.spun;
}

/* Where the peer may say that it is. */
static const struct {
	int known, same;
} wheres[] = {{0, 0}, {1, 1}, {1, 0}};

static uint32_t where(size_t i)
{
	return !wheres[i].known ? 0 : wheres[i].same ? here() : ELSEWHERE;
}

static void for_its_peer(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(wheres) / sizeof(wheres[0]); i++) {
		uint32_t apart = wheres[i].known && !wheres[i].same;

		set_up(DSI_ROLE_CONSUMER, DSI_POLICY_BLOCK);
		atomic_store(peers_cpu(), where(i));
		assert_int_equal(spins(), apart);
		/* What it may not do it does not, whoever is where. */
		world.plane->spin_ns = 0;
		assert_int_equal(spins(), 0);
		tear_down();
	}
}

/* Who cannot know where it is does as it is told, and says nothing. */
static void without_knowing(void **state)
{
	(void)state;
	for (uint32_t i = 0; i < 4; i++) {
		const struct hand_consumer *end = &world.consumers[0];

		set_up(i & 1 ? DSI_ROLE_PRODUCER : DSI_ROLE_CONSUMER,
		       DSI_POLICY_BLOCK);
		atomic_store(peers_cpu(), i & 2 ? here() : 0);
		world.lost = 1;
		assert_int_equal(spins(), 1);
		assert_int_equal(atomic_load(i & 1 ? &end->signal->cpu
						   : &end->page->cpu),
				 0);
		tear_down();
	}
}

/* Whoever has the packet may be elsewhere, or not; who has it not does not
 * matter. */
static void for_who_has_it(void **state)
{
	const size_t n = sizeof(wheres) / sizeof(wheres[0]);

	(void)state;
	for (uint32_t has = 0; has < 1u << TWO; has++) {
		for (size_t i = 0; i < n * n; i++) {
			size_t at[TWO] = {i % n, i / n};
			uint32_t near = 0;

			set_up(DSI_ROLE_PRODUCER, DSI_POLICY_BLOCK);
			pass(from());
			for (uint32_t k = 0; k < TWO; k++) {
				atomic_store(&world.consumers[k].page->cpu,
					     where(at[k]));
				if (has >> k & 1u)
					near += where(at[k]) != ELSEWHERE;
				else
					pass(to(k));
			}
			(void)dsi__producer_look(world.plane);
			assert_int_equal(spins(), has && near == 0);
			tear_down();
		}
	}
}

/* Who shall not hold us up is asked only if nobody else has a packet. */
static void for_who_may_hold_us_up(void **state)
{
	(void)state;
	for (uint32_t has = 1; has < 1u << TWO; has++) {
		for (uint32_t far = 0; far < 1u << TWO; far++) {
			set_up_two(DSI_ROLE_PRODUCER, DSI_POLICY_BLOCK,
				   DSI_POLICY_DROP_NEW);
			pass(from());
			for (uint32_t k = 0; k < TWO; k++) {
				atomic_store(&world.consumers[k].page->cpu,
					     far >> k & 1u ? ELSEWHERE
							   : here());
				if (!(has >> k & 1u))
					pass(to(k));
			}
			(void)dsi__producer_look(world.plane);
			assert_int_equal(spins(),
					 has & 1u ? far & 1u : far >> 1);
			tear_down();
		}
	}
}

/* Nobody is asked for what RECLAIM reads. */
static void for_nobody(void **state)
{
	(void)state;
	set_up(DSI_ROLE_PRODUCER, DSI_POLICY_RECLAIM);
	for (uint32_t k = 0; k < TWO; k++)
		atomic_store(&world.consumers[k].page->cpu, ELSEWHERE);
	pass(from());
	assert_int_equal(dsi__producer_apart(world.plane, here()), 0);
	tear_down();
}

static void set_up_spinning(uint32_t role)
{
	set_up(role, DSI_POLICY_BLOCK);
	for (uint32_t k = 0; k < TWO; k++) {
		atomic_store(&world.consumers[k].page->cpu, ELSEWHERE);
		atomic_store(&world.consumers[k].signal->cpu, ELSEWHERE);
	}
	pass(from());
	world.end_at = UINT32_MAX;
}

/* The peer comes to this CPU, or it is not known any more where it is. */
static void peer_comes(void **state)
{
	(void)state;
	for (uint32_t i = 0; i < 8; i++) {
		uint32_t turns = 1 + (i >> 2);

		set_up_spinning(i & 1 ? DSI_ROLE_PRODUCER : DSI_ROLE_CONSUMER);
		world.there_at = turns * POLLS;
		world.there = i & 2 ? here() : 0;
		assert_int_equal(spins(), turns * POLLS);
		tear_down();
	}
}

/* We come to the peer's CPU, and say so. */
static void we_come(void **state)
{
	(void)state;
	if (other < 0)
		skip();
	for (uint32_t i = 0; i < 2; i++) {
		set_up_spinning(i ? DSI_ROLE_PRODUCER : DSI_ROLE_CONSUMER);
		atomic_store(peers_cpu(), (uint32_t)other + 1u);
		world.move_to = other;
		assert_int_equal(spins(), POLLS);
		for (uint32_t k = 0; k < TWO; k++) {
			const struct hand_consumer *end = &world.consumers[k];

			assert_int_equal(atomic_load(i ? &end->signal->cpu
						       : &end->page->cpu),
					 i || k == 0 ? (uint32_t)other + 1u
						     : ELSEWHERE);
		}
		tear_down();
		go_to(home);
	}
}

/* Who waits says where it is, once. */
static void says_where(void **state)
{
	(void)state;
	for (uint32_t i = 0; i < 2; i++) {
		_Atomic uint32_t *said;

		set_up(i ? DSI_ROLE_PRODUCER : DSI_ROLE_CONSUMER,
		       DSI_POLICY_BLOCK);
		said = i ? &world.consumers[1].signal->cpu
			 : &world.consumers[0].page->cpu;
		assert_int_equal(spins(), 0);
		assert_int_equal(atomic_load(said), here());
		/* The line is left alone while nothing changes. */
		atomic_store(said, ELSEWHERE);
		assert_int_equal(spins(), 0);
		assert_int_equal(atomic_load(said), ELSEWHERE);
		tear_down();
	}
}

/* So does who wakes; who finds nobody asleep has nobody to tell. */
static void who_wakes_says_where(void **state)
{
	(void)state;
	for (uint32_t i = 0; i < 4; i++) {
		const struct hand_consumer *end = &world.consumers[0];
		uint32_t asleep = i & 1;

		set_up(DSI_ROLE_PRODUCER, DSI_POLICY_BLOCK);
		if (asleep) {
			atomic_store(&end->page->sleep, DSI_SLEEP_ASLEEP);
			atomic_store(&end->signal->sleep,
				     DSI_SLEEP_ASLEEP |
					     atomic_load(&end->page->signal));
		}
		pass(from());
		assert_int_equal(atomic_load(&end->signal->cpu),
				 asleep ? here() : 0);
		pass(to(0));
		assert_int_equal(atomic_load(&end->page->cpu),
				 asleep ? here() : 0);
		assert_int_equal(atomic_load(&world.consumers[1].signal->cpu),
				 0);
		tear_down();
	}
}

/* Who spins wakes first; else both are one step. */
static void owes(void **state)
{
	(void)state;
	for (uint32_t i = 0; i < 2; i++) {
		set_up(DSI_ROLE_CONSUMER, DSI_POLICY_BLOCK);
		atomic_store(peers_cpu(), i ? ELSEWHERE : here());
		world.plane->owed = &world.plane->as.consumer.waker;
		assert_int_equal(spins(), i);
		assert_int_equal(world.owed, !i);
		dsi__plane_pay(world.plane);
		tear_down();
	}
}

/* Closed by another thread: nothing of the peer's is there. */
static void closed(void **state)
{
	struct dsi_waiter waiter;

	(void)state;
	set_up(DSI_ROLE_CONSUMER, DSI_POLICY_BLOCK);
	atomic_store(peers_cpu(), ELSEWHERE);
	waiter = world.plane->as.consumer.waiter;
	world.plane->as.consumer.waiter = (struct dsi_waiter){0};
	assert_int_equal(dsi__consumer_apart(world.plane, here()), 0);
	world.plane->as.consumer.waiter = waiter;
	assert_int_not_equal(dsi__consumer_apart(world.plane, here()), 0);
	dsi__producer_forget(&world.stream.plane);
	assert_int_equal(dsi__producer_apart(&world.stream.plane, here()), 0);
	world.stream.plane.as.producer.block_mask = (1u << TWO) - 1u;
	tear_down();
}

static int find_cpus(void **state)
{
	cpu_set_t may;

	(void)state;
	home = other = -1;
	if (sched_getaffinity(0, sizeof(may), &may))
		return -1;
	for (int cpu = 0; cpu < CPU_SETSIZE; cpu++) {
		if (!CPU_ISSET((size_t)cpu, &may))
			continue;
		if (home < 0)
			home = cpu;
		else if (other < 0)
			other = cpu;
	}
	go_to(home);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(for_its_peer),
		cmocka_unit_test(without_knowing),
		cmocka_unit_test(for_who_has_it),
		cmocka_unit_test(for_who_may_hold_us_up),
		cmocka_unit_test(for_nobody),
		cmocka_unit_test(peer_comes),
		cmocka_unit_test(we_come),
		cmocka_unit_test(says_where),
		cmocka_unit_test(who_wakes_says_where),
		cmocka_unit_test(owes),
		cmocka_unit_test(closed),
	};

	return cmocka_run_group_tests(tests, find_cpus, NULL);
}
