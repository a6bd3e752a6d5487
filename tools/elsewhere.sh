# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# What tools/deps says where there is no dpkg. The names come from the public lists of these
# distributions, and nobody has tried them yet. Source it after lib.sh; it ends the script.

common="make gcc binutils kmod perl xz zstd cpio dpkg"
case $(for manager in dnf pacman zypper apk; do command -v "$manager"; done | head -n 1) in
*/dnf)
	install="dnf install $common apt debian-keyring glibc-static elfutils-libelf-devel qemu-system-x86-core busybox"
	install+=" check-devel json-c-devel libtracefs-devel libtraceevent-devel liburing-devel pkgconf-pkg-config"
	;;
*/pacman)
	install="pacman -S $common apt debian-archive-keyring libelf qemu-system-x86 busybox"
	install+=" check json-c libtracefs libtraceevent liburing pkgconf"
	;;
*/zypper)
	install="zypper install $common glibc-devel-static libelf-devel qemu-x86 busybox-static"
	install+=" check-devel libjson-c-devel libtracefs-devel libtraceevent-devel liburing-devel pkg-config"
	;;
*/apk)
	install="apk add $common bash coreutils findutils grep sed util-linux musl-dev linux-headers elfutils-dev"
	install+=" qemu-system-x86_64 busybox-static debian-archive-keyring"
	install+=" check-dev json-c-dev libtracefs-dev libtraceevent-dev liburing-dev pkgconf"
	;;
*) install='the packages that your distribution has for the commands below' ;;
esac

# by the names of commands; apt-get fetches the kernels, and gcc-12 builds for them
missing=
for command in make gcc gcc-12 ar xz zstd cpio depmod perl pkg-config busybox qemu-system-x86_64 apt-get dpkg-deb; do
	command -v "$command" >/dev/null || missing+=" $command"
done

[ -n "$missing" ] || exit 0
cat >&2 <<-EOT
	deps: this is no Debian, and the kernels and their compiler, gcc-12, come from it. A container has them:
	  podman run --rm -it -v "\$PWD:/mmapdemo" -w /mmapdemo debian:13 \\
	    sh -c 'apt-get update && apt-get install -y make && make demo'
	Without a container, install gcc-12 and these packages (untested), and run the same again:
	  $install
	Commands that are missing:$missing
EOT
exit 1
