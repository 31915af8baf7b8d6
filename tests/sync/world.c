// SPDX-License-Identifier: Apache-2.0
//
// Fixture of the engine's tests. Threads: the test's own turns the loop; the malls' servers and the
// database have theirs, which read the clock.
#include "world.h"

#include "main/demo_settings.h"
#include "sim/face.h"
#include "sync/internal.h"

#include <stdio.h>
#include <stdlib.h>

#define START INT64_C(1795000000000) // 2026-11-18
#define TURN_MS 5
#define IDLE_STEP_MS 500 // how much time passes when a turn brought nothing
#define PATIENCE_MS (20 * 24 * 3600 * INT64_C(1000))

int world_setup_sqlite(void **state)
{
    static enum db_engine engine = DB_SQLITE;
    *state = &engine;
    return 0;
}

int world_setup_postgres(void **state)
{
    static enum db_engine engine = DB_POSTGRES;
    enum db_engine engines[2];
    *state = test_database_engines(engines) == 2 ? &engine : NULL;
    return 0;
}

enum db_engine world_engine(void **state)
{
    if (!*state)
        skip();
    return *(enum db_engine *)*state;
}

static void give_up(const char *what, const struct error *e)
{
    fail_msg("%s: %s: %s (%s %s) %s", what, e->code, e->what_en, e->peer_code, e->peer_text,
             e->subject);
}

static time_ms read_now(void *context)
{
    struct world *w = context;
    struct clock real = clock_system();
    return w->options.real_time ? clock_now(&real) : atomic_load(&w->now);
}

void world_look_at_clock(struct world *w)
{
    w->now = read_now(w);
}

void world_advance(struct world *w, int64_t ms)
{
    atomic_fetch_add(&w->now, ms);
    sim_advance(w->sim, w->now);
}

struct order_context world_context(struct world *w)
{
    return (struct order_context){.org_id = w->org_id,
                                  .actor = {.kind = ACTOR_USER, .id = 1, .name = STR("staff")},
                                  .now = w->now,
                                  .ids = &w->node.ids};
}

struct creation {
    struct world *w;
    const struct mall *mall;
    const char *name, *url;
    row_id *shop_id;
};

static bool create_org(void *context, struct db_conn *conn, struct error *error)
{
    struct world *w = context;
    struct order_context by = world_context(w);
    struct db_stmt *s =
        db_prepare(conn, "INSERT INTO org (id, name, created_at) VALUES ($1, 'test', $2)", error);
    if (!s)
        return false;
    db_bind_id(s, 1, w->org_id);
    db_bind_int(s, 2, w->now);
    return db_run(s, error) && work_statuses_create_default(conn, &by, error);
}

static bool create_shop(void *context, struct db_conn *conn, struct error *error)
{
    struct creation *c = context;
    struct order_context by = world_context(c->w);
    struct setting_value values[64];
    char days[12];
    size_t count = 0;
    demo_settings(c->w->arena, c->mall, str_from(c->url), by.now, values, &count);
    snprintf(days, sizeof days, "%d", c->w->options.fetch_days ? c->w->options.fetch_days : 60);
    values[count++] = (struct setting_value){STR("fetch_days"), str_from(days)};
    return shop_create(conn, &by, &c->w->key, c->mall, str_from(c->name), str_from(c->url), values,
                       count, c->shop_id, error);
}

static void write_now(struct world *w, const char *what, db_write_fn fn, void *context)
{
    struct error error;
    if (!db_write(w->database->db, fn, context, &error))
        give_up(what, &error);
}

void world_node_start(struct world *w, struct node *node, const char *name)
{
    struct error error;
    struct loop_options loop = {.clock = w->clock};
    static uint16_t number;
    *node = (struct node){.world = w, .loop = loop_new(&loop, &error)};
    snprintf(node->name, sizeof node->name, "%s", name);
    id_source_init(&node->ids, ++number & 1023);
    rng_seed(&node->random, w->options.seed + number);
    struct sync_options options = {
        .db = w->database->db,
        .loop = node->loop,
        .key = &w->key,
        .clock = w->clock,
        .rng = rng_from_seeded(&node->random),
        .ids = &node->ids,
        .node = node->name,
        .log = getenv("JUCHU_TEST_LOG")
                   ? log_new(stderr, LOG_FORMAT_CONSOLE, LOG_DEBUG, w->clock, w->key.bytes)
                   : NULL,
        .automatic = w->options.automatic,
        .settle_ms = w->options.settle_ms ? w->options.settle_ms : 5000,
        .pacing_off = !w->options.real_pacing,
    };
    node->sync = node->loop ? sync_new(&options, &error) : NULL;
    if (!node->sync)
        give_up("sync_new", &error);
}

