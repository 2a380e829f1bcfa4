# shellcheck shell=bash
# shellcheck disable=SC2154 # what others set is named where it comes from
# SPDX-License-Identifier: GPL-2.0-or-later
#
# How the demo speaks: numbered steps, commands as a person would type them, and the parts of the
# story that both targets share. To be sourced by demo.sh.

bold='' dim='' green='' red='' plain=''
if [[ -t 1 && -z ${NO_COLOR-} && ${TERM-dumb} != dumb ]]; then
    bold=$'\e[1m' dim=$'\e[2m' green=$'\e[32m' red=$'\e[31m' plain=$'\e[0m'
fi

steps=0
step() {
    steps=$((steps + 1))
    printf '\n%s%d. %s%s\n' "$bold" "$steps" "$1" "$plain"
}
say() { printf '   %s\n' "$*"; }
cmd() { printf '   %s$ %s%s\n' "$dim" "$*" "$plain"; }
good() { printf '   %s%s%s\n' "$green" "$*" "$plain"; }
bad() { printf '   %s%s%s\n' "$red" "$*" "$plain"; }
indent() { sed 's/^/   /'; }

short() { printf '%s' "${1#"$top/"}"; }
seconds() { # seconds MS: "3.4 s", "7 min 31 s"
    if [[ $1 -lt 60000 ]]; then
        printf '%d.%d s' "$(($1 / 1000))" "$(($1 % 1000 / 100))"
    else
        printf '%d min %d s' "$(($1 / 60000))" "$(($1 / 1000 % 60))"
    fi
}
build_id() { readelf -n "$1" | sed -n 's/^ *Build ID: \(.\{12\}\).*/\1/p'; }

# timed COMMAND...: sets `took`.
timed() {
    local t
    t=$(now_ms)
    "$@"
    took=$(seconds "$(($(now_ms) - t))")
}

# must LOG COMMAND...: a step that writes $work/LOG.log; the demo ends when it fails.
must() {
    local log=$work/$1.log
    shift
    "$@" && return
    tail -n 15 "$log" | indent >&2
    die "'$*' failed" "the whole log is $(short "$log")"
}

# expect STATUS COMMAND...: the story goes as told, or ends here. Sets `said`, what it printed.
expect() {
    local want=$1 status=0
    shift
    said=$("$@" 2>&1) || status=$?
    [[ ! $said =~ ^(vnc|qmp|mini|ticks):\ (.*)$ ]] || said=${BASH_REMATCH[2]}
    [[ $status -eq $want ]] || die "'$*': exit code $status, not $want: $said"
}

# tool NAME ARGUMENT...: shows the command and runs it; it must succeed.
tool() {
    cmd "${*//"$top/"/}"
    expect 0 "$BIN/$1" "${@:2}"
}

# tell_payload LOG: what lpbuild said that it changed, and why the manifest says so.
tell_payload() {
    sed -n '/^\(modified\|added\|data\|ignored\) /p' "$work/$1.log" | indent
    sed -n 's/^ *why: "\(.*\)"$/   why         \1/p' "$manifest"
    say "payload     $(short "$payload"), $(stat -c %s "$payload") bytes ($took)"
    say "manifest    $(short "$manifest")"
}

# tell_apply PID [COMMAND...]: applies $payload; COMMAND runs right before.
tell_apply() {
    local pid=$1
    shift
    read -r code_sum code_size < <(text_sum "$pid")
    "$lib/procmem.py" save "$pid" "$work/code"
    [[ $# -eq 0 ]] || "$@"
    tool raxlpxs --pid "$pid" --apply "$payload"
    indent <<<"$said"
    say "bytes that differ now in the $code_size bytes of the program's code, as address+size:"
    { "$lib/procmem.py" diff "$pid" "$work/code" || true; } | indent
}

# tell_remove PID NAME
tell_remove() {
    local now
    tool raxlpxs --pid "$1" --remove "$2"
    indent <<<"$said"
    read -r now _ < <(text_sum "$1")
    say "code before the patch: sha256 $code_sum"
    say "code now:              sha256 $now"
    [[ $now == "$code_sum" ]] || die "the code is not what it was"
    good "byte-identical"
}
