// SPDX-License-Identifier: Apache-2.0
//
// Tables of the canonical order's fields. Constant data; any thread.
#include "order/fields.h"

#define F(type, member, kind, flags)                 \
    {                                                \
#member, offsetof(type, member), kind, flags \
    }
#define TABLE(array) array, sizeof(array) / sizeof(array)[0]
#define NONE NULL, 0

static const struct field person_fields[] = {
    F(struct person, name, FIELD_TEXT, FIELD_HASHED),
    F(struct person, name_kana, FIELD_TEXT, FIELD_HASHED),
    F(struct person, company, FIELD_TEXT, FIELD_HASHED),
    F(struct person, postal_code, FIELD_TEXT, FIELD_HASHED),
    F(struct person, prefecture, FIELD_TEXT, FIELD_HASHED),
    F(struct person, city, FIELD_TEXT, FIELD_HASHED),
    F(struct person, address1, FIELD_TEXT, FIELD_HASHED),
    F(struct person, address2, FIELD_TEXT, FIELD_HASHED),
    F(struct person, phone, FIELD_TEXT, FIELD_HASHED),
    F(struct person, email, FIELD_TEXT, FIELD_HASHED),
};
const struct record person_record = {sizeof(struct person), TABLE(person_fields), NONE};

static const struct field tax_fields[] = {
    F(struct tax_summary, rate_basis_points, FIELD_NUMBER, FIELD_HASHED),
    F(struct tax_summary, taxable, FIELD_YEN, FIELD_HASHED),
    F(struct tax_summary, tax, FIELD_YEN, FIELD_HASHED),
};
const struct record tax_record = {sizeof(struct tax_summary), TABLE(tax_fields), NONE};

static const struct field coupon_fields[] = {
    F(struct order_coupon, code, FIELD_TEXT, FIELD_HASHED),
    F(struct order_coupon, name, FIELD_TEXT, FIELD_HASHED),
    F(struct order_coupon, paid_by_mall, FIELD_BOOL, FIELD_HASHED),
    F(struct order_coupon, amount, FIELD_YEN, FIELD_HASHED),
    F(struct order_coupon, line_mall_id, FIELD_INT, FIELD_HASHED),
};
const struct record coupon_record = {sizeof(struct order_coupon), TABLE(coupon_fields), NONE};

#define COLUMN (FIELD_HASHED | FIELD_COLUMN)

static const struct field line_fields[] = {
    F(struct order_line, number, FIELD_NUMBER, COLUMN),
    F(struct order_line, mall_line_id, FIELD_TEXT, FIELD_HASHED),
    F(struct order_line, item_code, FIELD_TEXT, COLUMN),
    F(struct order_line, item_id, FIELD_TEXT, FIELD_HASHED),
    F(struct order_line, sku, FIELD_TEXT, COLUMN),
    F(struct order_line, system_sku, FIELD_TEXT, FIELD_HASHED),
    F(struct order_line, jan, FIELD_TEXT, FIELD_HASHED),
    F(struct order_line, title, FIELD_TEXT, COLUMN),
    F(struct order_line, options, FIELD_TEXT, FIELD_HASHED),
    F(struct order_line, unit_price, FIELD_YEN, COLUMN),
    F(struct order_line, unit_price_tax_included, FIELD_YEN, FIELD_HASHED),
    F(struct order_line, quantity, FIELD_INT, COLUMN),
    F(struct order_line, tax_rate_basis_points, FIELD_NUMBER, COLUMN),
    F(struct order_line, tax_included, FIELD_BOOL, FIELD_HASHED),
    F(struct order_line, discount, FIELD_YEN, FIELD_HASHED),
    F(struct order_line, subtotal, FIELD_YEN, COLUMN),
    F(struct order_line, lead_time, FIELD_TEXT, FIELD_HASHED),
    F(struct order_line, auction_id, FIELD_TEXT, FIELD_HASHED),
    F(struct order_line, auction_merchant_id, FIELD_TEXT, FIELD_HASHED),
    F(struct order_line, release_at, FIELD_TIME, FIELD_HASHED),
    F(struct order_line, postage_included, FIELD_BOOL, FIELD_HASHED),
};
const struct record line_record = {sizeof(struct order_line), TABLE(line_fields), NONE};

static const struct field shipment_fields[] = {
    F(struct shipment, id, FIELD_ID, FIELD_COLUMN),
    F(struct shipment, carrier, FIELD_TEXT, COLUMN),
    F(struct shipment, carrier_mall_code, FIELD_TEXT, COLUMN),
    F(struct shipment, tracking_number, FIELD_TEXT, COLUMN),
    F(struct shipment, ship_date, FIELD_DAY, COLUMN),
    F(struct shipment, mall_ref, FIELD_TEXT, COLUMN),
    F(struct shipment, source, FIELD_CHOICE, FIELD_COLUMN),
};
const struct record shipment_record = {sizeof(struct shipment), TABLE(shipment_fields), NONE};

