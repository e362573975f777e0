#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# latency_bench.sh BIN-DIR MAKER [PACKETS] - how fast `dsi latency` is beside
# `babeltrace2 -o dummy`, which only reads.  Not a test: it prints numbers.
#
# Both run in turn on the same trace; the medians are compared.
set -euo pipefail

dsi=$1/dsi maker=$2 packets=${3-1250000}
work=$(mktemp -d "${TMPDIR:-/tmp}/dsi-latency-bench.XXXXXX")
trap 'rm -rf "$work"' EXIT

"$maker" "$work/trace" "packets=$packets"
python3 - "$dsi" "$work/trace" <<'END'
import json, os, resource, statistics, subprocess, sys

dsi, trace = sys.argv[1:]
commands = {"babeltrace2 -o dummy": ["babeltrace2", "-o", "dummy", trace],
            "dsi latency": [dsi, "latency", "--json", trace]}
seconds = {name: [] for name in commands}
for _ in range(5):
    for name, command in commands.items():
        # CPU time: other programs on the machine do not count.
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        output = subprocess.run(command, check=True, capture_output=True).stdout
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        seconds[name].append(after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime)
events = json.loads(output)["events"]
for name, times in seconds.items():
    median = statistics.median(times)
    print(f"{name:22} {events} events, CPU time {median:.2f} s, {events / median / 1e6:.2f} M events/s")
base, ours = (statistics.median(t) for t in seconds.values())
print(f"dsi latency has {100 * base / ours:.0f} % of the speed of babeltrace2 -o dummy")
print(f"largest memory of any of them: {resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss} kB")
END
