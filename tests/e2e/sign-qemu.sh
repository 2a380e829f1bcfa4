#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# timeout: 1500
#
# A QEMU that takes signed patches only, with a Linux guest: payloads without a signature, with that
# of another key and changed ones are refused and change nothing; the one that was signed with the
# right key goes in and out while the guest runs. It is the QEMU of the other tests, linked once
# more. Builds QEMU when it is not built yet (about 3 minutes on 2 cores).

set -euo pipefail
name=sign-qemu
# shellcheck source=tests/lib/common.sh
source "$(dirname "${BASH_SOURCE[0]}")/../lib/common.sh"
# shellcheck source=tests/lib/tap.sh
source "$lib/tap.sh"
# shellcheck source=tests/lib/vm.sh
source "$lib/vm.sh"
# shellcheck source=tests/lib/story.sh
source "$lib/story.sh"

story_has_source || tap_skip_all 'no source package of QEMU, and no network'

build_id() { readelf -n "$1" | sed -n 's/^ *Build ID: //p'; }
info() { lp_info "${vm_sock[vm]}" | sed -n "s/^$1  *//p"; }

# is_refused TEXT FILE REGEX: exit code 6, the reason, and nothing has changed.
is_refused() {
    local status=0 said
    said=$(lp_apply "${vm_sock[vm]}" "$2" 2>&1) || status=$?
    is "$1: exit code" "$status" 6
    like "$1: message" "$said" "^error: $3"
    is "$1: the code is what it was" "$(text_sum "${vm_pid[vm]}")" "$before"
    is "$1: no patch is there" "$(info patches)" 0
    check "$1: QMP answers" vm_answers vm 10
    check "$1: the guest ticks on" vm_ticks vm 3 30
}

for key in security other; do
    "$BIN/lpbuild" keygen "$work/$key.key" >"$work/$key.id" || die "no key can be made"
done
key_id=$(sed -n 's/^key id: *//p' "$work/security.id")
other_id=$(sed -n 's/^key id: *//p' "$work/other.id")

# The QEMU that enforces, beside the one that trusts nobody.
story_fix
check "lpbuild builds QEMU with the runtime" story_prepare
plain=$QEMU plain_id=$(build_id "$QEMU") plain_inode=$(stat -c %i "$QEMU")
log=${plain%/1-original/*}/log/ninja.log
n_lines=$(wc -l <"$log")
story_options=(--trust "$work/security.key.pub" --policy enforce)
check "lpbuild links a QEMU that trusts the key" story_prepare
is "for which nothing is compiled, one file is linked" \
    "$(tail -n "+$((n_lines + 1))" "$log" | grep -o 'Compiling .*\|Linking .*')" "Linking target ${QEMU##*/}"
check "it is another executable" test "$QEMU" != "$plain" -a "$(build_id "$QEMU")" != "$plain_id"
is "the one without keys is as it was" \
    "$(build_id "$plain") $(stat -c %i "$plain")" "$plain_id $plain_inode"
like "it is made of its objects" "$(<"$work/prepare.log")" $'\nverified: +[0-9,]+ functions'

# Its payloads: unsigned, signed with another key, signed and changed, signed.
story_cut "$work/$fix_id.patch"
check "lpbuild makes the live patch" story_patch "$fix_id" "$work/$fix_id.patch"
cp "$payload" "$work/unsigned"
cp "$payload" "$work/resigned"
check "the other key signs it" "$BIN/lpbuild" sign "$work/resigned" --sign-key "$work/other.key"
story_options+=(--sign-key "$work/security.key")
check "lpbuild makes a signed one" story_patch "$fix_id" "$work/$fix_id.patch"
check "which differs in its signature only" test "$(cmp -l "$payload" "$work/unsigned" | wc -l)" -le 72
check "and can be verified" "$BIN/lpbuild" verify "$payload" --key "$work/security.key.pub"
cp "$payload" "$work/changed"
printf X | dd of="$work/changed" bs=1 seek="$(($(stat -c %s "$payload") / 2))" conv=notrunc status=none

check "a guest boots" vm_boot vm
vm_mark vm start
check "the guest ticks" vm_ticks vm 10 60
before=$(text_sum "${vm_pid[vm]}")
is "info tells the policy" "$(info trust-policy)" enforce
is "info tells the key" "$(info trusted-keys)" "$key_id"
is "info tells the build-id" "$(info build-id)" "$(build_id "$QEMU")"

is_refused "unsigned" "$work/unsigned" "payload is not signed \(keys .*$key_id\)"
is_refused "signed with another key" "$work/resigned" "payload is signed with another key: $other_id "
is_refused "changed" "$work/changed" "payload was changed after it was signed"

check "the signed one: apply" lp_apply "${vm_sock[vm]}" "$payload"
is "the signed one: it is there" "$(info patches)" 1
check "the malformed message is worked off" vm_attack vm 10
check "QMP answers" vm_answers vm 10
check "the patched function does its work" vm_clipboard vm
check "the guest ticks" vm_ticks vm 5 30
check "remove" lp_remove "${vm_sock[vm]}" "$fix_id"
is "the code is what it was" "$(text_sum "${vm_pid[vm]}")" "$before"
vm_ticks vm 5 30
vm_mark vm end
vm_gaps vm start end
is "the guest has lost no tick" "$lost" 0
vm_end vm
rm -r "${QEMU%/build/*}" # the next run has other keys
tap_done
