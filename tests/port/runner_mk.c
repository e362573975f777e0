/* SPDX-License-Identifier: MIT */
/*
 * runner_mk.c - the suite on the microkernel: a process is a task that this
 * program makes of its own image, and a kill is the end of the quota that paid
 * for it.
 *
 * The program itself (the driver) runs no test.  It makes the tasks, is their
 * pager and exception handler, and answers their calls: make a process, kill
 * one, I am at my end.  Each task begins with the data segment as it is in the
 * boot archive, its first capabilities in the same slots as a program of the
 * root task, and a session of its own with the exchange; so the port in it is
 * the same as in every program.
 *
 * What all processes share is one piece of memory at CONF_ADDRESS: conf_shared,
 * and behind it the results of the processes.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <mklib/clock.h>
#include <mklib/monitor.h>
#include <mklib/object_stubs.h>
#include <mklib/program.h>
#include <mklib/start.h>

#include "mk_device.h"
#include "port_thread.h"

#include "conf.h"

#define CONF_ADDRESS 0x30000000ul
#define CONF_PAGES 4u
#define PROBE_ADDRESS 0x2e000000ul /* for conf_load_faults() */
#define STACK_BYTES 0x10000ul

#define PROCESSES 512u /* of one test */
#define PLACES 14u     /* at once */
#define THREADS 512u   /* of one process, one after the other */

/* Slots of the driver: some for each place. */
#define SLOT_FIRST 64ul
#define SLOT_EACH 8ul
#define SLOT_FACTORY 0ul
#define SLOT_TASK 1ul
#define SLOT_THREAD 2ul
#define SLOT_GATE 3ul
#define SLOT_SESSION 4ul

#define DRIVER_PRIORITY 100u
#define TEST_PRIORITY 90u
#define QUOTA (1200ul << 10)

/* Calls to the driver, over the gate that is the task's pager. */
#define CALL_PROTO 7
#define CALL_SPAWN 1u /* function, argument -> number of the process */
#define CALL_KILL 2u  /* number */
#define CALL_END 3u   /* result; no answer */

/* Between two looks of a process at another one.  Each is some entries into the
 * kernel, which has one lock: on emulated CPUs, of which there are more than real
 * ones, looks in quick succession leave the others no time. */
#define POLL_NS 2000000u
/* Who waits for long looks less often: some ten thousand looks at what never
 * comes take longer than all the rest of a test. */
#define POLL_PART 16u

static void poll_pause(uint64_t since_ns)
{
	uint64_t now = dsi_port_now(), part = (now - since_ns) / POLL_PART;

	conf_sleep_until(now + (part > POLL_NS ? part : POLL_NS));
}

#define RUNNING 1u
#define ENDED 2u
#define KILLED 3u

struct all_share {
	struct conf_shared conf;
	struct {
		_Atomic uint32_t state;
		int32_t result;
	} process[PROCESSES];
};

_Static_assert(sizeof(struct all_share) <= CONF_PAGES * MK_PAGE_BYTES,
	       "what all processes share");

static struct all_share *all; /* CONF_ADDRESS in tests */

/* ---- the harness, in a process of a test --------------------------------- */

static struct peer {
	struct mk_port_thread *thread;
	int (*fn)(void *arg);
	void *arg;
	int result;
} peers[THREADS];
static _Atomic uint32_t n_peers;

static uint64_t driver_call(uint64_t call, uint64_t a, uint64_t b)
{
	struct mk_message m = {.tag = mk_tag(CALL_PROTO, 3, 0, 0),
			       .word = {call, a, b}};

	if (!mk_call(MK_CAP_PAGER, MK_FOREVER, &m))
		conf_fail(__FILE__, __LINE__, "the driver: error %lu",
			  (unsigned long)mk_error());
	return m.word[0];
}

int conf_spawn_process(int (*fn)(uint64_t arg), uint64_t arg)
{
	uint64_t number = driver_call(CALL_SPAWN, (uintptr_t)fn, arg);

	if (number < PROCESSES)
		return (int)number;
	conf_fail(__FILE__, __LINE__, "no new process");
	(void)driver_call(CALL_END, 1, 0);
	abort();
}

