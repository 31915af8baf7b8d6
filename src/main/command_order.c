// SPDX-License-Identifier: Apache-2.0
//
// juchu order …, status.
#include "main/order_json.h"
#include "api/order_json.h"
#include <stdio.h>
#include <stdlib.h>

#define IDS_MAX 500

static bool find_shop_id(struct app *app, struct db_conn *conn, row_id *shop_id,
                         struct error *error)
{
    const char *name = args_value(&app->args, "shop");
    struct shop shop;
    *shop_id = 0;
    if (!name)
        return true;
    if (!shop_find(conn, app->org_id, str_from(name), app->arena, &shop, error))
        return false;
    *shop_id = shop.id;
    return true;
}

static bool find_order(struct app *app, struct db_conn *conn, const char *number, row_id *id,
                       struct error *error)
{
    row_id shop_id;
    if (!find_shop_id(app, conn, &shop_id, error))
        return false;
    if (order_find(conn, app->org_id, shop_id, str_trim(str_from(number)), id, error))
        return true;
    if (error->class == ERROR_NOT_FOUND && !error->hint_ja[0])
        error_hint(error,
                   "juchu order list --status all で番号を確認するか、juchu fetch SHOP --order "
                   "番号 で取り込んでください。",
                   "Look it up with: juchu order list --status all; or fetch it: juchu fetch SHOP "
                   "--order NUMBER");
    return false;
}

static bool fill_marks(struct app *app, struct order_filter *f, struct error *error)
{
    const char *mark;
    for (size_t i = 0; (mark = args_nth(&app->args, "mark", i)); i++) {
        int64_t bit = order_mark_from_name(str_from(mark));
        if (!bit) {
            AUTO_BUF known = buf_make(sizeof error->hint_en - 1);
            for (int at = 0; at < ORDER_MARK_COUNT; at++)
                buf_addf(&known, "%s%s", at ? " " : "", order_mark_name(at));
            error_set(error, ERROR_BAD_INPUT, "usage.mark", "マーク「%s」はありません。",
                      "there is no mark \"%s\"", mark);
            const char *list = str_cstr(app->arena, buf_str(&known));
            return known.failed || !list ? false : error_hint(error, list, list);
        }
        f->marks |= bit;
    }
    return true;
}

static bool fill_filter(struct app *app, struct db_conn *conn, struct order_filter *f,
                        struct error *error)
{
    const char *status = args_value(&app->args, "status"), *q = args_value(&app->args, "q");
    const char *from = args_value(&app->args, "from"), *to = args_value(&app->args, "to");
    const char *limit = args_value(&app->args, "limit"), *cursor = args_value(&app->args, "cursor");
    *f = (struct order_filter){.from = TIME_NONE, .to = TIME_NONE, .limit = 100};
    f->q = q ? str_from(q) : STR_ABSENT;
    f->cursor = cursor ? str_from(cursor) : STR_ABSENT;
    int64_t number;
    if (limit && (!str_to_int64(str_from(limit), &number) || number < 1 || number > 500))
        return error_set(error, ERROR_BAD_INPUT, "usage.limit",
                         "--limit は1〜500で指定してください。", "--limit takes 1 to 500");
    if (limit)
        f->limit = (int)number;
    const char *channel = args_value(&app->args, "channel");
    f->channel = channel ? str_from(channel) : STR("");
    if (!fill_marks(app, f, error))
        return false;
    if (!find_shop_id(app, conn, &f->shop_id, error) ||
        (from && !parse_time(app, from, false, &f->from, error)) ||
        (to && !parse_time(app, to, true, &f->to, error)))
        return false;
    if (!status || strcmp(status, "open") == 0) {
        f->open_only = status != NULL;
    } else if (strcmp(status, "all") != 0) {
        struct work_status found;
        if (!find_work_status(app, conn, status, &found, error))
            return false;
        f->work_status = found.id;
    }
    return true;
}

