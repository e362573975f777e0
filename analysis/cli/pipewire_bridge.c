// SPDX-License-Identifier: MIT
/*
 * pipewire_bridge.c - PipeWire's side: connection, device, errors, the end.
 *
 * The main thread runs PipeWire's main loop.  The packets are moved by process()
 * of the two directions, on PipeWire's real-time thread; it tells the main
 * thread of an end by an event of the loop.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <spa/param/audio/format-utils.h>
#include <spa/param/buffers.h>

#include "cli.h"
#include "interrupt.h"
#include "message.h"
#include "pipewire_bridge.h"

#define POD_BYTES 1024
#define TICK_NS 250000000l
#define TICKS_OF_SECOND 4u

static int connect_core(struct bridge *b);
static int connect_stream(struct bridge *b);
static void close_pipewire(struct bridge *b);
static int finish(struct bridge *b);

int bridge_run(const struct bridge_options *options)
{
	static struct bridge bridge;
	struct bridge *b = &bridge;
	int exit_code;

	b->options = options;
	pw_init(NULL, NULL);
	exit_code = connect_core(b);
	if (exit_code == CLI_OK)
		exit_code = options->source ? source_open(b) : sink_open(b);
	if (exit_code == CLI_OK)
		exit_code = connect_stream(b);
	if (exit_code == CLI_OK) {
		(void)pw_main_loop_run(b->loop);
		exit_code = b->exit_code;
	}
	b->exit_code = exit_code;
	close_pipewire(b);
	exit_code = finish(b);
	pw_deinit();
	return exit_code;
}

void bridge_leave(struct bridge *b, int exit_code)
{
	if (b->over)
		return;
	b->over = true;
	b->exit_code = exit_code;
	(void)pw_main_loop_quit(b->loop);
}

struct bridge_slot *bridge_slot(struct bridge *b,
				const struct pw_buffer *buffer)
{
	uint32_t i;

	for (i = 0; i < BRIDGE_BUFFERS_MOST; i++) {
		if (b->slots[i].buffer == buffer)
			return &b->slots[i];
	}
	return NULL;
}

void *bridge_memory(const struct bridge *b)
{
	size_t bytes = b->packet_bytes + BRIDGE_ALIGN - 1u;

	return aligned_alloc(BRIDGE_ALIGN, bytes - bytes % BRIDGE_ALIGN);
}

/* ---- the end ------------------------------------------------------------- */

void bridge_end(struct bridge *b, int end)
{
	int none = 0;

	if (atomic_compare_exchange_strong(&b->end, &none, end) && b->loop)
		(void)pw_loop_signal_event(pw_main_loop_get_loop(b->loop),
					   b->wake);
}

static bool streaming(const struct bridge *b)
{
	return pw_stream_get_state(b->stream, NULL) ==
	       PW_STREAM_STATE_STREAMING;
}

/* What is in the buffers and the converter is still to be played, if somebody
 * listens, and takes it within its own length and two seconds. */
static void on_end(void *user, uint64_t count)
{
	struct bridge *b = user;
	uint64_t frames =
		(uint64_t)b->buffers * b->packet_bytes / b->frame_bytes;

	(void)count;
	b->patience =
		(uint32_t)((frames / b->format.rate + 2) * TICKS_OF_SECOND);
	b->flushing = true;
	if (!b->options->source || !streaming(b) ||
	    pw_stream_flush(b->stream, true) < 0)
		bridge_drained(b);
}

/* While nobody records, process() is not called, and does not see that the
 * producer is away; and nothing else takes packets. */
static void look_for_producer(struct bridge *b)
{
	if (!b->options->source || streaming(b))
		return;
	/* Who died may have sent the end of the stream before. */
	if (dsi_socket_event_count(b->sock, DSI_EVENT_PEER_GONE) ||
	    dsi_socket_event_count(b->sock, DSI_EVENT_PEER_LEFT))
		bridge_end(b, source_rest(b));
}

static void on_tick(void *user, uint64_t count)
{
	struct bridge *b = user;

	(void)count;
	if (!b->flushing)
		look_for_producer(b);
	else if (b->patience-- == 0)
		bridge_drained(b);
}

void bridge_drained(void *user)
{
	struct bridge *b = user;
	const char *name = b->options->name;
	int end = atomic_load(&b->end);

	if (end == 0 || b->over)
		return;
	if (end == BRIDGE_EOS) {
		bridge_leave(b, CLI_OK);
	} else if (end == -DSI_EPIPE) {
		message_error(NULL,
			      "producer of '%s' ended without end of stream "
			      "after %" PRIu64 " packets",
			      name, b->packets);
		bridge_leave(b, CLI_FAILURE);
	} else if (end == -DSI_ENOTSUP) {
		message_error(name, "has a packet of several pieces; only "
				    "those of one can be played");
		bridge_leave(b, CLI_INCOMPATIBLE);
	} else {
		bridge_leave(b,
			     message_dsi(name, end, dsi_socket_error(b->sock)));
	}
}

