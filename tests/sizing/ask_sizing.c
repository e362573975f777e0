/* SPDX-License-Identifier: MIT */
/*
 * ask_sizing.c - dsi_size_reader() for a script: one question a line on
 * stdin, one answer a line on stdout.
 *
 * In:  ties T tau D rho Hp n kp a | pace given tau_c Hc W C R start k kc b
 *      rho_c, without the bar
 * Out: error slots slots_closed units start get_min get_max release_max
 *      backlog exact, times as num/den
 */
#include <inttypes.h>
#include <stdio.h>

#include <dsi/sizing.h>

static int read_question(struct dsi_sizing_writer *w,
			 struct dsi_sizing_reader *r)
{
	uint32_t given = 0;
	int got = 0;

	*w = (struct dsi_sizing_writer){.size = sizeof(*w)};
	*r = (struct dsi_sizing_reader){.size = sizeof(*r)};
	w->stream.size = sizeof(w->stream);
	got = scanf("%" SCNu32 " %" SCNu64 " %" SCNu64 " %" SCNu64 " %" SCNu32
		    " %" SCNu64 " %" SCNu64 " %" SCNu32 " %" SCNu32,
		    &w->ties, &w->stream.period, &w->stream.jitter,
		    &w->stream.distance, &w->stream.drift_ppb, &w->hold,
		    &w->packets, &w->batch, &w->units);
	got += scanf("%" SCNu32 " %" SCNu32 " %" SCNu64 " %" SCNu64 " %" SCNu64
		     " %" SCNu64 " %" SCNu64 " %" SCNu64 " %" SCNu32 " %" SCNu32
		     " %" SCNu32 " %" SCNu32,
		     &r->pace, &given, &r->jitter, &r->hold, &r->wake,
		     &r->service, &r->response, &r->start, &r->prefill,
		     &r->batch, &r->units, &r->drift_ppb);
	r->flags = given ? DSI_READER_START_GIVEN : 0;
	return got == 21;
}

static void put_ticks(const struct dsi_ticks *t)
{
	__extension__ typedef __int128 wide;
	wide num = (wide)t->whole * (t->den ? t->den : 1) + t->num;
	char digits[48];
	int at = sizeof(digits) - 1;
	int minus = num < 0;

	digits[at] = '\0';
	num = minus ? -num : num;
	do {
		digits[--at] = (char)('0' + (int)(num % 10));
		num /= 10;
	} while (num);
	printf(" %s%s/%" PRIu32, minus ? "-" : "", digits + at, t->den);
}

int main(void)
{
	struct dsi_sizing_writer w;
	struct dsi_sizing_reader r;

	while (read_question(&w, &r)) {
		struct dsi_sizing_need n = {.size = sizeof(n)};
		int err = dsi_size_reader(&w, &r, &n, NULL, 0);

		printf("%d %" PRIu64 " %" PRIu64 " %" PRIu64, err, n.slots,
		       n.slots_closed, n.units);
		put_ticks(&n.start);
		put_ticks(&n.get_min);
		put_ticks(&n.get_max);
		put_ticks(&n.release_max);
		printf(" %" PRIu64 " %" PRIu32 "\n", n.backlog, n.exact);
	}
	return 0;
}
