// SPDX-License-Identifier: Apache-2.0
//
// Write transactions on both engines: rolled back alone, grouped, from many threads, in batches,
// with every statement and every allocation failing in turn.
#include "both.h"

#include "base/memory.h"

#include <pthread.h>
#include <semaphore.h>
#include <stdatomic.h>
#include <stdio.h>

static void make_table(struct test_database *t)
{
    test_database_exec(t, "CREATE TABLE item (id BIGINT PRIMARY KEY, n BIGINT NOT NULL, t TEXT)");
}

static int64_t count_items(struct test_database *t)
{
    return test_database_int(t, "SELECT COUNT(*) FROM item");
}

static bool insert_one(struct db_conn *conn, int64_t id, int64_t n, struct error *error)
{
    struct db_stmt *s = db_prepare(conn, "INSERT INTO item (id, n, t) VALUES ($1, $2, $3)", error);
    if (!s)
        return false;
    db_bind_int(s, 1, id);
    db_bind_int(s, 2, n);
    db_bind_text(s, 3, STR("品番"));
    return db_run(s, error);
}

static bool insert_item(void *context, struct db_conn *conn, struct error *error)
{
    return insert_one(conn, *(const int64_t *)context, 0, error);
}

// Inserts two rows, then refuses.
static bool insert_and_refuse(void *context, struct db_conn *conn, struct error *error)
{
    int64_t id = *(const int64_t *)context;
    return insert_one(conn, id, 0, error) && insert_one(conn, id + 1, 0, error) &&
           error_set(error, ERROR_FENCED, "test.refused", "いや%s", "no%s", "");
}

static void test_refusal_rolls_back(void **state)
{
    struct test_database *t = database_of(state);
    struct error error;
    int64_t id = 1;
    make_table(t);
    assert_false(db_write(t->db, insert_and_refuse, &id, &error));
    assert_code(&error, ERROR_FENCED, "test.refused");
    assert_int_equal(count_items(t), 0);
    assert_ok(db_write(t->db, insert_item, &id, &error), &error);
    assert_int_equal(count_items(t), 1);
}

static bool fail_without_reason(void *context, struct db_conn *conn, struct error *error)
{
    return false;
}

static bool do_nothing(void *context, struct db_conn *conn, struct error *error)
{
    return true;
}

static void test_empty_writes(void **state)
{
    struct test_database *t = database_of(state);
    struct error error;
    assert_ok(db_write(t->db, do_nothing, NULL, &error), &error);
    assert_false(db_write(t->db, fail_without_reason, NULL, &error));
    assert_code(&error, ERROR_INTERNAL, "db.no_reason");
}

// A failed statement that fn overlooks: nothing may be left, and nothing more may be done.
static bool overlook_failure(void *context, struct db_conn *conn, struct error *error)
{
    struct error overlooked, again;
    bool *went_on = context;
    if (!insert_one(conn, 10, 0, error) || insert_one(conn, 1, 0, &overlooked))
        return false;
    *went_on = insert_one(conn, 11, 0, &again) || strcmp(again.code, "db.unique") != 0;
    return true;
}

static void test_overlooked_failure(void **state)
{
    struct test_database *t = database_of(state);
    struct error error;
    int64_t id = 1;
    bool went_on = true;
    make_table(t);
    assert_ok(db_write(t->db, insert_item, &id, &error), &error);
    assert_false(db_write(t->db, overlook_failure, &went_on, &error));
    assert_code(&error, ERROR_CONFLICT, "db.unique");
    assert_false(went_on);
    assert_int_equal(count_items(t), 1);
}

// Rows left open by fn don't disturb the commit.
static bool leave_rows_open(void *context, struct db_conn *conn, struct error *error)
{
    struct db_stmt *s = db_prepare(conn, "SELECT id FROM item ORDER BY id", error);
    return s && db_step(s, error) == DB_STEP_ROW && insert_one(conn, 100 + db_int(s, 0), 0, error);
}

static void test_open_rows(void **state)
{
    struct test_database *t = database_of(state);
    struct error error;
    make_table(t);
    for (int64_t id = 1; id <= 3; id++)
        assert_ok(db_write(t->db, insert_item, &id, &error), &error);
    assert_ok(db_write(t->db, leave_rows_open, NULL, &error), &error);
    assert_int_equal(count_items(t), 4);
}

