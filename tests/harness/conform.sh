#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# conform.sh KERNEL: the command `mmapdemo conform` against odd and broken
# devices, in a VM. Its TAP is tests/conform/odd.sh's.

top=$(realpath "$(dirname "$0")/../..")
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT

"$top/tests/vm/build" -s "$top/tests/conform/odd" -o "$dir" "$1" >&2 || exit
"$top/tests/vm/run" -k "$1" --no-module -t 250 -f "$dir/odd.ko" -f "$top/build/bin/mmapdemo" \
	-f "$top/tests/tap.sh" -f "$top/tests/conform/odd.sh" -- sh /odd.sh
