// SPDX-License-Identifier: Apache-2.0
//
// 変換設定: table mapping over the malls' declared defaults; which orders hold a value; what a
// change of a mapping sets in motion. Invariant: an own mapping's version only grows, also when it
// was removed in between, so that nobody overwrites what he hasn't seen. Database threads.
#include "base/json.h"
#include "order/pack.h"
#include "sync/settings.h"
#include "sync/sync.h"

#define OWN_MAX 2000
#define UNMAPPED_MAX 500
#define UNMAPPED_BIT "33554432" // ORDER_MARK_UNMAPPED, as index order_unmapped spells it
#define DAY_MS INT64_C(86400000)
_Static_assert(ORDER_MARK_UNMAPPED == 33554432, "sql/0002_api.sql has this number");

struct own {
    struct mapping_value value;
    int64_t version;
    time_ms updated_at;
};

static bool own_list(struct db_conn *conn, row_id org_id, const struct mall *mall,
                     struct arena *arena, struct own **list, size_t *count, struct error *error)
{
    *count = 0;
    if (!(*list = ARENA_ARRAY(arena, struct own, OWN_MAX)))
        return error_no_memory(error);
    struct db_stmt *s = db_prepare(conn,
                                   "SELECT kind, direction, mall_value, our_value, version, "
                                   "updated_at FROM mapping WHERE org_id = $1 AND mall = $2 ORDER "
                                   "BY kind, direction, mall_value LIMIT 2000",
                                   error);
    if (!s)
        return false;
    db_bind_id(s, 1, org_id);
    db_bind_text(s, 2, str_from(mall->id));
    enum db_step step = db_step(s, error);
    for (; step == DB_STEP_ROW; step = db_step(s, error)) {
        int kind = mapping_kind_from_name(db_text(s, 0));
        int direction = mapping_direction_from_name(db_text(s, 1));
        if (kind < 0 || direction < 0)
            continue; // of a newer version
        (*list)[(*count)++] = (struct own){.value = {.kind = (enum mapping_kind)kind,
                                                     .direction = (enum mapping_direction)direction,
                                                     .mall_value = str_dup(arena, db_text(s, 2)),
                                                     .our_value = str_dup(arena, db_text(s, 3))},
                                           .version = db_int(s, 4),
                                           .updated_at = db_time(s, 5)};
    }
    if (step == DB_STEP_ERROR)
        return false;
    return arena_failed(arena) ? error_no_memory(error) : true;
}

bool mappings_load(struct db_conn *conn, row_id org_id, const struct mall *mall,
                   struct arena *arena, struct mapping_value **values, size_t *count,
                   struct error *error)
{
    struct own *own;
    if (!own_list(conn, org_id, mall, arena, &own, count, error))
        return false;
    if (!(*values = ARENA_ARRAY(arena, struct mapping_value, *count)))
        return error_no_memory(error);
    for (size_t i = 0; i < *count; i++)
        (*values)[i] = own[i].value;
    return true;
}

static bool same_key(const struct mall_mapping *m, const struct mapping_value *v)
{
    return m->kind == v->kind && m->direction == v->direction &&
           str_eq(str_from(m->mall_value), v->mall_value);
}

static bool list_mall(struct db_conn *conn, row_id org_id, const struct mall *mall, int kind,
                      struct arena *arena, struct mapping_row *rows, size_t *count,
                      struct error *error)
{
    struct own *own;
    size_t own_count;
    if (!own_list(conn, org_id, mall, arena, &own, &own_count, error))
        return false;
    bool *used = ARENA_ARRAY(arena, bool, own_count);
    if (!used)
        return error_no_memory(error);
    for (size_t i = 0; i < mall->mapping_count; i++) {
        const struct mall_mapping *m = &mall->mappings[i];
        struct mapping_row *row = &rows[*count];
        *row = (struct mapping_row){.mall = mall,
                                    .kind = m->kind,
                                    .direction = m->direction,
                                    .mall_value = str_from(m->mall_value),
                                    .mall_label = m->mall_label,
                                    .default_value = str_from(m->our_value),
                                    .updated_at = TIME_NONE};
        for (size_t k = 0; k < own_count; k++) {
            // Of one value sent for two of ours, the own mapping replaces the first.
            if (used[k] || !same_key(m, &own[k].value))
                continue;
            used[k] = true;
            row->own_value = own[k].value.our_value;
            row->version = own[k].version;
            row->updated_at = own[k].updated_at;
        }
        *count += kind < 0 || (int)m->kind == kind;
    }
    for (size_t k = 0; k < own_count; k++) {
        if (used[k] || (kind >= 0 && (int)own[k].value.kind != kind))
            continue;
        rows[(*count)++] = (struct mapping_row){.mall = mall,
                                                .kind = own[k].value.kind,
                                                .direction = own[k].value.direction,
                                                .mall_value = own[k].value.mall_value,
                                                .own_value = own[k].value.our_value,
                                                .version = own[k].version,
                                                .updated_at = own[k].updated_at};
    }
    return true;
}

