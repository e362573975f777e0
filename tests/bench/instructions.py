#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""instructions.py - instructions per packet, both sides together.

Runs instructions.c under callgrind, which counts exactly: the same build gives
the same numbers, on a busy machine as well.  So it can be a test where a time
cannot.  Compilers differ, though: a baseline holds for one compiler and its
flags, and is skipped elsewhere.

usage: instructions.py PROGRAM [--profile]
       instructions.py PROGRAM --build WORDS --baseline FILE [--update]
"""
import argparse
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile

BATCHES = [1, 8, 32, 64]
# given: without the get of the producer
KINDS = {"plain": [], "given": ["given"], "stamped": ["stamp"],
         "large": ["large"]}
TOLERANCE = 1.02


def self_costs(path):
    """Instructions of each function itself, from a file of callgrind."""
    names, costs, function, called = {}, {}, None, False
    with open(path, encoding="utf-8") as lines:
        for line in lines:
            if match := re.match(r"fn=\((\d+)\)(?: (.*))?", line):
                if match.group(2):
                    names[match.group(1)] = match.group(2).strip()
                function = names[match.group(1)]
            elif match := re.match(r"cfn=\((\d+)\) (.*)", line):
                names[match.group(1)] = match.group(2).strip()
            elif line.startswith("calls="):
                called = True
            elif function and re.match(r"[+*-]?\d* ?\*?\d", line):
                if not called:
                    costs[function] = (costs.get(function, 0) +
                                       int(line.split()[-1]))
                called = False
    return costs


def count(program, words):
    """Function -> instructions per packet."""
    with tempfile.TemporaryDirectory() as folder:
        out = os.path.join(folder, "out")
        done = subprocess.run(
            ["valgrind", "--tool=callgrind", "--toggle-collect=count_*",
             "--callgrind-out-file=" + out, "-q", program, *words],
            stdout=subprocess.PIPE, text=True, check=True)
        packets = int(done.stdout.split()[0])
        costs = self_costs(out)
    return {name: cost / packets for name, cost in costs.items()
            if not name.startswith("count_")}


def measure(program, profile):
    result = {}
    for kind, words in KINDS.items():
        for batch in BATCHES:
            costs = count(program, [str(batch), *words])
            result[f"{kind} {batch}"] = round(sum(costs.values()), 1)
            print(f"{kind:8} batch {batch:3} "
                  f"{result[f'{kind} {batch}']:8.1f}", flush=True)
            if profile:
                for name in sorted(costs, key=costs.get, reverse=True):
                    if costs[name] >= 0.05:
                        print(f"{costs[name]:24.1f}  {name}")
    return result


def compare(result, args):
    with open(args.baseline, encoding="utf-8") as handle:
        baseline = json.load(handle)
    if args.update:
        baseline[args.build] = result
        with open(args.baseline, "w", encoding="utf-8") as handle:
            json.dump(baseline, handle, indent=1)
            handle.write("\n")
        return 0
    worse = 0
    for name, now in result.items():
        before = baseline[args.build].get(name, now)
        if now > before * TOLERANCE:
            print(f"{name}: {now} instructions, the baseline has {before}")
            worse = 1
        elif now * TOLERANCE < before:
            print(f"{name}: {now}, better than {before}: "
                  "take it over with --update")
    return worse


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("program")
    parser.add_argument("--profile", action="store_true",
                        help="show the functions as well")
    parser.add_argument("--build", help="compiler and flags")
    parser.add_argument("--baseline")
    parser.add_argument("--update", action="store_true")
    args = parser.parse_args()

    if not shutil.which("valgrind"):
        print("skipped: no valgrind")
        return 77
    if args.baseline and not args.update:
        with open(args.baseline, encoding="utf-8") as handle:
            if args.build not in json.load(handle):
                print(f"skipped: no baseline for {args.build}")
                return 77
    result = measure(args.program, args.profile)
    return compare(result, args) if args.baseline else 0


if __name__ == "__main__":
    sys.exit(main())
