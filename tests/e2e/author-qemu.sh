#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# timeout: 1500
#
# The same as author-mini.sh on a running QEMU with a Linux guest: the operations of a real device
# (I/O port 0x92, which the monitor can read) are replaced in place; hooks take the big lock in
# the runtime's thread; the new code keeps shadow data. Builds QEMU when it is not built yet.

set -euo pipefail
name=author-qemu
# shellcheck source=tests/lib/common.sh
source "$(dirname "${BASH_SOURCE[0]}")/../lib/common.sh"
# shellcheck source=tests/lib/tap.sh
source "$lib/tap.sh"
# shellcheck source=tests/lib/vm.sh
source "$lib/vm.sh"
# shellcheck source=tests/lib/story.sh
source "$lib/story.sh"

story_has_source || tap_skip_all 'no source package of QEMU, and no network'

# Ours, to be put into the source of the device.
cat >"$work/head.c" <<'END'
#include "qemu/main-loop.h"
#include <livepatch.h>

#define N_READS 0x7039320000000001 /* of a Port92State: how often it was read, an int */
#define N_HOOKS 0x7039320000000002 /* of port92_ops: how many hooks ran, an int */
END
cat >"$work/body.c" <<'END'
static const MemoryRegionOps port92_ops;

/* Shows in the upper bits how many hooks ran (2 bits) and how often it was read (2 bits). */
static uint64_t read_counted(void *opaque, hwaddr addr, unsigned size)
{
	int *reads = livepatch_shadow_get_or_alloc(opaque, N_READS, sizeof(*reads), NULL, NULL);
	int *hooks = livepatch_shadow_get(&port92_ops, N_HOOKS);
	int n = reads ? ++*reads : 0;

	return port92_read(opaque, addr, size) | (n & 3) << 4 | (hooks ? *hooks & 3 : 0) << 6;
}

/* The big lock can be had in the runtime's thread, before the stop and behind it. */
static int before(const struct livepatch_payload *payload)
{
	int *hooks = livepatch_shadow_get_or_alloc(&port92_ops, N_HOOKS, sizeof(*hooks), NULL, NULL);

	qemu_mutex_lock_iothread();
	if (hooks)
		++*hooks;
	qemu_mutex_unlock_iothread();
	return hooks ? 0 : -ENOMEM;
}

static void after(const struct livepatch_payload *payload)
{
	before(payload);
}

static void gone(const struct livepatch_payload *payload)
{
	livepatch_shadow_free_all(N_READS, NULL);
	livepatch_shadow_free_all(N_HOOKS, NULL);
}
LIVEPATCH_PREAPPLY_HOOK(before);
LIVEPATCH_POSTAPPLY_HOOK(after);
LIVEPATCH_POSTREVERT_HOOK(gone);
LIVEPATCH_TABLE(port92_ops);

END

make_diff() { # make_diff SOURCE-FOLDER OUT
    local file=hw/i386/port92.c
    mkdir -p "$work/a/${file%/*}" "$work/b/${file%/*}"
    cp "$1/$file" "$work/a/$file"
    sed -e "/^#include \"qom\/object.h\"/r $work/head.c" \
        -e "/^static const MemoryRegionOps port92_ops = {/{
            e cat $work/body.c
        }" -e 's/^\( *\.read = \)port92_read,/\1read_counted,/' "$1/$file" >"$work/b/$file"
    ! (cd "$work" && diff -u "a/$file" "b/$file") >"$2"
}

port() { vm_hmp a 'i /b 0x92' | sed -n 's/.* = 0x0*\([0-9a-f]\)/\1/p' | tr -d '\r\n'; }
info() { lp_info "${vm_sock[a]}" | sed -n "s/^$1  *//p"; }

check "lpbuild builds QEMU with the runtime" story_prepare
check "the diff is made" make_diff "${QEMU%/build/*}" "$work/port92.patch"
check "lpbuild makes the live patch" story_patch port92 "$work/port92.patch"
like "the manifest names the table" "$(<"$manifest")" 'tables:.- \{name: port92_ops, '
check "the VM boots" vm_boot a
check "the guest ticks" vm_ticks a 5 120
plain=$(text_sum "${vm_pid[a]}") value=$((16#$(port)))
is "the port has its upper bits clear" "$((value & 0xf0))" 0
check "apply" lp_apply "${vm_sock[a]}" "$payload"
is "the device calls the new function, which saw two hooks" "$(port)" "$(printf %x $((value | 0x90)))"
is "and counts" "$(port)" "$(printf %x $((value | 0xa0)))"
is "two values are kept" "$(info shadow-values)" 2
check "the runtime's test is fine" "$BIN/raxlpxs" --socket "${vm_sock[a]}" --test
check "the guest still ticks" vm_ticks a 5 30
check "remove" lp_remove "${vm_sock[a]}" port92
is "the device calls the old function" "$(port)" "$(printf %x "$value")"
is "the values are gone" "$(info shadow-values)" 0
is "the new code is kept: the table had its address" "$(info kept)" 1
check "free it" "$BIN/raxlpxs" --socket "${vm_sock[a]}" --remove port92 --force
is "the code is what it was" "$(text_sum "${vm_pid[a]}")" "$plain"
check "the runtime's test is fine" "$BIN/raxlpxs" --socket "${vm_sock[a]}" --test
check "the guest still ticks" vm_ticks a 5 30
check "once more: apply" lp_apply "${vm_sock[a]}" "$payload"
check "once more: remove" lp_remove "${vm_sock[a]}" port92
check "QMP answers" vm_answers a 10
vm_end a
tap_done
