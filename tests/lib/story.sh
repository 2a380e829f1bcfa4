# shellcheck shell=bash
# shellcheck disable=SC2034,SC2154 # set for, and by, those who source this
# SPDX-License-Identifier: GPL-2.0-or-later
#
# The steps of the QEMU story, told by scripts/demo.sh and asserted by tests/e2e/qemu*.sh;
# to be sourced after common.sh and vm.sh. Each step sets the variables that it names, leaves
# its output in $work/STEP.log, and returns the exit code of the tool that it ran.

fix_id=CVE-2023-3255
story_options=() # further ones, for lpbuild
package=$top/build/lpbuild/download # of QEMU's source, where lpbuild puts it

# The fix in tests/gauntlet/fixes.yaml, which has one part and one function: fix_part, fix_diff,
# fix_path, fix_functions.
story_fix() {
    local entry
    entry=$(sed -n '/^- id: vnc-inflate-loop$/,/^- id: vnc-inflate-regress$/p' \
        "$top/tests/gauntlet/fixes.yaml")
    fix_part=$(sed -n 's/^  - \(v7\..*\)/\1/p' <<<"$entry")
    IFS=: read -r fix_diff fix_path <<<"$fix_part"
    fix_diff+=.diff
    fix_functions=$(sed -n 's/^  changed: \[\(.*\)\]$/\1/p' <<<"$entry")
}

# story_cut OUT.patch: the fix, cut from QEMU's source package.
story_cut() { "$top/scripts/cut-fix.sh" "$package" "$1" "$fix_part"; }

# Whether QEMU's source package is here or can be fetched.
story_has_source() {
    "$top/recipes/fetch-debian-source.sh" fetch "$package" qemu 7.2+dfsg \
        >"$work/source.log" 2>&1
}

# Builds QEMU with the runtime, or finds it built: QEMU (the executable).
story_prepare() {
    lpbuild "$work/prepare.log" --qemu --prepare "${story_options[@]}" || return
    QEMU=$(sed -n 's/^executable: *//p' "$work/prepare.log")
}

# The live patch for DIFF: payload, manifest.
story_patch() { # story_patch NAME DIFF
    lpbuild "$work/patch-$1.log" --qemu --diff "$2" --out "$work/$1" "${story_options[@]}" || return
    payload=$work/$1/$1.raxlpxs
    manifest=$work/$1/$1.yaml
}

lp_apply() { "$BIN/raxlpxs" --socket "$1" --apply "$2"; }   # SOCKET PAYLOAD
lp_remove() { "$BIN/raxlpxs" --socket "$1" --remove "$2"; } # SOCKET NAME
lp_info() { "$BIN/raxlpxs" --socket "$1" --info; }          # SOCKET

# The names under `functions:` of a manifest, one a line.
manifest_functions() {
    sed -n '/^functions:/,/^[a-z]/s/^ *- *{\{0,1\}name: *"\{0,1\}\([^",}]*\).*/\1/p' "$1"
}
