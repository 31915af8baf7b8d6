// SPDX-License-Identifier: Apache-2.0
//
// kill -9 of a program that writes: whatever it had been told is stored, and nothing is half
// stored.
#include "both.h"

#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

#define ROUNDS 20
#define WRITERS 3
#define ROWS_PER_WRITE 7

struct writer {
    struct db *db;
    int64_t next;
    int answer;
    int number;
};

// Seven rows and a counter: all or nothing.
static bool write_rows(void *context, struct db_conn *conn, struct error *error)
{
    const struct writer *w = context;
    struct db_stmt *s = db_prepare(conn, "UPDATE counter SET n = n + $1 WHERE writer = $2", error);
    if (!s)
        return false;
    db_bind_int(s, 1, ROWS_PER_WRITE);
    db_bind_int(s, 2, w->number);
    if (!db_run(s, error) || !db_batch_begin(conn, error))
        return false;
    for (int i = 0; i < ROWS_PER_WRITE; i++) {
        s = db_prepare(conn, "INSERT INTO item (writer, id, t) VALUES ($1, $2, $3)", error);
        if (!s)
            return false;
        db_bind_int(s, 1, w->number);
        db_bind_int(s, 2, w->next + i);
        db_bind_text(s, 3, STR("a text that makes the row somewhat longer than it would be"));
        if (!db_run(s, error))
            return false;
    }
    return db_batch_end(conn, error);
}

struct acknowledgement {
    int number;
    int64_t rows;
};

static void *write_until_killed(void *argument)
{
    struct writer *w = argument;
    struct error error;
    for (;;) {
        if (!db_write(w->db, write_rows, w, &error))
            _exit(2);
        w->next += ROWS_PER_WRITE;
        struct acknowledgement a = {w->number, w->next};
        // Shorter than PIPE_BUF: written whole or not at all.
        if (write(w->answer, &a, sizeof a) != sizeof a)
            _exit(3);
    }
}

static void run_child(const char *url, const int64_t *from, int answer)
{
    struct error error;
    struct writer writers[WRITERS];
    pthread_t threads[WRITERS];
    struct db_options options = {.url = url, .clock = clock_system()};
    struct db *db = db_open(&options, &error);
    if (!db)
        _exit(1);
    for (int i = 0; i < WRITERS; i++) {
        writers[i] = (struct writer){db, from[i], answer, i};
        pthread_create(&threads[i], NULL, write_until_killed, &writers[i]);
    }
    pthread_join(threads[0], NULL);
}

// Lets the child write until `count` acknowledgements have come, kills it, and takes the rest.
static void kill_while_writing(const char *url, int64_t *acknowledged, int count)
{
    int answer[2], status;
    struct acknowledgement a;
    assert_int_equal(pipe(answer), 0);
    pid_t child = fork();
    if (child == 0) {
        close(answer[0]);
        run_child(url, acknowledged, answer[1]);
    }
    close(answer[1]);
    while (read(answer[0], &a, sizeof a) == sizeof a) {
        acknowledged[a.number] = a.rows;
        if (--count == 0)
            kill(child, SIGKILL);
    }
    close(answer[0]);
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFSIGNALED(status));
    assert_true(count <= 0);
}

static int64_t ask(struct test_database *t, const char *query, int number)
{
    char sql[128];
    snprintf(sql, sizeof sql, "%s %d", query, number);
    return test_database_int(t, sql);
}

static void test_kill(void **state)
{
    struct test_database *t = database_of(state);
    int64_t acknowledged[WRITERS] = {0};
    test_database_exec(t, "CREATE TABLE item (writer BIGINT, id BIGINT, t TEXT, "
                          "PRIMARY KEY (writer, id))");
    test_database_exec(t, "CREATE TABLE counter (writer BIGINT PRIMARY KEY, n BIGINT NOT NULL)");
    test_database_exec(t, "INSERT INTO counter (writer, n) VALUES (0, 0), (1, 0), (2, 0)");
    for (int round = 0; round < ROUNDS; round++) {
        test_database_shut(t); // no threads while forking
        kill_while_writing(t->url, acknowledged, 20 + round * 13);
        test_database_reopen(t);
        // A backend of the killed program may still be finishing its last COMMIT.
        if (t->engine == DB_POSTGRES)
            test_database_exec(t, "LOCK TABLE item, counter IN ACCESS EXCLUSIVE MODE");
        for (int i = 0; i < WRITERS; i++) {
            int64_t stored = ask(t, "SELECT COUNT(*) FROM item WHERE writer =", i);
            int64_t counted = ask(t, "SELECT n FROM counter WHERE writer =", i);
            int64_t last = ask(t, "SELECT MAX(id) + 1 FROM item WHERE writer =", i);
            assert_true(stored >= acknowledged[i]);
            assert_true(stored <= acknowledged[i] + ROWS_PER_WRITE);
            assert_int_equal(counted, stored);
            assert_int_equal(last, stored);
            acknowledged[i] = stored;
        }
    }
}

static int open_durable(void **state)
{
    struct test_database_options options = {.empty = true, .durable = true};
    *state = test_database_open_with(DB_SQLITE, &options);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        {"test_kill (sqlite)", test_kill, open_durable, close_database, NULL},
        ON(postgres, test_kill),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
