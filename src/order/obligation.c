// SPDX-License-Identifier: Apache-2.0
//
// Obligations to the malls. The state of the newest one about an order's shipment stands on the
// order row too, for the list. Invariants: per order and aspect at most one obligation is owed and
// not yet on the wire; a finished one is never changed again; revisions rise by one.
#include "order/obligation.h"

#include "base/crypto.h"
#include "base/json.h"
#include "order/carrier.h"
#include "order/error_text.h"
#include "order/rows.h"

#define PAYLOAD_BYTES_MAX (1u << 20)
#define PAYLOAD_PACKAGES_MAX 1000
#define LIMIT_MAX 5000

static const char *const aspects[ASPECT_COUNT] = {"accept", "shipment", "status", "cancel",
                                                  "payment"};
static const char *const states[WRITEBACK_STATE_COUNT] = {
    "pending", "blocked",  "suppressed", "sending", "unknown",    "accepted",
    "sent",    "verified", "rejected",   "drift",   "superseded", "waived"};

static int find(const char *const *names, int count, struct str name)
{
    for (int i = 0; i < count; i++)
        if (str_eq(str_from(names[i]), name))
            return i;
    return -1;
}

const char *writeback_aspect_name(enum writeback_aspect a)
{
    return (unsigned)a < ASPECT_COUNT ? aspects[a] : "unknown";
}
const char *writeback_state_name(enum writeback_state s)
{
    return (unsigned)s < WRITEBACK_STATE_COUNT ? states[s] : "unknown";
}
int writeback_aspect_from_name(struct str name)
{
    return find(aspects, ASPECT_COUNT, name);
}
int writeback_state_from_name(struct str name)
{
    return find(states, WRITEBACK_STATE_COUNT, name);
}

bool writeback_is_final(enum writeback_state s)
{
    return s == WRITEBACK_VERIFIED || s == WRITEBACK_REJECTED || s == WRITEBACK_SUPERSEDED ||
           s == WRITEBACK_WAIVED;
}

// Nothing has left the house yet.
static bool is_unsent(enum writeback_state s)
{
    return s == WRITEBACK_PENDING || s == WRITEBACK_BLOCKED || s == WRITEBACK_SUPPRESSED;
}

// May follow each other (design §6). What isn't here is a fault of the caller: `sent` can't become
// `pending` again, or the mall would be told twice.
static bool may_follow(enum writeback_state from, enum writeback_state to)
{
    static const unsigned allowed[WRITEBACK_STATE_COUNT] = {
#define TO(s) (1u << WRITEBACK_##s)
        // accepted: an earlier request whose answer was lost is found under way at the mall.
        [WRITEBACK_PENDING] = TO(PENDING) | TO(BLOCKED) | TO(SUPPRESSED) | TO(SENDING) |
                              TO(UNKNOWN) | TO(ACCEPTED) | TO(VERIFIED) | TO(REJECTED) | TO(DRIFT) |
                              TO(SUPERSEDED) | TO(WAIVED),
        [WRITEBACK_BLOCKED] = TO(PENDING) | TO(BLOCKED) | TO(SUPPRESSED) | TO(SENDING) |
                              TO(UNKNOWN) | TO(ACCEPTED) | TO(VERIFIED) | TO(REJECTED) | TO(DRIFT) |
                              TO(SUPERSEDED) | TO(WAIVED),
        [WRITEBACK_SUPPRESSED] = TO(PENDING) | TO(BLOCKED) | TO(SUPPRESSED) | TO(SENDING) |
                                 TO(VERIFIED) | TO(REJECTED) | TO(DRIFT) | TO(SUPERSEDED) |
                                 TO(WAIVED),
        [WRITEBACK_SENDING] = TO(PENDING) | TO(BLOCKED) | TO(SENDING) | TO(UNKNOWN) | TO(ACCEPTED) |
                              TO(SENT) | TO(VERIFIED) | TO(REJECTED) | TO(DRIFT),
        [WRITEBACK_UNKNOWN] = TO(PENDING) | TO(UNKNOWN) | TO(ACCEPTED) | TO(SENT) | TO(VERIFIED) |
                              TO(REJECTED) | TO(DRIFT) | TO(SUPERSEDED) | TO(WAIVED),
        [WRITEBACK_ACCEPTED] = TO(ACCEPTED) | TO(UNKNOWN) | TO(SENT) | TO(VERIFIED) | TO(REJECTED) |
                               TO(DRIFT) | TO(PENDING) | TO(SUPERSEDED) | TO(WAIVED),
        [WRITEBACK_SENT] = TO(SENT) | TO(UNKNOWN) | TO(VERIFIED) | TO(REJECTED) | TO(DRIFT) |
                           TO(SUPERSEDED) | TO(WAIVED),
        [WRITEBACK_REJECTED] = TO(PENDING) | TO(UNKNOWN) | TO(WAIVED) | TO(SUPERSEDED),
        [WRITEBACK_DRIFT] = TO(PENDING) | TO(UNKNOWN) | TO(DRIFT) | TO(VERIFIED) | TO(REJECTED) |
                            TO(SUPERSEDED) | TO(WAIVED),
#undef TO
    };
    return (unsigned)from < WRITEBACK_STATE_COUNT && (unsigned)to < WRITEBACK_STATE_COUNT &&
           (allowed[from] >> to & 1);
}

