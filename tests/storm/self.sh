#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# self.sh	(in the VM)
#
# mmapdemo-storm reports what it could not do and leaves nothing behind; mmapdemo-bytes
# finds a byte that another process changed.

# shellcheck source=tools/tap.sh
. "${0%/*}/tap.sh"

# ran STATUS COMMAND...: what it says is in /tmp/said
ran() {
	status=0 expected=$1
	shift
	"$@" >/tmp/said 2>&1 || status=$?
	same "exit status" "$expected" "$status" || { cat /tmp/said; return 1; }
}

said() {
	has "$(cat /tmp/said)" "$1"
}

# A command that goes on until the storm has had an effect
# shellcheck disable=SC2016 # for another shell
disturbed='was=$(cat /proc/sys/vm/swappiness)
	while [ "$was" = "$(cat /proc/sys/vm/swappiness)" ]; do sleep 0.1; done'

status_of_command() {
	ran 7 /mmapdemo-storm --only swappiness -- sh -c "$disturbed; exit 7" &&
		said 'storm: swappiness +[1-9]' &&
		ran 143 /mmapdemo-storm --only swappiness -- sh -c 'kill $$; sleep 9' &&
		ran 127 /mmapdemo-storm --only swappiness -- /nosuch
}

# Nothing has the device mapped.
no_effect() {
	ran 90 /mmapdemo-storm --only move,swappiness -- sh -c "$disturbed" && said 'move had no effect'
}

cannot_work() {
	ran 91 /mmapdemo-storm --only soft-offline,swappiness --pages 0 -- touch /tmp/began &&
		said 'soft-offline cannot work here: --pages is 0' &&
		ran 91 /mmapdemo-storm --only poison -- touch /tmp/began &&
		said 'poison cannot work here: ' &&
		same "the command" "" "$(ls /tmp/began 2>/dev/null)"
}

usage() {
	ran 91 /mmapdemo-storm --only migrate,nosuch -- true && said "no disturbance 'nosuch'" &&
		ran 91 /mmapdemo-storm && ran 91 /mmapdemo-storm --pages x -- true
}

settings() {
	for file in /proc/sys/vm/swappiness /proc/sys/kernel/numa_balancing \
		/sys/kernel/debug/sched/numa_balancing/* /sys/devices/system/cpu/cpu1/online \
		/sys/kernel/mm/transparent_hugepage/khugepaged/*sleep_millisecs \
		/sys/kernel/mm/transparent_hugepage/khugepaged/pages_to_scan \
		/sys/devices/system/memory/memory*/state; do
		echo "$file: $(cat "$file")"
	done
}

# Each disturbance shows an effect on a command that uses the device, whatever that finds.
# On a busy machine the kernel is asked for a block of memory few times in 15 s, and
# may not get it in any of them: the command then runs for longer.
effects() {
	before=$(settings)
	for seconds in 15 $((60 * MMAPDEMO_TIMEOUT_SCALE)); do
		said=$(ran 0 /mmapdemo-storm --maps --poison-page 6000 -- \
			sh -c "/mmapdemo-bytes --keep-going --seconds $seconds; exit 0") && break
	done
	[ -z "$said" ] || { echo "$said"; return 1; }
	said 'storm: poison ' &&
		same "the settings afterwards" "$before" "$(settings)" &&
		same "control groups left" "" "$(ls -d /sys/fs/cgroup/mmapdemo-storm 2>/dev/null)" &&
		same "nodes left" "" "$(storm_node)"
}

command_dies() {
	before=$(settings)
	ran 137 /mmapdemo-storm -- sh -c "$disturbed; kill -KILL \$\$" &&
		same "the settings afterwards" "$before" "$(settings)"
}

storm_node() {
	ls -d /dev/mmapdemo-storm /sys/class/mmapdemo/mmapdemo-storm 2>/dev/null
}

# Stops the storm's process `nodes' while its node exists.
stop_with_a_node() {
	nodes=$(grep -lx nodes /proc/[0-9]*/comm | cut -d/ -f3)
	[ -n "$nodes" ] || return
	[ -e /dev/mmapdemo-storm ] || return
	kill -STOP "$nodes"
	# It may be in a system call, which ends before the process stops.
	sleep 0.05
	[ ! -e /dev/mmapdemo-storm ] || return 0
	kill -CONT "$nodes"
	return 1
}

# Where the storm itself is killed, another process restores, a moment later.
killed() {
	before=$(settings)
	# It runs until the storm is killed. That the settings come back is asserted below.
	/mmapdemo-storm -- sleep 1000 >/tmp/said 2>&1 &
	while [ "$before" = "$(settings)" ]; do sleep 0.1; done
	for _ in $(seq $((2000 * MMAPDEMO_TIMEOUT_SCALE))); do
		! stop_with_a_node || break
		sleep 0.01
	done
	[ -n "$(storm_node)" ] || { echo "the storm was not stopped with a node"; kill -KILL $!; return 1; }
	kill -KILL $!
	wait $!
	for _ in $(seq 60); do
		[ "$before" != "$(settings)" ] || [ -n "$(storm_node)" ] || return 0
		sleep 1
	done
	same "the settings" "$before" "$(settings)" && same "nodes left" "" "$(storm_node)"
}

# Other bytes in all of its slices, while it goes on.
finds() {
	(sleep 2; tr '\0' x </dev/zero | dd of=/dev/mmapdemo bs=1M count=16 iflag=fullblock conv=notrunc) 2>/dev/null &
	ran 1 /mmapdemo-bytes --processes 2 --seconds 60 || return
	wait
	said '^the first: offset (0|0x[0-9a-f]+): expected (byte 0x.. by .*, seen 0x78 by [^S]|checksum 0x[0-9a-f]+ by .*, seen 0x[0-9a-f]+ by SUM)'
}

passes() {
	ran 0 /mmapdemo-bytes --seconds 3 && said ' 0 found a byte lost'
}

# A file of tmpfs loses nothing in the same storm: what mmapdemo-bytes finds is the device's.
file_is_whole() {
	truncate -s 16M /dev/shm/bytes
	ran 0 /mmapdemo-storm --device /dev/shm/bytes --only move,migrate,soft-offline -- \
		/mmapdemo-bytes --device /dev/shm/bytes --processes 2 --seconds 15 &&
		said ' 0 found a byte lost'
}

plan 10
try "storm-self.status-of-command" status_of_command
try "storm-self.no-effect-is-named" no_effect
try "storm-self.what-cannot-work-is-named" cannot_work
try "storm-self.usage" usage
try "storm-self.every-disturbance-has-an-effect" effects
try "storm-self.restores-when-the-command-dies" command_dies
try "storm-self.restores-when-the-storm-dies" killed
try "storm-self.bytes-finds-a-change" finds
try "storm-self.bytes-passes" passes
try "storm-self.a-file-is-whole" file_is_whole
