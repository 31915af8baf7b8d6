// SPDX-License-Identifier: Apache-2.0
//
// Facts of a Rakuten order that have no field of their own: shown to staff as they are, with
// Japanese words. Values that say "nothing special" are left out, so that the rest stands out.
#include "mall/rakuten/parse_internal.h"

#define EXTRAS_FIRST 24

void add_extra(struct order_reader *r, const char *key, const char *label, struct str value)
{
    struct order *o = r->order;
    if (str_is_empty(value))
        return;
    if (o->extra_count == r->extra_capacity) {
        size_t capacity = r->extra_capacity ? r->extra_capacity * 2 : EXTRAS_FIRST;
        struct order_extra *grown = ARENA_ARRAY(r->arena, struct order_extra, capacity);
        if (!grown)
            return;
        if (o->extra_count > 0)
            memcpy(grown, o->extras, o->extra_count * sizeof *grown);
        o->extras = grown;
        r->extra_capacity = capacity;
    }
    o->extras[o->extra_count++] = (struct order_extra){str_from(key), str_from(label), value};
}

enum extra_kind {
    EXTRA_TEXT, // as it is
    EXTRA_FLAG, // はい when 1
    EXTRA_COUNT // when not 0
};
struct extra_field {
    const char *key, *label;
    enum extra_kind kind;
};

static struct str field_text(struct order_reader *r, struct json object,
                             const struct extra_field *f)
{
    int64_t number;
    if (f->kind == EXTRA_FLAG)
        return read_flag(object, f->key) ? STR("はい") : STR("");
    struct str text = read_text(r, object, f->key);
    return f->kind == EXTRA_COUNT && str_to_int64(text, &number) && number == 0 ? STR("") : text;
}

static void add_fields(struct order_reader *r, struct json object, const struct extra_field *fields,
                       size_t count)
{
    for (size_t i = 0; i < count; i++)
        add_extra(r, fields[i].key, fields[i].label, field_text(r, object, &fields[i]));
}
#define ADD_FIELDS(r, object, fields) \
    add_fields(r, object, fields, sizeof(fields) / sizeof(fields)[0])

static void add_named(struct order_reader *r, const char *key, const char *label,
                      const char *(*name)(int64_t), int64_t usual)
{
    int64_t code = read_int(r, r->model, key, usual);
    const char *text = name(code);
    if (code != usual)
        add_extra(r, key, label, text ? str_from(text) : read_text(r, r->model, key));
}

static void order_extras(struct order_reader *r)
{
    static const struct extra_field fields[] = {
        {"subStatusId", "サブステータスID", EXTRA_TEXT},
        {"shippingInstDatetime", "発送指示日時", EXTRA_TEXT},
        {"cancelDueDate", "キャンセル期限日", EXTRA_TEXT},
        {"socialGiftFlag", "ソーシャルギフト", EXTRA_FLAG},
        {"rakutenMemberFlag", "楽天会員", EXTRA_FLAG},
        {"reserveNumber", "申込番号", EXTRA_TEXT},
        {"reserveDeliveryCount", "申込お届け回数", EXTRA_TEXT},
        {"rakutenConfirmFlag", "楽天確認中", EXTRA_FLAG},
        {"additionalFeeOccurAmountToShop", "店舗負担金合計", EXTRA_COUNT},
        {"asurakuFlag", "あす楽", EXTRA_FLAG},
        {"deliveryCertPrgFlag", "最強翌日配送", EXTRA_FLAG},
        {"oneDayOperationFlag", "1営業日以内に出荷", EXTRA_FLAG},
        {"dealFlag", "楽天スーパーDEAL", EXTRA_FLAG},
        {"membershipType", "メンバーシッププログラム", EXTRA_COUNT},
        {"operator", "担当者", EXTRA_TEXT},
        {"mailPlugSentence", "メール差込文", EXTRA_TEXT},
        {"receiptIssueCount", "領収書発行回数", EXTRA_COUNT},
        {"emailCarrierCode", "メールキャリアコード", EXTRA_COUNT},
    };
    ADD_FIELDS(r, r->model, fields);
    add_named(r, "orderType", "注文種別", rakuten_order_type_name, 1);
    add_named(r, "carrierCode", "利用端末", rakuten_device_name, -1);
    add_named(r, "cautionDisplayDetailType", "注意表示の理由", rakuten_caution_name, -1);
    if (read_int(r, r->model, "cautionDisplayType", 0) == 2)
        add_extra(r, "cautionDisplayType", "警告表示", STR("キャンセル確認"));
}

static void buyer_extras(struct order_reader *r)
{
    struct json orderer = json_get(r->model, "OrdererModel");
    int64_t year = read_int(r, orderer, "birthYear", 0);
    int64_t month = read_int(r, orderer, "birthMonth", 0);
    int64_t date = read_int(r, orderer, "birthDay", 0);
    add_extra(r, "sex", "注文者性別", read_text(r, orderer, "sex"));
    if (year > 0 && month > 0 && date > 0)
        add_extra(r, "birthday", "注文者生年月日",
                  arena_printf(r->arena, "%lld-%02lld-%02lld", (long long)year, (long long)month,
                               (long long)date));
}

