// SPDX-License-Identifier: Apache-2.0
//
// Reading the search index: a cursor per segment, opened when its newest order's turn comes, so
// that a page of a common word touches the newest segments only. Statements of a reader see what
// was committed before each began; a merge that ends in between takes segments away, which is
// noticed and told.
#include "order/index_read.h"

struct index_cursor {
    const struct index_segment *segment;
    uint32_t *ordinals; // rising; the last of `left` is the current one
    size_t left;
    row_id current; // 0 at the end
    int64_t chunk;  // that `ids` holds, -1 none
    struct str ids;
};

// Reads a part into the arena. Absent with error unset: vanished.
static struct str copy_part(struct db_conn *conn, row_id org_id, row_id segment, int64_t part,
                            struct arena *arena, struct error *error)
{
    struct db_stmt *s;
    struct str bytes = index_part(conn, org_id, segment, part, &s, error);
    struct str copy = bytes.p ? str_dup(arena, bytes) : STR_ABSENT;
    if (s)
        db_reset(s);
    if (bytes.p && !copy.p)
        error_no_memory(error);
    return copy;
}

static bool read_id(struct index_candidates *c, struct index_cursor *cursor, uint32_t ordinal,
                    row_id *id, struct error *error)
{
    int64_t chunk = ordinal / INDEX_IDS_PER_CHUNK;
    *id = 0;
    if (cursor->chunk != chunk) {
        cursor->ids =
            copy_part(c->conn, c->org_id, cursor->segment->id, -1 - chunk, c->arena, error);
        cursor->chunk = chunk;
        c->vanished |= !cursor->ids.p && !error_is_set(error);
        if (!cursor->ids.p)
            return c->vanished;
    }
    *id = index_id_at(cursor->ids, ordinal % INDEX_IDS_PER_CHUNK);
    return *id != 0 || index_damaged(error);
}

// Moves to the next older order below c->below.
static bool advance(struct index_candidates *c, struct index_cursor *cursor, struct error *error)
{
    cursor->current = 0;
    while (cursor->left > 0) {
        if (!read_id(c, cursor, cursor->ordinals[--cursor->left], &cursor->current, error))
            return false;
        if (c->vanished || cursor->current < c->below)
            return true;
        cursor->current = 0;
    }
    return true;
}

static size_t intersect(uint32_t *into, size_t n, const uint32_t *other, size_t m)
{
    size_t kept = 0;
    for (size_t i = 0, k = 0; i < n && k < m;) {
        uint32_t x = into[i], y = other[k];
        if (x == y)
            into[kept++] = x;
        i += x <= y;
        k += y <= x;
    }
    return kept;
}

// The orders of a segment that have a term; *ordinals is NULL when it vanished.
static bool read_list(struct index_candidates *c, const struct index_segment *segment,
                      uint32_t hash, uint32_t **ordinals, size_t *count, struct error *error)
{
    struct db_stmt *s;
    bool damaged = false;
    uint32_t part = postings_part_of(hash, segment->part_count);
    struct str bytes = index_part(c->conn, c->org_id, segment->id, part, &s, error);
    *ordinals = NULL;
    *count = 0;
    if (!bytes.p) {
        c->vanished |= !error_is_set(error);
        return c->vanished;
    }
    struct str list =
        postings_find(bytes, postings_lowest(part, segment->part_count), hash, &damaged);
    *ordinals = ARENA_ARRAY(c->arena, uint32_t, list.n + 1);
    ptrdiff_t n = *ordinals && list.p ? postings_decode(list, 0, *ordinals, list.n) : 0;
    db_reset(s);
    if (!*ordinals)
        return error_no_memory(error);
    *count = n > 0 ? (size_t)n : 0;
    damaged |= n < 0 || (n > 0 && (*ordinals)[n - 1] >= segment->order_count);
    return !damaged || index_damaged(error);
}

static bool open_cursor(struct index_candidates *c, struct error *error)
{
    struct index_cursor *cursor = &c->cursors[c->cursor_count];
    *cursor = (struct index_cursor){.segment = &c->segments[c->opened++], .chunk = -1};
    for (size_t i = 0; i < c->hash_count; i++) {
        uint32_t *list;
        size_t n;
        if (!read_list(c, cursor->segment, c->hashes[i], &list, &n, error))
            return false;
        if (c->vanished)
            return true;
        cursor->left = i == 0 ? n : intersect(cursor->ordinals, cursor->left, list, n);
        if (i == 0)
            cursor->ordinals = list;
        if (cursor->left == 0)
            return true; // the place is used again
    }
    c->cursor_count++;
    return advance(c, cursor, error);
}

