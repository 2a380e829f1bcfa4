#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# create-diff-object --debug-info: what a debugger needs to show the lines of new code.
# sanitize: yes
set -uo pipefail
cd "$(dirname "$0")/../.." || exit 1
# shellcheck source=tests/lib/scratch.sh
source tests/lib/scratch.sh
cd "$tmp" || exit 1

cat >orig.c <<'END_OF_FILE'
int same(int *p)
{
	return *p + 1;
}
int changed(int *p)
{
	return *p - 1;
}
END_OF_FILE
sed 's/p - 1/p - 7 * p[1]/' orig.c >patched.c

diff_objects() { # diff_objects COMPILER FLAG...
    local side
    for side in orig patched; do
        cp $side.c case.c && "$1" -O2 -ffunction-sections -fPIE "${@:2}" -c case.c -o $side.o || return 1
    done
    rm -f companion.o
    "$BIN/create-diff-object" orig.o patched.o -o out.o --debug-info companion.o
}

is_sound() { ! readelf -aw companion.o 2>&1 | grep -E 'Warning|Error'; }
knows_line() { # knows_line SECTION LINE
    [[ $(addr2line -j "$1" -e companion.o 0x0) == *case.c:$2* ]]
}
has_section() { readelf -SW companion.o | grep -qE " $1 +$2 "; }

for compiler in gcc clang; do
    for flags in '-gdwarf-5' '-gdwarf-4' '-gdwarf-5 -gz'; do
        # shellcheck disable=SC2086 # words
        check "$compiler $flags: the companion is written" diff_objects "$compiler" $flags
        check "$compiler $flags: readelf has nothing to say about it" is_sound
        check "$compiler $flags: the changed function begins at its line" knows_line .text.changed [67]
        check "$compiler $flags: it has no code" has_section .text.changed NOBITS
        fails "$compiler $flags: other code is not in it" 1 has_section .text.same '[A-Z]+'
        check "$compiler $flags: ld -r takes it" ld -r companion.o -o linked.o
    done
done
check 'without debug information: still an object' diff_objects gcc
check 'without debug information: sound' is_sound
check 'the output itself has no debug sections' eval '! readelf -SW out.o | grep -q debug_'
cp patched.c orig.c && rm -f companion.o
fails 'nothing changed: exit 3' 3 diff_objects gcc -g
check 'nothing changed: no companion' test ! -e companion.o
tap_done
