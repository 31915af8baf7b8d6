// SPDX-License-Identifier: Apache-2.0
//
// See the header. The answer of the mall comes on the loop's thread; the asking thread waits for it
// on a condition, or turns the loop itself. Whoever lets go of a probe last frees it: an answer may
// come after the asker's patience has ended.
#include "diagnosis/ask.h"

#include "base/memory.h"
#include "diagnosis/rule.h"

#include <errno.h>
#include <pthread.h>
#include <time.h>

#define PATIENCE_MS 20000
#define SECTION_BYTES_MAX (1u << 20)

struct probe {
    pthread_mutex_t mutex;
    pthread_cond_t ended;
    int holders;
    bool done;
    time_ms at;
    const struct mall *mall;
    struct buf json;
};

static struct probe *probe_new(const struct mall *mall, time_ms now)
{
    pthread_condattr_t attributes;
    struct probe *p = memory_zalloc(1, sizeof *p);
    if (!p)
        return NULL;
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_mutex_init(&p->mutex, NULL);
    pthread_cond_init(&p->ended, &attributes);
    pthread_condattr_destroy(&attributes);
    p->holders = 2;
    p->at = now;
    p->mall = mall;
    p->json = buf_make(SECTION_BYTES_MAX);
    return p;
}

static void probe_drop(struct probe *p)
{
    pthread_mutex_lock(&p->mutex);
    bool last = --p->holders == 0;
    pthread_mutex_unlock(&p->mutex);
    if (!last)
        return;
    pthread_mutex_destroy(&p->mutex);
    pthread_cond_destroy(&p->ended);
    buf_free(&p->json);
    memory_free(p);
}

static void put_error(struct json_writer *w, const struct error *e)
{
    json_begin_object(w);
    json_put_str(w, "class", str_from(error_class_name(e->class)));
    json_put_str(w, "code", str_from(e->code));
    json_put_str(w, "what_ja", str_from(e->what_ja));
    json_put_str(w, "what_en", str_from(e->what_en));
    json_put_str(w, "hint_ja", str_from(e->hint_ja));
    json_put_str(w, "hint_en", str_from(e->hint_en));
    json_put_str(w, "peer_code", str_from(e->peer_code));
    json_put_str(w, "peer_text", str_from(e->peer_text));
    json_put_int(w, "http_status", e->http_status);
    json_end_object(w);
}

static void answered(void *context, const struct probe_result *result)
{
    static const char *const states[] = {[PROBE_FOUND] = "found",
                                         [PROBE_MISSING] = "missing",
                                         [PROBE_UNREADABLE] = "unreadable",
                                         [PROBE_FAILED] = "failed"};
    struct probe *p = context;
    pthread_mutex_lock(&p->mutex);
    struct json_writer w = json_writer_make(&p->json);
    json_begin_object(&w);
    json_put_str(&w, "state", str_from(states[result->state]));
    json_put_int(&w, "at", p->at);
    json_key(&w, "error");
    if (result->error)
        put_error(&w, result->error);
    else
        json_write_null(&w);
    json_key(&w, "order");
    if (result->order) {
        json_begin_object(&w);
        evidence_put_order(&w, p->mall, result->order);
        json_end_object(&w);
    } else {
        json_write_null(&w);
    }
    json_end_object(&w);
    p->done = true;
    pthread_cond_broadcast(&p->ended);
    pthread_mutex_unlock(&p->mutex);
    probe_drop(p);
}

static bool is_done(struct probe *p)
{
    pthread_mutex_lock(&p->mutex);
    bool done = p->done;
    pthread_mutex_unlock(&p->mutex);
    return done;
}