bool mapping_list(struct db_conn *conn, row_id org_id, const struct mall *mall, int kind,
                  struct arena *arena, struct mapping_row **list, size_t *count,
                  struct error *error)
{
    size_t mall_count, capacity = 0;
    const struct mall *const *all = malls(&mall_count);
    *count = 0;
    for (size_t i = 0; i < mall_count; i++)
        capacity += mall && mall != all[i] ? 0 : all[i]->mapping_count + OWN_MAX;
    // One place more: a row of another kind is written and then left.
    if (!(*list = ARENA_ARRAY(arena, struct mapping_row, capacity + 1)))
        return error_no_memory(error);
    for (size_t i = 0; i < mall_count; i++) {
        if ((!mall || mall == all[i]) &&
            !list_mall(conn, org_id, all[i], kind, arena, *list, count, error))
            return false;
    }
    return true;
}

// --- what nothing maps ---

static struct str proposal_for(enum mapping_kind kind, struct str value, struct str words)
{
    if (kind != MAPPING_DELIVERY && kind != MAPPING_CARRIER)
        return STR("");
    const struct carrier *c = carrier_from_text(words.n > 0 ? words : value);
    return c ? str_from(c->code) : STR("");
}

#define DETAIL_BYTES_MAX ((size_t)16 << 20)

struct gathering {
    struct arena *arena;
    struct unpacker unpacker;
    struct buf plain;
    struct unmapped_value *list;
    size_t count;
};

static void gather(struct gathering *g, const struct mall *mall, enum mapping_kind kind,
                   struct str value, struct str words, time_ms at, bool open)
{
    struct unmapped_value *one = NULL;
    for (size_t i = 0; i < g->count && !one; i++) {
        struct unmapped_value *u = &g->list[i];
        if (u->mall == mall && u->kind == kind && str_eq(u->mall_value, value))
            one = u;
    }
    if (!one && g->count == UNMAPPED_MAX)
        return;
    if (!one) {
        one = &g->list[g->count++];
        *one = (struct unmapped_value){.mall = mall,
                                       .kind = kind,
                                       .mall_value = str_dup(g->arena, value),
                                       .words = str_dup(g->arena, words),
                                       .proposal = proposal_for(kind, value, words),
                                       .last_at = at};
    }
    one->orders++;
    one->open += open;
    if (at > one->last_at)
        one->last_at = at;
}

static bool gather_row(struct gathering *g, struct db_stmt *s, struct error *error)
{
    const struct mall *mall = mall_by_id(db_text(s, 0));
    AUTO_ARENA scratch = arena_new(DETAIL_BYTES_MAX);
    struct json root, extra;
    struct str text;
    if (!scratch)
        return error_no_memory(error);
    if (!mall)
        return true;
    buf_reset(&g->plain);
    if (!unpack_detail(&g->unpacker, db_blob(s, 4), &g->plain, &text, error) ||
        !json_parse(scratch, text, false, &root, error))
        return false;
    for (struct json_iter i = json_iterate(json_get(root, "extras")); json_next(&i, &extra);) {
        struct str key = json_str(json_get(extra, "key"));
        if (!str_starts(key, STR("unmapped.")))
            continue;
        int kind = mapping_kind_from_name(str_slice(key, 9, key.n));
        if (kind >= 0)
            gather(g, mall, (enum mapping_kind)kind, json_str(json_get(extra, "value")),
                   kind == MAPPING_PAYMENT ? db_text(s, 3) : STR(""), db_time(s, 1),
                   db_int(s, 2) != 0);
    }
    return true;
}

