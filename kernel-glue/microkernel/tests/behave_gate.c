/* SPDX-License-Identifier: MIT */
/* behave_gate.c - behaviours 24 to 33: gates, labels, capabilities sent. */
#include "tap.h"

static struct job a, b, c;

static void b24(void)
{
	uint64_t gate = slot_new(), label, state, before = now_ns();
	struct mk_message m = {0};

	CHECK_EQUAL(mk_create_gate(MK_CAP_FACTORY, gate, 5, 0), 0);
	CHECK(!mk_send(gate, mk_timeouts(2000, 0), &m));
	CHECK_EQUAL(mk_error(), MK_IPC_TIMEOUT | MK_IPC_SEND);
	CHECK(now_ns() - before >= 2000000);
	CHECK_EQUAL(mk_gate_info(gate, &label, &state), 0);
	CHECK_EQUAL(label, 5);
	CHECK_EQUAL(state, 0);
	CHECK_EQUAL(mk_delete(OWN_TASK, gate), 0);
}

static void b25(void)
{
	uint64_t gate = slot_new();

	job_make(&a, OWN_TASK);
	job_make(&b, OWN_TASK);
	job_make(&c, OWN_TASK);
	CHECK_EQUAL(mk_create_gate(MK_CAP_FACTORY, gate, 0, 0), 0);
	b.m.tag = mk_tag('b', 0, 0, 0);
	c.m.tag = mk_tag('c', 0, 0, 0);
	job_go(&b, gate, MK_SEND, MK_FOREVER);
	CHECK(job_reaches(&b, MK_STATE_SENDING));
	job_go(&c, gate, MK_SEND, MK_FOREVER);
	CHECK(job_reaches(&c, MK_STATE_SENDING));
	job_go(&a, 0, MK_WAIT, MK_FOREVER);
	CHECK(job_reaches(&a, MK_STATE_RECEIVING));
	CHECK_EQUAL(mk_gate_bind(gate, a.thread, 4711), 0);
	CHECK(job_wait(&a) && a.ok && job_wait(&b) && b.ok);
	CHECK_EQUAL(a.m.label, 4711);
	CHECK_EQUAL(mk_tag_proto(a.m.tag), 'b');
	CHECK(!c.done);
	job_go(&a, 0, MK_WAIT, MK_FOREVER);
	CHECK(job_wait(&a) && job_wait(&c));
	CHECK_EQUAL(mk_tag_proto(a.m.tag), 'c');
	CHECK_EQUAL(mk_delete(OWN_TASK, gate), 0);
	job_drop(&a);
	job_drop(&b);
	job_drop(&c);
}

static void b26(void)
{
	struct mk_message m = {0};

	job_make(&a, OWN_TASK);
	job_make(&b, OWN_TASK);
	job_make(&c, OWN_TASK);
	/* Who waits already moves along. */
	job_go(&c, a.gate, MK_SEND, MK_FOREVER);
	CHECK(job_reaches(&c, MK_STATE_SENDING));
	job_go(&b, 0, MK_WAIT, MK_FOREVER);
	CHECK(job_reaches(&b, MK_STATE_RECEIVING));
	CHECK_EQUAL(mk_gate_bind(a.gate, b.thread, 99), 0);
	CHECK(job_wait(&b) && b.ok && job_wait(&c) && c.ok);
	CHECK_EQUAL(b.m.label, 99);
	job_go(&a, 0, MK_WAIT, mk_timeouts(0, 20000));
	job_go(&b, 0, MK_WAIT, MK_FOREVER);
	CHECK(job_reaches(&b, MK_STATE_RECEIVING));
	CHECK(mk_send(a.gate, mk_timeouts(100000, 0), &m));
	CHECK(job_wait(&b) && b.ok && job_wait(&a) && !a.ok);
	job_drop(&a);
	job_drop(&b);
	job_drop(&c);
}

static void b27(void)
{
	struct mk_message m = {0};
	uint64_t label, state;

	job_make(&a, OWN_TASK);
	CHECK_EQUAL(mk_delete(OWN_TASK, a.thread), 0);
	CHECK(!mk_send(a.gate, MK_FOREVER, &m));
	CHECK_EQUAL(mk_error(), MK_IPC_NO_PARTNER | MK_IPC_SEND);
	CHECK_EQUAL(mk_gate_info(a.gate, &label, &state), 0);
	CHECK_EQUAL(label, JOB_LABEL);
	CHECK_EQUAL(state, 2);
	job_drop(&a);
}

