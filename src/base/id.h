// SPDX-License-Identifier: Apache-2.0
//
// Ids of rows: positive 64-bit, rising with time, made by the node without asking anybody.
// 41 bits of milliseconds since 2024-01-01Z, 10 bits of node, 12 bits of sequence.
#ifndef JUCHU_BASE_ID_H
#define JUCHU_BASE_ID_H

#include "base/clock.h"
#include "base/str.h"
#include <stdatomic.h>

typedef int64_t row_id; // 0 = none

struct id_source {
    _Atomic int64_t last;
    uint16_t node; // 0 … 1023
};

void id_source_init(struct id_source *source, uint16_t node);
// The next id at time `now`; strictly rising even when the clock goes back. Thread-safe.
row_id id_next(struct id_source *source, time_ms now);
// When the id was made (ms precision).
time_ms id_time(row_id id);
// Decimal text as used in JSON and URLs; 21 bytes suffice.
struct str id_format(row_id id, char buffer[24]);
// False unless the whole text is a positive id.
bool id_parse(struct str text, row_id *id);

#endif
