// SPDX-License-Identifier: Apache-2.0
// The search index: posting lists by themselves, and searches against a walk through all texts
// while segments are written and merged.
#include "world.h"

#include "base/memory.h"
#include "base/rng.h"
#include "order/index.h"
#include "order/terms.h"

#include <stdlib.h>

#define PORTION 270
#define PORTIONS 20

static const char *const names[] = {"佐藤",   "鈴木",     "高橋", "龍造寺",
                                    "さくら", "ラーメン", "abc",  "x9"};
#define NAMES (sizeof names / sizeof names[0])

// --- lists ---

static void note_hash(void *context, struct str term, size_t start, size_t end)
{
    uint32_t *hash = context;
    *hash = term_hash(term);
}

static void build(struct postings_builder *b, const row_id *ids, const int *kinds, size_t count)
{
    for (size_t i = 0; i < count; i++)
        postings_add(b, ids[i], str_from(names[kinds[i]]));
    assert_true(postings_sort(b));
}

// Whether ids[i] is listed under the terms of its name, and only names that share them.
static void assert_lists(const struct postings_builder *b, const row_id *ids, const int *kinds,
                         size_t count, struct str part, uint32_t lowest, uint32_t below)
{
    uint32_t ordinals[600], hash = 0;
    bool damaged = false;
    for (size_t i = 0; i < count; i++) {
        terms_each(str_from(names[kinds[i]]), note_hash, &hash);
        if (hash < lowest || hash >= below)
            continue;
        struct str list = postings_find(part, lowest, hash, &damaged);
        ptrdiff_t n = postings_decode(list, 0, ordinals, 600);
        bool found = false;
        assert_false(damaged);
        for (ptrdiff_t k = 0; k < n; k++) {
            assert_true(k == 0 || ordinals[k] > ordinals[k - 1]);
            found |= b->ids[ordinals[k]] == ids[i];
        }
        assert_true(found);
    }
}

static void draw(struct rng *rng, row_id *ids, int *kinds, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        ids[i] = (row_id)(1 + rng_below(rng, 100000));
        kinds[i] = (int)rng_below(rng, NAMES);
    }
}

static void every_term_leads_to_its_orders(void **state)
{
    struct rng_seeded seeded;
    rng_seed(&seeded, 3);
    struct rng rng = rng_from_seeded(&seeded);
    for (int round = 0; round < 20; round++) {
        struct postings_builder b = {0};
        row_id ids[300];
        int kinds[300];
        size_t count = 1 + rng_below(&rng, 300), from = 0;
        uint32_t parts = postings_parts(count);
        draw(&rng, ids, kinds, count);
        build(&b, ids, kinds, count);
        for (size_t i = 1; i < b.order_count; i++)
            assert_true(b.ids[i] > b.ids[i - 1]);
        for (uint32_t part = 0; part < parts; part++) {
            AUTO_BUF bytes = buf_make(1u << 20);
            postings_write(&b, part, parts, &from, &bytes);
            assert_lists(&b, ids, kinds, count, buf_str(&bytes), postings_lowest(part, parts),
                         postings_lowest(part + 1, parts));
        }
        assert_int_equal(from, b.count);
        postings_free(&b);
    }
}

static void damaged_lists_are_noticed(void **state)
{
    struct rng_seeded seeded;
    rng_seed(&seeded, 4);
    struct rng rng = rng_from_seeded(&seeded);
    struct postings_builder b = {0};
    row_id ids[200];
    int kinds[200];
    size_t from = 0;
    AUTO_BUF bytes = buf_make(1u << 20);
    draw(&rng, ids, kinds, 200);
    build(&b, ids, kinds, 200);
    postings_write(&b, 0, 1, &from, &bytes);
    for (int i = 0; i < 3000; i++) {
        AUTO_BUF other = buf_make(1u << 20);
        AUTO_BUF out = buf_make(1u << 20);
        uint32_t scratch[400], ordinals[200];
        bool damaged = false;
        buf_add(&other, str_slice(buf_str(&bytes), 0, rng_below(&rng, bytes.n)));
        if (other.n)
            other.p[rng_below(&rng, other.n)] ^= (char)(1 + rng_below(&rng, 255));
        struct str list = postings_find(buf_str(&other), 0, term_hash(STR("佐藤")), &damaged);
        assert_true(postings_decode(list, 0, ordinals, 200) <= 200);
        struct postings_input input = {.order_count = 200};
        postings_open(&input.reader, buf_str(&other), 0);
        (void)postings_merge(&input, 1, 0, 1u << POSTINGS_HASH_BITS, scratch, &out);
    }
    postings_free(&b);
}

