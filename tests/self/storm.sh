#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# storm.sh KERNEL...: tests/storm/self.sh on the first kernel; that a machine with one
# node of memory is no place for a storm; and that `make storm` and `make soak` run.

top=$(realpath "$(dirname "$0")/../..")
# shellcheck source=tools/tap.sh
. "$top/tools/tap.sh"
kernel=$1
bin=$top/build/bin

self() {
	"$top/vm/rows" -k "$kernel" -t 400 -m 2G -a "init_on_alloc=0 movablecore=1G" -p size=64M \
		-f "$bin/mmapdemo-storm" -f "$bin/mmapdemo-bytes" -f "$top/tools/tap.sh" \
		-f "$top/tests/storm/self.sh" -- /scratch.sh sh /self.sh
}

one_node() {
	local said status=0
	said=$("$top/vm/run" -k "$kernel" --no-module -f "$bin/mmapdemo-storm" -- \
		/mmapdemo-storm -- true 2>&1) || status=$?
	same "exit status" 91 "$status" &&
		has "$said" 'numa cannot work here: the machine has one node of memory only' &&
		has "$said" 'migrate cannot work here: the machine has one node' &&
		has "$said" 'memory cannot work here: node 1 has no block of movable memory' &&
		has "$said" 'nodes is left out: no /sys/class/mmapdemo/new_node'
}

# refuses TIME: by both, before anything is booted
refuses() {
	local said script
	for script in fuzz/soak storm/long; do
		! said=$("$top/tests/$script" "$kernel" "$1" 2>&1) || {
			echo "$script takes T=$1"
			return 1
		}
		has "$said" "T=$1: " || return
	done
}

plan 4
try "storm.tells-what-it-did" self
try "storm.one-node" one_node
try "storm.refuses-a-time" refuses 5x
try "soak.runs" "$top/tests/fuzz/soak" "$kernel" 20s 1
