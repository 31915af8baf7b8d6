// SPDX-License-Identifier: Apache-2.0
//
// Writes orders and what hangs on them. On SQLite every row is written when it is given; on
// PostgreSQL rows gather in `struct bulk`s and order_rows_finish() sends everything in one
// pipeline. Tab counts are added up here and written once, at the end, in the same transaction. One
// thread, one transaction.
#include "order/rows.h"

#include "base/memory.h"
#include "order/detail.h"
#include "order/search.h"
#include "order/tables.h"

#include <stdlib.h>

#define DETAIL_BYTES_MAX (8u << 20)
#define RAW_BYTES_MAX (16u << 20)
#define LIST_NUMBERS_MAX 20

// Time of ordering (or now) and number. 2010-01-01Z is before any order that a mall still tells of;
// 41 bits last until 2079.
#define ORDER_ID_EPOCH 1262304000000LL
#define ORDER_ID_LOW_BITS 22

row_id order_id_for(time_ms ordered_at, row_id shop_id, struct str order_no, unsigned attempt)
{
    // An unknown time is the least of all numbers: compared before anything is taken from it.
    int64_t ms = ordered_at > ORDER_ID_EPOCH ? ordered_at - ORDER_ID_EPOCH : 1;
    const int64_t last = ((int64_t)1 << 41) - 1;
    if (ms > last)
        ms = last;
    uint64_t h = str_hash(order_no) ^ ((uint64_t)shop_id * 0x9e3779b97f4a7c15u);
    h += (uint64_t)attempt * 0xd6e8feb86659fd93u;
    h = (h ^ (h >> 32)) * 0xff51afd7ed558ccdu;
    h ^= h >> 32;
    return (ms << ORDER_ID_LOW_BITS) | (int64_t)(h & ((1u << ORDER_ID_LOW_BITS) - 1));
}

row_id status_with_role(const struct work_status *list, size_t count, enum status_role role)
{
    for (size_t i = 0; i < count; i++)
        if (list[i].role == role && !list[i].archived)
            return list[i].id;
    return 0;
}

int status_role_of(const struct work_status *list, size_t count, row_id id)
{
    for (size_t i = 0; i < count; i++)
        if (list[i].id == id)
            return (int)list[i].role;
    return -1;
}

struct str status_json(struct arena *arena, row_id work_status)
{
    return arena_printf(arena, "{\"work_status\":\"%lld\"}", (long long)work_status);
}

static void init_bulks(struct order_rows *r)
{
    bulk_init(&r->orders, r->conn, &order_table);
    bulk_init(&r->updates, r->conn, &order_update_table);
    bulk_init(&r->packages, r->conn, &package_table);
    bulk_init(&r->lines, r->conn, &line_table);
    bulk_init(&r->shipments, r->conn, &shipment_table);
    bulk_init(&r->payment_events, r->conn, &payment_event_table);
    bulk_init(&r->links, r->conn, &link_table);
    bulk_init(&r->events, r->conn, &event_table);
    bulk_init(&r->raws, r->conn, &raw_table);
    bulk_init(&r->searches, r->conn, &search_table);
}

struct order_rows *order_rows_open(struct db_conn *conn, const struct order_context *context,
                                   struct arena *arena, struct error *error)
{
    struct order_rows *r = memory_zalloc(1, sizeof *r);
    if (!r) {
        error_no_memory(error);
        return NULL;
    }
    r->conn = conn;
    r->context = context;
    r->engine = db_conn_engine(conn);
    packer_init(&r->packer, conn, context->org_id);
    index_writer_init(&r->index, conn, context);
    init_bulks(r);
    r->detail = buf_make(DETAIL_BYTES_MAX);
    r->folded = buf_make(4 * SEARCH_TEXT_BYTES_MAX);
    r->packed = buf_make(RAW_BYTES_MAX);
    r->drop_children = buf_make(DETAIL_BYTES_MAX);
    r->drop_search = buf_make(DETAIL_BYTES_MAX);
    r->drop_raw = buf_make(DETAIL_BYTES_MAX);
    if (!work_statuses(conn, context->org_id, arena, &r->statuses, &r->status_count, error))
        return order_rows_close(r);
    return r;
}

