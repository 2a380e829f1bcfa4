#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# timeout: 1500
#
# A fix that is kept, on QEMU 7.2.0 with a Linux guest: applied to one process, in effect in the next
# one before its guest runs; as a daemon, in the seccomp sandbox, for another user with another root.
# Builds QEMU when it is not built yet (about 3 minutes on 2 cores).

set -euo pipefail
name=keep-qemu
# shellcheck source=tests/lib/common.sh
source "$(dirname "${BASH_SOURCE[0]}")/../lib/common.sh"
# shellcheck source=tests/lib/tap.sh
source "$lib/tap.sh"
# shellcheck source=tests/lib/vm.sh
source "$lib/vm.sh"
# shellcheck source=tests/lib/story.sh
source "$lib/story.sh"

story_has_source || tap_skip_all 'no source package of QEMU, and no network'

chmod 755 "$run"
export SANDBOX_STATE=$run/state

qmp() { "$lib/qmp.py" "$run/$1/qmp" "${@:2}"; }
lp() { "$BIN/raxlpxs" --pid "${vm_pid[$1]}" --state "$SANDBOX_STATE" "${@:2}"; }
offline() { "$BIN/raxlpxs" --exe "$QEMU" --state "$SANDBOX_STATE" "$@"; }
listed() { lp "$1" --list | awk 'NR > 1 { print $1, $3 }'; }
info() { lp "$1" --info | sed -n "s/^$2  *//p"; }

# no_tick_lost TEXT VM FROM TO
no_tick_lost() {
    vm_gaps "$2" "$3" "$4"
    is "$1: no tick is lost (longest gap $host_ms ms)" "$lost" 0
}

# lives VM [ARGUMENT...]: a start with the fix in the store; its guest runs when it is told to.
lives() {
    check "$1: QEMU starts" vm_boot "$1" -S "${@:2}"
    is "$1: the fix is in" "$(listed "$1")" "$fix_id APPLIED"
    is "$1: by itself" "$(info "$1" start-applied), $(info "$1" start-skipped)" '1, 0'
    like "$1: the guest has not run" "$(qmp "$1" query-status)" '"running": false'
    check "$1: the malformed message is worked off" vm_attack "$1" 10
    check "$1: the patched function does its work" vm_clipboard "$1"
    check "$1: the runtime's own test" lp "$1" --test
    vm_mark "$1" start
    check "$1: the guest starts" qmp "$1" cont
    check "$1: it ticks" vm_ticks "$1" 10 60
    vm_mark "$1" remove
    like "$1: --remove, which says that it is stored" "$(lp "$1" --remove "$fix_id" 2>&1)" \
        "still stored for the next start.*removed '$fix_id'"
    is "$1: the code is what it was without it" "$(text_sum "${vm_pid[$1]}")" "$plain"
    vm_ticks "$1" 10 30
    vm_mark "$1" end
    no_tick_lost "$1: while it is removed" "$1" remove end
    vm_end "$1"
}

story_fix
check "lpbuild builds QEMU with the runtime" story_prepare
story_cut "$work/$fix_id.patch"
check "lpbuild makes the live patch" story_patch "$fix_id" "$work/$fix_id.patch"
# One of our own, which nobody links anew between two starts.
cp "$QEMU" "$run/qemu-system-x86_64"
QEMU=$run/qemu-system-x86_64
id=$(readelf -n "$QEMU" | sed -n 's/^ *Build ID: //p')

check "a guest boots" vm_boot first
check "it ticks" vm_ticks first 10 60
plain=$(text_sum "${vm_pid[first]}")
is "nothing was stored" "$(info first start-applied), $(info first start-skipped)" '0, 0'
vm_mark first apply
like "--keep" "$(lp first --apply "$payload" --keep)" "^applied '$fix_id' .*, stored for the next start$"
vm_ticks first 10 30
vm_mark first end
no_tick_lost "while it is applied and stored" first apply end
check "it is stored" cmp "$payload" "$SANDBOX_STATE/$id/0001-$fix_id.raxlpxs"
check "the guest is quit" qmp first quit
wait_for 20 is_gone "${vm_pid[first]}" || true
vm_end first

check "QEMU without a machine works" "$QEMU" --version
lives next
lives daemon -daemonize
lives sandboxed -sandbox on,obsolete=deny,elevateprivileges=deny,spawn=deny,resourcecontrol=deny
mkdir "$run/root"
lives other-root -daemonize -runas nobody -chroot "$run/root"
lives all -runas nobody -chroot "$run/root" -sandbox on,obsolete=deny,spawn=deny,resourcecontrol=deny

# What can't be applied does not keep it from starting.
store=$SANDBOX_STATE/$id
head -c 3000 "$payload" >"$store/0002-half.raxlpxs"
check "half a payload: QEMU starts" vm_boot half
is "half a payload: the other one is in" "$(listed half)" "$fix_id APPLIED"
like "half a payload: why" "$(info half start-skipped) $(info half start-reason)" "^1 0002-half.raxlpxs: "
check "half a payload: the guest ticks" vm_ticks half 5 60
vm_end half
check "without a process: --forget" offline --forget "$fix_id"
check "of the half, too" offline --forget half
check "forgotten: QEMU starts" vm_boot forgotten
is "forgotten: no patch" "$(listed forgotten), $(info forgotten start-skipped)" ', 0'
is "forgotten: the code is what it was without it" "$(text_sum "${vm_pid[forgotten]}")" "$plain"
check "forgotten: the guest ticks" vm_ticks forgotten 5 60
vm_end forgotten
tap_done
