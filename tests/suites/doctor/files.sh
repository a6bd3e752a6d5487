#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# files.sh MODULE: what `mmapdemo doctor --root' says of a system's files, which are made
# here: Secure Boot, the states of dkms, denials. MODULE is a module that is not signed.

module=$1
top=$(realpath "$(dirname "$0")/../../..")
# shellcheck source=tools/tap.sh
. "$top/tools/tap.sh"
command=$top/build/bin/mmapdemo
machine=$(uname -m)
dir=$(mktemp -d)
read -r release settings < <(modinfo -F vermagic "$module")
pattern=${release//+/\\+}

# system: one without faults, but that the module is not loaded
system() {
	root=$dir/root
	rm -rf "$root"
	mkdir -p "$root"/{etc,dev,proc/sys/kernel,proc/self,sys/module/module/parameters,sys/kernel/security} \
		"$root/lib/modules/$release"/{build,updates/dkms} "$root/var/log/audit"
	echo 'ID=debian' >"$root/etc/os-release"
	echo "$release" >"$root/proc/sys/kernel/osrelease"
	: >"$root/proc/modules"
	: >"$root/dev/kmsg"
	: >"$root/lib/modules/$release/build/Makefile"
	echo N >"$root/sys/module/module/parameters/sig_enforce"
	echo '[none] integrity confidentiality' >"$root/sys/kernel/security/lockdown"
	install_module
}

install_module() {
	cp "$module" "$root/lib/modules/$release/updates/dkms/mmapdemo.ko"
	echo 'updates/dkms/mmapdemo.ko:' >"$root/lib/modules/$release/modules.dep"
}

remove_module() {
	rm "$root/lib/modules/$release/updates/dkms/mmapdemo.ko"
}

# dkms_has STATE: added, built, installed
dkms_has() {
	local tree=$root/var/lib/dkms/mmapdemo
	mkdir -p "$tree/0.2.0/build" "$root/usr/src/mmapdemo-0.2.0"
	: >"$root/usr/src/mmapdemo-0.2.0/dkms.conf"
	ln -sfn "$root/usr/src/mmapdemo-0.2.0" "$tree/0.2.0/source"
	[ "$1" != added ] || return 0
	mkdir -p "$tree/0.2.0/$release/$machine/module"
	[ "$1" != built ] || return 0
	ln -sfn "0.2.0/$release/$machine" "$tree/kernel-$release-$machine"
}

# looked [STATUS]: the JSON is in $said
looked() {
	said=$("$command" doctor --root "$root" --json)
	same "exit status" "${1:-1}" $?
}

# finds CHECK STATE SAYS [CURE]: patterns; no CURE: there is none
finds() {
	looked && finding "$@"
}

# finding CHECK STATE SAYS [CURE]: of what was said last
finding() {
	local found
	found=$(jq -r --arg check "$1" '.findings[] | select(.check == $check) | "\(.state)|\(.says)|\(.cure // "")"' <<<"$said")
	has "$found" "^$2\|$3\|${4-}\$"
}

headers() {
	system
	finds headers fine "of $pattern, in .*" || return
	rm -r "$root/lib/modules/$release/build"
	finds headers fine "not installed, and not needed.*" || return
	remove_module
	local cure
	for cure in "debian apt-get install linux-headers-$pattern" "fedora dnf install kernel-devel-$pattern" \
		"arch pacman -S linux-headers"; do
		echo "ID=${cure%% *}" >"$root/etc/os-release"
		finds headers wrong "the headers of this kernel, $pattern, are not installed.*" "(as root: )?${cure#* }" || return
	done
}

dkms() {
	local again="dkms install mmapdemo/0.2.0 -k $pattern"
	system
	finds dkms fine "not used.*" || return
	dkms_has added
	finds dkms wrong "mmapdemo/0.2.0 is not built for this kernel, $pattern" "(as root: )?$again" || return
	: >"$root/var/lib/dkms/mmapdemo/0.2.0/build/make.log"
	finds dkms wrong ".*is not built.*make.log.*" "(as root: )?$again" || return
	dkms_has built
	finds dkms wrong ".*is built for this kernel, $pattern, and not installed" "(as root: )?$again" || return
	dkms_has installed
	finds dkms fine "mmapdemo/0.2.0 is installed for $pattern" || return
	rm -r "$root/usr/src/mmapdemo-0.2.0"
	finds dkms wrong ".*whose source is gone.*" "(as root: )?rm -r /var/lib/dkms/mmapdemo/0.2.0"
}

installed() {
	system
	finds installed fine "/lib/modules/$pattern/updates/dkms/mmapdemo.ko, for $pattern" || return
	: >"$root/lib/modules/$release/modules.dep"
	finds installed wrong ".*modprobe does not know it" "(as root: )?depmod $pattern" || return
	remove_module
	finds installed wrong "the module is not installed for this kernel, $pattern" "(as root: )?make install.*" || return
	dkms_has added
	finds installed wrong ".*" "(as root: )?dkms install mmapdemo/0.2.0 -k $pattern" || return
	mkdir -p "$root/lib/modules/6.0.0-1/extra"
	cp "$module" "$root/lib/modules/6.0.0-1/extra/mmapdemo.ko"
	finds installed wrong "the module is not installed for this kernel, $pattern, but for 6.0.0-1" ".*"
}

# Of compressed files as well. The kernel looks at the release only where the module has no
# checksums of symbols.
vermagic() {
	local packed
	system
	LC_ALL=C sed 's/__versions/__verzions/' "$module" >"$dir/plain.ko"
	echo 6.0.0-1 >"$root/proc/sys/kernel/osrelease"
	mv "$root/lib/modules/$release" "$root/lib/modules/6.0.0-1"
	dkms_has added
	release=6.0.0-1 dkms_has built
	[[ $settings != *modversions* ]] ||
		finds installed fine ".*, for $pattern, which this kernel takes if .*" || return
	cp "$dir/plain.ko" "$root/lib/modules/6.0.0-1/updates/dkms/mmapdemo.ko"
	for packed in '' xz gzip zstd; do
		[ -z "$packed" ] || "$packed" -q "$root"/lib/modules/6.0.0-1/updates/dkms/mmapdemo.ko || return
		finds installed wrong ".* was built for $pattern, and this kernel is 6.0.0-1 \(vermagic\)" \
			"(as root: )?dkms build --force mmapdemo/0.2.0 -k 6.0.0-1 && dkms install --force .*" || return
		rm -f "$root"/lib/modules/6.0.0-1/updates/dkms/*
		cp "$dir/plain.ko" "$root/lib/modules/6.0.0-1/updates/dkms/mmapdemo.ko"
	done
}

torn() {
	system
	head -c 1000 /dev/zero >"$root/lib/modules/$release/updates/dkms/mmapdemo.ko"
	finds installed unknown ".* cannot be read.*"
}

signature() {
	local mode
	system
	finds signature fine "this kernel takes modules without a signature" || return
	for mode in 'none [integrity] confidentiality' 'none integrity [confidentiality]'; do
		echo "$mode" >"$root/sys/kernel/security/lockdown"
		finds signature wrong "this kernel takes signed modules only \(lockdown.*is not signed" "make sign KEY=.*" || return
	done
	rm "$root/sys/kernel/security/lockdown"
	finds signature unknown ".*lockdown cannot be read.*" || return
	echo Y >"$root/sys/module/module/parameters/sig_enforce"
	dkms_has installed
	finds signature wrong ".*\(module.sig_enforce\).*is not signed" "(as root: )?dkms build --force .*" || return
	echo '~Module signature appended~' >>"$root/lib/modules/$release/updates/dkms/mmapdemo.ko"
	finds signature fine ".*the module is signed" || return
	echo '5,1,2,-;Loading of module with unavailable key is rejected' >"$root/dev/kmsg"
	finds signature wrong ".*does not know the key of .*" "(as root: )?mokutil --import /var/lib/dkms/mok.pub" &&
		finds module wrong "not loaded; the kernel said: Loading of module with unavailable key is rejected" \
			"(as root: )?modprobe mmapdemo"
}

module() {
	system
	finds module wrong "not loaded" "(as root: )?modprobe mmapdemo" || return
	echo '3,1,2,-;mmapdemo: disagrees about version of symbol module_layout' >"$root/dev/kmsg"
	finds module wrong "not loaded; the kernel said: mmapdemo: disagrees .*" "(as root: )?make install .* && modprobe mmapdemo" || return
	echo 1 >"$root/proc/sys/kernel/modules_disabled"
	finds module wrong ".*switched off until the next boot.*" "(as root: )?reboot" || return
	rm "$root/proc/modules"
	finds module wrong "this kernel takes no modules.*" "make demo.*" || return
	mkdir "$root/sys/module/mmapdemo"
	echo 0.1.0 >"$root/sys/module/mmapdemo/version"
	finds module wrong "version 0.1.0 is loaded, and this command is of .*" "(as root: )?modprobe -r mmapdemo && modprobe mmapdemo" || return
	rm -r "$root/sys/module"
	finds module wrong "sysfs is not mounted.*" "(as root: )?mount -t sysfs none /sys"
}

selinux() {
	system
	finds selinux fine "not in use" || return
	mkdir -p "$root/sys/fs/selinux"
	echo 0 >"$root/sys/fs/selinux/enforce"
	finds selinux fine "permissive.*" || return
	echo 1 >"$root/sys/fs/selinux/enforce"
	finds selinux fine "in use; no denial.*" || return
	echo 'type=AVC msg=audit(1.2:3): avc:  denied  { open } for comm="x" path="/dev/mmapdemo"' >"$root/var/log/audit/audit.log"
	finds selinux wrong "SELinux denied something: .*path=\"/dev/mmapdemo\"" "(as root: )?ausearch -m avc .*semodule -i mmapdemo.pp" || return
	rm "$root/var/log/audit/audit.log" "$root/dev/kmsg"
	finds selinux unknown ".*root may read them"
}

apparmor() {
	system
	mkdir -p "$root/sys/module/apparmor/parameters"
	echo Y >"$root/sys/module/apparmor/parameters/enabled"
	echo '5,1,2,-;audit: apparmor="DENIED" operation="open" profile="qemu" name="/dev/mmapdemo"' >"$root/dev/kmsg"
	finds apparmor wrong "AppArmor denied something: .*profile=\"qemu\".*" "(as root: )?aa-logprof" || return
	# what is no text, or moves the cursor
	printf '5,1,2,-;apparmor="DENIED" name="/dev/mmapdemo\033[2J\377"\n' >"$root/dev/kmsg"
	finds apparmor wrong '.*name="/dev/mmapdemo\?\[2J\?"' ".*"
}

# A log that never answers: the other lines are there, and in time. The module is loaded, so that
# nothing is wrong.
hangs() {
	local began=$SECONDS
	system
	mkdir -p "$root/sys/module/mmapdemo" "$root/sys/fs/selinux"
	echo 1 >"$root/sys/fs/selinux/enforce"
	mkfifo "$root/var/log/audit/audit.log"
	looked 0 && finding selinux unknown "not looked at: no answer came within 5 s" &&
		finding module fine ".*is loaded" && [ $((SECONDS - began)) -lt 20 ]
}

memory() {
	system
	mkdir -p "$root/sys/kernel/mm/transparent_hugepage"
	echo 'always [madvise] never' >"$root/sys/kernel/mm/transparent_hugepage/enabled"
	echo 2097152 >"$root/sys/kernel/mm/transparent_hugepage/hpage_pmd_size"
	printf 'Node 0, zone   Normal  %s\n' '9 9 9 9 9 9 9 9 9 0 0' >"$root/proc/buddyinfo"
	finds huge-pages fine "madvise.*" &&
		finds free-blocks wrong "no block of 2 MiB is free.*" "(as root: )?echo 1 >/proc/sys/vm/compact_memory" || return
	printf 'Node 0, zone   Normal  %s\n' '0 0 0 0 0 0 0 0 0 3 1' >"$root/proc/buddyinfo"
	finds free-blocks fine "4 of 2 MiB or more"
}

# Nothing there at all
empty() {
	system
	rm -rf "$root"
	mkdir "$root"
	looked && same "lines" "$("$command" doctor --root "$root" | grep -cE '^(fine|wrong|unknown) ')" \
		"$(jq '.findings | length' <<<"$said")" &&
		same "counts" "$(jq -c '[.fine, .wrong, .unknown]' <<<"$said")" \
			"$(jq -c '[.findings | map(.state) | (map(select(. == ("fine", "wrong", "unknown"))) | group_by(.) | map({(.[0]): length}) | add) | .fine // 0, .wrong // 0, .unknown // 0] | flatten' <<<"$said")"
}

usage() {
	"$command" doctor --nonsense 2>/dev/null
	same "exit status" 2 $?
}

plan 13
try "doctor.headers" headers
try "doctor.dkms" dkms
try "doctor.installed" installed
try "doctor.vermagic-of-compressed-files-too" vermagic
try "doctor.a-torn-module-is-unknown" torn
try "doctor.signature" signature
try "doctor.module" module
try "doctor.selinux" selinux
try "doctor.apparmor" apparmor
try "doctor.what-hangs-is-unknown" hangs
try "doctor.memory" memory
try "doctor.nothing-at-all" empty
try "doctor.usage" usage
rm -rf "$dir"