static void write_shipment(struct json_writer *w, const struct shipment *s, bool with_ids)
{
    char date[12];
    json_begin_object(w);
    if (with_ids)
        json_put_id(w, "shipment", s->id);
    json_put_str(w, "carrier", s->carrier.p ? s->carrier : STR(""));
    json_put_str(w, "tracking_number", s->tracking_number.p ? s->tracking_number : STR(""));
    json_put_str(w, "ship_date", s->ship_date ? day_format(s->ship_date, date) : STR_ABSENT);
    if (with_ids)
        json_put_str(w, "mall_ref", s->mall_ref.p ? s->mall_ref : STR(""));
    json_end_object(w);
}

static void write_packages(struct buf *out, const struct order *order, bool with_ids)
{
    struct json_writer writer = json_writer_make(out), *w = &writer;
    json_begin_object(w);
    json_key(w, "packages");
    json_begin_array(w);
    for (size_t i = 0; i < order->package_count; i++) {
        const struct order_package *p = &order->packages[i];
        json_begin_object(w);
        json_put_int(w, "package", p->number);
        json_put_str(w, "mall_ref", p->mall_ref.p ? p->mall_ref : STR(""));
        json_key(w, "shipments");
        json_begin_array(w);
        for (size_t k = 0; k < p->shipment_count; k++)
            write_shipment(w, &p->shipments[k], with_ids);
        json_end_array(w);
        json_end_object(w);
    }
    json_end_array(w);
    json_end_object(w);
}

// What makes two notices the same. The ids of a parcel don't: the mall gives its own only after it
// was told.
static bool hash_notice(const struct order *order, enum writeback_aspect aspect, struct str payload,
                        unsigned char hash[16], struct error *error)
{
    unsigned char digest[32];
    AUTO_BUF told = buf_make(PAYLOAD_BYTES_MAX);
    if (aspect == ASPECT_SHIPMENT) {
        write_packages(&told, order, false);
        payload = buf_str(&told);
    }
    if (told.failed)
        return error_no_memory(error);
    crypto_digest(NULL, payload, digest);
    memcpy(hash, digest, 16);
    return true;
}

// The newest obligation of an order and aspect.
struct newest {
    row_id id;
    int64_t revision;
    enum writeback_state state;
    bool same;
};

