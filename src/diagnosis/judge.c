// SPDX-License-Identifier: Apache-2.0
//
// Runs the rules over an evidence document and words the verdict. Pure: the same document gives the
// same verdict, today and in a year.
#include "diagnosis/rule.h"

#include "base/memory.h"

// The order of checking is the order of these tables within a phase: what a mall says in particular
// goes before what can be said of every mall.
static const struct rule *const *const tables[] = {
    rules_rakuten, rules_yahoo, rules_common, rules_write, rules_paid,
};
#define RULES_MAX 400
#define MESSAGE_BYTES_MAX 4096

static size_t gather_rules(const struct rule **out)
{
    size_t count = 0;
    for (int phase = 0; phase < PHASE_COUNT; phase++)
        for (size_t t = 0; t < sizeof tables / sizeof tables[0]; t++)
            for (size_t i = 0; tables[t][i]; i++)
                if ((int)tables[t][i]->phase == phase && count < RULES_MAX)
                    out[count++] = tables[t][i];
    return count;
}

size_t rules_copy(const struct rule **out, size_t room)
{
    const struct rule *all[RULES_MAX];
    size_t count = gather_rules(all);
    for (size_t i = 0; i < count && i < room; i++)
        out[i] = all[i];
    return count;
}

const struct rule *rule_by_id(struct str id)
{
    for (size_t t = 0; t < sizeof tables / sizeof tables[0]; t++)
        for (size_t i = 0; tables[t][i]; i++)
            if (str_eq(str_from(tables[t][i]->id), id))
                return tables[t][i];
    return NULL;
}

// "{name}" becomes its value; a name without value stays visible, so that a test finds it.
static struct str worded(struct rule_run *r, const char *template, bool english)
{
    AUTO_BUF out = buf_make(MESSAGE_BYTES_MAX);
    struct str rest = str_from(template);
    while (rest.n) {
        ptrdiff_t open = str_find(rest, STR("{")), close = str_find(rest, STR("}"));
        if (open < 0 || close < open) {
            buf_add(&out, rest);
            break;
        }
        struct str name = str_slice(rest, (size_t)open + 1, (size_t)close);
        buf_add(&out, str_slice(rest, 0, (size_t)open));
        size_t i = 0;
        while (i < r->value_count && !str_eq(str_from(r->values[i].name), name))
            i++;
        if (i < r->value_count)
            buf_add(&out, english ? r->values[i].en : r->values[i].ja);
        else
            buf_add(&out, str_slice(rest, (size_t)open, (size_t)close + 1));
        rest = str_slice(rest, (size_t)close + 1, rest.n);
    }
    return str_dup(r->arena, buf_str(&out));
}

static void word_line(struct rule_run *r, struct check_line *line)
{
    const struct rule *rule = line->rule;
    bool cause = line->outcome == OUTCOME_FAILED || line->outcome == OUTCOME_SUSPECT;
    const struct label *text = !cause ? &rule->title
                               : line->outcome == OUTCOME_SUSPECT && rule->suspicion.ja
                                   ? &rule->suspicion
                                   : &rule->message;
    line->message_ja = worded(r, text->ja, false);
    line->message_en = worded(r, text->en, true);
    line->fix_ja = cause && rule->fix.ja ? worded(r, rule->fix.ja, false) : STR("");
    line->fix_en = cause && rule->fix.en ? worded(r, rule->fix.en, true) : STR("");
    line->effect_ja = cause && rule->effect.ja ? worded(r, rule->effect.ja, false) : STR("");
    line->effect_en = cause && rule->effect.en ? worded(r, rule->effect.en, true) : STR("");
    line->value_count = r->value_count;
    for (size_t i = 0; i < r->value_count; i++) {
        line->values[i].name = r->values[i].name;
        line->values[i].value = str_dup(r->arena, r->values[i].ja);
    }
}

static bool concerns(const struct rule *rule, const struct rule_run *r)
{
    return (rule->questions & r->question) &&
           (!rule->mall || (r->mall && strcmp(rule->mall, r->mall->id) == 0));
}

