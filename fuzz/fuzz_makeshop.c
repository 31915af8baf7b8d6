// SPDX-License-Identifier: Apache-2.0
//
// MakeShop's answers, of both APIs, and its order CSV. The first byte picks the operation, the rest
// is the answer to every request, or the file. Beyond memory faults: an operation ends, a failure
// says why in both languages, what it hands on is sound, and nothing is written unread.
#include "fuzz.h"

#include "mall/file/formats.h"
#include "mall/makeshop/makeshop.h"
#include "mall/op.h"

#define STEPS_MAX 200
#define NOW 1740794400000

static bool take_batch(void *context, struct mall_batch *batch, struct error *error)
{
    struct error unsound;
    for (size_t i = 0; i < batch->listing_count; i++)
        require(batch->listings[i].order_no.n > 0 && str_is_utf8(batch->listings[i].order_no));
    for (size_t i = 0; i < batch->order_count; i++) {
        batch->orders[i].order.shop_id = 1; // a file leaves it open
        require(order_validate(&batch->orders[i].order, &unsound));
    }
    for (size_t i = 0; i < batch->bad_order_count; i++)
        require(batch->bad_orders[i].error.what_ja[0] && batch->bad_orders[i].error.what_en[0]);
    mall_batch_free(batch);
    (void)context;
    (void)error;
    return true;
}

static void take_refusal(void *context, const struct order_file_refusal *refusal)
{
    (void)context;
    require(refusal->error.what_ja[0] && refusal->error.what_en[0]);
}

static struct mall_op *start(unsigned kind, const struct mall_account *account,
                             const struct mall_sink *sink, struct error *error)
{
    static const struct str no = {"P100000000000000001", 19};
    static struct order order;
    static struct shipment parcel = {
        .carrier = {"yamato", 6}, .tracking_number = {"123456789012", 12}, .ship_date = 20250301};
    static struct order_package package = {
        .number = 1, .mall_ref = {"1", 1}, .shipments = &parcel, .shipment_count = 1};
    struct mall_list_request list = {DATE_ORDERED, NOW - 60000, NOW, {"", 0}};
    struct mall_read_request read = {.order_nos = &no, .count = 1};
    order_init(&order);
    order.order_no = no;
    order.state = ORDER_ACCEPTED;
    static struct mall_ship_request ship = {.order = &order,
                                            .packages = &package,
                                            .package_count = 1,
                                            .target_status = {"", 0},
                                            .progress = {"", 0}};
    switch (kind & 3) {
    case 0:
        return makeshop_mall.list(account, &list, sink, error);
    case 1:
        return makeshop_mall.read(account, &read, sink, error);
    case 2:
        return makeshop_mall.ship(account, &ship, sink, error);
    default:
        return makeshop_mall.check(account, sink, error);
    }
}

static void drive(struct mall_op *op, struct http_response *response)
{
    time_ms now = NOW;
    size_t reads = 0;
    for (int step = 0; step < STEPS_MAX; step++) {
        struct mall_action action;
        mall_op_next(op, now, &action);
        if (action.kind == MALL_DONE)
            break;
        if (action.kind == MALL_FAILED) {
            require(action.error.code[0] && action.error.what_ja[0] && action.error.what_en[0]);
            break;
        }
        if (action.kind == MALL_WAIT) {
            require(action.wait_until > now);
            now = action.wait_until;
            continue;
        }
        require(action.operation && action.request.url.n > 0);
        require(!action.writes || reads > 0);
        reads += !action.writes;
        now += 1100;
        mall_op_feed(op, now, response);
    }
}

static void read_file(const struct mall_account *account, struct str text)
{
    struct order_file_sink sink = {.batch = take_batch, .refused = take_refusal};
    struct error error = {0};
    if (str_is_utf8(text) && !makeshop_order_file.read(account, text, STR_ABSENT, &sink, &error))
        require(error.what_ja[0] && error.what_en[0]);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const int statuses[] = {200, 200, 401, 403, 413, 422, 500, 503};
    if (size == 0)
        return 0;
    bool legacy = data[0] & 4;
    struct setting_value values[] = {
        {STR("api"), legacy ? STR("legacy") : STR("graphql")},
        {STR("shop_id"), STR("s")},
        {STR("order_auth_code"), STR("c")},
        {STR("app_token"), STR("t")},
        {STR("app_api_key"), STR("k")},
    };
    struct mall_account account = {.shop_id = 1, .values = values, .value_count = 5};
    struct mall_sink sink = {.batch = take_batch};
    struct error error = {0};
    struct str text = fuzz_text(data + 1, size - 1);
    if (data[0] & 64) {
        read_file(&account, text);
        return 0;
    }
    struct http_response response = {.status = statuses[(data[0] >> 3) & 7], .body = text};
    struct mall_op *op = start(data[0], &account, &sink, &error);
    require(op != NULL);
    drive(op, &response);
    mall_op_free(op);
    return 0;
}