// With `below` the newest of a lower revision that wasn't superseded.
static bool read_newest(struct db_conn *conn, row_id org_id, row_id order_id,
                        enum writeback_aspect aspect, const unsigned char hash[16], int64_t below,
                        struct newest *n, struct error *error)
{
    *n = (struct newest){0};
    struct db_stmt *s =
        db_prepare(conn,
                   "SELECT id, revision, state, payload_hash FROM writeback WHERE "
                   "org_id = $1 AND order_id = $2 AND aspect = $3 AND ($4 = 0 OR "
                   "(revision < $4 AND state <> $5)) ORDER BY revision DESC LIMIT 1",
                   error);
    if (!s)
        return false;
    db_bind_int(s, 1, org_id);
    db_bind_int(s, 2, order_id);
    db_bind_int(s, 3, aspect);
    db_bind_int(s, 4, below);
    db_bind_int(s, 5, WRITEBACK_SUPERSEDED);
    enum db_step step = db_step(s, error);
    if (step == DB_STEP_ROW) {
        struct str known = db_blob(s, 3);
        n->id = db_int(s, 0);
        n->revision = db_int(s, 1);
        n->state = (enum writeback_state)db_int(s, 2);
        n->same = known.n == 16 && memcmp(known.p, hash, 16) == 0;
    }
    db_reset(s);
    return step != DB_STEP_ERROR;
}

static bool show_on_order(struct db_conn *conn, row_id org_id, row_id order_id,
                          enum writeback_aspect aspect, enum writeback_state state,
                          time_ms written_at, struct error *error)
{
    if (aspect != ASPECT_SHIPMENT && written_at == TIME_NONE)
        return true;
    const char *sql =
        aspect != ASPECT_SHIPMENT
            ? "UPDATE \"order\" SET written_at = $3 WHERE org_id = $1 AND id = $2"
        : written_at != TIME_NONE
            ? "UPDATE \"order\" SET written_at = $3, writeback_state = $4 WHERE org_id = $1 AND id "
              "= $2"
            : "UPDATE \"order\" SET writeback_state = $3 WHERE org_id = $1 AND id = $2";
    struct db_stmt *s = db_prepare(conn, sql, error);
    if (!s)
        return false;
    db_bind_int(s, 1, org_id);
    db_bind_int(s, 2, order_id);
    if (written_at != TIME_NONE)
        db_bind_int(s, 3, written_at);
    if (aspect == ASPECT_SHIPMENT)
        db_bind_int(s, written_at != TIME_NONE ? 4 : 3, state);
    return db_run(s, error);
}

static bool supersede(struct db_conn *conn, const struct order_context *context, row_id id,
                      struct error *error)
{
    struct db_stmt *s = db_prepare(conn,
                                   "UPDATE writeback SET state = $3, owed = 0, reason = '', "
                                   "updated_at = $4 WHERE org_id = $1 AND id = $2",
                                   error);
    if (!s)
        return false;
    db_bind_int(s, 1, context->org_id);
    db_bind_int(s, 2, id);
    db_bind_int(s, 3, WRITEBACK_SUPERSEDED);
    db_bind_int(s, 4, context->now);
    return db_run(s, error);
}

static bool insert(struct db_conn *conn, const struct order_context *context,
                   const struct order *order, enum writeback_aspect aspect, struct str payload,
                   const unsigned char hash[16], row_id id, int64_t revision, struct error *error)
{
    struct db_stmt *s = db_prepare(
        conn,
        "INSERT INTO writeback (org_id, id, shop_id, order_id, order_no, aspect, revision, state, "
        "owed, "
        "reason, payload, payload_hash, progress, request_id, attempts, next_at, created_at, "
        "updated_at) "
        "VALUES ($1, $2, $3, $4, $5, $6, $7, 0, 1, '', $8, $9, '', '', 0, $10, $10, $10)",
        error);
    if (!s)
        return false;
    db_bind_int(s, 1, context->org_id);
    db_bind_int(s, 2, id);
    db_bind_int(s, 3, order->shop_id);
    db_bind_int(s, 4, order->id);
    db_bind_text(s, 5, order->order_no);
    db_bind_int(s, 6, aspect);
    db_bind_int(s, 7, revision);
    db_bind_text(s, 8, payload);
    db_bind_blob(s, 9, str_make((const char *)hash, 16));
    db_bind_int(s, 10, context->now);
    return db_run(s, error);
}

