/* SPDX-License-Identifier: MIT */
/*
 * anchors_media_test.c - numbers that others published for video and sound.
 *
 * Each test names its source.  Only inputs and published results are taken
 * over; the numbers of the tests are those of docs/design/80-sizing.md.
 */
#include "anchors.h"

/* SMPTE ST 2110-21: what a sender may burst and a receiver must hold, as
 * packets in 1/(43200 R) s, 1/21600 s, 1/27000 s and 1/300 s. */
struct st2110 {
	uint64_t burst_narrow, burst_wide, buffer_narrow, buffer_wide;
};

/* 4320 packets a frame of 1001/fps s: a packet is 1001 ticks of 4320 fps Hz */
static void check_st2110(uint64_t fps, struct st2110 published)
{
	const uint64_t hz = 4320 * fps;
	struct dsi_jcs jcs = stream(1001, 0, 1001);

	/* 43200 R with R = 1080/1125 */
	assert_int_equal(at_least(4, whole(&jcs, hz / 41472)),
			 published.burst_narrow);
	assert_int_equal(at_least(16, whole(&jcs, hz / 21600)),
			 published.burst_wide);
	assert_int_equal(at_least(8, whole(&jcs, hz / 27000)),
			 published.buffer_narrow);
	assert_int_equal(at_least(720, whole(&jcs, hz / 300)),
			 published.buffer_wide);
}

/* E20: EBU LIST (ebu/pi-list @beaac28d), 1080i59.94, gapped, 2160 packets in
 * a field of 1001/60000 s.
 * Published: CMAX 4/16, VRX 8/720, TRS 7414.8148 ns. */
static void test_e20_ebu_list_interlaced(void **state)
{
	struct dsi_jcs jcs = stream(1001, 0, 0);
	struct dsi_jcs ns;

	(void)state;
	check_st2110(30000, (struct st2110){4, 16, 8, 720});
	/* TRS = 1001/30000 s x 0.96 / 4320 = 1001 ticks of 135 MHz */
	assert_int_equal(dsi_jcs_rescale(&jcs, 135000000, 1000000000, &ns),
			 -DSI_ERANGE);
	assert_int_equal(
		dsi_jcs_rescale(&jcs, 135000000, UINT64_C(27000000000), &ns),
		0);
	assert_int_equal(ns.period, 200200); /* /27 = 7414.8148 */
	assert_int_equal(ns.period * 10000 / 27, 74148148);
}

/* E21: EBU LIST, 2vid_2aud: TRS 8465.1163 ns, which is 1892 packets. */
static void test_e21_ebu_list_2vid_2aud(void **state)
{
	struct dsi_jcs jcs = stream(1001, 0, 0);
	struct dsi_jcs ns;

	(void)state;
	/* 1001/60000 s x 0.96 / 1892 = 1001 ticks of 118.25 MHz */
	assert_int_equal(
		dsi_jcs_rescale(&jcs, 118250000, UINT64_C(43000000000), &ns),
		0);
	assert_int_equal((ns.period * 10000 + 21) / 43, 84651163);
}

/* E22: Media-Transport-Library, st_fmt.c: 1080p59, 4320 packets in a frame of
 * 16683333 ns.  Derived: CMAX 6/16, VRX 9/863. */
static void test_e22_mtl_1080p59(void **state)
{
	(void)state;
	check_st2110(60000, (struct st2110){6, 16, 9, 863});
}

/* E23: AES67, 7.5 (as quoted by secondary sources): 1 ms packets, sender up
 * to 17 packets late, receiver one, each side holds one.
 * Recommended: 20 packets. */
static void test_e23_aes67_recommended(void **state)
{
	struct dsi_sizing_writer w = writer(stream(1000, 17000, 0), 1000);
	struct dsi_sizing_reader r = reader(DSI_PACE_GRID);

	(void)state;
	r.jitter = 1000;
	r.hold = 1000;
	assert_int_equal(need(&w, &r).slots, 20);
}

/* E24: AES67, the least: sender one packet late, each side holds one.
 * Published: 3 packets. */
static void test_e24_aes67_least(void **state)
{
	struct dsi_sizing_writer w = writer(stream(1000, 1000, 0), 1000);
	struct dsi_sizing_reader r = reader(DSI_PACE_GRID);

	(void)state;
	r.hold = 1000;
	assert_int_equal(need(&w, &r).slots, 3);
}

