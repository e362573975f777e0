/* SPDX-License-Identifier: MIT */
/* media_metas.c - see media_metas.h. */
#include "media_metas.h"

#include <string.h>

#include <gst/video/video-anc.h>
#include <gst/video/video.h>

#define REFERENCE "reference"
#define TIME_CODE "time-code"
#define REGION "region"
#define CAPTION "caption"
#define AFD "afd"
#define BAR "bar"
#define CUSTOM "custom"

/* ---- out ----------------------------------------------------------------- */

static GstStructure *of_reference(GstMeta *meta)
{
	const GstReferenceTimestampMeta *m = (GstReferenceTimestampMeta *)meta;
	gchar *caps = gst_caps_to_string(m->reference);
	GstStructure *s = gst_structure_new(
		REFERENCE, "caps", G_TYPE_STRING, caps, "time", G_TYPE_UINT64,
		m->timestamp, "duration", G_TYPE_UINT64, m->duration, NULL);

	g_free(caps);
	return s;
}

static GstStructure *of_time_code(GstMeta *meta)
{
	const GstVideoTimeCode *tc = &((GstVideoTimeCodeMeta *)meta)->tc;

	return gst_structure_new(
		TIME_CODE, "fps-n", G_TYPE_UINT, tc->config.fps_n, "fps-d",
		G_TYPE_UINT, tc->config.fps_d, "flags", G_TYPE_UINT,
		(guint)tc->config.flags, "hours", G_TYPE_UINT, tc->hours,
		"minutes", G_TYPE_UINT, tc->minutes, "seconds", G_TYPE_UINT,
		tc->seconds, "frames", G_TYPE_UINT, tc->frames, "fields",
		G_TYPE_UINT, tc->field_count, NULL);
}

static GstStructure *of_region(GstMeta *meta)
{
	const GstVideoRegionOfInterestMeta *m =
		(GstVideoRegionOfInterestMeta *)meta;
	const gchar *type = g_quark_to_string(m->roi_type);
	GstStructure *s = gst_structure_new(
		REGION, "type", G_TYPE_STRING, type ? type : "", "id",
		G_TYPE_INT, m->id, "parent", G_TYPE_INT, m->parent_id, "x",
		G_TYPE_UINT, m->x, "y", G_TYPE_UINT, m->y, "w", G_TYPE_UINT,
		m->w, "h", G_TYPE_UINT, m->h, NULL);
	guint n = 0;

	for (GList *at = m->params; at; at = at->next) {
		gchar *text = gst_structure_to_string(at->data);
		gchar name[16];

		g_snprintf(name, sizeof(name), "p%u", n++);
		gst_structure_set(s, name, G_TYPE_STRING, text, NULL);
		g_free(text);
	}
	return s;
}

static GstStructure *of_caption(GstMeta *meta)
{
	const GstVideoCaptionMeta *m = (GstVideoCaptionMeta *)meta;
	gchar *data = g_base64_encode(m->data, m->size);
	GstStructure *s = gst_structure_new(CAPTION, "type", G_TYPE_INT,
					    (gint)m->caption_type, "data",
					    G_TYPE_STRING, data, NULL);

	g_free(data);
	return s;
}

static GstStructure *of_afd(GstMeta *meta)
{
	const GstVideoAFDMeta *m = (GstVideoAFDMeta *)meta;

	return gst_structure_new(AFD, "field", G_TYPE_UINT, (guint)m->field,
				 "spec", G_TYPE_INT, (gint)m->spec, "afd",
				 G_TYPE_INT, (gint)m->afd, NULL);
}

static GstStructure *of_bar(GstMeta *meta)
{
	const GstVideoBarMeta *m = (GstVideoBarMeta *)meta;

	return gst_structure_new(BAR, "field", G_TYPE_UINT, (guint)m->field,
				 "letterbox", G_TYPE_BOOLEAN, m->is_letterbox,
				 "first", G_TYPE_UINT, m->bar_data1, "second",
				 G_TYPE_UINT, m->bar_data2, NULL);
}

