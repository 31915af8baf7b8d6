// SPDX-License-Identifier: Apache-2.0
//
// A small world behind the API; see fixture.h.
#include "fixture.h"

#include "base/memory.h"
#include "net/server_internal.h"
#include "order/obligation.h"

#define TOKEN_BYTES 64

static void __attribute__((noreturn)) give_up(const char *what, const struct error *e)
{
    fprintf(stderr, "fixture: %s: %s: %s (%s)\n", what, e->code, e->what_en, e->peer_text);
    abort();
}

struct order_context fixture_context(struct fixture *f, row_id org)
{
    return (struct order_context){.org_id = org,
                                  .actor = {ACTOR_SYSTEM, 0, STR("test")},
                                  .now = f->clock.now,
                                  .ids = &f->ids};
}

static void session_token(char token[TOKEN_BYTES], enum role role, bool other)
{
    snprintf(token, TOKEN_BYTES, "token-of-%s-%d", role_name(role), other);
}

static void run(struct db_stmt *s, struct error *error)
{
    if (!db_run(s, error))
        give_up("insert", error);
}

static struct db_stmt *prepare(struct db_conn *conn, const char *sql, struct error *error)
{
    struct db_stmt *s = db_prepare(conn, sql, error);
    if (!s)
        give_up(sql, error);
    return s;
}

static void add_session(struct fixture *f, struct db_conn *conn, row_id org, row_id user,
                        enum role role, bool other)
{
    struct error error;
    char token[TOKEN_BYTES];
    unsigned char hash[32];
    session_token(token, role, other);
    crypto_sha256(str_from(token), hash);
    struct db_stmt *s = prepare(conn,
                                "INSERT INTO session (org_id, token_hash, user_id, csrf, "
                                "created_at, used_at, expires_at, address, agent) VALUES ($1, $2, "
                                "$3, 'csrf-text', $4, $4, $5, '', '')",
                                &error);
    db_bind_id(s, 1, org);
    db_bind_blob(s, 2, str_make((const char *)hash, 32));
    db_bind_id(s, 3, user);
    db_bind_int(s, 4, f->clock.now);
    db_bind_int(s, 5, f->clock.now + 3600000);
    run(s, &error);
}

struct making {
    struct fixture *f;
    char hash[CRYPTO_PASSWORD_HASH_BYTES];
};

static void add_company(struct making *m, struct db_conn *conn, row_id org, bool other)
{
    struct fixture *f = m->f;
    struct error error;
    struct order_context context = fixture_context(f, org);
    struct db_stmt *s =
        prepare(conn, "INSERT INTO org (id, name, created_at) VALUES ($1, $2, $3)", &error);
    db_bind_id(s, 1, org);
    db_bind_text(s, 2, other ? STR("他社") : STR("吉祥商店"));
    db_bind_int(s, 3, f->clock.now);
    run(s, &error);
    if (!work_statuses_create_default(conn, &context, &error))
        give_up("statuses", &error);
    for (int role = other ? ROLE_OWNER : ROLE_VIEWER; role <= ROLE_OWNER; role++) {
        char login[40];
        row_id user;
        snprintf(login, sizeof login, "%s%s", other ? "other-" : "", role_name((enum role)role));
        if (!user_create(conn, &context, str_from(login), str_from(login),
                         str_from(role_name((enum role)role)), m->hash, STR("ja"), &user, &error))
            give_up("user", &error);
        if (!other)
            f->users[role] = user;
        add_session(f, conn, org, user, (enum role)role, other);
    }
}

static row_id add_shop(struct fixture *f, struct db_conn *conn, row_id org, const char *name)
{
    struct error error;
    struct order_context context = fixture_context(f, org);
    const struct mall *mall = mall_by_id(STR("rakuten"));
    struct setting_value values[] = {{STR("service_secret"), STR("SP000000_0123456789")},
                                     {STR("license_key"), STR("SL000000_abcdefghij")}};
    row_id id;
    if (!shop_create(conn, &context, &f->key, mall, str_from(name), STR(""), values, 2, &id,
                     &error))
        give_up("shop", &error);
    return id;
}

static bool make_fn(void *context, struct db_conn *conn, struct error *error)
{
    struct making *m = context;
    struct fixture *f = m->f;
    add_company(m, conn, f->org, false);
    add_company(m, conn, f->other_org, true);
    f->shop = add_shop(f, conn, f->org, "楽天 本店");
    f->second_shop = add_shop(f, conn, f->org, "楽天 二号店");
    f->other_shop = add_shop(f, conn, f->other_org, "他社の店");
    return true;
}

