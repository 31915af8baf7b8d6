// SPDX-License-Identifier: Apache-2.0
//
// The reading half of the control API.
#include "sim/control.h"

static struct str query(const struct sim_control_call *call, const char *key)
{
    return http_query_value(call->arena, call->request->query, key);
}

static bool query_limit(const struct sim_control_call *call, int64_t preset, int64_t *limit,
                        struct error *error)
{
    struct str text = query(call, "limit");
    *limit = preset;
    if (text.p && (!str_to_int64(text, limit) || *limit < 0))
        return error_set(error, ERROR_BAD_INPUT, "sim.limit", "limitは0以上の整数です。",
                         "limit is a whole number from 0.");
    if (*limit == 0)
        *limit = INT64_MAX;
    return true;
}

// Mall of ?mall=, -1 if absent.
static bool query_mall(struct sim_control_call *call, int *mall, struct error *error)
{
    struct str id = query(call, "mall");
    enum sim_mall found;
    *mall = -1;
    if (!id.p)
        return true;
    if (!sim_control_mall(call, id, &found, error))
        return false;
    *mall = (int)found;
    return true;
}

static void put_yen(struct json_writer *w, const char *key, yen amount)
{
    json_key(w, key);
    if (amount == YEN_UNDETERMINED)
        json_write_null(w);
    else
        json_write_int(w, amount);
}

static void put_day(struct json_writer *w, const char *key, day d)
{
    char text[12];
    json_put_str(w, key, d ? day_format(d, text) : STR_ABSENT);
}

static void put_status(struct sim *sim, const struct sim_order *order, struct json_writer *w)
{
    AUTO_BUF status = buf_make(256);
    sim->shelves[order->mall].face->status(order, &status);
    json_put_str(w, "status", buf_str(&status));
}

static void put_person(struct json_writer *w, const char *key, const struct sim_person *p)
{
    json_key(w, key);
    json_begin_object(w);
    json_put_str(w, "family", p->family);
    json_put_str(w, "given", p->given);
    json_put_str(w, "family_kana", p->family_kana);
    json_put_str(w, "given_kana", p->given_kana);
    json_put_str(w, "company", p->company);
    json_put_str(w, "postal_code", p->postal_code);
    json_put_str(w, "prefecture", p->prefecture);
    json_put_str(w, "city", p->city);
    json_put_str(w, "town", p->town);
    json_put_str(w, "building", p->building);
    json_put_str(w, "phone", p->phone);
    json_put_str(w, "email", p->email);
    json_put_bool(w, "remote_island", p->remote_island);
    json_end_object(w);
}

static void put_lines(struct json_writer *w, const struct sim_destination *d)
{
    json_key(w, "lines");
    json_begin_array(w);
    for (size_t i = 0; i < d->line_count; i++) {
        const struct sim_line *l = &d->lines[i];
        json_begin_object(w);
        json_put_int(w, "number", l->number);
        json_put_str(w, "manage_number", l->item->manage_number);
        json_put_str(w, "variant_id", l->variant_id);
        json_put_str(w, "system_sku", l->system_sku);
        json_put_str(w, "title", l->title);
        json_put_int(w, "unit_price", l->unit_price);
        json_put_int(w, "quantity", l->quantity);
        json_put_int(w, "tax_rate_basis_points", l->tax_rate_basis_points);
        json_put_str(w, "auction_id", l->auction_id);
        put_day(w, "release_day", l->release_day);
        json_end_object(w);
    }
    json_end_array(w);
}

static void put_destinations(struct json_writer *w, const struct sim_order *o)
{
    json_key(w, "destinations");
    json_begin_array(w);
    for (size_t i = 0; i < o->destination_count; i++) {
        const struct sim_destination *d = &o->destinations[i];
        json_begin_object(w);
        put_person(w, "recipient", &d->recipient);
        json_put_bool(w, "is_buyer", d->is_buyer);
        put_lines(w, d);
        json_put_str(w, "noshi", d->noshi);
        json_put_str(w, "wrapping_paper", d->wrapping_paper);
        json_put_str(w, "wrapping_ribbon", d->wrapping_ribbon);
        json_put_str(w, "gift_message", d->gift_message);
        put_day(w, "requested_day", d->requested_day);
        json_put_str(w, "slot", str_from(sim_slot_name_ja(d->slot)));
        json_put_str(w, "carrier", str_from(sim_carrier_name_ja(d->carrier)));
        json_put_str(w, "drop_off", d->drop_off);
        json_put_str(w, "pickup_store_name", d->pickup_store_name);
        put_yen(w, "goods", d->goods);
        put_yen(w, "postage", d->postage);
        put_yen(w, "wrapping", d->wrapping);
        put_yen(w, "cod_fee", d->cod_fee);
        json_end_object(w);
    }
    json_end_array(w);
}

