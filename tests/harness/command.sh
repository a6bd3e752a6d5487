#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# command.sh KERNEL: the sub-commands of `mmapdemo`, and the worked examples, in
# a VM. Its TAP is tests/command/guest.sh's.

top=$(realpath "$(dirname "$0")/../..")
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT

gcc -std=gnu11 -Wall -Wextra -Werror -static -o "$dir/hold" "$top/tests/command/hold.c" || exit
"$top/tests/vm/run" -k "$1" -p size=8M -f "$top/build/bin/mmapdemo" -f "$dir/hold" \
	-f "$(command -v jq):/bin/jq" -f "$top/build/bin/fork" -f "$top/build/bin/ring" \
	-f "$top/build/bin/survive" -f "$top/tests/tap.sh" -f "$top/tests/mmapdemo.sh" \
	-f "$top/tests/command" -- \
	sh /command/guest.sh
