// SPDX-License-Identifier: Apache-2.0
//
// The rounds of the event loop: wait, let libcurl work, run posted work, fire timers.
//
// Threads: one thread owns the loop. Other threads touch only the list of posted work (under
// post_lock), the stop flag, and curl_multi_wakeup(), which libcurl allows.
// Invariants: heap[i]->index == i for every timer, and no timer is earlier than its parent; a timer
// is freed before its function runs, so that the function may start or cancel others.
// Ownership: the loop owns timers, posts and exchanges; arguments belong to the callers.
#include "net/loop_internal.h"

#include "base/memory.h"

#include <assert.h>
#include <poll.h>

#define WAIT_MS_MAX 1000 // so that a jump of the wall clock is noticed

struct loop_timer {
    time_ms at;
    uint64_t sequence;
    size_t index;
    void (*fn)(void *argument);
    void *argument;
};

static bool timer_before(const struct loop_timer *a, const struct loop_timer *b)
{
    return a->at != b->at ? a->at < b->at : a->sequence < b->sequence;
}

static void timer_place(struct loop *loop, struct loop_timer *timer, size_t index)
{
    loop->heap[index] = timer;
    timer->index = index;
}

static void timer_rise(struct loop *loop, struct loop_timer *timer, size_t index)
{
    while (index > 0) {
        size_t parent = (index - 1) / 2;
        if (!timer_before(timer, loop->heap[parent]))
            break;
        timer_place(loop, loop->heap[parent], index);
        index = parent;
    }
    timer_place(loop, timer, index);
}

static void timer_sink(struct loop *loop, struct loop_timer *timer, size_t index)
{
    for (;;) {
        size_t child = 2 * index + 1;
        if (child >= loop->timer_count)
            break;
        if (child + 1 < loop->timer_count && timer_before(loop->heap[child + 1], loop->heap[child]))
            child++;
        if (!timer_before(loop->heap[child], timer))
            break;
        timer_place(loop, loop->heap[child], index);
        index = child;
    }
    timer_place(loop, timer, index);
}

static void timer_remove(struct loop *loop, struct loop_timer *timer)
{
    size_t index = timer->index;
    assert(index < loop->timer_count && loop->heap[index] == timer);
    struct loop_timer *last = loop->heap[--loop->timer_count];
    if (last == timer)
        return;
    if (timer_before(last, timer))
        timer_rise(loop, last, index);
    else
        timer_sink(loop, last, index);
}

struct loop_timer *loop_timer_start(struct loop *loop, time_ms at, void (*fn)(void *),
                                    void *argument)
{
    if (loop->closing)
        return NULL;
    if (at < loop->firing)
        at = loop->firing;
    if (loop->timer_count == loop->timer_capacity) {
        size_t capacity = loop->timer_capacity ? 2 * loop->timer_capacity : 64;
        // NOLINTNEXTLINE(bugprone-sizeof-expression): an array of pointers
        struct loop_timer **heap = memory_resize(loop->heap, capacity * sizeof *heap);
        if (!heap)
            return NULL;
        loop->heap = heap;
        loop->timer_capacity = capacity;
    }
    struct loop_timer *timer = memory_alloc(sizeof *timer);
    if (!timer)
        return NULL;
    *timer = (struct loop_timer){at, loop->timer_sequence++, 0, fn, argument};
    timer_rise(loop, timer, loop->timer_count++);
    return timer;
}

void loop_timer_cancel(struct loop *loop, struct loop_timer *timer)
{
    if (!timer)
        return;
    timer_remove(loop, timer);
    memory_free(timer);
}

// Timers that are started meanwhile wait for the next round and sort behind all that are due now,
// so that one which always starts another can't keep the loop from everything else.
static void fire_timers(struct loop *loop)
{
    time_ms now = clock_now(&loop->clock);
    uint64_t end = loop->timer_sequence;
    loop->firing = now;
    while (loop->timer_count > 0) {
        struct loop_timer timer = *loop->heap[0];
        if (timer.at > now || timer.sequence >= end)
            break;
        loop_timer_cancel(loop, loop->heap[0]);
        timer.fn(timer.argument);
    }
    loop->firing = TIME_NONE;
}

