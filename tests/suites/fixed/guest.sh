#!/bin/busybox sh
# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=dash
#
# guest.sh [GROUP]: loads of /mmapdemo.ko with fixed memory, in the VM. /fixed.ko makes some of
# them fail, and sees how memory is cached. Contract rows S1, S12, V3 and V4. With a GROUP (blocks,
# cache or nopat), guest.sh runs the tests of that group alone; those of nopat want a kernel that was
# booted so, and run in no other way. The header of a mutant names its group.

# shellcheck source=tools/tap.sh
. /tap.sh
parameters=/sys/module/fixed/parameters
dma=/dev/mmapdemo-dma

# fail WHAT CALLS: see the module
fail() {
	echo "$2" >"$parameters/$1"
}

# failing WHAT CALLS COMMAND...: runs the command while these calls fail; returns its status
failing() {
	what=$1
	fail "$1" "$2" || return
	shift 2
	"$@"
	result=$?
	fail "$what" "0 0" && return $result
}

# failing_with ERRNO WHAT CALLS COMMAND...: the same, with another errno than ENOMEM
failing_with() {
	echo "$1" >$parameters/error || return
	shift
	failing "$@"
	result=$?
	echo 12 >$parameters/error && return $result
}

# with PARAMETERS COMMAND...: what the command says of a module that is loaded so
with() {
	dmesg -c >/dev/null
	# shellcheck disable=SC2086 # words
	insmod /mmapdemo.ko $1 || return
	shift
	"$@"
	status=$?
	rmmod mmapdemo && return $status
}

nothing_is_left() {
	found=$(find /dev /sys/module /sys/class /sys/devices/platform /sys/kernel/debug -maxdepth 1 -name 'mmapdemo*')
	[ -z "$found" ] || { echo "$found"; return 1; }
	same "blocks of DMA memory" 0 "$(cat $parameters/blocks)"
}

# refused PARAMETERS TEXT: such a load fails, with one line that says so, and leaves nothing
refused() {
	dmesg -c >/dev/null
	# shellcheck disable=SC2086 # words
	if insmod /mmapdemo.ko $1 2>/tmp/refusal; then
		rmmod mmapdemo
		echo "insmod took it"
		return 1
	fi
	# busybox's insmod tries again by another system call
	said=$(dmesg | grep -o 'mmapdemo: .*' | grep -v 'verification\|taints\|invalid for parameter' | sort -u)
	has "$said" "$2" && same "lines of the log" 1 "$(echo "$said" | wc -l)" && nothing_is_left
}

# in_blocks COUNT BYTES
in_blocks() {
	has "$(dmesg)" "mmapdemo-dma: size=.* in $1 blocks of at most $2 bytes" &&
		same "blocks" "$1" "$(cat $parameters/blocks)" && /map blocks $dma
}

# several SIZE COUNT BYTES
several() {
	with "strategies=dma size=$1" in_blocks "$2" "$3" && nothing_is_left
}

in_one_block() {
	same "blocks" 1 "$(cat $parameters/blocks)" && /map blocks $dma
}

one() {
	with "strategies=dma size=$1" in_one_block && nothing_is_left
}

# Whatever memory there is, six attempts fail: the seventh is for blocks of 1 MiB.
smaller_ones() {
	fail alloc "1 6" && several 64M 64 1048576
}

# out_of_memory WHAT NTH: there is none for that block, nor for any later one
out_of_memory() {
	failing "$1" "$2 99999" refused "strategies=dma size=64M" \
		"mmapdemo-dma: size=67108864: no coherent memory in one piece or in several: free some, or take"
}

# no_frames ERRNO: dma_get_sgtable() fails with that, for the first of several blocks
no_frames() {
	failing_with "$1" frames "1 99999" refused "strategies=dma size=64M" \
		"mmapdemo-dma: size=67108864: dma_get_sgtable\(\) does not tell .* \(error -$1\): take"
}

# The kernel gets a block for a task that is about to die, and then no more.
killed() {
	fail kill "3 3"
	if insmod /mmapdemo.ko strategies=dma size=64M; then
		echo "insmod was not killed"
		return 1
	fi
	calls=$(sed 's/.* //' $parameters/kill)
	fail kill "0 0" && same "calls of dma_alloc_coherent()" 3 "$calls" && nothing_is_left
}

counted() {
	cat /sys/kernel/debug/mmapdemo/mmapdemo-dma/vmas
}

# block_unmapped NTH
block_unmapped() {
	failing remap "$1 $1" /map fails $dma && same "mappings" 0 "$(counted)"
}

# The kernel's own mapping of what a program had mapped last, and what that program had.
seen() {
	cat $parameters/look
}

kernel_has() {
	same "the kernel's mapping" "$1" "$(seen | sed 's/.* kernel \([a-z]*\) .*/\1/')"
}

# cached TYPE DEVICE [PAGES]: so are all pages for the processors, and the kernel finds no conflict.
cached() {
	/map look "$2" && same "both mappings" "program $1 kernel $1 frames ${3-256}" "$(seen)" || return
	if dmesg | grep 'x86/PAT'; then
		return 1
	fi
}

