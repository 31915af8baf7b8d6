// SPDX-License-Identifier: Apache-2.0
//
// Structured log lines.
//
// Invariants: one line is one fwrite; no byte of a value can end a line, move a cursor or change
// the direction of writing (control characters and directional marks are escaped), whatever a buyer
// typed. A line is at most LINE_BYTES long: values are cut, and a line that still doesn't fit is
// replaced by one that says so. The line is built in memory of the log, so that lack of memory can
// be logged. Threads: any; a mutex orders the lines.
#include "base/log.h"

#include "base/buf.h"
#include "base/crypto.h"
#include "base/memory.h"

#include <pthread.h>

#define LINE_BYTES (16 * 1024)
#define VALUE_BYTES 2048
#define PII_HASH_BYTES 8

struct log {
    FILE *stream;
    enum log_format format;
    enum log_level least;
    struct clock clock;
    struct crypto_key pii_key;
    pthread_mutex_t mutex;
    char line[LINE_BYTES];
};

static const char *const level_names[] = {"debug", "info", "warning", "error"};

struct log *log_new(FILE *stream, enum log_format format, enum log_level least, struct clock clock,
                    const unsigned char pii_key[32])
{
    struct log *log = memory_zalloc(1, sizeof *log);
    if (!log)
        return NULL;
    log->stream = stream;
    log->format = format;
    log->least = least;
    log->clock = clock;
    if (pii_key)
        memcpy(log->pii_key.bytes, pii_key, sizeof log->pii_key.bytes);
    if (pthread_mutex_init(&log->mutex, NULL) != 0) {
        memory_free(log);
        return NULL;
    }
    return log;
}

struct log *log_free(struct log *log)
{
    if (!log)
        return NULL;
    fflush(log->stream);
    pthread_mutex_destroy(&log->mutex);
    crypto_wipe(&log->pii_key, sizeof log->pii_key);
    memory_free(log);
    return NULL;
}

static bool is_printable(uint32_t c)
{
    if (c < 0x20 || (c >= 0x7f && c < 0xa0))
        return false;
    // Line and paragraph separators, marks and overrides of writing direction.
    return !(c >= 0x200e && c <= 0x200f) && !(c >= 0x2028 && c <= 0x202e) &&
           !(c >= 0x2066 && c <= 0x2069);
}

// Escapes to text that holds printable characters only. In quoted form " and \ are escaped too.
static void add_escaped(struct buf *out, struct str text, bool quoted)
{
    text = str_utf8_cut(text, VALUE_BYTES);
    while (text.n) {
        uint32_t c;
        size_t n = str_utf8_decode(text, &c);
        if (n == 1 && c == 0xfffd)
            buf_add(out, STR("\xef\xbf\xbd"));
        else if (c == '\n')
            buf_add(out, STR("\\n"));
        else if (!is_printable(c))
            buf_addf(out, "\\u%04x", (unsigned)c);
        else if (quoted && (c == '"' || c == '\\'))
            buf_addf(out, "\\%c", (int)c);
        else
            buf_add(out, str_slice(text, 0, n));
        text = str_slice(text, n, text.n);
    }
}

// Bare where that can't be misread, otherwise in quotes.
static void add_console_value(struct buf *out, struct str text)
{
    bool bare = text.n > 0;
    for (size_t i = 0; i < text.n && bare; i++)
        bare = (unsigned char)text.p[i] > ' ' && !strchr("\"\\=", text.p[i]);
    if (!bare)
        buf_add_char(out, '"');
    add_escaped(out, text, !bare);
    if (!bare)
        buf_add_char(out, '"');
}

static void add_value(struct log *log, struct buf *line, const struct log_field *field)
{
    bool json = log->format == LOG_FORMAT_JSON;
    if (field->kind == LOG_VALUE_INT) {
        buf_add_int(line, field->number);
    } else if (field->kind == LOG_VALUE_PII) {
        unsigned char hash[32];
        crypto_digest(&log->pii_key, field->text, hash);
        buf_add(line, json ? STR("\"#") : STR("#"));
        for (size_t i = 0; i < PII_HASH_BYTES; i++)
            buf_addf(line, "%02x", hash[i]);
        buf_add(line, json ? STR("\"") : STR(""));
    } else if (!json) {
        add_console_value(line, field->text);
    } else if (field->text.p) {
        buf_add_char(line, '"');
        add_escaped(line, field->text, true);
        buf_add_char(line, '"');
    } else {
        buf_add(line, STR("null"));
    }
}

static void add_field(struct log *log, struct buf *line, const struct log_field *field)
{
    if (log->format == LOG_FORMAT_CONSOLE) {
        buf_addf(line, " %s=", field->name);
    } else {
        buf_add(line, STR(",\""));
        add_escaped(line, str_from(field->name), true);
        buf_add(line, STR("\":"));
    }
    add_value(log, line, field);
}

static void add_head(struct log *log, struct buf *line, enum log_level level, const char *event)
{
    char text[32];
    struct str time = clock_format_utc(clock_now(&log->clock), text);
    if (log->format == LOG_FORMAT_CONSOLE) {
        buf_addf(line, "%.*s %-7s ", STR_ARG(time), level_names[level]);
        add_escaped(line, str_from(event), false);
    } else {
        buf_addf(line, "{\"time\":\"%.*s\",\"level\":\"%s\",\"event\":\"", STR_ARG(time),
                 level_names[level]);
        add_escaped(line, str_from(event), true);
        buf_add_char(line, '"');
    }
}

static void finish(struct log *log, struct buf *line)
{
    buf_add(line, log->format == LOG_FORMAT_JSON ? STR("}\n") : STR("\n"));
}

void log_fields(struct log *log, enum log_level level, const char *event,
                const struct log_field *fields)
{
    if (!log || level < log->least || (size_t)level >= sizeof level_names / sizeof *level_names)
        return;
    pthread_mutex_lock(&log->mutex);
    struct buf line = {.p = log->line, .capacity = LINE_BYTES, .max = LINE_BYTES};
    add_head(log, &line, level, event);
    for (const struct log_field *field = fields; field && field->name; field++)
        add_field(log, &line, field);
    finish(log, &line);
    if (line.failed) {
        buf_reset(&line);
        add_head(log, &line, level, event);
        struct log_field cut = log_str("log_line", STR("too long"));
        add_field(log, &line, &cut);
        finish(log, &line);
    }
    // A log that can't be written (disk full) must not stop the work; there is nobody to tell.
    fwrite(line.p, 1, line.n, log->stream);
    fflush(log->stream);
    pthread_mutex_unlock(&log->mutex);
}

void log_error(struct log *log, const char *event, const struct error *e,
               const struct log_field *fields)
{
    enum { OWN = 6, EXTRA_MAX = 24 };
    struct log_field all[OWN + EXTRA_MAX + 1] = {
        log_str("class", str_from(error_class_name(e->class))),
        log_str("code", str_from(e->code)),
    };
    size_t n = 2;
    if (e->subject[0])
        all[n++] = log_str("subject", str_from(e->subject));
    all[n++] = log_str("what", str_from(e->what_en));
    if (e->peer_code[0])
        all[n++] = log_str("peer_code", str_from(e->peer_code));
    if (e->http_status)
        all[n++] = log_int("http_status", e->http_status);
    for (size_t i = 0; fields && fields[i].name && i < EXTRA_MAX; i++)
        all[n++] = fields[i];
    log_fields(log, LOG_ERROR, event, all);
}
