#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# timeout: 180
#
# raxlpxs --all: many programs at once. Other tests may run on this host, whose programs nobody is to
# talk to: so this one runs where it sees no processes but its own, and where that is not permitted,
# all is for an executable of our own (--exe).

set -euo pipefail
own=(unshare --fork --kill-child --pid --mount-proc)
if [[ -z ${FLEET_INSIDE-} ]] && "${own[@]}" true 2>/dev/null; then
    FLEET_INSIDE=1 exec "${own[@]}" "$0" "$@"
fi
name="fleet"
# shellcheck source=tests/lib/common.sh
source "$(dirname "${BASH_SOURCE[0]}")/../lib/common.sh"
# shellcheck source=tests/lib/tap.sh
source "$lib/tap.sh"
# shellcheck source=tests/lib/mini.sh
source "$lib/mini.sh"

many=20

# run ARGUMENT...: status, out and err; for all that run $exe.
run() {
    status=0
    "$BIN/raxlpxs" --all --exe "$exe" "$@" >"$work/out" 2>"$work/err" </dev/null || status=$?
    out=$(<"$work/out") err=$(<"$work/err")
}

line() { grep -E "^ *${mini_pid[$1]}  fleet-mini( .deleted.)? " <<<"$out" || true; } # line NAME: of its process
summary() { tail -n 1 <<<"$out"; }
is_stopped() { ! grep -h '^State:' /proc/"$1"/task/*/status | grep -v stopped; } # each of its threads
# is_asked NAME: after the scan somebody has connected to its sandbox, which is stopped.
is_asked() {
    [[ $(grep -cE " 0001 0[23] .*${mini_sock[$1]}\$" /proc/net/unix) -ge 2 ]]
}
# document PYTHON: is that true of the JSON document `d` in $work/out, whose entries are p[pid]?
document() {
    python3 -c "
import json, sys
d = json.load(open('$work/out'))
p = {e['pid']: e for e in d['processes']}
sys.exit(not ($1))"
}

mini_build
mini_make hammer # for mini_make_foreign
mini_make transfer
transfer=$mini_payload
mini_make_foreign hammer "$work/foreign.raxlpxs"
exe=$work/fleet-mini
cp "$mini_exe" "$exe"
mini_exe=$exe

# ---- who is asked, and what is said of him ----

run --list
is "nobody runs that file" "$status:$out" "3:"
like "which is said" "$err" "^error: no such process has a sandbox"
run --list --json
check "also as JSON" python3 -c "
import json
assert json.load(open('$work/out'))['error']['code'] == 3"

for t in a b c busy ends sure; do mini_start "$t"; done
# An update puts another build in the place of the file: who runs the old one is still meant.
cp "$work/foreign" "$exe.new"
mv "$exe.new" "$exe"
mini_start other

run --list
is "list" "$status:$err" "0:"
is "one line for each and the summary" "$(wc -l <"$work/out")" 8
for t in a b c busy ends sure other; do
    like "list: $t" "$(line $t)" '  no patches$'
done
is "list: summary" "$(summary)" "7 processes: 7 done"
run --info
like "info" "$(line a)" '  build-id [0-9a-f]{12}, version [0-9.]+, patches 0, applied 0, text free [0-9]+$'
run --test
like "test" "$(line a)" '  ok, [0-9]+ tests$'
run --log on
is "log: exit code" "$status" 0
like "log" "$(line a)" '  log level is on'
run --log off
run --list --debug
like "debug tells whose messages these are" "$err" "(^|"$'\n'")${mini_pid[b]}: .*sent: message 2"
run --info --json
check "info as JSON" document "
    p[${mini_pid[a]}]['answer']['info']['pid'] == ${mini_pid[a]} and d['done'] == 7 and d['code'] == 0"
id() { # of the executable of NAME
    python3 -c "
import json
for e in json.load(open('$work/out'))['processes']:
    if e['pid'] == ${mini_pid[$1]}: print(e['answer']['info']['build-id'])"
}
id=$(id a) other=$(id other)
run --build-id "${id:0:8}" --list # both, as mini_make_foreign() makes it
is "the start of a build-id" "$status:$(summary)" "0:7 processes: 7 done"
run --build-id "$other" --list
is "no others than of that build-id" "$status:$(wc -l <"$work/out"):$(summary)" "0:2:1 process: 1 done"
run --build-id 0123456789 --list
is "nobody has that build-id" "$status:$out" "3:"
if [[ -n ${FLEET_INSIDE-} ]]; then
    status=0
    out=$("$BIN/raxlpxs" --all --list 2>/dev/null) || status=$?
    is "without --exe it is all that can be seen" "$status:$(summary)" "0:7 processes: 7 done"
fi
fails "--all and --pid" 64 "$BIN/raxlpxs" --all --pid "${mini_pid[a]}" --list
fails "--exe without --all" 64 "$BIN/raxlpxs" --exe "$exe" --pid "${mini_pid[a]}" --list
fails "a build-id that is none" 64 "$BIN/raxlpxs" --all --build-id 0xyz --list

# ---- the same patch for all: docs/raxlpxs.md shows this one ----

check "a thread of one is where the change is" mini_say busy 5 sleep-in
check "one has the patch already" "$BIN/raxlpxs" --pid "${mini_pid[sure]}" --apply "$transfer"
kill -STOP "${mini_pid[ends]}" # so that it ends while it is asked
check "one is stopped" wait_for 10 is_stopped "${mini_pid[ends]}"
run --apply "$transfer" --wait 1 &
running=$!
check "the one that will end is asked" wait_for 10 is_asked ends
end "${mini_pid[ends]}"
wait "$running" || true
out=$(<"$work/out") err=$(<"$work/err")
is "a line for each of seven, and the summary" "$(wc -l <"$work/out")" 8
for t in a b c; do
    like "applied: $t" "$(line $t)" "  applied 'transfer' \\([0-9a-f]{12}\\): 1 function, threads stopped for [0-9]+ us"
done
# What the documentation shows is what is said, but for numbers, and for what a busy host adds.
without_numbers() { sed -E 's/, after [0-9]+ attempts in [0-9]+ ms$//; s/[0-9a-f]{40}|\([0-9a-f]{12}\)/ID/g; s/[0-9]+/N/g; s/ +/ /g; s/^ //; s/fleet-mini/mini/g'; }
example=$(sed -n '/^    \$ raxlpxs --all /,/^$/p' "$top/docs/raxlpxs.md")
is "the example in the documentation" "$(head -n 1 <<<"$example")" \
    "    \$ raxlpxs --all --exe /usr/bin/mini --apply transfer.raxlpxs --wait 1"
without_numbers <<<"$out" >"$work/said"
example=$(without_numbers <<<"${example#*$'\n'}")
is "the example has this many lines" "$(wc -l <<<"$example")" 5
while read -r shown; do
    check "as documented: $shown" grep -qFx "$shown" "$work/said"
done <<<"$example"
like "applied before" "$(line sure)" "  already applied 'transfer' .*: nothing to do$"
like "another build" "$(line other)" "  skipped: the payload is for build-id $id, this one has $other$"
like "ended meanwhile" "$(line ends)" "  skipped: process ${mini_pid[ends]} has ended$"
like "busy" "$(line busy)" "  failed: busy: thread [0-9]+ .* is in 'mini_transfer' .* within 1 s$"
is "summary" "$(summary)" "7 processes: 4 done, 2 skipped, 1 failed: ${mini_pid[busy]}"
run --apply "$transfer" --wait 0 --json
is "once more as JSON: exit code" "$status" 5
check "one document" document "
    (d['done'], d['skipped'], d['failed'], d['code']) == (4, 1, 1, 5) and
    list(p) == sorted(p) and
    p[${mini_pid[busy]}]['code'] == 5 and p[${mini_pid[busy]}]['answer']['error']['code'] == 5 and
    p[${mini_pid[other]}]['end'] == 'skipped' and
    p[${mini_pid[a]}]['end'] == 'done' and p[${mini_pid[a]}]['answer']['already'] is True"
check "it leaves" mini_say busy 5 wake
run --check "$transfer"
is "check: exit code" "$status:$(summary)" "0:6 processes: 5 done, 1 skipped"
run --status transfer
like "status" "$(line a)" "  1 patch: transfer \\([0-9a-f]{12}\\) APPLIED$"
like "status of who has it not" "$(line busy)" "  skipped: no patch 'transfer'"
is "status: exit code" "$status" 0
run --revert transfer
is "revert" "$status:$(summary)" "0:6 processes: 4 done, 2 skipped"
like "who has it not" "$(line other)" "  skipped: no patch 'transfer'"
run --remove transfer
is "remove" "$status:$(summary)" "0:6 processes: 4 done, 2 skipped"
run --remove transfer
is "nobody has it any more" "$status:$(summary)" "3:6 processes: 6 skipped"
run --apply "$work/foreign.raxlpxs"
is "for another build" "$status:$(summary)" "0:6 processes: 1 done, 5 skipped"
head -c 4096 /dev/urandom >"$work/garbage.raxlpxs"
run --apply "$work/garbage.raxlpxs"
is "no payload: exit code" "$status:$out" "1:"
like "no payload: said once" "$err" "^error: .*garbage.raxlpxs"

# A socket that another process listens on.
mini_pid[thief]=$(
    python3 -c "
import os, socket, sys, time
s = socket.socket(socket.AF_UNIX)
os.unlink('${mini_sock[c]}')
s.bind('${mini_sock[c]}')
s.listen()
print(os.getpid(), flush=True)
os.close(1)
time.sleep(60)" &
)
keep "${mini_pid[thief]}"
run --list
is "a socket that was taken over: exit code" "$status" 6
check "and who has it" grep -qE \
    "^ *${mini_pid[thief]}  python[0-9.]* +failed: process ${mini_pid[thief]} listens on .*, not process ${mini_pid[c]}" \
    "$work/out"
end "${mini_pid[thief]}"

# ---- programs in namespaces of their own ----

# start_inside NAME COMMAND...: mini, started through COMMAND, which makes it process 1 of its own.
start_inside() {
    local name=$1 outer
    mkdir -p "$run/$name"
    SANDBOX_DIR=$run/$name "${@:2}" "$exe" "$run/$name/mini" 2>"$work/$name.stderr" &
    outer=$!
    keep "$outer"
    wait_for 5 test -S "$run/$name/mini" || return
    mini_pid[$name]=$(pgrep -P "$outer")
}
if [[ -n ${FLEET_INSIDE-} ]]; then
    cp "$exe" "$work/inside"
    exe=$work/inside mini_exe=$work/inside
    check "one starts here" mini_start here
    check "one in a pid and mount namespace" start_inside pid "${own[@]}"
    check "one with users of its own, too" start_inside user "${own[@]}" --user --map-root-user
    for verb in --apply --revert --apply --remove; do
        arg=foreign
        [[ $verb != --apply ]] || arg=$work/foreign.raxlpxs
        run "$verb" "$arg"
        is "all of them: $verb" "$status:$(summary)" "0:3 processes: 3 done"
    done
    run --apply "$work/foreign.raxlpxs" --json
    check "as JSON" document "
        all(e['answer']['result'] == 'applied' for e in p.values()) and
        sorted(p) == sorted([${mini_pid[here]}, ${mini_pid[pid]}, ${mini_pid[user]}])"
    run --remove foreign --json
    is "and back" "$status" 0
    for t in here pid user; do end "${mini_pid[$t]}"; done
fi

# ---- many ----

cp "$exe" "$work/many"
exe=$work/many mini_exe=$work/many
failed=0
for ((i = 0; i < many; i++)); do mini_start "m$i" || failed=1; done
is "many start" "$failed" 0
run --apply "$work/foreign.raxlpxs"
is "$many: exit code and summary" "$status:$(summary)" "0:$many processes: $many done"
like "how far it is, on stderr" "$err" "asking $many processes"
run --list --json
check "each has it" document "all(e['answer']['patches'][0]['state'] == 'APPLIED' for e in p.values()) and len(p) == $many"
run --remove foreign
is "$many: removed" "$status:$(summary)" "0:$many processes: $many done"
tap_done
