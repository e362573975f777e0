#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# run_spin.sh [long] - the models in all their forms, against what is expected.
#
# "holds": no lost wake-up and no failed assertion in any state; "fails": Spin
# finds one.  A mutant that holds is as wrong as a protocol that fails.  With -DLIVE
# what is asked is the model's formula, of all runs that serve every process.
set -uo pipefail

here=$(cd "$(dirname "$0")" && pwd)
for tool in spin "${CC:-cc}"; do
	if ! command -v "$tool" >/dev/null; then
		echo "skipped: no $tool"
		exit 77
	fi
done
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work" || exit 2
bad=0
faults="invalid end state|assertion violated|acceptance cycle"
limit=200
[ "${1-}" = long ] && limit=600

# expect OUTCOME FLAG...
expect() {
	local outcome=$1 found build=-DSAFETY run=-m1000000 fast=-O2
	shift
	[[ " $* " = *" -DLIVE "* ]] && build=-DNFAIR=6 run="-a -f -m1000000"
	# To compile a large model well takes longer than to run it badly.
	[[ "$outcome $model" = fails* || $model = */consumers.pml ||
		$model = */reclaim.pml || $model = */select.pml ]] && fast=-O0
	rm -f pan pan.* ./*.trail
	if ! spin -a "$@" "$model" >spin.log 2>&1 ||
		! "${CC:-cc}" $fast -w $build -DCOLLAPSE -DVECTORSZ=2048 \
			-o pan pan.c 2>cc.log; then
		cat spin.log cc.log 2>/dev/null
		echo "PROBLEM: $* cannot be built"
		bad=1
		return
	fi
	# shellcheck disable=SC2086
	timeout "${limit}" ./pan $run -w22 >out 2>&1
	if grep -q 'errors: 0' out && ! grep -q 'max search depth' out; then
		found=holds
	elif grep -q 'errors: 1' out &&
		grep -Eq "^pan:1: ($faults)" out; then
		found=fails
	else
		found=unclear
	fi
	printf '%-6s %-34s %9s states   %s\n' "$found" "$*" \
		"$(awk '/states, stored/ { print $1; exit }' out)" \
		"$(sed -n 's/^pan:1: //p' out)"
	if [ "$found" != "$outcome" ]; then
		echo "PROBLEM: should be: $outcome"
		cat out
		bad=1
	fi
}

# Three tries at the same thing: the first two have one peer with whom they fail.
model=$here/lecture.pml
expect holds -DTRY=1
expect fails -DTRY=1 -DEVIL
expect fails -DTRY=2
expect holds -DTRY=2 -DEVIL
expect holds -DTRY=3 -DITEMS=8
expect holds -DTRY=3 -DEVIL
expect fails -DTRY=3 -DASKFIRST
expect fails -DTRY=3 -DLOOKFIRST
expect fails -DTRY=3 -DLATECLEAR
expect fails -DTRY=3 -DNOTIFYFIRST

model=$here/notify.pml
one=-DCONSUMERS=1
expect holds -DITEMS=1
expect holds $one -DITEMS=3
expect holds $one -DNOFC
expect holds $one -DUSUAL
expect holds $one -DUSUAL -DDEATH
expect holds $one -DDEADLINE
expect holds $one -DDEATH
expect holds $one -DBELL
if [ "${1-}" = long ]; then
	expect holds -DNONE
	expect holds -DBELL
	expect holds -DITEMS=1 -DDEATH
	expect holds $one -DITEMS=4
	expect holds $one -DITEMS=3 -DDEATH
fi

expect fails $one -DNOFP
expect fails $one -DNOFC -DNOKF
expect fails $one -DUSUAL -DNOKF
expect fails $one -DUSUAL -DNOLOOK
expect fails $one -DUSUAL -DDEATH -DNOPRIV
expect fails $one -DBELL -DNOFC
expect fails $one -DSNAPLATE
expect fails $one -DNOLOOK
expect fails $one -DSIGFIRST
expect fails $one -DWAKEFIRST
expect fails $one -DTICKET
expect fails $one -DNOCOMPARE
expect fails $one -DNOWAKE
expect fails $one -DDEATH -DEARLY
expect fails $one -DDEATH -DGONELATE
expect fails $one -DDEATH -DNOPRIV

# The synchronisation thread of the microkernel's port, and the original's.
model=$here/sync_thread.pml
expect holds -DWAITERS=2
expect holds -DDEATH -DTIRED
expect holds -DFLOOD -DLIVE
expect holds -DDEAF -DLIVE
expect holds -DEVIL -DDEATH
expect holds -DCLASSIC -DWAITERS=2
if [ "${1-}" = long ]; then
	expect holds -DWAITERS=2 -DDEATH
	expect holds -DWAITERS=2 -DITEMS=3
	expect holds -DITEMS=4 -DFLOOD -DLIVE
fi
expect fails -DNOTWHOLE
expect fails -DNOCOMPARE
expect fails -DSENDFIRST
expect fails -DNOLOOK
expect fails -DDEATH -DNOKEEP
expect fails -DDEATH -DNOLIMIT
expect fails -DEVIL -DPATIENT
expect fails -DFLOOD -DLIVE -DUNFAIR
expect fails -DCLASSIC -DNOPENDING
expect fails -DCLASSIC -DNOTWHOLE

# Joining and leaving.
model=$here/handshake.pml
expect holds -DDIES_C
expect holds -DDIES_P
expect holds -DFULL
expect holds -DFOREIGNERS
expect holds -DEVIL_C -DEVILS=3
expect holds -DEVIL_P -DEVILS=3
expect fails -DREADYFIRST
expect fails -DEVIL_C -DANYTIME
expect fails -DEVIL_C -DNOTIMER
expect fails -DEVIL_P -DNOLIMIT
expect fails -DFREEFIRST
expect fails -DNOLEAVE
expect fails -DADMITTED
expect fails -DEVIL_C -DEVILS=3 -DSILENT
expect fails -DWATCHED
expect fails -DNOEND

# Several consumers, of whom some die.
model=$here/consumers.pml
expect holds -DITEMS=1
expect holds $one -DITEMS=3
expect holds $one -DJOINS
expect holds $one -DDOZE
expect holds $one -DOWED
expect holds $one -DPACKETS=2 -DRING=1 -DITEMS=3 -DHOLD=2
expect holds $one -DDIES_P
if [ "${1-}" = long ]; then
	expect holds
fi
expect fails $one -DNOPOKE
expect fails $one -DSNAPLATE
expect fails $one -DDOZE -DNOFLAGS
expect fails -DNOGENERATION
expect fails $one -DSTALE
expect fails -DTAKEALL
expect fails $one -DTAKENONE
expect fails $one -DKEEPMASK
expect fails $one -DUNNOTED
expect fails -DJOINS -DSOLE
expect fails $one -DUNMAPFIRST
expect fails $one -DJOINS -DNOCOMPARE
expect fails $one -DJOINS -DFIRSTLATE
expect fails $one -DOWED -DNOPAY
expect fails $one -DOWED -DRETIREFIRST
expect fails $one -DPACKETS=2 -DTOKENLATE
expect fails $one -DDIES_P -DGONELATE

# Overwritten under the reader's hands.
model=$here/reclaim.pml
expect holds
expect holds -DPACKETS=3
expect holds -DRING=1
expect holds -DANYSLOT -DITEMS=3
expect holds -DBATCH=2 -DPACKETS=3 -DNUMBERS
expect holds -DCOPY
expect holds -DNUMBERS -DITEMS=3
expect holds -DLIE -DITEMS=3
expect holds -DRING=1 -DPACKETS=1 -DSIGNALS=4
expect holds -DRING=1 -DPACKETS=1 -DSIGNALS=8 -DSTART=6 -DITEMS=3
if [ "${1-}" = long ]; then
	expect holds -DITEMS=5
	expect holds -DPACKETS=3 -DITEMS=5
	expect holds -DANYSLOT
	expect holds -DNUMBERS
fi
expect fails -DPACKETS=3 -DNOBEGIN
expect fails -DPACKETS=3 -DLATEBEGIN
expect fails -DNOREVOKE
expect fails -DLATEREVOKE
expect fails -DNORFENCE
expect fails -DPACKETS=3 -DNOTFENCE
expect fails -DSHORTREVOKE
expect fails -DPACKETS=3 -DPLAINFIELDS
expect fails -DPLAINCOMMIT
expect fails -DCOMMITFIRST
expect fails -DPLAINLOOK
expect fails -DPLAINCOPY
expect fails -DNOWHOLE
expect fails -DWHOLEFIRST
expect fails -DJUDGEFIRST
expect fails -DNOVALID
expect fails -DNOVFENCE
expect fails -DCOPY -DNOVFENCE
expect fails -DVALIDFIRST
expect fails -DBACK
expect fails -DBATCH=2 -DNOLIMIT
expect fails -DCOUNTONE
expect fails -DCOUNTMORE
expect fails -DNOMISSED
expect fails -DNUMBERS -DEARLYLOST
expect fails -DTOTHEEND
expect fails -DSTAYS
expect fails -DASKS
expect fails -DSIGNALFIRST
expect fails -DSHORT=4

# One waits for several.
model=$here/select.pml
expect holds
expect holds -DBELLS
expect holds -DTHREADS
expect holds -DEVENT
expect holds -DRAISE
expect holds -DDEATH -DRAISE
expect holds -DLOOP
expect holds -DLOOP -DDEATH -DOTHER=0
expect holds -DITEMS=2 -DOTHER=0
expect holds -DLIVE -DEVIL
expect holds -DLIVE -DGREEDY
expect holds -DLIVE -DDUE
expect holds -DLIVE -DDUE -DEVIL
if [ "${1-}" = long ]; then
	expect holds -DEARLY
	expect holds -DEVENT -DEARLY
	expect holds -DLOOP -DMIX
	expect holds -DDEATH
fi
expect fails -DNOLOOK
expect fails -DFIRSTLOOK
expect fails -DLOOKFIRST
expect fails -DNOTLAST
expect fails -DSNAPLATE
expect fails -DNOFP
expect fails -DBELLS -DNOFC
expect fails -DLOOP -DNOFC
expect fails -DONEWORD
expect fails -DSLEEPFIRST
expect fails -DNOWITHDRAW
expect fails -DITEMS=2 -DOTHER=0 -DNOMEMORY
expect fails -DDEATH -DNOPRIV
expect fails -DLOOP -DDEATH -DOTHER=0 -DGONELATE
expect fails -DRAISE -DNOWATCH
expect fails -DRAISE -DWATCHLATE
expect fails -DRAISE -DASKFIRST
expect fails -DBELLS -DNODISPATCH
expect fails -DTHREADS -DSNAPOWN
expect fails -DTHREADS -DTOLDLATE
expect fails -DTHREADS -DNOSTOP
expect fails -DTHREADS -DNOJOIN
expect fails -DEVENT -DMEETLATE
expect fails -DEVENT -DEMPTY
expect fails -DLOOP -DARMLATE
expect fails -DLOOP -DLATESILENCE
expect fails -DLOOP -DMIX -DNOREARM
expect fails -DLIVE -DGREEDY -DSTOPLOOK
expect fails -DLIVE -DDUE -DPATIENT
expect fails -DLIVE -DDUE -DEVIL -DNOCLOCK
exit $bad
