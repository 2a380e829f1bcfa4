/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What comes out of a finished patch: payload, manifest. */
#ifndef EP_OUTPUT_H
#define EP_OUTPUT_H

#include "extract-patch/patch.h"
#include "lib/json.h"
#include "lib/manifest.h"

struct ep_output {	     /* what the command line says about it */
	const char *name;    /* of the patch */
	const char *recipe;  /* may be NULL */
	const char *summary; /* may be NULL */
	struct lp_strs references;
	bool replaces;		 /* takes the place of all applied patches */
	const u8 *diff;		 /* the source diffs, one behind the other */
	size_t diff_len;	 /* 0: none given */
	const char *diff_sha256; /* NULL: none given */
	struct lp_strs diff_files;
};

/* What the manifest says about removing the patch, and which rules were checked. */
void ep_describe_undo(const struct ep_patch *patch, struct lp_m_undo *ret);
void ep_describe_passed(const struct ep_patch *patch, struct lp_m_passed *ret);
/* Adds the names of functions, cold parts and tables, which the payload carries as read-only data.
 * To be called before ep_layout(). */
void ep_payload_names(struct ep_patch *patch);
/* The file, byte for byte; MANIFEST is embedded in it. */
struct lp_err *ep_payload_bytes(const struct ep_patch *patch, const struct ep_output *output,
				const char *manifest, size_t manifest_len, u8 **ret,
				size_t *ret_len) LP_MUST_CHECK;
/* The YAML text. */
struct lp_err *ep_manifest_text(const struct ep_patch *patch, const struct ep_output *output,
				char **ret, size_t *ret_len) LP_MUST_CHECK;
/* The same as members of a JSON object. */
void ep_manifest_json(const struct ep_patch *patch, const struct ep_output *output,
		      struct lp_json *json);

#endif
