# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh disable=SC2034,SC2154
# The tests of `mmapdemo poison`, `slow`, `rules` and `heal`, for guest.sh.

poison() {
	runs 0 fill 0 64K --seed 1 && runs 0 poison 8K 4K && ! reads 8192 &&
		has "$(cat /tmp/dd)" 'Input/output error' && reads 4096 && reads 12288 &&
		runs 1 sum 0 64K && complains 'Input/output error: .*poisoned.*heal' &&
		runs 0 heal && reads 8192 && runs 0 sum 0 64K --expect-seed 1
}

rules() {
	runs 0 poison 64K 8K --hwpoison --delay 1000 && runs 0 slow 0 4K 0 && reads 0 && reads 0 && ! reads 65536 &&
		runs 0 rules --json && json 'length == 2 and .[0].offset == 0 and .[0].hits == 2' &&
		json '.[0].action == "count" and .[0].fired == 0' &&
		json '.[1] | .offset == 65536 and .length == 8192 and .action == "hwpoison" and
			.when == "always" and .delay == 1000 and .hits == 1 and .fired == 1' &&
		runs 0 rules && says '^ +0x10000 +0x2000 hwpoison always +1000 +1 +1$' &&
		runs 0 heal 0 4K && runs 0 rules --json && json 'length == 1' &&
		runs 0 heal && runs 0 rules --json && json '. == []'
}

# The outcomes of so many reads, as a word: x fails.
outcomes() {
	for _ in $(seq "$2"); do
		reads "$1" && printf . || printf x
	done
}

sometimes() {
	runs 0 poison 0 4K --once && same "--once" x... "$(outcomes 0 4)" &&
		runs 0 poison 0 4K --every 3 && same "--every" ..x..x "$(outcomes 0 6)" &&
		runs 0 poison 0 4K --chance 0 && same "--chance 0" ........ "$(outcomes 0 8)" &&
		runs 0 poison 0 4K --chance 0.5 --seed 7 && first=$(outcomes 0 32) &&
		has "$first" x && has "$first" '\.' &&
		runs 0 poison 0 4K --chance 0.5 --seed 7 && same "the same seed" "$first" "$(outcomes 0 32)" &&
		runs 0 rules --json && json '.[0].when == "chance 0.5" and .[0].seed == 7' && runs 0 heal
}

enomem() {
	runs 0 poison 0 4K --enomem && ! reads 0 && has "$(cat /tmp/dd)" 'Out of memory|Cannot allocate' &&
		runs 1 sum 0 4K && complains 'memory' && runs 0 heal && reads 0
}

# In hundredths of a second.
uptime() {
	cut -d' ' -f1 /proc/uptime | tr -d .
}

slow() {
	began=$(uptime)
	runs 0 slow 0 4K 500000 && reads 0 && runs 0 heal || return
	[ $(($(uptime) - began)) -ge 50 ] || { echo "no half a second went by"; return 1; }
	runs 2 slow 0 4K 60000001 && complains 'MICROSECONDS is 60000001: 60000000 is the most'
}

fault_errors() {
	runs 1 poison 100 4K && complains 'multiples of the page size, 4096' && runs 1 poison 0 0 &&
		complains 'LENGTH is 0' && runs 1 heal 0 1 && complains 'multiples of the page' &&
		runs 2 poison 0 4K --every 0 && runs 2 poison 0 4K --chance 1 &&
		runs 2 poison 0 4K --once --every 2 && runs 2 poison 0 4K --enomem --hwpoison &&
		runs 2 poison 0 4K --seed 3 && complains '[-]-seed is for --chance'
}
