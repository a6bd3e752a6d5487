#!/bin/busybox sh
# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=dash
#
# guest.sh NODE...: loads of /mmapdemo.ko in the VM, while other processes open its nodes.
# Some loads fail, after the first nodes were added. Contract row V3.

# shellcheck source=tools/tap.sh
. /tap.sh
parameters=/sys/module/late_load/parameters
nodes="$*"

# late NTH WINDOW: the node that fails, 9 is the step after the last, and how long the
# others are there before
late() {
	echo "$1" >$parameters/nth && echo "$2" >$parameters/window
}

# begin [-k]: opens in the background
begin() {
	rm -f /tmp/opened
	# shellcheck disable=SC2086 # words
	/opener "$@" $nodes >/tmp/opened 2>&1 &
	opener=$!
}

# Sets opened, refused, absent and other.
finish() {
	kill -TERM "$opener"
	for _ in $(seq $((50 * MMAPDEMO_TIMEOUT_SCALE))); do
		[ -s /tmp/opened ] && break
		sleep 0.2
	done
	read -r _ opened _ refused _ absent _ other </tmp/opened
	echo "opened $opened, refused $refused, absent $absent, other $other"
}

# fails NODE WINDOW: a load of all nodes must fail at that one. A load that fails may wait
# for users of the module: the function does not wait for the load if a node was opened.
fails() {
	late "$1" "$2" || return
	insmod /mmapdemo.ko strategies=all size=64K >/tmp/refusal 2>&1 &
	load=$!
	while kill -0 $load 2>/dev/null; do
		[ ! -s /tmp/opened ] || { cat /tmp/opened; return 1; }
		sleep 0.01
	done
	if wait $load; then
		echo "the load does not fail at node $1"
		return 1
	fi
	grep -q busy /tmp/refusal || { cat /tmp/refusal; return 1; }
}

# nothing_opens NODE,WINDOW...: while such loads fail
nothing_opens() {
	begin -k
	for late; do
		fails "${late%,*}" "${late#*,}" || return
	done
	finish
	same "opens that worked" 0 "$opened" && same "opens with another error" 0 "$other" || return
	[ "$refused" -gt 0 ] || { echo "nobody tried meanwhile"; return 1; }
	wait "$opener"
}

# last_step_fails NODE,WINDOW...: each of those loads has come to the step after the last node
last_step_fails() {
	before=$(cat $parameters/cdevs)
	nothing_opens "$@" || return
	came=$(($(cat $parameters/cdevs) - before))
	# busybox's insmod tries again by another system call
	[ $came -ge $# ] || { echo "$came of $# loads came to the last step"; return 1; }
}

nothing_is_left() {
	found=$(find /dev /sys/module /sys/class /sys/kernel/debug -maxdepth 1 -name 'mmapdemo*'
		grep -H mmapdemo /proc/modules /proc/devices /proc/filesystems)
	[ -z "$found" ] || { echo "$found"; return 1; }
}

# loads STRATEGIES: a load that works; what is asked for, opens after it
loads() {
	late 0 0 || return
	begin
	for _ in 1 2 3 4 5; do
		insmod /mmapdemo.ko "strategies=$1" size=64K || return
		for node in $2; do
			head -c 1 "$node" >/dev/null || return
		done
		kill -STOP "$opener"
		# what was open then is closed when it goes on
		until rmmod mmapdemo 2>/dev/null; do
			kill -CONT "$opener"
			sleep 0.01
			kill -STOP "$opener"
		done
		kill -CONT "$opener"
	done
	finish
	wait "$opener"
	same "opens with another error" 0 "$other" || return
	[ "$opened" -gt 0 ] || { echo "nothing was opened"; return 1; }
}

several_open_after_the_load() {
	loads all "$nodes"
}

insmod /late_load.ko || exit
plan 4
# an open file of a module that the kernel has freed is the end: none may be had
try "V3.nothing-opens-before-a-load-fails" nothing_opens 2,40 3,40 4,40 5,40 6,40 7,40 8,40 9,40 \
	2,40 3,40 4,40 5,40 6,40 7,40 8,40 9,40
# without a window, opens that were refused are on their way out when the load fails
try "V3.nothing-opens-as-a-load-fails" last_step_fails 9,0 9,1 9,0 9,1 9,0 9,1 9,0 9,1 \
	9,0 9,1 9,0 9,1 9,0 9,1 9,0 9,1
try "V3.nothing-is-left-of-loads-that-failed" nothing_is_left
try "V3.several-nodes-open-after-the-load" several_open_after_the_load
rmmod late_load
