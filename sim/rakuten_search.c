// SPDX-License-Identifier: Apache-2.0
//
// searchOrder of Rakuten's face (rakuten.md §4): one message per faulty field under 400, pages of
// 30 unless asked otherwise, 15,000 numbers within reach, null where nothing was found.
#include "base/memory.h"
#include "sim/rakuten.h"

#define DAY_MS (24 * 3600 * 1000LL)
#define WINDOW_DAYS 63
#define REACH_DAYS 730
#define PAGE_DEFAULT 30
#define PAGE_MAX 1000
#define REACHABLE 15000
// Nothing of this world happens to an order later than so many days after it was placed.
#define LIFE_DAYS 200
#define STATUSES_MAX 16

struct search {
    int64_t statuses[STATUSES_MAX], types[STATUSES_MAX], sub_statuses[STATUSES_MAX];
    size_t status_count, type_count, sub_status_count;
    int64_t date_type, per_page, page, direction, settlement;
    int64_t no_date, no_number, asuraku, coupon, drug, one_day;
    time_ms from, to;
    size_t faults;
};

static void fault(struct search *s, struct json_writer *w, struct arena *arena, const char *field,
                  const char *number)
{
    s->faults++;
    rk_message(w, "ERROR", "SEARCH_ORDER", number, rk_field_text(arena, field, number), STR_ABSENT);
}

// Exactly 2026-01-10T00:00:00+0900 (§1.7).
static bool read_datetime(struct str text, time_ms *t)
{
    static const char shape[] = "dddd-dd-ddTdd:dd:dd+0900";
    if (text.n != sizeof shape - 1)
        return false;
    for (size_t i = 0; i < text.n; i++) {
        bool digit = text.p[i] >= '0' && text.p[i] <= '9';
        if (shape[i] == 'd' ? !digit : text.p[i] != shape[i])
            return false;
    }
    return time_parse_iso(text, JST_OFFSET_MS, t);
}

static void read_time_field(struct search *s, struct json_writer *w, struct arena *arena,
                            struct json body, const char *field, time_ms *t)
{
    struct json v = json_get(body, field);
    if (json_is_null(v))
        fault(s, w, arena, field, "009");
    else if (str_is_empty(json_str(v)))
        fault(s, w, arena, field, "010");
    else if (!read_datetime(json_str(v), t))
        fault(s, w, arena, field, "011");
}

static size_t read_list(struct json list, int64_t *values)
{
    struct json v;
    size_t count = 0;
    for (struct json_iter i = json_iterate(list); count < STATUSES_MAX && json_next(&i, &v);)
        if (rk_int(v, &values[count]))
            count++;
    return count;
}

static int64_t number_of(struct json object, const char *key, int64_t otherwise)
{
    int64_t n;
    return rk_int(json_get(object, key), &n) ? n : otherwise;
}

static void read_filters(struct search *s, struct json body)
{
    s->status_count = read_list(json_get(body, "orderProgressList"), s->statuses);
    s->type_count = read_list(json_get(body, "orderTypeList"), s->types);
    s->sub_status_count = read_list(json_get(body, "subStatusIdList"), s->sub_statuses);
    s->settlement = number_of(body, "settlementMethod", 0);
    s->no_date = number_of(body, "shippingDateBlankFlag", 0);
    s->no_number = number_of(body, "shippingNumberBlankFlag", 0);
    s->asuraku = number_of(body, "asurakuFlag", 0);
    s->coupon = number_of(body, "couponUseFlag", 0);
    s->drug = number_of(body, "drugFlag", 0);
    s->one_day = number_of(body, "oneDayOperationFlag", 0);
}

static void read_page(struct search *s, struct json_writer *w, struct arena *arena,
                      struct json body)
{
    struct json page = json_get(body, "PaginationRequestModel"), first = {0};
    s->per_page = number_of(page, "requestRecordsAmount", PAGE_DEFAULT);
    s->page = number_of(page, "requestPage", 1);
    struct json_iter i = json_iterate(json_get(page, "SortModelList"));
    s->direction = json_next(&i, &first) ? number_of(first, "sortDirection", 2) : 2;
    if (s->per_page < 1 || s->per_page > PAGE_MAX)
        fault(s, w, arena, "requestRecordsAmount", "011");
    if (s->page < 1)
        fault(s, w, arena, "requestPage", "011");
}

