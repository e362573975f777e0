/* SPDX-License-Identifier: MIT */
/* object_stubs.c - see mklib/object_stubs.h and mk/call.h. */
#include <mklib/object_stubs.h>
#include <mklib/start.h>

int mk_object_call(uint64_t object, int64_t proto, unsigned words,
		   uint64_t *word)
{
	struct mk_message m = {.tag = mk_tag(proto, words, 0, 0)};
	struct mk_utcb *u = mk_utcb();
	unsigned i;

	for (i = 0; i < MK_WORDS_IN_REGISTERS; i++)
		m.word[i] = i < words ? word[i] : 0;
	for (; i < words; i++)
		u->mr[i] = word[i];
	if (!mk_call(object, MK_FOREVER, &m))
		return -MK_ENOENT;
	for (i = 0; i < MK_WORDS_IN_REGISTERS && i < mk_tag_words(m.tag); i++)
		word[i] = m.word[i];
	return (int)mk_tag_proto(m.tag);
}

/* ---- factory --------------------------------------------------------- */

static int create(uint64_t factory, int64_t kind, uint64_t slot, uint64_t a,
		  uint64_t b)
{
	uint64_t word[5] = {MK_FACTORY_CREATE, (uint64_t)kind, slot, a, b};

	return mk_object_call(factory, MK_PROTO_FACTORY, 5, word);
}

int mk_create_task(uint64_t factory, uint64_t slot)
{
	return create(factory, MK_PROTO_TASK, slot, 0, 0);
}

int mk_create_thread(uint64_t factory, uint64_t slot)
{
	return create(factory, MK_PROTO_THREAD, slot, 0, 0);
}

int mk_create_gate(uint64_t factory, uint64_t slot, uint64_t label,
		   uint64_t thread)
{
	return create(factory, MK_PROTO_GATE, slot, label, thread);
}

int mk_create_event(uint64_t factory, uint64_t slot, uint64_t mode)
{
	return create(factory, MK_PROTO_EVENT, slot, mode, 0);
}

int mk_create_factory(uint64_t factory, uint64_t slot, uint64_t limit)
{
	return create(factory, MK_PROTO_FACTORY, slot, limit, 0);
}

int mk_factory_info(uint64_t factory, uint64_t *out_limit, uint64_t *out_used)
{
	uint64_t word[4] = {MK_FACTORY_INFO};
	int error = mk_object_call(factory, MK_PROTO_FACTORY, 1, word);

	*out_limit = word[0];
	*out_used = word[1];
	return error;
}

/* ---- task ------------------------------------------------------------ */

static int task_call(uint64_t task, uint64_t method, uint64_t a, uint64_t b)
{
	uint64_t word[4] = {method, a, b};

	return mk_object_call(task, MK_PROTO_TASK, 3, word);
}

int mk_map(uint64_t task, uint64_t hot_spot, uint64_t page)
{
	return task_call(task, MK_TASK_MAP, hot_spot, page);
}

int mk_unmap(uint64_t task, uint64_t page, unsigned flags)
{
	return task_call(task, MK_TASK_UNMAP, page, flags);
}

int mk_map_cap(uint64_t task, uint64_t to, uint64_t from, unsigned rights)
{
	return mk_map(task, to << 12, mk_cap_page(from, rights));
}

int mk_drop_cap(uint64_t task, uint64_t slot)
{
	return mk_unmap(task, mk_cap_page(slot, MK_ALL_RIGHTS), MK_UNMAP_SELF);
}

int mk_delete(uint64_t task, uint64_t slot)
{
	return mk_unmap(task, mk_cap_page(slot, MK_ALL_RIGHTS),
			MK_UNMAP_DELETE);
}

uint64_t mk_cap_rights(uint64_t task, uint64_t slot)
{
	uint64_t word[4] = {MK_TASK_CAP_VALID, slot};

	return mk_object_call(task, MK_PROTO_TASK, 2, word) ? 0 : word[0];
}

int mk_ku_memory(uint64_t task, uint64_t address, unsigned order)
{
	return task_call(task, MK_TASK_KU_MEMORY,
			 mk_flexpage(MK_MEMORY, address, order, MK_R | MK_W),
			 0);
}

/* ---- thread ---------------------------------------------------------- */

int mk_thread_control(uint64_t thread, uint64_t task, uint64_t utcb,
		      uint64_t pager, uint64_t handler)
{
	uint64_t word[5] = {MK_THREAD_CONTROL, task, utcb, pager, handler};

	return mk_object_call(thread, MK_PROTO_THREAD, 5, word);
}

int mk_thread_registers(uint64_t thread, uint64_t ip, uint64_t sp,
			uint64_t flags, uint64_t argument)
{
	uint64_t word[5] = {MK_THREAD_REGISTERS, ip, sp, flags, argument};

	return mk_object_call(thread, MK_PROTO_THREAD, 5, word);
}

