#!/bin/bash
# SPDX-License-Identifier: MIT
# bench_report.sh BIN-DIR - the report of `dsi bench` as JSON and as a page: what
# is in it fits together, whatever the times are.
. "$(dirname "$0")/../cli/cli_common.sh"

page=(--html page.html)
dsi bench --html page.html --list 2>page.err >/dev/null || page=()
[ ${#page[@]} -gt 0 ] || grep -q "was built without libjs-chart.js" page.err ||
	fail "--html is not possible: $(cat page.err)"
cpus=$(python3 -c 'import os; print(len(os.sched_getaffinity(0)))')
places=same
[ "$cpus" -lt 2 ] || places=two,same

dsi bench --runs 2 --packets 1000 --time 20s --interval 1us --on $places \
	--payload 0,4KiB --touch yes,no --ring 64 --batch 1,8 \
	--consumers 1,2 --mode sleep --channel dsi \
	--json report.json "${page[@]}" >table.out 2>table.err ||
	fail "exit $?: $(cat table.err)"

cat >check.py <<'END'
import json
report = json.load(open("report.json"))
rows = report["rows"]
assert report["format"] == "dsi-bench" and report["format_version"] == 1
assert report["settings"]["runs"] == 2 and report["settings"]["packets"] == 1000
machine = report["machine"]
assert machine["kernel"].startswith("Linux ") and machine["clock_step_ns"] > 0
assert machine["cpus_online"] >= 1 and machine["cpus_allowed"] >= 1
for name in ("write", "read", "copy"):
    assert report["memory_bytes_per_s"][name]["median"] > 0
channels = {c["name"]: c for c in report["channels"]}
TIMES = ["p50_ns", "p90_ns", "p99_ns", "p99_9_ns", "p99_99_ns", "max_ns"]
SPREADS = TIMES + ["middle_ns", "packet_ns", "cpu_ns", "calls", "instructions",
                   "to_limit", "to_bare"]
keys = set()
for row in rows:
    where = json.dumps({k: row[k] for k in ("channel", "measure", "mode", "payload")})
    assert row["runs"] == 2 and row["failed"] == 0 and row["why"] is None, where
    # Every row has its limit; a limit has none.
    limit = channels[row["channel"]]["limit"]
    assert (row["limit"] is None) == limit and (row["bare"] is None) == limit, where
    assert (row["to_limit"] is None) == limit, where
    if not limit:
        other = rows[row["limit"]]
        assert channels[other["channel"]]["limit"] and other["on"] == row["on"], where
        assert other["measure"] == row["measure"], where
        assert rows[row["bare"]]["payload"] == 0, where
    key = tuple(row[k] for k in ("channel", "measure", "mode", "on", "threads", "touched",
                                 "payload", "ring", "batch", "consumers"))
    assert key not in keys, key
    keys.add(key)
    for name in SPREADS:
        s = row[name]
        if s is not None:
            assert s["least"] <= s["low"] <= s["median"] <= s["high"] <= s["most"], (where, name)
    # Counts add up.
    rate = row["measure"] == "rate"
    assert row["packets"] >= 2 * 1000 * (2 if row["measure"] == "round-trip" else 1), where
    each = 0 if rate else row["consumers"]
    rounds = row["packets"] // 2 if row["measure"] == "round-trip" else row["packets"]
    assert row["samples"] == each * rounds, where
    assert sum(n for _, n in row["times"]) == row["samples"], where
    values = [v for v, _ in row["times"]]
    assert values == sorted(set(values)), where
    # Percentiles ascend; what so few times cannot tell is not told.
    there = [row[name]["median"] for name in TIMES if row[name] is not None]
    assert there == sorted(there), where
    if not rate:
        assert row["p50_ns"] and row["p99_ns"] and row["max_ns"], where
        assert (row["p99_9_ns"] is None) == (row["samples"] < 2 * 1000), where
        assert (row["p99_99_ns"] is None) == (row["samples"] < 2 * 10000), where
        assert row["max_ns"]["most"] == max(values), where
    assert (row["packet_ns"] is not None) == rate, where
    assert row["cpu_ns"]["median"] > 0, where
    # One wake and one sleep at most for each packet, and one more for room in
    # the ring where there are many.
    if row["channel"].startswith("dsi"):
        most = 4 * row["consumers"] if rate else 2 * row["consumers"]
        assert 0 <= row["calls"]["most"] <= most * 1.01, (where, row["calls"])
measures = {row["measure"] for row in rows}
assert measures == {"round-trip", "one-way", "rate"}, measures
assert any(not row["touched"] and row["payload"] for row in rows)
print(len(rows), "rows")
END
python3 check.py || fail "the report"
# It would be seen.
sed 's/"least":/"most":/' report.json >saved.json
cp report.json good.json
python3 - <<'END' || exit 1
import json
r = json.load(open("good.json"))
next(row for row in r["rows"] if row["times"])["times"][0][1] += 1
json.dump(r, open("report.json", "w"))
END
python3 check.py 2>/dev/null && fail "a wrong count is not seen"
cp good.json report.json

# Polling makes no call at all.
if [ "$cpus" -ge 2 ]; then
	dsi bench --runs 1 --packets 200 --time 20s --mode poll --on two \
		--measure round-trip,rate --channel dsi --json poll.json \
		>poll.out || fail "polling: exit $?"
	python3 - <<'END' || fail "calls while polling"
import json
rows = json.load(open("poll.json"))["rows"]
assert len(rows) >= 4
for row in rows:
    assert row["calls"]["most"] == 0, row
END
fi

# What was measured can be compared with what is measured now.
dsi bench --runs 2 --packets 300 --time 20s --mode sleep --on same \
	--measure round-trip --payload 4KiB --ring 64 --channel dsi \
	--compare report.json >compare.out 2>compare.err
code=$?
[ $code -le 1 ] || fail "--compare: exit $code: $(cat compare.err)"
grep -qE '^[0-9]+ slower, [0-9]+ faster' compare.out || fail "no verdict"

[ ${#page[@]} -gt 0 ] || skip "no libjs-chart.js when this was built"
grep -q 'Permission is hereby granted' page.html || fail "no licence in it"
grep -qE '<link|<script [^>]*src|<img|@import|url\(' page.html &&
	fail "the page loads something"
python3 - <<'END' || fail "the page is not well-formed"
import html.parser, json, sys
VOID = {"meta", "link", "br"}
class Check(html.parser.HTMLParser):
    open_tags, data, inside = [], "", False
    def handle_starttag(self, tag, attrs):
        if tag not in VOID:
            self.open_tags.append(tag)
        self.inside = dict(attrs).get("id") == "data"
    def handle_endtag(self, tag):
        assert self.open_tags.pop() == tag, tag
        self.inside = False
    def handle_data(self, text):
        if self.inside:
            self.data += text
check = Check()
check.feed(open("page.html").read())
check.close()
assert check.open_tags == [], check.open_tags
assert json.loads(check.data)["rows"] == json.load(open("report.json"))["rows"]
END

browser=$(command -v chromium || command -v chromium-browser) ||
	skip "no chromium to draw the page"
browse() {
	timeout "$LIMIT" "$browser" --headless --no-sandbox --disable-gpu \
		--user-data-dir="$WORK/profile" --enable-logging=stderr --v=0 \
		--window-size=1200,3600 "$@"
}
browse --screenshot="$WORK/page.png" "file://$WORK/page.html" \
	>page.log 2>&1 || { cat page.log; skip "chromium does not run here"; }
grep CONSOLE page.log && fail "the browser reports errors"
browse --dump-dom "file://$WORK/page.html" >page.dom 2>/dev/null ||
	fail "the browser ended with $?"
for text in "How fast packets are handed over" "The machine" "x bare limit" \
	"hand packets of data" "How to read the tables" "not touched" "Licence of Chart.js"; do
	grep -qF -- "$text" page.dom || fail "'$text' is not on the page"
done
grep -q '<canvas' page.dom || fail "no picture"
# Curves over the payload, and where two of them cross.
dsi bench --runs 1 --packets 50 --time 20s --measure round-trip --mode sleep \
	--on same --payload 0,64,512 --channel dsi,dsi-copy --html curves.html \
	>curves.out || fail "curves: exit $?"
browse --dump-dom "file://$WORK/curves.html" >curves.dom 2>curves.log ||
	fail "the browser ended with $?"
grep CONSOLE curves.log && fail "the browser reports errors of the curves"
for text in "Round trip over payload, bytes" "dsi-copy beside dsi: faster"; do
	grep -qF -- "$text" curves.dom || fail "'$text' is not on the page"
done
if [ -n "${DSI_KEEP_PAGE-}" ]; then
	cp page.html page.png "$DSI_KEEP_PAGE"
fi
exit 0
