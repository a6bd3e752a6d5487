#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# mutants.sh KERNEL: each patch of tests/mutants makes one classic mistake in a
# copy of the module. The row that it names must come out red, by a test that
# failed: a mutant that does not build, or whose VM dies, has not been caught. Of
# the row, the tests in the header's Tests are run, where it has them: others take
# long. For people it says the Mistake and its Harm. It may also say, a line each,
#	Device: /dev/…		that is tested, its strategy the module's parameter
#	Params: …		of the module	Args: …	of the kernel
#	Nodes: …		of memory that the VM has, if more than one
#	Kernel: …		of tests/vm/kernels, if not the one that is given
#	Status: …		of the VM, if the mistake leaves more than a red row; one of several
#	Suite: late_load	whose tests/late_load/run is given the module, in place of the rows
#	Splat: …		what the kernel then says (a regular expression), in place of the red row
# MUTANTS='17-* 2?-*' picks some. Those for a kernel made from source are left out
# unless MUTANTS_DEBUG is 1, as `make check-mutants` has it. And docs/mutants.md must be
# what the headers say.

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
	local status=0 copy=$dir/copy kernel device strategy params splat suite rows
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
	rows=("$here/run" -k "$kernel" --module "$dir/$kernel/mmapdemo.ko" -p "$params"
		-a "$(said "$1" Args '')" -n "$(said "$1" Nodes 1)"
		-f "$top/build/bin/mmapdemo-rows" --
		/mmapdemo-rows --device "$device" --tests "$3")
	suite=$(said "$1" Suite '')
	[ -z "$suite" ] || rows=("$top/tests/$suite/run" "$kernel" "$dir/$kernel/mmapdemo.ko")
	"${rows[@]}" >"$dir/tap" 2>"$dir/err" || status=$?
	[[ " $(said "$1" Status 1) " == *" $status "* ]] || {
		echo "status of the rows: expected $(said "$1" Status 1), saw $status"
		cat "$dir/tap" "$dir/err"
		return 1
	}
	splat=$(said "$1" Splat '')
	if [ "$splat" ]; then
		has "$(cat "$dir/err")" "$splat"
	else
		has "$(cat "$dir/tap")" "^not ok [0-9]+ - $2\\."
	fi
}

all_headers() {
	local patch word missing=
	for patch in "$top"/tests/mutants/*.patch; do
		for word in Mistake Harm Rows; do
			[ "$(said "$patch" "$word" '')" ] || missing+=" $(basename "$patch"):$word"
		done
	done
	same "what headers lack" '' "$missing"
}

copy_module "$dir/copy"

patches=()
read -ra globs <<<"${MUTANTS:-*}"
for glob in "${globs[@]}"; do
	mapfile -t -O ${#patches[@]} patches < <(compgen -G "$top/tests/mutants/$glob.patch" | sort)
done
plan $((${#patches[@]} + 2))
try "mutant.each-tells-its-story" all_headers
try "mutant.page-is-of-today" diff <("$top/tests/stories") "$top/docs/mutants.md"
for patch in "${patches[@]}"; do
	row=$(said "$patch" Rows '')
	name="mutant.$(basename "$patch" .patch)-is-red-in-$row"
	kernel=$(said "$patch" Kernel "$native")
	if [[ $'\n'$(debug_kernel_names)$'\n' != *$'\n'$kernel$'\n'* ]]; then
		try "$name" caught "$patch" "$row" "$(said "$patch" Tests "$row")"
	elif [ "${MUTANTS_DEBUG:-}" = 1 ]; then
		MMAPDEMO_TIMEOUT_SCALE=6 \
			try "$name" caught "$patch" "$row" "$(said "$patch" Tests "$row")"
	else
		skip "$name" "it wants the kernel $kernel: make check-mutants"
	fi
done
rm -rf "$dir"
