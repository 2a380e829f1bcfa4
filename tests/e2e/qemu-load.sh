#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# timeout: 1500
#
# A patch goes in and out of QEMU, one time after the other: while a guest boots, while it writes to its disk and
# sends over its network without a pause, while it migrates. The code that is patched is that which does
# it. The guest compares what it reads with what it has written. Builds QEMU when it is not built yet.

set -euo pipefail
name=qemu-load
# shellcheck source=tests/lib/common.sh
source "$(dirname "${BASH_SOURCE[0]}")/../lib/common.sh"
# shellcheck source=tests/lib/tap.sh
source "$lib/tap.sh"
# shellcheck source=tests/lib/vm.sh
source "$lib/vm.sh"
# shellcheck source=tests/lib/story.sh
source "$lib/story.sh"
# shellcheck source=tests/lib/load.sh
source "$lib/load.sh"

story_has_source || tap_skip_all 'no source package of QEMU, and no network'

cycles=${CYCLES:-20}

qmp() { "$lib/qmp.py" "$run/$1/qmp" "${@:2}"; } # VM COMMAND [ARGUMENTS]
has_ticked() { [[ -s $work/$1/ticks ]]; }       # VM
# n_lines VM REGEX: in what the guest said.
n_lines() { grep -caE "^$2"$'\r?$' "$work/$1/serial.log" || true; }
more_than() { [[ $(n_lines "$1" "$2") -gt $3 ]]; } # VM REGEX N
# n_new VM FUNCTION: in how many cycles its new code ran.
n_new() { grep -c "warning: new $2\$" "$work/$1/stderr" || true; }

# change VM VERB...: failed counts.
change() {
    "$BIN/raxlpxs" --socket "${vm_sock[$1]}" --wait 30 "${@:2}" >"$work/answer" 2>&1 ||
        { failed=$((failed + 1)) && tap_note "$*: $(<"$work/answer")"; }
}
cycle() { # cycle VM PATCH: in and out; done counts.
    change "$1" --apply "$work/$2/$2.raxlpxs"
    change "$1" --remove "$2"
    done=$((done + 1))
}
# until_then LEAST COMMAND...: how often, at least, before COMMAND succeeds. The cycle is in `each`.
until_then() {
    local end=$(($(now_ms) + 300000)) least=$1
    shift
    done=0 failed=0
    until [[ $done -ge $least ]] && "$@"; do
        "${each[@]}"
        [[ $(now_ms) -lt $end ]] || return 1
    done
}
no_failure() { is "$1: in and out $done times, failures" "$failed" 0; }
unchanged() { # unchanged TEXT VM
    is "$1: the code is what it was" "$(text_sum "${vm_pid[$2]}")" "$plain"
    check "$1: the runtime's test is fine" "$BIN/raxlpxs" --socket "${vm_sock[$2]}" --test
}

# Two network cards at one hub, the disk in a thread of its own.
machine=(-smp 2 -object "iothread,id=io" -drive "id=d,if=none,format=raw,file=$work/disk"
    -device "virtio-blk-pci,drive=d,iothread=io"
    -netdev "hubport,id=h0,hubid=0" -device "virtio-net-pci,netdev=h0,romfile="
    -netdev "hubport,id=h1,hubid=0" -device "virtio-net-pci,netdev=h1,romfile=")

check "lpbuild builds QEMU with the runtime" story_prepare
check "the guest is made" load_make
load_edit "$work/boot.patch" dispatch cpuid
load_edit "$work/io.patch" virtio-blk virtio-net
load_edit "$work/move.patch" ram-save virtio-blk virtio-net
for name in boot io move; do
    check "lpbuild makes the live patch '$name'" story_patch "$name" "$work/$name.patch"
done
is "the last is of all of them" "$(manifest_functions "$manifest" | sort | xargs)" \
    'ram_save_iterate virtio_blk_handle_request virtio_net_flush_tx virtio_net_receive_rcu'
truncate -s 64M "$work/disk"
load_args disk,net

# ---- while the guest boots ----

check "a machine stands before its first instruction" vm_boot first -S "${machine[@]}" "${load_args[@]}"
plain=$(text_sum "${vm_pid[first]}")
each=(cycle first boot)
check "in and out, before it" until_then 1 true
qmp first cont >"$work/answer"
check "it boots while a patch goes in and out" until_then 3 has_ticked first
no_failure "while it boots"
check "the new code has run ($(n_new first memory_region_dispatch_write) times of $done)" \
    test "$(n_new first memory_region_dispatch_write)" -gt 1
unchanged "while it boots" first

# ---- disk and network ----

check "the guest writes to its disk" wait_for 200 more_than first 'disk [0-9]+ ok' 0
check "and sends over its network" wait_for 200 more_than first 'net [0-9]+ ok' 0
vm_mark first load
disk=$(n_lines first 'disk [0-9]+ ok') net=$(n_lines first 'net [0-9]+ ok')
is_loaded() { more_than "$1" 'disk [0-9]+ ok' $((disk + 3)) && more_than "$1" 'net [0-9]+ ok' $((net + 3)); }
each=(cycle first io)
check "it does so while a patch goes in and out" until_then "$cycles" is_loaded first
no_failure "under load"
vm_mark first loaded
is "what was read is what was written, and what arrived what was sent" "$(n_lines first '(disk|net) [0-9]+ bad')" 0
for function in virtio_blk_handle_request virtio_net_flush_tx virtio_net_receive_rcu; do
    check "the new $function() has run ($(n_new first $function) times of $done)" test "$(n_new first $function)" -gt 2
done
vm_ticks first 1 20
vm_gaps first load loaded
is "no tick is lost" "$lost" 0
unchanged "under load" first

# ---- migration, with that load ----

is_active() { [[ $(qmp first query-migrate) == *'"status": "active"'* ]]; }
is_complete() { [[ $(qmp first query-migrate) == *'"status": "completed"'* ]]; }
on_both() {
    change first --apply "$work/move/move.raxlpxs"
    cycle second io
    change first --remove move
    # The first half of it is slow.
    [[ $done -ne $cycles ]] || qmp first migrate-set-parameters '{"max-bandwidth": 1000000000}' >"$work/answer"
}
check "a second machine waits" vm_start second -incoming "unix:$run/second/in" "${machine[@]}" "${load_args[@]}"
vm_watch_ticks second
qmp first migrate-set-parameters '{"max-bandwidth": 4000000}' >"$work/answer"
check "the guest is sent" qmp first migrate "{\"uri\": \"unix:$run/second/in\"}"
check "it is on its way" wait_for 10 is_active
each=(on_both)
check "it arrives while patches go in and out on both sides" until_then $((cycles + 2)) is_complete
no_failure "while it migrates"
check "the new ram_save_iterate() has run ($(n_new first ram_save_iterate) times)" test "$(n_new first ram_save_iterate)" -gt 0
check "the guest ticks in its new place" vm_ticks second 5 30
disk=0 net=0
check "it works there" wait_for 200 is_loaded second
is "with what it had" "$(n_lines second '(disk|net) [0-9]+ bad')" 0
unchanged "where it was" first
unchanged "where it is" second
check "QMP answers" vm_answers second 10
vm_end first
vm_end second
tap_done
