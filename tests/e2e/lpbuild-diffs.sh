#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# sanitize: yes
# timeout: 300
#
# The ways in which a diff can be written, and what it can do to files, on a tree made from the
# mini target: which of them become a patch, which one, and what is said about the others. The trees
# "orig" and "fixed" are made here; diff and git write the diffs.

set -euo pipefail
tools=$(dirname "${BIN:-build/out/bin}")
name="lpbuild-diffs-${tools##*/}"
# shellcheck source=tests/lib/common.sh
source "$(dirname "${BASH_SOURCE[0]}")/../lib/common.sh"
# shellcheck source=tests/lib/tap.sh
source "$lib/tap.sh"

runtime=$top/build/out/libsandbox.a
[[ -f $runtime ]] || runtime=$BIN/../libsandbox.a
cd "$work"

# The source: mini, with an assert() behind what changes, a header with one, a file with CRLF.
cp -r "$top/testdata/mini" orig
rm -rf orig/build
cat >>orig/version.c <<'END'

#include <assert.h>
#include "sub/limit.h"

/* one
 * two
 */
int mini_line(int x);
int mini_line(int x)
{
	assert(x);
	return check_limit(x);
}
END
mkdir orig/sub
printf '%s\n' '#include <assert.h>' '' 'static inline int check_limit(int x)' '{' '	assert(x < 10);' \
    '	return x;' '}' '/* end */' >orig/sub/limit.h
printf '%s\r\n' '#include <assert.h>' 'int mini_crlf(int x);' 'int mini_crlf2(int x);' \
    'int mini_crlf(int x)' '{' '	return x + 1;' '}' 'int mini_crlf2(int x)' '{' '	assert(x);' \
    '	return x;' '}' >orig/crlf.c
# shellcheck disable=SC2016
sed -i 's|^build mini.p/device|build mini.p/crlf.c.o: cc $src/crlf.c\n&|; s|mini.p/device.c.o \$|mini.p/crlf.c.o &|' \
    orig/rules.ninja
(cd orig && git init -q -b main . && git config user.name t && git config user.email t@example.org &&
    git config core.autocrlf false && git add . && git commit -q -m orig)
mkdir recipes
sed "s|dir: .*|dir: $work/orig|; s|exclude: .*|exclude: [build, .git]|" "$top/recipes/mini.yaml" >recipes/mini.yaml

# lp ARGUMENT...: status, out, err, functions (what changed)
lp() {
    status=0
    "$BIN/lpbuild" -q --recipe recipes/mini.yaml --runtime "$runtime" --build build --out result \
        --name fix "$@" >stdout 2>stderr </dev/null || status=$?
    out=$(<stdout) err=$(<stderr)
    functions=$(sed -n 's/^\(modified\|new\|added\) *\([^ ]*\) .*/\2/p' <<<"$out" | sort | tr '\n' ' ')
}

# begin / change COMMAND...: a fresh "fixed", and an edit in it.
begin() { rm -rf fixed && cp -r orig fixed; }
insert() { sed -i "$2i $3" "fixed/$1"; } # FILE LINE TEXT
fix_version() { sed -i 's/"mini 1.0"/"mini 1.1"/' fixed/version.c; }
plain() { diff -Npur "$@" -x .git orig fixed >fix.diff || [[ $? -eq 1 ]]; }
git_diff() { git -C fixed add -A && git -C fixed diff --cached "$@" >fix.diff; }

# makes TEXT FUNCTIONS ARGUMENT...: a patch, of just these functions.
makes() {
    lp --diff fix.diff "${@:3}"
    is "$1: exit code" "$status" 0
    is "$1: what changed" "$functions" "$2 "
    [[ $status -eq 0 ]] || tap_note "$err"
}
refuses() { # TEXT CODE REGEX ARGUMENT...
    lp --diff fix.diff "${@:4}"
    is "$1: exit code" "$status" "$2"
    like "$1: message" "$err" "$3"
}

lp --prepare
is "the original is built" "$status" 0

# ---- formats ----

