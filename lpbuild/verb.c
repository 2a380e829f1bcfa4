/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lpbuild/verb.h"

#include <string.h>

static const struct lp_verb *const verbs[] = {
	&lp_verb_show, &lp_verb_review, &lp_verb_keygen,
	&lp_verb_sign, &lp_verb_verify, &lp_verb_trust,
};

static const struct lp_verb *find(const char *word)
{
	for (size_t i = 0; i < LP_ARRAY_SIZE(verbs); i++) {
		if (!strcmp(strrchr(verbs[i]->cli->name, ' ') + 1, word))
			return verbs[i];
	}
	return NULL;
}

bool lp_verb_main(int argc, char **argv, int *ret)
{
	const struct lp_verb *verb = argc > 1 ? find(argv[1]) : NULL;
	struct lp_arena arena = { 0 };
	struct lp_strs operands = { 0 };

	if (!verb)
		return false;
	struct lp_common_opts *common = lp_alloc(&arena, verb->size);
	struct lp_err *err =
		lp_opts_parse(verb->cli, &arena, argc - 1, argv + 1, common, &operands);

	if (!err && !lp_opts_answer(verb->cli, common))
		err = verb->run(&arena, common, &operands);
	*ret = lp_err_finish(err, common->json);
	lp_arena_deinit(&arena);
	return true;
}
