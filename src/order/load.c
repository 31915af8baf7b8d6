// SPDX-License-Identifier: Apache-2.0
//
// Reads whole orders. On SQLite each order's rows are read one table after the other; on PostgreSQL
// one statement per table reads those of all orders asked for. Rows are gathered first and then put
// into arrays of the right size, because their number isn't known before.
#include "order/rows.h"

#include "base/memory.h"
#include "order/detail.h"

#define DETAIL_BYTES_MAX (64u << 20)

struct loader {
    struct db_conn *conn;
    row_id org_id;
    const row_id *ids;
    size_t count;
    struct arena *arena;
    struct stored_order *out;
    size_t *by_id; // indexes of ids, rising
    struct str array;
    struct unpacker unpacker;
    struct buf plain; // of the detail being read
};

// Rows of one table with the index of the order that each belongs to.
struct gather {
    size_t size, count, capacity;
    char *items;
    size_t *owners;
};

static void *gather_next(struct gather *g, size_t owner)
{
    if (g->count == g->capacity) {
        size_t capacity = g->capacity ? 2 * g->capacity : 32;
        char *items = memory_resize(g->items, capacity * g->size);
        if (!items)
            return NULL;
        g->items = items;
        size_t *owners = memory_resize(g->owners, capacity * sizeof *owners);
        if (!owners)
            return NULL;
        g->owners = owners;
        g->capacity = capacity;
    }
    g->owners[g->count] = owner;
    void *item = g->items + g->count++ * g->size;
    memset(item, 0, g->size);
    return item;
}

static void gather_free(struct gather *g)
{
    memory_free(g->items);
    memory_free(g->owners);
}

static ptrdiff_t find(const struct loader *l, row_id id)
{
    size_t from = 0, to = l->count;
    while (from < to) {
        size_t middle = (from + to) / 2;
        row_id at = l->ids[l->by_id[middle]];
        if (at == id)
            return (ptrdiff_t)l->by_id[middle];
        if (at < id)
            from = middle + 1;
        else
            to = middle;
    }
    return -1;
}

static struct str text(struct loader *l, struct db_stmt *s, int column)
{
    return str_dup(l->arena, db_text(s, column));
}

#define ORDER_COLUMNS                                                                             \
    "SELECT id, shop_id, order_no, content_hash, version, work_status_id, open, state, "          \
    "payment_state, shipment_state, marks, ordered_at, changed_at, fetched_at, mall_updated_at, " \
    "written_at, mall, channel, mall_status, mall_status_label, mall_sub_status, "                \
    "mall_update_mark, payment_method, payment_class, billed, memo, detail, writeback_state "     \
    "FROM \"order\" "

static bool take_order(struct loader *l, struct db_stmt *s, size_t i, struct error *error)
{
    struct stored_order *stored = &l->out[i];
    struct order *o = &stored->order;
    order_init(o);
    stored->found = true;
    o->org_id = l->org_id;
    o->id = db_int(s, 0);
    o->shop_id = db_int(s, 1);
    o->order_no = text(l, s, 2);
    struct str hash = db_blob(s, 3);
    if (hash.n == sizeof stored->hash)
        memcpy(stored->hash, hash.p, sizeof stored->hash);
    o->version = db_int(s, 4);
    o->work_status = db_int(s, 5);
    stored->open = db_int(s, 6);
    o->state = (enum order_state)db_int(s, 7);
    o->payment_state = (enum payment_state)db_int(s, 8);
    o->shipment_state = (enum shipment_state)db_int(s, 9);
    o->marks = db_int(s, 10);
    o->ordered_at = db_time(s, 11);
    o->changed_at = db_time(s, 12);
    o->fetched_at = db_time(s, 13);
    o->mall_updated_at = db_time(s, 14);
    o->written_at = db_time(s, 15);
    o->mall = text(l, s, 16);
    o->channel = text(l, s, 17);
    o->mall_status = text(l, s, 18);
    o->mall_status_label = text(l, s, 19);
    o->mall_sub_status = text(l, s, 20);
    o->mall_update_mark = text(l, s, 21);
    o->payment_method = text(l, s, 22);
    o->payment_class = (enum payment_class)db_int(s, 23);
    o->billed = db_time(s, 24);
    o->memo = text(l, s, 25);
    stored->writeback_state = db_is_null(s, 27) ? -1 : (int)db_int(s, 27);
    struct str json;
    return unpack_detail(&l->unpacker, db_blob(s, 26), &l->plain, &json, error) &&
           detail_read(l->arena, json, &order_record, o, error);
}

