#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# timeout: 1500
#
# `make demo TARGET=mini` as a person types it: it tells the story to its end, without colours
# where there is no terminal, and leaves nothing behind but build/. `make demo`: what README.md shows.

set -euo pipefail
name="demo-test"
# shellcheck source=tests/lib/common.sh
source "$(dirname "${BASH_SOURCE[0]}")/../lib/common.sh"
# shellcheck source=tests/lib/tap.sh
source "$lib/tap.sh"

# The files that git does not know, but for build/; of all processes those that have our TMPDIR.
files() { git -C "$top" status --porcelain --ignored | sed -n '/^!! build\/$/d; /^[!?]/p'; }
processes() { grep -lzs "^TMPDIR=$run/tmp" /proc/[0-9]*/environ | grep -v '/self/' || true; }
demo() { env TMPDIR="$run/tmp" TARGET="$1" make -C "$top" --no-print-directory demo; }

# Without what differs from run to run: figures and how wide they are, what is fetched and unpacked
# once, a try that was repeated. Where build/lpbuild leads elsewhere, paths are absolute.
masked() {
    sed -E '/^ +(guest|installing): /d; s/[0-9]+ min [0-9]+ s|[0-9.]+ s\b/T/g
        s/0x[0-9a-f]+|\b[0-9a-f]{12,64}\b/H/g; s/[0-9]+/N/g; s/  +/ /g
        s/, after N attempts in N ms$//; s/ [^ ]*\/build\/lpbuild\// build\/lpbuild\//'
}

mkdir "$run/tmp"
before=$(files)
check "the demo runs to its end" demo mini
cp "$tap_log" "$work/story"
told=$(<"$work/story")
like "it says that the unpatched one hangs" "$told" 'no answer within'
like "it says how long the threads were stopped" "$told" 'threads stopped for [0-9]+ us'
like "it says that the code is as before" "$told" 'byte-identical'
like "it ends with the time it took" "$told" 'Done in [0-9.]+ s'
is "no colours without a terminal" "$(grep -c $'\e' "$work/story" || true)" 0
check "the demo with QEMU runs to its end" demo qemu
cp "$tap_log" "$work/story-qemu"
is "README.md shows what that prints, but for the figures" \
    "$(sed -n '/^1\. /,/^Done in/p' "$work/story-qemu" | masked)" \
    "$(sed -n '/^    1\. /,/^    Done in/{s/^    //;p}' "$top/README.md" | masked)"
is "no file is left but in build/" "$(files)" "$before"
is "no file is left in TMPDIR" "$(ls -A "$run/tmp")" ""
is "no process is left" "$(processes)" ""
fails "an unknown target is an error" 2 demo nothing

tap_done
