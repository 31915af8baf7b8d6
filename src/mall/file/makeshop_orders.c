// SPDX-License-Identifier: Apache-2.0
//
// The order CSV that MakeShop's admin writes by the shop's own template (makeshop.md §8): the shop
// chooses columns and their order, so everything goes by the header. Only the first columns of the
// template were seen; for the others the names that MakeShop's screens use are known, several for
// one thing. A row becomes what the API would have said, so that both doors read orders the same
// way. Prices are taken as MakeShop states them: without tax.
#include "mall/file/formats.h"
#include "mall/file/join.h"
#include "mall/makeshop/internal.h"

#define MONEY_MAX INT64_C(1000000000000)
#define QUANTITY_MAX INT64_C(999999999)
#define ALIASES 4

#define COLUMNS(X)                                                                \
    X(ORDER_NO, "注文番号", NULL, NULL, NULL)                                     \
    X(DATE, "日付", "注文日", "注文日時", NULL)                                   \
    X(TIME, "注文時間", NULL, NULL, NULL)                                         \
    X(STATUS, "処理状況", NULL, NULL, NULL)                                       \
    X(PAID, "入金状況", "決済状況", "入金確認", NULL)                             \
    X(PAYMENT, "支払方法", "決済方法", "お支払方法", NULL)                        \
    X(COMPANY, "会社名", NULL, NULL, NULL)                                        \
    X(SECTION, "部署名", NULL, NULL, NULL)                                        \
    X(BUYER, "注文者", "注文者名", NULL, NULL)                                    \
    X(BUYER_KANA, "注文者(振り仮名)", "注文者(ふりがな)", "注文者フリガナ", NULL) \
    X(BUYER_ZIP, "注文者郵便番号", "郵便番号", NULL, NULL)                        \
    X(BUYER_AREA, "注文者都道府県", "都道府県", NULL, NULL)                       \
    X(BUYER_CITY, "注文者市区町村", NULL, NULL, NULL)                             \
    X(BUYER_ADDRESS, "注文者住所", "住所", NULL, NULL)                            \
    X(BUYER_PHONE, "注文者電話番号", "電話番号", NULL, NULL)                      \
    X(BUYER_MAIL, "注文者メールアドレス", "メールアドレス", "Eメール", NULL)      \
    X(TO_ID, "配送先番号", "配送先ID", NULL, NULL)                                \
    X(TO_NAME, "配送先名", "配送先", "お届け先名", "受取人")                      \
    X(TO_KANA, "配送先(振り仮名)", "配送先フリガナ", "お届け先フリガナ", NULL)    \
    X(TO_ZIP, "配送先郵便番号", "お届け先郵便番号", NULL, NULL)                   \
    X(TO_AREA, "配送先都道府県", "お届け先都道府県", NULL, NULL)                  \
    X(TO_CITY, "配送先市区町村", "お届け先市区町村", NULL, NULL)                  \
    X(TO_ADDRESS, "配送先住所", "お届け先住所", NULL, NULL)                       \
    X(TO_PHONE, "配送先電話番号", "お届け先電話番号", NULL, NULL)                 \
    X(TITLE, "商品名", NULL, NULL, NULL)                                          \
    X(CODE, "独自商品コード", "商品コード", NULL, NULL)                           \
    X(OPTION_CODE, "オプション独自コード", NULL, NULL, NULL)                      \
    X(PRODUCT, "システム商品コード", "商品番号", NULL, NULL)                      \
    X(JAN, "JANコード", NULL, NULL, NULL)                                         \
    X(OPTIONS, "オプション", "オプション名", NULL, NULL)                          \
    X(PRICE, "販売価格", "単価", "価格", "商品価格")                              \
    X(AMOUNT, "数量", "個数", NULL, NULL)                                         \
    X(RATE, "消費税率", "税率", NULL, NULL)                                       \
    X(POSTAGE, "送料", NULL, NULL, NULL)                                          \
    X(FEE, "手数料", "決済手数料", "代引手数料", NULL)                            \
    X(BULK, "まとめ買い割引", NULL, NULL, NULL)                                   \
    X(COUPON, "クーポン割引", "クーポン割引額", NULL, NULL)                       \
    X(POINTS, "使用ポイント", "ポイント利用額", NULL, NULL)                       \
    X(SUM, "合計金額", "総合計金額", "総合計", "請求金額")                        \
    X(METHOD, "配送方法", NULL, NULL, NULL)                                       \
    X(WISH_DATE, "配送希望日", "お届け希望日", NULL, NULL)                        \
    X(WISH_SLOT, "配送希望時間", "お届け希望時間", "配送希望時間帯", NULL)        \
    X(NUMBER, "配送伝票番号", "伝票番号", NULL, NULL)                             \
    X(SHIPPED, "配送日", "出荷日", NULL, NULL)                                    \
    X(NOTE, "備考", "備考欄", NULL, NULL)

