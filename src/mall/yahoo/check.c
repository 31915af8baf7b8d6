// SPDX-License-Identifier: Apache-2.0
//
// Connection test and renewal (yahoo.md §3, §4, §6). The test makes every call that fetching needs
// once and tells for each whether it was let in, and what the mall thinks of the public key; when
// the key's version is unknown at the mall, the neighbouring versions are tried so that the right
// number can be told. Refusals are rows of the matrix, never the end of the test.
// Threads: the operation's. Ownership: notes live in the operation's arena.
#include "mall/yahoo/fields.h"
#include "mall/yahoo/internal.h"

#include <stdio.h>

enum check_step { CHECK_COUNT, CHECK_VERSION_UP, CHECK_VERSION_DOWN, CHECK_LIST, CHECK_END };

struct check_op {
    struct yahoo_op y; // first
    enum check_step step;
    char first_status[YAHOO_AUTHORIZE_STATUS_MAX];
    char right_version[24];
    bool token_told;
};

static const struct label labels[] = {
    {"アクセストークン", "Access token"},
    {"件数の取得（orderCount）", "Counts (orderCount)"},
    {"公開鍵認証", "Public-key authentication"},
    {"注文一覧（orderList）", "Listing (orderList)"},
};
enum row { ROW_TOKEN, ROW_COUNT, ROW_KEY, ROW_LIST };
static const char *const items[] = {"token", "orderCount", "public_key", "orderList"};

static void tell(struct check_op *op, enum row row, enum check_state state,
                 const struct error *error, struct str note_ja, struct str note_en)
{
    const struct mall_sink *sink = op->y.base.sink;
    struct check_result result = {.item = items[row],
                                  .label = labels[row],
                                  .state = state,
                                  .note_ja = note_ja,
                                  .note_en = note_en};
    if (error)
        result.error = *error;
    if (sink && sink->check)
        sink->check(sink->context, &result);
}

static void tell_unknown(struct check_op *op, enum row row)
{
    struct error error;
    error_set(&error, ERROR_AUTH_INVALID, "yahoo.not_tried",
              "前の確認が通らなかったため、確認していません。",
              "Not tried, because an earlier check failed.");
    tell(op, row, CHECK_UNKNOWN, &error, STR(""), STR(""));
}

static void tell_token(struct check_op *op)
{
    char date[12];
    time_ms end = yahoo_consent_end(&op->y.base.account);
    struct str ja = STR(""), en = STR("");
    if (op->token_told)
        return;
    op->token_told = true;
    if (end != TIME_NONE) {
        struct str text = day_format(day_in_jst(end), date);
        ja = arena_printf(op->y.base.arena, "認可の期限 %.*s", STR_ARG(text));
        en = arena_printf(op->y.base.arena, "consent ends %.*s", STR_ARG(text));
    }
    tell(op, ROW_TOKEN, CHECK_OK, NULL, ja, en);
}

static void tell_key(struct check_op *op)
{
    struct str status = str_from(op->first_status);
    struct str expiry = yahoo_setting(&op->y, "public_key_expires_on");
    struct str ja = STR(""), en = STR("");
    struct error error;
    if (expiry.n > 0) {
        ja = arena_printf(op->y.base.arena, "期限 %.*s", STR_ARG(expiry));
        en = arena_printf(op->y.base.arena, "expires %.*s", STR_ARG(expiry));
    }
    if (str_is_empty(status)) {
        error_set(&error, ERROR_AUTH_INVALID, "yahoo.public_key.unknown",
                  "Yahoo!の応答に公開鍵認証の結果がありません。",
                  "Yahoo's answer says nothing about the public key.");
        tell(op, ROW_KEY, CHECK_UNKNOWN, &error, ja, en);
    } else if (!yahoo_authorize_error(status, &error)) {
        tell(op, ROW_KEY, CHECK_OK, NULL, ja, en);
    } else {
        if (op->right_version[0]) {
            ja =
                arena_printf(op->y.base.arena, "バージョン %s なら認証されます", op->right_version);
            en = arena_printf(op->y.base.arena, "version %s is accepted", op->right_version);
        }
        tell(op, ROW_KEY, CHECK_REFUSED, &error, ja, en);
    }
}

