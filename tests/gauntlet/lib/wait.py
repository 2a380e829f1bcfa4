# SPDX-License-Identifier: GPL-2.0-or-later
"""Waits for a condition, with a bound."""
import time

SECONDS = 5


def until(condition, seconds=SECONDS):
    """What CONDITION returns once that is true; what it returned last when SECONDS are over."""
    end = time.monotonic() + seconds
    while True:
        value = condition()
        if value or time.monotonic() > end:
            return value
        time.sleep(0.001)
