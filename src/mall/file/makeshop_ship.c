// SPDX-License-Identifier: Apache-2.0
//
// The file for MakeShop's own bulk screen of tracking numbers. That the screen exists is known, its
// columns are not (makeshop.md §8), and none are made up here: the shop says in setting
// "ship_file_columns" which headings the screen wants and what goes below each
// ("注文番号=order_no,伝票番号=tracking_number"). Without it nothing is written. One row per
// destination; what can't be told is refused with the codes of the API's preflight.
#include "mall/file/formats.h"
#include "mall/makeshop/internal.h"
#include "text/csv.h"

enum field { F_ORDER_NO, F_DELIVERY_ID, F_CARRIER, F_NUMBER, F_DATE, F_STATUS, F_COUNT };
static const char *const field_names[F_COUNT] = {"order_no",        "delivery_id", "carrier_code",
                                                 "tracking_number", "ship_date",   "status"};

static struct str columns_of(const struct mall_account *account)
{
    struct mall_account typed = *account;
    typed.mall = &makeshop_mall;
    return str_trim(account_setting(&typed, "ship_file_columns"));
}

// The next column: its heading and what it holds. False at the end.
static bool next_column(struct str *rest, struct str *heading, int *field)
{
    struct str part;
    if (!str_split(rest, ',', &part))
        return false;
    ptrdiff_t equals = str_find_char(part, '=');
    *heading = str_trim(equals < 0 ? part : str_slice(part, 0, (size_t)equals));
    struct str name = equals < 0 ? STR("") : str_trim(str_slice(part, (size_t)equals + 1, part.n));
    *field = -1;
    for (int i = 0; i < F_COUNT; i++)
        if (str_eq(name, str_from(field_names[i])))
            *field = i;
    return true;
}

static bool columns_are_sound(struct str columns, struct error *error)
{
    struct str rest = columns, heading;
    bool number = false, order = false, known = true;
    int field;
    while (next_column(&rest, &heading, &field)) {
        known = known && field >= 0 && heading.n > 0;
        number = number || field == F_NUMBER;
        order = order || field == F_ORDER_NO;
    }
    if (known && number && order)
        return true;
    error_set(error, ERROR_BAD_INPUT, "makeshop.ship_file_columns",
              "MakeShopの伝票番号アップロード用CSVの列が設定されていません。",
              "The columns of MakeShop's upload file are not set.");
    error_hint(error,
               "ショップ設定「伝票番号アップロードCSVの列」に「注文番号=order_no,伝票番号=tracking_"
               "number」の形で登録してください。",
               "Set them in the shop's settings as heading=field, separated by commas.");
    return error_subject(error, "ship_file_columns");
}

static void end_row(struct buf *out)
{
    buf_add(out, STR("\r\n"));
}

static bool begin(const struct mall_account *account, struct buf *out, struct error *error)
{
    struct str rest = columns_of(account), heading;
    struct error unsound;
    int field;
    bool first = true;
    // Each order is refused with the reason instead.
    if (!columns_are_sound(rest, &unsound))
        return true;
    while (next_column(&rest, &heading, &field)) {
        if (!first)
            buf_add_char(out, ',');
        csv_write_cell(out, heading, ',', false);
        first = false;
    }
    end_row(out);
    return !out->failed || error_no_memory(error);
}

static void add_row(struct buf *out, struct str columns, const struct str values[F_COUNT])
{
    struct str heading;
    int field;
    bool first = true;
    while (next_column(&columns, &heading, &field)) {
        if (!first)
            buf_add_char(out, ',');
        csv_write_cell(out, values[field], ',', false);
        first = false;
    }
    end_row(out);
}

static day date_of(const struct mall_ship_request *request, size_t parcel)
{
    for (size_t i = 0; i < request->package_count; i++)
        if (request->packages[i].state != SHIPMENT_VOID &&
            request->packages[i].shipment_count > 0 && parcel-- == 0)
            return request->packages[i].shipments[0].ship_date;
    return 0;
}

static bool add(const struct mall_account *account, const struct mall_ship_request *request,
                day today, struct buf *out, struct error *error)
{
    struct mall_account typed = *account;
    struct makeshop_parcel *parcels;
    size_t count;
    char date[12];
    struct str columns = columns_of(account);
    AUTO_ARENA arena = arena_new(MAKESHOP_REQUEST_BYTES_MAX);
    typed.mall = &makeshop_mall;
    if (!arena)
        return error_no_memory(error);
    if (!makeshop_parcels_make(arena, &typed, request, today, &parcels, &count, error) ||
        !columns_are_sound(columns, error))
        return false;
    for (size_t i = 0; i < count; i++) {
        const struct str values[F_COUNT] = {
            [F_ORDER_NO] = request->order->order_no,
            [F_DELIVERY_ID] = parcels[i].delivery_id,
            [F_CARRIER] = parcels[i].carrier,
            [F_NUMBER] = parcels[i].number,
            [F_DATE] = day_format(date_of(request, i), date),
            [F_STATUS] = arena_printf(arena, "%d", parcels[i].state),
        };
        add_row(out, columns, values);
    }
    return !out->failed || error_no_memory(error);
}

const struct ship_file_format makeshop_ship_file = {
    .id = "makeshop.shipping",
    .mall = "makeshop",
    .label = {"MakeShop 伝票番号アップロードCSV", "MakeShop tracking upload CSV"},
    .file_name = "makeshop_shipping.csv",
    .content_type = "text/csv",
    .encoding = TEXT_CP932,
    .begin = begin,
    .add = add,
};
