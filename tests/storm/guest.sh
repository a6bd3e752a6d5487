#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# guest.sh ROUNDS BYTES_SECONDS 'MODEL_OPTION...' SEED 'ROW...'	(in the VM)
#
# Bytes, the fuzzer's model and rows while mmapdemo-storm disturbs them, ROUNDS
# times, each time with the next seed. No ROW: all rows.

# shellcheck source=tools/tap.sh
. "${0%/*}/tap.sh"

rounds=$1 bytes=$2 model=$3 seed=$4 rows=${5-}

# Every row runs. What some of them cannot say while a storm goes on:
#
# M11 (huge pages)	is not applicable where the kernel splits huge pages faster than
#			the target makes them: conformance/rows/huge.c, map_huge()
# all with frames	compare no frame number that was read before a migration:
#			conformance/support/physics.h, assert_same_page()
# M12.group-limit	may be red: the kernel may kill its worker, not its hog, for the storm's
#			own use of memory
# C1, C2, C4, with	do not compare the number of huge folios: conformance/support/control.h,
# huge folios		assert_huge_folios()
# C8.last-user,		compare the module's reference count, in which the nodes and buffers of
# C8.lost-in-a-socket,	the disturbance `nodes' count: it is left out beside the rows
# V3

# What mmapdemo-bytes leaves alone: its slices end at 16 MiB.
spare_page=6000

# By migration alone there are far more migrations, each a chance to lose a byte.
moved() {
	/mmapdemo-storm --only move,migrate -- \
		/mmapdemo-bytes --processes 2 --seconds "$bytes" --seed "$1"
}

bytes() {
	/mmapdemo-storm --maps --poison-page $spare_page -- \
		/mmapdemo-bytes --processes 2 --seconds "$bytes" --seed "$1"
}

# One processor, as in tests/fuzz/guest.sh. The model knows of all of the device,
# so the storm maps nothing of it.
model() {
	# shellcheck disable=SC2086 # options are words
	/mmapdemo-storm -- taskset 1 /mmapdemo-fuzz --weather --seed "$1" $model --no-shrink
}

rows() {
	# shellcheck disable=SC2086 # globs are words
	/mmapdemo-storm --except nodes -- /mmapdemo-rows ${rows:+--tests "$rows"} >/tmp/rows 2>/tmp/storm && {
		echo "$(grep -c '^ok' /tmp/rows) rows held"
		cat /tmp/storm
		return
	}
	sed -n '/^not ok/,/^ok/p' /tmp/rows | grep -v '^ok'
	cat /tmp/storm
	return 1
}

say() {
	echo "$tap_said" | sed 's/^/# /'
}

echo advise >/sys/kernel/mm/transparent_hugepage/shmem_enabled
plan $((4 * rounds))
while [ "$rounds" -gt 0 ]; do
	echo "# seed $seed"
	for part in moved bytes model rows; do
		failed=$tap_failed
		try "storm.${part}[seed=$seed]" $part "$seed"
		[ "$tap_failed" != "$failed" ] || say
	done
	rounds=$((rounds - 1)) seed=$((seed + 1))
done
