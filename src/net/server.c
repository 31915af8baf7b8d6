// SPDX-License-Identifier: Apache-2.0
//
// Starting and stopping the server, its connections, and the warden: one thread that cuts slow
// clients and ends delays.
//
// Threads: libmicrohttpd's workers call the callbacks; the warden runs beside them; anybody may
// stop. Lock order: server->lock, then a stream's lock, then libmicrohttpd's own.
// Invariants: a connection is in the list from libmicrohttpd's start notice to its close notice,
// and libmicrohttpd closes the socket only after the latter, so shutdown() under the lock always
// hits the right socket. Whoever suspends a connection leaves a trace (server->delayed, a stream's
// mark), because libmicrohttpd aborts the process when it is stopped with suspended connections.
// Nothing gets suspended once `stopping` is set. MHD_quiesce_daemon() isn't used: in 0.9.75 it
// races with its own workers and then aborts.
#include "net/server_internal.h"

#include "base/memory.h"

#include <arpa/inet.h>
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#define SWEEP_MS 250
#define STOP_PATIENCE_MS 5000
#define CONNECTION_MEMORY_BYTES (32u << 10)

int64_t server_monotonic(void)
{
    struct clock machine = clock_system();
    return clock_monotonic(&machine);
}

static void wait_until(struct server *s, pthread_cond_t *condition, int64_t when)
{
    if (when == SERVER_NEVER) {
        pthread_cond_wait(condition, &s->lock);
        return;
    }
    struct timespec t = {.tv_sec = when / 1000, .tv_nsec = (when % 1000) * 1000000};
    pthread_cond_timedwait(condition, &s->lock, &t);
}

static bool client_has_left(int fd)
{
    struct pollfd p = {.fd = fd, .events = POLLRDHUP};
    return poll(&p, 1, 0) > 0;
}

static bool has_unread_bytes(int fd)
{
    int unread = 0;
    return ioctl(fd, FIONREAD, &unread) == 0 && unread > 0;
}

static void check_connection(struct server_connection *c, int64_t now)
{
    if (c->stream) {
        bool left = client_has_left(c->fd);
        if (left)
            stream_abort(c->stream);
        if (left || stream_is_broken(c->stream))
            shutdown(c->fd, SHUT_RDWR);
        return;
    }
    if (now < atomic_load(&c->deadline))
        return;
    // Unread bytes mean that a worker is busy with a handler, not that the client is slow.
    if (atomic_load(&c->receiving) && has_unread_bytes(c->fd))
        return;
    shutdown(c->fd, SHUT_RDWR);
}

// Resumes delayed requests whose time has come (all of them for SERVER_NEVER); returns when the
// next one is due.
static int64_t end_delays(struct server *s, int64_t now)
{
    int64_t next = SERVER_NEVER;
    for (struct server_request **at = &s->delayed; *at;) {
        struct server_request *r = *at;
        if (r->due <= now) {
            *at = r->next_delayed;
            MHD_resume_connection(r->connection->mhd);
            continue;
        }
        if (r->due < next)
            next = r->due;
        at = &r->next_delayed;
    }
    return next;
}

static void *warden(void *argument)
{
    struct server *s = argument;
    int64_t next_sweep = 0;
    pthread_mutex_lock(&s->lock);
    while (!s->warden_stop) {
        int64_t now = server_monotonic();
        int64_t wake = end_delays(s, now);
        if (now >= next_sweep) {
            for (struct server_connection *c = s->connections; c; c = c->next)
                check_connection(c, now);
            next_sweep = now + SWEEP_MS;
        }
        if (s->connections && next_sweep < wake)
            wake = next_sweep;
        wait_until(s, &s->changed, wake);
    }
    pthread_mutex_unlock(&s->lock);
    return NULL;
}

bool server_delay(struct server_request *r)
{
    struct server *s = r->server;
    pthread_mutex_lock(&s->lock);
    bool delayed = !s->stopping;
    if (delayed) {
        r->next_delayed = s->delayed;
        s->delayed = r;
        MHD_suspend_connection(r->connection->mhd);
        pthread_cond_signal(&s->changed);
    }
    pthread_mutex_unlock(&s->lock);
    return delayed;
}

