#!/bin/bash
# SPDX-License-Identifier: MIT
# `dsi list` for people and for programs.
. "$(dirname "$0")/cli_common.sh"

dsi list >list.out 2>list.err || fail "empty list: exit $?"
[ -s list.out ] && fail "an empty list printed something"
dsi list --json | python3 -c 'import json; assert json.load(open(0)) == []' ||
	fail "an empty list is not an empty array in JSON"
expect 3 "nobody" list nobody

mkfifo feed
"$DSI" send cam --frame-bytes 1000 --packets 7 --lifetime 1.5s \
	--rate 59.94 --format 'text/x-"quoted"' <feed 2>send.err &
sender=$!
exec 3>feed
dsi recv cam >out 2>recv.err 3>&- &
receiver=$!
head -c 5000 /dev/zero >&3
until_true committed cam 5

dsi list >list.out 2>list.err || fail "list: exit $?"
head -n 1 list.out |
	grep -qE '^NAME +STATE +OWNER +CONSUMERS +PACKETS +SLOTS +BYTES/SLOT +FORMAT$' ||
	fail "the titles are others: $(head -n 1 list.out)"
grep -qE "^cam +running +$sender/[^ ]+ +1 +5 +7 +1000 +text/x-\"quoted\"$" \
	list.out || fail "the row is another: $(sed -n 2p list.out)"
[ "$(wc -l <list.out)" -eq 2 ] || fail "not two lines"

dsi list --json >list.json 2>list.err || fail "list --json: exit $?"
python3 -m json.tool list.json >/dev/null || fail "that is no JSON"
python3 - "$sender" <<'END' || fail "the JSON says something else"
import json, sys
stream, = json.load(open("list.json"))
want = dict(name="cam", state="running", consumers=1, committed=5, packets=7,
            packet_bytes=1000, lifetime_ns=1500000000,
            tick_hz=5994, period_ticks=100, jitter_ticks=0,
            period_ns=16683350, jitter_ns=0,
            format='text/x-"quoted"')
for key, value in want.items():
    assert stream[key] == value, (key, stream[key], value)
assert stream["owner"]["pid"] == int(sys.argv[1])
END

# A second producer of the name is refused and told what to do.
expect 1 "choose another name" send cam --wait-consumers 0

exec 3>&-
wait_for $sender 0 send
wait_for $receiver 0 recv
[ -z "$(dsi list)" ] || fail "the stream is listed after its end"

# A closed output is an error, not a success.
dsi list --json >/dev/full 2>full.err && fail "a full output is no error"
grep -q "standard output" full.err || fail "nothing said of a full output"
