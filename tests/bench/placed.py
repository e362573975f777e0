#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""placed.py - placement costs get and commit no instruction.

Counts the same program with DSI_PLACEMENT=none and with node 0, in the same
run: so there is no baseline that could grow old.  Packets carry no time, as what
is done with one depends on its value.  The stream counts as placed if nothing
was said on stderr.

usage: placed.py PROGRAM
"""
import os
import shutil
import subprocess
import sys

from instructions import count

CALLS = ("get", "commit")


def placed(program, where):
    """Instructions of a packet with the streams placed there."""
    os.environ["DSI_PLACEMENT"] = where
    costs = {}
    for batch in ("1", "64"):
        for words in ([], ["large"]):
            for name, cost in count(program, [batch, *words]).items():
                costs[batch, *words, name] = cost
    return costs


def main():
    if not shutil.which("valgrind"):
        print("skipped: no valgrind")
        return 77
    os.environ["DSI_PLACEMENT"] = "node:0"
    said = subprocess.run([sys.argv[1], "1"], capture_output=True, text=True,
                          check=True).stderr
    if said:
        print("skipped: cannot be placed here: " + said)
        return 77
    without, there = placed(sys.argv[1], "none"), placed(sys.argv[1], "node:0")
    of_packets = [key for key in without if any(c in key[-1] for c in CALLS)]
    if not of_packets:
        print("no get and no commit was counted")
        return 1
    bad = 0
    for key in sorted(set(without) | set(there)):
        if without.get(key) != there.get(key):
            print(f"{key}: {without.get(key)} without, {there.get(key)} placed")
            bad = 1
    print("differs" if bad else
          f"{sum(without.values()):.1f} in {len(without)} functions, both times")
    return bad


if __name__ == "__main__":
    sys.exit(main())
