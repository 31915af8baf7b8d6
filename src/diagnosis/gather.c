// SPDX-License-Identifier: Apache-2.0
//
// What is known without asking anybody: the question itself, the shop, and the sections of the
// other rooms (gather_order.c, gather_shop.c, gather_writeback.c). Reads only; each statement sees
// its own moment, which is exact enough for a person's question.
#include "diagnosis/gather.h"

static void put_cell(struct json_writer *w, struct db_stmt *s, int at, const struct column *c)
{
    struct str text;
    json_key(w, c->name);
    switch (c->kind) {
    case COLUMN_TEXT:
        json_write_str(w, db_text(s, at));
        return;
    case COLUMN_BOOL:
        json_write_bool(w, db_int(s, at) != 0);
        return;
    case COLUMN_JSON:
        text = db_text(s, at);
        if (text.n)
            json_write_raw(w, text);
        else
            json_write_null(w);
        return;
    case COLUMN_INT:
    case COLUMN_TIME:
    case COLUMN_ID: // put_row()
    case COLUMN_END:
        break;
    }
    if (db_is_null(s, at))
        json_write_null(w);
    else
        json_write_int(w, db_int(s, at));
}

static void put_row(struct json_writer *w, struct db_stmt *s, const struct column *columns)
{
    json_begin_object(w);
    for (int i = 0; columns[i].kind != COLUMN_END; i++) {
        if (columns[i].kind == COLUMN_ID)
            json_put_id(w, columns[i].name, db_int(s, i));
        else
            put_cell(w, s, i, &columns[i]);
    }
    json_end_object(w);
}

bool gather_rows(struct gather *g, const char *name, bool single, const char *sql, int parameters,
                 const struct column *columns, struct error *error)
{
    struct db_stmt *s = db_prepare(g->conn, sql, error);
    if (!s)
        return false;
    db_bind_int(s, 1, g->org_id);
    if (parameters >= 2)
        db_bind_int(s, 2, g->shop.id);
    if (parameters >= 3)
        db_bind_text(s, 3, g->number);
    if (parameters >= 4)
        db_bind_int(s, 4, g->order_id);
    if (parameters >= 5)
        db_bind_int(s, 5, g->now);
    json_key(&g->w, name);
    if (!single)
        json_begin_array(&g->w);
    bool any = false;
    enum db_step step;
    while ((step = db_step(s, error)) == DB_STEP_ROW) {
        put_row(&g->w, s, columns);
        any = true;
        if (single) {
            db_reset(s);
            break;
        }
    }
    if (!single)
        json_end_array(&g->w);
    else if (!any)
        json_write_null(&g->w);
    return step != DB_STEP_ERROR;
}

static const char *const wide_hyphens[] = {"‐", "‑", "‒", "–", "—", "―", "−", "－", "ー", "ｰ"};

struct str order_no_normalise(struct arena *arena, struct str typed)
{
    struct str out = str_trim(typed);
    AUTO_BUF mended = buf_make(1000);
    while (out.n) {
        uint32_t c;
        size_t n = str_utf8_decode(out, &c), hyphen = 0;
        for (size_t i = 0; i < sizeof wide_hyphens / sizeof wide_hyphens[0]; i++)
            if (str_starts(out, str_from(wide_hyphens[i])))
                hyphen = strlen(wide_hyphens[i]);
        if (hyphen) {
            buf_add_char(&mended, '-');
            n = hyphen;
        } else if (c >= 0xff01 && c <= 0xff5e) {
            buf_add_char(&mended, (char)(c - 0xfee0));
        } else if (c != ' ' && c != 0x3000 && c != '\t' && c != '\n' && c != '\r') {
            buf_add(&mended, str_slice(out, 0, n));
        }
        out = str_slice(out, n, out.n);
    }
    return mended.failed ? STR("") : str_dup(arena, buf_str(&mended));
}

// '9' stands for a digit, anything else for itself.
static bool has_form(struct str text, const char *form)
{
    if (text.n != strlen(form))
        return false;
    for (size_t i = 0; i < text.n; i++)
        if (form[i] == '9' ? text.p[i] < '0' || text.p[i] > '9' : text.p[i] != form[i])
            return false;
    return true;
}

const struct mall *order_no_mall(struct str order_no)
{
    size_t count;
    const struct mall *found = NULL, *const *all = malls(&count);
    for (size_t i = 0; i < count; i++)
        for (const char *const *form = all[i]->order_no_forms; form && *form; form++)
            if (has_form(order_no, *form)) {
                if (found && found != all[i])
                    return NULL;
                found = all[i];
            }
    return found;
}