static void on_signal(void *user, int fd, uint32_t mask)
{
	(void)fd;
	(void)mask;
	bridge_leave(user, CLI_SIGNAL + interrupt_signal());
}

static void close_pipewire(struct bridge *b)
{
	struct pw_loop *loop = b->loop ? pw_main_loop_get_loop(b->loop) : NULL;

	b->over = true;
	if (b->stream)
		pw_stream_destroy(b->stream);
	b->stream = NULL;
	if (b->wake)
		pw_loop_destroy_source(loop, b->wake);
	b->wake = NULL;
	if (b->signals)
		pw_loop_destroy_source(loop, b->signals);
	if (b->clock)
		pw_loop_destroy_source(loop, b->clock);
	if (b->core)
		(void)pw_core_disconnect(b->core);
	if (b->context)
		pw_context_destroy(b->context);
	if (b->loop)
		pw_main_loop_destroy(b->loop);
	b->loop = NULL;
}

/* Without end of stream if it was an error, so that readers know that something
 * is missing. */
static int finish(struct bridge *b)
{
	const char *name = b->options->name;
	int exit_code = b->exit_code;

	if (exit_code > CLI_SIGNAL && !b->options->source &&
	    sink_finish(b) != CLI_OK)
		message_note(name, "the end of the stream was not taken");
	if (b->packets && b->options->source)
		message_note(name,
			     "%" PRIu64 " packets, %" PRIu64
			     " of them copied, %" PRIu64
			     " cycles without a packet",
			     b->packets, b->copied, b->late);
	else if (b->packets)
		message_note(name,
			     "%" PRIu64 " packets, %" PRIu64 " of them copied",
			     b->packets, b->copied);
	dsi_socket_destroy(b->sock);
	return exit_code;
}

/* ---- the connection ------------------------------------------------------ */

static void on_core_error(void *user, uint32_t id, int seq, int res,
			  const char *text)
{
	struct bridge *b = user;

	(void)seq;
	if (b->over || (id != PW_ID_CORE && res != -EPIPE))
		return;
	if (res == -EPIPE)
		message_error(NULL, "PipeWire's daemon has ended, or has "
				    "thrown this device out");
	else
		message_error(NULL, "PipeWire: %s", text);
	bridge_leave(b, CLI_FAILURE);
}

static const struct pw_core_events core_events = {
	PW_VERSION_CORE_EVENTS,
	.error = on_core_error,
};

static int connect_core(struct bridge *b)
{
	struct pw_properties *properties = NULL;

	b->loop = pw_main_loop_new(NULL);
	if (b->loop)
		b->context =
			pw_context_new(pw_main_loop_get_loop(b->loop), NULL, 0);
	if (!b->context) {
		message_error(NULL, "cannot set up PipeWire: %s",
			      strerror(errno));
		return CLI_FAILURE;
	}
	if (b->options->remote)
		properties = pw_properties_new(PW_KEY_REMOTE_NAME,
					       b->options->remote, NULL);
	b->core = pw_context_connect(b->context, properties, 0);
	if (!b->core) {
		message_error(b->options->remote,
			      "cannot connect to PipeWire's daemon: %s; is it "
			      "running, for this user? (PIPEWIRE_REMOTE and "
			      "XDG_RUNTIME_DIR tell where it is)",
			      strerror(errno));
		return CLI_FAILURE;
	}
	(void)pw_core_add_listener(b->core, &b->core_hook, &core_events, b);
	return CLI_OK;
}

/* ---- the device ---------------------------------------------------------- */

void bridge_state_changed(void *user, enum pw_stream_state old,
			  enum pw_stream_state state, const char *error)
{
	struct bridge *b = user;

	(void)old;
	if (b->over)
		return;
	if (state == PW_STREAM_STATE_ERROR) {
		message_error(b->options->name,
			      "PipeWire refuses the device (%s, %u Hz, %u "
			      "channels): %s",
			      b->format.name, b->format.rate,
			      b->format.channels, error ? error : "no reason");
		bridge_leave(b, CLI_INCOMPATIBLE);
	} else if (state == PW_STREAM_STATE_UNCONNECTED) {
		message_error(b->options->name,
			      "PipeWire's daemon has ended, or has thrown this "
			      "device out");
		bridge_leave(b, CLI_FAILURE);
	} else if (state == PW_STREAM_STATE_PAUSED && b->flushing) {
		bridge_drained(b); /* nobody listens any more */
	}
}

