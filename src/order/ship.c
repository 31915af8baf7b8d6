// SPDX-License-Identifier: Apache-2.0
//
// What staff enter on one order: parcels and the memo. The order is read and locked, changed as a
// value, and written back whole; the obligation to tell the mall is made in the same transaction.
#include "order/rows.h"

#include "base/memory.h"
#include "order/carrier.h"
#include "order/diff.h"
#include "order/mark.h"
#include "order/obligation.h"

#define EVENT_BYTES_MAX (4u << 20)
#define SHIPMENTS_MAX 100
#define NUMBER_BYTES_MAX 40
#define MEMO_BYTES_MAX 20000

struct edit {
    struct db_conn *conn;
    const struct order_context *context;
    struct arena *arena;
    struct order_rows *rows;
    struct stored_order stored;
    struct order after;
};

static bool open_edit(struct edit *e, struct db_conn *conn, const struct order_context *context,
                      row_id order_id, int64_t expected_version, struct error *error)
{
    *e = (struct edit){.conn = conn, .context = context};
    e->arena = arena_new(256u << 20);
    if (!e->arena)
        return error_no_memory(error);
    e->rows = order_rows_open(conn, context, e->arena, error);
    if (!e->rows)
        return false;
    if (!orders_load(conn, context->org_id, &order_id, 1, true, e->arena, &e->stored, error))
        return false;
    if (!e->stored.found) {
        error_set(error, ERROR_NOT_FOUND, "order.not_found", "注文が見つかりません。",
                  "There is no such order.");
        return error_subject(error, "order %lld", (long long)order_id);
    }
    if (expected_version >= 0 && expected_version != e->stored.order.version) {
        error_set(error, ERROR_CONFLICT, "order.version_conflict",
                  "ほかの人がこの注文を変更しました。", "Somebody else has changed this order.");
        error_hint(error, "最新の内容を読み直してから、もう一度入力してください。",
                   "Read the order again and repeat the change.");
        return error_subject(error, "%.*s", STR_ARG(e->stored.order.order_no));
    }
    e->after = e->stored.order;
    return true;
}

static void close_edit(struct edit *e)
{
    order_rows_close(e->rows);
    arena_free(e->arena);
}

// Writes the new state with its line of history; nothing at all when nothing differs.
static bool save(struct edit *e, const char *kind, struct error *error)
{
    AUTO_BUF before = buf_make(EVENT_BYTES_MAX);
    AUTO_BUF after = buf_make(EVENT_BYTES_MAX);
    const struct order *old = &e->stored.order;
    struct difference difference = order_diff(old, &e->after, &before, &after);
    bool moved = old->work_status != e->after.work_status;
    if (before.failed || after.failed)
        return error_no_memory(error);
    if (!difference.any && !moved)
        return true;
    e->after.version = old->version + 1;
    e->after.changed_at = e->context->now;
    return order_rows_update(e->rows, old, &e->after, e->stored.hash, error) &&
           (!difference.any || order_rows_event(e->rows, old->id, kind, buf_str(&before),
                                                buf_str(&after), STR(""), error)) &&
           (!moved ||
            order_rows_event(e->rows, old->id, "moved", status_json(e->arena, old->work_status),
                             status_json(e->arena, e->after.work_status), STR("ship"), error)) &&
           (!arena_failed(e->arena) || error_no_memory(error)) && order_rows_finish(e->rows, error);
}

static bool refuse(const struct edit *e, struct error *error, enum error_class class,
                   const char *code, const char *ja, const char *en)
{
    error_set(error, class, code, "%s%.0s", "%.0s%s", ja, en);
    return error_subject(error, "%.*s", STR_ARG(e->stored.order.order_no));
}

// A refusal that ends by itself or by what the hint says.
static bool refuse_until(const struct edit *e, struct error *error, const char *code,
                         const char *ja, const char *en, const char *hint_ja, const char *hint_en)
{
    refuse(e, error, ERROR_REJECTED, code, ja, en);
    return error_hint(error, hint_ja, hint_en);
}

