// SPDX-License-Identifier: Apache-2.0
//
// The world itself: same seed same bytes, consistent amounts, invented people, time, faults,
// ledger.
#include "base/memory.h"
#include "sim/catalogue.h"
#include "sim/internal.h"
#include "toy_face.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#define HOUR_MS 3600000LL
#define DAY_MS (24 * HOUR_MS)
// 2026-03-01 12:00 in Japan.
#define NOW 1772334000000LL

static struct sim *world(uint64_t seed, int64_t orders)
{
    struct error error;
    struct sim_options options = {
        .seed = seed, .orders = orders, .now = NOW, .start = NOW - 60 * DAY_MS, .faces = toy_faces};
    struct sim *sim = sim_new(&options, &error);
    assert_non_null(sim);
    return sim;
}

// Status, or -1 when the connection was dropped; the body goes to `body`.
static int request_at(struct sim *sim, time_ms at, enum http_method method, const char *path,
                      const char *text, struct arena *arena, struct sim_response *kept)
{
    struct sim_request request = {
        .method = method,
        .path = str_from(path),
        .query = STR(""),
        .body = str_from(text),
        .peer = STR("127.0.0.1"),
    };
    struct sim_response response;
    sim_response_init(&response, arena);
    sim_handle(sim, SIM_RAKUTEN, at, &request, &response);
    int status = response.drop ? -1 : response.status;
    if (kept)
        *kept = response;
    else
        sim_response_free(&response);
    return status;
}

static int ship(struct sim *sim, const char *order_no)
{
    AUTO_ARENA arena = arena_new(1 << 20);
    return request_at(sim, NOW, HTTP_POST, "/ship", order_no, arena, NULL);
}

// Everything that can be seen of all orders.
static struct str dump(struct sim *sim, struct arena *arena)
{
    AUTO_BUF out = buf_make(64 << 20);
    struct json_writer w = json_writer_make(&out);
    size_t count;
    struct sim_order *const *orders = sim_orders(sim, SIM_RAKUTEN, &count);
    json_begin_array(&w);
    for (size_t i = 0; i < count; i++)
        sim_control_order(sim, orders[i], true, &w);
    json_end_array(&w);
    assert_false(out.failed);
    return str_dup(arena, buf_str(&out));
}

// --- determinism ---

static void same_seed_gives_the_same_bytes(void **state)
{
    (void)state;
    AUTO_ARENA arena = arena_new(256 << 20);
    struct sim *a = world(7, 300), *b = world(7, 300), *c = world(8, 300);
    struct str first = dump(a, arena);
    assert_true(first.n > 300 * 500);
    assert_true(str_is_utf8(first));
    assert_true(str_eq(first, dump(b, arena)));
    assert_false(str_eq(first, dump(c, arena)));
    sim_free(a);
    sim_free(b);
    sim_free(c);
}

static void steps_of_time_dont_matter(void **state)
{
    (void)state;
    AUTO_ARENA arena = arena_new(256 << 20);
    struct sim *a = world(3, 20), *b = world(3, 20);
    sim_rate_set(a, 2);
    sim_rate_set(b, 2);
    sim_advance(a, NOW + 5 * HOUR_MS);
    for (time_ms t = NOW; t <= NOW + 5 * HOUR_MS; t += 7 * 60000)
        sim_advance(b, t);
    sim_advance(b, NOW + 5 * HOUR_MS);
    struct sim_summary *list;
    size_t count;
    assert_true(sim_summaries(a, -1, arena, &list, &count));
    assert_in_range(count, 20 + 500, 20 + 700); // two a minute for 300 minutes
    assert_true(str_eq(dump(a, arena), dump(b, arena)));
    sim_free(a);
    sim_free(b);
}

// --- orders ---

