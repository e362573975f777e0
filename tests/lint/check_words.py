#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""check_words.py - the tree speaks to its users: no paths of one machine, no
words about how it was made."""
import re

import tree

WORDS = [
    (r"/work/", "path of one machine"),
    (r"/home/\w+/", "path of one machine"),
    (r"(?i)sub[-_ ]?agent", "word about the making"),
    (r"\bC[E]O\b", "word about the making"),
]


def main():
    problems = []
    for name in tree.files():
        if name == "tests/lint/check_words.py":
            continue
        try:
            text = tree.read(name)
        except UnicodeDecodeError:
            continue
        for pattern, what in WORDS:
            for match in re.finditer(pattern, text):
                problems.append(f"{name}:{tree.line_of(text, match.start())}: "
                                f"{what}: {match.group()}")
    tree.finish("words", problems)


if __name__ == "__main__":
    main()