// Staff went back to what the mall was told before the replaced, unsent one: nothing new is owed.
static bool told_before(const struct newest *n)
{
    return n->id && n->same && !is_unsent(n->state) && n->state != WRITEBACK_REJECTED &&
           n->state != WRITEBACK_WAIVED && n->state != WRITEBACK_SUPERSEDED;
}

bool obligation_create(struct db_conn *conn, const struct order_context *context,
                       const struct order *order, enum writeback_aspect aspect, struct str payload,
                       row_id *id, struct error *error)
{
    unsigned char hash[16];
    struct newest newest, earlier = {0};
    row_id org = context->org_id;
    *id = 0;
    if (!hash_notice(order, aspect, payload, hash, error) ||
        !read_newest(conn, org, order->id, aspect, hash, 0, &newest, error))
        return false;
    // What is owed, on its way or done already isn't owed again. What was refused, given up or
    // replaced is: entering it once more is how staff ask for another try.
    bool again = newest.state == WRITEBACK_REJECTED || newest.state == WRITEBACK_WAIVED ||
                 newest.state == WRITEBACK_SUPERSEDED;
    if (newest.id && newest.same && !again) {
        *id = newest.id;
        return true;
    }
    if (newest.id && (is_unsent(newest.state) || newest.state == WRITEBACK_DRIFT) &&
        !supersede(conn, context, newest.id, error))
        return false;
    if (newest.id && (is_unsent(newest.state) || newest.state == WRITEBACK_SUPERSEDED) &&
        !read_newest(conn, org, order->id, aspect, hash, newest.revision, &earlier, error))
        return false;
    if (told_before(&earlier)) {
        *id = earlier.id;
        return show_on_order(conn, org, order->id, aspect, earlier.state, TIME_NONE, error);
    }
    row_id made = id_next(context->ids, context->now);
    if (!insert(conn, context, order, aspect, payload, hash, made, newest.revision + 1, error) ||
        !show_on_order(conn, org, order->id, aspect, WRITEBACK_PENDING, TIME_NONE, error))
        return false;
    *id = made;
    return true;
}

bool obligation_withdraw(struct db_conn *conn, const struct order_context *context, row_id order_id,
                         enum writeback_aspect aspect, struct error *error)
{
    const unsigned char nothing[16] = {0};
    struct newest newest;
    if (!read_newest(conn, context->org_id, order_id, aspect, nothing, 0, &newest, error))
        return false;
    if (!newest.id || !is_unsent(newest.state))
        return true;
    return supersede(conn, context, newest.id, error) &&
           show_on_order(conn, context->org_id, order_id, aspect, WRITEBACK_SUPERSEDED, TIME_NONE,
                         error);
}

static bool is_newest(struct db_conn *conn, row_id org_id, const struct writeback *w, bool *newest,
                      struct error *error)
{
    unsigned char nothing[16] = {0};
    struct newest n;
    if (!read_newest(conn, org_id, w->order_id, w->aspect, nothing, 0, &n, error))
        return false;
    *newest = n.id == w->id;
    return true;
}

