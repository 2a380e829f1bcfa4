#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# timeout: 600
#
# The memory of patches on the mini target: what is in the way when there is no room, what is left of patches
# that are gone, that no page is ever writable and executable; and each way of writing code,
# where the kernel forbids one of them or both. CYCLES=N for more than 300 (tests/soak/memory.sh).

set -euo pipefail
name="memory"
# shellcheck source=tests/lib/common.sh
source "$(dirname "${BASH_SOURCE[0]}")/../lib/common.sh"
# shellcheck source=tests/lib/tap.sh
source "$lib/tap.sh"
# shellcheck source=tests/lib/mini.sh
source "$lib/mini.sh"

cycles=${CYCLES:-300}

raxlpxs() { "$BIN/raxlpxs" --socket "$sock" "$@"; }
code_sum() { "$lib/procmem.py" sum "$pid"; }
info() { raxlpxs --info | sed -n "s/^$1  *//p"; } # KEY
room() { raxlpxs --info | grep -E '^(text|rodata|data)-'; }

start() { # start NAME
    mini_start "$1" || die "mini does not start"
    pid=${mini_pid[$1]} sock=${mini_sock[$1]}
    plain=$(code_sum)
}

# make NAME: the payload $work/NAME/NAME.raxlpxs from $work/new/NAME.c, a version of version.c
make() {
    (cd "$work" && diff -u version.c "new/$1.c" >"$1.patch") || true
    lpbuild "$work/make-$1.log" --recipe mini --diff "$work/$1.patch" --out "$work/$1"
}

refused() { # refused TEXT AREA: for want of room there, and nothing has changed
    local before status=0 out
    before=$(room)
    out=$(raxlpxs --apply "$work/$2/$2.raxlpxs" 2>&1) || status=$?
    is "$1: exit code" "$status" 1
    like "$1" "$out" "no room in the $2 area: [0-9]+ bytes needed, [0-9]+ of 1048576 free, [0-9]+ in one piece"
    is "$1: no code has changed" "$(code_sum)" "$plain"
    is "$1: no room is lost" "$(room)" "$before"
}

# ---- payloads ----

check "mini" mini_build
check "hammer" mini_make hammer
hammer=$mini_payload
check "transfer" mini_make transfer
transfer=$mini_payload
check "version" mini_make version
version=$mini_payload
cp "$top/testdata/mini/version.c" "$work/"
mkdir -p "$work/new"
cat - >"$work/new/text.c" <<'END'
/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "mini.h"

const char *mini_version(void)
{
	__asm__ volatile("jmp 1f\n.fill 1048576, 1, 0x90\n1:");
	return "mini 1.0";
}
END
cat - >"$work/new/rodata.c" <<'END'
/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "mini.h"

static const char large[1048577] = "mini 1.0";

const char *mini_version(void)
{
	return large;
}
END
sed 's/static const/static/; s/return large/large[0] |= 1; &/' "$work/new/rodata.c" >"$work/new/data.c"
for area in text rodata data; do
    check "one that needs too much $area" make "$area"
done

# ---- no room; pieces ----

start a
for area in text rodata data; do
    refused "too much $area" "$area"
done
empty=$(room)
check "apply the first" raxlpxs --apply "$hammer" --wait 20
check "apply the second" raxlpxs --apply "$transfer" --wait 20
check "apply the third" raxlpxs --apply "$version" --wait 20
check "take the second out" raxlpxs --remove transfer --nodeps --wait 20
like "free space in several pieces is told" "$(info text-largest)" ' in one piece, the free space is in several$'
is "text is free but for two pages" "$(info text-free)" $((1048576 - 8192))
check "apply the second once more" raxlpxs --apply "$transfer" --wait 20
is "its space is used again" "$(info text-largest):$(info text-free)" "$((1048576 - 12288)):$((1048576 - 12288))"
for patch in transfer version hammer; do
    check "take '$patch' out" raxlpxs --remove "$patch" --wait 20 --nodeps
done
is "all room is there again" "$(room)" "$empty"
is "the code is what it was" "$(code_sum)" "$plain"

# ---- again and again ----

# What a process has: mappings, descriptors, threads.
has() {
    printf '%s mappings, %s descriptors, %s threads\n' "$(wc -l <"/proc/$pid/maps")" \
        "$(find "/proc/$pid/fd" -type l | wc -l)" "$(find "/proc/$pid/task" -mindepth 1 -maxdepth 1 | wc -l)"
}
# The listener sleeps as it does when nobody is connected: poll() with a timeout of 64 bits (runtime/idle.c).
is_idle() { grep -Eq '^7 0x[0-9a-f]+ 0x[0-9a-f]+ 0xf{16} ' "${listener%comm}syscall"; }
resident() { sed -n 's/^VmRSS:[^0-9]*\([0-9]*\) kB/\1/p' "/proc/$pid/status"; }

cycle() { # cycle N: failures are counted
    local i
    for ((i = 0; i < $1; i++)); do
        raxlpxs --apply "$hammer" --wait 20 >"$work/cycle.log" 2>&1 || failed=$((failed + 1))
        raxlpxs --remove hammer --wait 20 >"$work/cycle.log" 2>&1 || failed=$((failed + 1))
    done
}

