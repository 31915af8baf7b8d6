// SPDX-License-Identifier: Apache-2.0
//
// The connection test and the expiry of the licence key (rakuten.md §1.3–1.5).
//
// The test calls every function that Juchu needs, because each must be ticked in RMS by itself. The
// functions that write are asked with an empty object: the order API answers that a required key is
// missing and does nothing, while a function that isn't ticked is refused by the gateway before.
// The key's expiry has a function of its own (license.expiryDate.get); that it is off says nothing
// about the key (D-049).
#include "mall/rakuten/wire.h"

#define DAY_MS (24 * 3600 * 1000LL)

enum probe_kind { PROBE_SEARCH, PROBE_READ, PROBE_EMPTY, PROBE_EXPIRY };

struct probe {
    const char *item;
    struct label label;
    enum probe_kind kind;
    const char *setting; // asked only when this flag is on; NULL = always
};

static const struct probe probes[] = {
    {"searchOrder", {"受注検索", "Search orders"}, PROBE_SEARCH, NULL},
    {"getOrder", {"注文情報取得", "Read orders"}, PROBE_READ, NULL},
    {"confirmOrder", {"注文確認", "Confirm orders"}, PROBE_EMPTY, NULL},
    {"updateOrderShipping", {"発送完了報告", "Report shipments"}, PROBE_EMPTY, NULL},
    {"updateOrderShippingAsync",
     {"発送完了報告(非同期)", "Report shipments (asynchronous)"},
     PROBE_EMPTY,
     "shipping_async"},
    {"getResultUpdateOrderShippingAsync",
     {"発送完了報告の結果確認", "Result of a report"},
     PROBE_EMPTY,
     "shipping_async"},
    {"cancelOrder", {"注文キャンセル(発送前)", "Cancel before shipping"}, PROBE_EMPTY, NULL},
    {"cancelOrderAfterShipping",
     {"注文キャンセル(発送後)", "Cancel after shipping"},
     PROBE_EMPTY,
     NULL},
    {"licenseExpiry",
     {"ライセンスキー有効期限の取得", "Expiry of the licence key"},
     PROBE_EXPIRY,
     NULL},
};
#define PROBE_COUNT (sizeof probes / sizeof probes[0])

struct check_op {
    struct rakuten_op op;
    size_t at;
    bool only_expiry; // refresh()
    bool keys_refused;
    struct error keys_error;
};

static void report(struct check_op *c, const struct probe *probe, enum check_state state,
                   const struct error *error, struct str note_ja, struct str note_en)
{
    const struct mall_sink *sink = c->op.base.sink;
    struct check_result result = {.item = probe->item,
                                  .label = probe->label,
                                  .state = state,
                                  .note_ja = note_ja,
                                  .note_en = note_en};
    if (error)
        result.error = *error;
    if (sink && sink->check)
        sink->check(sink->context, &result);
}

static void ask_search(struct check_op *c, time_ms now)
{
    char from[32], to[32];
    struct buf body = rakuten_body();
    struct json_writer w = json_writer_make(&body);
    json_begin_object(&w);
    json_put_int(&w, "dateType", 1);
    json_put_str(&w, "startDatetime", time_format_rakuten(now - DAY_MS, from));
    json_put_str(&w, "endDatetime", time_format_rakuten(now, to));
    json_key(&w, "PaginationRequestModel");
    json_begin_object(&w);
    json_put_int(&w, "requestRecordsAmount", 1);
    json_put_int(&w, "requestPage", 1);
    json_end_object(&w);
    json_end_object(&w);
    rakuten_request(&c->op, "searchOrder", false, &body);
}

// A number of no shop: the answer "not found" is all that is wanted.
static void ask_read(struct check_op *c)
{
    struct buf body = rakuten_body();
    struct json_writer w = json_writer_make(&body);
    json_begin_object(&w);
    json_key(&w, "orderNumberList");
    json_begin_array(&w);
    json_write_str(&w, STR("000000-20200101-0000000000"));
    json_end_array(&w);
    json_put_int(&w, "version", account_integer(&c->op.base.account, "get_order_version", 10));
    json_end_object(&w);
    rakuten_request(&c->op, "getOrder", false, &body);
}

