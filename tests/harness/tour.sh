#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# tour.sh KERNEL: `mmapdemo tour` and `map`, and the examples' story, in a VM. Its
# TAP is tests/tour/guest.sh's.

top=$(realpath "$(dirname "$0")/../..")
bin=${MMAPDEMO_BIN:-$top/build/bin}
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
# of the suite `sanitize'
read -ra guest_env <<<"${MMAPDEMO_GUEST_ENV:-}"

gcc -std=gnu11 -Wall -Wextra -Werror -static -o "$dir/maps" "$top/tests/tour/maps.c" || exit
gives=()
for example in "$top"/userspace/examples/*.c; do
	gives+=(-f "$bin/$(basename "$example" .c)")
done
"$top/tests/vm/run" -k "$1" -t 600 -p 'size=8M strategies=pagecache,pfn' ${MMAPDEMO_GUEST_FILE:+-f "$MMAPDEMO_GUEST_FILE"} -f "$bin/mmapdemo" \
	-f "$dir/maps" -f "$(command -v jq):/bin/jq" -f "$(command -v script):/bin/script" \
	"${gives[@]}" -f "$top/userspace/examples/story.sh" -f "$top/tests/tap.sh" -f "$top/tests/mmapdemo.sh" \
	-f "$top/tests/tour" -- \
	env "${guest_env[@]}" sh /tour/guest.sh