static void judge_one(struct rule_run *r, const struct rule *rule, struct verdict *v)
{
    struct check_line *line = &v->lines[v->count++];
    r->value_count = 0;
    r->missing = NULL;
    r->rule = rule;
    line->rule = rule;
    line->outcome = rule->check(r);
    line->missing = line->outcome == OUTCOME_UNKNOWN ? (r->missing ? r->missing : "") : NULL;
    word_line(r, line);
    v->unknowns += line->outcome == OUTCOME_UNKNOWN;
    v->suspects += line->outcome == OUTCOME_SUSPECT;
}

bool diagnosis_judge(struct str evidence, struct arena *arena, struct verdict *verdict,
                     struct error *error)
{
    const struct rule *all[RULES_MAX];
    size_t count = gather_rules(all);
    struct rule_run r = {.arena = arena};
    *verdict = (struct verdict){0};
    if (!json_parse(arena, evidence, false, &r.evidence, error))
        return false;
    r.now = evidence_time(&r, "now");
    r.mall = mall_by_id(evidence_text(&r, "shop.mall"));
    r.question = (enum question)question_from_name(evidence_text(&r, "question"));
    if (!r.question || r.now == TIME_NONE)
        return error_set(error, ERROR_MALFORMED, "diagnosis.evidence",
                         "診断の根拠を読み取れません。",
                         "the evidence of the diagnosis can't be read");
    verdict->question = r.question;
    verdict->at = r.now;
    verdict->shop_id = evidence_text(&r, "shop.id");
    verdict->shop = evidence_text(&r, "shop.name");
    verdict->mall = evidence_text(&r, "shop.mall");
    verdict->order_id = evidence_text(&r, "order.id");
    verdict->order_no = evidence_text(&r, "asked.number");
    verdict->writeback_id = evidence_text(&r, "writeback.id");
    verdict->lines = ARENA_ARRAY(arena, struct check_line, count ? count : 1);
    if (!verdict->lines)
        return error_no_memory(error);
    for (size_t i = 0; i < count; i++)
        if (concerns(all[i], &r))
            judge_one(&r, all[i], verdict);
    verdict->headline = 0;
    while (verdict->headline < verdict->count &&
           verdict->lines[verdict->headline].outcome != OUTCOME_FAILED)
        verdict->headline++;
    return !arena_failed(arena) || error_no_memory(error);
}

static const struct {
    const char *section;
    struct label label;
} sections[] = {
    {"probe", {"モールへの照会", "the mall's own answer"}},
    {"connection", {"モールへの接続テスト", "the connection test"}},
    {"listing", {"モールの注文一覧の記録", "what the mall has listed"}},
    {"coverage", {"取得済みの期間", "the covered time"}},
    {"schedule", {"自動取得の予定", "the schedule"}},
    {"credentials", {"認証情報", "the credentials"}},
    {"machine", {"このサーバーの状態", "this server's own state"}},
    {"dry_run", {"取込・送信の試し実行", "the dry run"}},
    {"preflight", {"送信前チェック", "the check before sending"}},
    {"order", {"受注", "the order"}},
    {"writeback", {"反映の記録", "the record of the write-back"}},
};

static struct label section_label(const char *section)
{
    for (size_t i = 0; i < sizeof sections / sizeof sections[0]; i++)
        if (strncmp(section, sections[i].section, strlen(sections[i].section)) == 0)
            return sections[i].label;
    return (struct label){section, section};
}

static bool named_before(const struct verdict *v, size_t at)
{
    for (size_t i = 0; i < at; i++)
        if (v->lines[i].missing && strcmp(section_label(v->lines[i].missing).en,
                                          section_label(v->lines[at].missing).en) == 0)
            return true;
    return false;
}

void verdict_text(const struct verdict *v, struct arena *arena, struct str *ja, struct str *en)
{
    if (v->headline < v->count) {
        *ja = v->lines[v->headline].message_ja;
        *en = v->lines[v->headline].message_en;
        return;
    }
    AUTO_BUF names_ja = buf_make(MESSAGE_BYTES_MAX);
    AUTO_BUF names_en = buf_make(MESSAGE_BYTES_MAX);
    for (size_t i = 0; i < v->count; i++) {
        if (!v->lines[i].missing || named_before(v, i))
            continue;
        struct label label = section_label(v->lines[i].missing);
        buf_addf(&names_ja, "%s%s", names_ja.n ? "、" : "", label.ja);
        buf_addf(&names_en, "%s%s", names_en.n ? ", " : "", label.en);
    }
    if (names_ja.n) {
        *ja = arena_printf(arena, "%.*sを確認できなかったため、断定できません。",
                           STR_ARG(buf_str(&names_ja)));
        *en = arena_printf(arena, "Nothing certain can be said: %.*s could not be looked at.",
                           STR_ARG(buf_str(&names_en)));
        return;
    }
    for (size_t i = 0; i < v->count; i++) {
        if (v->lines[i].outcome != OUTCOME_SUSPECT)
            continue;
        *ja = v->lines[i].message_ja;
        *en = v->lines[i].message_en;
        return;
    }
    *ja = STR("確認できる範囲に問題は見つかりませんでした。");
    *en = STR("Everything that can be checked is in order.");
}

