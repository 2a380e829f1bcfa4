#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Every way in which the executable can be the wrong one for extract-patch, or the patch want
# what can't be: each rule of its table is seen here.
# timeout: 180
set -uo pipefail
cd "$(dirname "$0")/../.." || exit 1
# shellcheck source=tests/lib/extract.sh
source tests/lib/extract.sh

# refuse TEXT CODE REGEX COMMAND...: one error line that matches, that code, no files.
refuse() {
    local text=$1 want=$2 regex=$3 status=0
    shift 3
    rm -f p.raxlpxs p.yaml
    "$@" >out.txt 2>err.txt || status=$?
    sed -n 's/^  rule: //p' err.txt >>rules.seen
    is "$text: exit code" "$status" "$want"
    like "$text: message" "$(head -n 1 err.txt)" "^error: $regex"
    is "$text: one error, nothing on stdout, no file" \
        "$(grep -c '^error: ' err.txt) $(wc -c <out.txt) $(ls p.raxlpxs p.yaml 2>/dev/null)" '1 0 '
}

build gcc '' '-Wl,-z,now'
"$BIN/create-diff-object" old/b/util.o new/b/util.o -o d.o >/dev/null
strip -o stripped prog
objcopy --only-keep-debug prog prog.debug
objcopy --only-keep-debug fixed fixed.debug
check 'stripped, --debug-file' extract d.o stripped --debug-file prog.debug
objcopy --add-gnu-debuglink=prog.debug stripped linked
check 'stripped, .gnu_debuglink' extract d.o linked
mkdir .debug && mv prog.debug .debug/
check 'stripped, .gnu_debuglink, in .debug' extract d.o linked
mv .debug/prog.debug . && cp prog.debug whole.debug && printf 'x' >>prog.debug
refuse 'a damaged debug file' 4 ".*prog.debug' is damaged: its CRC is not the one in 'linked'" extract d.o linked
mv prog.debug away.debug
id=$(readelf -n stripped | sed -n 's/.*Build ID: //p')
mkdir -p "root/.build-id/${id:0:2}" "root/$tmp"
cp whole.debug "root/.build-id/${id:0:2}/${id:2}.debug"
check 'stripped, by its build-id' extract d.o stripped --debug-root root
refuse 'no debug file in that folder' 4 ".*no debug file in 'old/.build-id/${id:0:2}/${id:2}.debug'$" \
    extract d.o stripped --debug-root old
objcopy --only-keep-debug fixed "root/.build-id/${id:0:2}/${id:2}.debug"
refuse 'by its build-id, but that of another build' 4 ".*'stripped' has no symbol table.*does not belong to 'stripped'" \
    extract d.o stripped --debug-root root
cp whole.debug "root/$tmp/prog.debug"
check 'stripped, .gnu_debuglink, its folder below the root' extract d.o linked --debug-root root
refuse 'no symbols' 4 ".*'stripped' has no symbol table" extract d.o stripped
refuse 'no debug file where the link says' 4 ".*'linked' has no symbol table" extract d.o linked
strip -g -o stripped-g prog
refuse 'without FILE symbols' 4 ".*'stripped-g' has no names of source files" extract -f helper new/b/util.o stripped-g
check 'without FILE symbols, --debug-file' extract d.o stripped-g --debug-file prog
refuse 'debug file of another build' 4 "debug file 'fixed.debug' does not belong" \
    extract d.o stripped --debug-file fixed.debug
"$BIN/extract-patch" d.o prog -o below.raxlpxs >/dev/null
refuse 'a patch below for another build' 4 "'below.raxlpxs' was not made for 'fixed'" \
    extract -f b_other old/b/util.o fixed --depends below.raxlpxs
refuse 'debug file absent' 1 ".*none.debug" extract d.o stripped --debug-file none.debug

