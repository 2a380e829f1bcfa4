# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# TAP for the tests that are scripts; to be sourced. The plan comes last (tap_done), because
# a test knows only then how many points it had. Commands run in this shell, so that what they
# set stays set; their output goes to a file without a name, tap_log.

tap_count=0
tap_failed=0
tap_log=$(mktemp)
exec {tap_fd}<>"$tap_log"
rm "$tap_log"
tap_log=/proc/$$/fd/$tap_fd

tap_point() { # tap_point STATUS TEXT
    tap_count=$((tap_count + 1))
    if [[ $1 -eq 0 ]]; then
        printf 'ok %d - %s\n' "$tap_count" "$2"
    else
        tap_failed=$((tap_failed + 1))
        printf 'not ok %d - %s\n' "$tap_count" "$2"
    fi
}

tap_note() {
    local text=$*
    printf '# %s\n' "${text//$'\n'/$'\n'# }"
}

# figure WHAT MEASURED: a row for docs/benchmarks.md, as a note that begins with a bar (make soak).
figure() { tap_note "| $1 | $2 |"; }

# check TEXT COMMAND...: a point that is fine when COMMAND succeeds; else its output is shown.
check() { fails "$1" 0 "${@:2}"; }

# fails TEXT WANTED-STATUS COMMAND...: the point is fine when COMMAND exits with that status.
fails() {
    local text=$1 want=$2 status=0
    shift 2
    "$@" >"$tap_log" 2>&1 || status=$?
    tap_point "$((status != want))" "$text"
    if [[ $status -ne $want ]]; then
        tap_note "status $status, not $want, from: $*"
        tap_note "$(tail -n 20 "$tap_log")"
    fi
}

# is TEXT GOT WANTED
is() {
    if [[ $2 == "$3" ]]; then
        tap_point 0 "$1"
    else
        tap_point 1 "$1"
        tap_note "got:    $2"
        tap_note "wanted: $3"
    fi
}

# like TEXT GOT REGEX
like() {
    if [[ $2 =~ $3 ]]; then
        tap_point 0 "$1"
    else
        tap_point 1 "$1"
        tap_note "got:            $2"
        tap_note "wanted to match: $3"
    fi
}

tap_done() {
    printf '1..%d\n' "$tap_count"
    [[ $tap_failed -eq 0 ]]
}

# For what is not there (no network, say): the whole test counts as one skipped point.
tap_skip_all() {
    printf '1..0 # SKIP %s\n' "$*"
    exit 0
}
