#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Writes version.h: what --version and the runtime's INFO say. Dates come from
# SOURCE_DATE_EPOCH or the last commit, so that two builds of one revision are equal.
set -eu
version=0.1.0
git=$(git rev-parse --short=12 HEAD 2>/dev/null || echo unknown)
git diff --quiet HEAD -- 2>/dev/null || git=$git-dirty
epoch=${SOURCE_DATE_EPOCH:-$(git log -1 --format=%ct 2>/dev/null || echo 0)}
cat <<END
#define LP_VERSION "$version"
#define LP_GIT "$git"
#define LP_BUILT "$(date -u -d "@$epoch" '+%Y-%m-%d %H:%M:%S UTC')"
END
