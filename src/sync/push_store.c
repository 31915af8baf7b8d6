// SPDX-License-Identifier: Apache-2.0
//
// Rules of write-back before anything leaves the house, and the tables writeback (through
// order/obligation.h) and writeback_attempt. The reasons given here are the ones diagnosis shows.
// Database threads; nothing is kept between calls.
#include "sync/push_store.h"
#include "base/json.h"
#include "order/mark.h"
#include "sync/settings.h"

int64_t push_backoff_ms(int attempts)
{
    int64_t wait = 60000LL << (attempts > 6 ? 6 : attempts < 0 ? 0 : attempts);
    return wait > 3600000 ? 3600000 : wait;
}

// What the link says of the order's status: how far the mall's status shall go is part of what is
// told, and so of what is compared.
static bool take_link(struct db_conn *conn, row_id org_id, const struct mall *mall,
                      struct push_item *item, struct status_link *link, struct error *error)
{
    if (!status_link_read(conn, org_id, mall, item->order.work_status, item->arena, link, error))
        return false;
    item->ship.target_status = link->target;
    item->ship.work_status_role = link->role;
    return true;
}

static bool judge_shipment(struct db_conn *conn, const struct order_context *context,
                           const struct shop *shop, const struct mall_account *account,
                           struct push_item *item, enum writeback_state *state, struct error *why,
                           struct error *error)
{
    struct status_link link;
    if (!take_link(conn, context->org_id, shop->mall, item, &link, error))
        return false;
    if (!link.enabled) {
        *state = WRITEBACK_SUPPRESSED;
        error_set(why, ERROR_REJECTED, "setting.status_not_linked",
                  "ステータス「%.*s」はこのモールへの書出し対象になっていません。",
                  "orders in status \"%.*s\" are not written back to this mall",
                  STR_ARG(link.name));
        error_hint(why,
                   "紐付け設定でこのステータスを「有効にする」か、注文を書出し対象のステータスへ移"
                   "動してください。",
                   "Enable the status in the link settings, or move the order to a linked status.");
        return true;
    }
    if (item->order.state == ORDER_CANCELLED) {
        *state = WRITEBACK_BLOCKED;
        error_set(why, ERROR_REJECTED, "order.cancelled_at_mall",
                  "モールでキャンセルされた注文です。", "the order was cancelled at the mall");
        error_hint(why, "発送を止め、書出しを「不要」にしてください。",
                   "Stop the parcel and waive this write-back.");
        return true;
    }
    if (shop->mall->ship_preflight &&
        !shop->mall->ship_preflight(account, &item->ship, day_in_jst(context->now), why)) {
        if (why->class == ERROR_NO_MEMORY) {
            *error = *why;
            return false;
        }
        *state = WRITEBACK_BLOCKED;
        return true;
    }
    *state = WRITEBACK_PENDING;
    return true;
}

bool push_judge_for_file(struct db_conn *conn, const struct order_context *context,
                         const struct shop *shop, const struct mall_account *account,
                         struct push_item *item, enum writeback_state *state, struct error *why,
                         struct error *error)
{
    error_clear(why);
    return judge_shipment(conn, context, shop, account, item, state, why, error);
}

bool push_mark_numbers(struct db_conn *conn, const struct order_context *context,
                       const struct shop *shop, const struct push_item *item, struct error *error)
{
    if (item->w.aspect != ASPECT_SHIPMENT)
        return true;
    bool left_out = mall_leaves_out_numbers(shop->mall, item->packages, item->package_count, NULL);
    return order_mark_set(conn, context, item->order.id, ORDER_MARK_NUMBERS_LEFT_OUT, left_out,
                          STR("writeback"), error);
}

bool push_judge(struct db_conn *conn, const struct order_context *context, const struct shop *shop,
                const struct mall_account *account, struct push_item *item,
                enum writeback_state *state, struct error *why, struct error *error)
{
    error_clear(why);
    *state = WRITEBACK_PENDING;
    const struct mall *mall = shop->mall;
    bool has_call = item->w.aspect == ASPECT_SHIPMENT ? mall->ship != NULL
                    : item->w.aspect == ASPECT_ACCEPT ? mall->accept != NULL
                    : item->w.aspect == ASPECT_CANCEL ? mall->cancel != NULL
                                                      : false;
    if (!has_call) {
        *state = WRITEBACK_BLOCKED;
        error_set(why, ERROR_REJECTED, "mall.no_such_call",
                  "このモールのAPIではこの操作はできません。", "this mall's API has no such call");
        error_hint(why, "モールの管理画面で操作し、書出しを「不要」にしてください。",
                   "Do it on the mall's own screen and waive this write-back.");
        return true;
    }
    if (!shop->enabled) {
        *state = WRITEBACK_BLOCKED;
        error_set(why, ERROR_REJECTED, "shop.disabled", "ショップ「%.*s」は停止中です。",
                  "shop \"%.*s\" is switched off", STR_ARG(shop->name));
        error_hint(why, "ショップ設定で有効にすると自動的に送信されます。",
                   "Switch the shop on; it is then sent by itself.");
        return true;
    }
    if (item->w.aspect == ASPECT_SHIPMENT)
        return judge_shipment(conn, context, shop, account, item, state, why, error);
    return true;
}

