# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC2034
# A Debian that is changed in a chroot, where things run at the machine's speed, and
# booted to see how it is then. Source it after lib.sh and tap.sh, as root; $work is a
# folder to work in.

: "${work?}" "${top?}"
# shellcheck source=vm/arch.sh
. "$top/vm/arch.sh"
root=$work/root

# fresh FOLDER: $root is what FOLDER has, which stays as it is.
fresh() {
	away
	mkdir -p "$root" "$work/upper" "$work/overlay"
	mount -t overlay overlay -o "lowerdir=$1,upperdir=$work/upper,workdir=$work/overlay" "$root"
}

away() {
	! mountpoint -q "$root" || umount "$root"
	rm -rf "$work/upper" "$work/overlay"
}

# inside COMMAND...: in $root, which sees no process, device or module of this machine.
inside() {
	unshare --net --mount --pid --fork --kill-child --mount-proc="$root/proc" chroot "$root" \
		env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LC_ALL=C.UTF-8 \
		DEBIAN_FRONTEND=noninteractive "$@"
}

# apt_ ACTION...: without network.
apt_() {
	inside apt-get -y -o Dpkg::Use-Pty=0 --no-install-recommends "$@"
}

# The newest kernel that is installed in $root; the oldest.
newest() {
	find "$root/lib/modules" -mindepth 1 -maxdepth 1 -printf '%f\n' | sort -V | tail -n 1
}
oldest() {
	find "$root/lib/modules" -mindepth 1 -maxdepth 1 -printf '%f\n' | sort -V | head -n 1
}

# module_of RELEASE: as it lies in $root
module_of() {
	find "$root/lib/modules/$1/" -name 'mmapdemo.ko*'
}

# boot NAME RELEASE JOB FILE...: the script JOB runs in $root when it is up, in a folder
# with the FILEs. What it wrote is $work/NAME.tap then, the kernel's log NAME.log. Changes
# are the machine's own: the disk is a copy. It is emulated, as not every machine can do
# else.
boot() {
	local name=$1 release=$2 job=$3 megabytes said machine ports kernel_args
	shift 3
	rm -rf "$work/job"
	mkdir "$work/job"
	{ echo 'echo 1 >/sys/devices/system/cpu/cpu1/online'; cat "$job"; } >"$work/job/run"
	cp -r "$@" "$work/job"
	tar -C "$work/job" -cf "$work/job.tar" .
	megabytes=$(du -sm "$root" | cut -f1)
	rm -f "$work/disk"
	mke2fs -q -t ext4 -E lazy_itable_init=1 -O ^has_journal -d "$root" "$work/disk" \
		"$((megabytes * 5 / 4 + 700))M" || return
	machine_amd64 tcg
	timeout "$((${limit:-900} * ${MMAPDEMO_TIMEOUT_SCALE:-1}))" qemu-system-x86_64 -nodefaults \
		-no-user-config -display none -no-reboot "${machine[@]}" -smp 2 -m 2G \
		-kernel "$root/boot/vmlinuz-$release" -initrd "$root/boot/initrd.img-$release" \
		-append "root=/dev/vda rw console=ttyS0 systemd.show_status=0 oops=panic panic=-1 $kernel_args" \
		-drive "file=$work/disk,format=raw,if=virtio,cache=unsafe" \
		-drive "file=$work/job.tar,format=raw,if=virtio,readonly=on" \
		-serial "file:$work/$name.log" -serial "file:$work/$name.out" </dev/null 2>"$work/$name.qemu" ||
		{ echo "no end of $name: $(tail -n 1 "$work/$name.log" "$work/$name.qemu" | tr '\r\n' '  ')"; return 1; }
	rm -f "$work/disk"
	tr -d '\r' <"$work/$name.out" >"$work/$name.tap"
	said=$(splats "$work/$name.log") && echo "the kernel said: $said" && return 1
	has "$(tail -n 1 "$work/$name.tap")" '^status 0$' || cat "$work/$name.tap"
}

# told BOOT TEST: the machine's own test of that name passed
told() {
	grep -q "^ok [0-9]* - $2\$" "$work/$1.tap" && return
	sed -n "/^not ok [0-9]* - $2\$/,/^\(ok\|not\|status\)/{/^#/p}" "$work/$1.tap" | grep . ||
		echo "it did not run"
	return 1
}
