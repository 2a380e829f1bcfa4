/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lib/yaml.h"
#include "tests/unit/test.h"

struct item {
	const char *name;
	u64 size;
	struct lp_strs tags;
};

struct doc {
	const char *name, *id, *note;
	u64 count, address;
	bool on;
	struct lp_strs words, lines;
	struct item one;
	struct lp_seq items, refs;
};

#define ITEM(member) offsetof(struct item, member)
#define DOC(member)  offsetof(struct doc, member)

static const struct lp_yaml_field item_fields[] = {
	{ "name", LP_YAML_STR, ITEM(name), .required = true },
	{ "size", LP_YAML_U64, ITEM(size) },
	{ "tags", LP_YAML_STRS, ITEM(tags) },
};
static const struct lp_yaml_schema item_schema = {
	"item",
	sizeof(struct item),
	item_fields,
	LP_ARRAY_SIZE(item_fields),
};

static const struct lp_yaml_field doc_fields[] = {
	{ "name", LP_YAML_STR, DOC(name), .required = true },
	{ "id", LP_YAML_QUOTED, DOC(id) },
	{ "note", LP_YAML_STR, DOC(note) },
	{ "count", LP_YAML_U64, DOC(count) },
	{ "address", LP_YAML_ADDR, DOC(address) },
	{ "is-on", LP_YAML_BOOL, DOC(on) },
	{ "words", LP_YAML_STRS, DOC(words), .flow = true },
	{ "lines", LP_YAML_STRS, DOC(lines) },
	{ "one", LP_YAML_MAP, DOC(one), .flow = true, .sub = &item_schema },
	{ "items", LP_YAML_SEQ, DOC(items), .sub = &item_schema },
	{ "refs", LP_YAML_SEQ, DOC(refs), .flow = true, .sub = &item_schema },
};
static const struct lp_yaml_schema doc_schema = {
	"test",
	sizeof(struct doc),
	doc_fields,
	LP_ARRAY_SIZE(doc_fields),
};

static struct doc doc;

static struct lp_err *read_doc(const char *text)
{
	return lp_yaml_read(&arena, &doc_schema, "t.yaml", text, strlen(text), &doc);
}

static char *write_doc(const struct doc *value)
{
	size_t len;
	char *text;

	assert_ok(lp_yaml_write(&arena, &doc_schema, value, &text, &len));
	assert_int_equal(strlen(text), len);
	return text;
}

static const char full[] = "name: doc\n"
			   "id: \"1234\"\n"
			   "note: two words\n"
			   "count: 18446744073709551615\n"
			   "address: 0x2f5c10\n"
			   "is-on: true\n"
			   "words: [a, \"b, c\", \"7\"]\n"
			   "lines:\n"
			   "- x\n"
			   "- \"y: z\"\n"
			   "one: {name: o, size: 5}\n"
			   "items:\n"
			   "- name: i\n"
			   "  tags:\n"
			   "  - t\n"
			   "- name: j\n"
			   "  size: 1\n"
			   "refs:\n"
			   "- {name: r, tags: [u, v]}\n";

static void all_kinds_are_read(void **state)
{
	(void)state;
	assert_ok(read_doc(full));
	assert_string_equal(doc.name, "doc");
	assert_string_equal(doc.id, "1234");
	assert_true(doc.count == UINT64_MAX);
	assert_true(doc.address == 0x2f5c10);
	assert_true(doc.on);
	assert_int_equal(doc.words.n, 3);
	assert_string_equal(doc.words.items[1], "b, c");
	assert_string_equal(doc.lines.items[1], "y: z");
	assert_string_equal(doc.one.name, "o");
	assert_int_equal(doc.items.n, 2);
	const struct item *items = doc.items.items;

	assert_string_equal(items[0].tags.items[0], "t");
	assert_int_equal(items[1].size, 1);
}

static void what_is_read_is_written_the_same(void **state)
{
	(void)state;
	assert_ok(read_doc(full));
	assert_string_equal(write_doc(&doc), full);
}

static void absent_fields_are_left_out(void **state)
{
	(void)state;
	assert_ok(read_doc("name: doc\nnote: ~\nwords: []\nitems: []\naddress: 16\n"));
	assert_null(doc.note);
	assert_string_equal(write_doc(&doc), "name: doc\naddress: 0x10\n");
}

