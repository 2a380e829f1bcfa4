/* SPDX-License-Identifier: GPL-2.0-or-later */
/* For hooks of patches for QEMU. */
#ifndef QEMU_LIVEPATCH_OBJECTS_H
#define QEMU_LIVEPATCH_OBJECTS_H

#include "hw/qdev-core.h"
#include "qemu/main-loop.h"
#include "qom/object.h"

/* A loop and not object_child_foreach(): the address of a function that is given away keeps the
 * patch's code in the program when it is removed. */
static inline GSList *livepatch_find_objects(Object *object, const char *type, GSList *found)
{
	ObjectPropertyIterator iter;
	ObjectProperty *property;

	if (object_dynamic_cast(object, type))
		found = g_slist_prepend(found, object);
	object_property_iter_init(&iter, object);
	while ((property = object_property_iter_next(&iter)))
		if (g_str_has_prefix(property->type, "child<"))
			found = livepatch_find_objects(property->opaque, type, found);
	return found;
}

/*
 * All objects of this QOM type, under the big lock of QEMU, so that nothing is plugged, unplugged
 * or used by a virtual processor until livepatch_unlock_objects(). For pre and post hooks, never
 * for load and unload hooks. Without a machine, as in a patch that is applied when QEMU starts,
 * there are none, and no lock yet.
 */
static inline GSList *livepatch_lock_objects(const char *type)
{
	if (!phase_check(PHASE_MACHINE_CREATED))
		return NULL;
	qemu_mutex_lock_iothread();
	return livepatch_find_objects(object_get_root(), type, NULL);
}

static inline void livepatch_unlock_objects(GSList *objects)
{
	g_slist_free(objects);
	if (phase_check(PHASE_MACHINE_CREATED))
		qemu_mutex_unlock_iothread();
}

#endif
