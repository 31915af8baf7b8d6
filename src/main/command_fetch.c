// SPDX-License-Identifier: Apache-2.0
//
// juchu fetch, push, import: ask the engine, wait, report.
#include "main/order_json.h"
#include "sync/failed_rows.h"
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <fcntl.h>
#include <unistd.h>

#define NUMBERS_MAX 500

struct fetch_ask {
    struct app *app;
    struct fetch_request request;
    row_id run_id;
};

static bool ask_fn(void *context, struct db_conn *conn, struct error *error)
{
    struct fetch_ask *ask = context;
    struct order_context by = app_context(ask->app);
    return fetch_request_queue(conn, &by, &ask->request, &ask->run_id, error);
}

static bool is_live(struct str state)
{
    return str_eq(state, STR("queued")) || str_eq(state, STR("running"));
}

static void show_progress(const struct app *app, const struct fetch_run *run)
{
    if (!app->json && isatty(2))
        fprintf(stderr, "\r  listed %lld  created %lld  updated %lld  unchanged %lld  failed %lld ",
                (long long)run->listed, (long long)run->created, (long long)run->updated,
                (long long)run->unchanged, (long long)run->failed);
}

static bool read_run(struct app *app, row_id run_id, struct arena *arena, struct fetch_run *run,
                     struct error *error)
{
    struct db_conn *conn = db_acquire(app->db, error);
    bool ok = conn && fetch_run_read(conn, app->org_id, run_id, arena, run, error);
    db_release(app->db, conn);
    return ok;
}

// Turns the loop until the run has ended; another process that has the shop may do the work as
// well.
static bool wait_for_run(struct app *app, row_id run_id, struct fetch_run *run, struct error *error)
{
    AUTO_ARENA scratch = arena_new(64u << 20);
    if (!scratch)
        return error_no_memory(error);
    sync_wake(app->sync);
    int64_t next = 0;
    for (;;) {
        loop_turn(app->loop, 50);
        if (clock_monotonic(&app->clock) < next && !sync_is_idle(app->sync))
            continue;
        next = clock_monotonic(&app->clock) + 200;
        arena_reset(scratch);
        if (!read_run(app, run_id, scratch, run, error))
            return false;
        show_progress(app, run);
        if (!is_live(run->state))
            return read_run(app, run_id, app->arena, run, error);
    }
}

// The members of an object.
static void write_run(struct json_writer *w, const struct fetch_run *run, struct str shop)
{
    json_put_id(w, "fetch_run", run->id);
    json_put_str(w, "shop", shop);
    json_put_str(w, "state", run->state);
    json_put_int(w, "listed", run->listed);
    json_put_int(w, "created", run->created);
    json_put_int(w, "updated", run->updated);
    json_put_int(w, "unchanged", run->unchanged);
    json_key(w, "skipped");
    json_begin_object(w);
    for (size_t i = 0; i < run->skip_count; i++) {
        char key[128];
        snprintf(key, sizeof key, "%.*s", STR_ARG(run->skips[i].reason));
        json_put_int(w, key, run->skips[i].count);
    }
    json_end_object(w);
    json_put_int(w, "failed", run->failed);
    if (run->error.class) {
        json_key(w, "error");
        json_begin_object(w);
        json_put_str(w, "class", str_from(error_class_name(run->error.class)));
        json_put_str(w, "code", str_from(run->error.code));
        json_put_str(w, "what_ja", str_from(run->error.what_ja));
        json_put_str(w, "what_en", str_from(run->error.what_en));
        json_put_str(w, "hint_ja", str_from(run->error.hint_ja));
        json_put_str(w, "hint_en", str_from(run->error.hint_en));
        json_put_str(w, "peer_code", str_from(run->error.peer_code));
        json_end_object(w);
    }
}

static void print_failure(const struct app *app, const struct fetch_item *item)
{
    const struct error *e = &item->error;
    const char *hint = app->english ? e->hint_en : e->hint_ja;
    fprintf(stderr, "  %.*s: %s [%s]%s%s\n", STR_ARG(item->order_no),
            app->english ? e->what_en : e->what_ja, e->code, *hint ? " → " : "", hint);
}

struct failures {
    struct fetch_item *items;
    size_t count;
};

static bool read_failures(struct app *app, const struct fetch_run *run, struct failures *f,
                          struct error *error)
{
    *f = (struct failures){0};
    if (run->failed == 0)
        return true;
    struct db_conn *conn = db_acquire(app->db, error);
    struct fetch_item *items;
    size_t count = 0;
    bool ok = conn && fetch_items(conn, app->org_id, run->id, STR(""), 1000, app->arena, &items,
                                  &count, error);
    db_release(app->db, conn);
    if (!ok)
        return false;
    f->items = items;
    for (size_t i = 0; i < count; i++) {
        if (items[i].error.class)
            items[f->count++] = items[i];
    }
    return true;
}

