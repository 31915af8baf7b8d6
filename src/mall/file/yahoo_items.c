// SPDX-License-Identifier: Apache-2.0
//
// See the header. Invariants: a row that can't be read taints the orders of the rows before and
// after it, because it may belong to either: such an order is refused, never taken in part. Hashes
// only narrow the search, the numbers themselves decide. One thread; the file's text is borrowed.
#include "mall/file/yahoo_items.h"

#include "base/memory.h"
#include "text/csv.h"

#include <stdlib.h>

#define HEADER_BYTES_MAX ((size_t)256 * 1024)
#define NUMBER_BYTES_MAX 128

struct place {
    uint64_t hash;
    size_t at; // byte offset of the row
    size_t line;
    bool used, tainted;
};

struct yahoo_items {
    struct str text, seller;
    char separator;
    struct arena *arena; // header
    struct str *header;
    size_t column_count;
    int id, order_id;
    struct place *places; // sorted by hash, then offset
    size_t count, capacity;
    struct csv_reader again;
};

int yahoo_column(const struct str *header, size_t count, const char *name)
{
    for (size_t i = 0; i < count; i++)
        if (str_eq_nocase(str_trim(header[i]), str_from(name)))
            return (int)i;
    return -1;
}

struct str yahoo_full_number(struct arena *arena, struct str id, struct str order_id,
                             struct str seller)
{
    id = str_trim(id);
    order_id = str_trim(order_id);
    if (str_find_char(id, '-') > 0)
        return str_dup(arena, id);
    if (str_is_empty(order_id))
        order_id = id;
    if (str_is_empty(order_id) || str_find_char(order_id, '-') > 0)
        return order_id.n > 0 ? str_dup(arena, order_id) : STR("");
    return arena_printf(arena, "%.*s-%.*s", STR_ARG(seller), STR_ARG(order_id));
}

static struct str cell(const struct csv_reader *r, int column)
{
    return column >= 0 && (size_t)column < r->count ? r->cells[column] : STR("");
}

static struct str number_of(struct yahoo_items *items, const struct csv_reader *r,
                            struct arena *arena)
{
    return yahoo_full_number(arena, cell(r, items->id), cell(r, items->order_id), items->seller);
}

static bool add_place(struct yahoo_items *items, struct place place, struct error *error)
{
    if (items->count == items->capacity) {
        size_t capacity = items->capacity ? 2 * items->capacity : 1024;
        struct place *grown = memory_resize(items->places, capacity * sizeof *grown);
        if (!grown)
            return error_no_memory(error);
        items->places = grown;
        items->capacity = capacity;
    }
    items->places[items->count++] = place;
    return true;
}

static int by_hash(const void *a, const void *b)
{
    const struct place *x = a, *y = b;
    if (x->hash != y->hash)
        return x->hash < y->hash ? -1 : 1;
    return x->at < y->at ? -1 : x->at > y->at;
}

static bool read_header(struct yahoo_items *items, struct csv_reader *r, struct error *error)
{
    int got = csv_read(r, error);
    if (got == 0)
        error_set(error, ERROR_BAD_INPUT, "yahoo_file.items_empty",
                  "商品データのファイルが空です。", "The item file is empty.");
    if (got != 1)
        return false;
    items->header = ARENA_ARRAY(items->arena, struct str, r->count);
    for (size_t i = 0; items->header && i < r->count; i++)
        items->header[i] = str_dup(items->arena, str_trim(r->cells[i]));
    if (arena_failed(items->arena))
        return error_no_memory(error);
    items->column_count = r->count;
    items->id = yahoo_column(items->header, r->count, "Id");
    items->order_id = yahoo_column(items->header, r->count, "OrderId");
    bool lines = yahoo_column(items->header, r->count, "LineId") >= 0 ||
                 yahoo_column(items->header, r->count, "ItemId") >= 0;
    if ((items->id >= 0 || items->order_id >= 0) && lines)
        return true;
    error_set(error, ERROR_BAD_INPUT, "yahoo_file.not_items",
              "2つ目のファイルは商品データ（OrderId・LineId・ItemId の列）ではありません。",
              "The second file is not an item file (columns OrderId, LineId, ItemId).");
    return false;
}

