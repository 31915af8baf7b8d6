// SPDX-License-Identifier: Apache-2.0
//
// Server-sent events: what changed, so that screens refresh what they show. Events carry ids and
// counts, never personal data.
//
// Whoever has news only queues it (api_event: no database, never blocks for long). One thread takes
// the queue, completes what screens want whole (a fetch run, the counts), and writes to the
// streams; news that repeat each other within a round are merged. Ids of events are only for the
// life of this process: a client that comes back with another process's id, or too late, gets
// `reset` and reloads. A stream that can't keep up is closed.
#include "api/handlers.h"
#include "api/views.h"
#include "base/memory.h"
#include <pthread.h>
#include <stdio.h>
#include <time.h>

#define STREAMS_MAX 2000
#define QUEUE_MAX 10000
#define KEPT_MAX 256
#define PING_MS 15000
#define ROUND_MS 200
#define TEXT_BYTES_MAX (256u << 10)

struct open_stream {
    row_id org_id;
    struct server_stream *stream;
    struct open_stream *next;
};

struct news {
    row_id org_id;
    char type[32];
    char *json; // NULL in the ring's free places
    size_t n;
    int64_t id;
    struct news *next;
};

struct streams {
    struct api *api;
    pthread_mutex_t mutex; // everything below
    pthread_cond_t wake;
    pthread_t thread;
    bool stopping;
    struct open_stream *first;
    size_t count;
    struct news *queue, **queue_end;
    size_t queued;
    int64_t last_id, epoch;     // ids are "epoch-number"
    struct news kept[KEPT_MAX]; // ring of what was sent, by id
};

static void news_free(struct news *n)
{
    memory_free(n->json);
    memory_free(n);
}

static struct news *news_new(row_id org_id, const char *type, struct str json)
{
    struct news *n = memory_zalloc(1, sizeof *n);
    if (!n || !(n->json = memory_alloc(json.n + 1))) {
        memory_free(n);
        return NULL;
    }
    n->org_id = org_id;
    snprintf(n->type, sizeof n->type, "%s", type);
    memcpy(n->json, json.p, json.n);
    n->json[json.n] = 0;
    n->n = json.n;
    return n;
}

static bool is_repeat(const struct news *a, const struct news *b)
{
    if (a->org_id != b->org_id || strcmp(a->type, b->type) != 0)
        return false;
    // Counts and runs are read when they are sent: the later news says nothing more.
    if (strcmp(a->type, "counts.changed") == 0)
        return true;
    return a->n == b->n && memcmp(a->json, b->json, a->n) == 0;
}

void api_event(void *context, row_id org_id, const char *type, struct str json)
{
    struct api *api = context;
    struct streams *s = api->streams;
    struct news *n = news_new(org_id, type, json);
    if (!n)
        return;
    pthread_mutex_lock(&s->mutex);
    bool take = s->queued < QUEUE_MAX && !s->stopping;
    for (struct news *q = s->queue; q && take && s->queued < 64; q = q->next)
        take = !is_repeat(q, n);
    if (take) {
        *s->queue_end = n;
        s->queue_end = &n->next;
        s->queued++;
        pthread_cond_signal(&s->wake);
        n = NULL;
    }
    pthread_mutex_unlock(&s->mutex);
    if (n)
        news_free(n);
}

static bool whole_run(struct streams *s, struct db_conn *conn, struct arena *arena, struct news *n,
                      struct json_writer *w, struct error *error)
{
    struct json root;
    row_id id;
    struct fetch_run run;
    struct order_names names;
    if (!json_parse(arena, str_make(n->json, n->n), false, &root, error))
        return false;
    if (!id_parse(json_str(json_get(root, "id")), &id))
        return error_set(error, ERROR_INTERNAL, "event.no_id", "イベントにIDがありません。",
                         "event without id");
    if (!fetch_run_read(conn, n->org_id, id, arena, &run, error) ||
        !order_names_read(conn, n->org_id, arena, &names, error))
        return false;
    // What the engine has counted since it last wrote the run.
    json_int(json_get(root, "listed"), &run.listed);
    json_int(json_get(root, "created"), &run.created);
    json_int(json_get(root, "updated"), &run.updated);
    json_int(json_get(root, "unchanged"), &run.unchanged);
    json_int(json_get(root, "failed"), &run.failed);
    if (str_eq(run.state, STR("running")) && json_str(json_get(root, "phase")).n > 0)
        run.progress_json = str_make(n->json, n->n);
    fetch_run_write(w, arena, false, &run, &names);
    return true;
}

