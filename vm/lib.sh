# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC2034
# Functions that the scripts in this folder share. Source it; it defines names only.

top=$(realpath "$(dirname "${BASH_SOURCE[0]}")/..")
cache=${MMAPDEMO_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/mmapdemo}

# Scripts parse the output of tools, and bytes that are no text.
export LC_ALL=C

# depmod and its kin, which a user's PATH lacks
PATH=$PATH:/usr/sbin:/sbin

die() {
	echo "${0##*/}: $*" >&2
	exit "${die_status:-1}"
}

# room FOLDER MIB: ends the script unless the disk of FOLDER has that much free space
room() {
	local free
	free=$(df -Pm "$1" | awk 'END { print $4 }')
	[ "$free" -ge "$2" ] || die "$1: the disk is full: $free MiB are free, $2 MiB are needed"
}

# tries COMMAND...: runs it up to three times with a pause between, because networks and mirrors
# fail for moments. Sets why to the first error of apt, or else the last line, and prints nothing.
tries() {
	local said try
	for try in 1 2 3; do
		said=$("$@" 2>&1) && return
		[ "$try" = 3 ] || sleep "$((${MMAPDEMO_RETRY_PAUSE:-5} * try))"
	done
	why=$(grep -m 1 '^E:' <<<"$said") || why=$(tail -n 1 <<<"$said")
	return 1
}

# megabytes_of APT-COMMAND...: what it would download; 0 where apt fails, as the download then says why
megabytes_of() {
	{ "$@" --print-uris 2>/dev/null || true; } | awk '/^\x27/ { sum += $3 } END { printf "%.0f\n", sum / 1000000 }'
}

# watched FOLDER MB COMMAND...: runs it, and says each ten seconds how much of MB has come into FOLDER
watched() {
	local watcher before now status=0
	before=$(megabytes_in "$1")
	# what is killed last, the sleep, must not keep the caller's output open
	while sleep "${MMAPDEMO_PROGRESS:-10}" >/dev/null 2>&1 && kill -0 $$ 2>/dev/null; do
		now=$(($(megabytes_in "$1") - before))
		[ "$now" -ge "$2" ] || echo "${0##*/}: fetching: $now of $2 MB"
	done >&2 </dev/null 7>&- 8>&- 9>&- &
	watcher=$!
	"${@:3}" || status=$?
	# it may have ended, and its status is that of the signal
	kill "$watcher" 2>/dev/null || true
	wait "$watcher" 2>/dev/null || true
	return $status
}

# megabytes_in FOLDER: du fails where files go meanwhile, or before the folder is made
megabytes_in() {
	{ du -s -B 1000000 "$1" 2>/dev/null || true; } | cut -f1
}

# fetch_failed WHAT: ends the script with why WHAT could not be fetched, and what to do
fetch_failed() {
	die "cannot fetch $1 (tried three times): ${why:-no reason given};" \
		"check the network, then run the same again, or \`make fetch' while there is one"
}

# The host's way to become root: nothing, sudo, or a refusal. sudo forgets which proxy to use.
as_root() {
	local -a proxies
	if [ "$(id -u)" = 0 ]; then
		"$@"
	elif command -v sudo >/dev/null; then
		mapfile -t proxies < <(env | grep -iE '^(https?|ftp|no)_proxy=' || true)
		sudo "${proxies[@]}" "$@"
	else
		die "\`$*' needs root: run this as root or install sudo"
	fi
}

# may_mount KERNEL: ends the script unless root may mount here, which containers refuse
may_mount() {
	as_root true
	as_root unshare --mount true 2>/dev/null ||
		die "kernel $1 needs a chroot with its own compiler, and root may not mount in this container:" \
			"take another kernel, or begin the container with \`--privileged'"
}

# seconds_of TIME LEAST: a number with s, m or h, as T= has it
seconds_of() {
	[[ $1 =~ ^([1-9][0-9]*)([smh]?)$ ]] || die "T=$1: a number with s, m or h is wanted"
	local seconds=${BASH_REMATCH[1]}
	case ${BASH_REMATCH[2]} in
	h) seconds=$((seconds * 3600)) ;;
	m) seconds=$((seconds * 60)) ;;
	esac
	[ "$seconds" -ge "$2" ] || die "T=$1: ${2}s at least"
	echo "$seconds"
}

# The files and folders of the tree that the kernel's build of the module needs.
module_sources=(Kbuild dkms.conf module include)

# copy_module FOLDER: copies these there, to be changed or built
copy_module() {
	mkdir -p "$1"
	(cd "$top" && find "${module_sources[@]}" -type f -print0 | xargs -0 cp --parents -t "$1")
}

# Sets PACKAGE_NAME and PACKAGE_VERSION.
read_dkms_conf() {
	eval "$(grep -E '^PACKAGE_(NAME|VERSION)=' "$top/dkms.conf")"
}

# splats FILE: its lines that show a fault
splats() {
	grep -E -f <(grep -v '^#' "$top/vm/splats") "$1"
}

# Those as Debian built them for this architecture, which all else means by
# "each kernel".
kernel_names() {
	awk '!/^#/ && NF && $5 !~ /^(source|(cross|next)-.*)$/ { print $1 }' "$top/vm/kernels"
}

# Those that are built from source.
debug_kernel_names() {
	awk '!/^#/ && $5 == "source" { print $1 }' "$top/vm/kernels"
}

# Those of another architecture.
cross_kernel_names() {
	awk '!/^#/ && $5 ~ /^cross-/ { print $1 }' "$top/vm/kernels"
}

# What Debian's releases will get.
next_kernel_names() {
	awk '!/^#/ && $5 ~ /^next-/ { print $1 }' "$top/vm/kernels"
}

# Without those that differ in the module's build alone.
distinct_kernels() {
	awk '!/^#/ && NF && $5 !~ /^(source|(cross|next)-.*)$/ && !seen[$2, $3]++ { print $1 }' "$top/vm/kernels"
}

# kernel_line NAME: sets suite, image, headers, toolchain, make_arguments from the
# list, and Debian's name of its architecture: arch.
kernel_line() {
	local line
	line=$(awk -v name="$1" '!/^#/ && $1 == name' "$top/vm/kernels")
	[ -n "$line" ] || die "no kernel '$1' in vm/kernels; known:" \
		"$({ kernel_names; debug_kernel_names; cross_kernel_names; next_kernel_names; } | paste -sd' ')"
	read -r _ suite image headers toolchain make_arguments <<<"$line"
	arch=amd64
	[[ $toolchain != cross-* ]] || arch=${toolchain#cross-}
}

# native_kernel NAME: it, or the first of the list that this machine's own
# compiler builds for, where a test needs that.
native_kernel() {
	awk -v name="$1" '!/^#/ && $5 == "native" && ($1 == name || !first) {
		first = $1
		if ($1 == name)
			exit
	}
	END { print first }' "$top/vm/kernels"
}
