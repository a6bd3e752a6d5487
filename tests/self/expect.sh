#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# expect.sh: conformance/expected calls what is as known ok, and everything else not: a
# test that holds unexpectedly, that fails for another reason, a line about nothing.

top=$(realpath "$(dirname "$0")/../..")
# shellcheck source=tools/tap.sh
. "$top/tools/tap.sh"
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT

mkdir -p "$dir/conformance"
cp -r "$top/conformance/expected" "$top/conformance/expect" "$dir/conformance/"
cat >"$dir/conformance/expect/some" <<'END'
[one two]
futex:
	M5.futex M5.mutex[* says EFAULT
mlock:
	M3.mlock[a] on 6.1

[two]
futex:
	S1.x

[three like one]
mlock:
	M5.futex says EIO
END

# judge STATUS KERNEL WHOLE TAP...: what `expected` makes of that
judge() {
	local status=0 expected=$1 kernel=$2 whole=$3
	shift 3
	printf '%s\n' "$@" >"$dir/tap"
	"$dir/conformance/expected" "$kernel" "${strategy:-one}" "$whole" sh -c "cat $dir/tap; exit ${ends:-1}" \
		>"$dir/out" 2>"$dir/err" || status=$?
	[ ! -s "$dir/err" ] || { cat "$dir/err"; return 1; }
	same status "$expected" "$status" || { cat "$dir/out"; return 1; }
}

out_has() {
	has "$(cat "$dir/out")" "$1"
}

all_as_known() {
	judge 0 6.1 1 "1..4" "not ok 1 - M5.futex" "# EFAULT" "not ok 2 - M5.mutex[x]" "# says EFAULT" \
		"not ok 3 - M3.mlock[a]" "ok 4 - S1.x" &&
		out_has '^ok 1 - M5.futex$' && out_has 'not hold, as expected: futex' &&
		out_has '^ok 4 - S1.x$' && out_has '^1\.\.4$'
}

holds_unexpectedly() {
	judge 1 6.1 0 "ok 1 - M5.futex" && out_has '^not ok 1 - M5.futex$' && out_has 'holds, and should not'
}

fails_otherwise() {
	judge 1 6.1 0 "not ok 1 - M5.futex" "# EINVAL" && out_has '^not ok 1' && out_has 'should say: EFAULT'
}

fails_unexpectedly() {
	judge 1 6.1 0 "not ok 1 - S1.x" "# why" && out_has '^not ok 1 - S1.x' && out_has '^# why'
}

other_kernel() {
	judge 1 7.x 0 "not ok 1 - M3.mlock[a]" && out_has '^not ok 1' &&
		judge 0 7.x 0 "ok 1 - M3.mlock[a]"
}

other_variant() {
	judge 1 6.1 0 "not ok 1 - M3.mlock[b]" && out_has '^not ok 1'
}

line_about_nothing() {
	# a line is used by any of its tests
	judge 0 6.1 1 "not ok 1 - M5.futex" "# EFAULT" "not ok 2 - M3.mlock[a]" "ok 3 - S1.x" || return
	ends=0 judge 1 6.1 1 "ok 1 - S1.x" && out_has '^not ok 2 - expect.line-is-about-a-test'
}

skipped_counts() {
	judge 0 6.1 1 "ok 1 - M5.futex # SKIP why" "ok 2 - M3.mlock[a] # SKIP why" && out_has '^ok 1 .* # SKIP why'
}

# Its own lines come first, and those that it takes over may be about no test.
takes_over() {
	local strategy=three
	judge 0 6.1 1 "not ok 1 - M5.futex" "# EIO" "not ok 2 - M3.mlock[a]" || return
	judge 1 6.1 0 "not ok 1 - M5.futex" "# EFAULT" || return
	judge 1 6.1 0 "ok 1 - M3.mlock[a]" && out_has 'holds, and should not'
}

like_nothing() {
	local status=0 said
	printf '[four like nosuch]\n' >"$dir/conformance/expect/wrong"
	said=$("$dir/conformance/expected" 6.1 four 0 true 2>&1) || status=$?
	rm "$dir/conformance/expect/wrong"
	[ "$status" != 0 ] && has "$said" 'four like nosuch.: it has no lines'
}

# A command may run several programs, each with a plan of its own.
plans_add_up() {
	judge 0 6.1 0 "1..1" "ok 1 - S1.x" "ok 1 - S2.x" "1..1" || return
	judge 1 6.1 0 "1..1" "ok 1 - S1.x" "1..1" && out_has '^not ok 2 - expect.all-tests-ran'
}

cut_short() {
	judge 1 6.1 0 "1..3" "ok 1 - S1.x" && out_has '^not ok 2 - expect.all-tests-ran'
}

vm_died() {
	ends=97 judge 97 6.1 0 "not ok 1 - M5.futex" "# EFAULT"
}

# All files are read, whatever the strategy.
reasons_are_whole() {
	"$top/conformance/expected" 6.1 pagecache 0 true
}

no_such_reason() {
	local status=0 said
	printf '[three]\nnonsense:\n\tS1.x\n' >"$dir/conformance/expect/wrong"
	said=$("$dir/conformance/expected" 6.1 one 0 true 2>&1) || status=$?
	rm "$dir/conformance/expect/wrong"
	[ "$status" != 0 ] || { echo "a reason that is none was accepted"; return 1; }
	has "$said" 'wrong: no such reason: nonsense'
}

# What is known of one strategy is not known of another that shares a section with it.
other_strategy() {
	judge 0 6.1 0 "ok 1 - S1.x" && out_has '^ok 1 - S1.x$'
}

plan 16
try expect.as-known-is-ok all_as_known
try expect.an-unexpected-yes-is-red holds_unexpectedly
try expect.another-failure-is-red fails_otherwise
try expect.an-unexpected-no-is-red fails_unexpectedly
try expect.kernels-are-told-apart other_kernel
try expect.variants-are-told-apart other_variant
try expect.a-stale-line-is-red line_about_nothing
try expect.a-skip-stays-one skipped_counts
try expect.what-is-cut-short-is-red cut_short
try expect.plans-add-up plans_add_up
try expect.another-strategys-lines-are-taken-over takes_over
try expect.nothing-is-taken-over-of-no-strategy like_nothing
try expect.a-dead-vm-stays-dead vm_died
try expect.each-line-has-a-reason reasons_are_whole
try expect.a-reason-that-is-none-is-red no_such_reason
try expect.strategies-are-told-apart other_strategy
