// SPDX-License-Identifier: Apache-2.0
//
// The shipping report of Rakuten's face (rakuten.md §7): at once, or asynchronously with a result
// to be asked for. A request is checked as a whole before any row changes. A row sent without its
// shippingDetailId is added, whoever sent it before: that is what repeating a lost request costs.
// Only what changes something enters the ledger of effects.
#include "sim/rakuten.h"

#include <stdio.h>

#define NUMBER_CHARACTERS_MAX 120
#define ORDERS_MAX 100
#define RESULT_DAYS 30
#define DAY_MS (24 * 3600 * 1000LL)

static const struct {
    const char *code, *name;
} carriers[] = {
    {"1000", "その他"},
    {"1001", "ヤマト運輸"},
    {"1002", "佐川急便"},
    {"1003", "日本郵便"},
    {"1004", "西濃運輸"},
    {"1005", "セイノースーパーエクスプレス"},
    {"1006", "福山通運"},
    {"1007", "名鉄運輸"},
    {"1008", "トナミ運輸"},
    {"1009", "第一貨物"},
    {"1010", "新潟運輸"},
    {"1011", "中越運送"},
    {"1012", "岡山県貨物運送"},
    {"1013", "久留米運送"},
    {"1014", "山陽自動車運送"},
    {"1015", "NXトランスポート"},
    {"1016", "エコ配"},
    {"1017", "EMS"},
    {"1018", "DHL"},
    {"1019", "FedEx"},
    {"1020", "UPS"},
    {"1021", "日本通運"},
    {"1022", "TNT"},
    {"1023", "OCS"},
    {"1024", "USPS"},
    {"1025", "SFエクスプレス"},
    {"1026", "Aramex"},
    {"1027", "SGHグローバル・ジャパン"},
    {"1028", "Rakuten EXPRESS"},
    {"1029", "日本郵便 楽天倉庫出荷"},
    {"1030", "ヤマト運輸 クロネコゆうパケット"},
    {"1031", "名鉄NX運輸"},
};

const char *rk_carrier_name(struct str code)
{
    for (size_t i = 0; i < sizeof carriers / sizeof carriers[0]; i++)
        if (str_eq(code, str_from(carriers[i].code)))
            return carriers[i].name;
    return NULL;
}

bool rk_carrier_is_known(struct str code)
{
    return rk_carrier_name(code) != NULL;
}

const char *rk_carrier_code(enum sim_carrier carrier)
{
    static const char *const codes[SIM_CARRIER_COUNT] = {
        [SIM_CARRIER_YAMATO] = "1001",
        [SIM_CARRIER_SAGAWA] = "1002",
        [SIM_CARRIER_JAPAN_POST] = "1003",
        [SIM_CARRIER_SEINO] = "1004",
    };
    return codes[carrier];
}

// One report: {"orderNumber", "BasketidModelList"}.
struct report {
    struct sim *sim;
    const char *operation; // of message codes
    struct arena *arena;
    struct json_writer *w; // messages
    struct sim_order *order;
    struct str order_no;
    bool with_order_no; // messages of the asynchronous call name their order
    int64_t data_number;
    size_t faults;
    bool bad_request; // a fault of form: HTTP 400 of the synchronous call
};

static void message(struct report *r, const char *type, const char *number, struct str text,
                    int64_t detail_id)
{
    char code[128];
    int n = snprintf(code, sizeof code, "ORDER_EXT_API_%s_%s_%s", r->operation, type, number);
    json_begin_object(r->w);
    json_put_str(r->w, "messageType", str_from(type));
    json_put_str(r->w, "messageCode", str_make(code, (size_t)n));
    json_put_str(r->w, "message", text);
    if (r->with_order_no)
        json_put_str(r->w, "orderNumber", r->order_no);
    json_key(r->w, "dataNumber");
    if (r->data_number)
        json_write_int(r->w, r->data_number);
    else
        json_write_null(r->w);
    json_key(r->w, "shippingDetailId");
    if (detail_id)
        json_write_int(r->w, detail_id);
    else
        json_write_null(r->w);
    json_end_object(r->w);
}

