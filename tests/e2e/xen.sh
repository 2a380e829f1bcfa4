#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Payloads of `extract-patch --xen` on the real thing: Debian's Xen boots under QEMU, and its own
# xen-livepatch uploads, applies, reverts, stacks and replaces them. What the hypervisor returns
# to dom0 (/sys/hypervisor/version) shows which code runs.
# timeout: 700
set -uo pipefail
shopt -s extglob
cd "$(dirname "$0")/../.." || exit 1
# shellcheck source=tests/lib/scratch.sh
source tests/lib/scratch.sh
# shellcheck source=tests/lib/xen.sh
source tests/lib/xen.sh
xen_needs
xen_fetch
trap 'xen_stop; rm -rf "$tmp"' EXIT
cd "$tmp" || exit 1
mkdir payloads boot wrong

version() { # version OBJECT [FLAG...]
    xen_compile "$top/testdata/xen/version.c" "$1" -DEXTRA="\"$(xen_extra)\"" "${@:2}"
}
payload() { # payload NAME ARGUMENT...: payloads/NAME
    "$BIN/extract-patch" --xen --xen-syms "$xen_syms" "${@:2}" -o "$1.livepatch" -m "$1.yaml" && mv "$1.livepatch" "payloads/$1"
}
changed() { # changed NAME MACRO: a payload from a diff with the original
    version "$1.o" "-D$2" && "$BIN/create-diff-object" --object common/version.o orig.o "$1.o" -o "$1.d.o" && payload "$1" "$1.d.o"
}

# ---- payloads ----

extra=$(xen_extra)
check 'the original compiles' version orig.o
for name in replaced added data local hooks base; do
    check "$name: a payload" changed "$name" "${name^^}"
    like "$name: its original is what Xen has" "$(<"$name.yaml")" 'reproduces-target: exact'
done
like 'writable data is told about' "$(<data.yaml)" 'Xen applies the patch again only after'
like 'so by the report' "$("$BIN/extract-patch" --xen --xen-syms "$xen_syms" data.d.o -o again.livepatch)" 'applied once only'
fails '--verify-all: the original' 0 "$BIN/extract-patch" --xen --xen-syms "$xen_syms" --verify-all orig.o
version other.o -DREPLACED
fails '--verify-all: of another source' 4 "$BIN/extract-patch" --xen --xen-syms "$xen_syms" --verify-all other.o
version stacked.o -DBASE -DSTACKED
"$BIN/create-diff-object" --object common/version.o base.o stacked.o -o stacked.d.o >/dev/null
check 'stacked: a payload on a payload' payload stacked stacked.d.o --depends payloads/base
"$BIN/create-diff-object" --object common/version.o orig.o stacked.o -o both.d.o >/dev/null
check 'both: cumulative, with the same new function' payload both both.d.o
like 'lpbuild show agrees with a payload' "$("$BIN/lpbuild" show --target "$xen_syms" payloads/stacked)" 'all [0-9]+ symbols that the payload reaches are in the manifest'
# Three over one function: statics of the lower ones are used, one of their functions is replaced.
above() { # above NAME BELOW.o DEPENDS... -- FLAG...: a payload from a diff with BELOW.o
    local name=$1 below=$2 depends=()
    shift 2
    while [[ $1 != -- ]]; do depends+=(--depends "payloads/$1") && shift; done
    version "$name.o" "${@:2}" && "$BIN/create-diff-object" --object common/version.o "$below" "$name.o" -o "$name.d.o" &&
        payload "$name" "$name.d.o" "${depends[@]}"
}
check 'lower: a payload' changed lower LOWER
check 'upper: over the same function' above upper lower.o lower -- -DLOWER -DUPPER
check 'top: over both, and a function of the lower one' above top upper.o lower upper -- -DLOWER -DUPPER -DTOP
like 'upper: was proved' "$(<upper.yaml)" 'reproduces-target: exact'
is 'top: what it replaces' "$(grep -A1 'rule: replaced-below' top.yaml | sed -n 's/^ *at: //p' | xargs)" 'lower_text xen_extra_version'
is 'upper: refers to the variable of the lower one' "$(readelf -sW payloads/upper | awk '$7 == "UND" {print $8}' | grep @ | sort | xargs)" \
    'asked@lower lower_text@lower'
like 'lpbuild show agrees with a payload over another' \
    "$("$BIN/lpbuild" show --target "$xen_syms" --depends payloads/lower payloads/upper)" 'all [0-9]+ symbols that the payload reaches are in the manifest'
like 'lpbuild show agrees with one over two' "$("$BIN/lpbuild" show --target "$xen_syms" --depends payloads/lower --depends payloads/upper payloads/top)" \
    "lower_text: all [0-9]+ bytes of the old code are those of 'lower'"
sed 's/"-never"/"-wrong"/' "$top/testdata/xen/version.c" >wrong/version.c
xen_compile wrong/version.c wrong.o -DEXTRA="\"$extra\"" -DLOWER
"$BIN/create-diff-object" --object common/version.o wrong.o upper.o -o wrong.d.o >/dev/null
fails 'upper: with another string in its original' 4 "$BIN/extract-patch" --xen --xen-syms "$xen_syms" wrong.d.o \
    --depends payloads/lower -o wrong.livepatch
