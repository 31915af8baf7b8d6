// SPDX-License-Identifier: Apache-2.0
//
// Fetching: start a run, look at runs and their items, at gaps, at what the malls listed and was
// not taken.
#include "api/gaps.h"
#include "api/handlers.h"
#include "api/input.h"
#include "api/sql_build.h"
#include "api/views.h"

#define NUMBERS_MAX 100
#define DAY_MS (24 * 3600 * 1000LL)

static bool read_run(struct request *r, row_id run_id, struct fetch_run *run,
                     struct order_names *names)
{
    struct error error;
    struct db_conn *conn = request_read(r);
    if (!conn)
        return false;
    if (fetch_run_read(conn, r->org_id, run_id, r->arena, run, &error) &&
        order_names_read(conn, r->org_id, r->arena, names, &error))
        return true;
    if (error.class == ERROR_NOT_FOUND)
        reply_problem(r, 404, "not_found", error.what_ja, error.what_en);
    else
        reply_error(r, &error);
    return false;
}

void reply_fetch_started(struct request *r, row_id run_id)
{
    struct fetch_run run;
    struct order_names names;
    if (!read_run(r, run_id, &run, &names))
        return;
    struct json_writer *w = reply_json(r, 202);
    json_begin_object(w);
    json_key(w, "fetch_run");
    fetch_run_json(r, &run, &names);
    json_end_object(w);
}

struct start {
    struct request *r;
    struct fetch_request requests[16]; // one per status
    size_t count;
    row_id run; // the first
    row_id shop_id;
    bool automatic;
};

static bool start_fn(void *context, struct db_conn *conn, struct error *error)
{
    struct start *s = context;
    for (size_t i = 0; i < s->count; i++) {
        row_id run;
        if (!fetch_request_queue(conn, &s->r->by, &s->requests[i], &run, error))
            return false;
        if (i == 0)
            s->run = run;
    }
    return true;
}

static void read_numbers(struct input *in, struct start *s)
{
    struct json list = json_get(in->body, "order_numbers"), v;
    size_t n = json_count(list), count = 0;
    struct str *numbers = ARENA_ARRAY(in->r->arena, struct str, NUMBERS_MAX);
    if (json_type(list) != JSON_ARRAY || n == 0 || n > NUMBERS_MAX || !numbers) {
        input_bad(in, STR("order_numbers"), "invalid", "注文番号を1〜100件指定してください。",
                  "give 1 to 100 order numbers");
        return;
    }
    for (struct json_iter i = json_iterate(list); json_next(&i, &v);) {
        struct str one = str_trim(json_str(v));
        if (one.n == 0 || str_utf8_length(one) > 100)
            input_bad(in, arena_printf(in->r->arena, "order_numbers.%zu", count), "invalid",
                      "注文番号が正しくありません。", "this is no order number");
        numbers[count++] = one;
    }
    s->requests[s->count++] = (struct fetch_request){.door = DOOR_NUMBER,
                                                     .shop_id = s->shop_id,
                                                     .from = TIME_NONE,
                                                     .to = TIME_NONE,
                                                     .order_nos = numbers,
                                                     .order_no_count = count};
}

static void read_statuses(struct input *in, struct start *s, time_ms from, time_ms to)
{
    struct json list = json_get(in->body, "statuses"), v;
    if (json_type(list) != JSON_ARRAY || json_count(list) == 0 || json_count(list) > 16) {
        input_bad(in, STR("statuses"), "invalid", "ステータスを1〜16件指定してください。",
                  "give 1 to 16 statuses");
        return;
    }
    for (struct json_iter i = json_iterate(list); json_next(&i, &v);)
        s->requests[s->count++] = (struct fetch_request){.door = DOOR_STATUS,
                                                         .shop_id = s->shop_id,
                                                         .from = from,
                                                         .to = to,
                                                         .status = json_str(v)};
}

// False after having answered 422 when the mall doesn't reach back so far.
static bool within_reach(struct request *r, const struct mall *mall, time_ms from)
{
    int days = mall->limits.reach_days;
    time_ms earliest = r->by.now - days * DAY_MS;
    char text[32];
    if (days == 0 || from == TIME_NONE || from >= earliest - DAY_MS)
        return true;
    reply_problem_begin(r, 422, "beyond_reach", "モールから取得できる期間より前の日時です。",
                        "the mall doesn't hand out orders that old");
    json_put_str(&r->w, "hint", time_format_utc(earliest, text));
    reply_problem_end(r);
    return false;
}

