#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# shellcheck disable=SC2154
#
# guest.sh	(in the VM, with /odd.ko, /mmapdemo, /mmapdemo-rows and /tap.sh)
#
# `mmapdemo conform` says what is odd about a target, whatever it is, and comes
# to an end; it overwrites nothing unasked, and leaves nothing behind.

# shellcheck source=tools/tap.sh
. /tap.sh

# seconds that a test may take
limit=$((4 * MMAPDEMO_TIMEOUT_SCALE))

# conform STATUS ARGUMENT...: it ends so; what it says is in $said
conform() {
	expected=$1 status=0
	shift
	said=$(/mmapdemo conform "$@" 2>&1) || status=$?
	same "exit status" "$expected" "$status" || {
		echo "$said"
		return 1
	}
}

says() {
	has "$said" "$1"
}

unknown_size() {
	conform 2 --write /dev/odd-plain && says 'does not say its size.*give --size'
}

unasked() {
	conform 2 --size 128K /dev/odd-plain &&
		says 'would overwrite its first 16 pages \(65536 bytes\).*--write'
}

plain() {
	conform 1 --size 128K --write --tests 'S3 S4 S5 S6 S14 M5 M8' /dev/odd-plain &&
		says '^S3 +yes' && says '^S4 +yes' && says '^S5 +yes' && says '^S6 +yes' &&
		says 'no: no futex in shared memory' && says 'no: no read\(\): Invalid argument'
}

crashing() {
	conform 1 --size 128K --write --tests 'S3 S14' /dev/odd-sigbus &&
		says '^S3 +no' && says 'Received signal 7 \(Bus error\)'
}

hanging() {
	conform 1 --size 128K --write --timeout $limit --tests 'S3 S6.gone-after-m* S9.z*' /dev/odd-hang &&
		says '^S3 +yes' && says '^S6 +no' && says 'Test timeout expired' && says '^S9 +yes'
}

# The first that is stuck is the last that is tried.
stuck() {
	conform 2 --size 128K --write --timeout $limit --tests 'S3 S6 S9.z*' /dev/odd-stuck || return
	echo 1 >/sys/module/odd/parameters/release
	says '^S3 +yes' && says 'its process hangs, and SIGKILL does not end it' &&
		says 'a process is stuck in /dev/odd-stuck: the [0-9]+ tests after it'
}

unmappable() {
	conform 2 --size 128K --write /dev/odd-unmappable && says 'cannot be mapped: No such device'
}

unopenable() {
	conform 2 --size 128K --write --timeout 1 /dev/odd-unopenable &&
		says 'no answer to open, map, read or write within 1 s'
}

none() {
	conform 2 --write /dev/none && says '/dev/none: No such file or directory: load its module'
}

file_unasked() {
	head -c 65536 /dev/urandom >/tmp/file
	cp /tmp/file /tmp/copy
	conform 2 /tmp/file && says 'would overwrite' && cmp /tmp/file /tmp/copy
}

file_asked() {
	conform 0 --write --tests 'S1 S9 M8' /tmp/file &&
		same "size" 65536 "$(stat -c %s /tmp/file)" || return
	! cmp -s /tmp/file /tmp/copy || { echo "nothing was written"; return 1; }
}

short_file() {
	echo short >/tmp/short
	conform 2 --write /tmp/short && says '6 bytes: the tests need whole pages' &&
		same contents short "$(cat /tmp/short)"
}

# left_behind: what is made for a run
left_behind() {
	same "vm.nr_hugepages" 0 "$(cat /proc/sys/vm/nr_hugepages)" &&
		same "/dev/shm" '' "$(ls /dev/shm)"
}

tidy() {
	conform 1 --tests 'S3 S14' hugetlb: && says 'nr_hugepages is [0-9]+ for this run, was 0' &&
		says '^S3 +yes' && conform 0 --tests S3 shm: && left_behind
}

# no_test_runs: in a little while
no_test_runs() {
	for try in $(seq 50); do
		pgrep mmapdemo >/dev/null || return 0
		sleep 0.1
	done
	echo "a test still runs after $try tries"
	return 1
}

# Ended by a signal in the middle, when it has what it needs.
tidy_when_killed() {
	for target in hugetlb: shm:; do
		/mmapdemo conform $target >/tmp/said 2>&1 &
		while ! grep -q ^S1 /tmp/said; do sleep 0.1; done
		kill -TERM $!
		wait $!
		left_behind && no_test_runs || return
	done
}

# As conform, with other defaults.
rows() {
	conform 0 --list && same "tests" "$said" "$(/mmapdemo-rows --list)" || return
	for view in --table --json --tap; do
		conform 0 $view --tests 'S3 S14' memfd: &&
			same "$view" "$said" "$(/mmapdemo-rows $view --tests 'S3 S14' --device memfd:)" || return
	done
	same "what is usual" "$said" "$(/mmapdemo-rows --tests 'S3 S14' memfd:)"
}

# The old name of --tests, and TARGET as an option.
other_names() {
	conform 0 --rows S3 --device shm: && says '^S3 +yes' && conform 2 --device shm: memfd: &&
		says 'more than one TARGET'
}

usage() {
	conform 2 && conform 2 --size 1X memfd: && conform 2 --timeout 0 memfd: &&
		conform 2 --tests X1 memfd: && says "no row or test matches 'X1'" &&
		conform 2 memfd: shm: && says 'more than one TARGET' &&
		conform 0 --help && says 'Exit status'
}

insmod /odd.ko || exit

plan 18
try "a device that does not say its size wants --size" unknown_size
try "nothing is written unless --write allows it" unasked
try "pages of a common driver: shared, private and forked, but no file" plain
try "a device that answers each touch with SIGBUS is a result" crashing
try "one that hangs in private mappings is a result, test by test" hanging
try "one that not even SIGKILL ends is left behind" stuck
try "one that cannot be mapped cannot be tested" unmappable
try "one that hangs in open cannot be tested" unopenable
try "one that is not there cannot be tested" none
try "a file is not touched unless --write allows it" file_unasked
try "and with it, is tested and keeps its size" file_asked
try "a file that is too short is refused" short_file
try "what is made for a run is gone after it" tidy
try "also when a signal ends it" tidy_when_killed
try "mmapdemo-rows says the same in the same words" rows
try "options have names of old, and of other commands" other_names
try "a malformed command line is refused" usage
try "the module of the odd devices can go: nobody is left in it" rmmod odd
