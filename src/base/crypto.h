// SPDX-License-Identifier: Apache-2.0
//
// Thin, typed uses of libsodium and OpenSSL. Call crypto_init() once at start.
#ifndef JUCHU_BASE_CRYPTO_H
#define JUCHU_BASE_CRYPTO_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/error.h"

bool crypto_init(struct error *error);

#define CRYPTO_KEY_BYTES 32
struct crypto_key {
    unsigned char bytes[CRYPTO_KEY_BYTES];
};

// Reads a 32-byte key from a file of mode 0400/0600, or makes file and key when `create` and it is
// absent. ERROR_STORAGE; ERROR_BAD_INPUT when others can read the file.
bool crypto_key_load(const char *path, bool create, struct crypto_key *key, struct error *error);
// XChaCha20-Poly1305. `context` (org, table, row …) is bound as additional data, so that a
// ciphertext can't be moved to another row. Output: version byte, nonce, ciphertext.
bool crypto_seal(const struct crypto_key *key, struct str context, struct str plain,
                 struct buf *sealed, struct error *error);
// ERROR_AUTH_INVALID ("crypto.open_failed") when key, context or bytes don't fit.
bool crypto_open(const struct crypto_key *key, struct str context, struct str sealed,
                 struct buf *plain, struct error *error);

// argon2id, 64 MiB, at most two at a time in the process (a login flood must not take all memory).
#define CRYPTO_PASSWORD_HASH_BYTES 128
bool crypto_password_hash(struct str password, char hash[CRYPTO_PASSWORD_HASH_BYTES],
                          struct error *error);
// False for a wrong password (error untouched) and for a failure (error set).
bool crypto_password_verify(const char *hash, struct str password, struct error *error);

void crypto_random(void *bytes, size_t n);
// URL-safe random text of `bits` bits.
struct str crypto_token(struct arena *arena, unsigned bits);
void crypto_sha256(struct str data, unsigned char out[32]);
// BLAKE2b-256, keyed when key is not NULL. (Not crypto_hash: libsodium has that name.)
void crypto_digest(const struct crypto_key *key, struct str data, unsigned char out[32]);
bool crypto_equal(const void *a, const void *b, size_t n); // constant time
void crypto_wipe(void *p, size_t n);

// Standard base64 with padding, no line breaks.
struct str crypto_base64(struct arena *arena, struct str bytes);
bool crypto_base64_decode(struct arena *arena, struct str text, struct str *bytes);
struct str crypto_hex(struct arena *arena, struct str bytes);

// RSA PKCS#1 v1.5 encryption with a PEM public key (SubjectPublicKeyInfo): Yahoo's signature
// header. ERROR_BAD_INPUT ("crypto.public_key") when the PEM can't be read.
bool crypto_rsa_encrypt(struct arena *arena, struct str public_key_pem, struct str plain,
                        struct str *cipher, struct error *error);
// The simulator's half.
bool crypto_rsa_decrypt(struct arena *arena, struct str private_key_pem, struct str cipher,
                        struct str *plain, struct error *error);
// A new 2048-bit pair as PEM texts.
bool crypto_rsa_generate(struct arena *arena, struct str *private_pem, struct str *public_pem,
                         struct error *error);

#endif
