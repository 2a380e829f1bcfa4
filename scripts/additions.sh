#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Makes one diff of what an author adds to a fix, to be applied behind it.
# Usage: additions.sh OUT.patch DIR...
#   DIR  src/ has new files, each at its place in the source tree; use.patch has the lines that use
#        them. See recipes/examples.

set -euo pipefail

die() { # die CODE MESSAGE ADVICE
    printf 'error: %s\n  advice: %s\n' "$2" "$3" >&2
    exit "$1"
}

new_files() { # new_files DIR
    local file
    [[ -d $1/src ]] || return 0
    while IFS= read -r file; do
        # 1: they differ
        diff -u --label /dev/null --label "b/$file" /dev/null "$1/src/$file" || [[ $? -eq 1 ]]
    done < <(cd "$1/src" && find . -type f -printf '%P\n' | LC_ALL=C sort)
}

[[ $# -ge 2 ]] || {
    sed -n 's/^# Usage: /usage: /p' "${BASH_SOURCE[0]}" >&2
    exit 64
}
out=$1
shift
tmp=$(mktemp "$out.XXXXXX")
trap 'rm -f "$tmp"' EXIT
for dir; do
    [[ -d $dir/src || -f $dir/use.patch ]] ||
        die 1 "'$dir' has neither 'src' nor 'use.patch'" "name a folder of recipes/examples"
    new_files "$dir" >>"$tmp"
    [[ ! -f $dir/use.patch ]] || cat "$dir/use.patch" >>"$tmp"
done
chmod 644 "$tmp"
mv "$tmp" "$out"
