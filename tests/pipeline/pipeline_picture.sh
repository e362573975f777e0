#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# pipeline_picture.sh - the graph with its numbers, as SVG and for graphviz.
. "$(dirname "$0")/../cli/cli_common.sh"

# Graphviz and its plugins keep memory to the end.
export ASAN_OPTIONS=${ASAN_OPTIONS:+$ASAN_OPTIONS:}detect_leaks=0

cat >graph.conf <<'END'
sources = ( { name = "a<b>&\\"; period = "10ms"; jitter = "2ms"; packet = 1024; } );
stages = ( { name = "mid"; inputs = ("a<b>&\\", { from = "back"; tokens = 1; }); worst = "3ms"; packet = 1024; },
           { name = "back"; input = "mid"; worst = "2ms"; } );
sinks = ( { name = "end"; input = { from = "mid"; policy = "reclaim"; }; pace = "grid"; hold = "1T"; } );
END
dsi pipeline --svg graph.svg --dot graph.dot graph.conf >/dev/null || fail "exit $?"
python3 - <<'END' || fail "picture"
import xml.etree.ElementTree as tree
texts = [t.text for t in tree.parse("graph.svg").iter("{http://www.w3.org/2000/svg}text")]
for wanted in ("a<b>&\\", "mid", "every 10 ms", "1 at the start", "may be overwritten",
               "ring: 1 slot, 1 KiB"):
    assert wanted in texts, (wanted, texts)
END
grep -q 'digraph' graph.dot || fail "no graph"
expect 1 'cannot draw' pipeline --svg /nowhere/at/all.svg graph.conf
