// SPDX-License-Identifier: Apache-2.0
//
// Import of read orders. A batch goes through in rounds in which each order number stands once:
// hashes of all are looked up together; equal ones cost nothing more; the others are validated, the
// bad ones quarantined, the known ones merged, the new ones inserted; everything is written at the
// end of the round. One thread, one transaction; memory is given back after each round.
#include "order/merge.h"

#include "base/memory.h"
#include "order/complete.h"
#include "order/diff.h"
#include "order/learn.h"
#include "order/obligation.h"

#include <stdlib.h>

#define ROUND_MAX 2000
#define ROUND_BYTES_MAX (1u << 30)
#define EVENT_BYTES_MAX (4u << 20)
#define ID_ATTEMPTS 100

enum step { STEP_LOOK_UP, STEP_DONE, STEP_CREATE, STEP_UPDATE };

struct item {
    struct order_import *import;
    unsigned char hash[16], stored_hash[16];
    row_id id; // of the stored order, 0 if none; then of the new one
    enum step step;
};

struct round {
    struct db_conn *conn;
    const struct order_context *context;
    struct order_rows *rows;
    struct arena *arena;
    struct item *items;
    size_t count;
    uint32_t *slots; // open addressing: item + 1 by shop and number
    size_t slot_mask;
};

static uint64_t key_hash(row_id shop_id, struct str order_no)
{
    uint64_t h = str_hash(order_no) ^ ((uint64_t)shop_id * 0x9e3779b97f4a7c15u);
    return h ^ (h >> 29);
}

// The slot of that key: of the item that has it, or empty.
static uint32_t *slot_of(struct round *r, row_id shop_id, struct str order_no)
{
    size_t at = key_hash(shop_id, order_no) & r->slot_mask;
    for (; r->slots[at]; at = (at + 1) & r->slot_mask) {
        const struct order *o = r->items[r->slots[at] - 1].import->order;
        if (o->shop_id == shop_id && str_eq(o->order_no, order_no))
            break;
    }
    return &r->slots[at];
}

// The rules without which an order can't even be looked up; order_validate() has the others.
static bool has_key(const struct order *o)
{
    return o->order_no.n > 0 && o->order_no.n <= 100 && str_is_utf8(o->order_no) &&
           !memchr(o->order_no.p, '\0', o->order_no.n) && o->shop_id > 0;
}

// Takes imports from `at` on until one repeats a number. Returns how many.
static size_t gather_round(struct round *r, struct order_import *imports, size_t count)
{
    size_t taken = 0;
    for (; taken < count && taken < ROUND_MAX; taken++) {
        struct item *item = &r->items[taken];
        const struct order *o = imports[taken].order;
        *item = (struct item){.import = &imports[taken]};
        error_clear(&imports[taken].error);
        imports[taken].order_id = 0;
        imports[taken].completed = false;
        if (has_key(o)) {
            uint32_t *slot = slot_of(r, o->shop_id, o->order_no);
            if (*slot)
                break;
            *slot = (uint32_t)taken + 1;
            order_content_hash(o, item->hash);
        } else {
            item->step = STEP_CREATE; // order_validate() says what is wrong
        }
    }
    r->count = taken;
    return taken;
}

static void note_stored(struct item *item, row_id id, struct str hash)
{
    item->id = id;
    if (hash.n == sizeof item->stored_hash)
        memcpy(item->stored_hash, hash.p, hash.n);
    if (hash.n != sizeof item->hash || memcmp(item->hash, hash.p, hash.n) != 0) {
        item->step = STEP_UPDATE;
        return;
    }
    item->step = STEP_DONE;
    item->import->outcome = IMPORT_UNCHANGED;
    item->import->order_id = id;
}

static bool look_up_sqlite(struct round *r, struct error *error)
{
    struct db_stmt *s = db_prepare(r->conn,
                                   "SELECT id, content_hash FROM \"order\" WHERE org_id = $1 AND "
                                   "shop_id = $2 AND order_no = $3",
                                   error);
    if (!s)
        return false;
    for (size_t i = 0; i < r->count; i++) {
        struct item *item = &r->items[i];
        if (item->step != STEP_LOOK_UP)
            continue;
        db_bind_int(s, 1, r->context->org_id);
        db_bind_int(s, 2, item->import->order->shop_id);
        db_bind_text(s, 3, item->import->order->order_no);
        enum db_step step = db_step(s, error);
        if (step == DB_STEP_ERROR)
            return false;
        item->step = STEP_CREATE;
        if (step == DB_STEP_ROW)
            note_stored(item, db_int(s, 0), db_blob(s, 1));
        db_reset(s);
    }
    return true;
}

