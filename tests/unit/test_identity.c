/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Whether the parts of a payload agree, as a review and `raxlpxs --info FILE` tell. */
#include "lib/file.h"
#include "lib/sign.h"
#include "review/review.h"
#include "tests/unit/test.h"

#define SEEDS	"tests/fuzz/seeds/fuzz_review/"
#define PAYLOAD SEEDS "small.raxlpxs"

static u8 *payload(size_t *ret_len)
{
	u8 *bytes;

	assert_ok(lp_file_read(&arena, PAYLOAD, LIVEPATCH_MAX_SIZE, &bytes, ret_len));
	return bytes;
}

/* KEY may be NULL. */
static struct rv_doc look(const u8 *bytes, size_t len, const struct lp_public_key *key)
{
	struct rv_input input;
	struct rv_doc doc;

	assert_ok(rv_open_mem(&arena, "p", bytes, len, &input));
	input.keys = key;
	input.n_keys = key ? 1 : 0;
	assert_ok(rv_make(&input, &doc));
	return doc;
}

static bool has_row(const struct rv_doc *doc, enum rv_mark mark, const char *text)
{
	for (size_t i = 0; i < doc->rows.n; i++)
		if (doc->rows.items[i].mark == mark && strstr(doc->rows.items[i].cell[0], text))
			return true;
	return false;
}

static void who_it_is(void **state)
{
	size_t len;
	u8 *bytes = payload(&len);
	struct rv_doc doc = look(bytes, len, NULL);

	(void)state;
	assert_null(doc.wrong);
	assert_int_equal(strlen(doc.identity.build_id), 2 * LIVEPATCH_BUILD_ID_LEN);
	assert_non_null(doc.identity.target);
	assert_null(doc.identity.depends); /* it stacks on no patch */
	assert_false(doc.identity.replaces);
	assert_int_equal(doc.identity.is_signed, RV_SIGNED_NO);
	assert_null(doc.identity.key_id);
}

static void the_signature_is_no_part_of_the_id(void **state)
{
	struct lp_secret_key key, other;
	struct lp_payload_file wrapped;
	struct rv_doc doc;
	size_t len;
	u8 *bytes = payload(&len);

	(void)state;
	assert_ok(lp_key_generate(&key));
	assert_ok(lp_key_generate(&other));
	doc = look(bytes, len, &key.public_key);
	assert_string_equal(doc.wrong, "the payload is not signed");
	assert_ok(lp_payload_wrap("p", bytes, len, &wrapped));
	lp_sign(&arena, &wrapped, &key);
	doc = look(bytes, len, NULL);
	assert_null(doc.wrong);
	assert_int_equal(doc.identity.is_signed, RV_SIGNED_UNCHECKED);
	doc = look(bytes, len, &key.public_key);
	assert_null(doc.wrong);
	assert_int_equal(doc.identity.is_signed, RV_SIGNED_GOOD);
	assert_true(has_row(&doc, RV_GOOD, "the signature is that of key"));
	doc = look(bytes, len, &other.public_key);
	assert_int_equal(doc.identity.is_signed, RV_SIGNED_BAD);
	assert_non_null(strstr(doc.wrong, "signed with another key"));
	bytes[len - 1]++;
	doc = look(bytes, len, &key.public_key);
	assert_int_equal(doc.identity.is_signed, RV_SIGNED_BAD);
	assert_true(has_row(&doc, RV_BAD, "was changed after it was signed"));
	assert_true(has_row(&doc, RV_BAD, "its build-id is not the hash of the rest"));
}

static void the_manifest_beside_it(void **state)
{
	const char *path = test_path("small.raxlpxs"), *beside = test_path("small.yaml");
	struct rv_input input;
	struct rv_doc doc;
	size_t len;
	u8 *bytes = payload(&len);
	const struct lp_section *text;

	(void)state;
	assert_ok(lp_file_write(path, bytes, len));
	assert_ok(rv_open(&arena, path, NULL, NULL, &input));
	assert_int_equal(input.beside, RV_BESIDE_NONE);
	text = &input.payload->sections[lp_elf_section(input.payload, LIVEPATCH_SEC_MANIFEST)];
	assert_ok(lp_file_write(beside, text->data, text->size));
	assert_ok(rv_open(&arena, path, NULL, NULL, &input));
	assert_int_equal(input.beside, RV_BESIDE_SAME);
	assert_ok(lp_file_write(beside, text->data, text->size - 1));
	assert_ok(rv_open(&arena, path, NULL, NULL, &input));
	assert_int_equal(input.beside, RV_BESIDE_OTHER);
	assert_ok(rv_make(&input, &doc));
	assert_string_equal(doc.wrong, "the manifest beside the payload is another one");
}

