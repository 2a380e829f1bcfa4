# shellcheck shell=bash
# shellcheck disable=SC2034,SC2154 # set for, and by, those who source this
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Files of QEMU, edited at every line without changing what they mean (tests/helpers/churn.c),
# pinned as lpbuild does, and compiled by the command of their object: no function may change. To
# be sourced after common.sh; QEMU is the executable in 1-original.
#
# One compile tests many edits: the places are STEP lines apart, and each of the STEP offsets gets
# a compile of its own, so that every line is a place once. When one fails, halves of its places
# are tried until the single lines are known.
#
# A file is compiled in a mirror of the tree, made of symbolic links but for the folders
# that lead to it, so that __FILE__, __LINE__ and what is included are those of the original.

churn=$BIN/../tests/churn

# The file that is edited, and the source whose object is compiled.
churn_files=(
    "block/nvme.c block/nvme.c"
    "block/qcow2.c block/qcow2.c"
    "fpu/softfloat-parts.c.inc fpu/softfloat.c"
    "fpu/softfloat.c fpu/softfloat.c"
    "hw/display/cirrus_vga.c hw/display/cirrus_vga.c"
    "hw/net/e1000e_core.c hw/net/e1000e_core.c"
    "hw/nvme/ctrl.c hw/nvme/ctrl.c"
    "hw/usb/hcd-xhci.c hw/usb/hcd-xhci.c"
    "include/exec/memory.h softmmu/memory.c"
    "migration/ram.c migration/ram.c"
    "softmmu/physmem.c softmmu/physmem.c"
    "target/i386/tcg/translate.c target/i386/tcg/translate.c"
    "tcg/i386/tcg-target.c.inc tcg/tcg.c"
    "ui/vnc.c ui/vnc.c"
)

# churn_mirror FOLDER FILE: 1-original as links, with FILE's place left free.
churn_mirror() {
    local original=${QEMU%/build/*} at='' part
    local -a parts
    IFS=/ read -ra parts <<<"$2"
    mkdir -p "$1/build"
    ln -s "$original"/* "$1/" 2>/dev/null || true # build is there already
    ln -s "$original"/build/* "$1/build/"
    for part in "${parts[@]:0:${#parts[@]}-1}"; do
        at+=/$part
        rm "$1$at"
        mkdir "$1$at"
        ln -s "$original$at"/* "$1$at/"
    done
    rm "$1/$2"
}

# churn_object SOURCE: its object in the build.
churn_object() {
    sed -n "s|^\([^\t]*/${1//\//_}\.o\)\t.*|\1|p" "${QEMU%/1-original/*}/commands"
}

# churn_compile MIRROR OBJECT OUTPUT: compiles what is in the mirror. churn_cc is another compiler than
# the original's.
churn_compile() {
    local root=${QEMU%/1-original/*} command
    command=$(sed -n "s|^$2\t||p" "$root/commands")
    command=${command//$root\/src/$1}
    command=${command/ -o $2/ -o ${3@Q}}
    command=${command/ -MF $2.d/ -MF ${3@Q}.d}
    [[ -z ${churn_cc-} ]] || command="$churn_cc -Wno-everything ${command#* }"
    (cd "$1/build" && sh -c "$command") >"$1.log" 2>&1
}

# churn_original MIRROR FILE OBJECT: the object of the original is $MIRROR.original.o.
churn_original() {
    local original=${QEMU%/build/*}
    if [[ -z ${churn_cc-} ]]; then
        ln -s "$original/build/$3" "$1.original.o"
        return
    fi
    cp "$original/$2" "$1/$2"
    churn_compile "$1" "$3" "$1.original.o"
}

# churn_one MIRROR FILE OBJECT KIND STEP OFFSET FROM TO: succeeds when it compiles and nothing has
# changed. n is how many places were edited.
churn_one() {
    local mirror=$1 file=$2 object=$3 status=0
    n=$("$churn" "${@:4:5}" "${QEMU%/build/*}/$file" "$mirror/$file")
    [[ $n -gt 0 ]] || return 0
    churn_compile "$mirror" "$object" "$mirror.o" || return 1
    "$BIN/create-diff-object" -o "$mirror.diff.o" --object "$object" \
        "$mirror.original.o" "$mirror.o" >>"$mirror.log" 2>&1 || status=$?
    # Not even in line numbers, which create-diff-object would see through.
    [[ $status -eq 3 ]] && grep -q ': nothing has changed$' "$mirror.log" || return 2
}

# churn_bisect MIRROR FILE OBJECT KIND STEP OFFSET FROM TO: prints a line for each place that fails.
churn_bisect() {
    local status=0 middle=$((($7 + $8) / 2))
    churn_one "$@" || status=$?
    [[ $status -ne 0 ]] || return 0
    if [[ $(($8 - $7)) -gt 1 && $n -gt 1 ]]; then
        churn_bisect "${@:1:7}" "$middle"
        churn_bisect "${@:1:6}" "$middle" "$8"
        return
    fi
    printf 'failed %s %s %s %s %s\n' "$2" "$4" "$5" "$6" \
        "$([[ $status -eq 1 ]] && echo compile || echo changed) between lines $7 and $8"
}

# churn_file FILE SOURCE KIND STEP OFFSET...: prints "edited N", and a line for each failure.
churn_file() {
    local file=$1 object mirror lines total=0 offset n=0
    object=$(churn_object "$2")
    [[ -n $object ]] || die "'$2' is no source of the target"
    mirror=$(mktemp -d "$work/${1##*/}.$3.XXXXXX")
    churn_mirror "$mirror" "$file"
    churn_original "$mirror" "$file" "$object"
    lines=$(wc -l <"${QEMU%/build/*}/$file")
    for offset in "${@:5}"; do
        if churn_one "$mirror" "$file" "$object" "$3" "$4" "$offset" 0 "$((lines + 1))"; then
            total=$((total + n))
        else
            total=$((total + n))
            churn_bisect "$mirror" "$file" "$object" "$3" "$4" "$offset" 0 "$((lines + 1))"
        fi
    done
    printf 'edited %s %s %d\n' "$file" "$3" "$total"
    rm -rf "$mirror"
}

# churn_run RESULT JOB...: churn_file for each JOB, which is its arguments in one word, as many at
# once as there are processors. RESULT gets what they print, RESULT.err what goes wrong.
churn_run() {
    local result=$1 job words
    : >"$result"
    : >"$result.err"
    for job in "${@:2}"; do
        while [[ $(jobs -rp | wc -l) -ge $(nproc) ]]; do
            wait -n || true
        done
        read -ra words <<<"$job"
        (trap - EXIT && churn_file "${words[@]}") >>"$result" 2>>"$result.err" &
    done
    wait
}