refuse 'another program' 4 "cannot find object|'true'|.*" extract d.o /bin/true
refuse 'the fixed program' 4 ".*'b_value'|cannot find object" extract d.o fixed
build gcc '-O1' '-Wl,-z,now' && cp prog prog-o1
build gcc '' '-Wl,-z,now'
refuse 'other flags' 4 '.*' extract d.o prog-o1
sed 's/x \* 5 - counter/x * 7 - counter/; s/counter++;/counter += 1 + (x == 77);/' b/util.c >c.c && mv c.c b/util.c
build gcc '' '-Wl,-z,now' && cp prog prog-other
refuse 'another source' 4 "(cannot prove 'b_value'|function 'b_value' has)" extract d.o prog-other
sed 's/x \* 7 - counter/x * 5 - counter/; s/counter += 1 + (x == 77);/counter++;/' b/util.c >c.c && mv c.c b/util.c
build gcc '' '-Wl,-z,now'
patched_at=$(python3 - <<'END'
import subprocess
line = [l.split() for l in subprocess.check_output(['readelf', '-sW', 'prog'], text=True).splitlines()
        if l.split()[-1:] == ['b_value']][0]
data = bytearray(open('prog', 'rb').read())
data[int(line[1], 16) + 0x21] ^= 1  # .text has the same offset in file and memory here
open('prog-bit', 'wb').write(data)
print('ok')
END
)
is 'one bit changed' "$patched_at" ok
refuse 'one bit in the old code' 4 "cannot prove 'b_value': the executable's code differs at \+0x21" \
    extract d.o prog-bit

# What the old code refers to without a name: a string, a constant, a jump table.
is 'strings and tables changed' "$(python3 - <<'END'
import struct, subprocess
line = [l.split() for l in subprocess.check_output(['readelf', '-sW', 'prog'], text=True).splitlines()
        if l.split()[-1:] == ['b_value']][0]
code = range(int(line[1], 16), int(line[1], 16) + int(line[2]))
plain = open('prog', 'rb').read()
ro = [l.split() for l in subprocess.check_output(['readelf', '-SW', 'prog'], text=True).replace('[ ', '[').splitlines()
      if ' .rodata ' in l][0]
start, size = int(ro[3], 16), int(ro[5], 16)  # .rodata has the same offset in file and memory here

def save(name, at, new):
    open(name, 'wb').write(plain[:at] + new + plain[at + len(new):])

save('prog-string', plain.index(b'old %s %d', start), b'odd')
save('prog-constant', plain.index(struct.pack('<d', 1.7), start), struct.pack('<d', 1.8))
for table in range(start, start + size - 36, 4):
    entries = struct.unpack_from('<9i', plain, table)
    if all(table + e in code for e in entries):
        save('prog-jump-table', table, struct.pack('<2i', entries[1], entries[0]))
        print('ok')
END
)" ok
for what in string constant jump-table; do
    refuse "another $what" 4 "cannot prove 'b_value'" extract d.o "prog-$what"
    like "another $what: said so" "$(<err.txt)" 'other data is referred to'
done

refuse 'an object as executable' 1 ".*" extract d.o old/main.o
refuse 'an executable as object' 1 ".*" extract prog prog
head -c 9000 prog >short.prog
refuse 'truncated' 1 ".*" extract d.o short.prog
head -c 3000 d.o >short.o
refuse 'truncated object' 1 ".*" extract short.o prog
refuse 'not an ELF file' 1 ".*" extract d.o main.c
refuse 'absent' 1 ".*'nothing'" extract d.o nothing
gcc -pie -o plain -x c - <<<'int main(void){return 0;}' -Wl,--build-id
refuse 'without the runtime' 4 "'plain' was not linked with libsandbox" extract d.o plain
objcopy --remove-section .note.gnu.build-id prog noid
refuse 'without a build-id' 4 "'noid' has no build-id" extract d.o noid

refuse 'raw object without --function' 64 "'new/b/util.o' is not a diff object" extract new/b/util.o prog
refuse 'unknown function' 3 "no input has a changed function 'nope'" extract -f nope d.o prog
refuse 'unchanged function' 3 "'b_other' of 'util.o' is what 'prog' has already" \
    extract -f b_other new/b/util.o prog
refuse 'no output named' 64 'no output is named' "$BIN/extract-patch" d.o prog