static void write_failures(struct json_writer *w, const struct failures *f)
{
    json_key(w, "failures");
    json_begin_array(w);
    for (size_t i = 0; i < f->count; i++) {
        const struct error *e = &f->items[i].error;
        json_begin_object(w);
        json_put_str(w, "order_no", f->items[i].order_no);
        json_put_str(w, "class", str_from(error_class_name(e->class)));
        json_put_str(w, "code", str_from(e->code));
        json_put_str(w, "what_ja", str_from(e->what_ja));
        json_put_str(w, "what_en", str_from(e->what_en));
        json_put_str(w, "hint_ja", str_from(e->hint_ja));
        json_put_str(w, "hint_en", str_from(e->hint_en));
        json_end_object(w);
    }
    json_end_array(w);
}

static void print_run(const struct app *app, const struct fetch_run *run, struct str shop)
{
    if (isatty(2))
        fprintf(stderr, "\n");
    printf(app->english ? "%.*s: listed %lld, created %lld, updated %lld, unchanged %lld, "
                          "skipped %lld, failed %lld\n"
                        : "%.*s: 一覧 %lld件、新規 %lld件、更新 %lld件、変更なし "
                          "%lld件、対象外 %lld件、失敗 %lld件\n",
           STR_ARG(shop), (long long)run->listed, (long long)run->created, (long long)run->updated,
           (long long)run->unchanged, (long long)run->skipped, (long long)run->failed);
    for (size_t i = 0; i < run->skip_count; i++)
        printf("  %.*s: %lld\n", STR_ARG(run->skips[i].reason), (long long)run->skips[i].count);
}

static int report_run(struct app *app, const struct fetch_run *run, struct str shop,
                      bool told_failures)
{
    struct error error;
    struct failures failures;
    AUTO_BUF buf = buf_make(4u << 20);
    struct json_writer w = json_writer_make(&buf);
    if (!read_failures(app, run, &failures, &error))
        return app_fail(app, &error);
    if (app->json) {
        json_begin_object(&w);
        write_run(&w, run, shop);
        write_failures(&w, &failures);
        json_end_object(&w);
        app_print(buf_str(&buf));
    } else {
        print_run(app, run, shop);
        for (size_t i = 0; !told_failures && i < failures.count; i++)
            print_failure(app, &failures.items[i]);
        if (run->error.class)
            return app_fail(app, &run->error);
    }
    bool anything = run->created + run->updated + run->unchanged + run->skipped > 0;
    if (str_eq(run->state, STR("partly")))
        return anything ? EXIT_PARTLY : EXIT_REFUSED;
    return str_eq(run->state, STR("done")) ? EXIT_DONE : EXIT_REFUSED;
}

static bool fill_request(struct app *app, struct fetch_request *r, struct error *error)
{
    const char *from = args_value(&app->args, "from"), *to = args_value(&app->args, "to");
    const char *status = args_value(&app->args, "status");
    if (args_value(&app->args, "order")) {
        struct str *numbers = ARENA_ARRAY(app->arena, struct str, NUMBERS_MAX);
        if (!numbers)
            return error_no_memory(error);
        const char *number;
        while (r->order_no_count < NUMBERS_MAX &&
               (number = args_nth(&app->args, "order", r->order_no_count))) {
            if (str_is_empty(str_trim(str_from(number))))
                return error_set(error, ERROR_BAD_INPUT, "usage.order",
                                 "--order に注文番号を指定してください。",
                                 "--order needs an order number");
            numbers[r->order_no_count++] = str_trim(str_from(number));
        }
        r->order_nos = numbers;
        r->door = DOOR_NUMBER;
        return true;
    }
    time_ms now = clock_now(&app->clock);
    r->door = status ? DOOR_STATUS : DOOR_RANGE;
    r->status = status ? str_from(status) : STR("");
    r->from = now - 7 * 24 * 3600 * 1000LL;
    r->to = now;
    if (from && !parse_time(app, from, false, &r->from, error))
        return false;
    if (to && !parse_time(app, to, true, &r->to, error))
        return false;
    if (from && r->from > now) {
        error_set(error, ERROR_BAD_INPUT, "usage.future", "取込期間の開始「%s」は未来の日時です。",
                  "the range begins in the future: \"%s\"", from);
        return error_hint(error, "今日以前の日付を指定してください。",
                          "Give a day that isn't later than today.");
    }
    if (r->to > now)
        r->to = now;
    return true;
}

