// SPDX-License-Identifier: Apache-2.0
//
// QSM's download 配送管理 in its detailed layout (qoo10.md §10.1): one row per order number, joined
// to carts by カート番号. Columns are found by name, in any order; those without a field of their
// own are kept as extras. A row becomes the same record that the API's order list gives, so both
// doors read alike. The file has no e-mail, no payment method and no postage (§8), and a download
// of one tab holds only the lines of that tab: the API completes them. The short layout has neither
// date nor address and is refused with a word on where the other one is.
#include "mall/file/formats.h"
#include "mall/file/join.h"
#include "mall/qoo10/internal.h"

#define EXTRAS_MAX 64
#define CELL_BYTES_MAX ((size_t)64 * 1024)
#define JSON_BYTES_MAX ((size_t)8 * 1024 * 1024)

enum kind { TEXT, TIME, DAY, STATE, MONEY };

// Our column, its header, the member that the API's row has for it; NULL: dealt with apart.
#define COLUMNS(X)                                             \
    X(STATE, "配送状態", "ShippingStatus", STATE)              \
    X(ORDER, "注文番号", "OrderNo", TEXT)                      \
    X(CART, "カート番号", "PackNo", TEXT)                      \
    X(CARRIER, "配送会社", "DeliveryCompany", TEXT)            \
    X(NUMBER, "送り状番号", "TrackingNo", TEXT)                \
    X(SHIPPED, "発送日", "ShippingDate", TIME)                 \
    X(ORDERED, "注文日", "OrderDate", TIME)                    \
    X(PAID, "入金日", "PaymentDate", TIME)                     \
    X(DESIRED, "お届け希望日", "DesiredDeliveryDate", DAY)     \
    X(PLANNED, "発送予定日", "EstimatedShippingDate", TIME)    \
    X(DELIVERED, "配送完了日", "DeliveredDate", TIME)          \
    X(WAY, "配送方法", "ShippingWay", TEXT)                    \
    X(ITEM, "商品番号", "ItemNo", TEXT)                        \
    X(TITLE, "商品名", "ItemTitle", TEXT)                      \
    X(QUANTITY, "数量", "OrderQty", MONEY)                     \
    X(OPTION, "オプション情報", "Option", TEXT)                \
    X(OPTION_CODE, "オプションコード", "OptionCode", TEXT)     \
    X(GIFT, "おまけ", "Gift", TEXT)                            \
    X(TO, "受取人名", "Receiver", TEXT)                        \
    X(TO_KANA, "受取人名(フリガナ)", "ReceiverKana", TEXT)     \
    X(TO_TEL, "受取人電話番号", "ReceiverTel", TEXT)           \
    X(TO_MOBILE, "受取人携帯電話番号", "ReceiverMobile", TEXT) \
    X(ADDRESS, "住所", "ShippingAddress", TEXT)                \
    X(ZIP, "郵便番号", "ZipCode", TEXT)                        \
    X(RATE_TYPE, "送料の決済", "ShippingRateType", TEXT)       \
    X(CURRENCY, "通貨", "Currency", TEXT)                      \
    X(PAID_AMOUNT, "購入者決済金額", NULL, MONEY)              \
    X(PRICE, "販売価格", "OrderPrice", MONEY)                  \
    X(DISCOUNT, "割引額", "Discount", MONEY)                   \
    X(TOTAL, "注文金額の合計", "Total", MONEY)                 \
    X(BUYER, "購入者名", "Buyer", TEXT)                        \
    X(BUYER_KANA, "購入者名(フリガナ)", "BuyerKana", TEXT)     \
    X(MESSAGE, "配送要請事項", "ShippingMessage", TEXT)        \
    X(BUYER_TEL, "購入者電話番号", "BuyerTel", TEXT)           \
    X(BUYER_MOBILE, "購入者携帯電話番号", "BuyerMobile", TEXT) \
    X(SELLER_CODE, "販売者商品コード", "SellerItemCode", TEXT) \
    X(JAN, "JANコード", NULL, TEXT)                            \
    X(SENDER, "プレゼント贈り主", "SenderName", TEXT)          \
    X(MATERIAL, "素材", "Material", TEXT)

#define COLUMN_ID(id, name, member, kind) C_##id,
#define COLUMN_NAME(id, name, member, kind) name,
#define COLUMN_MEMBER(id, name, member, kind) {member, kind},
enum column { COLUMNS(COLUMN_ID) C_COUNT };
static const char *const names[] = {COLUMNS(COLUMN_NAME)};
static const struct {
    const char *member;
    enum kind kind;
} members[] = {COLUMNS(COLUMN_MEMBER)};

// Spreadsheet programs get a leading apostrophe from QSM (§10.1).
static struct str cell(const struct joined_order *j, size_t row, enum column column)
{
    struct str text = joined_cell(j, row, (int)column);
    return str_starts(text, STR("'")) ? str_trim(str_slice(text, 1, text.n)) : text;
}

