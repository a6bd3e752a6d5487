#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# docs.sh KERNEL: commands in pages do what the pages say, links lead somewhere, rows
# and files that are named are there, and words are spelt right. See tests/docs/.

top=$(realpath "$(dirname "$0")/../..")
# shellcheck source=tests/tap.sh
. "$top/tests/tap.sh"
kernel=$1
dir=$(mktemp -d)
cd "$top" || exit
docs=$top/tests/docs
pages=(./*.md docs/*.md userspace/examples/README.md)
pages=("${pages[@]#./}")

spelling() {
	same "what codespell says" "" "$(codespell -q 7 -I "$docs/words" "$@" 2>&1)"
}

# In one VM: the blocks of pages that are for it, and the examples of the manual.
guest() {
	"$docs/blocks" guest "${pages[@]}" >"$dir/pages.sh" &&
		sed -n '/^\.Sh EXAMPLES/,$ { /^mmapdemo /p }' docs/man/mmapdemo.1 >"$dir/manual.sh" &&
		[ -s "$dir/manual.sh" ] && cat >"$dir/guest.sh" <<-'SH' &&
			ln -s /mmapdemo /bin/mmapdemo
			truncate -s 1M /dev/shm/other
			ln -s /dev/shm/other /dev/other
			sh /pages.sh
			echo "==== manual"
			sh -ex /manual.sh
		SH
		tests/vm/run -k "$kernel" -f build/bin/mmapdemo -f "$dir/guest.sh" -f "$dir/pages.sh" \
			-f "$dir/manual.sh" -- sh /guest.sh >"$dir/guest" 2>&1 &&
		sed '/^==== manual/,$d' "$dir/guest" >"$dir/said" && "$docs/blocks" compare "$dir/said" "${pages[@]}" || {
		cat "$dir/guest"
		return 1
	}
}

# page TEXT: a page of that, in the folder where lies are told
page() {
	mkdir -p "$dir/lies"
	printf '%s\n' "# Page" '' "$@" >"$dir/lies/page.md"
}

# noticed PATTERN COMMAND...: it fails, and says so
noticed() {
	local said pattern=$1
	shift
	! said=$("$@" 2>&1) || { echo "nothing was noticed: $*"; return 1; }
	has "$said" "$pattern"
}

# block HOW COMMAND [EXPECTED]: is its lie noticed, as PATTERN?
block() {
	# shellcheck disable=SC2016 # no command
	page "$3" '```console' "${@:4}" '```'
	noticed "$1" "$docs/blocks" "$2" "$dir/lies/page.md"
}

link() {
	page "$2"
	noticed "$1" "$docs/links" "$dir/lies/page.md"
}

# What is said to be so in the VM, and is not.
guest_lie() {
	# shellcheck disable=SC2016 # no command
	page '<!-- vm -->' '```console' '# true' 'yes' '```'
	printf '==== 0\nno\n' >"$dir/lies/said"
	noticed '`true. does not print.*: yes' "$docs/blocks" compare "$dir/lies/said" "$dir/lies/page.md"
}

misspelt() {
	page "This is $(echo xeh | tr x t) end."
	noticed 'te[h] ==> the' spelling "$dir/lies/page.md"
}

run="<!-- run -->" not="<!-- not run: no -->"
plan $((2 * ${#pages[@]} + 19))
for name in "${pages[@]}"; do
	try "docs.commands-are-known[$name]" "$docs/blocks" check "$name"
	try "docs.links-lead-somewhere[$name]" "$docs/links" "$name"
done
try "docs.commands-do-what-is-said" "$docs/blocks" run "${pages[@]}"
try "docs.commands-in-the-vm-too" guest
try "docs.are-spelt-right" spelling "${pages[@]}" docs module include userspace tests packaging Makefile
try "lies.a-block-with-no-word" block 'how is it run' check '' '$ true'
try "lies.no-reason" block 'why, or by what' check '<!-- not run: -->' '$ true'
try "lies.no-such-test" block 'there is no tests/none' check '<!-- run by: tests/none -->' '$ true'
try "lies.no-such-target" block "no target 'chekc'" check "$not" '$ make chekc'
try "lies.no-such-variable" block "make knows no KERNLE=" check "$not" '$ make check KERNLE=6.1'
try "lies.no-such-kernel" block "no kernel '2.4'" check "$not" '$ make demo KERNEL=2.4'
try "lies.no-such-row" block "no suite, row or test 'S99'" check "$not" '$ make check TESTS=S99'
try "lies.no-such-script" block "there is no tests/vm/walk" check "$not" '$ tests/vm/walk -k 6.1'
try "lies.no-such-command" block "no command 'destroy'" check "$not" '# mmapdemo destroy'
try "lies.a-command-that-fails" block 'ends with 1' run "$run" '$ false'
try "lies.another-output" block 'does not print' run "$run" '$ echo no' 'yes'
try "lies.in-the-vm" guest_lie
try "lies.a-dead-link" link 'there is no none.md' '[x](none.md)'
try "lies.a-dead-anchor" link 'no heading for #none' '[x](#none)'
try "lies.a-row-that-is-none" link 'no row S99' 'As S99 says.'
try "lies.a-misspelt-word" misspelt
rm -rf "$dir"