static void put_amounts(struct json_writer *w, const struct sim_order *o)
{
    put_yen(w, "goods", o->goods);
    put_yen(w, "wrapping", o->wrapping);
    put_yen(w, "postage", o->postage);
    put_yen(w, "cod_fee", o->cod_fee);
    put_yen(w, "payment_fee", o->payment_fee);
    put_yen(w, "coupon_shop", o->coupon_shop);
    put_yen(w, "coupon_mall", o->coupon_mall);
    put_yen(w, "points", o->points);
    put_yen(w, "total", o->total);
    json_key(w, "taxes");
    json_begin_array(w);
    for (int i = 0; i < o->tax_count; i++) {
        json_begin_object(w);
        json_put_int(w, "rate_basis_points", o->taxes[i].rate_basis_points);
        put_yen(w, "taxable", o->taxes[i].taxable);
        put_yen(w, "tax", o->taxes[i].tax);
        json_end_object(w);
    }
    json_end_array(w);
}

static void put_whole(struct sim *sim, const struct sim_order *o, struct json_writer *w)
{
    put_person(w, "buyer", &o->buyer);
    put_destinations(w, o);
    put_amounts(w, o);
    json_put_str(w, "purchase_id", o->purchase_id);
    json_put_str(w, "note", o->note);
    json_put_str(w, "tracking_number", o->tracking_number);
    json_put_time(w, "placed_at", o->placed_at);
    json_put_time(w, "accepted_at", o->accepted_at);
    json_put_time(w, "paid_at", o->paid_at);
    json_put_time(w, "shipped_at", o->shipped_at);
    json_put_time(w, "done_at", o->done_at);
    json_put_time(w, "cancelled_at", o->cancelled_at);
    const struct sim_face *face = sim->shelves[o->mall].face;
    if (!face->describe)
        return;
    json_key(w, "mall_view");
    json_begin_object(w);
    face->describe(sim, o, w);
    json_end_object(w);
}

void sim_control_order(struct sim *sim, const struct sim_order *o, bool whole,
                       struct json_writer *w)
{
    json_begin_object(w);
    json_put_str(w, "mall", str_from(sim_mall_id(o->mall)));
    json_put_str(w, "order_no", o->order_no);
    put_status(sim, o, w);
    json_put_time(w, "ordered_at", o->ordered_at);
    json_put_str(w, "stage_at_placing", str_from(sim_stage_name(o->stage)));
    json_put_str(w, "payment", str_from(sim_payment_name(o->payment)));
    put_yen(w, "billed", o->billed);
    json_key(w, "features");
    json_begin_array(w);
    for (int bit = 0; bit < SIM_FEATURE_COUNT; bit++)
        if (o->features & (int64_t)1 << bit)
            json_write_str(w, str_from(sim_feature_name(bit)));
    json_end_array(w);
    if (whole)
        put_whole(sim, o, w);
    json_end_object(w);
}

bool sim_control_get_health(struct sim_control_call *call, struct error *error)
{
    (void)error;
    json_begin_object(call->out);
    json_put_str(call->out, "status", STR("ok"));
    json_put_time(call->out, "now", call->sim->now);
    json_end_object(call->out);
    return true;
}

// --- state ---

struct tally {
    struct str status;
    int64_t count;
};
#define STATUSES_MAX 64

static void put_tally(const struct sim_shelf *shelf, struct arena *arena, struct json_writer *w)
{
    struct tally tally[STATUSES_MAX];
    size_t kinds = 0;
    for (const char *const *s = shelf->face->statuses; s && *s && kinds < STATUSES_MAX; s++)
        tally[kinds++] = (struct tally){str_from(*s), 0};
    for (size_t i = 0; i < shelf->count; i++) {
        AUTO_BUF status = buf_make(256);
        shelf->face->status(shelf->orders[i], &status);
        size_t k = 0;
        while (k < kinds && !str_eq(tally[k].status, buf_str(&status)))
            k++;
        if (k == kinds && kinds < STATUSES_MAX)
            tally[kinds++] = (struct tally){str_dup(arena, buf_str(&status)), 0};
        if (k < kinds)
            tally[k].count++;
    }
    json_key(w, "statuses");
    json_begin_object(w);
    for (size_t k = 0; k < kinds; k++)
        json_put_int(w, str_cstr(arena, tally[k].status), tally[k].count);
    json_end_object(w);
}