int command_order_list(struct app *app)
{
    struct error error;
    struct order_filter filter;
    struct order_page page;
    struct order_names names;
    if (!app_open(app, &error))
        return app_fail(app, &error);
    struct db_conn *conn = db_acquire(app->db, &error);
    bool ok = conn && fill_filter(app, conn, &filter, &error) &&
              order_list(conn, app->org_id, &filter, app->arena, &page, &error) &&
              order_names_read(conn, app->org_id, app->arena, &names, &error);
    db_release(app->db, conn);
    if (!ok)
        return app_fail(app, &error);
    AUTO_BUF buf = buf_make(64u << 20);
    struct json_writer w = json_writer_make(&buf);
    json_begin_object(&w);
    json_key(&w, "orders");
    json_begin_array(&w);
    for (size_t i = 0; i < page.count; i++) {
        order_row_json(&w, &page.rows[i], &names);
        if (!app->json) {
            const struct order_row *r = &page.rows[i];
            char when[32];
            struct str status = order_names_status(&names, r->work_status);
            printf("%-28.*s %-14.*s %.10s %-12.*s %-10.*s %s%.*s %.*s\n", STR_ARG(r->order_no),
                   STR_ARG(order_names_shop(&names, r->shop_id)),
                   time_format_utc(r->ordered_at + JST_OFFSET_MS, when).p, STR_ARG(status),
                   STR_ARG(r->mall_status_label), r->billed == YEN_UNDETERMINED ? "未確定 " : "¥",
                   STR_ARG(r->billed == YEN_UNDETERMINED ? STR("")
                                                         : yen_format(app->arena, r->billed)),
                   STR_ARG(r->orderer_name));
        }
    }
    json_end_array(&w);
    json_put_str(&w, "next_cursor", page.next_cursor);
    json_put_int(&w, "hidden_by_filter", page.hidden_by_filter);
    json_end_object(&w);
    if (app->json)
        app_print(buf_str(&buf));
    else if (page.next_cursor.p)
        printf("--cursor %.*s\n", STR_ARG(page.next_cursor));
    return EXIT_DONE;
}

static bool order_to_json(struct app *app, struct db_conn *conn, row_id id, struct buf *buf,
                          struct error *error)
{
    struct json_writer w = json_writer_make(buf);
    json_begin_object(&w);
    if (!order_full_json(&w, conn, app->org_id, id, app->arena, error))
        return false;
    if (args_flag(&app->args, "raw")) {
        struct str raw, type;
        time_ms at;
        struct error none;
        if (order_raw(conn, app->org_id, id, app->arena, &raw, &type, &at, &none))
            json_put_str(&w, "raw", raw);
    }
    json_end_object(&w);
    return !buf->failed || error_no_memory(error);
}

static void print_shipment(const struct app *app, const struct shipment *s)
{
    const struct carrier *carrier = carrier_by_code(s->carrier);
    char date[12];
    printf("     %s: %.*s %.*s %.*s\n", app->english ? "shipped" : "出荷",
           STR_ARG(carrier && !app->english ? str_from(carrier->name_ja) : s->carrier),
           STR_ARG(s->tracking_number),
           STR_ARG(s->ship_date ? day_format(s->ship_date, date) : STR("")));
}

static bool print_writebacks(struct app *app, struct db_conn *conn, row_id order_id,
                             struct error *error)
{
    struct writeback_filter filter = {.state = -1,
                                      .order_id = order_id,
                                      .changed_from = TIME_NONE,
                                      .changed_to = TIME_NONE,
                                      .due_by = TIME_NONE,
                                      .limit = 100};
    struct writeback *list;
    struct str cursor;
    size_t count;
    if (!obligation_list(conn, app->org_id, &filter, app->arena, &list, &count, &cursor, error))
        return false;
    for (size_t i = 0; i < count; i++)
        printf("  %s: %s %s %.*s\n", app->english ? "write-back" : "書出し",
               writeback_aspect_name(list[i].aspect), writeback_state_name(list[i].state),
               STR_ARG(list[i].reason));
    return true;
}

