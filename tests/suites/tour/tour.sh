# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh disable=SC2016,SC2034,SC2094,SC2154
# The tests of `mmapdemo tour`, for guest.sh. $tour_status and /tmp/tour.json are of one run.

tour_holds() {
	same "exit status" 0 "$tour_status" && same "complaints" "" "$(cat /tmp/tour.err)" &&
		json /tmp/tour.json '.holds and .traced and (.hidden | not) and (.chapters | length == 15)' &&
		json /tmp/tour.json '[.chapters[] | .verdict] | all(. == "holds")' &&
		json /tmp/tour.json '[.chapters[].steps[].claims[].verdict] | length > 80 and all(. == "holds")' &&
		json /tmp/tour.json 'all(.chapters[].steps[]; .call | endswith(";"))'
}

# Checks the frames in the pictures of chapter NAME, independently of the tour's claims, with
# functions that name a step by its call, and the frame of a page in it.
physics() {
	name=$1
	shift
	jq "[.chapters[] | select(.name == \"$name\")][0]" /tmp/tour.json >/tmp/chapter.json
	json /tmp/chapter.json "def step(\$by; \$call): [.steps[] | select(.by == \$by and .call == \$call)][0];
		def frame(\$who; \$page): [.picture.processes[] | select(.name == \$who) | .vmas[] |
			(.offset / 4096) as \$base | .runs[] |
			select(.page + \$base <= \$page and \$page < .page + \$base + .count and .frame > 0) |
			.frame + \$page - .page - \$base][0];
		$*"
}

tour_fork_shared() {
	physics fork-shared 'step("child"; "strcpy(p, \"by the child\");") |
		frame("parent"; 0) != null and frame("parent"; 0) == frame("child"; 0)'
}

tour_fork_private() {
	physics fork-private '
		(step("child"; "c = p[0] + p[page];") |
			frame("parent"; 0) != null and frame("parent"; 0) == frame("child"; 0) and
			frame("parent"; 1) != null and frame("parent"; 1) == frame("child"; 1)) and
		(step("child"; "strcpy(p, \"the child'\''s\");") |
			frame("child"; 0) != null and frame("parent"; 0) != frame("child"; 0) and
			frame("parent"; 1) == frame("child"; 1)) and
		(step("child"; "strcpy(p + page, \"the child'\''s\");") | frame("parent"; 1) != frame("child"; 1)) and
		(step("child"; "c = p[0] + p[page];") | frame("parent"; 0)) ==
			(step("parent"; "c = p[0];") | frame("parent"; 0))'
}

# The entries of copy-on-write, in the pictures. A frame that all have copied stays in them.
tour_entries() {
	physics fork-private 'def entry($who; $page): [.picture.processes[] | select(.name == $who) | .vmas[] |
			.runs[] | select(.page <= $page and $page < .page + .count) |
			if .entry | test("write") then "rw" else "ro" end][0];
		def all: [entry("parent"; 0, 1), entry("child"; 0, 1)];
		(step("parent"; "strcpy(p + page, \"the parent'\''s\");") | all[:2] == ["ro", "rw"]) and
		(step("parent"; "child = fork();") | all == ["ro", "ro", "ro", "ro"]) and
		(step("child"; "strcpy(p, \"the child'\''s\");") | all == ["ro", "ro", "rw", "ro"]) and
		(step("child"; "strcpy(p + page, \"the child'\''s\");") | all == ["ro", "ro", "rw", "rw"]) and
		(step("parent"; "strcpy(p + page, \"mine alone\");") | all == ["ro", "rw", "rw", "rw"])' &&
		COLUMNS=120 runs 0 tour --chapter fork-private && says 'A █ 0x[0-9a-f]+ page 0' &&
		says 'page cache ×0' || return
	letters=$(echo "$said" | sed -n 's/.* \([A-Za-z]\) [█▒] \(0x[0-9a-f]*\) page.*/\1 \2/p' | sort -u)
	same "letters of more than one frame" "" "$(echo "$letters" | awk '{ print $1 }' | uniq -d)" &&
		same "frames of more than one letter" "" "$(echo "$letters" | awk '{ print $2 }' | sort | uniq -d)"
}

