# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh disable=SC2034,SC2154
# The tests of `mmapdemo create --node`, `list` and `destroy`, for guest.sh.

node() {
	runs 0 create --node mmapdemo-ring size=1M mode=0640 owner=nobody:7 strategy=insert &&
		same node "640 65534:7" "$(stat -c '%a %u:%g' /dev/mmapdemo-ring)" &&
		runs 0 info --device /dev/mmapdemo-ring --json &&
		json '.bytes == 1048576 and .strategy == "insert"' &&
		runs 0 list && says '^mmapdemo +pagecache +8M +0600 (root|0):' &&
		says '^mmapdemo-ring +insert +1M +0640 nobody:7$' &&
		runs 0 list --json && json '[.[].name] == ["mmapdemo", "mmapdemo-ring"]' &&
		json '.[1] == {name: "mmapdemo-ring", strategy: "insert", bytes: 1048576, mode: 416,
			uid: 65534, gid: 7}' &&
		runs 0 create --node /dev/mmapdemo-of-its-path &&
		runs 0 destroy /dev/mmapdemo-ring mmapdemo-of-its-path &&
		runs 0 list --json && json '[.[].name] == ["mmapdemo"]'
}

node_errors() {
	runs 1 create --node ring && complains '^mmapdemo create: /dev/ring: Invalid.*kernel log' &&
		runs 1 create --node mmapdemo-ring size=3 && complains 'no such name or setting' &&
		has "$(dmesg | tail -n 1)" 'size=3: want a multiple of the page size' &&
		runs 1 create --node mmapdemo-ring owner=none && complains 'no such user' &&
		runs 1 create --node mmapdemo-ring owner=:none && complains 'no such group' &&
		runs 1 create --node mmapdemo-ring 'size=1M x=1' && complains 'must have no space' &&
		runs 2 create --node mmapdemo-ring --size 1M && complains 'size=SIZE the size' &&
		runs 1 create --node mmapdemo && complains 'Invalid argument' &&
		runs 0 create --node mmapdemo-ring && runs 1 create --node mmapdemo-ring &&
		complains '/dev/mmapdemo-ring: File exists: .*mmapdemo list' &&
		runs 0 destroy mmapdemo-ring && runs 1 destroy mmapdemo-ring &&
		complains 'no such node' && runs 2 destroy && complains 'wants NODE' && runs 2 list x
}

# node_count: those in sysfs, where the class has two attributes, too
node_count() {
	set -- /sys/class/mmapdemo/mmapdemo*
	echo $#
}

# Nodes are made until one is refused. Another one can be made once one of them is destroyed.
node_most() {
	i=0
	while { echo "mmapdemo-most-$i size=64K" >/sys/class/mmapdemo/new_node; } 2>/tmp/refused; do i=$((i + 1)); done
	has "$(cat /tmp/refused)" 'No space left' && same "nodes at most" 4096 "$(node_count)" && runs 1 create --node mmapdemo-one-more &&
		complains '/dev/mmapdemo-one-more: No space left.*there are 4096 nodes' &&
		same "nodes afterwards" 4096 "$(node_count)" && runs 0 destroy mmapdemo-most-7 &&
		runs 0 create --node mmapdemo-one-more size=64K && runs 0 destroy mmapdemo-one-more
	result=$?
	for node in /sys/class/mmapdemo/mmapdemo-most-*; do
		echo "${node##*/}" >/sys/class/mmapdemo/delete_node
	done
	same "nodes at last" 1 "$(node_count)" && return $result
}
