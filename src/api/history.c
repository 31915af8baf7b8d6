// SPDX-License-Identifier: Apache-2.0
//
// Stored events hold values as the store has them (ids, codes, milliseconds, whole children); here
// they become lines: a label and the value before and after. A person is one line for each part
// that changed, a list one line for each entry that was added, changed or removed. Fields that have
// no words here (a newer program wrote them) are shown by their names.
#include "api/history.h"
#include "api/mask.h"
#include "order/carrier.h"
#include "text/japan.h"
#include <stdio.h>

#define ENTRIES_MAX 200

enum show {
    SHOW_TEXT,
    SHOW_YEN,
    SHOW_TIME,
    SHOW_DAY,
    SHOW_YES_NO,
    SHOW_MARKS,
    SHOW_CARRIER,
    SHOW_ORDER_STATE,
    SHOW_PAYMENT_STATE,
    SHOW_SHIPMENT_STATE,
    SHOW_PAYMENT_CLASS,
    SHOW_WORK_STATUS,
    SHOW_PERSON,
    SHOW_LIST
};

struct word {
    const char *field, *ja, *en;
    enum show show;
};

static const struct word order_words[] = {
    {"work_status", "ステータス", "Status", SHOW_WORK_STATUS},
    {"memo", "ひとことメモ", "Memo", SHOW_TEXT},
    {"state", "注文の状態", "Order state", SHOW_ORDER_STATE},
    {"payment_state", "入金の状態", "Payment", SHOW_PAYMENT_STATE},
    {"shipment_state", "配送の状態", "Shipment", SHOW_SHIPMENT_STATE},
    {"mall_status", "モールのステータスコード", "Mall status code", SHOW_TEXT},
    {"mall_status_label", "モールのステータス", "Mall status", SHOW_TEXT},
    {"mall_sub_status", "モールのサブステータス", "Mall sub-status", SHOW_TEXT},
    {"marks", "マーク", "Marks", SHOW_MARKS},
    {"channel", "注文経路", "Channel", SHOW_TEXT},
    {"ordered_at", "注文日時", "Ordered", SHOW_TIME},
    {"confirmed_at", "注文確認日時", "Confirmed", SHOW_TIME},
    {"fixed_at", "注文確定日時", "Fixed", SHOW_TIME},
    {"shipped_at", "発送日時", "Shipped", SHOW_TIME},
    {"cancelled_at", "キャンセル日時", "Cancelled", SHOW_TIME},
    {"orderer", "注文者", "Orderer", SHOW_PERSON},
    {"payment_method_code", "支払方法コード", "Payment method code", SHOW_TEXT},
    {"payment_method", "支払方法", "Payment method", SHOW_TEXT},
    {"payment_class", "支払時期", "When paid", SHOW_PAYMENT_CLASS},
    {"payment_note", "支払の備考", "Payment note", SHOW_TEXT},
    {"paid_at", "入金日時", "Paid", SHOW_TIME},
    {"payment_due", "支払期限", "Payment due", SHOW_DAY},
    {"goods", "商品合計", "Goods", SHOW_YEN},
    {"postage", "送料", "Postage", SHOW_YEN},
    {"cod_fee", "代引手数料", "COD fee", SHOW_YEN},
    {"payment_fee", "決済手数料", "Payment fee", SHOW_YEN},
    {"wrapping_fee", "ラッピング料", "Wrapping", SHOW_YEN},
    {"other_fee", "その他手数料", "Other fees", SHOW_YEN},
    {"coupon_shop", "店舗クーポン", "Shop coupons", SHOW_YEN},
    {"coupon_mall", "モールクーポン", "Mall coupons", SHOW_YEN},
    {"points", "ポイント利用", "Points used", SHOW_YEN},
    {"discount", "値引", "Discount", SHOW_YEN},
    {"adjustment", "調整額", "Adjustment", SHOW_YEN},
    {"total", "合計", "Total", SHOW_YEN},
    {"billed", "請求金額", "Amount due", SHOW_YEN},
    {"buyer_note", "購入者の備考", "Buyer's note", SHOW_TEXT},
    {"mall_memo", "モールのメモ", "Mall memo", SHOW_TEXT},
    {"cancel_reason", "キャンセル理由", "Cancel reason", SHOW_TEXT},
    {"taxes", "消費税", "Taxes", SHOW_LIST},
    {"coupons", "クーポン", "Coupons", SHOW_LIST},
    {"payment_events", "入金の履歴", "Payment history", SHOW_LIST},
    {"links", "関連する注文", "Linked orders", SHOW_LIST},
    {"extras", "モール独自の項目", "Mall's own fields", SHOW_LIST},
    {"reason", "理由", "Reason", SHOW_TEXT},
    {"file", "ファイル", "File", SHOW_TEXT},
    {"hash", "照合値", "Hash", SHOW_TEXT},
    {"detail", "詳細", "Detail", SHOW_TEXT},
};

