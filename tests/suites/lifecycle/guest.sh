#!/bin/busybox sh
# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=dash
#
# lifecycle.sh MODULE.ko STRATEGIES: loads and unloads it, in the VM, and looks for what
# stays; refuses and looks again. Contract row V3.

# shellcheck source=tools/tap.sh
. /tap.sh
ko=$1
cycles=100
page=$(awk '/^KernelPageSize/ { print $2 * 1024; exit }' /proc/self/smaps)
huge_page=$(cat /sys/kernel/mm/transparent_hugepage/hpage_pmd_size)

loaded() {
	grep -q '^mmapdemo ' /proc/modules
}

# One life of all nodes, each opened, in which pages are used.
life() {
	insmod "$ko" strategies=all size=2M || return
	for node in /dev/mmapdemo*; do
		dd "if=$node" of=/dev/null bs=4k count=1 2>/dev/null || { echo "$node does not read"; return 1; }
	done
	if ! dd if=/dev/zero of=/dev/mmapdemo bs=64k count=16 2>/dev/null ||
		! dd if=/dev/mmapdemo of=/dev/null bs=64k count=16 2>/dev/null; then
		echo "the device does not take and give 1 MiB"
		return 1
	fi
	rmmod mmapdemo
}

settle() {
	sync
	# KASAN keeps freed memory to detect its users; shrinking a cache releases it. A
	# look at each cache makes inodes, which are not always dropped (seen on 7.3), so
	# that kernels without KASAN skip it.
	if [ -e /sys/kernel/debug/kmemleak ]; then
		for cache in /sys/kernel/slab/*/shrink; do
			echo 1 >"$cache"
		done
	fi
	echo 3 >/proc/sys/vm/drop_caches
	sleep 0.5
}

# DAMON's thread splits and merges its regions as it sees memory used (damon_stat, on 7.x).
slabs() {
	sed 1,2d /proc/slabinfo | awk '$1 != "damon_region" { print $1, $2 }'
}

# Free pages: those of the zones, and those that each processor keeps for its next
# allocation, which MemFree leaves out (44 MiB on two processors, seen on 6.1)
free_pages() {
	awk '$1 == "pages" && $2 == "free" { n += $3 } $1 == "count:" { n += $2 } END { print n }' /proc/zoneinfo
}

problems() {
	# <level>: 4 is a warning; that a timer came late is the busy emulator's doing
	dmesg -r | sed -n 's/^<[0-4]>//p' | grep -v -e 'hrtimer: interrupt took' \
		-e 'clocksource: Long readout interval'
}

cycle() {
	i=0
	while [ $i -lt $cycles ]; do
		i=$((i + 1))
		life || { echo "in cycle $i"; return 1; }
	done
}

# grown BEFORE AFTER: caches with an object more for every other cycle
grown() {
	awk -v n=$cycles 'NR == FNR { was[$1] = $2; next }
		$2 - was[$1] >= n / 2 { print $1, was[$1] + 0, "->", $2 }' "$1" "$2"
}

slabs_do_not_grow() {
	# `slub_debug` makes the counts exact, but what kfree_rcu() took is still
	# counted for some seconds; a leak is for ever
	for _ in 1 2 3 4 5 6 7 8 9 10; do
		settle
		slabs >/tmp/slabs.after
		caches=$(grown /tmp/slabs /tmp/slabs.after)
		[ -n "$caches" ] || return 0
		sleep 1
	done
	echo "objects before and after:"
	echo "$caches"
	for cache in $(echo "$caches" | cut -d' ' -f1); do
		echo "who holds $cache:"
		head -n 40 "/sys/kernel/debug/slab/$cache/alloc_traces"
	done
	return 1
}

memory_comes_back() {
	# The kernel's workers and caches keep some 170 pages, after 100 cycles and after 400
	# alike; a debug kernel's own bookkeeping takes 20 MiB.
	most=$((cycles * 4))
	[ ! -e /sys/kernel/debug/kmemleak ] || most=$((cycles * 64))
	for _ in 1 2 3 4 5 6 7 8 9 10; do
		lost=$(($(cat /tmp/free) - $(free_pages)))
		[ $lost -ge $most ] || return 0
		settle
		sleep 1
	done
	echo "$lost pages are gone"
	return 1
}

log_is_clean() {
	problems >/tmp/problems.after
	cmp -s /tmp/problems /tmp/problems.after && return
	echo "the kernel log got:"
	tail -n +$(($(wc -l </tmp/problems) + 1)) /tmp/problems.after
	return 1
}

nothing_is_left() {
	found=$(find /dev /sys/module /sys/class /sys/kernel/debug -maxdepth 1 -name 'mmapdemo*'
		grep -H mmapdemo /proc/modules /proc/slabinfo /proc/devices /proc/filesystems)
	[ -z "$found" ] || { echo "$found"; return 1; }
}

# refused 'PARAMETER' 'SAYING': insmod fails, the kernel log says why
refused() {
	dmesg -c >/dev/null
	if insmod "$ko" "$1" 2>/tmp/refusal; then
		rmmod mmapdemo
		echo "insmod took it"
		return 1
	fi
	has "$(dmesg)" "mmapdemo: ${1%%=*}=.*$2" && nothing_is_left
}

# taken 'PARAMETER' FUNCTION...
taken() {
	insmod "$ko" "$1" || return
	shift
	"$@"
	result=$?
	rmmod mmapdemo || return
	return $result
}

size_is() {
	# busybox has no blockdev for this; reading to the end counts
	same "bytes to the end" "$1" "$(wc -c </dev/mmapdemo)"
}

mode_is() {
	same "mode of the node" "$1" "$(stat -c %a /dev/mmapdemo)"
}

# What sysfs says the module was loaded with
parameters_are() {
	same "parameters" "$1" "$(cd /sys/module/mmapdemo/parameters && for name in *; do
		echo "$name=$(cat "$name")"
	done | paste -sd' ')"
}

# What one byte written takes
holds() {
	printf x >/dev/mmapdemo
	same "bytes held" "$1" "$(cat /sys/kernel/debug/mmapdemo/mmapdemo/resident)"
}

# Without taking memory that others use: nothing is killed for it
prealloc_refused() {
	dmesg -c >/dev/null
	# all there is, of which some is in use
	kib=$(sed -n 's/^MemTotal: *\([0-9]*\) kB/\1/p' /proc/meminfo)
	if insmod "$ko" prealloc=1 "size=$((kib / 1024))M" 2>/tmp/refusal; then
		rmmod mmapdemo
		echo "insmod took it"
		return 1
	fi
	has "$(dmesg)" "mmapdemo: prealloc=1: .*memory" && nothing_is_left &&
		same "killed for want of memory" 0 "$(dmesg | grep -ci 'oom-killer\|out of memory: kill')"
}

busy_while_open() {
	insmod "$ko" || return
	exec 5</dev/mmapdemo
	if rmmod mmapdemo 2>/dev/null; then
		echo "rmmod took the module from under an open file"
		return 1
	fi
	head -c 1 <&5 >/dev/null || { echo "the open file does not read any more"; return 1; }
	exec 5<&-
	rmmod mmapdemo
}

# Makes nodes until /tmp/over exists. The descriptor of new_node stays open until a write fails, so
# that writes go on until rmmod removes the attribute; what fails is in /tmp/refused.
make_nodes() {
	i=0
	while [ ! -e /tmp/over ]; do
		[ -e /sys/class/mmapdemo/new_node ] || { sleep 0.01; continue; }
		while [ ! -e /tmp/over ]; do
			i=$((i + 1))
			echo "mmapdemo-race-$i size=64K strategy=dma" >&3 || break
			: >/tmp/made
		done 3>/sys/class/mmapdemo/new_node
	done 2>/tmp/refused
}

unload_beside_new_node() {
	rm -f /tmp/made
	insmod "$ko" size=64K && within 30 test -e /tmp/made && rmmod mmapdemo && nothing_is_left
}

# ENODEV is the errno of a write to an attribute that goes while its descriptor is open, EAGAIN that
# of a write before the load is over, EACCES that of O_CREAT in a folder of sysfs which has lost the
# attribute and is not yet removed itself.
node_beside_rmmod() {
	rm -f /tmp/over
	make_nodes &
	raced=0
	while [ $raced -lt 20 ] && unload_beside_new_node; do raced=$((raced + 1)); done
	: >/tmp/over
	wait $!
	! loaded || rmmod mmapdemo
	same "unloads beside new_node" 20 $raced && has "$(cat /tmp/refused)" 'No such device' &&
		same "other refusals" "" "$(grep -v -e 'No such device' -e 'No such file' -e nonexistent \
			-e 'temporarily unavailable' -e "can't create .* Permission denied" /tmp/refused)" &&
		return
	echo "what was refused:"
	sort /tmp/refused | uniq -c
	return 1
}

nodes_are() {
	same "nodes" "$1" "$(find /dev -name 'mmapdemo*' | sort | paste -sd' ')"
}

# Of all nodes, after memory was full of something else.
fresh_memory_is_zero() {
	yes garbage | dd of=/tmp/garbage bs=1M count=300 2>/dev/null
	rm /tmp/garbage
	insmod "$ko" strategies=all size=8M || return
	left=
	for node in /dev/mmapdemo*; do
		[ "$(tr -d '\0' <"$node" | wc -c)" = 0 ] || left="$left $node"
	done
	rmmod mmapdemo
	same "nodes that hold something" "" "$left"
}

# The page allocator's largest block, from the free ones of each order that it tells of; dma has
# several.
pfn_is_smaller() {
	most=$((page << $(awk '{ print NF - 5; exit }' /proc/buddyinfo)))
	dmesg -c >/dev/null
	insmod "$ko" strategies=pfn,pfn-fault,dma "size=$((2 * most))" || return
	same "bytes of pfn" $most "$(wc -c </dev/mmapdemo-pfn)" &&
		same "bytes of pfn-fault" $most "$(wc -c </dev/mmapdemo-pfn-fault)" &&
		same "bytes of dma" $((2 * most)) "$(wc -c </dev/mmapdemo-dma)" &&
		has "$(dmesg)" "mmapdemo: mmapdemo-pfn: size=$((2 * most)): $most is the most"
	result=$?
	rmmod mmapdemo || return
	return $result
}

# shellcheck disable=SC2086 # words
all_nodes=$({ echo /dev/mmapdemo; printf '/dev/mmapdemo-%s\n' $2; } | sort | paste -sd' ')

# Half of the nodes are there when one finds no memory: all of them go again.
half_of_the_nodes_refused() {
	dmesg -c >/dev/null
	kib=$(sed -n 's/^MemTotal: *\([0-9]*\) kB/\1/p' /proc/meminfo)
	if insmod "$ko" strategies=all "size=$((kib * 2 / 5 / 1024))M" 2>/tmp/refusal; then
		rmmod mmapdemo
		echo "insmod took it"
		return 1
	fi
	has "$(dmesg)" "mmapdemo: mmapdemo-.*: not enough memory" && nothing_is_left &&
		same "killed for want of memory" 0 "$(dmesg | grep -ci 'oom-killer\|out of memory: kill')"
}

plan 55

# two lives before the count, for what is allocated once and kept
life && life
settle
slabs >/tmp/slabs
free_pages >/tmp/free
problems >/tmp/problems
try "V3.$cycles-loads-and-unloads" cycle
settle
# a debug kernel's own bookkeeping grows; but it knows leaks better, and looks at the end
if [ -e /sys/kernel/debug/kmemleak ]; then
	skip V3.no-slab-object-is-lost "kmemleak looks for that here"
else
	try V3.no-slab-object-is-lost slabs_do_not_grow
fi
try V3.no-page-is-lost memory_comes_back
try V3.kernel-log-stays-clean log_is_clean
try V3.nothing-is-left nothing_is_left
try V3.busy-while-open busy_while_open
try V3.new-node-beside-rmmod node_beside_rmmod

for size in 0 5000 4097 abc -1 1X '' 99999G 99999999999G 18446744073709551616 16777217T; do
	try "params.refuses[size=$size]" refused "size=$size" "want|more than"
done
for mode in abc 0 1000 7777 ''; do
	try "params.refuses[mode=$mode]" refused "mode=$mode" want
done
for huge in maybe ''; do
	try "params.refuses[huge=$huge]" refused "huge=$huge" "want always or never"
done
try "params.takes[huge=always]" taken "size=$huge_page huge=always" holds "$huge_page"
try "params.takes[huge=never]" taken "size=$huge_page huge=never" holds "$page"
try "params.takes[prealloc=1]" taken prealloc=1 holds 16777216
try "params.refuses[prealloc=1]" prealloc_refused
for list in '' anon,,pfn foo all,foo ,anon; do
	try "params.refuses[strategies=$list]" refused "strategies=$list" "want all"
done
try "params.takes[strategies=all]" taken strategies=all nodes_are "$all_nodes"
try "params.takes[strategies=anon]" taken strategies=anon nodes_are /dev/mmapdemo-anon
try "params.takes[strategies=pfn,pagecache]" taken strategies=pfn,pagecache \
	nodes_are "/dev/mmapdemo /dev/mmapdemo-pfn"
try "params.takes[strategies=insert]" taken strategies=insert nodes_are /dev/mmapdemo-insert
try M13.fresh-memory-is-zero fresh_memory_is_zero
try "params.refuses[strategies=all,size=much]" half_of_the_nodes_refused
try "params.says-less-is-contiguous" pfn_is_smaller
# no huge folio past the end
try "params.takes[size=1M]" taken size=1M holds "$page"
for node in '' one -2 1 63 64 100000 0x; do
	try "params.refuses[node=$node]" refused "node=$node" "want a node that has memory, of 0, or -1"
done
try "params.takes[node=0]" taken "strategies=all size=1M node=0" nodes_are "$all_nodes"
try "params.takes[size=64K]" taken size=64K size_is 65536
try "params.takes[mode=0640]" taken mode=0640 mode_is 640
try "params.can-be-read" taken "size=1M huge=never prealloc=1 mode=0640 strategies=pfn-fault,pagecache" \
	parameters_are "cache=wb huge=never mode=0640 node=-1 prealloc=Y size=1048576 strategies=pagecache,pfn-fault"
if loaded; then
	try params.nothing-stays-loaded false
else
	try params.nothing-stays-loaded true
fi
