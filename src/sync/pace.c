// SPDX-License-Identifier: Apache-2.0
//
// Token buckets. A bucket holds at most `burst` tokens and gains one per interval; a reservation
// may take it below zero, which is the queue. Additive recovery after a slow-down: 10 % of the
// original speed per quiet minute. One thread.
#include "sync/pace.h"

#define DAY_MS (24 * 3600 * 1000LL)
#define INTERVAL_SLOWEST_FACTOR 32

void pace_init(struct pace *pace, const struct mall_limits *limits, bool off, time_ms now)
{
    *pace = (struct pace){.off = off};
    for (size_t i = 0; i < limits->rate_count && i < PACE_FAMILIES_MAX; i++) {
        const struct mall_rate *rate = &limits->rates[i];
        pace->families[pace->count++] = (struct pace_family){
            .rate = rate,
            .tokens = rate->burst > 0 ? rate->burst : 1,
            .filled_at = now,
            .interval_ms = rate->interval_ms,
            .slowed_at = TIME_NONE,
            .blocked_until = TIME_NONE,
        };
    }
}

static struct pace_family *find(struct pace *pace, const char *family)
{
    for (size_t i = 0; i < pace->count; i++) {
        if (family && strcmp(pace->families[i].rate->family, family) == 0)
            return &pace->families[i];
    }
    return pace->count > 0 ? &pace->families[0] : NULL;
}

static void recover(struct pace_family *f, time_ms now)
{
    if (f->slowed_at == TIME_NONE || now - f->slowed_at < 60000)
        return;
    int64_t minutes = (now - f->slowed_at) / 60000;
    double speed = 1.0 / f->interval_ms + (double)minutes * 0.1 / f->rate->interval_ms;
    f->interval_ms = 1.0 / speed;
    f->slowed_at += minutes * 60000;
    if (f->interval_ms <= f->rate->interval_ms) {
        f->interval_ms = f->rate->interval_ms;
        f->slowed_at = TIME_NONE;
    }
}

static void fill(struct pace_family *f, time_ms now)
{
    recover(f, now);
    double burst = f->rate->burst > 0 ? f->rate->burst : 1;
    if (now > f->filled_at && f->interval_ms > 0) {
        f->tokens += (double)(now - f->filled_at) / f->interval_ms;
        if (f->tokens > burst)
            f->tokens = burst;
    }
    // A clock that went back must not freeze the bucket.
    f->filled_at = now;
}

static bool count_of_day(struct pace_family *f, time_ms now, struct error *error)
{
    int64_t today = (now + JST_OFFSET_MS) / DAY_MS;
    if (today != f->day) {
        f->day = today;
        f->used_today = 0;
    }
    if (f->rate->per_day > 0 && f->used_today >= f->rate->per_day) {
        error_set(error, ERROR_QUOTA_USED_UP, "pace.day_used_up",
                  "本日のAPI呼出し上限(%d回)に達しました。",
                  "today's limit of %d API calls is used up", f->rate->per_day);
        error_hint(error, "日付が変わると自動的に再開します。",
                   "Work goes on by itself after midnight JST.");
        error->retry_after_ms = (today + 1) * DAY_MS - JST_OFFSET_MS - now;
        return false;
    }
    f->used_today++;
    return true;
}

time_ms pace_reserve(struct pace *pace, const char *family, time_ms now, struct error *error)
{
    struct pace_family *f = find(pace, family);
    if (!f || pace->off)
        return now;
    if (!count_of_day(f, now, error))
        return TIME_NONE;
    fill(f, now);
    f->tokens -= 1;
    time_ms at = now;
    if (f->tokens < 0)
        at = now + (time_ms)(-f->tokens * f->interval_ms + 0.5);
    if (f->blocked_until != TIME_NONE && at < f->blocked_until)
        at = f->blocked_until;
    return at;
}

void pace_limited(struct pace *pace, const char *family, time_ms now, int64_t retry_after_ms)
{
    struct pace_family *f = find(pace, family);
    if (!f || pace->off)
        return;
    fill(f, now);
    f->blocked_until = now + (retry_after_ms > 0 ? retry_after_ms : 1000);
    f->interval_ms *= 2;
    if (f->interval_ms > (double)f->rate->interval_ms * INTERVAL_SLOWEST_FACTOR)
        f->interval_ms = (double)f->rate->interval_ms * INTERVAL_SLOWEST_FACTOR;
    f->slowed_at = now;
    if (f->tokens > 0)
        f->tokens = 0;
}
