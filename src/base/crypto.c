// SPDX-License-Identifier: Apache-2.0
//
// Secrets at rest, passwords, digests, random text: libsodium behind typed functions. (RSA is in
// crypto_rsa.c.)
//
// Invariants: at most PASSWORD_JOBS_MAX argon2id computations run in the process, the others wait;
// a sealed text starts with its version, so that the method can be changed without guessing.
// Ownership: keys and hashes belong to the caller, who wipes them. Threads: any.
#include "base/crypto.h"

#include <errno.h>
#include <pthread.h>
#include <sodium.h>

#define SEAL_VERSION 1
#define NONCE_BYTES crypto_aead_xchacha20poly1305_ietf_NPUBBYTES
#define TAG_BYTES crypto_aead_xchacha20poly1305_ietf_ABYTES
#define PASSWORD_JOBS_MAX 2
#define PASSWORD_BYTES_MAX 1024
#define PASSWORD_MEMORY (64u * 1024 * 1024)
#define PASSWORD_PASSES 2

_Static_assert(crypto_pwhash_STRBYTES <= CRYPTO_PASSWORD_HASH_BYTES, "hash text fits");
_Static_assert(crypto_aead_xchacha20poly1305_ietf_KEYBYTES == CRYPTO_KEY_BYTES, "key size");

bool crypto_init(struct error *error)
{
    if (sodium_init() < 0)
        return error_set(error, ERROR_INTERNAL, "crypto.init", "暗号ライブラリを開始できません",
                         "The cryptographic library can't be started");
    return true;
}

bool crypto_seal(const struct crypto_key *key, struct str context, struct str plain,
                 struct buf *sealed, struct error *error)
{
    size_t room = 1 + NONCE_BYTES + plain.n + TAG_BYTES;
    unsigned char *p = (unsigned char *)buf_reserve(sealed, room);
    if (!p)
        return error_no_memory(error);
    p[0] = SEAL_VERSION;
    crypto_random(p + 1, NONCE_BYTES);
    crypto_aead_xchacha20poly1305_ietf_encrypt(
        p + 1 + NONCE_BYTES, NULL, (const unsigned char *)plain.p, plain.n,
        (const unsigned char *)context.p, context.n, NULL, p + 1, key->bytes);
    buf_commit(sealed, room);
    return true;
}

bool crypto_open(const struct crypto_key *key, struct str context, struct str sealed,
                 struct buf *plain, struct error *error)
{
    const unsigned char *p = (const unsigned char *)sealed.p;
    const size_t extra = 1 + NONCE_BYTES + TAG_BYTES;
    if (sealed.n < extra || p[0] != SEAL_VERSION)
        return error_set(error, ERROR_AUTH_INVALID, "crypto.open_failed",
                         "保存された認証情報を復号できません（形式が違います）",
                         "A stored secret can't be opened (unknown form)");
    unsigned char *room = (unsigned char *)buf_reserve(plain, sealed.n - extra);
    if (!room)
        return error_no_memory(error);
    if (crypto_aead_xchacha20poly1305_ietf_decrypt(
            room, NULL, NULL, p + 1 + NONCE_BYTES, sealed.n - 1 - NONCE_BYTES,
            (const unsigned char *)context.p, context.n, p + 1, key->bytes) != 0) {
        error_set(error, ERROR_AUTH_INVALID, "crypto.open_failed",
                  "保存された認証情報を復号できません", "A stored secret can't be opened");
        return error_hint(error, "暗号鍵のファイルが、保存したときのものか確認してください",
                          "Check that the key file is the one in use when it was stored");
    }
    buf_commit(plain, sealed.n - extra);
    return true;
}

static struct {
    pthread_mutex_t mutex;
    pthread_cond_t freed;
    int running;
} password_gate = {PTHREAD_MUTEX_INITIALIZER, PTHREAD_COND_INITIALIZER, 0};

static void enter_gate(void)
{
    pthread_mutex_lock(&password_gate.mutex);
    while (password_gate.running >= PASSWORD_JOBS_MAX)
        pthread_cond_wait(&password_gate.freed, &password_gate.mutex);
    password_gate.running++;
    pthread_mutex_unlock(&password_gate.mutex);
}

static void leave_gate(void)
{
    pthread_mutex_lock(&password_gate.mutex);
    password_gate.running--;
    pthread_cond_signal(&password_gate.freed);
    pthread_mutex_unlock(&password_gate.mutex);
}

