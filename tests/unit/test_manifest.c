/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lib/manifest.h"
#include "tests/unit/test.h"

#define SHA "1111111111111111111111111111111111111111111111111111111111111111"

/* A manifest, so that a test can change a piece of it. */
static const char sample[] =
	"lp-manifest: 1\n"
	"target: {file: prog, arch: x86_64, build-id: \"00ff\"}\n"
	"verdict: {status: review}\n"
	"functions:\n"
	"- {name: f, change: modified, object: f.o, old: {address: 0x10, size: 9, match: unique, "
	"sha256: \"" SHA "\"}, new: {offset: 0x0, size: 7}, site: {kind: jmp-rel32, before: "
	"\"f3 0f 1e fa 55\", after-endbr64: true}}\n"
	"data: []\n"
	"references: []\n"
	"needs-eyes:\n- {rule: pins-patch, at: g, says: think}\n"
	"judged-harmless: []\n"
	"rules-passed: {create-diff-object: [], extract-patch: [ifunc]}\n"
	"undo: {status: clean}\n"
	"patch: {name: p, source-sha256: \"" SHA "\"}\n"
	"payload: {text: 1, rodata: 2, data: 3, bss: 4}\n"
	"toolchain: {reproduces-target: exact}\n"
	"built-by: by hand\n";

static struct lp_manifest manifest;

/* The manifest with OLD, which is in it, replaced. */
static struct lp_err *read_with(const char *old, const char *new)
{
	const char *text = sample;

	if (old) {
		const char *at = strstr(text, old);

		assert_non_null(at);
		text = lp_printf(&arena, "%.*s%s%s", (int)(at - text), text, new, at + strlen(old));
	}
	return lp_manifest_read(&arena, "m.yaml", text, strlen(text), &manifest);
}

static void assert_refused(const char *old, const char *new, const char *want)
{
	assert_err(read_with(old, new), LP_FAILED, want);
}

static void a_manifest_is_read(void **state)
{
	(void)state;
	assert_ok(read_with(NULL, NULL));
	assert_string_equal(manifest.patch.name, "p");
	assert_int_equal(manifest.functions.n, 1);
	assert_true(lp_m_function_at(&manifest, 0)->old.address == 0x10);
	assert_int_equal(manifest.eyes.n, 1);
	assert_ok(read_with("change: modified", "change: added"));
}

static void yaml_that_means_more_than_it_shows_is_refused(void **state)
{
	(void)state;
	assert_refused("name: p", "name: &a p", "m.yaml:13:15: anchor '&a' is not allowed");
	assert_refused("file: prog", "file: *a", "alias '*a' is not allowed");
	assert_refused("name: p", "name: !!str p", "is not allowed");
	assert_refused("data: []", "data: !x []", "tag '!x' is not allowed");
	assert_refused("lp-manifest: 1", "--- {}\n---\nlp-manifest: 1", "m.yaml:1:5:");
	assert_refused("lp-manifest: 1", "%YAML 1.1\n---\nlp-manifest: 1", "directives");
	assert_refused("undo: {", "<<: {status: ok}\nundo: {", "unknown key '<<'");
}

static void keys_are_checked(void **state)
{
	(void)state;
	assert_refused("undo: {", "no-such: {", "unknown key 'no-such' in manifest");
	assert_refused("data: []", "data: []\ndata: []", "key 'data' is there twice");
	assert_refused("name: p", "name: p, name: q", "key 'name' is there twice");
	assert_refused("size: 9, ", "", "key 'size' is missing in old code");
	assert_refused("size: 9", "size: 9, size: 10", "key 'size' is there twice in old code");
	assert_refused("built-by: by hand\n", "", "key 'built-by' is missing in manifest");
	assert_refused("says: think", "says: think, thinks: say", "unknown key 'thinks'");
}

static void depth_and_size_are_bounded(void **state)
{
	(void)state;
	char *big = lp_alloc(&arena, LP_YAML_MAX_SIZE + 2);
	char *deep = lp_alloc(&arena, 20001);

	memset(big, ' ', LP_YAML_MAX_SIZE + 1);
	assert_err(lp_manifest_read(&arena, "m", big, LP_YAML_MAX_SIZE + 1, &manifest), LP_FAILED,
		   "m: larger than 1048576 bytes");
	memset(deep, '[', 20000);
	assert_refused("name: p", lp_printf(&arena, "name: %s", deep), "'name' wants one value");
	assert_refused("data: []", lp_printf(&arena, "data: %s", deep), "data wants 'key: value'");
}

static void words_and_hashes_are_checked(void **state)
{
	(void)state;
	assert_refused("lp-manifest: 1", "lp-manifest: 2",
		       "version 2 of the manifest is not known");
	assert_refused("status: review", "status: fine", "'status' can't be 'fine'");
	assert_refused("status: clean", "status: dirty", "'status' can't be 'dirty'");
	assert_refused("-target: exact", "-target: nearly", "can't be 'nearly'");
	assert_refused("change: modified", "change: removed", "'change' can't be 'removed'");
	assert_refused("kind: jmp-rel32", "kind: jmp", "'kind' can't be 'jmp'");
	assert_refused("\"00ff\"", "\"00f\"", "'build-id' is not");
	assert_refused("\"00ff\"", "\"00FF\"", "'build-id' is not");
	assert_refused("\"00ff\"", "\"\"", "'build-id' is not");
	assert_refused("11\"}\n", "\"}\n", "'source-sha256' is not a SHA-256");
	assert_refused("1e fa 55", "1e fa  55", "'before' is not 18 hex digits or less");
	assert_refused("1e fa 55", "1e fa 55 55 55 55 55 55", "'before' is not");
}

static void contradictions_are_refused(void **state)
{
	(void)state;
	assert_refused("status: review", "status: ok", "the verdict is 'ok', but something needs");
	assert_refused(", site: {kind: jmp-rel32, before: \"f3 0f 1e fa 55\", after-endbr64: true}",
		       "", "function 'f' is modified but lacks 'old' or 'site'");
	assert_refused("status: clean", "status: clean, loses: [x]",
		       "undoing is 'clean', but not everything is as before");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_manifest_is_read),
		TEST(yaml_that_means_more_than_it_shows_is_refused),
		TEST(keys_are_checked),
		TEST(depth_and_size_are_bounded),
		TEST(words_and_hashes_are_checked),
		TEST(contradictions_are_refused),
	};

	return cmocka_run_group_tests_name("manifest", tests, NULL, NULL);
}
