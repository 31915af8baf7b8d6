// SPDX-License-Identifier: Apache-2.0
//
// What only the embedded engine has: full and broken disks at every write and fsync, the log's
// length, copies, foreign files, extensions.
#include "both.h"

#include "base/memory.h"
#include "db/sqlite_extension.h"
#include "support/sqlite_faults.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static int open_durable(void **state)
{
    struct test_database_options options = {.empty = true, .durable = true};
    *state = test_database_open_with(DB_SQLITE, &options);
    return 0;
}

#define ON_DISK(test)                                   \
    {                                                   \
#test, test, open_durable, close_database, NULL \
    }

static void make_table(struct test_database *t)
{
    test_database_exec(t, "CREATE TABLE item (id BIGINT PRIMARY KEY, t TEXT)");
}

static int64_t count_items(struct test_database *t)
{
    return test_database_int(t, "SELECT COUNT(*) FROM item");
}

struct insertion {
    int64_t first, rows;
    size_t bytes;
};

static bool insert_rows(void *context, struct db_conn *conn, struct error *error)
{
    const struct insertion *in = context;
    AUTO_FREE char *text = memory_alloc(in->bytes);
    memset(text, 'x', in->bytes);
    for (int64_t i = 0; i < in->rows; i++) {
        struct db_stmt *s = db_prepare(conn, "INSERT INTO item (id, t) VALUES ($1, $2)", error);
        if (!s)
            return false;
        db_bind_int(s, 1, in->first + i);
        db_bind_text(s, 2, str_make(text, in->bytes));
        if (!db_run(s, error))
            return false;
    }
    return true;
}

static void check_integrity(struct test_database *t)
{
    struct error error;
    struct db_conn *conn = db_acquire(t->db, &error);
    struct db_stmt *s = db_prepare(conn, "PRAGMA integrity_check", &error);
    assert_non_null(s);
    assert_int_equal(db_step(s, &error), DB_STEP_ROW);
    assert_true(str_eq(db_text(s, 0), STR("ok")));
    db_release(t->db, conn);
}

static const char *expected_code(int code)
{
    return code == SQLITE_FULL ? "db.disk_full" : "db.io_error";
}

// Every writing operation of a commit fails in turn: old or new state, reads go on, and the next
// attempt after the fault succeeds.
static void fail_each_operation(struct test_database *t, int code, bool persistent)
{
    struct error error;
    uint64_t n = 0, failures = 0, made;
    do {
        int64_t before = count_items(t);
        struct insertion in = {.first = before, .rows = 20, .bytes = 1500};
        (void)sqlite_faults_at(++n, persistent, code);
        bool ok = db_write(t->db, insert_rows, &in, &error);
        int64_t after = count_items(t); // also while the disk is broken
        made = sqlite_faults_at(0, false, 0);
        if (!ok) {
            failures++;
            assert_string_equal(error.code, expected_code(code));
            assert_int_equal(error.class, ERROR_STORAGE);
            assert_true(error.hint_ja[0] && error.hint_en[0]);
        }
        assert_int_equal(after, ok ? before + 20 : before);
        struct insertion one = {.first = after, .rows = 1, .bytes = 10};
        assert_ok(db_write(t->db, insert_rows, &one, &error), &error);
        assert_int_equal(count_items(t), after + 1);
    } while (made >= n);
    assert_true(failures > 10);
    check_integrity(t);
    test_database_reopen(t);
    check_integrity(t);
}

static void test_full_disk(void **state)
{
    struct test_database *t = *state;
    make_table(t);
    fail_each_operation(t, SQLITE_FULL, false);
    fail_each_operation(t, SQLITE_FULL, true);
}

static void test_broken_disk(void **state)
{
    struct test_database *t = *state;
    make_table(t);
    fail_each_operation(t, SQLITE_IOERR_WRITE, false);
    fail_each_operation(t, SQLITE_IOERR_FSYNC, true);
}

// In a group, the one that doesn't fit on the disk fails; the others, already run, are run again.
struct group_member {
    struct insertion in;
    int runs;
    bool fill_disk, failed;
};