/* Each of these as a name must come back as the same string. */
static void strings_survive_whatever_they_look_like(void **state)
{
	(void)state;
	static const char *const quoted[] = {
		"",	      "yes",
		"No",	      "TRUE",
		"off",	      "y",
		"null",	      "~",
		"0",	      "12",
		"-1",	      "+1_000",
		"0x1f",	      "0b10",
		"0o17",	      "017",
		"1e3",	      "1.5",
		"6.",	      ".5",
		"-.inf",      ".NaN",
		"1:30",	      "190:20:30.15",
		"2024-11-21", "2001-1-1 10:00",
		"<<",	      "=",
		"- a",	      "# c",
		"a: b",	      "a #b",
		"a:",	      " a",
		"a ",	      "[a]",
		"{a}",	      "a, b",
		"*a",	      "&a",
		"!a",	      "|",
		">",	      "@a",
		"`a",	      "%a",
		"'a'",	      "\"a\"",
		"?",	      ":",
		"a\nb",	      "\ta",
		"\x01",
	};
	static const char *const plain[] = {
		"a",
		"vnc_client_cut_text_ext",
		"ui/vnc.c:12",
		"7.2.0",
		"1-original",
		"e3",
		"yesterday",
		"a#b",
		"gcc (Debian 12.2.0-14) 12.2.0",
		"\xc3\xa4",
	};

	for (size_t i = 0; i < LP_ARRAY_SIZE(quoted) + LP_ARRAY_SIZE(plain); i++) {
		bool is_quoted = i < LP_ARRAY_SIZE(quoted);
		const char *s = is_quoted ? quoted[i] : plain[i - LP_ARRAY_SIZE(quoted)];
		struct doc value = { .name = s };
		const char *text = write_doc(&value);

		if (!is_quoted)
			assert_string_equal(text, lp_printf(&arena, "name: %s\n", s));
		else
			assert_memory_equal(text, "name: \"", 7);
		assert_ok(read_doc(text));
		assert_string_equal(doc.name, s);
	}
}

static void long_strings_stay_on_one_line(void **state)
{
	(void)state;
	char *s = lp_alloc(&arena, 2001);

	for (size_t i = 0; i < 2000; i++)
		s[i] = i % 8 == 7 ? ' ' : 'x';
	s[1999] = 'x';
	struct doc value = { .name = s, .id = s };

	assert_string_equal(write_doc(&value), lp_printf(&arena, "name: %s\nid: \"%s\"\n", s, s));
}

static void writer_refuses_what_it_could_not_read(void **state)
{
	(void)state;
	struct doc value = { 0 };
	size_t len;
	char *text;

	assert_err(lp_yaml_write(&arena, &doc_schema, &value, &text, &len), LP_FAILED,
		   "cannot write test: 'name' has no value");
	value.name = "\xff";
	assert_err(lp_yaml_write(&arena, &doc_schema, &value, &text, &len), LP_FAILED,
		   "'name' is not UTF-8");
}

static void assert_refused(const char *text, const char *want)
{
	assert_err(read_doc(text), LP_FAILED, want);
}

static void yaml_that_means_more_than_it_shows_is_refused(void **state)
{
	(void)state;
	assert_refused("name: &x doc\n", "t.yaml:1:7: anchor '&x' is not allowed");
	assert_refused("name: *x\n", "t.yaml:1:7: alias '*x' is not allowed");
	assert_refused("name: !!str n\n", "t.yaml:1:7: tag 'tag:yaml.org,2002:str' is not allowed");
	assert_refused("lines: &x [a]\n", "anchor '&x'");
	assert_refused("one: !t {name: x}\n", "tag '!t'");
	assert_refused("%YAML 1.1\n---\nname: doc\n", "directives are not allowed");
	assert_refused("---\nname: doc\n---\nname: m\n", "t.yaml:3:1: more than one document");
	assert_refused("\xef\xbb\xbfname: doc\n", "t.yaml: begins with a byte order mark");
	assert_refused("name: doc\n<<: {note: x}\n", "unknown key '<<'");
}

static void keys_are_checked(void **state)
{
	(void)state;
	assert_refused("name: doc\nwrong: 1\n", "t.yaml:2:1: unknown key 'wrong' in test");
	assert_refused("name: doc\nis-on: true\nname: m\n",
		       "t.yaml:3:1: key 'name' is there twice");
	assert_refused("is-on: true\n", "t.yaml:1:1: key 'name' is missing in test");
	assert_refused("name: doc\nitems:\n- size: 1\n",
		       "t.yaml:3:3: key 'name' is missing in item");
	assert_refused("? [a]\n: b\n", "key in test is not a word");
	assert_refused("name: ~\n", "t.yaml:1:7: 'name' has no value");
	assert_refused("name:\n", "'name' has no value");
}

