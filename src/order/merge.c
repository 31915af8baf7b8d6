// SPDX-License-Identifier: Apache-2.0
//
// The rules of a re-read. In short: the mall owns the content, the company owns its folder, memo
// and what staff entered; a folder moves by itself only forward into cancelled or ready, or out of
// cancelled when the mall revived the order; whatever a person has to settle gets a mark.
#include "order/merge.h"

#include "order/carrier.h"
#include "order/complete.h"
#include "order/fields.h"

#define FROM_FILE_BYTES_MAX (1u << 20)

static bool is_cancel(enum order_state s)
{
    return s == ORDER_CANCELLED || s == ORDER_CANCEL_REQUESTED;
}

static bool is_linear(enum shipment_state s)
{
    return s <= SHIPMENT_DELIVERED;
}

enum shipment_state order_furthest(const struct order *o)
{
    enum shipment_state furthest = SHIPMENT_WAITING;
    for (size_t i = 0; i < o->package_count; i++) {
        enum shipment_state s = o->packages[i].state;
        if (is_linear(s) && s > furthest)
            furthest = s;
    }
    return furthest;
}

// The last folder of that role: the default list has 確認待ち first and 保留 last.
static row_id last_with_role(const struct order_rows *rows, enum status_role role)
{
    for (size_t i = rows->status_count; i > 0; i--)
        if (rows->statuses[i - 1].role == role && !rows->statuses[i - 1].archived)
            return rows->statuses[i - 1].id;
    return 0;
}

static row_id with_role(const struct order_rows *rows, enum status_role role)
{
    return status_with_role(rows->statuses, rows->status_count, role);
}

static bool waits_for_payment(const struct order *o)
{
    return (o->state == ORDER_ACCEPTED &&
            (o->payment_state == PAYMENT_UNPAID_BEFORE_SHIP ||
             o->payment_state == PAYMENT_PARTIAL || o->payment_state == PAYMENT_AUTH_PENDING)) ||
           (o->state == ORDER_MALL_PROCESSING && (o->payment_state == PAYMENT_UNPAID_BEFORE_SHIP ||
                                                  o->payment_state == PAYMENT_PARTIAL));
}

static enum status_role entry_role(const struct order *o)
{
    bool shipped = o->shipment_state == SHIPMENT_SHIPPED || o->shipment_state == SHIPMENT_DELIVERED;
    if (o->state == ORDER_CANCELLED)
        return ROLE_CANCELLED;
    if (o->state == ORDER_CANCEL_REQUESTED)
        return ROLE_HOLD;
    if (shipped && o->payment_state == PAYMENT_DUE_AFTER_SHIP && o->state != ORDER_DONE)
        return ROLE_SHIPPED;
    if (o->state == ORDER_DONE || shipped)
        return ROLE_DONE;
    if (o->marks & ORDER_MARK_HOLD)
        return ROLE_HOLD;
    return waits_for_payment(o) ? ROLE_WAIT_PAYMENT : ROLE_ENTRY;
}

row_id order_entry_status(const struct order_rows *rows, const struct order *o)
{
    enum status_role role = entry_role(o);
    bool held_by_mall = role == ROLE_HOLD && o->state != ORDER_CANCEL_REQUESTED;
    row_id id = held_by_mall ? last_with_role(rows, role) : with_role(rows, role);
    if (!id && role == ROLE_SHIPPED)
        id = with_role(rows, ROLE_DONE);
    if (!id)
        id = with_role(rows, ROLE_ENTRY);
    return id ? id : rows->statuses[0].id;
}

static const struct order_package *package_before(const struct order *old,
                                                  const struct order_package *p)
{
    for (size_t i = 0; i < old->package_count; i++)
        if (p->mall_ref.n && str_eq(old->packages[i].mall_ref, p->mall_ref))
            return &old->packages[i];
    for (size_t i = 0; i < old->package_count; i++) {
        bool other = p->mall_ref.n && old->packages[i].mall_ref.n;
        if (!other && old->packages[i].number == p->number)
            return &old->packages[i];
    }
    return NULL;
}

static bool entered_here(const struct order_package *p)
{
    if (p->state == SHIPMENT_INSTRUCTED || p->state == SHIPMENT_LABELLED)
        return true;
    for (size_t i = 0; i < p->shipment_count; i++)
        if (p->shipments[i].source != SHIPMENT_FROM_MALL)
            return true;
    return false;
}

// Local progress isn't lost because the mall doesn't know of it yet; a parcel that exists isn't
// void because the mall cancelled.
static enum shipment_state merge_state(const struct order_package *old, enum shipment_state mall)
{
    if (!entered_here(old))
        return mall;
    if (mall == SHIPMENT_VOID)
        return is_linear(old->state) && old->state >= SHIPMENT_INSTRUCTED ? old->state : mall;
    if (!is_linear(mall))
        return mall;
    if (!is_linear(old->state))
        return old->state == SHIPMENT_VOID ? mall : old->state;
    return old->state > mall ? old->state : mall;
}

struct merge {
    struct arena *arena;
    bool owed, drift;
};