static void history_has_every_stage_and_feature(void **state)
{
    (void)state;
    struct sim *sim = world(7, 150);
    size_t count;
    struct sim_order *const *orders = sim_orders(sim, SIM_RAKUTEN, &count);
    assert_int_equal(count, 150);
    uint32_t stages = 0;
    int64_t features = 0;
    for (size_t i = 0; i < count; i++) {
        assert_true(orders[i]->ordered_at >= NOW - 60 * DAY_MS - 1000);
        assert_true(orders[i]->ordered_at <= NOW);
        assert_true(i == 0 || orders[i - 1]->ordered_at <= orders[i]->ordered_at);
        assert_ptr_equal(sim_order_find(sim, SIM_RAKUTEN, orders[i]->order_no), orders[i]);
        stages |= 1u << orders[i]->stage;
        features |= orders[i]->features;
        // Steps of the past lie in order and not in the future.
        const time_ms steps[] = {orders[i]->ordered_at, orders[i]->accepted_at,
                                 orders[i]->shipped_at, orders[i]->done_at, NOW};
        time_ms last = steps[0];
        for (size_t k = 1; k < 5; k++)
            if (steps[k] != TIME_NONE) {
                assert_true(steps[k] >= last);
                last = steps[k];
            }
        assert_int_equal(orders[i]->stage >= SIM_STAGE_SHIPPED &&
                             orders[i]->stage <= SIM_STAGE_DONE,
                         !str_is_empty(orders[i]->tracking_number));
    }
    assert_int_equal(stages, toy_face.stages);
    assert_int_equal(features, ((int64_t)1 << SIM_FEATURE_COUNT) - 1);
    assert_int_equal(sim_orders_from(sim, SIM_RAKUTEN, NOW + 1), count);
    assert_int_equal(sim_orders_from(sim, SIM_RAKUTEN, orders[10]->ordered_at) <= 10, true);
    sim_free(sim);
}

static void check_amounts(const struct sim_order *o)
{
    yen goods = 0;
    for (size_t i = 0; i < o->destination_count; i++)
        for (size_t k = 0; k < o->destinations[i].line_count; k++)
            goods += o->destinations[i].lines[k].unit_price * o->destinations[i].lines[k].quantity;
    assert_int_equal(goods, o->goods);
    if (o->features & SIM_FEATURE_UNDETERMINED_POSTAGE) {
        assert_true(o->total == YEN_UNDETERMINED && o->billed == YEN_UNDETERMINED);
        return;
    }
    assert_int_equal(o->total, goods + o->wrapping + o->postage + o->cod_fee + o->payment_fee);
    assert_int_equal(o->billed, o->total - o->coupon_shop - o->coupon_mall - o->points);
    assert_int_equal(o->billed == 0, o->payment == SIM_PAY_POINTS);
    assert_true(o->billed >= 0);
    yen taxable = 0;
    for (int i = 0; i < o->tax_count; i++) {
        const struct sim_tax *t = &o->taxes[i];
        assert_true(t->taxable >= 0);
        assert_int_equal(t->tax,
                         t->taxable * t->rate_basis_points / (10000 + t->rate_basis_points));
        taxable += t->taxable;
    }
    assert_int_equal(taxable, o->total - o->coupon_shop - o->coupon_mall);
}

static void check_person(const struct sim_person *p)
{
    assert_int_equal(p->postal_code.n, 7);
    assert_true(str_eq(p->prefecture, prefecture_name(p->prefecture_number)));
    assert_true(p->family.n > 0 && p->given.n > 0 && p->family_kana.n > 0 && p->city.n > 0);
    // Nobody has a number whose exchange begins with 0.
    ptrdiff_t hyphen = str_find_char(p->phone, '-');
    assert_true(hyphen > 0);
    assert_int_equal(p->phone.p[hyphen + 1], '0');
    assert_true(p->email.n == 0 || str_ends(p->email, STR("@example.jp")));
}

