# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# Runs the kernel's own scripts, from Debian's linux-source, on the module and the templates.
# clang-tidy checks programs, whose types and exits checkpatch does not know.

: "${tree?}" "${top?}" "${dir?}"

# Fetched, if necessary, before the checks need them.
scripts=
scripts_there() {
	[ -n "$scripts" ] || scripts=$("$top/tools/lint/scripts") || return
	[ -x "$scripts/checkpatch.pl" ] && [ -x "$scripts/kernel-doc" ] && [ -d "$scripts/coccinelle" ]
}

# patches IGNORED FILE...: IGNORED may be empty. Elsewhere, as it leaves a file of
# names that it saw where it is run.
patches() {
	local options=(--no-tree --strict --quiet --terse --show-types)
	[ -z "$1" ] || options+=(--ignore "$1")
	(cd "$dir" && "$scripts/checkpatch.pl" "${options[@]}" --file "${@:2}")
}

# tests/modules/faulty/ is left out, because its mistakes are intended.
checkpatch() {
	local list
	scripts_there || return
	mapfile -t list < <(files 'module/*.[ch]' 'drivers/*.[ch]' 'include/linux/*.h' \
		'templates/*.c' 'tests/modules/in_init/*.c' \
		'tests/modules/late_load/*.c' 'tests/modules/fixed/*.c' 'tests/modules/odd/*.c' 'tests/suites/conform/zoo/*.[ch]' \
		':!module/core/compat.h' ':!module/trace.h')
	patches '' "${list[@]/#/$tree/}" || return
	# its assertions end the test
	mapfile -t list < <(files 'tests/modules/api/*.[ch]')
	[ ${#list[@]} = 0 ] || patches MACRO_WITH_FLOW_CONTROL "${list[@]/#/$tree/}"
}

# By its path, as in the kernel: in uapi headers checkpatch does not ask for BIT(), which
# programs lack.
checkpatch_uapi() {
	scripts_there || return
	cp -r "$tree/include" "$dir" && patches '' include/uapi/linux/mmapdemo.h
}

# The one place where versions belong.
checkpatch_compat() {
	scripts_there || return
	patches LINUX_VERSION_CODE,CONSTANT_COMPARISON "$tree/module/core/compat.h"
}

# What TRACE_EVENT() looks like in all the kernel's headers.
checkpatch_trace() {
	scripts_there || return
	patches OPEN_ENDED_LINE,PARENTHESIS_ALIGNMENT "$tree/module/trace.h"
}

kernel_doc() {
	scripts_there || return
	files 'module/*.[ch]' include | xargs "$scripts/kernel-doc" -none -Werror
}

kernel_checks() {
	check "kernel.checkpatch --strict" checkpatch
	check "kernel.checkpatch --strict, the ABI" checkpatch_uapi
	check "kernel.checkpatch --strict, compat.h" checkpatch_compat
	check "kernel.checkpatch --strict, trace.h" checkpatch_trace
	check "kernel.kernel-doc -Werror" kernel_doc
}