static void put_shelf(const struct sim_shelf *shelf, struct arena *arena, struct json_writer *w)
{
    json_begin_object(w);
    json_put_str(w, "mall", str_from(sim_mall_id(shelf->face->mall)));
    json_put_str(w, "name", str_from(shelf->face->name));
    json_put_int(w, "orders", (int64_t)shelf->count);
    put_tally(shelf, arena, w);
    json_put_int(w, "requests", shelf->counts.requests);
    json_put_int(w, "rate_refusals", shelf->counts.rate_refusals);
    json_put_int(w, "faults", shelf->counts.faults);
    json_put_int(w, "effects", shelf->counts.effects);
    json_key(w, "allowed_ips");
    json_begin_array(w);
    for (size_t i = 0; i < shelf->ip_count; i++)
        json_write_str(w, shelf->ips[i]);
    json_end_array(w);
    json_end_object(w);
}

bool sim_control_get_state(struct sim_control_call *call, struct error *error)
{
    (void)error;
    const struct sim *sim = call->sim;
    struct json_writer *w = call->out;
    json_begin_object(w);
    json_put_time(w, "now", sim->now);
    json_put_int(w, "offset_ms", sim->offset_ms);
    json_put_int(w, "seed", (int64_t)sim->seed);
    json_key(w, "orders_per_minute");
    json_write_raw(w, arena_printf(call->arena, "%.3f", sim->rate));
    json_put_bool(w, "rate_limits", !sim->no_rate_limit);
    json_put_int(w, "scheduled_events", (int64_t)sim->schedule.count);
    json_key(w, "malls");
    json_begin_array(w);
    for (int i = 0; i < SIM_MALL_COUNT; i++)
        if (sim->shelves[i].face)
            put_shelf(&sim->shelves[i], call->arena, w);
    json_end_array(w);
    json_end_object(w);
    return true;
}

// --- orders ---

static bool is_wanted(struct sim *sim, const struct sim_order *o, struct str status, int stage)
{
    if (stage >= 0 && (int)o->stage != stage)
        return false;
    if (!status.p)
        return true;
    AUTO_BUF own = buf_make(256);
    sim->shelves[o->mall].face->status(o, &own);
    return str_eq(buf_str(&own), status);
}

bool sim_control_get_orders(struct sim_control_call *call, struct error *error)
{
    int mall;
    int64_t limit, matching = 0;
    struct str status = query(call, "status"), stage_name = query(call, "stage");
    int stage = stage_name.p ? sim_stage_from_name(stage_name) : -1;
    if (!query_mall(call, &mall, error) || !query_limit(call, 100, &limit, error))
        return false;
    if (stage_name.p && stage < 0)
        return error_set(error, ERROR_BAD_INPUT, "sim.stage_unknown", "段階の名前が違います。",
                         "There is no such stage.");
    struct json_writer *w = call->out;
    json_begin_object(w);
    json_key(w, "orders");
    json_begin_array(w);
    for (int m = 0; m < SIM_MALL_COUNT; m++) {
        const struct sim_shelf *shelf = &call->sim->shelves[m];
        for (size_t i = mall < 0 || mall == m ? shelf->count : 0; i-- > 0;)
            if (is_wanted(call->sim, shelf->orders[i], status, stage) && matching++ < limit)
                sim_control_order(call->sim, shelf->orders[i], false, w);
    }
    json_end_array(w);
    json_put_int(w, "matching", matching);
    json_end_object(w);
    return true;
}

bool sim_control_get_order(struct sim_control_call *call, struct error *error)
{
    enum sim_mall mall;
    if (!sim_control_mall(call, call->parameters[0], &mall, error))
        return false;
    const struct sim_order *order = sim_order_find(call->sim, mall, call->parameters[1]);
    if (!order)
        return error_set(error, ERROR_NOT_FOUND, "sim.order_unknown", "注文 %.*s はありません。",
                         "There is no order %.*s.", STR_ARG(call->parameters[1]));
    sim_control_order(call->sim, order, true, call->out);
    return true;
}

// --- faults, switches, effects, requests, keys ---

bool sim_control_get_faults(struct sim_control_call *call, struct error *error)
{
    (void)error;
    struct json_writer *w = call->out;
    json_begin_object(w);
    json_key(w, "faults");
    json_begin_array(w);
    for (size_t i = 0; i < call->sim->fault_count; i++) {
        const struct sim_armed_fault *a = &call->sim->faults[i];
        json_begin_object(w);
        json_put_int(w, "number", a->number);
        json_put_str(w, "kind", str_from(sim_fault_kind_name(a->fault.kind)));
        json_put_str(w, "mall",
                     a->fault.mall < 0 ? STR_ABSENT
                                       : str_from(sim_mall_id((enum sim_mall)a->fault.mall)));
        json_put_str(w, "operation", str_from(a->fault.operation));
        json_put_str(w, "order_no", str_from(a->fault.order_no));
        json_put_int(w, "hits", a->hits);
        json_put_bool(w, "spent", a->spent);
        json_end_object(w);
    }
    json_end_array(w);
    json_end_object(w);
    return true;
}

