// SPDX-License-Identifier: Apache-2.0
//
// Which order files are known, and which of them a given file is. A file is told by its header row
// alone: names of files are what people make of them.
#include "mall/file/order_file.h"
#include "mall/file/formats.h"
#include "text/csv.h"

#define HEADER_BYTES_MAX ((size_t)256 * 1024)

// One a line, so that adding one touches one line.
// clang-format off
static const struct order_file_format *const table[] = {
    &amazon_order_file, &aupay_order_file,   &makeshop_order_file,
    &qoo10_order_file,  &rakuten_order_file, &yahoo_order_file,
    NULL,
};
// clang-format on

const struct order_file_format *const *order_file_formats(size_t *count)
{
    *count = sizeof table / sizeof table[0] - 1;
    return table;
}

// The first row as UTF-8; of a large file only the part that holds it is converted.
static bool header_text(struct arena *arena, struct str bytes, enum text_encoding encoding,
                        struct str *utf8, struct error *error)
{
    struct str head = str_slice(bytes, 0, HEADER_BYTES_MAX);
    enum text_encoding unused;
    if (encoding == TEXT_UTF16LE)
        return text_to_utf8(arena, str_slice(head, 0, head.n & ~(size_t)1), utf8, &unused, error);
    // Line feeds are no part of a CP932 character, so cutting there never splits one.
    ptrdiff_t end = str_find_char(head, '\n');
    if (end >= 0)
        head = str_slice(head, 0, (size_t)end + 1);
    return encoding == TEXT_CP932 ? cp932_to_utf8(arena, head, utf8, error)
                                  : text_to_utf8(arena, head, utf8, &unused, error);
}

static void say_known(struct str mall, struct error *error)
{
    AUTO_BUF ja = buf_make(1024);
    AUTO_BUF en = buf_make(1024);
    for (size_t i = 0; table[i]; i++) {
        if (!str_is_empty(mall) && !str_eq(mall, str_from(table[i]->mall)))
            continue;
        buf_addf(&ja, "%s%s", ja.n ? "、" : "", table[i]->label.ja);
        buf_addf(&en, "%s%s", en.n ? ", " : "", table[i]->label.en);
    }
    AUTO_ARENA arena = arena_new(64 * 1024);
    if (!arena)
        return;
    struct str hint_ja = arena_printf(arena, "取り込めるファイル: %.*s", STR_ARG(buf_str(&ja)));
    struct str hint_en =
        arena_printf(arena, "Files that can be imported: %.*s", STR_ARG(buf_str(&en)));
    if (!arena_failed(arena))
        error_hint(error, hint_ja.p, hint_en.p);
}

enum part { PART_ORDERS, PART_SECOND };

static const struct order_file_format *find(struct str mall, enum part part,
                                            const struct str *header, size_t count)
{
    for (size_t i = 0; table[i]; i++) {
        bool (*is_such)(const struct str *, size_t) =
            part == PART_ORDERS ? table[i]->recognise : table[i]->recognise_second;
        if ((str_is_empty(mall) || str_eq(mall, str_from(table[i]->mall))) && is_such &&
            is_such(header, count))
            return table[i];
    }
    return NULL;
}

// Why a header fits no file of this mall, as far as it can be told.
static void explain(struct str mall, const struct str *header, size_t count, struct error *error)
{
    char shown[200] = "";
    const struct order_file_format *half = find(mall, PART_SECOND, header, count);
    const struct order_file_format *foreign = find(STR(""), PART_ORDERS, header, count);
    if (!foreign)
        foreign = find(STR(""), PART_SECOND, header, count);
    if (half) {
        error_set(error, ERROR_BAD_INPUT, "file.second_alone",
                  "これは「%s」です。注文のファイルがありません。%.0s",
                  "%.0sThis is: %s; the file with the orders is missing", half->second.ja,
                  half->second.en);
        error_hint(error, "注文データと商品データの2つのファイルを一緒に指定してください。",
                   "Give both files together: the orders and the items.");
        return;
    }
    if (foreign) {
        error_set(error, ERROR_BAD_INPUT, "file.other_mall",
                  "これは別のモールのファイルです: %s%.0s",
                  "%.0sThis is a file of another mall: %s", foreign->label.ja, foreign->label.en);
        say_known(mall, error);
        return;
    }
    struct str first = count > 0 ? str_utf8_cut(str_trim(header[0]), sizeof shown - 1) : STR("");
    memcpy(shown, first.p ? first.p : "", first.n);
    shown[first.n] = '\0';
    error_set(error, ERROR_BAD_INPUT, "file.unknown",
              "見出し行(「%s」…)から受注ファイルの種類を判別できません。",
              "The header (\"%s\" …) belongs to no order file that is known.", shown);
    say_known(mall, error);
}

static const struct order_file_format *recognise_text(struct str mall, struct str utf8,
                                                      struct error *error)
{
    static const char separators[] = {',', '\t'};
    if (str_is_empty(str_trim(utf8))) {
        error_set(error, ERROR_BAD_INPUT, "file.empty", "ファイルが空です。", "The file is empty.");
        say_known(mall, error);
        return NULL;
    }
    bool explained = false;
    explain(mall, NULL, 0, error);
    for (size_t i = 0; i < sizeof separators; i++) {
        struct csv_reader csv;
        struct error unreadable;
        const struct order_file_format *found = NULL;
        csv_open(&csv, utf8, separators[i]);
        int got = csv_read(&csv, &unreadable);
        if (got == 1)
            found = find(mall, PART_ORDERS, csv.cells, csv.count);
        // The separator that makes columns is the right one.
        if (got == 1 && !found && (csv.count > 1 || !explained)) {
            explain(mall, csv.cells, csv.count, error);
            explained = true;
        } else if (got < 0 && !explained) {
            *error = unreadable;
        }
        csv_close(&csv);
        if (found || (got < 0 && unreadable.class == ERROR_NO_MEMORY))
            return found;
    }
    return NULL;
}

const struct order_file_format *order_file_recognise(struct str mall, struct str bytes,
                                                     enum text_encoding *encoding,
                                                     struct error *error)
{
    AUTO_ARENA arena = arena_new((size_t)8 * 1024 * 1024);
    struct str utf8;
    error_clear(error);
    if (!arena) {
        error_no_memory(error);
        return NULL;
    }
    *encoding = text_detect(bytes);
    if (*encoding == TEXT_UNKNOWN) {
        text_to_utf8(arena, bytes, &utf8, encoding, error);
        return NULL;
    }
    if (!header_text(arena, bytes, *encoding, &utf8, error))
        return NULL;
    return recognise_text(mall, utf8, error);
}
