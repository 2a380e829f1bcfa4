#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# timeout: 1500
#
# A dozen of the real fixes of tests/gauntlet, those that take little time: patches, also of one
# fix on top of another, of a header, with new functions, data and trace events, each applied to a
# running QEMU and removed; refusals; nothing to do. Builds QEMU when it is not built yet (about 3
# minutes on 2 cores).

set -euo pipefail
top=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
export OUT=$top/build/run/gauntlet
rm -rf "$OUT" # results of an earlier run are none of this one
exec "$top/tests/gauntlet/run" vnc-inflate-regress clipboard-no-data snap-inactive ahci-serror \
    lsi-reentrancy nbd-no-poll vtd-frcd hmp-gpa2hva-text ohci-setup-ep \
    esp-pci-irq ati-pixman async-bh-flags tcg-svm-canon
