#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# What `extract-patch --xen` refuses, and what it writes, with a hypervisor of a few functions that
# is linked here: needs neither Xen nor QEMU. tests/e2e/xen.sh has the real thing.
# timeout: 120
# sanitize: yes
set -uo pipefail
cd "$(dirname "$0")/../.." || exit 1
# shellcheck source=tests/lib/scratch.sh
source tests/lib/scratch.sh
# shellcheck source=tests/lib/xen.sh
source tests/lib/xen.sh
cd "$tmp" || exit 1

# As Xen's build does, the object's file symbol gets the path: two files are called small.c here.
small() { xen_compile "$top/testdata/xen/small.c" "$@"; }
link_small() { # link_small FILE OBJECT...
    ld -o "$1" -T "$top/testdata/xen/small.lds" --build-id=sha1 -z noexecstack --no-warn-rwx-segments "${@:2}"
}
mkdir -p other
printf 'static int local_data = 3; static __attribute__((noinline)) int local(int x) { return local_data += x; }\nint other(int x) { return local(x); }\n' >other/small.c
other() { xen_compile other/small.c "$@"; }
printf 'static int kept; int *keep(void) { return &kept; }\n' >u.c
small small.o && other other.o && xen_compile u.c u.linked.o
objcopy --redefine-sym small.c=common/small.c small.o linked.o
objcopy --redefine-sym small.c=arch/x86/small.c other.o other.linked.o
check 'a small hypervisor' link_small syms linked.o other.linked.o u.linked.o
small patched.o -DPATCHED
"$BIN/create-diff-object" small.o patched.o -o d.o >/dev/null

xen() { "$BIN/extract-patch" --xen --xen-syms syms "$@" -o p.livepatch -m p.yaml; }
refuse() { # refuse TEXT CODE REGEX COMMAND...: one error line that matches, that code, no files
    local text=$1 want=$2 regex=$3 status=0
    shift 3
    rm -f p.livepatch p.yaml
    "$@" >out.txt 2>err.txt || status=$?
    sed -n 's/^  rule: //p' err.txt >>rules.seen
    is "$text: exit code" "$status" "$want"
    like "$text: message" "$(head -n 1 err.txt)" "^error: $regex"
    is "$text: no file" "$(ls p.livepatch p.yaml 2>/dev/null)" ''
}
code() { # code LINES [FLAG...]: u.o from C
    printf '#pragma GCC visibility push(hidden)\nextern int counter; int work(int x);\n%b\n' "$1" >u.c
    xen_compile u.c u.o "${@:2}"
}
expectation() { # the length of the first one; 0: it is off
    objcopy -O binary --dump-section .livepatch.funcs=funcs p.livepatch /dev/null 2>/dev/null
    local flags
    flags=$(od -An -tu1 -j72 -N1 funcs)
    echo $((flags & 1 ? flags >> 1 : 0))
}

# ---- what it writes ----

check 'a diff object' xen d.o
like 'was proved' "$(<p.yaml)" 'reproduces-target: exact'
is 'all of the old bytes are expected' "$(expectation)" "$(readelf -sW syms | awk '$8 == "work" {print $3}')"
is '.livepatch.funcs: no address' "$(readelf -rW p.livepatch | grep -A9 funcs | grep -c R_X86_64_64)" 2
is 'notes' "$(readelf -nW p.livepatch | awk '/^Displaying/ {print $NF}' | xargs)" \
    '.note.gnu.build-id .livepatch.depends .livepatch.xen_depends .livepatch.signature'
like '.modinfo is placed' "$(readelf -SW p.livepatch | grep '\.modinfo')" ' A '
cp p.livepatch first.livepatch
check 'once more' xen d.o
check 'equal inputs give equal payloads' cmp first.livepatch p.livepatch
id=$(readelf -nW first.livepatch | awk '/Build ID/ {print $NF; exit}')
check 'on a patch' xen d.o --depends "$id"
is 'the build-id covers the notes' "$(readelf -nW p.livepatch | awk '/Build ID/ {print $NF; exit}' | grep -c "$id")" 0
sed 's/+= x/-= x/' other/small.c >n && mv n other/small.c && other other.new.o
"$BIN/create-diff-object" other.o other.new.o -o other.d.o >/dev/null
check 'a local function' xen other.d.o
like 'is named with its path' "$(strings p.livepatch)" 'arch/x86/small\.c#local'
like 'so is local data' "$(readelf -sW p.livepatch)" 'UND arch/x86/small\.c#local_data'
code 'static int fresh; static __attribute__((noinline)) int also(int x) { return fresh += x; } int work(int x) { return also(x) + also(x + 1); }'
check 'statics' xen -f work u.o --name one
is 'bear the name of the patch' "$(readelf -sW p.livepatch | awk '$7 ~ /^[0-9]+$/ && $4 != "SECTION" {print $8}' | sort | xargs)" 'also@one fresh@one work'
code 'int with_alternative(int x) { return x; }'
check 'a function that Xen changes when it boots' xen -f with_alternative u.o
is 'is expected up to there' "$(expectation)" 3
code 'int from_table(int x) { return x; }'
check 'a function that may lose its endbr64' xen -f from_table u.o
is 'is not expected' "$(expectation)" 0
code 'int work(int x) { return x; }'
check 'a function that a patch below replaces' xen -f work u.o --depends first.livepatch --name two
is 'is not expected either' "$(expectation)" 0

