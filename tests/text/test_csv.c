// SPDX-License-Identifier: Apache-2.0
// CSV and TSV.
#include "../base/check.h"
#include "text/csv.h"

// All rows as "[a|b][c]"; errors as "!code@line".
static const char *show(struct arena *arena, struct str text, char separator, bool quotes)
{
    struct csv_reader r;
    struct error e = {0};
    AUTO_BUF out = buf_make(1 << 20);
    csv_open(&r, text, separator);
    r.quotes = r.quotes || quotes;
    for (int got; (got = csv_read(&r, &e)) != 0;) {
        if (got < 0) {
            buf_addf(&out, "!%s@%zu", e.code + 4, r.line);
            assert_int_equal(e.class, ERROR_MALFORMED);
            continue;
        }
        for (size_t i = 0; i < r.count; i++) {
            buf_add_char(&out, i ? '|' : '[');
            buf_add(&out, r.cells[i]);
        }
        buf_add_char(&out, ']');
    }
    csv_close(&r);
    return str_cstr(arena, buf_str(&out));
}

static void reads(void **state)
{
    static const char *const cases[][2] = {
        {"", ""},
        {"a", "[a]"},
        {"a,b\r\nc,d\r\n", "[a|b][c|d]"},
        {"a,b\nc,d", "[a|b][c|d]"},
        {"a,b\rc,d\r", "[a|b][c|d]"},
        {"a\n\r\n \nb\n\n", "[a][b]"},
        {",\n", "[|]"},
        {"a,,\n", "[a||]"},
        {"\"a\",\"b,c\"\n", "[a|b,c]"},
        {"\"\"\n", "[]"},
        {"\"\",\"\"\n", "[|]"},
        {"\"a\"\"b\",\"\"\"\",\"c\"\n", "[a\"b|\"|c]"},
        {"\"a\r\nb\",c\nd\n", "[a\r\nb|c][d]"},
        {"5\"4,x\"y\"\n", "[5\"4|x\"y\"]"},
        {" a , \"b\"\n", "[ a | \"b\"]"},
        {"\xef\xbb\xbf"
         "a,b\n",
         "[a|b]"},
        {"\xef\xbb\xbf\"a\",b\n\x1a", "[a|b]"},
        {"表,十,ソ\n能,予,申", "[表|十|ソ][能|予|申]"},
        {"\"a\"b,c\nd,e\n", "!text_after_quote@1[d|e]"},
        {"a\n\"b\" ,c\nd", "[a]!text_after_quote@2[d]"},
        {"a\n\"b\nc\nd", "[a]!quote_not_closed@2[c][d]"},
        {"a\n\"", "[a]!quote_not_closed@2"},
        // A stray quote in one row costs that row only.
        {"a\n\"b,c\n\"d\",\"e\"\n\"f\",\"g\"\n", "[a]!text_after_quote@2[d|e][f|g]"},
    };
    AUTO_ARENA arena = arena_new(1 << 20);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        CHECK_STR(str_from(show(arena, str_from(cases[i][0]), ',', false)), cases[i][1]);
}

static void tabs(void **state)
{
    AUTO_ARENA arena = arena_new(1 << 20);
    // Amazon's reports don't quote: a quote is data.
    CHECK_STR(str_from(show(arena, STR("a\t\"b\" c\t5\"\n\"x\ty\n"), '\t', false)),
              "[a|\"b\" c|5\"][\"x|y]");
    // Excel's do.
    CHECK_STR(str_from(show(arena, STR("a\t\"b\tc\"\n"), '\t', true)), "[a|b\tc]");
}

static void counts_lines(void **state)
{
    struct csv_reader r;
    struct error e;
    csv_open(&r, STR("a\r\n\r\n\"b\nb\r\nb\rb\",\"\"\"\n\"\nc\n"), ',');
    assert_int_equal(csv_read(&r, &e), 1);
    assert_int_equal(r.line, 1);
    assert_int_equal(csv_read(&r, &e), 1);
    assert_int_equal(r.line, 3);
    assert_int_equal(r.count, 2);
    assert_int_equal(csv_read(&r, &e), 1);
    assert_int_equal(r.line, 8);
    assert_int_equal(csv_read(&r, &e), 0);
    assert_int_equal(csv_read(&r, &e), 0);
    csv_close(&r);
}

