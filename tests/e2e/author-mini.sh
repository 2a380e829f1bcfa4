#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# timeout: 300
#
# What the author of a fix can say beyond functions, on the mini target and from its source to the
# running process: a table replaced in place, hooks of all kinds, shadow data. testdata/mini/author.patch
# tells in decimal digits which hooks ran: sink1's `records`.

set -euo pipefail
name="author-mini"
# shellcheck source=tests/lib/common.sh
source "$(dirname "${BASH_SOURCE[0]}")/../lib/common.sh"
# shellcheck source=tests/lib/tap.sh
source "$lib/tap.sh"
# shellcheck source=tests/lib/mini.sh
source "$lib/mini.sh"

say() { mini_say a 5 "$@"; }
code_sum() { "$lib/procmem.py" sum "$pid"; }
run() {
    status=0
    "$BIN/raxlpxs" --socket "$sock" "$@" >"$work/out" 2>"$work/err" </dev/null || status=$?
    out=$(<"$work/out") err=$(<"$work/err")
}
ran() { is "$1" "$(say device sink1 | sed -n 's/.*records=\([0-9]*\).*/\1/p')" "$2"; } # TEXT DIGITS
manifest() { python3 -c "import yaml; m = yaml.safe_load(open('$manifest')); print($1)"; }

# table [OFFSET BYTE]: the bytes of the table in memory, after changing one from outside.
table() {
    python3 - "$pid" "$mini_exe" "$(manifest "m['tables'][0]['address']")" "$@" <<'END'
import sys
pid, exe, address = sys.argv[1], sys.argv[2], int(sys.argv[3])
lines = [l.split(None, 5) for l in open(f'/proc/{pid}/maps')]
base = min(int(w[0].split('-')[0], 16) for w in lines if len(w) > 5 and w[5].rstrip() == exe)
with open(f'/proc/{pid}/mem', 'r+b', buffering=0) as mem:
    if len(sys.argv) > 4:
        mem.seek(base + address + int(sys.argv[4]))
        mem.write(bytes([int(sys.argv[5])]))
    mem.seek(base + address)
    print(mem.read(48).hex())
END
}
rights() { awk '$2 ~ /w/ && $2 ~ /x/' "/proc/$pid/maps"; }

mini_build
mini_make author
mini_start a
pid=${mini_pid[a]} sock=${mini_sock[a]}
plain=$(code_sum) plain_table=$(table)

# ---- what a person reads ----

is "manifest: the table" "$(manifest "[(t['name'], t['size'], t['differs-at']) for t in m['tables']]")" \
    "[('kinds', 48, 16)]"
is "manifest: the hooks, in the order in which they run" \
    "$(manifest "[(h['kind'], h['function']) for h in m['hooks']]")" \
    "[('load', 'goes_in'), ('unload', 'goes_out'), ('preapply', 'is_empty'), ('postapply', 'is_in'), ('prerevert', 'may_go'), ('postrevert', 'is_out')]"
is "manifest: who runs while stopped" \
    "$(manifest "[h['kind'] for h in m['hooks'] if h['runs'] == 'while stopped']")" "['load', 'unload']"
check "manifest: is what the schema says" "$lib/schema.py" "$manifest"
is "manifest: a person is to look" "$(manifest "m['verdict']['status']")" review
is "the payload's pointers to unchanged strings are the program's own" \
    "$(readelf -p .rodata "$mini_payload" | grep -cwE 'ring|sink')" 0

# ---- in and out ----

check "a reset before the patch" say reset ring0
run --apply "$mini_payload"
is "apply: exit code" "$status" 0
like "apply: result" "$out" \
    "^applied 'author' \([0-9a-f]{12}\): 1 function, 1 table, 6 hooks, threads stopped for [0-9]+ us"
ran "the hooks ran, in order, before raxlpxs returned" 123
check "the table has changed" test "$(table)" != "$plain_table"
is "no page is writable and executable" "$(rights)" ''
check "a reset" say reset ring0
check "another one" say reset ring0
is "the program calls the new function through its table, which finds its value again" \
    "$(say device ring0)" "ok ring0 id=100 records=0 bytes=0 resets=2"
like "a device that was not reset has no value" "$(say device sink1)" ' resets=0$'
run --list
like "list" "$out" 'FUNCS +TABLES +HOOKS .*author +[0-9a-f]{12} +APPLIED +[0-9-]+ [0-9:]+ +1 +1 +6 '
run --list --json
like "list as JSON" "$out" '"functions": 1,.*"tables": 1,.*"hooks": 6,'
run --info
like "info counts the values" "$out" 'shadow-values +1'
run --test
is "test: exit code" "$status" 0
run --apply "$mini_payload"
like "once more" "$out" "^already applied 'author'"
ran "which runs nothing" 123
run --remove author --force
is "remove: exit code" "$status" 0
ran "the hooks ran, in order" 123456
is "the code is what it was" "$(code_sum)" "$plain"
is "the table is what it was" "$(table)" "$plain_table"
check "a reset after the removal" say reset ring0
is "goes to the old function" "$(say device ring0)" "ok ring0 id=100 records=0 bytes=0"
run --apply "$mini_payload"
ran "in again" 123456123
check "a reset" say reset ring0
like "the value has outlived the removal" "$(say device ring0)" ' resets=3$'

# ---- vetoes ----

check "sink1 has a byte" say write sink1 00
run --remove author --force
is "veto of a removal: exit code" "$status" 2
like "veto of a removal" "$err" "^error: the prerevert hook of 'author' said 16; nothing changed"
ran "no other hook ran" 123456123
check "the table is still the new one" test "$(table)" != "$plain_table"
check "sink1 is empty" say reset sink1
run --remove author --force
is "then it goes: exit code" "$status" 0
ran "with all its hooks" 123456123456
check "sink1 has a byte" say write sink1 00
run --apply "$mini_payload"
is "veto of an apply: exit code" "$status" 2
like "veto of an apply" "$err" "^error: the preapply hook of 'author' said -39; nothing changed"
ran "no other hook ran" 123456123456
is "no code has changed" "$(code_sum)" "$plain"
is "nor has the table" "$(table)" "$plain_table"
run --list
is "nothing is applied" "$out" 'no patches'
check "sink1 is empty" say reset sink1

# ---- a table that somebody else has changed ----

changed=$(table 17 85)
run --apply "$mini_payload"
is "other bytes in the table: exit code" "$status" 4
like "other bytes in the table" "$err" "^error: the running table 'kinds' does not hold the bytes"
ran "no hook ran" 123456123456
is "no code has changed" "$(code_sum)" "$plain"
is "the table is left alone" "$(table)" "$changed"
table 17 "$((16#${plain_table:34:2}))" >"$work/table"
is "the byte is put back" "$(<"$work/table")" "$plain_table"
run --apply "$mini_payload"
is "then it goes in: exit code" "$status" 0
good=$(table)
table 17 85 >"$work/table"
run --remove author --force
is "changed while applied: exit code" "$status" 1
like "changed while applied" "$err" "^error: table 0 of the patch was changed by somebody else; nothing written"
ran "the hooks around it ran, nothing else" 12345612345612348
run --test
like "the runtime's test sees it" "$out" 'not ok registry: a replaced table holds other bytes'
table 17 "$((16#${good:34:2}))" >"$work/table"
run --remove author --force
is "then it goes out: exit code" "$status" 0
is "the code is what it was" "$(code_sum)" "$plain"
is "the table is what it was" "$(table)" "$plain_table"
tap_done
