#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# topology.sh BIN-DIR TOP-STREAMS - `dsi topology` on this machine: all pages of
# a stream are found, in each form; who may not know is told so.  Machines with
# several nodes are emulated, see tests/numa/.
. "${BASH_SOURCE%/*}/cli_common.sh"

STREAMS=$2

dsi topology >none.out 2>none.err || fail "no streams: exit $?"
head -n 1 none.out | grep -q '^NODE PACKAGE' || fail "no table of nodes"
grep -q '^NAME' none.out && fail "streams where there are none"
expect 3 "nobody" topology nobody
expect 2 "too many" topology one two

# Nothing is planned, and nothing moved, by the nodes of another machine.
HWLOC_SYNTHETIC='node:3 pu:2' dsi topology >other.out 2>other.err &&
	fail "the nodes of another machine: $(cat other.out)"
grep -q 'unset HWLOC_XMLFILE' other.err || fail "another machine: no reason"

mkfifo hold
"$STREAMS" cam <hold >own.json 2>streams.err &
streams=$!
exec 3>hold
until_true test -s own.json

dsi topology --json cam >topology.json 2>topology.err ||
	fail "topology --json: exit $?"
python3 - "$streams" <<'END_CHECK' || fail "the JSON is another"
import json, re, sys
said = json.load(open("topology.json"))
pid = int(sys.argv[1])
stream, = said["streams"]
regions = stream["regions"]
assert stream["name"] == "cam"
assert sorted(r["region"] for r in regions) == [
    "control", "data", "page", "page", "signal", "signal"]
assert {r["label"] for r in regions} == {"", "reader", "viewer"}
for r in regions:
    found = sum(n["pages"] for n in r["nodes"]) + r["absent"]
    assert r["pages"] > 0 and found == r["pages"], r
    assert r["absent"] == 0 and r["of"]["pid"] == pid, r
# The kernel has a mapping of that size at each address.
maps = {}
for line in open(f"/proc/{pid}/maps"):
    m = re.match(r"([0-9a-f]+)-([0-9a-f]+) ...s", line)
    if m:
        maps[int(m[1], 16)] = int(m[2], 16)
for r in regions:
    at, end = r["address"], r["address"] + r["bytes"]
    while at < end and at in maps:
        at = maps[at]
    inside = any(a <= r["address"] and end <= b for a, b in maps.items())
    assert inside or at >= end, r
cpus = {c["node"] for c in said["cpus"]}
assert cpus <= {n["node"] for n in said["nodes"]}
if len(said["nodes"]) == 1:
    assert said["misplaced"] == 0
END_CHECK

dsi topology cam >table.out 2>table.err || fail "topology: exit $?"
[ "$(grep -cE '^cam +(control|data|signal|page) +[0-9]' table.out)" -eq 6 ] ||
	fail "not six regions in the table"
# Each column is explained.
dsi topology --help >help.out
for column in $(grep '^NAME' table.out); do
	grep -qE "^ +$column  +[a-z]" help.out || fail "--help: no $column"
done

# What was asked for, by the program or its user, is what should be; a node that
# is not there is nobody's place, and nothing can be moved to it.
# asked NAME PLAN REASON - the stream's line of the data area, and the reason.
asked() {
	local at

	dsi topology --check "$1" >asked.out 2>asked.err ||
		fail "$1: --check: exit $?: $(cat asked.out)"
	at=$(awk '$1 == "'"$1"'" && $2 == "data" && $3 ~ /^[0-9]+$/ { print $5 }' \
		asked.out)
	[ "$at" = "$2" ] || fail "$1: PLAN is '$at': $(cat asked.out)"
	grep -qF "$3" asked.out || fail "$1: another reason: $(cat asked.out)"
}
mkfifo held
"$DSI" send --raw --placement node:1000 nowhere <held 2>nowhere.err &
nowhere=$!
"$DSI" send --raw --placement node:0 here <held 2>here.err &
here=$!
DSI_PLACEMENT=none "$DSI" send --raw left <held 2>left.err &
left=$!
exec 4>held
for name in nowhere here left; do
	until_true dsi topology "$name" >/dev/null 2>&1
done
asked nowhere - 'the node that was asked for is not there'
asked here 0 'the node was asked for'
asked left - 'no placement is wanted'
dsi topology --fix nowhere >/dev/null 2>fix.err || fail "--fix: $(cat fix.err)"
kill "$nowhere" "$here" "$left"
exec 4>&-
wait "$nowhere" "$here" "$left"

# Pictures: hwloc can read its own, and each region is in it.
dsi topology --picture out.xml cam >/dev/null 2>xml.err ||
	fail "--picture out.xml: $(cat xml.err)"
[ "$(grep -c 'type="Misc".* name="cam ' out.xml)" -eq 6 ] ||
	fail "not six regions in out.xml"
if command -v lstopo-no-graphics >/dev/null; then
	dsi topology --picture out.svg cam >/dev/null 2>svg.err ||
		fail "--picture out.svg: $(cat svg.err)"
	grep -q 'cam data: ' out.svg || fail "no data area in out.svg"
fi
[ "$(find . -name 'out.*' | wc -l)" -le 2 ] || fail "files were left"
expect 1 "must end in" topology --picture out.png cam
expect 1 "out.xml" topology --picture /nowhere/out.xml cam

# Nobody else may know.  Root may always look.
if [ "$(id -u)" -eq 0 ] && command -v setpriv >/dev/null; then
	chmod 0755 "$WORK"
	chmod 0777 "$DSI_RUNTIME_DIR"/cam
	setpriv --reuid=65534 --regid=65534 --clear-groups \
		timeout "$LIMIT" "$DSI" topology >denied.out 2>denied.err ||
		fail "as nobody: exit $?"
	grep -q '^cam  *(no permission)$' denied.out ||
		fail "as nobody: $(cat denied.out)"
	setpriv --reuid=65534 --regid=65534 --clear-groups \
		timeout "$LIMIT" "$DSI" topology cam >/dev/null 2>denied.err
	[ $? -eq 4 ] || fail "cam, as nobody: another exit code"
fi

exec 3>&-
wait_for "$streams" 0 "the streams"
dsi topology --json >/dev/full 2>full.err && fail "a full output is no error"
nothing_left
