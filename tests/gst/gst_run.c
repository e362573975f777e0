/* SPDX-License-Identifier: MIT */
/*
 * gst_run.c - run a pipeline to its end and print properties.
 *
 *   gst_run PIPELINE [ELEMENT.PROPERTY... | @ELEMENT...]
 *
 * gst-launch-1.0 does not show the properties that count.  @ELEMENT prints when
 * each buffer came to its sink pad, in nanoseconds of CLOCK_MONOTONIC.  Exit status 1: the
 * pipeline failed; its error is on standard error.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <gst/gst.h>

#define MOST_ARGUMENTS 16

static int print_property(GstBin *pipeline, const char *what)
{
	gchar **parts = g_strsplit(what, ".", 2);
	GstElement *element =
		parts[1] ? gst_bin_get_by_name(pipeline, parts[0]) : NULL;
	GParamSpec *spec =
		element ? g_object_class_find_property(
				  G_OBJECT_GET_CLASS(element), parts[1])
			: NULL;
	GValue value = G_VALUE_INIT;
	gchar *text;

	if (!spec) {
		fprintf(stderr, "gst_run: there is no %s\n", what);
		return -1;
	}
	g_value_init(&value, spec->value_type);
	g_object_get_property(G_OBJECT(element), parts[1], &value);
	text = gst_value_serialize(&value);
	printf("%s=%s\n", what, text);
	g_free(text);
	g_value_unset(&value);
	gst_object_unref(element);
	g_strfreev(parts);
	return 0;
}

static GstPadProbeReturn stamp(GstPad *pad, GstPadProbeInfo *info,
			       gpointer user)
{
	guint64 now = gst_util_get_timestamp();

	(void)pad;
	(void)info;
	g_array_append_val((GArray *)user, now);
	return GST_PAD_PROBE_OK;
}

/* Times of the buffers that come to @name; NULL: there is no such element. */
static GArray *stamp_at(GstBin *pipeline, const char *name)
{
	GArray *stamps = g_array_sized_new(FALSE, FALSE, sizeof(guint64), 8192);
	GstElement *element = gst_bin_get_by_name(pipeline, name);
	GstPad *pad =
		element ? gst_element_get_static_pad(element, "sink") : NULL;

	if (pad)
		gst_pad_add_probe(pad, GST_PAD_PROBE_TYPE_BUFFER, stamp, stamps,
				  NULL);
	else
		fprintf(stderr, "gst_run: there is no sink pad of %s\n", name);
	g_clear_pointer(&pad, gst_object_unref);
	g_clear_pointer(&element, gst_object_unref);
	return stamps;
}

static void print_stamps(const char *name, GArray *stamps)
{
	for (guint i = 0; i < stamps->len; i++)
		printf("@%s %" G_GUINT64_FORMAT "\n", name,
		       g_array_index(stamps, guint64, i));
	g_array_free(stamps, TRUE);
}

/* decodebin does without a decoder that it does not find, and the pipeline then
 * waits for ever: that ends here, as if the element had been named. */
static gboolean is_missing(GstMessage *message)
{
	const GstStructure *said = gst_message_get_structure(message);

	if (GST_MESSAGE_TYPE(message) != GST_MESSAGE_ELEMENT || !said ||
	    !gst_structure_has_name(said, "missing-plugin"))
		return FALSE;
	fprintf(stderr, "gst_run: no element: %s\n",
		gst_structure_get_string(said, "name"));
	return TRUE;
}

/* The end of the stream, an error or an element that is missing. */
static GstMessage *wait_for_end(GstBus *bus)
{
	for (;;) {
		GstMessage *message = gst_bus_timed_pop_filtered(
			bus, GST_CLOCK_TIME_NONE,
			GST_MESSAGE_EOS | GST_MESSAGE_ERROR |
				GST_MESSAGE_ELEMENT);

		if (GST_MESSAGE_TYPE(message) != GST_MESSAGE_ELEMENT ||
		    is_missing(message))
			return message;
		gst_message_unref(message);
	}
}

/* 0 at the end of the stream. */
static int run(GstElement *pipeline)
{
	GstBus *bus = gst_element_get_bus(pipeline);
	GstMessage *message;
	GError *error = NULL;
	int failed;

	(void)gst_element_set_state(pipeline, GST_STATE_PLAYING);
	message = wait_for_end(bus);
	failed = GST_MESSAGE_TYPE(message) != GST_MESSAGE_EOS;
	if (GST_MESSAGE_TYPE(message) == GST_MESSAGE_ERROR) {
		gst_message_parse_error(message, &error, NULL);
		fprintf(stderr, "gst_run: %s: %s\n",
			GST_MESSAGE_SRC_NAME(message), error->message);
		g_clear_error(&error);
	}
	gst_message_unref(message);
	gst_object_unref(bus);
	return failed;
}

int main(int argc, char **argv)
{
	GError *error = NULL;
	GstElement *pipeline;
	GArray *stamps[MOST_ARGUMENTS] = {NULL};
	int failed;

	gst_init(&argc, &argv);
	if (argc < 2 || argc > MOST_ARGUMENTS) {
		fprintf(stderr, "usage: gst_run PIPELINE [ELEMENT.PROPERTY... "
				"| @ELEMENT...]\n");
		return 2;
	}
	pipeline = gst_parse_launch(argv[1], &error);
	if (!pipeline || error) {
		fprintf(stderr, "gst_run: %s\n", error->message);
		return 2;
	}
	for (int i = 2; i < argc; i++)
		if (argv[i][0] == '@')
			stamps[i] = stamp_at(GST_BIN(pipeline), argv[i] + 1);
	failed = run(pipeline);
	for (int i = 2; i < argc; i++)
		if (stamps[i])
			print_stamps(argv[i] + 1, stamps[i]);
		else
			failed |=
				print_property(GST_BIN(pipeline), argv[i]) != 0;
	(void)gst_element_set_state(pipeline, GST_STATE_NULL);
	gst_object_unref(pipeline);
	gst_deinit();
	return failed;
}
