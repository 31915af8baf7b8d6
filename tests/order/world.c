// SPDX-License-Identifier: Apache-2.0
#include "world.h"

#include "base/crypto.h"
#include "base/memory.h"
#include "order/fields.h"

#include <stdlib.h>

#define START 1795305600000LL // 2026-11-22T00:00:00Z

static void __attribute__((noreturn)) give_up(const char *what, const struct error *e)
{
    fprintf(stderr, "world: %s: %s: %s (%s)\n", what, e->code, e->what_en, e->peer_text);
    abort();
}

void assert_str_equal_(struct str a, const char *b, const char *file, int line)
{
    if (str_eq(a, str_from(b)))
        return;
    print_error("\"%.*s\" != \"%s\"\n", STR_ARG(a), b);
    _fail(file, line);
}

static bool set_up(void *context, struct db_conn *conn, struct error *error)
{
    struct world *w = context;
    static const char sql[] = "INSERT INTO shop (org_id, id, mall, name, base_url, enabled, "
                              "connected_at, created_at, position) "
                              "VALUES ($1, $2, 'testmall', $3, '', 1, 0, 0, 1)";
    struct db_stmt *s =
        db_prepare(conn, "INSERT INTO org (id, name, created_at) VALUES ($1, 'x', 0)", error);
    if (!s)
        return false;
    db_bind_int(s, 1, w->org);
    if (!db_run(s, error))
        return false;
    for (row_id shop = w->shop; shop <= w->other_shop; shop++) {
        s = db_prepare(conn, sql, error);
        if (!s)
            return false;
        db_bind_int(s, 1, w->org);
        db_bind_int(s, 2, shop);
        db_bind_text(s, 3, shop == w->shop ? STR("first") : STR("second"));
        if (!db_run(s, error))
            return false;
    }
    return work_statuses_create_default(conn, &w->context, error);
}

struct world *world_open(enum db_engine engine)
{
    struct world *w = calloc(1, sizeof *w);
    struct error e;
    struct test_database_options options = {0};
    if (!crypto_init(&e))
        give_up("crypto", &e);
    w->engine = engine;
    w->database = test_database_open_with(engine, &options);
    w->db = w->database->db;
    w->arena = arena_new(1u << 30);
    id_source_init(&w->ids, 1);
    w->org = 11;
    w->shop = 21;
    w->other_shop = 22;
    w->context = (struct order_context){
        .org_id = w->org, .actor = {ACTOR_USER, 31, STR("山田")}, .now = START, .ids = &w->ids};
    if (!db_write(w->db, set_up, w, &e))
        give_up("set up", &e);
    return w;
}

struct world *world_close(struct world *w)
{
    test_database_close(w->database);
    arena_free(w->arena);
    free(w);
    return NULL;
}

void on_each_engine(void (*test)(struct world *w))
{
    enum db_engine engines[2];
    size_t count = test_database_engines(engines);
    for (size_t i = 0; i < count; i++) {
        struct world *w = world_open(engines[i]);
        test(w);
        world_close(w);
    }
}

static void set_person(struct person *p)
{
    *p = (struct person){.name = STR("佐藤 花子"),
                         .name_kana = STR("サトウ ハナコ"),
                         .postal_code = STR("1500001"),
                         .prefecture = STR("東京都"),
                         .city = STR("渋谷区"),
                         .address1 = STR("神宮前1-2-3"),
                         .address2 = STR("メゾン表参道 405"),
                         .phone = STR("0312345678"),
                         .email = STR("hanako@example.jp")};
}

time_ms world_ordered_at(int n)
{
    return START - 86400000LL + n * 60000LL;
}

