# SPDX-License-Identifier: MIT
"""tree.py - what the checks share: the files of the tree, and C without words.

No check looks at what git ignores.  Where there is no git (an unpacked
archive), every file outside of build folders counts.
"""
import os
import re
import subprocess
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))


def files():
    """Paths relative to ROOT, sorted."""
    try:
        out = subprocess.run(
            ["git", "-c", "safe.directory=*", "-C", ROOT, "ls-files", "-z",
             "--cached", "--others", "--exclude-standard"],
            check=True, capture_output=True).stdout.decode()
        names = out.split("\0")
    except (OSError, subprocess.CalledProcessError):
        names = []
        for folder, below, here in os.walk(ROOT):
            below[:] = [b for b in below if b != ".git" and not b.startswith("build")]
            names += [os.path.relpath(os.path.join(folder, n), ROOT) for n in here]
    return sorted({n for n in names if n and os.path.isfile(os.path.join(ROOT, n))})


def read(name):
    with open(os.path.join(ROOT, name), encoding="utf-8") as file:
        return file.read()


TOKEN = re.compile(
    r"(?P<comment>/\*.*?\*/|//[^\n]*)"
    r'|(?P<string>"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\')', re.S)


def blank(text):
    """The same number of characters and lines, all others blanks."""
    return re.sub(r"[^\n]", " ", text)


def code(text, keep_strings=False):
    """C with comments and the insides of strings blanked, same positions."""
    def one(match):
        if match.group("comment"):
            return blank(match.group())
        if keep_strings:
            return match.group()
        return match.group()[0] + blank(match.group()[1:-1]) + match.group()[-1]
    return TOKEN.sub(one, text)


def comments(text):
    """(first position, position after the end, text) of each comment;
    comments that follow each other with only blanks between are one."""
    found = []
    for match in TOKEN.finditer(text):
        if not match.group("comment"):
            continue
        if (found and match.group().startswith("//")
                and not text[found[-1][1]:match.start()].strip()
                and found[-1][2].startswith("//")):
            first, _, before = found.pop()
            found.append((first, match.end(), before + "\n" + match.group()))
        else:
            found.append((match.start(), match.end(), match.group()))
    return found


def line_of(text, position):
    return text.count("\n", 0, position) + 1


def finish(name, problems):
    """Print, and end the program with the right status."""
    for problem in problems:
        print(problem)
    print(f"{name}: {len(problems)} problem(s)" if problems else f"{name}: ok")
    sys.exit(1 if problems else 0)
