#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""stubs_selftest.py MAKE-STUBS - descriptions that are wrong are refused with a
message that says what is wrong, and a right one gives the same text twice."""
import os
import subprocess
import sys
import tempfile

GOOD = ("interface thing 3\n# a call\n"
        "call do(u64 a, string s[16], bytes b[8], cap c) -> (u64 x, bytes y[8],\n"
        " page p)\n")
BAD = [
    ("", "does not begin"),
    ("interface thing 0\ncall do()", "does not begin"),
    ("interface thing 3", "no calls"),
    ("interface thing 3\ncall do(u32 a)", "not an argument"),
    ("interface thing 3\ncall do(string s)", "not an argument"),
    ("interface thing 3\ncall do(string s[1])", "bound of s"),
    ("interface thing 3\ncall do(bytes s[481])", "bound of s"),
    ("interface thing 3\ncall do(u64 a, u64 a)", "the same argument twice"),
    ("interface thing 3\ncall do(u64 label)", "cannot have the name label"),
    ("interface thing 3\ncall do()\ncall do()", "is there twice"),
    ("interface thing 3\ncall do(u64 a", "not a call"),
    ("interface thing 3\ncall do(page a)", "can only be an answer"),
    ("interface thing 2147483648\ncall do()", "is above"),
    ("interface thing 3\ncall proto()", "cannot have the name proto"),
    ("interface thing 3\ncall do(" +
     ", ".join(f"cap c{i}" for i in range(9)) + ")", "more than 8"),
    ("interface thing 3\ncall do(string a[400], string b[100])",
     "does not fit"),
    ("interface thing 3\ncall do() -> (bytes a[480], u64 b, u64 c)",
     "does not fit"),
]


def run(tool, folder, text):
    path = os.path.join(folder, "thing.idl")
    with open(path, "w", encoding="utf-8") as f:
        f.write(text)
    return subprocess.run([sys.executable, "-B", tool, path, folder],
                          capture_output=True, text=True, check=False)


def outputs(folder):
    out = []
    for name in ("mklib/thing_calls.h", "thing_client.c", "thing_server.c"):
        with open(os.path.join(folder, name), encoding="utf-8") as f:
            out.append(f.read())
    return out


def main():
    tool, problems = sys.argv[1], []
    with tempfile.TemporaryDirectory() as folder:
        for text, want in BAD:
            result = run(tool, folder, text)
            if result.returncode == 0 or want not in result.stderr:
                problems.append(f"{text!r}: {result.returncode}, "
                                f"{result.stderr.strip()!r}, not {want!r}")
        first = run(tool, folder, GOOD)
        if first.returncode:
            sys.exit(f"the right one is refused: {first.stderr}")
        made = outputs(folder)
        run(tool, folder, GOOD)
        if made != outputs(folder) or "mk_thing_do(" not in made[0]:
            problems.append("the right one gives something else")
    for problem in problems:
        print(problem)
    sys.exit(bool(problems))


if __name__ == "__main__":
    main()
