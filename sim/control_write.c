// SPDX-License-Identifier: Apache-2.0
//
// The changing half of the control API. Each body is read and checked whole before anything
// changes.
#include "sim/control.h"

#include <stdio.h>

#define PLACE_MAX 100000

static bool wrong(struct error *error, const char *member)
{
    return error_set(error, ERROR_BAD_INPUT, "sim.member_wrong", "項目 %s の値が正しくありません。",
                     "Member %s has a wrong value.", member);
}

// The readers leave *value alone when the member is absent.
static bool read_int(struct json object, const char *member, int64_t least, int64_t most,
                     int64_t *value, struct error *error)
{
    struct json v = json_get(object, member);
    int64_t number;
    if (!json_exists(v))
        return true;
    if (!json_int(v, &number) || number < least || number > most)
        return wrong(error, member);
    *value = number;
    return true;
}

static bool read_str(struct json object, const char *member, struct str *value, struct error *error)
{
    struct json v = json_get(object, member);
    if (!json_exists(v))
        return true;
    if (json_type(v) != JSON_STRING)
        return wrong(error, member);
    *value = json_str(v);
    return true;
}

static bool read_time(struct json object, const char *member, time_ms *value, struct error *error)
{
    struct str text = STR_ABSENT;
    if (!read_str(object, member, &text, error))
        return false;
    return !text.p || time_parse_iso(text, JST_OFFSET_MS, value) || wrong(error, member);
}

// A name of one of our enumerations.
static bool read_name(struct json object, const char *member, int (*from_name)(struct str),
                      int *value, struct error *error)
{
    struct str text = STR_ABSENT;
    if (!read_str(object, member, &text, error))
        return false;
    if (text.p)
        *value = from_name(text);
    return !text.p || *value >= 0 || wrong(error, member);
}

static bool read_copy(struct json object, const char *member, char *out, size_t size,
                      struct error *error)
{
    struct str text = STR_ABSENT;
    if (!read_str(object, member, &text, error))
        return false;
    if (text.n >= size)
        return wrong(error, member);
    (void)snprintf(out, size, "%.*s", STR_ARG(text));
    return true;
}

// --- orders ---

static bool read_features(struct json object, int64_t *features, struct error *error)
{
    struct json list = json_get(object, "features"), value;
    if (json_exists(list) && json_type(list) != JSON_ARRAY)
        return wrong(error, "features");
    for (struct json_iter i = json_iterate(list); json_next(&i, &value);) {
        int64_t bit = sim_feature_from_name(json_str(value));
        if (!bit)
            return wrong(error, "features");
        *features |= bit;
    }
    return true;
}

static bool read_wish(struct sim_control_call *call, struct sim_wish *wish, struct error *error)
{
    struct str mall = STR_ABSENT;
    enum sim_mall id = SIM_RAKUTEN;
    if (!read_str(call->body, "mall", &mall, error))
        return false;
    if (!mall.p)
        return wrong(error, "mall");
    if (!sim_control_mall(call, mall, &id, error))
        return false;
    sim_wish_init(wish, id);
    wish->only_features = json_true(json_get(call->body, "only_features"));
    return read_name(call->body, "stage", sim_stage_from_name, &wish->stage, error) &&
           read_name(call->body, "payment", sim_payment_from_name, &wish->payment, error) &&
           read_features(call->body, &wish->features, error) &&
           read_time(call->body, "ordered_at", &wish->ordered_at, error) &&
           read_str(call->body, "family", &wish->family, error) &&
           read_str(call->body, "given", &wish->given, error) &&
           read_str(call->body, "note", &wish->note, error) &&
           read_str(call->body, "item", &wish->item, error) &&
           read_int(call->body, "quantity", 1, 999, &wish->quantity, error);
}

bool sim_control_post_orders(struct sim_control_call *call, struct error *error)
{
    static const char *const members[] = {
        "mall",  "count",         "stage", "payment", "features", "ordered_at", "family",
        "given", "only_features", "note",  "item",    "quantity", NULL};
    struct sim_wish wish;
    struct sim_plan plan;
    int64_t count = 1;
    if (!sim_control_members(call->body, members, error) || !read_wish(call, &wish, error) ||
        !read_int(call->body, "count", 1, PLACE_MAX, &count, error) ||
        !sim_wish_to_plan(call->sim, &wish, &plan, error))
        return false;
    struct sim_shelf *shelf = sim_shelf(call->sim, plan.mall);
    int64_t before = shelf->serial;
    for (int64_t i = 0; i < count; i++) {
        struct sim_order *first;
        if (!sim_place_locked(call->sim, &plan, &first))
            return error_no_memory(error);
    }
    call->status = 201;
    json_begin_object(call->out);
    json_key(call->out, "orders");
    json_begin_array(call->out);
    for (size_t i = 0; i < shelf->count; i++)
        if (shelf->orders[i]->serial > before)
            sim_control_order(call->sim, shelf->orders[i], false, call->out);
    json_end_array(call->out);
    json_end_object(call->out);
    return true;
}

