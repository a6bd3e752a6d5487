# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# Runs gcc -fanalyzer and clang-tidy (.clang-tidy) on programs and tests.

: "${tree?}" "${top?}"

program_sources() {
	files 'userspace/*.c' 'conformance/*.c' 'tests/*.c' ':!tests/modules' ':!tests/suites/conform/zoo'
}

# As the Makefile compiles them; MMAPDEMO_VERSION is any here.
program_flags() {
	echo "-std=gnu11 -Wall -Wextra -DMMAPDEMO_VERSION=\"0\" -I$top/userspace/mmapdemo -I$top/conformance" \
		"-I$top/include/uapi -I$top/drivers/ticker -I$top/drivers/edu -I$top/drivers/ivshmem $(pkg-config --cflags libtracefs)"
}

gcc_analyzer() {
	local flags
	read -ra flags <<<"$(program_flags) -Werror -O2 -fanalyzer -c -o /dev/null"
	program_sources | each gcc "${flags[@]}"
}

# The lines about a file are many, and are printed in one piece.
tidy_file() {
	local said
	said=$(clang-tidy --quiet --config-file="$top/.clang-tidy" "$1" -- "${@:2}" 2>&1) && return
	echo "$said"
	return 1
}

clang_tidy() {
	local flags
	read -ra flags <<<"$(program_flags)"
	export top
	export -f tidy_file
	# shellcheck disable=SC2016 # expanded by bash -c
	program_sources | xargs -r -P "$(nproc)" -I{} bash -c 'tidy_file "$@"' tidy {} "${flags[@]}"
}

programs_checks() {
	check "programs.gcc -fanalyzer" gcc_analyzer
	check "programs.clang-tidy" clang_tidy
}
