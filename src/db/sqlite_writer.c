// SPDX-License-Identifier: Apache-2.0
//
// The one writer of a SQLite database: takes the functions that wait, runs them in one transaction,
// each in a savepoint of its own, commits, and only then tells their callers.
//
// Invariants: a caller hears of success only after the commit that holds its function is on the
// disk; a function that fails is undone alone; when a failure takes the whole transaction away
// (full disk, I/O error), the functions that had succeeded in it are run again without the culprit,
// so each round settles at least one function and the loop ends; when the commit itself fails, all
// fail. After an I/O error the connection is thrown away and made anew for the next group. Threads:
// callers fill the queue under the mutex; everything else belongs to the writer thread. Ownership:
// a job of db_write() lives on its caller's stack until `finished` is posted; one of
// db_write_async() is freed by the writer.
#include "db/sqlite_engine.h"

#include "base/memory.h"
#include "db/thread.h"

#include <assert.h>
#include <errno.h>
#include <time.h>

static const char *const control_text[CONTROL_COUNT] = {
    [CONTROL_BEGIN] = "BEGIN IMMEDIATE", [CONTROL_SAVEPOINT] = "SAVEPOINT one",
    [CONTROL_RELEASE] = "RELEASE one",   [CONTROL_UNDO] = "ROLLBACK TO one",
    [CONTROL_COMMIT] = "COMMIT",         [CONTROL_ROLLBACK] = "ROLLBACK",
};

static struct sqlite_db *of(struct db *db)
{
    return (struct sqlite_db *)db;
}

static bool control(struct sqlite_writer *w, enum sqlite_control which, struct error *error)
{
    sqlite3_stmt **s = &w->control[which];
    int code = SQLITE_OK;
    if (!*s)
        code = sqlite3_prepare_v3(w->conn->handle, control_text[which], -1,
                                  SQLITE_PREPARE_PERSISTENT, s, NULL);
    if (code != SQLITE_OK)
        return sqlite_fail(w->conn, code, false, error);
    code = sqlite3_step(*s);
    bool ok = code == SQLITE_DONE || sqlite_fail(w->conn, code, false, error);
    (void)sqlite3_reset(*s); // repeats the error of the step
    return ok;
}

static bool counted_control(struct sqlite_db *db, enum sqlite_control which, struct error *error)
{
    return db_count_statement(&db->base, error) && control(&db->writer, which, error);
}

static bool transaction_is_gone(const struct sqlite_writer *w)
{
    return sqlite3_get_autocommit(w->conn->handle) != 0;
}

static void disconnect(struct sqlite_writer *w)
{
    for (int i = 0; i < CONTROL_COUNT; i++) {
        sqlite3_finalize(w->control[i]);
        w->control[i] = NULL;
    }
    sqlite_disconnect(w->conn);
    w->conn = NULL;
}

static bool connect(struct sqlite_db *db, struct error *error)
{
    if (db->writer.conn)
        return true;
    db->writer.conn = sqlite_connect(db, true, error);
    if (!db->writer.conn)
        return false;
    sqlite_checkpoint_watch(db);
    return true;
}

// Ends the transaction without a trace; a connection that can't is thrown away, which does the
// same.
static void roll_back(struct sqlite_writer *w)
{
    struct error error;
    if (!transaction_is_gone(w) && !control(w, CONTROL_ROLLBACK, &error))
        w->conn->suspect = true;
    if (w->conn->suspect)
        disconnect(w);
}

static void undo_one(struct sqlite_writer *w)
{
    struct error error;
    if (transaction_is_gone(w))
        return;
    if (!control(w, CONTROL_UNDO, &error) || !control(w, CONTROL_RELEASE, &error))
        roll_back(w);
}