static bool fail(const struct joined_order *j, size_t row, enum column column,
                 struct order_file_refusal *refusal, const char *ja, const char *en)
{
    refusal->line = j->lines[row];
    refusal->column = str_from(names[column]);
    return error_set(&refusal->error, ERROR_MALFORMED, "file.cell_unreadable",
                     "「%s」の値を読み取れません。%s%.0s", "%s can't be read: %.0s%s",
                     names[column], ja, en);
}

// The screens' words for the five statuses (§3); also the API's own forms. Other words: the
// download button belongs to 新規受付.
static int state_of(struct str text)
{
    static const struct {
        const char *word;
        int status;
    } words[] = {{"配送完了", 5}, {"配送中", 4},   {"配送準備", 3}, {"新規受付", 2},
                 {"配送要請", 2}, {"入金待ち", 1}, {"配送待ち", 1}};
    int64_t digit;
    ptrdiff_t open = str_find_char(text, '(');
    struct str inside = open >= 0 && str_ends(text, STR(")"))
                            ? str_slice(text, (size_t)open + 1, text.n - 1)
                            : text;
    if (str_to_int64(str_trim(inside), &digit) && digit >= 1 && digit <= 5)
        return (int)digit;
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        if (str_find(text, str_from(words[i].word)) >= 0)
            return words[i].status;
    return 2;
}

// "2026/9/3 21:07", "2026-09-03 21:07:45", "2026/09/03" as QAPI writes them; "" for none.
static bool time_text(struct str text, struct buf *out)
{
    int64_t part[6] = {0};
    size_t count = 0;
    for (size_t i = 0; i < text.n && count < 6;) {
        size_t begin = i;
        while (i < text.n && text.p[i] >= '0' && text.p[i] <= '9')
            i++;
        if (i == begin || !str_to_int64(str_slice(text, begin, i), &part[count++]))
            return false;
        while (i < text.n && (text.p[i] == '/' || text.p[i] == '-' || text.p[i] == ':' ||
                              text.p[i] == ' ' || text.p[i] == 'T'))
            i++;
    }
    if (text.n == 0)
        return true;
    int64_t d = part[0] * 10000 + part[1] * 100 + part[2];
    if (count < 3 || part[0] > 9999 || !day_is_valid((day)d) || part[3] > 23 || part[4] > 59 ||
        part[5] > 59)
        return false;
    buf_addf(out, "%04d-%02d-%02d %02d:%02d:%02d", (int)part[0], (int)part[1], (int)part[2],
             (int)part[3], (int)part[4], (int)part[5]);
    return true;
}

// "2026/09/08 14:00~16:00": the day's slashes only.
static void wish_text(struct str text, struct buf *out)
{
    for (size_t i = 0; i < text.n; i++)
        buf_add_char(out, i < 10 && text.p[i] == '/' ? '-' : text.p[i]);
}

static bool write_member(const struct joined_order *j, size_t row, enum column column,
                         struct json_writer *w, struct order_file_refusal *refusal)
{
    AUTO_BUF text = buf_make(CELL_BYTES_MAX);
    struct str given = cell(j, row, column);
    yen amount = 0;
    switch (members[column].kind) {
    case TIME:
        if (!time_text(given, &text))
            return fail(j, row, column, refusal, "日付ではありません。", "not a date");
        break;
    case DAY:
        wish_text(given, &text);
        break;
    case STATE:
        buf_addf(&text, "%d", state_of(given));
        break;
    case MONEY:
        if (given.n > 0 && !yen_parse(given, &amount))
            return fail(j, row, column, refusal,
                        "数値ではありません。Excelで保存し直していないか確認してください。",
                        "not a number; was it saved by a spreadsheet program?");
        buf_addf(&text, "%lld", (long long)amount);
        break;
    case TEXT:
        buf_add(&text, given);
        break;
    }
    if (text.failed)
        return error_no_memory(&refusal->error);
    json_put_str(w, members[column].member, buf_str(&text));
    return true;
}

static bool write_rows(const struct joined_order *j, struct buf *out,
                       struct order_file_refusal *refusal)
{
    struct json_writer w = json_writer_make(out);
    json_begin_array(&w);
    for (size_t row = 0; row < j->row_count; row++) {
        int64_t order_no;
        if (!str_to_int64(cell(j, row, C_ORDER), &order_no) || order_no <= 0)
            return fail(j, row, C_ORDER, refusal, "注文番号ではありません。", "no order number");
        json_begin_object(&w);
        for (enum column c = 0; c < C_COUNT; c++)
            if (members[c].member && j->columns[c] >= 0 && !write_member(j, row, c, &w, refusal))
                return false;
        json_end_object(&w);
    }
    json_end_array(&w);
    return !out->failed || error_no_memory(&refusal->error);
}

static bool column_is_known(const struct joined_order *j, size_t column)
{
    for (int i = 0; i < C_COUNT; i++)
        if (j->columns[i] == (int)column)
            return true;
    return false;
}

