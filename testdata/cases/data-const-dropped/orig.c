/* SPDX-License-Identifier: GPL-2.0-or-later */
const int limits[4] = { 1, 2, 3, 4 };
