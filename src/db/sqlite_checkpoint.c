// SPDX-License-Identifier: Apache-2.0
//
// Moving the write-ahead log into the database beside the running work.
//
// SQLite would do it inside the commit that fills the log, which then takes hundreds of times
// longer. Here a thread with a connection of its own copies while the writer goes on; the writer
// copies the few frames that came in meanwhile, between two transactions, after which SQLite begins
// the log anew. Only a reader in the middle of an old snapshot can hold that up; from
// SQLITE_RESTART_PAGES on the writer waits shortly for such readers, so the log doesn't grow
// without bound.
//
// A checkpoint that fails loses nothing (the log keeps everything) and is tried again as the log
// grows; a full or broken disk is reported by the writes themselves.
// Threads: `wanted` and `stopping` under the mutex; the atomics between checkpointer and writer.
#include "db/sqlite_engine.h"

#include "db/thread.h"

#include <assert.h>

#define RETRY_PAGES 1000
#define RESTART_RETRY_PAGES 4000
#define RESTART_WAIT_MS 100

static void copy_in_background(struct sqlite_db *db, struct sqlite_conn *conn)
{
    int in_log = 0, copied = 0;
    int code =
        sqlite3_wal_checkpoint_v2(conn->handle, NULL, SQLITE_CHECKPOINT_PASSIVE, &in_log, &copied);
    if (code != SQLITE_OK && code != SQLITE_BUSY)
        conn->suspect = true;
    else if (code == SQLITE_OK && copied < in_log)
        atomic_store(&db->checkpointer.unfinished, true);
}

// False when the thread shall end.
static bool wait_until_wanted(struct sqlite_checkpointer *c)
{
    pthread_mutex_lock(&c->mutex);
    while (!c->wanted && !c->stopping)
        pthread_cond_wait(&c->work, &c->mutex);
    c->wanted = false;
    bool go_on = !c->stopping;
    pthread_mutex_unlock(&c->mutex);
    return go_on;
}

static void *run_checkpointer(void *argument)
{
    struct sqlite_db *db = argument;
    struct sqlite_conn *conn = NULL;
    struct error error;
    while (wait_until_wanted(&db->checkpointer)) {
        if (!conn)
            conn = sqlite_connect(db, true, &error);
        if (!conn)
            continue;
        copy_in_background(db, conn);
        if (conn->suspect) {
            sqlite_disconnect(conn);
            conn = NULL;
        }
    }
    sqlite_disconnect(conn);
    return NULL;
}

static int learn_length(void *context, sqlite3 *handle, const char *name, int pages)
{
    struct sqlite_db *db = context;
    atomic_store(&db->checkpointer.log_pages, pages);
    return SQLITE_OK;
}

void sqlite_checkpoint_watch(struct sqlite_db *db)
{
    sqlite3_wal_hook(db->writer.conn->handle, learn_length, db);
}

static void ask(struct sqlite_checkpointer *c)
{
    pthread_mutex_lock(&c->mutex);
    c->wanted = true;
    pthread_cond_signal(&c->work);
    pthread_mutex_unlock(&c->mutex);
}

static void finish(struct sqlite_db *db)
{
    // Its result doesn't matter: what is left is copied the next time.
    (void)sqlite3_wal_checkpoint_v2(db->writer.conn->handle, NULL, SQLITE_CHECKPOINT_PASSIVE, NULL,
                                    NULL);
}

static void restart(struct sqlite_db *db)
{
    sqlite3 *handle = db->writer.conn->handle;
    sqlite3_busy_timeout(handle, RESTART_WAIT_MS);
    (void)sqlite3_wal_checkpoint_v2(handle, NULL, SQLITE_CHECKPOINT_RESTART, NULL, NULL);
    sqlite3_busy_timeout(handle, SQLITE_BUSY_WAIT_MS);
}

void sqlite_checkpoint_between(struct sqlite_db *db)
{
    struct sqlite_checkpointer *c = &db->checkpointer;
    struct sqlite_writer *w = &db->writer;
    int pages = atomic_load(&c->log_pages);
    if (pages < SQLITE_CHECKPOINT_PAGES) {
        c->wanted_next = SQLITE_CHECKPOINT_PAGES;
        w->restart_next = SQLITE_RESTART_PAGES;
        return;
    }
    if (atomic_exchange(&c->unfinished, false))
        finish(db);
    if (pages >= w->restart_next) {
        w->restart_next = pages + RESTART_RETRY_PAGES;
        restart(db);
    } else if (pages >= c->wanted_next) {
        c->wanted_next = pages + RETRY_PAGES;
        ask(c);
    }
}

bool sqlite_checkpointer_start(struct sqlite_db *db, struct error *error)
{
    struct sqlite_checkpointer *c = &db->checkpointer;
    if (pthread_mutex_init(&c->mutex, NULL) != 0)
        return error_no_memory(error);
    if (pthread_cond_init(&c->work, NULL) != 0) {
        pthread_mutex_destroy(&c->mutex);
        return error_no_memory(error);
    }
    c->running = db_thread_start(&c->thread, run_checkpointer, db, error);
    if (!c->running) {
        pthread_cond_destroy(&c->work);
        pthread_mutex_destroy(&c->mutex);
    }
    return c->running;
}

void sqlite_checkpointer_stop(struct sqlite_db *db)
{
    struct sqlite_checkpointer *c = &db->checkpointer;
    if (!c->running)
        return;
    pthread_mutex_lock(&c->mutex);
    c->stopping = true;
    pthread_cond_signal(&c->work);
    pthread_mutex_unlock(&c->mutex);
    pthread_join(c->thread, NULL);
    pthread_cond_destroy(&c->work);
    pthread_mutex_destroy(&c->mutex);
    c->running = false;
}