// One statement for all numbers of a shop.
static bool look_up_shop(struct round *r, row_id shop_id, struct error *error)
{
    AUTO_BUF numbers = buf_make(ROUND_BYTES_MAX);
    array_begin(&numbers);
    for (size_t i = 0; i < r->count; i++) {
        struct item *item = &r->items[i];
        if (item->step != STEP_LOOK_UP || item->import->order->shop_id != shop_id)
            continue;
        item->step = STEP_CREATE;
        array_text(&numbers, item->import->order->order_no);
    }
    array_end(&numbers);
    if (numbers.failed)
        return error_no_memory(error);
    // LATERAL … LIMIT leaves the planner nothing but the unique index, also with a plan that was
    // made while the table was empty.
    struct db_stmt *s = db_prepare(
        r->conn,
        "SELECT o.id, o.content_hash, n.order_no FROM unnest($3::text[]) AS n (order_no) CROSS "
        "JOIN "
        "LATERAL (SELECT id, content_hash FROM \"order\" WHERE org_id = $1 AND shop_id = $2 AND "
        "order_no = n.order_no LIMIT 1) AS o",
        error);
    if (!s)
        return false;
    db_bind_int(s, 1, r->context->org_id);
    db_bind_int(s, 2, shop_id);
    db_bind_text(s, 3, buf_str(&numbers));
    enum db_step step;
    while ((step = db_step(s, error)) == DB_STEP_ROW) {
        uint32_t *slot = slot_of(r, shop_id, db_text(s, 2));
        if (*slot)
            note_stored(&r->items[*slot - 1], db_int(s, 0), db_blob(s, 1));
    }
    return step == DB_STEP_DONE;
}

static bool look_up(struct round *r, struct error *error)
{
    if (db_conn_engine(r->conn) == DB_SQLITE)
        return look_up_sqlite(r, error);
    for (size_t i = 0; i < r->count; i++)
        if (r->items[i].step == STEP_LOOK_UP &&
            !look_up_shop(r, r->items[i].import->order->shop_id, error))
            return false;
    return true;
}

static bool put_aside_bad(struct round *r, struct error *error)
{
    for (size_t i = 0; i < r->count; i++) {
        struct item *item = &r->items[i];
        struct order_import *import = item->import;
        if (item->step == STEP_DONE || order_validate(import->order, &import->error))
            continue;
        if (import->error.class == ERROR_NO_MEMORY) {
            *error = import->error;
            return false;
        }
        item->step = STEP_DONE;
        import->outcome = IMPORT_QUARANTINED;
        import->order_id = item->id;
        struct str order_no = has_key(import->order) ? import->order->order_no : STR("");
        if (!order_quarantine(r->conn, r->context, import->order->shop_id, order_no, import->raw,
                              import->raw_type, import->fetch_run, &import->error, error))
            return false;
    }
    return true;
}

static struct str cause_of(const struct round *r, const struct order_import *import)
{
    if (import->fetch_run)
        return arena_printf(r->arena, "fetch_run %lld", (long long)import->fetch_run);
    return import->door ? str_from(import->door) : STR("import");
}

static bool is_from_file(const struct order_import *import)
{
    return import->door && strcmp(import->door, "file") == 0;
}

static struct str joined_names(struct arena *arena, struct str known, struct str new)
{
    return known.n == 0 ? str_dup(arena, new)
                        : arena_printf(arena, "%.*s\n%.*s", STR_ARG(known), STR_ARG(new));
}

