// SPDX-License-Identifier: Apache-2.0
//
// Applying of numbered migrations.
//
// Invariants: a migration and its row in schema_migration are one transaction, so a kill leaves the
// old or the new schema; what has been applied is looked up again inside that transaction, under an
// advisory lock on PostgreSQL, so several nodes may start at once; a database that knows more
// than the program, or something else, is never touched.
#include "db/migrate.h"

#include "base/crypto.h"
#include "base/memory.h"
#include "db/driver.h"
#include "db/postgres_engine.h"
#include "db/sql_text.h"

#include <stdio.h>

#define MIGRATION_MEMORY ((size_t)16 << 20)

struct step {
    const struct migration *list;
    size_t count;
    const struct migration *now; // NULL: only look
    struct arena *arena;
    time_ms applied_at;
};

static const struct str statement_begin = {"--statement-begin", 17};
static const struct str statement_end = {"--statement-end", 15};

static bool other_engine_line(struct str line, enum db_engine engine, struct str *kept)
{
    struct str mine = engine == DB_SQLITE ? STR("--sqlite: ") : STR("--postgres: ");
    struct str theirs = engine == DB_SQLITE ? STR("--postgres: ") : STR("--sqlite: ");
    *kept = str_starts(line, mine) ? str_slice(line, mine.n, line.n) : line;
    return str_starts(line, theirs);
}

struct str migrate_text_for(struct arena *arena, enum db_engine engine, struct str sql)
{
    char *text = arena_alloc(arena, sql.n + 1);
    size_t n = 0;
    struct str line, kept;
    if (!text)
        return STR_ABSENT;
    while (str_split(&sql, '\n', &line)) {
        if (other_engine_line(line, engine, &kept))
            continue;
        memcpy(text + n, kept.p, kept.n);
        n += kept.n;
        text[n++] = '\n';
        // The last line may have had no end.
        if (sql.n == 0)
            break;
    }
    return str_make(text, n > 0 ? n - 1 : 0);
}

// When a marked statement comes next (only comments before it), it is cut out whole.
static bool next_marked(struct str *rest, struct str *statement)
{
    ptrdiff_t begin = str_find(*rest, statement_begin);
    if (begin < 0)
        return false;
    struct str before = str_slice(*rest, 0, (size_t)begin), ignored;
    if (sql_text_next_statement(&before, &ignored))
        return false;
    struct str body = str_slice(*rest, (size_t)begin + statement_begin.n, rest->n);
    ptrdiff_t end = str_find(body, statement_end);
    size_t taken = end < 0 ? body.n : (size_t)end;
    *statement = str_trim(str_slice(body, 0, taken));
    *rest = str_slice(body, taken + statement_end.n, body.n);
    return true;
}

bool migrate_next_statement(struct str *rest, struct str *statement)
{
    if (next_marked(rest, statement))
        return true;
    return sql_text_next_statement(rest, statement);
}

static struct str checksum(struct arena *arena, const struct migration *m)
{
    unsigned char hash[32];
    crypto_sha256(m->sql, hash);
    return crypto_hex(arena, str_make((const char *)hash, sizeof hash));
}

static bool exec_text(struct step *step, struct db_conn *conn, struct str sql, struct error *error)
{
    const char *text = str_cstr(step->arena, sql);
    if (arena_failed(step->arena))
        return error_no_memory(error);
    return db_exec(conn, text, error);
}

// PostgreSQL: one node at a time (per schema), no statement limit, but no long wait for a table
// that would hold up everybody behind it.
static bool take_turn(struct db_conn *conn, struct error *error)
{
    if (db_conn_engine(conn) == DB_SQLITE)
        return true;
    postgres_be_patient(conn);
    return db_exec(conn, "SET LOCAL statement_timeout = 0", error) &&
           db_exec(conn, "SET LOCAL lock_timeout = 0", error) &&
           db_exec(conn, "SELECT pg_advisory_xact_lock(1785062504, hashtext(current_schema()))",
                   error) &&
           db_exec(conn, "SET LOCAL lock_timeout = '2s'", error);
}

static const struct migration *known(const struct step *step, int64_t version)
{
    for (size_t i = 0; i < step->count; i++)
        if (step->list[i].version == version)
            return &step->list[i];
    return NULL;
}

static bool newer(int64_t version, const struct step *step, struct error *error)
{
    int highest = step->count ? step->list[step->count - 1].version : 0;
    error_set(error, ERROR_BAD_INPUT, "db.newer_schema",
              "データベースはこのプログラムより新しい版です（%lld、このプログラムは %d まで）",
              "The database is newer than this program (version %lld, this program knows %d)",
              (long long)version, highest);
    error_hint(error, "新しい版の Juchu を使ってください", "Use the newer version of Juchu");
    return error_subject(error, "migration %lld", (long long)version);
}

