# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh disable=SC2034,SC2154
# The tests of what does not work, for guest.sh.

commands="info
maps
watch
resize 4096
punch 0 4096
wipe --now
fill 0 4096
sum
poison 0 4096
slow 0 4096 1
rules
heal
notify
wait"

# each STATUS PATTERN ARGUMENT...: every command with these ends so, and complains so
each() {
	expected_by_all=$1 pattern=$2
	shift 2
	echo "$commands" >/tmp/commands
	while read -r words; do
		# shellcheck disable=SC2086 # a command and its operands
		runs "$expected_by_all" $words "$@" && complains "$pattern" || return
	done </tmp/commands
}

no_device() {
	commands=$(echo "$commands" | grep -v -e maps -e watch)
	each 1 '^mmapdemo [a-z]+: /dev/none: No such file or directory: the module is loaded, and has no device of that name: name a device of the module \(mmapdemo list\)$' --device /dev/none &&
		runs 1 maps --device /dev/none && complains 'No such file.*no such device is loaded'
}

other_driver() {
	commands=$(echo "$commands" | grep -v -e maps -e watch)
	each 1 '/dev/zero: Inappropriate ioctl for device: no device of this module' --device /dev/zero
}

# Without rights: the device is root's alone, and so is tracing.
not_root() {
	echo "$commands" >/tmp/commands
	while read -r words; do
		status=0
		complaint=$(su -s /bin/sh nobody -c "/mmapdemo $words" 2>&1) || status=$?
		same "exit status of $words" 1 "$status" && complains ': Permission denied: .*root' || return
	done </tmp/commands
}

bad_numbers() {
	for number in -1 1X 0x 1.5 '' 99999999999999999999 16777216T ' 1'; do
		runs 2 fill 0 "$number" || return
	done
	runs 2 fill 0 1KB && complains "LENGTH '1KB' is not a number: decimal or 0x" &&
		runs 2 punch 0 && complains 'wants OFFSET LENGTH' && runs 2 sum 0 &&
		runs 2 resize && runs 2 info 1 && complains "'1' is one argument too many" &&
		runs 2 fill 0 1 --seed x && runs 2 info --no-such && runs 2 nonsense &&
		complains "no command 'nonsense'"
}

# A caller's SIG_IGN for SIGCHLD is inherited, and takes every child's exit status.
no_children() {
	(
		trap '' CHLD
		exec /mmapdemo conform --tap --tests S3 memfd:
	) >/tmp/said 2>/tmp/complaint || { cat /tmp/said /tmp/complaint; return 1; }
	said=$(cat /tmp/said)
	says '^ok 1 - ' && ! says '^not ok' && same complaint '' "$(cat /tmp/complaint)"
}

# fork() fails: nobody may have the one process alone that runs already.
# Where the program is built with ASan: LeakSanitizer would want a process of its own.
bench_cannot_fork() {
	status=0
	ASAN_OPTIONS=${ASAN_OPTIONS-}:detect_leaks=0 \
		su -s /bin/sh nobody -c 'ulimit -u 1 && exec /mmapdemo bench --works open --subjects memfd' \
		>/tmp/said 2>/tmp/complaint || status=$?
	complaint=$(cat /tmp/complaint)
	same "exit status" 1 "$status" && one_line_of_complaint && complains 'fork: Resource temp'
}

help() {
	for name in $(echo "$commands" | cut -d' ' -f1); do
		runs 0 "$name" --help && says '^Exit status: 0 done; 1 it failed' || return
		runs 0 --help && says "^  $name " || return
	done
}

read_only() {
	chmod 444 "$device"
	status=0
	su -s /bin/sh nobody -c '/mmapdemo info && /mmapdemo sum && /mmapdemo rules' >/tmp/said 2>&1 ||
		{ status=1; cat /tmp/said; }
	chmod 600 "$device"
	return $status
}
