// SPDX-License-Identifier: Apache-2.0
//
// The statements that write an order's rows, one table each (order/bulk.h). Columns stand in the
// order in which rows.c gives their values. writeback_state isn't among an order's columns:
// obligation.c keeps it.
#include "order/tables.h"

const struct bulk_table order_table = {
    "INSERT INTO \"order\" (org_id, id, shop_id, order_no, content_hash, version, "
    "work_status_id, open, state, payment_state, shipment_state, marks, ordered_at, "
    "changed_at, fetched_at, mall_updated_at, written_at, mall, channel, mall_status, "
    "mall_status_label, mall_sub_status, mall_update_mark, orderer_name, recipient_name, "
    "recipient_prefecture, payment_method, payment_class, delivery_method, billed, line_count, "
    "package_count, quantity, first_title, carrier, tracking_number, ship_date, "
    "requested_date, requested_slot, memo, detail) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, "
    "$10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23, $24, $25, $26, $27, "
    "$28, $29, $30, $31, $32, $33, $34, $35, $36, $37, $38, $39, $40, $41)",
    "INSERT INTO \"order\" (org_id, id, shop_id, order_no, content_hash, version, "
    "work_status_id, open, state, payment_state, shipment_state, marks, ordered_at, "
    "changed_at, fetched_at, mall_updated_at, written_at, mall, channel, mall_status, "
    "mall_status_label, mall_sub_status, mall_update_mark, orderer_name, recipient_name, "
    "recipient_prefecture, payment_method, payment_class, delivery_method, billed, line_count, "
    "package_count, quantity, first_title, carrier, tracking_number, ship_date, "
    "requested_date, requested_slot, memo, detail) SELECT * FROM unnest($1::bigint[], "
    "$2::bigint[], $3::bigint[], $4::text[], $5::bytea[], $6::bigint[], $7::bigint[], "
    "$8::bigint[], $9::bigint[], $10::bigint[], $11::bigint[], $12::bigint[], $13::bigint[], "
    "$14::bigint[], $15::bigint[], $16::bigint[], $17::bigint[], $18::text[], $19::text[], "
    "$20::text[], $21::text[], $22::text[], $23::text[], $24::text[], $25::text[], "
    "$26::text[], $27::text[], $28::bigint[], $29::text[], $30::bigint[], $31::bigint[], "
    "$32::bigint[], $33::bigint[], $34::text[], $35::text[], $36::text[], $37::bigint[], "
    "$38::bigint[], $39::text[], $40::text[], $41::bytea[])",
    "iiitbiiiiiiiiiiiittttttttttitiiiitttiittb"};

const struct bulk_table order_update_table = {
    "UPDATE \"order\" SET shop_id = $3, order_no = $4, content_hash = $5, version = $6, "
    "work_status_id = $7, open = $8, state = $9, payment_state = $10, shipment_state = $11, "
    "marks = $12, ordered_at = $13, changed_at = $14, fetched_at = $15, mall_updated_at = $16, "
    "written_at = $17, mall = $18, channel = $19, mall_status = $20, mall_status_label = $21, "
    "mall_sub_status = $22, mall_update_mark = $23, orderer_name = $24, recipient_name = $25, "
    "recipient_prefecture = $26, payment_method = $27, payment_class = $28, delivery_method = "
    "$29, billed = $30, line_count = $31, package_count = $32, quantity = $33, first_title = "
    "$34, carrier = $35, tracking_number = $36, ship_date = $37, requested_date = $38, "
    "requested_slot = $39, memo = $40, detail = $41 WHERE org_id = $1 AND id = $2",
    "UPDATE \"order\" o SET shop_id = u.shop_id, order_no = u.order_no, content_hash = "
    "u.content_hash, version = u.version, work_status_id = u.work_status_id, open = u.open, "
    "state = u.state, payment_state = u.payment_state, shipment_state = u.shipment_state, "
    "marks = u.marks, ordered_at = u.ordered_at, changed_at = u.changed_at, fetched_at = "
    "u.fetched_at, mall_updated_at = u.mall_updated_at, written_at = u.written_at, mall = "
    "u.mall, channel = u.channel, mall_status = u.mall_status, mall_status_label = "
    "u.mall_status_label, mall_sub_status = u.mall_sub_status, mall_update_mark = "
    "u.mall_update_mark, orderer_name = u.orderer_name, recipient_name = u.recipient_name, "
    "recipient_prefecture = u.recipient_prefecture, payment_method = u.payment_method, "
    "payment_class = u.payment_class, delivery_method = u.delivery_method, billed = u.billed, "
    "line_count = u.line_count, package_count = u.package_count, quantity = u.quantity, "
    "first_title = u.first_title, carrier = u.carrier, tracking_number = u.tracking_number, "
    "ship_date = u.ship_date, requested_date = u.requested_date, requested_slot = "
    "u.requested_slot, memo = u.memo, detail = u.detail FROM unnest($1::bigint[], "
    "$2::bigint[], $3::bigint[], $4::text[], $5::bytea[], $6::bigint[], $7::bigint[], "
    "$8::bigint[], $9::bigint[], $10::bigint[], $11::bigint[], $12::bigint[], $13::bigint[], "
    "$14::bigint[], $15::bigint[], $16::bigint[], $17::bigint[], $18::text[], $19::text[], "
    "$20::text[], $21::text[], $22::text[], $23::text[], $24::text[], $25::text[], "
    "$26::text[], $27::text[], $28::bigint[], $29::text[], $30::bigint[], $31::bigint[], "
    "$32::bigint[], $33::bigint[], $34::text[], $35::text[], $36::text[], $37::bigint[], "
    "$38::bigint[], $39::text[], $40::text[], $41::bytea[]) AS u (org_id, id, shop_id, "
    "order_no, content_hash, version, work_status_id, open, state, payment_state, "
    "shipment_state, marks, ordered_at, changed_at, fetched_at, mall_updated_at, written_at, "
    "mall, channel, mall_status, mall_status_label, mall_sub_status, mall_update_mark, "
    "orderer_name, recipient_name, recipient_prefecture, payment_method, payment_class, "
    "delivery_method, billed, line_count, package_count, quantity, first_title, carrier, "
    "tracking_number, ship_date, requested_date, requested_slot, memo, detail) WHERE o.org_id "
    "= u.org_id AND o.id = u.id",
    "iiitbiiiiiiiiiiiittttttttttitiiiitttiittb"};

