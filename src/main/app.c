// SPDX-License-Identifier: Apache-2.0
//
// Opening and closing what commands work with, and how they report. The only place beside the tests
// that makes clocks, random sources and keys.
#include "main/app.h"
#include "base/json.h"
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

const struct option_spec app_options[] = {
    {"data", true},           {"db", true},  {"key-file", true},  {"json", false},
    {"lang", true},           {"org", true}, {"log-level", true}, {"no-pacing", false},
    {"settle-seconds", true}, {NULL, false}};

static const char *spoken(const char *const *names, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const char *value = getenv(names[i]);
        if (value && *value)
            return value;
    }
    return NULL;
}

void app_choose_speech(struct app *app, int argc, char *const *argv)
{
    static const char *const names[] = {"JUCHU_LANG", "LC_ALL", "LC_MESSAGES", "LANG"};
    const char *lang = spoken(names, sizeof names / sizeof names[0]);
    for (int i = 1; i < argc && strcmp(argv[i], "--") != 0; i++) {
        if (strncmp(argv[i], "--lang=", 7) == 0)
            lang = argv[i] + 7;
        else if (strcmp(argv[i], "--lang") == 0 && i + 1 < argc)
            lang = argv[i + 1];
        app->json = app->json || strcmp(argv[i], "--json") == 0;
    }
    app->english = lang && strncmp(lang, "en", 2) == 0;
}

bool app_usage_hint(const struct command *command, struct error *error)
{
    char ja[320], en[320];
    const char *blank = *command->usage ? " " : "";
    snprintf(ja, sizeof ja, "使い方: juchu %s%s%s", command->name, blank, command->usage);
    snprintf(en, sizeof en, "Usage: juchu %s%s%s", command->name, blank, command->usage);
    return error_hint(error, ja, en);
}

int app_usage(const struct app *app, const char *ja, const char *en)
{
    struct error error;
    error_set(&error, ERROR_BAD_INPUT, "usage.words", "%s%.0s", "%.0s%s", ja, en);
    app_usage_hint(app->command, &error);
    return app_fail(app, &error);
}

static bool one_of(const char *value, const char *const *known)
{
    for (; value && *known; known++) {
        if (strcmp(value, *known) == 0)
            return true;
    }
    return !value;
}

bool app_check_options(const struct app *app, struct error *error)
{
    static const char *const langs[] = {"ja", "en", NULL};
    static const char *const levels[] = {"debug", "info", "warning", "error", NULL};
    static const char *const paths[] = {"data", "db", "key-file", NULL};
    const struct args *args = &app->args;
    if (!one_of(args_value(args, "lang"), langs))
        return error_set(error, ERROR_BAD_INPUT, "usage.lang",
                         "--lang には ja か en を指定してください。", "--lang takes ja or en");
    if (!one_of(args_value(args, "log-level"), levels))
        return error_set(error, ERROR_BAD_INPUT, "usage.log_level",
                         "--log-level には debug、info、warning、error を指定してください。",
                         "--log-level takes debug, info, warning or error");
    for (size_t i = 0; paths[i]; i++) {
        const char *value = args_value(args, paths[i]);
        if (value && !*value)
            return error_set(error, ERROR_BAD_INPUT, "usage.value_missing",
                             "--%s に値を指定してください。", "--%s needs a value", paths[i]);
    }
    if (args_value(args, "data") && args_value(args, "db"))
        return error_set(error, ERROR_BAD_INPUT, "usage.two_databases",
                         "--data と --db はどちらか一方を指定してください。",
                         "give either --data or --db, not both");
    return true;
}

static bool make_directory(const char *path, struct error *error)
{
    struct stat st;
    if (mkdir(path, 0700) == 0 || (stat(path, &st) == 0 && S_ISDIR(st.st_mode)))
        return true;
    error_set(error, ERROR_STORAGE, "data.directory", "フォルダー %s を作成できません。",
              "can't make the folder %s", path);
    return error_hint(error, "--data に書込み可能な場所を指定してください。",
                      "Give --data a place you may write to.");
}

static bool make_parents(char *path, struct error *error)
{
    for (char *p = path + 1; *p; p++) {
        if (*p != '/')
            continue;
        *p = 0;
        bool ok = make_directory(path, error);
        *p = '/';
        if (!ok)
            return false;
    }
    return true;
}