static void ask_expiry(struct check_op *c)
{
    AUTO_BUF query = buf_make(4096);
    buf_add(&query, STR("/es/1.0/license-management/license-key/expiry-date?licenseKey="));
    http_url_encode(&query, str_trim(account_setting(&c->op.base.account, "license_key")));
    if (query.failed)
        rakuten_no_memory(&c->op);
    else
        rakuten_get(&c->op, "licenseExpiry", buf_str(&query));
}

static void ask(struct check_op *c, const struct probe *probe, time_ms now)
{
    struct buf body;
    switch (probe->kind) {
    case PROBE_SEARCH:
        ask_search(c, now);
        break;
    case PROBE_READ:
        ask_read(c);
        break;
    case PROBE_EMPTY:
        body = rakuten_body();
        buf_add(&body, STR("{}"));
        rakuten_request(&c->op, probe->item, false, &body);
        break;
    case PROBE_EXPIRY:
        ask_expiry(c);
        break;
    }
}

static void check_build(struct rakuten_op *op, time_ms now)
{
    struct check_op *c = (struct check_op *)op;
    while (c->at < PROBE_COUNT) {
        const struct probe *probe = &probes[c->at];
        bool wanted = c->only_expiry
                          ? probe->kind == PROBE_EXPIRY
                          : !probe->setting || account_flag(&op->base.account, probe->setting);
        if (wanted && !c->keys_refused) {
            ask(c, probe, now);
            return;
        }
        if (wanted)
            report(c, probe, CHECK_UNKNOWN, &c->keys_error,
                   STR("キーが拒否されたため確認していません"),
                   STR("not asked: the keys are refused"));
        c->at++;
    }
    op->base.done = true;
}

static bool learn(struct check_op *c, time_ms expires, const char *known_by)
{
    const struct mall_sink *sink = c->op.base.sink;
    struct error error;
    if (!sink || !sink->learned ||
        sink->learned(sink->context, NULL, STR_ABSENT, "license_key", expires, known_by, &error))
        return true;
    mall_op_fail(&c->op.base, &error);
    return false;
}

static void take_expiry(struct check_op *c, const struct probe *probe, struct json root)
{
    time_ms expires;
    char text[12];
    struct error error;
    // In Japan's time, without zone (§1.4).
    if (!time_parse_iso(json_str(json_get(root, "expiryDate")), JST_OFFSET_MS, &expires)) {
        error_set(&error, ERROR_MALFORMED, "rakuten.expiry_unreadable",
                  "ライセンスキーの有効期限を読み取れません。", "The key's expiry can't be read.");
        if (c->only_expiry)
            mall_op_fail(&c->op.base, &error);
        else
            report(c, probe, CHECK_UNKNOWN, &error, STR(""), STR(""));
        return;
    }
    struct str date = day_format(day_in_jst(expires), text);
    struct arena *arena = c->op.answer_arena;
    if (learn(c, expires, "api") && !c->only_expiry)
        report(c, probe, CHECK_OK, NULL, arena_printf(arena, "有効期限 %.*s", STR_ARG(date)),
               arena_printf(arena, "expires %.*s", STR_ARG(date)));
}

static void check_answer(struct rakuten_op *op, time_ms now, struct json root)
{
    struct check_op *c = (struct check_op *)op;
    const struct probe *probe = &probes[c->at];
    struct error error;
    (void)now;
    if (probe->kind == PROBE_EXPIRY)
        take_expiry(c, probe, root);
    else if (probe->kind == PROBE_SEARCH && rakuten_call_error(root, &error))
        report(c, probe, CHECK_REFUSED, &error, STR(""), STR(""));
    else
        report(c, probe, CHECK_OK, NULL, STR(""), STR(""));
    c->at++;
}

// Whether the refusal still proves that the function may be called.
static bool proves_permission(const struct probe *probe, const struct error *error)
{
    return (probe->kind == PROBE_EMPTY || probe->kind == PROBE_READ) &&
           (error->class == ERROR_REJECTED || error->class == ERROR_NOT_FOUND) &&
           str_starts(str_from(error->peer_code), STR("ORDER_EXT_API_"));
}

