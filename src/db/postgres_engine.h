// SPDX-License-Identifier: Apache-2.0
//
// Inside of db/: the parts of the PostgreSQL engine.
//   postgres.c            opening, pools, the driver table, explain
//   postgres_connection.c connecting; sending and receiving through the pipeline
//   postgres_statement.c  prepare, bind, step, columns
//   postgres_write.c      db_write: transaction, retry, batches, asynchronous writes
//   postgres_error.c      SQLSTATE into errors
#ifndef JUCHU_DB_POSTGRES_ENGINE_H
#define JUCHU_DB_POSTGRES_ENGINE_H

#include "db/pool.h"

#include <libpq-fe.h>

#define POSTGRES_WRITERS_MAX 8
#define POSTGRES_ASYNC_THREADS 2
#define POSTGRES_ATTEMPTS 6
#define POSTGRES_PATIENCE_MS 90000 // silence after which a server counts as gone

struct postgres_stmt;

enum pending_kind {
    PENDING_PREPARE,
    PENDING_RUN,
    PENDING_RUN_IN_BATCH,
    PENDING_COMMAND,
    PENDING_SYNC
};

// Something sent whose results haven't all been received.
struct postgres_pending {
    enum pending_kind kind;
    struct postgres_stmt *stmt;
};

struct postgres_conn {
    struct db_conn base;
    PGconn *pg;
    bool broken;
    int patience_ms;                  // -1 = for ever
    uint64_t serial;                  // of statement names
    struct postgres_pending *pending; // ring
    size_t pending_first, pending_count, pending_room;
    int unread; // statements sent since results were last looked at
    // What has happened since postgres_operation().
    bool has_error;
    bool may_retry; // serialisation failure or deadlock
    struct error error;
    char tag[16];     // of the last command, "COMMIT"
    PGresult *result; // rows of the last command
};

struct postgres_value {
    // In order of generality: a statement's declared type only ever moves down this list.
    enum { VALUE_NULL, VALUE_INT, VALUE_DOUBLE, VALUE_BLOB, VALUE_TEXT } kind;
    union {
        int64_t number;
        double real;
    };
    struct str bytes;
};

struct postgres_stmt {
    struct db_stmt base;
    char name[24];
    bool prepared;
    bool bound;
    struct postgres_value *values;
    unsigned char *declared; // kind of each parameter that the server was told
    const char **pointers;   // for libpq, as lengths and formats
    int *lengths, *formats;
    char *scratch; // texts with their NUL, binary numbers
    size_t scratch_size;
    PGresult *result;
    int row, columns, columns_room;
    int *decoded; // per column of the row: length of a bytea decoded in place, or -1
};

struct postgres_job;

struct postgres_db {
    struct db base;
    char *url;
    struct pool readers, writers;
    pthread_mutex_t mutex; // guards the queue
    pthread_cond_t work;
    struct postgres_job *first, **last;
    int waiting;
    bool stopping, has_queue;
    int threads_running;
    pthread_t threads[POSTGRES_ASYNC_THREADS];
};

// Fills *error from a result (or the connection, result NULL). Never copies values. Returns false.
bool postgres_error(PGconn *pg, const PGresult *result, struct error *error);
bool postgres_connection_lost(struct error *error);
bool postgres_url_error(struct error *error);

struct postgres_conn *postgres_connect(struct postgres_db *db, struct error *error);
void postgres_disconnect(struct postgres_conn *c);
// Forgets errors and results: a new series of sendings begins.
void postgres_operation(struct postgres_conn *c);
// Each puts one thing into the pipeline; false when the connection is gone (c->error set).
bool postgres_send_prepare(struct postgres_conn *c, struct postgres_stmt *s, const Oid *types);
bool postgres_send_run(struct postgres_conn *c, struct postgres_stmt *s, bool in_batch);
bool postgres_send_command(struct postgres_conn *c, const char *sql);
// Sends a sync and receives everything up to it. False with *error when anything failed since
// postgres_operation().
bool postgres_wait(struct postgres_conn *c, struct error *error);
// One command with a wait. Its rows, if any, are in c->result until the next operation.
bool postgres_command(struct postgres_conn *c, const char *sql, struct error *error);

struct db_stmt *postgres_compile(struct db_conn *conn, const char *sql, struct error *error);
void postgres_destroy(struct db_stmt *s);
void postgres_bind_int(struct db_stmt *s, int parameter, int64_t v);
void postgres_bind_double(struct db_stmt *s, int parameter, double v);
void postgres_bind_bytes(struct db_stmt *s, int parameter, struct str v, bool is_text);
void postgres_bind_null(struct db_stmt *s, int parameter);
enum db_step postgres_step(struct db_stmt *s, struct error *error);
bool postgres_run_in_batch(struct db_stmt *s, struct error *error);
void postgres_reset(struct db_stmt *s);
bool postgres_is_null(struct db_stmt *s, int column);
int64_t postgres_column_int(struct db_stmt *s, int column);
double postgres_column_double(struct db_stmt *s, int column);
struct str postgres_column_bytes(struct db_stmt *s, int column);

bool postgres_write(struct db *db, db_write_fn fn, void *context, struct error *error);
bool postgres_write_async(struct db *db, db_write_fn fn, void *context,
                          void (*done)(void *context, const struct error *error),
                          struct error *error);
bool postgres_batch_end(struct db_conn *conn, struct error *error);
bool postgres_async_start(struct postgres_db *db, struct error *error);
void postgres_async_stop(struct postgres_db *db);

// Migrations only: statements of the running transaction may take as long as they need.
void postgres_be_patient(struct db_conn *conn);

#endif
