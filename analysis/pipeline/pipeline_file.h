/* SPDX-License-Identifier: MIT */
/*
 * pipeline_file.h - pipelines from files in the syntax of libconfig.
 *
 * The format is described in dsi-pipeline(1).  Values are texts with units,
 * and exact: the tick of the pipeline becomes the greatest common divisor of
 * all times in the file.
 */
#ifndef DSI_PIPELINE_FILE_H
#define DSI_PIPELINE_FILE_H

#include "pipeline/pipeline.h"

enum pipeline_key_type {
	PIPELINE_KEY_TIME,
	PIPELINE_KEY_RATE,  /* its inverse is the value */
	PIPELINE_KEY_BYTES, /* a member of area */
	PIPELINE_KEY_COUNT, /* uint32_t */
	PIPELINE_KEY_LEVEL, /* int32_t */
	PIPELINE_KEY_OTHER, /* read elsewhere */
};

#define PIPELINE_OF_SOURCE (1u << PIPELINE_SOURCE)
#define PIPELINE_OF_STAGE (1u << PIPELINE_STAGE)
#define PIPELINE_OF_SINK (1u << PIPELINE_SINK)

/* A key of a source, stage or sink; @offset into struct pipeline_node. */
struct pipeline_key {
	const char *name;
	enum pipeline_key_type type;
	size_t offset;
	uint32_t kinds; /* PIPELINE_OF_* */
	bool assumed;	/* not given: 0, which is an assumption to be shown */
};

extern const struct pipeline_key pipeline_keys[];
extern const uint32_t pipeline_n_keys;

/* Was @name given for the node? */
bool pipeline_given(const struct pipeline_node *node, const char *name);
/* Is it a time that was not given but matters here? */
bool pipeline_is_assumed(const struct pipeline_node *node, uint32_t key);

/**
 * pipeline_read - a pipeline from a file.
 * @path: the file
 * @out:  the pipeline
 * @why:  of a failure, with FILE:LINE
 *
 * Return: PIPELINE_OK, PIPELINE_BAD, PIPELINE_RANGE, PIPELINE_NO_MEMORY.
 */
enum pipeline_status pipeline_read(const char *path, struct pipeline **out,
				   char why[PIPELINE_WHY_BYTES]);

#endif /* DSI_PIPELINE_FILE_H */
