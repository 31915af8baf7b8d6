// SPDX-License-Identifier: Apache-2.0
//
// Inside of order/: errors that are kept with a row (quarantine, write-back), as JSON.
#ifndef JUCHU_ORDER_ERROR_TEXT_H
#define JUCHU_ORDER_ERROR_TEXT_H

#include "base/buf.h"
#include "base/error.h"

// Appends {"class":…,"code":…,…}.
void error_text_write(struct buf *out, const struct error *e);
// Absent or unreadable text gives class NONE.
void error_text_read(struct arena *arena, struct str json, struct error *e);

#endif
