// SPDX-License-Identifier: Apache-2.0
//
// Changing one order: memo, folder, marks, shipping, acceptance, cancellation, reading it again.
// Each change is one transaction that begins by comparing the version that the person saw.
#include "api/handlers.h"
#include "api/input.h"
#include "api/views.h"

#define PACKAGES_MAX 200
#define PARCELS_MAX 99

struct patch {
    struct request *r;
    row_id id;
    int64_t version;
    struct str memo; // absent: unchanged
    row_id work_status;
    int64_t set_marks, clear_marks;
    row_id undo;
};

static bool read_version(struct db_conn *conn, const struct request *r, row_id id, int64_t expected,
                         int64_t *marks, struct error *error)
{
    struct db_stmt *s = db_prepare(
        conn, "SELECT version, marks FROM \"order\" WHERE org_id = $1 AND id = $2", error);
    if (!s)
        return false;
    db_bind_id(s, 1, r->org_id);
    db_bind_id(s, 2, id);
    enum db_step step = db_step(s, error);
    if (step == DB_STEP_ERROR)
        return false;
    if (step == DB_STEP_DONE)
        return error_set(error, ERROR_NOT_FOUND, "not_found", "この注文は見つかりません。",
                         "no such order");
    int64_t version = db_int(s, 0);
    *marks = db_int(s, 1);
    db_reset(s);
    if (version == expected)
        return true;
    return error_set(error, ERROR_CONFLICT, "order.version_conflict",
                     "ほかの人がこの注文を変更しました。", "somebody else has changed this order");
}

static struct str marks_json(struct arena *arena, int64_t marks)
{
    AUTO_BUF text = buf_make(4096);
    struct json_writer w = json_writer_make(&text);
    AUTO_BUF names = buf_make(2048);
    for (int bit = 0; bit < ORDER_MARK_COUNT; bit++) {
        if (marks >> bit & 1)
            buf_addf(&names, "%s%s", names.n ? ", " : "", order_mark_name(bit));
    }
    json_begin_object(&w);
    json_put_str(&w, "marks", buf_str(&names));
    json_end_object(&w);
    return str_dup(arena, buf_str(&text));
}

static bool change_marks(struct patch *p, struct db_conn *conn, int64_t marks, struct error *error)
{
    int64_t after = (marks | p->set_marks) & ~p->clear_marks;
    if (after == marks)
        return true;
    struct db_stmt *s = db_prepare(conn,
                                   "UPDATE \"order\" SET marks = $3, version = version + 1, "
                                   "changed_at = $4 WHERE org_id = $1 AND id = $2 AND version = $5",
                                   error);
    if (!s)
        return false;
    db_bind_id(s, 1, p->r->org_id);
    db_bind_id(s, 2, p->id);
    db_bind_int(s, 3, after);
    db_bind_int(s, 4, p->r->by.now);
    db_bind_int(s, 5, p->version);
    if (!db_run(s, error))
        return false;
    p->version++;
    return order_event_add(conn, &p->r->by, p->id, "mark_cleared", marks_json(p->r->arena, marks),
                           marks_json(p->r->arena, after), STR(""), error);
}

static bool patch_fn(void *context, struct db_conn *conn, struct error *error)
{
    struct patch *p = context, attempt = *p;
    int64_t marks;
    struct error refused;
    if (!read_version(conn, p->r, p->id, p->version, &marks, error) ||
        !change_marks(&attempt, conn, marks, error))
        return false;
    if (p->memo.p &&
        !order_set_memo(conn, &p->r->by, p->id, attempt.version, p->memo, &attempt.version, error))
        return false;
    p->undo = 0;
    if (!p->work_status)
        return true;
    if (!orders_move(conn, &p->r->by, &p->id, 1, &attempt.version, p->work_status, &refused,
                     &p->undo, error))
        return false;
    // Being there already is what was asked for.
    if (!error_is_set(&refused) || strcmp(refused.code, "order.already_there") == 0)
        return true;
    *error = refused;
    return false;
}

static void read_marks(struct input *in, struct patch *p)
{
    struct json list = json_get(in->body, "clear_marks"), v;
    bool hold;
    if (input_flag(in, "hold", &hold)) {
        if (hold)
            p->set_marks |= ORDER_MARK_HOLD;
        else
            p->clear_marks |= ORDER_MARK_HOLD;
    }
    if (json_is_null(list))
        return;
    if (json_type(list) != JSON_ARRAY)
        input_bad(in, STR("clear_marks"), "invalid", "値が正しくありません。",
                  "this value is invalid");
    for (struct json_iter i = json_iterate(list); json_next(&i, &v);) {
        int64_t mark = order_mark_from_name(json_str(v));
        if (!mark)
            input_bad(in, STR("clear_marks"), "unknown", "このマークはありません。",
                      "there is no such mark");
        p->clear_marks |= mark;
    }
}