static bool same_number(struct merge *m, struct str a, struct str b)
{
    return str_eq(a, b) ||
           (a.n && b.n &&
            str_eq(tracking_number_normalise(m->arena, a), tracking_number_normalise(m->arena, b)));
}

// Index of the local row that the mall's row is about, or -1.
static ptrdiff_t shipment_before(struct merge *m, const struct order_package *old, const bool *used,
                                 const struct shipment *mall)
{
    for (size_t i = 0; i < old->shipment_count; i++)
        if (!used[i] && mall->mall_ref.n && str_eq(old->shipments[i].mall_ref, mall->mall_ref))
            return (ptrdiff_t)i;
    for (size_t i = 0; i < old->shipment_count; i++) {
        const struct shipment *s = &old->shipments[i];
        if (!used[i] && mall->tracking_number.n && s->tracking_number.n &&
            same_number(m, s->tracking_number, mall->tracking_number))
            return (ptrdiff_t)i;
    }
    // A blank row of the mall waits for a number: the first one entered here is it.
    for (size_t i = 0; i < old->shipment_count; i++)
        if (!used[i] && mall->tracking_number.n == 0 && old->shipments[i].mall_ref.n == 0)
            return (ptrdiff_t)i;
    return -1;
}

static struct shipment merge_shipment(struct merge *m, const struct shipment *old,
                                      const struct shipment *mall)
{
    struct shipment s = *old;
    if (old->source == SHIPMENT_FROM_MALL) {
        s = *mall;
        s.id = old->id;
        s.source = SHIPMENT_FROM_MALL;
        return s;
    }
    if (mall->mall_ref.n)
        s.mall_ref = mall->mall_ref;
    if (s.tracking_number.n && mall->tracking_number.n &&
        !same_number(m, s.tracking_number, mall->tracking_number)) {
        m->drift |= !m->owed;
        return s;
    }
    if (s.tracking_number.n == 0)
        s.tracking_number = mall->tracking_number;
    if (s.carrier.n == 0)
        s.carrier = mall->carrier;
    if (s.carrier_mall_code.n == 0)
        s.carrier_mall_code = mall->carrier_mall_code;
    if (s.ship_date == 0)
        s.ship_date = mall->ship_date;
    return s;
}

// Rows that only we have: those of the mall went with it, those entered here stay.
static void keep_local(struct merge *m, const struct order_package *old, const bool *used,
                       struct order_package *p)
{
    for (size_t i = 0; i < old->shipment_count; i++) {
        if (used[i] || old->shipments[i].source == SHIPMENT_FROM_MALL)
            continue;
        struct shipment s = old->shipments[i];
        if (s.mall_ref.n) {
            s.mall_ref = STR("");
            m->drift |= !m->owed;
        }
        p->shipments[p->shipment_count++] = s;
    }
}

static bool merge_shipments(struct merge *m, const struct order_package *old,
                            const struct order_package *mall, struct order_package *p, size_t extra)
{
    bool *used = ARENA_ARRAY(m->arena, bool, old->shipment_count);
    p->shipments =
        ARENA_ARRAY(m->arena, struct shipment, old->shipment_count + mall->shipment_count + extra);
    p->shipment_count = 0;
    if (!used || !p->shipments)
        return false;
    for (size_t i = 0; i < mall->shipment_count; i++) {
        ptrdiff_t at = shipment_before(m, old, used, &mall->shipments[i]);
        struct shipment s = mall->shipments[i];
        s.id = 0;
        s.source = SHIPMENT_FROM_MALL;
        if (at >= 0) {
            used[at] = true;
            s = merge_shipment(m, &old->shipments[at], &mall->shipments[i]);
        }
        p->shipments[p->shipment_count++] = s;
    }
    keep_local(m, old, used, p);
    return true;
}

// An address that changes after the label was made has to be seen by a person.
static void watch_address(struct merge *m, const struct order_package *old,
                          const struct order_package *mall)
{
    bool too_late = is_linear(old->state) && old->state >= SHIPMENT_INSTRUCTED;
    if (too_late && !record_fields_equal(&person_record, &old->recipient, &mall->recipient))
        m->drift = true;
}

static size_t shipments_in_all(const struct order *o)
{
    size_t n = 0;
    for (size_t i = 0; i < o->package_count; i++)
        n += o->packages[i].shipment_count;
    return n;
}

// Parcels entered for a destination that the mall no longer shows go to the first one.
static void adopt_orphans(struct merge *m, const struct order *old, struct order *o,
                          const bool *kept)
{
    for (size_t i = 0; i < old->package_count; i++) {
        const struct order_package *p = &old->packages[i];
        for (size_t k = 0; !kept[i] && k < p->shipment_count; k++) {
            if (p->shipments[k].source == SHIPMENT_FROM_MALL)
                continue;
            struct shipment s = p->shipments[k];
            s.mall_ref = STR("");
            o->packages[0].shipments[o->packages[0].shipment_count++] = s;
            m->drift = true;
        }
    }
}

