// SPDX-License-Identifier: Apache-2.0
//
// Orders as JSON, the same for the API and the command line: names of docs/openapi.yaml.
#ifndef JUCHU_API_ORDER_JSON_H
#define JUCHU_API_ORDER_JSON_H

#include "base/json.h"
#include "order/obligation.h"
#include "order/store.h"
#include "sync/shop.h"

// Names that rows refer to by id; read once per answer.
struct order_names {
    struct shop *shops;
    size_t shop_count;
    struct work_status *statuses;
    size_t status_count;
};
bool order_names_read(struct db_conn *conn, row_id org_id, struct arena *arena,
                      struct order_names *names, struct error *error);
struct str order_names_shop(const struct order_names *names, row_id shop_id);       // "" if unknown
struct str order_names_status(const struct order_names *names, row_id work_status); // "" if unknown

// One object: the row of a list.
void order_row_json(struct json_writer *w, const struct order_row *row,
                    const struct order_names *names);
// The members of an order without its writebacks (into an object that is already open).
void order_members_json(struct json_writer *w, const struct order *o,
                        const struct order_names *names);
// The members of the whole order with its writebacks (into an object that is already open).
bool order_full_json(struct json_writer *w, struct db_conn *conn, row_id org_id, row_id order_id,
                     struct arena *arena, struct error *error);
void writeback_json(struct json_writer *w, const struct writeback *b);
// {"class":…,"code":…,"what":…} in both languages, or null.
void error_json(struct json_writer *w, const struct error *e);

#endif
