#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# timeout: 120
#
# Signatures on the mini target: the commands of docs/signing.md as they stand there, keys and
# signatures of openssl both ways, policies, and what is refused. All keys are made here.

set -euo pipefail
name="sign"
# shellcheck source=tests/lib/common.sh
source "$(dirname "${BASH_SOURCE[0]}")/../lib/common.sh"
# shellcheck source=tests/lib/tap.sh
source "$lib/tap.sh"

unset -f lpbuild # the program itself, with a cache of its own
export XDG_CACHE_HOME=$work/cache
export PATH=$BIN:$PATH
cd "$work"
cp "$top/testdata/mini/version.patch" fix.patch

# start NAME EXECUTABLE [VARIABLE=VALUE]: pid.
start() {
    mkdir -p "$run/$1"
    env SANDBOX_DIR="$run/$1" SANDBOX_LOG="$work/$1.log" "${@:3}" "$2" "$run/$1/mini" 2>"$1.stderr" &
    pid=$!
    keep "$pid"
    wait_for 5 test -S "$run/$1/sandbox-sock$pid"
}

executable_in() { sed -n 's/^executable: *//p' <<<"$1"; }

# try COMMAND: status, and out with what it printed.
try() {
    status=0
    out=$(bash -c "$1" 2>&1 </dev/null) || status=$?
}

# refuses TEXT CODE REGEX COMMAND: the error's first line matches.
refuses() {
    try "$4"
    is "$1: exit code" "$status" "$2"
    like "$1: message" "$out" "^error: $3"
}

# ---- docs/signing.md: each line with a $, and what is printed below it ----

# Ids and the like are others each time. … stands for anything.
masked() { sed -E 's/[0-9a-f]{12,}/HEX/g' <<<"$1"; }
as_pattern() { sed -E 's/[][*?\\]/\\&/g; s/…/*/g' <<<"$1"; }

check_example() { # check_example COMMAND WANTED
    local command=${1//--qemu/--recipe mini} want
    if [[ $command == *PID* && -z ${pid-} ]]; then
        start docs "$exe"
    fi
    try "${command//PID/${pid-}}"
    [[ $command != *--prepare* ]] || exe=$(executable_in "$out")
    want=$(as_pattern "$(masked "$2")")
    local is_error=0
    [[ $2 != error:* ]] || is_error=1
    # shellcheck disable=SC2053 # it is a pattern
    if [[ $(masked "$out") == $want && $((status != 0)) -eq $is_error ]]; then
        tap_point 0 "docs/signing.md: $1"
    else
        is "docs/signing.md: $1" "$out (status $status)" "$2"
    fi
}

command='' wanted=''
while IFS= read -r line; do
    case $line in
    '    $ '*)
        [[ -z $command ]] || check_example "$command" "$wanted"
        command=${line#'    $ '} wanted=''
        ;;
    '    '*) wanted+=${wanted:+$'\n'}${line#'    '} ;;
    *)
        [[ -z $command ]] || check_example "$command" "$wanted"
        command=''
        ;;
    esac
done <"$top/docs/signing.md"
check "docs/signing.md has examples" test "$tap_count" -gt 12

# ---- keys ----

is "a private key is its owner's" "$(stat -c %a security.key)" 600
refuses "a key is not overwritten" 1 "cannot write 'security.key.pub': it is there already" \
    'lpbuild keygen security.key'
check "openssl reads our keys" openssl pkey -in security.key -pubout -out again.pub
check "and gives the same public key" cmp again.pub security.key.pub
check "openssl makes a key" openssl genpkey -algorithm ed25519 -out other.key
check "and its public half" openssl pkey -in other.key -pubout -out other.pub
openssl pkey -in other.key -aes256 -passout pass:x -out locked.key 2>/dev/null
refuses "an encrypted key" 1 "'locked.key' is not a private key for Ed25519.*it is encrypted" \
    'lpbuild sign fix/fix.raxlpxs --sign-key locked.key'
openssl genpkey -algorithm x25519 -out x25519.key
refuses "a key of another kind" 1 "'x25519.key' is not a private key for Ed25519" \
    'lpbuild sign fix/fix.raxlpxs --sign-key x25519.key'
cp security.key open.key && chmod 644 open.key
refuses "a key that everybody can read" 1 "private key 'open.key' can be read by everybody" \
    'lpbuild sign fix/fix.raxlpxs --sign-key open.key'
