#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# One comment line more after the last #include of 56 files of QEMU, those that have the most
# assertions, error_setg() and locks: how many functions differ, and how many of them create-diff-object
# leaves out because only line numbers differ. Then every other number in these is changed
# (tests/helpers/mutate.c), and the same line is added as lpbuild would do it. Prints lines of a
# Markdown table, and what was not recognised; fails when a change was hidden, a pinned file differs,
# or less than 95 % are recognised. lines.sh CC does all this with another compiler.

set -euo pipefail
name=bench-lines
# shellcheck source=tests/lib/common.sh
source "$(dirname "${BASH_SOURCE[0]}")/../lib/common.sh"
# shellcheck source=tests/lib/story.sh
source "$lib/story.sh"
# shellcheck source=tests/lib/churn.sh
source "$lib/churn.sh"

churn_cc=${1-}
mutate=$BIN/../tests/mutate
files=(
    block.c block/blkdebug.c block/block-backend.c block/dirty-bitmap.c block/file-posix.c
    block/io.c block/mirror.c block/nbd.c block/nvme.c block/qcow.c block/qcow2-bitmap.c
    block/qcow2-cluster.c block/qcow2-refcount.c block/qcow2.c block/qed.c block/vhdx.c
    block/vmdk.c block/vvfat.c dump/dump.c hw/acpi/aml-build.c hw/core/numa.c
    hw/i386/intel_iommu.c hw/misc/ivshmem.c hw/net/net_rx_pkt.c hw/nvme/ctrl.c hw/pci/pci.c
    hw/scsi/scsi-disk.c hw/usb/hcd-xhci.c hw/vfio/common.c hw/vfio/pci.c io/channel-websock.c
    job.c migration/migration.c migration/ram.c migration/savevm.c nbd/client.c net/net.c
    net/slirp.c net/tap.c qapi/qapi-visit-core.c qapi/qobject-input-visitor.c qom/object.c
    softmmu/memory.c softmmu/physmem.c softmmu/qdev-monitor.c softmmu/qtest.c softmmu/vl.c
    target/i386/cpu.c tcg/tcg-op-gvec.c tcg/tcg-op.c tcg/tcg.c ui/console.c ui/vnc.c
    util/hbitmap.c util/qemu-sockets.c util/vfio-helpers.c
)

functions() { readelf -sW "$1" | awk '$4 == "FUNC" && $7 != "UND" && $8 !~ /\.cold(\.|$)/' | wc -l; }

# measure FILE: prints its numbers, "word N" each: functions, differ, left (out), pinned (files), and
# what mutate says.
measure() {
    local object mirror after left ignored
    object=$(churn_object "$1" | head -n 1)
    mirror=$work/${1//\//_}
    after=$(grep -n '^ *# *include' "${QEMU%/build/*}/$1" | tail -n 1 | cut -d: -f1)
    churn_mirror "$mirror" "$1"
    churn_original "$mirror" "$1" "$object"
    churn_one "$mirror" "$1" "$object" raw 1 0 "$after" "$((after + 1))" || true
    left=$(grep -c '^changed ' "$mirror.log" || true)
    ignored=$(grep -c '^ignored ' "$mirror.log" || true)
    ignored=$((ignored + $(sed -n 's/.*nothing has changed but the line numbers in \([0-9]*\) .*/\1/p' \
        "$mirror.log" | grep . || echo 0)))
    sed -n "s|^changed *\(.*\)|not recognised: $1 \1|p" "$mirror.log"
    printf 'files 1 functions %d differ %d left %d\n' "$(functions "$mirror.original.o")" \
        $((left + ignored)) "$left"
    "$mutate" "$mirror.original.o" "$mirror.o" || true
    if churn_one "$mirror" "$1" "$object" one 1 0 "$after" "$((after + 1))"; then
        echo pinned 1
    fi
    rm -rf "$mirror"
}

story_prepare || die "QEMU can't be built" "see $work/prepare.log"
for file in "${files[@]}"; do
    while [[ $(jobs -rp | wc -l) -ge $(nproc) ]]; do
        wait -n || true
    done
    (trap - EXIT && measure "$file") >"$work/result.${file//\//_}" &
done
wait
cat "$work"/result.* >"$work/result"

# total WORD: the sum of the numbers behind it.
total() {
    awk -v word="$1" '{ for (i = 1; i < NF; i++) if ($i == word) n += $(i + 1) } END { print n + 0 }' \
        <(grep -v '^not recognised' "$work/result")
}

grep '^not recognised\|^hidden' "$work/result" >&2 || true
differ=$(total differ) left=$(total left)
printf '| functions of %d files; of these differ by one comment line | %d; %d |\n' "$(total files)" \
    "$(total functions)" "$differ"
printf '| of these left out, because only line numbers differ | %d (%s %%) |\n' $((differ - left)) \
    "$(awk "BEGIN { printf \"%.1f\", 100 * ($differ - $left) / $differ }")"
printf '| other numbers changed in them; numbers that look like a line | %d; %d |\n' \
    "$(total constants)" "$(total lookalikes)"
printf '| of these hidden | %d |\n' "$(total hidden)"
printf '| files where a function differs when the line is pinned | %d |\n' \
    $((${#files[@]} - $(total pinned)))
[[ $(total files) -eq ${#files[@]} && $(total pinned) -eq ${#files[@]} && $(total hidden) -eq 0 ]]
[[ $((100 * (differ - left))) -ge $((95 * differ)) ]]
