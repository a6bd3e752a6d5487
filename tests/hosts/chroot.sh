# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC2034
# A bare Debian that is used in a chroot. Source it after lib.sh, as root. $suite is its
# name, $base its folder, and $work a folder to work in.

: "${top?}" "${cache?}" "${suite=}" "${base=}" "${work=}"
# shellcheck source=vm/apt.sh
. "$top/vm/apt.sh"
root='' network='' checkout='' limit='' packages=''
# where its users find the tree
tree=/home/user/mmapdemo

# make_base: a Debian as its installer leaves it without any task, with make and sudo; at
# most a week old. Where that fails, sets why.
make_base() {
	local list=$cache/hosts/$suite.list
	[ -z "$(find "$base" -maxdepth 0 -mtime -7 2>/dev/null)" ] || return 0
	mkdir -p "$cache/hosts/archives/$suite/partial"
	sources "$suite" >"$list"
	rm -rf "$base.new"
	# A mirror may stop for weeks, and its lists expire. The test does not depend on their age.
	why=$(mmdebstrap --quiet --variant=apt --include=make,passwd,sudo --aptopt='Acquire::Check-Valid-Until "false"' \
		--aptopt='APT::Install-Recommends "false"' "$suite" "$base.new" "$list" 2>&1) ||
		{ why=$(grep -m 1 '^E:' <<<"$why" || tail -n 1 <<<"$why"); return 1; }
	chroot "$base.new" useradd -m -s /bin/bash user
	echo 'user ALL=(ALL) NOPASSWD: ALL' >"$base.new/etc/sudoers.d/user"
	rm -rf "$base"
	mv "$base.new" "$base"
	touch "$base"
}

# fresh: $root is the bare Debian, with a clone of this tree, as it is now, and the cache
fresh() {
	away
	mkdir -p "$work"/{upper,overlay,cache-upper,cache-overlay,root}
	root=$work/root
	mount -t overlay overlay -o "lowerdir=$base,upperdir=$work/upper,workdir=$work/overlay" "$root" || return
	cp -L /etc/resolv.conf "$root/etc/resolv.conf"
	# sudo looks it up
	echo "127.0.0.1 localhost $(uname -n)" >"$root/etc/hosts"
	install -d -m 755 "$root/root" "$root$cache"
	local folder=$root$cache
	while [ "$folder" != "$root" ]; do chmod 755 "$folder"; folder=${folder%/*}; done
	git clone -q --no-hardlinks "$top" "$root$tree" || return
	(cd "$top" && git ls-files -z -co --exclude-standard | while IFS= read -r -d '' f; do
		[ ! -f "$f" ] || printf '%s\0' "$f"
	done | xargs -0 cp -p --parents -t "$root$tree") || return
	mkdir "$root/tmp/a b"
	chmod 1777 "$root/tmp/a b"
}

away() {
	root=$work/root
	! mountpoint -q "$root" || umount "$root"
	rm -rf "$work"/{upper,overlay,cache-upper,cache-overlay}
}

# What a container of Docker may do by default; it may not mount.
container=-all
for capability in chown dac_override fowner fsetid kill setgid setuid setpcap net_bind_service net_raw \
	sys_chroot mknod audit_write setfcap; do
	container+=,+$capability
done

# inside USER COMMAND...: in $root, where the tree belongs to USER. Other users than root have
# what a container may do. $network is `none' without one, $checkout is `ro' for one that cannot
# be written, $limit the MiB of an empty disk for the cache, $packages is `none' without those of
# former runs. There is no /dev/kvm.
# shellcheck disable=SC2016 # for the shells inside
inside() {
	local user=$1 options=(--mount --pid --fork --kill-child) as=(env)
	shift
	[ "$network" != none ] || options+=(--net)
	chroot "$root" chown -R "$user:" "$tree"
	[ "$user" = root ] || as=(setpriv --reuid "$user" --regid "$user" --init-groups --inh-caps=-all
		"--bounding-set=$container" env "HOME=/home/$user" "USER=$user")
	export user root tree cache work limit checkout packages suite
	unshare "${options[@]}" bash -euc '
		mount -t proc proc "$root/proc"
		mount -t sysfs -o ro sysfs "$root/sys"
		mount -t devpts -o newinstance,ptmxmode=0666 devpts "$root/dev/pts"
		mount -t tmpfs -o mode=1777 tmpfs "$root/dev/shm"
		[ -n "$packages" ] || mount --bind "$cache/hosts/archives/$suite" "$root/var/cache/apt/archives"
		if [ -n "$limit" ]; then
			mount -t tmpfs -o "size=${limit}M,mode=1777" tmpfs "$root$cache"
		elif [ -z "${COLD-}" ]; then
			mount -t overlay overlay -o "lowerdir=$cache,upperdir=$work/cache-upper,workdir=$work/cache-overlay" "$root$cache"
		fi
		chroot "$root" find "$cache" -maxdepth 2 -type d -exec chown "$user:" {} +
		if [ "$checkout" = ro ]; then
			mount --bind "$root$tree" "$root$tree"
			mount -o remount,bind,ro "$root$tree"
		fi
		cd "$root"
		exec chroot "$root" "$@"' inside \
		env -i PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME=/root TERM=dumb \
		"MMAPDEMO_CACHE=$cache" "MMAPDEMO_TIMEOUT_SCALE=${MMAPDEMO_TIMEOUT_SCALE-}" \
		"${as[@]}" sh -c 'cd "$0" && exec "$@"' "$tree" "$@"
}
