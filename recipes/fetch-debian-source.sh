#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Gets a Debian source package for lpbuild.
#
#   fetch-debian-source.sh fetch FOLDER PACKAGE VERSION
#       Prints the path of PACKAGE's .dsc in FOLDER, whose upstream version is VERSION. What is
#       there already is used as it is; else the package is downloaded from the archives that
#       this machine installs its binaries from. The machine's own apt settings stay untouched.
#
#   fetch-debian-source.sh unpack DSC FOLDER pristine|patched [PATCH...]
#       Unpacks into FOLDER, which must not exist: with all of Debian's patches, or without any
#       but the named files of debian/patches.
#
# Exit codes: 0 done, 1 failed, 64 wrong usage.

set -eu
LC_ALL=C
export LC_ALL
umask 022

fail() { # fail MESSAGE [ADVICE]
    printf 'error: %s\n' "$1" >&2
    [ $# -lt 2 ] || printf '  advice: %s\n' "$2" >&2
    exit 1
}

need() { # need PROGRAM DEBIAN-PACKAGE
    command -v "$1" >/dev/null 2>&1 || fail "'$1' is missing" "apt-get install $2"
}

# Upstream part of the version in a .dsc: "1:7.2+dfsg-7+deb12u18" -> "7.2+dfsg".
upstream_version() {
    sed -n 's/^Version:[[:space:]]*//p' "$1" | sed '1!d; s/^[0-9]*://; s/-[^-]*$//'
}

# The .dsc of PACKAGE with upstream VERSION in FOLDER, the newest one, with all its parts.
find_dsc() {
    newest=
    for dsc in "$1/$2"_*.dsc; do
        [ -f "$dsc" ] || continue
        [ "$(upstream_version "$dsc")" = "$3" ] || continue
        has_parts "$dsc" || continue
        if [ -z "$newest" ] ||
            dpkg --compare-versions "$(dsc_version "$dsc")" gt "$(dsc_version "$newest")"; then
            newest=$dsc
        fi
    done
    [ -n "$newest" ] && printf '%s\n' "$newest"
}

dsc_version() {
    sed -n 's/^Version:[[:space:]]*//p' "$1" | sed 1q
}

# True if the files that DSC names lie beside it with their sizes; dpkg-source checks the sums.
has_parts() {
    sed -n '/^Checksums-Sha256:/,/^[^ ]/s/^ [0-9a-f]* \([0-9]*\) \([^/ ]*\)$/\1 \2/p' "$1" |
        while read -r size name; do
            part=${1%/*}/$name
            [ -f "$part" ] && [ "$(stat -c %s "$part")" = "$size" ] || exit 1
        done
}

# Makes FOLDER/apt.conf: the machine's binary entries as source entries, with lists of their own.
apt_config() {
    apt=$1
    rm -rf "$apt/sources"
    mkdir -p "$apt/sources" "$apt/lists/partial"
    # One line each: "deb [options] URI suite components".
    for file in /etc/apt/sources.list /etc/apt/sources.list.d/*.list; do
        [ -s "$file" ] || continue
        out=$apt/sources/$(basename "$file" .list).list
        sed -nE 's/^[[:space:]]*deb([[:space:]])/deb-src\1/p' "$file" >"$out"
        [ -s "$out" ] || rm -f "$out"
    done
    # deb822: stanzas, whose other fields (suites, keys, proxies) stay as they are.
    for file in /etc/apt/sources.list.d/*.sources; do
        [ -s "$file" ] || continue
        sed -E 's/^[Tt][Yy][Pp][Ee][Ss]:.*/Types: deb-src/' "$file" \
            >"$apt/sources/$(basename "$file")"
    done
    [ -n "$(ls "$apt/sources")" ] ||
        fail "apt has no package sources on this machine" \
            "add an entry to /etc/apt/sources.list, or give the source by --source FOLDER"
    # The binary package caches must not be mixed with lists that have sources only; and the
    # folder may lie where apt's own user can't go (below /root).
    cat >"$apt/apt.conf" <<END
Dir::Etc::SourceList "/dev/null";
Dir::Etc::SourceParts "$apt/sources";
Dir::State::Lists "$apt/lists";
Dir::Cache::pkgcache "";
Dir::Cache::srcpkgcache "";
APT::Sandbox::User "root";
Acquire::Retries "2";
Acquire::http::Timeout "20";
Acquire::https::Timeout "20";
END
}

# The newest version of PACKAGE that the lists offer with upstream VERSION.
offered_version() {
    apt-cache showsrc "$1" 2>/dev/null | sed -n 's/^Version:[[:space:]]*//p' |
        while read -r version; do
            upstream=$(printf '%s\n' "$version" | sed 's/^[0-9]*://; s/-[^-]*$//')
            [ "$upstream" != "$2" ] || printf '%s\n' "$version"
        done | sort -V | tail -n 1
}

fetch() {
    folder=$1 package=$2 version=$3
    need dpkg-source dpkg-dev
    need apt-get apt
    mkdir -p "$folder"
    folder=$(cd "$folder" && pwd)
    if find_dsc "$folder" "$package" "$version"; then
        return
    fi
    case $folder in *[\"\;]*) fail "apt cannot use the folder '$folder'" ;; esac
    apt_config "$folder/apt"
    APT_CONFIG=$folder/apt/apt.conf
    export APT_CONFIG
    apt-get -q update >"$folder/apt/update.log" 2>&1 || true
    full=$(offered_version "$package" "$version")
    if [ -z "$full" ]; then
        sed -n 's/^[EW]: /  apt: /p' "$folder/apt/update.log" | head -n 3 >&2
        fail "cannot get the source package '$package' $version: no archive of this machine offers it" \
            "check the network, or put the .dsc and its files into '$folder', or give --source FOLDER"
    fi
    (cd "$folder" && apt-get -q source --download-only "$package=$full") \
        >"$folder/apt/download.log" 2>&1 || {
        tail -n 3 "$folder/apt/download.log" | sed 's/^/  apt: /' >&2
        fail "cannot download the source package '$package' $full" \
            "check the network and try again; what is there already is kept"
    }
    find_dsc "$folder" "$package" "$version" ||
        fail "the download of '$package' $full is not complete" "remove '$folder' and try again"
}

unpack() {
    dsc=$1 folder=$2 base=$3
    shift 3
    need dpkg-source dpkg-dev
    need xz xz-utils
    need patch patch
    if [ "$base" = patched ]; then
        dpkg-source --no-copy -x "$dsc" "$folder"
        return
    fi
    dpkg-source --no-copy --skip-patches -x "$dsc" "$folder"
    for name; do
        patch -d "$folder" -p1 -F0 --no-backup-if-mismatch <"$folder/debian/patches/$name" ||
            fail "'debian/patches/$name' does not apply to the pristine source"
    done
}

usage() {
    printf 'usage: %s fetch FOLDER PACKAGE VERSION\n' "$0" >&2
    printf '       %s unpack DSC FOLDER pristine|patched [PATCH...]\n' "$0" >&2
    exit 64
}

[ $# -ge 4 ] || usage
verb=$1
shift
case $verb in
fetch)
    [ $# -eq 3 ] || usage
    fetch "$@"
    ;;
unpack)
    [ "$3" = pristine ] || [ "$3" = patched ] || usage
    unpack "$@"
    ;;
*) usage ;;
esac
