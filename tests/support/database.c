// SPDX-License-Identifier: Apache-2.0
//
// Fresh databases for tests. Ownership: a test_database owns its texts and its store.
#include "support/database.h"

#include "base/crypto.h"
#include "base/memory.h"

#include <dirent.h>
#include <libpq-fe.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

struct fixture {
    struct test_database shown;
    struct test_database_options options;
    char url[1024];
    char directory[256];
    char schema[64];
    int uses; // of the schema
};

static const char *server_url(void)
{
    const char *url = getenv("JUCHU_TEST_POSTGRES");
    return url && *url ? url : NULL;
}

static void __attribute__((noreturn)) give_up(const char *what, const char *why)
{
    fprintf(stderr, "test database: %s: %s\n", what, why);
    abort();
}

static void give_up_error(const char *what, const struct error *e)
{
    fprintf(stderr, "test database: %s: %s: %s (%s %s)\n", e->code, what, e->what_en, e->peer_code,
            e->peer_text);
    abort();
}

const char *test_database_engine_name(enum db_engine engine)
{
    return engine == DB_SQLITE ? "sqlite" : "postgres";
}

size_t test_database_engines(enum db_engine engines[2])
{
    static atomic_flag said = ATOMIC_FLAG_INIT;
    engines[0] = DB_SQLITE;
    engines[1] = DB_POSTGRES;
    if (server_url())
        return 2;
    if (!atomic_flag_test_and_set(&said))
        fprintf(stderr, "postgres: skipped, JUCHU_TEST_POSTGRES not set\n");
    return 1;
}

static void on_server(const char *format, const char *schema)
{
    char sql[256];
    PGconn *pg = PQconnectdb(server_url());
    snprintf(sql, sizeof sql, "SET client_min_messages = warning; %s \"%s\" %s", format, schema,
             strstr(format, "DROP") ? "CASCADE" : "");
    PGresult *result = PQexec(pg, sql);
    if (PQresultStatus(result) != PGRES_COMMAND_OK)
        give_up(format, PQerrorMessage(pg));
    PQclear(result);
    PQfinish(pg);
}

// A schema that a test has left behind and the next one may have, emptied: making 36 tables takes
// ten times as long. Given up now and then, as deleted rows stay in its files. One thread.
struct spare {
    char schema[64];
    int uses;
};
static struct spare spare;
#define SPARE_USES_MAX 30

static void drop_spare(void)
{
    if (spare.schema[0])
        on_server("DROP SCHEMA", spare.schema);
    spare.schema[0] = 0;
}

static void take_spare(struct fixture *f)
{
    char sql[512];
    PGconn *pg = PQconnectdb(server_url());
    memcpy(f->schema, spare.schema, sizeof f->schema);
    f->uses = spare.uses + 1;
    spare.schema[0] = 0;
    snprintf(sql, sizeof sql,
             "DO $$ DECLARE t text; BEGIN FOR t IN SELECT tablename FROM pg_tables WHERE "
             "schemaname = '%s' AND tablename <> 'schema_migration' LOOP EXECUTE "
             "format('DELETE FROM %%I.%%I', '%s', t); END LOOP; END $$",
             f->schema, f->schema);
    PGresult *result = PQexec(pg, sql);
    if (PQresultStatus(result) != PGRES_COMMAND_OK)
        give_up("empty a schema", PQerrorMessage(pg));
    PQclear(result);
    PQfinish(pg);
}

static void keep_spare(const struct fixture *f)
{
    static atomic_flag said = ATOMIC_FLAG_INIT;
    if (!atomic_flag_test_and_set(&said))
        atexit(drop_spare);
    drop_spare();
    memcpy(spare.schema, f->schema, sizeof spare.schema);
    spare.uses = f->uses;
}

static void name_schema(struct fixture *f)
{
    snprintf(f->url, sizeof f->url, "%s%coptions=-csearch_path%%3D%s", server_url(),
             strchr(server_url(), '?') ? '&' : '?', f->schema);
}

