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
	# absolute, as dkms makes it: it leads below that root
	ln -sfn /usr/src/mmapdemo-0.2.0 "$tree/0.2.0/source"
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

# finds CHECK STATE SAYS [CURE [HINT]]: patterns; no CURE or HINT: there is none
finds() {
	looked && finding "$@"
}

# finding CHECK STATE SAYS [CURE [HINT]]: of what was said last. Each cure is the other root's.
finding() {
	local found cure=${4-}
	found=$(jq -r --arg check "$1" '.findings[] | select(.check == $check) |
		"\(.state)|\(.says)|\(if .root then "root: " else "" end)\(.cure // "")|\(.hint // "")"' <<<"$said")
	has "$found" "^$2\|$3\|${cure:+root: chroot $root $cure}\|${5-}\$"
}

headers() {
	system
	finds headers fine "/lib/modules/$pattern/build has those of $pattern" || return
	rm -r "$root/lib/modules/$release/build"
	# absolute, as the packages make it
	ln -s /usr/src/linux-headers "$root/lib/modules/$release/build"
	mkdir -p "$root/usr/src/linux-headers"
	: >"$root/usr/src/linux-headers/Makefile"
	finds headers fine "/lib/modules/$pattern/build has those of $pattern" || return
	rm -r "$root/usr/src/linux-headers"
	finds headers fine "not installed, and not needed.*" || return
	remove_module
	local cure
	for cure in "debian apt-get install linux-headers-$pattern" "fedora dnf install kernel-devel-$pattern"; do
		echo "ID=${cure%% *}" >"$root/etc/os-release"
		finds headers wrong "the headers of this kernel, $pattern, are not installed.*" "${cure#* }" || return
	done
	for cure in gentoo void nixos; do
		echo "ID=$cure" >"$root/etc/os-release"
		finds headers wrong ".*" "" "install the headers of the kernel $pattern" || return
	done
}

# headers_of RELEASE ID CURE
headers_of() {
	system
	mv "$root/lib/modules/$release" "$root/lib/modules/$1"
	rm -r "$root/lib/modules/$1"/{build,updates}
	echo "$1" >"$root/proc/sys/kernel/osrelease"
	echo "ID=$2" >"$root/etc/os-release"
	finds headers wrong ".*" "$3"
}

headers_by_flavour() {
	headers_of 6.4.0-150600.23-default '"opensuse-leap"' "zypper install kernel-default-devel" &&
		headers_of 6.12.9-arch1-1 arch "pacman -S linux-headers" &&
		headers_of 6.12.9-1-lts arch "pacman -S linux-lts-headers" &&
		headers_of 6.12.9-0-virt alpine "apk add linux-virt-dev" && headers_of 6.12.9-0-lts alpine "apk add linux-lts-dev"
}

# The rescue system's kernel is not the one of the other system.
release_of_the_root() {
	system
	echo 9.9.9-rescue >"$root/proc/sys/kernel/osrelease"
	looked 0 && finding installed fine ".*, for $pattern" && finding module unknown ".*does not run" &&
		finding signature unknown ".*does not run" && finding huge-pages unknown ".*does not run" || return
	mkdir "$root/lib/modules/6.0.0-1"
	looked 0 && finding headers unknown ".*which kernel that system runs" && finding module unknown ".*" || return
	mv "$root/lib" "$root/lib.other"
	ln -s /lib.other "$root/lib"
	echo "$release" >"$root/proc/sys/kernel/osrelease"
	finds installed fine "/lib/modules/$pattern/updates/dkms/mmapdemo.ko, for $pattern"
}

dkms() {
	local again="dkms install mmapdemo/0.2.0 -k $pattern"
	system
	finds dkms fine "not used.*" || return
	dkms_has added
	finds dkms wrong "mmapdemo/0.2.0 is not built for this kernel, $pattern" "$again" || return
	: >"$root/var/lib/dkms/mmapdemo/0.2.0/build/make.log"
	finds dkms wrong ".*is not built.*make.log.*" "$again" || return
	dkms_has built
	finds dkms wrong ".*is built for this kernel, $pattern, and not installed" "$again" || return
	dkms_has installed
	finds dkms fine "mmapdemo/0.2.0 is installed for $pattern" || return
	rm -r "$root/usr/src/mmapdemo-0.2.0"
	finds dkms wrong ".*whose source is gone.*" "rm -r /var/lib/dkms/mmapdemo/0.2.0"
}

installed() {
	system
	finds installed fine "/lib/modules/$pattern/updates/dkms/mmapdemo.ko, for $pattern" || return
	: >"$root/lib/modules/$release/modules.dep"
	finds installed wrong ".*modules.dep does not name it" "depmod $pattern" || return
	remove_module
	finds installed wrong "the module is not installed for this kernel, $pattern" "" ".make install. in a clone .*" || return
	dkms_has added
	finds installed wrong ".*" "dkms install mmapdemo/0.2.0 -k $pattern" || return
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
			"sh -c 'dkms build --force mmapdemo/0.2.0 -k 6.0.0-1 && dkms install --force mmapdemo/0.2.0 -k 6.0.0-1'" || return
		rm -f "$root"/lib/modules/6.0.0-1/updates/dkms/*
		cp "$dir/plain.ko" "$root/lib/modules/6.0.0-1/updates/dkms/mmapdemo.ko"
	done
}

torn() {
	system
	head -c 1000 /dev/zero >"$root/lib/modules/$release/updates/dkms/mmapdemo.ko"
	finds installed unknown ".* cannot be read.*"
}

# sign_module: as far as the doctor looks
sign_module() {
	echo '~Module signature appended~' >>"$root/lib/modules/$release/updates/dkms/mmapdemo.ko"
}

signature() {
	local mode
	system
	finds signature fine "this kernel takes modules without a signature" || return
	for mode in 'none [integrity] confidentiality' 'none integrity [confidentiality]'; do
		echo "$mode" >"$root/sys/kernel/security/lockdown"
		finds signature wrong "this kernel takes signed modules only \(lockdown.*is not signed" "" "in a clone of mmapdemo; .*" || return
	done
	# without the lockdown LSM, and without CONFIG_MODULE_SIG, and without securityfs
	rm "$root/sys/kernel/security/lockdown"
	: >"$root/sys/kernel/security/lsm"
	finds signature fine "this kernel takes modules without a signature" || return
	rm "$root/sys/kernel/security/lsm"
	finds signature unknown ".*securityfs is not mounted" "mount -t securityfs none /sys/kernel/security" || return
	rm "$root/sys/module/module/parameters/sig_enforce"
	finds signature fine "this kernel takes modules without a signature" || return
	echo Y >"$root/sys/module/module/parameters/sig_enforce"
	dkms_has installed
	finds signature wrong ".*\(module.sig_enforce\).*is not signed" "sh -c 'dkms build --force .*'" || return
	sign_module
	finds signature fine "this kernel requires signatures \(module.sig_enforce\); the module has one"
}

# The lines name no module, and the newest one counts.
key() {
	local line unavailable='Loading of module with unavailable key is rejected'
	system
	echo Y >"$root/sys/module/module/parameters/sig_enforce"
	dkms_has installed
	sign_module
	for line in "$unavailable" 'Lockdown: modprobe: unsigned module loading is restricted; see man kernel_lockdown.7'; do
		echo "5,1,2,-;$line" >"$root/dev/kmsg"
		finds signature wrong ".*may not know its key; it said, without naming the module: $line" "" ".*mokutil --import. of the certificate .*reboot.*" &&
			finding module wrong "not loaded; the kernel said, without naming the module: $line" "" "what .signature. says comes first; .*" || return
	done
	: >"$root/var/lib/dkms/mok.pub"
	finds signature wrong ".*" "mokutil --import /var/lib/dkms/mok.pub" "then reboot, .*" || return
	mkdir -p "$root/var/lib/shim-signed/mok"
	: >"$root/var/lib/shim-signed/mok/MOK.der"
	finds signature wrong ".*" "mokutil --import /var/lib/shim-signed/mok/MOK.der" "then reboot, .*" || return
	echo '3,1,2,-;mmapdemo: disagrees about version of symbol module_layout' >>"$root/dev/kmsg"
	finds module wrong "not loaded; the kernel said: mmapdemo: disagrees .*" ".*" &&
		finding signature fine ".*the module has one" || return
	rm "$root/dev/kmsg"
	finds signature unknown ".*root may read, tells whether it knows the key" || return
	# another module's, where no signature is asked for
	echo "5,1,2,-;$unavailable" >"$root/dev/kmsg"
	echo N >"$root/sys/module/module/parameters/sig_enforce"
	finds module wrong "not loaded" "modprobe mmapdemo"
}

module() {
	system
	finds module wrong "not loaded" "modprobe mmapdemo" || return
	echo '3,1,2,-;mmapdemo: disagrees about version of symbol module_layout' >"$root/dev/kmsg"
	dkms_has added
	finds module wrong "not loaded; the kernel said: mmapdemo: disagrees .*" "sh -c 'dkms install .* && modprobe mmapdemo'" || return
	rm "$root/dev/kmsg"
	finds module wrong "not loaded" "modprobe mmapdemo" "the kernel's log, .*" || return
	echo 1 >"$root/proc/sys/kernel/modules_disabled"
	finds module wrong ".*switched off until the next boot.*" "reboot" || return
	rm "$root/proc/modules"
	finds module wrong "this kernel takes no modules.*" "" ".make demo. .*" || return
	rmdir "$root/proc/self"
	finds module wrong "not loaded; proc, .* is not mounted" "mount -t proc none /proc" || return
	mkdir "$root/sys/module/mmapdemo"
	echo 0.1.0 >"$root/sys/module/mmapdemo/version"
	finds module wrong "version 0.1.0 is loaded, and this command has version .*" "sh -c 'modprobe -r mmapdemo && modprobe mmapdemo'" || return
	rm -r "$root/sys/module"
	finds module unknown "not checked: --root has no sysfs.*"
}

selinux() {
	system
	mkdir "$root/sys/module/mmapdemo"
	looked 0 && finding selinux fine "not in use" || return
	mkdir -p "$root/sys/fs/selinux"
	echo 0 >"$root/sys/fs/selinux/enforce"
	looked 0 && finding selinux fine "permissive.*" || return
	echo 1 >"$root/sys/fs/selinux/enforce"
	looked 0 && finding selinux fine "in use; no denial.*" || return
	# of any age, which is no problem of today
	echo 'type=AVC msg=audit(1.2:3): avc:  denied  { open } for comm="x" path="/dev/mmapdemo"' >"$root/var/log/audit/audit.log"
	looked 0 && finding selinux note "SELinux once denied something: .*path=\"/dev/mmapdemo\"" || return
	rm "$root/var/log/audit/audit.log" "$root/dev/kmsg"
	looked 0 && finding selinux unknown ".*no log of it can be read"
}

apparmor() {
	system
	mkdir -p "$root/sys/module/apparmor/parameters"
	echo Y >"$root/sys/module/apparmor/parameters/enabled"
	echo '5,1,2,-;audit: apparmor="DENIED" operation="open" profile="qemu" name="/dev/mmapdemo"' >"$root/dev/kmsg"
	finds apparmor note "AppArmor once denied something: .*profile=\"qemu\".*" || return
	# what is no text, or moves the cursor
	printf '5,1,2,-;apparmor="DENIED" name="/dev/mmapdemo\033[2J\377"\n' >"$root/dev/kmsg"
	finds apparmor note '.*name="/dev/mmapdemo\?\[2J\?"'
}

# A log that never answers: the other lines are there, and in time. The module is loaded, so that
# nothing is wrong.
hangs() {
	local began=$SECONDS
	system
	mkdir -p "$root/sys/module/mmapdemo" "$root/sys/fs/selinux"
	echo 1 >"$root/sys/fs/selinux/enforce"
	mkfifo "$root/var/log/audit/audit.log"
	looked 0 && finding selinux unknown "not checked: no answer came within 5 s" &&
		finding module fine ".*is loaded" && [ $((SECONDS - began)) -lt 20 ]
}

# A child could not be waited for then.
sigchld_ignored() {
	system
	said=$(perl -e '$SIG{CHLD} = "IGNORE"; exec @ARGV' "$command" doctor --root "$root" --json)
	same "exit status" 1 $? && finding module wrong "not loaded" "modprobe mmapdemo" && finding installed fine ".*"
}

memory() {
	system
	mkdir -p "$root/sys/kernel/mm/transparent_hugepage"
	echo 'always [madvise] never' >"$root/sys/kernel/mm/transparent_hugepage/enabled"
	echo 2097152 >"$root/sys/kernel/mm/transparent_hugepage/hpage_pmd_size"
	printf 'Node 0, zone   Normal  %s\n' '9 9 9 9 9 9 9 9 9 0 0' >"$root/proc/buddyinfo"
	mkdir "$root/sys/module/mmapdemo"
	looked 0 && finding huge-pages note "madvise: .* MADV_HUGEPAGE alone, .*" &&
		finding free-blocks note "no block of 2 MiB is free.*" "sh -c 'echo 1 >/proc/sys/vm/compact_memory'" || return
	echo '[always] madvise never' >"$root/sys/kernel/mm/transparent_hugepage/enabled"
	printf 'Node 0, zone   Normal  %s\n' '0 0 0 0 0 0 0 0 0 3 1' >"$root/proc/buddyinfo"
	looked 0 && finding huge-pages fine "always; .*" && finding free-blocks fine "4 of 2 MiB or more"
}

# Nothing there at all
empty() {
	system
	rm -rf "$root"
	mkdir "$root"
	looked 0 && same "lines" "$("$command" doctor --root "$root" | grep -cE '^(fine|note|wrong|unknown) ')" \
		"$(jq '.findings | length' <<<"$said")" &&
		same "counts" "$(jq -c '[.fine, .note, .wrong, .unknown]' <<<"$said")" \
			"$(jq -c '[.findings[].state] as $of | [("fine", "note", "wrong", "unknown") as $state | $of | map(select(. == $state)) | length]' <<<"$said")"
}

usage() {
	"$command" doctor --nonsense 2>/dev/null
	same "exit status" 2 $? || return
	"$command" doctor --root "$dir/nonexistent" 2>/dev/null
	same "exit status" 2 $?
}

plan 17
try "doctor.headers" headers
try "doctor.headers-by-flavour" headers_by_flavour
try "doctor.release-of-the-root" release_of_the_root
try "doctor.dkms" dkms
try "doctor.installed" installed
try "doctor.vermagic-of-compressed-files-too" vermagic
try "doctor.a-torn-module-is-unknown" torn
try "doctor.signature" signature
try "doctor.key-that-is-not-enrolled" key
try "doctor.module" module
try "doctor.selinux" selinux
try "doctor.apparmor" apparmor
try "doctor.what-hangs-is-unknown" hangs
try "doctor.sigchld-ignored" sigchld_ignored
try "doctor.memory" memory
try "doctor.nothing-at-all" empty
try "doctor.usage" usage
rm -rf "$dir"