begin
fix_version
insert version.c 2 '/* a line more */'
plain
makes "diff -Npur with dates" mini_version
for context in 0 1 3; do
    plain "-U$context"
    makes "diff -U$context" mini_version
    git_diff "-U$context"
    makes "git diff -U$context" mini_version
done
git_diff --no-prefix
makes "git diff --no-prefix" mini_version
git_diff --src-prefix=i/ --dst-prefix=w/
makes "git diff with mnemonic prefixes" mini_version
git_diff
sed -i 's|[ab]/version.c|x/y/&|g' fix.diff
makes "two components more" mini_version
git -C fixed commit -q -m 'the fix' && git -C fixed format-patch -q -1 --stdout >fix.diff
makes "git format-patch" mini_version
plain
sed -i 's/^ $//' fix.diff
makes "context lines that lost their blank" mini_version
plain
sed -i 's/$/\r/' fix.diff
makes "a diff that got CRLF on its way" mini_version
(cd fixed && cp ../orig/version.c version.c.orig && { diff -u version.c.orig version.c || true; }) >fix.diff
makes "FILE.orig and FILE" mini_version
{
    echo 'Index: mini/version.c'
    echo '==================================================================='
    sed 's|^--- [^\t]*|--- mini.orig/version.c|; s|^+++ [^\t]*|+++ mini/version.c|' fix.diff
} >quilt.diff && mv quilt.diff fix.diff
makes "quilt" mini_version
begin
fix_version
printf 'int last;' >>fixed/sub/limit.h
chmod +x fixed/device.c
git_diff
check "a line without an end is in the diff" grep -q 'No newline at end of file' fix.diff
makes "no newline at the end, a mode that changes" mini_version

# Two parts for one file, in one diff and in two.
begin
fix_version
git_diff
cp fix.diff first.diff
git -C fixed commit -q -m first
insert version.c 2 '/* a line more */'
sed -i 's/return check_limit(x);/return check_limit(x + 1);/' fixed/version.c
git_diff
cp fix.diff second.diff
cat first.diff second.diff >fix.diff
makes "one file twice in a diff" "mini_line mini_version"
status=0 && cp first.diff fix.diff
makes "two diffs" "mini_line mini_version" --diff second.diff
cp second.diff fix.diff
refuses "two diffs the wrong way round" 1 "'first.diff' does not apply|is in the source already|applies" \
    --diff first.diff --diff second.diff

# Elsewhere than the diff says.
begin
fix_version
plain
sed -i 's/^@@ -[0-9]*,\([0-9]*\) +[0-9]*,/@@ -9,\1 +9,/' fix.diff
makes "lines that have moved" mini_version
like "lines that have moved: are told" "$err" "note: 'fix.diff': hunk 1 of 'version.c' applies at [0-9]+ \(offset -[0-9]+ lines\)"

# ---- line numbers ----

begin
insert version.c 1 '/* more */'
insert sub/limit.h 2 '/* more */'
plain
refuses "comments before assertions" 3 "changes no code|the compiled code .* is the same"
begin
sed -i '/^ \* two$/d' fixed/version.c
plain -U0
refuses "a comment gets shorter" 3 "changes no code|the compiled code .* is the same"
begin
sed -i '2s/^/\/* more *\/\r\n/; 6,7s/x + 1/x + 2/' fixed/crlf.c
git_diff
makes "CRLF sources, git" mini_crlf
check "CRLF sources: a directive with CRLF" grep -q $'^#line [0-9]*\r$' result/2-patched/crlf.c
plain
makes "CRLF sources, diff" mini_crlf

# ---- files ----

begin
fix_version
printf '%s\n' 'static inline const char *mini_name(void) { return "mini 1.2"; }' >fixed/sub/name.h
sed -i 's|return "mini 1.1"|return mini_name()|; s|^#include "mini.h"|&\n#include "sub/name.h"|' fixed/version.c
plain
makes "a new header" mini_version
mv fixed/sub/name.h fixed/name.c.inc
sed -i 's|sub/name.h|name.c.inc|' fixed/version.c
git_diff
makes "a new .c.inc" mini_version
plain
lp --diff fix.diff
begin
fix_version
plain
makes "after new files: nothing is left of them" mini_version
check "after new files: they are gone" test ! -e "$(echo build/mini-*/src)/name.c.inc"

