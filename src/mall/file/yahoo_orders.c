// SPDX-License-Identifier: Apache-2.0
//
// The order file (注文データ) of ストアクリエイターPro (yahoo.md §13.1), alone or with the item
// file (商品データ). Stores choose the columns themselves, so everything goes by the header; the
// names are those of the API, and a row is turned into what orderInfo would have said, so that both
// doors read orders the same way. Invariants: an order is taken whole or refused with line, column
// and reason; `Total` is the bill, the file's `TotalPrice` is another figure and never used; the
// seller's part of the number is added where the file has the bare one. One thread; each batch owns
// its arena.
#include "mall/file/formats.h"
#include "mall/file/yahoo_items.h"
#include "mall/op.h"
#include "mall/yahoo/fields.h"
#include "mall/yahoo/internal.h"
#include "text/csv.h"
#include "text/fold.h"

#include <stdio.h>

#define BATCH_ORDERS 200
#define BATCH_BYTES_MAX ((size_t)64 * 1024 * 1024)
#define ROW_BYTES_MAX ((size_t)8 * 1024 * 1024)
#define LINES_MAX 200
#define RAW_BYTES_MAX ((size_t)2 * 1024 * 1024)

struct reading {
    const struct mall_account *account;
    const struct order_file_sink *sink;
    struct error *error;
    struct str seller;
    struct yahoo_items *items; // NULL: one file only
    struct arena *header_arena;
    struct str *header;
    size_t column_count;
    int id, order_id;
    struct mall_batch *batch;
    // The row at hand.
    struct arena *scratch;
    struct xml_node *info;
    struct buf raw;
    bool item_header; // is in `raw`
};

// ---- a row as orderInfo would have said it ----

static struct xml_node *add_node(struct arena *arena, struct xml_node *parent, struct str name,
                                 struct str text)
{
    struct xml_node *node = ARENA_NEW(arena, struct xml_node);
    if (!node)
        return NULL;
    node->name = str_dup(arena, name);
    node->text = str_dup(arena, text);
    node->parent = parent;
    if (parent && parent->last_child)
        parent->last_child->next = node;
    else if (parent)
        parent->first_child = node;
    if (parent)
        parent->last_child = node;
    return node;
}

static struct xml_node *group_node(struct reading *r, const char *element)
{
    struct xml_node *node = element ? xml_child(r->info, element) : r->info;
    return node ? node : add_node(r->scratch, r->info, str_from(element), STR(""));
}

struct alias {
    const char *column, *field;
};
// Names that only the files have.
static const struct alias aliases[] = {
    {"Total", "TotalPrice"},
    {"ShipName", "ShipLastName"},
    {"ShipNameKana", "ShipLastNameKana"},
    {"BillName", "BillLastName"},
    {"BillNameKana", "BillLastNameKana"},
    {"ShipAddressFull", "ShipAddress1"},
    {"BillAddressFull", "BillAddress1"},
    {"ItemOptionValue", "SubCodeOption"},
    {"BillEmail", "BillMailAddress"},
};

// The combined columns only where the parts aren't there as well.
static bool is_superseded(const struct reading *r, struct str column)
{
    static const struct alias parts[] = {
        {"ShipAddressFull", "ShipAddress1"},  {"BillAddressFull", "BillAddress1"},
        {"ShipName", "ShipLastName"},         {"BillName", "BillLastName"},
        {"ShipNameKana", "ShipLastNameKana"}, {"BillNameKana", "BillLastNameKana"},
    };
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++)
        if (str_eq(column, str_from(parts[i].column)))
            return yahoo_column(r->header, r->column_count, parts[i].field) >= 0;
    return false;
}

static const struct yahoo_field *field_of(struct str column)
{
    // The file's TotalPrice isn't the bill (§13.1).
    if (str_eq(column, STR("TotalPrice")))
        return NULL;
    for (size_t i = 0; i < sizeof aliases / sizeof aliases[0]; i++)
        if (str_eq(column, str_from(aliases[i].column)))
            column = str_from(aliases[i].field);
    for (size_t i = 0; i < yahoo_field_count; i++)
        if (str_eq(column, str_from(yahoo_fields[i].name)))
            return &yahoo_fields[i];
    return NULL;
}

