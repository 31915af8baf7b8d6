// SPDX-License-Identifier: Apache-2.0
//
// zstd for raw mall answers, optionally with a dictionary.
#ifndef JUCHU_BASE_COMPRESS_H
#define JUCHU_BASE_COMPRESS_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/error.h"

struct compressor; // reusable contexts; one thread at a time

// `dictionary` may be absent; it is copied. NULL on lack of memory.
struct compressor *compressor_new(struct str dictionary, int level);
struct compressor *compressor_free(struct compressor *c);
bool compress_bytes(struct compressor *c, struct str plain, struct buf *packed,
                    struct error *error);
// Exactly one frame, at most `bytes_max` bytes of result and what `plain` may hold (a bomb is
// refused: ERROR_NO_MEMORY "compress.too_large"). ERROR_MALFORMED ("compress.malformed").
bool decompress_bytes(struct compressor *c, struct str packed, size_t bytes_max, struct buf *plain,
                      struct error *error);

#define COMPRESS_DICTIONARY_BYTES (32 * 1024)

// The dictionary that a frame was packed with, 0 for none, for a foreign one that doesn't tell, and
// for what is no frame.
uint32_t compress_dictionary_id(struct str packed);
// Learns a dictionary from texts of one kind, which stand one behind the other in `samples`; adds
// it to `out`. Returns its id (never 0), or 0 when nothing can be learned: too few, too alike, or
// no memory (then out->failed may be set). Some tens of milliseconds for a megabyte.
uint32_t compress_train(struct str samples, const size_t *sizes, size_t count, struct buf *out);

#endif
