# SPDX-License-Identifier: GPL-2.0-or-later
# file: hw/i386/port92.c
# A bit that reads as 0, in the monitor too.
/^static uint64_t port92_read(/,/^}/ s/^    ret = s->outport;/    ret = s->outport | 0x10;/
