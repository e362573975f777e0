/* SPDX-License-Identifier: MIT */
/*
 * pipeline_picture.h - the graph of an analysed pipeline, drawn by graphviz.
 */
#ifndef DSI_PIPELINE_PICTURE_H
#define DSI_PIPELINE_PICTURE_H

#include "pipeline/pipeline.h"

/* @format: "svg", or "dot" for the graph as text.  False with @why. */
bool pipeline_draw(const struct pipeline *p, const char *format,
		   const char *path, char why[PIPELINE_WHY_BYTES]);

#endif /* DSI_PIPELINE_PICTURE_H */
