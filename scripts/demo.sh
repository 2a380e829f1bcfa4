#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# `make demo`: live-patches a running QEMU in a few steps and says what it sees. TARGET=mini
# tells the same story with the embedded example, which needs no download. Leaves nothing
# behind but build/. The steps are those of the tests (tests/lib); here they get their prose.

set -euo pipefail
name=demo
# shellcheck source=tests/lib/common.sh
source "$(dirname "${BASH_SOURCE[0]}")/../tests/lib/common.sh"
# shellcheck source=tests/lib/vm.sh
source "$lib/vm.sh"
# shellcheck source=tests/lib/mini.sh
source "$lib/mini.sh"
# shellcheck source=tests/lib/story.sh
source "$lib/story.sh"
# shellcheck source=scripts/demo-prose.sh
source "$top/scripts/demo-prose.sh"

tell_tools() {
    step "Installing what is missing, building the tools"
    "$top/scripts/deps.sh" demo 2>&1 | indent
    timed must make build_tools
    say "create-diff-object, extract-patch, lpbuild and raxlpxs are built ($took)"
}

# O is given as a person gives it: the names in make's dependency files depend on it.
build_tools() {
    make -C "$top" --no-print-directory O="$(short "${BIN%/bin}")" >"$work/make.log" 2>&1
}

tell_qemu() {
    step "Building QEMU 7.2.0 from Debian's source package, with the runtime linked in"
    cmd lpbuild --qemu --prepare --build build/lpbuild
    timed must prepare story_prepare
    say "$(short "$QEMU"), build-id $(build_id "$QEMU") ($took)"

    step "Booting Linux in two virtual machines: 'patched' and 'unpatched'"
    local vm
    guest=$("$lib/guest.sh" "$top/build/guest" 2> >(indent >&2))
    for vm in patched unpatched; do
        timed boot_and_tick "$vm"
        say "$vm: pid ${vm_pid[$vm]}, its guest ticks ten times a second (first 10 ticks after $took)"
    done
    vm_mark patched start

    step "Making the live patch for $fix_id, an endless loop in VNC's clipboard"
    say "the fix: $fix_path, cut from $fix_diff of the same source package"
    cmd "lpbuild --qemu --diff $(short "$work/$fix_id.patch") --build build/lpbuild --out $(short "$work/$fix_id")"
    story_cut "$work/$fix_id.patch"
    timed must "patch-$fix_id" story_patch "$fix_id" "$work/$fix_id.patch"
    tell_payload "patch-$fix_id"

    step "Sending the malformed clipboard message to 'unpatched'"
    expect 3 vm_attack unpatched 3 && say "VNC: $said"
    expect 3 vm_answers unpatched 5 && say "QMP: $said"
    expect 3 vm_ticks unpatched 1 2 && say "guest: $said"
    bad "hung; ended (pid ${vm_pid[unpatched]})"
    vm_end unpatched

    step "Applying the patch to 'patched' while its guest runs"
    tell_apply "${vm_pid[patched]}" vm_mark patched apply
    vm_ticks patched 3 10
    vm_mark patched applied

    step "Sending the same message to 'patched'"
    expect 0 vm_attack patched 5 && say "VNC: $said"
    timed expect 0 vm_answers patched 5
    say "QMP: $said ($took)"
    expect 0 vm_clipboard patched && say "VNC: a good clipboard message still works, $said"
    vm_ticks patched 10 30
    vm_mark patched attacked

    step "Removing the patch"
    tell_remove "${vm_pid[patched]}" "$fix_id"
    vm_ticks patched 10 30
    vm_mark patched end

    step "What the guest noticed"
    tell_gap "before the patch " start apply
    tell_gap "while applying   " apply applied
    tell_gap "under attack     " applied attacked
    tell_gap "while removing   " attacked end
    good "not one tick is missing"
}

boot_and_tick() {
    if ! vm_boot "$1" || ! vm_ticks "$1" 10 60; then
        die "the machine '$1' does not boot" "see $(short "$work/$1")"
    fi
}

tell_gap() { # tell_gap TEXT FROM TO
    vm_gaps patched "$2" "$3"
    say "$1 $(printf '%3d ticks, %d lost, longest gap %3d ms' "$ticks" "$lost" "$host_ms")"
    [[ $lost -eq 0 && $host_ms -lt 1000 ]] || die "the guest stood still"
}

tell_mini() {
    step "Building the mini target: an event loop with worker threads, devices and a coroutine"
    cmd lpbuild --recipe mini --prepare --build build/lpbuild
    timed must mini mini_build
    say "$(short "$mini_exe"), build-id $(build_id "$mini_exe") ($took)"

    step "Starting it twice: 'patched' and 'unpatched'"
    local it
    for it in patched unpatched; do
        mini_start "$it" || die "'$it' does not start" "see $(short "$work/$it.stderr")"
        expect 0 mini_say "$it" 5 hammer on
        say "$it: pid ${mini_pid[$it]}, four workers call its code all the time"
    done

    step "Making the live patch for an endless loop in its ring device"
    cmd "lpbuild --recipe mini --diff testdata/mini/fix-loop.patch --build build/lpbuild --out $(short "$work/fix-loop")"
    timed must patch-fix-loop mini_make fix-loop
    payload=$mini_payload
    tell_payload patch-fix-loop

    step "Sending a record of length 0 to 'unpatched'"
    expect 3 mini_say unpatched 2 write ring0 00
    say "write ring0 00: $said"
    expect 3 mini_say unpatched 2 version
    say "version:        $said"
    bad "hung; ended (pid ${mini_pid[unpatched]})"
    end "${mini_pid[unpatched]}"

    step "Applying the patch to 'patched' while its workers run"
    local calls
    calls=$(mini_stat patched calls)
    tell_apply "${mini_pid[patched]}"

    step "Sending the same record to 'patched'"
    expect 1 mini_say patched 2 write ring0 00
    say "write ring0 00:     $said"
    expect 0 mini_say patched 2 write ring0 03aabb
    say "write ring0 03aabb: $said"

    step "Removing the patch"
    tell_remove "${mini_pid[patched]}" "$mini_patch"

    step "What its workers noticed"
    wait_for 5 mini_calls_beyond patched "$calls" || die "the workers stand still"
    say "$(($(mini_stat patched calls) - calls)) calls since the apply, $(mini_stat patched torn) of them wrong"
    [[ $(mini_stat patched torn) -eq 0 ]] || die "a worker saw a wrong result"
    good "not one call went wrong"
}

[[ ${TARGET:=qemu} == qemu || $TARGET == mini ]] ||
    die "no target '$TARGET'" "TARGET=qemu or TARGET=mini"
begin=$(now_ms)
story_fix
tell_tools
if [[ $TARGET == qemu ]] && ! story_has_source; then
    say "QEMU's source can't be had here: $(sed -n 's/^error: //p' "$work/source.log")"
    say "so this is the story of the embedded target, as with TARGET=mini"
    TARGET=mini
fi
"tell_$TARGET"
printf '\n%sDone in %s.%s The payload and the logs are in %s.\n' "$bold" \
    "$(seconds "$(($(now_ms) - begin))")" "$plain" "$(short "$work")"
