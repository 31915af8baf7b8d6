// SPDX-License-Identifier: Apache-2.0
//
// Inside of order/: candidates from the search index, newest first (order/index.h).
#ifndef JUCHU_ORDER_INDEX_READ_H
#define JUCHU_ORDER_INDEX_READ_H

#include "order/index.h"

#define INDEX_HASHES_MAX 4 // of terms that a candidate must have; more cost more than they save

struct index_cursor; // in one segment

struct index_candidates {
    struct db_conn *conn;
    row_id org_id, below;
    struct arena *arena;
    uint32_t hashes[INDEX_HASHES_MAX];
    size_t hash_count;
    const row_id *fresh; // falling; candidates that are in no segment yet
    size_t fresh_count;
    struct index_segment *segments;
    size_t segment_count, opened, cursor_count;
    struct index_cursor *cursors;
    // A segment was merged away while it was read: what was given so far is right, but all must be
    // asked anew.
    bool vanished;
};

// `hashes`, `fresh` (read before this call), `below`, `conn`, `org_id` and `arena` are set.
bool index_candidates_open(struct index_candidates *c, struct error *error);
// The next id below the last one; 0 at the end, or when c->vanished.
bool index_candidates_next(struct index_candidates *c, row_id *id, struct error *error);

// Whether the index leads to an order through each of some terms: in[i] is set for ids[i] (rising)
// when a segment has it under hashes[i]. For verification.
bool index_holds(struct db_conn *conn, row_id org_id, const row_id *ids, const uint32_t *hashes,
                 size_t count, struct arena *arena, bool *in, bool *vanished, struct error *error);

#endif