// A file's order on top of what an API has brought: gaps only. The hash stays the API's, so that
// its next reading is compared with its last one; so does its document.
static bool write_completed(struct round *r, struct item *item, const struct stored_order *stored,
                            struct error *error)
{
    struct order after = stored->order;
    AUTO_BUF filled = buf_make(EVENT_BYTES_MAX);
    AUTO_BUF old = buf_make(EVENT_BYTES_MAX);
    AUTO_BUF new = buf_make(EVENT_BYTES_MAX);
    item->import->completed = true;
    item->import->outcome = IMPORT_UNCHANGED;
    if (!order_fill(r->arena, &after, item->import->order, STR_ABSENT, &filled))
        return error_no_memory(error);
    if (filled.n == 0)
        return true;
    item->import->outcome = IMPORT_UPDATED;
    after.from_file = joined_names(r->arena, stored->order.from_file, buf_str(&filled));
    after.version++;
    after.changed_at = r->context->now;
    order_diff(&stored->order, &after, &old, &new);
    if (old.failed || new.failed)
        return error_no_memory(error);
    return order_rows_update(r->rows, &stored->order, &after, stored->hash, error) &&
           order_rows_event(r->rows, item->id, "completed", buf_str(&old), buf_str(&new),
                            cause_of(r, item->import), error);
}

static bool write_update(struct round *r, struct item *item, struct stored_order *stored,
                         struct error *error)
{
    struct order_import *import = item->import;
    struct merged merged;
    bool owed = stored->writeback_state >= 0 &&
                !writeback_is_final((enum writeback_state)stored->writeback_state);
    if (is_from_file(import) && !str_eq(stored->order.from_file, STR(FROM_FILE_ALONE)))
        return write_completed(r, item, stored, error);
    if (!order_merge(stored, import->order, owed, is_from_file(import), r->rows, r->arena, &merged,
                     error))
        return false;
    if (merged.order.fetched_at == TIME_NONE || merged.order.fetched_at == 0)
        merged.order.fetched_at = r->context->now;
    AUTO_BUF before = buf_make(EVENT_BYTES_MAX);
    AUTO_BUF after = buf_make(EVENT_BYTES_MAX);
    struct difference difference = order_diff(&stored->order, &merged.order, &before, &after);
    if (before.failed || after.failed)
        return error_no_memory(error);
    if (difference.loud || merged.moved_cause)
        merged.order.changed_at = r->context->now;
    struct str cause = cause_of(r, import);
    if (!order_rows_update(r->rows, &stored->order, &merged.order, item->hash, error) ||
        !order_rows_event(r->rows, item->id, merged.kind, buf_str(&before), buf_str(&after), cause,
                          error))
        return false;
    if (merged.moved_cause && !order_rows_event(r->rows, item->id, "moved",
                                                status_json(r->arena, stored->order.work_status),
                                                status_json(r->arena, merged.order.work_status),
                                                str_from(merged.moved_cause), error))
        return false;
    return import->raw.n == 0 ||
           order_rows_raw(r->rows, &merged.order, true, import->raw, import->raw_type, error);
}

static bool update_known(struct round *r, struct error *error)
{
    row_id *ids = ARENA_ARRAY(r->arena, row_id, r->count);
    struct item **items = ARENA_ARRAY(r->arena, struct item *, r->count);
    struct stored_order *stored = NULL;
    size_t n = 0;
    for (size_t i = 0; ids && items && i < r->count; i++) {
        if (r->items[i].step != STEP_UPDATE)
            continue;
        ids[n] = r->items[i].id;
        items[n++] = &r->items[i];
    }
    if (n)
        stored = ARENA_ARRAY(r->arena, struct stored_order, n);
    if (!ids || !items || (n && !stored))
        return error_no_memory(error);
    if (n && !orders_load(r->conn, r->context->org_id, ids, n, true, r->arena, stored, error))
        return false;
    for (size_t i = 0; i < n; i++) {
        items[i]->import->order_id = ids[i];
        items[i]->import->outcome = IMPORT_UPDATED;
        // Between look-up and lock another transaction may have brought the same state.
        if (stored[i].found && memcmp(stored[i].hash, items[i]->hash, 16) == 0)
            items[i]->import->outcome = IMPORT_UNCHANGED;
        else if (stored[i].found && !write_update(r, items[i], &stored[i], error))
            return false;
    }
    return true;
}