static void answer_label(struct job *j)
{
	struct mk_message m = {0};

	(void)j;
	(void)mk_wait(MK_FOREVER, &m);
	m.word[0] = m.label;
	m.tag = mk_tag(1, 1, 0, 0);
	(void)mk_reply(&m);
}

static void b28(void)
{
	static const uint64_t labels[] = {0, ~0ul, 1, 3, 7, 1ul << 63};

	job_make(&a, OWN_TASK);
	for (unsigned i = 0; i < sizeof(labels) / sizeof(labels[0]); i++) {
		struct mk_message m = {0};
		uint64_t label, state;

		CHECK_EQUAL(mk_gate_bind(a.gate, a.thread, labels[i]), 0);
		CHECK_EQUAL(mk_gate_info(a.gate, &label, &state), 0);
		CHECK_EQUAL(label, labels[i]);
		job_go(&a, 0, MK_WAIT, MK_FOREVER);
		CHECK(mk_send(a.gate, MK_FOREVER, &m));
		CHECK(job_wait(&a));
		CHECK_EQUAL(a.m.label, labels[i]);
		/* Who waits already gets it as well, by send and by call. */
		job_go(&a, 0, MK_WAIT, MK_FOREVER);
		CHECK(job_reaches(&a, MK_STATE_RECEIVING));
		CHECK(mk_send(a.gate, MK_FOREVER, &m));
		CHECK(job_wait(&a));
		CHECK_EQUAL(a.m.label, labels[i]);
		job_run(&a, answer_label);
		CHECK(job_reaches(&a, MK_STATE_RECEIVING));
		m.tag = mk_tag(1, 0, 0, 0);
		CHECK(mk_call(a.gate, MK_FOREVER, &m));
		CHECK_EQUAL(m.word[0], labels[i]);
		CHECK(job_wait(&a));
	}
	job_drop(&a);
}

static void b29(void)
{
	uint64_t gate = slot_new(), event = slot_new(), other = slot_new();

	CHECK_EQUAL(mk_create_event(MK_CAP_FACTORY, event, MK_EVENT_BITS), 0);
	CHECK_EQUAL(mk_create_gate(MK_CAP_FACTORY, other, 0, 0), 0);
	CHECK_EQUAL(mk_create_gate(MK_CAP_FACTORY, gate, 0, MK_CAP_TASK),
		    -MK_ENOENT);
	CHECK_EQUAL(mk_create_gate(MK_CAP_FACTORY, gate, 0, MK_CAP_FACTORY),
		    -MK_ENOENT);
	CHECK_EQUAL(mk_create_gate(MK_CAP_FACTORY, gate, 0, event), -MK_ENOENT);
	CHECK_EQUAL(mk_create_gate(MK_CAP_FACTORY, gate, 0, other), -MK_ENOENT);
	CHECK_EQUAL(mk_create_gate(MK_CAP_FACTORY, gate, 0, 30000), -MK_ENOENT);
	CHECK_EQUAL(mk_cap_rights(OWN_TASK, gate), 0);
	CHECK_EQUAL(mk_delete(OWN_TASK, event), 0);
	CHECK_EQUAL(mk_delete(OWN_TASK, other), 0);
}

/* A server that waits is reached by another way. */
static void b30_call(void)
{
	uint64_t weak = slot_new();
	struct mk_message m = {.tag = mk_tag(1, 0, 0, 0)};

	job_make(&a, OWN_TASK);
	job_run(&a, answer_label);
	CHECK(job_reaches(&a, MK_STATE_RECEIVING));
	CHECK_EQUAL(mk_map_cap(OWN_TASK, weak, a.gate, MK_CAP_CONTROL), 0);
	CHECK(!mk_call(weak, MK_FOREVER, &m));
	CHECK_EQUAL(mk_error(), MK_IPC_DENIED | MK_IPC_SEND);
	CHECK_EQUAL(mk_drop_cap(OWN_TASK, weak), 0);
	/* An object of the kernel. */
	CHECK_EQUAL(mk_map_cap(OWN_TASK, weak, OWN_TASK, MK_CAP_CONTROL), 0);
	CHECK_EQUAL(mk_unmap(weak, mk_cap_page(a.gate, MK_ALL_RIGHTS),
			     MK_UNMAP_SELF),
		    -MK_EPERM);
	CHECK_EQUAL(mk_cap_rights(OWN_TASK, a.gate), MK_ALL_RIGHTS);
	CHECK_EQUAL(mk_drop_cap(OWN_TASK, weak), 0);
	job_drop(&a);
}

