// SPDX-License-Identifier: Apache-2.0
//
// Errors as values. A function that can fail returns bool, takes `struct error *error` last, and
// fills it completely when it returns false. An error says to a program what kind it is (class,
// code) and to a person what happened, to what, and what to do next, in Japanese and English.
// It holds its text itself, so that running out of memory can be reported too.
// Texts never contain secrets or personal data; an order number is fine.
#ifndef JUCHU_BASE_ERROR_H
#define JUCHU_BASE_ERROR_H

#include "base/str.h"

enum error_class {
    ERROR_NONE = 0,
    // What a mall can answer (design §3).
    ERROR_AUTH_EXPIRED,  // key or consent ended: a person renews it
    ERROR_AUTH_INVALID,  // key mistyped, revoked, of another application
    ERROR_NOT_PERMITTED, // function or store permission missing
    ERROR_IP_DENIED,     // our address isn't registered
    ERROR_RATE_LIMITED,  // wait and go on
    ERROR_QUOTA_USED_UP, // wait for the next day
    ERROR_MAINTENANCE,
    ERROR_NETWORK, // no usable answer to a request that changed nothing
    ERROR_NOT_FOUND,
    ERROR_REJECTED,  // refused with the other side's code and text
    ERROR_MALFORMED, // an answer or a file that can't be read
    ERROR_AMBIGUOUS, // a write whose outcome is unknown: read back before anything else
    // Our own.
    ERROR_BAD_INPUT, // the caller's data is wrong; nothing was changed
    ERROR_CONFLICT,  // somebody else changed the object meanwhile
    ERROR_FORBIDDEN, // the person's role doesn't allow it
    ERROR_UNAUTHENTICATED,
    ERROR_NO_MEMORY, // memory or a size limit
    ERROR_STORAGE,   // database or file; the operation may be repeated
    ERROR_FENCED,    // another node has taken the work over
    ERROR_CANCELLED, // asked to stop
    ERROR_INTERNAL,  // a fault in Juchu itself
    ERROR_CLASS_COUNT
};

struct error {
    enum error_class class;
    char code[64];     // stable, dotted, e.g. "order.version_conflict"
    char subject[128]; // which order, shop, file, line
    char what_ja[320], what_en[320];
    char hint_ja[320], hint_en[320]; // what to do next; may be empty
    char peer_code[96];              // the mall's or library's own code
    char peer_text[320];             // its own words, verbatim but cut
    int http_status;                 // of the mall's answer, 0 if none
    int64_t retry_after_ms;          // wait that the other side asked for, 0 if none
};

// Fills *e (clearing it first). `ja` and `en` take the same arguments in the same order.
// Always returns false, so that `return error_set(…);` reads well.
bool error_set(struct error *e, enum error_class class, const char *code, const char *ja,
               const char *en, ...) __attribute__((format(printf, 4, 6), format(printf, 5, 6)));
// Adds what to do next. Returns false.
bool error_hint(struct error *e, const char *ja, const char *en);
// Names the thing it happened to. Returns false.
bool error_subject(struct error *e, const char *format, ...) __attribute__((format(printf, 2, 3)));
// Keeps the other side's own code and words (cut at a character border). Returns false.
bool error_peer(struct error *e, int http_status, struct str code, struct str text);
// The usual lack-of-memory error. Returns false.
bool error_no_memory(struct error *e);
#if defined __clang_analyzer__ && !defined ERROR_C
// The analyser doesn't look into error.c: without this it follows paths on which these returned
// true.
static inline bool error_false(bool returned)
{
    (void)returned;
    return false;
}
#define error_set(...) error_false(error_set(__VA_ARGS__))
#define error_hint(...) error_false(error_hint(__VA_ARGS__))
#define error_subject(...) error_false(error_subject(__VA_ARGS__))
#define error_peer(...) error_false(error_peer(__VA_ARGS__))
#define error_no_memory(...) error_false(error_no_memory(__VA_ARGS__))
#endif
void error_clear(struct error *e);
static inline bool error_is_set(const struct error *e)
{
    return e->class != ERROR_NONE;
}

// "auth_expired", … : the names of design §3 and the API. Never NULL.
const char *error_class_name(enum error_class class);
// Inverse of error_class_name; ERROR_NONE for an unknown name.
enum error_class error_class_from_name(struct str name);
// True when doing the same again later can help without a person.
bool error_is_transient(enum error_class class);

#endif
