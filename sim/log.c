// SPDX-License-Identifier: Apache-2.0
//
// What happened: the ledger of effects (every notice that took effect in a mall, for ever) and the
// last requests. Neither holds secrets: headers and bodies aren't kept, and of a query the values
// of everything that could be a key are masked.
#include "base/memory.h"
#include "sim/internal.h"

#include <stdio.h>

bool sim_effect_add(struct sim *sim, const struct sim_order *order, const char *kind,
                    struct str payload)
{
    if (sim->effect_count == sim->effect_capacity) {
        size_t capacity = sim->effect_capacity ? 2 * sim->effect_capacity : 256;
        struct sim_effect *effects = memory_resize(sim->effects, capacity * sizeof *effects);
        if (!effects)
            return false;
        sim->effects = effects;
        sim->effect_capacity = capacity;
    }
    sim->effects[sim->effect_count++] = (struct sim_effect){
        .mall = order->mall,
        .order_no = order->order_no,
        .kind = str_from(kind),
        .payload_hash = str_hash(payload),
        .at = sim->now,
    };
    sim->shelves[order->mall].counts.effects++;
    return true;
}

bool sim_effects(struct sim *sim, struct arena *arena, struct sim_effect **effects, size_t *count)
{
    pthread_mutex_lock(&sim->lock);
    *count = sim->effect_count;
    *effects = ARENA_ARRAY(arena, struct sim_effect, sim->effect_count);
    for (size_t i = 0; *effects && i < sim->effect_count; i++) {
        (*effects)[i] = sim->effects[i];
        (*effects)[i].order_no = str_dup(arena, sim->effects[i].order_no);
    }
    pthread_mutex_unlock(&sim->lock);
    return !arena_failed(arena);
}

size_t sim_effect_count(struct sim *sim, enum sim_mall mall, struct str order_no, const char *kind)
{
    size_t count = 0;
    pthread_mutex_lock(&sim->lock);
    for (size_t i = 0; i < sim->effect_count; i++) {
        const struct sim_effect *e = &sim->effects[i];
        if (e->mall == mall && str_eq(e->order_no, order_no) &&
            (!kind || str_eq(e->kind, str_from(kind))))
            count++;
    }
    pthread_mutex_unlock(&sim->lock);
    return count;
}

static bool is_secret_name(struct str name)
{
    static const char *const harmless[] = {"sellerid", "seller_id", "shopid",  "page",
                                           "start",    "limit",     "version", "method"};
    for (size_t i = 0; i < sizeof harmless / sizeof harmless[0]; i++)
        if (str_eq_nocase(name, str_from(harmless[i])))
            return false;
    return true;
}

static void copy_query(struct str query, char out[SIM_REQUEST_TEXT_MAX])
{
    size_t at = 0;
    struct str pair;
    out[0] = '\0';
    while (str_split(&query, '&', &pair) && at < SIM_REQUEST_TEXT_MAX - 1) {
        ptrdiff_t equals = str_find_char(pair, '=');
        struct str name = equals < 0 ? pair : str_slice(pair, 0, (size_t)equals);
        struct str value = equals < 0 ? STR("") : str_slice(pair, (size_t)equals + 1, pair.n);
        if (is_secret_name(name))
            value = STR("***");
        int n = snprintf(out + at, SIM_REQUEST_TEXT_MAX - at, "%s%.*s=%.*s", at ? "&" : "",
                         STR_ARG(name), STR_ARG(value));
        at += n > 0 ? (size_t)n : 0;
    }
}

void sim_log_request(struct sim *sim, enum sim_mall mall, const struct sim_request *request,
                     const char *operation, const struct sim_response *response, const char *fault)
{
    struct sim_log_entry *e = &sim->log[sim->log_count++ % SIM_LOG_ENTRIES];
    *e = (struct sim_log_entry){
        .at = sim->now,
        .mall = mall,
        .method = request->method,
        .operation = operation,
        .status = response->status,
        .request_bytes = request->body.n,
        .response_bytes = response->body.n,
        .dropped = response->drop,
    };
    struct str path = str_utf8_cut(request->path, SIM_REQUEST_TEXT_MAX - 1);
    (void)snprintf(e->path, sizeof e->path, "%.*s", STR_ARG(path));
    copy_query(request->query, e->query);
    (void)snprintf(e->fault, sizeof e->fault, "%s", fault ? fault : "");
}
