#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""check_edges.py - every atomic access says which ordering edge it is part of.

Edges are declared in the top comment of a file of dsi/, after the words
"Ordering edges"; who repeats one in another file uses the same words:

     *   R1  publish: commit store-release -> look: commit load-acquire

A file may use the edges that it declares, or that a header it includes
declares.  A site is a call of an atomic_*() function.  A comment on it, or
ending at most three lines above it with no other site in between, holds

    R1: ...             a declared edge: for release, acquire, seq_cst
    relaxed: reason     for relaxed

Beyond that: every order is spelled out; an edge has both its ends; a
function named by "pairs with f()" exists; fences stand only where FENCES says
so, seq_cst belongs to the edges of SEQ_CST; no volatile, no __sync, no
__atomic.

usage: check_edges.py [FILE...]     default: dsi/*.c dsi/*.h
"""
import os
import re
import sys

import tree

# (file, function): order of the fence that stands in it.
FENCES = {
    ("notify.h", "dsi__notify_fence"): "seq_cst",
    ("ring.h", "dsi__ring_revoke"): "release",
    ("ring.h", "dsi__ring_still_valid"): "acquire",
}
# Edges of which each side stores its own word and then loads the other's: one
# of the two must see the other, which takes a total order.
SEQ_CST = {"N2", "P3"}
NO_SITE = {"atomic_init", "atomic_is_lock_free"}
ABOVE = 3

CALL = re.compile(r"\b(atomic_\w+)\s*\(")
EDGE = re.compile(r"^[ /]\*   ([A-Z]\d+)  (.+(?:\n \*      .+)*)", re.M)
TAG = re.compile(r"\b([A-Z]\d+)\b(?=[^:.;()]*:)")
RELAXED = re.compile(r"\brelaxed:\s+\w+\W+\w+")
ORDER = re.compile(r"\bmemory_order_(\w+)\b")
FORBIDDEN = re.compile(r"\b(volatile|asm|__asm__|__sync_\w+|__atomic_\w+|atomic_signal_fence)\b")


class Source:
    def __init__(self, name, text):
        self.name = os.path.basename(name)
        self.path = name
        self.text = text
        self.code = tree.code(text)
        self.comments = tree.comments(text)
        self.includes = [os.path.basename(i) for i in
                         re.findall(r'^\s*#\s*include\s+"([^"]+)"', text, re.M)]
        self.edges = self.declared()
        self.functions = self.defined()

    def at(self, position):
        return f"{self.path}:{tree.line_of(self.text, position)}"

    def declared(self):
        """Edges of the top comment: id -> text."""
        for _, _, comment in self.comments[:3]:
            start = comment.find("Ordering edges")
            if start >= 0:
                return {e: t for e, t in EDGE.findall(comment[start:])}
        return {}

    def defined(self):
        """(position of the body, name) of each function, in order."""
        found = []
        for match in re.finditer(r"^[A-Za-z_][^;{}#=]*?\b(\w+)\s*\([^;{}]*\)\s*\{", self.code, re.M):
            found.append((match.end(), match.group(1)))
        return found

    def function_at(self, position):
        name = ""
        for start, function in self.functions:
            if start > position:
                break
            name = function
        return name

    def argument_text(self, opening):
        """Text between the parenthesis at `opening` and its partner."""
        depth = 0
        for i in range(opening, len(self.code)):
            if self.code[i] == "(":
                depth += 1
            elif self.code[i] == ")":
                depth -= 1
                if depth == 0:
                    return self.code[opening + 1:i], i + 1
        return self.code[opening + 1:], len(self.code)

    def statement(self, position):
        """(start, end) of the statement or declaration around position."""
        start = max(self.code.rfind(c, 0, position) for c in ";{}") + 1
        ends = [e for e in (self.code.find(c, position) for c in ";{}") if e >= 0]
        return start, min(ends) if ends else len(self.code)


def sites(source):
    found = []
    for match in CALL.finditer(source.code):
        if match.group(1) in NO_SITE:
            continue
        line = source.code[source.code.rfind("\n", 0, match.start()) + 1:match.start()]
        if re.match(r"\s*#\s*define\s+$", line):
            continue
        arguments, end = source.argument_text(match.end() - 1)
        found.append((match.start(), end, match.group(1), arguments))
    return found


def label(source, site, previous_end):
    """The comments that speak about a site."""
    start, end = site[0], site[1]
    _, statement_end = source.statement(start)
    line = tree.line_of(source.text, start)
    last_line = tree.line_of(source.text, max(end, statement_end))
    near = []
    for first, after, text in source.comments:
        ends_at = tree.line_of(source.text, after - 1)
        if ends_at > last_line or ends_at < line - ABOVE:
            continue
        if "Ordering edges" in text:
            continue    # declares, says nothing about this site
        if first < previous_end and after <= start:
            continue    # speaks about an earlier site
        near.append(text)
    return "\n".join(near)


def words(text):
    """The first line of a declaration, without its layout."""
    return text.split("\n")[0].split()


def check(sources):
    problems = []
    where = {}          # edge -> sources that declare it
    ends = {}           # edge -> set of ends found
    by_name = {s.name: s for s in sources}
    functions = {f for s in sources for _, f in s.functions}
    fences = dict(FENCES) if any(s.name in {f for f, _ in FENCES} for s in sources) else {}

    for source in sources:
        for edge, text in source.edges.items():
            if edge not in where:
                where[edge] = []
                ends[edge] = set()
            elif words(text) != words(where[edge][0].edges[edge]):
                problems.append(f"{source.path}: edge {edge} is another one in "
                                f"{where[edge][0].path}")
            where[edge].append(source)

    def visible(source, seen):
        if source.name in seen:
            return seen
        seen.add(source.name)
        for include in source.includes:
            if include in by_name:
                visible(by_name[include], seen)
        return seen

    for source in sources:
        usable = visible(source, set())
        for match in FORBIDDEN.finditer(source.code):
            problems.append(f"{source.at(match.start())}: {match.group(1)} is not for dsi/")
        previous_end = 0
        previous_statement = None
        for site in sites(source):
            start, end, name, arguments = site
            place = source.at(start)
            orders = ORDER.findall(arguments)
            statement = source.statement(start)
            if statement != previous_statement:
                near = label(source, site, previous_end)
            previous_statement, previous_end = statement, end
            tags = [t for t in TAG.findall(near) if t in where]
            for unknown in {t for t in TAG.findall(near)} - set(where):
                if re.search(r"\b%s:" % unknown, near):
                    problems.append(f"{place}: edge {unknown} is declared nowhere")
            fence = name == "atomic_thread_fence"
            if not orders:
                problems.append(f"{place}: {name} without explicit memory order")
                continue
            function = source.function_at(start)
            if fence:
                allowed = fences.get((source.name, function))
                if allowed != orders[0]:
                    problems.append(f"{place}: no {orders[0]} fence is allowed in {function}()")
                fences.pop((source.name, function), None)
            elif ("seq_cst" in orders and not set(tags) & SEQ_CST) or "consume" in orders:
                problems.append(f"{place}: {name} with {orders[0]}")
            if set(orders) == {"relaxed"}:
                if not RELAXED.search(near):
                    problems.append(f"{place}: relaxed without `relaxed: reason`")
                continue
            if not tags:
                problems.append(f"{place}: {name} ({', '.join(orders)}) names no declared edge")
            for tag in tags:
                if not usable & {s.name for s in where[tag]}:
                    problems.append(f"{place}: edge {tag} is declared in "
                                    f"{where[tag][0].path}, which is not included")
                for order in orders:
                    if order in ("release", "acq_rel", "seq_cst"):
                        ends[tag].add("release")
                    if order in ("acquire", "acq_rel", "seq_cst"):
                        ends[tag].add("acquire")
            for partner in re.findall(r"pairs\s+(?:\*\s+)?with\s+(?:\*\s+)?(\w+)\(\)", near):
                if partner not in functions:
                    problems.append(f"{place}: pairs with {partner}(), which is not there")

    for edge, found in ends.items():
        for end in sorted({"release", "acquire"} - found):
            problems.append(f"{where[edge][0].path}: edge {edge} has no {end} end")
    for (name, function), order in fences.items():
        problems.append(f"{name}: {function}() should hold: {order} fence")
    return problems


def main():
    names = sys.argv[1:] or [n for n in tree.files()
                             if re.fullmatch(r"dsi/\w+\.[ch]", n)]
    tree.finish("edges", check([Source(n, tree.read(n)) for n in names]))


if __name__ == "__main__":
    main()
