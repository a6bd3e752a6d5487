#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# shellcheck disable=SC2154 # facts
# In a booted Debian, after its kernel's upgrade: the package is upgraded and purged
# while a process has the device open.
cd /run/job || exit
# shellcheck source=tools/tap.sh
. ./tap.sh
# shellcheck source=/dev/null # version, newer and release, by run
. ./facts

works() {
	same "this kernel" "$release" "$(uname -r)" && same version "$version" "$(cat /sys/module/mmapdemo/version)" &&
		mmapdemo conform --write --tests 'S[1-7].*' /dev/mmapdemo
}

still_there() {
	echo mine >&3 && same "what was stored" mine "$(head -n 1 /dev/mmapdemo)"
}

upgrade() {
	exec 3<>/dev/mmapdemo
	said=$(apt-get -y -o Dpkg::Use-Pty=0 install ./newer/*.deb 2>&1) || { echo "$said"; return 1; }
	has "$said" "version $version is loaded and goes on; $newer comes with" || return
	same "what is loaded" "$version" "$(cat /sys/module/mmapdemo/version)" && still_there &&
		same "what is installed" "$newer" "$(modinfo -F version mmapdemo)" &&
		same "what dpkg says" "" "$(dpkg --audit)"
}

reload() {
	modprobe -r mmapdemo && modprobe mmapdemo && same version "$newer" "$(cat /sys/module/mmapdemo/version)" &&
		same "/dev/mmapdemo" "660 root mmapdemo" "$(stat -c '%a %U %G' /dev/mmapdemo)" &&
		mmapdemo conform --write --tests 'S[1-7].*' /dev/mmapdemo
}

purge() {
	exec 3<>/dev/mmapdemo
	said=$(apt-get -y -o Dpkg::Use-Pty=0 purge mmapdemo mmapdemo-dkms mmapdemo-dev 2>&1) ||
		{ echo "$said"; return 1; }
	has "$said" "the module stays loaded until" && still_there &&
		same "/dev/mmapdemo" "600 root root" "$(stat -c '%a %U %G' /dev/mmapdemo)" || return
	exec 3>&-
	rmmod mmapdemo && same nodes "" "$(find /dev -name 'mmapdemo*')" &&
		same "the group" "" "$(getent group mmapdemo)" &&
		same "what dpkg says" "" "$(dpkg --audit)"
}

plan 4
try works works
try upgrade-in-use upgrade
try reload reload
try purge-in-use purge
