#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# timeout: 300
#
# Patches that outlive the process, on the mini target: what --keep stores is applied at the next
# start, before main(); what can't be is left out, loudly, and the program starts all the same.

set -euo pipefail
name=keep
# shellcheck source=tests/lib/common.sh
source "$(dirname "${BASH_SOURCE[0]}")/../lib/common.sh"
# shellcheck source=tests/lib/tap.sh
source "$lib/tap.sh"
# shellcheck source=tests/lib/mini.sh
source "$lib/mini.sh"

chmod 755 "$run"
state=$run/state
log=$work/audit.log

raxlpxs() { "$BIN/raxlpxs" --pid "${mini_pid[a]}" --state "$state" "$@"; }
offline() { "$BIN/raxlpxs" --exe "$mini_exe" --state "$state" "$@"; }
say() { mini_say a 5 "$@"; }
info() { raxlpxs --info | sed -n "s/^$1  *//p"; }
listed() { raxlpxs --list | awk 'NR > 1 { print $1, $3 }' | paste -sd, -; }
stored() { offline --stored | awk 'NR > 1 { print $1 ":" $2 }' | paste -sd, -; }
start() { SANDBOX_STATE=$state SANDBOX_LOG=$log mini_start a "$@"; }
# The name of its socket goes, too: it says when the next one is ready.
stop() {
    end "${mini_pid[a]}"
    rm -f "$run/a/mini"
}
# restart [ARGUMENT...]: another process of the same executable; log has its lines only.
restart() {
    stop
    rm -f "$log" "$log.1"
    start "$@"
}
# tells TEXT STATUS REGEX COMMAND...: exit code, and what is said on both streams.
tells() {
    local status=0 said
    said=$("${@:4}" 2>&1 </dev/null) || status=$?
    is "$1: exit code" "$status" "$2"
    like "$1" "$said" "$3"
}
# starts TEXT VERSION APPLIED SKIPPED REASON: after a restart.
starts() {
    check "$1: mini starts" restart
    is "$1: it says" "$(say version)" "ok $2"
    is "$1: applied, skipped" "$(info start-applied), $(info start-skipped)" "$3, $4"
    [[ -z $5 ]] || like "$1: why" "$(info start-reason)" "$5"
    [[ -z $5 ]] || like "$1: the log says so" "$(grep 'by=runtime text="not applied at the start: ' "$log")" "${5#^}"
}
# put FILE: as what is stored for the next start, alone.
put() {
    rm -rf "${store:?}"
    mkdir -p "$store"
    [[ -z ${1-} ]] || cp "$1" "$store/${2:-0001-version.raxlpxs}"
}
make() { lpbuild "$work/make-$1.log" --recipe mini --out "$work/$1" "${@:2}"; }

# ---- payloads: a stack of two, hooks, one that replaces, one for another executable ----

mkdir -p "$work"/{0,1,2,hooks}
cp "$top/testdata/mini/version.c" "$work/0/"
sed 's/mini 1.0/lower/' "$work/0/version.c" >"$work/1/version.c"
sed 's/mini 1.0/upper/' "$work/0/version.c" >"$work/2/version.c"
cat >"$work/hooks/version.c" <<'END'
/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <livepatch.h>
#include <pthread.h>
#include <stdlib.h>
#include <unistd.h>

#include "mini.h"

static char ran[8] = "";

static void *waits(void *arg)
{
	pause();
	return arg;
}

static int may(const struct livepatch_payload *payload)
{
	pthread_t thread;

	(void)payload;
	errno = 0;
	if (getenv("MINI_VETO"))
		return -7;
	if (getenv("MINI_THREAD"))
		pthread_create(&thread, NULL, waits, NULL);
	ran[0] = 'p';
	return 0;
}
static void in(void)
{
	ran[1] = 'l';
}
static void is_in(const struct livepatch_payload *payload)
{
	ran[2] = payload->rc ? '!' : 'a';
}
LIVEPATCH_PREAPPLY_HOOK(may);
LIVEPATCH_LOAD_HOOK(in);
LIVEPATCH_POSTAPPLY_HOOK(is_in);