// "2026/11/20 9:15", "2026-11-20 09:15:02": to the ISO form that answers have.
static struct str iso_time(struct arena *arena, struct str text)
{
    int part[6] = {0};
    size_t at = 0, n = 0;
    time_ms t;
    if (time_parse_yahoo(text, &t))
        return text;
    while (n < 6 && at < text.n) {
        if (text.p[at] < '0' || text.p[at] > '9') {
            at++;
            continue;
        }
        while (at < text.n && text.p[at] >= '0' && text.p[at] <= '9' && part[n] < 10000)
            part[n] = part[n] * 10 + (text.p[at++] - '0');
        n++;
    }
    if (n < 3)
        return text;
    return arena_printf(arena, "%04d-%02d-%02dT%02d:%02d:%02d+09:00", part[0], part[1], part[2],
                        part[3], part[4], part[5]);
}

static bool is_number_field(const struct yahoo_field *f)
{
    static const char *const names[] = {"UnitPrice", "Quantity", "CouponDiscount", "OriginalPrice"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (strcmp(f->name, names[i]) == 0)
            return true;
    return f->group == YAHOO_DETAIL;
}

// Files write thousands with commas, numbers in full width, dates with slashes.
static struct str clean_value(struct reading *r, const struct yahoo_field *f, struct str text)
{
    yen amount;
    text = str_trim(text);
    if (is_number_field(f) && yen_parse(text, &amount))
        return arena_printf(r->scratch, "%lld", (long long)amount);
    size_t n = strlen(f->name);
    bool is_time =
        n > 4 && (strcmp(f->name + n - 4, "Time") == 0) && strcmp(f->name, "ShipRequestTime") != 0;
    return is_time ? iso_time(r->scratch, text) : text;
}

static void put(struct reading *r, struct xml_node *item, struct str column, struct str text)
{
    const struct yahoo_field *f = field_of(column);
    if (!f || str_is_empty(str_trim(text)) || (f->group == YAHOO_ITEM) != (item != NULL))
        return;
    struct xml_node *parent = item ? item : group_node(r, yahoo_group_element(f->group));
    if (parent && !xml_child(parent, f->name))
        add_node(r->scratch, parent, str_from(f->name), clean_value(r, f, text));
}

// ---- lines ----

static void add_raw_row(struct buf *raw, const struct str *cells, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        csv_write_cell(raw, cells[i], ',', false);
        buf_add_char(raw, i + 1 < count ? ',' : '\n');
    }
}

static bool take_item_row(void *context, const struct str *header, const struct str *cells,
                          size_t count)
{
    struct reading *r = context;
    struct xml_node *item = add_node(r->scratch, r->info, STR("Item"), STR(""));
    if (!item)
        return error_no_memory(r->error);
    if (!r->item_header)
        add_raw_row(&r->raw, header, count);
    r->item_header = true;
    for (size_t i = 0; i < count; i++)
        put(r, item, header[i], cells[i]);
    add_raw_row(&r->raw, cells, count);
    return true;
}

// "L1=item-a&L2=item-b": the part of line `number`; a title may hold an '&' of its own. False:
// none.
static bool packed_part(struct str text, int number, struct str *part)
{
    char mark[24];
    int n = snprintf(mark, sizeof mark, "L%d=", number);
    ptrdiff_t at = -1;
    for (size_t i = 0; i < text.n && at < 0; i++) {
        bool begins = i == 0 || text.p[i - 1] == '&';
        if (begins && str_starts(str_slice(text, i, text.n), str_make(mark, (size_t)n)))
            at = (ptrdiff_t)i + n;
    }
    if (at < 0)
        return false;
    n = snprintf(mark, sizeof mark, "&L%d=", number + 1);
    struct str rest = str_slice(text, (size_t)at, text.n);
    ptrdiff_t end = str_find(rest, str_make(mark, (size_t)n));
    *part = end < 0 ? rest : str_slice(rest, 0, (size_t)end);
    return true;
}

