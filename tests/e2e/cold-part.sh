#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# What is unlikely in a function, gcc puts elsewhere, as `work.cold`. A thread in there, or on
# its way back to there, is in the old function. The program here sleeps in it.
# timeout: 120
set -uo pipefail
cd "$(dirname "$0")/../.." || exit 1
# shellcheck source=tests/lib/scratch.sh
source tests/lib/scratch.sh
cd "$tmp" || exit 1
mkdir old new run

cat >program.h <<'END_OF_FILE'
void nap(int x) __attribute__((cold));
void doze(int x) __attribute__((cold, noreturn));
int twin(int x);
END_OF_FILE
cat >work.c <<'END_OF_FILE'
#include "program.h"
#ifndef STEP
#define STEP 1
#endif
int work(int x)
{
	if (x == -1)
		nap(x);
	if (x == -2)
		doze(x); // the call is the last of work.cold: the way back leads behind its end
	return x + STEP;
}
END_OF_FILE
cat >twin.c <<'END_OF_FILE'
#include "program.h"
static __attribute__((noinline)) int work(int x)
{
	if (x == -3)
		doze(x);
	return x * 3;
}
int twin(int x) { return work(x); }
END_OF_FILE
cat >main.c <<'END_OF_FILE'
#include <stdio.h>
#include <stdlib.h>
#include "program.h"
int work(int x), sandbox_init(void), sandbox_start(void);
static char line[16];
static void sleep_here(void)
{
	puts("asleep");
	fflush(stdout);
	if (!fgets(line, sizeof(line), stdin))
		exit(1);
}
void nap(int x) { (void)x; sleep_here(); }
void doze(int x) { sleep_here(); exit(x); }
int main(void)
{
	if (sandbox_init() || sandbox_start())
		perror("sandbox");
	while (fgets(line, sizeof(line), stdin)) {
		printf("%d\n", work(atoi(line)) + twin(0));
		fflush(stdout);
	}
	return 0;
}
END_OF_FILE

read -ra flags <<<'-O2 -g -fPIE -ffunction-sections -fdata-sections'
build() { # build CC: program, and new/work.o
    "$1" "${flags[@]}" -c work.c -o old/work.o && "$1" "${flags[@]}" -DSTEP=1001 -c work.c -o new/work.o &&
        "$1" "${flags[@]}" -c twin.c -o old/twin.o && "$1" "${flags[@]}" -c main.c -o old/main.o &&
        "$1" -pie -pthread -Wl,--build-id=sha1 -o program old/{main,work,twin}.o "$BIN/../libsandbox.a" \
            -lz -lsodium -ldl
}
extract() { "$BIN/extract-patch" "$@" -o p.raxlpxs -m p.yaml; }
manifest() { python3 -c "import yaml; m = yaml.safe_load(open('p.yaml')); print($1)"; }
cold_in_manifest() { manifest "'%016x %d' % tuple(m['functions'][0]['cold'].values())"; }
cold_of() { # cold_of SOURCE: address and size of its work.cold in the program
    readelf -sW program | awk -v file="$1" '$4 == "FILE" { at = $8 } at == file && $8 == "work.cold" { print $2, $3 }'
}
sections() { readelf -SW p.raxlpxs | grep -c ' \.livepatch\.ranges '; }
client() { timeout 20 "$BIN/raxlpxs" --socket "run/sandbox-sock$pid" "$@"; }
say() { # say LINE: the program's answer
    local answer
    echo "$1" >&"$to"
    IFS= read -r -t 20 answer <&"$from" && echo "$answer"
}

check 'builds' build gcc
[[ $tap_failed -eq 0 ]] || { tap_done; exit 1; }
[[ -n $(cold_of work.c) && -n $(cold_of twin.c) ]]
tap_point $? 'the premise: both functions called work have a cold part'

# ---- the payload lists it ----

