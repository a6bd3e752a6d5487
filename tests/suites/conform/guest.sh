#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# shellcheck disable=SC2154
#
# guest.sh	(in the VM, with /odd.ko, /mmapdemo, /mmapdemo-rows and /tap.sh)
#
# `mmapdemo conform` says what is odd about a target, whatever it is, and comes
# to an end; it overwrites nothing unasked, and leaves nothing behind.

# shellcheck source=tools/tap.sh
. /tap.sh

# seconds that a test may take
limit=$((4 * MMAPDEMO_TIMEOUT_SCALE))

# the words in front of the command
confined=

# conform STATUS ARGUMENT...: it ends so; what it says is in $said
conform() {
	expected=$1 status=0
	shift
	# shellcheck disable=SC2086 # words
	said=$($confined /mmapdemo conform "$@" 2>&1) || status=$?
	same "exit status" "$expected" "$status" || {
		echo "$said"
		return 1
	}
}

says() {
	has "$said" "$1"
}

unknown_size() {
	conform 2 --table --write /dev/odd-plain && says 'does not say its size.*give --size' &&
		conform 0 /dev/odd-plain && says '128 KiB \(found by trial\)'
}

unasked() {
	conform 2 --table --size 128K /dev/odd-plain &&
		says 'would overwrite its first 16 pages \(65536 bytes\).*--write'
}

plain() {
	conform 1 --table --size 128K --write --tests 'S3 S4 S5 S6 S14 M5 M8' /dev/odd-plain &&
		says '^S3 +yes' && says '^S4 +yes' && says '^S5 +yes' && says '^S6 +yes' &&
		says 'no: no futex in shared memory' && says 'no: no read\(\): Invalid argument'
}

crashing() {
	conform 1 --table --size 128K --write --tests 'S3 S14' /dev/odd-sigbus &&
		says '^S3 +no' && says 'Received signal 7 \(Bus error\)'
}

hanging() {
	conform 1 --table --size 128K --write --timeout $limit --tests 'S3 S6.gone-after-m* S9.z*' /dev/odd-hang &&
		says '^S3 +yes' && says '^S6 +no' && says 'Test timeout expired' && says '^S9 +yes'
}

# finds SLUGS ARGUMENT...: these are broken, in the order of the table, and nothing else is. More
# may be missing or a choice. All of it is said in words.
finds() {
	broken=$1 status=0
	shift
	# shellcheck disable=SC2086 # words
	said=$($confined /mmapdemo conform --timeout $((2 * limit)) "$@" 2>&1) || status=$?
	same "exit status" "$([ -z "$broken" ] && echo 0 || echo 1)" "$status" &&
		same "broken" "$broken" "$(echo "$said" | sed -n 's/^broken: \([a-z-]*\):.*/\1/p' | xargs)" &&
		no_raw_text || {
		echo "$said"
		return 1
	}
}

no_raw_text() {
	! echo "$said" | grep -E "Assertion '|Received signal|Test timeout expired"
}

# tells REGEX: in the sentences, wherever their lines are broken
tells() {
	has "$(echo "$said" | tr -s '\n ' ' ')" "$1"
}

also() {
	for slug; do
		has "$said" "^(missing|choice|fine): $slug: " || return
	done
}

# Memory that is all zero looks the same at each offset.
zeros() {
	finds '' /dev/odd-regions && also other-region && finds '' --write /dev/odd-regions && also other-region
}

mistakes() {
	finds past-the-end --write /dev/odd-beyond &&
		says 'cure: docs/drivers.md, "Bounds"' && says '^    likely cause: ' &&
		finds past-the-end /dev/odd-beyond &&
		finds 'past-the-end lost-store' --write /dev/odd-lost &&
		finds offset-ignored --write /dev/odd-offset &&
		finds shared-private --write /dev/odd-private &&
		finds '' /dev/odd-private
}