static bool print_order(struct app *app, struct db_conn *conn, row_id id, struct error *error)
{
    struct order o;
    if (!order_read(conn, app->org_id, id, app->arena, &o, error))
        return false;
    printf("%.*s  %.*s  %.*s (%.*s)\n", STR_ARG(o.order_no), STR_ARG(o.mall),
           STR_ARG(o.mall_status_label), STR_ARG(o.mall_status));
    printf("  %.*s  〒%.*s %.*s%.*s%.*s  %.*s\n", STR_ARG(o.orderer.name),
           STR_ARG(o.orderer.postal_code), STR_ARG(o.orderer.prefecture), STR_ARG(o.orderer.city),
           STR_ARG(o.orderer.address1), STR_ARG(o.payment_method));
    for (size_t p = 0; p < o.package_count; p++) {
        struct order_package *package = &o.packages[p];
        printf("  → %.*s  〒%.*s %.*s%.*s%.*s\n", STR_ARG(package->recipient.name),
               STR_ARG(package->recipient.postal_code), STR_ARG(package->recipient.prefecture),
               STR_ARG(package->recipient.city), STR_ARG(package->recipient.address1));
        for (size_t l = 0; l < package->line_count; l++)
            printf("     %.*s × %lld  ¥%.*s\n", STR_ARG(package->lines[l].title),
                   (long long)package->lines[l].quantity,
                   STR_ARG(yen_format(app->arena, package->lines[l].subtotal)));
        for (size_t s = 0; s < package->shipment_count; s++)
            print_shipment(app, &package->shipments[s]);
    }
    if (o.billed != YEN_UNDETERMINED)
        printf("  ¥%.*s\n", STR_ARG(yen_format(app->arena, o.billed)));
    return print_writebacks(app, conn, id, error);
}

int command_order_show(struct app *app)
{
    struct error error;
    row_id id;
    if (!app_open(app, &error))
        return app_fail(app, &error);
    AUTO_BUF buf = buf_make(64u << 20);
    struct db_conn *conn = db_acquire(app->db, &error);
    bool ok = conn && find_order(app, conn, app->args.words[0], &id, &error) &&
              (!app->json || order_to_json(app, conn, id, &buf, &error));
    ok = ok && (app->json || print_order(app, conn, id, &error));
    db_release(app->db, conn);
    if (!ok)
        return app_fail(app, &error);
    if (app->json)
        app_print(buf_str(&buf));
    return EXIT_DONE;
}

struct ship_ask {
    struct app *app;
    struct str carrier, tracking;
    day date;
    int package;
    row_id work_status;
    bool move, others_waiting;
    row_id order_id;
    int64_t version;
};

// One parcel for the named package, or the same parcel for the only one.
static bool ship_fn(void *context, struct db_conn *conn, struct error *error)
{
    struct ship_ask *ask = context;
    struct app *app = ask->app;
    struct order order;
    struct order_context by = app_context(app);
    if (!order_read(conn, app->org_id, ask->order_id, app->arena, &order, error))
        return false;
    ask->others_waiting = false;
    if ((size_t)ask->package > order.package_count) {
        error_set(error, ERROR_BAD_INPUT, "ship.package", "送付先%dはありません(全%zu件)。",
                  "there is no destination %d (of %zu)", ask->package, order.package_count);
        return error_hint(error, "juchu order show で送付先を確認してください。",
                          "Look at the destinations with: juchu order show");
    }
    struct order_package *p = &order.packages[ask->package - 1];
    for (size_t i = 0; i < order.package_count; i++)
        ask->others_waiting |=
            i + 1 != (size_t)ask->package && order.packages[i].shipment_count == 0;
    struct shipment *shipments = ARENA_ARRAY(app->arena, struct shipment, p->shipment_count + 1);
    if (!shipments)
        return error_no_memory(error);
    size_t count = 0;
    for (size_t i = 0; i < p->shipment_count; i++) {
        // A row that waits for its number is completed rather than doubled.
        bool blank = p->shipments[i].tracking_number.n == 0;
        if (!blank && !str_eq(p->shipments[i].tracking_number, ask->tracking))
            shipments[count++] = p->shipments[i];
    }
    struct shipment fresh = {
        .carrier = ask->carrier, .tracking_number = ask->tracking, .ship_date = ask->date};
    for (size_t i = 0; i < p->shipment_count; i++) {
        if (p->shipments[i].tracking_number.n == 0 ||
            str_eq(p->shipments[i].tracking_number, ask->tracking)) {
            fresh.id = p->shipments[i].id;
            fresh.mall_ref = p->shipments[i].mall_ref;
            break;
        }
    }
    fresh.carrier_mall_code = STR("");
    if (!fresh.mall_ref.p)
        fresh.mall_ref = STR("");
    shipments[count++] = fresh;
    struct ship_package package = {.package_id = p->id, .shipments = shipments, .count = count};
    return order_ship(conn, &by, ask->order_id, -1, &package, 1, ask->move, ask->work_status,
                      &ask->version, error);
}

