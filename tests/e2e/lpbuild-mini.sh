#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# sanitize: yes
# timeout: 300
#
# lpbuild on the mini target: what it makes, what it refuses and why, and that no end of it,
# however sudden, spoils the next run. All folders have a blank in their names.

# shellcheck disable=SC2030,SC2031 # PATH is meant for one run only
set -euo pipefail
tools=$(dirname "${BIN:-build/out/bin}")
name="lpbuild-mini-${tools##*/}"
# shellcheck source=tests/lib/common.sh
source "$(dirname "${BASH_SOURCE[0]}")/../lib/common.sh"
# shellcheck source=tests/lib/tap.sh
source "$lib/tap.sh"

mini=$top/testdata/mini
fix=$mini/version.patch
# A runtime without sanitizers: it is linked into a program without them.
runtime=$top/build/out/libsandbox.a
[[ -f $runtime ]] || runtime=$BIN/../libsandbox.a
ws="$work/a blank"
mkdir -p "$ws" "$ws/diffs" "$ws/bin"
cd "$ws"

# lp BUILD OUT ARGUMENT...: lpbuild on mini; status, out and err.
lp() {
    local build=$1 dest=$2
    shift 2
    status=0
    "$BIN/lpbuild" --recipe mini --runtime "$runtime" --build "$ws/$build" --out "$ws/$dest" \
        "$@" >"$ws/stdout" 2>"$ws/stderr" </dev/null || status=$?
    out=$(<"$ws/stdout") err=$(<"$ws/stderr")
}

# refuses TEXT CODE REGEX ARGUMENT...: that exit code and message, and no result.
refuses() {
    local text=$1 want=$2 regex=$3
    shift 3
    lp build refused "$@"
    is "$text: exit code" "$status" "$want"
    like "$text: message" "$err" "error: $regex"
    is "$text: nothing on stdout" "$out" ""
    is "$text: no payload" "$(find "$ws/refused" -maxdepth 1 -type f 2>/dev/null)" ""
}

# payload_is_right TEXT FOLDER: the result of lp is what the first run made.
payload_is_right() {
    is "$1: exit code" "$status" 0
    check "$1: the payload is the same" cmp "$ws/first/version.raxlpxs" "$ws/$2/version.raxlpxs"
    check "$1: the manifest is the same" cmp "$ws/first/version.yaml" "$ws/$2/version.yaml"
}

# ---- the plain way ----

