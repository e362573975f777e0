#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# topology_blind.sh BIN-DIR TOP-STREAMS SANDBOX - `dsi topology` where it may not
# ask for pages says so, and neither that all is right nor that it was mended.
. "${BASH_SOURCE%/*}/../cli/cli_common.sh"

STREAMS=$2
SANDBOX=$3

mkfifo hold
"$STREAMS" cam <hold >own.json 2>streams.err &
streams=$!
exec 3>hold
until_true test -s own.json

dsi topology --check cam >seen.out 2>seen.err || fail "--check: exit $?"
for option in --check --fix; do
	timeout "$LIMIT" "$SANDBOX" --no-binding "$DSI" topology "$option" cam \
		>blind.out 2>blind.err
	code=$?
	[ "$code" -eq 4 ] || fail "$option: exit $code, expected 4"
	grep -q 'data of process .* does not tell' blind.err ||
		fail "$option: another message"
done
exec 3>&-
wait_for "$streams" 0 "the streams"
nothing_left
