// SPDX-License-Identifier: Apache-2.0
//
// A bounded pool of connections.
//
// Invariants: `open` counts idle and taken connections and those being made, and never exceeds
// `most`; whoever lowers it or adds an idle connection wakes one waiter. Connecting and closing
// happen outside the lock. Threads: any.
#include "db/pool.h"

#include <assert.h>
#include <errno.h>
#include <time.h>

// Waiting for another thread is real time, whatever clock the program was given.
static struct timespec deadline(void)
{
    struct timespec at;
    clock_gettime(CLOCK_MONOTONIC, &at);
    at.tv_sec += DB_ACQUIRE_WAIT_MS / 1000;
    return at;
}

bool pool_init(struct pool *pool, struct error *error)
{
    pthread_condattr_t attributes;
    assert(pool->most > 0 && pool->connect && pool->alive && pool->disconnect);
    if (pthread_condattr_init(&attributes) != 0)
        return error_no_memory(error);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    int failed = pthread_cond_init(&pool->freed, &attributes);
    pthread_condattr_destroy(&attributes);
    if (failed)
        return error_no_memory(error);
    if (pthread_mutex_init(&pool->mutex, NULL) != 0) {
        pthread_cond_destroy(&pool->freed);
        return error_no_memory(error);
    }
    return true;
}

void pool_destroy(struct pool *pool)
{
    while (pool->idle) {
        struct db_conn *conn = pool->idle;
        pool->idle = conn->next;
        pool->open--;
        pool->disconnect(conn);
    }
    assert(pool->open == 0);
    pthread_cond_destroy(&pool->freed);
    pthread_mutex_destroy(&pool->mutex);
}

static void one_less(struct pool *pool)
{
    pthread_mutex_lock(&pool->mutex);
    pool->open--;
    pthread_cond_signal(&pool->freed);
    pthread_mutex_unlock(&pool->mutex);
}

// An idle connection in *conn, or the right to make one (*conn NULL). False after waiting in vain.
static bool wait_for_turn(struct pool *pool, struct db_conn **conn)
{
    struct timespec until = deadline();
    int waited = 0;
    pthread_mutex_lock(&pool->mutex);
    while (!pool->idle && pool->open >= pool->most && waited != ETIMEDOUT)
        waited = pthread_cond_timedwait(&pool->freed, &pool->mutex, &until);
    *conn = pool->idle;
    bool granted = *conn || pool->open < pool->most;
    if (*conn)
        pool->idle = (*conn)->next;
    else if (granted)
        pool->open++;
    pthread_mutex_unlock(&pool->mutex);
    return granted;
}

struct db_conn *pool_take(struct pool *pool, struct error *error)
{
    struct db_conn *conn;
    while (wait_for_turn(pool, &conn)) {
        if (!conn) {
            conn = pool->connect(pool->owner, error);
            if (!conn)
                one_less(pool);
            return conn;
        }
        if (pool->alive(conn))
            return conn;
        pool->disconnect(conn);
        one_less(pool);
    }
    error_set(error, ERROR_STORAGE, "db.pool_exhausted",
              "データベースへの接続（%d 本）がすべて使用中です",
              "All %d database connections are in use", pool->most);
    error_hint(error,
               "しばらくしてからもう一度お試しください。続く場合は接続数の上限を増やしてください",
               "Try again shortly; if it persists, raise the number of connections");
    return NULL;
}

void pool_give(struct pool *pool, struct db_conn *conn, bool keep)
{
    if (!keep) {
        pool->disconnect(conn);
        one_less(pool);
        return;
    }
    pthread_mutex_lock(&pool->mutex);
    conn->next = pool->idle;
    pool->idle = conn;
    pthread_cond_signal(&pool->freed);
    pthread_mutex_unlock(&pool->mutex);
}
