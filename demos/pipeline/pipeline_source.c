/* SPDX-License-Identifier: MIT */
/*
 * pipeline_source.c - plays a sound: with each tick of the sampling clock one
 * block of it becomes a packet.
 *
 * Its argument is the name of the sound.  At its end it says how late its
 * commits were, and raises an event that tells whether that is as declared.
 * With `times:` before the name it says the time of each commit as well, for
 * `dsi fit`.
 */
#include <stdio.h>
#include <string.h>

#include "pipeline_part.h"
#include "pipeline_system.h"
#include "sound_block.h"
#include "sound_wav.h"

/* How late the commits were: of packet i, its time minus i periods. */
struct lateness {
	uint64_t period_ns;
	uint64_t first_ns;
	int64_t least_ns, most_ns;
	uint32_t waits; /* there was no free packet when it was due */
};

#define TIMES "times:"
#define TIMES_MAX 4096u

static uint64_t times_ns[TIMES_MAX];
static int tell_times;
static struct sound_wav sound;
static uint32_t block_bytes; /* samples in a packet, but the last */

static int read_sound(struct part *part)
{
	const char *name = part->argument;
	const uint8_t *file;
	const char *why;
	uint64_t bytes;

	tell_times = strncmp(name, TIMES, strlen(TIMES)) == 0;
	if (tell_times)
		name += strlen(TIMES);
	if (sound_open(name, &file, &bytes, &why) ||
	    sound_wav_read(file, bytes, &sound, &why)) {
		part_fail(part, name, why);
		return -DSI_EINVAL;
	}
	if (sound.rate % BLOCKS_A_SECOND) {
		part_fail(part, part->argument,
			  "its rate is no multiple of 128");
		return -DSI_ENOMATCH;
	}
	block_bytes = sound.rate / BLOCKS_A_SECOND * sound.frame_bytes;
	return 0;
}

/* The control application leaves to us what depends on the sound. */
static int source_describe(struct part *part, struct dsi_stream_desc *desc)
{
	int err = read_sound(part);

	if (err)
		return err;
	desc->packet_bytes = (uint32_t)sizeof(struct sound_block) + block_bytes;
	snprintf(desc->format, sizeof(desc->format),
		 "audio/x-raw, format=S16LE, rate=%u, channels=%u", sound.rate,
		 sound.frame_bytes / 2);
	return 0;
}

static void note_commit(struct lateness *late, uint32_t number, uint64_t now_ns)
{
	int64_t late_ns;

	if (number == 0)
		late->first_ns = now_ns;
	if (number < TIMES_MAX)
		times_ns[number] = now_ns;
	late_ns = (int64_t)(now_ns - late->first_ns) -
		  (int64_t)(number * late->period_ns);
	if (late_ns < late->least_ns)
		late->least_ns = late_ns;
	if (late_ns > late->most_ns)
		late->most_ns = late_ns;
}

/* The block goes from the file into the packet; this is the only copy. */
static int fill(struct dsi_packet *pkt, struct sound_block *block, uint64_t at)
{
	uint32_t room;
	void *data;

	block->bytes = block_bytes;
	if (sound.bytes - at < block_bytes)
		block->bytes = (uint32_t)(sound.bytes - at);
	if (dsi_packet_data(pkt, 0, &data, &room) != 0 ||
	    dsi_packet_set_size(pkt, (uint32_t)sizeof(*block) + block->bytes))
		return -1;
	block->check = sound_check(0, sound.samples + at, block->bytes);
	block->total =
		sound_check(block->total, sound.samples + at, block->bytes);
	memcpy(data, block, sizeof(*block));
	memcpy((uint8_t *)data + sizeof(*block), sound.samples + at,
	       block->bytes);
	if (at + block->bytes == sound.bytes)
		return dsi_packet_set_flags(pkt, DSI_PACKET_EOS);
	return 0;
}

static int send_block(struct part *part, struct sound_block *block, uint64_t at,
		      struct lateness *late)
{
	struct dsi_packet *pkt;
	uint64_t now_ns;
	int err = dsi_packet_get(part->out, 0, &pkt);

	/* The first packet waits for its consumer.  By what is declared, no
	 * other one has to. */
	if (err == -DSI_EAGAIN) {
		late->waits += at > 0;
		err = dsi_packet_get(part->out, DSI_FOREVER, &pkt);
	}
	if (err == 0 && fill(pkt, block, at) != 0)
		err = -DSI_EINVAL;
	if (err)
		return err;
	now_ns = dsi_now();
	err = dsi_packet_commit(part->out, pkt);
	note_commit(late, block->number, now_ns);
	return err;
}

/* As `dsi fit --period` would find it: the least jitter with which the
 * commits fit the period. */
static void say_end(struct part *part, const struct sound_block *block,
		    const struct lateness *late, uint64_t declared_ns)
{
	uint64_t jitter_ns = (uint64_t)(late->most_ns - late->least_ns);
	int good = jitter_ns <= declared_ns && late->waits == 0;

	printf("source: %u packets committed, checksum %08x, %u times no free "
	       "packet\n",
	       block->number, block->total, late->waits);
	printf("source: a packet every %llu ns: jitter %llu ns, declared %llu "
	       "ns: %s\n",
	       (unsigned long long)late->period_ns,
	       (unsigned long long)jitter_ns, (unsigned long long)declared_ns,
	       good ? "kept" : "broken");
	for (uint32_t i = 0; tell_times && i < block->number; i++)
		if (i < TIMES_MAX)
			printf("source: at %llu\n",
			       (unsigned long long)times_ns[i]);
	(void)fflush(stdout);
	(void)dsi_socket_raise(part->out, good ? SOURCE_IN_TIME : SOURCE_LATE);
}

static void play(struct part *part, const struct dsi_traffic *declared)
{
	struct lateness late = {.period_ns = declared->period};
	struct sound_block block = {0};
	uint64_t at = 0;
	int err = 0;

	while (at < sound.bytes && err == 0) {
		if (sample_clock_wait()) {
			part_fail(part, "the sampling clock", "does not tick");
			return;
		}
		err = send_block(part, &block, at, &late);
		at += block.bytes;
		block.number++;
	}
	if (err == 0)
		say_end(part, &block, &late, declared->jitter);
	else if (err != -DSI_ECANCELED)
		part_fail(part, "a packet could not be sent",
			  dsi_strerror(err));
}

static void source_run(struct part *part)
{
	struct dsi_stream_desc desc = {.size = sizeof(desc)};
	const char *why = "no description";

	if (dsi_socket_desc(part->out, &desc) ||
	    sample_clock_begin(desc.traffic.period, &why)) {
		part_fail(part, "the sampling clock", why);
		return;
	}
	play(part, &desc.traffic);
	sample_clock_end();
}

int main(void)
{
	static struct part part = {
		.name = SOURCE_NAME,
		.title = "source",
		.sockets = 1,
		.describe = source_describe,
		.run = source_run,
	};

	return part_main(&part);
}
