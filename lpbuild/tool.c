/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lpbuild/tool.h"

#include <string.h>

#include "lib/file.h"
#include "lpbuild/paths.h"

#define MAX_LOG	    ((size_t)1 << 20)
#define MAX_CONTEXT 40

struct lp_err *lp_tool_path(struct lp_arena *arena, const char *name, const char **ret)
{
	const char *dir;

	LP_TRY(lp_program_dir(arena, &dir));
	*ret = lp_printf(arena, "%s/%s", dir, name);
	if (!lp_file_exists(*ret))
		return lp_err_advice(lp_err(LP_FAILED, "cannot find the tool '%s'", *ret),
				     "it belongs into the folder of lpbuild");
	return NULL;
}

/* What follows PREFIX in LINE, or NULL. */
static const char *after(const char *line, const char *prefix)
{
	size_t n = strlen(prefix);

	return strncmp(line, prefix, n) ? NULL : line + n;
}

struct lp_err *lp_tool_error(struct lp_arena *arena, const char *name, const char *log, int status)
{
	enum lp_code code =
		status >= LP_FAILED && status <= LP_TRUST ? (enum lp_code)status : LP_FAILED;
	struct lp_err *err = NULL;
	u32 n_context = 0;
	u8 *data;
	size_t len;

	LP_TRY(lp_file_read(arena, log, MAX_LOG, &data, &len));
	for (char *line = (char *)data, *next; *line; line = next) {
		const char *text;

		next = line + strcspn(line, "\n");
		if (*next)
			*next++ = '\0';
		if (!err && (text = after(line, "error: ")))
			err = lp_err(code, "%s", text);
		else if ((text = after(line, "  advice: ")))
			err = lp_err_advice(err, "%s", text);
		else if ((text = after(line, "  rule: ")))
			err = lp_err_rule(err, lp_strdup(arena, text));
		else if (err && n_context++ < MAX_CONTEXT)
			err = lp_err_context(err, "%s", line + strspn(line, " "));
	}
	if (status > 128)
		return lp_err_advice(
			lp_err(LP_FAILED, "'%s' was ended by signal %d", name, status - 128),
			"run lpbuild again");
	return err ? err : lp_err(code, "'%s' failed with exit status %d", name, status);
}
