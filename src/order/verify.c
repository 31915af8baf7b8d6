// SPDX-License-Identifier: Apache-2.0
//
// Holds what is kept twice against its source (design §13): tab counts, what the list shows, the
// search index, history, obligations. Reads only; runs on a reading connection while work goes on,
// so it reads orders in small portions. A finding is a fault of Juchu or of the disk, never of a
// user.
#include "order/rows.h"

#include "base/json.h"
#include "order/obligation.h"
#include "order/index_read.h"
#include "order/search.h"
#include "order/terms.h"

#define PORTION 200
#define PORTION_BYTES_MAX (1u << 30)

struct verifier {
    struct db_conn *conn;
    row_id org_id;
    struct arena *arena; // of the portion
    struct work_status *statuses;
    size_t status_count;
    void (*report)(void *context, const struct error *finding);
    void *context;
    const struct stored_order *orders;
    const row_id *ids;
    size_t count;
    struct str id_array;
};

static void find_fault(struct verifier *v, row_id id, const char *subject, const char *code,
                       const char *ja, const char *en)
{
    struct error e;
    error_set(&e, ERROR_INTERNAL, code, "%s%.0s", "%.0s%s", ja, en);
    error_subject(&e, "%s %lld", subject, (long long)id);
    v->report(v->context, &e);
}

static struct db_stmt *org_statement(struct verifier *v, const char *sql, struct error *error)
{
    struct db_stmt *s = db_prepare(v->conn, sql, error);
    if (s)
        db_bind_int(s, 1, v->org_id);
    return s;
}

// Every row of the query is a fault; column 0 says of which object.
static bool fault_rows(struct verifier *v, const char *sql, const char *subject, const char *code,
                       const char *ja, const char *en, struct error *error)
{
    struct db_stmt *s = org_statement(v, sql, error);
    if (!s)
        return false;
    enum db_step step;
    while ((step = db_step(s, error)) == DB_STEP_ROW)
        find_fault(v, db_int(s, 0), subject, code, ja, en);
    return step == DB_STEP_DONE;
}

static bool check_counts(struct verifier *v, struct error *error)
{
    return fault_rows(
        v,
        "SELECT x.work_status_id FROM (SELECT shop_id, work_status_id, SUM(n) AS n FROM ("
        "SELECT shop_id, work_status_id, COUNT(*) AS n FROM \"order\" WHERE org_id = $1 "
        "GROUP BY shop_id, work_status_id UNION ALL "
        "SELECT shop_id, work_status_id, -count AS n FROM order_count WHERE org_id = $1) AS b "
        "GROUP BY shop_id, work_status_id) AS x WHERE x.n <> 0 LIMIT 10000",
        "work_status", "verify.count", "タブの件数が実際の受注件数と違います。",
        "The count of a tab differs from its orders.", error);
}

#define ORPHANS(table)                                                                     \
    "SELECT c.order_id FROM " table " c LEFT JOIN \"order\" o ON o.org_id = c.org_id AND " \
    "o.id = c.order_id WHERE c.org_id = $1 AND o.id IS NULL LIMIT 10000"

static bool check_orphans(struct verifier *v, struct error *error)
{
    static const char *const queries[] = {
        ORPHANS("order_package"), ORPHANS("order_line"),   ORPHANS("shipment"),
        ORPHANS("payment_event"), ORPHANS("order_link"),   ORPHANS("order_event"),
        ORPHANS("raw_document"),  ORPHANS("order_search"), ORPHANS("writeback")};
    for (size_t i = 0; i < sizeof queries / sizeof queries[0]; i++)
        if (!fault_rows(v, queries[i], "order", "verify.orphan",
                        "受注のない明細・履歴などが残っています。",
                        "Rows of an order that doesn't exist.", error))
            return false;
    return true;
}

static bool check_obligations(struct verifier *v, struct error *error)
{
    return fault_rows(v,
                      "SELECT id FROM writeback WHERE org_id = $1 AND owed <> "
                      "CASE WHEN state IN (7, 8, 10, 11) THEN 0 ELSE 1 END LIMIT 10000",
                      "writeback", "verify.owed", "書き込みの未完了の印が状態と合いません。",
                      "A write-back's owed mark contradicts its state.", error) &&
           fault_rows(v,
                      "SELECT MIN(id) FROM writeback WHERE org_id = $1 AND owed = 1 AND state IN "
                      "(0, 1, 2) "
                      "GROUP BY order_id, aspect HAVING COUNT(*) > 1 LIMIT 10000",
                      "writeback", "verify.two_obligations",
                      "同じ内容の書き込み待ちが二つあります。",
                      "Two unsent write-backs for one order and aspect.", error) &&
           fault_rows(
               v,
               "SELECT id FROM writeback WHERE org_id = $1 AND state IN (1, 2) AND reason = '' "
               "LIMIT 10000",
               "writeback", "verify.no_reason", "止まっている書き込みに理由がありません。",
               "A write-back waits without a stated reason.", error);
}

