#!/bin/bash
# SPDX-License-Identifier: MIT
# demo_runs.sh PROGRAM - a demo ends by itself with 0 and leaves nothing in
# the place of names.
set -u

work=$(mktemp -d "${TMPDIR:-/tmp}/dsi-demo.XXXXXX")
trap 'rm -rf "$work"' EXIT
export DSI_RUNTIME_DIR=$work/run
mkdir -m 0755 "$DSI_RUNTIME_DIR"

timeout --foreground "${DSI_TEST_LIMIT:-100}" "$1" </dev/null
code=$?
if [ "$code" -ne 0 ]; then
	echo "FAIL: exit $code" >&2
	exit 1
fi
left=$(ls -A "$DSI_RUNTIME_DIR")
if [ -n "$left" ]; then
	echo "FAIL: left in the place of names: $left" >&2
	exit 1
fi