# Two changed functions of which one calls the other.
cat >pair.c <<'END'
__attribute__((noinline)) int low(int x) { return x + LOW; }
static __attribute__((noinline)) int middle(int x) { return low(x) * 2 + MIDDLE; }
int high(int x) { return middle(x) + LOW; }
END
cat >pairmain.c <<'END'
int high(int);
int main(int argc, char **argv) { (void)argv; return high(argc); }
END
printf '.globl sandbox_text_area\n.type sandbox_text_area,@object\nsandbox_text_area: .fill 64,1,0xc3\n.size sandbox_text_area,64\n.section .note.GNU-stack\n' >area.s
flags=(-O2 -fPIE -ffunction-sections -fdata-sections)
gcc "${flags[@]}" -DLOW=1 -DMIDDLE=1 -c pair.c -o pair.old.o
gcc "${flags[@]}" -DLOW=5 -DMIDDLE=6 -c pair.c -o pair.new.o
gcc "${flags[@]}" -pie -Wl,--build-id -o pair pairmain.c pair.old.o area.s
"$BIN/create-diff-object" pair.old.o pair.new.o -o pair.d.o >/dev/null
refuse 'left-out change, diff object' 2 "'high' needs 'middle', which is changed and left out" \
    extract -f high pair.d.o pair
refuse 'left-out change, raw object' 2 "'middle' is needed, but is changed too" extract -f high pair.new.o pair
check 'the whole of it' extract pair.d.o pair
check 'the lowest alone' extract -f low pair.d.o pair
is 'only that one' "$(manifest "[f['name'] for f in m['functions']]")" "['low']"

# An executable at a fixed address.
gcc "${flags[@]}" -fno-pie -no-pie -Wl,--build-id -DLOW=1 -DMIDDLE=1 -o fixed-address pairmain.c pair.c area.s
gcc "${flags[@]}" -fno-pie -DLOW=1 -DMIDDLE=1 -c pair.c -o pair.old.o
gcc "${flags[@]}" -fno-pie -DLOW=5 -DMIDDLE=6 -c pair.c -o pair.new.o
"$BIN/create-diff-object" pair.old.o pair.new.o -o pair.d.o >/dev/null
check 'ET_EXEC' extract pair.d.o fixed-address

# What an executable may have in it, and what a patch may want with it.
cat >odd.c <<'END'
#include <stdlib.h>
__thread int thread_local;
int table = 5;
int reader(int x) { return table + x; }
int many_one(int x) { static int n; return n += x; }
int many_two(int x) { static int n; return n -= x; }
void tiny(void) {}
void tiny_next(void) {}
static int (*choose(void))(int) { return reader; }
int chosen(int) __attribute__((ifunc("choose")));
int alias(int) __attribute__((alias("reader")));
static __attribute__((noinline)) int double_one(int x) { return x * table; }
static __attribute__((noinline)) int double_two(int x) { return x / table; }
int relocated(int);
int same_one(int), same_two(int);
int main(int argc, char **argv)
{
	(void)argv;
	tiny(), tiny_next();
	return chosen(argc) + double_one(argc) + double_two(argc) + relocated(argc) + same_one(argc) +
	       same_two(argc) + abs(argc);
}
END
cat >relocated.s <<'END'
	.text
	.globl relocated
	.type relocated,@function
relocated:
	movabs $table, %rax
	ret
	.size relocated, .-relocated
	.macro function name
	.globl \name
	.type \name,@function
\name:
	.endm
	function loop
	xor %eax, %eax
1:	inc %eax
	jmp 1b
	.size loop, .-loop
	function back
	push %rbx
2:	mov %edi, %ebx
	test %edi, %edi
	js back.cold
	pop %rbx
	ret
	.size back, .-back
	.type back.cold,@function