static void fault(struct report *r, const char *field, const char *number)
{
    r->faults++;
    r->bad_request = true;
    message(r, "ERROR", number, rk_field_text(r->arena, field, number), 0);
}

static struct rk_basket *basket_of(const struct sim_order *order, int64_t id)
{
    for (size_t i = 0; i < order->destination_count; i++)
        if (rk_basket(&order->destinations[i])->id == id)
            return rk_basket(&order->destinations[i]);
    return NULL;
}

static struct rk_row *row_of(struct rk_basket *basket, int64_t id)
{
    for (size_t i = 0; i < basket->row_count; i++)
        if (basket->rows[i].id == id)
            return &basket->rows[i];
    return NULL;
}

static bool date_is_right(const struct sim *sim, struct str text, day *d)
{
    bool compact =
        text.n == 8 && sim_switch_is(sim, SIM_RAKUTEN, "shipping_date_compact", "accept");
    bool dashes = text.n == 10 && text.p[4] == '-' && text.p[7] == '-';
    return (compact || dashes) && day_parse(text, d) && day_is_valid(*d);
}

static void check_row(struct report *r, struct rk_basket *basket, struct json row)
{
    struct json company = json_get(row, "deliveryCompany"),
                number = json_get(row, "shippingNumber");
    struct json date = json_get(row, "shippingDate"), id = json_get(row, "shippingDetailId");
    int64_t id_given = 0;
    day d;
    r->data_number++;
    if (json_exists(company) && !rk_carrier_is_known(json_str(company)))
        fault(r, "deliveryCompany", "011");
    if (json_exists(number) && !json_is_null(number) &&
        (json_type(number) != JSON_STRING ||
         str_utf8_length(json_str(number)) > NUMBER_CHARACTERS_MAX))
        fault(r, "shippingNumber", "011");
    if (!json_is_null(date) && json_str(date).n > 0 && !date_is_right(r->sim, json_str(date), &d))
        fault(r, "shippingDate", "011");
    if (!json_is_null(id) && (!rk_int(id, &id_given) || !row_of(basket, id_given)))
        fault(r, "shippingDetailId", "011");
}

static void check_basket(struct report *r, struct json model)
{
    int64_t id;
    struct json rows = json_get(model, "ShippingModelList"), row;
    if (json_is_null(json_get(model, "basketId"))) {
        fault(r, "basketId", "009");
        return;
    }
    struct rk_basket *basket =
        rk_int(json_get(model, "basketId"), &id) ? basket_of(r->order, id) : NULL;
    if (!basket) {
        fault(r, "basketId", "011");
        return;
    }
    if (json_type(rows) != JSON_ARRAY || json_count(rows) == 0)
        fault(r, "ShippingModelList", "009");
    if (json_count(rows) > RK_ROWS_MAX)
        fault(r, "ShippingModelList", "011");
    for (struct json_iter i = json_iterate(rows); json_next(&i, &row);)
        check_row(r, basket, row);
}

static void refuse_state(struct report *r, const char *number, const char *text)
{
    r->faults++;
    r->data_number = 0;
    message(r, "ERROR", number, str_from(text), 0);
}

// Fills in the order and writes a message per fault.
static void check_report(struct report *r, struct json model)
{
    struct json baskets = json_get(model, "BasketidModelList"), basket;
    r->order_no = json_str(json_get(model, "orderNumber"));
    if (!r->order_no.p)
        fault(r, "orderNumber", "009");
    if (json_type(baskets) != JSON_ARRAY || json_count(baskets) == 0)
        fault(r, "BasketidModelList", "009");
    if (r->faults > 0)
        return;
    r->order = sim_order_find(r->sim, SIM_RAKUTEN, r->order_no);
    if (!r->order) {
        refuse_state(r, "016", "対象の注文が存在しません。");
        return;
    }
    int progress = rk_order(r->order)->progress;
    if (progress >= 800)
        refuse_state(r, "102", "キャンセル済みの注文のため、発送完了報告できません。");
    else if (progress < sim_switch_number(r->sim, SIM_RAKUTEN, "shipping_from_status"))
        refuse_state(r, "101", "現在のステータスでは、発送完了報告できません。");
    for (struct json_iter i = json_iterate(baskets); r->faults == 0 && json_next(&i, &basket);)
        check_basket(r, basket);
    r->data_number = 0;
}

