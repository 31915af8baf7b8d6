// SPDX-License-Identifier: Apache-2.0
//
// The static sandbox (amazon.md §13): canned answers by the parameters that a case names. Cases
// come from files of the form {"cases":[{path_template, request.parameters, http.method, status,
// response_body}]}; any further file of that form works. Of several cases that fit, the one that
// names the most parameters answers; none: 400 "Could not match input arguments".
// Called with the sim's mutex held.
#include "sim/amazon.h"
#include "sim/internal.h"

#define FILE_BYTES_MAX ((size_t)64 << 20)

static bool same_value(struct json a, struct json b);

// Every member that the case names is in the request with the same value.
static bool object_fits(struct json wanted, struct json given)
{
    struct json value;
    struct json_iter i = json_iterate(wanted);
    if (json_type(given) != JSON_OBJECT)
        return false;
    while (json_next(&i, &value)) {
        char key[128];
        if (i.key.n >= sizeof key)
            return false;
        memcpy(key, i.key.p, i.key.n);
        key[i.key.n] = '\0';
        if (!same_value(value, json_get(given, key)))
            return false;
    }
    return true;
}

static bool array_fits(struct json wanted, struct json given)
{
    struct json a, b;
    struct json_iter i = json_iterate(wanted), k = json_iterate(given);
    if (json_type(given) != JSON_ARRAY || json_count(wanted) != json_count(given))
        return false;
    while (json_next(&i, &a) && json_next(&k, &b))
        if (!same_value(a, b))
            return false;
    return true;
}

static bool same_value(struct json wanted, struct json given)
{
    int64_t x, y;
    double u, v;
    switch (json_type(wanted)) {
    case JSON_OBJECT:
        return object_fits(wanted, given);
    case JSON_ARRAY:
        return array_fits(wanted, given);
    case JSON_STRING:
        return json_type(given) == JSON_STRING && str_eq(json_str(wanted), json_str(given));
    case JSON_INT:
        return json_int(wanted, &x) && json_int(given, &y) && x == y;
    case JSON_DOUBLE:
        return json_double(wanted, &u) && json_double(given, &v) && u == v;
    default:
        return json_type(wanted) == json_type(given);
    }
}

// "A,B" for ["A","B"]; a text or a number as it is.
static void as_text(struct json value, struct buf *out)
{
    struct json one;
    int64_t number;
    bool first = true;
    if (json_type(value) == JSON_ARRAY) {
        for (struct json_iter i = json_iterate(value); json_next(&i, &one); first = false) {
            if (!first)
                buf_add_char(out, ',');
            as_text(one, out);
        }
    } else if (json_type(value) == JSON_STRING) {
        buf_add(out, json_str(value));
    } else if (json_int(value, &number)) {
        buf_add_int(out, number);
    } else if (json_type(value) == JSON_BOOL) {
        buf_add(out, json_true(value) ? STR("true") : STR("false"));
    }
}

// The part of the path at {name} of the template; absent when the template has none.
static struct str path_value(struct str template, struct str path, struct str name)
{
    struct str a, b;
    while (str_split(&template, '/', &a) && str_split(&path, '/', &b))
        if (a.n == name.n + 2 && a.p[0] == '{' && str_eq(str_slice(a, 1, a.n - 1), name))
            return b;
    return STR_ABSENT;
}

static bool path_fits(struct str template, struct str path)
{
    struct str a, b;
    bool more_a = true, more_b = true;
    while (more_a && more_b) {
        more_a = str_split(&template, '/', &a);
        more_b = str_split(&path, '/', &b);
        if (more_a && more_b && !str_eq(a, b) && !str_starts(a, STR("{")))
            return false;
    }
    return !more_a && !more_b;
}

static bool parameter_fits(struct amazon_call *c, const struct amazon_case *one, struct str name,
                           struct json parameter)
{
    struct json value = json_get(parameter, "value");
    AUTO_BUF text = buf_make(1 << 16);
    if (json_type(value) == JSON_OBJECT)
        return same_value(value, c->body);
    as_text(value, &text);
    struct str given = path_value(one->path, c->request->path, name);
    if (!given.p)
        given = amazon_query(c, str_cstr(c->arena, name));
    return !text.failed && given.p && str_eq(buf_str(&text), given);
}