static void lack_of_memory_is_noticed(void **state)
{
    for (uint64_t n = 1; n < 8; n++) {
        struct postings_builder b = {0};
        memory_fail_at(n, 1);
        for (row_id id = 200; id > 0; id--)
            postings_add(&b, id, STR("佐藤花子 東京都渋谷区"));
        bool sorted = postings_sort(&b);
        memory_fail_at(0, 0);
        assert_false(sorted && b.failed);
        postings_free(&b);
    }
}

// --- in the database ---

static struct order *random_order(struct world *w, const struct rng *rng, int n, int minute)
{
    char no[32];
    snprintf(no, sizeof no, "I-%d", n);
    struct order *o = world_order(w, no, minute);
    o->orderer.name =
        arena_printf(w->arena, "%s %s", names[rng_below(rng, NAMES)], names[rng_below(rng, NAMES)]);
    o->orderer.phone =
        arena_printf(w->arena, "090%08llu", (unsigned long long)rng_below(rng, 3000));
    return o;
}

static bool bring(struct world *w, const struct rng *rng, int from, int count, bool spread,
                  struct error *error)
{
    struct order_import imports[PORTION];
    memset(imports, 0, sizeof imports);
    for (int i = 0; i < count; i++) {
        int minute = spread ? (int)rng_below(rng, 100000) : from + i;
        imports[i] =
            (struct order_import){.order = random_order(w, rng, from + i, minute), .door = "range"};
    }
    return world_try_import(w, imports, (size_t)count, error);
}

static size_t walk(struct world *w, const char *word, row_id *ids, size_t room)
{
    struct error e;
    size_t n = 0;
    struct db_conn *conn = db_acquire(w->db, &e);
    struct db_stmt *s =
        db_prepare(conn, "SELECT order_id, folded FROM order_search ORDER BY order_id DESC", &e);
    while (db_step(s, &e) == DB_STEP_ROW)
        if (n < room && str_find(db_text(s, 1), str_from(word)) >= 0)
            ids[n++] = db_int(s, 0);
    db_release(w->db, conn);
    return n;
}

static void assert_found(struct world *w, const char *q, const char *folded)
{
    row_id *expected = calloc(8000, sizeof *expected);
    size_t count = walk(w, folded, expected, 8000), at = 0;
    struct order_filter filter = world_filter();
    struct error e;
    filter.q = str_from(q);
    filter.limit = 500;
    AUTO_ARENA arena = arena_new(64u << 20);
    do {
        struct order_page page;
        struct db_conn *conn = db_acquire(w->db, &e);
        assert_true(order_list(conn, w->org, &filter, arena, &page, &e));
        db_release(w->db, conn);
        for (size_t i = 0; i < page.count; i++) {
            if (at >= count || page.rows[i].id != expected[at])
                print_error("%s: row %zu of %zu\n", q, at, count);
            assert_true(at < count);
            assert_int_equal(page.rows[i].id, expected[at++]);
        }
        filter.cursor = page.next_cursor;
    } while (filter.cursor.p);
    assert_int_equal(at, count);
    free(expected);
}

static void assert_searches(struct world *w)
{
    static const char *const words[][2] = {{"佐藤", "佐藤"},
                                           {"藤鈴木", "藤鈴木"},
                                           {"龍", "竜"},
                                           {"造寺", "造寺"},
                                           {"ラーメン", "ら-めん"},
                                           {"bcx9", "bcx9"},
                                           {"090000012", "090000012"},
                                           {"000123", "000123"},
                                           {"居ない", "居ない"},
                                           {"く", "く"}};
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        assert_found(w, words[i][0], words[i][1]);
}