typedef bool (*take_fn)(struct loader *l, struct db_stmt *s, size_t i, void *context,
                        struct error *error);

static bool take_rows(struct loader *l, struct db_stmt *s, take_fn take, void *context,
                      struct error *error)
{
    enum db_step step;
    while ((step = db_step(s, error)) == DB_STEP_ROW) {
        ptrdiff_t i = find(l, db_int(s, 0));
        if (i >= 0 && !take(l, s, (size_t)i, context, error)) {
            db_reset(s);
            return false;
        }
    }
    return step == DB_STEP_DONE;
}

// Runs `one` for each order (SQLite) or `all` once with the array of ids (PostgreSQL). Column 0 of
// the rows is the order's id.
static bool each_row(struct loader *l, const char *one, const char *all, take_fn take,
                     void *context, struct error *error)
{
    bool array = db_conn_engine(l->conn) == DB_POSTGRES;
    struct db_stmt *s = db_prepare(l->conn, array ? all : one, error);
    if (!s)
        return false;
    for (size_t i = 0; i < (array ? 1 : l->count); i++) {
        db_bind_int(s, 1, l->org_id);
        if (array)
            db_bind_text(s, 2, l->array);
        else
            db_bind_int(s, 2, l->ids[i]);
        if (!take_rows(l, s, take, context, error))
            return false;
    }
    return true;
}

static bool order_row(struct loader *l, struct db_stmt *s, size_t i, void *context,
                      struct error *error)
{
    return take_order(l, s, i, error);
}

static bool package_row(struct loader *l, struct db_stmt *s, size_t i, void *context,
                        struct error *error)
{
    struct order_package *p = gather_next(context, i);
    if (!p)
        return error_no_memory(error);
    p->number = (int)db_int(s, 1);
    p->id = db_int(s, 2);
    p->mall_ref = text(l, s, 3);
    p->state = (enum shipment_state)db_int(s, 4);
    if (!detail_read(l->arena, db_text(s, 5), &package_record, p, error))
        return false;
    if (db_int(s, 6)) {
        p->recipient = l->out[i].order.orderer;
        p->recipient.email = STR("");
    }
    return true;
}

struct line_row {
    int package;
    struct order_line line;
};

static bool line_row(struct loader *l, struct db_stmt *s, size_t i, void *context,
                     struct error *error)
{
    struct line_row *row = gather_next(context, i);
    if (!row)
        return error_no_memory(error);
    struct order_line *line = &row->line;
    line->number = (int)db_int(s, 1);
    row->package = (int)db_int(s, 2);
    line->item_code = text(l, s, 3);
    line->sku = text(l, s, 4);
    line->title = text(l, s, 5);
    line->quantity = db_int(s, 6);
    line->unit_price = db_time(s, 7);
    line->subtotal = db_time(s, 8);
    line->tax_rate_basis_points = (int)db_int(s, 9);
    return detail_read(l->arena, db_text(s, 10), &line_record, line, error);
}

struct shipment_row {
    int package;
    struct shipment shipment;
};

static bool shipment_row(struct loader *l, struct db_stmt *s, size_t i, void *context,
                         struct error *error)
{
    struct shipment_row *row = gather_next(context, i);
    if (!row)
        return error_no_memory(error);
    struct shipment *shipment = &row->shipment;
    shipment->id = db_int(s, 1);
    row->package = (int)db_int(s, 2);
    shipment->carrier = text(l, s, 3);
    shipment->carrier_mall_code = text(l, s, 4);
    shipment->tracking_number = text(l, s, 5);
    shipment->ship_date = (day)db_int(s, 6);
    shipment->mall_ref = text(l, s, 7);
    shipment->source = (enum shipment_source)db_int(s, 8);
    return true;
}

static bool payment_row(struct loader *l, struct db_stmt *s, size_t i, void *context,
                        struct error *error)
{
    struct payment_event *e = gather_next(context, i);
    if (!e)
        return error_no_memory(error);
    e->at = db_time(s, 1);
    e->kind = text(l, s, 2);
    e->amount = db_time(s, 3);
    e->text = text(l, s, 4);
    return true;
}

