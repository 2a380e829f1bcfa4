#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Payloads that are passed as descriptors (SCM_RIGHTS), on the mini target: a large one by raxlpxs; a
# file that changes while it is looked at; descriptors that are no such file; as much as may be sent.

set -euo pipefail
name=passing
# shellcheck source=tests/lib/common.sh
source "$(dirname "${BASH_SOURCE[0]}")/../lib/common.sh"
# shellcheck source=tests/lib/tap.sh
source "$lib/tap.sh"
# shellcheck source=tests/lib/mini.sh
source "$lib/mini.sh"

mini_build
cat >"$work/large.patch" <<'END'
A version in an array that makes the payload a large one.

--- a/version.c
+++ b/version.c
@@ -4,4 +4,6 @@
 const char *mini_version(void)
 {
-	return "mini 1.0";
+	static const char large[300000] = "mini 1.1, large";
+
+	return large;
 }
END
lpbuild "$work/large.log" --recipe mini --diff "$work/large.patch" --out "$work/large"
payload=$work/large/large.raxlpxs
check "a payload of $(stat -c %s "$payload") bytes" test "$(stat -c %s "$payload")" -gt 300000
export SANDBOX_LOG=$work/log
mini_start a
pid=${mini_pid[a]} sock=${mini_sock[a]}
client() { "$lib/passing.py" "$sock" "$@"; }
lp() { "$BIN/raxlpxs" --socket "$sock" "$@"; }
fds() { find "/proc/$pid/fd" -mindepth 1 | wc -l; }
own() { awk '$1 == "RssAnon:" { print $2 }' "/proc/$pid/status"; } # KiB
listener=$(grep -lx sandbox /proc/"$pid"/task/*/comm)
cpu_ms() { awk '{ printf "%d\n", $1 / 1000000 }' "${listener%comm}schedstat"; }

# ---- by raxlpxs ----

like "apply" "$(lp --apply "$payload")" "^applied 'large'"
is "the new code runs" "$(mini_say a 5 version)" "ok mini 1.1, large"
like "remove" "$(lp --remove large)" "^removed 'large'"
check "it did not come as bytes" grep -Eq ' in UPLOAD len=[0-9]{2}$' "$work/log"
fds_before=$(fds)
own_before=$(own)

# ---- a file that changes while it is looked at ----

is "a payload that another one changes and cuts off meanwhile" "$(client changing "$payload" 300 large)" ok
check "the runtime's own test passes" lp --test
is "nothing of it is left" "$(lp --list)" "no patches"

# ---- what is no file in memory, or not to be read ----

is "other descriptors" "$(client odd)" "\
pipe: 64 what was passed is not a file in memory
folder: 64 what was passed is not a file in memory
name: 64 what was passed is not a file in memory
socket: 64 what was passed is not a file in memory
device: 64 what was passed is not a file in memory
for writing: 1 reading what was passed failed: Bad file descriptor
empty: 2 payload of 0 bytes is too short for ELF
too large: 2 the file that was passed has 16777217 bytes, not at most 16777216"
is "253 descriptors in one message" "$(client many)" \
    $'64 more than one descriptor, or none was free for it\nclosed'
is "no descriptor is left over" "$(fds)" "$fds_before"

# ---- as much as may be sent, without a pause: see the bounds in docs/protocol.md ----

begun=$(now_ms)
cpu_before=$(cpu_ms)
client large 6 >"$work/n" &
flood=$!
answers=0
until is_gone "$flood"; do
    [[ $(client info) == 0 ]] || break
    answers=$((answers + 1))
done
wait "$flood"
used=$(($(cpu_ms) - cpu_before)) passed=$(($(now_ms) - begun))
check "twice $(<"$work/n") uploads of 16 MiB are answered" test "$(<"$work/n")" -ge 1
check "others are served meanwhile ($answers times)" test "$answers" -ge 3
check "the listener's processor time is bounded ($used ms in $passed ms)" \
    test "$used" -le $((8 * 200 + passed / 8 + 300))
gave_back() { [[ $(own) -le $((own_before + 100)) ]]; }
check "the memory is given back ($(own) KiB, $own_before KiB before)" wait_for 10 gave_back
check "the program works" mini_say a 5 version
like "and takes the patch" "$(lp --apply "$payload")" "^applied 'large'"
tap_done
