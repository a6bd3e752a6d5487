#!/bin/busybox sh
# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=dash
#
# guest.sh [GROUP]: drivers that use the kernel API, in the VM. Contract row C13. They are here
# twice: /linked/ needs /mmapdemo.ko, and /alone/ has the core built in. With a
# GROUP (ticker, edu, ivshmem, api or nodes), guest.sh runs the tests of that group alone, and
# there is no /alone/. The header of a mutant names its group.

# shellcheck source=tools/tap.sh
. /tap.sh
# shellcheck source=tests/suites/drivers/edu.sh
. /edu.sh
# shellcheck source=tests/suites/drivers/ivshmem.sh
. /ivshmem.sh

loaded() {
	grep -q "^$1 " /proc/modules
}

# judged: unloads api.ko, which is loaded. Its test has succeeded.
judged() {
	result=$(cat /sys/module/api/parameters/result)
	[ "$result" = 0 ] || dmesg
	rmmod api && [ "$result" = 0 ]
}

# api WHERE TEST [FILE]: one test of tests/modules/api, with a descriptor of FILE
api() {
	dmesg -c >/tmp/log
	insmod "/$1/api.ko" "test=$2" fd=3 3<>"${3:-/dev/null}" && judged
}

# given WHERE: a file of mmapdemo_file(), and its event, which poll(2) reports until it is taken
given() {
	dmesg -c >/tmp/log
	/consumer given "/$1/api.ko"
	status=$?
	judged && [ "$status" = 0 ]
}

# created TEST SEALS: a test whose descriptor is of a created buffer
created() {
	dmesg -c >/tmp/log
	/consumer created "$2" /bin/busybox insmod /linked/api.ko "test=$1" fd=3 && judged
}

# The descriptor is for reading.
read_only_is_not_written() {
	dmesg -c >/tmp/log
	insmod /linked/api.ko test=reader fd=3 3</dev/mmapdemo && judged
}

# mine: what the program wrote is what the driver reads, and the other way round
shares_the_nodes_buffer() {
	printf mine | dd of=/dev/mmapdemo conv=notrunc 2>/dev/null
	api linked fd /dev/mmapdemo || return
	same "what the driver wrote" ours "$(head -c 4 /dev/mmapdemo)"
}

# A rule of the node's lab acts on a driver's accesses, too.
injected() {
	/consumer inject 1 && api linked injected /dev/mmapdemo
}

# follow N: consumers of /dev/ticker, none of whom is slower than the producer
follow() {
	rm -f /tmp/follow.*
	for i in $(seq "$1"); do
		/consumer follow 2000 >"/tmp/follow.$i" 2>&1 &
	done
	wait
	for i in $(seq "$1"); do
		same "consumer $i" "taken 2000 overruns 0" "$(cat "/tmp/follow.$i")" || return
	done
}

by_eventfd() {
	same "the consumer" "taken 500 overruns 0" "$(/consumer eventfd 500 2>&1)"
}

# The ring is overwritten while this consumer sleeps. Each number is accounted for.
overruns() {
	said=$(/consumer follow 40 30000) || { echo "$said"; return 1; }
	has "$said" '^taken 40 overruns [1-9]'
}

# rmmod NAME: the driver is busy
busy() {
	if rmmod "$1" 2>/tmp/busy; then
		echo "rmmod $1 succeeds"
		return 1
	fi
	loaded "$1"
}

unload_while_mapped() {
	rm -f /tmp/mapped
	/consumer map 300 >/tmp/mapped 2>&1 &
	mapper=$!
	# the timer's interrupts alone keep a starved machine busy
	within 60 grep mapped /tmp/mapped && busy ticker || return
	kill -9 "$mapper"
	wait "$mapper"
	# its file goes after it
	within 60 rmmod ticker
}

# cycles WHERE: loads and unloads, with programs that come and go
cycles() {
	for _ in 1 2 3 4 5; do
		insmod "/$1/ticker.ko" pages=2 interval=1 || return
		/consumer follow 50 >/dev/null || return
		rmmod ticker || return
	done
	! loaded ticker
}

