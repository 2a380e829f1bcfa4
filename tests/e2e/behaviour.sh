#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# timeout: 300
#
# Behaviours on the mini target that the other tests don't hold it to (docs/safety.md has the list): a thread
# and a coroutine in the way at once, one busy function of several, what a patch may bring along, clients
# by the thousand and at once, and ptrace() refused.

set -euo pipefail
name="behaviour"
# shellcheck source=tests/lib/common.sh
source "$(dirname "${BASH_SOURCE[0]}")/../lib/common.sh"
# shellcheck source=tests/lib/tap.sh
source "$lib/tap.sh"
# shellcheck source=tests/lib/mini.sh
source "$lib/mini.sh"

raxlpxs() { "$BIN/raxlpxs" --socket "$sock" "$@"; }
say() { mini_say a 5 "$@"; }
code_sum() { text_sum "$pid"; }
payload() { printf '%s\n' "$work/$1/$1.raxlpxs"; }

# run COMMAND...: status, err; out has both streams.
run() {
    status=0
    out=$("$@" 2>&1 </dev/null) || status=$?
}
# refused TEXT REGEX COMMAND...: with exit code 5, and nothing has changed.
refused() {
    local before
    before=$(code_sum)
    run "${@:3}"
    is "$1: exit code" "$status" 5
    like "$1: why" "$out" "^error: $2"
    is "$1: the code is what it was" "$(code_sum)" "$before"
}
fds() { find "/proc/$pid/fd" -type l | wc -l; }

check "mini" mini_build
for patch in transfer hammer version multi statics libc; do
    check "the patch '$patch'" mini_make "$patch"
done
check "one of two functions" lpbuild "$work/pair.log" --recipe mini --name pair --out "$work/pair" \
    --diff "$top/testdata/mini/hammer.patch" --diff "$top/testdata/mini/transfer.patch"
check "mini starts" mini_start a
pid=${mini_pid[a]} sock=${mini_sock[a]}
plain=$(code_sum)

# ---- a thread and a coroutine at once; one function of two is busy ----

check "a thread sleeps in mini_transfer" say sleep-in
check "a coroutine is parked there" say park
check "the other threads hammer mini_compute" say hammer on
refused "both are in the way" "busy: (thread [0-9]+ \(mini\)|coroutine 0x[0-9a-f]+) is in 'mini_transfer'" \
    raxlpxs --apply "$(payload transfer)" --wait 0
refused "one function of two is busy" "busy: .* is in 'mini_transfer'" raxlpxs --apply "$(payload pair)" --wait 1
is "the other one is not changed either: new results" "$(mini_stat a new)" 0
is "no patch is left" "$(raxlpxs --list)" 'no patches'
raxlpxs --apply "$(payload pair)" --wait 60 --debug >"$work/waiting" 2>"$work/waiting.err" &
waiting=$!
tries() { grep -c 'threads: let go' "$work/waiting.err" || true; }
has_tried() { [[ $(tries) -gt $1 ]]; }
check "somebody waits for them" wait_for 20 has_tried 2
is "the thread leaves with the old result" "$(say wake)" 'ok 42'
check "he still waits" wait_for 20 has_tried $(($(tries) + 2))
refused "the coroutine is still there" "(process [0-9]+ is changing|busy: coroutine 0x[0-9a-f]+ is in 'mini_transfer')" \
    raxlpxs --apply "$(payload transfer)" --wait 0
is "it leaves with the old result" "$(say unpark)" 'ok 8'
status=0
wait "$waiting" || status=$?
is "then both functions are changed: exit code" "$status" 0
like "then both functions are changed" "$(<"$work/waiting")" "^applied 'pair' .*: 2 functions, "
runs_new() { [[ $(mini_stat a new) -gt 0 ]]; }
check "the new code runs" wait_for 10 runs_new
check "the hammering ends" say hammer off
check "a thread sleeps in the new mini_transfer" say sleep-in
is "and gives the new result" "$(say wake)" 'ok 1042'
check "both go out" raxlpxs --remove pair
is "the code is what it was" "$(code_sum)" "$plain"

# ---- what a patch may bring along ----

