// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "extract-patch/rules.h"

#define REBUILD "build the original from the source, configuration and compiler of the executable"
#define OTHER_OBJECT                                                                               \
	"compile the object as the executable's own build did (-fPIE, no other TLS model)"
#define HOOK "keep the change out of existing data; set values at run time instead"

// clang-format off
const struct ep_rule ep_rules[] = {
	/* the executable */
	{ "target-without-runtime", LP_TARGET,
	  "give the executable that runs; it must be linked with the runtime" },
	{ "target-without-build-id", LP_TARGET,
	  "link it with -Wl,--build-id: that is what ties a patch to its executable" },
	{ "target-without-symbols", LP_TARGET, "name the file with the symbols by --debug-file (--debug-root: its folder)" },
	{ "depends-mismatch", LP_TARGET, "take the payload that was made for this executable" },
	{ "debug-file-mismatch", LP_TARGET, "take the debug file from the build of this executable" },
	/* finding things in it */
	{ "object-not-found", LP_TARGET, REBUILD },
	{ "function-not-found", LP_TARGET, REBUILD },
	{ "table-not-found", LP_TARGET, REBUILD },
	{ "size-mismatch", LP_TARGET, REBUILD },
	{ "not-proved", LP_TARGET, REBUILD },
	{ "ambiguous-object", LP_REFUSED, "rename one of the files, or make their symbols differ" },
	{ "ambiguous-symbol", LP_REFUSED, "make the name unique in its source file" },
	{ "static-ambiguous", LP_REFUSED,
	  "use the diff objects of create-diff-object, which follow static variables by their use" },
	{ "unresolved-reference", LP_REFUSED,
	  "give the object that defines it as well, if the patch adds it" },
	{ "weak-undefined", LP_REFUSED,
	  "leave out the code that asks whether it is there: here it is not" },
	/* Xen */
	{ "xen-target", LP_TARGET, "give the xen-syms of the hypervisor that runs" },
	{ "xen-init", LP_REFUSED, "what it does was done at boot: change what uses the result" },
	{ "xen-relocation", LP_REFUSED,
	  "compile with -fpie, as Xen's build does, without -mcmodel and -fno-pie" },
	{ "xen-duplicate-symbol", LP_REFUSED, "give the patch another name by --name" },
	{ "xen-table", LP_REFUSED, "set the new values from a load hook" },
	{ "xen-special-section", LP_REFUSED,
	  "do without BUG(), ASSERT(), alternatives and user copies in the changed function" },
	/* what can be replaced */
	{ "function-needs-changed", LP_REFUSED, "name that function by --function as well" },
	{ "function-too-small", LP_REFUSED, "patch its callers instead" },
	{ "branch-into-entry", LP_REFUSED, "patch its callers instead" },
	{ "function-relocated", LP_REFUSED, "link the executable without text relocations" },
	{ "ifunc", LP_REFUSED, "patch the implementations, not the resolver" },
	{ "function-of-runtime", LP_REFUSED, "the runtime cannot replace itself: restart the program" },
	{ "function-twice", LP_REFUSED, "give each function and table in one object only" },
	{ "hook-twice", LP_REFUSED, "let one pre or post hook of a kind call what the other does" },
	/* what the new code may contain */
	{ "data-changed", LP_REFUSED, HOOK },
	{ "tls-changed", LP_REFUSED, "keep the new state in a table by thread, not in a TLS variable" },
	{ "tls-model", LP_REFUSED, OTHER_OBJECT },
	{ "relocation-kind", LP_REFUSED, OTHER_OBJECT },
	{ "nameless-code", LP_REFUSED, "give the code a symbol with type and size" },
	{ "reference-unnamed", LP_REFUSED, "compile with -fdata-sections" },
	{ "no-function-sections", LP_REFUSED, "compile with -ffunction-sections -fdata-sections" },
	{ "unplaceable-section", LP_REFUSED, "a patch can bring code, constants and plain data" },
	{ "writable-code", LP_REFUSED, "put code and data into sections of their own" },
	{ "common-data", LP_REFUSED, "compile with -fno-common" },
	{ "payload-too-big", LP_REFUSED, "split the patch" },
};
// clang-format on
const size_t ep_n_rules = LP_ARRAY_SIZE(ep_rules);

struct lp_err *ep_refuse(const char *rule, const char *fmt, ...)
{
	char text[2048];
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	for (size_t i = 0; i < ep_n_rules; i++) {
		struct lp_err *err;

		if (strcmp(ep_rules[i].id, rule) != 0)
			continue;
		err = lp_err(ep_rules[i].code, "%s", text);
		return lp_err_advice(lp_err_rule(err, ep_rules[i].id), "%s", ep_rules[i].advice);
	}
	return lp_err(LP_FAILED, "%s (rule '%s' is not in the table)", text, rule);
}
