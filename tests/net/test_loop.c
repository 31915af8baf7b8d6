// SPDX-License-Identifier: Apache-2.0
//
// Rounds of the loop: timers and posted work. Requests are tested in test_exchange.c.
#include "net/loop.h"

#include "base/memory.h"
#include "base/rng.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdatomic.h>
#include <stdarg.h>
#include <cmocka.h>
#include <stdio.h>

static struct clock_manual now;

static struct loop *new_loop(void)
{
    now = (struct clock_manual){.now = 1000000};
    struct error error;
    struct loop *loop = loop_new(&(struct loop_options){.clock = clock_from_manual(&now)}, &error);
    assert_non_null(loop);
    return loop;
}

static char trace[256];

static void note(void *argument)
{
    size_t n = strlen(trace);
    snprintf(trace + n, sizeof trace - n, "%s", (const char *)argument);
}

static struct loop_timer *note_at(struct loop *loop, time_ms at, const char *text)
{
    return loop_timer_start(loop, at, note, (void *)(uintptr_t)text);
}

static bool post_note(struct loop *loop, const char *text)
{
    return loop_post(loop, note, (void *)(uintptr_t)text);
}

static void timers_fire_in_order(void **state)
{
    struct loop *loop = new_loop();
    trace[0] = '\0';
    assert_non_null(note_at(loop, now.now + 30, "c"));
    assert_non_null(note_at(loop, now.now + 10, "a"));
    assert_non_null(note_at(loop, now.now + 20, "1"));
    assert_non_null(note_at(loop, now.now + 20, "2"));
    assert_non_null(note_at(loop, now.now + 20, "3"));
    loop_turn(loop, 0);
    assert_string_equal(trace, "");
    clock_advance(&now, 10);
    loop_turn(loop, 0);
    assert_string_equal(trace, "a");
    clock_advance(&now, 100);
    loop_turn(loop, 0);
    assert_string_equal(trace, "a123c");
    loop_turn(loop, 0);
    assert_string_equal(trace, "a123c");
    loop_free(loop);
}

static void timers_can_be_cancelled(void **state)
{
    struct loop *loop = new_loop();
    trace[0] = '\0';
    struct loop_timer *a = note_at(loop, now.now + 1, "a");
    struct loop_timer *b = note_at(loop, now.now + 2, "b");
    struct loop_timer *c = note_at(loop, now.now + 3, "c");
    assert_non_null(a && b && c ? a : NULL);
    loop_timer_cancel(loop, b);
    loop_timer_cancel(loop, NULL);
    clock_advance(&now, 10);
    loop_turn(loop, 0);
    assert_string_equal(trace, "ac");
    note_at(loop, now.now + 1, "never");
    loop_free(loop);
    assert_string_equal(trace, "ac");
}

#define MANY 500
struct numbered {
    struct loop_timer *timer;
    time_ms at;
    bool cancelled, fired;
};
static time_ms latest;

static void fired(void *argument)
{
    struct numbered *n = argument;
    assert_false(n->fired);
    assert_false(n->cancelled);
    assert_true(n->at >= latest);
    assert_true(n->at <= now.now);
    latest = n->at;
    n->fired = true;
}

// The heap against plain truth: random times, random cancellations, random steps of the clock.
static void heap_keeps_its_order(void **state)
{
    struct loop *loop = new_loop();
    struct rng_seeded seed;
    rng_seed(&seed, 7);
    struct rng rng = rng_from_seeded(&seed);
    static struct numbered timers[MANY];
    latest = 0;
    for (int i = 0; i < MANY; i++) {
        timers[i].at = now.now + (time_ms)rng_below(&rng, 1000);
        timers[i].timer = loop_timer_start(loop, timers[i].at, fired, &timers[i]);
        assert_non_null(timers[i].timer);
    }
    for (int round = 0; round < 200; round++) {
        struct numbered *n = &timers[rng_below(&rng, MANY)];
        if (!n->fired && !n->cancelled) {
            loop_timer_cancel(loop, n->timer);
            n->cancelled = true;
        }
        clock_advance(&now, (int64_t)rng_below(&rng, 8));
        loop_turn(loop, 0);
        for (int i = 0; i < MANY; i++)
            assert_true(timers[i].fired || timers[i].cancelled || timers[i].at > now.now);
    }
    loop_free(loop);
}

struct restarting {
    struct loop *loop;
    int count;
};

static void restart(void *argument)
{
    struct restarting *r = argument;
    r->count++;
    assert_non_null(loop_timer_start(r->loop, 0, restart, r));
}

