// SPDX-License-Identifier: Apache-2.0
//
// Requests to the old order API (makeshop.md §2.2): everything in the query string, free text in
// EUC-JP. A period is always given: without one MakeShop answers what came since the last caller of
// the whole shop, and takes it away from the others (§2.2), so that mode is never used. Cancelled
// orders are always asked for.
#include "mall/makeshop/internal.h"
#include "text/eucjp.h"

static void put(struct buf *query, const char *key, struct str value)
{
    buf_addf(query, "%s%s=", query->n ? "&" : "", key);
    http_url_encode(query, value);
}

static bool finish(struct makeshop_op *op, struct buf *query, const char *operation)
{
    op->call.operation = operation;
    if (!query->failed)
        op->call.query = str_dup(op->scratch, buf_str(query));
    if (!query->failed && !arena_failed(op->scratch))
        return true;
    return makeshop_fail_no_memory(op);
}

static bool search(struct makeshop_op *op, const struct makeshop_period *period, bool whole)
{
    char from[16], to[16];
    AUTO_BUF query = buf_make(MAKESHOP_REQUEST_BYTES_MAX);
    (void)whole; // an answer always holds whole orders
    time_ms last = (period->to + MAKESHOP_SECOND_MS - 1) / MAKESHOP_SECOND_MS * MAKESHOP_SECOND_MS;
    put(&query, "cmd", STR("get"));
    put(&query, "start", time_format_yahoo(period->from, from));
    put(&query, "end", time_format_yahoo(last, to));
    put(&query, "canceled", STR("1"));
    return finish(op, &query, "get");
}

static bool find(struct makeshop_op *op, struct str order_no, bool cancelled_only)
{
    AUTO_BUF query = buf_make(MAKESHOP_REQUEST_BYTES_MAX);
    (void)cancelled_only;
    put(&query, "cmd", STR("get"));
    put(&query, "ordernum", order_no);
    put(&query, "canceled", STR("1"));
    op->call.order_no = order_no;
    return finish(op, &query, "get");
}

// One destination per call; carrier, number and state go together.
static bool deliver(struct makeshop_op *op, struct str order_no, const struct makeshop_parcel *list,
                    size_t count)
{
    AUTO_BUF query = buf_make(MAKESHOP_REQUEST_BYTES_MAX);
    (void)count;
    put(&query, "cmd", STR("deliver"));
    put(&query, "ordernum", order_no);
    put(&query, "deliveryid", list->delivery_id.n > 0 ? list->delivery_id : STR("0"));
    put(&query, "status", arena_printf(op->scratch, "%d", list->state));
    put(&query, "carrier", list->carrier);
    if (list->number.n > 0)
        put(&query, "deliverynum", list->number);
    put(&query, "send_mail", STR("1"));
    op->call.writes = true;
    op->call.order_no = order_no;
    return finish(op, &query, "deliver");
}

// judge_xml() lets an OK through and nothing else.
static bool written(struct makeshop_op *op, const struct makeshop_answer *answer,
                    struct error *error)
{
    struct str number = xml_child_text(answer->xml, "ordernum");
    if (!number.p || str_eq(number, op->call.order_no))
        return true;
    makeshop_unreadable(op, "ordernum", error);
    return false;
}

bool makeshop_legacy_cancel(struct makeshop_op *op, struct str order_no, struct str reason)
{
    AUTO_BUF query = buf_make(MAKESHOP_REQUEST_BYTES_MAX);
    struct str words;
    struct error error;
    put(&query, "cmd", STR("status"));
    put(&query, "ordernum", order_no);
    put(&query, "status", STR("0"));
    put(&query, "deliveryid", STR("0"));
    if (reason.n > 0) {
        if (!eucjp_from_utf8(op->scratch, reason, &words, &error))
            return makeshop_fail(op, &error);
        put(&query, "result", words);
    }
    op->call.writes = true;
    op->call.order_no = order_no;
    return finish(op, &query, "status");
}

// A number of no shop: whether changes are allowed shows before whether the order exists.
bool makeshop_legacy_probe(struct makeshop_op *op)
{
    static const struct makeshop_parcel nothing = {
        .delivery_id = {"0", 1}, .carrier = {"000", 3}, .state = MAKESHOP_INSTRUCTED};
    bool made = deliver(op, STR("P000000000000000000"), &nothing, 1);
    op->call.writes = false;
    return made;
}

const struct makeshop_door makeshop_legacy_door = {
    .rate_family = "shop",
    .search = search,
    .find = find,
    .rows = makeshop_legacy_rows,
    .deliver = deliver,
    .deliver_max = 1,
    .written = written,
};