bool push_load(struct db_conn *conn, row_id org_id, row_id id, struct arena *arena,
               struct push_item *item, struct error *error)
{
    *item = (struct push_item){.arena = arena};
    if (!obligation_read(conn, org_id, id, arena, &item->w, error) ||
        !order_read(conn, org_id, item->w.order_id, arena, &item->order, error))
        return false;
    item->seen = item->w.state;
    if (item->w.aspect == ASPECT_SHIPMENT) {
        if (!shipment_payload_parse(arena, item->w.payload, &item->packages, &item->package_count,
                                    error))
            return false;
        item->ship = (struct mall_ship_request){
            .order = &item->order,
            .packages = item->packages,
            .package_count = item->package_count,
            .progress = item->w.progress,
            .work_status_role = STR(""),
            .target_status = STR(""),
        };
    }
    if (item->w.aspect == ASPECT_CANCEL) {
        struct json root;
        if (!json_parse(arena, item->w.payload, false, &root, error))
            return false;
        item->cancel = (struct mall_cancel_request){
            .order = &item->order,
            .reason = json_str(json_get(root, "reason")),
            .detail = json_str(json_get(root, "detail")),
        };
    }
    return true;
}

bool push_store(struct db_conn *conn, const struct order_context *context, struct push_item *item,
                struct error *error)
{
    item->w.updated_at = context->now;
    if (!obligation_update(conn, context, &item->w, item->seen, error))
        return false;
    item->seen = item->w.state;
    return true;
}

// Waiting for a person who presses 書出し: due again only when asked.
static bool wait_until_asked(struct db_conn *conn, const struct order_context *context,
                             struct push_item *item, struct error *error)
{
    item->w.reason = STR("setting.auto_push_off");
    item->w.next_at = PUSH_WHEN_ASKED;
    return push_store(conn, context, item, error);
}

bool push_earlier_in_flight(struct db_conn *conn, row_id org_id, const struct writeback *w,
                            time_ms *next_at, struct error *error)
{
    *next_at = TIME_NONE;
    struct db_stmt *s = db_prepare(conn,
                                   "SELECT MAX(next_at) FROM writeback WHERE org_id = $1 AND "
                                   "order_id = $2 AND aspect = $3 AND revision < $4 AND owed = 1 "
                                   "AND (state = $5 OR state = $6 OR state = $7)",
                                   error);
    if (!s)
        return false;
    db_bind_id(s, 1, org_id);
    db_bind_id(s, 2, w->order_id);
    db_bind_int(s, 3, w->aspect);
    db_bind_int(s, 4, w->revision);
    db_bind_int(s, 5, WRITEBACK_SENDING);
    db_bind_int(s, 6, WRITEBACK_UNKNOWN);
    db_bind_int(s, 7, WRITEBACK_ACCEPTED);
    enum db_step step = db_step(s, error);
    if (step == DB_STEP_ROW) {
        *next_at = db_time(s, 0);
        db_reset(s);
    }
    return step != DB_STEP_ERROR;
}

bool push_is_newest(struct db_conn *conn, row_id org_id, const struct writeback *w, bool *newest,
                    struct error *error)
{
    struct db_stmt *s = db_prepare(conn,
                                   "SELECT MAX(revision) FROM writeback WHERE org_id = $1 AND "
                                   "order_id = $2 AND aspect = $3",
                                   error);
    if (!s)
        return false;
    db_bind_id(s, 1, org_id);
    db_bind_id(s, 2, w->order_id);
    db_bind_int(s, 3, w->aspect);
    enum db_step step = db_step(s, error);
    if (step == DB_STEP_ROW) {
        *newest = db_int(s, 0) <= w->revision;
        db_reset(s);
    }
    return step == DB_STEP_ROW;
}

bool push_set_aside(struct db_conn *conn, const struct order_context *context, row_id writeback_id,
                    const struct error *why, struct error *error)
{
    struct db_stmt *s =
        db_prepare(conn,
                   "UPDATE writeback SET next_at = $3, reason = $4, updated_at = $5 "
                   "WHERE org_id = $1 AND id = $2 AND owed = 1",
                   error);
    if (!s)
        return false;
    db_bind_id(s, 1, context->org_id);
    db_bind_id(s, 2, writeback_id);
    db_bind_int(s, 3, context->now + 3600000);
    db_bind_text(s, 4, str_from(why->code));
    db_bind_int(s, 5, context->now);
    return db_run(s, error);
}

