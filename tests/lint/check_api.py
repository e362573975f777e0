#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""check_api.py - the exported functions, in all places that list them.

    headers   DSI_API in include/dsi/
    map       dsi/libdsi.map; of placement.h, which is a library of its own,
              dsi/placement/libdsi-placement.map
    library   nm -D of libdsi.so, or of libdsi-placement.so
    man       NAME sections of the pages of section 3

usage: check_api.py map
       check_api.py library NM LIBRARY
       check_api.py man [FOLDER]
Each compares the headers with one of the others.  The pages are those in
FOLDER, docs/man of a build; without it they are made for the check.
"""
import glob
import os
import re
import subprocess
import sys
import tempfile

import tree


def titles(comment):
    """Functions that a contract comment is about: `dsi_a_b / _c - text`."""
    match = re.match(r"/\*\*\s+\* (dsi_[\w/, ]+?) - ", comment)
    names = re.findall(r"\w+", match.group(1)) if match else []
    return [n if n.startswith("dsi_") else names[0].rpartition("_")[0] + n for n in names]


# Headers whose functions are not in libdsi.
APART = {"libdsi-placement": ["include/dsi/placement.h"]}


def headers(library=None):
    """Name -> contract comment, or "" for a function without one; of all
    headers, or of those of a library."""
    elsewhere = [h for library_headers in APART.values() for h in library_headers]
    found = {}
    contracts = {}
    for name in tree.files():
        if not re.fullmatch(r"include/dsi/\w+\.h(\.in)?", name):
            continue
        if library and (name not in APART[library] if library in APART else name in elsewhere):
            continue
        text = tree.read(name)
        for _, _, comment in tree.comments(text):
            contracts.update({t: comment for t in titles(comment)})
        plain = re.sub(r"^[ \t]*#.*$", lambda m: tree.blank(m.group()), tree.code(text), flags=re.M)
        for match in re.finditer(r"\bDSI_API\b([^;(]*)\(", plain):
            found[re.findall(r"\w+", match.group(1))[-1]] = ""
    return {n: contracts.get(n, "") for n in found}


def check_contracts(functions):
    """Each function has a contract comment with what a caller must know."""
    for name, comment in sorted(functions.items()):
        if not comment:
            yield f"{name}: no contract comment"
            continue
        for part in (" * Context:", " * Since:"):
            if part not in comment:
                yield f"{name}: contract comment lacks `{part.strip(' *')}`"


def in_map():
    text = tree.code(tree.read("dsi/libdsi.map"))
    for library in APART:
        folder = library.partition("-")[2]
        text += tree.code(tree.read(f"dsi/{folder}/{library}.map"))
    return set(re.findall(r"^\s*(dsi_\w+)\s*;", text, re.M))


def in_library(nm, library):
    out = subprocess.run([nm, "-D", "--defined-only", library],
                         check=True, capture_output=True, text=True).stdout
    names = set()
    for line in out.splitlines():
        _, kind, symbol = line.split()
        if kind != "A":    # the version node itself
            names.add(symbol.split("@")[0])
    return names


def in_man(folder=None):
    if folder is None:
        with tempfile.TemporaryDirectory() as made:
            script = os.path.join(tree.ROOT, "docs/man/from-headers.py")
            headers_of = sorted(glob.glob(os.path.join(tree.ROOT, "include/dsi/*.h*")))
            subprocess.run([sys.executable, script, "pages", made, "today", *headers_of],
                           check=True)
            return in_man(made)
    names = set()
    for page in glob.glob(os.path.join(folder, "*.3")):
        section = re.search(r'^\.S[Hh] "?NAME"?\s*\n(.*?)(?=^\.S[Hh]\b|\Z)',
                            tree.read(os.path.abspath(page)), re.M | re.S)
        if section:
            names |= set(re.findall(r"\bdsi_\w+", section.group(1)))
    return names


def main():
    functions = headers()
    what = sys.argv[1] if len(sys.argv) > 1 else "map"
    problems = []
    if what == "map":
        other = in_map()
        problems += check_contracts(functions)
    elif what == "library":
        functions = headers(os.path.basename(sys.argv[3]).partition(".so")[0])
        other = in_library(sys.argv[2], sys.argv[3])
    elif what == "man":
        other = {n for n in in_man(*sys.argv[2:3]) if n in functions or "_" in n}
        # A page may bear the name of its noun.
        other -= {n for n in other - set(functions)
                  if any(f.startswith(n + "_") for f in functions)}
    else:
        sys.exit(__doc__)
    problems += [f"{n}: in a header, not in the {what}" for n in sorted(set(functions) - other)]
    problems += [f"{n}: in the {what}, not in a header" for n in sorted(other - set(functions))]
    tree.finish(f"api in {what}, {len(functions)} functions", problems)


if __name__ == "__main__":
    main()