const char *mini_version(void)
{
	return ran;
}
END
cut() { (cd "$work" && diff -u "$1/version.c" "$2/version.c" >"$3.patch") || true; } # FROM TO NAME
cut 0 1 lower
cut 1 2 upper
cut 0 hooks hooks
check "mini" mini_build
check "a patch" mini_make version
version=$mini_payload
check "two that stack" make pair --stack --diff "$work/lower.patch" --diff "$work/upper.patch"
check "one with hooks" make hooks --diff "$work/hooks.patch"
check "one that replaces" make all --replace --name all --diff "$top/testdata/mini/version.patch"
check "one for another executable" mini_make_foreign version "$work/foreign.raxlpxs"
lower=$work/pair/lower/lower.raxlpxs
upper=$work/pair/upper/upper.raxlpxs
hooks=$work/hooks/hooks.raxlpxs
all=$work/all/all.raxlpxs
id=$(readelf -n "$mini_exe" | sed -n 's/.*Build ID: //p')
store=$state/$id

# ---- one patch ----

start
pid=${mini_pid[a]}
plain=$(text_sum "$pid")
is "nothing is stored: nothing is said" "$(info start-applied), $(info start-skipped), $(grep -c 'start applied\|at the start' "$log" || true)" '0, 0, 0'
is "--info has the directory" "$(info start-state)" "$state"
tells "the process names the directory: it is not believed" 6 "looks in '$state'.*--state DIR" \
    "$BIN/raxlpxs" --pid "$pid" --apply "$version" --keep
is "and nothing is applied" "$(listed)" ''
tells "--stored of nothing" 0 "nothing is stored for build-id $id" raxlpxs --stored
fails "--forget of nothing" 3 raxlpxs --forget version
check "which makes no directory" test ! -e "$state"
tells "--keep" 0 "^applied 'version' .* us(, after .*)?, stored for the next start$" raxlpxs --apply "$version" --keep
tells "again" 0 "^already applied 'version' .*: nothing to do$" raxlpxs --apply "$version" --keep
is "the store" "$(cd "$state" && find . -printf '%U %m %y %p\n' | sort -k 4)" "0 755 d .
0 755 d ./$id
0 644 f ./$id/0001-version.raxlpxs"
check "holds the payload" cmp "$version" "$store/0001-version.raxlpxs"
tells "--stored" 0 $'^NUMBER +NAME +ID +SIZE\n +1 +version +[0-9a-f]{12} +[0-9]+$' raxlpxs --stored
like "--stored --json" "$(offline --stored --json | tr -d ' \n')" \
    "^\{\"state\":\"$state\",\"build-id\":\"$id\",\"stored\":\[\{\"number\":1,\"name\":\"version\","
is "by the whole build-id" "$("$BIN/raxlpxs" --build-id "$id" --state "$state" --stored)" "$(offline --stored)"
tells "--all" 0 "  1 stored: version \([0-9a-f]{12}\)" "$BIN/raxlpxs" --all --exe "$mini_exe" --state "$state" --stored

starts "kept" "mini 1.1, patched" 1 0 ''
like "the log has a line" "$(<"$log")" "^20[0-9T:.-]+Z by=runtime start applied name=version build-id=[0-9a-f]{40}"$'\n'
is "it is listed" "$(listed)" 'version APPLIED'
check "the runtime's own test" raxlpxs --test
tells "--remove says that it is stored" 0 "warning: 'version' is still stored for the next start; --forget 'version' ends that.*removed 'version'" \
    raxlpxs --remove version
