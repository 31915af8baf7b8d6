// SPDX-License-Identifier: Apache-2.0
//
// Inside of order/: the search index in the database, a log-structured merge of posting lists
// (order/postings.h), the same on both engines. It gives candidates; whoever reads it checks them
// against order_search.folded. So nothing has to be taken out when a text changes or an order goes:
// what an old text leaves behind is a candidate that fails its check.
//
// New texts stand in search_fresh until there are FRESH_MAX of them; then they become a segment.
// Segments of a level are merged to one of the next, a bounded piece of work per new segment.
#ifndef JUCHU_ORDER_INDEX_H
#define JUCHU_ORDER_INDEX_H

#include "db/db.h"
#include "order/context.h"
#include "order/postings.h"

#define INDEX_FRESH_MAX 256
#define INDEX_ATTEMPTS 20        // of a reader, while merges take segments away
#define INDEX_IDS_PER_CHUNK 4096 // ids of a segment lie in parts -1, -2 …, eight bytes each

// Gathers the texts that one transaction writes.
struct index_writer {
    struct db_conn *conn;
    const struct order_context *context;
    struct postings_builder builder;
};
void index_writer_init(struct index_writer *w, struct db_conn *conn,
                       const struct order_context *context);
void index_writer_free(struct index_writer *w);
// Notes the text of an order that is new or has changed.
static inline void index_note(struct index_writer *w, row_id order_id, struct str folded)
{
    postings_add(&w->builder, order_id, folded);
}
// Writes what was noted. Not inside a batch.
bool index_write(struct index_writer *w, struct error *error);

// Reading.
struct index_segment {
    row_id id, first, last; // of its orders
    uint32_t order_count, part_count;
};
// The segments that are there, with the newest orders first; those of a portion of ids only.
bool index_segments(struct db_conn *conn, row_id org_id, row_id from, row_id to,
                    struct arena *arena, struct index_segment **segments, size_t *count,
                    struct error *error);
// One part; borrowed until the next use of the connection's statement. Absent with error unset when
// the segment has meanwhile been merged away.
struct str index_part(struct db_conn *conn, row_id org_id, row_id segment, int64_t part,
                      struct db_stmt **statement, struct error *error);
row_id index_id_at(struct str chunk, size_t at); // 0 beyond its end
bool index_damaged(struct error *error);

#endif
