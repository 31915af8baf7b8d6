// SPDX-License-Identifier: Apache-2.0
//
// Learns a mall's dictionary once: from the first import that brings enough orders at once, or from
// what is stored when enough have come one by one. One thread, inside the import's transaction.
#include "order/learn.h"

#include "base/memory.h"
#include "order/detail.h"

#define ORDERS_MIN 100 // fewer teach too little
#define ORDERS_MAX 400 // more teach nothing new
#define SAMPLE_BYTES_MAX (16u << 20)
#define SAMPLES_PER_ORDER 2

struct samples {
    struct buf text;
    size_t *sizes;
    size_t count;
};

static bool samples_open(struct samples *s)
{
    *s = (struct samples){.text = buf_make(SAMPLE_BYTES_MAX)};
    s->sizes = memory_alloc(SAMPLES_PER_ORDER * ORDERS_MAX * sizeof s->sizes[0]);
    return s->sizes != NULL;
}

static void samples_close(struct samples *s)
{
    buf_free(&s->text);
    memory_free(s->sizes);
}

// What was added to the text since `before` is one sample.
static void end_sample(struct samples *s, size_t before)
{
    if (s->text.n > before)
        s->sizes[s->count++] = s->text.n - before;
}

static bool take_new(struct samples *s, const struct order_import *const *imports, size_t count)
{
    size_t step = count / ORDERS_MAX + 1;
    for (size_t i = 0; i < count && s->text.n < SAMPLE_BYTES_MAX / 2; i += step) {
        if (imports[i]->raw.n > SAMPLE_BYTES_MAX / 8)
            continue;
        size_t before = s->text.n;
        buf_add(&s->text, imports[i]->raw);
        end_sample(s, before);
        before = s->text.n;
        detail_write(&s->text, &order_record, imports[i]->order);
        end_sample(s, before);
    }
    return !s->text.failed;
}

static bool count_stored(struct packer *p, int64_t *count, struct error *error)
{
    struct db_stmt *s = db_prepare(
        p->conn,
        "SELECT CAST(SUM(c.count) AS BIGINT) FROM order_count c JOIN shop s ON s.org_id = c.org_id "
        "AND s.id = c.shop_id WHERE c.org_id = $1 AND s.mall = $2",
        error);
    *count = 0;
    if (!s)
        return false;
    db_bind_int(s, 1, p->org_id);
    db_bind_text(s, 2, p->mall);
    enum db_step step = db_step(s, error);
    if (step == DB_STEP_ROW)
        *count = db_int(s, 0);
    db_reset(s);
    return step != DB_STEP_ERROR;
}

static bool take_stored(struct packer *p, struct samples *into, struct error *error)
{
    struct db_stmt *s = db_prepare(
        p->conn,
        "SELECT r.packed, o.detail FROM \"order\" o JOIN raw_document r ON r.org_id = o.org_id AND "
        "r.order_id = o.id WHERE o.org_id = $1 AND o.mall = $2 ORDER BY o.ordered_at DESC, o.id "
        "DESC LIMIT 400",
        error);
    if (!s)
        return false;
    struct unpacker u;
    unpacker_init(&u, p->conn, p->org_id);
    db_bind_int(s, 1, p->org_id);
    db_bind_text(s, 2, p->mall);
    enum db_step step = DB_STEP_ERROR;
    while (into->count + SAMPLES_PER_ORDER <= SAMPLES_PER_ORDER * ORDERS_MAX &&
           (step = db_step(s, error)) == DB_STEP_ROW) {
        size_t before = into->text.n;
        if (!unpack(&u, db_blob(s, 0), &into->text, error)) {
            step = DB_STEP_ERROR;
            break;
        }
        end_sample(into, before);
        before = into->text.n;
        buf_add(&into->text, db_blob(s, 1));
        end_sample(into, before);
    }
    db_reset(s);
    unpacker_free(&u);
    return step != DB_STEP_ERROR;
}

bool learn_dictionary(struct packer *p, const struct order_import *const *imports, size_t count,
                      time_ms now, struct error *error)
{
    int64_t stored = 0;
    if (p->dictionary || count == 0)
        return true;
    if (count < ORDERS_MIN && !count_stored(p, &stored, error))
        return false;
    if (count < ORDERS_MIN && stored < ORDERS_MIN)
        return true;
    struct samples s;
    bool done = samples_open(&s) || error_no_memory(error);
    if (done && count >= ORDERS_MIN)
        done = take_new(&s, imports, count) || error_no_memory(error);
    else if (done)
        done = take_stored(p, &s, error);
    if (done && s.count >= ORDERS_MIN)
        done = packer_learn(p, buf_str(&s.text), s.sizes, s.count, now, error);
    samples_close(&s);
    return done;
}
