#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# cases.sh [NAME...]: each folder of testdata/cases is a small source (orig.c) and a change
# (fix.patch). Both versions are compiled under one name with the flags of a QEMU build, by gcc
# and by clang, and create-diff-object must find what expect.yaml says:
#
#   exit: N                        its exit code
#   changed, added, data, table, hook, removed: exactly these functions and objects (with exit 0)
#   ignored: [f]                   exactly these, if it is there
#   not-changed: [f]               never these
#   rule: ID, names: REGEX         the refusal and what it must name (with exit 2)
#   symbols, relocs: REGEX         what readelf must show in the output
#   info, no-info: REGEX           a line that .lp.info must have, must not have
#   has-orig, has-patched: REGEX   premise: what readelf must show in the inputs
#   report: REGEX                  a line that the report must have (with exit 0)
#   says: REGEX                    a line that it must print to stderr
#   flags, object, compilers       further compiler flags; --object; only these compilers
#   patched-flags, options         flags for the patched version alone; further options
#
# merge.c is compiled, too, and linked to both versions with ld -r. What is written must link
# with `ld -r` of GNU and LLVM without a word, and an object against itself must give 3.
# sanitize: yes
# timeout: 300
set -uo pipefail
cd "$(dirname "$0")/../.." || exit 1
# shellcheck source=tests/lib/scratch.sh
source tests/lib/scratch.sh
qemu_flags=(-O2 -g -std=gnu11 -ffunction-sections -fdata-sections -fPIE -fstack-protector-strong
    -fno-common -fwrapv -fno-strict-aliasing -w -idirafter "$top/runtime")

want() { # want KEY: its value in expect.yaml, lists as words
    local value
    value=$(sed -n "s/^$1: *//p" "$dir/expect.yaml")
    case $value in
    \[*\]) value=${value//[\[\],]/ } ;;
    \'*\') value=${value:1:-1} && value=${value//\'\'/\'} ;;
    esac
    echo "$value"
}

words() { # words TEXT: sorted, one blank between two
    tr -s ' \n' '\n' <<<"$1" | sed '/^$/d' | sort | paste -sd ' '
}

compile() { # compile OUT.o [FLAG...]
    "$compiler" "${qemu_flags[@]}" "${flags[@]}" "${@:2}" -c case.c -o "$1" || return 1
    [[ -e $dir/merge.c ]] || return 0
    "$compiler" "${qemu_flags[@]}" "${flags[@]}" -c "$dir/merge.c" -o merge.o &&
        ld -r "$1" merge.o -o merged.o && mv merged.o "$1"
}

make_objects() {
    cp "$dir/orig.c" case.c && compile orig.o && cp orig.o same.o &&
        patch -s case.c "$dir/fix.patch" && compile patched.o "${patched_flags[@]}"
}

shows() { # shows KEY FILE: readelf's text has what KEY wants
    local regex
    regex=$(want "$1")
    [[ -z $regex ]] && return
    grep -Eq -- "$regex" <<<"$(readelf -SsrW "$2" 2>&1)" || echo "$1: no '$regex' in $2"
}

lines() { # lines WORD: the names that the tool printed for it
    sed -n "s/^$1 *//p" stdout | paste -sd ' '
}

# Names that the compiler numbers are wanted without the number.
unnumbered() {
    # shellcheck disable=SC2001 # each word of it
    sed -E 's/\.[0-9]+( |$)/\1/g' <<<"$1"
}

check_lists() {
    local key
    for key in changed added table hook $(grep -o '^ignored' "$dir/expect.yaml"); do
        [[ $(words "$(lines "$key")") == "$(words "$(want "$key")")" ]] ||
            echo "$key: [$(lines "$key")], not [$(want "$key")]"
    done
    local data
    data=$(unnumbered "$(words "$(lines data)")")
    [[ $data =~ ^$(words "$(want data)")$ ]] || echo "data: [$data], not [$(want data)]"
    for key in $(want not-changed); do
        ! grep -Eq "^(changed|added) +$key(\$|\.)" stdout || echo "$key is in the output"
    done
    local removed
    removed=$(sed -n '/^removed:$/,$ s/^- //p' report.yaml | paste -sd ' ')
    [[ $(words "$removed") == "$(words "$(want removed)")" ]] ||
        echo "removed: [$removed], not [$(want removed)]"
}

