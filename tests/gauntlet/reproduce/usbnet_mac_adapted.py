# SPDX-License-Identifier: GPL-2.0-or-later
"""The same for a card that was plugged before the patch went in."""
import usbnet_mac

MACHINE, prepare, load = usbnet_mac.MACHINE, usbnet_mac.prepare, usbnet_mac.load


def trigger(vm, _):
    return usbnet_mac.says(vm, 0, usbnet_mac.FIRST)
