// SPDX-License-Identifier: Apache-2.0
//
// Inside of order/: the parts of order_list().
#ifndef JUCHU_ORDER_LIST_H
#define JUCHU_ORDER_LIST_H

#include "order/rows.h"

#define LIST_LIMIT_MAX 500
#define LIST_HIDDEN_MAX 1000
#define QUERY_WORDS_MAX 8

// Columns of a list row, from a table called o; list_take_row() reads them from column 0 on.
#define LIST_COLUMNS                                                                              \
    "o.id, o.shop_id, o.work_status_id, o.order_no, o.mall, o.mall_status, o.mall_status_label, " \
    "o.channel, o.state, o.payment_state, o.shipment_state, o.marks, o.version, o.ordered_at, "   \
    "o.changed_at, o.orderer_name, o.recipient_name, o.recipient_prefecture, o.payment_method, "  \
    "o.delivery_method, o.billed, o.line_count, o.package_count, o.quantity, o.first_title, "     \
    "o.carrier, o.tracking_number, o.memo, o.ship_date, o.requested_date, o.requested_slot, "     \
    "o.writeback_state, o.fetched_at, o.mall_updated_at "
#define LIST_COLUMN_COUNT 34
void list_take_row(struct arena *arena, struct db_stmt *s, struct order_row *row);

// Where the page begins: rows strictly below (ordered_at, id).
struct position {
    time_ms ordered_at;
    row_id id;
};

// What one call asks for, prepared.
struct listing {
    struct db_conn *conn;
    row_id org_id;
    const struct order_filter *filter;
    struct arena *arena;
    struct order_page *page;
    struct position below;
    int64_t role;                      // of filter->work_status, -1 none
    size_t capacity;                   // rows, one more than the page takes
    struct str words[QUERY_WORDS_MAX]; // folded
    size_t word_count;
};

// Fills page->rows with up to `capacity` rows for a filter with words: newest id first.
bool list_search(struct listing *l, struct error *error);
// Splits and folds filter->q. Words beyond the limit are joined to nothing: ERROR_BAD_INPUT.
bool list_take_words(struct listing *l, struct error *error);

// The queries behind a list and the index that each must use: asserted by tests.
struct list_query {
    const char *sql, *index;
};
// False beyond the last one.
bool list_query(size_t i, struct list_query *query);
bool search_query(enum db_engine engine, size_t i, struct list_query *query);

#endif
