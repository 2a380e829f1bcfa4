# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# What the lint tests share; to be sourced. They look at the files that git knows.

top=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
cd "$top" || exit 1
# shellcheck source=tests/lib/tap.sh
source tests/lib/tap.sh

# files PATTERN...: the files of those names that are there, one a line.
files() {
    local file
    git ls-files -- "$@" | while read -r file; do
        [[ ! -f $file ]] || printf '%s\n' "$file"
    done
}

# is_script FILE: true if bash or sh is to run it.
is_script() {
    [[ $(head -n 1 "$1" | tr -d '\0') =~ ^#!.*[/\ ](ba)?sh ]]
}

# check_each TEXT COMMAND... <FILES: one point for each file, COMMAND gets it as last argument.
check_each() {
    local text=$1 file
    shift
    while read -r file; do
        check "$text: $file" "$@" "$file"
    done
}
