# SPDX-License-Identifier: GPL-2.0-only
# For people; the kernel's own build reads Kbuild and module/Kbuild.

.DEFAULT_GOAL := all

# KERNEL: a name of vm/kernels. Without it: the headers in KDIR.
KERNEL  ?=
KERNELS ?= $(or $(KERNEL),$(shell awk '!/^\#/ && NF && $$5 !~ /^(source|(cross|next)-.*)$$/ { print $$1 }' vm/kernels))
TESTS   ?=
STRATEGY ?= pagecache
KDIR    ?= /lib/modules/$(shell uname -r)/build
PREFIX  ?= /usr/local
CFLAGS  ?= -O2 -g
# empty: programs use shared libraries, as packages of distributions do
STATIC  ?= -static
V       ?= 0

Q      := $(if $(filter 1,$(V)),,@)
target := $(or $(KERNEL),host)
first  := $(firstword $(KERNELS))
# each is a suite; the rows are of the first one
strategies = $(shell tools/strategies --others)
# CROSS: the programs are for that architecture; WATCHED=asan or valgrind: that looks
# at what they do
build  := build$(CROSS:%=/cross-%)$(WATCHED:%=/%)
bin    := $(build)/bin
# valgrind needs other libraries, not other objects
obj    := $(build:%/valgrind=%)/obj
ko     := build/$(target)/mmapdemo.ko
ifneq ($(CROSS),)
CC         := tools/cross $(CROSS) gcc
PKG_CONFIG := tools/cross $(CROSS) pkg-config
endif
PKG_CONFIG ?= pkg-config
ifneq ($(WATCHED),)
STATIC :=
endif
ifeq ($(WATCHED),asan)
override CFLAGS += -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer
endif
export KDIR PREFIX DESTDIR INSTALL_MOD_PATH
# make that builds what several targets need, on all processors unless the user says how many
build_all = $(MAKE) --no-print-directory $(if $(filter -j%,$(MAKEFLAGS)),,-j$$(nproc))

## help: print this list
.PHONY: help
help:
	@sed -n 's/^## /  make /p' Makefile
	@echo
	@echo "  KERNEL=$(word 1,$(KERNELS))  a kernel of vm/kernels   KDIR=…  headers of your own"
	@echo "  KERNELS='…' TESTS='S5 V*' JOBS=2  what check runs, how many at once   V=1  show commands"

## all: build the module for the running kernel (or KERNEL=, KDIR=) and the programs
.PHONY: all
all: module programs

.PHONY: module
module:
	$(if $(filter-out host,$(target)),$(Q)tools/deps module)
	$(Q)tools/build $(target) $(if $(filter 1,$(V)),V=1)

### Programs: static, so that they run in any VM

