#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# broken.sh KERNEL: pages that the kernel cannot take back when they are broken, in a
# VM of its own for each strategy that has such pages: nothing heals them.

top=$(realpath "$(dirname "$0")/../..")
# shellcheck source=tests/tap.sh
. "$top/tests/tap.sh"
# shellcheck source=tests/vm/lib.sh
. "$top/tests/vm/lib.sh"
kernel=$(native_kernel "$1")
strategies=(fault insert vmalloc)

# holds STRATEGY: all of M14's rows about it ran, and hold
holds() {
	local tap status=0
	tap=$("$here/run" -k "$kernel" -a break_pages -p "strategies=$1" -f "$top/build/bin/mmapdemo-rows" -- \
		/mmapdemo-rows --device "/dev/mmapdemo-$1" --tests 'M14.kind-*' 2>&1) || status=$?
	echo "$tap"
	same "status of the rows" 0 "$status" &&
		same "rows that hold" 3 "$(grep -c '^ok [0-9]* - [^#]*$' <<<"$tap")"
}

plan ${#strategies[@]}
for strategy in "${strategies[@]}"; do
	try "broken.page-is-an-error[$strategy]" holds "$strategy"
done
