// SPDX-License-Identifier: Apache-2.0
//
// juchu export: shipment notices as the file that a mall's own screen takes. The bytes are on disk
// under a temporary name before the notices count as sent, and get their name afterwards; a file
// that was lost all the same can be had again by its id.
#include "main/order_json.h"
#include "sync/export.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#define STATUSES_MAX 50
#define PATH_BYTES 1024
#define OUT_BYTES_MAX (64u << 20)

struct exporting {
    struct app *app;
    struct shop shop;
    struct export_request request;
    row_id statuses[STATUSES_MAX];
    char path[PATH_BYTES], temporary[PATH_BYTES + 8];
    struct ship_file file;
    struct export_preview preview;
};

static bool path_fits(char *path, size_t size, struct str text, const char *more,
                      struct error *error)
{
    int n = snprintf(path, size, "%.*s%s", STR_ARG(text), more);
    return (n > 0 && (size_t)n < size) ||
           error_set(error, ERROR_BAD_INPUT, "export.path", "ファイル名が長すぎます。",
                     "the file's name is too long");
}

static bool disk_refused(const char *path, struct error *error)
{
    error_set(error, ERROR_STORAGE, "export.file",
              "ファイル %s を書き込めません(エラー番号 %d)。書出しは行われていません。",
              "can't write the file %s (error %d); nothing was written out", path, errno);
    return error_hint(error, "保存先の空き容量と権限を確認してください。",
                      "Check free space and permissions of that place.");
}

static bool write_whole(const char *path, struct str bytes, struct error *error)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (fd < 0)
        return disk_refused(path, error);
    size_t done = 0;
    while (done < bytes.n) {
        ssize_t n = write(fd, bytes.p + done, bytes.n - done);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            break;
        done += (size_t)n;
    }
    bool written = done == bytes.n && fsync(fd) == 0;
    if (close(fd) != 0 || !written) {
        disk_refused(path, error);
        unlink(path);
        return false;
    }
    return true;
}

static bool choose_path(struct exporting *e, struct str own_name, struct error *error)
{
    const char *out = args_value(&e->app->args, "file");
    if (!path_fits(e->path, sizeof e->path, out ? str_from(out) : own_name, "", error) ||
        !path_fits(e->temporary, sizeof e->temporary, str_from(e->path), ".part", error))
        return false;
    if (access(e->path, F_OK) != 0)
        return true;
    error_set(error, ERROR_BAD_INPUT, "export.exists", "ファイル %s はすでにあります。",
              "the file %s exists already", e->path);
    return error_hint(error, "--file で別の名前を指定してください。",
                      "Give another name with --file.");
}

static bool keep(void *context, const struct ship_file *file, struct str bytes, struct error *error)
{
    struct exporting *e = context;
    return choose_path(e, file->file_name, error) && write_whole(e->temporary, bytes, error);
}

static bool create_fn(void *context, struct db_conn *conn, struct error *error)
{
    struct exporting *e = context;
    struct order_context by = app_context(e->app);
    return export_create(conn, &by, &e->request, e->app->arena, keep, e, &e->file, &e->preview,
                         error);
}

// The notices count as sent already: failing here says how to get the file.
static bool give_name(struct exporting *e, struct error *error)
{
    if (rename(e->temporary, e->path) == 0)
        return true;
    error_set(error, ERROR_STORAGE, "export.rename", "ファイル %s に名前を付けられません。",
              "can't name the file %s", e->path);
    char ja[200], en[200];
    snprintf(ja, sizeof ja, "juchu export --again %lld --file 名前 で取り出してください。",
             (long long)e->file.id);
    snprintf(en, sizeof en, "Get it with: juchu export --again %lld --file NAME",
             (long long)e->file.id);
    return error_hint(error, ja, en);
}

static void write_file(struct json_writer *w, const struct ship_file *f)
{
    json_put_id(w, "ship_file", f->id);
    json_put_str(w, "file_name", f->file_name);
    json_put_str(w, "format", f->format);
    json_put_str(w, "hash", f->hash);
    json_put_int(w, "size", f->size);
    json_put_int(w, "orders", f->orders);
    json_put_int(w, "verified", f->verified);
    json_put_int(w, "waiting", f->waiting);
    json_put_int(w, "attention", f->attention);
    json_put_time(w, "created_at", f->created_at);
    json_put_time(w, "withdrawn_at", f->withdrawn_at);
}

static void write_error(struct json_writer *w, const char *key, const struct error *e)
{
    json_key(w, key);
    if (!error_is_set(e)) {
        json_write_null(w);
        return;
    }
    json_begin_object(w);
    json_put_str(w, "code", str_from(e->code));
    json_put_str(w, "what_ja", str_from(e->what_ja));
    json_put_str(w, "what_en", str_from(e->what_en));
    json_put_str(w, "hint_ja", str_from(e->hint_ja));
    json_put_str(w, "hint_en", str_from(e->hint_en));
    json_end_object(w);
}

