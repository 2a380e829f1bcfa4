# shellcheck shell=bash
# shellcheck disable=SC2034,SC2154 # set for, and by, those who source this
# SPDX-License-Identifier: GPL-2.0-or-later
#
# A patch that goes in and out time after time, and what its stops were like; to be sourced after common.sh
# and tap.sh. failed counts the changes that failed.

failed=0
stops=$work/stops
: >"$stops"

# change SOCKET VERB...: one half of a cycle.
change() {
    local answer status=0
    answer=$("$BIN/raxlpxs" --socket "$1" --json --wait 60 "${@:2}" 2>"$work/error") || status=$?
    if [[ $status -ne 0 ]]; then
        failed=$((failed + 1))
        tap_note "$*: exit code $status: $answer $(<"$work/error")"
    elif [[ $answer =~ \"longest-stop-us\":\ ([0-9]+) ]]; then
        printf '%s ' "${BASH_REMATCH[1]}" >>"$stops"
        [[ $answer =~ \"attempts\":\ ([0-9]+) ]] && printf '%s\n' "${BASH_REMATCH[1]}" >>"$stops"
    fi
}

# percentile COLUMN PERCENT: of the stops.
percentile() {
    cut -d' ' -f"$1" "$stops" | sort -n |
        awk -v p="$2" '{ v[NR] = $1 } END { i = int(NR * p / 100); print v[i < 1 ? 1 : i] }'
}

# cycle_figures WHAT CYCLES SECONDS
cycle_figures() {
    figure "$1: times in and out" "$2, in $3 s"
    figure "$1: longest stop of a change, median, 99 %, worst" \
        "$(percentile 1 50), $(percentile 1 99), $(percentile 1 100) us"
    figure "$1: attempts of a change, median, 99 %, most" \
        "$(percentile 2 50), $(percentile 2 99), $(percentile 2 100)"
}