void world_node_stop(struct node *node)
{
    node->sync = sync_free(node->sync);
    node->loop = loop_free(node->loop);
}

// Malls that a world may have; another one is a line here.
static const struct sim_face *const known_faces[] = {&sim_face_rakuten,  &sim_face_yahoo,
                                                     &sim_face_aupay,    &sim_face_amazon,
                                                     &sim_face_makeshop, &sim_face_qoo10};

// Rakuten and Yahoo, or the one that is asked for.
static void choose_faces(const struct world_options *options, const struct sim_face **faces)
{
    size_t count = 0;
    for (size_t i = 0; i < sizeof known_faces / sizeof known_faces[0]; i++) {
        enum sim_mall mall = known_faces[i]->mall;
        if (options->one_mall ? mall == options->mall : mall == SIM_RAKUTEN || mall == SIM_YAHOO)
            faces[count++] = known_faces[i];
    }
    assert_true(count > 0);
    faces[count] = NULL;
}

struct world *world_open(enum db_engine engine, const struct world_options *options)
{
    const struct sim_face *faces[SIM_MALL_COUNT + 1];
    choose_faces(options, faces);
    struct world *w = calloc(1, sizeof *w);
    assert_non_null(w);
    w->options = *options;
    w->now = START;
    if (options->real_time)
        world_look_at_clock(w);
    w->clock = (struct clock){read_now, read_now, w};
    w->arena = arena_new((size_t)1 << 30);
    w->database = test_database_open_with(
        engine, &(struct test_database_options){
                    .clock = &w->clock, .reuse = true, .durable = options->real_time});
    struct sim_options sim = {.seed = options->seed ? options->seed : 7,
                              .orders = options->orders,
                              .now = w->now,
                              .start = w->now - 50 * 24 * 3600 * INT64_C(1000),
                              .no_rate_limit = !options->real_pacing,
                              .faces = faces};
    w->malls = mall_server_start(&sim, w->clock);
    w->sim = mall_server_sim(w->malls);
    crypto_random(&w->key, sizeof w->key);
    world_node_start(w, &w->node, "here:1");
    w->org_id = id_next(&w->node.ids, w->now);
    write_now(w, "org", create_org, w);
    for (size_t i = 0; faces[i]; i++) {
        enum sim_mall mall = faces[i]->mall;
        const char *id = sim_mall_id(mall);
        struct creation shop = {w, mall_by_id(str_from(id)), id, mall_server_url(w->malls, mall),
                                &w->shops[mall]};
        write_now(w, "shop", create_shop, &shop);
    }
    w->rakuten = w->shops[SIM_RAKUTEN];
    w->yahoo = w->shops[SIM_YAHOO];
    world_advance(w, 5000);
    return w;
}

void world_close(struct world *w)
{
    world_node_stop(&w->node);
    test_database_close(w->database);
    mall_server_stop(w->malls);
    arena_free(w->arena);
    free(w);
}

row_id world_shop(const struct world *w, enum sim_mall mall)
{
    return w->shops[mall];
}

// Time moves on in steps only while nothing is under way: not with a request on the wire, a write
// in the database's hands, or a look for work. So no wait of the engine costs real time, and a busy
// machine makes nothing late.
void node_turn(struct node *node)
{
    struct sync *sync = node->sync;
    bool works = sync->jobs > 0; // a look for work is none
    bool waits = sync->writes_pending == 0 && !sync->looking && runs_wait(sync);
    loop_turn(node->loop, waits ? 0 : TURN_MS);
    // Hours without work may pass quickly, a look for work at a time.
    node->idle_turns = works ? 0 : node->idle_turns + !sync->looking;
    int64_t step = 1;
    if (waits)
        step = node->idle_turns > 10 ? 60000 : node->idle_turns > 5 ? 5000 : IDLE_STEP_MS;
    world_advance(node->world, step);
}