int command_fetch(struct app *app)
{
    struct error error;
    struct shop shop;
    if (!app_open(app, &error) || !app_open_sync(app, false, NULL, NULL, &error))
        return app_fail(app, &error);
    struct db_conn *conn = db_acquire(app->db, &error);
    bool ok = conn &&
              shop_find(conn, app->org_id, str_from(app->args.words[0]), app->arena, &shop, &error);
    db_release(app->db, conn);
    struct fetch_ask ask = {.app = app, .request = {.shop_id = ok ? shop.id : 0}};
    struct fetch_run run;
    if (!ok || !fill_request(app, &ask.request, &error) || !app_write(app, ask_fn, &ask, &error) ||
        !wait_for_run(app, ask.run_id, &run, &error))
        return app_fail(app, &error);
    return report_run(app, &run, shop.name, false);
}

struct push_ask {
    struct app *app;
    struct writeback_filter filter;
    size_t due;
};

static bool push_fn(void *context, struct db_conn *conn, struct error *error)
{
    struct push_ask *ask = context;
    struct order_context by = app_context(ask->app);
    return writeback_run(conn, &by, NULL, 0, &ask->filter, &ask->due, error);
}

static bool list_writebacks(struct app *app, const struct writeback_filter *filter,
                            struct writeback **list, size_t *count, struct push_preview **preview,
                            struct error *error)
{
    struct db_conn *conn = db_acquire(app->db, error);
    struct order_context by = app_context(app);
    struct str cursor;
    bool ok = conn &&
              obligation_list(conn, app->org_id, filter, app->arena, list, count, &cursor, error) &&
              (!preview ||
               writeback_preview(conn, &by, &app->key, filter, app->arena, preview, count, error));
    db_release(app->db, conn);
    return ok;
}

static void write_writeback(struct json_writer *w, const struct writeback *b,
                            enum writeback_state state, struct str reason, const struct error *e)
{
    json_begin_object(w);
    json_put_id(w, "id", b->id);
    json_put_str(w, "order_no", b->order_no);
    json_put_str(w, "aspect", str_from(writeback_aspect_name(b->aspect)));
    json_put_str(w, "state", str_from(writeback_state_name(state)));
    json_put_str(w, "reason", reason);
    json_put_int(w, "attempts", b->attempts);
    json_put_str(w, "what_ja", e->class ? str_from(e->what_ja) : STR_ABSENT);
    json_put_str(w, "what_en", e->class ? str_from(e->what_en) : STR_ABSENT);
    json_put_str(w, "hint_ja", e->class ? str_from(e->hint_ja) : STR_ABSENT);
    json_put_str(w, "hint_en", e->class ? str_from(e->hint_en) : STR_ABSENT);
    json_key(w, "payload");
    json_write_raw(w, b->payload.n ? b->payload : STR("null"));
    json_end_object(w);
}

static void print_writeback(const struct app *app, const struct writeback *b,
                            enum writeback_state state, const struct error *e)
{
    printf("  %-30.*s %-9s %-11s %s\n", STR_ARG(b->order_no), writeback_aspect_name(b->aspect),
           writeback_state_name(state), e->class ? (app->english ? e->what_en : e->what_ja) : "");
}

static bool fill_filter(struct app *app, struct writeback_filter *filter, struct error *error)
{
    const char *shop_name = args_value(&app->args, "shop");
    const char *from = args_value(&app->args, "from"), *to = args_value(&app->args, "to");
    *filter = (struct writeback_filter){.state = -2,
                                        .changed_from = TIME_NONE,
                                        .changed_to = TIME_NONE,
                                        .due_by = TIME_NONE,
                                        .limit = 500};
    if (shop_name) {
        struct shop shop;
        struct db_conn *conn = db_acquire(app->db, error);
        bool ok =
            conn && shop_find(conn, app->org_id, str_from(shop_name), app->arena, &shop, error);
        db_release(app->db, conn);
        if (!ok)
            return false;
        filter->shop_id = shop.id;
    }
    return (!from || parse_time(app, from, false, &filter->changed_from, error)) &&
           (!to || parse_time(app, to, true, &filter->changed_to, error));
}

static void say_nothing_owed(const struct app *app)
{
    puts(app->english ? "Nothing is owed to a mall." : "モールへの反映待ちはありません。");
}