# Without the page attribute table there is no write-combining.
has_pat=$(dmesg | grep -c 'x86/PAT: Configuration .* WC ')

# of_load STRATEGY TYPE [MIB]
of_load() {
	mib=${3-1}
	with "strategies=$1 size=${mib}M cache=$2" cached "$2" "/dev/mmapdemo-$1" $((256 * mib)) && kernel_has wb
}

on_its_own() {
	echo "mmapdemo-frames strategy=pfn size=1M cache=uc" >/sys/class/mmapdemo/new_node &&
		cached uc /dev/mmapdemo-frames && cached wb /dev/mmapdemo-pfn &&
		cached uc /dev/mmapdemo-frames && echo mmapdemo-frames >/sys/class/mmapdemo/delete_node &&
		kernel_has wb
}

no_wc() {
	refused "strategies=pfn cache=wc" "cache=wc: the kernel does not use the page attribute table"
}

# not_changed ERRNO CURE
not_changed() {
	failing_with "$1" set "1 99" refused "strategies=pfn size=1M cache=uc" \
		"cache=uc: the kernel's own mapping cannot be changed \(error -$1\): $2"
}

free_kib() {
	awk '/^MemFree/ { print $2 }' /proc/meminfo
}

# 32 blocks of 4 MiB, of which none may stay allocated. The lists of free pages that processors have
# of their own, which MemFree leaves out, are far below half of that.
not_changed_nor_lost() {
	fail set "1 99"
	before=$(free_kib)
	for _ in $(seq 32); do
		insmod /mmapdemo.ko strategies=pfn size=4M cache=uc && { rmmod mmapdemo; break; }
	done
	lost=$((before - $(free_kib)))
	calls=$(sed 's/.* //' $parameters/set)
	fail set "0 0"
	[ "$calls" -ge 32 ] && [ $lost -lt 65536 ] || { echo "$calls calls failed, and $lost KiB are lost"; return 1; }
}

for_good() {
	cached uc /dev/mmapdemo-pfn && fail restore "1 99"
}

# Such memory must not be given to anybody else.
not_restored() {
	with "strategies=pfn size=1M cache=uc" for_good && kernel_has uc &&
		has "$(dmesg)" "mmapdemo-pfn: the kernel's mapping stays uc .*: 1048576 bytes are lost"
	status=$?
	fail restore "0 0" && return $status
}

blocks() {
	try "S12.blocks[4M]" several 64M 16 4194304
	try "S12.blocks[4M-and-a-rest]" several 66M 17 4194304
	try "S12.blocks[1M]" smaller_ones
	if grep -q CmaTotal /proc/meminfo; then
		try "S12.blocks[cma]" one 32M
	else
		try "S12.blocks[one]" one 4M
	fi
	for nth in 1 3 8 18; do
		try "V3.no-memory-for-block[$nth]" out_of_memory alloc $nth
	done
	for nth in 1 12; do
		try "V3.no-memory-for-frames[$nth]" out_of_memory frames $nth
	done
	try "V3.no-frames-of-block" no_frames 6 # ENXIO
	try "V3.killed-between-blocks" killed
	for nth in 1 2 16; do
		try "V4.block-not-mapped[$nth]" with "strategies=dma size=64M" block_unmapped $nth
	done
}

cache() {
	for strategy in pfn pfn-fault; do
		for type in wb wc uc; do
			if [ "$type-$has_pat" = wc-0 ]; then
				try "params.refuses[cache=wc,$strategy]" no_wc
			else
				try "S1.cached-alike[$strategy-$type]" of_load $strategy $type
			fi
		done
	done
	try "S1.cached-alike[pfn-uc-4M]" of_load pfn uc 4
	try "S1.cached-alike[of-a-node]" with "strategies=pfn size=1M" on_its_own
	for strategies in pagecache anon fault insert vmalloc dma all pfn,dma; do
		try "params.refuses[cache=uc,strategies=$strategies]" refused "strategies=$strategies size=1M cache=uc" \
			"strategy [a-z]* has write-back memory only: take pfn or pfn-fault, or leave out cache="
	done
	for type in '' wt WC; do
		try "params.refuses[cache=$type]" refused "strategies=pfn cache=$type" "cache=$type: want wb, wc or uc"
	done
	try "S1.cache-not-changed[ENOMEM]" not_changed 12 "free memory, or"
	try "S1.cache-not-changed[EBUSY]" not_changed 16 "another driver .*: reboot, or load"
	try "S1.cache-not-changed[nothing-lost]" not_changed_nor_lost
	try "S1.cache-not-restored" not_restored
}

# Nothing but the entries of page tables says how memory is cached.
nopat() {
	try "params.refuses[cache=wc]" no_wc
	for strategy in pfn pfn-fault; do
		try "S1.cached-alike[nopat,$strategy-wb]" of_load $strategy wb
		try "S1.cached-alike[nopat,$strategy-uc]" of_load $strategy uc
	done
}

insmod /fixed.ko || exit
case ${1-} in
blocks) plan 15 ;;
cache) plan 23 ;;
nopat)
	plan 5
	nopat
	;;
*) plan 38 ;;
esac
[ "${1-blocks}" != blocks ] || blocks
[ "${1-cache}" != cache ] || cache
rmmod fixed
