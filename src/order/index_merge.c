// SPDX-License-Identifier: Apache-2.0
//
// Merging segments. A merge goes in steps, each over an equal share of the hashes, so that no
// transaction has much of it; what it has written is invisible (level < 0) until the last step,
// which makes it visible and drops what it was made from. The sources never change meanwhile, so
// every step can work out anew which ordinals the orders have.
// One merge per company is under way; PostgreSQL's row lock on it keeps others away.
#include "order/index_merge.h"

#include "base/memory.h"

#define SEGMENTS_MIN 8  // of a level, before they are merged
#define SEGMENTS_MAX 16 // at once
#define ORDERS_MAX 131072
#define LEVEL_LAST 100   // of segments that are large enough
#define LAST_FROM 65536  // orders
#define WORK_PER_ORDER 4 // of orders; three levels and a reserve
#define ARENA_BYTES_MAX (256u << 20)
#define PART_BYTES_MAX (64u << 20)

struct source {
    struct index_segment segment;
    row_id *ids;      // read when ordinals are worked out
    uint32_t *map;    // where orders interleave
    struct buf bytes; // of the part that the reader reads
    int64_t part;
};

struct merge {
    struct db_conn *conn;
    const struct order_context *context;
    struct arena *arena;
    struct index_segment target;
    int level; // the target's, once it is visible
    uint32_t step, steps;
    struct source sources[SEGMENTS_MAX];
    size_t source_count, orders; // orders: of all sources, repeated ones twice
    uint32_t *scratch;
    bool ready; // ordinals worked out, buffers there
};

static bool is_postgres(const struct merge *m)
{
    return db_conn_engine(m->conn) == DB_POSTGRES;
}

static struct db_stmt *org_statement(struct merge *m, const char *sql, struct error *error)
{
    struct db_stmt *s = db_prepare(m->conn, sql, error);
    if (s)
        db_bind_int(s, 1, m->context->org_id);
    return s;
}

#define SEGMENT_COLUMNS "SELECT id, first_order, last_order, order_count, part_count"

static struct index_segment take_segment(struct db_stmt *s)
{
    return (struct index_segment){.id = db_int(s, 0),
                                  .first = db_int(s, 1),
                                  .last = db_int(s, 2),
                                  .order_count = (uint32_t)db_int(s, 3),
                                  .part_count = (uint32_t)db_int(s, 4)};
}

// In the order of their orders.
static void add_source(struct merge *m, const struct index_segment *segment)
{
    size_t at = m->source_count++;
    for (; at > 0 && m->sources[at - 1].segment.first > segment->first; at--)
        m->sources[at] = m->sources[at - 1];
    m->sources[at] =
        (struct source){.segment = *segment, .bytes = buf_make(PART_BYTES_MAX), .part = -1};
    m->orders += segment->order_count;
    if (m->steps == 0 || segment->part_count < m->steps)
        m->steps = segment->part_count;
}

static void forget_sources(struct merge *m)
{
    for (size_t i = 0; i < m->source_count; i++)
        buf_free(&m->sources[i].bytes);
    m->source_count = m->orders = 0;
    m->steps = 0;
    m->ready = false;
    arena_reset(m->arena);
}

static bool find_sources(struct merge *m, struct error *error)
{
    struct db_stmt *s = org_statement(
        m, SEGMENT_COLUMNS " FROM search_segment WHERE org_id = $1 AND merged_into = $2 LIMIT 16",
        error);
    if (!s)
        return false;
    db_bind_int(s, 2, m->target.id);
    enum db_step step;
    while ((step = db_step(s, error)) == DB_STEP_ROW) {
        struct index_segment segment = take_segment(s);
        if (m->source_count < SEGMENTS_MAX && segment.part_count > 0)
            add_source(m, &segment);
    }
    return step == DB_STEP_DONE;
}