void node_settle(struct node *node, int64_t quiet_ms)
{
    struct world *w = node->world;
    time_ms since = TIME_NONE, begin = w->now;
    sync_wake(node->sync);
    loop_turn(node->loop, 0);
    while (since == TIME_NONE || w->now - since < quiet_ms) {
        node_turn(node);
        // A look for work is no work.
        bool idle = node->sync->jobs == 0;
        since = !idle ? TIME_NONE : since == TIME_NONE ? w->now : since;
        if (w->now - begin > PATIENCE_MS)
            fail_msg("the engine doesn't come to rest");
        if (since == TIME_NONE || w->now - since < quiet_ms)
            continue;
        // What came due with the last step of time is found by one more look.
        sync_wake(node->sync);
        loop_turn(node->loop, 0);
        while (node->sync->looking)
            loop_turn(node->loop, TURN_MS);
        if (node->sync->jobs > 0)
            since = TIME_NONE;
    }
    while (!sync_is_idle(node->sync))
        loop_turn(node->loop, TURN_MS);
}

void world_settle(struct world *w, int64_t quiet_ms)
{
    node_settle(&w->node, quiet_ms);
}

struct queueing {
    struct world *w;
    const struct fetch_request *request;
    row_id run_id;
};

static bool queue_fn(void *context, struct db_conn *conn, struct error *error)
{
    struct queueing *q = context;
    struct order_context by = world_context(q->w);
    return fetch_request_queue(conn, &by, q->request, &q->run_id, error);
}

row_id world_queue(struct world *w, const struct fetch_request *request)
{
    struct queueing q = {w, request, 0};
    write_now(w, "fetch_request_queue", queue_fn, &q);
    return q.run_id;
}

struct fetch_run world_run(struct world *w, row_id run_id)
{
    struct fetch_run run = {0};
    struct error error;
    struct db_conn *conn = db_acquire(w->database->db, &error);
    if (!conn || !fetch_run_read(conn, w->org_id, run_id, w->arena, &run, &error))
        give_up("fetch_run_read", &error);
    db_release(w->database->db, conn);
    return run;
}

struct fetch_run world_fetch_with(struct world *w, const struct fetch_request *request)
{
    row_id run_id = world_queue(w, request);
    sync_wake(w->node.sync);
    for (;;) {
        struct fetch_run run = world_run(w, run_id);
        if (!str_eq(run.state, STR("queued")) && !str_eq(run.state, STR("running")))
            break;
        for (int i = 0; i < 10; i++)
            node_turn(&w->node);
    }
    while (!sync_is_idle(w->node.sync))
        node_turn(&w->node);
    return world_run(w, run_id);
}

struct fetch_run world_fetch(struct world *w, enum sim_mall mall)
{
    struct fetch_request request = {.door = DOOR_AUTOMATIC,
                                    .shop_id = world_shop(w, mall),
                                    .from = w->now - 1000,
                                    .to = w->now};
    return world_fetch_with(w, &request);
}

static bool push_fn(void *context, struct db_conn *conn, struct error *error)
{
    struct world *w = context;
    struct order_context by = world_context(w);
    struct writeback_filter filter = {.state = -2,
                                      .changed_from = TIME_NONE,
                                      .changed_to = TIME_NONE,
                                      .due_by = TIME_NONE,
                                      .limit = 500};
    size_t count;
    return writeback_run(conn, &by, NULL, 0, &filter, &count, error);
}

void world_push(struct world *w)
{
    write_now(w, "writeback_run", push_fn, w);
    world_settle(w, 3000);
}

struct shipping {
    struct world *w;
    row_id order_id;
    int64_t version;
    const char *carrier;
    struct str tracking_number;
    day date;
};

