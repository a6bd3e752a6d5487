# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh disable=SC2016,SC2034,SC2094,SC2154
# The tests of `mmapdemo map`, for guest.sh.

# pid's frame at an address, from pagemap, without our command
pagemap() {
	dd if="/proc/$1/pagemap" bs=8 skip=$(($2 / 4096)) count=1 2>/dev/null |
		od -An -tu4 -v | awk '{ print $1 + ($2 % 8388608) * 4294967296 }'
}

map_fork() {
	maps fork && child=$(head -n 1 /tmp/ready)
	[ "$child" != ready ] || child=$(sed -n 2p /tmp/ready)
	/mmapdemo map --json "$held" "$child" >/tmp/map.json && COLUMNS=80 runs 0 map "$held" "$child" &&
		start=$(jq '.processes[1].vmas[] | select(.perms == "rw-p").start' /tmp/map.json) &&
		first=$(pagemap "$child" "$start") && second=$(pagemap "$held" "$((start + 4096))") && let_go || return
	json /tmp/map.json '[.processes[] | .vmas |= map({key: .perms, value: [.runs[] |
			range(.count) as $i | .frame + $i]}) | .vmas | from_entries] as [$a, $b] |
		$a["rw-s"][0] > 0 and $a["rw-s"] == $b["rw-s"] and ($a["rw-p"] | length == 2) and
		$a["rw-p"][0] != $b["rw-p"][0] and $a["rw-p"][1] == $b["rw-p"][1] and
		$b["rw-p"][0] == '"$first"' and $a["rw-p"][1] == '"$second" && fits 80 && no_colour || return
	# the same letter for the same frame, another for the copy
	letters=$(echo "$said" | grep -oE '[A-Za-z] [^ ]+ page [0-9] 4K' | sort | uniq -c | awk '{ print $1, $5 }')
	same "letters, how often, and of which page" "2 0
1 1
2 2
1 1" "$letters"
}

# entries PID: the page-table entries of a process, as the module has walked them
entries() {
	grep "^$1 " /sys/kernel/debug/mmapdemo/mmapdemo/tables
}

# Frames are pagemap's. After fork() no entry of a private page allows a store, until one
# makes a copy: the child's store to page 0. Shared pages stay writable.
map_entries() {
	maps fork && child=$(grep -v ready /tmp/ready) || return
	wrong=$(for pid in "$held" "$child"; do
		entries "$pid" | while read -r _ at pages frame level _; do
			[ "$level" = pte ] && [ "$pages" -lt 3 ] &&
				[ $((0x$frame + pages - 1)) = "$(pagemap "$pid" $((0x$at + (pages - 1) * 4096)))" ] ||
				echo "$pid $at $pages $frame $level"
		done
	done)
	of_parent=$(entries "$held" | awk '{ for (n = $3; n > 0; n--) printf "%s ", substr($6, 1, 2) }')
	of_child=$(entries "$child" | awk '{ for (n = $3; n > 0; n--) printf "%s ", substr($6, 1, 2) }')
	modes=$(stat -c %a /sys/kernel/debug/mmapdemo/mmapdemo/tables)
	let_go
	same "entries with another frame" "" "$wrong" && same mode 400 "$modes" &&
		same "the parent's" "wd -d -d " "$of_parent" && same "the child's" "wd wd -d " "$of_child" || return
	maps huge && found=$(entries "$held" | awk '/ pmd / { print $3, $5, substr($6, 1, 2) }') && let_go &&
		same "what maps the huge page" "512 pmd wd" "$found"
}