static void connection_started(struct server *s, struct MHD_Connection *mhd, void **context)
{
    int fd = MHD_get_connection_info(mhd, MHD_CONNECTION_INFO_CONNECTION_FD)->connect_fd;
    struct server_connection *c = memory_zalloc(1, sizeof *c);
    *context = c;
    if (!c) {
        // Nobody would watch it: let libmicrohttpd see its end at once.
        shutdown(fd, SHUT_RDWR);
        return;
    }
    c->mhd = mhd;
    c->fd = fd;
    atomic_init(&c->deadline, server_monotonic() + s->idle_ms);
    atomic_init(&c->receiving, true);
    pthread_mutex_lock(&s->lock);
    if (s->stopping)
        shutdown(fd, SHUT_RDWR);
    c->next = s->connections;
    if (c->next)
        c->next->previous = c;
    s->connections = c;
    if (!c->next)
        pthread_cond_signal(&s->changed);
    pthread_mutex_unlock(&s->lock);
}

static void connection_closed(struct server *s, void **context)
{
    struct server_connection *c = *context;
    if (!c)
        return;
    pthread_mutex_lock(&s->lock);
    if (c->previous)
        c->previous->next = c->next;
    else
        s->connections = c->next;
    if (c->next)
        c->next->previous = c->previous;
    pthread_mutex_unlock(&s->lock);
    memory_free(c);
    *context = NULL;
}

static void on_connection(void *server, struct MHD_Connection *mhd, void **context,
                          enum MHD_ConnectionNotificationCode code)
{
    if (code == MHD_CONNECTION_NOTIFY_STARTED)
        connection_started(server, mhd, context);
    else
        connection_closed(server, context);
}

union address {
    struct sockaddr any;
    struct sockaddr_in v4;
    struct sockaddr_in6 v6;
};

static bool parse_address(const char *text, uint16_t port, union address *address)
{
    *address = (union address){0};
    if (inet_pton(AF_INET, text, &address->v4.sin_addr) == 1) {
        address->v4.sin_family = AF_INET;
        address->v4.sin_port = htons(port);
        return true;
    }
    if (inet_pton(AF_INET6, text, &address->v6.sin6_addr) == 1) {
        address->v6.sin6_family = AF_INET6;
        address->v6.sin6_port = htons(port);
        return true;
    }
    return false;
}

static struct MHD_Daemon *start_daemon(struct server *s, const struct server_options *o,
                                       const union address *address)
{
    unsigned flags = MHD_USE_EPOLL_INTERNAL_THREAD | MHD_ALLOW_SUSPEND_RESUME;
    if (address->any.sa_family == AF_INET6)
        flags |= MHD_USE_IPv6;
    unsigned threads = o->threads > 0 ? (unsigned)o->threads : 2;
    size_t connections = o->connections_max > 0 ? o->connections_max : 1024;
    // No time-out of libmicrohttpd's own: it measures silence, and a byte a second isn't silence.
    struct MHD_OptionItem options[] = {
        {MHD_OPTION_SOCK_ADDR, 0, (void *)(uintptr_t)address},
        {MHD_OPTION_CONNECTION_LIMIT,
         (intptr_t)(connections < 0x7fffffff ? connections : 0x7fffffff), NULL},
        {MHD_OPTION_CONNECTION_MEMORY_LIMIT, CONNECTION_MEMORY_BYTES, NULL},
        {MHD_OPTION_LISTEN_BACKLOG_SIZE, 511, NULL},
        {MHD_OPTION_STRICT_FOR_CLIENT, 1, NULL},
        {MHD_OPTION_URI_LOG_CALLBACK, (intptr_t)server_on_target, s},
        {MHD_OPTION_NOTIFY_COMPLETED, (intptr_t)server_on_completed, s},
        {MHD_OPTION_NOTIFY_CONNECTION, (intptr_t)on_connection, s},
        {threads > 1 ? MHD_OPTION_THREAD_POOL_SIZE : MHD_OPTION_END, threads, NULL},
        {MHD_OPTION_END, 0, NULL},
    };
    return MHD_start_daemon(flags, 0, NULL, NULL, server_on_request, s, MHD_OPTION_ARRAY, options,
                            MHD_OPTION_END);
}

