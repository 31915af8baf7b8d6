// SPDX-License-Identifier: Apache-2.0
//
// The file for QSM's bulk entry of shipments: the short layout of 配送管理 with carrier, number and
// dates filled in, one row per order number (qoo10.md §10.2). No specification of the upload was
// found; that QSM takes back what it handed out is a guess, so try it with one order first. The
// same rules hold as for the API; 発送日 is written here, where QSM has a column for it.
#include "mall/file/formats.h"
#include "mall/qoo10/internal.h"
#include "text/csv.h"

static const char *const header[] = {
    "配送状態",         "注文番号",   "カート番号",       "配送会社", "送り状番号",
    "発送日",           "発送予定日", "商品名",           "数量",     "オプション情報",
    "オプションコード", "受取人名",   "販売者商品コード", "外部広告", "決済サイト"};
#define COLUMN_COUNT (sizeof header / sizeof header[0])

static void add_cells(struct buf *out, const struct str *cells)
{
    for (size_t i = 0; i < COLUMN_COUNT; i++) {
        if (i > 0)
            buf_add_char(out, ',');
        csv_write_cell(out, cells[i].p ? cells[i] : STR(""), ',', false);
    }
    buf_add(out, STR("\r\n"));
}

static bool begin(const struct mall_account *account, struct buf *out, struct error *error)
{
    struct str cells[COLUMN_COUNT];
    (void)account;
    for (size_t i = 0; i < COLUMN_COUNT; i++)
        cells[i] = str_from(header[i]);
    add_cells(out, cells);
    return !out->failed || error_no_memory(error);
}

struct found {
    const struct order_package *package;
    const struct order_line *line;
};

static struct found line_of(const struct order *order, struct str line_id)
{
    for (size_t i = 0; i < order->package_count; i++)
        for (size_t k = 0; k < order->packages[i].line_count; k++)
            if (str_eq(order->packages[i].lines[k].mall_line_id, line_id))
                return (struct found){&order->packages[i], &order->packages[i].lines[k]};
    return (struct found){0};
}

static struct str extra_of(const struct order *order, const char *key)
{
    for (size_t i = 0; i < order->extra_count; i++)
        if (str_eq(order->extras[i].key, str_from(key)))
            return order->extras[i].value;
    return STR("");
}

// Line feeds of ours are QSM's " / ".
static struct str options(struct arena *arena, struct str ours)
{
    AUTO_BUF out = buf_make(64 * 1024);
    struct str part;
    while (str_split(&ours, '\n', &part)) {
        if (out.n > 0)
            buf_add(&out, STR(" / "));
        buf_add(&out, part);
    }
    return str_dup(arena, buf_str(&out));
}

static void add_row(struct arena *arena, const struct order *order, const struct qoo10_notice *n,
                    day today, struct buf *out)
{
    char id[24], quantity[24], date[12];
    struct str line_id = id_format(n->order_no, id);
    struct found at = line_of(order, line_id);
    if (!at.line)
        return;
    const struct str cells[COLUMN_COUNT] = {
        order->mall_status_label,
        line_id,
        order->order_no,
        n->carrier_name,
        n->number,
        day_format(n->ship_date ? n->ship_date : today, date),
        str_slice(extra_of(order, "EstimatedShippingDate"), 0, 10),
        at.line->title,
        id_format(at.line->quantity, quantity),
        options(arena, at.line->options),
        at.line->sku,
        at.package->recipient.name,
        at.line->item_id,
        STR(""),
        STR(""),
    };
    add_cells(out, cells);
}

static bool add(const struct mall_account *account, const struct mall_ship_request *request,
                day today, struct buf *out, struct error *error)
{
    struct mall_account typed = *account;
    struct qoo10_notice *notices;
    size_t count, before = out->n;
    AUTO_ARENA arena = arena_new((size_t)8 * 1024 * 1024);
    typed.mall = &qoo10_mall;
    if (!arena)
        return error_no_memory(error);
    if (!qoo10_ship_preflight(&typed, request, today, error) ||
        !qoo10_notices_make(arena, &typed, request, today, &notices, &count, error))
        return false;
    for (size_t i = 0; i < count; i++)
        add_row(arena, request->order, &notices[i], today, out);
    if (!arena_failed(arena) && !out->failed)
        return true;
    out->n = before;
    return error_no_memory(error);
}

const struct ship_file_format qoo10_ship_file = {
    .id = "qoo10.shipping",
    .mall = "qoo10",
    .label = {"QSM 配送管理 一括登録", "QSM bulk entry of shipments"},
    .file_name = "qoo10_shipping.csv",
    .content_type = "text/csv",
    .encoding = TEXT_CP932,
    .begin = begin,
    .add = add,
};
