// SPDX-License-Identifier: Apache-2.0
//
// One orderInfo becomes a canonical order (yahoo.md §8, statuses.md §3.2): status axes, marks,
// links, extras. Money and payment are in order_money.c, the destination in order_package.c.
// Invariants: an order is read whole or refused with the name of the field; unknown codes are kept
// and shown; elements that are absent and elements that are empty mean the same; groups may come in
// any order. Texts are copied into the caller's arena. Any thread.
#include "mall/yahoo/fields.h"
#include "mall/yahoo/internal.h"

#include <stdio.h>

#define EXTRAS_MAX 96
#define LINKS_MAX 8

// ---- reading elements ----

int64_t yahoo_integer(struct yahoo_reader *r, const struct xml_node *parent, const char *name,
                      int64_t otherwise)
{
    struct str text = xml_child_text(parent, name);
    int64_t value;
    if (str_is_empty(text))
        return otherwise;
    if (str_to_int64(text, &value))
        return value;
    if (!r->failed) {
        r->failed = true;
        error_set(r->error, ERROR_MALFORMED, "yahoo.field_not_integer",
                  "注文データの項目 %s が数値ではありません。",
                  "The order's field %s is not a number.", name);
    }
    return otherwise;
}

bool yahoo_true(const struct xml_node *parent, const char *name)
{
    struct str text = xml_child_text(parent, name);
    return str_eq_nocase(text, STR("true")) || str_eq(text, STR("1"));
}

struct str yahoo_text(struct yahoo_reader *r, const struct xml_node *parent, const char *name)
{
    struct str text = xml_child_text(parent, name);
    return str_is_empty(text) ? STR("") : str_dup(r->arena, text);
}

time_ms yahoo_time(const struct xml_node *parent, const char *name)
{
    time_ms t;
    return time_parse_yahoo(xml_child_text(parent, name), &t) ? t : TIME_NONE;
}

day yahoo_day(const struct xml_node *parent, const char *name)
{
    struct str text = xml_child_text(parent, name);
    day d;
    // Some dates come with a time behind.
    return day_parse(str_slice(text, 0, 10), &d) && day_is_valid(d) ? d : 0;
}

// A child of the order itself in a flat answer, of the group in orderInfo's.
struct str yahoo_order_text(const struct xml_node *order_info, const char *group, const char *name)
{
    struct str text = group ? xml_child_text(xml_child(order_info, group), name) : STR_ABSENT;
    return text.p ? text : xml_child_text(order_info, name);
}

static int code_of(const struct xml_node *info, const char *group, const char *name)
{
    int64_t value;
    struct str text = yahoo_order_text(info, group, name);
    return str_to_int64(text, &value) && value >= 0 && value <= 99 ? (int)value : -1;
}

void yahoo_state_read(const struct xml_node *info, struct yahoo_state *s)
{
    struct str seen = yahoo_order_text(info, NULL, "IsSeen");
    struct str read_only = yahoo_order_text(info, NULL, "IsReadOnly");
    *s = (struct yahoo_state){
        .order = code_of(info, NULL, "OrderStatus"),
        .pay = code_of(info, "Pay", "PayStatus"),
        .ship = code_of(info, "Ship", "ShipStatus"),
        .settle = code_of(info, "Pay", "SettleStatus"),
        .pay_type = code_of(info, "Pay", "PayType"),
        .fraud = code_of(info, NULL, "FraudHoldStatus"),
        .seen = str_eq_nocase(seen, STR("true")) || str_eq(seen, STR("1")),
        .read_only = str_eq_nocase(read_only, STR("true")) || str_eq(read_only, STR("1")),
    };
    if (s->fraud < 0)
        s->fraud = 0;
}

// ---- extras ----

bool yahoo_extra_add(struct yahoo_reader *r, struct order *order, const char *key,
                     const char *label, struct str value)
{
    if (str_is_empty(value) || order->extra_count >= EXTRAS_MAX)
        return false;
    order->extras[order->extra_count++] = (struct order_extra){
        .key = str_dup(r->arena, str_from(key)),
        .label = str_dup(r->arena, str_from(label)),
        .value = str_dup(r->arena, value),
    };
    return true;
}

