# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC2034
# The differences between the architectures of guests. Source it after lib.sh.

# triplet ARCH: in names of compilers and folders
triplet() {
	case $1 in
	amd64) echo x86_64-linux-gnu ;;
	i386) echo i386-linux-gnu ;;
	arm64) echo aarch64-linux-gnu ;;
	ppc64el) echo powerpc64le-linux-gnu ;;
	*) die "no architecture '$1': i386, arm64 or ppc64el" ;;
	esac
}

# kbuild_arch ARCH: as the kernel's Makefile calls it
kbuild_arch() {
	case $1 in
	ppc64el) echo powerpc ;;
	*) echo "$1" ;;
	esac
}

# emulator_program ARCH: of which Debian's package is named by tools/deps, too.
emulator_program() {
	case $1 in
	amd64 | i386) echo qemu-system-x86_64 ;;
	arm64) echo qemu-system-aarch64 ;;
	ppc64el) echo qemu-system-ppc64 ;;
	*) die "no emulator known for $1" ;;
	esac
}

# emulator_version PROGRAM
emulator_version() {
	"$1" --version | grep -om1 '[0-9][0-9.]*' | head -n 1
}

# machine_amd64 ACCEL: sets machine and ports, arguments for the emulator, the
# latter to have the devices console, out, err and verdict as ttyS0 to ttyS3; and
# kernel_args.
machine_amd64() {
	# Without the fast string instructions the kernel and libc copy and clear memory by words:
	# the emulator executes `rep movsb' byte by byte.
	local cpu=max,la57=off,erms=off,fsrm=off
	case $1 in
	icount)
		# the same each time: the hour, and what the guest takes for random
		machine=(-accel tcg -icount "shift=1,sleep=off" -cpu "max,la57=off" -seed 1
			-rtc "base=2026-01-01,clock=vm")
		;;
	kvm) machine=(-accel kvm -cpu host) ;;
	tcg-1) machine=(-accel "tcg,thread=single" -cpu "$cpu") ;;
	*) machine=(-accel "tcg,thread=multi" -cpu "$cpu") ;;
	esac
	ports=(-serial chardev:console -serial chardev:out -serial chardev:err -serial chardev:verdict)

	# One processor until init brings up the others: while the kernel patches its
	# own code at boot, a second one may go on executing what QEMU before 8.1
	# translated (`emulator'; seen once in some 200 boots: stuck on a jump label).
	# And no test of the timer's interrupt, which a busy host fails at times (seen).
	kernel_args="maxcpus=1 no_timer_check"
	# What the kernel does against speculative execution protects nothing in an emulator, and
	# is slow there: each indirect call is a detour. What a benchmark counts has it. Its
	# calibration of delays, on each processor but the first, is 150,000,000 instructions or more.
	# Its tests of its own ciphers take a second of a boot.
	case $1 in
	icount) kernel_args+=" tsc=reliable lpj=4000000" ;;
	tcg*) kernel_args+=" mitigations=off cryptomgr.notests lpj=8000000" ;;
	esac
}

machine_i386() {
	machine_amd64 "$1"
}

machine_arm64() {
	[ "$1" = tcg ] || die "an arm64 guest is for --accel tcg alone"
	# pointer authentication as ARM has it would be most of what is emulated
	machine=(-accel "tcg,thread=multi" -M virt -cpu "max,pauth-impdef=on")
	# a port of the board's own would be ttyAMA0
	ports=(-device "pci-serial-4x,chardev1=console,chardev2=out,chardev3=err,chardev4=verdict")
	kernel_args=''
}

machine_ppc64el() {
	[ "$1" = tcg ] || die "a ppc64el guest is for --accel tcg alone"
	# what it cannot do against speculation, and has no need to
	machine=(-accel "tcg,thread=multi" -cpu power9
		-M "pseries,cap-cfpc=broken,cap-sbbc=broken,cap-ibs=broken,cap-ccf-assist=off")
	ports=(-device "pci-serial-4x,chardev1=console,chardev2=out,chardev3=err,chardev4=verdict")
	kernel_args=''
}

# memory_nodes ARCH NODES MEMORY: adds to machine or kernel_args.
memory_nodes() {
	local i mib=${3%[MG]}
	[[ $3 != *G ]] || mib=$((mib * 1024))
	case $1 in
	amd64) kernel_args+=" numa=fake=$2" ;;
	*)
		for ((i = 0; i < $2; i++)); do
			machine+=(-object "memory-backend-ram,id=node$i,size=$((mib / $2))M"
				-numa "node,memdev=node$i")
		done
		;;
	esac
}
