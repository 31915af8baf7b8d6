// SPDX-License-Identifier: Apache-2.0
//
// Speed of the database door itself: rows per second in one transaction, small durable writes from
// one and from many threads, reads by key. Usage: bench-db URL (a new SQLite file, or a PostgreSQL
// database in which a table bench_item may be made). Targets are in engineering notes: 200 000
// rows/s on SQLite, 20 000 rows/s through PostgreSQL's pipeline.
#include "db/db.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

#define BATCH 50000
#define THREADS 8
#define SMALL 500

struct job {
    struct db *db;
    int64_t first, rows;
};

static void __attribute__((noreturn)) give_up(const struct error *e)
{
    fprintf(stderr, "%s: %s (%s)\n", e->code, e->what_en, e->peer_text);
    exit(1);
}

static bool make_table(void *context, struct db_conn *conn, struct error *error)
{
    return db_exec(conn, "DROP TABLE IF EXISTS bench_item", error) &&
           db_exec(conn,
                   "CREATE TABLE bench_item (id BIGINT PRIMARY KEY, shop BIGINT NOT NULL, "
                   "order_no TEXT NOT NULL, title TEXT NOT NULL, price BIGINT, at BIGINT NOT NULL)",
                   error);
}

static bool insert_rows(void *context, struct db_conn *conn, struct error *error)
{
    const struct job *job = context;
    if (!db_batch_begin(conn, error))
        return false;
    for (int64_t i = 0; i < job->rows; i++) {
        struct db_stmt *s =
            db_prepare(conn,
                       "INSERT INTO bench_item (id, shop, order_no, title, price, at) "
                       "VALUES ($1, $2, $3, $4, $5, $6)",
                       error);
        if (!s)
            return false;
        db_bind_int(s, 1, job->first + i);
        db_bind_int(s, 2, 7);
        db_bind_text(s, 3, STR("123456-20260101-0000001234"));
        db_bind_text(s, 4, STR("送料無料 オーガニックコットン タオル 3枚セット"));
        db_bind_int(s, 5, 1980 + i);
        db_bind_int(s, 6, 1767225600000 + i);
        if (!db_run(s, error))
            return false;
    }
    return db_batch_end(conn, error);
}

static void *write_small(void *argument)
{
    struct job job = *(const struct job *)argument;
    struct error error;
    for (int i = 0; i < SMALL; i++, job.first++)
        if (!db_write(job.db, insert_rows, &job, &error))
            give_up(&error);
    return NULL;
}

static double now(void)
{
    struct clock clock = clock_system();
    return (double)clock_monotonic(&clock) / 1000;
}

static void show(const char *what, double count, double since)
{
    double seconds = now() - since;
    printf("%-44s %10.0f /s\n", what, seconds > 0 ? count / seconds : 0);
}

static void read_by_key(struct db *db)
{
    struct error error;
    struct db_conn *conn = db_acquire(db, &error);
    double since = now();
    int count = db_engine_of(db) == DB_SQLITE ? 200000 : 20000;
    if (!conn)
        give_up(&error);
    for (int i = 0; i < count; i++) {
        struct db_stmt *s = db_prepare(
            conn, "SELECT shop, order_no, title, price, at FROM bench_item WHERE id = $1", &error);
        if (!s)
            give_up(&error);
        db_bind_int(s, 1, i % BATCH);
        if (db_step(s, &error) != DB_STEP_ROW || db_text(s, 2).n == 0)
            give_up(&error);
        db_reset(s);
    }
    show("row by key", count, since);
    db_release(db, conn);
}

int main(int argc, char **argv)
{
    struct error error;
    pthread_t threads[THREADS];
    struct job jobs[THREADS];
    if (argc != 2) {
        fputs("usage: bench-db URL\n", stderr);
        return 2;
    }
    struct db_options options = {.url = argv[1], .clock = clock_system()};
    struct db *db = db_open(&options, &error);
    if (!db || !db_write(db, make_table, NULL, &error))
        give_up(&error);
    double since = now();
    struct job job = {db, 0, BATCH};
    if (!db_write(db, insert_rows, &job, &error))
        give_up(&error);
    show("rows in one transaction", BATCH, since);
    since = now();
    write_small(&(struct job){db, BATCH, 1});
    show("durable writes of one row, one thread", SMALL, since);
    since = now();
    for (int i = 0; i < THREADS; i++) {
        jobs[i] = (struct job){db, BATCH * 2 + i * SMALL, 1};
        pthread_create(&threads[i], NULL, write_small, &jobs[i]);
    }
    for (int i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    show("durable writes of one row, eight threads", THREADS * SMALL, since);
    read_by_key(db);
    db_close(db);
    return 0;
}