static int thread_call(uint64_t thread, uint64_t method)
{
	uint64_t word[4] = {method};

	return mk_object_call(thread, MK_PROTO_THREAD, 1, word);
}

int mk_thread_suspend(uint64_t thread)
{
	return thread_call(thread, MK_THREAD_SUSPEND);
}

int mk_thread_resume(uint64_t thread)
{
	return thread_call(thread, MK_THREAD_RESUME);
}

int mk_thread_cancel(uint64_t thread)
{
	return mk_thread_registers(thread, 0, 0, MK_REGISTERS_CANCEL, 0);
}

int mk_thread_state(uint64_t thread)
{
	uint64_t word[4] = {MK_THREAD_INFO};
	int error = mk_object_call(thread, MK_PROTO_THREAD, 1, word);

	return error ? error : (int)word[0];
}

/* ---- gate, event, interrupt ------------------------------------------ */

int mk_gate_bind(uint64_t gate, uint64_t thread, uint64_t label)
{
	uint64_t word[4] = {MK_GATE_BIND, thread, label};

	return mk_object_call(gate, MK_PROTO_GATE, 3, word);
}

int mk_gate_info(uint64_t gate, uint64_t *out_label, uint64_t *out_state)
{
	uint64_t word[4] = {MK_GATE_INFO};
	int error = mk_object_call(gate, MK_PROTO_GATE, 1, word);

	*out_label = word[0];
	*out_state = word[1];
	return error;
}

static int event_call(uint64_t event, uint64_t method, uint64_t a, uint64_t b)
{
	uint64_t word[4] = {method, a, b};

	return mk_object_call(event, MK_PROTO_EVENT, 3, word);
}

int mk_event_bind(uint64_t event, uint64_t thread, uint64_t label)
{
	return event_call(event, MK_EVENT_BIND, thread, label);
}

int mk_event_unbind(uint64_t event)
{
	return event_call(event, MK_EVENT_UNBIND, 0, 0);
}

int mk_event_unmask(uint64_t event)
{
	return event_call(event, MK_EVENT_UNMASK, 0, 0);
}

int mk_icu_bind(uint64_t icu, uint64_t line, uint64_t event, bool level)
{
	uint64_t word[4] = {MK_ICU_BIND, line, event, level};

	return mk_object_call(icu, MK_PROTO_ICU, 4, word);
}

int mk_icu_unbind(uint64_t icu, uint64_t line)
{
	uint64_t word[4] = {MK_ICU_UNBIND, line};

	return mk_object_call(icu, MK_PROTO_ICU, 2, word);
}

/* ---- scheduler, log -------------------------------------------------- */

int mk_sched_run(uint64_t sched, uint64_t thread, unsigned priority,
		 unsigned cpu, unsigned slice_us)
{
	uint64_t word[5] = {MK_SCHED_RUN, thread, priority, cpu, slice_us};

	return mk_object_call(sched, MK_PROTO_SCHED, 5, word);
}

int mk_sched_limit(uint64_t sched, uint64_t thread, unsigned priority)
{
	uint64_t word[4] = {MK_SCHED_LIMIT, thread, priority};

	return mk_object_call(sched, MK_PROTO_SCHED, 3, word);
}

uint64_t mk_now_ns(uint64_t sched)
{
	uint64_t word[4] = {MK_SCHED_INFO};

	return mk_object_call(sched, MK_PROTO_SCHED, 1, word) ? 0 : word[2];
}

/* One message: text of several CPUs does not mix inside of it. */
void mk_log_text(uint64_t log, const char *text, size_t bytes)
{
	while (bytes) {
		size_t now = bytes < 480 ? bytes : 480;
		uint64_t word[2 + 60] = {MK_LOG_WRITE, now};

		for (size_t i = 0; i < now; i++)
			word[2 + i / 8] |= (uint64_t)(uint8_t)text[i]
					   << i % 8 * 8;
		(void)mk_object_call(log, MK_PROTO_LOG,
				     2 + (unsigned)(now + 7) / 8, word);
		text += now;
		bytes -= now;
	}
}

_Noreturn void mk_exit(uint64_t log, uint8_t status)
{
	uint64_t word[4] = {MK_LOG_EXIT, status};

	(void)mk_object_call(log, MK_PROTO_LOG, 2, word);
	/* Not allowed, and there is nobody to return to. */
	for (;;)
		mk_sleep_us(MK_NEVER);
}

_Noreturn void mk_end(uint8_t status)
{
	struct mk_message m = {.tag = mk_tag(MK_ROOT_END, 1, 0, 0),
			       .word = {status}};

	(void)mk_call(MK_CAP_PAGER, MK_FOREVER, &m);
	for (;;)
		mk_sleep_us(MK_NEVER);
}

uint64_t mk_counter(uint64_t log, unsigned number)
{
	uint64_t word[4] = {MK_LOG_COUNTER, number};

	return mk_object_call(log, MK_PROTO_LOG, 2, word) ? 0 : word[0];
}
