// SPDX-License-Identifier: Apache-2.0
//
// When the next request to a mall may start: a token bucket per rate family of one credential,
// slowed by the mall's own "too many" answers and recovering by itself (reliability.md §2.3).
#ifndef JUCHU_SYNC_PACE_H
#define JUCHU_SYNC_PACE_H

#include "mall/mall.h"

#define PACE_FAMILIES_MAX 16

struct pace_family {
    const struct mall_rate *rate;
    double tokens;
    time_ms filled_at;
    double interval_ms; // current spacing; ≥ rate->interval_ms after being told to slow down
    time_ms blocked_until;
    time_ms slowed_at;
    int64_t day;
    int64_t used_today;
};

struct pace {
    struct pace_family families[PACE_FAMILIES_MAX];
    size_t count;
    bool off;
};

// `off`: everything may start at once (benchmarks against a simulator without limits).
void pace_init(struct pace *pace, const struct mall_limits *limits, bool off, time_ms now);
// When a request of this family may start; takes its token. `now` or earlier means at once.
// ERROR_QUOTA_USED_UP (returns TIME_NONE) when the day's calls are used up: error->retry_after_ms
// says how long until the mall's next day (JST).
time_ms pace_reserve(struct pace *pace, const char *family, time_ms now, struct error *error);
// The mall said "too many": nothing before retry_after_ms (0 = a second), and half the speed.
void pace_limited(struct pace *pace, const char *family, time_ms now, int64_t retry_after_ms);

#endif
