#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# run-pipeline.sh linux PROGRAMS SOUND [WORD...]
# run-pipeline.sh qemu[-CPUS] FOLDER SOUND [WORD...]
#
# Play SOUND through the pipeline, and compare what arrived at the sink with it,
# byte for byte.  On Linux four processes, PROGRAMS is the folder of
# dsi-demo-pipeline-*.  In QEMU four tasks of the microkernel, on 1 CPU if not
# told otherwise; FOLDER has mk.elf and pipeline.img, in which SOUND is called
# sound.wav.  The words are those of pipeline_control.c.  OUTPUT=FILE in the
# environment keeps the samples.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)

if [ $# -lt 3 ]; then
	sed -n '3,11s/^# \{0,1\}//p' "$0" >&2
	exit 2
fi
where=$1 programs=$2 sound=$3
shift 3

work=$(mktemp -d "${TMPDIR:-/tmp}/dsi-pipeline.XXXXXX")
samples=${OUTPUT:-$work/samples}
parts=()
clean() {
	# They end by themselves, unless nobody ever asked them.
	[ ${#parts[@]} -eq 0 ] || kill "${parts[@]}" 2>/dev/null || true
	wait
	rm -rf "$work"
}
trap clean EXIT

on_linux() {
	# A place of names of our own: two of these can run at once.
	export DSI_RUNTIME_DIR=$work/names
	mkdir -m 0700 "$DSI_RUNTIME_DIR"
	for part in source filter sink; do
		"$programs/dsi-demo-pipeline-$part" &
		parts+=($!)
	done
	"$programs/dsi-demo-pipeline-control" "$sound" "output=$samples" "$@" ||
		return
	# All have closed their sockets, and end.
	for part in "${parts[@]}"; do
		wait "$part" || return
	done
	parts=()
}

# Instructions are counted instead of time, 8 ns each, so that each run is the
# same; and no CPU halts, because time would jump over ticks of the clock.
in_qemu() {
	local cpus=${where#qemu}

	"$here/../../kernel-glue/microkernel/tools/run-qemu.sh" \
		-i -n 3 -s "${cpus#-}" -m 128 -t "${LIMIT:-600}" \
		-o "$samples" "$programs" pipeline idle=poll \
		"args=sound.wav,output=com2,in-time$(printf ',%s' "$@")" |
		tr -d '\r'
}

status=0
case $where in
linux) on_linux "$@" || status=$? ;;
qemu) where=qemu-1 && in_qemu "$@" || status=$? ;;
qemu-[1-8]) in_qemu "$@" || status=$? ;;
*) echo "run-pipeline.sh: '$where' is not linux, qemu or qemu-CPUS" >&2 && exit 2 ;;
esac
python3 -B "$here/compare_sound.py" "$sound" "$samples" || status=1
exit "$status"
