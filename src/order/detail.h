// SPDX-License-Identifier: Apache-2.0
//
// Inside of order/: what has no column of its own, as JSON. Members are named like the fields of
// order.h; unset ones are left out. Reading ignores members it doesn't know (a newer program wrote
// them) and leaves missing ones unset.
#ifndef JUCHU_ORDER_DETAIL_H
#define JUCHU_ORDER_DETAIL_H

#include "base/buf.h"
#include "base/json.h"
#include "order/fields.h"

// Appends {"…":…} with the fields without column and the children without table of one record.
void detail_write(struct buf *out, const struct record *r, const void *record);
// Fills the fields found in `text` (STR_ABSENT or "" sets nothing). ERROR_STORAGE when it can't be
// read.
bool detail_read(struct arena *arena, struct str text, const struct record *r, void *record,
                 struct error *error);
// One field's value as JSON, for the history.
void detail_write_value(struct buf *out, const struct field *f, const void *record);
// All fields and children of a record but for local ids.
void detail_write_whole(struct buf *out, const struct record *r, const void *record);

#endif