static bool expiry_refused(struct check_op *c, const struct probe *probe, const struct error *error)
{
    bool keys = error->class == ERROR_AUTH_EXPIRED || error->class == ERROR_AUTH_INVALID;
    bool passing = error_is_transient(error->class);
    if (c->only_expiry && (keys || passing))
        return false;
    struct error off = *error;
    if (!keys && !passing) {
        off.class = ERROR_NOT_PERMITTED;
        error_set(&off, ERROR_NOT_PERMITTED, "rakuten.expiry_unknown",
                  "ライセンス管理APIが無効のため、キーの有効期限を確認できません。",
                  "The key's expiry can't be read: the licence function is off.");
        error_hint(&off,
                   "RMSの「利用機能編集」で license.expiryDate.get "
                   "を有効にすると期限を自動で確認できます。",
                   "Tick license.expiryDate.get in RMS, and the expiry is watched by itself.");
        error_peer(&off, error->http_status, str_from(error->peer_code),
                   str_from(error->peer_text));
    }
    if (c->only_expiry)
        rakuten_warn(&c->op, STR(""), &off);
    else
        report(c, probe, keys ? CHECK_REFUSED : CHECK_UNKNOWN, &off, STR(""), STR(""));
    c->at++;
    return true;
}

static bool check_refused(struct rakuten_op *op, time_ms now, const struct error *error)
{
    struct check_op *c = (struct check_op *)op;
    const struct probe *probe = &probes[c->at];
    (void)now;
    if (error->class == ERROR_NO_MEMORY)
        return false;
    if (probe->kind == PROBE_EXPIRY)
        return expiry_refused(c, probe, error);
    if (proves_permission(probe, error)) {
        report(c, probe, CHECK_OK, NULL, STR(""), STR(""));
    } else {
        bool keys = error->class == ERROR_AUTH_EXPIRED || error->class == ERROR_AUTH_INVALID;
        bool passing = error_is_transient(error->class);
        report(c, probe, passing ? CHECK_UNKNOWN : CHECK_REFUSED, error, STR(""), STR(""));
        if (keys && !c->keys_refused) {
            c->keys_refused = true;
            c->keys_error = *error;
        }
    }
    c->at++;
    return true;
}

static void warn_of_prefix(struct check_op *c, const char *key, const char *prefix, const char *ja,
                           const char *en)
{
    struct error warning;
    if (str_starts(str_trim(account_setting(&c->op.base.account, key)), str_from(prefix)))
        return;
    error_set(&warning, ERROR_BAD_INPUT, "rakuten.key_prefix", "%s%.0s", "%.0s%s", ja, en);
    error_subject(&warning, "%s", key);
    rakuten_warn(&c->op, STR(""), &warning);
}

static struct check_op *new_check(const struct mall_account *account, const struct mall_sink *sink,
                                  struct error *error)
{
    struct check_op *c = rakuten_op_new(sizeof *c, account, sink, error);
    if (!c)
        return NULL;
    c->op.build = check_build;
    c->op.answer = check_answer;
    c->op.refused = check_refused;
    return c;
}

struct mall_op *rakuten_check(const struct mall_account *account, const struct mall_sink *sink,
                              struct error *error)
{
    struct check_op *c = new_check(account, sink, error);
    if (!c)
        return NULL;
    warn_of_prefix(c, "service_secret", "SP",
                   "serviceSecret は通常「SP」で始まります。コピーした範囲を確認してください。",
                   "serviceSecret usually begins with SP; check what was copied.");
    warn_of_prefix(c, "license_key", "SL",
                   "licenseKey は通常「SL」で始まります。コピーした範囲を確認してください。",
                   "licenseKey usually begins with SL; check what was copied.");
    return &c->op.base;
}

struct mall_op *rakuten_refresh(const struct mall_account *account, const struct mall_sink *sink,
                                struct error *error)
{
    struct check_op *c = new_check(account, sink, error);
    if (!c)
        return NULL;
    c->only_expiry = true;
    return &c->op.base;
}
