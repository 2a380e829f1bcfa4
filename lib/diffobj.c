/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lib/diffobj.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

static const char *const mark_prefix[] = {
	[LP_MARK_REF] = "lp.ref!",
	[LP_MARK_NEW] = "lp.new!",
	[LP_MARK_OLD] = "lp.old!",
	[LP_MARK_TABLE] = "lp.table!",
};

char *lp_mark_name(struct lp_arena *arena, enum lp_mark mark, const char *object, const char *name)
{
	return lp_printf(arena, "%s%s!%s", mark_prefix[mark], object, name);
}

enum lp_mark lp_mark_parse(struct lp_arena *arena, const char *symbol, const char **ret_object,
			   const char **ret_name)
{
	for (u32 mark = LP_MARK_REF; mark <= LP_MARK_TABLE; mark++) {
		size_t len = strlen(mark_prefix[mark]);
		const char *object = symbol + len;

		if (strncmp(symbol, mark_prefix[mark], len) != 0)
			continue;
		const char *bang = strchr(object, '!');

		if (!bang || bang == object || !bang[1])
			break;
		*ret_object = lp_strndup(arena, object, (size_t)(bang - object));
		*ret_name = bang + 1;
		return mark;
	}
	*ret_object = NULL;
	*ret_name = symbol;
	return LP_MARK_NONE;
}

u32 lp_mark_position(struct lp_arena *arena, const char **name)
{
	const char *bang = strrchr(*name, '!');
	u32 position = 0;

	if (!bang || bang == *name || !bang[1])
		return 0;
	for (const char *p = bang + 1; *p; p++)
		if (*p < '0' || *p > '9' || __builtin_mul_overflow(position, 10, &position) ||
		    __builtin_add_overflow(position, (u32)(*p - '0'), &position))
			return 0;
	if (position)
		*name = lp_strndup(arena, *name, (size_t)(bang - *name));
	return position;
}

/* ---- writing ---- */

struct text { /* a growing string */
	struct lp_arena *arena;
	LP_VEC(char) chars;
};

static LP_PRINTF(2, 3) void put(struct text *text, const char *fmt, ...)
{
	va_list ap;
	char *line;

	va_start(ap, fmt);
	int n = vasprintf(&line, fmt, ap);
	va_end(ap);
	for (int i = 0; i < n; i++)
		lp_vec_push(text->arena, &text->chars, line[i]);
	if (n >= 0)
		free(line);
}

static void put_change(struct text *text, const struct lp_info_change *change)
{
	switch (change->kind) {
	case LP_CHANGED:
		put(text, "changed %" PRIu64 " %" PRIu64 " %s\n", change->old_size,
		    change->new_size, change->name);
		break;
	case LP_ADDED:
		put(text, "added %" PRIu64 " %s\n", change->new_size, change->name);
		break;
	case LP_DATA:
		put(text, "data %" PRIu64 " %s\n", change->new_size, change->name);
		break;
	case LP_TABLE:
		put(text, "table %" PRIu64 " %s\n", change->new_size, change->name);
		break;
	case LP_HOOK:
		put(text, "hook %s %s\n", change->hook, change->name);
		break;
	case LP_IGNORED:
		put(text, "ignored %s %s\n", change->rule, change->name);
		break;
	}
	if (change->cold)
		put(text, "cold %" PRIu64 " %s\n", change->cold_size, change->cold);
	if (change->why)
		put(text, "why %s\n", change->why);
}

char lp_info_kind(const struct lp_symbol *sym)
{
	switch (sym->type) {
	case STT_FUNC:
	case STT_GNU_IFUNC:
		return 'f';
	case STT_OBJECT:
		return 'o';
	case STT_TLS:
		return 't';
	default:
		return 0;
	}
}

