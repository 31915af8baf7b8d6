// SPDX-License-Identifier: Apache-2.0
//
// One structured line per outcome, written at the edges only (request end, job end). Library
// layers return errors and don't log. Values that could be personal are given as log_pii(), which
// prints a keyed hash; secrets are never given at all.
#ifndef JUCHU_BASE_LOG_H
#define JUCHU_BASE_LOG_H

#include "base/clock.h"
#include "base/error.h"
#include <stdio.h>

enum log_level { LOG_DEBUG, LOG_INFO, LOG_WARNING, LOG_ERROR };
enum log_format { LOG_FORMAT_CONSOLE, LOG_FORMAT_JSON };

struct log_field {
    const char *name; // NULL ends the list
    enum { LOG_VALUE_STR, LOG_VALUE_INT, LOG_VALUE_PII } kind;
    struct str text;
    int64_t number;
};

static inline struct log_field log_str(const char *name, struct str v)
{
    return (struct log_field){name, LOG_VALUE_STR, v, 0};
}
static inline struct log_field log_int(const char *name, int64_t v)
{
    return (struct log_field){name, LOG_VALUE_INT, {0}, v};
}
static inline struct log_field log_pii(const char *name, struct str v)
{
    return (struct log_field){name, LOG_VALUE_PII, v, 0};
}

struct log;

// Writes to `stream` (borrowed). `pii_key` (32 bytes) keys the hashes of log_pii. NULL on lack of
// memory.
struct log *log_new(FILE *stream, enum log_format format, enum log_level least, struct clock clock,
                    const unsigned char pii_key[32]);
struct log *log_free(struct log *log);
// One line: time, level, event, fields. `log` NULL = silent. Control characters are escaped.
void log_fields(struct log *log, enum log_level level, const char *event,
                const struct log_field *fields);
// The error's class, code, subject, English text and peer code as fields, plus `fields` (may be
// NULL).
void log_error(struct log *log, const char *event, const struct error *e,
               const struct log_field *fields);

// log_fields() with the fields as arguments, at most LOG_FIELDS_MAX. (An array of fixed size ends
// in an empty field by itself; __VA_OPT__ would do too, but cppcheck 2.10 can't read it.)
#define LOG_FIELDS_MAX 16
#define LOG(log, level, event, ...) \
    log_fields((log), (level), (event), (const struct log_field[LOG_FIELDS_MAX + 1]){__VA_ARGS__})

#endif