void handle_order_patch(struct request *r)
{
    struct input in;
    struct patch p = {.r = r};
    struct error error;
    struct json v;
    if (!path_id(r, 0, &p.id) || !if_match(r, &p.version) || !input_begin(r, &in))
        return;
    static const char *const known[] = {"memo", "work_status", "hold", "clear_marks"};
    for (struct json_iter i = json_iterate(in.body); json_next(&i, &v);) {
        bool is_known = false;
        for (size_t k = 0; k < 4; k++)
            is_known = is_known || str_eq(i.key, str_from(known[k]));
        if (!is_known)
            input_bad(&in, str_utf8_cut(i.key, 100), "unknown", "この項目は変更できません。",
                      "this can't be changed");
    }
    p.memo = input_text(&in, "memo", 0, 4000, false);
    input_id(&in, "work_status", false, &p.work_status);
    read_marks(&in, &p);
    if (!input_done(&in))
        return;
    if (!db_write(r->api->o.db, patch_fn, &p, &error)) {
        reply_order_error(r, p.id, &error);
        return;
    }
    reply_order_change(r, 200, p.id, p.undo);
    notify_orders(r, &p.id, 1);
    if (p.work_status) {
        notify_counts(r);
        notify_engine(r);
    }
}

struct ship {
    struct request *r;
    row_id id;
    int64_t version, new_version;
    struct ship_package *packages;
    size_t count;
    bool move;
    row_id work_status;
};

static bool ship_fn(void *context, struct db_conn *conn, struct error *error)
{
    struct ship *s = context;
    return order_ship(conn, &s->r->by, s->id, s->version, s->packages, s->count, s->move,
                      s->work_status, &s->new_version, error);
}

static void bad_parcel(struct input *in, size_t package, size_t parcel, const char *member,
                       const char *code, const char *ja, const char *en)
{
    input_bad(in,
              arena_printf(in->r->arena, "packages.%zu.shipments.%zu.%s", package, parcel, member),
              code, ja, en);
}

static void read_parcel(struct input *in, size_t package, size_t at, struct json v,
                        struct shipment *s)
{
    struct json id = json_get(v, "id"), carrier = json_get(v, "carrier"),
                number = json_get(v, "tracking_number"), date = json_get(v, "ship_date");
    *s = (struct shipment){.carrier = STR(""),
                           .carrier_mall_code = STR(""),
                           .tracking_number = STR(""),
                           .mall_ref = STR(""),
                           .source = SHIPMENT_FROM_STAFF};
    if (json_type(v) != JSON_OBJECT)
        bad_parcel(in, package, at, "id", "invalid", "値が正しくありません。",
                   "this value is invalid");
    if (!json_is_null(id) && !id_parse(json_str(id), &s->id))
        bad_parcel(in, package, at, "id", "invalid", "この荷物はありません。", "no such parcel");
    if (json_str(carrier).n > 0) {
        const struct carrier *known = carrier_by_code(json_str(carrier));
        if (!known)
            bad_parcel(in, package, at, "carrier", "unknown", "配送業者を一覧から選んでください。",
                       "choose a carrier of the list");
        else
            s->carrier = str_from(known->code);
    } else if (!json_is_null(carrier) && json_type(carrier) != JSON_STRING) {
        bad_parcel(in, package, at, "carrier", "invalid", "値が正しくありません。",
                   "this value is invalid");
    }
    struct str typed = json_str(number);
    if (!json_is_null(number) && !typed.p)
        bad_parcel(in, package, at, "tracking_number", "invalid", "値が正しくありません。",
                   "this value is invalid");
    if (str_utf8_length(typed) > 40)
        bad_parcel(in, package, at, "tracking_number", "too_long",
                   "伝票番号は40文字以内で入力してください。",
                   "a tracking number has at most 40 characters");
    else if (typed.n > 0)
        s->tracking_number = tracking_number_normalise(in->r->arena, typed);
    if (s->tracking_number.n > 0 &&
        tracking_number_check(s->carrier, s->tracking_number) == TRACKING_BAD_CHARACTER)
        bad_parcel(in, package, at, "tracking_number", "format",
                   "伝票番号に使えない文字が含まれています。",
                   "a tracking number has only letters and digits");
    if (!json_is_null(date) && json_str(date).n != 0 && !day_parse(json_str(date), &s->ship_date))
        bad_parcel(in, package, at, "ship_date", "invalid", "日付が正しくありません。",
                   "this is no date");
}