static const struct word package_words[] = {
    {"mall_ref", "モールの送付先番号", "Mall's destination number", SHOW_TEXT},
    {"state", "配送の状態", "Shipment", SHOW_SHIPMENT_STATE},
    {"recipient", "お届け先", "Recipient", SHOW_PERSON},
    {"recipient_is_orderer", "注文者へ配送", "To the orderer", SHOW_YES_NO},
    {"delivery_method", "配送方法", "Delivery method", SHOW_TEXT},
    {"temperature", "温度帯", "Temperature", SHOW_TEXT},
    {"carrier", "配送業者", "Carrier", SHOW_CARRIER},
    {"requested_date", "お届け希望日", "Requested date", SHOW_DAY},
    {"requested_slot", "お届け時間帯", "Requested time", SHOW_TEXT},
    {"noshi", "のし", "Noshi", SHOW_TEXT},
    {"wrapping", "ラッピング", "Wrapping", SHOW_TEXT},
    {"gift_message", "ギフトメッセージ", "Gift message", SHOW_TEXT},
    {"drop_off", "置き配", "Drop-off", SHOW_TEXT},
    {"delivery_note", "配送メモ", "Delivery note", SHOW_TEXT},
    {"pickup_store", "受取店舗", "Pick-up store", SHOW_TEXT},
    {"remote_island", "離島", "Remote island", SHOW_YES_NO},
    {"goods", "商品小計", "Goods", SHOW_YEN},
    {"postage", "送料", "Postage", SHOW_YEN},
    {"cod_fee", "代引手数料", "COD fee", SHOW_YEN},
    {"total", "送付先小計", "Total", SHOW_YEN},
    {"lines", "商品", "Item", SHOW_LIST},
    {"shipments", "出荷", "Parcel", SHOW_LIST},
};

static const struct word person_words[] = {
    {"name", "氏名", "name", SHOW_TEXT},
    {"name_kana", "フリガナ", "kana", SHOW_TEXT},
    {"company", "会社名", "company", SHOW_TEXT},
    {"postal_code", "郵便番号", "postal code", SHOW_TEXT},
    {"prefecture", "都道府県", "prefecture", SHOW_TEXT},
    {"city", "市区町村", "city", SHOW_TEXT},
    {"address1", "住所1", "address 1", SHOW_TEXT},
    {"address2", "住所2", "address 2", SHOW_TEXT},
    {"phone", "電話番号", "phone", SHOW_TEXT},
    {"email", "メールアドレス", "e-mail", SHOW_TEXT},
};
#define COUNT(array) (sizeof(array) / sizeof(array)[0])

// One line of the history while it is made.
struct line {
    struct request *r;
    const struct history *h;
    struct str field, label;
    enum show show;
    bool hide; // from viewers
};

static const struct word *word_of(const struct word *list, size_t count, struct str name)
{
    for (size_t i = 0; i < count; i++) {
        if (str_eq(name, str_from(list[i].field)))
            return &list[i];
    }
    return NULL;
}

static const char *pick(const struct request *r, const char *ja, const char *en)
{
    return r->english ? en : ja;
}

static struct str yen_text(struct arena *arena, yen amount)
{
    char digits[32], text[48];
    int n = snprintf(digits, sizeof digits, "%lld", (long long)(amount < 0 ? -amount : amount));
    size_t k = 0;
    for (int i = 0; i < n; i++) {
        if (i > 0 && (n - i) % 3 == 0)
            text[k++] = ',';
        text[k++] = digits[i];
    }
    return arena_printf(arena, "%s¥%.*s", amount < 0 ? "-" : "", (int)k, text);
}

static struct str time_text(struct arena *arena, time_ms at)
{
    char date[12];
    day d = day_in_jst(at);
    int64_t minutes = (at - day_start_jst(d)) / 60000;
    struct str text = day_format(d, date);
    return arena_printf(arena, "%.*s %02d:%02d", STR_ARG(text), (int)(minutes / 60),
                        (int)(minutes % 60));
}

