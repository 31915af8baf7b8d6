// SPDX-License-Identifier: Apache-2.0
//
// Faults that tests and demos inject: which ones hit a request, and how they damage an answer.
// Deterministic: chance comes from the sim's seed, in the order of requests.
#include "base/memory.h"
#include "sim/internal.h"

int64_t sim_fault_add_locked(struct sim *sim, const struct sim_fault *fault)
{
    if (sim->fault_count == sim->fault_capacity) {
        size_t capacity = sim->fault_capacity ? 2 * sim->fault_capacity : 16;
        struct sim_armed_fault *faults = memory_resize(sim->faults, capacity * sizeof *faults);
        if (!faults)
            return 0;
        sim->faults = faults;
        sim->fault_capacity = capacity;
    }
    struct sim_armed_fault armed = {.fault = *fault, .number = ++sim->fault_number};
    if (armed.fault.from == 0)
        armed.fault.from = TIME_NONE;
    if (armed.fault.until == 0)
        armed.fault.until = TIME_NONE;
    sim->faults[sim->fault_count++] = armed;
    return armed.number;
}

void sim_fault_remove_locked(struct sim *sim, int64_t number)
{
    size_t kept = 0;
    for (size_t i = 0; i < sim->fault_count; i++)
        if (number != 0 && sim->faults[i].number != number)
            sim->faults[kept++] = sim->faults[i];
    sim->fault_count = kept;
}

static bool in_force(const struct sim *sim, const struct sim_fault *f, enum sim_mall mall)
{
    return (f->mall < 0 || f->mall == (int)mall) && (f->from == TIME_NONE || sim->now >= f->from) &&
           (f->until == TIME_NONE || sim->now < f->until);
}

static bool mentions(const struct sim_request *request, const char *order_no)
{
    struct str needle = str_from(order_no);
    return str_find(request->path, needle) >= 0 || str_find(request->query, needle) >= 0 ||
           str_find(request->body, needle) >= 0;
}

static bool hits(struct sim *sim, struct sim_armed_fault *armed, enum sim_mall mall,
                 const char *operation, const struct sim_request *request)
{
    struct sim_fault *f = &armed->fault;
    if (armed->spent || f->kind == SIM_FAULT_LISTING_LAG || !in_force(sim, f, mall))
        return false;
    if (f->operation[0] && strcmp(f->operation, operation) != 0)
        return false;
    if (f->order_no[0] && !mentions(request, f->order_no))
        return false;
    if (f->skip > 0) {
        f->skip--;
        return false;
    }
    struct rng dice = rng_from_seeded(&sim->dice);
    if (f->probability > 0 && f->probability < 1 && rng_unit(&dice) >= f->probability)
        return false;
    armed->hits++;
    if (f->count > 0 && armed->hits >= f->count)
        armed->spent = true;
    return true;
}

static void note(struct sim_verdict *v, const struct sim_fault *f)
{
    switch (f->kind) {
    case SIM_FAULT_DELAY:
        v->delay_ms += f->delay_ms;
        break;
    case SIM_FAULT_DROP_BEFORE:
        v->drop_before = f;
        break;
    case SIM_FAULT_DROP_AFTER:
        v->drop_after = f;
        break;
    case SIM_FAULT_STATUS:
        v->status = f;
        break;
    case SIM_FAULT_STATUS_AFTER:
        v->status_after = f;
        break;
    case SIM_FAULT_MAINTENANCE:
        v->maintenance = f;
        break;
    default:
        v->body = f;
    }
}

struct sim_verdict sim_faults_judge(struct sim *sim, enum sim_mall mall, const char *operation,
                                    const struct sim_request *request)
{
    struct sim_verdict v = {0};
    for (size_t i = 0; i < sim->fault_count; i++) {
        if (!hits(sim, &sim->faults[i], mall, operation, request))
            continue;
        note(&v, &sim->faults[i].fault);
        sim->shelves[mall].counts.faults++;
        v.name = sim_fault_kind_name(sim->faults[i].fault.kind);
    }
    v.before = v.drop_before || v.status || v.maintenance;
    if (v.before)
        v.drop_after = v.status_after = v.body = NULL;
    return v;
}

int64_t sim_listing_lag(const struct sim *sim, enum sim_mall mall)
{
    int64_t lag = 0;
    for (size_t i = 0; i < sim->fault_count; i++) {
        const struct sim_fault *f = &sim->faults[i].fault;
        if (f->kind == SIM_FAULT_LISTING_LAG && in_force(sim, f, mall) && f->lag_ms > lag)
            lag = f->lag_ms;
    }
    return lag;
}

// --- damage ---

static void become_html(struct sim_response *response)
{
    static const char page[] =
        "<!DOCTYPE html>\n<html lang=\"ja\"><head><meta charset=\"utf-8\">"
        "<title>ただいま混み合っております</title></head>\n<body><h1>"
        "アクセスが集中しています</h1><p>しばらくしてから再度お試しください。"
        "</p></body></html>\n";
    buf_reset(&response->body);
    buf_add(&response->body, str_make(page, sizeof page - 1));
    for (size_t i = 0; i < response->header_count; i++)
        if (str_eq_nocase(response->headers[i].name, STR("content-type"))) {
            response->headers[i].value = STR("text/html; charset=utf-8");
            return;
        }
    sim_response_header(response, "Content-Type", STR("text/html; charset=utf-8"));
}

// Texts end in front of '"' or '<': a character of several bytes there loses its last one.
static void cut_characters(struct buf *body)
{
    size_t to = 0;
    for (size_t i = 0; i < body->n; i++) {
        unsigned char c = (unsigned char)body->p[i];
        bool last_byte = c >= 0x80 && c < 0xc0;
        bool text_ends = i + 1 < body->n &&
                         (body->p[i + 1] == '"' || body->p[i + 1] == '<' || body->p[i + 1] == ']');
        if (!(last_byte && text_ends))
            body->p[to++] = body->p[i];
    }
    body->n = to;
}

void sim_fault_damage(const struct sim_fault *fault, struct sim_response *response)
{
    struct buf *body = &response->body;
    switch (fault->kind) {
    case SIM_FAULT_TRUNCATE:
        response->truncate_to = fault->at_bytes ? fault->at_bytes : body->n / 2;
        if (response->truncate_to == 0)
            response->drop = true;
        if (response->truncate_to >= body->n)
            response->truncate_to = 0;
        break;
    case SIM_FAULT_MALFORMED:
        body->n /= 2;
        buf_add(body, STR("\x01{<"));
        break;
    case SIM_FAULT_HTML:
        become_html(response);
        break;
    case SIM_FAULT_DOUBLE: {
        size_t n = body->n;
        char *room = buf_reserve(body, n);
        if (room) {
            memcpy(room, body->p, n);
            buf_commit(body, n);
        }
        break;
    }
    case SIM_FAULT_CUT_CHARACTER:
        cut_characters(body);
        break;
    default:
        break;
    }
}

int64_t sim_fault_add(struct sim *sim, const struct sim_fault *fault)
{
    pthread_mutex_lock(&sim->lock);
    int64_t number = sim_fault_add_locked(sim, fault);
    pthread_mutex_unlock(&sim->lock);
    return number;
}

void sim_fault_remove(struct sim *sim, int64_t number)
{
    pthread_mutex_lock(&sim->lock);
    sim_fault_remove_locked(sim, number);
    pthread_mutex_unlock(&sim->lock);
}
