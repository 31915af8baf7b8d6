// SPDX-License-Identifier: Apache-2.0
//
// Inside of order/: stored bytes made small. The answers and details of one mall's orders are much
// alike, so a dictionary learned from some hundred of them (table raw_dictionary, per company and
// mall) leaves a tenth of their size where zstd alone leaves half.
#ifndef JUCHU_ORDER_PACK_H
#define JUCHU_ORDER_PACK_H

#include "base/compress.h"
#include "order/order.h"

struct db_conn;

// Packs for one company within one transaction.
struct packer {
    struct db_conn *conn;
    row_id org_id;
    struct str mall;   // whose dictionary is loaded; borrowed
    row_id dictionary; // its id, 0 = none yet
    bool looked;
    struct compressor *compressor;
};

void packer_init(struct packer *p, struct db_conn *conn, row_id org_id);
void packer_free(struct packer *p);
// Loads the newest dictionary of that mall, if there is one; p->dictionary tells.
bool packer_use(struct packer *p, struct str mall, struct error *error);
// Learns from `samples` (compress_train()) and stores the dictionary for this mall from now on.
// Nothing changes when there is nothing to learn.
bool packer_learn(struct packer *p, struct str samples, const size_t *sizes, size_t count,
                  time_ms now, struct error *error);
// Appends. With the mall's dictionary, where there is one.
bool packer_pack(struct packer *p, struct str plain, struct buf *packed, struct error *error);
// A detail (order/detail.h): as it is while there is no dictionary.
bool packer_pack_detail(struct packer *p, struct str json, struct buf *packed, struct error *error);

// Unpacks what was packed for one company; keeps the dictionary used last.
struct unpacker {
    struct db_conn *conn;
    row_id org_id, dictionary;
    struct compressor *compressor;
};

void unpacker_init(struct unpacker *u, struct db_conn *conn, row_id org_id);
void unpacker_free(struct unpacker *u);
// Appends to `plain`. ERROR_STORAGE "order.dictionary_missing"; errors of decompress_bytes().
bool unpack(struct unpacker *u, struct str packed, struct buf *plain, struct error *error);
// The JSON of a detail: `stored` itself, or unpacked into `plain`.
bool unpack_detail(struct unpacker *u, struct str stored, struct buf *plain, struct str *json,
                   struct error *error);

#endif