static struct str day_text(struct arena *arena, int64_t d)
{
    char date[12];
    return str_dup(arena, day_format((day)d, date));
}

static struct str carrier_text(const struct request *r, struct str code)
{
    const struct carrier *carrier = carrier_by_code(code);
    return carrier ? str_from(pick(r, carrier->name_ja, carrier->name_en)) : code;
}

// Marks are bits in what an import changed, names in what a person changed.
static struct str marks_text(struct request *r, struct json v)
{
    AUTO_BUF text = buf_make(4096);
    int64_t marks = 0;
    struct str rest = json_str(v), name;
    if (!json_int(v, &marks)) {
        while (str_split(&rest, ',', &name))
            marks |= order_mark_from_name(str_trim(name));
    }
    for (int bit = 0; bit < ORDER_MARK_COUNT; bit++) {
        if (marks >> bit & 1)
            buf_addf(&text, "%s%s", text.n ? pick(r, "、", ", ") : "",
                     order_mark_label(bit, r->english));
    }
    return str_dup(r->arena, buf_str(&text));
}

static struct str choice_text(const struct request *r, enum show show, struct str name)
{
    static const struct word classes[] = {
        {"none", "なし", "none", SHOW_TEXT},
        {"before", "前払い", "before shipping", SHOW_TEXT},
        {"authorization", "与信", "by authorisation", SHOW_TEXT},
        {"after", "後払い", "after shipping", SHOW_TEXT},
    };
    int value;
    const struct word *w;
    if (show == SHOW_ORDER_STATE && (value = order_state_from_name(name)) >= 0)
        return str_from(order_state_label((enum order_state)value, r->english));
    if (show == SHOW_PAYMENT_STATE && (value = payment_state_from_name(name)) >= 0)
        return str_from(payment_state_label((enum payment_state)value, r->english));
    if (show == SHOW_SHIPMENT_STATE && (value = shipment_state_from_name(name)) >= 0)
        return str_from(shipment_state_label((enum shipment_state)value, r->english));
    if (show == SHOW_PAYMENT_CLASS && (w = word_of(classes, COUNT(classes), name)))
        return str_from(pick(r, w->ja, w->en));
    return name;
}

// Absent for what isn't there.
static struct str value_text(const struct line *l, struct json v)
{
    struct request *r = l->r;
    int64_t number;
    row_id id;
    if (l->show == SHOW_YEN && json_is_null(v))
        return str_from(pick(r, "未確定", "undetermined"));
    if (l->show == SHOW_MARKS && json_exists(v))
        return marks_text(r, v);
    if (l->show == SHOW_WORK_STATUS && id_parse(json_str(v), &id))
        return order_names_status(l->h->names, id);
    if (json_str(v).p)
        return l->show == SHOW_CARRIER ? carrier_text(r, json_str(v))
                                       : choice_text(r, l->show, json_str(v));
    if (json_int(v, &number)) {
        if (l->show == SHOW_YEN)
            return yen_text(r->arena, number);
        if (l->show == SHOW_TIME)
            return time_text(r->arena, number);
        if (l->show == SHOW_DAY)
            return number ? day_text(r->arena, number) : STR_ABSENT;
        return arena_printf(r->arena, "%lld", (long long)number);
    }
    if (json_type(v) == JSON_BOOL)
        return str_from(json_true(v) ? pick(r, "はい", "yes") : pick(r, "いいえ", "no"));
    if (json_type(v) == JSON_ARRAY || json_type(v) == JSON_OBJECT)
        return r->english ? arena_printf(r->arena, "%zu entries", json_count(v))
                          : arena_printf(r->arena, "%zu件", json_count(v));
    return STR_ABSENT;
}

static void put_line(const struct line *l, struct str before, struct str after)
{
    struct json_writer *w = &l->r->w;
    json_begin_object(w);
    json_put_str(w, "field", l->field);
    json_put_str(w, "label", l->label);
    json_put_str(w, "before", l->hide && before.p ? mask_text(l->r->arena, before) : before);
    json_put_str(w, "after", l->hide && after.p ? mask_text(l->r->arena, after) : after);
    json_end_object(w);
}

// "ヤマト運輸 400123456786 2026-11-24": what is there, with blanks between.
static void add_part(struct buf *out, struct str part)
{
    if (part.n == 0)
        return;
    if (out->n)
        buf_add_char(out, ' ');
    buf_add(out, part);
}

