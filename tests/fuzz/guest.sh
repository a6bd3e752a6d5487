#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# guest.sh OPS CHAOS_SECONDS ROUNDS SEED...	(in the VM)
#
# mmapdemo-fuzz: OPS steps against the model for each SEED, and as many seconds
# of chaos, with the last one. With ROUNDS that are not 0 also: steps to a node that is made and
# destroyed meanwhile; and mmapdemo-fuzz-created, for as many rounds.

# shellcheck source=tools/tap.sh
. "${0%/*}/tap.sh"

ops=$1 seconds=$2 rounds=$3
shift 3

# A new process of it faults much shared memory in, one huge page at a time so.
echo advise >/sys/kernel/mm/transparent_hugepage/shmem_enabled

# One processor: each time another process has its turn, the other one would
# have to be woken. All at once, on all of them, is what chaos is for.
model() {
	taskset 1 /mmapdemo-fuzz --seed "$1" --ops "$ops"
}

# A buffer that goes wrong does not pass.
planted() {
	for plant in 1 2 3; do
		status=0
		tap_said=$(/mmapdemo-fuzz-created --seed 7 --rounds 1 --plant $plant) || status=$?
		same "exit status" 1 $status || return
		has "$tap_said" '^step 150: .*of a memfd' || return
	done
}

# What it has to say when all went well is how much it was.
say() {
	echo "$tap_said" | tail -n 1 | sed 's/^/# /'
}

plan $(($# + 1 + (rounds ? 3 : 0)))
for seed; do
	echo "# seed $seed"
	try "fuzz.model[seed=$seed]" model "$seed"
	say
done
try "fuzz.chaos[seed=$seed]" /mmapdemo-fuzz --chaos --processes 4 --seed "$seed" --seconds "$seconds"
say
[ "$rounds" != 0 ] || exit 0
try "fuzz.named[seed=$seed]" taskset 1 /mmapdemo-fuzz --named --seed "$seed" --ops 40000
say
try "fuzz.created[seed=$seed]" /mmapdemo-fuzz-created --seed $((seed)) --rounds "$rounds"
say
try "fuzz.created-finds-what-is-planted" planted
