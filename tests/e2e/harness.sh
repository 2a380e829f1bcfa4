#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# tests/run tested on itself: whatever goes wrong in a test must be counted as failed, and
# nothing of a test may stay behind.
# timeout: 60
set -uo pipefail
cd "$(dirname "$0")/../.." || exit 1
# shellcheck source=tests/lib/tap.sh
source tests/lib/tap.sh

tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT

producer() { # producer NAME: a script with stdin as its body
    { printf '#!/bin/bash\n' && cat; } >"$tmp/$1"
    chmod +x "$tmp/$1"
}

run() { # run NAME...: its output in $out, its last line in $last, its status in $status
    local names=("${@/#/$tmp/}")
    out=$(tests/run -o "$tmp/logs" "${names[@]}" 2>&1)
    status=$?
    last=${out##*$'\n'}
}

ended() { # ended PID; its parent is gone, and whoever inherited it may not have reaped it yet
    local _
    for _ in {1..200}; do
        grep -qs '^State:.[^Z]' "/proc/$1/status" || return 0
        sleep 0.02
    done
    return 1
}

producer good <<<'echo 1..2; echo ok 1 - a; echo "# a note"; echo ok 2'
run good
is 'points are counted' "$last/$status" '2 passed, 0 failed/0'

producer bad <<'END'
echo ok 1 - fine
echo 'not ok 2 - the reason'
echo '# found 3, wanted 4'
echo ok 3
echo '# not of interest'
echo 1..3
exit 1
END
run good bad
is 'a failed point fails the run' "$last/$status" '4 passed, 1 failed/1'
like 'the failed point is shown' "$out" 'not ok 2 - the reason'
like 'with its notes' "$out" '# found 3, wanted 4'
is 'without those of others' "${out##*not of interest*}" "$out"

producer crash <<'END'
echo 1..1
echo ok 1
echo last words >&2
kill -SEGV $$
END
run crash
is 'a crash is a failure' "$last/$status" '1 passed, 1 failed/1'
like 'it says which signal' "$out" 'ended by signal 11'
like 'and shows stderr' "$out" '\| last words'

producer status <<<'echo 1..1; echo ok 1; exit 3'
run status
is 'a status without a failed point is a failure' "$last/$status" '1 passed, 1 failed/1'
like 'it says which status' "$out" 'exit status 3'

producer hang <<END
# timeout: 1
echo 1..1
echo ok 1
sleep 600 &
echo \$! >$tmp/pid
wait
END
run hang
is 'a hang is a failure' "$last/$status" '1 passed, 1 failed/1'
like 'it says the limit' "$out" 'stopped after the limit of 1 seconds'
check 'its children are ended' ended "$(<"$tmp/pid")"

producer daemon <<END
echo 1..1
setsid sleep 600 >/dev/null 2>&1 &
echo \$! >$tmp/pid
echo \$TMPDIR >$tmp/tmpdir
touch \$TMPDIR/file
echo ok 1
END
run daemon
is 'a daemon is no failure' "$last/$status" '1 passed, 0 failed/0'
check 'but is ended' ended "$(<"$tmp/pid")"
fails 'its temporary folder is removed' 1 test -e "$(<"$tmp/tmpdir")"

producer planless <<<'echo ok 1'
run planless
is 'no plan is a failure' "$last/$status" '1 passed, 1 failed/1'

producer short <<<'echo 1..3; echo ok 1; echo ok 2'
run short
is 'a plan that is not kept is a failure' "$last/$status" '2 passed, 1 failed/1'

producer silent <<<'exit 0'
run silent
is 'silence is a failure' "$last/$status" '0 passed, 1 failed/1'

producer empty <<<'echo 1..0'
run empty
is 'a plan for nothing is a failure' "$last/$status" '0 passed, 1 failed/1'

producer skip <<<'echo "1..0 # SKIP no network"'
run skip
is 'only skipped is not passed' "$last/$status" '0 passed, 0 failed/1'
like 'the reason of a skip is shown' "$out" 'skip: no network'
run skip good
is 'a skip beside a pass is fine' "$last/$status" '2 passed, 0 failed/0'

run
is 'no test at all is a failure' "$last/$status" '0 passed, 0 failed/1'
run absent
is 'a test that is not there is a failure' "$last/$status" '0 passed, 1 failed/1'

producer settings <<'END'
echo 1..1
[[ $A == b && $CMOCKA_MESSAGE_OUTPUT == TAP ]] && echo ok 1
END
out=$(tests/run -o "$tmp/logs" "A=b $tmp/settings" 2>&1)
is 'settings before a path are passed on' "${out##*$'\n'}" '1 passed, 0 failed'

tap_done