// Writes one message per fault; the code of the two limits is a guess (§19).
static void read_search(struct sim *sim, struct search *s, struct json_writer *w,
                        struct arena *arena, struct json body)
{
    struct json type = json_get(body, "dateType");
    if (json_is_null(type))
        fault(s, w, arena, "dateType", "009");
    else if (!rk_int(type, &s->date_type) || s->date_type < 1 || s->date_type > 6)
        fault(s, w, arena, "dateType", "011");
    read_time_field(s, w, arena, body, "startDatetime", &s->from);
    read_time_field(s, w, arena, body, "endDatetime", &s->to);
    if (s->faults == 0 && s->to < s->from)
        fault(s, w, arena, "endDatetime", "023");
    else if (s->faults == 0 && s->to - s->from > WINDOW_DAYS * DAY_MS)
        fault(s, w, arena, "endDatetime", "023");
    else if (s->faults == 0 && s->from < sim_now(sim) - REACH_DAYS * DAY_MS)
        fault(s, w, arena, "startDatetime", "023");
    read_filters(s, body);
    bool without = s->sub_status_count == 1 && s->sub_statuses[0] == -1;
    if (without && s->status_count == 0)
        fault(s, w, arena, "orderProgressList", "009");
    read_page(s, w, arena, body);
}

static bool among(const int64_t *values, size_t count, int64_t v)
{
    for (size_t i = 0; i < count; i++)
        if (values[i] == v)
            return true;
    return count == 0;
}

static time_ms date_of(const struct sim_order *order, int64_t type)
{
    const struct rk_order *o = rk_order(order);
    day last = 0;
    switch (type) {
    case 2:
        return o->confirmed_at;
    case 3:
        return o->fixed_at;
    case 4:
        for (size_t i = 0; i < order->destination_count; i++) {
            const struct rk_basket *b = rk_basket(&order->destinations[i]);
            for (size_t k = 0; k < b->row_count; k++)
                last = b->rows[k].date > last ? b->rows[k].date : last;
        }
        return last ? day_start_jst(last) : TIME_NONE;
    case 5:
        return o->shipped_at;
    case 6:
        return o->settled_at;
    default:
        return order->ordered_at;
    }
}

static bool rows_are_blank(const struct sim_order *order, bool dates)
{
    for (size_t i = 0; i < order->destination_count; i++) {
        const struct rk_basket *b = rk_basket(&order->destinations[i]);
        for (size_t k = 0; k < b->row_count; k++)
            if (dates ? b->rows[k].date != 0 : b->rows[k].number.n > 0)
                return false;
    }
    return true;
}

static int64_t type_of(const struct sim_order *order)
{
    if (order->features & SIM_FEATURE_PREORDER)
        return 6;
    return order->features & SIM_FEATURE_SUBSCRIPTION ? 4 : 1;
}

static bool flags_fit(const struct search *s, const struct sim_order *order)
{
    bool express = (order->features & SIM_FEATURE_EXPRESS) != 0;
    return (s->asuraku != 1 || express) && (s->one_day != 1 || express) &&
           (s->coupon != 1 || order->coupon_shop + order->coupon_mall > 0) &&
           (s->drug != 1 || order->features & SIM_FEATURE_DRUG) &&
           (s->no_date != 1 || rows_are_blank(order, true)) &&
           (s->no_number != 1 || rows_are_blank(order, false));
}

