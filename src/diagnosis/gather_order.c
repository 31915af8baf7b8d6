// SPDX-License-Identifier: Apache-2.0
//
// The order asked about: what is here of it, what was listed, what was put aside. Names, addresses
// and phones stay out: only which of them are missing.
#include "diagnosis/gather.h"

static void put_marks(struct json_writer *w, int64_t marks)
{
    json_key(w, "marks");
    json_begin_array(w);
    for (int bit = 0; bit < ORDER_MARK_COUNT; bit++)
        if (marks & (INT64_C(1) << bit))
            json_write_str(w, str_from(order_mark_name(bit)));
    json_end_array(w);
}

static void put_missing(struct json_writer *w, const struct order *o)
{
    json_key(w, "missing_personal");
    json_begin_array(w);
    if (o->orderer.name.n == 0)
        json_write_str(w, STR("orderer.name"));
    for (size_t i = 0; i < o->package_count; i++) {
        const struct person *p = &o->packages[i].recipient;
        const struct {
            const char *name;
            struct str value;
        } needed[] = {{"recipient.name", p->name},
                      {"recipient.postal_code", p->postal_code},
                      {"recipient.address", p->city.n ? p->city : p->address1},
                      {"recipient.phone", p->phone}};
        for (size_t k = 0; k < sizeof needed / sizeof needed[0]; k++)
            if (needed[k].value.n == 0)
                json_write_str(w, str_from(needed[k].name));
    }
    json_end_array(w);
}

static void put_packages(struct json_writer *w, const struct order *o)
{
    json_key(w, "packages");
    json_begin_array(w);
    for (size_t i = 0; i < o->package_count; i++) {
        const struct order_package *p = &o->packages[i];
        json_begin_object(w);
        json_put_int(w, "number", p->number);
        json_put_str(w, "mall_ref", p->mall_ref.p ? p->mall_ref : STR(""));
        json_put_str(w, "state", str_from(shipment_state_name(p->state)));
        json_put_str(w, "delivery_method", p->delivery_method.p ? p->delivery_method : STR(""));
        json_key(w, "parcels");
        json_begin_array(w);
        for (size_t k = 0; k < p->shipment_count; k++) {
            const struct shipment *s = &p->shipments[k];
            json_begin_object(w);
            json_put_str(w, "carrier", s->carrier.p ? s->carrier : STR(""));
            json_put_str(w, "tracking_number", s->tracking_number.p ? s->tracking_number : STR(""));
            json_put_int(w, "ship_date", s->ship_date);
            json_put_bool(w, "from_mall", s->source == SHIPMENT_FROM_MALL);
            json_end_object(w);
        }
        json_end_array(w);
        json_end_object(w);
    }
    json_end_array(w);
}

static void put_time(struct json_writer *w, const char *name, time_ms at)
{
    json_key(w, name);
    if (at == TIME_NONE || at == 0)
        json_write_null(w);
    else
        json_write_int(w, at);
}

static size_t line_count(const struct order *o)
{
    size_t lines = 0;
    for (size_t i = 0; i < o->package_count; i++)
        lines += o->packages[i].line_count;
    return lines;
}

void evidence_put_order(struct json_writer *w, const struct mall *mall, const struct order *o)
{
    json_put_str(w, "order_no", o->order_no);
    json_put_str(w, "state", str_from(order_state_name(o->state)));
    json_put_str(w, "payment_state", str_from(payment_state_name(o->payment_state)));
    json_put_str(w, "shipment_state", str_from(shipment_state_name(o->shipment_state)));
    put_marks(w, o->marks);
    json_put_str(w, "mall_status", o->mall_status);
    json_put_str(w, "mall_status_label", o->mall_status_label);
    json_put_str(w, "mall_sub_status", o->mall_sub_status);
    json_put_str(w, "status_choice",
                 mall && mall->status_choice ? mall->status_choice(o) : STR(""));
    json_put_str(w, "channel", o->channel);
    put_time(w, "ordered_at", o->ordered_at);
    put_time(w, "mall_updated_at", o->mall_updated_at);
    put_time(w, "cancelled_at", o->cancelled_at);
    put_time(w, "paid_at", o->paid_at);
    json_put_int(w, "payment_due", o->payment_due);
    json_put_str(w, "payment_method", o->payment_method);
    json_put_str(w, "payment_class", str_from(payment_class_name(o->payment_class)));
    put_missing(w, o);
    put_packages(w, o);
    json_put_int(w, "lines", (int64_t)line_count(o));
}

