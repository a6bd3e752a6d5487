# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# Builds a kernel with the configurations $headers from the source package $image
# of $suite into $new, which becomes $dir. Source it after lib.sh and apt.sh.

: "${name=}" "${image=}" "${suite=}" "${headers=}" "${update=}" "${new=}" "${dir=}" "${apt=}"
: "${kdir=}" "${release=}" "${top?}" "${cache?}"

# The module is built with the same, whatever `gcc` is.
compiler=gcc-12

# What they say, one after the other.
source_config() {
	local file
	for file in ${headers//+/ }; do
		cat "$top/vm/$file"
	done
}

# What the kernel is made from besides its source, in a word.
source_key() {
	local file
	for file in ${headers//+/ }; do
		[ -f "$top/vm/$file" ] || die "$name: no configuration vm/$file"
	done
	command -v "$compiler" >/dev/null || die "$name: no $compiler on this machine: run tools/deps check"
	{ source_config; "$compiler" --version; } | sha256sum | cut -c1-16
}

# Which of the kernels from this source it is, by the last of them.
source_name() {
	basename "${headers##*+}" .config
}

# source_fetch: sets tarball and version. The tarball is kept, so that another
# configuration needs no network.
source_fetch() {
	local folder=$cache/sources/$suite-$image
	mkdir -p "$folder"
	# several kernels are made from it
	exec 8>"$folder.lock"
	flock 8
	source_fetch_locked "$folder"
	exec 8>&-
}

source_fetch_locked() {
	local folder=$1 deb
	tarball=$(find "$folder" -name '*.tar.xz')
	version=$(basename "$tarball" .tar.xz)
	[ -z "$tarball" ] || [ -n "$update" ] || return 0

	say "fetching from $suite"
	apt_setup
	apt_update || fetch_failed "the package lists of $suite for kernel $name"
	version=$(apt-cache show --no-all-versions "$image" | sed -n 's/^Version: //p')
	[ -n "$version" ] || die "$name: no package $image in $suite"
	tarball=$folder/$version.tar.xz
	[ ! -f "$tarball" ] || return 0
	apt_download "$image" || fetch_failed "$image of $suite"
	deb=$(find "$apt/archives" -name '*.deb')
	dpkg-deb --fsys-tarfile "$deb" | tar -x -O --wildcards './usr/src/*.tar.xz' >"$tarball.new"
	rm -f "$folder"/*.tar.xz "$apt"/archives/*.deb
	mv "$tarball.new" "$tarball"
}

# kconfig silently drops an option whose dependencies are not met.
source_config_came_true() {
	local line option lacking=()
	while read -r line; do
		case $line in
		CONFIG_*) grep -qxF "$line" .config || lacking+=("$line") ;;
		'# CONFIG_'*' is not set')
			option=${line#'# '}
			! grep -q "^${option% is not set}=" .config || lacking+=("$line")
			;;
		'' | '#'*) ;;
		*) die "$name: $headers: '$line' is no option" ;;
		esac
	done < <(source_config)
	[ ${#lacking[@]} = 0 ] || die "$name: the kernel's configuration has not:" "${lacking[@]}"
}

# Runs in the source's tree, and leaves there the files that modules are built with.
source_build_here() (
	cd "$1" || return
	local log=$new/build.log core=()
	# Debian's Makefile reads it, for modules too
	echo "override CC = $compiler" >.kernelvariables
	{
		make tinyconfig
		source_config >>.config
		make olddefconfig
	} >"$log" 2>&1 || die "$name: make olddefconfig failed: $(tail -n 1 "$log")"
	source_config_came_true
	# Races are looked for in modules alone: the core has its own, and those who know of them
	! grep -qx CONFIG_KCSAN=y .config || core=(KCSAN_SANITIZE=n)
	make -j"$(nproc)" "${core[@]}" bzImage modules >>"$log" 2>&1 ||
		die "$name: the build failed: $(grep -m 1 -E 'error|Error' "$log")"
	make modules_install INSTALL_MOD_PATH="$new" >>"$log" 2>&1
	# Not vmlinux, which QEMU enters at functions of 6.1 that KASAN's shadow is not
	# there for yet.
	cp arch/x86/boot/bzImage "$new/vmlinux"

	# 2 GB, of which modules want headers, scripts, and symbols for their addresses
	find . -mindepth 1 -maxdepth 1 -type d ! -name arch ! -name include ! -name scripts ! -name tools \
		-exec rm -rf {} +
	find arch -mindepth 1 -maxdepth 1 -type d ! -name x86 -exec rm -rf {} +
	find tools -mindepth 1 -maxdepth 1 -type d ! -name objtool -exec rm -rf {} +
	find . -name '*.[ao]' -delete
)

# source_build: sets release and kdir.
source_build() {
	local tree=usr/src/$image
	say "building $image $version (several minutes; $new/build.log tells)"
	mkdir -p "$new/usr/src"
	tar -C "$new/usr/src" -xf "$tarball"
	source_build_here "$new/$tree"
	release=$(cat "$new/$tree/include/config/kernel.release")
	rm -f "$new/lib/modules/$release/build" "$new/lib/modules/$release/source"
	kdir=$dir/$tree
}