like 'upper: says where' "$(<"$tap_log")" "cannot prove 'xen_extra_version': 'payloads/lower' differs"
check 'raw: an object without its original' payload raw --function xen_extra_version replaced.o
like 'raw: is called unchecked' "$(<raw.yaml)" 'reproduces-target: unchecked'
xen_compile "$top/testdata/xen/livepatch.c" livepatch.o
xen_compile "$top/testdata/xen/livepatch.c" livepatch.new.o -DPATCHED
"$BIN/create-diff-object" livepatch.o livepatch.new.o -o endbr64.d.o >/dev/null
check 'endbr64: a local function that begins with it' payload endbr64 endbr64.d.o
like 'endbr64: its original is what Xen has' "$(<endbr64.yaml)" 'reproduces-target: exact'
like 'endbr64: of the right file of two' "$(strings payloads/endbr64)" 'arch/x86/livepatch.c#mask_nmi_callback'
kinds=$(for file in payloads/*; do readelf -rW "$file"; done | grep -o 'R_X86_64_[A-Z0-9_]*' | sort -u | xargs)
is 'relocations' "$kinds" 'R_X86_64_64 R_X86_64_PC32'
is 'symbols that two of them define, but for replaced functions' "$(for file in payloads/*; do
    readelf -sW "$file" | awk '$7 ~ /^[0-9]+$/ && $4 != "SECTION" && $8 ~ "@'"${file##*/}"'$" {print $8}'
done | sort | uniq -d)" ''

# ---- one boot ----

cat >plan <<'END'
for name in replaced added data local hooks raw endbr64; do
    at $name.upload upload $name
    at $name.apply apply $name
    at $name.revert revert $name
    at $name.again apply $name
    at $name.back revert $name
    at $name.unload unload $name
done
at base.upload upload base
at stacked.upload upload stacked
at stacked.early apply stacked
at base.apply apply base
at stacked.apply apply stacked
at base.revert revert base
at list list
at both.upload upload both
at both.replace replace both
at both.revert revert both
for name in lower upper top; do
    at $name.upload upload $name
done
at upper.early apply upper
for name in lower upper top; do
    at $name.apply apply $name
done
for name in top upper lower; do
    at $name.revert revert $name
done
END
check 'Xen boots, and the plan comes to its end' xen_run boot plan payloads/*
old="rc=0 extra=$extra minor=17"

cycle() { # cycle NAME EXTRA [AGAIN]: what is seen while it is applied, and what of applying it again
    is "$1: upload" "$(xen_end "$1.upload")" "$old"
    is "$1: apply" "$(xen_end "$1.apply")" "rc=0 extra=$2 minor=17"
    is "$1: revert" "$(xen_end "$1.revert")" "$old"
    is "$1: apply again" "$(xen_end "$1.again")" "${3-"rc=0 extra=$2 minor=17"}"
    is "$1: unload" "$(xen_end "$1.unload")" "$old"
}
cycle replaced "$extra-fixed"
cycle added "$extra-added"
cycle data "$extra-data1" "rc=1 extra=$extra minor=17"
cycle local 'debug=n'
cycle hooks "$extra-hookL" "rc=1 extra=$extra minor=17"
cycle raw "$extra-fixed"
cycle endbr64 "$extra"
like 'Xen checks expectations' "$(xen_said replaced.apply)" 'replaced: Verifying enabled expectations'
like 'and says why data is applied once only' "$(xen_said data.again)" "can't revert as payload has \.data"
is 'stack: the upper one alone is refused' "$(xen_end stacked.early)" "rc=1 extra=$extra minor=17"
like 'stack: by its build-id' "$(xen_said stacked.early)" 'check against hypervisor build-id failed'
is 'stack: the lower one' "$(xen_end base.apply)" "rc=0 extra=$extra-base minor=17"
is 'stack: the upper one uses function and data of the lower one' "$(xen_end stacked.apply)" "rc=0 extra=$extra-base minor=217"
is 'stack: the lower one stays' "$(xen_end base.revert)" "rc=2 extra=$extra-base minor=217"
like 'stack: both are listed by name' "$(xen_said list)" 'base +\| APPLIED +\| name=base.*stacked +\| APPLIED +\| name=stacked'
is 'replace: upload beside what it replaces' "$(xen_end both.upload)" "rc=0 extra=$extra-base minor=217"
is 'replace' "$(xen_end both.replace)" "rc=0 extra=$extra-base minor=217"
is 'replace: nothing is left of the stack' "$(xen_end both.revert)" "$old"
is 'one function: the lower patch' "$(xen_end lower.apply)" "rc=0 extra=$extra-lower minor=17"
is 'one function: the upper one alone is refused' "$(xen_end upper.early)" "rc=1 extra=$extra minor=17"
is 'one function: the upper one sees the variable of the lower one' "$(xen_end upper.apply)" "rc=0 extra=$extra-upper minor=17"
is 'one function: a function of the lower one is replaced' "$(xen_end top.apply)" "rc=0 extra=$extra-new minor=17"
is 'one function: two are left' "$(xen_end top.revert)" "rc=0 extra=$extra-upper minor=17"
is 'one function: one is left' "$(xen_end upper.revert)" "rc=0 extra=$extra-lower minor=17"
is 'one function: none is left' "$(xen_end lower.revert)" "$old"
[[ $tap_failed -eq 0 ]] || tap_note "$(tail -n 60 boot/transcript boot/qemu.log)"
tap_done