# What the entries say, and what holds the frames, in each form.
map_tables() {
	maps fork && child=$(grep -v ready /tmp/ready) && /mmapdemo map --tables --json "$held" "$child" >/tmp/map.json &&
		COLUMNS=100 runs 0 map --tables "$held" "$child" && direct=$said && let_go || return
	json /tmp/map.json '[.processes[].vmas |= map({key: .perms, value: [.runs[] | range(.count) as $i |
			"\(.entry | sub(",accessed"; "")) \(.maps) \(.holder)" + if .holder == "anonymous" then " \(.order)" else "" end]}) |
		.processes[].vmas | from_entries] as [$a, $b] |
		$a["rw-s"] == ["known,write,dirty 2 page cache"] and $a["rw-s"] == $b["rw-s"] and
		$a["rw-p"] == ["known,dirty 1 anonymous 0", "known,dirty 2 anonymous 0"] and
		$b["rw-p"] == ["known,write,dirty 1 anonymous 0", "known,dirty 2 anonymous 0"]' &&
		says '▒ page 1 entry ro dirty' && says '▒ page 2 entry ro dirty' && says '█ page 0 entry rw dirty' &&
		says 'page cache ×2' && says 'anonymous ×1' && says 'entry rw, ro: ' && COLUMNS=100 runs 0 map --from /tmp/map.json &&
		same "the picture" "$direct" "$said" && runs 0 map --from /tmp/map.json --html - &&
		says 'entry ro dirty' && says 'anonymous ×2' || return
	for change in '.entry = "x"' '.holder = "x"' '.order = 64' 'del(.maps)'; do
		jq ".processes[0].vmas[0].runs[0] |= ($change)" /tmp/map.json >/tmp/odd.json
		runs 1 map --from /tmp/odd.json && complains 'not written by mmapdemo map' || return
	done
	maps huge && /mmapdemo map --tables --json "$held" >/tmp/map.json && let_go &&
		json /tmp/map.json '[.processes[0].vmas[].runs[] | select(.state | test("huge"))] |
			map(.count) == [512] and .[0].order == 9 and (.[0].entry | test("pmd")) and .[0].holder == "page cache"'
}

map_huge() {
	maps huge && /mmapdemo map --json "$held" >/tmp/map.json && let_go &&
		json /tmp/map.json '.processes[0].vmas | length == 2 and
			([.[].runs[] | select(.state | test("huge")) | .count] | add) == 512 and
			([.[] | .start % 2097152] | index(0)) != null'
}

map_poisoned() {
	maps many 2 && /mmapdemo poison 0 4096 && /mmapdemo map --json "$held" >/tmp/map.json &&
		runs 0 map "$held"
	/mmapdemo heal
	let_go
	json /tmp/map.json '[.processes[0].vmas[] | {offset, state: .runs[0].state}] | sort_by(.offset) |
		.[0].state == "poisoned" and (.[1].state | test("poisoned") | not)' &&
		says '╳ page 0 poisoned absent'
}

map_dirty() {
	maps dirty && /mmapdemo map --json "$held" >/tmp/map.json && runs 0 map "$held" && let_go || return
	json /tmp/map.json '[.processes[0].vmas[0].runs[] | .state | test("dirty")] == [false, true]' && says 'page 1 4K dirty' && ! says 'page 0 4K dirty' >/dev/null
}

# A summary comes soon, and all mappings on request.
map_many() {
	maps many 10000 || return
	runs 0 map "$held" &&
		says 'and 9936 more, 9936 pages' && fits 80 && lines=$(echo "$said" | wc -l) &&
		runs 0 map --most 10000 --json "$held" &&
		same "all of them" 10000 "$(echo "$said" | jq '.processes[0].vmas | length')"
	status=$?
	let_go
	[ $status = 0 ] && [ "$lines" -lt 300 ] || {
		echo "$lines lines"
		return 1
	}
}

# The process is not always faster than the map.
map_restless() {
	maps restless || return
	changed=0
	for _ in $(seq 200); do
		runs 0 map "$held" || return
		! says 'changed while it was read' >/dev/null || { changed=1; break; }
	done
	let_go
	[ $changed = 1 ] || { echo "it never changed"; return 1; }
}