static void add_member(struct buf *out, struct json entry, const char *name)
{
    add_part(out, json_str(json_get(entry, name)));
}

static void add_yen(struct request *r, struct buf *out, const char *label, struct json v)
{
    yen amount;
    add_part(out, str_from(label));
    if (json_int(v, &amount))
        add_part(out, yen_text(r->arena, amount));
}

static void add_shipment(struct request *r, struct buf *out, struct json entry)
{
    int64_t ship_date;
    struct str carrier = json_str(json_get(entry, "carrier"));
    add_part(out,
             carrier.n ? carrier_text(r, carrier) : json_str(json_get(entry, "carrier_mall_code")));
    add_member(out, entry, "tracking_number");
    if (json_int(json_get(entry, "ship_date"), &ship_date) && ship_date) {
        add_part(out, str_from(pick(r, "出荷日", "shipped")));
        add_part(out, day_text(r->arena, ship_date));
    }
}

static void add_item(struct request *r, struct buf *out, struct json entry, bool hide)
{
    int64_t quantity = 0;
    struct str title = json_str(json_get(entry, "title"));
    add_part(out, title.n ? title : json_str(json_get(entry, "item_code")));
    if (!hide)
        add_member(out, entry, "options");
    json_int(json_get(entry, "quantity"), &quantity);
    add_part(out, arena_printf(r->arena, "×%lld", (long long)quantity));
    add_yen(r, out, "", json_get(entry, "unit_price"));
}

static void add_tax(struct request *r, struct buf *out, struct json entry)
{
    int64_t rate = 0;
    json_int(json_get(entry, "rate_basis_points"), &rate);
    add_part(out, arena_printf(r->arena, "%lld%%", (long long)rate / 100));
    add_yen(r, out, pick(r, "対象", "on"), json_get(entry, "taxable"));
    add_yen(r, out, pick(r, "税額", "tax"), json_get(entry, "tax"));
}

static void add_payment(struct request *r, struct buf *out, struct json entry)
{
    int64_t at;
    if (json_int(json_get(entry, "at"), &at))
        add_part(out, time_text(r->arena, at));
    add_member(out, entry, "kind");
    add_yen(r, out, "", json_get(entry, "amount"));
    add_member(out, entry, "text");
}

static struct str entry_text(const struct line *l, struct str list, struct json entry)
{
    struct request *r = l->r;
    AUTO_BUF out = buf_make(65536);
    if (str_eq(list, STR("shipments"))) {
        add_shipment(r, &out, entry);
    } else if (str_eq(list, STR("lines"))) {
        add_item(r, &out, entry, r->role < ROLE_STAFF);
    } else if (str_eq(list, STR("taxes"))) {
        add_tax(r, &out, entry);
    } else if (str_eq(list, STR("payment_events"))) {
        add_payment(r, &out, entry);
    } else if (str_eq(list, STR("coupons"))) {
        add_member(&out, entry, "name");
        add_member(&out, entry, "code");
        add_yen(r, &out, "", json_get(entry, "amount"));
    } else {
        add_member(&out, entry, "kind");
        add_member(&out, entry, "order_no");
        add_member(&out, entry, "label");
        add_member(&out, entry, "value");
    }
    return str_dup(r->arena, buf_str(&out));
}

struct entries {
    struct str text[ENTRIES_MAX];
    size_t count;
};

static void read_entries(const struct line *l, struct str list, struct json array,
                         struct entries *e)
{
    struct json entry;
    for (struct json_iter i = json_iterate(array); e->count < ENTRIES_MAX && json_next(&i, &entry);)
        e->text[e->count++] = entry_text(l, list, entry);
}

static void drop(struct entries *e, size_t at)
{
    memmove(&e->text[at], &e->text[at + 1], (e->count - at - 1) * sizeof e->text[0]);
    e->count--;
}

static void drop_common(struct entries *a, struct entries *b)
{
    for (size_t i = 0; i < a->count;) {
        size_t k = 0;
        while (k < b->count && !str_eq(a->text[i], b->text[k]))
            k++;
        if (k == b->count) {
            i++;
            continue;
        }
        drop(a, i);
        drop(b, k);
    }
}

