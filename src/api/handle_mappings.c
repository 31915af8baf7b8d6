// SPDX-License-Identifier: Apache-2.0
//
// 変換設定: what the malls' values mean here, what nothing maps yet, what a change would do; and
// the addresses that malls see.
#include "api/handlers.h"
#include "api/settings.h"
#include "net/address.h"

static bool query_mall(struct request *r, const struct mall **mall)
{
    struct str id = query_text(r, "mall");
    *mall = id.p ? mall_by_id(id) : NULL;
    if (!id.p || *mall)
        return true;
    reply_problem(r, 422, "invalid", "パラメーター mall の値が正しくありません。",
                  "parameter mall has an invalid value");
    return false;
}

static bool query_kind(struct request *r, int *kind)
{
    struct str name = query_text(r, "kind");
    *kind = name.p ? mapping_kind_from_name(name) : -1;
    if (!name.p || *kind >= 0)
        return true;
    reply_problem(r, 422, "invalid", "パラメーター kind の値が正しくありません。",
                  "parameter kind has an invalid value");
    return false;
}

// "" is a value of its own: the order itself tells.
static void put_value(struct json_writer *w, const char *key, struct str value)
{
    json_put_str(w, key, value.p && value.n == 0 ? STR("") : value);
}

static void mapping_json(struct request *r, const struct mapping_row *m)
{
    struct json_writer *w = &r->w;
    const char *label = r->english ? m->mall_label.en : m->mall_label.ja;
    json_begin_object(w);
    json_put_str(w, "mall", str_from(m->mall->id));
    json_put_str(w, "kind", str_from(mapping_kind_name(m->kind)));
    json_put_str(w, "direction", str_from(mapping_direction_name(m->direction)));
    json_put_str(w, "mall_value", m->mall_value);
    put_optional(w, "label", str_from(label));
    put_value(w, "default", m->default_value);
    put_value(w, "own", m->own_value);
    json_put_int(w, "version", m->version);
    json_put_time(w, "updated_at", m->updated_at);
    json_end_object(w);
}

static void unmapped_json(struct request *r, const struct unmapped_value *u)
{
    struct json_writer *w = &r->w;
    json_begin_object(w);
    json_put_str(w, "mall", str_from(u->mall->id));
    json_put_str(w, "kind", str_from(mapping_kind_name(u->kind)));
    json_put_str(w, "mall_value", u->mall_value);
    put_optional(w, "words", u->words);
    json_put_int(w, "orders", u->orders);
    json_put_int(w, "open", u->open);
    json_put_time(w, "last_at", u->last_at);
    put_optional(w, "proposal", u->proposal);
    json_end_object(w);
}

static void choice_json(struct request *r, const char *kind, struct str code, struct str label)
{
    struct json_writer *w = &r->w;
    json_begin_object(w);
    json_put_str(w, "kind", str_from(kind));
    json_put_str(w, "code", code);
    json_put_str(w, "label", label);
    json_end_object(w);
}

// What may be mapped to, for pickers; slots may be any two full hours besides.
static void choices_json(struct request *r)
{
    static const struct {
        enum payment_class class;
        const char *ja, *en;
    } classes[] = {
        {PAYMENT_CLASS_BEFORE, "前払い(入金を確認してから発送)", "Paid before shipping"},
        {PAYMENT_CLASS_AUTHORIZATION, "与信(カードなど、モールが確定)",
         "Authorized, captured later"},
        {PAYMENT_CLASS_AFTER, "後払い・代引", "Paid after shipping, cash on delivery"},
        {PAYMENT_CLASS_NONE, "支払いなし(全額ポイントなど)", "Nothing to pay"},
    };
    static const char *const slots[] = {"午前中",      "12:00-14:00", "14:00-16:00", "16:00-18:00",
                                        "18:00-20:00", "18:00-21:00", "19:00-21:00", "20:00-21:00",
                                        "午後",        "その他"};
    size_t count;
    const struct carrier *list = carriers(&count);
    json_key(&r->w, "choices");
    json_begin_array(&r->w);
    for (size_t i = 0; i < sizeof classes / sizeof classes[0]; i++)
        choice_json(r, "payment", str_from(payment_class_name(classes[i].class)),
                    str_from(r->english ? classes[i].en : classes[i].ja));
    for (size_t i = 0; i < count; i++)
        choice_json(r, "carrier", str_from(list[i].code),
                    str_from(r->english ? list[i].name_en : list[i].name_ja));
    for (size_t i = 0; i < sizeof slots / sizeof slots[0]; i++)
        choice_json(r, "slot", str_from(slots[i]), str_from(slots[i]));
    json_end_array(&r->w);
}

