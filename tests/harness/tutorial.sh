#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# tutorial.sh KERNEL: each step of docs/tutorial builds for every kernel, and holds
# and lacks on KERNEL what its file `rows` says; a step that is not what it says is
# noticed.

top=$(realpath "$(dirname "$0")/../..")
# shellcheck source=tests/tap.sh
. "$top/tests/tap.sh"
# shellcheck source=tests/vm/lib.sh
. "$top/tests/vm/lib.sh"
first=$1
steps=$top/docs/tutorial
dir=$(mktemp -d)
names=$(cd "$steps" && printf '%s\n' [1-9]-*/ | tr -d /)

holds() {
	"$top/tests/tutorial/run" "$first" "${1%%-*}"
}

builds() {
	"$here/build" -s "$steps/$2" -o "$top/build/$1/tutorial/$2" "$1"
}

# wrong STEP PATTERN SED-COMMAND: a copy of the step with that done to it is not what it says
wrong() {
	local said
	rm -rf "${dir:?}/$1"
	cp -r "$steps/$1" "$dir/$1"
	sed -i "$3" "$dir/$1/tutorial.c"
	! cmp -s "$steps/$1/tutorial.c" "$dir/$1/tutorial.c" || { echo "sed did nothing"; return 1; }
	! said=$("$top/tests/tutorial/run" "$first" "${1%%-*}" "$dir/$1" 2>&1) || {
		echo "nothing is wrong with it: $said"
		return 1
	}
	has "$said" "$2"
}

no_such_step() {
	local said
	! said=$("$top/tests/tutorial/run" "$first" 9 2>&1) && has "$said" "no step '9'; there are: 1-remap"
}

# judged PATTERN ROWS: what the judge says of this file of rows, given some TAP
judged() {
	local said
	mkdir -p "$dir/judge/1-x" "$dir/judge/2-y"
	printf '%s\n' "$2" >"$dir/judge/1-x/rows"
	echo "holds S1 S2" >"$dir/judge/2-y/rows"
	printf '%s\n' 'ok 1 - S1.a' 'not ok 2 - S2.b' '# why' 'ok 3 - S3.c # SKIP no' >"$dir/judge/tap"
	! said=$("$top/tests/tutorial/judge" "$dir/judge" 1-x "$dir/judge/tap" 2>&1) || {
		echo "nothing is wrong: $said"
		return 1
	}
	has "$said" "$1"
}

plan $(($(wc -l <<<"$names") * ($(distinct_kernels | wc -l) + 1) + 14))
for name in $names; do
	for kernel in $(distinct_kernels); do
		try "tutorial.builds[$name,$kernel]" builds "$kernel" "$name"
	done
	try "tutorial.is-what-it-says[$name]" holds "$name"
done
try "tutorial.no-such-step" no_such_step
try "tutorial.uncounted-forks-are-noticed" wrong 4-life "wrong: life.fork does not hold" \
	's/^\t\.open\t= tutorial_vma_open,//'
try "tutorial.unasked-virtues-are-noticed" wrong 1-remap "wrong: S6.* does not say" \
	's/!(vma->vm_flags & VM_MAYSHARE)/0/'
try "tutorial.clean-folios-are-noticed" wrong 5-pagecache \
	"wrong: memory.soft-offline-keeps does not hold" '/folio_mark_dirty/d'
try "tutorial.unlocked-copies-are-noticed" wrong 5-pagecache \
	"wrong: memory.moved-loses-nothing does not hold" \
	's/^\t\tfolio = tutorial_folio(\(.*\));/\t\tfolio = filemap_get_folio(tutorial_inode->i_mapping, \1);\n\t\tif (IS_ERR_OR_NULL(folio)) {\n\t&\n\t\t\tif (!IS_ERR(folio))\n\t\t\t\tfolio_unlock(folio);\n\t\t}/
	/pagefault_enable/{n;d}'
try "tutorial.forgotten-errors-are-noticed" wrong 5-pagecache \
	"wrong: memory.broken-pread does not hold" 's/int err = xa_err(.*/int err = 0;/'
try "tutorial.errors-that-stay-are-noticed" wrong 6-complete \
	"wrong: resize.heals-what-was-broken does not hold" 's/xa_erase(.*);/cond_resched();/'
try "judge.takes-no-failure" judged "wrong: S2.b does not hold: why" "holds S1 S2"
try "judge.takes-no-success" judged "wrong: S1.a holds" "lacks S1 | why | 2 | because"
try "judge.takes-no-other-words" judged "wrong: S2.b does not say 'not'" "lacks S2 | not | 2 | because"
try "judge.takes-no-empty-promise" judged "wrong: S2.b: step 2 does not say" "lacks S2.b | why | 2 | because"
try "judge.takes-no-missing-step" judged "wrong: S2: there is no step 7" "lacks S2 | why | 7 | because"
try "judge.takes-no-skipped-test" judged "wrong: S3: no test of it ran" "holds S3"
try "judge.takes-no-nonsense" judged "rows:1: not understood" "hold S1"
rm -rf "$dir"