/* The format is agreed: what the buffers shall be like. */
void bridge_param_changed(void *user, uint32_t id, const struct spa_pod *param)
{
	struct bridge *b = user;
	uint8_t memory[POD_BYTES];
	struct spa_pod_builder builder =
		SPA_POD_BUILDER_INIT(memory, sizeof(memory));
	const struct spa_pod *params[1];

	if (!param || id != SPA_PARAM_Format)
		return;
	params[0] = spa_pod_builder_add_object(
		&builder, SPA_TYPE_OBJECT_ParamBuffers, SPA_PARAM_Buffers,
		SPA_PARAM_BUFFERS_buffers, SPA_POD_Int((int)b->buffers),
		SPA_PARAM_BUFFERS_blocks, SPA_POD_Int(1),
		SPA_PARAM_BUFFERS_size, SPA_POD_Int((int)b->packet_bytes),
		SPA_PARAM_BUFFERS_stride, SPA_POD_Int((int)b->frame_bytes),
		SPA_PARAM_BUFFERS_dataType,
		SPA_POD_CHOICE_FLAGS_Int(1 << SPA_DATA_MemPtr));
	(void)pw_stream_update_params(b->stream, params, 1);
}

/* "dsi.NAME", without what has a meaning to pw-link. */
static struct pw_properties *device_properties(const struct bridge *b)
{
	uint32_t frames = b->packet_bytes / b->frame_bytes;
	char name[80];
	char *colon;

	snprintf(name, sizeof(name), "dsi.%s", b->options->name);
	while ((colon = strchr(name, ':')))
		*colon = '.';
	struct pw_properties *properties = pw_properties_new(
		PW_KEY_NODE_NAME, name, PW_KEY_NODE_DESCRIPTION, name,
		PW_KEY_MEDIA_TYPE, "Audio", PW_KEY_MEDIA_CLASS,
		b->options->source ? "Audio/Source" : "Audio/Sink",
		PW_KEY_NODE_VIRTUAL, "true", NULL);

	if (!properties)
		return NULL;
	(void)pw_properties_setf(properties, PW_KEY_NODE_LATENCY, "%u/%u",
				 frames, b->format.rate);
	/* A cycle has to fit into a packet. */
	if (!b->options->source)
		(void)pw_properties_setf(properties, PW_KEY_NODE_MAX_LATENCY,
					 "%u/%u", frames, b->format.rate);
	return properties;
}

static const struct spa_pod *format_param(const struct bridge *b,
					  struct spa_pod_builder *builder)
{
	struct spa_audio_info_raw info = {
		.format = (enum spa_audio_format)b->format.spa,
		.rate = b->format.rate,
		.channels = b->format.channels,
	};

	if (info.channels == 1) {
		info.position[0] = SPA_AUDIO_CHANNEL_MONO;
	} else if (info.channels == 2) {
		info.position[0] = SPA_AUDIO_CHANNEL_FL;
		info.position[1] = SPA_AUDIO_CHANNEL_FR;
	} else {
		info.flags = SPA_AUDIO_FLAG_UNPOSITIONED;
	}
	return spa_format_audio_raw_build(builder, SPA_PARAM_EnumFormat, &info);
}

static int make_sources(struct bridge *b)
{
	struct timespec tick = {.tv_nsec = TICK_NS};
	struct pw_loop *loop = pw_main_loop_get_loop(b->loop);

	if (interrupt_install() < 0)
		return -errno;
	b->wake = pw_loop_add_event(loop, on_end, b);
	b->signals = pw_loop_add_io(loop, interrupt_fd(), SPA_IO_IN, false,
				    on_signal, b);
	b->clock = pw_loop_add_timer(loop, on_tick, b);
	if (!b->wake || !b->signals || !b->clock)
		return -ENOMEM;
	return pw_loop_update_timer(loop, b->clock, &tick, &tick, false);
}

static int make_stream(struct bridge *b)
{
	b->stream =
		pw_stream_new(b->core, b->options->name, device_properties(b));
	if (!b->stream)
		return -errno;
	pw_stream_add_listener(
		b->stream, &b->stream_hook,
		b->options->source ? &source_events : &sink_events, b);
	return make_sources(b);
}

static int connect_stream(struct bridge *b)
{
	uint8_t memory[POD_BYTES];
	struct spa_pod_builder builder =
		SPA_POD_BUILDER_INIT(memory, sizeof(memory));
	const struct spa_pod *params[1];
	int err = make_stream(b);

	params[0] = format_param(b, &builder);
	if (!err)
		err = pw_stream_connect(b->stream,
					b->options->source ? PW_DIRECTION_OUTPUT
							   : PW_DIRECTION_INPUT,
					PW_ID_ANY,
					PW_STREAM_FLAG_ALLOC_BUFFERS |
						PW_STREAM_FLAG_RT_PROCESS,
					params, 1);
	if (!err)
		return CLI_OK;
	message_error(b->options->name, "cannot make a device of PipeWire: %s",
		      strerror(-err));
	return CLI_FAILURE;
}
