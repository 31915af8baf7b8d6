// SPDX-License-Identifier: Apache-2.0
//
// Answers of mallsim's Rakuten face, taken once and handed out again and again with new order
// numbers.
#include "bench/flows.h"
#include "base/memory.h"
#include "mall/op.h"
#include "sim/demo_keys.h"
#include "sim/sim.h"
#include <stdio.h>
#include <stdlib.h>

#define BODIES_MAX 64
#define NUMBER_LENGTH 26 // 999001-YYYYMMDD-SSSSSSSSSS

struct corpus {
    struct buf bodies[BODIES_MAX];
    size_t count, at;
    int64_t serial;
};

struct driver {
    struct bench *b;
    struct sim *sim;
    struct corpus *corpus;
    struct str *numbers;
    size_t number_count;
    struct mall_batch *last;
};

static bool take(void *context, struct mall_batch *batch, struct error *error)
{
    struct driver *d = context;
    for (size_t i = 0; d->numbers && i < batch->listing_count; i++)
        d->numbers[d->number_count++] = str_dup(d->b->arena, batch->listings[i].order_no);
    mall_batch_free(d->last);
    d->last = batch;
    return true;
}

static bool learned(void *context, const char *key, struct str value, const char *kind, time_ms at,
                    const char *by, struct error *error)
{
    return true;
}

static bool progress(void *context, struct str state, struct error *error)
{
    return true;
}

static void check(void *context, const struct check_result *result) {}

static void warning(void *context, struct str order_no, const struct error *w) {}

static struct mall_sink sink_of(void *context)
{
    return (struct mall_sink){.context = context,
                              .batch = take,
                              .progress = progress,
                              .check = check,
                              .learned = learned,
                              .warning = warning};
}

static struct mall_account account_of(void)
{
    static const struct setting_value values[] = {
        {{"service_secret", 14},
         {SIM_RAKUTEN_SERVICE_SECRET, sizeof SIM_RAKUTEN_SERVICE_SECRET - 1}},
        {{"license_key", 11}, {SIM_RAKUTEN_LICENSE_KEY, sizeof SIM_RAKUTEN_LICENSE_KEY - 1}}};
    return (struct mall_account){.base_url = STR("http://127.0.0.1"),
                                 .values = values,
                                 .value_count = 2,
                                 .mall = mall_by_id(STR("rakuten"))};
}

static struct str path_of(struct str url)
{
    struct str rest = str_slice(url, sizeof "http://127.0.0.1" - 1, url.n);
    return rest;
}

static void drive(struct driver *d, struct mall_op *op, bool keep)
{
    time_ms now = clock_now(&d->b->clock);
    for (;;) {
        struct mall_action action;
        mall_op_next(op, now, &action);
        if (action.kind == MALL_WAIT) {
            now = action.wait_until;
            continue;
        }
        if (action.kind != MALL_SEND) {
            if (action.kind == MALL_FAILED)
                bench_fail("corpus", &action.error);
            break;
        }
        AUTO_ARENA arena = arena_new(256u << 20);
        struct sim_request request = {.method = action.request.method,
                                      .path = path_of(action.request.url),
                                      .query = STR(""),
                                      .headers = action.request.headers,
                                      .header_count = action.request.header_count,
                                      .body = action.request.body,
                                      .peer = STR("127.0.0.1")};
        struct sim_response response;
        sim_response_init(&response, arena);
        sim_handle(d->sim, SIM_RAKUTEN, now, &request, &response);
        if (keep && d->corpus->count < BODIES_MAX) {
            d->corpus->bodies[d->corpus->count] = buf_make(64u << 20);
            buf_add(&d->corpus->bodies[d->corpus->count++], buf_str(&response.body));
        }
        struct http_response answer = {
            .status = response.status, .body = buf_str(&response.body), .received_at = now};
        for (size_t i = 0; i < response.header_count; i++)
            answer.headers[answer.header_count++] = response.headers[i];
        mall_op_feed(op, now, &answer);
        sim_response_free(&response);
    }
    mall_op_free(op);
}

