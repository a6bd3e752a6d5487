# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# Shows that each check fails where it should, and says why, in a tree with one mistake
# for each.

: "${lint?}" "${dir?}" "${kernel?}"

for name in style build kernel coccinelle programs; do
	# shellcheck source=/dev/null
	. "$lint/$name.sh"
done

bad_tree() {
	mkdir -p "$dir/bad/module" "$dir/bad/userspace" "$dir/bad/include/uapi/linux" && cd "$dir/bad" &&
		git init -q . || return
	echo 'obj-m += module/' >Kbuild
	echo 'obj-m := bad.o' >module/Kbuild
	cat >module/bad.c <<-'C'
		// SPDX-License-Identifier: GPL-2.0-only
		#include <linux/module.h>
		#include <linux/slab.h>
		#include <linux/version.h>

		/**
		 * bad_load() - reads a user's memory as if it were ours
		 */
		int bad_load(int __user *from)
		{
			int unset_is_used = LINUX_VERSION_CODE;

			return *from;
		}

		void bad_release(int *p)
		{
			if(!p)
				*p = 1;
			kfree(p);
			*p = 2;
		}

		MODULE_LICENSE("GPL");
	C
	cat >userspace/bad.c <<-'C'
		#include <string.h>
		int main(int argc, char **argv)
		{
		  char *p = strdup(argv[argc - 1]);
		  return p[0] == 'x';
		}
	C
	mkdir conformance
	echo 'int nobody_calls_it(void);' >conformance/bad.h
	echo 'int nobody_calls_this(void);' >userspace/bad.h
	mkdir module/core module/lab &&
		echo '#include "lab/above.h"' >module/core/below.c &&
		echo '#include "around.h"' >module/lab/above.h &&
		echo '#include "above.h"' >module/lab/around.h || return
	echo 'p { color: }}' >userspace/bad.css
	echo 'const a = [1, 2;' >userspace/bad.js
	echo 'a line ends in a blank ' >blank
	echo 'What cannot be read is a subject without a noun.' >page.md
	# shellcheck disable=SC2016 # it is the text of a script
	printf '%s\n' '# as tests/tap.sh has it' '. "$top/tests/tap.sh"' >sources.sh
	echo '#include "../tests/number.h"' >conformance/includes.c
	# shellcheck disable=SC2016 # it is for the script
	printf '#!/bin/bash\nrm $1/*\n' >bad.sh
	cp module/bad.c module/core/compat.h
	cp module/bad.c module/trace.h
	cp module/bad.c include/uapi/linux/mmapdemo.h
	head -c 30000 /dev/zero | tr '\0' x >long
	mkdir -p "$dir/out"
}

# red PATTERN FUNCTION [ARGUMENT]...: it fails, and says that
red() {
	local pattern=$1 said tree=$dir/bad out=$dir/out
	shift
	cd "$tree" || return
	said=$("$@" 2>&1) && { echo "passes"; return 1; }
	has "$said" "$pattern"
}

# The same tree without the include that runs upward.
layers_circle() {
	rm module/core/below.c && layers
}

# What those of `build' read
bad_build() {
	# shellcheck disable=SC2034 # module_build reads it
	local tree=$dir/bad out=$dir/out
	module_build "$kernel"
}

red_checks() {
	check "red.a tree of mistakes" bad_tree
	check "red.SPDX" red bad.sh spdx
	check "red.blanks" red blank: whitespace
	check "red.prose" red page.md:1:.begins.with.a.bare.clause prose
	check "red.prose, of comments" red ours.*a.user.s.memory prose
	check "red.length" red long length
	check "red.versions" red LINUX_VERSION_CODE versions
	check "red.the tests, sourced" red sources.sh:2: apart
	check "red.the tests, included" red conformance/includes.c:1: apart
	check "red.called" red nobody_calls_it called
	check "red.called, userspace" red nobody_calls_this called
	check "red.layers, upward" red module/core.must.not.include.module/lab/above.h layers
	check "red.layers, in a circle" red module/lab/above layers_circle
	check "red.clang-format" red clang-format-violations formatted
	check "red.esbuild, styles" red bad.css pages
	check "red.esbuild, scripts" red bad.js pages
	check "red.shellcheck" red SC2086 shells
	check "red.its module" bad_build
	check "red.sparse" red dereference.of.noderef sparse_silent "$kernel"
	check "red.gcc" red Wunused-variable gcc_silent "$kernel"
	check "red.gcc -fanalyzer, module" red Wanalyzer-null-dereference analyzer_silent "$kernel"
	check "red.checkpatch" red SPACING checkpatch
	check "red.checkpatch, the ABI" red SPACING checkpatch_uapi
	check "red.checkpatch, compat.h" red SPACING checkpatch_compat
	check "red.checkpatch, trace.h" red SPACING checkpatch_trace
	check "red.kernel-doc" red Function.parameter.*from kernel_doc
	check "red.coccicheck" red reference.preceded.by.free coccicheck coccinelle/free/kfree.cocci
	check "red.gcc -fanalyzer, programs" red analyzer-possible-null gcc_analyzer
	check "red.clang-tidy" red clang-analyzer-unix.Malloc clang_tidy
}
