#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# timeout: 120
# sanitize: yes
#
# The examples of docs/create-diff-object.md are what they say: each diff applies to the program of
# the page, and each command prints what stands below it. Every option has a line there.

set -euo pipefail
name="create-diff-object-test"
# shellcheck source=tests/lib/common.sh
source "$(dirname "${BASH_SOURCE[0]}")/../lib/common.sh"
# shellcheck source=tests/lib/tap.sh
source "$lib/tap.sh"
cd "$work"
page=$top/docs/create-diff-object.md
flags=(-O2 -g -ffunction-sections -fdata-sections -fPIE -Wall -Wextra -Werror)

# ```c FILE, ```diff NAME, and each command of a ```console block with its output: N.command, N.output
awk '/^```/ {
    file = ""
    if (!inside && $1 == "```c") file = $2
    if (!inside && $1 == "```diff") file = $2 ".diff"
    is_console = !inside && $1 == "```console"
    inside = !inside
    next
}
is_console && /^\$ / { n++; printf "" >(n ".output"); print substr($0, 3) >(n ".command"); next }
is_console { print >(n ".output") }
file { print >file }' "$page"

compile() { # compile FOLDER OUT.o
    (cd "$1" && gcc "${flags[@]}" -c server.c -o "$work/$2")
}
check "the program compiles" compile . server.o
for diff in *.diff; do
    mkdir -p new && cp server.c new/
    check "$diff applies" patch -s --fuzz=0 new/server.c "$diff"
    check "$diff compiles" compile new "${diff%.diff}.o"
done

for command in *.command; do
    read -ra words <"$command"
    [[ ${words[0]} != create-diff-object ]] || words[0]=$BIN/create-diff-object
    # addr2line puts the folder in front.
    is "$(<"$command")" "$("${words[@]}" 2>&1 | sed "s|^$work/new/||" || true)" "$(<"${command%.command}.output")"
done
check "there are examples" test -e 5.command

for option in $("$BIN/create-diff-object" --help | grep -o -- '^ *\(-., \|\)--[a-z-]*' | grep -o -- '--.*'); do
    [[ $option == --help || $option == --version ]] ||
        check "$option is described" grep -qE "^\| .*\`${option}[ \`]" "$page"
done
check "the README names the page" grep -q '(docs/create-diff-object.md)' "$top/README.md"
tap_done