struct corpus *corpus_new(struct bench *b, int64_t distinct_orders)
{
    struct error error;
    const struct mall *mall = mall_by_id(STR("rakuten"));
    static const struct sim_face *faces[2];
    for (const struct sim_face *const *f = sim_faces_all(); *f && !faces[0]; f++)
        faces[0] = *f;
    struct sim_options options = {.seed = 11,
                                  .orders = distinct_orders,
                                  .now = clock_now(&b->clock),
                                  .start = TIME_NONE,
                                  .no_rate_limit = true,
                                  .faces = faces};
    struct driver d = {.b = b, .sim = sim_new(&options, &error)};
    if (!d.sim)
        bench_fail("sim", &error);
    d.corpus = calloc(1, sizeof *d.corpus);
    d.numbers = ARENA_ARRAY(b->arena, struct str, (size_t)distinct_orders * 4);
    struct mall_account account = account_of();
    struct mall_sink sink = sink_of(&d);
    struct mall_list_request list = {.basis = DATE_ORDERED,
                                     .from = options.now - 61LL * 86400000,
                                     .to = options.now,
                                     .only_status = STR("")};
    struct mall_op *op = mall->list(&account, &list, &sink, &error);
    if (!op)
        bench_fail("list", &error);
    drive(&d, op, false);
    struct mall_read_request read = {.order_nos = d.numbers, .count = d.number_count / 100 * 100};
    op = mall->read(&account, &read, &sink, &error);
    if (!op)
        bench_fail("read", &error);
    drive(&d, op, true);
    mall_batch_free(d.last);
    sim_free(d.sim);
    return d.corpus;
}

struct corpus *corpus_free(struct corpus *c)
{
    for (size_t i = 0; c && i < c->count; i++)
        buf_free(&c->bodies[i]);
    free(c);
    return NULL;
}

static bool is_number(const char *p)
{
    return memcmp(p, "999001-", 7) == 0 && p[15] == '-';
}

struct str corpus_next(struct corpus *c)
{
    struct buf *body = &c->bodies[c->at];
    c->at = (c->at + 1) % c->count;
    char serial[16], day_text[16];
    static const char mark[] = "\"orderNumber\":\"";
    char *p = body->p, *end = body->p + body->n;
    while ((p = memmem(p, (size_t)(end - p), mark, sizeof mark - 1))) {
        p += sizeof mark - 1;
        if (end - p < NUMBER_LENGTH || !is_number(p))
            continue;
        // Dates over three years, rising with the serial, as a shop's orders come.
        int64_t n = c->serial++;
        snprintf(serial, sizeof serial, "%010lld", (long long)n);
        snprintf(day_text, sizeof day_text, "%08lld", (long long)(20240101 + n % 28));
        memcpy(p + 7, day_text, 8);
        memcpy(p + 16, serial, 10);
    }
    return buf_str(body);
}

struct mall_batch *corpus_parse(struct bench *b, struct str body)
{
    struct error error;
    struct driver d = {.b = b};
    struct mall_account account = account_of();
    struct mall_sink sink = sink_of(&d);
    struct str numbers[100];
    // The op asks for the numbers that the answer holds.
    static const char mark[] = "\"orderNumber\":\"";
    size_t count = 0;
    const char *p = body.p, *end = body.p + body.n;
    while (count < 100 && (p = memmem(p, (size_t)(end - p), mark, sizeof mark - 1))) {
        p += sizeof mark - 1;
        if (end - p >= NUMBER_LENGTH && is_number(p) && p[NUMBER_LENGTH] == '"')
            numbers[count++] = str_make(p, NUMBER_LENGTH);
    }
    struct mall_read_request read = {.order_nos = numbers, .count = count};
    struct mall_op *op = account.mall->read(&account, &read, &sink, &error);
    if (!op)
        bench_fail("read", &error);
    time_ms now = clock_now(&b->clock);
    struct mall_action action;
    mall_op_next(op, now, &action);
    struct http_response answer = {.status = 200, .body = body, .received_at = now};
    answer.headers[answer.header_count++] =
        (struct http_header){STR("Content-Type"), STR("application/json;charset=UTF-8"), false};
    mall_op_feed(op, now, &answer);
    mall_op_next(op, now, &action);
    if (action.kind == MALL_FAILED)
        bench_fail("parse", &action.error);
    mall_op_free(op);
    return d.last;
}
