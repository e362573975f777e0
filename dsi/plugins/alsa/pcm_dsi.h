/* SPDX-License-Identifier: MIT */
/*
 * pcm_dsi.h - the ALSA device dsi:NAME, in two halves.
 *
 *   pcm_dsi.c        the plugin: its arguments, and the calls of both directions
 *   pcm_playback.c   what a program plays becomes a stream, one packet a period
 *   pcm_capture.c    what a stream carries is recorded
 *   pcm_sizes.c      periods and buffers, by the calculator
 *   pcm_format.c     sample formats as the text that is in a stream's description
 */
#ifndef DSI_PCM_DSI_H
#define DSI_PCM_DSI_H

#include <stdint.h>

#include <alsa/asoundlib.h>
#include <alsa/pcm_external.h>

#include <dsi/dsi.h>

#define PCM_PERIODS_MOST 64u

struct pcm_dsi {
	snd_pcm_ioplug_t io;
	char *stream;
	uint64_t wait_ns; /* for the other side to come */
	struct dsi_stream_desc desc;
	struct dsi_socket *socket;
	uint32_t frame_bytes;
	uint64_t boundary; /* positions are told modulo this */
	uint32_t readers;  /* playback: no sound before so many are there */
	uint64_t start_ns; /* playback: when the clock started; 0: stopped */
	/* Frames since prepare(). */
	uint64_t moved; /* by the application */
	uint64_t done;	/* played, or arrived */
	/* Packets between the two, oldest first; a ring of `places`.  NULL: there
	 * was none for this period. */
	struct dsi_packet **held;
	uint32_t places, first, count;
	uint32_t offset; /* capture: bytes of the first that were read */
	int timer;	 /* playback: ticks once a period */
	int wake;   /* capture: readable when there is nothing to wait for */
	int broken; /* a negative code of ALSA, to be reported once */
	/* Playback: the readers have all packets, or had; so many until it is
	 * over. */
	uint32_t stalled;
	uint64_t silence; /* capture: frames behind the last packet */
	int ended;	  /* capture: the stream is at its end */
	int hurried;	  /* capture: there may be more than was looked at */
	int admitted;	  /* playback: the readers that are waited for came */
	/* Since the device was opened. */
	uint64_t periods; /* that passed */
	uint64_t lost;	  /* of them, without a packet */
	uint64_t xruns;
};

int pcm_playback_open(struct pcm_dsi *pcm);
int pcm_capture_open(struct pcm_dsi *pcm);

/* Let go of all packets. */
void pcm_forget(struct pcm_dsi *pcm);
/* The i-th that is held. */
struct dsi_packet *pcm_held(const struct pcm_dsi *pcm, uint32_t i);
void pcm_hold(struct pcm_dsi *pcm, struct dsi_packet *packet);
void pcm_drop_first(struct pcm_dsi *pcm);
/* How many packets it may hold.  0 or -ENOMEM. */
int pcm_make_places(struct pcm_dsi *pcm, uint32_t places);
/* Say why a call of the library failed.  @err as ALSA has it. */
int pcm_explain(const struct pcm_dsi *pcm, int err);
/* Free everything; the socket as well. */
void pcm_free(struct pcm_dsi *pcm);
/* ALSA's callback: learn the boundary. */
int pcm_sw_params(snd_pcm_ioplug_t *io, snd_pcm_sw_params_t *params);
/* The device's figures, for snd_pcm_dump(). */
void pcm_dump(snd_pcm_ioplug_t *io, snd_output_t *out);

/* How a program that has a buffer of so many periods uses the stream. */
struct dsi_usage pcm_usage(const struct dsi_traffic *traffic, uint64_t periods);
/* Packets of a stream that is played with this period and buffer.  0, or
 * -EINVAL with a message. */
int pcm_packets(struct dsi_stream_desc *desc, const char *stream,
		uint32_t periods);
/* The largest buffer for recording this stream, in periods; 0: there are too
 * few packets. */
uint32_t pcm_periods_most(const struct dsi_stream_desc *desc);

/* "audio/x-raw,format=S16_LE,rate=48000,channels=2" */
void pcm_format_text(char text[DSI_FORMAT_BYTES], snd_pcm_format_t format,
		     unsigned rate, unsigned channels);
/* 0, or -EINVAL. */
int pcm_format_parse(const char *text, snd_pcm_format_t *out_format,
		     unsigned *out_rate, unsigned *out_channels);

#endif /* DSI_PCM_DSI_H */
