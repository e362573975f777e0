// SPDX-License-Identifier: MIT
/* fuzz_world.c - a victim and its peer; see fuzz_world.h. */
#include "fuzz_world.h"

struct pair {
	void (*victim)(void *);
	void (*peer)(void *);
	struct fuzz_input *in;
};

static void both(void *arg)
{
	struct pair *pair = arg;
	int peer = fake_spawn_process(pair->peer, pair->in);
	int victim = fake_spawn_process(pair->victim, pair->in);

	(void)fake_join(victim);
	fake_kill(peer);
	(void)fake_join(peer);
}

void fuzz_world(struct fuzz_input *in, void (*victim)(void *),
		void (*peer)(void *))
{
	struct pair pair = {victim, peer, in};
	int failed = fake_run(1u + fuzz_u8(in), both, &pair);

	fuzz_load_end();
	if (failed) {
		fprintf(stderr, "the world reports: %s\n", fake_error());
		abort();
	}
}

void fuzz_scribble(struct fuzz_input *in, void *what, size_t bytes)
{
	uint8_t n = fuzz_u8(in) & 3u;

	for (uint8_t i = 0; i < n; i++) {
		size_t word = fuzz_u8(in) % (bytes / 4);
		uint32_t value;

		memcpy(&value, (char *)what + word * 4, sizeof(value));
		value = (uint32_t)fuzz_value(in, value);
		memcpy((char *)what + word * 4, &value, sizeof(value));
	}
}

void fuzz_look(struct dsi_packet *pkt, const void *data, uint64_t bytes)
{
	int32_t n = dsi_packet_count(pkt);

	FUZZ_MUST(n >= 0 && n <= (int32_t)DSI_MAX_SG);
	for (int32_t i = 0; i < n; i++) {
		uint32_t size;
		void *at;

		if (dsi_packet_data(pkt, (uint32_t)i, &at, &size))
			continue;
		FUZZ_MUST((uintptr_t)at >= (uintptr_t)data);
		FUZZ_MUST((uintptr_t)at - (uintptr_t)data <= bytes);
		FUZZ_MUST(size <= bytes - ((uintptr_t)at - (uintptr_t)data));
		fuzz_sink(at, size < 64 ? size : 64);
		fuzz_sink((char *)at + size - (size < 64 ? size : 64),
			  size < 64 ? size : 64);
	}
}
