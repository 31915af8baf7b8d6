// SPDX-License-Identifier: Apache-2.0
//
// What every connector's operation is made of. For connectors only.
#ifndef JUCHU_MALL_OP_H
#define JUCHU_MALL_OP_H

#include "mall/mall.h"

struct mall_op {
    void (*next)(struct mall_op *op, time_ms now, struct mall_action *action);
    void (*feed)(struct mall_op *op, time_ms now, const struct http_response *response);
    const struct mall *mall;
    struct mall_account account; // deep copy in `arena`
    const struct mall_sink *sink;
    struct arena *arena; // lives as long as the operation; the op itself is allocated in it
    bool failed, done;
    bool accepted;  // the mall works on it: ends as MALL_ACCEPTED
    time_ms ask_at; // then: when to ask how it went
    struct error error;
};

// An operation of `size` bytes (its first member is struct mall_op) with the account copied.
void *mall_op_new(size_t size, const struct mall *mall, const struct mall_account *account,
                  const struct mall_sink *sink, struct error *error);
// Marks the operation failed with its own error.
void mall_op_fail(struct mall_op *op, const struct error *error);
// A batch with an arena of its own (bytes_max), all counts zero, expected_total -1. NULL on lack of
// memory.
struct mall_batch *mall_batch_new(size_t bytes_max);
struct mall_batch *mall_batch_free(struct mall_batch *batch);
// Hands the batch to the sink (which frees it); on failure marks the op failed.
bool mall_op_emit(struct mall_op *op, struct mall_batch *batch);
// ERROR_NETWORK, ERROR_MAINTENANCE, ERROR_RATE_LIMITED … from a status alone (5xx, 429, 0) and
// ERROR_MALFORMED for an HTML page; false (no error) when the mall's own body has to decide.
bool mall_response_failed(const struct http_response *response, time_ms now, struct error *error);

#endif