is "the code is what it was" "$(text_sum "${mini_pid[a]}")" "$plain"
is "the patch is out" "$(say version)" 'ok mini 1.0'
starts "removed, but not forgotten" "mini 1.1, patched" 1 0 ''
tells "--revert says so, too" 0 "still stored" raxlpxs --revert version
tells "--apply of the file again" 0 "^applied" raxlpxs --apply "$version"
tells "--forget" 0 "^forgot 'version' \([0-9a-f]{12}\): the next start is without it$" raxlpxs --forget version
tells "twice" 3 "no patch 'version' is stored for build-id $id" raxlpxs --forget version
tells "--remove of what is not stored" 0 "^removed 'version'" raxlpxs --remove version
starts "forgotten" "mini 1.0" 0 0 ''
tells "what is applied already is stored" 0 "^applied" raxlpxs --apply "$version"
tells "by the same command" 0 "^already applied 'version' \([0-9a-f]{12}\), stored for the next start$" \
    raxlpxs --apply "$version" --keep
like "--forget --json, by build-id, without a process" \
    "$(offline --forget "$(readelf -n "$version" | sed -n 's/.*Build ID: //p' | head -n 1)" --json | tr -d ' \n')" \
    '^\{"result":"forgot","name":"version","build-id":"[0-9a-f]{40}"\}$'

# ---- wrong usage ----

fails "--keep of an id" 64 raxlpxs --apply version --keep
fails "--keep with --nodeps" 64 raxlpxs --apply "$version" --keep --nodeps
fails "--keep with --remove" 64 raxlpxs --remove version --keep
fails "--exe with another verb" 64 offline --list
fails "a part of a build-id" 64 "$BIN/raxlpxs" --build-id "${id:0:6}0" --build-id abc --stored
fails "a state directory without a slash" 64 "$BIN/raxlpxs" --pid "${mini_pid[a]}" --state state --apply "$version" --keep

# ---- order, stack, replacement, hooks ----

check "the runtime's program starts again" restart
raxlpxs --apply "$lower" --keep >/dev/null
raxlpxs --apply "$upper" --keep >/dev/null
is "two are stored in order" "$(stored)" '1:lower,2:upper'
starts "a stack" upper 2 0 ''
is "in its order" "$(listed)" 'lower APPLIED,upper APPLIED'
raxlpxs --forget lower >/dev/null
starts "one that stacks on what is missing" "mini 1.0" 0 1 '^0002-upper.raxlpxs: .* is not applied'
is "it left nothing" "$(listed), $(info patches), $(info text-free)" ", 0, $(info text-total)"
is "and no change" "$(text_sum "${mini_pid[a]}")" "$plain"
put
raxlpxs --apply "$lower" >/dev/null
tells "--keep without what it stacks on" 0 "warning: what 'upper' stacks on \([0-9a-f]{12}\) is not stored" \
    raxlpxs --apply "$upper" --keep
tells "--replace says what stays stored" 0 "warning: 'upper' is still stored for the next start" raxlpxs --replace "$version"
raxlpxs --remove version >/dev/null
tells "--replace --keep forgets the others" 0 "^applied .* stored for the next start, 1 forgotten$" \
    raxlpxs --replace "$version" --keep
is "so that is left" "$(stored)" '2:version'
starts "replaced" "mini 1.1, patched" 1 0 ''
tells "one built to replace does the same" 0 "^applied 'all' .* 1 forgotten$" raxlpxs --apply "$all" --keep
starts "it" "mini 1.1, patched" 1 0 ''
is "it alone" "$(listed)" 'all APPLIED'

put
check "again" restart
tells "--keep of hooks" 0 "warning: its hooks will run before main\(\) when the program starts" raxlpxs --apply "$hooks" --keep
starts "hooks run in their order" pla 1 0 ''
MINI_VETO=1 starts "a veto" "mini 1.0" 0 1 "^0001-hooks.raxlpxs: the preapply hook of 'hooks' said -7"
MINI_THREAD=1 starts "a hook that makes a thread" "mini 1.0" 0 1 "^0001-hooks.raxlpxs: thread [0-9]+ is not stopped"
is "it left nothing" "$(listed), $(info text-free)" ", $(info text-total)"

