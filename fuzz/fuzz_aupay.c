// SPDX-License-Identifier: Apache-2.0
//
// au PAY マーケット's answers and its order file. The first byte picks what reads the rest. Beyond
// memory faults: an operation ends, a failure says why in both languages, what it hands on is sound
// text, and nothing is written unless the order was read before.
#include "fuzz.h"

#include "mall/aupay/aupay.h"
#include "mall/file/order_file.h"
#include "mall/op.h"

#define STEPS_MAX 64
#define NOW 1795392000000

static bool take_batch(void *context, struct mall_batch *batch, struct error *error)
{
    struct error unsound;
    for (size_t i = 0; i < batch->listing_count; i++)
        require(batch->listings[i].order_no.n > 0 && str_is_utf8(batch->listings[i].order_no));
    for (size_t i = 0; i < batch->order_count && !context; i++)
        require(order_validate(&batch->orders[i].order, &unsound));
    for (size_t i = 0; i < batch->bad_order_count; i++)
        require(batch->bad_orders[i].error.what_ja[0] && batch->bad_orders[i].error.what_en[0]);
    mall_batch_free(batch);
    (void)error;
    return true;
}

static void take_refusal(void *context, const struct order_file_refusal *refusal)
{
    require(refusal->error.code[0] && refusal->error.what_ja[0] && refusal->error.what_en[0]);
    (void)context;
}

static struct mall_op *start(unsigned kind, const struct mall_account *account,
                             const struct mall_sink *sink, struct error *error)
{
    static const struct str no = {"900000001", 9};
    static struct order order;
    static struct shipment parcel = {
        .carrier = {"yamato", 6}, .tracking_number = {"123456789012", 12}, .ship_date = 20261123};
    static struct order_package package = {.number = 1, .shipments = &parcel, .shipment_count = 1};
    struct mall_list_request list = {DATE_ORDERED, NOW - 1000, NOW, {"", 0}};
    struct mall_read_request read = {&no, 1};
    order_init(&order);
    order.order_no = no;
    static struct mall_ship_request ship = {
        .order = &order, .packages = &package, .package_count = 1, .target_status = {"", 0}};
    struct mall_cancel_request cancel = {&order, {"", 0}, {"", 0}};
    switch (kind) {
    case 0:
        return aupay_mall.list(account, &list, sink, error);
    case 1:
        return aupay_mall.read(account, &read, sink, error);
    case 2:
        return aupay_mall.ship(account, &ship, sink, error);
    case 3:
        return aupay_mall.check(account, sink, error);
    case 4:
        return aupay_mall.accept(account, &read, sink, error);
    default:
        return aupay_mall.cancel(account, &cancel, sink, error);
    }
}

static void drive(struct mall_op *op, struct http_response *response)
{
    time_ms now = NOW;
    size_t reads = 0, writes = 0;
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
        writes += action.writes;
        reads += !action.writes;
        require(writes == 0 || reads > 0);
        now += 1100;
        mall_op_feed(op, now, response);
    }
}

static void read_file(const struct mall_account *account, struct str text)
{
    size_t count;
    int marker = 0; // rows that are refused later, by the import, are no fault here
    struct order_file_sink sink = {
        .context = &marker, .batch = take_batch, .refused = take_refusal};
    const struct order_file_format *const *formats = order_file_formats(&count);
    for (size_t i = 0; i < count; i++) {
        struct error error = {0};
        if (strcmp(formats[i]->mall, "aupay") == 0 &&
            !formats[i]->read(account, text, STR_ABSENT, &sink, &error))
            require(error.code[0] && error.what_ja[0]);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const int statuses[] = {200, 200, 401, 403, 404, 429, 500, 503};
    struct setting_value values[] = {{STR("shop_id"), STR("12345678")}, {STR("api_key"), STR("k")}};
    struct mall_account account = {.shop_id = 1, .values = values, .value_count = 2};
    struct mall_sink sink = {.batch = take_batch};
    struct error error = {0};
    if (size == 0)
        return 0;
    struct http_response response = {.status = statuses[(data[0] >> 3) % 8]};
    response.body = fuzz_text(data + 1, size - 1);
    unsigned kind = data[0] & 7;
    if (kind == 6) {
        if (str_is_utf8(response.body))
            read_file(&account, response.body);
        return 0;
    }
    struct mall_op *op = start(kind, &account, &sink, &error);
    require(op != NULL);
    drive(op, &response);
    mall_op_free(op);
    return 0;
}
