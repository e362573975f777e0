#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""bench-check.py [--grown] COMPILER BASELINE RESULT BUILD=LOG... - compare the counts of
boots of `bench`, one for each build of the kernel, with the baseline (JSON),
write them to RESULT (JSON) in the same form, and print a table.  Fails if one
has grown by more than 2 %, is missing, or has no baseline.  The counts are
exact, but the compiler is part of them: if it is another one than the
baseline's, growth is only reported.  --grown: fails if none has grown.
"""
import json
import re
import subprocess
import sys

ALLOWED = 1.02


def version_of(compiler):
    text = subprocess.run([compiler, "--version"], capture_output=True, text=True).stdout
    return text.splitlines()[0] if text else "unknown"


def counts_in(log):
    with open(log, encoding="utf-8", errors="replace") as file:
        return {n: float(v) for n, v in re.findall(r"^bench (\w+) ([\d.]+)", file.read(), re.M)}


def compare(build, now, was):
    """Print a table; the names of what is worse, and of what cannot be compared."""
    grown, missing = [], []
    print(f"{build + ': instructions':28}{'now':>10}{'baseline':>10}{'change':>9}")
    for name in dict.fromkeys([*was, *now]):
        a, b = now.get(name), was.get(name)
        change = f"{(a - b) / b * 100:+.1f} %" if a is not None and b else ""
        print(f"{name:28}{'-' if a is None else a:>10}{'-' if b is None else b:>10}{change:>9}")
        if a is None or b is None:
            missing.append(f"{build}.{name}")
        elif a > b * ALLOWED:
            grown.append(f"{build}.{name}")
    print()
    return grown, missing


def main():
    words = sys.argv[1:]
    wanted = words[0] == "--grown"
    compiler, baseline, result, *boots = words[wanted:]
    logs = dict(a.split("=", 1) for a in boots)
    with open(baseline, encoding="utf-8") as file:
        base = json.load(file)
    found = {"compiler": version_of(compiler),
             "instructions": {build: counts_in(log) for build, log in logs.items()}}
    with open(result, "w", encoding="utf-8") as file:
        json.dump(found, file, indent=1)
        file.write("\n")
    grown, missing = [], []
    for build, now in found["instructions"].items():
        g, m = compare(build, now, base["instructions"].get(build, {}))
        grown += g
        missing += m
    if missing:
        sys.exit(f"not in the log, or not in {baseline}: " + ", ".join(missing))
    if wanted:
        sys.exit(0 if grown else "none has grown by more than 2 %")
    if grown and found["compiler"] != base["compiler"]:
        print(f"skipped: the baseline is of {base['compiler']}, this is {found['compiler']}")
        sys.exit(77)
    if grown:
        sys.exit("grown by more than 2 %: " + ", ".join(grown))


if __name__ == "__main__":
    main()
