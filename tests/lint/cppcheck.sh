#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck source=tests/lint/lib.sh
source "$(dirname "$0")/lib.sh"

mapfile -t c_files < <(files 'lib/*.c' 'create-diff-object/*.c' 'extract-patch/*.c' 'lpbuild/*.c' \
    'raxlpxs/*.c' 'review/*.c' 'runtime/*.c')
check 'cppcheck' cppcheck -q -j2 --std=c11 --enable=warning,performance,portability \
    --inline-suppr --suppress=missingInclude --error-exitcode=1 -D_GNU_SOURCE -D__x86_64__ \
    -DSANDBOX_ALLOC=1048576 -I. "${c_files[@]}"
tap_done