static bool read_request(struct input *in, struct start *s, const struct mall *mall)
{
    struct request *r = in->r;
    time_ms from = TIME_NONE, to = TIME_NONE;
    bool ranged = input_time(in, "from", &from);
    bool ended = input_time(in, "to", &to);
    bool numbers = !json_is_null(json_get(in->body, "order_numbers"));
    bool statuses = !json_is_null(json_get(in->body, "statuses"));
    if (numbers && (statuses || ranged || ended))
        input_bad(in, STR("order_numbers"), "exclusive",
                  "期間・ステータス・注文番号のいずれか一つで指定してください。",
                  "give a range, statuses or order numbers, not several");
    if (ranged != ended)
        input_bad(in, ranged ? STR("to") : STR("from"), "required",
                  "開始と終了の両方を指定してください。", "give both ends");
    if (!input_done(in) || !within_reach(r, mall, from))
        return false;
    if (!ended) {
        int days = mall->limits.reach_days > 0 ? mall->limits.reach_days : 60;
        to = r->by.now;
        from = to - days * DAY_MS;
    }
    if (numbers)
        read_numbers(in, s);
    else if (statuses)
        read_statuses(in, s, from, to);
    else if (ranged)
        s->requests[s->count++] = (struct fetch_request){
            .door = DOOR_RANGE, .shop_id = s->shop_id, .from = from, .to = to};
    else
        s->requests[s->count++] = (struct fetch_request){
            .door = DOOR_AUTOMATIC, .shop_id = s->shop_id, .from = r->by.now - DAY_MS, .to = to};
    return input_done(in);
}

void handle_shop_fetch(struct request *r)
{
    struct input in;
    struct shop shop;
    struct error error;
    struct start *s = ARENA_NEW(r->arena, struct start);
    row_id id;
    struct db_conn *conn = path_id(r, 0, &id) ? request_read(r) : NULL;
    if (!conn)
        return;
    if (!s || !shop_read(conn, r->org_id, id, r->arena, &shop, &error)) {
        if (!s)
            error_no_memory(&error);
        reply_error(r, &error);
        return;
    }
    s->r = r;
    s->shop_id = id;
    if (!input_begin_optional(r, &in) || !read_request(&in, s, shop.mall))
        return;
    if (!shop.enabled) {
        reply_problem(r, 409, "shop_disabled",
                      "このショップは停止中です。有効にしてから取り込んでください。",
                      "this shop is switched off; switch it on first");
        return;
    }
    if (!request_write(r, start_fn, s))
        return;
    notify_engine(r);
    reply_fetch_started(r, s->run);
}

void handle_shop_gaps(struct request *r)
{
    struct shop shop;
    struct open_gap *gaps;
    size_t count;
    row_id id;
    struct error error;
    struct db_conn *conn = path_id(r, 0, &id) ? request_read(r) : NULL;
    if (!conn)
        return;
    if (!shop_read(conn, r->org_id, id, r->arena, &shop, &error) ||
        !gaps_read(conn, r->org_id, &shop, r->by.now, r->arena, &gaps, &count, &error)) {
        reply_error(r, &error);
        return;
    }
    struct json_writer *w = reply_json(r, 200);
    json_begin_object(w);
    json_key(w, "gaps");
    json_begin_array(w);
    for (size_t i = 0; i < count; i++) {
        const struct open_gap *g = &gaps[i];
        bool lost = g->deadline != TIME_NONE && g->deadline < r->by.now;
        json_begin_object(w);
        json_put_str(w, "id", arena_printf(r->arena, "%lld", (long long)g->from));
        json_put_id(w, "shop_id", shop.id);
        json_put_str(w, "date_basis",
                     g->basis < 0 ? STR_ABSENT
                                  : str_from(date_basis_name((enum date_basis)g->basis)));
        json_put_time(w, "from", g->from);
        json_put_time(w, "to", g->to);
        json_put_int(w, "minutes", gap_minutes(g));
        json_put_time(w, "deadline", g->deadline);
        json_put_str(w, "state", lost ? STR("beyond_reach") : STR("open"));
        json_end_object(w);
    }
    json_end_array(w);
    json_end_object(w);
}

