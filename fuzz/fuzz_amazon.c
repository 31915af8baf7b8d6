// SPDX-License-Identifier: Apache-2.0
//
// Amazon's answers. The first byte picks the operation, the rest is the answer to every request.
// Beyond memory faults: an operation ends, a failure says why in both languages, what it hands on
// is sound text, and nothing is written unless the order was read before.
#include "fuzz.h"

#include "mall/op.h"
#include "mall/amazon/amazon.h"

#define STEPS_MAX 64
#define NOW 1795392000000

struct seen {
    size_t reads, writes;
};

static bool take_batch(void *context, struct mall_batch *batch, struct error *error)
{
    struct error unsound;
    for (size_t i = 0; i < batch->listing_count; i++)
        require(batch->listings[i].order_no.n > 0 && str_is_utf8(batch->listings[i].order_no));
    for (size_t i = 0; i < batch->order_count; i++)
        require(order_validate(&batch->orders[i].order, &unsound));
    for (size_t i = 0; i < batch->bad_order_count; i++)
        require(batch->bad_orders[i].error.what_ja[0] && batch->bad_orders[i].error.what_en[0]);
    mall_batch_free(batch);
    (void)context;
    (void)error;
    return true;
}

static struct mall_op *start(unsigned kind, const struct mall_account *account,
                             const struct mall_sink *sink, struct error *error)
{
    static const struct str no = {"250-0000001-0000001", 19};
    static struct order order;
    static struct shipment parcel = {
        .carrier = {"yamato", 6}, .tracking_number = {"123456789012", 12}, .ship_date = 20261123};
    static struct order_package package = {.number = 1, .shipments = &parcel, .shipment_count = 1};
    struct mall_list_request list = {DATE_UPDATED, NOW - 1000000, NOW, {"", 0}};
    struct mall_read_request read = {&no, 1};
    order_init(&order);
    order.order_no = no;
    static struct mall_ship_request ship = {
        .order = &order, .packages = &package, .package_count = 1};
    ship.progress = kind == 6 ? STR("feed 12 1795392000000") : STR("");
    parcel.tracking_number = kind == 7 ? STR("") : STR("123456789012");
    switch (kind) {
    case 0:
    case 5:
        return amazon_mall.list(account, &list, sink, error);
    case 1:
        return amazon_mall.read(account, &read, sink, error);
    case 3:
        return amazon_mall.check(account, sink, error);
    case 4:
        return amazon_mall.refresh(account, sink, error);
    default:
        return amazon_mall.ship(account, &ship, sink, error);
    }
}

static void drive(struct mall_op *op, struct http_response *response, bool reads_first)
{
    time_ms now = NOW;
    struct seen seen = {0};
    for (int step = 0; step < STEPS_MAX; step++) {
        struct mall_action action;
        mall_op_next(op, now, &action);
        if (action.kind == MALL_DONE || action.kind == MALL_ACCEPTED)
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
        seen.writes += action.writes;
        seen.reads += !action.writes;
        require(!reads_first || seen.writes == 0 || seen.reads > 0);
        now += 1100;
        mall_op_feed(op, now, response);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const int statuses[] = {200, 200, 400, 401, 403, 404, 500, 503};
    struct setting_value values[] = {
        {STR("client_id"), STR("c")},      {STR("client_secret"), STR("s")},
        {STR("refresh_token"), STR("r")},  {STR("access_token"), STR("a")},
        {STR("fetch_source"), STR("api")},
    };
    struct mall_account account = {.shop_id = 1, .values = values, .value_count = 5};
    struct mall_sink sink = {.batch = take_batch};
    struct error error = {0};
    if (size == 0)
        return 0;
    struct http_response response = {.status = statuses[(data[0] >> 3) % 8]};
    response.body = fuzz_text(data + 1, size - 1);
    unsigned kind = data[0] & 7;
    if (kind == 5)
        values[4].value = STR("report");
    struct mall_op *op = start(kind, &account, &sink, &error);
    require(op != NULL);
    drive(op, &response, kind == 2);
    mall_op_free(op);
    return 0;
}
