#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# shellcheck disable=SC2154,SC3045
#
# guest.sh	(in the VM, without the module: /mmapdemo, /mmapdemo.ko, /other.ko, /other.ko.xz,
#		/checked.ko, /flags.ko, /confine, /setpriv, jq and xz; /documented is
#		what docs/install.md shows of one problem)
#
# Makes a problem, and holds `mmapdemo doctor' to its line and cure; where the cure can be run,
# it is, and the line is fine afterwards. What `mmapdemo info' says of the fault is held to
# the same words.

# shellcheck source=tools/tap.sh
. /tap.sh
# shellcheck source=tests/mmapdemo.sh
. /mmapdemo.sh

release=$(uname -r)
pattern=$(echo "$release" | sed 's/+/\\+/g')
modules=/lib/modules/$release

# as PREFIX...: how the command is run from now on
as() {
	prefix=$*
}

# doctor: its text is in $said, the exit status in $status
doctor() {
	status=0
	# shellcheck disable=SC2086 # words
	said=$($prefix /mmapdemo doctor 2>/tmp/complaint) || status=$?
	same complaint '' "$(cat /tmp/complaint)"
}

# line CHECK: STATE|SAYS|CURE|HINT; a cure for root that this user is not begins with "as root: "
line() {
	echo "$said" | awk -v check="$1" '
		/^(fine|note|wrong|unknown) / {
			found = $2 == check
			if (found) { state = $1; says = $0; sub(/^[a-z]+ +[a-z-]+ +/, "", says) }
			next
		}
		!found { next }
		sub(/^ +cure: /, "") { cure = $0 }
		sub(/^ +cure \(as root\): /, "") { cure = "as root: " $0 }
		sub(/^ +hint: /, "") { hint = $0 }
		END { if (state) print state "|" says "|" cure "|" hint }'
}

# is_wrong CHECK SAYS CURE [HINT]: patterns; the cure is in $cure
is_wrong() {
	doctor && same "exit status" 1 "$status" && has "$(line "$1")" "^wrong\|.*$2.*\|$3\|${4-.*}\$" || return
	cure=$(line "$1" | cut -d'|' -f3)
}

# is_note CHECK SAYS [CURE]
is_note() {
	doctor && has "$(line "$1")" "^note\|.*$2.*\|${3-}\|"
}

is_fine() {
	doctor && has "$(line "$1")" '^fine\|'
}

# cured CHECK: the command, as root, makes the line fine
cured() {
	sh -c "${cure#as root: }" && is_fine "$1" || { echo "cure: $cure"; return 1; }
}

# info_says PATTERN: the other commands name the fault in the same words
info_says() {
	# shellcheck disable=SC2086 # words
	! complaint=$($prefix /mmapdemo info 2>&1) || { echo "info works"; return 1; }
	has "$complaint" "^mmapdemo info: /dev/mmapdemo: .*$1"
}

all_fine() {
	doctor && same "exit status" 0 "$status" &&
		same "lines that are not fine" '' "$(echo "$said" | grep -E '^(wrong|unknown) ')"
}

# nobody COMMAND...: without rights or groups
nobody() {
	/setpriv --reuid 65534 --regid 65534 --clear-groups "$@"
}

# A user of his own
somebody() {
	/setpriv --reuid 1000 --regid 1000 --clear-groups "$@"
}

no_rights() {
	said=$(nobody /mmapdemo doctor) && return 1
	says '^wrong +module +not loaded$' && says '^ +cure \(as root\): modprobe mmapdemo$' &&
		says '^[0-9]+ fine, [0-9]+ note, [0-9]+ wrong, [0-9]+ unknown'
}

# No /proc, /sys or /dev
nothing() {
	mkdir -p /empty && cp /mmapdemo /empty || return
	said=$(chroot /empty /mmapdemo doctor 2>&1)
	same "exit status" 1 $? && says '^wrong +node +/dev/mmapdemo does not exist: the module is not loaded' &&
		same lines "$(chroot /empty /mmapdemo doctor --json | jq '.findings | length')" \
			"$(echo "$said" | grep -cE '^(fine|note|wrong|unknown) ')"
}

no_headers() {
	is_wrong headers "the headers of this kernel, $pattern, are not installed" '' "install the headers of the kernel $pattern"
}

