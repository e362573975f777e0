/* SPDX-License-Identifier: MIT */
/*
 * pipeline_control.c - the control application: joins the source, the filter
 * and the sink, waits for their events, and compares what they counted with
 * what was declared.  It maps no data and touches no packet.
 *
 *   source --sound--> filter --turned--> sink
 *
 * From how the ends work, as declared here, the library finds how many packets
 * each stream needs, and how long a block takes at most from the source to the
 * sink.
 *
 *   pipeline_control SOUND [output=NAME] [damage=N | lose=N] [in-time] [times]
 *
 * Ends with 0 if everything that was sent has arrived as it was sent; with
 * in-time also only if the source and all latencies were as declared.  With
 * times the source tells when it committed each packet.
 */
#include <stdio.h>
#include <string.h>

#include <dsi/dsi.h>

#include "sound_block.h"

/* What is declared, in ns. */
#define SOURCE_JITTER_NS 4000000u /* a commit comes so much late */
#define SOURCE_HOLD_NS 2000000u	  /* and a packet is got so long before */
#define WAKE_NS 3000000u	  /* filter and sink: to wake up */
#define SERVICE_NS 2000000u	  /* and for one packet */

#define LIMIT_NS (120 * SECOND_NS)

enum { SOUND, TURNED, STREAMS };

struct control {
	const char *sound, *output, *trouble;
	int in_time, times;
	char argument[DSI_ARGUMENT_BYTES]; /* of the source */
	struct dsi_stream *stream[STREAMS];
	struct dsi_sizing_need need[STREAMS];
	uint32_t source_says, sink_says;
	uint64_t deadline_ns;
};

/* Whole ns, rounded up. */
static uint64_t whole_ns(const struct dsi_ticks *t)
{
	return t->whole < 0 ? 0 : (uint64_t)t->whole + (t->num > 0);
}

static int say(const struct dsi_stream *stream, const char *what, int err)
{
	const char *why = stream ? dsi_stream_error(stream) : "";

	fprintf(stderr, "control: %s: %s\n", what,
		*why ? why : dsi_strerror(err));
	return err;
}

/* --- joining --- */

static struct dsi_traffic traffic_of(const struct dsi_jcs *jcs,
				     uint64_t hold_ns)
{
	const struct dsi_traffic traffic = {
		.tick_hz = SECOND_NS,
		.period = jcs->period,
		.jitter = jcs->jitter,
		.distance = jcs->distance,
		.hold = hold_ns,
	};

	return traffic;
}

/* A stream of this traffic, with a consumer that takes packets as they come. */
static int join(struct control *ctl, int which, const struct dsi_jcs *jcs,
		uint64_t hold_ns, struct dsi_endpoint *from,
		struct dsi_endpoint *to)
{
	struct dsi_stream_desc desc = {.size = sizeof(desc)};
	struct dsi_usage usage = {.tick_hz = SECOND_NS};
	struct dsi_sizing_need *need = &ctl->need[which];
	uint64_t tick_hz;
	int err;

	desc.traffic = traffic_of(jcs, hold_ns);
	usage.pace = DSI_PACE_SERVICE;
	usage.wake = WAKE_NS;
	usage.service = SERVICE_NS;
	from->size = sizeof(*from);
	to->size = sizeof(*to);
	to->consumer.size = sizeof(to->consumer);
	to->consumer.usage = usage;
	to->consumer.flags = DSI_CONSUMER_TIME_HOLD;
	err = dsi_stream_create(&desc, from, to, 1, ctl->deadline_ns,
				&ctl->stream[which]);
	need->size = sizeof(*need);
	if (err == 0)
		err = dsi_stream_need(ctl->stream[which], 0, need, &tick_hz);
	return err ? say(ctl->stream[which], "joining", err) : 0;
}

