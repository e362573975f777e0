/* SPDX-License-Identifier: MIT */
/*
 * dsi_demo_video.c - a real video through three processes without a copy.
 *
 *   source --stream A--> filter --stream B--> sink       control joins them
 *
 * One program; called by a user it is the control application, which calls
 * it again in the three other roles.  Read in this order: video_control.c,
 * video_source.c, video_filter.c, video_sink.c, then worker.c.
 */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <libavutil/log.h>

#include "video_roles.h"

static const char usage[] =
	"usage: dsi-demo-video [options] FILE\n"
	"\n"
	"Streams a video through three processes: one decodes FILE (a video\n"
	"file, or a camera such as /dev/video0), one mirrors each frame and\n"
	"inverts its left half, one computes a checksum.\n"
	"\n"
	"  -o, --output FILE  write the result as YUV4MPEG2 (.y4m)\n"
	"  -n, --frames N     stop after N frames\n"
	"  -p, --paced        at the speed of the video, not as fast as "
	"possible\n"
	"      --copy         decode elsewhere and copy each frame, to "
	"compare\n"
	"  -h, --help         show this\n"
	"\n"
	"Exit code: 0 no frame was lost and the checksum equals that of the\n"
	"same work in one process; 1 something went wrong; 2 wrong usage.\n";

enum { OPT_ROLE = 256, OPT_NAME, OPT_REPORT_FD, OPT_COPY, OPT_RATE };

/* The options without a letter and line above are for the workers. */
static const struct option long_options[] = {
	{"output", required_argument, NULL, 'o'},
	{"frames", required_argument, NULL, 'n'},
	{"paced", no_argument, NULL, 'p'},
	{"copy", no_argument, NULL, OPT_COPY},
	{"help", no_argument, NULL, 'h'},
	{"role", required_argument, NULL, OPT_ROLE},
	{"name", required_argument, NULL, OPT_NAME},
	{"report-fd", required_argument, NULL, OPT_REPORT_FD},
	{"rate", required_argument, NULL, OPT_RATE},
	{NULL, 0, NULL, 0},
};

static int misused(void)
{
	fputs("dsi-demo-video: try --help\n", stderr);
	return 2;
}

static int parse_count(const char *text, uint64_t *out_count)
{
	char *end;

	*out_count = strtoull(text, &end, 10);
	return *text >= '0' && *text <= '9' && *end == '\0' ? 0 : -1;
}

/* Returns -1 to go on, or an exit code. */
static int parse(int argc, char **argv, struct video_options *opts,
		 const char **out_role)
{
	int option;

	while ((option = getopt_long(argc, argv, "o:n:ph", long_options,
				     NULL)) != -1) {
		if (option == 'o')
			opts->output = optarg;
		else if (option == 'n' &&
			 parse_count(optarg, &opts->max_frames) == 0)
			continue;
		else if (option == 'p')
			opts->paced = 1;
		else if (option == OPT_COPY)
			opts->copy = 1;
		else if (option == OPT_ROLE)
			*out_role = optarg;
		else if (option == OPT_NAME)
			opts->name = optarg;
		else if (option == OPT_REPORT_FD)
			opts->report_fd = atoi(optarg);
		else if (option == OPT_RATE &&
			 sscanf(optarg, "%9u/%9u", &opts->rate_num,
				&opts->rate_den) == 2)
			continue;
		else if (option == 'h')
			return fputs(usage, stdout) == EOF;
		else
			return misused();
	}
	if (optind < argc)
		opts->input = argv[optind++];
	return optind == argc ? -1 : misused();
}

int main(int argc, char **argv)
{
	struct video_options opts = {.report_fd = -1};
	const char *role = NULL;
	int code = parse(argc, argv, &opts, &role);

	if (code >= 0)
		return code;
	/* What is wrong with a file is said by this program. */
	av_log_set_level(AV_LOG_FATAL);
	if (!role)
		return opts.input ? video_control_main(&opts) : misused();
	if (!opts.name || opts.report_fd < 0)
		return misused();
	if (strcmp(role, "source") == 0 && opts.input)
		return video_source_main(&opts);
	if (strcmp(role, "filter") == 0)
		return video_filter_main(&opts);
	if (strcmp(role, "sink") == 0)
		return video_sink_main(&opts);
	return misused();
}
