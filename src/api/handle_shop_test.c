// SPDX-License-Identifier: Apache-2.0
//
// The connection test: asked of the engine, waited for here. The engine's thread may answer after
// the request gave up.
#include "api/handlers.h"
#include "api/views.h"
#include "base/memory.h"
#include "sync/settings.h"

#include <errno.h>
#include <pthread.h>
#include <time.h>

#define TEST_SECONDS 60
#define RESULTS_MAX 32

// The answer of a connection test comes on the engine's thread, perhaps after the request gave up:
// whoever is last frees it.
struct test {
    pthread_mutex_t mutex;
    pthread_cond_t ended;
    int holders;
    bool done;
    struct check_result results[RESULTS_MAX];
    size_t count;
    struct arena *arena;
    struct error error;
};

static void test_drop(struct test *t)
{
    pthread_mutex_lock(&t->mutex);
    bool last = --t->holders == 0;
    pthread_mutex_unlock(&t->mutex);
    if (!last)
        return;
    pthread_cond_destroy(&t->ended);
    pthread_mutex_destroy(&t->mutex);
    arena_free(t->arena);
    memory_free(t);
}

static void test_done(void *context, const struct check_result *results, size_t count,
                      const struct error *error)
{
    struct test *t = context;
    pthread_mutex_lock(&t->mutex);
    for (size_t i = 0; i < count && i < RESULTS_MAX; i++) {
        t->results[i] = results[i];
        t->results[i].note_ja = str_dup(t->arena, results[i].note_ja);
        t->results[i].note_en = str_dup(t->arena, results[i].note_en);
        t->count++;
    }
    if (error)
        t->error = *error;
    t->done = true;
    pthread_cond_signal(&t->ended);
    pthread_mutex_unlock(&t->mutex);
    test_drop(t);
}

static struct test *test_new(void)
{
    struct test *t = memory_zalloc(1, sizeof *t);
    if (t && !(t->arena = arena_new(1u << 20))) {
        memory_free(t);
        t = NULL;
    }
    if (!t)
        return NULL;
    pthread_condattr_t attributes;
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_mutex_init(&t->mutex, NULL);
    pthread_cond_init(&t->ended, &attributes);
    pthread_condattr_destroy(&attributes);
    t->holders = 2;
    return t;
}

static bool test_passed(const struct test *t)
{
    bool ok = !error_is_set(&t->error);
    for (size_t i = 0; i < t->count; i++)
        ok = ok && t->results[i].state != CHECK_REFUSED;
    return ok;
}

// For a person whose mall refuses this machine. Without them the test is still worth its answer.
static void addresses_json(struct request *r)
{
    struct outgoing_address *list;
    size_t count;
    int64_t version;
    struct error error;
    struct db_conn *conn = db_acquire(r->api->o.db, &error);
    if (conn && outgoing_addresses(conn, r->org_id, r->arena, &list, &count, &version, &error)) {
        json_key(&r->w, "outgoing_addresses");
        json_begin_array(&r->w);
        for (size_t i = 0; i < count; i++)
            json_write_str(&r->w, list[i].address);
        json_end_array(&r->w);
    } else {
        log_error(r->api->o.log, "test.addresses", &error, NULL);
    }
    if (conn)
        db_release(r->api->o.db, conn);
}

static void test_json(struct request *r, struct test *t)
{
    struct json_writer *w = reply_json(r, 200);
    json_begin_object(w);
    json_put_bool(w, "ok", test_passed(t));
    addresses_json(r);
    json_key(w, "results");
    json_begin_array(w);
    for (size_t i = 0; i < t->count; i++) {
        const struct check_result *c = &t->results[i];
        bool failed = error_is_set(&c->error);
        json_begin_object(w);
        json_put_str(w, "call", str_from(c->item));
        json_put_str(w, "label", str_from(r->english ? c->label.en : c->label.ja));
        json_put_str(w, "outcome",
                     str_from(c->state == CHECK_OK        ? "ok"
                              : c->state == CHECK_REFUSED ? "refused"
                              : failed                    ? "failed"
                                                          : "not_tested"));
        put_optional(w, "detail", r->english ? c->note_en : c->note_ja);
        json_key(w, "error");
        mall_error_json(r, &c->error, TIME_NONE);
        json_end_object(w);
    }
    if (error_is_set(&t->error)) {
        json_begin_object(w);
        json_put_str(w, "call", STR("connection"));
        json_put_str(w, "label", r->english ? STR("Connection") : STR("接続"));
        json_put_str(w, "outcome", STR("failed"));
        json_put_str(w, "detail", str_from(error_what(r, &t->error)));
        json_key(w, "error");
        mall_error_json(r, &t->error, TIME_NONE);
        json_end_object(w);
    }
    json_end_array(w);
    json_end_object(w);
}

// Lets the engine test the shop and waits. NULL: it couldn't begin. Else look at `done` under the
// mutex, then unlock and drop.
static struct test *test_run(struct request *r, row_id shop_id, struct error *error)
{
    struct test *t = test_new();
    if (!t) {
        error_no_memory(error);
        return NULL;
    }
    if (!sync_test_shop(r->api->o.sync, r->org_id, shop_id, test_done, t, error)) {
        t->holders = 1;
        test_drop(t);
        return NULL;
    }
    request_release(r);
    struct timespec until;
    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_sec += TEST_SECONDS;
    pthread_mutex_lock(&t->mutex);
    while (!t->done && pthread_cond_timedwait(&t->ended, &t->mutex, &until) != ETIMEDOUT) {
    }
    return t;
}

bool shop_test_passes(struct request *r, row_id shop_id, bool *passed, struct error *error)
{
    struct test *t = r->api->o.sync ? test_run(r, shop_id, error) : NULL;
    if (!t)
        return !r->api->o.sync &&
               error_set(error, ERROR_CANCELLED, "test.no_engine",
                         "このノードはモールに接続しません。", "this node doesn't talk to malls");
    bool done = t->done;
    *passed = done && test_passed(t);
    pthread_mutex_unlock(&t->mutex);
    test_drop(t);
    return true;
}

void handle_shop_test(struct request *r)
{
    struct shop shop;
    struct error error;
    if (!path_shop(r, &shop))
        return;
    if (!r->api->o.sync) {
        reply_problem(r, 503, "unavailable",
                      "このノードはモールに接続しません。ワーカーのノードで実行してください。",
                      "this node doesn't talk to malls; ask a worker node");
        return;
    }
    struct test *t = test_run(r, shop.id, &error);
    if (!t) {
        reply_error(r, &error);
        return;
    }
    if (t->done)
        test_json(r, t);
    else
        reply_problem(r, 503, "unavailable",
                      "モールから60秒以内に応答がありませんでした。もう一度お試しください。",
                      "the mall did not answer within 60 seconds; try again");
    pthread_mutex_unlock(&t->mutex);
    test_drop(t);
}
