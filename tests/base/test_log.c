// SPDX-License-Identifier: Apache-2.0
// Log lines.
#include "base/log.h"
#include "base/json.h"
#include "check.h"
#include <pthread.h>
#include <stdlib.h>

struct bench {
    char *text;
    size_t n;
    FILE *stream;
    struct clock_manual clock;
    struct log *log;
};

static void open_log(struct bench *b, enum log_format format, enum log_level least)
{
    static const unsigned char key[32] = {1, 2, 3};
    *b = (struct bench){.clock = {.now = INT64_C(1795000000000)}};
    b->stream = open_memstream(&b->text, &b->n);
    b->log = log_new(b->stream, format, least, clock_from_manual(&b->clock), key);
    assert_non_null(b->log);
}

static void close_log(struct bench *b)
{
    b->log = log_free(b->log);
    fclose(b->stream);
    free(b->text);
}

static struct json line_of(struct arena *arena, const struct bench *b)
{
    struct json root;
    struct error e;
    assert_int_equal(b->text[b->n - 1], '\n');
    assert_null(memchr(b->text, '\n', b->n - 1));
    assert_true(json_parse(arena, str_make(b->text, b->n), false, &root, &e));
    return root;
}

static void console_lines_are_readable(void **state)
{
    struct bench b;
    open_log(&b, LOG_FORMAT_CONSOLE, LOG_INFO);
    LOG(b.log, LOG_INFO, "fetch_done", log_str("shop", STR("楽天1号店")), log_int("orders", 12),
        log_str("note", STR("two words")), log_str("empty", STR("")),
        log_str("absent", STR_ABSENT));
    LOG(b.log, LOG_DEBUG, "not_written");
    CHECK_STR(str_make(b.text, b.n),
              "2026-11-18T11:06:40Z info    fetch_done shop=楽天1号店 orders=12 "
              "note=\"two words\" empty=\"\" absent=\"\"\n");
    close_log(&b);
}

static void json_lines_are_json(void **state)
{
    AUTO_ARENA arena = arena_new(1 << 20);
    struct bench b;
    open_log(&b, LOG_FORMAT_JSON, LOG_DEBUG);
    LOG(b.log, LOG_WARNING, "a\"b", log_str("x", STR("q\"\\\n\r\t\x1b[31m\x7f")), log_int("n", -5),
        log_str("absent", STR_ABSENT));
    struct json root = line_of(arena, &b);
    CHECK_STR(json_str(json_get(root, "time")), "2026-11-18T11:06:40Z");
    CHECK_STR(json_str(json_get(root, "level")), "warning");
    CHECK_STR(json_str(json_get(root, "event")), "a\"b");
    CHECK_STR(json_str(json_get(root, "x")), "q\"\\\n\r\t\x1b[31m\x7f");
    assert_true(json_is_null(json_get(root, "absent")));
    close_log(&b);
}

// Whatever a buyer types, one event stays one line of printable characters.
static void hostile_values_stay_values(void **state)
{
    static const enum log_format formats[] = {LOG_FORMAT_CONSOLE, LOG_FORMAT_JSON};
    for (int f = 0; f < 2; f++) {
        struct bench b;
        open_log(&b, formats[f], LOG_DEBUG);
        struct str evil =
            STR("x\n2026 error fake \x1b[2J\x07\xc2\x9b\xe2\x80\xae\xe2\x80\xa8\xff\0y");
        LOG(b.log, LOG_INFO, "e\nvil", log_str("v", evil));
        assert_int_equal(b.text[b.n - 1], '\n');
        for (size_t i = 0; i + 1 < b.n; i++)
            assert_true((unsigned char)b.text[i] >= 0x20 && b.text[i] != 0x7f);
        struct str line = str_make(b.text, b.n);
        assert_true(str_is_utf8(line));
        assert_int_equal(str_find(line, STR("\xe2\x80\xae")), -1);
        assert_int_equal(str_find(line, STR("\xc2\x9b")), -1);
        close_log(&b);
    }
}

static void personal_values_are_hashed(void **state)
{
    AUTO_ARENA arena = arena_new(1 << 20);
    struct bench b;
    open_log(&b, LOG_FORMAT_JSON, LOG_DEBUG);
    LOG(b.log, LOG_INFO, "e", log_pii("buyer", STR("山田太郎")), log_pii("same", STR("山田太郎")),
        log_pii("other", STR("山田花子")));
    assert_int_equal(str_find(str_make(b.text, b.n), STR("山田")), -1);
    struct json root = line_of(arena, &b);
    struct str first = json_str(json_get(root, "buyer"));
    assert_int_equal(first.n, 17);
    assert_true(str_eq(first, json_str(json_get(root, "same"))));
    assert_false(str_eq(first, json_str(json_get(root, "other"))));
    close_log(&b);
}

