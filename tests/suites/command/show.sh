# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh disable=SC2034,SC2154
# The tests of `mmapdemo info` and `maps`, for guest.sh.

info_text() {
	runs 0 info && says '^strategy +pagecache ' && says '^bytes +8388608 ' && says '^opens +1 ' &&
		says '^page_size +4096 ' && says '^features .*resize'
}

info_json() {
	runs 0 info --json && json '.bytes == 8388608 and .page_size == 4096 and .opens == 1' &&
		json '.strategy == "pagecache" and .wipe_policy == "none" and .vmas == 0' &&
		json '.features | test("resize") and test("inject")'
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
			.offset == 12288 and .end - .start == 8192)" &&
		json 'any(.comm == "hold" and .perms == "rw-s" and .offset == 4096)' &&
		has "$said_text" " $first my hold .* rw-p +0x3000 +0x2000( |$)" &&
		has "$said_text" '^ +PID COMM '
}
