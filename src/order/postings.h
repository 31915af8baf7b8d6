// SPDX-License-Identifier: Apache-2.0
//
// Inside of order/: posting lists in memory. A segment of the search index tells for the terms of
// some orders which of these orders have them. It is cut into parts by the hash of the term, so
// that a look-up and a step of merging touch a few kilobytes. Orders are named by their rank
// (ordinal) among the segment's ids.
//
// A part: for each hash that occurs, rising: varint of the distance to the hash before (to the
// part's lowest hash for the first), varint of the list's bytes, the list. A list: varint of the
// first ordinal, then of each distance. Hashes that collide share a list: what a search finds too
// much is checked against the text anyway.
#ifndef JUCHU_ORDER_POSTINGS_H
#define JUCHU_ORDER_POSTINGS_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/id.h"

#define POSTINGS_HASH_BITS 24
#define POSTINGS_ORDERS_PER_PART 128

// A power of two.
uint32_t postings_parts(size_t orders);
// The lowest hash of a part; `part` may be `parts`: one beyond the last hash.
static inline uint32_t postings_lowest(uint32_t part, uint32_t parts)
{
    return (uint32_t)((((uint64_t)part) << POSTINGS_HASH_BITS) / parts);
}
static inline uint32_t postings_part_of(uint32_t hash, uint32_t parts)
{
    return (uint32_t)(((uint64_t)hash * parts) >> POSTINGS_HASH_BITS);
}

// Gathers the terms of orders.
struct postings_builder {
    uint64_t *entries; // hash << 32 | order, then sorted
    size_t count, capacity;
    row_id *ids;    // in the order added, then rising and each once
    size_t *starts; // of each order's entries
    size_t order_count, order_capacity;
    bool failed; // no memory
};
void postings_free(struct postings_builder *b);
void postings_reset(struct postings_builder *b);
// An order may be added again with another text: it then has the terms of both.
void postings_add(struct postings_builder *b, row_id id, struct str folded);
// Sorts; afterwards ids[0 … order_count) are the segment's. False on lack of memory.
bool postings_sort(struct postings_builder *b);
// Writes one part of the sorted entries; *from is where it begins and then ends, 0 before the first
// part. Parts are asked for in order.
void postings_write(const struct postings_builder *b, uint32_t part, uint32_t parts, size_t *from,
                    struct buf *out);

// Reads the lists of one or more parts that follow each other.
struct postings_reader {
    const unsigned char *at, *end;
    uint32_t hash;   // of the current list
    struct str list; // empty at the end
    bool damaged;
};
// Moves to the first list. `lowest`: the lowest hash of the part.
void postings_open(struct postings_reader *r, struct str part, uint32_t lowest);
void postings_next(struct postings_reader *r);
// Appends the ordinals, each plus `base`; returns how many, -1 when the list is damaged or there
// are more than `room`.
ptrdiff_t postings_decode(struct str list, uint32_t base, uint32_t *ordinals, size_t room);
// The list for a hash; absent when there is none. *damaged is set when the part can't be read.
struct str postings_find(struct str part, uint32_t lowest, uint32_t hash, bool *damaged);

// One segment of those that are merged.
struct postings_input {
    struct postings_reader reader;
    uint32_t base;       // of its first order in the new segment
    const uint32_t *map; // ordinal to the new ordinal instead of `base`, where orders interleave
    uint32_t order_count;
};
// Writes the lists of all inputs with hashes below `below` as one part that begins at `lowest`.
// Without maps the inputs stand in the order of their bases. `scratch` is twice as long as all
// inputs have orders. False when an input is damaged.
bool postings_merge(struct postings_input *inputs, size_t count, uint32_t lowest, uint32_t below,
                    uint32_t *scratch, struct buf *out);

#endif