static const struct stored_order *order_of(const struct verifier *v, row_id id)
{
    size_t from = 0, to = v->count;
    while (from < to) {
        size_t middle = (from + to) / 2;
        if (v->ids[middle] == id)
            return v->orders[middle].found ? &v->orders[middle] : NULL;
        if (v->ids[middle] < id)
            from = middle + 1;
        else
            to = middle;
    }
    return NULL;
}

typedef void (*row_fn)(struct verifier *v, const struct stored_order *o, struct db_stmt *s,
                       void *context);

// Rows of the portion's orders; column 0 is the order's id. Calls fn for orders that are still
// there.
static bool portion_rows(struct verifier *v, const char *one, const char *all, row_fn fn,
                         void *context, struct error *error)
{
    bool array = db_conn_engine(v->conn) == DB_POSTGRES;
    struct db_stmt *s = db_prepare(v->conn, array ? all : one, error);
    if (!s)
        return false;
    for (size_t i = 0; i < (array ? 1 : v->count); i++) {
        enum db_step step;
        db_bind_int(s, 1, v->org_id);
        if (array)
            db_bind_text(s, 2, v->id_array);
        else
            db_bind_int(s, 2, v->ids[i]);
        while ((step = db_step(s, error)) == DB_STEP_ROW) {
            const struct stored_order *o = order_of(v, db_int(s, 0));
            if (o)
                fn(v, o, s, context);
        }
        if (step == DB_STEP_ERROR)
            return false;
    }
    return true;
}

#define PORTION_QUERY(columns, table, key, order)                                 \
    "SELECT " columns " FROM " table " WHERE org_id = $1 AND " key " = $2" order, \
        "SELECT " columns " FROM " table " WHERE org_id = $1 AND " key            \
        " = ANY($2::bigint[])" order

static void check_summary(struct verifier *v, const struct stored_order *stored, struct db_stmt *s,
                          void *context)
{
    const struct order *o = &stored->order;
    int64_t lines = 0, quantity = 0;
    for (size_t i = 0; i < o->package_count; i++) {
        lines += (int64_t)o->packages[i].line_count;
        for (size_t k = 0; k < o->packages[i].line_count; k++)
            quantity += o->packages[i].lines[k].quantity;
    }
    // Somebody changed it between the two reads: looked at next time.
    if (db_int(s, 5) != o->version)
        return;
    if (db_int(s, 1) != lines || db_int(s, 2) != (int64_t)o->package_count ||
        db_int(s, 3) != quantity || o->package_count == 0)
        find_fault(v, o->id, "order", "verify.children", "受注の明細・送付先の数が合いません。",
                   "Lines or packages of an order are missing.");
    if (o->shipment_state != order_roll_up_shipment(o))
        find_fault(v, o->id, "order", "verify.roll_up", "受注の出荷状態が送付先と合いません。",
                   "An order's shipment state contradicts its packages.");
    int role = status_role_of(v->statuses, v->status_count, o->work_status);
    if (role < 0 || db_int(s, 4) != role_is_open(role))
        find_fault(v, o->id, "order", "verify.status", "受注のステータスが正しくありません。",
                   "An order's work status is unknown or its open mark is wrong.");
}

struct history {
    row_id order_id, work_status;
    bool created;
    struct str state;
};

static void check_history_end(struct verifier *v, const struct history *h)
{
    const struct stored_order *stored = h->order_id ? order_of(v, h->order_id) : NULL;
    if (!stored)
        return;
    if (!h->created)
        find_fault(v, h->order_id, "order", "verify.not_created", "受注の登録の履歴がありません。",
                   "An order's history doesn't tell how it came.");
    if (h->work_status && h->work_status != stored->order.work_status)
        find_fault(v, h->order_id, "order", "verify.history_status",
                   "受注のステータスが履歴と合いません。",
                   "An order's work status contradicts its history.");
    if (h->state.n && !str_eq(h->state, str_from(order_state_name(stored->order.state))))
        find_fault(v, h->order_id, "order", "verify.history_state",
                   "受注の状態が履歴と合いません。", "An order's state contradicts its history.");
}