void handle_mappings(struct request *r)
{
    struct mapping_row *rows = NULL;
    struct unmapped_value *unmapped = NULL;
    size_t count = 0, unmapped_count = 0;
    const struct mall *mall;
    struct error error;
    int kind;
    struct db_conn *conn = query_mall(r, &mall) && query_kind(r, &kind) ? request_read(r) : NULL;
    if (!conn)
        return;
    bool ok = mapping_list(conn, r->org_id, mall, kind, r->arena, &rows, &count, &error) &&
              mapping_unmapped(conn, r->org_id, mall, r->by.now, r->arena, &unmapped,
                               &unmapped_count, &error);
    struct json_writer *w = reply_json(r, 200);
    json_begin_object(w);
    json_key(w, "mappings");
    json_begin_array(w);
    for (size_t i = 0; ok && i < count; i++)
        mapping_json(r, &rows[i]);
    json_end_array(w);
    json_key(w, "unmapped");
    json_begin_array(w);
    for (size_t i = 0; ok && i < unmapped_count; i++)
        if (kind < 0 || kind == (int)unmapped[i].kind)
            unmapped_json(r, &unmapped[i]);
    json_end_array(w);
    choices_json(r);
    json_end_object(w);
    if (!ok)
        reply_error(r, &error);
}

struct mapping_ask {
    struct request *r;
    struct mapping_change change;
    int64_t rereading;
};

static void check_value(struct input *in, const struct mapping_change *change)
{
    struct error *why = ARENA_NEW(in->r->arena, struct error);
    if (!change->mall || !why || mapping_check(change, why))
        return;
    bool ours = strcmp(why->code, "mapping.value_unknown") == 0;
    input_bad(in, ours ? STR("our_value") : STR("mall_value"), ours ? "unknown" : "invalid",
              ours ? why->hint_ja : why->what_ja, ours ? why->hint_en : why->what_en);
}

// False after having answered.
static bool read_mapping(struct request *r, struct mapping_ask *ask)
{
    struct input in;
    *ask = (struct mapping_ask){.r = r, .change = {.version = -1}};
    if (!input_begin(r, &in))
        return false;
    struct str mall = input_text(&in, "mall", 1, 40, true);
    struct str kind_name = input_text(&in, "kind", 1, 20, true);
    struct str direction_name = input_text(&in, "direction", 1, 10, false);
    ask->change.mall_value = input_text(&in, "mall_value", 1, 100, true);
    ask->change.our_value = input_text(&in, "our_value", 1, 60, false);
    input_int(&in, "version", 0, INT64_MAX, &ask->change.version);
    int kind = kind_name.p ? mapping_kind_from_name(kind_name) : 0;
    int direction = direction_name.p ? mapping_direction_from_name(direction_name) : MAPPING_BOTH;
    ask->change.mall = mall.p ? mall_by_id(mall) : NULL;
    if (mall.p && !ask->change.mall)
        input_bad(&in, STR("mall"), "unknown", "このモールはありません。", "no such mall");
    if (kind < 0)
        input_bad(&in, STR("kind"), "unknown", "この種類はありません。", "no such kind");
    if (direction < 0)
        input_bad(&in, STR("direction"), "unknown", "この向きはありません。", "no such direction");
    ask->change.kind = (enum mapping_kind)(kind < 0 ? 0 : kind);
    ask->change.direction = (enum mapping_direction)(direction < 0 ? 0 : direction);
    if (in.error_count == 0)
        check_value(&in, &ask->change);
    return input_done(&in);
}

static struct str as_json(struct request *r, struct str value)
{
    AUTO_BUF buf = buf_make(1024);
    struct json_writer w = json_writer_make(&buf);
    json_begin_object(&w);
    json_put_str(&w, "value", value);
    json_end_object(&w);
    return buf.failed ? STR_ABSENT : str_dup(r->arena, buf_str(&buf));
}

static bool mapping_fn(void *context, struct db_conn *conn, struct error *error)
{
    struct mapping_ask *ask = context;
    struct request *r = ask->r;
    const struct mapping_change *c = &ask->change;
    ask->rereading = 0;
    return mapping_set(conn, &r->by, c, &ask->rereading, error) &&
           audit_add(conn, r, "mapping.change",
                     arena_printf(r->arena, "mapping:%s.%s.%.*s", c->mall->id,
                                  mapping_kind_name(c->kind), STR_ARG(c->mall_value)),
                     STR_ABSENT, as_json(r, c->our_value), error);
}