// The order by its number in the shop, or in any shop while that is unknown.
static bool resolve(struct gather *g, const struct diagnosis_question *q, struct error *error)
{
    g->number = order_no_normalise(g->arena, q->order_no);
    row_id shop_id = q->shop_id;
    struct db_stmt *s =
        db_prepare(g->conn,
                   "SELECT id, shop_id FROM \"order\" WHERE org_id = $1 AND order_no = $2 "
                   "AND ($3::bigint = 0 OR shop_id = $3) ORDER BY id DESC LIMIT 1",
                   error);
    if (!s)
        return false;
    db_bind_int(s, 1, g->org_id);
    db_bind_text(s, 2, g->number);
    db_bind_int(s, 3, shop_id);
    enum db_step step = g->number.n ? db_step(s, error) : DB_STEP_DONE;
    if (step == DB_STEP_ERROR)
        return false;
    if (step == DB_STEP_ROW) {
        g->order_id = db_int(s, 0);
        shop_id = db_int(s, 1);
    }
    db_reset(s);
    const struct mall *mall = shop_id ? NULL : order_no_mall(g->number);
    struct shop *list;
    size_t count;
    if (!shop_id && !shop_list(g->conn, g->org_id, g->arena, &list, &count, error))
        return false;
    for (size_t i = 0; !shop_id && i < count; i++)
        if (list[i].mall == mall || (!mall && count == 1))
            shop_id = list[i].id;
    if (shop_id)
        return shop_read(g->conn, g->org_id, shop_id, g->arena, &g->shop, error);
    error_set(error, ERROR_BAD_INPUT, "diagnosis.shop_unknown",
              "「%.*s」がどの店舗の注文か分かりません。", "which shop has order \"%.*s\"?",
              STR_ARG(g->number));
    return error_hint(error, "店舗を指定してください。", "Name the shop.");
}

static bool put_asked(struct gather *g, const struct diagnosis_question *q, struct error *error)
{
    const struct mall *mall = order_no_mall(g->number);
    json_put_int(&g->w, "now", g->now);
    json_put_str(&g->w, "question", str_from(question_name(q->question)));
    json_key(&g->w, "asked");
    json_begin_object(&g->w);
    json_put_str(&g->w, "order_no", q->order_no.p ? q->order_no : STR(""));
    json_put_str(&g->w, "number", g->number);
    json_put_str(&g->w, "mall", mall ? str_from(mall->id) : STR(""));
    json_put_id(&g->w, "filter_status", q->filter_status);
    json_put_id(&g->w, "filter_shop", q->filter_shop);
    json_end_object(&g->w);
    static const struct column columns[] = {{COLUMN_ID, "id"},
                                            {COLUMN_TEXT, "name"},
                                            {COLUMN_TEXT, "mall"},
                                            {COLUMN_ID, "order_id"},
                                            {COLUMN_END, NULL}};
    return gather_rows(g, "other_shops", false,
                       "SELECT s.id, s.name, s.mall, o.id FROM shop s LEFT JOIN \"order\" o ON "
                       "o.org_id = s.org_id AND o.shop_id = s.id AND o.order_no = $3 WHERE "
                       "s.org_id = $1 AND s.id <> $2 ORDER BY s.position, s.id",
                       3, columns, error);
}

bool evidence_gather(struct db_conn *conn, const struct crypto_key *key,
                     const struct diagnosis_question *question, time_ms now, struct arena *arena,
                     struct buf *out, struct error *error)
{
    struct gather g = {.conn = conn,
                       .key = key,
                       .arena = arena,
                       .org_id = question->org_id,
                       .now = now,
                       .question = question->question,
                       .ordered_at = TIME_NONE};
    buf_reset(out);
    g.w = json_writer_make(out);
    json_begin_object(&g.w);
    bool gathered = resolve(&g, question, error) && put_asked(&g, question, error) &&
                    gather_order(&g, error) && gather_shop(&g, error) &&
                    gather_writeback(&g, error);
    json_end_object(&g.w);
    if (gathered && (out->failed || arena_failed(arena)))
        return error_no_memory(error);
    return gathered;
}

bool evidence_add(struct buf *document, const char *section, struct str json, struct error *error)
{
    if (!document->failed && document->n > 0)
        document->n--; // the closing brace
    buf_addf(document, ",\"%s\":", section);
    buf_add(document, json);
    buf_add_char(document, '}');
    return !document->failed || error_no_memory(error);
}
