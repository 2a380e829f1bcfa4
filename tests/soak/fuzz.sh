#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# timeout: 14400
#
# Each fuzz target for ten minutes, as many at a time as there are processors.
set -uo pipefail
cd "$(dirname "$0")/../.." || exit 1
name=fuzz
# shellcheck source=tests/lib/common.sh
source tests/lib/common.sh
# shellcheck source=tests/lib/tap.sh
source tests/lib/tap.sh

seconds=600

targets=(tests/fuzz/fuzz_*.c)
targets=("${targets[@]##*/}")
targets=("${targets[@]%.c}")
for target in "${targets[@]}"; do
    while [[ $(jobs -rp | wc -l) -ge $(nproc) ]]; do
        wait -n
    done
    (trap - EXIT && tests/fuzz/run "$seconds" "$BIN/../fuzz/$target" >"$work/$target") &
done
wait
for target in "${targets[@]}"; do
    like "$target" "$(<"$work/$target")" $'\nok 1 - '
    figure "$target, runs" "$(sed -n 's/^ok.*Done \([0-9]*\) runs in \([0-9]*\) second.*/\1, in \2 s/p' "$work/$target")"
done
tap_done