static void make_schema(struct fixture *f)
{
    static _Atomic unsigned counter;
    if (!server_url())
        give_up("postgres", "JUCHU_TEST_POSTGRES not set");
    if (f->options.reuse && spare.schema[0]) {
        take_spare(f);
        name_schema(f);
        return;
    }
    snprintf(f->schema, sizeof f->schema, "test_%ld_%u", (long)getpid(),
             atomic_fetch_add(&counter, 1));
    on_server("CREATE SCHEMA", f->schema);
    name_schema(f);
}

static void make_directory(struct fixture *f)
{
    const char *base = getenv("TMPDIR");
    snprintf(f->directory, sizeof f->directory, "%s/juchu-test.XXXXXX", base ? base : "/tmp");
    if (!mkdtemp(f->directory))
        give_up("mkdtemp", f->directory);
    snprintf(f->url, sizeof f->url, "sqlite:%s/juchu.db", f->directory);
    f->shown.directory = f->directory;
}

static void open_store(struct fixture *f)
{
    struct error error;
    struct db_options options = {
        .url = f->url,
        .connections_max = f->options.connections_max,
        .clock = f->options.clock ? *f->options.clock : clock_system(),
        .in_memory_sync = !f->options.durable,
        .sqlite_on_open = f->options.sqlite_on_open,
        .sqlite_on_open_context = f->options.sqlite_on_open_context,
    };
    f->shown.db = db_open(&options, &error);
    if (!f->shown.db)
        give_up_error("open", &error);
}

struct test_database *test_database_open_with(enum db_engine engine,
                                              const struct test_database_options *options)
{
    struct error error;
    struct fixture *f = calloc(1, sizeof *f);
    if (!f)
        give_up("memory", "none left");
    if (!crypto_init(&error))
        give_up_error("crypto", &error);
    if (options)
        f->options = *options;
    f->shown.engine = engine;
    f->shown.url = f->url;
    if (engine == DB_POSTGRES)
        make_schema(f);
    else
        make_directory(f);
    open_store(f);
    if (!f->options.empty && !db_migrate(f->shown.db, &error))
        give_up_error("migrate", &error);
    return &f->shown;
}

struct test_database *test_database_open(enum db_engine engine)
{
    return test_database_open_with(engine, NULL);
}

void test_database_shut(struct test_database *t)
{
    t->db = db_close(t->db);
}

void test_database_reopen(struct test_database *t)
{
    test_database_shut(t);
    open_store((struct fixture *)t);
}

static void remove_directory(const char *directory)
{
    char path[1024];
    DIR *dir = opendir(directory);
    if (!dir)
        return;
    for (struct dirent *entry = readdir(dir); entry; entry = readdir(dir)) {
        snprintf(path, sizeof path, "%s/%s", directory, entry->d_name);
        unlink(path);
    }
    closedir(dir);
    rmdir(directory);
}

struct test_database *test_database_close(struct test_database *t)
{
    struct fixture *f = (struct fixture *)t;
    if (!t)
        return NULL;
    test_database_shut(t);
    if (t->engine == DB_POSTGRES && f->options.reuse && f->uses < SPARE_USES_MAX)
        keep_spare(f);
    else if (t->engine == DB_POSTGRES)
        on_server("DROP SCHEMA", f->schema);
    else
        remove_directory(f->directory);
    free(f);
    return NULL;
}

static bool exec(void *context, struct db_conn *conn, struct error *error)
{
    return db_exec(conn, context, error);
}

void test_database_exec(struct test_database *t, const char *sql)
{
    struct error error;
    AUTO_FREE char *copy = memory_strdup(sql);
    if (!db_write(t->db, exec, copy, &error))
        give_up_error(sql, &error);
}

int64_t test_database_int(struct test_database *t, const char *sql)
{
    struct error error;
    struct db_conn *conn = db_acquire(t->db, &error);
    struct db_stmt *s = conn ? db_prepare(conn, sql, &error) : NULL;
    enum db_step step = s ? db_step(s, &error) : DB_STEP_ERROR;
    if (step == DB_STEP_ERROR)
        give_up_error(sql, &error);
    int64_t value = step == DB_STEP_ROW ? db_int(s, 0) : 0;
    db_release(t->db, conn);
    return value;
}
