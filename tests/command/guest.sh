#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# shellcheck disable=SC2154
#
# guest.sh	(in the VM, with the module, /mmapdemo, /hold, the examples, jq)
#
# Each command of mmapdemo does what it says, as text and as JSON, and fails
# with one line that names the cause and the cure.

# shellcheck source=tests/tap.sh
. /tap.sh

device=/dev/mmapdemo

# runs STATUS ARGUMENT...: stdout is in $said, stderr in $complaint
runs() {
	expected=$1 status=0
	shift
	said=$(/mmapdemo "$@" 2>/tmp/complaint) || status=$?
	complaint=$(cat /tmp/complaint)
	same "exit status of '$*'" "$expected" "$status" || {
		echo "$said $complaint"
		return 1
	}
	[ "$expected" != 1 ] || same "lines of complaint" 1 "$(wc -l </tmp/complaint)"
}

says() {
	has "$said" "$1"
}

complains() {
	has "$complaint" "$1"
}

# json CONDITION: holds for what was said
json() {
	echo "$said" | jq -e "$1" >/dev/null || {
		echo "not $1:"
		echo "$said"
		return 1
	}
}

info() {
	/mmapdemo info --json | jq -r ".$1"
}

# hold OFFSET LENGTH KIND: until let_go
hold() {
	: >/tmp/ready
	"${holder:-/hold}" "$@" >/tmp/ready &
	held=$!
	while ! [ -s /tmp/ready ]; do
		kill -0 $held || return
		sleep 0.05
	done
}

let_go() {
	kill "$held"
	wait "$held" 2>/dev/null
	return 0
}

# bytes OFFSET COUNT
bytes() {
	dd if=$device bs=1 skip="$1" count="$2" 2>/dev/null
}

# reads OFFSET: the page there; what dd complains of is in /tmp/dd
reads() {
	dd if=$device of=/dev/null bs=4096 skip=$(($1 / 4096)) count=1 2>/tmp/dd
}

is_zero() {
	[ -z "$(bytes "$1" "$2" | tr -d '\0')" ] || {
		echo "bytes $1 to $2 are not zero"
		return 1
	}
}

## What it is

info_text() {
	runs 0 info && says '^strategy +pagecache ' && says '^bytes +8388608 ' && says '^opens +1 ' &&
		says '^page_size +4096 ' && says '^features .*resize'
}

info_json() {
	runs 0 info --json && json '.bytes == 8388608 and .page_size == 4096 and .opens == 1' &&
		json '.strategy == "pagecache" and .wipe_policy == "none" and .vmas == 0' &&
		json '.features | test("resize") and test("faults")'
}

info_counts() {
	closed=$(info last_closes)
	hold 0 8192 shared && runs 0 info --json && let_go && json '.vmas == 1 and .resident > 0' &&
		same "live mappings" 0 "$(info vmas)" &&
		same "last closes" $((closed + 1)) "$(info last_closes)"
}

maps() {
	runs 0 maps --json && json '. == []' || return
	cp /hold "/tmp/my hold"
	holder="/tmp/my hold" hold 0x3000 8192 private && first=$held &&
		hold 4096 4096 shared && runs 0 maps && said_text=$said && runs 0 maps --json
	let_go
	held=$first let_go
	json 'length == 2 and all(.end > .start)' &&
		json "any(.pid == $first and .comm == \"my hold\" and .perms == \"rw-p\" and
			.offset == 12288 and .end - .start == 8192 and .faults == 2)" &&
		json 'any(.comm == "hold" and .perms == "rw-s" and .offset == 4096)' &&
		has "$said_text" " $first my hold .* rw-p +0x3000 +0x2000 +2 " &&
		has "$said_text" '^ +PID COMM '
}

## Memory

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

