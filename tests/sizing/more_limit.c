/* SPDX-License-Identifier: MIT */
/*
 * more_limit.c - how far may one value go, and what if there are too few
 * slots?
 *
 * The limit is right if the oracle is content with it and not with the next
 * value.
 */
#include <stdio.h>

#include <dsi/errno.h>
#include <dsi/types.h>

#include "family.h"
#include "oracle_more.h"

static void set(struct question *q, uint32_t parameter, uint64_t value)
{
	switch (parameter) {
	case DSI_LIMIT_WRITER_JITTER:
		q->writer.stream.jitter = value;
		break;
	case DSI_LIMIT_WRITER_HOLD:
		q->writer.hold = value;
		break;
	case DSI_LIMIT_READER_JITTER:
		q->reader.jitter = value;
		break;
	case DSI_LIMIT_READER_HOLD:
		q->reader.hold = value;
		break;
	case DSI_LIMIT_WAKE:
		q->reader.wake = value;
		break;
	case DSI_LIMIT_SERVICE:
		q->reader.service = value;
		break;
	case DSI_LIMIT_RESPONSE:
		q->reader.response = value;
		break;
	case DSI_LIMIT_START:
		q->reader.flags |= DSI_READER_START_GIVEN;
		if (!q->reader.prefill)
			q->reader.prefill = 1;
		q->reader.start = value;
		break;
	default:
		q->writer.stream.period = value;
		break;
	}
}

/* 1: so many slots are enough, 0: they are not, -1: not enumerated */
static int enough(const struct question *question, uint32_t parameter,
		  uint64_t value, uint64_t slots)
{
	struct question q = *question;
	struct oracle_need need;

	set(&q, parameter, value);
	if (q.reader.pace == DSI_PACE_SERVICE &&
	    q.reader.service > q.writer.stream.period && !q.writer.packets)
		return 0;
	if (q.writer.stream.distance > q.writer.stream.period ||
	    q.writer.stream.jitter > 20 || value > 4000 ||
	    !q.writer.stream.period)
		return -1;
	if (!oracle_need(&q.writer, &q.reader, &need))
		return -1;
	return need.slots <= slots &&
	       (!need.underrun || parameter == DSI_LIMIT_START ||
		parameter == DSI_LIMIT_PERIOD);
}

static enum verdict judge(const struct question *q, uint32_t parameter,
			  uint64_t slots, int err, uint64_t value)
{
	uint64_t next = parameter == DSI_LIMIT_PERIOD ? value - 1 : value + 1;
	int works = 0;
	int next_works = 0;

	if (err == -DSI_ERANGE) {
		bool up = parameter == DSI_LIMIT_PERIOD;

		works = enough(q, parameter, up ? 400 : 0, slots);
		return works < 0 ? OUTSIDE : works ? WRONG : LEAST;
	}
	if (value == UINT64_MAX) {
		works = enough(q, parameter, 20, slots);
		return works < 0 ? OUTSIDE : works ? LEAST : WRONG;
	}
	works = enough(q, parameter, value, slots);
	if (works < 0)
		return OUTSIDE;
	if (!works)
		return WRONG;
	next_works = enough(q, parameter, next, slots);
	if (next_works > 0)
		return WRONG;
	return next_works ? OUTSIDE : LEAST;
}

static bool fits(uint32_t pace, uint32_t parameter)
{
	static const uint32_t paces[] = {
		[DSI_LIMIT_WRITER_JITTER] = 0x1f,
		[DSI_LIMIT_WRITER_HOLD] = 0x1f,
		[DSI_LIMIT_READER_JITTER] = 0x07,
		[DSI_LIMIT_READER_HOLD] = 0x07,
		[DSI_LIMIT_WAKE] = 0x0e,
		[DSI_LIMIT_SERVICE] = 0x08,
		[DSI_LIMIT_RESPONSE] = 0x10,
		[DSI_LIMIT_START] = 0x07,
		[DSI_LIMIT_PERIOD] = 0x1d,
	};

	return paces[parameter] >> pace & 1;
}

