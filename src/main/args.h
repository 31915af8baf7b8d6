// SPDX-License-Identifier: Apache-2.0
//
// Command-line words: positional ones and --name value / --name=value / --flag. Every command says
// which options it takes; anything else is a usage error.
#ifndef JUCHU_MAIN_ARGS_H
#define JUCHU_MAIN_ARGS_H

#include "base/error.h"

#define ARGS_MAX 512

struct option_spec {
    const char *name; // without "--"; NULL ends the list
    bool has_value;
};

struct args {
    const char *words[ARGS_MAX]; // positional
    size_t word_count;
    struct {
        const char *name, *value;
    } options[ARGS_MAX];
    size_t option_count;
};

// ERROR_BAD_INPUT "usage.…" for an unknown option or a missing value.
bool args_parse(int argc, char *const *argv, const struct option_spec *const *specs,
                size_t spec_count, struct args *args, struct error *error);
// Value of the last --name, or NULL; "" for a flag.
const char *args_value(const struct args *args, const char *name);
bool args_flag(const struct args *args, const char *name);
// Value of the index-th --name, NULL behind the last.
const char *args_nth(const struct args *args, const char *name, size_t index);

#endif
