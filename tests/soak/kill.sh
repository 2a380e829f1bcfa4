#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# timeout: 14400
#
# tests/e2e/kill.sh with 1,000 clients killed anywhere, and as many while the runtime writes.
set -euo pipefail
KILLS=1000 exec "$(dirname "$0")/../e2e/kill.sh"