uncounted() {
	finds open-not-counted --write /dev/odd-uncounted && says 'after a child process that'
}

upgradable() {
	finds writable-after-read-only /dev/odd-upgradable && says 'profile readonly' &&
		finds writable-after-read-only --as memory /dev/odd-upgradable && says 'because --as says so'
}

no_memory() {
	finds sigbus-inside /dev/odd-sigbus && says 'ends in SIGBUS' &&
		finds hang /dev/odd-hang && tells 'a load from a private mapping does not end'
}

choices() {
	finds '' --write /dev/odd-plain && also no-futex no-size no-read no-write no-fault-again &&
		says '^fine +[0-9]{3} ' && conform 0 --write --verbose --size 128K --tests 'S9 S14' /dev/odd-plain &&
		also end-refused && says '^S14 +yes' && finds '' --write /dev/odd-once &&
		also one-at-a-time no-futex && finds '' --write --verbose /dev/odd-short && also short-read short-write no-futex &&
		says 'because they need read\(\)'
}

# Offsets that name regions or buffers, and one that 32 bits cut short.
regions() {
	for device in regions handles; do
		finds '' /dev/odd-$device && also other-region || return
	done
	finds '' --write /dev/odd-cookie && also other-region only-from-the-start &&
		finds past-the-end --write /dev/odd-cut && tells 'offset 0x100000000\) of a target'
}

whole() {
	finds '' --write /dev/odd-split && also no-split not-moved
}

mirrors() {
	finds '' --write --verbose /dev/odd-mirror && also mirrored && tells 'they need each page once' &&
		finds two-offsets-one-page --write /dev/odd-alias
}

# Each mmap() of /dev/zero is memory of its own.
own() {
	finds '' --write --verbose /dev/zero && also per-mapping &&
		tells 'because each mapping is memory of its own' &&
		finds lost-store --write --tests 'D.*' /dev/odd-partly
}

# No offset is refused: that is right where each mapping is memory of its own.
endless() {
	finds '' --write --tests 'D.*' /dev/odd-own && also no-end per-mapping &&
		finds past-the-end --write --tests 'D.*' /dev/odd-endless && also no-end &&
		finds '' /dev/odd-endless && also no-end other-region
}

# Frames that .mmap allows may be more than the device has.
limited() {
	finds '' --write --verbose --as dma /dev/odd-limit && says '^/dev/odd-limit: 32 KiB' &&
		tells 'it maps frames: only its first page is stored to'
}

# Nothing of it is kept that a test could lose, and rows are not for it.
unusual() {
	finds '' /dev/odd-writable && says '^fine +1[0-9] ' && finds '' /dev/odd-unit && also length-unit &&
		says '^/dev/odd-unit: 128 KiB' && finds '' --verbose /dev/odd-slow && tells 'open\(\) takes too long' &&
		finds '' --write --verbose /dev/odd-live && tells 'its content changes although the test stores nothing'
}

# PFNMAP may be registers, which only the user knows.
registers() {
	finds '' --write --verbose /dev/odd-frames && tells 'say --as dma or --as registers' &&
		tells 'D.writes and [0-9]+ more, because its mapping may be registers' &&
		tells 'D.foreign and [0-9]+ more, because a load from what may be registers' &&
		finds '' --write --verbose --as dma /dev/odd-frames &&
		! echo "$said" | grep 'be registers' && finds '' --write --verbose --as registers /dev/odd-frames &&
		tells 'a load from a register may have a side effect'
}

# open() and read() that wait unless O_NONBLOCK is set, on an inherited descriptor, too.
waits() {
	finds '' --write /dev/odd-wait && also one-at-a-time && tells 'open\(\) while it is open waits' &&
		finds '' fd:7 7<>/dev/odd-wait || return
	! echo "$said" | grep '^choice: waits' || return
	finds '' --verbose --no-read /dev/odd-short && tells 'because --no-read is given'
}

