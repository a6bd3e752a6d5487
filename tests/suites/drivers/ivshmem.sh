# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=dash disable=SC2154
#
# ivshmem.sh: drivers/ivshmem in the VM, which has two of QEMU's devices, of one memory.
# guest.sh sources it.

ivshmem_devices() {
	for path in "$pci"/devices/*; do
		[ "$(cat "$path/vendor") $(cat "$path/device")" != "0x1af4 0x1110" ] || echo "${path##*/}"
	done
}
shared=$(ivshmem_devices | head -n 1)
partner=$(ivshmem_devices | tail -n 1)

# ivshmem TEST [ARGUMENT]...: of the first device
ivshmem() {
	/ivshmem "/dev/ivshmem-$shared" "$@"
}

ivshmem_bound() {
	[ -e "$pci/drivers/ivshmem/$shared" ] && [ -e "/dev/ivshmem-$shared" ]
}

# Linux 6.12 and newer have huge entries for what has no struct page.
ivshmem_huge() {
	# off by itself in machines of less than 512 MiB; before 7.x such pages obey it, too
	echo always >/sys/kernel/mm/transparent_hugepage/enabled
	kind=small
	[ "$(printf '%s\n' 6.12 "$(uname -r)" | sort -V | head -n 1)" != 6.12 ] || kind=huge
	ivshmem huge $kind
}

ivshmem_same() {
	[ "$shared" != "$partner" ] && ivshmem same "/dev/ivshmem-$partner"
}

# What a page fault gives the mapping, on x86
ivshmem_combines() {
	has "$(cat /sys/kernel/debug/x86/pat_memtype_list)" \
		"mem $(sed -n '3s/ .*//p' "$pci/devices/$shared/resource" | sed 's/^/0x/; s/0x0x/0x/')-.*write-combining"
}

ivshmem_gone() {
	for round in $(seq "$1"); do
		ivshmem gone "$pci/drivers/ivshmem/unbind" "$shared" || { echo "in round $round"; return 1; }
		! ivshmem_bound && echo "$shared" >"$pci/drivers/ivshmem/bind" && ivshmem_bound || return
	done
	ivshmem_same
}

ivshmem_removed() {
	ivshmem gone "$pci/devices/$shared/remove" 1 && [ ! -e "$pci/devices/$shared" ] &&
		echo 1 >"$pci/rescan" && ivshmem_bound && ivshmem_same
}

# ivshmem_tests WHERE ROUNDS
ivshmem_tests() {
	insmod "/$1/ivshmem.ko"
	try "C13.ivshmem-huge[$1]" ivshmem_huge
	if [ -e /sys/kernel/debug/x86/pat_memtype_list ]; then
		try "C13.ivshmem-combines-stores[$1]" ivshmem_combines
	else
		skip "C13.ivshmem-combines-stores[$1]" "the kernel is built without PAT"
	fi
	try "C13.ivshmem-shares[$1]" ivshmem_same
	try "C13.ivshmem-refuses[$1]" ivshmem refusals
	try "C13.ivshmem-reset-under-load[$1]" ivshmem reset "$pci/devices/$shared/reset" "$2"
	try "C13.ivshmem-unbound-while-mapped[$1]" ivshmem_gone "$2"
	try "C13.ivshmem-removed-while-mapped[$1]" ivshmem_removed
	try "C13.ivshmem-unloads[$1]" rmmod ivshmem
}
