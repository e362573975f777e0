#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""documented.py - the codes that each function may return, from the comments of
the public headers, as a table in C.

    documented.py HEADER... > TABLE

What a comment refers to ("as dsi_socket_listen()", "errors of dsi_packet_get()")
counts as well.  A function that hands on the code of somebody else may return any
that has a name.
"""
import re
import sys

ANY = re.compile(r"negative code|first error", re.I)
OTHER = re.compile(r"(?:[Aa]s|errors of|error of)\s+(?:for\s+)?(dsi_\w+)\(\)")


def contracts(text):
    for comment in re.findall(r"/\*\*(.*?)\*/", text, re.S):
        comment = re.sub(r"\n \*", "\n", comment)
        name = re.match(r"\s*(dsi_\w+)", comment)
        answer = re.search(r"^ Return:(.*?)^ [A-Z]\w+:", comment, re.S | re.M)
        if name and answer:
            yield name.group(1), re.sub(r"\s+", " ", answer.group(1))


def main():
    answers = {}
    for path in sys.argv[1:]:
        with open(path, encoding="utf-8") as file:
            answers.update(contracts(file.read()))

    def codes(name, seen):
        if name in seen or name not in answers:
            return set()
        seen.add(name)
        text = answers[name]
        found = set(re.findall(r"-(DSI_E\w+)", text))
        if ANY.search(text):
            found.add("any")
        for other in OTHER.findall(text):
            found |= codes(other, seen)
        return found

    print("/* Made by documented.py. */")
    for name in sorted(answers):
        found = codes(name, set())
        if not found:
            continue
        names = ", ".join(f"-{code}" for code in sorted(found - {"any"}))
        any_code = ", ANY_CODE" if "any" in found else ""
        print(f'{{"{name}", {{{names or "0"}{any_code}}}}},')


if __name__ == "__main__":
    main()
