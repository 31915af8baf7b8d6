// SPDX-License-Identifier: Apache-2.0
//
// Kept verdicts: each with the evidence that it stands on, so that it can be replayed and compared
// with the one after the fix.
#include "diagnosis/ask.h"

#define VERDICT_BYTES_MAX (8u << 20)

bool diagnosis_store(struct db_conn *conn, const struct order_context *context, struct str evidence,
                     const struct verdict *verdict, struct str subject, row_id *id,
                     struct error *error)
{
    AUTO_ARENA arena = arena_new(1u << 20);
    AUTO_BUF out = buf_make(VERDICT_BYTES_MAX);
    struct json_writer w = json_writer_make(&out);
    struct str ja, en;
    if (!arena)
        return error_no_memory(error);
    verdict_text(verdict, arena, &ja, &en);
    json_begin_object(&w);
    json_put_str(&w, "headline",
                 verdict->headline < verdict->count
                     ? str_from(verdict->lines[verdict->headline].rule->id)
                     : STR(""));
    json_put_str(&w, "text_ja", ja);
    json_put_str(&w, "text_en", en);
    json_key(&w, "evidence");
    json_write_raw(&w, evidence);
    json_end_object(&w);
    if (out.failed || arena_failed(arena))
        return error_no_memory(error);
    struct db_stmt *s = db_prepare(conn,
                                   "INSERT INTO diagnosis (org_id, id, at, question, subject, "
                                   "verdict_json) VALUES ($1, $2, $3, $4, $5, $6)",
                                   error);
    if (!s)
        return false;
    *id = id_next(context->ids, context->now);
    db_bind_int(s, 1, context->org_id);
    db_bind_int(s, 2, *id);
    db_bind_int(s, 3, verdict->at);
    db_bind_text(s, 4, str_from(question_name(verdict->question)));
    db_bind_text(s, 5, subject.p ? subject : STR(""));
    db_bind_text(s, 6, buf_str(&out));
    return db_run(s, error);
}

static struct str copy_or_empty(struct arena *arena, struct str text)
{
    return text.p ? str_dup(arena, text) : STR("");
}

static bool take(struct db_stmt *s, struct arena *arena, bool whole, struct kept_diagnosis *kept,
                 struct error *error)
{
    struct json root;
    AUTO_ARENA scratch = arena_new(32u << 20);
    if (!scratch)
        return error_no_memory(error);
    kept->id = db_int(s, 0);
    kept->at = db_int(s, 1);
    kept->question = copy_or_empty(arena, db_text(s, 2));
    kept->subject = copy_or_empty(arena, db_text(s, 3));
    kept->evidence = STR_ABSENT;
    struct str stored = db_text(s, 4);
    if (!json_parse(scratch, stored, false, &root, error))
        return false;
    kept->headline = copy_or_empty(arena, json_str(json_get(root, "headline")));
    kept->text_ja = copy_or_empty(arena, json_str(json_get(root, "text_ja")));
    kept->text_en = copy_or_empty(arena, json_str(json_get(root, "text_en")));
    // The evidence is the last member.
    ptrdiff_t at = whole ? str_find(stored, STR(",\"evidence\":")) : -1;
    if (at >= 0)
        kept->evidence = str_dup(arena, str_slice(stored, (size_t)at + 12, stored.n - 1));
    return !arena_failed(arena) || error_no_memory(error);
}

bool diagnosis_read(struct db_conn *conn, row_id org_id, row_id id, struct arena *arena,
                    struct kept_diagnosis *kept, struct error *error)
{
    struct db_stmt *s = db_prepare(conn,
                                   "SELECT id, at, question, subject, verdict_json FROM diagnosis "
                                   "WHERE org_id = $1 AND id = $2",
                                   error);
    if (!s)
        return false;
    db_bind_int(s, 1, org_id);
    db_bind_int(s, 2, id);
    enum db_step step = db_step(s, error);
    if (step == DB_STEP_DONE)
        return error_set(error, ERROR_NOT_FOUND, "diagnosis.not_found", "この診断はありません。",
                         "there is no such diagnosis");
    if (step == DB_STEP_ERROR)
        return false;
    bool taken = take(s, arena, true, kept, error);
    db_reset(s);
    return taken;
}

bool diagnosis_list(struct db_conn *conn, row_id org_id, row_id before, int limit,
                    struct arena *arena, struct kept_diagnosis **list, size_t *count,
                    struct error *error)
{
    struct db_stmt *s = db_prepare(conn,
                                   "SELECT id, at, question, subject, verdict_json FROM diagnosis "
                                   "WHERE org_id = $1 AND ($2::bigint = 0 OR id < $2) ORDER BY id "
                                   "DESC LIMIT $3",
                                   error);
    *count = 0;
    *list = ARENA_ARRAY(arena, struct kept_diagnosis, limit > 0 ? (size_t)limit : 1);
    if (!s)
        return false;
    if (!*list)
        return error_no_memory(error);
    db_bind_int(s, 1, org_id);
    db_bind_int(s, 2, before);
    db_bind_int(s, 3, limit);
    enum db_step step;
    while ((step = db_step(s, error)) == DB_STEP_ROW && *count < (size_t)limit)
        if (!take(s, arena, false, &(*list)[(*count)++], error)) {
            db_reset(s);
            return false;
        }
    return step != DB_STEP_ERROR;
}
