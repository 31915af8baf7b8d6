// SPDX-License-Identifier: Apache-2.0
//
// What the operations on settings share.
#ifndef JUCHU_API_SETTINGS_H
#define JUCHU_API_SETTINGS_H

#include "api/input.h"
#include "api/views.h"
#include "sync/settings.h"

// The WhatIf object, as the next value of r->w.
void what_if_json(struct request *r, const struct what_if *w);
// The revision of If-Match, 0 without one; false after 422.
bool seen_revision(struct request *r, int64_t *seen);
// As request_write(), an outdated revision answered as 412 `conflict`.
bool settings_write(struct request *r, db_write_fn fn, void *context);
// Adds the ETag. Call it behind reply_json().
bool settings_etag(struct request *r, struct db_conn *conn, enum settings_part part, row_id id,
                   struct error *error);

#endif
