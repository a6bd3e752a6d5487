#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# build.sh KERNEL: which kernels the module says it is for, and which mmap hook
# and compiler it is built with.

top=$(realpath "$(dirname "$0")/../..")
# shellcheck source=tests/tap.sh
. "$top/tests/tap.sh"
# shellcheck source=tests/vm/lib.sh
. "$top/tests/vm/lib.sh"
dir=$(mktemp -d)
native=$(native_kernel "$1")
eval "$(grep '^BUILD_EXCLUSIVE_KERNEL=' "$top/dkms.conf")"

# compat VERSION [OPTION]: what the preprocessor says of compat.h on that kernel
compat() {
	local a b
	IFS=. read -r a b _ <<<"$1"
	mkdir -p "$dir/linux"
	printf '%s\n' '#define KERNEL_VERSION(a, b, c) (((a) << 16) + ((b) << 8) + (c))' \
		"#define LINUX_VERSION_CODE KERNEL_VERSION($a, $b, 0)" >"$dir/linux/version.h"
	cpp -I "$dir" "${@:2}" -o /dev/null "$top/module/compat.h" 2>&1
}

# The header and dkms.conf agree.
takes() {
	same "compat.h says" "" "$(compat "$1")" && [[ $1-amd64 =~ $BUILD_EXCLUSIVE_KERNEL ]]
}

# refuses VERSION SAYING
refuses() {
	has "$(compat "$1")" "#error.*$2" || return
	! [[ $1-amd64 =~ $BUILD_EXCLUSIVE_KERNEL ]] || { echo "dkms.conf takes it"; return 1; }
}

untested() {
	same "compat.h says" "" "$(compat 8.0.0 -DMMAPDEMO_UNTESTED)"
}

# Debian's kernels are configured for gcc: what clang does not know of its
# options goes, and so does objtool, which would miss their effect. -Wno-gnu is what
# the kernel gives clang: its headers use such extensions.
clang_builds() {
	cat >"$dir/clang" <<-'SH'
		#!/bin/bash
		for o; do
			shift
			case $o in
			-mfunction-return=* | -mharden-sls=* | -fconserve-stack | -mrecord-mcount | -ftrivial-auto-var-init=*) ;;
			*) set -- "$@" "$o" ;;
			esac
		done
		exec clang "$@" -Wno-unknown-warning-option -Wno-gnu
	SH
	chmod +x "$dir/clang"
	"$here/build" -o "$dir/out" "$native" CC="$dir/clang" OBJECT_FILES_NON_STANDARD=y || return
	has "$(readelf -p .comment "$dir/out/mmapdemo.ko")" clang
}

# hook KERNEL HAS [LACKS]: functions of the module that was built for it
hook() {
	local symbols
	"$here/build" "$1" || return
	symbols=$(nm "$top/build/$1/mmapdemo.ko")
	has "$symbols" " $2\$" || return
	[ -z "${3-}" ] || ! has "$symbols" " $3\$" || { echo "has $3"; return 1; }
}

plan 14
for version in 6.1.0 6.9.0 6.12.95 7.0.0 7.3.4 7.12.1; do
	try "compat.takes[$version]" takes $version
done
for version in 5.15.0 6.0.19; do
	try "compat.refuses[$version]" refuses $version "needs Linux 6.1 or newer"
done
for version in 8.0.0 10.1.0; do
	try "compat.refuses[$version]" refuses $version "not tested beyond Linux 7.x"
done
try compat.untested-on-request untested
try compat.builds-with-clang clang_builds
try compat.mmap-prepare-where-it-counts hook 7.x mmapdemo_mapping_mmap_prepare mmapdemo_vma_desc_mmap
try compat.mmap-where-asked-for hook 7.x-mmap mmapdemo_vma_desc_mmap
rm -rf "$dir"
