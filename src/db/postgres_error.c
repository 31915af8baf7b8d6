// SPDX-License-Identifier: Apache-2.0
//
// PostgreSQL's SQLSTATE into errors. The server's primary message is kept only for states whose
// messages name objects, never values (class 22 quotes what it couldn't read; details always may).
#include "db/postgres_engine.h"

#include <stdio.h>

struct meaning {
    const char *state; // a whole SQLSTATE or its class of two characters
    enum error_class class;
    const char *name, *ja, *en, *hint_ja, *hint_en;
};

// The first that fits counts.
static const struct meaning meanings[] = {
    {"23505", ERROR_CONFLICT, "db.unique", "同じものがすでに登録されています",
     "The same thing exists already", "", ""},
    {"23", ERROR_INTERNAL, "db.constraint", "データが決まりに合いません",
     "The data breaks a rule of the database", "", ""},
    {"40001", ERROR_STORAGE, "db.serialization", "同時に行われた変更とぶつかりました",
     "A concurrent change got in the way", "もう一度お試しください", "Try again"},
    {"40P01", ERROR_STORAGE, "db.deadlock", "同時に行われた変更と互いに待ち合いました",
     "Two changes waited for each other", "もう一度お試しください", "Try again"},
    {"55P03", ERROR_STORAGE, "db.lock_timeout", "ほかの処理の終了を待ちきれませんでした",
     "Another operation held a lock for too long", "しばらくしてからもう一度お試しください",
     "Try again shortly"},
    {"57014", ERROR_STORAGE, "db.timeout", "データベースの処理が時間内に終わりませんでした",
     "The statement took too long", "しばらくしてからもう一度お試しください", "Try again shortly"},
    {"53100", ERROR_STORAGE, "db.disk_full", "データベースサーバーのディスクに空きがありません",
     "The database server's disk is full",
     "サーバーの空き容量を増やしてください。空けば自動的に再開します",
     "Free some space on the server; work goes on by itself then"},
    {"53300", ERROR_STORAGE, "db.too_many_connections",
     "データベースサーバーの接続数が上限に達しています",
     "The database server has no connection left",
     "max_connections を増やすか、Juchu の接続数の上限を減らしてください",
     "Raise max_connections or lower the number of connections of Juchu"},
    {"53", ERROR_STORAGE, "db.server_resources", "データベースサーバーの資源が足りません",
     "The database server is short of resources", "しばらくしてからもう一度お試しください",
     "Try again shortly"},
    {"57P03", ERROR_STORAGE, "db.connection_lost", "データベースサーバーが準備中です",
     "The database server is starting up or recovering", "しばらくすると自動的に再開します",
     "Work goes on by itself shortly"},
    {"57P", ERROR_STORAGE, "db.connection_lost", "データベースとの接続が切れました",
     "The connection to the database was lost", "サーバーが戻れば自動的に再開します",
     "Work goes on by itself once the server is back"},
    {"25P03", ERROR_STORAGE, "db.connection_lost",
     "処理が長く止まっていたため、データベースが接続を切りました",
     "The database closed a connection that stood still for too long", "もう一度お試しください",
     "Try again"},
    {"08", ERROR_STORAGE, "db.connection_lost", "データベースとの接続が切れました",
     "The connection to the database was lost", "サーバーが戻れば自動的に再開します",
     "Work goes on by itself once the server is back"},
    {"28", ERROR_STORAGE, "db.login_refused", "データベースに接続できません（認証に失敗しました）",
     "The database refused the login",
     "--db の指定（利用者名・パスワード）と pg_hba.conf を確かめてください",
     "Check user and password in --db and the server's pg_hba.conf"},
    {"3D000", ERROR_BAD_INPUT, "db.no_database", "指定されたデータベースがありません",
     "There is no such database", "createdb で作成するか、--db の指定を確かめてください",
     "Create it with createdb, or check --db"},
    {"42501", ERROR_STORAGE, "db.no_privilege", "データベースの権限が足りません",
     "The database user lacks a privilege", "利用者に権限を与えてください",
     "Grant it to the database user"},
    {"25006", ERROR_STORAGE, "db.read_only", "データベースに書き込めません",
     "The database can't be written to",
     "予備サーバーにつないでいないか、読み取り専用の接続でないことを確かめてください",
     "Check that this is neither a standby server nor a read-only connection"},
    {"54", ERROR_NO_MEMORY, "db.too_big", "値が大きすぎて保存できません",
     "A value is too big to be stored", "", ""},
    {"58", ERROR_STORAGE, "db.io_error", "データベースサーバーの読み書きに失敗しました",
     "Reading or writing failed on the database server",
     "サーバーのディスクとログを確かめてください", "Check the server's disk and log"},
    {"XX001", ERROR_STORAGE, "db.corrupt", "データベースが壊れています", "The database is damaged",
     "控え（バックアップ）から復元してください", "Restore it from a backup"},
    {"XX002", ERROR_STORAGE, "db.corrupt", "データベースの索引が壊れています",
     "An index of the database is damaged", "REINDEX を実行してください", "Run REINDEX"},
    {"22", ERROR_INTERNAL, "db.value", "データベースが値を受け付けません",
     "The database doesn't accept a value", "", ""},
    {"", ERROR_INTERNAL, "db.statement", "SQL 文を実行できません", "A statement could not be run",
     "", ""},
};

