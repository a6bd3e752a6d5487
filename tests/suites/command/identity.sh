# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh disable=SC2034,SC2154
# The tests of which device a path names, for guest.sh.

# shows_it PATH: each command that only looks takes PATH for /dev/mmapdemo
shows_it() {
	hold 0x3000 4096 shared && runs 0 info --device "$1" --json && json '.vmas == 1' &&
		runs 0 maps --device "$1" --json && json 'length == 1 and .[0].offset == 12288' &&
		runs 0 map --device "$1" --json "$held" &&
		json '[.processes[0].vmas[].offset] == [12288]' || { let_go; return 1; }
	let_go
	watching --device "$1" --events mmap && hold 0x5000 4096 shared && let_go && watched &&
		says ' hold +[0-9]+ mmapdemo +mmap .* offset 0x5000 ' &&
		runs 0 bench --list --subjects 'x*' "$1"
}

symlink() {
	mkdir -p /tmp/elsewhere && ln -s /dev/mmapdemo /tmp/elsewhere/other &&
		shows_it /tmp/elsewhere/other
}

# A second node of the same number, as containers have it
second_node() {
	major=0x$(stat -c %t /dev/mmapdemo) minor=0x$(stat -c %T /dev/mmapdemo)
	mknod /tmp/second c $((major)) $((minor)) && shows_it /tmp/second
}

# What a process has mapped is found under the node's new name, and without a node.
renamed() {
	hold 0 4096 shared && mv /dev/mmapdemo /dev/renamed && runs 0 map --json "$held" &&
		json '[.processes[0].vmas[] | .name, .device] == ["/dev/renamed", true]' &&
		runs 0 map --device /dev/renamed "$held" &&
		mv /dev/renamed /dev/mmapdemo && let_go
}

# not_the_device PATH WHAT CURE: patterns
not_the_device() {
	echo "$commands" >/tmp/commands
	while read -r words; do
		# shellcheck disable=SC2086 # a command and its operands
		runs 1 $words --device "$1" &&
			complains "^mmapdemo [a-z]+: $1: no device of this module: $2: $3\$" || return
	done </tmp/commands
	runs 1 map --self --device "$1" &&
		complains "^mmapdemo map: $1: no device of this module: $2: $3\$" &&
		runs 2 bench "$1" && one_line_of_complaint && complains "$1: no device of this module.* --write" &&
		runs 2 conform --table "$1" && one_line_of_complaint
}

in_its_place() {
	another='name a device of the module \(mmapdemo list\)'
	for path in /tmp/mmapdemo /dev/mmapdemo-x; do
		cure=$another
		[ $path = /tmp/mmapdemo ] || cure="mv $path \"\\\$\(mktemp -d /var/tmp/mmapdemo\.X+\)\""
		echo precious >$path
		not_the_device $path 'a regular file' "$cure" && same "the file" precious "$(cat $path)" ||
			{ rm $path; return 1; }
		# nor does bench take it for a device of the module when none is named
		/mmapdemo bench --list >/tmp/said
		same "devices to measure" "subject mmapdemo " \
			"$(grep -o '^subject mmapdemo[^ ]* ' /tmp/said)" || { rm $path; return 1; }
		rm $path
	done
	mkfifo /tmp/fifo && not_the_device /tmp/fifo 'a pipe' "$another" && rm /tmp/fifo &&
		not_the_device /tmp 'a directory' "$another"
}

# A regular file that is mapped under the device's name is not shown as the device.
mapped_in_its_place() {
	another='name a device of the module \(mmapdemo list\)'
	mv /dev/mmapdemo /dev/was && dd if=/dev/zero of=/dev/mmapdemo bs=4096 count=1 2>/dev/null &&
		hold 0 4096 shared && runs 1 map "$held" && complains 'has not mapped /dev/mmapdemo' &&
		runs 1 maps && complains 'no device of this module: a regular file: mv /dev/mmapdemo .* && mknod -m 0600 /dev/mmapdemo c ' &&
		runs 2 bench --works open && complains '/dev/mmapdemo: no device of this module.* --write'
	status=$?
	let_go
	rm /dev/mmapdemo
	mv /dev/was /dev/mmapdemo
	return $status
}
