#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# timeout: 600
#
# A QEMU that gives up rights: what its log can do afterwards, and how it ends where QEMU's own filter
# ends it. And what the runtime costs a QEMU in memory. Beside the same program, linked without the
# runtime. No guest runs here.

set -euo pipefail
name=qemu-rights
# shellcheck source=tests/lib/common.sh
source "$(dirname "${BASH_SOURCE[0]}")/../lib/common.sh"
# shellcheck source=tests/lib/tap.sh
source "$lib/tap.sh"
# shellcheck source=tests/lib/vm.sh
source "$lib/vm.sh"
# shellcheck source=tests/lib/story.sh
source "$lib/story.sh"
# shellcheck source=tests/lib/audit.sh
source "$lib/audit.sh"

# start NAME [ARGUMENT...]: QEMU without a machine: pid, sock.
start() {
    local name=$1
    shift
    mkdir -p "$run/$name"
    SANDBOX_DIR=$run/$name "$QEMU" -M none -nodefaults -display none -monitor none -S \
        -qmp "unix:$run/$name/qmp,server=on,wait=off" "$@" 2>"$work/$name.stderr" &
    pid=$!
    sock=$run/$name/sandbox-sock$pid
    keep "$pid"
    wait_for 20 test -S "$run/$name/qmp" || return
    qmp query-status # so all that comes before the main loop is done
}
qmp() { "$lib/qmp.py" "$run/$name/qmp" "$@"; }
lp() { "$BIN/raxlpxs" --socket "$sock" "$@"; }
info() { lp --info | awk -v key="$1" '$1 == key { print $2 }'; }
stop() {
    qmp quit >/dev/null
    check "$1: it ends" wait_for 20 is_gone "$pid"
}

check "lpbuild builds QEMU with the runtime" story_prepare
check "its objects are linked without the runtime" "$lib/plain_qemu.sh" "$QEMU" "$work/plain-qemu"

# All rights that -runas leaves it, and the log turned on before.
mkdir "$run/root"
log=$work/log
receiver "$run/syslog" "$work/syslog"
export SANDBOX_LOG=$log SANDBOX_SYSLOG=$run/syslog
name=all
check "QEMU starts with -runas, -chroot and -sandbox, and logs" start all \
    -runas nobody -chroot "$run/root" -sandbox on,obsolete=deny,spawn=deny,resourcecontrol=deny
unset SANDBOX_LOG SANDBOX_SYSLOG
is "it is nobody" "$(stat -c %U "/proc/$pid/task")" nobody
like "the first line" "$(sed -n 1p "$log")" "by=runtime text=\"started: build-id [0-9a-f]{40}, socket $sock\"$"
check "list" lp --list
settle "$sock"
like "a line for it" "$(tail -n 1 "$log")" ' pid=[0-9]+ uid=0 comm=raxlpxs out LIST len=[0-9]+ status=0$'
check "in the system's log, too" wait_for 5 grep -q ' out LIST' "$work/syslog"
flood "$sock" 0 3000
check "the file begins anew" test "$(stat -c %s "$log")" -le 1048576 -a "$(stat -c %s "$log.1")" -gt 1047000
is "no line is missing" "$(numbers "$log.1" "$log" | cmp - <(seq 0 2999) && echo same)" same
check "the log is turned off" lp --log off
lines=$(wc -l <"$log")
check "list" lp --list
settle "$sock"
is "it is off" "$(wc -l <"$log")" "$lines"
check "the log is turned on again" lp --log debug,file,syslog
: >"$work/syslog"
check "list" lp --list
settle "$sock"
check "there are lines again" grep -q ' connection text="opened"$' <(tail -n +$((lines + 1)) "$log")
check "in both" wait_for 5 grep -q ' connection text="opened"$' "$work/syslog"
stop "with all of that"
like "the last line" "$(tail -n 1 "$log")" 'by=runtime text="stopped"$'

# Turned on later: what was not opened before must still be in reach.
name=late
check "QEMU starts with -runas" start late -runas nobody
fails "a log in a folder of root is refused" 1 lp --log on,file
like "with the reason" "$(lp --log on,file 2>&1)" "^error: opening the log 'sandbox-log$pid' failed: Permission denied"
is "it is off as before" "$(info log)" off
check "the runtime works on" lp --test
stop "-runas"

name=outside
check "QEMU starts with -chroot" start outside -chroot "$run/root"
check "the log is turned on" lp --log on,file
check "list" lp --list
settle "$sock"
check "it is beside the socket" grep -q ' out LIST' "$run/outside/sandbox-log$pid"
stop "-chroot"

# QEMU's filter is there before it changes its user.
ends_by_filter() {
    local status=0
    SANDBOX_DIR=$run timeout 20 "$1" -M none -nodefaults -display none -monitor none \
        -runas nobody -sandbox on,elevateprivileges=deny 2>/dev/null || status=$?
    [[ $status -eq $((128 + 31)) ]] # SIGSYS
}
check "-runas and elevateprivileges=deny: QEMU ends by its own filter" ends_by_filter "$work/plain-qemu"
check "with the runtime it is the same" ends_by_filter "$QEMU"

# KiB of the executable's pages, and of its own: with the runtime and without it.
resident() { "$lib/resident.py" 1000 "$QEMU" "$work/plain-qemu" >"$work/resident"; }
check "what is resident is measured" resident
{ read -r file own _ && read -r file_without own_without _; } <"$work/resident" || true
check "memory of its own: $own KiB, $own_without KiB without the runtime" \
    test "$own" -gt "$own_without" -a $((own - own_without)) -lt 100
cost=$((file - file_without + own - own_without))
check "resident with pages of its file: $cost KiB more than without the runtime, less than 100 kB" \
    test $((cost * 1024)) -lt 100000
rm "$work/plain-qemu"
tap_done