check_output() {
    local ld
    for ld in ld ld.lld; do
        "$ld" -r out.o -o "merged.$ld.o" 2>&1 | sed "s/^/$ld: /"
        readelf -aW "merged.$ld.o" 2>&1 >/dev/null | sed "s/^/readelf of $ld's: /"
    done
    readelf -aW out.o 2>&1 >/dev/null | sed 's/^/readelf: /'
    readelf -wf out.o 2>&1 | grep -iE 'warning|error'
    check_lists
    shows symbols out.o
    shows relocs out.o
    local info report
    report=$(want report)
    [[ -z $report ]] || grep -Eq -- "$report" report.yaml || echo "report: no line '$report'"
    objcopy -O binary --set-section-flags .lp.info=alloc -j .lp.info out.o info
    info=$(want info)
    [[ -z $info ]] || grep -Exq -- "$info" info || echo "info: no line '$info'"
    info=$(want no-info)
    [[ -z $info ]] || ! grep -Ex -- "$info" info
}

check_refusal() {
    [[ ! -e out.o && ! -e report.yaml ]] || echo "a file was written"
    [[ $status -ne 2 ]] && return
    grep -Eq "^  (rule: $(want rule)\$|also $(want rule): )" stderr ||
        echo "not the rule $(want rule)"
    grep -q '^  advice: .' stderr || echo 'no advice'
    grep -Eq -- "$(want names)" stderr || echo "does not name '$(want names)'"
}

complaints() {
    make_objects || { echo "the case can't be made" && return; }
    shows has-orig orig.o
    shows has-patched patched.o
    "$BIN/create-diff-object" orig.o same.o -o out.o --object "$object" >stdout 2>stderr
    status=$?
    # Only the name of the object can be wrong with nothing changed.
    [[ $status -eq 3 || $(want object) ]] || echo "against itself: $status, not 3: $(<stderr)"
    [[ $status -ne 3 || $(<stderr) == "$object: nothing has changed" ]] ||
        echo "nothing has changed: $(<stderr)"
    "$BIN/create-diff-object" orig.o patched.o -o out.o --report report.yaml \
        --object "$object" "${options[@]}" >stdout 2>stderr
    status=$?
    [[ $status -eq $(want exit) ]] ||
        echo "exit code $status, not $(want exit): $(cat stdout stderr)"
    local says
    says=$(want says)
    [[ -z $says ]] || grep -Eq -- "$says" stderr || echo "does not say '$says': $(<stderr)"
    if [[ $status -eq 0 ]]; then
        [[ $(want exit) -ne 0 ]] || check_output
    else
        check_refusal
    fi
}

cd "$tmp" || exit 1
[[ $# -gt 0 ]] || set -- "$top"/testdata/cases/*/
for dir in "${@%/}"; do
    [[ $dir == /* ]] || dir=$top/testdata/cases/$dir
    read -ra flags <<<"$(want flags)"
    read -ra patched_flags <<<"$(want patched-flags)"
    read -ra options <<<"$(want options)"
    object=$(want object)
    object=${object:-case.o}
    for compiler in gcc clang; do
        [[ " $(want compilers) " =~ ^\ *\ $|\ $compiler\  ]] || continue
        rm -rf work && mkdir work && cd work || exit 1
        found=$(complaints 2>&1)
        tap_point "${#found}" "${dir##*/} ($compiler)"
        [[ -z $found ]] || tap_note "$found"
        cd ..
    done
done
tap_done
