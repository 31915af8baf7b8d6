// SPDX-License-Identifier: Apache-2.0
//
// Requests to the GraphQL API (makeshop.md §3.3, §3.4). Introspection is off there, and an unknown
// field makes the whole query fail; so a field that the mall says it doesn't have is left out from
// then on, and the filter by order number, whose name is a guess, is given up when it is refused.
// Invariant: fields that orders can't do without are never left out.
#include "mall/makeshop/internal.h"

#include <stdio.h>

enum owner { OF_ORDER, OF_DELIVERY, OF_BASKET };
struct field {
    const char *name;
    enum owner owner;
    bool listed;   // asked for in listings too
    bool required; // an order can't be made without it
};
// Bits of makeshop_op.left_out are indices of this table: append only.
static const struct field fields[] = {
    {"displayOrderNumber", OF_ORDER, true, true},
    {"orderDate", OF_ORDER, true, true},
    {"systemOrderNumber", OF_ORDER, false, false},
    {"memberId", OF_ORDER, false, false},
    {"senderName", OF_ORDER, false, false},
    {"senderPrefecture", OF_ORDER, false, false},
    {"payMethod", OF_ORDER, false, false},
    {"paymentStatusCode", OF_ORDER, true, false},
    {"paymentStatus", OF_ORDER, true, false},
    {"sumPrice", OF_ORDER, true, false},
    {"couponDiscount", OF_ORDER, false, false},
    {"message", OF_ORDER, false, false},
    {"deliveryId", OF_DELIVERY, true, true},
    {"deliveryStatus", OF_DELIVERY, true, true},
    {"wmsStatus", OF_DELIVERY, true, false},
    {"receiverName", OF_DELIVERY, false, false},
    {"receiverPost", OF_DELIVERY, false, false},
    {"receiverPrefecture", OF_DELIVERY, false, false},
    {"receiverAddress", OF_DELIVERY, false, false},
    {"receiverAddress2", OF_DELIVERY, false, false},
    {"receiverTel", OF_DELIVERY, false, false},
    {"desiredDeliveryDate", OF_DELIVERY, false, false},
    {"desiredDeliveryTimezone", OF_DELIVERY, false, false},
    {"estimatedShipmentDate", OF_DELIVERY, false, false},
    {"deliveryDate", OF_DELIVERY, false, false},
    {"slipNumber", OF_DELIVERY, true, true},
    {"shippingCharge", OF_DELIVERY, false, false},
    {"deliverySumPrice", OF_DELIVERY, false, false},
    {"deliveryMessage", OF_DELIVERY, false, false},
    {"productCode", OF_BASKET, false, false},
    {"productCustomCode", OF_BASKET, false, false},
    {"variationCustomCode", OF_BASKET, false, false},
    {"productName", OF_BASKET, false, false},
    {"variationName", OF_BASKET, false, false},
    {"janCode", OF_BASKET, false, false},
    {"amount", OF_BASKET, false, true},
    {"price", OF_BASKET, false, true},
};
#define FIELD_COUNT (sizeof fields / sizeof fields[0])

static void add_fields(const struct makeshop_op *op, struct buf *out, enum owner owner, bool whole)
{
    for (size_t i = 0; i < FIELD_COUNT; i++)
        if (fields[i].owner == owner && (whole || fields[i].listed) &&
            !(op->left_out & UINT64_C(1) << i))
            buf_addf(out, " %s", fields[i].name);
}

static struct str search_query(struct makeshop_op *op, bool whole)
{
    AUTO_BUF out = buf_make(MAKESHOP_REQUEST_BYTES_MAX);
    buf_add(&out, STR("query searchOrder($input: SearchOrderRequest!) { searchOrder(input: $input) "
                      "{ searchedCount page orders {"));
    add_fields(op, &out, OF_ORDER, whole);
    buf_add(&out, STR(" deliveryInfos {"));
    add_fields(op, &out, OF_DELIVERY, whole);
    if (whole) {
        buf_add(&out, STR(" basketInfos {"));
        add_fields(op, &out, OF_BASKET, true);
        buf_add(&out, STR(" }"));
    }
    buf_add(&out, STR(" } } } }"));
    return str_dup(op->scratch, buf_str(&out));
}

