// SPDX-License-Identifier: Apache-2.0
//
// gzip (RFC 1952), for documents that a mall packs. What Juchu stores itself is zstd (compress.h).
#ifndef JUCHU_BASE_GZIP_H
#define JUCHU_BASE_GZIP_H

#include "base/buf.h"
#include "base/error.h"

// Appends the content of a gzip file (one or several members). At most `bytes_max` bytes come out
// (a bomb is refused: ERROR_NO_MEMORY "gzip.too_large"). ERROR_MALFORMED ("gzip.malformed") when it
// is no gzip, broken, or cut off.
bool gzip_unpack(struct str packed, size_t bytes_max, struct buf *plain, struct error *error);
// Appends `plain` as one gzip member without name and time.
bool gzip_pack(struct str plain, struct buf *packed, struct error *error);

#endif