static void values_are_checked(void **state)
{
	(void)state;
	assert_refused("name: [n]\n", "t.yaml:1:7: 'name' wants one value");
	assert_refused("name: \"a\\0b\"\n", "'name' contains a NUL byte");
	assert_refused("name: doc\ncount: x\n", "t.yaml:2:8: 'count' wants a number, not 'x'");
	assert_refused("name: doc\ncount: \"1\"\n", "'count' wants a number");
	assert_refused("name: doc\ncount: -1\n", "'count' wants a number");
	assert_refused("name: doc\ncount: 010\n", "'count' wants a number");
	assert_refused("name: doc\ncount: 0x10\n", "'count' wants a number");
	assert_refused("name: doc\naddress: 0x\n", "'address' wants a number");
	assert_refused("name: doc\ncount: 18446744073709551616\n", "is too large");
	assert_refused("name: doc\naddress: 0x10000000000000000\n", "is too large");
	assert_refused("name: doc\nis-on: yes\n", "'is-on' wants true or false, not 'yes'");
	assert_refused("name: doc\nis-on: \"true\"\n", "'is-on' wants true or false");
	assert_refused("name: doc\nlines: a\n", "'lines' wants a list");
	assert_refused("name: doc\nlines: [[a]]\n", "'lines' wants one value");
	assert_refused("name: doc\nlines: [a, ~]\n", "'lines' has an empty item");
	assert_refused("name: doc\none: a\n", "item wants 'key: value' pairs");
	assert_refused("name: doc\nitems: {}\n", "'items' wants a list");
	assert_refused("name: doc\nitems: [a]\n", "item wants 'key: value' pairs");
}

static void broken_documents_are_refused(void **state)
{
	(void)state;
	assert_refused("", "t.yaml: empty test");
	assert_refused("# nothing\n", "t.yaml: empty test");
	assert_refused("a\n", "t.yaml:1:1: test wants 'key: value' pairs");
	assert_refused("name: doc\n note: x\n", "t.yaml:2:6: mapping values are not allowed");
	assert_refused("name: \"n\n", "t.yaml:");
	assert_refused("name: \xff\n", "t.yaml:");
	assert_refused("lines: [[[[[[[[[[a", "t.yaml:");
}

/* A schema that contains itself, so that only the limit ends it. */
struct nested {
	struct lp_seq sub;
};
static const struct lp_yaml_schema nested_schema;
static const struct lp_yaml_field nested_fields[] = {
	{ "sub", LP_YAML_SEQ, offsetof(struct nested, sub), .sub = &nested_schema },
};
static const struct lp_yaml_schema nested_schema = { "nested", sizeof(struct nested), nested_fields,
						     1 };

static void depth_and_size_are_bounded(void **state)
{
	(void)state;
	const char *eight = "{sub: [{sub: [{sub: [{sub: []}]}]}]}";
	const char *nine = "{sub: [{sub: [{sub: [{sub: [{}]}]}]}]}";
	char *big = lp_alloc(&arena, LP_YAML_MAX_SIZE + 2);
	struct nested nested;

	assert_ok(lp_yaml_read(&arena, &nested_schema, "t", eight, strlen(eight), &nested));
	assert_err(lp_yaml_read(&arena, &nested_schema, "t", nine, strlen(nine), &nested),
		   LP_FAILED, "t:1:29: more than 8 levels");
	memset(big, '\n', LP_YAML_MAX_SIZE + 1);
	memcpy(big, "sub: []", 7);
	assert_ok(lp_yaml_read(&arena, &nested_schema, "t", big, LP_YAML_MAX_SIZE, &nested));
	assert_err(lp_yaml_read(&arena, &nested_schema, "t", big, LP_YAML_MAX_SIZE + 1, &nested),
		   LP_FAILED, "larger than 1048576 bytes");
}

static void json_shows_the_same_value(void **state)
{
	(void)state;
	struct lp_json json;
	size_t len;
	char *buffer;

	assert_ok(read_doc("name: doc\naddress: 0x10\nlines: [a]\nitems: [{name: i, size: 2}]\n"));
	lp_json_init(&json, open_memstream(&buffer, &len));
	lp_yaml_to_json(&json, NULL, &doc_schema, &doc);
	lp_json_finish(&json);
	fclose(json.out);
	char *got = lp_strdup(&arena, buffer);

	free(buffer);
	assert_string_equal(got, "{\n"
				 "  \"name\": \"doc\",\n"
				 "  \"address\": \"0x10\",\n"
				 "  \"lines\": [\n"
				 "    \"a\"\n"
				 "  ],\n"
				 "  \"items\": [\n"
				 "    {\n"
				 "      \"name\": \"i\",\n"
				 "      \"size\": 2\n"
				 "    }\n"
				 "  ]\n"
				 "}\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(all_kinds_are_read),
		TEST(what_is_read_is_written_the_same),
		TEST(absent_fields_are_left_out),
		TEST(strings_survive_whatever_they_look_like),
		TEST(long_strings_stay_on_one_line),
		TEST(writer_refuses_what_it_could_not_read),
		TEST(yaml_that_means_more_than_it_shows_is_refused),
		TEST(keys_are_checked),
		TEST(values_are_checked),
		TEST(broken_documents_are_refused),
		TEST(depth_and_size_are_bounded),
		TEST(json_shows_the_same_value),
	};

	return cmocka_run_group_tests_name("yaml", tests, NULL, NULL);
}
