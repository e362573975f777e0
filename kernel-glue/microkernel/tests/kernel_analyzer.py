#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""kernel_analyzer.py - gcc's -fanalyzer over kernel, library and servers.

Every source is compiled as the build does it, with the analyzer on; what it
finds is an error, unless EXCEPTIONS has it with a reason.  An exception that
is not needed any more is an error, too.  First of all the analyzer has to find
something in PROBE, or it is not there.

usage: kernel_analyzer.py --source DIR --commands compile_commands.json
"""
import argparse
import concurrent.futures
import json
import os
import re
import shlex
import subprocess
import sys

FOLDERS = ("kernel/", "lib/", "servers/")

# (file, option of the warning): why it is wrong
EXCEPTIONS = {}

PROBE = b"""
struct thing { struct thing *next; };
int probe(struct thing *t);
int probe(struct thing *t)
{
	int unset;

	if (!t)
		return t->next != 0;
	return unset;
}
"""


def analyse(words, folder, text=None):
    done = subprocess.run(words + ["-fanalyzer", "-o", "/dev/null"],
                          cwd=folder, input=text, capture_output=True,
                          check=False)
    out = done.stderr.decode(errors="replace")
    return done.returncode, set(re.findall(
        r"(?:warning|error): .*\[(?:-Werror=|-W)(analyzer-[a-z0-9-]+)\]",
        out)), out


def command(entry):
    """As the build does it; what is compiled into nothing sees it all."""
    words = [w for w in shlex.split(entry["command"]) if w != "-flto"]
    at = words.index("-o")
    return words[:at] + words[at + 2:]


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--source", required=True)
    parser.add_argument("--commands", required=True)
    o = parser.parse_args()
    source = os.path.realpath(o.source)
    with open(o.commands, encoding="utf-8") as f:
        entries = [(os.path.relpath(e["file"], source), e)
                   for e in json.load(f)]
    entries = [(name, e) for name, e in entries
               if name.startswith(FOLDERS) and name.endswith(".c")]
    # The programs of several tests are made of the same sources in the same
    # way: once is enough.
    entries = list({(tuple(command(e)), e["directory"]): (name, e)
                    for name, e in entries}.values())
    if not entries:
        print("no sources")
        return 1
    cc = shlex.split(entries[0][1]["command"])[0]
    version = subprocess.run([cc, "--version"], capture_output=True,
                             text=True, check=True).stdout
    if "Free Software Foundation" not in version:
        print(f"skipped: {cc} is not gcc")
        return 77
    _, found, _ = analyse([cc, "-O2", "-xc", "-c", "-"], ".", PROBE)
    if "analyzer-null-dereference" not in found:
        print(f"the analyzer does not see the probe: {found}")
        return 1
    wrong, unused = 0, set(EXCEPTIONS)
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        results = pool.map(lambda e: analyse(command(e[1]),
                                             e[1]["directory"]), entries)
        for (name, _), (status, found, out) in zip(entries, results):
            excused = {w for w in found if (name, w) in EXCEPTIONS}
            unused -= {(name, w) for w in excused}
            if (found - excused) or (status and not found):
                print(out)
                wrong += 1
    for name, warning in sorted(unused):
        print(f"{name}: the exception for {warning} is not needed")
    print(f"{len(entries)} sources, {wrong} with findings")
    return 1 if wrong or unused else 0


if __name__ == "__main__":
    sys.exit(main())
