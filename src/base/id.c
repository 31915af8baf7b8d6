// SPDX-License-Identifier: Apache-2.0
//
// Ids that rise with time and need no coordination inside a company's node.
//
// Invariants: `last` only rises; its low 12 bits are the sequence, the middle 10 the node, the rest
// milliseconds since 2024-01-01Z. A clock that goes back doesn't take ids back: they continue from
// `last`. Thread-safe through one atomic word.
#include "base/id.h"

#include <inttypes.h>
#include <stdio.h>

#define EPOCH_MS INT64_C(1704067200000) // 2024-01-01T00:00:00Z
#define SEQUENCE_BITS 12
#define NODE_BITS 10
#define TIME_MAX ((INT64_C(1) << 41) - 1)

void id_source_init(struct id_source *source, uint16_t node)
{
    atomic_init(&source->last, 0);
    source->node = node & ((1u << NODE_BITS) - 1);
}

static int64_t pack(int64_t ms, uint16_t node, int64_t sequence)
{
    return ms << (NODE_BITS + SEQUENCE_BITS) | (int64_t)node << SEQUENCE_BITS | sequence;
}

// Ids can't tell times before 2024 apart; they start at 1 ms so that 0 stays "none".
static int64_t clamp(time_ms now)
{
    if (now < EPOCH_MS + 1)
        return 1;
    int64_t ms = now - EPOCH_MS;
    return ms > TIME_MAX ? TIME_MAX : ms;
}

row_id id_next(struct id_source *source, time_ms now)
{
    const int64_t sequence_max = (1 << SEQUENCE_BITS) - 1;
    int64_t ms = clamp(now);
    int64_t last = atomic_load_explicit(&source->last, memory_order_relaxed);
    int64_t next;
    do {
        int64_t last_ms = last >> (NODE_BITS + SEQUENCE_BITS);
        int64_t sequence = last & sequence_max;
        if (ms > last_ms)
            next = pack(ms, source->node, 0);
        else if (sequence < sequence_max)
            next = last + 1;
        else
            next = pack(last_ms + 1, source->node, 0);
    } while (!atomic_compare_exchange_weak_explicit(&source->last, &last, next,
                                                    memory_order_relaxed, memory_order_relaxed));
    return next;
}

time_ms id_time(row_id id)
{
    return (id >> (NODE_BITS + SEQUENCE_BITS)) + EPOCH_MS;
}

struct str id_format(row_id id, char buffer[24])
{
    int n = snprintf(buffer, 24, "%" PRId64, id);
    return str_make(buffer, n > 0 ? (size_t)n : 0);
}

bool id_parse(struct str text, row_id *id)
{
    int64_t value;
    if (text.n == 0 || text.p[0] < '1' || text.p[0] > '9' || !str_to_int64(text, &value))
        return false;
    *id = value;
    return true;
}
