#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck source=tests/lint/lib.sh
source "$(dirname "$0")/lib.sh"

check_each 'formatted' clang-format --dry-run -Werror < <(files '*.c' '*.h')
tap_done
