/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "raxlpxs/verbs.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "lib/file.h"
#include "raxlpxs/change.h"
#include "raxlpxs/clock.h"
#include "raxlpxs/ids.h"
#include "raxlpxs/keep.h"
#include "raxlpxs/show.h"
#include "raxlpxs/upload.h"

bool lp_verb_is_file(const char *arg)
{
	static const char suffix[] = ".raxlpxs";
	size_t len = strlen(arg), end = sizeof(suffix) - 1;

	return strchr(arg, '/') || (len > end && !strcmp(arg + len - end, suffix)) ||
	       !access(arg, F_OK);
}

static const char *id_of(const struct lp_verb *v, const struct wire_patch *patch)
{
	return lp_hex(v->arena, patch->build_id, sizeof(patch->build_id));
}

static struct lp_err *find(const struct lp_verb *v, struct wire_patch *ret)
{
	struct wire_patch *patches;
	size_t n, at;

	LP_TRY(lp_ids_list(v->client, v->arena, &patches, &n));
	LP_TRY(lp_ids_resolve(v->arena, patches, n, v->arg, &at));
	*ret = patches[at];
	return NULL;
}

static struct lp_err *find_whole(const struct lp_verb *v, struct wire_patch *ret)
{
	LP_TRY(find(v, ret));
	if (ret->state != WIRE_KEPT)
		return NULL;
	return lp_err_advice(lp_err(LP_NOTHING, "patch '%s' is removed", ret->name),
			     "upload its payload again");
}

static void show(const struct lp_verb *v, const char *done, struct lp_change_result *result)
{
	result->took = lp_now() - v->client->since;
	lp_show_change(v->arena, done, result, v->json);
}

struct lp_err *lp_verb_upload(const struct lp_verb *v)
{
	struct lp_change_result result;

	LP_TRY(lp_err_context(lp_upload(v->arena, v->client, v->arg, 0, v->wait, &result),
			      "while uploading '%s'", v->arg));
	show(v, "uploaded", &result);
	return NULL;
}

/* Applies what is to be applied, or with DRY only checks it; a file is uploaded for that. */
static struct lp_err *apply(const struct lp_verb *v, u32 flags, bool dry,
			    struct lp_change_result *ret)
{
	struct lp_change change = { .message = WIRE_APPLY,
				    .flags = flags | (v->nodeps ? WIRE_NODEPS : 0),
				    .wait = v->wait };
	struct lp_change_result upload = { .already = true };
	struct wire_patch gone;
	struct lp_err *err;

	if (lp_verb_is_file(v->arg))
		LP_TRY(lp_upload(v->arena, v->client, v->arg, WIRE_TRANSIENT, v->wait, &upload));
	else
		LP_TRY(find_whole(v, &upload.patch));
	change.id = id_of(v, &upload.patch);
	if (dry)
		err = lp_change_check(v->arena, v->client, &change, ret);
	else
		err = lp_change(v->arena, v->client, &change, ret);
	memcpy(ret->warning, upload.warning, sizeof(ret->warning));
	ret->image = upload.image;
	ret->image_len = upload.image_len;
	/* Should this fail, too: the upload ends with the connection. */
	if (!upload.already && (err || dry))
		lp_err_destroy(lp_remove(v->arena, v->client, change.id, 0, v->wait, &gone));
	return err;
}

static struct lp_err *apply_and_show(const struct lp_verb *v, u32 flags)
{
	struct lp_change_result result;

	LP_TRY(lp_err_context(apply(v, flags, false, &result), "while applying '%s'", v->arg));
	bool replaces = flags & WIRE_REPLACE || result.patch.flags & WIRE_PATCH_CUMULATIVE;
	if (v->keep)
		LP_TRY(lp_keep_store(v->arena, v->place, replaces, &result));
	else if (v->place)
		lp_keep_remind(v->arena, v->place, true, &result);
	show(v, "applied", &result);
	return NULL;
}

struct lp_err *lp_verb_apply(const struct lp_verb *v)
{
	return apply_and_show(v, 0);
}

struct lp_err *lp_verb_replace(const struct lp_verb *v)
{
	return apply_and_show(v, WIRE_REPLACE);
}

struct lp_err *lp_verb_check(const struct lp_verb *v)
{
	struct lp_change_result result;

	LP_TRY(lp_err_context(apply(v, 0, true, &result), "while checking '%s'", v->arg));
	show(v, result.already ? "applied" : "checked", &result);
	return NULL;
}

static struct lp_err *revert(const struct lp_verb *v, const struct wire_patch *patch,
			     struct lp_change_result *ret)
{
	struct lp_change c = { .message = WIRE_REVERT,
			       .id = id_of(v, patch),
			       .flags = v->nodeps ? WIRE_NODEPS : 0,
			       .wait = v->wait };

	return lp_change(v->arena, v->client, &c, ret);
}

struct lp_err *lp_verb_revert(const struct lp_verb *v)
{
	struct lp_change_result result;
	struct wire_patch patch;

	LP_TRY(find_whole(v, &patch));
	LP_TRY(lp_err_context(revert(v, &patch, &result), "while reverting '%s'", patch.name));
	if (v->place)
		lp_keep_remind(v->arena, v->place, false, &result);
	show(v, "reverted", &result);
	return NULL;
}

struct lp_err *lp_verb_remove(const struct lp_verb *v)
{
	struct lp_change_result result = { 0 };
	struct wire_patch patch;

	LP_TRY(find(v, &patch));
	if (patch.state == WIRE_APPLIED)
		LP_TRY(lp_err_context(revert(v, &patch, &result), "while removing '%s'",
				      patch.name));
	struct lp_err *err = lp_remove(v->arena, v->client, id_of(v, &patch),
				       v->force ? WIRE_FORCE : 0, v->wait, &result.patch);
	if (err && patch.state == WIRE_APPLIED)
		err = lp_err_context(err, "after reverting '%s', which is still there", patch.name);
	LP_TRY(err);
	result.already = false;
	if (result.patch.state == WIRE_KEPT && patch.state != WIRE_KEPT)
		snprintf(result.warning, sizeof(result.warning),
			 "its code and data are kept, as pointers to them may be left; --remove "
			 "'%s' "
			 "--force frees them",
			 patch.name);
	if (v->place)
		lp_keep_remind(v->arena, v->place, false, &result);
	show(v, "removed", &result);
	return NULL;
}
