// SPDX-License-Identifier: Apache-2.0
//
// A recorded conversation with a mall: a connector's operation is driven step by step, each request
// is compared with what is expected, each answer is canned. What the operation tells its sink is
// kept for the test to look at. Allocates nothing by itself, so that it can run inside
// out-of-memory loops.
#ifndef JUCHU_TESTS_CONVERSATION_H
#define JUCHU_TESTS_CONVERSATION_H

#include "mall/mall.h"

#define CONVERSATION_NEEDLES_MAX 8
#define CONVERSATION_BATCHES_MAX 64
#define CONVERSATION_NOTES_MAX 64

struct exchange {
    // Expected. NULL or absent = not looked at.
    const char *operation;
    const char *url;                                  // part of it
    const char *body_is;                              // the whole body
    const char *body_has[CONVERSATION_NEEDLES_MAX];   // parts of it
    const char *body_lacks[CONVERSATION_NEEDLES_MAX]; // must not be there
    bool writes; // the request must be marked as a write, or (false) must not
    // The answer.
    int status;      // 0: none
    bool maybe_sent; // of status 0: HTTP_SENT_MAYBE
    const char *header, *header_value;
    const char *answer; // text of the body
    struct str bytes;   // instead of `answer` when set
    int64_t takes_ms;   // how long it takes
};

struct conversation_note {
    struct str order_no; // points into `order_text`
    char order_text[64];
    struct error error;
};
struct conversation_check {
    const char *item;
    enum check_state state;
    char code[64];
    char note[96];
};

struct conversation {
    const struct exchange *exchanges;
    size_t count, at;
    time_ms now;
    bool lenient; // requests beyond the script end the run quietly (fuzzing, truncation)
    // What the sink was told.
    struct mall_sink sink;
    struct mall_batch *batches[CONVERSATION_BATCHES_MAX];
    size_t batch_count;
    struct conversation_note warnings[CONVERSATION_NOTES_MAX];
    size_t warning_count;
    struct conversation_check checks[CONVERSATION_NOTES_MAX];
    size_t check_count;
    char progress[CONVERSATION_NOTES_MAX][256];
    size_t progress_count;
    char learned_setting[64], learned_value[1024], learned_kind[64], learned_by[32];
    time_ms learned_expires;
    size_t learned_count;
    int64_t waited_ms;
    size_t requests;
};

// Starts at `now`; the sink is ready to be handed to an operation.
void conversation_init(struct conversation *c, const struct exchange *exchanges, size_t count,
                       time_ms now);
// Drives the operation to its end and frees it. True for done; false for failed, with its error.
// Fails the test when a request differs from the script, or when exchanges are left over after
// done.
bool conversation_run(struct conversation *c, struct mall_op *op, struct error *error);
void conversation_free(struct conversation *c);

// Over all batches.
size_t conversation_orders(const struct conversation *c);
size_t conversation_listings(const struct conversation *c);
size_t conversation_windows(const struct conversation *c);
size_t conversation_missing(const struct conversation *c);
size_t conversation_bad(const struct conversation *c);
const struct mall_order *conversation_order(const struct conversation *c, size_t index);
// NULL when there is none of that number.
const struct mall_order *conversation_order_no(const struct conversation *c, const char *order_no);
const struct mall_listing *conversation_listing(const struct conversation *c, const char *order_no);
const struct conversation_check *conversation_check(const struct conversation *c, const char *item);

#define CONVERSATION(c, script, time) \
    conversation_init((c), (script), sizeof(script) / sizeof(script)[0], (time))

#endif