static struct order *an_order(struct fixture *f, row_id shop, const char *order_no, int minute)
{
    struct order *o = ARENA_NEW(f->arena, struct order);
    order_init(o);
    o->shop_id = shop;
    o->mall = STR("rakuten");
    o->order_no = str_from(text(f, "%s", order_no));
    o->mall_status = STR("300");
    o->mall_status_label = STR("発送待ち");
    o->state = ORDER_ACCEPTED;
    o->payment_state = PAYMENT_AUTHORIZED;
    o->ordered_at = f->clock.now - 86400000 + minute * 60000LL;
    o->fetched_at = f->clock.now;
    o->orderer = (struct person){.name = STR("山田 太郎"),
                                 .name_kana = STR("ヤマダ タロウ"),
                                 .postal_code = STR("1000001"),
                                 .prefecture = STR("東京都"),
                                 .city = STR("千代田区"),
                                 .address1 = STR("千代田1-1"),
                                 .phone = STR("0312345678"),
                                 .email = STR("taro@example.jp")};
    o->goods = o->total = o->billed = 2200;
    o->packages = ARENA_ARRAY(f->arena, struct order_package, 1);
    o->package_count = 1;
    o->packages[0] = (struct order_package){.number = 1,
                                            .mall_ref = STR("10001"),
                                            .recipient = o->orderer,
                                            .recipient_is_orderer = true,
                                            .goods = 2200,
                                            .total = 2200};
    o->packages[0].recipient.email = STR("");
    o->packages[0].lines = ARENA_ARRAY(f->arena, struct order_line, 1);
    o->packages[0].line_count = 1;
    o->packages[0].lines[0] = (struct order_line){.number = 1,
                                                  .item_code = STR("tea-1"),
                                                  .title = STR("宇治茶 100g"),
                                                  .unit_price = 2200,
                                                  .unit_price_tax_included = 2200,
                                                  .quantity = 1,
                                                  .tax_rate_basis_points = 800,
                                                  .tax_included = true,
                                                  .subtotal = 2200};
    return o;
}

struct importing {
    struct fixture *f;
    row_id org;
    struct order_import import;
};

static bool import_fn(void *context, struct db_conn *conn, struct error *error)
{
    struct importing *i = context;
    struct order_context by = fixture_context(i->f, i->org);
    return orders_import(conn, &by, &i->import, 1, error);
}

row_id fixture_import(struct fixture *f, row_id org, row_id shop, const char *order_no, int minute)
{
    struct error error;
    struct importing i = {
        .f = f,
        .org = org,
        .import = {.order = an_order(f, shop, order_no, minute),
                   .raw = STR("{\"orderNumber\":\"1\",\"orderProgress\":300,\"OrdererModel\":{"
                              "\"familyName\":\"山田\",\"phoneNumber1\":\"03\",\"zipCode1\":100}}"),
                   .raw_type = STR("application/json"),
                   .door = "range"}};
    if (!db_write(f->db, import_fn, &i, &error))
        give_up("import", &error);
    if (i.import.outcome == IMPORT_QUARANTINED)
        give_up("quarantined", &i.import.error);
    return i.import.order_id;
}

struct shipping {
    struct fixture *f;
    row_id order;
};

static bool ship_fn(void *context, struct db_conn *conn, struct error *error)
{
    struct shipping *s = context;
    struct order order;
    int64_t version;
    struct order_context by = fixture_context(s->f, s->f->org);
    if (!order_read(conn, s->f->org, s->order, s->f->arena, &order, error))
        return false;
    struct shipment parcel = {.carrier = STR("yamato"),
                              .carrier_mall_code = STR(""),
                              .tracking_number = STR("123456789012"),
                              .mall_ref = STR(""),
                              .ship_date = day_in_jst(s->f->clock.now)};
    struct ship_package package = {order.packages[0].id, &parcel, 1};
    return order_ship(conn, &by, s->order, -1, &package, 1, true, 0, &version, error);
}

void fixture_ship(struct fixture *f, row_id order)
{
    struct error error;
    struct shipping s = {f, order};
    if (!db_write(f->db, ship_fn, &s, &error))
        give_up("ship", &error);
}

