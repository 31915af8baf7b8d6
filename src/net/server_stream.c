// SPDX-License-Identifier: Apache-2.0
//
// Server-sent events: a queue of text between any thread and the worker of a connection.
//
// Invariants: `suspended` is the connection exactly while libmicrohttpd holds it suspended for lack
// of text; whoever clears it (under the lock) resumes the connection. `ended` and `broken` are
// never taken back, and with one of them set the connection is not suspended again, so that the
// server can be stopped. Ownership: one reference of the application (until stream_close) and one
// of the request (until it is completed); the last one frees. Lock order: server->lock before
// stream->lock.
#include "net/server_internal.h"

#include "base/memory.h"

#define QUEUE_BYTES_MAX (1u << 20)
#define BLOCK_BYTES 4096

struct server_stream {
    pthread_mutex_t lock;
    int references;
    struct MHD_Connection *connection, *suspended;
    bool ended;  // nothing more will be added
    bool broken; // client gone or too slow: drop what is queued
    struct buf queue;
    size_t taken; // bytes of the queue that are out already
};

struct server_stream *server_start_stream(struct server_exchange *x)
{
    struct server_stream *stream = x->stream ? NULL : memory_zalloc(1, sizeof *stream);
    if (!stream)
        return NULL;
    pthread_mutex_init(&stream->lock, NULL);
    stream->references = 2;
    stream->queue = buf_make(QUEUE_BYTES_MAX);
    x->stream = stream;
    server_add_header(x, STR("Content-Type"), STR("text/event-stream"));
    server_add_header(x, STR("Cache-Control"), STR("no-store"));
    return stream;
}

static void unlock_and_drop_reference(struct server_stream *stream)
{
    bool last = --stream->references == 0;
    pthread_mutex_unlock(&stream->lock);
    if (!last)
        return;
    pthread_mutex_destroy(&stream->lock);
    buf_free(&stream->queue);
    memory_free(stream);
}

static void wake(struct server_stream *stream)
{
    struct MHD_Connection *connection = stream->suspended;
    stream->suspended = NULL;
    if (connection)
        MHD_resume_connection(connection);
}

static void make_room(struct server_stream *stream)
{
    size_t left = stream->queue.n - stream->taken;
    if (left > 0)
        memmove(stream->queue.p, stream->queue.p + stream->taken, left);
    stream->queue.n = left;
    stream->taken = 0;
}

bool stream_send(struct server_stream *stream, struct str text)
{
    pthread_mutex_lock(&stream->lock);
    bool open = !stream->ended && !stream->broken;
    if (open) {
        if (stream->queue.max - stream->queue.n < text.n)
            make_room(stream);
        buf_add(&stream->queue, text);
        stream->broken = stream->queue.failed;
        open = !stream->broken;
        wake(stream);
    }
    pthread_mutex_unlock(&stream->lock);
    return open;
}

void stream_close(struct server_stream *stream)
{
    if (!stream)
        return;
    pthread_mutex_lock(&stream->lock);
    stream->ended = true;
    wake(stream);
    unlock_and_drop_reference(stream);
}

void stream_end(struct server_stream *stream)
{
    pthread_mutex_lock(&stream->lock);
    stream->ended = true;
    wake(stream);
    pthread_mutex_unlock(&stream->lock);
}

void stream_abort(struct server_stream *stream)
{
    pthread_mutex_lock(&stream->lock);
    stream->broken = true;
    wake(stream);
    pthread_mutex_unlock(&stream->lock);
}

bool stream_is_broken(struct server_stream *stream)
{
    pthread_mutex_lock(&stream->lock);
    bool broken = stream->broken;
    pthread_mutex_unlock(&stream->lock);
    return broken;
}

void stream_release(struct server_stream *stream)
{
    pthread_mutex_lock(&stream->lock);
    stream->broken = true;
    stream->suspended = NULL;
    unlock_and_drop_reference(stream);
}

// Called by the connection's worker whenever the socket takes more.
static ssize_t read_queue(void *context, uint64_t position, char *out, size_t max)
{
    struct server_stream *stream = context;
    ssize_t result = 0;
    pthread_mutex_lock(&stream->lock);
    size_t left = stream->queue.n - stream->taken;
    if (stream->broken) {
        result = MHD_CONTENT_READER_END_WITH_ERROR;
    } else if (left > 0) {
        size_t n = left < max ? left : max;
        memcpy(out, stream->queue.p + stream->taken, n);
        stream->taken += n;
        if (stream->taken == stream->queue.n)
            make_room(stream);
        result = (ssize_t)n;
    } else if (stream->ended) {
        result = MHD_CONTENT_READER_END_OF_STREAM;
    } else {
        stream->suspended = stream->connection;
        MHD_suspend_connection(stream->connection);
    }
    pthread_mutex_unlock(&stream->lock);
    return result;
}

struct MHD_Response *stream_response(struct server_stream *stream, struct MHD_Connection *mhd)
{
    stream->connection = mhd;
    return MHD_create_response_from_callback(MHD_SIZE_UNKNOWN, BLOCK_BYTES, read_queue, stream,
                                             NULL);
}