#define COLUMN_ID(id, a, b, c, d) C_##id,
// An alias that there isn't stands as a name that no file has.
#define NONE_OR(name) ((name) ? (name) : "\x01")
#define COLUMN_NAMES(id, a, b, c, d) a, b, c, d,
enum column { COLUMNS(COLUMN_ID) C_COUNT };
static const char *const aliases[C_COUNT * ALIASES] = {COLUMNS(COLUMN_NAMES)};

struct reading {
    const struct joined_order *j;
    struct order_file_refusal *refusal;
    bool failed;
};

static struct str cell(const struct reading *r, size_t row, enum column column)
{
    for (int i = 0; i < ALIASES; i++) {
        int name = (int)column * ALIASES + i;
        struct str text = aliases[name] ? joined_cell(r->j, row, name) : STR("");
        if (text.n > 0)
            return text;
    }
    return STR("");
}

static void fail(struct reading *r, size_t row, enum column column, const char *ja, const char *en)
{
    if (r->failed)
        return;
    r->failed = true;
    r->refusal->line = r->j->lines[row];
    r->refusal->column = str_from(aliases[column * ALIASES]);
    error_set(&r->refusal->error, ERROR_MALFORMED, "file.cell_unreadable",
              "「%s」の値を読み取れません。%s%.0s", "%s can't be read: %.0s%s",
              aliases[column * ALIASES], ja, en);
}

static int64_t number(struct reading *r, size_t row, enum column column, int64_t otherwise)
{
    struct str text = cell(r, row, column);
    yen value = otherwise;
    if (text.n > 0 && (!yen_parse(text, &value) || value > MONEY_MAX || value < -MONEY_MAX))
        fail(r, row, column, "数値ではありません。", "not a number");
    return value;
}

// "2025/3/1" with "101530" or "10:15:30" beside it, or both in one cell.
static time_ms ordered_at(struct reading *r)
{
    struct str date = cell(r, 0, C_DATE), clock = cell(r, 0, C_TIME);
    ptrdiff_t blank = str_find_char(date, ' ');
    if (clock.n == 0 && blank > 0) {
        clock = str_trim(str_slice(date, (size_t)blank, date.n));
        date = str_slice(date, 0, (size_t)blank);
    }
    int part[3] = {0}, digits = 0;
    for (size_t i = 0; i < clock.n; i++) {
        if (clock.p[i] < '0' || clock.p[i] > '9' || digits >= 6)
            continue;
        part[digits / 2] = part[digits / 2] * 10 + clock.p[i] - '0';
        digits++;
    }
    day d;
    bool fits =
        day_parse(date, &d) && day_is_valid(d) && part[0] < 24 && part[1] < 60 && part[2] < 60;
    if (!fits) {
        fail(r, 0, C_DATE, "日付ではありません。", "not a date");
        return TIME_NONE;
    }
    return day_start_jst(d) + ((part[0] * 60 + part[1]) * 60 + part[2]) * INT64_C(1000);
}

static struct person person_of(const struct reading *r, size_t row, bool buyer)
{
    struct arena *arena = r->j->arena;
    return (struct person){
        .name = cell(r, row, buyer ? C_BUYER : C_TO_NAME),
        .name_kana = cell(r, row, buyer ? C_BUYER_KANA : C_TO_KANA),
        .company = buyer ? cell(r, row, C_COMPANY) : STR(""),
        .postal_code = postal_code_normalise(arena, cell(r, row, buyer ? C_BUYER_ZIP : C_TO_ZIP)),
        .prefecture = makeshop_prefecture(cell(r, row, buyer ? C_BUYER_AREA : C_TO_AREA)),
        .city = cell(r, row, buyer ? C_BUYER_CITY : C_TO_CITY),
        .address1 = cell(r, row, buyer ? C_BUYER_ADDRESS : C_TO_ADDRESS),
        .address2 = STR(""),
        .phone = phone_normalise(arena, cell(r, row, buyer ? C_BUYER_PHONE : C_TO_PHONE)),
        .email = buyer ? cell(r, row, C_BUYER_MAIL) : STR(""),
    };
}

static void read_line(struct reading *r, size_t row, struct makeshop_line *l)
{
    *l = (struct makeshop_line){
        .product_code = cell(r, row, C_PRODUCT),
        .custom_code = cell(r, row, C_CODE),
        .option_code = cell(r, row, C_OPTION_CODE),
        .jan = cell(r, row, C_JAN),
        .title = cell(r, row, C_TITLE),
        .options = cell(r, row, C_OPTIONS),
        .price = number(r, row, C_PRICE, 0),
        .amount = number(r, row, C_AMOUNT, 1),
        .rate_basis_points = -1,
    };
    int64_t rate = number(r, row, C_RATE, -1);
    if (rate >= 0 && rate <= 100)
        l->rate_basis_points = (int)rate * 100;
    if (l->amount < 0 || l->amount > QUANTITY_MAX)
        fail(r, row, C_AMOUNT, "数量が正しくありません。", "an impossible quantity");
    if (l->title.n == 0 && l->custom_code.n == 0 && l->product_code.n == 0)
        fail(r, row, C_TITLE, "テンプレートに「商品名」と「数量」を加えてください。",
             "add 商品名 and 数量 to the template");
}

