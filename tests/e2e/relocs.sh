#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Every relocation type that gcc and clang emit: testdata/relocs/relocs.c has one function for
# each kind of reference and is compiled in all the ways that an executable or a library is.
# For each: the types occur (premise), another order of the same code is no change, references to
# another thing are one, and the output has the type and refers to the right thing.
# sanitize: yes
# timeout: 120
set -uo pipefail
cd "$(dirname "$0")/../.." || exit 1
# shellcheck source=tests/lib/scratch.sh
source tests/lib/scratch.sh
source=$top/testdata/relocs/relocs.c
cd "$tmp" || exit 1
base_flags=(-O2 -g -ffunction-sections -fdata-sections -w)
functions="calls data far_thread indexed jumps near_thread number slot store text weak wide"

# What each function refers to once it is changed.
declare -A target=([calls]=call_b [data]='lp\.ref!case\.o!near_b' [far_thread]=far_thread_b
    [indexed]='lp\.ref!case\.o!table_b' [jumps]='lp\.new!case\.o!jumps'
    [near_thread]='lp\.ref!case\.o!near_thread_b' [number]='const\.[0-9]' [slot]=far_b
    [store]='lp\.ref!case\.o!near_b' [text]='str\.[0-9]' [weak]=weak_b
    [wide]='(far_b|lp\.ref!case\.o!near_thread_b)')

# FLAGS : SECTION=TYPE... The last row is an assembler that knows no GOTPCRELX.
always=".text.data=PC32 .text.store=PC32 .text.number=PC32 .text.wide=PC64 .text.wide=DTPOFF64 .text.slot=GOTPCREL"
pie=".text.indexed=PC32 .text.text=PC32 .text.weak=REX_GOTPCRELX .rodata.jumps=PC32"
no_pie=".text.indexed=32S .text.text=32 .text.weak=32 .rodata.jumps=64"
static_tls=".text.far_thread=GOTTPOFF .text.near_thread=TPOFF32"
dynamic_tls=".text.far_thread=TLSGD .text.near_thread=TLSLD .text.near_thread=DTPOFF32"
plt=.text.calls=PLT32
no_plt=.text.calls=GOTPCRELX
rows=(
    "-fPIE : $always $pie $static_tls $plt"
    "-fPIE -fno-plt : $always $pie $static_tls $no_plt"
    "-fno-pie : $always $no_pie $static_tls $plt"
    "-fno-pie -fno-plt : $always $no_pie $static_tls $no_plt"
    "-fpic : $always $pie $dynamic_tls $plt"
    "-fpic -fno-plt : $always $pie $dynamic_tls $no_plt"
    "-fpic -Wa,-mrelax-relocations=no : .text.weak=GOTPCREL"
)

# The pieces of the source behind the first cut, in reverse order.
shuffle() {
    awk -v RS='/\\* ---- cut ---- \\*/\n' '
        { piece[NR] = $0 }
        END { printf "%s", piece[1]; for (i = NR; i > 1; i--) printf "%s", piece[i] }' "$source"
}

names() { readelf -SW "$1" | grep -o '\.text\.[a-z_]*'; }

has() { # has OBJECT SECTION TYPE [SYMBOL]: a relocation of that kind
    readelf -rW "$1" | awk -v section="'.rela$2'" -v type="R_X86_64_$3" -v symbol="^${4:-.*}\$" '
        /^Relocation section/ { inside = $3 == section }
        inside && $3 == type && $5 ~ symbol { found = 1 }
        END { exit !found }'
}

differ() { "$BIN/create-diff-object" "$@" -o out.o --object case.o; }

check_types() { # check_types TEXT SECTION=TYPE...
    local text=$1 pair section name
    shift
    for pair; do
        section=${pair%=*}
        name=${section#.*.}
        check "$text: $section has ${pair#*=}" has orig.o "$section" "${pair#*=}"
        check "$text: so has the output, for ${target[$name]//\\/}" \
            has out.o "$section" "${pair#*=}" "${target[$name]//\\/\\\\}"
    done
}

cp "$source" case.c && shuffle >shuffled.c
for compiler in gcc clang; do
    for row in "${rows[@]}"; do
        read -ra flags <<<"${row% : *}"
        read -ra types <<<"${row#* : }"
        text="$compiler ${flags[*]}"
        rm -f ./*.o
        "$compiler" "${base_flags[@]}" "${flags[@]}" -c case.c -o orig.o &&
            "$compiler" "${base_flags[@]}" "${flags[@]}" -DFIX -c case.c -o fixed.o &&
            cp case.c kept.c && cp shuffled.c case.c &&
            "$compiler" "${base_flags[@]}" "${flags[@]}" -c case.c -o shuffled.o
        tap_point $? "$text: compiles"
        cp kept.c case.c
        fails "$text: the order is another one" 1 cmp -s <(names orig.o) <(names shuffled.o)
        fails "$text: another order is no change" 3 differ orig.o shuffled.o
        is "$text: other references are changes" \
            "$(differ orig.o fixed.o 2>&1 | sed 's/^changed *//' | sort | paste -sd ' ')" "$functions"
        check_types "$text" "${types[@]}"
    done
done
tap_done