static void timer_that_restarts_itself_leaves_room(void **state)
{
    struct loop *loop = new_loop();
    struct restarting r = {loop, 0};
    trace[0] = '\0';
    loop_timer_start(loop, now.now, restart, &r);
    note_at(loop, now.now, "other");
    loop_turn(loop, 0);
    assert_int_equal(r.count, 1);
    assert_string_equal(trace, "other");
    loop_turn(loop, 1000); // due at once: doesn't wait
    assert_int_equal(r.count, 2);
    loop_free(loop);
}

static struct loop_timer *victim;

static void cancel_victim(void *argument)
{
    loop_timer_cancel(argument, victim);
}

static void timer_cancels_another_of_the_same_round(void **state)
{
    struct loop *loop = new_loop();
    trace[0] = '\0';
    loop_timer_start(loop, now.now, cancel_victim, loop);
    victim = note_at(loop, now.now, "victim");
    loop_turn(loop, 0);
    assert_string_equal(trace, "");
    loop_free(loop);
}

#define THREADS 4
#define POSTS 500
struct poster {
    struct loop *loop;
    int seen; // touched by the loop's thread only
};
struct posting {
    struct poster *poster;
    int number;
};

static atomic_int total;

static void posted(void *argument)
{
    struct posting *p = argument;
    assert_int_equal(p->number, p->poster->seen);
    p->poster->seen++;
    if (atomic_fetch_add(&total, 1) + 1 == THREADS * POSTS)
        loop_stop(p->poster->loop);
    memory_free(p);
}

static void *post_many(void *argument)
{
    struct poster *poster = argument;
    for (int i = 0; i < POSTS; i++) {
        struct posting *p = memory_alloc(sizeof *p);
        if (!p)
            return NULL;
        *p = (struct posting){poster, i};
        if (!loop_post(poster->loop, posted, p))
            memory_free(p);
    }
    return NULL;
}

static void posts_from_threads_arrive_in_order(void **state)
{
    struct error error;
    struct loop *loop = loop_new(&(struct loop_options){.clock = clock_system()}, &error);
    assert_non_null(loop);
    atomic_store(&total, 0);
    struct poster posters[THREADS];
    pthread_t threads[THREADS];
    for (int i = 0; i < THREADS; i++) {
        posters[i] = (struct poster){.loop = loop};
        assert_int_equal(pthread_create(&threads[i], NULL, post_many, &posters[i]), 0);
    }
    loop_run(loop); // until the last post stops it; a lost wake-up would hang the test
    for (int i = 0; i < THREADS; i++) {
        pthread_join(threads[i], NULL);
        assert_int_equal(posters[i].seen, POSTS);
    }
    loop_free(loop);
}

static void *run(void *argument)
{
    loop_run(argument);
    return NULL;
}

static void stop_from_another_thread(void **state)
{
    struct error error;
    struct loop *loop = loop_new(&(struct loop_options){.clock = clock_system()}, &error);
    assert_non_null(loop);
    loop_stop(loop);
    loop_run(loop); // stopped before: back at once
    pthread_t thread;
    assert_int_equal(pthread_create(&thread, NULL, run, loop), 0);
    loop_stop(loop);
    pthread_join(thread, NULL);
    loop_free(loop);
}

static void free_runs_what_is_posted(void **state)
{
    struct loop *loop = new_loop();
    trace[0] = '\0';
    assert_true(post_note(loop, "x"));
    assert_true(post_note(loop, "y"));
    loop_free(loop);
    assert_string_equal(trace, "xy");
    assert_null(loop_free(NULL));
}

static void lack_of_memory(void **state)
{
    struct error error;
    struct loop *loop = NULL;
    for (uint64_t n = 1; !loop; n++) {
        error_clear(&error);
        memory_fail_at(n, 0);
        loop =
            loop_new(&(struct loop_options){.clock = clock_system(), .ca_file = "/none"}, &error);
        memory_fail_at(0, 0);
        if (!loop)
            assert_int_equal(error.class, ERROR_NO_MEMORY);
        assert_true(n < 10);
    }
    trace[0] = '\0';
    memory_fail_at(1, 0);
    assert_false(post_note(loop, "p"));
    struct loop_timer *timer = NULL;
    for (uint64_t n = 1; !timer; n++) {
        memory_fail_at(n, 0);
        timer = note_at(loop, 0, "t");
        memory_fail_at(0, 0);
        assert_true(n < 10);
    }
    loop_turn(loop, 0);
    assert_string_equal(trace, "t");
    loop_free(loop);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(timers_fire_in_order),
        cmocka_unit_test(timers_can_be_cancelled),
        cmocka_unit_test(heap_keeps_its_order),
        cmocka_unit_test(timer_that_restarts_itself_leaves_room),
        cmocka_unit_test(timer_cancels_another_of_the_same_round),
        cmocka_unit_test(posts_from_threads_arrive_in_order),
        cmocka_unit_test(stop_from_another_thread),
        cmocka_unit_test(free_runs_what_is_posted),
        cmocka_unit_test(lack_of_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
