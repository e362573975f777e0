#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""bench-check.py LOG BASELINE RESULT - compare the counts of a boot of
`bench` with the baseline (JSON), write them to RESULT (JSON), and print a
table.  Fails if one has grown by more than 2 %.  The counts are exact, but the
compiler is part of them: another one than the baseline's is only reported.
"""
import json
import re
import subprocess
import sys

ALLOWED = 1.02


def compiler():
    text = subprocess.run(["gcc", "--version"], capture_output=True, text=True).stdout
    return text.splitlines()[0] if text else "unknown"


def main():
    log, baseline, result = sys.argv[1:4]
    with open(log, encoding="utf-8", errors="replace") as file:
        counts = {n: float(v) for n, v in re.findall(r"^bench (\w+) ([\d.]+)", file.read(), re.M)}
    with open(baseline, encoding="utf-8") as file:
        base = json.load(file)
    with open(result, "w", encoding="utf-8") as file:
        json.dump({"compiler": compiler(), "instructions": counts}, file, indent=1)
    worse = []
    print(f"{'instructions':28}{'now':>10}{'baseline':>10}")
    for name, was in base["instructions"].items():
        now = counts.get(name)
        print(f"{name:28}{now if now is not None else '-':>10}{was:>10}")
        if now is None or now > was * ALLOWED:
            worse.append(name)
    if worse and compiler() != base["compiler"]:
        print(f"skipped: the baseline is of {base['compiler']}")
        sys.exit(77)
    if worse:
        print("grown: " + ", ".join(worse))
    sys.exit(1 if worse else 0)


if __name__ == "__main__":
    main()
