#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""check_layers.py - who may include whom, and what the core must not know.

    stream, component -> socket, handshake -> producer, consumer
        -> packet, ring, notify -> port.h

Nothing includes upwards; a file of the data plane includes no header of the
control plane; a port includes port.h and the public headers; dsi/ has no
platform in it.  A new file of dsi/ must be given its place in LAYERS.
dsi/placement/ is a library of its own, with a platform: it includes public
headers and what lies beside it, nothing includes it, and hwloc is known to one
of its files only.
"""
import os
import re

import tree

# From the bottom.  A file may include what is in its own layer or below.
LAYERS = [
    ("port", "port check errno version text time state compiler trace_end"),
    ("ring", "shm_layout bucket histogram stats_page ring notify shm_check packet_table desc traffic need"),
    ("sizing", "wide curve_jcs sizing_private grid jcs jcs_convert reader grid_scan anchored "
     "stall service merge self_timed limit loss area sizing_none"),
    ("data plane", "producer consumer transfer data_plane packet trace_hooks usual_producer "
     "usual_consumer usual_wait"),
    ("socket", "socket socket_private access link wire handshake handshake_producer "
     "handshake_consumer handshake_regions handshake_watch names regions watch event trace_ends"),
    ("stream", "stream stream_private component component_private select "
     "select_private select_words select_threads"),
]
DATA_PLANE = {"ring", "data plane"}
# Public headers that only the control plane has a use for.
CONTROL_HEADERS = {"stream.h", "component.h", "event.h", "regions.h", "watch.h", "dsi.h"}
# Freestanding headers, and the two that every small runtime brings: mem*(),
# static_assert.
CORE_HEADERS = {
    "limits.h", "stdalign.h", "stdarg.h", "stdatomic.h", "stdbool.h",
    "stddef.h", "stdint.h", "stdnoreturn.h", "string.h", "assert.h",
}
FORBIDDEN = re.compile(
    r"(?<![\w.>])(?:(abort|_?exit|Panic|assert|v?[sdf]?n?printf|puts|perror|"
    r"malloc|calloc|realloc|free)\s*\(|(errno)\b)")

INCLUDE = re.compile(r'^[ \t]*#[ \t]*include[ \t]+([<"])([^">]+)[">]', re.M)
DIRECTIVE = re.compile(r"^[ \t]*#[ \t]*(if|ifdef|ifndef|elif)\b[ \t]*(.*)$", re.M)

WITH_SPDX = re.compile(
    r"(\.(c|h|h\.in|py|sh|cmake|cmake\.in|map|pml|yml)|CMakeLists\.txt|"
    r"^(run-assurance|run-demo|run-tests|\.ci/run|\.gitignore))$")


def layer(noun):
    for rank, (name, nouns) in enumerate(LAYERS):
        if noun in nouns.split():
            return rank, name
    return None, None


def stem(path):
    return os.path.basename(path).split(".")[0]


def includes(text):
    plain = tree.code(text, keep_strings=True)
    for match in INCLUDE.finditer(plain):
        yield tree.line_of(plain, match.start()), match.group(1), match.group(2)


def check_guards(path, text):
    """Conditional compilation: header guards and __cplusplus only."""
    guard = re.sub(r"\W", "_", os.path.basename(path)).upper()
    for match in DIRECTIVE.finditer(tree.code(text)):
        kind, condition = match.groups()
        condition = condition.strip()
        if kind == "ifndef" and re.fullmatch(rf"(DSI_)?{guard}", condition):
            continue
        if kind == "ifdef" and condition == "__cplusplus":
            continue
        yield f"{path}:{tree.line_of(text, match.start())}: #{kind} {condition} in dsi/"


def check_core(path, text, public):
    rank, name = layer(stem(path))
    if rank is None:
        yield f"{path}: has no place in LAYERS of tests/lint/check_layers.py"
        return
    for line, quote, header in includes(text):
        place = f"{path}:{line}"
        base = os.path.basename(header)
        if header.startswith("dsi/") and quote == "<":
            if base not in public:
                yield f"{place}: <{header}> is no public header"
            if name in DATA_PLANE and base in CONTROL_HEADERS:
                yield f"{place}: data plane includes <{header}>"
        elif quote == "<":
            if header not in CORE_HEADERS:
                yield f"{place}: <{header}> is not for the core"
        elif not header.startswith("dsi/"):
            yield f'{place}: write "dsi/{header}"'
        else:
            other, other_name = layer(stem(base))
            if other is None:
                yield f"{place}: {header} has no place in LAYERS"
            elif other > rank:
                yield f"{place}: {name} includes {header} of {other_name}"
    yield from check_guards(path, text)
    plain = tree.code(text)
    for match in FORBIDDEN.finditer(plain):
        if plain[plain.rfind("\n", 0, match.start()) + 1:match.start()].lstrip().startswith("#"):
            continue
        yield f"{path}:{tree.line_of(text, match.start())}: {match.group(1) or match.group(2)} in dsi/"


def check_port(path, text, public):
    """kernel-glue: down from dsi/port.h, and what lies beside the file."""
    folder = os.path.dirname(path)
    for line, quote, header in includes(text):
        place = f"{path}:{line}"
        if header.startswith("dsi/") or header.startswith("../"):
            if header == "dsi/port.h" or (quote == "<" and os.path.basename(header) in public):
                continue
            yield f"{place}: a port includes {header}"
        elif quote == '"' and not os.path.isfile(os.path.join(tree.ROOT, folder, header)):
            yield f"{place}: {header} does not lie beside it"


def check_placement(path, text, public):
    for line, quote, header in includes(text):
        place = f"{path}:{line}"
        base = os.path.basename(header)
        if quote == '"':
            if not os.path.isfile(os.path.join(tree.ROOT, "dsi/placement", header)):
                yield f"{place}: {header} does not lie beside it"
        elif header.startswith("dsi/") and base not in public:
            yield f"{place}: <{header}> is no public header"
        elif base == "hwloc.h" and stem(path) != "topology_load":
            yield f"{place}: hwloc is for topology_load.c"


def check_names(names):
    seen = {}
    for name in names:
        base = os.path.basename(name)
        if not base.endswith((".c", ".h")):
            continue
        if not re.fullmatch(r"[a-z0-9_]+\.[ch]", base):
            yield f"{name}: file names are snake_case"
        if base in seen:
            yield f"{name}: same name as {seen[base]}"
        seen[base] = name


def check_spdx(name, text):
    for line in text.split("\n")[:2]:
        if "SPDX-License-Identifier: MIT" in line:
            return
    yield f"{name}: first line lacks SPDX-License-Identifier: MIT"


def main():
    names = tree.files()
    public = {os.path.basename(n).replace(".in", "") for n in names
              if n.startswith("include/dsi/")}
    problems = list(check_names(names))
    for name in names:
        if WITH_SPDX.search(name):
            problems += check_spdx(name, tree.read(name))
        if re.fullmatch(r"dsi/(sizing/)?\w+\.[ch]", name):
            problems += check_core(name, tree.read(name), public)
        if re.fullmatch(r"dsi/placement/\w+\.[ch]", name):
            problems += check_placement(name, tree.read(name), public)
        if re.fullmatch(r"kernel-glue/.*\.[ch]", name):
            problems += check_port(name, tree.read(name), public)
        if re.fullmatch(r"include/dsi/.*", name):
            text = tree.code(tree.read(name))
            for word in ("inline", "_Atomic", "typedef", "bool", "long"):
                if re.search(rf"\b{word}\b", text):
                    problems.append(f"{name}: {word} in a public header")
    tree.finish("layers", problems)


if __name__ == "__main__":
    main()