static bool link_row(struct loader *l, struct db_stmt *s, size_t i, void *context,
                     struct error *error)
{
    struct order_link *link = gather_next(context, i);
    if (!link)
        return error_no_memory(error);
    link->kind = text(l, s, 1);
    link->order_no = text(l, s, 2);
    return true;
}

static size_t *counter_of(void *parent, size_t counter)
{
    return (size_t *)(void *)((char *)parent + counter);
}

static bool make_array(struct arena *arena, void *parent, size_t pointer, size_t counter,
                       size_t size)
{
    void *array = arena_array(arena, *counter_of(parent, counter), size);
    if (!array)
        return false;
    memcpy((char *)parent + pointer, &array, sizeof array);
    *counter_of(parent, counter) = 0;
    return true;
}

static void append(void *parent, size_t pointer, size_t counter, const void *item, size_t size)
{
    char *array;
    memcpy(&array, (char *)parent + pointer, sizeof array);
    memcpy(array + (*counter_of(parent, counter))++ * size, item, size);
}

// Moves gathered rows into an array of each order: `pointer` and `counter` are offsets in struct
// order.
static bool give_to_orders(struct loader *l, struct gather *g, size_t pointer, size_t counter)
{
    for (size_t k = 0; k < g->count; k++)
        ++*counter_of(&l->out[g->owners[k]].order, counter);
    for (size_t i = 0; i < l->count; i++)
        if (!make_array(l->arena, &l->out[i].order, pointer, counter, g->size))
            return false;
    for (size_t k = 0; k < g->count; k++)
        append(&l->out[g->owners[k]].order, pointer, counter, g->items + k * g->size, g->size);
    return true;
}

static struct order_package *package_of(struct loader *l, size_t owner, const void *row)
{
    struct order *o = &l->out[owner].order;
    int number = *(const int *)row;
    for (size_t i = 0; i < o->package_count; i++)
        if (o->packages[i].number == number)
            return &o->packages[i];
    return o->package_count ? &o->packages[0] : NULL;
}

// The same for rows {int package; item} and arrays of struct order_package.
static bool give_to_packages(struct loader *l, struct gather *g, size_t item, size_t size,
                             size_t pointer, size_t counter)
{
    struct order_package *p;
    for (size_t k = 0; k < g->count; k++)
        if ((p = package_of(l, g->owners[k], g->items + k * g->size)))
            ++*counter_of(p, counter);
    for (size_t i = 0; i < l->count; i++)
        for (size_t k = 0; k < l->out[i].order.package_count; k++)
            if (!make_array(l->arena, &l->out[i].order.packages[k], pointer, counter, size))
                return false;
    for (size_t k = 0; k < g->count; k++)
        if ((p = package_of(l, g->owners[k], g->items + k * g->size)))
            append(p, pointer, counter, g->items + k * g->size + item, size);
    return true;
}

#define ONE(columns, table, order)             \
    "SELECT order_id, " columns " FROM " table \
    " WHERE org_id = $1 AND order_id = $2 ORDER BY " order
#define ALL(columns, table, order)             \
    "SELECT order_id, " columns " FROM " table \
    " WHERE org_id = $1 AND order_id = ANY($2::bigint[]) ORDER BY order_id, " order

static bool load_packages(struct loader *l, struct error *error)
{
#define PACKAGE_COLUMNS "number, id, mall_ref, state, detail, to_orderer"
    struct gather g = {.size = sizeof(struct order_package)};
    bool done = each_row(l, ONE(PACKAGE_COLUMNS, "order_package", "number"),
                         ALL(PACKAGE_COLUMNS, "order_package", "number"), package_row, &g, error) &&
                (give_to_orders(l, &g, offsetof(struct order, packages),
                                offsetof(struct order, package_count)) ||
                 error_no_memory(error));
    gather_free(&g);
    return done;
}

static bool load_lines(struct loader *l, struct error *error)
{
#define LINE_COLUMNS                                                                  \
    "number, package_number, item_code, sku, title, quantity, unit_price, subtotal, " \
    "tax_rate_basis_points, detail"
    struct gather g = {.size = sizeof(struct line_row)};
    bool done = each_row(l, ONE(LINE_COLUMNS, "order_line", "number"),
                         ALL(LINE_COLUMNS, "order_line", "number"), line_row, &g, error) &&
                (give_to_packages(l, &g, offsetof(struct line_row, line), sizeof(struct order_line),
                                  offsetof(struct order_package, lines),
                                  offsetof(struct order_package, line_count)) ||
                 error_no_memory(error));
    gather_free(&g);
    return done;
}

