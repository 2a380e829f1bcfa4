#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Makes the Linux guest that the QEMU tests boot, from Debian packages that are downloaded
# and unpacked but never installed: kernel, initrd.gz, firmware/ for QEMU's -L; modules/ for virtio and
# busybox, of which load.sh makes a second initrd.
# Usage: guest.sh [DIR]     (default build/guest); prints DIR; made once, then kept.

set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
dir=${1:-$here/../../build/guest}

die() {
    printf 'error: %s\n' "$1" >&2
    printf '  advice: %s\n' "$2" >&2
    exit 1
}

# Debian's cloud kernel has the serial console, devtmpfs and initramfs built in: modules are needed for
# virtio only.
fetch() { # fetch PACKAGE FOLDER
    local pkg=$1 to=$2
    mkdir -p "$work/deb/$pkg"
    (cd "$work/deb/$pkg" && apt-get -q -o APT::Sandbox::User="$(id -un)" download "$pkg") \
        >"$work/log" 2>&1 || {
        sed 's/^/  /' "$work/log" | tail -n 5 >&2
        die "cannot download package '$pkg' for the test guest" \
            "this needs Debian 12's package archive; run 'apt-get update' and try again"
    }
    dpkg -x "$work/deb/$pkg/"*.deb "$to"
}

kernel_package() {
    LC_ALL=C apt-cache depends linux-image-cloud-amd64 2>/dev/null |
        sed -n 's/^ *Depends: \(linux-image-[0-9].*\)$/\1/p' | head -n 1
}

make_initrd() { # make_initrd BUSYBOX OUT
    local root=$work/root
    mkdir -p "$root/bin"
    cp "$1" "$root/bin/busybox"
    install -m 755 "$here/guest-init" "$root/init"
    (cd "$root" && find . | sort | ./bin/busybox cpio -o -H newc 2>/dev/null) | gzip -n >"$2"
}

is_current() { [[ -e $dir/complete && -e $dir/modules && ! $here/guest-init -nt $dir/complete ]]; }

mkdir -p "$(dirname "$dir")"
dir=$(cd "$(dirname "$dir")" && pwd)/$(basename "$dir")
exec 9>"$dir.lock"
flock 9 # two tests that start together make it once
if ! is_current; then
    if ! command -v dpkg >/dev/null || ! command -v apt-get >/dev/null; then
        die "cannot make the test guest: 'apt-get' and 'dpkg' are missing" \
            "the guest is made of Debian packages; run this on Debian 12"
    fi
    work=$(mktemp -d "$dir.XXXXXX")
    trap 'rm -rf "$work"' EXIT
    kernel=$(kernel_package)
    if [[ -z $kernel ]]; then # no package lists yet, as on a new machine
        apt-get -q update >"$work/log" 2>&1 || true
        kernel=$(kernel_package)
    fi
    [[ -n $kernel ]] || die "cannot find the package 'linux-image-cloud-amd64'" \
        "'apt-get update' must work and the sources must name Debian 12"
    printf 'guest: unpacking %s, busybox-static, seabios, qemu-system-data\n' "$kernel" >&2
    fetch "$kernel" "$work/kernel"
    fetch busybox-static "$work/busybox"
    fetch seabios "$work/fw"
    fetch qemu-system-data "$work/fw"
    out=$work/out
    mkdir -p "$out/firmware/keymaps" "$out/modules"
    find "$work/kernel/lib/modules" -regextype egrep \
        -regex '.*/(virtio(_ring|_pci.*|_blk|_net)?|(net_)?failover)\.ko' -exec cp {} "$out/modules/" \;
    cp "$work/kernel/boot/"vmlinuz-* "$out/kernel"
    cp "$work/busybox/bin/busybox" "$out/"
    make_initrd "$out/busybox" "$out/initrd.gz"
    for f in seabios/bios-256k.bin seabios/vgabios-stdvga.bin qemu/kvmvapic.bin \
        qemu/linuxboot_dma.bin; do
        cp "$work/fw/usr/share/$f" "$out/firmware/"
    done
    cp "$work/fw/usr/share/qemu/keymaps/en-us" "$out/firmware/keymaps/"
    touch "$out/complete"
    rm -rf "$dir"
    mv "$out" "$dir"
fi
printf '%s\n' "$dir"
