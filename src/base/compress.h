// SPDX-License-Identifier: Apache-2.0
//
// zstd for raw mall answers, optionally with a dictionary.
#ifndef JUCHU_BASE_COMPRESS_H
#define JUCHU_BASE_COMPRESS_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/error.h"

struct compressor; // reusable contexts; one thread at a time

// `dictionary` may be absent; borrowed for the call. NULL on lack of memory.
struct compressor *compressor_new(struct str dictionary, int level);
struct compressor *compressor_free(struct compressor *c);
bool compress_bytes(struct compressor *c, struct str plain, struct buf *packed,
                    struct error *error);
// Exactly one frame, at most `bytes_max` bytes of result and what `plain` may hold (a bomb is
// refused: ERROR_NO_MEMORY "compress.too_large"). ERROR_MALFORMED ("compress.malformed").
bool decompress_bytes(struct compressor *c, struct str packed, size_t bytes_max, struct buf *plain,
                      struct error *error);

#endif
