# shellcheck shell=bash
# shellcheck disable=SC2034,SC2154 # set for, and by, those who source this
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Debian's Xen under QEMU, with a dom0 of busybox and Xen's own xen-livepatch. To be sourced, behind
# tap.sh, from the top of the tree. Nothing is installed: the packages are unpacked below build/xen,
# once. What can't be had there skips the test.

xen_version=4.17
xen_dir=$PWD/build/xen
xen_root=$xen_dir/root
xen_syms=$xen_root/usr/lib/debug/boot/xen-syms-$xen_version-amd64
xen_log=
xen_transcript=
xen_pid=

xen_needs() { # skips unless the commands are there
    local command
    for command in qemu-system-x86_64 apt-get apt-cache dpkg-deb cpio gzip xz flock timeout; do
        command -v "$command" >/dev/null || tap_skip_all "no $command here (scripts/deps.sh check)"
    done
}

# The kernel that linux-image-amd64 stands for; that of the -cloud packages cannot be a dom0.
xen_kernel_package() {
    apt-cache depends linux-image-amd64 2>/dev/null | sed -n 's/^ *Depends: \(linux-image-[0-9]\S*\)$/\1/p' | head -n 1
}

xen_unpack() { # xen_unpack DEB: of the kernel, two files of 400 MB
    case ${1##*/} in
    linux-image-*)
        dpkg-deb --fsys-tarfile "$1" | tar -xC "$xen_root" --wildcards './boot/vmlinuz-*' '*/drivers/xen/xen-privcmd.ko*'
        ;;
    *) dpkg-deb -x "$1" "$xen_root" ;;
    esac
}