# ---- what is not believed ----

bad() { starts "$1" "mini 1.0" 0 "${3:-1}" "$2"; }

put "$version" && chown 1000 "$store/0001-version.raxlpxs"
bad "a file of a user" "belongs to user 1000, not to user 0"
put "$version" && chmod 664 "$store/0001-version.raxlpxs"
bad "a file that a group may write to" "mode 0664: others may write to it"
put "$version" && chmod 775 "$store"
bad "a directory that a group may write to" "'$id' has mode 0775"
tells "raxlpxs does not write there" 1 "patch 'version' is applied, but not stored for the next start: '$id' has mode 0775" \
    raxlpxs --apply "$version" --keep
is "but the patch is applied" "$(listed)" 'version APPLIED'
chmod 755 "$store" && chmod 1777 "$state"
bad "the same, sticky" "'state' has mode 1777"
chmod 755 "$state" && chown 1000 "$store"
bad "a directory of a user" "'$id' belongs to user 1000"
chown 0 "$store" && chown 1000 "$run"
bad "one above it" "belongs to user 1000"
chown 0 "$run"
put "$version" && mv "$store" "$state/real" && ln -s real "$store"
bad "a symbolic link as directory" "'$id' is not a directory"
rm "$store" && mv "$state/real" "$store"
starts "in its place" "mini 1.1, patched" 1 0 ''
put && ln -s "$version" "$store/0001-version.raxlpxs"
bad "a symbolic link" "0001-version.raxlpxs: opening it failed: Too many levels of symbolic links"
put && mkdir "$store/0001-version.raxlpxs"
bad "a directory" "it is not a regular file"
put && mkfifo -m 644 "$store/0001-version.raxlpxs"
bad "a pipe" "it is not a regular file"
check "--stored does not wait for it either" offline --stored
put && : >"$store/0001-version.raxlpxs"
bad "nothing in it" "it has 0 bytes"
put && head -c 4000 /dev/urandom >"$store/0001-version.raxlpxs"
bad "garbage" "0001-version.raxlpxs: "
like "--stored shows it" "$(offline --stored)" "1  version  \? +4000"
put && truncate -s 3G "$store/0001-version.raxlpxs"
bad "a huge file" "it has 3221225472 bytes"
put && head -c 1000 "$version" >"$store/0001-version.raxlpxs"
bad "a part" "0001-version.raxlpxs: "
put "$work/foreign.raxlpxs"
bad "for another executable" "payload is for the executable with build-id"
put "$version" && mv "$store" "$state/${id/?/0}"
starts "another build-id's directory" "mini 1.0" 0 0 ''
rm -r "${state:?}/${id/?/0}"
put "$version" 1-version.raxlpxs
bad "a name without four digits" "^1-version.raxlpxs: it has no name like"
put "$version" 0000-version.raxlpxs
bad "number 0" "^0000-version.raxlpxs: it has no name like"
put "$version" .new
starts "a half-written file" "mini 1.0" 0 0 ''
put "$version" && cp "$version" "$store/0002-version.raxlpxs"
starts "the same twice" "mini 1.1, patched" 1 1 "^0002-version.raxlpxs: patch 'version' is there already"
put && echo garbage >"$store/0001-a.raxlpxs" && cp "$version" "$store/0002-version.raxlpxs"
starts "one that is bad does not keep others out" "mini 1.1, patched" 1 1 "^0001-a.raxlpxs: "
put && for i in {1001..3000}; do echo >"$store/$i-x.raxlpxs"; done && cp "$version" "$store/0001-version.raxlpxs"
starts "2000 files" "mini 1.1, patched" 1 2000 "^1001-x.raxlpxs: "
check "the log is bounded" test "$(grep -c 'not applied' "$log")" -le 32
tells "raxlpxs stores no more" 1 "is applied, but not stored.*patches are stored already" \
    raxlpxs --replace "$hooks" --keep