// True when one of `ids` exists in the database; *taken tells which.
static bool ids_taken(struct round *r, const row_id *ids, size_t count, bool *taken,
                      struct error *error)
{
    memset(taken, 0, count * sizeof *taken);
    bool array = db_conn_engine(r->conn) == DB_POSTGRES;
    AUTO_BUF list = buf_make(32 * (count + 1));
    array_begin(&list);
    for (size_t i = 0; array && i < count; i++)
        array_int(&list, ids[i]);
    array_end(&list);
    if (list.failed)
        return error_no_memory(error);
    struct db_stmt *s =
        db_prepare(r->conn,
                   array ? "SELECT id FROM \"order\" WHERE org_id = $1 AND id = ANY($2::bigint[])"
                         : "SELECT id FROM \"order\" WHERE id = $1",
                   error);
    if (!s)
        return false;
    for (size_t i = 0; i < (array ? (count ? 1 : 0) : count); i++) {
        enum db_step step;
        db_bind_int(s, 1, array ? r->context->org_id : ids[i]);
        if (array)
            db_bind_text(s, 2, buf_str(&list));
        while ((step = db_step(s, error)) == DB_STEP_ROW)
            for (size_t k = 0; k < count; k++)
                taken[k] |= ids[k] == db_int(s, 0);
        if (step == DB_STEP_ERROR)
            return false;
    }
    return true;
}

static time_ms ordered_at(const struct round *r, const struct order *o)
{
    return o->ordered_at == TIME_NONE || o->ordered_at == 0 ? r->context->now : o->ordered_at;
}

// Marks ids that an order further forward in this round has.
static bool note_repeated(struct round *r, const row_id *ids, size_t count, bool *taken)
{
    size_t mask = 15;
    while (mask < 2 * count)
        mask = 2 * mask + 1;
    row_id *seen = ARENA_ARRAY(r->arena, row_id, mask + 1);
    if (!seen)
        return false;
    for (size_t i = 0; i < count; i++) {
        size_t at = (size_t)((uint64_t)ids[i] * 0x9e3779b97f4a7c15u >> 32) & mask;
        while (seen[at] && seen[at] != ids[i])
            at = (at + 1) & mask;
        taken[i] |= seen[at] == ids[i];
        seen[at] = ids[i];
    }
    return true;
}

// Ids for the new orders: from their time and number, tried again where one is taken.
static bool choose_ids(struct round *r, struct item **items, size_t count, struct error *error)
{
    row_id *ids = ARENA_ARRAY(r->arena, row_id, count);
    bool *taken = ARENA_ARRAY(r->arena, bool, count);
    if (!ids || !taken)
        return error_no_memory(error);
    for (size_t i = 0; i < count; i++)
        ids[i] =
            order_id_for(ordered_at(r, items[i]->import->order), items[i]->import->order->shop_id,
                         items[i]->import->order->order_no, 0);
    for (unsigned attempt = 1; attempt < ID_ATTEMPTS; attempt++) {
        bool again = false;
        if (!ids_taken(r, ids, count, taken, error))
            return false;
        if (!note_repeated(r, ids, count, taken))
            return error_no_memory(error);
        for (size_t i = 0; i < count; i++) {
            if (!taken[i])
                continue;
            again = true;
            ids[i] = order_id_for(ordered_at(r, items[i]->import->order),
                                  items[i]->import->order->shop_id,
                                  items[i]->import->order->order_no, attempt);
        }
        if (!again) {
            for (size_t i = 0; i < count; i++)
                items[i]->id = ids[i];
            return true;
        }
    }
    return error_set(error, ERROR_INTERNAL, "order.no_free_id", "注文の番号を割り当てられません。",
                     "No free id for an order.");
}

// Shipments of a new order came from the mall, whatever the connector left in `source`. The
// caller's order isn't touched.
static bool own_shipments(struct round *r, struct order *o)
{
    bool any = false;
    for (size_t i = 0; i < o->package_count; i++)
        any |= o->packages[i].shipment_count > 0;
    if (!any)
        return true;
    struct order_package *packages = ARENA_ARRAY(r->arena, struct order_package, o->package_count);
    if (!packages)
        return false;
    memcpy(packages, o->packages, o->package_count * sizeof *packages);
    o->packages = packages;
    for (size_t i = 0; i < o->package_count; i++) {
        struct order_package *p = &packages[i];
        struct shipment *shipments = ARENA_ARRAY(r->arena, struct shipment, p->shipment_count);
        if (!shipments)
            return false;
        for (size_t k = 0; k < p->shipment_count; k++) {
            shipments[k] = p->shipments[k];
            shipments[k].id = 0;
            shipments[k].source = SHIPMENT_FROM_MALL;
        }
        p->id = 0;
        p->shipments = shipments;
    }
    return true;
}

