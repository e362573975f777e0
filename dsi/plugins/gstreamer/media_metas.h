/* SPDX-License-Identifier: MIT */
/*
 * media_metas.h - metas of a buffer that have no field in the media header, as
 * text: a structure for each, one a line.
 *
 * Those that say something about the data and can be told to another process:
 * GstReferenceTimestampMeta of any caps, GstVideoTimeCodeMeta,
 * GstVideoRegionOfInterestMeta with its parameters, GstVideoCaptionMeta,
 * GstVideoAFDMeta, GstVideoBarMeta, and every GstCustomMeta whose name the
 * reader has registered too.
 */
#ifndef DSI_MEDIA_METAS_H
#define DSI_MEDIA_METAS_H

#include <gst/gst.h>

/* NULL: there are none.  To be freed. */
gchar *media_metas_to_text(GstBuffer *buffer);

/* @text is of another process: what is not understood is left out. */
void media_metas_from_text(GstBuffer *buffer, const gchar *text);

#endif /* DSI_MEDIA_METAS_H */