static void reply_mapping(struct request *r, const struct mapping_ask *ask)
{
    const struct mapping_change *c = &ask->change;
    struct mapping_row *rows, *found = NULL;
    size_t count;
    struct error error;
    struct db_conn *conn = request_read(r);
    if (!conn)
        return;
    if (!mapping_list(conn, r->org_id, c->mall, (int)c->kind, r->arena, &rows, &count, &error)) {
        reply_error(r, &error);
        return;
    }
    for (size_t i = 0; i < count && !found; i++)
        if (rows[i].direction == c->direction && str_eq(rows[i].mall_value, c->mall_value))
            found = &rows[i];
    struct json_writer *w = reply_json(r, 200);
    json_begin_object(w);
    json_put_int(w, "rereading", ask->rereading);
    json_key(w, "mapping");
    if (found)
        mapping_json(r, found);
    else
        json_write_null(w);
    json_end_object(w);
}

void handle_mapping_put(struct request *r)
{
    struct mapping_ask ask;
    if (!read_mapping(r, &ask) || !request_write(r, mapping_fn, &ask))
        return;
    reply_mapping(r, &ask);
    notify_engine(r);
}

void handle_mapping_what_if(struct request *r)
{
    struct mapping_ask ask;
    struct what_if result;
    struct error error;
    struct db_conn *conn = read_mapping(r, &ask) ? request_read(r) : NULL;
    if (!conn)
        return;
    if (!mapping_what_if(conn, r->org_id, &ask.change, r->by.now, r->arena, &result, &error)) {
        reply_error(r, &error);
        return;
    }
    reply_json(r, 200);
    what_if_json(r, &result);
}

// --- outgoing addresses ---

void handle_outgoing_addresses(struct request *r)
{
    struct outgoing_address *list = NULL;
    size_t count = 0;
    int64_t version;
    struct error error;
    struct db_conn *conn = request_read(r);
    if (!conn)
        return;
    bool ok = outgoing_addresses(conn, r->org_id, r->arena, &list, &count, &version, &error);
    struct json_writer *w = reply_json(r, 200);
    json_begin_object(w);
    json_key(w, "addresses");
    json_begin_array(w);
    for (size_t i = 0; ok && i < count; i++) {
        json_begin_object(w);
        json_put_str(w, "address", list[i].address);
        json_put_str(w, "known_by", str_from(list[i].known_by));
        json_end_object(w);
    }
    json_end_array(w);
    json_end_object(w);
    if (ok)
        put_etag(r, version);
    else
        reply_error(r, &error);
}

struct address_ask {
    struct request *r;
    struct str list[OUTGOING_ADDRESSES_MAX];
    size_t count;
    int64_t seen;
};

static bool addresses_fn(void *context, struct db_conn *conn, struct error *error)
{
    struct address_ask *ask = context;
    struct request *r = ask->r;
    return outgoing_addresses_set(conn, &r->by, ask->list, ask->count, ask->seen, error) &&
           audit_add(conn, r, "outgoing_addresses.change", STR("outgoing_addresses"), STR_ABSENT,
                     arena_printf(r->arena, "{\"count\":%zu}", ask->count), error);
}

void handle_outgoing_addresses_put(struct request *r)
{
    struct address_ask ask = {.r = r, .seen = -1};
    struct input in;
    struct json v;
    if (!input_begin(r, &in))
        return;
    struct json list = json_get(in.body, "addresses");
    if (json_type(list) != JSON_ARRAY || json_count(list) > OUTGOING_ADDRESSES_MAX)
        input_bad(&in, STR("addresses"), "invalid", "16件以内で指定してください。",
                  "give at most 16 addresses");
    else
        for (struct json_iter i = json_iterate(list); json_next(&i, &v); ask.count++) {
            struct str one = address_normalise(r->arena, str_trim(json_str(v)));
            ask.list[ask.count] = one;
            if (!one.p || !address_is_public(one))
                input_bad(&in, arena_printf(r->arena, "addresses.%zu", ask.count), "invalid",
                          "外部から見えるIPアドレスを入力してください。",
                          "enter an address that the outside sees");
        }
    if (!input_done(&in))
        return;
    bool given = str_trim(server_request_header(r->x, "If-Match")).n > 0;
    if ((given && !if_match(r, &ask.seen)) || !settings_write(r, addresses_fn, &ask))
        return;
    handle_outgoing_addresses(r);
}
