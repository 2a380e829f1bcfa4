#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# timeout: 300
#
# The levels of `lpbuild --stack` on a tree made from the mini target: each is built on the one
# below, and only what it reaches is compiled, also where a level below has changed what depends on
# what, has brought a new source file, or is taken back.

set -euo pipefail
name="lpbuild-levels"
# shellcheck source=tests/lib/common.sh
source "$(dirname "${BASH_SOURCE[0]}")/../lib/common.sh"
# shellcheck source=tests/lib/tap.sh
source "$lib/tap.sh"
cd "$work"

# text.h is included by compute.c only. The names of functions in the assertions of limit.h are in
# two objects, the same in both.
cp -r "$top/testdata/mini" 0
rm -rf 0/build
mkdir 0/sub
cat >0/sub/text.h <<'END'
#define MINI_TEXT "zero"
END
cat >0/sub/limit.h <<'END'
#include <assert.h>

static inline int check_limit(int x)
{
	assert(x < 10);
	return x;
}
END
cat >>0/compute.c <<'END'

#include "sub/limit.h"
#include "sub/text.h"

int mini_first(int x);
int mini_first(int x)
{
	return check_limit(x) + sizeof(MINI_TEXT);
}
END
cat >>0/version.c <<'END'

#include "sub/limit.h"

int mini_line(int x);
int mini_line(int x)
{
	return check_limit(x) + 1;
}
END
sed "s|dir: .*|dir: $work/0|" "$top/recipes/mini.yaml" >mini.yaml

# level N: the tree N is a copy of the one below, to be edited; the last one is made a diff by `step`.
level() { rm -rf "$1" && cp -r "$(($1 - 1))" "$1"; }
step() { # step N NAME
    diff -Npur "$(($1 - 1))" "$1" >"$2.patch" || [[ $? -eq 1 ]]
    diffs+=(--diff "$2.patch")
}
lp() { "$BIN/lpbuild" -q --recipe mini.yaml --build build "$@"; }
changed() { # changed NAME: functions of that level
    awk '/^functions:/ { on = 1; next } /^[a-z]/ { on = 0 } on && $1 == "-" { print $3 }' \
        "stack/$1/$1.yaml" | sort | tr '\n' ' '
}
compiled() { awk '!/^#/ { print $4 }' build/mini-*/patched/.ninja_log | sort | uniq -c | awk '{ print $2, $1 }'; }

diffs=()
level 1
sed -i 's|"mini 1.0"|MINI_TEXT|; 2i #include "sub/text.h"' 1/version.c
sed -i 's|check_limit(x) + 1;|check_limit(x) + 2;|' 1/version.c
step 1 include
level 2
sed -i 's|zero|twenty|' 2/sub/text.h
step 2 header
level 3
sed -i 's|check_limit(x) + 2;|check_limit(x) + 3;|' 3/version.c
step 3 again
check "the original" lp --prepare
check "three levels" lp --stack --out stack "${diffs[@]}"
is "each object is compiled for the levels that reach it" "$(compiled)" \
    $'mini.p/compute.c.o 1\nmini.p/version.c.o 3'
is "the lowest level" "$(changed include)" "mini_line mini_version "
is "a header that the lowest has made a source include" "$(changed header)" "mini_first mini_version "
is "one function twice, with an assertion that two objects have" "$(changed again)" "mini_line "
check "the pins of the lowest are still there" grep -q '^#line 2$' stack/again/2-patched/version.c
is "the third holds no more than it changes" "$(cd stack/again/2-patched && find . -type f | sort | tr '\n' ' ')" \
    "./build/mini.p/version.c.o ./version.c "

level 4
cat >4/more.c <<'END'
const char *mini_more(void);
const char *mini_more(void)
{
	return "more";
}
END
# shellcheck disable=SC2016
sed -i 's|^build mini.p/device|build mini.p/more.c.o: cc $src/more.c\n&|; s|mini.p/device.c.o \$|mini.p/more.c.o &|' \
    4/rules.ninja
sed -i 's|return MINI_TEXT|return mini_more()|; s|^const char \*mini_version|const char *mini_more(void);\n&|' 4/version.c
step 4 source
level 5
sed -i 's|"more"|"most"|' 5/more.c
step 5 in-source
level 6
cp 2/version.c 6/version.c
step 6 back
level 7
sed -i 's|zero|seven|; s|twenty|seven|' 7/sub/text.h
step 7 header-again
check "seven levels" lp --stack --out stack "${diffs[@]}"
is "a new source" "$(changed source)" "mini_more mini_version "
is "a change in it" "$(changed in-source)" "mini_more "
is "two levels are taken back" "$(changed back)" "mini_line mini_version "
is "a header again" "$(changed header-again)" "mini_first mini_version "

check "the tree is put back" lp --out single --name single --diff include.patch
is "to what one diff says" "$(grep -c 'change: modified' single/single.yaml)" 2
sed 's|mini 1.0|mini 1.1|; 2i /* a line */' 1/main.c | diff -u 1/main.c - | sed '1,2s|1/main.c|a/main.c|; 1,2s|^+++ -|+++ b/main.c|' >none.patch || true
fails "a level that changes no code" 3 lp --stack --out none --diff include.patch --diff none.patch
tap_done
