#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# timeout: 1500
#
# The gauntlet's live part is no rubber stamp: reproducers that reproduce nothing, bugs that stay,
# payloads that don't go in, code that is not as it was, and tests that hang are told as failures.
# Builds QEMU when it is not built yet (about 3 minutes on 2 cores).

set -euo pipefail
name=gauntlet-live
# shellcheck source=tests/lib/common.sh
source "$(dirname "${BASH_SOURCE[0]}")/../lib/common.sh"
# shellcheck source=tests/lib/tap.sh
source "$lib/tap.sh"

fix=hpet-overflow # one that is made in less than a second
export OUT=$work SCRIPTS=$work/scripts
payload=$work/made/$fix/$fix.raxlpxs

# script KIND: what stands for the fix from now on, from stdin; it has what these lines bring.
script() {
    rm -rf "$SCRIPTS"
    mkdir -p "$SCRIPTS/$1"
    {
        printf '%s\n' 'import os, time, procmem' 'from lib.machine import Ended, Setup' \
            'from lib.patch import Patches' \
            'MACHINE = {"args": ["-M", "pc", "-m", "64"]}' \
            'def prepare(vm): return None' \
            'def patched(vm): return bool(Patches(vm, os.environ["BIN"] + "/raxlpxs").names())'
        cat
    } >"$SCRIPTS/$1/${fix//-/_}.py"
}

# trial [COMMAND]: its exit status and what it says.
trial() {
    local status=0
    said=$("${@:-"$top/tests/gauntlet/live"}" "$fix" 2>&1) || status=$?
    said="exit $status"$'\n'$said
}

# reported WHAT REGEX: the script from stdin is tried, and the failure is told.
reported() {
    script reproduce
    trial
    like "$1" "$said" "^exit 1"$'\n'"not ok 1 - $fix.*"$'\n'"# $2"
}

# A bug that is there as long as no patch is.
script reproduce <<'END'
def trigger(vm, _):
    with open(os.environ['OUT'] + '/tried', 'a') as f:
        print(patched(vm), file=f)
    return patched(vm), f'patched: {patched(vm)}'
END
trial "$top/tests/gauntlet/run"
like 'a fix is made and tried' "$said" \
    "^exit 0"$'\n'"ok 1 - $fix: patch .*before: patched: False; with the patch: patched: True; longest stop [1-9]"
is 'in one process without the patch and in one with it' "$(tr '\n' ' ' <"$work/tried")" 'False True '
trial "$top/tests/gauntlet/run"
like 'the next run says the same' "$said" "^exit 0.*with the patch: patched: True"
is 'without trying it again' "$(wc -l <"$work/tried")" 2
printf '# another\n' >>"$SCRIPTS/reproduce/${fix//-/_}.py"
trial "$top/tests/gauntlet/run"
is 'which it does when the script has changed' "$(wc -l <"$work/tried")" 4

reported 'a reproducer that does not reproduce' 'unpatched: the bug does not show: fine' <<'END'
def trigger(vm, _): return True, 'fine'
END
reported 'a bug that stays' 'patched: not fixed: as ever' <<'END'
def trigger(vm, _): return False, 'as ever'
END
reported 'a crash of the patched process' 'patched: not fixed: QEMU ended with SIGSEGV' <<'END'
def trigger(vm, _):
    os.kill(vm.pid, 11)
    vm.exit_status(10)
    vm.command('query-status')
END
reported 'a patched process that ends behind the trigger' 'trigger, afterwards: QMP does not' <<'END'
def trigger(vm, _):
    if patched(vm):
        os.kill(vm.pid, 9)
        vm.exit_status(10)
        return True, 'fixed, and ended'
    return False, 'a bug'
END
reported 'a test that can not go on' 'unpatched, prepare: no such thing' <<'END'
def prepare(vm): raise Setup('no such thing')
def trigger(vm, _): return patched(vm), ''
END
reported 'code that is not as it was' 'remove: the code is not as it was: 0x[0-9a-f]*\+1'$'\n' <<'END'
def trigger(vm, _):
    at, data = procmem.code(vm.pid)[-1]
    if patched(vm):
        with open(f'/proc/{vm.pid}/mem', 'r+b', buffering=0) as mem:
            mem.seek(at + len(data) - 1)
            mem.write(bytes([data[-1] ^ 255]))
    return patched(vm), ''
END
reported 'a load that fails with the patch' 'apply, afterwards, load: RuntimeError: patched' <<'END'
def trigger(vm, _): return patched(vm), ''
def load(vm, _):
    if patched(vm):
        raise RuntimeError('patched')
END
reported 'a load that does not come back' 'before, load: no round ends within' <<'END'
def trigger(vm, _): return patched(vm), ''
def load(vm, _): time.sleep(1000)
END

script exercise </dev/null
trial
like 'without a reproducer it is applied and removed' "$said" "^exit 0"$'\n'"ok 1 .*longest stop [1-9]"
mv "$payload" "$work/payload"
trial
like 'a payload that is not there' "$said" "^exit 1.*# apply: exit code [1-9]: "
printf 'no payload' >"$payload"
trial
like 'a payload that is none' "$said" "^exit 1.*# apply: exit code 1: "
mv "$work/payload" "$payload"

# A client that only says so.
mkdir "$work/bin"
cat >"$work/bin/raxlpxs" <<'END'
#!/bin/sh
printf '{"result": "applied", "already": false, "patch": {"name": "p"}, "stopped-us": 1, "longest-stop-us": 1}'
END
chmod +x "$work/bin/raxlpxs"
BIN=$work/bin trial
like 'a patch that is not in' "$said" "^exit 1.*# apply: the code is the same as before"

script reproduce <<'END'
def trigger(vm, _):
    with open(os.environ['OUT'] + '/pid', 'w') as f:
        print(vm.pid, file=f)
    time.sleep(1000)
END
LIMIT=5 trial "$top/tests/gauntlet/run"
like 'a reproducer that hangs' "$said" "^exit 1.*# live: not done within 5 s"
check 'its machine is gone' is_gone "$(<"$work/pid")"

tap_done