static bool run_member(void *context, struct db_conn *conn, struct error *error)
{
    struct group_member *m = context;
    m->runs++;
    return insert_rows(&m->in, conn, error);
}

static void note_member(void *context, const struct error *error)
{
    struct group_member *m = context;
    m->failed = error != NULL;
    if (error && strcmp(error->code, "db.disk_full") != 0)
        m->runs = -100;
}

static bool limit_pages(void *context, void *handle, struct error *error)
{
    const bool *limited = context;
    const char *sql = *limited ? "PRAGMA max_page_count=300" : "PRAGMA max_page_count=4294967294";
    return sqlite3_exec(handle, sql, NULL, NULL, NULL) == SQLITE_OK;
}

static bool sleep_a_little(void *context, struct db_conn *conn, struct error *error)
{
    usleep(100000);
    return true;
}

static void ignore_result(void *context, const struct error *error) {}

static void test_full_disk_in_a_group(void **state)
{
    struct error error;
    bool limited = true;
    struct test_database_options options = {
        .empty = true, .sqlite_on_open = limit_pages, .sqlite_on_open_context = &limited};
    struct test_database *t = test_database_open_with(DB_SQLITE, &options);
    struct group_member members[10] = {0};
    make_table(t);
    assert_ok(db_write_async(t->db, sleep_a_little, NULL, ignore_result, &error), &error);
    for (int i = 0; i < 10; i++) {
        members[i].in =
            (struct insertion){.first = i * 1000, .rows = i == 5 ? 900 : 5, .bytes = 2000};
        assert_ok(db_write_async(t->db, run_member, &members[i], note_member, &error), &error);
    }
    test_database_shut(t);
    test_database_reopen(t);
    for (int i = 0; i < 10; i++) {
        assert_int_equal(members[i].failed, i == 5);
        assert_true(members[i].runs >= 1 && members[i].runs <= 2);
    }
    assert_int_equal(count_items(t), 45);
    // It heals as soon as there is room.
    limited = false;
    test_database_reopen(t);
    assert_ok(db_write(t->db, run_member, &members[5], &error), &error);
    assert_int_equal(count_items(t), 945);
    test_database_close(t);
}

// The real thing: the kernel refuses to let files grow beyond a limit.
static void write_under_limit(const char *url, int answer)
{
    struct error error;
    struct db_options options = {.url = url, .clock = clock_system()};
    struct db *db = db_open(&options, &error);
    int64_t written = 0;
    bool ok = db != NULL;
    struct rlimit limit = {1 << 20, 1 << 20};
    signal(SIGXFSZ, SIG_IGN);
    if (setrlimit(RLIMIT_FSIZE, &limit) != 0)
        _exit(3);
    while (ok && written < 10000) {
        struct insertion in = {.first = written, .rows = 10, .bytes = 1000};
        ok = db_write(db, insert_rows, &in, &error);
        written += ok ? 10 : 0;
    }
    struct db_conn *conn = db ? db_acquire(db, &error) : NULL;
    struct db_stmt *s = conn ? db_prepare(conn, "SELECT COUNT(*) FROM item", &error) : NULL;
    bool reads = s && db_step(s, &error) == DB_STEP_ROW && db_int(s, 0) == written;
    if (conn)
        db_release(db, conn);
    db_close(db);
    if (write(answer, &written, sizeof written) != sizeof written)
        _exit(4);
    _exit(reads && !ok && written > 0 ? 0 : 1);
}

static void test_file_size_limit(void **state)
{
    struct test_database *t = *state;
    struct error error;
    int answer[2], status;
    int64_t written = -1;
    make_table(t);
    test_database_shut(t);
    assert_int_equal(pipe(answer), 0);
    pid_t child = fork();
    if (child == 0)
        write_under_limit(t->url, answer[1]);
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 0);
    assert_int_equal(read(answer[0], &written, sizeof written), sizeof written);
    close(answer[0]);
    close(answer[1]);
    test_database_reopen(t);
    assert_int_equal(count_items(t), written);
    struct insertion in = {.first = written, .rows = 10, .bytes = 1000};
    assert_ok(db_write(t->db, insert_rows, &in, &error), &error);
    check_integrity(t);
}