static bool take_text(struct sim_order *order, struct json v, struct str *field)
{
    if (!json_exists(v))
        return false;
    struct str value = json_str(v).p ? json_str(v) : STR("");
    if (str_eq(value, *field))
        return false;
    *field = str_dup(order->arena, value);
    return true;
}

static bool take_date(struct json v, day *field)
{
    day d = 0;
    if (!json_exists(v))
        return false;
    if (json_str(v).n > 0)
        day_parse(json_str(v), &d);
    bool changed = d != *field;
    *field = d;
    return changed;
}

static void delete_row(struct rk_basket *basket, struct rk_row *row)
{
    size_t at = (size_t)(row - basket->rows);
    for (size_t i = at; i + 1 < basket->row_count; i++)
        basket->rows[i] = basket->rows[i + 1];
    basket->row_count--;
}

// True when something changed.
static bool apply_row(struct report *r, struct rk_basket *basket, struct json model)
{
    int64_t id = 0, remove = 0;
    rk_int(json_get(model, "shippingDetailId"), &id);
    rk_int(json_get(model, "shippingDeleteFlag"), &remove);
    r->data_number++;
    struct rk_row *row = id ? row_of(basket, id) : NULL;
    if (row && remove == 1) {
        delete_row(basket, row);
        message(r, "INFO", "103", STR("発送情報を削除しました。"), id);
        return true;
    }
    bool added = !row;
    row = row ? row : rk_add_row(r->sim, r->order, basket);
    if (!row) {
        r->faults++;
        message(r, "ERROR", "101", STR("発送情報の登録数が上限を超えています。"), 0);
        return false;
    }
    bool changed = take_text(r->order, json_get(model, "shippingNumber"), &row->number);
    changed = take_text(r->order, json_get(model, "deliveryCompany"), &row->company) || changed;
    changed = take_date(json_get(model, "shippingDate"), &row->date) || changed;
    message(r, "INFO", added ? "101" : "102",
            added ? STR("発送情報を登録しました。") : STR("発送情報を更新しました。"), row->id);
    return added || changed;
}

// What took effect, as the ledger compares it: rows by content, without their ids.
static void note_effect(struct report *r, struct json model)
{
    struct json basket, row;
    AUTO_BUF text = buf_make(1 << 20);
    for (struct json_iter i = json_iterate(json_get(model, "BasketidModelList"));
         json_next(&i, &basket);) {
        int64_t id = 0;
        rk_int(json_get(basket, "basketId"), &id);
        for (struct json_iter k = json_iterate(json_get(basket, "ShippingModelList"));
             json_next(&k, &row);) {
            int64_t remove = 0;
            rk_int(json_get(row, "shippingDeleteFlag"), &remove);
            buf_addf(&text, "%lld|%.*s|%.*s|%.*s|%lld\n", (long long)id,
                     STR_ARG(json_str(json_get(row, "deliveryCompany"))),
                     STR_ARG(json_str(json_get(row, "shippingNumber"))),
                     STR_ARG(json_str(json_get(row, "shippingDate"))), (long long)remove);
        }
    }
    (void)sim_effect_add(r->sim, r->order, "ship", buf_str(&text));
}

static void apply_report(struct report *r, struct json model)
{
    struct json basket, row;
    bool changed = false;
    for (struct json_iter i = json_iterate(json_get(model, "BasketidModelList"));
         json_next(&i, &basket);) {
        int64_t id = 0;
        rk_int(json_get(basket, "basketId"), &id);
        struct rk_basket *b = basket_of(r->order, id);
        for (struct json_iter k = json_iterate(json_get(basket, "ShippingModelList"));
             b && json_next(&k, &row);)
            changed = apply_row(r, b, row) || changed;
    }
    if (!changed)
        return;
    note_effect(r, model);
    rk_shipping_changed(r->sim, r->order);
}