static bool put_order(struct gather *g, struct error *error)
{
    struct order o;
    struct work_status *list;
    size_t count;
    json_key(&g->w, "order");
    if (!g->order_id) {
        json_write_null(&g->w);
        return true;
    }
    if (!order_read(g->conn, g->org_id, g->order_id, g->arena, &o, error) ||
        !work_statuses(g->conn, g->org_id, g->arena, &list, &count, error))
        return false;
    g->ordered_at = o.ordered_at;
    json_begin_object(&g->w);
    json_put_id(&g->w, "id", o.id);
    json_put_int(&g->w, "version", o.version);
    put_time(&g->w, "fetched_at", o.fetched_at);
    put_time(&g->w, "changed_at", o.changed_at);
    put_time(&g->w, "written_at", o.written_at);
    json_key(&g->w, "work_status");
    json_begin_object(&g->w);
    for (size_t i = 0; i < count; i++) {
        if (list[i].id != o.work_status)
            continue;
        json_put_id(&g->w, "id", list[i].id);
        json_put_str(&g->w, "name", list[i].name);
        json_put_str(&g->w, "name_en", list[i].name_en.n ? list[i].name_en : list[i].name);
        json_put_str(&g->w, "role", str_from(status_role_name(list[i].role)));
    }
    json_end_object(&g->w);
    evidence_put_order(&g->w, g->shop.mall, &o);
    json_end_object(&g->w);
    return true;
}

#define LINK_SQL                                                                                 \
    "SELECT l.kind, o.order_no, o.id FROM order_link l JOIN \"order\" o ON o.org_id = l.org_id " \
    "AND o.id = l.order_id WHERE l.org_id = $1 AND o.shop_id = $2 AND l.order_no = $3 LIMIT 20"

bool gather_order(struct gather *g, struct error *error)
{
    static const struct column links[] = {{COLUMN_TEXT, "kind"},
                                          {COLUMN_TEXT, "order_no"},
                                          {COLUMN_ID, "order_id"},
                                          {COLUMN_END, NULL}};
    static const struct column events[] = {{COLUMN_TIME, "at"},     {COLUMN_TEXT, "kind"},
                                           {COLUMN_TEXT, "actor"},  {COLUMN_TEXT, "cause"},
                                           {COLUMN_JSON, "before"}, {COLUMN_JSON, "after"},
                                           {COLUMN_END, NULL}};
    static const struct column listing[] = {
        {COLUMN_TEXT, "mall_status"},   {COLUMN_TEXT, "status_choice"},
        {COLUMN_TEXT, "decision"},      {COLUMN_TEXT, "reason"},
        {COLUMN_TIME, "first_seen_at"}, {COLUMN_TIME, "changed_at"},
        {COLUMN_TIME, "ordered_at"},    {COLUMN_END, NULL}};
    static const struct column quarantine[] = {
        {COLUMN_TIME, "at"}, {COLUMN_JSON, "error"}, {COLUMN_END, NULL}};
    static const struct column items[] = {{COLUMN_ID, "run"},
                                          {COLUMN_TEXT, "outcome"},
                                          {COLUMN_TEXT, "reason"},
                                          {COLUMN_JSON, "error"},
                                          {COLUMN_END, NULL}};
    if (!put_order(g, error))
        return false;
    if (g->number.n == 0)
        return true; // the question is about the shop
    return gather_rows(g, "links", false, LINK_SQL, 3, links, error) &&
           // Only what says who moved or wrote: contents of events may be personal.
           gather_rows(
               g, "events", false,
               "SELECT at, kind, actor_name, cause, CASE WHEN kind IN ('moved', 'created', "
               "'mall_status') THEN before_json END, CASE WHEN kind IN ('moved', 'created', "
               "'mall_status') THEN after_json END FROM order_event WHERE org_id = $1 AND "
               "order_id = $4 AND ($2::bigint = $2 AND $3::text = $3) ORDER BY id DESC LIMIT 50",
               4, events, error) &&
           gather_rows(g, "listing", true,
                       "SELECT mall_status, status_choice, decision, reason, first_seen_at, "
                       "changed_at, ordered_at FROM listing WHERE org_id = $1 AND shop_id = $2 AND "
                       "order_no = $3",
                       3, listing, error) &&
           gather_rows(g, "quarantine", true,
                       "SELECT at, error_json FROM quarantine WHERE org_id = $1 AND shop_id = $2 "
                       "AND order_no = $3 AND resolved_at IS NULL ORDER BY id DESC LIMIT 1",
                       3, quarantine, error) &&
           gather_rows(g, "fetch_items", false,
                       "SELECT i.fetch_run_id, i.outcome, i.reason, i.error_json FROM (SELECT id "
                       "FROM fetch_run WHERE org_id = $1 AND shop_id = $2 ORDER BY id DESC LIMIT "
                       "500) r JOIN fetch_item i ON i.org_id = $1 AND i.fetch_run_id = r.id AND "
                       "i.order_no = $3 ORDER BY i.fetch_run_id DESC LIMIT 10",
                       3, items, error);
}
