// SPDX-License-Identifier: Apache-2.0
//
// What only the server engine has: connections that go away at every moment, deadlocks, the pools.
#include "both.h"

#include "base/memory.h"
#include "db/driver.h"

#include <libpq-fe.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

static void make_table(struct test_database *t)
{
    test_database_exec(t, "CREATE TABLE item (id BIGINT PRIMARY KEY, n BIGINT NOT NULL)");
    test_database_exec(t, "INSERT INTO item (id, n) VALUES (1, 0), (2, 0)");
}

static int64_t count_items(struct test_database *t)
{
    return test_database_int(t, "SELECT COUNT(*) FROM item");
}

// From outside, as an administrator would.
static void administrate(const char *format, int64_t number)
{
    char sql[256];
    PGconn *pg = PQconnectdb(getenv("JUCHU_TEST_POSTGRES"));
    snprintf(sql, sizeof sql, "SELECT %s(%lld)", format, (long long)number);
    PGresult *result = PQexec(pg, sql);
    assert_int_equal(PQresultStatus(result), PGRES_TUPLES_OK);
    PQclear(result);
    PQfinish(pg);
}

static bool backend_of(struct db_conn *conn, int64_t *backend, struct error *error)
{
    struct db_stmt *s = db_prepare(conn, "SELECT pg_backend_pid()", error);
    if (!s || db_step(s, error) != DB_STEP_ROW)
        return false;
    *backend = db_int(s, 0);
    db_reset(s);
    return true;
}

// Waits until the server has let go of a backend.
static void terminate(int64_t backend)
{
    char sql[128];
    bool there = true;
    PGconn *pg = PQconnectdb(getenv("JUCHU_TEST_POSTGRES"));
    administrate("pg_terminate_backend", backend);
    snprintf(sql, sizeof sql, "SELECT 1 FROM pg_stat_activity WHERE pid = %lld",
             (long long)backend);
    for (int i = 0; there && i < 2000; i++) {
        PGresult *result = PQexec(pg, sql);
        there = PQntuples(result) > 0;
        PQclear(result);
        usleep(5000);
    }
    PQfinish(pg);
    assert_false(there);
}

static void test_idle_reader_is_replaced(void **state)
{
    struct test_database *t = database_of(state);
    struct error error;
    int64_t first = 0, second = 0;
    struct db_conn *conn = db_acquire(t->db, &error);
    assert_ok(backend_of(conn, &first, &error), &error);
    db_release(t->db, conn);
    terminate(first);
    conn = db_acquire(t->db, &error);
    assert_ok(backend_of(conn, &second, &error), &error);
    assert_int_not_equal(first, second);
    db_release(t->db, conn);
}

static void test_reader_lost_in_use(void **state)
{
    struct test_database *t = database_of(state);
    struct error error;
    int64_t backend = 0;
    struct db_conn *conn = db_acquire(t->db, &error);
    assert_ok(backend_of(conn, &backend, &error), &error);
    terminate(backend);
    for (int i = 0; i < 3; i++) {
        assert_false(backend_of(conn, &backend, &error));
        assert_code(&error, ERROR_STORAGE, "db.connection_lost");
    }
    db_release(t->db, conn);
    conn = db_acquire(t->db, &error);
    assert_ok(backend_of(conn, &backend, &error), &error);
    db_release(t->db, conn);
}

struct attempt {
    int runs;
    int lose;      // how many runs lose their connection …
    bool in_batch; // … within a batch
    int64_t id;
};

static bool insert(struct db_conn *conn, int64_t id, struct error *error)
{
    struct db_stmt *s = db_prepare(conn, "INSERT INTO item (id, n) VALUES ($1, 5)", error);
    if (!s)
        return false;
    db_bind_int(s, 1, id);
    return db_run(s, error);
}

static bool insert_and_lose(void *context, struct db_conn *conn, struct error *error)
{
    struct attempt *a = context;
    int64_t backend;
    a->runs++;
    if (!insert(conn, a->id, error) || !backend_of(conn, &backend, error))
        return false;
    if (a->in_batch && !db_batch_begin(conn, error))
        return false;
    if (a->runs <= a->lose)
        terminate(backend);
    for (int i = 1; i < 300; i++)
        if (!insert(conn, a->id + i, error))
            return false;
    return !a->in_batch || db_batch_end(conn, error);
}

static void test_write_lost_before_commit_is_run_again(void **state)
{
    struct test_database *t = database_of(state);
    struct error error;
    make_table(t);
    for (int i = 0; i < 2; i++) {
        struct attempt a = {.lose = 2, .in_batch = i == 1, .id = 1000 * (i + 1)};
        assert_ok(db_write(t->db, insert_and_lose, &a, &error), &error);
        assert_int_equal(a.runs, 3);
        assert_int_equal(count_items(t), 2 + 300 * (i + 1));
    }
    struct attempt hopeless = {.lose = 1000, .id = 5000};
    assert_false(db_write(t->db, insert_and_lose, &hopeless, &error));
    assert_code(&error, ERROR_STORAGE, "db.connection_lost");
    assert_int_equal(hopeless.runs, 6);
    assert_int_equal(count_items(t), 602);
}