static void run_thread(void *arg)
{
	struct peer *peer = arg;

	peer->result = peer->fn(peer->arg);
}

int conf_spawn_thread(int (*fn)(void *arg), void *arg)
{
	uint32_t index = atomic_fetch_add(&n_peers, 1);
	struct peer *peer = &peers[index % THREADS];
	int error = -DSI_EUSERS;

	if (index < THREADS) {
		peer->fn = fn;
		peer->arg = arg;
		error = mk_port_thread_start(run_thread, peer,
					     (index + 1) % mk_boot_info()->cpus,
					     &peer->thread);
	}
	if (!error)
		return (int)(PROCESSES + index);
	conf_fail(__FILE__, __LINE__, "no new thread: %d", error);
	(void)driver_call(CALL_END, 1, 0);
	abort();
}

int conf_join(int peer)
{
	uint32_t number = (uint32_t)peer, state;
	uint64_t begin = dsi_port_now();

	if (number >= PROCESSES) {
		mk_port_thread_join(peers[number - PROCESSES].thread);
		return peers[number - PROCESSES].result;
	}
	while ((state = atomic_load(&all->process[number].state)) == RUNNING)
		poll_pause(begin);
	return state == KILLED ? CONF_KILLED : all->process[number].result;
}

void conf_kill(int peer)
{
	(void)driver_call(CALL_KILL, (uint64_t)peer, 0);
}

void conf_kill_at(int peer, uint32_t point)
{
	conf_sleep_until(dsi_port_now() + point * 53000u);
	conf_kill(peer);
}

static uint64_t own_number;

_Noreturn void conf_die(void)
{
	for (;;)
		(void)driver_call(CALL_KILL, own_number, 0);
}

void conf_sleep_until(uint64_t deadline_ns)
{
	struct mk_message m = {0};

	mk_utcb()->until_ns[MK_IPC_RECEIVE] = deadline_ns;
	(void)mk_ipc(0, MK_RECV, mk_timeouts(0, MK_ABSOLUTE), &m);
}

void conf_step(uint32_t step)
{
	atomic_fetch_add(&conf_shared->steps[step], 1);
}

int conf_await(uint32_t step, uint32_t count)
{
	uint64_t begin = dsi_port_now(), deadline = conf_later();

	while (atomic_load(&conf_shared->steps[step]) < count) {
		if (dsi_port_now() > deadline) {
			conf_fail(__FILE__, __LINE__, "step %u was not reached",
				  step);
			return 1;
		}
		poll_pause(begin);
	}
	return 0;
}

/* The kernel would store for us, and says so if it cannot: a flagged receive
 * first finds the word writable, then compares it.  With a value that the word
 * does not have it ends there.  (With the same value twice it would only have to
 * be readable.) */
int conf_store_faults(void *addr)
{
	uint32_t *word = (uint32_t *)((uintptr_t)addr & ~(uintptr_t)3);
	uint32_t other = ~__atomic_load_n(word, __ATOMIC_RELAXED);
	struct mk_message m = {0};

	if (!mk_receive_flagged(0, word, other, other + 1, MK_FOREVER, &m)) {
		if (mk_error() == (MK_IPC_NO_MEMORY | MK_IPC_RECEIVE))
			return 1;
		if (mk_error() == (MK_IPC_CHANGED | MK_IPC_RECEIVE))
			return 0;
	}
	conf_fail(__FILE__, __LINE__, "flagged receive: error %lu",
		  (unsigned long)mk_error());
	return -1;
}

/* What is not mapped cannot be mapped to another place either. */
int conf_load_faults(const void *addr)
{
	uint64_t page = (uintptr_t)addr & ~(MK_PAGE_BYTES - 1);
	int error = mk_map(MK_CAP_TASK, PROBE_ADDRESS,
			   mk_flexpage(MK_MEMORY, page, MK_PAGE_ORDER, MK_R));

	if (error == -MK_ENOENT)
		return 1;
	if (error)
		return error;
	return mk_unmap(
		MK_CAP_TASK,
		mk_flexpage(MK_MEMORY, PROBE_ADDRESS, MK_PAGE_ORDER, MK_R),
		MK_UNMAP_SELF);
}