static void read_package(struct input *in, size_t at, struct json v, struct ship_package *p)
{
    struct arena *arena = in->r->arena;
    struct json list = json_get(v, "shipments"), parcel;
    size_t n = json_count(list);
    if (!id_parse(json_str(json_get(v, "package_id")), &p->package_id))
        input_bad(in, arena_printf(arena, "packages.%zu.package_id", at), "invalid",
                  "この送付先はありません。", "no such package");
    if (json_type(list) != JSON_ARRAY || n > PARCELS_MAX) {
        input_bad(in, arena_printf(arena, "packages.%zu.shipments", at), "invalid",
                  "荷物は99個まで入力できます。", "an array of at most 99 parcels");
        return;
    }
    p->shipments = ARENA_ARRAY(arena, struct shipment, n);
    for (struct json_iter i = json_iterate(list); p->shipments && json_next(&i, &parcel);) {
        read_parcel(in, at, p->count, parcel, &p->shipments[p->count]);
        p->count++;
    }
}

static void read_packages(struct input *in, struct ship *s)
{
    struct json list = json_get(in->body, "packages"), v;
    size_t n = json_count(list);
    if (json_type(list) != JSON_ARRAY || n == 0 || n > PACKAGES_MAX) {
        input_bad(in, STR("packages"), "required", "送付先を1件以上指定してください。",
                  "give at least one package");
        return;
    }
    s->packages = ARENA_ARRAY(in->r->arena, struct ship_package, n);
    for (struct json_iter i = json_iterate(list); s->packages && json_next(&i, &v);) {
        read_package(in, s->count, v, &s->packages[s->count]);
        s->count++;
    }
}

static bool arena_sound(struct request *r)
{
    struct error error;
    if (!arena_failed(r->arena))
        return true;
    error_no_memory(&error);
    reply_error(r, &error);
    return false;
}

void handle_order_ship(struct request *r)
{
    struct input in;
    struct ship s = {.r = r};
    struct error error;
    if (!path_id(r, 0, &s.id) || !if_match(r, &s.version) || !input_begin(r, &in))
        return;
    read_packages(&in, &s);
    input_flag(&in, "move", &s.move);
    input_id(&in, "work_status", false, &s.work_status);
    if (!arena_sound(r) || !input_done(&in))
        return;
    if (!db_write(r->api->o.db, ship_fn, &s, &error)) {
        reply_order_error(r, s.id, &error);
        return;
    }
    notify_engine(r);
    reply_order_change(r, 200, s.id, 0);
    notify_orders(r, &s.id, 1);
    notify_writeback(r, 0, s.id);
    if (s.move)
        notify_counts(r);
}

struct notice {
    struct request *r;
    row_id id;
    int64_t version;
    enum writeback_aspect aspect;
    bool at_mall;
    struct str payload; // JSON
    row_id writeback, undo;
};

static bool check_acceptable(const struct order *o, struct error *error)
{
    const struct mall *mall = mall_by_id(o->mall);
    if (!mall || !mall->accept)
        return error_set(error, ERROR_REJECTED, "not_acceptable",
                         "このモールには注文確認の操作がありません。",
                         "this mall has no acceptance of orders");
    if (o->state == ORDER_CANCELLED || o->state == ORDER_CANCEL_REQUESTED)
        return error_set(error, ERROR_REJECTED, "not_acceptable",
                         "キャンセルされた注文は確認できません。",
                         "a cancelled order can't be accepted");
    if (mall->is_accepted && mall->is_accepted(o))
        return error_set(error, ERROR_REJECTED, "not_acceptable", "この注文はすでに確認済みです。",
                         "this order has been accepted already");
    return true;
}

static bool move_to_cancelled(struct notice *n, struct db_conn *conn, struct error *error)
{
    struct work_status *list;
    size_t count;
    struct error refused;
    AUTO_ARENA arena = arena_new(1u << 20);
    if (!arena)
        return error_no_memory(error);
    if (!work_statuses(conn, n->r->org_id, arena, &list, &count, error))
        return false;
    for (size_t i = 0; i < count; i++) {
        if (list[i].role != ROLE_CANCELLED || list[i].archived)
            continue;
        if (!orders_move(conn, &n->r->by, &n->id, 1, NULL, list[i].id, &refused, &n->undo, error))
            return false;
        if (!error_is_set(&refused) || strcmp(refused.code, "order.already_there") == 0)
            return true;
        *error = refused;
        return false;
    }
    return error_set(error, ERROR_REJECTED, "status.not_found",
                     "キャンセル用のステータスがありません。",
                     "there is no folder for cancelled orders");
}