struct order *world_order(struct world *w, const char *order_no, int n)
{
    struct order *o = ARENA_NEW(w->arena, struct order);
    order_init(o);
    o->shop_id = w->shop;
    o->mall = STR("testmall");
    o->order_no = str_dup(w->arena, str_from(order_no));
    o->mall_status = STR("300");
    o->mall_status_label = STR("発送待ち");
    o->state = ORDER_ACCEPTED;
    o->payment_state = PAYMENT_AUTHORIZED;
    o->payment_class = PAYMENT_CLASS_AUTHORIZATION;
    o->payment_method = STR("クレジットカード");
    o->ordered_at = world_ordered_at(n);
    o->goods = 5000;
    o->total = 5500;
    o->billed = 5500;
    set_person(&o->orderer);
    o->packages = ARENA_ARRAY(w->arena, struct order_package, 1);
    o->package_count = 1;
    struct order_package *p = o->packages;
    p->number = 1;
    p->mall_ref = STR("900");
    p->recipient = o->orderer;
    p->recipient.email = STR("");
    p->delivery_method = STR("宅配便");
    p->lines = ARENA_ARRAY(w->arena, struct order_line, 2);
    p->line_count = 2;
    for (int i = 0; i < 2; i++)
        p->lines[i] =
            (struct order_line){.number = i + 1,
                                .item_code = i ? STR("apple-02") : STR("apple-01"),
                                .title = i ? STR("青森県産りんご 5kg") : STR("青森県産りんご 10kg"),
                                .quantity = i + 1,
                                .unit_price = 1000,
                                .subtotal = 1000 * (i + 1),
                                .tax_rate_basis_points = 800,
                                .release_at = TIME_NONE};
    return o;
}

static void fill_record(struct world *w, const struct record *r, void *record, unsigned *next);

static void fill_field(struct world *w, const struct field *f, void *record, unsigned *next)
{
    unsigned n = ++*next;
    void *p = (char *)record + f->offset;
    switch ((enum field_kind)f->kind) {
    case FIELD_TEXT:
        *(struct str *)p = arena_printf(w->arena, "%s \"%u\" \\ 髙橋%%_\n", f->name, n);
        break;
    case FIELD_PERSON:
        fill_record(w, &person_record, p, next);
        break;
    case FIELD_ID:
        break;
    case FIELD_BOOL:
        field_set_number(record, f, 1);
        break;
    case FIELD_CHOICE:
        field_set_number(record, f, 1 + n % 3);
        break;
    case FIELD_DAY:
        field_set_number(record, f, 20260101 + (int)(n % 28));
        break;
    case FIELD_TIME:
        field_set_number(record, f, START + n);
        break;
    case FIELD_YEN:
        field_set_number(record, f,
                         n % 7 == 0   ? YEN_UNDETERMINED
                         : n % 5 == 0 ? -(int64_t)n
                                      : (int64_t)n);
        break;
    default:
        field_set_number(record, f, n);
    }
}

static void fill_record(struct world *w, const struct record *r, void *record, unsigned *next)
{
    for (size_t i = 0; i < r->field_count; i++)
        fill_field(w, &r->fields[i], record, next);
    for (size_t i = 0; i < r->children_count; i++) {
        const struct children *c = &r->children[i];
        size_t count = 2, size = c->record->size;
        char *array = arena_array(w->arena, count, size);
        for (size_t k = 0; k < count; k++)
            fill_record(w, c->record, array + k * size, next);
        memcpy((char *)record + c->pointer, &array, sizeof array);
        memcpy((char *)record + c->count, &count, sizeof count);
    }
}

struct order *world_full_order(struct world *w, unsigned seed)
{
    struct order *o = ARENA_NEW(w->arena, struct order);
    int line = 0;
    order_init(o);
    fill_record(w, &order_record, o, &seed);
    o->shop_id = w->shop;
    o->order_no = arena_printf(w->arena, "full-%u", seed);
    o->marks &= (1 << ORDER_MARK_COUNT) - 1;
    for (size_t i = 0; i < o->package_count; i++) {
        o->packages[i].number = (int)i + 1;
        for (size_t k = 0; k < o->packages[i].line_count; k++)
            o->packages[i].lines[k].number = ++line;
    }
    return o;
}

struct import_call {
    struct world *w;
    struct order_import *imports;
    size_t count;
};

static bool import_fn(void *context, struct db_conn *conn, struct error *error)
{
    struct import_call *c = context;
    return orders_import(conn, &c->w->context, c->imports, c->count, error);
}

