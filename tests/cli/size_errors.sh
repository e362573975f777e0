#!/bin/bash
# SPDX-License-Identifier: MIT
# `dsi size` refuses with the option, the value, and what would be accepted.
. "$(dirname "$0")/cli_common.sh"

expect 2 "jitter: '3' has no unit" size --period 20ms --jitter 3
expect 2 "distance (30 ms) is more than the period (20 ms)" \
	size --period 20ms --distance 30ms
expect 2 "unrecognized option '--jiter'" size --period 20ms --jiter 3ms
expect 2 "give period (20ms), rate (25/s)" size --jitter 3ms
expect 2 "given twice" size --period 20ms --period 30ms
expect 2 "needs response" size --period 1ms --consumer response
expect 2 "is more than the period (1 ms)" \
	size --period 1ms --consumer blocking --work 2ms
expect 3 "without a length" size --period 20ms --drift 50ppm
expect 4 "" size --period 1ns --jitter 99999999999h
expect 2 "hold-in is not given" size --strict --period 1ms --jitter 1ms
expect 2 "jitter-out is not given" size --strict --period 1ms --jitter 1ms \
	--hold-in 0s --drift 0ppm
dsi size --strict --period 1ms --jitter 1ms --hold-in 0s --drift 0ppm \
	--jitter-out 0s --hold-out 1ms >/dev/null || fail "strict: exit $?"

expect 2 "Give --slots N" size --period 1ms --limit jitter-out
expect 2 "'jiter-out' has no limit; did you mean 'jitter-out'?" \
	size --period 1ms --slots 2 --limit jiter-out
expect 2 "with consumer=grid there is no limit of wake" \
	size --period 1ms --slots 2 --limit wake
expect 1 "too few even for" size --period 1ms --hold-out 5ms --slots 2 \
	--limit jitter-out
expect 2 ".svg" size --period 1ms --plot picture.png
expect 1 "cannot read: No such file" size --batch /nonexistent
expect 2 "takes its streams from x; write --period into its lines" \
	size --batch x --period 1ms
expect 2 "--stats: needs --batch" size --period 1ms --stats
expect 2 "--budget: needs --batch" size --period 1ms --budget 1MB
expect 2 "--plot: is for one stream" size --batch x --plot y.svg
expect 2 "--explain: is for people" size --period 1ms --explain --json
expect 2 "Too many arguments" size --period 1ms x
[ -s expect.out ] && fail "an error printed something on standard output"
true