struct order_rows *order_rows_close(struct order_rows *r)
{
    if (!r)
        return NULL;
    struct bulk *bulks[] = {&r->orders,         &r->updates, &r->packages, &r->lines, &r->shipments,
                            &r->payment_events, &r->links,   &r->events,   &r->raws,  &r->searches};
    for (size_t i = 0; i < sizeof bulks / sizeof bulks[0]; i++)
        bulk_free(bulks[i]);
    struct buf *bufs[] = {&r->detail,        &r->folded,      &r->packed,
                          &r->drop_children, &r->drop_search, &r->drop_raw};
    for (size_t i = 0; i < sizeof bufs / sizeof bufs[0]; i++)
        buf_free(bufs[i]);
    packer_free(&r->packer);
    index_writer_free(&r->index);
    memory_free(r->deltas);
    memory_free(r);
    return NULL;
}

// What the list shows of an order, taken from its packages.
struct summary {
    int line_count;
    int64_t quantity;
    struct str first_title, carrier;
    day ship_date;
    char numbers[LIST_NUMBERS_MAX * 48];
    size_t numbers_n;
};

static void add_number(struct summary *s, struct str number)
{
    if (number.n == 0 || s->numbers_n + number.n + 1 > sizeof s->numbers)
        return;
    if (s->numbers_n)
        s->numbers[s->numbers_n++] = ',';
    memcpy(s->numbers + s->numbers_n, number.p, number.n);
    s->numbers_n += number.n;
}

static void summarise(const struct order *o, struct summary *s)
{
    s->line_count = 0;
    s->quantity = 0;
    s->first_title = s->carrier = STR_ABSENT;
    s->ship_date = 0;
    s->numbers_n = 0;
    for (size_t i = 0; i < o->package_count; i++) {
        const struct order_package *p = &o->packages[i];
        for (size_t k = 0; k < p->line_count; k++) {
            s->line_count++;
            s->quantity += p->lines[k].quantity;
            if (s->first_title.n == 0)
                s->first_title = p->lines[k].title;
        }
        for (size_t k = 0; k < p->shipment_count; k++) {
            add_number(s, p->shipments[k].tracking_number);
            if (s->carrier.n == 0)
                s->carrier = p->shipments[k].carrier;
            if (p->shipments[k].ship_date > s->ship_date)
                s->ship_date = p->shipments[k].ship_date;
        }
    }
    for (size_t i = 0; i < o->package_count && s->carrier.n == 0; i++)
        s->carrier = o->packages[i].carrier;
}

static void add_day(struct bulk *b, day d)
{
    bulk_id(b, d);
}

static void add_times(struct bulk *b, const struct order *o)
{
    bulk_int(b, o->ordered_at);
    bulk_int(b, o->changed_at);
    bulk_int(b, o->fetched_at);
    bulk_time(b, o->mall_updated_at ? o->mall_updated_at : TIME_NONE);
    bulk_time(b, o->written_at ? o->written_at : TIME_NONE);
}

static void add_mall_texts(struct bulk *b, const struct order *o)
{
    bulk_text(b, o->mall);
    bulk_text(b, o->channel);
    bulk_text(b, o->mall_status);
    bulk_text(b, o->mall_status_label);
    bulk_text(b, o->mall_sub_status);
    bulk_text(b, o->mall_update_mark);
}