int command_order_ship(struct app *app)
{
    struct error error;
    const char *carrier = args_value(&app->args, "carrier"),
               *tracking = args_value(&app->args, "tracking");
    const char *date = args_value(&app->args, "date"), *package = args_value(&app->args, "package");
    const char *status = args_value(&app->args, "status");
    int64_t number = 1;
    if (!carrier && !tracking && !date)
        return app_usage(app, "--carrier、--tracking、--date のどれかを指定してください。",
                         "give --carrier, --tracking or --date");
    if (package && (!str_to_int64(str_from(package), &number) || number < 1 || number > 999))
        return app_usage(app, "--package は送付先の番号(1から)で指定してください。",
                         "--package takes the number of a destination, from 1");
    struct ship_ask ask = {
        .app = app, .package = (int)number, .move = !args_flag(&app->args, "stay")};
    const struct carrier *known = carrier ? carrier_from_text(str_from(carrier)) : NULL;
    if (carrier && !known) {
        error_set(&error, ERROR_BAD_INPUT, "ship.carrier", "配送業者「%s」は登録されていません。",
                  "unknown carrier \"%s\"", carrier);
        error_hint(
            &error,
            "yamato、sagawa、japan_post などのコードか、ヤマト運輸などの名前で指定してください。",
            "Use a code such as yamato, sagawa, japan_post, or its name.");
        return app_fail(app, &error);
    }
    ask.carrier = known ? str_from(known->code) : STR("");
    ask.tracking = tracking ? tracking_number_normalise(app->arena, str_from(tracking)) : STR("");
    if ((date && !parse_day(app, date, &ask.date, &error)) || !app_open(app, &error))
        return app_fail(app, &error);
    struct db_conn *conn = db_acquire(app->db, &error);
    struct work_status found;
    bool ok = conn && find_order(app, conn, app->args.words[0], &ask.order_id, &error) &&
              (!status || find_work_status(app, conn, status, &found, &error));
    db_release(app->db, conn);
    if (ok && status)
        ask.work_status = found.id;
    if (!ok || !app_write(app, ship_fn, &ask, &error))
        return app_fail(app, &error);
    enum tracking_check check =
        ask.tracking.n ? tracking_number_check(ask.carrier, ask.tracking) : TRACKING_UNKNOWN;
    if (app->json)
        printf("{\"order_id\":\"%lld\",\"version\":%lld,\"tracking_check\":\"%s\"}\n",
               (long long)ask.order_id, (long long)ask.version,
               check == TRACKING_OK        ? "ok"
               : check == TRACKING_UNKNOWN ? "unknown"
                                           : "suspect");
    else
        printf("%s%s%s\n", app->english ? "Shipment entered." : "出荷を登録しました。",
               check == TRACKING_OK || check == TRACKING_UNKNOWN ? ""
               : app->english
                   ? " The tracking number looks wrong; please check it."
                   : " 伝票番号の桁またはチェックデジットが合いません。確認してください。",
               !ask.others_waiting ? ""
               : app->english      ? " Other destinations of this order still wait for theirs."
                              : " この注文にはまだ伝票のない送付先があります。");
    return EXIT_DONE;
}

