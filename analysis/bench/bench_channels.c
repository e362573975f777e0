/* SPDX-License-Identifier: MIT */
/* bench_channels.c - the channels of `dsi bench`: libdsi and the limits. */
#include "bench/bench_channel.h"

const struct bench_channel *const bench_channels[] = {
	&bench_line,	      &bench_futex,	 &bench_guarded,
	&bench_slots,	      &bench_inline,	 &bench_copied,
	&bench_inline_copied, &bench_dsi,	 &bench_dsi_stamped,
	&bench_dsi_copied,    &bench_dsi_word,	 &bench_dsi_epoll,
	&bench_eventfd,	      &bench_cyclictest,
};

const size_t bench_channels_count =
	sizeof(bench_channels) / sizeof(bench_channels[0]);