back.cold:
	neg %edi
	jmp 2b
	.size back.cold, .-back.cold
	function twofold
	xor %eax, %eax
	function second
	inc %eax
	ret
	.size second, .-second
	.size twofold, .-twofold
	function padded
	mov %edi, %eax
	ret
	.size padded, .-padded
	.balign 16
	function roomy
	mov %edi, %eax
	inc %eax
	ret
	.size roomy, .-roomy
	.balign 16
	function crowded
	mov %edi, %eax
	ret
	.size crowded, .-crowded
	inc %eax
	ret
	.balign 16
	.section .note.GNU-stack
END
mkdir -p one two
for i in one two; do
    printf 'static __attribute__((noinline)) int same(int x) { return x + 1; } int same_%s(int x) { return same(x); }\n' \
        $i >$i/same.c
    gcc "${flags[@]}" -c $i/same.c -o $i/same.o
done
gcc "${flags[@]}" -falign-functions=1 -c odd.c -o odd.o
objcopy --redefine-sym double_two=double_one odd.o
gcc "${flags[@]}" -pie -Wl,--build-id -Wl,-z,notext -o odd odd.o relocated.s area.s {one,two}/same.o 2>/dev/null

code() { # code SOURCE [FLAG...]: u.o from C
    printf '%s\n' "$1" >u.c
    gcc "${flags[@]}" "${@:2}" -c u.c -o u.o
}
assembly() { # assembly LINES: u.o from a function `reader` of them
    printf '.section .text.reader,"ax"\n.globl reader\n.type reader,@function\nreader:\n%b\n.size reader,.-reader\n%b\n.section .note.GNU-stack\n' \
        "$1" "$2" >u.s
    gcc -c u.s -o u.o
}

code 'int brandnew(int x) { return x; }'
refuse 'not a function of the executable' 4 "function 'brandnew' of 'u.o' is not in 'odd'" extract -f brandnew u.o odd
code 'static __attribute__((noinline)) int local(int x) { return x; } int (*reader(void))(int) { return local; }'
refuse 'a file that is not in it' 4 "cannot find object 'u.o' \(u.c\): .*no source file of that name" extract -f local u.o odd
sed -i 's/x + 1/x + 2/' one/same.c
gcc "${flags[@]}" -c one/same.c -o one/same.o
refuse 'two files that look the same' 2 "object 'same.o' is ambiguous: 2 blocks of 'same.c'" extract -f same one/same.o odd
sed 's/x \* table/x - table/' odd.c >new.c && mkdir -p new && cp new.c new/odd.c
gcc "${flags[@]}" -c new/odd.c -o u.o
refuse 'two locals of one name' 2 "local 'double_one' is ambiguous: 'odd.c' of 'odd' has it at 0x" extract -f double_one u.o odd
sed 's/n += x/n += x + 1/; s/^void tiny(void) {}/int many_three(int x) { static int n; return n ^= x; } &/' odd.c >new/odd.c
gcc "${flags[@]}" -c new/odd.c -o u.o
refuse 'a static that may be one of several' 2 "cannot tell which variable of the executable 'n\.[0-9]' is: 3 .* 2 in 'odd.c'" \
    extract -f many_one u.o odd
code 'int table; void tiny(void) { table = 1; }'
refuse 'too small' 2 "'tiny' has 1 bytes up to the next symbol, a jump needs 5" extract -f tiny u.o odd
code 'int loop(int x) { return x; }'
refuse 'a loop over the first bytes' 2 "'loop' branches at \+0x4 into its own first bytes" extract -f loop u.o odd
code 'int back(int x) { return x; }'
refuse 'a cold part that leads into the first bytes' 2 "'back.cold' branches at \+0x2 into the first bytes of 'back'" \
    extract -f back u.o odd
