// SPDX-License-Identifier: Apache-2.0
//
// 出荷CSV for 注文管理 › ファイルアップロード of ストアクリエイターPro: one row per order, columns
// named as in the API and found by their header (yahoo.md §13.1). The store's own screen knows its
// seller, so OrderId is the bare number. Closing an order (完了) is no matter of this file.
#include "mall/file/formats.h"
#include "mall/yahoo/internal.h"
#include "text/csv.h"

#include <stdio.h>

static bool begin(const struct mall_account *account, struct buf *out, struct error *error)
{
    (void)account;
    buf_add(out, STR("OrderId,ShipStatus,ShipCompanyCode,ShipInvoiceNumber1,ShipInvoiceNumber2,"
                     "ShipInvoiceNumberEmptyReason,ShipDate\r\n"));
    return !out->failed || error_no_memory(error);
}

static struct str bare_number(const struct mall_account *account, struct str order_no)
{
    struct str seller = account_setting(account, "seller_id");
    bool full = seller.n > 0 && order_no.n > seller.n + 1 && str_starts(order_no, seller) &&
                order_no.p[seller.n] == '-';
    return full ? str_slice(order_no, seller.n + 1, order_no.n) : order_no;
}

static void add_row(const struct mall_account *account, const struct order *order,
                    const struct yahoo_shipment *s, struct buf *out)
{
    char date[32], status[12];
    snprintf(date, sizeof date, "%04d/%02d/%02d", s->ship_date / 10000, s->ship_date / 100 % 100,
             s->ship_date % 100);
    snprintf(status, sizeof status, "%d", s->ship_status);
    const struct str cells[] = {bare_number(account, order->order_no),
                                str_from(status),
                                s->company_code,
                                s->numbers[0],
                                s->numbers[1],
                                s->numbers[0].n ? STR("") : s->empty_reason,
                                str_from(date)};
    for (size_t i = 0; i < sizeof cells / sizeof cells[0]; i++) {
        if (i > 0)
            buf_add_char(out, ',');
        csv_write_cell(out, cells[i], ',', false);
    }
    buf_add(out, STR("\r\n"));
}

static bool add(const struct mall_account *account, const struct mall_ship_request *request,
                day today, struct buf *out, struct error *error)
{
    struct mall_account typed = *account;
    struct yahoo_shipment shipment;
    AUTO_ARENA arena = arena_new(YAHOO_REQUEST_BYTES_MAX);
    typed.mall = &yahoo_mall;
    if (!arena)
        return error_no_memory(error);
    if (!yahoo_ship_preflight(&typed, request, today, error) ||
        !yahoo_shipment_make(arena, &typed, request, today, &shipment, error))
        return false;
    add_row(&typed, request->order, &shipment, out);
    return !out->failed || error_no_memory(error);
}

const struct ship_file_format yahoo_ship_file = {
    .id = "yahoo.shipping",
    .mall = "yahoo",
    .label = {"ストアクリエイターPro 出荷CSV", "Store Creator Pro shipping CSV"},
    .file_name = "yahoo_shipping.csv",
    .content_type = "text/csv",
    .encoding = TEXT_CP932,
    .begin = begin,
    .add = add,
};
