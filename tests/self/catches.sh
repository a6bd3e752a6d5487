#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# catches.sh KERNEL: a kernel that looks for mistakes is of use only if it sees what
# other kernels do not: each of these must be red, and for its own reason.

top=$(realpath "$(dirname "$0")/../..")
# shellcheck source=tools/tap.sh
. "$top/tools/tap.sh"
kernel=$1
dir=$(mktemp -d)
faulty=$dir/faulty/faulty.ko

build_faulty() {
	"$top/tools/build" -s "$top/tests/modules/faulty" -o "$dir/faulty" "$kernel"
}

# run FAULT STATUS PATTERN...: each in what `run` says
caught() {
	local fault=$1 expected=$2 status=0
	shift 2
	"$top/vm/run" -k "$kernel" -c 1 -t 60 --module "$faulty" -p "fault=$fault" -- true \
		>"$dir/out" 2>"$dir/err" || status=$?
	same "exit status" "$expected" "$status" || { cat "$dir/out" "$dir/err"; return 1; }
	for pattern; do
		has "$(cat "$dir/err")" "$pattern" || return
	done
}

# kconfig drops what has not what it depends on, KASAN where SLOB is, without a word
missing_option() {
	printf '%s\n' CONFIG_SLOB=y CONFIG_VT=y >"$dir/.config"
	printf '%s\n' CONFIG_SLOB=y CONFIG_KASAN=y '# CONFIG_VT is not set' '# CONFIG_X is not set' \
		>"$dir/wanted"
	# shellcheck disable=SC2016 # for that bash
	same "what it says" "kernel: it: the kernel's configuration has not: CONFIG_KASAN=y # CONFIG_VT is not set" \
		"$(cd "$dir" && bash -c '. "$1/lib.sh"; . "$1/source.sh"; here=$PWD headers=wanted name=it
			source_config_came_true' kernel "$top/vm" 2>&1)"
}

common() {
	try "debug.an-option-that-does-not-come-true-is-named" missing_option
	try "debug.the-faulty-module-builds" build_faulty
	try "debug.a-harmless-module-is-0" caught none 0
}

case $kernel in
kcsan-*)
	plan 4
	common
	# not the end: a race found late would hide those after it
	try "debug.a-data-race" caught race 98 "KCSAN: data-race in faulty_(count|race)"
	;;
*)
	plan 13
	common
	try "debug.a-warning-is-the-end" caught warn 97 "VM died loading the module: Kernel panic.*panic_on_warn"
	try "debug.a-use-after-free" caught use-after-free 97 "KASAN: slab-use-after-free|KASAN: use-after-free" faulty_use_after_free
	try "debug.an-overrun-of-vmalloc-memory" caught overrun 97 "KASAN: vmalloc-out-of-bounds"
	try "debug.a-leak" caught leak 98 "kmemleak: 1 new" "leaked: unreferenced object" "leaked: .*faulty_leak"
	try "debug.a-sleep-under-a-spinlock" caught sleep 98 "sleeping function called from invalid context"
	try "debug.a-deadlock-that-could-be" caught lock-order 98 "possible circular locking dependency"
	try "debug.a-shift-too-far" caught shift 97 "UBSAN: shift-out-of-bounds"
	try "debug.a-reference-count-of-0" caught refcount 97 "refcount_t: addition on 0"
	try "debug.a-list-that-is-broken" caught list 97 "list_del corruption"
	try "debug.a-timer-freed-while-it-runs" caught timer 97 "WARNING: .*debug_print_object|ODEBUG: free active"
	;;
esac
rm -rf "$dir"
