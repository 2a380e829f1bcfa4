#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# extract-patch on a small program that has one of each kind of reference: the patch is made from
# the raw object and from a diff object, applied to the running program, and must give what the
# rebuilt program gives. Then what the manifest says.
# timeout: 180
set -uo pipefail
cd "$(dirname "$0")/../.." || exit 1
# shellcheck source=tests/lib/extract.sh
source tests/lib/extract.sh

# The patch p.raxlpxs, applied between two rounds, does what the rebuilt program does.
works() {
    local want before after
    want=$(expected fixed)
    start prog
    before=$(round)
    fails "$1: is applied" 0 "$BIN/raxlpxs" --socket "$tmp/run/sandbox-sock$pid" --apply p.raxlpxs
    after=$(round)
    is "$1: the running program is fixed" "$(cut -d' ' -f3- <<<"$after")" \
        "$(cut -d' ' -f3- <<<"$want")"
    like "$1: it was not before" "$before" 'old zero'
    fails "$1: is removed" 0 "$BIN/raxlpxs" --socket "$tmp/run/sandbox-sock$pid" --remove p
    like "$1: as before" "$(round)" 'old zero'
    stop
}

well_formed() { # well_formed TEXT
    local kinds bad
    is "$1: readelf says nothing" "$(readelf -aW p.raxlpxs 2>&1 >/dev/null)" ''
    is "$1: eu-elflint says nothing" "$("$top/tests/lib/elflint.sh" p.raxlpxs)" ''
    like "$1: objdump shows the function" "$(objdump -dr p.raxlpxs)" '<b_value>:'
    kinds=$(readelf -rW p.raxlpxs | grep -o 'R_X86_64_[A-Z0-9_]*' | sort -u)
    bad=$(grep -vxE 'R_X86_64_(64|PC32|PLT32|PC64)' <<<"$kinds")
    is "$1: only relocations that the runtime knows" "$bad" ''
}

raw_variant() { # raw_variant TEXT CC FLAGS LINK-FLAGS
    check "$1: builds" build "$2" "$3" "$4" || return
    fails "$1, raw: extract" 0 raw prog
    well_formed "$1, raw"
    works "$1, raw"
}

variant() { # variant TEXT CC FLAGS LINK-FLAGS
    raw_variant "$@" || return
    fails "$1, diff: create-diff-object" 0 "$BIN/create-diff-object" old/b/util.o new/b/util.o -o d.o
    ld -r -o merged.o d.o
    fails "$1, diff: extract" 0 extract merged.o prog
    well_formed "$1, diff"
    is "$1, diff: the original was found" "$(manifest "m['toolchain']['reproduces-target']")" exact
    works "$1, diff"
}

variant 'gcc, bind now' gcc '' '-Wl,-z,now'
variant 'gcc, lazy, CET' gcc '-fcf-protection=full -fstack-protector-strong' '-Wl,-z,lazy'
variant 'gcc -Os, no plt' gcc '-Os -fno-plt' '-Wl,-z,now'
raw_variant 'gcc, data in common sections' gcc '-fno-data-sections' '-Wl,-z,lazy'
[[ -z $(command -v clang) ]] || variant 'clang' clang '' '-Wl,-z,now'

# ---- what the manifest says ----

build gcc '' '-Wl,-z,now'
"$BIN/create-diff-object" old/b/util.o new/b/util.o -o d.o >/dev/null
printf -- '--- a/x\n+++ b/x\n' >x.diff
extract d.o prog --diff x.diff --summary 'a summary' >out.txt
like 'report line' "$(<out.txt)" \
    "^p\.raxlpxs: 1 function, [0-9]+ bytes placed \(new code [0-9]+\), file $(stat -c %s p.raxlpxs) bytes$"
is 'functions' "$(manifest "[(f['name'], f['change']) for f in m['functions']]")" \
    "[('added', 'added'), ('b_value', 'modified')]"
is 'address and size of the old code' "$(manifest "'%016x %d' % tuple(m['functions'][1]['old'][k] for k in ('address', 'size'))")" \
    "$(readelf -sW prog | awk '$8 == "b_value" {print $2, $3}')"
like 'statics of one name are told apart' \
    "$(manifest "[r['match'] for r in m['references'] if r['symbol'] == 'counter']")" "^\['by-file, [12] of 2'\]$"
