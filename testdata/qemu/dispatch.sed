# SPDX-License-Identifier: GPL-2.0-or-later
# file: softmmu/memory.c
# Each write of a guest to a device goes through it.
/^MemTxResult memory_region_dispatch_write(/,/^}/ {
	/^    if (mr->alias) {/i\
    warn_report_once("new memory_region_dispatch_write");
}
