#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""hooks.py - instructions that the trace hooks add where nobody traces.

Compares two builds of the same sources in the same run, one of them with hooks
that are never true: so there is no baseline that could grow old.

usage: hooks.py PROGRAM PROGRAM_WITHOUT_HOOKS
"""
import shutil
import sys

from instructions import count

COMMIT_MOST = 4  # instructions of one commit
CALLS = 4        # of a packet: two gets, two commits


def main():
    if not shutil.which("valgrind"):
        print("skipped: no valgrind")
        return 77
    bad = 0
    for batch in (1, 8, 64):
        for words in ([], ["stamp"]):
            costs = [count(program, [str(batch), *words])
                     for program in sys.argv[1:3]]
            more = sum(costs[0].values()) - sum(costs[1].values())
            most = COMMIT_MOST * CALLS / batch + 0.5
            line = f"batch {batch:2} {' '.join(words):5} {more:+6.1f}"
            bad |= more > most
            for side in ("producer", "consumer"):
                of_side = [sum(v for n, v in c.items()
                               if n.startswith(f"dsi__{side}_commit"))
                           for c in costs]
                line += f"  {side}'s commit {of_side[0] - of_side[1]:+5.1f}"
                bad |= of_side[0] - of_side[1] > COMMIT_MOST / batch + 0.1
            print(line, flush=True)
    print("too many" if bad else "ok")
    return bad


if __name__ == "__main__":
    sys.exit(main())
