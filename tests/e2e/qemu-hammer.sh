#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# timeout: 1500
#
# A QEMU whose 32 processors, each a thread of its own, call one function all the time while that is patched
# and unpatched: CPUID in the guest, helper_cpuid() in QEMU. The guest looks at each answer. CYCLES=N for
# more than 10 (tests/soak/qemu-hammer.sh). Builds QEMU when it is not built yet.

set -euo pipefail
name=qemu-hammer
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
# shellcheck source=tests/lib/cycles.sh
source "$lib/cycles.sh"

story_has_source || tap_skip_all 'no source package of QEMU, and no network'

cycles=${CYCLES:-10}
cpus=32

# The guest's last line: calls, old, new, other, least.
hammered() {
    local line
    line=$(grep -aE $'^hammer( [0-9]+){5}\r$' "$work/vm/serial.log" | tail -n 1)
    read -r _ calls old new other least <<<"${line:-x 0 0 0 0 0}"
    least=${least%$'\r'}
}
# goes_beyond KEY NUMBER
goes_beyond() { hammered && [[ ${!1} -gt $2 ]]; }
room() { lp_info "${vm_sock[vm]}" | grep -E '^(text|rodata|data)-'; }

check "lpbuild builds QEMU with the runtime" story_prepare
check "the guest is made" load_make
load_edit "$work/cpuid.patch" cpuid
check "lpbuild makes the live patch" story_patch cpuid "$work/cpuid.patch"
is "it is of the function" "$(manifest_functions "$manifest")" helper_cpuid
load_args cpu
# In a session of its own, as programs are: the kernel shares the processors among these.
printf '#!/bin/sh\nexec setsid %q "$@"\n' "$QEMU" >"$run/qemu"
chmod +x "$run/qemu"
QEMU=$run/qemu
check "a guest with $cpus processors boots" vm_boot vm -smp $cpus "${load_args[@]}"
check "each of them calls" wait_for 300 goes_beyond least 0
check "the guest ticks" vm_ticks vm 5 60
is "each is a thread of QEMU" "$("$lib/qmp.py" "$run/vm/qmp" query-cpus-fast | jq '[.[]."thread-id"] | unique | length')" $cpus
plain=$(text_sum "${vm_pid[vm]}")
empty=$(room)

"$lib/procmem.py" watch "${vm_pid[vm]}" "$work/rwx" &
sampler=$!
keep "$sampler"
vm_mark vm start
begun=$(now_ms)
for ((i = 0; i < cycles; i++)); do
    change "${vm_sock[vm]}" --apply "$payload"
    if [[ $i -eq 0 ]]; then # all of them have seen the new code once
        hammered
        check "the new code runs" wait_for 120 goes_beyond new "$new"
        check "each processor goes on" wait_for 120 goes_beyond least $((least + 10))
    fi
    change "${vm_sock[vm]}" --remove cpuid
done
is "$cycles times applied and removed, failures" "$failed" 0
cycle_figures "QEMU with $cpus processors that call it" "$cycles" $((($(now_ms) - begun) / 1000))
vm_mark vm end
hammered
check "each processor goes on ($least calls)" wait_for 120 goes_beyond least $((least + 10))
check "the guest ticks on" vm_ticks vm 3 60
hammered
figure "the guest's calls of helper_cpuid(): old, new, torn" "$old, $new, $other"
# Of each processor one call is under way.
check "each call gave the old result or the new one" test "$other" -eq 0 -a $((old + new + cpus)) -ge "$calls"
check "both were seen" test "$old" -gt 0 -a "$new" -gt 0
before=$new
check "it goes on" wait_for 120 goes_beyond least $((least + 10))
hammered
is "the new code runs no more" "$new" "$before"
end "$sampler"
like "no mapping was writable and executable" "$(tr '\n' ' ' <"$work/rwx")" '^samples [1-9][0-9]+ $'
is "the code is what it was" "$(text_sum "${vm_pid[vm]}")" "$plain"
is "all room is there again" "$(room)" "$empty"
check "the runtime's test is fine" "$BIN/raxlpxs" --socket "${vm_sock[vm]}" --test
vm_gaps vm start end
is "no tick is lost" "$lost" 0
check "QMP answers" vm_answers vm 20
vm_end vm
tap_done
