#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# tutorial.sh BIN-DIR ROOT - the commands of docs/tutorial-sizing.md print what
# the tutorial says they print.
. "$(dirname "$0")/cli_common.sh"
ROOT=$2
TEXT=$ROOT/docs/tutorial-sizing.md

# A command is a line "    $ dsi ..."; its output follows up to the first line
# that is not indented by four spaces (blank lines within it count).
python3 - "$TEXT" >commands <<'END' || fail "extraction"
import re, sys
text = open(sys.argv[1]).read()
blocks = re.findall(r"^    \$ (dsi .*)\n((?:    .*\n|\n(?=    ))*)", text, re.M)
for n, (command, output) in enumerate(blocks):
    lines = [line[4:] for line in output.rstrip("\n").split("\n")]
    open(f"{n}.expected", "w").write("\n".join(lines) + "\n")
    print(command)
END
[ "$(wc -l <commands)" -ge 5 ] || fail "only $(wc -l <commands) commands found"

n=0
while read -r command; do
	(cd "$ROOT" && eval "$command") </dev/null 2>&1 | sed 's/ *$//' >"$n.out"
	diff -u "$n.expected" "$n.out" >&2 || fail "$command"
	n=$((n + 1))
done <commands
echo "$n commands"
