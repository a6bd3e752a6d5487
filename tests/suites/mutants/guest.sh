#!/bin/busybox sh
# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=dash
#
# guest.sh: loads each module of /mutants/list and runs rows with it, one after the other.
# Then the same with /mutants/clean.ko, which has no mistake. A line of the list is
# NAME|PARAMETERS of the module|OPTIONS of the rows, quoted. The TAP of NAME.ko is printed
# between `@ NAME' and `status N', which is that of the rows.

# rows MODULE
rows() {
	# shellcheck disable=SC2086 # the parameters are words
	insmod "$1" $params || exit
	eval "/mmapdemo-rows $options" </dev/null
	echo "status $?"
	# as vm/init: the last close is not always at once
	for _ in $(seq $((20 * MMAPDEMO_TIMEOUT_SCALE))); do
		rmmod mmapdemo 2>/tmp/busy && return
		sleep 0.1
	done
	cat /tmp/busy >&2
	exit 1
}

while IFS='|' read -r name params options; do
	echo "@ $name"
	rows "/mutants/$name.ko"
done </mutants/list
echo "@ clean"
while IFS='|' read -r name params options; do
	echo "# $name"
	rows /mutants/clean.ko
done </mutants/list