struct group {
    sem_t go, running, finished;
    atomic_int done, failed, unique;
    int64_t ids[40];
};

static bool hold_writer(void *context, struct db_conn *conn, struct error *error)
{
    struct group *g = context;
    sem_post(&g->running);
    sem_wait(&g->go);
    return true;
}

static struct group *group; // of the running test; the callbacks know only their own context

static void count_result(void *context, const struct error *error)
{
    atomic_fetch_add(error ? &group->failed : &group->done, 1);
    if (error && db_is_unique_violation(error))
        atomic_fetch_add(&group->unique, 1);
    sem_post(&group->finished);
}

// Forty functions wait while the writer is held; on SQLite they become one commit. Every fourth
// refuses, every tenth collides; each of them alone is undone.
static void test_failures_in_a_group(void **state)
{
    struct test_database *t = database_of(state);
    struct error error;
    struct group g = {0};
    int64_t taken = 5;
    group = &g;
    sem_init(&g.go, 0, 0);
    sem_init(&g.running, 0, 0);
    sem_init(&g.finished, 0, 0);
    make_table(t);
    assert_ok(db_write(t->db, insert_item, &taken, &error), &error);
    (void)db_fail_at(t->db, 0, false);
    assert_ok(db_write_async(t->db, hold_writer, &g, count_result, &error), &error);
    sem_wait(&g.running);
    for (int i = 0; i < 40; i++) {
        g.ids[i] = i % 10 == 9 ? 5 : 1000 + i * 10;
        assert_ok(db_write_async(t->db, i % 4 == 0 ? insert_and_refuse : insert_item, &g.ids[i],
                                 count_result, &error),
                  &error);
    }
    sem_post(&g.go);
    for (int i = 0; i < 41; i++)
        sem_wait(&g.finished);
    uint64_t statements = db_fail_at(t->db, 0, false);
    // The holder's BEGIN and COMMIT, those of the group, 40 savepoints, 50 inserts, 26 releases.
    if (t->engine == DB_SQLITE)
        assert_int_equal(statements, 2 + 2 + 40 + 50 + 26);
    assert_int_equal(atomic_load(&g.failed), 14);
    assert_int_equal(atomic_load(&g.unique), 4);
    assert_int_equal(atomic_load(&g.done), 41 - 14);
    assert_int_equal(count_items(t), 1 + 40 - 14);
    assert_int_equal(test_database_int(t, "SELECT COUNT(*) FROM item WHERE id % 10 = 1"), 0);
    sem_destroy(&g.go);
    sem_destroy(&g.running);
    sem_destroy(&g.finished);
}

#define THREADS 8
#define PER_THREAD 60

struct worker {
    struct test_database *t;
    int64_t first;
    int written;
    _Atomic bool *stop;
    int64_t seen;
};

static bool increment(void *context, struct db_conn *conn, struct error *error)
{
    const struct worker *w = context;
    struct db_stmt *s = db_prepare(conn, "UPDATE item SET n = n + 1 WHERE id = $1", error);
    if (!s)
        return false;
    db_bind_int(s, 1, 0);
    return db_run(s, error) && insert_one(conn, w->first + w->written, 1, error);
}

static void *write_much(void *argument)
{
    struct worker *w = argument;
    struct error error;
    for (w->written = 0; w->written < PER_THREAD; w->written++)
        if (!db_write(w->t->db, increment, w, &error))
            break;
    return NULL;
}

// Each snapshot holds as many rows as its counter says: readers never see half a transaction.
static void *read_much(void *argument)
{
    struct worker *w = argument;
    struct error error;
    while (!atomic_load(w->stop)) {
        struct db_conn *conn = db_acquire(w->t->db, &error);
        struct db_stmt *s = db_prepare(
            conn, "SELECT (SELECT COUNT(*) FROM item) - 1, n FROM item WHERE id = 0", &error);
        bool right = s && db_step(s, &error) == DB_STEP_ROW && db_int(s, 0) == db_int(s, 1) &&
                     db_int(s, 0) >= w->seen;
        w->seen = right ? db_int(s, 0) : -1000000;
        db_release(w->t->db, conn);
        w->written++;
    }
    return NULL;
}