static bool add_order_row(struct order_rows *r, struct bulk *b, const struct order *o,
                          const unsigned char hash[16], struct error *error)
{
    const struct order_package *first = &o->packages[0];
    struct summary s;
    summarise(o, &s);
    buf_reset(&r->detail);
    buf_reset(&r->packed);
    detail_write(&r->detail, &order_record, o);
    if (r->detail.failed)
        return error_no_memory(error);
    if (!packer_use(&r->packer, o->mall, error) ||
        !packer_pack_detail(&r->packer, buf_str(&r->detail), &r->packed, error))
        return false;
    bulk_int(b, o->org_id);
    bulk_int(b, o->id);
    bulk_int(b, o->shop_id);
    bulk_text(b, o->order_no);
    bulk_blob(b, str_make((const char *)hash, 16));
    bulk_int(b, o->version);
    bulk_int(b, o->work_status);
    bulk_int(b, role_is_open(status_role_of(r->statuses, r->status_count, o->work_status)));
    bulk_int(b, o->state);
    bulk_int(b, o->payment_state);
    bulk_int(b, o->shipment_state);
    bulk_int(b, o->marks);
    add_times(b, o);
    add_mall_texts(b, o);
    bulk_text(b, o->orderer.name);
    bulk_text(b, first->recipient.name);
    bulk_text(b, first->recipient.prefecture);
    bulk_text(b, o->payment_method);
    bulk_int(b, o->payment_class);
    bulk_text(b, first->delivery_method);
    bulk_time(b, o->billed);
    bulk_int(b, s.line_count);
    bulk_int(b, (int64_t)o->package_count);
    bulk_int(b, s.quantity);
    bulk_text(b, s.first_title);
    bulk_text(b, s.carrier);
    bulk_text(b, str_make(s.numbers, s.numbers_n));
    add_day(b, s.ship_date);
    add_day(b, first->requested_date);
    bulk_text(b, first->requested_slot);
    bulk_text(b, o->memo);
    bulk_blob(b, buf_str(&r->packed));
    return bulk_end_row(b, error);
}

static bool add_line(struct order_rows *r, const struct order *o, int package,
                     const struct order_line *line, struct error *error)
{
    struct bulk *b = &r->lines;
    buf_reset(&r->detail);
    detail_write(&r->detail, &line_record, line);
    if (r->detail.failed)
        return error_no_memory(error);
    bulk_int(b, o->org_id);
    bulk_int(b, o->id);
    bulk_int(b, line->number);
    bulk_int(b, package);
    bulk_text(b, line->item_code);
    bulk_text(b, line->sku);
    bulk_text(b, line->title);
    bulk_int(b, line->quantity);
    bulk_time(b, line->unit_price);
    bulk_time(b, line->subtotal);
    bulk_int(b, line->tax_rate_basis_points);
    bulk_text(b, buf_str(&r->detail));
    return bulk_end_row(b, error);
}

static bool add_shipment(struct order_rows *r, const struct order *o, int package,
                         const struct shipment *s, struct error *error)
{
    struct bulk *b = &r->shipments;
    bulk_int(b, o->org_id);
    bulk_int(b, o->id);
    bulk_int(b, s->id ? s->id : id_next(r->context->ids, r->context->now));
    bulk_int(b, package);
    bulk_text(b, s->carrier);
    bulk_text(b, s->carrier_mall_code);
    bulk_text(b, s->tracking_number);
    add_day(b, s->ship_date);
    bulk_text(b, s->mall_ref);
    bulk_int(b, s->source);
    return bulk_end_row(b, error);
}

// Mails go to the orderer alone, so a recipient who is the same has mostly no address of his own.
static bool is_orderer(const struct order *o, const struct person *recipient)
{
    struct person same = o->orderer;
    same.email = STR("");
    return record_fields_equal(&person_record, &same, recipient);
}

static bool add_package(struct order_rows *r, const struct order *o, const struct order_package *p,
                        struct error *error)
{
    struct bulk *b = &r->packages;
    struct order_package kept = *p;
    bool to_orderer = is_orderer(o, &p->recipient);
    if (to_orderer)
        kept.recipient = (struct person){0};
    buf_reset(&r->detail);
    detail_write(&r->detail, &package_record, &kept);
    if (r->detail.failed)
        return error_no_memory(error);
    bulk_int(b, o->org_id);
    bulk_int(b, o->id);
    bulk_int(b, p->number);
    bulk_int(b, p->id ? p->id : id_next(r->context->ids, r->context->now));
    bulk_text(b, p->mall_ref);
    bulk_int(b, p->state);
    bulk_int(b, to_orderer);
    bulk_text(b, buf_str(&r->detail));
    if (!bulk_end_row(b, error))
        return false;
    for (size_t i = 0; i < p->line_count; i++)
        if (!add_line(r, o, p->number, &p->lines[i], error))
            return false;
    for (size_t i = 0; i < p->shipment_count; i++)
        if (!add_shipment(r, o, p->number, &p->shipments[i], error))
            return false;
    return true;
}