static bool insert_once(void *context, struct db_conn *conn, struct error *error)
{
    struct attempt *a = context;
    a->runs++;
    return insert(conn, a->id, error);
}

// A deferred trigger ends the backend while it commits: nobody can know, so it isn't run again.
static void test_connection_lost_while_committing(void **state)
{
    struct test_database *t = database_of(state);
    struct error error;
    struct attempt a = {.id = 10};
    make_table(t);
    test_database_exec(t,
                       "CREATE FUNCTION die() RETURNS trigger LANGUAGE plpgsql AS "
                       "'BEGIN PERFORM pg_terminate_backend(pg_backend_pid()); RETURN NULL; END'");
    test_database_exec(t, "CREATE CONSTRAINT TRIGGER die AFTER INSERT ON item DEFERRABLE "
                          "INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION die()");
    assert_false(db_write(t->db, insert_once, &a, &error));
    assert_code(&error, ERROR_STORAGE, "db.commit_unknown");
    assert_int_equal(a.runs, 1);
    test_database_exec(t, "DROP TRIGGER die ON item");
    assert_ok(db_write(t->db, insert_once, &a, &error), &error);
    assert_int_equal(count_items(t), 3);
}

// A constraint that is only checked at COMMIT.
static void test_refused_commit(void **state)
{
    struct test_database *t = database_of(state);
    struct error error;
    struct attempt a = {.id = 1};
    make_table(t);
    test_database_exec(t, "ALTER TABLE item DROP CONSTRAINT item_pkey");
    test_database_exec(t,
                       "ALTER TABLE item ADD CONSTRAINT item_id UNIQUE (id) DEFERRABLE INITIALLY "
                       "DEFERRED");
    assert_false(db_write(t->db, insert_once, &a, &error));
    assert_true(db_is_unique_violation(&error));
    assert_int_equal(count_items(t), 2);
}

struct crossing {
    struct test_database *t;
    sem_t *mine, *theirs;
    int64_t first, second;
    int runs;
    bool ok;
};

static bool update(struct db_conn *conn, int64_t id, struct error *error)
{
    struct db_stmt *s = db_prepare(conn, "UPDATE item SET n = n + 1 WHERE id = $1", error);
    if (!s)
        return false;
    db_bind_int(s, 1, id);
    return db_run(s, error);
}

static bool cross(void *context, struct db_conn *conn, struct error *error)
{
    struct crossing *c = context;
    if (!update(conn, c->first, error))
        return false;
    if (c->runs++ == 0) {
        sem_post(c->theirs);
        sem_wait(c->mine);
    }
    return update(conn, c->second, error);
}

static void *run_crossing(void *argument)
{
    struct crossing *c = argument;
    struct error error;
    c->ok = db_write(c->t->db, cross, c, &error);
    return NULL;
}

static void test_deadlock_is_run_again(void **state)
{
    struct test_database *t = database_of(state);
    sem_t one, two;
    pthread_t thread;
    make_table(t);
    sem_init(&one, 0, 0);
    sem_init(&two, 0, 0);
    struct crossing a = {t, &one, &two, 1, 2, 0, false}, b = {t, &two, &one, 2, 1, 0, false};
    pthread_create(&thread, NULL, run_crossing, &a);
    run_crossing(&b);
    pthread_join(thread, NULL);
    assert_true(a.ok && b.ok);
    assert_int_equal(a.runs + b.runs, 3);
    assert_int_equal(test_database_int(t, "SELECT SUM(n) FROM item"), 4);
    sem_destroy(&one);
    sem_destroy(&two);
}

// A server of its own, since others are using the shared one.
struct own_server {
    char directory[256], url[256];
};