// Ends {"query":…,"variables":{"input":{…: closes it and makes it the call's body.
static bool finish(struct makeshop_op *op, struct buf *body, struct json_writer *w)
{
    json_end_object(w);
    json_end_object(w);
    json_key(w, "operationName");
    json_write_null(w);
    json_end_object(w);
    if (!body->failed)
        op->call.body = str_dup(op->scratch, buf_str(body));
    if (!body->failed && !arena_failed(op->scratch))
        return true;
    return makeshop_fail_no_memory(op);
}

static struct json_writer begin(struct buf *body, struct str query)
{
    struct json_writer w = json_writer_make(body);
    json_begin_object(&w);
    json_put_str(&w, "query", query);
    json_key(&w, "variables");
    json_begin_object(&w);
    json_key(&w, "input");
    json_begin_object(&w);
    return w;
}

static int64_t rows_per_page(const struct makeshop_op *op)
{
    return account_integer(&op->base.account, "page_rows", MAKESHOP_PAGE_ROWS);
}

static bool search(struct makeshop_op *op, const struct makeshop_period *period, bool whole)
{
    char from[16], to[16];
    AUTO_BUF body = buf_make(MAKESHOP_REQUEST_BYTES_MAX);
    // Seconds on the wire, both ends included: outward, never inward.
    time_ms last = (period->to + MAKESHOP_SECOND_MS - 1) / MAKESHOP_SECOND_MS * MAKESHOP_SECOND_MS;
    struct json_writer w = begin(&body, search_query(op, whole));
    json_put_str(&w, "startOrderDate", time_format_yahoo(period->from, from));
    json_put_str(&w, "endOrderDate", time_format_yahoo(last, to));
    if (period->cancelled_only)
        json_put_str(&w, "deliveryStatus", STR("C"));
    json_put_str(&w, "sortOrder", STR("ASC"));
    json_put_int(&w, "page", 1);
    json_put_int(&w, "limit", rows_per_page(op));
    op->call.operation = "searchOrder";
    return finish(op, &body, &w);
}

static bool find(struct makeshop_op *op, struct str order_no, bool cancelled_only)
{
    AUTO_BUF body = buf_make(MAKESHOP_REQUEST_BYTES_MAX);
    struct json_writer w = begin(&body, search_query(op, true));
    json_put_str(&w, "displayOrderNumber", order_no);
    if (cancelled_only)
        json_put_str(&w, "deliveryStatus", STR("C"));
    json_put_int(&w, "page", 1);
    json_put_int(&w, "limit", 10);
    op->call.operation = "searchOrder";
    op->call.order_no = order_no;
    return finish(op, &body, &w);
}

static void put_delivery_id(struct json_writer *w, struct str id)
{
    int64_t number;
    if (str_to_int64(id, &number) && number > 0)
        json_put_int(w, "deliveryId", number);
    else if (id.n > 0 && !str_eq(id, STR("0")))
        json_put_str(w, "deliveryId", id);
}

static bool parcels(struct makeshop_op *op, struct str order_no, const struct makeshop_parcel *list,
                    size_t count)
{
    AUTO_BUF body = buf_make(MAKESHOP_REQUEST_BYTES_MAX);
    struct json_writer w =
        begin(&body, STR("mutation updateOrderAttribute($input: UpdateOrderAttributeRequest!) { "
                         "updateOrderAttribute(input: $input) { updateOrderAttributeResults { "
                         "displayOrderNumber message } } }"));
    json_key(&w, "updateOrderAttributes");
    json_begin_array(&w);
    json_begin_object(&w);
    json_put_str(&w, "displayOrderNumber", order_no);
    json_key(&w, "deliveryRequestInfos");
    json_begin_array(&w);
    for (size_t i = 0; i < count; i++) {
        json_begin_object(&w);
        put_delivery_id(&w, list[i].delivery_id);
        json_put_str(&w, "slipNumber", list[i].number);
        json_put_str(&w, "deliveryCompanyCode", list[i].carrier);
        json_end_object(&w);
    }
    json_end_array(&w);
    json_end_object(&w);
    json_end_array(&w);
    op->call.operation = "updateOrderAttribute";
    op->call.writes = true;
    op->call.order_no = order_no;
    return finish(op, &body, &w);
}

