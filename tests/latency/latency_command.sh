#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# latency_command.sh BIN-DIR MAKER ROOT - `dsi latency` on traces of which one
# knows what they hold.
. "$(dirname "$0")/../cli/cli_common.sh"
MAKER=$2
ROOT=$3

make() {
	"$MAKER" "$@" || fail "trace_maker $*"
}

# has FILE TEXT...
has() {
	local file=$1 text

	shift
	for text; do
		grep -qF -- "$text" "$file" || {
			cat "$file" >&2
			fail "'$text' is not in $file"
		}
	done
}

# check CODE TRACE TEXT...
check() {
	local want=$1 trace=$2 code

	shift 2
	dsi latency --check "$trace" >check.out 2>check.err
	code=$?
	[ "$code" -eq "$want" ] || {
		cat check.out >&2
		fail "--check $trace: exit $code, expected $want"
	}
	has check.out "$@"
}

# A trace that keeps to everything, and each thing that can be broken, found
# with the packet that breaks it.
make good
check 0 good "kept: what was declared held"
make late broken_packet=500 broken_ns=150000
check 1 late "period and jitter of the commits: packet 500," "too late as seen"
make early packets=600 broken_packet=0 broken_ns=150000
check 1 early "period and jitter" "too early as seen from packet 0"
make slow slow_packet=123 slow_ns=40000
check 1 slow "hold of the reader: packet 123, first at 0.12" \
	"240 us instead of at most 200 us"
make silent drop_packet=400 drop_count=5 silent=1
check 1 silent "reader 0: gaps in the numbers" "packet 400" \
	"5 missing, but drops tell of 0"
make dropped drop_packet=400 drop_count=5
check 0 dropped "kept"
dsi latency dropped >dropped.out || fail "dropped"
has dropped.out "drop_new, 995 got" "5 dropped (5 no_space)"
make left flush=5
check 0 left "kept"
dsi latency left >left.out || fail "left"
has left.out "1000 got, 1000 given back, 0 dropped"
# Packets that the application numbers itself, e.g. by their time.
make numbered step=50000 drop_packet=400 drop_count=5 streams=2 link=1 slots=4
check 0 numbered "kept"
dsi latency numbered >numbered.out || fail "numbered"
grep -qE "^  fill +1000 " numbered.out || fail "fill of numbered packets"
has numbered.out "most 1 of 4 packets" "995 got" "end_to_end"
make numbered_late step=50000 broken_packet=500 broken_ns=150000
check 1 numbered_late "packet 25000000,"
dsi fit numbered_late --period 1ms --check --jitter 100us >/dev/null
[ $? -eq 1 ] || fail "fit of numbered packets"
# A period that was rounded to nanoseconds is not taken for the exact one.
make rounded packets=60000 period_ns=333667 rounded_ps=999 jitter_ns=100000 \
	hold_ns=20000 fill_ns=20000
check 0 rounded "kept"
make plain need=0 late=1
check 0 plain "no period declared: only numbers and drops"
dsi latency late --check --json >late.json
python3 - late.json <<'END' || fail "late.json"
import json, sys
report = json.load(open(sys.argv[1]))
assert report["verdict"] == "broken", report["verdict"]
(broken,) = report["streams"][0]["broken"]
assert broken["assumption"] == "jitter" and broken["packets"] == [500], broken
assert broken["sign"] == "late" and broken["declared_ns"] == 100000, broken
assert 150000 < broken["actual_ns"] <= 250000, broken
END

# Lost events: the number is exact, and there is no verdict.
make lost packets=20000 lose_packet=15000 lose_count=7
check 2 lost "no verdict: 7 events were lost"
has check.err "7 events were lost"
dsi latency lost --json 2>/dev/null | grep -q '"lost_events": 7,' ||
	fail "lost_events"
make first lose_packet=10 lose_count=3
check 2 first "no verdict: an unknown number of events were lost"

# The bound of the ring is that of its readers, if all of them have one.
make bound readers=2 slots=16 need=5
dsi latency bound --json >bound.json || fail "bound"
has bound.json '"needed_packets": 5'
make unbound need=0
dsi latency unbound >unbound.out || fail "unbound"
has unbound.out "no bound: reader 0 did not declare how it works"

