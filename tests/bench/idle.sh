#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Measures what the runtime costs a program that nobody patches: memory that is resident, beside
# the same program with a runtime that does nothing, and how often the listener wakes up. Prints
# lines of a Markdown table: with the runtime, without, the difference.

set -euo pipefail
name="bench-idle"
# shellcheck source=tests/lib/common.sh
source "$(dirname "${BASH_SOURCE[0]}")/../lib/common.sh"

seconds=10

# build FOLDER LIBRARY
build() (
    cp -r "$top/testdata/mini" "$work/$1"
    mkdir "$work/$1/build"
    cd "$work/$1/build"
    ../configure --extra-ldflags="$2" >/dev/null
    ninja >/dev/null
)

# start FOLDER: pid
start() {
    mkdir -p "$run/$1"
    SANDBOX_DIR=$run/$1 "$work/$1/build/mini" "$run/$1/mini" 2>/dev/null &
    pid=$!
    keep "$pid"
    wait_for 5 test -S "$run/$1/mini"
    "$lib/mini.py" "$run/$1/mini" 5 version >/dev/null
}

own() { awk '$1 == "RssAnon:" { print $2 }' "/proc/$1/status"; } # PID: KiB that nobody shares with it
all() { awk '$1 == "VmRSS:" { print $2 }' "/proc/$1/status"; }
# KiB of the executable that are mapped just now: its code, shared with the page cache
code() { awk '/^[0-9a-f]+-/ { mine = /\/mini$/ } $1 == "Rss:" && mine { n += $2 } END { print n }' "/proc/$1/smaps"; }
wakeups() { awk '/^voluntary_ctxt_switches/ { print $2 }' "$status_file"; }

nm -g --defined-only "$BIN/../libsandbox.a" 2>/dev/null |
    awk '$2 == "T" && $3 ~ /^sandbox_/ && $3 !~ /_area$/ { print "int " $3 "(void) { return 0; }" }' >"$work/none.c"
cc -O2 -c "$work/none.c" -o "$work/none.o"
build without "$work/none.o" || die "mini can't be built without the runtime"
build with "$(realpath "$BIN/../libsandbox.a")" || die "mini can't be built"

start without
before=$(all "$pid") before_own=$(own "$pid") before_code=$(code "$pid")
start with
after=$(all "$pid") after_own=$(own "$pid") after_code=$(code "$pid")
row() { printf '| %s | %d KiB | %d KiB | %d KiB |\n' "$1" "$2" "$3" "$(($2 - $3))"; }
row "memory of its own (anonymous)" "$after_own" "$before_own"
row "pages of the executable that are mapped, shared with the page cache" "$after_code" "$before_code"
row "all that is resident, pages of libc that others use too" "$after" "$before"
status_file=$(grep -lx sandbox /proc/"$pid"/task/*/comm)
status_file=${status_file%comm}status
from=$(wakeups)
sleep $seconds # what is measured is that nothing happens
printf '| times the listener wakes up in %d s | %d | | |\n' "$seconds" "$(($(wakeups) - from))"