put && for i in {1..9000}; do : >"$store/a-name-of-some-length-that-fills-the-directory-$i"; done
bad "more names than are read" "the directory has too many names"
rm -rf "$store"

put "$version"
stop
SANDBOX_STATE=off mini_start a
is "SANDBOX_STATE=off" "$(say version), $(info start-state)" 'ok mini 1.0, off'
tells "which --keep tells" 1 'SANDBOX_STATE is off' "$BIN/raxlpxs" --pid "${mini_pid[a]}" --apply "$version" --keep

# Where nothing else is on, the system's log.
stop
python3 - "$run/log" "$work/syslog" <<'END' &
import socket, sys
s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
s.bind(sys.argv[1])
with open(sys.argv[2], 'ab', buffering=0) as out:
    while True:
        out.write(s.recv(65536).rstrip(b'\n') + b'\n')
END
keep "$!"
wait_for 10 test -S "$run/log"
put && echo garbage >"$store/0001-a.raxlpxs" && cp "$version" "$store/0002-version.raxlpxs"
cat >"$work/syslog.c" <<'END'
/* /dev/log for one process: SANDBOX_SYSLOG=PATH would turn the log on. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
int connect(int fd, const struct sockaddr *addr, socklen_t len)
{
	int (*next)(int, const struct sockaddr *, socklen_t) = dlsym(RTLD_NEXT, "connect");
	struct sockaddr_un un = { .sun_family = AF_UNIX };
	if (strcmp(((const struct sockaddr_un *)addr)->sun_path, "/dev/log"))
		return next(fd, addr, len);
	strncpy(un.sun_path, getenv("DEV_LOG"), sizeof(un.sun_path) - 1);
	return next(fd, (struct sockaddr *)&un, sizeof(un));
}
END
gcc -shared -fPIC -o "$work/syslog.so" "$work/syslog.c"
mini_under=(env "LD_PRELOAD=$work/syslog.so" "DEV_LOG=$run/log")
SANDBOX_STATE=$state mini_start a
mini_under=()
is "with the log off" "$(info log)" off
wait_for 5 grep -q 'start applied' "$work/syslog" || true
like "the system's log has it" "$(<"$work/syslog")" \
    $'^<84>sandbox\\[[0-9]+\\]: by=runtime text="not applied at the start: 0001-a.raxlpxs: .*"\n<85>sandbox\\[[0-9]+\\]: by=runtime start applied name=version'

# ---- signature ----

put "$version"
stop
SANDBOX_TRUST=enforce start
like "who trusts nobody applies nothing" "$(info start-reason)" "0001-version.raxlpxs: payload is not signed"
plain_exe=$mini_exe
"$BIN/lpbuild" keygen "$work/key" >/dev/null
lpbuild "$work/signed.log" --recipe mini --prepare --trust "$work/key.pub" --policy enforce
mini_exe=$(sed -n 's/^executable: *//p' "$work/signed.log")
make signed --trust "$work/key.pub" --policy enforce --sign-key "$work/key" --name version --diff "$top/testdata/mini/version.patch"
signed=$work/signed/version.raxlpxs
id=$(readelf -n "$mini_exe" | sed -n 's/.*Build ID: //p')
store=$state/$id
check "a program that trusts a key" restart
tells "a signed patch is stored" 0 'stored for the next start' raxlpxs --apply "$signed" --keep
starts "signed" "mini 1.1, patched" 1 0 ''
cp "$signed" "$work/flipped"
printf 'X' | dd of="$work/flipped" bs=1 seek=700 conv=notrunc status=none
put "$work/flipped"
bad "a flipped byte" "payload was changed after it was signed"
mini_exe=$plain_exe
id=$(readelf -n "$mini_exe" | sed -n 's/.*Build ID: //p')
store=$state/$id

# ---- other ways to write, other namespaces ----