# Views, filters and forms.
make two streams=2 readers=2 slots=16 link=1
dsi latency two >two.out || fail "two"
has two.out "2 streams; no event lost" "1 end_to_end" "0 wakeup" "turnaround" "ppm"
dsi latency two --stream cam1 --reader 1 >one.out || fail "one"
grep -q cam0 one.out && fail "cam0 in the report of cam1"
grep -q "0 latency" one.out && fail "reader 0 in the report of reader 1"
dsi latency two --stream 0x1000 --periods >periods.out || fail "periods"
has periods.out "cam0: 1000 commits" "drift" "longest period"
dsi latency two --stream cam0 --top 5 --csv >top.csv || fail "top"
dsi latency two --log --csv >log.csv || fail "log"
dsi latency two --log --stream cam0 --begin 10ms --end 20ms >log.out ||
	fail "log window"
dsi latency two --csv >two.csv || fail "csv"
dsi latency two --frequency --csv --metric hold >frequency.csv || fail "frequency"
dsi latency two --frequency --stream cam0 --reader 0 >frequency.out ||
	fail "frequency"
dsi latency two --json >two.json || fail "json"
dsi latency two --perfetto two.perfetto >/dev/null || fail "perfetto"
dsi latency two --hgrm --stream cam0 --reader 1 >one.hgrm || fail "hgrm"
python3 - <<'END' || fail "the forms disagree"
import csv, json
rows = list(csv.DictReader(open("log.csv")))
assert len(rows) == 4000, len(rows)
waits = sorted((int(r["get_ns"]) - int(r["commit_ns"]) for r in rows
                if r["stream"] == "0x1000"), reverse=True)
top = list(csv.DictReader(open("top.csv")))
assert [int(r["value_ns"]) for r in top] == waits[:5], top
report = json.load(open("two.json"))
for row in csv.DictReader(open("two.csv")):
    (stream,) = [s for s in report["streams"] if s["stream"] == row["stream"]]
    whose = stream if row["reader"] == "" else \
        [r for r in stream["readers"] if r["reader"] == int(row["reader"])][0]
    metric = whose["metrics"][row["metric"]]
    assert int(row["p99_ns"]) == metric["p99_ns"] and \
        int(row["count"]) == metric["count"], row
counts = {}
for row in csv.DictReader(open("frequency.csv")):
    assert row["metric"] == "hold" and int(row["from_ns"]) <= int(row["to_ns"])
    counts[row["stream"], row["reader"]] = counts.get((row["stream"], row["reader"]), 0) + int(row["count"])
assert counts == {(s, r): 1000 for s in ("0x1000", "0x1001") for r in "01"}, counts
lines = open("log.out").read().split("\n")[1:-1]
assert lines and all(0.01 <= float(l.split()[0]) <= 0.02 for l in lines), lines
assert len(lines) in (19, 20, 21), len(lines)

# HdrHistogram's text: ascending, ends with the largest and the count.
lines = [l.split() for l in open("one.hgrm") if l.strip() and l[0] != "#"]
assert lines[0] == ["Value", "Percentile", "TotalCount", "1/(1-Percentile)"]
levels = [(int(v[0]), float(v[1]), int(v[2])) for v in lines[1:]]
assert levels == sorted(levels) and levels[-1][1:] == (1.0, 1000), levels[-1]
assert levels[-1][0] == report["streams"][0]["readers"][1]["metrics"]["latency"]["max_ns"]
median = [v for v in levels if v[1] == 0.5][0][0]
assert median == report["streams"][0]["readers"][1]["metrics"]["latency"]["p50_ns"]

# Perfetto: spans begin and end in pairs, and flows as well.
events = json.load(open("two.perfetto"))["traceEvents"]
open_spans, flows, n = {}, {}, {}
for e in events:
    n[e["ph"]] = n.get(e["ph"], 0) + 1
    assert e.get("ts", 0) >= 0
    if e["ph"] == "b":
        assert open_spans.setdefault((e["cat"], e["id"], e["name"]), e["ts"]) == e["ts"]
    elif e["ph"] == "e":
        assert e["ts"] >= open_spans.pop((e["cat"], e["id"], e["name"]))
    elif e["ph"] == "s":
        flows[e["id"]] = e["ts"]
    elif e["ph"] == "f":
        assert e["ts"] >= flows.pop(e["id"])
