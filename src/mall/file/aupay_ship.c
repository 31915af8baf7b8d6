// SPDX-License-Identifier: Apache-2.0
//
// 受注データCSVアップロード of Wow! manager (aupay.md §8.2): the columns of the download that are
// to change, one row per order, controlType saying that the row updates. That value, and whether
// the mall wants more columns, isn't certain: the value is a setting of the shop.
#include "mall/aupay/internal.h"
#include "mall/file/formats.h"
#include "text/csv.h"

#include <stdio.h>

static bool begin(const struct mall_account *account, struct buf *out, struct error *error)
{
    (void)account;
    buf_add(out, STR("\"controlType\",\"orderId\",\"orderStatus\",\"shippingDate\","
                     "\"shippingCarrier\",\"shippingNumber\"\r\n"));
    return !out->failed || error_no_memory(error);
}

static void add_row(const struct mall_account *account, const struct order *order,
                    const struct aupay_shipment *s, struct buf *out)
{
    char date[32];
    snprintf(date, sizeof date, "%04d/%02d/%02d", s->ship_date / 10000, s->ship_date / 100 % 100,
             s->ship_date % 100);
    const struct str cells[] = {account_setting(account, "csv_control_type"),
                                order->order_no,
                                s->target.n > 0 ? s->target : order->mall_status,
                                str_from(date),
                                s->carrier_code,
                                s->number};
    for (size_t i = 0; i < sizeof cells / sizeof cells[0]; i++) {
        if (i > 0)
            buf_add_char(out, ',');
        csv_write_cell(out, cells[i], ',', true);
    }
    buf_add(out, STR("\r\n"));
}

static bool add(const struct mall_account *account, const struct mall_ship_request *request,
                day today, struct buf *out, struct error *error)
{
    struct mall_account typed = *account;
    struct aupay_shipment shipment;
    AUTO_ARENA arena = arena_new(AUPAY_REQUEST_BYTES_MAX);
    typed.mall = &aupay_mall;
    if (!arena)
        return error_no_memory(error);
    if (!aupay_shipment_make(arena, &typed, request, today, &shipment, error))
        return false;
    add_row(&typed, request->order, &shipment, out);
    return !out->failed || error_no_memory(error);
}

const struct ship_file_format aupay_ship_file = {
    .id = "aupay.shipping",
    .mall = "aupay",
    .label = {"Wow! manager 受注データCSV（発送情報）", "Wow! manager order CSV (shipping)"},
    .file_name = "aupay_shipping.csv",
    .content_type = "text/csv",
    .encoding = TEXT_CP932,
    .begin = begin,
    .add = add,
};
