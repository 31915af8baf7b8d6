// SPDX-License-Identifier: Apache-2.0
// Keys, seals, passwords, digests, RSA.
#include "base/crypto.h"
#include "check.h"
#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static int start(void **state)
{
    struct error e;
    return crypto_init(&e) ? 0 : -1;
}

static struct crypto_key key_of(unsigned char fill)
{
    struct crypto_key key;
    memset(key.bytes, fill, sizeof key.bytes);
    return key;
}

static void seals_and_opens(void **state)
{
    struct crypto_key key = key_of(1), other = key_of(2);
    struct error e = {0};
    AUTO_BUF sealed = buf_make(1000), again = buf_make(1000), plain = buf_make(1000);
    assert_true(crypto_seal(&key, STR("org1/credential/7"), STR("licence key"), &sealed, &e));
    assert_true(crypto_seal(&key, STR("org1/credential/7"), STR("licence key"), &again, &e));
    assert_false(str_eq(buf_str(&sealed), buf_str(&again)));
    assert_int_equal(str_find(buf_str(&sealed), STR("licence")), -1);
    assert_true(crypto_open(&key, STR("org1/credential/7"), buf_str(&sealed), &plain, &e));
    CHECK_STR(buf_str(&plain), "licence key");
    buf_reset(&plain);
    assert_false(crypto_open(&other, STR("org1/credential/7"), buf_str(&sealed), &plain, &e));
    CHECK_ERROR(&e, ERROR_AUTH_INVALID, "crypto.open_failed");
    assert_false(crypto_open(&key, STR("org1/credential/8"), buf_str(&sealed), &plain, &e));
    CHECK_ERROR(&e, ERROR_AUTH_INVALID, "crypto.open_failed");
    assert_int_equal(plain.n, 0);
    for (size_t i = 0; i < sealed.n; i++) {
        sealed.p[i] ^= 1;
        assert_false(crypto_open(&key, STR("org1/credential/7"), buf_str(&sealed), &plain, &e));
        sealed.p[i] ^= 1;
        assert_false(
            crypto_open(&key, STR("org1/credential/7"), str_make(sealed.p, i), &plain, &e));
    }
    buf_reset(&sealed);
    assert_true(crypto_seal(&key, STR(""), STR_ABSENT, &sealed, &e));
    assert_true(crypto_open(&key, STR_ABSENT, buf_str(&sealed), &plain, &e));
    assert_int_equal(plain.n, 0);
}

static bool seal_and_open(struct error *e)
{
    struct crypto_key key = key_of(1);
    AUTO_BUF sealed = buf_make(1000), plain = buf_make(1000);
    return crypto_seal(&key, STR("c"), STR("text"), &sealed, e) &&
           crypto_open(&key, STR("c"), buf_str(&sealed), &plain, e);
}

static void passwords(void **state)
{
    char hash[CRYPTO_PASSWORD_HASH_BYTES];
    struct error e = {0};
    assert_true(crypto_password_hash(STR("正しい馬 battery"), hash, &e));
    assert_true(str_starts(str_from(hash), STR("$argon2id$v=19$m=65536,t=2,p=1$")));
    assert_true(crypto_password_verify(hash, STR("正しい馬 battery"), &e));
    assert_false(crypto_password_verify(hash, STR("正しい馬 batterx"), &e));
    assert_false(error_is_set(&e));
    assert_false(crypto_password_verify("not a hash", STR("x"), &e));
    CHECK_ERROR(&e, ERROR_INTERNAL, "crypto.password_hash");
    char text[2000];
    memset(text, 'x', sizeof text);
    assert_false(crypto_password_hash(str_make(text, sizeof text), hash, &e));
    CHECK_ERROR(&e, ERROR_BAD_INPUT, "crypto.password_too_long");
    error_clear(&e);
    assert_false(crypto_password_verify(hash, str_make(text, sizeof text), &e));
    assert_false(error_is_set(&e));
}