static int dry_run(struct app *app, const struct writeback_filter *filter)
{
    struct error error;
    struct writeback *list;
    struct push_preview *preview;
    size_t count;
    if (!list_writebacks(app, filter, &list, &count, &preview, &error))
        return app_fail(app, &error);
    AUTO_BUF buf = buf_make(16u << 20);
    struct json_writer w = json_writer_make(&buf);
    json_begin_object(&w);
    json_put_bool(&w, "dry_run", true);
    json_key(&w, "writebacks");
    json_begin_array(&w);
    for (size_t i = 0; i < count; i++) {
        write_writeback(&w, &list[i], preview[i].state, preview[i].reason, &preview[i].error);
        if (!app->json)
            print_writeback(app, &list[i], preview[i].state, &preview[i].error);
    }
    json_end_array(&w);
    json_end_object(&w);
    if (app->json)
        app_print(buf_str(&buf));
    else if (count == 0)
        say_nothing_owed(app);
    return EXIT_DONE;
}

static bool wait_for_push(struct app *app, struct error *error)
{
    // Two quiet looks in a row: the first may have been before the work was seen.
    for (int quiet = 0; quiet < 2;) {
        sync_wake(app->sync);
        loop_turn(app->loop, 20);
        while (!sync_is_idle(app->sync))
            loop_turn(app->loop, 50);
        quiet++;
    }
    (void)error;
    return true;
}

int command_push(struct app *app)
{
    struct error error;
    struct push_ask ask = {.app = app};
    if (!app_open(app, &error) || !fill_filter(app, &ask.filter, &error))
        return app_fail(app, &error);
    if (args_flag(&app->args, "dry-run"))
        return dry_run(app, &ask.filter);
    struct writeback *before, *after;
    size_t count, after_count;
    if (!list_writebacks(app, &ask.filter, &before, &count, NULL, &error) ||
        !app_open_sync(app, false, NULL, NULL, &error) || !app_write(app, push_fn, &ask, &error) ||
        !wait_for_push(app, &error))
        return app_fail(app, &error);
    int64_t tally[WRITEBACK_STATE_COUNT] = {0};
    AUTO_BUF buf = buf_make(16u << 20);
    struct json_writer w = json_writer_make(&buf);
    json_begin_object(&w);
    json_key(&w, "writebacks");
    json_begin_array(&w);
    struct db_conn *conn = db_acquire(app->db, &error);
    if (!conn)
        return app_fail(app, &error);
    for (size_t i = 0; i < count; i++) {
        after = &before[i];
        if (!obligation_read(conn, app->org_id, before[i].id, app->arena, after, &error)) {
            db_release(app->db, conn);
            return app_fail(app, &error);
        }
        tally[after->state]++;
        write_writeback(&w, after, after->state, after->reason, &after->last_error);
        if (!app->json)
            print_writeback(app, after, after->state, &after->last_error);
    }
    db_release(app->db, conn);
    (void)after_count;
    json_end_array(&w);
    for (int s = 0; s < WRITEBACK_STATE_COUNT; s++) {
        if (tally[s] > 0)
            json_put_int(&w, writeback_state_name((enum writeback_state)s), tally[s]);
    }
    json_end_object(&w);
    if (app->json)
        app_print(buf_str(&buf));
    else if (count == 0)
        say_nothing_owed(app);
    int64_t good = tally[WRITEBACK_VERIFIED] + tally[WRITEBACK_SENT] + tally[WRITEBACK_ACCEPTED];
    return good == (int64_t)count ? EXIT_DONE : EXIT_PARTLY;
}

static void report_row(void *context, const struct file_row_report *row)
{
    const struct app *app = context;
    const char *hint = app->english ? row->error->hint_en : row->error->hint_ja;
    fprintf(stderr, "  ");
    if (row->line > 0)
        fprintf(stderr, "%s %zu ", app->english ? "line" : "行", row->line);
    if (row->column.n > 0)
        fprintf(stderr, "%.*s ", STR_ARG(row->column));
    fprintf(stderr, "%.*s: %s [%s]%s%s\n", STR_ARG(row->order_no),
            app->english ? row->error->what_en : row->error->what_ja, row->error->code,
            *hint ? " → " : "", hint);
}

static bool file_refused(const char *path, int number, struct error *error)
{
    bool missing = number == ENOENT, denied = number == EACCES;
    error_set(error, ERROR_BAD_INPUT, "import.file", "ファイル %s を開けません: %s%.0s",
              "can't open the file %s: %.0s%s", path,
              missing  ? "ファイルがありません"
              : denied ? "読み取る権限がありません"
                       : "通常のファイルではありません",
              missing  ? "there is no such file"
              : denied ? "you may not read it"
                       : "it is no ordinary file");
    return error_hint(error, "モールからダウンロードしたCSVファイルを指定してください。",
                      "Name a CSV file that was downloaded from the mall.");
}