static bool merge_packages(struct merge *m, const struct order *old, const struct order *mall,
                           struct order *o)
{
    static const struct order_package nothing;
    size_t extra = shipments_in_all(old);
    bool *kept = ARENA_ARRAY(m->arena, bool, old->package_count);
    o->packages = ARENA_ARRAY(m->arena, struct order_package, mall->package_count);
    if (!o->packages || !kept)
        return false;
    for (size_t i = 0; i < mall->package_count; i++) {
        struct order_package *p = &o->packages[i];
        const struct order_package *before = package_before(old, &mall->packages[i]);
        if (before && kept[before - old->packages])
            before = NULL;
        *p = mall->packages[i];
        p->id = before ? before->id : 0;
        if (before) {
            kept[before - old->packages] = true;
            p->state = merge_state(before, mall->packages[i].state);
            watch_address(m, before, &mall->packages[i]);
        }
        if (!merge_shipments(m, before ? before : &nothing, &mall->packages[i], p, i ? 0 : extra))
            return false;
    }
    adopt_orphans(m, old, o, kept);
    o->shipment_state = order_roll_up_shipment(o);
    return true;
}

static void keep_company_fields(const struct order *old, struct order *o)
{
    o->id = old->id;
    o->org_id = old->org_id;
    o->shop_id = old->shop_id;
    o->work_status = old->work_status;
    o->memo = old->memo;
    o->version = old->version + 1;
    o->changed_at = old->changed_at;
    o->written_at = old->written_at;
    o->marks = (o->marks & ~ORDER_MARKS_LOCAL) | (old->marks & ORDER_MARKS_LOCAL);
    if (o->ordered_at == TIME_NONE || o->ordered_at == 0)
        o->ordered_at = old->ordered_at;
}

static void move(struct merged *merged, row_id status, const char *cause)
{
    if (!status || status == merged->order.work_status)
        return;
    merged->order.work_status = status;
    merged->moved_cause = cause;
}

static void apply_cancellation(const struct order_rows *rows, const struct order *old,
                               struct merged *merged)
{
    struct order *o = &merged->order;
    enum shipment_state furthest = order_furthest(old);
    bool begun = furthest >= SHIPMENT_INSTRUCTED;
    if (begun)
        o->marks |= ORDER_MARK_CANCEL_ARRIVED;
    if (o->state != ORDER_CANCELLED)
        return;
    merged->kind = "cancelled";
    if (furthest >= SHIPMENT_SHIPPED)
        o->marks |= ORDER_MARK_DRIFT;
    if (!begun)
        move(merged, with_role(rows, ROLE_CANCELLED), "rule: cancelled by the mall");
}

static void apply_rules(const struct order_rows *rows, const struct order *old,
                        struct merged *merged)
{
    struct order *o = &merged->order;
    int role = status_role_of(rows->statuses, rows->status_count, old->work_status);
    if (is_cancel(o->state) && o->state != old->state) {
        apply_cancellation(rows, old, merged);
    } else if (is_cancel(old->state) && !is_cancel(o->state)) {
        o->marks &= ~(int64_t)ORDER_MARK_CANCEL_ARRIVED;
        if (role == ROLE_CANCELLED) {
            merged->kind = "revived";
            o->marks |= ORDER_MARK_DRIFT;
            row_id hold = with_role(rows, ROLE_HOLD);
            move(merged, hold ? hold : with_role(rows, ROLE_ENTRY), "rule: revived by the mall");
        }
    } else if (role == ROLE_WAIT_PAYMENT && !is_cancel(o->state) &&
               !payment_allows_shipping(old->payment_state) &&
               payment_allows_shipping(o->payment_state)) {
        move(merged, with_role(rows, ROLE_READY), "rule: payment arrived");
    }
}

// What a file told and the API still doesn't outlives the API's reading.
static bool keep_from_file(const struct order *old, struct arena *arena, struct order *o)
{
    AUTO_BUF filled = buf_make(FROM_FILE_BYTES_MAX);
    o->from_file = STR("");
    if (old->from_file.n == 0)
        return true;
    if (!order_fill(arena, o, old, old->from_file, &filled))
        return false;
    o->from_file = str_dup(arena, buf_str(&filled));
    return true;
}

bool order_merge(const struct stored_order *stored, const struct order *mall, bool owed,
                 bool by_file, const struct order_rows *rows, struct arena *arena,
                 struct merged *merged, struct error *error)
{
    const struct order *old = &stored->order;
    struct merge m = {.arena = arena, .owed = owed};
    *merged = (struct merged){.order = *mall, .kind = "updated"};
    keep_company_fields(old, &merged->order);
    if (!merge_packages(&m, old, mall, &merged->order) ||
        (by_file ? false : !keep_from_file(old, arena, &merged->order)) || arena_failed(arena))
        return error_no_memory(error);
    if (by_file)
        merged->order.from_file = STR(FROM_FILE_ALONE);
    if (m.drift)
        merged->order.marks |= ORDER_MARK_DRIFT;
    apply_rules(rows, old, merged);
    return true;
}