bool world_try_import(struct world *w, struct order_import *imports, size_t count,
                      struct error *error)
{
    struct import_call c = {w, imports, count};
    return db_write(w->db, import_fn, &c, error);
}

enum import_outcome world_import(struct world *w, const struct order *o)
{
    struct order_import import = {.order = o,
                                  .raw = STR("{\"orderNumber\":\"raw\"}"),
                                  .raw_type = STR("application/json"),
                                  .door = "automatic",
                                  .fetch_run = 77};
    struct error e;
    if (!world_try_import(w, &import, 1, &e))
        give_up("import", &e);
    return import.outcome;
}

static struct db_conn *take(struct world *w)
{
    struct error e;
    struct db_conn *conn = db_acquire(w->db, &e);
    if (!conn)
        give_up("acquire", &e);
    return conn;
}

row_id world_id(struct world *w, const char *order_no)
{
    struct error e;
    row_id id;
    struct db_conn *conn = take(w);
    if (!order_find(conn, w->org, 0, str_from(order_no), &id, &e))
        give_up(order_no, &e);
    db_release(w->db, conn);
    return id;
}

struct order *world_read(struct world *w, const char *order_no)
{
    struct error e;
    struct order *o = ARENA_NEW(w->arena, struct order);
    row_id id = world_id(w, order_no);
    struct db_conn *conn = take(w);
    if (!order_read(conn, w->org, id, w->arena, o, &e))
        give_up(order_no, &e);
    db_release(w->db, conn);
    return o;
}

row_id world_status(struct world *w, enum status_role role)
{
    struct work_status *list;
    size_t count;
    struct error e;
    struct db_conn *conn = take(w);
    if (!work_statuses(conn, w->org, w->arena, &list, &count, &e))
        give_up("statuses", &e);
    db_release(w->db, conn);
    return status_with_role(list, count, role);
}

struct order_event world_last_event(struct world *w, const char *order_no)
{
    struct order_event *events;
    size_t count;
    struct error e;
    row_id id = world_id(w, order_no);
    struct db_conn *conn = take(w);
    if (!order_events(conn, w->org, id, w->arena, &events, &count, &e) || count == 0)
        give_up("events", &e);
    db_release(w->db, conn);
    return events[count - 1];
}

struct order_filter world_filter(void)
{
    return (struct order_filter){.from = TIME_NONE, .to = TIME_NONE, .limit = 100};
}

const char *world_list(struct world *w, const struct order_filter *filter)
{
    struct order_page page;
    struct error e;
    AUTO_BUF out = buf_make(1u << 20);
    struct db_conn *conn = take(w);
    if (!order_list(conn, w->org, filter, w->arena, &page, &e))
        give_up("list", &e);
    db_release(w->db, conn);
    for (size_t i = 0; i < page.count; i++) {
        if (i)
            buf_add_char(&out, ' ');
        buf_add(&out, page.rows[i].order_no);
    }
    return str_cstr(w->arena, buf_str(&out));
}

const char *world_search(struct world *w, const char *q)
{
    struct order_filter filter = world_filter();
    filter.q = str_from(q);
    return world_list(w, &filter);
}

struct move_call {
    struct world *w;
    row_id id, status, *undo;
    struct error *refused;
    size_t *restored, *skipped;
};

static bool move_fn(void *context, struct db_conn *conn, struct error *error)
{
    struct move_call *c = context;
    return orders_move(conn, &c->w->context, &c->id, 1, NULL, c->status, c->refused, c->undo,
                       error);
}

bool world_move(struct world *w, const char *order_no, row_id status, row_id *undo,
                struct error *refused)
{
    struct error e;
    struct move_call c = {w, world_id(w, order_no), status, undo, refused, NULL, NULL};
    if (!db_write(w->db, move_fn, &c, &e))
        give_up("move", &e);
    return refused->class == ERROR_NONE;
}

static bool undo_fn(void *context, struct db_conn *conn, struct error *error)
{
    struct move_call *c = context;
    return orders_undo(conn, &c->w->context, *c->undo, c->restored, c->skipped, error);
}