static void run_job(struct sqlite_db *db, struct write_job *job, bool alone)
{
    struct sqlite_writer *w = &db->writer;
    struct db_conn *conn = &w->conn->base;
    job->state = JOB_FAILED;
    if (!alone && !counted_control(db, CONTROL_SAVEPOINT, job->error))
        return;
    db_conn_begin(conn);
    bool ok = db_conn_call(conn, job->fn, job->context, job->error);
    db_conn_end(conn);
    db_conn_trim(conn);
    if (ok && !alone)
        ok = counted_control(db, CONTROL_RELEASE, job->error);
    if (ok)
        job->state = JOB_RAN;
    else if (!alone)
        undo_one(w);
}

static void settle(struct write_job **jobs, int n, enum job_state from, enum job_state to,
                   const struct error *error)
{
    for (int i = 0; i < n; i++) {
        if (jobs[i]->state != from)
            continue;
        if (error)
            *jobs[i]->error = *error;
        jobs[i]->state = to;
    }
}

static int count(struct write_job **jobs, int n, enum job_state state)
{
    int found = 0;
    for (int i = 0; i < n; i++)
        found += jobs[i]->state == state;
    return found;
}

// Callers wait in real time, whatever clock the program was given.
static int64_t real_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static void fail_for_ending(struct write_job *job)
{
    error_set(job->error, ERROR_INTERNAL, "db.transaction_ended",
              "書き込みの中でトランザクションが終了されました",
              "A write ended the transaction that it runs in");
    job->state = JOB_FAILED;
}

// Runs waiting jobs within the open transaction until the time for one commit is used up. False
// when the transaction was lost on the way: those that had run wait again.
static bool run_jobs(struct sqlite_db *db, struct write_job **jobs, int n, bool alone)
{
    struct sqlite_writer *w = &db->writer;
    int64_t until = real_ms() + SQLITE_GROUP_MS;
    for (int i = 0; i < n; i++) {
        if (jobs[i]->state != JOB_WAITING)
            continue;
        run_job(db, jobs[i], alone);
        if (!w->conn || transaction_is_gone(w)) {
            if (jobs[i]->state == JOB_RAN)
                fail_for_ending(jobs[i]);
            settle(jobs, n, JOB_RAN, JOB_WAITING, NULL);
            return false;
        }
        if (real_ms() > until)
            break;
    }
    return true;
}

// One transaction. Afterwards at least one waiting job is done or has failed.
static void run_round(struct sqlite_db *db, struct write_job **jobs, int n)
{
    struct sqlite_writer *w = &db->writer;
    struct error error;
    bool alone = count(jobs, n, JOB_WAITING) == 1;
    if (!connect(db, &error) || !counted_control(db, CONTROL_BEGIN, &error)) {
        settle(jobs, n, JOB_WAITING, JOB_FAILED, &error);
        if (w->conn)
            roll_back(w);
        return;
    }
    if (!run_jobs(db, jobs, n, alone) || count(jobs, n, JOB_RAN) == 0) {
        if (w->conn)
            roll_back(w);
        return;
    }
    if (counted_control(db, CONTROL_COMMIT, &error)) {
        settle(jobs, n, JOB_RAN, JOB_DONE, NULL);
    } else {
        settle(jobs, n, JOB_RAN, JOB_FAILED, &error);
        roll_back(w);
    }
}

static void report(struct write_job *job)
{
    assert(job->state == JOB_DONE || job->state == JOB_FAILED);
    if (!job->done) {
        sem_post(&job->finished); // from here on the job is its caller's
        return;
    }
    job->done(job->context, job->state == JOB_FAILED ? job->error : NULL);
    memory_free(job);
}

// Waits for jobs and takes at most SQLITE_GROUP_MAX of them; 0 when the writer shall end.
static int take(struct sqlite_writer *w, struct write_job **jobs)
{
    int n = 0;
    pthread_mutex_lock(&w->mutex);
    while (!w->first && !w->stopping)
        pthread_cond_wait(&w->work, &w->mutex);
    while (w->first && n < SQLITE_GROUP_MAX) {
        jobs[n++] = w->first;
        w->first = w->first->next;
        w->waiting--;
    }
    if (!w->first)
        w->last = &w->first;
    pthread_mutex_unlock(&w->mutex);
    return n;
}