begin
cat >fixed/added.c <<'END'
#include <assert.h>
#include "mini.h"
const char *added_name(int x);
static int calls;
static const char *const names[] = { "mini 1.3", "mini 1.4" };
const char *added_name(int x)
{
	assert(x >= 0);
	return names[calls++ & 1 & x];
}
END
sed -i 's|return "mini 1.0"|extern const char *added_name(int); return added_name(1)|' fixed/version.c
plain
refuses "a new source file that nobody compiles" 2 "added_name"
# shellcheck disable=SC2016
sed -i 's|^build mini.p/device|build mini.p/added.c.o: cc $src/added.c\n&|; s|mini.p/device.c.o \$|mini.p/added.c.o &|' \
    fixed/rules.ninja
plain
makes "a new source file" "added_name mini_version"
begin
fix_version
plain
makes "after a new object: nothing is left of it" mini_version
begin
printf '%s\n' '#include <stdio.h>' \
    '__attribute__((constructor)) static void begin(void) { puts("hello"); }' >fixed/added.c
# shellcheck disable=SC2016
sed -i 's|^build mini.p/device|build mini.p/added.c.o: cc $src/added.c\n&|; s|mini.p/device.c.o \$|mini.p/added.c.o &|' \
    fixed/rules.ninja
git_diff
refuses "a new source file with a constructor" 2 "constructor"
begin
# shellcheck disable=SC2016
sed -i 's|^build mini.p/device|build mini.p/again.c.o: cc $src/version.c\n&|' fixed/rules.ninja
sed -i 's|mini.p/device.c.o \$|mini.p/again.c.o &|' fixed/rules.ninja
plain
refuses "an old source file in a new object" 2 "'mini.p/again.c.o' is a new object of a source that was there"

begin
git -C fixed mv sub/limit.h sub/bound.h
sed -i 's|sub/limit.h|sub/bound.h|; s/"mini 1.0"/"mini 1.1"/' fixed/version.c
insert sub/bound.h 2 '/* more */'
git_diff -M
check "git sees that it is renamed" grep -q '^rename to sub/bound.h' fix.diff
# Its assert() names the file, which is another now.
makes "a renamed header, changed" "mini_line mini_version"
check "a renamed header: its lines are pinned" grep -q '^#line 2$' result/2-patched/sub/bound.h
git -C fixed mv sub/bound.h sub/limit2.h
begin
git -C fixed mv version.c edition.c
sed -i 's/version\.c/edition.c/g' fixed/rules.ninja
sed -i 's/"mini 1.0"/"mini 1.1"/' fixed/edition.c
git_diff -M
refuses "a renamed source file" 2 "'mini.p/version.c.o' is no longer an object of the target"
like "a renamed source file: advice" "$err" "advice: .*renaming of its source out of the diff"
plain
refuses "the same as a plain diff" 2 "'mini.p/version.c.o' is no longer an object of the target"
begin
git -C fixed rm -q crlf.c
git_diff
refuses "a source file is gone, but not from the build" 1 "cannot compile the patched source"
begin
git -C fixed rm -q README.md
fix_version
git_diff
makes "a file that is no source is gone" mini_version
begin
fix_version
printf '\0\1\2' >fixed/logo.bin
git_diff --binary
refuses "a binary file, git" 1 "binary file can't be live-patched"
plain
refuses "a binary file, diff" 1 "binary file can't be live-patched"
begin
fix_version
plain
makes "after all these" mini_version

# ---- the author's header ----

begin
fix_version
sed -i 's|#include "mini.h"|#include <error.h>\n#include <livepatch.h>\n&|' fixed/version.c
sed -i 's/assert(x);/assert(x > 1);/' fixed/version.c
echo 'LIVEPATCH_IGNORE_FUNCTION(mini_line);' >>fixed/version.c
plain
makes "a fix that includes <livepatch.h>" mini_version
like "nothing else was compiled" "$(cd result/2-patched/build && find . -name '*.o')" '^./mini.p/version.c.o$'

tap_done