static void orders_are_consistent(void **state)
{
    (void)state;
    struct sim *sim = world(11, 2000);
    size_t count, islands = 0, prefectures = 0;
    uint64_t seen = 0;
    struct sim_order *const *orders = sim_orders(sim, SIM_RAKUTEN, &count);
    for (size_t i = 0; i < count; i++) {
        check_amounts(orders[i]);
        check_person(&orders[i]->buyer);
        for (size_t k = 0; k < orders[i]->destination_count; k++) {
            const struct sim_destination *d = &orders[i]->destinations[k];
            check_person(&d->recipient);
            islands += d->recipient.remote_island;
            assert_true(d->line_count > 0);
            for (size_t l = 0; l < d->line_count; l++)
                assert_int_equal(d->lines[l].item->temperature, d->temperature);
            assert_true(!(orders[i]->features & SIM_FEATURE_STORE_PICKUP) ||
                        d->temperature == SIM_NORMAL);
        }
        if (!(seen & 1ull << orders[i]->buyer.prefecture_number))
            prefectures++;
        seen |= 1ull << orders[i]->buyer.prefecture_number;
    }
    assert_true(islands > 10);
    assert_int_equal(prefectures, 47);
    sim_free(sim);
}

static void tracking_numbers_have_check_digits(void **state)
{
    (void)state;
    struct sim *sim = world(5, 400);
    size_t count, checked = 0;
    struct sim_order *const *orders = sim_orders(sim, SIM_RAKUTEN, &count);
    for (size_t i = 0; i < count; i++) {
        int64_t number;
        struct str text = orders[i]->tracking_number;
        if (str_is_empty(text))
            continue;
        assert_true(text.n == (orders[i]->shipped_with == SIM_CARRIER_SEINO ? 10u : 12u));
        assert_true(str_to_int64(text, &number));
        assert_int_equal(number / 10 % 7, number % 10);
        checked++;
    }
    assert_true(checked > 50);
    sim_free(sim);
}

static void a_wish_is_granted(void **state)
{
    (void)state;
    AUTO_ARENA arena = arena_new(1 << 20);
    struct sim *sim = world(1, 0);
    struct sim_wish wish;
    struct str order_no;
    struct error error;
    sim_wish_init(&wish, SIM_RAKUTEN);
    wish.features = SIM_FEATURE_NOSHI | SIM_FEATURE_SEVERAL_DESTINATIONS;
    wish.only_features = true;
    wish.payment = SIM_PAY_BANK;
    wish.family = STR("髙橋");
    wish.note = STR("一行目\n二行目");
    wish.item = STR("tee-basic");
    wish.quantity = 3;
    assert_true(sim_place(sim, NOW, &wish, arena, &order_no, &error));
    const struct sim_order *o = sim_order_find(sim, SIM_RAKUTEN, order_no);
    assert_non_null(o);
    assert_int_equal(o->features, SIM_FEATURE_NOSHI | SIM_FEATURE_GIFT | SIM_FEATURE_NOTE |
                                      SIM_FEATURE_SEVERAL_DESTINATIONS);
    assert_int_equal(o->payment, SIM_PAY_BANK);
    assert_true(str_eq(o->buyer.family, STR("髙橋")));
    assert_true(str_eq(o->note, STR("一行目\n二行目")));
    assert_true(o->destination_count >= 2);
    assert_true(str_eq(o->destinations[0].lines[0].item->manage_number, STR("tee-basic")));
    assert_int_equal(o->destinations[0].lines[0].quantity, 3);
    assert_int_equal(o->destinations[0].lines[0].axis_count, 2);
    check_amounts(o);

    wish.stage = SIM_STAGE_HOLD; // the toy has no such stage
    assert_false(sim_place(sim, NOW, &wish, arena, &order_no, &error));
    assert_int_equal(error.class, ERROR_BAD_INPUT);
    sim_wish_init(&wish, SIM_YAHOO); // not in this world
    assert_false(sim_place(sim, NOW, &wish, arena, &order_no, &error));
    sim_wish_init(&wish, SIM_RAKUTEN);
    wish.ordered_at = NOW + HOUR_MS;
    assert_false(sim_place(sim, NOW, &wish, arena, &order_no, &error));
    assert_string_equal(error.code, "sim.ordered_in_future");
    sim_free(sim);
}