check 'create-diff-object' "$BIN/create-diff-object" old/work.o new/work.o -o d.o
check 'extract, diff object' extract d.o program
is 'the manifest has the cold part' "$(cold_in_manifest)" "$(cold_of work.c)"
is 'there is a list of ranges' "$(sections)" 1
is 'which the cold part is in' \
    "$(readelf -rW p.raxlpxs | sed -n '/rela.livepatch.ranges/,/^$/p' | awk '/R_X86_64_64/ {print $4, $5}' | sed -n 2p)" \
    "$(cold_of work.c | cut -d' ' -f1) work.cold"
is 'readelf says nothing' "$(readelf -aW p.raxlpxs 2>&1 >/dev/null)" ''
is 'eu-elflint says nothing' "$("$top/tests/lib/elflint.sh" p.raxlpxs)" ''
cp p.raxlpxs diff.raxlpxs

# Every byte of it is proved.
end=$((0x$(cold_of work.c | cut -d' ' -f1) + $(cold_of work.c | cut -d' ' -f2) - 5))
python3 - "$end" <<'END_OF_FILE' # the call of doze; .text has the same offset in file and memory
import sys
data = bytearray(open('program', 'rb').read())
data[int(sys.argv[1])] ^= 1
open('spoilt', 'wb').write(data)
END_OF_FILE
fails 'one bit of the cold part is another: not proved' 4 extract d.o spoilt
like 'which the message says' "$(extract d.o spoilt 2>&1)" "^error: cannot prove 'work.cold'"

check 'extract, raw object' extract -f work new/work.o program
is 'raw: the cold part of the global, not that of the static function' "$(cold_in_manifest)" "$(cold_of work.c)"
sed 's/x \* 3/x * 4/; s/return work(x)/return -work(x)/' twin.c >new/twin.c
gcc "${flags[@]}" -I. -c new/twin.c -o new/twin.o
check 'extract, raw object, static function' extract -f work new/twin.o program
is 'raw: that of the static function' "$(cold_in_manifest)" "$(cold_of twin.c)"
check 'extract, raw object, two functions' extract -f twin new/twin.o -f work program
is 'only one of the two has one' "$(manifest "['cold' in f for f in m['functions']]")" '[False, True]'

# ---- nobody may be in it ----

coproc target { SANDBOX_DIR=$tmp/run exec "$tmp/program" 2>"$tmp/stderr"; }
# shellcheck disable=SC2154 # coproc sets it
pid=$target_PID from=${target[0]} to=${target[1]}
is 'the old function' "$(say 5)" 6
is 'a thread sleeps below the cold part' "$(say -1)" asleep
fails 'busy' 5 client --apply diff.raxlpxs --wait 1
like 'with its name' "$(client --apply diff.raxlpxs --wait 0 2>&1)" \
    "^error: .*busy: thread $pid \(program\) is in 'work.cold'"
is 'it wakes up in the old function' "$(say go)" 0
check 'now it is applied' client --apply diff.raxlpxs
is 'the new function' "$(say 5)" 1006
is 'a thread sleeps below the new cold part' "$(say -1)" asleep
fails 'which can not be removed' 5 client --remove p --wait 0
is 'it wakes up in the new function' "$(say go)" 1000
check 'now it is removed' client --remove p
is 'the old function again' "$(say 5)" 6
is 'a thread sleeps where it will never come back from' "$(say -2)" asleep
fails 'busy as well' 5 client --apply diff.raxlpxs --wait 0
like 'with its name' "$(client --apply diff.raxlpxs --wait 0 2>&1)" "is in 'work.cold'"
exec {to}>&-
wait "$pid" 2>/dev/null
pid=''

# ---- no cold part, no list ----

flags+=(-fno-reorder-blocks-and-partition)
check 'builds in one part' build gcc
check 'create-diff-object' "$BIN/create-diff-object" old/work.o new/work.o -o d.o
check 'extract' extract d.o program
is 'no cold part in the manifest' "$(manifest "'cold' in m['functions'][0]")" False
is 'no list of ranges' "$(sections)" 0
tap_done
