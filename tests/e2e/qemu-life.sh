#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# timeout: 900
#
# The life of a QEMU with the runtime: how it ends, what its children have of the runtime, -chroot
# and -runas, migration from and to a patched QEMU, namespaces of its own. (-daemonize alone and the
# seccomp sandbox are in qemu.sh.)

set -euo pipefail
name=qemu-life
# shellcheck source=tests/lib/common.sh
source "$(dirname "${BASH_SOURCE[0]}")/../lib/common.sh"
# shellcheck source=tests/lib/tap.sh
source "$lib/tap.sh"
# shellcheck source=tests/lib/vm.sh
source "$lib/vm.sh"
# shellcheck source=tests/lib/story.sh
source "$lib/story.sh"

qmp() { "$lib/qmp.py" "$run/$1/qmp" "${@:2}"; } # VM COMMAND [ARGUMENTS]
lp() { "$BIN/raxlpxs" --pid "${vm_pid[$1]}" "${@:2}"; } # VM VERB...
listed() { lp "$1" --list | grep -q "^$fix_id "; }
listener() { grep -lx sandbox /proc/"${vm_pid[$1]}"/task/*/comm | cut -d/ -f5; }
wakeups() { sed -n 's/^voluntary_ctxt_switches:\t//p' "/proc/${vm_pid[$1]}/task/$2/status"; }

# The inode of the listening socket, as descriptors name it.
socket_inode() { awk -v path="${vm_sock[$1]}" '$8 == path { print "socket:[" $7 "]" }' /proc/net/unix; }

# ends VM HOW: without more ado, and the name of its socket goes with it.
ends() {
    wait_for 20 is_gone "${vm_pid[$1]}" || true
    check "$2 ends it" is_gone "${vm_pid[$1]}"
    check "$2: its socket is gone" test ! -e "${vm_sock[$1]}"
}

# change VM: one whole life of a patch, found by the pid.
change() {
    local before
    [[ -e /proc/${vm_pid[$1]} ]] || return 0 # its start has failed already
    before=$(text_sum "${vm_pid[$1]}")
    check "vm '$1': apply" lp "$1" --apply "$payload"
    check "vm '$1': the malformed message is worked off" vm_attack "$1" 10
    check "vm '$1': remove" lp "$1" --remove "$fix_id"
    is "vm '$1': the code is what it was" "$(text_sum "${vm_pid[$1]}")" "$before"
}

migration_is() { [[ $(qmp "$1" query-migrate) == *"\"status\": \"$2\""* ]]; } # VM STATUS
runs() { [[ $(qmp "$1" query-status) == *'"running": true'* ]]; }

# receiver VM: a machine that waits for a guest.
receiver() {
    vm_start "$1" -incoming "unix:$run/$1/in" && vm_watch_ticks "$1"
}

# migrate FROM TO SECONDS: the guest ticks on there, from where it was.
migrate() {
    local last first
    last=$(grep -c . "$work/$1/ticks")
    check "vm '$1' sends its guest to '$2'" qmp "$1" migrate "{\"uri\": \"unix:$run/$2/in\"}"
    "${during[@]}"
    check "the migration completes" wait_for "$3" migration_is "$1" completed
    check "vm '$2' has the guest" wait_for 10 runs "$2"
    check "the guest ticks in '$2'" vm_ticks "$2" 5 20
    last=$(awk '/^tick/ { n = $3 } END { print n }' "$work/$1/ticks")
    first=$(awk '/^tick/ { print $3; exit }' "$work/$2/ticks")
    check "as the same guest: $first comes after $last" test "$first" -gt "$last" -a "$first" -lt $((last + 5))
}

story_fix
check "lpbuild builds QEMU with the runtime" story_prepare
story_cut "$work/$fix_id.patch"
check "lpbuild makes the live patch" story_patch "$fix_id" "$work/$fix_id.patch"

# Its end is the one that it would have without the runtime.
mkdir "$run/short"
status=0
echo quit | SANDBOX_DIR=$run/short "$QEMU" -M none -nodefaults -display none -monitor stdio \
    >"$work/short" 2>&1 || status=$?
is "QEMU that quits exits with 0" "$status" 0
is "and leaves no socket" "$(ls "$run/short")" ""

# A guest that moves twice. During the first move its QEMU is patched; the second move is to a QEMU
# that was patched before the guest came.
check "a guest boots" vm_boot first
check "the guest ticks" vm_ticks first 5 60

# Idle: the guest runs, the listener sleeps. Nobody else connects: tests that use --all see or ask only
# their own programs.
tid=$(listener first)
sleeps() {
    local before
    before=$(wakeups first "$tid")
    vm_ticks first 20 20 && [[ $(wakeups first "$tid") -eq $before ]]
}
check "while the guest ticks on, the listener does not wake up" sleeps

apply_meanwhile() {
    check "apply, on the way" lp first --apply "$payload"
    check "the migration is still on its way" migration_is first active
    qmp first migrate-set-parameters '{"max-bandwidth": 1000000000}' >/dev/null
}
check "a second machine waits for it" receiver second
qmp first migrate-set-parameters '{"max-bandwidth": 1000000}' >/dev/null
during=(apply_meanwhile)
migrate first second 30
check "the source is patched" listed first
fails "the patch has not moved with the guest" 1 listed second
check "remove, when the guest has left" lp first --remove "$fix_id"
qmp first quit >/dev/null
ends first quit

check "a third machine waits" receiver third
check "apply before the guest comes" lp third --apply "$payload"
during=(:)
migrate second third 30
check "the guest has come to a patched QEMU" vm_attack third 10
check "remove, with the guest" lp third --remove "$fix_id"
kill -TERM "${vm_pid[second]}"
ends second SIGTERM
like "and it says what it always said" "$(cat "$work/second/stderr")" 'terminating on signal 15'

# A helper: the child has nothing of the runtime, which serves on while it is there.
mkfifo "$work/go"
inode=$(socket_inode third)
like "one socket listens" "$inode" '^socket:\[[0-9]+\]$'
check "QEMU starts a helper" qmp third migrate \
    "{\"uri\": \"exec:ls -l /proc/\$\$/fd >$work/fds; cat /proc/\$\$/task/*/comm >$work/threads; cat $work/go; cat >/dev/null\"}"
check "it runs" wait_for 10 test -s "$work/threads"
fails "it has not got the socket" 1 grep -F "$inode" "$work/fds"
fails "nor the memory of QEMU" 1 grep -E '/proc/.*(mem|task)$' "$work/fds"
fails "nor the listener" 1 grep -x sandbox "$work/threads"
change third
echo >"$work/go"
check "it ends" wait_for 30 migration_is third completed
is "the same socket listens" "$(socket_inode third)" "$inode"
check "info answers" lp third --info
vm_end third

# -chroot: the socket was made before, outside of it.
mkdir -p "$run/root"
check "QEMU starts with -chroot and -daemonize" vm_start chroot -chroot "$run/root" -daemonize -no-reboot
is "its root is another" "$(readlink "/proc/${vm_pid[chroot]}/root")" "$run/root"
check "the runtime's own test passes" lp chroot --test
change chroot
check "apply, to end with the patch in" lp chroot --apply "$payload"
check "the guest is reset" qmp chroot system_reset
ends chroot "with -no-reboot that"

# All together (-runas needs what QEMU's elevateprivileges=deny forbids); and then the user may not remove the name of the socket from root's folder.
check "QEMU starts with -runas, -chroot and -sandbox" vm_boot runas \
    -runas nobody -chroot "$run/root" \
    -sandbox on,obsolete=deny,spawn=deny,resourcecontrol=deny
check "the guest ticks" vm_ticks runas 5 60
is "it is nobody" "$(stat -c %U "/proc/${vm_pid[runas]}/task")" nobody
check "the runtime's own test passes there" lp runas --test
change runas
kill -TERM "${vm_pid[runas]}"
check "SIGTERM ends it" wait_for 20 is_gone "${vm_pid[runas]}"
fails "nobody listens any more" 3 "$BIN/raxlpxs" --socket "${vm_sock[runas]}" --info

# Namespaces: process 1 of its own, root of its own, and a folder that nobody else sees.
cat >"$run/inside" <<INSIDE
#!/bin/sh
exec unshare --fork --kill-child --pid --user --map-root-user --mount --mount-proc \\
    sh -c 'mount -t tmpfs none "\$SANDBOX_DIR/own" && export SANDBOX_DIR="\$SANDBOX_DIR/own" && exec "\$@"' sh '$QEMU' "\$@"
INSIDE
chmod +x "$run/inside"
mkdir -p "$run/inner/own"
if ! unshare --fork --pid --user --map-root-user --mount --mount-proc true 2>/dev/null; then
    tap_note "namespaces are not permitted here"
    tap_done
    exit
fi
QEMU=$run/inside
vm_launch inner
vm_pid[inner]=$(wait_for 10 pgrep -P "${vm_pid[inner]}")
check "QEMU starts in namespaces of its own" vm_wait_socket inner "$run/inner/qmp"
vm_watch_ticks inner
check "the guest ticks" vm_ticks inner 5 60
like "it is process 1 there" "$(cat "/proc/${vm_pid[inner]}/status")" $'NSpid:\t[0-9]+\t1\n'
is "its socket is not to be seen from here" "$(ls "$run/inner/own")" ""
vm_sock[inner]=/proc/${vm_pid[inner]}/root$run/inner/own/sandbox-sock1
check "info answers" lp inner --info
change inner
check "check, by the name of the socket" "$BIN/raxlpxs" --socket "${vm_sock[inner]}" --check "$payload"
check "apply, by the name of the socket" lp_apply "${vm_sock[inner]}" "$payload"
check "the guest ticks on" vm_ticks inner 5 10
vm_end inner

tap_done
