#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# timeout: 14400
#
# tests/e2e/qemu-hammer.sh with 1,000 times in and out.
set -euo pipefail
CYCLES=1000 exec "$(dirname "$0")/../e2e/qemu-hammer.sh"
