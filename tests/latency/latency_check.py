#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""latency_check.py DSI MAKER - the same numbers as from python3-bt2.
latency_check.py DSI STREAM recorded - likewise of a trace that LTTng recorded,
in which packets 50 and 120 break the declared jitter.

A second reading of the trace, with other code in another language: it keeps
every single value, so its percentiles are exact.  Those of `dsi latency` must
be in the bucket of the exact one: not less, and at most 1/32 more.
"""
import collections
import json
import os
import subprocess
import sys
import tempfile

sys.path.insert(1, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../trace"))
from lttng_alone import be_alone

try:
    import bt2
except ImportError:
    print("SKIP: no python3-bt2")
    sys.exit(77)

PERCENTILES = {"p50_ns": 500000, "p90_ns": 900000, "p99_ns": 990000,
               "p99_9_ns": 999000, "p99_99_ns": 999900}


def values_of(folder):
    """(stream, reader or None, metric) -> all values, by another way of
    matching: whole dictionaries."""
    values = collections.defaultdict(list)
    commit, get, reserve, back, slot, freed, last, origin = ({} for _ in range(8))
    seen = set()
    for message in bt2.TraceCollectionMessageIterator(folder):
        if type(message) is not bt2._EventMessageConst:
            continue
        name = message.event.name
        field = message.event.payload_field
        time = message.default_clock_snapshot.value
        if name == "dsi:link":
            key = (int(field["in_stream"]), int(field["in_seq"]))
            origin[(int(field["out_stream"]), int(field["out_seq"]))] = origin.get(key, commit[key])
            continue
        stream = int(field["stream"])
        seq = int(field["seq"]) if "seq" in field else None
        key = (stream, seq)
        reader = int(field["reader"]) if "reader" in field else None
        if name == "dsi:reserve":
            offset = int(field["offset"])
            if (stream, offset) in freed:
                values[stream, None, "turnaround"].append(time - freed.pop((stream, offset)))
            reserve[key] = time
            slot[key] = offset
        elif name == "dsi:commit":
            commit[key] = time
            values[stream, None, "fill"].append(time - reserve[key])
            if (stream, seq - 1) in commit:
                values[stream, None, "period"].append(time - commit[stream, seq - 1])
        elif name == "dsi:get":
            get[key, reader] = time
            values[stream, reader, "latency"].append(time - commit[key])
            if key in origin:
                values[stream, reader, "end_to_end"].append(time - origin[key])
        elif name == "dsi:release":
            values[stream, reader, "hold"].append(time - get[key, reader])
            values[stream, reader, "response"].append(time - commit[key])
            last[key] = time
        elif name == "dsi:reclaim":
            values[stream, None, "reclaim"].append(time - last[key])
        seen.add(name)
        # The slot is free again with the last release, not with its reclaim.
        if name == "dsi:release":
            freed[stream, slot[key]] = time
    assert {"dsi:commit", "dsi:get", "dsi:release", "dsi:reclaim"} <= seen, seen
    return values


def exact(ordered, per_million):
    rank = -(-len(ordered) * per_million // 1000000)
    return ordered[max(rank, 1) - 1]


def compare(where, got, values):
    ordered = sorted(values)
    assert got["count"] == len(ordered), (where, got["count"], len(ordered))
    assert got["min_ns"] == ordered[0], where
    assert got["max_ns"] == ordered[-1], where
    assert abs(got["mean_ns"] - sum(ordered) / len(ordered)) < 0.01, where
    for key, per_million in PERCENTILES.items():
        right = exact(ordered, per_million)
        assert right <= got[key] <= right + right / 32, (where, key, got[key], right)


def compare_all(report, values):
    """Return: how many histograms there are."""
    n = 0
    for stream in report["streams"]:
        number = int(stream["stream"], 16)
        rows = [(None, stream["metrics"])]
        rows += [(r["reader"], r["metrics"]) for r in stream["readers"]]
        for reader, metrics in rows:
            for key in metrics:
                if (number, reader, key) in values:
                    compare((number, reader, key), metrics[key],
                            values.pop((number, reader, key)))
                    n += 1
    assert not values, f"not in the report: {list(values)}"
    return n


def report_of(dsi, folder, *options):
    done = subprocess.run([dsi, "latency", "--json", *options, folder], capture_output=True)
    return done.returncode, json.loads(done.stdout)


def check_made(dsi, maker, folder):
    subprocess.run([maker, folder, "packets=4000", "streams=2", "readers=2",
                    "slots=16", "link=1"], check=True)
    code, report = report_of(dsi, folder)
    assert code == 0 and all(s["commits"] == 4000 for s in report["streams"])
    n = compare_all(report, values_of(folder))
    assert n == 2 * 4 + 4 * 3 + 2, n
    return n


def check_recorded(dsi, stream, folder):
    os.environ["DSI_RUNTIME_DIR"] = folder + "/run"
    os.mkdir(folder + "/run", 0o755)
    trace = folder + "/trace"
    done = subprocess.run([dsi, "trace", "record", "--output", trace, "--", "sh", "-c",
                           f"{stream} send cam 500 1000 late & {stream} recv cam; wait"],
                          stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                          stderr=subprocess.PIPE)
    if not os.path.isdir(trace):
        print("SKIP: cannot record here:", done.stderr.decode().strip())
        sys.exit(77)
    code, report = report_of(dsi, trace, "--check")
    if report["lost_events"] or report["verdict"] == "none":
        print("SKIP: the machine was so loaded that events were lost")
        sys.exit(77)
    n = compare_all(report, values_of(trace))
    (cam,) = report["streams"]
    (reader,) = cam["readers"]
    assert cam["commits"] == reader["got"] == reader["released"] == 500, cam["commits"]
    assert reader["gets_without_commit"] == 0 and sum(reader["dropped"].values()) == 0
    assert code == 1, code
    jitter = [b for b in cam["broken"] if b["assumption"] == "jitter"]
    assert len(jitter) == 1 and jitter[0]["worst_ns"] > 27000000, cam["broken"]
    return n


def main():
    if sys.argv[3:]:
        be_alone()
    with tempfile.TemporaryDirectory(prefix="dsi-latency.") as folder:
        check = check_recorded if sys.argv[3:] else check_made
        n = check(sys.argv[1], sys.argv[2], folder)
    print(f"{n} histograms are those of python3-bt2")


if __name__ == "__main__":
    main()
