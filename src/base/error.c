// SPDX-License-Identifier: Apache-2.0
//
// Errors as values.
//
// Invariants: every text field ends in NUL and holds whole characters only, so an error can be
// written to a log or an answer without looking again. Nothing here allocates: lack of memory can
// be reported. An error belongs to whoever holds the struct; no thread shares one.
#define ERROR_C // the definitions, not the analyser's view of them (error.h)
#include "base/error.h"

#include <stdarg.h>
#include <stdio.h>

static const char *const class_names[ERROR_CLASS_COUNT] = {
    [ERROR_NONE] = "none",
    [ERROR_AUTH_EXPIRED] = "auth_expired",
    [ERROR_AUTH_INVALID] = "auth_invalid",
    [ERROR_NOT_PERMITTED] = "not_permitted",
    [ERROR_IP_DENIED] = "ip_denied",
    [ERROR_RATE_LIMITED] = "rate_limited",
    [ERROR_QUOTA_USED_UP] = "quota_used_up",
    [ERROR_MAINTENANCE] = "maintenance",
    [ERROR_NETWORK] = "network",
    [ERROR_NOT_FOUND] = "not_found",
    [ERROR_REJECTED] = "rejected",
    [ERROR_MALFORMED] = "malformed",
    [ERROR_AMBIGUOUS] = "ambiguous",
    [ERROR_BAD_INPUT] = "bad_input",
    [ERROR_CONFLICT] = "conflict",
    [ERROR_FORBIDDEN] = "forbidden",
    [ERROR_UNAUTHENTICATED] = "unauthenticated",
    [ERROR_NO_MEMORY] = "no_memory",
    [ERROR_STORAGE] = "storage",
    [ERROR_FENCED] = "fenced",
    [ERROR_CANCELLED] = "cancelled",
    [ERROR_INTERNAL] = "internal",
};

// Copies what fits, whole characters only; bytes that are not UTF-8 become '?'.
static void put(char *field, size_t size, struct str text)
{
    size_t used = 0;
    while (text.n) {
        uint32_t c;
        size_t n = str_utf8_decode(text, &c);
        bool broken = n == 1 && c == 0xfffd;
        if (used + n >= size)
            break;
        if (broken || c == 0)
            field[used] = '?';
        else
            memcpy(field + used, text.p, n);
        used += n;
        text = str_slice(text, n, text.n);
    }
    field[used] = '\0';
}

// snprintf that never leaves half a character at its end.
static void __attribute__((format(printf, 3, 0)))
put_formatted(char *field, size_t size, const char *format, va_list arguments)
{
    char text[1024];
    int length = vsnprintf(text, sizeof text, format, arguments);
    if (length < 0)
        length = 0;
    if ((size_t)length >= sizeof text)
        length = (int)sizeof text - 1;
    put(field, size, str_make(text, (size_t)length));
}

bool error_set(struct error *e, enum error_class class, const char *code, const char *ja,
               const char *en, ...)
{
    // An argument may be a field of *e (wrapping), so the new error is complete before it is
    // stored.
    struct error fresh = {.class = class};
    va_list arguments;
    put(fresh.code, sizeof fresh.code, str_from(code));
    va_start(arguments, en);
    put_formatted(fresh.what_ja, sizeof fresh.what_ja, ja, arguments);
    va_end(arguments);
    va_start(arguments, en);
    put_formatted(fresh.what_en, sizeof fresh.what_en, en, arguments);
    va_end(arguments);
    *e = fresh;
    return false;
}

bool error_hint(struct error *e, const char *ja, const char *en)
{
    put(e->hint_ja, sizeof e->hint_ja, str_from(ja));
    put(e->hint_en, sizeof e->hint_en, str_from(en));
    return false;
}

bool error_subject(struct error *e, const char *format, ...)
{
    char subject[sizeof e->subject];
    va_list arguments;
    va_start(arguments, format);
    put_formatted(subject, sizeof subject, format, arguments);
    va_end(arguments);
    memcpy(e->subject, subject, sizeof subject);
    return false;
}

bool error_peer(struct error *e, int http_status, struct str code, struct str text)
{
    e->http_status = http_status;
    put(e->peer_code, sizeof e->peer_code, code);
    put(e->peer_text, sizeof e->peer_text, text);
    return false;
}

bool error_no_memory(struct error *e)
{
    return error_set(e, ERROR_NO_MEMORY, "memory.exhausted",
                     "メモリが足りないか、処理できる大きさの上限を超えました",
                     "Not enough memory, or a size limit was reached");
}

void error_clear(struct error *e)
{
    *e = (struct error){.class = ERROR_NONE};
}

const char *error_class_name(enum error_class class)
{
    if ((unsigned)class >= ERROR_CLASS_COUNT)
        return class_names[ERROR_INTERNAL];
    return class_names[class];
}

enum error_class error_class_from_name(struct str name)
{
    for (int i = 0; i < ERROR_CLASS_COUNT; i++)
        if (str_eq(name, str_from(class_names[i])))
            return (enum error_class)i;
    return ERROR_NONE;
}

bool error_is_transient(enum error_class class)
{
    switch (class) {
    case ERROR_RATE_LIMITED:
    case ERROR_QUOTA_USED_UP:
    case ERROR_MAINTENANCE:
    case ERROR_NETWORK:
    case ERROR_NO_MEMORY:
    case ERROR_STORAGE:
        return true;
    default:
        return false;
    }
}
