/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a terminal gets of texts that others chose. */
#include "tests/unit/test.h"

#include "lib/json.h"
#include "lib/printable.h"

static const char hostile[] = "a\tb\n\x7f\x1b[0m \xc3\xa9 \xc2\x9b\x33m \x9b \xe2\x82\xac \xc2";

static void test_printable(void **state)
{
	char text[sizeof(hostile)];

	(void)state;
	memcpy(text, hostile, sizeof(text));
	lp_printable(text);
	assert_string_equal(text, "a?b???[0m \xc3\xa9 ??3m ? \xe2\x82\xac ?");
}

/* What WRITE makes of the text. */
static char *written(void (*write_to)(FILE *out))
{
	size_t size;
	char *text = NULL;
	FILE *out = open_memstream(&text, &size);

	assert_non_null(out);
	write_to(out);
	fclose(out);
	return text;
}

static void clean(FILE *out)
{
	lp_print_clean(out, hostile);
}

static void document(FILE *out)
{
	struct lp_json json;

	lp_json_init(&json, out);
	lp_json_array(&json, NULL);
	lp_json_str(&json, NULL, hostile);
	lp_json_end(&json);
	lp_json_finish(&json);
}

static void test_lines(void **state)
{
	char *text = written(clean);

	(void)state;
	assert_string_equal(text, "a\tb\n??[0m \xc3\xa9 ??3m ? \xe2\x82\xac ?");
	free(text);
}

static void test_json(void **state)
{
	char *text = written(document);

	(void)state;
	assert_non_null(strstr(text, "\\u001b[0m \xc3\xa9 \\u009b3m \\ufffd \xe2\x82\xac \\ufffd"));
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_printable),
		TEST(test_lines),
		TEST(test_json),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
