#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Measures what the runtime costs a program that nobody patches: memory that is resident, beside
# the same program with a runtime that does nothing, and QEMU without one, and how often the listener
# wakes up. Prints lines of a Markdown table: with the runtime, without, the difference.

set -euo pipefail
name="bench-idle"
# shellcheck source=tests/lib/common.sh
source "$(dirname "${BASH_SOURCE[0]}")/../lib/common.sh"
# shellcheck source=tests/lib/vm.sh
source "$lib/vm.sh"
# shellcheck source=tests/lib/story.sh
source "$lib/story.sh"

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
# And of them, those of the reserved area of code, which the kernel has mapped because others are near.
area() { # PID
    local start size n
    read -r start size < <(nm -S "/proc/$1/exe" | sed -n 's/ . sandbox_text_area$//p')
    read -r n _ < <("$lib/procmem.py" mapped "$1" "$start" "$(printf '%x' $((16#$start + 16#$size)))")
    printf '%d\n' $((4 * n))
}
wakeups() { awk '/^voluntary_ctxt_switches/ { print $2 }' "$status_file"; }

nm -g --defined-only "$BIN/../libsandbox.a" 2>/dev/null |
    awk '$2 == "T" && $3 ~ /^sandbox_/ && $3 !~ /_area$/ { print "int " $3 "(void) { return 0; }" }' >"$work/none.c"
cc -O2 -c "$work/none.c" -o "$work/none.o"
build without "$work/none.o" || die "mini can't be built without the runtime"
build with "$(realpath "$BIN/../libsandbox.a")" || die "mini can't be built"

start without
before=$(all "$pid") before_own=$(own "$pid") before_code=$(code "$pid")
start with
after=$(all "$pid") after_own=$(own "$pid") after_code=$(code "$pid") after_area=$(area "$pid")
row() { printf '| %s | %d KiB | %d KiB | %d KiB |\n' "$1" "$2" "$3" "$(($2 - $3))"; }
row "mini: memory of its own (anonymous)" "$after_own" "$before_own"
row "mini: pages of the executable, but the reserved areas" "$((after_code - after_area))" "$before_code"
row "mini: all that is resident, with the reserved areas and libc" "$after" "$before"
status_file=$(grep -lx sandbox /proc/"$pid"/task/*/comm)
status_file=${status_file%comm}status
from=$(wakeups)
sleep $seconds # what is measured is that nothing happens
printf '| times the listener wakes up in %d s | %d | | |\n' "$seconds" "$(($(wakeups) - from))"

story_prepare || die "QEMU can't be built" "see $work/prepare.log"
"$lib/plain_qemu.sh" "$QEMU" "$work/plain-qemu" >/dev/null
"$lib/resident.py" 1000 "$QEMU" "$work/plain-qemu" >"$work/resident"
{ read -r code own libraries && read -r before_code before_own before_libraries; } <"$work/resident"
row "QEMU: memory of its own" "$own" "$before_own"
row "QEMU: pages of the executable" "$code" "$before_code"
row "QEMU: pages of libraries, which others use too" "$libraries" "$before_libraries"
