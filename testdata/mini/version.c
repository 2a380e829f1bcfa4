/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "mini.h"

const char *mini_version(void)
{
	return "mini 1.0";
}