/* No more rights than one has, and none without the right to pass on. */
static void b30_pass(void)
{
	uint64_t weak = slot_new(), other = slot_new(), gate = slot_new();

	CHECK_EQUAL(mk_create_gate(MK_CAP_FACTORY, gate, 0, 0), 0);
	CHECK_EQUAL(mk_map_cap(OWN_TASK, weak, gate, MK_CAP_SEND), 0);
	CHECK_EQUAL(mk_map_cap(OWN_TASK, other, weak, MK_CAP_SEND), -MK_EPERM);
	CHECK_EQUAL(mk_cap_rights(OWN_TASK, other), 0);
	CHECK_EQUAL(mk_drop_cap(OWN_TASK, weak), 0);
	CHECK_EQUAL(mk_map_cap(OWN_TASK, weak, gate, MK_CAP_SEND | MK_CAP_PASS),
		    0);
	CHECK_EQUAL(mk_map_cap(OWN_TASK, other, weak, MK_ALL_RIGHTS), 0);
	CHECK_EQUAL(mk_cap_rights(OWN_TASK, other), MK_CAP_SEND | MK_CAP_PASS);
	CHECK_EQUAL(mk_drop_cap(OWN_TASK, gate), 0);
	CHECK_EQUAL(mk_cap_rights(OWN_TASK, other), 0);
}

static void b30(void)
{
	uint64_t weak = slot_new(), event = slot_new();
	struct mk_message m = {0};

	job_make(&a, OWN_TASK);
	CHECK_EQUAL(mk_map_cap(OWN_TASK, weak, a.gate, MK_CAP_CONTROL), 0);
	CHECK(!mk_send(weak, MK_FOREVER, &m));
	CHECK_EQUAL(mk_error(), MK_IPC_DENIED | MK_IPC_SEND);
	CHECK_EQUAL(mk_drop_cap(OWN_TASK, weak), 0);
	CHECK_EQUAL(mk_map_cap(OWN_TASK, weak, a.gate, MK_CAP_SEND), 0);
	CHECK_EQUAL(mk_gate_bind(weak, a.thread, 1), -MK_EPERM);
	CHECK_EQUAL(mk_delete(OWN_TASK, weak), -MK_EPERM);
	CHECK_EQUAL(mk_drop_cap(OWN_TASK, weak), 0);
	CHECK_EQUAL(mk_create_event(MK_CAP_FACTORY, event, MK_EVENT_BITS), 0);
	CHECK_EQUAL(mk_map_cap(OWN_TASK, weak, event, MK_CAP_CONTROL), 0);
	CHECK(!mk_signal(weak, 1));
	CHECK_EQUAL(mk_error(), MK_IPC_DENIED | MK_IPC_SEND);
	CHECK_EQUAL(mk_drop_cap(OWN_TASK, weak), 0);
	CHECK_EQUAL(mk_map_cap(OWN_TASK, weak, event, MK_CAP_SEND), 0);
	CHECK_EQUAL(mk_event_wait(weak, 0), 0);
	CHECK_EQUAL(mk_error(), MK_IPC_DENIED | MK_IPC_RECEIVE);
	CHECK_EQUAL(mk_delete(OWN_TASK, event), 0);
	job_drop(&a);
	b30_call();
	b30_pass();
}

/* The message of b: one word, and the capability in @slot. */
static void send_cap(uint64_t to, uint64_t slot, unsigned rights,
		     unsigned grant)
{
	b.m.tag = mk_tag(1, 1, 1, 0);
	b.m.word[0] = 321;
	b.m.word[1] = grant;
	b.m.word[2] = mk_cap_page(slot, rights);
	job_go(&b, to, MK_SEND, MK_FOREVER);
}

