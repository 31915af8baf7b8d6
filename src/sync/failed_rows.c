// SPDX-License-Identifier: Apache-2.0
//
// Picking rows out of a file as it came. CP932 is walked as bytes: no second byte of a character is
// a quote, a separator or a line break, so rows are found without converting anything. Invariant:
// the rows are those of the import's own reader, counted by the same lines. Numbers are compared by
// hash; a collision only takes a good row along, which changes nothing when it is imported again.
#include "sync/failed_rows.h"

#include "base/memory.h"
#include "sync/export_store.h"
#include "text/csv.h"

#include <stdlib.h>

#define FILE_BYTES_MAX (64u << 20)
#define SCRATCH_BYTES_MAX (4u << 20)
#define KEPT_DAYS 30

static bool grow(void **list, size_t *capacity, size_t count, size_t size)
{
    if (count < *capacity)
        return true;
    size_t larger = *capacity ? 2 * *capacity : 64;
    void *grown = memory_resize(*list, larger * size);
    if (!grown)
        return false;
    *list = grown;
    *capacity = larger;
    return true;
}

void failed_rows_add(struct failed_rows *f, size_t line, struct str order_no)
{
    void *numbers = f->numbers, *lines = f->lines;
    if (order_no.n > 0) {
        f->lost |= !grow(&numbers, &f->number_capacity, f->number_count, sizeof *f->numbers);
        f->numbers = numbers;
        if (!f->lost)
            f->numbers[f->number_count++] = str_hash(order_no);
    } else if (line > 0) {
        f->lost |= !grow(&lines, &f->line_capacity, f->line_count, sizeof *f->lines);
        f->lines = lines;
        if (!f->lost)
            f->lines[f->line_count++] = line;
    }
}

void failed_rows_free(struct failed_rows *f)
{
    memory_free(f->numbers);
    memory_free(f->lines);
    *f = (struct failed_rows){0};
}

static int by_number(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return x < y ? -1 : x > y;
}

static int by_line(const void *a, const void *b)
{
    size_t x = *(const size_t *)a, y = *(const size_t *)b;
    return x < y ? -1 : x > y;
}

struct picking {
    const struct failed_rows *failed;
    const struct order_file_format *format;
    const struct mall_account *account;
    struct arena *arena; // header
    struct arena *scratch;
    struct str *header;
    size_t header_count;
    bool second;
};

static bool has_number(const struct failed_rows *f, struct str order_no)
{
    uint64_t hash = str_hash(order_no);
    return order_no.n > 0 && f->number_count > 0 &&
           bsearch(&hash, f->numbers, f->number_count, sizeof hash, by_number);
}

static bool is_failed(struct picking *p, const struct csv_reader *csv)
{
    const struct failed_rows *f = p->failed;
    if (!p->second && f->line_count > 0 &&
        bsearch(&csv->line, f->lines, f->line_count, sizeof csv->line, by_line))
        return true;
    if (p->format->row_order_no) {
        arena_reset(p->scratch);
        size_t count = csv->count < p->header_count ? csv->count : p->header_count;
        return has_number(
            f, p->format->row_order_no(p->account, p->header, csv->cells, count, p->scratch));
    }
    for (size_t i = 0; i < csv->count; i++)
        if (has_number(f, str_trim(csv->cells[i])))
            return true;
    return false;
}

static bool keep_header(struct picking *p, const struct csv_reader *csv)
{
    p->header = ARENA_ARRAY(p->arena, struct str, csv->count);
    for (size_t i = 0; p->header && i < csv->count; i++)
        p->header[i] = str_dup(p->arena, str_trim(csv->cells[i]));
    p->header_count = csv->count;
    return !arena_failed(p->arena);
}

// The bytes of the row just read, without blank lines before it, with a line break behind it.
static void add_row(struct buf *out, const char *from, const struct csv_reader *csv)
{
    struct str row = str_make(from, (size_t)(csv->rest.p - from));
    while (row.n > 0 && (row.p[0] == '\r' || row.p[0] == '\n'))
        row = str_slice(row, 1, row.n);
    buf_add(out, row);
    if (row.n > 0 && row.p[row.n - 1] != '\n' && row.p[row.n - 1] != '\r')
        buf_add(out, STR("\r\n"));
}

static char separator_of(struct str text)
{
    struct str line = STR("");
    size_t tabs = 0, commas = 0;
    str_split(&text, '\n', &line);
    for (size_t i = 0; i < line.n; i++) {
        tabs += line.p[i] == '\t';
        commas += line.p[i] == ',';
    }
    return tabs > commas ? '\t' : ',';
}

static bool pick(struct picking *p, struct str text, struct buf *out, size_t *rows,
                 struct error *error)
{
    struct csv_reader csv;
    struct error unreadable;
    bool header = true, ok = true;
    csv_open(&csv, text, separator_of(text));
    while (ok && csv.rest.n > 0) {
        const char *from = csv.rest.p;
        int got = csv_read(&csv, &unreadable);
        if (got == 0)
            break;
        if (got < 0 && unreadable.class == ERROR_NO_MEMORY)
            ok = false;
        else if (header)
            ok = keep_header(p, &csv);
        if (ok && (header || is_failed(p, &csv))) {
            *rows += !header;
            add_row(out, from, &csv);
        }
        header = false;
    }
    csv_close(&csv);
    return (ok && !out->failed) || error_no_memory(error);
}

