#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# shellcheck disable=SC2154 # facts
# In a booted Debian: what an administrator asked for is there, for whom it is for.
cd /run/job || exit
# shellcheck source=tools/tap.sh
. ./tap.sh
# shellcheck source=/dev/null # version, newer and release, by run
. ./facts

as() {
	user=$1
	shift
	setpriv --reuid "$user" --regid "$user" --init-groups --reset-env "$@"
}

loaded() {
	same version "$version" "$(cat /sys/module/mmapdemo/version)" &&
		same "size, of modprobe.d" $((64 << 20)) "$(cat /sys/module/mmapdemo/parameters/size)" &&
		same "units that failed" "" "$(systemctl --failed --plain --no-legend)"
}

nodes() {
	for name in mmapdemo mmapdemo-anon mmapdemo-pfn mmapdemo-dma; do
		same "/dev/$name" "660 root mmapdemo" "$(stat -c '%a %U %G' "/dev/$name")" || return
	done
}

# Frame numbers and counters are root's; what is left of the contract holds.
member() {
	as member mmapdemo info && as member mmapdemo conform --write --tests 'S*' /dev/mmapdemo
}

examples() {
	mkdir -p /tmp/examples && chmod 777 /tmp/examples
	for example in fork survive; do
		# shellcheck disable=SC2046 # options are words
		as member cc -o /tmp/examples/$example $(pkg-config --cflags mmapdemo) -pthread \
			/usr/share/doc/mmapdemo-dev/examples/$example.c && as member /tmp/examples/$example ||
			return
	done
}

stranger() {
	said=$(as stranger mmapdemo info 2>&1) && { echo "who is no member may open it"; return 1; }
	has "$said" "^mmapdemo.*/dev/mmapdemo.*(Permission denied|EACCES)"
}

own_node() {
	echo 'SUBSYSTEM=="mmapdemo", KERNEL=="mmapdemo-pfn", GROUP="stranger"' >/etc/udev/rules.d/61-mmapdemo.rules
	udevadm control --reload && udevadm trigger --subsystem-match=mmapdemo --settle &&
		same "/dev/mmapdemo-pfn" "660 root stranger" "$(stat -c '%a %U %G' /dev/mmapdemo-pfn)" &&
		as stranger mmapdemo info --device /dev/mmapdemo-pfn &&
		same "/dev/mmapdemo" "660 root mmapdemo" "$(stat -c '%a %U %G' /dev/mmapdemo)"
}

# The unit of docs/install.md: a user of its own, who sees this device and no other.
service() {
	systemd-run --quiet --wait --pipe --collect -p DynamicUser=yes -p SupplementaryGroups=mmapdemo \
		-p Requires=dev-mmapdemo.device -p After=dev-mmapdemo.device \
		-p DevicePolicy=closed -p 'DeviceAllow=/dev/mmapdemo rw' mmapdemo info &&
		! systemd-run --quiet --wait --pipe --collect -p DynamicUser=yes \
			-p SupplementaryGroups=mmapdemo -p DevicePolicy=closed mmapdemo info
}

# The example unit makes a node at boot. udev's rule leaves its owner and mode as they were asked for.
named_node() {
	cp /usr/share/doc/mmapdemo-dkms/examples/mmapdemo-node@.service /etc/systemd/system/ &&
		echo 'SETTINGS=size=1M owner=stranger:mmapdemo mode=0640' >/etc/default/mmapdemo-lab &&
		systemctl daemon-reload && systemctl start mmapdemo-node@lab && udevadm settle &&
		same "/dev/mmapdemo-lab" "640 stranger mmapdemo" "$(stat -c '%a %U %G' /dev/mmapdemo-lab)" &&
		as stranger mmapdemo info --device /dev/mmapdemo-lab &&
		systemctl is-active --quiet dev-mmapdemo\\x2dlab.device &&
		systemctl stop mmapdemo-node@lab && [ ! -e /dev/mmapdemo-lab ]
}

autopkgtest() {
	modprobe -r mmapdemo && sh ./device && modprobe mmapdemo
}

taken_away() {
	apt-get -y -o Dpkg::Use-Pty=0 remove mmapdemo-dkms &&
		same "the module" "" "$(grep mmapdemo /proc/modules)" &&
		same nodes "" "$(find /dev -name 'mmapdemo*')"
}

# "started" is before udev has looked at all there is: seen on a slow machine
udevadm settle
plan 10
try loaded loaded
try nodes nodes
try member member
try examples examples
try stranger stranger
try own-node own_node
try service service
try named-node named_node
try autopkgtest autopkgtest
try taken-away taken_away