# What programs write to the log is not the kernel's.
chatter() {
	while :; do
		echo 'Oops! a daemon says so' >/dev/kmsg
		sleep 0.05
	done &
	finds '' /dev/odd-plain
	result=$?
	kill $!
	return $result
}

setup() {
	conform 2 /dev/odd-unready && says 'cannot be mapped: Invalid argument.*--setup' &&
		finds '' --write --setup /call /dev/odd-unready && also no-size &&
		conform 2 --setup false /dev/odd-unready && says '--setup false: it fails with status 1' &&
		conform 0 --setup 'echo by' /dev/odd-plain && says '^by /dev/odd-plain$'
}

# What has no path: inherited, handed over by a program that waits then, and made.
# snd-dummy shows one page at every offset, unless it is loaded with fake_buffer=0.
sound() {
	finds '' --write --setup /pcm /dev/snd/pcmC0D0p && also no-read no-size &&
		finds two-offsets-one-page --write --setup /pcm /dev/snd/pcmC1D0p
}

handed() {
	conform 1 fd:7 7<>/dev/odd-beyond && says '^broken: past-the-end: ' &&
		says '^fd:7: 128 KiB' && conform 2 fd:8 && says 'fd:8: this descriptor is not open' &&
		conform 2 -- /call && says '/call: it ended, or closed its descriptor 3' &&
		conform 2 -- /send two && says 'is not one descriptor' &&
		finds '' --write --verbose -- /send && says '^/send: 64 KiB' &&
		tells 'D.close, because its descriptor stays open' &&
		finds '' --tests 'D.*' -- /bin/sh -c '/send & wait' && within 5 is_gone send || return
	for made in bpf: perf: uring:; do
		finds '' --write $made || return
	done
	conform 0 --setup true perf: &&
		conform 2 --tests 'S*' perf: && says 'perf:: it cannot be opened again, so rows' &&
		conform 2 --table perf: && says 'perf:: it cannot be opened again, so rows' &&
		conform 2 dmaheap:none && says 'dma_heap/none cannot be opened \(load the module'
}

# is_gone NAME: no process of that name is left. There is always one that pidof must see.
is_gone() {
	pidof sh >/dev/null && ! pidof "$1" >/dev/null
}

# The BAR of QEMU's edu, which no test may store to; and what is none.
bars() {
	for device in /sys/bus/pci/devices/*; do
		[ "$(cat "$device/device")" != 0x11e8 ] || bar=${device##*/}/resource0
	done
	finds '' --write --verbose "pci:$bar" && says "^pci:$bar: .* profile registers, because of its name" &&
		tells 'a load from a register may have a side effect' &&
		conform 2 pci:0000:00:00.0/resource9 && says 'there is no such BAR' &&
		conform 2 "pci:${bar%0}" && conform 2 --table "pci:$bar" && says 'resource0: the tests would overwrite' &&
		conform 2 pci:../../../devices/resource0 && conform 2 pci:0000:00:00.0
}

# A sandbox that lets one file be written, one that refuses a system call, a container.
sandboxed() {
	confined="/confine landlock /dev/odd-beyond"
	finds past-the-end --write /dev/odd-beyond &&
		finds '' --verbose --write memfd: && tells 'because no file can be made in /tmp' || return
	confined="/confine seccomp 27"
	finds '' --verbose --write --tests 'M3.mincore*' memfd: && tells 'because mincore\(\) of any memory says EPERM' || return
	confined="/confine seccomp 25"
	finds '' --verbose /dev/odd-plain && tells 'D.grows.*, because mremap\(\) of any memory says EPERM' || return
	conform 0 --table --tests 'M1.shrink*' memfd: || return
	confined="/confine seccomp 26"
	finds hang --write --size 128K --tests 'M4.msync-private*none*' /dev/odd-hang || return
	confined="/confine seccomp 28"
	finds '' --write --tests 'D.*' /dev/zero && also per-mapping &&
		finds 'past-the-end lost-store' --write --tests 'D.*' /dev/odd-lost || return
	confined="/confine seccomp 56"
	conform 2 /dev/odd-plain && says 'fork\(\) fails, and each test needs it: Operation not permitted' || return
	confined="unshare -r -m -p -f --mount-proc"
	finds past-the-end /dev/odd-beyond && finds '' --tests 'S3 S6 M3' --verbose memfd: &&
		tells 'frame numbers are hidden from all but root'
}