static bool case_fits(struct amazon_call *c, const struct amazon_case *one)
{
    struct json parameter;
    if (one->method != c->request->method || !path_fits(one->path, c->request->path))
        return false;
    for (struct json_iter i = json_iterate(one->parameters); json_next(&i, &parameter);)
        if (!parameter_fits(c, one, i.key, parameter))
            return false;
    return true;
}

void amazon_handle_sandbox(struct amazon_call *c)
{
    const struct amazon_case *best = NULL;
    for (size_t i = 0; i < c->state->case_count; i++) {
        const struct amazon_case *one = &c->state->cases[i];
        if (case_fits(c, one) &&
            (!best || json_count(one->parameters) > json_count(best->parameters)))
            best = one;
    }
    if (!best) {
        amazon_error(c, 400, "InvalidInput", "Could not match input arguments", "");
        return;
    }
    c->response->status = best->status;
    buf_add(&c->response->body, best->body);
}

// --- loading ---

static void write_value(struct json v, struct json_writer *w)
{
    struct json one;
    int64_t number;
    double real;
    switch (json_type(v)) {
    case JSON_OBJECT:
        json_begin_object(w);
        for (struct json_iter i = json_iterate(v); json_next(&i, &one);) {
            char key[256];
            struct str name = str_slice(i.key, 0, sizeof key - 1);
            memcpy(key, name.p, name.n);
            key[name.n] = '\0';
            json_key(w, key);
            write_value(one, w);
        }
        json_end_object(w);
        break;
    case JSON_ARRAY:
        json_begin_array(w);
        for (struct json_iter i = json_iterate(v); json_next(&i, &one);)
            write_value(one, w);
        json_end_array(w);
        break;
    case JSON_STRING:
        json_write_str(w, json_str(v));
        break;
    case JSON_BOOL:
        json_write_bool(w, json_true(v));
        break;
    default:
        if (json_int(v, &number)) {
            json_write_int(w, number);
        } else if (json_double(v, &real)) {
            AUTO_BUF text = buf_make(64);
            buf_addf(&text, "%.17g", real);
            json_write_raw(w, buf_str(&text));
        } else {
            json_write_null(w);
        }
    }
}

static bool add_case(struct amazon_state *state, struct json one)
{
    struct amazon_case *to = &state->cases[state->case_count];
    struct json http = json_get(one, "http"), body = json_get(one, "response_body");
    int64_t status;
    AUTO_BUF text = buf_make(FILE_BYTES_MAX);
    *to = (struct amazon_case){.path = json_str(json_get(one, "path_template")),
                               .parameters = json_get(json_get(one, "request"), "parameters"),
                               .body = STR("")};
    bool sound = http_method_from_name(json_str(json_get(http, "method")), &to->method) &&
                 to->path.n > 0 && json_int(json_get(one, "status"), &status) && status >= 100 &&
                 status < 600;
    if (!sound)
        return false;
    to->status = (int)status;
    // An empty object with 204 stands for no body at all.
    if (!json_is_null(body) && status != 204) {
        struct json_writer w = json_writer_make(&text);
        write_value(body, &w);
        to->body = str_dup(state->arena, buf_str(&text));
    }
    state->case_count++;
    return !text.failed && !arena_failed(state->arena);
}

bool sim_amazon_sandbox_add(struct sim *sim, struct str text, struct error *error)
{
    struct json root, one;
    bool added = true;
    pthread_mutex_lock(&sim->lock);
    struct amazon_state *state = sim_face_state(sim, SIM_AMAZON);
    if (state && !state->cases)
        state->cases = ARENA_ARRAY(state->arena, struct amazon_case, AMAZON_SANDBOX_CASES_MAX);
    if (!state || !state->cases) {
        added = error_no_memory(error);
    } else if ((added = json_parse(state->arena, text, false, &root, error))) {
        size_t before = state->case_count;
        for (struct json_iter i = json_iterate(json_get(root, "cases"));
             added && json_next(&i, &one);)
            added = state->case_count < AMAZON_SANDBOX_CASES_MAX && add_case(state, one);
        if (!added || state->case_count == before)
            added = error_set(error, ERROR_BAD_INPUT, "sim.sandbox",
                              "サンドボックスの事例を読み取れません。",
                              "The sandbox cases can't be read.");
    }
    pthread_mutex_unlock(&sim->lock);
    return added;
}