/* The filter's output is its input, later: a stage. */
static int join_all(struct control *ctl)
{
	struct dsi_jcs jcs = {
		.size = sizeof(jcs),
		.period = PERIOD_NS,
		.jitter = SOURCE_JITTER_NS,
		.distance = PERIOD_NS - SOURCE_JITTER_NS,
	};
	struct dsi_endpoint source = {.component = SOURCE_NAME,
				      .argument = ctl->argument};
	struct dsi_endpoint into = {.component = FILTER_NAME,
				    .argument = ctl->trouble};
	struct dsi_endpoint outof = {.component = FILTER_NAME};
	struct dsi_endpoint sink = {.component = SINK_NAME,
				    .argument = ctl->output};
	int err = join(ctl, SOUND, &jcs, SOURCE_HOLD_NS, &source, &into);

	if (err == 0)
		err = dsi_jcs_stage(&jcs, 0,
				    whole_ns(&ctl->need[SOUND].release_max), 0,
				    &jcs);
	if (err == 0)
		err = join(ctl, TURNED, &jcs, SERVICE_NS, &outof, &sink);
	return err;
}

/* From the source's commit to the sink's get. */
static uint64_t latency_bound(const struct control *ctl)
{
	return whole_ns(&ctl->need[SOUND].release_max) +
	       whole_ns(&ctl->need[TURNED].get_max);
}

static int print_plan(const struct control *ctl)
{
	struct dsi_stream_desc desc[STREAMS];
	int err = 0;

	for (int i = 0; i < STREAMS && err == 0; i++) {
		desc[i].size = sizeof(desc[i]);
		err = dsi_stream_desc(ctl->stream[i], &desc[i]);
	}
	if (err)
		return say(NULL, "descriptions", err);
	printf("control: %s: %s\n", ctl->sound, desc[SOUND].format);
	printf("control: declared: a packet every %llu ns and up to %u ns "
	       "late; filter and sink woken within %u ns, %u ns for each\n",
	       PERIOD_NS, SOURCE_JITTER_NS, WAKE_NS, SERVICE_NS);
	printf("control: so %u packets from source to filter, %u to the sink, "
	       "%llu ns from end to end\n",
	       desc[SOUND].packets, desc[TURNED].packets,
	       (unsigned long long)latency_bound(ctl));
	return 0;
}

/* --- watching --- */

#define BAD (DSI_EVENT_ERROR | DSI_EVENT_PEER_GONE)

/* One event of one of the streams.  0: go on. */
static int take_event(struct control *ctl, const struct dsi_event_source *event,
		      int which)
{
	static const char *const member[STREAMS][2] = {{"source", "filter"},
						       {"filter", "sink"}};

	if (event->events & (BAD | PART_FAILED))
		return say(NULL, member[which][event->member],
			   event->events & PART_FAILED ? -DSI_ECANCELED
						       : -DSI_EPIPE);
	if (which == SOUND && event->member == 0)
		ctl->source_says |= event->events;
	if (which == TURNED && event->member == 1)
		ctl->sink_says |= event->events;
	return 0;
}

/* Until the source has told of its end and the sink of what it found. */
static int watch(struct control *ctl)
{
	struct dsi_event_source events[STREAMS] = {{0}};
	int32_t n = 0;
	int err = 0;

	for (int i = 0; i < STREAMS; i++) {
		events[i].stream = ctl->stream[i];
		events[i].mask = BAD | DSI_EVENT_USER;
	}
	while (err == 0 && n >= 0 && !(ctl->source_says && ctl->sink_says)) {
		n = dsi_select(events, STREAMS, ctl->deadline_ns);
		for (int i = 0; i < STREAMS && n > 0 && err == 0; i++)
			if (events[i].events)
				err = take_event(ctl, &events[i], i);
	}
	return n < 0 ? say(NULL, "waiting for the end", n) : err;
}

/* --- the result --- */

