#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# timeout: 300
#
# lpbuild makes a stack of payloads from diffs that build on each other, and one that replaces the
# stack; the mini target runs them. The second changes what the first has changed, and uses a
# variable and a function of the first.

set -euo pipefail
name="lpbuild-stack"
# shellcheck source=tests/lib/common.sh
source "$(dirname "${BASH_SOURCE[0]}")/../lib/common.sh"
# shellcheck source=tests/lib/tap.sh
source "$lib/tap.sh"
# shellcheck source=tests/lib/mini.sh
source "$lib/mini.sh"

raxlpxs() { "$BIN/raxlpxs" --socket "${mini_sock[a]}" "$@"; }
version() { mini_say a 5 version; }

# step NAME FROM TO: NAME.patch between two versions of the file.
step() { ! (cd "$work" && diff -u "$2/version.c" "$3/version.c" >"$1.patch"); }

mkdir -p "$work"/{0,1,2}
cp testdata/mini/version.c "$work/0/"
cat >"$work/1/version.c" <<'END'
/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "mini.h"

int version_asked;

const char *version_name(int n);
__attribute__((noinline)) const char *version_name(int n)
{
	return n % 2 ? "first, odd" : "first, even";
}

const char *mini_version(void)
{
	return version_name(++version_asked);
}
END
sed 's/return version_name(++version_asked);/version_asked += 2;\n\treturn version_asked > 100 ? "many" : version_name(version_asked);/' \
    "$work/1/version.c" >"$work/2/version.c"
check "the first diff" step first 0 1
check "the second diff" step second 1 2
mini_build
check "a stack" lpbuild "$work/stack.log" --recipe mini --stack --out "$work/stack" \
    --diff "$work/first.patch" --diff "$work/second.patch"
like "both are reported" "$(<"$work/stack.log")" "stack/first/first\.raxlpxs.*stack/second/second\.raxlpxs"
is "the second has one function" "$(grep -c 'change: ' "$work/stack/second/second.yaml")" 1
check "what replaces both" lpbuild "$work/both.log" --recipe mini --replace --name both --out "$work/both" \
    --diff "$work/first.patch" --diff "$work/second.patch"
check "the stack as data, with names and pages" lpbuild "$work/stack.json" --recipe mini --stack --json --review \
    --name one --name two --out "$work/named" --diff "$work/first.patch" --diff "$work/second.patch"
is "one document: names and functions" \
    "$(jq -r '.stack[] | .name + ": " + ([.changes[] | select(.change != "ignored") | .name] | sort | join(" "))' "$work/stack.json")" \
    $'one: mini_version version_asked version_name\ntwo: mini_version'
is "and the files" "$(jq -r '.stack[] | .payload, .manifest, .review' "$work/stack.json" | xargs -d '\n' ls 2>&1 | wc -l)" 6
is "the payloads are the same but for the names" \
    "$(sed 's/name: two/name: second/' "$work/named/two/two.yaml" | grep -v replaced-below -A 2 | grep -vF one.raxlpxs)" \
    "$(grep -v replaced-below -A 2 "$work/stack/second/second.yaml" | grep -vF first.raxlpxs)"
like "the page of the second has its part of the diff" "$(sed -n '/<article id="mini_version">/,/<\/article>/p' "$work/named/two/two.html")" \
    '<span class="a">.\s*version_asked \+= 2;'
like "the page of the second shows the first's code" "$(<"$work/named/two/two.html")" "mini_version, old, of patch &#39;one&#39;"
is "nothing in it is unknown, or contradicts" "$(grep -cE 'not named|class="(v |g )bad' "$work/named/two/two.html")" 0
fails "not a name for each" 64 "$BIN/lpbuild" --recipe mini --stack --name one --diff "$work/first.patch" --diff "$work/second.patch"
fails "--stack with --replace" 64 "$BIN/lpbuild" --recipe mini --stack --replace --diff "$work/first.patch"
fails "two of one name" 64 "$BIN/lpbuild" --recipe mini --stack --diff "$work/first.patch" --diff "$work/first.patch"

mini_start a
plain=$("$lib/procmem.py" sum "${mini_pid[a]}")
old=$(version)
fails "the second alone is refused" 2 raxlpxs --apply "$work/stack/second/second.raxlpxs"
check "apply the first" raxlpxs --apply "$work/stack/first/first.raxlpxs"
like "it is asked for the first time" "$(version)" 'first, odd'
check "apply the second" raxlpxs --apply "$work/stack/second/second.raxlpxs"
like "which counts on in the same variable" "$(version)" 'first, odd'
fails "the first stays below" 2 raxlpxs --remove first
check "remove the second" raxlpxs --remove second
like "the first counts on" "$(version)" 'first, even'
check "the second again" raxlpxs --apply "$work/stack/second/second.raxlpxs"
like "as before" "$(version)" 'first, even'
check "one for both" raxlpxs --apply "$work/both/both.raxlpxs"
like "with a variable of its own" "$(version)" 'first, even'
is "is alone" "$(raxlpxs --list | awk 'NR > 1 { print $1, $3 }')" \
    $'both APPLIED\nsecond CHECKED\nfirst CHECKED'
check "remove it" raxlpxs --remove both
check "remove the second" raxlpxs --remove second
check "remove the first" raxlpxs --remove first
is "the program is what it was" "$(version)" "$old"
is "to the byte" "$("$lib/procmem.py" sum "${mini_pid[a]}")" "$plain"
tap_done