not_installed() {
	is_wrong installed "the module is not installed for this kernel" "make install" "in a clone .*" &&
		is_wrong node "/dev/mmapdemo does not exist: the module is not loaded" "modprobe mmapdemo" "in a clone: make load" &&
		info_says 'No such file or directory: /dev/mmapdemo does not exist: the module is not loaded: modprobe mmapdemo \(in a clone: make load\)$'
}

# An alias of the device
alias_before_the_module() {
	ln -s mmapdemo /dev/alias && said=$(/mmapdemo info --device /dev/alias 2>&1) && return 1
	says 'a symbolic link that leads to nothing: the module is not loaded: modprobe mmapdemo' && rm /dev/alias
}

other_kernel() {
	mkdir -p "$modules/updates/dkms" && for file in other.ko other.ko.xz; do
		cp "/$file" "$modules/updates/dkms/mmapdemo.${file#*.}" &&
			is_wrong installed "updates/dkms/mmapdemo.${file#*.} was built for .*, and this kernel is $pattern" "make install" &&
			rm "$modules"/updates/dkms/* || return
	done
}

# The kernel refuses it, and its words are repeated until another file is there.
other_settings() {
	cp /flags.ko "$modules/updates/dkms/mmapdemo.ko" && depmod || return
	! modprobe mmapdemo 2>/tmp/refused || { echo "it loads"; return 1; }
	is_wrong module "not loaded; the kernel said: mmapdemo: version magic .* SMp .* should be .*" 'make install && modprobe mmapdemo'
}

# With checksums of its symbols, which the kernel looks at in place of the release
checksums() {
	cp /checked.ko "$modules/updates/dkms/mmapdemo.ko" && depmod && is_fine installed &&
		has "$(line installed)" 'takes if the checksums of symbols agree' && insmod /checked.ko && rmmod mmapdemo &&
		rm "$modules"/modules.* "$modules"/updates/dkms/*
}

not_indexed() {
	cp /mmapdemo.ko "$modules/updates/dkms/" && is_wrong installed 'modules.dep does not name it' "depmod $pattern" &&
		cured installed
}

# The kernel's words of another file are not repeated.
not_loaded() {
	is_wrong module 'not loaded' 'modprobe mmapdemo' && ! has "$(line module)" said >/dev/null && cured module
}

number() {
	tr : ' ' </sys/class/mmapdemo/mmapdemo/dev
}

node_missing() {
	rm /dev/mmapdemo && is_wrong node 'the module is loaded, and its node is not here' "mknod -m 0600 /dev/mmapdemo c $(number)" "such a node stays when the module goes: rm /dev/mmapdemo then" &&
		info_says 'its node is not here: mknod' && cured node && all_fine
}

# numberless: a device number is another one on each machine
numberless() {
	sed -E 's/ c [0-9]+ [0-9]+/ c N/'
}

# Twice, and what was saved first is still there.
regular_file() {
	mkdir -p /var/tmp
	for content in precious other; do
		rm /dev/mmapdemo && echo $content >/dev/mmapdemo &&
			is_wrong node 'no device of this module: a regular file' "mv /dev/mmapdemo \"\\$\(mktemp -d .*\)\" && mknod -m 0600 /dev/mmapdemo c $(number)" &&
			same "what docs/install.md shows" "$(numberless </documented)" "$(echo "$said" | grep -A 2 '^wrong' | numberless)" &&
			info_says 'a regular file: mv ' && cured node && all_fine || return
	done
	same "the files" "other precious" "$(cat /var/tmp/mmapdemo.*/mmapdemo | sort | tr '\n' ' ' | sed 's/ $//')"
}

# What waits for the last unmap, and wipes: the doctor maps nothing.
changes_nothing() {
	/mmapdemo wipe --policy unmap && echo precious | dd of=/dev/mmapdemo bs=9 count=1 conv=notrunc 2>/dev/null || return
	before=$(/mmapdemo info --json | jq -c '[.last_closes, .vmas_peak, .wipe_policy]')
	all_fine && same contents precious "$(dd if=/dev/mmapdemo bs=8 count=1 2>/dev/null)" &&
		same counters "$before" "$(/mmapdemo info --json | jq -c '[.last_closes, .vmas_peak, .wipe_policy]')" &&
		/mmapdemo wipe --policy none
}