struct fixture *fixture_open(enum db_engine engine)
{
    struct error error;
    struct fixture *f = calloc(1, sizeof *f);
    struct test_database_options options = {0};
    if (!f || !crypto_init(&error))
        abort();
    f->engine = engine;
    f->clock = (struct clock_manual){FIXTURE_NOW, 0};
    f->peer = "127.0.0.1";
    f->arena = arena_new(1u << 30);
    id_source_init(&f->ids, 1);
    memset(f->key.bytes, 7, sizeof f->key.bytes);
    f->database = test_database_open_with(engine, &options);
    f->db = f->database->db;
    f->org = id_next(&f->ids, f->clock.now);
    f->other_org = id_next(&f->ids, f->clock.now);
    struct making m = {.f = f};
    if (!crypto_password_hash(STR(PASSWORD), m.hash, &error) ||
        !db_write(f->db, make_fn, &m, &error))
        give_up("world", &error);
    for (int i = 0; i < 4; i++)
        f->orders[i] =
            fixture_import(f, f->org, i < 3 ? f->shop : f->second_shop, text(f, "A-%d", i + 1), i);
    f->other_order = fixture_import(f, f->other_org, f->other_shop, "B-1", 0);
    struct api_options api = {.db = f->db,
                              .key = &f->key,
                              .clock = clock_from_manual(&f->clock),
                              .ids = &f->ids,
                              .build = "test-build"};
    if (!(f->api = api_new(&api, &error)))
        give_up("api", &error);
    return f;
}

struct fixture *fixture_close(struct fixture *f)
{
    api_free(f->api);
    test_database_close(f->database);
    arena_free(f->arena);
    free(f);
    return NULL;
}

void on_each_engine(void (*test)(struct fixture *f))
{
    enum db_engine engines[2];
    size_t count = test_database_engines(engines);
    for (size_t i = 0; i < count; i++) {
        struct fixture *f = fixture_open(engines[i]);
        test(f);
        fixture_close(f);
    }
}

const char *text(struct fixture *f, const char *format, ...)
{
    char buffer[8192];
    va_list list;
    va_start(list, format);
    vsnprintf(buffer, sizeof buffer, format, list);
    va_end(list);
    return str_cstr(f->arena, str_from(buffer));
}

static void add_header(struct http_header *headers, size_t *n, struct str name, struct str value)
{
    headers[(*n)++] = (struct http_header){.name = name, .value = value};
}

static void keep_answer(struct fixture *f, struct server_exchange *x, struct answer *a)
{
    struct error ignored;
    struct http_header *kept = ARENA_ARRAY(f->arena, struct http_header, x->answer_header_count);
    for (size_t i = 0; i < x->answer_header_count; i++) {
        kept[i].name = str_dup(f->arena, x->answer_headers[i].name);
        kept[i].value = str_dup(f->arena, x->answer_headers[i].value);
    }
    a->status = x->status;
    a->body = str_dup(f->arena, x->static_answer.p ? x->static_answer : buf_str(&x->answer));
    a->headers = kept;
    a->header_count = x->answer_header_count;
    a->type = answer_header(a, "Content-Type");
    a->etag = answer_header(a, "ETag");
    a->cookie = answer_header(a, "Set-Cookie");
    a->json = (struct json){0};
    bool is_json = str_find(a->type, STR("json")) >= 0;
    if (is_json && !json_parse(f->arena, a->body, false, &a->json, &ignored)) {
        fprintf(stderr, "no JSON: %.*s\n", STR_ARG(a->body));
        abort();
    }
}

