#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# timeout: 1500
#
# mutations.sh [NAME...]: create-diff-object on mutations of QEMU's own files (testdata/qemu/mutations.tsv): each is
# compiled as the cached build compiles it, and must be answered as the table says. Builds
# QEMU when it is not built yet (about 3 minutes on 2 cores).

set -euo pipefail
name=mutations
# shellcheck source=tests/lib/common.sh
source "$(dirname "${BASH_SOURCE[0]}")/../lib/common.sh"
# shellcheck source=tests/lib/tap.sh
source "$lib/tap.sh"
# shellcheck source=tests/lib/story.sh
source "$lib/story.sh"

table=$top/testdata/qemu/mutations.tsv
story_prepare || die "QEMU can't be built" "see $work/prepare.log"
while IFS=$'\t' read -r verdict mutation got wrong; do
    is "$mutation: $got" "$verdict${wrong:+: $wrong}" right
done < <("$lib/mutations.py" "${QEMU%/build/*}" "$table" \
    "$BIN/create-diff-object" "$work/made" "$@")
want=$#
[[ $want -gt 0 ]] || want=$(grep -vc '^#' "$table")
is "number of mutations" "$tap_count" "$want"
tap_done
