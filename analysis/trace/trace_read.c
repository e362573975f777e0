// SPDX-License-Identifier: MIT
/*
 * trace_read.c - the graph of libbabeltrace2 that reads a trace: a source for
 * each folder, one muxer that sorts by time, and a sink that decodes.
 */
#include <stdio.h>
#include <string.h>

#include "trace/trace_decode.h"
#include "trace/trace_folders.h"
#include "trace/trace_read.h"
#include "trace/trace_span.h"

#define PROGRESS_EVENTS UINT64_C(0x3ffff) /* between two looks, minus 1 */

struct reader {
	struct trace_reading *reading;
	struct decoder decoder;
	struct trace_span span;
	char *why;
	bool failed;
};

typedef bt_graph_simple_sink_component_consume_func_status consume_status;

static void progress(const struct reader *r, uint64_t time_ns)
{
	const struct trace_reading *reading = r->reading;

	if (reading->progress)
		reading->progress(
			reading->data, reading->events,
			trace_span_part(&r->span, time_ns - reading->begin_ns));
}

/* Return: go on? */
static bool take_event(struct reader *r, const bt_message *message)
{
	struct trace_reading *reading = r->reading;
	struct trace_event event;
	enum decode_answer answer =
		decode_message(&r->decoder, message, &event, r->why);

	r->failed = answer == DECODE_FAILED;
	if (answer == DECODE_OTHER)
		reading->other++;
	if (answer != DECODE_EVENT)
		return !r->failed;
	if (reading->events++ == 0)
		reading->begin_ns = event.time_ns;
	reading->end_ns = event.time_ns;
	if ((reading->events & PROGRESS_EVENTS) == 0)
		progress(r, event.time_ns);
	return reading->take(reading->data, &event);
}

static void take_lost_events(struct trace_losses *lost,
			     const bt_message *message)
{
	uint64_t n = 0;

	if (bt_message_discarded_events_get_count(message, &n) ==
	    BT_PROPERTY_AVAILABILITY_AVAILABLE)
		lost->events += n;
	else
		lost->unknown = true;
}

static void take_lost_packets(struct trace_losses *lost,
			      const bt_message *message)
{
	uint64_t n = 0;

	if (bt_message_discarded_packets_get_count(message, &n) ==
	    BT_PROPERTY_AVAILABILITY_AVAILABLE)
		lost->packets += n;
	else
		lost->unknown = true;
}

static bool take_message(struct reader *r, const bt_message *message)
{
	switch ((int)bt_message_get_type(message)) {
	case BT_MESSAGE_TYPE_EVENT:
		return take_event(r, message);
	case BT_MESSAGE_TYPE_DISCARDED_EVENTS:
		take_lost_events(&r->reading->lost, message);
		return true;
	case BT_MESSAGE_TYPE_DISCARDED_PACKETS:
		take_lost_packets(&r->reading->lost, message);
		return true;
	default:
		return true;
	}
}

static consume_status consume(bt_message_iterator *messages, void *data)
{
	struct reader *r = data;
	bt_message_array_const array;
	uint64_t n = 0;
	bool more = true;
	uint64_t i;
	bt_message_iterator_next_status status =
		bt_message_iterator_next(messages, &array, &n);

	if (status != BT_MESSAGE_ITERATOR_NEXT_STATUS_OK)
		return (consume_status)status;
	for (i = 0; i < n; i++) {
		more = more && take_message(r, array[i]);
		bt_message_put_ref(array[i]);
	}
	if (r->failed)
		return BT_GRAPH_SIMPLE_SINK_COMPONENT_CONSUME_FUNC_STATUS_ERROR;
	return more ? BT_GRAPH_SIMPLE_SINK_COMPONENT_CONSUME_FUNC_STATUS_OK
		    : BT_GRAPH_SIMPLE_SINK_COMPONENT_CONSUME_FUNC_STATUS_END;
}

/* The cause that is nearest to the files says most. */
static void say_error(char why[TRACE_WHY_BYTES], const char *what)
{
	const bt_error *error = bt_current_thread_take_error();
	const char *cause = "no reason given";

	if (error && bt_error_get_cause_count(error) > 0)
		cause = bt_error_cause_get_message(
			bt_error_borrow_cause_by_index(error, 0));
	snprintf(why, TRACE_WHY_BYTES, "%s: %s", what, cause);
	why[strcspn(why, "\n")] = '\0';
	if (error)
		bt_error_release(error);
}

static bool add_ports(bt_graph *graph, const bt_component_source *source,
		      const bt_component_filter *muxer, uint64_t *used)
{
	uint64_t n = bt_component_source_get_output_port_count(source);
	uint64_t i;

	for (i = 0; i < n; i++) {
		if (bt_graph_connect_ports(
			    graph,
			    bt_component_source_borrow_output_port_by_index_const(
				    source, i),
			    bt_component_filter_borrow_input_port_by_index_const(
				    muxer, (*used)++),
			    NULL) != BT_GRAPH_CONNECT_PORTS_STATUS_OK)
			return false;
	}
	return true;
}

