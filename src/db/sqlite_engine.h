// SPDX-License-Identifier: Apache-2.0
//
// Inside of db/: the parts of the SQLite engine and how they hang together.
//   sqlite.c             opening, readers, the driver table
//   sqlite_statement.c   prepare, bind, step, columns, explain
//   sqlite_writer.c      the writer thread: group commit
//   sqlite_checkpoint.c  moving the write-ahead log into the database
//   sqlite_backup.c      online copy
//   sqlite_error.c       result codes into errors
#ifndef JUCHU_DB_SQLITE_ENGINE_H
#define JUCHU_DB_SQLITE_ENGINE_H

#include "db/pool.h"

#include <semaphore.h>
#include <sqlite3.h>

#define SQLITE_BUSY_WAIT_MS 10000
#define SQLITE_GROUP_MAX 256          // functions per commit
#define SQLITE_GROUP_MS 100           // … and for how long functions are added
#define SQLITE_CHECKPOINT_PAGES 16000 // of the log, then the background checkpoint starts
#define SQLITE_RESTART_PAGES 32000 // then the writer waits shortly for readers to let go of the log
#define SQLITE_READER_CACHE_KIB 8192

struct sqlite_conn {
    struct db_conn base;
    sqlite3 *handle;
    bool suspect; // an I/O error was seen: close, don't reuse
};

struct sqlite_stmt {
    struct db_stmt base;
    sqlite3_stmt *handle;
    bool keep_bytes; // bound bytes are read after the first step: SQLite must copy them
    bool dirty;      // bound or stepped since the last reset
    bool no_memory;  // a column could not be read
    // $n stands at SQLite's parameter places[n]; the next one that means $n too is again[place].
    uint16_t *places, *again;
};

enum job_state { JOB_WAITING, JOB_RAN, JOB_DONE, JOB_FAILED };

struct write_job {
    struct write_job *next;
    db_write_fn fn;
    void *context;
    void (*done)(void *context, const struct error *error); // NULL: someone waits at `finished`
    struct error *error;
    enum job_state state;
    sem_t finished;
};

enum sqlite_control {
    CONTROL_BEGIN,
    CONTROL_SAVEPOINT,
    CONTROL_RELEASE,
    CONTROL_UNDO,
    CONTROL_COMMIT,
    CONTROL_ROLLBACK,
    CONTROL_COUNT
};

struct sqlite_writer {
    pthread_t thread;
    pthread_mutex_t mutex; // guards the queue and `stopping`
    pthread_cond_t work;
    struct write_job *first, **last;
    int waiting;
    bool stopping, running;
    // The thread's own.
    struct sqlite_conn *conn;
    sqlite3_stmt *control[CONTROL_COUNT];
    int restart_next;
};

struct sqlite_checkpointer {
    pthread_t thread;
    pthread_mutex_t mutex;
    pthread_cond_t work;
    bool wanted, stopping, running;
    int wanted_next;         // the writer's: log pages from which to ask again
    _Atomic bool unfinished; // frames came in meanwhile: the writer does the rest
    _Atomic int log_pages;
};

struct sqlite_db {
    struct db base;
    char *path;
    int64_t cache_bytes;
    bool no_sync;
    bool (*on_open)(void *context, void *sqlite3_handle, struct error *error);
    void *on_open_context;
    struct pool readers;
    struct sqlite_writer writer;
    struct sqlite_checkpointer checkpointer;
};

// Fills *error from a result code and marks the connection suspect where it is. `step` says that
// the statement was running, so that SQLite's text could hold a value. Returns false.
bool sqlite_fail(struct sqlite_conn *conn, int code, bool step, struct error *error);
// The same without a connection. `text` may be NULL.
bool sqlite_error(int code, const char *text, struct error *error);

struct sqlite_conn *sqlite_connect(struct sqlite_db *db, bool writer, struct error *error);
void sqlite_disconnect(struct sqlite_conn *conn);
bool sqlite_exec_text(struct sqlite_conn *conn, const char *sql, struct error *error);

struct db_stmt *sqlite_compile(struct db_conn *conn, const char *sql, struct error *error);
void sqlite_destroy(struct db_stmt *s);
void sqlite_bind_int(struct db_stmt *s, int parameter, int64_t v);
void sqlite_bind_double(struct db_stmt *s, int parameter, double v);
void sqlite_bind_bytes(struct db_stmt *s, int parameter, struct str v, bool is_text);
void sqlite_bind_null(struct db_stmt *s, int parameter);
enum db_step sqlite_step(struct db_stmt *s, struct error *error);
void sqlite_reset(struct db_stmt *s);
bool sqlite_is_null(struct db_stmt *s, int column);
int64_t sqlite_column_int(struct db_stmt *s, int column);
double sqlite_column_double(struct db_stmt *s, int column);
struct str sqlite_column_bytes(struct db_stmt *s, int column);
bool sqlite_exec(struct db_conn *conn, const char *sql, struct error *error);
bool sqlite_explain(struct db_conn *conn, struct arena *arena, const char *sql, struct str *plan,
                    struct error *error);

// The writer makes its connection, then its thread.
bool sqlite_writer_start(struct sqlite_db *db, struct error *error);
// Runs what is queued and ends the thread. Also on a writer that never started.
void sqlite_writer_stop(struct sqlite_db *db);
// Afterwards: closes its connection.
void sqlite_writer_disconnect(struct sqlite_db *db);
bool sqlite_write(struct db *db, db_write_fn fn, void *context, struct error *error);
bool sqlite_write_async(struct db *db, db_write_fn fn, void *context,
                        void (*done)(void *context, const struct error *error),
                        struct error *error);

bool sqlite_checkpointer_start(struct sqlite_db *db, struct error *error);
void sqlite_checkpointer_stop(struct sqlite_db *db);
// Called by the writer thread on its new connection: learns the length of the log at each commit.
void sqlite_checkpoint_watch(struct sqlite_db *db);
// Called by the writer thread between two transactions.
void sqlite_checkpoint_between(struct sqlite_db *db);

#endif
