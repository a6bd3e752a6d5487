#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# guest.sh OPS CHAOS_SECONDS ROUNDS SEED...	(in the VM)
#
# mmapdemo-fuzz does OPS steps against the model for each SEED, and CHAOS_SECONDS of chaos with the
# last one. With ROUNDS other than 0, mmapdemo-fuzz also does a quarter of OPS steps to a node that
# is destroyed meanwhile, and mmapdemo-fuzz-created runs for ROUNDS rounds.

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

# finds PLANT MESSAGE: the comparison that MESSAGE is of finds the mistake
finds() {
	status=0
	said=$(/mmapdemo-fuzz-created --seed 7 --rounds 1 --plant "$1") || status=$?
	same "exit status with --plant $1" 1 $status && has "$said" "^step 1[0-9]+: $2"
}

# Each mistake in the buffer is planted such that one comparison finds it before any other does.
planted() {
	finds 1 'byte [0-9]+ is 0x' && finds 2 'size [0-9]+, of' && finds 3 'result -1, of' &&
		finds 4 'bytes or position' && finds 5 '[0-9]+ blocks, of' && finds 6 'reads end elsewhere'
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
try "fuzz.named[seed=$seed]" taskset 1 /mmapdemo-fuzz --named --seed "$seed" --ops $((ops / 4))
say
try "fuzz.created[seed=$seed]" /mmapdemo-fuzz-created --seed $((seed)) --rounds "$rounds"
say
try "fuzz.created-finds-what-is-planted" planted
