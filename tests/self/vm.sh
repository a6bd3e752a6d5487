#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# vm.sh KERNEL: vm/run must tell a command that failed from a VM that
# died from a kernel that complained, and must never take one for the other.

top=$(realpath "$(dirname "$0")/../..")
# shellcheck source=tools/tap.sh
. "$top/tools/tap.sh"
# shellcheck source=vm/lib.sh
. "$top/vm/lib.sh"
kernel=$1
dir=$(mktemp -d)
faulty=$dir/faulty/faulty.ko

# ran STATUS RUN-ARGUMENT...: its stdout is in $dir/out, stderr in $dir/err
ran() {
	local expected=$1 status=0
	shift
	"$top/vm/run" -k "$kernel" -c 1 -t 60 "$@" >"$dir/out" 2>"$dir/err" || status=$?
	same "exit status" "$expected" "$status" || {
		cat "$dir/out" "$dir/err"
		return 1
	}
}

reason() {
	has "$(cat "$dir/err")" "$1"
}

build_faulty() {
	"$top/tools/build" -s "$top/tests/modules/faulty" -o "$dir/faulty" "$kernel"
}

# How long a boot takes on this machine now is known after this.
passes() {
	local began=$SECONDS
	ran 0 --no-module -- true && same stderr "" "$(cat "$dir/err")" &&
		echo $((3 * (SECONDS - began) / ${MMAPDEMO_TIMEOUT_SCALE:-1} + 6)) >"$dir/enough"
}

fails() {
	ran 3 --no-module -- sh -c 'exit 3'
}

crashes() {
	printf 'int main(void) { *(volatile int *)8 = 0; }' | gcc -static -x c -o "$dir/crash" - &&
		ran 139 --no-module -f "$dir/crash" -- /crash
}

absent() {
	ran 127 --no-module -- /no-such-program
}

# The two streams stay two, bytes stay bytes, words stay words.
streams() {
	# shellcheck disable=SC2016 # for the shell in the VM
	ran 0 --no-module -- sh -c 'printf "%s|" "$@"; echo "to stderr" >&2' sh \
		'two  words' "it's" '"$HOME"' '' '*' &&
		same stdout "two  words|it's|\"\$HOME\"||*|" "$(cat "$dir/out")" &&
		same stderr "to stderr" "$(cat "$dir/err")"
}

bulk() {
	head -c 300000 /dev/urandom >"$dir/bulk"
	ran 0 --no-module -f "$dir/bulk:/in" -o /tmp/back:"$dir/back" -- \
		sh -c 'cp /in /tmp/back; cat /in' || return
	cmp "$dir/bulk" "$dir/out" && cmp "$dir/bulk" "$dir/back"
}

dynamic() {
	printf '#include <stdio.h>\nint main(void) { puts("hello"); }' | gcc -x c -o "$dir/dynamic" - &&
		ran 0 --no-module -f "$dir/dynamic:/bin/hello" -- hello &&
		same stdout hello "$(cat "$dir/out")"
}

terminal() {
	local said
	said=$(script -qec "'$top/vm/run' -k '$kernel' --no-module -i -- sh -c 'tty; exit 4'" /dev/null)
	same "exit status" 4 "$?" && has "$said" "^/dev/ttyS1"
}

# The command's output is a pipe in the VM, and a terminal here: it is told how wide that is.
# shellcheck disable=SC2016 # for the guest
narrow() {
	local said
	said=$(script -qec "stty cols 40; '$top/vm/run' -k '$kernel' --no-module -- \
		sh -c 'echo columns \$COLUMNS colour \${NO_COLOR-yes}'" /dev/null) &&
		has "$said" "^columns 40 colour yes"
}

interrupted() {
	local pid
	mkdir "$dir/tmp"
	mkfifo "$dir/hello"
	TMPDIR=$dir/tmp "$top/vm/run" -k "$kernel" --no-module -- \
		sh -c 'echo up; sleep 1000' >"$dir/hello" 2>/dev/null &
	pid=$!
	head -n 1 "$dir/hello" >/dev/null
	kill -TERM $pid
	wait $pid
	same "exit status" 143 "$?" && same "files left" "" "$(ls "$dir/tmp")" || return
	# QEMU goes when it is told, not at once
	for _ in {1..150}; do
		[ -n "$(find /proc/[0-9]*/cwd -lname "$dir/tmp*" 2>/dev/null)" ] || return 0
		sleep 0.2
	done
	echo "a process of it still runs"
	return 1
}

