#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# The runtime's socket on the mini target, built here without lpbuild: what is in its way, who may
# speak, clients that don't behave, what the listener costs. bad-input.sh tests what is said over
# it.
set -uo pipefail
cd "$(dirname "$0")/../.." || exit 1
name=socket
# shellcheck source=tests/lib/common.sh
source tests/lib/common.sh
# shellcheck source=tests/lib/tap.sh
source tests/lib/tap.sh

build=$work/mini/build
mini=$build/mini
dir=$run/d

build_mini() (
    cp -r testdata/mini "$work/mini" && mkdir "$build" && cd "$build" &&
        ../configure --extra-ldflags="$(realpath "$BIN/../libsandbox.a")" && ninja
)

# What a client can be asked to do; each prints what came of it.
client() { python3 - "$@" <<'END'; }
import array, os, socket, struct, sys, time
path, what = sys.argv[1], sys.argv[2]

def dial():
    s = socket.socket(socket.AF_UNIX)
    s.connect(path)  # waits its turn, where one with a timeout would fail
    s.settimeout(20)
    return s

def become_nobody():
    # From inside its folder: nobody may not go through those above it (TMPDIR, /root).
    global path
    os.chdir(os.path.dirname(path))
    path = os.path.basename(path)
    os.setresgid(65534, 65534, 65534)
    os.setresuid(65534, 65534, 65534)

def frame(ident, *fields):
    body = b''.join(struct.pack('<I', len(f)) + f for f in fields)
    return b'SAND' + struct.pack('<HHI', 2, ident, 12 + len(body)) + body

def ask(s, ident, *fields):
    s.sendall(frame(ident, *fields))
    got = b''
    while len(got) < 12 or len(got) < struct.unpack_from('<I', got, 8)[0]:
        more = s.recv(65536)
        if not more:
            return 'ended'
        got += more
    n, = struct.unpack_from('<I', got, 20)
    return f'status {struct.unpack_from("<I", got, 16)[0]} {got[24:24 + n].decode()}'.strip()

if what == 'info':
    print(ask(dial(), 1))
elif what == 'info-as':  # with another user, the socket's mode opened: only the peer check is left
    become_nobody()
    print(ask(dial(), 1))
elif what == 'connect-as':
    become_nobody()
    try:
        dial()
        print('connected')
    except PermissionError:
        print('denied')
elif what == 'slow':  # the first bytes of a message, then nothing
    s = dial()
    s.sendall(frame(10, b'x' * 100)[:50])
    start = time.monotonic()
    left = s.recv(1)
    took = time.monotonic() - start
    print('ended in time' if left == b'' and 8 < took < 13 else f'{left} after {took}')
elif what == 'idle':  # a connection between messages has all the time that it wants
    s = dial()
    first = ask(s, 1)
    time.sleep(11)
    print(first, ask(s, 1))
elif what == 'no-reader':  # sends requests and never fetches a reply
    s = dial()
    s.setblocking(False)
    try:
        for _ in range(100000):
            s.send(frame(1))
    except BlockingIOError:
        pass
    print(ask(dial(), 1))
elif what == 'example':  # the bytes of docs/protocol.md
    text = open('docs/protocol.md').read()
    request, reply = (bytes.fromhex(text.split(f'```hex {k}')[1].split('```')[0])
                      for k in ('request', 'reply'))
    s = dial()
    s.sendall(request)
    got = s.recv(65536)
    print('as written' if got == reply else got.hex(' '))
elif what == 'log':
    print(ask(dial(), 9, struct.pack('<I', int(sys.argv[3])), bytes(4)))
elif what == 'half-closed':  # says all that it has to say, then listens
    s = dial()
    s.sendall(frame(2) * 3)
    s.shutdown(socket.SHUT_WR)
    got = b''
    while more := s.recv(65536):
        got += more
    print(got.count(b'SAND'), 'replies, then the end')