static GstStructure *of_custom(GstMeta *meta)
{
	GstStructure *inner =
		gst_custom_meta_get_structure((GstCustomMeta *)meta);
	gchar *text = gst_structure_to_string(inner);
	GstStructure *s =
		gst_structure_new(CUSTOM, "text", G_TYPE_STRING, text, NULL);

	g_free(text);
	return s;
}

/* NULL: it has a field in the header, or stays here. */
static GstStructure *structure_of(GstMeta *meta)
{
	GType api = meta->info->api;

	if (gst_meta_info_is_custom(meta->info))
		return of_custom(meta);
	if (api == GST_REFERENCE_TIMESTAMP_META_API_TYPE)
		return of_reference(meta);
	if (api == GST_VIDEO_TIME_CODE_META_API_TYPE)
		return of_time_code(meta);
	if (api == GST_VIDEO_REGION_OF_INTEREST_META_API_TYPE)
		return of_region(meta);
	if (api == GST_VIDEO_CAPTION_META_API_TYPE)
		return of_caption(meta);
	if (api == GST_VIDEO_AFD_META_API_TYPE)
		return of_afd(meta);
	if (api == GST_VIDEO_BAR_META_API_TYPE)
		return of_bar(meta);
	return NULL;
}

gchar *media_metas_to_text(GstBuffer *buffer)
{
	GString *text = NULL;
	gpointer state = NULL;
	GstMeta *meta;

	while ((meta = gst_buffer_iterate_meta(buffer, &state))) {
		GstStructure *s = structure_of(meta);
		gchar *line;

		if (!s)
			continue;
		line = gst_structure_to_string(s);
		gst_structure_free(s);
		if (!text)
			text = g_string_new(NULL);
		g_string_append_printf(text, "%s\n", line);
		g_free(line);
	}
	return text ? g_string_free(text, FALSE) : NULL;
}

/* ---- in ------------------------------------------------------------------ */

static void to_reference(GstBuffer *buffer, const GstStructure *s)
{
	const gchar *text = gst_structure_get_string(s, "caps");
	GstCaps *caps = text ? gst_caps_from_string(text) : NULL;
	guint64 time, duration;

	if (caps && gst_structure_get_uint64(s, "time", &time) &&
	    GST_CLOCK_TIME_IS_VALID(time) &&
	    gst_structure_get_uint64(s, "duration", &duration))
		gst_buffer_add_reference_timestamp_meta(buffer, caps, time,
							duration);
	gst_clear_caps(&caps);
}

static void to_time_code(GstBuffer *buffer, const GstStructure *s)
{
	guint n, d, flags, hours, minutes, seconds, frames, fields;
	GstVideoTimeCode *tc;

	if (!gst_structure_get(s, "fps-n", G_TYPE_UINT, &n, "fps-d",
			       G_TYPE_UINT, &d, "flags", G_TYPE_UINT, &flags,
			       "hours", G_TYPE_UINT, &hours, "minutes",
			       G_TYPE_UINT, &minutes, "seconds", G_TYPE_UINT,
			       &seconds, "frames", G_TYPE_UINT, &frames,
			       "fields", G_TYPE_UINT, &fields, NULL) ||
	    n == 0 || d == 0)
		return;
	tc = gst_video_time_code_new(n, d, NULL, (GstVideoTimeCodeFlags)flags,
				     hours, minutes, seconds, frames, fields);
	if (gst_video_time_code_is_valid(tc))
		gst_buffer_add_video_time_code_meta(buffer, tc);
	gst_video_time_code_free(tc);
}

static void to_region(GstBuffer *buffer, const GstStructure *s)
{
	const gchar *type = gst_structure_get_string(s, "type");
	GstVideoRegionOfInterestMeta *meta;
	guint x, y, w, h;
	gint id, parent;

	if (!type ||
	    !gst_structure_get(s, "id", G_TYPE_INT, &id, "parent", G_TYPE_INT,
			       &parent, "x", G_TYPE_UINT, &x, "y", G_TYPE_UINT,
			       &y, "w", G_TYPE_UINT, &w, "h", G_TYPE_UINT, &h,
			       NULL))
		return;
	meta = gst_buffer_add_video_region_of_interest_meta(buffer, type, x, y,
							    w, h);
	meta->id = id;
	meta->parent_id = parent;
	for (guint i = 0;; i++) {
		GstStructure *param;
		const gchar *text;
		gchar name[16];

		g_snprintf(name, sizeof(name), "p%u", i);
		text = gst_structure_get_string(s, name);
		if (!text)
			return;
		param = gst_structure_from_string(text, NULL);
		if (param)
			gst_video_region_of_interest_meta_add_param(meta,
								    param);
	}
}