static bool add_payment_event(struct order_rows *r, const struct order *o, size_t i,
                              struct error *error)
{
    const struct payment_event *e = &o->payment_events[i];
    struct bulk *b = &r->payment_events;
    bulk_int(b, o->org_id);
    bulk_int(b, o->id);
    bulk_int(b, (int64_t)i + 1);
    bulk_time(b, e->at ? e->at : TIME_NONE);
    bulk_text(b, e->kind);
    bulk_time(b, e->amount);
    bulk_text(b, e->text);
    return bulk_end_row(b, error);
}

// A mall that names the same order twice is stored once: the pair is the key.
static bool add_link(struct order_rows *r, const struct order *o, size_t i, struct error *error)
{
    for (size_t k = 0; k < i; k++)
        if (str_eq(o->links[k].kind, o->links[i].kind) &&
            str_eq(o->links[k].order_no, o->links[i].order_no))
            return true;
    bulk_int(&r->links, o->org_id);
    bulk_int(&r->links, o->id);
    bulk_text(&r->links, o->links[i].kind);
    bulk_text(&r->links, o->links[i].order_no);
    return bulk_end_row(&r->links, error);
}

static bool add_children(struct order_rows *r, const struct order *o, struct error *error)
{
    for (size_t i = 0; i < o->package_count; i++)
        if (!add_package(r, o, &o->packages[i], error))
            return false;
    for (size_t i = 0; i < o->payment_event_count; i++)
        if (!add_payment_event(r, o, i, error))
            return false;
    for (size_t i = 0; i < o->link_count; i++)
        if (!add_link(r, o, i, error))
            return false;
    return true;
}

// r->folded holds the text.
static bool add_search(struct order_rows *r, const struct order *o, struct error *error)
{
    struct bulk *b = &r->searches;
    if (r->folded.failed)
        return error_no_memory(error);
    index_note(&r->index, o->id, buf_str(&r->folded));
    bulk_int(b, o->org_id);
    bulk_int(b, o->id);
    bulk_text(b, buf_str(&r->folded));
    return bulk_end_row(b, error);
}

static bool run_id(struct order_rows *r, const char *sql, row_id id, struct error *error)
{
    struct db_stmt *s = db_prepare(r->conn, sql, error);
    if (!s)
        return false;
    db_bind_int(s, 1, r->context->org_id);
    db_bind_int(s, 2, id);
    return db_run(s, error);
}

static void note_id(struct buf *list, row_id id)
{
    if (list->n == 0)
        array_begin(list);
    array_int(list, id);
}

static bool drop_children(struct order_rows *r, row_id id, struct error *error)
{
    if (r->engine == DB_POSTGRES) {
        note_id(&r->drop_children, id);
        return true;
    }
    return run_id(r, "DELETE FROM order_package WHERE org_id = $1 AND order_id = $2", id, error) &&
           run_id(r, "DELETE FROM order_line WHERE org_id = $1 AND order_id = $2", id, error) &&
           run_id(r, "DELETE FROM shipment WHERE org_id = $1 AND order_id = $2", id, error) &&
           run_id(r, "DELETE FROM payment_event WHERE org_id = $1 AND order_id = $2", id, error) &&
           run_id(r, "DELETE FROM order_link WHERE org_id = $1 AND order_id = $2", id, error);
}

static bool replace_search(struct order_rows *r, const struct order *before,
                           const struct order *after, struct error *error)
{
    AUTO_BUF old = buf_make(4 * SEARCH_TEXT_BYTES_MAX);
    search_text(after, &r->folded);
    search_text(before, &old);
    if (old.failed || r->folded.failed)
        return error_no_memory(error);
    if (str_eq(buf_str(&old), buf_str(&r->folded)))
        return true;
    if (r->engine == DB_POSTGRES)
        note_id(&r->drop_search, after->id);
    else if (!run_id(r, "DELETE FROM order_search WHERE org_id = $1 AND order_id = $2", after->id,
                     error))
        return false;
    return add_search(r, after, error);
}

