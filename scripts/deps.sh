#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# deps.sh GROUP...   installs the Debian 12 packages that GROUP needs and that are missing:
#   tools   to build the tools and the runtime
#   qemu    to fetch, patch and build QEMU
#   demo    both of these, and a guest to boot
#   check   all of these, and what `make check` builds and looks with
#
# Says what it installs. Nothing missing: does nothing and needs neither root nor a network.
set -euo pipefail

tools=(gcc libc6-dev make binutils git libelf-dev libdw-dev zlib1g-dev libyaml-dev libsodium-dev libzydis-dev)
qemu=(dpkg-dev xz-utils patch patchutils perl python3 rsync meson ninja-build pkg-config
    libglib2.0-dev libpixman-1-dev libslirp-dev libseccomp-dev libfdt-dev libattr1-dev libcap-ng-dev)
demo=(cpio busybox-static seabios procps)
check=(clang g++ libclang-rt-14-dev clang-format clang-tidy cppcheck shellcheck libcmocka-dev elfutils lld
    python3-yaml python3-jsonschema jq util-linux gdb groff-base
    qemu-system-x86 chromium strace)

fail() { # fail CODE TEXT ADVICE
    printf 'error: %s\n  advice: %s\n' "$2" "$3" >&2
    exit "$1"
}

[[ $# -gt 0 ]] || fail 64 'group missing' "one or more of 'tools', 'qemu', 'demo', 'check'"
wanted=()
for group in "$@"; do
    case $group in
    tools) wanted+=("${tools[@]}") ;;
    qemu) wanted+=("${qemu[@]}") ;;
    demo) wanted+=("${tools[@]}" "${qemu[@]}" "${demo[@]}") ;;
    check) wanted+=("${tools[@]}" "${qemu[@]}" "${demo[@]}" "${check[@]}") ;;
    *) fail 64 "unknown group '$group'" "one or more of 'tools', 'qemu', 'demo', 'check'" ;;
    esac
done

command -v dpkg-query >/dev/null ||
    fail 1 'this is not a Debian system' "install what corresponds to: ${wanted[*]}"

missing=()
for package in "${wanted[@]}"; do
    status=$(dpkg-query -W -f '${Status}' "$package" 2>/dev/null) || status=
    [[ $status == 'install ok installed' || " ${missing[*]-} " == *" $package "* ]] ||
        missing+=("$package")
done
[[ ${#missing[@]} -gt 0 ]] || exit 0

[[ $(id -u) -eq 0 ]] ||
    fail 1 "packages are missing: ${missing[*]}" "as root: apt-get install ${missing[*]}"
printf 'installing: %s\n' "${missing[*]}" >&2
export DEBIAN_FRONTEND=noninteractive
log=$(mktemp)
trap 'rm -f "$log"' EXIT
apt() { apt-get -y -q --no-install-recommends "$@" >>"$log" 2>&1; }
# The lists of a fresh machine are empty or name packages that are replaced: they are fetched only
# when that is the problem.
{ apt -s install "${missing[@]}" && apt install "${missing[@]}"; } ||
    { : >"$log" && apt update && apt install "${missing[@]}"; } || {
    tail -n 15 "$log" | sed 's/^/  apt: /' >&2
    fail 1 "apt could not install: ${missing[*]}" 'check the network and the entries in /etc/apt, then try again'
}
