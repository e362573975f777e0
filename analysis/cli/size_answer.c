// SPDX-License-Identifier: MIT
/*
 * size_answer.c - one question of `dsi size`: read, asked, answered, or why
 * not.
 */
#include <stdarg.h>
#include <string.h>

#include <dsi/errno.h>
#include <dsi/types.h>

#include "cli.h"
#include "size_command.h"

void size_question_init(struct size_question *q)
{
	describe_init(&q->d);
	memset(q->given, 0, sizeof(q->given));
}

void size_question_free(struct size_question *q)
{
	describe_free(&q->d);
}

bool size_refuse(struct size_failure *f, int exit_code, const char *code,
		 const char *text, ...)
{
	va_list args;

	f->exit_code = exit_code;
	f->code = code;
	va_start(args, text);
	vsnprintf(f->why, sizeof(f->why), text, args);
	va_end(args);
	return false;
}

bool size_fail(struct size_failure *f, int err)
{
	static const struct {
		int err;
		int exit_code;
		const char *code;
	} meanings[] = {
		{-DSI_EINVAL, CLI_USAGE, "bad-input"},
		{-DSI_ENOTSUP, CLI_USAGE, "not-supported"},
		{-DSI_EDOM, SIZE_NO_BOUND, "no-finite-bound"},
		{-DSI_ERANGE, CLI_FAILURE, "no-value"},
		{-DSI_EOVERFLOW, SIZE_OUT_OF_RANGE, "out-of-range"},
	};

	f->exit_code = CLI_FAILURE;
	f->code = "failure";
	for (size_t i = 0; i < sizeof(meanings) / sizeof(meanings[0]); i++) {
		if (meanings[i].err != err)
			continue;
		f->exit_code = meanings[i].exit_code;
		f->code = meanings[i].code;
	}
	return false;
}

bool size_set(struct size_question *q, const char *key, const char *value,
	      struct size_failure *f)
{
	if (!describe_set(&q->d, key, value, f->why))
		return size_fail(f, -DSI_EINVAL);
	for (size_t i = 0; i < describe_n_keys && i < SIZE_MAX_KEYS; i++) {
		if (strcmp(key, describe_keys[i].name) == 0)
			q->given[i] = true;
	}
	return true;
}

bool size_question_read(struct size_question *q, struct size_failure *f)
{
	if (!describe_finish(&q->d, f->why))
		return size_fail(f, -DSI_EINVAL);
	if (!describe_problem(&q->d, &q->p, f->why))
		return size_fail(f, -DSI_EOVERFLOW);
	q->ns_per_tick = exact_mul(q->p.tick, exact_int(SIZE_NS_PER_S));
	return true;
}

bool size_check_given(const struct size_question *q, struct size_failure *f)
{
	struct size_field fields[SIZE_MAX_FIELDS];

	for (uint32_t r = 0; r <= q->d.n_readers; r++) {
		uint32_t n = r ? size_reader_fields(q, r - 1, fields)
			       : size_stream_fields(q, fields);

		for (uint32_t i = 0; i < n; i++) {
			if (!fields[i].silent ||
			    fields[i].origin != DESCRIBE_DEFAULT)
				continue;
			return size_refuse(
				f, CLI_USAGE, "not-given",
				"--strict: %s is not given%s%s; give "
				"--%s, with 0s or 0ppm if it is "
				"nothing",
				fields[i].key,
				r && q->d.readers[r - 1].name[0]
					? " for reader "
					: "",
				r ? q->d.readers[r - 1].name : "",
				fields[i].key);
		}
	}
	return true;
}

struct exact size_seconds(const struct size_question *q, struct dsi_ticks t)
{
	struct exact ticks = exact_int(t.whole);

	if (t.num)
		ticks = exact_add(ticks, exact_make(t.num, t.den));
	return exact_mul(ticks, q->p.tick);
}

struct exact size_seconds_of(const struct size_question *q, uint64_t ticks)
{
	return exact_mul(exact_make((dsi_wide)ticks, 1), q->p.tick);
}

/* The reader that decides: the one that needs most of those that BLOCK, or of
 * all, if none does. */
static void find_decider(const struct size_question *q, struct size_answer *a)
{
	bool any = false;

	a->decides = 0;
	for (uint32_t i = 0; i < q->p.n_readers; i++) {
		bool blocks = q->p.readers[i].policy == DSI_POLICY_BLOCK;

		a->underrun |= a->needs[i].underrun != 0;
		if ((blocks && !any) ||
		    (blocks == any &&
		     a->needs[i].slots > a->needs[a->decides].slots))
			a->decides = i;
		any |= blocks;
	}
	if (q->p.n_readers == 1 || !any)
		a->slots = a->needs[a->decides].slots;
}

static bool ask_loss(const struct size_question *q, struct size_answer *a,
		     struct size_failure *f)
{
	for (uint32_t i = 0; i < q->p.n_readers; i++) {
		const struct dsi_sizing_reader *r = &q->p.readers[i];
		uint64_t have = q->d.slots.value;
		int err;

		if (r->policy == DSI_POLICY_DROP_NEW && r->queue &&
		    (!have || r->queue < have))
			have = r->queue;
		if (!have || have >= a->needs[i].slots)
			continue;
		a->losses[i].size = sizeof(a->losses[i]);
		err = dsi_size_loss(&q->p.writer, r, have, &a->losses[i],
				    f->why, DSI_SIZING_WHY_BYTES);
		if (err)
			return size_fail(f, err);
		a->has_loss[i] = true;
		a->short_of = true;
	}
	return true;
}

static bool ask_bytes(const struct size_question *q, struct size_answer *a,
		      struct size_failure *f)
{
	struct dsi_sizing_area area = q->p.area;
	int err;

	if (area.max_bytes == 0 && area.n_pattern == 0)
		return true;
	area.slots = a->slots;
	a->bytes.size = sizeof(a->bytes);
	err = dsi_size_area(&area, &a->bytes, f->why, DSI_SIZING_WHY_BYTES);
	if (err)
		return size_fail(f, err);
	a->has_bytes = true;
	return true;
}

static void ask_headroom(const struct size_question *q, struct size_answer *a)
{
	uint32_t parameter =
		size_spare_parameter(q->p.readers[a->decides].pace);
	uint64_t now = size_parameter_now(q, a->decides, parameter);
	bool reached = true;
	uint64_t edge;

	a->headroom.parameter = parameter;
	if (size_spare(q, a->decides, &a->needs[a->decides], &edge, &reached) ||
	    edge < now)
		return;
	a->headroom.known = true;
	a->headroom.unlimited = edge == UINT64_MAX;
	a->headroom.less_than = !reached;
	a->headroom.ticks = edge - now;
}

bool size_ask(const struct size_question *q, struct size_answer *a,
	      struct size_failure *f)
{
	int err;

	memset(a, 0, offsetof(struct size_answer, needs));
	memset(&a->headroom, 0, sizeof(a->headroom));
	for (uint32_t i = 0; i < q->p.n_readers; i++)
		a->needs[i].size = sizeof(a->needs[i]);
	err = dsi_size_fan_out(&q->p.writer, q->p.readers, q->p.n_readers,
			       a->needs, &a->slots, f->why,
			       DSI_SIZING_WHY_BYTES);
	if (err)
		return size_fail(f, err);
	find_decider(q, a);
	if (!ask_loss(q, a, f) || !ask_bytes(q, a, f))
		return false;
	ask_headroom(q, a);
	return true;
}