static void *run_writer(void *argument)
{
    struct sqlite_db *db = argument;
    struct write_job *jobs[SQLITE_GROUP_MAX];
    int n;
    while ((n = take(&db->writer, jobs)) > 0) {
        if (db->writer.conn)
            sqlite_checkpoint_between(db);
        while (count(jobs, n, JOB_WAITING) > 0)
            run_round(db, jobs, n);
        for (int i = 0; i < n; i++)
            report(jobs[i]);
    }
    return NULL;
}

static void enqueue(struct sqlite_writer *w, struct write_job *job)
{
    job->next = NULL;
    *w->last = job;
    w->last = &job->next;
    w->waiting++;
    pthread_cond_signal(&w->work);
}

bool sqlite_write(struct db *base, db_write_fn fn, void *context, struct error *error)
{
    struct sqlite_writer *w = &of(base)->writer;
    struct write_job job = {.fn = fn, .context = context, .error = error, .state = JOB_WAITING};
    if (pthread_equal(pthread_self(), w->thread))
        return error_set(error, ERROR_INTERNAL, "db.nested_write",
                         "書き込みの中から書き込みは始められません",
                         "A write can't be started from within a write");
    sem_init(&job.finished, 0, 0);
    pthread_mutex_lock(&w->mutex);
    enqueue(w, &job);
    pthread_mutex_unlock(&w->mutex);
    while (sem_wait(&job.finished) != 0)
        assert(errno == EINTR);
    sem_destroy(&job.finished);
    return job.state == JOB_DONE;
}

bool sqlite_write_async(struct db *base, db_write_fn fn, void *context,
                        void (*done)(void *context, const struct error *error), struct error *error)
{
    struct sqlite_writer *w = &of(base)->writer;
    struct {
        struct write_job job;
        struct error error;
    } *made = memory_zalloc(1, sizeof *made);
    if (!made)
        return error_no_memory(error);
    made->job = (struct write_job){
        .fn = fn, .context = context, .done = done, .error = &made->error, .state = JOB_WAITING};
    pthread_mutex_lock(&w->mutex);
    bool room = w->waiting < DB_QUEUE_MAX;
    if (room)
        enqueue(w, &made->job);
    pthread_mutex_unlock(&w->mutex);
    if (room)
        return true;
    memory_free(made);
    return error_set(error, ERROR_STORAGE, "db.queue_full",
                     "書き込みの順番待ちが %d 件を超えました", "More than %d writes are waiting",
                     DB_QUEUE_MAX);
}

bool sqlite_writer_start(struct sqlite_db *db, struct error *error)
{
    struct sqlite_writer *w = &db->writer;
    w->last = &w->first;
    if (!connect(db, error))
        return false;
    if (pthread_mutex_init(&w->mutex, NULL) != 0)
        return error_no_memory(error);
    if (pthread_cond_init(&w->work, NULL) != 0) {
        pthread_mutex_destroy(&w->mutex);
        return error_no_memory(error);
    }
    w->running = db_thread_start(&w->thread, run_writer, db, error);
    if (!w->running) {
        pthread_cond_destroy(&w->work);
        pthread_mutex_destroy(&w->mutex);
    }
    return w->running;
}

void sqlite_writer_stop(struct sqlite_db *db)
{
    struct sqlite_writer *w = &db->writer;
    if (w->running) {
        pthread_mutex_lock(&w->mutex);
        w->stopping = true;
        pthread_cond_signal(&w->work);
        pthread_mutex_unlock(&w->mutex);
        pthread_join(w->thread, NULL);
        pthread_cond_destroy(&w->work);
        pthread_mutex_destroy(&w->mutex);
        w->running = false;
    }
}

void sqlite_writer_disconnect(struct sqlite_db *db)
{
    disconnect(&db->writer);
}