int conf_handle_open(int32_t handle)
{
	return mk_port_kind(handle) >= 0;
}

int conf_readable(int32_t handle, uint64_t deadline_ns)
{
	while (!mk_port_ready(&handle, 1)) {
		if (dsi_port_now() >= deadline_ns)
			return 0;
		conf_sleep_until(dsi_port_now() + POLL_NS);
	}
	return 1;
}

int32_t conf_memory(uint64_t bytes, uint32_t sealable)
{
	return mk_port_memory(bytes, sealable);
}

int32_t conf_device(void)
{
	return mk_device_memory();
}

/* ---- the begin of a process ---------------------------------------------- */

/* What a new task needs to know; its stack begins with it. */
struct begin {
	int (*process)(uint64_t arg);
	uint64_t arg;
	const struct conf_test *test; /* instead of a process */
	uint64_t number;
};

static int run_test(const struct conf_test *test)
{
	int before = mk_port_handles(), after;

	if (test->run()) {
		if (!atomic_load(&conf_shared->failed))
			conf_fail(test->name, 0, "failed without a reason");
		return 1;
	}
	after = mk_port_handles();
	if (before < 0 || after < 0)
		conf_fail(test->name, 0, "handles: error %d, %d", before,
			  after);
	if (after > before)
		conf_fail(test->name, 0, "%d handles left open",
			  after - before);
	return 0;
}

/* The back-end: as for every program, or one for each process in turn:
 * notify.processes=NAME,NAME. */
static int choose_notify(uint64_t number)
{
	char asked[64], *name = asked, *comma;
	uint64_t count = 1;

	if (!mk_option(mk_boot_info()->command, "notify.processes", asked,
		       sizeof(asked)))
		mk_port_notify_asked(asked, sizeof(asked));
	for (const char *p = asked; *p; p++)
		count += *p == ',';
	for (number %= count; number; number--)
		name = strchr(name, ',') + 1;
	comma = strchr(name, ',');
	if (comma)
		*comma = 0;
	return mk_port_notify_use(name);
}

static void task_main(const struct begin *begin)
{
	int result = mk_port_threads_begin();

	all = (struct all_share *)CONF_ADDRESS;
	conf_shared = &all->conf;
	own_number = begin->number;
	if (!result)
		result = mk_port_begin(MK_PORT_SLOT_EXCHANGE, MK_CAP_THREAD);
	if (!result)
		result = choose_notify(begin->number);
	if (result)
		conf_fail(__FILE__, __LINE__, "the port does not begin: %d",
			  result);
	else if (begin->test)
		result = run_test(begin->test);
	else
		result = begin->process(begin->arg);
	for (;;)
		(void)driver_call(CALL_END, (uint64_t)(uint32_t)result, 0);
}

/* ---- the driver: memory -------------------------------------------------- */

/* Pages of the pool, a list of the free ones through their first words. */
static uint64_t free_page, pages_begun;

static uint64_t page_take(void)
{
	uint64_t page = free_page;

	if (page) {
		free_page = *(uint64_t *)page;
		memset((void *)page, 0, MK_PAGE_BYTES);
	} else if (pages_begun < mk_boot_info()->pool_pages) {
		page = MK_POOL + pages_begun++ * MK_PAGE_BYTES;
		*(volatile uint8_t *)page; /* we can only give what we have */
	}
	return page;
}

static void page_give(uint64_t page)
{
	(void)mk_unmap(
		MK_CAP_TASK,
		mk_flexpage(MK_MEMORY, page, MK_PAGE_ORDER, MK_R | MK_W | MK_X),
		MK_UNMAP_OTHERS);
	*(uint64_t *)page = free_page;
	free_page = page;
}

/* ---- the driver: tasks --------------------------------------------------- */

#define PAGES_EACH 2600u /* of one task: its heap, data, stack */

static struct place {
	uint64_t number; /* of the process; PROCESSES: free */
	uint64_t session;
	uint32_t n_pages;
	uint64_t pages[PAGES_EACH];
} places[PLACES];

static uint64_t n_processes;	/* of this test */
static struct mk_program image; /* as it is in the boot archive */