# A reader is asked first, and every question has its answer below it.
tour_asks() {
	json /tmp/tour.json '[.chapters[].steps[] | select(.question)] | length > 9 and
			all(.[]; .claims | length > 0)' &&
		json /tmp/tour.json '[.chapters[].steps[] | select(.why)] | length > 14' &&
		same "questions in the page" "$(jq '[.chapters[].steps[] | select(.question)] | length' /tmp/tour.json)" \
			"$(grep -c '^<details><summary>' /tmp/tour.html)"
}

tour_processes() {
	physics processes 'step("second"; "strcpy(q, \"stored by the second\");") |
		frame("first"; 0) != null and frame("first"; 0) == frame("second"; 0)'
}

tour_munmap() {
	physics munmap '[.steps[].picture.processes[0].vmas | map((.end - .start) / 4096)] |
		[range(length) as $i | select($i == 0 or .[$i] != .[$i - 1]) | .[$i]] ==
			[[], [7], [6], [5], [2, 2], []]'
}

# The module's count beside each step, and the mappings in the picture.
tour_counts() {
	physics vmas '[.steps[].vmas] | [range(length) as $i | select($i == 0 or .[$i] != .[$i - 1]) |
			.[$i]] == [0, 1, 3, 6, 3, 0]' &&
		json /tmp/tour.json 'all(.chapters[].steps[];
			([.picture.processes[].vmas[] | select(.device)] | length) as $drawn |
			.vmas == $drawn or (.call | test("fork")))'
}

tour_trace() {
	physics vmas '[.steps[] | {call, events: [.trace[].event]}] as $steps |
		($steps[] | select(.call | startswith("p = mmap")).events) == ["mmap"] and
		($steps[] | select(.call == "child = fork();").events) == ["vma_open", "vma_open", "vma_open"] and
		any(.steps[]; .by == "child" and .call == "munmap(p, 4 * page);" and
			([.trace[] | select(.event == "vma_close" and .by == "child")] | length == 3))'
}

tour_huge() {
	physics huge 'step("process"; "strcpy(p, \"first\");").picture.processes[0].vmas[0] |
		(.start % 2097152) == 0 and ([.runs[] | select(.frame > 0)] | map(.count) | add) == 512 and
		([.runs[] | select(.frame > 0)] | all(.state | test("huge")) and
			([.[] | .frame - .page] | unique | length == 1))'
}

tour_page() {
	same "articles" "$(jq '[.chapters[].steps[]] | length' /tmp/tour.json)" \
		"$(grep -c '^<article' /tmp/tour.html)" &&
		same "drawings" "$(grep -c '^<article' /tmp/tour.html)" "$(grep -c '<svg ' /tmp/tour.html)" &&
		same "things fetched" "" "$(grep -oE '(src|href)=.[^#][^ ]*|@import|url\(' /tmp/tour.html)"
}

tour_text() {
	COLUMNS=$1 runs 0 tour && fits "$1" && no_colour && says '^tour: all 15 chapters hold$' &&
		says '█' && says '^ +holds +poison ' || return
	# two address spaces stand side by side where there is room
	beside=$(echo "$said" | grep -c '^ *parent [0-9]* .*child [0-9]*$')
	if [ "$1" -ge 80 ]; then
		[ "$beside" -gt 5 ]
	else
		same "side by side" 0 "$beside"
	fi
}

tour_ascii() {
	LANG=C COLUMNS=60 runs 0 tour --chapter fork-private && fits 60 &&
		same "bytes that are no ASCII" "" "$(echo "$said" | tr -d '\000-\177')" && says '[A-Z] # page 0'
}

# on_terminal KEYS COMMAND: what it shows there
on_terminal() {
	said=$(printf '%s' "$1" | TERM=linux script -qec "$2" /dev/null 2>&1)
}

tour_colours() {
	on_terminal '' 'unset NO_COLOR; /mmapdemo tour --chapter 1' && ! no_colour >/dev/null &&
		on_terminal '' 'NO_COLOR=1 /mmapdemo tour --chapter 1' && no_colour
}

tour_steps() {
	runs 1 tour --step && complains '^mmapdemo tour: /dev/mmapdemo: --step wants a terminal$' &&
		on_terminal '  q' 'stty -echo; /mmapdemo tour --step --chapter mapping' &&
		says 'press a key to go on, q to end' && says '^  3\. ' && ! says '^  4\. ' >/dev/null
}