static void delivery_extras(struct order_reader *r)
{
    struct json delivery = json_get(r->model, "DeliveryModel"), due;
    int64_t class = read_int(r, delivery, "deliveryClass", 0);
    if (class == 1)
        add_extra(r, "deliveryClass", "配送区分", STR("普通"));
    else if (class >= 4)
        add_extra(r, "deliveryClass", "配送区分",
                  arena_printf(r->arena, "その他%lld", (long long)class - 3));
    for (struct json_iter i = json_iterate(json_get(r->model, "DueDateModelList"));
         json_next(&i, &due);) {
        int64_t type = read_int(r, due, "dueDateType", -1);
        if (type == 1 || type == 2)
            add_extra(r, "dueDate", type == 1 ? "支払い方法変更期限日" : "返金手続き期限日",
                      read_text(r, due, "dueDate"));
    }
}

static void history_extras(struct order_reader *r)
{
    struct json change, issued, list = json_get(r->model, "receiptIssueHistoryList");
    struct str last = STR("");
    for (struct json_iter i = json_iterate(json_get(r->model, "ChangeReasonModelList"));
         json_next(&i, &change);) {
        const char *what = rakuten_change_name(read_int(r, change, "changeType", -1));
        const char *reason = rakuten_reason_name(read_int(r, change, "changeReasonDetail", -1));
        struct str text = join_texts(r, what ? str_from(what) : STR(""), ": ",
                                     reason ? str_from(reason) : STR(""));
        add_extra(r, "ChangeReasonModel", "変更履歴",
                  join_texts(r, read_text(r, change, "changeApplyDatetime"), " ", text));
    }
    for (struct json_iter i = json_iterate(list); json_next(&i, &issued);)
        last = str_dup(r->arena, json_str(issued));
    add_extra(r, "receiptIssueHistoryList", "領収書最終発行日時", last);
}

static void package_extras(struct order_reader *r)
{
    static const struct extra_field gift[] = {
        {"sgMngNumber", "ソーシャルギフト管理番号", EXTRA_TEXT},
        {"inputDueDate", "受取情報の入力期限", EXTRA_TEXT},
        {"inputCompDatetime", "受取情報の入力日時", EXTRA_TEXT},
        {"receiverEmailAddress", "受取人メールアドレス", EXTRA_TEXT},
    };
    static const struct extra_field store[] = {
        {"storeGenreCode", "受取店舗ジャンル", EXTRA_TEXT},
        {"storeZip", "受取店舗郵便番号", EXTRA_TEXT},
        {"storePrefecture", "受取店舗都道府県", EXTRA_TEXT},
        {"storeAddress", "受取店舗住所", EXTRA_TEXT},
        {"areaCode", "受取店舗エリアコード", EXTRA_TEXT},
        {"depo", "受取店舗センターデポ", EXTRA_TEXT},
        {"openTime", "受取店舗開店時間", EXTRA_TEXT},
        {"closeTime", "受取店舗閉店時間", EXTRA_TEXT},
        {"cvsRemarks", "受取店舗備考", EXTRA_TEXT},
    };
    struct json package;
    for (struct json_iter i = json_iterate(json_get(r->model, "PackageModelList"));
         json_next(&i, &package);) {
        struct json social = json_get(package, "SocialGiftModel");
        ADD_FIELDS(r, social, gift);
        if (json_type(social) == JSON_OBJECT)
            add_extra(r, "inputFlag", "受取情報",
                      read_flag(social, "inputFlag") ? STR("入力済み") : STR("入力待ち"));
        ADD_FIELDS(r, json_get(package, "DeliveryCvsModel"), store);
    }
}

// Facts of single lines, keyed by the line's own id.
static void line_extras(struct order_reader *r, struct json item)
{
    static const struct extra_field fields[] = {
        {"dealFlag", "スーパーDEAL商品", EXTRA_FLAG},
        {"isSingleItemShipping", "単品配送", EXTRA_FLAG},
        {"includeCashOnDeliveryPostageFlag", "代引手数料込み", EXTRA_FLAG},
        {"restoreInventoryFlag", "在庫連動オプション", EXTRA_COUNT},
        {"pointRate", "ポイント倍率", EXTRA_COUNT},
        {"pointType", "ポイントタイプ", EXTRA_COUNT},
        {"itemId", "商品ID", EXTRA_TEXT},
        {"inventoryType", "在庫タイプ", EXTRA_COUNT},
    };
    struct str id = read_text(r, item, "itemDetailId");
    for (size_t i = 0; i < sizeof fields / sizeof fields[0]; i++) {
        struct str text = field_text(r, item, &fields[i]);
        if (str_is_empty(text))
            continue;
        struct str key = arena_printf(r->arena, "%s[%.*s]", fields[i].key, STR_ARG(id));
        if (arena_failed(r->arena))
            return;
        add_extra(r, key.p, fields[i].label, text);
    }
}

void parse_extras(struct order_reader *r)
{
    struct json package, item;
    order_extras(r);
    buyer_extras(r);
    delivery_extras(r);
    history_extras(r);
    package_extras(r);
    for (struct json_iter i = json_iterate(json_get(r->model, "PackageModelList"));
         json_next(&i, &package);)
        for (struct json_iter k = json_iterate(json_get(package, "ItemModelList"));
             json_next(&k, &item);)
            line_extras(r, item);
}