no_result() {
	ran 97 --no-module -o /tmp/none:"$dir/none" -- true && reason "left no /tmp/none"
}

# Its status would be taken for the command's.
full_disk() {
	impostor cp 'echo "cp: No space left on device" >&2; exit 1'
	PATH=$dir/bin:$PATH ran 96 --no-module -f /etc/hosts -- true && reason "^cp: No space left" && rm "$dir/bin/cp"
}

# timed_out STAGE OPTION...: the limit leaves time for the boot
timed_out() {
	local limit
	limit=$(cat "$dir/enough") || return
	ran 97 -t "$limit" "${@:2}" &&
		reason "timed out after $((limit * ${MMAPDEMO_TIMEOUT_SCALE:-1})) s, $1"
}

# fault NAME STATUS REASON
fault() {
	ran "$2" --module "$faulty" -p "fault=$1" -- true && reason "$3"
}

misspelt() {
	ran 96 --module "$faulty" -p foult=warn -- true && reason "no such parameter"
}

no_boot() {
	ran 97 --no-module -a "rdinit=/none root=none" -- true && reason "VM died booting.*panic"
}

no_qemu() {
	ran 97 --no-module -m 900000G -- true && reason "VM died booting.*memory"
}

# chosen VERSION: the emulator where the host's is that
chosen() {
	impostor qemu-system-x86_64 "echo QEMU emulator version $1.22"
	said=$(PATH=$dir/bin:$PATH MMAPDEMO_CACHE=$dir/cache MMAPDEMO_RETRY_PAUSE=0 "$top/vm/emulator" amd64 2>"$dir/err") &&
		same emulator "$dir/bin/qemu-system-x86_64" "$said"
}

new_emulator() {
	impostor apt-get "touch $dir/asked; exit 1"
	chosen 8.1 && chosen 8.2 && chosen 10.0 && same stderr "" "$(cat "$dir/err")" && [ ! -e "$dir/asked" ]
}

# That of backports cannot be had: once a day it is looked for, and said.
old_emulator() {
	impostor apt-get "case \"\$*\" in *indextargets*) exec /usr/bin/apt-get \"\$@\" ;; esac; touch $dir/asked; exit 1"
	chosen 7.2 && reason '^emulator: qemu-system-x86_64 7.2.22 may run code that is half patched, and has to do: .*(cannot be had|no Debian mirror)' &&
		[ -e "$dir/asked" ] || return
	rm "$dir/asked"
	chosen 7.2 && same "stderr the second time" "" "$(cat "$dir/err")" && [ ! -e "$dir/asked" ]
}

# The scheduler's static keys are switched under two processors that schedule. On
# QEMU 7.2 that hangs or dies, mostly within some hundred turns. A turn waits for both
# processors, which takes a busy machine long.
# shellcheck disable=SC2016 # for the guest
patches_code() {
	ran 0 -c 2 -t 240 --no-module -- sh -c '
		(while :; do echo; done | cat >/dev/null) &
		for turn in $(seq 400); do
			echo 1 >/proc/sys/kernel/sched_schedstats && echo 0 >/proc/sys/kernel/sched_schedstats || exit 1
		done' && same stderr "" "$(cat "$dir/err")"
}

ours() {
	ran 0 -p 'size=64K mode=0640' -- sh -c 'wc -c </dev/mmapdemo; stat -c %a /dev/mmapdemo' &&
		same stdout "65536 640" "$(paste -sd' ' "$dir/out")"
}

# A device that a program still holds cannot be unloaded.
holds() {
	# What is left behind holds the device, so that run has somebody to name.
	ran 98 -- sh -c 'exec 3</dev/mmapdemo; sleep 1000 & exit 0' && reason "does not unload.*sleep"
}