static void write_preview(struct json_writer *w, const struct export_preview *p)
{
    json_key(w, "rows");
    json_begin_array(w);
    for (size_t i = 0; i < p->count; i++) {
        const struct export_row *row = &p->rows[i];
        json_begin_object(w);
        json_put_id(w, "writeback", row->writeback_id);
        json_put_str(w, "order_no", row->order_no);
        json_put_str(w, "outcome", str_from(export_outcome_name(row->outcome)));
        write_error(w, "why", &row->why);
        write_error(w, "note", &row->note);
        json_end_object(w);
    }
    json_end_array(w);
    for (int i = 0; i < EXPORT_OUTCOME_COUNT; i++)
        json_put_int(w, export_outcome_name((enum export_outcome)i), p->outcomes[i]);
    json_put_int(w, "hidden_by_filter", p->hidden);
}

static void print_preview(const struct app *app, const struct export_preview *p)
{
    for (size_t i = 0; i < p->count; i++) {
        const struct export_row *row = &p->rows[i];
        const struct error *e = error_is_set(&row->why) ? &row->why : &row->note;
        printf("  %-30.*s %-10s %s\n", STR_ARG(row->order_no), export_outcome_name(row->outcome),
               !error_is_set(e) ? ""
               : app->english   ? e->what_en
                                : e->what_ja);
    }
    if (p->hidden > 0)
        printf(app->english ? "  %lld more are left out by the conditions\n"
                            : "  ほかに %lld件が条件の外にあります\n",
               (long long)p->hidden);
}

static int report(struct exporting *e, bool dry_run)
{
    struct app *app = e->app;
    const struct export_preview *p = &e->preview;
    AUTO_BUF buf = buf_make(OUT_BYTES_MAX);
    struct json_writer w = json_writer_make(&buf);
    json_begin_object(&w);
    json_put_bool(&w, "dry_run", dry_run);
    if (!dry_run) {
        write_file(&w, &e->file);
        json_put_str(&w, "path", str_from(e->path));
    }
    write_preview(&w, p);
    json_end_object(&w);
    if (app->json) {
        app_print(buf_str(&buf));
    } else {
        print_preview(app, p);
        if (!dry_run)
            printf(app->english ? "%s: %lld orders (file %lld)\n"
                                : "%s: %lld件を書き出しました(ファイル %lld)\n",
                   e->path, (long long)e->file.orders, (long long)e->file.id);
    }
    return p->outcomes[EXPORT_BLOCKED] > 0 ? EXIT_PARTLY : EXIT_DONE;
}

static bool read_statuses(struct exporting *e, struct db_conn *conn, struct error *error)
{
    const char *name;
    e->request.statuses = e->statuses;
    while ((name = args_nth(&e->app->args, "status", e->request.status_count))) {
        struct work_status status;
        if (e->request.status_count == STATUSES_MAX)
            return error_set(error, ERROR_BAD_INPUT, "usage.statuses", "ステータスが多すぎます。",
                             "too many statuses");
        if (!find_work_status(e->app, conn, name, &status, error))
            return false;
        e->statuses[e->request.status_count++] = status.id;
    }
    return true;
}

static bool read_request(struct exporting *e, struct error *error)
{
    struct app *app = e->app;
    const char *from = args_value(&app->args, "from"), *to = args_value(&app->args, "to");
    const char *format = args_value(&app->args, "format");
    struct db_conn *conn = db_acquire(app->db, error);
    bool ok = conn &&
              shop_find(conn, app->org_id, str_from(args_value(&app->args, "shop")), app->arena,
                        &e->shop, error) &&
              read_statuses(e, conn, error);
    db_release(app->db, conn);
    e->request.shop_id = ok ? e->shop.id : 0;
    e->request.format = format ? str_from(format) : STR("");
    e->request.from = e->request.to = TIME_NONE;
    return ok && (!from || parse_time(app, from, false, &e->request.from, error)) &&
           (!to || parse_time(app, to, true, &e->request.to, error));
}

static bool preview_only(struct exporting *e, struct error *error)
{
    struct order_context by = app_context(e->app);
    struct db_conn *conn = db_acquire(e->app->db, error);
    bool ok = conn && export_preview(conn, &by, &e->request, e->app->arena, &e->preview, error);
    db_release(e->app->db, conn);
    return ok;
}

