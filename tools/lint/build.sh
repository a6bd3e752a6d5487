# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# Checks the warnings of sparse, of gcc with W=1 and of gcc's -fanalyzer about the
# module. One build, whose log is kept, and then a check of the log for each of them.

: "${tree?}" "${top?}" "${out?}" "${kernel?}" "${all?}" "${toolchain=}"

# The build of all three, and its log. Without -Werror, as the first error would hide the
# rest. A chroot has no sparse.
module_build() {
	local options=(-o "$out/$1") sparse=(C=2)
	kernel_line "$1"
	[ "$toolchain" = native ] || sparse=()
	[ "$tree" = "$top" ] || options+=(-s "$tree")
	rm -rf "${out:?}/$1"
	# with a caller's `make -s` the log would not list the files that sparse checked
	MAKEFLAGS='' "$top/tools/build" "${options[@]}" "$1" "${sparse[@]}" CFLAGS_MODULE=-fanalyzer KCFLAGS= >"$out/$1.log" 2>&1 ||
		grep -q 'warnings count as errors' "$out/$1.log" || { cat "$out/$1.log"; return 1; }
	# sparse prints nothing when it is done, so that the log must list the files it checked
	[ ${#sparse[@]} = 0 ] || grep -q '  CHECK ' "$out/$1.log" || { echo "sparse did not run"; return 1; }
}

# A warning of gcc ends in its option; those of sparse have none. One is of the
# core's making: VM_FAULT_RESULT_TRACE has vm_fault_t where __print_flags() has
# numbers, so that each event that uses it, in fs/dax too, brings these.
sparse_silent() {
	local core='module/(\./)?trace\.h:[0-9]+:1: warning: incorrect type in initializer \(different base types\)$'
	! grep -E '(warning|error):' "$out/$1.log" | grep -vE '\[-W[^]]*\]$' | grep -vE "$core"
}

gcc_silent() {
	! grep -A 12 -E '(warning|error):.*\[-W[^]]*\]$' "$out/$1.log" | grep -v 'Wanalyzer'
}

analyzer_silent() {
	! grep -A 40 -E '(warning|error):.*\[-W(error=)?analyzer[^]]*\]$' "$out/$1.log"
}

build_checks() {
	local k
	for k in $([ -n "$all" ] && kernel_names || echo "$kernel"); do
		kernel_line "$k"
		check "build.the module builds[$k]" module_build "$k"
		[ "$toolchain" != native ] || check "build.sparse C=2[$k]" sparse_silent "$k"
		check "build.gcc W=1[$k]" gcc_silent "$k"
		check "build.gcc -fanalyzer[$k]" analyzer_silent "$k"
	done
}
