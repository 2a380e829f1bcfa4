/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What openssl writes is DER of constant bytes and the key, in base64, between two lines. */
#include "lib/key.h"

#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define MAX_FILE   4096 /* a key has 120 bytes; a person may have written something above it */
#define MAX_PREFIX 16
#define MAX_PEM	   256

struct kind {
	const char *what, *begin, *end;
	size_t prefix_len;
	u8 prefix[MAX_PREFIX];
};

static const struct kind secret_kind = {
	.what = "a private key",
	.begin = "-----BEGIN PRIVATE KEY-----\n",
	.end = "-----END PRIVATE KEY-----\n",
	.prefix_len = 16, /* PrivateKeyInfo of RFC 8410 */
	.prefix = { 0x30, 0x2e, 0x02, 0x01, 0x00, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x04,
		    0x22, 0x04, 0x20 },
};

static const struct kind public_kind = {
	.what = "a public key",
	.begin = "-----BEGIN PUBLIC KEY-----\n",
	.end = "-----END PUBLIC KEY-----\n",
	.prefix_len = 12, /* SubjectPublicKeyInfo of RFC 8410 */
	.prefix = { 0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x03, 0x21, 0x00 },
};

/* Says what is there instead, where that is likely. */
static struct lp_err *not_this(const char *name, const struct kind *kind, const char *pem)
{
	struct lp_err *err = lp_err(LP_FAILED, "'%s' is not %s for Ed25519", name, kind->what);

	if (strstr(pem, "-----BEGIN ENCRYPTED PRIVATE KEY-----"))
		return lp_err_advice(err, "it is encrypted; 'openssl pkey' writes it decrypted");
	if (kind == &secret_kind && strstr(pem, public_kind.begin))
		return lp_err_advice(err, "it is a public key; the private one signs");
	if (kind == &public_kind && strstr(pem, secret_kind.begin))
		return lp_err_advice(err, "it is a private key; 'openssl pkey -pubout' writes the "
					  "public one");
	return lp_err_advice(err, "'lpbuild keygen' and 'openssl genpkey -algorithm ed25519' make "
				  "keys");
}

/* The key in PEM, which is a string. */
static bool decode(const struct kind *kind, const char *pem, u8 ret[LP_KEY_LEN])
{
	const char *body = strstr(pem, kind->begin), *end;
	u8 der[MAX_PREFIX + LP_KEY_LEN];
	size_t len;
	bool ok;

	if (!body)
		return false;
	body += strlen(kind->begin);
	end = strstr(body, "-----END ");
	/* The newline behind the last line may be missing. */
	if (!end || strncmp(end, kind->end, strlen(kind->end) - 1) != 0)
		return false;
	ok = !sodium_base642bin(der, sizeof(der), body, (size_t)(end - body), "\r\n", &len, NULL,
				sodium_base64_VARIANT_ORIGINAL) &&
	     len == kind->prefix_len + LP_KEY_LEN && !memcmp(der, kind->prefix, kind->prefix_len);
	if (ok)
		memcpy(ret, der + kind->prefix_len, LP_KEY_LEN);
	sodium_memzero(der, sizeof(der));
	return ok;
}

static struct lp_err *parse(const struct kind *kind, const char *name, const char *pem, size_t len,
			    u8 ret[LP_KEY_LEN])
{
	char text[MAX_FILE + 1]; /* without the \r of other systems */
	size_t n = 0;
	bool ok;

	if (len > MAX_FILE)
		return lp_err(LP_FAILED, "'%s' is too large for a key", name);
	for (size_t i = 0; i < len; i++)
		if (pem[i] != '\r')
			text[n++] = pem[i];
	text[n] = '\0';
	ok = decode(kind, text, ret);

	struct lp_err *err = ok ? NULL : not_this(name, kind, text);

	sodium_memzero(text, sizeof(text));
	return err;
}

struct lp_err *lp_key_parse_secret(const char *name, const char *pem, size_t len,
				   struct lp_secret_key *ret)
{
	u8 seed[LP_KEY_LEN];
	struct lp_err *err = parse(&secret_kind, name, pem, len, seed);

	if (!err)
		err = lp_key_from_seed(seed, ret);
	sodium_memzero(seed, sizeof(seed));
	return err;
}

