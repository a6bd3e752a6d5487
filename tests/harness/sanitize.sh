#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# sanitize.sh KERNEL: the command and the examples, built with ASan and UBSan, do all
# that the suites `command` and `tour` ask of them, in a VM; here, they and, under
# valgrind, the same without, look at files, some of which are broken, and at a target.

top=$(realpath "$(dirname "$0")/../..")
# shellcheck source=tests/tap.sh
. "$top/tests/tap.sh"
kernel=$1
dir=$(mktemp -d)
asan=$top/build/asan/bin
plain=$top/build/valgrind/bin
map=$top/tests/page/map.json
# no status that a program has of its own
export ASAN_OPTIONS=exitcode=99
# of what is made by others than us, some stays reachable until the end
valgrind=(valgrind -q --error-exitcode=99 --leak-check=full --errors-for-leak-kinds=definite
	--child-silent-after-fork=yes)

builds() {
	make -s -C "$top" WATCHED=asan programs command && make -s -C "$top" WATCHED=valgrind command || return
	has "$(ldd "$asan/mmapdemo")" libasan && has "$(ldd "$asan/mmapdemo")" libubsan &&
		has "$(ldd "$asan/fork")" libasan
}

# A program that goes wrong, built as these are, has that status.
notices() {
	local tree=$dir/tree watched status
	mkdir -p "$tree/userspace/examples"
	cp -r "$top"/{Makefile,dkms.conf,tests} "$tree"
	cat >"$tree/userspace/examples/bad.c" <<-'C'
		#include <stdlib.h>
		int main(int argc, char **argv)
		{
			char *volatile text = malloc(argc);

			return text[argc] && argv[1];
		}
	C
	for watched in asan valgrind; do
		make -s -C "$tree" WATCHED=$watched build/$watched/bin/bad || return
	done
	status=0
	"$tree/build/asan/bin/bad" 2>"$dir/said" || status=$?
	same "exit status" 99 $status && has "$(cat "$dir/said")" "heap-buffer-overflow" || return
	status=0
	"${valgrind[@]}" "$tree/build/valgrind/bin/bad" 2>"$dir/said" || status=$?
	same "exit status" 99 $status && has "$(cat "$dir/said")" "Invalid read"
}

# in_vm SUITE [TEST]: all holds, but TEST, of what ASan changes. libtracefs (1.6.4)
# forgets what it compiled to look for instances, and what it could not have.
in_vm() {
	local environment="ASAN_OPTIONS=$ASAN_OPTIONS:fast_unwind_on_malloc=0" failed

	printf 'leak:%s\n' tracefs_instances tracefs_instance_create tracefs_tracing_dir >"$dir/known-leaks"
	environment+=" LSAN_OPTIONS=print_suppressions=0:suppressions=/known-leaks"
	MMAPDEMO_BIN=$asan MMAPDEMO_GUEST_ENV=$environment MMAPDEMO_GUEST_FILE=$dir/known-leaks \
		"$top/tests/harness/$1.sh" "$kernel" >"$dir/$1.tap" 2>"$dir/$1.err"
	failed=$(sed -n 's/^not ok [0-9]* - //p' "$dir/$1.tap")
	same "what does not hold" "${2:-}" "$failed" &&
		same "how many tests ran" "$(sed -n 's/^1\.\.//p' "$dir/$1.tap")" "$(grep -cE '^(not )?ok ' "$dir/$1.tap")" &&
		same "what the run said" "" "$(cat "$dir/$1.err")" && return
	grep -A 60 '^not ok' "$dir/$1.tap"
	return 1
}

# ends STATUSES COMMAND...: with one of these
ends() {
	local status=0 expected=$1
	shift
	"$@" >"$dir/out" 2>&1 || status=$?
	[[ " $expected " == *" $status "* ]] && return
	echo "exit status $status of $*"
	tail -n 60 "$dir/out"
	return 1
}

# pictures COMMAND...: of each kind
pictures() {
	ends 0 "$@" map --from "$map" && ends 0 "$@" map --json --from "$map" &&
		ends 0 "$@" map --svg "$dir/map.svg" --from "$map" &&
		ends 0 "$@" map --html "$dir/map.html" --from "$map"
}

# What is no picture is refused in one line, or drawn.
refused_or_drawn() {
	ends "0 1" "$@" map --from "$dir/broken.json" || return
	[ "$(grep -c '^mmapdemo map: ' "$dir/out")" -le 1 ]
}

# cut STEP COMMAND...: what has been cut off, at each STEP bytes
cut_off() {
	local step=$1 size
	shift
	size=$(wc -c <"$map")
	for ((at = 0; at < size; at += step)); do
		head -c "$at" "$map" >"$dir/broken.json"
		refused_or_drawn "$@" || { echo "cut at $at"; return 1; }
	done
}

# absurd STEP COMMAND...: each STEP-th value is something else
absurd() {
	local step=$1 count paths path value
	shift
	paths=$(jq -c '[paths(scalars)]' "$map")
	count=$(jq length <<<"$paths")
	[ "$count" -gt 200 ] || { echo "only $count values"; return 1; }
	for value in null -1 '""' '"\u0000\u00e9"' 1e308 18446744073709551615 '[]' '{}'; do
		for ((i = 0; i < count; i += step)); do
			path=$(jq -c ".[$i]" <<<"$paths")
			jq --argjson path "$path" --argjson value "$value" 'setpath($path; $value)' "$map" \
				>"$dir/broken.json"
			refused_or_drawn "$@" || { echo "$path is $value"; return 1; }
		done
	done
}

# ASan has malloc's memory filled and mlock do nothing, so some tests do not hold: what
# counts is that nothing is wrong in those who say so. A test's process ends right
# after it, with what it allocated.
conforms() {
	local tests
	truncate -s 4M "$dir/target"
	ASAN_OPTIONS=exitcode=99:detect_leaks=0:allow_user_segv_handler=1:log_path=$dir/asan \
		ends "0 1" "$asan/mmapdemo" conform --write --tap "$dir/target" || return
	tests=$(grep -c -E '^(not )?ok' "$dir/out")
	[ "$tests" -gt 1000 ] || { echo "only $tests tests ran"; tail "$dir/out"; return 1; }
	! compgen -G "$dir/asan.*" >/dev/null || { cat "$dir"/asan.*; return 1; }
}

plan 11
try "sanitize.builds" builds
try "sanitize.a-mistake-is-noticed" notices
try "sanitize.command-in-the-vm" in_vm command
# whose memory is the first to be drawn, so that the stack is not
try "sanitize.tour-in-the-vm" in_vm tour map.self-and-all
try "sanitize.conform" conforms
try "sanitize.pictures" pictures "$asan/mmapdemo"
try "sanitize.files-cut-off" cut_off 37 "$asan/mmapdemo"
try "sanitize.files-with-absurd-values" absurd 7 "$asan/mmapdemo"
try "valgrind.pictures" pictures "${valgrind[@]}" "$plain/mmapdemo"
try "valgrind.files-cut-off" cut_off 1601 "${valgrind[@]}" "$plain/mmapdemo"
try "valgrind.conform" ends "0 1" "${valgrind[@]}" "$plain/mmapdemo" conform --rows 'S3* S5*' memfd:
rm -rf "$dir"
