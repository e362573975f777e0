/* SPDX-License-Identifier: MIT */
/*
 * video_roles.h - the processes of the video demo.
 *
 *   source --stream A--> filter --stream B--> sink       control joins them
 */
#ifndef DEMO_VIDEO_ROLES_H
#define DEMO_VIDEO_ROLES_H

#include <stdint.h>

/**
 * struct video_options - the command line.
 * @input:      file or camera device
 * @output:     Y4M file to write, NULL = none
 * @max_frames: stop after so many, 0 = all
 * @paced:      1 = at the speed of the video, 0 = as fast as possible
 * @copy:       1 = let the decoder write elsewhere and copy, to compare
 * @rate_num, @rate_den: sink: frames per second, for the file
 * @report_fd:  workers: where the report goes
 * @name:       workers: name of the component
 */
struct video_options {
	const char *input;
	const char *output;
	uint64_t max_frames;
	uint32_t rate_num;
	uint32_t rate_den;
	int paced;
	int copy;
	int report_fd;
	const char *name;
};

/* Each runs one process and returns its exit code. */
int video_source_main(const struct video_options *opts);
int video_filter_main(const struct video_options *opts);
int video_sink_main(const struct video_options *opts);
int video_control_main(const struct video_options *opts);

#endif /* DEMO_VIDEO_ROLES_H */