// Positions of all rows; a row that can't be read is kept as a taint of its neighbours.
static bool read_places(struct yahoo_items *items, struct csv_reader *r, struct error *error)
{
    uint64_t before = 0;
    bool broken = false, any = false;
    size_t broken_line = 0;
    AUTO_ARENA scratch = arena_new(HEADER_BYTES_MAX);
    if (!scratch)
        return error_no_memory(error);
    for (;;) {
        size_t at = (size_t)(r->rest.p - items->text.p);
        struct error row_error;
        int got = csv_read(r, &row_error);
        if (got < 0 && row_error.class == ERROR_NO_MEMORY) {
            *error = row_error;
            return false;
        }
        if (got == 0)
            return true;
        arena_reset(scratch);
        struct str no = got > 0 ? number_of(items, r, scratch) : STR("");
        if (str_is_empty(no)) {
            broken = true;
            broken_line = r->line;
            if (any && !add_place(items, (struct place){before, at, r->line, true, true}, error))
                return false;
            continue;
        }
        before = str_hash(no);
        any = true;
        if (broken && !add_place(items, (struct place){before, at, broken_line, true, true}, error))
            return false;
        broken = false;
        if (!add_place(items, (struct place){before, at, r->line, false, false}, error))
            return false;
    }
}

struct yahoo_items *yahoo_items_open(struct str utf8, struct str seller, struct error *error)
{
    struct yahoo_items *items = memory_zalloc(1, sizeof *items);
    struct csv_reader r;
    if (!items) {
        error_no_memory(error);
        return NULL;
    }
    struct str first = str_slice(utf8, 0, HEADER_BYTES_MAX), line;
    items->text = utf8;
    items->seller = seller;
    items->separator =
        str_split(&first, '\n', &line) && str_find_char(line, '\t') >= 0 ? '\t' : ',';
    items->arena = arena_new(2 * HEADER_BYTES_MAX);
    csv_open(&r, utf8, items->separator);
    bool read = items->arena ? read_header(items, &r, error) && read_places(items, &r, error)
                             : error_no_memory(error);
    csv_close(&r);
    if (!read)
        return yahoo_items_close(items);
    if (items->count > 0)
        qsort(items->places, items->count, sizeof items->places[0], by_hash);
    csv_open(&items->again, STR(""), items->separator);
    return items;
}

struct yahoo_items *yahoo_items_close(struct yahoo_items *items)
{
    if (!items)
        return NULL;
    csv_close(&items->again);
    arena_free(items->arena);
    memory_free(items->places);
    memory_free(items);
    return NULL;
}

static size_t first_of(const struct yahoo_items *items, uint64_t hash)
{
    size_t low = 0, high = items->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (items->places[middle].hash < hash)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

// Reads one row again, alone.
static bool read_again(struct yahoo_items *items, const struct place *place, struct error *error)
{
    csv_close(&items->again);
    csv_open(&items->again, str_slice(items->text, place->at, items->text.n), items->separator);
    return csv_read(&items->again, error) == 1;
}

static bool tainted(struct error *error)
{
    error_set(error, ERROR_MALFORMED, "yahoo_file.item_row_unreadable",
              "商品データのこの付近の行を読み取れないため、この注文を取り込めません。",
              "An item row next to this order's can't be read, so the order is not taken.");
    return error_hint(error, "商品データをダウンロードし直してください。",
                      "Download the item file again.");
}

bool yahoo_items_find(struct yahoo_items *items, struct str order_no, size_t *found, size_t *line,
                      bool (*row)(void *context, const struct str *header, const struct str *cells,
                                  size_t count),
                      void *context, struct error *error)
{
    uint64_t hash = str_hash(order_no);
    AUTO_ARENA scratch = arena_new(HEADER_BYTES_MAX);
    *found = 0;
    if (!scratch)
        return error_no_memory(error);
    for (size_t i = first_of(items, hash); i < items->count && items->places[i].hash == hash; i++) {
        struct place *p = &items->places[i];
        *line = p->line;
        if (p->tainted)
            return tainted(error);
        if (!read_again(items, p, error))
            return false;
        arena_reset(scratch);
        if (!str_eq(number_of(items, &items->again, scratch), order_no))
            continue;
        p->used = true;
        ++*found;
        if (!row(context, items->header, items->again.cells,
                 items->again.count < items->column_count ? items->again.count
                                                          : items->column_count))
            return false;
    }
    return true;
}

void yahoo_items_unused(struct yahoo_items *items,
                        void (*tell)(void *context, struct str order_no, size_t line),
                        void *context)
{
    AUTO_ARENA scratch = arena_new(HEADER_BYTES_MAX);
    struct error error;
    uint64_t last = 0;
    bool told = false;
    for (size_t i = 0; scratch && i < items->count; i++) {
        struct place *p = &items->places[i];
        if (p->used || (told && p->hash == last) || !read_again(items, p, &error))
            continue;
        arena_reset(scratch);
        last = p->hash;
        told = true;
        tell(context, number_of(items, &items->again, scratch), p->line);
    }
}
