# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# What the demo, the end-to-end tests and the benchmarks share; to be sourced after
# setting `name`. Gives
#	top   the root of the tree         BIN  the tools
#	work  build/NAME: logs and results stay there for the reader
#	run   a short private folder for sockets (their paths are limited to 107 bytes)
# and takes care that every process started here is gone at the end, by its pid.
# shellcheck disable=SC2034 # they are used by those who source this

top=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
lib=$top/tests/lib
BIN=${BIN:-$top/build/out/bin}
[[ $BIN == /* ]] || BIN=$top/$BIN
work=$top/build/run/${name:?}
run=$(mktemp -d "${TMPDIR:-/tmp}/lp.XXXXXX")
rm -rf "$work"
mkdir -p "$work"
pids=()

die() {
    printf 'error: %s\n' "$1" >&2
    [[ -z ${2-} ]] || printf '  advice: %s\n' "$2" >&2
    exit 1
}

now_ms() { date +%s%3N; }

# lpbuild LOG ARGUMENT...: its builds are kept in build/lpbuild. Its live line goes to a terminal, else
# all that it says is in LOG.
lpbuild() {
    local log=$1
    shift
    set -- "$BIN/lpbuild" "$@" --build "$top/build/lpbuild"
    if [[ -t 2 ]]; then
        "$@" >"$log"
    else
        "$@" >"$log" 2>&1
    fi
}

# wait_for SECONDS COMMAND...: until COMMAND succeeds.
wait_for() {
    local end=$(($(now_ms) + $1 * 1000))
    shift
    until "$@"; do
        [[ $(now_ms) -lt $end ]] || return 1
        sleep 0.02
    done
}

# Also true for a zombie of ours, which `wait` takes away; not while one of its threads still ends,
# and with it the process's sockets.
is_gone() {
    local states
    states=$(sed -n 's/^State:\t\(.\).*/\1/p' /proc/"$1"/task/*/status 2>/dev/null) || true
    [[ -z ${states//[ZX$'\n']/} ]]
}

text_sum() { "$lib/procmem.py" sum "$1"; } # PID: SHA-256 and size of its code

# keep PID: it is ended at the latest when we end. The shell is not to tell of its end.
keep() {
    pids+=("$1")
    disown "$1" 2>/dev/null || true
}

# end PID: TERM, and KILL when it does not listen (a hung QEMU doesn't).
end() {
    local pid=$1 p left=()
    for p in ${pids[@]+"${pids[@]}"}; do
        [[ $p == "$pid" ]] || left+=("$p")
    done
    pids=(${left[@]+"${left[@]}"})
    kill -TERM "$pid" 2>/dev/null || true
    if ! wait_for 2 is_gone "$pid"; then
        kill -KILL "$pid" 2>/dev/null || true
        wait_for 5 is_gone "$pid" || true
    fi
}

cleanup() {
    local p
    for p in ${pids[@]+"${pids[@]}"}; do
        end "$p"
    done
    rm -rf "$run"
}
trap cleanup EXIT
trap 'exit 130' INT
trap 'exit 143' TERM
