# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# What goes wrong at an installation: each ends in a message that says what and why, and
# dpkg knows where it stands. Source it after debian.

: "${root?}" "${work?}"

# shellcheck disable=SC2034 # run's
wrong=(no_headers unsupported_kernel full_disk interrupted)

# state: of the package with the module's source, in dpkg's word
state() {
	# shellcheck disable=SC2016 # dpkg's
	inside dpkg-query -W -f '${db:Status-Status}' mmapdemo-dkms
}

# settled: no package is half of something
settled() {
	same "what dpkg says" "" "$(inside dpkg --audit)" && has "$(state)" '^installed$'
}

# What was missing came later: dkms builds then, by itself.
no_headers() {
	local release said
	release=$(oldest)
	apt_ purge "linux-headers-$release" linux-headers-amd64 >"$work/said" 2>&1 || { cat "$work/said"; return 1; }
	said=$(installs 2>&1) || { echo "$said"; return 1; }
	has "$said" "Module build for kernel $release was skipped since the" &&
		has "$said" "kernel headers for this kernel do not seem to be installed" && settled &&
		same module "" "$(module_of "$release")" || return
	apt_ install "linux-headers-$release" && built "$release"
}

# A kernel older than what BUILD_EXCLUSIVE_KERNEL takes.
unsupported_kernel() {
	local old=5.10.0-99-amd64 said
	mkdir -p "$root/lib/modules/$old/build/include"
	: >"$root/lib/modules/$old/modules.order"
	: >"$root/lib/modules/$old/modules.builtin"
	: >"$root/boot/config-$old"
	said=$(installs 2>&1) || { echo "$said"; return 1; }
	has "$said" "does not match this kernel|BUILD_EXCLUSIVE" && settled && built "$(newest)" || return
	same module "" "$(module_of "$old")"
}

full_disk() {
	local said
	mkdir -p "$root/var/lib/dkms"
	mount -t tmpfs -o size=200k,mode=755 full "$root/var/lib/dkms"
	said=$(installs 2>&1) && { echo "it went well: $said"; umount "$root/var/lib/dkms"; return 1; }
	umount "$root/var/lib/dkms"
	has "$said" "No space left on device" &&
		has "$(state)" '^half-configured$' &&
		same module "" "$(module_of "$(oldest)")" || { echo "$said"; return 1; }
	inside dpkg --configure -a && settled && built "$(oldest)"
}

those_inside() {
	find /proc/[0-9]*/root -maxdepth 0 -lname "$root" 2>/dev/null | cut -d/ -f3
}

# The power fails while dkms builds.
interrupted() {
	local apt i pids
	installs >"$work/said" 2>&1 &
	apt=$!
	for ((i = 0; i < 3000; i++)); do
		compgen -G "$root/var/lib/dkms/mmapdemo/*/build/module/*.o" >/dev/null && break
		kill -0 "$apt" 2>/dev/null || break
		sleep 0.1
	done
	while pids=$(those_inside) && [ -n "$pids" ]; do
		# shellcheck disable=SC2086 # a list of numbers
		kill -KILL $pids 2>/dev/null
	done
	wait "$apt" && { echo "it was over before"; return 1; }
	has "$(state)" '^half-configured$' || return
	has "$(apt_ install -f 2>&1)" "dpkg was interrupted" || return
	inside dpkg --configure -a && settled && built "$(oldest)"
}