code 'int twofold(int x) { return x; }'
refuse 'a second entry' 2 "'second' begins inside the first bytes of 'twofold'" extract -f twofold u.o odd
code 'int padded(int x) { return -x; }'
check 'a small function with padding' extract -f padded u.o odd
is 'a person is told' "$(manifest "[e['at'] for e in m['needs-eyes'] if e['rule'] == 'uses-padding']")" "['padded']"
code 'int roomy(int x) { return -x; }'
check 'a function of just five bytes' extract -f roomy u.o odd
is 'nobody needs to be told' "$(manifest "[e['at'] for e in m['needs-eyes'] if e['rule'] == 'uses-padding']")" '[]'
code 'int crowded(int x) { return -x; }'
refuse 'code instead of padding' 2 "'crowded' has 3 bytes and no padding behind them" extract -f crowded u.o odd
code 'int relocated(int x) { return x; }'
refuse 'a text relocation' 2 "the dynamic linker changes 'relocated' at \+0x2" extract -f relocated u.o odd
code 'int chosen(int x) { return x; }'
refuse 'an IFUNC' 2 "'chosen' is chosen when the program starts" extract -f chosen u.o odd
sed 's/return chosen(argc)/return argc/' odd.c >quiet.c && gcc "${flags[@]}" -c quiet.c -o quiet.o
gcc "${flags[@]}" -pie -Wl,--build-id -Wl,-z,notext -o quiet quiet.o relocated.s area.s {one,two}/same.o 2>/dev/null
code 'int chosen(int); int many_one(int x) { return chosen(x) + x * 12345; }'
refuse 'an IFUNC that nobody has called' 2 "'chosen' is chosen when the program starts \(IFUNC\), and 'quiet' does not" \
    extract -f many_one u.o quiet
code 'int reader(int x) { return x; } int alias(int x) { return -x; }'
refuse 'two names of one function' 2 "'alias' of 'u.o' is replaced by 'reader' of 'u.o' as well" \
    extract -f reader -f alias u.o odd
code 'int table = 7; int reader(int x) { return table - x; }'
refuse 'another initial value' 2 "the initial value of 'table' differs from the executable's at \+0x0" extract -f reader u.o odd
code 'int absent(int); int reader(int x) { return absent(x); }'
refuse 'unresolved symbol' 2 "cannot resolve 'absent': not in the symbols of 'odd', nor in the libraries.*libc" extract -f reader u.o odd
code 'int absent(void) __attribute__((weak)); int reader(int x) { return absent ? absent() : x; }'
refuse 'a weak symbol that nobody has' 2 "nothing defines 'absent', a weak symbol: neither 'odd' nor the libraries.*libc" \
    extract -f reader u.o odd
code 'int abs(int) __attribute__((weak)); int reader(int x) { return abs ? abs(x) : x; }'
check 'a weak symbol that a library has' extract -f reader u.o odd
code 'int fresh; int reader(int x) { return fresh += x; }' -fcommon
refuse 'a common symbol' 2 "reader\+0x.* refers to 'fresh', a common symbol" extract -f reader u.o odd
assembly 'jmp both' '.section .both,"awx"\n.globl both\n.type both,@function\nboth: ret\n.size both,.-both'
refuse 'writable code' 2 "u.o: section '.both' is writable and executable" extract -f reader u.o odd
code '__thread int t; int reader(int x) { return t += x; }'
refuse 'new TLS' 2 "'t' is a new thread-local variable" extract -f reader u.o odd
code 'extern __thread int thread_local; int reader(int x) { return thread_local += x; }' -fPIC
refuse 'TLS of shared libraries' 2 'reader\+0x[0-9a-f]*: R_X86_64_TLSGD needs a TLS model of shared libraries' extract -f reader u.o odd
code 'int reader(int x) { static const char *s = "abc"; return s[x]; }' -fno-pie -mcmodel=kernel
refuse '32-bit address in a PIE' 2 'reader\+0x[0-9a-f]*: R_X86_64_32S to' extract -f reader u.o odd
assembly 'jmp .Lx' '.section .text.x,"ax"\n.Lx: ret'
refuse 'code without a symbol' 2 'u.o: .text.x\+0x0: code that belongs to no function' extract -f reader u.o odd
assembly 'mov .Lx(%rip),%eax; ret' '.data\n.Lx: .long 5'
refuse 'a variable without a symbol' 2 'u.o: .data\+0x0: data without a symbol' extract -f reader u.o odd
assembly 'lea .Lx(%rip),%rax; ret' '.section .odd\n.Lx: .long 5'
refuse 'a section that is not loaded' 2 "u.o: the patch refers to section '.odd'" extract -f reader u.o odd
code 'int reader(int x) { static const char big[17 << 20] = { 1, 2 }; return big[x]; }'
refuse 'a payload of 17 MiB' 2 'the payload has [0-9]+ bytes, at most 16777216 are allowed' extract -f reader u.o odd
gcc -O2 -fPIE -DLOW=5 -DMIDDLE=6 -c pair.c -o u.o
refuse 'functions that share a section' 2 ".*shares section '.text'" extract -f high u.o pair
for name in sandbox_init sb_parse sb_all_stopped_quiet; do
    code "int $name(void) { return 7; }"
    refuse "a function of the runtime, $name" 2 "'$name' belongs to the runtime" extract -f $name u.o prog
