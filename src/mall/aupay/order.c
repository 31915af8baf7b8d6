// SPDX-License-Identifier: Apache-2.0
//
// One <orderInfo> becomes a canonical order (aupay.md §3, statuses.md §3.3): status axes, marks,
// extras. Money and payment are in order_money.c, the destination in order_package.c.
// Invariants: an order is read whole or refused with the name of the element; a status of the
// shop's own is kept as it is; elements that are absent and elements that are empty mean the same;
// elements that nobody knows are kept as extras. Texts are copied into the caller's arena. Any
// thread.
#include "mall/aupay/internal.h"

#define EXTRAS_MAX 160
#define ORDER_NO_BYTES_MAX 50

// ---- reading elements ----

struct str aupay_text(struct aupay_reader *r, const struct xml_node *parent, const char *name)
{
    struct str text = xml_child_text(parent, name);
    return str_is_empty(text) ? STR("") : str_dup(r->arena, text);
}

int64_t aupay_integer(struct aupay_reader *r, const struct xml_node *parent, const char *name,
                      int64_t otherwise)
{
    struct str text = xml_child_text(parent, name);
    yen value;
    if (str_is_empty(text))
        return otherwise;
    if (str_to_int64(text, &value) || yen_parse(text, &value))
        return value;
    if (!r->failed) {
        r->failed = true;
        error_set(r->error, ERROR_MALFORMED, "aupay.field_not_integer",
                  "注文データの項目 %s が数値ではありません。",
                  "The order's field %s is not a number.", name);
    }
    return otherwise;
}

time_ms aupay_time(const struct xml_node *parent, const char *name)
{
    struct str text = xml_child_text(parent, name);
    time_ms t;
    day d;
    if (time_parse_iso(text, JST_OFFSET_MS, &t))
        return t;
    return day_parse(text, &d) && day_is_valid(d) ? day_start_jst(d) : TIME_NONE;
}

day aupay_day(const struct xml_node *parent, const char *name)
{
    struct str text = xml_child_text(parent, name);
    ptrdiff_t blank = str_find_char(text, ' ');
    day d;
    if (blank > 0)
        text = str_slice(text, 0, (size_t)blank);
    return day_parse(text, &d) && day_is_valid(d) ? d : 0;
}

bool aupay_number_is_sound(struct str no)
{
    for (size_t i = 0; i < no.n; i++) {
        char c = no.p[i];
        bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
        if (!letter && !(c >= '0' && c <= '9') && c != '-')
            return false;
    }
    return no.n > 0 && no.n <= ORDER_NO_BYTES_MAX;
}

// ---- the mark ----

