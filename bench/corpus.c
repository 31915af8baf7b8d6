// SPDX-License-Identifier: Apache-2.0
//
// Orders from mallsim. A world of its own for each stretch of orders, freed once its answers are
// taken, so that a million orders need no memory for a million. One thread uses a corpus; with
// `ahead` another makes the next stretch, and they meet in pthread_join() only.
#include "bench/flows.h"

#include "base/json.h"
#include "mall/op.h"
#include "sim/demo_keys.h"
#include "sim/face.h"

#include <pthread.h>
#include <stdlib.h>

#define YEAR_MS (365 * INT64_C(86400000))
#define STRETCH 10000
#define STRETCH_BYTES_MAX ((size_t)4 << 30)
#define ANSWER_ORDERS 100
#define SEED 20261123

// What is made at once.
struct stretch {
    const struct corpus *corpus;
    int64_t first, orders; // within the year
    struct arena *arena;
    struct answer *answers;
    size_t count;
};

struct corpus {
    time_ms end;
    int64_t in_all, next, left; // left: of the plan
    struct corpus_plan plan;
    struct stretch *current, *ahead;
    size_t at;
    pthread_t maker;
};

struct maker {
    struct stretch *stretch;
    struct sim *sim;
    time_ms now;
    struct str authorization;
    struct rng rng;
};

static enum sim_stage draw_stage(const struct maker *m)
{
    static const enum sim_stage open[] = {SIM_STAGE_NEW, SIM_STAGE_PROCESSING, SIM_STAGE_READY};
    uint64_t n = rng_below(&m->rng, 100);
    if (m->stretch->corpus->plan.only_new)
        return SIM_STAGE_NEW;
    return n < 90   ? SIM_STAGE_DONE
           : n < 93 ? SIM_STAGE_CANCELLED
                    : open[rng_below(&m->rng, sizeof open / sizeof open[0])];
}

static struct str place(const struct maker *m, int64_t index)
{
    const struct corpus *c = m->stretch->corpus;
    struct error error;
    struct sim_wish wish;
    struct str number;
    double before_end = (double)(c->in_all - index) / (double)c->in_all;
    sim_wish_init(&wish, SIM_RAKUTEN);
    wish.stage = draw_stage(m);
    wish.ordered_at = (c->end - (time_ms)(before_end * YEAR_MS)) / 1000 * 1000;
    bench_must(sim_place(m->sim, m->now, &wish, m->stretch->arena, &number, &error), "place",
               &error);
    return number;
}

static struct str read_orders(const struct maker *m, const struct answer *a)
{
    struct http_header headers[] = {
        {STR("Authorization"), m->authorization, true},
        {STR("Content-Type"), STR("application/json; charset=utf-8"), false},
    };
    AUTO_BUF body = buf_make(1 << 20);
    struct json_writer w = json_writer_make(&body);
    struct sim_response response;
    json_begin_object(&w);
    json_key(&w, "orderNumberList");
    json_begin_array(&w);
    for (size_t i = 0; i < a->count; i++)
        json_write_str(&w, a->numbers[i]);
    json_end_array(&w);
    json_put_int(&w, "version", 10);
    json_end_object(&w);
    struct sim_request request = {.method = HTTP_POST,
                                  .path = STR("/es/2.0/order/getOrder/"),
                                  .query = STR(""),
                                  .headers = headers,
                                  .header_count = 2,
                                  .body = buf_str(&body),
                                  .peer = STR("127.0.0.1")};
    AUTO_ARENA scratch = arena_new(64 << 20);
    sim_response_init(&response, scratch);
    sim_handle(m->sim, SIM_RAKUTEN, m->now, &request, &response);
    struct error error;
    if (response.status != 200)
        error_set(&error, ERROR_INTERNAL, "bench.corpus", "%d %.*s", "mallsim answers %d: %.*s",
                  response.status, STR_ARG(buf_str(&response.body)));
    bench_must(response.status == 200, "getOrder", &error);
    struct str kept = str_dup(m->stretch->arena, buf_str(&response.body));
    sim_response_free(&response);
    return kept;
}

static void open_world(struct maker *m, struct rng_seeded *random)
{
    static const struct sim_face *const faces[] = {&sim_face_rakuten, NULL};
    struct stretch *s = m->stretch;
    struct error error;
    // The sim's clock stands behind the last order, so that nothing moves on by itself.
    struct sim_options options = {.seed = SEED + (uint64_t)s->first,
                                  .now = s->corpus->end + 86400000,
                                  .start = TIME_NONE,
                                  .faces = faces,
                                  .no_rate_limit = true};
    struct str pair = STR(SIM_RAKUTEN_SERVICE_SECRET ":" SIM_RAKUTEN_LICENSE_KEY);
    m->sim = sim_new(&options, &error);
    bench_must(m->sim != NULL, "sim", &error);
    m->now = options.now;
    m->authorization = arena_printf(s->arena, "ESA %.*s", STR_ARG(crypto_base64(s->arena, pair)));
    rng_seed(random, options.seed);
    m->rng = rng_from_seeded(random);
}