static void any_changed_byte_is_told(void **state)
{
	size_t len;
	unsigned n_read = 0, n_refused = 0;

	(void)state;
	(void)payload(&len);
	for (size_t i = 0; i < len; i++) {
		const u8 *bytes = payload(&len);
		u8 *copy = malloc(len); /* so that ASan sees a read behind it */
		struct rv_input input;
		struct rv_doc doc = { 0 };

		memcpy(copy, bytes, len);
		copy[i] ^= i & 1 ? 0x80 : 0xff;
		struct lp_err *err = rv_open_mem(&arena, "p", copy, len, &input);

		if (!err)
			err = rv_make(&input, &doc);
		/* What was a signature of nobody is one of somebody now. */
		assert_true(err || doc.wrong || doc.identity.is_signed == RV_SIGNED_UNCHECKED);
		n_read += !err;
		n_refused += err != NULL;
		lp_err_destroy(err);
		lp_arena_deinit(&arena);
		free(copy);
	}
	assert_true(n_read > 100 && n_refused > 100);
}

/* The second of a stack of two, of which the first has replaced one function and brought along
 * another; both change again. */
static struct rv_input second(bool with_first)
{
	struct rv_input input;

	assert_ok(rv_open(&arena, SEEDS "second.raxlpxs", NULL, NULL, &input));
	if (with_first)
		assert_ok(rv_open_below(&input, SEEDS "first.raxlpxs"));
	return input;
}

static bool has_cell(const struct rv_doc *doc, enum rv_kind kind, const char *text)
{
	for (size_t i = 0; i < doc->rows.n; i++)
		for (u32 c = 0; c < RV_CELLS; c++)
			if (doc->rows.items[i].kind == kind && doc->rows.items[i].cell[c] &&
			    strstr(doc->rows.items[i].cell[c], text))
				return true;
	return false;
}

static void the_old_code_is_that_of_the_patch_below(void **state)
{
	struct rv_input input = second(true);
	struct rv_doc doc;

	(void)state;
	assert_ok(rv_make(&input, &doc));
	assert_null(doc.wrong);
	assert_non_null(doc.identity.depends);
	assert_true(has_row(&doc, RV_GOOD, "added: all 41 bytes of the old code are those of '1'"));
	assert_true(has_cell(&doc, RV_PART, "old, of patch '1'"));
	assert_true(has_cell(&doc, RV_LINE, "678 → 694 bytes"));
	assert_true(has_cell(&doc, RV_LINE, "41 → 43 bytes"));
	assert_false(has_row(&doc, RV_LOOK, "were not named"));
}

static void old_code_that_is_not_known_is_not_shown(void **state)
{
	struct rv_input input = second(false);
	struct rv_doc doc;

	(void)state;
	assert_ok(rv_make(&input, &doc));
	assert_null(doc.wrong);
	assert_true(has_row(&doc, RV_LOOK, "the patches below were not named"));
	assert_true(has_row(&doc, RV_LOOK, "the old code is not shown"));
	assert_true(has_cell(&doc, RV_LINE, "? → 694 bytes"));
	for (size_t i = 0; i < doc.rows.n; i++)
		if (doc.rows.items[i].kind == RV_PART)
			assert_string_equal(doc.rows.items[i].cell[1], "");
}

static void xen_looks_below_by_name(void **state)
{
	struct rv_input input = second(false);
	struct rv_doc doc;

	(void)state;
	input.manifest.target.recipe = "xen";
	assert_ok(rv_make(&input, &doc));
	assert_true(has_row(&doc, RV_LOOK, "they may have replaced the same functions"));
	assert_false(has_cell(&doc, RV_LINE, "there"));
}

static void a_manifest_that_hides_a_patch_below_is_told(void **state)
{
	struct rv_input input = second(true);
	struct rv_doc doc;

	(void)state;
	input.manifest.eyes.n = 0;
	assert_ok(rv_make(&input, &doc));
	assert_true(has_row(&doc, RV_BAD, "b_value: '1' has replaced it"));
	input = second(true);
	((struct lp_m_function *)input.manifest.functions.items)[0].old.sha256 =
		"0000000000000000000000000000000000000000000000000000000000000000";
	assert_ok(rv_make(&input, &doc));
	assert_true(has_row(&doc, RV_BAD, "added: the code of '1' is not what the manifest says"));
	input = second(true);
	input.manifest.references.n = 0;
	assert_ok(rv_make(&input, &doc));
	assert_true(has_row(&doc, RV_BAD, "the payload reaches 'fresh' of a payload below"));
}

static void other_payloads_below_are_refused(void **state)
{
	struct rv_input input = second(false);
	struct rv_doc doc;

	(void)state;
	assert_ok(rv_open_below(&input, SEEDS "second.raxlpxs"));
	assert_err(rv_make(&input, &doc), LP_TARGET, "does not stack on");
	input = second(true);
	assert_ok(rv_open_below(&input, SEEDS "first.raxlpxs"));
	assert_err(rv_make(&input, &doc), LP_TARGET, "does not stack on");
	input = second(false);
	assert_ok(rv_open_below(&input, PAYLOAD));
	assert_err(rv_make(&input, &doc), LP_TARGET, "");
	assert_err(rv_open_below(&input, "tests/unit/test_identity.c"), LP_FAILED, "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(who_it_is),
		TEST(the_signature_is_no_part_of_the_id),
		TEST(the_manifest_beside_it),
		TEST(any_changed_byte_is_told),
		TEST(the_old_code_is_that_of_the_patch_below),
		TEST(old_code_that_is_not_known_is_not_shown),
		TEST(xen_looks_below_by_name),
		TEST(a_manifest_that_hides_a_patch_below_is_told),
		TEST(other_payloads_below_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