static bool says_nothing(struct str value)
{
    return str_is_empty(value) || str_eq(value, STR("0")) || str_eq_nocase(value, STR("false"));
}

static void read_extras(struct yahoo_reader *r, const struct xml_node *info, struct order *order)
{
    for (size_t i = 0; i < yahoo_field_count; i++) {
        const struct yahoo_field *f = &yahoo_fields[i];
        if (!f->extra || f->group == YAHOO_ITEM)
            continue;
        struct str value = yahoo_order_text(info, yahoo_group_element(f->group), f->name);
        if (says_nothing(value))
            continue;
        struct str words = yahoo_value_label(str_from(f->name), value);
        if (words.n > 0)
            value = arena_printf(r->arena, "%.*s %.*s", STR_ARG(value), STR_ARG(words));
        yahoo_extra_add(r, order, f->name, f->extra, value);
    }
    yahoo_extra_add(r, order, "IsSeen", "閲覧済み",
                    yahoo_true(info, "IsSeen") ? STR("true") : STR("false"));
}

// The store's own questions at the order: label and answer are both the store's.
static void read_questions(struct yahoo_reader *r, const struct xml_node *info, struct order *order)
{
    static const char *const pairs[][3] = {
        {"Ship", "Option1Field", "Option1Value"},
        {"Ship", "Option2Field", "Option2Value"},
        {"Ship", "ShipSection1Field", "ShipSection1Value"},
        {"Ship", "ShipSection2Field", "ShipSection2Value"},
        {"Pay", "BillSection1Field", "BillSection1Value"},
        {"Pay", "BillSection2Field", "BillSection2Value"},
    };
    for (size_t i = 0; i < sizeof pairs / sizeof pairs[0]; i++) {
        const struct xml_node *group = xml_child(info, pairs[i][0]);
        const char *label = str_cstr(r->arena, xml_child_text(group, pairs[i][1]));
        yahoo_extra_add(r, order, pairs[i][2], label, xml_child_text(group, pairs[i][2]));
    }
}

// ---- the order's own axis ----

static enum order_state order_state_of(const struct yahoo_state *s)
{
    switch (s->order) {
    case 0:
        return ORDER_PROVISIONAL;
    case 2:
        return s->seen ? ORDER_ACCEPTED : ORDER_NEW;
    case 4:
        return ORDER_CANCELLED;
    case 5:
        return ORDER_DONE;
    case 8:
        return ORDER_MALL_PROCESSING;
    default:
        return ORDER_ACCEPTED;
    }
}

static void mark_if(struct order *order, bool condition, int64_t mark)
{
    if (condition)
        order->marks |= mark;
}

static void read_marks(const struct xml_node *info, const struct yahoo_state *s,
                       struct order *order)
{
    const struct xml_node *ship = xml_child(info, "Ship");
    const struct xml_node *pay = xml_child(info, "Pay");
    struct str social = xml_child_text(info, "SocialGiftType");
    struct str arrive = xml_child_text(ship, "ArriveType");
    bool line_gift = yahoo_true(info, "IsLineGiftOrder");
    mark_if(order, s->order == 3, ORDER_MARK_HOLD);
    mark_if(order, s->order == 1, ORDER_MARK_PREORDER);
    mark_if(order, s->fraud == 1 || s->fraud == 3, ORDER_MARK_FRAUD_REVIEW | ORDER_MARK_HOLD);
    mark_if(order, s->read_only, ORDER_MARK_READ_ONLY);
    mark_if(order, str_eq(xml_child_text(info, "Suspect"), STR("1")), ORDER_MARK_SUSPECT);
    mark_if(order, xml_child_text(info, "SuspectMessage").n > 0, ORDER_MARK_CAUTION);
    mark_if(order, yahoo_true(info, "IsMultiShip"), ORDER_MARK_SEVERAL_DESTINATIONS);
    mark_if(order, yahoo_true(info, "IsYahooAuctionOrder"), ORDER_MARK_AUCTION);
    mark_if(order, yahoo_true(info, "IsFirstClassDrugIncludes"), ORDER_MARK_DRUG);
    mark_if(order, xml_child_text(info, "BuyerComments").n > 0, ORDER_MARK_COMMENT);
    mark_if(order, !says_nothing(social) || line_gift, ORDER_MARK_GIFT);
    mark_if(order, yahoo_true(pay, "NeedReceipt"), ORDER_MARK_RECEIPT);
    mark_if(order, str_eq(arrive, STR("1")) || str_eq(arrive, STR("2")), ORDER_MARK_EXPRESS);
    mark_if(order, !says_nothing(xml_child_text(ship, "ExcellentDelivery")), ORDER_MARK_EXPRESS);
    mark_if(order, yahoo_true(ship, "IsSubscription"), ORDER_MARK_SUBSCRIPTION);
}

