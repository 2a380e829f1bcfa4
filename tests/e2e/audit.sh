#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# timeout: 300
#
# The runtime's log on the mini target: who said what, what became of it, to the file and to the
# system's log, turned on and off while it runs; a full disk and a dead log daemon harm nobody.

set -euo pipefail
name="audit"
# shellcheck source=tests/lib/common.sh
source "$(dirname "${BASH_SOURCE[0]}")/../lib/common.sh"
# shellcheck source=tests/lib/tap.sh
source "$lib/tap.sh"
# shellcheck source=tests/lib/mini.sh
source "$lib/mini.sh"
# shellcheck source=tests/lib/audit.sh
source "$lib/audit.sh"

log=$work/audit.log
syslog=$work/syslog

raxlpxs() { "$BIN/raxlpxs" --socket "${mini_sock[$target]}" "$@"; }
info() { raxlpxs --info | awk -v key="$1" '$1 == key { print $2 }'; }
# Without what differs from run to run.
plain() {
    sed -E 's/^20[0-9-]+T[0-9:.]+Z //; s/pid=[0-9]+ /pid=N /; s/len=[0-9]+/len/; s/stop-us=[0-9]+/stop-us/'
}
# For a while of our own: the lines that come into FILE while COMMAND runs.
lines_of() { # lines_of FILE COMMAND...
    local from
    from=$(wc -l <"$1")
    "${@:2}" >"$work/out" 2>&1 || true
    settle "${mini_sock[$target]}"
    tail -n +$((from + 1)) "$1"
}

target=a
mini_build
mini_make version
id=$(readelf -n "$mini_payload" | sed -n 's/.*Build ID: //p' | head -n 1)
about="name=version build-id=$id"
receiver "$run/log" "$syslog"
export SANDBOX_LOG=$log SANDBOX_SYSLOG=$run/log
mini_start a
is "a line for the start" "$(head -n 1 "$log" | plain)" \
    "by=runtime text=\"started: build-id $(readelf -n "$mini_exe" | sed -n 's/.*Build ID: //p'), socket ${mini_sock[a]}\""
like "what is on" "$(raxlpxs --info | grep '^log')" 'log  *on' 'log-targets  *file,syslog' 'log-lost  *0'

apply() { lines_of "$log" raxlpxs --apply "$mini_payload" | grep -Ev ' (CONTEXTS|CODE) ' | plain; }
by="pid=N uid=0 comm=raxlpxs"
is "lines of an apply" "$(apply)" "$by in UPLOAD len
$by uploaded $about
$by out UPLOAD len status=0 $about
$by in APPLY len
$by out APPLY len status=0 $about
$by in COMMIT len
$by applied $about stop-us
$by out COMMIT len status=0 $about stop-us"
applied=$(sed -n 's/.* stopped for \([0-9]*\) us.*/\1/p' "$work/out")
logged=$(sed -n 's/.* applied .* stop-us=//p' "$log")
check "of the stop the runtime sees a part ($logged of $applied us)" test "$logged" -gt 0 -a "$logged" -le "$applied"
wait_for 5 grep -q ' out COMMIT' "$syslog"
is "the change in the system's log" "$(grep ' applied ' "$syslog" | plain)" \
    "<85>sandbox[${mini_pid[a]}]: $by applied $about stop-us"
settle "${mini_sock[$target]}"
is "as many lines in both" "$(grep -c '^<8[4-6]>sandbox\[' "$syslog")" "$(wc -l <"$log")"

# Who says a line: the client itself, not a shell of ours.
"$BIN/raxlpxs" --socket "${mini_sock[a]}" --list >"$work/out" &
client=$!
wait "$client"
settle "${mini_sock[$target]}"
is "pid and uid of the peer" "$(tail -n 1 "$log" | grep -o ' pid=[0-9]* uid=[0-9]*')" " pid=$client uid=0"
line_time() { date -d "$(tail -n 1 "$log" | cut -d ' ' -f 1)" +%s; }
check "the time is that of now, in UTC" test "$(line_time)" -ge $(($(date +%s) - 60)) -a "$(line_time)" -le "$(date +%s)"
is "lines of a remove" "$(lines_of "$log" raxlpxs --remove version | grep -Ev ' (in|out) ' | plain)" \
    "$by reverted $about stop-us
