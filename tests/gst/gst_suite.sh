#!/bin/bash
# SPDX-License-Identifier: MIT
# gst_suite.sh GST_SUITE PLUGIN_FOLDER [leaks | mutant CASE WORDS] - run the suite
# in a place of names of its own; with `leaks`, no object may be left at the end;
# with `mutant`, CASE has to fail with WORDS.
set -eu

suite=$1
plugins=$2
what=${3:-}
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
export GST_PLUGIN_PATH="$plugins" DSI_RUNTIME_DIR="$folder"
export GST_REGISTRY="$folder/registry" GST_PLUGIN_LOADING_WHITELIST=

if [ "$what" = mutant ]; then
	if GST_CHECKS=$4 "$suite" >"$folder/log" 2>&1; then
		echo "gst.mutant: nobody noticed"
		exit 1
	fi
	grep "$5" "$folder/log" || { cat "$folder/log"; exit 1; }
	exit
fi
if [ "$what" != leaks ]; then
	"$suite"
	exit
fi
# One process, so that the tracer sees the end of all of it.
export CK_FORK=no GST_TRACERS=leaks GST_DEBUG=GST_TRACER:7
"$suite" 2>"$folder/log" || { cat "$folder/log"; exit 1; }
grep -q 'new format string: object-alive' "$folder/log" || {
	echo "gst.leaks: the tracer said nothing"
	exit 1
}
if grep 'object-alive, type-name=(string)[^%]' "$folder/log"; then
	echo "gst.leaks: these objects are left"
	exit 1
fi
