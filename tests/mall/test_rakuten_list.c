// SPDX-License-Identifier: Apache-2.0
//
// searchOrder (rakuten.md §4): exact requests, cutting of spans, statuses, pages, sets that move.
#include "base/memory.h"
#include "mall/rakuten/rakuten.h"
#include "rakuten_support.h"

#define NOW rakuten_test_time("2026-01-16T00:00:00+0900")
#define DAY_MS (24 * 3600 * 1000LL)

#define NOTHING                                                                                    \
    "{\"orderNumberList\":[],\"MessageModelList\":[{\"messageType\":\"INFO\",\"messageCode\":"     \
    "\"ORDER_EXT_API_SEARCH_ORDER_INFO_102\",\"message\":\"0件\"}],\"PaginationResponseModel\":{" \
    "\"totalRecordsAmount\":null,\"totalPages\":null,\"requestPage\":null}}"
#define FOUND(numbers, total)                                                             \
    "{\"orderNumberList\":[" numbers "],\"MessageModelList\":[{\"messageType\":\"INFO\"," \
    "\"messageCode\":\"ORDER_EXT_API_SEARCH_ORDER_INFO_101\",\"message\":"                \
    "\"注文検索に成功しました。\"}],"                                         \
    "\"PaginationResponseModel\":{\"totalRecordsAmount\":" #total                         \
    ",\"totalPages\":1,\"requestPage\":1}}"

static struct mall_op *list_op(struct conversation *c, const char *from, const char *to,
                               const char *status)
{
    static struct error error;
    struct mall_account account = rakuten_test_account();
    struct mall_list_request request = {.basis = DATE_ORDERED,
                                        .from = rakuten_test_time(from),
                                        .to = rakuten_test_time(to),
                                        .only_status = str_from(status)};
    struct mall_op *op = rakuten_mall.list(&account, &request, &c->sink, &error);
    assert_non_null(op);
    return op;
}

// Runs a listing of one day by a script.
static bool run(struct conversation *c, const struct exchange *script, size_t count,
                struct error *error)
{
    conversation_init(c, script, count, NOW);
    return conversation_run(
        c, list_op(c, "2026-01-13T00:00:00+0900", "2026-01-14T00:00:00+0900", ""), error);
}
#define RUN(c, script, error) run(c, script, sizeof(script) / sizeof(script)[0], error)

static void status_is(const struct conversation *c, const char *order_no, const char *status)
{
    const struct mall_listing *l = conversation_listing(c, order_no);
    if (!l)
        fail_msg("%s is not listed", order_no);
    if (!str_eq(l->mall_status, str_from(status)) || !str_eq(l->status_choice, str_from(status)))
        fail_msg("%s is in %.*s, not %s", order_no, STR_ARG(l->mall_status), status);
}

static void nothing_takes_one_request(void **state)
{
    static const struct exchange script[] = {
        {.operation = "searchOrder",
         .url = "/es/2.0/order/searchOrder/",
         .body_is =
             "{\"dateType\":1,\"startDatetime\":\"2026-01-13T00:00:00+0900\",\"endDatetime\":"
             "\"2026-01-13T23:59:59+0900\",\"PaginationRequestModel\":{\"requestRecordsAmount\":"
             "1000,"
             "\"requestPage\":1,\"SortModelList\":[{\"sortColumn\":1,\"sortDirection\":1}]}}",
         .status = 200,
         .answer = NOTHING}};
    struct conversation c;
    struct error error;
    (void)state;
    assert_true(RUN(&c, script, &error));
    assert_int_equal(conversation_listings(&c), 0);
    assert_int_equal(conversation_windows(&c), 1);
    assert_int_equal(c.batches[0]->windows[0].from, rakuten_test_time("2026-01-13T00:00:00+0900"));
    assert_int_equal(c.batches[0]->windows[0].to, rakuten_test_time("2026-01-14T00:00:00+0900"));
    conversation_free(&c);
}