// statuses.md §2.6, 1. An order that is only "new" may be shipped where its payment allows it: some
// malls need no acceptance; the mall's own preflight decides.
static bool may_ship(const struct edit *e, struct error *error)
{
    const struct order *o = &e->stored.order;
    int role = status_role_of(e->rows->statuses, e->rows->status_count, o->work_status);
    if (o->state == ORDER_CANCELLED || o->state == ORDER_CANCEL_REQUESTED ||
        (o->marks & ORDER_MARK_CANCEL_ARRIVED))
        return refuse_until(e, error, "order.cancelled",
                            "キャンセルされた（または受付中の）注文は発送できません。",
                            "The order is cancelled, or its cancellation was asked for.",
                            "発送を止め、モールで注文の状態を確認してください。",
                            "Stop the parcel and look at the order at the mall.");
    if ((o->marks & (ORDER_MARK_HOLD | ORDER_MARK_FRAUD_REVIEW)) || role == ROLE_HOLD)
        return refuse_until(e, error, "order.hold", "保留中の注文は発送できません。",
                            "The order is on hold.", "保留を解除してから登録してください。",
                            "Release the hold first.");
    if (o->marks & ORDER_MARK_ADDRESS_UNKNOWN)
        return refuse_until(e, error, "order.address_unknown",
                            "お届け先が決まっていない注文は発送できません。",
                            "The order has no address yet.",
                            "お届け先が決まると自動で取り込まれます。その後に登録してください。",
                            "The address is fetched by itself once it is known; enter it then.");
    if (o->state == ORDER_PROVISIONAL || o->state == ORDER_MALL_PROCESSING)
        return refuse_until(
            e, error, "order.not_accepted", "モールの処理が終わっていない注文は発送できません。",
            "The mall hasn't released the order yet.",
            "モールで発送待ちになると自動で取り込まれます。その後に登録してください。",
            "It is fetched by itself once the mall releases it; enter it then.");
    if (!payment_allows_shipping(o->payment_state))
        return refuse_until(
            e, error, "order.payment_not_settled",
            "入金または与信が確認できていない注文は発送できません。",
            "The order's payment doesn't allow shipping yet.",
            "入金を確認してから登録してください。モールで入金済みなら、この注文を再取得し"
            "てください。",
            "Enter it once it is paid; if the mall shows it paid, read the order "
            "again.");
    return true;
}

static const struct shipment *shipment_by_id(const struct order_package *p, row_id id)
{
    for (size_t i = 0; i < p->shipment_count; i++)
        if (p->shipments[i].id == id)
            return &p->shipments[i];
    return NULL;
}

static bool check_typed(const struct edit *e, const struct shipment *s, struct str number,
                        struct error *error)
{
    if (s->carrier.n && !carrier_by_code(s->carrier))
        return refuse(e, error, ERROR_BAD_INPUT, "shipment.carrier_unknown",
                      "この配送会社コードは登録されていません。", "There is no such carrier.");
    if (s->ship_date && !day_is_valid(s->ship_date))
        return refuse(e, error, ERROR_BAD_INPUT, "shipment.ship_date_invalid",
                      "発送日が正しくありません。", "The ship date is impossible.");
    if (number.n > NUMBER_BYTES_MAX || !str_is_utf8(s->tracking_number) ||
        memchr(number.p, '\0', number.n))
        return refuse(e, error, ERROR_BAD_INPUT, "shipment.tracking_number_invalid",
                      "送り状番号が長すぎるか、読み取れません。",
                      "The tracking number is too long or no text.");
    return true;
}

// The same parcel entered once more (a file imported twice, a form sent twice) stays the same row.
static const struct shipment *shipment_alike(struct edit *e, const struct order_package *old,
                                             const struct shipment *typed, struct str number)
{
    for (size_t i = 0; i < old->shipment_count; i++) {
        const struct shipment *s = &old->shipments[i];
        if (str_eq(s->carrier, typed->carrier) && s->ship_date == typed->ship_date &&
            str_eq(tracking_number_normalise(e->arena, s->tracking_number), number))
            return s;
    }
    return NULL;
}