elif what == 'flood':  # asks without a pause for so many seconds; how often it was answered
    s, end, n = dial(), time.monotonic() + float(sys.argv[3]), 0
    while time.monotonic() < end:
        s.sendall(frame(1) * 50)
        for _ in range(50):
            got = s.recv(12, socket.MSG_WAITALL)
            s.recv(struct.unpack_from('<I', got, 8)[0] - 12, socket.MSG_WAITALL)
            n += 1
    print(n)
elif what == 'connects':  # opens connections without a pause, says nothing
    end = time.monotonic() + float(sys.argv[3])
    while time.monotonic() < end:
        dial().close()
elif what == 'pass':  # passes descriptors with a message: what came of it
    def memory(content):
        fd = os.memfd_create('payload')
        os.write(fd, content)
        return fd
    def with_fds(fds, ident, *fields):
        s = dial()
        s.sendmsg([frame(ident, *fields)],
                  [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array('i', fds))])
        got = s.recv(12, socket.MSG_WAITALL)
        got += s.recv(struct.unpack_from('<I', got, 8)[0] - 12, socket.MSG_WAITALL)
        print(struct.unpack_from('<I', got, 16)[0], end=' ')
    flags = struct.pack('<I', 8)
    garbage = memory(b'x' * 300000)
    with_fds([garbage], 10, b'', flags)             # not a payload
    with_fds([garbage], 10, b'x', flags)            # bytes and a descriptor
    with_fds([garbage, garbage], 10, b'', flags)    # two of them
    with_fds([garbage] * 100, 10, b'', flags)
    with_fds([os.pipe()[0]], 10, b'', flags)        # reading that would wait
    with_fds([os.open(sys.argv[0] if os.path.exists(sys.argv[0]) else '/bin/sh', os.O_RDONLY)],
             10, b'', flags)                        # on a disk, or who knows where
    with_fds([garbage], 10, b'x', bytes(4))         # not wanted: closed
    with_fds([garbage], 1)                          # not wanted: closed
    s = dial()
    s.sendall(frame(10, b'', flags))                # wanted, none came
    print(struct.unpack_from('<I', s.recv(65536), 16)[0], ask(s, 1))
elif what == 'listen':  # as the sandbox of a process that can't be seen from here
    s = socket.socket(socket.AF_UNIX)
    s.bind(path)
    s.listen()
    print('listening', flush=True)
    open(sys.argv[3]).read()  # until that ends
END