static void long_lines_are_cut_not_broken(void **state)
{
    AUTO_ARENA arena = arena_new(1 << 20);
    char text[20000];
    for (size_t i = 0; i + 3 <= sizeof text; i += 3)
        memcpy(text + i, "受", 3);
    struct str large = str_make(text, 19998);
    struct bench b;
    open_log(&b, LOG_FORMAT_JSON, LOG_DEBUG);
    LOG(b.log, LOG_INFO, "one", log_str("v", large));
    assert_int_equal(json_str(json_get(line_of(arena, &b), "v")).n, 2046);
    close_log(&b);
    open_log(&b, LOG_FORMAT_JSON, LOG_DEBUG);
    LOG(b.log, LOG_INFO, "many", log_str("a", large), log_str("b", large), log_str("c", large),
        log_str("d", large), log_str("e", large), log_str("f", large), log_str("g", large),
        log_str("h", large), log_str("i", large));
    struct json root = line_of(arena, &b);
    CHECK_STR(json_str(json_get(root, "event")), "many");
    CHECK_STR(json_str(json_get(root, "log_line")), "too long");
    close_log(&b);
}

static void errors_are_written_whole(void **state)
{
    AUTO_ARENA arena = arena_new(1 << 20);
    struct bench b;
    struct error e;
    open_log(&b, LOG_FORMAT_JSON, LOG_DEBUG);
    error_set(&e, ERROR_REJECTED, "rakuten.rejected", "拒否", "refused");
    error_subject(&e, "order %s", "A-1");
    error_peer(&e, 400, STR("ORDER_EXT_API_X"), STR("detail with a person's name"));
    log_error(b.log, "push_failed", &e, (const struct log_field[]){log_int("shop", 7), {0}});
    struct json root = line_of(arena, &b);
    int64_t number;
    CHECK_STR(json_str(json_get(root, "level")), "error");
    CHECK_STR(json_str(json_get(root, "class")), "rejected");
    CHECK_STR(json_str(json_get(root, "code")), "rakuten.rejected");
    CHECK_STR(json_str(json_get(root, "subject")), "order A-1");
    CHECK_STR(json_str(json_get(root, "what")), "refused");
    CHECK_STR(json_str(json_get(root, "peer_code")), "ORDER_EXT_API_X");
    assert_true(json_int(json_get(root, "http_status"), &number) && number == 400);
    assert_true(json_int(json_get(root, "shop"), &number) && number == 7);
    // The other side's words may hold personal data and aren't logged.
    assert_int_equal(str_find(str_make(b.text, b.n), STR("person")), -1);
    log_error(NULL, "silent", &e, NULL);
    close_log(&b);
}

static void lack_of_memory_can_be_logged(void **state)
{
    struct bench b;
    struct error e;
    memory_fail_at(1, 0);
    assert_null(log_new(stderr, LOG_FORMAT_JSON, LOG_INFO, clock_system(), NULL));
    memory_fail_at(0, 0);
    open_log(&b, LOG_FORMAT_JSON, LOG_DEBUG);
    memory_fail_at(1, 1);
    error_no_memory(&e);
    log_error(b.log, "job_failed", &e, NULL);
    memory_fail_at(0, 0);
    assert_true(str_find(str_make(b.text, b.n), STR("memory.exhausted")) > 0);
    close_log(&b);
    assert_null(log_free(NULL));
}

static void *write_lines(void *context)
{
    for (int i = 0; i < 500; i++)
        LOG(context, LOG_INFO, "tick", log_int("i", i));
    return NULL;
}

static void threads_do_not_mix_lines(void **state)
{
    AUTO_ARENA arena = arena_new(16 << 20);
    struct bench b;
    open_log(&b, LOG_FORMAT_JSON, LOG_DEBUG);
    pthread_t threads[4];
    for (int i = 0; i < 4; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, write_lines, b.log), 0);
    for (int i = 0; i < 4; i++)
        pthread_join(threads[i], NULL);
    struct str rest = str_make(b.text, b.n), line;
    int lines = 0;
    for (; str_split(&rest, '\n', &line); lines++) {
        struct json root;
        struct error e;
        assert_true(json_parse(arena, line, false, &root, &e));
    }
    assert_int_equal(lines, 2000);
    close_log(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(console_lines_are_readable),
        cmocka_unit_test(json_lines_are_json),
        cmocka_unit_test(hostile_values_stay_values),
        cmocka_unit_test(personal_values_are_hashed),
        cmocka_unit_test(long_lines_are_cut_not_broken),
        cmocka_unit_test(errors_are_written_whole),
        cmocka_unit_test(lack_of_memory_can_be_logged),
        cmocka_unit_test(threads_do_not_mix_lines),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