// What both sides have in common is left out; the rest is shown side by side.
static void put_list(struct line *l, struct str list, struct json before, struct json after)
{
    struct request *r = l->r;
    struct entries *a = ARENA_NEW(r->arena, struct entries);
    struct entries *b = ARENA_NEW(r->arena, struct entries);
    if (!a || !b)
        return; // the answer fails as a whole: the arena knows
    if (json_count(before) > ENTRIES_MAX || json_count(after) > ENTRIES_MAX) {
        put_line(l, value_text(l, before), value_text(l, after));
        return;
    }
    l->hide = r->role < ROLE_STAFF &&
              (str_eq(list, STR("extras")) || str_eq(list, STR("payment_events")));
    read_entries(l, list, before, a);
    read_entries(l, list, after, b);
    drop_common(a, b);
    struct str path = l->field;
    size_t count = a->count > b->count ? a->count : b->count;
    for (size_t i = 0; i < count; i++) {
        l->field = arena_printf(r->arena, "%.*s.%zu", STR_ARG(path), i);
        put_line(l, i < a->count ? a->text[i] : STR_ABSENT, i < b->count ? b->text[i] : STR_ABSENT);
    }
    if (count == 0) {
        l->hide = false;
        put_line(l, STR_ABSENT, str_from(pick(r, "内容が変わりました", "details changed")));
    }
}

// Members that are unset aren't written: a missing one is empty.
static void put_person(struct line *l, struct json before, struct json after)
{
    struct request *r = l->r;
    struct str path = l->field, whose = l->label;
    l->show = SHOW_TEXT;
    for (size_t i = 0; i < COUNT(person_words); i++) {
        const struct word *w = &person_words[i];
        struct json from = json_get(before, w->field), to = json_get(after, w->field);
        if (str_eq(json_str(from), json_str(to)))
            continue;
        l->field = arena_printf(r->arena, "%.*s.%s", STR_ARG(path), w->field);
        l->label = arena_printf(r->arena, "%.*s %s", STR_ARG(whose), pick(r, w->ja, w->en));
        l->hide = r->role < ROLE_STAFF;
        put_line(l, value_text(l, from), value_text(l, to));
    }
}

// "packages.2.shipments" is the list "shipments" of the second destination.
static void put_change(struct request *r, const struct history *h, struct str field,
                       struct json before, struct json after)
{
    struct line l = {.r = r, .h = h, .field = field, .label = STR_ABSENT, .show = SHOW_TEXT};
    struct str name = field, rest = field, number = STR_ABSENT, word;
    bool package = str_starts(field, STR("packages."));
    if (package && str_split(&rest, '.', &word) && str_split(&rest, '.', &number))
        name = rest;
    const struct word *w = package ? word_of(package_words, COUNT(package_words), name)
                                   : word_of(order_words, COUNT(order_words), name);
    // Of one destination the order's own state says the same.
    if (package && !h->several_packages && str_eq(name, STR("state")))
        return;
    if (w) {
        const char *label = pick(r, w->ja, w->en);
        l.show = w->show;
        l.label = package && h->several_packages
                      ? arena_printf(r->arena, "%s%.*s %s", pick(r, "送付先", "Destination "),
                                     STR_ARG(number), label)
                      : str_from(label);
    }
    l.hide = r->role < ROLE_STAFF && l.show == SHOW_TEXT && !mask_field_is_public(field);
    if (l.show == SHOW_PERSON)
        put_person(&l, before, after);
    else if (l.show == SHOW_LIST)
        put_list(&l, name, before, after);
    else
        put_line(&l, value_text(&l, before), value_text(&l, after));
}

static struct str summary_of(const struct request *r, struct str kind, bool person)
{
    static const struct word list[] = {
        {"created", "注文を取り込みました", "Imported", SHOW_TEXT},
        {"updated", "モールでの変更を取り込みました", "Updated from the mall", SHOW_TEXT},
        {"revived", "モールでキャンセルが取り消されました", "No longer cancelled at the mall",
         SHOW_TEXT},
        {"moved", "ステータスを移動しました", "Moved", SHOW_TEXT},
        {"undone", "操作を元に戻しました", "Undone", SHOW_TEXT},
        {"memo", "メモを変更しました", "Memo changed", SHOW_TEXT},
        {"shipped", "出荷情報を入力しました", "Shipping entered", SHOW_TEXT},
        {"mark_cleared", "マークを変更しました", "Marks changed", SHOW_TEXT},
        {"accept_requested", "注文確認を送信待ちにしました", "Acceptance is owed to the mall",
         SHOW_TEXT},
        {"cancel_requested", "モールへのキャンセルを送信待ちにしました",
         "Cancellation is owed to the mall", SHOW_TEXT},
        {"cancelled", "キャンセルしました", "Cancelled", SHOW_TEXT},
        {"cancelled at the mall", "モールでキャンセルされました", "Cancelled at the mall",
         SHOW_TEXT},
        {"written", "モールへ反映しました", "Written to the mall", SHOW_TEXT},
        {"exported", "出荷ファイルに書き出しました", "Written out to a shipping file", SHOW_TEXT},
        {"export_withdrawn", "出荷ファイルを取り消しました", "Shipping file taken back", SHOW_TEXT},
        {"completed", "ファイルの内容で補いました", "Completed from a file", SHOW_TEXT},
        {"marked", "マークを変更しました", "Marks changed", SHOW_TEXT},
        {"writeback_waived", "モールへの反映を不要にしました", "Write-back waived", SHOW_TEXT},
        {"writeback_retried", "モールへの反映をやり直します", "Write-back retried", SHOW_TEXT},
    };
    if (!person && str_eq(kind, STR("cancelled")))
        kind = STR("cancelled at the mall");
    const struct word *w = word_of(list, COUNT(list), kind);
    return w ? str_from(pick(r, w->ja, w->en)) : kind;
}

