#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# tour.sh KERNEL: `mmapdemo tour` and `map`, and the examples' story, in a VM. Its
# TAP is tests/tour/guest.sh's.

top=$(realpath "$(dirname "$0")/../..")
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT

gcc -std=gnu11 -Wall -Wextra -Werror -static -o "$dir/maps" "$top/tests/tour/maps.c" || exit
gives=()
for example in "$top"/userspace/examples/*.c; do
	gives+=(-f "$top/build/bin/$(basename "$example" .c)")
done
"$top/tests/vm/run" -k "$1" -t 600 -p 'size=8M strategies=pagecache,pfn' -f "$top/build/bin/mmapdemo" \
	-f "$dir/maps" -f "$(command -v jq):/bin/jq" -f "$(command -v script):/bin/script" \
	"${gives[@]}" -f "$top/userspace/examples/story.sh" -f "$top/tests/tap.sh" -f "$top/tests/mmapdemo.sh" \
	-f "$top/tests/tour" -- sh /tour/guest.sh