static void *make_stretch(void *argument)
{
    struct stretch *s = argument;
    struct rng_seeded random;
    struct error error;
    int per_answer = s->corpus->plan.per_answer ? s->corpus->plan.per_answer : ANSWER_ORDERS;
    size_t answers = (size_t)((s->orders + per_answer - 1) / per_answer);
    struct maker m = {.stretch = s};
    s->arena = arena_new(STRETCH_BYTES_MAX);
    s->answers = s->arena ? ARENA_ARRAY(s->arena, struct answer, answers) : NULL;
    bench_must(s->answers || error_no_memory(&error), "corpus", &error);
    open_world(&m, &random);
    for (int64_t i = 0; i < s->orders;) {
        struct answer *a = &s->answers[s->count++];
        a->numbers = ARENA_ARRAY(s->arena, struct str, (size_t)per_answer);
        for (; a->numbers && a->count < (size_t)per_answer && i < s->orders; i++)
            a->numbers[a->count++] = place(&m, s->first + i);
        a->body = read_orders(&m, a);
    }
    sim_free(m.sim);
    bench_must(!arena_failed(s->arena) || error_no_memory(&error), "corpus", &error);
    return NULL;
}

static struct stretch *stretch_free(struct stretch *s)
{
    if (s)
        arena_free(s->arena);
    free(s);
    return NULL;
}

// The next stretch of the plan, not made yet; NULL at its end.
static struct stretch *stretch_new(struct corpus *c, int64_t most)
{
    struct error error;
    if (c->left == 0)
        return NULL;
    struct stretch *s = calloc(1, sizeof *s);
    bench_must(s || error_no_memory(&error), "corpus", &error);
    *s = (struct stretch){.corpus = c, .first = c->next, .orders = c->left < most ? c->left : most};
    c->next += s->orders;
    c->left -= s->orders;
    return s;
}

static void start_ahead(struct corpus *c)
{
    c->ahead = stretch_new(c, STRETCH);
    if (c->ahead)
        pthread_create(&c->maker, NULL, make_stretch, c->ahead);
}

struct corpus *corpus_new(struct bench *b, int64_t in_all)
{
    struct error error;
    struct corpus *c = calloc(1, sizeof *c);
    bench_must(c || error_no_memory(&error), "corpus", &error);
    c->end = clock_now(&b->clock) - 3600000;
    c->in_all = in_all;
    return c;
}

static void drop(struct corpus *c)
{
    if (c->ahead)
        pthread_join(c->maker, NULL);
    c->current = stretch_free(c->current);
    c->ahead = stretch_free(c->ahead);
}

struct corpus *corpus_free(struct corpus *c)
{
    if (c)
        drop(c);
    free(c);
    return NULL;
}

void corpus_prepare(struct corpus *c, const struct corpus_plan *plan)
{
    drop(c);
    c->plan = *plan;
    c->left = plan->orders;
    c->at = 0;
    c->current = stretch_new(c, plan->ahead ? STRETCH : INT64_MAX);
    make_stretch(c->current);
    if (plan->ahead)
        start_ahead(c);
}

const struct answer *corpus_next(struct corpus *c)
{
    if (c->current && c->at == c->current->count && c->ahead) {
        pthread_join(c->maker, NULL);
        stretch_free(c->current);
        c->current = c->ahead;
        c->at = 0;
        start_ahead(c);
    }
    return c->current && c->at < c->current->count ? &c->current->answers[c->at++] : NULL;
}

void corpus_again(struct corpus *c)
{
    c->at = 0;
}

// --- connector ---

static bool take_batch(void *context, struct mall_batch *batch, struct error *error)
{
    struct mall_batch **slot = context;
    mall_batch_free(*slot);
    *slot = batch;
    return true;
}

struct mall_batch *corpus_parse(struct bench *b, const struct answer *a)
{
    struct error error;
    struct mall_action action;
    struct mall_batch *batch = NULL;
    struct mall_sink sink = {.context = &batch, .batch = take_batch};
    struct mall_read_request request = {a->numbers, a->count};
    time_ms now = clock_now(&b->clock);
    struct mall_op *op = b->account.mall->read(&b->account, &request, &sink, &error);
    bench_must(op != NULL, "read", &error);
    mall_op_next(op, now, &action);
    struct http_response response = {.status = 200, .body = a->body, .received_at = now};
    response.headers[response.header_count++] =
        (struct http_header){STR("Content-Type"), STR("application/json; charset=utf-8"), false};
    mall_op_feed(op, now, &response);
    mall_op_next(op, now, &action);
    bench_must(action.kind == MALL_DONE, "parse", &action.error);
    mall_op_free(op);
    if (!batch || batch->order_count != a->count)
        error_set(&error, ERROR_INTERNAL, "bench.parse", "%zu/%zu", "%zu of %zu orders were read",
                  batch ? batch->order_count : 0, a->count);
    bench_must(batch && batch->order_count == a->count, "parse", &error);
    for (size_t i = 0; i < batch->order_count; i++) {
        batch->orders[i].order.org_id = b->org_id;
        batch->orders[i].order.shop_id = b->shop_id;
    }
    return batch;
}
