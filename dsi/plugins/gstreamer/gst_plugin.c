/* SPDX-License-Identifier: MIT */
/* gst_plugin.c - the GStreamer plugin dsi: dsisink and dsisrc. */
#include <gst/gst.h>

#include <dsi/version.h>

#include "gst_dsisink.h"
#include "gst_dsisrc.h"

#define PACKAGE "dsi"

static gboolean plugin_init(GstPlugin *plugin)
{
	return gst_element_register(plugin, "dsisink", GST_RANK_NONE,
				    GST_DSI_SINK_TYPE) &&
	       gst_element_register(plugin, "dsisrc", GST_RANK_NONE,
				    GST_DSI_SRC_TYPE);
}

GST_PLUGIN_DEFINE(GST_VERSION_MAJOR, GST_VERSION_MINOR, dsi,
		  "Streams between processes, without a copy", plugin_init,
		  DSI_VERSION_TEXT, "MIT/X11", PACKAGE, "https://dsi.invalid")