static void most_frequent_first(struct unmapped_value *list, size_t count)
{
    for (size_t i = 1; i < count; i++) {
        struct unmapped_value one = list[i];
        size_t k = i;
        for (; k > 0 && list[k - 1].orders < one.orders; k--)
            list[k] = list[k - 1];
        list[k] = one;
    }
}

static bool gather_all(struct gathering *g, struct db_conn *conn, row_id org_id,
                       const struct mall *mall, time_ms now, struct error *error)
{
    struct db_stmt *s = db_prepare(
        conn,
        "SELECT mall, ordered_at, open, payment_method, detail FROM \"order\" WHERE org_id = $1 "
        "AND ordered_at >= $2 AND (marks & " UNMAPPED_BIT ") <> 0 AND ($3::text = '' OR mall = $3) "
        "ORDER BY ordered_at DESC LIMIT 50000",
        error);
    if (!s)
        return false;
    db_bind_id(s, 1, org_id);
    db_bind_int(s, 2, now - WHAT_IF_DAYS * DAY_MS);
    db_bind_text(s, 3, mall ? str_from(mall->id) : STR(""));
    enum db_step step = db_step(s, error);
    for (; step == DB_STEP_ROW; step = db_step(s, error)) {
        if (!gather_row(g, s, error)) {
            db_reset(s);
            return false;
        }
    }
    return step != DB_STEP_ERROR;
}

bool mapping_unmapped(struct db_conn *conn, row_id org_id, const struct mall *mall, time_ms now,
                      struct arena *arena, struct unmapped_value **list, size_t *count,
                      struct error *error)
{
    struct gathering g = {.arena = arena,
                          .plain = buf_make(DETAIL_BYTES_MAX),
                          .list = ARENA_ARRAY(arena, struct unmapped_value, UNMAPPED_MAX)};
    *count = 0;
    *list = g.list;
    if (!g.list)
        return error_no_memory(error);
    unpacker_init(&g.unpacker, conn, org_id);
    bool ok = gather_all(&g, conn, org_id, mall, now, error);
    unpacker_free(&g.unpacker);
    buf_free(&g.plain);
    if (!ok)
        return false;
    most_frequent_first(g.list, g.count);
    *count = g.count;
    return arena_failed(arena) ? error_no_memory(error) : true;
}

// --- which orders hold a value ---

// What the value means now and would mean.
struct meaning {
    struct str before, after; // STR_ABSENT: nothing
};

static bool meaning_of(struct db_conn *conn, row_id org_id, const struct mapping_change *change,
                       struct arena *arena, struct meaning *m, struct error *error)
{
    struct mall_account now = {.mall = change->mall}, then = {.mall = change->mall};
    struct mapping_value *own, *other;
    size_t count, kept = 0;
    if (!mappings_load(conn, org_id, change->mall, arena, &own, &count, error))
        return false;
    if (!(other = ARENA_ARRAY(arena, struct mapping_value, count + 1)))
        return error_no_memory(error);
    if (change->our_value.p)
        other[kept++] = (struct mapping_value){change->kind, change->direction, change->mall_value,
                                               change->our_value};
    for (size_t i = 0; i < count; i++) {
        bool replaced = own[i].kind == change->kind && own[i].direction == change->direction &&
                        str_eq(own[i].mall_value, change->mall_value);
        if (!replaced)
            other[kept++] = own[i];
    }
    now.mappings = own;
    now.mapping_count = count;
    then.mappings = other;
    then.mapping_count = kept;
    *m = (struct meaning){account_map_in(&now, change->kind, change->mall_value),
                          account_map_in(&then, change->kind, change->mall_value)};
    return true;
}

static bool same_meaning(const struct meaning *m)
{
    return (m->before.p != NULL) == (m->after.p != NULL) &&
           (!m->before.p || str_eq(m->before, m->after));
}