static void wait_for(const struct diagnosis_asker *a, struct probe *p)
{
    int64_t patience = a->patience_ms > 0 ? a->patience_ms : PATIENCE_MS;
    if (a->turn) {
        int64_t until = clock_monotonic(&a->clock) + patience;
        while (!is_done(p) && clock_monotonic(&a->clock) < until)
            a->turn(a->turn_context);
        return;
    }
    struct timespec until;
    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_sec += (time_t)(patience / 1000);
    until.tv_nsec += patience % 1000 * 1000000;
    if (until.tv_nsec >= 1000000000) {
        until.tv_nsec -= 1000000000;
        until.tv_sec++;
    }
    pthread_mutex_lock(&p->mutex);
    while (!p->done && pthread_cond_timedwait(&p->ended, &p->mutex, &until) != ETIMEDOUT) {
    }
    pthread_mutex_unlock(&p->mutex);
}

// Adds the section "probe"; without an answer in time it stays out.
static bool ask_mall(const struct diagnosis_asker *a, struct arena *arena, struct buf *evidence,
                     struct error *error)
{
    struct rule_run r = {.arena = arena};
    int64_t shop_id;
    if (!json_parse(arena, buf_str(evidence), false, &r.evidence, error))
        return false;
    const struct mall *mall = mall_by_id(evidence_text(&r, "shop.mall"));
    struct str number = evidence_text(&r, "order.order_no");
    if (number.n == 0)
        number = evidence_text(&r, "asked.number");
    if (!mall || number.n == 0 || !str_to_int64(evidence_text(&r, "shop.id"), &shop_id))
        return true;
    struct probe *p = probe_new(mall, clock_now(&a->clock));
    if (!p)
        return error_no_memory(error);
    if (!sync_probe_order(a->sync, a->context->org_id, shop_id, number, answered, p, error)) {
        p->holders = 1;
        probe_drop(p);
        return false;
    }
    wait_for(a, p);
    pthread_mutex_lock(&p->mutex);
    bool added =
        !p->done || (p->json.failed ? error_no_memory(error)
                                    : evidence_add(evidence, "probe", buf_str(&p->json), error));
    pthread_mutex_unlock(&p->mutex);
    probe_drop(p);
    return added;
}

static bool misses_probe(const struct verdict *v)
{
    for (size_t i = 0; i < v->count; i++)
        if (v->lines[i].missing && strncmp(v->lines[i].missing, "probe", 5) == 0)
            return true;
    return false;
}

static bool gather(const struct diagnosis_asker *a, const struct diagnosis_question *question,
                   struct arena *arena, struct buf *evidence, struct error *error)
{
    struct db_conn *conn = db_acquire(a->db, error);
    bool gathered = conn && evidence_gather(conn, a->key, question, clock_now(&a->clock), arena,
                                            evidence, error);
    db_release(a->db, conn);
    return gathered;
}

struct keeping {
    const struct order_context *context;
    struct str evidence, subject;
    const struct verdict *verdict;
    row_id id;
};

static bool keep_fn(void *context, struct db_conn *conn, struct error *error)
{
    struct keeping *k = context;
    return diagnosis_store(conn, k->context, k->evidence, k->verdict, k->subject, &k->id, error);
}

bool diagnosis_ask(const struct diagnosis_asker *a, const struct diagnosis_question *question,
                   struct arena *arena, struct buf *evidence, struct verdict *verdict, row_id *id,
                   struct error *error)
{
    *id = 0;
    if (!gather(a, question, arena, evidence, error) ||
        !diagnosis_judge(buf_str(evidence), arena, verdict, error))
        return false;
    if (a->local_only)
        return true;
    if (a->sync && misses_probe(verdict) &&
        (!ask_mall(a, arena, evidence, error) ||
         !diagnosis_judge(buf_str(evidence), arena, verdict, error)))
        return false;
    struct rule_run r = {.arena = arena};
    if (!json_parse(arena, buf_str(evidence), false, &r.evidence, error))
        return false;
    struct str number = evidence_text(&r, "asked.number");
    struct keeping k = {.context = a->context,
                        .evidence = buf_str(evidence),
                        .subject = number.n ? number : evidence_text(&r, "shop.name"),
                        .verdict = verdict};
    if (!db_write(a->db, keep_fn, &k, error))
        return false;
    *id = k.id;
    return true;
}