void rk_update_shipping(struct sim *sim, struct json body, struct sim_response *response)
{
    struct json_writer w = json_writer_make(&response->body);
    struct report r = {
        .sim = sim, .operation = "UPDATE_ORDERSHIPPING", .arena = response->arena, .w = &w};
    json_begin_object(&w);
    json_key(&w, "MessageModelList");
    json_begin_array(&w);
    check_report(&r, body);
    if (r.faults == 0)
        apply_report(&r, body);
    else
        response->status =
            r.bad_request ? 400
                          : (int)sim_switch_number(sim, SIM_RAKUTEN, "cancelled_shipping_status");
    json_end_array(&w);
    json_end_object(&w);
}

// --- asynchronously ---

static bool has_duplicate(struct json list)
{
    struct json a, b;
    size_t at = 0;
    for (struct json_iter i = json_iterate(list); json_next(&i, &a); at++) {
        size_t other = 0;
        for (struct json_iter k = json_iterate(list); other < at && json_next(&k, &b); other++)
            if (str_eq(json_str(json_get(a, "orderNumber")), json_str(json_get(b, "orderNumber"))))
                return true;
    }
    return false;
}

// Only the form is checked now; what the orders' states forbid comes with the result.
static size_t check_async(struct report *r, struct json body)
{
    struct json list = json_get(body, "OrderShippingModelList"), model;
    if (json_type(list) != JSON_ARRAY || json_count(list) == 0) {
        fault(r, "OrderShippingModelList", "009");
        return r->faults;
    }
    if (json_count(list) > ORDERS_MAX || has_duplicate(list))
        fault(r, "OrderShippingModelList", "011");
    size_t faults = r->faults;
    for (struct json_iter i = json_iterate(list); json_next(&i, &model);) {
        AUTO_BUF unused = buf_make(1 << 20);
        struct json_writer quiet = json_writer_make(&unused);
        struct report one = *r;
        one.w = &quiet;
        one.faults = 0;
        one.bad_request = false;
        json_begin_array(&quiet);
        check_report(&one, model);
        if (!one.bad_request)
            continue;
        one.w = r->w;
        one.faults = 0;
        check_report(&one, model);
        faults += one.faults;
    }
    return faults;
}

static void accept_async(struct sim *sim, struct json_writer *w, struct json body, struct str text)
{
    struct rk_state *state = rk_state(sim);
    struct rk_async *a = ARENA_NEW(state->arena, struct rk_async);
    struct civil_time c = civil_from_time(sim_now(sim), JST_OFFSET_MS);
    (void)body;
    if (!a)
        return;
    a->request_id =
        arena_printf(state->arena, "%08llx-0000-4000-8000-%012llx_%04d%02d%02d%02d%02d%02d",
                     (unsigned long long)sim_random(sim, 1ULL << 32),
                     (unsigned long long)sim_random(sim, 1ULL << 48), c.year, c.month, c.day,
                     c.hour, c.minute, c.second);
    a->body = str_dup(state->arena, text);
    a->result = STR_ABSENT;
    a->accepted_at = sim_now(sim);
    a->next = state->async;
    state->async = a;
    int64_t wait = sim_switch_number(sim, SIM_RAKUTEN, "async_seconds");
    (void)sim_schedule(sim, SIM_RAKUTEN, NULL, sim_now(sim) + wait * 1000, RK_EVENT_ASYNC);
    json_begin_object(w);
    json_put_str(w, "messageType", STR("INFO"));
    json_put_str(w, "messageCode", STR("ORDER_EXT_API_UPDATE_ORDERSHIPPING_ASYNC_INFO_101"));
    json_put_str(w, "message", STR("発送完了報告を受け付けました。"));
    json_put_str(w, "requestId", a->request_id);
    json_put_str(w, "dataNumber", STR_ABSENT);
    json_put_str(w, "shippingDetailId", STR_ABSENT);
    json_end_object(w);
}

