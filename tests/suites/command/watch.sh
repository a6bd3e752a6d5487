# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh disable=SC2034,SC2154
# The tests of `mmapdemo watch`, for guest.sh.

# watching ARGUMENT...: in the background, when it has begun
watching() {
	: >/tmp/watched
	# here, or what the last one said were taken for this one's
	: >/tmp/watch-says
	/mmapdemo watch "$@" >/tmp/watched 2>/tmp/watch-says &
	watcher=$!
	while ! grep -q watching /tmp/watch-says; do
		kill -0 $watcher 2>/dev/null || { cat /tmp/watch-says; return 1; }
		sleep 0.1
	done
}

# watched: what it said until now, when it was asked to end
watched() {
	kill "-${1:-INT}" "$watcher"
	wait "$watcher"
	same "exit status of watch" 0 $? && said=$(cat /tmp/watched)
}

no_instances() {
	same "trace instances" "" "$(ls /sys/kernel/tracing/instances)"
}

# examples/fork maps a page twice, forks, and both processes end.
watch_fork() {
	watching --events mmap,vma_open,vma_close && /fork >/dev/null && watched || return
	same "who did what, and the live mappings then" "parent mmap
parent mmap
parent vma_open 3
parent vma_open 4
child vma_close 3
child vma_close 2
parent vma_close 1
parent vma_close 0" "$(awk '{
		if (NR == 1)
			parent = $3
		print ($3 == parent ? "parent " : "child ") $5 ($11 == "" ? "" : " " $11)
	}' /tmp/watched)" &&
		same "times each range was told of, with permissions and offset" "4 offset 0 rw-p
4 offset 0 rw-s" "$(awk '{ seen[$6 " " $7 " " $8 " " $9]++ }
			END { for (one in seen) print seen[one], one }' /tmp/watched |
			sed 's/ [^ ]*//' | sort)" &&
		says '^ +[0-9]+\.[0-9]{6} fork +[0-9]+ mmapdemo +mmap +[0-9a-f]+-[0-9a-f]+ offset 0 rw-s$'
}

watch_faults() {
	/mmapdemo punch 0 8M
	watching && hold 0x5000 4096 shared && reads 0 && let_go && watched &&
		says ' hold +[0-9]+ mmapdemo +(huge_)?fault +[0-9a-f]+ offset 0x5000 write result '
}

# The name would turn the terminal's colours round.
watch_names() {
	holder=$(printf '/tmp/\033[7m')
	cp /hold "$holder" && watching --events mmap && hold 0x5000 4096 shared && let_go && watched || return
	holder=
	says '^ +[0-9.]+ \?\[7m +[0-9]+ mmapdemo +mmap '
}

watch_commands() {
	watching && runs 0 resize 4M && runs 0 resize 8M && runs 0 poison 4K 4K && ! reads 4096 &&
		runs 0 heal && runs 0 notify && runs 0 wipe --now && watched || return
	says ' mmapdemo +[0-9]+ mmapdemo +resize +old 8388608 new 4194304 error none$' &&
		says ' dd +[0-9]+ mmapdemo +poison_hit +offset 0x1000 action sigbus fired 1$' &&
		says ' notify +events kick generation [0-9]+$' && says ' wipe +why '
}

watch_json() {
	watching --json --events mmap,vma_close --count 2 && hold 0x1000 8192 private && let_go &&
		wait "$watcher" && said=$(jq -s . /tmp/watched) && json 'length == 2' &&
		json '.[0] | .event == "mmap" and .comm == "hold" and .node == "mmapdemo" and
			.perms == "rw-p" and .offset == 4096 and .end - .start == 8192' &&
		json ".[0].pid == $held and .[1].event == \"vma_close\" and .[1].vmas == 0 and
			.[1].start == .[0].start and .[1].time > .[0].time"
}

watch_devices() {
	watching --device /dev/mmapdemo-other && hold 0 4096 shared && let_go && watched &&
		same "of another device" "" "$said" &&
		watching --device /dev/mmapdemo-other --all && hold 0 4096 shared && let_go && watched &&
		says ' mmapdemo +mmap '
}

# The events of two processes, on two processors, are in two buffers.
watch_order() {
	watching --events mmap || return
	for mask in 1 2; do
		taskset $mask /hold 0 4096 often >/tmp/ready.$mask &
		eval "holder_$mask=$!"
	done
	while ! [ -s /tmp/ready.1 ] || ! [ -s /tmp/ready.2 ]; do sleep 0.05; done
	kill "$holder_1" "$holder_2"
	watched && same lines 10002 "$(wc -l </tmp/watched)" || return
	awk '$1 + 0 < last { print "after", last, "comes:", $0; bad = 1 }
		$3 != pid { changes++ }
		{ last = $1 + 0; pid = $3 }
		END { if (changes < 10) print "no two at a time: changes", changes; exit bad || changes < 10 }' \
		/tmp/watched
}

# A slow reader learns how many events it missed, and all add up.
watch_lost() {
	watching --json --events mmap && kill -STOP "$watcher" &&
		echo 64 >"$(echo /sys/kernel/tracing/instances/*)/buffer_size_kb" && hold 0 4096 often
	let_go
	kill -CONT "$watcher"
	watched && seen=$(grep -c '"event": "mmap"' /tmp/watched)
	lost=$(jq -s '[.[] | select(.event == "LOST").count] | add // 0' /tmp/watched)
	[ "$lost" -gt 0 ] && same "lines and what was lost" 5001 $((seen + lost)) || {
		echo "$seen lines"
		grep LOST /tmp/watched
		return 1
	}
}

watch_tidy() {
	no_instances && watching && watched TERM && no_instances &&
		runs 1 watch --events mmap,none && complains "no tracepoint 'none': see /sys" &&
		no_instances && runs 0 watch --seconds 0.1 && no_instances || return
	# killed, its instance is left to the next one
	watching && kill -KILL "$watcher"
	wait "$watcher" 2>/dev/null
	runs 0 watch --seconds 0.1 && no_instances || return
	# its reader goes away
	: >/tmp/watch-says
	/mmapdemo watch 2>/tmp/watch-says | head -n 1 >/dev/null &
	while ! grep -q watching /tmp/watch-says; do sleep 0.1; done
	for _ in 1 2 3 4 5 6 7 8; do
		reads 0
		hold 0 4096 shared
		let_go
		sleep 0.1
	done
	wait $!
	no_instances && same "our tracepoints, for others" 0 "$(cat /sys/kernel/tracing/events/mmapdemo/enable)"
}
