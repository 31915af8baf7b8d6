// SPDX-License-Identifier: Apache-2.0
// JSON in and out.
#include "base/json.h"
#include "base/clock.h"
#include "base/json_locate.h"
#include "check.h"
#include <pthread.h>

#define LIMIT (64 * 1024 * 1024)

#define SAMPLE                                                                                 \
    "{\"orderNumber\":\"339127-20261123-00001\",\"orderProgress\":300,\"requestPrice\":-9999," \
    "\"rate\":0.08,\"big\":18446744073709551615,\"ok\":true,\"no\":false,\"nil\":null,"        \
    "\"PackageModelList\":[{\"SenderModel\":{\"familyName\":\"\u9ad9橋\",\"memo\":"           \
    "\"a\\n\\\"b\\\" "                                                                         \
    "\\u5c71\\ud842\\udfb7\"},\"items\":[1,2,[],{}]},{\"SenderModel\":null}],\"empty\":\"\"}"

static const char sample[] = SAMPLE;

static struct json parse(struct arena *arena, struct str text)
{
    struct json root;
    struct error e = {0};
    if (!json_parse(arena, text, false, &root, &e)) {
        print_error("%.*s: %s %s\n", STR_ARG(text), e.code, e.what_en);
        fail();
    }
    return root;
}

static void reads_values(void **state)
{
    AUTO_ARENA arena = arena_new(LIMIT);
    struct json root = parse(arena, STR(SAMPLE));
    int64_t i;
    double d;
    assert_int_equal(json_type(root), JSON_OBJECT);
    assert_int_equal(json_count(root), 10);
    CHECK_STR(json_str(json_get(root, "orderNumber")), "339127-20261123-00001");
    assert_true(json_int(json_get(root, "requestPrice"), &i));
    assert_int_equal(i, -9999);
    assert_int_equal(json_type(json_get(root, "rate")), JSON_DOUBLE);
    assert_true(json_double(json_get(root, "rate"), &d));
    assert_true(d == 0.08);
    assert_false(json_int(json_get(root, "rate"), &i));
    assert_int_equal(json_type(json_get(root, "big")), JSON_UINT);
    assert_false(json_int(json_get(root, "big"), &i));
    assert_true(json_double(json_get(root, "big"), &d));
    assert_true(json_true(json_get(root, "ok")));
    assert_false(json_true(json_get(root, "no")));
    assert_int_equal(json_type(json_get(root, "no")), JSON_BOOL);
    assert_true(json_is_null(json_get(root, "nil")));
    assert_true(json_exists(json_get(root, "nil")));
    assert_true(json_is_null(json_get(root, "absent")));
    assert_false(json_exists(json_get(root, "absent")));
    assert_false(json_exists(json_get(root, "ordernumber"))); // names are case-sensitive
    CHECK_STR(json_str(json_get(root, "empty")), "");
    CHECK_STR(json_str(json_get(root, "nil")), NULL);
    CHECK_STR(json_str(json_get(root, "ok")), NULL);
}

static void missing_values_are_harmless(void **state)
{
    struct json nothing = {0}, v;
    int64_t i;
    double d;
    assert_int_equal(json_type(nothing), JSON_MISSING);
    assert_false(json_exists(json_get(json_get(nothing, "a"), "b")));
    assert_false(json_int(nothing, &i));
    assert_false(json_double(nothing, &d));
    assert_false(json_true(nothing));
    assert_int_equal(json_count(nothing), 0);
    struct json_iter iter = json_iterate(nothing);
    assert_false(json_next(&iter, &v));
}