$by removed $about"

echo garbage >"$work/garbage"
is "lines of what is refused" \
    "$(lines_of "$log" "$lib/say.py" "${mini_sock[a]}" upload "$work/garbage" </dev/null | plain)" \
    "pid=N uid=0 comm=python3 in UPLOAD len
pid=N uid=0 comm=python3 out UPLOAD len status=2 text=\"payload of 8 bytes is too short for ELF\""
gone() { "$lib/say.py" "${mini_sock[a]}" upload "$mini_payload" 4 </dev/null; }
lines_of "$log" gone >/dev/null
wait_for 5 grep -q 'by=runtime removed' "$log"
is "who leaves a patch behind" "$(tail -n 1 "$log" | plain)" "by=runtime removed $about"

# Another user, whom the mode of the socket keeps off otherwise.
stranger() { (cd "$run/a" && python3 - "${mini_sock[a]##*/}") <<'END'; }
import os, socket, sys
s = socket.socket(socket.AF_UNIX)
os.setresuid(65534, 65534, 65534)
s.connect(sys.argv[1])
s.sendall(b'SAND\2\0\1\0\14\0\0\0')
s.recv(4096)
END
chmod 711 "$run/a" && chmod 666 "${mini_sock[a]}"
is "lines of another user" "$(lines_of "$log" stranger | plain)" \
    'pid=N uid=65534 comm=python3 out INFO len status=6 text="only root may use this socket"'
chmod 600 "${mini_sock[a]}"

# A name is what a process gives itself.
hostile() { python3 - "${mini_sock[a]}" <<'END'; }
import ctypes, socket, sys
ctypes.CDLL(None).prctl(15, b'\x1b[2J\nuid=0 "', 0, 0, 0)
s = socket.socket(socket.AF_UNIX)
s.connect(sys.argv[1])
s.sendall(b'SAND\2\0\2\0\14\0\0\0')
s.recv(4096)
END
is "a process can't forge a line" "$(lines_of "$log" hostile | plain | head -n 1)" \
    'pid=N uid=0 comm=\x1b[2J\x0auid\x3d0\x20\x22 in LIST len'

hostile_key() { "$lib/say.py" "${mini_sock[a]}" apply $'x"\n2024-11-21T09:30:05.123456Z pid=1 uid=0 \e[2J\\' </dev/null; }
is "nor by what it asks for" "$(lines_of "$log" hostile_key | plain | tail -n 1)" \
    "pid=N uid=0 comm=python3 out APPLY len status=3 text=\"there is no patch 'x\\x22?2024-11-21T09:30:05.123456Z pid=1 uid=0 ?[2J\\x5c'\""

# off, on, elsewhere, more
raxlpxs --log off >/dev/null
is "nothing when it is off" "$(lines_of "$log" raxlpxs --list)" ''
is "the targets stay" "$(info log) $(info log-targets)" 'off file,syslog'
is "to syslog alone" "$(raxlpxs --log on,syslog; lines_of "$log" raxlpxs --list)" 'log level is on, was off'
is "as --info says" "$(info log-targets)" syslog
is "to the file again" "$(raxlpxs --log on,file >/dev/null; lines_of "$log" raxlpxs --list | plain)" \
    "$by in LIST len
$by out LIST len status=0"
raxlpxs --log debug >/dev/null
is "debug has the connections" "$(lines_of "$log" raxlpxs --list | grep 'comm=raxlpxs connection' | plain | sort -u)" \
    "$by connection text=\"closed\"
$by connection text=\"opened\""
like "json" "$(raxlpxs --log on --json | tr -d ' \n')" '"previous":"debug","previous-targets":"file"'
fails "no such target" 64 raxlpxs --log on,tape

is "status as JSON" "$(raxlpxs --status --json | tr -d ' \n')" '{"patches":[]}'

# The daemon of the system's log ends, and one comes again.
raxlpxs --log on,syslog >/dev/null
end "$receiver"
raxlpxs --list >/dev/null
check "what it does not get is counted" test "$(info log-lost)" -ge 2
: >"$syslog"
receiver "$run/log" "$syslog"
raxlpxs --list >/dev/null
check "the next one gets lines" wait_for 5 grep -q ' out LIST' "$syslog"
like "and how many are lost" "$(sed -n 2p "$syslog")" '^<84>sandbox\[[0-9]*\]: by=runtime lines-lost=[0-9]+$'