// One parcel as entered, on top of what it was.
static bool enter_shipment(struct edit *e, const struct order_package *old,
                           const struct shipment *typed, struct shipment *s, struct error *error)
{
    struct str number = tracking_number_normalise(e->arena, typed->tracking_number);
    if (!check_typed(e, typed, number, error))
        return false;
    const struct shipment *twin;
    *s = (struct shipment){.source = SHIPMENT_FROM_STAFF};
    if (typed->id) {
        const struct shipment *known = shipment_by_id(old, typed->id);
        if (!known)
            return refuse(e, error, ERROR_BAD_INPUT, "shipment.not_found",
                          "変更する送り状が見つかりません。", "There is no such shipment.");
        *s = *known;
    } else if ((twin = shipment_alike(e, old, typed, number))) {
        *s = *twin;
        return true;
    } else {
        s->id = id_next(e->context->ids, e->context->now);
    }
    bool same = str_eq(s->carrier, typed->carrier) && s->ship_date == typed->ship_date &&
                str_eq(tracking_number_normalise(e->arena, s->tracking_number), number);
    if (same && typed->id)
        return true;
    if (!str_eq(s->carrier, typed->carrier))
        s->carrier_mall_code = STR("");
    s->carrier = typed->carrier;
    s->tracking_number = number;
    s->ship_date = typed->ship_date;
    s->source = typed->source == SHIPMENT_FROM_FILE ? SHIPMENT_FROM_FILE : SHIPMENT_FROM_STAFF;
    return true;
}

// statuses.md §2.3: shipped needs carrier and a ship date that has come; a number alone is a label.
static enum shipment_state state_of(const struct order_package *p, day today,
                                    enum shipment_state old)
{
    bool all_shipped = p->shipment_count > 0, any_number = false, any_date = false;
    for (size_t i = 0; i < p->shipment_count; i++) {
        const struct shipment *s = &p->shipments[i];
        all_shipped = all_shipped && s->carrier.n && s->ship_date && s->ship_date <= today;
        any_number |= s->tracking_number.n > 0;
        any_date |= s->ship_date != 0;
    }
    if (old >= SHIPMENT_DELIVERED)
        return old;
    if (all_shipped)
        return SHIPMENT_SHIPPED;
    if (any_number)
        return SHIPMENT_LABELLED;
    if (any_date)
        return SHIPMENT_INSTRUCTED;
    return old > SHIPMENT_READY ? SHIPMENT_READY : old;
}

static bool enter_package(struct edit *e, const struct ship_package *typed, struct error *error)
{
    struct order_package *p = NULL;
    for (size_t i = 0; i < e->after.package_count; i++)
        if (e->after.packages[i].id == typed->package_id)
            p = &e->after.packages[i];
    if (!p)
        return refuse(e, error, ERROR_BAD_INPUT, "order.package_not_found",
                      "この注文にその送付先はありません。", "The order has no such package.");
    if (typed->count > SHIPMENTS_MAX)
        return refuse(e, error, ERROR_BAD_INPUT, "shipment.too_many", "送り状が多すぎます。",
                      "Too many shipments.");
    struct order_package old = *p;
    p->shipments = ARENA_ARRAY(e->arena, struct shipment, typed->count);
    p->shipment_count = typed->count;
    if (!p->shipments)
        return error_no_memory(error);
    for (size_t i = 0; i < typed->count; i++) {
        if (!enter_shipment(e, &old, &typed->shipments[i], &p->shipments[i], error))
            return false;
        for (size_t k = 0; k < i; k++)
            if (p->shipments[k].id == p->shipments[i].id)
                return refuse(e, error, ERROR_BAD_INPUT, "shipment.repeated",
                              "同じ送り状が二重に入力されています。",
                              "The same shipment is entered twice.");
    }
    p->state = state_of(p, day_in_jst(e->context->now), old.state);
    return true;
}

static bool enter_packages(struct edit *e, const struct ship_package *packages, size_t count,
                           struct error *error)
{
    struct order_package *own = ARENA_ARRAY(e->arena, struct order_package, e->after.package_count);
    if (!own)
        return error_no_memory(error);
    memcpy(own, e->stored.order.packages, e->after.package_count * sizeof *own);
    e->after.packages = own;
    for (size_t i = 0; i < count; i++)
        if (!enter_package(e, &packages[i], error))
            return false;
    e->after.shipment_state = order_roll_up_shipment(&e->after);
    return !arena_failed(e->arena) || error_no_memory(error);
}