static void walks_containers(void **state)
{
    AUTO_ARENA arena = arena_new(LIMIT);
    struct json root = parse(arena, STR(SAMPLE)), v;
    struct json packages = json_get(root, "PackageModelList");
    assert_int_equal(json_count(packages), 2);
    int count = 0;
    for (struct json_iter i = json_iterate(packages); json_next(&i, &v); count++)
        assert_true(json_exists(json_get(v, "SenderModel")));
    assert_int_equal(count, 2);
    struct json_iter i = json_iterate(packages);
    json_next(&i, &v);
    CHECK_STR(json_str(json_get(json_get(v, "SenderModel"), "memo")), "a\n\"b\" 山𠮷");
    CHECK_STR(json_path(arena, json_get(json_get(v, "SenderModel"), "memo")),
              "PackageModelList[0].SenderModel.memo");
    struct json items = json_get(v, "items"), item;
    int types[4], n = 0;
    for (struct json_iter k = json_iterate(items); json_next(&k, &item);)
        types[n++] = (int)json_type(item);
    assert_int_equal(n, 4);
    assert_int_equal(types[1], JSON_INT);
    assert_int_equal(types[2], JSON_ARRAY);
    assert_int_equal(types[3], JSON_OBJECT);
    CHECK_STR(json_path(arena, root), "");
    AUTO_BUF names = buf_make(1000);
    for (struct json_iter k = json_iterate(root); json_next(&k, &v);) {
        buf_add(&names, k.key);
        buf_add_char(&names, ' ');
    }
    CHECK_STR(buf_str(&names), "orderNumber orderProgress requestPrice rate big ok no nil "
                               "PackageModelList empty ");
}

static void integers_and_doubles_stay_apart(void **state)
{
    AUTO_ARENA arena = arena_new(LIMIT);
    struct json root =
        parse(arena, STR("[9223372036854775807,-9223372036854775808,9223372036854775808,1980.00,"
                         "1e3,1e300,-0,0.5,-9.3e18]"));
    static const int types[] = {JSON_INT,    JSON_INT, JSON_UINT,   JSON_DOUBLE, JSON_DOUBLE,
                                JSON_DOUBLE, JSON_INT, JSON_DOUBLE, JSON_DOUBLE};
    static const int64_t values[] = {INT64_MAX, INT64_MIN, 0, 1980, 1000, 0, 0, 0, 0};
    static const bool good[] = {true, true, false, true, true, false, true, false, false};
    struct json v;
    int n = 0;
    for (struct json_iter i = json_iterate(root); json_next(&i, &v); n++) {
        int64_t value = 0;
        assert_int_equal(json_type(v), types[n]);
        assert_int_equal(json_int(v, &value), good[n]);
        assert_true(value == values[n]);
    }
    assert_int_equal(n, 9);
}

static void refuse(const char *text, const char *code)
{
    AUTO_ARENA arena = arena_new(LIMIT);
    struct json root;
    struct error e = {0};
    if (json_parse(arena, str_from(text), false, &root, &e)) {
        print_error("accepted: %s\n", text);
        fail();
    }
    assert_false(json_exists(root));
    CHECK_ERROR(&e, ERROR_MALFORMED, code);
}

