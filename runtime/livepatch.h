/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/*
 * What the author of a fix can say in the patched source. Freestanding; C99 and C++, gcc and clang.
 * docs/author-guide.md has an example of each.
 *
 *	#include <livepatch.h>
 *
 *	LIVEPATCH_TABLE(migration_ops);		replace the contents of a table in place
 *	LIVEPATCH_LOAD_HOOK(raise_limit);	run a function when the patch goes in
 *	LIVEPATCH_IGNORE_FUNCTION(banner);	leave the change of a function out
 *
 * Each macro is a declaration, behind that of what it names, and leaves a record in a section of
 * its own. It does not change how the rest is compiled: what is named is not used by being named.
 */
#ifndef LIVEPATCH_H
#define LIVEPATCH_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* What a pre or post hook is told. */
struct livepatch_payload {
	const char *name; /* of the patch */
	int32_t rc;	  /* post hooks: 0 when the patch went in (or out), else a negative errno */
};

/*
 * Load and unload hooks run while all other threads of the program are stopped, load hooks before
 * the first jump is written, unload hooks after the last one is taken out, or after the load hooks
 * when nothing was written after all. A stopped thread may hold any lock: they must not lock,
 * allocate, print, or call what does; reading and writing memory is all they can do. A patch may
 * have several; they run in no order that can be relied on.
 */
typedef void livepatch_stopped_hook(void);
/*
 * Before the threads are stopped, in the runtime's thread, where locks and memory can be had. A
 * value other than 0 vetoes: the patch does not go in (or out), and the value is reported. What
 * the hook has done is then its own to undo. A patch that takes the place of all others is a
 * removal of each of them: all prerevert hooks run before its preapply hook, and a veto of any is
 * the end.
 */
typedef int livepatch_pre_hook(const struct livepatch_payload *payload);
/* After the threads go on, in the runtime's thread; once after each pre hook that did not veto,
 * also when the patch did not go in (or out) after all: see rc. */
typedef void livepatch_post_hook(const struct livepatch_payload *payload);

#define LIVEPATCH_LOAD_HOOK(fn)	  LIVEPATCH_HOOK_(load, livepatch_stopped_hook, fn)
#define LIVEPATCH_UNLOAD_HOOK(fn) LIVEPATCH_HOOK_(unload, livepatch_stopped_hook, fn)
/* At most one of each in a patch. */
#define LIVEPATCH_PREAPPLY_HOOK(fn)   LIVEPATCH_HOOK_(preapply, livepatch_pre_hook, fn)
#define LIVEPATCH_POSTAPPLY_HOOK(fn)  LIVEPATCH_HOOK_(postapply, livepatch_post_hook, fn)
#define LIVEPATCH_PREREVERT_HOOK(fn)  LIVEPATCH_HOOK_(prerevert, livepatch_pre_hook, fn)
#define LIVEPATCH_POSTREVERT_HOOK(fn) LIVEPATCH_HOOK_(postrevert, livepatch_post_hook, fn)

/* The change of this function is left out: the running program keeps its own. */
#define LIVEPATCH_IGNORE_FUNCTION(fn) LIVEPATCH_NAME_(ignore_function, ".ignore.functions", fn)
/* So is what has changed or is new in this section; SECTION is a string. */
#define LIVEPATCH_IGNORE_SECTION(section) LIVEPATCH_STRING_(section, __COUNTER__)
/* This object of static storage is overwritten with its new contents when the patch goes in, and
 * with the old ones when it goes out. Its size must be the same. */
#define LIVEPATCH_TABLE(object) LIVEPATCH_NAME_(table, ".tables", object)

/*
 * Shadow data: a value of SIZE bytes attached to the address of an object, for a member that
 * the object's type should have had. ID tells one use from another; make up a number of your own
 * for each member. The runtime in the program keeps the values; removing the patch leaves
 * them, so that a later patch finds them.
 *
 * Any thread may call these, hooks too, but not load and unload hooks: they lock and allocate.
 * A value is found until it is freed; who frees it sees to it that nobody uses it any more. The
 * runtime does not know when OBJECT dies: free its values in the function that frees it, or the
 * next object at that address inherits them.
 */

/* Sets up a value, which is all zero and which no other thread sees yet. A value other than 0
 * means failure. Runs under the runtime's lock: it must not call livepatch_shadow_...() itself. */
typedef int livepatch_shadow_init(void *value, const void *object, void *context);
/* Lets go of what a value holds, before its memory is freed. Under the same lock. */
typedef void livepatch_shadow_destroy(void *value, const void *object);

/* The value of OBJECT, or NULL when it has none. */
void *livepatch_shadow_get(const void *object, uint64_t id);
/*
 * The value of OBJECT, made when it has none: zeroed, aligned for any type, and handed to INIT
 * (which may be NULL) with CONTEXT. Of several threads one makes it, and all get the same.
 * NULL when there is no memory, when INIT failed, or when the value that is there was made with
 * less than SIZE bytes. The value belongs to the runtime until it is freed through it.
 */
void *livepatch_shadow_get_or_alloc(const void *object, uint64_t id, size_t size,
				    livepatch_shadow_init *init, void *context);
/* Frees the value of OBJECT if it has one, after DESTROY, which may be NULL. */
void livepatch_shadow_free(const void *object, uint64_t id, livepatch_shadow_destroy *destroy);
/* The same for the values of all objects under this ID, as from a postrevert hook. */
void livepatch_shadow_free_all(uint64_t id, livepatch_shadow_destroy *destroy);

/* ---- how the records are made ---- */

#define LIVEPATCH_SECTION_(name) __attribute__((used, section(".livepatch" name)))

/* C only warns about a pointer to another type of function; C++ has no such check, and needs none.
 */
#ifdef __cplusplus
#define LIVEPATCH_CHECK_(type, fn)
#else
#define LIVEPATCH_CHECK_(type, fn)                                                                 \
	__extension__ _Static_assert(__builtin_types_compatible_p(__typeof__(&(fn)), type *),      \
				     "'" #fn "' is not declared as a " #type);
#endif

#define LIVEPATCH_HOOK_(kind, type, fn)                                                            \
	LIVEPATCH_CHECK_(type, fn)                                                                 \
	static type *const livepatch_##kind##_hook_##fn LIVEPATCH_SECTION_(".hooks." #kind) = &(fn)

/* A name, not a pointer: a static function whose address is taken is inlined no more, and then
 * its callers would have changed, too. The `sizeof` is there to find misspelt names. */
#define LIVEPATCH_NAME_(verb, section, what)                                                       \
	static const char                                                                          \
		livepatch_##verb##_##what[sizeof(#what) + 0 * sizeof(&(what))] LIVEPATCH_SECTION_( \
			section) = #what

#define LIVEPATCH_STRING_(text, n) LIVEPATCH_STRING_AS_(text, n)
#define LIVEPATCH_STRING_AS_(text, n)                                                              \
	static const char livepatch_ignore_section_##n[sizeof(text)] LIVEPATCH_SECTION_(           \
		".ignore.sections") = text

#ifdef __cplusplus
}
#endif

#endif
