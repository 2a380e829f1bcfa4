# SPDX-License-Identifier: GPL-2.0-or-later
"""The same without a reset: the patch makes the IOMMU forget what it has remembered before."""
import viommu_buscache

MACHINE, prepare, load = viommu_buscache.MACHINE, viommu_buscache.prepare, viommu_buscache.load


def trigger(vm, state):
    with vm.qtest.lock:
        return state.outcome()
