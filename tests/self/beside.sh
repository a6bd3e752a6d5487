#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# beside.sh KERNEL: mmapdemo-beside turns red where it should: for a difference that no line of
# tests/beside/known speaks of, for a line that speaks of no difference, for a device that is no
# memfd, and for a program that shows a difference; and the program that it prints shows it again.

top=$(realpath "$(dirname "$0")/../..")
# shellcheck source=tools/tap.sh
. "$top/tools/tap.sh"
# shellcheck source=vm/lib.sh
. "$top/vm/lib.sh"
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
kernel=$(native_kernel "$1")

# An operation that has differed on all kernels and always will, and one that never did.
differs='ftruncate.same' same='pread.page[huge]'
printf 'No reason.\n\t%s * ret 0\n' "$same" >"$dir/stale"
printf '\tftruncate.same[* * *\n' >"$dir/unreasoned"
printf 'A reason.\n\tftruncate.same[* six *\n' >"$dir/unnumbered"
: >"$dir/empty"
echo 'program huge=0 fork=12 maps=1 0:64:shared' >"$dir/stepless"

# Each run is a part of the output, which begins with its name and ends with its status.
cat >"$dir/guest.sh" <<'EOT'
run() {
	echo "run $1"
	shift
	/mmapdemo-beside "$@" 2>&1
	echo "status $?"
}
run good --known /known --tests "$differs $same"
run unlisted --known /empty --tests "$differs $same"
run stale --known /stale --tests "$same"
run fixed --known /known --tests 'mremap.copy mincore.dontneed' --device /dev/mmapdemo-insert
run random --known /empty --tests "$differs $same" --random 1 --programs 3
sed -n '/^run random/,$p' /out | grep -E '^# (program|step) ' | head -n 2 >/again
run replay --known /empty --tests "$differs" --replay /again
run unreasoned --known /unreasoned
run unnumbered --known /unnumbered
run stepless --known /empty --replay /stepless
run nosuch --known /empty --tests 'pread.page nosuch.*' --without pread.page
EOT
sed -i "1i differs='$differs' same='$same'" "$dir/guest.sh"

files=()
for file in empty stale unreasoned unnumbered stepless guest.sh; do
	files+=(-f "$dir/$file")
done
# A VM that fails leaves out what part() looks for.
said=$("$top/vm/run" -k "$kernel" -p 'strategies=pagecache,insert' "${files[@]}" \
	-f "$top/build/bin/mmapdemo-beside" -f "$top/tests/beside/known" -- \
	sh -c 'sh /guest.sh >/out; cat /out' 2>&1) || true

# part NAME STATUS PATTERN: that run ended so, and said that
part() {
	local text
	text=$(sed -n "/^run $1\$/,/^status /p" <<<"$said")
	[ -n "$text" ] || { echo "$said"; return 1; }
	same "status of $1" "status $2" "$(tail -n 1 <<<"$text")" && has "$text" "$3" ||
		{ echo "$text"; return 1; }
}

unlisted() {
	part unlisted 1 '^not ok [0-9]* - beside.ftruncate.same.shared' &&
		part unlisted 1 '#   device: EINVAL' && part unlisted 1 '^ok [0-9]* - beside.pread.page.huge'
}

plan 10
try beside.as-known-is-ok part good 0 '^ok [0-9]* - beside.ftruncate.same.shared'
try beside.an-unlisted-difference-is-red unlisted
try beside.a-stale-line-is-red part stale 1 '^# does not differ: pread.page'
try beside.another-device-is-red part fixed 1 '^not ok '
try beside.a-program-is-red part random 1 '^# step ftruncate.same '
try beside.what-it-prints-is-red-again part replay 1 '^not ok 1 - beside.replay'
try beside.a-line-wants-a-reason part unreasoned 2 'has no reason'
try beside.a-line-wants-kernels part unnumbered 2 "no range of kernels is 'six'"
try beside.a-program-wants-steps part stepless 2 'a program without steps'
try beside.no-operation-is-no-success part nosuch 2 'no operation of the table'