static void statuses_are_searched_until_all_are_known(void **state)
{
    static const struct exchange script[] = {
        {.body_lacks = {"orderProgressList"},
         .status = 200,
         .answer = FOUND("\"A\",\"B\",\"C\"", 3)},
        {.body_has = {"\"orderProgressList\":[100]"}, .status = 200, .answer = FOUND("\"A\"", 1)},
        {.body_has = {"\"orderProgressList\":[200]"}, .status = 200, .answer = NOTHING},
        {.body_has = {"\"orderProgressList\":[300]"},
         .status = 200,
         .answer = FOUND("\"B\",\"C\"", 2)},
    };
    struct conversation c;
    struct error error;
    (void)state;
    assert_true(RUN(&c, script, &error));
    assert_int_equal(conversation_listings(&c), 3);
    status_is(&c, "A", "100");
    status_is(&c, "B", "300");
    status_is(&c, "C", "300");
    assert_int_equal(conversation_windows(&c), 1);
    assert_int_equal(c.batches[0]->expected_total, 3);
    conversation_free(&c);
}

// A moves on from 100 to 200 between the two searches: the later one counts.
static void an_order_that_moves_on_is_found_in_its_new_status(void **state)
{
    static const struct exchange script[] = {
        {.status = 200, .answer = FOUND("\"A\",\"B\"", 2)},
        {.status = 200, .answer = FOUND("\"A\"", 1)},
        {.status = 200, .answer = FOUND("\"A\",\"B\"", 2)},
    };
    struct conversation c;
    struct error error;
    (void)state;
    assert_true(RUN(&c, script, &error));
    status_is(&c, "A", "200");
    status_is(&c, "B", "200");
    conversation_free(&c);
}

// One that moved backwards shows in no search: it is listed all the same.
static void an_order_that_slips_through_is_listed_without_status(void **state)
{
    struct exchange script[10] = {{.status = 200, .answer = FOUND("\"A\"", 1)}};
    struct conversation c;
    struct error error;
    (void)state;
    for (int i = 1; i < 10; i++)
        script[i] = (struct exchange){.status = 200, .answer = NOTHING};
    assert_true(RUN(&c, script, &error));
    assert_int_equal(conversation_listings(&c), 1);
    status_is(&c, "A", "");
    assert_int_equal(conversation_windows(&c), 1);
    conversation_free(&c);
}

static void an_order_that_arrives_meanwhile_is_not_lost(void **state)
{
    static const struct exchange script[] = {
        {.status = 200, .answer = FOUND("\"A\"", 1)},
        {.status = 200, .answer = FOUND("\"A\",\"NEW\"", 2)},
    };
    struct conversation c;
    struct error error;
    (void)state;
    assert_true(RUN(&c, script, &error));
    assert_int_equal(conversation_listings(&c), 2);
    status_is(&c, "NEW", "100");
    conversation_free(&c);
}

static void pages_that_disagree_with_the_total_are_asked_again(void **state)
{
    static const struct exchange script[] = {
        {.status = 200, .answer = FOUND("\"A\"", 2)},
        {.status = 200, .answer = FOUND("\"A\",\"B\"", 2)},
        {.status = 200, .answer = FOUND("\"A\",\"B\"", 2)},
    };
    struct conversation c;
    struct error error;
    (void)state;
    assert_true(RUN(&c, script, &error));
    assert_int_equal(conversation_listings(&c), 2);
    assert_int_equal(conversation_windows(&c), 1);
    conversation_free(&c);
}

static void pages_that_never_agree_are_listed_but_not_complete(void **state)
{
    static const struct exchange script[] = {{.status = 200, .answer = FOUND("\"A\"", 2)},
                                             {.status = 200, .answer = FOUND("\"A\"", 2)},
                                             {.status = 200, .answer = FOUND("\"A\"", 2)},
                                             {.status = 200, .answer = FOUND("\"A\"", 1)}};
    struct conversation c;
    struct error error;
    (void)state;
    assert_true(RUN(&c, script, &error));
    assert_int_equal(conversation_listings(&c), 1);
    assert_int_equal(conversation_windows(&c), 0);
    assert_int_equal(c.warning_count, 1);
    assert_string_equal(c.warnings[0].error.code, "rakuten.listing_unstable");
    conversation_free(&c);
}

