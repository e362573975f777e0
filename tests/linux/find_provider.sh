#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# find_provider.sh PROVIDER [EMULATOR...] PROGRAM - a trace provider is loaded where
# it is asked for; one that is none does no harm; a program with the rights of
# another user does not listen to the environment.

set -u
provider=$1
shift
program=("$@")
file=${program[-1]}
emulator=("${program[@]:0:$#-1}")
work=$(mktemp -d "${TMPDIR:-/tmp}/dsi-provider.XXXXXX")
trap 'rm -rf "$work"' EXIT

fail() {
	echo "FAILED: $*"
	cat "$work/out" "$work/err"
	exit 1
}

# run WANTED-ANSWER COMMAND...
run() {
	local want=$1

	shift
	"$@" >"$work/out" 2>"$work/err" || fail "exit $?: $*"
	[ "$(cat "$work/out")" = "$want" ] || fail "not $want: $*"
}

said() {
	grep -qF "$1" "$work/err"
}

run usual "${program[@]}"
[ -s "$work/err" ] && fail "nothing was asked for"
run usual env DSI_TRACE=nobody-has-this "${program[@]}"
said "nothing is recorded" || fail "no such provider"
run usual env DSI_TRACE=/dev/null "${program[@]}"
said "nothing is recorded" || fail "not an object"
run usual env DSI_TRACE=libc.so.6 "${program[@]}"
said "nothing is recorded" || fail "a name, no file"
run usual env DSI_TRACE="$provider" "${program[@]}"
said "odd provider: loaded" || fail "not loaded"
said "DSI_TRACE: the trace provider is of another version" || fail "no table"
run usual env LD_PRELOAD="$provider" "${program[@]}"
said "preloaded: the trace provider is of another version" || fail "no table"
run usual env LD_PRELOAD="$provider" DSI_TRACE="$provider" "${program[@]}"
said "DSI_TRACE=$provider is refused" || fail "two are asked for"

if [ "$(id -u)" -ne 0 ] || ! command -v setpriv >/dev/null; then
	echo "not tried: rights of another user (needs root and setpriv)"
	exit 0
fi
chmod 0755 "$work"
cp "$file" "$work/raised"
cp "$provider" "$work/provider.so"
as_nobody=(setpriv --reuid=65534 --regid=65534 --clear-groups
	env "DSI_TRACE=$work/provider.so"
	"${emulator[@]}" "$work/raised")
if ! "${as_nobody[@]}" >"$work/out" 2>"$work/err"; then
	echo "not tried: rights of another user (the library is not for all)"
	exit 0
fi
said "odd provider: loaded" || fail "not loaded for nobody"
chmod 4755 "$work/raised"
"${as_nobody[@]}" >"$work/out" 2>"$work/err" || fail "exit $?: setuid"
if [ "$(cat "$work/out")" != secure ]; then
	echo "not tried: rights of another user (setuid has no effect here)"
	exit 0
fi
said "odd provider" && fail "a setuid program loaded what its user named"
[ -s "$work/err" ] && fail "a setuid program speaks of the variable"
exit 0
