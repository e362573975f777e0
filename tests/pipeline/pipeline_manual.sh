#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# pipeline_manual.sh - the example of dsi-pipeline(1) is one, and every key of
# the format is in the manual.
. "$(dirname "$0")/../cli/cli_common.sh"
PAGE=$2/docs/man/dsi-pipeline.1

sed -n '/^name  = "studio"/,/^\.Ed/p' "$PAGE" | grep -v '^\.Ed' >studio.conf
dsi pipeline studio.conf >studio.out || fail "the example: exit $?"
dsi pipeline --json --budget 32MiB studio.conf >studio.json ||
	fail "the example with a budget: exit $?"
grep -q '^display .*<= ~57.367 ms$' studio.out || fail "another latency"
grep -o '^	{"[a-z-]*"' "$2/analysis/pipeline/pipeline_keys.c" | tr -d '\t{"' |
	while read -r key; do
		grep -q "^\.It Ic .*\b$key\b" "$PAGE" || fail "no word about $key"
	done || exit 1
