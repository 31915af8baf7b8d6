// SPDX-License-Identifier: Apache-2.0
//
// Qoo10's answers as the connector's operations read them, and QSM's download. First byte: which
// operation ('l'ist, 'r'ead, read without 't'ime, 'a'ccept, 's'hip, 'c'ancel, 'p'robe, 'e'xpiry,
// 'f'ile); second: the HTTP status of the answers; then the answers, parted by 0x1E, the last one
// given again and again. Beyond memory faults: an operation ends, nothing is written before
// something was read, no line is told twice, and what is handed on is sound.
#include "fuzz.h"

#include "mall/file/order_file.h"
#include "mall/op.h"
#include "mall/qoo10/qoo10.h"

#define NOW 1788825600000LL
#define ORDERED 1788436065000LL
#define STEPS_MAX 3000

static bool take_batch(void *context, struct mall_batch *batch, struct error *error)
{
    struct error why = {0};
    (void)context;
    (void)error;
    for (size_t i = 0; i < batch->order_count; i++) {
        require(batch->orders[i].order.order_no.n > 0 && batch->orders[i].raw.p);
        require(order_validate(&batch->orders[i].order, &why));
    }
    for (size_t i = 0; i < batch->bad_order_count; i++)
        require(batch->bad_orders[i].error.what_ja[0] && batch->bad_orders[i].error.what_en[0]);
    for (size_t i = 0; i < batch->listing_count; i++)
        require(batch->listings[i].order_no.n > 0 && batch->listings[i].mall_status.n > 0 &&
                batch->listings[i].status_choice.p);
    mall_batch_free(batch);
    return true;
}

// Orders of a file are validated by whoever stores them.
static bool take_file_batch(void *context, struct mall_batch *batch, struct error *error)
{
    struct error why = {0};
    (void)context;
    (void)error;
    for (size_t i = 0; i < batch->order_count; i++)
        if (!order_validate(&batch->orders[i].order, &why))
            require(why.what_ja[0] && why.what_en[0]);
    mall_batch_free(batch);
    return true;
}

static bool take_progress(void *context, struct str state, struct error *error)
{
    (void)context;
    (void)error;
    require(state.n > 0 && str_is_utf8(state));
    return true;
}

static void take_warning(void *context, struct str order_no, const struct error *warning)
{
    (void)context;
    (void)order_no;
    require(error_is_set(warning) && warning->what_ja[0]);
}

static void take_refusal(void *context, const struct order_file_refusal *refusal)
{
    (void)context;
    require(error_is_set(&refusal->error));
}

static const struct mall_sink sink = {
    .batch = take_batch, .progress = take_progress, .warning = take_warning};
static const struct setting_value keys[] = {
    {{"certification_key", 17}, {"S5dummy_g_1_key_x", 17}},
    {{"qapi_key", 8}, {"api-key", 7}},
    {{"qsm_user_id", 11}, {"id", 2}},
    {{"qsm_password", 12}, {"pw", 2}},
    {{"certification_key_issued_on", 27}, {"2025-09-20", 10}},
};
static const struct mall_account account = {.shop_id = 1, .values = keys, .value_count = 5};

static struct mall_op *start(char kind, struct error *error)
{
    static const struct str no = {"300000001", 9};
    static const time_ms at = ORDERED;
    static struct order order;
    static struct order_line line = {
        .number = 1, .mall_line_id = {"1000000011", 10}, .quantity = 1};
    static struct order_package known = {
        .number = 1, .mall_ref = {"1000000011", 10}, .lines = &line, .line_count = 1};
    static struct shipment parcel = {
        .carrier = {"yamato", 6}, .tracking_number = {"400000000001", 12}, .ship_date = 20260908};
    static struct order_package wanted = {.number = 1, .shipments = &parcel, .shipment_count = 1};
    struct mall_list_request list = {DATE_ORDERED, NOW - 86400000, NOW, {"", 0}};
    struct mall_read_request read = {&no, 1, kind == 't' ? NULL : &at};
    static struct mall_ship_request ship = {
        .order = &order, .packages = &wanted, .package_count = 1};
    struct mall_cancel_request cancel = {&order, {"stock", 5}, {"", 0}};
    order_init(&order);
    order.order_no = no;
    order.packages = &known;
    order.package_count = 1;
    switch (kind) {
    case 'l':
        return qoo10_mall.list(&account, &list, &sink, error);
    case 'a':
        return qoo10_mall.accept(&account, &read, &sink, error);
    case 's':
        return qoo10_mall.ship(&account, &ship, &sink, error);
    case 'c':
        return qoo10_mall.cancel(&account, &cancel, &sink, error);
    case 'p':
        return qoo10_mall.check(&account, &sink, error);
    case 'e':
        return qoo10_mall.refresh(&account, &sink, error);
    default:
        return qoo10_mall.read(&account, &read, &sink, error);
    }
}

static void drive(struct mall_op *op, char kind, int status, struct str answers)
{
    time_ms now = NOW;
    size_t reads = 0, told = 0, steps = 0;
    struct str answer = STR("");
    for (;; steps++) {
        struct mall_action action;
        mall_op_next(op, now, &action);
        if (action.kind == MALL_DONE)
            break;
        if (action.kind == MALL_FAILED) {
            require(action.error.code[0] && action.error.what_ja[0] && action.error.what_en[0]);
            break;
        }
        require(steps < STEPS_MAX && action.kind == MALL_SEND && action.request.url.n > 0);
        require(!action.writes || reads > 0);
        reads += !action.writes;
        told += strcmp(action.operation, "SetSendingInfo") == 0;
        require(told <= 1 && (!action.writes || kind == 'a' || kind == 's' || kind == 'c'));
        if (answers.n > 0)
            str_split(&answers, 0x1E, &answer);
        struct http_response response = {.status = status, .body = answer, .received_at = now};
        now += 300;
        mall_op_feed(op, now, &response);
    }
    mall_op_free(op);
}

static void read_file(struct str bytes)
{
    struct order_file_sink file_sink = {NULL, take_file_batch, take_refusal, NULL};
    enum text_encoding encoding;
    struct error error = {0};
    struct str utf8;
    AUTO_ARENA arena = arena_new((size_t)64 << 20);
    const struct order_file_format *format =
        order_file_recognise(STR("qoo10"), bytes, &encoding, &error);
    if (!arena || !format || !text_to_utf8(arena, bytes, &utf8, &encoding, &error))
        return;
    if (!format->read(&account, utf8, STR_ABSENT, &file_sink, &error))
        require(error.what_ja[0]);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const int statuses[] = {200, 200, 200, 200, 400, 401, 403, 404, 429, 500, 503, 0};
    struct error error = {0};
    if (size < 2)
        return 0;
    struct str rest = fuzz_text(data + 2, size - 2);
    if (data[0] == 'f') {
        read_file(rest);
        return 0;
    }
    struct mall_op *op = start((char)data[0], &error);
    require(op != NULL);
    drive(op, (char)data[0], statuses[data[1] % 12], rest);
    return 0;
}
