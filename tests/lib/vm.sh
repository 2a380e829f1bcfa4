# shellcheck shell=bash
# shellcheck disable=SC2034,SC2154 # set for, and by, those who source this
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Virtual machines for the demo and the QEMU tests; to be sourced after common.sh.
# A machine NAME has its sockets in $run/NAME (qmp, vnc, serial, sandbox-sock<pid>) and
# in $work/NAME its serial log, its stderr and `ticks`, the log of the tick watcher.
# QEMU is the executable; vm_pid[NAME] and vm_sock[NAME] are set by vm_start.

declare -A vm_pid=() vm_sock=() vm_watch=()
guest=
ticks=0 lost=0 host_ms=0 guest_ms=0

# The start line: split-wx gives TCG two views of its code, so that nothing of
# the process is ever writable and executable at once.
vm_args() { # vm_args NAME: one word a line
    printf '%s\n' -M pc -accel tcg,split-wx=on -m 192 -nodefaults -no-reboot -display none \
        -monitor none -vga std -L "$guest/firmware" \
        -kernel "$guest/kernel" -initrd "$guest/initrd.gz" \
        -append "console=ttyS0 quiet panic=-1" \
        -vnc "unix:$run/$1/vnc" -qmp "unix:$run/$1/qmp,server=on,wait=off" \
        -chardev "socket,id=s,path=$run/$1/serial,server=on,wait=off,logfile=$work/$1/serial.log" \
        -serial chardev:s
}

# vm_launch NAME [QEMU-ARGUMENT...]: starts it. With -daemonize among the arguments the process that
# stays is the one that counts.
vm_launch() {
    local name=$1 args pid
    shift
    [[ -n $guest ]] || guest=$("$lib/guest.sh" "$top/build/guest")
    mkdir -p "$run/$name" "$work/$name"
    mapfile -t args < <(vm_args "$name")
    if [[ " $* " == *" -daemonize "* ]]; then
        SANDBOX_DIR=$run/$name "$QEMU" "${args[@]}" -pidfile "$run/$name/pid" "$@" \
            2>"$work/$name/stderr" || return
        pid=$(<"$run/$name/pid")
    else
        SANDBOX_DIR=$run/$name "$QEMU" "${args[@]}" "$@" 2>"$work/$name/stderr" &
        pid=$!
    fi
    keep "$pid"
    vm_pid[$name]=$pid
    vm_sock[$name]=$run/$name/sandbox-sock$pid
}

# vm_start NAME [QEMU-ARGUMENT...]: and waits for its QMP and sandbox sockets.
vm_start() {
    vm_launch "$@" || return
    vm_wait_socket "$1" "$run/$1/qmp" && vm_wait_socket "$1" "${vm_sock[$1]}"
}

vm_socket_or_gone() { [[ -S $2 ]] || is_gone "${vm_pid[$1]}"; }

vm_wait_socket() { # vm_wait_socket NAME PATH
    wait_for 20 vm_socket_or_gone "$1" "$2" || true
    [[ -S $2 ]] && return
    printf "vm '%s': no socket '%s'\n" "$1" "${2##*/}" >&2
    tail -n 5 "$work/$1/stderr" >&2
    return 1
}

# vm_boot NAME [QEMU-ARGUMENT...]: vm_start, and the guest's ticks are watched.
vm_boot() {
    vm_start "$@" || return
    vm_watch_ticks "$1"
}

vm_watch_ticks() { # vm_watch_ticks NAME
    "$lib/ticks.py" watch "$run/$1/serial" "$work/$1/ticks" &
    vm_watch[$1]=$!
    keep "${vm_watch[$1]}"
}

vm_end() {
    end "${vm_pid[$1]}"
    [[ -z ${vm_watch[$1]-} ]] || end "${vm_watch[$1]}"
}

vm_ticks() { "$lib/ticks.py" wait "$work/$1/ticks" "$2" "$3"; } # NAME N SECONDS
vm_mark() { "$lib/ticks.py" mark "$work/$1/ticks" "$2"; }       # NAME MARK
# vm_gaps NAME [FROM [TO]]: sets ticks, lost, host_ms and guest_ms.
vm_gaps() {
    local name=$1 line
    shift
    line=$("$lib/ticks.py" gaps "$work/$name/ticks" "$@") || return
    read -r ticks lost host_ms guest_ms <<<"$line"
}

vm_hmp() { "$lib/qmp.py" "$run/$1/qmp" hmp "$2"; }               # NAME LINE
vm_answers() { "$lib/qmp.py" -t "$2" "$run/$1/qmp" query-status; } # NAME SECONDS
# vm_attack NAME SECONDS: the message of CVE-2023-3255; 3 when the server went silent.
vm_attack() { "$lib/vnc.py" -t "$2" "$run/$1/vnc" inflate; }
vm_clipboard() { "$lib/vnc.py" -t 10 "$run/$1/vnc" clipboard; }