static uint64_t mix(uint64_t a, uint64_t b)
{
    uint64_t z = a + 0x9e3779b97f4a7c15u * (b | 1);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

// Sums, so that the order of elements doesn't count; nothing said is 0, so that an empty element is
// like none. The tree is at most 64 deep (base/xml.h).
static uint64_t digest(const struct xml_node *node) // NOLINT(misc-no-recursion)
{
    uint64_t sum = 0;
    struct str text = str_trim(node->text);
    for (const struct xml_node *child = node->first_child; child; child = child->next)
        sum += digest(child);
    if (!node->first_child && text.n > 0)
        sum = str_hash(text);
    return sum ? mix(str_hash(node->name), sum) : 0;
}

struct str aupay_update_mark(struct arena *arena, const struct xml_node *info)
{
    return arena_printf(arena, "%016llx", (unsigned long long)digest(info));
}

// ---- extras ----

bool aupay_extra_add(struct aupay_reader *r, struct order *order, const char *key,
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

struct element_label {
    const char *name, *label; // NULL: it has a place in the order
};
static const struct element_label elements[] = {
    {"orderId", NULL},
    {"orderDate", NULL},
    {"orderStatus", NULL},
    {"mailAddress", NULL},
    {"ordererName", NULL},
    {"ordererKana", NULL},
    {"ordererZipCode", NULL},
    {"ordererAddress", NULL},
    {"ordererPhoneNumber1", NULL},
    {"senderName", NULL},
    {"senderKana", NULL},
    {"senderZipCode", NULL},
    {"senderAddress", NULL},
    {"senderPhoneNumber1", NULL},
    {"senderShopCd", NULL},
    {"settlementName", NULL},
    {"userComment", NULL},
    {"memo", NULL},
    {"cancelReason", NULL},
    {"cancelComment", NULL},
    {"cancelDate", NULL},
    {"totalSalePrice", NULL},
    {"postagePrice", NULL},
    {"chargePrice", NULL},
    {"totalItemOptionPrice", NULL},
    {"totalGiftWrappingPrice", NULL},
    {"totalPrice", NULL},
    {"couponTotalPrice", NULL},
    {"usePoint", NULL},
    {"requestPrice", NULL},
    {"deliveryName", NULL},
    {"deliveryRequestDay", NULL},
    {"deliveryRequestTime", NULL},
    {"shippingDate", NULL},
    {"shippingCarrier", NULL},
    {"shippingNumber", NULL},
    {"paymentDate", NULL},
    {"shipDate", NULL},
    {"contactStatus", NULL},
    {"authorizationStatus", NULL},
    {"paymentStatus", NULL},
    {"shipStatus", NULL},
    {"printStatus", NULL},
    {"cancelStatus", NULL},
    {"sellMethodSegment", NULL},
    {"detail", NULL},
    {"releaseDate", "発売(入荷)予定日"},
    {"siteAndDevice", "サイト・端末"},
    {"crossBorderEcTradeKbn", "越境EC取引区分"},
    {"rawMailAddress", "非暗号化メールアドレス"},
    {"ordererPhoneNumber2", "注文者電話番号2"},
    {"senderPhoneNumber2", "送付先電話番号2"},
    {"nickname", "ニックネーム"},
    {"orderOption", "注文オプション"},
    {"secureSegment", "3Dセキュア利用区分"},
    {"tradeRemarks", "特記事項"},
    {"contactDate", "連絡日時"},
    {"authorizationDate", "与信日時"},
    {"printDate", "印刷日時"},
    {"totalSaleUnit", "数量合計"},
    {"premiumMember", "プレミアム会員"},
    {"premiumType", "プレミアム特典区分"},
    {"premiumIssuePrice", "特典適用金額"},
    {"premiumMallPrice", "モール負担送料"},
    {"premiumShopPrice", "店舗負担送料"},
    {"pontapassCampaignApplyFlg", "Pontaパス特典"},
    {"useAuPointPrice", "Pontaポイント利用額"},
    {"useAuPoint", "Pontaポイント利用数"},
    {"useAuPointCancel", "Pontaポイント取消状態"},
    {"usePointCancel", "ポイント取消状態"},
    {"pointFixedDate", "付与ポイント確定日"},
    {"pointFixedStatus", "付与ポイント状態"},
    {"settleStatus", "決済ステータス"},
    {"authoriTimelimitDate", "オーソリ期日"},
    {"pgResult", "決済結果"},
    {"pgResponseCode", "決済応答コード"},
    {"pgResponseDetail", "決済応答詳細"},
    {"pgOrderId", "決済注文番号"},
    {"pgRequestPrice", "決済請求金額"},
    {"couponType", "クーポン種別"},
    {"couponKey", "クーポンキー"},
    {"cardJadgement", "カード判定"},
    {"deliveryMethodId", "配送方法ID"},
    {"deliveryId", "(旧)配送方法ID"},
    {"elecReceiptIssueStatus", "電子領収書"},
    {"elecReceiptIssueTimes", "電子領収書発行回数"},
    {"yamatoLnkMgtNo", "B2クラウド連携管理番号"},
};

static const struct element_label *find_element(struct str name)
{
    for (size_t i = 0; i < sizeof elements / sizeof elements[0]; i++)
        if (str_eq(name, str_from(elements[i].name)))
            return &elements[i];
    return NULL;
}

// Tax splits repeat what the tax table of the order says.
static bool is_split(struct str name)
{
    return str_ends(name, STR("NormalTax")) || str_ends(name, STR("ReducedTax")) ||
           str_ends(name, STR("NoTax")) || str_ends(name, STR("TaxRate"));
}

static void read_extras(struct aupay_reader *r, const struct xml_node *info, struct order *order)
{
    for (const struct xml_node *n = info->first_child; n; n = n->next) {
        const struct element_label *known = find_element(n->name);
        struct str value = str_trim(n->text);
        bool nothing = str_is_empty(value) || str_eq(value, STR("0")) || str_eq(value, STR("N"));
        if (nothing || n->first_child || (known && !known->label) || is_split(n->name))
            continue;
        aupay_extra_add(r, order, str_cstr(r->arena, n->name), known ? known->label : "", value);
    }
}

// ---- the order's own axis ----

static enum order_state order_state_of(const struct aupay_state *s)
{
    if (s->cancelled)
        return ORDER_CANCELLED;
    switch (s->status) {
    case AUPAY_NEW:
    case AUPAY_NEW_PREORDER:
        return ORDER_NEW;
    case AUPAY_AUTHORIZATION:
    case AUPAY_FRAUD_REVIEW:
    case AUPAY_REVIEW_HELD:
        return ORDER_MALL_PROCESSING;
    case AUPAY_DONE:
        return ORDER_DONE;
    case AUPAY_CANCELLING:
    case AUPAY_REVIEW_REFUSED:
        return ORDER_CANCEL_REQUESTED;
    default:
        return ORDER_ACCEPTED;
    }
}

static void mark_if(struct order *order, bool condition, int64_t mark)
{
    if (condition)
        order->marks |= mark;
}

static void read_marks(const struct xml_node *info, const struct aupay_state *s,
                       struct order *order)
{
    struct str method = xml_child_text(info, "sellMethodSegment");
    bool review = s->status == AUPAY_FRAUD_REVIEW || s->status == AUPAY_REVIEW_HELD ||
                  s->status == AUPAY_REVIEW_REFUSED;
    mark_if(order, s->status == AUPAY_HOLD || review, ORDER_MARK_HOLD);
    mark_if(order, review, ORDER_MARK_FRAUD_REVIEW);
    mark_if(order,
            s->status == AUPAY_PREORDER || s->status == AUPAY_NEW_PREORDER ||
                (method.n > 0 && !str_eq(method, STR("1"))),
            ORDER_MARK_PREORDER);
    mark_if(order, xml_child_text(info, "userComment").n > 0, ORDER_MARK_COMMENT);
}

static struct str cancel_reason(struct aupay_reader *r, const struct xml_node *info)
{
    struct str code = xml_child_text(info, "cancelReason");
    struct str comment = xml_child_text(info, "cancelComment");
    return arena_printf(r->arena, "%.*s%s%.*s", STR_ARG(code), code.n && comment.n ? " " : "",
                        STR_ARG(comment));
}

static void read_head(struct aupay_reader *r, const struct xml_node *info,
                      const struct aupay_state *s, struct order *order)
{
    order->mall = STR("aupay");
    order->channel = STR("");
    order->mall_status = str_dup(r->arena, s->name);
    order->mall_status_label = order->mall_status;
    order->mall_sub_status = STR("");
    order->mall_update_mark = aupay_update_mark(r->arena, info);
    order->state = order_state_of(s);
    order->ordered_at = aupay_time(info, "orderDate");
    order->confirmed_at = aupay_time(info, "contactDate");
    order->buyer_note = aupay_text(r, info, "userComment");
    order->mall_memo = aupay_text(r, info, "memo");
    order->cancel_reason = s->cancelled ? cancel_reason(r, info) : STR("");
    order->cancelled_at = s->cancelled ? aupay_time(info, "cancelDate") : TIME_NONE;
    read_marks(info, s, order);
}

static bool head_is_whole(const struct xml_node *info, const struct order *order,
                          struct error *error)
{
    const char *missing = NULL;
    if (str_is_empty(order->order_no))
        missing = "orderId";
    else if (str_is_empty(order->mall_status))
        missing = "orderStatus";
    else if (order->ordered_at == TIME_NONE)
        missing = "orderDate";
    else if (!xml_child(info, "detail"))
        missing = "detail";
    if (!missing)
        return true;
    error_set(error, ERROR_MALFORMED, "aupay.field_missing_in_order",
              "注文データに項目 %s がありません。", "The order's field %s is missing.", missing);
    return false;
}

bool aupay_order_read(struct arena *arena, const struct mall_account *account,
                      const struct xml_node *info, struct order *order, struct error *error)
{
    struct aupay_reader r = {.arena = arena, .account = account, .error = error};
    struct aupay_state state;
    order_init(order);
    order->shop_id = account->shop_id;
    order->order_no = aupay_text(&r, info, "orderId");
    order->extras = ARENA_ARRAY(arena, struct order_extra, EXTRAS_MAX);
    if (!order->extras)
        return error_no_memory(error);
    aupay_state_read(info, &state);
    read_head(&r, info, &state, order);
    if (!head_is_whole(info, order, error))
        return error_subject(error, "%.*s", STR_ARG(order->order_no));
    aupay_package_read(&r, info, &state, order);
    aupay_money_read(&r, info, &state, order);
    read_extras(&r, info, order);
    if (arena_failed(arena))
        return error_no_memory(error);
    if (r.failed)
        return error_subject(error, "%.*s", STR_ARG(order->order_no));
    return true;
}