examples := $(patsubst userspace/examples/%.c,%,$(wildcard userspace/examples/*.c))
row_objects := $(patsubst %.c,$(obj)/%.o,$(wildcard conformance/rows/*.c conformance/support/*.c))
# `mmapdemo conform` and mmapdemo-rows share the code that chooses and runs rows and shows results
front_sources := $(wildcard userspace/mmapdemo/conform/*.c userspace/mmapdemo/common/*.c)
front_texts := $(wildcard userspace/mmapdemo/conform/*.css userspace/mmapdemo/common/*.css)
warnings := -std=gnu11 -Wall -Wextra -Werror

.PHONY: programs rows
programs: $(examples:%=$(bin)/%) ; @:
rows: $(bin)/mmapdemo-rows ; @:

$(bin)/%: userspace/examples/%.c Makefile
	@mkdir -p $(@D) $(obj)/examples
	$(Q)$(CC) $(warnings) $(CFLAGS) -Iinclude/uapi -MMD -MP -MF $(obj)/examples/$*.d $(STATIC) -o $@ $< -pthread

$(obj)/tests/%.o: tests/%.c Makefile
	@mkdir -p $(@D)
	$(Q)$(CC) $(warnings) $(CPPFLAGS) $(CFLAGS) -Iconformance -Iinclude/uapi -MMD -MP -c -o $@ $<

$(obj)/conformance/%.o: conformance/%.c Makefile
	@mkdir -p $(@D)
	$(Q)$(CC) $(warnings) $(CPPFLAGS) $(CFLAGS) -Iconformance -Iinclude/uapi -MMD -MP -c -o $@ $<

$(bin)/mmapdemo-rows: $(row_objects) $(front_sources:%.c=$(obj)/%.o) $(front_texts:%=$(obj)/%.o)
	@mkdir -p $(@D)
	$(Q)$(CC) -static -o $@ $^ $$($(PKG_CONFIG) --static --libs check json-c liburing) -pthread

# The rows about the ABI between programs and the kernel, as a 32-bit program
# (created_limits.c has sizes that such a program cannot have)
rows32_sources := $(shell grep -lsE '^ROW(_EACH)?.(S[0-9]|C([178]|11|12),)' conformance/rows/*.c | grep -v /created_limits) \
	$(wildcard conformance/support/*.c) $(front_sources)
rows32_objects := $(rows32_sources:%.c=build/obj32/%.o)
rows32_texts := $(front_texts:%=build/obj32/%.o)

.PHONY: rows32
rows32: $(bin)/mmapdemo-rows32 ; @:

build/obj32/%.o: %.c Makefile
	@mkdir -p $(@D)
	$(Q)$(CC) -m32 -D_FILE_OFFSET_BITS=64 $(warnings) $(CFLAGS) -Iuserspace/mmapdemo -Iconformance \
		-Iinclude/uapi -MMD -MP -c -o $@ $<

$(rows32_texts): build/obj32/%.o: $(obj)/%.o
	@mkdir -p $(@D)
	$(Q)$(CC) -m32 $(warnings) $(CFLAGS) -c -o $@ $(obj)/$*.c

$(bin)/mmapdemo-rows32: $(rows32_objects) $(rows32_texts)
	@mkdir -p $(@D)
	$(Q)$(CC) -m32 -static -o $@ $^ -L$$(vm/foreign i386)/usr/lib/i386-linux-gnu -lcheck -lsubunit -ljson-c -lrt -lm -pthread

-include $(rows32_objects:.o=.d)

# Failures, one at a time, for debug kernels
fail_nth_objects := $(patsubst %.c,$(obj)/%.o,$(wildcard tests/fail_nth/*.c))

.PHONY: fail-nth
fail-nth: $(bin)/mmapdemo-fail-nth ; @:

$(bin)/mmapdemo-fail-nth: $(fail_nth_objects)
	@mkdir -p $(@D)
	$(Q)$(CC) -static -o $@ $^

-include $(fail_nth_objects:.o=.d)

# The command: the rows, aimed at anything
version := $(shell sed -n 's/^PACKAGE_VERSION="\(.*\)"/\1/p' dkms.conf)
texts := $(wildcard userspace/mmapdemo/*/*.css userspace/mmapdemo/*/*.js)
command_objects := $(patsubst %.c,$(obj)/%.o,$(filter-out userspace/mmapdemo/conform/main.c, \
	$(wildcard userspace/mmapdemo/*.c userspace/mmapdemo/*/*.c))) $(texts:%=$(obj)/%.o) $(row_objects)

.PHONY: command
command: $(bin)/mmapdemo ; @:

$(obj)/userspace/mmapdemo/%.o: userspace/mmapdemo/%.c Makefile dkms.conf
	@mkdir -p $(@D)
	$(Q)$(CC) $(warnings) $(CPPFLAGS) $(CFLAGS) -DMMAPDEMO_VERSION='"$(version)"' \
		-Iuserspace/mmapdemo -Iconformance -Iinclude/uapi \
		$(if $(filter $(front_sources),$<),,$$($(PKG_CONFIG) --cflags libtracefs)) -MMD -MP -c -o $@ $<