static struct str quoted(struct arena *arena, const char *prefix, struct str value)
{
    AUTO_BUF buf = buf_make(8192);
    struct json_writer w = json_writer_make(&buf);
    json_write_str(&w, value);
    return buf.failed ? STR_ABSENT : arena_printf(arena, "%s%.*s", prefix, STR_ARG(buf_str(&buf)));
}

#define CANDIDATE \
    "SELECT id, shop_id, order_no, ordered_at, payment_method, detail FROM \"order\" o "
#define HOLDS                                                                                    \
    " AND o.mall = $3 AND CASE $4::text WHEN 'payment' THEN 1 WHEN 'delivery' THEN CASE WHEN "   \
    "o.delivery_method = $5 THEN 1 ELSE 0 END WHEN 'slot' THEN CASE WHEN o.requested_slot = $5 " \
    "OR o.requested_slot = $6 THEN 1 ELSE 0 END ELSE CASE WHEN EXISTS (SELECT 1 FROM shipment "  \
    "p WHERE p.org_id = o.org_id AND p.order_id = o.id AND p.carrier_mall_code = $5) OR "        \
    "(o.tracking_number = '' AND o.carrier = $6) THEN 1 ELSE 0 END END = 1 ORDER BY "            \
    "o.ordered_at DESC, o.id DESC LIMIT 50001"

static struct db_stmt *candidates(struct db_conn *conn, row_id org_id,
                                  const struct mapping_change *change, const struct meaning *m,
                                  time_ms since, bool open_only, struct error *error)
{
    struct db_stmt *s = db_prepare(
        conn,
        open_only ? CANDIDATE "WHERE o.org_id = $1 AND o.open = 1 AND o.ordered_at >= $2" HOLDS
                  : CANDIDATE "WHERE o.org_id = $1 AND o.ordered_at >= $2" HOLDS,
        error);
    if (!s)
        return NULL;
    db_bind_id(s, 1, org_id);
    db_bind_int(s, 2, since);
    db_bind_text(s, 3, str_from(change->mall->id));
    db_bind_text(s, 4, str_from(mapping_kind_name(change->kind)));
    db_bind_text(s, 5, change->mall_value);
    // Without a meaning so far nothing was stored under it.
    db_bind_text(s, 6, m->before.n > 0 ? m->before : STR("\x01"));
    return s;
}

// Which rows hold the value: columns say it for all kinds but the payment method, whose code is in
// the detail.
struct sieve {
    const struct mapping_change *change;
    struct str code;
    struct unpacker unpacker;
    struct buf plain;
};

static bool sieve_open(struct sieve *v, struct db_conn *conn, row_id org_id,
                       const struct mapping_change *change, struct arena *arena,
                       struct error *error)
{
    *v = (struct sieve){.change = change,
                        .code = quoted(arena, "\"payment_method_code\":", change->mall_value),
                        .plain = buf_make(DETAIL_BYTES_MAX)};
    unpacker_init(&v->unpacker, conn, org_id);
    return v->code.p ? true : error_no_memory(error);
}

static void sieve_close(struct sieve *v)
{
    unpacker_free(&v->unpacker);
    buf_free(&v->plain);
}

static bool row_holds(struct sieve *v, struct db_stmt *s, bool *holds, struct error *error)
{
    struct str detail;
    *holds = v->change->kind != MAPPING_PAYMENT || str_eq(db_text(s, 4), v->change->mall_value);
    if (*holds)
        return true;
    buf_reset(&v->plain);
    if (!unpack_detail(&v->unpacker, db_blob(s, 5), &v->plain, &detail, error))
        return false;
    *holds = str_find(detail, v->code) >= 0;
    return true;
}