static void *hash_one(void *context)
{
    char hash[CRYPTO_PASSWORD_HASH_BYTES];
    struct error e;
    *(bool *)context = crypto_password_hash(STR("x"), hash, &e);
    return NULL;
}

static void password_jobs_queue(void **state)
{
    pthread_t threads[5];
    bool good[5] = {false};
    for (int i = 0; i < 5; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, hash_one, &good[i]), 0);
    for (int i = 0; i < 5; i++) {
        pthread_join(threads[i], NULL);
        assert_true(good[i]);
    }
}

static void digests(void **state)
{
    AUTO_ARENA arena = arena_new(10000);
    unsigned char out[32], keyed[32];
    crypto_sha256(STR("abc"), out);
    CHECK_STR(crypto_hex(arena, str_make((char *)out, 32)),
              "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    crypto_digest(NULL, STR("abc"), out);
    CHECK_STR(crypto_hex(arena, str_make((char *)out, 32)),
              "bddd813c634239723171ef3fee98579b94964e3bb1cb3e427262c8c068d52319");
    struct crypto_key key = key_of(3);
    crypto_digest(&key, STR("abc"), keyed);
    assert_false(crypto_equal(out, keyed, 32));
    crypto_digest(&key, STR_ABSENT, keyed);
    crypto_wipe(keyed, sizeof keyed);
    for (int i = 0; i < 32; i++)
        assert_int_equal(keyed[i], 0);
}

static void texts_of_bytes(void **state)
{
    AUTO_ARENA arena = arena_new(100000);
    struct str back;
    CHECK_STR(crypto_base64(arena, STR("")), "");
    CHECK_STR(crypto_base64(arena, STR("f")), "Zg==");
    CHECK_STR(crypto_base64(arena, STR("foobar")), "Zm9vYmFy");
    CHECK_STR(crypto_base64(arena, STR("\xfb\xff")), "+/8=");
    assert_true(crypto_base64_decode(arena, STR("+/8="), &back));
    CHECK_STR(back, "\xfb\xff");
    assert_true(crypto_base64_decode(arena, STR(""), &back));
    assert_int_equal(back.n, 0);
    static const char *const bad[] = {"Zg",    "Zg=",  "Z===", "Zg==x", "Zm9v\nYmFy",
                                      "Zm 9v", "_-8=", "Zh==", "あ"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_false(crypto_base64_decode(arena, str_from(bad[i]), &back));
    CHECK_STR(crypto_hex(arena, STR("\x00\xff")), "00ff");
    struct str token = crypto_token(arena, 256);
    assert_int_equal(token.n, 43);
    assert_false(str_eq(token, crypto_token(arena, 256)));
    assert_int_equal(str_find_char(token, '+'), -1);
    AUTO_ARENA tiny = arena_new(1);
    CHECK_STR(crypto_base64(tiny, STR("foobar")), "");
    CHECK_STR(crypto_hex(tiny, STR("foobar")), "");
    assert_false(crypto_base64_decode(tiny, STR("Zm9vYmFy"), &back));
    CHECK_STR(crypto_token(tiny, 256), "");
    assert_true(arena_failed(tiny));
}

static void rsa(void **state)
{
    AUTO_ARENA arena = arena_new(100000);
    struct error e = {0};
    struct str private_pem, public_pem, cipher, plain;
    assert_true(crypto_rsa_generate(arena, &private_pem, &public_pem, &e));
    assert_true(str_starts(public_pem, STR("-----BEGIN PUBLIC KEY-----")));
    assert_true(crypto_rsa_encrypt(arena, public_pem, STR("shop:1795000000"), &cipher, &e));
    assert_int_equal(cipher.n, 256);
    assert_true(crypto_rsa_decrypt(arena, private_pem, cipher, &plain, &e));
    CHECK_STR(plain, "shop:1795000000");
    assert_false(crypto_rsa_encrypt(arena, STR("-----BEGIN PUBLIC KEY-----\nAAAA\n"), STR("x"),
                                    &cipher, &e));
    CHECK_ERROR(&e, ERROR_BAD_INPUT, "crypto.public_key");
    assert_false(crypto_rsa_encrypt(arena, STR(""), STR("x"), &cipher, &e));
    CHECK_ERROR(&e, ERROR_BAD_INPUT, "crypto.public_key");
    assert_false(crypto_rsa_encrypt(arena, private_pem, STR("x"), &cipher, &e));
    char text[300] = {0};
    assert_false(crypto_rsa_encrypt(arena, public_pem, str_make(text, 300), &cipher, &e));
    CHECK_ERROR(&e, ERROR_BAD_INPUT, "crypto.rsa_encrypt");
    assert_false(crypto_rsa_decrypt(arena, private_pem, STR("short"), &plain, &e));
    CHECK_ERROR(&e, ERROR_AUTH_INVALID, "crypto.open_failed");
    assert_false(crypto_rsa_decrypt(arena, public_pem, cipher, &plain, &e));
    CHECK_ERROR(&e, ERROR_BAD_INPUT, "crypto.private_key");
    AUTO_ARENA tiny = arena_new(100);
    assert_false(crypto_rsa_encrypt(tiny, public_pem, STR("x"), &cipher, &e));
    CHECK_ERROR(&e, ERROR_NO_MEMORY, "memory.exhausted");
    assert_false(crypto_rsa_generate(tiny, &private_pem, &public_pem, &e));
    CHECK_ERROR(&e, ERROR_NO_MEMORY, "memory.exhausted");
}

struct directory {
    char path[64], key[96];
};

static void make_directory(struct directory *d)
{
    snprintf(d->path, sizeof d->path, "/tmp/juchu-key-XXXXXX");
    assert_non_null(mkdtemp(d->path));
    snprintf(d->key, sizeof d->key, "%s/master.key", d->path);
}

static void key_files(void **state)
{
    struct directory d;
    struct crypto_key key, again;
    struct error e = {0};
    struct stat status;
    make_directory(&d);
    assert_false(crypto_key_load(d.key, false, &key, &e));
    CHECK_ERROR(&e, ERROR_STORAGE, "crypto.key_file");
    assert_string_equal(e.subject, d.key);
    EACH_ALLOCATION_FAILS(crypto_key_load(d.key, true, &key, &e), &e);
    assert_int_equal(stat(d.key, &status), 0);
    assert_int_equal(status.st_mode & 0777, 0600);
    assert_int_equal(status.st_nlink, 1);
    assert_true(crypto_key_load(d.key, true, &again, &e)); // never made anew
    assert_memory_equal(key.bytes, again.bytes, sizeof key.bytes);
    chmod(d.key, 0640);
    assert_false(crypto_key_load(d.key, true, &again, &e));
    CHECK_ERROR(&e, ERROR_BAD_INPUT, "crypto.key_file_mode");
    chmod(d.key, 0600);
    static const off_t sizes[] = {0, 31, 33};
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(truncate(d.key, sizes[i]), 0);
        assert_false(crypto_key_load(d.key, true, &again, &e));
        CHECK_ERROR(&e, ERROR_BAD_INPUT, "crypto.key_file_size");
    }
    unlink(d.key);
    assert_int_equal(rmdir(d.path), 0); // nothing else was left behind
    assert_false(crypto_key_load(d.key, true, &key, &e));
    CHECK_ERROR(&e, ERROR_STORAGE, "crypto.key_file");
}

static void sealing_survives_lack_of_memory(void **state)
{
    struct error e = {0};
    EACH_ALLOCATION_FAILS(seal_and_open(&e), &e);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(seals_and_opens),     cmocka_unit_test(passwords),
        cmocka_unit_test(password_jobs_queue), cmocka_unit_test(digests),
        cmocka_unit_test(texts_of_bytes),      cmocka_unit_test(rsa),
        cmocka_unit_test(key_files),           cmocka_unit_test(sealing_survives_lack_of_memory),
    };
    return cmocka_run_group_tests(tests, start, NULL);
}