assert not open_spans and not flows
assert n["b"] == n["e"] == 2 * 4000 + 2000 and n["s"] == 4000, n
assert n["C"] >= 4000 and n["M"] >= 12, n
assert max(e.get("ts", 0) for e in events) < 2e6
END

# From the trace to a description to the size of a buffer.
dsi fit good --json >fit.json || fail "fit"
python3 - <<'END' || fail "fit.json"
import json
fit = json.load(open("fit.json"))
assert fit["input"]["packets"] == 1000, fit["input"]
END
dsi fit good --period 1ms --check --jitter 100us >/dev/null ||
	fail "fit --check of a good trace"
dsi fit late --period 1ms --check --jitter 100us >fit.out
[ $? -eq 1 ] || fail "fit --check of a late packet"
has fit.out "500"
dsi fit two --stream cam1 --emit | sed "s|}|, \"consumer\": \"response\", \"response\": \"1ms\"}|" |
	dsi size --batch - >size.out || fail "fit to size"
has size.out '"slots":'
expect 2 "2 streams with commits in it are asked for" fit two
expect 2 "0 streams with commits in it are called cam9" fit two --stream cam9
expect 2 "is a trace: leave out --format" fit good --unit ns
expect 2 "is no folder with a trace" fit log.csv --stream x

# What is wrong is said.
mkdir empty broken
expect 2 "no trace below it" fit empty
expect 2 "no trace below it" latency empty
expect 2 "cannot open: No such file" latency missing
expect 2 "is no folder" latency log.csv
echo nonsense >broken/metadata
expect 2 "cannot be opened as a trace" latency broken
cp -r good cut
truncate -s 5000 cut/producer_0_0
expect 2 "cut:" latency cut
sed 's/_reader/_other/' good/metadata >cut/metadata
cp good/producer_0_0 cut
expect 2 "has no number 'reader'" latency cut
sed 's/dsi:/foreign:/' good/metadata >cut/metadata
expect 2 "no event of dsi among" latency cut
mkdir -p two-snapshots/snapshot-1/ust two-snapshots/snapshot-2
cp -r good two-snapshots/snapshot-1/ust/uid
cp -r good two-snapshots/snapshot-2/uid
expect 2 "holds several snapshots" latency two-snapshots
dsi latency two-snapshots/snapshot-1 >/dev/null || fail "one snapshot"
expect 2 "is no stream of this trace; there are" latency good --stream cam7
expect 2 "there is no reader 77" latency good --check --reader 77
expect 2 "so there is no verdict" latency good --check --begin 1000s
dsi latency good --check --begin 1ms | grep -q "for the whole window" ||
	fail "a window is no whole trace"
expect 2 "there is no value of the metric" latency good --hgrm --metric end_to_end
expect 2 "there are 2 histograms" latency --hgrm --stream cam0 two
expect 2 "'laziness' is none" latency --metric laziness good
expect 2 "exclude each other" latency --json --csv good
expect 2 "--end must be after --begin" latency --begin 2s --end 1s good
expect 1 "cannot write" latency --perfetto /nowhere/x.json good

# The memory does not depend on the length of the trace.
peak() {
	python3 - "$DSI" "$1" <<'END'
import resource, subprocess, sys
subprocess.run([sys.argv[1], "latency", sys.argv[2]], check=True, stdout=subprocess.DEVNULL)
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)
END
}
make short packets=12500
make middle packets=100000
make long packets=250000
short=$(peak short) && middle=$(peak middle) && long=$(peak long) ||
	fail "peak"
echo "largest memory: $short kB for 0.1 million events, $middle kB for 0.8," \
	"$long kB for 2"
# The files are mapped in windows of a few MB, which the short ones do not fill.
# Sanitizers keep freed memory.
if ! ldd "$DSI" | grep -q 'lib[at]san'; then
	[ "$long" -lt $((middle + 2048)) ] || fail "the memory grows"
fi

# The analysis for Trace Compass is well-formed.
python3 -c 'import sys, xml.dom.minidom as m; m.parse(sys.argv[1])' \
	"$ROOT/analysis/trace/dsi-tracecompass.xml" || fail "Trace Compass"
