#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# mutants.sh KERNEL: each patch of tests/mutants makes one classic mistake in a
# copy of the module. The row that it names must come out red, by a test that
# failed: a mutant that does not build, or whose VM dies, has not been caught. Of
# the row, the tests in the header's Tests are run, where it has them: others take long.

top=$(realpath "$(dirname "$0")/../..")
# shellcheck source=tests/tap.sh
. "$top/tests/tap.sh"
# shellcheck source=tests/vm/lib.sh
. "$top/tests/vm/lib.sh"
dir=$(mktemp -d)
kernel=$(native_kernel "$1")

# caught PATCH ROW TESTS
caught() {
	local status=0 copy=$dir/copy
	rm -rf "$copy" "$dir/out"
	mkdir "$copy"
	(cd "$top" && find Kbuild module include -type f -print0 2>/dev/null |
		xargs -0 cp --parents -t "$copy")
	patch -sd "$copy" -p1 <"$1" || return
	"$here/build" -s "$copy" -o "$dir/out" "$kernel" >"$dir/log" 2>&1 ||
		{ cat "$dir/log"; return 1; }
	"$here/run" -k "$kernel" --module "$dir/out/mmapdemo.ko" -f "$top/build/bin/mmapdemo-rows" -- \
		/mmapdemo-rows --tests "$3" >"$dir/tap" 2>"$dir/err" || status=$?
	same "status of the rows" 1 "$status" || { cat "$dir/tap" "$dir/err"; return 1; }
	has "$(cat "$dir/tap")" "^not ok [0-9]+ - $2\\."
}

patches=("$top"/tests/mutants/*.patch)
plan ${#patches[@]}
for patch in "${patches[@]}"; do
	row=$(sed -n 's/^Rows: //p' "$patch")
	tests=$(sed -n 's/^Tests: //p' "$patch")
	try "mutant.$(basename "$patch" .patch)-is-red-in-$row" caught "$patch" "$row" "${tests:-$row}"
done
rm -rf "$dir"
