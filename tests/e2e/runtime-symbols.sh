#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# The runtime goes into other people's programs: what it takes from outside itself is listed in
# runtime-symbols.txt beside this file, and nothing else.
set -uo pipefail
cd "$(dirname "$0")/../.." || exit 1
# shellcheck source=tests/lib/tap.sh
source tests/lib/tap.sh
BIN=${BIN:-build/out/bin}
allowed=tests/e2e/runtime-symbols.txt

symbols() { # symbols NM-OPTION ARCHIVE: their names, sorted
    nm -P "$1" "$2" | awk 'NF >= 2 { print $1 }' | sort -u
}

check_archive() { # check_archive NAME REGEX-OF-MORE
    local archive=$BIN/../$1 outside
    outside=$(comm -23 <(symbols -u "$archive") <(symbols --defined-only "$archive") | grep -vE "$2")
    is "$1 takes nothing else from outside" \
        "$(comm -23 <(printf '%s\n' "$outside") <(grep -v '^#' "$allowed" | sort -u))" ''
    check "$1 takes something, so the test sees it" test -n "$outside"
}

check_archive libsandbox.a '^$'
check_archive libsandbox-qemu.a '^__real_'
tap_done
