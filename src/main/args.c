// SPDX-License-Identifier: Apache-2.0
//
// Parsing of the command line; borrows argv.
#include "main/args.h"
#include "base/arena.h"

static const struct option_spec *find(const struct option_spec *const *specs, size_t count,
                                      struct str name)
{
    for (size_t i = 0; i < count; i++) {
        for (const struct option_spec *s = specs[i]; s->name; s++) {
            if (str_eq(name, str_from(s->name)))
                return s;
        }
    }
    return NULL;
}

static bool usage(struct error *error, const char *code, const char *ja, const char *en,
                  struct str what)
{
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
    error_set(error, ERROR_BAD_INPUT, code, ja, en, STR_ARG(what));
#pragma GCC diagnostic pop
    return error_hint(error, "juchu help で使い方を確認してください。", "See: juchu help");
}

static bool take_option(int argc, char *const *argv, int *i, const struct option_spec *const *specs,
                        size_t spec_count, struct args *args, struct error *error)
{
    struct str word = str_from(argv[*i] + 2);
    ptrdiff_t equals = str_find_char(word, '=');
    struct str name = equals >= 0 ? str_slice(word, 0, (size_t)equals) : word;
    const struct option_spec *spec = find(specs, spec_count, name);
    if (!spec)
        return usage(error, "usage.option_unknown", "オプション --%.*s はありません。",
                     "there is no option --%.*s", name);
    if (args->option_count == ARGS_MAX)
        return usage(error, "usage.too_many", "オプションが多すぎます: --%.*s",
                     "too many options: --%.*s", name);
    const char *value = "";
    if (spec->has_value && equals >= 0) {
        value = word.p + equals + 1;
    } else if (spec->has_value) {
        // "--from --to 2026-11-23": a value that begins so is written --name=value.
        if (*i + 1 >= argc || strncmp(argv[*i + 1], "--", 2) == 0)
            return usage(error, "usage.value_missing", "--%.*s に値を指定してください。",
                         "--%.*s needs a value", name);
        value = argv[++*i];
    } else if (equals >= 0) {
        return usage(error, "usage.value_unexpected", "--%.*s に値は指定できません。",
                     "--%.*s takes no value", name);
    }
    args->options[args->option_count].name = spec->name;
    args->options[args->option_count++].value = value;
    return true;
}

bool args_parse(int argc, char *const *argv, const struct option_spec *const *specs,
                size_t spec_count, struct args *args, struct error *error)
{
    *args = (struct args){0};
    bool only_words = false;
    for (int i = 0; i < argc; i++) {
        if (!only_words && strcmp(argv[i], "--") == 0) {
            only_words = true;
        } else if (!only_words && strncmp(argv[i], "--", 2) == 0) {
            if (!take_option(argc, argv, &i, specs, spec_count, args, error))
                return false;
        } else if (args->word_count == ARGS_MAX) {
            return usage(error, "usage.too_many", "引数が多すぎます: %.*s", "too many words: %.*s",
                         str_from(argv[i]));
        } else {
            args->words[args->word_count++] = argv[i];
        }
    }
    return true;
}

const char *args_nth(const struct args *args, const char *name, size_t index)
{
    for (size_t i = 0; i < args->option_count; i++) {
        if (strcmp(args->options[i].name, name) == 0 && index-- == 0)
            return args->options[i].value;
    }
    return NULL;
}

const char *args_value(const struct args *args, const char *name)
{
    for (size_t i = args->option_count; i > 0; i--) {
        if (strcmp(args->options[i - 1].name, name) == 0)
            return args->options[i - 1].value;
    }
    return NULL;
}

bool args_flag(const struct args *args, const char *name)
{
    return args_value(args, name) != NULL;
}