static day day_of(const struct reading *r, size_t row, enum column column)
{
    day d;
    return day_parse(str_slice(cell(r, row, column), 0, 10), &d) && day_is_valid(d) ? d : 0;
}

static struct makeshop_destination *destination_of(struct reading *r, size_t row,
                                                   struct makeshop_row *o)
{
    struct str id = cell(r, row, C_TO_ID);
    for (size_t i = 0; i < o->destination_count; i++)
        if (id.n == 0 || str_eq(o->destinations[i].id, id))
            return &o->destinations[i];
    struct makeshop_destination *d = &o->destinations[o->destination_count++];
    bool cancelled, provisional;
    bool elsewhere = cell(r, row, C_TO_NAME).n > 0;
    *d = (struct makeshop_destination){
        .id = id.n > 0 ? id : STR("0"),
        .recipient = person_of(r, row, !elsewhere),
        .method = cell(r, row, C_METHOD),
        .desired_day = day_of(r, row, C_WISH_DATE),
        .shipped_day = day_of(r, row, C_SHIPPED),
        .slot = cell(r, row, C_WISH_SLOT),
        .note = STR(""),
        .number = cell(r, row, C_NUMBER),
        .carrier = STR_ABSENT,
        .postage = YEN_UNDETERMINED,
        .subtotal = YEN_UNDETERMINED,
    };
    d->recipient.email = STR("");
    d->state = makeshop_delivery_from_text(cell(r, row, C_STATUS), &cancelled, &provisional);
    d->lines = ARENA_ARRAY(r->j->arena, struct makeshop_line, r->j->row_count);
    return d;
}

static void read_head(struct reading *r, struct makeshop_row *o)
{
    bool cancelled, provisional;
    (void)makeshop_delivery_from_text(cell(r, 0, C_STATUS), &cancelled, &provisional);
    *o = (struct makeshop_row){
        .order_no = r->j->order_no,
        .system_no = STR(""),
        .status = cancelled     ? MAKESHOP_CANCELLED
                  : provisional ? MAKESHOP_PROVISIONAL
                                : MAKESHOP_NORMAL,
        .payment_words = cell(r, 0, C_PAID),
        .pay_code = STR(""),
        .pay_name = cell(r, 0, C_PAYMENT),
        .ordered_at = ordered_at(r),
        .buyer = person_of(r, 0, true),
        .member = STR(""),
        .sum = number(r, 0, C_SUM, YEN_UNDETERMINED),
        .postage = number(r, 0, C_POSTAGE, 0),
        .fee = number(r, 0, C_FEE, 0),
        .bulk = number(r, 0, C_BULK, 0),
        .coupon = number(r, 0, C_COUPON, 0),
        .points = number(r, 0, C_POINTS, 0),
        .note = cell(r, 0, C_NOTE),
        .raw = STR(""),
    };
    o->payment = makeshop_payment_from_text(STR(""), o->payment_words);
}

static bool build(const struct joined_order *j, struct order *order,
                  struct order_file_refusal *refusal)
{
    struct reading r = {.j = j, .refusal = refusal};
    struct mall_account account = j->account ? *j->account : (struct mall_account){0};
    struct makeshop_row row;
    account.mall = &makeshop_mall;
    read_head(&r, &row);
    row.destinations = ARENA_ARRAY(j->arena, struct makeshop_destination, j->row_count);
    for (size_t i = 0; row.destinations && i < j->row_count; i++) {
        struct makeshop_destination *d = destination_of(&r, i, &row);
        if (!d->lines)
            break;
        read_line(&r, i, &d->lines[d->line_count++]);
    }
    if (arena_failed(j->arena))
        return error_no_memory(&refusal->error);
    if (r.failed)
        return false;
    refusal->line = j->lines[0];
    if (!makeshop_order_make(j->arena, &account, &row, order, &refusal->error))
        return false;
    order->shop_id = 0;
    order->mall_update_mark = STR("");
    return true;
}

static bool recognise(const struct str *header, size_t count)
{
    static const char *const needed[] = {"注文番号", "日付", "処理状況", "注文者"};
    return join_header_has(header, count, needed, sizeof needed / sizeof needed[0]);
}

static bool read_file(const struct mall_account *account, struct str utf8, struct str second,
                      const struct order_file_sink *sink, struct error *error)
{
    const char *names[C_COUNT * ALIASES];
    (void)second;
    for (size_t i = 0; i < C_COUNT * ALIASES; i++)
        names[i] = NONE_OR(aliases[i]);
    const struct join_format format = {.names = names,
                                       .name_count = C_COUNT * ALIASES,
                                       .key = C_ORDER_NO * ALIASES,
                                       .build = build};
    return join_read_for(account, &format, utf8, sink, error);
}

const struct order_file_format makeshop_order_file = {
    .id = "makeshop.orders",
    .mall = "makeshop",
    .label = {"MakeShop 注文CSV（注文出力用テンプレート）", "MakeShop order CSV"},
    .recognise = recognise,
    .read = read_file,
};