// The merge that is under way.
static bool find_merge(struct merge *m, bool *found, struct error *error)
{
    static const char plain[] = SEGMENT_COLUMNS ", level, next_step FROM search_segment WHERE "
                                                "org_id = $1 AND level < 0 LIMIT 1";
    static const char locking[] = SEGMENT_COLUMNS
        ", level, next_step FROM search_segment WHERE org_id = $1 AND level < 0 LIMIT 1 FOR UPDATE "
        "SKIP LOCKED";
    struct db_stmt *s = org_statement(m, is_postgres(m) ? locking : plain, error);
    if (!s)
        return false;
    enum db_step step = db_step(s, error);
    *found = step == DB_STEP_ROW;
    if (*found) {
        m->target = take_segment(s);
        m->level = (int)(-1 - db_int(s, 5));
        m->step = (uint32_t)db_int(s, 6);
    }
    db_reset(s);
    return step != DB_STEP_ERROR && (!*found || find_sources(m, error));
}

// The lowest level with enough segments, -1 if there is none, or another's merge is under way.
static bool choose_level(struct merge *m, int *level, struct error *error)
{
    struct db_stmt *s = org_statement(
        m,
        "SELECT level, COUNT(*) FROM search_segment WHERE org_id = $1 AND level < 100 AND "
        "merged_into IS NULL GROUP BY level ORDER BY level LIMIT 100",
        error);
    *level = -1;
    if (!s)
        return false;
    enum db_step step;
    bool busy = false;
    while ((step = db_step(s, error)) == DB_STEP_ROW) {
        busy |= db_int(s, 0) < 0;
        if (!busy && *level < 0 && db_int(s, 1) >= SEGMENTS_MIN)
            *level = (int)db_int(s, 0);
    }
    return step == DB_STEP_DONE;
}

static bool choose_sources(struct merge *m, int level, struct error *error)
{
    static const char plain[] = SEGMENT_COLUMNS
        " FROM search_segment WHERE org_id = $1 AND level = $2 AND merged_into IS NULL ORDER BY id "
        "LIMIT 16";
    static const char locking[] = SEGMENT_COLUMNS
        " FROM search_segment WHERE org_id = $1 AND level = $2 AND merged_into IS NULL ORDER BY id "
        "LIMIT 16 FOR UPDATE SKIP LOCKED";
    struct db_stmt *s = org_statement(m, is_postgres(m) ? locking : plain, error);
    if (!s)
        return false;
    db_bind_int(s, 2, level);
    enum db_step step;
    while ((step = db_step(s, error)) == DB_STEP_ROW) {
        struct index_segment segment = take_segment(s);
        if (m->orders + segment.order_count <= ORDERS_MAX && segment.part_count > 0)
            add_source(m, &segment);
    }
    return step == DB_STEP_DONE;
}

static bool read_ids(struct merge *m, struct source *source, struct error *error)
{
    size_t n = 0, count = source->segment.order_count;
    row_id *ids = source->ids = ARENA_ARRAY(m->arena, row_id, count);
    if (!ids)
        return error_no_memory(error);
    for (int64_t chunk = 0; n < count; chunk++) {
        struct db_stmt *s;
        struct str bytes =
            index_part(m->conn, m->context->org_id, source->segment.id, -1 - chunk, &s, error);
        size_t before = n;
        for (size_t i = 0; bytes.p && 8 * i + 8 <= bytes.n && n < count; i++)
            ids[n++] = index_id_at(bytes, i);
        if (s)
            db_reset(s);
        if (n == before)
            return error_is_set(error) ? false : index_damaged(error);
    }
    return true;
}

static bool interleave(const struct merge *m)
{
    for (size_t i = 1; i < m->source_count; i++)
        if (m->sources[i - 1].segment.last >= m->sources[i].segment.first)
            return true;
    return false;
}

