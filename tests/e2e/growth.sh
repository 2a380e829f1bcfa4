#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Sixteen times the functions may cost about sixteen times the work. A step that looks at each pair of
# them would cost 256 times as much, which nobody notices on the small objects of the other tests.
# What is compared is the CPU time of two runs, so it does not matter how fast the machine is.

set -euo pipefail
name=growth
# shellcheck source=tests/lib/common.sh
source "$(dirname "${BASH_SOURCE[0]}")/../lib/common.sh"
# shellcheck source=tests/lib/tap.sh
source "$lib/tap.sh"

few=500
factor=16
bound=64 # four times what is right: caches are smaller than the larger object

# object FILE FUNCTIONS CONSTANT STEP: each function has a static variable, two tables, a string and a clone
# of the same names as all others; STEP -1 lays them out from the last to the first one.
object() {
    awk -v n="$2" -v constant="$3" -v step="$4" 'BEGIN {
        for (k = 0; k < n; k++) {
            i = step > 0 ? k : n - 1 - k
            printf ".section .text.f%d,\"ax\",@progbits\n.globl f%d\n.type f%d,@function\n" \
                "f%d:\n.cfi_startproc\nmov $%d,%%edx\nlea count.%d(%%rip),%%rax\n" \
                "lea tab.%d(%%rip),%%rdi\nlea tab.%d(%%rip),%%rcx\nlea .LC%d(%%rip),%%rsi\n" \
                "call g.constprop.%d\ncall sink@PLT\nret\n.cfi_endproc\n.size f%d,.-f%d\n",
                i, i, i, i, constant, i, 2 * i, 2 * i + 1, i, i, i, i
            printf ".section .text.g.constprop.%d,\"ax\",@progbits\n.type g.constprop.%d,@function\n" \
                "g.constprop.%d:\nmov $%d,%%eax\nlea other.%d(%%rip),%%rdx\nret\n" \
                ".size g.constprop.%d,.-g.constprop.%d\n", i, i, i, i, i, i, i
            printf ".section .rodata.str1.1,\"aMS\",@progbits,1\n.LC%d: .string \"f%d\"\n", i, i
            split("count other", names)
            for (s = 1; s <= 2; s++)
                printf ".section .data.%s.%d,\"aw\"\n.type %s.%d,@object\n%s.%d: .long %d\n" \
                    ".size %s.%d,4\n", names[s], i, names[s], i, names[s], i, i, names[s], i
            for (t = 2 * i; t < 2 * i + 2; t++)
                printf ".section .data.rel.ro.local.tab.%d,\"aw\"\n.balign 8\n" \
                    ".type tab.%d,@object\ntab.%d: .quad f%d, %d\n.size tab.%d,16\n",
                    t, t, t, i, t % 7, t
        }
    }' | as --64 -o "$1" -
}

# least_ms WANTED-EXIT ORIG PATCHED: the least CPU time of three runs in 1/10 ms.
least_ms() {
    local i cpu codes
    for ((i = 0; i < 3; i++)); do
        read -r _ _ cpu _ codes < <("$lib/cpu.py" "$BIN/create-diff-object" -o "$work/out.o" \
            <<<"$2 $3")
        [[ $codes == "$1:1" ]] || die "exit code $codes, not $1, for $2 and $3"
        printf '%s\n' "${cpu/./}"
    done | sort -n | head -n 1
}

# grows TEXT WANTED-EXIT ORIG PATCHED: names of objects without their number.
grows() {
    local small large
    small=$(least_ms "$2" "$work/$3.$few.o" "$work/$4.$few.o")
    large=$(least_ms "$2" "$work/$3.$((few * factor)).o" "$work/$4.$((few * factor)).o")
    check "$1: $few functions $small, $((few * factor)) functions $large (1/10 ms)" \
        test "$((10#$large))" -lt "$((10#$small * bound))"
}

for n in "$few" "$((few * factor))"; do
    object "$work/orig.$n.o" "$n" 3 1
    object "$work/moved.$n.o" "$n" 3 -1
    object "$work/changed.$n.o" "$n" 4 1
    object "$work/both.$n.o" "$n" 4 -1
done
grows 'against itself' 3 orig orig
grows 'laid out the other way round' 3 orig moved
grows 'all functions changed' 0 orig changed
grows 'all changed and the other way round' 0 orig both
tap_done
