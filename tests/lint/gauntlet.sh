#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# docs/gauntlet.md has a row for each fix of tests/gauntlet/fixes.yaml; each fix that becomes a patch
# has a script that reproduces the bug or one that uses what is changed, and no script is left over.
# shellcheck source=tests/lint/lib.sh
source "$(dirname "$0")/lib.sh"

# fixes: "ID OUTCOME SCRIPT" for each; SCRIPT is the file name that its script has.
fixes() {
    python3 -B - <<'END'
import sys
sys.path.insert(0, 'tests/gauntlet')
import fixes
for name, fix in fixes.load().items():
    print(name, fix['expect'], fix.get('adapts', name).replace('-', '_') + '.py')
END
}

scripts() { git ls-files 'tests/gauntlet/reproduce/*.py' 'tests/gauntlet/exercise/*.py'; }

list=$(fixes)
check 'there are fixes' test "$(wc -l <<<"$list")" -gt 90
is 'docs/gauntlet.md has a row for each fix' \
    "$(sed -n '/^| fix /,/^## /s/^| \([^ |]*\) .*/\1/p' docs/gauntlet.md | tail -n +2 | sort)" \
    "$(cut -d ' ' -f 1 <<<"$list" | sort)"
is 'each fix that becomes a patch has one script' \
    "$(sed -n 's/.* accept //p' <<<"$list" | sort -u)" \
    "$(scripts | sed 's,.*/,,' | grep -v '_adapted\.py$' | sort)"
tap_done
