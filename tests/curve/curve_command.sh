#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# curve_command.sh - `dsi curve`: results, its own JSON read again, refusals.
# shellcheck source=../cli/cli_common.sh
. "$(dirname "$0")/../cli/cli_common.sh"

# is TEXT ARGUMENT... - dsi curve must print TEXT.
is() {
	local want=$1 got

	shift
	got=$(dsi curve "$@" 2>curve.err) || fail "dsi curve $*: exit $?"
	[ "$got" = "$want" ] || fail "dsi curve $*: '$got', expected '$want'"
}

is 4 hdev tb:3,4 rl:4,3
is 13 vdev tb:3,4 rl:4,3
is 115102801965691/149850048000 hdev tb:2441407/1000000000,1 \
	rl:149850048000/12309415288891,27439/40
is "left 4 value 4 right 5" eval jcs:10,50,1 4
is "left 0 value 1 right 1" eval jcs-min:10,50 60
is "left 0 value 0 right 7/2" eval tb:1,3.5 0

# What is printed can be read, and is the same again.
dsi curve leftover rl:1,0 jcs:10,25,3 --json >a.json || fail leftover
dsi curve show file:a.json --json >b.json || fail "show file:"
cmp -s a.json b.json || fail "file: gave another curve"
dsi curve conv rl:10,10 rl:6,6 --json | dsi curve hdev tb:5,25 file:- |
	grep -qx 121/6 || fail "a curve from standard input"
dsi curve vdev --json tb:3,4 rl:4,3 |
	python3 -c 'import json, sys; sys.exit(json.load(sys.stdin)["vdev"] != 13)' ||
	fail "vdev --json"

expect 3 "horizontal deviation is infinite" curve hdev tb:5,4 rl:4,3
expect 3 "vertical deviation is infinite" curve vdev tb:5,4 rl:4,3
expect 3 "deconvolution is infinite" curve deconv tb:5,4 rl:4,3
expect 4 "least common multiple 711822218211111" \
	curve conv jcs:33366667,0,0 jcs:21333333,0,0
expect 4 "--max-segments" curve add --max-segments 10 jcs:7,0,0 jcs:5,0,0
expect 2 "'3ms' is no exact number" curve show tb:1,3ms
expect 2 "too few numbers; write tb:RATE,BURST" curve show tb:1
expect 2 "too many numbers" curve show rl:1,2,3
expect 2 "distance is larger than the period" curve show jcs:10,0,11
expect 2 "no curve; write tb:" curve show foo
expect 2 "did you mean conv" curve cnov tb:1,1 tb:1,1
expect 2 "write: hdev" curve hdev tb:1,1
expect 2 "cannot open" curve show file:not-there

# refused TEXT JSON - a file that is no curve.
refused() {
	printf '%s\n' "$2" >bad.json
	expect 2 "$1" curve show file:bad.json
}

refused "no JSON" '{"pieces": ['
refused 'array "pieces"' '{}'
refused '"from" is missing' '{"pieces": [{"x":0,"value":0}]}'
refused "first piece at 0" \
	'{"pieces": [{"x":1,"value":0}],"from":2,"period":1,"increment":0}'
refused "does not come after" \
	'{"pieces": [{"x":0,"value":0},{"x":0,"value":1}],"from":2,"period":1,"increment":0}'
refused '"period" more than 0' \
	'{"pieces": [{"x":0,"value":0}],"from":2,"period":0,"increment":0}'
refused "first period ends" \
	'{"pieces": [{"x":0,"value":0},{"x":3,"value":1}],"from":2,"period":1,"increment":0}'
refused 'no member "rihgt"' \
	'{"pieces": [{"x":0,"value":0,"rihgt":1}],"from":2,"period":1,"increment":0}'
refused "no exact number" \
	'{"pieces": [{"x":0,"value":"a"}],"from":2,"period":1,"increment":0}'
printf '%s\n' '{"pieces": [{"x":0,"value":0,"slope":-1}],"from":0,"period":1,"increment":-1}' >down.json
expect 2 "first curve decreases" curve hdev file:down.json tb:1,1

dsi curve conv jcs:10,5,2 rl:1,3 --plot c.gp >/dev/null || fail "--plot c.gp"
grep -q "title 'jcs:10,5,2'" c.gp || fail "the plot lacks an operand"
expect 2 "does not end in .svg" curve show tb:1,1 --plot c.png
expect 1 "smaller --until" curve show jcs:1,0,0 --until 1000000000 --plot c.gp