static const struct field package_fields[] = {
    F(struct order_package, id, FIELD_ID, FIELD_COLUMN),
    F(struct order_package, number, FIELD_NUMBER, COLUMN),
    F(struct order_package, mall_ref, FIELD_TEXT, COLUMN),
    F(struct order_package, state, FIELD_CHOICE, COLUMN),
    F(struct order_package, recipient, FIELD_PERSON, FIELD_HASHED),
    F(struct order_package, recipient_is_orderer, FIELD_BOOL, FIELD_HASHED),
    F(struct order_package, delivery_method, FIELD_TEXT, FIELD_HASHED),
    F(struct order_package, temperature, FIELD_TEXT, FIELD_HASHED),
    F(struct order_package, carrier, FIELD_TEXT, FIELD_HASHED),
    F(struct order_package, requested_date, FIELD_DAY, FIELD_HASHED),
    F(struct order_package, requested_slot, FIELD_TEXT, FIELD_HASHED),
    F(struct order_package, noshi, FIELD_TEXT, FIELD_HASHED),
    F(struct order_package, wrapping, FIELD_TEXT, FIELD_HASHED),
    F(struct order_package, gift_message, FIELD_TEXT, FIELD_HASHED),
    F(struct order_package, drop_off, FIELD_TEXT, FIELD_HASHED),
    F(struct order_package, delivery_note, FIELD_TEXT, FIELD_HASHED),
    F(struct order_package, pickup_store, FIELD_TEXT, FIELD_HASHED),
    F(struct order_package, remote_island, FIELD_BOOL, FIELD_HASHED),
    F(struct order_package, goods, FIELD_YEN, FIELD_HASHED),
    F(struct order_package, postage, FIELD_YEN, FIELD_HASHED),
    F(struct order_package, cod_fee, FIELD_YEN, FIELD_HASHED),
    F(struct order_package, total, FIELD_YEN, FIELD_HASHED),
};

#define C(type, member, counter, flags, record)                                    \
    {                                                                              \
#member, offsetof(type, member), offsetof(type, counter), flags, &(record) \
    }

static const struct children package_children[] = {
    C(struct order_package, lines, line_count, CHILDREN_HASHED | CHILDREN_TABLE, line_record),
    C(struct order_package, shipments, shipment_count, CHILDREN_HASHED | CHILDREN_TABLE,
      shipment_record),
};
const struct record package_record = {sizeof(struct order_package), TABLE(package_fields),
                                      TABLE(package_children)};

static const struct field payment_event_fields[] = {
    F(struct payment_event, at, FIELD_TIME, COLUMN),
    F(struct payment_event, kind, FIELD_TEXT, COLUMN),
    F(struct payment_event, amount, FIELD_YEN, COLUMN),
    F(struct payment_event, text, FIELD_TEXT, COLUMN),
};
const struct record payment_event_record = {sizeof(struct payment_event),
                                            TABLE(payment_event_fields), NONE};

static const struct field link_fields[] = {
    F(struct order_link, kind, FIELD_TEXT, COLUMN),
    F(struct order_link, order_no, FIELD_TEXT, COLUMN),
};
const struct record link_record = {sizeof(struct order_link), TABLE(link_fields), NONE};

static const struct field extra_fields[] = {
    F(struct order_extra, key, FIELD_TEXT, FIELD_HASHED),
    F(struct order_extra, label, FIELD_TEXT, FIELD_HASHED),
    F(struct order_extra, value, FIELD_TEXT, FIELD_HASHED),
};
const struct record extra_record = {sizeof(struct order_extra), TABLE(extra_fields), NONE};

