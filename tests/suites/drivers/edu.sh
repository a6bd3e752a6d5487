# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=dash
#
# edu.sh: drivers/edu in the VM, which has two of QEMU's devices. guest.sh sources it. The
# devices have 28 address bits, which reach all of the VM's memory. The kernel bounces all DMA
# nevertheless, as a missing sync would not be noticed otherwise.

pci=/sys/bus/pci

# The addresses of the devices.
edu_devices() {
	for path in "$pci"/devices/*; do
		[ "$(cat "$path/vendor") $(cat "$path/device")" != "0x1234 0x11e8" ] || echo "${path##*/}"
	done
}
chosen=$(edu_devices | head -n 1)
other=$(edu_devices | tail -n 1)

# edu TEST [ARGUMENT]...: of the chosen device
edu() {
	/edu "/dev/edu-$chosen" "$@"
}

edu_nodes() {
	same "nodes" "/dev/edu-$chosen /dev/edu-$other" "$(echo /dev/edu-*)" &&
		[ "$chosen" != "$other" ] && same "mode" 600 "$(stat -c %a "/dev/edu-$chosen")"
}

bound() {
	[ -e "$pci/drivers/edu/$chosen" ] && [ -e "/dev/edu-$chosen" ]
}

# rounds N: the driver is unbound N times while programs use the device, and bound again. The
# last transfer may still run in the device when the driver is back.
rounds() {
	for round in $(seq "$1"); do
		edu gone "$pci/drivers/edu/unbind" "$chosen" "/dev/edu-$other" ||
			{ echo "in round $round"; return 1; }
		! bound && echo "$chosen" >"$pci/drivers/edu/bind" && bound || return
	done
	edu transfers && edu events
}

# As an unplugged device goes.
removed() {
	edu gone "$pci/devices/$chosen/remove" 1 "/dev/edu-$other" && ! bound &&
		[ ! -e "$pci/devices/$chosen" ] && echo 1 >"$pci/rescan" && bound && edu transfers
}

# The machine takes the device out, and puts one in again.
unplugged() {
	edu gone /dev/ttyS4 "$(printf 'device_del chosen\r')" "/dev/edu-$other" && within 60 test ! -e "$pci/devices/$chosen" && ! bound &&
		echo "device_add edu,id=chosen,addr=${chosen#*:*:}" >/dev/ttyS4 && within 60 bound && edu transfers
}

# stays_mapped: sets mapper, a process that has registers and buffer mapped, without a descriptor
stays_mapped() {
	rm -f /tmp/mapped
	/edu "/dev/edu-$chosen" map 300 >/tmp/mapped 2>&1 &
	mapper=$!
	within 60 grep mapped /tmp/mapped
}

# The files go after the process.
end_mapper() {
	kill -9 "$mapper"
	wait "$mapper"
	within 60 rmmod edu
}

edu_unload_while_mapped() {
	stays_mapped && busy edu && end_mapper && insmod "/$1/edu.ko" && bound
}

# The device is gone, and what a program had mapped keeps the driver.
edu_unload_after_unbind() {
	stays_mapped && echo "$chosen" >"$pci/drivers/edu/unbind" && busy edu || return
	[ "$1" = alone ] || busy mmapdemo || return
	end_mapper && insmod "/$1/edu.ko" && bound
}

# The provider goes after its driver, and not before.
edu_unload_in_order() {
	busy mmapdemo && rmmod edu && rmmod mmapdemo && ! loaded mmapdemo &&
		insmod /mmapdemo.ko strategies=pagecache,vmalloc && insmod /linked/edu.ko && bound
}

edu_cycles() {
	for _ in 1 2 3 4 5; do
		rmmod edu && [ ! -e "/dev/edu-$chosen" ] && insmod "/$1/edu.ko" && bound || return
	done
	edu events
}

# A driver that went on would have the kernel WARN, or the device write elsewhere.
edu_few_bits() {
	dmesg -c >/tmp/log
	insmod "/$1/edu.ko" dma_bits=24 && ! bound || return
	has "$(dmesg)" "edu $chosen: 24 address bits do not reach all memory" && rmmod edu
}

edu_bad_parameters() {
	for bad in dma_bits=0 dma_bits=33 dma_bits=-1; do
		if insmod "/$1/edu.ko" "$bad" 2>/dev/null; then
			echo "$bad is taken"
			return 1
		fi
	done
	! loaded edu
}

# edu_tests WHERE ROUNDS
edu_tests() {
	insmod "/$1/edu.ko"
	try "C13.edu-nodes[$1]" edu_nodes
	try "C13.edu-registers-are-read-only[$1]" edu registers
	try "C13.edu-transfers[$1]" edu transfers
	try "C13.edu-interrupt-wakes[$1]" edu events
	try "C13.edu-refuses[$1]" edu refusals
	try "C13.edu-unbound-under-load[$1]" rounds "$2"
	try "C13.edu-removed-under-load[$1]" removed
	if [ -c /dev/ttyS4 ]; then
		try "C13.edu-unplugged-while-mapped[$1]" unplugged
	else
		skip "C13.edu-unplugged-while-mapped[$1]" "the kernel knows no serial port on PCI"
	fi
	try "C13.edu-unload-while-mapped[$1]" edu_unload_while_mapped "$1"
	try "C13.edu-unload-after-unbind[$1]" edu_unload_after_unbind "$1"
	[ "$1" = alone ] || try "C13.edu-unload-in-order" edu_unload_in_order
	try "C13.edu-loads-and-unloads[$1]" edu_cycles "$1"
	rmmod edu
	try "C13.edu-does-not-reach-memory[$1]" edu_few_bits "$1"
	try "C13.edu-refuses-bad-parameters[$1]" edu_bad_parameters "$1"
}