static bool deliver(struct makeshop_op *op, struct str order_no, const struct makeshop_parcel *list,
                    size_t count)
{
    AUTO_BUF body = buf_make(MAKESHOP_REQUEST_BYTES_MAX);
    struct json_writer w = begin(
        &body, STR("mutation updateOrderDeliveryStatus($input: UpdateOrderDeliveryStatusRequest!) "
                   "{ updateOrderDeliveryStatus(input: $input) { updateOrderDeliveryStatusResults "
                   "{ displayOrderNumber deliveryId message } } }"));
    json_key(&w, "updateOrderDeliveryStatusRequests");
    json_begin_array(&w);
    for (size_t i = 0; i < count; i++) {
        json_begin_object(&w);
        json_put_str(&w, "displayOrderNumber", order_no);
        put_delivery_id(&w, list[i].delivery_id);
        json_put_str(&w, "deliveryStatus", STR("COMPLETED"));
        json_end_object(&w);
    }
    json_end_array(&w);
    op->call.operation = "updateOrderDeliveryStatus";
    op->call.writes = true;
    op->call.order_no = order_no;
    return finish(op, &body, &w);
}

// Each row carries its own result (§3.6): message null is success, a missing row says nothing.
static bool written(struct makeshop_op *op, const struct makeshop_answer *answer,
                    struct error *error)
{
    bool attribute = strcmp(op->call.operation, "updateOrderAttribute") == 0;
    struct json rows = json_get(answer->data, attribute ? "updateOrderAttributeResults"
                                                        : "updateOrderDeliveryStatusResults");
    struct json row;
    size_t ours = 0;
    for (struct json_iter i = json_iterate(rows); json_next(&i, &row);) {
        struct json message = json_get(row, "message");
        if (!str_eq(json_str(json_get(row, "displayOrderNumber")), op->call.order_no))
            continue;
        ours++;
        if (json_is_null(message) || str_is_empty(json_str(message)))
            continue;
        makeshop_refusal(error, 200, STR(""), json_str(message));
        return error_subject(error, "%.*s", STR_ARG(op->call.order_no));
    }
    if (ours > 0)
        return true;
    makeshop_unreadable(op, "results", error);
    return false;
}

static bool leave_out(struct makeshop_op *op, struct str words)
{
    uint64_t before = op->left_out;
    for (size_t i = 0; i < FIELD_COUNT; i++) {
        char quoted[48];
        int n = snprintf(quoted, sizeof quoted, "\"%s\"", fields[i].name);
        if (!fields[i].required && str_find(words, str_make(quoted, (size_t)n)) >= 0)
            op->left_out |= UINT64_C(1) << i;
    }
    return op->left_out != before;
}

bool makeshop_graphql_adapt(struct makeshop_op *op, const struct error *error)
{
    char text[24];
    if (op->door != &makeshop_graphql_door || strcmp(error->code, "makeshop.schema_changed") != 0 ||
        strcmp(op->call.operation, "searchOrder") != 0)
        return false;
    struct str words = str_from(error->peer_text);
    if (str_find(words, STR("displayOrderNumber")) >= 0 &&
        str_find(words, STR("unknown field")) >= 0 && !op->no_number_filter) {
        op->no_number_filter = true;
        return makeshop_learn(op, "number_filter", STR("no"));
    }
    if (!leave_out(op, words))
        return false;
    int n = snprintf(text, sizeof text, "%lld", (long long)op->left_out);
    return makeshop_learn(op, "fields_left_out", str_make(text, (size_t)n));
}

bool makeshop_graphql_probe(struct makeshop_op *op, const char *operation)
{
    AUTO_BUF body = buf_make(MAKESHOP_REQUEST_BYTES_MAX);
    bool attribute = strcmp(operation, "updateOrderAttribute") == 0;
    struct json_writer w =
        begin(&body, attribute ? STR("mutation updateOrderAttribute($input: "
                                     "UpdateOrderAttributeRequest!) { updateOrderAttribute(input: "
                                     "$input) { updateOrderAttributeResults { message } } }")
                               : STR("mutation updateOrderDeliveryStatus($input: "
                                     "UpdateOrderDeliveryStatusRequest!) { "
                                     "updateOrderDeliveryStatus(input: $input) { "
                                     "updateOrderDeliveryStatusResults { message } } }"));
    json_key(&w, attribute ? "updateOrderAttributes" : "updateOrderDeliveryStatusRequests");
    json_begin_array(&w);
    json_end_array(&w);
    op->call.operation = operation;
    return finish(op, &body, &w);
}

const struct makeshop_door makeshop_graphql_door = {
    .rate_family = "graphql",
    .cancelled_apart = true,
    .parcel_first = true,
    .search = search,
    .find = find,
    .rows = makeshop_graphql_rows,
    .parcels = parcels,
    .deliver = deliver,
    .deliver_max = 100,
    .written = written,
};