bad_parameters() {
	for bad in pages=0 pages=4000000000; do
		if insmod "/$1/ticker.ko" "$bad" 2>/dev/null; then
			echo "$bad is taken"
			return 1
		fi
	done
	! loaded ticker
}

provider_is_busy() {
	busy mmapdemo
}

# A driver that forgets a reference is unloaded; mmapdemo.ko stays, with what it owes.
forgotten() {
	api linked forget && ! loaded api && busy mmapdemo && head -c 1 /dev/mmapdemo >/dev/null
}

ticker_tests() {
	insmod "/$1/ticker.ko" pages=16 || return
	try "C13.no-record-is-lost[$1]" follow 3
	try "C13.eventfd-of-records[$1]" by_eventfd
	echo 100 >/sys/module/ticker/parameters/batch
	echo 1 >/sys/module/ticker/parameters/interval
	try "C13.overruns-are-counted[$1]" overruns
	try "C13.read-only-for-readers[$1]" /consumer readonly
	try "C13.a-program-cannot-mislead-the-driver[$1]" /consumer damage
	try "C13.revoked-while-mapped[$1]" /consumer gone
	rmmod ticker && insmod "/$1/ticker.ko" || return
	try "C13.revoke-is-told[$1]" /consumer told
	try "C13.unload-after-revoke[$1]" rmmod ticker
	insmod "/$1/ticker.ko" || return
	[ "$1" = alone ] || try "C13.unload-of-what-a-driver-needs" provider_is_busy
	try "C13.unload-while-mapped[$1]" unload_while_mapped
	try "C13.loads-and-unloads[$1]" cycles "$1"
	try "C13.refuses-bad-parameters[$1]" bad_parameters "$1"
}

api_tests() {
	for test in create copy piece hold movable dma revoke race refs attach file node; do
		try "C13.api-${test}[$1]" api "$1" "$test"
	done
	try "C13.api-foreign[$1]" api "$1" foreign
	try "C13.api-event-is-taken[$1]" given "$1"
}

node_tests() {
	try "C13.buffer-of-a-node" shares_the_nodes_buffer
	try "C13.read-only-is-not-written" read_only_is_not_written
	try "C13.fixed-size-of-a-node" api linked fixed /dev/mmapdemo-vmalloc
	try "C13.injections-reach-drivers" injected
	try "C13.created-by-a-program" created created 0
	try "C13.seals-hold-for-drivers" created sealed 0xa
	# a buffer of another core is none
	[ ! -d /alone ] || try "C13.api-other-core" api alone foreign /dev/mmapdemo
	# what is forgotten for good is a leak to kmemleak
	if [ -e /sys/kernel/debug/kmemleak ]; then
		skip "C13.forgotten-reference" "kmemleak would find it"
	else
		try "C13.forgotten-reference" forgotten
	fi
}

# linked GROUP ROUNDS: the group's tests with /mmapdemo.ko
linked() {
	case $1 in
	ticker) ticker_tests linked ;;
	edu) edu_tests linked "$2" ;;
	ivshmem) ivshmem_tests linked "$2" ;;
	api) api_tests linked ;;
	nodes) node_tests ;;
	esac
}

load='insmod /mmapdemo.ko strategies=pagecache,vmalloc'
case ${1-} in
'') plan 105 ;;
ticker) plan 12 ;;
edu) plan 14 ;;
api) plan 14 ;;
ivshmem) plan 8 ;;
nodes) plan 7 ;;
esac
if [ $# = 1 ]; then
	$load && linked "$1" 3
else
	try "C13.needs-no-mmapdemo.ko" api alone copy
	insmod /alone/minimal.ko || exit
	try "C13.smallest-core" /consumer minimal
	try "C13.smallest-core-goes" rmmod minimal
	ticker_tests alone
	edu_tests alone 2
	ivshmem_tests alone 2
	api_tests alone
	$load || exit
	for group in ticker edu ivshmem api nodes; do
		linked $group 20
	done
fi
