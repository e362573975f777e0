#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""coverage_check.py COVERAGE.json UNREACHED.txt - the numbers, and their limits.

Counted are dsi/ with sizing and placement, and kernel-glue/linux/; the plugins are
shown as well, but have no limit.  UNREACHED.txt names what no test can reach here,
each with the reason; it is taken out of both numbers, and must be up to date: a line
that is not there any more, or that a test does reach, is an error.

    FILE: text of the line [#nth] [branches]
        the reason, for this line and those above that have none

Without `branches` the line is never run; with it, it is, but one of its ways is not
taken.
"""
import collections
import json
import os
import sys

# What must not become less.
LEAST_LINES, LEAST_BRANCHES = 95.0, 90.0


def key_of(file, line, texts, seen):
    text = " ".join(texts[line - 1].split())
    seen[text] += 1
    return f"{file}: {text}" + (f" #{seen[text]}" if seen[text] > 1 else "")


def read_lines(report):
    """key: (line number, count, [branch counts])"""
    found = {}
    for entry in report["files"]:
        with open(entry["file"], encoding="utf-8") as handle:
            texts = handle.read().split("\n")
        seen = collections.Counter()
        for line in sorted(entry["lines"], key=lambda l: l["line_number"]):
            if line.get("gcovr/noncode"):
                continue
            key = key_of(entry["file"], line["line_number"], texts, seen)
            found[key] = (line["line_number"], line["count"],
                          [b["count"] for b in line["branches"]])
    return found


def read_list(path):
    listed, waiting = {}, []
    with open(path, encoding="utf-8") as handle:
        for line in handle:
            line = line.rstrip("\n")
            if not line.strip() or line.startswith("#"):
                continue
            if not line[0].isspace():
                branches = line.endswith(" branches")
                waiting.append(line.removesuffix(" branches"))
                listed[waiting[-1]] = branches
            else:
                waiting = []
    if waiting:
        sys.exit(f"{path}: no reason: {waiting[0]}")
    return listed


def problem_of(key, branches, found):
    if key not in found:
        return "no such line"
    _, count, ways = found[key]
    if not branches:
        return "a test runs it" if count else None
    if not count:
        return "is never run: without `branches`"
    return None if 0 in ways else "all its branches are taken"


def add(row, count, ways, listed):
    if listed is False:
        row["listed"] += 1
        return
    row["lines"] += 1
    row["run"] += count > 0
    taken = sum(1 for way in ways if way)
    row["branches"] += taken if listed else len(ways)
    row["taken"] += taken
    row["listed"] += bool(listed)


def percent(part, whole):
    return 100.0 * part / whole if whole else 100.0


def show(name, row):
    print(f"{name:42} {row['run']:6} of {row['lines']:6} "
          f"{percent(row['run'], row['lines']):6.1f} % "
          f"{row['taken']:6} of {row['branches']:6} "
          f"{percent(row['taken'], row['branches']):6.1f} % {row['listed']:5}")


def main():
    with open(sys.argv[1], encoding="utf-8") as handle:
        found = read_lines(json.load(handle))
    listed = read_list(sys.argv[2])
    problems = 0
    for key, branches in listed.items():
        problem = problem_of(key, branches, found)
        if problem:
            problems += 1
            print(f"PROBLEM: {sys.argv[2]}: {problem}: {key}")
    table = collections.defaultdict(collections.Counter)
    total, plugins = collections.Counter(), collections.Counter()
    for key, (_, count, ways) in found.items():
        file = key.split(":")[0]
        for row in (table[file], plugins if file.startswith("dsi/plugins/")
                    else total):
            add(row, count, ways, listed.get(key))
    print(f"{'file':42} {'lines run':>18}          {'branches taken':>18}"
          f"          listed")
    for file in sorted(table):
        show(file, table[file])
    show("plugins, without a limit", plugins)
    show("dsi/, kernel-glue/linux/", total)
    lines = percent(total["run"], total["lines"])
    branches = percent(total["taken"], total["branches"])
    good = lines >= LEAST_LINES and branches >= LEAST_BRANCHES and not problems
    print(f"coverage: {'ok' if good else 'FAILED'}: lines {lines:.1f} % of "
          f"{total['lines']}, branches {branches:.1f} % of "
          f"{total['branches']}, {total['listed']} lines listed, "
          f"{problems} problems, limits {LEAST_LINES:g} % and "
          f"{LEAST_BRANCHES:g} %")
    sys.exit(0 if good else 1)


if __name__ == "__main__":
    main()
