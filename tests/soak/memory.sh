#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# timeout: 14400
#
# tests/e2e/memory.sh with 10,000 times in and out.
set -euo pipefail
CYCLES=10000 exec "$(dirname "$0")/../e2e/memory.sh"
