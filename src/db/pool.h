// SPDX-License-Identifier: Apache-2.0
//
// Inside of db/: a bounded pool of connections, made when first needed.
#ifndef JUCHU_DB_POOL_H
#define JUCHU_DB_POOL_H

#include "db/driver.h"

struct pool {
    pthread_mutex_t mutex;
    pthread_cond_t freed;
    struct db_conn *idle; // most recently used first
    int open, most;
    void *owner;
    struct db_conn *(*connect)(void *owner, struct error *error);
    bool (*alive)(struct db_conn *conn); // is an idle connection still good?
    void (*disconnect)(struct db_conn *conn);
};

// Sets up an empty pool; the callbacks and `most` are set by the caller before. ERROR_NO_MEMORY.
bool pool_init(struct pool *pool, struct error *error);
// Closes all idle connections; those taken must have been given back.
void pool_destroy(struct pool *pool);
// An idle connection that is alive, or a new one, or the next one freed within DB_ACQUIRE_WAIT_MS.
struct db_conn *pool_take(struct pool *pool, struct error *error);
// Gives a connection back; with `keep` false it is closed.
void pool_give(struct pool *pool, struct db_conn *conn, bool keep);

#endif
