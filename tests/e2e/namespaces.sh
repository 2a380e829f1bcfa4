#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# raxlpxs on the host, the mini target in namespaces of its own: pid and mount; user, too; with a root
# that is a common user here. The same for QEMU is in qemu-life.sh.

set -euo pipefail
name=namespaces
# shellcheck source=tests/lib/common.sh
source "$(dirname "${BASH_SOURCE[0]}")/../lib/common.sh"
# shellcheck source=tests/lib/tap.sh
source "$lib/tap.sh"
# shellcheck source=tests/lib/mini.sh
source "$lib/mini.sh"

own=(unshare --fork --kill-child --pid --mount-proc)
"${own[@]}" --user --map-root-user true 2>/dev/null ||
    tap_skip_all "namespaces are not permitted here"

# start NAME COMMAND...: mini, started through COMMAND, which makes it process 1: mini_pid, mini_sock.
start() {
    local name=$1 outer
    shift
    SANDBOX_DIR=$run/$name "$@" "$run/exe/mini" "$run/$name/mini" 2>"$work/$name.stderr" &
    outer=$!
    keep "$outer"
    wait_for 5 test -S "$run/$name/mini" || return
    mini_pid[$name]=$(pgrep -P "$outer" -x mini)
    mini_sock[$name]=$run/$name/sandbox-sock1
}

lp() { "$BIN/raxlpxs" --pid "${mini_pid[$1]}" "${@:2}"; } # NAME VERB...
tells() { like "$1" "$("${@:3}" 2>&1)" "$2"; }              # TEXT REGEX COMMAND...

# serves NAME: what raxlpxs does with a program that is here.
serves() {
    local before
    before=$(text_sum "${mini_pid[$1]}")
    check "$1: info" lp "$1" --info
    check "$1: check" lp "$1" --check "$mini_payload"
    tells "$1: apply" "^applied 'transfer'" lp "$1" --apply "$mini_payload"
    tells "$1: apply again" "already" lp "$1" --apply "$mini_payload"
    check "$1: list" grep -q '^transfer ' <(lp "$1" --list)
    tells "$1: remove" "^removed 'transfer'" lp "$1" --remove transfer
    tells "$1: by the name of the socket" "^applied" lp_socket "$1" --apply "$mini_payload"
    tells "$1: by its name through /proc" "^removed" "$BIN/raxlpxs" \
        --socket "/proc/${mini_pid[$1]}/root${mini_sock[$1]}" --remove transfer
    is "$1: the code is what it was" "$(text_sum "${mini_pid[$1]}")" "$before"
    fails "$1: what fails there, fails here" 3 lp "$1" --remove transfer
}
lp_socket() { (cd "$run/$1" && "$BIN/raxlpxs" --socket "${mini_sock[$1]##*/}" "${@:2}"); }

check "lpbuild builds the mini target" mini_build
check "lpbuild makes a live patch for it" mini_make transfer
mkdir -p "$run/exe" "$run/pid" "$run/user" "$run/other"
cp "$mini_exe" "$run/exe/"
chmod 711 "$run"
# The folder above it is private, too, when tests/run has made it for us.
[[ $(stat -c %a "$(dirname "$run")") != 700 ]] || chmod 711 "$(dirname "$run")"

check "mini starts with its own processes and mounts" start pid "${own[@]}"
like "it is process 1 there" "$(cat "/proc/${mini_pid[pid]}/status")" $'NSpid:\t[0-9]+\t1\n'
serves pid

check "mini starts with its own users, too" start user "${own[@]}" --user --map-root-user
serves user

# Root there is user 1000 here, and our root is nobody there.
chown 1000 "$run/other"
as_user=(setpriv --reuid 1000 --regid 1000 --clear-groups)
if "${as_user[@]}" test -x "$run/exe/mini"; then
    check "mini starts in namespaces of a common user" start other "${as_user[@]}" \
        "${own[@]}" --user --map-root-user
    serves other
else
    tap_note "a common user can't go to $run"
fi

# Without a /proc of its own it can't be told by the ids inside who stops its threads.
mkdir -p "$run/strange"
check "mini starts in a pid namespace with our /proc" start strange unshare --fork --kill-child --pid
check "strange: info" lp strange --info
check "strange: upload" lp strange --upload "$mini_payload"
for verb in --check --apply; do
    fails "strange: $verb is refused" 2 lp strange "$verb" "$mini_payload"
    tells "strange: $verb says why" "^error: /proc of this process .* another pid namespace" \
        lp strange "$verb" "$mini_payload"
done
check "strange: it works on" mini_say strange 5 version

# Busy inside, and a client that is killed while it waits.
check "worker 0 goes to sleep in mini_transfer" mini_say pid 5 sleep-in
tells "busy names thread and function" "busy: thread [0-9]+ \(mini\) is in 'mini_transfer'" \
    lp pid --apply "$mini_payload" --wait 0
"$BIN/raxlpxs" --pid "${mini_pid[pid]}" --apply "$mini_payload" --wait 60 >"$work/killed" 2>&1 &
client=$!
keep "$client"
check "a client waits, with a process inside" wait_for 5 pgrep -P "$client" -x raxlpxs
inside=$(pgrep -P "$client" -x raxlpxs)
kill -KILL "$client"
check "the client is killed: its other half ends" wait_for 5 is_gone "$inside"
check "worker 0 wakes up" mini_say pid 5 wake
tells "nothing was left there" "no patches" lp pid --list
tells "the next client is served" "^applied" lp pid --apply "$mini_payload"

# When process 1 ends, the kernel ends all in its namespace.
check "worker 0 goes to sleep in the new function" mini_say pid 5 sleep-in
"$BIN/raxlpxs" --pid "${mini_pid[pid]}" --remove transfer --wait 60 >"$work/ended" 2>&1 &
client=$!
check "a client waits" wait_for 5 pgrep -P "$client" -x raxlpxs
kill -KILL "${mini_pid[pid]}"
status=0
wait "$client" || status=$?
is "the program ends: exit code" "$status" 1
like "the program ends: reason" "$(<"$work/ended")" 'error: .*ended'

# A process of ours listens under the name that its process 1 had.
rm "${mini_sock[user]}"
python3 -c '
import socket, sys, signal
s = socket.socket(socket.AF_UNIX)
s.bind(sys.argv[1])
s.listen()
signal.pause()' "${mini_sock[user]}" &
keep "$!"
wait_for 5 test -S "${mini_sock[user]}"
fails "another process on its socket is not trusted" 6 lp user --apply "$mini_payload"
fails "nor by the name of the socket" 6 "$BIN/raxlpxs" --socket "${mini_sock[user]}" --info

tap_done
