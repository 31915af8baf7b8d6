// SPDX-License-Identifier: Apache-2.0
//
// What a screen asks of the order list: all conditions of GET /orders together, also those that
// order_list() has no index for. Used by the list and by bulk actions on "everything that matches".
#ifndef JUCHU_API_ORDER_QUERY_H
#define JUCHU_API_ORDER_QUERY_H

#include "api/internal.h"

enum order_date { ORDER_DATE_ORDERED, ORDER_DATE_FETCHED, ORDER_DATE_CHANGED, ORDER_DATE_SHIPPED };
#define QUERY_WRITEBACK_ANY (-1)
#define QUERY_WRITEBACK_OPEN (-2)
#define QUERY_WRITEBACK_NEEDS_PERSON (-3)
#define QUERY_COUNT_MAX 10000

struct order_query {
    row_id work_status;  // 0 = all
    int role;            // of work_status
    bool open_only;      // roles other than done and cancelled
    const row_id *shops; // none = all
    size_t shop_count;
    struct str q;              // words
    const struct str *numbers; // instead of words: exactly these order numbers
    size_t number_count;
    enum order_date basis;
    time_ms from, to; // [from, to); TIME_NONE = open
    int64_t marks;    // all of these
    bool any_mark;
    struct str channel; // "" all
    int writeback;      // a state or one of QUERY_WRITEBACK_…
    bool oldest_first;
    int limit;
    struct str cursor;
};

struct order_answer {
    struct order_row *rows;
    size_t count;
    struct str next_cursor; // absent at the end
    int64_t total;          // -1: more than QUERY_COUNT_MAX, or a later page
    int64_t hidden;         // rows of the tab that the other conditions hide; 0 on later pages
    struct str *missing;    // of `numbers`, those not found
    size_t missing_count;
};

// Fills a query from texts: `get(context, name)` gives a parameter's value or absent. False after
// having answered 422.
bool order_query_parse(struct request *r, struct str (*get)(void *context, const char *name),
                       void *context, struct order_query *q);
// One page, with counts on the first.
bool order_query_page(struct db_conn *conn, row_id org_id, const struct order_query *q,
                      struct arena *arena, struct order_answer *answer, struct error *error);
// Ids of all that match, at most `most` + 1 (so that the caller sees when there are more).
bool order_query_ids(struct db_conn *conn, row_id org_id, const struct order_query *q, size_t most,
                     struct arena *arena, row_id **ids, size_t *count, struct error *error);

#endif
