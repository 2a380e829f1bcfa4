#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# timeout: 120
#
# What a person or a hostile peer can get wrong, with the real tools on the mini target:
# each time one clear `error:` line on stderr, nothing on stdout, the right exit code, no output
# file, and a target that is alive and unchanged.

set -euo pipefail
name="bad-input"
# shellcheck source=tests/lib/common.sh
source "$(dirname "${BASH_SOURCE[0]}")/../lib/common.sh"
# shellcheck source=tests/lib/tap.sh
source "$lib/tap.sh"
# shellcheck source=tests/lib/mini.sh
source "$lib/mini.sh"

# refuses TEXT CODE COMMAND...: one error line, an empty stdout, that exit code, no output file.
refuses() {
    local text=$1 want=$2 status=0 bad=''
    shift 2
    "$@" >"$work/stdout" 2>"$work/stderr" </dev/null || status=$?
    [[ $status -eq $want ]] || bad+="exit code $status, not $want; "
    [[ $(grep -c '^error: .' "$work/stderr") -eq 1 ]] || bad+="not one 'error:' line; "
    [[ ! -s $work/stdout ]] || bad+="something on stdout; "
    [[ ! -e $work/out.o && ! -e $work/out.raxlpxs && ! -e $work/out.yaml ]] ||
        bad+="an output file was left; "
    rm -f "$work"/out.{o,raxlpxs,yaml}
    tap_point "${#bad}" "$text: $(sed -n 's/^error: //p' "$work/stderr" | head -n 1)"
    [[ -z $bad ]] || tap_note "$bad"$'\n'"$(head -n 6 "$work/stderr" "$work/stdout")"
}

# unchanged TEXT: the target lives, answers, and its code is what it was.
unchanged() {
    check "$1: the target's runtime answers" raxlpxs --info
    check "$1: the target does its work" mini_say a 5 write ring0 0201
    is "$1: its code is unchanged" "$(text_sum "$pid")" "$sum"
}

raxlpxs() { "$BIN/raxlpxs" --socket "$sock" "$@"; }
diff_object() { "$BIN/create-diff-object" "$@" -o "$work/out.o"; }
extract() { "$BIN/extract-patch" --qemu "$@" -o "$work/out.raxlpxs" -m "$work/out.yaml"; }

# spoil FILE OFFSET BYTES OUT: a copy with other bytes at that offset (printf's escapes).
spoil() {
    cp "$1" "$4"
    # shellcheck disable=SC2059 # the bytes are the format
    printf "$3" | dd of="$4" bs=1 seek="$2" conv=notrunc status=none
}

# variants FILE PREFIX: what can be wrong with an ELF file, as PREFIX.KIND.
variants() {
    head -c 4096 /dev/urandom >"$2.garbage"
    : >"$2.empty"
    head -c "$(($(stat -c %s "$1") / 2))" "$1" >"$2.truncated"
    spoil "$1" 18 '\xb7\x00' "$2.machine" # EM_AARCH64
    spoil "$1" 16 '\x02\x00' "$2.exec"    # ET_EXEC
    spoil "$1" 4 '\x01' "$2.class"        # ELFCLASS32
    spoil "$1" 40 '\xff\xff\xff\xff\xff\xff\xff\x7f' "$2.shoff"
}

mini_build
mini_make fix-loop
mini_make_foreign fix-loop "$work/foreign.raxlpxs"
mini_start a
mini_say a 5 hammer on >/dev/null
pid=${mini_pid[a]} sock=${mini_sock[a]}
sum=$(text_sum "$pid")

cc=(gcc -O2 -ffunction-sections -fdata-sections -c)
printf 'int f(int a) { return a + 1; }\n' >"$work/f.c"
"${cc[@]}" -o "$work/orig.o" "$work/f.c"
printf 'int f(int a) { return a + 2; }\n' >"$work/f.c"
"${cc[@]}" -o "$work/patched.o" "$work/f.c"
"$BIN/create-diff-object" "$work/orig.o" "$work/patched.o" -o "$work/diff.o"
variants "$work/orig.o" "$work/o"
variants "$work/diff.o" "$work/d"
variants "$mini_payload" "$work/p"
variants "$mini_exe" "$work/e"
strip --strip-all -o "$work/o.nosyms" "$work/orig.o"
kinds=(garbage empty truncated machine exec class shoff)