static void follow_event(struct verifier *v, const struct stored_order *stored, struct db_stmt *s,
                         void *context)
{
    struct history *h = context;
    struct json root;
    struct error ignored;
    row_id status;
    if (h->order_id != stored->order.id) {
        check_history_end(v, h);
        *h = (struct history){.order_id = stored->order.id};
    }
    h->created |= str_eq(db_text(s, 1), STR("created"));
    if (db_text(s, 2).n == 0)
        return;
    if (!json_parse(v->arena, db_text(s, 2), true, &root, &ignored)) {
        find_fault(v, stored->order.id, "order", "verify.event", "受注の履歴が読み取れません。",
                   "A line of an order's history can't be read.");
        return;
    }
    if (id_parse(json_str(json_get(root, "work_status")), &status))
        h->work_status = status;
    struct str state = json_str(json_get(root, "state"));
    if (state.n)
        h->state = state;
}

static bool check_history(struct verifier *v, struct error *error)
{
    struct history h = {0};
    if (!portion_rows(v,
                      PORTION_QUERY("order_id, kind, after_json", "order_event", "order_id",
                                    " ORDER BY order_id, id"),
                      follow_event, &h, error))
        return false;
    check_history_end(v, &h);
    return true;
}

static void mark_seen(struct verifier *v, const struct stored_order *stored, struct db_stmt *s,
                      void *context)
{
    bool *seen = context;
    seen[stored - v->orders] = true;
}

// Each order of the portion has a row of that table.
static bool check_present(struct verifier *v, const char *one, const char *all, const char *code,
                          const char *ja, const char *en, struct error *error)
{
    bool *seen = ARENA_ARRAY(v->arena, bool, v->count);
    if (!seen)
        return error_no_memory(error);
    if (!portion_rows(v, one, all, mark_seen, seen, error))
        return false;
    for (size_t i = 0; i < v->count; i++)
        if (v->orders[i].found && !seen[i])
            find_fault(v, v->ids[i], "order", code, ja, en);
    return true;
}

static void check_text(struct verifier *v, const struct stored_order *stored, struct db_stmt *s,
                       void *context)
{
    AUTO_BUF folded = buf_make(4 * SEARCH_TEXT_BYTES_MAX);
    bool *no_memory = context;
    search_text(&stored->order, &folded);
    if (!str_eq(db_text(s, 1), buf_str(&folded)) && !folded.failed)
        find_fault(v, stored->order.id, "order", "verify.search_text",
                   "検索用の文字列が受注と合いません。", "An order's search text is out of date.");
    *no_memory |= folded.failed;
}

static void keep_term(void *context, struct str term, size_t start, size_t end)
{
    uint32_t *last = context;
    *last = term_hash(term);
}

// The last term of each order's text leads to it.
static bool check_index(struct verifier *v, struct error *error)
{
    AUTO_BUF folded = buf_make(4 * SEARCH_TEXT_BYTES_MAX);
    uint32_t *hashes = ARENA_ARRAY(v->arena, uint32_t, v->count);
    bool *in = ARENA_ARRAY(v->arena, bool, v->count), vanished = true;
    if (!hashes || !in)
        return error_no_memory(error);
    for (size_t i = 0; i < v->count; i++) {
        hashes[i] = UINT32_MAX;
        search_text(&v->orders[i].order, &folded);
        if (v->orders[i].found)
            terms_each(buf_str(&folded), keep_term, &hashes[i]);
        in[i] = hashes[i] == UINT32_MAX;
    }
    if (folded.failed)
        return error_no_memory(error);
    // In no segment yet: looked at before the segments, so that none slips through between.
    if (!portion_rows(v, PORTION_QUERY("order_id", "search_fresh", "order_id", ""), mark_seen, in,
                      error))
        return false;
    for (int attempt = 0; vanished && attempt < INDEX_ATTEMPTS; attempt++)
        if (!index_holds(v->conn, v->org_id, v->ids, hashes, v->count, v->arena, in, &vanished,
                         error))
            return false;
    for (size_t i = 0; i < v->count; i++)
        if (!in[i])
            find_fault(v, v->ids[i], "order", "verify.search_terms",
                       "検索の索引に受注がありません。",
                       "An order is missing in the search index.");
    return true;
}

static bool check_search(struct verifier *v, struct error *error)
{
    bool no_memory = false;
    return check_present(v, PORTION_QUERY("order_id", "order_search", "order_id", ""),
                         "verify.search_missing", "受注が検索の対象になっていません。",
                         "An order has no search text.", error) &&
           portion_rows(v, PORTION_QUERY("order_id, folded", "order_search", "order_id", ""),
                        check_text, &no_memory, error) &&
           (!no_memory || error_no_memory(error)) && check_index(v, error);
}

