// SPDX-License-Identifier: MIT
/* fuzz_load.c - writes between reads; see fuzz_load.h. */
#include "fuzz_load.h"

#define AREAS 4u

static struct {
	const uint8_t *victim;
	uint8_t *peer;
	size_t bytes;
} areas[AREAS];
static unsigned int n_areas;
static struct fuzz_input *source;

void fuzz_load_share(const void *victim, void *peer, size_t bytes)
{
	FUZZ_MUST(n_areas < AREAS);
	areas[n_areas].victim = victim;
	areas[n_areas].peer = peer;
	areas[n_areas].bytes = bytes;
	n_areas++;
}

void fuzz_load_from(struct fuzz_input *in)
{
	source = in;
}

void fuzz_load_end(void)
{
	n_areas = 0;
	source = NULL;
}

uint64_t fuzz_value(struct fuzz_input *in, uint64_t now)
{
	static const uint64_t borders[] = {
		0,
		UINT64_MAX,
		UINT32_MAX,
		UINT64_C(1) << 31,
		UINT64_C(1) << 62,
		UINT64_C(1) << 63,
		(UINT64_C(1) << 63) - 1,
		(UINT64_C(1) << 63) + 1,
	};
	uint8_t how = fuzz_u8(in);
	uint64_t value;

	switch (how >> 6) {
	case 0:
		return now + how;
	case 1:
		return now - (how & 63u);
	case 2:
		return borders[how & 7u] + (uint64_t)((how >> 3) & 7u);
	default:
		(void)fuzz_take(in, &value, sizeof(value));
		return value;
	}
}

/* One load of @bytes at @at is about to happen. */
static void load(const void *at, size_t bytes)
{
	const uint8_t *where = at;
	uint64_t value = 0;

	if (!source || !source->left)
		return;
	for (unsigned int i = 0; i < n_areas; i++) {
		size_t offset = (size_t)(where - areas[i].victim);

		if (where < areas[i].victim || offset >= areas[i].bytes ||
		    bytes > areas[i].bytes - offset)
			continue;
		/* Seldom: else no packet ever comes through. */
		if (fuzz_u8(source) < 200)
			return;
		memcpy(&value, where, bytes);
		value = fuzz_value(source, value);
		memcpy(areas[i].peer + offset, &value, bytes);
		return;
	}
}

/* Shared libraries with the core find them, too. */
#pragma GCC visibility push(default)
void __sanitizer_cov_load1(uint8_t *at);
void __sanitizer_cov_load2(uint16_t *at);
void __sanitizer_cov_load4(uint32_t *at);
void __sanitizer_cov_load8(uint64_t *at);
void __sanitizer_cov_load16(void *at);
#pragma GCC visibility pop

void __sanitizer_cov_load1(uint8_t *at)
{
	load(at, 1);
}

void __sanitizer_cov_load2(uint16_t *at)
{
	load(at, 2);
}

void __sanitizer_cov_load4(uint32_t *at)
{
	load(at, 4);
}

void __sanitizer_cov_load8(uint64_t *at)
{
	load(at, 8);
}

void __sanitizer_cov_load16(void *at)
{
	load(at, 8);
}
