#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# timeout: 14400
#
# Each fuzz target for ten minutes, JOBS at a time (as many as there are processors). First those of the
# runtime, which reads what others send.
set -uo pipefail
cd "$(dirname "$0")/../.." || exit 1
name=fuzz
# shellcheck source=tests/lib/common.sh
source tests/lib/common.sh
# shellcheck source=tests/lib/tap.sh
source tests/lib/tap.sh

seconds=600

mapfile -t targets < <(for file in tests/fuzz/fuzz_{wire,payload,sign}.c tests/fuzz/fuzz_*.c; do
    basename "$file" .c
done | awk '!seen[$0]++')
for target in "${targets[@]}"; do
    while [[ $(jobs -rp | wc -l) -ge ${JOBS:-$(nproc)} ]]; do
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
