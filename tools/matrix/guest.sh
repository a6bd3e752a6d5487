#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# guest.sh [--tests GLOBS] NAME... [-- NAME...]	(in the VM, under scratch.sh)
#
# Holds what these names stand for to the contract, and leaves /NAME.json each.
# A difference from it is no failure; a target that cannot be tested is one. For a name behind `--'
# it leaves the findings, or null if the kernel has no such thing.

set -e

target() {
	case $1 in
	device) echo /dev/mmapdemo ;;
	memfd) echo memfd: ;;
	tmpfs) echo shm: ;;
	ext4) echo "$MMAPDEMO_SCRATCH/target" ;;
	zero) echo zero: ;;
	hugetlb) echo hugetlb: ;;
	dmaheap) echo dmaheap:system ;;
	*) echo "$1:" ;;
	esac
}

globs='*'
[ "$1" != --tests ] || { globs=$2; shift 2; }
truncate -s 16M "$MMAPDEMO_SCRATCH/target"
tests=$globs
for name; do
	[ "$name" != -- ] || { tests='D.*'; continue; }
	status=0
	/mmapdemo conform --json --write --system --tests "$tests" "$(target "$name")" >"/$name.json" || status=$?
	[ "$status" -le 1 ] || [ "$tests" = 'D.*' ] || exit "$status"
	[ "$status" -le 1 ] || echo '{"findings": null}' >"/$name.json"
done