static uint64_t slot_of(const struct place *p, uint64_t slot)
{
	return SLOT_FIRST + (uint64_t)(p - places) * SLOT_EACH + slot;
}

static const struct mk_segment *segment_at(uint64_t va)
{
	for (unsigned i = 0; i < image.segments; i++)
		if (va >= image.segment[i].va &&
		    va - image.segment[i].va < image.segment[i].bytes)
			return &image.segment[i];
	return NULL;
}

/* A page of its own, with what the archive has for it. */
static uint64_t page_for(struct place *p, uint64_t va,
			 const struct mk_segment *s)
{
	uint64_t page = p->n_pages < PAGES_EACH ? page_take() : 0;
	uint64_t at = s ? va - s->va : 0, bytes = 0;

	if (!page)
		return 0;
	p->pages[p->n_pages++] = page;
	if (s && at < s->file_bytes)
		bytes = s->file_bytes - at;
	if (bytes > MK_PAGE_BYTES)
		bytes = MK_PAGE_BYTES;
	if (bytes)
		memcpy((void *)page, s->contents + at, bytes);
	return page;
}

static int in(uint64_t va, uint64_t first, uint64_t bytes)
{
	return va >= first && va - first < bytes;
}

/* Where we have the page that belongs at @va of a task; 0: nowhere. */
static uint64_t page_at(struct place *p, uint64_t va, unsigned *rights)
{
	const struct mk_segment *s = segment_at(va);

	*rights = MK_R;
	if (va == MK_BOOT_INFO)
		return va;
	if (s && !(s->rights & MK_W)) {
		*rights = s->rights;
		return va;
	}
	*rights = MK_R | MK_W;
	if (in(va, CONF_ADDRESS, CONF_PAGES * MK_PAGE_BYTES))
		return (uintptr_t)all + (va - CONF_ADDRESS);
	if (s || in(va, MK_HEAP, MK_HEAP_BYTES) ||
	    in(va, MK_ROOT_STACK - STACK_BYTES, STACK_BYTES))
		return page_for(p, va, s);
	return 0;
}

/* 0, or an error. */
static int give_page(struct place *p, uint64_t va)
{
	unsigned rights;
	uint64_t page;

	va &= ~(MK_PAGE_BYTES - 1);
	page = page_at(p, va, &rights);
	if (!page)
		return -MK_ENOMEM;
	(void)*(volatile uint8_t *)page; /* we can only give what we have */
	return mk_map(slot_of(p, SLOT_TASK), va,
		      mk_flexpage(MK_MEMORY, page, MK_PAGE_ORDER, rights));
}

static int make_task(struct place *p)
{
	uint64_t factory = slot_of(p, SLOT_FACTORY);
	uint64_t task = slot_of(p, SLOT_TASK), thread = slot_of(p, SLOT_THREAD);
	int error = mk_create_factory(MK_CAP_FACTORY, factory, QUOTA);

	if (!error)
		error = mk_create_task(factory, task);
	if (!error)
		error = mk_create_thread(factory, thread);
	if (!error)
		error = mk_create_gate(MK_CAP_FACTORY, slot_of(p, SLOT_GATE),
				       (uint64_t)(p - places) + 1,
				       MK_CAP_THREAD);
	if (!error)
		error = mk_port_session_open(slot_of(p, SLOT_SESSION),
					     &p->session);
	return error;
}

static int give_caps(const struct place *p)
{
	static const struct {
		uint64_t to, place, own;
		unsigned rights;
	} caps[] = {
		{MK_CAP_TASK, SLOT_TASK, 0, MK_ALL_RIGHTS},
		{MK_CAP_THREAD, SLOT_THREAD, 0, MK_ALL_RIGHTS},
		{MK_CAP_FACTORY, SLOT_FACTORY, 0, MK_ALL_RIGHTS},
		{MK_CAP_PAGER, SLOT_GATE, 0, MK_CAP_SEND},
		{MK_PORT_SLOT_EXCHANGE, SLOT_SESSION, 0, MK_CAP_SEND},
		{MK_CAP_SCHED, 0, MK_CAP_SCHED, MK_ALL_RIGHTS},
		{MK_CAP_LOG, 0, MK_CAP_LOG, MK_CAP_SEND},
	};
	int error = 0;

	for (unsigned i = 0; i < sizeof(caps) / sizeof(caps[0]); i++) {
		uint64_t from =
			caps[i].own ? caps[i].own : slot_of(p, caps[i].place);

		if (!error)
			error = mk_map_cap(slot_of(p, SLOT_TASK), caps[i].to,
					   from, caps[i].rights);
	}
	return error;
}

