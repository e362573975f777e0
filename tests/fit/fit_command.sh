#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# fit_command.sh - `dsi fit`: formats, units, checks, and what is no recording.
# shellcheck source=../cli/cli_common.sh
. "$(dirname "$0")/../cli/cli_common.sh"

# member FILE KEY... - a member of a JSON file, found by its keys.
member() {
	python3 -c '
import json, sys
value = json.load(open(sys.argv[1]))
for key in sys.argv[2:]:
    value = value[int(key)] if isinstance(value, list) else value[key]
print(value)' "$@"
}

# is WANT FILE KEY...
is() {
	local want=$1 got

	shift
	got=$(member "$@")
	[ "$got" = "$want" ] || fail "$*: '$got', expected '$want'"
}

# Late by 0, 3, 0, 1, 2 ms on a grid of 20 ms; packet 3 is missing.
printf '%s\n' 100 123 140 181.5 202 >t.txt
printf '%s\n' seq,commit_ms,x '0,100,"a,b"' 1,123,c 2,140, 4,181.5, 5,202, >t.csv
printf '%s\n' '{"n":0,"t":100}' '{"n":1,"t":123}' '{"n":2,"t":140}' \
	'{"n":4,"t":181.5}' '{"n":5,"t":202}' >t.jsonl
for format in "t.csv --column commit_ms --seq seq" \
	"t.csv --column 2 --seq 1" "t.jsonl --unit ms --column t --seq n"; do
	# shellcheck disable=SC2086 # options
	dsi fit $format --period 20ms --json >a.json || fail "fit $format"
	is 3000000 a.json result jitter_ns
	is 17000000 a.json result distance_ns
	is 100000000 a.json result offset_ns
	is 1 a.json input missing
	is 1 a.json result latest packet
	is observed a.json status
done
dsi fit - --format csv --column commit_ms --seq seq --json <t.csv >b.json ||
	fail "fit from standard input"
is 20000000 b.json result period_ns
is 3000000 b.json result jitter_ns
dsi fit t.txt --unit ms --period 20ms --json >c.json || fail "fit t.txt"
is 22000000 c.json result jitter_ns

# Exact: 90 kHz ticks, and decimals that binary fractions do not have.
printf '%s\n' 0 3003 6006 9009 >rtp.txt
dsi fit rtp.txt --unit 1/90000s --json >d.json || fail "fit rtp.txt"
is 100100000/3 d.json result period_ns
is 0 d.json result jitter_ns
printf '%s\n' 0.1s 0.3s 0.5000000000001s >exact.txt
dsi fit exact.txt --period 200ms --json >e.json || fail "fit exact.txt"
is 1/10000 e.json result jitter_ns

# Sequence numbers of 16 bits.
printf '%s\n' seq,t_ms 65534,0 65535,20 1,60 2,80 >wrap.csv
dsi fit wrap.csv --column t_ms --seq seq --seq-bits 16 --json >f.json ||
	fail "--seq-bits"
is 65538 f.json input last
is 1 f.json input missing
is 0 f.json result jitter_ns

# The honest words, and the margin.
dsi fit t.csv --column commit_ms --seq seq --period 20ms --margin 10% >text ||
	fail "--margin"
grep -q "observed in 5 packets over 102 ms; not a bound" text || fail "status"
grep -q "margin      10%: use jitter 3.3 ms, distance 15.3 ms" text ||
	fail "margin: $(cat text)"
dsi fit t.csv --column commit_ms --seq seq --period 19.9ms >text ||
	fail "--period"
grep -q "20 ms fits best: +5025.126 ppm" text || fail "ppm: $(cat text)"

# What it finds is what the calculator reads.
keys=$(dsi fit t.csv --column commit_ms --seq seq --period 20ms --emit) ||
	fail "--emit"
[ "$keys" = '{"period":"1/50s","jitter-in":"3/1000s","distance":"17/1000s"}' ] ||
	fail "--emit: $keys"
printf '%s\n' "$keys" | dsi size --batch - >size.json || fail "size --batch -"
is 3000000 size.json result start_offset_ns

# Checks.
dsi fit t.csv --column commit_ms --seq seq --check --period 20ms \
	--jitter 3ms --distance 17ms >kept || fail "a check that holds"
dsi fit t.csv --column commit_ms --seq seq --check --period 20ms \
	--jitter 2.5ms --distance 17.5ms >expect.out
[ $? -eq 1 ] || fail "a check that fails does not exit with 1"
grep -q "jitter      broken by packet 1: .* later .* than packet 0, by 500 us" \
	expect.out || fail "which packet: $(cat expect.out)"
grep -q "distance    broken by packet 2: nearer than 17.5 ms to packet 1, by 500 us" \
	expect.out || fail "which packet: $(cat expect.out)"
expect 2 "needs --period" fit t.txt --unit ms --check --jitter 1ms
expect 2 "--check needs" fit t.txt --unit ms --check

# no RECORDING TEXT OPTION... - exit 2 with the line.
no() {
	local text=$2

	printf '%b' "$1" >bad
	shift 2
	expect 2 "$text" fit bad "$@"
}

no '' "no time stamps" --unit ms
no '5\n' "one time stamp only" --unit ms
no '5\n5\n5\n' "do not advance" --unit ms
no '5\n6\n' "line 1: a time stamp without a unit"
no '5\nx7\n' "line 2: 'x7' is no time stamp" --unit ms
no '5ms\n7\n' "line 2: a time stamp without a unit"
no '5ms\n7ms\n' "leave out one of them" --unit ms
no '5\n4\n' "line 2: the time stamp is before the last one" --unit ms
no 'a,b\n1,2\n' "line 1: there is no column 'c'" --format csv --column c --unit ms
no 'a,b\n1,2\n3\n' "line 3: the row has 1 columns" --format csv --column b --unit ms
no 'a_ms,b\n1,2\n3,2\n' "line 3: sequence number 2 is there twice" \
	--format csv --column a_ms --seq b
no 'a_ms,b\n1,2\n3,1\n' "line 3: sequence number 1 comes after 2" \
	--format csv --column a_ms --seq b
no 'a_ms,b\n1,2\n3,x\n' "line 3: 'x' is no sequence number" \
	--format csv --column a_ms --seq b
no '{"a":1}\n{"b":2}\n' "line 2: there is no member 'a'" --format json --column a --unit s
no '{"a":1\n' "line 1: no JSON" --format json --column a --unit s
for format in text "csv --column 1" "json --column t"; do
	# shellcheck disable=SC2086 # options
	expect 2 "line 1: is longer than 1048576 bytes" fit /dev/zero \
		--unit ms --format $format
done
expect 2 "cannot open" fit not-there --unit ms
expect 2 "plain text has none" fit t.txt --unit ms --column 2
expect 2 "--unit:" fit t.txt --unit parsec
expect 2 "does not end in .svg" fit t.txt --unit ms --plot x.png

printf '0\n1e30\n' >far
expect 4 "line 2:" fit far --unit s

dsi fit t.txt --unit ms --plot p.gp --plot-curves c.gp >/dev/null || fail "--plot"
grep -q "lateness / [um]s" p.gp || fail "plot without its unit"
grep -q "observed, at most" c.gp || fail "curves without names"