xen_download() {
    local deb libs=(libxenmisc"$xen_version" libxen{call1,devicemodel1,evtchn1,foreignmemory1,gnttab1,toolcore1,toollog1} libc6)
    rm -rf "$xen_dir/debs" "$xen_root"
    mkdir -p "$xen_dir/debs" "$xen_root"
    (cd "$xen_dir/debs" && timeout 300 apt-get -q download xen-{hypervisor-$xen_version-amd64{,-dbg},utils-$xen_version} \
        "${libs[@]}" "$(xen_kernel_package)") >"$xen_dir/apt.log" 2>&1 || return
    for deb in "$xen_dir"/debs/*.deb; do
        xen_unpack "$deb" || return
    done
    dpkg-deb -f "$xen_dir"/debs/xen-hypervisor-*-amd64_*.deb Version >"$xen_dir/version" || return
    rm -rf "$xen_dir/debs"
    gzip -dc "$xen_root/boot/xen-$xen_version-amd64.gz" >"$xen_dir/xen.elf" || return
    cp "$xen_root"/boot/vmlinuz-* "$xen_dir/vmlinuz" && touch "$xen_dir/complete"
}

# Fetches and unpacks, unless that was done; one at a time.
xen_fetch() {
    mkdir -p "$xen_dir"
    (
        flock -w 400 9 || exit
        [[ -e $xen_dir/complete ]] || xen_download
    ) 9>"$xen_dir/lock" || tap_skip_all "cannot get the packages of Xen: $(tail -n 1 "$xen_dir/apt.log")"
}

# The last part of the version, ".7" of 4.17.7+13: what xen_extra_version() returns.
xen_extra() {
    local version
    version=$(<"$xen_dir/version")
    version=${version#"$xen_version"}
    printf '%s' "${version%%+*}"
}

# Runs in dom0. `at LABEL VERB NAME` is one call of the tool; what one sees of it follows.
xen_init() {
    cat <<'END_INIT'
#!/bin/busybox sh
/bin/busybox --install -s /bin
export PATH=/bin
mount -t proc proc /proc
mount -t sysfs sysfs /sys
mount -t devtmpfs dev /dev
dmesg -n 1
insmod /xen-privcmd.ko
at() {
    label=$1 verb=$2 name=$3
    echo "@begin $label"
    [ "$verb" != upload ] || set -- "$@" "/payloads/$name"
    shift 2
    xen-livepatch "$verb" "$@" 2>&1
    rc=$?
    v=/sys/hypervisor/version
    echo "@end $label rc=$rc extra=$(cat $v/extra | tr -c '[:alnum:].=\n-' '?') minor=$(cat $v/minor)"
}
. /plan
echo '@done'
reboot -f
END_INIT
}

xen_initrd() { # xen_initrd FOLDER PLAN PAYLOAD...: FOLDER/initrd.gz
    local root=$1/initrd lib
    rm -rf "$root"
    mkdir -p "$root"/{bin,payloads,proc,sys,dev,lib64,lib/x86_64-linux-gnu}
    cp "$(command -v busybox)" "$xen_root/usr/lib/xen-$xen_version/bin/xen-livepatch" "$root/bin/"
    ln -s busybox "$root/bin/sh"
    for lib in "$xen_root"/lib/x86_64-linux-gnu/libc.so.6 "$xen_root"/usr/lib/x86_64-linux-gnu/libxen*.so.*; do
        [[ $lib == *.so.+([0-9]).+([0-9]).* ]] || cp -L "$lib" "$root/lib/x86_64-linux-gnu/"
    done
    cp -L "$xen_root"/lib/x86_64-linux-gnu/ld-linux-x86-64.so.2 "$root/lib64/"
    cp "$2" "$root/plan"
    cp "${@:3}" "$root/payloads/"
    xz -dc <"$(find "$xen_root/lib/modules" -name 'xen-privcmd.ko*')" >"$root/xen-privcmd.ko" 2>/dev/null ||
        cp "$(find "$xen_root/lib/modules" -name 'xen-privcmd.ko*')" "$root/xen-privcmd.ko"
    xen_init >"$root/init"
    chmod 755 "$root/init"
    (cd "$root" && find . | cpio -o -H newc --quiet | gzip -1) >"$1/initrd.gz"
}

# A hypervisor that has panicked may print for ever.
xen_is_over() {
    ! kill -0 "$xen_pid" 2>/dev/null || grep -qaE 'Panic on CPU|DOUBLE FAULT' "$xen_log" ||
        [[ $(stat -c %s "$xen_log") -gt 4000000 ]]
}

# xen_run FOLDER PLAN PAYLOAD...: boots, does what PLAN says and ends; success when it got to the end.
xen_run() {
    local deadline=$((SECONDS + 240))
    xen_initrd "$@" || return
    xen_log=$1/console
    : >"$xen_log"
    # Relative names: -initrd splits at commas and blanks.
    ln -sf "$xen_dir/xen.elf" "$xen_dir/vmlinuz" "$1/"
    (cd "$1" && exec qemu-system-x86_64 -accel tcg -machine pc -cpu qemu64 -smp 1 -m 1536 -nodefaults -display none -no-reboot \
        -serial file:console -kernel xen.elf -append 'console=com1 com1=115200,8n1 dom0_mem=768M loglvl=all' \
        -initrd 'vmlinuz console=hvc0 rdinit=/init,initrd.gz' </dev/null >qemu.log 2>&1) &
    xen_pid=$!
    until xen_is_over || [[ $SECONDS -ge $deadline ]]; do sleep 0.2; done
    xen_stop
    xen_transcript=$1/transcript
    tr -d '\r' <"$xen_log" >"$xen_transcript"
    grep -qx '@done' "$xen_transcript"
}

xen_stop() {
    [[ -n $xen_pid ]] || return 0
    kill "$xen_pid" 2>/dev/null
    wait "$xen_pid" 2>/dev/null
    xen_pid=
}

# What xen_run's plan showed: the end line of a label, and all that was said in between.
xen_end() { sed -n "s/^@end $1 //p" "$xen_transcript"; }
xen_said() { sed -n "/^@begin $1\$/,/^@end $1 /p" "$xen_transcript"; }

# ---- objects as Xen's build makes them ----

xen_compile() { # xen_compile SOURCE OBJECT [FLAG...]
    gcc -O2 -g -fpie -fcf-protection=branch -mmanual-endbr -mfunction-return=thunk-extern -mno-red-zone -mgeneral-regs-only \
        -ffreestanding -fno-stack-protector -fno-asynchronous-unwind-tables -fno-common -ffunction-sections -fdata-sections \
        -I"$top" "${@:3}" -c "$1" -o "$2"
}
