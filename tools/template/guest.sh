#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# guest.sh MODULE GLOBS	(in the VM, with /mmapdemo, and a template's own programs in /checks)
#
# All that is asked of a template's device, as TAP with a plan for each program. That a
# test does not hold is no failure here; a crash is one.

node=/dev/$1
[ -e "$node" ] || node=${node}0
bad=0
for program in /checks/*; do
	status=0
	"$program" "$node" "$1" || status=$?
	[ "$status" -le 1 ] || bad=$status
done
/mmapdemo conform --tap --system --write --tests "$2" "$node" || bad=$((bad > $? ? bad : $?))
exit "$bad"