static bool act(struct sim_control_call *call, struct str mall_id, struct str order_no,
                struct str action, struct error *error)
{
    enum sim_mall mall;
    if (!sim_control_mall(call, mall_id, &mall, error) ||
        !sim_act_locked(call->sim, mall, order_no, str_cstr(call->arena, action),
                        str_trim(call->request->body), error))
        return false;
    struct sim_order *order =
        str_is_empty(order_no) ? NULL : sim_order_find(call->sim, mall, order_no);
    if (order) {
        sim_control_order(call->sim, order, true, call->out);
        return true;
    }
    json_begin_object(call->out);
    json_put_str(call->out, "done", action);
    json_end_object(call->out);
    return true;
}

bool sim_control_post_action(struct sim_control_call *call, struct error *error)
{
    return act(call, call->parameters[0], call->parameters[1], call->parameters[2], error);
}

bool sim_control_post_key_action(struct sim_control_call *call, struct error *error)
{
    return act(call, call->parameters[0], STR(""), call->parameters[1], error);
}

// --- surroundings ---

bool sim_control_put_ips(struct sim_control_call *call, struct error *error)
{
    static const char *const members[] = {"allowed", NULL};
    enum sim_mall mall;
    struct json list = json_get(call->body, "allowed"), value;
    if (!sim_control_mall(call, call->parameters[0], &mall, error) ||
        !sim_control_members(call->body, members, error))
        return false;
    if (json_type(list) != JSON_ARRAY || json_count(list) > SIM_IPS_MAX)
        return wrong(error, "allowed");
    struct str ips[SIM_IPS_MAX] = {{0}};
    size_t count = 0;
    for (struct json_iter i = json_iterate(list); json_next(&i, &value);) {
        if (json_type(value) != JSON_STRING)
            return wrong(error, "allowed");
        ips[count++] = str_dup(call->sim->arena, json_str(value));
    }
    struct sim_shelf *shelf = sim_shelf(call->sim, mall);
    memcpy(shelf->ips, ips, count * sizeof ips[0]);
    shelf->ip_count = count;
    json_begin_object(call->out);
    json_put_int(call->out, "allowed", (int64_t)count);
    json_end_object(call->out);
    return true;
}

static bool read_fault(struct sim_control_call *call, struct sim_fault *f, struct error *error)
{
    int kind = -1;
    int64_t status = 0, at_bytes = 0;
    struct str mall = STR_ABSENT;
    *f = (struct sim_fault){.mall = -1, .from = TIME_NONE, .until = TIME_NONE};
    struct json probability = json_get(call->body, "probability");
    if (!read_name(call->body, "kind", sim_fault_kind_from_name, &kind, error) ||
        !read_str(call->body, "mall", &mall, error) ||
        !read_copy(call->body, "operation", f->operation, sizeof f->operation, error) ||
        !read_copy(call->body, "order_no", f->order_no, sizeof f->order_no, error) ||
        !read_int(call->body, "skip", 0, INT64_MAX, &f->skip, error) ||
        !read_int(call->body, "count", 0, INT64_MAX, &f->count, error) ||
        !read_int(call->body, "delay_ms", 0, 3600000, &f->delay_ms, error) ||
        !read_int(call->body, "status", 100, 599, &status, error) ||
        !read_int(call->body, "retry_after_seconds", 0, 86400 * 366, &f->retry_after_seconds,
                  error) ||
        !read_int(call->body, "at_bytes", 0, SIM_RESPONSE_BYTES_MAX, &at_bytes, error) ||
        !read_int(call->body, "lag_ms", 0, INT64_MAX / 4, &f->lag_ms, error) ||
        !read_time(call->body, "from", &f->from, error) ||
        !read_time(call->body, "until", &f->until, error))
        return false;
    if (kind < 0)
        return wrong(error, "kind");
    if (json_exists(probability) &&
        (!json_double(probability, &f->probability) || f->probability <= 0 || f->probability > 1))
        return wrong(error, "probability");
    enum sim_mall id;
    if (mall.p && !sim_control_mall(call, mall, &id, error))
        return false;
    f->mall = mall.p ? sim_mall_from_id(mall) : -1;
    f->kind = (enum sim_fault_kind)kind;
    f->status = (int)status;
    f->at_bytes = (size_t)at_bytes;
    return true;
}