static void destinations_become_orders_where_the_mall_splits_them(void **state)
{
    (void)state;
    struct sim_face splitting = toy_face;
    splitting.features &= ~(int64_t)SIM_FEATURE_SEVERAL_DESTINATIONS;
    const struct sim_face *const faces[] = {&splitting, NULL};
    struct error error;
    struct sim_options options = {.seed = 2, .now = NOW, .start = TIME_NONE, .faces = faces};
    struct sim *sim = sim_new(&options, &error);
    assert_non_null(sim);
    struct sim_wish wish;
    struct str order_no;
    AUTO_ARENA arena = arena_new(1 << 20);
    sim_wish_init(&wish, SIM_RAKUTEN);
    wish.features = SIM_FEATURE_SEVERAL_DESTINATIONS;
    assert_true(sim_place(sim, NOW, &wish, arena, &order_no, &error));
    size_t count;
    struct sim_order *const *orders = sim_orders(sim, SIM_RAKUTEN, &count);
    assert_in_range(count, 2, 3);
    for (size_t i = 0; i < count; i++) {
        assert_int_equal(orders[i]->destination_count, 1);
        assert_true(orders[0]->purchase_id.n > 0);
        assert_true(str_eq(orders[i]->purchase_id, orders[0]->purchase_id));
        assert_true(str_eq(orders[i]->buyer.phone, orders[0]->buyer.phone));
        check_amounts(orders[i]);
    }
    sim_free(sim);
}

static void dice_belong_to_the_order(void **state)
{
    (void)state;
    struct sim *sim = world(1, 3);
    size_t count;
    struct sim_order *const *orders = sim_orders(sim, SIM_RAKUTEN, &count);
    uint64_t once = sim_dice(orders[0], "card", 1000000);
    assert_true(once == sim_dice(orders[0], "card", 1000000) && once < 1000000);
    assert_true(once != sim_dice(orders[1], "card", 1000000));
    assert_true(once != sim_dice(orders[0], "basket", 1000000));
    sim_free(sim);
}

// --- time ---

static void events_come_in_order_of_time(void **state)
{
    (void)state;
    struct sim *sim = world(1, 0);
    AUTO_ARENA arena = arena_new(8 << 20);
    struct sim_wish wish;
    struct str order_no;
    struct error error;
    sim_wish_init(&wish, SIM_RAKUTEN);
    assert_true(sim_place(sim, NOW, &wish, arena, &order_no, &error));
    struct sim_summary *list;
    size_t count;
    sim_advance(sim, NOW + HOUR_MS - 1);
    assert_true(sim_summaries(sim, SIM_RAKUTEN, arena, &list, &count));
    assert_true(str_eq(list[0].status, STR("new")));
    sim_advance(sim, NOW + HOUR_MS);
    assert_true(sim_summaries(sim, SIM_RAKUTEN, arena, &list, &count));
    assert_true(str_eq(list[0].status, STR("ready")));
    sim_advance(sim, NOW); // a clock that goes back is ignored
    assert_int_equal(sim_now(sim), NOW + HOUR_MS);
    sim_advance(sim, NOW + 365 * DAY_MS);
    assert_int_equal(toy_nights(sim), 365);
    assert_int_equal(sim_next_jst(NOW, 12, 1), NOW + 60000);
    assert_int_equal(sim_next_jst(NOW, 12, 0), NOW + DAY_MS);
    sim_free(sim);
}

static void schedule_keeps_order_of_equal_times(void **state)
{
    (void)state;
    struct sim_schedule s = {0};
    for (int i = 0; i < 1000; i++)
        assert_true(sim_schedule_push(&s, (struct sim_event){.at = (i * 7919) % 100, .code = i}));
    time_ms last = -1;
    int last_code = -1;
    while (sim_schedule_first(&s)) {
        const struct sim_event *e = sim_schedule_first(&s);
        assert_true(e->at > last || (e->at == last && e->code > last_code));
        last = e->at;
        last_code = e->code;
        sim_schedule_pop(&s);
    }
    assert_int_equal(last, 99);
    memory_free(s.heap);
}

