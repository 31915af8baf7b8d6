// SPDX-License-Identifier: Apache-2.0
//
// Reading a JSON body member by member. What is wrong is collected and answered at once: 422 with
// `errors[]`, so that a form can show each text beside its field.
#ifndef JUCHU_API_INPUT_H
#define JUCHU_API_INPUT_H

#include "api/internal.h"

#define INPUT_ERRORS_MAX 50

struct input_error {
    struct str field;
    const char *code, *ja, *en;
};

struct input {
    struct request *r;
    struct json body;
    struct input_error errors[INPUT_ERRORS_MAX];
    size_t error_count;
};

// False after having answered: 415 without JSON, 422 when the body is no object.
bool input_begin(struct request *r, struct input *in);
// As input_begin, an absent body counting as {}.
bool input_begin_optional(struct request *r, struct input *in);
// Notes an error; `field` is copied.
void input_bad(struct input *in, struct str field, const char *code, const char *ja,
               const char *en);
// False after having answered 422 with what was noted.
bool input_done(struct input *in);

// A string of least … most code points, trimmed; STR_ABSENT when missing or null. Notes `required`
// when it is missing and least > 0 and `required`.
struct str input_text(struct input *in, const char *name, size_t least, size_t most, bool required);
// True when the member is there and right.
bool input_flag(struct input *in, const char *name, bool *value);
bool input_int(struct input *in, const char *name, int64_t least, int64_t most, int64_t *value);
bool input_id(struct input *in, const char *name, bool required, row_id *id);
bool input_time(struct input *in, const char *name, time_ms *t); // RFC 3339
bool input_day(struct input *in, const char *name, bool end, time_ms *t);
// An array of ids; false (noted) when it is something else or longer than `most`. Absent: count 0.
bool input_ids(struct input *in, const char *name, size_t most, row_id **ids, size_t *count);

#endif