map_hidden() {
	chmod 666 /dev/mmapdemo
	said=$(as_nobody '/maps fork >/tmp/nobody &
		until grep -qs ready /tmp/nobody; do sleep 0.1; done; /mmapdemo map $!; kill $!' 2>&1)
	chmod 600 /dev/mmapdemo
	says 'Frame numbers are hidden' && says 'hidden page 0' && says '[a-z] [^ ]+ page 1 4K copy' &&
		maps many 1 && status=0 && said=$(as_nobody "/mmapdemo map $held" 2>&1) || status=$?
	let_go
	same "exit status for another's process" 1 "$status" &&
		says '^mmapdemo map: process [0-9]+ cannot be read by this user: run as root$'
}

map_self() {
	runs 0 map --self && says '\[stack\]' && says 'anonymous' && fits 80 &&
		maps many 1 && runs 0 map --all "$held" && let_go && says '/dev/mmapdemo' && says '\[stack\]'
}

# pagemap leaves a VM_PFNMAP mapping out, and the map says so.
map_by_number() {
	mv /dev/mmapdemo /dev/was && ln -s mmapdemo-pfn /dev/mmapdemo
	maps many 1
	rm /dev/mmapdemo && mv /dev/was /dev/mmapdemo
	runs 0 map "$held" && let_go && says 'VM_PFNMAP: frames unknown'
}

# What is drawn from JSON is what is drawn of the process.
map_from() {
	maps fork && child=$(grep -v ready /tmp/ready) && runs 0 map "$held" "$child" && direct=$said &&
		/mmapdemo map --json "$held" "$child" >/tmp/map.json && let_go &&
		runs 0 map --from /tmp/map.json && same "the picture" "$direct" "$said" || return
	jq '.processes[0].name = "a\u001b[31m\u0007b" | .processes[0].vmas[0].name = "/x/\u202e<svg>"' \
		/tmp/map.json >/tmp/odd.json && runs 0 map --from /tmp/odd.json && no_colour &&
		says '^a\?\[31m\?b [0-9]' && runs 0 map --from /tmp/odd.json --html - &&
		says '/x/\?..&lt;svg&gt;' || return
	for change in 'del(.processes)' '.page_size = 0' '.page_size = 4097' '.processes[0].vmas[0].end = 0' \
		'.processes[0].vmas[0].end = 9223372036854775807' '.processes[0].vmas[0].unknown = 9' \
		'.processes[0].vmas[0].runs[0].count = 1000' '.processes[0].vmas[0].runs[0].state = "x"'; do
		jq "$change" /tmp/map.json >/tmp/odd.json
		runs 1 map --from /tmp/odd.json && complains '^mmapdemo map: /tmp/odd.json: not written by mmapdemo map' ||
			return
	done
	head -c 300 /tmp/map.json >/tmp/odd.json
	runs 1 map --from /tmp/odd.json && complains 'the file is something else, or was cut off'
}

# jq puts U+FFFD in the place of bytes that are no character
is_utf8() {
	same "what is UTF-8 of it" "$said" "$(echo "$said" | jq -Rr .)"
}

# A name of 120 to 122 bytes does not fit into a row. Wherever its characters begin,
# the row ends with a whole one.
map_long_names() {
	maps many 1 && /mmapdemo map --json "$held" >/tmp/map.json && let_go || return
	wide=$(printf '%040d' 0 | sed 's/0/世/g')
	for before in '' a ab; do
		jq --arg name "$before$wide" '.processes[0].vmas[0].name = $name' \
			/tmp/map.json >/tmp/long.json || return
		for form in --svg --html; do
			runs 0 map --from /tmp/long.json $form - && says "$before(世){30}" && is_utf8 || return
		done
		COLUMNS=160 runs 0 map --from /tmp/long.json && says "$before(世){30}" && is_utf8 || return
	done
}

map_errors() {
	runs 1 map 4194303 && complains '^mmapdemo map: there is no process 4194303' &&
		runs 1 map 2 && complains 'has no memory: it has ended, or is a kernel thread' &&
		runs 1 map $$ && complains 'has not mapped /dev/mmapdemo: --all shows' &&
		runs 1 map --device /dev/none $$ && complains '/dev/none: No such file.*has no device of that name' &&
		runs 2 map && complains 'wants PIDs' && runs 2 map x && complains "PID 'x' is not the number" &&
		runs 2 map 0 && runs 2 map 1 2 3 4 5 6 7 8 9 && complains 'more than 8' &&
		runs 1 map --self --svg /none/x && complains '/none/x: No such file' &&
		runs 1 map --from /none && complains '/none: no JSON can be read: No such file' &&
		runs 1 map --self --svg /dev/full && complains 'not written: No space'
}
