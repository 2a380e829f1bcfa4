# SPDX-License-Identifier: GPL-2.0-or-later
# file: migration/ram.c
# The thread of a migration calls it again and again.
/^static int ram_save_iterate(/,/^}/ {
	/^    if (blk_mig_bulk_active()) {/i\
    warn_report_once("new ram_save_iterate");
}