// An answer of `count` numbers from `first`, with a total.
static struct str page(struct buf *out, int first, int count, int total)
{
    buf_reset(out);
    buf_add(out, STR("{\"orderNumberList\":["));
    for (int i = 0; i < count; i++)
        buf_addf(out, "%s\"999001-20260113-%010d\"", i ? "," : "", first + i);
    buf_addf(out,
             "],\"MessageModelList\":[],\"PaginationResponseModel\":{\"totalRecordsAmount\":%d,"
             "\"totalPages\":%d,\"requestPage\":1}}",
             total, (total + 999) / 1000);
    return buf_str(out);
}

static void all_pages_are_read(void **state)
{
    AUTO_BUF one = buf_make(1 << 20);
    AUTO_BUF two = buf_make(1 << 20);
    AUTO_BUF three = buf_make(1 << 20);
    struct exchange script[] = {
        {.body_has = {"\"requestPage\":1,"}, .status = 200},
        {.body_has = {"\"requestPage\":2,"}, .status = 200},
        {.body_has = {"\"requestPage\":3,"}, .status = 200},
        {.body_has = {"[100]", "\"requestPage\":1,"}, .status = 200},
        {.body_has = {"[100]", "\"requestPage\":2,"}, .status = 200},
        {.body_has = {"[100]", "\"requestPage\":3,"}, .status = 200},
    };
    struct conversation c;
    struct error error;
    (void)state;
    script[0].bytes = script[3].bytes = page(&one, 0, 1000, 2001);
    script[1].bytes = script[4].bytes = page(&two, 1000, 1000, 2001);
    script[2].bytes = script[5].bytes = page(&three, 2000, 1, 2001);
    assert_true(RUN(&c, script, &error));
    assert_int_equal(conversation_listings(&c), 2001);
    assert_int_equal(conversation_windows(&c), 1);
    conversation_free(&c);
}

// More than 15,000: no page reaches the rest, so the window is halved (at whole seconds).
static void a_window_beyond_15000_is_halved(void **state)
{
    AUTO_BUF many = buf_make(1 << 20);
    struct exchange script[] = {
        {.body_has = {"2026-01-13T00:00:00+0900", "2026-01-13T23:59:59+0900"}, .status = 200},
        {.body_has = {"2026-01-13T00:00:00+0900", "2026-01-13T11:59:59+0900"},
         .status = 200,
         .answer = NOTHING},
        {.body_has = {"2026-01-13T12:00:00+0900", "2026-01-13T23:59:59+0900"},
         .status = 200,
         .answer = NOTHING},
    };
    struct conversation c;
    struct error error;
    (void)state;
    script[0].bytes = page(&many, 0, 1000, 15001);
    assert_true(RUN(&c, script, &error));
    assert_int_equal(conversation_windows(&c), 2);
    conversation_free(&c);
}

static void long_spans_are_cut_at_63_days(void **state)
{
    static const struct exchange script[] = {
        {.body_has = {"2025-09-01T00:00:00+0900", "2025-11-02T23:59:59+0900"},
         .status = 200,
         .answer = NOTHING},
        {.body_has = {"2025-11-03T00:00:00+0900", "2026-01-04T23:59:59+0900"},
         .status = 200,
         .answer = NOTHING},
        {.body_has = {"2026-01-05T00:00:00+0900", "2026-01-09T23:59:59+0900"},
         .status = 200,
         .answer = NOTHING},
    };
    struct conversation c;
    struct error error;
    (void)state;
    CONVERSATION(&c, script, NOW);
    assert_true(conversation_run(
        &c, list_op(&c, "2025-09-01T00:00:00+0900", "2026-01-10T00:00:00+0900", ""), &error));
    assert_int_equal(conversation_windows(&c), 3);
    conversation_free(&c);
}