static void refuses_what_is_not_json(void **state)
{
    static const char *const bad[] = {"",
                                      " ",
                                      "{",
                                      "}",
                                      "[1,]",
                                      "[1 2]",
                                      "{\"a\"}",
                                      "{\"a\":}",
                                      "{a:1}",
                                      "{'a':1}",
                                      "nul",
                                      "truee",
                                      "01",
                                      "1.",
                                      ".5",
                                      "+1",
                                      "-",
                                      "1e",
                                      "0x10",
                                      "NaN",
                                      "Infinity",
                                      "\"",
                                      "\"\\x\"",
                                      "\"\\u12\"",
                                      "\"a\nb\"",
                                      "[1]]",
                                      "1 2",
                                      "{\"a\":1,}",
                                      "[\"a\":1]",
                                      "/*c*/1",
                                      "\"\\ud800\"",
                                      "\"\\udc00\"",
                                      "\"\\ud800\\u0041\"",
                                      "99999999999999999999999",
                                      "1e999"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        refuse(bad[i], "json.malformed");
    refuse("[\"\xe3\x81\"]", "json.not_utf8");
    refuse("[\"\xff\"]", "json.not_utf8");
    refuse("[\"\xed\xa0\x80\"]", "json.not_utf8");
}

static void refuses_a_name_twice(void **state)
{
    refuse("{\"a\":1,\"a\":2}", "json.duplicate_key");
    refuse("{\"a\":1,\"\\u0061\":2}", "json.duplicate_key");
    refuse("[{\"x\":{\"orderNumberLong\":1,\"b\":2,\"orderNumberLong\":3}}]", "json.duplicate_key");
    AUTO_ARENA arena = arena_new(LIMIT);
    parse(arena, STR("{\"a\":{\"a\":[{\"a\":1},{\"a\":2}]},\"b\":{\"a\":1}}"));
    for (int count = 2; count < 300; count += 37) {
        AUTO_BUF text = buf_make(100000);
        buf_add_char(&text, '{');
        for (int i = 0; i < count; i++)
            buf_addf(&text, "\"sameHead%08dsameTail\":%d,", i, i);
        size_t before = text.n;
        buf_add(&text, STR("\"z\":0}"));
        assert_int_equal(json_count(parse(arena, buf_str(&text))), count + 1);
        text.n = before;
        buf_addf(&text, "\"sameHead%08dsameTail\":0}%c", count / 2, '\0');
        refuse(text.p, "json.duplicate_key");
    }
}

static void limits_depth(void **state)
{
    AUTO_ARENA arena = arena_new(LIMIT);
    for (int depth = 1; depth <= 70; depth++) {
        AUTO_BUF text = buf_make(1000);
        for (int i = 0; i < depth; i++)
            buf_add(&text, i % 2 ? STR("{\"a\":") : STR("["));
        buf_add_char(&text, '1');
        for (int i = depth - 1; i >= 0; i--)
            buf_add_char(&text, i % 2 ? '}' : ']');
        struct json root;
        struct error e = {0};
        bool done = json_parse(arena, buf_str(&text), false, &root, &e);
        assert_int_equal(done, depth <= 64);
        if (!done)
            CHECK_ERROR(&e, ERROR_MALFORMED, "json.too_deep");
    }
}

static void says_where(void **state)
{
    AUTO_ARENA arena = arena_new(LIMIT);
    struct json root;
    struct error e = {0};
    assert_false(json_parse(arena, STR("{\"orders\":[{\"a\":1},{\"buyer\":{\"name\":truth}}]}"),
                            false, &root, &e));
    assert_non_null(strstr(e.what_en, "byte 36"));
    assert_non_null(strstr(e.what_en, "orders[1].buyer.name"));
    assert_non_null(strstr(e.what_ja, "36バイト目"));
    struct json_fault fault;
    assert_false(json_locate(STR(SAMPLE), &fault));
    assert_true(json_locate(STR("[1,2"), &fault));
    assert_int_equal(fault.offset, 4);
}

// A bigger number than 64 bits is well-formed, so the second reader finds nothing: still an error.
static void accepts_or_explains_every_truncation(void **state)
{
    AUTO_ARENA arena = arena_new(LIMIT);
    size_t n = sizeof sample - 1;
    for (size_t cut = 0; cut <= n; cut++) {
        // Exactly as long as it is, so that a sanitizer sees any read behind it.
        AUTO_FREE char *copy = memory_alloc(cut);
        memcpy(copy, sample, cut);
        struct json root;
        struct error e = {0};
        struct json_fault fault;
        bool done = json_parse(arena, str_make(copy, cut), false, &root, &e);
        assert_int_equal(done, cut == n);
        assert_int_equal(json_locate(str_make(copy, cut), &fault), !done);
        if (!done)
            assert_int_equal(e.class, ERROR_MALFORMED);
        arena_reset(arena);
    }
}

static void repairs_cut_characters(void **state)
{
    AUTO_ARENA arena = arena_new(LIMIT);
    struct json root;
    struct error e = {0};
    struct str text = STR("{\"a\":\"山\xe7\x94\",\"b\":1}");
    assert_false(json_parse(arena, text, false, &root, &e));
    CHECK_ERROR(&e, ERROR_MALFORMED, "json.not_utf8");
    assert_true(json_parse(arena, text, true, &root, &e));
    CHECK_STR(json_str(json_get(root, "a")), "山\xef\xbf\xbd\xef\xbf\xbd");
    assert_true(json_parse(arena, STR("[\"ok\"]"), true, &root, &e));
    assert_true(json_parse(arena, STR("\"\\\\ud800 \\ud83d \\uDC00\\ud842\\udfb7\\ud842\""), true,
                           &root, &e));
    CHECK_STR(json_str(root), "\\ud800 \xef\xbf\xbd \xef\xbf\xbd𠮷\xef\xbf\xbd");
    assert_false(json_parse(arena, STR("[\"\xff]"), true, &root, &e));
}

static void skips_a_byte_order_mark(void **state)
{
    AUTO_ARENA arena = arena_new(LIMIT);
    assert_int_equal(json_count(parse(arena, STR("\xef\xbb\xbf[1]"))), 1);
    assert_int_equal(json_type(parse(arena, STR(" null "))), JSON_NULL);
    assert_int_equal(json_str(parse(arena, STR("\"a\\u0000b\""))).n, 3);
}

static bool parse_with_error(struct str text, struct error *e)
{
    AUTO_ARENA arena = arena_new(LIMIT);
    struct json root;
    return arena ? json_parse(arena, text, true, &root, e) : error_no_memory(e);
}

static void survives_lack_of_memory(void **state)
{
    struct error e = {0};
    EACH_ALLOCATION_FAILS(parse_with_error(STR(SAMPLE), &e), &e);
    EACH_ALLOCATION_FAILS(parse_with_error(STR("[\"\xff\"]"), &e), &e);
    AUTO_BUF many = buf_make(100000);
    buf_add_char(&many, '{');
    for (int i = 0; i < 200; i++)
        buf_addf(&many, "\"%d\":0,", i);
    buf_add(&many, STR("\"x\":0}"));
    EACH_ALLOCATION_FAILS(parse_with_error(buf_str(&many), &e), &e);
    AUTO_ARENA tiny = arena_new(100);
    struct json root;
    assert_false(json_parse(tiny, STR(SAMPLE), false, &root, &e));
    CHECK_ERROR(&e, ERROR_NO_MEMORY, "memory.exhausted");
}

static void large_texts_work_and_are_let_go(void **state)
{
    AUTO_ARENA arena = arena_new(1u << 30);
    AUTO_BUF text = buf_make(64 << 20);
    buf_add_char(&text, '[');
    for (int i = 0; i < 40000; i++) {
        buf_add(&text, i ? STR(",") : STR(""));
        buf_add(&text, STR(SAMPLE));
    }
    buf_add_char(&text, ']');
    assert_int_equal(json_count(parse(arena, buf_str(&text))), 40000);
    assert_int_equal(json_count(parse(arena, STR("[1]"))), 1);
}

static void *parse_often(void *context)
{
    bool *good = context;
    *good = true;
    for (int i = 0; i < 200; i++) {
        struct error e = {0};
        *good = *good && parse_with_error(STR(SAMPLE), &e);
    }
    return NULL;
}

static void threads_parse_at_once(void **state)
{
    pthread_t threads[4];
    bool good[4];
    for (int i = 0; i < 4; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, parse_often, &good[i]), 0);
    for (int i = 0; i < 4; i++) {
        pthread_join(threads[i], NULL);
        assert_true(good[i]);
    }
}