static bool write_new(struct round *r, struct item *item, struct error *error)
{
    struct order_import *import = item->import;
    struct order o = *import->order;
    o.id = item->id;
    o.org_id = r->context->org_id;
    o.ordered_at = ordered_at(r, &o);
    o.marks &= ~ORDER_MARKS_LOCAL;
    o.memo = STR("");
    o.version = 1;
    o.written_at = TIME_NONE;
    o.changed_at = r->context->now;
    o.fetched_at = o.fetched_at == TIME_NONE || o.fetched_at == 0 ? r->context->now : o.fetched_at;
    o.shipment_state = order_roll_up_shipment(&o);
    o.work_status = order_entry_status(r->rows, &o);
    o.from_file = is_from_file(import) ? STR(FROM_FILE_ALONE) : STR("");
    if (!own_shipments(r, &o))
        return error_no_memory(error);
    struct str after = arena_printf(
        r->arena, "{\"work_status\":\"%lld\",\"state\":\"%s\",\"payment_state\":\"%s\"}",
        (long long)o.work_status, order_state_name(o.state), payment_state_name(o.payment_state));
    import->outcome = IMPORT_CREATED;
    import->order_id = o.id;
    return order_rows_insert(r->rows, &o, item->hash, error) &&
           order_rows_event(r->rows, o.id, "created", STR_ABSENT, after, cause_of(r, import),
                            error) &&
           (import->raw.n == 0 ||
            order_rows_raw(r->rows, &o, false, import->raw, import->raw_type, error));
}

// A round brings orders of one mall, mostly; others wait for a round of their own.
static bool learn(struct round *r, struct item **items, size_t count, struct error *error)
{
    size_t n = 0;
    if (count == 0)
        return true;
    struct str mall = items[0]->import->order->mall;
    if (!packer_use(&r->rows->packer, mall, error))
        return false;
    if (r->rows->packer.dictionary)
        return true;
    const struct order_import **imports = ARENA_ARRAY(r->arena, const struct order_import *, count);
    if (!imports)
        return error_no_memory(error);
    for (size_t i = 0; i < count; i++)
        if (str_eq(items[i]->import->order->mall, mall))
            imports[n++] = items[i]->import;
    return learn_dictionary(&r->rows->packer, imports, n, r->context->now, error);
}

static int compare_items(const void *a, const void *b)
{
    const struct item *const *x = a, *const *y = b;
    return (*x)->id < (*y)->id ? -1 : (*x)->id > (*y)->id;
}

static bool create_new(struct round *r, struct error *error)
{
    struct item **items = ARENA_ARRAY(r->arena, struct item *, r->count);
    size_t n = 0;
    if (!items)
        return error_no_memory(error);
    for (size_t i = 0; i < r->count; i++)
        if (r->items[i].step == STEP_CREATE)
            items[n++] = &r->items[i];
    if (!choose_ids(r, items, n, error) || !learn(r, items, n, error))
        return false;
    // Malls give orders in any order; tables and indexes grow at their ends when ids rise.
    if (n > 1) // NOLINTNEXTLINE(bugprone-sizeof-expression): an array of pointers
        qsort(items, n, sizeof items[0], compare_items);
    for (size_t i = 0; i < n; i++)
        if (!write_new(r, items[i], error))
            return false;
    return true;
}

static bool import_round(struct round *r, struct error *error)
{
    return look_up(r, error) && put_aside_bad(r, error) && update_known(r, error) &&
           create_new(r, error) && (!arena_failed(r->arena) || error_no_memory(error)) &&
           order_rows_finish(r->rows, error);
}

// What was quarantined and has gone in now. Mostly nothing is open, so one look per shop is enough.
static bool resolve_shop(struct round *r, row_id shop_id, struct error *error)
{
    size_t n = 0;
    row_id *ids = ARENA_ARRAY(r->arena, row_id, r->count);
    struct db_stmt *s = db_prepare(r->conn,
                                   "SELECT id, order_no FROM quarantine WHERE org_id = $1 AND "
                                   "shop_id = $2 AND resolved_at IS NULL LIMIT 100000",
                                   error);
    if (!s)
        return false;
    if (!ids)
        return error_no_memory(error);
    db_bind_int(s, 1, r->context->org_id);
    db_bind_int(s, 2, shop_id);
    enum db_step step;
    while ((step = db_step(s, error)) == DB_STEP_ROW) {
        uint32_t slot = *slot_of(r, shop_id, db_text(s, 1));
        if (slot && r->items[slot - 1].import->outcome != IMPORT_QUARANTINED && n < r->count)
            ids[n++] = db_int(s, 0);
    }
    if (step == DB_STEP_ERROR)
        return false;
    for (size_t i = 0; i < n; i++) {
        s = db_prepare(
            r->conn, "UPDATE quarantine SET resolved_at = $3 WHERE org_id = $1 AND id = $2", error);
        if (!s)
            return false;
        db_bind_int(s, 1, r->context->org_id);
        db_bind_int(s, 2, ids[i]);
        db_bind_int(s, 3, r->context->now);
        if (!db_run(s, error))
            return false;
    }
    return true;
}