struct run_filter {
    row_id *shops;
    size_t shop_count;
    struct str door, state;
    bool changed;
    row_id before;
    int64_t limit;
};

static bool run_fits(const struct run_filter *f, const struct fetch_run *run)
{
    bool shop = f->shop_count == 0;
    for (size_t i = 0; i < f->shop_count; i++)
        shop = shop || f->shops[i] == run->shop_id;
    bool door = !f->door.p || str_eq(run->door, f->door) ||
                (str_eq(f->door, STR("auto")) && str_eq(run->door, STR("automatic"))) ||
                (str_eq(f->door, STR("numbers")) && str_eq(run->door, STR("number")));
    bool state = !f->state.p || str_eq(run->state, f->state) ||
                 (str_eq(f->state, STR("partial")) && str_eq(run->state, STR("partly"))) ||
                 (str_eq(f->state, STR("failed")) && str_eq(run->state, STR("cancelled")));
    bool changed = !f->changed || run->created + run->updated + run->failed > 0 ||
                   error_is_set(&run->error) || run->ended_at == TIME_NONE;
    return shop && door && state && changed;
}

// Pages of runs are read until enough fit; `hidden` counts those passed over.
static bool collect_runs(struct request *r, struct db_conn *conn, const struct run_filter *f,
                         struct fetch_run *found, size_t *count, row_id *next, int64_t *hidden,
                         struct error *error)
{
    enum { PAGES_MAX = 20 };
    row_id before = f->before, shop = f->shop_count == 1 ? f->shops[0] : 0;
    *count = 0;
    *next = 0;
    *hidden = 0;
    for (int page = 0; page < PAGES_MAX; page++) {
        struct fetch_run *list;
        size_t n;
        if (!fetch_run_list(conn, r->org_id, shop, before, 200, r->arena, &list, &n, error))
            return false;
        for (size_t i = 0; i < n; i++) {
            if (!run_fits(f, &list[i])) {
                ++*hidden;
            } else if (*count == (size_t)f->limit) {
                *next = found[*count - 1].id;
                return true;
            } else {
                found[(*count)++] = list[i];
            }
            before = list[i].id;
        }
        if (n < 200)
            return true;
    }
    *next = before;
    return true;
}

void handle_fetch_runs(struct request *r)
{
    struct run_filter f = {.limit = 200};
    struct order_names names;
    struct error error;
    size_t count;
    row_id next;
    int64_t hidden;
    if (!query_shops(r, &f.shops, &f.shop_count) || !query_id(r, "cursor", &f.before) ||
        !query_int(r, "limit", 1, 500, &f.limit))
        return;
    f.door = query_text(r, "door");
    f.state = query_text(r, "state");
    f.changed = str_eq(query_text(r, "changed"), STR("true"));
    struct fetch_run *found = ARENA_ARRAY(r->arena, struct fetch_run, (size_t)f.limit);
    struct db_conn *conn = request_read(r);
    if (!conn)
        return;
    if (!found)
        error_no_memory(&error);
    if (!found || !order_names_read(conn, r->org_id, r->arena, &names, &error) ||
        !collect_runs(r, conn, &f, found, &count, &next, &hidden, &error)) {
        reply_error(r, &error);
        return;
    }
    struct json_writer *w = reply_json(r, 200);
    json_begin_object(w);
    json_key(w, "fetch_runs");
    json_begin_array(w);
    for (size_t i = 0; i < count; i++)
        fetch_run_json(r, &found[i], &names);
    json_end_array(w);
    json_put_id(w, "next_cursor", next);
    json_put_int(w, "hidden_by_filter", hidden);
    json_end_object(w);
}

void handle_fetch_run(struct request *r)
{
    row_id id;
    struct fetch_run run;
    struct order_names names;
    if (!path_id(r, 0, &id) || !read_run(r, id, &run, &names))
        return;
    reply_json(r, 200);
    fetch_run_json(r, &run, &names);
}

