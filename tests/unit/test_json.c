/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lib/json.h"
#include "tests/unit/test.h"

static char *buffer;
static size_t buffer_len;

static void begin(struct lp_json *json)
{
	lp_json_init(json, open_memstream(&buffer, &buffer_len));
	assert_non_null(json->out);
}

static void assert_written(struct lp_json *json, const char *want)
{
	lp_json_finish(json);
	fclose(json->out);
	char *got = lp_strdup(&arena, buffer);

	free(buffer);
	assert_string_equal(got, want);
}

static void holds_a_document_of_its_own(void **state)
{
	(void)state;
	struct lp_json json;

	begin(&json);
	lp_json_array(&json, NULL);
	lp_json_document(&json, NULL, "{\n  \"a\": \"x\\n\"\n}\n");
	lp_json_document(&json, NULL, "{}\n");
	lp_json_end(&json);
	assert_written(&json, "[\n"
			      "  {\n"
			      "    \"a\": \"x\\n\"\n"
			      "  },\n"
			      "  {}\n"
			      "]\n");
}

static void nests_with_commas_and_indentation(void **state)
{
	(void)state;
	struct lp_json json;

	begin(&json);
	lp_json_object(&json, NULL);
	lp_json_str(&json, "name", "n");
	lp_json_array(&json, "items");
	lp_json_u64(&json, NULL, UINT64_MAX);
	lp_json_bool(&json, NULL, false);
	lp_json_end(&json);
	lp_json_object(&json, "empty");
	lp_json_end(&json);
	lp_json_str(&json, "none", NULL);
	lp_json_end(&json);
	assert_written(&json, "{\n"
			      "  \"name\": \"n\",\n"
			      "  \"items\": [\n"
			      "    18446744073709551615,\n"
			      "    false\n"
			      "  ],\n"
			      "  \"empty\": {},\n"
			      "  \"none\": null\n"
			      "}\n");
}

static void assert_string(const char *value, const char *want)
{
	struct lp_json json;

	begin(&json);
	lp_json_str(&json, NULL, value);
	assert_written(&json, lp_printf(&arena, "\"%s\"\n", want));
}

static void special_characters_are_escaped(void **state)
{
	(void)state;
	assert_string("a\"b\\c/", "a\\\"b\\\\c/");
	assert_string("\b\f\n\r\t", "\\b\\f\\n\\r\\t");
	assert_string("\x01\x1b\x7f", "\\u0001\\u001b\\u007f");
}

static void utf8_passes_and_other_bytes_are_replaced(void **state)
{
	(void)state;
	assert_string("\xc3\xa4\xe2\x82\xac\xf0\x9f\x90\xa7",
		      "\xc3\xa4\xe2\x82\xac\xf0\x9f\x90\xa7");
	assert_string("\xff", "\\ufffd");
	assert_string("\xc3", "\\ufffd");			/* ends early */
	assert_string("\xc0\xaf", "\\ufffd\\ufffd");		/* overlong '/' */
	assert_string("\xed\xa0\x80", "\\ufffd\\ufffd\\ufffd"); /* a surrogate */
	assert_string("\xf4\x90\x80\x80x", "\\ufffd\\ufffd\\ufffd\\ufffdx");
	assert_string("\xe2\x82", "\\ufffd\\ufffd");
	assert_string("\xe0\x80\xaf", "\\ufffd\\ufffd\\ufffd"); /* overlong, longer */
	assert_string("\xf0\x80\x80\xaf", "\\ufffd\\ufffd\\ufffd\\ufffd");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(holds_a_document_of_its_own),
		TEST(nests_with_commas_and_indentation),
		TEST(special_characters_are_escaped),
		TEST(utf8_passes_and_other_bytes_are_replaced),
	};

	return cmocka_run_group_tests_name("json", tests, NULL, NULL);
}