static bool choose_paths(struct app *app, struct error *error)
{
    const char *data = args_value(&app->args, "data");
    const char *db = args_value(&app->args, "db");
    const char *key = args_value(&app->args, "key-file");
    if (!data && !db) {
        data = getenv("JUCHU_DATA");
        db = getenv("JUCHU_DB");
    }
    if (!key)
        key = getenv("JUCHU_KEY_FILE");
    if (!data && !db) {
        error_set(error, ERROR_BAD_INPUT, "usage.no_database",
                  "--data フォルダー または --db URL を指定してください。",
                  "give --data DIRECTORY or --db URL");
        return error_hint(error, "例: juchu serve --data ./data",
                          "For example: juchu serve --data ./data");
    }
    if (data && strlen(data) >= sizeof app->data_directory)
        return error_set(error, ERROR_BAD_INPUT, "usage.data", "--data が長すぎます。",
                         "--data is too long");
    if (data) {
        snprintf(app->data_directory, sizeof app->data_directory, "%s", data);
        if (!make_parents(app->data_directory, error) || !make_directory(data, error))
            return false;
    }
    if (db)
        snprintf(app->db_url, sizeof app->db_url, "%s", db);
    else
        snprintf(app->db_url, sizeof app->db_url, "sqlite:%s/juchu.db", data);
    const char *home = getenv("HOME");
    if (key)
        snprintf(app->key_path, sizeof app->key_path, "%s", key);
    else if (data)
        snprintf(app->key_path, sizeof app->key_path, "%s/master.key", data);
    else
        snprintf(app->key_path, sizeof app->key_path, "%s/.local/share/juchu/master.key",
                 home ? home : ".");
    return key || data || make_parents(app->key_path, error);
}

struct org_search {
    struct app *app;
    row_id id;
};

static bool find_org(void *context, struct db_conn *conn, struct error *error)
{
    struct org_search *search = context;
    struct app *app = search->app;
    const char *wanted = args_value(&app->args, "org");
    struct db_stmt *s = db_prepare(conn,
                                   wanted ? "SELECT id FROM org WHERE name = $1 ORDER BY id LIMIT 1"
                                          : "SELECT id FROM org ORDER BY id LIMIT 1",
                                   error);
    if (!s)
        return false;
    if (wanted)
        db_bind_text(s, 1, str_from(wanted));
    enum db_step step = db_step(s, error);
    if (step == DB_STEP_ERROR)
        return false;
    if (step == DB_STEP_ROW) {
        search->id = db_int(s, 0);
        db_reset(s);
        return true;
    }
    if (wanted) {
        error_set(error, ERROR_NOT_FOUND, "org.not_found", "会社「%s」がありません。",
                  "no company \"%s\"", wanted);
        return error_hint(error, "--org を省くと最初の会社になります。",
                          "Without --org the first company is meant.");
    }
    time_ms now = clock_now(&app->clock);
    search->id = id_next(&app->ids, now);
    s = db_prepare(conn, "INSERT INTO org (id, name, created_at) VALUES ($1, $2, $3)", error);
    if (!s)
        return false;
    db_bind_id(s, 1, search->id);
    db_bind_text(s, 2, STR("既定の会社"));
    db_bind_int(s, 3, now);
    struct order_context created = app_context(app);
    created.org_id = search->id;
    return db_run(s, error) && work_statuses_create_default(conn, &created, error);
}

static enum log_level level_of(const char *name)
{
    if (name && strcmp(name, "debug") == 0)
        return LOG_DEBUG;
    if (name && strcmp(name, "info") == 0)
        return LOG_INFO;
    if (name && strcmp(name, "error") == 0)
        return LOG_ERROR;
    return LOG_WARNING;
}

// "HOST.MACHINE:PID". MACHINE tells apart what shares a host name (containers) but not its process
// numbers; where that can't be known it is random, and a dead node's lease has to run out.
static void name_node(struct app *app)
{
    char about[256] = "", host[32] = "";
    unsigned char digest[32];
    FILE *boot = fopen("/proc/sys/kernel/random/boot_id", "re");
    bool known = boot && fgets(about, 64, boot);
    if (boot)
        fclose(boot);
    ssize_t n = readlink("/proc/self/ns/pid", about + 64, sizeof about - 64);
    if (!known || n <= 0)
        rng_fill(&app->rng, about, sizeof about);
    crypto_digest(NULL, str_make(about, sizeof about), digest);
    gethostname(host, sizeof host - 1);
    snprintf(app->node, sizeof app->node, "%s.%02x%02x%02x%02x:%d", host, digest[0], digest[1],
             digest[2], digest[3], (int)getpid());
}

// A key that isn't the one of the stored credentials would only be noticed at the next fetch, and
// new credentials would be sealed with it. A key file that was made just now is taken back: it was
// lost, and its copy will return to this place.
static bool check_key(struct app *app, bool fresh, struct error *error)
{
    struct db_conn *conn = db_acquire(app->db, error);
    bool fits = conn && credentials_fit_key(conn, &app->key, error);
    db_release(app->db, conn);
    if (!fits && fresh && strcmp(error->code, "credential.wrong_key") == 0) {
        unlink(app->key_path);
        error_set(error, ERROR_AUTH_INVALID, "credential.key_missing",
                  "鍵ファイルがありません。保存されている認証情報を開けません。",
                  "the key file of the stored credentials is missing");
        error_hint(
            error,
            "鍵ファイル(master.key)の控えをこの場所に戻すか、--key-file で指定してください。",
            "Put the copy of the key file (master.key) back here, or name it with --key-file.");
    }
    return fits || error_subject(error, "%s", app->key_path);
}