bool push_prepare(struct db_conn *conn, const struct order_context *context,
                  const struct shop *shop, const struct mall_account *account, row_id writeback_id,
                  struct arena *arena, struct push_item *item, enum push_next *next,
                  struct error *error)
{
    *next = PUSH_NOTHING;
    if (!push_load(conn, context->org_id, writeback_id, arena, item, error))
        return false;
    if (writeback_is_final(item->w.state))
        return true;
    struct status_link link;
    if (item->w.aspect == ASPECT_SHIPMENT &&
        !take_link(conn, context->org_id, shop->mall, item, &link, error))
        return false;
    switch (item->w.state) {
    case WRITEBACK_ACCEPTED:
        // The connector's progress says how to ask what became of it.
        *next = item->w.progress.n > 0 ? PUSH_SEND : PUSH_READ_BACK;
        return true;
    case WRITEBACK_UNKNOWN:
    case WRITEBACK_SENT:
    case WRITEBACK_DRIFT:
        *next = PUSH_READ_BACK;
        return true;
    case WRITEBACK_SENDING:
        return true; // lease_take() has turned those of a dead node into "unknown"
    default:
        break;
    }
    time_ms earlier;
    if (!push_earlier_in_flight(conn, context->org_id, &item->w, &earlier, error))
        return false;
    if (earlier != TIME_NONE) {
        // Overtaking it could let the older notice take effect last.
        item->w.reason = STR("writeback.earlier_open");
        item->w.next_at = earlier > context->now ? earlier : context->now + 1000;
        return push_store(conn, context, item, error);
    }
    if (!push_mark_numbers(conn, context, shop, item, error))
        return false;
    // A try that has begun is brought to its end.
    bool asked = str_eq(item->w.reason, STR("requested")) ||
                 str_eq(item->w.reason, STR("sync.not_arrived")) || item->w.attempts > 0;
    if (!asked && !account_flag(account, "auto_push"))
        return wait_until_asked(conn, context, item, error);
    struct error why;
    enum writeback_state state;
    if (!push_judge(conn, context, shop, account, item, &state, &why, error))
        return false;
    if (state == WRITEBACK_PENDING) {
        *next = PUSH_SEND;
        return true;
    }
    item->w.state = state;
    item->w.reason = str_dup(arena, str_from(why.code));
    item->w.last_error = why;
    // Looked at again by itself, since the cause may vanish without a change of the order.
    item->w.next_at = context->now + 3600000;
    return push_store(conn, context, item, error);
}

bool push_due(struct db_conn *conn, row_id org_id, row_id shop_id, time_ms now, int limit,
              struct arena *arena, row_id **ids, size_t *count, struct error *error)
{
    *count = 0;
    *ids = ARENA_ARRAY(arena, row_id, (size_t)limit);
    if (!*ids)
        return error_no_memory(error);
    struct db_stmt *s =
        db_prepare(conn,
                   "SELECT id FROM writeback WHERE org_id = $1 AND shop_id = $2 AND "
                   "owed = 1 AND next_at <= $3 ORDER BY next_at, id LIMIT $4",
                   error);
    if (!s)
        return false;
    db_bind_id(s, 1, org_id);
    db_bind_id(s, 2, shop_id);
    db_bind_int(s, 3, now);
    db_bind_int(s, 4, limit);
    enum db_step step = db_step(s, error);
    for (; step == DB_STEP_ROW; step = db_step(s, error))
        (*ids)[(*count)++] = db_int(s, 0);
    return step != DB_STEP_ERROR;
}

bool attempt_store(struct db_conn *conn, const struct order_context *context, row_id writeback_id,
                   const char *kind, const char *operation, const char *outcome, int http_status,
                   const struct error *failure, struct str evidence, struct error *error)
{
    AUTO_ARENA arena = arena_new(1u << 16);
    if (!arena)
        return error_no_memory(error);
    struct db_stmt *s =
        db_prepare(conn,
                   "INSERT INTO writeback_attempt (org_id, writeback_id, id, at, kind, "
                   "operation, outcome, http_status, error_json, evidence) VALUES ($1, "
                   "$2, $3, $4, $5, $6, $7, $8, $9, $10)",
                   error);
    if (!s)
        return false;
    db_bind_id(s, 1, context->org_id);
    db_bind_id(s, 2, writeback_id);
    db_bind_id(s, 3, id_next(context->ids, context->now));
    db_bind_int(s, 4, context->now);
    db_bind_text(s, 5, str_from(kind));
    db_bind_text(s, 6, str_from(operation));
    db_bind_text(s, 7, str_from(outcome));
    if (http_status)
        db_bind_int(s, 8, http_status);
    else
        db_bind_null(s, 8);
    db_bind_text(
        s, 9, failure && failure->class != ERROR_NONE ? error_to_json(arena, failure) : STR_ABSENT);
    db_bind_text(s, 10, evidence.p ? evidence : STR(""));
    return db_run(s, error);
}
