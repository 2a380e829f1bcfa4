#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Cuts one fix out of the release diffs in Debian's qemu source package, by file and hunk.
# Usage: cut-fix.sh PACKAGE OUT.patch PART...
#   PACKAGE  the folder with qemu_*.debian.tar.xz, as `lpbuild --qemu --prepare` leaves it
#   PART     RELEASE:FILE[:HUNKS], as in v7.2.7:ui/vnc.c:1-2; without HUNKS all of the file

set -euo pipefail

die() { # die CODE MESSAGE ADVICE
    printf 'error: %s\n  advice: %s\n' "$2" "$3" >&2
    exit "$1"
}

[[ $# -ge 3 ]] || {
    sed -n 's/^# Usage: /usage: /p' "${BASH_SOURCE[0]}" >&2
    exit 64
}
package=$1 out=$2
shift 2
shopt -s nullglob
tars=("$package"/qemu_7.2+dfsg-*.debian.tar.*)
[[ ${#tars[@]} -gt 0 ]] ||
    die 1 "no 'qemu_7.2+dfsg-*.debian.tar.xz' in '$package'" "lpbuild --qemu --prepare fetches it"

tmp=$(mktemp "$out.XXXXXX")
trap 'rm -f "$tmp"' EXIT
for part; do
    IFS=: read -r release file hunks <<<"$part"
    select=(-p1 -i "$file")
    [[ -z $hunks ]] || select+=("--hunks=$hunks")
    before=$(stat -c %s "$tmp")
    tar -xOf "${tars[-1]}" "debian/patches/$release.diff" | filterdiff "${select[@]}" >>"$tmp"
    [[ $(stat -c %s "$tmp") -gt $before ]] ||
        die 1 "'$release.diff' of '${tars[-1]##*/}' has no such hunk in '$file'" \
            "the package changed; correct '$part'"
done
chmod 644 "$tmp"
mv "$tmp" "$out"
