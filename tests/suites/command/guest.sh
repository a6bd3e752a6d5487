#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# shellcheck disable=SC2154
#
# command/guest.sh	(in the VM, with the module, /mmapdemo, /hold, jq, the examples)
#
# Each command of mmapdemo does what it says, as text and as JSON, and fails
# with one line that names the cause and the cure.

# shellcheck source=tools/tap.sh
. /tap.sh
# shellcheck source=tests/mmapdemo.sh
. /mmapdemo.sh

# runs STATUS ARGUMENT...: a failure has one line that says why
runs() {
	ended "$@" && { [ "$1" != 1 ] || one_line_of_complaint; }
}

device=/dev/mmapdemo

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

# bytes OFFSET COUNT
bytes() {
	dd if="$device" bs=1 skip="$1" count="$2" 2>/dev/null
}

# reads OFFSET: the page there; what dd complains of is in /tmp/dd
reads() {
	dd if="$device" of=/dev/null bs=4096 skip=$(($1 / 4096)) count=1 2>/tmp/dd
}

is_zero() {
	[ -z "$(bytes "$1" "$2" | tr -d '\0')" ] || {
		echo "bytes $1 to $2 are not zero"
		return 1
	}
}

# check NAME FUNCTION: a test that fails leaves nothing that makes the next one fail
check() {
	failed_before=$tap_failed
	try "$@"
	[ "$tap_failed" = "$failed_before" ] && return
	killall -q -KILL hold mmapdemo
	rmdir /sys/kernel/tracing/instances/* 2>/dev/null
	/mmapdemo heal
	/mmapdemo resize 8M
	/mmapdemo wipe --policy none
}

# shellcheck source=tests/suites/command/show.sh
. /command/show.sh
# shellcheck source=tests/suites/command/memory.sh
. /command/memory.sh
# shellcheck source=tests/suites/command/rules.sh
. /command/rules.sh
# shellcheck source=tests/suites/command/events.sh
. /command/events.sh
# shellcheck source=tests/suites/command/watch.sh
. /command/watch.sh
# shellcheck source=tests/suites/command/nodes.sh
. /command/nodes.sh
# shellcheck source=tests/suites/command/errors.sh
. /command/errors.sh
# shellcheck source=tests/suites/command/identity.sh
. /command/identity.sh

ring() {
	/ring >/tmp/said 2>&1 || { cat /tmp/said; return 1; }
	has "$(cat /tmp/said)" 'ok: the sum of the numbers received is that of those sent'
}

survive() {
	/survive >/tmp/said 2>&1 || { cat /tmp/said; return 1; }
	said=$(cat /tmp/said)
	says 'ok: SIGBUS, BUS_ADRERR' && says 'ok: SIGBUS, BUS_MCEERR_AR' &&
		runs 0 rules --json && json '. == []'
}

mkdir -p /etc
echo 'nobody:x:65534:65534::/:/bin/sh' >/etc/passwd

plan 53
check "command.info-says-what-the-device-is" info_text
check "command.info-as-json" info_json
check "command.info-counts-mappings" info_counts
check "command.maps-lists-who-has-it-mapped" maps
check "command.resize-cuts-off-and-adds-zeros" resize
check "command.resize-says-what-is-wrong-with-a-size" resize_errors
check "command.resize-says-that-pages-are-in-use" in_use
check "command.punch-frees-pages-and-zeroes-parts" punch
check "command.collapse-makes-huge-pages-again" collapse
check "command.wipe-zeroes-and-keeps-the-memory" wipe
check "command.wipe-by-policy-when-the-last-mapping-goes" wipe_policy
check "command.create-runs-a-command-with-a-buffer" create
check "command.create-says-what-is-wrong" create_errors
check "command.create-makes-a-node-that-destroy-takes-away" node
if [ -e /sys/kernel/debug/kmemleak ]; then
	skip "command.create-says-that-there-are-as-many-nodes-as-can-be" "4096 nodes take an hour here"
else
	check "command.create-says-that-there-are-as-many-nodes-as-can-be" node_most
fi
check "command.nodes-say-what-is-wrong" node_errors
check "command.sum-of-what-has-a-known-sum" sum_known
check "command.sum-finds-the-pattern-or-the-byte-that-differs" fill_and_sum
check "command.sum-leaves-holes" holes
check "command.fill-and-sum-name-a-range-past-the-end" past_the_end
check "command.poison-fails-a-range-until-healed" poison
check "command.rules-lists-rules-and-hits" rules
check "command.poison-once-every-chance" sometimes
check "command.poison-enomem" enomem
check "command.slow-takes-its-time" slow
check "command.poison-and-heal-say-what-is-wrong" fault_errors
check "command.notify-wakes-wait" notify
check "command.wait-for-chosen-events" chosen_events
check "command.wait-gives-up-in-time" nothing_comes
check "command.watch-tells-the-story-of-fork" watch_fork
check "command.watch-shows-faults" watch_faults
check "command.watch-cleans-names" watch_names
check "command.watch-shows-commands" watch_commands
check "command.watch-as-json" watch_json
check "command.watch-shows-one-device-or-all" watch_devices
check "command.watch-is-in-order-of-time" watch_order
check "command.watch-tells-what-it-missed" watch_lost
check "command.watch-puts-everything-back" watch_tidy
check "command.no-device" no_device
check "command.a-device-of-another-driver" other_driver
check "command.a-symbolic-link-is-the-device" symlink
check "command.a-second-node-is-the-device" second_node
check "command.a-renamed-node-is-the-device" renamed
check "command.another-file-in-its-place-is-refused" in_its_place
check "command.a-mapped-file-of-that-name-is-not-the-device" mapped_in_its_place
check "command.no-permission" not_root
check "command.a-descriptor-for-reading-shows" read_only
check "command.bad-numbers-and-arguments-are-usage-errors" bad_numbers
check "command.children-are-waited-for" no_children
check "command.bench-that-cannot-fork-fails" bench_cannot_fork
check "command.help-of-each" help
check "example.ring" ring
check "example.survive" survive