static void pace_lets_through_what_it_should(void **state)
{
    (void)state;
    struct sim *sim = world(1, 0);
    struct sim_pace pace = {0};
    int passed = 0;
    for (int i = 0; i < 10; i++)
        passed += sim_pace_take(sim, &pace, 1, 3);
    assert_int_equal(passed, 3);
    sim_advance(sim, NOW + 2000);
    for (int i = 0; i < 10; i++)
        passed += sim_pace_take(sim, &pace, 1, 3);
    assert_int_equal(passed, 5);
    sim->no_rate_limit = true;
    assert_true(sim_pace_take(sim, &pace, 1, 3));
    sim_free(sim);
}

// --- faults and the ledger ---

static struct sim_fault fault(enum sim_fault_kind kind)
{
    return (struct sim_fault){.kind = kind, .mall = -1, .from = TIME_NONE, .until = TIME_NONE};
}

static void drops_before_and_after_the_effect_differ(void **state)
{
    (void)state;
    struct sim *sim = world(1, 5);
    struct sim_fault before = fault(SIM_FAULT_DROP_BEFORE), after = fault(SIM_FAULT_DROP_AFTER);
    before.count = after.count = 1;
    struct str order_no = STR("T-000001");
    assert_true(sim_fault_add(sim, &before) > 0);
    assert_int_equal(ship(sim, "T-000001"), -1);
    assert_int_equal(sim_effect_count(sim, SIM_RAKUTEN, order_no, "ship"), 0);
    assert_true(sim_fault_add(sim, &after) > 0);
    assert_int_equal(ship(sim, "T-000001"), -1);
    assert_int_equal(sim_effect_count(sim, SIM_RAKUTEN, order_no, "ship"), 1);
    assert_int_equal(ship(sim, "T-000001"), 200); // both are spent; a second effect is seen
    assert_int_equal(sim_effect_count(sim, SIM_RAKUTEN, order_no, NULL), 2);
    assert_int_equal(sim_effect_count(sim, SIM_RAKUTEN, STR("T-000002"), NULL), 0);

    AUTO_ARENA arena = arena_new(1 << 20);
    struct sim_effect *effects;
    size_t count;
    assert_true(sim_effects(sim, arena, &effects, &count));
    assert_int_equal(count, 2);
    assert_int_equal(effects[0].payload_hash, effects[1].payload_hash);
    assert_int_equal(effects[0].at, NOW);
    sim_free(sim);
}

static void what_keeps_from_effect_wins(void **state)
{
    (void)state;
    struct sim *sim = world(1, 5);
    struct sim_fault after = fault(SIM_FAULT_DROP_AFTER), status = fault(SIM_FAULT_STATUS);
    status.status = 429;
    status.retry_after_seconds = 7;
    sim_fault_add(sim, &after);
    sim_fault_add(sim, &status);
    AUTO_ARENA arena = arena_new(1 << 20);
    struct sim_response response;
    assert_int_equal(request_at(sim, NOW, HTTP_POST, "/ship", "T-000001", arena, &response), 429);
    assert_true(
        str_eq(http_header(response.headers, response.header_count, "retry-after"), STR("7")));
    sim_response_free(&response);
    assert_int_equal(sim_effect_count(sim, SIM_RAKUTEN, STR("T-000001"), NULL), 0);

    sim_fault_remove(sim, 0);
    struct sim_fault lost = fault(SIM_FAULT_STATUS_AFTER);
    lost.status = 500;
    sim_fault_add(sim, &lost);
    assert_int_equal(ship(sim, "T-000001"), 500);
    assert_int_equal(sim_effect_count(sim, SIM_RAKUTEN, STR("T-000001"), NULL), 1);
    sim_free(sim);
}