static int packed_lines(struct str text)
{
    struct str part;
    int lines = 0;
    while (lines < LINES_MAX && packed_part(text, lines + 1, &part))
        lines++;
    return lines;
}

// Lines from the order row itself: packed cells, or plain ones where there is one line.
static bool take_packed(struct reading *r, const struct csv_reader *csv)
{
    int lines = 1;
    for (size_t i = 0; i < csv->count && i < r->column_count; i++) {
        int n = packed_lines(csv->cells[i]);
        lines = n > lines ? n : lines;
    }
    for (int k = 1; k <= lines; k++) {
        struct xml_node *item = add_node(r->scratch, r->info, STR("Item"), STR(""));
        if (!item)
            return error_no_memory(r->error);
        char id[16];
        snprintf(id, sizeof id, "%d", k);
        for (size_t i = 0; i < csv->count && i < r->column_count; i++) {
            struct str column = r->header[i], cell = csv->cells[i], part;
            if (str_eq(column, STR("QuantityDetail")))
                column = STR("Quantity");
            else if (str_eq(column, STR("Quantity")) &&
                     yahoo_column(r->header, r->column_count, "QuantityDetail") >= 0)
                continue;
            if (packed_part(cell, k, &part))
                put(r, item, column, part);
            else if (lines == 1)
                put(r, item, column, cell);
        }
        if (!xml_child(item, "LineId"))
            add_node(r->scratch, item, STR("LineId"), str_from(id));
    }
    return true;
}

// ---- rows ----

static void refuse(struct reading *r, size_t line, const char *column, struct str order_no,
                   const struct error *error)
{
    struct order_file_refusal refusal = {
        .line = line, .column = str_from(column), .order_no = order_no, .error = *error};
    if (r->sink->refused)
        r->sink->refused(r->sink->context, &refusal);
}

static bool flush(struct reading *r)
{
    struct mall_batch *batch = r->batch;
    r->batch = NULL;
    if (!batch || batch->order_count == 0) {
        mall_batch_free(batch);
        return true;
    }
    return r->sink->batch(r->sink->context, batch, r->error);
}

static bool have_batch(struct reading *r)
{
    if (r->batch)
        return true;
    r->batch = mall_batch_new(BATCH_BYTES_MAX);
    if (r->batch)
        r->batch->orders = ARENA_ARRAY(r->batch->arena, struct mall_order, BATCH_ORDERS);
    if (r->batch && r->batch->orders)
        return true;
    return error_no_memory(r->error);
}

static void start_row(struct reading *r, const struct csv_reader *csv, struct str order_no)
{
    arena_reset(r->scratch);
    buf_reset(&r->raw);
    r->info = add_node(r->scratch, NULL, STR("OrderInfo"), STR(""));
    r->item_header = false;
    add_raw_row(&r->raw, r->header, r->column_count);
    add_raw_row(&r->raw, csv->cells, csv->count);
    if (!r->info)
        return;
    add_node(r->scratch, r->info, STR("OrderId"), order_no);
    for (size_t i = 0; i < csv->count && i < r->column_count; i++)
        if (!is_superseded(r, r->header[i]) && !str_eq(r->header[i], STR("OrderId")))
            put(r, NULL, r->header[i], csv->cells[i]);
    // A template without the status: the shop downloaded what it works on.
    if (!xml_child(r->info, "OrderStatus"))
        add_node(r->scratch, r->info, STR("OrderStatus"), STR("2"));
}

