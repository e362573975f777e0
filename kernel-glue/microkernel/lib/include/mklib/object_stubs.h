/* SPDX-License-Identifier: MIT */
/*
 * object_stubs.h - the kernel's objects in C.  Every function returns 0 or a
 * negative MK_E number; MK_ENOENT also stands for "no such capability".
 */
#ifndef MKLIB_OBJECT_STUBS_H
#define MKLIB_OBJECT_STUBS_H

#include <mklib/ipc_stubs.h>

/* Call method @word[0] of @object; words of the answer come back in @word. */
int mk_object_call(uint64_t object, int64_t proto, unsigned words,
		   uint64_t *word);

int mk_create_task(uint64_t factory, uint64_t slot);
int mk_create_thread(uint64_t factory, uint64_t slot);
int mk_create_gate(uint64_t factory, uint64_t slot, uint64_t label,
		   uint64_t thread);
int mk_create_event(uint64_t factory, uint64_t slot, uint64_t mode);
int mk_create_factory(uint64_t factory, uint64_t slot, uint64_t limit);
int mk_factory_info(uint64_t factory, uint64_t *out_limit, uint64_t *out_used);

/* From the caller's own task. */
int mk_map(uint64_t task, uint64_t hot_spot, uint64_t page);
int mk_unmap(uint64_t task, uint64_t page, unsigned flags);
int mk_map_cap(uint64_t task, uint64_t to, uint64_t from, unsigned rights);
int mk_drop_cap(uint64_t task, uint64_t slot);
int mk_delete(uint64_t task, uint64_t slot);
uint64_t mk_cap_rights(uint64_t task, uint64_t slot);
int mk_ku_memory(uint64_t task, uint64_t address, unsigned order);

int mk_thread_control(uint64_t thread, uint64_t task, uint64_t utcb,
		      uint64_t pager, uint64_t handler);
int mk_thread_registers(uint64_t thread, uint64_t ip, uint64_t sp,
			uint64_t flags, uint64_t argument);
int mk_thread_suspend(uint64_t thread);
int mk_thread_resume(uint64_t thread);
int mk_thread_cancel(uint64_t thread);
/* MK_STATE_*, or a negative error. */
int mk_thread_state(uint64_t thread);

int mk_gate_bind(uint64_t gate, uint64_t thread, uint64_t label);
int mk_gate_info(uint64_t gate, uint64_t *out_label, uint64_t *out_state);
int mk_event_bind(uint64_t event, uint64_t thread, uint64_t label);
int mk_event_unbind(uint64_t event);
int mk_event_unmask(uint64_t event);
int mk_icu_bind(uint64_t icu, uint64_t line, uint64_t event, bool level);
int mk_icu_unbind(uint64_t icu, uint64_t line);

int mk_sched_run(uint64_t sched, uint64_t thread, unsigned priority,
		 unsigned cpu, unsigned slice_us);
int mk_sched_limit(uint64_t sched, uint64_t thread, unsigned priority);
uint64_t mk_now_ns(uint64_t sched);

void mk_log_text(uint64_t log, const char *text, size_t bytes);
/* End the machine; for programs that may (see mk_end() in start.h). */
_Noreturn void mk_exit(uint64_t log, uint8_t status);
uint64_t mk_counter(uint64_t log, unsigned number);

#endif