struct move_ask {
    struct app *app;
    row_id ids[IDS_MAX];
    size_t count;
    row_id work_status, undo;
    struct error refused[IDS_MAX];
};

static bool move_fn(void *context, struct db_conn *conn, struct error *error)
{
    struct move_ask *ask = context;
    struct order_context by = app_context(ask->app);
    return orders_move(conn, &by, ask->ids, ask->count, NULL, ask->work_status, ask->refused,
                       &ask->undo, error);
}

int command_order_move(struct app *app)
{
    struct error error;
    struct work_status to;
    const char *status = args_value(&app->args, "status");
    struct move_ask *ask = ARENA_NEW(app->arena, struct move_ask);
    if (!status)
        return app_usage(app, "--status で移動先を指定してください。",
                         "say with --status where to");
    if (!ask || app->args.word_count > IDS_MAX)
        return app_usage(app, "注文番号は一度に500件までです。", "at most 500 orders at a time");
    ask->app = app;
    if (!app_open(app, &error))
        return app_fail(app, &error);
    struct db_conn *conn = db_acquire(app->db, &error);
    bool ok = conn && find_work_status(app, conn, status, &to, &error);
    for (size_t i = 0; ok && i < app->args.word_count; i++)
        ok = find_order(app, conn, app->args.words[i], &ask->ids[ask->count++], &error);
    db_release(app->db, conn);
    ask->work_status = ok ? to.id : 0;
    if (!ok || !app_write(app, move_fn, ask, &error))
        return app_fail(app, &error);
    size_t moved = 0;
    for (size_t i = 0; i < ask->count; i++) {
        moved += ask->refused[i].class == ERROR_NONE;
        if (ask->refused[i].class && !app->json)
            app_fail(app, &ask->refused[i]);
    }
    if (app->json)
        printf("{\"moved\":%zu,\"refused\":%zu,\"undo\":\"%lld\"}\n", moved, ask->count - moved,
               (long long)ask->undo);
    else
        printf(app->english ? "%zu order(s) moved.\n" : "%zu件を移動しました。\n", moved);
    return moved == ask->count ? EXIT_DONE : moved > 0 ? EXIT_PARTLY : EXIT_REFUSED;
}

struct notice_ask {
    struct app *app;
    row_id order_id, writeback_id;
    enum writeback_aspect aspect;
    struct str payload, reason;
    const struct mall *mall; // of the order
};

static bool reason_known(const struct notice_ask *ask, const struct order *order,
                         struct error *error)
{
    const struct mall *mall = mall_by_id(order->mall);
    if (!mall || ask->reason.n == 0 || mall->cancel_reason_count == 0)
        return true;
    AUTO_BUF ja = buf_make(600);
    AUTO_BUF en = buf_make(600);
    for (size_t i = 0; i < mall->cancel_reason_count; i++) {
        const struct setting_choice *c = &mall->cancel_reasons[i];
        if (str_eq(ask->reason, str_from(c->value)))
            return true;
        buf_addf(&ja, "%s%s=%s", i ? ", " : "", c->value, c->label.ja);
        buf_addf(&en, "%s%s=%s", i ? ", " : "", c->value, c->label.en);
    }
    error_set(error, ERROR_BAD_INPUT, "usage.reason",
              "キャンセル理由「%.*s」はこのモールにありません。",
              "this mall has no cancel reason \"%.*s\"", STR_ARG(ask->reason));
    const char *hint_ja = str_cstr(ask->app->arena, buf_str(&ja));
    const char *hint_en = str_cstr(ask->app->arena, buf_str(&en));
    return !hint_ja || !hint_en ? error_no_memory(error) : error_hint(error, hint_ja, hint_en);
}

