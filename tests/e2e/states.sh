#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# timeout: 300
#
# Each row of the table in docs/states.md on the mini target: what raxlpxs says, the state that the patch
# is in then, and that the others are where they were. After what is refused the code of the
# target is the same, to the byte.

set -euo pipefail
name="states"
# shellcheck source=tests/lib/common.sh
source "$(dirname "${BASH_SOURCE[0]}")/../lib/common.sh"
# shellcheck source=tests/lib/tap.sh
source "$lib/tap.sh"
# shellcheck source=tests/lib/mini.sh
source "$lib/mini.sh"

rows=''

raxlpxs() { "$BIN/raxlpxs" --socket "$sock" --wait 0 "$@"; }
say() { mini_say a 5 "$@"; }
code_sum() { "$lib/procmem.py" sum "$pid"; }
list() { raxlpxs --list | awk 'NR > 1 { print $1, $3 }'; }
# state PATCH
state() { list | awk -v name="$1" '$1 == name && !s { s = $2 } END { print s ? s : "none" }'; }

is_none() { [[ $(state "$1") == none ]]; }

# run COMMAND...: status, out (both streams).
run() {
    status=0
    out=$("$@" 2>&1 </dev/null) || status=$?
}

# row NAME PATCH REGEX COMMAND...: one point. What the doc says of it is compared at the end.
row() {
    local name=$1 patch=$2 regex=$3 before after then=''
    shift 3
    before=$(code_sum)
    others=$(list | grep -v "^$patch " || true)
    run "$@"
    after=$(code_sum)
    [[ $out != already* ]] || then=' already'
    [[ $out =~ $regex ]] || then+=" (without '$regex' in '$out')"
    if [[ $status -ne 0 && $before != "$after" ]]; then
        then+=' (the code was changed)'
    fi
    if [[ -z $may_change && $others != "$(list | grep -v "^$patch " || true)" ]]; then
        then+=" (another patch has changed: $(list))"
    fi
    then="$status$then | $(state "$patch")"
    rows+="$name | $then"$'\n'
    is "$name" "$then" "$(sed -n "s/^| $name |.*| \([^|]*|[^|]*\) |$/\1/p" "$top/docs/states.md")"
}
may_change=''

# address FUNCTION: as procmem.py poke wants it.
address() { nm "$mini_exe" | awk -v name="$1" '$3 == name { print $1 }'; }
# poke FUNCTION HEX: its first bytes; old has those that were there.
poke() { old=$("$lib/procmem.py" poke "$pid" "$(address "$1")" "$2"); }

# make NAME ARGUMENT...: payloads in $work/NAME.
make() { lpbuild "$work/make-$1.log" --recipe mini --out "$work/$1" "${@:2}"; }

# hold MESSAGE ARGUMENT...: a client that has its answer, in held, and keeps the connection until let_go.
hold() {
    mkfifo "$run/in" "$run/out"
    "$lib/say.py" "$sock" "$@" <"$run/in" >"$run/out" &
    holder=$!
    keep "$holder"
    exec {hold_in}>"$run/in" {hold_out}<"$run/out"
    rm "$run/in" "$run/out"
    read -r -t 20 held <&"$hold_out"
}
let_go() {
    exec {hold_in}>&- {hold_out}<&-
    wait_for 5 is_gone "$holder"
}

# ---- payloads ----

# Two that are independent, but for what the second says; two of which the second uses the first.
mkdir -p "$work"/{0,1,2}
cp testdata/mini/version.c "$work/0/"
cat >"$work/1/version.c" <<'END'
/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "mini.h"

int version_asked = 1;

