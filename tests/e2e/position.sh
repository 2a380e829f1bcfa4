#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Two sources of one base name, each with a static variable and a static function of the same names,
# are one object after `ld -r`. References to them are told apart by their position among those
# of their name, in executables of three linkers and whatever order their sections have.
# timeout: 180
set -uo pipefail
cd "$(dirname "$0")/../.." || exit 1
# shellcheck source=tests/lib/extract.sh
source tests/lib/extract.sh

merge() { ld -r --unique -o "$1/both.o" "$1/$2/util.o" "$1/$3/util.o"; } # merge FOLDER FIRST SECOND

link_both() { # link_both OBJECT PROGRAM [FLAG...]
    gcc "${ldflags[@]}" "${@:3}" -o "$2" old/main.o "$1" "$BIN/../libsandbox.a" -lz -lsodium -ldl
}

works() { # works TEXT
    local want before after
    want=$(expected fixed)
    start prog
    before=$(round)
    fails "$1: is applied" 0 "$BIN/raxlpxs" --socket "$tmp/run/sandbox-sock$pid" --apply p.raxlpxs
    after=$(round)
    like "$1: it was not fixed" "$before" 'old zero'
    is "$1: it is fixed" "$(cut -d' ' -f3- <<<"$after")" "$(cut -d' ' -f3- <<<"$want")"
    stop
}

# position TEXT FIRST SECOND NUMBER [FLAG...]: b/util.c, which is fixed, has the names as NUMBER.
position() {
    local text=$1 number=$4
    merge old "$2" "$3" && merge new "$2" "$3"
    check "$text: links" link_both old/both.o prog "${@:5}" && link_both new/both.o fixed "${@:5}" || return
    fails "$text: diff" 0 "$BIN/create-diff-object" old/both.o new/both.o -o d.o --object both.o
    fails "$text: extract" 0 extract d.o prog
    is "$text: how they were found" \
        "$(manifest "sorted(r['symbol'] + ' ' + r['match'] for r in m['references'] if r['symbol'] in ('counter', 'helper'))")" \
        "['counter position, $number of 2', 'helper position, $number of 2']"
    works "$text"
}

# gold and lld give hidden globals, once they are local, no place of their own.
build gcc '-Dvisibility(x)=unused' '-Wl,-z,now' || exit 1
for linker in bfd gold lld; do
    position "$linker" a b 2 "-fuse-ld=$linker"
    position "$linker, the other order" b a 1 "-fuse-ld=$linker" -Wl,--gc-sections
done
position 'sections sorted by name' b a 1 -Wl,--sort-section=name
position 'sections sorted by alignment' a b 2 -Wl,--sort-section=alignment
readelf -SW old/both.o | grep -o '\.\(text\|bss\)\.[a-z_]*' | tac >order
position 'sections in an order of their own' a b 2 -fuse-ld=gold -Wl,--section-ordering-file=order
readelf -sW old/both.o | awk '$4 == "FUNC" || $4 == "OBJECT" { print $8 }' | tac >order
position 'symbols in an order of their own' a b 2 -fuse-ld=lld -Wl,--symbol-ordering-file=order -Wl,--no-warn-symbol-ordering

# The executable has them the other way round: its code does not refer to those that were found.
merge old b a && link_both old/both.o prog
fails 'another order in the executable' 4 extract d.o prog
gcc "${ldflags[@]}" -o prog old/main.o old/{a,b}/util.o "$BIN/../libsandbox.a" -lz -lsodium -ldl
fails 'not merged in the executable' 4 extract d.o prog
merge old a b && link_both old/both.o prog
objcopy --strip-symbol=helper prog fewer
fails 'one of them is not in the executable' 4 extract d.o fewer

tap_done
