#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Every refusal rule of create-diff-object is described in docs/rules.md and has a case that
# meets it; nothing else is described, and no case waits for a rule that is not there. The kinds of
# change that testdata/cases/README.md lists have the cases that it names.
set -uo pipefail
cd "$(dirname "$0")/../.." || exit 1
# shellcheck source=tests/lib/tap.sh
source tests/lib/tap.sh

rules=$(sed -n 's/^\t{ "\([a-z-]*\)",.*/\1/p' create-diff-object/rules.c | sort)
# shellcheck disable=SC2016 # the backquotes are markdown's
described=$(sed -n 's/^| `\([a-z-]*\)` .*/\1/p' docs/rules.md | sort)
tested=$(sed -n 's/^rule: //p' testdata/cases/*/expect.yaml | sort -u)

is 'docs/rules.md has a line for each rule' "$described" "$rules"
is 'testdata/cases has a case for each rule' "$tested" "$rules"

column() { # column N: what the table of the cases names there
    # shellcheck disable=SC2016 # the backquotes are markdown's
    grep '^|' testdata/cases/README.md | tail -n +3 | cut -d '|' -f "$1" | grep -o '`[^`]*`' | tr -d '`' | sort
}
is 'testdata/cases/README.md names cases that there are' \
    "$(column 3 | while read -r name; do [[ -e testdata/cases/$name/expect.yaml ]] || echo "$name"; done)" ''
is 'testdata/cases/README.md names each mutation of QEMU' \
    "$(column 4 | uniq)" "$(grep -v '^#' testdata/qemu/mutations.tsv | cut -f 1 | sort)"
check 'there are rules' test "$(wc -l <<<"$rules")" -gt 10
tap_done