static void faults_choose_their_requests(void **state)
{
    (void)state;
    struct sim *sim = world(1, 5);
    AUTO_ARENA arena = arena_new(1 << 20);
    struct sim_fault f = fault(SIM_FAULT_STATUS);
    f.status = 503;
    f.mall = SIM_RAKUTEN;
    f.skip = 1;
    f.count = 2;
    memcpy(f.operation, "ship", sizeof "ship");
    memcpy(f.order_no, "T-000002", sizeof "T-000002");
    sim_fault_add(sim, &f);
    assert_int_equal(ship(sim, "T-000001"), 200); // another order
    assert_int_equal(request_at(sim, NOW, HTTP_GET, "/read/T-000002", "", arena, NULL), 200);
    assert_int_equal(ship(sim, "T-000002"), 200); // skipped
    assert_int_equal(ship(sim, "T-000002"), 503);
    assert_int_equal(ship(sim, "T-000002"), 503);
    assert_int_equal(ship(sim, "T-000002"), 200); // spent

    struct sim_fault other = fault(SIM_FAULT_DROP_BEFORE);
    other.mall = SIM_YAHOO;
    sim_fault_add(sim, &other);
    assert_int_equal(ship(sim, "T-000002"), 200);
    sim_free(sim);
}

static int count_drops(uint64_t seed)
{
    struct sim *sim = world(seed, 2);
    struct sim_fault f = fault(SIM_FAULT_DROP_BEFORE);
    f.probability = 0.3;
    sim_fault_add(sim, &f);
    int pattern = 0;
    for (int i = 0; i < 30; i++)
        pattern = pattern << 1 | (ship(sim, "T-000001") == -1);
    sim_free(sim);
    return pattern;
}

static void chance_depends_on_the_seed_alone(void **state)
{
    (void)state;
    int pattern = count_drops(1);
    assert_int_equal(pattern, count_drops(1));
    assert_int_not_equal(pattern, count_drops(2));
    assert_in_range(__builtin_popcount((unsigned)pattern), 3, 18);
}

static void maintenance_and_delay_and_lag(void **state)
{
    (void)state;
    struct sim *sim = world(1, 0);
    AUTO_ARENA arena = arena_new(8 << 20);
    struct sim_fault closed = fault(SIM_FAULT_MAINTENANCE), slow = fault(SIM_FAULT_DELAY),
                     lag = fault(SIM_FAULT_LISTING_LAG);
    closed.from = NOW + HOUR_MS;
    closed.until = NOW + 2 * HOUR_MS;
    slow.delay_ms = 1500;
    lag.lag_ms = 60000;
    sim_fault_add(sim, &closed);
    sim_fault_add(sim, &slow);
    int64_t lagging = sim_fault_add(sim, &lag);
    struct sim_wish wish;
    struct str order_no;
    struct error error;
    sim_wish_init(&wish, SIM_RAKUTEN);
    assert_true(sim_place(sim, NOW, &wish, arena, &order_no, &error));

    struct sim_response r;
    assert_int_equal(request_at(sim, NOW + 59999, HTTP_GET, "/list", "", arena, &r), 200);
    assert_int_equal(r.body.n, 0); // listed late, but readable at once
    assert_int_equal(r.delay_ms, 1500);
    sim_response_free(&r);
    assert_int_equal(request_at(sim, NOW + 59999, HTTP_GET, "/read/T-000001", "", arena, NULL),
                     200);
    assert_int_equal(request_at(sim, NOW + 60000, HTTP_GET, "/list", "", arena, &r), 200);
    assert_true(r.body.n > 0);
    sim_response_free(&r);
    sim_fault_remove(sim, lagging);
    assert_int_equal(sim_listing_lag(sim, SIM_RAKUTEN), 0);
    assert_int_equal(request_at(sim, NOW + HOUR_MS, HTTP_GET, "/list", "", arena, NULL), 503);
    assert_int_equal(request_at(sim, NOW + 2 * HOUR_MS, HTTP_GET, "/list", "", arena, NULL), 200);
    sim_free(sim);
}

// Reads order 1 under a fault and hands the damaged body back.
static struct sim_response damaged(enum sim_fault_kind kind, size_t at_bytes, struct arena *arena)
{
    struct sim *sim = world(1, 1);
    struct sim_fault f = fault(kind);
    f.at_bytes = at_bytes;
    sim_fault_add(sim, &f);
    struct sim_response response;
    request_at(sim, NOW, HTTP_GET, "/read/T-000001", "", arena, &response);
    sim_free(sim);
    return response;
}

