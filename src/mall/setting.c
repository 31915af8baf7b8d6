// SPDX-License-Identifier: Apache-2.0
//
// One value of a shop's settings against its declaration: trimmed, narrowed to half width where
// people paste from mails and spreadsheets, and refused with a reason a person can act on.
// Values may be secrets: no error text holds any part of one.
#include "base/buf.h"
#include "mall/mall.h"
#include "text/fold.h"

#include <stdio.h>

#define SETTING_BYTES_MAX ((size_t)64 * 1024)

static bool refuse(const struct mall_setting *setting, struct error *error, const char *code,
                   const char *ja, const char *en)
{
    error_set(error, ERROR_BAD_INPUT, code, "「%s」%s%.0s%.0s", "%.0s%.0s\"%s\" %s",
              setting->label.ja, ja, setting->label.en, en);
    if (setting->help.ja)
        error_hint(error, setting->help.ja, setting->help.en);
    return error_subject(error, "%s", setting->key);
}

static bool refuse_length(const struct mall_setting *setting, struct error *error)
{
    refuse(setting, error, "setting.length", "の文字数が正しくありません。", "has a wrong length");
    char ja[128], en[128];
    long long least = (long long)setting->minimum, most = (long long)setting->maximum;
    snprintf(ja, sizeof ja, "%lld〜%lld文字です。コピーした範囲を確認してください。", least, most);
    snprintf(en, sizeof en, "It has %lld to %lld characters; check what was copied.", least, most);
    return error_hint(error, ja, en);
}

static bool refuse_choice(const struct mall_setting *setting, struct error *error, const char *ja,
                          const char *en)
{
    refuse(setting, error, "setting.unknown_choice", ja, en);
    AUTO_BUF choices = buf_make(256);
    char hint_ja[320], hint_en[320];
    for (size_t i = 0; i < setting->choice_count; i++)
        buf_addf(&choices, "%s%s", i ? ", " : "", setting->choices[i].value);
    if (choices.failed)
        return false;
    snprintf(hint_ja, sizeof hint_ja, "選択肢: %.*s", STR_ARG(buf_str(&choices)));
    snprintf(hint_en, sizeof hint_en, "Choices: %.*s", STR_ARG(buf_str(&choices)));
    return error_hint(error, hint_ja, hint_en);
}

static bool has_control(struct str s, bool lines_allowed)
{
    for (size_t i = 0; i < s.n; i++) {
        unsigned char c = (unsigned char)s.p[i];
        if ((c < 0x20 || c == 0x7f) && !(lines_allowed && (c == '\n' || c == '\t')))
            return true;
    }
    return false;
}

static bool length_fits(const struct mall_setting *setting, struct str s)
{
    int64_t length = (int64_t)str_utf8_length(s);
    if (setting->minimum == 0 && setting->maximum == 0)
        return true;
    return length >= setting->minimum && length <= setting->maximum;
}

static bool check_text(const struct mall_setting *setting, struct str value, struct str *normalised,
                       struct error *error)
{
    if (has_control(value, false))
        return refuse(setting, error, "setting.control_character",
                      "に改行などの制御文字が含まれています。",
                      "contains a line break or control character");
    if (!length_fits(setting, value))
        return refuse_length(setting, error);
    *normalised = value;
    return true;
}

// Zero-width characters and no-break spaces come along when a key is copied from a web page.
static struct str without_invisible(struct arena *arena, struct str value)
{
    char *out = arena_alloc(arena, value.n + 1);
    size_t used = 0;
    if (!out)
        return STR("");
    while (value.n) {
        uint32_t c;
        size_t n = str_utf8_decode(value, &c);
        bool invisible = c == 0xa0 || (c >= 0x200b && c <= 0x200f) || c == 0x2060 || c == 0xfeff;
        if (!invisible) {
            memcpy(out + used, value.p, n);
            used += n;
        }
        value = str_slice(value, n, value.n);
    }
    return str_make(out, used);
}

static bool check_secret(struct arena *arena, const struct mall_setting *setting, struct str value,
                         struct str *normalised, struct error *error)
{
    value = str_trim(fold_width(arena, without_invisible(arena, value)));
    if (arena_failed(arena))
        return error_no_memory(error);
    for (size_t i = 0; i < value.n; i++)
        if (value.p[i] == ' ')
            return refuse(setting, error, "setting.blank_inside",
                          "の途中に空白があります。コピーした範囲を確認してください。",
                          "has a blank inside; check what was copied");
    return check_text(setting, value, normalised, error);
}

