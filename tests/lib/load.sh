# shellcheck shell=bash
# shellcheck disable=SC2034,SC2154 # set for, and by, those who source this
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Guests under load (tests/lib/guest-load says which), and patches of what they call; to be sourced after
# vm.sh and story.sh.

# load_make: the initrd of such a guest, load_initrd: that of the others and more behind it.
load_make() {
    local root=$work/root
    [[ -n $guest ]] || guest=$("$lib/guest.sh" "$top/build/guest") || return
    mkdir -p "$root/bin"
    "${CC:-gcc}" -O2 -static -pthread -o "$root/bin/hammer" "$lib/hammer.c" || return
    cp -r "$guest/modules" "$root/"
    install -m 755 "$lib/guest-load" "$root/load"
    (cd "$root" && find . | sort | "$guest/busybox" cpio -o -H newc 2>/dev/null) | gzip -n |
        cat "$guest/initrd.gz" - >"$work/initrd.gz"
    load_initrd=$work/initrd.gz
}

# load_args LOAD: fills the array load_args with further arguments for vm_boot.
load_args() {
    load_args=(-initrd "$load_initrd" -append "console=ttyS0 quiet panic=-1 rdinit=/load load=$1")
}

# load_edit OUT NAME...: the diff that testdata/qemu/NAME.sed makes of the file of QEMU that it names. Those
# in load_below are there before.
load_below=()
load_edit() {
    local out=$1 name file tree
    rm -rf "$work/a" "$work/b"
    for name in "${load_below[@]}" "${@:2}"; do
        file=$(sed -n 's/^# file: //p' "$top/testdata/qemu/$name.sed")
        for tree in a b; do
            mkdir -p "$work/$tree/${file%/*}"
            cp -n "${QEMU%/build/*}/$file" "$work/$tree/$file"
        done
        [[ " ${load_below[*]} " != *" $name "* ]] ||
            sed -i -f "$top/testdata/qemu/$name.sed" "$work/a/$file"
        sed -i -f "$top/testdata/qemu/$name.sed" "$work/b/$file"
    done
    ! (cd "$work" && diff -ru a b) >"$out"
}