refuses "the public key signs nothing" 1 "'other.pub' is not a private key" \
    'lpbuild --recipe mini --diff fix.patch --sign-key other.pub'

# ---- files ----

cp fix/fix.raxlpxs signed
cp signed resigned
check "signing again" lpbuild sign resigned --sign-key security.key
check "gives the same bytes" cmp signed resigned
check "a key of openssl signs" lpbuild sign resigned --sign-key other.key
check "and verifies" lpbuild verify resigned --key security.key.pub --key other.pub
is "only the 72 bytes differ" "$(cmp -l resigned unsigned | awk 'NR == 1 { f = $1 } END { print $1 - f < 72 }')" 1
is "the build-id is the same" "$(raxlpxs --info resigned | grep -E '^ +this patch +[0-9a-f]+$')" \
    "$(raxlpxs --info unsigned | grep -E '^ +this patch ')"
for key in '' '--key security.key.pub'; do
    is "--info and show print the same${key:+, $key}" "$(bash -c "raxlpxs --info signed $key")" \
        "$(bash -c "lpbuild show signed $key")"
done
try 'raxlpxs --info signed --key other.pub'
is "--info, another key: exit code" "$status" 6
like "--info, another key: a row says it" "$out" "✗ 'signed' is signed with another key: [0-9a-f]{16}, not [0-9a-f]{16}"
like "--info, another key: message" "$out" "error: 'signed' can't be trusted: 'signed' is signed with another key"
refuses "--info --key, unsigned" 6 "'unsigned' can't be trusted: the payload is not signed" \
    'raxlpxs --info unsigned --key other.pub >/dev/null'
refuses "verify, another key" 6 "'resigned' is signed with another key: [0-9a-f]{16}, not [0-9a-f]{16}" \
    'lpbuild verify resigned --key security.key.pub'
refuses "verify, unsigned" 6 "'unsigned' is not signed" 'lpbuild verify unsigned --key other.pub'
refuses "a signature of something else" 6 "the signature is not one of key" \
    'head -c 64 /dev/zero >zeros && lpbuild sign unsigned --signature zeros --key other.pub'
refuses "a file that is no signature" 1 "'fix.patch' has [0-9]+ bytes, a signature has 64" \
    'lpbuild sign unsigned --signature fix.patch --key other.pub'
refuses "a file that is no payload" 6 "'fix.patch' can't be signed: it is not an ELF file" \
    'lpbuild sign fix.patch --sign-key security.key'
cp signed flipped
printf '\xff' | dd of=flipped bs=1 seek=70 conv=notrunc status=none
refuses "verify, a changed byte" 6 "'flipped' was changed after it was signed" \
    'lpbuild verify flipped --key security.key.pub'
try 'raxlpxs --info flipped --json'
is "--info of a changed byte: exit code" "$status" 6
is "--info --json is one document" "$(jq -r '.payload | "\(.name) \(.signature)"' <<<"$out")" 'fix unchecked'
like "it says what is wrong" "$(jq -r .payload.wrong <<<"$out")" "its build-id is not the hash of the rest"
is "show --json says the same" "$(lpbuild show flipped --json | jq -cS .)" "$(jq -cS . <<<"$out")"
cp fix/fix.yaml saved.yaml && echo '# reviewed' >>fix/fix.yaml
try 'raxlpxs --info fix/fix.raxlpxs'
is "another manifest beside it: exit code" "$status" 6
like "another manifest beside it: message" "$out" "✗ the manifest beside the payload is another one"
like "another manifest beside it: verdict" "$out" "✗ do not apply: .* in 1 point"
like "another manifest beside it: the error is the same" "$out" \
    "error: 'fix/fix.raxlpxs' can't be trusted: the manifest beside the payload is another one"
mv saved.yaml fix/fix.yaml

# ---- a program that enforces ----

text_before=$(text_sum "$pid")
refuses_apply() { # refuses_apply TEXT REGEX FILE
    refuses "$1" 6 "$2" "raxlpxs --pid $pid --apply $3"
    is "$1: the code is what it was" "$(text_sum "$pid")" "$text_before"
}
refuses_apply "another key" "payload is signed with another key: [0-9a-f]{16} \(keys" resigned
refuses_apply "a changed byte" "payload was changed after it was signed, or it was not signed by key" flipped
lpbuild verify signed --signature note
{ printf '\x09\0\0\0\x48\0\0\0\x01\0\0\0patchbox\0\0\0\0\0\0\0\0\0\0\0\0' && cat note; } >second
objcopy --add-section .note.second=second signed two
refuses_apply "two signatures" "payload is not signed: it has two signatures" two
objcopy --remove-section .livepatch.signature signed none
refuses_apply "no place for one" "payload is not signed: it has no place for a signature" none
try "raxlpxs --pid $pid --json --apply unsigned"
is "--json has the code, too" "$status $(jq .error.code <<<"$out")" "6 6"
check "removing needs no signature" raxlpxs --pid "$pid" --remove fix
end "$pid"

