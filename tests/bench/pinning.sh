#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Edits at every line of big files of QEMU, pinned as lpbuild does (tests/lib/churn.sh): a
# comment line before each line, and once more far apart, where a number that is wrong stays so for
# long; two lines before every eighth; and each blank line and line of a
# comment taken out. Prints lines of a Markdown table, and each place where something failed.

set -euo pipefail
name=bench-pinning
# shellcheck source=tests/lib/common.sh
source "$(dirname "${BASH_SOURCE[0]}")/../lib/common.sh"
# shellcheck source=tests/lib/story.sh
source "$lib/story.sh"
# shellcheck source=tests/lib/churn.sh
source "$lib/churn.sh"

story_prepare || die "QEMU can't be built" "see $work/prepare.log"
jobs=()
for file in "${churn_files[@]}"; do
    jobs+=("$file one 16 0 1 2 3 4 5 6 7" "$file one 16 8 9 10 11 12 13 14 15" "$file two 16 3 11"
        "$file cut 4 0 1 2 3" "$file one 500 17 250")
done
begin=$(now_ms)
churn_run "$work/result" "${jobs[@]}"
took=$((($(now_ms) - begin) / 1000))
grep ^failed "$work/result" >&2 || true

total() { sed -n "s/^edited [^ ]* $1 //p" "$work/result" | awk '{ n += $1 } END { print n + 0 }'; }
failed() { grep -c "^failed .* $1" "$work/result" || true; }
lines=$(for file in "${churn_files[@]}"; do
    cat "${QEMU%/build/*}/${file% *}"
done | wc -l)
printf '| files; lines in them | %d; %d |\n' "${#churn_files[@]}" "$lines"
printf '| places with one line more; two more; one less | %d; %d; %d |\n' \
    "$(total one)" "$(total two)" "$(total cut)"
printf '| places where it does not compile | %d |\n' "$(failed compile)"
printf '| places where a function changes | %d |\n' "$(failed changed)"
printf '| time, %d at once | %d min %d s |\n' "$(nproc)" $((took / 60)) $((took % 60))
[[ $(failed '') -eq 0 && ! -s $work/result.err ]]