static bool write_state(struct db_conn *conn, const struct order_context *context,
                        const struct writeback *w, enum writeback_state expected,
                        struct str error_json, struct error *error)
{
    struct db_stmt *s = db_prepare(
        conn,
        "UPDATE writeback SET state = $4, owed = $5, reason = $6, progress = $7, request_id = $8, "
        "attempts = $9, next_at = $10, updated_at = $11, sent_at = $12, verified_at = $13, "
        "error_json = $14 WHERE org_id = $1 AND id = $2 AND state = $3",
        error);
    if (!s)
        return false;
    db_bind_int(s, 1, context->org_id);
    db_bind_int(s, 2, w->id);
    db_bind_int(s, 3, expected);
    db_bind_int(s, 4, w->state);
    db_bind_int(s, 5, !writeback_is_final(w->state));
    db_bind_text(s, 6, w->reason.p ? w->reason : STR(""));
    db_bind_text(s, 7, w->progress.p ? w->progress : STR(""));
    db_bind_text(s, 8, w->request_id.p ? w->request_id : STR(""));
    db_bind_int(s, 9, w->attempts);
    db_bind_int(s, 10, w->next_at == TIME_NONE ? context->now : w->next_at);
    db_bind_int(s, 11, context->now);
    if (w->sent_at != TIME_NONE && w->sent_at != 0)
        db_bind_int(s, 12, w->sent_at);
    if (w->verified_at != TIME_NONE && w->verified_at != 0)
        db_bind_int(s, 13, w->verified_at);
    db_bind_text(s, 14, error_json);
    if (!db_run(s, error))
        return false;
    if (db_changes(s) == 1)
        return true;
    error_set(error, ERROR_FENCED, "writeback.state_changed",
              "書き込みの状態が途中で変わりました。", "The write-back changed meanwhile.");
    return error_subject(error, "writeback %lld", (long long)w->id);
}

bool obligation_update(struct db_conn *conn, const struct order_context *context,
                       const struct writeback *w, enum writeback_state expected,
                       struct error *error)
{
    AUTO_BUF json = buf_make(16384);
    bool newest;
    if (!may_follow(expected, w->state))
        return error_set(error, ERROR_INTERNAL, "writeback.transition",
                         "書き込みの状態を %s から %s に変えることはできません。",
                         "A write-back can't go from %s to %s.", writeback_state_name(expected),
                         writeback_state_name(w->state));
    if (error_is_set(&w->last_error))
        error_text_write(&json, &w->last_error);
    if (json.failed)
        return error_no_memory(error);
    if (!write_state(conn, context, w, expected, json.n ? buf_str(&json) : STR_ABSENT, error) ||
        !is_newest(conn, context->org_id, w, &newest, error))
        return false;
    bool written = w->state == WRITEBACK_SENT || w->state == WRITEBACK_ACCEPTED ||
                   w->state == WRITEBACK_VERIFIED;
    time_ms at = written && expected != w->state && w->sent_at != 0 ? w->sent_at : TIME_NONE;
    if (!newest && at == TIME_NONE)
        return true;
    return show_on_order(conn, context->org_id, w->order_id, newest ? w->aspect : ASPECT_STATUS,
                         w->state, at, error);
}

#define COLUMNS                                                                          \
    "w.id, w.shop_id, w.order_id, w.order_no, w.aspect, w.revision, w.state, w.reason, " \
    "w.payload, "                                                                        \
    "w.payload_hash, w.progress, w.request_id, w.attempts, w.next_at, w.created_at, "    \
    "w.updated_at, "                                                                     \
    "w.sent_at, w.verified_at, w.error_json "

static void take(struct arena *arena, struct db_stmt *s, struct writeback *w)
{
    w->id = db_int(s, 0);
    w->shop_id = db_int(s, 1);
    w->order_id = db_int(s, 2);
    w->order_no = str_dup(arena, db_text(s, 3));
    w->aspect = (enum writeback_aspect)db_int(s, 4);
    w->revision = (int)db_int(s, 5);
    w->state = (enum writeback_state)db_int(s, 6);
    w->reason = str_dup(arena, db_text(s, 7));
    w->payload = str_dup(arena, db_text(s, 8));
    struct str hash = db_blob(s, 9);
    if (hash.n == sizeof w->payload_hash)
        memcpy(w->payload_hash, hash.p, hash.n);
    w->progress = str_dup(arena, db_text(s, 10));
    w->request_id = str_dup(arena, db_text(s, 11));
    w->attempts = (int)db_int(s, 12);
    w->next_at = db_time(s, 13);
    w->created_at = db_time(s, 14);
    w->updated_at = db_time(s, 15);
    w->sent_at = db_time(s, 16);
    w->verified_at = db_time(s, 17);
    error_text_read(arena, db_text(s, 18), &w->last_error);
}