// Runs tools/test-postgres with one argument or two; its standard output goes into `said`.
static bool run_tool(const char *what, const char *directory, char *said, size_t size)
{
    int out[2], status;
    size_t n = 0;
    ssize_t got;
    if (pipe(out) != 0)
        return false;
    pid_t child = fork();
    if (child == 0) {
        dup2(out[1], STDOUT_FILENO);
        close(out[0]);
        close(out[1]);
        execl(TEST_POSTGRES_TOOL, TEST_POSTGRES_TOOL, what, directory, (char *)NULL);
        _exit(127);
    }
    close(out[1]);
    // A server that was started keeps no end of the pipe open, so this ends with the tool.
    while (n + 1 < size && (got = read(out[0], said + n, size - 1 - n)) > 0)
        n += (size_t)got;
    said[n] = '\0';
    close(out[0]);
    return waitpid(child, &status, 0) == child && WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

static void control(const struct own_server *server, const char *what)
{
    char said[512];
    assert_true(run_tool(what, server->directory, said, sizeof said));
}

static int start_server(void **state)
{
    char said[512];
    struct own_server *server;
    *state = NULL;
    if (!getenv("JUCHU_TEST_POSTGRES"))
        return 0;
    server = calloc(1, sizeof *server);
    if (!server || !run_tool("--start", NULL, said, sizeof said) ||
        sscanf(said, "%255s %255s", server->directory, server->url) != 2)
        return -1;
    *state = server;
    return 0;
}

static int stop_server(void **state)
{
    struct own_server *server = *state;
    if (server)
        control(server, "--stop");
    free(server);
    return 0;
}

static bool create_item(void *context, struct db_conn *conn, struct error *error)
{
    return db_exec(conn, "CREATE TABLE item (id BIGINT PRIMARY KEY, n BIGINT NOT NULL)", error);
}

static int64_t read_count(struct db *db)
{
    struct test_database t = {.engine = DB_POSTGRES, .db = db};
    return count_items(&t);
}

// Errors while the server is away; nothing to be done once it is back. All pooled connections are
// dead then, of readers and writers.
static void test_server_goes_and_comes_back(void **state)
{
    struct own_server *server = *state;
    struct error error;
    struct db_conn *held[4];
    if (!server)
        skip();
    struct db_options options = {.url = server->url, .clock = clock_system(), .connections_max = 8};
    struct db *db = db_open(&options, &error);
    struct attempt a = {.id = 1};
    assert_non_null(db);
    assert_ok(db_write(db, create_item, NULL, &error), &error);
    for (int i = 0; i < 4; i++)
        held[i] = db_acquire(db, &error);
    for (int i = 0; i < 4; i++)
        db_release(db, held[i]);
    control(server, "--restart");
    assert_int_equal(read_count(db), 0);
    assert_ok(db_write(db, insert_once, &a, &error), &error);
    control(server, "--halt");
    assert_null(db_acquire(db, &error));
    assert_code(&error, ERROR_STORAGE, "db.connection_refused");
    assert_false(db_write(db, insert_once, &a, &error));
    assert_code(&error, ERROR_STORAGE, "db.connection_refused");
    assert_true(error.hint_ja[0] && error.hint_en[0]);
    assert_null(db_open(&options, &error));
    control(server, "--resume");
    a.id = 2;
    assert_ok(db_write(db, insert_once, &a, &error), &error);
    assert_int_equal(read_count(db), 2);
    db_close(db);
}

static void expect_refusal(const char *start, const char *code)
{
    struct error error;
    char url[512];
    const char *server = getenv("JUCHU_TEST_POSTGRES");
    if (!server)
        skip();
    // What ends in '&' goes to the server of the tests.
    bool here = start[strlen(start) - 1] == '&';
    const char *host = strstr(server, "host=");
    snprintf(url, sizeof url, "%s%s", start, here && host ? host : "");
    struct db_options options = {.url = url, .clock = clock_system()};
    assert_null(db_open(&options, &error));
    assert_string_equal(error.code, code);
    assert_true(error.hint_ja[0] && error.hint_en[0]);
    assert_null(strstr(error.peer_text, "secret"));
}

static void test_refused_connections(void **state)
{
    expect_refusal("postgresql:///postgres?user=nobody_known&", "db.login_refused");
    expect_refusal("postgresql:///nowhere?user=juchu&", "db.no_database");
    expect_refusal("postgresql:///postgres?host=/nowhere&port=1&x=1", "db.url");
    expect_refusal("postgresql:///postgres?host=/nowhere&port=1", "db.connection_refused");
    // Signs in a password that should have been escaped.
    expect_refusal("postgresql://user:sec/secret@host/db", "db.url");
    expect_refusal("postgresql://user:p@secret.invalid/db", "db.connection_refused");
}

static void *release_later(void *argument)
{
    struct db_conn **held = argument;
    usleep(50000);
    db_release((*held)->db, *held);
    return NULL;
}

// The only reader is taken: the next one waits for it. Writing isn't held up by that.
static void test_waiting_for_a_connection(void **state)
{
    struct test_database *t = database_of(state);
    struct error error;
    pthread_t thread;
    struct attempt a = {.id = 77};
    struct db_options options = {.url = t->url, .clock = clock_system(), .connections_max = 2};
    make_table(t);
    struct db *db = db_open(&options, &error);
    struct db_conn *held = db_acquire(db, &error), *first = held;
    assert_ok(db_write(db, insert_once, &a, &error), &error);
    pthread_create(&thread, NULL, release_later, &held);
    struct db_conn *next = db_acquire(db, &error);
    assert_ptr_equal(next, first);
    pthread_join(thread, NULL);
    db_release(db, next);
    db_close(db);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ON(postgres, test_idle_reader_is_replaced),
        ON(postgres, test_reader_lost_in_use),
        ON(postgres, test_write_lost_before_commit_is_run_again),
        ON(postgres, test_connection_lost_while_committing),
        ON(postgres, test_refused_commit),
        ON(postgres, test_deadlock_is_run_again),
        ON(postgres, test_waiting_for_a_connection),
        cmocka_unit_test(test_refused_connections),
        cmocka_unit_test_setup_teardown(test_server_goes_and_comes_back, start_server, stop_server),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