is 'new data' "$(manifest "[(d['name'], d['section']) for d in m['data']]")" \
    "[('fresh', '.data'), ('fresh_zero', '.bss')]"
is 'whose address is taken' "$(manifest "m['escaping-pointers']")" \
    "[{'function': 'added', 'holder': 'b_value', 'object': 'old/b/util.o'}]"
is 'a person is told so' "$(manifest "[e['at'] for e in m['needs-eyes'] if e['rule'] == 'pins-patch']")" "['added']"
objcopy -O binary --dump-section .livepatch.funcs=funcs p.raxlpxs /dev/null 2>/dev/null
is 'sizes in .livepatch.funcs' "$(od -An -tu4 -j24 -N8 funcs | xargs)" \
    "$(manifest "'%d %d' % (m['functions'][1]['new']['size'], m['functions'][1]['old']['size'])")"
is 'new library function' "$(manifest "[r['match'] for r in m['references'] if r['symbol'] == 'strcspn@GLIBC_2.2.5']")" "['library']"
like 'is imported by name and version' "$(readelf -sW p.raxlpxs)" ' UND strcspn@GLIBC_2\.2\.5'
is 'library data' "$(manifest "sorted(r['symbol'] for r in m['references'] if r['kind'] == 'copy')")" "['optind', 'stderr']"
is 'hash of the diff' "$(manifest "m['patch']['source-sha256']")" "$(sha256sum <x.diff | cut -d' ' -f1)"
objcopy -O binary --dump-section .livepatch.manifest=m.z p.raxlpxs /dev/null 2>/dev/null
is 'the payload carries the manifest' \
    "$(python3 -c "import zlib; print(zlib.decompress(open('m.z','rb').read()[24:]).decode(), end='')" | cmp - p.yaml 2>&1)" ''
is '.modinfo' "$(readelf -p .modinfo p.raxlpxs | grep -o '[a-z0-9-]*=.*' | cut -d= -f1 | tr '\n' ' ')" \
    'name builder summary source-sha256 pins '
extract d.o prog --reference CVE-2000-0001 --reference '#12' >/dev/null
is 'what it is about, in the manifest' "$(manifest "m['patch']['references']")" "['CVE-2000-0001', '#12']"
like 'and in .modinfo' "$(readelf -p .modinfo p.raxlpxs | tr -s '\n ' ' ')" 'reference=CVE-2000-0001 .*reference=#12 $'
is 'rules of Xen were not looked at' "$(manifest "[r for r in m['rules-passed']['extract-patch'] if r.startswith('xen-')]")" '[]'
is 'a function of the program was' "$(manifest "'function-of-runtime' in m['rules-passed']['extract-patch']")" True
# shellcheck disable=SC2016 # the page quotes the keys so
is 'the keys come in the order of a reviewer'"'"'s questions' \
    "$(manifest "' '.join(k for k in m if k != 'lp-manifest')")" \
    "$(sed -n '/^| question/,/^$/p' "$top/docs/manifest.md" | grep -o '`[a-z-]*`' | tr -d '`' | grep -xf <(manifest "'\n'.join(m)") | xargs)"
like '--json' "$(extract d.o prog --json | python3 -c 'import json,sys; print(json.load(sys.stdin)["functions"])')" '^1$'
extract d.o prog --diff x.diff --summary 'a summary' >/dev/null
cp p.raxlpxs first.raxlpxs && cp p.yaml first.yaml
mkdir elsewhere && cp d.o prog x.diff elsewhere/
(cd elsewhere && extract d.o prog --diff x.diff --summary 'a summary' >/dev/null)
check 'equal inputs give equal payloads' cmp first.raxlpxs elsewhere/p.raxlpxs
check 'and equal manifests' cmp first.yaml elsewhere/p.yaml
cp -r old new elsewhere/
for folder in "$tmp" "$tmp/elsewhere"; do
    "$BIN/create-diff-object" "$folder"/{old,new}/b/util.o -o "$folder/absolute.o" >/dev/null
    (cd "$folder" && extract absolute.o prog >/dev/null)
done
is 'objects with absolute names lose their folders' "$(manifest "m['functions'][1]['object']")" b/util.o
check 'so that these tell nothing' cmp p.yaml elsewhere/p.yaml