// What hasn't happened yet is not covered, not even the second that is running.
static void the_future_is_not_covered(void **state)
{
    static const struct exchange script[] = {
        {.body_has = {"2026-01-15T00:00:00+0900", "2026-01-15T23:59:59+0900"},
         .status = 200,
         .answer = NOTHING}};
    struct conversation c;
    struct error error;
    (void)state;
    CONVERSATION(&c, script, NOW + 700);
    assert_true(conversation_run(
        &c, list_op(&c, "2026-01-15T00:00:00+0900", "2026-02-01T00:00:00+0900", ""), &error));
    assert_int_equal(c.batches[0]->windows[0].to, NOW);
    conversation_free(&c);
    conversation_init(&c, NULL, 0, NOW);
    assert_true(conversation_run(
        &c, list_op(&c, "2026-01-17T00:00:00+0900", "2026-02-01T00:00:00+0900", ""), &error));
    assert_int_equal(c.batch_count, 0);
}

static void the_reach_of_730_days(void **state)
{
    static const struct exchange script[] = {
        {.body_has = {"2024-01-17T00:10:00+0900", "2024-01-17T23:59:59+0900"},
         .status = 200,
         .answer = NOTHING}};
    struct conversation c;
    struct error error;
    (void)state;
    CONVERSATION(&c, script, NOW);
    assert_true(conversation_run(
        &c, list_op(&c, "2023-06-01T00:00:00+0900", "2024-01-18T00:00:00+0900", ""), &error));
    assert_int_equal(c.warning_count, 1);
    assert_string_equal(c.warnings[0].error.code, "rakuten.beyond_reach");
    assert_int_equal(c.batches[0]->windows[0].from, rakuten_test_time("2024-01-17T00:10:00+0900"));
    conversation_free(&c);
    conversation_init(&c, NULL, 0, NOW);
    assert_false(conversation_run(
        &c, list_op(&c, "2023-06-01T00:00:00+0900", "2023-06-02T00:00:00+0900", ""), &error));
    assert_string_equal(error.code, "rakuten.beyond_reach");
}

static void by_status_only_that_status_is_searched_and_nothing_is_covered(void **state)
{
    static const struct exchange script[] = {
        {.body_has = {"\"orderProgressList\":[500]"}, .status = 200, .answer = FOUND("\"A\"", 1)}};
    struct conversation c;
    struct error error;
    (void)state;
    CONVERSATION(&c, script, NOW);
    assert_true(conversation_run(
        &c, list_op(&c, "2026-01-13T00:00:00+0900", "2026-01-14T00:00:00+0900", "500"), &error));
    status_is(&c, "A", "500");
    assert_int_equal(conversation_windows(&c), 0);
    conversation_free(&c);
}

static void bad_requests_are_refused_before_anything_is_sent(void **state)
{
    struct conversation c;
    struct error error = {0};
    struct mall_account account = rakuten_test_account(),
                        empty = rakuten_test_account_with(NULL, 0);
    struct mall_list_request request = {.basis = DATE_UPDATED, .from = 0, .to = 1};
    (void)state;
    conversation_init(&c, NULL, 0, NOW);
    assert_null(rakuten_mall.list(&account, &request, &c.sink, &error));
    assert_string_equal(error.code, "rakuten.date_basis");
    request = (struct mall_list_request){.basis = DATE_FIXED, .from = 5, .to = 1};
    assert_null(rakuten_mall.list(&account, &request, &c.sink, &error));
    assert_string_equal(error.code, "rakuten.date_range");
    request = (struct mall_list_request){
        .basis = DATE_FIXED, .from = 0, .to = 1, .only_status = STR("新規")};
    assert_null(rakuten_mall.list(&account, &request, &c.sink, &error));
    assert_string_equal(error.code, "rakuten.status_unknown");
    request.only_status = STR("");
    assert_null(rakuten_mall.list(&empty, &request, &c.sink, &error));
    assert_string_equal(error.code, "rakuten.keys_missing");
}

static void date_types(void **state)
{
    static const struct {
        enum date_basis basis;
        const char *field;
    } types[] = {{DATE_ORDERED, "\"dateType\":1,"},
                 {DATE_CONFIRMED, "\"dateType\":2,"},
                 {DATE_FIXED, "\"dateType\":3,"},
                 {DATE_SHIPPED, "\"dateType\":5,"}};
    (void)state;
    for (size_t i = 0; i < 4; i++) {
        struct exchange script[] = {{.status = 200, .answer = NOTHING}};
        struct conversation c;
        struct error error;
        struct mall_account account = rakuten_test_account();
        struct mall_list_request request = {
            .basis = types[i].basis, .from = NOW - DAY_MS, .to = NOW};
        script[0].body_has[0] = types[i].field;
        CONVERSATION(&c, script, NOW);
        assert_true(
            conversation_run(&c, rakuten_mall.list(&account, &request, &c.sink, &error), &error));
        assert_int_equal(c.batches[0]->windows[0].basis, types[i].basis);
        conversation_free(&c);
    }
}

