/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lpbuild/commands.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/file.h"
#include "lib/map.h"
#include "lpbuild/ninja.h"
#include "lpbuild/paths.h"

#define MAX_COMMANDS ((size_t)256 << 20)

/* The string value of KEY in LINE (`    "command": "gcc ...",`), unescaped in place; NULL when the
 * line is another, or has an escape that no command line of ours needs. */
static char *string_value(char *line, const char *key)
{
	size_t n = strlen(key);

	line += strspn(line, " ");
	if (strncmp(line, key, n) != 0 || strncmp(line + n, ": \"", 3) != 0)
		return NULL;
	char *value = line + n + 3, *out = value;

	for (const char *in = value; *in != '"'; in++) {
		if (*in == '\\' && *++in != '"' && *in != '\\' && *in != '/')
			return NULL;
		if (!*in)
			return NULL;
		*out++ = *in;
	}
	*out = '\0';
	return value;
}

/*
 * `ninja -t compdb` writes a key a line:
 *	"command": "gcc -c ...",
 *	"file": "../ui/vnc.c",
 *	"output": "libcommon.fa.p/ui_vnc.c.o"
 */
static void write_commands(FILE *out, const struct lp_map *wanted, char *text)
{
	const char *command = NULL;

	for (char *line = text, *next; *line; line = next) {
		const char *value;

		next = line + strcspn(line, "\n");
		if (*next)
			*next++ = '\0';
		if (line[strspn(line, " ")] == '{')
			command = NULL;
		else if ((value = string_value(line, "\"command\"")))
			command = value;
		else if ((value = string_value(line, "\"output\"")) && command &&
			 lp_map_get_str(wanted, value) != LP_MAP_NONE)
			fprintf(out, "%s\t%s\n", value, command);
	}
}

struct lp_err *lp_commands_make(struct lp_work *work, const struct lp_strs *objects)
{
	struct lp_map wanted = { 0 };
	char *text, *commands;
	size_t len;

	for (size_t i = 0; i < objects->n; i++)
		lp_map_set_str(work->arena, &wanted, objects->items[i], (u32)i);
	LP_TRY(lp_ninja_tool(work, "compdb", NULL, 0, &text, &len));
	FILE *out = open_memstream(&commands, &len);

	if (!out)
		return lp_err_errno("cannot keep the commands");
	/* Each line begins behind a newline, the first one too. */
	fputc('\n', out);
	write_commands(out, &wanted, text);
	if (fclose(out))
		return lp_err_errno("cannot keep the commands");
	struct lp_err *err = lp_file_write(lp_work_path(work, "commands"), commands, len);

	free(commands);
	return err;
}

/* TEXT as a ninja file has it; SPECIAL are the characters that need a '$'. */
static void put_escaped(FILE *out, const char *text, const char *special)
{
	for (; *text && *text != '\n'; text++) {
		if (strchr(special, *text))
			fputc('$', out);
		fputc(*text, out);
	}
}

/* False when an object has no command in COMMANDS. */
static bool put_edges(struct lp_work *work, FILE *out, const char *commands,
		      const struct lp_strs *objects)
{
	for (size_t i = 0; i < objects->n; i++) {
		const char *want = lp_printf(work->arena, "\n%s\t", objects->items[i]);
		const char *hit = strstr(commands, want);

		if (!hit)
			return false;
		fputs("build ", out);
		put_escaped(out, objects->items[i], "$ :|");
		fputs(": cc\n  cmd = ", out);
		put_escaped(out, hit + strlen(want), "$");
		fputc('\n', out);
	}
	return true;
}

struct lp_err *lp_commands_build_file(struct lp_work *work, const struct lp_strs *objects,
				      bool is_first, const char **ret)
{
	const char *list = lp_work_path(work, "commands");
	const char *folder = lp_work_path(work, "patched");
	const char *path = lp_printf(work->arena, "%s/build.ninja", folder);
	char *text;
	size_t len;
	u8 *commands;

	*ret = NULL;
	if (!lp_file_exists(list)) /* a work folder of an older lpbuild */
		return NULL;
	LP_TRY(lp_file_read(work->arena, list, MAX_COMMANDS, &commands, &len));
	/* Without a log ninja holds nothing for built. */
	if (is_first)
		LP_TRY(lp_remove_tree(folder));
	LP_TRY(lp_mkdir_p(folder));
	FILE *out = open_memstream(&text, &len);

	if (!out)
		return lp_err_errno("cannot write '%s'", path);
	fputs("builddir = ", out);
	put_escaped(out, folder, "$");
	fputs("\nrule cc\n  command = $cmd\n  depfile = $out.d\n  deps = gcc\n"
	      "  description = Compiling C object $out\n",
	      out);
	bool is_complete = put_edges(work, out, (const char *)commands, objects);
	struct lp_err *err = NULL;

	if (fclose(out))
		err = lp_err_errno("cannot write '%s'", path);
	else if (is_complete)
		err = lp_file_write(path, text, len);
	free(text);
	if (!err && is_complete)
		*ret = path;
	return err;
}
