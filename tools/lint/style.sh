# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# Checks the format of the sources.

: "${tree?}" "${top?}" "${lint?}"

scripts() {
	files | while read -r f; do
		case $f in
		*.sh) echo "$f" ;;
		*) ! head -n 1 "$f" | grep -qE '^#!.*\b(ba)?sh$' || echo "$f" ;;
		esac
	done
}

spdx() {
	local lacking
	# these two of dpkg's have no room for a comment
	lacking=$(files ':!LICENSE' ':!*.md' ':!.clang-format' ':!.editorconfig' \
		':!packaging/debian/copyright' ':!packaging/debian/source/format' | while read -r f; do
		head -n 3 "$f" | grep -q SPDX-License-Identifier || echo "$f"
	done)
	[ -z "$lacking" ] || { echo "$lacking"; return 1; }
}

whitespace() {
	! files ':!LICENSE' ':!*.patch' | xargs grep -HnE '[[:blank:]]+$'
}

# No file is too long for a person to read through.
length() {
	! files ':!LICENSE' ':!docs/contract.md' ':!docs/matrix.md' ':!docs/performance.md' ':!docs/mutants.md' | xargs -I{} find {} -size +24k | grep .
}

# Drivers that are lessons stay short: code, without comments and blank lines.
short() {
	local driver lines status=0
	for driver in "$tree"/drivers/*/; do
		lines=$(cat "$driver"*.[ch] | gcc -x c -fpreprocessed -dD -E -P - | grep -c .)
		[ "$lines" -lt 300 ] || { echo "$driver has $lines lines of code"; status=1; }
	done
	return $status
}

versions() {
	! files 'module/*' 'templates/*' ':!module/core/compat.h' | xargs grep -nE 'LINUX_VERSION_CODE|KERNEL_VERSION\('
}

# Includes run downward: tools/lint/layers says which folder is above which.
layers() {
	"$lint/layers" "$tree"
}

# The Makefile and .ci/run run the tests; no other file outside tests/ sources, runs or includes
# one of tests/. Comments are not looked at, nor is 'tests/*.c', a pattern of this folder. The
# mistakes of red.sh are for the tree that it makes.
apart() {
	! files ':!tests' ':!.ci' ':!Makefile' ':!*.md' ':!tools/lint/red.sh' |
		xargs grep -HnP "^(?![[:blank:]]*(# |/?\*|//)).*(?<!['!])\btests/"
}

# The kernel's own files align text in columns, which clang-format undoes.
formatted() {
	files 'userspace/*.[ch]' 'conformance/*.[ch]' 'tests/*.[ch]' 'tools/*.[ch]' ':(glob)docs/tutorial/*.[ch]' ':!tests/modules' |
		xargs -r clang-format --style="file:$top/.clang-format" --dry-run --Werror
}

# esbuild only warns of a mistake that a browser would skip in a style sheet, and exits with 0.
pages() {
	# shellcheck disable=SC2016 # the shell that xargs starts expands it
	files '*.css' '*.js' | xargs -r -n 1 bash -c \
		'said=$(esbuild --color=false --log-level=warning "$1" 2>&1 >/dev/null) && [ -z "$said" ] ||
			{ echo "$said"; exit 1; }' esbuild
}

# SC2317: functions that only `try' and `trap' call look dead to it; SC2015: we
# mean `a && b || c' where we write it.
shells() {
	scripts | xargs -r shellcheck -x -P . -e SC2317,SC2015
}

# Pages that tools write are looked at where their sentences come from.
prose() {
	files '*.md' 'docs/man/*' 'docs/abi/*' '*.[ch]' 'tools/*' 'vm/*' 'tests/*' Makefile '*Kbuild' '*.mk' \
		':!.github' ':!docs/contract.md' ':!docs/matrix.md' ':!docs/mutants.md' ':!docs/performance.md' \
		':!tests/mutants/*.patch' ':!tests/beside/known' | xargs -r "$lint/prose" "$tree"
}

# A function that a header declares is named there and where it is defined; a third place calls it.
# Comments are not counted.
called() {
	local names uncalled
	names=$(files 'conformance/*.h' 'tests/*.h' 'module/*.h' 'userspace/*.h' ':!module/core/compat.h' ':!module/trace.h' |
		xargs -r sed -nE '/^static /d; s/^[a-z_][a-zA-Z0-9_ *]*[ *]([a-z_][a-z0-9_]*)\(.*/\1/p' | sort -u)
	uncalled=$(files 'conformance/*.[ch]' 'tests/*.[ch]' 'module/*.[ch]' 'userspace/*.[ch]' |
		xargs -r sed -E 's@^ \*.*|/\*.*\*/|//.*@@' | grep -oE '\b[a-z_][a-z0-9_]*\b' | sort | uniq -c |
		awk '$1 < 3 { print $2 }' | sort | comm -12 - <(echo "$names"))
	[ -z "$uncalled" ] || { echo "declared, and called by nobody:"; echo "$uncalled"; return 1; }
}

style_checks() {
	check "style.SPDX line in every file" spdx
	check "style.no trailing blanks" whitespace
	check "style.no file over 24 KiB" length
	check "style.no driver of 300 lines of code" short
	check "style.no kernel versions outside of compat.h" versions
	check "style.no function that nobody calls" called
	check "style.no include runs upward or in a circle" layers
	check "style.no file needs the tests but the tests" apart
	check "style.plain sentences" prose
	check "style.clang-format" formatted
	check "style.esbuild" pages
	check "style.shellcheck" shells
}