bool obligation_read(struct db_conn *conn, row_id org_id, row_id id, struct arena *arena,
                     struct writeback *w, struct error *error)
{
    struct db_stmt *s = db_prepare(
        conn, "SELECT " COLUMNS "FROM writeback w WHERE w.org_id = $1 AND w.id = $2", error);
    if (!s)
        return false;
    db_bind_int(s, 1, org_id);
    db_bind_int(s, 2, id);
    enum db_step step = db_step(s, error);
    if (step == DB_STEP_DONE) {
        error_set(error, ERROR_NOT_FOUND, "writeback.not_found", "書き込みの記録が見つかりません。",
                  "There is no such write-back.");
        return error_subject(error, "writeback %lld", (long long)id);
    }
    if (step == DB_STEP_ROW)
        take(arena, s, w);
    db_reset(s);
    return step == DB_STEP_ROW && (!arena_failed(arena) || error_no_memory(error));
}

#define FILTER " AND ($3 = 0 OR w.shop_id = $3) AND ($4 < 0 OR w.state = $4)"
#define BY_ORDER                                                                                  \
    " AND EXISTS (SELECT 1 FROM \"order\" o WHERE o.org_id = w.org_id AND o.id = w.order_id AND " \
    "o.changed_at >= $6 AND o.changed_at < $7)"
// Both engines want every number up to the last one in the text.
#define ANY_DATE " AND $6::bigint <= $7::bigint"
#define SELECT "SELECT " COLUMNS "FROM writeback w WHERE w.org_id = $1 AND w.id < $2"
#define LAST " ORDER BY w.id DESC LIMIT $5"

// One text for each way in: everything, one order, what is owed, what is due of one shop.
static const char *choose(const struct writeback_filter *f, bool dates)
{
    if (f->order_id)
        return dates ? SELECT " AND w.order_id = $8" FILTER
                              " AND ($9 = 0 OR w.owed = 1)" BY_ORDER LAST
                     : SELECT " AND w.order_id = $8" FILTER
                              " AND ($9 = 0 OR w.owed = 1)" ANY_DATE LAST;
    if (f->state == -2)
        return dates ? SELECT " AND w.owed = 1 AND w.next_at <= $8" FILTER BY_ORDER LAST
                     : SELECT " AND w.owed = 1 AND w.next_at <= $8" FILTER ANY_DATE LAST;
    return dates ? SELECT " AND w.next_at <= $8" FILTER BY_ORDER LAST
                 : SELECT " AND w.next_at <= $8" FILTER ANY_DATE LAST;
}

static bool bind_list(struct db_stmt *s, row_id org_id, const struct writeback_filter *f,
                      struct error *error)
{
    row_id below = INT64_MAX;
    if (f->cursor.n && !id_parse(f->cursor, &below))
        return error_set(error, ERROR_BAD_INPUT, "writeback.cursor",
                         "続きを示す値が正しくありません。", "The cursor is malformed.");
    db_bind_int(s, 1, org_id);
    db_bind_int(s, 2, below);
    db_bind_int(s, 3, f->shop_id);
    db_bind_int(s, 4, f->state < 0 ? -1 : f->state);
    db_bind_int(s, 5, (int64_t)f->limit + 1);
    db_bind_int(s, 6, f->changed_from == TIME_NONE ? INT64_MIN + 1 : f->changed_from);
    db_bind_int(s, 7, f->changed_to == TIME_NONE ? INT64_MAX : f->changed_to);
    if (f->order_id) {
        db_bind_int(s, 8, f->order_id);
        db_bind_int(s, 9, f->state == -2);
    } else {
        db_bind_int(s, 8, f->due_by == TIME_NONE ? INT64_MAX : f->due_by);
    }
    return true;
}