static bool plan_count(struct yahoo_op *y)
{
    AUTO_BUF query = buf_make(YAHOO_REQUEST_BYTES_MAX);
    buf_add(&query, STR("sellerId="));
    http_url_encode(&query, yahoo_setting(y, "seller_id"));
    y->call.operation = "orderCount";
    y->call.query = str_dup(y->scratch, buf_str(&query));
    if (!query.failed && !arena_failed(y->scratch))
        return true;
    yahoo_fail_no_memory(y);
    return false;
}

// One row of the last day, with all the names that fetching asks for.
static bool plan_list(struct yahoo_op *y, time_ms now)
{
    char from[16], to[16];
    AUTO_BUF body = buf_make(YAHOO_REQUEST_BYTES_MAX);
    y->call.operation = "orderList";
    y->call.response_bytes_max = YAHOO_LIST_BYTES_MAX;
    buf_add(&body, STR("<Req><Search><Result>1</Result><Start>1</Start><Condition>"));
    xml_add_element(&body, "OrderTimeFrom", time_format_yahoo(now - YAHOO_DAY_MS, from));
    xml_add_element(&body, "OrderTimeTo", time_format_yahoo(now, to));
    buf_add(&body, STR("</Condition>"));
    xml_add_element(&body, "Field", str_from(yahoo_list_fields));
    buf_add(&body, STR("</Search>"));
    xml_add_element(&body, "SellerId", yahoo_setting(y, "seller_id"));
    buf_add(&body, STR("</Req>"));
    return yahoo_set_body(y, &body);
}

static void use_version(struct check_op *op, int64_t offset)
{
    int64_t version = account_integer(&op->y.base.account, "public_key_version", 0) + offset;
    if (version < 1)
        version = 1;
    snprintf(op->y.signature_version, sizeof op->y.signature_version, "%lld", (long long)version);
}

static bool plan(struct yahoo_op *y, time_ms now)
{
    struct check_op *op = (struct check_op *)y;
    switch (op->step) {
    case CHECK_COUNT:
        return plan_count(y);
    case CHECK_VERSION_UP:
        use_version(op, 1);
        return plan_count(y);
    case CHECK_VERSION_DOWN:
        use_version(op, -1);
        return plan_count(y);
    case CHECK_LIST:
        y->signature_version[0] = '\0';
        return plan_list(y, now);
    case CHECK_END:
        y->base.done = true;
        return true;
    }
    return false;
}

static void key_judged(struct check_op *op)
{
    tell_key(op);
    op->step = CHECK_LIST;
}

static void count_note(struct check_op *op, const struct xml_node *result)
{
    const struct xml_node *count = xml_child(result, "Count");
    struct str fresh = xml_child_text(count, "NewOrder"),
               wait = xml_child_text(count, "WaitShipping");
    struct str ja = STR(""), en = STR("");
    if (fresh.n > 0 && wait.n > 0) {
        ja = arena_printf(op->y.base.arena, "新規注文 %.*s件、出荷待ち %.*s件", STR_ARG(fresh),
                          STR_ARG(wait));
        en =
            arena_printf(op->y.base.arena, "%.*s new, %.*s to ship", STR_ARG(fresh), STR_ARG(wait));
    }
    tell(op, ROW_COUNT, CHECK_OK, NULL, ja, en);
}

