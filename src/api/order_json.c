// SPDX-License-Identifier: Apache-2.0
//
// Orders, rows and write-backs as JSON. Ids are strings, undetermined amounts null, absent and
// empty texts null where the document says so.
#include "api/order_json.h"
#include <stdio.h>

bool order_names_read(struct db_conn *conn, row_id org_id, struct arena *arena,
                      struct order_names *names, struct error *error)
{
    return shop_list(conn, org_id, arena, &names->shops, &names->shop_count, error) &&
           work_statuses(conn, org_id, arena, &names->statuses, &names->status_count, error);
}

struct str order_names_shop(const struct order_names *names, row_id shop_id)
{
    for (size_t i = 0; i < names->shop_count; i++) {
        if (names->shops[i].id == shop_id)
            return names->shops[i].name;
    }
    return STR("");
}

struct str order_names_status(const struct order_names *names, row_id work_status)
{
    for (size_t i = 0; i < names->status_count; i++) {
        if (names->statuses[i].id == work_status)
            return names->statuses[i].name;
    }
    return STR("");
}

static void put_text(struct json_writer *w, const char *key, struct str v)
{
    json_put_str(w, key, v.n > 0 ? v : STR_ABSENT);
}

static void put_yen(struct json_writer *w, const char *key, yen v)
{
    json_key(w, key);
    if (v == YEN_UNDETERMINED)
        json_write_null(w);
    else
        json_write_int(w, v);
}

static void put_day(struct json_writer *w, const char *key, day d)
{
    char text[12];
    json_key(w, key);
    if (d)
        json_write_str(w, day_format(d, text));
    else
        json_write_null(w);
}

static void put_percent(struct json_writer *w, const char *key, int basis_points)
{
    char text[24];
    json_key(w, key);
    if (basis_points < 0)
        json_write_null(w);
    else if (basis_points % 100 == 0)
        json_write_int(w, basis_points / 100);
    else
        json_write_raw(w, str_make(text, (size_t)snprintf(text, sizeof text, "%d.%02d",
                                                          basis_points / 100, basis_points % 100)));
}

static void put_marks(struct json_writer *w, int64_t marks)
{
    json_key(w, "marks");
    json_begin_array(w);
    for (int bit = 0; bit < ORDER_MARK_COUNT; bit++) {
        if (marks >> bit & 1)
            json_write_str(w, str_from(order_mark_name(bit)));
    }
    json_end_array(w);
}

void order_row_json(struct json_writer *w, const struct order_row *r,
                    const struct order_names *names)
{
    json_begin_object(w);
    json_put_id(w, "id", r->id);
    json_put_int(w, "version", r->version);
    json_put_str(w, "order_no", r->order_no);
    json_put_id(w, "shop_id", r->shop_id);
    json_put_str(w, "shop", order_names_shop(names, r->shop_id));
    json_put_str(w, "mall", r->mall);
    put_text(w, "channel", r->channel);
    json_put_time(w, "ordered_at", r->ordered_at);
    json_put_id(w, "work_status", r->work_status);
    json_put_str(w, "work_status_name", order_names_status(names, r->work_status));
    json_put_str(w, "order_state", str_from(order_state_name(r->state)));
    json_put_str(w, "payment_state", str_from(payment_state_name(r->payment_state)));
    json_put_str(w, "shipment_state", str_from(shipment_state_name(r->shipment_state)));
    json_put_bool(w, "hold", (r->marks & ORDER_MARK_HOLD) != 0);
    put_text(w, "mall_status", r->mall_status);
    put_text(w, "mall_status_label", r->mall_status_label);
    put_text(w, "orderer_name", r->orderer_name);
    put_text(w, "destination_name", r->recipient_name);
    put_text(w, "destination_prefecture", r->recipient_prefecture);
    json_put_int(w, "destination_count", r->package_count);
    json_put_str(w, "item_summary", r->first_title.p ? r->first_title : STR(""));
    json_put_int(w, "line_count", r->line_count);
    json_put_int(w, "quantity", r->quantity);
    put_yen(w, "total", r->billed);
    put_text(w, "payment_method", r->payment_method);
    put_text(w, "delivery_method", r->delivery_method);
    put_day(w, "requested_date", r->requested_date);
    put_text(w, "requested_slot", r->requested_slot);
    put_text(w, "carrier", r->carrier);
    json_key(w, "tracking_numbers");
    json_begin_array(w);
    struct str rest = r->tracking_number, one;
    while (str_split(&rest, ',', &one))
        json_write_str(w, one);
    json_end_array(w);
    put_day(w, "ship_date", r->ship_date);
    put_text(w, "writeback_state", r->writeback_state);
    put_marks(w, r->marks);
    json_put_str(w, "memo", r->memo.p ? r->memo : STR(""));
    json_put_time(w, "fetched_at", r->fetched_at);
    json_put_time(w, "updated_at", r->changed_at);
    json_put_time(w, "mall_updated_at", r->mall_updated_at);
    json_end_object(w);
}