bool obligation_list(struct db_conn *conn, row_id org_id, const struct writeback_filter *filter,
                     struct arena *arena, struct writeback **list, size_t *count,
                     struct str *next_cursor, struct error *error)
{
    bool dates = filter->changed_from != TIME_NONE || filter->changed_to != TIME_NONE;
    *count = 0;
    *next_cursor = STR_ABSENT;
    if (filter->limit < 1 || filter->limit > LIMIT_MAX)
        return error_set(error, ERROR_BAD_INPUT, "writeback.limit", "件数は 1 から %d までです。",
                         "The limit is 1 to %d.", LIMIT_MAX);
    *list = ARENA_ARRAY(arena, struct writeback, (size_t)filter->limit + 1);
    if (!*list)
        return error_no_memory(error);
    struct db_stmt *s = db_prepare(conn, choose(filter, dates), error);
    if (!s || !bind_list(s, org_id, filter, error))
        return false;
    enum db_step step;
    while ((step = db_step(s, error)) == DB_STEP_ROW)
        if (*count <= (size_t)filter->limit)
            take(arena, s, &(*list)[(*count)++]);
    if (step == DB_STEP_ERROR)
        return false;
    if (*count > (size_t)filter->limit) {
        --*count;
        *next_cursor = arena_printf(arena, "%lld", (long long)(*list)[*count - 1].id);
    }
    return !arena_failed(arena) || error_no_memory(error);
}

struct str shipment_payload(struct arena *arena, const struct order *order)
{
    AUTO_BUF out = buf_make(PAYLOAD_BYTES_MAX);
    write_packages(&out, order, true);
    // Too large or out of memory: an allocation that can't be had marks the arena failed.
    if (out.failed) {
        arena_alloc(arena, SIZE_MAX);
        return STR("");
    }
    return str_dup(arena, buf_str(&out));
}

static bool malformed(struct error *error)
{
    return error_set(error, ERROR_MALFORMED, "writeback.payload",
                     "書き込みの内容が読み取れません。",
                     "The payload of the write-back can't be read.");
}

static bool parse_shipments(struct arena *arena, struct json list, struct order_package *p,
                            struct error *error)
{
    struct json item;
    p->shipments = ARENA_ARRAY(arena, struct shipment, json_count(list));
    if (!p->shipments)
        return error_no_memory(error);
    for (struct json_iter i = json_iterate(list); json_next(&i, &item);) {
        struct shipment *s = &p->shipments[p->shipment_count++];
        struct json id = json_get(item, "shipment");
        struct str date = json_str(json_get(item, "ship_date"));
        if (!json_is_null(id) && !id_parse(json_str(id), &s->id))
            return malformed(error);
        s->carrier = str_dup(arena, json_str(json_get(item, "carrier")));
        s->tracking_number = str_dup(arena, json_str(json_get(item, "tracking_number")));
        s->mall_ref = str_dup(arena, json_str(json_get(item, "mall_ref")));
        if (date.n && !day_parse(date, &s->ship_date))
            return malformed(error);
    }
    return true;
}

bool shipment_payload_parse(struct arena *arena, struct str payload,
                            struct order_package **packages, size_t *count, struct error *error)
{
    struct json root, item;
    *count = 0;
    if (payload.n > PAYLOAD_BYTES_MAX)
        return malformed(error);
    if (!json_parse(arena, payload, false, &root, error))
        return error->class == ERROR_NO_MEMORY ? false : malformed(error);
    struct json list = json_get(root, "packages");
    if (json_type(list) != JSON_ARRAY || json_count(list) > PAYLOAD_PACKAGES_MAX)
        return malformed(error);
    *packages = ARENA_ARRAY(arena, struct order_package, json_count(list));
    if (!*packages)
        return error_no_memory(error);
    for (struct json_iter i = json_iterate(list); json_next(&i, &item);) {
        struct order_package *p = &(*packages)[(*count)++];
        int64_t number;
        if (!json_int(json_get(item, "package"), &number) || number < 1 || number > INT32_MAX)
            return malformed(error);
        p->number = (int)number;
        p->mall_ref = str_dup(arena, json_str(json_get(item, "mall_ref")));
        if (!parse_shipments(arena, json_get(item, "shipments"), p, error))
            return false;
    }
    return !arena_failed(arena) || error_no_memory(error);
}