static void test_threads(void **state)
{
    struct test_database *t = database_of(state);
    struct error error;
    struct worker writers[THREADS], readers[2];
    pthread_t threads[THREADS + 2];
    _Atomic bool stop = false;
    int64_t counter = 0;
    make_table(t);
    assert_ok(db_write(t->db, insert_item, &counter, &error), &error);
    for (int i = 0; i < 2; i++) {
        readers[i] = (struct worker){.t = t, .stop = &stop};
        pthread_create(&threads[THREADS + i], NULL, read_much, &readers[i]);
    }
    (void)db_fail_at(t->db, 0, false);
    for (int i = 0; i < THREADS; i++) {
        writers[i] = (struct worker){.t = t, .first = 1000 * (i + 1)};
        pthread_create(&threads[i], NULL, write_much, &writers[i]);
    }
    for (int i = 0; i < THREADS; i++) {
        pthread_join(threads[i], NULL);
        assert_int_equal(writers[i].written, PER_THREAD);
    }
    atomic_store(&stop, true);
    for (int i = 0; i < 2; i++) {
        pthread_join(threads[THREADS + i], NULL);
        assert_true(readers[i].written > 0 && readers[i].seen >= 0);
    }
    assert_int_equal(count_items(t), 1 + THREADS * PER_THREAD);
    assert_int_equal(test_database_int(t, "SELECT n FROM item WHERE id = 0"), THREADS * PER_THREAD);
}

static bool write_within(void *context, struct db_conn *conn, struct error *error)
{
    struct test_database *t = context;
    return db_write(t->db, do_nothing, NULL, error);
}

static void test_nested_write_is_refused(void **state)
{
    struct test_database *t = database_of(state);
    struct error error;
    assert_false(db_write(t->db, write_within, t, &error));
    assert_code(&error, ERROR_INTERNAL, "db.nested_write");
}

struct batch {
    int64_t rows, bad; // row number `bad` (if any) collides with row 1
    bool leave_open, ran_on;
};

static bool run_batch(void *context, struct db_conn *conn, struct error *error)
{
    struct batch *b = context;
    if (!db_batch_begin(conn, error))
        return false;
    for (int64_t i = 1; i <= b->rows; i++)
        if (!insert_one(conn, i == b->bad ? 1 : i, i, error))
            return false;
    if (b->leave_open)
        return true;
    return db_batch_end(conn, error);
}

static void test_big_batch(void **state)
{
    struct test_database *t = database_of(state);
    struct error error;
    struct batch b = {.rows = 10000};
    make_table(t);
    assert_ok(db_write(t->db, run_batch, &b, &error), &error);
    assert_int_equal(count_items(t), 10000);
    assert_int_equal(test_database_int(t, "SELECT SUM(n) FROM item"), 50005000);
}

static void test_error_in_a_batch(void **state)
{
    struct test_database *t = database_of(state);
    struct error error;
    static const int64_t bad[] = {2, 63, 64, 65, 5000, 9999, 10000};
    make_table(t);
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        struct batch b = {.rows = 10000, .bad = bad[i], .leave_open = i % 2};
        assert_false(db_write(t->db, run_batch, &b, &error));
        assert_true(db_is_unique_violation(&error));
        assert_int_equal(count_items(t), 0);
    }
    struct batch b = {.rows = 3, .leave_open = true};
    assert_ok(db_write(t->db, run_batch, &b, &error), &error);
    assert_int_equal(count_items(t), 3);
}

// Big values both ways fill every buffer between the two sides.
static bool big_batch_values(void *context, struct db_conn *conn, struct error *error)
{
    struct str text = *(const struct str *)context;
    if (!db_batch_begin(conn, error))
        return false;
    for (int i = 0; i < 200; i++) {
        struct db_stmt *s =
            db_prepare(conn, "INSERT INTO item (id, n, t) VALUES ($1, 0, $2)", error);
        if (!s)
            return false;
        db_bind_int(s, 1, i);
        db_bind_text(s, 2, text);
        if (!db_run(s, error))
            return false;
    }
    return db_batch_end(conn, error);
}

