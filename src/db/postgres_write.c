// SPDX-License-Identifier: Apache-2.0
//
// Write transactions on PostgreSQL.
//
// Invariants: success is reported only after the server has answered COMMIT with "COMMIT". A
// transaction is run again only when it certainly left nothing behind: serialisation failure,
// deadlock, or a connection lost before COMMIT was sent. A connection lost after that gives
// "db.commit_unknown", never a second run.
// Threads: each caller of db_write() works in its own thread with a connection of the pool;
// POSTGRES_ASYNC_THREADS threads do the same for db_write_async().
#include "db/postgres_engine.h"

#include "base/memory.h"
#include "db/thread.h"

#include <assert.h>
#include <time.h>

struct postgres_job {
    struct postgres_job *next;
    db_write_fn fn;
    void *context;
    void (*done)(void *context, const struct error *error);
};

enum outcome { OUTCOME_DONE, OUTCOME_FAILED, OUTCOME_RETRY };

static struct postgres_db *of(struct db *db)
{
    return (struct postgres_db *)db;
}

void postgres_be_patient(struct db_conn *conn)
{
    ((struct postgres_conn *)conn)->patience_ms = -1;
}

bool postgres_batch_end(struct db_conn *conn, struct error *error)
{
    return postgres_wait((struct postgres_conn *)conn, error);
}

static void roll_back(struct postgres_conn *c)
{
    struct error error;
    // Receives what a batch may have left under way.
    if (c->pending_count > 0)
        (void)postgres_wait(c, &error);
    if (!c->broken && !postgres_command(c, "ROLLBACK", &error))
        c->broken = true;
}

static enum outcome commit(struct postgres_conn *c, struct error *error)
{
    if (!db_count_statement(c->base.db, error)) {
        roll_back(c);
        return OUTCOME_FAILED;
    }
    if (postgres_command(c, "COMMIT", error)) {
        if (strcmp(c->tag, "COMMIT") == 0)
            return OUTCOME_DONE;
        error_set(error, ERROR_STORAGE, "db.rolled_back", "データベースが変更を取り消しました",
                  "The database rolled the change back");
        return OUTCOME_FAILED;
    }
    if (c->broken) {
        error_set(error, ERROR_STORAGE, "db.commit_unknown",
                  "保存の途中でデータベースとの接続が切れ、保存されたか分かりません",
                  "The connection was lost while saving; it may or may not have been saved");
        error_hint(error, "画面を読み直して確かめてから、必要ならもう一度お試しください",
                   "Reload and check before trying again");
        return OUTCOME_FAILED;
    }
    return c->may_retry ? OUTCOME_RETRY : OUTCOME_FAILED;
}

static enum outcome run_transaction(struct postgres_conn *c, db_write_fn fn, void *context,
                                    struct error *error)
{
    if (!db_count_statement(c->base.db, error))
        return OUTCOME_FAILED;
    postgres_operation(c);
    // Not waited for: it travels with fn's first statement.
    if (!postgres_send_command(c, "BEGIN READ WRITE")) {
        *error = c->error;
        if (!c->broken)
            roll_back(c);
        return c->broken ? OUTCOME_RETRY : OUTCOME_FAILED;
    }
    if (db_conn_call(&c->base, fn, context, error))
        return commit(c, error);
    if (c->broken)
        return OUTCOME_RETRY;
    bool may_retry = c->base.failed && c->may_retry;
    roll_back(c);
    return may_retry ? OUTCOME_RETRY : OUTCOME_FAILED;
}

static enum outcome run_once(struct postgres_conn *c, db_write_fn fn, void *context,
                             struct error *error)
{
    db_conn_begin(&c->base);
    enum outcome outcome = run_transaction(c, fn, context, error);
    db_conn_end(&c->base);
    c->patience_ms = POSTGRES_PATIENCE_MS;
    db_conn_trim(&c->base);
    return outcome;
}