static void check_newest(struct verifier *v, const struct stored_order *stored, struct db_stmt *s,
                         void *context)
{
    bool *told = context;
    size_t i = (size_t)(stored - v->orders);
    // Rows come newest first: only the first of an order counts for the list.
    if (!told[i] && stored->writeback_state != (int)db_int(s, 1) &&
        db_int(s, 1) != WRITEBACK_SUPERSEDED)
        find_fault(v, stored->order.id, "order", "verify.writeback_state",
                   "一覧の書き込み状態が実際と合いません。",
                   "The list shows another state of the write-back.");
    told[i] = true;
}

static bool entered_here(const struct order *o)
{
    for (size_t i = 0; i < o->package_count; i++)
        for (size_t k = 0; k < o->packages[i].shipment_count; k++)
            if (o->packages[i].shipments[k].source != SHIPMENT_FROM_MALL)
                return true;
    return false;
}

// Design §13.4: what staff shipped is told to the mall, or it is said why not.
static bool check_told(struct verifier *v, struct error *error)
{
    bool *told = ARENA_ARRAY(v->arena, bool, v->count);
    if (!told)
        return error_no_memory(error);
    if (!portion_rows(v,
                      PORTION_QUERY("order_id, state", "writeback", "aspect = 1 AND order_id",
                                    " ORDER BY order_id, revision DESC"),
                      check_newest, told, error))
        return false;
    for (size_t i = 0; i < v->count; i++)
        if (v->orders[i].found && !told[i] && entered_here(&v->orders[i].order))
            find_fault(v, v->ids[i], "order", "verify.not_told",
                       "発送を入力した受注に、モールへの書き込みがありません。",
                       "A shipped order has no obligation to tell the mall.");
    return true;
}

static bool check_portion(struct verifier *v, struct error *error)
{
    return portion_rows(v,
                        PORTION_QUERY("id, line_count, package_count, quantity, open, version",
                                      "\"order\"", "id", ""),
                        check_summary, NULL, error) &&
           check_present(v, PORTION_QUERY("order_id", "order_event", "order_id", ""),
                         "verify.no_history", "受注に履歴がありません。",
                         "An order has no history.", error) &&
           check_history(v, error) && check_search(v, error) && check_told(v, error) &&
           (!arena_failed(v->arena) || error_no_memory(error));
}

static bool next_ids(struct verifier *v, row_id after, row_id *ids, size_t *count,
                     struct error *error)
{
    struct db_stmt *s = org_statement(
        v, "SELECT id FROM \"order\" WHERE org_id = $1 AND id > $2 ORDER BY id LIMIT 200", error);
    *count = 0;
    if (!s)
        return false;
    db_bind_int(s, 2, after);
    enum db_step step;
    while ((step = db_step(s, error)) == DB_STEP_ROW)
        if (*count < PORTION)
            ids[(*count)++] = db_int(s, 0);
    return step == DB_STEP_DONE;
}

static bool read_portion(struct verifier *v, row_id *ids, struct error *error)
{
    struct stored_order *orders = ARENA_ARRAY(v->arena, struct stored_order, v->count);
    AUTO_BUF array = buf_make(64 * PORTION);
    array_begin(&array);
    for (size_t i = 0; i < v->count; i++)
        array_int(&array, ids[i]);
    array_end(&array);
    if (!orders || array.failed)
        return error_no_memory(error);
    v->ids = ids;
    v->orders = orders;
    v->id_array = str_dup(v->arena, buf_str(&array));
    return orders_load(v->conn, v->org_id, ids, v->count, false, v->arena, orders, error);
}

static bool check_orders(struct verifier *v, struct error *error)
{
    row_id after = 0;
    for (;;) {
        arena_reset(v->arena);
        row_id *ids = ARENA_ARRAY(v->arena, row_id, PORTION);
        if (!ids)
            return error_no_memory(error);
        if (!next_ids(v, after, ids, &v->count, error))
            return false;
        if (v->count == 0)
            return true;
        if (!read_portion(v, ids, error) || !check_portion(v, error))
            return false;
        after = ids[v->count - 1];
    }
}

bool orders_verify(struct db_conn *conn, row_id org_id,
                   void (*report)(void *context, const struct error *finding), void *context,
                   struct error *error)
{
    AUTO_ARENA kept = arena_new(16u << 20);
    AUTO_ARENA portion = arena_new(PORTION_BYTES_MAX);
    struct verifier v = {
        .conn = conn, .org_id = org_id, .arena = portion, .report = report, .context = context};
    if (!kept || !portion)
        return error_no_memory(error);
    return work_statuses(conn, org_id, kept, &v.statuses, &v.status_count, error) &&
           check_counts(&v, error) && check_orphans(&v, error) && check_obligations(&v, error) &&
           check_orders(&v, error);
}
