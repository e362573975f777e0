/* SPDX-License-Identifier: MIT */
/*
 * pcm_dsi.h - the ALSA device dsi:NAME, in two halves.
 *
 *   pcm_dsi.c        the plugin: its arguments, and the calls of both directions
 *   pcm_playback.c   what a program plays becomes a stream, one packet a period
 *   pcm_capture.c    what a stream carries is recorded
 *   pcm_format.c     sample formats as the text that is in a stream's description
 */
#ifndef DSI_PCM_DSI_H
#define DSI_PCM_DSI_H

#include <stdint.h>

#include <alsa/asoundlib.h>
#include <alsa/pcm_external.h>

#include <dsi/dsi.h>

struct pcm_dsi {
	snd_pcm_ioplug_t io;
	char *stream;
	struct dsi_socket *socket;
	uint32_t frame_bytes;
	uint64_t start_ns; /* playback: when the clock started; 0: stopped */
	/* Frames since prepare(). */
	uint64_t moved; /* by the application */
	uint64_t done;	/* played, or arrived */
	/* Packets between the two, oldest first; a ring of `places`. */
	struct dsi_packet **held;
	uint32_t places, first, count;
	uint32_t offset; /* capture: bytes of the first that were read */
	int timer;	 /* playback: ticks once a period */
	int broken;	 /* a negative code of ALSA, to be reported once */
	int ended;	 /* capture: the producer is gone */
};

int pcm_playback_open(struct pcm_dsi *pcm);
int pcm_capture_open(struct pcm_dsi *pcm, uint64_t wait_ns);

/* Let go of all packets. */
void pcm_forget(struct pcm_dsi *pcm);
/* The i-th that is held. */
struct dsi_packet *pcm_held(const struct pcm_dsi *pcm, uint32_t i);
void pcm_hold(struct pcm_dsi *pcm, struct dsi_packet *packet);
void pcm_drop_first(struct pcm_dsi *pcm);

/* "audio/x-raw,format=S16_LE,rate=48000,channels=2" */
void pcm_format_text(char text[DSI_FORMAT_BYTES], snd_pcm_format_t format,
		     unsigned rate, unsigned channels);
/* 0, or -EINVAL. */
int pcm_format_parse(const char *text, snd_pcm_format_t *out_format,
		     unsigned *out_rate, unsigned *out_channels);

#endif /* DSI_PCM_DSI_H */
