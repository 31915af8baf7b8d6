// SPDX-License-Identifier: Apache-2.0
//
// What every fuzz target has: the entry that libFuzzer and replay.c call, and a check that ends the
// run where an invariant is broken.
#ifndef JUCHU_FUZZ_FUZZ_H
#define JUCHU_FUZZ_FUZZ_H

#include "base/str.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static inline void require(bool holds)
{
    if (!holds)
        abort();
}

// The input as text; never absent.
static inline struct str fuzz_text(const uint8_t *data, size_t size)
{
    return size ? str_make((const char *)data, size) : STR("");
}

#endif