bool order_rows_count(struct order_rows *r, row_id shop_id, row_id work_status, int64_t count,
                      struct error *error)
{
    for (size_t i = 0; i < r->delta_count; i++) {
        struct count_delta *d = &r->deltas[i];
        if (d->shop_id == shop_id && d->work_status == work_status) {
            d->count += count;
            return true;
        }
    }
    if (r->delta_count == r->delta_capacity) {
        size_t capacity = r->delta_capacity ? 2 * r->delta_capacity : 16;
        struct count_delta *grown = memory_resize(r->deltas, capacity * sizeof *grown);
        if (!grown)
            return error_no_memory(error);
        r->deltas = grown;
        r->delta_capacity = capacity;
    }
    r->deltas[r->delta_count++] = (struct count_delta){shop_id, work_status, count};
    return true;
}

bool order_rows_insert(struct order_rows *r, const struct order *o, const unsigned char hash[16],
                       struct error *error)
{
    search_text(o, &r->folded);
    return add_order_row(r, &r->orders, o, hash, error) && add_children(r, o, error) &&
           add_search(r, o, error) && order_rows_count(r, o->shop_id, o->work_status, 1, error);
}

static bool children_equal(const struct record *record, const void *a, const void *b)
{
    for (size_t i = 0; i < record->children_count; i++) {
        const struct children *c = &record->children[i];
        size_t count = children_count(a, c), size = c->record->size;
        if (!(c->flags & CHILDREN_TABLE))
            continue;
        if (count != children_count(b, c))
            return false;
        for (size_t k = 0; k < count; k++) {
            const char *x = children_array(a, c) + k * size, *y = children_array(b, c) + k * size;
            if (!record_fields_equal(c->record, x, y) || !children_equal(c->record, x, y))
                return false;
        }
    }
    return true;
}

bool order_rows_update(struct order_rows *r, const struct order *before, const struct order *after,
                       const unsigned char hash[16], struct error *error)
{
    if (!add_order_row(r, &r->updates, after, hash, error))
        return false;
    // New shipments have no id yet, so a new row is never "equal" by its fields alone: its count
    // is.
    if (!children_equal(&order_record, before, after) &&
        (!drop_children(r, after->id, error) || !add_children(r, after, error)))
        return false;
    if (!replace_search(r, before, after, error))
        return false;
    return before->work_status == after->work_status ||
           (order_rows_count(r, before->shop_id, before->work_status, -1, error) &&
            order_rows_count(r, after->shop_id, after->work_status, 1, error));
}

bool order_rows_event(struct order_rows *r, row_id order_id, const char *kind, struct str before,
                      struct str after, struct str cause, struct error *error)
{
    const struct order_context *c = r->context;
    struct bulk *b = &r->events;
    bulk_int(b, c->org_id);
    bulk_int(b, order_id);
    bulk_int(b, id_next(c->ids, c->now));
    bulk_int(b, c->now);
    bulk_int(b, c->actor.kind);
    bulk_id(b, c->actor.id);
    bulk_text(b, c->actor.name);
    bulk_text(b, str_from(kind));
    bulk_text_or_null(b, before);
    bulk_text_or_null(b, after);
    bulk_text(b, cause);
    return bulk_end_row(b, error);
}

bool order_rows_raw(struct order_rows *r, const struct order *o, bool replace, struct str raw,
                    struct str type, struct error *error)
{
    row_id order_id = o->id;
    buf_reset(&r->packed);
    if (!packer_use(&r->packer, o->mall, error) || !packer_pack(&r->packer, raw, &r->packed, error))
        return false;
    if (replace && r->engine == DB_POSTGRES)
        note_id(&r->drop_raw, order_id);
    else if (replace && !run_id(r, "DELETE FROM raw_document WHERE org_id = $1 AND order_id = $2",
                                order_id, error))
        return false;
    struct bulk *b = &r->raws;
    bulk_int(b, r->context->org_id);
    bulk_int(b, order_id);
    bulk_int(b, r->context->now);
    bulk_text(b, type);
    bulk_int(b, r->packer.dictionary);
    bulk_blob(b, buf_str(&r->packed));
    return bulk_end_row(b, error);
}