for kind in "${kinds[@]}" nosyms; do
    refuses "create-diff-object, original is $kind" 1 diff_object "$work/o.$kind" "$work/patched.o"
    refuses "create-diff-object, patched is $kind" 1 diff_object "$work/orig.o" "$work/o.$kind"
done
refuses "create-diff-object, no such file" 1 diff_object "$work/orig.o" "$work/nowhere.o"
refuses "create-diff-object, one object" 64 "$BIN/create-diff-object" "$work/orig.o" -o "$work/out.o"

for kind in "${kinds[@]}"; do
    refuses "extract-patch, object is $kind" 1 extract "$work/d.$kind" "$mini_exe"
done
for kind in garbage empty truncated machine class shoff; do
    refuses "extract-patch, reference is $kind" 1 extract "$work/diff.o" "$work/e.$kind"
done
refuses "extract-patch, reference is an object" 1 extract "$work/diff.o" "$work/orig.o"
refuses "extract-patch, no such reference" 1 extract "$work/diff.o" "$work/nowhere"

# The client sees what is no payload at all; what only looks like one, the runtime refuses.
for kind in garbage empty machine exec class; do
    refuses "apply, payload is $kind" 1 raxlpxs --apply "$work/p.$kind"
done
for kind in truncated shoff; do
    refuses "apply, payload is $kind" 2 raxlpxs --apply "$work/p.$kind"
done
refuses "apply, no such file" 1 raxlpxs --apply "$work/nowhere.raxlpxs"
unchanged "after bad payloads"

# Made with a reference executable that has another build-id than the running one.
refuses "apply, payload for another executable" 4 raxlpxs --apply "$work/foreign.raxlpxs"
unchanged "after a payload for another executable"

check "garbage on the socket: each frame ends its own connection" "$lib/wire.py" "$sock"
unchanged "after garbage on the socket"

refuses "remove, not applied" 3 raxlpxs --remove no-such-patch
refuses "find, not applied" 3 raxlpxs --find no-such-patch
unchanged "after removing what is not there"

check "apply" raxlpxs --apply "$mini_payload"
applied=$(text_sum "$pid")
check "a second apply of the same patch is done already" raxlpxs --apply "$mini_payload"
is "a second apply changes nothing" "$(text_sum "$pid")" "$applied"
check "remove" raxlpxs --remove "$mini_patch"
refuses "a second remove" 3 raxlpxs --remove "$mini_patch"
unchanged "after apply and remove"

# The socket's mode already keeps others out; the runtime must not rely on that alone.
stranger=(setpriv --reuid=65534 --regid=65534 --clear-groups --inh-caps=-all)
cp "$BIN/raxlpxs" "$run/raxlpxs"
chmod 755 "$run" "${sock%/*}" "$run/raxlpxs"
is "the socket's mode" "$(stat -c %a "$sock")" 600
refuses "a peer that is not root, kept out by the mode" 6 "${stranger[@]}" \
    "$run/raxlpxs" --socket "$sock" --info
chmod 666 "$sock"
refuses "a peer that is not root, past the mode" 6 "${stranger[@]}" \
    "$run/raxlpxs" --socket "$sock" --info
chmod 600 "$sock"
unchanged "after a stranger's visit"

refuses "no such socket" 3 "$BIN/raxlpxs" --socket "$run/nowhere" --info
refuses "no socket of that process" 3 "$BIN/raxlpxs" --pid $$ --info
kill -KILL "$pid"
wait_for 5 is_gone "$pid"
refuses "the socket of a dead process" 3 raxlpxs --info

tap_done