bool world_undo(struct world *w, row_id undo, size_t *restored, size_t *skipped,
                struct error *error)
{
    struct move_call c = {w, 0, 0, &undo, NULL, restored, skipped};
    return db_write(w->db, undo_fn, &c, error);
}

struct ship_call {
    struct world *w;
    row_id id;
    struct ship_package package;
    int64_t version;
};

static bool ship_fn(void *context, struct db_conn *conn, struct error *error)
{
    struct ship_call *c = context;
    return order_ship(conn, &c->w->context, c->id, -1, &c->package, 1, true, 0, &c->version, error);
}

bool world_ship(struct world *w, const char *order_no, const char *carrier, const char *number,
                day date, struct error *error)
{
    struct order *o = world_read(w, order_no);
    struct shipment s = {
        .carrier = str_from(carrier), .tracking_number = str_from(number), .ship_date = date};
    struct ship_call c = {w, o->id, {o->packages[0].id, &s, 1}, 0};
    return db_write(w->db, ship_fn, &c, error);
}

struct memo_call {
    struct world *w;
    row_id id;
    int64_t version;
    struct str memo;
};

static bool memo_fn(void *context, struct db_conn *conn, struct error *error)
{
    struct memo_call *c = context;
    int64_t version;
    return order_set_memo(conn, &c->w->context, c->id, c->version, c->memo, &version, error);
}

bool world_memo(struct world *w, const char *order_no, int64_t version, const char *memo,
                struct error *error)
{
    struct memo_call c = {w, world_id(w, order_no), version, str_from(memo)};
    return db_write(w->db, memo_fn, &c, error);
}

struct writeback world_writeback(struct world *w, const char *order_no)
{
    struct writeback_filter filter = {.order_id = world_id(w, order_no),
                                      .state = -1,
                                      .changed_from = TIME_NONE,
                                      .changed_to = TIME_NONE,
                                      .due_by = TIME_NONE,
                                      .limit = 1};
    struct writeback *list, none = {0};
    size_t count;
    struct str next;
    struct error e;
    struct db_conn *conn = take(w);
    if (!obligation_list(conn, w->org, &filter, w->arena, &list, &count, &next, &e))
        give_up("writebacks", &e);
    db_release(w->db, conn);
    return count ? list[0] : none;
}

struct writeback_call {
    struct world *w;
    const struct writeback *wb;
    enum writeback_state expected;
};

static bool writeback_fn(void *context, struct db_conn *conn, struct error *error)
{
    struct writeback_call *c = context;
    return obligation_update(conn, &c->w->context, c->wb, c->expected, error);
}

bool world_update_writeback(struct world *w, const struct writeback *wb,
                            enum writeback_state expected, struct error *error)
{
    struct writeback_call c = {w, wb, expected};
    return db_write(w->db, writeback_fn, &c, error);
}

int64_t world_count(struct world *w, row_id status)
{
    struct status_count *counts;
    size_t n;
    struct error e;
    int64_t found = 0;
    struct db_conn *conn = take(w);
    if (!order_counts(conn, w->org, false, w->arena, &counts, &n, &e))
        give_up("counts", &e);
    db_release(w->db, conn);
    for (size_t i = 0; i < n; i++)
        if (counts[i].work_status == status)
            found = counts[i].count;
    return found;
}

static void note_finding(void *context, const struct error *finding)
{
    struct buf *out = context;
    if (out->n)
        buf_add_char(out, ' ');
    buf_add(out, str_from(finding->code));
}

const char *world_verify(struct world *w)
{
    AUTO_BUF out = buf_make(1u << 20);
    struct error e;
    struct db_conn *conn = take(w);
    if (!orders_verify(conn, w->org, note_finding, &out, &e))
        give_up("verify", &e);
    db_release(w->db, conn);
    return str_cstr(w->arena, buf_str(&out));
}

uint64_t world_statements(struct world *w)
{
    return db_fail_at(w->db, 0, false);
}