static void test_batch_of_big_values(void **state)
{
    struct test_database *t = database_of(state);
    struct error error;
    size_t n = 100000;
    AUTO_FREE char *bytes = memory_alloc(n);
    struct str text = {bytes, n};
    memset(bytes, 'x', n);
    make_table(t);
    assert_ok(db_write(t->db, big_batch_values, &text, &error), &error);
    assert_int_equal(test_database_int(t, "SELECT SUM(LENGTH(t)) FROM item"), 20000000);
}

static bool query_in_batch(void *context, struct db_conn *conn, struct error *error)
{
    if (!db_batch_begin(conn, error))
        return false;
    struct db_stmt *s = db_prepare(conn, "SELECT 1", error);
    return s && db_step(s, error) == DB_STEP_ROW;
}

static bool rows_in_batch(void *context, struct db_conn *conn, struct error *error)
{
    if (!db_batch_begin(conn, error))
        return false;
    struct db_stmt *s = db_prepare(conn, "SELECT 1", error);
    return s && db_run(s, error) && db_batch_end(conn, error);
}

static bool end_without_batch(void *context, struct db_conn *conn, struct error *error)
{
    return db_batch_end(conn, error);
}

static bool batch_in_batch(void *context, struct db_conn *conn, struct error *error)
{
    return db_batch_begin(conn, error) && db_batch_begin(conn, error);
}

static bool run_with_rows(void *context, struct db_conn *conn, struct error *error)
{
    struct db_stmt *s = db_prepare(conn, "SELECT 1", error);
    return s && db_run(s, error);
}

// Statements, then a batch, then a query, then another batch.
static bool mixed(void *context, struct db_conn *conn, struct error *error)
{
    for (int round = 0; round < 3; round++) {
        if (!insert_one(conn, round * 100, 1, error) || !db_batch_begin(conn, error))
            return false;
        for (int i = 1; i < 70; i++)
            if (!insert_one(conn, round * 100 + i, 1, error))
                return false;
        if (!db_batch_end(conn, error))
            return false;
        struct db_stmt *s = db_prepare(conn, "SELECT COUNT(*) FROM item WHERE n = $1", error);
        if (!s)
            return false;
        db_bind_int(s, 1, 1);
        if (db_step(s, error) != DB_STEP_ROW || db_int(s, 0) != (round + 1) * 70)
            return false;
        db_reset(s);
    }
    return true;
}

static void test_rules_of_batches(void **state)
{
    struct test_database *t = database_of(state);
    struct error error;
    make_table(t);
    assert_false(db_write(t->db, query_in_batch, NULL, &error));
    assert_code(&error, ERROR_INTERNAL, "db.query_in_batch");
    assert_false(db_write(t->db, rows_in_batch, NULL, &error));
    assert_code(&error, ERROR_INTERNAL, "db.unexpected_row");
    assert_false(db_write(t->db, end_without_batch, NULL, &error));
    assert_code(&error, ERROR_INTERNAL, "db.batch");
    assert_false(db_write(t->db, batch_in_batch, NULL, &error));
    assert_code(&error, ERROR_INTERNAL, "db.batch");
    assert_false(db_write(t->db, run_with_rows, NULL, &error));
    assert_code(&error, ERROR_INTERNAL, "db.unexpected_row");
    struct db_conn *conn = db_acquire(t->db, &error);
    assert_false(db_batch_begin(conn, &error));
    assert_code(&error, ERROR_INTERNAL, "db.batch");
    db_release(t->db, conn);
    assert_ok(db_write(t->db, mixed, NULL, &error), &error);
    assert_int_equal(count_items(t), 210);
}

// Replaces everything by one row more, partly in a batch.
static bool replace_all(void *context, struct db_conn *conn, struct error *error)
{
    int64_t rows = *(const int64_t *)context;
    if (!db_exec(conn, "DELETE FROM item", error) || !insert_one(conn, 0, 0, error) ||
        !db_batch_begin(conn, error))
        return false;
    for (int64_t i = 1; i < rows; i++)
        if (!insert_one(conn, i, i, error))
            return false;
    if (!db_batch_end(conn, error))
        return false;
    struct db_stmt *s = db_prepare(conn, "SELECT COUNT(*) FROM item", error);
    return s && db_step(s, error) == DB_STEP_ROW && db_int(s, 0) == rows;
}