static void searching(struct world *w)
{
    struct rng_seeded seeded;
    struct error e;
    rng_seed(&seeded, 7);
    struct rng rng = rng_from_seeded(&seeded);
    int n = 0;
    for (int i = 0; i < PORTIONS; i++) {
        // Rising at first, so that segments lie behind each other; then anywhere.
        assert_true(bring(w, &rng, n, PORTION, i > 9, &e));
        n += PORTION;
        assert_true(bring(w, &rng, n, 3, false, &e));
        n += 3;
        if (i == 5 || i == 12)
            assert_searches(w);
    }
    // Other texts for known orders; the old ones may not be found any more.
    assert_true(bring(w, &rng, 0, 200, false, &e));
    assert_true(bring(w, &rng, 200, 200, false, &e));
    assert_true(world_memo(w, "I-5", -1, "龍造寺さま", &e));
    assert_true(
        test_database_int(w->database, "SELECT COUNT(*) FROM search_segment WHERE level > 0") > 0);
    assert_searches(w);
    assert_string_equal(world_verify(w), "");
}

static void searches_find_what_a_walk_finds(void **state)
{
    on_each_engine(searching);
}

static void damaging(struct world *w)
{
    struct rng_seeded seeded;
    struct error e;
    struct order_page page;
    struct order_filter filter = world_filter();
    rng_seed(&seeded, 8);
    struct rng rng = rng_from_seeded(&seeded);
    assert_true(bring(w, &rng, 0, PORTION, false, &e));
    assert_string_equal(world_verify(w), "");
    test_database_exec(w->database, "UPDATE search_segment SET order_count = 5");
    filter.q = STR("佐藤");
    struct db_conn *conn = db_acquire(w->db, &e);
    assert_false(order_list(conn, w->org, &filter, w->arena, &page, &e));
    assert_string_equal(e.code, "order.search_index_damaged");
    test_database_exec(w->database, "DELETE FROM search_part");
    assert_false(order_list(conn, w->org, &filter, w->arena, &page, &e));
    assert_string_equal(e.code, "order.search_index_damaged");
    db_release(w->db, conn);
    test_database_exec(w->database, "DELETE FROM search_segment");
    assert_non_null(strstr(world_verify(w), "verify.search_terms"));
}

static void damage_is_said(void **state)
{
    on_each_engine(damaging);
}

struct failing {
    struct world *w;
    struct order_import imports[PORTION];
    uint64_t allocation;
};

static bool import_failing(void *context, struct db_conn *conn, struct error *error)
{
    struct failing *f = context;
    memory_fail_at(f->allocation, 0);
    bool done = orders_import(conn, &f->w->context, f->imports, PORTION, error);
    memory_fail_at(0, 0);
    return done;
}

// A merge begins and goes on in these imports.
static void starving(struct world *w)
{
    struct rng_seeded seeded;
    struct error e;
    struct failing *f = calloc(1, sizeof *f);
    rng_seed(&seeded, 9);
    struct rng rng = rng_from_seeded(&seeded);
    for (int i = 0; i < 7; i++)
        assert_true(bring(w, &rng, i * PORTION, PORTION, i % 2, &e));
    f->w = w;
    for (int i = 0; i < PORTION; i++)
        f->imports[i] = (struct order_import){
            .order = random_order(w, &rng, 7 * PORTION + i, 7 * PORTION + i), .door = "range"};
    int failures = 0;
    for (f->allocation = 1; !db_write(w->db, import_failing, f, &e); f->allocation += 7) {
        assert_int_equal(e.class, ERROR_NO_MEMORY);
        assert_true(++failures < 2000);
    }
    assert_true(failures > 5);
    assert_searches(w);
    assert_string_equal(world_verify(w), "");
    free(f);
}

static void lack_of_memory_leaves_the_index_whole(void **state)
{
    on_each_engine(starving);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_term_leads_to_its_orders),
        cmocka_unit_test(damaged_lists_are_noticed),
        cmocka_unit_test(lack_of_memory_is_noticed),
        cmocka_unit_test(searches_find_what_a_walk_finds),
        cmocka_unit_test(damage_is_said),
        cmocka_unit_test(lack_of_memory_leaves_the_index_whole),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