static bool check_pem(struct arena *arena, const struct mall_setting *setting, struct str value,
                      struct str *normalised, struct error *error)
{
    char *out = arena_alloc(arena, value.n + 2);
    size_t used = 0;
    if (!out)
        return error_no_memory(error);
    for (size_t i = 0; i < value.n; i++) {
        bool crlf = value.p[i] == '\r' && i + 1 < value.n && value.p[i + 1] == '\n';
        if (!crlf)
            out[used++] = value.p[i] == '\r' ? '\n' : value.p[i];
    }
    out[used] = '\n';
    struct str text = str_make(out, used);
    if (has_control(text, true))
        return refuse(setting, error, "setting.control_character", "に制御文字が含まれています。",
                      "contains a control character");
    if (!str_starts(text, STR("-----BEGIN ")) || str_find(text, STR("-----END ")) < 0)
        return refuse(setting, error, "setting.pem",
                      "は「-----BEGIN」の行から「-----END」の行まで貼り付けてください。",
                      "must be pasted from the -----BEGIN line to the -----END line");
    if (!length_fits(setting, text))
        return refuse_length(setting, error);
    *normalised = str_make(out, used + 1);
    return true;
}

static bool check_integer(struct arena *arena, const struct mall_setting *setting, struct str value,
                          struct str *normalised, struct error *error)
{
    int64_t number;
    if (!str_to_int64(fold_width(arena, value), &number))
        return refuse(setting, error, "setting.not_integer", "は整数で入力してください。",
                      "must be a whole number");
    if ((setting->minimum != 0 || setting->maximum != 0) &&
        (number < setting->minimum || number > setting->maximum)) {
        error_set(error, ERROR_BAD_INPUT, "setting.out_of_range",
                  "「%s%.0s」は%lldから%lldまでです。", "%.0s\"%s\" must be between %lld and %lld",
                  setting->label.ja, setting->label.en, (long long)setting->minimum,
                  (long long)setting->maximum);
        return error_subject(error, "%s", setting->key);
    }
    *normalised = arena_printf(arena, "%lld", (long long)number);
    return true;
}

static bool check_flag(struct arena *arena, const struct mall_setting *setting, struct str value,
                       struct str *normalised, struct error *error)
{
    static const char *const yes[] = {"true", "1", "on", "yes", "はい", "する", "有効"};
    static const char *const no[] = {"false", "0", "off", "no", "いいえ", "しない", "無効"};
    value = fold_width(arena, value);
    for (size_t i = 0; i < sizeof yes / sizeof yes[0]; i++) {
        if (str_eq_nocase(value, str_from(yes[i])) || str_eq_nocase(value, str_from(no[i]))) {
            *normalised = str_eq_nocase(value, str_from(yes[i])) ? STR("true") : STR("false");
            return true;
        }
    }
    return refuse(setting, error, "setting.not_flag", "は true か false を入力してください。",
                  "must be true or false");
}

static bool check_date(struct arena *arena, const struct mall_setting *setting, struct str value,
                       struct str *normalised, struct error *error)
{
    day d;
    char text[12];
    if (!day_parse(value, &d) || !day_is_valid(d))
        return refuse(setting, error, "setting.not_date",
                      "は日付(例: 2026-11-23)を入力してください。",
                      "must be a date such as 2026-11-23");
    *normalised = str_dup(arena, day_format(d, text));
    return true;
}

static const struct setting_choice *find_choice(const struct mall_setting *setting, struct str text)
{
    for (size_t i = 0; i < setting->choice_count; i++) {
        const struct setting_choice *c = &setting->choices[i];
        if (str_eq_nocase(text, str_from(c->value)) || str_eq(text, str_from(c->label.ja)) ||
            str_eq_nocase(text, str_from(c->label.en)))
            return c;
    }
    return NULL;
}

static bool check_choice(const struct mall_setting *setting, struct str value,
                         struct str *normalised, struct error *error)
{
    const struct setting_choice *choice = find_choice(setting, value);
    if (!choice)
        return refuse_choice(setting, error, "は選択肢の中から選んでください。",
                             "must be one of the choices");
    *normalised = str_from(choice->value);
    return true;
}

// A subset of the choices, written back in the order of the declaration, each once.
static bool check_choices(struct arena *arena, const struct mall_setting *setting, struct str value,
                          struct str *normalised, struct error *error)
{
    bool *chosen = ARENA_ARRAY(arena, bool, setting->choice_count);
    AUTO_BUF out = buf_make(SETTING_BYTES_MAX);
    struct str rest = fold_width(arena, value), part;
    if (!chosen || arena_failed(arena))
        return error_no_memory(error);
    while (str_split(&rest, ',', &part)) {
        if (str_is_empty(str_trim(part)))
            continue;
        const struct setting_choice *choice = find_choice(setting, str_trim(part));
        if (!choice)
            return refuse_choice(setting, error, "に選択肢にない値が含まれています。",
                                 "contains a value that is no choice");
        chosen[choice - setting->choices] = true;
    }
    for (size_t i = 0; i < setting->choice_count; i++) {
        if (!chosen[i])
            continue;
        if (out.n > 0)
            buf_add_char(&out, ',');
        buf_add(&out, str_from(setting->choices[i].value));
    }
    if (out.failed)
        return error_no_memory(error);
    if (setting->required && out.n == 0)
        return refuse(setting, error, "setting.required", "を一つ以上選んでください。",
                      "needs at least one choice");
    *normalised = str_dup(arena, buf_str(&out));
    return true;
}