static bool notice_fn(void *context, struct db_conn *conn, struct error *error)
{
    struct notice *n = context;
    struct request *r = n->r;
    int64_t marks;
    AUTO_ARENA arena = arena_new(32u << 20);
    struct order *o = arena ? ARENA_NEW(arena, struct order) : NULL;
    bool accept = n->aspect == ASPECT_ACCEPT;
    if (!o)
        return error_no_memory(error);
    if (!read_version(conn, r, n->id, n->version, &marks, error) ||
        !order_read(conn, r->org_id, n->id, arena, o, error))
        return false;
    if (accept && !check_acceptable(o, error))
        return false;
    const struct mall *mall = mall_by_id(o->mall);
    if (!accept && n->at_mall && (!mall || !mall->cancel))
        return error_set(
            error, ERROR_REJECTED, "not_cancellable",
            "このモールのAPIではキャンセルできません。モールの管理画面で操作してください。",
            "this mall's API can't cancel; do it on the mall's own screen");
    if (n->at_mall &&
        !obligation_create(conn, &r->by, o, n->aspect, n->payload, &n->writeback, error))
        return false;
    const char *kind = accept ? "accept_requested" : n->at_mall ? "cancel_requested" : "cancelled";
    if (!order_event_add(conn, &r->by, n->id, kind, STR_ABSENT, n->payload, STR(""), error) ||
        !audit_add(conn, r, accept ? "order.accept" : "order.cancel",
                   arena_printf(arena, "order:%lld", (long long)n->id), STR_ABSENT, n->payload,
                   error))
        return false;
    return accept || move_to_cancelled(n, conn, error);
}

static void give_notice(struct request *r, struct notice *n)
{
    struct error error;
    if (!db_write(r->api->o.db, notice_fn, n, &error)) {
        reply_order_error(r, n->id, &error);
        return;
    }
    notify_engine(r);
    reply_order_change(r, 202, n->id, n->at_mall ? 0 : n->undo);
    notify_orders(r, &n->id, 1);
    if (n->writeback)
        notify_writeback(r, n->writeback, n->id);
    if (n->aspect == ASPECT_CANCEL)
        notify_counts(r);
}

void handle_order_accept(struct request *r)
{
    struct notice n = {.r = r, .aspect = ASPECT_ACCEPT, .at_mall = true, .payload = STR("{}")};
    if (path_id(r, 0, &n.id) && if_match(r, &n.version))
        give_notice(r, &n);
}

void handle_order_cancel(struct request *r)
{
    struct input in;
    struct notice n = {.r = r, .aspect = ASPECT_CANCEL};
    if (!path_id(r, 0, &n.id) || !if_match(r, &n.version) || !input_begin(r, &in))
        return;
    struct str reason = input_text(&in, "reason", 1, 500, true);
    struct str code = input_text(&in, "reason_code", 0, 100, false);
    if (!input_flag(&in, "at_mall", &n.at_mall) && json_is_null(json_get(in.body, "at_mall")))
        input_bad(&in, STR("at_mall"), "required", "モールにも反映するかを選んでください。",
                  "say whether the mall is to be told");
    if (!input_done(&in))
        return;
    AUTO_BUF payload = buf_make(8192);
    struct json_writer w = json_writer_make(&payload);
    json_begin_object(&w);
    json_put_str(&w, "reason", code.p ? code : STR(""));
    json_put_str(&w, "detail", reason);
    json_end_object(&w);
    n.payload = buf_str(&payload);
    give_notice(r, &n);
}

struct reread {
    struct request *r;
    row_id id, run;
};

static bool reread_fn(void *context, struct db_conn *conn, struct error *error)
{
    struct reread *a = context;
    struct db_stmt *s = db_prepare(
        conn, "SELECT shop_id, order_no FROM \"order\" WHERE org_id = $1 AND id = $2", error);
    if (!s)
        return false;
    db_bind_id(s, 1, a->r->org_id);
    db_bind_id(s, 2, a->id);
    enum db_step step = db_step(s, error);
    if (step == DB_STEP_ERROR)
        return false;
    if (step == DB_STEP_DONE)
        return error_set(error, ERROR_NOT_FOUND, "not_found", "この注文は見つかりません。",
                         "no such order");
    struct str number = str_dup(a->r->arena, db_text(s, 1));
    struct fetch_request request = {.door = DOOR_NUMBER,
                                    .shop_id = db_int(s, 0),
                                    .from = TIME_NONE,
                                    .to = TIME_NONE,
                                    .order_nos = &number,
                                    .order_no_count = 1};
    db_reset(s);
    return fetch_request_queue(conn, &a->r->by, &request, &a->run, error);
}

void handle_order_reread(struct request *r)
{
    struct reread a = {.r = r};
    if (!path_id(r, 0, &a.id) || !request_write(r, reread_fn, &a))
        return;
    notify_engine(r);
    reply_fetch_started(r, a.run);
}
