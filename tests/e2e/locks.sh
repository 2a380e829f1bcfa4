#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# The stop waits for no lock: the mini target with threads that hold the C library's locks nearly all the time, and
# are stopped while they do.

set -euo pipefail
name="locks"
# shellcheck source=tests/lib/common.sh
source "$(dirname "${BASH_SOURCE[0]}")/../lib/common.sh"
# shellcheck source=tests/lib/tap.sh
source "$lib/tap.sh"
# shellcheck source=tests/lib/mini.sh
source "$lib/mini.sh"

rounds=25

run() {
    status=0
    "$BIN/raxlpxs" --socket "$sock" "$@" >"$work/out" 2>"$work/err" </dev/null || status=$?
}
n_named() { cat /proc/"$pid"/task/*/comm 2>/dev/null | grep -c -- "$1" || true; } # threads
has_named() { [[ $(n_named "$1") -ge $2 ]]; }

mini_build
mini_make multi
"${CC:-gcc}" -O1 -shared -fPIC -pthread -o "$work/lock_holders.so" "$lib/lock_holders.c"
mini_under=(env "LD_PRELOAD=$work/lock_holders.so" LOCK_HOLDERS=1 MALLOC_ARENA_MAX=1
    GLIBC_TUNABLES=glibc.malloc.tcache_count=0)
mini_start a
pid=${mini_pid[a]} sock=${mini_sock[a]}
check "threads hold locks" wait_for 5 has_named '^holds-' 6

run --log debug,file
is "the log is on: exit code" "$status" 0
# A listener that waits for a lock does not answer COMMIT within a second, and that is no "busy" which is tried again.
failed=0
for ((i = 0; i < rounds; i++)); do
    for verb in "--apply $mini_payload" "--remove multi"; do
        # shellcheck disable=SC2086 # two words
        run $verb --wait 20
        [[ $status -eq 0 ]] || { failed=$((failed + 1)) && tap_note "$(<"$work/err")"; }
    done
done
is "$rounds times applied and removed, failures" "$failed" 0
check "the program goes on" mini_say a 5 version

tap_done