static bool fits(const struct sim *sim, const struct search *s, const struct sim_order *order)
{
    const struct rk_order *o = rk_order(order);
    // Seconds: the window's end is inclusive.
    time_ms at = date_of(order, s->date_type);
    bool without = s->sub_status_count == 1 && s->sub_statuses[0] == -1;
    if (at == TIME_NONE || at < s->from || at / 1000 > s->to / 1000 ||
        !sim_order_listed(sim, order) || !among(s->statuses, s->status_count, o->progress))
        return false;
    if (without ? o->sub_status != 0 : !among(s->sub_statuses, s->sub_status_count, o->sub_status))
        return false;
    return among(s->types, s->type_count, type_of(order)) &&
           (s->settlement == 0 || s->settlement == rk_settlement(order)) && flags_fit(s, order);
}

// Collects the hits in order of 注文日時; NULL on lack of memory.
static const struct sim_order **collect(struct sim *sim, const struct search *s, size_t *hits)
{
    size_t count;
    struct sim_order *const *orders = sim_orders(sim, SIM_RAKUTEN, &count);
    time_ms from = s->date_type == 1 ? s->from : s->from - LIFE_DAYS * DAY_MS;
    size_t first = sim_orders_from(sim, SIM_RAKUTEN, from);
    size_t end = sim_orders_from(sim, SIM_RAKUTEN, s->to + 1000);
    const struct sim_order **found = memory_zalloc(end > first ? end - first : 1, sizeof(void *));
    *hits = 0;
    for (size_t i = first; found && i < end; i++)
        if (fits(sim, s, orders[i]))
            found[(*hits)++] = orders[i];
    return found;
}

static void write_found(struct sim *sim, const struct search *s, const struct sim_order **found,
                        size_t hits, struct buf *out)
{
    struct json_writer w = json_writer_make(out);
    size_t total = hits;
    if (total > REACHABLE && sim_switch_is(sim, SIM_RAKUTEN, "total_capped", "yes"))
        total = REACHABLE;
    json_begin_object(&w);
    json_key(&w, "orderNumberList");
    json_begin_array(&w);
    size_t reach = hits < REACHABLE ? hits : REACHABLE;
    size_t start = (size_t)(s->page - 1) * (size_t)s->per_page;
    for (size_t i = start; i < reach && i < start + (size_t)s->per_page; i++)
        json_write_str(&w, found[s->direction == 1 ? i : hits - 1 - i]->order_no);
    json_end_array(&w);
    json_key(&w, "MessageModelList");
    json_begin_array(&w);
    rk_message(&w, "INFO", "SEARCH_ORDER", hits ? "101" : "102",
               hits ? STR("注文検索に成功しました。") : STR("検索結果が０件です。"), STR_ABSENT);
    json_end_array(&w);
    json_key(&w, "PaginationResponseModel");
    json_begin_object(&w);
    if (hits == 0) {
        json_put_str(&w, "totalRecordsAmount", STR_ABSENT);
        json_put_str(&w, "totalPages", STR_ABSENT);
        json_put_str(&w, "requestPage", STR_ABSENT);
    } else {
        json_put_int(&w, "totalRecordsAmount", (int64_t)total);
        json_put_int(&w, "totalPages", ((int64_t)total + s->per_page - 1) / s->per_page);
        json_put_int(&w, "requestPage", s->page);
    }
    json_end_object(&w);
    json_end_object(&w);
}

void rk_search_order(struct sim *sim, struct json body, struct sim_response *response)
{
    struct search s = {0};
    size_t hits;
    AUTO_BUF messages = buf_make(1 << 20);
    struct json_writer w = json_writer_make(&messages);
    json_begin_array(&w);
    read_search(sim, &s, &w, response->arena, body);
    json_end_array(&w);
    if (s.faults > 0 || messages.failed) {
        response->status = 400;
        buf_addf(
            &response->body,
            "{\"orderNumberList\":null,\"MessageModelList\":%.*s,\"PaginationResponseModel\":null}",
            STR_ARG(buf_str(&messages)));
        return;
    }
    const struct sim_order **found = collect(sim, &s, &hits);
    if (found)
        write_found(sim, &s, found, hits, &response->body);
    else
        response->body.failed = true;
    memory_free(found);
}