static bool what_if_out(struct db_conn *conn, row_id org_id, const struct mapping_change *change,
                        struct arena *arena, struct what_if *result, struct error *error)
{
    struct db_stmt *s = db_prepare(
        conn,
        "SELECT w.order_id, w.shop_id, w.order_no, o.ordered_at FROM writeback w JOIN \"order\" o "
        "ON o.org_id = w.org_id AND o.id = w.order_id WHERE w.org_id = $1 AND w.owed = 1 AND "
        "w.aspect = $2 AND o.mall = $3 AND EXISTS (SELECT 1 FROM shipment p WHERE p.org_id = "
        "o.org_id AND p.order_id = o.id AND p.carrier = $4) ORDER BY w.id DESC LIMIT 50000",
        error);
    if (!s)
        return false;
    db_bind_id(s, 1, org_id);
    db_bind_int(s, 2, ASPECT_SHIPMENT);
    db_bind_text(s, 3, str_from(change->mall->id));
    db_bind_text(s, 4, change->our_value.p ? change->our_value : STR(""));
    enum db_step step = db_step(s, error);
    for (; step == DB_STEP_ROW; step = db_step(s, error)) {
        if (result->count++ < WHAT_IF_ITEMS)
            result->items[result->item_count++] =
                (struct what_if_item){.order_id = db_int(s, 0),
                                      .shop_id = db_int(s, 1),
                                      .order_no = str_dup(arena, db_text(s, 2)),
                                      .ordered_at = db_time(s, 3),
                                      .before = STR(""),
                                      .after = change->mall_value};
    }
    return step != DB_STEP_ERROR;
}

static void add_changed(struct what_if *result, struct db_stmt *s, const struct meaning *m,
                        struct arena *arena)
{
    if (result->count++ < WHAT_IF_ITEMS)
        result->items[result->item_count++] =
            (struct what_if_item){.order_id = db_int(s, 0),
                                  .shop_id = db_int(s, 1),
                                  .order_no = str_dup(arena, db_text(s, 2)),
                                  .ordered_at = db_time(s, 3),
                                  .before = m->before.p ? m->before : STR(""),
                                  .after = m->after.p ? m->after : STR("")};
}

static bool what_if_in(struct db_conn *conn, row_id org_id, struct sieve *sieve,
                       const struct meaning *m, time_ms now, struct arena *arena,
                       struct what_if *result, struct error *error)
{
    struct db_stmt *s =
        candidates(conn, org_id, sieve->change, m, now - WHAT_IF_DAYS * DAY_MS, false, error);
    int64_t looked_at = 0;
    if (!s)
        return false;
    enum db_step step = db_step(s, error);
    for (; step == DB_STEP_ROW; step = db_step(s, error)) {
        bool holds;
        result->capped = ++looked_at > WHAT_IF_ORDERS_MAX;
        if (!row_holds(sieve, s, &holds, error)) {
            db_reset(s);
            return false;
        }
        if (holds)
            add_changed(result, s, m, arena);
    }
    if (step == DB_STEP_ERROR)
        return false;
    return arena_failed(arena) ? error_no_memory(error) : true;
}

bool mapping_what_if(struct db_conn *conn, row_id org_id, const struct mapping_change *change,
                     time_ms now, struct arena *arena, struct what_if *result, struct error *error)
{
    struct meaning m;
    struct sieve sieve;
    *result = (struct what_if){0};
    if (change->direction == MAPPING_OUT)
        return what_if_out(conn, org_id, change, arena, result, error);
    if (!meaning_of(conn, org_id, change, arena, &m, error))
        return false;
    if (same_meaning(&m))
        return true;
    bool ok = sieve_open(&sieve, conn, org_id, change, arena, error) &&
              what_if_in(conn, org_id, &sieve, &m, now, arena, result, error);
    sieve_close(&sieve);
    return ok;
}

// --- changing one ---