const char *mini_version(void)
{
	return version_asked++ % 2 ? "odd" : "even";
}
END
sed 's/version_asked++ % 2 ?/version_asked++ % 3 ?/' "$work/1/version.c" >"$work/2/version.c"
(cd "$work" && diff -u 0/version.c 1/version.c >first.patch || diff -u 1/version.c 2/version.c >second.patch) || true
diffs=$top/testdata/mini
check "mini" mini_build
check "hammer, and transfer on it" make pair --stack --diff "$diffs/hammer.patch" --diff "$diffs/transfer.patch"
check "first, and second which uses it" make uses --stack --diff "$work/first.patch" --diff "$work/second.patch"
check "author, with hooks and data" make author --diff "$diffs/author.patch"
check "one that replaces" make all --replace --name all --diff "$diffs/hammer.patch" --diff "$diffs/transfer.patch"
check "one with the name of another" make twin --name hammer --diff "$diffs/version.patch"
check "one that leaves a pointer to its code" make callback --diff "$diffs/callback.patch"
check "one of the same function as another" make other --name other --diff "$diffs/hammer.patch" --diff "$diffs/version.patch"
hammer=$work/pair/hammer/hammer.raxlpxs
transfer=$work/pair/transfer/transfer.raxlpxs
first=$work/uses/first/first.raxlpxs
second=$work/uses/second/second.raxlpxs
author=$work/author/author.raxlpxs
all=$work/all/all.raxlpxs
callback=$work/callback/callback.raxlpxs
twin=$work/twin/hammer.raxlpxs
other=$work/other/other.raxlpxs
foreign=$work/foreign.raxlpxs
# The id of the target, which is also what it depends on.
python3 - "$hammer" "$foreign" "$(readelf -n "$mini_exe" | sed -n 's/.*Build ID: //p')" <<'END'
import sys
data, target = open(sys.argv[1], 'rb').read(), bytes.fromhex(sys.argv[3])
assert target in data
open(sys.argv[2], 'wb').write(data.replace(target, bytes(len(target))))
END
mini_start a
pid=${mini_pid[a]} sock=${mini_sock[a]}
plain=$(code_sum)

# ---- nothing is there ----

row apply-none hammer "no patch 'hammer'" raxlpxs --apply hammer
row revert-none hammer "no patch 'hammer'" raxlpxs --revert hammer
row remove-none hammer "no patch 'hammer'" raxlpxs --remove hammer
row upload-foreign hammer 'payload is for the executable with build-id 0000' raxlpxs --upload "$foreign"
row upload-uses second 'which is not there; upload that one first' raxlpxs --upload "$second"
row check hammer "^checked 'hammer' \([0-9a-f]{12}\): 1 function$" raxlpxs --check "$hammer"
row check-refused transfer 'which is not applied' raxlpxs --check "$transfer"
row apply-file-refused transfer 'which is not applied' raxlpxs --apply "$transfer"
is "nothing has changed" "$(code_sum)" "$plain"

# ---- one ----

row upload hammer "^uploaded 'hammer' \([0-9a-f]{12}\): 1 function$" raxlpxs --upload "$hammer"
row upload-again hammer "already uploaded 'hammer'" raxlpxs --upload "$hammer"
row upload-name hammer2 "another patch with the name 'hammer'" raxlpxs --upload "$twin"
row check-there hammer "^checked 'hammer'" raxlpxs --check hammer
row revert-checked hammer "already reverted 'hammer'" raxlpxs --revert hammer
poke mini_compute cc
row apply-expectation hammer "running 'mini_compute' does not hold the bytes" raxlpxs --apply hammer
poke mini_compute "$old"
row apply hammer "^applied 'hammer'.*stopped for" raxlpxs --apply hammer --wait 10
row apply-applied hammer "already applied 'hammer'" raxlpxs --apply hammer
row check-applied hammer "already applied 'hammer'" raxlpxs --check hammer
row upload-applied hammer "already uploaded 'hammer'" raxlpxs --upload "$hammer"
row replace-alone hammer "already applied 'hammer'" raxlpxs --replace hammer
# shellcheck disable=SC2016 # the inner shell expands
row remove-applied hammer "revert it first" \
    bash -c 'read -r status flags text < <("$@"); echo "$text"; exit "$status"' - "$lib/say.py" "$sock" remove hammer