# A huge folio that is held cannot be cut.
pinned() {
	hold 0x700000 4096 pinned && runs 1 resize 0x7f0000 && complains 'busy: .*pinned.*try again' &&
		same size 8388608 "$(info bytes)" && runs 1 punch 6M 4K && complains 'busy: .*pinned'
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

## What both sides see

# CRC-32C has one answer for this, in RFC 3720 and everywhere.
sum_known() {
	printf 123456789 | dd of=$device conv=notrunc 2>/dev/null
	runs 0 sum 0 9 && same sum 0xe3069283 "$said" && runs 0 sum --json 0 9 &&
		json '. == {"offset": 0, "length": 9, "crc32c": 3808858755}'
}

fill_and_sum() {
	runs 0 fill 1003 100000 --seed 0x1f && runs 0 sum 1003 100000 --expect-seed 31 --json &&
		json '.crc32c == .expected and .length == 100000' &&
		runs 1 sum 1003 100000 --expect-seed 32 && complains 'not the pattern: byte 1003 is 0x' &&
		printf '\377\377' | dd of=$device bs=1 seek=70000 conv=notrunc 2>/dev/null &&
		runs 1 sum 1003 100000 --expect-seed 31 && complains 'byte (70000|70001) is 0xff'
}

holes() {
	runs 0 punch 0 8M && runs 0 sum && same resident 0 "$(info resident)"
}

past_the_end() {
	runs 1 fill 8M 1 && complains '1 bytes from 8388608 on reach past the end, which is at 8388608' &&
		runs 1 sum 0 0x800001 && complains 'past the end' && runs 1 sum 0 0 &&
		complains 'LENGTH is 0' && runs 1 fill 0xffffffffffffffff 2 && complains 'past the end'
}

## What fails

poison() {
	runs 0 fill 0 64K --seed 1 && runs 0 poison 8K 4K && ! reads 8192 &&
		has "$(cat /tmp/dd)" 'Input/output error' && reads 4096 && reads 12288 &&
		runs 1 sum 0 64K && complains 'Input/output error: .*poisoned.*heal' &&
		runs 0 heal && reads 8192 && runs 0 sum 0 64K --expect-seed 1
}

faults() {
	runs 0 poison 0x10000 8K --hwpoison && runs 0 slow 0 4K 0 && reads 0 && reads 0 && ! reads 65536 &&
		runs 0 faults --json && json 'length == 2 and .[0].offset == 0 and .[0].hits == 2' &&
		json '.[0].action == "count" and .[0].fired == 0' &&
		json '.[1] | .offset == 65536 and .length == 8192 and .action == "hwpoison" and
			.when == "always" and .hits == 1 and .fired == 1' &&
		runs 0 faults && says '^ +0x10000 +0x2000 hwpoison always +0 +1 +1$' &&
		runs 0 heal 0 4K && runs 0 faults --json && json 'length == 1' &&
		runs 0 heal && runs 0 faults --json && json '. == []'
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
		runs 0 faults --json && json '.[0].when == "chance 0.5" and .[0].seed == 7' && runs 0 heal
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
	runs 1 poison 100 4K && complains 'multiples of the page, 4096' && runs 1 poison 0 0 &&
		complains 'LENGTH is 0' && runs 1 heal 0 1 && complains 'multiples of the page' &&
		runs 2 poison 0 4K --every 0 && runs 2 poison 0 4K --chance 1 &&
		runs 2 poison 0 4K --once --every 2 && runs 2 poison 0 4K --enomem --hwpoison &&
		runs 2 poison 0 4K --seed 3 && complains '[-]-seed is for --chance'
}

## What is told

# await ARGUMENT...: mmapdemo wait, in the background, when it has the device open
await() {
	opens=$(info opens)
	/mmapdemo wait --timeout 30 "$@" >/tmp/waited 2>&1 &
	waiter=$!
	while [ "$(info opens)" -le "$opens" ]; do
		sleep 0.05
	done
}

# waited STATUS: it ends so
waited() {
	status=0
	wait "$waiter" || status=$?
	said=$(cat /tmp/waited)
	same "exit status of wait" "$1" "$status"
}

notify() {
	generation=$(info generation)
	await && runs 0 notify && same generation $((generation + 1)) "$said" && waited 0 &&
		same "what came" "kick generation $((generation + 1))" "$said" &&
		await --json --count 2 && runs 0 notify --json && json ".generation == $((generation + 2))" &&
		while [ "$(wc -l </tmp/waited)" = 0 ]; do kill -0 "$waiter" || return; sleep 0.05; done &&
		runs 0 wipe --now && waited 0 &&
		same lines 2 "$(wc -l </tmp/waited)" &&
		same "what came" "kick wipe" "$(jq -r .events /tmp/waited | paste -sd' ')"
}

chosen_events() {
	await --events resize,last-close && runs 0 notify && runs 0 wipe --now && runs 0 resize 4M &&
		waited 0 && has "$said" '^resize generation' && runs 0 resize 8M &&
		hold 0 4096 shared && await --events last-close && let_go && waited 0 &&
		has "$said" '^last-close '
}

nothing_comes() {
	began=$(uptime)
	runs 1 wait --timeout 0.3 && complains 'nothing happened within 0.3 s' || return
	[ $(($(uptime) - began)) -ge 30 ] || { echo "it did not wait so long"; return 1; }
	runs 2 wait --events kicks && runs 2 wait --timeout -1 && runs 2 wait --count 0
}

# shellcheck source=tests/command/watch.sh
. /watch.sh

## When it does not work

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
faults
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
	each 1 '^mmapdemo [a-z]+: /dev/none: No such file or directory: .*load the module' --device /dev/none &&
		runs 1 maps --device /dev/none && complains 'No such file.*no such device is loaded'
}