static void names_the_place_of_a_fault(void **state)
{
    struct csv_reader r;
    struct error e;
    csv_open(&r, STR("a,b\nc,\"d\"x\n"), ',');
    assert_int_equal(csv_read(&r, &e), 1);
    assert_int_equal(csv_read(&r, &e), -1);
    CHECK_ERROR(&e, ERROR_MALFORMED, "csv.text_after_quote");
    assert_string_equal(e.subject, "line 2, column 2");
    assert_non_null(strstr(e.what_en, "line 2, column 2"));
    assert_non_null(strstr(e.what_ja, "2行目、2列目"));
    csv_close(&r);
}

static void limits(void **state)
{
    AUTO_ARENA arena = arena_new(16 << 20);
    AUTO_BUF text = buf_make(8 << 20);
    for (int i = 0; i < CSV_COLUMNS_MAX - 1; i++)
        buf_add_char(&text, ',');
    buf_add(&text, STR("\nx\n"));
    struct csv_reader r;
    struct error e;
    csv_open(&r, buf_str(&text), ',');
    assert_int_equal(csv_read(&r, &e), 1);
    assert_int_equal(r.count, CSV_COLUMNS_MAX);
    csv_close(&r);
    text.p[CSV_COLUMNS_MAX - 1] = ',';
    assert_non_null(strstr(show(arena, buf_str(&text), ',', false), "!too_many_columns@1"));
    buf_reset(&text);
    buf_add(&text, STR("a\n\""));
    for (int i = 0; i < CSV_ROW_BYTES_MAX; i++)
        buf_add_char(&text, 'x');
    buf_add(&text, STR("\"\nb\n"));
    CHECK_STR(str_from(show(arena, buf_str(&text), ',', false)), "[a]!row_too_long@2[b]");
    text.p[2] = 'x';
    text.p[text.n - 4] = 'x';
    CHECK_STR(str_from(show(arena, buf_str(&text), ',', false)), "[a]!row_too_long@2[b]");
}

static void row(struct buf *out, const char *const *cells, size_t n, char separator, bool always)
{
    for (size_t i = 0; i < n; i++) {
        if (i)
            buf_add_char(out, separator);
        csv_write_cell(out, str_from(cells[i]), separator, always);
    }
    buf_add(out, STR("\r\n"));
}

static void writes_what_it_reads(void **state)
{
    static const char *const cells[] = {"a",   "b,c", "\"",   "d\r\ne", " f",
                                        "g　", "",    "5\"4", "=1+1",   "\t"};
    const size_t n = sizeof cells / sizeof *cells;
    AUTO_BUF out = buf_make(10000);
    row(&out, cells, n, ',', false);
    CHECK_STR(buf_str(&out),
              "a,\"b,c\",\"\"\"\",\"d\r\ne\",\" f\",\"g　\",,\"5\"\"4\",=1+1,\"\t\"\r\n");
    row(&out, cells, n, ',', true);
    struct csv_reader r;
    struct error e;
    csv_open(&r, buf_str(&out), ',');
    for (int line = 0; line < 2; line++) {
        assert_int_equal(csv_read(&r, &e), 1);
        assert_int_equal(r.count, n);
        for (size_t i = 0; i < n; i++)
            CHECK_STR(r.cells[i], cells[i]);
    }
    assert_int_equal(csv_read(&r, &e), 0);
    csv_close(&r);
    buf_reset(&out);
    csv_write_cell(&out, STR_ABSENT, ',', true);
    CHECK_STR(buf_str(&out), "\"\"");
    buf_reset(&out);
    csv_write_cell(&out, STR("a,b\tc"), '\t', false);
    CHECK_STR(buf_str(&out), "\"a,b\tc\"");
}

static bool read_all(struct str text, struct error *e)
{
    struct csv_reader r;
    int got, rows = 0;
    csv_open(&r, text, ',');
    while ((got = csv_read(&r, e)) > 0)
        rows++;
    csv_close(&r);
    return got == 0 && rows == 2;
}

static void survives_lack_of_memory(void **state)
{
    struct error e = {0};
    AUTO_BUF text = buf_make(10000);
    buf_add(&text, STR("\"a\"\"b\",\"c\"\n"));
    for (int i = 0; i < 300; i++)
        buf_add_char(&text, ',');
    EACH_ALLOCATION_FAILS(read_all(buf_str(&text), &e), &e);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads),
        cmocka_unit_test(tabs),
        cmocka_unit_test(counts_lines),
        cmocka_unit_test(names_the_place_of_a_fault),
        cmocka_unit_test(limits),
        cmocka_unit_test(writes_what_it_reads),
        cmocka_unit_test(survives_lack_of_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
