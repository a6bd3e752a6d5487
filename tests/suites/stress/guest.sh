#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# guest.sh SEED	(in the VM)
#
# Runs other projects' tests of files and devices on the module's device: fio writes
# blocks with checksums in one way and verifies them in another; stress-ng and trinity
# make random calls. Tests that cannot be aimed at a device are left out: all of
# stress-ng but --dev maps files that it makes itself.

# shellcheck source=tools/tap.sh
. "${0%/*}/tap.sh"

node=/dev/mmapdemo
seed=$1
state=/sys/kernel/debug/mmapdemo/mmapdemo

job() {
	fio --name=job --filename=$node --size=4M --bs=4k --rw=randwrite --verify=crc32c \
		--verify_fatal=1 --group_reporting --minimal "$@"
}

# What a run left: no mapping and no descriptor.
quiet() {
	same "mappings left" 0 "$(cat $state/vmas)" && same "descriptors left" 0 "$(cat $state/opens)"
}

# crossed WRITER READER: each pair has a seed of its own, so that what the last one wrote is no use
crossed() {
	seed=$((seed + 1))
	job --ioengine="$1" --randseed="$seed" --do_verify=0 &&
		job --ioengine="$2" --randseed="$seed" --verify_only && quiet
}

mixed() {
	job --ioengine="$1" --randseed="$seed" --rw=randrw --bsrange=512-64k && quiet
}

# Four processes, a part of the device each
together() {
	job --ioengine="$1" --randseed="$seed" --numjobs=4 --offset_increment=4M && quiet
}

registered() {
	job --ioengine=io_uring --fixedbufs=1 --iodepth=8 --randseed="$seed" && quiet
}

changed() {
	job --ioengine=psync --randseed="$seed" --do_verify=0 || return
	printf '\125' | dd of=$node bs=1 seek=3000000 conv=notrunc 2>/dev/null
	if job --ioengine=mmap --randseed="$seed" --verify_only >/tmp/said 2>&1; then
		echo "fio did not see a byte changed"
		return 1
	fi
	has "$(cat /tmp/said)" "verify failed at file $node"
}

# How often its last mapping went: grows where something mapped it.
mapped() {
	cat $state/last_closes
}

stress() {
	before=$(mapped)
	(cd /tmp && stress-ng --dev 2 --dev-file $node --timeout $((8 * MMAPDEMO_TIMEOUT_SCALE)) --seed "$seed" --temp-path /tmp) \
		>/tmp/said 2>&1 || { cat /tmp/said; return 1; }
	has "$(cat /tmp/said)" '1 of 1 devices opened and exercised' || return
	[ "$(mapped)" -gt "$before" ] || { echo "it did not map $node"; return 1; }
	quiet
}

# Calls that take a file or a mapping; others it would aim at the VM instead.
calls="mmap mremap munmap mprotect madvise msync mlock munlock mincore remap_file_pages mbind
	move_pages read write readv writev pread64 pwrite64 preadv pwritev lseek ioctl ftruncate
	fallocate fsync poll vmsplice splice tee sendfile copy_file_range process_vm_readv"

fuzz() {
	before=$(mapped)
	chmod 666 $node
	# shellcheck disable=SC2046 # words
	set -- $(for call in $calls; do echo "-c $call"; done)
	# not as root: it would do to the machine what it is not to
	(cd /tmp && timeout -s KILL $((120 * MMAPDEMO_TIMEOUT_SCALE)) /setpriv --reuid=65534 --regid=65534 --clear-groups \
		trinity -q --enable-fds=pseudo "$@" -a 64 -T BAD_PAGE,DIE,WARN -V $node -N 2500 \
		-s "$seed" -l off -C 2) >/tmp/said 2>&1 || status=$?
	chmod 600 $node
	same "status of trinity" 0 "${status:-0}" && has "$(cat /tmp/said)" "Added 1 filenames from $node" ||
		{ tail -n 30 /tmp/said; return 1; }
	[ "$(mapped)" -gt "$before" ] || { echo "it did not map $node"; return 1; }
	quiet
}

mkdir -p /etc
echo 'nobody:x:65534:65534:nobody:/tmp:/bin/sh' >/etc/passwd
echo 'nogroup:x:65534:' >/etc/group

plan 17
echo "# seed $seed"
for writer in psync mmap io_uring; do
	for reader in psync mmap io_uring; do
		try "stress.fio-written-by-$writer-verified-by-$reader" crossed $writer $reader
	done
done
for engine in psync mmap; do
	try "stress.fio-all-sizes-by-$engine" mixed $engine
done
for engine in mmap io_uring; do
	try "stress.fio-four-processes-by-$engine" together $engine
done
try "stress.fio-registered-buffers-by-io_uring" registered
try "stress.fio-sees-a-changed-byte" changed
try "stress.stress-ng-dev" stress
try "stress.trinity" fuzz
