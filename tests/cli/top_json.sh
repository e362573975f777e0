#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# top_json.sh BIN-DIR TOP-STREAMS - `dsi top --once --json` says what the sockets say of
# themselves; who is killed disappears, and who may not look is told.
. "${BASH_SOURCE%/*}/cli_common.sh"

STREAMS=$2

once() {
	dsi top --once --interval 10ms "$@"
}

once >top.out 2>top.err || fail "no streams: exit $?"
[ -s top.out ] && fail "no streams, but something was printed"
once --json | python3 -c 'import json; assert json.load(open(0)) == []' ||
	fail "no streams are not an empty array"
expect 3 "nobody" top --once --interval 10ms nobody

mkfifo hold
"$STREAMS" cam <hold >own.json 2>streams.err &
streams=$!
exec 3>hold
until_true test -s own.json

once --json >top.json 2>top.err || fail "top --json: exit $?"
python3 - "$streams" <<'END' || fail "the figures are others"
import json, sys
own = json.load(open("own.json"))
stream, = json.load(open("top.json"))
assert stream["name"] == "cam", stream["name"]
assert stream["owner"]["pid"] == int(sys.argv[1])
assert stream["packets_per_s"] == 0, "it has stopped"
seen = {c["label"]: c for c in stream["consumers"]}
assert sorted(seen) == ["reader", "viewer"], seen
seen["producer"] = stream
for who, want in own.items():
    for key, value in want.items():
        assert seen[who][key] == value, (who, key, seen[who][key], value)
assert own["reader"]["stamped"] == 35 and own["reader"]["hold_max_ns"] > 0
assert own["reader"]["latency_p50_ns"] > 0
assert seen["reader"]["backlog"] == 5, seen["reader"]["backlog"]
assert stream["backlog"] == 5
assert seen["reader"]["policy"] == "block"
assert seen["viewer"]["policy"] == "drop"
assert seen["viewer"]["undelivered"] == stream["dropped"] == 37
assert seen["viewer"]["backlog"] == 2, seen["viewer"]["backlog"]
assert seen["viewer"]["peer"]["pid"] == int(sys.argv[1])
assert stream["packets"] == 16 and stream["packet_bytes"] == 1000
END

# The table: the same stream, 80 columns, no terminal.
dsi top --interval 10ms >top.out 2>top.err || fail "top: exit $?"
[ "$(wc -l <top.out)" -eq 4 ] || fail "not a title and three lines"
head -n 1 top.out | grep -qE '^NAME +PID KIND +PKT/S BYT/S BACK HIGH +P50 +P99 +MAX DROPS WAITS$' ||
	fail "the titles are others: $(head -n 1 top.out)"
awk 'length > 80 { exit 1 }' top.out || fail "a line of more than 80 columns"
grep -qE "^cam +$streams stop +0 +0 +5 +[0-9]+ +- +- +- +37 +[0-9]+$" top.out ||
	fail "the producer's line is another: $(sed -n 2p top.out)"
grep -qE "^  reader +$streams block +0 +0 +5 +1 +[0-9.]+[a-z]+ +[0-9.]+[a-z]+ +[0-9.]+[a-z]+ +0 " top.out ||
	fail "the reader's line is another: $(sed -n 3p top.out)"

# Each column is explained.
dsi top --help >help.out
for column in $(head -n 1 top.out); do
	grep -qE "^ +$column  +[a-z]" help.out || fail "--help: no $column"
done

# Without permission there is no look.  Root may always look.
if [ "$(id -u)" -eq 0 ] && command -v setpriv >/dev/null; then
	chmod 0755 "$WORK"
	setpriv --reuid=65534 --regid=65534 --clear-groups \
		timeout "$LIMIT" "$DSI" top --once --interval 10ms \
		>denied.out 2>denied.err || fail "as nobody: exit $?"
	grep -q '^cam  *(no permission)$' denied.out ||
		fail "as nobody: $(cat denied.out)"
fi

# Watched live, then killed: it disappears.
"$DSI" top --json --interval 10ms >live.json 2>live.err &
live=$!
until_true grep -q '"cam"' live.json
kill -KILL "$streams"
wait "$streams" 2>/dev/null
exec 3>&-
gone() {
	[ "$(tail -n 1 live.json)" = "[]" ]
}
until_true gone
kill -TERM "$live"
wait_for "$live" 143 "top --json"
[ -z "$(once)" ] || fail "a stream that was killed is shown"

dsi top --once --json >/dev/full 2>full.err && fail "a full output is no error"
expect 2 "too short" top --interval 1ms
