#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""commit_cost.py - instructions that a consumer makes each commit cost.

    commit_cost.py PROGRAM

Runs each case of commit_cost_test.c that is the same in every run under callgrind,
and compares it with a consumer that sleeps before each commit, as it may, and with
a stream that has none, as who is thrown out leaves it: nobody may cost more than
the larger of both and one wake.  Counts, not times.
"""
import os
import re
import subprocess
import sys
import tempfile

COMMITS = 500
POLICIES = ("", "-drop", "-reclaim")
GOOD = ("good-awake", "good-asleep")
EVIL = ("evil-never-sleeps", "evil-saw-nothing", "evil-keeps-all", "evil-wild-taken",
        "evil-garbage-tokens")


def count(program, case, commits):
    with tempfile.TemporaryDirectory() as folder:
        out = os.path.join(folder, "out")
        done = subprocess.run(
            ["valgrind", "--tool=callgrind", "--toggle-collect=count_commit",
             "--callgrind-out-file=" + out, "-q", program, case, str(commits)],
            stdout=subprocess.PIPE, check=False)
        if done.returncode == 2:
            return None
        if done.returncode:
            sys.exit(f"{case}: ended with {done.returncode}")
        with open(out, encoding="utf-8") as file:
            return int(re.search(r"^(?:summary|totals): (\d+)", file.read(), re.M).group(1))


def main():
    program = sys.argv[1]
    failures = 0
    cases = 0
    print(f"{'consumer':30} {'instructions per commit':>24}")
    nobody = count(program, "nobody", COMMITS) / COMMITS
    print(f"{'nobody':30} {nobody:24.1f}")
    for policy in POLICIES:
        costs = {}
        for name in GOOD + EVIL:
            total = count(program, name + policy, COMMITS)
            if total is None:
                continue
            costs[name] = total / COMMITS
            cases += 1
        # A wake is what being asleep costs more.
        wake = costs["good-asleep"] - costs["good-awake"]
        allowed = max(costs["good-asleep"], nobody) + wake
        for name, cost in costs.items():
            bad = cost > allowed
            failures += bad
            print(f"{name + policy:30} {cost:24.1f}{'  FAILED, more than %.1f' % allowed if bad else ''}")
    print(f"cost: {cases} consumers by instructions, {failures} failures")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