not_ours() {
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

help() {
	for name in $(echo "$commands" | cut -d' ' -f1); do
		runs 0 "$name" --help && says '^Exit status: 0 done; 1 it failed' || return
		runs 0 --help && says "^  $name " || return
	done
}

read_only() {
	chmod 444 $device
	status=0
	su -s /bin/sh nobody -c '/mmapdemo info && /mmapdemo sum && /mmapdemo faults' >/tmp/said 2>&1 ||
		{ status=1; cat /tmp/said; }
	chmod 600 $device
	return $status
}

## The worked examples

ring() {
	/ring >/tmp/said 2>&1 || { cat /tmp/said; return 1; }
	has "$(cat /tmp/said)" 'ok: the sum of what came is that of what was sent'
}

survive() {
	/survive >/tmp/said 2>&1 || { cat /tmp/said; return 1; }
	said=$(cat /tmp/said)
	says 'ok: SIGBUS, BUS_ADRERR' && says 'ok: SIGBUS, BUS_MCEERR_AR' &&
		runs 0 faults --json && json '. == []'
}

mkdir -p /etc
echo 'nobody:x:65534:65534::/:/bin/sh' >/etc/passwd

plan 37
try "command.info-says-what-the-device-is" info_text
try "command.info-as-json" info_json
try "command.info-counts-mappings" info_counts
try "command.maps-lists-who-has-it-mapped" maps
try "command.resize-cuts-off-and-adds-zeros" resize
try "command.resize-says-what-is-wrong-with-a-size" resize_errors
try "command.resize-and-punch-say-that-pages-are-pinned" pinned
try "command.punch-frees-pages-and-zeroes-parts" punch
try "command.wipe-zeroes-and-keeps-the-memory" wipe
try "command.wipe-by-policy-when-the-last-mapping-goes" wipe_policy
try "command.sum-of-what-has-a-known-sum" sum_known
try "command.sum-finds-the-pattern-or-the-byte-that-differs" fill_and_sum
try "command.sum-leaves-holes" holes
try "command.fill-and-sum-name-a-range-past-the-end" past_the_end
try "command.poison-fails-a-range-until-healed" poison
try "command.faults-lists-rules-and-hits" faults
try "command.poison-once-every-chance" sometimes
try "command.poison-enomem" enomem
try "command.slow-takes-its-time" slow
try "command.poison-and-heal-say-what-is-wrong" fault_errors
try "command.notify-wakes-wait" notify
try "command.wait-for-chosen-events" chosen_events
try "command.wait-gives-up-in-time" nothing_comes
try "command.watch-tells-the-story-of-fork" watch_fork
try "command.watch-shows-faults" watch_faults
try "command.watch-shows-commands" watch_commands
try "command.watch-as-json" watch_json
try "command.watch-tells-what-it-missed" watch_lost
try "command.watch-puts-everything-back" watch_tidy
try "command.no-device" no_device
try "command.a-device-that-is-not-ours" not_ours
try "command.no-permission" not_root
try "command.a-descriptor-for-reading-shows" read_only
try "command.bad-numbers-and-arguments-are-usage-errors" bad_numbers
try "command.help-of-each" help
try "example.ring" ring
try "example.survive" survive
