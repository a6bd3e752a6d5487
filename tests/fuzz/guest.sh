#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# guest.sh OPS CHAOS_SECONDS SEED...	(in the VM)
#
# mmapdemo-fuzz: OPS steps against the model for each SEED, and as many seconds
# of chaos, with the last one.

# shellcheck source=tools/tap.sh
. "${0%/*}/tap.sh"

ops=$1 seconds=$2
shift 2

# A new process of it faults much shared memory in, one huge page at a time so.
echo advise >/sys/kernel/mm/transparent_hugepage/shmem_enabled

# One processor: each time another process has its turn, the other one would
# have to be woken. All at once, on all of them, is what chaos is for.
model() {
	taskset 1 /mmapdemo-fuzz --seed "$1" --ops "$ops"
}

# What it has to say when all went well is how much it was.
say() {
	echo "$tap_said" | tail -n 1 | sed 's/^/# /'
}

plan $(($# + 1))
for seed; do
	echo "# seed $seed"
	try "fuzz.model[seed=$seed]" model "$seed"
	say
done
try "fuzz.chaos[seed=$seed]" /mmapdemo-fuzz --chaos --processes 4 --seed "$seed" --seconds "$seconds"
say