# Styles and scripts as strings, without what stands before their first empty line: page.css is page_css
$(texts:%=$(obj)/%.o): $(obj)/%.o: % Makefile
	@mkdir -p $(@D)
	$(Q){ echo 'const char $(subst .,_,$(notdir $*))[] ='; \
		sed -e '1,/^$$/d' -e 's/[\"]/\\&/g' -e 's/.*/"&\\n"/' $<; echo ';'; } >$(@:.o=.c)
	$(Q)$(CC) $(warnings) $(CPPFLAGS) $(CFLAGS) -c -o $@ $(@:.o=.c)

$(bin)/mmapdemo: $(command_objects)
	@mkdir -p $(@D)
	$(Q)$(CC) $(CFLAGS) $(STATIC) $(LDFLAGS) -o $@ $^ \
		$$($(PKG_CONFIG) $(STATIC:-%=--%) --libs check json-c libtracefs liburing) -lm -pthread

# The fuzzer
fuzz_objects := $(patsubst %.c,$(obj)/%.o,$(wildcard tests/fuzz/*.c)) $(obj)/conformance/support/contents.o
twins_objects := $(patsubst %.c,$(obj)/%.o,$(wildcard tests/fuzz/created/*.c)) $(obj)/conformance/support/pass.o

.PHONY: fuzz
fuzz: $(bin)/mmapdemo-fuzz $(bin)/mmapdemo-fuzz-created ; @:

$(bin)/mmapdemo-fuzz-created: $(twins_objects)
	@mkdir -p $(@D)
	$(Q)$(CC) -static -o $@ $^

$(bin)/mmapdemo-fuzz: $(fuzz_objects)
	@mkdir -p $(@D)
	$(Q)$(CC) -static -o $@ $^ -pthread

# The comparison of the device with a memfd and a file on tmpfs
beside_objects := $(patsubst %.c,$(obj)/%.o,$(wildcard tests/beside/*.c))

.PHONY: beside
beside: $(bin)/mmapdemo-beside ; @:

$(bin)/mmapdemo-beside: $(beside_objects)
	@mkdir -p $(@D)
	$(Q)$(CC) -static -o $@ $^ $$($(PKG_CONFIG) --static --libs liburing)

-include $(beside_objects:.o=.d)
-include $(fuzz_objects:.o=.d) $(twins_objects:.o=.d)

# The storm, and the program that looks for lost bytes in it
storm_objects := $(patsubst %.c,$(obj)/%.o,$(wildcard tests/storm/*.c)) \
	$(patsubst %,$(obj)/conformance/support/%.o,pass text)
bytes_objects := $(patsubst %.c,$(obj)/%.o,$(wildcard tests/storm/bytes/*.c)) $(obj)/conformance/support/contents.o

.PHONY: storm-programs
storm-programs: $(bin)/mmapdemo-storm $(bin)/mmapdemo-bytes ; @:

$(bin)/mmapdemo-storm: $(storm_objects)
	@mkdir -p $(@D)
	$(Q)$(CC) -static -o $@ $^

$(bin)/mmapdemo-bytes: $(bytes_objects)
	@mkdir -p $(@D)
	$(Q)$(CC) -static -o $@ $^

-include $(storm_objects:.o=.d) $(bytes_objects:.o=.d)
-include $(command_objects:.o=.d)
-include $(row_objects:.o=.d) $(obj)/userspace/mmapdemo/conform/main.d $(examples:%=$(obj)/examples/%.d)

### The VM

## demo: boot a kernel, load the module and show the tour (STRATEGY=pfn: that strategy's story)
.PHONY: demo
demo:
	$(Q)tools/deps demo
	$(Q)$(build_all) programs command
ifeq ($(STRATEGY),pagecache)
	$(Q)vm/run -k $(or $(KERNEL),$(first)) -f $(bin)/mmapdemo \
		-o /tour.html:build/tour.html -- /mmapdemo tour --html /tour.html
	@echo; echo "The same as a page, to be opened in a browser: $(CURDIR)/build/tour.html"
else
	$(Q)vm/run -k $(or $(KERNEL),$(first)) -p 'strategies=$(STRATEGY)' \
		$(examples:%=-f $(bin)/%) -f userspace/examples/story.sh -- \
		/story.sh / /dev/mmapdemo-$(STRATEGY)
endif

## check: test the first kernel: rows, the command, a short fuzz, style; or choose KERNELS= TESTS=
# TESTS alone is for all kernels, KERNELS alone for all suites
picked := $(filter-out file,$(origin KERNELS))$(TESTS)
.PHONY: check check-all
check: $(if $(picked),check-all)
ifeq ($(picked),)
	$(Q)tools/deps check style
	$(Q)$(build_all) programs rows command fuzz
	$(Q)tests/check '$(first)' 'rows lifecycle command fuzz-short style'
endif

# tests of the contract alone need neither a browser nor the programs of other suites
only_rows := $(and $(TESTS),$(if $(filter-out S% V% M% C%,$(TESTS)),,1))

## check-all: run the rows on each kernel, all suites on the oldest and the newest; each change must pass
check-all:
	$(Q)tests/check --list '$(KERNELS)' >/dev/null
	$(Q)tools/deps $(if $(only_rows),rows,check browser lint)
	$(Q)$(build_all) rows $(if $(only_rows),,programs rows32 command fuzz beside storm-programs)
	$(Q)tests/check '$(KERNELS)' '$(TESTS)'

## check-slow: run the targets below that look for mistakes, other architectures, packages, a storm (hours)
slow := check-between check-tools check-languages check-debug check-kcsan check-mutants check-arm64 check-ppc64el check-i386 check-package check-sandbox check-lab storm
.PHONY: check-slow
check-slow:
	@bad=; for target in $(slow); do \
		echo "make $$target"; \
		$(MAKE) --no-print-directory $$target || bad="$$bad $$target"; \
		rm -rf build/slow/$$target; mkdir -p build/slow; \
		[ ! -d build/results ] || mv build/results build/slow/$$target; \
	done; \
	[ -z "$$bad" ] || { echo "failed:$$bad (results: build/slow)"; exit 1; }

## check-between: run on the kernels between what check-all runs on the oldest and the newest
.PHONY: check-between
check-between:
	$(Q)tools/deps check
	$(Q)$(build_all) rows rows32 command fuzz
	$(Q)tests/check "$$(bash -c '. vm/lib.sh && distinct_kernels | sed "1d;\$$d" | paste -sd" "')" 'fuzz lifecycle late-load fixed drivers importers rows32 templates'

## check-tools: test the test tools, docs/matrix.md, older programs and packages; run sanitizers
.PHONY: check-tools
check-tools:
	$(Q)tools/deps check deb lint recipes
	$(Q)$(build_all) programs rows command fuzz beside storm-programs
	$(Q)tests/check '$(first)' 'self-fuzz self-storm self-vm mistakes analysis contention sanitize matrix grown deb recipes site'

## check-languages: build the programs of docs/languages.md and run them (C, C++, Python, Rust, Go, Java, Node.js)
.PHONY: check-languages
check-languages:
	$(Q)tools/deps check languages
	$(Q)$(build_all) command
	$(Q)tests/check '$(first)' languages

## check-lab: boot the kernel of lab-kernel in a browser, and use the module there
.PHONY: check-lab
check-lab:
	$(Q)tools/deps check browser lab
	$(Q)tests/check '$(first)' lab

## check-sandbox: run all short sequences of operations on the oldest and the newest kernel, and in lab/
.PHONY: check-sandbox
check-sandbox:
	$(Q)tools/deps check browser lab
	$(Q)tests/check '$(sort $(first) $(lastword $(filter-out %-mmap,$(KERNELS))))' sandbox

## fetch: download all that check-all needs, to work without a network (KERNELS='debug-6.1 arm64-6.1')
.PHONY: fetch
fetch:
	$(Q)tools/deps check browser deb docs lint
	$(Q)tools/fetch $(KERNELS)

## soak: run the fuzzer for T=1h (m, s) from SEED=: nine tenths against its model, the rest in parallel
.PHONY: soak
soak:
	$(Q)tools/deps check
	$(Q)$(build_all) fuzz
	$(Q)tests/fuzz/soak $(or $(KERNEL),$(first)) $(or $(T),1h) $(SEED)

## storm: run rows, bytes and the model for T=1h while the kernel moves, splits and reclaims their memory
.PHONY: storm
storm:
	$(Q)tools/deps check
	$(Q)$(build_all) rows fuzz storm-programs
	$(Q)tests/storm/long $(or $(KERNEL),$(first)) $(or $(T),1h) $(SEED)

## check-debug: run the tests on a kernel with KASAN, lockdep and kmemleak; fail each allocation; coverage
# those that `make check` leaves out, whose names begin with what they are for; or KERNELS=
kernels_or = $(if $(filter file,$(origin KERNELS)),$(shell awk '!/^\#/ && $$1 ~ /^$1-/ { print $$1 }' vm/kernels),$(KERNELS))
.PHONY: check-debug
check-debug:
	$(Q)tools/deps check debug
	$(Q)$(build_all) programs rows rows32 command fuzz beside fail-nth
	$(Q)tests/check '$(call kernels_or,debug)' '$(or $(TESTS),catches fail-nth fail-nth-others rows small rows32 lifecycle fixed prealloc \
		$(strategies) fuzz command coverage)'

## check-kcsan: run rows, strategies and the fuzzer on a kernel with KCSAN, which finds data races
.PHONY: check-kcsan
check-kcsan:
	$(Q)tools/deps check debug
	$(Q)$(build_all) rows rows32 fuzz
	$(Q)tests/check '$(call kernels_or,kcsan)' '$(or $(TESTS),catches rows $(strategies) fuzz)'

## check-arm64: run rows, strategies, fuzzer and load cycles on arm64, with pages of 4 and of 16 KiB
## check-ppc64el: run the same on ppc64el, with pages of 64 KiB
## check-i386: run rows and fuzzer on i386, with highmem
.PHONY: check-arm64 check-ppc64el check-i386
check-arm64 check-ppc64el check-i386: check-%:
	$(Q)tools/deps $*
	$(Q)$(build_all) CROSS=$* rows fuzz
	$(Q)tests/check '$(call kernels_or,$*)' \
		'$(or $(TESTS),rows $(if $(filter-out i386,$*),lifecycle $(strategies)) fuzz)'

## check-next: run the rows on the newest kernels of Debian sid and experimental, which it fetches
.PHONY: check-next
check-next:
	$(Q)tools/deps check
	$(Q)tools/next $(call kernels_or,next)
	$(Q)$(build_all) rows
	$(Q)tests/check '$(call kernels_or,next)' '$(or $(TESTS),rows lifecycle)'

## check-mutants: make classic mistakes one by one, and check that a test notices each (MUTANTS='1[7-9]-*')
.PHONY: check-mutants
check-mutants:
	$(Q)tools/deps check debug
	$(Q)$(build_all) rows
	$(Q)MUTANTS_DEBUG=1 tests/check '$(first)' mutants

## check-selftests: run the kernel's own tests that can be aimed at a device
.PHONY: check-selftests
check-selftests:
	$(Q)tools/deps check
	$(Q)tests/selftests $(KERNELS)

## docs: write the documentation as HTML pages, which need no server, to build/site
.PHONY: docs
docs:
	$(Q)tools/deps docs
	$(Q)tools/docs/site/make build/site
	@echo "The documentation, to be opened in a browser: $(CURDIR)/build/site/index.html"

## lab: write the sandbox, a page with two processes and four pages, to build/lab
.PHONY: lab
lab:
	$(Q)lab/make build/lab
	@echo "The sandbox, to be opened in a browser: $(CURDIR)/build/lab/sandbox.html"

## lab-kernel: build a page in which Linux runs with the module, and serve it to this machine alone
.PHONY: lab-kernel lab-kernel-build
lab-kernel-build: lab
	$(Q)tools/deps i386 lab
	$(Q)$(build_all) CROSS=i386 command
	$(Q)lab/kernel/make build/lab
lab-kernel: lab-kernel-build
	$(Q)echo "Ctrl-C ends this. The kernel's page is in kernel/, the sandbox is sandbox.html:"
	$(Q)node lab/kernel/serve.mjs build/lab

## docs-mutants: write docs/mutants.md anew, from the heads of the patches
.PHONY: docs-mutants
docs-mutants:
	$(Q)tests/mutants/stories >docs/mutants.md

## docs-matrix: write docs/matrix.md anew: the device and its peers, on each kernel
.PHONY: docs-matrix
docs-matrix:
	$(Q)tools/deps check
	$(Q)$(build_all) command
	$(Q)tools/matrix/run

## docs-contract: write docs/contract.md anew, from the results of check for all kernels and strategies
.PHONY: docs-contract
docs-contract:
	$(Q)tools/docs/contract build/results docs

## tutorial: build, boot and test a step of docs/tutorial.md (STEP=1 to 9)
.PHONY: tutorial
tutorial:
	$(Q)tools/deps check
	$(Q)$(build_all) command
	$(Q)tools/tutorial/run $(or $(KERNEL),$(first)) '$(STEP)'

## template: copy, build, boot and test a driver of templates/ (NAME=mydrv FROM=insert DIR=…)
.PHONY: template
template:
	$(Q)tools/template/new '$(NAME)' '$(FROM)' $(if $(DIR),'$(DIR)')
	$(Q)tools/deps check
	$(Q)$(build_all) command
	$(Q)tools/template/run $(if $(ROWS),-r '$(ROWS)') $(or $(KERNEL),$(first)) '$(FROM)' '$(or $(DIR),../$(NAME))'

## conform: build, boot and test a driver of yours on each kernel (MODULE=../mydrv PARAMS='…' DEV=…)
# NAME: the module to load; MAKE_ARGS: for its build; ARGS, FILES: for mmapdemo conform; BASELINE
.PHONY: conform
conform:
	$(Q)tools/deps conform
	$(Q)$(build_all) command
	$(Q)tools/conform/run $(if $(PARAMS),-p '$(PARAMS)') $(if $(DEV),-d '$(DEV)') $(if $(NAME),-n '$(NAME)') \
		$(if $(MAKE_ARGS),-m '$(MAKE_ARGS)') $(if $(ARGS),-a '$(ARGS)') $(if $(FILES),-f '$(FILES)') \
		$(if $(BASELINE),-b '$(BASELINE)') '$(MODULE)' \
		$(or $(if $(filter-out file,$(origin KERNELS)),$(KERNELS)),$(filter-out %-mmap,$(KERNELS)))

## bench: measure the cost of mapping in instructions, on each kernel (BENCH_ARGS='--works cow')
.PHONY: bench bench-strategies docs-performance
bench:
	$(Q)tools/deps check
	$(Q)$(build_all) command
	$(Q)tools/bench '$(if $(filter file,$(origin KERNELS)),,$(KERNELS))' $(BENCH_ARGS)

## bench-strategies: measure all strategies side by side
bench-strategies:
	$(Q)tools/deps check
	$(Q)$(build_all) command
	$(Q)tools/bench --strategies '$(if $(filter file,$(origin KERNELS)),,$(KERNELS))' $(BENCH_ARGS)

# A plugin of the emulator
$(build)/contention/meter.so: $(wildcard tools/contention/*.[ch]) userspace/mmapdemo/bench/meter.h Makefile
	@mkdir -p $(@D)
	$(Q)$(CC) $(warnings) $(CFLAGS) -fPIC -shared -fvisibility=hidden -Iuserspace/mmapdemo -o $@ $(filter %.c,$^)

## bench-contention: count stores to cache lines that 1 to 16 processors share (BENCH_ARGS='--works cow')
.PHONY: meter bench-contention
meter: build/contention/meter.so ; @:
bench-contention: meter
	$(Q)tools/deps check
	$(Q)$(build_all) command
	$(Q)tools/contention/run '$(if $(filter file,$(origin KERNELS)),,$(KERNELS))' $(BENCH_ARGS)

## bench-host: measure 1, 2, 4 and more processors of this machine at once; loads no module (BENCH_ARGS=)
.PHONY: bench-host
bench-host:
	$(Q)tools/deps bench
	$(Q)$(build_all) command
	$(Q)tools/bench-host $(BENCH_ARGS)

## docs-performance: write the tables of docs/performance.md, choosing.md and contention.md anew from these
docs-performance:
	$(Q)tools/docs/performance build/bench docs/performance.md
	$(Q)tools/docs/performance build/bench/strategies docs/choosing.md choosing
	$(Q)tools/contention/table --document docs/contention.md build/bench/contention/*.jsonl

## shell: open a shell in the VM, with the module loaded and the programs in / (mmapdemo tour --step)
.PHONY: shell
shell:
	$(Q)tools/deps demo
	$(Q)$(build_all) programs command
	$(Q)vm/run -k $(or $(KERNEL),$(first)) $(examples:%=-f $(bin)/%) \
		-f $(bin)/mmapdemo:/bin/mmapdemo -t 86400 -i || [ $$? -lt 96 ]

### This machine

## load: load the module into the running kernel (PARAMS='size=64M')
.PHONY: load unload
load:
	$(Q)packaging/host load $(PARAMS)

## unload: remove the module from the running kernel
unload:
	$(Q)packaging/host unload

## sign: sign the built module (KERNEL=) with KEY= and its CERT=, for Secure Boot
.PHONY: sign
sign:
	$(Q)packaging/sign '$(target)' '$(KEY)' '$(CERT)'

## install: install the module for the running kernel, programs, command, manual (DESTDIR=, PREFIX=)
.PHONY: install install-command uninstall
install: all command
	$(Q)packaging/host install

## install-command: install the command alone, with its manual and completion
install-command: command
	$(Q)packaging/host install-command

## uninstall: remove the files that install and install-command installed
uninstall:
	$(Q)packaging/host uninstall

### Packages

## deb: build Debian packages in build/deb: mmapdemo-dkms, mmapdemo, mmapdemo-dev
.PHONY: deb
deb:
	$(Q)tools/deps deb
	$(Q)packaging/deb build/deb

## check-package: test those packages in a whole Debian: install, boot, upgrades, removal
.PHONY: check-package
check-package:
	$(Q)tools/deps check deb
	$(Q)tests/package/check $(or $(SUITES),bookworm trixie)

## check-hosts: run `make demo` and a part of `make check` on bare Debian releases, in chroots (HOSTS='trixie sid bookworm')
.PHONY: check-hosts
check-hosts:
	$(Q)tests/hosts/check $(or $(HOSTS),trixie sid bookworm)

### Tidiness

## new-row: write the beginning of a row, which fails until it is complete (ID=M1 NAME=some_name)
.PHONY: new-row
new-row:
	$(Q)tools/new-row '$(ID)' '$(NAME)'

## style: check formatting, static analysis, shell scripts, and that no file exceeds 24 KiB
.PHONY: style
style:
	$(Q)tools/deps style
	$(Q)tools/lint/run style build

## lint: run style and a build for all kernels, checkpatch, coccicheck, kernel-doc, gcc's analyzer, clang-tidy
.PHONY: lint
lint:
	$(Q)tools/deps lint
	$(Q)tools/lint/run style build:all kernel coccinelle programs red

## clean: remove build/
.PHONY: clean
clean:
	$(Q)rm -rf build