static int start_task(struct place *p, const struct begin *begin)
{
	uint64_t task = slot_of(p, SLOT_TASK), thread = slot_of(p, SLOT_THREAD);
	uint64_t sp = MK_ROOT_STACK - sizeof(*begin);
	int error = mk_ku_memory(task, MK_ROOT_UTCB, MK_PAGE_ORDER);

	if (!error)
		/* The pager is a capability of the task itself. */
		error = mk_thread_control(thread, task, MK_ROOT_UTCB,
					  MK_CAP_PAGER, MK_CAP_PAGER);
	if (!error)
		error = mk_sched_run(
			MK_CAP_SCHED, thread, TEST_PRIORITY,
			(unsigned)(begin->number % mk_boot_info()->cpus), 0);
	if (!error)
		error = give_page(p, sp);
	if (error)
		return error;
	memcpy((uint8_t *)p->pages[p->n_pages - 1] + sp % MK_PAGE_BYTES, begin,
	       sizeof(*begin));
	return mk_thread_registers(thread, (uintptr_t)task_main, sp - 8,
				   MK_REGISTERS_IP | MK_REGISTERS_SP |
					   MK_REGISTERS_ARGUMENT |
					   MK_REGISTERS_START,
				   sp);
}

/* The exchange ends the session of a task that died, and the gate with it.  It
 * does not know of one that was killed before its first call. */
static void close_session(struct place *p)
{
	if (p->session && mk_cap_rights(MK_CAP_TASK, slot_of(p, SLOT_SESSION)))
		(void)mk_monitor_close(MK_CAP_MONITOR, MK_FOREVER, p->session);
	p->session = 0;
}

/* Everything that the task is and has, but the session. */
static void clear_place(struct place *p)
{
	(void)mk_delete(MK_CAP_TASK, slot_of(p, SLOT_FACTORY));
	(void)mk_delete(MK_CAP_TASK, slot_of(p, SLOT_GATE));
	while (p->n_pages)
		page_give(p->pages[--p->n_pages]);
	p->number = PROCESSES;
}

/* The number of the new process, or PROCESSES. */
static uint64_t spawn(int (*process)(uint64_t arg), uint64_t arg,
		      const struct conf_test *test)
{
	struct begin begin = {process, arg, test, n_processes};
	struct place *p = places;
	int error;

	while (p < places + PLACES && p->number < PROCESSES)
		p++;
	if (p == places + PLACES || n_processes == PROCESSES) {
		conf_fail(__FILE__, 0, "more than %u processes, or %u at once",
			  PROCESSES, PLACES);
		return PROCESSES;
	}
	p->number = n_processes;
	close_session(p);
	error = make_task(p);
	if (!error)
		error = give_caps(p);
	atomic_store(&all->process[n_processes].state, RUNNING);
	if (!error)
		error = start_task(p, &begin);
	if (error) {
		conf_fail(__FILE__, 0, "a new task: error %d", error);
		clear_place(p);
		return PROCESSES;
	}
	return n_processes++;
}

static void end_process(struct place *p, uint32_t state, int result)
{
	uint64_t number = p->number;

	/* First dead, then told to be so. */
	clear_place(p);
	all->process[number].result = result;
	atomic_store(&all->process[number].state, state);
}

static void kill_process(uint64_t number)
{
	for (struct place *p = places; p < places + PLACES; p++)
		if (p->number == number && number < PROCESSES)
			end_process(p, KILLED, 0);
}

/* ---- the driver: what tasks ask for -------------------------------------- */