static bool add_source(bt_graph *graph, const bt_component_class_source *class,
		       const char *path, const bt_component_filter *muxer,
		       uint64_t *used)
{
	const bt_component_source *source = NULL;
	bt_value *params = trace_span_params(path);
	bool good = params &&
		    bt_graph_add_source_component(
			    graph, class, path, params, BT_LOGGING_LEVEL_NONE,
			    &source) == BT_GRAPH_ADD_COMPONENT_STATUS_OK &&
		    add_ports(graph, source, muxer, used);

	if (params)
		bt_value_put_ref(params);
	return good;
}

/* Everything between the files and consume(). */
static bool build(struct reader *r, bt_graph *graph, const bt_plugin *ctf,
		  const bt_plugin *utils, const struct trace_folders *folders)
{
	const bt_component_class_source *fs =
		bt_plugin_borrow_source_component_class_by_name_const(ctf,
								      "fs");
	const bt_component_class_filter *mux =
		bt_plugin_borrow_filter_component_class_by_name_const(utils,
								      "muxer");
	const bt_component_filter *muxer = NULL;
	const bt_component_sink *sink = NULL;
	uint64_t used = 0;
	size_t i;

	if (!fs || !mux ||
	    bt_graph_add_filter_component(graph, mux, "mux", NULL,
					  BT_LOGGING_LEVEL_NONE, &muxer) !=
		    BT_GRAPH_ADD_COMPONENT_STATUS_OK ||
	    bt_graph_add_simple_sink_component(graph, "dsi", NULL, consume,
					       NULL, r, &sink) !=
		    BT_GRAPH_ADD_COMPONENT_STATUS_OK)
		return false;
	for (i = 0; i < folders->n; i++) {
		if (!add_source(graph, fs, folders->paths[i], muxer, &used))
			return false;
		if (r->reading->progress)
			trace_span_extend(&r->span, fs, folders->paths[i]);
	}
	return bt_graph_connect_ports(
		       graph,
		       bt_component_filter_borrow_output_port_by_index_const(
			       muxer, 0),
		       bt_component_sink_borrow_input_port_by_index_const(sink,
									  0),
		       NULL) == BT_GRAPH_CONNECT_PORTS_STATUS_OK;
}

static enum trace_status run(struct reader *r, const bt_plugin *ctf,
			     const bt_plugin *utils,
			     const struct trace_folders *folders)
{
	bt_graph *graph = bt_graph_create(0);
	bool good;

	if (!graph) {
		snprintf(r->why, TRACE_WHY_BYTES, "out of memory");
		return TRACE_NO_MEMORY;
	}
	good = build(r, graph, ctf, utils, folders);
	if (!good)
		say_error(r->why, "cannot be opened as a trace");
	if (good && bt_graph_run(graph) != BT_GRAPH_RUN_STATUS_OK) {
		good = false;
		if (r->failed)
			bt_current_thread_clear_error();
		else
			say_error(r->why, "the trace is broken");
	}
	decode_fini(&r->decoder);
	bt_graph_put_ref(graph);
	return good ? TRACE_OK : TRACE_BAD;
}

static const bt_plugin *find_plugin(const char *name, char *why)
{
	const bt_plugin *plugin = NULL;

	if (bt_plugin_find(name, BT_TRUE, BT_TRUE, BT_TRUE, BT_FALSE, BT_FALSE,
			   &plugin) == BT_PLUGIN_FIND_STATUS_OK)
		return plugin;
	snprintf(why, TRACE_WHY_BYTES,
		 "libbabeltrace2 has no plug-in '%s'; is its installation "
		 "complete, and is BABELTRACE_PLUGIN_PATH right?",
		 name);
	return NULL;
}

enum trace_status trace_read(struct trace_reading *reading,
			     char why[TRACE_WHY_BYTES])
{
	struct reader r = {.reading = reading, .why = why};
	struct trace_folders folders = {0};
	enum trace_status status = TRACE_BAD;
	const bt_plugin *ctf = NULL;
	const bt_plugin *utils = NULL;

	reading->events = reading->other = 0;
	reading->begin_ns = reading->end_ns = 0;
	reading->lost = (struct trace_losses){0};
	if (trace_folders_find(&folders, reading->folder, why) &&
	    (ctf = find_plugin("ctf", why)) &&
	    (utils = find_plugin("utils", why)))
		status = run(&r, ctf, utils, &folders);
	if (ctf)
		bt_plugin_put_ref(ctf);
	if (utils)
		bt_plugin_put_ref(utils);
	trace_folders_free(&folders);
	return status;
}