// Outcomes of the document as conditions over fetch_item; the text is compared as it stands here.
static const struct {
    const char *name, *condition;
} item_outcomes[] = {
    {"created", "outcome = 'created'"},
    {"updated", "outcome = 'updated'"},
    {"unchanged", "outcome = 'unchanged'"},
    {"skipped_status", "outcome = 'skipped' AND reason = 'filter.status'"},
    {"skipped_kind", "outcome = 'skipped' AND reason <> 'filter.status'"},
    {"not_found", "outcome = 'failed' AND reason = 'mall.order_not_found'"},
    {"failed_validate", "outcome = 'failed' AND reason LIKE 'order.%'"},
    {"failed_parse", "outcome = 'failed' AND reason <> 'mall.order_not_found' AND reason NOT LIKE "
                     "'order.%'"},
};

static const char *outcome_word(struct str outcome, struct str reason)
{
    if (str_eq(outcome, STR("created")) || str_eq(outcome, STR("imported_new")))
        return "created";
    if (str_eq(outcome, STR("updated")))
        return "updated";
    if (str_eq(outcome, STR("unchanged")) || str_eq(outcome, STR("imported")))
        return "unchanged";
    if (str_eq(outcome, STR("skipped")))
        return str_eq(reason, STR("filter.status")) ? "skipped_status" : "skipped_kind";
    if (str_eq(outcome, STR("missing")) || str_eq(reason, STR("mall.order_not_found")))
        return "not_found";
    if (str_eq(outcome, STR("wanted")))
        return "failed_read";
    return str_starts(reason, STR("order.")) ? "failed_validate" : "failed_parse";
}

static struct str reason_text(struct request *r, struct str reason)
{
    if (str_eq(reason, STR("filter.status")))
        return r->english ? STR("Its status isn't among the statuses to fetch.")
                          : STR("取得ステータスに含まれていません。");
    if (str_eq(reason, STR("mall.fraud_hold")))
        return r->english ? STR("The mall is checking it for fraud.")
                          : STR("モールが不正注文の確認をしています。");
    if (str_eq(reason, STR("mall.buyer_cancel_window")))
        return r->english ? STR("The buyer may still cancel it at the mall.")
                          : STR("お客様がモールでキャンセルできる期間中です。");
    if (str_eq(reason, STR("mall.order_not_found")))
        return r->english ? STR("The mall has no such order.")
                          : STR("モールにこの注文がありません。");
    return reason.n > 0 ? reason : STR_ABSENT;
}

static void item_json(struct request *r, struct db_stmt *s, time_ms at)
{
    struct json_writer *w = &r->w;
    struct json root;
    struct error ignored;
    struct str outcome = db_text(s, 1), reason = db_text(s, 2), error_json = db_text(s, 4);
    struct str detail = reason_text(r, reason);
    // The English member stands first in neither language's way: both are kept.
    if (error_json.n > 0 && json_parse(r->arena, error_json, true, &root, &ignored))
        detail = json_str(json_get(root, r->english ? "what_en" : "what_ja"));
    json_begin_object(w);
    json_put_str(w, "order_no", db_text(s, 0));
    json_put_id(w, "order_id", db_int(s, 3));
    json_put_str(w, "outcome", str_from(outcome_word(outcome, reason)));
    put_optional(w, "detail", detail);
    json_put_time(w, "at", at);
    json_end_object(w);
}

void handle_fetch_items(struct request *r)
{
    row_id id;
    int64_t limit = 200, shown = 0;
    struct fetch_run run;
    struct order_names names;
    struct error error;
    struct str outcome = query_text(r, "outcome"), after = query_text(r, "cursor"), last = STR("");
    const char *condition = "1 = 1";
    if (!path_id(r, 0, &id) || !query_int(r, "limit", 1, 500, &limit) ||
        !read_run(r, id, &run, &names))
        return;
    for (size_t i = 0; i < sizeof item_outcomes / sizeof item_outcomes[0]; i++) {
        if (str_eq(outcome, str_from(item_outcomes[i].name)))
            condition = item_outcomes[i].condition;
    }
    struct str sql =
        arena_printf(r->arena,
                     "SELECT order_no, outcome, reason, order_id, error_json FROM fetch_item WHERE "
                     "org_id = $1 AND fetch_run_id = $2 AND order_no > $3 AND (%s) ORDER BY "
                     "order_no LIMIT $4",
                     condition);
    struct db_conn *conn = request_read(r);
    struct db_stmt *s = conn ? db_prepare(conn, str_cstr(r->arena, sql), &error) : NULL;
    if (!s) {
        if (conn)
            reply_error(r, &error);
        return;
    }
    db_bind_id(s, 1, r->org_id);
    db_bind_id(s, 2, id);
    db_bind_text(s, 3, after.p ? after : STR(""));
    db_bind_int(s, 4, limit + 1);
    struct json_writer *w = reply_json(r, 200);
    time_ms at = run.ended_at != TIME_NONE ? run.ended_at : run.started_at;
    enum db_step step;
    json_begin_object(w);
    json_key(w, "items");
    json_begin_array(w);
    while ((step = db_step(s, &error)) == DB_STEP_ROW) {
        if (shown++ == limit)
            continue;
        last = str_dup(r->arena, db_text(s, 0));
        item_json(r, s, at);
    }
    json_end_array(w);
    json_put_str(w, "next_cursor", shown > limit ? last : STR_ABSENT);
    json_end_object(w);
    if (step == DB_STEP_ERROR)
        reply_error(r, &error);
}