static void bodies_are_damaged(void **state)
{
    (void)state;
    AUTO_ARENA arena = arena_new(16 << 20);
    struct json json;
    struct error error;
    struct sim_response r = damaged(SIM_FAULT_TRUNCATE, 0, arena);
    size_t whole = r.body.n;
    assert_int_equal(r.truncate_to, whole / 2);
    sim_response_free(&r);
    r = damaged(SIM_FAULT_TRUNCATE, 10, arena);
    assert_int_equal(r.truncate_to, 10);
    sim_response_free(&r);
    r = damaged(SIM_FAULT_TRUNCATE, 100000, arena);
    assert_int_equal(r.truncate_to, 0); // the answer is shorter than that
    sim_response_free(&r);
    r = damaged(SIM_FAULT_MALFORMED, 0, arena);
    assert_false(json_parse(arena, buf_str(&r.body), true, &json, &error));
    sim_response_free(&r);
    r = damaged(SIM_FAULT_HTML, 0, arena);
    assert_int_equal(r.status, 200);
    assert_true(str_starts(buf_str(&r.body), STR("<!DOCTYPE html>")));
    assert_true(
        str_starts(http_header(r.headers, r.header_count, "content-type"), STR("text/html")));
    sim_response_free(&r);
    r = damaged(SIM_FAULT_DOUBLE, 0, arena);
    assert_int_equal(r.body.n, 2 * whole);
    sim_response_free(&r);
    r = damaged(SIM_FAULT_CUT_CHARACTER, 0, arena);
    assert_int_equal(r.body.n, whole - 2); // two texts lost a byte each
    assert_false(str_is_utf8(buf_str(&r.body)));
    assert_false(json_parse(arena, buf_str(&r.body), false, &json, &error));
    assert_true(json_parse(arena, buf_str(&r.body), true, &json, &error));
    sim_response_free(&r);
}

// --- threads ---

static void *ship_often(void *argument)
{
    for (int i = 0; i < 200; i++) {
        AUTO_ARENA arena = arena_new(1 << 20);
        struct sim_request request = {.method = HTTP_GET,
                                      .path = STR("/state"),
                                      .query = STR(""),
                                      .body = STR(""),
                                      .peer = STR("127.0.0.1")};
        struct sim_response response;
        (void)ship(argument, "T-000001");
        sim_response_init(&response, arena);
        sim_control(argument, NOW + i, &request, &response);
        sim_response_free(&response);
    }
    return NULL;
}

static void threads_share_one_world(void **state)
{
    (void)state;
    struct sim *sim = world(1, 5);
    pthread_t threads[3];
    for (size_t i = 0; i < 3; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, ship_often, sim), 0);
    for (size_t i = 0; i < 3; i++)
        assert_int_equal(pthread_join(threads[i], NULL), 0);
    assert_int_equal(sim_effect_count(sim, SIM_RAKUTEN, STR("T-000001"), "ship"), 600);
    sim_free(sim);
}

// --- lack of memory ---

static void lack_of_memory_while_making_a_world(void **state)
{
    (void)state;
    struct sim_options options = {
        .seed = 1, .orders = 40, .now = NOW, .start = TIME_NONE, .faces = toy_faces};
    struct sim *sim = NULL;
    for (uint64_t n = 1; !sim && n < 10000; n++) {
        struct error error;
        memory_fail_at(n, 0);
        sim = sim_new(&options, &error);
        memory_fail_at(0, 0);
        if (!sim)
            assert_int_equal(error.class, ERROR_NO_MEMORY);
    }
    assert_non_null(sim);
    sim_free(sim);
}

static void lack_of_memory_while_answering(void **state)
{
    (void)state;
    int refused = 0;
    for (uint64_t n = 1; n < 40; n++) {
        struct sim *sim = world(1, 5);
        AUTO_ARENA arena = arena_new(1 << 20);
        memory_fail_at(n, 1);
        int status = request_at(sim, NOW, HTTP_POST, "/ship", "T-000001", arena, NULL);
        memory_fail_at(0, 0);
        assert_true(status == 200 || status == 500);
        refused += status == 500;
        sim_free(sim);
    }
    assert_true(refused > 0);
}

