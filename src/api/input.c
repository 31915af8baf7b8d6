// SPDX-License-Identifier: Apache-2.0
//
// Reading a JSON body member by member; see input.h. Texts are borrowed from the parsed body.
#include "api/input.h"

static bool begin(struct request *r, struct input *in, bool optional)
{
    *in = (struct input){.r = r, .body = r->body};
    if (json_type(r->body) == JSON_OBJECT || (optional && r->x->body.n == 0))
        return true;
    if (r->x->body.n > 0 && !json_exists(r->body))
        reply_problem(r, 415, "unsupported_media_type",
                      "Content-Type: application/json で送信してください。",
                      "send it as Content-Type: application/json");
    else
        reply_problem(r, 422, "invalid", "本文にJSONのオブジェクトが必要です。",
                      "the body must be a JSON object");
    return false;
}

bool input_begin(struct request *r, struct input *in)
{
    return begin(r, in, false);
}

bool input_begin_optional(struct request *r, struct input *in)
{
    return begin(r, in, true);
}

void input_bad(struct input *in, struct str field, const char *code, const char *ja, const char *en)
{
    if (in->error_count < INPUT_ERRORS_MAX)
        in->errors[in->error_count++] =
            (struct input_error){str_dup(in->r->arena, field), code, ja, en};
}

bool input_done(struct input *in)
{
    struct request *r = in->r;
    if (in->error_count == 0)
        return true;
    reply_problem_begin(r, 422, "invalid", "入力内容を確認してください。",
                        "check what was entered");
    json_key(&r->w, "errors");
    json_begin_array(&r->w);
    for (size_t i = 0; i < in->error_count; i++) {
        const struct input_error *e = &in->errors[i];
        json_begin_object(&r->w);
        json_put_str(&r->w, "field", e->field);
        json_put_str(&r->w, "code", str_from(e->code));
        json_put_str(&r->w, "detail", str_from(r->english ? e->en : e->ja));
        json_end_object(&r->w);
    }
    json_end_array(&r->w);
    reply_problem_end(r);
    return false;
}

static void missing(struct input *in, const char *name)
{
    input_bad(in, str_from(name), "required", "入力してください。", "this is required");
}

static void wrong(struct input *in, const char *name)
{
    input_bad(in, str_from(name), "invalid", "値が正しくありません。", "this value is invalid");
}

struct str input_text(struct input *in, const char *name, size_t least, size_t most, bool required)
{
    struct json v = json_get(in->body, name);
    if (json_is_null(v)) {
        if (required)
            missing(in, name);
        return STR_ABSENT;
    }
    if (json_type(v) != JSON_STRING) {
        wrong(in, name);
        return STR_ABSENT;
    }
    struct str text = str_trim(json_str(v));
    size_t length = str_utf8_length(text);
    if (str_find_char(text, '\0') >= 0)
        wrong(in, name);
    else if (length < least && length == 0)
        missing(in, name);
    else if (length < least)
        input_bad(in, str_from(name), "too_short", "短すぎます。", "this is too short");
    else if (length > most)
        input_bad(in, str_from(name), "too_long", "長すぎます。", "this is too long");
    else
        return text.p ? text : STR("");
    return STR_ABSENT;
}

bool input_flag(struct input *in, const char *name, bool *value)
{
    struct json v = json_get(in->body, name);
    if (json_is_null(v))
        return false;
    if (json_type(v) != JSON_BOOL) {
        wrong(in, name);
        return false;
    }
    *value = json_true(v);
    return true;
}

bool input_int(struct input *in, const char *name, int64_t least, int64_t most, int64_t *value)
{
    struct json v = json_get(in->body, name);
    if (json_is_null(v))
        return false;
    if (json_int(v, value) && *value >= least && *value <= most)
        return true;
    wrong(in, name);
    return false;
}

bool input_id(struct input *in, const char *name, bool required, row_id *id)
{
    struct json v = json_get(in->body, name);
    if (json_is_null(v)) {
        if (required)
            missing(in, name);
        return false;
    }
    if (id_parse(json_str(v), id))
        return true;
    wrong(in, name);
    return false;
}

bool input_time(struct input *in, const char *name, time_ms *t)
{
    struct json v = json_get(in->body, name);
    if (json_is_null(v))
        return false;
    if (json_str(v).p && time_parse_iso(json_str(v), 0, t))
        return true;
    wrong(in, name);
    return false;
}

bool input_day(struct input *in, const char *name, bool end, time_ms *t)
{
    struct json v = json_get(in->body, name);
    day d;
    if (json_is_null(v))
        return false;
    if (json_str(v).p && day_parse(json_str(v), &d)) {
        *t = day_start_jst(end ? day_add(d, 1) : d);
        return true;
    }
    wrong(in, name);
    return false;
}

bool input_ids(struct input *in, const char *name, size_t most, row_id **ids, size_t *count)
{
    struct json list = json_get(in->body, name), v;
    *count = 0;
    *ids = NULL;
    if (json_is_null(list))
        return true;
    size_t n = json_count(list);
    if (json_type(list) != JSON_ARRAY || n > most ||
        !(*ids = ARENA_ARRAY(in->r->arena, row_id, n))) {
        wrong(in, name);
        return false;
    }
    for (struct json_iter i = json_iterate(list); json_next(&i, &v);) {
        if (!id_parse(json_str(v), &(*ids)[(*count)++])) {
            wrong(in, name);
            return false;
        }
    }
    return true;
}