static int64_t file_size(const struct test_database *t, const char *name)
{
    char path[1024];
    struct stat info;
    snprintf(path, sizeof path, "%s/%s", t->directory, name);
    return stat(path, &info) == 0 ? (int64_t)info.st_size : -1;
}

// 640 MB through a log that is checkpointed from 63 MB on, again and again. The checkpointer may
// lag on a busy machine; what matters is that the log begins anew.
static void test_log_stays_bounded(void **state)
{
    struct test_database *t = *state;
    struct error error;
    int64_t longest = 0;
    make_table(t);
    for (int i = 0; i < 600; i++) {
        struct insertion in = {.first = i * 1000, .rows = 1000, .bytes = 1000};
        assert_ok(db_write(t->db, insert_rows, &in, &error), &error);
        int64_t length = file_size(t, "juchu.db-wal");
        longest = length > longest ? length : longest;
    }
    assert_int_equal(count_items(t), 600000);
    assert_true(longest > 0);
    assert_true(longest < (int64_t)400 << 20);
    assert_true(file_size(t, "juchu.db") > (int64_t)50 << 20);
}

static void test_private_files(void **state)
{
    struct test_database *t = *state;
    static const char *const names[] = {"juchu.db", "juchu.db-wal", "juchu.db-shm"};
    char path[1024];
    struct stat info;
    make_table(t);
    for (size_t i = 0; i < 3; i++) {
        snprintf(path, sizeof path, "%s/%s", t->directory, names[i]);
        assert_int_equal(stat(path, &info), 0);
        assert_int_equal(info.st_mode & 0777, 0600);
    }
}

static void copy_url(const struct test_database *t, const char *name, char url[1024])
{
    snprintf(url, 1024, "sqlite:%s/%s", t->directory, name);
}

static void *write_on(void *argument)
{
    struct test_database *t = argument;
    struct error error;
    for (int64_t i = 0; i < 200; i++) {
        struct insertion in = {.first = 100000 + i * 10, .rows = 10, .bytes = 100};
        if (!db_write(t->db, insert_rows, &in, &error))
            abort();
    }
    return NULL;
}

static void test_copy(void **state)
{
    struct test_database *t = *state;
    struct error error;
    struct stat info;
    pthread_t writer;
    char url[1024];
    struct insertion in = {.first = 0, .rows = 5000, .bytes = 1000};
    make_table(t);
    assert_ok(db_write(t->db, insert_rows, &in, &error), &error);
    copy_url(t, "copy.db", url);
    pthread_create(&writer, NULL, write_on, t);
    assert_ok(db_backup_sqlite(t->db, url + 7, &error), &error);
    pthread_join(writer, NULL);
    assert_int_equal(stat(url + 7, &info), 0);
    assert_int_equal(info.st_mode & 0777, 0600);
    assert_false(db_backup_sqlite(t->db, url + 7, &error));
    assert_code(&error, ERROR_BAD_INPUT, "db.backup_exists");
    struct test_database copy = {.url = url, .directory = t->directory};
    struct db_options options = {.url = url, .clock = clock_system()};
    copy.db = db_open(&options, &error);
    assert_non_null(copy.db);
    check_integrity(&copy);
    // Whole transactions of ten, beyond the first rows.
    assert_true(count_items(&copy) >= 5000);
    assert_int_equal(count_items(&copy) % 10, 0);
    assert_ok(db_write(copy.db, insert_rows, &(struct insertion){999999, 1, 5}, &error), &error);
    db_close(copy.db);
    assert_int_equal(count_items(t), 7000);
}

