#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# How long a QEMU with 4 virtual processors under load stands still: all of them execute CPUID all the
# time while the function behind it is patched and unpatched. Once as a real-time thread of QEMU
# sees it (testdata/preload/meter.c), once by the ticks of the guest. Prints lines of a Markdown table.
# QEMU is built first when it is not there.

set -euo pipefail
name=bench-qemu-pause
# shellcheck source=tests/lib/common.sh
source "$(dirname "${BASH_SOURCE[0]}")/../lib/common.sh"
# shellcheck source=tests/lib/vm.sh
source "$lib/vm.sh"
# shellcheck source=tests/lib/story.sh
source "$lib/story.sh"
# shellcheck source=tests/lib/load.sh
source "$lib/load.sh"
# shellcheck source=tests/lib/meter.sh
source "$lib/meter.sh"

cycles=${CYCLES:-100}
calls() { grep -aqE $'^hammer( [0-9]+){5}\r$' "$work/vm/serial.log"; }
ticks_between() { # ticks_between FROM TO TITLE
    vm_gaps vm "$1" "$2" || return
    printf '| %s: ticks of the guest, lost ones; longest time between two, by the host, by the guest | %s, %s; %s ms, %s ms |\n' \
        "$3" "$ticks" "$lost" "$host_ms" "$guest_ms"
}

story_prepare || die "QEMU can't be built" "see $work/prepare.log"
{ meter_build && load_make; } ||
    die "meter or guest can't be made"
load_edit "$work/cpuid.patch" cpuid
story_patch cpuid "$work/cpuid.patch" || die "the patch can't be made" "see $work/patch-cpuid.log"
load_args cpu
meter_env vm
printf '#!/bin/sh\nexec %s %q "$@"\n' "${meter_under[*]}" "$QEMU" >"$run/qemu"
chmod +x "$run/qemu"
QEMU=$run/qemu
vm_boot vm -smp 4 "${load_args[@]}" || die "the guest does not boot"
wait_for 120 calls || die "the guest does not call" "see $work/vm/serial.log"
vm_mark vm quiet
vm_ticks vm 50 60
vm_mark vm start
meter_measure vm "QEMU with 4 virtual processors" "$cycles" "${vm_sock[vm]}" "$payload" cpuid
vm_mark vm end
ticks_between quiet start 'nobody patches'
ticks_between start end "$((2 * cycles)) changes"
vm_end vm