// The list of reports as text, so that it can be worked off later.
static void copy_value(struct json_writer *w, struct arena *arena, struct json v)
{
    struct json child;
    int64_t number;
    enum json_type type = json_type(v);
    if (type == JSON_STRING) {
        json_write_str(w, json_str(v));
    } else if (json_int(v, &number)) {
        json_write_int(w, number);
    } else if (type == JSON_OBJECT) {
        json_begin_object(w);
        for (struct json_iter i = json_iterate(v); json_next(&i, &child);) {
            json_key(w, str_cstr(arena, i.key));
            copy_value(w, arena, child);
        }
        json_end_object(w);
    } else if (type == JSON_ARRAY) {
        json_begin_array(w);
        for (struct json_iter i = json_iterate(v); json_next(&i, &child);)
            copy_value(w, arena, child);
        json_end_array(w);
    } else {
        json_write_null(w);
    }
}

void rk_update_shipping_async(struct sim *sim, struct json body, struct sim_response *response)
{
    struct json_writer w = json_writer_make(&response->body);
    struct report r = {.sim = sim,
                       .operation = "UPDATE_ORDERSHIPPING_ASYNC",
                       .arena = response->arena,
                       .w = &w,
                       .with_order_no = true};
    AUTO_BUF text = buf_make(8 << 20);
    struct json_writer copy = json_writer_make(&text);
    json_begin_object(&w);
    json_key(&w, "MessageModelList");
    json_begin_array(&w);
    if (check_async(&r, body) == 0) {
        copy_value(&copy, response->arena, body);
        accept_async(sim, &w, body, buf_str(&text));
    }
    json_end_array(&w);
    json_end_object(&w);
}

static void run_one(struct sim *sim, struct rk_async *a)
{
    struct rk_state *state = rk_state(sim);
    AUTO_ARENA arena = arena_new(64 << 20);
    AUTO_BUF text = buf_make(8 << 20);
    struct json_writer w = json_writer_make(&text);
    struct json root, model;
    struct error error;
    if (!arena || !json_parse(arena, a->body, false, &root, &error))
        return;
    json_begin_array(&w);
    for (struct json_iter i = json_iterate(json_get(root, "OrderShippingModelList"));
         json_next(&i, &model);) {
        struct report r = {
            .sim = sim, .operation = "UPDATE_ORDERSHIPPING", .arena = arena, .w = &w};
        json_begin_object(&w);
        json_put_str(&w, "orderNumber", json_str(json_get(model, "orderNumber")));
        json_key(&w, "MessageModelList");
        json_begin_array(&w);
        check_report(&r, model);
        if (r.faults == 0)
            apply_report(&r, model);
        json_end_array(&w);
        json_end_object(&w);
    }
    json_end_array(&w);
    a->result = str_dup(state->arena, buf_str(&text));
}

void rk_run_async(struct sim *sim)
{
    int64_t wait = sim_switch_number(sim, SIM_RAKUTEN, "async_seconds") * 1000;
    for (struct rk_async *a = rk_state(sim)->async; a; a = a->next)
        if (!a->result.p && sim_now(sim) >= a->accepted_at + wait)
            run_one(sim, a);
}

void rk_get_result(struct sim *sim, struct json body, struct sim_response *response)
{
    struct str id = json_str(json_get(body, "requestId"));
    const char *operation = "GET_RESULT_UPDATEORDERSHIPPING_ASYNC";
    if (!id.p) {
        rk_fail(response, 400, operation, "009", rk_field_text(response->arena, "requestId", "009"),
                ",\"ResultShippingModelList\":[]");
        return;
    }
    for (const struct rk_async *a = rk_state(sim)->async; a; a = a->next) {
        if (!str_eq(a->request_id, id) || !a->result.p ||
            sim_now(sim) > a->accepted_at + RESULT_DAYS * DAY_MS)
            continue;
        buf_addf(&response->body, "{\"ResultShippingModelList\":%.*s}", STR_ARG(a->result));
        return;
    }
    struct json_writer w = json_writer_make(&response->body);
    buf_add(&response->body, STR("{\"ResultShippingModelList\":[{\"MessageModelList\":["));
    rk_message(&w, "INFO", operation, "101", STR("処理結果がありません。"), STR_ABSENT);
    buf_add(&response->body, STR("]}]}"));
}
