// SPDX-License-Identifier: Apache-2.0
//
// SQLite's result codes into errors. SQLite's own words are kept where they can't hold a value of a
// row or a search text of a user.
#include "db/sqlite_engine.h"

#include <stdio.h>

struct meaning {
    int code; // primary
    enum error_class class;
    const char *name, *ja, *en, *hint_ja, *hint_en;
};

static const struct meaning meanings[] = {
    {SQLITE_FULL, ERROR_STORAGE, "db.disk_full", "ディスクの空きがありません", "The disk is full",
     "データの置き場所の空き容量を増やしてください。空けば自動的に再開します",
     "Free some space where the data is kept; work goes on by itself then"},
    {SQLITE_IOERR, ERROR_STORAGE, "db.io_error", "データベースファイルの読み書きに失敗しました",
     "Reading or writing the database file failed",
     "ディスクの状態とファイルの権限を確かめてください",
     "Check the disk and the file's permissions"},
    {SQLITE_CORRUPT, ERROR_STORAGE, "db.corrupt", "データベースファイルが壊れています",
     "The database file is damaged", "控え（バックアップ）から復元してください",
     "Restore it from a backup"},
    {SQLITE_NOTADB, ERROR_BAD_INPUT, "db.not_a_database",
     "このファイルは Juchu のデータベースではありません", "This file is not a database of Juchu",
     "--data の指定を確かめてください", "Check the value of --data"},
    {SQLITE_BUSY, ERROR_STORAGE, "db.busy", "ほかのプログラムがデータベースを使用中です",
     "Another program is using the database", "しばらくしてからもう一度お試しください",
     "Try again shortly"},
    {SQLITE_LOCKED, ERROR_STORAGE, "db.busy", "データベースの一部が使用中です",
     "A part of the database is in use", "しばらくしてからもう一度お試しください",
     "Try again shortly"},
    {SQLITE_CANTOPEN, ERROR_STORAGE, "db.cannot_open", "データベースファイルを開けません",
     "The database file can't be opened", "フォルダーがあるか、書き込めるかを確かめてください",
     "Check that its folder exists and can be written to"},
    {SQLITE_PERM, ERROR_STORAGE, "db.cannot_open", "データベースファイルを開く権限がありません",
     "No permission to open the database file", "ファイルの権限を確かめてください",
     "Check the file's permissions"},
    {SQLITE_READONLY, ERROR_STORAGE, "db.read_only", "データベースに書き込めません",
     "The database can't be written to",
     "ファイルとフォルダーの権限、読み取り専用の接続でないことを確かめてください",
     "Check the permissions of file and folder, and that the connection isn't read-only"},
    {SQLITE_TOOBIG, ERROR_NO_MEMORY, "db.too_big", "値が大きすぎて保存できません",
     "A value is too big to be stored", "", ""},
    {SQLITE_INTERRUPT, ERROR_CANCELLED, "db.interrupted", "処理が中断されました",
     "The statement was interrupted", "", ""},
    {SQLITE_CONSTRAINT, ERROR_INTERNAL, "db.constraint", "データが決まりに合いません",
     "The data breaks a rule of the database", "", ""},
};

static const struct meaning unique = {SQLITE_CONSTRAINT,
                                      ERROR_CONFLICT,
                                      "db.unique",
                                      "同じものがすでに登録されています",
                                      "The same thing exists already",
                                      "",
                                      ""};

static const struct meaning wrong_sql = {SQLITE_ERROR,
                                         ERROR_INTERNAL,
                                         "db.statement",
                                         "SQL 文を実行できません",
                                         "A statement could not be run",
                                         "",
                                         ""};

static const struct meaning *meaning_of(int code)
{
    if (code == SQLITE_CONSTRAINT_UNIQUE || code == SQLITE_CONSTRAINT_PRIMARYKEY ||
        code == SQLITE_CONSTRAINT_ROWID)
        return &unique;
    for (size_t i = 0; i < sizeof meanings / sizeof meanings[0]; i++)
        if (meanings[i].code == (code & 0xff))
            return &meanings[i];
    return &wrong_sql;
}

bool sqlite_error(int code, const char *text, struct error *error)
{
    char number[16];
    if ((code & 0xff) == SQLITE_NOMEM || code == SQLITE_IOERR_NOMEM)
        return error_no_memory(error);
    const struct meaning *m = meaning_of(code);
    error_set(error, m->class, m->name, "%s", "%s", "");
    // The two languages differ, so they can't share one argument of error_set().
    snprintf(error->what_ja, sizeof error->what_ja, "%s", m->ja);
    snprintf(error->what_en, sizeof error->what_en, "%s", m->en);
    error_hint(error, m->hint_ja, m->hint_en);
    snprintf(number, sizeof number, "%d", code);
    return error_peer(error, 0, str_from(number), str_from(text ? text : sqlite3_errstr(code)));
}

// Texts of a running statement that repeat what a user searched for.
static bool may_hold_value(const char *text)
{
    return strncmp(text, "fts5:", 5) == 0 || strncmp(text, "no such column:", 15) == 0 ||
           strncmp(text, "unterminated string", 19) == 0 ||
           strncmp(text, "unknown special", 15) == 0;
}

bool sqlite_fail(struct sqlite_conn *conn, int code, bool step, struct error *error)
{
    int primary = code & 0xff;
    const char *text = sqlite3_errmsg(conn->handle);
    if (primary == SQLITE_IOERR || primary == SQLITE_CORRUPT || primary == SQLITE_NOTADB ||
        primary == SQLITE_CANTOPEN)
        conn->suspect = true;
    if (step && primary == SQLITE_ERROR && may_hold_value(text))
        text = NULL;
    return sqlite_error(code, text, error);
}
