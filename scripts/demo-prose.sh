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
seconds() { printf '%d.%d s' "$(($1 / 1000))" "$(($1 % 1000 / 100))"; }
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
    said=${said#*: }
    [[ $status -eq $want ]] || die "'$*': exit code $status, not $want: $said"
}

tell_payload() {
    local line
    while read -r line; do
        say "changed: $line"
    done < <(manifest_functions "$manifest")
    say "payload: $(short "$payload"), $(stat -c %s "$payload") bytes; manifest: $(short "$manifest") ($took)"
}

# tell_apply PID SOCKET [COMMAND...]: applies $payload; COMMAND runs right before.
tell_apply() {
    local pid=$1 sock=$2
    shift 2
    read -r code_sum code_size < <(text_sum "$pid")
    "$lib/procmem.py" save "$pid" "$work/code"
    [[ $# -eq 0 ]] || "$@"
    cmd "raxlpxs --pid $pid --apply $(short "$payload")"
    timed expect 0 lp_apply "$sock" "$payload"
    indent <<<"$said"
    say "took $took; changed bytes of the program's $code_size bytes of code:"
    { "$lib/procmem.py" diff "$pid" "$work/code" || true; } | indent
}

# tell_remove PID SOCKET NAME
tell_remove() {
    local now
    cmd "raxlpxs --pid $1 --remove $3"
    expect 0 lp_remove "$2" "$3"
    indent <<<"$said"
    read -r now _ < <(text_sum "$1")
    say "code before the patch: sha256 $code_sum"
    say "code now:              sha256 $now"
    [[ $now == "$code_sum" ]] || die "the code is not what it was"
    good "byte-identical"
}