static bool resolve_quarantine(struct round *r, struct error *error)
{
    for (size_t i = 0; i < r->count; i++) {
        row_id shop = r->items[i].import->order->shop_id;
        size_t first = 0;
        while (r->items[first].import->order->shop_id != shop)
            first++;
        if (first == i && !resolve_shop(r, shop, error))
            return false;
    }
    return true;
}

// PostgreSQL keeps plans that it made for an empty table until the table is analysed, which
// autovacuum does a minute later: too late for a first import of a hundred thousand orders. Once is
// enough: what matters is that the planner stops taking the tables for small.
#define ANALYSE_FROM 1000

static bool analyse_once(struct round *r, size_t imported, struct error *error)
{
    if (db_conn_engine(r->conn) != DB_POSTGRES || imported < ANALYSE_FROM / 4)
        return true;
    struct db_stmt *s = db_prepare(r->conn,
                                   "SELECT 1 FROM pg_class WHERE oid = '\"order\"'::regclass AND "
                                   "reltuples < $1 AND EXISTS (SELECT 1 FROM \"order\" OFFSET $1)",
                                   error);
    if (!s)
        return false;
    db_bind_int(s, 1, ANALYSE_FROM);
    enum db_step step = db_step(s, error);
    db_reset(s);
    if (step != DB_STEP_ROW)
        return step == DB_STEP_DONE;
    static const char *const tables[] = {"ANALYZE \"order\"",   "ANALYZE order_package",
                                         "ANALYZE order_line",  "ANALYZE shipment",
                                         "ANALYZE order_event", "ANALYZE order_search"};
    for (size_t i = 0; i < sizeof tables / sizeof tables[0]; i++)
        if (!db_exec(r->conn, tables[i], error))
            return false;
    return true;
}

static bool has_statuses(const struct order_rows *rows, struct error *error)
{
    return rows->status_count > 0 ||
           error_set(error, ERROR_INTERNAL, "status.none", "ステータスが一つもありません。",
                     "The company has no work status.");
}

static bool import_all(struct round *r, struct order_import *imports, size_t count,
                       struct error *error)
{
    for (size_t done = 0; done < count; done += r->count) {
        arena_reset(r->arena);
        r->rows = order_rows_open(r->conn, r->context, r->arena, error);
        if (!r->rows)
            return false;
        memset(r->slots, 0, (r->slot_mask + 1) * sizeof r->slots[0]);
        gather_round(r, imports + done, count - done);
        bool imported =
            has_statuses(r->rows, error) && import_round(r, error) && resolve_quarantine(r, error);
        order_rows_close(r->rows);
        if (!imported)
            return false;
    }
    return analyse_once(r, count, error);
}

bool orders_import(struct db_conn *conn, const struct order_context *context,
                   struct order_import *imports, size_t count, struct error *error)
{
    struct round r = {.conn = conn, .context = context};
    size_t most = count < ROUND_MAX ? count : ROUND_MAX;
    for (r.slot_mask = 15; r.slot_mask < 2 * most; r.slot_mask = 2 * r.slot_mask + 1)
        ;
    r.arena = arena_new(ROUND_BYTES_MAX);
    r.items = memory_zalloc(most ? most : 1, sizeof r.items[0]);
    r.slots = memory_zalloc(r.slot_mask + 1, sizeof r.slots[0]);
    bool imported = r.arena && r.items && r.slots ? import_all(&r, imports, count, error)
                                                  : error_no_memory(error);
    memory_free(r.slots);
    memory_free(r.items);
    arena_free(r.arena);
    return imported;
}
