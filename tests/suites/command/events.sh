# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh disable=SC2034,SC2154
# The tests of `mmapdemo notify` and `wait`, for guest.sh.

# await ARGUMENT...: mmapdemo wait, in the background, when it has the device open
await() {
	opens=$(info opens)
	/mmapdemo wait --timeout $((30 * MMAPDEMO_TIMEOUT_SCALE)) "$@" >/tmp/waited 2>&1 &
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
