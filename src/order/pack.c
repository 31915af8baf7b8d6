// SPDX-License-Identifier: Apache-2.0
//
// Packing with learned dictionaries. Every packed frame names the dictionary that it needs (zstd's
// own id, which is the key in raw_dictionary), so a new dictionary can come at any time; none is
// ever changed or deleted. One thread, one connection.
#include "order/pack.h"

#include "db/db.h"

#define LEVEL 1
#define DICTIONARY_BYTES_MAX (1u << 20)
#define PLAIN_BYTES_MAX (64u << 20)

void packer_init(struct packer *p, struct db_conn *conn, row_id org_id)
{
    *p = (struct packer){.conn = conn, .org_id = org_id};
}

void packer_free(struct packer *p)
{
    p->compressor = compressor_free(p->compressor);
}

static bool take_dictionary(struct packer *p, row_id id, struct str bytes, struct error *error)
{
    compressor_free(p->compressor);
    p->compressor = compressor_new(bytes, LEVEL);
    p->dictionary = id;
    return p->compressor || error_no_memory(error);
}

bool packer_use(struct packer *p, struct str mall, struct error *error)
{
    if (p->looked && str_eq(p->mall, mall))
        return true;
    struct db_stmt *s = db_prepare(p->conn,
                                   "SELECT id, bytes FROM raw_dictionary WHERE org_id = $1 AND "
                                   "mall = $2 ORDER BY created_at DESC, id LIMIT 1",
                                   error);
    if (!s)
        return false;
    db_bind_int(s, 1, p->org_id);
    db_bind_text(s, 2, mall);
    enum db_step step = db_step(s, error);
    if (step == DB_STEP_ERROR)
        return false;
    row_id id = step == DB_STEP_ROW ? db_int(s, 0) : 0;
    bool taken = take_dictionary(p, id, id ? db_blob(s, 1) : STR_ABSENT, error);
    db_reset(s);
    p->mall = mall;
    p->looked = taken;
    return taken;
}

bool packer_learn(struct packer *p, struct str samples, const size_t *sizes, size_t count,
                  time_ms now, struct error *error)
{
    AUTO_BUF bytes = buf_make(DICTIONARY_BYTES_MAX);
    uint32_t id = compress_train(samples, sizes, count, &bytes);
    if (bytes.failed)
        return error_no_memory(error);
    if (id == 0)
        return true;
    // Two nodes that learn from the same orders at once learn the same.
    struct db_stmt *s =
        db_prepare(p->conn,
                   "INSERT INTO raw_dictionary (org_id, id, mall, created_at, bytes) VALUES ($1, "
                   "$2, $3, $4, $5) ON CONFLICT (org_id, id) DO NOTHING",
                   error);
    if (!s)
        return false;
    db_bind_int(s, 1, p->org_id);
    db_bind_int(s, 2, id);
    db_bind_text(s, 3, p->mall);
    db_bind_int(s, 4, now);
    db_bind_blob(s, 5, buf_str(&bytes));
    return db_run(s, error) && take_dictionary(p, id, buf_str(&bytes), error);
}

bool packer_pack(struct packer *p, struct str plain, struct buf *packed, struct error *error)
{
    if (!p->compressor && !take_dictionary(p, 0, STR_ABSENT, error))
        return false;
    return compress_bytes(p->compressor, plain, packed, error);
}

bool packer_pack_detail(struct packer *p, struct str json, struct buf *packed, struct error *error)
{
    if (p->dictionary)
        return packer_pack(p, json, packed, error);
    buf_add(packed, json);
    return !packed->failed || error_no_memory(error);
}

void unpacker_init(struct unpacker *u, struct db_conn *conn, row_id org_id)
{
    *u = (struct unpacker){.conn = conn, .org_id = org_id};
}

void unpacker_free(struct unpacker *u)
{
    u->compressor = compressor_free(u->compressor);
}

static bool load(struct unpacker *u, row_id dictionary, struct error *error)
{
    u->compressor = compressor_free(u->compressor);
    u->dictionary = dictionary;
    if (!dictionary) {
        u->compressor = compressor_new(STR_ABSENT, LEVEL);
        return u->compressor || error_no_memory(error);
    }
    struct db_stmt *s = db_prepare(
        u->conn, "SELECT bytes FROM raw_dictionary WHERE org_id = $1 AND id = $2", error);
    if (!s)
        return false;
    db_bind_int(s, 1, u->org_id);
    db_bind_int(s, 2, dictionary);
    enum db_step step = db_step(s, error);
    if (step == DB_STEP_ERROR)
        return false;
    if (step == DB_STEP_DONE)
        return error_set(error, ERROR_STORAGE, "order.dictionary_missing",
                         "圧縮辞書が見つかりません。", "A compression dictionary is missing.");
    u->compressor = compressor_new(db_blob(s, 0), LEVEL);
    db_reset(s);
    return u->compressor || error_no_memory(error);
}

bool unpack(struct unpacker *u, struct str packed, struct buf *plain, struct error *error)
{
    row_id dictionary = compress_dictionary_id(packed);
    if ((!u->compressor || u->dictionary != dictionary) && !load(u, dictionary, error))
        return false;
    return decompress_bytes(u->compressor, packed, PLAIN_BYTES_MAX, plain, error);
}

bool unpack_detail(struct unpacker *u, struct str stored, struct buf *plain, struct str *json,
                   struct error *error)
{
    *json = stored;
    // A frame begins with zstd's magic number, JSON with a brace.
    if (stored.n == 0 || stored.p[0] == '{')
        return true;
    buf_reset(plain);
    if (!unpack(u, stored, plain, error)) {
        if (error->class != ERROR_MALFORMED)
            return false;
        return error_set(error, ERROR_STORAGE, "order.detail_unreadable",
                         "保存された注文の詳細が壊れています。",
                         "The stored detail of an order is damaged.");
    }
    *json = buf_str(plain);
    return true;
}
