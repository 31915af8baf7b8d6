// SPDX-License-Identifier: Apache-2.0
//
// A request's way through the simulation: clock, faults that come before, the face, faults that
// come after, log. And the actions of a mall's own life.
#include "sim/internal.h"

void sim_response_init(struct sim_response *response, struct arena *arena)
{
    *response = (struct sim_response){.arena = arena, .status = 200};
    response->body = buf_make(SIM_RESPONSE_BYTES_MAX);
}

void sim_response_free(struct sim_response *response)
{
    buf_free(&response->body);
}

void sim_response_header(struct sim_response *response, const char *name, struct str value)
{
    if (response->header_count < HTTP_HEADERS_MAX)
        response->headers[response->header_count++] =
            (struct http_header){.name = str_from(name), .value = value};
}

static void forget_answer(struct sim_response *response)
{
    buf_reset(&response->body);
    response->header_count = 0;
    response->status = 200;
}

static enum sim_refusal refusal_of(int status)
{
    switch (status) {
    case 401:
        return SIM_REFUSE_UNAUTHORIZED;
    case 403:
        return SIM_REFUSE_FORBIDDEN;
    case 429:
        return SIM_REFUSE_RATE;
    case 500:
        return SIM_REFUSE_SERVER_ERROR;
    case 503:
        return SIM_REFUSE_UNAVAILABLE;
    default:
        return SIM_REFUSE_STATUS;
    }
}

static void refuse(struct sim *sim, const struct sim_face *face, const char *operation,
                   const struct sim_fault *fault, struct sim_response *response)
{
    forget_answer(response);
    if (fault->kind == SIM_FAULT_MAINTENANCE) {
        face->refuse(sim, operation, SIM_REFUSE_MAINTENANCE, fault->status, response);
        return;
    }
    int status = fault->status ? fault->status : 500;
    face->refuse(sim, operation, refusal_of(status), status, response);
    if (fault->retry_after_seconds > 0)
        sim_response_header(
            response, "Retry-After",
            arena_printf(response->arena, "%lld", (long long)fault->retry_after_seconds));
}

static void answer(struct sim *sim, const struct sim_face *face, const char *operation,
                   const struct sim_verdict *v, const struct sim_request *request,
                   struct sim_response *response)
{
    response->delay_ms = v->delay_ms;
    if (v->drop_before) {
        response->drop = true;
        return;
    }
    if (v->status || v->maintenance) {
        refuse(sim, face, operation, v->maintenance ? v->maintenance : v->status, response);
        return;
    }
    face->handle(sim, operation, request, response);
    if (v->status_after)
        refuse(sim, face, operation, v->status_after, response);
    if (v->body)
        sim_fault_damage(v->body, response);
    if (v->drop_after)
        response->drop = true;
}

static void out_of_memory(struct sim_response *response)
{
    forget_answer(response);
    response->status = 500;
    buf_add(&response->body, STR("mallsim: out of memory\n"));
}

static void handle_locked(struct sim *sim, enum sim_mall mall, time_ms now,
                          const struct sim_request *request, struct sim_response *response)
{
    sim_advance_locked(sim, now);
    struct sim_shelf *shelf = sim_shelf(sim, mall);
    if (!shelf->face) {
        response->status = 404;
        buf_add(&response->body, STR("mallsim: this mall doesn't take part\n"));
        return;
    }
    shelf->counts.requests++;
    const char *operation = shelf->face->operation(request);
    struct sim_verdict v = sim_faults_judge(sim, mall, operation, request);
    answer(sim, shelf->face, operation, &v, request, response);
    if (response->body.failed || arena_failed(response->arena))
        out_of_memory(response);
    sim_log_request(sim, mall, request, operation, response, v.name);
}

void sim_handle(struct sim *sim, enum sim_mall mall, time_ms now, const struct sim_request *request,
                struct sim_response *response)
{
    pthread_mutex_lock(&sim->lock);
    handle_locked(sim, mall, now, request, response);
    pthread_mutex_unlock(&sim->lock);
}

void sim_control(struct sim *sim, time_ms now, const struct sim_request *request,
                 struct sim_response *response)
{
    pthread_mutex_lock(&sim->lock);
    sim_control_locked(sim, now, request, response);
    if (response->body.failed || arena_failed(response->arena))
        out_of_memory(response);
    pthread_mutex_unlock(&sim->lock);
}

// --- actions ---

static const struct sim_action *find_action(const struct sim_face *face, const char *name,
                                            bool on_order)
{
    for (size_t i = 0; i < face->action_count; i++) {
        const struct sim_action *a = &face->actions[i];
        if (strcmp(a->name, name) == 0 && (a->on == SIM_ACTION_ORDER) == on_order)
            return a;
    }
    return NULL;
}

bool sim_act_locked(struct sim *sim, enum sim_mall mall, struct str order_no, const char *action,
                    struct str parameters, struct error *error)
{
    struct sim_shelf *shelf = sim_shelf(sim, mall);
    bool on_order = !str_is_empty(order_no);
    const struct sim_action *a = shelf->face ? find_action(shelf->face, action, on_order) : NULL;
    if (!a)
        return error_set(error, ERROR_NOT_FOUND, "sim.action_unknown",
                         "%s に操作 %s はありません。", "%s has no action %s.", sim_mall_id(mall),
                         action);
    struct sim_order *order = on_order ? sim_order_find(sim, mall, order_no) : NULL;
    if (on_order && !order)
        return error_set(error, ERROR_NOT_FOUND, "sim.order_unknown", "注文 %.*s はありません。",
                         "There is no order %.*s.", STR_ARG(order_no));
    AUTO_ARENA arena = arena_new(1 << 20);
    if (!arena)
        return error_no_memory(error);
    struct json json;
    struct str text = str_is_empty(parameters) ? STR("{}") : parameters;
    if (!json_parse(arena, text, false, &json, error))
        return false;
    return shelf->face->act(sim, a, order, json, error);
}

bool sim_act(struct sim *sim, enum sim_mall mall, time_ms now, struct str order_no,
             const char *action, struct str parameters, struct error *error)
{
    error_clear(error);
    pthread_mutex_lock(&sim->lock);
    sim_advance_locked(sim, now);
    bool ok = sim_act_locked(sim, mall, order_no, action, parameters, error);
    pthread_mutex_unlock(&sim->lock);
    return ok;
}