static void unreadable_answers_fail_after_one_repetition(void **state)
{
    static const char *const answers[] = {
        "",
        "null",
        "[]",
        "{\"orderNumberList\":",
        "{\"orderNumberList\":{},\"x\":1}",
        "{\"orderNumberList\":[\"A\"],\"PaginationResponseModel\":null}",
        "{\"orderNumberList\":[1],\"PaginationResponseModel\":{\"totalRecordsAmount\":1}}",
        ("{\"orderNumberList\":[\"A\",\"B\"],"
         "\"PaginationResponseModel\":{\"totalRecordsAmount\":1}}"),
        "<html><body>captive portal</body></html>"};
    (void)state;
    for (size_t i = 0; i < sizeof answers / sizeof answers[0]; i++) {
        struct exchange script[] = {{.status = 200}, {.status = 200}};
        struct conversation c;
        struct error error = {0};
        script[0].answer = script[1].answer = answers[i];
        CONVERSATION(&c, script, NOW);
        bool done = conversation_run(
            &c, list_op(&c, "2026-01-13T00:00:00+0900", "2026-01-14T00:00:00+0900", ""), &error);
        if (done || error.class != ERROR_MALFORMED)
            fail_msg("%s was believed (%s)", answers[i], error.code);
        assert_int_equal(c.batch_count, 0);
        conversation_free(&c);
    }
}

static void lack_of_memory_is_a_clean_error(void **state)
{
    static const struct exchange script[] = {
        {.status = 200, .answer = FOUND("\"A\",\"B\"", 2)},
        {.status = 200, .answer = FOUND("\"A\",\"B\"", 2)},
    };
    (void)state;
    for (uint64_t n = 1;; n++) {
        struct conversation c;
        struct error error = {0};
        struct mall_account account = rakuten_test_account();
        struct mall_list_request request = {.basis = DATE_ORDERED, .from = NOW - DAY_MS, .to = NOW};
        CONVERSATION(&c, script, NOW);
        memory_fail_at(n, 0);
        struct mall_op *op = rakuten_mall.list(&account, &request, &c.sink, &error);
        bool done = op && conversation_run(&c, op, &error);
        uint64_t made = memory_fail_at(0, 0);
        assert_int_equal(conversation_listings(&c), done ? 2 : 0);
        if (!done)
            assert_int_equal(error.class, ERROR_NO_MEMORY);
        conversation_free(&c);
        if (done && made < n)
            break;
        assert_true(n < 1000);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_takes_one_request),
        cmocka_unit_test(statuses_are_searched_until_all_are_known),
        cmocka_unit_test(an_order_that_moves_on_is_found_in_its_new_status),
        cmocka_unit_test(an_order_that_slips_through_is_listed_without_status),
        cmocka_unit_test(an_order_that_arrives_meanwhile_is_not_lost),
        cmocka_unit_test(pages_that_disagree_with_the_total_are_asked_again),
        cmocka_unit_test(pages_that_never_agree_are_listed_but_not_complete),
        cmocka_unit_test(all_pages_are_read),
        cmocka_unit_test(a_window_beyond_15000_is_halved),
        cmocka_unit_test(long_spans_are_cut_at_63_days),
        cmocka_unit_test(the_future_is_not_covered),
        cmocka_unit_test(the_reach_of_730_days),
        cmocka_unit_test(by_status_only_that_status_is_searched_and_nothing_is_covered),
        cmocka_unit_test(bad_requests_are_refused_before_anything_is_sent),
        cmocka_unit_test(date_types),
        cmocka_unit_test(unreadable_answers_fail_after_one_repetition),
        cmocka_unit_test(lack_of_memory_is_a_clean_error),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
