# shellcheck shell=bash
# shellcheck disable=SC2034,SC2154 # set for, and by, those who source this
# SPDX-License-Identifier: GPL-2.0-or-later
#
# The mini target (testdata/mini) for the demo, the tests and the benchmarks; to be sourced after
# common.sh. A process NAME has its sockets in $run/NAME (mini, sandbox-sock<pid>).

declare -A mini_pid=() mini_sock=()
mini_exe='' mini_payload='' mini_patch='' mini_under=()

# mini_build: builds mini with the runtime, or finds it built: mini_exe.
mini_build() {
    lpbuild "$work/mini.log" --recipe mini --prepare || return
    mini_exe=$(sed -n 's/^executable: *//p' "$work/mini.log")
}

# mini_make NAME: the live patch for testdata/mini/NAME.patch: mini_patch, mini_payload, manifest.
mini_make() {
    lpbuild "$work/patch-$1.log" --recipe mini --diff "$top/testdata/mini/$1.patch" \
        --out "$work/$1" || return
    mini_patch=$1
    mini_payload=$work/$1/$1.raxlpxs
    manifest=$work/$1/$1.yaml
}

# mini_make_foreign NAME OUT: the same payload for an executable that differs in its build-id only.
mini_make_foreign() {
    local exe=$work/foreign off size
    cp "$mini_exe" "$exe"
    read -r off size < <(readelf -SW "$exe" | sed -n 's/.* \.note\.gnu\.build-id *NOTE *[^ ]* \([^ ]*\) \([^ ]*\) .*/\1 \2/p')
    # The id is the end of the note.
    printf 'another!' | dd of="$exe" bs=1 seek="$((16#$off + 16#$size - 8))" conv=notrunc status=none
    "$BIN/extract-patch" --recipe mini "$work/$1/4-link/$1.o" "$exe" -o "$2" >"$work/foreign.log" 2>&1
}

# mini_start NAME [ARGUMENT...]: below the command mini_under, if that is set.
mini_start() {
    local name=$1
    shift
    mkdir -p "$run/$name"
    SANDBOX_DIR=$run/$name "${mini_under[@]}" "$mini_exe" "$@" "$run/$name/mini" 2>"$work/$name.stderr" &
    mini_pid[$name]=$!
    keep "$!"
    mini_sock[$name]=$run/$name/sandbox-sock$!
    wait_for 5 test -S "$run/$name/mini" -a -S "${mini_sock[$name]}"
}

mini_say() { "$lib/mini.py" "$run/$1/mini" "$2" "${@:3}"; } # NAME SECONDS WORD...
# mini_stat NAME KEY: one number of its statistics (calls, old, new, torn).
mini_stat() { mini_say "$1" 5 stats | sed -n "s/.* $2=\([0-9]*\).*/\1/p"; }
mini_calls_beyond() { [[ $(mini_stat "$1" calls) -gt $2 ]]; } # NAME CALLS
