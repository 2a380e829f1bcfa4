#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Measures create-diff-object on QEMU's build: every object compared with itself and with the
# same source compiled in another folder, then all of them merged into one, and the mutations of
# tests/e2e/mutations.sh. Prints lines of a Markdown table. Both builds are made when they are not
# there (3 minutes each on 2 cores) and kept.

set -euo pipefail
name=bench-diff
# shellcheck source=tests/lib/common.sh
source "$(dirname "${BASH_SOURCE[0]}")/../lib/common.sh"
# shellcheck source=tests/lib/story.sh
source "$lib/story.sh"

second=$top/build/lpbuild-second

# measure WANTED-EXIT TEXT: the pairs of stdin; sets n, cpu, longest (ms) and peak (KiB).
measure() {
    local codes
    read -r n cpu longest peak codes < <("$lib/cpu.py" "$BIN/create-diff-object" -o "$work/out.o")
    [[ $codes == "$1:$n" ]] || die "$2: exit codes $codes, not $1"
}

seconds() { awk -v ms="$1" 'BEGIN { printf "%.2f s", ms / 1000 }'; }
megabytes() { awk -v kib="$1" 'BEGIN { printf "%.0f MB", kib / 1024 }'; }
with_itself() { sed 's/.*/& &/'; }

# The program that does nothing costs this, too.
starts() {
    read -r _ starts _ < <("$lib/cpu.py" "$BIN/create-diff-object" --version <"$1")
}

merge() { # merge PART LD-OPTION...: of the objects in $work/linked, the first 1/PART
    (cd "$folder" && head -n "$(($(wc -l <"$work/linked") / $1))" "$work/linked" |
        xargs ld -r -o "$work/merged.o" "${@:2}")
}

bench_merged() { # bench_merged TEXT LD-OPTION...
    local part sections symbols
    for part in 4 2 1; do
        merge "$part" "${@:2}"
        sections=$(readelf -hW "$work/merged.o" | sed -n 's/.*Number of section headers: *//p')
        [[ $sections != 0* ]] || sections=${sections//[^0-9]/}
        symbols=$(readelf -sW "$work/merged.o" | sed -n "s/^Symbol table '.symtab' contains \([0-9]*\).*/\1/p")
        measure 3 merged < <(with_itself <<<"$work/merged.o")
        printf '| %s: 1/%d of them (%s sections, %s symbols) | %s, %s |\n' "$1" "$part" \
            "$((10#$sections))" "$symbols" "$(seconds "$cpu")" "$(megabytes "$peak")"
    done
    rm "$work/merged.o"
}

story_prepare || die "QEMU can't be built" "see $work/prepare.log"
folder=${QEMU%/*}
cd "$folder"
sed -n 's/^build qemu-system-x86_64: //p' build.ninja | tr ' ' '\n' | grep '\.o$' >"$work/linked"
find . -name '*.c.o' -printf '%P\n' | sort >"$work/all"
largest=$(xargs ls -S <"$work/linked" 2>/dev/null | head -n 1 || true)

starts "$work/linked"
measure 3 'linked objects' < <(with_itself <"$work/linked")
printf '| the %d objects on the link line, each with itself (starting the program alone: %s) | %s |\n' \
    "$n" "$(seconds "$starts")" "$(seconds "$cpu")"
measure 3 'all objects' < <(with_itself <"$work/all")
printf '| all %d objects of the build, each with itself | %s, the longest one %s ms |\n' \
    "$n" "$(seconds "$cpu")" "$longest"
measure 3 "$largest" < <(with_itself <<<"$largest")
printf '| the largest one (%s, %s bytes) | %s ms, %s |\n' "${largest##*/}" \
    "$(stat -c %s "$largest")" "$longest" "$(megabytes "$peak")"
bench_merged 'merged by ld -r -S' -S
bench_merged 'merged by ld -r, with debug information'

"$lib/mutations.py" "${QEMU%/build/*}" "$top/testdata/qemu/mutations.tsv" \
    "$BIN/create-diff-object" "$work/mutations" >"$work/mutations.tsv" || true
printf '| mutations answered rightly | %d of %d |\n' "$(grep -c ^right "$work/mutations.tsv")" \
    "$(wc -l <"$work/mutations.tsv")"

mkdir -p "$second"
cp -an "$package" "$second/"
"$BIN/lpbuild" --qemu --prepare --build "$second" >"$work/second.log" 2>&1 ||
    die "QEMU can't be built a second time" "see $work/second.log"
other=$(sed -n 's/^executable: *//p' "$work/second.log")
measure 3 'built twice' < <(sed "s|.*|& ${other%/*}/&|" "$work/all")
printf '| the same source compiled in another folder: objects where nothing has changed | %d of %d |\n' \
    "$n" "$(wc -l <"$work/all")"
