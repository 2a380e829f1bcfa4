# shellcheck shell=bash
# shellcheck disable=SC2034,SC2154 # set for, and by, those who source this
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Pauses of a program, as a real-time thread of its own sees them (testdata/preload/meter.c); to be
# sourced after common.sh. The program is started below the words in meter_under NAME.

meter_so='' meter_prefix=()

# meter_build: also finds out whether there is real-time priority for the client. It is wanted so that
# what else runs on the machine before the stop, and between two, is not counted as its time.
meter_build() {
    meter_so=$work/meter.so
    "${CC:-gcc}" -D_GNU_SOURCE -O2 -shared -fPIC -pthread -I"$top" -o "$meter_so" \
        "$top/testdata/preload/meter.c" || return
    ! chrt -f 20 true 2>/dev/null || meter_prefix=(chrt -f 20)
}

# meter_env NAME: sets meter_under, the words before the command of a program that is measured as NAME.
meter_env() { meter_under=(env "LD_PRELOAD=$meter_so" "METER=$run/$1.meter"); }

meter_run() { timeout 600 "${meter_prefix[@]}" "${OUT:-${BIN%/bin}}/tests/pause" "$run/$1.meter" "${@:2}"; }

# at COLUMN PERCENT FILE: that value of the sorted numbers.
at() {
    sort -n -k"$1" "$3" | awk -v k="$1" -v p="$2" '{ v[NR] = $k }
        END { i = int(NR * p / 100); print v[i < 1 ? 1 : i] }'
}

# meter_measure NAME TITLE CYCLES SOCKET PAYLOAD PATCH: lines of a table.
meter_measure() {
    local out=$work/$1.changes
    meter_run "$1" idle 40 10 >"$work/$1.idle" || return
    meter_run "$1" cycles "$3" "$4" "$5" "$6" "$BIN/raxlpxs" >"$out" || return
    printf '| %s: largest gap of the meter, median, 95 %%, worst of %d changes | %s, %s, %s us |\n' \
        "$2" "$(wc -l <"$out")" "$(at 1 50 "$out")" "$(at 1 95 "$out")" "$(at 1 100 "$out")"
    printf '| in 10 ms when nobody patches, median, 95 %% | %s, %s us |\n' \
        "$(at 1 50 "$work/$1.idle")" "$(at 1 95 "$work/$1.idle")"
    printf '| stop as raxlpxs tells it, median, 95 %% | %s, %s us |\n' \
        "$(at 3 50 "$out")" "$(at 3 95 "$out")"
    printf '| raxlpxs from its start to its end, median | %s us |\n' "$(at 2 50 "$out")"
    printf '| the same from connect to done, median | %s us |\n' "$(at 5 50 "$out")"
    awk '{ n += $4; t += $2 } END {
        printf "| stops for each change, on average | %.2f |\n", n / NR
        printf "| apply and remove, cycles a second | %.0f |\n", 1e6 * NR / t / 2 }' "$out"
}