check "16 bytes" say write sink1 00000000000000000000000000000000
old=$(say device sink1)
check "new: a function, a static variable, strings" raxlpxs --apply "$(payload multi)"
fails "the new function is called" 1 say write sink1 00
fails "once more" 1 say write sink1 00
is "the new variable has counted" "$(say device sink1)" "${old/id=/number=} drops=2"
is "the new string" "$(say version)" 'ok mini 1.0-multi'
check "out" raxlpxs --remove multi
is "as it was" "$(say device sink1)" "$old"
is "the old string" "$(say version)" 'ok mini 1.0'

id=$(say id)
ops=$(sed -n 's/.* ops=//p' <<<"$(say stats)")
check "changed: what uses a static local, and a thread-local variable" raxlpxs --apply "$(payload statics)"
is "the static local goes on" "$(say id)" "ok $((${id#ok } + 11))"
is "the thread-local is that of the thread" "$(sed -n 's/.* ops=//p' <<<"$(say stats)")" "$((ops + 1000000))"
check "out" raxlpxs --remove statics
is "the static local goes on" "$(say id)" "ok $((${id#ok } + 11))"

fails "a name in other letters" 1 say device RING0
check "new: a global variable, a function of libc" raxlpxs --apply "$(payload libc)"
like "the function of libc is called, the variable has counted" "$(say device RING0)" '^ok ring0 .* asked=1$'
like "and counts on" "$(say device ring0)" '^ok ring0 .* asked=2$'
check "out" raxlpxs --remove libc
fails "as it was" 1 say device RING0
is "the code is what it was" "$(code_sum)" "$plain"

# ---- clients ----

before=$(fds)
is "1,000 connects, each is answered" "$(python3 - "$sock" <<'END'
import socket, struct, sys
answered = 0
for i in range(1000):
    s = socket.socket(socket.AF_UNIX)
    s.connect(sys.argv[1])
    s.settimeout(20)
    s.sendall(b'SAND' + struct.pack('<HHI', 2, 2, 12))
    got = s.recv(65536)
    answered += len(got) >= 20 and got[:4] == b'SAND' and struct.unpack_from('<I', got, 16)[0] == 0
    s.close()
print(answered)
END
)" 1000
is "no descriptor is left" "$(fds)" "$before"
failed=0
for _ in {1..10}; do
    for verb in "--apply $(payload hammer),--apply $(payload version)" "--remove hammer,--remove version"; do
        # shellcheck disable=SC2086 # two words
        raxlpxs ${verb#*,} --nodeps --wait 30 >"$work/second" 2>&1 &
        second=$!
        # shellcheck disable=SC2086
        run raxlpxs ${verb%,*} --nodeps --wait 30
        [[ $status -eq 0 ]] || { failed=$((failed + 1)) && tap_note "$out"; }
        wait "$second" || { failed=$((failed + 1)) && tap_note "$(<"$work/second")"; }
    done
done
is "two clients at once, ten times: failures" "$failed" 0
is "the code is what it was" "$(code_sum)" "$plain"

# ---- who may not trace ----

refused "seccomp" 'may not stop .*: .*seccomp, which may not allow ptrace' \
    "$lib/noptrace.py" "$BIN/raxlpxs" --socket "$sock" --apply "$(payload hammer)" --wait 0
mkfifo "$run/in" "$run/out"
thread=$(grep -lx mini /proc/"$pid"/task/*/comm | cut -d/ -f5 | grep -vx "$pid" | head -n 1)
"$lib/noptrace.py" --trace "$thread" <"$run/in" >"$run/out" &
tracer=$!
keep "$tracer"
exec {tracer_in}>"$run/in"
read -r -t 20 said <"$run/out" || said=
is "another tracer has one thread" "$said" traced
refused "another tracer" "process $pid is traced by process $tracer \(python3\)" \
    raxlpxs --apply "$(payload hammer)" --wait 0
exec {tracer_in}>&-
check "it ends" wait_for 10 is_gone "$tracer"
check "then it goes in" raxlpxs --apply "$(payload hammer)" --wait 20
check "and out" raxlpxs --remove hammer --wait 20
is "the code is what it was" "$(code_sum)" "$plain"
check "the runtime's test is fine" raxlpxs --test
check "it ends as it would" say quit
tap_done