static bool ship_fn(void *context, struct db_conn *conn, struct error *error)
{
    struct shipping *s = context;
    struct order_context by = world_context(s->w);
    AUTO_ARENA arena = arena_new(16 << 20);
    struct order order;
    int64_t version;
    if (!order_read(conn, by.org_id, s->order_id, arena, &order, error))
        return false;
    struct ship_package *packages = ARENA_ARRAY(arena, struct ship_package, order.package_count);
    for (size_t i = 0; i < order.package_count; i++) {
        struct shipment *shipment = ARENA_NEW(arena, struct shipment);
        // What was entered before is corrected, not doubled.
        if (order.packages[i].shipment_count > 0)
            *shipment = order.packages[i].shipments[0];
        shipment->carrier = str_from(s->carrier);
        shipment->carrier_mall_code = STR("");
        shipment->tracking_number = s->tracking_number;
        shipment->ship_date = s->date;
        packages[i] = (struct ship_package){order.packages[i].id, shipment, 1};
    }
    return order_ship(conn, &by, s->order_id, s->version, packages, order.package_count, true, 0,
                      &version, error);
}

bool world_ship_with(struct world *w, row_id order_id, int64_t version, const char *carrier,
                     struct str tracking_number, day date, struct error *error)
{
    struct shipping s = {w, order_id, version, carrier, tracking_number, date};
    return db_write(w->database->db, ship_fn, &s, error);
}

bool world_ship(struct world *w, row_id order_id, struct str tracking_number, struct error *error)
{
    return world_ship_with(w, order_id, -1, "yamato", tracking_number, day_in_jst(w->now), error);
}

static size_t ready_orders(struct world *w, enum sim_mall mall, row_id *ids, size_t max)
{
    struct error error;
    size_t count = 0;
    struct db_conn *conn = db_acquire(w->database->db, &error);
    struct db_stmt *s = db_prepare(
        conn,
        mall == SIM_RAKUTEN
            ? "SELECT id FROM \"order\" WHERE org_id = $1 AND shop_id = $2 AND "
              "mall_status = '300' AND writeback_state IS NULL ORDER BY id"
            : "SELECT id FROM \"order\" WHERE org_id = $1 AND shop_id = $2 AND "
              "mall_status IN ('2/1/1', '2/1/2') AND writeback_state IS NULL ORDER BY id",
        &error);
    assert_non_null(s);
    db_bind_id(s, 1, w->org_id);
    db_bind_id(s, 2, world_shop(w, mall));
    while (db_step(s, &error) == DB_STEP_ROW)
        if (count < max)
            ids[count++] = db_int(s, 0);
    db_release(w->database->db, conn);
    return count;
}

size_t world_ship_ready(struct world *w, enum sim_mall mall, size_t max)
{
    enum { MOST = 5000 };
    row_id *ids = ARENA_ARRAY(w->arena, row_id, MOST);
    size_t count = ready_orders(w, mall, ids, MOST), shipped = 0;
    for (size_t i = 0; i < count && shipped < max; i++) {
        struct error error;
        struct str number = arena_printf(w->arena, "4%011zu", i + 1);
        shipped += world_ship(w, ids[i], number, &error);
    }
    return shipped;
}

struct str world_place(struct world *w, enum sim_mall mall, int stage)
{
    struct sim_wish wish;
    struct str order_no;
    struct error error;
    sim_wish_init(&wish, mall);
    wish.stage = stage;
    wish.payment = SIM_PAY_CARD;
    wish.only_features = true;
    wish.ordered_at = w->now - 3600000;
    if (!sim_place(w->sim, w->now, &wish, w->arena, &order_no, &error))
        give_up("sim_place", &error);
    return order_no;
}

struct str world_place_ready(struct world *w, enum sim_mall mall)
{
    return world_place(w, mall, SIM_STAGE_READY);
}

row_id world_order_id(struct world *w, enum sim_mall mall, struct str order_no)
{
    struct error error;
    row_id id = 0;
    struct db_conn *conn = db_acquire(w->database->db, &error);
    if (!order_find(conn, w->org_id, world_shop(w, mall), order_no, &id, &error))
        id = 0;
    db_release(w->database->db, conn);
    return id;
}