static void to_caption(GstBuffer *buffer, const GstStructure *s)
{
	const gchar *text = gst_structure_get_string(s, "data");
	guchar *data;
	gsize bytes;
	gint type;

	if (!text || !gst_structure_get_int(s, "type", &type) ||
	    type <= GST_VIDEO_CAPTION_TYPE_UNKNOWN ||
	    type > GST_VIDEO_CAPTION_TYPE_CEA708_CDP)
		return;
	data = g_base64_decode(text, &bytes);
	if (data && bytes)
		gst_buffer_add_video_caption_meta(
			buffer, (GstVideoCaptionType)type, data, bytes);
	g_free(data);
}

static void to_afd(GstBuffer *buffer, const GstStructure *s)
{
	gint spec, afd;
	guint field;

	if (gst_structure_get(s, "field", G_TYPE_UINT, &field, "spec",
			      G_TYPE_INT, &spec, "afd", G_TYPE_INT, &afd,
			      NULL) &&
	    field <= 1)
		gst_buffer_add_video_afd_meta(buffer, (guint8)field,
					      (GstVideoAFDSpec)spec,
					      (GstVideoAFDValue)afd);
}

static void to_bar(GstBuffer *buffer, const GstStructure *s)
{
	guint field, first, second;
	gboolean letterbox;

	if (gst_structure_get(s, "field", G_TYPE_UINT, &field, "letterbox",
			      G_TYPE_BOOLEAN, &letterbox, "first", G_TYPE_UINT,
			      &first, "second", G_TYPE_UINT, &second, NULL) &&
	    field <= 1)
		gst_buffer_add_video_bar_meta(buffer, (guint8)field, letterbox,
					      first, second);
}

/* Its name must be one that this process has registered. */
static void to_custom(GstBuffer *buffer, const GstStructure *s)
{
	const gchar *text = gst_structure_get_string(s, "text");
	GstStructure *inner =
		text ? gst_structure_from_string(text, NULL) : NULL;
	const GstMetaInfo *info =
		inner ? gst_meta_get_info(gst_structure_get_name(inner)) : NULL;
	GstCustomMeta *meta;

	if (info && gst_meta_info_is_custom(info)) {
		meta = gst_buffer_add_custom_meta(
			buffer, gst_structure_get_name(inner));
		gst_structure_remove_all_fields(
			gst_custom_meta_get_structure(meta));
		for (gint i = 0; i < gst_structure_n_fields(inner); i++) {
			const gchar *name =
				gst_structure_nth_field_name(inner, (guint)i);

			gst_structure_set_value(
				gst_custom_meta_get_structure(meta), name,
				gst_structure_get_value(inner, name));
		}
	}
	g_clear_pointer(&inner, gst_structure_free);
}

static const struct {
	const gchar *name;
	void (*add)(GstBuffer *buffer, const GstStructure *structure);
} kinds[] = {
	{REFERENCE, to_reference},
	{TIME_CODE, to_time_code},
	{REGION, to_region},
	{CAPTION, to_caption},
	{AFD, to_afd},
	{BAR, to_bar},
	{CUSTOM, to_custom},
};

void media_metas_from_text(GstBuffer *buffer, const gchar *text)
{
	gchar **lines;

	if (!*text)
		return;
	lines = g_strsplit(text, "\n", -1);
	for (gchar **line = lines; *line; line++) {
		GstStructure *s =
			**line ? gst_structure_from_string(*line, NULL) : NULL;

		for (gsize i = 0; s && i < G_N_ELEMENTS(kinds); i++)
			if (gst_structure_has_name(s, kinds[i].name))
				kinds[i].add(buffer, s);
		g_clear_pointer(&s, gst_structure_free);
	}
	g_strfreev(lines);
}