// Replaces the news' text by what screens want whole. False leaves it as it is.
static bool complete(struct streams *s, struct news *n)
{
    bool counts = strcmp(n->type, "counts.changed") == 0;
    struct error error;
    AUTO_BUF text = buf_make(TEXT_BYTES_MAX);
    struct json_writer w = json_writer_make(&text);
    if (!counts && strcmp(n->type, "fetch_run.progress") != 0)
        return true;
    AUTO_ARENA arena = arena_new(16u << 20);
    struct db_conn *conn = arena ? db_acquire(s->api->o.db, &error) : NULL;
    bool ok = conn && (counts ? order_counts_write(&w, conn, n->org_id, NULL, 0, arena, &error)
                              : whole_run(s, conn, arena, n, &w, &error));
    if (conn)
        db_release(s->api->o.db, conn);
    char *whole = ok && !text.failed ? memory_alloc(text.n + 1) : NULL;
    if (!whole)
        return false;
    memcpy(whole, text.p, text.n);
    whole[text.n] = 0;
    memory_free(n->json);
    n->json = whole;
    n->n = text.n;
    return true;
}

static bool has_listener(struct streams *s, row_id org_id)
{
    for (struct open_stream *o = s->first; o; o = o->next) {
        if (o->org_id == org_id)
            return true;
    }
    return false;
}

static void format(struct streams *s, const struct news *n, struct buf *text)
{
    buf_addf(text, "id: %lld-%lld\nevent: %s\ndata: %.*s\n\n", (long long)s->epoch,
             (long long)n->id, n->type, (int)n->n, n->json);
}

// Mutex held. `org_id` 0 = everybody.
static void send_to(struct streams *s, row_id org_id, struct str text)
{
    for (struct open_stream **at = &s->first; *at;) {
        struct open_stream *o = *at;
        if ((org_id && o->org_id != org_id) || stream_send(o->stream, text)) {
            at = &o->next;
            continue;
        }
        *at = o->next;
        stream_close(o->stream);
        memory_free(o);
        s->count--;
    }
}

// Mutex held; takes over the news.
static void publish(struct streams *s, struct news *n)
{
    AUTO_BUF text = buf_make(TEXT_BYTES_MAX + 1024);
    n->id = ++s->last_id;
    format(s, n, &text);
    if (!text.failed)
        send_to(s, n->org_id, buf_str(&text));
    struct news *place = &s->kept[n->id % KEPT_MAX];
    memory_free(place->json);
    *place = *n;
    place->next = NULL;
    n->json = NULL;
    news_free(n);
}

static void wait_a_while(struct streams *s, int64_t ms)
{
    struct timespec until;
    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_sec += ms / 1000;
    until.tv_nsec += (ms % 1000) * 1000000;
    if (until.tv_nsec >= 1000000000) {
        until.tv_sec++;
        until.tv_nsec -= 1000000000;
    }
    pthread_cond_timedwait(&s->wake, &s->mutex, &until);
}