# ---- what it refuses ----

code 'int boot(int x) { return x; }'
refuse 'an __init function' 2 "'boot' is an __init function" xen -f boot u.o
code 'extern int boot_data; int work(int x) { return boot_data + x; }'
refuse 'a reference to __init data' 2 "work\+0x.*'boot_data' is __init" xen -f work u.o
code 'int boot(int x); int work(int x) { return boot(x); }'
refuse 'a call of an __init function' 2 "work\+0x.*'boot' is __init" xen -f work u.o
code 'int nop(int x) { return x; }'
refuse 'a function of three bytes' 2 "'nop' has 3 bytes, a jump needs 5" xen -f nop u.o
code 'int work(int x) { static volatile int table[9]; return table[x] + counter; }' -fno-pie
refuse 'an absolute field of 32 bits' 2 'work\+0x.*R_X86_64_32S? to .*Xen does not know this kind' xen -f work u.o
printf 'extern int counter; int work(int x) { return counter + x; }' >u.c && xen_compile u.c u.o -fpic
refuse 'a GOT slot' 2 "work\+0x.*GOTPCREL.* to 'counter': Xen has no GOT" xen -f work u.o
like 'a GOT slot: the advice names the flags' "$(<err.txt)" 'advice: compile with -fpie and .* hidden visibility'
code 'int absent(int); int work(int x) { return absent(x); }'
refuse 'an unknown symbol' 2 "cannot resolve 'absent': not in the symbols of 'syms'" xen -f work u.o
code 'int brandnew(int x) { return x; }'
refuse 'an unknown function' 4 "function 'brandnew' of 'u.o' is not in 'syms'" xen -f brandnew u.o
code 'int fresh; int work(int x) { return fresh += x; }' -fcommon
refuse 'a common symbol' 2 "work\+0x.* refers to 'fresh', a common symbol" xen -f work u.o
code 'int both(int x); int work(int x) { return both(x); }\n__asm__(".section .both,\\"awx\\"; .globl both; .type both,@function; both: ret; .size both,1; .text");'
refuse 'writable code' 2 "u.o: section '.both' is writable and executable" xen -f work u.o
for section in .altinstructions .bug_frames.0 .ex_table; do
    code "int work(int x) { __asm__ volatile(\"1: nop; .pushsection $section, \\\\\"a\\\\\"; .long 1b - .; .popsection\"); return x; }"
    refuse "an entry in $section" 2 "'work' has an entry in '$section'" xen -f work u.o
done
small longer.o -DLONGER
"$BIN/create-diff-object" --allow-table limits small.o longer.o -o longer.d.o >/dev/null
refuse 'a table in place' 2 "'limits' is to be overwritten in place: Xen does not" xen longer.d.o
code 'int work(int x) { return x; }'
refuse 'a patch below of the same name' 2 "the patch below, 'first.livepatch', is called 'p' as well" \
    xen -f work u.o --depends first.livepatch
refuse 'no hypervisor' 4 "'/.*' is not a xen-syms: it has no symbol" \
    "$BIN/extract-patch" --xen --xen-syms "$BIN/extract-patch" d.o -o p.livepatch
strip -o stripped syms
refuse 'no symbols' 4 "'stripped' has no symbol table" "$BIN/extract-patch" --xen --xen-syms stripped d.o -o p.livepatch
other other.o && sed 's/-= x/^= x/' other/small.c >n && mv n other/small.c && other other.new.o
"$BIN/create-diff-object" other.o other.new.o -o other.d.o >/dev/null
refuse 'another source' 4 "cannot prove 'local'" xen other.d.o
objcopy --redefine-sym other=more other.linked.o more.o
link_small twice linked.o other.linked.o more.o
code 'static __attribute__((noinline)) int local(int x) { return x; } int more(int x) { return local(x); }'
sed -i 's/u\.c/small.c/' u.c && cp u.c small.c && xen_compile small.c u.o
refuse 'two files of one path' 2 ".*(ambiguous|twice)" "$BIN/extract-patch" --xen --xen-syms twice -f local u.o -o p.livepatch
fails '--xen without --xen-syms' 64 "$BIN/extract-patch" --xen d.o syms -o p.livepatch
fails '--xen and --qemu' 64 "$BIN/extract-patch" --qemu --xen --xen-syms syms d.o -o p.livepatch

grep -o '^	{ "xen-[a-z-]*"' "$top/extract-patch/rules.c" | cut -d'"' -f2 | sort >rules.table
is 'every rule of Xen has a case here' "$(comm -13 <(sort -u rules.seen) rules.table)" ''
tap_done
