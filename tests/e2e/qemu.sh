#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# timeout: 1500
#
# The story of `make demo` with assertions: a running QEMU 7.2.0 with a Linux guest gets the fix
# for CVE-2023-3255 and loses it again; as a daemon, in its seccomp sandbox, and while it boots.
# Builds QEMU when it is not built yet (about 3 minutes on 2 cores).

set -euo pipefail
name=qemu
# shellcheck source=tests/lib/common.sh
source "$(dirname "${BASH_SOURCE[0]}")/../lib/common.sh"
# shellcheck source=tests/lib/tap.sh
source "$lib/tap.sh"
# shellcheck source=tests/lib/vm.sh
source "$lib/vm.sh"
# shellcheck source=tests/lib/story.sh
source "$lib/story.sh"
# shellcheck source=tests/lib/mini.sh
source "$lib/mini.sh"

# The longest standstill of the guest that still counts as none: its own period is 100 ms, the
# rest is for a busy machine. A hung QEMU stops the guest for good.
max_gap=1000

# no_gap TEXT VM FROM TO
no_gap() {
    vm_gaps "$2" "$3" "$4"
    is "$1: no tick is lost" "$lost" 0
    check "$1: no gap in the ticks (longest $host_ms ms, by the guest's clock $guest_ms ms)" \
        test "$host_ms" -lt "$max_gap" -a "$guest_ms" -lt "$max_gap" -a "$ticks" -gt 1
}

# watch_mappings VM / no_rwx VM: from now until then, no mapping is writable and executable.
declare -A sampler=()
watch_mappings() {
    "$lib/procmem.py" watch "${vm_pid[$1]}" "$work/$1/rwx" &
    sampler[$1]=$!
    keep "${sampler[$1]}"
}
no_rwx() {
    end "${sampler[$1]}"
    like "vm '$1': no mapping was writable and executable" "$(tr '\n' ' ' <"$work/$1/rwx")" \
        '^samples [1-9][0-9]+ $'
}

# apply_and_remove VM: what every way to run QEMU must allow.
apply_and_remove() {
    local before
    before=$(text_sum "${vm_pid[$1]}")
    check "vm '$1': info answers" lp_info "${vm_sock[$1]}"
    check "vm '$1': apply" lp_apply "${vm_sock[$1]}" "$payload"
    check "vm '$1': the malformed message is worked off" vm_attack "$1" 10
    check "vm '$1': QMP answers" vm_answers "$1" 10
    check "vm '$1': remove" lp_remove "${vm_sock[$1]}" "$fix_id"
    is "vm '$1': the code is what it was" "$(text_sum "${vm_pid[$1]}")" "$before"
}

story_fix
check "lpbuild builds QEMU with the runtime" story_prepare
story_cut "$work/$fix_id.patch"
check "lpbuild makes the live patch" story_patch "$fix_id" "$work/$fix_id.patch"

# The payload and its manifest.
is "the manifest names exactly what the fix changes" \
    "$(manifest_functions "$manifest")" "$fix_functions"
like "objdump -dr shows the new function" "$(objdump -dr "$payload")" "<$fix_functions>:"
is "readelf reports no error" "$(readelf -aW "$payload" 2>&1 >/dev/null || echo failed)" ""
build_id=$(readelf -n "$QEMU" | sed -n 's/^ *Build ID: //p')
check "the manifest names the executable's build-id" grep -q "$build_id" "$manifest"

# The story: one machine gets the patch, the other one the message without it.
check "a guest boots" vm_boot patched
watch_mappings patched
vm_mark patched start
check "the guest ticks" vm_ticks patched 10 60
before=$(text_sum "${vm_pid[patched]}")
"$lib/procmem.py" save "${vm_pid[patched]}" "$work/code"
like "info names the build-id" "$(lp_info "${vm_sock[patched]}")" "$build_id"

check "a second guest boots" vm_boot unpatched
check "the second guest ticks" vm_ticks unpatched 5 60
fails "without the patch the malformed message silences VNC" 3 vm_attack unpatched 3
fails "without the patch QMP does not answer any more" 3 vm_answers unpatched 5
fails "without the patch the guest stands still" 3 vm_ticks unpatched 1 2
vm_end unpatched

vm_mark patched apply
check "apply" lp_apply "${vm_sock[patched]}" "$payload"
vm_ticks patched 3 10
vm_mark patched applied
fails "while applied the code differs" 1 "$lib/procmem.py" diff "${vm_pid[patched]}" "$work/code"
check "list names the patch" grep -q "$fix_id" <("$BIN/raxlpxs" --socket "${vm_sock[patched]}" --list)
check "the same message is worked off" vm_attack patched 10
check "QMP still answers" vm_answers patched 5
check "the patched function does its work" vm_clipboard patched
vm_ticks patched 10 30
vm_mark patched attacked
check "remove" lp_remove "${vm_sock[patched]}" "$fix_id"
vm_ticks patched 10 30
vm_mark patched end
is "after the removal the code is what it was" "$(text_sum "${vm_pid[patched]}")" "$before"
check "the unpatched function does its work again" vm_clipboard patched
no_gap "before the patch" patched start apply
no_gap "while applying" patched apply applied
no_gap "under attack" patched applied attacked
no_gap "while removing" patched attacked end

# A payload that was made for another program.
check "lpbuild builds the mini target" mini_build
check "lpbuild makes a live patch for it" mini_make fix-loop
fails "a payload for another executable is refused" 4 lp_apply "${vm_sock[patched]}" "$mini_payload"
is "which changes nothing" "$(text_sum "${vm_pid[patched]}")" "$before"
check "and the guest ticks on" vm_ticks patched 5 10
no_rwx patched
vm_end patched

# While the guest boots: the patch goes in before its first tick.
check "a machine starts" vm_boot booting
watch_mappings booting
check "apply while the guest boots" lp_apply "${vm_sock[booting]}" "$payload"
fails "the guest has not ticked yet" 3 vm_gaps booting
check "and it boots on" vm_ticks booting 10 60
check "remove" lp_remove "${vm_sock[booting]}" "$fix_id"
no_rwx booting
vm_end booting

check "QEMU starts with -daemonize" vm_boot daemon -daemonize
watch_mappings daemon
check "the daemon's guest ticks" vm_ticks daemon 5 60
apply_and_remove daemon
check "the daemon's guest ticks on" vm_ticks daemon 5 10
no_rwx daemon
vm_end daemon

check "QEMU starts in its seccomp sandbox" vm_boot seccomp \
    -sandbox on,obsolete=deny,elevateprivileges=deny,spawn=deny,resourcecontrol=deny
watch_mappings seccomp
check "the sandboxed guest ticks" vm_ticks seccomp 5 60
apply_and_remove seccomp
check "the sandboxed guest ticks on" vm_ticks seccomp 5 10
no_rwx seccomp
vm_end seccomp

tap_done
