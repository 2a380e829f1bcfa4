#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# timeout: 120
#
# What happens while all threads are stopped, by the number of system calls: so many for each thread, and
# a few. Times would depend on the machine; tests/bench/mini.sh has them.

set -euo pipefail
name=pause
# shellcheck source=tests/lib/common.sh
source "$(dirname "${BASH_SOURCE[0]}")/../lib/common.sh"
# shellcheck source=tests/lib/tap.sh
source "$lib/tap.sh"
# shellcheck source=tests/lib/mini.sh
source "$lib/mini.sh"

workers=8
threads=$((workers + 1)) # that are stopped: the first one, too, and not the listener

command -v strace >/dev/null || tap_skip_all 'no strace'

# calls FILE: their names, from strace's log; ptrace() by what is asked for. Not those that only wait: they
# are repeated until the other side is ready.
calls() {
    grep -v 'ERESTART\|^--- SIGALRM\|^rt_sigreturn' "$1" |
        sed 's/^ptrace(\([A-Z_]*\).*/\1/; s/(.*//' | grep -vx 'sched_yield\|recvfrom\|ppoll\|poll'
}
count() { calls "$1" | grep -cx "$2" || true; } # FILE CALL

# stop_of LOG: what the client does in its last stop, from the first request to the last thread let go.
stop_of() {
    sed 's/^[0-9]* *//' "$1" | awk '
        /PTRACE_INTERRUPT/ && !on { on = 1; n = 0 }
        on { line[n++] = $0 }
        /PTRACE_DETACH/ { last = n }
        /setitimer/ { on = 0 }
        END { for (i = 0; i < last; i++) print line[i] }'
}
# commit_of LOG: what the listener does between COMMIT and its answer.
commit_of() { awk '/^recvmsg.*"SAND.2.0.6.0/ { on = 1 } on { print } /^sendto/ { on = 0 }' "$1"; }

mini_build || die "the mini target can't be built" "see $work/mini.log"
mini_make hammer || die "its patch can't be made" "see $work/patch-hammer.log"
mini_start a -w $workers
pid=${mini_pid[a]}
listener=$(grep -lx sandbox /proc/"$pid"/task/*/comm | cut -d/ -f5)
strace -p "$listener" -o "$work/listener" 2>"$work/strace" &
strace=$!
keep $strace
check "strace is attached to the listener" wait_for 10 grep -q attached "$work/strace"
check "a patch goes in under strace" strace -f -o "$work/client" \
    "$BIN/raxlpxs" --socket "${mini_sock[a]}" --apply "$mini_payload"
end $strace
stop_of "$work/client" >"$work/stop"
commit_of "$work/listener" >"$work/commit"

for call in PTRACE_INTERRUPT PTRACE_GETREGS PTRACE_GETSIGMASK PTRACE_DETACH wait4 process_vm_readv; do
    is "the client calls $call once for each thread" "$(count "$work/stop" $call)" $threads
done
n=$(calls "$work/stop" | wc -l)
check "and that is all but for a few calls ($n)" test "$n" -le $((6 * threads + 6))
is "it does not list the threads again" "$(count "$work/stop" getdents64)" 0
is "the listener reads a file for each thread" "$(count "$work/commit" pread64)" $threads
is "and opens none" "$(count "$work/commit" openat)" 0
n=$(calls "$work/commit" | wc -l)
check "and that is all but for a few calls ($n)" test "$n" -le $((threads + 18))
tap_done