static bool listen_error(struct error *error, const struct server_options *o, int reason)
{
    char code[32];
    const char *name = strerrorname_np(reason);
    snprintf(code, sizeof code, "%s", name ? name : "errno");
    error_set(error, ERROR_STORAGE, "server.listen_failed",
              "このアドレスとポートで待ち受けを始められません。",
              "Can't listen on this address and port.");
    error_subject(error, "%s:%u", o->address ? o->address : "127.0.0.1", (unsigned)o->port);
    error_peer(error, 0, str_from(code), STR_ABSENT);
    return error_hint(error, "同じポートを使うプログラムが動いていないか確認してください。",
                      "Check whether another program uses this port.");
}

static struct server *server_new(const struct server_options *o)
{
    struct server *s = memory_zalloc(1, sizeof *s);
    if (!s)
        return NULL;
    s->clock = o->clock;
    s->body_bytes_max = o->body_bytes_max > 0 ? o->body_bytes_max : 1u << 20;
    s->idle_ms = o->idle_seconds > 0 ? (int64_t)o->idle_seconds * 1000 : 10000;
    pthread_condattr_t attributes;
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_mutex_init(&s->lock, NULL);
    pthread_cond_init(&s->changed, &attributes);
    pthread_cond_init(&s->quiet, &attributes);
    pthread_condattr_destroy(&attributes);
    return s;
}

struct server *server_start(const struct server_options *options, server_handler handler,
                            size_t (*body_limit)(void *context, enum http_method, struct str path),
                            void *context, struct error *error)
{
    union address address;
    const char *text = options->address ? options->address : "127.0.0.1";
    if (!parse_address(text, options->port, &address)) {
        error_set(error, ERROR_BAD_INPUT, "server.bad_address",
                  "待ち受けアドレスは数字のIPアドレスで指定してください。",
                  "The address to listen on must be a numeric IP address.");
        error_subject(error, "%s", text);
        return NULL;
    }
    struct server *s = server_new(options);
    if (!s) {
        error_no_memory(error);
        return NULL;
    }
    s->handler = handler;
    s->body_limit = body_limit;
    s->context = context;
    s->warden_started = pthread_create(&s->warden, NULL, warden, s) == 0;
    if (!s->warden_started) {
        error_no_memory(error);
        return server_stop(s);
    }
    errno = 0;
    s->daemon = start_daemon(s, options, &address);
    if (!s->daemon) {
        listen_error(error, options, errno);
        return server_stop(s);
    }
    return s;
}

// After this nothing is suspended any more, and nothing will be.
static void resume_everything(struct server *s)
{
    s->stopping = true;
    end_delays(s, SERVER_NEVER);
    for (struct server_connection *c = s->connections; c; c = c->next) {
        if (c->stream)
            stream_end(c->stream);
    }
}

struct server *server_stop(struct server *s)
{
    if (!s)
        return NULL;
    pthread_mutex_lock(&s->lock);
    resume_everything(s);
    int64_t end = server_monotonic() + STOP_PATIENCE_MS;
    while (s->active > 0 && server_monotonic() < end)
        wait_until(s, &s->quiet, end);
    s->warden_stop = true;
    pthread_cond_signal(&s->changed);
    pthread_mutex_unlock(&s->lock);
    if (s->warden_started)
        pthread_join(s->warden, NULL);
    if (s->daemon)
        MHD_stop_daemon(s->daemon);
    pthread_cond_destroy(&s->changed);
    pthread_cond_destroy(&s->quiet);
    pthread_mutex_destroy(&s->lock);
    memory_free(s);
    return NULL;
}

uint16_t server_port(const struct server *s)
{
    const union MHD_DaemonInfo *info = MHD_get_daemon_info(s->daemon, MHD_DAEMON_INFO_BIND_PORT);
    return info ? info->port : 0;
}
