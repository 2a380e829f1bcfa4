#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Cuts one fix out of Debian's qemu source package, by file and hunk.
# Usage: cut-fix.sh ID PACKAGE OUT.patch
#   ID       a line of testdata/qemu/fixes.tsv
#   PACKAGE  the folder with qemu_*.debian.tar.xz, as `lpbuild --qemu --prepare` leaves it

set -euo pipefail
table=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)/testdata/qemu/fixes.tsv

die() { # die CODE MESSAGE ADVICE
    printf 'error: %s\n  advice: %s\n' "$2" "$3" >&2
    exit "$1"
}

[[ $# -eq 3 ]] || {
    sed -n 's/^# Usage: /usage: /p' "${BASH_SOURCE[0]}" >&2
    exit 64
}
id=$1 package=$2 out=$3

IFS=$'\t' read -r _ diff path hunks _ < <(grep -P "^\Q$id\E\t" "$table") ||
    die 3 "no fix '$id' in 'testdata/qemu/fixes.tsv'" "the first column lists them"
shopt -s nullglob
tars=("$package"/qemu_7.2+dfsg-*.debian.tar.*)
[[ ${#tars[@]} -gt 0 ]] ||
    die 1 "no 'qemu_7.2+dfsg-*.debian.tar.xz' in '$package'" "lpbuild --qemu --prepare fetches it"

select=(-p1 -i "$path")
[[ $hunks == - ]] || select+=("--hunks=$hunks")
tmp=$(mktemp "$out.XXXXXX")
trap 'rm -f "$tmp"' EXIT
tar -xOf "${tars[-1]}" "debian/patches/$diff" | filterdiff "${select[@]}" >"$tmp"
[[ -s $tmp ]] || die 1 "'$diff' of '${tars[-1]##*/}' has no such hunk in '$path'" \
    "the package changed; correct the line of '$id' in 'testdata/qemu/fixes.tsv'"
chmod 644 "$tmp"
mv "$tmp" "$out"
