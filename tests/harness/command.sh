#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# command.sh KERNEL: the sub-commands of `mmapdemo`, and the worked examples, in
# a VM. Its TAP is tests/command/guest.sh's.

top=$(realpath "$(dirname "$0")/../..")
bin=${MMAPDEMO_BIN:-$top/build/bin}
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
# of the suite `sanitize'
read -ra guest_env <<<"${MMAPDEMO_GUEST_ENV:-}"

gcc -std=gnu11 -Wall -Wextra -Werror -static -o "$dir/hold" "$top/tests/command/hold.c" || exit
"$top/tests/vm/run" -k "$1" -p size=8M ${MMAPDEMO_GUEST_FILE:+-f "$MMAPDEMO_GUEST_FILE"} -f "$bin/mmapdemo" -f "$dir/hold" \
	-f "$(command -v jq):/bin/jq" -f "$bin/fork" -f "$bin/ring" \
	-f "$bin/survive" -f "$top/tests/tap.sh" -f "$top/tests/mmapdemo.sh" \
	-f "$top/tests/command" -- \
	env "${guest_env[@]}" sh /command/guest.sh