static void test_each_statement_failing(void **state)
{
    struct test_database *t = database_of(state);
    struct error error;
    make_table(t);
    for (int persistent = 0; persistent < 2; persistent++) {
        int64_t before = count_items(t);
        uint64_t n = 0;
        bool ok;
        do {
            int64_t rows = before + 5;
            (void)db_fail_at(t->db, ++n, persistent);
            ok = db_write(t->db, replace_all, &rows, &error);
            uint64_t run = db_fail_at(t->db, 0, false);
            if (!ok) {
                assert_code(&error, ERROR_STORAGE, "db.fault_injected");
                assert_int_equal(run, n);
            }
            assert_int_equal(count_items(t), ok ? rows : before);
        } while (!ok);
        // BEGIN, DELETE, the rows, SELECT, COMMIT.
        assert_int_equal(n - 1, 4 + before + 5);
    }
}

// fn runs on a database thread, so it switches the failing on for itself.
struct little_memory {
    uint64_t fail_at;
    bool persistent;
    int64_t rows;
};

static bool write_with_little_memory(void *context, struct db_conn *conn, struct error *error)
{
    struct little_memory *m = context;
    memory_fail_at(m->fail_at, m->persistent);
    bool ok = replace_all(&m->rows, conn, error);
    memory_fail_at(0, 0);
    return ok;
}

static void test_each_allocation_failing(void **state)
{
    struct test_database *t = database_of(state);
    struct error error;
    make_table(t);
    for (int persistent = 0; persistent < 2; persistent++) {
        int64_t before = count_items(t);
        struct little_memory m = {.persistent = persistent, .rows = before + 200};
        bool ok;
        test_database_reopen(t); // statements are prepared anew
        do {
            m.fail_at++;
            ok = db_write(t->db, write_with_little_memory, &m, &error);
            if (!ok)
                assert_code(&error, ERROR_NO_MEMORY, "memory.exhausted");
            assert_int_equal(count_items(t), ok ? m.rows : before);
        } while (!ok);
        assert_true(m.fail_at > 3);
    }
}

static void ignore_result(void *context, const struct error *error) {}

static void test_queueing_without_memory(void **state)
{
    struct test_database *t = database_of(state);
    struct error error;
    memory_fail_at(1, 0);
    assert_false(db_write_async(t->db, do_nothing, NULL, ignore_result, &error));
    memory_fail_at(0, 0);
    assert_code(&error, ERROR_NO_MEMORY, "memory.exhausted");
}

static void test_queue_is_bounded(void **state)
{
    struct test_database *t = database_of(state);
    struct error error;
    struct group g[2] = {0};
    int queued = 0;
    for (int i = 0; i < 2; i++) {
        sem_init(&g[i].go, 0, 0);
        sem_init(&g[i].running, 0, 0);
        if (i == 0 || t->engine == DB_POSTGRES) {
            assert_ok(db_write_async(t->db, hold_writer, &g[i], ignore_result, &error), &error);
            sem_wait(&g[i].running);
        }
    }
    while (queued < 20000 && db_write_async(t->db, do_nothing, NULL, ignore_result, &error))
        queued++;
    assert_int_equal(queued, 10000);
    assert_code(&error, ERROR_STORAGE, "db.queue_full");
    for (int i = 0; i < 2; i++)
        sem_post(&g[i].go);
    test_database_shut(t);
    for (int i = 0; i < 2; i++) {
        sem_destroy(&g[i].go);
        sem_destroy(&g[i].running);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ON_BOTH(test_refusal_rolls_back),         ON_BOTH(test_empty_writes),
        ON_BOTH(test_overlooked_failure),         ON_BOTH(test_open_rows),
        ON_BOTH(test_failures_in_a_group),        ON_BOTH(test_threads),
        ON(sqlite, test_nested_write_is_refused), ON_BOTH(test_big_batch),
        ON_BOTH(test_error_in_a_batch),           ON_BOTH(test_batch_of_big_values),
        ON_BOTH(test_rules_of_batches),           ON_BOTH(test_each_statement_failing),
        ON_BOTH(test_each_allocation_failing),    ON_BOTH(test_queueing_without_memory),
        ON_BOTH(test_queue_is_bounded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