static bool check_url(struct arena *arena, const struct mall_setting *setting, struct str value,
                      struct str *normalised, struct error *error)
{
    struct str url = fold_width(arena, value);
    bool secure = str_eq_nocase(str_slice(url, 0, 8), STR("https://"));
    bool plain = str_eq_nocase(str_slice(url, 0, 7), STR("http://"));
    struct str rest = str_slice(url, secure ? 8 : 7, url.n);
    struct str host = STR("");
    if (secure || plain)
        str_split(&rest, '/', &host);
    bool bad = str_is_empty(host) || host.p[0] == ':' || host.p[0] == '?' || host.p[0] == '#';
    for (size_t i = 0; i < url.n; i++)
        bad = bad || url.p[i] == ' ' || url.p[i] == '"' || url.p[i] == '<' || url.p[i] == '>';
    if (bad || has_control(url, false) || str_find_char(host, '@') >= 0)
        return refuse(setting, error, "setting.not_url",
                      "は https:// で始まるURLを入力してください。",
                      "must be a URL that starts with https://");
    while (url.n > 0 && url.p[url.n - 1] == '/')
        url.n--;
    return check_text(setting, url, normalised, error);
}

static bool check_kind(struct arena *arena, const struct mall_setting *setting, struct str value,
                       struct str *normalised, struct error *error)
{
    switch (setting->kind) {
    case SETTING_TEXT:
        return check_text(setting, value, normalised, error);
    case SETTING_SECRET:
        return check_secret(arena, setting, value, normalised, error);
    case SETTING_PEM:
        return check_pem(arena, setting, value, normalised, error);
    case SETTING_INTEGER:
        return check_integer(arena, setting, value, normalised, error);
    case SETTING_FLAG:
        return check_flag(arena, setting, value, normalised, error);
    case SETTING_DATE:
        return check_date(arena, setting, value, normalised, error);
    case SETTING_CHOICE:
        return check_choice(setting, value, normalised, error);
    case SETTING_CHOICES:
        return check_choices(arena, setting, value, normalised, error);
    case SETTING_URL:
        return check_url(arena, setting, value, normalised, error);
    }
    return error_set(error, ERROR_INTERNAL, "setting.unknown_kind", "設定の種類が不明です。",
                     "The setting's kind is unknown.");
}

bool setting_check(struct arena *arena, const struct mall_setting *setting, struct str value,
                   struct str *normalised, struct error *error)
{
    value = str_trim(value);
    *normalised = STR("");
    if (value.n > SETTING_BYTES_MAX)
        return refuse(setting, error, "setting.length", "が長すぎます。", "is too long");
    if (!str_is_utf8(value))
        return refuse(setting, error, "setting.not_utf8", "の文字コードが正しくありません。",
                      "isn't well-formed text");
    if (str_is_empty(value)) {
        if (setting->required)
            return refuse(setting, error, "setting.required", "を入力してください。",
                          "is required");
        return true;
    }
    struct str result = STR("");
    if (!check_kind(arena, setting, value, &result, error))
        return arena_failed(arena) ? error_no_memory(error) : false;
    *normalised = str_dup(arena, result);
    if (arena_failed(arena))
        return error_no_memory(error);
    if (setting->required && str_is_empty(*normalised))
        return refuse(setting, error, "setting.required", "を入力してください。", "is required");
    return true;
}

const char *setting_group_name(const struct mall_setting *setting)
{
    static const char *const names[] = {
        [SETTING_GROUP_CONNECTION] = "connection",
        [SETTING_GROUP_FETCH] = "fetch",
        [SETTING_GROUP_WRITE] = "write",
        [SETTING_GROUP_ADVANCED] = "advanced",
    };
    if (setting->group != SETTING_GROUP_UNSAID)
        return names[setting->group];
    bool secret = setting->kind == SETTING_SECRET || setting->kind == SETTING_PEM;
    if (str_starts(str_from(setting->key), STR("fetch_")))
        return names[SETTING_GROUP_FETCH];
    if (secret || setting->required || setting->credential)
        return names[SETTING_GROUP_CONNECTION];
    return setting->kind == SETTING_URL ? names[SETTING_GROUP_ADVANCED]
                                        : names[SETTING_GROUP_WRITE];
}
