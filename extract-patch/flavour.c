// SPDX-License-Identifier: GPL-2.0-or-later
#include <string.h>

#include "extract-patch/flavour.h"

const struct ep_flavour *ep_flavour_of(const char *recipe)
{
	return recipe && !strcmp(recipe, EP_RECIPE_XEN) ? &ep_flavour_xen : &ep_flavour_runtime;
}
