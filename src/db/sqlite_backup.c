// SPDX-License-Identifier: Apache-2.0
//
// Online copy of a SQLite database.
//
// The source connection holds a read snapshot for the whole copy, so that writers neither wait nor
// make SQLite start over. Invariants: the copy is either complete and flushed, or absent.
#include "db/sqlite_engine.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#define PAGES_PER_STEP 1000

static bool make_target(const char *path, struct error *error)
{
    int fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (fd >= 0) {
        close(fd);
        return true;
    }
    if (errno == EEXIST) {
        error_set(error, ERROR_BAD_INPUT, "db.backup_exists",
                  "控えの保存先にファイルがすでにあります",
                  "The backup's target file exists already");
        return error_hint(error, "別のファイル名を指定してください", "Give another file name");
    }
    return sqlite_error(errno == ENOSPC ? SQLITE_FULL : SQLITE_CANTOPEN, NULL, error);
}

static bool copy_pages(struct sqlite_conn *source, sqlite3 *target, struct error *error)
{
    sqlite3_backup *copy = sqlite3_backup_init(target, "main", source->handle, "main");
    int code;
    if (!copy)
        return sqlite_error(sqlite3_extended_errcode(target), sqlite3_errmsg(target), error);
    do
        code = sqlite3_backup_step(copy, PAGES_PER_STEP);
    while (code == SQLITE_OK);
    int finished = sqlite3_backup_finish(copy);
    if (code == SQLITE_DONE && finished == SQLITE_OK)
        return true;
    return sqlite_error(finished != SQLITE_OK ? finished : code, NULL, error);
}

static bool copy_to(struct sqlite_conn *source, const char *path, struct error *error)
{
    sqlite3 *target = NULL;
    int code = sqlite3_open_v2(path, &target, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, NULL);
    bool ok = code == SQLITE_OK || sqlite_error(code, NULL, error);
    if (ok) {
        sqlite3_extended_result_codes(target, 1);
        // A read, so that the snapshot begins.
        ok = sqlite_exec_text(source, "BEGIN; SELECT COUNT(*) FROM sqlite_schema;", error) &&
             copy_pages(source, target, error);
        if (!sqlite3_get_autocommit(source->handle) &&
            sqlite3_exec(source->handle, "COMMIT", NULL, NULL, NULL) != SQLITE_OK)
            source->suspect = true;
    }
    code = sqlite3_close(target);
    return ok && (code == SQLITE_OK || sqlite_error(code, NULL, error));
}

static void remove_target(const char *path)
{
    char beside[4096];
    static const char *const endings[] = {"-journal", "-wal", "-shm"};
    unlink(path);
    for (size_t i = 0; i < sizeof endings / sizeof endings[0]; i++)
        if ((size_t)snprintf(beside, sizeof beside, "%s%s", path, endings[i]) < sizeof beside)
            unlink(beside);
}

bool sqlite_db_backup(struct db *db, const char *path, struct error *error)
{
    if (!db_count_statement(db, error) || !make_target(path, error))
        return false;
    struct db_conn *source = db_acquire(db, error);
    bool ok = source && copy_to((struct sqlite_conn *)source, path, error);
    db_release(db, source);
    if (!ok)
        remove_target(path);
    return ok;
}