poke mini_compute cc
row revert-fails hammer 'changed by somebody else; nothing written' raxlpxs --revert hammer
poke mini_compute "$old"
row revert hammer "^reverted 'hammer'.*stopped for" raxlpxs --revert hammer --wait 10
row apply-again hammer "^applied 'hammer'" raxlpxs --apply hammer --wait 10
row remove-both hammer "^removed 'hammer'.*stopped for" raxlpxs --remove hammer --wait 10
row apply-file hammer "^applied 'hammer'" raxlpxs --apply "$hammer" --wait 10
raxlpxs --revert hammer --wait 10 >/dev/null
row remove hammer "^removed 'hammer' \([0-9a-f]{12}\): 1 function$" raxlpxs --remove hammer
is "the code is the original one" "$(code_sum)" "$plain"

# ---- a stack ----

raxlpxs --upload "$hammer" >/dev/null
raxlpxs --upload "$transfer" >/dev/null
row apply-depends transfer 'which is not applied' raxlpxs --apply transfer
row replace-stacked transfer "can't take the place of all" raxlpxs --replace transfer
row apply-nodeps transfer "^applied 'transfer'" raxlpxs --apply transfer --nodeps --wait 10
raxlpxs --revert transfer --wait 10 >/dev/null
raxlpxs --apply hammer --wait 10 >/dev/null
check "worker 0 goes to sleep in mini_transfer" say sleep-in
row apply-busy transfer "is in 'mini_transfer'" raxlpxs --apply transfer
is "it wakes up in the old code" "$(say wake)" 'ok 42'
raxlpxs --apply transfer --wait 10 >/dev/null
check "worker 0 goes to sleep in the new mini_transfer" say sleep-in
row revert-busy transfer "'mini_transfer'" raxlpxs --revert transfer
is "it wakes up in the new code" "$(say wake)" 'ok 1042'
row revert-below hammer "patch 'transfer' stacks on 'hammer'; revert 'transfer' first" raxlpxs --revert hammer
row revert-nodeps-below hammer "revert 'transfer' first" raxlpxs --revert hammer --nodeps
row replace-applied hammer 'and so are others' raxlpxs --replace hammer
raxlpxs --upload "$other" >/dev/null
row apply-conflict other "already replaced by patch 'hammer'" raxlpxs --apply other
poke mini_version cc
row replace-expectation other "running 'mini_version' does not hold" raxlpxs --replace other
poke mini_version "$old"
poke mini_compute cc
row replace-fails other 'those that were applied still are' raxlpxs --replace other --wait 10
poke mini_compute "$old"
may_change=yes
row replace other "^applied 'other'" raxlpxs --replace other --wait 10
is "the others are reverted" "$(state hammer) $(state transfer)" 'CHECKED CHECKED'
row replace-built all "^applied 'all'" raxlpxs --apply "$all" --wait 10
is "so is what had replaced them" "$(state other)" 'CHECKED'
may_change=''
raxlpxs --remove all --wait 10 >/dev/null

# Two that have nothing to do with each other.
raxlpxs --remove transfer >/dev/null
raxlpxs --remove other >/dev/null
raxlpxs --apply hammer --wait 10 >/dev/null
raxlpxs --apply "$first" --wait 10 >/dev/null
run raxlpxs --revert hammer
like "who stands in the way is named" "$status $out" "^2 error: patch 'hammer' is not on top of the stack; revert 'first' first"
row revert-nodeps hammer "^reverted 'hammer'" raxlpxs --revert hammer --nodeps --wait 10

# ---- data, and who uses it ----

raxlpxs --upload "$second" >/dev/null
raxlpxs --revert first --wait 10 >/dev/null
row apply-nodeps-uses second 'which is not applied' raxlpxs --apply second --nodeps
row remove-used first "patch 'second' refers to 'first'" raxlpxs --remove first
row apply-used first 'the data of patch .first. is used; remove it and upload it again' raxlpxs --apply first
row replace-used first 'is used; remove it and upload it again' raxlpxs --replace first
raxlpxs --remove second >/dev/null
raxlpxs --remove first >/dev/null

