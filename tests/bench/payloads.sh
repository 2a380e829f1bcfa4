#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# How big the live patches of the real easy and medium fixes are (tests/gauntlet/fixes.yaml), and
# how long extract-patch takes for each. Prints a Markdown table. "loaded" is what the sandbox gets
# (text, read-only, frames, data), "file" is without manifest and source diff. What `make gauntlet` has
# left in build/gauntlet is taken; fixes that are not there are made. Fails when one of them is
# missing, when the median payload loads more than 1.25 bytes for a byte of new code, or when its file
# has more than 4 KiB above that.

set -euo pipefail
name=bench-payloads
# shellcheck source=tests/lib/common.sh
source "$(dirname "${BASH_SOURCE[0]}")/../lib/common.sh"

made=${OUT:-build/gauntlet}/made
mapfile -t fixes < <(cd tests/gauntlet && python3 -B -c '
import fixes
for name, fix in fixes.load().items():
    if fix["class"] in ("easy", "medium") and fix["expect"] == "accept":
        print(name)')
missing=()
for fix in "${fixes[@]}"; do
    [[ -e $made/$fix/4-link/$fix.o ]] || missing+=("$fix")
done
[[ ${#missing[@]} == 0 ]] || tests/gauntlet/run --keep "${missing[@]}" >&2 || true

measure() { # measure FIX: a row of numbers
    local fix=$1 target
    target=$(sed -n 's/^executable: *//p' "$made/$fix/lpbuild.log")
    python3 - "$BIN/extract-patch" "$fix" "$made/$fix/4-link/$fix.o" "$target" "$work" <<'END'
import json, resource, struct, subprocess, sys, time

tool, fix, linked, target, work = sys.argv[1:]
best = 1e9
for _ in range(3):
    start = time.monotonic()
    out = subprocess.run([tool, '--qemu', '--json', linked, target, '-o', f'{work}/{fix}.raxlpxs'],
                         check=True, capture_output=True, text=True).stdout
    best = min(best, time.monotonic() - start)
memory = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss // 1024
got = json.loads(out)
# The two compressed sections are for readers: not counted.
data = open(f'{work}/{fix}.raxlpxs', 'rb').read()
shoff, = struct.unpack_from('<Q', data, 40)
n, = struct.unpack_from('<H', data, 60)
extra = 0
for i in range(n):
    kind, flags, _, _, size = struct.unpack_from('<IQQQQ', data, shoff + 64 * i + 4)
    extra += size if flags & 0x800 else 0
print(fix, got['functions'], got['new-code'], got['placed'], len(data) - extra, len(data),
      f'{best:.2f}', memory)
END
}

for fix in "${fixes[@]}"; do
    if [[ -e $made/$fix/4-link/$fix.o ]]; then
        measure "$fix" || echo "not made: $fix" >&2
    fi
done >"$work/rows"
python3 - "$work/rows" "${#fixes[@]}" <<'END'
import statistics, sys

rows = [line.split() for line in open(sys.argv[1])]
if not rows:
    sys.exit('error: no payload was made')
print('| fix | functions | new code | loaded | per byte | file | with manifest | extract-patch |')
print('|---|---|---|---|---|---|---|---|')
for r in rows:
    print(f'| {r[0]} | {r[1]} | {r[2]} | {r[3]} | {int(r[3]) / max(int(r[2]), 1):.2f} | {r[4]} | {r[5]} | {r[6]} s |')
per_byte = statistics.median(int(r[3]) / max(int(r[2]), 1) for r in rows)
above = statistics.median(int(r[4]) - int(r[3]) for r in rows)
print(f'\nmedian of {len(rows)} (of {sys.argv[2]}): {per_byte:.2f} bytes loaded per byte of new code, file {above:.0f} bytes above that;')
print(f'extract-patch at most {max(float(r[6]) for r in rows):.2f} s and {max(int(r[7]) for r in rows)} MB')
sys.exit(per_byte > 1.25 or above > 4096 or len(rows) != int(sys.argv[2]))
END
