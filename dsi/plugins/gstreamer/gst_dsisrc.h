/* SPDX-License-Identifier: MIT */
/* gst_dsisrc.h - the element dsisrc. */
#ifndef DSI_GST_DSISRC_H
#define DSI_GST_DSISRC_H

#include <gst/base/gstpushsrc.h>

#define GST_DSI_SRC_TYPE (gst_dsi_src_get_type())
G_DECLARE_FINAL_TYPE(GstDsiSrc, gst_dsi_src, GST, DSI_SRC, GstPushSrc)

#endif /* DSI_GST_DSISRC_H */
