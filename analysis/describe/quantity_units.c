// SPDX-License-Identifier: MIT
/*
 * quantity_units.c - the units of each kind of quantity, and rates that are
 * mostly written in short.
 */
#include "describe/quantity_units.h"

#define K INT64_C(1000)
#define M INT64_C(1000000)
#define G INT64_C(1000000000)
#define KI INT64_C(1024)
#define MI (KI * KI)
#define GI (KI * KI * KI)

static const struct quantity_unit time_units[] = {
	{"s", 1, 1},	     {"ms", 1, K},
	{"us", 1, M},	     {"\302\265s", 1, M}, /* micro sign */
	{"\316\274s", 1, M},			  /* Greek mu */
	{"ns", 1, G},	     {"min", 60, 1},
	{"h", 3600, 1},	     {NULL, 0, 0},
};

static const struct quantity_unit rate_units[] = {
	{"/s", 1, 1},  {"k/s", K, 1},	{"M/s", M, 1},	 {"/ms", K, 1},
	{"/us", M, 1}, {"/min", 1, 60}, {"/h", 1, 3600}, {"fps", 1, 1},
	{"Hz", 1, 1},  {"kHz", K, 1},	{"MHz", M, 1},	 {"GHz", G, 1},
	{NULL, 0, 0},
};

static const struct quantity_unit byte_units[] = {
	{"", 1, 1},	{"B", 1, 1},	{"kB", K, 1},	    {"KB", K, 1},
	{"MB", M, 1},	{"GB", G, 1},	{"TB", K *G, 1},    {"KiB", KI, 1},
	{"MiB", MI, 1}, {"GiB", GI, 1}, {"TiB", KI *GI, 1}, {"Ki", KI, 1},
	{"Mi", MI, 1},	{"Gi", GI, 1},	{NULL, 0, 0},
};

static const struct quantity_unit bandwidth_units[] = {
	{"B/s", 1, 1},	 {"kB/s", K, 1},   {"KB/s", K, 1},   {"MB/s", M, 1},
	{"GB/s", G, 1},	 {"KiB/s", KI, 1}, {"MiB/s", MI, 1}, {"GiB/s", GI, 1},
	{"bit/s", 1, 8}, {"kbit/s", K, 8}, {"Mbit/s", M, 8}, {"Gbit/s", G, 8},
	{"bps", 1, 8},	 {"kbps", K, 8},   {"Mbps", M, 8},   {"Gbps", G, 8},
	{NULL, 0, 0},
};

static const struct quantity_unit drift_units[] = {
	{"ppm", 1, M},
	{"ppb", 1, G},
	{"%", 1, 100},
	{NULL, 0, 0},
};

static const struct quantity_unit sampling_units[] = {
	{"", 1, 1},    {"k", K, 1},   {"M", M, 1},  {"Hz", 1, 1},
	{"kHz", K, 1}, {"MHz", M, 1}, {NULL, 0, 0},
};

const struct quantity_kind quantity_times = {
	"3ms, 3us or 3s",
	"ns, us, ms, s, min, h, T (periods) and FRAMES@RATE (480@48k)",
	time_units,
};
const struct quantity_kind quantity_rates = {
	"25/s, 25fps or 48kHz",
	"/s, k/s, M/s, /ms, /us, /min, /h, fps, Hz, kHz, MHz and GHz",
	rate_units,
};
const struct quantity_kind quantity_sizes = {
	"4096B or 4KiB",
	"B, kB, MB, GB, TB (1000), KiB, MiB, GiB and TiB (1024)",
	byte_units,
};
const struct quantity_kind quantity_bandwidths = {
	"125MB/s or 1Gbit/s",
	"B/s, kB/s, MB/s, GB/s, KiB/s, MiB/s, GiB/s, bit/s, kbit/s, Mbit/s "
	"and Gbit/s",
	bandwidth_units,
};
const struct quantity_kind quantity_drifts = {
	"50ppm, 20ppb or 0.1%",
	"ppm, ppb and %",
	drift_units,
};
const struct quantity_kind quantity_samplings = {
	"48k, 48kHz or 44100",
	"Hz, k, kHz, M and MHz",
	sampling_units,
};

/* Rates of video that are written in short, and what they stand for. */
struct short_rate {
	int64_t num;
	int64_t den;
	const char *warning;
};

#define WARNING(written, exact_rate)                                 \
	"the rate " written " is taken as it stands; if " exact_rate \
	" is meant, as for video, write " exact_rate "/s"

static const struct short_rate short_rates[] = {
	{23976, 1000, WARNING("23.976", "24000/1001")},
	{2398, 100, WARNING("23.98", "24000/1001")},
	{2997, 100, WARNING("29.97", "30000/1001")},
	{47952, 1000, WARNING("47.952", "48000/1001")},
	{4795, 100, WARNING("47.95", "48000/1001")},
	{5994, 100, WARNING("59.94", "60000/1001")},
	{11988, 100, WARNING("119.88", "120000/1001")},
};

const char *quantity_rate_warning(struct exact hz)
{
	size_t i;

	for (i = 0; i < sizeof(short_rates) / sizeof(short_rates[0]); i++) {
		struct exact is =
			exact_make(short_rates[i].num, short_rates[i].den);

		if (exact_cmp(hz, is) == 0)
			return short_rates[i].warning;
	}
	return NULL;
}
