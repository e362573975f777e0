#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# check_freestanding.sh CC NM OBJECT... - the core, linked into one object, asks
# for nothing but mem*(), the port, and what every compiler brings along in its own
# library: the division of numbers that are twice as wide as the processor's (ti: of
# 128 bits, di: of 64), the count of zeros where that is no instruction (riscv64),
# and the atomic operations of aarch64.
set -euo pipefail

cc=$1 nm=$2
shift 2
whole=$(mktemp --suffix=.o)
trap 'rm -f "$whole"' EXIT

"$cc" -nostdlib -r -o "$whole" "$@"
defined=$("$nm" --defined-only "$whole" | grep -c ' T dsi_' || true)
foreign=$("$nm" -u "$whole" | awk '{ print $NF }' |
	grep -Evx 'mem(cpy|set|cmp|move)|dsi_port_[a-z_]+|__u?(div|mod|divmod)[dt]i[34]|__c[lt]z[sdt]i2|__aarch64_[a-z0-9_]+' || true)

if [ "$defined" -eq 0 ]; then
	echo "no dsi_ function in $# objects" >&2
	exit 1
fi
if [ -n "$foreign" ]; then
	echo "the core needs more than mem*(), dsi_port_* and the compiler's own:" >&2
	echo "$foreign" >&2
	exit 1
fi
echo "$# objects, $defined functions, nothing foreign"