# A file system on it is mounted, or it is swapped to.
in_use() {
	/mke2fs -q /dev/ram0 && mkdir -p /mnt && mount -t ext4 /dev/ram0 /mnt && echo kept >/mnt/file || return
	conform 2 --write /dev/ram0 && says 'it is in use' && same contents kept "$(cat /mnt/file)" || return
	umount /mnt
	mkswap /dev/ram0 >/dev/null && swapon /dev/ram0 || return
	conform 2 --write /dev/ram0 && says 'it is in use' && swapoff /dev/ram0 && finds '' --write --tests 'D.*' /dev/ram0
}

# As small as a page, and larger than any machine.
sizes() {
	finds '' --write --size 4K memfd: && finds '' --write --size 1T memfd: && says '^memfd:: 1024 GiB'
}

warning() {
	finds kernel-warning /dev/odd-warning && says "^the kernel's lines:$" && says 'WARNING: .*map_warning'
}

crash() {
	finds crash --verbose /dev/odd-crash && says 'found by: D.loads$' && says 'RIP: .*fault_crash' &&
		says 'because a process of an earlier test|because the kernel crashed'
}

# The words of a finding are the same in each form, and a known one is no news.
forms() {
	conform 1 --json /dev/odd-beyond && echo "$said" >/tmp/beyond &&
		says '"slug": ?"past-the-end"' && says '"class": ?"broken"' && says '"cure": ?"Bounds"' &&
		says '"D.end"' && no_raw_text &&
		conform 1 --report /dev/odd-beyond && says '^kernel:  Linux' && says '^driver:  ' &&
		says '^    found by: D.end' && conform 1 --html /dev/odd-beyond && says '</html>' &&
		says 'broken: past-the-end' && conform 0 --baseline /tmp/beyond /dev/odd-beyond || return
	conform 0 --json /dev/odd-plain && echo "$said" >/tmp/plain &&
		conform 1 --baseline /tmp/plain /dev/odd-beyond && says '^new: broken: past-the-end: ' &&
		says '^gone: choice: no-size: ' && conform 1 --compare /tmp/plain /tmp/beyond &&
		says '^new: broken: past-the-end: ' && conform 0 --compare /tmp/plain /tmp/plain &&
		same "differences" '' "$said" && conform 2 --compare /tmp/plain /call &&
		echo '{"findings": [1]}' >/tmp/wrong && conform 2 --baseline /tmp/wrong /dev/odd-plain &&
		says 'finding 0 is no object'
}

# The first that is stuck is the last that is tried.
stuck() {
	conform 2 --table --size 128K --write --timeout $limit --tests 'S3 S6 S9.z*' /dev/odd-stuck || return
	echo 1 >/sys/module/odd/parameters/release
	says '^S3 +yes' && says 'its process hangs, and SIGKILL does not end it' &&
		says 'a process is stuck in /dev/odd-stuck: the [0-9]+ tests after it'
}

unmappable() {
	conform 2 --table --size 128K --write /dev/odd-unmappable && says 'cannot be mapped: No such device' &&
		conform 2 /dev/odd-unmappable && says 'cannot be mapped: No such device \(the driver has no .mmap\)'
}

unopenable() {
	conform 2 --table --size 128K --write --timeout 1 /dev/odd-unopenable &&
		says 'no answer to open, map, read or write within 1 s' &&
		conform 2 --timeout 1 /dev/odd-unopenable && says 'no answer to open\(\) within 1 s'
}