// The file as memory, read by the system as it is walked, so that a large one costs no copy.
static bool map_file(const char *path, struct str *bytes, struct error *error)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    struct stat st;
    if (fd < 0)
        return file_refused(path, errno, error);
    if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode)) {
        close(fd);
        return file_refused(path, EISDIR, error);
    }
    *bytes = STR("");
    if (st.st_size > 0) {
        void *p = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
        if (p == MAP_FAILED) {
            close(fd);
            return file_refused(path, errno, error);
        }
        *bytes = str_make(p, (size_t)st.st_size);
    }
    close(fd);
    return true;
}

// What a dry run would have done, in the form of a run that nobody stored.
static int report_dry_run(struct app *app, const struct file_import *done, struct str shop)
{
    struct fetch_run run = {.state = done->failed > 0 ? STR("partly") : STR("done"),
                            .listed = done->listed,
                            .created = done->created,
                            .updated = done->updated,
                            .unchanged = done->unchanged,
                            .failed = done->failed};
    AUTO_BUF buf = buf_make(1u << 16);
    struct json_writer w = json_writer_make(&buf);
    json_begin_object(&w);
    write_run(&w, &run, shop);
    json_put_bool(&w, "dry_run", true);
    json_end_object(&w);
    if (app->json)
        app_print(buf_str(&buf));
    else
        print_run(app, &run, shop);
    bool anything = done->created + done->updated + done->unchanged > 0;
    return done->failed == 0 ? EXIT_DONE : anything ? EXIT_PARTLY : EXIT_REFUSED;
}

static bool save_part(struct app *app, row_id run_id, int part, const char *path,
                      struct error *error)
{
    struct str bytes, type;
    struct db_conn *conn = db_acquire(app->db, error);
    bool ok =
        conn && failed_rows_read(conn, app->org_id, run_id, part, app->arena, &bytes, &type, error);
    db_release(app->db, conn);
    if (!ok)
        return false;
    FILE *file = fopen(path, "wbx");
    if (file && fwrite(bytes.p, 1, bytes.n, file) == bytes.n && fclose(file) == 0)
        return true;
    error_set(error, ERROR_STORAGE, "import.failed_rows",
              "失敗した行のファイル %s を書き込めません。", "can't write the failed rows to %s",
              path);
    return error_hint(error, "まだないファイル名を指定してください。画面からも取り出せます。",
                      "Name a file that doesn't exist yet; the screen has it too.");
}

// The rows of the second file go beside those of the first: OUT and OUT.items.csv.
static bool save_failed_rows(struct app *app, const struct file_import *done, struct error *error)
{
    const char *path = args_value(&app->args, "failed-rows");
    if (!path)
        return true;
    const char *items = str_cstr(app->arena, arena_printf(app->arena, "%s.items.csv", path));
    return (!done->has_failed_rows || save_part(app, done->run_id, 1, path, error)) &&
           (!done->has_failed_second || save_part(app, done->run_id, 2, items, error));
}

int command_import(struct app *app)
{
    struct error error;
    struct shop shop;
    const char *shop_name = args_value(&app->args, "shop"),
               *items = args_value(&app->args, "items");
    if (!shop_name)
        return app_usage(app, "--shop でショップを指定してください。", "say which --shop");
    if (!items && app->args.word_count == 2)
        items = app->args.words[1];
    if (args_value(&app->args, "failed-rows") && args_flag(&app->args, "dry-run"))
        return app_usage(app, "--failed-rows は --dry-run と一緒に使えません。",
                         "--failed-rows needs a real import");
    struct str bytes = STR_ABSENT, second = STR_ABSENT;
    if (!map_file(app->args.words[0], &bytes, &error) ||
        (items && !map_file(items, &second, &error)) || !app_open(app, &error) ||
        !app_open_sync(app, false, NULL, NULL, &error))
        return app_fail(app, &error);
    struct db_conn *conn = db_acquire(app->db, &error);
    bool ok = conn && shop_find(conn, app->org_id, str_from(shop_name), app->arena, &shop, &error);
    db_release(app->db, conn);
    struct order_context by = app_context(app);
    struct file_import done;
    struct fetch_run run;
    if (!ok ||
        !import_file(app->sync, &by, shop.id, bytes, second, args_flag(&app->args, "dry-run"),
                     app->english, report_row, app, &done, &error))
        return app_fail(app, &error);
    if (!done.run_id)
        return report_dry_run(app, &done, shop.name);
    if (!save_failed_rows(app, &done, &error) ||
        !read_run(app, done.run_id, app->arena, &run, &error))
        return app_fail(app, &error);
    return report_run(app, &run, shop.name, true);
}
