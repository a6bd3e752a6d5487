#!/bin/busybox sh
# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=dash
#
# guest.sh	(in the VM, with /zoo, /mmapdemo, /call and /list, which has lines of `expect`)
#
# What `mmapdemo conform` says of each driver of /list, between two lines that begin with ==.

# node NAME: makes the node of a driver that makes none
node() {
	[ ! -e "/dev/$1" ] || return 0
	major=$(sed -n "s/^ *\([0-9]*\) $1\$/\1/p" /proc/devices)
	[ -n "$major" ] && mknod "/dev/$1" c "$major" 0
}

# An oops is a finding. The kernel goes on, as it does for most users.
echo 0 >/proc/sys/kernel/panic_on_oops
# shellcheck disable=SC2034 # the findings
while read -r name how findings; do
	echo "== $name"
	set --
	[ "$how" = rows ] || set -- --tests 'D.*'
	[ "$how" != dma ] || set -- "$@" --as dma
	[ "$how" != setup ] || set -- "$@" --setup /call
	status=no-node
	insmod "/zoo/$name.ko" && node "$name" && {
		status=0
		/mmapdemo conform --write --timeout "$((3 * MMAPDEMO_TIMEOUT_SCALE))" "$@" "/dev/$name" </dev/null || status=$?
	}
	echo "== status $status at $(cut -d' ' -f1 /proc/uptime)"
	[ "$how" = alone ] || rmmod "$name"
done </list