needs_module() {
	ran 0 --no-module -M ext4 -- grep ext4 /proc/filesystems &&
		ran 96 --no-module -M no-such -- true && reason "no such module"
}

nodes() {
	ran 0 --no-module -c 2 -n 2 -- test -e /sys/devices/system/node/node1 &&
		ran 96 --no-module -n 0 -- true && reason "-n 0: not a number of nodes"
}

# shellcheck disable=SC2016 # for the guest
another_device() {
	ran 0 --no-module -d edu -d edu,dma_mask=4095 -- \
		sh -c 'test "$(cat /sys/bus/pci/devices/*/device | grep -c 0x11e8)" = 2' &&
		ran 96 --no-module -d no-such -- true && reason "-d no-such: .* has no such device" &&
		ran 96 --no-module -d '' -- true && reason "has no such device" &&
		ran 96 --no-module -d help -- true && reason "has no such device" &&
		ran 97 --no-module -d edu,no-such=1 -- true && reason "VM died booting.*no-such"
}

# shellcheck disable=SC2016 # for the guest
monitor() {
	ran 0 --no-module -d edu,id=board -- sh -c 'echo device_del board >/dev/ttyS4
		while grep -qs 0x11e8 /sys/bus/pci/devices/*/device; do sleep 0.2; done
		echo device_add edu >/dev/ttyS4
		until grep -qs 0x11e8 /sys/bus/pci/devices/*/device; do sleep 0.2; done'
}

program_of_debian() {
	ran 0 --no-module -F mke2fs -- /mke2fs -V && ran 96 --no-module -F no-such -- true &&
		reason "no no-such on this machine"
}

# The stack is told, too: a VM that dies may not do so twice.
oopses() {
	fault oops 97 "VM died loading the module: Kernel panic" && reason "Call Trace"
}