# What no test may touch, or nothing can be said about.
refused() {
	conform 2 /tmp && says '/tmp: a directory cannot be mapped' &&
		conform 2 /dev/console && says 'a terminal or console' && conform 2 /dev/null &&
		says 'the driver has no .mmap' && : >/tmp/empty && conform 2 --write /tmp/empty && says 'it is empty'
}

# Only root may read the kernel's log or see frames, and conform works without both.
without_root() {
	chmod 666 /dev/odd-beyond
	said=$(su -s /bin/sh nobody -c '/mmapdemo conform --write /dev/odd-beyond') && return 1
	says '^broken: past-the-end: ' && chmod 600 /dev/odd-beyond || return
	! said=$(su -s /bin/sh nobody -c '/mmapdemo conform /dev/odd-beyond' 2>&1) &&
		says 'cannot be opened: Permission denied: run as root'
}

gone() {
	/mmapdemo conform --write /dev/odd-plain >/tmp/said 2>&1 &
	sleep 0.5
	rm /dev/odd-plain
	status=0
	wait $! || status=$?
	same "exit status" 2 "$status" && has "$(cat /tmp/said)" 'disappeared|No such file'
}

none() {
	conform 2 --write /dev/none && says '/dev/none: No such file or directory: load its module'
}

file_unasked() {
	head -c 65536 /dev/urandom >/tmp/file
	cp /tmp/file /tmp/copy
	conform 2 --table /tmp/file && says 'would overwrite' && conform 0 /tmp/file &&
		says 'not applicable +[0-9]+' && cmp /tmp/file /tmp/copy
}

file_asked() {
	conform 0 --table --write --tests 'S1 S9 M8' /tmp/file && finds '' --write /tmp/file &&
		same "size" 65536 "$(stat -c %s /tmp/file)" || return
	! cmp -s /tmp/file /tmp/copy || { echo "nothing was written"; return 1; }
}

short_file() {
	echo short >/tmp/short
	conform 2 --table --write /tmp/short && says '6 bytes: the tests need whole pages' &&
		same contents short "$(cat /tmp/short)" && finds '' /tmp/short && finds '' --size 4K memfd:
}

# left_behind: what is made for a run
left_behind() {
	same "vm.nr_hugepages" 0 "$(cat /proc/sys/vm/nr_hugepages)" &&
		same "/dev/shm" '' "$(ls /dev/shm)"
}

tidy() {
	conform 1 --table --tests 'S3 S14' hugetlb: && says 'nr_hugepages is [0-9]+ for this run, was 0' &&
		says '^S3 +yes' && conform 0 --tests S3 shm: && left_behind
}

# Ended by a signal in the middle, when it has what it needs.
tidy_when_killed() {
	for target in hugetlb: shm:; do
		/mmapdemo conform --table $target >/tmp/said 2>&1 &
		while ! grep -q ^S1 /tmp/said; do sleep 0.1; done
		kill -TERM $!
		wait $!
		left_behind && within 5 is_gone mmapdemo || return
	done
}

# As conform, with other defaults.
rows() {
	conform 0 --list && same "tests" "$said" "$(/mmapdemo-rows --list)" || return
	for view in --table --tap; do
		conform 0 $view --tests 'S3 S14' memfd: &&
			same "$view" "$said" "$(/mmapdemo-rows $view --tests 'S3 S14' --device memfd:)" || return
	done
	same "what is usual" "$said" "$(/mmapdemo-rows --tests 'S3 S14' memfd:)" &&
		conform 0 --json --tests 'S3 S14' memfd: && says '"row": ?"S3"' && says '"findings": ?\[' &&
		has "$(/mmapdemo-rows --json --tests 'S3 S14' memfd:)" '"row": ?"S3"'
}

# The old name of --tests, and TARGET as an option.
other_names() {
	conform 0 --table --rows S3 --device shm: && says '^S3 +yes' && conform 2 --device shm: memfd: &&
		says 'more than one TARGET'
}

