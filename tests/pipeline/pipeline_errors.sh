#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# pipeline_errors.sh - wrong files: the line, what is wrong, and the exit code.
. "$(dirname "$0")/../cli/cli_common.sh"

SOURCE='sources = ( { name = "camera"; period = "10ms"; jitter = "1ms"; } );'

# wrong CODE TEXT, with the rest of the file on standard input; its first line
# is line 2.
wrong() {
	{ echo "$SOURCE"; cat; } >wrong.conf
	expect "$1" "$2" pipeline wrong.conf
}

expect 2 'FILE is missing' pipeline
expect 2 'cannot open: No such file' pipeline nowhere.conf
expect 2 '/dev/zero: has a byte 0, so it is no text' pipeline /dev/zero
expect 2 '.: cannot read: Is a directory' pipeline .
mkfifo fifo
yes '#' 2>yes.err >fifo &
expect 2 'fifo: is longer than 67108864 bytes' pipeline fifo
wait
wrong 2 "wrong.conf:3: @include is not followed" <<<$'# more\n \t@include "more.conf"'
expect 2 "takes one FILE" pipeline a.conf b.conf
expect 2 "'3 apples'" pipeline --budget '3 apples' a.conf
# libconfig 1.5 does not free the text it was reading then
ASAN_OPTIONS=${ASAN_OPTIONS:+$ASAN_OPTIONS:}detect_leaks=0 \
	wrong 2 'wrong.conf:3: syntax error' <<<$'stages = (\n{ name "b"; } );'
wrong 2 'wrong.conf:2: worst is a number without a unit' <<<\
'stages = ( { name = "b"; input = "camera"; worst = 3; } );'
wrong 2 "wrong.conf:2: worst: " <<<\
'stages = ( { name = "b"; input = "camera"; worst = "3"; } );'
wrong 2 "wrong.conf:2: 'wurst' is no key of a stage; did you mean 'worst'?" <<<\
'stages = ( { name = "b"; input = "camera"; wurst = "3ms"; } );'
wrong 2 "wrong.conf:2: there is no source or stage 'kamera'; did you mean 'camera'?" <<<\
'stages = ( { name = "b"; input = "kamera"; worst = "3ms"; } );'
wrong 2 "wrong.conf:2: there is another 'camera', in line 1" <<<\
'stages = ( { name = "camera"; input = "camera"; worst = "3ms"; } );'
wrong 2 "wrong.conf:2: 'b' needs worst (a response time) or execution" <<<\
'stages = ( { name = "b"; input = "camera"; } );'
wrong 2 "wrong.conf:2: 'b': the best time is longer than the worst" <<<\
'stages = ( { name = "b"; input = "camera"; best = "4ms"; worst = "3ms"; } );'
wrong 2 "wrong.conf:2: 'b': a reservation needs runtime and every" <<<\
'stages = ( { name = "b"; input = "camera"; execution = "4ms"; runtime = "5ms"; } );'
wrong 2 "wrong.conf:2: there is no cpu 'c' in cpus" <<<\
'stages = ( { name = "b"; input = "camera"; execution = "4ms"; cpu = "c"; priority = 1; } );'
wrong 2 'policy must be "block" or "drop-new" or "reclaim", not "loose"' <<<\
'sinks = ( { name = "b"; input = "camera"; worst = "3ms"; policy = "loose"; } );'
wrong 2 "wrong.conf:2: 'b' is a sink, nothing can read it" <<<\
'sinks = ( { name = "b"; input = "camera"; worst = "1ms"; }, { name = "c"; input = "b"; worst = "1ms"; } );'
wrong 2 "waits for itself" <<<\
'stages = ( { name = "b"; inputs = ("camera", "c"); worst = "1ms"; },
           { name = "c"; input = "b"; worst = "1ms"; } );'
wrong 3 'no bound exists: the cycle' <<<\
'stages = ( { name = "b"; inputs = ("camera", { from = "c"; tokens = 1; }); worst = "6ms"; },
           { name = "c"; input = "b"; worst = "5ms"; } );'
grep -q '11 ms' expect.err || fail "how long the cycle takes"
wrong 3 "'b': no bound exists: it takes up to 11 ms for one packet, and they come every 10 ms" <<<\
'stages = ( { name = "b"; input = "camera"; execution = "11ms"; } );'
wrong 3 'does not converge below 10 s' <<<\
'stages = ( { name = "b"; input = "camera"; execution = "6ms"; runtime = "1ms"; every = "2ms"; } );'
wrong 3 'does not converge below 200 ms' <<<\
'cap = "200ms"; stages = ( { name = "b"; input = "camera"; execution = "6ms"; runtime = "1ms"; every = "2ms"; } );'
wrong 1 'start 1 ms is too early' <<<\
'sinks = ( { name = "b"; input = "camera"; pace = "grid"; start = "1ms"; hold = "1T"; } );'
wrong 2 "'b': drift needs resync" <<<\
'sinks = ( { name = "b"; input = "camera"; pace = "grid"; drift = "100ppm"; } );'
wrong 1 'must be later than 361 ms' <<<\
'sinks = ( { name = "b"; input = "camera"; pace = "grid"; start = "1ms"; hold = "1T"; drift = "100ppm"; resync = "1h"; } );'
wrong 1 'start 1 ms is too early' <<<\
'sinks = ( { name = "b"; input = "camera"; pace = "grid"; start = "1ms"; hold = "1T"; } );'
sed -i 's/"1ms"; hold/"1.001ms"; hold/' wrong.conf
dsi pipeline wrong.conf >/dev/null || fail "a start just late enough: exit $?"

# The same for programs.
dsi pipeline --json nowhere.conf >failure.json 2>/dev/null
[ $? -eq 2 ] || fail "json of a failure"
python3 -c '
import json
r = json.load(open("failure.json"))
assert r["status"] == "none" and "nowhere.conf" in r["why"], r
' || fail "json of a failure"

# libconfig would keep 32 bits of a whole number and say nothing.
printf 'sources = ( {\n  name = "s"; period = "10ms";\n  packet = 5000000000;\n} );\n' >wide.conf
expect 2 'wide.conf:3: 5000000000: whole numbers go up to 2147483647' \
	pipeline wide.conf
printf 'sources = ( { name = "s5000000000"; period = "10ms"; # 5000000000\n packet = "5000000000B"; } );\n sinks = ( { name = "k"; input = "s5000000000"; worst = "1ms"; } );\n' >text.conf
dsi pipeline text.conf >text.out || fail "a size of 5 GB as text"
grep -q ' 5000000000 ' text.out || fail "not 5 GB"