bool mapping_check(const struct mapping_change *change, struct error *error)
{
    if (change->mall_value.n == 0 || change->mall_value.n > 300 || !str_is_utf8(change->mall_value))
        return error_set(error, ERROR_BAD_INPUT, "mapping.mall_value",
                         "モールの値を100文字以内で入力してください。",
                         "give the mall's value, at most 100 characters");
    if (!change->our_value.p || mapping_value_known(change->kind, change->our_value))
        return true;
    error_set(error, ERROR_BAD_INPUT, "mapping.value_unknown",
              "「%.*s」は登録できる値ではありません。", "\"%.*s\" is no value to map to",
              STR_ARG(str_utf8_cut(change->our_value, 60)));
    switch (change->kind) {
    case MAPPING_PAYMENT:
        return error_hint(error,
                          "none(支払なし)、before(前払い)、authorization(与信)、after(後払い)の"
                          "いずれかです。",
                          "One of none, before, authorization, after.");
    case MAPPING_SLOT:
        return error_hint(error, "午前中、午後、その他、または 14:00-16:00 の形です。",
                          "午前中, 午後, その他, or like 14:00-16:00.");
    default:
        return error_hint(error, "配送業者のコード(yamato、sagawa、japan_post など)です。",
                          "The code of a carrier: yamato, sagawa, japan_post …");
    }
}

static bool own_now(struct db_conn *conn, row_id org_id, const struct mapping_change *change,
                    struct arena *arena, struct str *value, int64_t *version, struct error *error)
{
    *value = STR_ABSENT;
    *version = 0;
    struct db_stmt *s =
        db_prepare(conn,
                   "SELECT our_value, version FROM mapping WHERE org_id = $1 AND mall = $2 AND "
                   "kind = $3 AND direction = $4 AND mall_value = $5",
                   error);
    if (!s)
        return false;
    db_bind_id(s, 1, org_id);
    db_bind_text(s, 2, str_from(change->mall->id));
    db_bind_text(s, 3, str_from(mapping_kind_name(change->kind)));
    db_bind_text(s, 4, str_from(mapping_direction_name(change->direction)));
    db_bind_text(s, 5, change->mall_value);
    enum db_step step = db_step(s, error);
    if (step == DB_STEP_ROW) {
        *value = str_dup(arena, db_text(s, 0));
        *version = db_int(s, 1);
        db_reset(s);
    }
    return step != DB_STEP_ERROR;
}

static bool store(struct db_conn *conn, const struct order_context *context,
                  const struct mapping_change *change, int64_t version, struct error *error)
{
    struct db_stmt *s = db_prepare(
        conn,
        change->our_value.p
            ? "INSERT INTO mapping (org_id, mall, kind, direction, mall_value, our_value, version, "
              "updated_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT (org_id, mall, "
              "kind, direction, mall_value) DO UPDATE SET our_value = excluded.our_value, version "
              "= excluded.version, updated_at = excluded.updated_at"
            : "DELETE FROM mapping WHERE org_id = $1 AND mall = $2 AND kind = $3 AND direction = "
              "$4 AND mall_value = $5",
        error);
    if (!s)
        return false;
    db_bind_id(s, 1, context->org_id);
    db_bind_text(s, 2, str_from(change->mall->id));
    db_bind_text(s, 3, str_from(mapping_kind_name(change->kind)));
    db_bind_text(s, 4, str_from(mapping_direction_name(change->direction)));
    db_bind_text(s, 5, change->mall_value);
    if (change->our_value.p) {
        db_bind_text(s, 6, change->our_value);
        db_bind_int(s, 7, context->now > version ? context->now : version + 1);
        db_bind_int(s, 8, context->now);
    }
    return db_run(s, error);
}

// A notice that only lacked the mall's code for its carrier goes on.
static bool wake_unmapped_carriers(struct db_conn *conn, const struct order_context *context,
                                   struct error *error)
{
    struct db_stmt *s = db_prepare(conn,
                                   "UPDATE writeback SET next_at = $2 WHERE org_id = $1 AND owed = "
                                   "1 AND state = $3 AND reason = 'shipment.carrier_not_mapped'",
                                   error);
    if (!s)
        return false;
    db_bind_id(s, 1, context->org_id);
    db_bind_int(s, 2, context->now);
    db_bind_int(s, 3, WRITEBACK_BLOCKED);
    return db_run(s, error);
}

struct rereading {
    struct shop *shops;
    size_t shop_count;
    struct str **numbers; // per shop, MAPPING_REREAD_MAX places
    size_t *counts;
};