# A driver's that is gone, and /dev/zero
stale_node() {
	for stale in 10:250 1:5; do
		rm /dev/mmapdemo && mknod /dev/mmapdemo c ${stale%:*} ${stale#*:} &&
			is_wrong node "it has the number $stale, and the module's has $(number | tr ' ' :)" \
				"rm /dev/mmapdemo && mknod -m 0600 /dev/mmapdemo c $(number)" && cured node && all_fine || return
	done
}

symbolic_link() {
	mv /dev/mmapdemo /dev/other && ln -s other /dev/mmapdemo && is_fine node &&
		has "$(line node)" 'by a link to other' && rm /dev/other &&
		is_wrong node 'a symbolic link that leads to nothing' 'rm /dev/mmapdemo && mknod .*' && cured node && all_fine
}

mode() {
	as nobody
	is_wrong rights 'its mode 0600 and owner root:root do not let the user nobody read it' \
		'as root: groupadd -r mmapdemo && chgrp mmapdemo /dev/mmapdemo && chmod 0660 /dev/mmapdemo' 'then join the group; the udev rule .*' &&
		info_says 'Permission denied: its mode 0600 and owner root:root do not let the user nobody read it: as root: groupadd' || return
	# as those have it who only read
	chmod 644 /dev/mmapdemo && doctor && same "exit status" 0 "$status" && is_note rights 'write it' '.*' &&
		has "$(line use)" '^fine' || return
	# as with the packages
	echo mmapdemo:x:999: >>/etc/group
	chown root:root /dev/mmapdemo && chmod 600 /dev/mmapdemo &&
		is_wrong rights 'read it' 'as root: chgrp mmapdemo /dev/mmapdemo && chmod 0660 /dev/mmapdemo' && sh -c "${cure#as root: }" &&
		is_wrong rights 'mode 0660 and owner root:mmapdemo do not' '' 'run it as a user who is a member of the group mmapdemo' || return
	as somebody
	is_wrong rights 'mode 0660 and owner root:mmapdemo do not let the user somebody' 'as root: usermod -aG mmapdemo somebody' 'then log in anew' || return
	# a member of the group who has not logged in since
	sed -i 's/^mmapdemo:.*/&somebody/' /etc/group
	is_wrong rights 'mode 0660 and owner root:mmapdemo do not' 'newgrp mmapdemo' 'or log in anew' &&
		as /setpriv --reuid 1000 --regid 1000 --groups 999 && all_fine && chown root:root /dev/mmapdemo && chmod 600 /dev/mmapdemo
}

# /dev/null does not open then, either.
nodev() {
	mount -o remount,nodev /dev && is_wrong mount '/dev is mounted nodev, and no device opens there' 'mount -o remount,dev /dev' &&
		info_says 'Permission denied: /dev is mounted nodev, and no device opens there: mount -o remount,dev /dev' &&
		cured mount && all_fine
	failed=$?
	mount -o remount,dev /dev && return $failed
}

noexec() {
	mount -o remount,noexec /dev && is_fine mount && has "$(line mount)" 'noexec, so mappings with PROT_EXEC are EPERM' &&
		mount -o remount,exec /dev && all_fine
}

# in_container: in a PID namespace of its own, as a container is
in_container() {
	unshare -m -p -f sh -c 'mount -t proc proc /proc && mount -t tmpfs tmpfs /dev && mknod /dev/null c 1 3 && '"$1"
}

container() {
	touch /.dockerenv
	said=$(in_container '/mmapdemo doctor')
	has "$(line container)" 'in a container \(docker\), whose /dev is a tmpfs without the node\|\|start the container with --device /dev/mmapdemo' &&
		has "$(line node)" 'its node is not here\|\|start the container with --device /dev/mmapdemo' &&
		has "$(line dkms)" '^unknown\|' &&
		says_in_container systemd-nspawn '--bind=/dev/mmapdemo and --property=DeviceAllow=' || return
	# the mark alone, as a VM made of an image has it
	is_fine container && has "$(line container)" 'no container was detected' && rm /.dockerenv
}

# says_in_container NAME PATTERN
says_in_container() {
	rm /.dockerenv
	said=$(container=$1 in_container '/mmapdemo doctor')
	touch /.dockerenv
	has "$(line node)" "$2"
}

device_cgroup() {
	mkdir -p /tmp/devices && mount -t cgroup -o devices none /tmp/devices && mkdir /tmp/devices/x &&
		echo "c $(number | tr ' ' :) rwm" >/tmp/devices/x/devices.deny || return
	as in_cgroup /tmp/devices/x
	is_wrong container 'has no right to the device' '' 'give the control group the right to /dev/mmapdemo .*' &&
		info_says 'Operation not permitted: the control group of this container or service has no right'
	failed=$?
	as
	rmdir /tmp/devices/x && umount /tmp/devices && [ $failed = 0 ]
}

# in_cgroup FOLDER COMMAND...
in_cgroup() (
	echo 0 >"$1/cgroup.procs" || exit 99
	shift
	"$@"
)

landlock() {
	as /confine landlock /dev/null
	is_wrong sandbox "the mode allows it, but a sandbox such as Landlock's does not" '' 'have the sandbox allow READ_FILE, WRITE_FILE and IOCTL_DEV on /dev/mmapdemo' &&
		has "$(line rights)" '^fine' && ! said=$($prefix /mmapdemo wipe --now 2>&1) &&
		says "Permission denied: the mode allows it, but a sandbox such as Landlock's does not: have the sandbox allow" && as && all_fine
}

# The right IOCTL_DEV, which came with Linux 6.10
landlock_ioctl() {
	as /confine ioctl -
	is_wrong sandbox 'the device is open, and a sandbox denies ioctl\(\)' '' 'have the sandbox allow READ_FILE, WRITE_FILE and IOCTL_DEV on /dev/mmapdemo' &&
		info_says 'Permission denied: the device is open, and a sandbox denies ioctl\(\): have the sandbox allow' && as && all_fine
}

# ioctl; openat; and clone, without which the checks run in one process. The numbers are x86-64's.
seccomp() {
	as /confine seccomp 16
	is_wrong sandbox 'a seccomp filter refuses ioctl\(\)' '' 'have the sandbox allow that call .*' &&
		info_says 'Operation not permitted: a seccomp filter refuses ioctl\(\): have the sandbox allow' || return
	as /confine seccomp 257
	is_wrong sandbox 'a seccomp filter refuses open\(\)' '' 'have the sandbox allow that call .*' &&
		info_says 'Operation not permitted: a seccomp filter refuses open' || return
	as /confine seccomp 56
	all_fine
}

thp_never() {
	setting=/sys/kernel/mm/transparent_hugepage/enabled
	echo never >$setting && is_note huge-pages 'never: anonymous memory gets no huge page' && same "exit status" 0 "$status" &&
		echo madvise >$setting && is_note huge-pages 'madvise: .* MADV_HUGEPAGE' && echo always >$setting && is_fine huge-pages
}

memory_cgroup() {
	echo +memory >/sys/fs/cgroup/cgroup.subtree_control && mkdir -p /sys/fs/cgroup/x/y &&
		echo 8M >/sys/fs/cgroup/x/memory.max || return
	as in_cgroup /sys/fs/cgroup/x/y
	is_wrong memory-limit 'the memory cgroup allows 8 MiB, and the buffer has 16 MiB' 'echo 25165824 >/sys/fs/cgroup/x/memory.max' &&
		cured memory-limit
	failed=$?
	as
	rmdir /sys/fs/cgroup/x/y /sys/fs/cgroup/x && [ $failed = 0 ]
}

# limited OPTION KIB COMMAND...: as a user, whose limits count
limited() (
	ulimit "$1" "$2"
	shift 2
	nobody "$@"
)

locked_memory() {
	chmod 666 /dev/mmapdemo
	as limited -Sl 64
	is_wrong locked-memory 'RLIMIT_MEMLOCK is 64 KiB, and the buffer has 16 MiB' 'as root: prlimit --pid [0-9]+ --memlock=16777216' || return
	ulimit -Hl unlimited
	as limited -Sl 64
	is_wrong locked-memory 'RLIMIT_MEMLOCK is 64 KiB, and the buffer has 16 MiB' 'ulimit -l 16384' &&
		as limited -Sl 16384 && is_fine locked-memory && as limited -Sl 8192 && is_fine locked-memory &&
		has "$(line locked-memory)" '8 MiB \(RLIMIT_MEMLOCK\) is usual' && chmod 600 /dev/mmapdemo
}

# capable() counts no capability of a user namespace.
locked_memory_inside() {
	chmod 666 /dev/mmapdemo
	as limited_inside
	is_wrong locked-memory 'RLIMIT_MEMLOCK is 64 KiB, and the buffer has 16 MiB' '.*'
	failed=$?
	as
	chmod 600 /dev/mmapdemo && [ $failed = 0 ]
}

limited_inside() (
	ulimit -l 64
	nobody unshare -r "$@"
)

address_space() {
	ulimit -Sv 100000
	/mmapdemo resize 200M
	is_wrong address-space 'RLIMIT_AS is .*, and the buffer has 200 MiB' 'ulimit -v unlimited'
	failed=$?
	ulimit -Sv unlimited
	/mmapdemo resize 16M && is_fine address-space && [ $failed = 0 ]
}

# The last one: it cannot be taken back. Nothing here is signed.
enforced() {
	rmmod mmapdemo && echo 1 >/sys/module/module/parameters/sig_enforce &&
		is_wrong signature 'takes signed modules only \(module.sig_enforce\), and .*mmapdemo.ko is not signed' 'make sign .* && sudo make install' &&
		! modprobe mmapdemo 2>/dev/null &&
		is_wrong module 'not loaded; the kernel said, without naming the module: Loading of unsigned module is rejected' '' 'what .signature. says comes first; .*'
}

# With a fault, for it has a cure
text_and_json_agree() {
	chmod 0 /dev/mmapdemo && as nobody && doctor
	json=$(nobody /mmapdemo doctor --json)
	same "exit status" 1 $? && as && chmod 600 /dev/mmapdemo &&
		same findings "$(echo "$said" | sed -nE 's/^(fine|note|wrong|unknown) +([a-z-]+) +(.*)/\1 \2 \3/p; s/^ +cure( \(as root\))?: //p; s/^ +hint: //p')" \
			"$(echo "$json" | jq -r '.findings[] | "\(.state) \(.check) \(.says)", (.cure // empty), (.hint // empty)')" &&
		same "cure of root" true "$(echo "$json" | jq '.findings[] | select(.check == "rights") | .root')" &&
		same counts "$(echo "$said" | tail -n 1 | sed -E 's/ (fine|note|wrong|unknown)//g; s/:.*//')" \
			"$(echo "$json" | jq -r '"\(.fine), \(.note), \(.wrong), \(.unknown)"')" &&
		same release "$release" "$(echo "$json" | jq -r .kernel)"
}

mkdir -p /etc
printf '%s\n' root:x:0:0::/:/bin/sh nobody:x:65534:65534::/:/bin/sh somebody:x:1000:1000::/:/bin/sh >/etc/passwd
printf '%s\n' root:x:0: nogroup:x:65534: >/etc/group
mount -t securityfs none /sys/kernel/security
as

plan 31
try "doctor.works-without-rights" no_rights
try "doctor.works-where-nothing-is" nothing
try "doctor.headers-missing" no_headers
try "doctor.module-not-installed" not_installed
try "doctor.alias-before-the-module" alias_before_the_module
try "doctor.module-of-another-kernel" other_kernel
try "doctor.module-of-other-settings" other_settings
if grep -q __versions /mmapdemo.ko; then
	try "doctor.checksums-of-symbols-count" checksums
else
	skip "doctor.checksums-of-symbols-count" "this kernel is built without CONFIG_MODVERSIONS"
	rm "$modules"/modules.* "$modules"/updates/dkms/*
fi
try "doctor.module-not-indexed" not_indexed
try "doctor.module-not-loaded" not_loaded
try "doctor.all-is-fine" all_fine
try "doctor.changes-nothing" changes_nothing
try "doctor.node-missing" node_missing
try "doctor.regular-file-in-its-place" regular_file
try "doctor.node-of-another-number" stale_node
try "doctor.symbolic-link" symbolic_link
try "doctor.mode" mode
try "doctor.mounted-nodev" nodev
try "doctor.mounted-noexec" noexec
try "doctor.container-without-the-node" container
try "doctor.device-cgroup" device_cgroup
try "doctor.landlock" landlock
if /confine ioctl - /bin/true 2>/dev/null; then
	try "doctor.landlock-of-ioctl" landlock_ioctl
else
	skip "doctor.landlock-of-ioctl" "before Linux 6.10 Landlock knows no ioctl"
fi
try "doctor.seccomp" seccomp
try "doctor.huge-pages-off" thp_never
try "doctor.memory-cgroup" memory_cgroup
try "doctor.locked-memory" locked_memory
try "doctor.locked-memory-of-a-user-namespace" locked_memory_inside
try "doctor.address-space" address_space
try "doctor.text-and-json-agree" text_and_json_agree
try "doctor.signature-enforced" enforced