static bool changed(const struct migration *m, struct error *error)
{
    error_set(error, ERROR_BAD_INPUT, "db.migration_changed",
              "適用済みの移行 %04d_%s の内容がこのプログラムのものと違います",
              "The applied migration %04d_%s differs from the one in this program", m->version,
              m->name);
    error_hint(error, "正しい版の Juchu を使うか、控え（バックアップ）から復元してください",
               "Use the right version of Juchu, or restore a backup");
    return error_subject(error, "migration %04d_%s", m->version, m->name);
}

static bool out_of_order(const struct migration *m, struct error *error)
{
    error_set(error, ERROR_BAD_INPUT, "db.migration_order",
              "移行 %04d_%s より新しい移行がすでに適用されています",
              "A later migration than %04d_%s has been applied already", m->version, m->name);
    return error_subject(error, "migration %04d_%s", m->version, m->name);
}

// Checks one applied migration against the list.
static bool check_applied(struct step *step, struct db_stmt *row, struct error *error)
{
    int64_t version = db_int(row, 0);
    const struct migration *m = known(step, version);
    if (!m)
        return newer(version, step, error);
    struct str expected = checksum(step->arena, m);
    if (arena_failed(step->arena))
        return error_no_memory(error);
    return str_eq(db_text(row, 1), expected) || changed(m, error);
}

// Reads what has been applied; *done says whether step->now is among it.
static bool check_all_applied(struct step *step, struct db_conn *conn, bool *done,
                              struct error *error)
{
    struct db_stmt *s =
        db_prepare(conn, "SELECT version, checksum FROM schema_migration ORDER BY version", error);
    enum db_step row;
    int64_t highest = 0;
    *done = false;
    if (!s)
        return false;
    while ((row = db_step(s, error)) == DB_STEP_ROW) {
        if (!check_applied(step, s, error))
            return false;
        highest = db_int(s, 0);
        *done = *done || (step->now && highest == step->now->version);
    }
    if (row == DB_STEP_ERROR)
        return false;
    if (step->now && !*done && highest > step->now->version)
        return out_of_order(step->now, error);
    return true;
}

static bool note_applied(struct step *step, struct db_conn *conn, struct error *error)
{
    struct str sum = checksum(step->arena, step->now);
    struct db_stmt *s =
        db_prepare(conn,
                   "INSERT INTO schema_migration (version, name, applied_at, checksum) "
                   "VALUES ($1, $2, $3, $4)",
                   error);
    if (!s)
        return false;
    if (arena_failed(step->arena))
        return error_no_memory(error);
    db_bind_int(s, 1, step->now->version);
    db_bind_text(s, 2, str_from(step->now->name));
    db_bind_int(s, 3, step->applied_at);
    db_bind_text(s, 4, sum);
    return db_run(s, error);
}

static bool run_statements(struct step *step, struct db_conn *conn, struct error *error)
{
    struct str statement;
    struct str rest = migrate_text_for(step->arena, db_conn_engine(conn), step->now->sql);
    if (arena_failed(step->arena))
        return error_no_memory(error);
    while (migrate_next_statement(&rest, &statement))
        if (!exec_text(step, conn, statement, error))
            return false;
    return true;
}

static bool run_step(void *context, struct db_conn *conn, struct error *error)
{
    struct step *step = context;
    bool done;
    if (!take_turn(conn, error) ||
        !db_exec(conn,
                 "CREATE TABLE IF NOT EXISTS schema_migration (version BIGINT PRIMARY KEY, "
                 "name TEXT NOT NULL, applied_at BIGINT NOT NULL, checksum TEXT NOT NULL)",
                 error) ||
        !check_all_applied(step, conn, &done, error))
        return false;
    if (!step->now || done)
        return true;
    return run_statements(step, conn, error) && note_applied(step, conn, error);
}

static bool check_list(const struct migration *list, size_t count, struct error *error)
{
    for (size_t i = 0; i < count; i++)
        if (list[i].version <= (i ? list[i - 1].version : 0))
            return error_set(error, ERROR_INTERNAL, "db.migration_numbers",
                             "移行の番号が昇順ではありません（%d）",
                             "The numbers of the migrations don't rise (%d)", list[i].version);
    return true;
}

static bool apply_one(struct db *db, struct step *step, struct error *error)
{
    AUTO_ARENA arena = arena_new(MIGRATION_MEMORY);
    if (!arena)
        return error_no_memory(error);
    step->arena = arena;
    if (db_write(db, run_step, step, error))
        return true;
    if (step->now && !error->subject[0])
        error_subject(error, "migration %04d_%s", step->now->version, step->now->name);
    return false;
}

bool migrate_apply(struct db *db, const struct migration *list, size_t count, struct error *error)
{
    struct step step = {.list = list, .count = count, .applied_at = clock_now(&db->clock)};
    // First only a look, so that a newer database is refused before anything is changed.
    bool ok = check_list(list, count, error) && apply_one(db, &step, error);
    for (size_t i = 0; ok && i < count; i++) {
        step.now = &list[i];
        ok = apply_one(db, &step, error);
    }
    return ok;
}

bool db_migrate(struct db *db, struct error *error)
{
    return migrate_apply(db, migrate_embedded, migrate_embedded_count, error);
}