static void put_pair(struct json_writer *w, const char *ja_key, const char *en_key, struct str ja,
                     struct str en)
{
    json_put_str(w, ja_key, ja.n ? ja : STR_ABSENT);
    json_put_str(w, en_key, en.n ? en : STR_ABSENT);
}

static void line_json(struct json_writer *w, const struct check_line *line)
{
    json_begin_object(w);
    json_put_str(w, "id", str_from(line->rule->id));
    json_put_str(w, "state", str_from(check_outcome_name(line->outcome)));
    put_pair(w, "text_ja", "text_en", line->message_ja, line->message_en);
    put_pair(w, "fix_ja", "fix_en", line->fix_ja, line->fix_en);
    json_put_str(w, "missing", str_from(line->missing));
    json_key(w, "evidence");
    json_begin_array(w);
    struct str rest = str_from(line->rule->evidence), one;
    while (str_split(&rest, ' ', &one))
        if (one.n)
            json_write_str(w, one);
    json_end_array(w);
    json_end_object(w);
}

static void action_json(struct json_writer *w, const struct check_line *line)
{
    json_begin_object(w);
    json_put_str(w, "check", str_from(line->rule->id));
    json_put_str(w, "kind", str_from(action_kind_name(line->rule->action)));
    put_pair(w, "effect_ja", "effect_en", line->effect_ja, line->effect_en);
    json_key(w, "parameters");
    json_begin_object(w);
    for (size_t i = 0; i < line->value_count; i++)
        json_put_str(w, line->values[i].name, line->values[i].value);
    json_end_object(w);
    json_end_object(w);
}

void verdict_to_json(const struct verdict *v, struct json_writer *w)
{
    struct arena *arena = arena_new(1u << 20);
    struct str ja = STR(""), en = STR("");
    if (arena)
        verdict_text(v, arena, &ja, &en);
    json_begin_object(w);
    json_put_str(w, "question", str_from(question_name(v->question)));
    json_put_time(w, "at", v->at);
    json_put_str(w, "shop_id", v->shop_id.n ? v->shop_id : STR_ABSENT);
    json_put_str(w, "shop", v->shop.n ? v->shop : STR_ABSENT);
    json_put_str(w, "mall", v->mall.n ? v->mall : STR_ABSENT);
    json_put_str(w, "order_id", v->order_id.n ? v->order_id : STR_ABSENT);
    json_put_str(w, "order_no", v->order_no.n ? v->order_no : STR_ABSENT);
    json_put_str(w, "writeback_id", v->writeback_id.n ? v->writeback_id : STR_ABSENT);
    json_put_str(w, "headline",
                 v->headline < v->count ? str_from(v->lines[v->headline].rule->id) : STR_ABSENT);
    put_pair(w, "text_ja", "text_en", ja, en);
    json_put_int(w, "unknown", (int64_t)v->unknowns);
    json_key(w, "checks");
    json_begin_array(w);
    for (size_t i = 0; i < v->count; i++)
        line_json(w, &v->lines[i]);
    json_end_array(w);
    json_key(w, "actions");
    json_begin_array(w);
    for (size_t i = 0; i < v->count; i++)
        if (v->lines[i].rule->action != ACTION_NONE &&
            (v->lines[i].outcome == OUTCOME_FAILED || v->lines[i].outcome == OUTCOME_SUSPECT))
            action_json(w, &v->lines[i]);
    json_end_array(w);
    json_end_object(w);
    if (!arena || arena_failed(arena))
        w->out->failed = true;
    arena_free(arena);
}
