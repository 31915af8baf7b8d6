// SPDX-License-Identifier: Apache-2.0
//
// RSA PKCS#1 v1.5 encryption (OpenSSL), as Yahoo's signature header wants it.
//
// Invariants: texts of OpenSSL's error queue never leave this file except their numbers, and the
// queue is left empty. Ownership: results live in the arena; key objects live for the call.
// Threads: any.
#include "base/crypto.h"

#include <limits.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <stdio.h>

static bool fail(struct error *error, enum error_class class, const char *code, const char *ja,
                 const char *en)
{
    char number[32];
    int n = snprintf(number, sizeof number, "%lx", ERR_get_error());
    ERR_clear_error();
    error_set(error, class, code, "%s%.0s", "%.0s%s", ja, en);
    return error_peer(error, 0, str_make(number, n > 0 ? (size_t)n : 0), STR_ABSENT);
}

static int no_passphrase(char *buffer, int size, int writing, void *context)
{
    return -1;
}

static EVP_PKEY *read_key(struct str pem, bool private)
{
    if (pem.n == 0 || pem.n > INT_MAX)
        return NULL;
    BIO *bio = BIO_new_mem_buf(pem.p, (int)pem.n);
    if (!bio)
        return NULL;
    EVP_PKEY *key = private ? PEM_read_bio_PrivateKey(bio, NULL, no_passphrase, NULL)
                            : PEM_read_bio_PUBKEY(bio, NULL, no_passphrase, NULL);
    BIO_free(bio);
    if (key && EVP_PKEY_get_base_id(key) != EVP_PKEY_RSA) {
        EVP_PKEY_free(key);
        key = NULL;
    }
    return key;
}

// Encryption and decryption differ in two functions only.
struct direction {
    int (*start)(EVP_PKEY_CTX *context);
    int (*run)(EVP_PKEY_CTX *context, unsigned char *out, size_t *out_n, const unsigned char *in,
               size_t in_n);
};

static bool transform(struct arena *arena, EVP_PKEY *key, const struct direction *direction,
                      struct str in, struct str *out)
{
    const unsigned char *bytes = (const unsigned char *)(in.p ? in.p : "");
    size_t n = 0;
    unsigned char *room = NULL;
    EVP_PKEY_CTX *context = EVP_PKEY_CTX_new(key, NULL);
    bool done = context && direction->start(context) > 0 &&
                EVP_PKEY_CTX_set_rsa_padding(context, RSA_PKCS1_PADDING) > 0 &&
                direction->run(context, NULL, &n, bytes, in.n) > 0 &&
                (room = arena_alloc(arena, n)) != NULL &&
                direction->run(context, room, &n, bytes, in.n) > 0;
    EVP_PKEY_CTX_free(context);
    if (done)
        *out = str_make((char *)room, n);
    return done;
}

bool crypto_rsa_encrypt(struct arena *arena, struct str public_key_pem, struct str plain,
                        struct str *cipher, struct error *error)
{
    static const struct direction encrypt = {EVP_PKEY_encrypt_init, EVP_PKEY_encrypt};
    EVP_PKEY *key = read_key(public_key_pem, false);
    if (!key)
        return fail(error, ERROR_BAD_INPUT, "crypto.public_key", "公開鍵（PEM）を読み取れません",
                    "The public key (PEM) can't be read");
    bool done = transform(arena, key, &encrypt, plain, cipher);
    EVP_PKEY_free(key);
    if (done)
        return true;
    if (arena_failed(arena))
        return error_no_memory(error);
    return fail(error, ERROR_BAD_INPUT, "crypto.rsa_encrypt",
                "公開鍵で暗号化できません（文が長すぎるか、鍵が合いません）",
                "Can't be encrypted with the public key (text too long or unfit key)");
}

bool crypto_rsa_decrypt(struct arena *arena, struct str private_key_pem, struct str cipher,
                        struct str *plain, struct error *error)
{
    static const struct direction decrypt = {EVP_PKEY_decrypt_init, EVP_PKEY_decrypt};
    EVP_PKEY *key = read_key(private_key_pem, true);
    if (!key)
        return fail(error, ERROR_BAD_INPUT, "crypto.private_key", "秘密鍵（PEM）を読み取れません",
                    "The private key (PEM) can't be read");
    bool done = transform(arena, key, &decrypt, cipher, plain);
    EVP_PKEY_free(key);
    if (done)
        return true;
    if (arena_failed(arena))
        return error_no_memory(error);
    return fail(error, ERROR_AUTH_INVALID, "crypto.open_failed", "秘密鍵で復号できません",
                "Can't be decrypted with the private key");
}

static bool copy_pem(struct arena *arena, EVP_PKEY *key, bool private, struct str *pem)
{
    BIO *bio = BIO_new(BIO_s_mem());
    if (!bio)
        return false;
    int written = private ? PEM_write_bio_PrivateKey(bio, key, NULL, NULL, 0, NULL, NULL)
                          : PEM_write_bio_PUBKEY(bio, key);
    char *p;
    long n = BIO_get_mem_data(bio, &p);
    if (written == 1 && n > 0)
        *pem = str_dup(arena, str_make(p, (size_t)n));
    BIO_free(bio);
    return written == 1 && n > 0;
}

bool crypto_rsa_generate(struct arena *arena, struct str *private_pem, struct str *public_pem,
                         struct error *error)
{
    EVP_PKEY *key = EVP_RSA_gen(2048);
    bool done =
        key && copy_pem(arena, key, true, private_pem) && copy_pem(arena, key, false, public_pem);
    EVP_PKEY_free(key);
    if (arena_failed(arena))
        return error_no_memory(error);
    return done || fail(error, ERROR_INTERNAL, "crypto.rsa_generate", "鍵を作れません",
                        "The key pair can't be made");
}
