# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh disable=SC2034,SC2154
# The tests of `mmapdemo resize`, `punch`, `wipe`, `fill` and `sum`, for guest.sh.

# As a file has it: what is cut off and added again is zero.
resize() {
	runs 0 fill 0 8M --seed 3 && runs 0 resize 64K && same size 65536 "$(info bytes)" &&
		runs 0 resize 0x1000000 && same size 16777216 "$(info bytes)" &&
		runs 0 sum 0 64K --expect-seed 3 && is_zero 65536 4096 && runs 0 resize 8M
}

resize_errors() {
	runs 1 resize 1000 && complains 'Invalid argument: BYTES .* multiple of the page' &&
		runs 1 resize 0 && complains 'above 0' && runs 1 resize 8000000T &&
		complains "^mmapdemo resize: $device: (File too large|Cannot allocate|Invalid)" &&
		same size 8388608 "$(info bytes)"
}

# A huge folio that is held cannot be cut by a new end. PUNCH zeroes a page of it in place.
in_use() {
	hold 0x700000 4096 piped && runs 1 resize 0x7f0000 && complains 'busy: .*in use.*try again' &&
		same size 8388608 "$(info bytes)" && runs 0 punch 6M 4K && is_zero $((0x600000)) 4096
	status=$?
	let_go
	[ $status = 0 ] && runs 0 punch 6M 4K
}

punch() {
	runs 0 fill 0 8M --seed 5 && runs 0 punch 0 4M && same resident 4194304 "$(info resident)" &&
		is_zero 0 65536 && runs 0 sum 4M 4M --expect-seed 5 &&
		runs 0 punch 0x500064 50 && is_zero $((0x500064)) 50 &&
		runs 0 sum 4M 0x100064 --expect-seed 5 &&
		runs 0 sum 0x500096 4096 --expect-seed 5 && runs 1 punch 4096 0 && complains 'LENGTH is 0'
}

# A page that is freed and filled again leaves small folios.
collapse() {
	runs 0 punch 0 4M && runs 0 fill 0 4M --seed 6 && huge=$(info huge_folios) &&
		runs 0 punch 4K 4K && runs 0 fill 4K 4K --seed 6 &&
		same huge_folios $((huge - 1)) "$(info huge_folios)" && runs 0 collapse 0 4M &&
		same huge_folios "$huge" "$(info huge_folios)" && runs 0 sum 0 4M --expect-seed 6 &&
		runs 1 collapse 0 0 && complains 'LENGTH is 0' &&
		runs 0 create --node mmapdemo-small huge=never && runs 1 collapse --device /dev/mmapdemo-small 0 2M &&
		complains 'makes no huge pages' && runs 0 destroy mmapdemo-small
}

wipe() {
	runs 0 fill 0 64K && resident=$(info resident) && runs 0 wipe --now && is_zero 0 65536 &&
		same resident "$resident" "$(info resident)"
}

wipe_policy() {
	for policy in unmap close both none; do
		runs 0 wipe --policy $policy && same policy $policy "$(info wipe_policy)" || return
	done
	runs 0 wipe --policy unmap && hold 0 4096 shared && runs 0 fill 8192 4096 --seed 9 &&
		runs 0 sum 8192 4096 --expect-seed 9 && let_go && is_zero 0 16384 &&
		runs 0 wipe --policy none && runs 2 wipe && runs 2 wipe --policy some
}

# The command gets a new file, and no descriptor of the device.
create() {
	# shellcheck disable=SC2016 # the inner shell has the variable
	runs 0 create --size 1M --name ring -- sh -c 'stat -Lc "%s %F" /proc/self/fd/$MMAPDEMO_FD
		readlink /proc/self/fd/$MMAPDEMO_FD; ls /proc/self/fd | wc -l' &&
		says '^1048576 regular file' && says '^/mmapdemo:ring .deleted' && says '^5$' &&
		runs 7 create sh -c 'exit 7' && runs 0 create sh -c 'test "$0" = --size' --size
}

create_errors() {
	runs 2 create && complains 'wants a COMMAND' && runs 2 create --size x true &&
		complains "'x' is not a number" && runs 1 create --size 0xffffffffffffffff true &&
		complains 'Invalid argument: SIZE is more than a file' && runs 127 create /none &&
		complains '^mmapdemo create: /none: No such file' && runs 126 create /proc/self/maps &&
		complains '/proc/self/maps: Permission denied' &&
		runs 1 create --device /dev/none true && complains '/dev/none: No such file.*has no device of that name' &&
		runs 1 create --device /dev/zero true && complains '/dev/zero: .*no device of this module'
}

# CRC-32C has one answer for this, in RFC 3720 and everywhere.
sum_known() {
	printf 123456789 | dd of="$device" conv=notrunc 2>/dev/null
	runs 0 sum 0 9 && same sum 0xe3069283 "$said" && runs 0 sum --json 0 9 &&
		json '. == {"offset": 0, "length": 9, "crc32c": 3808858755}'
}

fill_and_sum() {
	runs 0 fill 1003 100000 --seed 0x1f && runs 0 sum 1003 100000 --expect-seed 31 --json &&
		json '.crc32c == .expected and .length == 100000' &&
		runs 1 sum 1003 100000 --expect-seed 32 && complains 'not the pattern: byte 1003 is 0x' &&
		printf '\377\377' | dd of="$device" bs=1 seek=70000 conv=notrunc 2>/dev/null &&
		runs 1 sum 1003 100000 --expect-seed 31 && complains 'byte (70000|70001) is 0xff'
}

holes() {
	runs 0 punch 0 8M && runs 0 sum && same resident 0 "$(info resident)"
}

past_the_end() {
	runs 1 fill 8M 1 && complains '1 bytes from offset 8388608 reach past the end, which is at 8388608' &&
		runs 1 sum 0 0x800001 && complains 'past the end' && runs 1 sum 0 0 &&
		complains 'LENGTH is 0' && runs 1 fill 0xffffffffffffffff 2 && complains 'past the end'
}
