// SPDX-License-Identifier: Apache-2.0
//
// What the tests of base and text share: cmocka with its preconditions, text comparison, and the
// loop that lets every allocation of a call fail in turn.
#ifndef JUCHU_TESTS_BASE_CHECK_H
#define JUCHU_TESTS_BASE_CHECK_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <cmocka.h>

#include "base/arena.h"
#include "base/error.h"
#include "base/memory.h"
#include "base/str.h"

static inline void check_str(struct str actual, const char *expected, const char *file, int line)
{
    if (!str_eq(actual, str_from(expected)) || (expected == NULL) != (actual.p == NULL)) {
        print_error("%s:%d: got \"%.*s\"%s, expected \"%s\"\n", file, line, STR_ARG(actual),
                    actual.p ? "" : " (absent)", expected ? expected : "(absent)");
        fail();
    }
}
// Text equality; NULL expects an absent text.
#define CHECK_STR(actual, expected) check_str((actual), (expected), __FILE__, __LINE__)

static inline void check_complete_error(const struct error *e, enum error_class class,
                                        const char *code, const char *file, int line)
{
    if (e->class != class || strcmp(e->code, code) != 0 || !e->what_ja[0] || !e->what_en[0] ||
        !str_is_utf8(str_from(e->what_ja)) || !str_is_utf8(str_from(e->what_en))) {
        print_error("%s:%d: error is %s/%s \"%s\" \"%s\", expected %s/%s\n", file, line,
                    error_class_name(e->class), e->code, e->what_ja, e->what_en,
                    error_class_name(class), code);
        fail();
    }
}
#define CHECK_ERROR(error, class, code) \
    check_complete_error((error), (class), (code), __FILE__, __LINE__)

// Runs `call` (an expression that is true on success) with its 1st, 2nd, … allocation failing until
// it succeeds; each failure must be a clean lack-of-memory error. At least one must have failed.
#define EACH_ALLOCATION_FAILS(call, error)                             \
    do {                                                               \
        uint64_t failures_ = 0;                                        \
        for (uint64_t n_ = 1;; n_++) {                                 \
            assert_true(n_ < 10000);                                   \
            memory_fail_at(n_, 0);                                     \
            bool done_ = (call);                                       \
            memory_fail_at(0, 0);                                      \
            if (done_)                                                 \
                break;                                                 \
            CHECK_ERROR((error), ERROR_NO_MEMORY, "memory.exhausted"); \
            error_clear(error);                                        \
            failures_++;                                               \
        }                                                              \
        assert_true(failures_ > 0);                                    \
    } while (0)

#endif