# Lines that kernels really print; the log of a plain boot is the counterpart
# and is judged in every test above that expects 0.
recognised() {
	local line
	while read -r line; do
		splats - <<<"$line" >/dev/null || { echo "not seen: $line"; return 1; }
	done <<-'LINES'
		[    1.0] ------------[ cut here ]------------
		[    1.0] WARNING: CPU: 0 PID: 1 at mm/memory.c:1 do_fault+0x1/0x2
		[    1.0] WARNING: mm/memory.c:1 at do_fault+0x1/0x2, CPU#0: init/1
		[    1.0] BUG: kernel NULL pointer dereference, address: 0000000000000008
		[    1.0] kernel BUG at mm/memory.c:1!
		[    1.0] Oops: 0002 [#1] PREEMPT SMP NOPTI
		[    1.0] Oops: general protection fault, probably for non-canonical address
		[    1.0] Kernel panic - not syncing: Fatal exception
		[    1.0] WARNING: possible circular locking dependency detected
		[    1.0] WARNING: possible recursive locking detected
		[    1.0] WARNING: suspicious RCU usage
		[    1.0] BUG: sleeping function called from invalid context at mm/slab.h:1
		[    1.0] BUG: KASAN: use-after-free in mmapdemo_open+0x1/0x2
		[    1.0] BUG: KFENCE: out-of-bounds read in mmapdemo_open+0x1/0x2
		[    1.0] UBSAN: array-index-out-of-bounds in mm/memory.c:1:2
		[    1.0] refcount_t: underflow; use-after-free.
		[    1.0] BUG: Bad page state in process init  pfn:00001
		[    1.0] BUG: Bad rss-counter state mm:00000000 type:MM_FILEPAGES val:1
		[    1.0] INFO: task init:1 blocked for more than 120 seconds.
		[    1.0] rcu: INFO: rcu_preempt detected stalls on CPUs/tasks:
		[    1.0] rcu: INFO: rcu_preempt self-detected stall on CPU
		[    1.0] watchdog: BUG: soft lockup - CPU#0 stuck for 22s! [init:1]
		[    1.0] list_del corruption. prev->next should be 0001, but was 0002
		[    1.0] kmemleak: 2 new suspected memory leaks (see /sys/kernel/debug/kmemleak)
		[    1.0] unreferenced object 0xffff888100000000 (size 64):
		[    1.0] BUG mmapdemo (Not tainted): Objects remaining in mmapdemo on __kmem_cache_shutdown()
		[    1.0] VFS: Busy inodes after unmount of mmapdemo. Self-destruct in 5 seconds.
		[    1.0] sysfs: cannot create duplicate filename '/class/mmapdemo/mmapdemo-a'
		[    1.0] debugfs: Directory 'mmapdemo-a' with parent 'mmapdemo' already present!
	LINES
}

plan 38
try "run.a-passing-command-is-0-and-silent" passes
try "run.a-failing-command-has-its-status" fails
try "run.a-crashing-program-is-139" crashes
try "run.an-absent-program-is-127" absent
try "run.streams-and-arguments-pass-unchanged" streams
try "run.files-and-bulk-output-pass-unchanged" bulk
try "run.a-dynamic-program-brings-its-libraries" dynamic
try "run.a-terminal-is-given-to-the-command" terminal
try "run.the-width-of-a-terminal-is-told" narrow
try "run.an-interrupted-run-takes-its-vm-along" interrupted
try "run.a-missing-result-is-97" no_result
try "run.a-full-disk-is-96" full_disk
# The sleep is what hangs: run ends it with the VM.
try "run.a-hanging-command-is-97" timed_out "running the command" --no-module -- sleep 1000
try "run.a-kernel-that-cannot-start-is-97" no_boot
try "run.a-qemu-that-cannot-start-is-97" no_qemu
try "emulator.a-new-one-of-the-host-s-is-used" new_emulator
try "emulator.an-old-one-has-to-do-without-backports" old_emulator
try "emulator.code-may-be-patched-while-it-runs" patches_code
try "run.our-module-takes-its-parameters" ours
try "run.a-held-device-is-98" holds
try "run.modules-of-the-kernel-package" needs_module
try "run.as-many-nodes-of-memory" nodes
try "run.one-more-device" another_device
try "run.unplugs-devices" monitor
try "run.a-program-of-debian" program_of_debian
try "run.splats-are-recognised" recognised
try "run.the-faulty-module-builds" build_faulty
try "run.a-harmless-module-is-0" ran 0 --module "$faulty" -- true
try "run.a-module-that-warns-is-98" fault warn 98 "kernel log: .*faulty: as asked|WARNING"
try "run.a-module-that-warns-in-its-exit-is-98" fault warn-late 98 "kernel log shows a fault"
try "run.a-module-that-oopses-is-97" oopses
try "run.a-module-that-panics-is-97" fault panic 97 "VM died loading the module: Kernel panic.*as asked"
# the kernel would notice it within a minute, which is less than the limit on a busy machine
try "run.a-module-that-hangs-is-97" timed_out "loading the module" -a nosoftlockup \
	--module "$faulty" -p fault=hang -- true
try "run.a-module-that-refuses-is-96" fault refuse 96 "refused to load, faulty: .*faulty: refuses, as asked"
try "run.a-misspelt-parameter-is-96" misspelt
try "run.a-module-that-stays-is-98" fault stay 98 "does not unload, faulty"
try "run.a-module-that-leaves-things-is-98" fault leave 98 "left behind: /sys/kernel/debug/faulty"

usage_errors() {
	ran 96 --no-such -- true && reason "unknown option" &&
		ran 96 -k 0.1 -- true && reason "no kernel '0.1'.*known: 6.1" &&
		ran 96 --no-module && reason "no COMMAND" &&
		MMAPDEMO_TIMEOUT_SCALE=1.5 ran 96 --no-module -- true && reason "not a whole number" &&
		ran 96 --no-module -f /no/such/file -- true && reason "no such file" &&
		ran 96 --no-module --uefi /no/such/file -- true && reason "--uefi /no/such/file: no such file" &&
		ran 96 --no-module --plugin /no/such/file.so,out=x -- true && reason "no/such/file.so,out=x: no such file" &&
		ran 96 --no-module -t soon -- true && reason "not a number" &&
		ran 96 -k && reason "wants a value"
}
try "run.bad-usage-is-96-with-a-reason" usage_errors
rm -rf "$dir"
