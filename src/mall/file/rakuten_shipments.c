// SPDX-License-Identifier: Apache-2.0
//
// 発送完了報告: the CSV that RMS takes under データアップロード (rakuten.md §15.2). One row per
// parcel, six columns, CP932, CRLF. A row with its 発送明細ID changes that row at Rakuten, one
// without adds a row, as the API does. What the file can't carry is refused with the codes of the
// API's preflight.
#include "mall/file/formats.h"
#include "mall/rakuten/codes.h"
#include "mall/rakuten/ship_rules.h"
#include "text/csv.h"

static bool begin(const struct mall_account *account, struct buf *out, struct error *error)
{
    (void)account;
    buf_add(out, STR("注文番号,送付先ID,発送明細ID,お荷物伝票番号,配送会社,発送日\r\n"));
    return !out->failed || error_no_memory(error);
}

static struct str basket_of(const struct mall_ship_request *request,
                            const struct order_package *wanted)
{
    struct str ref = wanted->mall_ref;
    for (size_t i = 0; str_is_empty(ref) && i < request->order->package_count; i++)
        if (request->order->packages[i].number == wanted->number)
            ref = request->order->packages[i].mall_ref;
    return ref.p ? ref : STR("");
}

static void add_row(const struct mall_account *account, struct str order_no, struct str basket,
                    const struct shipment *s, struct buf *out)
{
    char date[12];
    const struct str cells[] = {order_no,
                                basket,
                                s->mall_ref.p ? s->mall_ref : STR(""),
                                s->tracking_number.p ? s->tracking_number : STR(""),
                                rakuten_carrier_to_send(account, s, NULL),
                                day_format(s->ship_date, date)};
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
    struct mall_account known = *account;
    known.mall = mall_by_id(STR("rakuten"));
    if (!rakuten_ship_preflight(account, request, today, error))
        return false;
    for (size_t i = 0; i < request->package_count; i++) {
        const struct order_package *p = &request->packages[i];
        for (size_t k = 0; k < p->shipment_count; k++)
            add_row(&known, request->order->order_no, basket_of(request, p), &p->shipments[k], out);
    }
    return !out->failed || error_no_memory(error);
}

const struct ship_file_format rakuten_ship_file = {
    .id = "rakuten.shipping",
    .mall = "rakuten",
    .label = {"RMS 発送完了報告CSV", "RMS shipping report CSV"},
    .file_name = "rakuten_shipping.csv",
    .content_type = "text/csv",
    .encoding = TEXT_CP932,
    .begin = begin,
    .add = add,
};
