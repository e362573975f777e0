// SPDX-License-Identifier: MIT
/*
 * fuzz_media.c - what the GStreamer source finds in the first element of a
 * packet: header, caps and metas.
 *
 * The input is that element; the buffer is as large as its last two bytes say.
 * A critical message of GLib is a bug of ours, for elements do not get what they
 * must not be given, but for those of GStreamer's own parser of texts: it
 * complains of its own calls, and then says no.  It also loses some memory in
 * doing so, which is why nobody looks for leaks here.
 */
#include "dsi/plugins/gstreamer/media_header.h"
#include "fuzz.h"

int __lsan_is_turned_off(void);

int __lsan_is_turned_off(void)
{
	return 1;
}

static GLogWriterOutput judge(GLogLevelFlags level, const GLogField *fields,
			      gsize n_fields, gpointer user)
{
	static const char *const of_parser[] = {"gst_structure_validate_name",
						"gst_structure_new_empty",
						"_from_string: assertion"};
	gchar *line =
		g_log_writer_format_fields(level, fields, n_fields, FALSE);
	int known = !(level & (G_LOG_LEVEL_CRITICAL | G_LOG_LEVEL_ERROR));

	(void)user;
	for (gsize i = 0; i < G_N_ELEMENTS(of_parser); i++)
		if (strstr(line, of_parser[i]))
			known = 1;
	if (!known) {
		fprintf(stderr, "%s\n", line);
		abort();
	}
	g_free(line);
	return G_LOG_WRITER_HANDLED;
}

static void begin(void)
{
	static int begun;

	if (begun)
		return;
	begun = 1;
	gst_init(NULL, NULL);
	g_log_set_writer_func(judge, NULL, NULL);
}

/* Whatever the video meta says lies in the buffer. */
static void look(GstBuffer *buffer, gsize bytes)
{
	const GstVideoMeta *video = gst_buffer_get_video_meta(buffer);

	for (guint i = 0; video && i < video->n_planes; i++)
		FUZZ_MUST(video->offset[i] <= bytes && video->stride[i] > 0 &&
			  (gsize)video->stride[i] <= bytes - video->offset[i]);
}

static void to_buffer(const struct media_header *h, const char *metas,
		      gsize bytes)
{
	GstBuffer *buffer = gst_buffer_new_allocate(NULL, bytes, NULL);

	FUZZ_MUST(buffer);
	if (media_header_to_buffer(h, metas, buffer, bytes))
		look(buffer, bytes);
	gst_buffer_unref(buffer);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes)
{
	char text[MEDIA_TEXT_BYTES];
	struct media_header h;
	size_t caps_bytes;
	GstCaps *caps;
	uint16_t size;

	if (bytes < sizeof(size) || bytes > MEDIA_HEADER_SLOT + 64)
		return 0;
	begin();
	memcpy(&size, data + bytes - sizeof(size), sizeof(size));
	if (!media_header_read(&h, text, data,
			       (uint32_t)(bytes - sizeof(size))))
		return 0;
	caps_bytes = strlen(text);
	FUZZ_MUST(caps_bytes <= h.caps_bytes);
	caps = gst_caps_from_string(text);
	gst_clear_caps(&caps);
	to_buffer(&h, text + h.caps_bytes + 1, size);
	return 0;
}