// A gift whose receiver hasn't given an address can't be shipped whatever its status says.
static void read_line_gift(struct yahoo_reader *r, const struct xml_node *info, struct order *order)
{
    const struct xml_node *ship = xml_child(info, "Ship");
    struct str shippable = xml_child_text(ship, "IsLineGiftShippable");
    if (!yahoo_true(info, "IsLineGiftOrder") || !str_eq_nocase(shippable, STR("false")))
        return;
    order->marks |= ORDER_MARK_HOLD;
    yahoo_extra_add(r, order, "IsLineGiftShippable", "保留の理由",
                    STR("LINEギフト：受取人の住所入力待ちのため出荷できません"));
}

static void add_link(struct yahoo_reader *r, struct order *order, const char *kind, struct str no)
{
    no = str_trim(no);
    if (str_is_empty(no) || str_eq(no, order->order_no) || order->link_count >= LINKS_MAX)
        return;
    for (size_t i = 0; i < order->link_count; i++)
        if (str_eq(order->links[i].order_no, no))
            return;
    order->links[order->link_count++] =
        (struct order_link){.kind = str_from(kind), .order_no = str_dup(r->arena, no)};
}

// Split orders get new numbers; the source is cancelled by the mall without being a lost sale.
static void read_links(struct yahoo_reader *r, const struct xml_node *info, struct order *order)
{
    struct str children = xml_child_text(info, "ChildOrderId"), child;
    order->links = ARENA_ARRAY(r->arena, struct order_link, LINKS_MAX);
    if (!order->links)
        return;
    add_link(r, order, "split_from", xml_child_text(info, "ParentOrderId"));
    add_link(r, order, "split_from", xml_child_text(info, "OriginalOrderId"));
    while (str_split(&children, ',', &child))
        add_link(r, order, "split_into", child);
    if (order->link_count > 0 || yahoo_true(info, "IsSplit"))
        order->marks |= ORDER_MARK_SPLIT;
    add_link(r, order, "same_purchase", xml_child_text(info, "MultiShipId"));
}

static struct str cancel_reason(struct yahoo_reader *r, const struct xml_node *info)
{
    struct str code = xml_child_text(info, "CancelReason");
    struct str detail = xml_child_text(info, "CancelReasonDetail");
    if (str_is_empty(code))
        return yahoo_true(info, "IsSplit") ? STR("注文分割") : STR("");
    struct str words = yahoo_cancel_reason_label(code);
    return arena_printf(r->arena, "%.*s%s%.*s%s%.*s", STR_ARG(code), words.n ? " " : "",
                        STR_ARG(words), detail.n ? "：" : "", STR_ARG(detail));
}