bool app_open(struct app *app, struct error *error)
{
    if (!crypto_init(error) || !choose_paths(app, error))
        return false;
    bool fresh = access(app->key_path, F_OK) != 0;
    if (app->no_key)
        rng_fill(&app->rng, app->key.bytes, sizeof app->key.bytes);
    else if (!crypto_key_load(app->key_path, true, &app->key, error))
        return false;
    uint16_t node;
    rng_fill(&app->rng, &node, sizeof node);
    id_source_init(&app->ids, node & 1023);
    name_node(app);
    unsigned char pii_key[32];
    const char *level = args_value(&app->args, "log-level");
    crypto_digest(&app->key, STR("log"), pii_key);
    if (app->logs || level)
        app->log = log_new(stderr, isatty(2) ? LOG_FORMAT_CONSOLE : LOG_FORMAT_JSON,
                           level_of(level), app->clock, pii_key);
    struct db_options options = {.url = app->db_url, .clock = app->clock};
    app->db = db_open(&options, error);
    struct org_search search = {.app = app};
    if (!app->db || !db_migrate(app->db, error) ||
        (!app->no_key && !check_key(app, fresh, error)) ||
        !db_write(app->db, find_org, &search, error))
        return false;
    app->org_id = search.id;
    return true;
}

bool app_open_sync(struct app *app, bool automatic,
                   void (*event)(void *context, row_id org_id, const char *type, struct str json),
                   void *event_context, struct error *error)
{
    const char *settle = args_value(&app->args, "settle-seconds");
    struct loop_options loop = {.clock = app->clock, .ca_file = getenv("JUCHU_CA_FILE")};
    app->loop = loop_new(&loop, error);
    if (!app->loop)
        return false;
    struct sync_options options = {
        .db = app->db,
        .loop = app->loop,
        .key = &app->key,
        .clock = app->clock,
        .rng = app->rng,
        .ids = &app->ids,
        .log = app->log,
        .node = app->node,
        .automatic = automatic,
        .settle_ms = settle ? (int64_t)(strtod(settle, NULL) * 1000) : 0,
        .pacing_off = args_flag(&app->args, "no-pacing"),
        .event = event,
        .event_context = event_context,
    };
    app->sync = sync_new(&options, error);
    return app->sync != NULL;
}

void app_close(struct app *app)
{
    app->sync = sync_free(app->sync);
    app->loop = loop_free(app->loop);
    app->db = db_close(app->db);
    app->log = log_free(app->log);
    crypto_wipe(&app->key, sizeof app->key);
}

struct order_context app_context(struct app *app)
{
    return (struct order_context){
        .org_id = app->org_id,
        .actor = {.kind = ACTOR_COMMAND_LINE, .name = STR("juchu")},
        .now = clock_now(&app->clock),
        .ids = &app->ids,
    };
}

int app_fail(const struct app *app, const struct error *error)
{
    int code = strncmp(error->code, "usage.", 6) == 0 ? EXIT_USAGE : EXIT_REFUSED;
    if (app->json) {
        AUTO_BUF buf = buf_make(16384);
        struct json_writer w = json_writer_make(&buf);
        json_begin_object(&w);
        json_key(&w, "error");
        json_begin_object(&w);
        json_put_str(&w, "class", str_from(error_class_name(error->class)));
        json_put_str(&w, "code", str_from(error->code));
        json_put_str(&w, "subject", str_from(error->subject));
        json_put_str(&w, "what_ja", str_from(error->what_ja));
        json_put_str(&w, "what_en", str_from(error->what_en));
        json_put_str(&w, "hint_ja", str_from(error->hint_ja));
        json_put_str(&w, "hint_en", str_from(error->hint_en));
        json_put_str(&w, "peer_code", str_from(error->peer_code));
        json_put_str(&w, "peer_text", str_from(error->peer_text));
        json_end_object(&w);
        json_end_object(&w);
        app_print(buf_str(&buf));
        return code;
    }
    fprintf(stderr, "juchu: %s%s%s [%s]\n", error->subject, error->subject[0] ? ": " : "",
            app->english ? error->what_en : error->what_ja, error->code);
    if (error->peer_code[0] || error->peer_text[0]) {
        struct str text = str_trim(str_from(error->peer_text));
        ptrdiff_t line = str_find_char(text, '\n'); // what follows only explains
        text = str_trim(str_slice(text, 0, line >= 0 ? (size_t)line : text.n));
        fprintf(stderr, "  %s%s%.*s\n", error->peer_code, error->peer_code[0] ? " " : "",
                STR_ARG(text));
    }
    const char *hint = app->english ? error->hint_en : error->hint_ja;
    if (hint[0])
        fprintf(stderr, "  → %s\n", hint);
    return code;
}

void app_print(struct str text)
{
    fwrite(text.p, 1, text.n, stdout);
    fputc('\n', stdout);
    fflush(stdout);
}

void app_print_object(const char *key, struct str value)
{
    AUTO_BUF buf = buf_make(65536);
    struct json_writer w = json_writer_make(&buf);
    json_begin_object(&w);
    json_put_str(&w, key, value);
    json_end_object(&w);
    app_print(buf_str(&buf));
}

bool app_write(struct app *app, db_write_fn fn, void *context, struct error *error)
{
    return db_write(app->db, fn, context, error);
}
