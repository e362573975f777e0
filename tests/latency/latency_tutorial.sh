#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# latency_tutorial.sh BIN-DIR MAKER ROOT - the commands of
# docs/tutorial-tracing.md print what the tutorial says they print.
. "$(dirname "$0")/../cli/cli_common.sh"
TEXT=$3/docs/tutorial-tracing.md
PATH=$BIN:$(dirname "$2"):$PATH

# A command is a line "    $ COMMAND"; its output follows up to the first line
# that is not indented by four spaces (blank lines within it count).
python3 - "$TEXT" >commands <<'END' || fail "extraction"
import re, sys
text = open(sys.argv[1]).read()
blocks = re.findall(r"^    \$ (.*)\n((?:    (?!\$).*\n|\n(?=    (?!\$)))*)", text, re.M)
for n, (command, output) in enumerate(blocks):
    lines = [line[4:] for line in output.rstrip("\n").split("\n")]
    open(f"{n}.expected", "w").write("\n".join(lines) + "\n" if any(lines) else "")
    print(command)
END
[ "$(wc -l <commands)" -ge 7 ] || fail "only $(wc -l <commands) commands found"
dsi latency --html x missing 2>&1 | grep -q "was built without" &&
	skip "no libjs-chart.js when this was built"

n=0
while read -r command; do
	eval "$command" </dev/null 2>&1 | sed 's/ *$//' >"$n.out"
	diff -u "$n.expected" "$n.out" >&2 || fail "$command"
	n=$((n + 1))
done <commands
[ -s report.html ] || fail "no page"
echo "$n commands"
