/* SPDX-License-Identifier: MIT */
/*
 * pipewire_bridge.h - a stream as a sound device of PipeWire.
 *
 *   pipewire_command.c   the arguments
 *   pipewire_bridge.c    PipeWire's side: connection, device, errors, the end
 *   pipewire_sink.c      what is played to the device becomes packets
 *   pipewire_source.c    packets are what the device records
 *   pipewire_format.c    sample formats
 */
#ifndef DSI_CLI_PIPEWIRE_BRIDGE_H
#define DSI_CLI_PIPEWIRE_BRIDGE_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include <pipewire/pipewire.h>

#include <dsi/dsi.h>

#define BRIDGE_BUFFERS_MOST 32u
#define BRIDGE_CHANNELS_MOST 64u
#define BRIDGE_RATE_MOST 768000u
/* The converter crashes with less. */
#define BRIDGE_ALIGN 64u

struct bridge_format {
	const char *name; /* as ALSA has it */
	uint32_t spa;	  /* as PipeWire has it */
	uint32_t sample_bytes;
	uint32_t rate;
	uint32_t channels;
};

/**
 * struct bridge_options - the arguments of `dsi pipewire`.
 * @name:        of the stream
 * @remote:      of PipeWire's daemon; NULL = the default one
 * @source:      packets go into PipeWire, else they come from there
 * @format:      sink: of the samples
 * @frames:      sink: in a packet, at most
 * @hold_ns:     sink: readers give each packet back within this time
 * @access_mode: sink: who may connect; 0 = the default
 * @timeout_ns:  source: how long to wait for the stream; DSI_FOREVER
 * @policy:      source: DSI_POLICY_BLOCK or _DROP_NEW
 */
struct bridge_options {
	const char *name;
	const char *remote;
	bool source;
	struct bridge_format format;
	uint32_t frames;
	uint64_t hold_ns;
	uint32_t access_mode;
	uint64_t timeout_ns;
	uint32_t policy;
};

/* A buffer of PipeWire, and the packet whose slot it is. */
struct bridge_slot {
	struct pw_buffer *buffer;  /* NULL: not in use */
	struct dsi_packet *packet; /* NULL: with the readers, or none */
	void *data;
	/* Memory for samples that cannot be where a packet is; sink: only if no
	 * packet was left. */
	void *own;
	bool empty; /* source: waits for a packet */
};

struct bridge {
	const struct bridge_options *options;
	struct bridge_format format;
	struct dsi_socket *sock;
	uint32_t frame_bytes;
	uint32_t packet_bytes;
	uint32_t buffers; /* that PipeWire shall have */
	/* Main thread while PipeWire arranges buffers, then the data thread;
	 * PipeWire does not let the two run at once. */
	struct bridge_slot slots[BRIDGE_BUFFERS_MOST];
	struct dsi_packet *spare[DSI_MAX_PACKETS]; /* sink: without buffer */
	uint32_t spares;
	uint64_t packets;
	uint64_t copied; /* of them */
	uint64_t late;	 /* source: cycles for which there was no packet */
	bool last;	 /* source: the end of the stream came with samples */
	/* Data thread to main thread: 0, or a negative code, or BRIDGE_EOS. */
	atomic_int end;
	struct pw_main_loop *loop;
	struct pw_context *context;
	struct pw_core *core;
	struct spa_hook core_hook;
	struct pw_stream *stream;
	struct spa_hook stream_hook;
	struct spa_source *wake;
	struct spa_source *signals;
	struct spa_source *clock;
	uint32_t patience; /* ticks of the clock, for what is to be played */
	bool flushing;
	bool over;
	int exit_code;
};

#define BRIDGE_EOS 1

/* Return: the exit code. */
int bridge_run(const struct bridge_options *options);

/* Tell the main thread, from the data thread.  @end: see struct bridge. */
void bridge_end(struct bridge *b, int end);
/* Main thread: leave with this exit code. */
void bridge_leave(struct bridge *b, int exit_code);
/* The slot of a buffer; one that is free for NULL; or NULL. */
struct bridge_slot *bridge_slot(struct bridge *b,
				const struct pw_buffer *buffer);
/* Memory for the samples of a packet, for free(); or NULL. */
void *bridge_memory(const struct bridge *b);

/* Each returns an exit code. */
int sink_open(struct bridge *b);
int sink_finish(struct bridge *b);
int source_open(struct bridge *b);

/* Main thread, while nobody records: take what is left of a producer that has
 * closed, or died.  BRIDGE_EOS, or -DSI_EPIPE: it did not end its stream. */
int source_rest(struct bridge *b);

extern const struct pw_stream_events sink_events;
extern const struct pw_stream_events source_events;
void bridge_state_changed(void *data, enum pw_stream_state old,
			  enum pw_stream_state state, const char *error);
void bridge_param_changed(void *data, uint32_t id, const struct spa_pod *param);
void bridge_drained(void *data);

/* Fill in what follows from @name; false: there is no such format. */
bool bridge_format_named(struct bridge_format *format, const char *name);
/* "audio/x-raw,format=S16_LE,rate=48000,channels=2" */
void bridge_format_text(const struct bridge_format *format,
			char text[DSI_FORMAT_BYTES]);
bool bridge_format_parse(struct bridge_format *format, const char *text);

#endif /* DSI_CLI_PIPEWIRE_BRIDGE_H */
