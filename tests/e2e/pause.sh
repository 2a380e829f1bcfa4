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
# looks FILE: status files that the listener reads there, of 511 bytes at most.
looks() { grep -c '^pread64(.*, 511, 0)' "$1" || true; }
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
# commit_of LOG: what the listener does between the last COMMIT and its answer; ahead_of LOG: between CONTEXTS, asked
# for the last time, and that COMMIT.
commit_of() {
    awk '/^recvmsg.*"SAND.2.0.6.0/ { on = 1; n = 0 } on { line[n++] = $0 } /^sendto/ { on = 0 }
        END { for (i = 0; i < n; i++) print line[i] }' "$1"
}
ahead_of() {
    awk '/^recvmsg.*"SAND.2.0.5.0/ { n = 0 } /^recvmsg.*"SAND.2.0.6.0/ { last = n } { line[n++] = $0 }
        END { for (i = 0; i < last; i++) print line[i] }' "$1"
}

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
# It has half a millisecond for that, which strace may use up.
for ((i = 0; i < 20; i++)); do
    ahead_of "$work/listener" >"$work/ahead"
    n_ahead=$(looks "$work/ahead")
    [[ $n_ahead -eq 0 ]] || break
    "$BIN/raxlpxs" --socket "${mini_sock[a]}" --remove hammer >"$work/out"
    "$BIN/raxlpxs" --socket "${mini_sock[a]}" --apply "$mini_payload" >"$work/out"
done
check "the listener looks ahead while the client searches the stacks ($n_ahead files)" test "$n_ahead" -gt 0
end $strace
stop_of "$work/client" >"$work/stop"
commit_of "$work/listener" >"$work/commit"

for call in PTRACE_INTERRUPT PTRACE_GETREGS PTRACE_GETSIGMASK PTRACE_DETACH wait4 process_vm_readv; do
    is "the client calls $call once for each thread" "$(count "$work/stop" $call)" $threads
done
n=$(calls "$work/stop" | wc -l)
check "and that is all but for a few calls ($n)" test "$n" -le $((6 * threads + 6))
is "it does not list the threads again" "$(count "$work/stop" getdents64)" 0
n=$(($(looks "$work/ahead") + $(looks "$work/commit")))
check "the listener reads the status of each thread once at most ($n)" test "$n" -le $threads
is "and opens none" "$(count "$work/commit" openat)" 0
n=$(calls "$work/commit" | wc -l)
check "and that is all but for how often each had a processor and a few calls ($n)" test "$n" -le $((2 * threads + 18))

# Idle processors are kept awake for as long as threads stand still, and no longer.
awake_of() {
    sed 's/^[0-9]* *//' "$1" | awk -F'[ =]+' '
        /cpu_dma_latency/ { fd = $NF; print "begin" }
        /^close/ && fd != "" && $0 ~ "close[(]" fd "[)]" { fd = ""; print "end" }
        /PTRACE_INTERRUPT/ { print "stop" }
        /PTRACE_DETACH/ { print "go" }' | uniq
}
if [[ -w /dev/cpu_dma_latency ]]; then
    is "processors are kept awake for the stop" "$(awake_of "$work/client" | tail -n 4 | xargs)" "begin stop go end"
else
    tap_note "no /dev/cpu_dma_latency here: processors can't be kept awake"
fi
tap_done
