#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Two patches, the second made from the source as the first has left it: it replaces a function again,
# one that the first has brought along, and uses new variables of the first. They go in and out in
# order; one patch takes the place of both.
# timeout: 180
set -uo pipefail
cd "$(dirname "$0")/../.." || exit 1
# shellcheck source=tests/lib/extract.sh
source tests/lib/extract.sh

raxlpxs() { "$BIN/raxlpxs" --socket "$tmp/run/sandbox-sock$pid" "$@"; }
# One round: values of b_value() in $now.
values() {
    now=$(round)
    now=$(cut -d' ' -f3- <<<"$now")
}

# record PROGRAM: what its rounds give. The program counts them, in all versions in the same way.
declare -A want
record() {
    start "$1"
    for n in {1..7}; do
        values
        want[$1.$n]=$now
    done
    stop
}

# does TEXT PROGRAM: the next round is that of PROGRAM.
does() {
    values
    n=$((n + 1))
    is "$1" "$now" "${want[$2.$n]}"
}

# The second fix: b_value() and added() change once more, again() is new.
second() {
    sed -i -e 's/return (fresh | 1) +/return (fresh | 1) + 100 +/' \
        -e 's/^\tr += added(x);/&\n\tr += again(x) + fresh_zero[x \& 3];/' \
        -e '/^struct ops/i\
#ifdef FIXED\
static __attribute__((noinline)) int again(int x) { return (fresh | 1) * 1000 + helper(x) + counter * 0; }\
#endif' b/util.c
}

stack() { # stack TEXT CC FLAGS LINK-FLAGS
    local text=$1 program
    cp b/util.c kept.c
    check "$text: builds" build "$2" "$3" "$4" || return
    cp fixed once && rm -rf middle && mv new middle
    cp prog plain && second
    check "$text: builds with the second fix" build "$2" "$3" "$4" || return
    cp kept.c b/util.c
    cp plain prog
    for program in plain once fixed; do
        record $program
    done
    check "$text: diff of the first" "$BIN/create-diff-object" old/b/util.o middle/b/util.o -o 1.o --object util.o
    check "$text: diff of the second" "$BIN/create-diff-object" middle/b/util.o new/b/util.o -o 2.o --object util.o
    check "$text: diff of both" "$BIN/create-diff-object" old/b/util.o new/b/util.o -o 12.o --object util.o
    check "$text: the first" "$BIN/extract-patch" 1.o prog -o 1.raxlpxs
    check "$text: the second" "$BIN/extract-patch" 2.o prog --depends 1.raxlpxs -o 2.raxlpxs -m p.yaml
    check "$text: both" "$BIN/extract-patch" 12.o prog --replace -o 12.raxlpxs
    fails "$text: the second needs the first" 4 "$BIN/extract-patch" 2.o prog -o no.raxlpxs
    is "$text: what it replaces" \
        "$(manifest "sorted(e['at'] for e in m['needs-eyes'] if e['rule'] == 'replaced-below')")" "['added', 'b_value']"
    is "$text: what it refers to below" \
        "$(manifest "sorted(r['symbol'] for r in m['references'] if r['match'] == 'below')")" "['added', 'fresh', 'fresh_zero']"
    "$BIN/lpbuild" show 2.raxlpxs --target prog --depends 1.raxlpxs >show.txt
    is "$text: show: the old code is the first's" "$(grep -cE "^  (added|b_value), instructions: < old, of patch '1', > new$" show.txt)" 2
    is "$text: show: nothing contradicts" "$(grep -E '✗|not named' show.txt)" ''
    like "$text: show: only what differs there" "$(sed -n '/^~ added/,/^+ again/p' show.txt)" $'\n  [>+] +[0-9a-f]+  [a-z]+ [$]?0x64[^\n]*\n(.*\n)? +[0-9a-f]+  ret\n'
    "$BIN/lpbuild" show 2.raxlpxs --target prog >show.txt
    like "$text: show without the first says so" "$(<show.txt)" \
        'b_value +modified +\? → [0-9]+ bytes.*! the old code is not shown, it is that of a patch below'
    fails "$text: show with another below" 4 "$BIN/lpbuild" show 2.raxlpxs --depends 12.raxlpxs
    like "$text: show of what replaces both" "$("$BIN/lpbuild" show 12.raxlpxs --target prog)" \
        'takes the place of +all patches.*instructions: < old, > new.*! the patches whose place it takes do not come back'
    start prog
    n=0
    does "$text: as it was" plain
    fails "$text: the second alone is refused" 2 raxlpxs --apply 2.raxlpxs
    check "$text: apply the first" raxlpxs --apply 1.raxlpxs
    does "$text: it works" once
    check "$text: apply the second" raxlpxs --apply 2.raxlpxs
    does "$text: both work" fixed
    check "$text: the runtime's test is fine" raxlpxs --test
    fails "$text: the first cannot go first" 2 raxlpxs --remove 1
    check "$text: remove the second" raxlpxs --remove 2
    does "$text: the first works" once
    check "$text: the second once more" raxlpxs --apply 2.raxlpxs
    check "$text: one for both" raxlpxs --apply 12.raxlpxs
    does "$text: it does what both did" fixed
    is "$text: and is alone" "$(raxlpxs --list | awk 'NR > 1 { print $1, $3 }')" \
        $'12 APPLIED\n2 CHECKED\n1 CHECKED'
    check "$text: the runtime's test is fine" raxlpxs --test
    check "$text: remove it" raxlpxs --remove 12
    does "$text: as it was" plain
    fails "$text: the first has used its data" 2 raxlpxs --apply 1.raxlpxs
    fails "$text: the second refers to the first" 2 raxlpxs --remove 1
    check "$text: remove the second" raxlpxs --remove 2
    check "$text: remove the first" raxlpxs --remove 1
    check "$text: apply the first" raxlpxs --apply 1.raxlpxs
    does "$text: it works again" once
    stop
}

