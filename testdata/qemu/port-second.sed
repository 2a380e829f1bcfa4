# SPDX-License-Identifier: GPL-2.0-or-later
# file: hw/i386/port92.c
# Another one, on top of port-first.sed.
/^static uint64_t port92_read(/,/^}/ s/| 0x10;/| 0x10 | 0x20;/
