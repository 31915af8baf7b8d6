// SPDX-License-Identifier: Apache-2.0
//
// Server-sent events: what changed, so that screens refresh what they show. Events carry ids and
// counts, never personal data. A stream that can't keep up is closed; the browser connects anew and
// reloads. Ids of events are only for the life of this process: after a restart a client reloads.
#include "api/handlers.h"
#include "base/memory.h"
#include <pthread.h>
#include <stdio.h>

#define STREAMS_MAX 2000

struct open_stream {
    row_id org_id;
    struct server_stream *stream;
    struct open_stream *next;
};

struct streams {
    pthread_mutex_t mutex;
    struct open_stream *first;
    size_t count;
    int64_t last_id;
};

struct streams *streams_new(void)
{
    struct streams *s = memory_zalloc(1, sizeof *s);
    if (s)
        pthread_mutex_init(&s->mutex, NULL);
    return s;
}

struct streams *streams_free(struct streams *s)
{
    if (!s)
        return NULL;
    for (struct open_stream *o = s->first, *next; o; o = next) {
        next = o->next;
        stream_close(o->stream);
        memory_free(o);
    }
    pthread_mutex_destroy(&s->mutex);
    memory_free(s);
    return NULL;
}

void api_event(void *context, row_id org_id, const char *type, struct str json)
{
    struct api *api = context;
    struct streams *s = api->streams;
    AUTO_BUF text = buf_make(65536);
    pthread_mutex_lock(&s->mutex);
    buf_addf(&text, "id: %lld\nevent: %s\ndata: %.*s\n\n", (long long)++s->last_id, type,
             STR_ARG(json));
    for (struct open_stream **at = &s->first; *at && !text.failed;) {
        struct open_stream *o = *at;
        if (o->org_id != org_id || stream_send(o->stream, buf_str(&text))) {
            at = &o->next;
            continue;
        }
        *at = o->next;
        stream_close(o->stream);
        memory_free(o);
        s->count--;
    }
    pthread_mutex_unlock(&s->mutex);
}

void handle_events(struct request *r)
{
    struct streams *s = r->api->streams;
    struct open_stream *o = memory_zalloc(1, sizeof *o);
    pthread_mutex_lock(&s->mutex);
    bool room = o && s->count < STREAMS_MAX;
    if (room) {
        server_add_header(r->x, STR("Content-Type"), STR("text/event-stream"));
        server_add_header(r->x, STR("Cache-Control"), STR("no-store"));
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
    }
    pthread_mutex_unlock(&s->mutex);
    if (room)
        return;
    memory_free(o);
    reply_problem(r, 503, "unavailable", "接続が多すぎます。しばらくしてからお試しください。",
                  "too many streams; try later");
}
