#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Makes the smallest useful diff for QEMU 7.2: what the monitor's `info version` prints gains
# " (live-patched)". Made from the source at hand, so that no line of QEMU is stored here.
# Usage: version-diff.sh PACKAGE OUT.patch
#   PACKAGE  the folder with qemu_7.2+dfsg.orig.tar.xz

set -euo pipefail
[[ $# -eq 2 ]] || {
    sed -n 's/^# Usage: /usage: /p' "${BASH_SOURCE[0]}" >&2
    exit 64
}
package=$1 out=$2
file=monitor/hmp-cmds.c

shopt -s nullglob
tars=("$package"/qemu_7.2+dfsg.orig.tar.*)
[[ ${#tars[@]} -gt 0 ]] || {
    printf "error: no 'qemu_7.2+dfsg.orig.tar.xz' in '%s'\n" "$package" >&2
    printf "  advice: lpbuild --qemu --prepare fetches it\n" >&2
    exit 1
}
tmp=$(mktemp -d "$out.XXXXXX")
trap 'rm -rf "$tmp"' EXIT
mkdir -p "$tmp/a/monitor" "$tmp/b/monitor"
tar -xOf "${tars[0]}" --wildcards --no-wildcards-match-slash --occurrence=1 "*/$file" >"$tmp/a/$file"
sed '/^void hmp_info_version(/,/^}/s/%s\\n"/%s (live-patched)\\n"/' "$tmp/a/$file" >"$tmp/b/$file"
(cd "$tmp" && diff -u --label "a/$file" --label "b/$file" "a/$file" "b/$file") >"$tmp/diff" || true
[[ -s $tmp/diff ]] || {
    printf "error: 'hmp_info_version' in '%s' is not what was expected\n" "$file" >&2
    printf "  advice: this diff is for QEMU 7.2.0\n" >&2
    exit 1
}
mv "$tmp/diff" "$out"