static void writes(void **state)
{
    AUTO_BUF out = buf_make(10000);
    struct json_writer w = json_writer_make(&out);
    json_begin_object(&w);
    json_put_str(&w, "名", STR("髙\"\\\n\t\x01/\x7f"));
    json_put_int(&w, "n", INT64_MIN);
    json_put_bool(&w, "b", false);
    json_put_str(&w, "absent", STR_ABSENT);
    json_put_id(&w, "id", INT64_MAX);
    json_put_id(&w, "none", 0);
    json_put_time(&w, "t", 1500);
    json_put_time(&w, "never", TIME_NONE);
    json_key(&w, "list");
    json_begin_array(&w);
    json_write_int(&w, 1);
    json_write_null(&w);
    json_begin_object(&w);
    json_end_object(&w);
    json_begin_array(&w);
    json_end_array(&w);
    json_write_raw(&w, STR("{\"raw\":1}"));
    json_write_bool(&w, true);
    json_end_array(&w);
    json_end_object(&w);
    assert_false(out.failed);
    CHECK_STR(buf_str(&out),
              "{\"名\":\"髙\\\"\\\\\\n\\t\\u0001/\x7f\",\"n\":-9223372036854775808,\"b\":false,"
              "\"absent\":null,\"id\":\"9223372036854775807\",\"none\":null,"
              "\"t\":\"1970-01-01T00:00:01.500Z\",\"never\":null,"
              "\"list\":[1,null,{},[],{\"raw\":1},true]}");
    AUTO_ARENA arena = arena_new(LIMIT);
    parse(arena, buf_str(&out));
}