/* E25: AVB class A (RME manuals): presentation 2 ms later, 125 us packets.
 * Published: 16 packets in flight. */
static void test_e25_avb_class_a(void **state)
{
	struct dsi_sizing_writer w = writer(stream(125, 0, 125), 0);
	struct dsi_sizing_reader r = reader(DSI_PACE_GRID);

	(void)state;
	r.flags = DSI_READER_START_GIVEN;
	r.start = 2000;
	assert_int_equal(need(&w, &r).slots, 16);
	assert_int_equal(need(&w, &r).backlog, 16);
}

/* A reader that holds a packet for its period, in whole units of 1/hz s. */
static uint64_t period_held(uint64_t frames, uint64_t hz, uint64_t per_second)
{
	struct dsi_sizing_writer w = writer(stream(frames, 0, frames), 0);
	struct dsi_sizing_reader r = reader(DSI_PACE_GRID);

	r.hold = frames;
	return (uint64_t)need(&w, &r).release_max.whole * per_second / hz;
}

/* E26: mpv issue 9992: quantum of 1024 and 2048 frames at 44.1 kHz.
 * Reported: 23 ms and 46 to 47 ms. */
static void test_e26_mpv_quantum(void **state)
{
	(void)state;
	assert_int_equal(period_held(1024, 44100, 1000), 23);
	assert_int_equal(period_held(2048, 44100, 1000), 46);
	/* 46 ms asked for are 2028 frames: the next smaller quantum is taken */
	assert_true(46 * 44100 / 1000 < 2048);
}

/* E27: JACK: the latency is p n / r.  16 frames, 2 periods, 96 kHz: 0.333 ms */
static void test_e27_jack(void **state)
{
	struct dsi_sizing_writer w = writer(stream(16, 0, 16), 0);
	struct dsi_sizing_reader r = reader(DSI_PACE_GRID);

	(void)state;
	assert_int_equal(limit(&w, &r, 2, DSI_LIMIT_START) * 1000000 / 96000,
			 333);
}

/* E28: PipeWire's defaults: 1024 (32 to 2048) frames at 48 kHz.
 * Published: 21.3, 0.667 and 42.7 ms. */
static void test_e28_pipewire(void **state)
{
	struct dsi_sizing_writer w = writer(stream(1024, 0, 0), 0);
	struct dsi_sizing_reader r = reader(DSI_PACE_GRID);

	(void)state;
	assert_int_equal(period_held(1024, 48000, 1000000), 21333);
	assert_int_equal(period_held(32, 48000, 1000000), 666);
	assert_int_equal(period_held(2048, 48000, 1000000), 42666);
	/* what is left for jitter if the device holds one of n periods */
	r.hold = 1024;
	assert_int_equal(limit(&w, &r, 2, DSI_LIMIT_WRITER_JITTER), 1024);
	assert_int_equal(limit(&w, &r, 3, DSI_LIMIT_WRITER_JITTER), 2048);
}

/* E29: F. Adriaensen's timing page (kokkinizita): 96 frames at 48 kHz slip
 * every 10000 periods or so, which is about 50 ppm: 1 ms in that time. */
static void test_e29_kokkinizita_slip(void **state)
{
	struct dsi_sizing_writer w = writer(stream(96, 0, 0), 0);
	struct dsi_sizing_reader r = reader(DSI_PACE_GRID);
	struct dsi_sizing_need n;

	(void)state;
	w.packets = 10001;
	w.stream.drift_ppb = 50000;
	n = need(&w, &r);
	assert_int_equal(n.start.whole, 48); /* 1 ms */
	assert_int_equal(n.start.num, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_e20_ebu_list_interlaced),
		cmocka_unit_test(test_e21_ebu_list_2vid_2aud),
		cmocka_unit_test(test_e22_mtl_1080p59),
		cmocka_unit_test(test_e23_aes67_recommended),
		cmocka_unit_test(test_e24_aes67_least),
		cmocka_unit_test(test_e25_avb_class_a),
		cmocka_unit_test(test_e26_mpv_quantum),
		cmocka_unit_test(test_e27_jack),
		cmocka_unit_test(test_e28_pipewire),
		cmocka_unit_test(test_e29_kokkinizita_slip),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