static bool add_extras(const struct joined_order *j, struct order *order)
{
    struct order_extra *all =
        ARENA_ARRAY(j->arena, struct order_extra, order->extra_count + EXTRAS_MAX);
    size_t count = 0;
    if (!all)
        return false;
    for (size_t i = 0; i < order->extra_count; i++)
        all[count++] = order->extras[i];
    for (size_t column = 0; column < j->column_count && count < order->extra_count + EXTRAS_MAX;
         column++) {
        struct str value = j->rows[0][column];
        if (column_is_known(j, column) || str_is_empty(value) || str_eq(value, STR("0")))
            continue;
        struct str name = str_dup(j->arena, j->header[column]);
        all[count++] = (struct order_extra){name, name, str_dup(j->arena, value)};
    }
    order->extras = all;
    order->extra_count = count;
    return true;
}

// 請求金額 = Σ購入者決済金額 (§8): it knows of the cart's discounts, which the file doesn't name.
static bool read_billed(const struct joined_order *j, struct order *order,
                        struct order_file_refusal *refusal)
{
    yen sum = 0, amount = 0;
    for (size_t row = 0; row < j->row_count; row++) {
        struct str text = cell(j, row, C_PAID_AMOUNT);
        if (text.n == 0)
            return true;
        if (!yen_parse(text, &amount))
            return fail(j, row, C_PAID_AMOUNT, refusal, "数値ではありません。", "not a number");
        sum += amount;
    }
    if (sum > 0)
        order->billed = sum;
    return true;
}

static void read_jan(const struct joined_order *j, struct order *order)
{
    for (size_t i = 0; i < order->package_count; i++)
        for (size_t k = 0; k < order->packages[i].line_count; k++) {
            struct order_line *line = &order->packages[i].lines[k];
            for (size_t row = 0; row < j->row_count; row++)
                if (str_eq(cell(j, row, C_ORDER), line->mall_line_id))
                    line->jan = str_dup(j->arena, cell(j, row, C_JAN));
        }
}

static bool refuse_short(struct order_file_refusal *refusal)
{
    error_set(&refusal->error, ERROR_BAD_INPUT, "qoo10.short_layout",
              "このファイルは簡易表示のダウンロードで、注文日や住所がありません。",
              "This is the short layout, without order date and address.");
    return error_hint(
        &refusal->error,
        "QSM「配送管理 > 配送要請(詳細を見る)」の「全体をダウンロード」を使ってください。",
        "Use the download of the detailed view in QSM.");
}

static bool build(const struct joined_order *j, struct order *order,
                  struct order_file_refusal *refusal)
{
    struct qoo10_collection c = {.arena = j->arena};
    struct json root;
    size_t rows;
    AUTO_BUF text = buf_make(JSON_BYTES_MAX);
    struct mall_account account = {0};
    if (j->account)
        account = *j->account;
    account.mall = &qoo10_mall;
    account.shop_id = 0;
    refusal->line = j->lines[0];
    if (j->columns[C_ORDERED] < 0 || j->columns[C_ADDRESS] < 0)
        return refuse_short(refusal);
    if (!write_rows(j, &text, refusal) ||
        !json_parse(j->arena, str_dup(j->arena, buf_str(&text)), true, &root, &refusal->error) ||
        !qoo10_collect(&c, root, &rows, &refusal->error))
        return false;
    if (c.unreadable > 0 || c.count == 0)
        return fail(j, 0, C_CART, refusal, "カート番号または注文番号ではありません。",
                    "no cart number or order number");
    qoo10_collect_sort(&c);
    if (arena_failed(j->arena))
        return error_no_memory(&refusal->error);
    if (!qoo10_cart_read(j->arena, &account, c.lines, c.count, order, &refusal->error))
        return false;
    order->order_no = j->order_no;
    order->mall_update_mark = STR(""); // the API's mark knows more
    read_jan(j, order);
    if (!read_billed(j, order, refusal))
        return false;
    return add_extras(j, order) && !arena_failed(j->arena) ? true
                                                           : error_no_memory(&refusal->error);
}

static const struct join_format format = {
    .names = names, .name_count = C_COUNT, .key = C_CART, .build = build};

static bool recognise(const struct str *header, size_t count)
{
    static const char *const needed[] = {"配送状態", "注文番号",       "カート番号", "送り状番号",
                                         "商品名",   "オプション情報", "受取人名"};
    return join_header_has(header, count, needed, sizeof needed / sizeof needed[0]);
}

static bool read_file(const struct mall_account *account, struct str utf8, struct str second,
                      const struct order_file_sink *sink, struct error *error)
{
    (void)second;
    return join_read_for(account, &format, utf8, sink, error);
}

const struct order_file_format qoo10_order_file = {
    .id = "qoo10.orders",
    .mall = "qoo10",
    .label = {"QSM 配送管理(詳細)", "QSM shipping management (detailed)"},
    .recognise = recognise,
    .read = read_file,
};