// The other side of a deadlock needs a moment; real time, whatever clock the program was given.
static void pause_before(int attempt)
{
    struct timespec pause = {.tv_nsec = (long)(1 << attempt) * 2000000};
    nanosleep(&pause, NULL);
}

bool postgres_write(struct db *base, db_write_fn fn, void *context, struct error *error)
{
    struct postgres_db *db = of(base);
    for (int attempt = 1;; attempt++) {
        struct postgres_conn *c = (struct postgres_conn *)pool_take(&db->writers, error);
        if (!c)
            return false;
        enum outcome outcome = run_once(c, fn, context, error);
        bool idle = !c->broken && PQtransactionStatus(c->pg) == PQTRANS_IDLE;
        pool_give(&db->writers, &c->base, idle);
        if (outcome != OUTCOME_RETRY || attempt == POSTGRES_ATTEMPTS)
            return outcome == OUTCOME_DONE;
        pause_before(attempt);
    }
}

static struct postgres_job *take_job(struct postgres_db *db)
{
    pthread_mutex_lock(&db->mutex);
    while (!db->first && !db->stopping)
        pthread_cond_wait(&db->work, &db->mutex);
    struct postgres_job *job = db->first;
    if (job) {
        db->first = job->next;
        db->waiting--;
        if (!db->first)
            db->last = &db->first;
    }
    pthread_mutex_unlock(&db->mutex);
    return job;
}

static void *run_jobs(void *argument)
{
    struct postgres_db *db = argument;
    struct postgres_job *job;
    while ((job = take_job(db))) {
        struct error error;
        bool ok = postgres_write(&db->base, job->fn, job->context, &error);
        job->done(job->context, ok ? NULL : &error);
        memory_free(job);
    }
    return NULL;
}

bool postgres_write_async(struct db *base, db_write_fn fn, void *context,
                          void (*done)(void *context, const struct error *error),
                          struct error *error)
{
    struct postgres_db *db = of(base);
    struct postgres_job *job = memory_zalloc(1, sizeof *job);
    if (!job)
        return error_no_memory(error);
    *job = (struct postgres_job){.fn = fn, .context = context, .done = done};
    pthread_mutex_lock(&db->mutex);
    bool room = db->waiting < DB_QUEUE_MAX;
    if (room) {
        *db->last = job;
        db->last = &job->next;
        db->waiting++;
        pthread_cond_signal(&db->work);
    }
    pthread_mutex_unlock(&db->mutex);
    if (room)
        return true;
    memory_free(job);
    return error_set(error, ERROR_STORAGE, "db.queue_full",
                     "書き込みの順番待ちが %d 件を超えました", "More than %d writes are waiting",
                     DB_QUEUE_MAX);
}

bool postgres_async_start(struct postgres_db *db, struct error *error)
{
    db->last = &db->first;
    if (pthread_mutex_init(&db->mutex, NULL) != 0)
        return error_no_memory(error);
    if (pthread_cond_init(&db->work, NULL) != 0) {
        pthread_mutex_destroy(&db->mutex);
        return error_no_memory(error);
    }
    db->has_queue = true;
    while (db->threads_running < POSTGRES_ASYNC_THREADS) {
        if (!db_thread_start(&db->threads[db->threads_running], run_jobs, db, error))
            return false;
        db->threads_running++;
    }
    return true;
}

void postgres_async_stop(struct postgres_db *db)
{
    if (!db->has_queue)
        return;
    pthread_mutex_lock(&db->mutex);
    db->stopping = true;
    pthread_cond_broadcast(&db->work);
    pthread_mutex_unlock(&db->mutex);
    while (db->threads_running > 0)
        pthread_join(db->threads[--db->threads_running], NULL);
    assert(!db->first);
    pthread_cond_destroy(&db->work);
    pthread_mutex_destroy(&db->mutex);
    db->has_queue = false;
}
