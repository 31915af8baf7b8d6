// SPDX-License-Identifier: Apache-2.0
//
// 出荷通知ファイル for Seller Central › 注文関連ファイルをアップロード (amazon.md §11.3):
// tab-separated, CP932, the template's three head rows, then one row per item and parcel. One
// parcel is told as the whole order; several share the ordered units as the API's notices do.
#include "mall/amazon/internal.h"
#include "mall/file/formats.h"

#define TEMPLATE_NOTE "この行はAmazonが使用しますので変更や削除しないでください。"

static bool begin(const struct mall_account *account, struct buf *out, struct error *error)
{
    (void)account;
    buf_add(out, STR("TemplateType=OrderFulfillment\tVersion=2011.1102\t" TEMPLATE_NOTE "\r\n"
                     "注文番号\t注文商品番号\t出荷数\t出荷日\t配送業者コード\t配送業者名\t"
                     "お問い合わせ伝票番号\t配送方法\t代金引換\r\n"
                     "order-id\torder-item-id\tquantity\tship-date\tcarrier-code\tcarrier-name\t"
                     "tracking-number\tship-method\tcod-collection-method\r\n"));
    return !out->failed || error_no_memory(error);
}

// A tab or a line end inside a cell would become another cell.
static void add_cell(struct buf *out, struct str text)
{
    for (size_t i = 0; i < text.n; i++)
        buf_add_char(out, (unsigned char)text.p[i] < ' ' ? ' ' : text.p[i]);
    buf_add_char(out, '\t');
}

static void add_row(struct buf *out, struct str order_no, struct str item, int64_t units,
                    const struct amazon_parcel *p)
{
    char date[12];
    add_cell(out, order_no);
    add_cell(out, item);
    if (units > 0)
        buf_add_int(out, units);
    buf_add_char(out, '\t');
    add_cell(out, day_format(p->ship_date, date));
    add_cell(out, p->carrier_code);
    add_cell(out, p->carrier_name);
    add_cell(out, p->number);
    add_cell(out, p->method);
    buf_add(out, STR("\r\n"));
}

static int64_t units_of(const struct order *order, int64_t *left, size_t max, size_t *count)
{
    int64_t sum = 0;
    *count = 0;
    for (size_t i = 0; i < order->package_count; i++)
        for (size_t k = 0; k < order->packages[i].line_count && *count < max; k++)
            sum += left[(*count)++] = order->packages[i].lines[k].quantity;
    return sum;
}

static struct str item_of(const struct order *order, size_t index)
{
    for (size_t i = 0; i < order->package_count; i++) {
        if (index < order->packages[i].line_count)
            return order->packages[i].lines[index].mall_line_id;
        index -= order->packages[i].line_count;
    }
    return STR("");
}

// An even share of the units for each parcel, the rest for the last.
static void add_shares(struct buf *out, const struct order *order, const struct amazon_wish *wish)
{
    int64_t left[AMAZON_ITEMS_MAX];
    size_t count;
    int64_t sum = units_of(order, left, AMAZON_ITEMS_MAX, &count);
    for (size_t k = 0; k < wish->count; k++) {
        int64_t parcels = (int64_t)(wish->count - k), share = (sum + parcels - 1) / parcels;
        for (size_t i = 0; i < count && share > 0; i++) {
            int64_t take = left[i] < share ? left[i] : share;
            if (take == 0)
                continue;
            add_row(out, order->order_no, item_of(order, i), take, &wish->parcels[k]);
            left[i] -= take;
            share -= take;
            sum -= take;
        }
    }
}

static bool add(const struct mall_account *account, const struct mall_ship_request *request,
                day today, struct buf *out, struct error *error)
{
    struct mall_account typed = *account;
    struct amazon_wish wish;
    size_t before = out->n;
    AUTO_ARENA arena = arena_new(AMAZON_REQUEST_BYTES_MAX);
    typed.mall = &amazon_mall;
    if (!arena)
        return error_no_memory(error);
    if (!amazon_ship_preflight(&typed, request, today, error) ||
        !amazon_wish_make(arena, &typed, request, today, &wish, error))
        return false;
    if (wish.count == 1)
        add_row(out, request->order->order_no, STR(""), 0, &wish.parcels[0]);
    else
        add_shares(out, request->order, &wish);
    if (!out->failed)
        return true;
    out->n = before;
    return error_no_memory(error);
}

const struct ship_file_format amazon_ship_file = {
    .id = "amazon.shipping",
    .mall = "amazon",
    .label = {"Amazon 出荷通知ファイル", "Amazon shipping confirmation file"},
    .file_name = "amazon_shipping.txt",
    .content_type = "text/tab-separated-values",
    .encoding = TEXT_CP932,
    .begin = begin,
    .add = add,
};
