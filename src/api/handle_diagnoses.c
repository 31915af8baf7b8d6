// SPDX-License-Identifier: Apache-2.0
//
// Questions to the diagnosis and its kept verdicts. A kept verdict is judged again from its
// evidence each time it is read, so that it always speaks the present words.
#include "api/handlers.h"
#include "api/input.h"

#include "diagnosis/ask.h"

#define EVIDENCE_BYTES_MAX (32u << 20)
#define LIST_MAX 100

// verdict_to_json() writes one object; the id goes in front of its members.
static void reply_verdict(struct request *r, int status, const struct verdict *v, row_id id,
                          struct str evidence)
{
    AUTO_BUF out = buf_make(EVIDENCE_BYTES_MAX);
    struct json_writer inner = json_writer_make(&out);
    struct error error;
    verdict_to_json(v, &inner);
    if (out.failed) {
        error_no_memory(&error);
        reply_error(r, &error);
        return;
    }
    struct json_writer *w = reply_json(r, status);
    json_begin_object(w);
    json_put_id(w, "id", id);
    json_key(w, "verdict");
    json_write_raw(w, buf_str(&out));
    if (evidence.p) {
        json_key(w, "evidence");
        json_write_raw(w, evidence);
    }
    json_end_object(w);
}

void handle_diagnosis_ask(struct request *r)
{
    struct input in;
    struct error error;
    struct verdict verdict;
    row_id id = 0, shop_id = 0;
    bool local = false;
    if (!input_begin(r, &in))
        return;
    struct str name = input_text(&in, "question", 1, 20, true);
    struct str order_no = input_text(&in, "order_no", 0, 100, false);
    input_id(&in, "shop", false, &shop_id);
    input_flag(&in, "local", &local);
    int question = question_from_name(name);
    if (!question)
        input_bad(&in, STR("question"), "unknown", "この質問はありません。",
                  "there is no such question");
    bool about_shop = question == QUESTION_SHOP || question == QUESTION_REFLECT;
    if (question && about_shop && !shop_id)
        input_bad(&in, STR("shop"), "required", "店舗を指定してください。", "name the shop");
    if (question && !about_shop && str_trim(order_no).n == 0)
        input_bad(&in, STR("order_no"), "required", "受注番号を入力してください。",
                  "give an order number");
    if (!input_done(&in))
        return;
    struct diagnosis_asker asker = {.db = r->api->o.db,
                                    .key = r->api->o.key,
                                    .sync = r->api->o.sync,
                                    .clock = r->api->o.clock,
                                    .context = &r->by,
                                    .local_only = local};
    struct diagnosis_question q = {.question = (enum question)question,
                                   .org_id = r->org_id,
                                   .shop_id = shop_id,
                                   .order_no = order_no.p ? order_no : STR("")};
    AUTO_BUF evidence = buf_make(EVIDENCE_BYTES_MAX);
    request_release(r); // the mall may take a while
    if (!diagnosis_ask(&asker, &q, r->arena, &evidence, &verdict, &id, &error))
        reply_error(r, &error);
    else
        reply_verdict(r, 200, &verdict, id, STR_ABSENT);
}

void handle_diagnosis(struct request *r)
{
    struct error error;
    struct kept_diagnosis kept;
    struct verdict verdict;
    row_id id;
    if (!path_id(r, 0, &id))
        return;
    struct db_conn *conn = request_read(r);
    if (!conn)
        return;
    if (!diagnosis_read(conn, r->org_id, id, r->arena, &kept, &error) ||
        !diagnosis_judge(kept.evidence, r->arena, &verdict, &error))
        reply_error(r, &error);
    else
        reply_verdict(r, 200, &verdict, id, kept.evidence);
}

void handle_diagnoses(struct request *r)
{
    struct error error;
    struct kept_diagnosis *list;
    size_t count;
    int64_t limit = 30;
    row_id before = 0;
    if (!query_int(r, "limit", 1, LIST_MAX, &limit) || !query_id(r, "before", &before))
        return;
    struct db_conn *conn = request_read(r);
    if (!conn)
        return;
    if (!diagnosis_list(conn, r->org_id, before, (int)limit, r->arena, &list, &count, &error)) {
        reply_error(r, &error);
        return;
    }
    struct json_writer *w = reply_json(r, 200);
    json_begin_object(w);
    json_key(w, "diagnoses");
    json_begin_array(w);
    for (size_t i = 0; i < count; i++) {
        json_begin_object(w);
        json_put_id(w, "id", list[i].id);
        json_put_time(w, "at", list[i].at);
        json_put_str(w, "question", list[i].question);
        json_put_str(w, "subject", list[i].subject);
        put_optional(w, "headline", list[i].headline);
        json_put_str(w, "text", r->english ? list[i].text_en : list[i].text_ja);
        json_end_object(w);
    }
    json_end_array(w);
    json_end_object(w);
}
