/* SPDX-License-Identifier: MIT */
/* gst_dsisink.h - the element dsisink. */
#ifndef DSI_GST_DSISINK_H
#define DSI_GST_DSISINK_H

#include <gst/base/gstbasesink.h>

#define GST_DSI_SINK_TYPE (gst_dsi_sink_get_type())
G_DECLARE_FINAL_TYPE(GstDsiSink, gst_dsi_sink, GST, DSI_SINK, GstBaseSink)

#endif /* DSI_GST_DSISINK_H */