// shipment_state is rolled up from the packages; work_status, memo, version are the company's.
static const struct field order_fields[] = {
    F(struct order, id, FIELD_ID, FIELD_COLUMN),
    F(struct order, org_id, FIELD_ID, FIELD_COLUMN),
    F(struct order, shop_id, FIELD_ID, FIELD_COLUMN),
    F(struct order, mall, FIELD_TEXT, COLUMN),
    F(struct order, order_no, FIELD_TEXT, COLUMN),
    F(struct order, channel, FIELD_TEXT, COLUMN),
    F(struct order, mall_status, FIELD_TEXT, COLUMN),
    F(struct order, mall_status_label, FIELD_TEXT, COLUMN),
    F(struct order, mall_sub_status, FIELD_TEXT, COLUMN),
    F(struct order, mall_update_mark, FIELD_TEXT, COLUMN | FIELD_QUIET),
    F(struct order, state, FIELD_CHOICE, COLUMN),
    F(struct order, payment_state, FIELD_CHOICE, COLUMN),
    F(struct order, shipment_state, FIELD_CHOICE, FIELD_COLUMN),
    F(struct order, marks, FIELD_MARKS, COLUMN),
    F(struct order, ordered_at, FIELD_TIME, COLUMN),
    F(struct order, mall_updated_at, FIELD_TIME, COLUMN | FIELD_QUIET),
    F(struct order, confirmed_at, FIELD_TIME, FIELD_HASHED),
    F(struct order, fixed_at, FIELD_TIME, FIELD_HASHED),
    F(struct order, shipped_at, FIELD_TIME, FIELD_HASHED),
    F(struct order, cancelled_at, FIELD_TIME, FIELD_HASHED),
    F(struct order, fetched_at, FIELD_TIME, FIELD_COLUMN | FIELD_QUIET),
    F(struct order, changed_at, FIELD_TIME, FIELD_COLUMN | FIELD_QUIET),
    F(struct order, written_at, FIELD_TIME, FIELD_COLUMN | FIELD_QUIET),
    F(struct order, orderer, FIELD_PERSON, FIELD_HASHED),
    F(struct order, payment_method_code, FIELD_TEXT, FIELD_HASHED),
    F(struct order, payment_method, FIELD_TEXT, COLUMN),
    F(struct order, payment_class, FIELD_CHOICE, COLUMN),
    F(struct order, payment_note, FIELD_TEXT, FIELD_HASHED),
    F(struct order, paid_at, FIELD_TIME, FIELD_HASHED),
    F(struct order, payment_due, FIELD_DAY, FIELD_HASHED),
    F(struct order, goods, FIELD_YEN, FIELD_HASHED),
    F(struct order, postage, FIELD_YEN, FIELD_HASHED),
    F(struct order, cod_fee, FIELD_YEN, FIELD_HASHED),
    F(struct order, payment_fee, FIELD_YEN, FIELD_HASHED),
    F(struct order, wrapping_fee, FIELD_YEN, FIELD_HASHED),
    F(struct order, other_fee, FIELD_YEN, FIELD_HASHED),
    F(struct order, coupon_shop, FIELD_YEN, FIELD_HASHED),
    F(struct order, coupon_mall, FIELD_YEN, FIELD_HASHED),
    F(struct order, points, FIELD_YEN, FIELD_HASHED),
    F(struct order, discount, FIELD_YEN, FIELD_HASHED),
    F(struct order, adjustment, FIELD_YEN, FIELD_HASHED),
    F(struct order, total, FIELD_YEN, FIELD_HASHED),
    F(struct order, billed, FIELD_YEN, COLUMN),
    F(struct order, buyer_note, FIELD_TEXT, FIELD_HASHED),
    F(struct order, mall_memo, FIELD_TEXT, FIELD_HASHED),
    F(struct order, cancel_reason, FIELD_TEXT, FIELD_HASHED),
    F(struct order, work_status, FIELD_ID, FIELD_COLUMN),
    F(struct order, memo, FIELD_TEXT, FIELD_COLUMN),
    F(struct order, from_file, FIELD_TEXT, FIELD_QUIET),
    F(struct order, version, FIELD_INT, FIELD_COLUMN | FIELD_QUIET),
};

static const struct children order_children[] = {
    C(struct order, taxes, tax_count, CHILDREN_HASHED, tax_record),
    C(struct order, coupons, coupon_count, CHILDREN_HASHED, coupon_record),
    C(struct order, packages, package_count, CHILDREN_HASHED | CHILDREN_TABLE, package_record),
    C(struct order, payment_events, payment_event_count, CHILDREN_HASHED | CHILDREN_TABLE,
      payment_event_record),
    C(struct order, links, link_count, CHILDREN_HASHED | CHILDREN_TABLE | CHILDREN_UNORDERED,
      link_record),
    C(struct order, extras, extra_count, CHILDREN_HASHED | CHILDREN_UNORDERED, extra_record),
};
const struct record order_record = {sizeof(struct order), TABLE(order_fields),
                                    TABLE(order_children)};

void field_set_number(void *record, const struct field *f, int64_t value)
{
    void *p = (char *)record + f->offset;
    switch ((enum field_kind)f->kind) {
    case FIELD_NUMBER:
    case FIELD_DAY:
        *(int *)p = (int)value;
        break;
    case FIELD_CHOICE:
        *(unsigned *)p = (unsigned)value;
        break;
    case FIELD_BOOL:
        *(bool *)p = value != 0;
        break;
    default:
        *(int64_t *)p = value;
    }
}

bool record_fields_equal(const struct record *r, const void *a, const void *b)
{
    for (size_t i = 0; i < r->field_count; i++) {
        const struct field *f = &r->fields[i];
        bool equal;
        if (f->kind == FIELD_ID)
            continue;
        if (f->kind == FIELD_TEXT)
            equal =
                str_eq(*(const struct str *)field_at(a, f), *(const struct str *)field_at(b, f));
        else if (f->kind == FIELD_PERSON)
            equal = record_fields_equal(&person_record, field_at(a, f), field_at(b, f));
        else
            equal = field_number(a, f) == field_number(b, f);
        if (!equal)
            return false;
    }
    return true;
}
