# SPDX-License-Identifier: GPL-2.0-or-later
# `make help` lists the targets. O=DIR builds elsewhere, V=1 shows the commands,
# WERROR=0 is for packagers, SAN=address,undefined (or thread) for the checks.

O      ?= build/out
ifeq ($(origin CC),default)
CC = gcc
endif
AR     ?= ar
WERROR ?= 1
SAN    ?=
# Bytes of each of the three reserved areas (text, read-only, data) in a program that links libsandbox.
SANDBOX_ALLOC ?= 1048576
PREFIX ?= /usr/local
BINDIR ?= $(PREFIX)/bin
MANDIR ?= $(PREFIX)/share/man
CFLAGS ?= -O2 -g

.DELETE_ON_ERROR:
.SUFFIXES:
MAKEFLAGS += --no-builtin-rules

ifeq ($(V),1)
msg =
Q =
else
msg = @printf '  %-4s %s\n' '$(1)' '$(2)';
Q = @
endif

WARN := -Wall -Wextra -Wformat=2 -Wshadow -Wundef -Wvla -Wpointer-arith -Wcast-qual \
	-Wwrite-strings -Wstrict-prototypes -Wmissing-prototypes -Wold-style-definition \
	-Wredundant-decls -Wswitch-enum -Wconversion -Wno-sign-conversion -Wnull-dereference \
	-Wdate-time -Wno-missing-field-initializers
ifeq ($(shell $(CC) --version 2>/dev/null | grep -c clang),0)
WARN += -Wlogical-op -Wduplicated-cond -Wduplicated-branches -Warith-conversion \
	-Wjump-misses-init -Wimplicit-fallthrough=5 -Wtrampolines
endif
HARDEN := -fno-common -fvisibility=hidden -fno-strict-aliasing -fstack-protector-strong \
	-fstack-clash-protection -fcf-protection=full
ifeq ($(SAN),)
HARDEN += -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=2
else
HARDEN += -fsanitize=$(SAN) -fno-omit-frame-pointer -fno-sanitize-recover=all
endif
LP_CFLAGS = -std=gnu11 -D_GNU_SOURCE -I. -I$(O) -ffile-prefix-map=$(CURDIR)=. $(WARN) $(HARDEN) \
	$(if $(filter 1,$(WERROR)),-Werror) -MMD -MP
LP_LDFLAGS = $(if $(SAN),-fsanitize=$(SAN)) -Wl,--build-id=sha1
LP_LIBS := -ldw -lelf -lz -lyaml -lsodium -lZydis -lZycore

