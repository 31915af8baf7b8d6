// SPDX-License-Identifier: Apache-2.0
//
// Names, copies and rules of the canonical order. Plain functions over values; any thread.
#include "order/fields.h"

#define COUNT(array) (sizeof(array) / sizeof(array)[0])

struct name {
    const char *name, *ja, *en;
};

static const struct name order_states[ORDER_STATE_COUNT] = {
    [ORDER_PROVISIONAL] = {"provisional", "仮注文", "Provisional"},
    [ORDER_NEW] = {"new", "新規", "New"},
    [ORDER_MALL_PROCESSING] = {"mall_processing", "モール処理中", "Being processed by the mall"},
    [ORDER_ACCEPTED] = {"accepted", "受付済", "Accepted"},
    [ORDER_CANCEL_REQUESTED] = {"cancel_requested", "キャンセル受付中", "Cancellation requested"},
    [ORDER_CANCELLED] = {"cancelled", "キャンセル", "Cancelled"},
    [ORDER_DONE] = {"done", "完了", "Done"},
};

static const struct name payment_states[PAYMENT_STATE_COUNT] = {
    [PAYMENT_NONE] = {"none", "支払い不要", "Nothing to pay"},
    [PAYMENT_AUTH_PENDING] = {"auth_pending", "与信待ち", "Waiting for authorisation"},
    [PAYMENT_AUTHORIZED] = {"authorized", "与信済", "Authorised"},
    [PAYMENT_UNPAID_BEFORE_SHIP] = {"unpaid_before_ship", "発送前入金待ち",
                                    "Payment before shipping"},
    [PAYMENT_PARTIAL] = {"partial", "一部入金", "Paid in part"},
    [PAYMENT_PAID] = {"paid", "入金済", "Paid"},
    [PAYMENT_DUE_AFTER_SHIP] = {"due_after_ship", "発送後入金待ち", "Payment after shipping"},
    [PAYMENT_FAILED] = {"failed", "決済失敗", "Payment failed"},
    [PAYMENT_REFUND_DUE] = {"refund_due", "要返金", "Refund due"},
    [PAYMENT_REFUNDED] = {"refunded", "返金済", "Refunded"},
};

static const struct name shipment_states[SHIPMENT_STATE_COUNT] = {
    [SHIPMENT_WAITING] = {"waiting", "発送準備前", "Waiting"},
    [SHIPMENT_READY] = {"ready", "発送待ち", "Ready to ship"},
    [SHIPMENT_INSTRUCTED] = {"instructed", "出荷指示済", "Instructed"},
    [SHIPMENT_LABELLED] = {"labelled", "送り状発行済", "Labelled"},
    [SHIPMENT_SHIPPED] = {"shipped", "発送済", "Shipped"},
    [SHIPMENT_DELIVERED] = {"delivered", "配達完了", "Delivered"},
    [SHIPMENT_RETURNED] = {"returned", "返送", "Returned"},
    [SHIPMENT_UNDELIVERABLE] = {"undeliverable", "配達不能", "Undeliverable"},
    [SHIPMENT_VOID] = {"void", "発送なし", "Void"},
};

static const char *const payment_classes[] = {"none", "before", "authorization", "after"};

static const struct name marks[ORDER_MARK_COUNT] = {
    {"hold", "保留", "On hold"},
    {"preorder", "予約", "Pre-order"},
    {"fraud_review", "審査中", "Fraud review"},
    {"amount_undetermined", "金額未確定", "Amount not determined"},
    {"address_unknown", "住所未確定", "Address unknown"},
    {"several_destinations", "複数送付先", "Several destinations"},
    {"remote_island", "離島", "Remote island"},
    {"gift", "ギフト", "Gift"},
    {"noshi", "のし", "Noshi"},
    {"wrapping", "ラッピング", "Wrapping"},
    {"comment", "備考あり", "Buyer's note"},
    {"date_requested", "日時指定", "Date requested"},
    {"auction", "オークション", "Auction"},
    {"caution", "注意", "Caution"},
    {"modified", "変更あり", "Changed by the buyer"},
    {"total_mismatch", "合計不一致", "Amounts do not add up"},
    {"split", "分割", "Split"},
    {"read_only", "購入者キャンセル可能期間", "In the buyer's cancellation window"},
    {"drift", "モールと不一致", "Differs from the mall"},
    {"receipt", "領収書", "Receipt wanted"},
    {"drug", "医薬品", "Drug"},
    {"express", "お急ぎ", "Express"},
    {"cancel_arrived", "作業後キャンセル", "Cancelled after work began"},
    {"suspect", "いたずら注意", "Suspected prank"},
    {"subscription", "定期購入", "Subscription"},
    {"unmapped", "未変換", "Not converted"},
    {"numbers_left_out", "伝票番号一部のみ", "Numbers left out"},
};

static int find_name(const struct name *names, size_t count, struct str name)
{
    for (size_t i = 0; i < count; i++)
        if (str_eq(str_from(names[i].name), name))
            return (int)i;
    return -1;
}

