# shellcheck shell=bash
# shellcheck disable=SC2034 # set for those who source this
# SPDX-License-Identifier: GPL-2.0-or-later
#
# For tests of files and of one small program; to be sourced from the top of the tree. Gives
#	top  the root of the tree         BIN  the tools
#	tmp  a folder, gone at the end
# and ends the process $pid, if there is one then.

top=$PWD
# shellcheck source=tests/lib/tap.sh
source tests/lib/tap.sh
BIN=${BIN:-build/out/bin}
[[ $BIN == /* ]] || BIN=$top/$BIN
tmp=$(mktemp -d)
cleanup() {
    [[ -z ${pid-} ]] || kill "$pid" 2>/dev/null
    rm -rf "$tmp"
}
trap cleanup EXIT