enum verdict ask_limit(uint64_t *seed, char text[MORE_TEXT])
{
	struct question q;
	char why[DSI_SIZING_WHY_BYTES] = "";
	char shown[QUESTION_TEXT];
	uint32_t parameter = (uint32_t)draw(seed, DSI_LIMIT_PERIOD);
	uint64_t slots = 1 + draw(seed, 6);
	uint64_t value = 0;
	enum verdict verdict = OUTSIDE;
	int err = 0;

	families[draw(seed, n_families - 1)].draw(seed, &q);
	if (!fits(q.reader.pace, parameter) || q.reader.coalesce > 1 ||
	    q.reader.early || q.reader.late || q.writer.stream.drift_ppb ||
	    q.reader.drift_ppb ||
	    (parameter == DSI_LIMIT_PERIOD && q.writer.units > 1))
		return OUTSIDE;
	err = dsi_size_limit(&q.writer, &q.reader, slots, parameter, &value,
			     why, sizeof(why));
	if (!err || err == -DSI_ERANGE)
		verdict = judge(&q, parameter, slots, err, value);
	else if (err != -DSI_EINVAL && err != -DSI_ENOTSUP)
		verdict = WRONG;
	if (verdict == WRONG)
		snprintf(text, MORE_TEXT,
			 "%s\n    parameter %u, slots %llu: error %d, value "
			 "%llu %s",
			 question_text(&q, shown), parameter,
			 (unsigned long long)slots, err,
			 (unsigned long long)value, why);
	return verdict;
}

static enum verdict judge_loss(const struct question *q, uint64_t slots,
			       const struct dsi_sizing_loss *loss)
{
	struct oracle_need need;
	uint64_t lost = 0;
	int64_t wait = 0;

	if (!oracle_grid(&q->writer, &q->reader, &need) || need.underrun)
		return OUTSIDE;
	if (need.slots <= slots)
		return loss->lost || loss->wait.whole || loss->wait.num ? WRONG
									: LEAST;
	if (q->reader.policy == DSI_POLICY_RECLAIM)
		return loss->lost && loss->lost == loss->of ? RIGHT : WRONG;
	if (q->reader.policy == DSI_POLICY_BLOCK) {
		if (loss->lost ||
		    !oracle_wait(&q->writer, &q->reader, slots, &wait))
			return loss->lost ? WRONG : OUTSIDE;
		/* Then each wait makes the next one longer. */
		if (q->writer.hold + q->reader.hold >
		    slots * q->writer.stream.period)
			return loss->exact ? WRONG : RIGHT;
		if (loss->wait.num || loss->wait.whole < wait)
			return WRONG;
		return loss->wait.whole == wait ? LEAST
		       : loss->exact		? WRONG
						: RIGHT;
	}
	if (!oracle_lost(&q->writer, &q->reader, slots, loss->of, &lost))
		return OUTSIDE;
	if (lost > loss->lost || (loss->exact && lost < loss->lost))
		return WRONG;
	return loss->exact ? LEAST : RIGHT;
}

enum verdict ask_loss(uint64_t *seed, char text[MORE_TEXT])
{
	struct dsi_sizing_loss loss = {.size = sizeof(loss)};
	struct question q;
	char why[DSI_SIZING_WHY_BYTES] = "";
	char shown[QUESTION_TEXT];
	uint64_t slots = 1 + draw(seed, 3);
	enum verdict verdict = WRONG;
	int err = 0;

	families[0].draw(seed, &q);
	q.writer.packets = 0;
	q.reader.policy = (uint32_t)draw(seed, 2);
	if (q.reader.flags & DSI_READER_START_GIVEN)
		q.reader.start++; /* no underrun */
	err = dsi_size_loss(&q.writer, &q.reader, slots, &loss, why,
			    sizeof(why));
	if (!err)
		verdict = judge_loss(&q, slots, &loss);
	if (verdict == WRONG)
		snprintf(text, MORE_TEXT,
			 "%s\n    policy %u, slots %llu: error %d, lost %llu "
			 "of %llu, wait %lld, exact %u %s",
			 question_text(&q, shown), q.reader.policy,
			 (unsigned long long)slots, err,
			 (unsigned long long)loss.lost,
			 (unsigned long long)loss.of,
			 (long long)loss.wait.whole, loss.exact, why);
	return verdict;
}