static void b31(void)
{
	uint64_t task = second_task(), window = slot_new(), gate = slot_new();

	job_make(&a, task);
	job_make(&b, OWN_TASK);
	CHECK_EQUAL(mk_create_gate(MK_CAP_FACTORY, gate, 0, 0), 0);
	a.windows[0] = mk_cap_page(window, MK_ALL_RIGHTS);
	job_go(&a, 0, MK_WAIT, MK_FOREVER);
	send_cap(a.gate, gate, MK_CAP_SEND | MK_CAP_PASS, 0);
	CHECK(job_wait(&a) && job_wait(&b) && b.ok);
	CHECK_EQUAL(mk_tag_items(a.m.tag), 1);
	CHECK_EQUAL(mk_tag_flags(a.m.tag), 0);
	CHECK_EQUAL(a.mr[0], 321);
	CHECK_EQUAL(a.mr[1], MK_ITEM_MAPPED);
	CHECK_EQUAL(mk_flexpage_first(a.mr[2]), window);
	CHECK_EQUAL(mk_cap_rights(task, window), MK_CAP_SEND | MK_CAP_PASS);
	/* It is the same gate: bound by us, it leads there. */
	CHECK_EQUAL(mk_cap_rights(OWN_TASK, gate), MK_ALL_RIGHTS);
	CHECK_EQUAL(mk_delete(OWN_TASK, gate), 0);
	CHECK_EQUAL(mk_cap_rights(task, window), 0);
	job_drop(&a);
	job_drop(&b);
	CHECK_EQUAL(mk_delete(OWN_TASK, task), 0);
}

static void b32(void)
{
	uint64_t gate = slot_new(), empty = slot_new();

	job_make(&a, OWN_TASK);
	job_make(&b, OWN_TASK);
	CHECK_EQUAL(mk_create_gate(MK_CAP_FACTORY, gate, 0, 0), 0);
	job_go(&a, 0, MK_WAIT, MK_FOREVER);
	send_cap(a.gate, gate, MK_ALL_RIGHTS, (unsigned)empty << 12);
	CHECK(job_wait(&a) && job_wait(&b) && b.ok);
	CHECK_EQUAL(a.mr[0], 321);
	CHECK_EQUAL(mk_cap_rights(OWN_TASK, empty), 0);
	CHECK(mk_tag_flags(a.m.tag) & MK_TAG_DROPPED);
	CHECK_EQUAL(a.mr[1], MK_ITEM_NOTHING);
	/* Not yours to give is dropped as well. */
	a.windows[0] = mk_cap_page(slot_new(), MK_ALL_RIGHTS);
	job_go(&a, 0, MK_WAIT, MK_FOREVER);
	send_cap(a.gate, 29999, MK_ALL_RIGHTS, 0);
	CHECK(job_wait(&a) && a.ok);
	CHECK(mk_tag_flags(a.m.tag) & MK_TAG_DROPPED);
	CHECK_EQUAL(mk_delete(OWN_TASK, gate), 0);
	job_drop(&a);
	job_drop(&b);
}

static void b33(void)
{
	uint64_t task = second_task(), window = slot_new();

	job_make(&a, OWN_TASK);
	job_make(&b, task);
	CHECK_EQUAL(mk_map_cap(task, a.gate, a.gate, MK_ALL_RIGHTS), 0);
	a.windows[0] = mk_cap_page(window, MK_ALL_RIGHTS);
	job_go(&a, 0, MK_WAIT, MK_FOREVER);
	send_cap(a.gate, a.gate, MK_ALL_RIGHTS, 0);
	CHECK(job_wait(&a) && job_wait(&b) && b.ok);
	CHECK_EQUAL(a.mr[1], MK_ITEM_LABEL);
	CHECK_EQUAL(a.mr[2], JOB_LABEL);
	CHECK_EQUAL(mk_cap_rights(OWN_TASK, window), 0);
	job_drop(&a);
	job_drop(&b);
	CHECK_EQUAL(mk_delete(OWN_TASK, task), 0);
}

static const struct behaviour list[] = {
	{"24", "send to a gate that was never bound", b24},
	{"25", "bind later: who waits is delivered, with the label", b25},
	{"26", "bind to another thread", b26},
	{"27", "the thread is gone, the label stays", b27},
	{"28", "any label is a label", b28},
	{"29", "a gate to what is no thread", b29},
	{"30", "no right, no operation", b30},
	{"31", "a capability in a message, with fewer rights", b31},
	{"32", "no window: dropped, and said so", b32},
	{"33", "a gate that comes home is its label", b33},
};

void mk_main(void)
{
	tap_run(list, sizeof(list) / sizeof(list[0]));
}
