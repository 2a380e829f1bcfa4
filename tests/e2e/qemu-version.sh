#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# timeout: 1500
#
# The regression patch of the field: what the monitor prints for `info version` before, with
# and after a live patch that changes it; once made by lpbuild, once by extract-patch from
# the one object.

set -euo pipefail
name=qemu-version
# shellcheck source=tests/lib/common.sh
source "$(dirname "${BASH_SOURCE[0]}")/../lib/common.sh"
# shellcheck source=tests/lib/tap.sh
source "$lib/tap.sh"
# shellcheck source=tests/lib/vm.sh
source "$lib/vm.sh"
# shellcheck source=tests/lib/story.sh
source "$lib/story.sh"

version() { vm_hmp v 'info version'; }

# shows_patch TEXT NAME PAYLOAD: the string before, with and after the patch.
shows_patch() {
    is "$1: before" "$(version)" "$plain"
    check "$1: apply" lp_apply "${vm_sock[v]}" "$3"
    is "$1: with the patch" "$(version)" "$plain (live-patched)"
    check "$1: remove" lp_remove "${vm_sock[v]}" "$2"
    is "$1: after" "$(version)" "$plain"
}

check "lpbuild builds QEMU with the runtime" story_prepare
"$top/scripts/version-diff.sh" "$package" "$work/version.patch"
check "lpbuild makes the live patch" story_patch version "$work/version.patch"
is "the manifest names the one function" "$(manifest_functions "$manifest")" hmp_info_version

check "QEMU starts" vm_start v -S
plain=$(version)
like "the version is QEMU's" "$plain" '^7\.2\.'
shows_patch "by lpbuild" version "$payload"

# The one object, as the compiler wrote it and as create-diff-object did.
for stage in 2-patched 3-diff; do
    object=$(find "$work/version/$stage" -name '*hmp-cmds.c.o')
    patch=from-$stage
    check "extract-patch makes it from the object of $stage" "$BIN/extract-patch" --qemu \
        --function hmp_info_version "$object" "$QEMU" \
        -o "$work/$patch.raxlpxs" -m "$work/$patch.yaml"
    shows_patch "$patch" "$patch" "$work/$patch.raxlpxs"
done

fails "extract-patch refuses a function that is not in the object" 3 "$BIN/extract-patch" --qemu \
    --function no_such_function "$object" "$QEMU" -o "$work/none.raxlpxs"

tap_done
