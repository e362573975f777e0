#!/bin/bash
# SPDX-License-Identifier: MIT
# The schedule that `dsi size` shows keeps to the description, and needs all
# the slots: for every kind of consumer, over streams drawn at random.
here=$(cd "$(dirname "$0")" && pwd)
. "$here/cli_common.sh"

cat >check.py <<'END'
import collections, json, sys
from fractions import Fraction
from size_streams import ms

def check(q, answer):
    result = answer["result"]
    witness = result["witness"]
    assert witness, "there is none"
    packets = collections.defaultdict(dict)
    for event in witness["schedule"]:
        packets[event["packet"]][event["event"]] = \
            Fraction(event["time_ns"])
    first, last = witness["first"], witness["last"]
    assert last - first + 1 == result["slots"], "other packets"
    assert last < q.get("packets", last + 1), "after the end"
    now = packets[last]["slot"]
    woken = q.get("coalesce", 1) - 1
    if q["consumer"] == "blocking" and first == 0 and woken in packets:
        wait = packets[0]["get"] - packets[woken]["commit"]
        assert wait <= ms(q["wake"]), "wake"
    for i, at in packets.items():
        assert at["slot"] <= at["commit"] <= at["get"] <= at["release"], i
        assert at["slot"] <= now, "not yet alive"
        assert i == last or at["release"] > now or (
            at["release"] == now and q["ties"] == "strict"), "released"
        keeps(q, i, at, packets)

def keeps(q, i, at, packets):
    pace = q["consumer"]
    if "batch-in" not in q:
        late = at["commit"] - i * ms(q["period"])
        assert 0 <= late <= ms(q["jitter"]), "jitter"
        assert at["commit"] - at["slot"] <= ms(q["hold-in"]), "hold-in"
        if "hold-out" in q:
            assert at["release"] - at["get"] <= ms(q["hold-out"]), "hold-out"
    if "response" in q:
        assert at["release"] - at["commit"] <= ms(q["response"]), "response"
    if "work" in q:
        assert at["release"] - at["get"] <= ms(q["work"]), "work"
    if i + 1 in packets and pace != "grid":
        gap = packets[i + 1]["commit"] - at["commit"]
        assert gap >= ms(q["distance"]), "distance"

for text, line in zip(open("streams"), open("answers"), strict=True):
    q, answer = json.loads(text), json.loads(line)
    try:
        check(q, answer)
    except AssertionError as why:
        sys.exit(f"{why}: {text}{line}")
END
export PYTHONPATH=$here PYTHONDONTWRITEBYTECODE=1
python3 "$here/size_streams.py" 3000 >streams || fail "draw: exit $?"
dsi size --batch streams --full >answers 2>batch.err || fail "exit $?"
python3 check.py || fail "a schedule does not do what it is for"