# ---- one takes the place of two with hooks ----

cat >hooks.h <<'END'
#include <livepatch.h>
#define SAY(what) ((void)!write(2, WHO " " what " ", sizeof(WHO " " what " ") - 1))
static void goes_in(void) { SAY("load"); }
static void goes_out(void) { SAY("unload"); }
static int may_go_in(const struct livepatch_payload *p) { SAY("preapply"); return p ? access("no-" WHO, F_OK) ? 0 : 16 : 0; }
static int may_go_out(const struct livepatch_payload *p) { SAY("prerevert"); return p ? access("no-" WHO, F_OK) ? 0 : 16 : 0; }
static void is_in(const struct livepatch_payload *p) { if (p->rc) SAY("postapply failed"); else SAY("postapply"); }
static void is_out(const struct livepatch_payload *p) { if (p->rc) SAY("postrevert failed"); else SAY("postrevert"); }
LIVEPATCH_LOAD_HOOK(goes_in);
LIVEPATCH_UNLOAD_HOOK(goes_out);
LIVEPATCH_PREAPPLY_HOOK(may_go_in);
LIVEPATCH_PREREVERT_HOOK(may_go_out);
LIVEPATCH_POSTAPPLY_HOOK(is_in);
LIVEPATCH_POSTREVERT_HOOK(is_out);
END

with_hooks() { # with_hooks WHO FILE SED: WHO.o, the difference that SED makes in FILE, with hooks
    mkdir -p "hooked/${2%/*}"
    sed "$3" "$2.c" >"hooked/$2.c"
    [[ -z $1 ]] || printf '#define WHO "%s"\n#include "hooks.h"\n' "$1" >>"hooked/$2.c"
    (cd hooked && gcc "${cflags[@]}" -I.. -idirafter "$top/runtime" -c "$2.c" -o "$2.o") &&
        "$BIN/create-diff-object" "old/$2.o" "hooked/$2.o" -o "${1:-plain}.o" --object "$2.o"
}
said() { # said TEXT WANTED: what the hooks have said since
    is "$1" "$(tail -c "+$((heard + 1))" stderr)" "$2"
    heard=$(stat -c %s stderr)
}

replaced_hooks() {
    build gcc '' '-Wl,-z,now'
    check 'hooks: the first' with_hooks one b/util 's/x \* 5/x * 6/' &&
        check 'hooks: its payload' "$BIN/extract-patch" one.o prog -o one.raxlpxs
    check 'hooks: the second' with_hooks two a/util 's/x \* 3/x * 4/' &&
        check 'hooks: its payload' "$BIN/extract-patch" two.o prog --depends one.raxlpxs -o two.raxlpxs
    check 'hooks: both, a function' with_hooks '' a/util 's/x \* 3/x * 9/'
    check 'hooks: both, the rest' with_hooks all b/util 's/x \* 5/x * 8/' &&
        check 'hooks: its payload' "$BIN/extract-patch" all.o plain.o prog --replace -o all.raxlpxs
    start prog
    round >/dev/null # it has begun, then
    heard=$(stat -c %s stderr)
    check 'hooks: the first goes in' raxlpxs --apply one.raxlpxs
    check 'hooks: the second goes in' raxlpxs --apply two.raxlpxs
    said 'hooks: of the two' 'one preapply one load one postapply two preapply two load two postapply '
    touch no-one
    fails 'hooks: the first does not go' 2 raxlpxs --apply all.raxlpxs
    said 'hooks: veto of a removal' 'two prerevert one prerevert two postrevert failed '
    rm no-one && touch no-all
    fails 'hooks: the third does not come' 2 raxlpxs --apply all.raxlpxs
    said 'hooks: veto of an apply' \
        'two prerevert one prerevert all preapply two postrevert failed one postrevert failed '
    rm no-all
    is 'hooks: nothing has changed' "$(raxlpxs --list | awk 'NR > 1 { print $1 }' | xargs)" 'one two'
    check 'hooks: one for both' raxlpxs --apply all.raxlpxs
    said 'hooks: of all three' \
        'two prerevert one prerevert all preapply two unload one unload all load two postrevert one postrevert all postapply '
    is 'hooks: it is alone' "$(raxlpxs --list | awk 'NR > 1 { print $1, $3 }' | xargs)" \
        'all APPLIED two CHECKED one CHECKED'
    check 'hooks: the runtime finds all in order' raxlpxs --test
    check 'hooks: it goes' raxlpxs --remove all
    said 'hooks: of the last' 'all prerevert all unload all postrevert '
    stop
}

