// SPDX-License-Identifier: Apache-2.0
//
// Time that no fetch has covered, as people see it. A mall lists orders by several dates, each with
// its own coverage; a stretch that is open by two of them is one stretch for whoever refills it.
#ifndef JUCHU_API_GAPS_H
#define JUCHU_API_GAPS_H

#include "sync/sync.h"

struct open_gap {
    time_ms from, to;
    time_ms deadline; // when the mall's reach ends for its beginning; TIME_NONE unknown
    int basis;        // enum date_basis; -1 several
};

// Drops what is only the time since the last poll, and merges what overlaps or touches. In place:
// at most `count` gaps, by `from`; returns how many. `merged` has room for `count`.
size_t gaps_merge(const struct gap *gaps, size_t count, time_ms now, struct open_gap *merged);
// The open gaps of a shop, merged.
bool gaps_read(struct db_conn *conn, row_id org_id, const struct shop *shop, time_ms now,
               struct arena *arena, struct open_gap **list, size_t *count, struct error *error);
int64_t gap_minutes(const struct open_gap *gap); // begun minutes count
// "60日", "3日 4時間", "2時間 5分", "45分": the two largest units.
struct str gap_length_text(struct arena *arena, int64_t minutes, bool english);

#endif
