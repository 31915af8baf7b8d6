// SPDX-License-Identifier: Apache-2.0
//
// See the header. Lack of memory shows as arena_failed() in diagnosis_judge(); until then texts are
// empty.
#include "diagnosis/rule.h"

#include "text/japan.h"

struct json evidence_at(const struct rule_run *r, const char *path)
{
    struct json at = r->evidence;
    struct str rest = str_from(path), part;
    char name[64];
    while (str_split(&rest, '.', &part)) {
        if (part.n >= sizeof name)
            return (struct json){0};
        memcpy(name, part.p, part.n);
        name[part.n] = '\0';
        at = json_get(at, name);
    }
    return at;
}

struct str evidence_text(const struct rule_run *r, const char *path)
{
    struct str text = json_str(evidence_at(r, path));
    return text.p ? text : STR("");
}

int64_t evidence_int(const struct rule_run *r, const char *path, int64_t otherwise)
{
    int64_t value;
    return json_int(evidence_at(r, path), &value) ? value : otherwise;
}

time_ms evidence_time(const struct rule_run *r, const char *path)
{
    return evidence_int(r, path, TIME_NONE);
}

bool evidence_true(const struct rule_run *r, const char *path)
{
    return json_true(evidence_at(r, path));
}

bool evidence_has(const struct rule_run *r, const char *path)
{
    return json_exists(evidence_at(r, path));
}

bool evidence_found(const struct rule_run *r, const char *path)
{
    return !json_is_null(evidence_at(r, path));
}

bool text_is(struct str text, const char *literal)
{
    return str_eq(text, str_from(literal));
}

void rule_value_in(struct rule_run *r, const char *name, struct str ja, struct str en)
{
    if (r->value_count == RULE_VALUES_MAX)
        return;
    r->values[r->value_count].name = name;
    r->values[r->value_count].ja = ja.p ? ja : STR("");
    r->values[r->value_count++].en = en.p ? en : STR("");
}

void rule_value(struct rule_run *r, const char *name, struct str value)
{
    rule_value_in(r, name, value, value);
}

void rule_value_int(struct rule_run *r, const char *name, int64_t value)
{
    rule_value(r, name, arena_printf(r->arena, "%lld", (long long)value));
}

void rule_value_time(struct rule_run *r, const char *name, time_ms at)
{
    if (at == TIME_NONE) {
        rule_value(r, name, STR("—"));
        return;
    }
    struct civil_time t = civil_from_time(at, JST_OFFSET_MS);
    rule_value(r, name,
               t.hour || t.minute
                   ? arena_printf(r->arena, "%04d/%02d/%02d %02d:%02d", t.year, t.month, t.day,
                                  t.hour, t.minute)
                   : arena_printf(r->arena, "%04d/%02d/%02d", t.year, t.month, t.day));
}

static const struct mall_status_choice *choice_of(const struct rule_run *r, struct str value)
{
    for (size_t i = 0; r->mall && i < r->mall->status_count; i++)
        if (str_eq(str_from(r->mall->statuses[i].value), value))
            return &r->mall->statuses[i];
    return NULL;
}

void rule_value_status(struct rule_run *r, const char *name, struct str choice)
{
    const struct mall_status_choice *c = choice_of(r, choice);
    if (c)
        rule_value_in(r, name, str_from(c->label.ja), str_from(c->label.en));
    else
        rule_value(r, name, choice);
}

void rule_value_statuses(struct rule_run *r, const char *name, struct str choices)
{
    struct str one, ja = STR(""), en = STR("");
    while (str_split(&choices, ',', &one)) {
        const struct mall_status_choice *c = choice_of(r, str_trim(one));
        struct str one_ja = c ? str_from(c->label.ja) : str_trim(one);
        struct str one_en = c ? str_from(c->label.en) : str_trim(one);
        ja = arena_printf(r->arena, "%.*s%s%.*s", STR_ARG(ja), ja.n ? "・" : "", STR_ARG(one_ja));
        en = arena_printf(r->arena, "%.*s%s%.*s", STR_ARG(en), en.n ? ", " : "", STR_ARG(one_en));
    }
    rule_value_in(r, name, ja, en);
}

enum check_outcome rule_unknown(struct rule_run *r, const char *section)
{
    r->missing = section;
    return OUTCOME_UNKNOWN;
}

enum check_outcome probe_found(struct rule_run *r)
{
    struct str state = evidence_text(r, "probe.state");
    if (text_is(state, "found"))
        return OUTCOME_PASSED;
    return text_is(state, "missing") ? OUTCOME_NOT_APPLICABLE : rule_unknown(r, "probe");
}

struct json last_refusal(struct rule_run *r)
{
    struct json error = evidence_at(r, "probe.error"), line;
    if (!json_is_null(error))
        return error;
    for (struct json_iter i = json_iterate(evidence_at(r, "connection.results"));
         json_next(&i, &line);)
        if (text_is(json_str(json_get(line, "state")), "refused"))
            return json_get(line, "error");
    for (struct json_iter i = json_iterate(evidence_at(r, "runs")); json_next(&i, &line);) {
        struct str state = json_str(json_get(line, "state"));
        if (text_is(state, "failed"))
            return json_get(line, "error");
        if (!text_is(state, "queued") && !text_is(state, "running"))
            break;
    }
    // A later success proves the older refusal wrong.
    if (evidence_time(r, "schedule.last_success_at") >= evidence_time(r, "schedule.last_run_at") &&
        evidence_time(r, "schedule.last_run_at") != TIME_NONE)
        return (struct json){0};
    return evidence_at(r, "schedule.last_error");
}
