#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck source=tests/lint/lib.sh
source "$(dirname "$0")/lib.sh"

scripts() {
    git ls-files | while read -r file; do
        [[ -f $file ]] || continue
        if [[ $file == *.sh ]] || { [[ -x $file ]] && is_script "$file"; }; then
            printf '%s\n' "$file"
        fi
    done
}

check_each 'shellcheck' shellcheck -x < <(scripts)
tap_done