static void read_head(struct yahoo_reader *r, const struct xml_node *info,
                      const struct yahoo_state *s, struct order *order)
{
    order->mall = STR("yahoo");
    order->channel = yahoo_true(info, "IsYahooAuctionOrder") ? STR("auction") : STR("");
    order->mall_status = yahoo_compact_status(r->arena, s);
    order->mall_status_label = yahoo_status_label(s);
    order->mall_sub_status = yahoo_text(r, info, "StoreStatus");
    order->mall_update_mark = yahoo_update_mark(r->arena, xml_child_text(info, "Version"),
                                                xml_child_text(info, "LastUpdateTime"), s);
    order->state = order_state_of(s);
    order->ordered_at = yahoo_time(info, "OrderTime");
    order->mall_updated_at = yahoo_time(info, "LastUpdateTime");
    order->confirmed_at = yahoo_time(info, "SendConfirmTime");
    order->buyer_note = yahoo_text(r, info, "BuyerComments");
    order->mall_memo = yahoo_text(r, info, "Notes");
    order->cancel_reason = s->order == 4 ? cancel_reason(r, info) : STR("");
    if (s->order == 4)
        order->cancelled_at = order->mall_updated_at;
    read_marks(info, s, order);
}

static bool head_is_whole(const struct xml_node *info, const struct yahoo_state *s,
                          const struct order *order, struct error *error)
{
    const char *missing = NULL;
    if (str_is_empty(xml_child_text(info, "OrderId")))
        missing = "OrderId";
    else if (s->order < 0)
        missing = "OrderStatus";
    else if (order->ordered_at == TIME_NONE)
        missing = "OrderTime";
    else if (!xml_child(info, "Item"))
        missing = "Item";
    if (!missing)
        return true;
    error_set(error, ERROR_MALFORMED, "yahoo.field_missing", "注文データに項目 %s がありません。",
              "The order's field %s is missing.", missing);
    return false;
}

bool yahoo_order_read(struct arena *arena, const struct mall_account *account,
                      const struct xml_node *info, struct order *order, struct error *error)
{
    struct yahoo_reader r = {.arena = arena, .account = account, .error = error};
    struct yahoo_state state;
    order_init(order);
    order->shop_id = account->shop_id;
    order->order_no = yahoo_text(&r, info, "OrderId");
    order->extras = ARENA_ARRAY(arena, struct order_extra, EXTRAS_MAX);
    if (!order->extras)
        return error_no_memory(error);
    yahoo_state_read(info, &state);
    read_head(&r, info, &state, order);
    if (!head_is_whole(info, &state, order, error))
        return error_subject(error, "%.*s", STR_ARG(order->order_no));
    yahoo_package_read(&r, info, &state, order);
    yahoo_payment_read(&r, info, &state, order);
    yahoo_money_read(&r, info, &state, order);
    read_line_gift(&r, info, order);
    read_links(&r, info, order);
    read_extras(&r, info, order);
    read_questions(&r, info, order);
    if (arena_failed(arena))
        return error_no_memory(error);
    if (r.failed)
        return error_subject(error, "%.*s", STR_ARG(order->order_no));
    return true;
}

// ---- the raw part ----

static bool has_card_data(const struct xml_node *node)
{
    for (const struct xml_node *child = node->first_child; child; child = child->next)
        if (yahoo_is_card_data(child->name) || has_card_data(child))
            return true;
    return false;
}

static void add_without_card(struct buf *out, struct arena *arena, const struct xml_node *node)
{
    const char *name = str_cstr(arena, node->name);
    if (yahoo_is_card_data(node->name))
        return;
    if (!node->first_child) {
        xml_add_element(out, name, node->text.n ? node->text : STR_ABSENT);
        return;
    }
    buf_addf(out, "<%s>", name);
    for (const struct xml_node *child = node->first_child; child; child = child->next)
        add_without_card(out, arena, child);
    buf_addf(out, "</%s>", name);
}

struct str yahoo_order_raw(struct arena *arena, struct str body, const struct xml_node *root)
{
    if (!root)
        return str_find(body, STR("<Card")) >= 0 ? STR("") : str_dup(arena, body);
    if (!has_card_data(root))
        return str_dup(arena, body);
    AUTO_BUF out = buf_make(YAHOO_INFO_BYTES_MAX);
    add_without_card(&out, arena, root);
    return out.failed ? STR("") : str_dup(arena, buf_str(&out));
}