bool sim_control_get_switches(struct sim_control_call *call, struct error *error)
{
    (void)error;
    struct json_writer *w = call->out;
    json_begin_object(w);
    json_key(w, "switches");
    json_begin_array(w);
    for (int m = 0; m < SIM_MALL_COUNT; m++) {
        const struct sim_face *face = call->sim->shelves[m].face;
        for (size_t i = 0; face && i < face->switch_count; i++) {
            const struct sim_switch *s = &face->switches[i];
            json_begin_object(w);
            json_put_str(w, "name",
                         arena_printf(call->arena, "%s.%s", sim_mall_id(face->mall), s->name));
            json_put_str(w, "value", str_from(sim_switch_value(call->sim, face->mall, s->name)));
            json_put_str(w, "values", str_from(s->values));
            json_put_str(w, "preset", str_from(s->preset));
            json_put_str(w, "help", str_from(s->help));
            json_end_object(w);
        }
    }
    json_end_array(w);
    json_end_object(w);
    return true;
}

bool sim_control_get_effects(struct sim_control_call *call, struct error *error)
{
    int mall;
    struct str order_no = query(call, "order_no"), kind = query(call, "kind");
    if (!query_mall(call, &mall, error))
        return false;
    struct json_writer *w = call->out;
    json_begin_object(w);
    json_key(w, "effects");
    json_begin_array(w);
    for (size_t i = 0; i < call->sim->effect_count; i++) {
        const struct sim_effect *e = &call->sim->effects[i];
        if ((mall >= 0 && (int)e->mall != mall) || (order_no.p && !str_eq(order_no, e->order_no)) ||
            (kind.p && !str_eq(kind, e->kind)))
            continue;
        json_begin_object(w);
        json_put_str(w, "mall", str_from(sim_mall_id(e->mall)));
        json_put_str(w, "order_no", e->order_no);
        json_put_str(w, "kind", e->kind);
        json_put_str(w, "payload_hash",
                     arena_printf(call->arena, "%016llx", (unsigned long long)e->payload_hash));
        json_put_time(w, "at", e->at);
        json_end_object(w);
    }
    json_end_array(w);
    json_end_object(w);
    return true;
}

static void put_request(struct json_writer *w, const struct sim_log_entry *e)
{
    json_begin_object(w);
    json_put_time(w, "at", e->at);
    json_put_str(w, "mall", str_from(sim_mall_id(e->mall)));
    json_put_str(w, "method", str_from(http_method_name(e->method)));
    json_put_str(w, "path", str_from(e->path));
    json_put_str(w, "query", str_from(e->query));
    json_put_str(w, "operation", str_from(e->operation));
    json_put_int(w, "status", e->status);
    json_put_int(w, "request_bytes", (int64_t)e->request_bytes);
    json_put_int(w, "response_bytes", (int64_t)e->response_bytes);
    json_put_str(w, "fault", e->fault[0] ? str_from(e->fault) : STR_ABSENT);
    json_put_bool(w, "dropped", e->dropped);
    json_end_object(w);
}

bool sim_control_get_requests(struct sim_control_call *call, struct error *error)
{
    int mall;
    int64_t limit, written = 0;
    if (!query_mall(call, &mall, error) || !query_limit(call, 100, &limit, error))
        return false;
    const struct sim *sim = call->sim;
    size_t kept = sim->log_count < SIM_LOG_ENTRIES ? sim->log_count : SIM_LOG_ENTRIES;
    struct json_writer *w = call->out;
    json_begin_object(w);
    json_key(w, "requests");
    json_begin_array(w);
    for (size_t i = 1; i <= kept && written < limit; i++) {
        const struct sim_log_entry *e = &sim->log[(sim->log_count - i) % SIM_LOG_ENTRIES];
        if (mall >= 0 && (int)e->mall != mall)
            continue;
        put_request(w, e);
        written++;
    }
    json_end_array(w);
    json_put_int(w, "ever", (int64_t)sim->log_count);
    json_end_object(w);
    return true;
}

bool sim_control_get_demo_keys(struct sim_control_call *call, struct error *error)
{
    enum sim_mall mall;
    if (!sim_control_mall(call, call->parameters[0], &mall, error))
        return false;
    json_begin_object(call->out);
    call->sim->shelves[mall].face->demo_keys(call->sim, call->out);
    json_end_object(call->out);
    return true;
}