static bool load_shipments(struct loader *l, struct error *error)
{
#define SHIPMENT_COLUMNS \
    "id, package_number, carrier, carrier_mall_code, tracking_number, ship_date, mall_ref, source"
    struct gather g = {.size = sizeof(struct shipment_row)};
    bool done =
        each_row(l, ONE(SHIPMENT_COLUMNS, "shipment", "id"),
                 ALL(SHIPMENT_COLUMNS, "shipment", "id"), shipment_row, &g, error) &&
        (give_to_packages(l, &g, offsetof(struct shipment_row, shipment), sizeof(struct shipment),
                          offsetof(struct order_package, shipments),
                          offsetof(struct order_package, shipment_count)) ||
         error_no_memory(error));
    gather_free(&g);
    return done;
}

static bool load_payments(struct loader *l, struct error *error)
{
#define PAYMENT_COLUMNS "at, kind, amount, note"
    struct gather g = {.size = sizeof(struct payment_event)};
    bool done = each_row(l, ONE(PAYMENT_COLUMNS, "payment_event", "number"),
                         ALL(PAYMENT_COLUMNS, "payment_event", "number"), payment_row, &g, error) &&
                (give_to_orders(l, &g, offsetof(struct order, payment_events),
                                offsetof(struct order, payment_event_count)) ||
                 error_no_memory(error));
    gather_free(&g);
    return done;
}

static bool load_links(struct loader *l, struct error *error)
{
    struct gather g = {.size = sizeof(struct order_link)};
    bool done =
        each_row(l, ONE("kind, order_no", "order_link", "kind, order_no"),
                 ALL("kind, order_no", "order_link", "kind, order_no"), link_row, &g, error) &&
        (give_to_orders(l, &g, offsetof(struct order, links), offsetof(struct order, link_count)) ||
         error_no_memory(error));
    gather_free(&g);
    return done;
}

static bool load_orders(struct loader *l, bool lock, struct error *error)
{
    // In one order, so that two transactions can't wait for each other.
    const char *all = lock ? ORDER_COLUMNS
                          "WHERE org_id = $1 AND id = ANY($2::bigint[]) ORDER BY id FOR UPDATE"
                           : ORDER_COLUMNS "WHERE org_id = $1 AND id = ANY($2::bigint[])";
    return each_row(l, ORDER_COLUMNS "WHERE org_id = $1 AND id = $2", all, order_row, NULL, error);
}

static void sort_indexes(struct loader *l)
{
    // Callers mostly give rising ids, so insertion is nearly free.
    for (size_t i = 0; i < l->count; i++) {
        size_t at = i;
        for (; at > 0 && l->ids[l->by_id[at - 1]] > l->ids[i]; at--)
            l->by_id[at] = l->by_id[at - 1];
        l->by_id[at] = i;
    }
}

bool orders_load(struct db_conn *conn, row_id org_id, const row_id *ids, size_t count, bool lock,
                 struct arena *arena, struct stored_order *out, struct error *error)
{
    struct loader l = {
        .conn = conn, .org_id = org_id, .ids = ids, .count = count, .arena = arena, .out = out};
    AUTO_BUF array = buf_make(32 * (count + 1));
    l.by_id = ARENA_ARRAY(arena, size_t, count);
    if (!l.by_id)
        return error_no_memory(error);
    memset(out, 0, count * sizeof *out);
    sort_indexes(&l);
    array_begin(&array);
    for (size_t i = 0; i < count; i++)
        array_int(&array, ids[i]);
    array_end(&array);
    if (array.failed)
        return error_no_memory(error);
    l.array = buf_str(&array);
    l.plain = buf_make(DETAIL_BYTES_MAX);
    unpacker_init(&l.unpacker, conn, org_id);
    bool done = load_orders(&l, lock, error) && load_packages(&l, error) && load_lines(&l, error) &&
                load_shipments(&l, error) && load_payments(&l, error) && load_links(&l, error) &&
                (!arena_failed(arena) || error_no_memory(error));
    unpacker_free(&l.unpacker);
    buf_free(&l.plain);
    return done;
}