failed=0
check "the workers hammer" mini_say a 5 hammer on
cycle 20
listener=$(grep -lx sandbox /proc/"$pid"/task/*/comm)
check "the listener sleeps" wait_for 5 is_idle
had=$(has) resident=$(resident)
"$lib/procmem.py" watch "$pid" "$work/maps" &
watcher=$!
keep "$watcher"
cycle "$cycles"
end "$watcher"
is "$cycles times applied and removed, failures" "$failed" 0
like "no page was ever writable and executable" "$(<"$work/maps")" '^samples [0-9]{3,}$'
is "the process has what it had" "$(has)" "$had"
check "the listener sleeps again" wait_for 5 is_idle
grown=$(($(resident) - resident))
figure "one patch in and out $cycles times: maps sampled, mappings writable and executable" \
    "$(sed -n 's/^samples //p' "$work/maps"), $(grep -vc '^samples ' "$work/maps" || true)"
figure "memory that the program has gained by that" "$grown kB"
check "and no more memory ($grown kB, at most 128)" test "$grown" -le 128
check "the hammering ends" mini_say a 5 hammer off
is "no result is torn" "$(mini_stat a torn)" 0
is "all room is there again" "$(room)" "$empty"
is "the code is what it was" "$(code_sum)" "$plain"
check "the runtime's test is fine" raxlpxs --test

# ---- while nobody is connected ----

address() { nm "$mini_exe" | sed -n "s/^0*\([0-9a-f]*\) . $1\$/\1/p"; } # SYMBOL
mapped() { "$lib/procmem.py" mapped "$pid" "$(address "__start_$1")" "$(address "__stop_$1")"; } # SECTION
all_mapped() { [[ $(mapped sandbox_code) =~ ^([0-9]+)' '([0-9]+)$ && ${BASH_REMATCH[1]} == "${BASH_REMATCH[2]}" ]]; }
check "the listener sleeps" wait_for 5 is_idle
like "of the listener's code is mapped what it sleeps in" "$(mapped sandbox_code)" '^[01] [0-9]{2}$'
like "and of its constants nothing" "$(mapped sandbox_rodata)" '^0 [0-9]+$'
# Answered, and still connected.
coproc connected { PYTHONPATH=$lib python3 -c 'import sys; from frames import *
s = dial(sys.argv[1]); print(ask(s, 2)[0], flush=True); sys.stdin.read()' "$sock"; }
like "while a client is connected" "$(read -r -t 20 -u "${connected[0]}" line && printf '%s' "$line")" '^0$'
check "all of it is" all_mapped
eval "exec ${connected[1]}>&-"
check "he goes: the listener sleeps" wait_for 5 is_idle
like "and again it is what it sleeps in" "$(mapped sandbox_code)" '^[01] [0-9]{2}$'

# ---- ways of writing ----

# works NAME WRITER: the patch goes in and out, also around a coroutine.
works() {
    is "$1: the way" "$(info writer)" "$2"
    check "$1: a coroutine is parked" mini_say "$1" 5 park
    check "$1: a patch goes in" raxlpxs --apply "$hammer" --wait 20
    fails "$1: where the coroutine is, none does" 5 raxlpxs --apply "$transfer" --wait 0
    is "$1: it ends" "$(mini_say "$1" 5 unpark)" 'ok 8'
    check "$1: then it does" raxlpxs --apply "$transfer" --wait 20
    check "$1: the runtime's test is fine" raxlpxs --test
    check "$1: the workers hammer" mini_say "$1" 5 hammer on
    check "$1: the new code runs" wait_for 5 runs_new "$1"
    "$lib/procmem.py" watch "$pid" "$work/maps-$1" &
    watcher=$!
    keep "$watcher"
    check "$1: it goes" raxlpxs --remove transfer --wait 20
    cycle_in_way "$1"
    end "$watcher"
    like "$1: no page was ever writable and executable" "$(<"$work/maps-$1")" '^samples [0-9]+$'
    is "$1: no result is torn" "$(mini_stat "$1" torn)" 0
    check "$1: the hammering ends" mini_say "$1" 5 hammer off
    is "$1: the code is what it was" "$(code_sum)" "$plain"
}

runs_new() { [[ $(mini_stat "$1" new) -gt 0 ]]; }

cycle_in_way() {
    failed=0
    raxlpxs --remove hammer --wait 20 >/dev/null || failed=1
    cycle 20
    is "$1: in and out, failures" "$failed" 0
}

has_mdwe() { "$lib/mdwe.py" /bin/true; }
can_hide() { "$lib/nomem.sh" /bin/true; }

if has_mdwe; then
    mini_under=("$lib/mdwe.py")
    start mdwe
    works mdwe mem
fi
if can_hide; then
    mini_under=("$lib/nomem.sh")
    start nomem
    works nomem mprotect
fi
if has_mdwe && can_hide; then
    mini_under=("$lib/nomem.sh" "$lib/mdwe.py")
    start neither
    is "neither: the way" "$(info writer)" none
    status=0
    out=$(raxlpxs --apply "$hammer" 2>&1) || status=$?
    is "neither: exit code" "$status" 1
    like "neither: says why" "$out" 'may not change its code'
    is "neither: no room is lost" "$(room)" "$empty"
    is "neither: the code is what it was" "$(code_sum)" "$plain"
    check "neither: it runs" mini_say neither 5 stats
fi
tap_done
