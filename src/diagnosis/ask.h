// SPDX-License-Identifier: Apache-2.0
//
// A person's question from beginning to end: gather, judge, ask the mall where that can decide,
// judge again, keep. And the kept verdicts.
#ifndef JUCHU_DIAGNOSIS_ASK_H
#define JUCHU_DIAGNOSIS_ASK_H

#include "diagnosis/evidence.h"
#include "order/context.h"
#include "sync/sync.h"

struct diagnosis_asker {
    struct db *db;
    const struct crypto_key *key; // NULL: no check before sending
    struct sync *sync;            // NULL: the mall isn't asked, and what needs it stays unknown
    // Turns the loop once while waiting (command line); NULL: another thread turns it.
    void (*turn)(void *context);
    void *turn_context;
    struct clock clock;
    const struct order_context *context; // who asks
    bool local_only;                     // the quick first answer of a なぜ？ button
    int64_t patience_ms;                 // for the mall's answer; 0 = 20 s
};
// The evidence is left in `evidence`; the verdict's texts live in `arena`. The verdict is stored
// unless local_only; *id is its number, else 0. A mall that doesn't answer isn't an error: the
// checks that needed it are unknown. Blocks.
bool diagnosis_ask(const struct diagnosis_asker *asker, const struct diagnosis_question *question,
                   struct arena *arena, struct buf *evidence, struct verdict *verdict, row_id *id,
                   struct error *error);

struct kept_diagnosis {
    row_id id;
    time_ms at;
    struct str question, subject, headline; // headline: the rule's id, "" none
    struct str text_ja, text_en;
    struct str evidence; // only from diagnosis_read
};
bool diagnosis_store(struct db_conn *conn, const struct order_context *context, struct str evidence,
                     const struct verdict *verdict, struct str subject, row_id *id,
                     struct error *error);
// ERROR_NOT_FOUND. Judging its evidence again replays the verdict.
bool diagnosis_read(struct db_conn *conn, row_id org_id, row_id id, struct arena *arena,
                    struct kept_diagnosis *kept, struct error *error);
// Newest first; `before` 0 = from the newest.
bool diagnosis_list(struct db_conn *conn, row_id org_id, row_id before, int limit,
                    struct arena *arena, struct kept_diagnosis **list, size_t *count,
                    struct error *error);

#endif
