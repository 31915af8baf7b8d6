// SPDX-License-Identifier: Apache-2.0
//
// Answers of RMS as the connector's operations read them, and its order CSV. First byte: which
// operation ('l'ist, 'r'ead, 'a'ccept, 's'hip, 'c'ancel, 'p'robe, 'e'xpiry, 'f'ile); second: the
// HTTP status of the answers; then the answers, parted by 0x1E, the last one given again and again.
// Beyond memory faults: an operation writes at most once, and what it hands on can be stored.
#include "fuzz.h"

#include "mall/file/order_file.h"
#include "mall/op.h"
#include "mall/rakuten/rakuten.h"

#define NOW 1768489200000LL
#define REQUESTS_MAX 60

static bool take_batch(void *context, struct mall_batch *batch, struct error *error)
{
    struct error why = {0};
    (void)context;
    (void)error;
    for (size_t i = 0; i < batch->order_count; i++) {
        struct order *o = &batch->orders[i].order;
        o->shop_id = 1;
        require(o->order_no.n > 0 && o->ordered_at != TIME_NONE);
        require(batch->orders[i].raw.p != NULL);
        if (!order_validate(o, &why))
            require(why.what_ja[0] && why.what_en[0]);
    }
    for (size_t i = 0; i < batch->bad_order_count; i++)
        require(error_is_set(&batch->bad_orders[i].error));
    for (size_t i = 0; i < batch->listing_count; i++)
        require(batch->listings[i].order_no.n > 0);
    mall_batch_free(batch);
    return true;
}

static bool take_progress(void *context, struct str state, struct error *error)
{
    (void)context;
    (void)error;
    require(str_is_utf8(state));
    return true;
}

static void take_warning(void *context, struct str order_no, const struct error *warning)
{
    (void)context;
    (void)order_no;
    require(error_is_set(warning) && str_is_utf8(str_from(warning->peer_text)));
}

static void take_refusal(void *context, const struct order_file_refusal *refusal)
{
    (void)context;
    require(error_is_set(&refusal->error));
}

static const struct mall_sink sink = {
    .batch = take_batch, .progress = take_progress, .warning = take_warning};
static const struct setting_value keys[] = {
    {{"service_secret", 14}, {"SP1", 3}},
    {{"license_key", 11}, {"SL1", 3}},
    {{"shipping_async", 14}, {"true", 4}},
};

// The order that accept, ship and cancel are about.
struct wish {
    struct str numbers[3];
    struct order order;
    struct order_package known, wanted;
    struct shipment shipment;
    struct mall_ship_request ship;
};

static void fill_wish(struct wish *w)
{
    *w = (struct wish){.numbers = {STR("999001-20260113-0000000702"), STR("A"), STR("B")}};
    order_init(&w->order);
    w->order.order_no = w->numbers[0];
    w->order.mall_status = STR("300");
    w->known = (struct order_package){.number = 1, .mall_ref = STR("20000001")};
    w->wanted = w->known;
    w->shipment = (struct shipment){
        .carrier = STR("yamato"), .tracking_number = STR("1234"), .ship_date = 20260116};
    w->wanted.shipments = &w->shipment;
    w->wanted.shipment_count = 1;
    w->order.packages = &w->known;
    w->order.package_count = 1;
    w->ship =
        (struct mall_ship_request){.order = &w->order, .packages = &w->wanted, .package_count = 1};
}

static struct mall_op *make_op(char which, bool async, struct wish *w)
{
    struct error error;
    struct mall_account account = {.shop_id = 1, .values = keys, .value_count = async ? 3 : 2};
    struct mall_list_request list = {.from = NOW - 86400000, .to = NOW, .only_status = STR("")};
    struct mall_read_request read = {.order_nos = w->numbers, .count = 3};
    struct mall_read_request one = {.order_nos = w->numbers, .count = 1};
    struct mall_cancel_request cancel = {.order = &w->order, .reason = STR("8")};
    switch (which) {
    case 'l':
        return rakuten_mall.list(&account, &list, &sink, &error);
    case 'r':
        return rakuten_mall.read(&account, &read, &sink, &error);
    case 'a':
        return rakuten_mall.accept(&account, &one, &sink, &error);
    case 's':
        return rakuten_mall.ship(&account, &w->ship, &sink, &error);
    case 'c':
        return rakuten_mall.cancel(&account, &cancel, &sink, &error);
    case 'p':
        return rakuten_mall.check(&account, &sink, &error);
    case 'e':
        return rakuten_mall.refresh(&account, &sink, &error);
    default:
        return NULL;
    }
}

static void drive(struct mall_op *op, int status, struct str answers)
{
    int writes = 0;
    time_ms now = NOW;
    struct str answer = STR("");
    for (int i = 0; op && i < REQUESTS_MAX; i++) {
        struct mall_action action;
        mall_op_next(op, now, &action);
        if (action.kind == MALL_FAILED)
            require(action.error.class != ERROR_NONE && action.error.what_ja[0]);
        if (action.kind == MALL_DONE || action.kind == MALL_FAILED)
            break;
        if (action.kind == MALL_WAIT) {
            require(action.wait_until > now);
            now = action.wait_until;
            continue;
        }
        writes += action.writes;
        require(writes <= 1);
        struct str next;
        if (str_split(&answers, '\x1e', &next))
            answer = next;
        struct http_response response = {
            .status = status, .body = answer, .received_at = now, .sent = HTTP_SENT_MAYBE};
        mall_op_feed(op, now, &response);
    }
    mall_op_free(op);
}

static bool take_file_batch(void *context, struct mall_batch *batch, struct error *error)
{
    return take_batch(context, batch, error);
}

static void read_file(struct str text)
{
    struct error error = {0};
    struct order_file_sink file = {NULL, take_file_batch, take_refusal, NULL};
    enum text_encoding encoding;
    AUTO_ARENA arena = arena_new(64 << 20);
    struct str utf8;
    const struct order_file_format *format =
        order_file_recognise(STR("rakuten"), text, &encoding, &error);
    if (!format || !arena || !text_to_utf8(arena, text, &utf8, &encoding, &error))
        return;
    if (!format->read(NULL, utf8, STR_ABSENT, &file, &error))
        require(error_is_set(&error));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const int statuses[] = {200, 400, 401, 404, 415, 429, 500, 503, 0, 302};
    if (size < 2)
        return 0;
    struct str text = fuzz_text(data, size);
    struct str rest = size > 2 ? str_slice(text, 2, size) : STR("");
    struct wish wish;
    fill_wish(&wish);
    if (data[0] == 'f')
        read_file(rest);
    else
        drive(make_op((char)data[0], data[1] & 0x80, &wish),
              statuses[(data[1] & 0x7f) % (sizeof statuses / sizeof statuses[0])], rest);
    return 0;
}
