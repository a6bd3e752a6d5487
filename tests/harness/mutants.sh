#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# mutants.sh KERNEL: each patch of tests/mutants makes one classic mistake in a
# copy of the module. The row that it names must come out red, by a test that
# failed: a mutant that does not build, or whose VM dies, has not been caught. Of
# the row, the tests in the header's Tests are run, where it has them: others take
# long. The header may also say, a line each,
#	Device: /dev/…		that is tested, its strategy the module's parameter
#	Params: …		of the module	Args: …	of the kernel
#	Kernel: …		of tests/vm/kernels, if not the one that is given
#	Status: …		of the VM, if the mistake leaves more than a red row
# MUTANTS='17-* 2?-*' picks some.

top=$(realpath "$(dirname "$0")/../..")
# shellcheck source=tests/tap.sh
. "$top/tests/tap.sh"
# shellcheck source=tests/vm/lib.sh
. "$top/tests/vm/lib.sh"
dir=$(mktemp -d)
native=$(native_kernel "$1")

# said PATCH WORD DEFAULT: what the header says
said() {
	local line
	line=$(sed -n "1,/^---/s/^$2: //p" "$1")
	echo "${line:-$3}"
}

# caught PATCH ROW TESTS
caught() {
	local status=0 copy=$dir/copy kernel device strategy params
	kernel=$(said "$1" Kernel "$native")
	device=$(said "$1" Device /dev/mmapdemo)
	strategy=${device#/dev/mmapdemo}
	strategy=${strategy#-}
	params="$(said "$1" Params '') strategies=${strategy:-pagecache}"
	patch -F 0 -sd "$copy" -p1 <"$1" || return
	"$here/build" -s "$copy" -o "$dir/$kernel" "$kernel" >"$dir/log" 2>&1 || status=$?
	# what is as it was again is built again, and nothing else
	patch -F 0 -Rsd "$copy" -p1 <"$1" || return
	[ "$status" = 0 ] || { cat "$dir/log"; return 1; }
	"$here/run" -k "$kernel" --module "$dir/$kernel/mmapdemo.ko" -p "$params" \
		-a "$(said "$1" Args '')" -f "$top/build/bin/mmapdemo-rows" -- \
		/mmapdemo-rows --device "$device" --tests "$3" >"$dir/tap" 2>"$dir/err" || status=$?
	same "status of the rows" "$(said "$1" Status 1)" "$status" || { cat "$dir/tap" "$dir/err"; return 1; }
	has "$(cat "$dir/tap")" "^not ok [0-9]+ - $2\\."
}

mkdir "$dir/copy"
(cd "$top" && find Kbuild module include -type f -print0 2>/dev/null |
	xargs -0 cp --parents -t "$dir/copy")

patches=()
read -ra globs <<<"${MUTANTS:-*}"
for glob in "${globs[@]}"; do
	mapfile -t -O ${#patches[@]} patches < <(compgen -G "$top/tests/mutants/$glob.patch" | sort)
done
plan ${#patches[@]}
for patch in "${patches[@]}"; do
	row=$(said "$patch" Rows '')
	try "mutant.$(basename "$patch" .patch)-is-red-in-$row" \
		caught "$patch" "$row" "$(said "$patch" Tests "$row")"
done
rm -rf "$dir"
