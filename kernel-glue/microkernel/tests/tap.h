/* SPDX-License-Identifier: MIT */
/*
 * tap.h - tests that run on the microkernel: results as TAP on the log, and
 * helpers: threads that do one system call each ("jobs"), second tasks.
 *
 * A test is one behaviour of docs/microkernel/behaviours.md; its number is in
 * the line that it prints: "ok 3 - b03 call: ...".
 */
#ifndef MK_TAP_H
#define MK_TAP_H

#include <mk/bootinfo.h>
#include <mklib/object_stubs.h>
#include <mklib/print.h>
#include <mklib/start.h>

struct behaviour {
	const char *number;
	const char *text;
	void (*run)(void);
};

/* Run them all and leave the machine. */
_Noreturn void tap_run(const struct behaviour *list, unsigned count);
/* The test is not possible on this machine. */
void tap_skip(const char *why);
void tap_fail(const char *file, int line, const char *what, int64_t value);

#define CHECK(condition)                                             \
	do {                                                         \
		if (!(condition))                                    \
			tap_fail(__FILE__, __LINE__, #condition, 0); \
	} while (0)
#define CHECK_EQUAL(a, b)                                          \
	do {                                                       \
		uint64_t is_ = (uint64_t)(a);                      \
		if (is_ != (uint64_t)(b))                          \
			tap_fail(__FILE__, __LINE__, #a " == " #b, \
				 (int64_t)is_);                    \
	} while (0)

#define MAIN_PRIORITY 100u
#define OWN_TASK MK_CAP_TASK

extern unsigned partner_cpu; /* where jobs run unless they say */
extern unsigned cpu_count;

/* A capability slot that is free in our task (and in second tasks). */
uint64_t slot_new(void);
uint64_t now_ns(void);
void sleep_ms(unsigned ms);

/* A task with our program and data in it at the same addresses, and no
 * capabilities. */
uint64_t second_task(void);
/* The same, paid by @factory. */
uint64_t second_task_from(uint64_t factory);

/* A thread that does one system call and then sleeps. */
struct job {
	/* set by job_make() */
	uint64_t thread, gate;
	uint64_t task, utcb;
	uint64_t stack_end;
	/* what to do */
	uint64_t cap;
	unsigned op;
	uint64_t timeouts;
	struct mk_message m;
	uint64_t mr[MK_WORDS_MAX];
	uint64_t windows[4];
	void (*body)(struct job *j); /* instead of one system call */
	/* what came of it */
	bool ok;
	uint64_t error;
	uint32_t done;
};

#define JOB_LABEL 0x1234560ul

/* A thread in @task and a gate to it with JOB_LABEL; both as capabilities of
 * ours.  It does not run yet. */
void job_make(struct job *j, uint64_t task);
void job_make_with(struct job *j, uint64_t task, unsigned priority,
		   unsigned cpu, uint64_t pager);
/* Do it, or do it once more. */
void job_go(struct job *j, uint64_t cap, unsigned op, uint64_t timeouts);
void job_run(struct job *j, void (*body)(struct job *j));
/* Until when to wait for what should come soon: ten seconds, or as patience= of
 * the command line says. */
uint64_t patience_end(void);
/* Until it is done; false after that. */
bool job_wait(struct job *j);
/* Until the thread is in this state; false after ten seconds. */
bool job_reaches(struct job *j, int state);
void job_drop(struct job *j);

#endif
