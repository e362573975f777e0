#!/bin/bash
# SPDX-License-Identifier: MIT
# A reader of another user is refused in clear words; the stream goes on.
. "$(dirname "$0")/cli_common.sh"

[ "$(id -u)" -eq 0 ] || skip "needs root, to become another user"
command -v setpriv >/dev/null || skip "needs setpriv"

stranger() {
	timeout --foreground "$LIMIT" setpriv --reuid=65534 --regid=65534 \
		--clear-groups "$DSI" "$@"
}

# The refusal shall come from the access rule, not from a folder.
chmod 0755 "$WORK"
stranger --version >/dev/null 2>&1 ||
	skip "another user cannot run $DSI"

seq 1 1000000 >in
mkfifo gate
(head -c 3000000 in; read -r _ <gate; tail -c +3000001 in) |
	dsi send secret 2>send.err &
sender=$!
dsi recv secret >out 2>recv.err &
receiver=$!
until_true committed secret 1

stranger recv secret --timeout 5 >stolen 2>stranger.err
code=$?
[ $code -eq 4 ] || fail "the stranger got exit $code, expected 4"
grep -q "^dsi recv: secret: .*does not admit" stranger.err ||
	fail "the stranger was not told why"
[ -s stolen ] && fail "the stranger got data"

stranger list >list.out 2>list.err || fail "the stranger cannot list: exit $?"
grep -q "no permission" list.out || fail "the list does not say (no permission)"

echo go >gate
wait_for $receiver 0 "first recv"
wait_for $sender 0 send
cmp in out || fail "the first stream was disturbed"
grep -q . send.err recv.err && fail "the first stream complained"

# Who is admitted, gets in.
dsi send open --access all in 2>send.err &
sender=$!
until_true committed open 0
stranger recv open >out 2>stranger.err || fail "--access all: exit $?"
wait_for $sender 0 "send --access all"
cmp in out || fail "--access all: the bytes differ"

dsi send open --group 65534 in 2>send.err &
sender=$!
until_true committed open 0
stranger recv open >out 2>stranger.err || fail "--group: exit $?"
wait_for $sender 0 "send --group"
cmp in out || fail "--group: the bytes differ"