static bool notice_fn(void *context, struct db_conn *conn, struct error *error)
{
    struct notice_ask *ask = context;
    struct order order;
    struct order_context by = app_context(ask->app);
    if (!order_read(conn, by.org_id, ask->order_id, ask->app->arena, &order, error))
        return false;
    ask->mall = mall_by_id(order.mall);
    return reason_known(ask, &order, error) &&
           obligation_create(conn, &by, &order, ask->aspect, ask->payload, &ask->writeback_id,
                             error) &&
           order_event_add(conn, &by, ask->order_id,
                           ask->aspect == ASPECT_ACCEPT ? "accept_requested" : "cancel_requested",
                           STR_ABSENT, ask->payload, STR("juchu"), error);
}

// Some acceptances have an effect that nobody expects.
static void tell_caution(const struct notice_ask *ask)
{
    const struct mall *mall = ask->mall;
    bool cautions = ask->aspect == ASPECT_ACCEPT && mall && mall->accept_caution.ja;
    if (cautions && ask->app->english)
        printf("Note: %s\n", mall->accept_caution.en);
    else if (cautions)
        printf("注意: %s\n", mall->accept_caution.ja);
}

static int notify_mall(struct app *app, enum writeback_aspect aspect, struct str payload,
                       struct str reason)
{
    struct error error;
    struct notice_ask ask = {.app = app, .aspect = aspect, .payload = payload, .reason = reason};
    if (!app_open(app, &error))
        return app_fail(app, &error);
    struct db_conn *conn = db_acquire(app->db, &error);
    bool ok = conn && find_order(app, conn, app->args.words[0], &ask.order_id, &error);
    db_release(app->db, conn);
    if (!ok || !app_write(app, notice_fn, &ask, &error))
        return app_fail(app, &error);
    if (app->json)
        printf("{\"writeback\":\"%lld\",\"state\":\"pending\"}\n", (long long)ask.writeback_id);
    else
        printf("%s\n", app->english ? "Noted; juchu push sends it."
                                    : "登録しました。juchu push で送信します。");
    if (!app->json)
        tell_caution(&ask);
    return EXIT_DONE;
}

int command_order_accept(struct app *app)
{
    return notify_mall(app, ASPECT_ACCEPT, STR("{}"), STR(""));
}

int command_order_cancel(struct app *app)
{
    const char *reason = args_value(&app->args, "reason"),
               *detail = args_value(&app->args, "detail");
    AUTO_BUF buf = buf_make(4096);
    struct json_writer w = json_writer_make(&buf);
    json_begin_object(&w);
    json_put_str(&w, "reason", str_from(reason ? reason : ""));
    json_put_str(&w, "detail", str_from(detail ? detail : ""));
    json_end_object(&w);
    return notify_mall(app, ASPECT_CANCEL, buf_str(&buf), str_from(reason ? reason : ""));
}

int command_status_list(struct app *app)
{
    struct error error;
    struct work_status *list;
    size_t count;
    if (!app_open(app, &error))
        return app_fail(app, &error);
    struct db_conn *conn = db_acquire(app->db, &error);
    bool ok = conn && work_statuses(conn, app->org_id, app->arena, &list, &count, &error);
    db_release(app->db, conn);
    if (!ok)
        return app_fail(app, &error);
    AUTO_BUF buf = buf_make(4u << 20);
    struct json_writer w = json_writer_make(&buf);
    json_begin_object(&w);
    json_key(&w, "statuses");
    json_begin_array(&w);
    for (size_t i = 0; i < count; i++) {
        if (!app->json)
            printf("%lld  %-14s %.*s\n", (long long)list[i].id, status_role_name(list[i].role),
                   STR_ARG(app->english && list[i].name_en.n ? list[i].name_en : list[i].name));
        json_begin_object(&w);
        json_put_id(&w, "id", list[i].id);
        json_put_str(&w, "name", list[i].name);
        json_put_str(&w, "name_en", list[i].name_en);
        json_put_str(&w, "role", str_from(status_role_name(list[i].role)));
        json_end_object(&w);
    }
    json_end_array(&w);
    json_end_object(&w);
    if (app->json)
        app_print(buf_str(&buf));
    return EXIT_DONE;
}
