// SPDX-License-Identifier: Apache-2.0
//
// What the two rooms of the loop share: loop.c (rounds, timers, posted work) and loop_http.c
// (requests and their queues). Not for anybody else.
#ifndef JUCHU_NET_LOOP_INTERNAL_H
#define JUCHU_NET_LOOP_INTERNAL_H

#include "net/loop.h"

#include <curl/curl.h>
#include <pthread.h>
#include <stdatomic.h>

#define LOOP_HOST_BUCKETS 256
#define LOOP_IDLE_HANDLES_MAX 64

struct post {
    struct post *next;
    void (*fn)(void *argument);
    void *argument;
};

struct exchange_list {
    struct http_exchange *head, *tail;
};

// Requests to one scheme://host:port. Lives while it has requests.
struct loop_host {
    struct loop_host *next_in_bucket;
    struct exchange_list waiting;
    int active;
    bool in_ring; // waits for its turn among the hosts that could start a request
    struct loop_host *next_in_ring;
    size_t key_length;
    char key[];
};

struct loop {
    struct clock clock;
    CURLM *multi;
    char *ca_file;
    bool closing;
    atomic_bool stop;

    pthread_mutex_t post_lock; // guards the four below
    struct post *posted_head, *posted_tail;
    bool posts_refused;

    struct loop_timer **heap; // binary heap by (at, sequence)
    size_t timer_count, timer_capacity;
    uint64_t timer_sequence;
    time_ms firing; // while timers are fired: up to which time; else TIME_NONE

    struct loop_host *hosts[LOOP_HOST_BUCKETS];
    struct loop_host *ring_head, *ring_tail;
    struct exchange_list running; // given to libcurl
    struct exchange_list failed;  // could not even start; done is called in the next round
    int active, connections_max, connections_per_host;
    CURL *idle[LOOP_IDLE_HANDLES_MAX];
    size_t idle_count;
};

// Lets libcurl work and ends what is finished.
void loop_http_progress(struct loop *loop);
// True when there is an end to announce without waiting.
bool loop_http_is_due(const struct loop *loop);
// Ends every request as cancelled and frees the handles.
void loop_http_close(struct loop *loop);

#endif