static void person_members(struct json_writer *w, const struct person *p, bool with_mail)
{
    put_text(w, "name", p->name);
    put_text(w, "kana", p->name_kana);
    put_text(w, "zip", p->postal_code);
    put_text(w, "prefecture", p->prefecture);
    put_text(w, "city", p->city);
    put_text(w, "address1", p->address1);
    put_text(w, "address2", p->address2);
    put_text(w, "company", p->company);
    put_text(w, "phone", p->phone);
    if (with_mail)
        put_text(w, "mail", p->email);
}

static void line_json(struct json_writer *w, const struct order_line *l)
{
    json_begin_object(w);
    json_put_id(w, "id", l->number);
    put_text(w, "mall_line_id", l->mall_line_id);
    put_text(w, "item_code", l->item_code);
    put_text(w, "sku", l->sku);
    put_text(w, "system_sku", l->system_sku);
    put_text(w, "jan", l->jan);
    json_put_str(w, "name", l->title.p ? l->title : STR(""));
    json_key(w, "options");
    json_begin_array(w);
    struct str rest = l->options, option;
    while (str_split(&rest, '\n', &option)) {
        ptrdiff_t colon = str_find_char(option, ':');
        json_begin_object(w);
        json_put_str(w, "name", colon >= 0 ? str_slice(option, 0, (size_t)colon) : STR(""));
        json_put_str(w, "value",
                     colon >= 0 ? str_slice(option, (size_t)colon + 1, option.n) : option);
        json_end_object(w);
    }
    json_end_array(w);
    put_yen(w, "unit_price", l->unit_price);
    json_put_int(w, "quantity", l->quantity);
    put_yen(w, "discount", l->discount);
    put_yen(w, "subtotal", l->subtotal);
    put_percent(w, "tax_rate", l->tax_rate_basis_points);
    json_put_bool(w, "tax_included", l->tax_included);
    put_text(w, "note", l->lead_time);
    put_text(w, "auction_id", l->auction_id);
    json_end_object(w);
}

static void shipment_json(struct json_writer *w, const struct shipment *s)
{
    const struct carrier *carrier = carrier_by_code(s->carrier);
    json_begin_object(w);
    json_put_id(w, "id", s->id);
    put_text(w, "carrier", s->carrier);
    json_put_str(w, "carrier_name", carrier ? str_from(carrier->name_ja) : STR_ABSENT);
    put_text(w, "tracking_number", s->tracking_number);
    if (carrier && carrier->tracking_url && s->tracking_number.n > 0) {
        char url[512];
        struct str pattern = str_from(carrier->tracking_url);
        ptrdiff_t at = str_find(pattern, STR("%s"));
        int n = at < 0 ? 0
                       : snprintf(url, sizeof url, "%.*s%.*s%.*s", (int)at, pattern.p,
                                  STR_ARG(s->tracking_number),
                                  STR_ARG(str_slice(pattern, (size_t)at + 2, pattern.n)));
        if (n > 0 && (size_t)n < sizeof url)
            json_put_str(w, "tracking_url", str_make(url, (size_t)n));
    }
    put_day(w, "ship_date", s->ship_date);
    put_text(w, "mall_ref", s->mall_ref);
    json_put_str(w, "source", s->source == SHIPMENT_FROM_MALL ? STR("mall") : STR("local"));
    json_end_object(w);
}

static void package_json(struct json_writer *w, const struct order_package *p)
{
    json_begin_object(w);
    json_put_id(w, "id", p->id);
    put_text(w, "mall_ref", p->mall_ref);
    json_put_str(w, "shipment_state", str_from(shipment_state_name(p->state)));
    person_members(w, &p->recipient, false);
    put_day(w, "requested_date", p->requested_date);
    put_text(w, "requested_slot", p->requested_slot);
    put_text(w, "delivery_method", p->delivery_method);
    put_text(w, "carrier", p->carrier);
    put_text(w, "noshi", p->noshi);
    put_text(w, "wrapping", p->wrapping);
    put_text(w, "message", p->gift_message);
    put_text(w, "temperature", p->temperature);
    put_text(w, "drop_off", p->drop_off);
    put_text(w, "delivery_note", p->delivery_note);
    put_text(w, "pickup_store", p->pickup_store);
    json_put_bool(w, "remote_island", p->remote_island);
    json_put_bool(w, "recipient_is_orderer", p->recipient_is_orderer);
    put_yen(w, "goods", p->goods);
    put_yen(w, "shipping_fee", p->postage);
    json_key(w, "lines");
    json_begin_array(w);
    for (size_t i = 0; i < p->line_count; i++)
        line_json(w, &p->lines[i]);
    json_end_array(w);
    json_key(w, "shipments");
    json_begin_array(w);
    for (size_t i = 0; i < p->shipment_count; i++)
        shipment_json(w, &p->shipments[i]);
    json_end_array(w);
    json_end_object(w);
}