lp build first --prepare
is "prepare: exit code" "$status" 0
like "prepare: names the executable" "$out" "^executable: $ws/build/mini-[0-9a-f]{12}/1-original/build/mini"$'\n''verified: '
like "prepare: all functions are compared" "$out" 'verified:   [0-9]+ functions of [0-9]+ objects are the same$'
exe=${out#executable: } exe=${exe%%$'\n'*}
check "prepare: the executable is there" test -x "$exe"
stamp=$(stat -c %Y.%i "$exe")

lp build first --diff "$fix"
is "patch: exit code" "$status" 0
like "patch: what changed" "$out" "modified +mini_version  mini.p/version.c.o  "
like "patch: the next command" "$out" "next: +raxlpxs --pid PID --apply '$ws/first/version.raxlpxs'"
like "patch: a line for each step" "$err" "\[4/6\] building patched objects"
check "patch: readelf takes the payload" readelf -aW "$ws/first/version.raxlpxs"
check "patch: the patched source can be looked at" grep -q patched "$ws/first/2-patched/version.c"
is "patch: one object was compared" "$(cd "$ws/first/3-diff" && find . -name '*.o')" \
    "./mini.p/version.c.o"
is "patch: the original was not built again" "$(stat -c %Y.%i "$exe")" "$stamp"

lp build second --diff "$fix"
payload_is_right "again" second
lp other third --diff "$fix"
payload_is_right "in another work folder" third

lp build json --diff "$fix" --json
is "json: exit code" "$status" 0
is "json: nothing on stderr" "$err" ""
check "json: one document with the change" python3 - "$ws/stdout" <<'END'
import json, sys
doc = json.load(open(sys.argv[1]))
assert [c["name"] for c in doc["changes"]] == ["mini_version"], doc
END

lp build page --diff "$fix" --review
payload_is_right "--review" page
like "--review: the page is named" "$out" "review: +$ws/page/version.html"
"$BIN/lpbuild" review "$ws/page/version.raxlpxs" --target "$exe" -o "$ws/page.html"
check "--review: it is what lpbuild review writes" cmp "$ws/page.html" "$ws/page/version.html"
like "--review: with old and new code" "$(<"$ws/page.html")" 'mini_version, old.*mini_version, new'
is "--review: nothing of this machine is in it" "$(grep -c "$ws" "$ws/page.html")" 0
lp build page --diff "$fix" --review --json
is "--review --json: the page is named" "$(jq -r .review "$ws/stdout")" "$ws/page/version.html"
lp build page --diff "$fix"
is "without it: no page of an earlier run is left" "$(find "$ws/page" -name '*.html')" ""
is "without it: none is named" "$(grep -c '^review:' <<<"$out")" 0

mkdir "$ws/bare" && bare=$ws/bare/mini && strip -o "$bare" "$exe"
id=$(readelf -n "$exe" | sed -n 's/.*Build ID: //p')
mkdir -p "$ws/debug/.build-id/${id:0:2}"
objcopy --only-keep-debug "$exe" "$ws/debug/.build-id/${id:0:2}/${id:2}.debug"
lp build separate --diff "$fix" --target bare/mini --debug-root debug --review
payload_is_right "stripped, --debug-root" separate
check "stripped, --debug-root: with the page" cmp "$ws/page.html" "$ws/separate/version.html"
lp build separate --diff "$fix" --target "$bare" --debug-file "$exe"
payload_is_right "stripped, --debug-file" separate
lp build prepared --prepare --target "$bare" --debug-root "$ws/debug"
like "stripped, prepare: all functions are compared" "$out" 'verified:   [0-9]+ functions of [0-9]+ objects are the same$'
refuses "stripped, and no more" 4 "'$bare' has no symbol table" --diff "$fix" --target "$bare"
refuses "--debug-root alone" 64 "--debug-file and --debug-root are nothing without --target" \
    --diff "$fix" --debug-root "$ws/debug"

refuses "--review of nothing" 64 "--prepare makes nothing that --review could show" --prepare --review
refuses "two names" 64 "option --name is given twice" --diff "$fix" --name a --name b

mkdir -p "$ws/here"
(cd "$ws/here" && "$BIN/lpbuild" -q --recipe "$top/recipes/mini.yaml" --runtime "$runtime" \
    --build "$ws/build" --name renamed --diff "$fix" >/dev/null)
check "without --out: ./NAME, the recipe as a file" test -s "$ws/here/renamed/renamed.raxlpxs"

# ---- what does not become a patch ----

sed 's/"mini 1.0"/"mini 0.9"/' "$fix" >diffs/context.patch
refuses "another line to change" 1 "'context.patch' does not apply: hunk 1 of 'version.c'" \
    --diff diffs/context.patch
printf '%s\n' '--- a/version.c' '+++ b/version.c' '@@ -3,6 +3,6 @@' ' #include "other.h"' \
    ' const char *mini_version(void)' ' {' '-	return "mini 1.0";' '+	return "x";' ' }' ' ' \
    >diffs/fuzz.patch
sed -i 's/^ $/ int x;/' diffs/fuzz.patch
refuses "only with fuzz" 1 "'fuzz.patch' applies only with fuzz: hunk 1 of 'version.c'" \
    --diff diffs/fuzz.patch
cp "$fix" diffs/again.patch
refuses "applied twice" 1 "'again.patch' does not apply: it is in the source already" \
    --diff "$fix" --diff diffs/again.patch
sed 's/version\.c/none.c/' "$fix" >diffs/none.patch
refuses "no such file" 1 "'diffs/none.patch' does not fit the source: there is no file 'a/none.c'" \
    --diff diffs/none.patch
echo hello >diffs/hello.patch
refuses "no diff" 1 "'diffs/hello.patch' is not a unified diff" --diff diffs/hello.patch
sed 's/"mini 1.1, patched"/undeclared_thing/' "$fix" >diffs/compile.patch
refuses "does not compile" 1 "cannot compile the patched source" --diff diffs/compile.patch
like "does not compile: the compiler's words" "$err" \
    "version\.c:[0-9]+:[0-9]+: error: .undeclared_thing. undeclared"
printf '%s\n' '--- a/README.md' '+++ b/README.md' '@@ -0,0 +1 @@' '+x' |
    sed "s/-0,0 +1 /-1,0 +2 /" >diffs/text.patch
refuses "no source of the target" 3 "nothing to do: the diff touches no source of 'mini'" \
    --diff diffs/text.patch
printf '%s\n' '--- a/version.c' '+++ b/version.c' '@@ -3,0 +4,3 @@' '+/*' '+ * said anew' '+ */' \
    >diffs/comment.patch
refuses "a comment, with the lines behind it pinned" 3 \
    "nothing to do: the diff changes no code of 'mini'" --diff diffs/comment.patch
refuses "no diff at all" 64 "there is no --diff"
refuses "a bad name" 64 "'a/b' can't be the name" --diff "$fix" --name a/b
"$BIN/lpbuild" --recipe nowhere --diff "$fix" --build "$ws/build" >"$ws/stdout" 2>"$ws/stderr" &&
    status=0 || status=$?
is "no such recipe: exit code" "$status" 1
like "no such recipe: message" "$(<"$ws/stderr")" "there is no recipe 'nowhere'"
lp build second --diff "$fix"
payload_is_right "after all these" second

sed 's/"mini 1.1, patched"/"x"/' "$fix" >diffs/string.patch
lp build string --diff diffs/string.patch --name string
is "another string: exit code" "$status" 0

sed -e 's/sink_write, sink_reset/sink_write, ring_reset/' -e '/^static int sink_write/,/^}/s/+= len/+= 2 * len/' "$mini/device.c" |
    diff -u --label a/device.c --label b/device.c "$mini/device.c" - >diffs/table.patch || true
refuses "a table has changed" 2 "mini.p/device.c.o: initial data of 'kinds' has changed" \
    --diff diffs/table.patch
lp build allowed --diff diffs/table.patch --allow-data 'kind?' --name allowed
is "it may keep its contents: exit code" "$status" 0
like "it may keep its contents: what changed" "$out" "modified +sink_write  mini.p/device.c.o  "
like "it may keep its contents: the manifest says so" "$(<"$ws/allowed/allowed.yaml")" \
    "name: kinds, rule: data-changed"

# ---- recipes ----

mkdir -p recipes
sed "s|dir: .*|dir: $mini|" "$top/recipes/mini.yaml" >recipes/base.yaml
printf '%s\n' 'name: derived' 'based-on: base.yaml' >recipes/derived.yaml
recipe() { # recipe LINE...: lpbuild on the derived recipe with these lines added
    printf '%s\n' 'name: derived' 'based-on: base.yaml' "$@" >recipes/derived.yaml
    status=0
    "$BIN/lpbuild" -q --recipe recipes/derived.yaml --runtime "$runtime" --build "$ws/build" \
        --prepare >"$ws/stdout" 2>"$ws/stderr" </dev/null || status=$?
    out=$(<"$ws/stdout") err=$(<"$ws/stderr")
}
recipe
is "a recipe based on another: exit code" "$status" 0
like "a recipe based on another: its own name" "$out" "/derived-[0-9a-f]{12}/1-original/build/mini"$'\n'"verified:"
recipe 'allow-data: [k*s]' 'summary: data that may differ'
"$BIN/lpbuild" -q --recipe recipes/derived.yaml --runtime "$runtime" --build "$ws/build" \
    --out "$ws/kept" --diff diffs/table.patch >"$ws/stdout" 2>"$ws/stderr" </dev/null || true
check "data that the recipe lets keep its contents" grep -q 'name: kinds' "$ws/kept/table.yaml"
recipe 'always-running: ["*_write", ring_put]'
running() { # running NAME OPTION...: the same change, of a function that the recipe says is never left
    status=0
    "$BIN/lpbuild" -q --recipe recipes/derived.yaml --runtime "$runtime" --build "$ws/build" \
        --out "$ws/$1" --diff diffs/table.patch --allow-data kinds "${@:2}" >"$ws/stdout" 2>"$ws/stderr" \
        </dev/null || status=$?
}
running never-left
is "a function that is never left: exit code" "$status" 2
like "a function that is never left: message" "$(<"$ws/stderr")" \
    "'sink_write' has changed, .*rule: always-running.*--allow-running NAME"
running let-in --allow-running sink_write
is "it may change: exit code" "$status" 0
like "it may change: the manifest says so" "$(<"$ws/let-in/table.yaml")" \
    "rule: always-running.  at: sink_write"
recipe 'programs: [gcc, no-such-program]' 'packages: [gcc, no-such-package]'
is "a program is missing: exit code" "$status" 1
like "a program is missing: message" "$err" "error: recipe 'derived' needs 'no-such-program'"
like "a program is missing: how to get it" "$err" \
    "advice: apt-get install --no-install-recommends .*no-such-package"
recipe 'configure: ["false"]' 'packages: [no-such-package]'
is "configure fails: exit code" "$status" 1
like "configure fails: message" "$err" "error: 'false' failed .*while configuring 'derived'"
recipe "cflags: [\"\${NOTHING}\"]"
like "an unknown variable" "$err" "error: unknown variable in '..NOTHING.'"
recipe 'color: red'
like "an unknown key names file, line and key" "$err" "derived.yaml.*3.*color"
recipe 'target: ../../bin/sh'
like "a target outside of the source" "$err" "leads out of the source"

# ---- sudden ends ----

# Tools in front of the real ones. Each counts its calls; at the one that KILL names it leaves
# half a file, as a compiler does that dies, and ends lpbuild by SIGNAL.
for tool in gcc ninja patch rsync ld; do
    cat >"$ws/bin/$tool" <<END
#!/bin/sh
count="\$COUNTS/$tool"
n=\$((\$(cat "\$count" 2>/dev/null || echo 0) + 1))
echo "\$n" >"\$count"
if [ "\$KILL" = "$tool \$n" ]; then
    touch "\$COUNTS/killed"
    for last; do
        [ "\${previous-}" != -o ] || echo half >"\$last"
        previous=\$last
    done
    kill -"\$SIGNAL" "\$(cat "\$BUILD"/mini-*/lock)"
fi
if [ "\$KILL" = "$tool self" ] && { [ $tool != gcc ] || [ "\$n" != 1 ]; }; then
    kill -KILL \$\$
fi
if [ "\$KILL" = "$tool hold" ]; then
    touch "\$COUNTS/held"
    while [ ! -e "\$COUNTS/go" ]; do sleep 0.02; done
fi
exec $(command -v "$tool") "\$@"
END
    chmod +x "$ws/bin/$tool"
done

export COUNTS="$ws/counts" KILL="" SIGNAL=KILL BUILD
# dies WHERE [SIGNAL]: a run in $BUILD that is ended at that call. One compiler at a time, so that
# calls are counted right.
dies() {
    rm -rf "$COUNTS"
    mkdir "$COUNTS"
    { # in braces, so that the shell's own word about it goes there too
        (
            KILL=$1 SIGNAL=${2:-KILL} PATH="$ws/bin:$PATH"
            exec "$BIN/lpbuild" -q -j1 --recipe mini --runtime "$runtime" --build "$BUILD" \
                --out "$ws/killed" --diff "$fix"
        ) || true
    } >"$ws/stdout" 2>"$ws/stderr" </dev/null
    check "ended at $1 by SIG${2:-KILL}" test -e "$COUNTS/killed"
    check "ended at $1: no payload" test ! -e "$ws/killed/version.raxlpxs"
}

# While the original is made: copying the source, compiling, linking, keeping the copy.
for at in "rsync 1" "ninja 1" "gcc 2" "gcc 5" "gcc 10" "rsync 2"; do
    BUILD="$ws/dies"
    rm -rf "$BUILD"
    dies "$at"
    lp dies killed --diff "$fix"
    payload_is_right "after the end at $at" killed
done
# While the patched objects are made: applying, compiling (before and behind it), linking.
for at in "patch 1" "ninja 1" "gcc 2" "ld 1"; do
    for signal in KILL INT TERM; do
        dies "$at" "$signal"
        lp dies killed --diff "$fix"
        payload_is_right "after the end at $at" killed
    done
done
# A tool that is killed is no fault of the patch's author.
for tool in gcc ninja patch ld; do
    rm -rf "$COUNTS"
    mkdir "$COUNTS"
    KILL="$tool self" PATH="$ws/bin:$PATH" lp dies killed --diff "$fix"
    is "'$tool' is killed: exit code" "$status" 1
    like "'$tool' is killed: message" "$err" "was ended by (a )?signal"
    like "'$tool' is killed: advice" "$err" "advice: .*run lpbuild again|see '"
    lp dies killed --diff "$fix"
    payload_is_right "after '$tool' was killed" killed
done
# Another diff after a killed one: nothing of the first may be left.
dies "gcc 2"
lp dies other --diff diffs/string.patch --name version
is "another diff after the end at gcc: exit code" "$status" 0
is "another diff after the end at gcc: only its own text" \
    "$(grep -c 'mini 1.1' "$ws/other/2-patched/version.c")" 0

# ---- two at a time ----

rm -rf "$COUNTS"
mkdir "$COUNTS"
(
    KILL="ninja hold" PATH="$ws/bin:$PATH"
    exec "$BIN/lpbuild" -q --recipe mini --runtime "$runtime" --build "$ws/dies" \
        --out "$ws/held" --diff "$fix"
) >"$ws/held.log" 2>&1 </dev/null &
first=$!
keep "$first"
check "the first one is at work" wait_for 20 test -e "$COUNTS/held"
lp dies second --diff "$fix"
is "the second one is turned away: exit code" "$status" 5
like "the second one is turned away: names the first" "$err" "in use by another lpbuild \(pid $first\)"
touch "$COUNTS/go"
check "the first one ends" wait_for 30 is_gone "$first"
check "the first one has its payload" cmp "$ws/first/version.raxlpxs" "$ws/held/version.raxlpxs"

# ---- another runtime ----

cp "$runtime" "$ws/runtime.a"
echo "another member" >"$ws/member"
ar q "$ws/runtime.a" "$ws/member"
object_times() { find "$ws/dies"/mini-*/1-original -name '*.o' -printf '%p %T@\n' | sort; }
objects=$(object_times)
runtime=$ws/runtime.a
lp dies second --prepare
is "another runtime: exit code" "$status" 0
like "another runtime: linked again" "$err" "building the original"
is "another runtime: nothing compiled again" "$(object_times)" "$objects"
lp dies second --prepare
is "another runtime: once is enough" "$err" ""

# ---- a build folder that was moved: its build files name the old place ----

mv "$ws/dies" "$ws/moved"
mkdir "$ws/dies"
lp moved third --diff "$fix"
is "a moved build folder: exit code" "$status" 0
like "a moved build folder: configured again" "$err" "preparing the source"
is "a moved build folder: no build file names the old place" \
    "$(grep -rlF "$ws/dies/" "$ws/moved"/mini-*/src --include='*.ninja' | wc -l)" 0
lp moved third --prepare
is "a moved build folder: once is enough" "$err" ""

tap_done