struct lp_err *lp_key_parse_public(const char *name, const char *pem, size_t len,
				   struct lp_public_key *ret)
{
	return parse(&public_kind, name, pem, len, ret->bytes);
}

/* ---- files ---- */

/* Into memory of ours that can be wiped: no arena, no stdio. */
static struct lp_err *read_text(const char *path, char text[MAX_FILE], size_t *ret_len)
{
	/* O_NONBLOCK: opening a fifo must not wait for its writer. */
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	ssize_t n = 1;

	if (fd < 0)
		return lp_err_errno("cannot read '%s'", path);
	*ret_len = 0;
	while (n > 0 && *ret_len < MAX_FILE) {
		n = read(fd, text + *ret_len, MAX_FILE - *ret_len);
		if (n > 0)
			*ret_len += (size_t)n;
	}
	struct lp_err *err = n < 0 ? lp_err_errno("cannot read '%s'", path) : NULL;

	close(fd);
	return err;
}

static struct lp_err *check_mode(const char *path)
{
	struct stat st;

	if (stat(path, &st) < 0)
		return lp_err_errno("cannot read '%s'", path);
	if (!S_ISREG(st.st_mode) || !(st.st_mode & S_IROTH))
		return NULL;
	return lp_err_advice(lp_err(LP_FAILED, "private key '%s' can be read by everybody", path),
			     "chmod 600 it, and think about who has read it");
}

struct lp_err *lp_key_read_secret(const char *path, struct lp_secret_key *ret)
{
	char text[MAX_FILE];
	size_t len;
	struct lp_err *err = read_text(path, text, &len);

	if (!err)
		err = lp_key_parse_secret(path, text, len, ret);
	if (!err)
		err = check_mode(path);
	if (err)
		lp_key_wipe(ret);
	sodium_memzero(text, sizeof(text));
	return err;
}

struct lp_err *lp_key_read_public(const char *path, struct lp_public_key *ret)
{
	char text[MAX_FILE];
	size_t len;

	LP_TRY(read_text(path, text, &len));
	return lp_key_parse_public(path, text, len, ret);
}

static struct lp_err *write_new(const char *path, mode_t mode, const char *text, size_t len)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, mode);

	if (fd < 0 && errno == EEXIST)
		return lp_err_advice(
			lp_err(LP_FAILED, "cannot write '%s': it is there already", path),
			"keys are never overwritten; choose another name");
	if (fd < 0)
		return lp_err_errno("cannot write '%s'", path);
	bool ok = write(fd, text, len) == (ssize_t)len && !fsync(fd);
	struct lp_err *err = ok ? NULL : lp_err_errno("cannot write '%s'", path);

	close(fd);
	if (err)
		unlink(path);
	return err;
}

static struct lp_err *write_key(const struct kind *kind, const char *path, mode_t mode,
				const u8 key[LP_KEY_LEN])
{
	char base64[sodium_base64_ENCODED_LEN(MAX_PREFIX + LP_KEY_LEN,
					      sodium_base64_VARIANT_ORIGINAL)];
	u8 der[MAX_PREFIX + LP_KEY_LEN];
	char text[MAX_PEM];

	memcpy(der, kind->prefix, kind->prefix_len);
	memcpy(der + kind->prefix_len, key, LP_KEY_LEN);
	sodium_bin2base64(base64, sizeof(base64), der, kind->prefix_len + LP_KEY_LEN,
			  sodium_base64_VARIANT_ORIGINAL);
	int len = snprintf(text, sizeof(text), "%s%s\n%s", kind->begin, base64, kind->end);
	struct lp_err *err = write_new(path, mode, text, (size_t)len);

	sodium_memzero(der, sizeof(der));
	sodium_memzero(base64, sizeof(base64));
	sodium_memzero(text, sizeof(text));
	return err;
}

struct lp_err *lp_key_write_secret(const char *path, const struct lp_secret_key *key)
{
	return write_key(&secret_kind, path, 0600, key->bytes);
}

struct lp_err *lp_key_write_public(const char *path, const struct lp_public_key *key)
{
	return write_key(&public_kind, path, 0644, key->bytes);
}