// A person's reason is shown as it is, the program's own words in the caller's language.
static void put_cause(struct request *r, struct str cause)
{
    static const struct word list[] = {
        {"bulk", "一括操作", "In bulk", SHOW_TEXT},
        {"ship", "出荷の登録と同時に移動", "Moved with the shipping", SHOW_TEXT},
        {"import", "取込", "Import", SHOW_TEXT},
        {"file", "ファイルから取込", "From a file", SHOW_TEXT},
        {"writeback", "モールへ伝える内容の確認", "What the mall is told", SHOW_TEXT},
        {"rule: cancelled by the mall", "モールでキャンセルされたため",
         "Because the mall cancelled it", SHOW_TEXT},
        {"rule: revived by the mall", "モールでキャンセルが取り消されたため",
         "Because the mall took the cancellation back", SHOW_TEXT},
        {"rule: payment arrived", "入金が確認されたため", "Because the payment arrived", SHOW_TEXT},
    };
    struct json_writer *w = &r->w;
    const struct word *known = word_of(list, COUNT(list), cause);
    row_id run = 0;
    bool fetched = str_starts(cause, STR("fetch_run ")) &&
                   id_parse(str_slice(cause, strlen("fetch_run "), cause.n), &run);
    bool undo = str_starts(cause, STR("undo "));
    bool file = str_starts(cause, STR("ship_file"));
    if (cause.n == 0 || fetched || undo || file)
        cause = STR_ABSENT;
    else if (known)
        cause = str_from(pick(r, known->ja, known->en));
    json_put_str(w, "cause", cause);
    json_put_id(w, "fetch_run_id", run);
}

void history_event_json(struct request *r, const struct history *h, const struct order_event *e)
{
    static const char *const kinds[] = {"system", "user", "token", "mall", "user"};
    struct json_writer *w = &r->w;
    struct json before = {0}, after = {0}, v;
    struct error ignored;
    unsigned actor = (unsigned)e->actor.kind < COUNT(kinds) ? (unsigned)e->actor.kind : 0;
    bool has_before = e->before.n > 0 && json_parse(r->arena, e->before, true, &before, &ignored);
    bool has_after = e->after.n > 0 && json_parse(r->arena, e->after, true, &after, &ignored);
    json_begin_object(w);
    json_put_id(w, "id", e->id);
    json_put_time(w, "at", e->at);
    json_put_str(w, "kind", e->kind);
    json_put_str(w, "actor_kind", str_from(kinds[actor]));
    put_optional(w, "actor", e->actor.name);
    json_put_str(w, "summary", summary_of(r, e->kind, actor == 1 || actor == 2 || actor == 4));
    put_cause(r, e->cause);
    json_key(w, "changes");
    json_begin_array(w);
    if (has_after) {
        for (struct json_iter i = json_iterate(after); json_next(&i, &v);) {
            const char *name = str_cstr(r->arena, i.key);
            put_change(r, h, i.key, has_before && name ? json_get(before, name) : (struct json){0},
                       v);
        }
    }
    if (has_before) {
        for (struct json_iter i = json_iterate(before); json_next(&i, &v);) {
            const char *name = str_cstr(r->arena, i.key);
            if (name && (!has_after || !json_exists(json_get(after, name))))
                put_change(r, h, i.key, v, (struct json){0});
        }
    }
    json_end_array(w);
    json_end_object(w);
}