// decision and reason of a listing as an outcome of the document.
static const struct {
    const char *name, *condition;
} listing_outcomes[] = {
    {"not_taken", "l.decision <> 'imported'"},
    {"unchanged", "l.decision = 'imported'"},
    {"skipped_status", "l.decision <> 'imported' AND l.decision = 'skipped' AND l.reason = "
                       "'filter.status'"},
    {"skipped_kind", "l.decision <> 'imported' AND l.decision = 'skipped' AND l.reason <> "
                     "'filter.status'"},
    {"not_found", "l.decision <> 'imported' AND l.decision = 'missing'"},
    {"failed_read", "l.decision <> 'imported' AND l.decision = 'wanted'"},
    {"failed_validate", "l.decision <> 'imported' AND l.decision = 'quarantined' AND l.reason LIKE "
                        "'order.%'"},
    {"failed_parse", "l.decision <> 'imported' AND l.decision = 'quarantined' AND l.reason NOT "
                     "LIKE 'order.%'"},
};

struct listings {
    struct request *r;
    const char *condition;
    row_id *shops; // none = all
    size_t shop_count;
    struct str order_no;
    time_ms before; // with order_no: keyset
    struct str before_no;
    int64_t limit, hidden;
};

static void listing_conditions(struct sql_build *b, const struct listings *l)
{
    buf_addf(&b->sql, " FROM listing l WHERE l.org_id = $%d AND %s", sql_int(b, l->r->org_id),
             l->condition);
    sql_in(b, "l.shop_id", l->shops, l->shop_count);
    if (l->order_no.p)
        buf_addf(&b->sql, " AND l.order_no = $%d", sql_text(b, l->order_no));
}

static struct db_stmt *listing_page(const struct listings *l, struct db_conn *conn,
                                    struct error *error)
{
    struct sql_build b = sql_build_make();
    buf_add(&b.sql, STR("SELECT l.shop_id, l.order_no, l.mall_status, l.status_choice, "
                        "l.ordered_at, l.first_seen_at, l.changed_at, l.decision, l.reason, "
                        "l.order_id"));
    listing_conditions(&b, l);
    int before = sql_int(&b, l->before), before_no = sql_text(&b, l->before_no);
    buf_addf(&b.sql,
             " AND (l.changed_at < $%d OR (l.changed_at = $%d AND l.order_no < $%d)) ORDER BY "
             "l.changed_at DESC, l.order_no DESC LIMIT $%d",
             before, before, before_no, sql_int(&b, l->limit + 1));
    return sql_prepare(&b, conn, l->r->arena, error);
}

static const struct shop *shop_of(const struct order_names *names, row_id id)
{
    for (size_t i = 0; i < names->shop_count; i++) {
        if (names->shops[i].id == id)
            return &names->shops[i];
    }
    return NULL;
}