static void test_copy_that_fails(void **state)
{
    struct test_database *t = *state;
    struct error error;
    char url[1024];
    uint64_t n = 0;
    struct insertion in = {.first = 0, .rows = 20, .bytes = 1000};
    make_table(t);
    assert_ok(db_write(t->db, insert_rows, &in, &error), &error);
    assert_false(db_backup_sqlite(t->db, "/nowhere/at/all.db", &error));
    assert_code(&error, ERROR_STORAGE, "db.cannot_open");
    copy_url(t, "copy.db", url);
    for (;;) {
        (void)sqlite_faults_at(++n, true, SQLITE_FULL);
        bool ok = db_backup_sqlite(t->db, url + 7, &error);
        (void)sqlite_faults_at(0, false, 0);
        if (ok)
            break;
        assert_code(&error, ERROR_STORAGE, "db.disk_full");
        assert_int_equal(file_size(t, "copy.db"), -1);
        assert_int_equal(file_size(t, "copy.db-journal"), -1);
    }
    assert_true(n > 5);
}

static void write_file(const char *path, const char *text)
{
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    for (int i = 0; i < 1000; i++)
        fputs(text, file);
    fclose(file);
}

static void test_foreign_files(void **state)
{
    struct test_database *t = *state;
    struct error error;
    char url[1024];
    struct db_options options = {.url = url, .clock = clock_system()};
    copy_url(t, "text.db", url);
    write_file(url + 7, "This is no database at all. ");
    assert_null(db_open(&options, &error));
    assert_code(&error, ERROR_BAD_INPUT, "db.not_a_database");
    snprintf(url, sizeof url, "sqlite:%s", t->directory);
    assert_null(db_open(&options, &error));
    assert_code(&error, ERROR_STORAGE, "db.cannot_open");
    snprintf(url, sizeof url, "sqlite:%s/none/juchu.db", t->directory);
    assert_null(db_open(&options, &error));
    assert_code(&error, ERROR_STORAGE, "db.cannot_open");
}

// A damaged page: an error for who meets it, and the program goes on.
static void test_damaged_file(void **state)
{
    struct test_database *t = *state;
    struct error error;
    char path[1024];
    struct insertion in = {.first = 0, .rows = 2000, .bytes = 500};
    make_table(t);
    assert_ok(db_write(t->db, insert_rows, &in, &error), &error);
    test_database_shut(t);
    snprintf(path, sizeof path, "%s/juchu.db", t->directory);
    int fd = open(path, O_RDWR);
    char garbage[4096];
    memset(garbage, 0xa5, sizeof garbage);
    for (int page = 3; page < 200; page++)
        assert_int_equal(pwrite(fd, garbage, sizeof garbage, (off_t)page * 4096), sizeof garbage);
    close(fd);
    test_database_reopen(t);
    struct db_conn *conn = db_acquire(t->db, &error);
    struct db_stmt *s = db_prepare(conn, "SELECT SUM(LENGTH(t)) FROM item", &error);
    assert_non_null(s);
    assert_int_equal(db_step(s, &error), DB_STEP_ERROR);
    assert_code(&error, ERROR_STORAGE, "db.corrupt");
    db_release(t->db, conn);
    assert_int_equal(test_database_int(t, "SELECT 1"), 1);
}

static bool read_everything(struct test_database *t, struct error *error)
{
    bool ok = false;
    struct db_conn *conn = db_acquire(t->db, error);
    if (!conn)
        return false;
    struct db_stmt *s = db_prepare(
        conn, "SELECT id, t, t || $1, id + 0.5, LENGTH(t) FROM item ORDER BY t, id", error);
    if (s) {
        enum db_step step;
        db_bind_text(s, 1, STR("behind"));
        while ((step = db_step(s, error)) == DB_STEP_ROW) {
            // Numbers as texts are made on demand.
            (void)db_text(s, 0);
            (void)db_text(s, 2);
            (void)db_text(s, 3);
            (void)db_double(s, 1);
        }
        ok = step == DB_STEP_DONE;
    }
    db_release(t->db, conn);
    return ok;
}