# /headings are those of docs/drivers.md, and the points of its list.
words() {
	conform 0 --words && echo "$said" | grep NONE && return 1
	echo "$said" | sed -n 's/^finding\t[^\t]*\t[^\t]*\t//p' | sort -u >/tmp/cures
	[ "$(grep -c . /tmp/cures)" -gt 10 ] && ! grep -vxFf /headings /tmp/cures
}

usage() {
	conform 2 && conform 2 --size 1X memfd: && conform 2 --timeout 0 memfd: &&
		conform 2 --tests X1 memfd: && says "no row or test matches 'X1'" &&
		conform 2 memfd: shm: && says 'more than one TARGET' &&
		conform 2 --as fish memfd: && says 'not memory, dma' && conform 2 --fill all memfd: &&
		conform 0 --help && says 'Exit status'
}

mkdir -p /etc && echo 'nobody:x:65534:65534::/:/bin/sh' >/etc/passwd
insmod /odd.ko || exit

# One plan for both VMs: the second goes on where the first ended.
trap tap_end EXIT
if [ "${1:-}" = crash ]; then
	echo 0 >/proc/sys/kernel/panic_on_oops
	tap_planned=48 tap_done=45
	try "a BAR is registers" bars
	try "a warning of the kernel is a finding, with its lines" warning
	try "a crash of the kernel is a finding, with its lines, and the last one" crash
	exit
fi
tap_planned=45
echo 1..48
try "a device that does not say its size wants --size for rows, and is tried otherwise" unknown_size
try "an offset past the end is seen on memory that is all zero, too" zeros
try "nothing is written unless --write allows it" unasked
try "pages of a common driver: shared, private and forked, but no file" plain
try "a device that answers each touch with SIGBUS is a result" crashing
try "one that hangs in private mappings is a result, test by test" hanging
try "each mistake is named, and nothing else is called broken" mistakes
try "one that counts no copies of a VMA" uncounted
try "one that can be made writable, found without a store" upgradable
try "one that has no memory behind a mapping, or never answers" no_memory
try "what a driver lacks or chose is not broken" choices
try "an offset may name a region, and is cut short nowhere" regions
try "a mapping that is not split nor moved is a choice" whole
try "a ring may be mapped twice, and a page may not" mirrors
try "memory that each mapping has for itself is a choice" own
try "no end is right where each mapping is memory of its own" endless
try "frames beyond what is known to be the target's are not stored to" limited
try "drivers that are unusual, and right" unusual
try "no store goes to what may be registers" registers
try "open() and read() may wait" waits
try "a word of a program is none of the kernel's" chatter
try "one that wants a call first gets it by --setup" setup
try "a PCM of ALSA is told from one whose pages are all the same" sound
try "a descriptor is a target, too" handed
try "what a sandbox refuses is not applicable" sandboxed
try "a block device in use is refused" in_use
try "one page, and a size that no machine has" sizes
try "JSON, a report, a page and a baseline have the same words" forms
try "what cannot be mapped, or is in use, is refused" refused
try "who is not root gets findings, too" without_root
try "one that not even SIGKILL ends is left behind" stuck
try "one that cannot be mapped cannot be tested" unmappable
try "one that hangs in open cannot be tested" unopenable
try "one that is not there cannot be tested" none
try "a file is not touched unless --write allows it" file_unasked
try "and with it, is tested and keeps its size" file_asked
try "a file that is too short for rows is told of otherwise" short_file
try "what is made for a run is gone after it" tidy
try "also when a signal ends it" tidy_when_killed
try "mmapdemo-rows says the same in the same words" rows
try "options have names of old, and of other commands" other_names
try "a malformed command line is refused" usage
try "every test has words, and every finding a cure" words
try "one that disappears while it is tested" gone
try "the module of the odd devices can go: nobody is left in it" rmmod odd
