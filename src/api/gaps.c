// SPDX-License-Identifier: Apache-2.0
//
// Gaps of coverage merged across date bases. No state.
#include "api/gaps.h"

#define POLL_MS 3600000 // a stretch up to now that is shorter is the time since the last poll

static void insert(struct open_gap *list, size_t *count, const struct gap *g)
{
    size_t at = *count;
    for (; at > 0 && list[at - 1].from > g->from; at--)
        list[at] = list[at - 1];
    list[at] = (struct open_gap){g->from, g->to, g->lost_after, (int)g->basis};
    ++*count;
}

static void join(struct open_gap *into, const struct open_gap *g)
{
    if (g->to > into->to)
        into->to = g->to;
    if (into->deadline == TIME_NONE || (g->deadline != TIME_NONE && g->deadline < into->deadline))
        into->deadline = g->deadline;
    if (into->basis != g->basis)
        into->basis = -1;
}

size_t gaps_merge(const struct gap *gaps, size_t count, time_ms now, struct open_gap *merged)
{
    size_t found = 0, kept = 0;
    for (size_t i = 0; i < count; i++) {
        if (gaps[i].to < now || gaps[i].to - gaps[i].from > POLL_MS)
            insert(merged, &found, &gaps[i]);
    }
    for (size_t i = 0; i < found; i++) {
        if (kept > 0 && merged[i].from <= merged[kept - 1].to)
            join(&merged[kept - 1], &merged[i]);
        else
            merged[kept++] = merged[i];
    }
    return kept;
}

bool gaps_read(struct db_conn *conn, row_id org_id, const struct shop *shop, time_ms now,
               struct arena *arena, struct open_gap **list, size_t *count, struct error *error)
{
    struct gap *gaps;
    *count = 0;
    if (!coverage_gaps(conn, org_id, shop, now, arena, &gaps, count, error))
        return false;
    if (!(*list = ARENA_ARRAY(arena, struct open_gap, *count ? *count : 1)))
        return error_no_memory(error);
    *count = gaps_merge(gaps, *count, now, *list);
    return true;
}

int64_t gap_minutes(const struct open_gap *gap)
{
    return (gap->to - gap->from + 59999) / 60000;
}

struct str gap_length_text(struct arena *arena, int64_t minutes, bool english)
{
    static const struct {
        int64_t minutes;
        const char *ja, *en;
    } units[] = {{1440, "日", " d"}, {60, "時間", " h"}, {1, "分", " min"}};
    size_t u = 0;
    while (u < 2 && minutes < units[u].minutes)
        u++;
    int64_t whole = minutes / units[u].minutes, rest = minutes % units[u].minutes;
    const char *unit = english ? units[u].en : units[u].ja;
    if (u == 2 || rest / units[u + 1].minutes == 0)
        return arena_printf(arena, "%lld%s", (long long)whole, unit);
    return arena_printf(arena, "%lld%s %lld%s", (long long)whole, unit,
                        (long long)(rest / units[u + 1].minutes),
                        english ? units[u + 1].en : units[u + 1].ja);
}