# The file is full: its contents go over those of the old one, and it begins anew. All lines are there,
# but those of the file before the last.
lost=$(info log-lost)
raxlpxs --log on,file >/dev/null
inode=$(stat -c %i "$log")
flood "${mini_sock[a]}" 0 3000
check "the file begins anew at 1 MiB" test "$(stat -c %s "$log")" -le 1048576
check "the old one is no longer" test "$(stat -c %s "$log.1")" -le 1048576 -a "$(stat -c %s "$log.1")" -gt 1047000
is "mode" "$(stat -c %a "$log" "$log.1" | tr '\n' ' ')" "600 600 "
is "it is the same file" "$(stat -c %i "$log")" "$inode"
is "from the start on" "$(head -n 1 "$log.1" | plain | cut -c 1-32)" 'by=runtime text="started: build-'
is "nothing is missing" "$(numbers "$log.1" "$log" | cmp - <(seq 0 2999) && echo same)" same
flood "${mini_sock[a]}" 3000 8000
check "it does so again" test "$(stat -c %s "$log")" -le 1048576 -a "$(stat -c %s "$log.1")" -le 1048576
first=$(numbers "$log.1" | sed -n 1p)
check "what came first is gone (before $first)" test "$first" -gt 1000
is "nothing is missing since" "$(numbers "$log.1" "$log" | cmp - <(seq "$first" 7999) && echo same)" same
is "no line is cut" "$(cat "$log.1" "$log" | grep -Evc '^20[0-9-]+T[0-9:.]+Z (pid|by)=.*[a-z0-9"]$' || true)" 0
is "none is lost" "$(info log-lost)" "$lost"
check "the program ends" mini_say a 5 quit
check "it has ended" wait_for 5 is_gone "${mini_pid[a]}"
is "a line for the end" "$(tail -n 1 "$log" | plain)" 'by=runtime text="stopped"'

# A disk that is full.
target=b
mkdir "$run/disk"
if mount -t tmpfs -o size=64k,mode=700 none "$run/disk" 2>/dev/null; then
    # shellcheck disable=SC2064 # as it is now
    trap "umount -l '$run/disk'; cleanup" EXIT
    SANDBOX_LOG=$run/disk/log SANDBOX_SYSLOG='' mini_start b
    head -c 100000 /dev/zero >"$run/disk/fill" 2>/dev/null || true
    for _ in {1..40}; do raxlpxs --list >/dev/null; done # the last page of the log fills up
    check "a full disk: lines are lost" test "$(info log-lost)" -gt 0
    check "a patch goes in all the same" raxlpxs --apply "$mini_payload"
    check "the program works" mini_say b 5 version
    rm "$run/disk/fill"
    raxlpxs --remove version >/dev/null
    settle "${mini_sock[$target]}"
    check "with room there are lines again" grep -q ' removed name=version' "$run/disk/log"
    check "and how many are lost" grep -Eq '^by=runtime lines-lost=[0-9]+$' "$run/disk/log"
    is "no half of a line" "$(grep -Evc '^(20[0-9-]+T[0-9:.]+Z |by=runtime lines-lost=)' "$run/disk/log")" 0
    end "${mini_pid[b]}"
else
    printf '# no tmpfs can be mounted here: /dev/full instead\n'
    SANDBOX_LOG=/dev/full SANDBOX_SYSLOG='' mini_start b
    check "a full disk: a patch goes in all the same" raxlpxs --apply "$mini_payload"
    check "the program works" mini_say b 5 version
    check "lines are lost" test "$(info log-lost)" -gt 0
    end "${mini_pid[b]}"
fi

# A runtime that can't start has no client to tell: the system's log, even where nothing is on.
target=c
: >"$syslog"
mkdir "$run/open" && chmod 777 "$run/open"
unset SANDBOX_LOG
SANDBOX_DIR=$run/open SANDBOX_SYSLOG=$run/log "$mini_exe" "$run/open/mini" 2>/dev/null &
keep "$!"
open=$!
check "who can't start says so" wait_for 5 grep -q 'text="the directory .* has mode 0777: others may write to it"' "$syslog"
end "$open"
tap_done