// Rows of order_count in one order, so that two transactions can't wait for each other.
static int compare_deltas(const void *a, const void *b)
{
    const struct count_delta *x = a, *y = b;
    if (x->shop_id != y->shop_id)
        return x->shop_id < y->shop_id ? -1 : 1;
    return x->work_status < y->work_status ? -1 : x->work_status > y->work_status;
}

static bool write_counts(struct order_rows *r, struct error *error)
{
    if (r->delta_count)
        qsort(r->deltas, r->delta_count, sizeof r->deltas[0], compare_deltas);
    for (size_t i = 0; i < r->delta_count; i++) {
        if (r->deltas[i].count == 0)
            continue;
        struct db_stmt *s = db_prepare(r->conn,
                                       "INSERT INTO order_count (org_id, shop_id, work_status_id, "
                                       "count) VALUES ($1, $2, $3, $4) "
                                       "ON CONFLICT (org_id, shop_id, work_status_id) DO UPDATE "
                                       "SET count = order_count.count + "
                                       "excluded.count",
                                       error);
        if (!s)
            return false;
        db_bind_int(s, 1, r->context->org_id);
        db_bind_int(s, 2, r->deltas[i].shop_id);
        db_bind_int(s, 3, r->deltas[i].work_status);
        db_bind_int(s, 4, r->deltas[i].count);
        if (!db_run(s, error))
            return false;
    }
    r->delta_count = 0;
    return true;
}

static bool drop_listed(struct order_rows *r, struct buf *ids, const char *sql, struct error *error)
{
    if (ids->n == 0)
        return true;
    struct db_stmt *s = db_prepare(r->conn, sql, error);
    if (!s)
        return false;
    db_bind_int(s, 1, r->context->org_id);
    db_bind_text(s, 2, buf_str(ids));
    return db_run(s, error);
}

#define DROP(table) "DELETE FROM " table " WHERE org_id = $1 AND order_id = ANY($2::bigint[])"

static bool drop_gathered(struct order_rows *r, struct error *error)
{
    struct buf *lists[] = {&r->drop_children, &r->drop_search, &r->drop_raw};
    for (size_t i = 0; i < 3; i++) {
        if (lists[i]->n)
            array_end(lists[i]);
        if (lists[i]->failed)
            return error_no_memory(error);
    }
    return drop_listed(r, &r->drop_children, DROP("order_package"), error) &&
           drop_listed(r, &r->drop_children, DROP("order_line"), error) &&
           drop_listed(r, &r->drop_children, DROP("shipment"), error) &&
           drop_listed(r, &r->drop_children, DROP("payment_event"), error) &&
           drop_listed(r, &r->drop_children, DROP("order_link"), error) &&
           drop_listed(r, &r->drop_search, DROP("order_search"), error) &&
           drop_listed(r, &r->drop_raw, DROP("raw_document"), error);
}

static bool send_all(struct order_rows *r, struct error *error)
{
    struct bulk *bulks[] = {&r->orders,         &r->updates, &r->packages, &r->lines, &r->shipments,
                            &r->payment_events, &r->links,   &r->events,   &r->raws,  &r->searches};
    if (!drop_gathered(r, error))
        return false;
    for (size_t i = 0; i < sizeof bulks / sizeof bulks[0]; i++)
        if (!bulk_flush(bulks[i], error))
            return false;
    return write_counts(r, error);
}

static bool send(struct order_rows *r, struct error *error)
{
    if (r->engine == DB_SQLITE)
        return write_counts(r, error);
    if (!db_batch_begin(r->conn, error))
        return false;
    // After a failure the batch is ended all the same; the first error is the one that counts.
    struct error late;
    bool sent = send_all(r, error);
    bool ended = db_batch_end(r->conn, sent ? error : &late);
    return sent && ended;
}

bool order_rows_finish(struct order_rows *r, struct error *error)
{
    return send(r, error) && index_write(&r->index, error);
}