static bool add_lines(struct reading *r, const struct csv_reader *csv, struct str order_no,
                      size_t *line, struct error *error)
{
    size_t found = 0;
    if (r->items && !yahoo_items_find(r->items, order_no, &found, line, take_item_row, r, error))
        return false;
    if (found > 0)
        return true;
    bool packed = yahoo_column(r->header, r->column_count, "ItemId") >= 0;
    if (packed)
        return take_packed(r, csv);
    error_set(error, ERROR_BAD_INPUT, "yahoo_file.no_items", "この注文の商品がわかりません。",
              "The order's items are not known.");
    return error_hint(
        error,
        "商品データのファイルも一緒に選ぶか、注文データのテンプレートに ItemId・Title・"
        "QuantityDetail・UnitPrice を加えてください。",
        "Choose the item file as well, or add ItemId, Title, QuantityDetail and UnitPrice "
        "to the template.");
}

// Makes the order of the row at hand. False with `error` and perhaps another line: refused.
static bool make_order(struct reading *r, const struct csv_reader *csv, struct str order_no,
                       size_t *line, struct error *error)
{
    struct mall_order *m = &r->batch->orders[r->batch->order_count];
    start_row(r, csv, order_no);
    if (!add_lines(r, csv, order_no, line, error))
        return false;
    if (arena_failed(r->scratch) || r->raw.failed)
        return error_no_memory(error);
    if (!yahoo_order_read(r->batch->arena, r->account, r->info, &m->order, error) ||
        !order_validate(&m->order, error))
        return false;
    m->order.shop_id = 0;
    m->raw = str_dup(r->batch->arena, buf_str(&r->raw));
    m->raw_type = STR("text/csv");
    if (arena_failed(r->batch->arena))
        return error_no_memory(error);
    r->batch->order_count++;
    return true;
}

static struct str cell(const struct csv_reader *csv, int column)
{
    return column >= 0 && (size_t)column < csv->count ? csv->cells[column] : STR("");
}

// False: reading stops (r->error set).
static bool take_row(struct reading *r, const struct csv_reader *csv)
{
    struct error error = {0};
    char number[160];
    size_t line = csv->line;
    if (!have_batch(r))
        return false;
    struct str no =
        yahoo_full_number(r->batch->arena, cell(csv, r->id), cell(csv, r->order_id), r->seller);
    if (str_is_empty(no) || no.n >= sizeof number) {
        error_set(&error, ERROR_BAD_INPUT, "yahoo_file.order_number", "注文番号がありません。",
                  "The order number is missing.");
        refuse(r, line, "OrderId", STR(""), &error);
        return true;
    }
    memcpy(number, no.p, no.n);
    if (!make_order(r, csv, no, &line, &error)) {
        if (error.class == ERROR_NO_MEMORY) {
            *r->error = error;
            return false;
        }
        refuse(r, line, "", str_make(number, no.n), &error);
    }
    return r->batch->order_count < BATCH_ORDERS || flush(r);
}

static bool read_header(struct reading *r, struct csv_reader *csv)
{
    int got = csv_read(csv, r->error);
    if (got == 0)
        error_set(r->error, ERROR_BAD_INPUT, "yahoo_file.empty", "ファイルが空です。",
                  "The file is empty.");
    if (got != 1)
        return false;
    r->header = ARENA_ARRAY(r->header_arena, struct str, csv->count);
    for (size_t i = 0; r->header && i < csv->count; i++)
        r->header[i] = str_dup(r->header_arena, str_trim(csv->cells[i]));
    if (arena_failed(r->header_arena))
        return error_no_memory(r->error);
    r->column_count = csv->count;
    r->id = yahoo_column(r->header, csv->count, "Id");
    r->order_id = yahoo_column(r->header, csv->count, "OrderId");
    return true;
}

static void tell_unused(void *context, struct str order_no, size_t line)
{
    struct error error;
    error_set(&error, ERROR_BAD_INPUT, "yahoo_file.order_row_missing",
              "商品データにある注文が、注文データにありません。",
              "An order of the item file is not in the order file.");
    error_hint(&error, "同じ条件で両方のファイルをダウンロードしてください。",
               "Download both files with the same conditions.");
    refuse(context, line, "Id", order_no, &error);
}