static bool password_too_long(struct error *error)
{
    return error_set(error, ERROR_BAD_INPUT, "crypto.password_too_long",
                     "パスワードが長すぎます（上限%dバイト）",
                     "The password is too long (limit %d bytes)", PASSWORD_BYTES_MAX);
}

bool crypto_password_hash(struct str password, char hash[CRYPTO_PASSWORD_HASH_BYTES],
                          struct error *error)
{
    if (password.n > PASSWORD_BYTES_MAX)
        return password_too_long(error);
    memset(hash, 0, CRYPTO_PASSWORD_HASH_BYTES);
    enter_gate();
    int failed =
        crypto_pwhash_str_alg(hash, password.p ? password.p : "", password.n, PASSWORD_PASSES,
                              PASSWORD_MEMORY, crypto_pwhash_ALG_ARGON2ID13);
    leave_gate();
    return failed ? error_no_memory(error) : true;
}

bool crypto_password_verify(const char *hash, struct str password, struct error *error)
{
    if (password.n > PASSWORD_BYTES_MAX)
        return false;
    // libsodium answers "wrong" for a text that isn't a hash; that is a fault of ours.
    if (strlen(hash) >= CRYPTO_PASSWORD_HASH_BYTES ||
        crypto_pwhash_str_needs_rehash(hash, PASSWORD_PASSES, PASSWORD_MEMORY) < 0)
        return error_set(error, ERROR_INTERNAL, "crypto.password_hash",
                         "保存されたパスワードの形式が壊れています",
                         "The stored password hash is damaged");
    enter_gate();
    errno = 0;
    int wrong = crypto_pwhash_str_verify(hash, password.p ? password.p : "", password.n);
    int reason = errno;
    leave_gate();
    if (wrong && reason == ENOMEM)
        return error_no_memory(error);
    return wrong == 0;
}

void crypto_random(void *bytes, size_t n)
{
    randombytes_buf(bytes, n);
}

struct str crypto_token(struct arena *arena, unsigned bits)
{
    unsigned char bytes[128];
    char text[sodium_base64_ENCODED_LEN(sizeof bytes, sodium_base64_VARIANT_URLSAFE_NO_PADDING)];
    size_t n = (bits + 7) / 8;
    if (n > sizeof bytes)
        n = sizeof bytes;
    crypto_random(bytes, n);
    sodium_bin2base64(text, sizeof text, bytes, n, sodium_base64_VARIANT_URLSAFE_NO_PADDING);
    struct str token = str_dup(arena, str_from(text));
    crypto_wipe(bytes, sizeof bytes);
    crypto_wipe(text, sizeof text);
    return token;
}

void crypto_sha256(struct str data, unsigned char out[32])
{
    crypto_hash_sha256(out, (const unsigned char *)data.p, data.n);
}

void crypto_digest(const struct crypto_key *key, struct str data, unsigned char out[32])
{
    crypto_generichash(out, 32, (const unsigned char *)data.p, data.n, key ? key->bytes : NULL,
                       key ? sizeof key->bytes : 0);
}

bool crypto_equal(const void *a, const void *b, size_t n)
{
    return sodium_memcmp(a, b, n) == 0;
}

void crypto_wipe(void *p, size_t n)
{
    sodium_memzero(p, n);
}

struct str crypto_base64(struct arena *arena, struct str bytes)
{
    size_t room = sodium_base64_encoded_len(bytes.n, sodium_base64_VARIANT_ORIGINAL);
    char *text = arena_alloc(arena, room);
    if (!text)
        return STR("");
    sodium_bin2base64(text, room, (const unsigned char *)bytes.p, bytes.n,
                      sodium_base64_VARIANT_ORIGINAL);
    return str_make(text, room - 1);
}

bool crypto_base64_decode(struct arena *arena, struct str text, struct str *bytes)
{
    size_t room = text.n / 4 * 3 + 3, n;
    char *p = arena_alloc(arena, room);
    if (!p)
        return false;
    if (sodium_base642bin((unsigned char *)p, room, text.p ? text.p : "", text.n, NULL, &n, NULL,
                          sodium_base64_VARIANT_ORIGINAL) != 0)
        return false;
    *bytes = str_make(p, n);
    return true;
}

struct str crypto_hex(struct arena *arena, struct str bytes)
{
    char *text = arena_alloc(arena, 2 * bytes.n + 1);
    if (!text)
        return STR("");
    sodium_bin2hex(text, 2 * bytes.n + 1, (const unsigned char *)bytes.p, bytes.n);
    return str_make(text, 2 * bytes.n);
}