static void writes_utf8_whatever_it_is_given(void **state)
{
    AUTO_BUF out = buf_make(1000);
    struct json_writer w = json_writer_make(&out);
    json_write_str(&w, STR("a\xff\xe3\x81\"\n"));
    CHECK_STR(buf_str(&out), "\"a\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\\\"\\n\"");
}

static void every_string_comes_back(void **state)
{
    AUTO_ARENA arena = arena_new(LIMIT);
    for (uint32_t c = 0; c < 0x3000; c++) {
        char bytes[4];
        AUTO_BUF out = buf_make(1000);
        struct json_writer w = json_writer_make(&out);
        struct str text = str_make(bytes, str_utf8_encode(c, bytes));
        json_write_str(&w, text);
        assert_true(str_eq(json_str(parse(arena, buf_str(&out))), text));
        arena_reset(arena);
    }
}

static void misuse_marks_the_buffer_failed(void **state)
{
    AUTO_BUF out = buf_make(10000);
    struct json_writer w = json_writer_make(&out);
    for (int i = 0; i < 64; i++)
        json_begin_array(&w);
    assert_false(out.failed);
    json_begin_array(&w);
    assert_true(out.failed);
    buf_reset(&out);
    w = json_writer_make(&out);
    json_end_object(&w);
    assert_true(out.failed);
    buf_reset(&out);
    w = json_writer_make(&out);
    json_key(&w, "a");
    assert_true(out.failed);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_values),
        cmocka_unit_test(missing_values_are_harmless),
        cmocka_unit_test(walks_containers),
        cmocka_unit_test(integers_and_doubles_stay_apart),
        cmocka_unit_test(refuses_what_is_not_json),
        cmocka_unit_test(refuses_a_name_twice),
        cmocka_unit_test(limits_depth),
        cmocka_unit_test(says_where),
        cmocka_unit_test(accepts_or_explains_every_truncation),
        cmocka_unit_test(repairs_cut_characters),
        cmocka_unit_test(skips_a_byte_order_mark),
        cmocka_unit_test(survives_lack_of_memory),
        cmocka_unit_test(large_texts_work_and_are_let_go),
        cmocka_unit_test(threads_parse_at_once),
        cmocka_unit_test(writes),
        cmocka_unit_test(writes_utf8_whatever_it_is_given),
        cmocka_unit_test(every_string_comes_back),
        cmocka_unit_test(misuse_marks_the_buffer_failed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
