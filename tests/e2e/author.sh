#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# timeout: 120
# sanitize: yes
#
# The examples of docs/author-guide.md are what they say: each diff applies to the program of the
# guide, compiles without a warning, and create-diff-object prints what stands below it.

set -euo pipefail
name="author-test"
# shellcheck source=tests/lib/common.sh
source "$(dirname "${BASH_SOURCE[0]}")/../lib/common.sh"
# shellcheck source=tests/lib/tap.sh
source "$lib/tap.sh"
cd "$work"
flags=(-O2 -g -std=gnu11 -ffunction-sections -fdata-sections -fPIE -Wall -Wextra -Wredundant-decls
    -Wno-unused-parameter -Werror -idirafter "$top/runtime")

# Each block of the guide becomes a file: server.c, 1.diff and 1.output or 1.nothing, 2.diff ...
awk '/^```/ {
    if (file) { file = ""; next }
    if ($2) file = $2
    else { kind = substr($0, 4); n += kind == "diff"; file = n "." kind }
    next
} file { print >file }' "$top/docs/author-guide.md"

is "the guide has examples" "$(find . -name '*.diff' | wc -l)" "5"
for compiler in gcc clang; do
    check "$compiler compiles the program" "$compiler" "${flags[@]}" -c server.c -o server.o
    for diff in *.diff; do
        what="$compiler: example ${diff%.diff}"
        mkdir -p new && cp server.c new/ && rm -f out.o
        check "$what applies" patch -s --fuzz=0 new/server.c "$diff"
        check "$what compiles" bash -c 'cd new && "$@"' - "$compiler" "${flags[@]}" -c server.c -o ../new.o
        status=0
        "$BIN/create-diff-object" -o out.o --object server.o server.o new.o >stdout 2>stderr || status=$?
        if [[ -e ${diff%.diff}.output ]]; then
            is "$what is a patch" "$status $(<stderr)" "0 "
            is "$what prints what the guide says" "$(sort stdout)" "$(sort "${diff%.diff}.output")"
        else
            is "$what is none" "$status $(<stderr)" "3 $(<"${diff%.diff}.nothing")"
        fi
    done
done

# The header needs nothing but a compiler: no C library, any standard, and C++.
cat >header.c <<'END_OF_FILE'
#include <livepatch.h>
extern const int limits[2];
const int limits[2] = { 1, 2 };
LIVEPATCH_TABLE(limits);
static void load(void) {}
LIVEPATCH_LOAD_HOOK(load);
LIVEPATCH_UNLOAD_HOOK(load);
static int pre(const struct livepatch_payload *payload) { return payload->rc; }
LIVEPATCH_PREAPPLY_HOOK(pre);
LIVEPATCH_PREREVERT_HOOK(pre);
static void post(const struct livepatch_payload *payload) { livepatch_shadow_free(payload, 1, NULL); }
LIVEPATCH_POSTAPPLY_HOOK(post);
LIVEPATCH_POSTREVERT_HOOK(post);
LIVEPATCH_IGNORE_FUNCTION(load);
LIVEPATCH_IGNORE_SECTION("checks");
END_OF_FILE
for call in 'gcc -std=c99' 'gcc -std=c11' 'gcc -std=gnu89' 'clang -std=c99' 'clang -std=gnu17' \
    'g++ -x c++ -std=c++98' 'g++ -x c++ -std=c++20' 'clang++ -x c++ -std=c++17'; do
    read -ra command <<<"$call"
    check "the header is freestanding: $call" "${command[@]}" -ffreestanding -nostdinc \
        -isystem "$("${command[0]}" -print-file-name=include)" -I "$top/runtime" \
        -pedantic -Wall -Wextra -Werror -c header.c -o header.o
done

# Advice that the guide gives for the first two: this is what happens without it.
sed 's/max_conns = 100/max_conns = 10/; s/tcp_open, NULL/tcp_open, tcp_close/' server.c >new/server.c
"${compiler}" "${flags[@]}" -c new/server.c -o new.o
fails "the same without macros" 2 "$BIN/create-diff-object" -o out.o server.o new.o
tap_done