bool index_candidates_open(struct index_candidates *c, struct error *error)
{
    c->opened = c->cursor_count = 0;
    c->vanished = false;
    if (!index_segments(c->conn, c->org_id, 0, c->below, c->arena, &c->segments, &c->segment_count,
                        error))
        return false;
    c->cursors = ARENA_ARRAY(c->arena, struct index_cursor, c->segment_count + 1);
    return c->cursors || error_no_memory(error);
}

static row_id newest(const struct index_candidates *c)
{
    row_id id = c->fresh_count ? c->fresh[0] : 0;
    for (size_t i = 0; i < c->cursor_count; i++)
        if (c->cursors[i].current > id)
            id = c->cursors[i].current;
    return id;
}

bool index_candidates_next(struct index_candidates *c, row_id *id, struct error *error)
{
    *id = newest(c);
    while (!c->vanished && c->opened < c->segment_count && c->segments[c->opened].last >= *id) {
        if (!open_cursor(c, error))
            return false;
        *id = newest(c);
    }
    // An order that was indexed twice stands in several places.
    while (*id && c->fresh_count && c->fresh[0] == *id) {
        c->fresh++;
        c->fresh_count--;
    }
    for (size_t i = 0; *id && i < c->cursor_count && !c->vanished; i++)
        if (c->cursors[i].current == *id && !advance(c, &c->cursors[i], error))
            return false;
    if (c->vanished)
        *id = 0;
    return true;
}

static bool has(const uint32_t *ordinals, size_t count, uint32_t wanted)
{
    size_t from = 0, to = count;
    while (from < to) {
        size_t middle = (from + to) / 2;
        if (ordinals[middle] == wanted)
            return true;
        if (ordinals[middle] < wanted)
            from = middle + 1;
        else
            to = middle;
    }
    return false;
}

// The ordinal of an id, -1 if the segment hasn't it.
static bool find_ordinal(struct index_candidates *c, struct index_cursor *cursor, row_id wanted,
                         int64_t *ordinal, struct error *error)
{
    int64_t from = 0, to = cursor->segment->order_count;
    *ordinal = -1;
    while (from < to && !c->vanished) {
        int64_t middle = (from + to) / 2;
        row_id id;
        if (!read_id(c, cursor, (uint32_t)middle, &id, error))
            return false;
        if (id == wanted) {
            *ordinal = middle;
            return true;
        }
        if (id < wanted)
            from = middle + 1;
        else
            to = middle;
    }
    return true;
}

static bool segment_holds(struct index_candidates *c, const struct index_segment *segment,
                          row_id id, uint32_t hash, struct index_cursor *cursor, bool *in,
                          struct error *error)
{
    int64_t ordinal;
    uint32_t *list;
    size_t n;
    if (id < segment->first || id > segment->last)
        return true;
    if (!find_ordinal(c, cursor, id, &ordinal, error))
        return false;
    if (ordinal < 0 || c->vanished)
        return true;
    if (!read_list(c, segment, hash, &list, &n, error))
        return false;
    *in |= !c->vanished && has(list, n, (uint32_t)ordinal);
    return true;
}

bool index_holds(struct db_conn *conn, row_id org_id, const row_id *ids, const uint32_t *hashes,
                 size_t count, struct arena *arena, bool *in, bool *vanished, struct error *error)
{
    struct index_candidates c = {.conn = conn, .org_id = org_id, .arena = arena};
    *vanished = false;
    if (count == 0)
        return true;
    if (!index_segments(conn, org_id, ids[0], ids[count - 1], arena, &c.segments, &c.segment_count,
                        error))
        return false;
    for (size_t s = 0; s < c.segment_count && !c.vanished; s++) {
        struct index_cursor cursor = {.segment = &c.segments[s], .chunk = -1};
        for (size_t i = 0; i < count && !c.vanished; i++)
            if (!in[i] &&
                !segment_holds(&c, &c.segments[s], ids[i], hashes[i], &cursor, &in[i], error))
                return false;
    }
    *vanished = c.vanished;
    return true;
}