# comes PATTERN FILE: it will, within a minute, or later on a busy machine
comes() {
	for _ in $(seq $((600 * MMAPDEMO_TIMEOUT_SCALE))); do
		! grep -q "$1" "$2" || return 0
		sleep 0.1
	done
	echo "no '$1' came"
	return 1
}

# Another process maps the device meanwhile, so that the counts are wrong.
tour_fails() {
	: >/tmp/typed
	{
		comes 'press a key' /tmp/typed && maps many 1 && printf '                    ' &&
			comes '^tour:' /tmp/typed
		let_go
	} 2>/dev/null | TERM=linux script -qec '/mmapdemo tour --step --chapter munmap' /dev/null >/tmp/typed 2>&1
	same "exit status" 1 $? && said=$(cat /tmp/typed) && says 'NOT SO: 2 live VMAs' &&
		says '^ +DIFFERS +munmap ' && says '^tour: 1 of 1 chapters differ'
}

# A call that has to work does not: the chapter ends there, and the others are shown.
tour_ends() {
	chmod 666 /dev/mmapdemo
	status=0
	said=$(as_nobody 'ulimit -u 2; exec /mmapdemo tour' 2>&1) || status=$?
	chmod 600 /dev/mmapdemo
	same "exit status" 1 "$status" && says 'NOT SO: -1 EAGAIN' &&
		says 'it ended early: the rest of the chapter needs this call' && says '^ +DIFFERS +fork-shared ' &&
		says '^ +holds +munmap '
}

as_nobody() {
	su -s /bin/sh nobody -c "$1"
}

tour_hidden() {
	chmod 666 /dev/mmapdemo
	status=0
	as_nobody '/mmapdemo tour --json' >/tmp/nobody.json 2>/tmp/complaint || status=$?
	said=$(as_nobody '/mmapdemo tour --chapter fork-private' 2>&1)
	chmod 600 /dev/mmapdemo
	same "exit status" 0 "$status" && json /tmp/nobody.json '.hidden and .holds and (.traced | not)' &&
		json /tmp/nobody.json '[.. | .frame? // 0] | all(. == 0)' &&
		json /tmp/nobody.json 'any(.chapters[].steps[].claims[]; .verdict == "not seen" and
			(.seen | test("hidden")))' &&
		json /tmp/nobody.json 'any(.chapters[].steps[].claims[]; .verdict == "holds")' &&
		says 'Frame numbers were hidden' && says 'hidden page 0' && says 'tracepoints are not shown: no trace'
}

tour_refuses() {
	runs 1 tour --device /dev/none && complains 'No such file.*has no device of that name' &&
		runs 1 tour --device /dev/zero && complains 'no device of this module' &&
		runs 1 tour --device /dev/mmapdemo-pfn && complains 'strategy pagecache, and this device has pfn' &&
		runs 2 tour --chapter 16 && complains "no chapter '16': 1 to 15" &&
		runs 2 tour --chapter fork && runs 2 tour x &&
		runs 1 tour --chapter 1 --html /none/x && complains '/none/x: No such file' || return
	maps many 1 && runs 1 tour && let_go && complains 'in use \(1 mappings, 1 other open' || return
	/mmapdemo poison 0 4096
	runs 1 tour && complains 'mmapdemo heal'
	/mmapdemo heal
	complains 'mmapdemo heal' && /mmapdemo wipe --policy unmap && runs 1 tour
	/mmapdemo wipe --policy none
	complains 'wipe --policy none'
}

tour_tidy() {
	same "trace instances" "" "$(ls /sys/kernel/tracing/instances)" &&
		same "rules" "[ ]" "$(/mmapdemo rules --json | tr '\n' ' ' | sed 's/ $//')" || return
	# interrupted, and killed: the next one tidies up
	for signal in INT KILL; do
		/mmapdemo tour >/tmp/said 2>&1 &
		tour=$!
		comes '3 of 15' /tmp/said || return
		kill -$signal $tour
		wait $tour 2>/dev/null
	done
	# its processes end with it, if not at once
	for _ in $(seq 100); do
		[ "$(/mmapdemo info --json | jq .vmas)" != 0 ] || break
		sleep 0.1
	done
	same "live mappings" 0 "$(/mmapdemo info --json | jq .vmas)" && runs 0 tour --chapter 1 &&
		same "trace instances" "" "$(ls /sys/kernel/tracing/instances)"
}
