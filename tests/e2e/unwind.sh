#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# timeout: 120
#
# Unwinding through new code inside the program (testdata/unwind): C++ exceptions, pthread_exit(),
# cancellation, backtrace(), with libgcc shared, linked in, and loaded by glibc on the way. Then gdb, which
# has to find names and frames of the new code when it attaches, and none once the patch is gone.
set -uo pipefail
cd "$(dirname "$0")/../.." || exit 1
# shellcheck source=tests/lib/scratch.sh
source tests/lib/scratch.sh
pid=''
wait_for() { # wait_for SECONDS COMMAND...
    local end=$((SECONDS + $1 + 1))
    until "${@:2}"; do
        ((SECONDS < end)) || return 1
        sleep 0.02
    done
}
cd "$tmp" || exit 1
source=$top/testdata/unwind
flags=(-O2 -g -fPIE -ffunction-sections -fdata-sections)

build() { # build CC LINK-FLAG...: prog, p.raxlpxs and q.raxlpxs, the same once more
    local cc=$1
    shift
    "$cc" "${flags[@]}" -c "$source/mid.c" -o old.o && "$cc" "${flags[@]}" -DFIXED -c "$source/mid.c" -o new.o &&
        g++ "${flags[@]}" -c "$source/below.cc" -o below.o &&
        g++ -pie -pthread -rdynamic -Wl,--build-id=sha1 "$@" -o prog below.o old.o "$BIN/../libsandbox.a" &&
        "$BIN/create-diff-object" old.o new.o -o d.o &&
        "$BIN/extract-patch" d.o prog -o p.raxlpxs
}

start() { # start TEXT
    coproc target { SANDBOX_DIR=$tmp exec "$tmp/prog" 2>"$tmp/stderr"; }
    # shellcheck disable=SC2154 # coproc sets it
    pid=$target_PID from=${target[0]} to=${target[1]}
    check "$1: it starts" wait_for 5 test -S "$tmp/sandbox-sock$pid"
}

stop() {
    exec {to}>&-
    wait "$pid"
    is "$1: it ends as it should" $? 0
    pid=''
}

ask() { # ask WORD: its answer
    local line=''
    echo "$1" >&"$to"
    IFS= read -r -t 20 line <&"$from"
    printf '%s\n' "$line"
}

client() { "$BIN/raxlpxs" --socket "$tmp/sandbox-sock$pid" "$@"; }

is_new() { # is_new TEXT: all ways, through the new code
    is "$1: an exception passes" "$(ask throw)" 'caught 20, cleaned 1'
    is "$1: backtrace() sees through" "$(ask trace)" 'gave 122, seen'
    is "$1: pthread_exit() passes" "$(ask exit)" 'ended in 20, cleaned 1'
    is "$1: cancellation passes" "$(ask cancel)" 'ended in 20, cleaned 1'
}

is_old() {
    is "$1: an exception passes" "$(ask throw)" 'caught 1, cleaned 1'
    is "$1: backtrace() sees through" "$(ask trace)" 'gave 12, seen'
    is "$1: pthread_exit() passes" "$(ask exit)" 'ended in 1, cleaned 1'
    is "$1: cancellation passes" "$(ask cancel)" 'ended in 1, cleaned 1'
}

story() { # story TEXT CC LINK-FLAG...
    local text=$1
    shift
    check "$text: builds" build "$@" || return
    start "$text"
    is_old "$text, before"
    check "$text: is applied" client --apply p.raxlpxs
    is_new "$text, patched"
    check "$text: is removed" client --remove p
    is_old "$text, removed"
    check "$text: is applied again" client --apply p.raxlpxs
    is_new "$text, again"
    stop "$text"
    # Nobody has unwound anything before the patch is there.
    start "$text"
    check "$text: is applied at once" client --apply p.raxlpxs
    is_new "$text, at once"
    stop "$text"
}

# glibc ends threads with the library, which it loads then.
late() {
    check "$1: builds" build gcc -static-libgcc -static-libstdc++ || return
    start "$1"
    check "$1: is applied" client --apply p.raxlpxs
    is "$1: an exception passes" "$(ask throw)" 'caught 20, cleaned 1'
    is "$1: what comes later does not know the code" "$(ask exit)" 'ended in 20, cleaned 0'
    like "$1: applying it again" "$(client --apply p)" '^already applied'
    is_new "$1, then"
    check "$1: is removed" client --remove p
    is_old "$1, removed"
    stop "$1"
}

story 'gcc' gcc
late 'libgcc linked in'
[[ -z $(command -v clang) ]] || story 'clang' clang

gdb_says() { # gdb_says COMMAND...: attached to the target
    local args=() command
    for command; do
        args+=(-ex "$command")
    done
    gdb -nx -batch -p "$pid" "${args[@]}" 2>&1
}

check "builds for gdb" build gcc
start gdb
is "gdb: the target answers" "$(ask trace)" 'gave 12, seen'
like "gdb knows no new function" "$(gdb_says 'info line mid_upper')" 'Function "mid_upper" not defined'
check "gdb: is applied" client --apply p.raxlpxs
is "gdb: somebody is above the new code" "$(ask hold)" 'held'
like "gdb names the new frames, and goes on below them" "$(gdb_says bt)" \
    'in hold .*in mid_upper .*in mid_lower .*in mid .*in below .*main'
is "gdb: the new code goes on" "$(ask go)" 'gave 122'
like "gdb finds the new function" "$(gdb_says 'info line mid_upper')" 'for address 0x[0-9a-f]+ <mid_upper>'
check "gdb: is removed" client --remove p
like "gdb knows no new function any more" "$(gdb_says 'info line mid_upper')" 'Function "mid_upper" not defined'
stop gdb
tap_done
