#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# guest.sh GLOBS	(in the VM, with /mmapdemo and those of the programs that the step needs)
#
# Runs all tests of a step, as TAP without a plan; tools/tutorial/judge knows which of
# them are to hold. A test that fails is no failure here, and a crash is one. The last
# programs break pages, which no step before 8 can heal.

bad=0
for part in /life "/mmapdemo conform --tap --size 128K --write --tests" /move /memory /resize; do
	status=0
	case $part in
	*--tests) $part "$1" /dev/tutorial || status=$? ;;
	*) [ ! -x "$part" ] || "$part" || status=$? ;;
	esac
	[ "$status" -le 1 ] || bad=$status
done
exit "$bad"