bool sim_control_post_fault(struct sim_control_call *call, struct error *error)
{
    static const char *const members[] = {"kind",     "mall",        "operation",
                                          "order_no", "probability", "skip",
                                          "count",    "delay_ms",    "retry_after_seconds",
                                          "status",   "lag_ms",      "at_bytes",
                                          "from",     "until",       NULL};
    struct sim_fault fault;
    if (!sim_control_members(call->body, members, error) || !read_fault(call, &fault, error))
        return false;
    int64_t number = sim_fault_add_locked(call->sim, &fault);
    if (!number)
        return error_no_memory(error);
    call->status = 201;
    json_begin_object(call->out);
    json_put_int(call->out, "number", number);
    json_end_object(call->out);
    return true;
}

static void put_fault_count(struct sim_control_call *call)
{
    json_begin_object(call->out);
    json_put_int(call->out, "faults", (int64_t)call->sim->fault_count);
    json_end_object(call->out);
}

bool sim_control_delete_faults(struct sim_control_call *call, struct error *error)
{
    (void)error;
    sim_fault_remove_locked(call->sim, 0);
    put_fault_count(call);
    return true;
}

bool sim_control_delete_fault(struct sim_control_call *call, struct error *error)
{
    int64_t number;
    size_t before = call->sim->fault_count;
    if (str_to_int64(call->parameters[0], &number) && number > 0)
        sim_fault_remove_locked(call->sim, number);
    if (call->sim->fault_count == before)
        return error_set(error, ERROR_NOT_FOUND, "sim.fault_unknown", "この障害はありません。",
                         "There is no such fault.");
    put_fault_count(call);
    return true;
}

bool sim_control_put_switches(struct sim_control_call *call, struct error *error)
{
    struct json value;
    if (json_type(call->body) != JSON_OBJECT)
        return wrong(error, "body");
    for (struct json_iter i = json_iterate(call->body); json_next(&i, &value);) {
        int64_t number;
        struct str text = json_str(value);
        if (!text.p && json_int(value, &number))
            text = arena_printf(call->arena, "%lld", (long long)number);
        if (!text.p)
            return wrong(error, str_cstr(call->arena, i.key));
        if (!sim_switch_set_locked(call->sim, i.key, text, error))
            return false;
    }
    return sim_control_get_switches(call, error);
}

bool sim_control_post_clock(struct sim_control_call *call, struct error *error)
{
    static const char *const members[] = {"advance_ms", "to", NULL};
    int64_t advance = 0;
    time_ms to = TIME_NONE;
    if (!sim_control_members(call->body, members, error) ||
        !read_int(call->body, "advance_ms", 0, 366 * 86400000LL, &advance, error) ||
        !read_time(call->body, "to", &to, error))
        return false;
    if (to != TIME_NONE)
        advance = to - call->sim->now;
    if (advance < 0 || advance > 3 * 366 * 86400000LL)
        return error_set(error, ERROR_BAD_INPUT, "sim.clock", "時計は進めることしかできません。",
                         "The clock only moves on, by three years at most.");
    call->sim->offset_ms += advance;
    sim_advance_locked(call->sim, call->now);
    json_begin_object(call->out);
    json_put_time(call->out, "now", call->sim->now);
    json_put_int(call->out, "offset_ms", call->sim->offset_ms);
    json_end_object(call->out);
    return true;
}

bool sim_control_put_rate(struct sim_control_call *call, struct error *error)
{
    static const char *const members[] = {"orders_per_minute", NULL};
    double rate;
    if (!sim_control_members(call->body, members, error))
        return false;
    if (!json_double(json_get(call->body, "orders_per_minute"), &rate) || !(rate >= 0) ||
        rate > 60000)
        return wrong(error, "orders_per_minute");
    sim_rate_set_locked(call->sim, rate);
    json_begin_object(call->out);
    json_key(call->out, "orders_per_minute");
    json_write_raw(call->out, arena_printf(call->arena, "%.3f", call->sim->rate));
    json_end_object(call->out);
    return true;
}