const struct bulk_table package_table = {
    "INSERT INTO order_package (org_id, order_id, number, id, mall_ref, state, to_orderer, detail) "
    "VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
    "INSERT INTO order_package (org_id, order_id, number, id, mall_ref, state, to_orderer, detail) "
    "SELECT * FROM unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::bigint[], $5::text[], "
    "$6::bigint[], $7::bigint[], $8::text[])",
    "iiiitiit"};

const struct bulk_table line_table = {
    "INSERT INTO order_line (org_id, order_id, number, package_number, item_code, sku, title, "
    "quantity, unit_price, subtotal, tax_rate_basis_points, detail) VALUES ($1, $2, $3, $4, "
    "$5, $6, $7, $8, $9, $10, $11, $12)",
    "INSERT INTO order_line (org_id, order_id, number, package_number, item_code, sku, title, "
    "quantity, unit_price, subtotal, tax_rate_basis_points, detail) SELECT * FROM "
    "unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::bigint[], $5::text[], $6::text[], "
    "$7::text[], $8::bigint[], $9::bigint[], $10::bigint[], $11::bigint[], $12::text[])",
    "iiiitttiiiit"};

const struct bulk_table shipment_table = {
    "INSERT INTO shipment (org_id, order_id, id, package_number, carrier, carrier_mall_code, "
    "tracking_number, ship_date, mall_ref, source) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, "
    "$10)",
    "INSERT INTO shipment (org_id, order_id, id, package_number, carrier, carrier_mall_code, "
    "tracking_number, ship_date, mall_ref, source) SELECT * FROM unnest($1::bigint[], "
    "$2::bigint[], $3::bigint[], $4::bigint[], $5::text[], $6::text[], $7::text[], "
    "$8::bigint[], $9::text[], $10::bigint[])",
    "iiiitttiti"};

const struct bulk_table payment_event_table = {
    "INSERT INTO payment_event (org_id, order_id, number, at, kind, amount, note) VALUES ($1, "
    "$2, $3, $4, $5, $6, $7)",
    "INSERT INTO payment_event (org_id, order_id, number, at, kind, amount, note) SELECT * "
    "FROM unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::bigint[], $5::text[], "
    "$6::bigint[], $7::text[])",
    "iiiitit"};

const struct bulk_table link_table = {
    "INSERT INTO order_link (org_id, order_id, kind, order_no) VALUES ($1, $2, $3, $4)",
    "INSERT INTO order_link (org_id, order_id, kind, order_no) SELECT * FROM "
    "unnest($1::bigint[], $2::bigint[], $3::text[], $4::text[])",
    "iitt"};

const struct bulk_table event_table = {
    "INSERT INTO order_event (org_id, order_id, id, at, actor_kind, actor_id, actor_name, "
    "kind, before_json, after_json, cause) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, "
    "$11)",
    "INSERT INTO order_event (org_id, order_id, id, at, actor_kind, actor_id, actor_name, "
    "kind, before_json, after_json, cause) SELECT * FROM unnest($1::bigint[], $2::bigint[], "
    "$3::bigint[], $4::bigint[], $5::bigint[], $6::bigint[], $7::text[], $8::text[], "
    "$9::text[], $10::text[], $11::text[])",
    "iiiiiittttt"};

const struct bulk_table raw_table = {
    "INSERT INTO raw_document (org_id, order_id, at, type, dictionary, packed) VALUES ($1, $2, "
    "$3, $4, $5, $6)",
    "INSERT INTO raw_document (org_id, order_id, at, type, dictionary, packed) SELECT * FROM "
    "unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::text[], $5::bigint[], $6::bytea[])",
    "iiitib"};

const struct bulk_table search_table = {
    "INSERT INTO order_search (org_id, order_id, folded) VALUES ($1, $2, $3)",
    "INSERT INTO order_search (org_id, order_id, folded) SELECT * FROM unnest($1::bigint[], "
    "$2::bigint[], $3::text[])",
    "iit"};