static void amounts_json(struct json_writer *w, const struct order *o)
{
    json_key(w, "amounts");
    json_begin_object(w);
    put_yen(w, "goods", o->goods);
    put_yen(w, "shipping", o->postage);
    put_yen(w, "cod_fee", o->cod_fee);
    put_yen(w, "payment_fee", o->payment_fee);
    put_yen(w, "wrapping", o->wrapping_fee);
    put_yen(w, "other_fee", o->other_fee);
    put_yen(w, "coupon_shop", o->coupon_shop);
    put_yen(w, "coupon_mall", o->coupon_mall);
    put_yen(w, "points", o->points);
    put_yen(w, "discount", o->discount);
    put_yen(w, "adjustment", o->adjustment);
    put_yen(w, "total", o->total);
    put_yen(w, "due", o->billed);
    json_end_object(w);
    json_key(w, "taxes");
    json_begin_array(w);
    for (size_t i = 0; i < o->tax_count; i++) {
        json_begin_object(w);
        put_percent(w, "rate", o->taxes[i].rate_basis_points);
        put_yen(w, "taxable", o->taxes[i].taxable);
        put_yen(w, "tax", o->taxes[i].tax);
        json_end_object(w);
    }
    json_end_array(w);
    json_key(w, "coupons");
    json_begin_array(w);
    for (size_t i = 0; i < o->coupon_count; i++) {
        json_begin_object(w);
        json_put_str(w, "name", o->coupons[i].name.p ? o->coupons[i].name : STR(""));
        put_text(w, "code", o->coupons[i].code);
        json_put_str(w, "issuer", o->coupons[i].paid_by_mall ? STR("mall") : STR("shop"));
        put_yen(w, "amount", o->coupons[i].amount);
        json_end_object(w);
    }
    json_end_array(w);
    json_key(w, "points");
    json_begin_object(w);
    put_yen(w, "used", o->points);
    json_end_object(w);
}

static void payment_json(struct json_writer *w, const struct order *o)
{
    json_key(w, "payment");
    json_begin_object(w);
    put_text(w, "method", o->payment_method);
    json_put_str(w, "class", str_from(payment_class_name(o->payment_class)));
    put_text(w, "note", o->payment_note);
    put_day(w, "due_date", o->payment_due);
    json_put_time(w, "paid_at", o->paid_at);
    json_key(w, "events");
    json_begin_array(w);
    for (size_t i = 0; i < o->payment_event_count; i++) {
        json_begin_object(w);
        json_put_id(w, "id", (int64_t)i + 1);
        json_put_time(w, "at", o->payment_events[i].at);
        json_put_str(w, "kind", o->payment_events[i].kind);
        put_yen(w, "amount", o->payment_events[i].amount);
        put_text(w, "source", o->payment_events[i].text);
        json_end_object(w);
    }
    json_end_array(w);
    json_end_object(w);
}

static void facts_json(struct json_writer *w, const struct order *o)
{
    json_key(w, "mall_facts");
    json_begin_array(w);
    for (size_t i = 0; i < o->extra_count; i++) {
        json_begin_object(w);
        json_put_str(w, "name", o->extras[i].key);
        json_put_str(w, "label", o->extras[i].label.n ? o->extras[i].label : o->extras[i].key);
        json_put_str(w, "value", o->extras[i].value.p ? o->extras[i].value : STR(""));
        json_end_object(w);
    }
    json_end_array(w);
    json_key(w, "links");
    json_begin_array(w);
    for (size_t i = 0; i < o->link_count; i++) {
        json_begin_object(w);
        json_put_str(w, "kind", o->links[i].kind);
        json_put_str(w, "order_no", o->links[i].order_no);
        json_end_object(w);
    }
    json_end_array(w);
}

void error_json(struct json_writer *w, const struct error *e)
{
    if (!error_is_set(e)) {
        json_write_null(w);
        return;
    }
    json_begin_object(w);
    json_put_str(w, "class", str_from(error_class_name(e->class)));
    json_put_str(w, "code", str_from(e->code));
    json_put_str(w, "what_ja", str_from(e->what_ja));
    json_put_str(w, "what_en", str_from(e->what_en));
    json_put_str(w, "hint_ja", str_from(e->hint_ja));
    json_put_str(w, "hint_en", str_from(e->hint_en));
    json_put_str(w, "peer_code", e->peer_code[0] ? str_from(e->peer_code) : STR_ABSENT);
    json_put_str(w, "peer_text", e->peer_text[0] ? str_from(e->peer_text) : STR_ABSENT);
    json_end_object(w);
}

