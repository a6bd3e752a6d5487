#!/bin/busybox sh
# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=dash
#
# guest.sh usual|movable: drivers of Debian's that import dma-bufs of /dev/mmapdemo, in the VM. Contract row C12.

# shellcheck source=tools/tap.sh
. /tap.sh

# vivid has several nodes.
capture_node() {
	for name in /sys/class/video4linux/*/name; do
		grep -q 'vivid-000-vid-cap' "$name" || continue
		name=${name%/name}
		echo "/dev/${name##*/}"
		return
	done
	ls -l /sys/class/video4linux >&2
	return 1
}

vgem_node() {
	for card in /sys/class/drm/card*; do
		case $(readlink -f "$card/device") in
		*/vgem*) echo "/dev/dri/${card##*/}"; return ;;
		esac
	done
	ls -l /sys/class/drm >&2
	return 1
}

unload_while_imported() {
	/importer held "$card" >/tmp/held &
	within 60 grep held /tmp/held || return
	if rmmod mmapdemo 2>/dev/null; then
		echo "rmmod succeeds"
		return 1
	fi
	kill -9 $!
	wait $!
	# its files go after it
	within 60 rmmod mmapdemo && insmod /mmapdemo.ko
}

insmod /mmapdemo.ko || exit
video=$(capture_node) && card=$(vgem_node) || exit
# One plan for both VMs: the second goes on where the first ended.
trap tap_end EXIT
if [ "$1" = usual ]; then
	tap_planned=3
	echo 1..4
	try C12.vivid-captures-into-the-mapping /importer vivid "$video"
	try C12.pages-stay-while-attached /importer attached "$card"
	try C12.unload-while-imported unload_while_imported
else
	tap_planned=4 tap_done=3
	try C12.movable-memory-stays-free /importer movable /dev/mmapdemo
fi