char *lp_info_format(struct lp_arena *arena, const struct lp_info *info)
{
	struct text text = { .arena = arena };

	put(&text, "object %s\n", info->object);
	if (info->source)
		put(&text, "source %s\n", info->source);
	for (size_t i = 0; i < info->more_sources.n; i++)
		put(&text, "source %s\n", info->more_sources.items[i]);
	if (info->compiler)
		put(&text, "compiler %s\n", info->compiler);
	for (size_t i = 0; i < info->passed.n; i++)
		put(&text, "passed %s\n", info->passed.items[i]);
	for (size_t i = 0; i < info->symbols.n; i++) {
		const struct lp_info_symbol *sym = &info->symbols.items[i];

		put(&text, "%s %c %" PRIu64 " %s\n", sym->is_local ? "local" : "global", sym->kind,
		    sym->size, sym->name);
	}
	for (size_t i = 0; i < info->changes.n; i++)
		put_change(&text, &info->changes.items[i]);
	for (size_t i = 0; i < info->advice.n; i++)
		put(&text, "advice %s %s %s\n", info->advice.items[i].rule,
		    info->advice.items[i].name, info->advice.items[i].says);
	for (size_t i = 0; i < info->pins.n; i++)
		put(&text, "pins %s %s\n", info->pins.items[i].name, info->pins.items[i].holder);
	lp_vec_push(arena, &text.chars, '\0');
	return text.chars.items;
}

/* ---- reading ---- */

struct parser {
	struct lp_arena *arena;
	const char *path;
	size_t line; /* its number, for messages */
	char *rest;  /* of the line, behind the words taken so far */
	struct lp_info_list *list;
};

static struct lp_err *bad_line(const struct parser *p, const char *what)
{
	return lp_err(LP_FAILED, "%s: section '%s': line %zu: %s", p->path, LP_SEC_INFO, p->line,
		      what);
}

/* The next word, up to one blank; NULL at the end of the line. */
static char *take_word(struct parser *p)
{
	char *word = p->rest;

	if (!word || !*word)
		return NULL;
	p->rest = strchr(word, ' ');
	if (p->rest)
		*p->rest++ = '\0';
	return *word ? word : NULL;
}

static struct lp_err *take_size(struct parser *p, u64 *ret)
{
	const char *word = take_word(p);
	u64 value = 0;

	if (!word)
		return bad_line(p, "a size is missing");
	for (; *word; word++) {
		if (*word < '0' || *word > '9' || __builtin_mul_overflow(value, 10, &value) ||
		    __builtin_add_overflow(value, (u64)(*word - '0'), &value))
			return bad_line(p, "a size is not a number");
	}
	*ret = value;
	return NULL;
}

/* The rest of the line, which must not be empty. */
static struct lp_err *take_rest(struct parser *p, const char **ret)
{
	if (!p->rest || !*p->rest)
		return bad_line(p, "a word is missing");
	*ret = p->rest;
	return NULL;
}

static struct lp_err *parse_symbol(struct parser *p, struct lp_info *info, bool is_local)
{
	struct lp_info_symbol sym = { .is_local = is_local };
	const char *kind = take_word(p);

	if (!kind || strlen(kind) != 1 || !strchr("fot", *kind))
		return bad_line(p, "the kind of symbol is not f, o or t");
	sym.kind = *kind;
	LP_TRY(take_size(p, &sym.size));
	LP_TRY(take_rest(p, &sym.name));
	lp_vec_push(p->arena, &info->symbols, sym);
	return NULL;
}

static struct lp_err *take_change(struct parser *p, struct lp_info_change *change)
{
	switch (change->kind) {
	case LP_CHANGED:
		LP_TRY(take_size(p, &change->old_size));
		LP_TRY(take_size(p, &change->new_size));
		break;
	case LP_ADDED:
	case LP_DATA:
		LP_TRY(take_size(p, &change->new_size));
		break;
	case LP_TABLE:
		LP_TRY(take_size(p, &change->new_size));
		change->old_size = change->new_size;
		break;
	case LP_HOOK:
		change->hook = take_word(p);
		if (!change->hook)
			return bad_line(p, "the kind of hook is missing");
		break;
	case LP_IGNORED:
		change->rule = take_word(p);
		if (!change->rule)
			return bad_line(p, "a rule is missing");
		break;
	}
	return take_rest(p, &change->name);
}

/* Reads the line if VERB is a change; else leaves it alone and RET_FOUND false. */
static struct lp_err *parse_change(struct parser *p, struct lp_info *info, const char *verb,
				   bool *ret_found)
{
	static const char *const verbs[] = {
		[LP_CHANGED] = "changed", [LP_ADDED] = "added", [LP_DATA] = "data",
		[LP_TABLE] = "table",	  [LP_HOOK] = "hook",	[LP_IGNORED] = "ignored",
	};
	struct lp_info_change change = { 0 };

	*ret_found = false;
	for (u32 i = 0; i < LP_ARRAY_SIZE(verbs); i++) {
		if (strcmp(verb, verbs[i]) != 0)
			continue;
		*ret_found = true;
		change.kind = i;
		LP_TRY(take_change(p, &change));
		lp_vec_push(p->arena, &info->changes, change);
	}
	return NULL;
}