/* 1: everything has arrived as it was sent, in time if that was asked for. */
static int judge(const struct control *ctl, uint64_t sent, uint64_t received,
		 const uint64_t *part_ns)
{
	uint64_t latency_ns = part_ns[0] + part_ns[1] + part_ns[2];
	int whole = ctl->sink_says == SINK_WHOLE;
	int within = latency_ns <= latency_bound(ctl);

	printf("control: packets sent %llu %s packets received %llu\n",
	       (unsigned long long)sent, sent == received ? "=" : "is not",
	       (unsigned long long)received);
	printf("control: checksum %s\n", whole ? "equal" : "not equal");
	printf("control: worst latency %llu ns (to the filter %llu, in it "
	       "%llu, to the sink %llu), %s the bound of %llu ns\n",
	       (unsigned long long)latency_ns, (unsigned long long)part_ns[0],
	       (unsigned long long)part_ns[1], (unsigned long long)part_ns[2],
	       within ? "within" : "beyond",
	       (unsigned long long)latency_bound(ctl));
	(void)fflush(stdout);
	if (ctl->in_time && !(within && ctl->source_says == SOURCE_IN_TIME))
		return 0;
	return whole && sent == received && sent > 0;
}

/* What the library has counted all the time. */
static int stats_of(const struct control *ctl, int which, uint32_t member,
		    struct dsi_socket_stats *out)
{
	int err;

	out->size = sizeof(*out);
	err = dsi_stream_stats(ctl->stream[which], member, ctl->deadline_ns,
			       out);
	return err ? say(ctl->stream[which], "statistics", err) : 0;
}

/* The worst of each part is at least the worst from end to end. */
static int result(const struct control *ctl)
{
	struct dsi_socket_stats source, filter, sink;
	uint64_t part_ns[3];
	int err = stats_of(ctl, SOUND, 0, &source);

	if (err == 0)
		err = stats_of(ctl, SOUND, 1, &filter);
	if (err == 0)
		err = stats_of(ctl, TURNED, 1, &sink);
	if (err)
		return err;
	part_ns[0] = filter.latency_max_ns;
	part_ns[1] = filter.hold_max_ns;
	part_ns[2] = sink.latency_max_ns;
	return judge(ctl, source.committed, sink.committed, part_ns)
		       ? 0
		       : -DSI_EPROTO;
}

static int run(struct control *ctl)
{
	int err = join_all(ctl);

	if (err == 0)
		err = print_plan(ctl);
	/* Who takes is there before who sends. */
	for (int i = STREAMS - 1; i >= 0 && err == 0; i--) {
		err = dsi_stream_start(ctl->stream[i], ctl->deadline_ns);
		if (err)
			say(ctl->stream[i], "starting", err);
	}
	if (err == 0)
		err = watch(ctl);
	if (err == 0)
		err = result(ctl);
	for (int i = 0; i < STREAMS; i++)
		dsi_stream_destroy(ctl->stream[i]);
	return err;
}

static int read_word(struct control *ctl, const char *word)
{
	if (!*word)
		return 0;
	if (strncmp(word, "output=", 7) == 0)
		ctl->output = word + 7;
	else if (strcmp(word, "in-time") == 0)
		ctl->in_time = 1;
	else if (strcmp(word, "times") == 0)
		ctl->times = 1;
	else if (strncmp(word, "damage=", 7) == 0 ||
		 strncmp(word, "lose=", 5) == 0)
		ctl->trouble = word;
	else if (ctl->sound || strchr(word, '='))
		return -1;
	else
		ctl->sound = word;
	return 0;
}

int main(int argc, char **argv)
{
	static struct control ctl;
	int good = 1;

	for (int i = 1; i < argc; i++)
		good &= read_word(&ctl, argv[i]) == 0;
	if (!good || !ctl.sound) {
		fprintf(stderr, "usage: control SOUND [output=NAME] "
				"[damage=N | lose=N] [in-time] [times]\n");
		return 2;
	}
	snprintf(ctl.argument, sizeof(ctl.argument), "%s%s",
		 ctl.times ? "times:" : "", ctl.sound);
	ctl.deadline_ns = dsi_now() + LIMIT_NS;
	return run(&ctl) ? 1 : 0;
}
