// SPDX-License-Identifier: Apache-2.0
//
// zstd with reused contexts and an optional dictionary.
//
// Invariants: a compressor holds at most one context for each direction, made at its first use;
// dictionaries are digested once. One thread at a time.
#include "base/compress.h"

#include "base/memory.h"

#include <zdict.h>
#include <zstd.h>

#define WINDOW_LOG_MAX 24 // a foreign frame may not ask for more than 16 MiB of window

struct compressor {
    struct str dictionary; // a copy
    int level;
    ZSTD_CCtx *packing;
    ZSTD_DCtx *unpacking;
    ZSTD_CDict *packing_dictionary;
    ZSTD_DDict *unpacking_dictionary;
};

struct compressor *compressor_new(struct str dictionary, int level)
{
    struct compressor *c = memory_zalloc(1, sizeof *c + dictionary.n);
    if (!c)
        return NULL;
    if (dictionary.n)
        memcpy(c + 1, dictionary.p, dictionary.n);
    c->dictionary = str_make((const char *)(c + 1), dictionary.n);
    c->level = level;
    return c;
}

static bool prepare_packing(struct compressor *c)
{
    if (c->packing)
        return true;
    if (c->dictionary.n && !c->packing_dictionary)
        c->packing_dictionary = ZSTD_createCDict(c->dictionary.p, c->dictionary.n, c->level);
    if (c->dictionary.n && !c->packing_dictionary)
        return false;
    c->packing = ZSTD_createCCtx();
    if (!c->packing)
        return false;
    ZSTD_CCtx_setParameter(c->packing, ZSTD_c_compressionLevel, c->level);
    ZSTD_CCtx_setParameter(c->packing, ZSTD_c_checksumFlag, 1);
    return !c->packing_dictionary ||
           !ZSTD_isError(ZSTD_CCtx_refCDict(c->packing, c->packing_dictionary));
}

static bool prepare_unpacking(struct compressor *c)
{
    if (c->unpacking)
        return true;
    if (c->dictionary.n && !c->unpacking_dictionary)
        c->unpacking_dictionary = ZSTD_createDDict(c->dictionary.p, c->dictionary.n);
    if (c->dictionary.n && !c->unpacking_dictionary)
        return false;
    c->unpacking = ZSTD_createDCtx();
    if (!c->unpacking)
        return false;
    ZSTD_DCtx_setParameter(c->unpacking, ZSTD_d_windowLogMax, WINDOW_LOG_MAX);
    return !c->unpacking_dictionary ||
           !ZSTD_isError(ZSTD_DCtx_refDDict(c->unpacking, c->unpacking_dictionary));
}

struct compressor *compressor_free(struct compressor *c)
{
    if (!c)
        return NULL;
    ZSTD_freeCCtx(c->packing);
    ZSTD_freeDCtx(c->unpacking);
    ZSTD_freeCDict(c->packing_dictionary);
    ZSTD_freeDDict(c->unpacking_dictionary);
    memory_free(c);
    return NULL;
}

bool compress_bytes(struct compressor *c, struct str plain, struct buf *packed, struct error *error)
{
    size_t bound = ZSTD_compressBound(plain.n);
    char *room = prepare_packing(c) ? buf_reserve(packed, bound) : NULL;
    if (!room)
        return error_no_memory(error);
    size_t n = ZSTD_compress2(c->packing, room, bound, plain.p ? plain.p : "", plain.n);
    if (ZSTD_isError(n))
        return error_set(error, ERROR_INTERNAL, "compress.failed", "データを圧縮できません（%s）",
                         "Data can't be compressed (%s)", ZSTD_getErrorName(n));
    buf_commit(packed, n);
    return true;
}

static bool malformed(struct error *error, const char *reason)
{
    return error_set(error, ERROR_MALFORMED, "compress.malformed",
                     "圧縮されたデータが壊れています（%s）", "The compressed data is damaged (%s)",
                     reason);
}

static bool too_large(struct error *error, size_t limit)
{
    return error_set(error, ERROR_NO_MEMORY, "compress.too_large",
                     "展開後のデータが大きすぎます（上限%zuバイト）",
                     "The decompressed data is too large (limit %zu bytes)", limit);
}

// The result grows by what the stream really yields: a header may claim any size.
bool decompress_bytes(struct compressor *c, struct str packed, size_t bytes_max, struct buf *plain,
                      struct error *error)
{
    ZSTD_inBuffer in = {packed.p ? packed.p : "", packed.n, 0};
    size_t allowed = plain->max - plain->n, left = 1;
    if (allowed > bytes_max)
        allowed = bytes_max;
    size_t limit = allowed;
    if (!prepare_unpacking(c))
        return error_no_memory(error);
    ZSTD_DCtx_reset(c->unpacking, ZSTD_reset_session_only);
    while (left != 0) {
        char beyond = 0; // when nothing more is allowed: is there more?
        size_t piece = allowed < ZSTD_DStreamOutSize() ? allowed : ZSTD_DStreamOutSize();
        char *room = piece ? buf_reserve(plain, piece) : &beyond;
        if (!room)
            return error_no_memory(error);
        ZSTD_outBuffer out = {room, piece ? piece : 1, 0};
        size_t before = in.pos;
        left = ZSTD_decompressStream(c->unpacking, &out, &in);
        if (ZSTD_isError(left))
            return malformed(error, ZSTD_getErrorName(left));
        if (piece == 0 && out.pos)
            return too_large(error, limit);
        if (piece)
            buf_commit(plain, out.pos);
        allowed -= out.pos;
        if (left != 0 && in.pos == before && out.pos == 0)
            return malformed(error, "truncated");
    }
    if (in.pos != in.size)
        return malformed(error, "trailing bytes");
    return true;
}

uint32_t compress_dictionary_id(struct str packed)
{
    return packed.p ? ZSTD_getDictID_fromFrame(packed.p, packed.n) : 0;
}

uint32_t compress_train(struct str samples, const size_t *sizes, size_t count, struct buf *out)
{
    char *room = buf_reserve(out, COMPRESS_DICTIONARY_BYTES);
    if (!room)
        return 0;
    size_t n =
        ZDICT_trainFromBuffer(room, COMPRESS_DICTIONARY_BYTES, samples.p, sizes, (unsigned)count);
    if (ZDICT_isError(n))
        return 0;
    buf_commit(out, n);
    return ZDICT_getDictID(room, n);
}