struct answer fixture_ask(struct fixture *f, const struct ask *ask)
{
    struct http_header headers[16];
    size_t count = 0;
    char token[TOKEN_BYTES];
    // Only its mark for bad headers is touched without a connection.
    struct server_request *inside = calloc(1, sizeof *inside);
    struct str path = str_from(ask->path), query = STR("");
    ptrdiff_t mark = str_find_char(path, '?');
    if (mark >= 0) {
        query = str_slice(path, (size_t)mark + 1, path.n);
        path = str_slice(path, 0, (size_t)mark);
    }
    if (ask->role != ROLE_PUBLIC || ask->other_company) {
        session_token(token, ask->other_company ? ROLE_OWNER : ask->role, ask->other_company);
        add_header(headers, &count, STR("Cookie"), str_from(text(f, "juchu_session=%s", token)));
        if (ask->method != HTTP_GET && !ask->no_csrf)
            add_header(headers, &count, STR("X-CSRF-Token"), STR("csrf-text"));
    }
    if (ask->body)
        add_header(headers, &count, STR("Content-Type"),
                   str_from(ask->type ? ask->type : "application/json"));
    for (int i = 0; i < 6 && ask->header[i]; i++) {
        struct str line = str_from(ask->header[i]);
        ptrdiff_t colon = str_find(line, STR(": "));
        add_header(headers, &count, str_slice(line, 0, (size_t)colon),
                   str_slice(line, (size_t)colon + 2, line.n));
    }
    struct arena *arena = arena_new(64u << 20);
    struct server_exchange *x = &inside->x;
    *x = (struct server_exchange){.method = ask->method,
                                  .path = path,
                                  .query = query,
                                  .headers = headers,
                                  .header_count = count,
                                  .body = ask->body ? str_from(ask->body) : STR(""),
                                  .peer = str_from(f->peer),
                                  .arena = arena,
                                  .received_at = f->clock.now,
                                  .status = 200,
                                  .answer = buf_make(64u << 20),
                                  .internal = inside};
    struct answer a = {0};
    if (arena) {
        memory_fail_at(ask->fail_at, 0);
        api_handle(f->api, x);
        a.allocations = memory_fail_at(0, 0);
        keep_answer(f, x, &a);
        if (inside->bad_header)
            a.status = 599;
    }
    buf_free(&x->answer);
    arena_free(arena);
    free(inside);
    return a;
}

struct answer fixture_get(struct fixture *f, enum role role, const char *path)
{
    struct ask ask = {.method = HTTP_GET, .path = path, .role = role};
    return fixture_ask(f, &ask);
}

struct answer fixture_send(struct fixture *f, enum role role, enum http_method method,
                           const char *path, const char *body)
{
    struct ask ask = {.method = method, .path = path, .role = role, .body = body};
    return fixture_ask(f, &ask);
}

struct str answer_header(const struct answer *a, const char *name)
{
    return http_header(a->headers, a->header_count, name);
}

struct json at(struct json root, const char *path)
{
    struct str rest = str_from(path), part;
    struct json v = root, child;
    while (str_split(&rest, '.', &part)) {
        int64_t index;
        if (json_type(v) == JSON_ARRAY && str_to_int64(part, &index)) {
            struct json found = {0};
            for (struct json_iter i = json_iterate(v); json_next(&i, &child); index--) {
                if (index == 0)
                    found = child;
            }
            v = found;
        } else {
            char name[128];
            snprintf(name, sizeof name, "%.*s", STR_ARG(part));
            v = v.document ? json_get(v, name) : v;
        }
    }
    return v;
}

const char *at_text(struct fixture *f, struct json root, const char *path)
{
    struct json v = at(root, path);
    return v.document ? str_cstr(f->arena, json_str(v)) : "";
}

int64_t at_int(struct json root, const char *path)
{
    int64_t value;
    struct json v = at(root, path);
    return v.document && json_int(v, &value) ? value : -1;
}

row_id fixture_status(struct fixture *f, enum status_role role)
{
    struct error error;
    struct work_status *list;
    size_t count;
    row_id id = 0;
    struct db_conn *conn = db_acquire(f->db, &error);
    if (!conn || !work_statuses(conn, f->org, f->arena, &list, &count, &error))
        give_up("statuses", &error);
    for (size_t i = 0; i < count && !id; i++)
        id = list[i].role == role ? list[i].id : 0;
    db_release(f->db, conn);
    return id;
}

void assert_status_(struct answer a, int wanted, const char *file, int line)
{
    if (a.status == wanted)
        return;
    fprintf(stderr, "%s:%d: status %d instead of %d: %.*s\n", file, line, a.status, wanted,
            STR_ARG(a.body));
    fail();
}

void assert_code_(struct answer a, int status, const char *code, const char *file, int line)
{
    assert_status_(a, status, file, line);
    struct str given = a.json.document ? json_str(json_get(a.json, "code")) : STR("");
    if (str_eq(given, str_from(code)))
        return;
    fprintf(stderr, "%s:%d: code %.*s instead of %s\n", file, line, STR_ARG(given), code);
    fail();
}