/* True: @m is the answer. */
static bool serve_call(struct place *p, struct mk_message *m)
{
	uint64_t own = p->number;

	switch (m->word[0]) {
	case CALL_SPAWN:
		m->word[0] =
			spawn((int (*)(uint64_t))m->word[1], m->word[2], NULL);
		m->tag = mk_tag(0, 1, 0, 0);
		return true;
	case CALL_KILL:
		kill_process(m->word[1]);
		m->tag = mk_tag(0, 1, 0, 0);
		return p->number == own;
	default:
		end_process(p, ENDED, (int)m->word[1]);
		return false;
	}
}

/* Faults that are no tests' business. */
static void crashed(struct place *p, const char *what, uint64_t a, uint64_t ip)
{
	conf_fail("process", (int)p->number, "%s %lx at ip %lx", what,
		  (unsigned long)a, (unsigned long)ip);
	end_process(p, KILLED, 0);
}

static bool serve(struct place *p, struct mk_message *m)
{
	switch (mk_tag_proto(m->tag)) {
	case MK_PROTO_FAULT:
		if (give_page(p, m->word[0])) {
			crashed(p, "page fault", m->word[0], m->word[1]);
			return false;
		}
		m->tag = mk_tag(0, 0, 0, 0);
		return true;
	case MK_PROTO_EXCEPTION:
		crashed(p, "exception", mk_utcb()->mr[15], mk_utcb()->mr[17]);
		return false;
	case CALL_PROTO:
		return serve_call(p, m);
	default: /* mk_end() */
		crashed(p, "its end with status", m->word[0], 0);
		return false;
	}
}

/* ---- running ------------------------------------------------------------- */

static unsigned timeout_s = 90; /* of one test: it hangs */

static void serve_until_ended(uint64_t number)
{
	uint64_t deadline = mk_clock_ns() + timeout_s * UINT64_C(1000000000);
	struct mk_message m = {0};
	bool answer = false;

	while (atomic_load(&all->process[number].state) == RUNNING) {
		uint64_t limits = mk_timeouts(0, MK_ABSOLUTE);

		mk_utcb()->until_ns[MK_IPC_RECEIVE] = deadline;
		answer = answer ? mk_reply_wait(limits, &m)
				: mk_wait(limits, &m);
		if (answer && m.label >= 1 && m.label <= PLACES &&
		    places[m.label - 1].number < PROCESSES)
			answer = serve(&places[m.label - 1], &m);
		else
			answer = false;
		if (mk_clock_ns() >= deadline) {
			conf_fail("test", 0, "no end after %u s", timeout_s);
			break;
		}
	}
}

static int prepare(void)
{
	struct mk_file file;
	char own_name[MK_NAME_BYTES];
	uint64_t page = 0;

	for (unsigned i = 0; i < PLACES; i++)
		places[i].number = PROCESSES;
	if (!mk_program_name(mk_boot_info()->program, own_name) ||
	    !mk_file_find((const uint8_t *)MK_ARCHIVE,
			  mk_boot_info()->archive_bytes, own_name, &file) ||
	    !mk_program_read(&file, MK_ROOT_STACK, MK_HEAP, &image))
		return 1;
	/* The first pages that are taken are one after the other. */
	for (unsigned i = 0; i < CONF_PAGES; i++) {
		page = page_take();
		if (!page)
			return 1;
	}
	all = (struct all_share *)(page - (CONF_PAGES - 1) * MK_PAGE_BYTES);
	conf_shared = &all->conf;
	return 0;
}

int conf_run(const struct conf_test *test)
{
	uint64_t number;

	if (!all && prepare()) {
		fprintf(stderr, "boot.conf: this program needs memory=16M\n");
		exit(2);
	}
	memset(all, 0, sizeof(*all));
	n_processes = 0;
	number = spawn(NULL, 0, test);
	if (number < PROCESSES)
		serve_until_ended(number);
	for (uint64_t i = 0; i < n_processes; i++)
		kill_process(i);
	if (number < PROCESSES && all->process[number].result)
		conf_fail(test->name, 0, "result %d",
			  all->process[number].result);
	return atomic_load(&conf_shared->failed) != 0;
}

const char *conf_hint(void)
{
	return "";
}

void conf_option(const char *name, const char *value)
{
	(void)value;
	fprintf(stderr, "unknown option %s\n", name);
	exit(2);
}
