# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# The looks of the sources.

: "${tree?}" "${top?}"

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

# Each is read through by a person: no file too long for that.
length() {
	! files ':!LICENSE' ':!docs/matrix.md' ':!docs/performance.md' | xargs -I{} find {} -size +24k | grep .
}

versions() {
	! files 'module/*' ':!module/compat.h' | xargs grep -nE 'LINUX_VERSION_CODE|KERNEL_VERSION\('
}

# The kernel's own files align things in columns, which clang-format undoes.
formatted() {
	files 'userspace/*.[ch]' 'conformance/*.[ch]' 'tests/*.[ch]' ':(glob)docs/tutorial/*.[ch]' ':!tests/modules' |
		xargs -r clang-format --style="file:$top/.clang-format" --dry-run --Werror
}

# SC2317: functions that only `try' and `trap' call look dead to it; SC2015: we
# mean `a && b || c' where we write it.
shells() {
	scripts | xargs -r shellcheck -x -P . -e SC2317,SC2015
}

style_checks() {
	check "style.SPDX line in every file" spdx
	check "style.no trailing blanks" whitespace
	check "style.no file over 24 KiB" length
	check "style.no kernel versions outside of compat.h" versions
	check "style.clang-format" formatted
	check "style.shellcheck" shells
}
