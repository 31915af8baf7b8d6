// SPDX-License-Identifier: Apache-2.0
//
// juchu demo: mallsim beside this program, a server on a throw-away folder with every mall of the
// simulator connected, and a login. Everything is gone when it ends, unless --keep or --data is
// given.
#include "base/json.h"
#include "main/demo_settings.h"
#include "main/serve.h"
#include <errno.h>
#include <ftw.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#define READY_MAX 1024

struct demo {
    struct app *app;
    pid_t mallsim;
    char ready[READY_MAX]; // mallsim's line: "ready control=ADDRESS:PORT rakuten=ADDRESS:PORT …"
    char directory[64];
    bool remove_directory;
    char login[16];
    struct str password;
};

static bool path_beside(const char *name, char *path, size_t size)
{
    ssize_t n = readlink("/proc/self/exe", path, size - 1);
    if (n <= 0)
        return false;
    path[n] = 0;
    char *slash = strrchr(path, '/');
    if (!slash || (size_t)(slash - path) + strlen(name) + 2 > size)
        return false;
    memcpy(slash + 1, name, strlen(name) + 1);
    return true;
}

static const char *option(const struct app *app, const char *name, const char *otherwise)
{
    const char *value = args_value(&app->args, name);
    return value ? value : otherwise;
}

static void run_mallsim(const struct app *app, const char *path, int out)
{
    const char *sim_port = option(app, "sim-port", "0");
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    prctl(PR_SET_PDEATHSIG, SIGTERM); // it must not outlive the demo
    dup2(out, 1);
    execl(path, "mallsim", "--port-base", sim_port, "--seed", option(app, "seed", "7"), "--orders",
          option(app, "orders", "300"), "--rate", option(app, "rate", "4"), (char *)NULL);
    _exit(127);
}

static bool start_mallsim(struct demo *d, struct error *error)
{
    char path[4096];
    int pipes[2];
    if (!path_beside("mallsim", path, sizeof path) || access(path, X_OK) != 0) {
        error_set(error, ERROR_STORAGE, "demo.mallsim", "mallsim が juchu と同じ場所にありません。",
                  "mallsim isn't beside juchu");
        return error_hint(error, "make build を実行してください。", "Run: make build");
    }
    if (pipe(pipes) != 0)
        return error_no_memory(error);
    d->mallsim = fork();
    if (d->mallsim == 0) {
        close(pipes[0]);
        run_mallsim(d->app, path, pipes[1]);
    }
    close(pipes[1]);
    size_t n = 0;
    ssize_t got = 0;
    while (d->mallsim > 0 && n < READY_MAX - 1 &&
           (got = read(pipes[0], d->ready + n, READY_MAX - 1 - n)) != 0) {
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            break;
        n += (size_t)got;
        d->ready[n] = 0;
        if (strchr(d->ready, '\n'))
            break;
    }
    close(pipes[0]);
    if (strncmp(d->ready, "ready", 5) == 0)
        return true;
    error_set(error, ERROR_STORAGE, "demo.mallsim", "mallsim を起動できません。",
              "mallsim doesn't start");
    return error_hint(error, "別の --sim-port を指定してください。", "Try another --sim-port.");
}

// ADDRESS:PORT of one of mallsim's doors, absent if it hasn't that mall.
static struct str door(const struct demo *d, const char *name)
{
    struct str rest = str_from(d->ready), word;
    while (str_split(&rest, ' ', &word)) {
        word = str_trim(word);
        ptrdiff_t equals = str_find_char(word, '=');
        if (equals > 0 && str_eq(str_slice(word, 0, (size_t)equals), str_from(name)))
            return str_slice(word, (size_t)equals + 1, word.n);
    }
    return STR_ABSENT;
}

struct seed {
    struct demo *demo;
    char hash[CRYPTO_PASSWORD_HASH_BYTES];
};

static bool seed_fn(void *context, struct db_conn *conn, struct error *error)
{
    struct seed *seed = context;
    struct app *app = seed->demo->app;
    struct order_context by = app_context(app);
    size_t count;
    row_id id;
    const struct mall *const *list = malls(&count);
    for (size_t i = 0; i < count; i++) {
        struct str address = door(seed->demo, list[i]->id);
        if (!address.p)
            continue;
        struct setting_value values[64];
        size_t value_count = 0;
        struct str url = arena_printf(app->arena, "http://%.*s", STR_ARG(address));
        demo_settings(app->arena, list[i], url, by.now, values, &value_count);
        if (!shop_create(conn, &by, &app->key, list[i],
                         arena_printf(app->arena, "%s デモ店", list[i]->name.ja), url, values,
                         value_count, &id, error))
            return false;
    }
    return user_create(conn, &by, str_from(seed->demo->login), STR("デモ 店長"), STR("owner"),
                       seed->hash, STR("ja"), &id, error);
}

static int remove_entry(const char *path, const struct stat *st, int flag, struct FTW *walk)
{
    return remove(path);
}

