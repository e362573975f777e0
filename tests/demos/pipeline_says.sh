#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# pipeline_says.sh CASE RUN-PIPELINE WHERE FOLDER SOUND [DSI] - play the sound
# and look at what is said.  CASE:
#
#   whole    everything arrives; on the microkernel, where time is counted, also
#            as early as declared
#   damage   one bit of one packet is changed: must be seen by the sink, by the
#            control application, and in the samples
#   lose     one packet is not handed on: likewise
#   refuse   there is no such sound: ends at once, and says so
#   fit      what the source says of its lateness is what `dsi fit` finds
set -uo pipefail
case=$1 run=$2 where=$3 folder=$4 sound=$5 dsi=${6-}
export LIMIT=${DSI_TEST_LIMIT:-500}

if [[ $where == qemu* ]] && ! command -v qemu-system-x86_64 >/dev/null; then
	echo "skipped: no qemu-system-x86_64"
	exit 77
fi

words=()
case $case in
damage | lose) words=("$case=57") ;;
fit) words=(times) ;;
refuse) sound=$sound.not-there ;;
esac
status=0
said=$("$run" "$where" "$folder" "$sound" "${words[@]}" 2>&1) || status=$?
echo "$said"
echo "status $status"

bad=0
says() {
	grep -qE "^$1\$" <<<"$said" && return
	echo "not said: $1"
	bad=1
}
ends() {
	[ "$1" = good ] && [ "$status" -eq 0 ] && return
	[ "$1" = bad ] && [ "$status" -ne 0 ] && return
	echo "status $status is not $1"
	bad=1
}

case $case in
whole)
	ends good
	n=$(sed -n 's/^control: packets sent \([1-9][0-9]*\) =.*/\1/p' <<<"$said")
	says "source: ${n:-N} packets committed, .*"
	says "sink: $n packets received, 0 damaged, 0 out of order"
	says "control: packets sent $n = packets received $n"
	says 'control: checksum equal'
	says 'samples equal: [1-9][0-9]* bytes, as in .*'
	# No judgement of times where other programs run as well.
	if [[ $where == qemu* ]]; then
		says 'source: a packet every .*: kept'
		says 'control: worst latency [1-9].*, within the bound of .*'
	fi
	;;
damage)
	ends bad
	says 'sink: .* packets received, 1 damaged, 0 out of order'
	says 'control: packets sent ([0-9]+) = packets received \1'
	says 'control: checksum not equal'
	says 'samples differ: .*'
	;;
lose)
	ends bad
	says 'sink: .* packets received, 0 damaged, 1 out of order'
	says 'control: packets sent [0-9]+ is not packets received [0-9]+'
	says 'control: checksum not equal'
	says 'samples differ: .*'
	;;
refuse)
	ends bad
	says "source: .*: No such file or directory"
	says "control: joining: producer 'pipeline.source': .*"
	;;
fit)
	ends good
	own=$(sed -n 's/^source: a packet every [0-9]* ns: jitter \([0-9]*\) ns.*/\1/p' <<<"$said")
	fit=$(sed -n 's/^source: at //p' <<<"$said" |
		"$dsi" fit --unit ns --period 7812500ns --json -)
	found=$(sed -n 's/^ *"jitter_ns": \([0-9]*\),*$/\1/p' <<<"$fit")
	echo "jitter ${own:-?} ns, dsi fit: ${found:-?} ns"
	[ -n "$own" ] && [ "$own" = "$found" ] || bad=1
	;;
*)
	echo "no such case: $case"
	bad=1
	;;
esac
exit $bad