TOOLS := $(patsubst %/main.c,%,$(wildcard $(addsuffix /main.c,create-diff-object extract-patch lpbuild raxlpxs)))
objs = $(patsubst %.c,$(O)/%.o,$(wildcard $(1)/*.c))
no_main = $(filter-out %/main.o,$(call objs,$(1)))

PROGRAMS := $(TOOLS:%=$(O)/bin/%)
UNIT := $(patsubst tests/unit/%.c,$(O)/tests/%,$(wildcard tests/unit/test_*.c))
HELPERS := $(patsubst tests/helpers/%.c,$(O)/tests/%,$(wildcard tests/helpers/*.c))
UNIT_RT := $(filter $(O)/tests/test_rt_%,$(UNIT))
FUZZ := $(patsubst tests/fuzz/%.c,$(O)/%,$(wildcard tests/fuzz/fuzz_*.c))

.PHONY: all tools runtime unit unit-rt clean help install uninstall
all: tools runtime
tools: $(PROGRAMS)
runtime: $(O)/libsandbox.a $(O)/libsandbox-qemu.a
unit: $(UNIT) $(HELPERS)
unit-rt: $(UNIT_RT)

help:
	@sed -n 's/^## //p' $(MAKEFILE_LIST)

## make              the tools and the runtime, under build/out
## make demo         live-patch a real QEMU with a running guest (TARGET=mini: the embedded example)
## make bench        measure what docs/benchmarks.md states
## make gauntlet     live-patch a running QEMU with 97 real fixes (ONLY="ID ..."); it resumes
## make check        all tests; ends with "N passed, N failed"
## make soak         the long versions of some tests, some hours
## make check-xen    live-patch the real Xen in QEMU (downloads 100 MB of packages, once)
## make unit         build the unit tests, under build/out/tests
## make fuzz         build the fuzz targets, under build/out/fuzz
## make fuzz-run     run each of them for SECONDS=60
## make analyze      clang-tidy over everything
## make format       clang-format over everything
## make install      PREFIX, DESTDIR, BINDIR, MANDIR as usual; make uninstall takes it out
## make help         this list
## make clean        remove what was built (not the cached QEMU)

$(O)/%.o: %.c | $(O)/version.h
	@mkdir -p $(@D)
	$(call msg,CC,$<)$(CC) $(LP_CFLAGS) $(CFLAGS) -c -o $@ $<

# The runtime goes into other people's programs: its own flags, kept small.
# -fno-plt: no call may enter the dynamic linker, and take its lock, while threads are stopped.
RUNTIME_CFLAGS = -fPIE -fno-plt -DSANDBOX_ALLOC=$(SANDBOX_ALLOC)
$(O)/runtime/%.o: LP_CFLAGS += $(RUNTIME_CFLAGS) -include runtime/member.h
$(O)/runtime/info.o: LP_CFLAGS += -DSANDBOX_CFLAGS='"$(strip $(CFLAGS) $(RUNTIME_CFLAGS))"'

# Those who sign or store and those who verify or read find things with the same code.
$(O)/liblp.a: $(call objs,lib) $(addprefix $(O)/runtime/,signature.o stored.o whole.o error.o)
$(O)/lib%.a:
	$(call msg,AR,$@)rm -f $@ && $(AR) Dcr $@ $^

# Each object of the runtime says that it is one (runtime/member.h).
$(call objs,runtime) $(call objs,runtime/qemu): runtime/member.h

# The signature library goes in as one object that shows one name: no program can collide with it.
RUNTIME_OBJS := $(filter-out %/ed25519.o,$(call objs,runtime)) $(O)/runtime/verify.o
$(O)/runtime/verify.o: $(O)/runtime/ed25519.o
	$(call msg,LD,$@)$(CC) -r -nostdlib -o $@ $< -l:libsodium.a && objcopy -G sb_ed25519_verify $@

# The listener's code and constants get sections of their own: they are not kept in memory while nobody
# is connected (runtime/idle.h).
CONSTANTS := .rodata $(addprefix .rodata.,cst4 cst8 cst16 str1.1 str1.8 str1.16)
IDLE := .text=sandbox_code .text.unlikely=sandbox_code $(CONSTANTS:%=%=sandbox_rodata)
$(O)/libsandbox.a: $(RUNTIME_OBJS)
	$(call msg,AR,$@)rm -f $@ && $(AR) Dcr $@ $^ && objcopy -D $(IDLE:%=--rename-section %) $@
$(O)/libsandbox-qemu.a: $(O)/libsandbox.a $(call objs,runtime/qemu)
	$(call msg,AR,$@)cp $< $@ && $(AR) Dr $@ $(filter %.o,$^)

# review/ shows a finished patch; it knows the executable as extract-patch does.
LIBS_lpbuild = review extract-patch
LIBS_raxlpxs = review extract-patch

define tool_rules
$(O)/lib$(1).a: $(call no_main,$(1))
$(O)/bin/$(1): $(O)/$(1)/main.o $(O)/lib$(1).a $(LIBS_$(1):%=$(O)/lib%.a) $(O)/liblp.a
endef
$(O)/libreview.a: $(call objs,review)
$(foreach t,$(TOOLS),$(eval $(call tool_rules,$(t))))

# A unit test, fuzz target or helper of a script links the parts whose headers it includes.
using = $(patsubst tests/fuzz/%.c,$(O)/%,$(patsubst tests/helpers/%.c,$(O)/tests/%,$(patsubst \
	tests/unit/%.c,$(O)/tests/%,$(shell grep -ls '"$(1)/' tests/unit/test_*.c tests/fuzz/fuzz_*.c \
	tests/helpers/*.c))))
$(call using,review): $(O)/libreview.a $(O)/libextract-patch.a
$(foreach t,$(TOOLS),$(eval $(call using,$(t)): $(O)/lib$(t).a))
$(call using,runtime): $(O)/libsandbox.a
$(UNIT) $(HELPERS) $(FUZZ): $(O)/liblp.a

$(PROGRAMS):
	@mkdir -p $(@D)
	$(call msg,LD,$@)$(CC) $(LP_LDFLAGS) $(LDFLAGS) -o $@ $^ $(LP_LIBS)

$(UNIT): $(O)/tests/%: $(O)/tests/unit/%.o
	@mkdir -p $(@D)
	$(call msg,LD,$@)$(CC) $(LP_LDFLAGS) $(LDFLAGS) -o $@ $^ $(LP_LIBS) -lcmocka -ldl

$(HELPERS): $(O)/tests/%: $(O)/tests/helpers/%.o
	@mkdir -p $(@D)
	$(call msg,LD,$@)$(CC) $(LP_LDFLAGS) $(LDFLAGS) -o $@ $^ $(LP_LIBS)

# Version, revision and date come from git and SOURCE_DATE_EPOCH, never from the clock.
$(O)/version.h: lib/version.sh $(wildcard .git/HEAD .git/logs/HEAD)
	@mkdir -p $(@D)
	$(call msg,GEN,$@)sh lib/version.sh >$@

# ---- checks: each flavour of the build is this Makefile again, in a folder of its own ----

SECONDS ?= 60
again = +$(Q)$(MAKE) --no-print-directory $(if $(findstring -j,$(MAKEFLAGS)),,-j$(shell nproc))
C_FILES = $(shell git ls-files '*.c' '*.h')
# Tests that say "# sanitize: yes" are run a second time with the sanitized tools.
E2E := $(wildcard tests/e2e/*.sh)
E2E_SAN = $(if $(E2E),$(shell grep -lx '. sanitize: yes' $(E2E)))
TESTS = $(filter-out %/lib.sh,$(wildcard tests/lint/*.sh)) $(UNIT) $(UNIT:$(O)/%=build/clang/%) $(UNIT:$(O)/%=build/asan/%) \
	$(UNIT_RT:$(O)/%=build/tsan/%) $(FUZZ:$(O)/%="tests/fuzz/run 5 $(O)/fuzz/%") $(E2E_SAN:%="BIN=build/asan/bin %") $(E2E)

.PHONY: check soak check-xen demo bench gauntlet fuzz fuzz-programs fuzz-run analyze format
check:
	$(Q)scripts/deps.sh check
	$(again) all unit
	$(again) O=build/clang CC=clang all unit
	$(again) O=build/asan SAN=address,undefined tools unit
	$(again) O=build/tsan SAN=thread unit-rt
	$(again) fuzz
	$(Q)BIN=$(O)/bin tests/run -o $(O)/test-logs $(TESTS)

# What they have measured, rows for docs/benchmarks.md, comes behind.
soak:
	$(Q)scripts/deps.sh check
	$(again) all unit fuzz
	$(Q)BIN=$(O)/bin tests/run -o $(O)/test-logs $(wildcard tests/soak/*.sh); status=$$?; \
		sed -n 's/^# |/|/p' $(O)/test-logs/tests_soak_*.tap; exit $$status

check-xen: tools
	$(Q)scripts/deps.sh check
	$(Q)BIN=$(O)/bin tests/run -o $(O)/test-logs tests/e2e/xen-refusals.sh tests/e2e/xen.sh

demo:
	$(Q)scripts/demo.sh
bench: all $(HELPERS)
	$(Q)BIN=$(O)/bin tests/bench/mini.sh
	$(Q)BIN=$(O)/bin tests/bench/qemu-pause.sh
	$(Q)BIN=$(O)/bin tests/bench/idle.sh
	$(Q)BIN=$(O)/bin tests/bench/fleet.sh
	$(Q)BIN=$(O)/bin tests/bench/qemu.sh
	$(Q)BIN=$(O)/bin tests/bench/pinning.sh
	$(Q)BIN=$(O)/bin tests/bench/lines.sh
	$(Q)BIN=$(O)/bin tests/bench/lines.sh clang
	$(Q)BIN=$(O)/bin tests/bench/diff.sh
	$(Q)BIN=$(O)/bin tests/bench/payloads.sh
gauntlet: all
	$(Q)scripts/deps.sh check
	$(Q)export BIN=$(O)/bin; status=0; tests/gauntlet/run --time $(ONLY) || status=1; \
	$(if $(ONLY),,for all in stacks many; do \
		tests/gauntlet/$$all --page docs/gauntlet.md || status=1; done;) exit $$status

fuzz:
	$(again) O=$(O)/fuzz CC=clang SAN=fuzzer-no-link,address,undefined fuzz-programs
fuzz-programs: $(FUZZ)
$(FUZZ): $(O)/%: $(O)/tests/fuzz/%.o
	$(call msg,LD,$@)$(CC) -fsanitize=fuzzer $(LP_LDFLAGS) $(LDFLAGS) -o $@ $^ $(LP_LIBS) -ldl
fuzz-run: fuzz
	$(Q)tests/fuzz/run $(SECONDS) $(FUZZ:$(O)/%=$(O)/fuzz/%)

# One file at a time, on all processors. What create-diff-object is tried with is no code of ours.
tidy = @printf '%s\n' $(1) | xargs -P $(shell nproc) -I{} \
	clang-tidy --quiet {} -- -std=gnu11 -D_GNU_SOURCE $(RUNTIME_CFLAGS) -I. -I$(O)
ANALYZED = $(filter-out lib/err.c testdata/cases/% testdata/xen/%,$(filter %.c,$(C_FILES)))
analyze: $(O)/version.h
	$(call tidy,$(ANALYZED)) -include tests/lint/analyze.h
	$(call tidy,lib/err.c)
format:
	clang-format -i $(C_FILES)

# An installed lpbuild looks for recipes and archives from where it is: ../share and ../lib. The
# recipe of the embedded example names its source relative to itself, so that comes along.
lib_to = $(DESTDIR)$(PREFIX)/lib/patchbox
include_to = $(DESTDIR)$(PREFIX)/include
share_to = $(DESTDIR)$(PREFIX)/share/patchbox
SHARED := $(wildcard recipes/*.yaml recipes/*.sh testdata/mini/*.* testdata/mini/configure)
RUNTIMES := libsandbox.a libsandbox-qemu.a
HEADERS := sandbox.h livepatch.h
man_to = $(DESTDIR)$(MANDIR)/man1
PAGES := $(TOOLS:%=%.1)

install: all
	install -d $(DESTDIR)$(BINDIR) $(lib_to) $(include_to) $(man_to) \
		$(addprefix $(share_to)/,$(sort $(dir $(SHARED))))
	install -m 755 $(PROGRAMS) $(DESTDIR)$(BINDIR)
	install -m 644 $(RUNTIMES:%=$(O)/%) $(lib_to)
	install -m 644 $(HEADERS:%=runtime/%) $(include_to)
	install -m 644 $(PAGES:%=docs/man/%) $(man_to)
	$(foreach file,$(SHARED),install -m $(if $(filter %.sh %/configure,$(file)),755,644) \
		$(file) $(share_to)/$(file) &&) :
uninstall:
	rm -f $(TOOLS:%=$(DESTDIR)$(BINDIR)/%) $(RUNTIMES:%=$(lib_to)/%) $(HEADERS:%=$(include_to)/%) \
		$(PAGES:%=$(man_to)/%) $(SHARED:%=$(share_to)/%)
	rmdir $(lib_to) $(addprefix $(share_to)/,recipes testdata/mini testdata) $(share_to) 2>/dev/null || :
clean:
	rm -rf $(O) build/clang build/asan build/tsan

-include $(shell find $(O) -name '*.d' 2>/dev/null)