static void take(struct yahoo_op *y, time_ms now, const struct yahoo_answer *answer)
{
    struct check_op *op = (struct check_op *)y;
    tell_token(op);
    switch (op->step) {
    case CHECK_COUNT:
        count_note(op, answer->result);
        memcpy(op->first_status, y->authorize_status, sizeof op->first_status);
        op->step = CHECK_VERSION_UP;
        if (!str_eq(str_from(op->first_status), STR("not-found-key-version")))
            key_judged(op);
        break;
    case CHECK_VERSION_UP:
    case CHECK_VERSION_DOWN:
        if (str_eq(str_from(y->authorize_status), STR("authorized"))) {
            memcpy(op->right_version, y->signature_version, sizeof op->right_version);
            key_judged(op);
        } else if (op->step == CHECK_VERSION_UP) {
            op->step = CHECK_VERSION_DOWN;
        } else {
            key_judged(op);
        }
        break;
    case CHECK_LIST:
        tell(op, ROW_LIST, CHECK_OK, NULL, STR(""), STR(""));
        op->step = CHECK_END;
        break;
    case CHECK_END:
        break;
    }
    if (arena_failed(y->base.arena))
        yahoo_fail_no_memory(y);
}

static bool refused(struct yahoo_op *y, time_ms now, const struct http_response *response,
                    const struct error *error)
{
    struct check_op *op = (struct check_op *)y;
    if (error->class == ERROR_NO_MEMORY)
        return false;
    bool token = !y->call.operation || strcmp(y->call.operation, "token") == 0 ||
                 strcmp(error->code, "yahoo.token_not_accepted") == 0;
    if (token) {
        tell(op, ROW_TOKEN, CHECK_REFUSED, error, STR(""), STR(""));
        tell_unknown(op, ROW_COUNT);
        tell_unknown(op, ROW_KEY);
        tell_unknown(op, ROW_LIST);
        op->step = CHECK_END;
        return true;
    }
    tell_token(op);
    switch (op->step) {
    case CHECK_COUNT:
        tell(op, ROW_COUNT, CHECK_REFUSED, error, STR(""), STR(""));
        memcpy(op->first_status, y->authorize_status, sizeof op->first_status);
        key_judged(op);
        break;
    case CHECK_VERSION_UP:
    case CHECK_VERSION_DOWN:
        key_judged(op);
        break;
    case CHECK_LIST:
        tell(op, ROW_LIST, CHECK_REFUSED, error, STR(""), STR(""));
        op->step = CHECK_END;
        break;
    case CHECK_END:
        break;
    }
    return true;
}

struct mall_op *yahoo_check(const struct mall_account *account, const struct mall_sink *sink,
                            struct error *error)
{
    static const struct yahoo_steps steps = {.plan = plan, .take = take, .refused = refused};
    struct check_op *op = yahoo_op_new(sizeof *op, &steps, account, sink, error);
    return op ? &op->y.base : NULL;
}

// ---- refresh ----

// When the consent and the key end, as far as what was typed tells.
static bool learn_ends(struct yahoo_op *y)
{
    day expires;
    time_ms consent = yahoo_consent_end(&y->base.account);
    if (!y->code_used && consent != TIME_NONE &&
        !yahoo_learn(y, "refresh_token", STR_ABSENT, "refresh_token", consent, "estimated"))
        return false;
    if (!day_parse(yahoo_setting(y, "public_key_expires_on"), &expires))
        return true;
    return yahoo_learn(y, "public_key", STR_ABSENT, "public_key",
                       day_start_jst(day_add(expires, 1)), "typed");
}

static bool refresh_plan(struct yahoo_op *y, time_ms now)
{
    if (y->token_forced)
        return true;
    if (!learn_ends(y))
        return false;
    y->base.done = true;
    return true;
}

static void refresh_take(struct yahoo_op *y, time_ms now, const struct yahoo_answer *answer) {}

struct mall_op *yahoo_refresh(const struct mall_account *account, const struct mall_sink *sink,
                              struct error *error)
{
    static const struct yahoo_steps steps = {.plan = refresh_plan, .take = refresh_take};
    struct yahoo_op *op = yahoo_op_new(sizeof *op, &steps, account, sink, error);
    if (!op)
        return NULL;
    op->token_forced = true;
    return &op->base;
}
