#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# What every tool does alike: --help, --version, and saying what is wrong with a command line.
# sanitize: yes
set -uo pipefail
cd "$(dirname "$0")/../.." || exit 1
# shellcheck source=tests/lib/tap.sh
source tests/lib/tap.sh
BIN=${BIN:-build/out/bin}
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT

run() { # run TOOL ARGUMENT...: leaves $tmp/out, $tmp/err, $status; TOOL may have a verb
    local words
    read -ra words <<<"$1"
    "$BIN/${words[0]}" "${words[@]:1}" "${@:2}" >"$tmp/out" 2>"$tmp/err" </dev/null
    status=$?
}

# The verbs of lpbuild, by its usage: "lpbuild show|review FILE".
mapfile -t verbs < <("$BIN/lpbuild" --help | sed -n 's/^ *lpbuild \([a-z][a-z|]*\) .*/\1/p' | tr '|' '\n')
check 'there are verbs' test ${#verbs[@]} -ge 2

for tool in $(cd "$BIN" && printf '%s\n' *) "${verbs[@]/#/lpbuild }"; do
    run "$tool" -h
    is "$tool -h: exit code" "$status" 0
    is "$tool -h: nothing on stderr" "$(<"$tmp/err")" ''
    like "$tool -h: usage first" "$(head -n 1 "$tmp/out")" "^usage: $tool "
    is "$tool -h: at most 80 columns" "$(LC_ALL=C.UTF-8 awk 'length > 80' "$tmp/out")" ''
    is "$tool -h: no tabs, no blanks at the end" "$(grep -nE $'\t| $' "$tmp/out")" ''
    mv "$tmp/out" "$tmp/help"
    run "$tool" --help
    check "$tool --help: the same as -h" cmp "$tmp/help" "$tmp/out"

    run "$tool" --version
    is "$tool --version: exit code" "$status" 0
    like "$tool --version: name, version, revision" "$(<"$tmp/out")" \
        "^$tool [0-9]+\.[0-9]+\.[0-9]+ \([0-9a-z-]+\)$"
    mv "$tmp/out" "$tmp/version"
    run "$tool" -V
    check "$tool -V: the same" cmp "$tmp/version" "$tmp/out"

    run "$tool" --no-such-option
    is "$tool, unknown option: exit code" "$status" 64
    is "$tool, unknown option: nothing on stdout" "$(<"$tmp/out")" ''
    is "$tool, unknown option: two lines say so" "$(<"$tmp/err")" \
        "error: unknown option '--no-such-option'"$'\n'"  advice: see '$tool --help'"

    run "$tool"
    is "$tool without arguments: exit code" "$status" 64
    is "$tool without arguments: nothing on stdout" "$(<"$tmp/out")" ''
done
tap_done