put "$version"
for under in mdwe.py nomem.sh; do
    "$lib/$under" /bin/true 2>"$work/$under.log" || continue
    stop
    mini_under=("$lib/$under")
    SANDBOX_STATE=$state mini_start a
    mini_under=()
    is "below $under" "$(say version)" "ok mini 1.1, patched"
    tells "below $under: remove" 0 "^.*removed 'version'" raxlpxs --remove version
    is "below $under: the code is what it was" "$(text_sum "${mini_pid[a]}")" "$plain"
done

# A process with another root and other process ids: its own /var/lib, and there the usual place.
contained() {
    unshare --fork --kill-child --pid --mount-proc --mount sh -c \
        "mount --bind '$run/lib' /var/lib && exec \"\$@\"" sh env SANDBOX_DIR="$run/box" "$mini_exe" "$run/box/mini" &
    outer=$!
    keep "$outer"
    wait_for 5 test -S "$run/box/mini" || return
    inner=$(pgrep -P "$outer" -x mini)
}
mkdir "$run/lib" "$run/box"
if unshare --fork --pid --mount true 2>"$work/unshare.log"; then
    contained
    tells "in a container" 0 'stored for the next start$' "$BIN/raxlpxs" --pid "$inner" --apply "$version" --keep
    check "it is stored there" test -f "$run/lib/patchbox/$id/0001-version.raxlpxs"
    tells "--remove tells" 0 "'version' is still stored" "$BIN/raxlpxs" --pid "$inner" --remove version
    end "$inner"
    rm -f "$run"/box/*
    contained
    like "and applied there" "$("$BIN/raxlpxs" --pid "$inner" --list)" $'\nversion .* APPLIED '
    tells "--forget" 0 '^forgot' "$BIN/raxlpxs" --pid "$inner" --forget version
    # Where the way leads out of it.
    rm -r "$run/lib/patchbox" && mkdir "$run/out" && ln -s "$run/out" "$run/lib/patchbox"
    tells "a symbolic link is not followed" 1 "not stored for the next start: 'patchbox' is not a directory" \
        "$BIN/raxlpxs" --pid "$inner" --apply "$version" --keep
    is "nothing is written there" "$(find "$run/out" -mindepth 1)" ''
    end "$inner"
else
    tap_note "namespaces are not permitted here"
fi

# ---- storing fails, storing races ----

rm -rf "$state"
check "once more" restart
mkdir "$run/disk"
if mount -t tmpfs -o size=16k,mode=755 none "$run/disk" 2>/dev/null; then
    # shellcheck disable=SC2064 # as it is now
    trap "umount -l '$run/disk'; cleanup" EXIT
    head -c 100000 /dev/zero >"$run/disk/fill" 2>"$work/fill.log" || true
    tells "a full disk" 1 "patch 'version' is applied, but not stored for the next start: cannot .*No space left on device" \
        "$BIN/raxlpxs" --pid "${mini_pid[a]}" --state "$run/disk/state" --apply "$version" --keep
    is "the patch is applied" "$(listed)" 'version APPLIED'
    is "nothing is left of the file" "$(find "$run/disk" -type f ! -name fill)" ''
    rm "$run/disk/fill"
    tells "with room" 0 'stored for the next start' \
        "$BIN/raxlpxs" --pid "${mini_pid[a]}" --state "$run/disk/state" --apply "$version" --keep
else
    tap_note "no tmpfs can be mounted here"
fi
for i in 1 2 3 4 5 6; do
    SANDBOX_STATE=$state mini_start "m$i"
done
stop
check "--all --keep" "$BIN/raxlpxs" --all --exe "$mini_exe" --state "$state" --apply "$version" --keep
is "stores once" "$(stored)" '1:version'
fails "--all --forget: one does it, the others find nothing" 0 \
    "$BIN/raxlpxs" --all --exe "$mini_exe" --state "$state" --forget version
is "nothing is stored" "$(stored)" ''

put "$version"
start
flock "$store" sleep 1 &
locker=$!
check "who has the lock is waited for" raxlpxs --forget version
wait "$locker"
tap_done
