// SPDX-License-Identifier: MIT
/*
 * trace_span.c - how long a trace is, from the index that ctf.fs makes.
 */
#include "trace/trace_span.h"

bt_value *trace_span_params(const char *path)
{
	bt_value *params = bt_value_map_create();
	bt_value *inputs = NULL;

	if (!params)
		return NULL;
	if (bt_value_map_insert_empty_array_entry(params, "inputs", &inputs) !=
		    BT_VALUE_MAP_INSERT_ENTRY_STATUS_OK ||
	    bt_value_array_append_string_element(inputs, path) !=
		    BT_VALUE_ARRAY_APPEND_ELEMENT_STATUS_OK) {
		bt_value_put_ref(params);
		return NULL;
	}
	return params;
}

static void extend_by_stream(struct trace_span *span, const bt_value *stream)
{
	const bt_value *range =
		bt_value_map_borrow_entry_value_const(stream, "range-ns");
	const bt_value *begin;
	const bt_value *end;

	if (!range || !bt_value_is_map(range))
		return;
	begin = bt_value_map_borrow_entry_value_const(range, "begin");
	end = bt_value_map_borrow_entry_value_const(range, "end");
	if (!begin || !end || !bt_value_is_signed_integer(begin) ||
	    !bt_value_is_signed_integer(end))
		return;
	if (span->begin_ns == span->end_ns ||
	    bt_value_integer_signed_get(begin) < span->begin_ns)
		span->begin_ns = bt_value_integer_signed_get(begin);
	if (bt_value_integer_signed_get(end) > span->end_ns)
		span->end_ns = bt_value_integer_signed_get(end);
}

static void extend_by_trace(struct trace_span *span, const bt_value *trace)
{
	const bt_value *streams =
		bt_value_map_borrow_entry_value_const(trace, "stream-infos");
	uint64_t i;

	if (!streams || !bt_value_is_array(streams))
		return;
	for (i = 0; i < bt_value_array_get_length(streams); i++)
		extend_by_stream(span,
				 bt_value_array_borrow_element_by_index_const(
					 streams, i));
}

void trace_span_extend(struct trace_span *span,
		       const bt_component_class_source *fs, const char *path)
{
	bt_value *params = trace_span_params(path);
	bt_query_executor *query =
		params ? bt_query_executor_create(
				 bt_component_class_source_as_component_class_const(
					 fs),
				 "babeltrace.trace-infos", params)
		       : NULL;
	const bt_value *infos = NULL;
	uint64_t i;

	if (query &&
	    bt_query_executor_query(query, &infos) ==
		    BT_QUERY_EXECUTOR_QUERY_STATUS_OK &&
	    bt_value_is_array(infos)) {
		for (i = 0; i < bt_value_array_get_length(infos); i++)
			extend_by_trace(
				span,
				bt_value_array_borrow_element_by_index_const(
					infos, i));
	} else {
		bt_current_thread_clear_error();
	}
	if (infos)
		bt_value_put_ref(infos);
	if (query)
		bt_query_executor_put_ref(query);
	if (params)
		bt_value_put_ref(params);
}

double trace_span_part(const struct trace_span *span, uint64_t ns)
{
	if (span->end_ns <= span->begin_ns)
		return -1;
	return (double)ns / ((double)span->end_ns - (double)span->begin_ns);
}