static const struct name *pick(const struct name *names, size_t count, unsigned i)
{
    static const struct name unknown = {"unknown", "不明", "Unknown"};
    return i < count ? &names[i] : &unknown;
}

const char *order_state_name(enum order_state s)
{
    return pick(order_states, ORDER_STATE_COUNT, s)->name;
}
const char *payment_state_name(enum payment_state s)
{
    return pick(payment_states, PAYMENT_STATE_COUNT, s)->name;
}
const char *shipment_state_name(enum shipment_state s)
{
    return pick(shipment_states, SHIPMENT_STATE_COUNT, s)->name;
}
const char *payment_class_name(enum payment_class c)
{
    return (size_t)c < COUNT(payment_classes) ? payment_classes[c] : "unknown";
}
int order_state_from_name(struct str name)
{
    return find_name(order_states, ORDER_STATE_COUNT, name);
}
int payment_state_from_name(struct str name)
{
    return find_name(payment_states, PAYMENT_STATE_COUNT, name);
}
int shipment_state_from_name(struct str name)
{
    return find_name(shipment_states, SHIPMENT_STATE_COUNT, name);
}
int payment_class_from_name(struct str name)
{
    for (size_t i = 0; i < COUNT(payment_classes); i++)
        if (str_eq(str_from(payment_classes[i]), name))
            return (int)i;
    return -1;
}

static const char *label(const struct name *n, bool english)
{
    return english ? n->en : n->ja;
}

const char *order_state_label(enum order_state s, bool english)
{
    return label(pick(order_states, ORDER_STATE_COUNT, s), english);
}
const char *payment_state_label(enum payment_state s, bool english)
{
    return label(pick(payment_states, PAYMENT_STATE_COUNT, s), english);
}
const char *shipment_state_label(enum shipment_state s, bool english)
{
    return label(pick(shipment_states, SHIPMENT_STATE_COUNT, s), english);
}

const char *order_mark_name(int bit)
{
    return pick(marks, ORDER_MARK_COUNT, (unsigned)bit)->name;
}
const char *order_mark_label(int bit, bool english)
{
    return label(pick(marks, ORDER_MARK_COUNT, (unsigned)bit), english);
}
int64_t order_channel_mark(struct str channel)
{
    return str_eq(channel, STR("auction")) ? ORDER_MARK_AUCTION : 0;
}

int64_t order_mark_from_name(struct str name)
{
    int bit = find_name(marks, ORDER_MARK_COUNT, name);
    return bit < 0 ? 0 : (int64_t)1 << bit;
}

void order_init(struct order *o)
{
    *o = (struct order){0};
    for (size_t i = 0; i < order_record.field_count; i++)
        if (order_record.fields[i].kind == FIELD_TIME)
            field_set_number(o, &order_record.fields[i], TIME_NONE);
}

static void copy_texts(struct arena *arena, const struct record *r, void *record)
{
    for (size_t i = 0; i < r->field_count; i++) {
        const struct field *f = &r->fields[i];
        void *p = (char *)record + f->offset;
        if (f->kind == FIELD_TEXT)
            *(struct str *)p = str_dup(arena, *(struct str *)p);
        else if (f->kind == FIELD_PERSON)
            copy_texts(arena, &person_record, p);
    }
}

// The record itself has been copied; its texts and arrays still point into the original.
static void deepen(struct arena *arena, const struct record *r, void *record)
{
    copy_texts(arena, r, record);
    for (size_t i = 0; i < r->children_count; i++) {
        const struct children *c = &r->children[i];
        size_t count = children_count(record, c), size = c->record->size;
        char *array = arena_array(arena, count, size);
        if (!array)
            return;
        if (count)
            memcpy(array, children_array(record, c), count * size);
        memcpy((char *)record + c->pointer, &array, sizeof array);
        for (size_t k = 0; k < count; k++)
            deepen(arena, c->record, array + k * size);
    }
}

struct order *order_copy(struct arena *arena, const struct order *o)
{
    struct order *copy = ARENA_NEW(arena, struct order);
    if (!copy)
        return NULL;
    *copy = *o;
    deepen(arena, &order_record, copy);
    return arena_failed(arena) ? NULL : copy;
}

static bool on_the_way(enum shipment_state s)
{
    return s <= SHIPMENT_DELIVERED;
}

enum shipment_state order_roll_up_shipment(const struct order *o)
{
    enum shipment_state lowest = SHIPMENT_STATE_COUNT, aside = SHIPMENT_STATE_COUNT;
    for (size_t i = 0; i < o->package_count; i++) {
        enum shipment_state s = o->packages[i].state;
        if (on_the_way(s) && s < lowest)
            lowest = s;
        if (!on_the_way(s) && s < aside)
            aside = s;
    }
    if (lowest != SHIPMENT_STATE_COUNT)
        return lowest;
    return aside != SHIPMENT_STATE_COUNT ? aside : SHIPMENT_WAITING;
}

bool payment_allows_shipping(enum payment_state s)
{
    return s == PAYMENT_NONE || s == PAYMENT_AUTHORIZED || s == PAYMENT_PAID ||
           s == PAYMENT_DUE_AFTER_SHIP;
}
