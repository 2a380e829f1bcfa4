# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# For tests of the runtime's log; to be sourced after common.sh.

# Lines are written behind the reply: until the runtime has done with all who came before us.
settle() { python3 - "$1" <<'END'; } # SOCKET
import socket, sys
s = socket.socket(socket.AF_UNIX)
s.connect(sys.argv[1])
s.shutdown(socket.SHUT_WR)
s.recv(1)
END

# As the system's log: a line for each datagram.
receiver() { # receiver SOCKET FILE
    python3 - "$@" <<'END' &
import os, socket, sys
s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
if os.path.exists(sys.argv[1]):
    os.unlink(sys.argv[1])
s.bind(sys.argv[1])
with open(sys.argv[2], 'ab', buffering=0) as out:
    out.write(b'ready\n')
    while True:
        out.write(s.recv(65536).rstrip(b'\n') + b'\n')
END
    receiver=$!
    keep "$receiver"
    wait_for 10 grep -qs '^ready$' "$2"
}

# Asks for the patches no-FROM to no-TO (without the last one), which are not there: at 1 MiB of log for
# 2500 of them it is full soon.
flood() { # SOCKET FROM TO
    python3 - "$@" <<'END'
import socket, struct, sys
s = socket.socket(socket.AF_UNIX)
s.connect(sys.argv[1])
for n in range(int(sys.argv[2]), int(sys.argv[3])):
    key = b'no-%06d-' % n + b'"' * 80  # each is four bytes there
    s.sendall(b'SAND\2\0\3\0' + struct.pack('<II', 12 + 8 + len(key) + 4, len(key)) + key +
              struct.pack('<II', 4, 0))
    s.recv(4096)
END
    settle "$1"
}
# Their numbers in FILE...
numbers() { sed -n 's/.* out APPLY .*no-0*\([0-9][0-9]*\)-.*/\1/p' "$@"; }