static bool every_package_has_parcels(const struct order *o)
{
    for (size_t i = 0; i < o->package_count; i++)
        if (o->packages[i].state < SHIPMENT_SHIPPED && o->packages[i].shipment_count == 0)
            return false;
    return true;
}

// Where a shipped order goes by itself. While a destination has no parcel yet, there is work left
// (statuses.md §2.6, 3), and the order must not disappear among those that are done.
static bool choose_status(struct edit *e, row_id work_status, struct error *error)
{
    const struct order_rows *r = e->rows;
    if (work_status) {
        if (status_role_of(r->statuses, r->status_count, work_status) < 0)
            return refuse(e, error, ERROR_BAD_INPUT, "status.not_found",
                          "移動先のステータスがありません。", "There is no such work status.");
        e->after.work_status = work_status;
        return true;
    }
    if (!every_package_has_parcels(&e->after)) {
        int role = status_role_of(r->statuses, r->status_count, e->after.work_status);
        row_id work = status_with_role(r->statuses, r->status_count, ROLE_WORK);
        if (work && (role == ROLE_ENTRY || role == ROLE_WAIT_PAYMENT || role == ROLE_WAIT_STOCK ||
                     role == ROLE_READY))
            e->after.work_status = work;
        return true;
    }
    row_id shipped = status_with_role(r->statuses, r->status_count, ROLE_SHIPPED);
    row_id done = status_with_role(r->statuses, r->status_count, ROLE_DONE);
    bool money_due = e->after.payment_state == PAYMENT_DUE_AFTER_SHIP;
    row_id status = money_due ? (shipped ? shipped : done) : (done ? done : shipped);
    if (status)
        e->after.work_status = status;
    return true;
}

static bool tell_mall(struct edit *e, struct error *error)
{
    size_t shipments = 0;
    row_id id;
    for (size_t i = 0; i < e->after.package_count; i++)
        shipments += e->after.packages[i].shipment_count;
    if (!shipments)
        return order_mark_set(e->conn, e->context, e->after.id, ORDER_MARK_NUMBERS_LEFT_OUT, false,
                              STR("ship"), error) &&
               obligation_withdraw(e->conn, e->context, e->after.id, ASPECT_SHIPMENT, error);
    struct str payload = shipment_payload(e->arena, &e->after);
    return (!arena_failed(e->arena) || error_no_memory(error)) &&
           obligation_create(e->conn, e->context, &e->after, ASPECT_SHIPMENT, payload, &id, error);
}

static bool ship(struct edit *e, const struct ship_package *packages, size_t count, bool move,
                 row_id work_status, struct error *error)
{
    bool entering = move;
    for (size_t i = 0; i < count; i++)
        entering |= packages[i].count > 0;
    return (!entering || may_ship(e, error)) && enter_packages(e, packages, count, error) &&
           (!move || choose_status(e, work_status, error)) && save(e, "shipped", error) &&
           tell_mall(e, error);
}

bool order_ship(struct db_conn *conn, const struct order_context *context, row_id order_id,
                int64_t expected_version, const struct ship_package *packages, size_t count,
                bool move, row_id work_status, int64_t *new_version, struct error *error)
{
    struct edit e;
    bool shipped = open_edit(&e, conn, context, order_id, expected_version, error) &&
                   ship(&e, packages, count, move, work_status, error);
    *new_version = shipped ? e.after.version : 0;
    close_edit(&e);
    return shipped;
}

bool order_set_memo(struct db_conn *conn, const struct order_context *context, row_id order_id,
                    int64_t expected_version, struct str memo, int64_t *new_version,
                    struct error *error)
{
    struct edit e;
    bool saved = open_edit(&e, conn, context, order_id, expected_version, error);
    if (saved && (memo.n > MEMO_BYTES_MAX || !str_is_utf8(memo) ||
                  memchr(memo.p ? memo.p : "", '\0', memo.n)))
        saved = refuse(&e, error, ERROR_BAD_INPUT, "order.memo_too_long",
                       "メモが長すぎるか、読み取れません。", "The memo is too long or no text.");
    if (saved) {
        e.after.memo = memo;
        saved = save(&e, "memo", error);
    }
    *new_version = saved ? e.after.version : 0;
    close_edit(&e);
    return saved;
}
