#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# topology_hole.sh BIN-DIR EVIL-REGIONS - a producer that has mapped more than the
# machine has memory, all of it a hole, does not keep `dsi topology` busy.
. "${BASH_SOURCE%/*}/cli_common.sh"

mkfifo hold
"$2" hole evil <hold 2>evil.err &
evil=$!
exec 3>hold
until_true test -e "$DSI_RUNTIME_DIR"/evil

dsi topology evil >hole.out 2>hole.err || fail "exit $?"
grep -qE '^evil +data .*violated' hole.out || fail "$(cat hole.out)"
exec 3>&-
wait_for "$evil" 0 "the liar"
