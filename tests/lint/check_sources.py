#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""check_sources.py - sources are listed by hand, so none may be forgotten:
every C file and every test script is named in the CMakeLists.txt of its folder
or of one above."""
import os
import re

import tree

# Projects and files of their own.
APART = re.compile(r"^tests/package/|^tests/lint/check\.sh$|_common\.sh$|^cmake/|^demos/.*\.sh$")


def named(base, text):
    """Is the file named, as it is or by a loop: `linux_${noun}_test.c`?"""
    words = set(re.findall(r"[\w.-]+", text))
    if base in words:
        return True
    for before, after in re.findall(r"([\w.-]*)\$\{\w+\}([\w.-]*)", text):
        middle = base[len(before):len(base) - len(after)]
        if base.startswith(before) and base.endswith(after) and middle in words:
            return True
    return False


def main():
    names = tree.files()
    lists = {os.path.dirname(n): tree.read(n) for n in names
             if os.path.basename(n) == "CMakeLists.txt"}
    problems = []
    for name in names:
        folder, base = os.path.split(name)
        script = re.search(r"check_\w+\.py$|test[-_.]\w*\.py$|_selftest\.py$|\.sh$", base)
        if APART.search(name) or not (base.endswith(".c") or script):
            continue
        text = ""
        while folder:
            text += lists.get(folder, "")
            folder = os.path.dirname(folder)
        if not named(base, text):
            problems.append(f"{name}: in no CMakeLists.txt")
    tree.finish("sources", problems)


if __name__ == "__main__":
    main()