static void bad_options_are_refused(void **state)
{
    (void)state;
    struct error error;
    struct sim_options options = {.now = NOW, .start = NOW, .faces = toy_faces};
    assert_null(sim_new(&options, &error));
    assert_string_equal(error.code, "sim.start_after_now");
    options.start = TIME_NONE;
    options.orders = -1;
    assert_null(sim_new(&options, &error));
    assert_string_equal(error.code, "sim.options");
    sim_free(NULL);
}

static void names_are_their_own_inverse(void **state)
{
    (void)state;
    for (int i = 0; i < SIM_MALL_COUNT; i++)
        assert_int_equal(sim_mall_from_id(str_from(sim_mall_id((enum sim_mall)i))), i);
    for (int i = 0; i < SIM_STAGE_COUNT; i++)
        assert_int_equal(sim_stage_from_name(str_from(sim_stage_name((enum sim_stage)i))), i);
    for (int i = 0; i < SIM_PAY_COUNT; i++)
        assert_int_equal(sim_payment_from_name(str_from(sim_payment_name((enum sim_payment)i))), i);
    for (int i = 0; i < SIM_FEATURE_COUNT; i++)
        assert_int_equal(sim_feature_from_name(str_from(sim_feature_name(i))), (int64_t)1 << i);
    for (int i = 0; i < SIM_FAULT_KIND_COUNT; i++)
        assert_int_equal(
            sim_fault_kind_from_name(str_from(sim_fault_kind_name((enum sim_fault_kind)i))), i);
    assert_int_equal(sim_mall_from_id(STR("ebay")), -1);
    assert_int_equal(sim_feature_from_name(STR("")), 0);
}

static void catalogue_is_sound(void **state)
{
    (void)state;
    size_t count;
    const struct sim_item *items = sim_catalogue(&count);
    assert_true(count >= 30);
    for (size_t i = 0; i < count; i++) {
        assert_ptr_equal(sim_item_find(items[i].manage_number), &items[i]);
        assert_true(items[i].price > 0);
        assert_true(str_is_utf8(items[i].title));
        unsigned sum = 0;
        assert_true(items[i].jan.n == 0 || items[i].jan.n == 13);
        for (size_t k = 0; k < items[i].jan.n; k++)
            sum += (unsigned)(items[i].jan.p[k] - '0') * (k % 2 ? 3 : 1);
        assert_int_equal(sum % 10, 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(same_seed_gives_the_same_bytes),
        cmocka_unit_test(steps_of_time_dont_matter),
        cmocka_unit_test(history_has_every_stage_and_feature),
        cmocka_unit_test(orders_are_consistent),
        cmocka_unit_test(tracking_numbers_have_check_digits),
        cmocka_unit_test(a_wish_is_granted),
        cmocka_unit_test(destinations_become_orders_where_the_mall_splits_them),
        cmocka_unit_test(dice_belong_to_the_order),
        cmocka_unit_test(events_come_in_order_of_time),
        cmocka_unit_test(schedule_keeps_order_of_equal_times),
        cmocka_unit_test(pace_lets_through_what_it_should),
        cmocka_unit_test(drops_before_and_after_the_effect_differ),
        cmocka_unit_test(what_keeps_from_effect_wins),
        cmocka_unit_test(faults_choose_their_requests),
        cmocka_unit_test(chance_depends_on_the_seed_alone),
        cmocka_unit_test(maintenance_and_delay_and_lag),
        cmocka_unit_test(bodies_are_damaged),
        cmocka_unit_test(threads_share_one_world),
        cmocka_unit_test(lack_of_memory_while_making_a_world),
        cmocka_unit_test(lack_of_memory_while_answering),
        cmocka_unit_test(bad_options_are_refused),
        cmocka_unit_test(names_are_their_own_inverse),
        cmocka_unit_test(catalogue_is_sound),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