static bool write_again(struct exporting *e, row_id id, struct error *error)
{
    struct app *app = e->app;
    struct str bytes;
    struct db_conn *conn = db_acquire(app->db, error);
    bool ok = conn && ship_file_read(conn, app->org_id, id, app->arena, &e->file, error) &&
              ship_file_bytes(conn, app->org_id, id, app->arena, &bytes, error);
    db_release(app->db, conn);
    return ok && keep(e, &e->file, bytes, error) && give_name(e, error);
}

struct withdrawing {
    struct app *app;
    row_id id;
    size_t count;
};

static bool withdraw_fn(void *context, struct db_conn *conn, struct error *error)
{
    struct withdrawing *d = context;
    struct order_context by = app_context(d->app);
    return ship_file_withdraw(conn, &by, d->id, &d->count, error);
}

static bool file_id(const struct app *app, const char *option, row_id *id, struct error *error)
{
    if (id_parse(str_from(args_value(&app->args, option)), id))
        return true;
    error_set(error, ERROR_BAD_INPUT, "usage.ship_file",
              "--%s にはファイルの番号を指定してください。", "--%s takes the number of a file",
              option);
    return error_hint(error, "juchu export --list で確認できます。", "See: juchu export --list");
}

static int again(struct exporting *e)
{
    struct error error;
    row_id id;
    AUTO_BUF buf = buf_make(65536);
    struct json_writer w = json_writer_make(&buf);
    if (!file_id(e->app, "again", &id, &error) || !write_again(e, id, &error))
        return app_fail(e->app, &error);
    json_begin_object(&w);
    write_file(&w, &e->file);
    json_put_str(&w, "path", str_from(e->path));
    json_end_object(&w);
    if (e->app->json)
        app_print(buf_str(&buf));
    else
        printf("%s\n", e->path);
    return EXIT_DONE;
}

static int withdraw(struct app *app)
{
    struct error error;
    struct withdrawing d = {.app = app};
    char count[24];
    if (!file_id(app, "withdraw", &d.id, &error) || !app_write(app, withdraw_fn, &d, &error))
        return app_fail(app, &error);
    snprintf(count, sizeof count, "%zu", d.count);
    if (app->json)
        app_print_object("withdrawn", str_from(count));
    else
        printf(app->english ? "%s notices are owed again\n" : "%s件を書出し前に戻しました\n",
               count);
    return EXIT_DONE;
}

static int list_files(struct app *app)
{
    struct error error;
    struct ship_file *files;
    size_t count;
    AUTO_BUF buf = buf_make(1u << 20);
    struct json_writer w = json_writer_make(&buf);
    struct db_conn *conn = db_acquire(app->db, &error);
    bool ok =
        conn && ship_file_list(conn, app->org_id, 0, 0, 100, app->arena, &files, &count, &error);
    db_release(app->db, conn);
    if (!ok)
        return app_fail(app, &error);
    json_begin_object(&w);
    json_key(&w, "files");
    json_begin_array(&w);
    for (size_t i = 0; i < count; i++) {
        const struct ship_file *f = &files[i];
        json_begin_object(&w);
        write_file(&w, f);
        json_end_object(&w);
        if (!app->json)
            printf(app->english ? "%lld  %.*s  %lld orders, %lld verified, %lld waiting%s\n"
                                : "%lld  %.*s  %lld件(反映済 %lld、確認待ち %lld)%s\n",
                   (long long)f->id, STR_ARG(f->file_name), (long long)f->orders,
                   (long long)f->verified, (long long)f->waiting,
                   f->withdrawn_at == TIME_NONE ? ""
                   : app->english               ? " withdrawn"
                                                : " 取消済");
    }
    json_end_array(&w);
    json_end_object(&w);
    if (app->json)
        app_print(buf_str(&buf));
    return EXIT_DONE;
}

int command_export(struct app *app)
{
    struct error error;
    struct exporting e = {.app = app};
    bool other = args_value(&app->args, "again") || args_value(&app->args, "withdraw") ||
                 args_flag(&app->args, "list");
    if (!other && !args_value(&app->args, "shop"))
        return app_usage(app, "--shop でショップを指定してください。", "say which --shop");
    if (!app_open(app, &error))
        return app_fail(app, &error);
    if (args_flag(&app->args, "list"))
        return list_files(app);
    if (args_value(&app->args, "again"))
        return again(&e);
    if (args_value(&app->args, "withdraw"))
        return withdraw(app);
    bool dry_run = args_flag(&app->args, "dry-run");
    if (!read_request(&e, &error) || (dry_run && !preview_only(&e, &error)))
        return app_fail(app, &error);
    if (dry_run)
        return report(&e, true);
    if (!app_write(app, create_fn, &e, &error)) {
        if (e.temporary[0])
            unlink(e.temporary);
        return app_fail(app, &error);
    }
    return give_name(&e, &error) ? report(&e, false) : app_fail(app, &error);
}
