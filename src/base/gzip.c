// SPDX-License-Identifier: Apache-2.0
//
// gzip by zlib. Foreign bytes: the result is bounded, a file that ends too early is an error.
// Thread-safe; nothing is kept between calls.
#include "base/gzip.h"

#include "base/memory.h"

#include <limits.h>
#define ZLIB_CONST
#include <zlib.h>

#define GZIP_WINDOW (15 + 16) // largest window, with gzip's own header
#define PIECE_BYTES 65536
#define LEVEL 6
#define MEMORY_LEVEL 8

static void *zlib_alloc(void *context, unsigned count, unsigned size)
{
    (void)context;
    return memory_zalloc(count, size);
}

static void zlib_free(void *context, void *p)
{
    (void)context;
    memory_free(p);
}

static bool malformed(struct error *error)
{
    return error_set(error, ERROR_MALFORMED, "gzip.malformed",
                     "圧縮されたデータ(gzip)を展開できません。",
                     "The packed data (gzip) can't be unpacked.");
}

static bool unpack_all(z_stream *z, size_t bytes_max, struct buf *plain, struct error *error)
{
    for (size_t total = 0;;) {
        char *room = buf_reserve(plain, PIECE_BYTES);
        if (!room)
            return error_no_memory(error);
        z->next_out = (Bytef *)room;
        z->avail_out = PIECE_BYTES;
        int result = inflate(z, Z_NO_FLUSH);
        size_t got = PIECE_BYTES - z->avail_out;
        buf_commit(plain, got);
        total += got;
        if (total > bytes_max)
            return error_set(error, ERROR_NO_MEMORY, "gzip.too_large",
                             "展開したデータが大きすぎます。", "The unpacked data is too large.");
        if (result == Z_STREAM_END && z->avail_in == 0)
            return true;
        if (result == Z_STREAM_END)
            result = inflateReset(z);
        if (result == Z_MEM_ERROR)
            return error_no_memory(error);
        if (result != Z_OK)
            return malformed(error);
    }
}

bool gzip_unpack(struct str packed, size_t bytes_max, struct buf *plain, struct error *error)
{
    z_stream z = {.zalloc = zlib_alloc, .zfree = zlib_free};
    if (packed.n == 0 || packed.n > UINT_MAX)
        return malformed(error);
    z.next_in = (const Bytef *)packed.p;
    z.avail_in = (unsigned)packed.n;
    if (inflateInit2(&z, GZIP_WINDOW) != Z_OK)
        return error_no_memory(error);
    bool unpacked = unpack_all(&z, bytes_max, plain, error);
    inflateEnd(&z);
    return unpacked;
}

bool gzip_pack(struct str plain, struct buf *packed, struct error *error)
{
    z_stream z = {.zalloc = zlib_alloc, .zfree = zlib_free};
    if (plain.n > UINT_MAX ||
        deflateInit2(&z, LEVEL, Z_DEFLATED, GZIP_WINDOW, MEMORY_LEVEL, Z_DEFAULT_STRATEGY) != Z_OK)
        return error_no_memory(error);
    size_t bound = deflateBound(&z, plain.n);
    char *room = buf_reserve(packed, bound);
    bool done = false;
    if (room) {
        z.next_in = (const Bytef *)plain.p;
        z.avail_in = (unsigned)plain.n;
        z.next_out = (Bytef *)room;
        z.avail_out = (unsigned)bound;
        done = deflate(&z, Z_FINISH) == Z_STREAM_END;
        if (done)
            buf_commit(packed, z.total_out);
    }
    deflateEnd(&z);
    return done || error_no_memory(error);
}