done
mkdir runtime && printf '__attribute__((used)) static int check_old(void) { return 7; }\n' >runtime/funcs.c
gcc "${flags[@]}" -c runtime/funcs.c -o u.o
refuse 'a static function of the runtime' 2 "'check_old' belongs to the runtime" extract -f check_old u.o prog

# A diff object by hand: what create-diff-object would never write.
by_hand() { # by_hand RECORD LINES: u.o with the table `nothing` of RECORD, and more LINES
    printf '.section .lp.info,"",@progbits\n.ascii "object odd.o\\nsource odd.c\\nglobal o 4 nothing\\n%s\\n"\n%b\n.section .note.GNU-stack\n' \
        "$1" "$2" >u.s
    for kind in table old; do
        printf '.section .lp.%s.nothing,"",@progbits\n.type "lp.%s!odd.o!nothing",@object\n.size "lp.%s!odd.o!nothing",4\n"lp.%s!odd.o!nothing": .long 5\n' \
            $kind $kind $kind $kind >>u.s
    done
    gcc -c u.s -o u.o
}
by_hand 'table 4 nothing' ''
refuse 'a table that is not in it' 4 "'nothing' of 'odd.o' is not data with contents in 'odd'" extract u.o odd
by_hand 'table 8 nothing' ''
refuse 'a table of another size' 1 "u.o: 'lp.table!odd.o!nothing' does not have the 8 bytes of 'nothing'" extract u.o odd
by_hand 'hook preapply reader' ".section .livepatch.hooks.preapply,\"a\"\n.quad reader\n.quad relocated"
refuse 'two pre hooks' 2 "there are two preapply hooks: 'reader' and 'relocated'" extract u.o odd
by_hand 'hook load reader' ".section .livepatch.hooks.load,\"a\"\n.quad reader\n.quad relocated"
check 'two load hooks' extract u.o odd
is 'hooks keep their order' "$(manifest "[(h['kind'], h['function']) for h in m['hooks']]")" \
    "[('load', 'reader'), ('load', 'relocated')]"
like 'and are told' "$(extract u.o odd)" 'p.raxlpxs: 2 hooks \(runs code while stopped\), '
by_hand 'hook load reader' ".section .livepatch.hooks.load,\"a\"\n.quad reader+1"
refuse 'a hook that is no function' 1 "u.o: the load hook is not a function" extract u.o odd
by_hand 'hook apply reader' ".section .livepatch.hooks.apply,\"a\"\n.quad reader"
refuse 'a hook of another kind' 1 "u.o: section '.livepatch.hooks.apply' is not an array" extract u.o odd
by_hand 'hook load reader' ''
refuse 'a hook that is not there' 1 "'u.o' lists hooks and has none" extract u.o odd

tick=$'\x60'
sed -n "s/^| $tick\([a-z0-9-]*\)$tick .*/\1/p" "$top/docs/extract-rules.md" | sort >rules.page
grep -o '^	{ "[a-z0-9-]*"' "$top/extract-patch/rules.c" | cut -d'"' -f2 | sort >rules.table
is 'the page lists the rules of the table' "$(comm -3 rules.page rules.table)" ''
is 'every rule has a case here, or in xen-refusals.sh' "$(comm -3 <(sort -u rules.seen) <(grep -v '^xen-' rules.table))" ''
tap_done