static const struct meaning cannot_connect = {
    "",
    ERROR_STORAGE,
    "db.connection_refused",
    "データベースサーバーに接続できません",
    "Can't connect to the database server",
    "サーバーが動いているか、--db "
    "の指定（ホスト・ポート）を確かめてください。戻れば自動的に再開します",
    "Check that it runs and host and port in --db; work goes on by itself once it is back"};

static void fill(const struct meaning *m, const char *state, const char *text, struct error *error)
{
    error_set(error, m->class, m->name, "%s", "%s", "");
    // The two languages differ, so they can't share one argument of error_set().
    snprintf(error->what_ja, sizeof error->what_ja, "%s", m->ja);
    snprintf(error->what_en, sizeof error->what_en, "%s", m->en);
    error_hint(error, m->hint_ja, m->hint_en);
    error_peer(error, 0, str_from(state), str_trim(str_from(text)));
}

bool postgres_url_error(struct error *error)
{
    error_set(error, ERROR_BAD_INPUT, "db.url", "データベースの指定を読み取れません",
              "The database URL can't be read");
    return error_hint(
        error,
        "postgresql://利用者名@ホスト名/データベース名 の形で、記号は %40 のように書いてください",
        "Give it as postgresql://user@host/database, with signs written like %40");
}

bool postgres_connection_lost(struct error *error)
{
    for (size_t i = 0; i < sizeof meanings / sizeof meanings[0]; i++)
        if (strcmp(meanings[i].state, "08") == 0)
            fill(&meanings[i], "", "", error);
    return false;
}

static bool from_state(const char *state, const char *text, struct error *error)
{
    const struct meaning *m = meanings;
    while (strncmp(m->state, state, strlen(m->state)) != 0)
        m++;
    bool may_hold_value = strncmp(state, "22", 2) == 0;
    fill(m, state, may_hold_value ? "" : text, error);
    return false;
}

// While connecting there is no result, only a text like "… FATAL:  database "x" does not exist".
static bool from_connecting(PGconn *pg, struct error *error)
{
    static const char *const signs[][2] = {
        {"authentication failed", "28P01"},
        {"no pg_hba.conf entry", "28000"},
        {"role \"", "28000"},
        {"no password supplied", "28P01"},
        {"too many clients", "53300"},
        {"remaining connection slots", "53300"},
        {"too many connections", "53300"},
        {"is starting up", "57P03"},
        {"is shutting down", "57P03"},
        {"recovery", "57P03"},
    };
    const char *text = PQerrorMessage(pg);
    // A password with unescaped signs is read as a host or port, which these texts repeat.
    if (strstr(text, "invalid port") || strstr(text, "invalid integer value"))
        return postgres_url_error(error);
    if (strstr(text, "translate host name"))
        text = "unknown host";
    for (size_t i = 0; i < sizeof signs / sizeof signs[0]; i++)
        if (strstr(text, signs[i][0]))
            return from_state(signs[i][1], text, error);
    if (strstr(text, "database \"") && strstr(text, "does not exist"))
        return from_state("3D000", text, error);
    fill(&cannot_connect, "", text, error);
    return false;
}

bool postgres_error(PGconn *pg, const PGresult *result, struct error *error)
{
    const char *state = result ? PQresultErrorField(result, PG_DIAG_SQLSTATE) : NULL;
    const char *text = result ? PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY) : NULL;
    if (state)
        return from_state(state, text, error);
    if (!result)
        return from_connecting(pg, error);
    if (PQstatus(pg) == CONNECTION_BAD)
        return postgres_connection_lost(error);
    return from_state("XX000", "", error);
}
