/* SPDX-License-Identifier: MIT */
/* media_place.c - from words to a placement; see media_place.h. */
#include "media_place.h"

#include <string.h>

#include <dsi/dsi.h>

/* "WORD:NUMBER": is it this word, and is that a number? */
static gboolean numbered(const gchar *text, const gchar *word, guint64 least,
			 guint32 *out_of)
{
	gsize n = strlen(word);
	guint64 of;

	if (strncmp(text, word, n) != 0 ||
	    !g_ascii_string_to_unsigned(text + n, 10, least, G_MAXINT32, &of,
					NULL))
		return FALSE;
	*out_of = (guint32)of;
	return TRUE;
}

gboolean media_place_read(GstElement *element, const gchar *text,
			  struct media_place *out_place)
{
	*out_place = (struct media_place){.placement = DSI_PLACEMENT_AUTO};
	if (!text || strcmp(text, "auto") == 0)
		return TRUE;
	if (strcmp(text, "none") == 0)
		out_place->placement = DSI_PLACEMENT_NONE;
	else if (numbered(text, "node:", 0, &out_place->of))
		out_place->placement = DSI_PLACEMENT_NODE;
	else if (numbered(text, "like:", 1, &out_place->of))
		out_place->placement = DSI_PLACEMENT_LIKE;
	else {
		GST_ELEMENT_ERROR(element, RESOURCE, SETTINGS,
				  ("placement '%s' is none; give auto, none, "
				   "node:N or like:PID",
				   text),
				  (NULL));
		return FALSE;
	}
	return TRUE;
}

void media_place_install(GObjectClass *object, guint id)
{
	g_object_class_install_property(
		object, id,
		g_param_spec_string(
			"placement", "Placement",
			"Memory node of what this end makes: auto, none, "
			"node:N, or like:PID as for a process. Frames are "
			"where upstream first writes them",
			"auto",
			G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS |
				GST_PARAM_MUTABLE_READY));
}
