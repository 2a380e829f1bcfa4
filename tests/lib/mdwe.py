#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Runs a program that can make no memory executable that was not so when it was mapped.

usage: mdwe.py COMMAND...     (prctl(PR_SET_MDWE), Linux 6.3); exit code 77 where that is not known
"""
import ctypes
import os
import sys

PR_SET_MDWE, PR_MDWE_REFUSE_EXEC_GAIN = 65, 1

if __name__ == '__main__':
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    if ctypes.CDLL(None).prctl(PR_SET_MDWE, PR_MDWE_REFUSE_EXEC_GAIN, 0, 0, 0):
        sys.exit(77)
    os.execv(sys.argv[1], sys.argv[1:])
