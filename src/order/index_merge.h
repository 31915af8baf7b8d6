// SPDX-License-Identifier: Apache-2.0
//
// Inside of order/: merging segments of the search index, and the rows that writing needs.
#ifndef JUCHU_ORDER_INDEX_MERGE_H
#define JUCHU_ORDER_INDEX_MERGE_H

#include "order/index.h"

// Goes on with the merge that is under way, or begins one where a level has enough segments, as far
// as `added` new orders call for.
bool index_merge(struct db_conn *conn, const struct order_context *context, size_t added,
                 struct error *error);

bool index_put_segment(struct db_conn *conn, row_id org_id, const struct index_segment *segment,
                       int level, struct error *error);
bool index_put_ids(struct db_conn *conn, row_id org_id, row_id segment, const row_id *ids,
                   size_t count, struct error *error);
bool index_put_part(struct db_conn *conn, row_id org_id, row_id segment, int64_t part,
                    struct buf *bytes, struct error *error);

#endif