replaced_hooks
stack 'gcc' gcc '' '-Wl,-z,now'
stack 'gcc, lazy, CET' gcc '-fcf-protection=full' '-Wl,-z,lazy'
[[ -z $(command -v clang) ]] || stack 'clang' clang '' '-Wl,-z,now'

# ---- the second is not made from what the first has left ----

# other_original TEXT CODE SED: the first was made from b/util.c, the second on top of what SED makes of it.
other_original() {
    cp b/util.c kept.c
    sed -i "$3" b/util.c
    gcc "${cflags[@]}" -DFIXED -c b/util.c -o middle.o
    second
    gcc "${cflags[@]}" -DFIXED -c b/util.c -o end.o
    cp kept.c b/util.c
    "$BIN/create-diff-object" middle.o end.o -o 2.o --object util.o >/dev/null
    fails "another original: $1" "$2" "$BIN/extract-patch" 2.o prog --depends 1.raxlpxs -o no.raxlpxs
    cp "$tap_log" said.txt
}

# A message, a constant and a switch that only the patches have.
labels=$(printf 'case %d: fresh_zero[%d] = %d; break; ' 0 0 5 1 1 6 2 2 7 3 3 8 4 0 9 5 1 3)
sed -i 's/^\tsnprintf(text, size, "fixed/\tr += (int)(x * 3.75);\n\tswitch (x) { '"$labels"'}\n&/' b/util.c
build gcc '' '-Wl,-z,now'
"$BIN/create-diff-object" old/b/util.o new/b/util.o -o 1.o --object util.o >/dev/null
"$BIN/extract-patch" 1.o prog -o 1.raxlpxs >/dev/null
other_original 'none' 0 ''
for other in 's/? 1000 : 2000/? 1001 : 2000/' 's/strcspn(text/strspn(text/' 's/visits++;/visits += 2;/'; do
    other_original "$other" 4 "$other"
done
for other in 's/"fixed %s/"mixed %s/' 's/x \* 3\.75/x * 3.50/'; do
    other_original "$other" 4 "$other"
    like "$other: said so" "$(<said.txt)" "cannot prove 'b_value': '1.raxlpxs' differs .* other data is referred to"
done
# Another order of its labels is another order in the table alone.
is 'two entries of the jump table change places' "$(python3 - 1.raxlpxs <<'END'
import struct, subprocess, sys
data = bytearray(open(sys.argv[1], 'rb').read())
sections = subprocess.check_output(['readelf', '-SW', sys.argv[1]], text=True).replace('[ ', '[').splitlines()
row = [l.split() for l in sections if ' .rela.rodata ' in l][0]
start, size = int(row[4], 16), int(row[5], 16)
rels = [struct.unpack_from('<QQq', data, start + i) for i in range(0, size, 24)]
for i in range(1, len(rels) - 1):
    (at, info, addend), (at2, info2, addend2) = rels[i], rels[i + 1]
    if info & 0xffffffff == 2 and info == info2 and at2 == at + 4 and addend2 - 4 != addend:
        struct.pack_into('<q', data, start + 24 * i + 16, addend2 - 4)
        struct.pack_into('<q', data, start + 24 * i + 40, addend + 4)
        break
else:
    sys.exit('no jump table')
open('other.raxlpxs', 'wb').write(data)
print('ok')
END
)" ok
cp 1.raxlpxs kept.raxlpxs
other_original 'none' 0 ''
cp other.raxlpxs 1.raxlpxs
other_original 'the jump table' 4 ''
like 'the jump table: said so' "$(<said.txt)" "cannot prove 'b_value': '1.raxlpxs' differs .* other data is referred to"
cp kept.raxlpxs 1.raxlpxs
other_original 'another element' 4 's/strlen(names\[x & 3\])/strlen(names[(x + 1) \& 3])/'
like 'another element: said so' "$(<said.txt)" "cannot prove 'b_value': '1.raxlpxs' differs .* 'names' is not referred to"
fails '--replace with --depends' 64 "$BIN/extract-patch" 1.o prog --replace --depends 1.raxlpxs -o no.raxlpxs
tap_done
