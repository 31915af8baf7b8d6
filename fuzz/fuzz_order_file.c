// SPDX-License-Identifier: Apache-2.0
//
// Order files of every registered format, so that a new mall is covered by being in the table. The
// input is one file, or two parted by 0x1E. Each format whose header fits reads it, and all formats
// read it once more whatever the header says. Beyond memory faults: what is handed on has a number,
// what is refused has a reason, and the file of failed rows holds no more than the file.
#include "fuzz.h"

#include "mall/file/order_file.h"
#include "mall/op.h"
#include "sync/failed_rows.h"

#define ARENA_BYTES_MAX (256u << 20)
#define OUT_BYTES_MAX (16u << 20)

static const struct setting_value settings[] = {{{"seller_id", 9}, {"shop", 4}}};

static bool take_batch(void *context, struct mall_batch *batch, struct error *error)
{
    struct failed_rows *failed = context;
    (void)error;
    for (size_t i = 0; i < batch->order_count; i++) {
        struct order *o = &batch->orders[i].order;
        struct error why = {0};
        o->shop_id = 1;
        require(o->order_no.n > 0 && batch->orders[i].raw.p != NULL);
        if (!order_validate(o, &why)) {
            require(why.what_ja[0] && why.what_en[0]);
            failed_rows_add(failed, 0, o->order_no);
        }
    }
    mall_batch_free(batch);
    return true;
}

static void take_refusal(void *context, const struct order_file_refusal *refusal)
{
    require(error_is_set(&refusal->error));
    require(refusal->error.what_ja[0] && refusal->error.what_en[0]);
    failed_rows_add(context, refusal->line, refusal->order_no);
}

static void read_with(const struct order_file_format *format, struct str bytes, struct str second,
                      struct arena *arena)
{
    struct failed_rows failed = {0};
    struct order_file_sink sink = {&failed, take_batch, take_refusal, NULL};
    struct mall_account account = {.shop_id = 1,
                                   .base_url = STR(""),
                                   .values = settings,
                                   .value_count = 1,
                                   .mall = mall_by_id(str_from(format->mall))};
    AUTO_BUF out = buf_make(OUT_BYTES_MAX);
    struct str utf8, second_utf8 = STR_ABSENT;
    enum text_encoding encoding;
    struct error error = {0};
    size_t rows;
    bool readable = text_to_utf8(arena, bytes, &utf8, &encoding, &error) &&
                    (!second.p || text_to_utf8(arena, second, &second_utf8, &encoding, &error));
    if (readable && !format->read(&account, utf8, second_utf8, &sink, &error))
        require(error_is_set(&error));
    if (readable && failed_rows_any(&failed) &&
        failed_rows_make(&failed, format, &account, bytes, false, &out, &rows, &error))
        require(out.n <= bytes.n + 8); // line breaks behind the last rows, at most
    failed_rows_free(&failed);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    size_t count;
    const struct order_file_format *const *formats = order_file_formats(&count);
    struct str bytes = fuzz_text(data, size), second = STR_ABSENT;
    ptrdiff_t parted = str_find_char(bytes, '\x1e');
    if (parted >= 0) {
        second = str_slice(bytes, (size_t)parted + 1, bytes.n);
        bytes = str_slice(bytes, 0, (size_t)parted);
    }
    for (size_t i = 0; i < count; i++) {
        AUTO_ARENA arena = arena_new(ARENA_BYTES_MAX);
        struct error error = {0};
        enum text_encoding encoding;
        if (!arena)
            return 0;
        const struct order_file_format *found =
            order_file_recognise(str_from(formats[i]->mall), bytes, &encoding, &error);
        require(found || error_is_set(&error));
        read_with(formats[i], bytes, second, arena);
    }
    return 0;
}
