/* SPDX-License-Identifier: MIT */
/*
 * criteria_test.c - the claims of dsi-bench-criteria are about rows that can be
 * measured, and are judged right on figures that were made up.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "criteria.h"
#include "tests/unit/must.h"

static struct criteria *c;

static void set(size_t row, const double *ns)
{
	for (uint32_t r = 0; r < c->done; r++)
		c->rows[row].ns[r] = ns[r];
}

/* Row 0 is ours, 1 and 2 the others'. */
static const struct criteria_claim claim = {
	.criterion = 1,
	.most = 1.0,
	.ours = 0,
	.others = {1, 2},
	.n_others = 2,
};

static void begin(const double *ours, const double *a, const double *b)
{
	memset(c, 0, sizeof(*c));
	c->n_rows = 3;
	c->done = c->runs = 4;
	set(0, ours);
	set(1, a);
	set(2, b);
}

/* In each run it is the quickest of that run. */
static void test_quickest(void)
{
	const double ours[] = {100, 100, 100, 100};
	const double a[] = {50, 300, 200, 101};
	const double b[] = {300, 80, 200, 400};
	struct criteria_verdict v;

	begin(ours, a, b);
	MUST(criteria_judge(c, &claim, &v));
	MUST(v.of == 4 && v.met == 2);
	MUST(v.best == 1); /* medians 150.5 and 250 */
	MUST(v.ratio.least == 0.5 && v.ratio.most == 2);
	MUST(fabs(v.ratio.median - (1.25 + 100.0 / 101) / 2) < 1e-9);
	MUST(!v.good);
}

/* What failed in a run is nobody's success in it. */
static void test_failed(void)
{
	const double none = (double)NAN;
	const double ours[] = {100, none, 100, 100};
	const double a[] = {none, 200, none, 99};
	const double b[] = {none, none, 200, 99};
	const double nothing[] = {none, none, none, none};
	struct criteria_verdict v;

	begin(ours, a, b);
	MUST(criteria_judge(c, &claim, &v));
	MUST(v.of == 2 && v.met == 1);
	begin(ours, nothing, nothing);
	MUST(!criteria_judge(c, &claim, &v));
	begin(nothing, a, b);
	MUST(!criteria_judge(c, &claim, &v));
}

static void test_bound(void)
{
	const double ours[] = {125, 120, 126, 100};
	const double a[] = {100, 100, 100, 100};
	struct criteria_claim within = claim;
	struct criteria_verdict v;

	begin(ours, a, a);
	within.most = 1.25;
	MUST(criteria_judge(c, &within, &v));
	MUST(v.good && v.met == 3 && v.of == 4);
	within.most = 1.2;
	MUST(criteria_judge(c, &within, &v));
	MUST(!v.good && v.met == 2);
}

/* Each claim has a row of libdsi that can be measured, and others that can. */
static void test_claims(bool quick)
{
	uint32_t seen = 0;

	memset(c, 0, sizeof(*c));
	c->only = ~0u;
	c->quick = quick;
	criteria_claim_all(c);
	MUST(!c->full && c->n_claims > 0);
	for (size_t i = 0; i < c->n_claims; i++) {
		const struct criteria_claim *one = &c->claims[i];

		seen |= 1u << one->criterion;
		MUST(one->text[0] && one->most > 0);
		MUST(strlen(one->text) <= 44);
		MUST(c->rows[one->ours].channel == &bench_dsi);
		for (size_t k = 0; k < one->n_others; k++)
			MUST(one->others[k] < c->n_rows &&
			     one->others[k] != one->ours);
	}
	MUST(seen == 0xe);
	for (size_t i = 0; i < c->n_rows; i++)
		MUST(bench_case_fits(&c->rows[i].what, c->rows[i].channel));
}

int main(void)
{
	c = calloc(1, sizeof(*c));
	MUST(c);
	test_quickest();
	test_failed();
	test_bound();
	test_claims(false);
	test_claims(true);
	free(c);
	return 0;
}