// Each allocation within SQLite fails in turn, of writing and reading.
static void test_each_allocation_of_sqlite_failing(void **state)
{
    struct test_database *t = *state;
    struct error error;
    make_table(t);
    for (int round = 0; round < 4; round++) {
        bool persistent = round % 2, ok;
        uint64_t n = 0, run;
        do {
            int64_t before = count_items(t);
            struct insertion in = {.first = before, .rows = 5, .bytes = 1000};
            if (n % 7 == 0)
                test_database_reopen(t); // with no statement prepared, no page cached
            (void)sqlite_faults_memory_at(++n, persistent);
            ok = round < 2 ? db_write(t->db, insert_rows, &in, &error) : read_everything(t, &error);
            run = sqlite_faults_memory_at(0, false);
            if (!ok)
                assert_code(&error, ERROR_NO_MEMORY, "memory.exhausted");
            assert_int_equal(count_items(t), before + (ok && round < 2 ? 5 : 0));
        } while (run >= n);
        assert_true(n > 10);
    }
    check_integrity(t);
}

static void twice(sqlite3_context *context, int count, sqlite3_value **values)
{
    sqlite3_result_int64(context, 2 * sqlite3_value_int64(values[0]));
}

static bool add_function(void *context, void *handle, struct error *error)
{
    int *calls = context;
    (*calls)++;
    if (!sqlite_extension_fts5(handle, error))
        return false;
    return sqlite3_create_function_v2(handle, "twice", 1, SQLITE_UTF8 | SQLITE_DETERMINISTIC, NULL,
                                      twice, NULL, NULL, NULL) == SQLITE_OK;
}

static bool refuse_extension(void *context, void *handle, struct error *error)
{
    return error_set(error, ERROR_INTERNAL, "test.extension", "だめ%s", "no%s", "");
}

static void test_extensions(void **state)
{
    struct test_database *t = *state;
    struct error error;
    int calls = 0;
    struct test_database_options options = {
        .empty = true, .sqlite_on_open = add_function, .sqlite_on_open_context = &calls};
    struct test_database *extended = test_database_open_with(DB_SQLITE, &options);
    test_database_exec(extended,
                       "CREATE TABLE n (a BIGINT, b BIGINT GENERATED ALWAYS AS (twice(a)))");
    test_database_exec(extended, "INSERT INTO n (a) VALUES (21)");
    assert_int_equal(test_database_int(extended, "SELECT b FROM n"), 42);
    assert_int_equal(calls, 2); // writer and one reader
    test_database_close(extended);
    struct db_options refused = {
        .url = t->url, .clock = clock_system(), .sqlite_on_open = refuse_extension};
    assert_null(db_open(&refused, &error));
    assert_code(&error, ERROR_INTERNAL, "test.extension");
}

// Two programs on one file: the second one waits for the first.
static void test_second_program(void **state)
{
    struct test_database *t = *state;
    struct error error;
    struct db_options options = {.url = t->url, .clock = clock_system()};
    make_table(t);
    struct db *second = db_open(&options, &error);
    assert_non_null(second);
    for (int64_t i = 0; i < 20; i++) {
        struct insertion in = {.first = i, .rows = 1, .bytes = 5};
        assert_ok(db_write(i % 2 ? second : t->db, insert_rows, &in, &error), &error);
        assert_int_equal(count_items(t), i + 1);
    }
    db_close(second);
    assert_int_equal(count_items(t), 20);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ON_DISK(test_full_disk),
        ON_DISK(test_broken_disk),
        ON_DISK(test_file_size_limit),
        cmocka_unit_test(test_full_disk_in_a_group),
        ON_DISK(test_log_stays_bounded),
        ON_DISK(test_private_files),
        ON_DISK(test_copy),
        ON_DISK(test_copy_that_fails),
        ON_DISK(test_foreign_files),
        ON_DISK(test_damaged_file),
        ON_DISK(test_each_allocation_of_sqlite_failing),
        ON_DISK(test_extensions),
        ON_DISK(test_second_program),
    };
    sqlite_faults_install_memory();
    sqlite_faults_install();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