static bool read_rows(struct reading *r, struct csv_reader *csv, struct str utf8)
{
    for (;;) {
        struct error error = {0};
        int got = csv_read(csv, &error);
        if (got == 0)
            break;
        if (got < 0 && error.class == ERROR_NO_MEMORY) {
            *r->error = error;
            return false;
        }
        if (got < 0)
            refuse(r, csv->line, "", STR(""), &error);
        else if (!take_row(r, csv))
            return false;
        if (r->sink->progress)
            r->sink->progress(r->sink->context, (size_t)(csv->rest.p - utf8.p), utf8.n);
    }
    if (!flush(r))
        return false;
    if (r->items)
        yahoo_items_unused(r->items, tell_unused, r);
    return true;
}

static char separator_of(struct str utf8)
{
    struct str line = STR("");
    str_split(&utf8, '\n', &line);
    return str_find_char(line, '\t') >= 0 && str_find_char(line, ',') < 0 ? '\t' : ',';
}

static bool read_file(const struct mall_account *given, struct str utf8, struct str second,
                      const struct order_file_sink *sink, struct error *error)
{
    struct mall_account account = *given;
    account.mall = &yahoo_mall;
    struct reading r = {.account = &account,
                        .sink = sink,
                        .error = error,
                        .seller = account_setting(&account, "seller_id"),
                        .raw = buf_make(RAW_BYTES_MAX)};
    struct csv_reader csv;
    bool done = false;
    r.header_arena = arena_new(RAW_BYTES_MAX);
    r.scratch = arena_new(ROW_BYTES_MAX);
    csv_open(&csv, utf8, separator_of(utf8));
    if (!r.header_arena || !r.scratch)
        error_no_memory(error);
    else if (!second.p || (r.items = yahoo_items_open(second, r.seller, error)))
        done = read_header(&r, &csv) && read_rows(&r, &csv, utf8);
    csv_close(&csv);
    yahoo_items_close(r.items);
    mall_batch_free(r.batch);
    buf_free(&r.raw);
    arena_free(r.scratch);
    arena_free(r.header_arena);
    return done;
}

// A store's own choice of columns: the number, the time, and something only an order row has.
static bool recognise(const struct str *header, size_t count)
{
    static const char *const telling[] = {
        "ShipZipCode",  "ShipAddressFull", "ShipAddress1",    "ShipName",
        "ShipLastName", "PayMethodName",   "BillMailAddress", "Total"};
    if (yahoo_column(header, count, "OrderId") < 0 || yahoo_column(header, count, "OrderTime") < 0)
        return false;
    for (size_t i = 0; i < sizeof telling / sizeof telling[0]; i++)
        if (yahoo_column(header, count, telling[i]) >= 0)
            return true;
    return false;
}

static bool recognise_items(const struct str *header, size_t count)
{
    bool number =
        yahoo_column(header, count, "OrderId") >= 0 || yahoo_column(header, count, "Id") >= 0;
    return number && !recognise(header, count) &&
           (yahoo_column(header, count, "LineId") >= 0 ||
            yahoo_column(header, count, "ItemId") >= 0);
}

static struct str row_order_no(const struct mall_account *account, const struct str *header,
                               const struct str *cells, size_t count, struct arena *arena)
{
    int id = yahoo_column(header, count, "Id"), order_id = yahoo_column(header, count, "OrderId");
    return yahoo_full_number(arena, id >= 0 ? cells[id] : STR(""),
                             order_id >= 0 ? cells[order_id] : STR(""),
                             account_setting(account, "seller_id"));
}

const struct order_file_format yahoo_order_file = {
    .id = "yahoo.orders",
    .mall = "yahoo",
    .label = {"ストアクリエイターPro 注文データ（CSV）", "Store Creator Pro order file (CSV)"},
    .second = {"商品データ（CSV）", "Item file (CSV)"},
    .recognise = recognise,
    .recognise_second = recognise_items,
    .read = read_file,
    .row_order_no = row_order_no,
};