static struct lp_err *parse_cold(struct parser *p, struct lp_info *info)
{
	struct lp_info_change *change =
		info->changes.n ? &info->changes.items[info->changes.n - 1] : NULL;

	if (!change || change->kind != LP_CHANGED || change->cold)
		return bad_line(p, "a cold part without a changed function");
	LP_TRY(take_size(p, &change->cold_size));
	return take_rest(p, &change->cold);
}

static struct lp_err *parse_pin(struct parser *p, struct lp_info *info)
{
	struct lp_info_pin pin = { .name = take_word(p) };

	if (!pin.name)
		return bad_line(p, "a name is missing");
	LP_TRY(take_rest(p, &pin.holder));
	lp_vec_push(p->arena, &info->pins, pin);
	return NULL;
}

static struct lp_err *parse_advice(struct parser *p, struct lp_info *info)
{
	struct lp_info_advice advice = { .rule = take_word(p), .name = take_word(p) };

	if (!advice.rule || !advice.name)
		return bad_line(p, "a rule or a name is missing");
	LP_TRY(take_rest(p, &advice.says));
	lp_vec_push(p->arena, &info->advice, advice);
	return NULL;
}

static struct lp_err *parse_source(struct parser *p, struct lp_info *info)
{
	const char *source = NULL;

	LP_TRY(take_rest(p, &source));
	if (!info->source)
		info->source = source;
	else
		lp_vec_push(p->arena, &info->more_sources, source);
	return NULL;
}

static struct lp_err *parse_passed(struct parser *p, struct lp_info *info)
{
	const char *rule = NULL;

	LP_TRY(take_rest(p, &rule));
	lp_vec_push(p->arena, &info->passed, rule);
	return NULL;
}

static struct lp_err *parse_line(struct parser *p)
{
	const char *verb = take_word(p);

	if (!verb)
		return bad_line(p, "is empty");
	if (!strcmp(verb, "object")) {
		struct lp_info info = { 0 };

		LP_TRY(take_rest(p, &info.object));
		lp_vec_push(p->arena, p->list, info);
		return NULL;
	}
	if (!p->list->n)
		return bad_line(p, "comes before the first 'object'");
	struct lp_info *info = &p->list->items[p->list->n - 1];

	if (!strcmp(verb, "source"))
		return parse_source(p, info);
	if (!strcmp(verb, "compiler"))
		return take_rest(p, &info->compiler);
	if (!strcmp(verb, "passed"))
		return parse_passed(p, info);
	if (!strcmp(verb, "local") || !strcmp(verb, "global"))
		return parse_symbol(p, info, *verb == 'l');
	if (!strcmp(verb, "pins"))
		return parse_pin(p, info);
	if (!strcmp(verb, "advice"))
		return parse_advice(p, info);
	if (!strcmp(verb, "cold"))
		return parse_cold(p, info);
	if (!strcmp(verb, "why")) {
		if (!info->changes.n)
			return bad_line(p, "a reason without a change");
		return take_rest(p, &info->changes.items[info->changes.n - 1].why);
	}
	bool is_change;

	LP_TRY(parse_change(p, info, verb, &is_change));
	return is_change ? NULL : bad_line(p, "unknown record");
}

struct lp_err *lp_info_parse(struct lp_arena *arena, const struct lp_elf *elf,
			     struct lp_info_list *ret)
{
	struct parser p = { .arena = arena, .path = elf->path, .list = ret };
	const struct lp_section *sec = &elf->sections[lp_elf_section(elf, LP_SEC_INFO)];

	*ret = (struct lp_info_list){ 0 };
	if (!sec->data || !sec->size)
		return NULL;
	if (memchr(sec->data, 0, sec->size) || sec->data[sec->size - 1] != '\n')
		return lp_err(LP_FAILED, "%s: section '%s' is not text", elf->path, LP_SEC_INFO);
	char *line = lp_strndup(arena, (const char *)sec->data, sec->size);

	while (*line) {
		char *end = strchr(line, '\n');

		*end = '\0';
		p.line++;
		p.rest = line;
		LP_TRY(parse_line(&p));
		line = end + 1;
	}
	return NULL;
}