# ---- hooks ----

raxlpxs --upload "$author" >/dev/null
say write sink1 0102 >/dev/null
row apply-veto author 'the preapply hook of .author. said -39' raxlpxs --apply author
raxlpxs --apply hammer --wait 10 >/dev/null
row replace-veto author 'the preapply hook of .author. said -39' raxlpxs --replace author
say reset sink1 >/dev/null
raxlpxs --apply author --wait 10 >/dev/null
say write sink1 0102 >/dev/null
row revert-veto author 'the prerevert hook of .author. said 16' raxlpxs --revert author
raxlpxs --upload "$all" >/dev/null
row replace-veto-other all 'the prerevert hook of .author. said 16' raxlpxs --apply all
say reset sink1 >/dev/null
may_change=yes
row replace-hooks all "^applied 'all'" raxlpxs --apply all --wait 10
may_change=''
is "the others are reverted" "$(state hammer) $(state author)" 'CHECKED CHECKED'
raxlpxs --remove author --force >/dev/null
raxlpxs --remove all --wait 10 >/dev/null

# ---- pointers that are left ----

raxlpxs --apply "$callback" --wait 10 >/dev/null
raxlpxs --revert callback --wait 10 >/dev/null
row remove-forced callback "^removed 'callback'" raxlpxs --remove callback --force
raxlpxs --apply "$callback" --wait 10 >/dev/null
say reset sink1 >/dev/null # which then has the pointer
raxlpxs --revert callback --wait 10 >/dev/null
like "it is said before" "$(raxlpxs --status callback)" 'pointers to it may be left: --remove keeps its space'
row remove-pinned callback 'its code and data are kept' raxlpxs --remove callback
say write sink1 0102 >/dev/null
like "the code that is kept runs" "$(say device sink1)" 'bytes=4$'
like "it is counted" "$(raxlpxs --info)" "kept +1"
row apply-kept callback "patch 'callback' is removed" raxlpxs --apply callback
row remove-kept callback '[-]-force frees it' raxlpxs --remove callback
row upload-kept callback "^uploaded 'callback'" raxlpxs --upload "$callback"
raxlpxs --remove callback >/dev/null # it has not run
row free-kept callback "^removed 'callback'" raxlpxs --remove callback --force

# ---- others ----

raxlpxs --upload "$transfer" >/dev/null
hold apply hammer
is "another client opens a transaction" "$held" '0 0'
busy="process $holder is changing patch 'hammer'"
row other-upload first "$busy" raxlpxs --upload "$first"
row other-apply transfer "$busy" raxlpxs --apply transfer
row other-remove transfer "$busy" raxlpxs --remove transfer
like "it is shown" "$(raxlpxs --status hammer)" 'CHECKED since .*, a client is changing that'
let_go
row lost-apply hammer '' raxlpxs --status hammer
raxlpxs --apply hammer --wait 10 >/dev/null
hold revert hammer
row other-revert hammer "process $holder is changing" raxlpxs --revert hammer
let_go
row lost-revert hammer '' raxlpxs --status hammer
hold upload "$first" 4
is "a client uploads what it means to apply" "$held $(state first)" '0 0 CHECKED'
let_go
row lost-upload first '' wait_for 5 is_none first
raxlpxs --remove transfer >/dev/null
raxlpxs --remove hammer --wait 10 >/dev/null

is "the code is the original one" "$(code_sum)" "$plain"
is "nothing is left" "$(list)" ''
check "the runtime's test is fine" raxlpxs --test
is "the rows of docs/states.md and those tested" "$(cut -d' ' -f1 <<<"$rows" | sed '/^$/d' | sort)" \
    "$(sed -n '/^| name /,$s/^| \([a-z-]*\) |.*/\1/p' "$top/docs/states.md" | grep -v '^name$' | sort)"
tap_done