struct writeback world_writeback(struct world *w, row_id order_id)
{
    struct writeback found = {0}, *list;
    struct writeback_filter filter = {.order_id = order_id,
                                      .state = -1,
                                      .changed_from = TIME_NONE,
                                      .changed_to = TIME_NONE,
                                      .due_by = TIME_NONE,
                                      .limit = 100};
    struct error error;
    struct str cursor;
    size_t count;
    struct db_conn *conn = db_acquire(w->database->db, &error);
    if (!obligation_list(conn, w->org_id, &filter, w->arena, &list, &count, &cursor, &error))
        give_up("obligation_list", &error);
    db_release(w->database->db, conn);
    for (size_t i = 0; i < count; i++)
        if (list[i].aspect == ASPECT_SHIPMENT && list[i].revision > found.revision)
            found = list[i];
    return found;
}

struct shop world_read_shop(struct world *w, enum sim_mall mall)
{
    struct shop shop;
    struct error error;
    struct db_conn *conn = db_acquire(w->database->db, &error);
    if (!shop_read(conn, w->org_id, world_shop(w, mall), w->arena, &shop, &error))
        give_up("shop_read", &error);
    db_release(w->database->db, conn);
    return shop;
}

struct setting_change {
    struct world *w;
    enum sim_mall mall;
    struct setting_value value;
    int64_t wanted;
};

static bool set_fn(void *context, struct db_conn *conn, struct error *error)
{
    struct setting_change *c = context;
    struct order_context by = world_context(c->w);
    return shop_set(conn, &by, &c->w->key, world_shop(c->w, c->mall), &c->value, 1, &c->wanted,
                    error);
}

bool world_try_set(struct world *w, enum sim_mall mall, const char *key, const char *value,
                   int64_t *wanted, struct error *error)
{
    struct setting_change c = {w, mall, {str_from(key), str_from(value)}, 0};
    bool ok = db_write(w->database->db, set_fn, &c, error);
    if (wanted)
        *wanted = c.wanted;
    return ok;
}

void world_set(struct world *w, enum sim_mall mall, const char *key, const char *value,
               int64_t *wanted)
{
    struct error error;
    if (!world_try_set(w, mall, key, value, wanted, &error))
        give_up(key, &error);
}

__attribute__((format(printf, 2, 0))) static char *format_sql(struct world *w, const char *format,
                                                              va_list arguments)
{
    char *text = arena_alloc(w->arena, 4096);
    int n = vsnprintf(text, 4096, format, arguments);
    assert_in_range(n, 1, 4095);
    return text;
}

int64_t world_int(struct world *w, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    char *sql = format_sql(w, format, arguments);
    va_end(arguments);
    return test_database_int(w->database, sql);
}

struct str world_text(struct world *w, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    char *sql = format_sql(w, format, arguments);
    va_end(arguments);
    struct error error;
    struct db_conn *conn = db_acquire(w->database->db, &error);
    struct db_stmt *s = db_prepare(conn, sql, &error);
    assert_non_null(s);
    struct str value = STR_ABSENT;
    if (db_step(s, &error) == DB_STEP_ROW)
        value = str_dup(w->arena, db_text(s, 0));
    db_release(w->database->db, conn);
    return value;
}

void world_exec(struct world *w, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    char *sql = format_sql(w, format, arguments);
    va_end(arguments);
    test_database_exec(w->database, sql);
}

void world_act(struct world *w, enum sim_mall mall, struct str order_no, const char *action,
               const char *parameters)
{
    struct error error;
    if (!sim_act(w->sim, mall, w->now, order_no, action, str_from(parameters), &error))
        give_up(action, &error);
}

uint64_t world_orders_digest(struct world *w)
{
    static const char *const queries[] = {
        "SELECT COUNT(*) FROM \"order\"",
        "SELECT SUM(version) FROM \"order\"",
        "SELECT SUM(fetched_at % 1000000007) FROM \"order\"",
        "SELECT COUNT(*) FROM order_event",
        "SELECT COUNT(*) FROM order_line",
        "SELECT COUNT(*) FROM shipment",
        "SELECT COUNT(*) FROM raw_document",
        "SELECT SUM(at % 1000000007) FROM raw_document",
        "SELECT COUNT(*) FROM listing",
        "SELECT SUM(changed_at % 1000000007) FROM listing",
        "SELECT SUM(count) FROM order_count",
        "SELECT COUNT(*) FROM quarantine",
        "SELECT COUNT(*) FROM writeback",
    };
    uint64_t digest = 14695981039346656037u;
    for (size_t i = 0; i < sizeof queries / sizeof queries[0]; i++)
        digest = (digest ^ (uint64_t)world_int(w, "%s", queries[i])) * 1099511628211u;
    return digest;
}