static void listing_json(struct request *r, struct db_stmt *s, const struct order_names *names)
{
    struct json_writer *w = &r->w;
    const struct shop *shop = shop_of(names, db_int(s, 0));
    struct str choice = db_text(s, 3), label = STR_ABSENT;
    for (size_t i = 0; shop && i < shop->mall->status_count; i++) {
        const struct mall_status_choice *c = &shop->mall->statuses[i];
        if (str_eq(choice, str_from(c->value)))
            label = str_from(r->english ? c->label.en : c->label.ja);
    }
    json_begin_object(w);
    json_put_id(w, "shop_id", db_int(s, 0));
    json_put_str(w, "shop", shop ? shop->name : STR(""));
    json_put_str(w, "mall", shop ? str_from(shop->mall->id) : STR(""));
    json_put_str(w, "order_no", db_text(s, 1));
    json_put_id(w, "order_id", db_int(s, 9));
    put_optional(w, "mall_status", db_text(s, 2));
    put_optional(w, "mall_status_label", label);
    json_put_time(w, "ordered_at", db_time(s, 4));
    json_put_time(w, "first_seen_at", db_time(s, 5));
    json_put_time(w, "last_seen_at", db_time(s, 6));
    json_put_str(w, "outcome", str_from(outcome_word(db_text(s, 7), db_text(s, 8))));
    put_optional(w, "detail", reason_text(r, db_text(s, 8)));
    json_end_object(w);
}

static bool count_listings(struct listings *l, struct db_conn *conn, struct error *error)
{
    struct listings tab = *l;
    int64_t counts[2] = {0, 0};
    tab.condition = "l.decision <> 'imported'";
    tab.order_no = STR_ABSENT;
    const struct listings *both[] = {&tab, l};
    for (int i = 0; i < 2; i++) {
        struct sql_build b = sql_build_make();
        buf_add(&b.sql, STR("SELECT COUNT(*) FROM (SELECT 1"));
        listing_conditions(&b, both[i]);
        buf_add(&b.sql, STR(" LIMIT 10000) AS counted"));
        if (!sql_number(&b, conn, l->r->arena, &counts[i], error))
            return false;
    }
    l->hidden = counts[0] > counts[1] ? counts[0] - counts[1] : 0;
    return true;
}

static bool read_listing_query(struct request *r, struct listings *l)
{
    struct str reason = query_text(r, "reason"), cursor = query_text(r, "cursor");
    *l = (struct listings){.r = r,
                           .condition = "l.decision <> 'imported'",
                           .order_no = query_text(r, "order_no"),
                           .before = INT64_MAX,
                           .before_no = STR(""),
                           .limit = 200};
    if (!query_shops(r, &l->shops, &l->shop_count) || !query_int(r, "limit", 1, 500, &l->limit))
        return false;
    if (l->order_no.p && !reason.p)
        l->condition = "1 = 1";
    for (size_t i = 0; i < sizeof listing_outcomes / sizeof listing_outcomes[0]; i++) {
        if (reason.p && str_eq(reason, str_from(listing_outcomes[i].name)))
            l->condition = listing_outcomes[i].condition;
    }
    ptrdiff_t bar = str_find_char(cursor, '_');
    if (cursor.p && (bar < 0 || !str_to_int64(str_slice(cursor, 0, (size_t)bar), &l->before))) {
        reply_problem(r, 422, "invalid", "パラメーター cursor の値が正しくありません。",
                      "parameter cursor has an invalid value");
        return false;
    }
    if (cursor.p)
        l->before_no = str_slice(cursor, (size_t)bar + 1, cursor.n);
    return true;
}

void handle_listings(struct request *r)
{
    struct listings l;
    struct order_names names;
    struct error error;
    struct str next = STR_ABSENT;
    int64_t shown = 0;
    struct db_conn *conn = read_listing_query(r, &l) ? request_read(r) : NULL;
    if (!conn)
        return;
    struct db_stmt *s = NULL;
    if (order_names_read(conn, r->org_id, r->arena, &names, &error) &&
        count_listings(&l, conn, &error))
        s = listing_page(&l, conn, &error);
    if (!s) {
        reply_error(r, &error);
        return;
    }
    struct json_writer *w = reply_json(r, 200);
    enum db_step step;
    json_begin_object(w);
    json_key(w, "listings");
    json_begin_array(w);
    while ((step = db_step(s, &error)) == DB_STEP_ROW) {
        if (shown++ == l.limit)
            continue;
        next =
            arena_printf(r->arena, "%lld_%.*s", (long long)db_time(s, 6), STR_ARG(db_text(s, 1)));
        listing_json(r, s, &names);
    }
    json_end_array(w);
    json_put_str(w, "next_cursor", shown > l.limit ? next : STR_ABSENT);
    json_put_int(w, "hidden_by_filter", l.hidden);
    json_end_object(w);
    if (step == DB_STEP_ERROR)
        reply_error(r, &error);
}