start() { # start [ENV...]: mini in the background: pid, sock
    env SANDBOX_DIR="$dir" "$@" "$mini" "$run/control" 2>"$work/stderr" &
    pid=$!
    keep "$pid"
    sock=$dir/sandbox-sock$pid
    wait_for 5 test -S "$run/control"
}
stop() {
    end "$pid"
    rm -f "$run/control"
}
listener_tid() { grep -lx sandbox /proc/"$pid"/task/*/comm | cut -d/ -f5; }
wakeups() { awk '/^voluntary_ctxt_switches/ { print $2 }' "/proc/$pid/task/$(listener_tid)/status"; }
cpu_ms() { awk '{ printf "%d\n", $1 / 1000000 }' "/proc/$pid/task/$(listener_tid)/schedstat"; }
fds() { find "/proc/$pid/fd" -mindepth 1 | wc -l; }

mkdir -p "$dir"
check "mini builds" build_mini
check "mini starts" start
is "info" "$(client "$sock" info)" 'status 0'
is "the socket's mode" "$(stat -c %a "$sock")" 600

is "the example of docs/protocol.md" "$(client "$sock" example)" 'as written'

# all 64 bits but KILL, STOP and the two that glibc keeps for itself
is "the listener blocks all signals" \
    "$(awk '/^SigBlk/ { print $2 }' "/proc/$pid/task/$(listener_tid)/status")" fffffffe7ffbfeff
before=$(wakeups)
fds_before=$(fds)
check "the program works meanwhile" tests/lib/mini.py "$run/control" 5 version
sleep 1 # nothing may happen: there is no condition to wait for
is "without clients the listener does not wake up" "$(wakeups)" "$before"

chmod 755 "$dir"
is "another user can't connect" "$(client "$sock" connect-as)" denied
chmod 666 "$sock"
is "another user who can is refused" "$(client "$sock" info-as)" \
    'status 6 only root may use this socket'
chmod 600 "$sock"

client "$sock" slow >"$work/slow" &
slow=$!
client "$sock" idle >"$work/idle" &
idle=$!
is "a client that reads no reply disturbs nobody" "$(client "$sock" no-reader)" 'status 0'
wait "$slow" "$idle"
is "half a message ends its connection after ten seconds" "$(cat "$work/slow")" 'ended in time'
is "an idle connection stays" "$(cat "$work/idle")" 'status 0 status 0'
is "who has closed one direction gets the replies" "$(client "$sock" half-closed)" \
    '3 replies, then the end'
is "descriptors that are passed: read only where it can't block, closed where not wanted" \
    "$(client "$sock" pass)" '2 64 64 64 64 64 2 0 64 status 0'
is "no descriptor is left over" "$(fds)" "$fds_before"

# 200 ms of processor time for each of eight places, then an eighth of what passes.
seconds=8
begun=$(now_ms)
cpu_before=$(cpu_ms)
for _ in 1 2; do
    client "$sock" flood $seconds >>"$work/flood" &
    floods+=("$!")
done
client "$sock" connects $seconds &
floods+=("$!")
answers=0
until is_gone "${floods[0]}"; do
    if [[ $(client "$sock" info) == 'status 0' ]]; then answers=$((answers + 1)); else answers=-99; fi
done
wait "${floods[@]}"
check "others are served while three clients flood ($answers times)" test "$answers" -ge 3
check "those who flood are served, too" test "$(sort -n "$work/flood" | head -n 1)" -ge 50
used=$(($(cpu_ms) - cpu_before))
passed=$(($(now_ms) - begun))
check "the listener's processor time is bounded ($used ms in $passed ms)" \
    test "$used" -le $((8 * 200 + passed / 8 + 300))
# What still waited in the queue of the socket is worked off first.
is_asleep() {
    local before
    before=$(wakeups)
    sleep 1
    [[ $(wakeups) == "$before" ]]
}
check "the program works afterwards" tests/lib/mini.py "$run/control" 5 version
check "after the flood the listener sleeps again" wait_for 10 is_asleep
is "no descriptor is left over of a flood" "$(fds)" "$fds_before"

is "the log is turned on" "$(client "$sock" log 1)" 'status 0'
is "info" "$(client "$sock" info)" 'status 0'
is "the log is turned off" "$(client "$sock" log 0)" 'status 0'
is "info" "$(client "$sock" info)" 'status 0'
log=$dir/sandbox-log$pid
is "the log's mode" "$(stat -c %a "$log")" 600
is "the log's lines" "$(sed 's/^[^ ]* pid=[0-9]* //; s/len=[0-9]*/len/' "$log")" \
    "uid=0 comm=python3 out LOG len status=0
uid=0 comm=python3 in INFO len
uid=0 comm=python3 out INFO len status=0
uid=0 comm=python3 in LOG len"
like "a line of the log" "$(sed -n 2p "$log")" \
    '^20[0-9]{2}-[01][0-9]-[0-3][0-9]T[0-9:]{8}\.[0-9]{6}Z pid=[0-9]+ uid=0 comm=python3 in INFO len=12$'

is "the program ends by command" "$(tests/lib/mini.py "$run/control" 5 quit)" ok
check "it ends" wait_for 5 is_gone "$pid"
check "its socket is gone with it" test ! -e "$sock"
stop

# What stands in the way of the socket's name is known only once the number is: exec keeps it.
in_the_way() { # in_the_way COMMAND-FOR-THE-NAME: starts mini behind it
    # shellcheck disable=SC2016 # the inner shell expands
    SANDBOX_DIR=$dir SANDBOX_LOG=$work/way.log bash -c "name=$dir/sandbox-sock\$\$; $1; exec \"\$@\"" \
        bash "$mini" "$run/control" 2>"$work/stderr" &
    pid=$!
    keep "$pid"
    sock=$dir/sandbox-sock$pid
    wait_for 5 test -S "$run/control"
}
# shellcheck disable=SC2016
stale='python3 -c "import socket, sys; socket.socket(socket.AF_UNIX).bind(sys.argv[1])" $name'

check "start over the socket of a dead process" in_the_way "$stale"
is "info" "$(client "$sock" info)" 'status 0'
stop
# shellcheck disable=SC2016
check "start with a file in the way" in_the_way 'echo precious >$name'
is "the file is untouched" "$(cat "$sock")" precious
check "the program works without the runtime" tests/lib/mini.py "$run/control" 5 version
check "the log says why" grep -q 'is in the way and is not a socket' "$work/way.log"
stop
# shellcheck disable=SC2016
check "start with a symbolic link in the way" in_the_way "echo precious >$dir/file; ln -s $dir/file \$name"
is "the link's file is untouched" "$(cat "$dir/file")" precious
check "the link is still there" test -L "$sock"
stop

# What other sandboxes left behind. No process has these numbers: they are beyond pid_max.
rm -f "$dir"/sandbox-sock*
dead=("$dir"/sandbox-sock{999999901,999999902})
for path in "${dead[@]}" "$dir"/sandbox-sock{0999999903,99999990x,1} "$dir/other999999904"; do
    client "$path" listen /dev/null >/dev/null
done
client "$dir/sandbox-sock999999905" listen /dev/null >/dev/null
chown 65534 "$dir/sandbox-sock999999905"
echo precious >"$dir/sandbox-sock999999906"
ln -s "${dead[0]}" "$dir/sandbox-sock999999907"
mkfifo "$run/hold" "$run/told"
client "$dir/sandbox-sock999999908" listen "$run/hold" >"$run/told" &
keep "$!"
read -r -t 10 _ <"$run/told"
exec {hold}>"$run/hold"
sockets() { (cd "$dir" && printf '%s\n' sandbox-sock* other* | grep -v "^sandbox-sock$pid\$"); }
pid=0
stays=$(sockets | grep -v '99999990[12]$')
check "start where dead sandboxes left their sockets" start
is "sockets of the dead go; not what is no socket, of others, alive, or listened on" \
    "$(sockets)" "$stays"
is "info" "$(client "$sock" info)" 'status 0'
stop
exec {hold}>&-
rm -f "$dir"/sandbox-sock* "$dir"/other*

# A directory in which others may rename is none to put a socket in. The sticky bit keeps them off.
in_dir() { # in_dir TEXT COMMAND: starts mini where COMMAND made $dir what it is; LOG has TEXT, or it is served
    "${@:2}" "$dir"
    : >"$work/dir.log"
    start SANDBOX_LOG="$work/dir.log"
    if [[ -z $1 ]]; then
        is "a socket in a directory after '${*:2}'" "$(client "$sock" info)" 'status 0'
    else
        check "no socket in a directory after '${*:2}'" test ! -e "$sock"
        check "the log says why" grep -q "$1" "$work/dir.log"
        check "the program works without the runtime" tests/lib/mini.py "$run/control" 5 version
    fi
    stop
    chown 0:0 "$dir"
    chmod 755 "$dir"
}
in_dir '' chmod 1777
in_dir 'has mode 0777: others may write to it' chmod 777
in_dir 'has mode 0775: others may write to it' chmod 775
in_dir 'belongs to user 65534, not to root or user 0' chown 65534
check "start without a directory" start SANDBOX_DIR=/nonexistent
check "the program works without the runtime" tests/lib/mini.py "$run/control" 5 version
stop

long=$dir/$(printf 'd%.0s' {1..120})
mkdir "$long"
check "start with a long directory" start SANDBOX_DIR="$long"
sock=$long/sandbox-sock$pid
is "info" "$(cd "$long" && client "sandbox-sock$pid" info)" 'status 0'
is "its mode" "$(stat -c %a "$sock")" 600
stop
tap_done