static bool choose_directory(struct demo *d, struct error *error)
{
    struct app *app = d->app;
    if (args_value(&app->args, "data") || args_value(&app->args, "db"))
        return true;
    snprintf(d->directory, sizeof d->directory, "/tmp/juchu-demo-XXXXXX");
    if (!mkdtemp(d->directory))
        return error_set(error, ERROR_STORAGE, "data.directory", "一時フォルダーを作成できません。",
                         "can't make a temporary folder");
    d->remove_directory = !args_flag(&app->args, "keep");
    app->args.options[app->args.option_count].name = "data";
    app->args.options[app->args.option_count++].value = d->directory;
    return true;
}

static bool check_numbers(const struct app *app, struct error *error)
{
    static const struct {
        const char *name;
        int64_t most;
    } numbers[] = {{"sim-port", 65000}, {"orders", 1000000}, {"seed", INT64_MAX}};
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++) {
        const char *value = args_value(&app->args, numbers[i].name);
        int64_t n;
        if (value && (!str_to_int64(str_from(value), &n) || n < 0 || n > numbers[i].most))
            return error_set(error, ERROR_BAD_INPUT, "usage.number",
                             "--%s は0〜%lldの整数で指定してください。", "--%s takes 0 to %lld",
                             numbers[i].name, (long long)numbers[i].most);
    }
    const char *rate = args_value(&app->args, "rate");
    char *end = NULL;
    double per_minute = rate ? strtod(rate, &end) : 0;
    if (rate && (end == rate || *end || !(per_minute >= 0 && per_minute <= 60000)))
        return error_set(error, ERROR_BAD_INPUT, "usage.number",
                         "--rate は1分あたりの注文数(0〜60000)で指定してください。",
                         "--rate takes orders per minute, 0 to 60000");
    return true;
}

static bool begin(struct demo *d, struct serving *serving, struct error *error)
{
    struct app *app = d->app;
    struct seed seed = {.demo = d};
    int64_t port = 8080;
    const char *wanted = args_value(&app->args, "port");
    if (wanted && (!str_to_int64(str_from(wanted), &port) || port < 0 || port > 65535))
        return error_set(error, ERROR_BAD_INPUT, "usage.port",
                         "--port は0〜65535で指定してください。", "--port takes 0 to 65535");
    if (!check_numbers(app, error) || !choose_directory(d, error) || !start_mallsim(d, error) ||
        !app_open(app, error))
        return false;
    snprintf(d->login, sizeof d->login, "demo");
    d->password = crypto_token(app->arena, 72);
    if (!crypto_password_hash(d->password, seed.hash, error) ||
        !app_write(app, seed_fn, &seed, error))
        return false;
    if (serve_start(serving, app, "127.0.0.1", (uint16_t)port, error))
        return true;
    // The usual port may be taken by something else: any free one will do, unless a certain one was
    // asked for.
    if (wanted || serving->server)
        return false;
    serve_stop(serving);
    app->loop = loop_free(app->loop);
    return serve_start(serving, app, "127.0.0.1", 0, error);
}

struct callback {
    struct app *app;
    unsigned port;
};

// The malls send a browser back to this very server, whose port is known only now.
static bool callback_fn(void *context, struct db_conn *conn, struct error *error)
{
    struct callback *c = context;
    struct app *app = c->app;
    struct order_context by = app_context(app);
    struct shop *shops;
    size_t count;
    int64_t wanted;
    if (!shop_list(conn, app->org_id, app->arena, &shops, &count, error))
        return false;
    for (size_t i = 0; i < count; i++) {
        if (!shop_setting_declared(shops[i].mall, STR("redirect_uri")))
            continue;
        struct setting_value value = {
            STR("redirect_uri"),
            arena_printf(app->arena, "http://127.0.0.1:%u/oauth/%s", c->port, shops[i].mall->id)};
        if (!shop_set(conn, &by, &app->key, shops[i].id, &value, 1, &wanted, error))
            return false;
    }
    return true;
}

int command_demo(struct app *app)
{
    struct error error;
    struct demo demo = {.app = app};
    struct serving serving = {.app = app};
    serve_block_signals();
    app->logs = true;
    bool ok = begin(&demo, &serving, &error);
    struct callback callback = {app, ok ? server_port(serving.server) : 0};
    ok = ok && app_write(app, callback_fn, &callback, &error);
    if (ok) {
        printf("url http://127.0.0.1:%u/\n", server_port(serving.server));
        printf("login %s\n", demo.login);
        printf("password %.*s\n", STR_ARG(demo.password));
        struct str control = door(&demo, "control");
        printf("mallsim http://%.*s\n", STR_ARG(control));
        printf("%s\n",
               app->english ? "Press Ctrl+C to stop." : "終了するには Ctrl+C を押してください。");
        printf("ready\n");
        fflush(stdout);
        serve_wait();
    }
    serve_stop(&serving);
    if (demo.mallsim > 0) {
        kill(demo.mallsim, SIGTERM);
        waitpid(demo.mallsim, NULL, 0);
    }
    int code = ok ? EXIT_DONE : app_fail(app, &error);
    app_close(app);
    if (demo.remove_directory)
        nftw(demo.directory, remove_entry, 16, FTW_DEPTH | FTW_PHYS);
    return code;
}