static bool to_utf16(struct str utf8, struct buf *out)
{
    buf_add(out, STR("\xff\xfe"));
    while (utf8.n > 0) {
        uint32_t c;
        utf8 = str_slice(utf8, str_utf8_decode(utf8, &c), utf8.n);
        uint32_t units[2] = {c, 0};
        if (c >= 0x10000) {
            units[0] = 0xd800 + ((c - 0x10000) >> 10);
            units[1] = 0xdc00 + ((c - 0x10000) & 0x3ff);
        }
        for (size_t i = 0; i < 2 && (i == 0 || units[1]); i++) {
            buf_add_char(out, (char)(units[i] & 0xff));
            buf_add_char(out, (char)(units[i] >> 8));
        }
    }
    return !out->failed;
}

static bool pick_encoded(struct picking *p, struct str bytes, struct buf *out, size_t *rows,
                         struct error *error)
{
    enum text_encoding encoding = text_detect(bytes);
    if (encoding == TEXT_UTF8_BOM)
        buf_add(out, STR("\xef\xbb\xbf"));
    if (encoding != TEXT_UTF16LE)
        return pick(p, bytes, out, rows, error);
    AUTO_ARENA arena = arena_new((size_t)2 << 30);
    AUTO_BUF plain = buf_make(FILE_BYTES_MAX);
    struct str utf8;
    if (!arena)
        return error_no_memory(error);
    return text_to_utf8(arena, bytes, &utf8, &encoding, error) &&
           pick(p, utf8, &plain, rows, error) &&
           (to_utf16(buf_str(&plain), out) || error_no_memory(error));
}

bool failed_rows_make(struct failed_rows *f, const struct order_file_format *format,
                      const struct mall_account *account, struct str bytes, bool second,
                      struct buf *out, size_t *rows, struct error *error)
{
    AUTO_ARENA arena = arena_new(SCRATCH_BYTES_MAX);
    AUTO_ARENA scratch = arena_new(SCRATCH_BYTES_MAX);
    struct picking p = {.failed = f,
                        .format = format,
                        .account = account,
                        .arena = arena,
                        .scratch = scratch,
                        .second = second};
    *rows = 0;
    if (!arena || !scratch || f->lost)
        return error_no_memory(error);
    if (f->number_count > 0)
        qsort(f->numbers, f->number_count, sizeof *f->numbers, by_number);
    if (f->line_count > 0)
        qsort(f->lines, f->line_count, sizeof *f->lines, by_line);
    return pick_encoded(&p, bytes, out, rows, error);
}

bool failed_rows_store(struct db_conn *conn, row_id org_id, row_id run_id, int part,
                       const char *content_type, struct str bytes, struct error *error)
{
    AUTO_BUF packed = buf_make(FILE_BYTES_MAX);
    if (!bytes_pack(bytes, &packed, error))
        return false;
    struct db_stmt *s =
        db_prepare(conn,
                   "INSERT INTO import_failure (org_id, fetch_run_id, part, content_type, packed) "
                   "VALUES ($1, $2, $3, $4, $5)",
                   error);
    if (!s)
        return false;
    db_bind_id(s, 1, org_id);
    db_bind_id(s, 2, run_id);
    db_bind_int(s, 3, part);
    db_bind_text(s, 4, str_from(content_type));
    db_bind_blob(s, 5, buf_str(&packed));
    return db_run(s, error);
}

bool failed_rows_sweep(struct db_conn *conn, row_id org_id, time_ms now, struct error *error)
{
    struct db_stmt *s =
        db_prepare(conn,
                   "DELETE FROM import_failure WHERE org_id = $1 AND fetch_run_id IN (SELECT r.id "
                   "FROM fetch_run r JOIN import_failure f ON f.org_id = r.org_id AND "
                   "f.fetch_run_id = r.id WHERE r.org_id = $1 AND r.started_at < $2)",
                   error);
    if (!s)
        return false;
    db_bind_id(s, 1, org_id);
    db_bind_int(s, 2, now - KEPT_DAYS * 86400000LL);
    return db_run(s, error);
}

bool failed_rows_read(struct db_conn *conn, row_id org_id, row_id run_id, int part,
                      struct arena *arena, struct str *bytes, struct str *content_type,
                      struct error *error)
{
    struct db_stmt *s = db_prepare(conn,
                                   "SELECT content_type, packed FROM import_failure WHERE org_id = "
                                   "$1 AND fetch_run_id = $2 AND part = $3",
                                   error);
    if (!s)
        return false;
    db_bind_id(s, 1, org_id);
    db_bind_id(s, 2, run_id);
    db_bind_int(s, 3, part);
    enum db_step step = db_step(s, error);
    if (step == DB_STEP_DONE)
        return error_set(error, ERROR_NOT_FOUND, "import.no_failed_rows",
                         "この取込に失敗した行のファイルはありません。",
                         "This import has no file of failed rows.");
    *content_type = step == DB_STEP_ROW ? str_dup(arena, db_text(s, 0)) : STR("");
    bool done = step == DB_STEP_ROW && bytes_unpack(arena, db_blob(s, 1), bytes, error);
    db_reset(s);
    return done;
}