static void print_finding(void *context, const struct error *finding)
{
    int *count = context;
    if (++*count <= 10)
        fprintf(stderr, "verify: %s: %s (%s)\n", finding->code, finding->what_en, finding->subject);
}

void world_verify(struct world *w)
{
    struct error error;
    int findings = 0;
    struct db_conn *conn = db_acquire(w->database->db, &error);
    if (!orders_verify(conn, w->org_id, print_finding, &findings, &error) ||
        !sync_verify(conn, w->org_id, print_finding, &findings, &error))
        give_up("verify", &error);
    db_release(w->database->db, conn);
    assert_int_equal(findings, 0);
}

void world_check_complete(struct world *w, enum sim_mall mall)
{
    struct sim_summary *list;
    struct error error;
    size_t count;
    assert_true(sim_summaries(w->sim, (int)mall, w->arena, &list, &count));
    struct db_conn *conn = db_acquire(w->database->db, &error);
    for (size_t i = 0; i < count; i++) {
        struct db_stmt *s = db_prepare(conn,
                                       "SELECT decision, reason, order_id FROM listing WHERE "
                                       "org_id = $1 AND shop_id = $2 AND order_no = $3",
                                       &error);
        assert_non_null(s);
        db_bind_id(s, 1, w->org_id);
        db_bind_id(s, 2, world_shop(w, mall));
        db_bind_text(s, 3, list[i].order_no);
        if (db_step(s, &error) != DB_STEP_ROW)
            fail_msg("%.*s (status %.*s) isn't listed", STR_ARG(list[i].order_no),
                     STR_ARG(list[i].status));
        bool imported = str_eq(db_text(s, 0), STR("imported"));
        bool said_why = db_text(s, 1).n > 0;
        if (imported ? db_int(s, 2) == 0 : !said_why)
            fail_msg("%.*s: decision %.*s without order or reason", STR_ARG(list[i].order_no),
                     STR_ARG(db_text(s, 0)));
        db_reset(s);
    }
    db_release(w->database->db, conn);
    assert_int_equal(world_int(w, "SELECT COUNT(*) FROM listing WHERE shop_id = %lld",
                               (long long)world_shop(w, mall)),
                     count);
}

size_t world_effects(struct world *w, enum sim_mall mall, struct str order_no, const char *kind)
{
    return sim_effect_count(w->sim, mall, order_no, kind);
}

void world_check_effects(struct world *w)
{
    struct sim_effect *effects;
    size_t count;
    assert_true(sim_effects(w->sim, w->arena, &effects, &count));
    for (size_t i = 0; i < count; i++)
        for (size_t k = 0; k < i; k++)
            if (effects[i].mall == effects[k].mall &&
                str_eq(effects[i].order_no, effects[k].order_no) &&
                str_eq(effects[i].kind, effects[k].kind) &&
                effects[i].payload_hash == effects[k].payload_hash)
                fail_msg("%.*s: %.*s took effect twice", STR_ARG(effects[i].order_no),
                         STR_ARG(effects[i].kind));
}

size_t world_gaps(struct world *w, enum sim_mall mall)
{
    struct shop shop = world_read_shop(w, mall);
    struct error error;
    struct gap *gaps;
    size_t count, closed = 0;
    struct db_conn *conn = db_acquire(w->database->db, &error);
    if (!coverage_gaps(conn, w->org_id, &shop, w->now, w->arena, &gaps, &count, &error))
        give_up("coverage_gaps", &error);
    db_release(w->database->db, conn);
    for (size_t i = 0; i < count; i++)
        closed += gaps[i].to < w->now || gaps[i].to - gaps[i].from > 3600000;
    return closed;
}