void writeback_json(struct json_writer *w, const struct writeback *b)
{
    json_begin_object(w);
    json_put_id(w, "id", b->id);
    json_put_str(w, "aspect", str_from(writeback_aspect_name(b->aspect)));
    json_put_int(w, "revision", b->revision);
    json_put_str(w, "state", str_from(writeback_state_name(b->state)));
    put_text(w, "reason", b->reason);
    json_key(w, "error");
    error_json(w, &b->last_error);
    json_put_int(w, "attempts", b->attempts);
    json_put_time(w, "next_attempt_at", writeback_is_final(b->state) ? TIME_NONE : b->next_at);
    json_put_time(w, "created_at", b->created_at);
    json_put_time(w, "updated_at", b->updated_at);
    json_put_time(w, "sent_at", b->sent_at);
    json_put_time(w, "verified_at", b->verified_at);
    json_key(w, "payload");
    json_write_raw(w, b->payload.n ? b->payload : STR("null"));
    json_end_object(w);
}

void order_members_json(struct json_writer *w, const struct order *o,
                        const struct order_names *names)
{
    json_put_id(w, "id", o->id);
    json_put_int(w, "version", o->version);
    json_put_str(w, "order_no", o->order_no);
    json_put_id(w, "shop_id", o->shop_id);
    json_put_str(w, "shop", order_names_shop(names, o->shop_id));
    json_put_str(w, "mall", o->mall);
    put_text(w, "channel", o->channel);
    json_put_time(w, "ordered_at", o->ordered_at);
    json_put_id(w, "work_status", o->work_status);
    json_put_str(w, "work_status_name", order_names_status(names, o->work_status));
    json_put_str(w, "order_state", str_from(order_state_name(o->state)));
    json_put_str(w, "payment_state", str_from(payment_state_name(o->payment_state)));
    json_put_str(w, "shipment_state", str_from(shipment_state_name(o->shipment_state)));
    json_put_bool(w, "hold", (o->marks & ORDER_MARK_HOLD) != 0);
    put_text(w, "mall_status", o->mall_status);
    put_text(w, "mall_status_label", o->mall_status_label);
    put_text(w, "mall_sub_status", o->mall_sub_status);
    facts_json(w, o);
    json_key(w, "orderer");
    json_begin_object(w);
    person_members(w, &o->orderer, true);
    json_end_object(w);
    json_key(w, "packages");
    json_begin_array(w);
    for (size_t i = 0; i < o->package_count; i++)
        package_json(w, &o->packages[i]);
    json_end_array(w);
    amounts_json(w, o);
    payment_json(w, o);
    put_marks(w, o->marks);
    json_put_str(w, "memo", o->memo.p ? o->memo : STR(""));
    put_text(w, "buyer_note", o->buyer_note);
    put_text(w, "mall_memo", o->mall_memo);
    put_text(w, "cancel_reason", o->cancel_reason);
    json_put_time(w, "confirmed_at", o->confirmed_at);
    json_put_time(w, "fetched_at", o->fetched_at);
    json_put_time(w, "updated_at", o->changed_at);
    json_put_time(w, "mall_updated_at", o->mall_updated_at);
    json_put_time(w, "written_at", o->written_at);
}

bool order_full_json(struct json_writer *w, struct db_conn *conn, row_id org_id, row_id order_id,
                     struct arena *arena, struct error *error)
{
    struct order *o = ARENA_NEW(arena, struct order);
    struct order_names names;
    struct writeback *list;
    size_t count;
    struct str cursor;
    struct writeback_filter filter = {.order_id = order_id,
                                      .state = -1,
                                      .changed_from = TIME_NONE,
                                      .changed_to = TIME_NONE,
                                      .due_by = TIME_NONE,
                                      .limit = 100};
    if (!o)
        return error_no_memory(error);
    if (!order_read(conn, org_id, order_id, arena, o, error) ||
        !order_names_read(conn, org_id, arena, &names, error) ||
        !obligation_list(conn, org_id, &filter, arena, &list, &count, &cursor, error))
        return false;
    order_members_json(w, o, &names);
    json_key(w, "writebacks");
    json_begin_array(w);
    for (size_t i = 0; i < count; i++)
        writeback_json(w, &list[i]);
    json_end_array(w);
    return true;
}
