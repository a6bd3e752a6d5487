#!/bin/busybox sh
# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=dash
#
# guest.sh MODULE.ko PARAMETERS DEVICE [OPTION]...	(in the VM, with /mmapdemo)
#
# Loads the module, finds its node, and runs `mmapdemo conform OPTION... NODE` on it. DEVICE may be
# empty. The findings go to /findings, as JSON; /node has the node, and /stays is not empty if the
# module cannot be unloaded afterwards. Exit status: the command's own, or 20 with a line of reason.

module=$1 params=$2 device=$3
shift 3
name=$(basename "$module" .ko | tr - _)

no() {
	echo "$*" >&2
	exit 20
}

nodes() {
	find /dev -type c | sort
}

# Drivers for teaching have files elsewhere, too.
files() {
	find /proc -maxdepth 2 -type f ! -path '/proc/[0-9]*' ! -path '/proc/self/*' ! -path '/proc/thread-self/*' | sort
	find /sys/kernel/debug -maxdepth 3 -type f | sort
}

# Names and majors of character devices
majors() {
	sed -n '/^Character/,/^$/s/^ *\([0-9]\{1,\}\) \(.*\)/\2 \1/p' /proc/devices | sort
}

# What the kernel has said since the module began to load, without the notices of a taint
said() {
	dmesg | grep -v -e 'tainting kernel' -e 'taints kernel' | tail -n 2 | sed 's/^\[[^]]*\] //' | paste -sd';'
}

# new BEFORE AFTER: lines of the second file alone
new() {
	grep -vxF -f "$1" "$2"
}

# make_node PATH: with the module's only major, and the minor that the path ends with
make_node() {
	[ "$(wc -l </tmp/majors.new)" = 1 ] || return
	minor=${1##*[!0-9]}
	mkdir -p "$(dirname "$1")" && mknod "$1" c "$(sed 's/.* //' /tmp/majors.new)" "${minor:-0}"
}

find_node() {
	found=$(new /tmp/nodes /tmp/nodes.new | paste -sd' ')
	if [ -n "$device" ]; then
		[ -e "$device" ] || make_node "$device" ||
			no "DEV=$device: there is no such node; new after loading: ${found:-none}"
		return
	fi
	[ -n "$found" ] || [ -s /tmp/majors.new ] || found=$(new /tmp/files /tmp/files.new | paste -sd' ')
	case $found in
	'')
		[ -s /tmp/majors.new ] ||
			no "no node found: $name adds nothing to /dev, /proc/devices, /proc or /sys/kernel/debug"
		device=/dev/$(sed -n '1s/ [0-9]*$//p' /tmp/majors.new)
		make_node "$device" || no "no node found: $name registers several majors: say which node by DEV="
		;;
	*' '*) no "several nodes: $found: say which by DEV=" ;;
	*) device=$found ;;
	esac
}

for file in /findings /node /stays; do
	: >$file
done
nodes >/tmp/nodes
files >/tmp/files
majors >/tmp/majors
dmesg -c >/tmp/log
# shellcheck disable=SC2086 # the parameters are words
refusal=$(insmod "$module" $params 2>&1) ||
	no "it does not load: ${refusal##*: }; the kernel said: $(said)"
! dmesg | grep -F "$name: unknown parameter" | grep -o 'unknown parameter.*' | head -n 1 | grep . >/tmp/unknown ||
	no "PARAMS: $(cat /tmp/unknown)"
nodes >/tmp/nodes.new
files >/tmp/files.new
majors >/tmp/majors.all
new /tmp/majors /tmp/majors.all >/tmp/majors.new
find_node

# An oops is a finding. The kernel goes on, as it does for most users.
echo 0 >/proc/sys/kernel/panic_on_oops
echo "$device" >/node
status=0
/mmapdemo conform --json "$@" "$device" >/findings </dev/null || status=$?
# A module that cannot be unloaded is held by a process that is stuck, or by a count that is wrong.
if [ "$status" -le 1 ]; then
	rmmod "$name" 2>/tmp/busy || sed 's/.*: //' /tmp/busy >/stays
fi
exit "$status"