static int64_t monotonic_ms(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

// Mutex held at begin and end. One round: everything that is queued now.
static void round_of_news(struct streams *s)
{
    struct news *list = s->queue, *next;
    s->queue = NULL;
    s->queue_end = &s->queue;
    s->queued = 0;
    for (; list; list = next) {
        next = list->next;
        bool wanted = has_listener(s, list->org_id);
        if (!wanted) {
            // Nobody listens; who comes back later with an old id must reload.
            s->last_id++;
            news_free(list);
            continue;
        }
        pthread_mutex_unlock(&s->mutex);
        bool whole = complete(s, list);
        pthread_mutex_lock(&s->mutex);
        if (whole)
            publish(s, list);
        else
            news_free(list);
    }
}

static void *run(void *context)
{
    struct streams *s = context;
    int64_t pinged = monotonic_ms();
    pthread_mutex_lock(&s->mutex);
    while (!s->stopping) {
        if (!s->queue)
            wait_a_while(s, PING_MS - (monotonic_ms() - pinged) > 100
                                ? PING_MS - (monotonic_ms() - pinged)
                                : 100);
        if (s->queue)
            round_of_news(s);
        if (monotonic_ms() - pinged >= PING_MS) {
            pinged = monotonic_ms();
            send_to(s, 0, STR(": ping\n\n"));
        }
        // News come in bursts: a short rest lets repeats meet in the queue.
        if (!s->stopping && s->first)
            wait_a_while(s, ROUND_MS);
    }
    pthread_mutex_unlock(&s->mutex);
    return NULL;
}

struct streams *streams_new(struct api *api)
{
    struct streams *s = memory_zalloc(1, sizeof *s);
    if (!s)
        return NULL;
    s->api = api;
    s->queue_end = &s->queue;
    s->epoch = clock_now(&api->o.clock);
    pthread_condattr_t attributes;
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_mutex_init(&s->mutex, NULL);
    pthread_cond_init(&s->wake, &attributes);
    pthread_condattr_destroy(&attributes);
    if (pthread_create(&s->thread, NULL, run, s) == 0)
        return s;
    pthread_cond_destroy(&s->wake);
    pthread_mutex_destroy(&s->mutex);
    memory_free(s);
    return NULL;
}

struct streams *streams_free(struct streams *s)
{
    if (!s)
        return NULL;
    pthread_mutex_lock(&s->mutex);
    s->stopping = true;
    pthread_cond_signal(&s->wake);
    pthread_mutex_unlock(&s->mutex);
    pthread_join(s->thread, NULL);
    for (struct open_stream *o = s->first, *next; o; o = next) {
        next = o->next;
        stream_close(o->stream);
        memory_free(o);
    }
    for (struct news *n = s->queue, *next; n; n = next) {
        next = n->next;
        news_free(n);
    }
    for (size_t i = 0; i < KEPT_MAX; i++)
        memory_free(s->kept[i].json);
    pthread_cond_destroy(&s->wake);
    pthread_mutex_destroy(&s->mutex);
    memory_free(s);
    return NULL;
}

// Mutex held. What this client missed, or `reset` when that isn't kept any more.
static void catch_up(struct streams *s, struct open_stream *o, struct str last)
{
    int64_t epoch, id;
    AUTO_BUF text = buf_make(4u << 20);
    ptrdiff_t dash = str_find_char(last, '-');
    if (!last.p)
        return;
    bool known = dash > 0 && str_to_int64(str_slice(last, 0, (size_t)dash), &epoch) &&
                 str_to_int64(str_slice(last, (size_t)dash + 1, last.n), &id) &&
                 epoch == s->epoch && id >= 0 && id <= s->last_id;
    for (int64_t i = known ? id + 1 : 0; known && i <= s->last_id; i++) {
        const struct news *n = &s->kept[i % KEPT_MAX];
        known = n->json && n->id == i;
        if (known && n->org_id == o->org_id)
            format(s, n, &text);
    }
    if (!known || text.failed) {
        buf_reset(&text);
        buf_addf(&text, "id: %lld-%lld\nevent: reset\ndata: {}\n\n", (long long)s->epoch,
                 (long long)s->last_id);
    }
    stream_send(o->stream, buf_str(&text));
}

void handle_events(struct request *r)
{
    struct streams *s = r->api->streams;
    struct open_stream *o = memory_zalloc(1, sizeof *o);
    request_release(r); // the stream outlives this handler by hours
    pthread_mutex_lock(&s->mutex);
    bool room = o && s->count < STREAMS_MAX && !s->stopping;
    if (room) {
        server_add_header(r->x, STR("X-Accel-Buffering"), STR("no"));
        o->org_id = r->org_id;
        o->stream = server_start_stream(r->x);
        room = o->stream != NULL;
    }
    if (room) {
        o->next = s->first;
        s->first = o;
        s->count++;
        stream_send(o->stream, STR("retry: 3000\n: connected\n\n"));
        catch_up(s, o, server_request_header(r->x, "Last-Event-ID"));
    }
    pthread_mutex_unlock(&s->mutex);
    if (room)
        return;
    memory_free(o);
    reply_problem(r, 503, "unavailable", "接続が多すぎます。しばらくしてからお試しください。",
                  "too many streams; try later");
}
