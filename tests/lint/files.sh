#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# The rules of CONTRIBUTING.md that a machine can see.
# shellcheck source=tests/lint/lib.sh
source "$(dirname "$0")/lib.sh"

has_spdx() {
    local want='GPL-2.0-or-later'
    [[ $1 != runtime/* ]] || want='BSD-2-Clause OR GPL-2.0-or-later'
    head -n 3 "$1" | grep -qE "SPDX-License-Identifier: $want( |\$)"
}

is_short() { # at most 500 lines
    [[ $(wc -l <"$1") -le 500 ]]
}

functions_are_short() { # at most 60 lines from { to }
    awk '/^{/ { start = NR } /^}/ && start && NR - start > 60 {
            printf "function of %d lines ends at line %d\n", NR - start, NR; bad = 1
        } /^}/ { start = 0 } END { exit bad }' "$1"
}

# Nothing that is true on one machine only; documents may show such paths as examples.
no_machine_paths() {
    ! grep -nE '(^|[^A-Za-z0-9_.$}-])/(home|root|work|Users)/' "$1"
}

is_clean_text() { # no blanks at the end of a line, a newline at the end of the file
    ! grep -nE '[ 	]+$' "$1" && [[ ! -s $1 || -z $(tail -c 1 "$1") ]]
}

mapfile -t sources < <(files '*.[chS]' '*.sh' '*.py' Makefile .ci/run tests/run tests/fuzz/run)
mapfile -t texts < <(files '*.[chS]' '*.sh' '*.py' '*.yaml' '*.md' Makefile .ci/run)
check_each 'licence line' has_spdx < <(printf '%s\n' "${sources[@]}")
check_each 'at most 500 lines' is_short < <(printf '%s\n' "${sources[@]}")
check_each 'functions of at most 60 lines' functions_are_short < <(files '*.[ch]')
check_each 'no path of one machine' no_machine_paths \
    < <(files ':!docs' ':!tests/lint/files.sh' ':!tests/fuzz/seeds' ':!testdata/*.o')
check_each 'clean text' is_clean_text < <(printf '%s\n' "${texts[@]}")
tap_done