static bool find_orders(struct db_conn *conn, row_id org_id, struct sieve *sieve,
                        const struct meaning *m, struct arena *arena, struct rereading *r,
                        struct error *error)
{
    struct db_stmt *s = candidates(conn, org_id, sieve->change, m, 0, true, error);
    if (!s)
        return false;
    enum db_step step = db_step(s, error);
    for (; step == DB_STEP_ROW; step = db_step(s, error)) {
        bool holds;
        size_t at = 0;
        while (at < r->shop_count && r->shops[at].id != db_int(s, 1))
            at++;
        if (at == r->shop_count || r->counts[at] == MAPPING_REREAD_MAX)
            continue;
        if (!row_holds(sieve, s, &holds, error)) {
            db_reset(s);
            return false;
        }
        if (holds)
            r->numbers[at][r->counts[at]++] = str_dup(arena, db_text(s, 2));
    }
    return step != DB_STEP_ERROR;
}

static bool read_again(struct db_conn *conn, const struct order_context *context,
                       const struct mapping_change *change, const struct meaning *m,
                       struct arena *arena, int64_t *rereading, struct error *error)
{
    struct rereading r = {0};
    if (!shop_list(conn, context->org_id, arena, &r.shops, &r.shop_count, error))
        return false;
    r.numbers = ARENA_ARRAY(arena, struct str *, r.shop_count);
    r.counts = ARENA_ARRAY(arena, size_t, r.shop_count);
    if (!r.numbers || !r.counts)
        return error_no_memory(error);
    size_t kept = 0;
    for (size_t i = 0; i < r.shop_count; i++) {
        if (r.shops[i].mall != change->mall || !r.shops[i].enabled || !change->mall->read)
            continue;
        r.shops[kept] = r.shops[i];
        if (!(r.numbers[kept++] = ARENA_ARRAY(arena, struct str, MAPPING_REREAD_MAX)))
            return error_no_memory(error);
    }
    r.shop_count = kept;
    if (kept == 0)
        return true;
    struct sieve sieve;
    bool found = sieve_open(&sieve, conn, context->org_id, change, arena, error) &&
                 find_orders(conn, context->org_id, &sieve, m, arena, &r, error);
    sieve_close(&sieve);
    if (!found)
        return false;
    for (size_t i = 0; i < kept; i++) {
        struct fetch_request request = {.door = DOOR_NUMBER,
                                        .shop_id = r.shops[i].id,
                                        .from = TIME_NONE,
                                        .to = TIME_NONE,
                                        .order_nos = r.numbers[i],
                                        .order_no_count = r.counts[i]};
        row_id run;
        if (r.counts[i] > 0 && !fetch_request_queue(conn, context, &request, &run, error))
            return false;
        *rereading += (int64_t)r.counts[i];
    }
    return true;
}

bool mapping_set(struct db_conn *conn, const struct order_context *context,
                 const struct mapping_change *change, int64_t *rereading, struct error *error)
{
    AUTO_ARENA arena = arena_new(64u << 20);
    struct meaning m;
    struct str before;
    int64_t version;
    *rereading = 0;
    if (!arena)
        return error_no_memory(error);
    if (!mapping_check(change, error) ||
        !own_now(conn, context->org_id, change, arena, &before, &version, error))
        return false;
    if (change->version >= 0 && change->version != version)
        return error_set(error, ERROR_CONFLICT, "mapping.changed",
                         "この変換設定は、ほかの人が変更しています。最新の内容を確認してください。",
                         "somebody has changed this mapping meanwhile; look at it again");
    bool same =
        before.p ? change->our_value.p && str_eq(before, change->our_value) : !change->our_value.p;
    if (same)
        return true;
    struct str key = arena_printf(
        arena, "mapping.%s.%s.%s.%.*s", change->mall->id, mapping_kind_name(change->kind),
        mapping_direction_name(change->direction), STR_ARG(change->mall_value));
    if (!meaning_of(conn, context->org_id, change, arena, &m, error) ||
        !store(conn, context, change, version, error) ||
        !setting_history_add(conn, context, 0, key, before, change->our_value, error) ||
        !wake_unmapped_carriers(conn, context, error))
        return false;
    return change->direction == MAPPING_OUT || same_meaning(&m) ||
           read_again(conn, context, change, &m, arena, rereading, error);
}
