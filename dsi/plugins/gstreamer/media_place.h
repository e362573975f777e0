/* SPDX-License-Identifier: MIT */
/* media_place.h - the property `placement` of dsisink and dsisrc. */
#ifndef DSI_MEDIA_PLACE_H
#define DSI_MEDIA_PLACE_H

#include <gst/gst.h>

struct media_place {
	guint32 placement; /* DSI_PLACEMENT_* */
	guint32 of;	   /* node or process */
};

/* "auto", "none", "node:N", "like:PID".  FALSE, and an error of @element: it is
 * nothing of these. */
gboolean media_place_read(GstElement *element, const gchar *text,
			  struct media_place *out_place);

void media_place_install(GObjectClass *object, guint id);

#endif /* DSI_MEDIA_PLACE_H */
