#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# grown.sh KERNEL: the rows about commands, with a module whose structs have one
# field more than the programs', and one field less.

top=$(realpath "$(dirname "$0")/../..")
# shellcheck source=tests/tap.sh
. "$top/tests/tap.sh"
# shellcheck source=tests/vm/lib.sh
. "$top/tests/vm/lib.sh"
dir=$(mktemp -d)
kernel=$(native_kernel "$1")

# rows older|newer
rows() {
	"$top/tests/grown/run" "$1" "$kernel" >"$dir/tap" 2>"$dir/err" && return
	grep -A 5 '^not ok' "$dir/tap"
	cat "$dir/err"
	return 1
}

plan 2
try "grown.programs-are-one-field-older" rows older
try "grown.programs-are-one-field-newer" rows newer
rm -rf "$dir"