# `environ` of libc has three names, and the program has copied it by one of them.
printf 'int main(int argc, char **argv) { extern char **environ; (void)argv; return environ[argc] != 0; }\n' >alias.c
printf '.globl sandbox_text_area\n.type sandbox_text_area,@object\nsandbox_text_area: .fill 64,1,0xc3\n.size sandbox_text_area,64\n.section .note.GNU-stack\n' >area.s
gcc -O2 -fPIE -pie -Wl,--build-id -o alias alias.c area.s
for name in _environ __environ; do
    sed "s/environ/$name/g; s/!= 0/== 0/" alias.c >alias.new.c
    gcc -O2 -fPIE -ffunction-sections -c alias.new.c -o alias.o
    extract -f main alias.o alias >/dev/null
    is "library data that was copied by another name, $name" \
        "$(manifest "[(r['kind'], '%016x' % r['address']) for r in m['references'] if r['symbol'] == '$name']")" \
        "[('copy', '$(readelf -sW --dyn-syms alias | awk '$8 ~ /^environ/ {print $2; exit}')')]"
done

# ---- no more than is needed ----

extract d.o prog >/dev/null
strings=$(objcopy -O binary -j .rodata --set-section-flags .rodata=alloc,contents p.raxlpxs /dev/stdout | tr '\0' '\n')
like 'a new string is carried' "$strings" 'fixed %s %d %d'
is 'one that the program has is not' "$(grep -c 'odd value' <<<"$strings")" 0
is 'but referred to there' "$(manifest "[r['match'] for r in m['references'] if r['symbol'] == '.rodata']")" "['contents']"
like 'library functions are called through the PLT of the program' "$(readelf -sW p.raxlpxs)" ' ABS strlen@plt'
is 'frames of the functions that are carried, and no others' \
    "$(readelf --debug-dump=frames p.raxlpxs 2>/dev/null | grep -c ' FDE ')" \
    "$(readelf -sW p.raxlpxs | awk '$4 == "FUNC" && $7 != "ABS" && $8 !~ /@/' | wc -l)"

# ---- all functions of the executable ----

verify() { "$BIN/extract-patch" --verify-all "$@" 2>&1; }
like 'the objects of the program' "$(verify old/{main,a/util,b/util}.o prog)" \
    '^[0-9]+ functions of 3 objects are the same$'
cp d.o old/d.x && mkdir -p old/other && printf 'int other(int x) { return x; }\n' >old/other/other.c
gcc -c old/other/other.c -o old/other/other.o
like 'their folder' "$(verify old prog)" '^[0-9]+ functions of 3 objects are the same; 1 objects are not in it$'
fails 'other objects' 4 "$BIN/extract-patch" --verify-all new prog
like 'is told' "$(verify new prog)" "^error: [12] of [0-9]+ functions differ: not the same build; first: 'b_value.*' of 'new/b/util.o'"
cat >lonely.c <<'END'
static __attribute__((noinline)) int twice(int x) { return x * 2 + SHIFT; }
static __attribute__((noinline)) int NAME(int x) { return twice(x) + x; }
int (*volatile start)(int);
static __attribute__((constructor)) void init(void) { start = NAME; }
END
mkdir -p lonely/old lonely/new
printf 'extern int (*volatile start)(int); int main(int argc, char **argv) { (void)argv; return start(argc); }\n' >callstart.c
sed -i 's/^int (\*volatile/extern &/' lonely.c && printf 'int (*volatile start)(int);\n' >>callstart.c
printf '.globl sandbox_text_area\n.type sandbox_text_area,@object\nsandbox_text_area: .fill 64,1,0xc3\n.size sandbox_text_area,64\n.section .note.GNU-stack\n' >area.s
gcc "${cflags[@]}" -DSHIFT=1 -DNAME=first -c lonely.c -o lonely/old/lonely.o
gcc "${cflags[@]}" -DSHIFT=3 -DNAME=second -c lonely.c -o lonely/new/lonely.o
gcc -pie -Wl,--build-id -o alone callstart.c lonely/old/lonely.o area.s
fails 'an object that has local functions only' 0 "$BIN/extract-patch" --verify-all lonely/old alone
fails 'the same, built otherwise: it is not passed over' 4 "$BIN/extract-patch" --verify-all lonely/new alone
like 'is told, too' "$(verify lonely/new alone)" "^error: 1 of 2 functions differ: .*'twice' of 'lonely/new/lonely.o'"
for i in 1 2 3; do # two weak functions of a name, of which the linker takes one; and what a resolver chooses
    mkdir -p weak/$i
    printf '__attribute__((weak)) int weak(int x) { return x + %d; }\nint strong_%d(int x) { return (x - %d) * 12345 ^ x; }\n' \
        $i $i $i >weak/$i/weak.c
    printf 'int strong_1(int); static int two(int x) { return x * %d; }\nstatic int (*choose(void))(int) { return %d > 2 ? two : strong_1; }\nint chosen(int) __attribute__((ifunc("choose")));\n' \
        $i $i >weak/$i/choose.c
    for name in weak choose; do gcc "${cflags[@]}" -c weak/$i/$name.c -o weak/$i/$name.o; done