// All ids, rising and each once; fills the maps.
static size_t unite_ids(struct merge *m, row_id *all)
{
    size_t at[SEGMENTS_MAX] = {0}, n = 0;
    for (;;) {
        row_id lowest = INT64_MAX;
        for (size_t i = 0; i < m->source_count; i++) {
            const struct source *s = &m->sources[i];
            if (at[i] < s->segment.order_count && s->ids[at[i]] < lowest)
                lowest = s->ids[at[i]];
        }
        if (lowest == INT64_MAX)
            return n;
        for (size_t i = 0; i < m->source_count; i++) {
            struct source *s = &m->sources[i];
            while (at[i] < s->segment.order_count && s->ids[at[i]] == lowest)
                s->map[at[i]++] = (uint32_t)n;
        }
        all[n++] = lowest;
    }
}

// Works out the ordinals; *ids are the target's.
static bool number_orders(struct merge *m, row_id **ids, size_t *count, struct error *error)
{
    *ids = ARENA_ARRAY(m->arena, row_id, m->orders);
    for (size_t i = 0; i < m->source_count; i++) {
        struct source *s = &m->sources[i];
        s->map = ARENA_ARRAY(m->arena, uint32_t, s->segment.order_count);
        if (!*ids || !s->map)
            return error_no_memory(error);
        if (!read_ids(m, s, error))
            return false;
    }
    *count = unite_ids(m, *ids);
    return true;
}

static bool mark_sources(struct merge *m, struct error *error)
{
    for (size_t i = 0; i < m->source_count; i++) {
        struct db_stmt *s = org_statement(
            m, "UPDATE search_segment SET merged_into = $3 WHERE org_id = $1 AND id = $2", error);
        if (!s)
            return false;
        db_bind_int(s, 2, m->sources[i].segment.id);
        db_bind_int(s, 3, m->target.id);
        if (!db_run(s, error))
            return false;
    }
    return true;
}

static bool begin_merge(struct merge *m, bool *begun, struct error *error)
{
    int level;
    row_id *ids;
    size_t count;
    *begun = false;
    if (!choose_level(m, &level, error))
        return false;
    if (level < 0)
        return true;
    if (!choose_sources(m, level, error))
        return false;
    *begun = m->source_count > 1;
    if (!*begun)
        return true;
    if (!number_orders(m, &ids, &count, error))
        return false;
    uint32_t parts = postings_parts(count);
    for (size_t i = 0; i < m->source_count; i++)
        if (m->sources[i].segment.part_count > parts)
            parts = m->sources[i].segment.part_count;
    m->target = (struct index_segment){.id = id_next(m->context->ids, m->context->now),
                                       .first = ids[0],
                                       .last = ids[count - 1],
                                       .order_count = (uint32_t)count,
                                       .part_count = parts};
    m->level = count >= LAST_FROM ? LEVEL_LAST : level + 1;
    m->step = 0;
    return index_put_segment(m->conn, m->context->org_id, &m->target, -1 - m->level, error) &&
           index_put_ids(m->conn, m->context->org_id, m->target.id, ids, count, error) &&
           mark_sources(m, error);
}

static bool prepare(struct merge *m, struct error *error)
{
    row_id *ids;
    size_t count;
    if (m->ready)
        return true;
    // While the sources lie behind each other, a distance is all there is to know.
    if (!interleave(m))
        for (size_t i = 0; i < m->source_count; i++)
            m->sources[i].map = NULL;
    else if (!m->sources[0].map && !number_orders(m, &ids, &count, error))
        return false;
    m->scratch = ARENA_ARRAY(m->arena, uint32_t, 2 * m->orders);
    m->ready = m->scratch != NULL;
    return m->ready || error_no_memory(error);
}

// Puts the reader of a source onto its part for the target's `part`.
static bool turn_to(struct merge *m, struct source *source, uint32_t part,
                    struct postings_input *input, struct error *error)
{
    struct db_stmt *s;
    uint32_t parts = source->segment.part_count;
    int64_t own = (int64_t)((uint64_t)part * parts / m->target.part_count);
    if (own == source->part)
        return true;
    struct str bytes = index_part(m->conn, m->context->org_id, source->segment.id, own, &s, error);
    bool there = bytes.p != NULL;
    buf_reset(&source->bytes);
    buf_add(&source->bytes, bytes);
    if (s)
        db_reset(s);
    if (!there)
        return error_is_set(error) ? false : index_damaged(error);
    if (source->bytes.failed)
        return error_no_memory(error);
    source->part = own;
    postings_open(&input->reader, buf_str(&source->bytes), postings_lowest((uint32_t)own, parts));
    return true;
}

