# SPDX-License-Identifier: MIT
"""by_hand.py - mutants that somebody thought of, one by one: what the programs
share that try them.

A mutant is a tuple that begins with what it breaks, the file, the text there, and
what stands there instead.
"""
import argparse
import concurrent.futures
import os
import re
import shutil


def options(doc, *paths):
    """Those paths, all of them needed; the compiler; and what is chosen."""
    parser = argparse.ArgumentParser(description=doc)
    for name in paths:
        parser.add_argument("--" + name, required=True)
    parser.add_argument("--cc", default="cc")
    parser.add_argument("names", nargs="*")
    return parser.parse_args()


def copy_sources(source, target):
    """All C files of a folder.  Their names."""
    os.makedirs(target, exist_ok=True)
    names = sorted(n for n in os.listdir(source) if re.search(r"\.[ch]$", n))
    for name in names:
        shutil.copyfile(os.path.join(source, name), os.path.join(target, name))
    return names


def replace(path, old, new):
    """However the line is broken; True if it was there once."""
    with open(path, encoding="utf-8") as f:
        text = f.read()
    pattern = r"\s+".join(map(re.escape, old.split()))
    text, count = re.subn(pattern, lambda _: new, text)
    with open(path, "w", encoding="utf-8") as f:
        f.write(text)
    return count == 1


def chosen(names, mutants):
    """All, or those with one of the names in theirs; each with its number."""
    return [(i, m) for i, m in enumerate(mutants)
            if not names or any(n in m[0] for n in names)]


def try_all(o, mutants, run, wrong):
    """run(o, number, mutant) says what is the matter, or None if it is caught.
    @wrong: what was the matter before.  The status to exit with."""
    some = chosen(o.names, mutants)
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        results = pool.map(lambda c: run(o, *c), some)
        for (_, mutant), problem in zip(some, results):
            print(f"{'caught' if not problem else 'FAIL':7} {mutant[1]:17} "
                  f"{mutant[0]}{': ' + problem if problem else ''}")
            wrong += bool(problem)
    print(f"{len(some)} mutants, {wrong} not caught")
    return 1 if wrong else 0