done
printf 'int weak(int), strong_1(int), strong_2(int), chosen(int); int main(int c, char **v) { (void)v; return weak(c) + strong_1(c) + strong_2(c) + chosen(c); }\n' >weak/main.c
gcc "${cflags[@]}" -c weak/main.c -o weak/main.o
gcc -pie -Wl,--build-id -o weakly weak/main.o weak/1/weak.o weak/2/weak.o weak/1/choose.o area.s
like 'weak functions: one fits' "$(verify weak/main.o weak/{1,2}/weak.o weakly)" '^4 functions of 3 objects are the same$'
sed 's/x + 1/x + 9/' weak/1/weak.c >c.c && mkdir -p weak/9 && cp c.c weak/9/weak.c
gcc "${cflags[@]}" -c weak/9/weak.c -o weak/9/weak.o
like 'weak functions: none fits' "$(verify weak/main.o weak/{9,2}/weak.o weakly)" \
    "^error: 1 of 4 functions differ: .*'weak' of 'weak/9/weak.o' at \+0x"
printf 'int weak(int x) { return x; }\n' >weak/other.c && gcc "${cflags[@]}" -c weak/other.c -o weak/other.o
gcc -pie -Wl,--build-id -o strongly weak/main.o weak/{1,2}/weak.o weak/1/choose.o weak/other.o area.s
like 'weak functions: another object has a strong one' \
    "$(verify weak/{main,other}.o weak/{1,2}/weak.o strongly)" '^4 functions of 4 objects are the same, 2 were not linked$'
like 'what chooses a function' "$(verify weak/main.o weak/1/{choose,weak}.o weakly)" '^[0-9]+ functions of 3 objects are the same'
like 'what chooses another' "$(verify weak/main.o weak/3/choose.o weak/1/weak.o weakly)" "^error: .*'(chosen|choose)' of 'weak/3/choose.o'"
printf 'int chosen(int); int strong_1(int x) { return chosen(x) * 2; }\n' >weak/new.c
gcc "${cflags[@]}" -c weak/new.c -o weak/new.o
check 'new code calls an indirect function' extract -f strong_1 weak/new.o weakly
is 'as the program does, by its PLT' \
    "$(manifest "['%x' % r['address'] for r in m['references'] if r['symbol'] == 'chosen']")" \
    "['$(objdump -d weakly --disassemble=main | grep -o 'call  *[0-9a-f]* <\*ABS\*.*plt>' | awk '{print $2}')']"
fails 'objects of another program' 4 "$BIN/extract-patch" --verify-all old/other prog

# ---- what it is applied on top of ----

note() { # note SECTION FILE: the build-id in it
    readelf -nW "$2" | awk -v name="$1" '/^Displaying/ {here = $NF == name} here && /Build ID/ {print $NF}'
}
below=$(note .note.gnu.build-id first.raxlpxs)
is 'without --depends: on the executable' "$(note .livepatch.depends first.raxlpxs)" "$(note .note.gnu.build-id prog)"
sed 's/b_other(int x) { return x + 1; }/b_other(int x) { return x + 2; }/' b/util.c >other.c
gcc "${cflags[@]}" -c other.c -o other.o
check '--depends PAYLOAD' extract -f b_other other.o prog --depends first.raxlpxs
is 'its build-id is in the payload' "$(note .livepatch.depends p.raxlpxs)" "$below"
check '--depends twice' extract d.o prog --depends "$(note .note.gnu.build-id prog)" --depends "$below"
is 'the last one counts' "$(note .livepatch.depends p.raxlpxs)" "$below"
fails '--depends on the same twice' 64 extract d.o prog --depends first.raxlpxs --depends "$below"
fails '--depends on what is no build-id' 64 extract d.o prog --depends 12zz
fails '--depends on a file without one' 64 extract d.o prog --depends d.o
tap_done