bool loop_post(struct loop *loop, void (*fn)(void *argument), void *argument)
{
    struct post *post = memory_alloc(sizeof *post);
    if (!post)
        return false;
    *post = (struct post){NULL, fn, argument};
    pthread_mutex_lock(&loop->post_lock);
    bool refused = loop->posts_refused;
    if (!refused) {
        if (loop->posted_tail)
            loop->posted_tail->next = post;
        else
            loop->posted_head = post;
        loop->posted_tail = post;
        // Inside the lock: after it the loop may be gone.
        curl_multi_wakeup(loop->multi);
    }
    pthread_mutex_unlock(&loop->post_lock);
    if (refused)
        memory_free(post);
    return !refused;
}

static void run_posted(struct loop *loop, bool refuse_more)
{
    pthread_mutex_lock(&loop->post_lock);
    struct post *post = loop->posted_head;
    loop->posted_head = loop->posted_tail = NULL;
    loop->posts_refused = refuse_more;
    pthread_mutex_unlock(&loop->post_lock);
    while (post) {
        struct post *next = post->next;
        post->fn(post->argument);
        memory_free(post);
        post = next;
    }
}

static bool has_posted(struct loop *loop)
{
    pthread_mutex_lock(&loop->post_lock);
    bool any = loop->posted_head != NULL;
    pthread_mutex_unlock(&loop->post_lock);
    return any;
}

static int waiting_time(struct loop *loop, int wait_ms)
{
    if (wait_ms > WAIT_MS_MAX)
        wait_ms = WAIT_MS_MAX;
    if (wait_ms < 0 || loop_http_is_due(loop) || has_posted(loop))
        return 0;
    if (loop->timer_count > 0) {
        time_ms at = loop->heap[0]->at, now = clock_now(&loop->clock);
        if (at <= now)
            return 0;
        if (at < now + wait_ms)
            wait_ms = (int)(at - now);
    }
    return wait_ms;
}

void loop_turn(struct loop *loop, int wait_ms)
{
    int wait = waiting_time(loop, wait_ms);
    // The return value matters only for lack of memory: then a short sleep instead of spinning.
    if (curl_multi_poll(loop->multi, NULL, 0, wait, NULL) != CURLM_OK && wait > 0)
        poll(NULL, 0, wait < 10 ? wait : 10);
    loop_http_progress(loop);
    run_posted(loop, false);
    fire_timers(loop);
}

void loop_run(struct loop *loop)
{
    while (!atomic_exchange(&loop->stop, false))
        loop_turn(loop, WAIT_MS_MAX);
}

void loop_stop(struct loop *loop)
{
    pthread_mutex_lock(&loop->post_lock);
    atomic_store(&loop->stop, true);
    curl_multi_wakeup(loop->multi);
    pthread_mutex_unlock(&loop->post_lock);
}

struct clock loop_clock(const struct loop *loop)
{
    return loop->clock;
}

struct loop *loop_new(const struct loop_options *options, struct error *error)
{
    // Counted by libcurl, so that every loop may do it.
    if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK) {
        error_no_memory(error);
        return NULL;
    }
    struct loop *loop = memory_zalloc(1, sizeof *loop);
    if (!loop) {
        curl_global_cleanup();
        error_no_memory(error);
        return NULL;
    }
    pthread_mutex_init(&loop->post_lock, NULL);
    loop->clock = options->clock;
    loop->firing = TIME_NONE;
    loop->connections_max = options->connections_max > 0 ? options->connections_max : 512;
    loop->connections_per_host =
        options->connections_per_host > 0 ? options->connections_per_host : 6;
    loop->ca_file = options->ca_file ? memory_strdup(options->ca_file) : NULL;
    loop->multi = curl_multi_init();
    if (!loop->multi || (options->ca_file && !loop->ca_file)) {
        error_no_memory(error);
        return loop_free(loop);
    }
    curl_multi_setopt(loop->multi, CURLMOPT_MAXCONNECTS, (long)loop->connections_max);
    return loop;
}

struct loop *loop_free(struct loop *loop)
{
    if (!loop)
        return NULL;
    loop->closing = true;
    run_posted(loop, true);
    loop_http_close(loop);
    while (loop->timer_count > 0)
        loop_timer_cancel(loop, loop->heap[0]);
    memory_free(loop->heap);
    if (loop->multi)
        curl_multi_cleanup(loop->multi);
    memory_free(loop->ca_file);
    pthread_mutex_destroy(&loop->post_lock);
    memory_free(loop);
    curl_global_cleanup();
    return NULL;
}
