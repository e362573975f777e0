#!/bin/bash
# SPDX-License-Identifier: MIT
# `dsi size`: one stream of every kind, its numbers worked out by hand.
. "$(dirname "$0")/cli_common.sh"

# is MEMBER=VALUE... -- ARGUMENT...: these members of the JSON answer.
is() {
	local members=() code

	while [ "$1" != -- ]; do
		members+=("$1")
		shift
	done
	shift
	dsi size --json "$@" >size.json 2>size.err
	code=$?
	[ $code -le 1 ] || fail "dsi size $*: exit $code"
	python3 - "${members[@]}" <<'END' || fail "dsi size $*"
import json, sys

def no_float(text):
    raise SystemExit(f"{text} is a floating point number")

answer = json.load(open("size.json"), parse_float=no_float)
for member in sys.argv[1:]:
    path, want = member.split("=", 1)
    value = answer["result"]
    for step in path.split("."):
        value = value[int(step) if isinstance(value, list) else step]
    if json.dumps(value) != want:
        raise SystemExit(f"{path} is {json.dumps(value)}, not {want}")
END
}

# 15 + 0 + 40 + 40 = 95 ms; 95/40 = 2.375; 3 x 40 - 95 = 25 ms.
video="--rate 25/s --jitter 15ms --hold-in 40ms --hold-out 1T"
is slots=3 slots_closed=3 start_offset_ns=15000000 start_offset_strict=true \
	lifetime_ns=95000000 headroom_ns=25000000 headroom_strict=true \
	headroom_of='"jitter-out"' latency.get_min_ns=0 \
	latency.get_max_ns=15000000 latency.release_max_ns=55000000 \
	exact.slots=true bytes=null loss=null witness.first=0 witness.last=2 \
	witness.schedule.3.time_ns=55000000 -- $video

# Both hold exactly a period: two slots only if the hand-over is atomic.
is slots=3 slots_closed=2 headroom_ns=40000000 -- \
	--period 40ms --hold-in 1T --hold-out 1T
is slots=2 slots_closed=2 start_offset_strict=false headroom_ns=0 \
	headroom_strict=false -- \
	--period 40ms --hold-in 1T --hold-out 1T --ties closed

# 1024 frames in, 480 out, g = 32: O = tau + (480 - 32)/48 ms.
is start_offset_ns='"34000000/3"' slots=2 units=1568 \
	lifetime_ns=32000000 -- --in 1024@48k --out 480@48k --jitter-in 2ms

# A burst of 3 at 0, 100, 200 us; packet 0 back after 50 + 200 us.
is slots=3 start_offset_ns=null latency.release_max_ns=450000 backlog=2 -- \
	--period 1ms --jitter 2ms --distance 100us --consumer blocking \
	--work 200us --wake 50us

# floor((70 + 20)/40) + 1
is slots=3 latency.release_max_ns=70000000 headroom_of='"response"' \
	headroom_ns=30000000 -- \
	--period 40ms --jitter 20ms --consumer response --response 70ms

# The jitter counts twice: 5 + 5 + 20 ms; once if D = T.
is slots=1 prefill=1 start_offset_ns=5000000 lifetime_ns=30000000 -- \
	--period 40ms --jitter 5ms --consumer anchored --hold-out 20ms
is lifetime_ns=25000000 -- --period 40ms --jitter 5ms --distance 40ms \
	--consumer anchored --hold-out 20ms

# No start is needed: max(floor(5/10), floor((20 + 1 + 5)/10)) + 1.
is slots=3 start_offset_ns=0 start_offset_strict=false -- --period 10ms \
	--jitter 20ms --consumer stall --hold-out 5ms --wake 1ms

# Drift, an hour at 2 x 50 ppm: 15 ms + 90000 x 40 ms x 100/10^6.
is start_offset_ns=375000000 slots=20 -- --rate 25/s --jitter 15ms \
	--jitter-out 2ms --hold-out 1T --drift 50ppm --for 1h

# Batches: g = 2, O = 5 + 10 (4 + 2 - 1 - 2) ms, Y = 3.5, 2 floor((Y + 5)/2).
is slots=8 slots_closed=8 start_offset_ns=35000000 -- --period 10ms \
	--jitter 5ms --batch-in 4 --batch-out 2
is slots=8 slots_closed=6 start_offset_ns=30000000 -- --period 10ms \
	--batch-in 4 --batch-out 2

# Bytes: 3 x 102400, and control.
is bytes.payload=300000 bytes.padding=7200 bytes.area=307200 \
	bytes.control=576 bytes.total=307776 bytes.exact=true -- \
	$video --packet 100000B --align 4096 --control 192
is bytes.payload=230 -- $video --pattern 100,10,20,100,30 --layout ring

# Readers: those that may lose packets make the ring no larger.
is slots=3 -- --period 10ms --jitter 4ms --hold-in 10ms \
	--reader name=a,hold=10ms --reader name=b,consumer=blocking,work=3ms \
	--reader name=c,policy=drop-new,queue=1,hold=30ms
python3 - <<'END' || fail "the readers are others"
import json
readers = json.load(open("size.json"))["readers"]
assert [r["name"] for r in readers] == ["a", "b", "c"], readers
assert [r["slots"] for r in readers] == [3, 2, 5], readers
assert [r["decides"] for r in readers] == [True, False, False], readers
assert readers[2]["loss"]["lost"] == 4, readers
assert readers[2]["loss"]["of"] == 5, readers
END

# Too few slots: 25 + 10 - 2 x 10 ms.
is slots=4 loss.lost=0 loss.wait_ns=15000000 -- --period 10ms --jitter 25ms \
	--hold-out 10ms --slots 2
is slots=3 loss.wait_ns=null loss.exact=false -- --period 10ms \
	--hold-out 25ms --slots 2
is loss.lost=2 loss.of=4 -- --period 10ms --jitter 25ms \
	--hold-out 10ms --slots 2 --policy drop-new
expect 1 "fewer than needed" size --period 10ms --hold-out 25ms --slots 2
dsi size --period 10ms --hold-out 25ms --slots 3 >/dev/null ||
	fail "3 slots are enough, exit $?"

# A start that is too early, or just so.
is underrun=true latency.get_min_ns=-4000000 -- --period 10ms --jitter 5ms \
	--start 1ms
expect 1 "is too early" size --period 10ms --jitter 5ms --start 5ms
dsi size --period 10ms --jitter 5ms --start 5ms --ties closed >/dev/null ||
	fail "a start of the jitter is enough with closed ties"

# What is echoed, and where it is from.
is slots=3 -- $video
python3 - <<'END' || fail "input and assumptions are others"
import json
answer = json.load(open("size.json"))
assert list(answer) == ["version", "input", "result", "readers",
                        "assumptions", "status", "warnings"], list(answer)
assert answer["status"] == "proved"
given = answer["input"]
assert given["period"] == {"value": 40000000, "unit": "ns", "given": True}
assert given["distance"] == {"value": 0, "unit": "ns", "given": False}
assert given["readers"][0]["hold-out"]["value"] == 40000000
origin = {a["id"]: a["origin"] for a in answer["assumptions"]}
assert origin["period"] == "derived", origin
assert origin["jitter-in"] == "given", origin
assert origin["jitter-out"] == "default", origin
END
is slots=1 -- --profile aes67-1ms
python3 - <<'END' || fail "the profile is not named as the origin"
import json
answer = json.load(open("size.json"))
assert answer["input"]["profile"] == "aes67-1ms"
origin = {a["id"]: a["origin"] for a in answer["assumptions"]}
assert origin["period"] == "profile", origin
END