# ---- policies ----

prepare() { executable_in "$(lpbuild --recipe mini --prepare "$@" 2>&1)"; }
warn_exe=$(prepare --trust security.key.pub --policy warn)
plain_exe=$(prepare)
is "other keys and policies, other executables" \
    "$(printf '%s\n' "$exe" "$warn_exe" "$plain_exe" | sort -u | wc -l)" 3
log=${plain_exe%/1-original/*}/log/ninja.log
n_lines=$(wc -l <"$log") plain_before=$(stat -c %i "$plain_exe")
other_exe=$(prepare --trust other.pub)
is "other keys: nothing is compiled" "$(tail -n "+$((n_lines + 1))" "$log")" '[1/1] Linking target mini'
is "other keys: the program without them is found as it was" \
    "$(prepare) $(stat -c %i "$plain_exe")" "$plain_exe $plain_before"
check "other keys: what lies beside the program is there, too" test -e "${other_exe%/*}/build.ninja"
cp "$plain_exe" plain.copy
cp "${exe%/build/*}/runtime/libsandbox.a" "${plain_exe%/1-original/*}/runtime/" # as a killed lpbuild leaves it
check "after an interrupted link the program without keys is that again" cmp "$(prepare)" plain.copy
before=$(stat -c %i "$exe")
is "the same again is not built again" "$(prepare --trust security.key.pub) $(stat -c %i "$exe")" "$exe $before"

lpbuild --recipe mini --trust security.key.pub --policy warn --diff fix.patch --out warn >/dev/null 2>&1
start warn "$warn_exe"
try "raxlpxs --pid $pid --apply warn/fix.raxlpxs"
is "warn: applied" "$status" 0
like "warn: said" "$out" "warning: payload is not signed \(keys.*"$'\n'"applied 'fix'"
like "warn: logged" "$(<warn.log)" "payload is not signed"
end "$pid"
start stricter "$warn_exe" SANDBOX_TRUST=enforce
refuses "stricter by the environment" 6 "payload is not signed" "raxlpxs --pid $pid --apply warn/fix.raxlpxs"
end "$pid"
start laxer "$exe" SANDBOX_TRUST=off
refuses "never laxer" 6 "payload is not signed" "raxlpxs --pid $pid --apply unsigned"
end "$pid"

lpbuild --recipe mini --diff fix.patch --out plain --sign-key other.key >/dev/null 2>&1
check "--sign-key of a build signs" lpbuild verify plain/fix.raxlpxs --key other.pub
start plain "$plain_exe"
is "without keys: the policy is told" "$(raxlpxs --pid "$pid" --info | grep trust | tr -s ' ')" \
    $'trust-policy off\ntrusted-keys none'
check "without keys: any signature will do" raxlpxs --pid "$pid" --apply plain/fix.raxlpxs
end "$pid"
start keyless "$plain_exe" SANDBOX_TRUST=enforce
refuses "enforce without keys" 6 "payload is signed with another key: .*trusts: none" \
    "raxlpxs --pid $pid --apply plain/fix.raxlpxs"
end "$pid"

# ---- an archive for programs of one's own ----

check "lpbuild trust" lpbuild trust "$BIN/../libsandbox.a" --key security.key.pub --key other.pub -o mine.a
check "lpbuild trust, again" lpbuild trust "$BIN/../libsandbox.a" --key security.key.pub --key other.pub -o again.a
check "the same bytes" cmp mine.a again.a
refuses "a key twice" 64 "key [0-9a-f]{16} \('again.pub'\) is given twice" \
    "lpbuild trust $BIN/../libsandbox.a --key security.key.pub --key again.pub -o no.a"
refuses "an unknown policy" 64 "there is no policy 'maybe'" \
    "lpbuild trust $BIN/../libsandbox.a --key other.pub --policy maybe -o no.a"
refuses "no archive of ours" 1 "" "lpbuild trust fix.patch --key other.pub -o no.a"
check "nothing is left of what failed" test ! -e no.a

tap_done