static bool run_step(struct merge *m, struct postings_input *inputs, struct error *error)
{
    AUTO_BUF bytes = buf_make(PART_BYTES_MAX);
    uint32_t each = m->target.part_count / m->steps;
    for (uint32_t part = m->step * each; part < (m->step + 1) * each; part++) {
        for (size_t i = 0; i < m->source_count; i++)
            if (!turn_to(m, &m->sources[i], part, &inputs[i], error))
                return false;
        buf_reset(&bytes);
        if (!postings_merge(inputs, m->source_count, postings_lowest(part, m->target.part_count),
                            postings_lowest(part + 1, m->target.part_count), m->scratch, &bytes))
            return index_damaged(error);
        if (!index_put_part(m->conn, m->context->org_id, m->target.id, part, &bytes, error))
            return false;
    }
    m->step++;
    return true;
}

static bool run_steps(struct merge *m, size_t steps, struct error *error)
{
    struct postings_input inputs[SEGMENTS_MAX] = {0};
    uint32_t base = 0;
    for (size_t i = 0; i < m->source_count; i++) {
        inputs[i].base = base;
        inputs[i].map = m->sources[i].map;
        inputs[i].order_count = m->sources[i].segment.order_count;
        base += inputs[i].order_count;
    }
    for (; steps > 0 && m->step < m->steps; steps--)
        if (!run_step(m, inputs, error))
            return false;
    struct db_stmt *s = org_statement(
        m, "UPDATE search_segment SET next_step = $3, level = $4 WHERE org_id = $1 AND id = $2",
        error);
    if (!s)
        return false;
    db_bind_int(s, 2, m->target.id);
    db_bind_int(s, 3, m->step);
    db_bind_int(s, 4, m->step == m->steps ? m->level : -1 - m->level);
    return db_run(s, error);
}

static bool drop_sources(struct merge *m, struct error *error)
{
    static const char *const statements[] = {
        "DELETE FROM search_part WHERE org_id = $1 AND segment_id = $2",
        "DELETE FROM search_segment WHERE org_id = $1 AND id = $2"};
    for (size_t i = 0; i < 2 * m->source_count; i++) {
        struct db_stmt *s = org_statement(m, statements[i % 2], error);
        if (!s)
            return false;
        db_bind_int(s, 2, m->sources[i / 2].segment.id);
        if (!db_run(s, error))
            return false;
    }
    return true;
}

// Does at most `work` of the next merge and says how much it was; 0 when there is nothing to do.
static bool merge_some(struct merge *m, size_t work, size_t *done, struct error *error)
{
    bool found;
    *done = 0;
    if (!find_merge(m, &found, error) || (!found && !begin_merge(m, &found, error)))
        return false;
    if (!found)
        return true;
    if (m->source_count == 0 || m->target.part_count < m->steps)
        return index_damaged(error);
    size_t each = m->orders / m->steps + 1, steps = (work + each - 1) / each;
    if (!prepare(m, error) || !run_steps(m, steps, error))
        return false;
    *done = steps * each;
    return m->step < m->steps || drop_sources(m, error);
}

bool index_merge(struct db_conn *conn, const struct order_context *context, size_t added,
                 struct error *error)
{
    AUTO_ARENA arena = arena_new(ARENA_BYTES_MAX);
    struct merge *m = arena ? memory_zalloc(1, sizeof *m) : NULL;
    if (!m)
        return error_no_memory(error);
    *m = (struct merge){.conn = conn, .context = context, .arena = arena};
    size_t work = added * WORK_PER_ORDER, done = 1;
    bool merged = true;
    while (merged && work > 0 && done > 0) {
        merged = merge_some(m, work, &done, error);
        forget_sources(m);
        work -= done < work ? done : work;
    }
    memory_free(m);
    return merged;
}
